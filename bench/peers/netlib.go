//go:build linux && cgo && (amd64 || arm64)

package main

// #include "clib.h"
import "C"

import (
	"errors"

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
