package asm

// MathKernels are elementary functions on slices: the bits of the function of that
// name on each element, which also states the error. x is at least as long as dst, and
// may be dst itself.
type MathKernels[T Float] struct {
	// Exp is dst[i] = Exp(x[i]).
	Exp func(dst, x []T)

	// Expm1 is dst[i] = Expm1(x[i]).
	Expm1 func(dst, x []T)

	// Log is dst[i] = Log(x[i]).
	Log func(dst, x []T)

	// Log1p is dst[i] = Log1p(x[i]).
	Log1p func(dst, x []T)

	// Tanh is dst[i] = Tanh(x[i]).
	Tanh func(dst, x []T)

	// Sigmoid is dst[i] = Sigmoid(x[i]).
	Sigmoid func(dst, x []T)

	// Erf is dst[i] = Erf(x[i]).
	Erf func(dst, x []T)

	// Rsqrt is dst[i] = Rsqrt(x[i]).
	Rsqrt func(dst, x []T)
}

func mathGenericKernels[T Float]() MathKernels[T] {
	return MathKernels[T]{
		Exp: expGeneric[T], Expm1: expm1Generic[T], Log: logGeneric[T], Log1p: log1pGeneric[T],
		Tanh: tanhGeneric[T], Sigmoid: sigmoidGeneric[T], Erf: erfGeneric[T], Rsqrt: rsqrtGeneric[T],
	}
}

func expGeneric[T Float](dst, x []T) {
	x = x[:len(dst):len(x)]
	for i, v := range x {
		dst[i] = Exp(v)
	}
}

func expm1Generic[T Float](dst, x []T) {
	x = x[:len(dst):len(x)]
	for i, v := range x {
		dst[i] = Expm1(v)
	}
}

func logGeneric[T Float](dst, x []T) {
	x = x[:len(dst):len(x)]
	for i, v := range x {
		dst[i] = Log(v)
	}
}

func log1pGeneric[T Float](dst, x []T) {
	x = x[:len(dst):len(x)]
	for i, v := range x {
		dst[i] = Log1p(v)
	}
}

func tanhGeneric[T Float](dst, x []T) {
	x = x[:len(dst):len(x)]
	for i, v := range x {
		dst[i] = Tanh(v)
	}
}

func sigmoidGeneric[T Float](dst, x []T) {
	x = x[:len(dst):len(x)]
	for i, v := range x {
		dst[i] = Sigmoid(v)
	}
}

func erfGeneric[T Float](dst, x []T) {
	x = x[:len(dst):len(x)]
	for i, v := range x {
		dst[i] = Erf(v)
	}
}

func rsqrtGeneric[T Float](dst, x []T) {
	x = x[:len(dst):len(x)]
	for i, v := range x {
		dst[i] = Rsqrt(v)
	}
}
