package tensor

import (
	"fmt"
	"unsafe"
)

// MatMul computes dst = a·b: a is m x k, b k x n, dst m x n. A one-dimensional a
// is a row, a one-dimensional b a column, and dst then lacks that axis: [k]·[k,n]
// is [n], [m,k]·[k] is [m], [k]·[k] is a tensor without axes.
//
// Operands and dst may be views. Rows that are contiguous, and columns that are
// (a transposed view), are multiplied where they lie; a view that has neither is
// copied first. The bits are those of the product of copies. It panics with a
// *ShapeError if the shapes do not fit or dst shares memory with a or b. Views of
// one tensor that lie in each other's gaps count as sharing memory unless they
// have the same strides.
//
// The order of an element's sum is that of Gemm. Nothing is allocated once the
// scratch memory has grown to the largest call.
func MatMul[T Float](dst, a, b *Tensor[T]) { matMul("MatMul", dst, a, b, false, false, 0) }

// MatMulTransA computes dst = aᵀ·b: a is k x m. A one-dimensional a is the row aᵀ.
func MatMulTransA[T Float](dst, a, b *Tensor[T]) { matMul("MatMulTransA", dst, a, b, true, false, 0) }

// MatMulTransB computes dst = a·bᵀ: b is n x k. A one-dimensional b is the column bᵀ.
func MatMulTransB[T Float](dst, a, b *Tensor[T]) { matMul("MatMulTransB", dst, a, b, false, true, 0) }

// MatMulAcc computes dst += a·b.
func MatMulAcc[T Float](dst, a, b *Tensor[T]) { matMul("MatMulAcc", dst, a, b, false, false, 1) }

// MatMulTransAAcc computes dst += aᵀ·b.
func MatMulTransAAcc[T Float](dst, a, b *Tensor[T]) {
	matMul("MatMulTransAAcc", dst, a, b, true, false, 1)
}

// MatMulTransBAcc computes dst += a·bᵀ.
func MatMulTransBAcc[T Float](dst, a, b *Tensor[T]) {
	matMul("MatMulTransBAcc", dst, a, b, false, true, 1)
}

// matrix is a two-dimensional view: the last two axes of a tensor, or a vector as
// a row or a column.
type matrix[T Float] struct {
	data       []T
	rows, cols int
	rs, cs     int // strides of rows and columns
}

func asMatrix[T Float](t *Tensor[T], row bool) matrix[T] {
	n := len(t.shape)
	switch {
	case n >= 2:
		return matrix[T]{t.data, t.shape[n-2], t.shape[n-1], t.stride[n-2], t.stride[n-1]}
	case n == 0:
		return matrix[T]{t.data, 1, 1, 1, 1}
	case row:
		return matrix[T]{t.data, 1, t.shape[0], 1, t.stride[0]}
	}
	return matrix[T]{t.data, t.shape[0], 1, t.stride[0], 1}
}

func (x *matrix[T]) transpose() { x.rows, x.cols, x.rs, x.cs = x.cols, x.rows, x.cs, x.rs }

// rowMajor, trans and plain say how Gemm can take the matrix where it lies: by
// contiguous rows, only as a transposed one by contiguous columns, either way.
func (x *matrix[T]) rowMajor() bool { return x.cs == 1 || x.cols <= 1 }
func (x *matrix[T]) trans() bool    { return !x.rowMajor() && (x.rs == 1 || x.rows <= 1) }
func (x *matrix[T]) plain() bool    { return x.rowMajor() || x.trans() }

// form returns the transposition flag and the leading dimension for Gemm. The
// stride of an axis of length 1 says nothing.
func (x *matrix[T]) form() (trans bool, ld int) {
	switch {
	case x.trans():
		return true, max(x.cs, x.rows)
	case x.rows <= 1:
		return false, max(1, x.cols)
	}
	return false, max(x.rs, x.cols)
}

// pack replaces a matrix that Gemm cannot take by a contiguous copy in buf.
func (x *matrix[T]) pack(buf *[]T) {
	if x.plain() {
		return
	}
	c := matrix[T]{grow(buf, x.rows*x.cols), x.rows, x.cols, x.cols, 1}
	c.copyFrom(x)
	*x = c
}

