package asm

// MathKernels are elementary functions on slices: the bits of the function of that
// name on each element, which also states the error. x and y are at least as long as
// dst, and may be dst itself.
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

	// Sin is dst[i] = Sin(x[i]), in plain Go on every table, as Cos and Pow are.
	Sin func(dst, x []T)

	// Cos is dst[i] = Cos(x[i]).
	Cos func(dst, x []T)

	// Pow is dst[i] = Pow(x[i], y[i]).
	Pow func(dst, x, y []T)
}

func mathGenericKernels[T Float]() MathKernels[T] {
	return MathKernels[T]{
		Exp: expGeneric[T], Expm1: expm1Generic[T], Log: logGeneric[T], Log1p: log1pGeneric[T],
		Tanh: tanhGeneric[T], Sigmoid: sigmoidGeneric[T], Erf: erfGeneric[T], Rsqrt: rsqrtGeneric[T],
		Sin: sinGeneric[T], Cos: cosGeneric[T], Pow: powGeneric[T],
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

func sinGeneric[T Float](dst, x []T) {
	x = x[:len(dst):len(x)]
	for i, v := range x {
		dst[i] = Sin(v)
	}
}

func cosGeneric[T Float](dst, x []T) {
	x = x[:len(dst):len(x)]
	for i, v := range x {
		dst[i] = Cos(v)
	}
}

func powGeneric[T Float](dst, x, y []T) {
	x, y = x[:len(dst):len(x)], y[:len(dst):len(y)]
	for i, v := range x {
		dst[i] = Pow(v, y[i])
	}
}
