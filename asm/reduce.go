package asm

import (
	"fmt"
	"math"
)

// The orders of reductions. A contiguous axis is cut into chunks of Chunk
// elements, an outer axis into blocks of BlockRows rows; chunks or blocks are
// combined pairwise like a binary counter, by the caller.
const (
	Chunk     = 16384
	BlockRows = 64
)

// Lanes is the number of running sums of a chunk: element i goes to lane
// i mod Lanes.
func Lanes[T Float]() int {
	if is32[T]() {
		return 64
	}
	return 32
}

// ReduceKernels are reductions of one chunk or one block.
type ReduceKernels[T Float] struct {
	// Sum is the sum of one chunk, at most Chunk elements:
	//
	//	lane[0 … L-1] = +0
	//	for i { lane[i%L] += x[i] }
	//	for h = L/2; h > 0; h /= 2 { for j < h { lane[j] += lane[j+h] } }
	//	return lane[0]
	Sum func(x []T) T

	// Dot is the inner product of one chunk: Sum with lane[i%L] = fma(x[i], y[i], lane[i%L]).
	// y is at least as long as x.
	Dot func(x, y []T) T

	// DotRows is dst[i] = Dot(a[i*lda:][:len(x)], x) for every i < len(dst).
	DotRows func(dst, a []T, lda int, x []T)

	// Asum is Sum of the absolute values of one chunk.
	Asum func(x []T) T

	// SumSq is the sum of the squares of one chunk. From 16·L elements on it is done by
	// halves, since the sums of one are too few to hide the latency of a fused
	// multiply-add where a vector holds many:
	//
	//	h := the greatest multiple of L up to len(x)/2
	//	return Dot(x[:h], x[:h]) + Dot(x[h:2*h], x[h:2*h]) + Dot of the rest with itself
	//
	// A shorter one is Dot(x, x).
	SumSq func(x []T) T

	// AMax is the greatest absolute value, NaNs left out; 0 of nothing:
	//
	//	m := +0; for i { if |x[i]| > m { m = |x[i]| } }; return m
	AMax func(x []T) T

	// Max is the greatest element: NaN if any is NaN, +0 if it is a zero of
	// either sign, -Inf of nothing.
	Max func(x []T) T

	// ColSum adds the rows of one block, at most BlockRows of them:
	//
	//	for j < len(dst) { s := +0; for i < rows { s += x[i*ld+j] }; dst[j] = s }
	ColSum func(dst, x []T, ld, rows int)
}

// lanes holds the running sums of a chunk; the first Lanes[T] count.
type lanes[T Float] [64]T

func (l *lanes[T]) fold() T {
	for h := Lanes[T]() / 2; h > 0; h /= 2 {
		for j := range h {
			l[j] += l[j+h]
		}
	}
	return l[0]
}

func sumGeneric[T Float](x []T) T {
	var l lanes[T]
	mask := Lanes[T]() - 1
	for i, v := range x {
		l[i&mask] += v
	}
	return l.fold()
}

func dotGeneric[T Float](x, y []T) T {
	y = y[:len(x):len(y)]
	var l lanes[T]
	mask := Lanes[T]() - 1
	for i, v := range x {
		l[i&mask] = FMA(v, y[i], l[i&mask])
	}
	return l.fold()
}

// checkRows panics unless rows of n elements, ld apart, lie inside x; the division
// takes strides of any size.
func checkRows[T Float](op string, x []T, ld, rows, n int) {
	if rows > 0 && (ld < 0 || n > len(x) || ld > 0 && rows-1 > (len(x)-n)/ld) {
		panic(fmt.Errorf("asm.%s: len %d, %d rows of %d, %d apart", op, len(x), rows, n, ld))
	}
}

func dotRowsGeneric[T Float](dst, a []T, lda int, x []T) {
	checkRows("DotRows", a, lda, len(dst), len(x))
	for i := range dst {
		dst[i] = dotGeneric(x, a[i*lda:][:len(x)])
	}
}

func asumGeneric[T Float](x []T) T {
	var l lanes[T]
	mask := Lanes[T]() - 1
	for i, v := range x {
		l[i&mask] += abs(v)
	}
	return l.fold()
}

func sumSqGeneric[T Float](x []T) T {
	l := Lanes[T]()
	if len(x) < 16*l {
		return dotGeneric(x, x)
	}
	h := len(x) / 2 &^ (l - 1)
	s := dotGeneric(x[:h], x[:h]) + dotGeneric(x[h:2*h], x[h:2*h])
	if rest := x[2*h:]; len(rest) > 0 {
		s += dotGeneric(rest, rest)
	}
	return s
}

func amaxGeneric[T Float](x []T) T {
	var m T
	for _, v := range x {
		if v = abs(v); v > m {
			m = v
		}
	}
	return m
}

func maxGeneric[T Float](x []T) T {
	m := T(math.Inf(-1))
	for _, v := range x {
		if v != v {
			return v
		}
		if v > m {
			m = v
		}
	}
	if m == 0 {
		m = 0 // of either sign
	}
	return m
}

func colSumGeneric[T Float](dst, x []T, ld, rows int) {
	checkRows("ColSum", x, ld, rows, len(dst))
	clear(dst)
	for i := range rows {
		row := x[i*ld:][:len(dst)]
		for j, v := range row {
			dst[j] += v
		}
	}
}
