package main

import (
	"fmt"
	"math"
	"os"
	"runtime"
	"runtime/debug"
	"slices"
	"time"

	"github.com/lanes-go/lanes/asm"
	"github.com/lanes-go/lanes/tensor"
	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/gonum"
)

type shape struct{ m, n, k int }

func (s shape) String() string { return fmt.Sprintf("%dx%dx%d", s.m, s.n, s.k) }

type trans struct{ a, b bool }

// contestant is one library on one case: run does the operation iters times.
type contestant struct {
	name string
	note string // which of its kernels, if there are several
	run  func(iters int)
	// timed, if it is not nil, is run, and says how long it took: in another process.
	timed func(iters int) time.Duration
	out   func() any // its C: []float32 or []float64
	free  func()     // or nil

	// Before a sample, each if it is not nil:
	use     func() // makes gonum use this backend
	renew   func() // operands of a call that works in place are what they were
	garbage bool   // what runs left is collected
	reset   func() // all operands are what they were: before the run that is compared

	iters   int // a sample
	samples int // wanted
	once    time.Duration
	times   []float64
}

// clock runs the operation and returns how long it took.
func (c *contestant) clock(iters int) time.Duration {
	if c.timed != nil {
		return c.timed(iters)
	}
	began := time.Now()
	c.run(iters)
	return time.Since(began)
}

func (c *contestant) prepare() {
	if c.use != nil {
		c.use()
	}
	if c.renew != nil {
		c.renew()
	}
	if c.garbage {
		runtime.GC()
	}
}

// sample runs the contestants in turn, one sample each, until every one has the
// samples it wants or used its budget, so that a change of clock or a noisy
// neighbour meets all of them. A sample is about sampleTime long, or one call; calls
// for about warm come before it.
func sample(cs []*contestant, samples int, budget, sampleTime, warm time.Duration) {
	for _, c := range cs {
		c.prepare()
		once := c.clock(1) // caches, page faults, a JIT
		if once < budget/4 {
			c.prepare()
			once = c.clock(1)
		}
		c.iters, c.samples, c.once = 1, samples, once
		if once < sampleTime {
			n := 1 + int(50*time.Microsecond/(once+1))
			each := max(c.clock(n)/time.Duration(n), 1)
			c.iters = max(1, int(sampleTime/each))
		} else if n := int(budget / once); n < samples {
			c.samples = max(min(3, samples), n)
		}
	}
	for round := range samples {
		for _, c := range cs {
			if round >= c.samples {
				continue
			}
			// Spinning threads of the one before park; then this one's data come
			// into the caches and its threads awake. A long call is its own warming.
			c.prepare()
			time.Sleep(300 * time.Microsecond)
			if c.iters > 1 || c.once < 8*sampleTime {
				c.clock(max(1, int(float64(c.iters)*float64(warm)/float64(sampleTime))))
			}
			c.times = append(c.times, float64(c.clock(c.iters))/float64(c.iters))
		}
	}
}

func (c *contestant) best() float64   { return slices.Min(c.times) }
func (c *contestant) median() float64 { t := slices.Sorted(slices.Values(c.times)); return t[len(t)/2] }

// fill writes fixed numbers in -1..1, independent for each seed: of related
// operands a product is a sum of squares, whose rounding is another.
func fill[T tensor.Float](x []T, seed uint64) {
	for i := range x {
		z := seed<<48 + uint64(i+1)*0x9e3779b97f4a7c15
		z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
		z = (z ^ z>>27) * 0x94d049bb133111eb
		x[i] = T(int64(z^z>>31)) / (1 << 63)
	}
}

// gemmCase makes the contestants of C = op(A)·op(B).
func gemmCase[T tensor.Float](names []string, s shape, tr trans, threads int, gonumLimit float64) []*contestant {
	a, b := make([]T, s.m*s.k), make([]T, s.k*s.n)
	fill(a, 1)
	fill(b, 2)
	lda, ldb := s.k, s.n
	if tr.a {
		lda = s.m
	}
	if tr.b {
		ldb = s.k
	}
	var cs []*contestant
	for _, name := range names {
		if name != "lanes" && !slices.Contains(shapePeers, name) {
			continue
		}
		c := make([]T, s.m*s.n)
		var run func(int)
		switch name {
		case "lanes":
			run = func(iters int) {
				for range iters {
					tensor.Gemm(tr.a, tr.b, s.m, s.n, s.k, 1, a, lda, b, ldb, 0, c, s.n)
				}
			}
		case "gonum":
			if 2*float64(s.m)*float64(s.n)*float64(s.k) > gonumLimit {
				continue
			}
			run = gonumRun(s, tr, a, lda, b, ldb, c)
		case "openblas":
			run = openblasRun(s, tr, threads, a, b, c)
		case "onednn":
			a32, ok := any(a).([]float32)
			if !ok {
				continue // it has no float64 product
			}
			run = onednnRun(s, tr, threads, a32, any(b).([]float32), any(c).([]float32))
		}
		cs = append(cs, &contestant{name: name, run: run, out: func() any { return c }})
	}
	return cs
}

