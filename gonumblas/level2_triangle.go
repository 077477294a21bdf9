package gonumblas

import (
	"github.com/lanes-go/lanes/asm"
	"github.com/lanes-go/lanes/tensor"
	"gonum.org/v1/gonum/blas"
)

// triangle is a triangular matrix and a right-hand side.
type triangle[T tensor.Float] struct {
	k    *asm.Kernels[T]
	n    int
	a    []T
	lda  int
	unit bool
	x    []T
}

// row is elements lo to hi of row i.
func (p *triangle[T]) row(i, lo, hi int) []T { return p.a[i*p.lda+lo : i*p.lda+hi] }

// triangleVector is trmv, or trsv to solve, on a contiguous vector.
func triangleVector[T tensor.Float](same bool, ul blas.Uplo, tA blas.Transpose, d blas.Diag, n int, a []T, lda int, x []T, incX int, solve bool) bool {
	if !ours(same, true) {
		return false
	}
	t, ok := trans(tA)
	v, okX := vecOf(n, x, incX)
	if !ok || !okX || ul != blas.Upper && ul != blas.Lower || d != blas.NonUnit && d != blas.Unit || !matrixFits(n, n, lda, len(a)) {
		return false
	}
	w := getWork[T]()
	p := triangle[T]{k: asm.Active[T](), n: n, a: a, lda: lda, unit: d == blas.Unit, x: v.all(&w.x)}
	if solve {
		p.solve(ul == blas.Upper, t)
	} else {
		p.multiply(ul == blas.Upper, t)
	}
	if incX != 1 {
		v.scatter(p.x, 0)
	}
	putWork(w)
	return true
}

// multiply is x = op(A)·x. Without transposition, row by row, a row's inner product
// before its x is gone. With, a row of A times its x is added to the others.
func (p *triangle[T]) multiply(upper, t bool) {
	n, x := p.n, p.x
	dot, axpy := dotOf(p.k, n), axpyOf(p.k, n)
	switch {
	case upper && !t:
		for i := range n {
			if p.unit {
				x[i] += dot(p.row(i, i+1, n), x[i+1:])
			} else {
				x[i] = dot(p.row(i, i, n), x[i:])
			}
		}
	case !upper && !t:
		for i := n - 1; i >= 0; i-- {
			if p.unit {
				x[i] += dot(p.row(i, 0, i), x)
			} else {
				x[i] = dot(p.row(i, 0, i+1), x)
			}
		}
	case upper && t:
		for i := n - 1; i >= 0; i-- {
			axpy(x[i+1:], x[i], p.row(i, i+1, n))
			if !p.unit {
				x[i] *= p.a[i*p.lda+i]
			}
		}
	default:
		for i := range n {
			axpy(x[:i], x[i], p.row(i, 0, i))
			if !p.unit {
				x[i] *= p.a[i*p.lda+i]
			}
		}
	}
}

// solve is op(A)·x = b, b being what x holds.
func (p *triangle[T]) solve(upper, t bool) {
	n, x := p.n, p.x
	dot, axpy := dotOf(p.k, n), axpyOf(p.k, n)
	switch {
	case upper && !t:
		for i := n - 1; i >= 0; i-- {
			x[i] -= dot(p.row(i, i+1, n), x[i+1:])
			p.divide(i)
		}
	case !upper && !t:
		for i := range n {
			x[i] -= dot(p.row(i, 0, i), x)
			p.divide(i)
		}
	case upper && t:
		for i := range n {
			p.divide(i)
			axpy(x[i+1:], -x[i], p.row(i, i+1, n))
		}
	default:
		for i := n - 1; i >= 0; i-- {
			p.divide(i)
			axpy(x[:i], -x[i], p.row(i, 0, i))
		}
	}
}

func (p *triangle[T]) divide(i int) {
	if !p.unit {
		p.x[i] /= p.a[i*p.lda+i]
	}
}
