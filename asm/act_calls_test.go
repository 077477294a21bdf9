package asm

import (
	"math"
	"slices"
	"testing"
)

// actCalls are those of activations and their gradients, but for ReLU. References say
// in other words what the plain bodies do, where that is short.
func actCalls[T Float]() []call[T] {
	inf := T(math.Inf(1))
	one := func(name string, run func(k *Kernels[T], dst, x []T), ref func(x T) T) call[T] {
		c := call[T]{name: name, inputs: 1, alias: true,
			run: func(k *Kernels[T], dst []T, in [][]T) T { run(k, dst, in[0]); return 0 }}
		if ref != nil {
			c.ref = func(i int, in [][]T) T { return ref(in[0][i]) }
		}
		return c
	}
	two := func(name string, run func(k *Kernels[T], dx, dy, y []T), ref func(dy, y T) T) call[T] {
		return call[T]{name: name, inputs: 2, alias: true,
			run: func(k *Kernels[T], dst []T, in [][]T) T { run(k, dst, in[0], in[1]); return 0 },
			ref: func(i int, in [][]T) T { return ref(in[0][i], in[1][i]) }}
	}
	three := func(name string, run func(k *Kernels[T]) func(dst, x, y, z []T), ref func(x, y, z T) T) call[T] {
		return call[T]{name: name, inputs: 3, alias: true,
			run: func(k *Kernels[T], dst []T, in [][]T) T { run(k)(dst, in[0], in[1], in[2]); return 0 },
			ref: func(i int, in [][]T) T { return ref(in[0][i], in[1][i], in[2][i]) }}
	}
	product := func(f func(x T) T) func(dy, x T) T { return func(dy, x T) T { return T(dy * f(x)) } }
	return []call[T]{
		one("LeakyReLU", func(k *Kernels[T], dst, x []T) { k.LeakyReLU(dst, x, 0.01) }, func(x T) T {
			if x < 0 {
				return T(T(0.01) * x)
			}
			return x
		}),
		one("LeakyReLU", func(k *Kernels[T], dst, x []T) { k.LeakyReLU(dst, x, -2) }, nil),
		two("LeakyReLUGrad", func(k *Kernels[T], dx, dy, y []T) { k.LeakyReLUGrad(dx, dy, y, 0.01) }, func(dy, y T) T {
			if y > 0 {
				return dy
			}
			return T(T(0.01) * dy)
		}),
		two("PReLU", func(k *Kernels[T], dst, x, slope []T) { k.PReLU(dst, x, slope) }, func(x, slope T) T {
			if x < 0 {
				return T(slope * x)
			}
			return x
		}),
		three("PReLUGrad", func(k *Kernels[T]) func(dx, dy, x, slope []T) { return k.PReLUGrad }, func(dy, x, slope T) T {
			if x > 0 {
				return dy
			}
			return T(slope * dy)
		}),
		two("PReLUSlope", func(k *Kernels[T], dst, dy, x []T) { k.PReLUSlope(dst, dy, x) }, func(dy, x T) T {
			if x < 0 {
				return T(dy * x)
			}
			return 0
		}),
		two("ClampGrad", func(k *Kernels[T], dx, dy, y []T) { k.ClampGrad(dx, dy, y, 1, 0, 6) }, func(dy, y T) T {
			if y > 0 && y < 6 {
				return dy
			}
			return 0
		}),
		two("ClampGrad", func(k *Kernels[T], dx, dy, y []T) { k.ClampGrad(dx, dy, y, 0.3, -inf, 1) }, func(dy, y T) T {
			if y < 1 && y > -inf {
				return T(T(0.3) * dy)
			}
			return 0
		}),
		one("HardSigmoid", func(k *Kernels[T], dst, x []T) { k.HardSigmoid(dst, x) }, func(x T) T {
			switch {
			case x <= -3:
				return 0
			case x >= 3:
				return 1
			}
			return T((x + 3) * T(1.0/6))
		}),
		one("Step", func(k *Kernels[T], dst, x []T) { k.Step(dst, x) }, func(x T) T {
			switch {
			case x < 0:
				return 0
			case x >= 0:
				return 1
			}
			return x
		}),
		two("SigmoidGrad", func(k *Kernels[T], dx, dy, y []T) { k.SigmoidGrad(dx, dy, y) },
			product(func(y T) T { return T(y * (1 - y)) })),
		two("TanhGrad", func(k *Kernels[T], dx, dy, y []T) { k.TanhGrad(dx, dy, y) },
			product(func(y T) T { return T((1 - y) * (1 + y)) })),
		one("Softsign", func(k *Kernels[T], dst, x []T) { k.Softsign(dst, x) }, func(x T) T {
			switch x {
			case inf:
				return 1
			case -inf:
				return -1
			}
			return x / (1 + T(math.Abs(float64(x))))
		}),
		two("SoftsignGrad", func(k *Kernels[T], dx, dy, y []T) { k.SoftsignGrad(dx, dy, y) },
			product(func(y T) T { y = 1 - T(math.Abs(float64(y))); return T(y * y) })),
		three("MaxoutGrad", func(k *Kernels[T]) func(dx, dy, x, y []T) { return k.MaxoutGrad }, func(dy, x, y T) T {
			if x == y || x != x {
				return dy
			}
			return 0
		}),
		three("MaxoutRest", func(k *Kernels[T]) func(dst, dy, x, y []T) { return k.MaxoutRest }, func(dy, x, y T) T {
			if x == y || x != x {
				return 0
			}
			return dy
		}),
		one("ELU", func(k *Kernels[T], dst, x []T) { k.ELU(dst, x, 1, 1, 1) }, func(x T) T {
			if x < 0 {
				return expm1Neg(x)
			}
			return x
		}),
		one("ELU", func(k *Kernels[T], dst, x []T) { k.ELU(dst, x, 0.7, -1.3, 1.1) }, nil),
		two("ELUGrad", func(k *Kernels[T], dx, dy, y []T) { k.ELUGrad(dx, dy, y, 0.7, 1.5, 1.1) },
			product(func(y T) T {
				if y > 0 {
					return 1.1
				}
				return FMA(0.7, y, 1.5)
			})),
		one("Softplus", func(k *Kernels[T], dst, x []T) { k.Softplus(dst, x) }, softplus[T]),
		two("SoftplusGrad", func(k *Kernels[T], dx, dy, y []T) { k.SoftplusGrad(dx, dy, y) },
			product(func(y T) T { return 0 - expm1Neg(-y) })),
		one("SiLU", func(k *Kernels[T], dst, x []T) { k.SiLU(dst, x) }, silu[T]),
		two("SiLUGrad", func(k *Kernels[T], dx, dy, x []T) { k.SiLUGrad(dx, dy, x) }, product(siluSlope[T])),
		one("Mish", func(k *Kernels[T], dst, x []T) { k.Mish(dst, x) }, mish[T]),
		two("MishGrad", func(k *Kernels[T], dx, dy, x []T) { k.MishGrad(dx, dy, x) }, product(mishSlope[T])),
		one("GELU", func(k *Kernels[T], dst, x []T) { k.GELU(dst, x) }, gelu[T]),
		two("GELUGrad", func(k *Kernels[T], dx, dy, x []T) { k.GELUGrad(dx, dy, x) }, product(geluSlope[T])),
		one("GELUTanh", func(k *Kernels[T], dst, x []T) { k.GELUTanh(dst, x) }, geluTanh[T]),
		two("GELUTanhGrad", func(k *Kernels[T], dx, dy, x []T) { k.GELUTanhGrad(dx, dy, x) }, product(geluTanhSlope[T])),
	}
}

