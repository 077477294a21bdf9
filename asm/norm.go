package asm

import "math"

// NormKernels are the passes of normalization: batch norm over planes (one channel of
// NCHW) and over columns (2-D and NHWC), layer norm over rows. m is a mean, r the
// reciprocal of a standard deviation. Sums have the orders of ReduceKernels.
//
// The forms with ReLU put `v < 0 ? 0 : v` after the forward pass, and take dy as 0 in
// the backward one where the output y is not positive (or NaN).
//
// Matrices have rows of n elements, ld apart, n the length of m (of a, gamma or s1 where
// m has one element for each row). A destination may be one of the matrices that are
// read.
type NormKernels[T Float] struct {
	// Norm is dst[i] = fma(x[i]-m, s, t).
	Norm func(dst, x []T, m, s, t T)

	// NormReLU is v = fma(x[i]-m, s, t); dst[i] = v < 0 ? +0 : v.
	NormReLU func(dst, x []T, m, s, t T)

	// NormSums is the sum of one chunk of dy and that of dy*(x-m):
	//
	//	s1 = Sum(dy)
	//	s2 = Dot(dy, x-m)
	NormSums func(dy, x []T, m T) (s1, s2 T)

	// NormSumsReLU is NormSums with y[i] > 0 ? dy[i] : +0 for dy[i].
	NormSumsReLU func(dy, x, y []T, m T) (s1, s2 T)

	// NormGrad is dx[i] = fma(a, dy[i], fma(b, x[i]-m, c)).
	NormGrad func(dx, dy, x []T, m, a, b, c T)

	// NormGradReLU is NormGrad with y[i] > 0 ? dy[i] : +0 for dy[i].
	NormGradReLU func(dx, dy, x, y []T, m, a, b, c T)

	// NormCols is Norm of every row with an m, s and t for each column:
	//
	//	for i < rows, j < n { dst[i*ld+j] = fma(x[i*ld+j]-m[j], s[j], t[j]) }
	NormCols func(dst, x []T, ld, rows int, m, s, t []T)

	// NormColsReLU is NormReLU of every row with an m, s and t for each column.
	NormColsReLU func(dst, x []T, ld, rows int, m, s, t []T)

	// NormColSums adds rows, in their order, to the sums of the columns:
	//
	//	for i < rows, j < n { s1[j] += dy[i*ld+j]; s2[j] = fma(dy[i*ld+j], x[i*ld+j]-m[j], s2[j]) }
	NormColSums func(s1, s2, dy, x []T, ld, rows int, m []T)

	// NormColSumsReLU is NormColSums with y[i*ld+j] > 0 ? dy[i*ld+j] : +0 for dy[i*ld+j].
	NormColSumsReLU func(s1, s2, dy, x, y []T, ld, rows int, m []T)

	// NormColsGrad is NormGrad of every row with m, a, b and c for each column.
	NormColsGrad func(dx, dy, x []T, ld, rows int, m, a, b, c []T)

	// NormColsGradReLU is NormGradReLU of every row with m, a, b and c for each column.
	NormColsGradReLU func(dx, dy, x, y []T, ld, rows int, m, a, b, c []T)

	// NormRows is, for the rows i < len(m) of len(gamma) elements that follow one another,
	//
	//	dst[i][j] = fma(fma(x[i][j]-m[i], r[i], q[i]), gamma[j], beta[j])
	//
	// q is 0, or what the last bits of m make good.
	NormRows func(dst, x, gamma, beta, m, r, q []T)

	// NormRowSums is the sum of one chunk of g = dy*gamma and that of g*(x-m):
	//
	//	s1 = Dot(dy, gamma)
	//	s2 = Dot(g, x-m)
	NormRowSums func(dy, x, gamma []T, m T) (s1, s2 T)

	// NormRowsGrad is, for the rows i < len(m) of len(gamma) elements that follow one
	// another,
	//
	//	dx[i][j] = fma(a[i], dy[i][j]*gamma[j], fma(b[i], x[i][j]-m[i], c[i]))
	NormRowsGrad func(dx, dy, x, gamma, m, a, b, c []T)

	// NormRowsColSums adds the rows i < len(m) of len(s1) elements that follow one another,
	// in their order, to the sums of the columns:
	//
	//	s1[j] += dy[i][j]
	//	s2[j] = fma(dy[i][j], (x[i][j]-m[i])*r[i], s2[j])
	NormRowsColSums func(s1, s2, dy, x, m, r []T)

	// Rstd is dst[i] = 1 / sqrt(x[i]/count + eps).
	Rstd func(dst, x []T, count, eps T)
}

