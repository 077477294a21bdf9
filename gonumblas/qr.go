package gonumblas

import (
	"github.com/lanes-go/lanes/asm"
	"github.com/lanes-go/lanes/internal/chunk"
	store "github.com/lanes-go/lanes/internal/scratch"
	"github.com/lanes-go/lanes/tensor"
	"gonum.org/v1/gonum/blas"
)

const (
	// minQR is the least number of columns, and minQRRows and minQRows the numbers of
	// rows, from which the factorisation here, and Q, are the faster ones.
	minQR, minQRRows, minQRows = 8, 60, 40
	// qrPanel is the number of columns that are factorised in a transposed copy.
	qrPanel = 32
	// qrColumns is the number of columns of a panel that are factorised one by one.
	qrColumns = 8
)

// Dgeqrf computes the factorisation A = Q·R; arguments and results are those of gonum's
// Dgeqrf. Panels are transposed, so that a column is contiguous, and halved (Elmroth
// and Gustavson, "Applying recursion to serial and parallel QR factorization leads to
// better performance", IBM J. Res. Dev. 44, 2000). Its scratch memory is kept.
func (l LAPACK) Dgeqrf(m, n int, a []float64, lda int, tau, work []float64, lwork int) {
	k := min(m, n)
	if k < minQR || m < minQRRows || !simd[float64]() || lwork < n || len(work) < lwork || !operandFits(m, n, lda, len(a)) || len(tau) != k {
		l.Implementation.Dgeqrf(m, n, a, lda, tau, work, lwork)
		return
	}
	l.Implementation.Dgeqrf(m, n, a, lda, tau, work, -1) // what it asks for
	p := l.newReflectors()
	for i := 0; i < k; i += qrPanel {
		ib := min(qrPanel, k-i)
		panel := a[i*(lda+1):]
		p.take(panel, lda, m-i, ib, tau[i:i+ib])
		p.factor(0, ib)
		p.give(panel, lda)
		if i+ib < n {
			p.prepare(0, ib)
			p.apply(blas.Trans, a[i*lda+i+ib:], lda, n-i-ib)
		}
	}
	p.done()
}

// Dorgqr computes the first n columns of Q from k reflectors; arguments and results are
// those of gonum's Dorgqr.
func (l LAPACK) Dorgqr(m, n, k int, a []float64, lda int, tau, work []float64, lwork int) {
	if k < minQR || m < minQRows || n < k || m < n || !simd[float64]() || lwork < n || len(work) < lwork || !operandFits(m, n, lda, len(a)) || len(tau) != k {
		l.Implementation.Dorgqr(m, n, k, a, lda, tau, work, lwork)
		return
	}
	l.Implementation.Dorgqr(m, n, k, a, lda, tau, work, -1)
	for i := range m {
		chunk.Clear(a[i*lda+k : i*lda+n])
		if i >= k && i < n {
			a[i*lda+i] = 1
		}
	}
	p := l.newReflectors()
	for i := (k - 1) / qrPanel * qrPanel; i >= 0; i -= qrPanel {
		ib := min(qrPanel, k-i)
		panel := a[i*(lda+1):]
		p.take(panel, lda, m-i, ib, tau[i:i+ib])
		p.prepare(0, ib)
		if i+ib < n {
			p.apply(blas.NoTrans, a[i*lda+i+ib:], lda, n-i-ib)
		}
		p.columns()
		p.give(panel, lda)
		for r := range i {
			clear(a[r*lda+i:][:ib])
		}
	}
	p.done()
}

// reflectors are some reflectors H(i) = I - tau[i]·v(i)·v(i)ᵀ with v(i)[j] = 0 for j < i
// and v(i)[i] = 1, and their product I - V·T·Vᵀ. What follows in v(i) is stored in row i
// of x, from i+1 on.
type reflectors struct {
	l       LAPACK
	kernels *asm.Kernels[float64]
	n, rows int
	x       []float64
	ld      int
	tau     []float64
	lo, k   int       // the k of them from lo on are prepared:
	v       []float64 // Vᵀ written out, columns from lo on
	t       []float64 // T
	*reflectorSpace
}

// reflectorSpace is memory for reflectors.
type reflectorSpace struct {
	bufX, bufV, bufT, bufG, bufW []float64
	bufWork                      [qrPanel]float64
}

var reflectorSpaces store.Store[reflectorSpace]

func (l LAPACK) newReflectors() reflectors {
	return reflectors{l: l, kernels: asm.Active[float64](), reflectorSpace: reflectorSpaces.Get()}
}

