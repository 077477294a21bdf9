//go:build arm64 && !purego

package asm

import (
	"runtime"

	"github.com/klauspost/cpuid/v2"
)

// archISAs: NEON is part of Go's arm64 port, so there is nothing to detect.
func archISAs() []string { return []string{"neon"} }

func useArchProducts(_ string, k32 *Products[float32], k64 *Products[float64]) {
	gemmTilesF32NEON.use(&k32.GemmKernels)
	useMergeF32NEON(&k32.MergeKernels)
	gemmTilesF64NEON.use(&k64.GemmKernels)
	useMergeF64NEON(&k64.MergeKernels)
}

func useArchNT(string, *Kernels[float32], *Kernels[float64]) bool { return false }

func useArch(_ string, k32 *Kernels[float32], k64 *Kernels[float64]) {
	useEltwiseF32NEON(&k32.EltwiseKernels)
	useMathfnF32NEON(&k32.MathKernels)
	useActF32NEON(&k32.ActKernels)
	useReduceF32NEON(&k32.ReduceKernels)
	useDistF32NEON(&k32.DistKernels)
	useNormF32NEON(&k32.NormKernels)
	useLossF32NEON(&k32.LossKernels)
	useRotF32NEON(&k32.EltwiseKernels)
	useUpdateF32NEON(&k32.UpdateKernels)
	useRandomF32NEON(&k32.RandomKernels)
	useProbeF32NEON(&k32.ProbeKernels)
	useHalfNEON(&k32.HalfKernels)
	useEltwiseF64NEON(&k64.EltwiseKernels)
	useMathfnF64NEON(&k64.MathKernels)
	useActF64NEON(&k64.ActKernels)
	useReduceF64NEON(&k64.ReduceKernels)
	useDistF64NEON(&k64.DistKernels)
	useNormF64NEON(&k64.NormKernels)
	useLossF64NEON(&k64.LossKernels)
	useRotF64NEON(&k64.EltwiseKernels)
	useUpdateF64NEON(&k64.UpdateKernels)
	useRandomF64NEON(&k64.RandomKernels)
	useProbeF64NEON(&k64.ProbeKernels)
	useHalfNEON(&k64.HalfKernels)
}

func cpuName() string {
	if n := cpuid.CPU.BrandName; n != "" {
		return n
	}
	return runtime.GOARCH
}
