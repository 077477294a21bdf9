package asm

import "math"

// The pieces that activations are made of, as generic code; gen/act.go follows them
// step by step.

// pick is a constant of the type.
func pick[T Float](single float32, double float64) T {
	if is32[T]() {
		return T(single)
	}
	return T(double)
}

// atLeast is lo > x ? lo : x; NaN passes.
func atLeast[T Float](x, lo T) T {
	if lo > x {
		return lo
	}
	return x
}

// clamp is x moved to between lo and hi; NaN passes.
func clamp[T Float](x, lo, hi T) T {
	x = atLeast(x, lo)
	if hi < x {
		x = hi
	}
	return x
}

// expSplit is x = n·ln2 + r with an integer n and |r| <= ln2/2, and s = 2^(n+k), which
// has to be a normal number.
func expSplit[T Float](x, k T) (r, s T) {
	magic := pick[T](magic32+127, magic64+1023) + k
	t := FMA(x, pick[T](log2e32, log2e64), magic)
	n := t - magic
	r = FMA(n, -pick[T](ln2Hi32, ln2Hi64), x)
	return FMA(n, -pick[T](ln2Lo32, ln2Lo64), r), toExponent(t)
}

// toExponent moves the low bits of t to where the exponent is.
func toExponent[T Float](t T) T {
	if is32[T]() {
		return T(math.Float32frombits(math.Float32bits(float32(t)) << 23))
	}
	return T(math.Float64frombits(math.Float64bits(float64(t)) << 52))
}

// expTail is (e^r - 1 - r)/r² for |r| <= ln2/2.
func expTail[T Float](r T) T {
	if is32[T]() {
		return T(expTail32(float64(r)))
	}
	return T(expTail64(float64(r)))
}

// expSmall is e^r for |r| <= ln2/2.
func expSmall[T Float](r T) T { return FMA(FMA(expTail(r), r, 1), r, 1) }

// expm1Neg is e^x - 1 for x <= 0 or NaN. One step of reduction will do: where n is large
// the result is near -1.
func expm1Neg[T Float](x T) T {
	x = atLeast(x, pick[T](-20, -40))
	magic := pick[T](magic32+127, magic64+1023)
	t := FMA(x, pick[T](log2e32, log2e64), magic)
	r := FMA(t-magic, -pick[T](math.Ln2, math.Ln2), x)
	s := toExponent(t)
	return FMA(FMA(T(r*r), expTail(r), r), s, s-1)
}

// logTail is (log(1+f) - f)/f² for -1/4 <= f <= 1/2.
func logTail[T Float](f T) T {
	if is32[T]() {
		return T(logTail32(float64(f)))
	}
	return T(logTail64(float64(f)))
}

// withSign is y, which has none, with the sign of x.
func withSign[T Float](y, x T) T {
	if is32[T]() {
		return T(math.Float32frombits(math.Float32bits(float32(y)) | math.Float32bits(float32(x))&(1<<31)))
	}
	return T(math.Float64frombits(math.Float64bits(float64(y)) | math.Float64bits(float64(x))&(1<<63)))
}
