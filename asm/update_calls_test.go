package asm

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

func updateCalls[T Float]() (all []call[T]) {
	add := func(name string, inputs, writes int, run func(k *Kernels[T], in [][]T)) {
		all = append(all, call[T]{name: name, inputs: inputs, writes: writes,
			run: func(k *Kernels[T], dst []T, in [][]T) T { run(k, in); return 0 }})
	}
	for _, c := range []struct{ decay, scale T }{{0, 1}, {0.25, 0.3}} {
		add("SGD", 2, 1, func(k *Kernels[T], in [][]T) { k.SGD(in[0], in[1], 0.1, c.decay, c.scale) })
		add("SGDMomentum", 3, 2, func(k *Kernels[T], in [][]T) {
			k.SGDMomentum(in[0], in[1], in[2], 1, -0.1, 0.9, c.decay, c.scale)
		})
		add("SGDMomentum", 3, 2, func(k *Kernels[T], in [][]T) {
			k.SGDMomentum(in[0], in[1], in[2], -0.1, 1, 0.9, c.decay, c.scale)
		})
		add("Nesterov", 3, 2, func(k *Kernels[T], in [][]T) { k.Nesterov(in[0], in[1], in[2], 0.5, -0.1, 0.9, c.decay, c.scale) })
		add("RMSprop", 3, 2, func(k *Kernels[T], in [][]T) {
			k.RMSprop(in[0], in[1], in[2], 0.1, 0.99, 0.01, 1e-8, c.decay, c.scale)
		})
		add("Adam", 4, 3, func(k *Kernels[T], in [][]T) {
			k.Adam(in[0], in[1], in[2], in[3], 1e-3, 0.1, 0.999, 1e-3, 1e-8, c.decay, 1, c.scale)
		})
		add("Adam", 4, 3, func(k *Kernels[T], in [][]T) {
			k.Adam(in[0], in[1], in[2], in[3], 1e-3, 0.1, 0.999, 1e-3, 1e-8, 0, 0.999, c.scale)
		})
	}
	return all
}

// What the updates are, in exact arithmetic where a float64 holds it.
func TestUpdateFormulas(t *testing.T) {
	for _, k := range Tables[float32]() {
		check := func(name string, got []float32, want ...float32) {
			t.Helper()
			if !slices.Equal(got, want) {
				t.Errorf("isa=%s %s: %v, want %v", k.ISA, name, got, want)
			}
		}
		w, v, g := []float32{1, -2, 3}, []float32{0.5, 0, -1}, []float32{2, 4, 0}
		k.SGDMomentum(w, v, g, 1, -0.25, 0.5, 0, 1)
		check("SGDMomentum: v", v, 2.25, 4, -0.5)
		check("SGDMomentum: w", w, 0.4375, -3, 3.125)
		k.SGD(w, g, 0.5, 0, 1)
		check("SGD", w, -0.5625, -5, 3.125)
		k.SGD(w, g, 0.5, 0.5, 0.25) // d = 0.5 - 0.28125, 1 - 2.5, 1.5625
		check("SGD with decay, clipped", w, -0.671875, -4.25, 2.34375)
		// Velocities of steps.
		w, v = []float32{1, -2, 3}, []float32{0.5, 0, -1}
		k.SGDMomentum(w, v, g, -0.25, 1, 0.5, 0, 1)
		check("SGDMomentum of steps: v", v, -0.25, -1, -0.5)
		check("SGDMomentum of steps: w", w, 0.75, -3, 2.5)
		w, v = []float32{1, -2, 3}, []float32{0.5, 0, -1}
		k.Nesterov(w, v, g, 1, -0.25, 0.5, 0, 1)
		check("Nesterov: v", v, 2.25, 4, -0.5)
		check("Nesterov: w", w, 1-0.25*3.125, -2-0.25*6, 3+0.25*0.25)
		// Adagrad, the first step of which has one length, whatever the gradient.
		w, v = []float32{1, -2, 3}, make([]float32, 3)
		k.RMSprop(w, v, g, 0.25, 1, 1, 0, 0, 1)
		check("Adagrad: s", v, 4, 16, 0)
		check("Adagrad: w", w[:2], 0.75, -2.25)
		w, v = []float32{1, -2, 3}, []float32{16, 0, 64}
		k.RMSprop(w, v, g, 1, 0.75, 1, 4, 0, 1) // s = 16, 16, 48
		check("RMSprop: s", v, 16, 16, 48)
		check("RMSprop: w", w, 0.75, -2.5, 3)
		// m = 1+(2-1)/4, 4/4, -1; v = 25+2·4-…: roots of 16, 4, 64.
		w = []float32{1, -2, 3}
		m, v := []float32{1, 0, -1}, []float32{28, 0, 128}
		k.Adam(w, m, v, []float32{2, 4, -1}, 0.5, 0.25, 0.5, 0.5, 2, 0, 1, 1)
		check("Adam: m", m, 1.25, 1, -1)
		check("Adam: v", v, 16, 8, 64.5)
		if x := float64(w[0]); math.Abs(x-(1-0.625/6)) > 1e-7 {
			t.Errorf("isa=%s Adam: w %v", k.ISA, x)
		}
		// Decoupled decay takes its part of the weight, and none of the gradient.
		w, m, v = []float32{1, -2}, []float32{0, 0}, []float32{0, 0}
		k.Adam(w, m, v, []float32{0, 0}, 0.5, 0.25, 0.5, 0.5, 2, 0, 0.75, 1)
		check("AdamW without gradient", w, 0.75, -1.5)
		// Fused: the square of 1+2^-12 needs one bit more than a float32 has.
		one := []float32{1}
		k.SGD(one, []float32{1 + 0x1p-12}, 1+0x1p-12, 0, 1)
		if one[0] != -0x1p-11-0x1p-24 {
			t.Errorf("isa=%s SGD is not fused: %x", k.ISA, one[0])
		}
	}
}

