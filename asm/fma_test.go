package asm

import (
	"math"
	"math/big"
	"math/rand/v2"
	"testing"
)

// bigFMA is x*y + z rounded once by math/big, for finite operands; prec, emin and
// emax are those of the format.
func bigFMA(x, y, z float64, to32 bool) float64 {
	p := new(big.Float).SetPrec(4000).SetFloat64(x)
	p.Mul(p, new(big.Float).SetPrec(4000).SetFloat64(y))
	s := new(big.Float).SetPrec(4000).Add(p, new(big.Float).SetPrec(4000).SetFloat64(z))
	if s.Sign() == 0 { // x*y is exact then; IEEE's rule for the sign of zero
		return float64(x*y) + z
	}
	if to32 {
		f, _ := s.Float32()
		return float64(f)
	}
	f, _ := s.Float64()
	return f
}

// hardFloat returns a number with few set bits or runs of them, so that products
// and sums meet half-way points; within spread powers of two around 2^mid.
func hardFloat(r *rand.Rand, bits uint, mid, spread int) float64 {
	m := uint64(1) << (bits - 1)
	switch r.IntN(5) {
	case 0:
		m |= r.Uint64() & (m - 1)
	case 1: // a few low bits
		m |= r.Uint64() & 7
	case 2: // a power of two or next to it
		m += uint64(r.IntN(3))
	case 3: // a run of ones
		m |= (m - 1) &^ (1<<r.UintN(bits) - 1)
	case 4: // two bits
		m |= 1 << r.UintN(bits-1)
	}
	x := math.Ldexp(float64(m), mid-int(bits)+1+r.IntN(2*spread+1)-spread)
	if r.IntN(2) == 0 {
		x = -x
	}
	return x
}

var specials = []float64{0, math.Copysign(0, -1), 1, -1, math.Inf(1), math.Inf(-1), math.NaN(),
	math.MaxFloat64, -math.MaxFloat64, math.SmallestNonzeroFloat64, 0x1p-1022, 0x1p-1021, 0x1.fffffffffffffp-1023, 0x1p1000, -0x1p-1000, 0x1p-500, 0x1p54, -0x1p-969}

// hardTriple returns x, y and a z that makes the sum hard: half-way up to a small
// rest, cancelling, or of any size.
func hardTriple(r *rand.Rand, bits uint, mid, spread int) (x, y, z float64) {
	x, y = hardFloat(r, bits, mid, spread), hardFloat(r, bits, mid, spread)
	p := x * y
	switch r.IntN(6) {
	case 0:
		z = hardFloat(r, bits, mid, spread)
	case 1: // near the product's size, cancelling or not
		z = hardFloat(r, bits, 0, 2) * p
	case 2: // cancels all but the product's rounding error
		z = -p
	case 3: // the product lies near half a unit of z
		z = p * math.Ldexp(1, int(bits)+r.IntN(3)-1) * float64(r.IntN(3)*2-1)
	case 4: // z lies near half a unit of the product
		z = p * math.Ldexp(1, -int(bits)-r.IntN(3)+1) * float64(r.IntN(3)*2-1)
	case 5:
		z = p * math.Ldexp(hardFloat(r, bits, 0, 0), r.IntN(240)-120)
	}
	return x, y, z
}

func count(full int) int {
	if testing.Short() {
		return full / 20
	}
	return full
}

// TestFMA64 holds the software float64 FMA to math.FMA, and both to math/big on
// part of the triples.
func TestFMA64(t *testing.T) {
	r := rand.New(rand.NewPCG(41, 42))
	check := func(x, y, z float64, byBig bool) {
		t.Helper()
		want := math.FMA(x, y, z)
		if byBig {
			if exact := bigFMA(x, y, z, false); !sameBits(exact, want) {
				t.Fatalf("math.FMA(%x, %x, %x) = %x, math/big %x", x, y, z, want, exact)
			}
		}
		if got := fma64(x, y, z); !sameBits(got, want) {
			t.Fatalf("fma64(%x, %x, %x) = %x, want %x", x, y, z, got, want)
		}
		if !fma64InRange(x, y, z) {
			return
		}
		if got := fma64EFT(x, y, z); !sameBits(got, want) {
			t.Fatalf("fma64EFT(%x, %x, %x) = %x, want %x", x, y, z, got, want)
		}
	}
	inRange := 0
	for i := range count(4_000_000) {
		mid, spread := 0, 30
		switch r.IntN(4) {
		case 0: // around the ends of the range of the transformations
			mid, spread = -485, 5
		case 1: // subnormal results and overflow
			mid, spread = []int{-520, 509}[r.IntN(2)], 8
		}
		x, y, z := hardTriple(r, 53, mid, spread)
		if r.IntN(8) == 0 { // one factor so large that splitting it may overflow
			k := 940 + r.IntN(80)
			x, y = math.Ldexp(x, k), math.Ldexp(y, -k)
		}
		if fma64InRange(x, y, z) {
			inRange++
		}
		finite := !math.IsInf(z, 0) && z == z
		check(x, y, z, i%64 == 0 && finite)
	}
	if inRange < count(4_000_000)/2 {
		t.Errorf("only %d triples in the range of the transformations", inRange)
	}
	for _, x := range specials {
		for _, y := range specials {
			for _, z := range specials {
				check(x, y, z, false)
			}
		}
	}
}

