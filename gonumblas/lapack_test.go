package gonumblas

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/lapack"
	lapackgonum "gonum.org/v1/gonum/lapack/gonum"
)

// matrices to decompose, by name.
var svdCases = map[string]func(r *rand.Rand, i, j, k int) float64{
	"normal":   func(r *rand.Rand, i, j, k int) float64 { return r.NormFloat64() },
	"graded":   func(r *rand.Rand, i, j, k int) float64 { return r.NormFloat64() * math.Pow(0.7, float64(i+j)) },
	"rising":   func(r *rand.Rand, i, j, k int) float64 { return r.NormFloat64() * math.Pow(1.2, float64(i+j)) },
	"rank one": func(r *rand.Rand, i, j, k int) float64 { return float64(i+1) / float64(j+1) },
	"zero":     func(r *rand.Rand, i, j, k int) float64 { return 0 },
	"identity": func(r *rand.Rand, i, j, k int) float64 { return float64(max(0, 1-(i-j)*(i-j))) },
	"huge":     func(r *rand.Rand, i, j, k int) float64 { return r.NormFloat64() * 1e300 },
	"small":    func(r *rand.Rand, i, j, k int) float64 { return r.NormFloat64() * 1e-300 },
	"sparse":   func(r *rand.Rand, i, j, k int) float64 { return float64(r.IntN(20) / 19) },
	"banded": func(r *rand.Rand, i, j, k int) float64 {
		if i == j || i+1 == j {
			return 1 + float64(i%3)
		}
		return 0
	},
}

// TestSVD holds the factors to A = U·Σ·Vᵀ with orthogonal U and V, and the singular
// values to gonum's.
func TestSVD(t *testing.T) {
	sizes := [][2]int{{3, 4}, {20, 20}, {21, 20}, {20, 21}, {40, 33}, {33, 50}, {100, 40}, {24, 90}, {65, 64}}
	if testing.Short() {
		sizes = [][2]int{{21, 20}, {20, 22}, {48, 24}, {20, 40}}
	}
	jobs := []lapack.SVDJob{lapack.SVDNone, lapack.SVDStore, lapack.SVDAll}
	for name, f := range svdCases {
		for _, size := range sizes {
			for _, jobU := range jobs {
				for _, jobVT := range jobs {
					t.Run(fmt.Sprintf("%s/%dx%d/%c%c", name, size[0], size[1], jobU, jobVT), func(t *testing.T) {
						testSVD(t, f, size[0], size[1], jobU, jobVT)
					})
				}
			}
		}
	}
}

func testSVD(t *testing.T, f func(r *rand.Rand, i, j, k int) float64, m, n int, jobU, jobVT lapack.SVDJob) {
	r := rand.New(rand.NewPCG(uint64(m), uint64(n)))
	k := min(m, n)
	lda, ldu, ldvt := n+3, m+2, n+1
	a := make([]float64, m*lda)
	var norm float64
	for i := range a {
		if j := i % lda; j < n {
			a[i] = f(r, i/lda, j, k)
			norm = max(norm, math.Abs(a[i]))
		}
	}
	norm = max(norm, 0x1p-1022)
	was := append([]float64(nil), a...)
	s, u, vt := make([]float64, k), make([]float64, m*ldu), make([]float64, n*ldvt)
	work := make([]float64, 1)
	LAPACK{}.Dgesvd(jobU, jobVT, m, n, a, lda, s, u, ldu, vt, ldvt, work, -1)
	work = make([]float64, int(work[0]))
	if !(LAPACK{}).Dgesvd(jobU, jobVT, m, n, a, lda, s, u, ldu, vt, ldvt, work, len(work)) {
		t.Fatal("no convergence")
	}

	want, copied := make([]float64, k), append([]float64(nil), was...)
	lapackgonum.Implementation{}.Dgesvd(lapack.SVDNone, lapack.SVDNone, m, n, copied, lda, want, nil, 1, nil, 1, work, len(work))
	tol := 1e-14 * float64(max(m, n))
	for i := range s {
		if !(math.Abs(s[i]-want[i]) <= tol*want[0]) || i > 0 && s[i] > s[i-1] || s[i] < 0 {
			t.Fatalf("singular value %d is %g, gonum has %g", i, s[i], want[i])
		}
	}
	orthogonal := func(what string, count, length int, at func(i, j int) float64) {
		for i := range count {
			for j := range i + 1 {
				var d float64
				for p := range length {
					d += at(i, p) * at(j, p)
				}
				if i == j {
					d--
				}
				if !(math.Abs(d) <= tol) {
					t.Fatalf("%s: vectors %d, %d: product off by %g", what, i, j, d)
				}
			}
		}
	}
	cu, cv := vectors(jobU, k, m), vectors(jobVT, k, n)
	orthogonal("U", cu, m, func(i, p int) float64 { return u[p*ldu+i] })
	orthogonal("V", cv, n, func(i, p int) float64 { return vt[i*ldvt+p] })
	if cu == 0 || cv == 0 {
		return
	}
	for i := range m {
		for j := range n {
			var d float64
			for p := range k {
				d += u[i*ldu+p] * (s[p] / norm) * vt[p*ldvt+j]
			}
			if d -= was[i*lda+j] / norm; !(math.Abs(d) <= tol*max(1, s[0]/norm)) {
				t.Fatalf("(U·Σ·Vᵀ - A)[%d,%d] is %g of %g", i, j, d, norm)
			}
		}
	}
}