// Decay 0 and scale 1 are no operations: not on infinite weights, and not on zeros,
// whose signs would tell.
func TestUpdateWithoutDecay(t *testing.T) {
	t.Run("f32", testUpdateWithoutDecay[float32])
	t.Run("f64", testUpdateWithoutDecay[float64])
}

func testUpdateWithoutDecay[T Float](t *testing.T) {
	inf, minus := T(math.Inf(1)), T(math.Copysign(0, -1))
	special := []T{0, minus, 1, -1, inf, -inf, T(math.NaN()), 0x1p-120}
	var w, g []T
	for _, x := range special {
		for _, y := range special {
			w, g = append(w, x), append(g, y)
		}
	}
	r := rand.New(rand.NewPCG(81, 82))
	w, g = append(w, operands[T](r, 13, true)...), append(g, operands[T](r, 13, true)...)
	for _, k := range Tables[T]() {
		for _, decay := range []T{0, minus} {
			got := slices.Clone(w)
			k.SGD(got, g, 0.1, decay, 1)
			for i, v := range got {
				if want := FMA(-0.1, g[i], w[i]); !sameBits(v, want) || v == 0 && math.Signbit(float64(v)) != math.Signbit(float64(want)) {
					t.Errorf("isa=%s: weight %v, gradient %v: %v, want %v", k.ISA, w[i], g[i], v, want)
				}
			}
		}
	}
}

// BenchmarkUpdate gives the bytes moved: every slice is read, all but the gradient
// written.
func BenchmarkUpdate(b *testing.B) {
	b.Run("f32", benchUpdate[float32])
	b.Run("f64", benchUpdate[float64])
}

func benchUpdate[T Float](b *testing.B) {
	size := 8
	if is32[T]() {
		size = 4
	}
	for _, n := range []int{1 << 12, 1 << 16, 10_000_000} {
		var in [4][]T
		for j := range in {
			in[j] = make([]T, n)
			for i := range in[j] {
				in[j][i] = T(1+i%7) / 16
			}
		}
		for _, c := range updateCalls[T]()[:6] {
			for _, k := range Tables[T]() {
				b.Run(fmt.Sprintf("%s/n=%d/isa=%s", c.name, n, k.ISA), func(b *testing.B) {
					b.SetBytes(int64(n * size * (2*c.inputs - 1)))
					for b.Loop() {
						for i := 0; i < n; i += Chunk {
							var part [4][]T
							for j := range part[:c.inputs] {
								part[j] = in[j][i:min(i+Chunk, n)]
							}
							c.run(k, nil, part[:c.inputs])
						}
					}
				})
			}
		}
	}
}
