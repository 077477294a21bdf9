package asm

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
	x = x[:len(dst)]
	for i, v := range x {
		if v < 0 {
			v = 0
		}
		dst[i] = v
	}
}

func reluGradGeneric[T Float](dx, dy, y []T) {
	dy, y = dy[:len(dx)], y[:len(dx)]
	for i, v := range y {
		d := dy[i]
		if !(v > 0) {
			d = 0
		}
		dx[i] = d
	}
}
