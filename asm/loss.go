package asm

import "math"

// LossKernels are parts of softmax and of losses. A matrix is rows of n elements, one
// after the other, at least as many as the vectors of one element a row are long; an
// output may be an input of its kind, and not share a part of its memory.
type LossKernels[T Float] struct {
	PairKernels[T]

	// MaxRows is the greatest element of each of len(dst) rows, NaNs left out: +0 if
	// it is a zero of either sign, -Inf of a row without another element.
	MaxRows func(dst, x []T, n int)

	// ExpSumRows is, for len(sum) rows of at most Chunk elements,
	//
	//	for j < n { dst[r*n+j] = Exp(x[r*n+j] - shift[r]) }
	//	sum[r] = Sum(dst[r*n:][:n])
	ExpSumRows func(dst, sum, x, shift []T, n int)

	// ScaleRows is dst[r*n+j] = x[r*n+j] * a[r] for len(a) rows.
	ScaleRows func(dst, x, a []T, n int)

	// ShiftRows is dst[r*n+j] = (x[r*n+j] - a[r]) - b[r] for len(a) rows.
	ShiftRows func(dst, x, a, b []T, n int)

	// DotsRows is dst[r] = Dot(x[r*n:][:n], y[r*n:][:n]) for len(dst) rows of at most
	// Chunk elements.
	DotsRows func(dst, x, y []T, n int)

	// SoftmaxGradRows is dx[r*n+j] = y[r*n+j] * (dy[r*n+j] - a[r]) for len(a) rows:
	// the gradient of softmax, where a is Σ dy·y.
	SoftmaxGradRows func(dx, dy, y, a []T, n int)

	// LogSoftmaxGradRows is dx[r*n+j] = fma(-Exp(y[r*n+j]), a[r], dy[r*n+j]) for len(a)
	// rows: the gradient of log-softmax, where a is Σ dy.
	LogSoftmaxGradRows func(dx, dy, y, a []T, n int)

	// HingeRows is, for len(a) rows, with v = (x[r*n+j] - a[r]) + 1,
	//
	//	dst[r*n+j] = v < 0 ? 0 : v
	//	mask[r*n+j] = v > 0 ? 1 : 0
	HingeRows func(dst, mask, x, a []T, n int)
}

func lossGenericKernels[T Float]() LossKernels[T] {
	return LossKernels[T]{
		PairKernels: pairGenericKernels[T](),
		MaxRows:     maxRowsGeneric[T], ExpSumRows: expSumRowsGeneric[T],
		ScaleRows: scaleRowsGeneric[T], ShiftRows: shiftRowsGeneric[T], DotsRows: dotsRowsGeneric[T],
		SoftmaxGradRows: softmaxGradRowsGeneric[T], LogSoftmaxGradRows: logSoftmaxGradRowsGeneric[T],
		HingeRows: hingeRowsGeneric[T],
	}
}

func maxRowsGeneric[T Float](dst, x []T, n int) {
	checkRows("MaxRows", x, n, len(dst), n)
	for r := range dst {
		m := T(math.Inf(-1))
		for _, v := range x[r*n:][:n] {
			if v > m {
				m = v
			}
		}
		dst[r] = m + 0 // -0 becomes +0
	}
}

func expSumRowsGeneric[T Float](dst, sum, x, shift []T, n int) {
	shift = shift[:len(sum):len(shift)]
	checkRows("ExpSumRows", dst, n, len(sum), n)
	checkRows("ExpSumRows", x, n, len(sum), n)
	mask := Lanes[T]() - 1
	for r, m := range shift {
		d := dst[r*n:][:n]
		var l lanes[T]
		for j, v := range x[r*n:][:n] {
			e := Exp(v - m)
			d[j] = e
			l[j&mask] += e
		}
		sum[r] = l.fold()
	}
}

func scaleRowsGeneric[T Float](dst, x, a []T, n int) {
	checkRows("ScaleRows", dst, n, len(a), n)
	checkRows("ScaleRows", x, n, len(a), n)
	for r, v := range a {
		scaleGeneric(dst[r*n:][:n], v, x[r*n:][:n])
	}
}

func shiftRowsGeneric[T Float](dst, x, a, b []T, n int) {
	b = b[:len(a):len(b)]
	checkRows("ShiftRows", dst, n, len(a), n)
	checkRows("ShiftRows", x, n, len(a), n)
	for r, m := range a {
		d, s := dst[r*n:][:n], b[r]
		for j, v := range x[r*n:][:n] {
			d[j] = (v - m) - s
		}
	}
}

func dotsRowsGeneric[T Float](dst, x, y []T, n int) {
	checkRows("DotsRows", x, n, len(dst), n)
	checkRows("DotsRows", y, n, len(dst), n)
	for r := range dst {
		dst[r] = dotGeneric(x[r*n:][:n], y[r*n:][:n])
	}
}

func softmaxGradRowsGeneric[T Float](dx, dy, y, a []T, n int) {
	checkRows("SoftmaxGradRows", dx, n, len(a), n)
	checkRows("SoftmaxGradRows", dy, n, len(a), n)
	checkRows("SoftmaxGradRows", y, n, len(a), n)
	for r, s := range a {
		d, g := dx[r*n:][:n], dy[r*n:][:n]
		for j, v := range y[r*n:][:n] {
			d[j] = T(v * (g[j] - s))
		}
	}
}

func logSoftmaxGradRowsGeneric[T Float](dx, dy, y, a []T, n int) {
	checkRows("LogSoftmaxGradRows", dx, n, len(a), n)
	checkRows("LogSoftmaxGradRows", dy, n, len(a), n)
	checkRows("LogSoftmaxGradRows", y, n, len(a), n)
	for r, s := range a {
		d, g := dx[r*n:][:n], dy[r*n:][:n]
		for j, v := range y[r*n:][:n] {
			d[j] = FMA(-Exp(v), s, g[j])
		}
	}
}

func hingeRowsGeneric[T Float](dst, mask, x, a []T, n int) {
	checkRows("HingeRows", dst, n, len(a), n)
	checkRows("HingeRows", mask, n, len(a), n)
	checkRows("HingeRows", x, n, len(a), n)
	for r, s := range a {
		d, m := dst[r*n:][:n], mask[r*n:][:n]
		for j, v := range x[r*n:][:n] {
			v = (v - s) + 1
			d[j], m[j] = unless(v < 0, v), unless(!(v > 0), T(1))
		}
	}
}
