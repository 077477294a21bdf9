package main

import "math"

// bounded is x moved to between lo and hi; NaN passes.
func bounded(b *builder, x val, lo, hi float64) val {
	return b.min(b.float(hi), b.max(b.float(lo), x))
}

// expSplit is x = n·ln2 + r and s = 2^(n+k).
func expSplit(b *builder, x val, k float64) (r, s val) {
	t, _, r := reduceExp(b, x, b.bias()+k)
	return r, pow2(b, t)
}

// expSmall is e^r for |r| <= ln2/2.
func expSmall(b *builder, r val) val {
	return b.fma(b.fma(expTail(b, r), r, b.float(1)), r, b.float(1))
}

// expm1Neg is e^x - 1 for x <= 0.
func expm1Neg(b *builder, x val) val {
	x = b.max(b.float(b.of(-20, -40)), x)
	m := b.float(b.magic() + b.bias())
	t := b.fma(x, b.float(b.of(0x1.715476p0, 0x1.71547652b82fep0)), m)
	r := b.fma(b.sub(t, m), b.float(-math.Ln2), x)
	s := pow2(b, t)
	return b.fma(b.fma(b.mul(r, r), expTail(b, r), r), s, b.sub(s, b.float(1)))
}

// downBy is the exponent that small results are kept greater by.
func downBy(b *builder) float64 { return b.of(40, 72) }
func down(b *builder) val       { return b.float(b.of(0x1p-40, 0x1p-72)) }

func softplusProgram(b *builder, x val) val {
	a := b.max(b.float(b.of(-104, -746)), b.neg(b.abs(x)))
	r, s := expSplit(b, a, downBy(b))
	e := b.mul(b.mul(expSmall(b, r), s), down(b))
	large := b.le(b.float(0.5), e)
	k := b.of(0.5, 0x1.55d4e2ed4489dp-1)
	f := b.sel(large, b.fma(e, b.float(k), b.float(k-1)), e)
	c := b.keep(large, b.float(b.of(0x1.62e43p-1, 0x1.9db3dd71e56ebp-2)))
	c = b.add(c, b.fma(logTail(b, f), b.mul(f, f), f))
	return b.add(b.max(x, b.constant(0)), c)
}

func siluProgram(b *builder, x val) val {
	c := b.max(b.float(b.of(-110, -752)), x)
	r, s := expSplit(b, b.neg(c), -downBy(b))
	return gated(b, x, c, b.of(30, 40), r, s)
}

func gated(b *builder, x, c val, most float64, r, s val) val {
	h := down(b)
	var d val
	if b.d.size == 4 {
		d = b.fma(expSmall(b, r), s, h)
	} else {
		q := b.fma(b.mul(r, r), expTail(b, r), r)
		sum := b.add(s, h)
		d = b.add(sum, b.fma(q, s, b.sub(h, b.sub(sum, s))))
	}
	return b.sel(b.gt(x, b.float(most)), x, b.mul(b.div(c, d), h))
}

func gate(b *builder, v val) (s, rest val) {
	h := b.float(b.of(0x1p-64, 0x1p-128))
	r, e := expSplit(b, b.neg(v), b.of(-64, -128))
	e = b.mul(expSmall(b, r), e)
	s = b.div(h, b.add(e, h))
	return s, b.mul(b.mul(e, s), b.float(b.of(0x1p64, 0x1p128)))
}

func siluSlope(b *builder, x val) val {
	x = bounded(b, x, b.of(-110, -752), b.of(30, 45))
	s, rest := gate(b, x)
	return b.mul(s, b.fma(x, rest, b.float(1)))
}

func mishProgram(b *builder, x val) val {
	c := b.max(b.float(b.of(-110, -752)), x)
	r, s := expSplit(b, c, downBy(b))
	var y val
	if b.d.size == 4 {
		up := b.mul(expSmall(b, r), s)
		n := b.fma(up, b.mul(up, down(b)), b.add(up, up))
		y = b.mul(b.mul(c, b.div(n, b.fma(n, down(b), b.float(2)))), down(b))
	} else {
		y = b.mul(b.mul(c, mishGate64(b, r, s)), b.float(-0x1p-72))
	}
	return b.sel(b.gt(x, b.float(b.of(10, 20))), x, y)
}

func mishGate64(b *builder, r, s val) val {
	p, pLow := expSmall64(b, r)
	up := b.mul(p, s)
	twice, square := b.add(up, up), b.mul(up, down(b))
	n := b.fma(up, square, twice)
	low := b.fma(pLow, twice, b.fma(up, square, b.sub(twice, n)))
	two := b.float(2)
	d := b.fma(n, down(b), two)
	dLow := b.fma(low, down(b), b.fma(n, down(b), b.sub(two, d)))
	w := b.div(b.float(-1), d)
	y := b.mul(n, w)
	return b.fma(b.add(b.fma(y, dLow, b.fma(y, d, n)), low), w, y)
}

