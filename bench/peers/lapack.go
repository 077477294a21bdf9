//go:build linux && cgo

package main

// #include "clib.h"
import "C"

import (
	"errors"
	"slices"
)

func openLAPACK() error {
	if e := C.openblas_lapack(); e != nil {
		return errors.New("OpenBLAS " + C.GoString(e))
	}
	return nil
}

func ptr(x []float64) *C.double { return (*C.double)(&x[0]) }

// LAPACK's matrices go by columns: what is factored is the transpose, at the same
// cost. Each copies its matrix first, as mat does.

func lapackCholesky(a []float64, n int) (func(), func() []float64) {
	s := gramOf(a, n)
	l := slices.Clone(s)
	return func() {
			copy(l, s)
			C.lapack_potrf(C.int(n), ptr(l))
		}, func() []float64 { // its lower triangle by columns is the upper one by rows
			u := slices.Clone(l)
			for i := range n {
				clear(u[i*n : i*n+i])
			}
			return u
		}
}

func lapackSolve(a []float64, n, nrhs int) (func(), func() []float64) {
	t, b := transposed(a, n), slices.Clone(a)
	if nrhs == n {
		b = slices.Clone(a) // A' by columns
	} else {
		b = b[:n] // the first row of A, as a column
	}
	f, x, piv := slices.Clone(t), slices.Clone(b), make([]C.int, n)
	return func() {
			copy(f, t)
			copy(x, b)
			C.lapack_gesv(C.int(n), C.int(nrhs), ptr(f), &piv[0], ptr(x))
		}, func() []float64 {
			if nrhs == n {
				return transposed(x, n)
			}
			return x
		}
}

func lapackQR(a []float64, n int) (func(), func() []float64) {
	t := transposed(a, n)
	f, tau, work := slices.Clone(t), make([]float64, n), make([]float64, 64*n)
	return func() {
			copy(f, t)
			C.lapack_geqrf(C.int(n), ptr(f), ptr(tau), ptr(work), C.int(len(work)))
		}, func() []float64 {
			r := transposed(f, n)
			for i := range n {
				clear(r[i*n : i*n+i])
			}
			return r
		}
}

func lapackSVD(a []float64, n int, vectors bool) (func(), func() []float64) {
	f, s, u, vt := make([]float64, n*n), make([]float64, n), make([]float64, n*n), make([]float64, n*n)
	work := make([]float64, 3*n+64*2*n)
	job := C.int(0)
	if vectors {
		job = 1
	}
	return func() {
		copy(f, a)
		C.lapack_gesvd(job, C.int(n), ptr(f), ptr(s), ptr(u), ptr(vt), ptr(work), C.int(len(work)))
	}, func() []float64 { return s }
}
