package gonumblas

import (
	"math"

	"github.com/lanes-go/lanes/asm"
	"github.com/lanes-go/lanes/internal/chunk"
	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/lapack"
)

// Dlange returns a norm of an m x n matrix, as gonum's Dlange. The sums of absolute
// values are done here: every factorisation of package mat takes one for its
// condition number.
func (l LAPACK) Dlange(norm lapack.MatrixNorm, m, n int, a []float64, lda int, work []float64) float64 {
	if !simd[float64]() || !matrixFits(m, n, lda, len(a)) || norm == lapack.MaxColumnSum && len(work) < n {
		return l.Implementation.Dlange(norm, m, n, a, lda, work)
	}
	var most float64
	switch norm {
	case lapack.MaxRowSum:
		k := asm.Active[float64]()
		for i := range m {
			most = math.Max(most, chunk.Asum(k, a[i*lda:][:n:n]))
		}
	case lapack.MaxColumnSum:
		work = work[:n]
		clear(work)
		for i := range m {
			addAbs(work, a[i*lda:][:n])
		}
		for _, v := range work {
			most = math.Max(most, v)
		}
	default:
		return l.Implementation.Dlange(norm, m, n, a, lda, work)
	}
	return most
}

// Dlansy returns a norm of a symmetric matrix, as gonum's Dlansy.
func (l LAPACK) Dlansy(norm lapack.MatrixNorm, uplo blas.Uplo, n int, a []float64, lda int, work []float64) float64 {
	if norm != lapack.MaxRowSum && norm != lapack.MaxColumnSum || uplo != blas.Upper && uplo != blas.Lower ||
		!simd[float64]() || !matrixFits(n, n, lda, len(a)) || len(work) < n {
		return l.Implementation.Dlansy(norm, uplo, n, a, lda, work)
	}
	k := asm.Active[float64]()
	work = work[:n]
	clear(work)
	for i := range n {
		lo, hi := i+1, n // beside the diagonal
		if uplo == blas.Lower {
			lo, hi = 0, i
		}
		row := a[i*lda:][lo:hi:hi]
		work[i] += chunk.Asum(k, row) + math.Abs(a[i*lda+i])
		addAbs(work[lo:hi], row)
	}
	var most float64
	for _, v := range work {
		if v != v {
			return v
		}
		most = max(most, v)
	}
	return most
}

// addAbs adds |x[i]| to every sum[i].
func addAbs(sum, x []float64) {
	x = x[:len(sum)]
	for i := range sum {
		sum[i] += math.Abs(x[i])
	}
}
