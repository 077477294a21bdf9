package gonumblas

import "gonum.org/v1/gonum/blas"

// Dgemm computes C = alpha·op(A)·op(B) + beta·C. The order of an element's sum is that
// of tensor.Gemm and depends on k alone.
func (f Float64) Dgemm(tA, tB blas.Transpose, m, n, k int, alpha float64, a []float64, lda int, b []float64, ldb int, beta float64, c []float64, ldc int) {
	if !(alpha == 0 || ours(f.SameBits, !gemmIsSmall(false, tA != blas.NoTrans, tB != blas.NoTrans, m, n, k))) ||
		!gemm(f.SameBits, tA, tB, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc) {
		f.Implementation.Dgemm(tA, tB, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc)
	}
}

// Dsyrk computes a triangle of C = alpha·op(A)·op(A)ᵀ + beta·C. Its elements have the
// bits that Dgemm gives them in C whole.
func (f Float64) Dsyrk(ul blas.Uplo, tA blas.Transpose, n, k int, alpha float64, a []float64, lda int, beta float64, c []float64, ldc int) {
	if !syrk(f.SameBits, ul, tA, n, k, alpha, a, lda, beta, c, ldc) {
		f.Implementation.Dsyrk(ul, tA, n, k, alpha, a, lda, beta, c, ldc)
	}
}

// Dsyr2k computes a triangle of C = alpha·op(A)·op(B)ᵀ + alpha·op(B)·op(A)ᵀ + beta·C. Its
// elements have the bits that two calls of Dgemm give them in C whole, one product
// added after the other.
func (f Float64) Dsyr2k(ul blas.Uplo, tA blas.Transpose, n, k int, alpha float64, a []float64, lda int, b []float64, ldb int, beta float64, c []float64, ldc int) {
	if !ours(f.SameBits, !rankIsSmall(tA != blas.NoTrans, true, n, k)) ||
		!syr2k(f.SameBits, ul, tA, n, k, alpha, a, lda, b, ldb, beta, c, ldc) {
		f.Implementation.Dsyr2k(ul, tA, n, k, alpha, a, lda, b, ldb, beta, c, ldc)
	}
}

// Dsymm computes C = alpha·A·B + beta·C, or alpha·B·A + beta·C, with symmetric A. Its
// elements have the bits that Dgemm gives them with A written out.
func (f Float64) Dsymm(s blas.Side, ul blas.Uplo, m, n int, alpha float64, a []float64, lda int, b []float64, ldb int, beta float64, c []float64, ldc int) {
	if !ours(f.SameBits, !symmIsSmall(s, m, n)) ||
		!symm(f.SameBits, s, ul, m, n, alpha, a, lda, b, ldb, beta, c, ldc) {
		f.Implementation.Dsymm(s, ul, m, n, alpha, a, lda, b, ldb, beta, c, ldc)
	}
}

// Dtrmm computes B = alpha·op(A)·B, or alpha·B·op(A), with triangular A. Only elements
// of its triangle are multiplied with B, those that are zero too, other than in gonum.
// An element's sum begins with its terms in rows and columns of A that one block of 8
// holds, goes on with those that the same block of 64 holds, and then, as the order
// of A is halved, with those of ever larger blocks. It depends on the order of A and
// on the form of the call alone.
func (f Float64) Dtrmm(s blas.Side, ul blas.Uplo, tA blas.Transpose, d blas.Diag, m, n int, alpha float64, a []float64, lda int, b []float64, ldb int) {
	if !ours(f.SameBits, !triangleIsSmall(false, false, d == blas.Unit, s, m, n)) ||
		!trxm(f.SameBits, false, s, ul, tA, d, m, n, alpha, a, lda, b, ldb) {
		f.Implementation.Dtrmm(s, ul, tA, d, m, n, alpha, a, lda, b, ldb)
	}
}

