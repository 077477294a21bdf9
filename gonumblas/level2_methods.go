package gonumblas

import "gonum.org/v1/gonum/blas"

// Dgemv computes y = alpha·op(A)·x + beta·y as y[i] = fma(alpha, s, beta·y[i]), or alpha·s
// where beta = 0, whatever y holds. The sum s of A·x is Ddot of a row and x; that of Aᵀ·x
// has the order of a matrix product, over the rows of A in increasing order in blocks of
// about 256 (asm.KBlockLen). Strided vectors have the bits of their packed copies. Passed
// on to gonum: small or narrow matrices, and small ones with strided vectors, by
// gemvIsSmall; and alpha = 0, which only multiplies by beta.
func (f Float64) Dgemv(tA blas.Transpose, m, n int, alpha float64, a []float64, lda int, x []float64, incX int, beta float64, y []float64, incY int) {
	if !ours(f.SameBits, !fewer(m, n, 256) && !gemvIsSmall[float64](tA != blas.NoTrans, m, n, incX, incY)) || !gemv(tA, m, n, alpha, a, lda, x, incX, beta, y, incY) {
		y = clearable(tA, m, n, y, incY)
		f.Implementation.Dgemv(tA, m, n, alpha, a, lda, x, incX, beta, y, incY)
	}
}

// Dger is A[i][j] = fma(alpha·x[i], y[j], A[i][j]). Small and narrow matrices are passed on
// to gonum by gerIsSmall, but not where an increment is negative: gonum 0.17 reads outside
// x then, or does nothing.
func (f Float64) Dger(m, n int, alpha float64, x []float64, incX int, y []float64, incY int, a []float64, lda int) {
	// With a negative increment gonum 0.17 reads outside x, or leaves A as it is.
	must := f.SameBits || incX < 0 || incY < 0
	if !ours(must, !fewer(m, n, 500) && !gerIsSmall[float64](m, n, incX, incY)) || !ger(m, n, alpha, x, incX, y, incY, a, lda) {
		f.Implementation.Dger(m, n, alpha, x, incX, y, incY, a, lda)
	}
}

// Dsymv computes y = alpha·A·x + beta·y from one triangle of A, reading each row once from
// memory: y[i] = fma(alpha, s[i], beta·y[i]), or alpha·s[i] where beta = 0. For every row i
// in increasing order Ddot of its part of the triangle with x is added to s[i], and
// x[i] times the part beside the diagonal, fused, to the other s[j]. Passed on to gonum
// below n = minSymv.
func (f Float64) Dsymv(ul blas.Uplo, n int, alpha float64, a []float64, lda int, x []float64, incX int, beta float64, y []float64, incY int) {
	if !ours(f.SameBits, n >= minSymv) || !symv(ul, n, alpha, a, lda, x, incX, beta, y, incY) {
		f.Implementation.Dsymv(ul, n, alpha, a, lda, x, incX, beta, y, incY)
	}
}

// Dtrmv computes x = op(A)·x for a triangular A. Rows are taken in blocks of 16: in a diagonal
// block op(A)[i][j]·x[j] is rounded and added column by column; beside it, without
// transposition, Ddot of a row and x is added last, and with it 16 rows of A times their x
// are added to the others, as a product. Passed on to gonum below n = min64Trmv.
func (f Float64) Dtrmv(ul blas.Uplo, tA blas.Transpose, d blas.Diag, n int, a []float64, lda int, x []float64, incX int) {
	if !ours(f.SameBits, n >= min64Trmv) || !triangleVector(ul, tA, d, n, a, lda, x, incX, false) {
		f.Implementation.Dtrmv(ul, tA, d, n, a, lda, x, incX)
	}
}

// Dtrsv solves op(A)·x = b for a triangular A, where x holds b. Rows are taken in blocks of 16:
// without transposition Ddot of the rows beside a diagonal block and the x already known
// is subtracted first; in the block op(A)[i][j]·x[j] is rounded and subtracted column by
// column after the division by the diagonal; with transposition 16 rows of A times their x
// are then subtracted from the others, as a product. There is no test for singularity.
// Passed on to gonum below n = minTrsv.
func (f Float64) Dtrsv(ul blas.Uplo, tA blas.Transpose, d blas.Diag, n int, a []float64, lda int, x []float64, incX int) {
	if !ours(f.SameBits, n >= minTrsv) || !triangleVector(ul, tA, d, n, a, lda, x, incX, true) {
		f.Implementation.Dtrsv(ul, tA, d, n, a, lda, x, incX)
	}
}

