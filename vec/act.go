package vec

import (
	"github.com/lanes-go/lanes/asm"
	"github.com/lanes-go/lanes/tensor"
)

// unary is dst = f(x) by an operation of tensor.
func unary[T Float](op string, dst, x []T, f func(dst, x *tensor.Tensor[T])) {
	if len(dst) != len(x) {
		fail(op, lengthsDiffer, len(dst), len(x))
	}
	if partlyMeet(dst, x) {
		fail(op, partly, len(dst), len(x))
	}
	o := begin(op, dst, x)
	defer o.put()
	f(&o.t[0], &o.t[1])
}

// binary is dst = f(x, y) by an operation of tensor.
func binary[T Float](op string, dst, x, y []T, f func(dst, x, y *tensor.Tensor[T])) {
	if len(dst) != len(x) || len(dst) != len(y) {
		fail(op, lengthsDiffer, len(dst), len(x), len(y))
	}
	if partlyMeet(dst, x) || partlyMeet(dst, y) {
		fail(op, partly, len(dst), len(x), len(y))
	}
	o := begin(op, dst, x, y)
	defer o.put()
	f(&o.t[0], &o.t[1], &o.t[2])
}

// ReLU computes dst[i] = x < 0 ? 0 : x, so that NaN and -0 pass.
//
//forms:inplace new
func ReLU[T Float](dst, x []T) {
	map1("ReLU", dst, x, func(k *asm.Kernels[T]) func(dst, x []T) { return k.ReLU }, tensor.ReLU[T])
}

// ReLUGrad computes dx = y > 0 ? dy : 0, where y is the input of ReLU or its result: 0
// at 0 and at NaN.
func ReLUGrad[T Float](dx, dy, y []T) {
	map2("ReLUGrad", dx, dy, y, func(k *asm.Kernels[T]) func(dst, x, y []T) { return k.ReLUGrad }, tensor.ReLUGrad[T])
}

// LeakyReLU computes dst[i] = x < 0 ? a*x : x; a is 0.01 in PyTorch.
//
//forms:inplace new
func LeakyReLU[T Float](dst, x []T, a T) {
	map1a("LeakyReLU", dst, x, a, func(k *asm.Kernels[T]) func(dst, x []T, a T) { return k.LeakyReLU }, tensor.LeakyReLU[T])
}

// LeakyReLUGrad computes dx = y > 0 ? dy : a*dy, where y is the input of LeakyReLU or, if
// a > 0, its result.
func LeakyReLUGrad[T Float](dx, dy, y []T, a T) {
	map2a("LeakyReLUGrad", dx, dy, y, a, func(k *asm.Kernels[T]) func(dst, x, y []T, a T) { return k.LeakyReLUGrad }, tensor.LeakyReLUGrad[T])
}

// ReLU6 computes dst[i] = min(max(x, 0), 6).
//
//forms:inplace new
func ReLU6[T Float](dst, x []T) {
	unary("ReLU6", dst, x, tensor.ReLU6[T])
}

// HardSigmoid computes dst[i] = min(max(x+3, 0), 6)*(1/6), as PyTorch does but for the
// last bits of its division. Error: at most 1.34 ULP.
//
//forms:inplace new
func HardSigmoid[T Float](dst, x []T) {
	map1("HardSigmoid", dst, x, func(k *asm.Kernels[T]) func(dst, x []T) { return k.HardSigmoid }, tensor.HardSigmoid[T])
}

// HardSigmoidGrad computes dx = 0 < y < 1 ? dy*(1/6) : 0 from the result y of
// HardSigmoid. Where x is so near to ±3 that y is rounded to 0 or 1, it is 0.
func HardSigmoidGrad[T Float](dx, dy, y []T) {
	binary("HardSigmoidGrad", dx, dy, y, tensor.HardSigmoidGrad[T])
}

// BinaryStep computes dst[i] = x >= 0 ? 1 : 0, NaN at NaN. It has no gradient.
//
//forms:inplace new
func BinaryStep[T Float](dst, x []T) {
	map1("BinaryStep", dst, x, func(k *asm.Kernels[T]) func(dst, x []T) { return k.Step }, tensor.BinaryStep[T])
}

