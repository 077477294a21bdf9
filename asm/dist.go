package asm

// DistKernels compare every row of a matrix with a vector: rows of len(x) elements,
// lda apart, one chunk at most, and dst[i] for row i. Each sum is in the order of Sum.
// dst shares no memory with a or x.
type DistKernels[T Float] struct {
	// DistSqRows is the squared Euclidean distance:
	//
	//	d := a[i*lda+j] - x[j]; lane[j%L] = fma(d, d, lane[j%L])
	DistSqRows func(dst, a []T, lda int, x []T)

	// DistL1Rows is the sum of the absolute differences.
	DistL1Rows func(dst, a []T, lda int, x []T)

	// DiffRows is the number of elements that differ; NaN differs from all, +0 is -0.
	DiffRows func(dst, a []T, lda int, x []T)

	// DotSqRows is DotRows, and the dot product of every row with itself in sq, of at
	// least len(dst) elements.
	DotSqRows func(dst, sq, a []T, lda int, x []T)
}

func distGenericKernels[T Float]() DistKernels[T] {
	return DistKernels[T]{DistSqRows: distSqRowsGeneric[T], DistL1Rows: distL1RowsGeneric[T], DiffRows: diffRowsGeneric[T], DotSqRows: dotSqRowsGeneric[T]}
}

func distSqRowsGeneric[T Float](dst, a []T, lda int, x []T) {
	checkRows("DistSqRows", a, lda, len(dst), len(x))
	mask := Lanes[T]() - 1
	for i := range dst {
		var l lanes[T]
		for j, v := range a[i*lda:][:len(x)] {
			d := v - x[j]
			l[j&mask] = FMA(d, d, l[j&mask])
		}
		dst[i] = l.fold()
	}
}

func distL1RowsGeneric[T Float](dst, a []T, lda int, x []T) {
	checkRows("DistL1Rows", a, lda, len(dst), len(x))
	mask := Lanes[T]() - 1
	for i := range dst {
		var l lanes[T]
		for j, v := range a[i*lda:][:len(x)] {
			l[j&mask] += abs(v - x[j])
		}
		dst[i] = l.fold()
	}
}

func diffRowsGeneric[T Float](dst, a []T, lda int, x []T) {
	checkRows("DiffRows", a, lda, len(dst), len(x))
	for i := range dst {
		n := 0
		for j, v := range a[i*lda:][:len(x)] {
			if v != x[j] {
				n++
			}
		}
		dst[i] = T(n) // exact: a chunk is shorter than what T counts to
	}
}

func dotSqRowsGeneric[T Float](dst, sq, a []T, lda int, x []T) {
	checkRows("DotSqRows", a, lda, len(dst), len(x))
	sq = sq[:len(dst):len(sq)]
	dotRowsGeneric(dst, a, lda, x)
	for i := range sq {
		row := a[i*lda:][:len(x)]
		sq[i] = dotGeneric(row, row)
	}
}
