package main

import (
	"math"

	"github.com/lanes-go/lanes/asm"
)

// The constants of SELU.
const (
	lambda = 1.0507009873554804934193349852946
	alpha  = 1.6732632423543772848170429916717
)

func init() {
	functions = append(functions,
		function{"ELU", func(k *asm.Kernels[float32], dst, x []float32) { k.ELU(dst, x, 1, 1, 1) },
			func(x float64) float64 {
				if x < 0 {
					return math.Expm1(x)
				}
				return x
			}, 0.95},
		function{"SELU", func(k *asm.Kernels[float32], dst, x []float32) { k.ELU(dst, x, 1, lambda*alpha, lambda) },
			func(x float64) float64 {
				if x < 0 {
					return lambda * alpha * math.Expm1(x)
				}
				return lambda * x
			}, 1.84},
		// Of six slopes that are no power of 2 the one with the greatest error.
		function{"CELU", func(k *asm.Kernels[float32], dst, x []float32) { k.ELU(dst, x, 1/float32(1.9), 1.9, 1) },
			func(x float64) float64 {
				if x < 0 {
					return float64(float32(1.9)) * math.Expm1(x/float64(float32(1.9)))
				}
				return x
			}, 2.7},
		function{"Softplus", func(k *asm.Kernels[float32], dst, x []float32) { k.Softplus(dst, x) },
			func(x float64) float64 { return max(x, 0) + math.Log1p(math.Exp(-math.Abs(x))) }, 1.66},
		function{"Softsign", func(k *asm.Kernels[float32], dst, x []float32) { k.Softsign(dst, x) },
			func(x float64) float64 {
				if math.IsInf(x, 0) {
					return math.Copysign(1, x)
				}
				return x / (1 + math.Abs(x))
			}, 1.5},
		function{"HardSigmoid", func(k *asm.Kernels[float32], dst, x []float32) { k.HardSigmoid(dst, x) },
			func(x float64) float64 { return min(max(x+3, 0), 6) / 6 }, 1.34},
		function{"SiLU", func(k *asm.Kernels[float32], dst, x []float32) { k.SiLU(dst, x) }, func(x float64) float64 { return gated(x, x) }, 2.4},
		function{"Mish", func(k *asm.Kernels[float32], dst, x []float32) { k.Mish(dst, x) },
			func(x float64) float64 {
				switch {
				case x > 100:
					return x
				case math.IsInf(x, -1):
					return math.Copysign(0, -1)
				}
				e := math.Exp(x)
				n := float64(e * (e + 2))
				return x * (n / (n + 2))
			}, 3.95},
		function{"GELU", func(k *asm.Kernels[float32], dst, x []float32) { k.GELU(dst, x) },
			func(x float64) float64 {
				if math.IsInf(x, -1) {
					return math.Copysign(0, -1)
				}
				return 0.5 * x * math.Erfc(-x*math.Sqrt2/2)
			}, 3.95},
		function{"GELUTanh", func(k *asm.Kernels[float32], dst, x []float32) { k.GELUTanh(dst, x) },
			func(x float64) float64 {
				return gated(x, 2*math.Sqrt(2/math.Pi)*(x+float64(0.044715*x*x*x)))
			}, 2.46})
}

// gated is x/(1+e^-v); -0 at -Inf.
func gated(x, v float64) float64 {
	if math.IsInf(x, -1) {
		return math.Copysign(0, -1)
	}
	return x / (1 + math.Exp(-v))
}
