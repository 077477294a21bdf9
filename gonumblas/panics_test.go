package gonumblas

import (
	"fmt"
	"slices"
	"testing"

	"github.com/lanes-go/lanes/tensor"
	"gonum.org/v1/gonum/blas"
)

// arguments are those of any routine of levels 1 and 2.
type arguments[T tensor.Float] struct {
	tA                    blas.Transpose
	ul                    blas.Uplo
	d                     blas.Diag
	m, n, incX, incY      int
	lda, lenA, lenX, lenY int
	alpha, beta           T
}

// defects are ways to get an argument wrong, or to ask for nothing.
func defects[T tensor.Float]() map[string]func(g *arguments[T]) {
	return map[string]func(g *arguments[T]){
		"none":           func(g *arguments[T]) {},
		"n < 0":          func(g *arguments[T]) { g.n = -1 },
		"n = 0":          func(g *arguments[T]) { g.n = 0 },
		"n = 1":          func(g *arguments[T]) { g.n = 1 },
		"m < 0":          func(g *arguments[T]) { g.m = -1 },
		"m = 0":          func(g *arguments[T]) { g.m = 0 },
		"incX = 0":       func(g *arguments[T]) { g.incX = 0 },
		"incY = 0":       func(g *arguments[T]) { g.incY = 0 },
		"incX < 0":       func(g *arguments[T]) { g.incX = -g.incX },
		"incY < 0":       func(g *arguments[T]) { g.incY = -g.incY },
		"incX = 3":       func(g *arguments[T]) { g.incX *= 3 },
		"incY = 3":       func(g *arguments[T]) { g.incY *= 3 },
		"huge n":         func(g *arguments[T]) { g.n = 1 << 30 },
		"huge m":         func(g *arguments[T]) { g.m = 1 << 30 },
		"huge lda":       func(g *arguments[T]) { g.lda = 1 << 30 },
		"huge incX":      func(g *arguments[T]) { g.incX = 1 << 30 },
		"x short by one": func(g *arguments[T]) { g.lenX-- },
		"y short by one": func(g *arguments[T]) { g.lenY-- },
		"no x":           func(g *arguments[T]) { g.lenX = 0 },
		"no y":           func(g *arguments[T]) { g.lenY = 0 },
		"a short by one": func(g *arguments[T]) { g.lenA-- },
		"no a":           func(g *arguments[T]) { g.lenA = 0 },
		"lda too small":  func(g *arguments[T]) { g.lda = 2 },
		"lda = 0":        func(g *arguments[T]) { g.lda = 0 },
		"lda < 0":        func(g *arguments[T]) { g.lda = -7 },
		"bad trans":      func(g *arguments[T]) { g.tA = 'x' },
		"trans":          func(g *arguments[T]) { g.tA = blas.Trans },
		"bad uplo":       func(g *arguments[T]) { g.ul = blas.All },
		"lower":          func(g *arguments[T]) { g.ul = blas.Lower },
		"bad diag":       func(g *arguments[T]) { g.d = 0 },
		"unit":           func(g *arguments[T]) { g.d = blas.Unit },
		"alpha = 0":      func(g *arguments[T]) { g.alpha = 0 },
		"beta = 1":       func(g *arguments[T]) { g.beta = 1 },
		"beta = 0":       func(g *arguments[T]) { g.beta = 0 },
	}
}