// packedCase makes the contestants of C = ReLU(A·op(B) + bias), B packed before.
// Only oneDNN has the like, for float32.
func packedCase[T tensor.Float](names []string, s shape, tr trans, threads int) []*contestant {
	a, b, bias := make([]T, s.m*s.k), make([]T, s.k*s.n), make([]T, s.n)
	fill(a, 1)
	fill(b, 2)
	fill(bias, 3)
	ldb := s.n
	if tr.b {
		ldb = s.k
	}
	c := make([]T, s.m*s.n)
	packed := tensor.PackRHS(tr.b, s.k, s.n, b, ldb)
	e := tensor.Epilogue[T]{Bias: bias, Act: tensor.ActReLU}
	cs := []*contestant{{name: "lanes", out: func() any { return c }, run: func(iters int) {
		for range iters {
			tensor.GemmPacked(false, s.m, a, s.k, packed, e, c, s.n)
		}
	}}}
	a32, ok := any(a).([]float32)
	if !ok || !slices.Contains(names, "onednn") {
		return cs
	}
	w := any(b).([]float32) // n x k, as oneDNN wants the weights it reorders
	if !tr.b {
		t := make([]float32, len(w))
		for p := range s.k {
			for j := range s.n {
				t[j*s.k+p] = w[p*s.n+j]
			}
		}
		w = t
	}
	c32 := make([]float32, s.m*s.n)
	run, free, err := onednnLayer(s, threads, a32, w, any(bias).([]float32), c32)
	if err != nil {
		fmt.Fprintln(os.Stderr, "peers:", err)
		return cs
	}
	return append(cs, &contestant{name: "onednn", run: run, free: free, out: func() any { return c32 }})
}

func gonumRun[T tensor.Float](s shape, tr trans, a []T, lda int, b []T, ldb int, c []T) func(int) {
	ta, tb := blas.NoTrans, blas.NoTrans
	if tr.a {
		ta = blas.Trans
	}
	if tr.b {
		tb = blas.Trans
	}
	var g gonum.Implementation
	switch a := any(a).(type) {
	case []float32:
		b, c := any(b).([]float32), any(c).([]float32)
		return func(iters int) {
			for range iters {
				g.Sgemm(ta, tb, s.m, s.n, s.k, 1, a, lda, b, ldb, 0, c, s.n)
			}
		}
	case []float64:
		b, c := any(b).([]float64), any(c).([]float64)
		return func(iters int) {
			for range iters {
				g.Dgemm(ta, tb, s.m, s.n, s.k, 1, a, lda, b, ldb, 0, c, s.n)
			}
		}
	}
	panic("unreachable")
}

// agree reports the first contestant whose result is not that of the first one
// to within rounding.
func agree(cs []*contestant, k int) error {
	for _, c := range cs[1:] {
		var worst float64
		eps := 0x1p-24
		switch x := cs[0].out().(type) {
		case []float32:
			worst = farthest(x, c.out().([]float32))
		case []float64:
			worst, eps = farthest(x, c.out().([]float64)), 0x1p-53
		}
		if !(worst <= 8*eps*float64(k)) { // elements are at most 1 in size
			return fmt.Errorf("%s and %s differ by %.3g", cs[0].name, c.name, worst)
		}
	}
	return nil
}

func farthest[T tensor.Float](x, y []T) (d float64) {
	for i := range x {
		d = max(d, math.Abs(float64(x[i])-float64(y[i])))
	}
	return d
}

// peak is the rate of FMAs in registers, GFLOP/s a thread.
type peak struct{ f32, f64 float64 }

func (p *peak) of(dtype string) float64 {
	if dtype == "f64" {
		return p.f64
	}
	return p.f32
}

// measure lets the peak grow: it is sampled between the cases, at the clock they
// run at.
func (p *peak) measure() {
	p.f32 = max(p.f32, probe(asm.Active[float32]().ProbeFMA))
	p.f64 = max(p.f64, probe(asm.Active[float64]().ProbeFMA))
}

func probe(fma func(int) int) (gflops float64) {
	n := 64
	for range 40 {
		began := time.Now()
		flops := fma(n)
		d := time.Since(began)
		if d < 10*time.Microsecond {
			n *= 2
			continue
		}
		gflops = max(gflops, float64(flops)/float64(d))
	}
	return gflops
}

func gonumVersion() string {
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, m := range info.Deps {
			if m.Path == "gonum.org/v1/gonum" {
				return m.Version
			}
		}
	}
	return "(version unknown)"
}
