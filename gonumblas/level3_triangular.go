package gonumblas

import (
	"math"
	"unsafe"

	"github.com/lanes-go/lanes/asm"
	"github.com/lanes-go/lanes/internal/chunk"
	store "github.com/lanes-go/lanes/internal/scratch"
	"github.com/lanes-go/lanes/tensor"
	"gonum.org/v1/gonum/blas"
)

const (
	// triBlock is the greatest order of a triangle that is not halved.
	triBlock = 64
	// triRows is the number of rows of it that a product updates together.
	triRows = 8
	// triBytes bounds the length of the pieces of rows in hand: so many bytes.
	triBytes = 4096
)

// tri is B = alpha·M·B, or to solve B = alpha·M⁻¹·B, with M triangular of order
// n, and B of cols columns. On the right side B is stored transposed.
type tri[T tensor.Float] struct {
	kernels    *asm.Kernels[T]
	solve      bool
	right      bool
	upper, t   bool // M is upper; M(i,j) = a[j*lda+i]
	unit       bool
	n, cols    int
	a          []T
	lda        int
	b          []T
	ldb        int
	w          *space[T]
	strip, ldt int
}

func trxm[T tensor.Float](same, solve bool, s blas.Side, ul blas.Uplo, tA blas.Transpose, d blas.Diag, m, n int, alpha T, a []T, lda int, b []T, ldb int) bool {
	t, ok := trans(tA)
	order, cols := m, n
	if s == blas.Right {
		order, cols = n, m
		t = !t
	}
	if !ok || s != blas.Left && s != blas.Right || !isUplo(ul) || d != blas.NonUnit && d != blas.Unit || alpha == 0 {
		return false
	}
	lda, ldb = stride(order, order, lda), stride(m, n, ldb)
	if !operandFits(order, order, lda, len(a)) || !operandFits(m, n, ldb, len(b)) {
		return false
	}
	meet := matricesMeet(b, m, n, ldb, a, order, order, lda)
	if meet && !same {
		return false
	}
	w := getSpace[T]()
	if meet {
		a, lda = copyMatrix(&w.copyA, order, order, a, lda), order
	}
	if size := absolute(alpha); !(size >= leastFactor[T]() && size <= 1/leastFactor[T]()) {
		// Its product with an element of A might leave the range, as that of all three
		// does not.
		for i := range m {
			chunk.Scale(asm.Active[T](), b[i*ldb:][:n], alpha, b[i*ldb:][:n])
		}
		alpha = 1
	}
	p := tri[T]{
		kernels: asm.Active[T](), solve: solve, right: s == blas.Right,
		upper: (ul == blas.Upper) != t, t: t, unit: d == blas.Unit,
		n: order, cols: cols, a: a, lda: lda, b: b, ldb: ldb, w: w,
	}
	p.run(0, order, alpha)
	putSpace(w)
	return true
}

// run does rows and columns lo to hi of M.
func (p *tri[T]) run(lo, hi int, alpha T) {
	if hi-lo <= triBlock {
		p.leaf(lo, hi, alpha)
		return
	}
	mid := lo + halfOf(hi-lo, triBlock)
	// The rows of M that one half of B is used by, beside its own.
	r0, r1, s0, s1 := mid, hi, lo, mid
	if p.upper {
		r0, r1, s0, s1 = lo, mid, mid, hi
	}
	if p.solve {
		p.run(s0, s1, alpha)
		p.update(r0, r1, s0, s1, -1, alpha)
		p.run(r0, r1, 1)
	} else {
		p.run(r0, r1, alpha)
		p.update(r0, r1, s0, s1, alpha, 1)
		p.run(s0, s1, alpha)
	}
}

// at is M from row i, column j on.
func (p *tri[T]) at(i, j int) []T {
	if p.t {
		i, j = j, i
	}
	return p.a[i*p.lda+j:]
}

// update is B[r0:r1] = beta·B[r0:r1] + alpha·M[r0:r1, s0:s1]·B[s0:s1].
func (p *tri[T]) update(r0, r1, s0, s1 int, alpha, beta T) {
	m := p.at(r0, s0)
	if p.right {
		tensor.Gemm(false, !p.t, p.cols, r1-r0, s1-s0, alpha, p.b[s0:], p.ldb, m, p.lda, beta, p.b[r0:], p.ldb)
	} else {
		tensor.Gemm(p.t, false, r1-r0, p.cols, s1-s0, alpha, m, p.lda, p.b[s0*p.ldb:], p.ldb, beta, p.b[r0*p.ldb:], p.ldb)
	}
}

