package tensor

import (
	"fmt"

	"github.com/lanes-go/lanes/asm"
)

// ReLU computes dst = x < 0 ? 0 : x, so that NaN and -0 pass. dst may be x.
func ReLU[T Float](dst, x *Tensor[T]) {
	map1("ReLU", light, dst, x, func(k *asm.Kernels[T]) func(dst, x []T) { return k.ReLU })
}

// ReLUGrad computes dx = y > 0 ? dy : 0, where y is the input of ReLU or its result: 0 at
// 0 and at NaN. dx may be dy or y.
func ReLUGrad[T Float](dx, dy, y *Tensor[T]) {
	map2("ReLUGrad", light, dx, dy, y, func(k *asm.Kernels[T]) func(dst, x, y []T) { return k.ReLUGrad })
}

// LeakyReLU computes dst = x < 0 ? a*x : x (Maas, Hannun and Ng 2013); a is 0.01 in
// PyTorch. dst may be x.
func LeakyReLU[T Float](dst, x *Tensor[T], a T) {
	map1a("LeakyReLU", light, dst, x, a, func(k *asm.Kernels[T]) func(dst, x []T, a T) { return k.LeakyReLU })
}

// LeakyReLUGrad computes dx = y > 0 ? dy : a*dy, at NaN too, where y is the input of
// LeakyReLU or, if a > 0, its result. dx may be dy or y.
func LeakyReLUGrad[T Float](dx, dy, y *Tensor[T], a T) {
	map2a("LeakyReLUGrad", light, dx, dy, y, a, func(k *asm.Kernels[T]) func(dst, x, y []T, a T) { return k.LeakyReLUGrad })
}

// ReLU6 computes dst = min(max(x, 0), 6). dst may be x.
func ReLU6[T Float](dst, x *Tensor[T]) { clamp("ReLU6", dst, x, 0, 6) }

// ReLU6Grad computes dx = 0 < y < 6 ? dy : 0, where y is the input of ReLU6 or its
// result: 0 at NaN. dx may be dy or y.
func ReLU6Grad[T Float](dx, dy, y *Tensor[T]) { clampGrad("ReLU6Grad", dx, dy, y, 1, 0, 6) }

// HardTanh computes dst = min(max(x, lo), hi); lo and hi are -1 and 1 in PyTorch. dst may
// be x.
func HardTanh[T Float](dst, x *Tensor[T], lo, hi T) { clamp("HardTanh", dst, x, lo, hi) }

// HardTanhGrad computes dx = lo < y < hi ? dy : 0, where y is the input of HardTanh or
// its result: 0 at NaN. dx may be dy or y.
func HardTanhGrad[T Float](dx, dy, y *Tensor[T], lo, hi T) {
	clampGrad("HardTanhGrad", dx, dy, y, 1, lo, hi)
}

// HardSigmoid computes dst = min(max(x+3, 0), 6)*(1/6), as PyTorch does but for the last
// bits of its division by 6. Error: at most 1.34 ULP in float32 (every input) and float64
// (sampled). dst may be x.
func HardSigmoid[T Float](dst, x *Tensor[T]) {
	map1("HardSigmoid", light, dst, x, func(k *asm.Kernels[T]) func(dst, x []T) { return k.HardSigmoid })
}

// HardSigmoidGrad computes dx = 0 < y < 1 ? dy*(1/6) : 0 from the result y of
// HardSigmoid: 0 at NaN. Where x is so near to ±3 that y is rounded to 0 or 1 (in float32
// at 2.9999998), it is 0. dx may be dy or y.
func HardSigmoidGrad[T Float](dx, dy, y *Tensor[T]) {
	clampGrad("HardSigmoidGrad", dx, dy, y, 1.0/6, 0, 1)
}

func clamp[T Float](op string, dst, x *Tensor[T], lo, hi T) {
	map1ab(op, light, dst, x, lo, hi, func(k *asm.Kernels[T]) func(dst, x []T, lo, hi T) { return k.Clamp })
}

func clampGrad[T Float](op string, dx, dy, y *Tensor[T], a, lo, hi T) {
	map2abc(op, light, dx, dy, y, a, lo, hi, func(k *asm.Kernels[T]) func(dst, x, y []T, a, b, c T) { return k.ClampGrad })
}

// BinaryStep computes dst = x >= 0 ? 1 : 0, NaN at NaN. Its gradient is 0, for which
// there is no function. dst may be x.
func BinaryStep[T Float](dst, x *Tensor[T]) {
	map1("BinaryStep", light, dst, x, func(k *asm.Kernels[T]) func(dst, x []T) { return k.Step })
}

// SigmoidGrad computes dx = dy*(y*(1-y)) from the result y of Sigmoid. Error: at most
// 1.5·2^-24, that of y included. dx may be dy or y.
func SigmoidGrad[T Float](dx, dy, y *Tensor[T]) {
	map2("SigmoidGrad", light, dx, dy, y, func(k *asm.Kernels[T]) func(dst, x, y []T) { return k.SigmoidGrad })
}

