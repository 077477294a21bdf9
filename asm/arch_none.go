//go:build purego || (!amd64 && !arm64)

package asm

import "runtime"

func archISAs() []string { return nil }

func useArchProducts(string, *Products[float32], *Products[float64]) {}
func useArch(string, *Kernels[float32], *Kernels[float64])           {}
func useArchNT(string, *Kernels[float32], *Kernels[float64]) bool    { return false }

func cpuName() string { return runtime.GOARCH }
