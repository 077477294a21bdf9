package vec

import (
	"github.com/lanes-go/lanes/asm"
	"github.com/lanes-go/lanes/tensor"
)

// Exp computes e^x, to 0.90 ULP in float32, 0.90 in float64.
//
//forms:inplace new
func Exp[T Float](dst, x []T) {
	map1("Exp", dst, x, func(k *asm.Kernels[T]) func(dst, x []T) { return k.Exp }, tensor.Exp[T])
}

// Expm1 computes e^x - 1, to 1.46 ULP in float32, 1.95 in float64, next to 0 too.
//
//forms:inplace new
func Expm1[T Float](dst, x []T) {
	map1("Expm1", dst, x, func(k *asm.Kernels[T]) func(dst, x []T) { return k.Expm1 }, tensor.Expm1[T])
}

// Log computes the natural logarithm, to 0.92 ULP in float32, 0.92 in float64: -Inf at 0,
// NaN below.
//
//forms:inplace new
func Log[T Float](dst, x []T) {
	map1("Log", dst, x, func(k *asm.Kernels[T]) func(dst, x []T) { return k.Log }, tensor.Log[T])
}

// Log1p computes log(1+x), to 0.92 ULP in float32, 0.93 in float64, next to 0 too: -Inf at
// -1, NaN below.
//
//forms:inplace new
func Log1p[T Float](dst, x []T) {
	map1("Log1p", dst, x, func(k *asm.Kernels[T]) func(dst, x []T) { return k.Log1p }, tensor.Log1p[T])
}

// Tanh computes the hyperbolic tangent, to 0.98 ULP in float32, 1.60 in float64.
//
//forms:inplace new
func Tanh[T Float](dst, x []T) {
	map1("Tanh", dst, x, func(k *asm.Kernels[T]) func(dst, x []T) { return k.Tanh }, tensor.Tanh[T])
}

// Sigmoid computes 1/(1 + e^-x), to 2.49 ULP in float32, 0.95 in float64.
//
//forms:inplace new
func Sigmoid[T Float](dst, x []T) {
	map1("Sigmoid", dst, x, func(k *asm.Kernels[T]) func(dst, x []T) { return k.Sigmoid }, tensor.Sigmoid[T])
}

// Erf computes the error function, to 1.10 ULP in float32, 1.12 in float64.
//
//forms:inplace new
func Erf[T Float](dst, x []T) {
	map1("Erf", dst, x, func(k *asm.Kernels[T]) func(dst, x []T) { return k.Erf }, tensor.Erf[T])
}

// Rsqrt computes 1/√x, the quotient of the rounded root, to 1.50 ULP in float32, 1.50 in
// float64: ±Inf at ±0, NaN below.
//
//forms:inplace new
func Rsqrt[T Float](dst, x []T) {
	map1("Rsqrt", dst, x, func(k *asm.Kernels[T]) func(dst, x []T) { return k.Rsqrt }, tensor.Rsqrt[T])
}

// Sin computes the sine of x radians, to 0.51 ULP in float32, 0.75 in float64 for every
// x, in plain Go.
//
//forms:inplace new
func Sin[T Float](dst, x []T) {
	map1("Sin", dst, x, func(k *asm.Kernels[T]) func(dst, x []T) { return k.Sin }, tensor.Sin[T])
}

// Cos computes the cosine of x radians, to 0.51 ULP in float32, 0.75 in float64 for every
// x, in plain Go.
//
//forms:inplace new
func Cos[T Float](dst, x []T) {
	map1("Cos", dst, x, func(k *asm.Kernels[T]) func(dst, x []T) { return k.Cos }, tensor.Cos[T])
}

// Pow computes x^y in plain Go, to 0.51 ULP in float32, 1.15 in float64 (sampled).
// Special cases are those of C and PyTorch.
//
//forms:inplace new
func Pow[T Float](dst, x, y []T) {
	map2("Pow", dst, x, y, func(k *asm.Kernels[T]) func(dst, x, y []T) { return k.Pow }, tensor.Pow[T])
}
