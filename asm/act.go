package asm

// ActKernels are activations and their gradients. Inputs are at least as long as
// dst; each may be dst itself. A gradient takes dy, that of the result, and what a
// network has at hand to say where the activation was: y, its result, where that
// tells enough, else x, its input.
//
// The greatest errors of values are in ULP of the true one, of float32 over every input
// ("make ulp"), of float64 over samples. Those of gradients are for dy = 1, as functions
// of the input, of float32 in units of 2^-24 over every input between 2^-12 and 256 of both
// signs, of float64 in units of 2^-53 over samples: near its zeros a gradient has few digits
// that are right. What is not about an
// error is a few operations, each rounded once. NaN gives NaN but where a field says
// otherwise, and infinities give the limits.
//
// PyTorch does the same, but for a gradient of 1 from ReLU at NaN, +0 from ELU at -0, and
// NaN where a formula meets ∞-∞, 0·∞ or ∞/∞ on the way to a limit: at -Inf from SiLU, Mish
// and GELU, at both infinities from their gradients, from Softsign and from its.
type ActKernels[T Float] struct {
	// ReLU is dst[i] = x[i] < 0 ? 0 : x[i]: NaN and -0 pass.
	ReLU func(dst, x []T)

	// ReLUGrad is dx[i] = y[i] > 0 ? dy[i] : 0. y is the input or the output of
	// ReLU: both give the same bits. It is 0 where y is NaN.
	ReLUGrad func(dx, dy, y []T)

	// LeakyReLU is dst[i] = x[i] < 0 ? a*x[i] : x[i].
	LeakyReLU func(dst, x []T, a T)

	// LeakyReLUGrad is dx[i] = y[i] > 0 ? dy[i] : a*dy[i], at NaN too. y is the input, or
	// the output if a > 0.
	LeakyReLUGrad func(dx, dy, y []T, a T)

	// PReLU is dst[i] = x[i] < 0 ? slope[i]*x[i] : x[i].
	PReLU func(dst, x, slope []T)

	// PReLUGrad is dx[i] = x[i] > 0 ? dy[i] : slope[i]*dy[i], at NaN too, of the input.
	PReLUGrad func(dx, dy, x, slope []T)

	// PReLUSlope is dst[i] = x[i] < 0 ? dy[i]*x[i] : 0, the terms of the gradient of
	// slopes.
	PReLUSlope func(dst, dy, x []T)

	// ELU is dst[i] = x[i] < 0 ? neg*(e^(in*x[i]) - 1) : pos*x[i]: ELU with (1, alpha, 1)
	// (Clevert and others 2015), CELU with (1/alpha, alpha, 1) (Barron 2017), SELU with
	// (1, λα, λ) (Klambauer and others 2017).
	//
	// Error: with factors that are powers of 2 that of e^z - 1, float32 0.95 ULP, float64
	// 1.2 ULP; SELU float32 1.84 ULP, float64 1.9 ULP. With any neg, an error of e^z - 1 may
	// count twice beside the rounding of the product: less than 2.4 and 2.9 ULP; with 1/alpha
	// for in and alpha for neg, rounded twice, less than 4.4 and 4.9. Of the slopes 0.1, 0.7,
	// 1.3, 1.9 and 3 the greatest seen are 1.9 and 2.1, and of CELU 2.7 and 3.1.
	ELU func(dst, x []T, in, neg, pos T)

	// ELUGrad is dx[i] = dy[i] * (y[i] > 0 ? pos : fma(y[i], c, d)), of the output: of ELU
	// with (1, alpha, 1), of CELU with (1/alpha, 1, 1), of SELU with (1, λα, λ).
	// Error: 0.9 units for ELU with alpha 1, 2.5 for SELU.
	ELUGrad func(dx, dy, y []T, c, d, pos T)

	// ClampGrad is dx[i] = lo < y[i] && y[i] < hi ? a*dy[i] : 0, 0 at NaN too: of Clamp
	// with a = 1, y being its input or its output, so of ReLU6 and of hard tanh; of the
	// output of HardSigmoid with (1/6, 0, 1).
	ClampGrad func(dx, dy, y []T, a, lo, hi T)

	// HardSigmoid is dst[i] = min(max(x[i]+3, 0), 6) * (1/6).
	// Error: 1.34 ULP, in float64 too.
	HardSigmoid func(dst, x []T)

	// Step is dst[i] = x[i] < 0 ? 0 : x[i] >= 0 ? 1 : x[i], so 1 at 0, NaN at NaN.
	Step func(dst, x []T)

	// SigmoidGrad is dx[i] = dy[i] * (y[i]*(1-y[i])), of the output.
	// Error: 1.5 units, that of y included.
	SigmoidGrad func(dx, dy, y []T)

	// TanhGrad is dx[i] = dy[i] * ((1-y[i])*(1+y[i])), of the output.
	// Error: 2 units, that of y included.
	TanhGrad func(dx, dy, y []T)

	// Softsign is dst[i] = x[i]/(1 + |x[i]|).
	// Error: 1.5 ULP, in float64 too.
	Softsign func(dst, x []T)

	// SoftsignGrad is dx[i] = dy[i] * (1-|y[i]|)², of the output.
	// Error: 2 units, that of y included.
	SoftsignGrad func(dx, dy, y []T)

	// MaxoutGrad and MaxoutRest share out a gradient among the pieces of a maxout
	// (Goodfellow and others 2013), x being one piece and y the maximum of all, which is
	// Maximum(y, x) of two pieces x, y and so on: of equals, and of NaNs, the first wins.
	//
	//	MaxoutGrad is dx[i]  = x[i] == y[i] or x[i] is NaN ? dy[i] : 0
	//	MaxoutRest is dst[i] = x[i] == y[i] or x[i] is NaN ? 0 : dy[i]
	//
	// The rest is what the gradients of later pieces are made of.
	MaxoutGrad func(dx, dy, x, y []T)
	MaxoutRest func(dst, dy, x, y []T)

	// Softplus is dst[i] = log(1 + e^x[i]). PyTorch gives x from 20 on, which is the same in
	// float32 but not in float64. Error: float32 1.66 ULP, float64 1.7 ULP.
	Softplus func(dst, x []T)

	// SoftplusGrad is dx[i] = dy[i] * (1 - e^-y[i]), of the output.
	// Error: 1.4 units, that of y included.
	SoftplusGrad func(dx, dy, y []T)

	// SiLU is dst[i] = x[i]/(1 + e^-x[i]); -0 at -Inf. Error: float32 2.4 ULP, float64 1.85 ULP.
	SiLU func(dst, x []T)

	// SiLUGrad is dx[i] = dy[i]*s*(1 + x[i]*(1-s)) with s = 1/(1 + e^-x[i]), of the input.
	// Error: 3.9 units.
	SiLUGrad func(dx, dy, x []T)

	// Mish is dst[i] = x[i]*tanh(log(1 + e^x[i])) (Misra 2019); -0 at -Inf. Error: float32 3.95
	// ULP, float64 1.85 ULP.
	Mish func(dst, x []T)

	// MishGrad is dx[i] = dy[i] times the derivative of Mish at x[i], the input. Error: 4.1
	// units.
	MishGrad func(dx, dy, x []T)

	// GELU is dst[i] = x[i]*Φ(x[i]) (Hendrycks and Gimpel 2016), Φ being the distribution
	// of the normal; -0 at -Inf. Error: float32 3.95 ULP, float64 1.5 ULP, to the end of the
	// negative tail.
	GELU func(dst, x []T)

	// GELUGrad is dx[i] = dy[i]*(Φ(x[i]) + x[i]*φ(x[i])), of the input.
	// Error: 2.7 units.
	GELUGrad func(dx, dy, x []T)

	// GELUTanh is dst[i] = x[i]/2 * (1 + tanh(√(2/π)*(x[i] + 0.044715*x[i]³))), the
	// approximation of GELU; -0 at -Inf. Error: float32 2.46 ULP, float64 1.92 ULP.
	GELUTanh func(dst, x []T)

	// GELUTanhGrad is dx[i] = dy[i] times the derivative of GELUTanh at x[i], the input.
	// Error: 4.2 units.
	GELUTanhGrad func(dx, dy, x []T)
}

