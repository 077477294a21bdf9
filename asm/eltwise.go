package asm

import (
	"fmt"
	"math"
)

// EltwiseKernels are element-wise arithmetic. Inputs are at least as long as dst;
// each may be dst itself.
type EltwiseKernels[T Float] struct {
	CompareKernels[T]

	// Add is dst[i] = x[i] + y[i].
	Add func(dst, x, y []T)

	// Sub is dst[i] = x[i] - y[i].
	Sub func(dst, x, y []T)

	// Mul is dst[i] = x[i] * y[i].
	Mul func(dst, x, y []T)

	// Div is dst[i] = x[i] / y[i].
	Div func(dst, x, y []T)

	// FMA is dst[i] = fma(x[i], y[i], z[i]), rounded once.
	FMA func(dst, x, y, z []T)

	// Affine is dst[i] = fma(x[i], a, b), rounded once: with a = 1 the sum x[i]+b, with
	// a = -1 the difference b-x[i], bit for bit.
	Affine func(dst, x []T, a, b T)

	// Abs is dst[i] = x[i] with the sign bit cleared.
	Abs func(dst, x []T)

	// Sqrt is the square root, correctly rounded: NaN below 0, -0 of -0.
	Sqrt func(dst, x []T)

	// Fill is dst[i] = a.
	Fill func(dst []T, a T)

	// Copy is dst[i] = x[i], every bit of a NaN too.
	Copy func(dst, x []T)

	// Scale is dst[i] = a*x[i].
	Scale func(dst []T, a T, x []T)

	// Axpy is dst[i] = fma(a, x[i], dst[i]).
	Axpy func(dst []T, a T, x []T)

	// AxpyRows is dst[i*ld+j] = fma(x[i], y[j], dst[i*ld+j]) for i < len(x),
	// j < len(y): Axpy on every row. dst shares no memory with x or y, and ld is
	// at least len(y) where there are several rows.
	AxpyRows func(dst []T, ld int, x, y []T)

	// Rot turns the points (x[i], y[i]) of two slices that do not overlap, y at
	// least as long as x:
	//
	//	x[i], y[i] = fma(c, x[i], s*y[i]), fma(c, y[i], -(s*x[i]))
	Rot func(x, y []T, c, s T)

	// RotRows turns neighbouring rows of a matrix of rows of n elements, ld apart, by
	// len(c) rotations, one after the other:
	//
	//	for i in 0 … len(c)-1, or in len(c)-1 … 0 with back {
	//		Rot(row i, row i+1, c[i], s[i])
	//	}
	//
	// s is at least as long as c; neither shares memory with a.
	RotRows func(a []T, ld, n int, c, s []T, back bool)

	// Swap exchanges the elements of x and those of y, at least as long, which does
	// not overlap x.
	Swap func(x, y []T)
}

func eltwiseGenericKernels[T Float]() EltwiseKernels[T] {
	return EltwiseKernels[T]{
		CompareKernels: compareGenericKernels[T](),
		Add:            addGeneric[T], Sub: subGeneric[T], Mul: mulGeneric[T], Div: divGeneric[T],
		FMA: fmaGeneric[T], Affine: affineGeneric[T],
		Abs: absGeneric[T], Sqrt: sqrtGeneric[T],
		Fill: fillGeneric[T], Copy: copyGeneric[T],
		Scale: scaleGeneric[T],
		Axpy:  axpyGeneric[T], AxpyRows: axpyRowsGeneric[T],
		Rot: rotGeneric[T], RotRows: rotRowsGeneric[T], Swap: swapGeneric[T],
	}
}

func addGeneric[T Float](dst, x, y []T) {
	x, y = x[:len(dst):len(x)], y[:len(dst):len(y)]
	for i := range dst {
		dst[i] = x[i] + y[i]
	}
}

func subGeneric[T Float](dst, x, y []T) {
	x, y = x[:len(dst):len(x)], y[:len(dst):len(y)]
	for i := range dst {
		dst[i] = x[i] - y[i]
	}
}

