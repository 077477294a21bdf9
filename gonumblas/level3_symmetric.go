package gonumblas

import (
	"github.com/lanes-go/lanes/asm"
	"github.com/lanes-go/lanes/internal/chunk"
	store "github.com/lanes-go/lanes/internal/scratch"
	"github.com/lanes-go/lanes/tensor"
	"gonum.org/v1/gonum/blas"
)

const (
	// rankBlock is the greatest order of the diagonal blocks of syrk that are computed
	// whole, where half is wasted, and rankBlock2 that of syr2k, which needs both halves.
	rankBlock, rankBlock2 = 16, 64
	// rankTurn is the order of the blocks for which rows of A and B, up to rankTurnK
	// long, are transposed once for all products within.
	rankTurn, rankTurnK = 256, 2048
)

// rankUpdate is a triangle of C = alpha·op(A)·op(B)ᵀ + beta·C, with two of
// C = alpha·op(A)·op(B)ᵀ + alpha·op(B)·op(A)ᵀ + beta·C. An element has the bits that
// Gemm gives it in C whole, the second product added to the first.
type rankUpdate[T tensor.Float] struct {
	kernels          *asm.Kernels[T]
	upper, t, two    bool
	k, lda, ldb, ldc int
	alpha, beta      T
	a, b, c          []T
	w                *space[T]
}

func syrk[T tensor.Float](same bool, ul blas.Uplo, tA blas.Transpose, n, k int, alpha T, a []T, lda int, beta T, c []T, ldc int) bool {
	if ours(same, !rankIsSmall(tA != blas.NoTrans, false, n, k)) && rankK(same, false, ul, tA, n, k, alpha, a, lda, a, lda, beta, c, ldc) {
		return true
	}
	// gonum 0.17 multiplies this triangle by a beta of 0, and NaNs stay. What cannot
	// be is left as it is for gonum to panic.
	if t, ok := trans(tA); beta == 0 && alpha != 0 && ul == blas.Lower && t && ok && operandFits(n, n, ldc, len(c)) &&
		(operandFits(k, n, lda, len(a)) && !matricesMeet(c, n, n, ldc, a, k, n, lda) || k == 0 && lda >= n) {
		for i := range n {
			chunk.Clear(c[i*ldc:][:i+1])
		}
	}
	return false
}

func syr2k[T tensor.Float](same bool, ul blas.Uplo, tA blas.Transpose, n, k int, alpha T, a []T, lda int, b []T, ldb int, beta T, c []T, ldc int) bool {
	return rankK(same, true, ul, tA, n, k, alpha, a, lda, b, ldb, beta, c, ldc)
}

func rankK[T tensor.Float](same, two bool, ul blas.Uplo, tA blas.Transpose, n, k int, alpha T, a []T, lda int, b []T, ldb int, beta T, c []T, ldc int) bool {
	t, ok := trans(tA)
	if !ok || !isUplo(ul) || alpha == 0 {
		return false // alpha = 0 only multiplies by beta
	}
	rows, cols := n, k
	if t {
		rows, cols = k, n
	}
	lda, ldb, ldc = stride(rows, cols, lda), stride(rows, cols, ldb), stride(n, n, ldc)
	if !operandFits(rows, cols, lda, len(a)) || !operandFits(rows, cols, ldb, len(b)) || !operandFits(n, n, ldc, len(c)) {
		return false
	}
	meetA, meetB := matricesMeet(c, n, n, ldc, a, rows, cols, lda), two && matricesMeet(c, n, n, ldc, b, rows, cols, ldb)
	if (meetA || meetB) && !same {
		return false
	}
	w := getSpace[T]()
	if meetA {
		a, lda = copyMatrix(&w.copyA, rows, cols, a, lda), cols
	}
	switch {
	case !two:
		b, ldb = a, lda
	case meetB:
		b, ldb = copyMatrix(&w.copyB, rows, cols, b, ldb), cols
	}
	p := rankUpdate[T]{asm.Active[T](), ul == blas.Upper, t, two, k, lda, ldb, ldc, alpha, beta, a, b, c, w}
	p.run(0, n)
	putSpace(w)
	return true
}

