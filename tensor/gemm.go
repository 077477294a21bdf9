package tensor

import (
	"math/bits"
	"unsafe"

	"github.com/lanes-go/lanes/asm"
)

// Gemm computes C = alpha·op(A)·op(B) + beta·C for row-major matrices in slices:
// op(A) is m x k, op(B) k x n, C m x n; tA, tB say that the operand is stored
// transposed. lda, ldb, ldc are the distances between stored rows.
//
// As in BLAS, beta = 0 overwrites C whatever it holds, and alpha = 0 or k = 0
// scales C by beta without reading A or B. Elements of C beyond a row's n are not
// touched. It panics if a slice is too short, a leading dimension is shorter than
// a row, or C shares memory with A or B.
//
// The result is the same bits on every CPU and for any number of threads, and a
// row of it does not depend on the others. An element's sum runs over k in blocks
// whose lengths depend on k alone (asm.KBlockLen); see docs/design.md.
func Gemm[T Float](tA, tB bool, m, n, k int, alpha T, a []T, lda int, b []T, ldb int, beta T, c []T, ldc int) {
	// A small product with B as it is stored is one call of a kernel. At 16x16x16
	// every nanosecond shows, so its checks are here in one piece and what the
	// kernel checks anyway is left to it.
	if uint(m-1) < smallDim && uint(n-1) < smallDim && uint(k-1) < asm.KBlockMax && m*n*k <= smallWork && !tB && alpha != 0 {
		kernels := asm.ActiveProducts[T]()
		// Field by field: a literal would be built elsewhere and copied by loads
		// wider than the stores before them, which stall.
		var g asm.GemmArgs[T]
		g.C, g.A, g.B = c, a, b
		g.LDC, g.ARow, g.ACol, g.BPanel, g.BRow = ldc, lda, 1, kernels.GemmNR, ldb
		g.M, g.N, g.K = m, n, k
		g.Alpha, g.Beta = alpha, beta
		ca := k
		if tA {
			g.ARow, g.ACol, ca = 1, lda, m
		}
		if beta != 0 || alpha != 1 {
			g.Out = outFlags(alpha, beta)
		}
		if lda >= ca && ldb >= n && ldc >= n && apart(c, (m-1)*ldc+n, a, b) && asm.TryGemm(kernels, &g) {
			return
		}
	}
	gemmChecked(tA, tB, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc)
}

// apart reports whether the first n elements of c lie outside a and b; where it
// reports false they may still not overlap.
func apart[T Float](c []T, n int, a, b []T) bool {
	c0, a0, b0 := uintptr(unsafe.Pointer(unsafe.SliceData(c))), uintptr(unsafe.Pointer(unsafe.SliceData(a))), uintptr(unsafe.Pointer(unsafe.SliceData(b)))
	size := unsafe.Sizeof(c[0])
	c1 := c0 + uintptr(n)*size
	return (c1 <= a0 || a0+uintptr(len(a))*size <= c0) && (c1 <= b0 || b0+uintptr(len(b))*size <= c0)
}

// gemmChecked is Gemm for whatever is not small and plainly in order.
func gemmChecked[T Float](tA, tB bool, m, n, k int, alpha T, a []T, lda int, b []T, ldb int, beta T, c []T, ldc int) {
	if !gemmFits(tA, tB, m, n, k, a, lda, b, ldb, c, ldc) {
		panic(gemmError(tA, tB, m, n, k, a, lda, b, ldb, c, ldc))
	}
	switch {
	case m == 0 || n == 0:
	case k == 0 || alpha == 0:
		scale(m, n, beta, c, ldc)
	case tB && k <= asm.KBlockMax && float64(m)*float64(n)*float64(k) <= smallWork:
		gemmSmallTransB(tA, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc, nil, 0)
	default:
		p := product[T]{
			kernels: asm.ActiveProducts[T](),
			m:       m, n: n, k: k,
			a: a, aRow: lda, aCol: 1,
			b: b, bRow: ldb, tB: tB,
			c: c, ldc: ldc,
			alpha: alpha, beta: beta,
		}
		if tA {
			p.aRow, p.aCol = 1, lda
		}
		p.run()
	}
}

// product is one product after its checks, on a given table.
type product[T Float] struct {
	kernels    *asm.Products[T]
	m, n, k    int
	a          []T
	aRow, aCol int
	b          []T
	bRow       int // distance between stored rows of B
	tB         bool
	packed     *Packed[T] // or B packed before
	c          []T
	ldc        int
	alpha      T
	beta       T
	bias       []T // what the flags of after need: see asm.GemmArgs
	after      int // asm.OutBias, OutAffine, OutReLU: what follows the sum
	threads    int // limit of this call; 0: none
}

