//go:build !linux || !cgo || !(amd64 || arm64)

package main

import (
	"errors"

	"gonum.org/v1/gonum/blas"
)

func openNetlib() (blas.Float32, blas.Float64, error) {
	return nil, nil, errors.New("gonum's netlib bindings are used here on Linux, amd64 and arm64, with cgo")
}

func cgoCost() float64 { return 0 }
