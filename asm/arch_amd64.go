//go:build amd64 && !purego

package asm

import "github.com/klauspost/cpuid/v2"

// archISAs lists what this CPU runs, worst first. AVX2 needs FMA3 as well: each
// can be present without the other.
func archISAs() []string {
	if !cpuid.CPU.Supports(cpuid.AVX2, cpuid.FMA3, cpuid.BMI2, cpuid.F16C) {
		return nil
	}
	l := []string{"avx2"}
	if cpuid.CPU.Supports(cpuid.AVX512F, cpuid.AVX512BW, cpuid.AVX512DQ, cpuid.AVX512VL) {
		l = append(l, "avx512")
	}
	return l
}

func useArchProducts(isa string, k32 *Products[float32], k64 *Products[float64]) {
	if isa == "avx2" {
		gemmTilesF32AVX2.use(&k32.GemmKernels)
		useMergeF32AVX2(&k32.MergeKernels)
		gemmTilesF64AVX2.use(&k64.GemmKernels)
		useMergeF64AVX2(&k64.MergeKernels)
		return
	}
	gemmTilesF32AVX512.use(&k32.GemmKernels)
	useMergeF32AVX512(&k32.MergeKernels)
	gemmTilesF64AVX512.use(&k64.GemmKernels)
	useMergeF64AVX512(&k64.MergeKernels)
}

func useArch(isa string, k32 *Kernels[float32], k64 *Kernels[float64]) {
	if isa == "avx2" {
		useAVX2(k32, k64)
		return
	}
	useAVX512(k32, k64)
}

func useArchNT(isa string, k32 *Kernels[float32], k64 *Kernels[float64]) bool {
	if isa == "avx2" {
		useNTAVX2(k32, k64)
	} else {
		useNTAVX512(k32, k64)
	}
	return true
}

func useAVX2(k32 *Kernels[float32], k64 *Kernels[float64]) {
	useEltwiseF32AVX2(&k32.EltwiseKernels)
	useMathfnF32AVX2(&k32.MathKernels)
	useActF32AVX2(&k32.ActKernels)
	useRotF32AVX2(&k32.EltwiseKernels)
	useReduceF32AVX2(&k32.ReduceKernels)
	useDistF32AVX2(&k32.DistKernels)
	useNormF32AVX2(&k32.NormKernels)
	useUpdateF32AVX2(&k32.UpdateKernels)
	useLossF32AVX2(&k32.LossKernels)
	useRandomF32AVX2(&k32.RandomKernels)
	useProbeF32AVX2(&k32.ProbeKernels)
	useHalfAVX2(&k32.HalfKernels)
	useEltwiseF64AVX2(&k64.EltwiseKernels)
	useMathfnF64AVX2(&k64.MathKernels)
	useActF64AVX2(&k64.ActKernels)
	useRotF64AVX2(&k64.EltwiseKernels)
	useReduceF64AVX2(&k64.ReduceKernels)
	useDistF64AVX2(&k64.DistKernels)
	useNormF64AVX2(&k64.NormKernels)
	useUpdateF64AVX2(&k64.UpdateKernels)
	useLossF64AVX2(&k64.LossKernels)
	useRandomF64AVX2(&k64.RandomKernels)
	useProbeF64AVX2(&k64.ProbeKernels)
	useHalfAVX2(&k64.HalfKernels)
}

func useAVX512(k32 *Kernels[float32], k64 *Kernels[float64]) {
	useEltwiseF32AVX512(&k32.EltwiseKernels)
	useMathfnF32AVX512(&k32.MathKernels)
	useActF32AVX512(&k32.ActKernels)
	useRotF32AVX512(&k32.EltwiseKernels)
	useReduceF32AVX512(&k32.ReduceKernels)
	useDistF32AVX512(&k32.DistKernels)
	useNormF32AVX512(&k32.NormKernels)
	useUpdateF32AVX512(&k32.UpdateKernels)
	useLossF32AVX512(&k32.LossKernels)
	useRandomF32AVX512(&k32.RandomKernels)
	useProbeF32AVX512(&k32.ProbeKernels)
	useHalfAVX512(&k32.HalfKernels)
	useEltwiseF64AVX512(&k64.EltwiseKernels)
	useMathfnF64AVX512(&k64.MathKernels)
	useActF64AVX512(&k64.ActKernels)
	useRotF64AVX512(&k64.EltwiseKernels)
	useReduceF64AVX512(&k64.ReduceKernels)
	useDistF64AVX512(&k64.DistKernels)
	useNormF64AVX512(&k64.NormKernels)
	useUpdateF64AVX512(&k64.UpdateKernels)
	useLossF64AVX512(&k64.LossKernels)
	useRandomF64AVX512(&k64.RandomKernels)
	useProbeF64AVX512(&k64.ProbeKernels)
	useHalfAVX512(&k64.HalfKernels)
}

func useNTAVX2(k32 *Kernels[float32], k64 *Kernels[float64]) {
	useEltwiseNTF32AVX2(&k32.EltwiseKernels)
	useMathfnNTF32AVX2(&k32.MathKernels)
	useActNTF32AVX2(&k32.ActKernels)
	useNormNTF32AVX2(&k32.NormKernels)
	useEltwiseNTF64AVX2(&k64.EltwiseKernels)
	useMathfnNTF64AVX2(&k64.MathKernels)
	useActNTF64AVX2(&k64.ActKernels)
	useNormNTF64AVX2(&k64.NormKernels)
}

func useNTAVX512(k32 *Kernels[float32], k64 *Kernels[float64]) {
	useEltwiseNTF32AVX512(&k32.EltwiseKernels)
	useMathfnNTF32AVX512(&k32.MathKernels)
	useActNTF32AVX512(&k32.ActKernels)
	useNormNTF32AVX512(&k32.NormKernels)
	useEltwiseNTF64AVX512(&k64.EltwiseKernels)
	useMathfnNTF64AVX512(&k64.MathKernels)
	useActNTF64AVX512(&k64.ActKernels)
	useNormNTF64AVX512(&k64.NormKernels)
}

func cpuName() string {
	if n := cpuid.CPU.BrandName; n != "" {
		return n
	}
	return cpuid.CPU.VendorString
}
