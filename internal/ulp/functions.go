package main

import (
	"math"

	"github.com/lanes-go/lanes/asm"
)

var functions = []function{
	{"Exp", func(k *asm.Kernels[float32], dst, x []float32) { k.Exp(dst, x) }, math.Exp, 0.90},
	{"Expm1", func(k *asm.Kernels[float32], dst, x []float32) { k.Expm1(dst, x) }, math.Expm1, 1.46},
	{"Log", func(k *asm.Kernels[float32], dst, x []float32) { k.Log(dst, x) }, math.Log, 0.92},
	{"Log1p", func(k *asm.Kernels[float32], dst, x []float32) { k.Log1p(dst, x) }, math.Log1p, 0.92},
	{"Tanh", func(k *asm.Kernels[float32], dst, x []float32) { k.Tanh(dst, x) }, math.Tanh, 0.98},
	{"Sigmoid", func(k *asm.Kernels[float32], dst, x []float32) { k.Sigmoid(dst, x) },
		func(x float64) float64 { return 1 / (1 + math.Exp(-x)) }, 2.49},
	{"Erf", func(k *asm.Kernels[float32], dst, x []float32) { k.Erf(dst, x) }, math.Erf, 1.10},
	{"Rsqrt", func(k *asm.Kernels[float32], dst, x []float32) { k.Rsqrt(dst, x) },
		func(x float64) float64 { return 1 / math.Sqrt(x) }, 1.5},
	{"Sin", func(k *asm.Kernels[float32], dst, x []float32) { k.Sin(dst, x) }, math.Sin, 0.51},
	{"Cos", func(k *asm.Kernels[float32], dst, x []float32) { k.Cos(dst, x) }, math.Cos, 0.51},
}
