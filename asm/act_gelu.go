package asm

// Plain bodies of GELU (Hendrycks and Gimpel 2016), x·Φ(x), Φ being the distribution of
// the normal, and of its approximation by tanh.

func geluGeneric[T Float](dst, x []T) {
	x = x[:len(dst):len(x)]
	for i, v := range x {
		dst[i] = gelu(v)
	}
}

// normalTail is Φ(-a)·e^(a²/2)·(a + 3/2) as a polynomial of c = (a-3/2)/(a+3/2), found by
// Remez's algorithm for a up to 14.7 and 38.7. It is flat, between 0.43 and 0.76, so
// that neither the rounding of c nor those of the polynomial count for much.
func normalTail[T Float](c T) T {
	if is32[T]() {
		x := float32(c)
		g := fma32(0x1.2c9d7cp-13, x, 0x1.def2fcp-12)
		g = fma32(g, x, 0x1.1684bap-12)
		g = fma32(g, x, -0x1.0cebccp-10)
		g = fma32(g, x, -0x1.64acf8p-9)
		g = fma32(g, x, -0x1.406182p-9)
		g = fma32(g, x, 0x1.0597c2p-8)
		g = fma32(g, x, 0x1.21104cp-6)
		g = fma32(g, x, 0x1.25358p-6)
		g = fma32(g, x, -0x1.d70140p-5)
		g = fma32(g, x, -0x1.8f904ep-3)
		return T(fma32(g, x, 0x1.3c1440p-1))
	}
	g, h, z := normalTail64(float64(c))
	return T(fma64(h, float64(c), fma64(g, z, normalTail0)))
}

// normalTail0 is the constant of the polynomial in float64.
const normalTail0 = 0x1.3c144030e6e09p-1

// normalTail64 is normalTail as h·c + (g·z + normalTail0) with z = c²: even and odd powers side
// by side are less to wait for.
func normalTail64(c float64) (g, h, z float64) {
	z = float64(c * c)
	g = fma64(-0x1.a2a282f825615p-23, z, 0x1.8c2822006407ap-21)
	h = fma64(-0x1.0578ffddd4f39p-21, z, 0x1.83149d4f6fc11p-19)
	g = fma64(g, z, 0x1.66d9ff7aa8789p-24)
	h = fma64(h, z, -0x1.9ab20051cf7c1p-18)
	g = fma64(g, z, -0x1.ed540a2d59a88p-19)
	h = fma64(h, z, 0x1.36eb6bcc0ac15p-18)
	g = fma64(g, z, 0x1.bfd4d424b8ce8p-19)
	h = fma64(h, z, -0x1.32b8ad13f0b78p-19)
	g = fma64(g, z, 0x1.6f737e81f94a5p-19)
	h = fma64(h, z, 0x1.7ebdc7bfe989bp-17)
	g = fma64(g, z, 0x1.428d196de22e6p-17)
	h = fma64(h, z, -0x1.ab2c444f5ae89p-19)
	g = fma64(g, z, -0x1.956dcd8f340f2p-16)
	h = fma64(h, z, -0x1.a2158d0207f53p-15)
	g = fma64(g, z, -0x1.fe5fbb6369436p-15)
	h = fma64(h, z, -0x1.321ca50f8537p-16)
	g = fma64(g, z, 0x1.dee513579bfd7p-14)
	h = fma64(h, z, 0x1.4a5eba18591a9p-12)
	g = fma64(g, z, 0x1.b99b66b9ea72ap-12)
	h = fma64(h, z, 0x1.58f61aa2198d3p-14)
	g = fma64(g, z, -0x1.13d4f23397d09p-10)
	h = fma64(h, z, -0x1.5971757521ff7p-9)
	g = fma64(g, z, -0x1.3de14d61f579p-9)
	h = fma64(h, z, 0x1.045092ed9a909p-8)
	g = fma64(g, z, 0x1.20ffab32f0632p-6)
	h = fma64(h, z, 0x1.253dbbc61e96cp-6)
	g = fma64(g, z, -0x1.d700b3f738c9ap-5)
	h = fma64(h, z, -0x1.8f90561ae5cebp-3)
	return g, h, z
}

// gaussSplit is a²/2 = h + l without rounding, and -a²/2 = n·ln2 + r, s = 2^(n+k).
func gaussSplit[T Float](a T) (r, s T) {
	h := T(a * a)
	l := FMA(a, a, -h)
	magic := pick[T](magic32+127+40, magic64+1023+72)
	t := FMA(h, -pick[T](log2e32/2, log2e64/2), magic)
	n := t - magic
	r = FMA(n, -pick[T](ln2Hi32, ln2Hi64), T(-0.5*h))
	return r + FMA(n, -pick[T](ln2Lo32, ln2Lo64), T(-0.5*l)), toExponent(t)
}

