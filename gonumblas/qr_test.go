package gonumblas

import (
	"fmt"
	"math"
	"testing"

	"github.com/lanes-go/lanes/internal/steady"
	"gonum.org/v1/gonum/blas"
	lapackgonum "gonum.org/v1/gonum/lapack/gonum"
)

// TestQR holds the factorisation to Q·R = A and to gonum's R and reflectors, and Q to
// QᵀQ = I.
func TestQR(t *testing.T) {
	sizes := [][2]int{{24, 24}, {60, 8}, {61, 33}, {64, 64}, {70, 64}, {65, 130}, {200, 67}, {131, 131}}
	if testing.Short() {
		sizes = [][2]int{{25, 40}, {60, 9}, {70, 67}, {64, 70}}
	}
	for _, size := range sizes {
		for _, kind := range []string{"random", "graded", "zero columns"} {
			t.Run(fmt.Sprintf("%dx%d/%s", size[0], size[1], kind), func(t *testing.T) { testQR(t, size[0], size[1], kind) })
		}
	}
}

func testQR(t *testing.T, m, n int, kind string) {
	r := newRandom[float64](73)
	k := min(m, n)
	a := r.dense(m, n, everywhere)
	for i := range m {
		for j := range n {
			switch {
			case kind == "graded":
				a.x[i*a.ld+j] *= math.Ldexp(1, -i-j)
			case kind == "zero columns" && (j == 0 || j == k-1):
				a.x[i*a.ld+j] = 0
			}
		}
	}
	norm := 0.0 // of the columns
	columns := make([]float64, n)
	for j := range n {
		for i := range m {
			columns[j] = math.Hypot(columns[j], a.at(i, j))
		}
		norm = max(norm, columns[j])
	}
	tol := float64(m+n) * 0x1p-52

	var query, theirs [1]float64
	LAPACK{}.Dgeqrf(m, n, nil, n, nil, query[:], -1)
	lapackgonum.Implementation{}.Dgeqrf(m, n, nil, n, nil, theirs[:], -1)
	if query != theirs {
		t.Fatalf("work of %v, gonum's %v", query, theirs)
	}
	f, g, tau, gtau, work := a.clone(), a.clone(), make([]float64, k), make([]float64, k), make([]float64, int(query[0]))
	LAPACK{}.Dgeqrf(m, n, f.x, f.ld, tau, work, len(work))
	f.checkRest(t, a, everywhere, "QR")
	lapackgonum.Implementation{}.Dgeqrf(m, n, g.x, g.ld, gtau, work, len(work))
	for j := 0; j < n && kind == "random"; j++ {
		for i := range m {
			if d := math.Abs(f.at(i, j) - g.at(i, j)); !(d <= 100*tol*norm) {
				t.Fatalf("element (%d, %d) is %v, gonum's %v", i, j, f.at(i, j), g.at(i, j))
			}
		}
	}

	// Q has as many columns as A has, or rows, if those are fewer.
	for _, cols := range []int{k, m} {
		q := r.dense(m, cols, everywhere)
		for i := range m {
			for j := range k {
				q.x[i*q.ld+j] = f.x[i*f.ld+j]
			}
		}
		was := q.clone()
		LAPACK{}.Dorgqr(m, cols, k, q.x, q.ld, tau, make([]float64, cols), cols)
		q.checkRest(t, was, everywhere, "Q")
		for i := range cols {
			for j := range i + 1 {
				dot := 0.0
				for p := range m {
					dot += q.at(p, i) * q.at(p, j)
				}
				if i == j {
					dot--
				}
				if !(math.Abs(dot) <= tol) {
					t.Fatalf("%d columns: inner product of %d and %d off by %g", cols, i, j, dot)
				}
			}
		}
		for i := range m {
			for j := range n {
				sum := 0.0
				for p := range min(j+1, k) {
					sum += q.at(i, p) * f.at(p, j)
				}
				if d := math.Abs(sum - a.at(i, j)); !(d <= tol*columns[j]) {
					t.Fatalf("(Q·R)[%d,%d] is off by %g of %g", i, j, d, columns[j])
				}
			}
		}
	}
}

func TestQRAllocates(t *testing.T) {
	const n = 100
	r := newRandom[float64](79)
	a, tau, work := r.values(n*n), make([]float64, n), make([]float64, n)
	if allocs := steady.Allocs(5, func() {
		LAPACK{}.Dgeqrf(n, n, a, n, tau, work, n)
		LAPACK{}.Dorgqr(n, n, n, a, n, tau, work, n)
	}); allocs != 0 {
		t.Errorf("%v allocations", allocs)
	}
}

// TestFactorisationPanics: bad arguments have gonum's panics.
func TestFactorisationPanics(t *testing.T) {
	const n = 90
	calls := map[string]func(l lapack64, m, n, lda int, a, tau, work []float64, piv []int){
		"potrf": func(l lapack64, m, n, lda int, a, tau, work []float64, piv []int) { l.Dpotrf(blas.Upper, n, a, lda) },
		"getrf": func(l lapack64, m, n, lda int, a, tau, work []float64, piv []int) { l.Dgetrf(m, n, a, lda, piv) },
		"geqrf": func(l lapack64, m, n, lda int, a, tau, work []float64, piv []int) {
			l.Dgeqrf(m, n, a, lda, tau, work, len(work))
		},
		"orgqr": func(l lapack64, m, n, lda int, a, tau, work []float64, piv []int) {
			l.Dorgqr(m, n, len(tau), a, lda, tau, work, len(work))
		},
	}
	for name, call := range calls {
		panics := 0
		for defect := range 10 {
			var recovered [2]any
			for i, l := range []lapack64{LAPACK{}, lapackgonum.Implementation{}} {
				m, n, lda, a, tau, work, piv := n, n, n, make([]float64, n*n), make([]float64, n), make([]float64, 32*n), make([]int, n)
				for j := range n {
					a[j*(n+1)] = 1
				}
				switch defect {
				case 1:
					m = -1
				case 2:
					n = -1
				case 3:
					lda--
				case 4:
					a = a[1:]
				case 5:
					tau = tau[1:]
				case 6:
					work = work[:n-1]
				case 7:
					piv = piv[1:]
				case 8:
					a = nil
				case 9:
					m, n = 0, 0
				}
				func() {
					defer func() { recovered[i] = recover() }()
					call(l, m, n, lda, a, tau, work, piv)
				}()
			}
			if fmt.Sprint(recovered[0]) != fmt.Sprint(recovered[1]) {
				t.Errorf("%s, defect %d: panic %v, gonum's %v", name, defect, recovered[0], recovered[1])
			}
			if recovered[0] != nil {
				panics++
			}
		}
		if panics < 3 {
			t.Errorf("%s: %d panics", name, panics)
		}
	}
}

// lapack64 are the factorisations.
type lapack64 interface {
	Dpotrf(ul blas.Uplo, n int, a []float64, lda int) bool
	Dgetrf(m, n int, a []float64, lda int, ipiv []int) bool
	Dgeqrf(m, n int, a []float64, lda int, tau, work []float64, lwork int)
	Dorgqr(m, n, k int, a []float64, lda int, tau, work []float64, lwork int)
}
