package gonumblas

import (
	"math"

	"github.com/lanes-go/lanes/asm"
	"github.com/lanes-go/lanes/internal/chunk"
	store "github.com/lanes-go/lanes/internal/scratch"
	"github.com/lanes-go/lanes/tensor"
	"gonum.org/v1/gonum/blas"
)

const (
	// minLU and minLURows are the least dimensions and number of rows from which the
	// factorisation here is the faster one.
	minLU, minLURows = 8, 80
	// luPanel is the greatest number of columns that are factorised in a transposed copy.
	luPanel = 64
	// luColumns is the number of columns of a panel that are factorised one by one.
	luColumns = 8
)

// Dgetrf computes the factorisation A = P·L·U with partial pivoting; arguments and
// results are those of gonum's Dgetrf. It halves the columns (Toledo, "Locality of
// reference in LU decomposition with partial pivoting", SIAM J. Matrix Anal. Appl. 18,
// 1997), so that nearly all work is products, down to panels that are transposed:
// there a column of A is contiguous. Its scratch memory is kept.
func (l LAPACK) Dgetrf(m, n int, a []float64, lda int, ipiv []int) (ok bool) {
	if min(m, n) < minLU || m < minLURows || !simd[float64]() || !operandFits(m, n, lda, len(a)) || len(ipiv) != min(m, n) {
		return l.Implementation.Dgetrf(m, n, a, lda, ipiv)
	}
	w := getSpace[float64]()
	p := lu{kernels: asm.Active[float64](), m: m, a: a, lda: lda, piv: ipiv, w: w, ok: true}
	p.columns(0, min(m, n))
	if m < n { // columns without a pivot
		p.swapRows(m, n, 0, m)
		p.solve(0, m, m, n)
	}
	putSpace(w)
	return p.ok
}

// lu is a factorisation in work: m rows, pivots found in the rows of piv.
type lu struct {
	kernels *asm.Kernels[float64]
	m       int
	a       []float64
	lda     int
	piv     []int
	w       *space[float64]
	ok      bool
}

// columns factorises columns c0 to c1, from row c0 on; rows are exchanged within them.
func (p *lu) columns(c0, c1 int) {
	if c1-c0 <= luPanel {
		p.panel(c0, c1)
		return
	}
	mid := c0 + halfOf(c1-c0, luPanel)
	p.columns(c0, mid)
	p.swapRows(mid, c1, c0, mid)
	p.solve(c0, mid, mid, c1)
	if mid < p.m {
		tensor.Gemm(false, false, p.m-mid, c1-mid, mid-c0, -1, p.a[mid*p.lda+c0:], p.lda, p.a[c0*p.lda+mid:], p.lda, 1, p.a[mid*p.lda+mid:], p.lda)
	}
	p.columns(mid, c1)
	p.swapRows(c0, mid, mid, c1)
}

// swapRows applies the exchanges of pivots k0 to k1 to columns c0 to c1, so many of
// them at a time that they stay in the L2.
func (p *lu) swapRows(c0, c1, k0, k1 int) {
	const strip = 256
	for c := c0; c < c1; c += strip {
		w := min(strip, c1-c)
		for k := k0; k < k1; k++ {
			if q := p.piv[k]; q != k {
				p.kernels.Swap(p.a[k*p.lda+c:][:w:w], p.a[q*p.lda+c:][:w:w])
			}
		}
	}
}

// solve turns rows r0 to r1 of columns c0 to c1 into those of U.
func (p *lu) solve(r0, r1, c0, c1 int) {
	Float64{}.Dtrsm(blas.Left, blas.Lower, blas.NoTrans, blas.Unit, r1-r0, c1-c0, 1, p.a[r0*p.lda+r0:], p.lda, p.a[r0*p.lda+c0:], p.lda)
}

// panel is columns for a few of them.
func (p *lu) panel(c0, c1 int) {
	rows, n := p.m-c0, c1-c0
	t := luTurned{kernels: p.kernels, m: rows, ld: padded[float64](rows), piv: p.piv[c0:c1], ok: true}
	t.x = store.Grow(&p.w.strip, n*t.ld)
	a := p.a[c0*p.lda+c0:]
	turn(p.kernels, t.x, t.ld, a, p.lda, rows, n)
	t.columns(0, n)
	turnBack(p.kernels, a, p.lda, t.x, t.ld, n, rows)
	for k := range t.piv {
		t.piv[k] += c0
	}
	p.ok = p.ok && t.ok
}

// luTurned is a panel of m rows in work: element (i, j) is x[j*ld+i].
type luTurned struct {
	kernels *asm.Kernels[float64]
	m, ld   int
	x       []float64
	piv     []int
	ok      bool
}

// col is column j from row i on.
func (p *luTurned) col(j, i int) []float64 { return p.x[j*p.ld+i : j*p.ld+p.m] }

// columns is that of lu.
func (p *luTurned) columns(c0, c1 int) {
	if c1-c0 <= luColumns {
		p.oneByOne(c0, c1)
		return
	}
	mid := c0 + (c1-c0)/2
	p.columns(c0, mid)
	p.swapRows(mid, c1, c0, mid)
	Float64{}.Dtrsm(blas.Right, blas.Upper, blas.NoTrans, blas.Unit, c1-mid, mid-c0, 1, p.x[c0*p.ld+c0:], p.ld, p.x[mid*p.ld+c0:], p.ld)
	if mid < p.m {
		tensor.Gemm(false, false, c1-mid, p.m-mid, mid-c0, -1, p.x[mid*p.ld+c0:], p.ld, p.x[c0*p.ld+mid:], p.ld, 1, p.x[mid*p.ld+mid:], p.ld)
	}
	p.columns(mid, c1)
	p.swapRows(c0, mid, mid, c1)
}

func (p *luTurned) swapRows(c0, c1, k0, k1 int) {
	for c := c0; c < c1; c++ {
		col := p.col(c, 0)
		for k, q := range p.piv[k0:k1] {
			col[k0+k], col[q] = col[q], col[k0+k]
		}
	}
}

func (p *luTurned) oneByOne(c0, c1 int) {
	for j := c0; j < c1; j++ {
		col := p.col(j, 0)
		q := j + Float64{}.Idamax(p.m-j, col[j:], 1)
		p.piv[j] = q
		if col[q] == 0 {
			p.ok = false
			continue // what is below is zero, too
		}
		p.swapRows(c0, c1, j, j+1)
		rest, pivot := col[j+1:], col[j]
		if math.Abs(pivot) >= tiny {
			chunk.Scale(p.kernels, rest, 1/pivot, rest)
		} else {
			for i := range rest {
				rest[i] /= pivot
			}
		}
		for c := j + 1; c < c1; c++ {
			chunk.Axpy(p.kernels, p.col(c, j+1), -p.x[c*p.ld+j], rest)
		}
	}
}