const (
	// smallWork is the number of multiply-adds up to which a product is one call
	// of a kernel where the operands lie.
	smallWork = 1 << 18
	// smallDim bounds each dimension of such a product.
	smallDim = 1 << 9
)

// gemmSmallTransB transposes one panel of B at a time into the L1. bias and after are those
// of a product.
func gemmSmallTransB[T Float](tA bool, m, n, k int, alpha T, a []T, lda int, b []T, ldb int, beta T, c []T, ldc int, bias []T, after int) {
	kernels := asm.ActiveProducts[T]()
	w := min(kernels.GemmNR, n)
	ws := getWorkspace[T]()
	buf := grow(&ws.b, w*k)
	g := asm.GemmArgs[T]{
		A: a, B: buf,
		LDC: ldc, ARow: lda, ACol: 1, BPanel: kernels.GemmNR, BRow: w,
		M: m, K: k,
		Alpha: alpha, Beta: beta, Out: outFlags(alpha, beta) | after,
	}
	if tA {
		g.ARow, g.ACol = 1, lda
	}
	for j := 0; j < n; j += w {
		g.N = min(w, n-j)
		if bias != nil {
			g.Bias = bias[j:]
		}
		g.C = c[j:]
		kernels.PackT(buf, w, b[j*ldb:], ldb, g.N, k)
		asm.CallGemm(kernels, &g)
	}
	putWorkspace(ws)
}

// outFlags are the flags that turn a whole sum into C.
func outFlags[T Float](alpha, beta T) int {
	switch {
	case beta == 0 && alpha == 1:
		return 0
	case beta == 0:
		return asm.OutScale
	case beta == 1 && alpha == 1:
		return asm.OutAdd
	}
	return asm.OutFMA
}

// gemmFits reports whether the operands of a Gemm are in order; gemmError says
// what is wrong where they are not.
func gemmFits[T Float](tA, tB bool, m, n, k int, a []T, lda int, b []T, ldb int, c []T, ldc int) bool {
	ra, ca, rb, cb := m, k, k, n
	if tA {
		ra, ca = k, m
	}
	if tB {
		rb, cb = n, k
	}
	return uint(m) <= maxDim && uint(n) <= maxDim && uint(k) <= maxDim &&
		fits(ra, ca, lda, len(a)) && fits(rb, cb, ldb, len(b)) && fits(m, n, ldc, len(c)) &&
		!matricesOverlap(c, m, n, ldc, a, ra, ca, lda) && !matricesOverlap(c, m, n, ldc, b, rb, cb, ldb)
}

// maxDim is the greatest dimension or stride of a product.
const maxDim = 1<<31 - 1

// matricesOverlap reports whether two row-major matrices share an element. With
// one leading dimension the answer is exact, so that blocks of one matrix can be
// operands together (LU, Cholesky); with two, any common range of memory counts.
func matricesOverlap[T Float](x []T, xr, xc, ldx int, y []T, yr, yc, ldy int) bool {
	if xr == 0 || xc == 0 || yr == 0 || yc == 0 {
		return false
	}
	x0, y0 := uintptr(unsafe.Pointer(&x[0])), uintptr(unsafe.Pointer(&y[0]))
	size := unsafe.Sizeof(x[0])
	x1 := x0 + (uintptr(xr-1)*uintptr(ldx)+uintptr(xc))*size
	y1 := y0 + (uintptr(yr-1)*uintptr(ldy)+uintptr(yc))*size
	if x1 <= y0 || y1 <= x0 {
		return false
	}
	if ldx != ldy {
		return true
	}
	ld := ldx
	off := (int(y0)-int(x0))/int(size)%ld + ld // column of y's first element, seen from x's
	off %= ld
	return off < xc || off+yc > ld
}

// fits reports whether rows of cols elements, ld apart, lie in n elements.
func fits(rows, cols, ld, n int) bool {
	if uint(ld) > maxDim {
		return false // whatever kernels multiply by it would overflow
	}
	if rows <= 0 || cols <= 0 {
		return rows == 0 || cols == 0
	}
	hi, lo := bits.Mul64(uint64(rows-1), uint64(ld))
	return ld >= cols && hi == 0 && lo <= uint64(n) && int(lo)+cols <= n
}

// scale is C = beta·C; beta = 0 writes +0.
func scale[T Float](m, n int, beta T, c []T, ldc int) {
	for i := range m {
		row := c[i*ldc : i*ldc+n]
		switch beta {
		case 0:
			for len(row) > 0 { // in pieces: clearing cannot be preempted
				piece := row[:min(len(row), 1<<16)]
				clear(piece)
				row = row[len(piece):]
			}
		case 1:
			return
		default:
			for j := range row {
				row[j] = beta * row[j]
			}
		}
	}
}
