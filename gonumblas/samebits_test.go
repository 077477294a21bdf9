package gonumblas

import (
	"encoding/binary"
	"fmt"
	"hash/fnv"
	"slices"
	"sync"
	"testing"

	"github.com/lanes-go/lanes/asm"
	"github.com/lanes-go/lanes/internal/steady"
	"github.com/lanes-go/lanes/tensor"
	"gonum.org/v1/gonum/blas"
)

// FNV-1a of the results of levels 1 and 2: the same on every CPU. They change only in
// a minor release, and CHANGELOG says so.
const (
	level12F32 = "1a35263da3dfa9f5"
	level12F64 = "01a68c1e786a7ef7"
)

func TestSameBits(t *testing.T) {
	t.Logf("table %s", asm.Selection().ISA)
	if got := level12Hash[float32](); got != level12F32 {
		t.Errorf("float32: %s, want %s", got, level12F32)
	}
	if got := level12Hash[float64](); got != level12F64 {
		t.Errorf("float64: %s, want %s", got, level12F64)
	}
}

// level12Hash runs every routine that promises its bits over all its flags, in many
// sizes and layouts.
func level12Hash[T tensor.Float]() string {
	b := implementation[T](false, true)
	h := fnv.New64a()
	put := func(values ...T) {
		var buf []byte
		for _, v := range values {
			bits := bitsOf(v)
			if v != v {
				bits = bitsOf(gap[T]()) // sign and payload of a NaN are free
			}
			buf = binary.LittleEndian.AppendUint64(buf, bits)
		}
		h.Write(buf)
	}
	r := newRandom[T](31)
	sizes := []int{1, 2, 3, 7, 16, 31, 33, 64, 65, 100, 129, 190, 257}
	for round, n := range append(sizes, 1000, 5001, asm.Chunk+1000) {
		x, y := r.vector(n), r.vector(n)
		if round >= len(sizes) {
			x, y = newVector(r.values(n), 1, 0), newVector(r.values(n), 2, 0)
		}
		put(b.dot(n, x.x, x.inc, y.x, y.inc), b.nrm2(n, x.x, x.inc), b.asum(n, y.x, y.inc), T(b.amax(n, x.x, x.inc)))
		b.axpy(n, T(0.7), x.x, x.inc, y.x, y.inc)
		b.rot(n, x.x, x.inc, y.x, y.inc, T(0.6), T(-0.8))
		b.scal(n, T(1.1), x.x, x.inc)
		b.swap(n, x.x, x.inc, y.x, y.inc)
		put(x.x...)
		put(y.x...)
		// Far from the middle of the range.
		b.scal(n, T(1e-30), x.x, x.inc)
		put(b.nrm2(n, x.x, x.inc))
	}
	for _, n := range sizes {
		m := r.size(150)
		for _, tA := range []blas.Transpose{blas.NoTrans, blas.Trans} {
			a := newMatrix(m, n, r.IntN(5), func(i, j int) T { return r.value() })
			lx, ly := n, m
			if tA != blas.NoTrans {
				lx, ly = m, n
			}
			x, y := r.vector(lx), r.vector(ly)
			b.gemv(tA, m, n, T(0.7), a.x, a.ld, x.x, x.inc, pick(r, 0, 1, T(0.3)), y.x, y.inc)
			put(y.x...)
			b.ger(m, n, T(-0.7), r.values(m), 1, r.values(n), 1, a.x, a.ld)
			put(a.x...)
		}
		for _, ul := range []blas.Uplo{blas.Upper, blas.Lower} {
			a := r.newTriangle(ul, blas.NonUnit, n, func(i, j int) T {
				if i == j {
					return 2 + r.value()
				}
				return r.value() / T(n)
			})
			x, y := r.vector(n), r.vector(n)
			b.symv(ul, n, T(0.7), a.x, a.ld, x.x, x.inc, pick(r, 0, 1, T(0.3)), y.x, y.inc)
			put(y.x...)
			s := newMatrix(n, n, 0, func(i, j int) T { return r.value() })
			b.syr(ul, n, T(0.7), x.x, x.inc, s.x, s.ld)
			b.syr2(ul, n, T(-0.7), x.x, x.inc, y.x, y.inc, s.x, s.ld)
			put(s.x...)
			for _, tA := range []blas.Transpose{blas.NoTrans, blas.Trans} {
				for _, d := range []blas.Diag{blas.NonUnit, blas.Unit} {
					b.trmv(ul, tA, d, n, a.x, a.ld, x.x, x.inc)
					put(x.x...)
					b.trsv(ul, tA, d, n, a.x, a.ld, y.x, y.inc)
					put(y.x...)
				}
			}
		}
	}
	return fmt.Sprintf("%016x", h.Sum64())
}

