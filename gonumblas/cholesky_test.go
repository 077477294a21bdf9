package gonumblas

import (
	"fmt"
	"math"
	"testing"

	"gonum.org/v1/gonum/blas"
	lapackgonum "gonum.org/v1/gonum/lapack/gonum"
)

// TestCholesky holds the factorisation to its product, and finds matrices that are not
// positive definite wherever they fail to be.
func TestCholesky(t *testing.T) {
	sizes := []int{20, 72, 73, 96, 100, 131, 260}
	if testing.Short() {
		sizes = []int{21, 75}
	}
	for _, n := range sizes {
		for _, ul := range uplos {
			for _, bad := range []int{-1, 0, n / 3, n - 1} {
				t.Run(fmt.Sprintf("%d/%c/%d", n, ul, bad), func(t *testing.T) { testCholesky(t, n, ul, bad) })
			}
		}
	}
}

func testCholesky(t *testing.T, n int, ul blas.Uplo, bad int) {
	r := newRandom[float64](71)
	in := inTriangle(ul, false)
	a := r.dense(n, n, in)
	for i := range n {
		a.x[i*a.ld+i] += math.Sqrt(float64(n)) * 2
	}
	if bad >= 0 {
		a.x[bad*(a.ld+1)] = pick(r, 0, -1, math.NaN(), math.Inf(-1))
	}
	got := a.clone()
	ok := LAPACK{}.Dpotrf(ul, n, got.x, got.ld)
	got.checkRest(t, a, in, "Cholesky")
	if want := (lapackgonum.Implementation{}).Dpotrf(ul, n, a.clone().x, a.ld); ok != want || ok != (bad < 0) {
		t.Fatalf("%v, gonum's %v", ok, want)
	}
	if !ok {
		return
	}
	for i := range n {
		for j := range n {
			if !in(i, j) {
				continue
			}
			var sum, scale float64
			for k := range min(i, j) + 1 {
				v := float64(got.at(max(i, k), min(i, k)) * got.at(max(j, k), min(j, k)))
				if ul == blas.Upper {
					v = float64(got.at(min(i, k), max(i, k)) * got.at(min(j, k), max(j, k)))
				}
				sum += v
				scale += math.Abs(v)
			}
			within(t, sum, a.at(i, j), scale, n, "element (%d, %d)", i, j)
		}
	}
}