// Dtrsm solves op(A)·X = alpha·B, or X·op(A) = alpha·B, with triangular A; X overwrites
// B. Terms are subtracted from alpha·B in the reverse of Dtrmm's order, those of the
// largest blocks first. In the last block of 8 a sum of them is subtracted at once, and
// both sides of that are multiplied by the reciprocal of the diagonal element; where
// that is near the ends of the range, the difference is divided instead. Zeros of the
// triangle are multiplied with X, other than in gonum.
func (f Float64) Dtrsm(s blas.Side, ul blas.Uplo, tA blas.Transpose, d blas.Diag, m, n int, alpha float64, a []float64, lda int, b []float64, ldb int) {
	if !ours(f.SameBits, !triangleIsSmall(false, true, d == blas.Unit, s, m, n)) ||
		!trxm(f.SameBits, true, s, ul, tA, d, m, n, alpha, a, lda, b, ldb) {
		f.Implementation.Dtrsm(s, ul, tA, d, m, n, alpha, a, lda, b, ldb)
	}
}

// Sgemm is Dgemm in float32.
func (f Float32) Sgemm(tA, tB blas.Transpose, m, n, k int, alpha float32, a []float32, lda int, b []float32, ldb int, beta float32, c []float32, ldc int) {
	if !(alpha == 0 || ours(f.SameBits, !gemmIsSmall(true, tA != blas.NoTrans, tB != blas.NoTrans, m, n, k))) ||
		!gemm(f.SameBits, tA, tB, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc) {
		f.Implementation.Sgemm(tA, tB, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc)
	}
}

// Ssyrk is Dsyrk in float32.
func (f Float32) Ssyrk(ul blas.Uplo, tA blas.Transpose, n, k int, alpha float32, a []float32, lda int, beta float32, c []float32, ldc int) {
	if !syrk(f.SameBits, ul, tA, n, k, alpha, a, lda, beta, c, ldc) {
		f.Implementation.Ssyrk(ul, tA, n, k, alpha, a, lda, beta, c, ldc)
	}
}

// Ssyr2k is Dsyr2k in float32.
func (f Float32) Ssyr2k(ul blas.Uplo, tA blas.Transpose, n, k int, alpha float32, a []float32, lda int, b []float32, ldb int, beta float32, c []float32, ldc int) {
	if !ours(f.SameBits, !rankIsSmall(tA != blas.NoTrans, true, n, k)) ||
		!syr2k(f.SameBits, ul, tA, n, k, alpha, a, lda, b, ldb, beta, c, ldc) {
		f.Implementation.Ssyr2k(ul, tA, n, k, alpha, a, lda, b, ldb, beta, c, ldc)
	}
}

// Ssymm is Dsymm in float32.
func (f Float32) Ssymm(s blas.Side, ul blas.Uplo, m, n int, alpha float32, a []float32, lda int, b []float32, ldb int, beta float32, c []float32, ldc int) {
	if !ours(f.SameBits, !symmIsSmall(s, m, n)) ||
		!symm(f.SameBits, s, ul, m, n, alpha, a, lda, b, ldb, beta, c, ldc) {
		f.Implementation.Ssymm(s, ul, m, n, alpha, a, lda, b, ldb, beta, c, ldc)
	}
}

// Strmm is Dtrmm in float32.
func (f Float32) Strmm(s blas.Side, ul blas.Uplo, tA blas.Transpose, d blas.Diag, m, n int, alpha float32, a []float32, lda int, b []float32, ldb int) {
	if !ours(f.SameBits, !triangleIsSmall(true, false, d == blas.Unit, s, m, n)) ||
		!trxm(f.SameBits, false, s, ul, tA, d, m, n, alpha, a, lda, b, ldb) {
		f.Implementation.Strmm(s, ul, tA, d, m, n, alpha, a, lda, b, ldb)
	}
}

// Strsm is Dtrsm in float32.
func (f Float32) Strsm(s blas.Side, ul blas.Uplo, tA blas.Transpose, d blas.Diag, m, n int, alpha float32, a []float32, lda int, b []float32, ldb int) {
	if !ours(f.SameBits, !triangleIsSmall(true, true, d == blas.Unit, s, m, n)) ||
		!trxm(f.SameBits, true, s, ul, tA, d, m, n, alpha, a, lda, b, ldb) {
		f.Implementation.Strsm(s, ul, tA, d, m, n, alpha, a, lda, b, ldb)
	}
}