// part is x from row lo of op(x) on.
func (p *rankUpdate[T]) part(x []T, ld, lo int) []T {
	if p.t {
		return x[lo:]
	}
	return x[lo*ld:]
}

// run updates the triangle of rows and columns lo to hi.
func (p *rankUpdate[T]) run(lo, hi int) {
	block := rankBlock
	if p.two {
		block = rankBlock2
	}
	if hi-lo <= block {
		p.diagonal(lo, hi-lo)
		return
	}
	if !p.t && hi-lo <= rankTurn && p.k <= rankTurnK {
		p.turned(lo, hi-lo)
		return
	}
	mid := lo + halfOf(hi-lo, block)
	p.run(lo, mid)
	i0, i1, j0, j1 := mid, hi, lo, mid
	if p.upper {
		i0, i1, j0, j1 = lo, mid, mid, hi
	}
	c, m, n := p.c[i0*p.ldc+j0:], i1-i0, j1-j0
	tensor.Gemm(p.t, !p.t, m, n, p.k, p.alpha, p.part(p.a, p.lda, i0), p.lda, p.part(p.b, p.ldb, j0), p.ldb, p.beta, c, p.ldc)
	if p.two {
		tensor.Gemm(p.t, !p.t, m, n, p.k, p.alpha, p.part(p.b, p.ldb, i0), p.ldb, p.part(p.a, p.lda, j0), p.lda, 1, c, p.ldc)
	}
	p.run(mid, hi)
}

// turned is run for n rows of A and B that it transposes: with rows of k, every product
// within would transpose them for itself.
func (p *rankUpdate[T]) turned(lo, n int) {
	q, ld := *p, padded[T](n)
	q.t, q.a, q.lda, q.c = true, store.Grow(&p.w.turnA, p.k*ld), ld, p.c[lo*(p.ldc+1):]
	turn(p.kernels, q.a, ld, p.part(p.a, p.lda, lo), p.lda, n, p.k)
	q.b, q.ldb = q.a, ld
	if p.two {
		q.b = store.Grow(&p.w.turnB, p.k*ld)
		turn(p.kernels, q.b, ld, p.part(p.b, p.ldb, lo), p.ldb, n, p.k)
	}
	q.run(0, n)
}

// halfOf is about half of n > block, a multiple of block.
func halfOf(n, block int) int { return (n/2 + block - 1) / block * block }

// diagonal updates a small triangle on the diagonal by the whole product. The other
// product is its transpose, bit by bit.
func (p *rankUpdate[T]) diagonal(lo, n int) {
	ld := padded[T](n)
	s := store.Grow(&p.w.square, n*ld)
	tensor.Gemm(p.t, !p.t, n, n, p.k, 1, p.part(p.a, p.lda, lo), p.lda, p.part(p.b, p.ldb, lo), p.ldb, 0, s, ld)
	var turned []T
	if p.two {
		turned = store.Grow(&p.w.turn, n*ld)
		p.kernels.PackT(turned, ld, s, ld, n, n)
	}
	for i := range n {
		from, to := 0, i+1
		if p.upper {
			from, to = i, n
		}
		row, sum := p.c[(lo+i)*p.ldc+lo+from:][:to-from:to-from], s[i*ld+from:]
		if p.beta == 0 {
			p.kernels.Scale(row, p.alpha, sum)
		} else {
			p.kernels.Axpby(row, p.alpha, sum, p.beta)
		}
		if p.two {
			p.kernels.Axpy(row, p.alpha, turned[i*ld+from:])
		}
	}
}

const (
	// symmetricBytes is about how much of a symmetric matrix is written out at a time.
	symmetricBytes = 16 << 20
	// symmetricLeast is the least number of rows or columns of it.
	symmetricLeast = 64
)

