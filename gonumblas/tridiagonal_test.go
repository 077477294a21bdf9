package gonumblas

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/lapack"
	lapackgonum "gonum.org/v1/gonum/lapack/gonum"
)

// TestEigen holds eigenvalues and vectors to A·V = V·Λ with orthogonal V, and the
// eigenvalues to gonum's.
func TestEigen(t *testing.T) {
	sizes := []int{5, 32, 33, 65, 130}
	if testing.Short() {
		sizes = []int{32}
	}
	for name, f := range svdCases {
		for _, n := range sizes {
			for _, uplo := range []blas.Uplo{blas.Upper, blas.Lower} {
				t.Run(fmt.Sprintf("%s/%d/%c", name, n, uplo), func(t *testing.T) { testEigen(t, f, n, uplo) })
			}
		}
	}
}

func testEigen(t *testing.T, f func(r *rand.Rand, i, j, k int) float64, n int, uplo blas.Uplo) {
	r := rand.New(rand.NewPCG(uint64(n), 3))
	lda := n + 3
	full, norm := make([]float64, n*lda), 0x1p-1022
	for i := range n {
		for j := range i + 1 {
			v := f(r, i, j, n)
			full[i*lda+j], full[j*lda+i] = v, v
			norm = max(norm, math.Abs(v))
		}
	}
	// Only one triangle is read.
	a := append([]float64(nil), full...)
	for i := range n {
		for j := range n {
			if uplo == blas.Upper && j < i || uplo == blas.Lower && j > i {
				a[i*lda+j] = math.NaN()
			}
		}
	}
	scaled := make([]float64, len(a)) // gonum's Dsterf panics for a matrix of tiny elements
	for i := range a {
		scaled[i] = a[i] / norm
	}
	w, want, work := make([]float64, n), make([]float64, n), make([]float64, 1)
	LAPACK{}.Dsyev(lapack.EVCompute, uplo, n, a, lda, w, work, -1)
	work = make([]float64, int(work[0]))
	if !(LAPACK{}).Dsyev(lapack.EVCompute, uplo, n, a, lda, w, work, len(work)) {
		t.Fatal("no convergence")
	}
	lapackgonum.Implementation{}.Dsyev(lapack.EVNone, uplo, n, scaled, lda, want, work, len(work))
	tol := 1e-14 * float64(n)
	for i := range want {
		want[i] *= norm
	}
	largest := max(math.Abs(want[0]), math.Abs(want[n-1]))
	for i := range w {
		if !(math.Abs(w[i]-want[i]) <= tol*largest) || i > 0 && w[i] < w[i-1] {
			t.Fatalf("eigenvalue %d is %g, gonum has %g", i, w[i], want[i])
		}
	}
	for i := range n {
		for j := range n {
			var dot, av float64
			for p := range n {
				dot += a[p*lda+i] * a[p*lda+j]
				av += full[i*lda+p] / norm * a[p*lda+j]
			}
			if i == j {
				dot--
			}
			if !(math.Abs(dot) <= tol) {
				t.Fatalf("vectors %d, %d: product off by %g", i, j, dot)
			}
			if d := av - w[j]/norm*a[i*lda+j]; !(math.Abs(d) <= tol*max(1, largest/norm)) {
				t.Fatalf("(A·V - V·Λ)[%d,%d] is %g of %g", i, j, d, norm)
			}
		}
	}
}
