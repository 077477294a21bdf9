//go:build !linux || !cgo

package main

func openLAPACK() error { return errNoC }

func lapackCholesky([]float64, int) (func(), func() []float64)   { return nil, nil }
func lapackSolve([]float64, int, int) (func(), func() []float64) { return nil, nil }
func lapackQR([]float64, int) (func(), func() []float64)         { return nil, nil }
func lapackSVD([]float64, int, bool) (func(), func() []float64)  { return nil, nil }
