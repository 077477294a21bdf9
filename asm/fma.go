package asm

import "math"

// FMA returns x*y + z rounded once, in float32 as in float64: the multiply-add
// of every kernel. It is exact on every target, with or without hardware FMA.
func FMA[T Float](x, y, z T) T {
	if is32[T]() {
		return T(fma32(float32(x), float32(y), float32(z)))
	}
	return T(math.FMA(float64(x), float64(y), float64(z)))
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
	if b&0x1fffffff != 0x10000000 && (b>>52)&0x7ff >= 1023-126 {
		return float32(s)
	}
	return fma32Slow(p, float64(z), s)
}

func fma32Slow(p, z, s float64) float32 {
	// Two-sum (Knuth): s + e == p + z exactly.
	t := s - p
	e := (p - (s - t)) + (z - t)
	b := math.Float64bits(s)
	if b&1 == 0 && (e > 0 || e < 0) { // false for NaN: Inf and NaN fall through
		if (e > 0) == (s > 0) {
			b++
		} else {
			b--
		}
	}
	return float32(math.Float64frombits(b))
}
