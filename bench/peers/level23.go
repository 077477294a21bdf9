package main

import (
	"fmt"

	"github.com/lanes-go/lanes/tensor"
	"gonum.org/v1/gonum/blas"
)

const (
	no, yes      = blas.NoTrans, blas.Trans
	lower, upper = blas.Lower, blas.Upper
	left, right  = blas.Left, blas.Right
)

// square is what the routines of levels 2 and 3 work on: an n x n matrix A, and B
// and C, either matrices or vectors.
type square[T tensor.Float] struct {
	n       int
	a, b, c []T
}

// dense are numbers in -1..1; triangle has a diagonal of ones and small numbers
// beside it, so that to multiply by it, or to solve, again and again does not
// overflow.
func (s *square[T]) dense() { fill(s.a, 1) }
func (s *square[T]) triangle() {
	fill(s.a, 1)
	for i := range s.a {
		s.a[i] *= 0.5 / T(s.n)
	}
	for i := range s.n {
		s.a[i*s.n+i] = 1
	}
}

// routine is one call of level 2 or 3 with its flags.
type routine[T tensor.Float] struct {
	name, flags  string
	flops, bytes float64 // of n², n³ for level 3; matrices moved, for level 2
	triangle     bool    // A has to be one
	run          func(b backend, s *square[T], iters int)
	out          func(s *square[T]) []T
	write        bool // level 2: A is stored, too
}

func outB[T tensor.Float](s *square[T]) []T { return s.b }
func outC[T tensor.Float](s *square[T]) []T { return s.c }
func outA[T tensor.Float](s *square[T]) []T { return s.a }

type (
	gemvFunc[T tensor.Float]  = func(tA blas.Transpose, m, n int, alpha T, a []T, lda int, x []T, incX int, beta T, y []T, incY int)
	gerFunc[T tensor.Float]   = func(m, n int, alpha T, x []T, incX int, y []T, incY int, a []T, lda int)
	symvFunc[T tensor.Float]  = func(ul blas.Uplo, n int, alpha T, a []T, lda int, x []T, incX int, beta T, y []T, incY int)
	trvFunc[T tensor.Float]   = func(ul blas.Uplo, tA blas.Transpose, d blas.Diag, n int, a []T, lda int, x []T, incX int)
	syrFunc[T tensor.Float]   = func(ul blas.Uplo, n int, alpha T, x []T, incX int, a []T, lda int)
	gemmFunc[T tensor.Float]  = func(tA, tB blas.Transpose, m, n, k int, alpha T, a []T, lda int, b []T, ldb int, beta T, c []T, ldc int)
	syrkFunc[T tensor.Float]  = func(ul blas.Uplo, t blas.Transpose, n, k int, alpha T, a []T, lda int, beta T, c []T, ldc int)
	syr2kFunc[T tensor.Float] = func(ul blas.Uplo, t blas.Transpose, n, k int, alpha T, a []T, lda int, b []T, ldb int, beta T, c []T, ldc int)
	symmFunc[T tensor.Float]  = func(s blas.Side, ul blas.Uplo, m, n int, alpha T, a []T, lda int, b []T, ldb int, beta T, c []T, ldc int)
	trmFunc[T tensor.Float]   = func(s blas.Side, ul blas.Uplo, tA blas.Transpose, d blas.Diag, m, n int, alpha T, a []T, lda int, b []T, ldb int)
)

// of32 and of64 turn method expressions into the function of a backend's type.
func pick[T tensor.Float, F any](b backend, f32 func(blas.Float32) any, f64 func(blas.Float64) any) F {
	f := both[T](b, f32, f64)
	return f.(F)
}