// copyFrom copies the elements of y, of the same shape. One of the two has
// contiguous rows; it goes down the columns of the other in strips of 16, so that
// a cache line serves 16 times.
func (x *matrix[T]) copyFrom(y *matrix[T]) {
	for j0 := 0; j0 < x.cols; j0 += 16 {
		for i := range x.rows {
			for j := j0; j < min(j0+16, x.cols); j++ {
				x.data[i*x.rs+j*x.cs] = y.data[i*y.rs+j*y.cs]
			}
		}
	}
}

// meets reports whether x and y share memory, as Gemm sees it.
func (x *matrix[T]) meets(y *matrix[T]) bool {
	if !rangesMeet(x.data, y.data) {
		return false
	}
	if !x.plain() || !y.plain() {
		return true
	}
	tx, ldx := x.form()
	ty, ldy := y.form()
	xr, xc, yr, yc := x.rows, x.cols, y.rows, y.cols
	if tx {
		xr, xc = xc, xr
	}
	if ty {
		yr, yc = yc, yr
	}
	return matricesOverlap(x.data, xr, xc, ldx, y.data, yr, yc, ldy)
}

// rangesMeet reports whether two slices have memory in common.
func rangesMeet[T Float](x, y []T) bool {
	if len(x) == 0 || len(y) == 0 {
		return false
	}
	x0, y0 := uintptr(unsafe.Pointer(&x[0])), uintptr(unsafe.Pointer(&y[0]))
	size := unsafe.Sizeof(x[0])
	return x0 < y0+uintptr(len(y))*size && y0 < x0+uintptr(len(x))*size
}

// overlaps reports whether two views whose ranges meet can share an element. They
// cannot where each is a set of runs of contiguous elements, all at distances that
// are multiples of one g, and the runs lie apart modulo g: two blocks of columns of
// one array.
func (t *Tensor[T]) overlaps(u *Tensor[T]) bool {
	gt, nt := t.runs()
	gu, nu := u.runs()
	g := gcd(gt, gu)
	if g == 0 {
		return true
	}
	off := (int(uintptr(unsafe.Pointer(&u.data[0])))-int(uintptr(unsafe.Pointer(&t.data[0]))))/sizeOf[T]()%g + g
	off %= g
	return off < nt || off+nu > g
}

// runs returns the length n of the runs of contiguous elements and the greatest
// common divisor of the distances between them, 0 for a single one.
func (t *Tensor[T]) runs() (g, n int) {
	n = 1
	for again := true; again; {
		g, again = 0, false
		for i, d := range t.shape {
			switch {
			case d <= 1 || t.stride[i] < n: // nothing, or in the run already
			case t.stride[i] == n:
				n *= d
				again = true
			default:
				g = gcd(g, t.stride[i])
			}
		}
	}
	return g, n
}

func gcd(a, b int) int {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}

func matMul[T Float](op string, dst, a, b *Tensor[T], tA, tB bool, beta T) {
	if !matMulRows(dst, a, b, tA, tB, beta) {
		matMulViews(op, dst, a, b, tA, tB, beta)
	}
}

// matMulRows is the short way for three matrices with contiguous rows, nothing
// shared: at 16x16x16 every nanosecond shows. It reports false, and has done
// nothing, if the operands are others.
func matMulRows[T Float](dst, a, b *Tensor[T], tA, tB bool, beta T) bool {
	if len(dst.shape) != 2 || len(a.shape) != 2 || len(b.shape) != 2 || dst.stride[1] != 1 || a.stride[1] != 1 || b.stride[1] != 1 {
		return false
	}
	ra, ca, rb, cb := a.shape[0], a.shape[1], b.shape[0], b.shape[1]
	lda, ldb := max(a.stride[0], ca), max(b.stride[0], cb) // the stride of a single row says nothing
	if tA {
		ra, ca = ca, ra
	}
	if tB {
		rb, cb = cb, rb
	}
	if ca != rb || dst.shape[0] != ra || dst.shape[1] != cb || uint(ra|ca|cb) > maxDim ||
		!apart(dst.data, len(dst.data), a.data, b.data) {
		return false
	}
	Gemm(tA, tB, ra, cb, ca, 1, a.data, lda, b.data, ldb, beta, dst.data, max(dst.stride[0], cb))
	return true
}

