package asm

import (
	"math"
	"math/bits"
)

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
	t := fma64(u, 4, magic64)
	n := t - magic64
	r := fma64(n, -0.25, u)
	z := float64(r * r)
	s := fma64(-0x1.73e0a459f12c5p-1, z, 0x1.e909056fbe3c2p+1)
	s = fma64(s, z, -0x1.e3076f0cdd424p+3)
	s = fma64(s, z, 0x1.5078349dcd91ap+5)
	s = fma64(s, z, -0x1.32d2cce63b179p+6)
	s = fma64(s, z, 0x1.466bc6775ab7dp+6)
	s = fma64(s, z, -0x1.4abbce625be53p+5)
	s = fma64(s, z, 0x1.1a5ee6e5b727cp-52)
	s = fma64(0x1.921fb54442d18p+2, r, float64(s*r))
	c := fma64(-0x1.b0345eccf6b9bp+0, z, 0x1.f9c4adc0aec34p+2)
	c = fma64(c, z, -0x1.a6d1e238ee8c7p+4)
	c = fma64(c, z, 0x1.e1f50675b20cap+5)
	c = fma64(c, z, -0x1.55d3c7e3bfe56p+6)
	c = fma64(c, z, 0x1.03c1f081b5a52p+6)
	c = fma64(c, z, -0x1.3bd3cc9be45dep+4)
	c = fma64(c, z, 1)
	q := math.Float64bits(t)
	if q&1 != 0 {
		s, c = c, s
	}
	sin = math.Float64frombits(math.Float64bits(s) ^ q&2<<62)
	cos = math.Float64frombits(math.Float64bits(c) ^ (q+1)&2<<62)
	return sin, cos
}

// Sin returns the sine of x radians, for every x. Error: float32 at most 0.51 ULP
// (every input), float64 at most 0.75 ULP (sampled). Sin(±0) is ±0, of an infinity NaN.
func Sin[T Float](x T) T { return T(sin64(float64(x))) }

// Cos returns the cosine of x radians, for every x. Error: float32 at most 0.51 ULP
// (every input), float64 at most 0.75 ULP (sampled). Of an infinity it is NaN.
func Cos[T Float](x T) T { return T(cos64(float64(x))) }

func sin64(x float64) float64 {
	switch a := math.Abs(x); {
	case !(a <= math.MaxFloat64):
		return math.NaN()
	case a < 0x1p-27:
		return x
	case a <= math.Pi/4:
		return sinSmall(x, 0)
	}
	q, r, e := quarterTurns(x)
	s := math.Float64bits
	if q&1 == 0 {
		return math.Float64frombits(s(sinSmall(r, e)) ^ q&2<<62)
	}
	return math.Float64frombits(s(cosSmall(r, e)) ^ q&2<<62)
}

func cos64(x float64) float64 {
	switch a := math.Abs(x); {
	case !(a <= math.MaxFloat64):
		return math.NaN()
	case a < 0x1p-27:
		return 1
	case a <= math.Pi/4:
		return cosSmall(x, 0)
	}
	q, r, e := quarterTurns(x)
	s := math.Float64bits
	if q&1 == 0 {
		return math.Float64frombits(s(cosSmall(r, e)) ^ q&2<<62)
	}
	return math.Float64frombits(s(sinSmall(r, e)) ^ (q+1)&2<<62)
}

// sinSmall is the sine of r + e for |r| <= π/4 and an e below r's last place.
func sinSmall(r, e float64) float64 {
	z := float64(r * r)
	s := fma64(0x1.5d8e314b840b3p-33, z, -0x1.ae5e546063b17p-26)
	s = fma64(s, z, 0x1.71de355ee9845p-19)
	s = fma64(s, z, -0x1.a01a019bf1feep-13)
	s = fma64(s, z, 0x1.111111110f75cp-7)
	s = fma64(s, z, -0x1.5555555555548p-3)
	return r + fma64(float64(z*r), s, fma64(float64(e*z), -0.5, e))
}

// cosSmall is the cosine of r + e.
func cosSmall(r, e float64) float64 {
	z := float64(r * r)
	c := fma64(-0x1.8fa6a90f252eap-37, z, 0x1.1ee9dc18db4a0p-29)
	c = fma64(c, z, -0x1.27e4f7f1fe5aep-22)
	c = fma64(c, z, 0x1.a01a019c8fb02p-16)
	c = fma64(c, z, -0x1.6c16c16c15019p-10)
	c = fma64(c, z, 0x1.555555555554bp-5)
	h := float64(0.5 * z)
	w := 1 - h
	low := float64(0.5*fma64(r, r, -z)) + float64(r*e) // with them z is exact
	return w + (((1 - w) - h) + fma64(float64(z*z), c, -low))
}

