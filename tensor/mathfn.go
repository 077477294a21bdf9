package tensor

import "github.com/lanes-go/lanes/asm"

// Elementary functions, element by element, under the rules of the other element-wise
// operations: views of any strides, dst may be an input but not share part of its memory
// with one, a *ShapeError where operands do not fit, several threads on long tensors,
// nothing allocated. They are our own sequences of IEEE operations, the same bits on
// every CPU; their greatest errors, in units of the last place of a float32, hold for
// every input. Those of float64, at most 2, and special cases stand with the functions
// of the same names in package asm.

// Exp computes e^x, to 0.90 ULP.
func Exp[T Float](dst, x *Tensor[T]) {
	map1("Exp", medium, dst, x, func(k *asm.Kernels[T]) func(dst, x []T) { return k.Exp })
}

// Expm1 computes e^x - 1, to 1.46 ULP next to 0 too.
func Expm1[T Float](dst, x *Tensor[T]) {
	map1("Expm1", medium, dst, x, func(k *asm.Kernels[T]) func(dst, x []T) { return k.Expm1 })
}

// Log computes the natural logarithm, to 0.92 ULP: -Inf at 0, NaN below.
func Log[T Float](dst, x *Tensor[T]) {
	map1("Log", medium, dst, x, func(k *asm.Kernels[T]) func(dst, x []T) { return k.Log })
}

// Log1p computes log(1+x), to 0.92 ULP next to 0 too: -Inf at -1, NaN below.
func Log1p[T Float](dst, x *Tensor[T]) {
	map1("Log1p", medium, dst, x, func(k *asm.Kernels[T]) func(dst, x []T) { return k.Log1p })
}

// Tanh computes the hyperbolic tangent, to 0.98 ULP.
func Tanh[T Float](dst, x *Tensor[T]) {
	map1("Tanh", medium, dst, x, func(k *asm.Kernels[T]) func(dst, x []T) { return k.Tanh })
}

// Sigmoid computes 1/(1 + e^-x), to 2.49 ULP.
func Sigmoid[T Float](dst, x *Tensor[T]) {
	map1("Sigmoid", medium, dst, x, func(k *asm.Kernels[T]) func(dst, x []T) { return k.Sigmoid })
}

// Erf computes the error function, to 1.10 ULP.
func Erf[T Float](dst, x *Tensor[T]) {
	map1("Erf", heavy, dst, x, func(k *asm.Kernels[T]) func(dst, x []T) { return k.Erf })
}

// Rsqrt computes 1/√x, the quotient of the rounded root, to 1.50 ULP: ±Inf at ±0, NaN
// below.
func Rsqrt[T Float](dst, x *Tensor[T]) {
	map1("Rsqrt", medium, dst, x, func(k *asm.Kernels[T]) func(dst, x []T) { return k.Rsqrt })
}

// Sin computes the sine of x radians, to 0.51 ULP for every x, in plain Go.
func Sin[T Float](dst, x *Tensor[T]) {
	map1("Sin", heavy, dst, x, func(k *asm.Kernels[T]) func(dst, x []T) { return k.Sin })
}

// Cos computes the cosine of x radians, to 0.51 ULP for every x, in plain Go.
func Cos[T Float](dst, x *Tensor[T]) {
	map1("Cos", heavy, dst, x, func(k *asm.Kernels[T]) func(dst, x []T) { return k.Cos })
}

// Pow computes x^y in plain Go and broadcasts, to 0.51 ULP (sampled). Special cases are
// those of C and PyTorch.
func Pow[T Float](dst, x, y *Tensor[T]) {
	spread2("Pow", heavy, dst, x, y, func(k *asm.Kernels[T]) func(dst, x, y []T) { return k.Pow })
}