// matMulViews takes any operands.
func matMulViews[T Float](op string, dst, a, b *Tensor[T], tA, tB bool, beta T) {
	x, y, c, ok := operands(dst, a, b, tA, tB)
	if !ok {
		panic(matMulError(op, dst, a, b, tA, tB))
	}
	multiply(&c, &x, &y, beta)
}

// operands returns the matrices of dst = op(a)·op(b), if they are in order.
func operands[T Float](dst, a, b *Tensor[T], tA, tB bool) (x, y, c matrix[T], ok bool) {
	ra, rb := len(a.shape), len(b.shape)
	if ra < 1 || ra > 2 || rb < 1 || rb > 2 || len(dst.shape) != ra+rb-2 {
		return
	}
	x, y, c = asMatrix(a, true), asMatrix(b, false), asMatrix(dst, ra == 1)
	if tA && ra == 2 {
		x.transpose()
	}
	if tB && rb == 2 {
		y.transpose()
	}
	ok = x.cols == y.rows && c.rows == x.rows && c.cols == y.cols &&
		uint(c.rows) <= maxDim && uint(c.cols) <= maxDim && uint(x.cols) <= maxDim &&
		!c.meets(&x) && !c.meets(&y)
	return
}

// multiply computes c = x·y + beta·c, beta 0 or 1, of operands that are in order.
func multiply[T Float](c, x, y *matrix[T], beta T) {
	if c.trans() { // cᵀ = yᵀ·xᵀ: each element the same chain
		c.transpose()
		x.transpose()
		y.transpose()
		x, y = y, x
	}
	if c.plain() && x.plain() && y.plain() {
		gemm(c, x, y, beta)
		return
	}
	ws := getWorkspace[T]()
	x.pack(&ws.a)
	y.pack(&ws.b)
	if c.plain() {
		gemm(c, x, y, beta)
	} else {
		t := matrix[T]{grow(&ws.sum, c.rows*c.cols), c.rows, c.cols, c.cols, 1}
		if beta != 0 {
			t.copyFrom(c)
		}
		gemm(&t, x, y, beta)
		c.copyFrom(&t)
	}
	putWorkspace(ws)
}

func gemm[T Float](c, x, y *matrix[T], beta T) {
	tA, lda := x.form()
	tB, ldb := y.form()
	_, ldc := c.form()
	Gemm(tA, tB, c.rows, c.cols, x.cols, 1, x.data, lda, y.data, ldb, beta, c.data, ldc)
}

// matMulError says what is wrong with operands.
func matMulError[T Float](op string, dst, a, b *Tensor[T], tA, tB bool) *ShapeError {
	ra, rb := len(a.shape), len(b.shape)
	why := ""
	if ra < 1 || ra > 2 || rb < 1 || rb > 2 || len(dst.shape) != ra+rb-2 {
		why = "a and b must have one or two axes each, and dst the two of a matrix, less one for each vector"
	} else {
		x, y, c := asMatrix(a, true), asMatrix(b, false), asMatrix(dst, ra == 1)
		if tA && ra == 2 {
			x.transpose()
		}
		if tB && rb == 2 {
			y.transpose()
		}
		switch {
		case x.cols != y.rows:
			why = fmt.Sprintf("the inner dimensions %d and %d differ", x.cols, y.rows)
		case c.rows != x.rows || c.cols != y.cols:
			why = fmt.Sprintf("dst is not %d x %d", x.rows, y.cols)
		case uint(c.rows) > maxDim || uint(c.cols) > maxDim || uint(x.cols) > maxDim:
			why = "a dimension of 2^31 or more"
		default:
			why = "dst shares memory with an operand"
		}
	}
	return shapeError(op, why, dst.shape, a.shape, b.shape)
}
