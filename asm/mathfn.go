package asm

import "math"

// Elementary functions with bits of our own: one sequence of IEEE operations,
// FMAs and selects per element, the same on every target, written so that SIMD
// kernels can follow it step by step. Those of package math differ between
// architectures.

// Adding magic rounds to an integer and leaves it in the low bits. magicExp adds
// twice the exponent's bias besides, expPre are the bits of 2^64 and 2^512: Exp
// builds its scale from them.
const (
	log2e32    = 0x1.715476p0
	ln2Hi32    = 0x1.62e4p-1 // 14 bits: n*ln2Hi is exact
	ln2Lo32    = 0x1.7f7d1cp-20
	magic32    = 0x1.8p23
	log2e64    = 0x1.71547652b82fep0
	ln2Hi64    = 0x1.62e42fefa38p-1 // 42 bits
	ln2Lo64    = 0x1.ef35793c7673p-45
	magic64    = 0x1.8p52
	magicExp32 = magic32 + 254
	magicExp64 = magic64 + 2046
	expPre32   = 0x5f800000
	expPre64   = 0x5ff0000000000000
)

// Exp returns e^x. Error: float32 at most 0.90 ULP (every input), float64 at most
// 0.90 ULP (sampled), subnormal results included. Exp(NaN) is NaN, overflow is
// +Inf, underflow +0.
func Exp[T Float](x T) T {
	if is32[T]() {
		return T(exp32(float32(x)))
	}
	return T(exp64(float64(x)))
}

func exp32(x float32) float32 {
	if -104 > x { // not max: NaN goes through
		x = -104
	}
	if 88.8 < x {
		x = 88.8
	}
	t := fma32(x, log2e32, magicExp32)
	n := t - magicExp32
	r := fma32(n, -ln2Hi32, x)
	r = fma32(n, -ln2Lo32, r)
	p := fma32(0x1.694cc6p-10, r, 0x1.123986p-7)
	p = fma32(p, r, 0x1.555a26p-5)
	p = fma32(p, r, 0x1.555492p-3)
	p = fma32(p, r, 0x1.fffffap-2)
	p = fma32(p, r, 1)
	p = fma32(p, r, 1)
	// Scale by 2^n in two steps, of which the first is exact: a subnormal result
	// is rounded once.
	s := uint32(expPre32) ^ math.Float32bits(x)>>1&0x40000000
	p = float32(p * math.Float32frombits(math.Float32bits(t)<<23-s))
	return float32(p * math.Float32frombits(s))
}

func exp64(x float64) float64 {
	if -746 > x {
		x = -746
	}
	if 710 < x {
		x = 710
	}
	t := FMA(x, log2e64, magicExp64)
	n := t - magicExp64
	r := FMA(n, -ln2Hi64, x)
	r = FMA(n, -ln2Lo64, r)
	p := FMA(0x1.ad9c04d193c8ep-26, r, 0x1.28ae1f55e92ebp-22)
	p = FMA(p, r, 0x1.71df133af5381p-19)
	p = FMA(p, r, 0x1.a019993df1f33p-16)
	p = FMA(p, r, 0x1.a01a01327da47p-13)
	p = FMA(p, r, 0x1.6c16c18481032p-10)
	p = FMA(p, r, 0x1.1111111126385p-7)
	p = FMA(p, r, 0x1.555555555069ep-5)
	p = FMA(p, r, 0x1.55555555555p-3)
	p = FMA(p, r, 0x1.000000000000ap-1)
	p = FMA(p, r, 1)
	p = FMA(p, r, 1)
	s := uint64(expPre64) ^ math.Float64bits(x)>>1&0x4000000000000000
	p = float64(p * math.Float64frombits(math.Float64bits(t)<<52-s))
	return float64(p * math.Float64frombits(s))
}

// Log returns the natural logarithm. Error: float32 at most 0.92 ULP (every
// input), float64 at most 0.92 ULP (sampled). Log(±0) is -Inf, of what is negative
// NaN; NaN and +Inf return themselves.
func Log[T Float](x T) T {
	if is32[T]() {
		return T(log32(float32(x)))
	}
	return T(log64(float64(x)))
}

// x = 2^k·m with m in [3/4, 3/2), f = m-1; log x = k·ln2 + f + f²·q(f). The
// rounding of the large sum a is recovered in d.
func log32(x float32) float32 {
	xs, sub := x, int32(0)
	if x < 0x1p-126 {
		xs, sub = float32(x*0x1p24), 24
	}
	b := math.Float32bits(xs)
	i := int32(b - 0x3f400000)
	k := float32(i>>23) - float32(sub)
	f := math.Float32frombits(b-uint32(i)&0xff800000) - 1
	a := fma32(k, ln2Hi32, f)
	d := fma32(k, -ln2Hi32, a)
	w := fma32(k, ln2Lo32, f-d)
	q := fma32(-0x1.721d3ep-5, f, 0x1.ad4188p-4)
	q = fma32(q, f, -0x1.0db586p-3)
	q = fma32(q, f, 0x1.28852ep-3)
	q = fma32(q, f, -0x1.54eb54p-3)
	q = fma32(q, f, 0x1.9968fp-3)
	q = fma32(q, f, -0x1.00004ep-2)
	q = fma32(q, f, 0x1.5555a6p-2)
	q = fma32(q, f, -0x1p-1)
	y := a + fma32(q, float32(f*f), w)
	if x == 0 {
		y = float32(math.Inf(-1))
	}
	if x < 0 {
		y = float32(math.NaN())
	}
	if !(x <= math.MaxFloat32) {
		y = x
	}
	return y
}

