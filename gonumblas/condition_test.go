package gonumblas

import (
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/lapack"
	lapackgonum "gonum.org/v1/gonum/lapack/gonum"
)

// TestCondition holds the estimates of condition numbers to gonum's, also of matrices
// that are singular, or so badly scaled that a plain solve overflows.
func TestCondition(t *testing.T) {
	r := rand.New(rand.NewPCG(43, 44))
	overflows := 0
	for trial := range 200 {
		n := 1 + r.IntN(80)
		lda := n + r.IntN(3)
		a := make([]float64, n*lda)
		for i := range a {
			a[i] = r.NormFloat64()
		}
		for i := range n { // not too near to singular
			a[i*lda+i] += math.Copysign(2*math.Sqrt(float64(n)), a[i*lda+i])
		}
		switch trial % 8 {
		case 0:
			a[r.IntN(n)*(lda+1)] = 0
		case 1:
			for i := range n {
				a[i*lda+i] *= math.Pow(2, float64(-40*i))
			}
		case 2:
			a[r.IntN(len(a))] = math.NaN()
		}
		work, iwork := make([]float64, 4*n), make([]int, n)
		ours, theirs := LAPACK{}, lapackgonum.Implementation{}
		check := func(what string, got, want float64) {
			t.Helper()
			if !(got == want || math.Abs(got-want) <= 1e-10*want || math.IsNaN(got) && math.IsNaN(want)) {
				t.Errorf("%s, n %d, trial %d: %g, gonum has %g", what, n, trial, got, want)
			}
		}
		if _, ok := ours.condition(n, 1, work, iwork, func(_ int, x []float64) {
			Float64{}.Dtrsv(blas.Upper, blas.NoTrans, blas.NonUnit, n, a, lda, x, 1)
		}); !ok {
			overflows++
		}
		for _, norm := range []lapack.MatrixNorm{lapack.MaxColumnSum, lapack.MaxRowSum} {
			anorm := theirs.Dlange(norm, n, n, a, lda, work)
			check("Dgecon", ours.Dgecon(norm, n, a, lda, anorm, work, iwork), theirs.Dgecon(norm, n, a, lda, anorm, work, iwork))
			for _, uplo := range []blas.Uplo{blas.Upper, blas.Lower} {
				if norm == lapack.MaxRowSum {
					check("Dpocon", ours.Dpocon(uplo, n, a, lda, anorm, work, iwork), theirs.Dpocon(uplo, n, a, lda, anorm, work, iwork))
				}
				for _, diag := range []blas.Diag{blas.Unit, blas.NonUnit} {
					check("Dlantr", ours.Dlantr(norm, uplo, diag, n, n, a, lda, work), theirs.Dlantr(norm, uplo, diag, n, n, a, lda, work))
					m := 1 + r.IntN(n)
					check("Dlantr of few rows", ours.Dlantr(norm, uplo, diag, m, n, a, lda, work), theirs.Dlantr(norm, uplo, diag, m, n, a, lda, work))
					check("Dlantr of few columns", ours.Dlantr(norm, uplo, diag, n, m, a, lda, work), theirs.Dlantr(norm, uplo, diag, n, m, a, lda, work))
					check("Dtrcon", ours.Dtrcon(norm, uplo, diag, n, a, lda, work, iwork), theirs.Dtrcon(norm, uplo, diag, n, a, lda, work, iwork))
				}
			}
		}
	}
	if overflows == 0 {
		t.Error("no solve overflowed")
	}
}
