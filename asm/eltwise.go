package asm

// EltwiseKernels are element-wise arithmetic. Inputs are at least as long as dst;
// each may be dst itself.
type EltwiseKernels[T Float] struct {
	// Add is dst[i] = x[i] + y[i].
	Add func(dst, x, y []T)

	// Scale is dst[i] = a*x[i].
	Scale func(dst []T, a T, x []T)
}

func addGeneric[T Float](dst, x, y []T) {
	x, y = x[:len(dst):len(x)], y[:len(dst):len(y)]
	for i := range dst {
		dst[i] = x[i] + y[i]
	}
}

func scaleGeneric[T Float](dst []T, a T, x []T) {
	x = x[:len(dst):len(x)]
	for i := range dst {
		dst[i] = T(a * x[i])
	}
}
