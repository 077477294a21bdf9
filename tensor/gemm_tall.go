package tensor

import "github.com/lanes-go/lanes/asm"

const (
	// tallColumns is the greatest number of columns of C for which a transposed A
	// takes the place of B in the kernels, and tallRows the least number of rows.
	tallColumns = 24
	tallRows    = 256
	// tallChunk is the number of rows of C made at a time.
	tallChunk = 512
)

// tall reports whether block should compute its part of C transposed: A is stored
// k x m, so its rows are the vectors that the kernels want, where the few columns
// of B would leave most lanes idle and every k lies on another page.
func (p *product[T]) tall(m, n int) bool {
	return p.aCol != 1 && p.packed == nil && n <= tallColumns && m >= tallRows &&
		p.beta == 0 && p.after == 0 && p.k <= asm.KBlockMax
}

// blockTall computes rows i0..i1 and columns j0..j1 as the product of op(B)
// transposed and A as it is stored, and transposes the result.
func (p *product[T]) blockTall(i0, i1, j0, j1 int) {
	n := j1 - j0
	ws := getWorkspace[T]()
	t := grow(&ws.sum, n*tallChunk)
	g := asm.GemmArgs[T]{
		B: p.b, LDC: tallChunk, BPanel: p.kernels.GemmNR, BRow: p.aCol,
		M: n, K: p.k, Alpha: p.alpha, Out: p.finalOut(), C: t,
	}
	if p.tB { // stored n x k: its rows are the rows of op(B) transposed
		g.A, g.ARow, g.ACol = p.b[j0*p.bRow:], p.bRow, 1
	} else {
		g.A, g.ARow, g.ACol = p.b[j0:], 1, p.bRow
	}
	chunk := min(tallChunk, max(g.BPanel, callWork/sizeOf[T]()/(n*p.k)/g.BPanel*g.BPanel))
	for ; i0 < i1; i0 += chunk {
		g.N = min(chunk, i1-i0)
		g.B = p.a[i0:]
		asm.CallGemm(p.kernels, &g)
		p.kernels.PackT(p.c[i0*p.ldc+j0:], p.ldc, t, tallChunk, n, g.N)
	}
	putWorkspace(ws)
}
