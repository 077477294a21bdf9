package asm

import "math"

// FMA returns x*y + z rounded once, in float32 as in float64: the multiply-add
// of every kernel. It is exact on every target, with or without hardware FMA.
func FMA[T Float](x, y, z T) T {
	if is32[T]() {
		return T(fma32(float32(x), float32(y), float32(z)))
	}
	return T(fma64(float64(x), float64(y), float64(z)))
}

// fma32 is the correctly rounded float32 x*y + z.
//
// The float64 product is exact (24+24 <= 53 bits). The float64 sum is rounded
// once, and rounding it again to float32 is wrong only when the first result
// sits exactly on a float32 half-way point (low 29 bits 1 followed by zeros) or
// is subnormal in float32, where the half-way points lie elsewhere. Both are
// repaired by rounding the float64 sum to odd, using the exact error of the sum.
func fma32(x, y, z float32) float32 {
	p := float64(float64(x) * float64(y)) // converted: no fusing with the sum
	s := p + float64(z)
	b := math.Float64bits(s)
	if b&halfMask32 != half32 && (b>>52)&0x7ff >= 1023-126 {
		return float32(s)
	}
	return float32(sumToOdd(p, float64(z), s))
}

// fmaIn64 is fma32 of float32 numbers held in float64, short enough to be inlined, unless the
// result is infinite, or a subnormal float32 after a sum that is rounded. One of p and z at
// least 2^-78 in magnitude excludes the latter: the sum is a multiple of 2^-126 then. It
// rounds in the last line; where s is half-way between two float32, and the even one of
// them, d from s, is on the wrong side, s becomes the other.
//
// On amd64 a conversion waits for what was in its target, so s is not needed after its own:
// the target is the register of s then, or of a step before.
func fmaIn64(x, y, z float64) float64 {
	p := float64(x * y)
	s := p + z
	if math.Float64bits(s)&halfMask32 == half32 {
		t := s - p
		if d := float64(float32(s)) - s; float64(d*((p-(s-t))+(z-t))) < 0 {
			s -= d
		}
	}
	return float64(float32(s))
}

// The low bits of a float64 that lies half-way between two normal float32.
const halfMask32, half32 = 1<<29 - 1, 1 << 28

// sumToOdd returns p+z rounded to odd, given the nearest s: of the two neighbours
// of an inexact sum the one with an odd last bit. Rounded again to 51 bits or
// fewer, it gives what one rounding would have.
//
//go:noinline
func sumToOdd(p, z, s float64) float64 {
	// Two-sum (Knuth): s + e == p + z exactly.
	t := s - p
	return toOdd(s, (p-(s-t))+(z-t))
}

// toOdd returns the odd one of the two float64 around s + e, where s is the one
// nearest to it, or s if e is 0 or NaN.
func toOdd(s, e float64) float64 {
	b := math.Float64bits(s)
	if b&1 == 0 && (e > 0 || e < 0) {
		if (e > 0) == (s > 0) {
			b++
		} else {
			b--
		}
	}
	return math.Float64frombits(b)
}

// fma64 is the correctly rounded float64 x*y + z: math.FMA where that is an
// instruction, and about 5 times faster than it where it is not.
func fma64(x, y, z float64) float64 {
	if fastFMA {
		return math.FMA(x, y, z)
	}
	return fma64Soft(x, y, z)
}

// fma64Soft is fma64 without the instruction. It is apart so that fma64 is inlined.
func fma64Soft(x, y, z float64) float64 {
	if fma64InRange(x, y, z) {
		return fma64EFT(x, y, z)
	}
	return math.FMA(x, y, z)
}

// fma64InRange reports whether nothing in fma64EFT can overflow or lose bits below
// 2^-1074: the last bit of the product, 2^(ex+ey-104), must be representable.
func fma64InRange(x, y, z float64) bool {
	ex, ey, ez := exponent(x), exponent(y), exponent(z)
	return ex+ey-eftMinExp <= eftMaxExp-eftMinExp && ex <= eftMaxFactor && ey <= eftMaxFactor && ez <= 1023+1020
}

// Bounds of biased exponents: of a product's factors, added, and of each factor,
// which the splitting multiplies by 2^27.
const (
	eftMinExp    = 2*1023 + 104 - 1074
	eftMaxExp    = 2*1023 + 1018
	eftMaxFactor = 1023 + 990
)

// exponent returns the biased exponent: 0 for zeros and subnormals, 2047 for
// infinities and NaNs.
func exponent(x float64) uint32 { return uint32(math.Float64bits(x)>>52) & 0x7ff }

// fma64EFT is x*y + z by error-free transformations. The product is p + e exactly
// (Veltkamp's splitting, Dekker's product), p + z is s + t exactly (Knuth), and
// the result is s + (t+e), if t+e is rounded to odd (Boldo and Melquiond, Emulation
// of a FMA and correctly rounded sums, 2008). Rounding t+e to nearest instead is
// wrong only where s + (t+e) is then half-way between two numbers; t+e is at most 2
// units of s, so it has three significant bits there, and only then is the rounding
// looked at.
func fma64EFT(x, y, z float64) float64 {
	xh, xl := splitFloat(x)
	yh, yl := splitFloat(y)
	p := float64(x * y)
	e := float64(xl*yl) - (((p - float64(xh*yh)) - float64(xl*yh)) - float64(xh*yl))
	s := p + z
	g := s - p
	u := ((p - (s - g)) + (z - g)) + e
	if math.Float64bits(u)<<14 != 0 {
		return s + u
	}
	return eftTie(p, e, z)
}

// splitFloat returns x as the sum of two numbers of at most 26 bits.
func splitFloat(x float64) (hi, lo float64) {
	c := float64(x * (1<<27 + 1))
	hi = c - (c - x)
	return hi, x - hi
}

// eftTie is the end of fma64EFT where rounding t+e to nearest may be wrong.
//
//go:noinline
func eftTie(p, e, z float64) float64 {
	s := p + z
	g := s - p
	t := (p - (s - g)) + (z - g)
	u := t + e
	if u == 0 {
		return s // s may be -0
	}
	g = u - t
	return s + toOdd(u, (t-(u-g))+(e-g))
}
