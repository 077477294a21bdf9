package gonumblas

import (
	"github.com/lanes-go/lanes/asm"
	"github.com/lanes-go/lanes/internal/chunk"
	store "github.com/lanes-go/lanes/internal/scratch"
	"github.com/lanes-go/lanes/tensor"
	"gonum.org/v1/gonum/blas"
)

// Level 2. Strided vectors are copied; they are short beside the matrix.

// maxStride is the greatest distance between the rows of a matrix.
const maxStride = 1<<31 - 1

// all is the whole vector as a slice: itself or a copy.
func (v vec[T]) all(buf *[]T) []T { return v.part(buf, 0, v.n) }

// dotOf is chunk.Dot for vectors of at most n elements: mostly the kernel itself.
func dotOf[T tensor.Float](k *asm.Kernels[T], n int) func(x, y []T) T {
	if n <= asm.Chunk {
		return k.Dot
	}
	return func(x, y []T) T { return chunk.Dot(k, x, y) }
}

// axpyOf is chunk.Axpy likewise.
func axpyOf[T tensor.Float](k *asm.Kernels[T], n int) func(y []T, a T, x []T) {
	if n <= chunk.Piece {
		return k.Axpy
	}
	return func(y []T, a T, x []T) { chunk.Axpy(k, y, a, x) }
}

// update is v = alpha·t + beta·v.
func (v vec[T]) update(k *asm.Kernels[T], alpha T, t []T, beta T, w *work[T]) {
	if v.inc == 1 {
		chunk.Axpby(k, v.x[:v.n:v.n], alpha, t, beta)
		return
	}
	y := v.all(&w.y)
	chunk.Axpby(k, y, alpha, t, beta)
	v.scatter(y, 0)
}

func gemv[T tensor.Float](tA blas.Transpose, m, n int, alpha T, a []T, lda int, x []T, incX int, beta T, y []T, incY int) bool {
	t, ok := trans(tA)
	lenX, lenY := n, m
	if t {
		lenX, lenY = m, n
	}
	lda = stride(m, n, lda)
	if !ok || alpha == 0 ||
		!fits(lenX, incX, len(x)) || !fits(lenY, incY, len(y)) || !operandFits(m, n, lda, len(a)) {
		return false // alpha = 0 only multiplies by beta
	}
	if incX == 1 && incY == 1 {
		px, py := x[:lenX:lenX], y[:lenY:lenY]
		apart := !matricesMeet(py, 1, lenY, lda, a, m, n, lda) && !matricesMeet(py, 1, lenY, lenY, px, 1, lenX, lenX)
		if apart && t {
			tensor.Gemm(false, false, 1, n, m, alpha, px, max(m, n), a, lda, beta, py, lda)
			return true
		}
		if apart && beta == 0 {
			k := asm.Active[T]()
			chunk.DotRows(k, py, a, lda, px)
			if alpha != 1 {
				chunk.Scale(k, py, alpha, py)
			}
			return true
		}
	}
	vx, _ := vecOf(lenX, x, incX)
	vy, _ := vecOf(lenY, y, incY)
	k, w := asm.Active[T](), getWork[T]()
	sum := store.Grow(&w.t, lenY)
	px := vx.all(&w.x)
	if t {
		tensor.Gemm(false, false, 1, n, m, 1, px, m, a, lda, 0, sum, n)
	} else {
		chunk.DotRows(k, sum, a, lda, px)
	}
	vy.update(k, alpha, sum, beta, w)
	putWork(w)
	return true
}

// clearable ends y where the vector does: with beta = 0 gonum 0.17 has implementations
// of gemv that clear all of the slice.
func clearable[T tensor.Float](tA blas.Transpose, m, n int, y []T, incY int) []T {
	if tA == blas.NoTrans {
		n = m
	}
	if incY == 1 && uint(n-1) < uint(len(y)) {
		return y[:n]
	}
	return y
}

