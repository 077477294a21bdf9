//go:build !linux || !cgo

package main

import (
	"errors"

	"github.com/lanes-go/lanes/tensor"
)

var errNoC = errors.New("the C libraries need Linux and cgo")

func openOpenBLAS(string) (string, error) { return "", errNoC }
func openOneDNN() (string, error)         { return "", errNoC }
func openblasThreads(int)                 {}
func openblasCore() string                { return "" }

func openblasRun[T tensor.Float](shape, trans, int, []T, []T, []T) func(int) { return nil }
func onednnRun(shape, trans, int, []float32, []float32, []float32) func(int) { return nil }
func onednnLayer(shape, int, []float32, []float32, []float32, []float32) (run func(int), free func(), err error) {
	return nil, nil, errNoC
}
