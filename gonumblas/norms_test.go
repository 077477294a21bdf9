package gonumblas

import (
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/lapack"
	lapackgonum "gonum.org/v1/gonum/lapack/gonum"
)

// TestNorms holds the norms of general and of symmetric matrices to gonum's.
func TestNorms(t *testing.T) {
	r := rand.New(rand.NewPCG(41, 42))
	for range 300 {
		m, n := 1+r.IntN(70), 1+r.IntN(70)
		lda := max(m, n) + r.IntN(3)
		size := max(m, n)
		a, work := make([]float64, size*lda), make([]float64, size)
		for i := range a {
			a[i] = r.NormFloat64()
		}
		switch r.IntN(8) {
		case 0:
			a[r.IntN(len(a))] = math.NaN()
		case 1:
			a[r.IntN(len(a))] = math.Inf(-1)
		}
		for _, norm := range []lapack.MatrixNorm{lapack.MaxAbs, lapack.MaxColumnSum, lapack.MaxRowSum, lapack.Frobenius} {
			got := LAPACK{}.Dlange(norm, m, n, a, lda, work)
			want := lapackgonum.Implementation{}.Dlange(norm, m, n, a, lda, work)
			if !near(got, want) {
				t.Errorf("Dlange %c %dx%d: %g, gonum has %g", norm, m, n, got, want)
			}
			for _, uplo := range []blas.Uplo{blas.Upper, blas.Lower} {
				got := LAPACK{}.Dlansy(norm, uplo, size, a, lda, work)
				want := lapackgonum.Implementation{}.Dlansy(norm, uplo, size, a, lda, work)
				if !near(got, want) {
					t.Errorf("Dlansy %c %c %d: %g, gonum has %g", norm, uplo, size, got, want)
				}
			}
		}
	}
}

func near(x, y float64) bool {
	return x == y || math.Abs(x-y) <= 1e-14*math.Abs(y) || math.IsNaN(x) && math.IsNaN(y)
}
