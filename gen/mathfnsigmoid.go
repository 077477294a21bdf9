package main

import "math"

// pow2 is the number whose exponent field are the low bits of t.
func pow2(b *builder, t val) val { return b.shl(t, b.mantissa()) }

// withSign is y >= +0 with the sign of x.
func withSign(b *builder, y, x val) val {
	sign := b.constant(b.sign())
	if b.m.has(opOrMasked) {
		return b.calc(opOrMasked, x, sign, y)
	}
	return b.or(y, b.and(sign, x))
}

// expm1Program is Expm1.
func expm1Program(b *builder, x val) val {
	a := b.min(b.float(b.of(89, 710)), b.max(b.float(b.of(-18, -38)), x))
	t, _, r := reduceExp(b, a, b.bias()-1)
	q := b.fma(b.mul(r, r), expTail(b, r), r)
	s := pow2(b, t)
	e := b.fma(q, s, b.sub(s, b.float(0.5)))
	return b.sel(b.lt(b.abs(x), b.float(b.of(0x1p-24, 0x1p-53))), x, b.add(e, e))
}

// log1pProgram is Log1p.
func log1pProgram(b *builder, x val) val {
	mant := b.mantissa()
	one := b.float(1)
	u := b.add(x, one)
	j := b.iadd(u, b.constant(b.d.bits(1)-b.d.bits(0.75)))
	e := b.and(j, b.constant(b.sign()<<1-1<<mant))
	whole := b.of(0x1p23, 0x1p52)
	k := b.sub(b.or(b.shr(j, mant), b.float(whole)), b.float(whole+b.bias()))
	s := b.isub(b.constant(b.sign()), e)
	f := b.add(b.isub(x, b.isub(e, one)), b.fma(s, b.float(0.25), b.float(-1)))
	zero := b.constant(0)
	y := b.sel(b.eq(x, zero), x, logOf(b, k, f))
	if b.m.has(opFixup) {
		return logFixup(b, u, y) // u is x where that is +Inf or NaN
	}
	y = b.sel(b.eq(u, zero), b.float(-inf), y)
	y = b.sel(b.lt(u, zero), b.float(nan), y)
	return b.sel(b.nle(x, b.float(b.of(math.MaxFloat32, math.MaxFloat64))), x, y)
}

// tanhProgram is Tanh.
func tanhProgram(b *builder, x val) val {
	a := b.min(b.float(b.of(10, 20)), b.abs(x))
	z := b.mul(a, a)
	var d, u val
	if b.d.size == 4 {
		m := b.float(b.magic() + b.bias())
		t := b.fma(a, b.float(2*0x1.715476p0), m)
		r := b.fma(b.sub(t, m), b.float(-0x1.62e43p-2), a)
		p := b.horner(r, 0x1.694cc6p-4, 0x1.124a4p-2, 0x1.5558acp-1, 0x1.555486p+0, 0x1.000002p+1, 2, 1)
		d = b.fma(p, pow2(b, t), b.float(1))
		u = b.horner(z, -0x1.7806d8p-12, 0x1.2db79ep-9, -0x1.04675p-7, 0x1.600bd6p-6, -0x1.b96288p-5, 0x1.110be6p-3, -0x1.55553cp-2)
	} else {
		t, _, r := reduceExp(b, b.add(a, a), b.bias())
		p := b.fma(expTail(b, r), r, b.float(1))
		d = b.fma(b.fma(p, r, b.float(1)), pow2(b, t), b.float(1))
		u = b.horner(z, 0x1.abf8522203b10p-15, -0x1.b906628f39df4p-13, 0x1.2fa1fd4af3701p-11, -0x1.7cf3a44245f0bp-10,
			0x1.d6c61aea98175p-9, -0x1.226ddd2fb0e60p-7, 0x1.664f45c1d6af7p-6, -0x1.ba1ba1ad6b40bp-5, 0x1.11111111028ddp-3, -0x1.555555555549dp-2)
	}
	large := b.sub(b.float(1), b.div(b.float(2), d))
	small := b.fma(b.mul(z, u), a, a)
	return withSign(b, b.sel(b.ge(a, b.float(b.of(1, 0.55))), large, small), x)
}