// symm writes the symmetric matrix out, some rows or columns at a time: an element has
// the bits that Gemm gives it.
func symm[T tensor.Float](same bool, s blas.Side, ul blas.Uplo, m, n int, alpha T, a []T, lda int, b []T, ldb int, beta T, c []T, ldc int) bool {
	order := m
	if s == blas.Right {
		order = n
	}
	lda, ldb, ldc = stride(order, order, lda), stride(m, n, ldb), stride(m, n, ldc)
	if s != blas.Left && s != blas.Right || !isUplo(ul) || alpha == 0 ||
		!operandFits(order, order, lda, len(a)) || !operandFits(m, n, ldb, len(b)) || !operandFits(m, n, ldc, len(c)) {
		return false
	}
	meetA, meetB := matricesMeet(c, m, n, ldc, a, order, order, lda), matricesMeet(c, m, n, ldc, b, m, n, ldb)
	if (meetA || meetB) && !same {
		return false
	}
	w := getSpace[T]()
	if meetA {
		a, lda = copyMatrix(&w.copyA, order, order, a, lda), order
	}
	if meetB {
		b, ldb = copyMatrix(&w.copyB, m, n, b, ldb), n
	}
	x := symmetric[T]{asm.Active[T](), ul == blas.Upper, a, lda}
	piece := max(symmetricLeast, symmetricBytes/sizeOf[T]()/order/symmetricLeast*symmetricLeast)
	if piece+piece/4 >= order {
		piece = order
	}
	for lo := 0; lo < order; lo += piece {
		hi := min(lo+piece, order)
		if s == blas.Left {
			ld := padded[T](order)
			rows := store.Grow(&w.full, (hi-lo)*ld)
			x.expand(rows, ld, lo, hi, 0, order)
			tensor.Gemm(false, false, hi-lo, n, order, alpha, rows, ld, b, ldb, beta, c[lo*ldc:], ldc)
		} else {
			ld := padded[T](hi - lo)
			cols := store.Grow(&w.full, order*ld)
			x.expand(cols, ld, 0, order, lo, hi)
			tensor.Gemm(false, false, m, hi-lo, order, alpha, b, ldb, cols, ld, beta, c[lo:], ldc)
		}
	}
	putSpace(w)
	return true
}

// symmetric is a symmetric matrix of which one triangle is stored.
type symmetric[T tensor.Float] struct {
	kernels *asm.Kernels[T]
	upper   bool
	a       []T
	lda     int
}

// expand writes rows i0 to i1 and columns j0 to j1 to dst, block by block.
func (x *symmetric[T]) expand(dst []T, ld, i0, i1, j0, j1 int) {
	x.blocks(dst, ld, i0, i1, j0, j1, 64)
}

func (x *symmetric[T]) blocks(dst []T, ld, i0, i1, j0, j1, block int) {
	for i := i0; i < i1; i += block {
		ii := min(i+block, i1)
		for j := j0; j < j1; j += block {
			jj := min(j+block, j1)
			d := dst[(i-i0)*ld+j-j0:]
			switch {
			case x.upper && ii <= j+1, !x.upper && i+1 >= jj: // as it is stored
				for r := i; r < ii; r++ {
					copy(d[(r-i)*ld:][:jj-j], x.a[r*x.lda+j:])
				}
			case x.upper && i+1 >= jj, !x.upper && ii <= j+1: // the transpose is stored
				x.kernels.PackT(d, ld, x.a[j*x.lda+i:], x.lda, jj-j, ii-i)
			case block > 8:
				x.blocks(d, ld, i, ii, j, jj, block/4)
			default:
				x.across(d, ld, i, ii, j, jj)
			}
		}
	}
}

// across is expand for a small block on the diagonal.
func (x *symmetric[T]) across(d []T, ld, i, ii, j, jj int) {
	for r := i; r < ii; r++ {
		row := d[(r-i)*ld:][:jj-j]
		for c := range row {
			p, q := r, j+c
			if (p > q) == x.upper {
				p, q = q, p
			}
			row[c] = x.a[p*x.lda+q]
		}
	}
}