func normGenericKernels[T Float]() NormKernels[T] {
	return NormKernels[T]{
		Norm: normGeneric[T], NormReLU: normReLUGeneric[T],
		NormSums: normSumsGeneric[T], NormSumsReLU: normSumsReLUGeneric[T],
		NormGrad: normGradGeneric[T], NormGradReLU: normGradReLUGeneric[T],
		NormCols: normColsGeneric[T], NormColsReLU: normColsReLUGeneric[T],
		NormColSums: normColSumsGeneric[T], NormColSumsReLU: normColSumsReLUGeneric[T],
		NormColsGrad: normColsGradGeneric[T], NormColsGradReLU: normColsGradReLUGeneric[T],
		NormRows: normRowsGeneric[T], NormRowSums: normRowSumsGeneric[T],
		NormRowsGrad: normRowsGradGeneric[T], NormRowsColSums: normRowsColSumsGeneric[T],
		Rstd: rstdGeneric[T],
	}
}

func normGeneric[T Float](dst, x []T, m, s, t T) {
	x = x[:len(dst):len(x)]
	for i, v := range x {
		dst[i] = FMA(v-m, s, t)
	}
}

func normReLUGeneric[T Float](dst, x []T, m, s, t T) {
	x = x[:len(dst):len(x)]
	for i, v := range x {
		dst[i] = relu(FMA(v-m, s, t))
	}
}

func relu[T Float](v T) T {
	if v < 0 {
		return 0
	}
	return v
}

// masked is the gradient before a ReLU that gave y.
func masked[T Float](dy, y T) T {
	if y > 0 {
		return dy
	}
	return 0
}

func normSumsGeneric[T Float](dy, x []T, m T) (T, T) {
	x = x[:len(dy):len(x)]
	var l1, l2 lanes[T]
	mask := Lanes[T]() - 1
	for i, g := range dy {
		l1[i&mask] += g
		l2[i&mask] = FMA(g, x[i]-m, l2[i&mask])
	}
	return l1.fold(), l2.fold()
}

func normSumsReLUGeneric[T Float](dy, x, y []T, m T) (T, T) {
	x, y = x[:len(dy):len(x)], y[:len(dy):len(y)]
	var l1, l2 lanes[T]
	mask := Lanes[T]() - 1
	for i, g := range dy {
		g = masked(g, y[i])
		l1[i&mask] += g
		l2[i&mask] = FMA(g, x[i]-m, l2[i&mask])
	}
	return l1.fold(), l2.fold()
}

func normGradGeneric[T Float](dx, dy, x []T, m, a, b, c T) {
	dy, x = dy[:len(dx):len(dy)], x[:len(dx):len(x)]
	for i, v := range x {
		dx[i] = FMA(a, dy[i], FMA(b, v-m, c))
	}
}

func normGradReLUGeneric[T Float](dx, dy, x, y []T, m, a, b, c T) {
	dy, x, y = dy[:len(dx):len(dy)], x[:len(dx):len(x)], y[:len(dx):len(y)]
	for i, v := range x {
		dx[i] = FMA(a, masked(dy[i], y[i]), FMA(b, v-m, c))
	}
}

func normColsGeneric[T Float](dst, x []T, ld, rows int, m, s, t []T) {
	n := len(m)
	s, t = s[:n:len(s)], t[:n:len(t)]
	checkRows("NormCols", dst, ld, rows, n)
	checkRows("NormCols", x, ld, rows, n)
	for i := range rows {
		d := dst[i*ld:][:n]
		for j, v := range x[i*ld:][:n] {
			d[j] = FMA(v-m[j], s[j], t[j])
		}
	}
}

func normColsReLUGeneric[T Float](dst, x []T, ld, rows int, m, s, t []T) {
	n := len(m)
	s, t = s[:n:len(s)], t[:n:len(t)]
	checkRows("NormColsReLU", dst, ld, rows, n)
	checkRows("NormColsReLU", x, ld, rows, n)
	for i := range rows {
		d := dst[i*ld:][:n]
		for j, v := range x[i*ld:][:n] {
			d[j] = relu(FMA(v-m[j], s[j], t[j]))
		}
	}
}

func normColSumsGeneric[T Float](s1, s2, dy, x []T, ld, rows int, m []T) {
	n := len(m)
	s1, s2 = s1[:n:len(s1)], s2[:n:len(s2)]
	checkRows("NormColSums", dy, ld, rows, n)
	checkRows("NormColSums", x, ld, rows, n)
	for i := range rows {
		g := dy[i*ld:][:n]
		for j, v := range x[i*ld:][:n] {
			s1[j] += g[j]
			s2[j] = FMA(g[j], v-m[j], s2[j])
		}
	}
}