// Dsyr adds alpha·x·xᵀ to a triangle of A: A[i][j] = fma(alpha·x[i], x[j], A[i][j]); a row
// for which alpha·x[i] = 0 is left as it is, as in gonum. Passed on below n = minSyr.
func (f Float64) Dsyr(ul blas.Uplo, n int, alpha float64, x []float64, incX int, a []float64, lda int) {
	if !ours(f.SameBits, n >= minSyr) || !syr(ul, n, alpha, x, incX, a, lda) {
		f.Implementation.Dsyr(ul, n, alpha, x, incX, a, lda)
	}
}

// Dsyr2 adds alpha·x·yᵀ + alpha·y·xᵀ to a triangle of A:
// A[i][j] = fma(alpha·y[i], x[j], fma(alpha·x[i], y[j], A[i][j])). Passed on to gonum below
// n = minSyr2.
func (f Float64) Dsyr2(ul blas.Uplo, n int, alpha float64, x []float64, incX int, y []float64, incY int, a []float64, lda int) {
	if !ours(f.SameBits, n >= minSyr2) || !syr2(ul, n, alpha, x, incX, y, incY, a, lda) {
		f.Implementation.Dsyr2(ul, n, alpha, x, incX, y, incY, a, lda)
	}
}

// Sgemv is Dgemv in float32.
func (f Float32) Sgemv(tA blas.Transpose, m, n int, alpha float32, a []float32, lda int, x []float32, incX int, beta float32, y []float32, incY int) {
	if !ours(f.SameBits, !fewer(m, n, 64) && !gemvIsSmall[float32](tA != blas.NoTrans, m, n, incX, incY)) || !gemv(tA, m, n, alpha, a, lda, x, incX, beta, y, incY) {
		y = clearable(tA, m, n, y, incY)
		f.Implementation.Sgemv(tA, m, n, alpha, a, lda, x, incX, beta, y, incY)
	}
}

// Sger is Dger in float32.
func (f Float32) Sger(m, n int, alpha float32, x []float32, incX int, y []float32, incY int, a []float32, lda int) {
	// With a negative increment gonum 0.17 reads outside x, or leaves A as it is.
	must := f.SameBits || incX < 0 || incY < 0
	if !ours(must, !fewer(m, n, 1000) && !gerIsSmall[float32](m, n, incX, incY)) || !ger(m, n, alpha, x, incX, y, incY, a, lda) {
		f.Implementation.Sger(m, n, alpha, x, incX, y, incY, a, lda)
	}
}

// Ssymv is Dsymv in float32.
func (f Float32) Ssymv(ul blas.Uplo, n int, alpha float32, a []float32, lda int, x []float32, incX int, beta float32, y []float32, incY int) {
	if !ours(f.SameBits, n >= minSymv) || !symv(ul, n, alpha, a, lda, x, incX, beta, y, incY) {
		f.Implementation.Ssymv(ul, n, alpha, a, lda, x, incX, beta, y, incY)
	}
}

// Strmv is Dtrmv in float32.
func (f Float32) Strmv(ul blas.Uplo, tA blas.Transpose, d blas.Diag, n int, a []float32, lda int, x []float32, incX int) {
	if !ours(f.SameBits, n >= min32Trmv) || !triangleVector(ul, tA, d, n, a, lda, x, incX, false) {
		f.Implementation.Strmv(ul, tA, d, n, a, lda, x, incX)
	}
}

// Strsv is Dtrsv in float32.
func (f Float32) Strsv(ul blas.Uplo, tA blas.Transpose, d blas.Diag, n int, a []float32, lda int, x []float32, incX int) {
	if !ours(f.SameBits, n >= minTrsv) || !triangleVector(ul, tA, d, n, a, lda, x, incX, true) {
		f.Implementation.Strsv(ul, tA, d, n, a, lda, x, incX)
	}
}

// Ssyr is Dsyr in float32.
func (f Float32) Ssyr(ul blas.Uplo, n int, alpha float32, x []float32, incX int, a []float32, lda int) {
	if !ours(f.SameBits, n >= minSyr) || !syr(ul, n, alpha, x, incX, a, lda) {
		f.Implementation.Ssyr(ul, n, alpha, x, incX, a, lda)
	}
}

// Ssyr2 is Dsyr2 in float32.
func (f Float32) Ssyr2(ul blas.Uplo, n int, alpha float32, x []float32, incX int, y []float32, incY int, a []float32, lda int) {
	if !ours(f.SameBits, n >= minSyr2) || !syr2(ul, n, alpha, x, incX, y, incY, a, lda) {
		f.Implementation.Ssyr2(ul, n, alpha, x, incX, y, incY, a, lda)
	}
}
