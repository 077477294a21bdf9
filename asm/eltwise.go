package asm

import (
	"fmt"
	"math"
)

// EltwiseKernels are element-wise arithmetic. Inputs are at least as long as dst;
// each may be dst itself.
type EltwiseKernels[T Float] struct {
	// Add is dst[i] = x[i] + y[i].
	Add func(dst, x, y []T)

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