func normColSumsReLUGeneric[T Float](s1, s2, dy, x, y []T, ld, rows int, m []T) {
	n := len(m)
	s1, s2 = s1[:n:len(s1)], s2[:n:len(s2)]
	checkRows("NormColSumsReLU", dy, ld, rows, n)
	checkRows("NormColSumsReLU", x, ld, rows, n)
	checkRows("NormColSumsReLU", y, ld, rows, n)
	for i := range rows {
		dr, yr := dy[i*ld:][:n], y[i*ld:][:n]
		for j, v := range x[i*ld:][:n] {
			g := masked(dr[j], yr[j])
			s1[j] += g
			s2[j] = FMA(g, v-m[j], s2[j])
		}
	}
}

func normColsGradGeneric[T Float](dx, dy, x []T, ld, rows int, m, a, b, c []T) {
	n := len(m)
	a, b, c = a[:n:len(a)], b[:n:len(b)], c[:n:len(c)]
	checkRows("NormColsGrad", dx, ld, rows, n)
	checkRows("NormColsGrad", dy, ld, rows, n)
	checkRows("NormColsGrad", x, ld, rows, n)
	for i := range rows {
		d, g := dx[i*ld:][:n], dy[i*ld:][:n]
		for j, v := range x[i*ld:][:n] {
			d[j] = FMA(a[j], g[j], FMA(b[j], v-m[j], c[j]))
		}
	}
}

func normColsGradReLUGeneric[T Float](dx, dy, x, y []T, ld, rows int, m, a, b, c []T) {
	n := len(m)
	a, b, c = a[:n:len(a)], b[:n:len(b)], c[:n:len(c)]
	checkRows("NormColsGradReLU", dx, ld, rows, n)
	checkRows("NormColsGradReLU", dy, ld, rows, n)
	checkRows("NormColsGradReLU", x, ld, rows, n)
	checkRows("NormColsGradReLU", y, ld, rows, n)
	for i := range rows {
		d, g, yr := dx[i*ld:][:n], dy[i*ld:][:n], y[i*ld:][:n]
		for j, v := range x[i*ld:][:n] {
			d[j] = FMA(a[j], masked(g[j], yr[j]), FMA(b[j], v-m[j], c[j]))
		}
	}
}

func normRowsGeneric[T Float](dst, x, gamma, beta, m, r, q []T) {
	rows, n := len(m), len(gamma)
	r, q, beta = r[:rows:len(r)], q[:rows:len(q)], beta[:n:len(beta)]
	checkRows("NormRows", dst, n, rows, n)
	checkRows("NormRows", x, n, rows, n)
	for i := range rows {
		d := dst[i*n:][:n]
		for j, v := range x[i*n:][:n] {
			d[j] = FMA(FMA(v-m[i], r[i], q[i]), gamma[j], beta[j])
		}
	}
}

func normRowSumsGeneric[T Float](dy, x, gamma []T, m T) (T, T) {
	x, gamma = x[:len(dy):len(x)], gamma[:len(dy):len(gamma)]
	var l1, l2 lanes[T]
	mask := Lanes[T]() - 1
	for i, g := range dy {
		l1[i&mask] = FMA(g, gamma[i], l1[i&mask])
		l2[i&mask] = FMA(T(g*gamma[i]), x[i]-m, l2[i&mask])
	}
	return l1.fold(), l2.fold()
}

func normRowsGradGeneric[T Float](dx, dy, x, gamma, m, a, b, c []T) {
	rows, n := len(m), len(gamma)
	a, b, c = a[:rows:len(a)], b[:rows:len(b)], c[:rows:len(c)]
	checkRows("NormRowsGrad", dx, n, rows, n)
	checkRows("NormRowsGrad", dy, n, rows, n)
	checkRows("NormRowsGrad", x, n, rows, n)
	for i := range rows {
		d, g := dx[i*n:][:n], dy[i*n:][:n]
		for j, v := range x[i*n:][:n] {
			d[j] = FMA(a[i], T(g[j]*gamma[j]), FMA(b[i], v-m[i], c[i]))
		}
	}
}

func normRowsColSumsGeneric[T Float](s1, s2, dy, x, m, r []T) {
	rows, n := len(m), len(s1)
	s2, r = s2[:n:len(s2)], r[:rows:len(r)]
	checkRows("NormRowsColSums", dy, n, rows, n)
	checkRows("NormRowsColSums", x, n, rows, n)
	for i := range rows {
		g := dy[i*n:][:n]
		for j, v := range x[i*n:][:n] {
			s1[j] += g[j]
			s2[j] = FMA(g[j], T((v-m[i])*r[i]), s2[j])
		}
	}
}

func rstdGeneric[T Float](dst, x []T, count, eps T) {
	x = x[:len(dst):len(x)]
	for i, v := range x {
		dst[i] = rstd(v, count, eps)
	}
}

func rstd[T Float](v, count, eps T) T { return 1 / T(math.Sqrt(float64(v/count+eps))) }
