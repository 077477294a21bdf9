package asm

import "math"

// Log returns the natural logarithm. Error: float32 at most 0.92 ULP (every
// input), float64 at most 0.92 ULP (sampled). Log(±0) is -Inf, of what is negative
// NaN; NaN and +Inf return themselves.
func Log[T Float](x T) T {
	if is32[T]() {
		return T(log32(float64(x)))
	}
	return T(log64(float64(x)))
}

// x = 2^k·m with m in [3/4, 3/2), f = m-1.
func log32(x float64) float64 {
	b := math.Float64bits(x)
	i := int64(b - 0x3fe8000000000000)
	y := logOf32(float64(i>>52), math.Float64frombits(b-uint64(i)&0xfff0000000000000)-1)
	if x == 0 {
		y = math.Inf(-1)
	}
	if x < 0 {
		y = math.NaN()
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
	y := logOf64(k, f)
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

// logOf32 is k·ln2 + log(1+f) for -1/4 <= f <= 1/2 as k·ln2 + f + f²·q(f). The
// rounding of the large sum a is recovered in d.
func logOf32(k, f float64) float64 {
	a := fmaIn64(k, ln2Hi32, f)
	d := fmaIn64(k, -ln2Hi32, a)
	w := fmaIn64(k, ln2Lo32, float64(float32(f-d)))
	return a + fmaIn64(logTail32(f), float64(float32(f*f)), w)
}

func logOf64(k, f float64) float64 {
	a := fma64(k, ln2Hi64, f)
	d := fma64(k, -ln2Hi64, a)
	w := fma64(k, ln2Lo64, f-d)
	return a + fma64(logTail64(f), float64(f*f), w)
}

// logTail32 is (log(1+f) - f)/f² for -1/4 <= f <= 1/2.
func logTail32(f float64) float64 {
	q := fmaIn64(-0x1.721d3ep-5, f, 0x1.ad4188p-4)
	q = fmaIn64(q, f, -0x1.0db586p-3)
	q = fmaIn64(q, f, 0x1.28852ep-3)
	q = fmaIn64(q, f, -0x1.54eb54p-3)
	q = fmaIn64(q, f, 0x1.9968fp-3)
	q = fmaIn64(q, f, -0x1.00004ep-2)
	q = fmaIn64(q, f, 0x1.5555a6p-2)
	return fmaIn64(q, f, -0x1p-1)
}

func logTail64(f float64) float64 {
	q := fma64(0x1.07f187e2513cbp-7, f, -0x1.e0dd29f2d87b0p-6)
	q = fma64(q, f, 0x1.9faa7832b0808p-5)
	q = fma64(q, f, -0x1.e9a65e96d1deap-5)
	q = fma64(q, f, 0x1.f2aba7908e998p-5)
	q = fma64(q, f, -0x1.ffef9a1450174p-5)
	q = fma64(q, f, 0x1.101193240f8d6p-4)
	q = fma64(q, f, -0x1.2463bb1dc1942p-4)
	q = fma64(q, f, 0x1.3b1ff62deb8a4p-4)
	q = fma64(q, f, -0x1.555983a7f7a83p-4)
	q = fma64(q, f, 0x1.745ce3803a4efp-4)
	q = fma64(q, f, -0x1.99996e060e0cfp-4)
	q = fma64(q, f, 0x1.c71c70ed24e8fp-4)
	q = fma64(q, f, -0x1.000000781a432p-3)
	q = fma64(q, f, 0x1.24924929f8d7fp-3)
	q = fma64(q, f, -0x1.55555553fd61ap-3)
	q = fma64(q, f, 0x1.999999998965fp-3)
	q = fma64(q, f, -0x1.0000000000dcdp-2)
	q = fma64(q, f, 0x1.55555555555c4p-2)
	return fma64(q, f, -0x1.ffffffffffffbp-2)
}

// Log1p returns log(1+x), with its relative accuracy next to 0. Error: float32 at most 0.92
// ULP (every input), float64 at most 0.93 ULP (sampled).
// Log1p(-1) is -Inf, of what is less NaN, Log1p(±0) is ±0; NaN and +Inf return themselves.
func Log1p[T Float](x T) T {
	if is32[T]() {
		return T(log1p32(float64(x)))
	}
	return T(log1p64(float64(x)))
}

// 1+x = 2^k·m as in Log, up to its rounding, and f = x·2^-k + (2^-k - 1) is m-1
// without it.
func log1p32(x float64) float64 {
	u := float64(float32(1 + x))
	switch {
	case u == 0:
		return math.Inf(-1)
	case u < 0:
		return math.NaN()
	case !(x <= math.MaxFloat32) || x == 0:
		return x
	}
	j := math.Float64bits(u) + 0x8000000000000
	e := j & 0xfff0000000000000
	s := math.Float64frombits(0x7fe0000000000000 - e) // 2^-k
	f := float64(x*s) + float64(float32(s-1))
	return logOf32(float64(int64(j>>52)-1023), float64(float32(f)))
}

func log1p64(x float64) float64 {
	u := 1 + x
	switch {
	case u == 0:
		return math.Inf(-1)
	case u < 0:
		return math.NaN()
	case !(x <= math.MaxFloat64) || x == 0:
		return x
	}
	j := math.Float64bits(u) + 0x8000000000000
	e := j & 0xfff0000000000000
	k := float64(int64(j>>52) - 1023)
	s := math.Float64frombits(0x8000000000000000 - e)
	f := math.Float64frombits(math.Float64bits(x)-(e-0x3ff0000000000000)) + fma64(s, 0.25, -1)
	return logOf64(k, f)
}
