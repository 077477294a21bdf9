package asm

// Plain bodies of the activations and gradients with an exponential. What is below where
// results become 0 is moved there first.

func eluGeneric[T Float](dst, x []T, in, neg, pos T) {
	x = x[:len(dst):len(x)]
	for i, v := range x {
		dst[i] = choose(v < 0, T(neg*expm1Neg(T(in*v))), T(pos*v))
	}
}

func eluGradGeneric[T Float](dx, dy, y []T, c, d, pos T) {
	dy, y = dy[:len(dx):len(dy)], y[:len(dx):len(y)]
	for i, v := range y {
		dx[i] = T(dy[i] * choose(v > 0, pos, FMA(v, c, d)))
	}
}

func softplusGeneric[T Float](dst, x []T) {
	x = x[:len(dst):len(x)]
	for i, v := range x {
		dst[i] = softplus(v)
	}
}

// expDown is e^x for x <= 0 or NaN, with gradual underflow.
func expDown[T Float](x T) T {
	r, s := expSplit(atLeast(x, pick[T](-104, -746)), pick[T](40, 72))
	return T(T(expSmall(r)*s) * pick[T](0x1p-40, 0x1p-72))
}

// softplus is max(x, 0) + log(1+e) with e = e^-|x|; the logarithm is ln2 + log(1+f) with
// 2(1+f) = 1+e where e >= 1/2.
func softplus[T Float](x T) T {
	e := expDown(-abs(x))
	f, c := e, T(0)
	if e >= 0.5 {
		f, c = FMA(e, 0.5, -0.5), pick[T](0x1.62e43p-1, 0x1.62e42fefa39efp-1)
	}
	m := T(0)
	if x > 0 {
		m = x
	}
	return m + (c + FMA(logTail(f), T(f*f), f))
}

func softplusGradGeneric[T Float](dx, dy, y []T) {
	dy, y = dy[:len(dx):len(dy)], y[:len(dx):len(y)]
	for i, v := range y {
		dx[i] = T(dy[i] * (0 - expm1Neg(-v)))
	}
}

func siluGeneric[T Float](dst, x []T) {
	x = x[:len(dst):len(x)]
	for i, v := range x {
		dst[i] = silu(v)
	}
}

// silu is x/(1+e^-x), the divisor times 2^-k: it goes beyond the greatest number.
func silu[T Float](x T) T {
	c := atLeast(x, pick[T](-110, -752))
	r, s := expSplit(-c, pick[T](-40, -72))
	return gated(x, c, pick[T](30, 40), FMA(expSmall(r), s, pick[T](0x1p-40, 0x1p-72)))
}

// gated is c/d·2^-k for a divisor d as silu has, but x where that is greater than most:
// d may be anything there.
func gated[T Float](x, c, most, d T) T {
	y := T(c / d * pick[T](0x1p-40, 0x1p-72))
	if x > most {
		y = x
	}
	return y
}

func siluGradGeneric[T Float](dx, dy, x []T) {
	dy, x = dy[:len(dx):len(dy)], x[:len(dx):len(x)]
	for i, v := range x {
		dx[i] = T(dy[i] * siluSlope(v))
	}
}

// siluSlope is s·(1 + x·(1-s)) with s = 1/(1+e^-x).
func siluSlope[T Float](x T) T {
	x = clamp(x, pick[T](-110, -752), pick[T](30, 45))
	s, rest := gate(x)
	return T(s * FMA(x, rest, 1))
}

// gate is s = 1/(1+e^-v) and 1-s, for v from -112 to 45, in float64 from -752 on. Where v is
// so far below 0 that s is 0, so is 1-s.
func gate[T Float](v T) (s, rest T) {
	h := pick[T](0x1p-64, 0x1p-128)
	r, e := expSplit(-v, pick[T](-64, -128))
	e = T(expSmall(r) * e)
	s = h / (e + h)
	return s, T(T(e*s) * pick[T](0x1p64, 0x1p128))
}

func mishGeneric[T Float](dst, x []T) {
	x = x[:len(dst):len(x)]
	for i, v := range x {
		dst[i] = mish(v)
	}
}

// mish is x·tanh(log(1+e)) = x·n/(n+2) with e = e^x, n = e(e+2). n is kept times 2^k, for
// results that are small.
func mish[T Float](x T) T {
	down := pick[T](0x1p-40, 0x1p-72)
	c := atLeast(x, pick[T](-110, -752))
	r, s := expSplit(c, pick[T](40, 72))
	up := T(expSmall(r) * s)
	n := FMA(up, T(up*down), up+up)
	y := T(T(c*(n/FMA(n, down, 2))) * down)
	if x > pick[T](10, 20) { // y may be anything there
		y = x
	}
	return y
}

func mishGradGeneric[T Float](dx, dy, x []T) {
	dy, x = dy[:len(dx):len(dy)], x[:len(dx):len(x)]
	for i, v := range x {
		dx[i] = T(dy[i] * mishSlope(v))
	}
}

// mishSlope is (n + 4x·e(e+1)·w)·w with w = 1/(n+2).
func mishSlope[T Float](x T) T {
	x = clamp(x, pick[T](-110, -752), pick[T](20, 40))
	r, s := expSplit(x, pick[T](40, 72))
	e := T(T(expSmall(r)*s) * pick[T](0x1p-40, 0x1p-72))
	n := T(e * (e + 2))
	w := 1 / (n + 2)
	return T(FMA(T(4*x), T(FMA(e, e, e)*w), n) * w)
}
