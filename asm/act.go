package asm

import "math"

// ActKernels are activations and their gradients. Inputs are at least as long as
// dst; each may be dst itself.
type ActKernels[T Float] struct {
	// ReLU is dst[i] = x[i] < 0 ? 0 : x[i]: NaN and -0 pass.
	ReLU func(dst, x []T)

	// ReLUGrad is dx[i] = y[i] > 0 ? dy[i] : 0. y is the input or the output of
	// ReLU: both give the same bits. It is 0 where y is NaN.
	ReLUGrad func(dx, dy, y []T)
}

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
