package asm

import (
	"math"
	"math/rand/v2"
	"testing"
)

// f16Value is what the bits of a binary16 mean, in float64.
func f16Value(h uint16) float64 {
	sign, e, m := 1.0, int(h>>10&31), float64(h&0x3ff)
	if h>>15 != 0 {
		sign = -1
	}
	switch e {
	case 0:
		return sign * math.Ldexp(m, -24)
	case 31:
		if m != 0 {
			return math.NaN()
		}
		return math.Inf(int(sign))
	}
	return sign * math.Ldexp(1024+m, e-25)
}

func bf16Value(h uint16) float64 { return float64(math.Float32frombits(uint32(h) << 16)) }

// nearest16 is the format's number nearest to v, by search among neighbours in the order
// of their bits; of two as near the even one, and infinity from half a unit beyond the
// greatest on.
func nearest16(v float32, value func(uint16) float64, inf uint16) uint16 {
	sign := uint16(0)
	if math.Signbit(float64(v)) {
		sign = 0x8000
	}
	x := math.Abs(float64(v))
	lo, hi := uint16(0), inf
	for hi-lo > 1 {
		if mid := lo + (hi-lo)/2; value(mid) <= x {
			lo = mid
		} else {
			hi = mid
		}
	}
	top := value(hi)
	if hi == inf {
		top = 2*value(inf-1) - value(inf-2) // one unit beyond
	}
	a, b := x-value(lo), top-x
	if x >= value(inf) || b < a || b == a && hi&1 == 0 {
		return sign | hi
	}
	return sign | lo
}

func halfInputs() []float32 {
	r := rand.New(rand.NewPCG(91, 92))
	var x []float32
	for h := range uint32(1 << 16) { // every binary16, its half-way points and their neighbours
		v := math.Float32bits(fromF16(uint16(h)))
		for _, d := range []uint32{0, 0xfff, 0x1000, 0x1001} {
			x = append(x, math.Float32frombits(v+d))
		}
	}
	for h := range uint32(1 << 16) { // the same of bfloat16
		for _, d := range []uint32{0x7fff, 0x8000, 0x8001} {
			x = append(x, math.Float32frombits(h<<16+d))
		}
	}
	for range 1 << 16 {
		x = append(x, math.Float32frombits(r.Uint32()))
	}
	for e := -26; e < -13; e++ { // half-way points of subnormals
		for m := range uint32(1 << 11) {
			x = append(x, math.Float32frombits(uint32(127+e)<<23|m<<12))
		}
	}
	return x
}

func TestHalf(t *testing.T) {
	x := halfInputs()
	step := 1
	if testing.Short() {
		step = 17
	}
	for i := 0; i < len(x); i += step {
		v := x[i]
		f, b := toF16(v), toBF16(v)
		if v != v {
			if !math.IsNaN(f16Value(f)) || !math.IsNaN(bf16Value(b)) {
				t.Fatalf("NaN %x is %x and %x", math.Float32bits(v), f, b)
			}
			continue
		}
		if want := nearest16(v, f16Value, 0x7c00); f != want {
			t.Fatalf("%v is binary16 %x, want %x", v, f, want)
		}
		if want := nearest16(v, bf16Value, 0x7f80); b != want {
			t.Fatalf("%v is bfloat16 %x, want %x", v, b, want)
		}
	}
	for h := range uint32(1 << 16) {
		if v, want := float64(fromF16(uint16(h))), f16Value(uint16(h)); v != want && want == want || math.Signbit(v) != math.Signbit(want) && v == 0 {
			t.Fatalf("binary16 %x is %v, want %v", h, v, want)
		}
	}
}

// TestHalfKernels: every table does what the plain bodies do, at all lengths, and
// leaves what is beyond.
func TestHalfKernels(t *testing.T) {
	x := halfInputs()
	all := make([]uint16, 1<<16)
	for i := range all {
		all[i] = uint16(i)
	}
	from := func(t *testing.T, k, plain func([]float32, []uint16), x []uint16, off int) {
		t.Helper()
		got, want := make([]float32, len(x)+off+1), make([]float32, len(x)+off+1)
		k(got[off:off+len(x)], x)
		plain(want[off:off+len(x)], x)
		if i := firstDifference(got, want); i >= 0 {
			t.Fatalf("length %d: element %d: %v, want %v", len(x), i-off, got[i], want[i])
		}
	}
	to := func(t *testing.T, k, plain func([]uint16, []float32), value func(uint16) float64, x []float32, off int) {
		t.Helper()
		got, want := make([]uint16, len(x)+off+1), make([]uint16, len(x)+off+1)
		k(got[off:off+len(x)], x)
		plain(want[off:off+len(x)], x)
		for i, w := range want {
			if got[i] != w && !(math.IsNaN(value(got[i])) && math.IsNaN(value(w))) {
				t.Fatalf("length %d: element %d: %x, want %x", len(x), i-off, got[i], w)
			}
		}
	}
	for _, k := range Tables[float32]() {
		t.Run("isa="+k.ISA, func(t *testing.T) {
			for n := range 2*64 + 3 {
				from(t, k.FromF16, fromF16Generic, all[0x3f0:][:n], n%4)
				from(t, k.FromBF16, fromBF16Generic, all[0x7f70:][:n], n%4)
				to(t, k.ToF16, toF16Generic, f16Value, x[:n], n%4)
				to(t, k.ToBF16, toBF16Generic, bf16Value, x[:n], n%4)
			}
			from(t, k.FromF16, fromF16Generic, all, 0)
			from(t, k.FromBF16, fromBF16Generic, all, 0)
			to(t, k.ToF16, toF16Generic, f16Value, x, 0)
			to(t, k.ToBF16, toBF16Generic, bf16Value, x, 0)
			for name, f := range map[string]func(){
				"FromF16":  func() { k.FromF16(make([]float32, 40), make([]uint16, 39, 40)) },
				"FromBF16": func() { k.FromBF16(make([]float32, 40), make([]uint16, 39, 40)) },
				"ToF16":    func() { k.ToF16(make([]uint16, 40), make([]float32, 39, 40)) },
				"ToBF16":   func() { k.ToBF16(make([]uint16, 40), make([]float32, 39, 40)) },
			} {
				func() {
					defer func() {
						if recover() == nil {
							t.Errorf("%s: no panic for a short slice", name)
						}
					}()
					f()
				}()
			}
		})
	}
}