// TanhGrad computes dx = dy*((1-y)*(1+y)) from the result y of Tanh. Error: at most
// 2·2^-24, that of y included. dx may be dy or y.
func TanhGrad[T Float](dx, dy, y *Tensor[T]) {
	map2("TanhGrad", light, dx, dy, y, func(k *asm.Kernels[T]) func(dst, x, y []T) { return k.TanhGrad })
}

// Softsign computes dst = x/(1+|x|), ±1 at ±Inf. Error: at most 1.5 ULP. dst may be x.
func Softsign[T Float](dst, x *Tensor[T]) {
	map1("Softsign", light, dst, x, func(k *asm.Kernels[T]) func(dst, x []T) { return k.Softsign })
}

// SoftsignGrad computes dx = dy*(1-|y|)² from the result y of Softsign. Error: at most
// 2·2^-24, that of y included. dx may be dy or y.
func SoftsignGrad[T Float](dx, dy, y *Tensor[T]) {
	map2("SoftsignGrad", light, dx, dy, y, func(k *asm.Kernels[T]) func(dst, x, y []T) { return k.SoftsignGrad })
}

// ELU computes dst = x < 0 ? alpha*(e^x - 1) : x (Clevert, Unterthiner and Hochreiter
// 2015); alpha is 1 in PyTorch. Error: with an alpha that is a power of 2 at most 0.95
// ULP in float32 (every input), 1.2 in float64 (sampled); with others less than 2.4 and
// 2.9, of which 1.9 and 2.1 have been seen. dst may be x.
func ELU[T Float](dst, x *Tensor[T], alpha T) { elu("ELU", dst, x, 1, alpha, 1) }

// ELUGrad computes dx = y > 0 ? dy : dy*(y+alpha) from the result y of ELU, with alpha >=
// 0: below it the sign of y does not tell that of x, and ELUGrad panics. Error with alpha
// 1: at most 0.9·2^-24, that of y included. dx may be dy or y.
func ELUGrad[T Float](dx, dy, y *Tensor[T], alpha T) {
	if !(alpha >= 0) {
		panic(operandError("ELUGrad", fmt.Sprintf("alpha is %v, want at least 0", alpha), dx, dy, y))
	}
	eluGrad("ELUGrad", dx, dy, y, 1, alpha, 1)
}

// The constants of SELU (Klambauer and others 2017), which keep mean 0 and variance 1.
const (
	seluLambda = 1.0507009873554804934193349852946
	seluAlpha  = 1.6732632423543772848170429916717
)

// SELU computes dst = x < 0 ? λα*(e^x - 1) : λ*x with λ = 1.0507… and α = 1.6732…, which
// keep mean 0 and variance 1 (Klambauer, Unterthiner, Mayr and Hochreiter 2017). Error:
// at most 1.84 ULP in float32 (every input), 1.9 in float64 (sampled). dst may be x.
func SELU[T Float](dst, x *Tensor[T]) {
	elu("SELU", dst, x, 1, seluLambda*seluAlpha, seluLambda)
}

// SELUGrad computes dx = y > 0 ? λ*dy : dy*(y+λα) from the result y of SELU. Error: at
// most 2.5·2^-24, that of y included. dx may be dy or y.
func SELUGrad[T Float](dx, dy, y *Tensor[T]) {
	eluGrad("SELUGrad", dx, dy, y, 1, seluLambda*seluAlpha, seluLambda)
}

// CELU computes dst = x < 0 ? alpha*(e^(x/alpha) - 1) : x (Barron 2017), x/alpha being x
// times 1/alpha; alpha is 1 in PyTorch. It panics unless alpha > 0. Error: with an alpha
// that is a power of 2 that of ELU; with others less than 4.4 ULP in float32 and 4.9 in
// float64, of which 2.7 and 3.1 have been seen. dst may be x.
func CELU[T Float](dst, x *Tensor[T], alpha T) {
	checkCELU("CELU", alpha, dst, x)
	elu("CELU", dst, x, 1/alpha, alpha, 1)
}

// CELUGrad computes dx = y > 0 ? dy : dy*(y/alpha + 1) from the result y of CELU, y/alpha
// being y times 1/alpha. It panics unless alpha > 0. dx may be dy or y.
func CELUGrad[T Float](dx, dy, y *Tensor[T], alpha T) {
	checkCELU("CELUGrad", alpha, dx, dy, y)
	eluGrad("CELUGrad", dx, dy, y, 1/alpha, 1, 1)
}

func checkCELU[T Float](op string, alpha T, operands ...*Tensor[T]) {
	if !(alpha > 0) {
		panic(operandError(op, fmt.Sprintf("alpha is %v, want more than 0", alpha), operands...))
	}
}

