package gonumblas

import (
	"fmt"
	"testing"

	"github.com/lanes-go/lanes/tensor"
	"gonum.org/v1/gonum/blas"
)

// benchmark runs f with gonum's routines and with ours, one after the other.
func benchmark[T tensor.Float](b *testing.B, name string, f func(r routines[T])) {
	kind := "float64"
	if is32[T]() {
		kind = "float32"
	}
	for _, gonums := range []bool{true, false} {
		impl := "lanes"
		if gonums {
			impl = "gonum"
		}
		r := implementation[T](gonums, false)
		b.Run(fmt.Sprintf("%s/type=%s/impl=%s", name, kind, impl), func(b *testing.B) {
			for b.Loop() {
				f(r)
			}
		})
	}
}

func BenchmarkLevel1(b *testing.B) {
	benchmarkLevel1[float32](b)
	benchmarkLevel1[float64](b)
}

func benchmarkLevel1[T tensor.Float](b *testing.B) {
	for _, n := range []int{4, 16, 64, 256, 4096, 1 << 20} {
		r := newRandom[T](1)
		x, y := r.values(n), r.values(n)
		var sum T
		for _, op := range []struct {
			name string
			f    func(r routines[T])
		}{
			{"dot", func(r routines[T]) { sum += r.dot(n, x, 1, y, 1) }},
			{"axpy", func(r routines[T]) { r.axpy(n, 1e-9, x, 1, y, 1) }},
			{"nrm2", func(r routines[T]) { sum += r.nrm2(n, x, 1) }},
			{"asum", func(r routines[T]) { sum += r.asum(n, x, 1) }},
			{"scal", func(r routines[T]) { r.scal(n, -1, x, 1) }},
			{"iamax", func(r routines[T]) { sum += T(r.amax(n, x, 1)) }},
			{"rot", func(r routines[T]) { r.rot(n, x, 1, y, 1, 0.6, 0.8) }},
			{"swap", func(r routines[T]) { r.swap(n, x, 1, y, 1) }},
			{"copy", func(r routines[T]) { r.copy(n, x, 1, y, 1) }},
		} {
			benchmark(b, fmt.Sprintf("%s/n=%d", op.name, n), op.f)
		}
	}
}

func BenchmarkLevel2(b *testing.B) {
	benchmarkLevel2[float32](b)
	benchmarkLevel2[float64](b)
}

func benchmarkLevel2[T tensor.Float](b *testing.B) {
	for _, n := range []int{8, 32, 100, 300, 1000, 2048} {
		r := newRandom[T](1)
		x, y := r.values(n), r.values(n)
		a := newMatrix(n, n, 0, func(i, j int) T {
			if i == j {
				return 1
			}
			return r.value() / T(4*n)
		})
		for _, op := range []struct {
			name string
			f    func(r routines[T])
		}{
			{"gemvN", func(r routines[T]) { r.gemv(blas.NoTrans, n, n, 1, a.x, n, x, 1, 0, y, 1) }},
			{"gemvT", func(r routines[T]) { r.gemv(blas.Trans, n, n, 1, a.x, n, x, 1, 0, y, 1) }},
			{"ger", func(r routines[T]) { r.ger(n, n, 1e-9, x, 1, y, 1, a.x, n) }},
			{"symvU", func(r routines[T]) { r.symv(blas.Upper, n, 1, a.x, n, x, 1, 0, y, 1) }},
			{"symvL", func(r routines[T]) { r.symv(blas.Lower, n, 1, a.x, n, x, 1, 0, y, 1) }},
			{"trmvUN", func(r routines[T]) { copy(x, y); r.trmv(blas.Upper, blas.NoTrans, blas.Unit, n, a.x, n, x, 1) }},
			{"trmvUT", func(r routines[T]) { copy(x, y); r.trmv(blas.Upper, blas.Trans, blas.Unit, n, a.x, n, x, 1) }},
			{"trsvUN", func(r routines[T]) { copy(x, y); r.trsv(blas.Upper, blas.NoTrans, blas.Unit, n, a.x, n, x, 1) }},
			{"trsvUT", func(r routines[T]) { copy(x, y); r.trsv(blas.Upper, blas.Trans, blas.Unit, n, a.x, n, x, 1) }},
			{"trsvLN", func(r routines[T]) { copy(x, y); r.trsv(blas.Lower, blas.NoTrans, blas.NonUnit, n, a.x, n, x, 1) }},
			{"trsvLT", func(r routines[T]) { copy(x, y); r.trsv(blas.Lower, blas.Trans, blas.NonUnit, n, a.x, n, x, 1) }},
		} {
			benchmark(b, fmt.Sprintf("%s/n=%d", op.name, n), op.f)
		}
	}
}