// calls are all routines on arguments; a result goes to the end of x.
func (b routines[T]) calls() map[string]func(g arguments[T], a, x, y []T) any {
	return map[string]func(g arguments[T], a, x, y []T) any{
		"dot":  func(g arguments[T], a, x, y []T) any { return b.dot(g.n, x, g.incX, y, g.incY) },
		"nrm2": func(g arguments[T], a, x, y []T) any { return b.nrm2(g.n, x, g.incX) },
		"asum": func(g arguments[T], a, x, y []T) any { return b.asum(g.n, x, g.incX) },
		"amax": func(g arguments[T], a, x, y []T) any { return b.amax(g.n, x, g.incX) },
		"swap": func(g arguments[T], a, x, y []T) any { b.swap(g.n, x, g.incX, y, g.incY); return nil },
		"copy": func(g arguments[T], a, x, y []T) any { b.copy(g.n, x, g.incX, y, g.incY); return nil },
		"axpy": func(g arguments[T], a, x, y []T) any { b.axpy(g.n, g.alpha, x, g.incX, y, g.incY); return nil },
		"scal": func(g arguments[T], a, x, y []T) any { b.scal(g.n, g.alpha, x, g.incX); return nil },
		"rot":  func(g arguments[T], a, x, y []T) any { b.rot(g.n, x, g.incX, y, g.incY, 0.5, 0.25); return nil },
		"gemv": func(g arguments[T], a, x, y []T) any {
			b.gemv(g.tA, g.m, g.n, g.alpha, a, g.lda, x, g.incX, g.beta, y, g.incY)
			return nil
		},
		"ger": func(g arguments[T], a, x, y []T) any {
			b.ger(g.m, g.n, g.alpha, x, g.incX, y, g.incY, a, g.lda)
			return nil
		},
		"symv": func(g arguments[T], a, x, y []T) any {
			b.symv(g.ul, g.n, g.alpha, a, g.lda, x, g.incX, g.beta, y, g.incY)
			return nil
		},
		"trmv": func(g arguments[T], a, x, y []T) any {
			b.trmv(g.ul, g.tA, g.d, g.n, a, g.lda, x, g.incX)
			return nil
		},
		"trsv": func(g arguments[T], a, x, y []T) any {
			b.trsv(g.ul, g.tA, g.d, g.n, a, g.lda, x, g.incX)
			return nil
		},
		"syr": func(g arguments[T], a, x, y []T) any { b.syr(g.ul, g.n, g.alpha, x, g.incX, a, g.lda); return nil },
		"syr2": func(g arguments[T], a, x, y []T) any {
			b.syr2(g.ul, g.n, g.alpha, x, g.incX, y, g.incY, a, g.lda)
			return nil
		},
	}
}

func TestPanics(t *testing.T) { everyKind(t, testPanics[float32], testPanics[float64]) }

// testPanics: for every pair of defects the panic is gonum's, with nothing done, or
// there is none and the results are gonum's.
func testPanics[T tensor.Float](t *testing.T, b routines[T]) {
	theirs := implementation[T](true, false).calls()
	defects := defects[T]()
	r := newRandom[T](21)
	// Square, so that n or m elements of x and y do for both transpositions.
	const n, lda = 4, 6
	a, x, y := r.values(lda*n), r.values(n*3), r.values(n*3)
	for i := range n {
		a[i*lda+i] = 2
	}
	panics := 0
	for name, call := range b.calls() {
		for d1, defect1 := range defects {
			for d2, defect2 := range defects {
				g := arguments[T]{
					tA: blas.NoTrans, ul: blas.Upper, d: blas.NonUnit, m: n, n: n, incX: 1, incY: 1,
					lda: lda, lenA: lda*(n-1) + n, lenX: n, lenY: n, alpha: 0.5, beta: 0.25,
				}
				defect1(&g)
				defect2(&g)
				if g.incX%3 == 0 && g.lenX == n { // strides that fit but for a defect
					g.lenX = (n-1)*3 + 1
				}
				if g.incY%3 == 0 && g.lenY == n {
					g.lenY = (n-1)*3 + 1
				}
				var end [2][3][]T
				var value, recovered [2]any
				for i, c := range []func(arguments[T], []T, []T, []T) any{call, theirs[name]} {
					end[i] = [3][]T{slices.Clone(a), slices.Clone(x), slices.Clone(y)}
					func() {
						defer func() { recovered[i] = recover() }()
						e := end[i]
						value[i] = c(g, e[0][:g.lenA:g.lenA], e[1][:g.lenX:g.lenX], e[2][:g.lenY:g.lenY])
					}()
				}
				what := fmt.Sprintf("%s, %s, %s", name, d1, d2)
				if fmt.Sprint(recovered[0]) != fmt.Sprint(recovered[1]) {
					t.Fatalf("%s: panic %v, gonum's %v", what, recovered[0], recovered[1])
				}
				if recovered[0] != nil {
					panics++
				}
				if v, ok := value[0].(T); ok {
					within(t, v, float64(value[1].(T)), 4, 0, "%s", what)
				} else if value[0] != value[1] {
					t.Fatalf("%s: %v, gonum %v", what, value[0], value[1])
				}
				if name == "ger" && (g.incX < 0 || g.incY < 0) {
					continue // gonum 0.17 gets these wrong; TestGer has them
				}
				for o := range end[0] {
					for i, v := range end[0][o] {
						within(t, v, float64(end[1][o][i]), 8, 0, "%s: element %d of %c", what, i, "axy"[o])
					}
				}
			}
		}
	}
	if panics < 1000 {
		t.Errorf("only %d panics", panics)
	}
}
