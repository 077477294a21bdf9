package gonumblas

import (
	"fmt"
	"slices"
	"testing"

	"github.com/lanes-go/lanes/tensor"
	"gonum.org/v1/gonum/blas"
)

// arguments3 are those of any routine of level 3.
type arguments3[T tensor.Float] struct {
	s                blas.Side
	ul               blas.Uplo
	tA, tB           blas.Transpose
	d                blas.Diag
	m, n, k          int
	lda, ldb, ldc    int
	lenA, lenB, lenC int
	alpha, beta      T
}

// defects3 are ways to get an argument wrong, or to ask for nothing.
func defects3[T tensor.Float]() map[string]func(g *arguments3[T]) {
	return map[string]func(g *arguments3[T]){
		"none":           func(g *arguments3[T]) {},
		"m < 0":          func(g *arguments3[T]) { g.m = -1 },
		"m = 0":          func(g *arguments3[T]) { g.m = 0 },
		"m = 1":          func(g *arguments3[T]) { g.m = 1 },
		"n < 0":          func(g *arguments3[T]) { g.n = -1 },
		"n = 0":          func(g *arguments3[T]) { g.n = 0 },
		"n = 1":          func(g *arguments3[T]) { g.n = 1 },
		"k < 0":          func(g *arguments3[T]) { g.k = -1 },
		"k = 0":          func(g *arguments3[T]) { g.k = 0 },
		"k = 1":          func(g *arguments3[T]) { g.k = 1 },
		"lda too small":  func(g *arguments3[T]) { g.lda = 3 },
		"lda = 0":        func(g *arguments3[T]) { g.lda = 0 },
		"lda < 0":        func(g *arguments3[T]) { g.lda = -9 },
		"huge lda":       func(g *arguments3[T]) { g.lda = 1<<31 - 1 },
		"ldb too small":  func(g *arguments3[T]) { g.ldb = 2 },
		"ldb = 0":        func(g *arguments3[T]) { g.ldb = 0 },
		"huge ldb":       func(g *arguments3[T]) { g.ldb = 1<<31 - 1 },
		"ldc too small":  func(g *arguments3[T]) { g.ldc = 3 },
		"ldc = 0":        func(g *arguments3[T]) { g.ldc = 0 },
		"a short by one": func(g *arguments3[T]) { g.lenA-- },
		"no a":           func(g *arguments3[T]) { g.lenA = 0 },
		"b short by one": func(g *arguments3[T]) { g.lenB-- },
		"no b":           func(g *arguments3[T]) { g.lenB = 0 },
		"c short by one": func(g *arguments3[T]) { g.lenC-- },
		"no c":           func(g *arguments3[T]) { g.lenC = 0 },
		"bad side":       func(g *arguments3[T]) { g.s = 'x' },
		"right":          func(g *arguments3[T]) { g.s = blas.Right },
		"bad uplo":       func(g *arguments3[T]) { g.ul = blas.All },
		"lower":          func(g *arguments3[T]) { g.ul = blas.Lower },
		"bad trans":      func(g *arguments3[T]) { g.tA = 0 },
		"trans":          func(g *arguments3[T]) { g.tA = blas.Trans },
		"conj":           func(g *arguments3[T]) { g.tA = blas.ConjTrans },
		"bad tB":         func(g *arguments3[T]) { g.tB = 'x' },
		"trans B":        func(g *arguments3[T]) { g.tB = blas.Trans },
		"bad diag":       func(g *arguments3[T]) { g.d = 0 },
		"unit":           func(g *arguments3[T]) { g.d = blas.Unit },
		"alpha = 0":      func(g *arguments3[T]) { g.alpha = 0 },
		"beta = 1":       func(g *arguments3[T]) { g.beta = 1 },
		"beta = 0":       func(g *arguments3[T]) { g.beta = 0 },
	}
}

