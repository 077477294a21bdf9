package gonumblas

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/lanes-go/lanes/internal/steady"
	lapackgonum "gonum.org/v1/gonum/lapack/gonum"
)

// TestLU holds the factorisation to P·L·U = A, with gonum's pivots.
func TestLU(t *testing.T) {
	sizes := [][2]int{{24, 24}, {80, 8}, {80, 30}, {90, 64}, {91, 91}, {130, 131}, {200, 90}, {88, 200}, {300, 300}}
	if testing.Short() {
		sizes = [][2]int{{25, 40}, {80, 9}, {83, 83}, {80, 90}}
	}
	for _, size := range sizes {
		for _, kind := range []string{"random", "tiny pivot", "zero column", "zero row", "Inf"} {
			t.Run(fmt.Sprintf("%dx%d/%s", size[0], size[1], kind), func(t *testing.T) { testLU(t, size[0], size[1], kind) })
		}
	}
}

func testLU(t *testing.T, m, n int, kind string) {
	if kind == "tiny pivot" && (!haveSIMD || m < minLURows) {
		t.Skip("gonum's")
	}
	r := newRandom[float64](61)
	a := r.dense(m, n, everywhere)
	switch kind {
	case "tiny pivot": // the first column, whose pivot has no reciprocal
		for i := range m {
			a.x[i*a.ld] *= 0x1p-1060
		}
	case "zero column":
		for i := range m {
			a.x[i*a.ld+n/3] = 0
		}
	case "zero row":
		for j := range n {
			a.x[m/2*a.ld+j] = 0
		}
	case "Inf":
		a.x[(m-1)*a.ld+n-1] = math.Inf(1)
	}
	got, want := a.clone(), a.clone()
	piv, wantPiv := make([]int, min(m, n)), make([]int, min(m, n))
	ok := LAPACK{}.Dgetrf(m, n, got.x, got.ld, piv)
	wantOK := lapackgonum.Implementation{}.Dgetrf(m, n, want.x, want.ld, wantPiv)
	got.checkRest(t, a, everywhere, "LU")
	// Where a column is zero but for rounding, the pivot is chance, and so is ok. After a
	// tiny pivot gonum 0.17 is wrong.
	if (kind == "random" || kind == "Inf") && (ok != wantOK || !slices.Equal(piv, wantPiv)) {
		t.Fatalf("%v, pivots %v, gonum's %v, %v", ok, piv, wantOK, wantPiv)
	}
	if kind == "Inf" {
		return
	}
	pa := a.clone()
	for i, p := range piv {
		if p < i || p >= m {
			t.Fatalf("pivot %d is row %d", i, p)
		}
		for j := range n {
			x, y := &pa.x[i*pa.ld+j], &pa.x[p*pa.ld+j]
			*x, *y = *y, *x
		}
	}
	for i := range m {
		for j := range n {
			var sum, scale float64
			for k := 0; k <= min(i, j) && k < min(m, n); k++ {
				l := 1.0
				if k < i {
					l = got.at(i, k)
				}
				if math.Abs(l) > 1 {
					t.Fatalf("L[%d,%d] is %v", i, k, l)
				}
				v := float64(l * got.at(k, j))
				sum += v
				scale += math.Abs(v)
			}
			if d := math.Abs(sum - pa.at(i, j)); !(d <= float64(min(m, n)+8)*(0x1p-52*scale+0x1p-1074)) {
				t.Fatalf("(P·L·U)[%d,%d] is off by %g of %g", i, j, d, scale)
			}
		}
	}
}

func TestLUAllocates(t *testing.T) {
	const n = 100
	r := newRandom[float64](67)
	a, piv := r.values(n*n), make([]int, n)
	if allocs := steady.Allocs(5, func() { LAPACK{}.Dgetrf(n, n, a, n, piv) }); allocs != 0 {
		t.Errorf("%v allocations", allocs)
	}
}
