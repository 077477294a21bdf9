package tensor

import "github.com/lanes-go/lanes/asm"

// turned reports whether block computes its part of C transposed because B is stored
// n x k and m is small: for every 16x16 elements of B, transposing them costs as much
// as 5 rows of C. Its rows are then broadcast as those of A are otherwise, the few
// rows of A are transposed once, and C at the end.
func (p *product[T]) turned(m, n int) bool {
	lanes := p.kernels.GemmNR / 2
	idle := roundUp(m, lanes) - m // lanes of a vector of rows of C
	return p.tB && p.packed == nil && p.kernels.GemmTransRows > 0 && m > p.kernels.GemmTransRows && idle+m/32 < 4 &&
		n >= 2*m && n >= 128 && p.beta == 0 &&
		p.bRow*sizeOf[T]()%2048 != 0 && // rows that collide in the L1 are better transposed
		p.k <= asm.KBlockLen(p.k)*asm.SuperBlock
}

// blockTurned computes rows i0..i1 and columns j0..j1 of C as op(B) transposed times
// op(A) transposed.
func (p *product[T]) blockTurned(i0, i1, j0, j1 int) {
	kernels, m, nr, kb := p.kernels, i1-i0, p.kernels.GemmNR, asm.KBlockLen(p.k)
	ws := getWorkspace[T]()
	stats.packs.Add(1)
	stats.blocks.Add(int64((p.k - 1) / kb))
	wide := roundUp(m, nr)
	a := grow(&ws.a, wide*p.k)
	for p0 := 0; p0 < p.k; p0 += kb {
		kk := min(kb, p.k-p0)
		for i := 0; i < m; i += nr {
			dst, w := a[wide*p0+i*kk:], min(nr, m-i)
			if p.aCol == 1 {
				kernels.PackT(dst, nr, p.a[(i0+i)*p.aRow+p0:], p.aRow, w, kk)
			} else {
				kernels.PackN(dst, nr, p.a[p0*p.aCol+i0+i:], p.aCol, w, kk)
			}
		}
	}
	// So many columns of C at a time that they stay in the L1 until they are turned.
	const chunk = 96
	t := grow(&ws.sum, chunk*wide)
	h := asm.TileHeight(min(chunk, j1-j0), kernels.GemmMR)
	for j := j0; j < j1; j += chunk {
		n := min(chunk, j1-j)
		for p0 := 0; p0 < p.k; p0 += kb {
			g := asm.GemmArgs[T]{
				ARow: p.bRow, ACol: 1, BPanel: nr * min(kb, p.k-p0), BRow: nr, LDC: wide,
				B: a[wide*p0:], N: m, K: min(kb, p.k-p0), Alpha: p.alpha,
			}
			if p0 > 0 {
				g.Out = asm.OutAdd
			}
			if p0+kb >= p.k {
				g.Out |= outFlags(p.alpha, p.beta)
			}
			rows, _ := callShape[T](n, m, g.K, h, nr)
			for r := 0; r < n; r += rows {
				g.M, g.A, g.C = min(rows, n-r), p.b[(j+r)*p.bRow+p0:], t[r*wide:]
				asm.CallGemm(kernels, &g)
			}
		}
		c := p.c[i0*p.ldc+j:]
		kernels.PackT(c, p.ldc, t, wide, n, m)
		if p.after != 0 { // a product of no terms that goes on from C
			g := asm.GemmArgs[T]{C: c, Init: c, LDC: p.ldc, M: m, N: n, ARow: 1, ACol: 1, BPanel: nr, Out: p.after}
			if p.bias != nil {
				g.Bias = p.bias[j:]
			}
			asm.CallGemm(kernels, &g)
		}
	}
	putWorkspace(ws)
}