func TestNoAllocations(t *testing.T) {
	everyKind(t, testNoAllocations[float32], testNoAllocations[float64])
}

func testNoAllocations[T tensor.Float](t *testing.T, b routines[T]) {
	const n, lda = 70, 75
	r := newRandom[T](41)
	for _, inc := range []int{1, 2} {
		a, x, y := r.values(n*lda), r.values(2*n), r.values(2*n)
		for i := range n {
			a[i*lda+i] = 70
		}
		var sum T
		for name, f := range map[string]func(){
			"dot":   func() { sum += b.dot(n, x, inc, y, inc) },
			"nrm2":  func() { sum += b.nrm2(n, x, inc) },
			"asum":  func() { sum += b.asum(n, x, inc) },
			"amax":  func() { sum += T(b.amax(n, x, inc)) },
			"swap":  func() { b.swap(n, x, inc, y, inc) },
			"copy":  func() { b.copy(n, x, inc, y, inc) },
			"axpy":  func() { b.axpy(n, 0.5, x, inc, y, inc) },
			"scal":  func() { b.scal(n, 0.5, x, inc) },
			"rot":   func() { b.rot(n, x, inc, y, inc, 0.6, 0.8) },
			"gemv":  func() { b.gemv(blas.NoTrans, n, n, 0.5, a, lda, x, inc, 0.5, y, inc) },
			"gemvT": func() { b.gemv(blas.Trans, n, n, 0.5, a, lda, x, inc, 0.5, y, inc) },
			"ger":   func() { b.ger(n, n, 0.5, x, inc, y, inc, a, lda) },
			"symv":  func() { b.symv(blas.Upper, n, 0.5, a, lda, x, inc, 0.5, y, inc) },
			"trmv":  func() { b.trmv(blas.Lower, blas.NoTrans, blas.Unit, n, a, lda, x, inc) },
			"trsv":  func() { b.trsv(blas.Lower, blas.Trans, blas.NonUnit, n, a, lda, x, inc) },
			"syr":   func() { b.syr(blas.Upper, n, 0.5, x, inc, a, lda) },
			"syr2":  func() { b.syr2(blas.Upper, n, 0.5, x, inc, y, inc, a, lda) },
		} {
			if allocs := steady.Allocs(20, f); allocs > 0 {
				t.Errorf("%s, increments %d: %v allocations a call", name, inc, allocs)
			}
		}
	}
}

func TestGoroutines(t *testing.T) {
	everyKind(t, testGoroutines[float32], testGoroutines[float64])
}

// testGoroutines: scratch memory is nobody else's.
func testGoroutines[T tensor.Float](t *testing.T, b routines[T]) {
	const n, lda = 120, 130
	r := newRandom[T](51)
	a, x := r.values(n*lda), r.values(2*n)
	for i := range n {
		a[i*lda+i] = 120
	}
	run := func() []T {
		y, c := make([]T, 3*n), slices.Clone(a)
		z := slices.Clone(x)
		b.gemv(blas.Trans, n, n, 1, a, lda, x, 2, 0, y, 3)
		b.symv(blas.Upper, n, 1, a, lda, x, 2, 1, y, 3)
		b.trsv(blas.Upper, blas.NoTrans, blas.NonUnit, n, a, lda, z, 2)
		b.trmv(blas.Lower, blas.NoTrans, blas.NonUnit, n, a, lda, z, 2)
		b.ger(n, n, 0.5, x, 2, y, 3, c, lda)
		b.axpy(n, 0.5, x, 2, y, 3)
		y[1], y[2] = b.dot(n, x, 2, y, 3), b.nrm2(n, z, 2)
		return append(append(y, z...), c...)
	}
	want := run()
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 5 {
				if !slices.Equal(run(), want) {
					t.Error("another result beside others")
				}
			}
		})
	}
	wg.Wait()
}
