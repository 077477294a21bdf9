package gonumblas

import (
	"math"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/lapack"
)

// Every factorisation of package mat estimates a condition number. gonum's triangular
// solver for it looks after overflow element by element; here the plain solver runs
// first, and gonum's only where something did overflow.

// condition estimates 1/(‖A‖·‖A⁻¹‖), the norm that of kase 1 the sum of columns, from
// solves with A (kase 1) and Aᵀ (2) in place. It reports whether all of them stayed
// finite. work is at least 2n long.
func (l LAPACK) condition(n int, norm float64, work []float64, iwork []int, solve func(kase int, x []float64)) (rcond float64, ok bool) {
	var inverse float64
	var kase int
	var save [3]int
	for {
		inverse, kase = l.Dlacn2(n, work[n:], work, iwork, inverse, kase, &save)
		if kase == 0 {
			if inverse != 0 {
				rcond = 1 / inverse / norm
			}
			return rcond, true
		}
		solve(kase, work[:n])
		if sum := (Float64{}).Dasum(n, work, 1); !(sum <= maxFloat64) {
			return 0, false
		}
	}
}

// kaseOf is the kase of Dlacn2 in which to solve with A, not with its transpose.
func kaseOf(norm lapack.MatrixNorm) int {
	if norm == lapack.MaxColumnSum {
		return 1
	}
	return 2
}

func positive(x float64) bool { return x > 0 && x <= maxFloat64 }

// Dpocon estimates the reciprocal of the condition number of a matrix from its
// Cholesky factor, as gonum's Dpocon.
func (l LAPACK) Dpocon(uplo blas.Uplo, n int, a []float64, lda int, anorm float64, work []float64, iwork []int) float64 {
	if simd[float64]() && (uplo == blas.Upper || uplo == blas.Lower) && positive(anorm) && matrixFits(n, n, lda, len(a)) && len(work) >= 3*n && len(iwork) >= n {
		first, second := blas.Trans, blas.NoTrans
		if uplo == blas.Lower {
			first, second = second, first
		}
		rcond, ok := l.condition(n, anorm, work, iwork, func(_ int, x []float64) {
			Float64{}.Dtrsv(uplo, first, blas.NonUnit, n, a, lda, x, 1)
			Float64{}.Dtrsv(uplo, second, blas.NonUnit, n, a, lda, x, 1)
		})
		if ok {
			return rcond
		}
	}
	return l.Implementation.Dpocon(uplo, n, a, lda, anorm, work, iwork)
}

// Dgecon estimates the reciprocal of the condition number of a matrix from its LU
// factors, as gonum's Dgecon.
func (l LAPACK) Dgecon(norm lapack.MatrixNorm, n int, a []float64, lda int, anorm float64, work []float64, iwork []int) float64 {
	if simd[float64]() && (norm == lapack.MaxColumnSum || norm == lapack.MaxRowSum) && positive(anorm) && matrixFits(n, n, lda, len(a)) && len(work) >= 4*n && len(iwork) >= n {
		rcond, ok := l.condition(n, anorm, work, iwork, func(kase int, x []float64) {
			if kase == kaseOf(norm) {
				Float64{}.Dtrsv(blas.Lower, blas.NoTrans, blas.Unit, n, a, lda, x, 1)
				Float64{}.Dtrsv(blas.Upper, blas.NoTrans, blas.NonUnit, n, a, lda, x, 1)
			} else {
				Float64{}.Dtrsv(blas.Upper, blas.Trans, blas.NonUnit, n, a, lda, x, 1)
				Float64{}.Dtrsv(blas.Lower, blas.Trans, blas.Unit, n, a, lda, x, 1)
			}
		})
		if ok {
			return rcond
		}
	}
	return l.Implementation.Dgecon(norm, n, a, lda, anorm, work, iwork)
}

// Dtrcon estimates the reciprocal of the condition number of a triangular matrix, as
// gonum's Dtrcon.
func (l LAPACK) Dtrcon(norm lapack.MatrixNorm, uplo blas.Uplo, diag blas.Diag, n int, a []float64, lda int, work []float64, iwork []int) float64 {
	if simd[float64]() && (norm == lapack.MaxColumnSum || norm == lapack.MaxRowSum) &&
		(uplo == blas.Upper || uplo == blas.Lower) && (diag == blas.Unit || diag == blas.NonUnit) &&
		matrixFits(n, n, lda, len(a)) && len(work) >= 3*n && len(iwork) >= n {
		if anorm := l.Dlantr(norm, uplo, diag, n, n, a, lda, work); positive(anorm) {
			rcond, ok := l.condition(n, anorm, work, iwork, func(kase int, x []float64) {
				t := blas.NoTrans
				if kase != kaseOf(norm) {
					t = blas.Trans
				}
				Float64{}.Dtrsv(uplo, t, diag, n, a, lda, x, 1)
			})
			if ok {
				return rcond
			}
		}
	}
	return l.Implementation.Dtrcon(norm, uplo, diag, n, a, lda, work, iwork)
}

// Dlantr returns a norm of a trapezoidal matrix, as gonum's Dlantr.
func (l LAPACK) Dlantr(norm lapack.MatrixNorm, uplo blas.Uplo, diag blas.Diag, m, n int, a []float64, lda int, work []float64) float64 {
	if !simd[float64]() || uplo != blas.Upper && uplo != blas.Lower || diag != blas.Unit && diag != blas.NonUnit ||
		!matrixFits(m, n, lda, len(a)) || norm != lapack.MaxRowSum && norm != lapack.MaxColumnSum || norm == lapack.MaxColumnSum && len(work) < n {
		return l.Implementation.Dlantr(norm, uplo, diag, m, n, a, lda, work)
	}
	columns := work
	if norm == lapack.MaxColumnSum {
		columns = work[:n]
		clear(columns)
	}
	var most float64
	for i := range m {
		lo, hi := min(i+1, n), n // beside the diagonal
		if uplo == blas.Lower {
			lo, hi = 0, min(i, n)
		}
		diagonal := 0.0
		switch {
		case i >= n:
		case diag == blas.Unit:
			diagonal = 1
		default:
			diagonal = math.Abs(a[i*lda+i])
		}
		row := a[i*lda:][lo:hi:hi]
		if norm == lapack.MaxColumnSum {
			addAbs(columns[lo:hi], row)
			if i < n {
				columns[i] += diagonal
			}
			continue
		}
		if most = larger(most, diagonal+Float64{}.Dasum(len(row), row, 1)); most != most {
			return most
		}
	}
	if norm == lapack.MaxColumnSum {
		for _, v := range columns {
			if most = larger(most, v); most != most {
				return most
			}
		}
	}
	return most
}

// larger is the greater of both, or NaN.
func larger(x, y float64) float64 {
	if x >= y || x != x {
		return x
	}
	return y
}
