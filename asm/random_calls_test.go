package asm

import (
	"fmt"
	"math"
	"slices"
	"testing"
)

// randomCalls draw from places in a group, and in a stream, of all kinds.
func randomCalls[T Float]() (all []call[T]) {
	for i, from := range []uint64{0, 1, 16, 31, 64, 1<<38 - 100, math.MaxUint64 - 200} {
		seed, stream := uint64(0x0123456789abcdef)+uint64(i), uint64(i)<<33+5
		fill := func(name string, run func(k *Kernels[T], dst []T)) {
			all = append(all, call[T]{name: name, run: func(k *Kernels[T], dst []T, in [][]T) T { run(k, dst); return 0 }})
		}
		fill("Uniform", func(k *Kernels[T], dst []T) { k.Uniform(dst, -1, 2, seed, stream, from) })
		fill("Normal", func(k *Kernels[T], dst []T) { k.Normal(dst, -1, 2, seed, stream, from) })
		fill("Bernoulli", func(k *Kernels[T], dst []T) { k.Bernoulli(dst, 0.25, 3, seed, stream, from) })
		fill("Words", func(k *Kernels[T], dst []T) { k.Words(dst, seed, stream, from) })
		all = append(all, call[T]{name: "Dropout", inputs: 1, alias: true,
			run: func(k *Kernels[T], dst []T, in [][]T) T { k.Dropout(dst, in[0], 0.5, 2, seed, stream, from); return 0 }})
	}
	return all
}

// Words are integers: every bit counts, where floats that are NaN would be equal.
func TestWords(t *testing.T) {
	for _, from := range []uint64{0, 3, 63, 64, 1<<36 - 77, math.MaxUint64 - 30} {
		want32, want64 := make([]uint32, 700), make([]uint64, 700)
		Uint32s(Tables[float32]()[0], want32, 5, 6, from)
		Uint64s(Tables[float64]()[0], want64, 5, 6, from)
		for i := range 700 {
			at := from + uint64(i)
			w := philoxWords(5, 6, at/64*16+at%16)
			if want32[i] != w[at%64/16] {
				t.Fatalf("generic: word %d from %d is %x", i, from, want32[i])
			}
			w = philoxWords(5, 6, at/32*16+at%16)
			h := at % 32 / 16 * 2
			if want64[i] != uint64(w[h+1])<<32|uint64(w[h]) {
				t.Fatalf("generic: 64-bit word %d from %d is %x", i, from, want64[i])
			}
		}
		for i := range Tables[float32]() {
			k32, k64 := Tables[float32]()[i], Tables[float64]()[i]
			for _, n := range []int{0, 1, 30, 64, 100, 700} {
				got32, got64 := make([]uint32, n), make([]uint64, n)
				Uint32s(k32, got32, 5, 6, from)
				Uint64s(k64, got64, 5, 6, from)
				if !slices.Equal(got32, want32[:n]) || !slices.Equal(got64, want64[:n]) {
					t.Errorf("isa=%s: %d words from %d differ", k32.ISA, n, from)
				}
			}
		}
	}
}

func philoxWords(seed, stream, block uint64) (w [4]uint32) {
	w[0], w[1], w[2], w[3] = Philox(seed, stream, block)
	return w
}

// The number of a block goes on into its high word.
func TestRandomFarBlocks(t *testing.T) {
	t.Run("f32", testRandomFarBlocks[float32])
	t.Run("f64", testRandomFarBlocks[float64])
}

func testRandomFarBlocks[T Float](t *testing.T) {
	n := 40 * groupLen[T]()
	for _, high := range []uint64{1, 2, 0xffff} {
		from := high<<32/16*uint64(groupLen[T]()) - uint64(n/2)
		want, got := make([]T, n), make([]T, n)
		uniformGeneric(want, 0, 1, 7, 8, from)
		for _, k := range Tables[T]() {
			k.Uniform(got, 0, 1, 7, 8, from)
			if i := firstDifference(got, want); i >= 0 {
				t.Errorf("isa=%s: element %d after %d is %v, want %v", k.ISA, i, from, got[i], want[i])
			}
		}
	}
}

// What is kept is what a uniform number below p says, in all kernels that ask it.
func TestBernoulli(t *testing.T) {
	t.Run("f32", testBernoulli[float32])
	t.Run("f64", testBernoulli[float64])
}