// leaf does a block on the diagonal: a strip of B at a time, where it lies or, on the
// right side and where its rows would collide in the L1, in a copy.
func (p *tri[T]) leaf(lo, hi int, alpha T) {
	n := hi - lo
	p.pack(lo, hi)
	strip := triBytes / sizeOf[T]()
	ld := padded[T](min(strip, p.cols))
	collide := p.ldb*sizeOf[T]()%2048 == 0 && n > 4
	for j := 0; j < p.cols; j += strip {
		w := min(strip, p.cols-j)
		if !p.right {
			b := p.b[lo*p.ldb+j:]
			if !collide {
				p.rows(b, p.ldb, n, w, alpha)
				continue
			}
			s := store.Grow(&p.w.strip, n*ld)
			for i := range n {
				copy(s[i*ld:][:w], b[i*p.ldb:])
			}
			p.rows(s, ld, n, w, alpha)
			for i := range n {
				copy(b[i*p.ldb:][:w], s[i*ld:])
			}
			continue
		}
		b, s := p.b[j*p.ldb+lo:], store.Grow(&p.w.strip, n*ld)
		turn(p.kernels, s, ld, b, p.ldb, w, n)
		p.rows(s, ld, n, w, alpha)
		turnBack(p.kernels, b, p.ldb, s, ld, n, w)
	}
}

// pack copies the block on the diagonal to scratch memory, as M and not transposed.
func (p *tri[T]) pack(lo, hi int) {
	n := hi - lo
	p.ldt = padded[T](n)
	t := store.Grow(&p.w.triangle, n*p.ldt)
	for i0 := 0; i0 < n; i0 += triRows {
		i1 := min(i0+triRows, n)
		s0, s1 := 0, i0 // beside the block on the diagonal
		if p.upper {
			s0, s1 = i1, n
		}
		if s0 < s1 {
			if src := p.at(lo+i0, lo+s0); p.t {
				p.kernels.PackT(t[i0*p.ldt+s0:], p.ldt, src, p.lda, s1-s0, i1-i0)
			} else {
				for i := i0; i < i1; i++ {
					copy(t[i*p.ldt+s0:i*p.ldt+s1], src[(i-i0)*p.lda:])
				}
			}
		}
		di, dj := p.lda, 1
		if p.t {
			di, dj = 1, p.lda
		}
		for i := i0; i < i1; i++ {
			f, to := i0, i+1
			if p.upper {
				f, to = i, i1
			}
			from := (lo+i)*di + (lo+f)*dj
			for j := f; j < to; j++ {
				t[i*p.ldt+j] = p.a[from]
				from += dj
			}
			if p.unit {
				t[i*p.ldt+i] = 1
			}
		}
	}
}

// rows does n rows of w elements, ld apart, with the packed triangle, triRows at a
// time: what is due to rows outside them by one product.
func (p *tri[T]) rows(b []T, ld, n, w int, alpha T) {
	var g asm.GemmArgs[T]
	g.LDC, g.BRow, g.ARow, g.ACol, g.BPanel = ld, ld, p.ldt, 1, p.kernels.GemmNR
	g.N, g.Out = w, asm.OutFMA
	t := p.w.triangle
	blocks := (n + triRows - 1) / triRows
	for q := range blocks {
		if p.upper == p.solve {
			q = blocks - 1 - q
		}
		i0 := q * triRows
		i1 := min(i0+triRows, n)
		s0, s1 := 0, i0
		if p.upper {
			s0, s1 = i1, n
		}
		if !p.solve {
			p.block(&g, b, i0, i1, alpha)
		}
		beta := T(1)
		if s0 < s1 {
			g.C, g.A, g.B = b[i0*ld:], t[i0*p.ldt+s0:], b[s0*ld:]
			g.M, g.K, g.Alpha, g.Beta = i1-i0, s1-s0, alpha, 1
			if p.solve {
				g.Alpha, g.Beta = -1, alpha
			}
			asm.CallGemm(&p.kernels.Products, &g)
		} else {
			beta = alpha
		}
		if p.solve {
			p.block(&g, b, i0, i1, beta)
		}
	}
}

// block does rows i0 to i1 with the small triangle on the diagonal, row by row.
func (p *tri[T]) block(g *asm.GemmArgs[T], b []T, i0, i1 int, alpha T) {
	ld, t := g.LDC, p.w.triangle
	for r := range i1 - i0 {
		i := i0 + r
		if p.upper == p.solve {
			i = i1 - 1 - r
		}
		s0, s1 := i0, i
		if p.upper {
			s0, s1 = i+1, i1
		}
		row, d := b[i*ld:][:g.N:g.N], t[i*p.ldt+i]
		factor, divide := d, false
		if p.solve {
			factor = 1 / d
			divide = !(absolute(factor) >= leastFactor[T]() && absolute(factor) <= 1/leastFactor[T]())
		}
		if divide {
			factor = 1
		}
		if s0 < s1 {
			g.C, g.A, g.B = row, t[i*p.ldt+s0:], b[s0*ld:]
			g.M, g.K, g.Alpha, g.Beta = 1, s1-s0, alpha, T(alpha*factor)
			if p.solve {
				g.Alpha = -factor
			}
			asm.CallGemm(&p.kernels.Products, g)
		} else if f := T(alpha * factor); f != 1 {
			p.kernels.Scale(row, f, row)
		}
		if divide {
			for j := range row {
				row[j] /= d
			}
		}
	}
}

// leastFactor is the least size of a reciprocal to multiply by: beyond it and its own
// reciprocal, products might leave the range where a quotient does not.
func leastFactor[T tensor.Float]() T {
	if sizeOf[T]() == 4 {
		return 0x1p-60
	}
	return T(math.Ldexp(1, -500))
}

func sizeOf[T tensor.Float]() int {
	var z T
	return int(unsafe.Sizeof(z))
}
