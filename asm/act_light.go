package asm

import "math"

// Plain bodies of the activations and gradients that take a few operations.

func reluGeneric[T Float](dst, x []T) {
	x = x[:len(dst):len(x)]
	for i, v := range x {
		dst[i] = unless(v < 0, v)
	}
}

func reluGradGeneric[T Float](dx, dy, y []T) {
	dy, y = dy[:len(dx):len(dy)], y[:len(dx):len(y)]
	for i, v := range y {
		dx[i] = unless(!(v > 0), dy[i])
	}
}

// unless is zero ? 0 : v. The compiler has a conditional move for integers only,
// and a branch on the sign of noise is mispredicted every other time.
func unless[T Float](zero bool, v T) T {
	if is32[T]() {
		b := math.Float32bits(float32(v))
		if zero {
			b = 0
		}
		return T(math.Float32frombits(b))
	}
	b := math.Float64bits(float64(v))
	if zero {
		b = 0
	}
	return T(math.Float64frombits(b))
}

// choose is first ? v : w, without a branch either.
func choose[T Float](first bool, v, w T) T {
	if is32[T]() {
		b, c := math.Float32bits(float32(v)), math.Float32bits(float32(w))
		if first {
			c = b
		}
		return T(math.Float32frombits(c))
	}
	b, c := math.Float64bits(float64(v)), math.Float64bits(float64(w))
	if first {
		c = b
	}
	return T(math.Float64frombits(c))
}

func leakyReLUGeneric[T Float](dst, x []T, a T) {
	x = x[:len(dst):len(x)]
	for i, v := range x {
		dst[i] = choose(v < 0, T(a*v), v)
	}
}

func leakyReLUGradGeneric[T Float](dx, dy, y []T, a T) {
	dy, y = dy[:len(dx):len(dy)], y[:len(dx):len(y)]
	for i, v := range y {
		d := dy[i]
		dx[i] = choose(v > 0, d, T(a*d))
	}
}

func preluGeneric[T Float](dst, x, slope []T) {
	x, slope = x[:len(dst):len(x)], slope[:len(dst):len(slope)]
	for i, v := range x {
		dst[i] = choose(v < 0, T(slope[i]*v), v)
	}
}

func preluGradGeneric[T Float](dx, dy, x, slope []T) {
	dy, x, slope = dy[:len(dx):len(dy)], x[:len(dx):len(x)], slope[:len(dx):len(slope)]
	for i, v := range x {
		d := dy[i]
		dx[i] = choose(v > 0, d, T(slope[i]*d))
	}
}

func preluSlopeGeneric[T Float](dst, dy, x []T) {
	dy, x = dy[:len(dst):len(dy)], x[:len(dst):len(x)]
	for i, v := range x {
		dst[i] = unless(!(v < 0), T(dy[i]*v))
	}
}

func clampGradGeneric[T Float](dx, dy, y []T, a, lo, hi T) {
	dy, y = dy[:len(dx):len(dy)], y[:len(dx):len(y)]
	for i, v := range y {
		dx[i] = unless(!(lo < v && v < hi), T(a*dy[i]))
	}
}

func hardSigmoidGeneric[T Float](dst, x []T) {
	x = x[:len(dst):len(x)]
	for i, v := range x {
		dst[i] = T(clamp(v+3, 0, 6) * T(1.0/6))
	}
}

func stepGeneric[T Float](dst, x []T) {
	x = x[:len(dst):len(x)]
	for i, v := range x {
		dst[i] = unless(v < 0, choose(v >= 0, 1, v))
	}
}

func sigmoidGradGeneric[T Float](dx, dy, y []T) {
	dy, y = dy[:len(dx):len(dy)], y[:len(dx):len(y)]
	for i, v := range y {
		dx[i] = T(dy[i] * T(v*(1-v)))
	}
}

func tanhGradGeneric[T Float](dx, dy, y []T) {
	dy, y = dy[:len(dx):len(dy)], y[:len(dx):len(y)]
	for i, v := range y {
		dx[i] = T(dy[i] * T((1-v)*(1+v)))
	}
}

// softsignMost is where x/(1+|x|) has long been ±1.
const softsignMost = 0x1p60

func softsignGeneric[T Float](dst, x []T) {
	x = x[:len(dst):len(x)]
	for i, v := range x {
		v = clamp(v, -softsignMost, softsignMost)
		dst[i] = v / (1 + abs(v))
	}
}

func softsignGradGeneric[T Float](dx, dy, y []T) {
	dy, y = dy[:len(dx):len(dy)], y[:len(dx):len(y)]
	for i, v := range y {
		t := 1 - abs(v)
		dx[i] = T(dy[i] * T(t*t))
	}
}

func maxoutGradGeneric[T Float](dx, dy, x, y []T) {
	dy, x, y = dy[:len(dx):len(dy)], x[:len(dx):len(x)], y[:len(dx):len(y)]
	for i, v := range x {
		dx[i] = unless(v != y[i] && v == v, dy[i])
	}
}

func maxoutRestGeneric[T Float](dst, dy, x, y []T) {
	dy, x, y = dy[:len(dst):len(dy)], x[:len(dst):len(x)], y[:len(dst):len(y)]
	for i, v := range x {
		dst[i] = unless(v == y[i] || v != v, dy[i])
	}
}