func level2[T tensor.Float]() []routine[T] {
	gemv := func(b backend) gemvFunc[T] {
		return pick[T, gemvFunc[T]](b, func(b blas.Float32) any { return b.Sgemv }, func(b blas.Float64) any { return b.Dgemv })
	}
	symv := func(b backend) symvFunc[T] {
		return pick[T, symvFunc[T]](b, func(b blas.Float32) any { return b.Ssymv }, func(b blas.Float64) any { return b.Dsymv })
	}
	trmv := func(b backend) trvFunc[T] {
		return pick[T, trvFunc[T]](b, func(b blas.Float32) any { return b.Strmv }, func(b blas.Float64) any { return b.Dtrmv })
	}
	trsv := func(b backend) trvFunc[T] {
		return pick[T, trvFunc[T]](b, func(b blas.Float32) any { return b.Strsv }, func(b blas.Float64) any { return b.Dtrsv })
	}
	ger := func(b backend) gerFunc[T] {
		return pick[T, gerFunc[T]](b, func(b blas.Float32) any { return b.Sger }, func(b blas.Float64) any { return b.Dger })
	}
	syr := func(b backend) syrFunc[T] {
		return pick[T, syrFunc[T]](b, func(b blas.Float32) any { return b.Ssyr }, func(b blas.Float64) any { return b.Dsyr })
	}
	gemvs := func(flags string, t blas.Transpose) routine[T] {
		return routine[T]{name: "gemv", flags: flags, flops: 2, bytes: 1, out: outC[T],
			run: func(b backend, s *square[T], iters int) {
				f := gemv(b)
				for range iters {
					f(t, s.n, s.n, 1, s.a, s.n, s.b, 1, 0, s.c, 1)
				}
			}}
	}
	tri := func(name, flags string, get func(backend) trvFunc[T], ul blas.Uplo, t blas.Transpose) routine[T] {
		return routine[T]{name: name, flags: flags, flops: 1, bytes: 0.5, triangle: true, out: outB[T],
			run: func(b backend, s *square[T], iters int) {
				f := get(b)
				for range iters {
					f(ul, t, blas.NonUnit, s.n, s.a, s.n, s.b, 1)
				}
			}}
	}
	return []routine[T]{
		gemvs("n", no), gemvs("t", yes),
		{name: "ger", flops: 2, bytes: 2, write: true, out: outA[T], run: func(b backend, s *square[T], iters int) {
			f := ger(b)
			for range iters {
				f(s.n, s.n, 0.25, s.b, 1, s.c, 1, s.a, s.n)
			}
		}},
		{name: "syr", flags: "l", flops: 1, bytes: 1, write: true, out: outA[T], run: func(b backend, s *square[T], iters int) {
			f := syr(b)
			for range iters {
				f(lower, s.n, 0.25, s.b, 1, s.a, s.n)
			}
		}},
		{name: "symv", flags: "l", flops: 2, bytes: 0.5, out: outC[T], run: func(b backend, s *square[T], iters int) {
			f := symv(b)
			for range iters {
				f(lower, s.n, 1, s.a, s.n, s.b, 1, 0, s.c, 1)
			}
		}},
		{name: "symv", flags: "u", flops: 2, bytes: 0.5, out: outC[T], run: func(b backend, s *square[T], iters int) {
			f := symv(b)
			for range iters {
				f(upper, s.n, 1, s.a, s.n, s.b, 1, 0, s.c, 1)
			}
		}},
		tri("trmv", "ln", trmv, lower, no), tri("trmv", "ut", trmv, upper, yes),
		tri("trsv", "ln", trsv, lower, no), tri("trsv", "lt", trsv, lower, yes),
		tri("trsv", "un", trsv, upper, no), tri("trsv", "ut", trsv, upper, yes),
	}
}

