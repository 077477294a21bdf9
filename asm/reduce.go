package asm

import "fmt"

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
	// either sign, -Inf of nothing. Min is the least, in the same way, +Inf of nothing.
	Max func(x []T) T
	Min func(x []T) T

	// ArgMax is the index of the first NaN, else of the first of the greatest elements,
	// zeros of both signs being equal; -1 of nothing. ArgMin is that of the least.
	ArgMax func(x []T) int
	ArgMin func(x []T) int

	// Moments are those of one chunk about its own mean, in two passes:
	//
	//	p := Sum(x) * (1/n)
	//	c := Σ d, in the order of Sum; q := Σ d*d, in the order of Dot, of d = x[i] - p
	//	return mean = p, rest = c*(1/n), m2 = max(0, fma(-c, rest, q))
	//
	// The mean is mean + rest, which is more than T holds, and m2 the sum of the squared
	// distances from it: n times the variance. The second pass makes good what the sum
	// has lost: of numbers near 10⁶ with a spread of 1 the sum of a chunk of float32 may
	// leave p several units off. Where an element is not finite, so is no result.
	// Of nothing all three are 0.
	Moments func(x []T) (mean, rest, m2 T)

	// MergeMoments joins the moments (x, y, z) of what comes first with (mean, rest, m2)
	// of what follows it, element by element; all are as long as mean (Chan, Golub,
	// LeVeque 1983). With m and n their numbers of elements, w = n/(m+n), u = m*w:
	//
	//	d := (mean[i] - x[i]) + (rest[i] - y[i])
	//	mean[i], rest[i], m2[i] = x[i], fma(d, w, y[i]), fma(d*u, d, z[i]+m2[i])
	MergeMoments func(mean, rest, m2, x, y, z []T, w, u T)

	// SumRows is dst[i] = Sum(x[i*ld:][:n]) for every i < len(dst).
	SumRows func(dst, x []T, ld, n int)

	// ColSum adds the rows of one block, at most BlockRows of them:
	//
	//	for j < len(dst) { s := +0; for i < rows { s += x[i*ld+j] }; dst[j] = s }
	ColSum func(dst, x []T, ld, rows int)

	// ColAsum is ColSum of the absolute values.
	ColAsum func(dst, x []T, ld, rows int)

	// ColDot is ColSum with s = fma(x[i*ldx+j], y[i*ldy+j], s).
	ColDot func(dst, x []T, ldx int, y []T, ldy, rows int)

	// ColMax is dst[j] = Max of dst[j] and of the column x[i*ld+j], i < rows; ColMin
	// likewise. Without rows dst is left as it is.
	ColMax func(dst, x []T, ld, rows int)
	ColMin func(dst, x []T, ld, rows int)

	// ColArgMax goes on with the search for the greatest element of each column, i from
	// 0 to len(at)-1, at[i] being the number of row i:
	//
	//	if val[j] is not NaN and (x[i*ld+j] > val[j] or is NaN) { val[j], row[j] = x[i*ld+j], at[i] }
	//
	// row is as long as val, which gives the number of columns. ColArgMin searches the
	// least.
	ColArgMax func(val, row, x []T, ld int, at []T)
	ColArgMin func(val, row, x []T, ld int, at []T)

	// ColMoments are Moments of each column of one block, with sums in the order of
	// ColSum and ColDot. rest and m2 are as long as mean, which gives the number of
	// columns. Without rows all are 0.
	ColMoments func(mean, rest, m2, x []T, ld, rows int)
}

func reduceGenericKernels[T Float]() ReduceKernels[T] {
	return ReduceKernels[T]{
		Sum: sumGeneric[T], Asum: asumGeneric[T], SumSq: sumSqGeneric[T],
		Dot: dotGeneric[T], DotRows: dotRowsGeneric[T], SumRows: sumRowsGeneric[T],
		AMax: amaxGeneric[T], Max: maxGeneric[T], Min: minGeneric[T],
		ArgMax: argMaxGeneric[T], ArgMin: argMinGeneric[T],
		Moments: momentsGeneric[T], MergeMoments: mergeMomentsGeneric[T],
		ColSum: colSumGeneric[T], ColAsum: colAsumGeneric[T], ColDot: colDotGeneric[T],
		ColMax: colMaxGeneric[T], ColMin: colMinGeneric[T],
		ColArgMax: colArgMaxGeneric[T], ColArgMin: colArgMinGeneric[T],
		ColMoments: colMomentsGeneric[T],
	}
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

func sumRowsGeneric[T Float](dst, x []T, ld, n int) {
	checkRows("SumRows", x, ld, len(dst), n)
	for i := range dst {
		dst[i] = sumGeneric(x[i*ld:][:n])
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
