package gonumblas

import (
	"github.com/lanes-go/lanes/asm"
	"github.com/lanes-go/lanes/internal/chunk"
	store "github.com/lanes-go/lanes/internal/scratch"
	"github.com/lanes-go/lanes/tensor"
	"gonum.org/v1/gonum/blas"
)

// triangleBlock is the height of the diagonal blocks of trmv and trsv, which go element
// by element; what lies beside them goes to kernels. It is part of the bits.
const triangleBlock = 16

// triangle is a triangular matrix and a vector to multiply or solve in place.
type triangle[T tensor.Float] struct {
	k     *asm.Kernels[T]
	n     int
	a     []T
	lda   int
	upper bool // as stored
	trans bool
	unit  bool
	x     []T
	sum   []T // triangleBlock elements
}

// triangleVector is trmv, or trsv to solve, on a contiguous vector.
func triangleVector[T tensor.Float](ul blas.Uplo, tA blas.Transpose, d blas.Diag, n int, a []T, lda int, x []T, incX int, solve bool) bool {
	t, ok := trans(tA)
	if !ok || !fits(n, incX, len(x)) || ul != blas.Upper && ul != blas.Lower || d != blas.NonUnit && d != blas.Unit || !operandFits(n, n, lda, len(a)) {
		return false
	}
	p := triangle[T]{k: asm.Active[T](), n: n, a: a, lda: lda, upper: ul == blas.Upper, trans: t, unit: d == blas.Unit}
	if incX == 1 && (t || n <= triangleBlock) { // no scratch memory
		p.x = x[:n:n]
		p.run(solve)
		return true
	}
	v, _ := vecOf(n, x, incX)
	w := getWork[T]()
	p.x, p.sum = v.all(&w.x), store.Grow(&w.t, triangleBlock)
	p.run(solve)
	if incX != 1 {
		v.scatter(p.x, 0)
	}
	putWork(w)
	return true
}

// run goes over the diagonal blocks: to multiply, from the end whose elements of x the
// others do not need; to solve, from the end where nothing is unknown.
func (p *triangle[T]) run(solve bool) {
	blocks := (p.n + triangleBlock - 1) / triangleBlock
	down := p.upper == p.trans == solve // op(A) is upper if it is so as stored, or else transposed
	for i := range blocks {
		if !down {
			i = blocks - 1 - i
		}
		lo := i * triangleBlock
		p.block(lo, min(lo+triangleBlock, p.n), solve)
	}
}

// block does rows lo to hi of A: the diagonal block and the panel beside it, which as
// stored are rows: multiplied with the x of their columns, or times the x of their rows
// added to that of their columns.
func (p *triangle[T]) block(lo, hi int, solve bool) {
	from, to := 0, lo
	if p.upper {
		from, to = hi, p.n
	}
	x, panel := p.x[lo:hi:hi], p.a[lo*p.lda+from:]
	if !p.trans {
		var sum []T
		if from < to {
			sum = p.sum[:hi-lo]
			chunk.DotRows(p.k, sum, panel, p.lda, p.x[from:to:to])
		}
		if solve {
			for i, v := range sum {
				x[i] -= v
			}
			p.solve(lo, x)
			return
		}
		p.multiply(lo, x)
		for i, v := range sum {
			x[i] += v
		}
		return
	}
	alpha := T(1)
	if solve {
		alpha = -1
		p.solve(lo, x)
	}
	if from < to {
		tensor.Gemm(false, false, 1, to-from, hi-lo, alpha, x, p.lda, panel, p.lda, 1, p.x[from:to:to], p.lda)
	}
	if !solve {
		p.multiply(lo, x)
	}
}

// diagonal is the diagonal block of op(A) from row lo on: its elements, the distance
// between those of a column and of a row, and whether it is upper triangular.
func (p *triangle[T]) diagonal(lo int) (a []T, row, col int, upper bool) {
	a = p.a[lo*p.lda+lo:]
	if p.trans {
		return a, 1, p.lda, !p.upper
	}
	return a, p.lda, 1, p.upper
}

// multiply is x = op(A)·x for one block: column by column x[i] += a[i][j]·x[j], products
// rounded.
func (p *triangle[T]) multiply(lo int, x []T) {
	a, row, col, upper := p.diagonal(lo)
	for j := range x {
		if !upper {
			j = len(x) - 1 - j
		}
		v := x[j]
		if upper {
			addColumn(x[:j], v, a[j*col:], row)
		} else if j+1 < len(x) {
			addColumn(x[j+1:], v, a[j*col+(j+1)*row:], row)
		}
		if !p.unit {
			x[j] = a[j*(row+col)] * v
		}
	}
}

// solve is op(A)·x = b for one block: column by column x[i] -= a[i][j]·x[j], products
// rounded.
func (p *triangle[T]) solve(lo int, x []T) {
	a, row, col, upper := p.diagonal(lo)
	for j := range x {
		if upper {
			j = len(x) - 1 - j
		}
		if !p.unit {
			x[j] /= a[j*(row+col)]
		}
		v := -x[j]
		if upper {
			addColumn(x[:j], v, a[j*col:], row)
		} else if j+1 < len(x) {
			addColumn(x[j+1:], v, a[j*col+(j+1)*row:], row)
		}
	}
}

// addColumn is x[i] += v·a[i*row].
func addColumn[T tensor.Float](x []T, v T, a []T, row int) {
	at := 0
	for i := range x {
		x[i] += T(v * a[at])
		at += row
	}
}
