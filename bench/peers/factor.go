package main

import (
	"fmt"

	"gonum.org/v1/gonum/mat"
)

// factorizations are calls of gonum's mat, whose LAPACK is Go and calls whatever
// BLAS is in use. Each makes its own matrices from a, which is n x n with numbers
// in -1..1, runs once, and gives numbers to compare.
var factorizations = []struct {
	name, what string
	make       func(a *mat.Dense) (run func(), out func() []float64)
	lapack     func(a []float64, n int) (run func(), out func() []float64) // the same by OpenBLAS's LAPACK, or nil
}{
	{"Mul", "mat.Dense.Mul", func(a *mat.Dense) (func(), func() []float64) {
		b := mat.DenseCopyOf(a.T())
		var c mat.Dense
		return func() { c.Mul(a, b) }, func() []float64 { return c.RawMatrix().Data }
	}, nil},
	{"Cholesky", "mat.Cholesky.Factorize, of A'A + n", func(a *mat.Dense) (func(), func() []float64) {
		s := gram(a)
		var f mat.Cholesky
		return func() { f.Factorize(s) }, func() []float64 {
			var u mat.TriDense
			f.UTo(&u)
			return u.RawTriangular().Data
		}
	}, lapackCholesky},
	{"LU", "mat.LU.Factorize", func(a *mat.Dense) (func(), func() []float64) {
		var f mat.LU
		return func() { f.Factorize(a) }, func() []float64 {
			var u mat.TriDense
			f.UTo(&u)
			return u.RawTriangular().Data
		}
	}, nil},
	{"Solve1", "mat.VecDense.SolveVec: LU and one right-hand side", func(a *mat.Dense) (func(), func() []float64) {
		b := mat.NewVecDense(a.RawMatrix().Rows, mat.Col(nil, 0, a.T()))
		var x mat.VecDense
		return func() { x.SolveVec(a, b) }, func() []float64 { return x.RawVector().Data }
	}, func(a []float64, n int) (func(), func() []float64) { return lapackSolve(a, n, 1) }},
	{"SolveN", "mat.Dense.Solve: LU and n right-hand sides", func(a *mat.Dense) (func(), func() []float64) {
		b := mat.DenseCopyOf(a.T())
		var x mat.Dense
		return func() { x.Solve(a, b) }, func() []float64 { return x.RawMatrix().Data }
	}, func(a []float64, n int) (func(), func() []float64) { return lapackSolve(a, n, n) }},
	{"QR", "mat.QR.Factorize", func(a *mat.Dense) (func(), func() []float64) {
		var f mat.QR
		return func() { f.Factorize(a) }, func() []float64 {
			var r mat.Dense
			f.RTo(&r)
			return r.RawMatrix().Data
		}
	}, lapackQR},
	{"QR+Q", "mat.QR.Factorize, QTo", func(a *mat.Dense) (func(), func() []float64) {
		var f mat.QR
		var q mat.Dense
		return func() { f.Factorize(a); q.Reset(); f.QTo(&q) }, func() []float64 { return q.RawMatrix().Data }
	}, nil},
	{"SVD", "mat.SVD.Factorize(SVDThin): values, U and V", func(a *mat.Dense) (func(), func() []float64) {
		var f mat.SVD
		return func() { f.Factorize(a, mat.SVDThin) }, func() []float64 { return f.Values(nil) }
	}, func(a []float64, n int) (func(), func() []float64) { return lapackSVD(a, n, true) }},
	{"SVDvalues", "mat.SVD.Factorize(SVDNone): values", func(a *mat.Dense) (func(), func() []float64) {
		var f mat.SVD
		return func() { f.Factorize(a, mat.SVDNone) }, func() []float64 { return f.Values(nil) }
	}, func(a []float64, n int) (func(), func() []float64) { return lapackSVD(a, n, false) }},
	{"EigenSym", "mat.EigenSym.Factorize: values and vectors, of A'A + n", func(a *mat.Dense) (func(), func() []float64) {
		s := gram(a)
		var f mat.EigenSym
		return func() { f.Factorize(s, true) }, func() []float64 { return f.Values(nil) }
	}, nil},
}

// gram is A'A + n, positive definite.
func gram(a *mat.Dense) *mat.SymDense {
	n := a.RawMatrix().Rows
	var s mat.SymDense
	s.SymOuterK(1, a.T())
	for i := range n {
		s.SetSym(i, i, s.At(i, i)+float64(n))
	}
	return &s
}

// gramOf is gram of a by rows, its upper triangle by rows, which is the lower one by
// columns.
func gramOf(a []float64, n int) []float64 { return gram(mat.NewDense(n, n, a)).RawSymmetric().Data }

func transposed(a []float64, n int) []float64 {
	return mat.DenseCopyOf(mat.NewDense(n, n, a).T()).RawMatrix().Data
}

func factorJobs(sizes []int) (jobs []job) {
	for _, f := range factorizations {
		for _, n := range sizes {
			j := job{op: "factor", name: f.name, dtype: "f64", shape: fmt.Sprintf("%d", n), n: n, tol: 1e-9}
			j.make = func(b backend) *contestant {
				a := mat.NewDense(n, n, nil)
				fill(a.RawMatrix().Data, 1)
				if b.name == "lapack" { // not a backend of gonum's
					if f.lapack == nil {
						return nil
					}
					run, out := f.lapack(a.RawMatrix().Data, n)
					return factorContestant(b.name, run, out)
				}
				b.use()
				run, out := f.make(a)
				c := factorContestant(b.name, run, out)
				c.use = b.use
				return c
			}
			jobs = append(jobs, j)
		}
	}
	return jobs
}

func factorContestant(name string, run func(), out func() []float64) *contestant {
	return &contestant{name: name, garbage: true, out: func() any { return out() }, run: func(iters int) {
		for range iters {
			run()
		}
	}}
}