// TestFMA32 holds the float32 FMA to math/big.
func TestFMA32(t *testing.T) {
	r := rand.New(rand.NewPCG(43, 44))
	for range count(2_000_000) {
		mid, spread := 0, 20
		switch r.IntN(4) {
		case 0: // subnormal results
			mid, spread = -69, 10
		case 1: // overflow
			mid, spread = 63, 6
		}
		a, b, c := hardTriple(r, 24, mid, spread)
		x, y, z := float32(a), float32(b), float32(c)
		if math.IsInf(float64(z), 0) || math.IsInf(float64(x), 0) || math.IsInf(float64(y), 0) {
			continue
		}
		want := float32(bigFMA(float64(x), float64(y), float64(z), true))
		if got := fma32(x, y, z); !sameBits(got, want) {
			t.Fatalf("fma32(%x, %x, %x) = %x, want %x", x, y, z, got, want)
		}
		if abs(want) > 0x1p-126 && !math.IsInf(float64(want), 0) {
			if got := fmaIn64(float64(x), float64(y), float64(z)); !sameBits(got, float64(want)) {
				t.Fatalf("fmaIn64(%x, %x, %x) = %x, want %x", x, y, z, got, want)
			}
		}
	}
	for _, a := range specials {
		for _, b := range specials {
			for _, c := range specials {
				x, y, z := float32(a), float32(b), float32(c)
				p := float64(x) * float64(y)
				if s := p + float64(z); s == 0 || s != s || math.IsInf(s, 0) || math.IsInf(float64(z), 0) {
					if got := fma32(x, y, z); !sameBits(got, float32(s)) {
						t.Fatalf("fma32(%x, %x, %x) = %x, want %x", x, y, z, got, s)
					}
				} else if want := float32(bigFMA(float64(x), float64(y), float64(z), true)); !sameBits(fma32(x, y, z), want) {
					t.Fatalf("fma32(%x, %x, %x) = %x, want %x", x, y, z, fma32(x, y, z), want)
				}
			}
		}
	}
}

// TestFMARoundsOnce: operands for which rounding the product, or the sum twice,
// shows; so the tests above cannot pass with either mistake.
func TestFMARoundsOnce(t *testing.T) {
	x64 := 1 + 0x1p-27 // squared: 1 + 2^-26 + 2^-54, of which rounding keeps two terms
	for name, f := range map[string]func(x, y, z float64) float64{"FMA": FMA[float64], "EFT": fma64EFT} {
		if got := f(x64, x64, -1-0x1p-26); got != 0x1p-54 {
			t.Errorf("float64 %s: %x", name, got)
		}
	}
	// 1 + 2^-24 + 2^-53 less a little: the float64 sum is 1 + 2^-24, half-way between 1 and the
	// next float32, and would go to 1.
	if s := FMA[float32](0x1.000fcp-12, 0x1.ffe082p-13, 1); s != 1+0x1p-23 {
		t.Errorf("float32: %x", s)
	}
	if s := fmaIn64(0x1.000fcp-12, 0x1.ffe082p-13, 1); s != 1+0x1p-23 {
		t.Errorf("float32 in float64: %x", s)
	}
}

func BenchmarkFMA(b *testing.B) {
	// Chains of 8 that stay near 1, as in a kernel.
	for name, f := range map[string]func(x, y, z float64) float64{"fma64": fma64, "EFT": fma64EFT, "math": math.FMA,
		"fma32": func(x, y, z float64) float64 { return float64(fma32(float32(x), float32(y), float32(z))) }} {
		b.Run(name, func(b *testing.B) {
			var s [8]float64
			for i := range b.N {
				s[i&7] = f(0.7, s[i&7], 0.3)
			}
			if s[0] > 1 {
				b.Error(s)
			}
		})
	}
}
