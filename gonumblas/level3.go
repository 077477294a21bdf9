package gonumblas

import (
	"github.com/lanes-go/lanes/tensor"
	"gonum.org/v1/gonum/blas"
)

// Each routine of lanes reports whether it did the work. It has done nothing where
// it reports false: gonum then does it, or panics, since the arguments are bad.

// trans reads a transposition flag.
func trans(t blas.Transpose) (yes, ok bool) {
	return t != blas.NoTrans, t == blas.NoTrans || t == blas.Trans || t == blas.ConjTrans
}

// matrixFits tells whether rows of cols elements, ld apart, are a matrix in gonum's
// sense and lie in n elements.
func matrixFits(rows, cols, ld, n int) bool {
	return rows > 0 && cols > 0 && ld >= cols && (n-cols)/ld >= rows-1 && n >= cols
}

func gemm[T tensor.Float](same bool, tA, tB blas.Transpose, m, n, k int, alpha T, a []T, lda int, b []T, ldb int, beta T, c []T, ldc int) bool {
	ta, ok1 := trans(tA)
	tb, ok2 := trans(tB)
	if !ok1 || !ok2 || !(same || simd[T]()) {
		return false
	}
	ra, ca, rb, cb := m, k, k, n
	if ta {
		ra, ca = k, m
	}
	if tb {
		rb, cb = n, k
	}
	if !matrixFits(ra, ca, lda, len(a)) || !matrixFits(rb, cb, ldb, len(b)) || !matrixFits(m, n, ldc, len(c)) {
		return false
	}
	tensor.Gemm(ta, tb, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc)
	return true
}

// Sgemm computes C = alpha·op(A)·op(B) + beta·C.
func (f Float32) Sgemm(tA, tB blas.Transpose, m, n, k int, alpha float32, a []float32, lda int, b []float32, ldb int, beta float32, c []float32, ldc int) {
	if !gemm(f.SameBits, tA, tB, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc) {
		f.Implementation.Sgemm(tA, tB, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc)
	}
}

// Dgemm computes C = alpha·op(A)·op(B) + beta·C.
func (f Float64) Dgemm(tA, tB blas.Transpose, m, n, k int, alpha float64, a []float64, lda int, b []float64, ldb int, beta float64, c []float64, ldc int) {
	if !gemm(f.SameBits, tA, tB, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc) {
		f.Implementation.Dgemm(tA, tB, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc)
	}
}