// SigmoidGrad computes dx = dy*y*(1-y) from the result y of Sigmoid.
func SigmoidGrad[T Float](dx, dy, y []T) {
	map2("SigmoidGrad", dx, dy, y, func(k *asm.Kernels[T]) func(dst, x, y []T) { return k.SigmoidGrad }, tensor.SigmoidGrad[T])
}

// TanhGrad computes dx = dy*(1-y)*(1+y) from the result y of Tanh.
func TanhGrad[T Float](dx, dy, y []T) {
	map2("TanhGrad", dx, dy, y, func(k *asm.Kernels[T]) func(dst, x, y []T) { return k.TanhGrad }, tensor.TanhGrad[T])
}

// Softsign computes dst[i] = x/(1+|x|). Error: at most 1.5 ULP.
//
//forms:inplace new
func Softsign[T Float](dst, x []T) {
	map1("Softsign", dst, x, func(k *asm.Kernels[T]) func(dst, x []T) { return k.Softsign }, tensor.Softsign[T])
}

// SoftsignGrad computes dx = dy*(1-|y|)² from the result y of Softsign.
func SoftsignGrad[T Float](dx, dy, y []T) {
	map2("SoftsignGrad", dx, dy, y, func(k *asm.Kernels[T]) func(dst, x, y []T) { return k.SoftsignGrad }, tensor.SoftsignGrad[T])
}

// ELU computes dst[i] = x < 0 ? alpha*(e^x - 1) : x (Clevert and others 2015). Error:
// with an alpha that is a power of 2 at most 0.95 ULP in float32, 1.2 in float64; with
// others less than 2.4 and 2.9.
//
//forms:inplace new
func ELU[T Float](dst, x []T, alpha T) {
	unary("ELU", dst, x, func(dst, x *tensor.Tensor[T]) { tensor.ELU(dst, x, alpha) })
}

// SELU computes dst[i] = λ*(x < 0 ? α*(e^x - 1) : x) with λ = 1.0507… and α = 1.6732…
// (Klambauer and others 2017). Error: at most 1.84 ULP in float32, 1.9 in float64.
//
//forms:inplace new
func SELU[T Float](dst, x []T) {
	unary("SELU", dst, x, tensor.SELU[T])
}

// SELUGrad computes the gradient from the result y of SELU.
func SELUGrad[T Float](dx, dy, y []T) {
	binary("SELUGrad", dx, dy, y, tensor.SELUGrad[T])
}

// CELU computes dst[i] = x < 0 ? alpha*(e^(x/alpha) - 1) : x (Barron 2017), x/alpha being
// x times 1/alpha. It panics unless alpha > 0. Error: with an alpha that is a power of 2
// that of ELU; with others less than 4.4 ULP in float32, 4.9 in float64.
//
//forms:inplace new
func CELU[T Float](dst, x []T, alpha T) {
	unary("CELU", dst, x, func(dst, x *tensor.Tensor[T]) { tensor.CELU(dst, x, alpha) })
}

// CELUGrad computes dx = y > 0 ? dy : dy*(y/alpha + 1) from the result y of CELU.
func CELUGrad[T Float](dx, dy, y []T, alpha T) {
	binary("CELUGrad", dx, dy, y, func(dx, dy, y *tensor.Tensor[T]) { tensor.CELUGrad(dx, dy, y, alpha) })
}

// Softplus computes dst[i] = log(1 + e^x): PyTorch's with beta 1. Its threshold of 20,
// from which on it gives x itself, changes no bit in float32; in float64 it would. Error:
// at most 1.66 ULP in float32, 1.7 in float64.
//
//forms:inplace new
func Softplus[T Float](dst, x []T) {
	map1("Softplus", dst, x, func(k *asm.Kernels[T]) func(dst, x []T) { return k.Softplus }, tensor.Softplus[T])
}

// SoftplusGrad computes dx = dy*(1 - e^-y) from the result y of Softplus.
func SoftplusGrad[T Float](dx, dy, y []T) {
	map2("SoftplusGrad", dx, dy, y, func(k *asm.Kernels[T]) func(dst, x, y []T) { return k.SoftplusGrad }, tensor.SoftplusGrad[T])
}