func actGenericKernels[T Float]() ActKernels[T] {
	return ActKernels[T]{
		ReLU: reluGeneric[T], ReLUGrad: reluGradGeneric[T],
		LeakyReLU: leakyReLUGeneric[T], LeakyReLUGrad: leakyReLUGradGeneric[T],
		PReLU: preluGeneric[T], PReLUGrad: preluGradGeneric[T], PReLUSlope: preluSlopeGeneric[T],
		ELU: eluGeneric[T], ELUGrad: eluGradGeneric[T],
		ClampGrad: clampGradGeneric[T], HardSigmoid: hardSigmoidGeneric[T], Step: stepGeneric[T],
		SigmoidGrad: sigmoidGradGeneric[T], TanhGrad: tanhGradGeneric[T],
		Softsign: softsignGeneric[T], SoftsignGrad: softsignGradGeneric[T],
		MaxoutGrad: maxoutGradGeneric[T], MaxoutRest: maxoutRestGeneric[T],
		Softplus: softplusGeneric[T], SoftplusGrad: softplusGradGeneric[T],
		SiLU: siluGeneric[T], SiLUGrad: siluGradGeneric[T],
		Mish: mishGeneric[T], MishGrad: mishGradGeneric[T],
		GELU: geluGeneric[T], GELUGrad: geluGradGeneric[T],
		GELUTanh: geluTanhGeneric[T], GELUTanhGrad: geluTanhGradGeneric[T],
	}
}