// expSmall64 is expSmall and what its last rounding takes away.
func expSmall64(b *builder, r val) (p, low val) {
	one := b.float(1)
	q := b.fma(expTail(b, r), r, one)
	p = b.fma(q, r, one)
	return p, b.fma(q, r, b.sub(one, p))
}

func mishSlope(b *builder, x val) val {
	x = bounded(b, x, b.of(-110, -752), b.of(20, 40))
	r, s := expSplit(b, x, downBy(b))
	e := b.mul(b.mul(expSmall(b, r), s), down(b))
	n := b.mul(e, b.add(e, b.float(2)))
	w := b.div(b.float(1), b.add(n, b.float(2)))
	return b.mul(b.fma(b.mul(b.float(4), x), b.mul(b.fma(e, e, e), w), n), w)
}

func normalTail(b *builder, c val) val {
	if b.d.size == 4 {
		return b.horner(c, 0x1.2c9d7cp-13, 0x1.def2fcp-12, 0x1.1684bap-12, -0x1.0cebccp-10, -0x1.64acf8p-9, -0x1.406182p-9,
			0x1.0597c2p-8, 0x1.21104cp-6, 0x1.25358p-6, -0x1.d70140p-5, -0x1.8f904ep-3, 0x1.3c1440p-1)
	}
	g, h, z := normalTail64(b, c)
	return b.fma(h, c, b.fma(g, z, b.float(normalTail0)))
}

const normalTail0 = 0x1.3c144030e6e09p-1

func normalTail64(b *builder, c val) (g, h, z val) {
	z = b.mul(c, c)
	g = b.horner(z, -0x1.a2a282f825615p-23, 0x1.8c2822006407ap-21, 0x1.66d9ff7aa8789p-24, -0x1.ed540a2d59a88p-19, 0x1.bfd4d424b8ce8p-19, 0x1.6f737e81f94a5p-19,
		0x1.428d196de22e6p-17, -0x1.956dcd8f340f2p-16, -0x1.fe5fbb6369436p-15, 0x1.dee513579bfd7p-14, 0x1.b99b66b9ea72ap-12, -0x1.13d4f23397d09p-10,
		-0x1.3de14d61f579p-9, 0x1.20ffab32f0632p-6, -0x1.d700b3f738c9ap-5)
	h = b.horner(z, -0x1.0578ffddd4f39p-21, 0x1.83149d4f6fc11p-19, -0x1.9ab20051cf7c1p-18, 0x1.36eb6bcc0ac15p-18, -0x1.32b8ad13f0b78p-19, 0x1.7ebdc7bfe989bp-17,
		-0x1.ab2c444f5ae89p-19, -0x1.a2158d0207f53p-15, -0x1.321ca50f8537p-16, 0x1.4a5eba18591a9p-12, 0x1.58f61aa2198d3p-14, -0x1.5971757521ff7p-9,
		0x1.045092ed9a909p-8, 0x1.253dbbc61e96cp-6, -0x1.8f90561ae5cebp-3)
	return g, h, z
}

// gaussSplit is -a²/2 = n·ln2 + r/-2 and s = 2^(n+k): the parts of the exponent times -2 all
// along give the same bits.
func gaussSplit(b *builder, a val) (r, s val) {
	h := b.mul(a, a)
	l := b.fma(a, a, b.neg(h))
	m := b.float(b.magic() + b.bias() + downBy(b))
	t := b.fma(h, b.float(b.of(-0x1.715476p-1, -0x1.71547652b82fep-1)), m)
	n := b.sub(t, m)
	r = b.fma(n, b.float(2*b.of(0x1.62e4p-1, 0x1.62e42fefa38p-1)), h)
	return b.add(r, b.fma(n, b.float(2*b.of(0x1.7f7d1cp-20, 0x1.ef35793c7673p-45)), l)), pow2(b, t)
}

// gaussSmall is e^(r/-2) = 1 + q·r.
func gaussSmall(b *builder, r val) (p, q val) {
	c := []float64{0x1.694cc6p-10, 0x1.123986p-7, 0x1.555a26p-5, 0x1.555492p-3, 0x1.fffffap-2} // of expTail
	if b.d.size == 8 {
		c = []float64{0x1.ad9c04d193c8ep-26, 0x1.28ae1f55e92ebp-22, 0x1.71df133af5381p-19, 0x1.a019993df1f33p-16, 0x1.a01a01327da47p-13,
			0x1.6c16c18481032p-10, 0x1.1111111126385p-7, 0x1.555555555069ep-5, 0x1.55555555555p-3, 0x1.000000000000ap-1}
	}
	for i := range c {
		c[i] = math.Ldexp(c[i], i-1-len(c))
		if (i-len(c))%2 == 0 {
			c[i] = -c[i]
		}
	}
	q = b.horner(r, append(c, -0.5)...)
	return b.fma(q, r, b.float(1)), q
}

