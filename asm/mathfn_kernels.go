package asm

// MathKernels are elementary functions on slices: the bits of the function of that
// name on each element, which also states the error. x is at least as long as dst, and
// may be dst itself.
type MathKernels[T Float] struct {
	// Exp is dst[i] = Exp(x[i]).
	Exp func(dst, x []T)

	// Log is dst[i] = Log(x[i]).
	Log func(dst, x []T)
}

func mathGenericKernels[T Float]() MathKernels[T] {
	return MathKernels[T]{Exp: expGeneric[T], Log: logGeneric[T]}
}

func expGeneric[T Float](dst, x []T) {
	x = x[:len(dst):len(x)]
	for i, v := range x {
		dst[i] = Exp(v)
	}
}

func logGeneric[T Float](dst, x []T) {
	x = x[:len(dst):len(x)]
	for i, v := range x {
		dst[i] = Log(v)
	}
}
