package main

import (
	"fmt"
	"slices"
	"time"
	"unsafe"

	"github.com/lanes-go/lanes/asm"
	"github.com/lanes-go/lanes/gonumblas"
	"github.com/lanes-go/lanes/tensor"
	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/blas/gonum"
	"gonum.org/v1/gonum/lapack"
	lapackgonum "gonum.org/v1/gonum/lapack/gonum"
	"gonum.org/v1/gonum/lapack/lapack64"
)

// backend is what gonum's blas32, blas64 and mat can be made to use.
type backend struct {
	name   string
	f32    blas.Float32
	f64    blas.Float64
	lapack lapack.Float64
}

// use makes gonum's blas64, lapack64 and mat use the backend.
func (b backend) use() {
	blas64.Use(b.f64)
	lapack64.Use(b.lapack)
}

// backends are those of the peers named, lanes first.
func backends(names []string) (bs []backend, err error) {
	for _, n := range names {
		b := backend{name: n, lapack: lapackgonum.Implementation{}}
		switch n {
		case "lanes":
			b.f32, b.f64, b.lapack = gonumblas.Float32{}, gonumblas.Float64{}, gonumblas.LAPACK{}
		case "blasonly":
			b.f32, b.f64 = gonumblas.Float32{}, gonumblas.Float64{}
		case "samebits":
			b.f32, b.f64, b.lapack = gonumblas.Float32{SameBits: true}, gonumblas.Float64{SameBits: true}, gonumblas.LAPACK{}
		case "gonum":
			b.f32, b.f64 = gonum.Implementation{}, gonum.Implementation{}
		case "netlib":
			if b.f32, b.f64, err = openNetlib(); err != nil {
				return nil, err
			}
		case "lapack": // stands below gonum's interfaces
		default:
			continue
		}
		bs = append(bs, b)
	}
	return bs, nil
}

// job is one call of gonum's interfaces, or of its mat, that every backend does.
type job struct {
	op    string // the flag's: level1, level2, level3, factor
	name  string // as BLAS has it, Ddot
	dtype string
	shape string
	n     int

	flops, bytes float64 // of a call; bytes only where memory is the limit
	tol          float64 // of the results, relative to the largest
	make         func(b backend) *contestant
	limit        func() *contestant // what the memory could do, or nil
}

func (j *job) String() string { return j.name + " " + j.shape }

// prefix is the letter of the type in the names of BLAS.
func prefix[T tensor.Float]() (letter, dtype string, eps float64) {
	if unsafe.Sizeof(T(0)) == 4 {
		return "S", "f32", 0x1p-24
	}
	return "D", "f64", 0x1p-53
}

// both picks the implementation of the type.
func both[T tensor.Float, R any](b backend, f32 func(blas.Float32) R, f64 func(blas.Float64) R) R {
	if unsafe.Sizeof(T(0)) == 4 {
		return f32(b.f32)
	}
	return f64(b.f64)
}

// aligned makes n zeros, the first at skip*64 bytes after a page's beginning: that
// operands lie at different places in their pages is the common case.
func aligned[T tensor.Float](n, skip int) []T {
	var t T
	size := int(unsafe.Sizeof(t))
	x := make([]T, n+(4096+skip*64)/size)
	at := int(uintptr(unsafe.Pointer(unsafe.SliceData(x))) & 4095 / uintptr(size))
	from := (4096/size - at) % (4096 / size)
	from += skip * 64 / size
	for i := range x {
		x[i] = 0 // pages of its own, not the one of zeros
	}
	return x[from : from+n : from+n]
}

// bytesOf is the memory of x.
func bytesOf[T tensor.Float](x []T) []byte {
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(x))), len(x)*int(unsafe.Sizeof(x[0])))
}

// A call of a probe goes over so much at most: assembly cannot be preempted.
const probePiece = 128 << 10

func probeRead(x []byte) {
	k := asm.Active[float32]()
	for len(x) > 0 {
		n := min(len(x), probePiece)
		k.ProbeRead(x[:n])
		x = x[n:]
	}
}

func probeCopy(dst, src []byte) {
	k := asm.Active[float32]()
	for len(dst) > 0 {
		n := min(len(dst), probePiece)
		k.ProbeCopy(dst[:n], src[:n])
		dst, src = dst[n:], src[n:]
	}
}

// limitOf is a contestant without a result.
func limitOf(pass func()) *contestant {
	return &contestant{name: "limit", run: func(iters int) {
		for range iters {
			pass()
		}
	}}
}

// compete samples every backend on the job and the limit with them.
func (j *job) compete(bs []backend, samples int, budget, each, warm time.Duration) (cs []*contestant, err error) {
	for _, b := range bs {
		if (b.name == "lapack" || b.name == "blasonly") && j.op != "factor" {
			continue
		}
		if c := j.make(b); c != nil {
			cs = append(cs, c)
		}
	}
	all := cs
	if j.limit != nil {
		all = append(slices.Clone(cs), j.limit())
	}
	sample(all, samples, budget, each, warm)
	// Once more from the start: samples differ in how often they have been through.
	for _, c := range cs {
		if c.reset != nil {
			c.reset()
		}
		c.prepare()
		c.run(1)
	}
	for _, c := range cs[1:] {
		var worst, size float64
		switch x := cs[0].out().(type) {
		case []float32:
			worst, size = farthest(x, c.out().([]float32)), farthest(x, make([]float32, len(x)))
		case []float64:
			worst, size = farthest(x, c.out().([]float64)), farthest(x, make([]float64, len(x)))
		}
		if !(worst <= j.tol*size) {
			err = fmt.Errorf("%s: %s and %s differ by %.3g of %.3g", j, cs[0].name, c.name, worst, size)
		}
	}
	return all, err
}