func ger[T tensor.Float](m, n int, alpha T, x []T, incX int, y []T, incY int, a []T, lda int) bool {
	lda = stride(m, n, lda)
	if !fits(m, incX, len(x)) || !fits(n, incY, len(y)) || alpha == 0 || !operandFits(m, n, lda, len(a)) {
		return false
	}
	k := asm.Active[T]()
	if alpha == 1 && incX == 1 && incY == 1 {
		chunk.AxpyRows(k, a, lda, x[:m:m], y[:n:n])
		return true
	}
	if m <= 8 && incX == 1 && incY == 1 { // dearer than the rows would be scratch memory
		for i, v := range x[:m] {
			chunk.Axpy(k, a[i*lda:][:n:n], T(alpha*v), y)
		}
		return true
	}
	vx, _ := vecOf(m, x, incX)
	vy, _ := vecOf(n, y, incY)
	w := getWork[T]()
	scaled := store.Grow(&w.t, m)
	chunk.Scale(k, scaled, alpha, vx.all(&w.x))
	chunk.AxpyRows(k, a, lda, scaled, vy.all(&w.y))
	putWork(w)
	return true
}

// symv reads a row of the triangle once from memory: as a row of A it is multiplied
// with x, as a column of A added to the result, and by then it is in the L1.
func symv[T tensor.Float](ul blas.Uplo, n int, alpha T, a []T, lda int, x []T, incX int, beta T, y []T, incY int) bool {
	vx, okX := vecOf(n, x, incX)
	vy, okY := vecOf(n, y, incY)
	if ul != blas.Upper && ul != blas.Lower || !okX || !okY || alpha == 0 || !operandFits(n, n, lda, len(a)) {
		return false
	}
	k, w := asm.Active[T](), getWork[T]()
	dot, axpy := dotOf(k, n), axpyOf(k, n)
	px := vx.all(&w.x)
	sum := store.Grow(&w.t, n)
	if ul == blas.Upper {
		chunk.Clear(sum)
		for i := range n {
			row := a[i*lda+i : i*lda+n]
			sum[i] += dot(row, px[i:])
			axpy(sum[i+1:n], px[i], row[1:])
		}
	} else {
		for i := range n {
			row := a[i*lda : i*lda+i+1]
			sum[i] = dot(row, px)
			axpy(sum[:i], px[i], row)
		}
	}
	vy.update(k, alpha, sum, beta, w)
	putWork(w)
	return true
}

// syr adds alpha·x·xᵀ to a triangle, row by row. As in gonum, a row whose factor is 0
// is left as it is.
func syr[T tensor.Float](ul blas.Uplo, n int, alpha T, x []T, incX int, a []T, lda int) bool {
	vx, okX := vecOf(n, x, incX)
	if ul != blas.Upper && ul != blas.Lower || !okX || alpha == 0 || !operandFits(n, n, lda, len(a)) {
		return false
	}
	k, w := asm.Active[T](), getWork[T]()
	axpy := axpyOf(k, n)
	px := vx.all(&w.x)
	for i, v := range px {
		lo, hi := triangleRow(ul, i, n)
		if v = T(alpha * v); v != 0 {
			axpy(a[i*lda+lo:i*lda+hi:i*lda+hi], v, px[lo:])
		}
	}
	putWork(w)
	return true
}

// syr2 adds alpha·x·yᵀ, then alpha·y·xᵀ to a row.
func syr2[T tensor.Float](ul blas.Uplo, n int, alpha T, x []T, incX int, y []T, incY int, a []T, lda int) bool {
	vx, okX := vecOf(n, x, incX)
	vy, okY := vecOf(n, y, incY)
	if ul != blas.Upper && ul != blas.Lower || !okX || !okY || alpha == 0 || !operandFits(n, n, lda, len(a)) {
		return false
	}
	k, w := asm.Active[T](), getWork[T]()
	axpy := axpyOf(k, n)
	px, py := vx.all(&w.x), vy.all(&w.y)
	for i := range px {
		lo, hi := triangleRow(ul, i, n)
		row := a[i*lda+lo : i*lda+hi : i*lda+hi]
		axpy(row, T(alpha*px[i]), py[lo:])
		axpy(row, T(alpha*py[i]), px[lo:])
	}
	putWork(w)
	return true
}

// triangleRow are the columns of row i of a triangle of n rows.
func triangleRow(ul blas.Uplo, i, n int) (lo, hi int) {
	if ul == blas.Upper {
		return i, n
	}
	return 0, i + 1
}
