package asm

// MathKernels are elementary functions on slices: the bits of the function of that
// name on each element, which also states the error. x and y are at least as long as
// dst, and may be dst itself.
//
// The plain bodies next to package math's functions of float64, in ns an element on amd64
// (Zen 5, go1.26, BenchmarkMathPlain):
//
//	         math  float64  float32
//	Exp       5.6      6.7      9.2
//	Expm1     8.0      6.9     15.6
//	Log       6.2     11.2     14.4
//	Log1p     9.2     12.4     19.0
//	Tanh      9.8     10.5     12.8
//	Sigmoid   6.6      9.7     17.5
//	Erf      16.1     16.3     19.6
//	Rsqrt     4.4      2.7      1.7
//	Sin       5.9     10.3     10.1
//	Cos       5.9     10.0      9.8
//	Pow      39.6     21.1     43.8
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

// inFloat64 is dst[i] = T(f(float64(x[i]))), the conversions apart: on amd64 they wait for
// what was in their target, and from call to call that would be the last result.
func inFloat64[T Float](dst, x []T, f func(float64) float64) {
	var block [64]float64
	for len(dst) > 0 {
		n := min(len(dst), len(block))
		b := block[:n]
		for i, v := range x[:n] {
			b[i] = float64(v)
		}
		for i, v := range b {
			b[i] = f(v)
		}
		for i, v := range b {
			dst[i] = T(v)
		}
		dst, x = dst[n:], x[n:]
	}
}

func expGeneric[T Float](dst, x []T) {
	x = x[:len(dst):len(x)]
	if is32[T]() {
		inFloat64(dst, x, exp32)
		return
	}
	for i, v := range x {
		dst[i] = Exp(v)
	}
}

func expm1Generic[T Float](dst, x []T) {
	x = x[:len(dst):len(x)]
	if is32[T]() {
		inFloat64(dst, x, expm1of32)
		return
	}
	for i, v := range x {
		dst[i] = Expm1(v)
	}
}

func logGeneric[T Float](dst, x []T) {
	x = x[:len(dst):len(x)]
	if is32[T]() {
		inFloat64(dst, x, log32)
		return
	}
	for i, v := range x {
		dst[i] = Log(v)
	}
}

func log1pGeneric[T Float](dst, x []T) {
	x = x[:len(dst):len(x)]
	if is32[T]() {
		inFloat64(dst, x, log1p32)
		return
	}
	for i, v := range x {
		dst[i] = Log1p(v)
	}
}

func tanhGeneric[T Float](dst, x []T) {
	x = x[:len(dst):len(x)]
	if is32[T]() {
		inFloat64(dst, x, tanh32)
		return
	}
	for i, v := range x {
		dst[i] = Tanh(v)
	}
}

func sigmoidGeneric[T Float](dst, x []T) {
	x = x[:len(dst):len(x)]
	if is32[T]() {
		inFloat64(dst, x, sigmoid32)
		return
	}
	for i, v := range x {
		dst[i] = Sigmoid(v)
	}
}

func erfGeneric[T Float](dst, x []T) {
	x = x[:len(dst):len(x)]
	if is32[T]() {
		inFloat64(dst, x, erf32)
		return
	}
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
	inFloat64(dst, x[:len(dst):len(x)], sin64)
}

func cosGeneric[T Float](dst, x []T) {
	inFloat64(dst, x[:len(dst):len(x)], cos64)
}

func powGeneric[T Float](dst, x, y []T) {
	x, y = x[:len(dst):len(x)], y[:len(dst):len(y)]
	for i, v := range x {
		dst[i] = Pow(v, y[i])
	}
}