// SiLU computes dst[i] = x/(1 + e^-x), also called swish. Error: at most 2.4 ULP in
// float32, 1.85 in float64.
//
//forms:inplace new
func SiLU[T Float](dst, x []T) {
	map1("SiLU", dst, x, func(k *asm.Kernels[T]) func(dst, x []T) { return k.SiLU }, tensor.SiLU[T])
}

// SiLUGrad computes the gradient from the input x of SiLU.
func SiLUGrad[T Float](dx, dy, x []T) {
	map2("SiLUGrad", dx, dy, x, func(k *asm.Kernels[T]) func(dst, x, y []T) { return k.SiLUGrad }, tensor.SiLUGrad[T])
}

// Mish computes dst[i] = x*tanh(log(1 + e^x)) (Misra 2019). Error: at most 3.95 ULP in
// float32, 1.85 in float64.
//
//forms:inplace new
func Mish[T Float](dst, x []T) {
	map1("Mish", dst, x, func(k *asm.Kernels[T]) func(dst, x []T) { return k.Mish }, tensor.Mish[T])
}

// MishGrad computes the gradient from the input x of Mish.
func MishGrad[T Float](dx, dy, x []T) {
	map2("MishGrad", dx, dy, x, func(k *asm.Kernels[T]) func(dst, x, y []T) { return k.MishGrad }, tensor.MishGrad[T])
}

// GELU computes dst[i] = x*Φ(x) with the distribution Φ of the normal (Hendrycks and
// Gimpel 2016): PyTorch's GELU with approximate='none'. Error: at most 3.95 ULP in
// float32, 1.5 in float64.
//
//forms:inplace new
func GELU[T Float](dst, x []T) {
	map1("GELU", dst, x, func(k *asm.Kernels[T]) func(dst, x []T) { return k.GELU }, tensor.GELU[T])
}

// GELUGrad computes the gradient from the input x of GELU.
func GELUGrad[T Float](dx, dy, x []T) {
	map2("GELUGrad", dx, dy, x, func(k *asm.Kernels[T]) func(dst, x, y []T) { return k.GELUGrad }, tensor.GELUGrad[T])
}

// GELUTanh computes dst[i] = x/2*(1 + tanh(√(2/π)*(x + 0.044715*x³))), the approximation
// of GELU: PyTorch's with approximate='tanh'. Error: at most 2.46 ULP in float32, 1.92 in
// float64.
//
//forms:inplace new
func GELUTanh[T Float](dst, x []T) {
	map1("GELUTanh", dst, x, func(k *asm.Kernels[T]) func(dst, x []T) { return k.GELUTanh }, tensor.GELUTanh[T])
}

// GELUTanhGrad computes the gradient from the input x of GELUTanh.
func GELUTanhGrad[T Float](dx, dy, x []T) {
	map2("GELUTanhGrad", dx, dy, x, func(k *asm.Kernels[T]) func(dst, x, y []T) { return k.GELUTanhGrad }, tensor.GELUTanhGrad[T])
}

// ReLU6Grad computes dx = 0 < y < 6 ? dy : 0, where y is the input of ReLU6 or its
// result.
func ReLU6Grad[T Float](dx, dy, y []T) {
	binary("ReLU6Grad", dx, dy, y, tensor.ReLU6Grad[T])
}

// HardTanh computes dst[i] = min(max(x, lo), hi); lo and hi are -1 and 1 in PyTorch.
//
//forms:inplace new
func HardTanh[T Float](dst, x []T, lo, hi T) {
	unary("HardTanh", dst, x, func(dst, x *tensor.Tensor[T]) { tensor.HardTanh(dst, x, lo, hi) })
}

// HardTanhGrad computes dx = lo < y < hi ? dy : 0, where y is the input of HardTanh or its
// result.
func HardTanhGrad[T Float](dx, dy, y []T, lo, hi T) {
	binary("HardTanhGrad", dx, dy, y, func(dx, dy, y *tensor.Tensor[T]) { tensor.HardTanhGrad(dx, dy, y, lo, hi) })
}

// ELUGrad computes dx = y > 0 ? dy : dy*(y+alpha) from the result y of ELU; it panics
// unless alpha >= 0.
func ELUGrad[T Float](dx, dy, y []T, alpha T) {
	binary("ELUGrad", dx, dy, y, func(dx, dy, y *tensor.Tensor[T]) { tensor.ELUGrad(dx, dy, y, alpha) })
}