// π/2 in three parts, of which the first two have 33 bits, and in two.
const (
	halfPi1, halfPi2, halfPi3 = 0x1.921fb544p+0, 0x1.0b4611a6p-34, 0x1.3198a2e037073p-69
	halfPiHi, halfPiLo        = 0x1.921fb54442d18p+0, 0x1.1a62633145c07p-54
	twoByPi                   = 0x1.45f306dc9c883p-1
)

// quarterTurns is x = q·π/2 + r + e with |r| <= π/4 and a small e, q up to multiples of 4,
// for π/4 < |x| < Inf. Cody and Waite's way serves below 2^20 where r is not tiny: its
// absolute error is 2^-98.
func quarterTurns(x float64) (q uint64, r, e float64) {
	if math.Abs(x) >= 0x1p20 {
		return quarterTurnsFar(x)
	}
	t := fma64(x, twoByPi, magic64)
	n := t - magic64
	a := fma64(n, -halfPi1, x) // exact
	w := float64(n * halfPi2)  // exact
	b := a - w
	v := b - a // of the exact sum a - w
	e = ((a - (b - v)) - (w + v)) - float64(n*halfPi3)
	r = b + e
	if math.Abs(r) < 0x1p-40 {
		return quarterTurnsFar(x)
	}
	return math.Float64bits(t), r, (b - r) + e
}

// quarterTurnsFar multiplies by those bits of 2/π that matter, in integers (Payne and
// Hanek, Radian reduction for trigonometric functions, 1983). The smallest r of any
// float64 is above 2^-62, the error of the product below 2^-136.
func quarterTurnsFar(x float64) (q uint64, r, e float64) {
	b := math.Float64bits(x)
	exp := int(b>>52&0x7ff) - 1075
	m := b&(1<<52-1) | 1<<52 // |x| = m·2^exp
	// 192 bits of 2/π, the first of them worth 2^(1-exp): m times those before are
	// multiples of 4.
	at := exp + 62
	i, s := at/64, uint(at%64)
	word := func(i int) uint64 { return twoByPiBits[i]<<s | twoByPiBits[i+1]>>(64-s) }
	h1, p1 := bits.Mul64(m, word(i+1))
	h2, p2 := bits.Mul64(m, word(i+2))
	p1, carry := bits.Add64(p1, h2, 0)
	p0 := m*word(i) + h1 + carry
	// The two highest bits are whole quarters, the others a fraction f.
	q = p0 >> 62
	f0, f1, f2 := p0<<2|p1>>62, p1<<2|p2>>62, p2<<2
	negative := b >> 63
	if f0>>63 != 0 { // from -1/2 to 1/2
		q++
		negative ^= 1
		f0, f1, f2 = ^f0, ^f1, ^f2
	}
	down := 0
	if f0 == 0 {
		f0, f1, f2 = f1, f2, 0
		down = 64
	}
	z := uint(bits.LeadingZeros64(f0))
	f0, f1 = f0<<z|f1>>(64-z), f1<<z|f2>>(64-z)
	down += int(z)
	scale := math.Float64frombits(uint64(1023-53-down) << 52)
	hi := float64(float64(int64(f0>>11)) * scale)
	lo := float64(float64(int64(f0<<53>>1|f1>>12)) * float64(scale*0x1p-63))
	p := float64(hi * halfPiHi)
	e = fma64(hi, halfPiHi, -p) + (float64(hi*halfPiLo) + float64(lo*halfPiHi))
	r = p + e
	e = (p - r) + e
	if negative != 0 {
		r, e = -r, -e
	}
	if b>>63 != 0 {
		q = -q
	}
	return q, r, e
}

// twoByPiBits are 64 zeros and the first 1280 bits of 2/π.
var twoByPiBits = [...]uint64{
	0, 0xa2f9836e4e441529, 0xfc2757d1f534ddc0, 0xdb6295993c439041, 0xfe5163abdebbc561, 0xb7246e3a424dd2e0, 0x06492eea09d1921c,
	0xfe1deb1cb129a73e, 0xe88235f52ebb4484, 0xe99c7026b45f7e41, 0x3991d639835339f4, 0x9c845f8bbdf9283b, 0x1ff897ffde05980f,
	0xef2f118b5a0a6d1f, 0x6d367ecf27cb09b7, 0x4f463f669e5fea2d, 0x7527bac7ebe5f17b, 0x3d0739f78a5292ea, 0x6bfb5fb11f8d5d08,
	0x56033046fc7b6bab, 0xf0cfbc209af4361d,
}