func (p *reflectors) done() { reflectorSpaces.Put(p.reflectorSpace) }

// take copies a panel of A to x.
func (p *reflectors) take(a []float64, lda, rows, n int, tau []float64) {
	p.n, p.rows, p.ld, p.tau = n, rows, padded[float64](rows), tau
	p.x = store.Grow(&p.bufX, n*p.ld)
	turn(p.kernels, p.x, p.ld, a, lda, rows, n)
}

// give copies x back.
func (p *reflectors) give(a []float64, lda int) {
	turnBack(p.kernels, a, lda, p.x, p.ld, p.n, p.rows)
}

// factor factorises columns lo to hi of the panel, rows of x.
func (p *reflectors) factor(lo, hi int) {
	if hi-lo <= qrColumns {
		p.l.Dgelq2(hi-lo, p.rows-lo, p.x[lo*(p.ld+1):], p.ld, p.tau[lo:hi], p.bufWork[:])
		return
	}
	mid := (lo + hi) / 2
	p.factor(lo, mid)
	p.prepare(lo, mid)
	rest, n := p.x[mid*p.ld+lo:], hi-mid
	w := store.Grow(&p.bufW, n*p.k)
	length := p.rows - lo
	tensor.Gemm(false, true, n, p.k, length, 1, rest, p.ld, p.v, p.ld, 0, w, p.k)
	Float64{}.Dtrmm(blas.Right, blas.Upper, blas.NoTrans, blas.NonUnit, n, p.k, 1, p.t, p.k, w, p.k)
	tensor.Gemm(false, false, n, length, p.k, -1, w, p.k, p.v, p.ld, 1, rest, p.ld)
	p.factor(mid, hi)
}

// prepare writes out V and computes T of reflectors lo to hi. T is upper triangular:
// a column of it follows from those before and from inner products of columns of V.
func (p *reflectors) prepare(lo, hi int) {
	k, length := hi-lo, p.rows-lo
	p.lo, p.k = lo, k
	p.v, p.t = store.Grow(&p.bufV, k*p.ld), store.Grow(&p.bufT, k*k)
	for i := range k {
		row := p.v[i*p.ld:][:length]
		clear(row[:i])
		row[i] = 1
		chunk.Copy(row[i+1:], p.x[(lo+i)*p.ld+lo+i+1:])
	}
	g := store.Grow(&p.bufG, k*k)
	tensor.Gemm(false, true, k, k, length, 1, p.v, p.ld, p.v, p.ld, 0, g, k)
	for i := range k {
		tau := p.tau[lo+i]
		for j := range i {
			s := 0.0
			for q := j; q < i; q++ {
				s += float64(p.t[j*k+q] * g[q*k+i])
			}
			p.t[j*k+i], p.t[i*k+j] = -tau*s, 0
		}
		p.t[i*k+i] = tau
	}
}

// apply multiplies n columns of C with the prepared reflectors, all of the panel, from
// the left, or with their transpose.
func (p *reflectors) apply(t blas.Transpose, c []float64, ldc, n int) {
	w := store.Grow(&p.bufW, p.k*n)
	tensor.Gemm(false, false, p.k, n, p.rows, 1, p.v, p.ld, c, ldc, 0, w, n)
	Float64{}.Dtrmm(blas.Left, blas.Upper, t, blas.NonUnit, p.k, n, 1, p.t, p.k, w, n)
	tensor.Gemm(true, false, p.rows, n, p.k, -1, p.v, p.ld, w, n, 1, c, ldc)
}

// columns makes x the first columns of the product of all reflectors of the panel,
// which is prepared: those of I - V·T·V₁ᵀ, with V₁ the first rows of V.
func (p *reflectors) columns() {
	k := p.k
	y := store.Grow(&p.bufG, k*k) // V₁·Tᵀ
	for i := range k {
		for j := range k {
			y[i*k+j] = p.t[j*k+i]
		}
	}
	Float64{}.Dtrmm(blas.Left, blas.Lower, blas.NoTrans, blas.Unit, k, k, 1, p.v1(), k, y, k)
	tensor.Gemm(false, false, k, p.rows, k, -1, y, k, p.v, p.ld, 0, p.x, p.ld)
	for i := range k {
		p.x[i*p.ld+i]++
	}
}

// v1 is the square part of V.
func (p *reflectors) v1() []float64 {
	v1 := store.Grow(&p.bufW, p.k*p.k)
	p.kernels.PackT(v1, p.k, p.v, p.ld, p.k, p.k)
	return v1
}