func mulGeneric[T Float](dst, x, y []T) {
	x, y = x[:len(dst):len(x)], y[:len(dst):len(y)]
	for i := range dst {
		dst[i] = T(x[i] * y[i])
	}
}

func divGeneric[T Float](dst, x, y []T) {
	x, y = x[:len(dst):len(x)], y[:len(dst):len(y)]
	for i := range dst {
		dst[i] = x[i] / y[i]
	}
}

func fmaGeneric[T Float](dst, x, y, z []T) {
	x, y, z = x[:len(dst):len(x)], y[:len(dst):len(y)], z[:len(dst):len(z)]
	for i := range dst {
		dst[i] = FMA(x[i], y[i], z[i])
	}
}

func affineGeneric[T Float](dst, x []T, a, b T) {
	x = x[:len(dst):len(x)]
	switch a { // the same bits without a fused operation in software
	case 1:
		for i, v := range x {
			dst[i] = v + b
		}
	case -1:
		for i, v := range x {
			dst[i] = b - v
		}
	default:
		for i, v := range x {
			dst[i] = FMA(v, a, b)
		}
	}
}

func absGeneric[T Float](dst, x []T) {
	x = x[:len(dst):len(x)]
	for i, v := range x {
		dst[i] = abs(v)
	}
}

// sqrtGeneric takes the root of a float32 in float64, which has more than twice the
// digits: rounding it twice is rounding it once.
func sqrtGeneric[T Float](dst, x []T) {
	x = x[:len(dst):len(x)]
	for i, v := range x {
		dst[i] = T(math.Sqrt(float64(v)))
	}
}

func fillGeneric[T Float](dst []T, a T) {
	for i := range dst {
		dst[i] = a
	}
}

func copyGeneric[T Float](dst, x []T) { copy(dst, x[:len(dst):len(x)]) }

func scaleGeneric[T Float](dst []T, a T, x []T) {
	x = x[:len(dst):len(x)]
	for i := range dst {
		dst[i] = T(a * x[i])
	}
}

func axpyGeneric[T Float](dst []T, a T, x []T) {
	x = x[:len(dst):len(x)]
	for i, v := range x {
		dst[i] = FMA(a, v, dst[i])
	}
}

func axpyRowsGeneric[T Float](dst []T, ld int, x, y []T) {
	checkRows("AxpyRows", dst, ld, len(x), len(y))
	for i, v := range x {
		axpyGeneric(dst[i*ld:][:len(y)], v, y)
	}
}

func rotGeneric[T Float](x, y []T, c, s T) {
	y = y[:len(x):len(y)]
	for i, v := range x {
		w := y[i]
		x[i], y[i] = FMA(c, v, T(s*w)), FMA(c, w, -T(s*v))
	}
}

func rotRowsGeneric[T Float](a []T, ld, n int, c, s []T, back bool) {
	s = s[:len(c):len(s)]
	checkRotRows(a, ld, n, len(c))
	for i := range c {
		if back {
			i = len(c) - 1 - i
		}
		rotGeneric(a[i*ld:][:n], a[(i+1)*ld:][:n], c[i], s[i])
	}
}

func checkRotRows[T Float](a []T, ld, n, rotations int) {
	if n < 0 || ld < n {
		panic(fmt.Errorf("asm.RotRows: %d rows of %d, %d apart", rotations+1, n, ld))
	}
	if rotations > 0 {
		checkRows("RotRows", a, ld, rotations+1, n)
	}
}

func swapGeneric[T Float](x, y []T) {
	y = y[:len(x):len(y)]
	for i, v := range x {
		x[i], y[i] = y[i], v
	}
}

// abs clears the sign bit.
func abs[T Float](v T) T {
	if is32[T]() {
		return T(math.Float32frombits(math.Float32bits(float32(v)) &^ (1 << 31)))
	}
	return T(math.Abs(float64(v)))
}
