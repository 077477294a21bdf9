//go:build linux && cgo && (amd64 || arm64)

package main

// #include "clib.h"
import "C"

import (
	"errors"
	"time"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/netlib/blas/netlib"
)

// openNetlib joins gonum's netlib bindings to the OpenBLAS that openOpenBLAS opened.
func openNetlib() (blas.Float32, blas.Float64, error) {
	if e := C.openblas_netlib(); e != nil {
		return nil, nil, errors.New("OpenBLAS " + C.GoString(e))
	}
	return netlib.Implementation{}, netlib.Implementation{}, nil
}

// cgoCost is what a call into C takes beside its work, in ns.
func cgoCost() float64 {
	best := time.Hour
	for range 50 {
		began := time.Now()
		for range 1000 {
			C.openblas_nothing()
		}
		best = min(best, time.Since(began))
	}
	return float64(best) / 1000
}