func (l level3[T]) calls() map[string]func(g arguments3[T], a, b, c []T) {
	return map[string]func(g arguments3[T], a, b, c []T){
		"gemm": func(g arguments3[T], a, b, c []T) {
			l.gemm(g.tA, g.tB, g.m, g.n, g.k, g.alpha, a, g.lda, b, g.ldb, g.beta, c, g.ldc)
		},
		"syrk": func(g arguments3[T], a, b, c []T) {
			l.syrk(g.ul, g.tA, g.n, g.k, g.alpha, a, g.lda, g.beta, c, g.ldc)
		},
		"syr2k": func(g arguments3[T], a, b, c []T) {
			l.syr2k(g.ul, g.tA, g.n, g.k, g.alpha, a, g.lda, b, g.ldb, g.beta, c, g.ldc)
		},
		"symm": func(g arguments3[T], a, b, c []T) {
			l.symm(g.s, g.ul, g.m, g.n, g.alpha, a, g.lda, b, g.ldb, g.beta, c, g.ldc)
		},
		"trmm": func(g arguments3[T], a, b, c []T) {
			l.trmm(g.s, g.ul, g.tA, g.d, g.m, g.n, g.alpha, a, g.lda, b, g.ldb)
		},
		"trsm": func(g arguments3[T], a, b, c []T) {
			l.trsm(g.s, g.ul, g.tA, g.d, g.m, g.n, g.alpha, a, g.lda, b, g.ldb)
		},
	}
}

func TestLevel3Panics(t *testing.T) {
	t.Run("float32/same", func(t *testing.T) { testLevel3Panics[float32](t, true) })
	t.Run("float64/same", func(t *testing.T) { testLevel3Panics[float64](t, true) })
	t.Run("float64/fast", func(t *testing.T) { testLevel3Panics[float64](t, false) })
}

// testLevel3Panics: for every pair of defects the panic is gonum's, or there is none
// and the results are gonum's.
func testLevel3Panics[T tensor.Float](t *testing.T, same bool) {
	theirs := level3Of[T](true, false).calls()
	defects := defects3[T]()
	r := newRandom[T](59)
	const n, ld = 4, 6
	a, b, c := r.values(ld*n), r.values(ld*n), r.values(ld*n)
	for i := range n {
		a[i*ld+i] = 2
	}
	panics := 0
	for name, call := range level3Of[T](false, same).calls() {
		for d1, defect1 := range defects {
			for d2, defect2 := range defects {
				const least = ld*(n-1) + n
				g := arguments3[T]{
					s: blas.Left, ul: blas.Upper, tA: blas.NoTrans, tB: blas.NoTrans, d: blas.NonUnit, m: n, n: n, k: n,
					lda: ld, ldb: ld, ldc: ld, lenA: least, lenB: least, lenC: least, alpha: 0.5, beta: 0.25,
				}
				defect1(&g)
				defect2(&g)
				var end [2][3][]T
				var recovered [2]any
				for i, f := range []func(arguments3[T], []T, []T, []T){call, theirs[name]} {
					end[i] = [3][]T{slices.Clone(a), slices.Clone(b), slices.Clone(c)}
					func() {
						defer func() { recovered[i] = recover() }()
						e := end[i]
						f(g, e[0][:g.lenA:g.lenA], e[1][:g.lenB:g.lenB], e[2][:g.lenC:g.lenC])
					}()
				}
				what := fmt.Sprintf("%s, %s, %s", name, d1, d2)
				if fmt.Sprint(recovered[0]) != fmt.Sprint(recovered[1]) {
					t.Fatalf("%s: panic %v, gonum's %v", what, recovered[0], recovered[1])
				}
				if recovered[0] != nil {
					panics++
				}
				for o := range end[0] {
					for i, v := range end[0][o] {
						within(t, v, float64(end[1][o][i]), 8, n, "%s: element %d of %c", what, i, "abc"[o])
					}
				}
			}
		}
	}
	if panics < 3000 {
		t.Errorf("only %d panics", panics)
	}
}
