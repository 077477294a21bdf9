package tensor

import "github.com/lanes-go/lanes/asm"

// Exp computes dst = e^x: 0 and +Inf beyond the range, subnormal results included. Error:
// at most 0.90 ULP in float32 (every input), 0.90 in float64 (sampled). dst has the shape
// of x and may be x.
func Exp[T Float](dst, x *Tensor[T]) {
	map1("Exp", medium, dst, x, func(k *asm.Kernels[T]) func(dst, x []T) { return k.Exp })
}

// Expm1 computes dst = e^x - 1, which keeps its digits next to 0. Error: at most 1.46 ULP
// in float32 (every input), 1.95 in float64 (sampled). dst has the shape of x and may be
// x.
func Expm1[T Float](dst, x *Tensor[T]) {
	map1("Expm1", medium, dst, x, func(k *asm.Kernels[T]) func(dst, x []T) { return k.Expm1 })
}

// Log computes the natural logarithm: -Inf at ±0, NaN below. Error: at most 0.92 ULP in
// float32 (every input), 0.92 in float64 (sampled). dst has the shape of x and may be x.
func Log[T Float](dst, x *Tensor[T]) {
	map1("Log", medium, dst, x, func(k *asm.Kernels[T]) func(dst, x []T) { return k.Log })
}

// Log1p computes dst = log(1+x), which keeps its digits next to 0: -Inf at -1, NaN below.
// Error: at most 0.92 ULP in float32 (every input), 0.93 in float64 (sampled). dst has
// the shape of x and may be x.
func Log1p[T Float](dst, x *Tensor[T]) {
	map1("Log1p", medium, dst, x, func(k *asm.Kernels[T]) func(dst, x []T) { return k.Log1p })
}

// Tanh computes the hyperbolic tangent. Error: at most 0.98 ULP in float32 (every input),
// 1.60 in float64 (sampled). dst has the shape of x and may be x.
func Tanh[T Float](dst, x *Tensor[T]) {
	map1("Tanh", medium, dst, x, func(k *asm.Kernels[T]) func(dst, x []T) { return k.Tanh })
}

// Sigmoid computes dst = 1/(1 + e^-x), subnormal results included. Error: at most 2.49
// ULP in float32 (every input), 0.95 in float64 (sampled). dst has the shape of x and may
// be x.
func Sigmoid[T Float](dst, x *Tensor[T]) {
	map1("Sigmoid", medium, dst, x, func(k *asm.Kernels[T]) func(dst, x []T) { return k.Sigmoid })
}

// Erf computes the error function. Error: at most 1.10 ULP in float32 (every input), 1.12
// in float64 (sampled). dst has the shape of x and may be x.
func Erf[T Float](dst, x *Tensor[T]) {
	map1("Erf", heavy, dst, x, func(k *asm.Kernels[T]) func(dst, x []T) { return k.Erf })
}

// Rsqrt computes dst = 1/√x, the quotient of the rounded root: ±Inf at ±0, NaN below.
// Error: at most 1.50 ULP in float32 (every input), 1.50 in float64 (sampled). dst has
// the shape of x and may be x.
func Rsqrt[T Float](dst, x *Tensor[T]) {
	map1("Rsqrt", medium, dst, x, func(k *asm.Kernels[T]) func(dst, x []T) { return k.Rsqrt })
}

// Sin computes the sine of x radians, for every finite x, in plain Go; NaN of an
// infinity. Error: at most 0.51 ULP in float32 (every input), 0.75 in float64 (sampled).
// dst has the shape of x and may be x.
func Sin[T Float](dst, x *Tensor[T]) {
	map1("Sin", heavy, dst, x, func(k *asm.Kernels[T]) func(dst, x []T) { return k.Sin })
}

// Cos computes the cosine of x radians, for every finite x, in plain Go; NaN of an
// infinity. Error: at most 0.51 ULP in float32 (every input), 0.75 in float64 (sampled).
// dst has the shape of x and may be x.
func Cos[T Float](dst, x *Tensor[T]) {
	map1("Cos", heavy, dst, x, func(k *asm.Kernels[T]) func(dst, x []T) { return k.Cos })
}

// Pow computes dst = x^y in plain Go. Special cases are those of C and PyTorch. Error: at
// most 0.51 ULP in float32 (sampled), 1.15 in float64 (sampled). x and y broadcast to the
// shape of dst, which may be either.
func Pow[T Float](dst, x, y *Tensor[T]) {
	spread2("Pow", heavy, dst, x, y, func(k *asm.Kernels[T]) func(dst, x, y []T) { return k.Pow })
}