func elu[T Float](op string, dst, x *Tensor[T], in, neg, pos T) {
	map1abc(op, medium, dst, x, in, neg, pos, func(k *asm.Kernels[T]) func(dst, x []T, a, b, c T) { return k.ELU })
}

func eluGrad[T Float](op string, dx, dy, y *Tensor[T], c, d, pos T) {
	map2abc(op, light, dx, dy, y, c, d, pos, func(k *asm.Kernels[T]) func(dst, x, y []T, a, b, c T) { return k.ELUGrad })
}

// Softplus computes dst = log(1 + e^x): PyTorch's with beta 1. Its threshold of 20, from
// which on it gives x itself, changes no bit in float32; in float64 it would. Error: at
// most 1.66 ULP in float32 (every input), 1.7 in float64 (sampled). dst may be x.
func Softplus[T Float](dst, x *Tensor[T]) {
	map1("Softplus", heavy, dst, x, func(k *asm.Kernels[T]) func(dst, x []T) { return k.Softplus })
}

// SoftplusGrad computes dx = dy*(1 - e^-y) from the result y of Softplus. Error: at most
// 1.3·2^-24, that of y included. dx may be dy or y.
func SoftplusGrad[T Float](dx, dy, y *Tensor[T]) {
	map2("SoftplusGrad", medium, dx, dy, y, func(k *asm.Kernels[T]) func(dst, x, y []T) { return k.SoftplusGrad })
}

// SiLU computes dst = x/(1 + e^-x), also called swish (Elfwing, Uchibe and Doya 2017); -0
// at -Inf. Error: at most 2.4 ULP in float32 (every input), 1.85 in float64 (sampled).
// dst may be x.
func SiLU[T Float](dst, x *Tensor[T]) {
	map1("SiLU", medium, dst, x, func(k *asm.Kernels[T]) func(dst, x []T) { return k.SiLU })
}

// SiLUGrad computes dx = dy*s*(1 + x*(1-s)) with s = 1/(1 + e^-x) from the input x of
// SiLU. Error: at most 3.9·2^-24. dx may be dy or x.
func SiLUGrad[T Float](dx, dy, x *Tensor[T]) {
	map2("SiLUGrad", medium, dx, dy, x, func(k *asm.Kernels[T]) func(dst, x, y []T) { return k.SiLUGrad })
}

// Mish computes dst = x*tanh(log(1 + e^x)) (Misra 2019); -0 at -Inf. Error: at most 3.95
// ULP in float32 (every input), 1.85 in float64 (sampled). dst may be x.
func Mish[T Float](dst, x *Tensor[T]) {
	map1("Mish", medium, dst, x, func(k *asm.Kernels[T]) func(dst, x []T) { return k.Mish })
}

// MishGrad computes dx = dy times the derivative of Mish at its input x. Error: at most
// 4.1·2^-24. dx may be dy or x.
func MishGrad[T Float](dx, dy, x *Tensor[T]) {
	map2("MishGrad", medium, dx, dy, x, func(k *asm.Kernels[T]) func(dst, x, y []T) { return k.MishGrad })
}

// GELU computes dst = x*Φ(x) with the distribution Φ of the normal (Hendrycks and Gimpel
// 2016): PyTorch's GELU with approximate='none'; -0 at -Inf. Error: at most 3.95 ULP in
// float32 (every input), 1.5 in float64 (sampled). dst may be x.
func GELU[T Float](dst, x *Tensor[T]) {
	map1("GELU", heavy, dst, x, func(k *asm.Kernels[T]) func(dst, x []T) { return k.GELU })
}

// GELUGrad computes dx = dy*(Φ(x) + x*φ(x)), φ being the density, from the input x of
// GELU. Error: at most 2.7·2^-24. dx may be dy or x.
func GELUGrad[T Float](dx, dy, x *Tensor[T]) {
	map2("GELUGrad", heavy, dx, dy, x, func(k *asm.Kernels[T]) func(dst, x, y []T) { return k.GELUGrad })
}

// GELUTanh computes dst = x/2*(1 + tanh(√(2/π)*(x + 0.044715*x³))), the approximation of
// GELU (Hendrycks and Gimpel 2016, section 2): PyTorch's with approximate='tanh'; -0 at
// -Inf. Error, from this formula: at most 2.46 ULP in float32 (every input), 1.92 in
// float64 (sampled). dst may be x.
func GELUTanh[T Float](dst, x *Tensor[T]) {
	map1("GELUTanh", medium, dst, x, func(k *asm.Kernels[T]) func(dst, x []T) { return k.GELUTanh })
}

// GELUTanhGrad computes dx = dy times the derivative of GELUTanh at its input x. Error:
// at most 4.2·2^-24. dx may be dy or x.
func GELUTanhGrad[T Float](dx, dy, x *Tensor[T]) {
	map2("GELUTanhGrad", medium, dx, dy, x, func(k *asm.Kernels[T]) func(dst, x, y []T) { return k.GELUTanhGrad })
}
