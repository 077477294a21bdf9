package asm

import "math"

// Elementary functions with bits of our own: one sequence of IEEE operations,
// FMAs and selects per element, the same on every target, written so that SIMD
// kernels can follow it step by step. Those of package math differ between
// architectures.

// Adding magic rounds to an integer and leaves it in the low bits. magicExp64 adds twice the
// exponent's bias besides, expPre64 are the bits of 2^512: Exp builds its scale from them.
const (
	log2e32    = 0x1.715476p0
	ln2Hi32    = 0x1.62e4p-1 // 14 bits: n*ln2Hi is exact
	ln2Lo32    = 0x1.7f7d1cp-20
	magic32    = 0x1.8p23
	log2e64    = 0x1.71547652b82fep0
	ln2Hi64    = 0x1.62e42fefa38p-1 // 42 bits
	ln2Lo64    = 0x1.ef35793c7673p-45
	magic64    = 0x1.8p52
	magicExp64 = magic64 + 2046
	expPre64   = 0x5ff0000000000000
)

// Exp returns e^x. Error: float32 at most 0.90 ULP (every input), float64 at most
// 0.90 ULP (sampled), subnormal results included. Exp(NaN) is NaN, overflow is
// +Inf, underflow +0.
func Exp[T Float](x T) T {
	if is32[T]() {
		return T(exp32(float64(x)))
	}
	return T(exp64(float64(x)))
}

// The float32 bodies take, hold and give float32 numbers in float64: fmaIn64 is inlined, and
// that sums, quotients and products are rounded twice has no effect (53 >= 2·24 + 2). A result
// that no line rounds is rounded by the caller: it is exact, or a quotient or product as said.
func exp32(x float64) float64 {
	if -104 > x { // not max: NaN goes through
		x = -104
	}
	if most := float64(float32(88.8)); most < x {
		x = most
	}
	t := fmaIn64(x, log2e32, magic32)
	n := t - magic32
	r := fmaIn64(n, -ln2Hi32, x)
	r = fmaIn64(n, -ln2Lo32, r)
	p := fmaIn64(expTail32(r), r, 1)
	p = fmaIn64(p, r, 1)
	return p * pow2Of32(t, 0) // a subnormal result is rounded once
}

// pow2Of32 is 2^(n-k) for t = magic32 + n.
func pow2Of32(t float64, k int) float64 {
	return math.Float64frombits(math.Float64bits(t)<<23 + uint64(1023-k)<<52)
}

func exp64(x float64) float64 {
	if -746 > x {
		x = -746
	}
	if 710 < x {
		x = 710
	}
	t := fma64(x, log2e64, magicExp64)
	n := t - magicExp64
	r := fma64(n, -ln2Hi64, x)
	r = fma64(n, -ln2Lo64, r)
	p := fma64(expTail64(r), r, 1)
	p = fma64(p, r, 1)
	s := uint64(expPre64) ^ math.Float64bits(x)>>1&0x4000000000000000
	p = float64(p * math.Float64frombits(math.Float64bits(t)<<52-s))
	return float64(p * math.Float64frombits(s))
}

// expTail32 is (e^r - 1 - r)/r², for |r| <= ln2/2.
func expTail32(r float64) float64 {
	p := fmaIn64(0x1.694cc6p-10, r, 0x1.123986p-7)
	p = fmaIn64(p, r, 0x1.555a26p-5)
	p = fmaIn64(p, r, 0x1.555492p-3)
	return fmaIn64(p, r, 0x1.fffffap-2)
}

func expTail64(r float64) float64 {
	p := fma64(0x1.ad9c04d193c8ep-26, r, 0x1.28ae1f55e92ebp-22)
	p = fma64(p, r, 0x1.71df133af5381p-19)
	p = fma64(p, r, 0x1.a019993df1f33p-16)
	p = fma64(p, r, 0x1.a01a01327da47p-13)
	p = fma64(p, r, 0x1.6c16c18481032p-10)
	p = fma64(p, r, 0x1.1111111126385p-7)
	p = fma64(p, r, 0x1.555555555069ep-5)
	p = fma64(p, r, 0x1.55555555555p-3)
	return fma64(p, r, 0x1.000000000000ap-1)
}

// Expm1 returns e^x - 1, with its relative accuracy next to 0. Error: float32 at most 1.46
// ULP (every input), float64 at most 1.95 ULP (sampled).
// Overflow is +Inf, Expm1(±0) is ±0.
func Expm1[T Float](x T) T {
	if is32[T]() {
		return T(expm1of32(float64(x)))
	}
	return T(expm1of64(float64(x)))
}

func expm1of32(x float64) float64 {
	if math.Abs(x) < 0x1p-24 {
		return x
	}
	if -18 > x {
		x = -18
	}
	if 89 < x {
		x = 89
	}
	t := fmaIn64(x, log2e32, magic32)
	n := t - magic32
	r := fmaIn64(n, -ln2Hi32, x)
	r = fmaIn64(n, -ln2Lo32, r)
	q := fmaIn64(float64(float32(r*r)), expTail32(r), r)
	s := pow2Of32(t, 1) // 2^(n-1): 2^128 is no float32
	return 2 * fmaIn64(q, s, float64(float32(s-0.5)))
}

func expm1of64(x float64) float64 {
	if math.Abs(x) < 0x1p-53 {
		return x
	}
	if -38 > x {
		x = -38
	}
	if 710 < x {
		x = 710
	}
	const shift = magic64 + 1022
	t := fma64(x, log2e64, shift)
	n := t - shift
	r := fma64(n, -ln2Hi64, x)
	r = fma64(n, -ln2Lo64, r)
	q := fma64(float64(r*r), expTail64(r), r)
	s := math.Float64frombits(math.Float64bits(t) << 52)
	e := fma64(q, s, s-0.5)
	return e + e
}