func geluProgram(b *builder, x val) val {
	a := b.min(b.float(b.of(14.7, 38.7)), b.abs(x))
	var w val
	if b.d.size == 4 {
		r, s := gaussSplit(b, a)
		p, _ := gaussSmall(b, r)
		q := b.div(a, b.add(a, b.float(1.5)))
		w = b.mul(b.mul(q, normalTail(b, b.fma(q, b.float(2), b.float(-1)))), b.mul(p, s))
		w = b.fma(w, b.float(-0x1p-40), b.max(x, b.constant(0)))
	} else {
		w = b.fma(geluGate64(b, a), b.float(0x1p-72), b.max(x, b.constant(0)))
	}
	return withSign(b, w, x)
}

func geluGate64(b *builder, a val) val {
	one, most := b.float(1.5), b.float(normalTail0)
	d := b.add(a, one)
	w := b.div(b.float(-1), d)
	q := b.mul(a, w)
	qLow := b.mul(b.fma(q, b.sub(a, b.sub(d, one)), b.fma(q, d, a)), w)
	c := b.fma(q, b.float(-2), b.float(-1))
	g, h, z := normalTail64(b, c)
	even := b.fma(g, z, most)
	t := b.fma(h, c, even)
	tLow := b.add(b.fma(h, c, b.sub(even, t)), b.fma(g, z, b.fma(qLow, b.float(0.39), b.sub(most, even))))
	r, s := gaussSplit(b, a)
	p, e := gaussSmall(b, r)
	m := b.mul(q, t)
	mLow := b.fma(qLow, t, b.fma(q, tLow, b.fma(q, t, b.neg(m))))
	pLow := b.fma(e, r, b.sub(b.float(1), p))
	return b.mul(b.fma(m, p, b.fma(m, pLow, b.mul(mLow, p))), s)
}

func geluSlope(b *builder, x val) val {
	a := b.min(b.float(b.of(14.7, 38.7)), b.abs(x))
	one := b.float(1)
	u := b.div(one, b.add(a, b.float(1.5)))
	t := b.mul(u, normalTail(b, b.fma(u, b.float(-3), one)))
	t = b.fma(a, b.float(-b.of(0x1.988454p-2, 0x1.9884533d43651p-2)), t)
	r, s := gaussSplit(b, a)
	p, _ := gaussSmall(b, r)
	t = b.mul(b.mul(t, b.mul(p, s)), down(b))
	return b.sel(b.lt(x, b.constant(0)), t, b.sub(one, t))
}

func geluTanhProgram(b *builder, x val) val {
	a := b.max(b.float(b.of(-11, -21.6)), x)
	h := b.mul(a, a)
	l := b.fma(a, a, b.neg(h))
	aHi, k := b.float(b.of(0x1.98845p+0, 0x1.9884533d4366p+0)), b.float(b.of(0x1.2444f2p-4, 0x1.2444f2a4d8b4bp-4))
	c := b.fma(k, h, aHi)
	d := b.fma(k, h, b.sub(aHi, c))
	d = b.add(d, b.fma(b.float(b.of(0x1.49b16ap-29, -0x1.6c843a29d1c7p-61)), h, b.float(b.of(0x1.9ea1b2p-23, -0x1.ee5e069875fe9p-49))))
	d = b.fma(k, l, d)
	v := b.neg(b.mul(a, c))
	w := b.fma(a, d, b.fma(a, c, v))
	r, s := expSplit(b, v, -downBy(b))
	return gated(b, x, a, b.of(5.5, 7.5), b.sub(r, w), s)
}

func geluTanhSlope(b *builder, x val) val {
	x = bounded(b, x, b.of(-11, -21.6), b.of(6, 9))
	h := b.mul(x, x)
	a := b.float(b.of(0x1.988454p+0, 0x1.9884533d43651p+0))
	s, rest := gate(b, b.mul(x, b.fma(b.float(b.of(0x1.2444f2p-4, 0x1.2444f2a4d8b4bp-4)), h, a)))
	v := b.mul(x, b.fma(b.float(b.of(0x1.b6676cp-3, 0x1.b6676bf7450fp-3)), h, a))
	return b.mul(s, b.fma(v, rest, b.float(1)))
}