// sigmoidProgram is Sigmoid.
func sigmoidProgram(b *builder, x val) val {
	if b.d.size == 4 {
		x = b.min(b.float(30), b.max(b.float(-104), x))
		m := b.float(b.magic() + 63)
		t := b.fma(x, b.float(-0x1.715476p0), m)
		n := b.sub(t, m)
		r := b.fma(n, b.float(0x1.7f7d1cp-20), b.fma(n, b.float(0x1.62e4p-1), x))
		p := b.horner(r, 0x1.694cc6p-10, -0x1.123986p-7, 0x1.555a26p-5, -0x1.555492p-3, 0x1.fffffap-2, -1, 1)
		h := b.float(0x1p-64)
		return b.div(h, b.fma(p, pow2(b, t), h))
	}
	x = b.neg(b.min(b.float(40), b.max(b.float(-746), x)))
	t, _, r := reduceExp(b, x, 511)
	q := b.fma(b.mul(r, r), expTail(b, r), r)
	s, h := pow2(b, t), b.float(0x1p-512)
	high, low := b.max(s, h), b.min(s, h)
	sum := b.add(s, h)
	d := b.fma(q, s, sum)
	e := b.add(b.fma(q, s, b.sub(sum, d)), b.sub(low, b.sub(sum, high)))
	y := b.div(h, d)
	v := b.fma(e, y, b.fma(d, y, b.float(-0x1p-512)))
	return b.fma(b.mul(v, b.float(-0x1p512)), y, y)
}

// erfProgram is Erf.
func erfProgram(b *builder, x val) val {
	a := b.min(b.float(b.of(4, 6)), b.abs(x))
	z := b.mul(a, a)
	var e, u val
	if b.d.size == 4 {
		e = b.horner(a, -0x1.26b50ep-16, 0x1.9526f6p-12, -0x1.ff2e5ap-9, 0x1.8e23acp-6, -0x1.b5a7ap-4, -0x1.450374p-1, -0x1.07a57p-3)
		u = b.horner(z, -0x1.3fc37ap-11, 0x1.4890acp-8, -0x1.b6c27ep-6, 0x1.ce1df4p-4, -0x1.8126f8p-2, 0x1.06eba6p-3)
	} else {
		e = b.horner(a, 0x1.f3a15d96cb720p-40, -0x1.54f62f8dea626p-34, 0x1.b40373460233fp-30, -0x1.5aee4dd1b1ae2p-26,
			0x1.8062f7846bc44p-23, -0x1.39aee40d667a9p-20, 0x1.836e582d59841p-18, -0x1.6b0abcde7ba7ep-16, 0x1.f22ba278a00a9p-15,
			-0x1.ad44497b2c738p-14, 0x1.942a64f546d3ep-17, 0x1.25f26ee6ef650p-11, -0x1.b81d7ca765cbfp-10, 0x1.a75c1a9bd9413p-13,
			0x1.396f0e9ed0d28p-6, -0x1.a4f5307fc3c88p-4, -0x1.45f306fb4a8e9p-1, -0x1.06eba76e7abbep-3)
		u = b.horner(z, -0x1.deca89ea935b8p-31, 0x1.e6459d47fcb92p-27, -0x1.5dfa4ee9971a0p-23, 0x1.b9c89e3b21979p-20,
			-0x1.f4d0eb8c03685p-17, 0x1.f9a31e118f63cp-14, -0x1.c02db402b052ep-11, 0x1.565bcd102c26fp-8, -0x1.b82ce312a0bc7p-6,
			0x1.ce2f21a0434a5p-4, -0x1.812746b0379fcp-2, 0x1.06eba8214db69p-3)
	}
	v := b.fma(e, a, b.neg(a))
	m := b.float(b.magic() + 3*b.bias() + 2) // the exponent of 2^n, and its sign bit
	t := b.fma(v, b.float(b.of(0x1.715476p0, 0x1.71547652b82fep0)), m)
	r := b.fma(b.sub(t, m), b.float(-b.of(0x1.62e43p-1, math.Ln2)), v)
	p := b.fma(expTail(b, r), r, b.float(1))
	p = b.fma(p, r, b.float(1))
	large := b.fma(p, pow2(b, t), b.float(1))
	small := b.fma(u, a, a)
	return withSign(b, b.sel(b.ge(a, b.float(b.of(float64(float32(0.9)), 0.9))), large, small), x)
}

// rsqrtProgram is Rsqrt.
func rsqrtProgram(b *builder, x val) val { return b.div(b.float(1), b.sqrt(x)) }
