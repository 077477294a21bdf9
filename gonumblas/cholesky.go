package gonumblas

import (
	"math"

	"gonum.org/v1/gonum/blas"
)

const (
	// minCholesky is the least order from which the factorisation here is the faster one.
	minCholesky = 72
	// choleskyBlock is the greatest order that is not halved.
	choleskyBlock = 16
)

// Dpotrf computes the Cholesky factorisation A = Uᵀ·U or A = L·Lᵀ; arguments and results
// are those of gonum's Dpotrf. It halves the matrix, so that nearly all work is
// products.
func (l LAPACK) Dpotrf(ul blas.Uplo, n int, a []float64, lda int) (ok bool) {
	if n < minCholesky || !isUplo(ul) || !simd[float64]() || !operandFits(n, n, lda, len(a)) {
		return l.Implementation.Dpotrf(ul, n, a, lda)
	}
	return cholesky(ul, n, a, lda)
}

func cholesky(ul blas.Uplo, n int, a []float64, lda int) (ok bool) {
	if n <= choleskyBlock {
		if ul == blas.Upper {
			return choleskyUpper(n, a, lda)
		}
		return choleskyLower(n, a, lda)
	}
	h := n / 2
	if n > 2*choleskyBlock {
		h = halfOf(n, choleskyBlock)
	}
	if !cholesky(ul, h, a, lda) {
		return false
	}
	f, rest := Float64{}, a[h*(lda+1):]
	if ul == blas.Upper {
		f.Dtrsm(blas.Left, ul, blas.Trans, blas.NonUnit, h, n-h, 1, a, lda, a[h:], lda)
		f.Dsyrk(ul, blas.Trans, n-h, h, -1, a[h:], lda, 1, rest, lda)
	} else {
		f.Dtrsm(blas.Right, ul, blas.Trans, blas.NonUnit, n-h, h, 1, a, lda, a[h*lda:], lda)
		f.Dsyrk(ul, blas.NoTrans, n-h, h, -1, a[h*lda:], lda, 1, rest, lda)
	}
	return cholesky(ul, n-h, rest, lda)
}

// choleskyUpper subtracts what is due to a row from those below it.
func choleskyUpper(n int, a []float64, lda int) bool {
	for i := range n {
		row := a[i*lda+i:][:n-i]
		if !(row[0] > 0) {
			return false
		}
		d := math.Sqrt(row[0])
		row[0] = d
		for j := 1; j < len(row); j++ {
			row[j] /= d
		}
		for j := 1; j < len(row); j++ {
			f, dst := row[j], a[(i+j)*(lda+1):][:n-i-j]
			for k, v := range row[j:] {
				dst[k] -= float64(f * v)
			}
		}
	}
	return true
}

// choleskyLower computes row by row, from inner products of rows.
func choleskyLower(n int, a []float64, lda int) bool {
	for i := range n {
		row := a[i*lda:][:i+1]
		for j := range row {
			s := row[j]
			for k, v := range a[j*lda:][:j] {
				s -= float64(v * row[k])
			}
			if j < i {
				row[j] = s / a[j*(lda+1)]
				continue
			}
			if !(s > 0) {
				return false
			}
			row[j] = math.Sqrt(s)
		}
	}
	return true
}
