package asm

import "math"

// Tanh returns the hyperbolic tangent. Error: float32 at most 0.98 ULP (every input),
// float64 at most 1.60 ULP (sampled).
// Tanh(±0) is ±0.
func Tanh[T Float](x T) T {
	if is32[T]() {
		return T(tanh32(float64(x)))
	}
	return T(tanh64(float64(x)))
}

// From 1 on tanh a is 1 - 2/(e^2a + 1), below a + a·a²·u(a²).
func tanh32(x float64) float64 {
	a := math.Abs(x)
	if 10 < a {
		a = 10
	}
	var y float64
	if a >= 1 {
		t := fmaIn64(a, 2*log2e32, magic32+127)
		r := fmaIn64(t-(magic32+127), -0x1.62e43p-2, a)
		p := fmaIn64(0x1.694cc6p-4, r, 0x1.124a4p-2) // e^2r
		p = fmaIn64(p, r, 0x1.5558acp-1)
		p = fmaIn64(p, r, 0x1.555486p+0)
		p = fmaIn64(p, r, 0x1.000002p+1)
		p = fmaIn64(p, r, 2)
		p = fmaIn64(p, r, 1)
		d := fmaIn64(p, pow2Of32(t, 127), 1)
		y = 1 - float64(float32(2/d))
	} else {
		z := float64(float32(a * a))
		u := fmaIn64(-0x1.7806d8p-12, z, 0x1.2db79ep-9)
		u = fmaIn64(u, z, -0x1.04675p-7)
		u = fmaIn64(u, z, 0x1.600bd6p-6)
		u = fmaIn64(u, z, -0x1.b96288p-5)
		u = fmaIn64(u, z, 0x1.110be6p-3)
		u = fmaIn64(u, z, -0x1.55553cp-2)
		y = fmaIn64(float64(float32(z*u)), a, a)
	}
	return math.Copysign(y, x)
}

func tanh64(x float64) float64 {
	sign := math.Float64bits(x) & (1 << 63)
	a := abs(x)
	if 20 < a {
		a = 20
	}
	var y float64
	if a >= 0.55 {
		const shift = magic64 + 1023
		a += a
		t := fma64(a, log2e64, shift)
		n := t - shift
		r := fma64(n, -ln2Hi64, a)
		r = fma64(n, -ln2Lo64, r)
		p := fma64(expTail64(r), r, 1)
		p = fma64(p, r, 1)
		y = 1 - 2/fma64(p, math.Float64frombits(math.Float64bits(t)<<52), 1)
	} else {
		z := float64(a * a)
		u := fma64(0x1.abf8522203b10p-15, z, -0x1.b906628f39df4p-13)
		u = fma64(u, z, 0x1.2fa1fd4af3701p-11)
		u = fma64(u, z, -0x1.7cf3a44245f0bp-10)
		u = fma64(u, z, 0x1.d6c61aea98175p-9)
		u = fma64(u, z, -0x1.226ddd2fb0e60p-7)
		u = fma64(u, z, 0x1.664f45c1d6af7p-6)
		u = fma64(u, z, -0x1.ba1ba1ad6b40bp-5)
		u = fma64(u, z, 0x1.11111111028ddp-3)
		u = fma64(u, z, -0x1.555555555549dp-2)
		y = fma64(float64(z*u), a, a)
	}
	return math.Float64frombits(math.Float64bits(y) | sign)
}

// Sigmoid returns 1/(1 + e^-x). Error: float32 at most 2.49 ULP (every input), float64
// at most 0.95 ULP (sampled), subnormal results included.
func Sigmoid[T Float](x T) T {
	if is32[T]() {
		return T(sigmoid32(float64(x)))
	}
	return T(sigmoid64(float64(x)))
}

// The quotient is taken of 2^-64 both ways, for results down to the subnormal ones.
func sigmoid32(x float64) float64 {
	if -104 > x {
		x = -104
	}
	if 30 < x {
		x = 30
	}
	const shift = magic32 + 63
	t := fmaIn64(x, -log2e32, shift)
	n := t - shift
	r := fmaIn64(n, ln2Hi32, x)
	r = fmaIn64(n, ln2Lo32, r)
	p := fmaIn64(0x1.694cc6p-10, r, -0x1.123986p-7) // e^-r
	p = fmaIn64(p, r, 0x1.555a26p-5)
	p = fmaIn64(p, r, -0x1.555492p-3)
	p = fmaIn64(p, r, 0x1.fffffap-2)
	p = fmaIn64(p, r, -1)
	p = fmaIn64(p, r, 1)
	return 0x1p-64 / fmaIn64(p, pow2Of32(t, 127), 0x1p-64)
}

// As in float32, of 2^-512, and with a correction of the quotient by the roundings of
// the divisor d = s + h + q·s and its own.
func sigmoid64(x float64) float64 {
	if -746 > x {
		x = -746
	}
	if 40 < x {
		x = 40
	}
	x = -x
	const shift, h = magic64 + 511, 0x1p-512
	t := fma64(x, log2e64, shift)
	n := t - shift
	r := fma64(n, -ln2Hi64, x)
	r = fma64(n, -ln2Lo64, r)
	q := fma64(float64(r*r), expTail64(r), r)
	s := math.Float64frombits(math.Float64bits(t) << 52)
	high, low := s, h
	if !(s > h) {
		high, low = h, s
	}
	sum := s + h
	d := fma64(q, s, sum)
	e := fma64(q, s, sum-d) + (low - (sum - high))
	y := h / d
	u := fma64(e, y, fma64(d, y, -h))
	return fma64(float64(u*-0x1p512), y, y)
}

