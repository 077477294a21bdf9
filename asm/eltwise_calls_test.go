package asm

import (
	"math"
	"slices"
	"testing"
)

// eltwiseCalls are those of element-wise arithmetic and comparisons. The references
// say in other words what the plain bodies do.
func eltwiseCalls[T Float]() []call[T] {
	nan, one := T(math.NaN()), T(1)
	binary := func(name string, run func(k *Kernels[T]) func(dst, x, y []T), ref func(x, y T) T) call[T] {
		return call[T]{name: name, inputs: 2, alias: true,
			run: func(k *Kernels[T], dst []T, in [][]T) T { run(k)(dst, in[0], in[1]); return 0 },
			ref: func(i int, in [][]T) T { return ref(in[0][i], in[1][i]) }}
	}
	compare := func(name string, run func(k *Kernels[T]) func(dst, x, y []T), ref func(x, y T) bool) call[T] {
		return binary(name, run, func(x, y T) T {
			if ref(x, y) {
				return one
			}
			return 0
		})
	}
	unary := func(name string, run func(k *Kernels[T], dst, x []T), ref func(x T) T) call[T] {
		return call[T]{name: name, inputs: 1, alias: true,
			run: func(k *Kernels[T], dst []T, in [][]T) T { run(k, dst, in[0]); return 0 },
			ref: func(i int, in [][]T) T { return ref(in[0][i]) }}
	}
	return []call[T]{
		binary("Sub", func(k *Kernels[T]) func(dst, x, y []T) { return k.Sub }, func(x, y T) T { return x - y }),
		binary("Mul", func(k *Kernels[T]) func(dst, x, y []T) { return k.Mul }, func(x, y T) T { return x * y }),
		binary("Div", func(k *Kernels[T]) func(dst, x, y []T) { return k.Div }, func(x, y T) T { return x / y }),
		binary("Maximum", func(k *Kernels[T]) func(dst, x, y []T) { return k.Maximum }, func(x, y T) T {
			switch {
			case x != x || y != y:
				return nan
			case y >= x:
				return y
			}
			return x
		}),
		binary("Minimum", func(k *Kernels[T]) func(dst, x, y []T) { return k.Minimum }, func(x, y T) T {
			switch {
			case x != x || y != y:
				return nan
			case y <= x:
				return y
			}
			return x
		}),
		compare("Eq", func(k *Kernels[T]) func(dst, x, y []T) { return k.Eq }, func(x, y T) bool { return x == y }),
		compare("Ne", func(k *Kernels[T]) func(dst, x, y []T) { return k.Ne }, func(x, y T) bool { return x != y }),
		compare("Lt", func(k *Kernels[T]) func(dst, x, y []T) { return k.Lt }, func(x, y T) bool { return x < y }),
		compare("Le", func(k *Kernels[T]) func(dst, x, y []T) { return k.Le }, func(x, y T) bool { return x <= y }),
		unary("Abs", func(k *Kernels[T], dst, x []T) { k.Abs(dst, x) }, func(x T) T { return T(math.Abs(float64(x))) }),
		unary("Sqrt", func(k *Kernels[T], dst, x []T) { k.Sqrt(dst, x) }, func(x T) T { return T(math.Sqrt(float64(x))) }),
		unary("Copy", func(k *Kernels[T], dst, x []T) { k.Copy(dst, x) }, func(x T) T { return x }),
		{name: "Fill",
			run: func(k *Kernels[T], dst []T, in [][]T) T { k.Fill(dst, -3); return 0 },
			ref: func(i int, in [][]T) T { return -3 }},
		unary("Affine", func(k *Kernels[T], dst, x []T) { k.Affine(dst, x, 0.3, -0.7) }, func(x T) T { return FMA(x, T(0.3), T(-0.7)) }),
		unary("Affine", func(k *Kernels[T], dst, x []T) { k.Affine(dst, x, 1, -0.7) }, func(x T) T { return x - T(0.7) }),
		unary("Affine", func(k *Kernels[T], dst, x []T) { k.Affine(dst, x, -1, 0) }, func(x T) T { return 0 - x }),
		unary("Clamp", func(k *Kernels[T], dst, x []T) { k.Clamp(dst, x, -0.5, 0) }, func(x T) T {
			switch {
			case x < -0.5:
				return -0.5
			case x > 0:
				return 0
			}
			return x
		}),
		unary("Clamp", func(k *Kernels[T], dst, x []T) { k.Clamp(dst, x, nan, 0.1) }, func(x T) T {
			if x > T(0.1) {
				return T(0.1)
			}
			return x
		}),
		unary("Clamp", func(k *Kernels[T], dst, x []T) { k.Clamp(dst, x, 2, -2) }, func(x T) T {
			if x != x {
				return x
			}
			return -2
		}),
		{name: "FMA", inputs: 3, alias: true,
			run: func(k *Kernels[T], dst []T, in [][]T) T { k.FMA(dst, in[0], in[1], in[2]); return 0 },
			ref: func(i int, in [][]T) T { return FMA(in[0][i], in[1][i], in[2][i]) }},
		{name: "Select", inputs: 3, alias: true,
			run: func(k *Kernels[T], dst []T, in [][]T) T { k.Select(dst, in[0], in[1], in[2]); return 0 },
			ref: func(i int, in [][]T) T {
				if in[0][i] == 0 {
					return in[2][i]
				}
				return in[1][i]
			}},
	}
}

// Every pair of special numbers, in every lane: the references of eltwiseCalls.
func TestEltwiseSpecials(t *testing.T) {
	t.Run("f32", testEltwiseSpecials[float32])
	t.Run("f64", testEltwiseSpecials[float64])
}

func testEltwiseSpecials[T Float](t *testing.T) {
	inf := math.Inf(1)
	var s []T
	for _, v := range []float64{0, 1, 0.5, 2, math.SmallestNonzeroFloat32, 1e-40, 3e38, inf, math.NaN()} {
		s = append(s, T(v), T(-v))
	}
	s[1] = T(math.Copysign(0, -1))
	var x, y, z []T
	for i, v := range s {
		x, y = append(x, slices.Repeat([]T{v}, len(s))...), append(y, s...)
		z = append(z, append(slices.Clone(s[i:]), s[:i]...)...)
	}
	for _, c := range eltwiseCalls[T]() {
		in := [][]T{x, y, z}[:c.inputs]
		for _, k := range everyTable[T]() {
			dst := make([]T, len(x))
			c.run(k.Kernels, dst, in)
			for i, v := range dst {
				if want := c.ref(i, in); !sameBits(v, want) {
					t.Fatalf("isa=%s %s of %v, %v, %v: %v, want %v", k.name, c.name, x[i], y[i], z[i], v, want)
				}
			}
		}
	}
}