func log64(x float64) float64 {
	xs, sub := x, 0.0
	if x < 0x1p-1022 {
		xs, sub = float64(x*0x1p54), 54
	}
	b := math.Float64bits(xs)
	i := int64(b - 0x3fe8000000000000)
	k := float64(i>>52) - sub
	f := math.Float64frombits(b-uint64(i)&0xfff0000000000000) - 1
	a := FMA(k, ln2Hi64, f)
	d := FMA(k, -ln2Hi64, a)
	e := f - d
	w := FMA(k, ln2Lo64, e)
	q := FMA(0x1.07f187e2513cbp-7, f, -0x1.e0dd29f2d87b0p-6)
	q = FMA(q, f, 0x1.9faa7832b0808p-5)
	q = FMA(q, f, -0x1.e9a65e96d1deap-5)
	q = FMA(q, f, 0x1.f2aba7908e998p-5)
	q = FMA(q, f, -0x1.ffef9a1450174p-5)
	q = FMA(q, f, 0x1.101193240f8d6p-4)
	q = FMA(q, f, -0x1.2463bb1dc1942p-4)
	q = FMA(q, f, 0x1.3b1ff62deb8a4p-4)
	q = FMA(q, f, -0x1.555983a7f7a83p-4)
	q = FMA(q, f, 0x1.745ce3803a4efp-4)
	q = FMA(q, f, -0x1.99996e060e0cfp-4)
	q = FMA(q, f, 0x1.c71c70ed24e8fp-4)
	q = FMA(q, f, -0x1.000000781a432p-3)
	q = FMA(q, f, 0x1.24924929f8d7fp-3)
	q = FMA(q, f, -0x1.55555553fd61ap-3)
	q = FMA(q, f, 0x1.999999998965fp-3)
	q = FMA(q, f, -0x1.0000000000dcdp-2)
	q = FMA(q, f, 0x1.55555555555c4p-2)
	q = FMA(q, f, -0x1.ffffffffffffbp-2)
	q = FMA(q, float64(f*f), w)
	y := a + q
	if x == 0 {
		y = math.Inf(-1)
	}
	if x < 0 {
		y = math.NaN()
	}
	if !(x <= math.MaxFloat64) {
		y = x
	}
	return y
}

// SinCos2Pi returns the sine and cosine of 2π·u, for |u| <= 2^20 (float32) or
// 2^49 (float64): the argument in turns needs no table of π. Error: float32 at
// most 0.91 ULP (every multiple of 2^-24), float64 at most 0.91 ULP (sampled).
func SinCos2Pi[T Float](u T) (sin, cos T) {
	if is32[T]() {
		s, c := sinCos32(float32(u))
		return T(s), T(c)
	}
	s, c := sinCos64(float64(u))
	return T(s), T(c)
}

// r = u - q/4 is exact, |r| <= 1/8; q's two low bits are the quadrant.
func sinCos32(u float32) (sin, cos float32) {
	t := fma32(u, 4, magic32)
	r := fma32(t-magic32, -0.25, u)
	z := float32(r * r)
	s := fma32(0x1.44b946p+5, z, -0x1.32af16p+6)
	s = fma32(s, z, 0x1.466b7ap+6)
	s = fma32(s, z, -0x1.4abbcep+5)
	s = fma32(s, z, -0x1.778a14p-23)
	s = fma32(0x1.921fb6p+2, r, float32(s*r))
	c := fma32(0x1.d4f7eep+5, z, -0x1.55b2b6p+6)
	c = fma32(c, z, 0x1.03c1bp+6)
	c = fma32(c, z, -0x1.3bd3ccp+4)
	c = fma32(c, z, 1)
	q := math.Float32bits(t)
	if q&1 != 0 {
		s, c = c, s
	}
	sin = math.Float32frombits(math.Float32bits(s) ^ q&2<<30)
	cos = math.Float32frombits(math.Float32bits(c) ^ (q+1)&2<<30)
	return sin, cos
}

func sinCos64(u float64) (sin, cos float64) {
	t := FMA(u, 4, magic64)
	n := t - magic64
	r := FMA(n, -0.25, u)
	z := float64(r * r)
	s := FMA(-0x1.73e0a459f12c5p-1, z, 0x1.e909056fbe3c2p+1)
	s = FMA(s, z, -0x1.e3076f0cdd424p+3)
	s = FMA(s, z, 0x1.5078349dcd91ap+5)
	s = FMA(s, z, -0x1.32d2cce63b179p+6)
	s = FMA(s, z, 0x1.466bc6775ab7dp+6)
	s = FMA(s, z, -0x1.4abbce625be53p+5)
	s = FMA(s, z, 0x1.1a5ee6e5b727cp-52)
	s = FMA(0x1.921fb54442d18p+2, r, float64(s*r))
	c := FMA(-0x1.b0345eccf6b9bp+0, z, 0x1.f9c4adc0aec34p+2)
	c = FMA(c, z, -0x1.a6d1e238ee8c7p+4)
	c = FMA(c, z, 0x1.e1f50675b20cap+5)
	c = FMA(c, z, -0x1.55d3c7e3bfe56p+6)
	c = FMA(c, z, 0x1.03c1f081b5a52p+6)
	c = FMA(c, z, -0x1.3bd3cc9be45dep+4)
	c = FMA(c, z, 1)
	q := math.Float64bits(t)
	if q&1 != 0 {
		s, c = c, s
	}
	sin = math.Float64frombits(math.Float64bits(s) ^ q&2<<62)
	cos = math.Float64frombits(math.Float64bits(c) ^ (q+1)&2<<62)
	return sin, cos
}