func level3[T tensor.Float]() []routine[T] {
	gemms := func(flags string, ta, tb blas.Transpose) routine[T] {
		return routine[T]{name: "gemm", flags: flags, flops: 2, out: outC[T], run: func(b backend, s *square[T], iters int) {
			f := pick[T, gemmFunc[T]](b, func(b blas.Float32) any { return b.Sgemm }, func(b blas.Float64) any { return b.Dgemm })
			for range iters {
				f(ta, tb, s.n, s.n, s.n, 1, s.a, s.n, s.b, s.n, 0, s.c, s.n)
			}
		}}
	}
	syrk := func(flags string, ul blas.Uplo, t blas.Transpose) routine[T] {
		return routine[T]{name: "syrk", flags: flags, flops: 1, out: outC[T], run: func(b backend, s *square[T], iters int) {
			f := pick[T, syrkFunc[T]](b, func(b blas.Float32) any { return b.Ssyrk }, func(b blas.Float64) any { return b.Dsyrk })
			for range iters {
				f(ul, t, s.n, s.n, 1, s.a, s.n, 0, s.c, s.n)
			}
		}}
	}
	syr2k := func(flags string, ul blas.Uplo, t blas.Transpose) routine[T] {
		return routine[T]{name: "syr2k", flags: flags, flops: 2, out: outC[T], run: func(b backend, s *square[T], iters int) {
			f := pick[T, syr2kFunc[T]](b, func(b blas.Float32) any { return b.Ssyr2k }, func(b blas.Float64) any { return b.Dsyr2k })
			for range iters {
				f(ul, t, s.n, s.n, 1, s.a, s.n, s.b, s.n, 0, s.c, s.n)
			}
		}}
	}
	symm := func(flags string, side blas.Side, ul blas.Uplo) routine[T] {
		return routine[T]{name: "symm", flags: flags, flops: 2, out: outC[T], run: func(b backend, s *square[T], iters int) {
			f := pick[T, symmFunc[T]](b, func(b blas.Float32) any { return b.Ssymm }, func(b blas.Float64) any { return b.Dsymm })
			for range iters {
				f(side, ul, s.n, s.n, 1, s.a, s.n, s.b, s.n, 0, s.c, s.n)
			}
		}}
	}
	tri := func(name, flags string, side blas.Side, ul blas.Uplo, t blas.Transpose) routine[T] {
		f32 := func(b blas.Float32) any { return b.Strmm }
		f64 := func(b blas.Float64) any { return b.Dtrmm }
		if name == "trsm" {
			f32 = func(b blas.Float32) any { return b.Strsm }
			f64 = func(b blas.Float64) any { return b.Dtrsm }
		}
		return routine[T]{name: name, flags: flags, flops: 1, triangle: true, out: outB[T], run: func(b backend, s *square[T], iters int) {
			f := pick[T, trmFunc[T]](b, f32, f64)
			for range iters {
				f(side, ul, t, blas.NonUnit, s.n, s.n, 1, s.a, s.n, s.b, s.n)
			}
		}}
	}
	return []routine[T]{
		gemms("nn", no, no), gemms("nt", no, yes), gemms("tn", yes, no),
		syrk("ln", lower, no), syrk("ut", upper, yes),
		syr2k("ln", lower, no),
		symm("ll", left, lower), symm("ru", right, upper),
		tri("trmm", "lln", left, lower, no), tri("trmm", "lut", left, upper, yes),
		tri("trmm", "rln", right, lower, no), tri("trmm", "rut", right, upper, yes),
		tri("trsm", "lln", left, lower, no), tri("trsm", "lut", left, upper, yes),
		tri("trsm", "rln", right, lower, no), tri("trsm", "rut", right, upper, yes),
	}
}

// squareJobs are the routines of a level at each size.
func squareJobs[T tensor.Float](op string, routines []routine[T], sizes []int) (jobs []job) {
	letter, dtype, eps := prefix[T]()
	size := float64(len(bytesOf(make([]T, 1))))
	for _, r := range routines {
		for _, n := range sizes {
			nn := float64(n) * float64(n)
			j := job{op: op, name: letter + r.name, dtype: dtype, shape: fmt.Sprintf("%d %s", n, r.flags), n: n, tol: 64 * eps * float64(n)}
			vec := n
			if op == "level3" {
				vec = n * n
				j.flops = r.flops * nn * float64(n)
			} else {
				j.flops, j.bytes = r.flops*nn, r.bytes*nn*size
			}
			j.make = func(b backend) *contestant {
				s := &square[T]{n, aligned[T](n*n, 0), aligned[T](vec, 5), aligned[T](vec, 11)}
				c := &contestant{name: b.name, out: func() any { return r.out(s) }}
				c.run = func(iters int) { r.run(b, s, iters) }
				c.reset = func() {
					s.dense()
					if r.triangle {
						s.triangle()
					}
					fill(s.b, 2)
					fill(s.c, 3)
				}
				c.reset()
				if r.triangle {
					c.renew = func() { fill(s.b, 2) }
				}
				return c
			}
			if op == "level2" {
				j.limit = func() *contestant {
					a := bytesOf(aligned[T](int(float64(n*n)*r.bytes), 0))
					if r.write {
						a = a[:len(a)/2]
						return limitOf(func() { probeCopy(a, a) })
					}
					return limitOf(func() { probeRead(a) })
				}
			}
			jobs = append(jobs, j)
		}
	}
	return jobs
}
