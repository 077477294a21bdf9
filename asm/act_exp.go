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

// softplus is max(x, 0) + log(1+e) with e = e^-|x|; the logarithm is log(1/k) + log(1+f) with
// 1+f = k(1+e) where e >= 1/2. In float64 k is such that log(1/k) is next to a number.
func softplus[T Float](x T) T {
	e := expDown(-abs(x))
	f, c := e, T(0)
	if e >= 0.5 {
		k := pick[T](0.5, 0x1.55d4e2ed4489dp-1)
		f, c = FMA(e, k, k-1), pick[T](0x1.62e43p-1, 0x1.9db3dd71e56ebp-2)
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

// silu is x/(1+e^-x).
func silu[T Float](x T) T {
	c := atLeast(x, pick[T](-110, -752))
	r, s := expSplit(-c, pick[T](-40, -72))
	return gated(x, c, pick[T](30, 40), r, s)
}

// gated is c/(1 + e^r·s) but x where that is greater than most: the quotient may be anything
// there. The divisor is kept times 2^-k, as s comes, for it goes beyond the greatest number. In
// float64 it is s + h and the rest, with what the rounding of that sum takes away.
func gated[T Float](x, c, most, r, s T) T {
	h := pick[T](0x1p-40, 0x1p-72)
	var d T
	if is32[T]() {
		d = FMA(expSmall(r), s, h)
	} else {
		sum := s + h
		d = sum + FMA(FMA(T(r*r), expTail(r), r), s, h-(sum-s))
	}
	y := T(c / d * h)
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
	var y T
	if is32[T]() {
		up := T(expSmall(r) * s)
		n := FMA(up, T(up*down), up+up)
		y = T(T(c*(n/FMA(n, down, 2))) * down)
	} else {
		y = T(float64(c) * mishGate64(float64(r), float64(s)))
		y = T(y * -down)
	}
	if x > pick[T](10, 20) { // y may be anything there
		y = x
	}
	return y
}

// mishGate64 is -n/(n+2)·2^k, where the roundings of e, n, n+2 and the quotient are made
// good.
func mishGate64(r, s float64) float64 {
	const down = 0x1p-72
	q := fma64(expTail64(r), r, 1)
	p := fma64(q, r, 1)
	up := float64(p * s)
	two, square := up+up, float64(up*down)
	n := fma64(up, square, two)
	low := fma64(fma64(q, r, 1-p), two, fma64(up, square, two-n)) // without e times the first
	d := fma64(n, down, 2)
	dLow := fma64(low, down, fma64(n, down, 2-d))
	w := -1 / d
	y := float64(n * w)
	return fma64(fma64(y, dLow, fma64(y, d, n))+low, w, y)
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