func testBernoulli[T Float](t *testing.T) {
	n := 5000
	u, b, d, x := make([]T, n), make([]T, n), make([]T, n), make([]T, n)
	for i := range x {
		x[i] = T(i) + 1
	}
	x[0], x[1] = T(math.NaN()), T(math.Inf(-1))
	for _, k := range Tables[T]() {
		k.Uniform(u, 0, 1, 1, 2, 0)
		for _, p := range []T{0, 0.1, 0.5, u[77], 1, T(math.NaN())} {
			k.Bernoulli(b, p, 3, 1, 2, 0)
			k.Dropout(d, x, p, 0.5, 1, 2, 0)
			for i := range u {
				wantB, wantD := T(0), T(0)
				if u[i] < p {
					wantB, wantD = 3, x[i]/2
				}
				if b[i] != wantB || !sameBits(d[i], wantD) || wantD == 0 && math.Signbit(float64(d[i])) {
					t.Fatalf("isa=%s p %v: element %d of %v: %v and %v", k.ISA, p, i, u[i], b[i], d[i])
				}
			}
		}
	}
}

// Chi-squared of 256 cells of the words, byte by byte: of 255 degrees of freedom, it is
// beyond 340 three times in ten thousand. The seed is fixed.
func TestWordsChiSquared(t *testing.T) {
	n := 1 << 16
	if testing.Short() {
		n = 1 << 13
	}
	w := make([]uint32, n)
	Uint32s(Active[float32](), w, 11, 12, 0)
	for shift := 0; shift < 32; shift += 8 {
		var cells [256]float64
		for _, v := range w {
			cells[v>>shift&255]++
		}
		chi, mean := 0.0, float64(n)/256
		for _, c := range cells {
			chi += float64((c-mean)*(c-mean)) / mean
		}
		if chi > 340 || chi < 180 {
			t.Errorf("bits %d to %d: chi-squared %.1f", shift, shift+7, chi)
		}
	}
}

// Normal numbers of float32 are those of the formula to 2.5 ULP.
func TestNormalAccuracy(t *testing.T) {
	n := 1 << 18
	if testing.Short() {
		n = 1 << 12
	}
	z, w := make([]float32, n), make([]uint32, n)
	k := Active[float32]()
	k.Normal(z, 0, 1, 9, 10, 0)
	Uint32s(k, w, 9, 10, 0)
	for i := 0; i < n; i += 32 {
		for b := i; b < i+16; b++ {
			v := float64(fma32(float32(int32(w[b]>>1)), 0x1p-31, 0x1p-32))
			sin, cos := math.Sincos(2 * math.Pi * float64(w[b+16]>>8) / (1 << 24))
			r := math.Sqrt(-2 * math.Log(v))
			for j, want := range []float64{r * cos, r * sin} {
				_, e := math.Frexp(want)
				if d := math.Abs(float64(z[b+16*j]) - want); math.Abs(want) > 1e-9 && d > math.Ldexp(2.5, e-24) {
					t.Fatalf("number %d is %v, want %v", b+16*j, z[b+16*j], want)
				}
			}
		}
	}
}

func BenchmarkRandom(b *testing.B) {
	b.Run("f32", benchRandom[float32])
	b.Run("f64", benchRandom[float64])
}

func benchRandom[T Float](b *testing.B) {
	for _, n := range []int{64, 1 << 12, 1 << 14} {
		dst, x := make([]T, n), make([]T, n)
		for i := range x {
			x[i] = T(1 + i%5)
		}
		for _, k := range Tables[T]() {
			for _, c := range []struct {
				name string
				run  func()
			}{
				{"Words", func() { k.Words(dst, 1, 2, 0) }},
				{"Uniform", func() { k.Uniform(dst, 0, 1, 1, 2, 0) }},
				{"Normal", func() { k.Normal(dst, 0, 1, 1, 2, 0) }},
				{"Bernoulli", func() { k.Bernoulli(dst, 0.5, 1, 1, 2, 0) }},
				{"Dropout", func() { k.Dropout(dst, x, 0.5, 2, 1, 2, 0) }},
			} {
				b.Run(fmt.Sprintf("%s/n=%d/isa=%s", c.name, n, k.ISA), func(b *testing.B) {
					for b.Loop() {
						c.run()
					}
					b.ReportMetric(float64(n)*float64(b.N)/float64(b.Elapsed().Nanoseconds()), "elements/ns")
				})
			}
		}
	}
}
