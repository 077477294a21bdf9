package asm

import "math"

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