// Erf returns the error function, 2/√π times the integral of e^-t² from 0 to x.
// Error: float32 at most 1.10 ULP (every input), float64 at most 1.12 ULP (sampled).
// Erf(±0) is ±0.
func Erf[T Float](x T) T {
	if is32[T]() {
		return T(erf32(float64(x)))
	}
	return T(erf64(float64(x)))
}

// From 0.9 on erf a is 1 - e^v with v = log(erfc a) = a·e(a) - a, below a + a·s(a²).
func erf32(x float64) float64 {
	a := math.Abs(x)
	if 4 < a {
		a = 4
	}
	var y float64
	if a >= float64(float32(0.9)) {
		v := fmaIn64(-0x1.26b50ep-16, a, 0x1.9526f6p-12)
		v = fmaIn64(v, a, -0x1.ff2e5ap-9)
		v = fmaIn64(v, a, 0x1.8e23acp-6)
		v = fmaIn64(v, a, -0x1.b5a7ap-4)
		v = fmaIn64(v, a, -0x1.450374p-1)
		v = fmaIn64(v, a, -0x1.07a57p-3)
		v = fmaIn64(v, a, -a)
		const shift = magic32 + 127
		t := fmaIn64(v, log2e32, shift)
		r := fmaIn64(t-shift, -0x1.62e43p-1, v)
		p := fmaIn64(expTail32(r), r, 1)
		p = fmaIn64(p, r, 1)
		y = fmaIn64(p, -pow2Of32(t, 127), 1)
	} else {
		z := float64(float32(a * a))
		u := fmaIn64(-0x1.3fc37ap-11, z, 0x1.4890acp-8)
		u = fmaIn64(u, z, -0x1.b6c27ep-6)
		u = fmaIn64(u, z, 0x1.ce1df4p-4)
		u = fmaIn64(u, z, -0x1.8126f8p-2)
		u = fmaIn64(u, z, 0x1.06eba6p-3)
		y = fmaIn64(u, a, a)
	}
	return math.Copysign(y, x)
}

func erf64(x float64) float64 {
	sign := math.Float64bits(x) & (1 << 63)
	a := abs(x)
	if 6 < a {
		a = 6
	}
	var y float64
	if a >= 0.9 {
		v := logErfc64(a)
		const shift = magic64 + 1023 + 2048
		t := fma64(v, log2e64, shift)
		r := fma64(t-shift, -math.Ln2, v)
		p := fma64(expTail64(r), r, 1)
		p = fma64(p, r, 1)
		y = fma64(p, math.Float64frombits(math.Float64bits(t)<<52), 1)
	} else {
		z := float64(a * a)
		u := erfTail64(z)
		y = fma64(u, a, a)
	}
	return math.Float64frombits(math.Float64bits(y) | sign)
}

// logErfc64 is log(erfc a) for 0.9 <= a <= 6.
func logErfc64(a float64) float64 {
	v := fma64(0x1.f3a15d96cb720p-40, a, -0x1.54f62f8dea626p-34)
	v = fma64(v, a, 0x1.b40373460233fp-30)
	v = fma64(v, a, -0x1.5aee4dd1b1ae2p-26)
	v = fma64(v, a, 0x1.8062f7846bc44p-23)
	v = fma64(v, a, -0x1.39aee40d667a9p-20)
	v = fma64(v, a, 0x1.836e582d59841p-18)
	v = fma64(v, a, -0x1.6b0abcde7ba7ep-16)
	v = fma64(v, a, 0x1.f22ba278a00a9p-15)
	v = fma64(v, a, -0x1.ad44497b2c738p-14)
	v = fma64(v, a, 0x1.942a64f546d3ep-17)
	v = fma64(v, a, 0x1.25f26ee6ef650p-11)
	v = fma64(v, a, -0x1.b81d7ca765cbfp-10)
	v = fma64(v, a, 0x1.a75c1a9bd9413p-13)
	v = fma64(v, a, 0x1.396f0e9ed0d28p-6)
	v = fma64(v, a, -0x1.a4f5307fc3c88p-4)
	v = fma64(v, a, -0x1.45f306fb4a8e9p-1)
	v = fma64(v, a, -0x1.06eba76e7abbep-3)
	return fma64(v, a, -a)
}

// erfTail64 is erf(a)/a - 1 for z = a², a < 0.9.
func erfTail64(z float64) float64 {
	u := fma64(-0x1.deca89ea935b8p-31, z, 0x1.e6459d47fcb92p-27)
	u = fma64(u, z, -0x1.5dfa4ee9971a0p-23)
	u = fma64(u, z, 0x1.b9c89e3b21979p-20)
	u = fma64(u, z, -0x1.f4d0eb8c03685p-17)
	u = fma64(u, z, 0x1.f9a31e118f63cp-14)
	u = fma64(u, z, -0x1.c02db402b052ep-11)
	u = fma64(u, z, 0x1.565bcd102c26fp-8)
	u = fma64(u, z, -0x1.b82ce312a0bc7p-6)
	u = fma64(u, z, 0x1.ce2f21a0434a5p-4)
	u = fma64(u, z, -0x1.812746b0379fcp-2)
	return fma64(u, z, 0x1.06eba8214db69p-3)
}

// Rsqrt returns 1/√x, the quotient of the rounded root. Error: at most 1.50
// ULP (float32 every input, float64 sampled).
// Rsqrt(±0) is ±Inf, below 0 it is NaN.
func Rsqrt[T Float](x T) T {
	if is32[T]() {
		return T(1 / float32(math.Sqrt(float64(x))))
	}
	return T(1 / math.Sqrt(float64(x)))
}
