package asm

import (
	"math"
	"testing"
)

// TestActSpecials: activations and, for dy = 1, gradients at NaN, zeros, infinities, a
// subnormal and a number near the greatest. Of the latter two the size is looked at.
func TestActSpecials(t *testing.T) {
	t.Run("f32", func(t *testing.T) { testActSpecials[float32](t, 0x1p-140, 0x1p127) })
	t.Run("f64", func(t *testing.T) { testActSpecials[float64](t, 0x1p-1060, 0x1p1023) })
}

func testActSpecials[T Float](t *testing.T, tiny, far float64) {
	inf, nan, neg := math.Inf(1), math.NaN(), math.Copysign(0, -1)
	const lambda, alpha = 1.0507009873554805, 1.7580993408473766
	like := func(v ...float64) []float64 { return v }
	x := like(nan, 0, neg, inf, -inf, tiny, -tiny, far, -far)
	relu := like(nan, 0, neg, inf, 0, tiny, 0, far, 0)
	leaky := like(nan, 0, neg, inf, -inf, tiny, -tiny/2, far, -far/2)
	leakySlope := like(0.5, 0.5, 0.5, 1, 0.5, 1, 0.5, 1, 0.5)
	odd := like(nan, 0, neg, 1, -1, tiny, -tiny, 1, -1)
	gate := func(at0 float64) []float64 { return like(nan, 0, neg, inf, neg, at0*tiny, -at0*tiny, far, neg) }
	step := func(at0, below float64) []float64 { return like(nan, at0, at0, 1, below, at0, at0, 1, below) }
	bump := func(at0 float64) []float64 { return like(nan, at0, at0, 0, 0, at0, at0, 0, 0) }
	for _, k := range everyTable[T]() {
		slopes := filled(len(x), T(0.5))
		elu := func(in, neg, pos T) func(dst, x []T) { return func(dst, x []T) { k.ELU(dst, x, in, neg, pos) } }
		eluGrad := func(c, d, pos T) func(dx, dy, y []T) {
			return func(dx, dy, y []T) { k.ELUGrad(dx, dy, y, c, d, pos) }
		}
		clampGrad := func(a, lo, hi T) func(dx, dy, y []T) {
			return func(dx, dy, y []T) { k.ClampGrad(dx, dy, y, a, lo, hi) }
		}
		for _, c := range []struct {
			name     string
			f        func(dst, x []T)
			want     []float64
			grad     func(dx, dy, at []T)
			output   bool // grad is of the output
			wantGrad []float64
		}{
			{"ReLU", k.ReLU, relu, k.ReLUGrad, true, like(0, 0, 0, 1, 0, 1, 0, 1, 0)},
			{"LeakyReLU", func(dst, x []T) { k.LeakyReLU(dst, x, 0.5) }, leaky,
				func(dx, dy, x []T) { k.LeakyReLUGrad(dx, dy, x, 0.5) }, true, leakySlope},
			{"PReLU", func(dst, x []T) { k.PReLU(dst, x, slopes) }, leaky,
				func(dx, dy, x []T) { k.PReLUGrad(dx, dy, x, slopes) }, false, leakySlope},
			{"PReLU by its slope", func(dst, x []T) { k.PReLU(dst, x, slopes) }, leaky, k.PReLUSlope, false,
				like(0, 0, 0, 0, -inf, 0, -tiny, 0, -far)},
			{"ELU", elu(1, 1, 1), like(nan, 0, neg, inf, -1, tiny, -tiny, far, -1), eluGrad(1, 1, 1), true,
				like(nan, 1, 1, 1, 0, 1, 1, 1, 0)},
			{"SELU", elu(1, alpha, lambda), like(nan, 0, neg, inf, -alpha, lambda*tiny, -alpha*tiny, lambda*far, -alpha),
				eluGrad(1, alpha, lambda), true, like(nan, alpha, alpha, lambda, 0, lambda, alpha, lambda, 0)},
			{"CELU", elu(0.5, 2, 1), like(nan, 0, neg, inf, -2, tiny, -tiny, far, -2), eluGrad(0.5, 1, 1), true,
				like(nan, 1, 1, 1, 0, 1, 1, 1, 0)},
			{"HardSigmoid", k.HardSigmoid, step(0.5, 0), clampGrad(1.0/6, 0, 1), true,
				like(0, 1.0/6, 1.0/6, 0, 0, 1.0/6, 1.0/6, 0, 0)},
			{"hard tanh", func(dst, x []T) { k.Clamp(dst, x, -1, 1) }, odd, clampGrad(1, -1, 1), true,
				like(0, 1, 1, 0, 0, 1, 1, 0, 0)},
			{"Step", k.Step, like(nan, 1, 1, 1, 0, 1, 0, 1, 0), nil, false, nil},
			{"Sigmoid", k.Sigmoid, step(0.5, 0), k.SigmoidGrad, true, bump(0.25)},
			{"Tanh", k.Tanh, odd, k.TanhGrad, true, bump(1)},
			{"Softsign", k.Softsign, odd, k.SoftsignGrad, true, bump(1)},
			{"Softplus", k.Softplus, like(nan, math.Ln2, math.Ln2, inf, 0, math.Ln2, math.Ln2, far, 0), k.SoftplusGrad, true,
				step(0.5, 0)},
			{"SiLU", k.SiLU, gate(0.5), k.SiLUGrad, false, step(0.5, 0)},
			{"Mish", k.Mish, gate(0.6), k.MishGrad, false, step(0.6, 0)},
			{"GELU", k.GELU, gate(0.5), k.GELUGrad, false, step(0.5, neg)},
			{"GELUTanh", k.GELUTanh, gate(0.5), k.GELUTanhGrad, false, step(0.5, 0)},
			{"maxout", func(dst, x []T) { k.Maximum(dst, x, filled(len(x), T(0))) }, like(nan, 0, 0, inf, 0, tiny, 0, far, 0),
				func(dx, dy, y []T) { k.MaxoutGrad(dx, dy, typed[T](x), y) }, true, like(1, 1, 1, 1, 0, 1, 0, 1, 0)},
			{"maxout by the rest", k.ReLU, relu,
				func(dx, dy, y []T) { k.MaxoutRest(dx, dy, typed[T](x), y) }, true, like(0, 0, 0, 0, 1, 0, 1, 0, 1)},
		} {
			in, y, dx := typed[T](x), make([]T, len(x)), make([]T, len(x))
			c.f(y, in)
			isLike(t, k.name+" "+c.name, x, y, c.want)
			if c.grad == nil {
				continue
			}
			at := in
			if c.output {
				at = y
			}
			c.grad(dx, filled(len(x), T(1)), at)
			isLike(t, k.name+" gradient of "+c.name, x, dx, c.wantGrad)
		}
	}
}

func filled[T Float](n int, v T) []T {
	s := make([]T, n)
	for i := range s {
		s[i] = v
	}
	return s
}

func typed[T Float](x []float64) []T {
	s := make([]T, len(x))
	for i, v := range x {
		s[i] = T(v)
	}
	return s
}

// isLike wants zeros with their signs, infinities, NaN and ±1, others within a hundredth.
func isLike[T Float](t *testing.T, name string, x []float64, got []T, want []float64) {
	t.Helper()
	for i, v := range got {
		w := T(want[i])
		exact := w == 0 || abs(w) == 1 || w != w || math.IsInf(float64(w), 0)
		if exact && !sameBits(v, w) || !exact && !(math.Abs(float64(v)-want[i]) <= math.Abs(want[i])/100) {
			t.Errorf("%s at %v: %v, want %v", name, x[i], v, w)
		}
	}
}
