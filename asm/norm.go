package asm

// NormKernels are the passes of normalization, over slices (a channel of NCHW, a row)
// and over the columns of matrices (2-D, channels last, sums of many rows). m is a mean.
// Sums have the orders of ReduceKernels.
//
// A ReLU may follow or have followed: lo = 0 makes what is negative +0, and -Inf leaves
// it. In the backward pass y is what came out, and dy counts where that is above 0:
//
//	g = (y > pass ? y : pass) > 0 ? dy : +0
//
// which with pass = 0 is that, and with pass = 1 dy in any case: y is then any slice as
// long, such as dy.
//
// Matrices have rows of n elements, ld apart, n the length of m. What is written may be
// one of the matrices, or slices, that are read.
type NormKernels[T Float] struct {
	// Norm is v = fma(x[i]-m, s, t); dst[i] = lo > v ? lo : v. The one that stores past the
	// caches also asks for the len(dst) elements that follow x, the plane that is read next,
	// without a need that there are any.
	Norm func(dst, x []T, m, s, t, lo T)

	// NormSums is the sum of one chunk of g and that of g*(x-m):
	//
	//	s1 = Sum(g)
	//	s2 = Dot(g, x-m)
	NormSums func(dy, x, y []T, m, pass T) (s1, s2 T)

	// NormGrad is dx[i] = fma(a, g[i], fma(b, x[i]-m, c)).
	NormGrad func(dx, dy, x, y []T, m, a, b, c, pass T)

	// NormRows is Norm of len(m) rows of n elements, one after the other, each with an m, an
	// s, a t and a lo of its own.
	NormRows func(dst, x, m, s, t, lo []T, n int)

	// DevSumRows is dst[r] = Sum(d) for len(dst) rows of n elements, at most Chunk of them,
	// one after the other, d being x[r*n+j]-m[r]; and DevSqRows is dst[r] = Dot(d, d).
	DevSumRows func(dst, x, m []T, n int)
	DevSqRows  func(dst, x, m []T, n int)

	// NormRow is dst[j] = fma(fma(x[j]-m, r, q), gamma[j], beta[j]). q is -0, or what makes
	// good the last bits of m.
	NormRow func(dst, x, gamma, beta []T, m, r, q T)

	// NormRowAdd adds a row to the sums of the columns:
	//
	//	s1[j] += dy[j]; s2[j] = fma(dy[j], fma(x[j]-m, r, q), s2[j])
	NormRowAdd func(s1, s2, dy, x []T, m, r, q T)

	// NormCols is Norm of every row, with an m, s and t for each column:
	//
	//	for i < rows, j < n { v := fma(x[i*ld+j]-m[j], s[j], t[j]); dst[i*ld+j] = lo > v ? lo : v }
	NormCols func(dst, x []T, ld, rows int, m, s, t []T, lo T)

	// NormColSums adds rows, in their order, to the sums of the columns, n elements each:
	//
	//	for i < rows, j < n { s1[j] += g[i*ld+j]; s2[j] = fma(g[i*ld+j], x[i*ld+j]-m[j], s2[j]) }
	NormColSums func(s1, s2, dy, x, y []T, ld, rows int, m []T, pass T)

	// NormColsGrad is NormGrad of every row, with m, a, b and c for each column.
	NormColsGrad func(dx, dy, x, y []T, ld, rows int, m, a, b, c []T, pass T)
}

func normGenericKernels[T Float]() NormKernels[T] {
	return NormKernels[T]{
		Norm: normGeneric[T], NormSums: normSumsGeneric[T], NormGrad: normGradGeneric[T],
		NormRows: normRowsGeneric[T], DevSumRows: devSumRowsGeneric[T], DevSqRows: devSqRowsGeneric[T],
		NormRow: normRowGeneric[T], NormRowAdd: normRowAddGeneric[T],
		NormCols: normColsGeneric[T], NormColSums: normColSumsGeneric[T], NormColsGrad: normColsGradGeneric[T],
	}
}

func normGeneric[T Float](dst, x []T, m, s, t, lo T) {
	x = x[:len(dst):len(x)]
	for i, v := range x {
		if v = FMA(v-m, s, t); lo > v {
			v = lo
		}
		dst[i] = v
	}
}

func normRowsGeneric[T Float](dst, x, m, s, t, lo []T, n int) {
	s, t, lo = s[:len(m):len(s)], t[:len(m):len(t)], lo[:len(m):len(lo)]
	checkRows("NormRows", dst, n, len(m), n)
	checkRows("NormRows", x, n, len(m), n)
	for r, v := range m {
		normGeneric(dst[r*n:][:n], x[r*n:][:n], v, s[r], t[r], lo[r])
	}
}