// gelu is max(x, 0) - a·Φ(-a) with a = |x|, so that nothing cancels. The part that may be
// tiny is kept times 2^k.
func gelu[T Float](x T) T {
	a := abs(x)
	if most := pick[T](14.7, 38.7); most < a {
		a = most
	}
	r, s := gaussSplit(a)
	var w T
	if is32[T]() {
		b := a / (a + 1.5)
		w = T(T(b*normalTail(FMA(b, 2, -1))) * T(expSmall(r)*-s))
	} else {
		w = T(geluGate64(float64(a), float64(r)) * float64(s))
	}
	m := T(0)
	if x > 0 {
		m = x
	}
	return withSign(FMA(w, pick[T](0x1p-40, 0x1p-72), m), x)
}

// geluGate64 is -b·t·p with b = a/(a+3/2), t = normalTail(2b-1), p = e^r. The roundings of each
// are made good, those of b in t by a mean slope.
func geluGate64(a, r float64) float64 {
	d := a + 1.5
	w := -1 / d
	b := float64(a * w) // from here on -b
	bLow := float64(fma64(b, a-(d-1.5), fma64(b, d, a)) * w)
	c := fma64(b, -2, -1)
	g, h, z := normalTail64(c)
	even := fma64(g, z, normalTail0)
	t := fma64(h, c, even)
	tLow := fma64(h, c, even-t) + fma64(g, z, fma64(bLow, 0.39, normalTail0-even))
	q := fma64(expTail64(r), r, 1)
	p := fma64(q, r, 1)
	m := float64(b * t)
	mLow := fma64(bLow, t, fma64(b, tLow, fma64(b, t, -m)))
	return fma64(m, p, fma64(m, fma64(q, r, 1-p), float64(mLow*p)))
}

func geluGradGeneric[T Float](dx, dy, x []T) {
	dy, x = dy[:len(dx):len(dy)], x[:len(dx):len(x)]
	for i, v := range x {
		dx[i] = T(dy[i] * geluSlope(v))
	}
}

// geluSlope is Φ(x) + x·φ(x): t = Φ(-a) - a·φ(a) below 0, 1 - t above.
func geluSlope[T Float](x T) T {
	a := abs(x)
	if most := pick[T](14.7, 38.7); most < a {
		a = most
	}
	r, s := gaussSplit(a)
	u := 1 / (a + 1.5)
	t := FMA(-a, pick[T](0x1.988454p-2, 0x1.9884533d43651p-2), T(u*normalTail(FMA(u, -3, 1))))
	t = T(T(t*T(expSmall(r)*s)) * pick[T](0x1p-40, 0x1p-72))
	if x < 0 {
		return t
	}
	return 1 - t
}

func geluTanhGeneric[T Float](dst, x []T) {
	x = x[:len(dst):len(x)]
	for i, v := range x {
		dst[i] = geluTanh(v)
	}
}

// geluTanh is x/(1+e^-v) with v = x·(A + B·x²): 1/2·(1+tanh u) is 1/(1+e^-2u). An error of
// v is one of the result times v, so v is a sum of two numbers: c and d are A + B·x²,
// v and w their product with x. A is cut to what makes c - A exact.
func geluTanh[T Float](x T) T {
	a := atLeast(x, pick[T](-11, -21.6))
	h := T(a * a)
	l := FMA(a, a, -h)
	aHi, b := pick[T](0x1.98845p+0, 0x1.9884533d4366p+0), pick[T](0x1.2444f2p-4, 0x1.2444f2a4d8b4bp-4)
	c := FMA(b, h, aHi)
	d := FMA(b, h, aHi-c) + FMA(pick[T](0x1.49b16ap-29, -0x1.6c843a29d1c7p-61), h, pick[T](0x1.9ea1b2p-23, -0x1.ee5e069875fe9p-49))
	d = FMA(b, l, d)
	v := T(a * c)
	w := FMA(a, d, FMA(a, c, -v))
	r, s := expSplit(-v, pick[T](-40, -72))
	return gated(x, a, pick[T](5.5, 7.5), r-w, s)
}

func geluTanhGradGeneric[T Float](dx, dy, x []T) {
	dy, x = dy[:len(dx):len(dy)], x[:len(dx):len(x)]
	for i, v := range x {
		dx[i] = T(dy[i] * geluTanhSlope(v))
	}
}

// geluTanhSlope is s + x·v'·s·(1-s) with s = 1/(1+e^-v).
func geluTanhSlope[T Float](x T) T {
	x = clamp(x, pick[T](-11, -21.6), pick[T](6, 9))
	h := T(x * x)
	a := pick[T](0x1.988454p+0, 0x1.9884533d43651p+0)
	s, rest := gate(T(x * FMA(pick[T](0x1.2444f2p-4, 0x1.2444f2a4d8b4bp-4), h, a)))
	return T(s * FMA(T(x*FMA(pick[T](0x1.b6676cp-3, 0x1.b6676bf7450fp-3), h, a)), rest, 1))
}