// Numbers of every size and kind, next to where bodies change course, on every table.
func TestActRange(t *testing.T) {
	t.Run("f32", testActRange[float32])
	t.Run("f64", testActRange[float64])
}

func testActRange[T Float](t *testing.T) {
	least := float64(math.SmallestNonzeroFloat64)
	if is32[T]() {
		least = math.SmallestNonzeroFloat32
	}
	var x []T
	for _, v := range []float64{0, least, 3 * least, 1e-39, 0x1p-126, 1e-308, math.Inf(1), math.NaN(), 0x1p60, 3e38, 1e300,
		math.Ln2 / 2, 0.5, 1, 3, 5.5, 6, 7.5, 9, 10, 11, 14.5, 20, 21.6, 30, 38.7, 40, 45, 104, 110, 746, 752} {
		w := T(v)
		for _, w := range []T{w, T(math.Nextafter32(float32(v), 0)), T(math.Nextafter(v, 0)), T(math.Nextafter(v, 1e9))} {
			x = append(x, w, -w)
		}
		x = append(x, w, T(math.Copysign(float64(w), -1)))
	}
	for v := -800.0; v < 800; v += 0.3 {
		x = append(x, T(v), T(v/8), T(v/64))
	}
	dy := slices.Repeat([]T{1, -0.3, T(math.Inf(1)), T(math.Copysign(0, -1))}, len(x)/4+1)[:len(x)]
	turned := slices.Concat(x[len(x)/2:], x[:len(x)/2])
	for _, c := range actCalls[T]() {
		in := [][]T{x}
		if c.inputs > 1 {
			in = [][]T{dy, x, turned}[:c.inputs]
		}
		want := make([]T, len(x))
		c.run(Tables[T]()[0], want, in)
		for _, k := range everyTable[T]() {
			dst := make([]T, len(x))
			c.run(k.Kernels, dst, in)
			for i, v := range dst {
				if !sameBits(v, want[i]) {
					t.Fatalf("isa=%s %s at %v (dy %v): %v, want %v", k.name, c.name, x[i], dy[i], v, want[i])
				}
				if c.ref != nil && !sameBits(v, c.ref(i, in)) {
					t.Fatalf("isa=%s %s at %v (dy %v): %v, want %v", k.name, c.name, x[i], dy[i], v, c.ref(i, in))
				}
			}
		}
	}
}