func devSumRowsGeneric[T Float](dst, x, m []T, n int) {
	m = m[:len(dst):len(m)]
	checkRows("DevSumRows", x, n, len(dst), n)
	mask := Lanes[T]() - 1
	for r, p := range m {
		var l lanes[T]
		for j, v := range x[r*n:][:n] {
			l[j&mask] += v - p
		}
		dst[r] = l.fold()
	}
}

func devSqRowsGeneric[T Float](dst, x, m []T, n int) {
	m = m[:len(dst):len(m)]
	checkRows("DevSqRows", x, n, len(dst), n)
	mask := Lanes[T]() - 1
	for r, p := range m {
		var l lanes[T]
		for j, v := range x[r*n:][:n] {
			d := v - p
			l[j&mask] = FMA(d, d, l[j&mask])
		}
		dst[r] = l.fold()
	}
}

// masked is the gradient before a ReLU that gave y, or dy.
func masked[T Float](dy, y, pass T) T {
	if y > pass {
		pass = y
	}
	if pass > 0 {
		return dy
	}
	return 0
}

func normSumsGeneric[T Float](dy, x, y []T, m, pass T) (T, T) {
	x, y = x[:len(dy):len(x)], y[:len(dy):len(y)]
	var l1, l2 lanes[T]
	mask := Lanes[T]() - 1
	for i, g := range dy {
		g = masked(g, y[i], pass)
		l1[i&mask] += g
		l2[i&mask] = FMA(g, x[i]-m, l2[i&mask])
	}
	return l1.fold(), l2.fold()
}

func normGradGeneric[T Float](dx, dy, x, y []T, m, a, b, c, pass T) {
	dy, x, y = dy[:len(dx):len(dy)], x[:len(dx):len(x)], y[:len(dx):len(y)]
	for i, v := range x {
		dx[i] = FMA(a, masked(dy[i], y[i], pass), FMA(b, v-m, c))
	}
}

func normRowGeneric[T Float](dst, x, gamma, beta []T, m, r, q T) {
	x, gamma, beta = x[:len(dst):len(x)], gamma[:len(dst):len(gamma)], beta[:len(dst):len(beta)]
	for j, v := range x {
		dst[j] = FMA(FMA(v-m, r, q), gamma[j], beta[j])
	}
}

func normRowAddGeneric[T Float](s1, s2, dy, x []T, m, r, q T) {
	s2, dy, x = s2[:len(s1):len(s2)], dy[:len(s1):len(dy)], x[:len(s1):len(x)]
	for j, v := range x {
		s1[j] += dy[j]
		s2[j] = FMA(dy[j], FMA(v-m, r, q), s2[j])
	}
}

func normColsGeneric[T Float](dst, x []T, ld, rows int, m, s, t []T, lo T) {
	n := len(m)
	s, t = s[:n:len(s)], t[:n:len(t)]
	checkRows("NormCols", dst, ld, rows, n)
	checkRows("NormCols", x, ld, rows, n)
	for i := range rows {
		d := dst[i*ld:][:n]
		for j, v := range x[i*ld:][:n] {
			if v = FMA(v-m[j], s[j], t[j]); lo > v {
				v = lo
			}
			d[j] = v
		}
	}
}

func normColSumsGeneric[T Float](s1, s2, dy, x, y []T, ld, rows int, m []T, pass T) {
	n := len(m)
	s1, s2 = s1[:n:len(s1)], s2[:n:len(s2)]
	checkRows("NormColSums", dy, ld, rows, n)
	checkRows("NormColSums", x, ld, rows, n)
	checkRows("NormColSums", y, ld, rows, n)
	for i := range rows {
		dr, yr := dy[i*ld:][:n], y[i*ld:][:n]
		for j, v := range x[i*ld:][:n] {
			g := masked(dr[j], yr[j], pass)
			s1[j] += g
			s2[j] = FMA(g, v-m[j], s2[j])
		}
	}
}

func normColsGradGeneric[T Float](dx, dy, x, y []T, ld, rows int, m, a, b, c []T, pass T) {
	n := len(m)
	a, b, c = a[:n:len(a)], b[:n:len(b)], c[:n:len(c)]
	checkRows("NormColsGrad", dx, ld, rows, n)
	checkRows("NormColsGrad", dy, ld, rows, n)
	checkRows("NormColsGrad", x, ld, rows, n)
	checkRows("NormColsGrad", y, ld, rows, n)
	for i := range rows {
		d, g, yr := dx[i*ld:][:n], dy[i*ld:][:n], y[i*ld:][:n]
		for j, v := range x[i*ld:][:n] {
			d[j] = FMA(a[j], masked(g[j], yr[j], pass), FMA(b[j], v-m[j], c[j]))
		}
	}
}
