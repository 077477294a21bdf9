package tensor

import "github.com/lanes-go/lanes/asm"

// kblock adds or stores the chains of k-block p0..p1 of the strip into c.
func (s *strip[T]) kblock(p0, p1 int, c []T, ldc, out int) {
	k, nr := p1-p0, s.kernels.GemmNR
	switch {
	case s.packed != nil:
		s.multiply(tiles[T]{b: s.packed.panels(s.j0, s.n, p0, p1), bPanel: nr * k, bRow: nr, r1: s.m, n: s.n, p0: p0, k: k, c: c, ldc: ldc, out: out})
	case s.inPlace():
		s.multiply(tiles[T]{b: s.b[p0*s.bRow+s.j0:], bPanel: nr, bRow: s.bRow, r1: s.m, n: s.n, p0: p0, k: k, c: c, ldc: ldc, out: out})
	case s.isFew():
		s.few(p0, k, c, ldc, out)
	case s.tB && s.m*k*sizeOf[T]() <= asm.Caches().L2/2:
		s.throughL1(0, p0, k, c, ldc, out)
	default:
		s.packedStrip(p0, k, c, ldc, out)
	}
}

// isFew reports whether few does the block.
func (s *strip[T]) isFew() bool {
	return s.tB && s.packed == nil && s.aCol == 1 && s.m <= s.kernels.GemmTransRows
}

// few multiplies few rows with B as it is stored, transposed. What is left of the
// columns goes through the L1.
func (s *strip[T]) few(p0, k int, c []T, ldc, out int) {
	whole := s.n / s.kernels.GemmNR * s.kernels.GemmNR
	if whole > 0 {
		t := tiles[T]{
			b: s.b[s.j0*s.bRow+p0:], bRow: s.bRow, bTrans: true,
			r1: s.m, n: whole, p0: p0, k: k, c: c, ldc: ldc, out: out,
		}
		if s.m > 2 && s.aRow*sizeOf[T]()%1024 == 0 { // rows that collide in the L1
			t.aRow = k + 64/sizeOf[T]()
			t.a = grow(&s.ws.a, s.m*t.aRow)
			for i := range s.m {
				copy(t.a[i*t.aRow:][:k], s.a[(s.i0+i)*s.aRow+p0:])
			}
		}
		s.multiply(t)
	}
	s.throughL1(whole, p0, k, c, ldc, out)
}

// throughL1 transposes one panel of B at a time into the L1 and multiplies all rows
// of A, which stay in the L2, with it, from column j0 on. A panel longer than the L1
// goes in pieces: the chains are put by in C, or beside it where C is still wanted.
func (s *strip[T]) throughL1(j0, p0, k int, c []T, ldc, out int) {
	nr, chunk, chains := s.kernels.GemmNR, k, c
	if want := s.kernels.GemmChunk; want > 0 && k > want*3/2 {
		pieces := (k + want - 1) / want
		chunk = roundUp((k+pieces-1)/pieces, 16)
	}
	if chunk < k && out&(asm.OutAdd|asm.OutFMA) != 0 {
		if n := (s.m-1)*ldc + s.n; n <= maxChains {
			chains = grow(&s.ws.chains, n)
		} else {
			chunk = k
		}
	}
	buf := grow(&s.ws.b, nr*chunk)
	for j := j0; j < s.n; j += nr {
		w := min(nr, s.n-j)
		for q := 0; q < k; q += chunk {
			kk := min(chunk, k-q)
			s.packPanel(buf, j, w, p0+q, kk)
			t := tiles[T]{b: buf, bPanel: nr * kk, bRow: nr, r1: s.m, j: j, n: w, p0: p0 + q, k: kk, c: chains, ldc: ldc}
			if q > 0 {
				t.init = chains
			}
			if q+kk == k {
				t.c, t.out = c, out
			}
			s.multiply(t)
		}
	}
}

// packedStrip packs the strip of B and multiplies all rows with it. Panels are not
// a multiple of 4 KiB apart: the same row of all of them would fall into one set
// of the L1.
func (s *strip[T]) packedStrip(p0, k int, c []T, ldc, out int) {
	nr := s.kernels.GemmNR
	panel := nr * (k + 1)
	whole := s.n / nr * nr
	t := tiles[T]{
		b: grow(&s.ws.b, (s.n+nr-1)/nr*panel), bPanel: panel, bRow: nr,
		r1: s.m, n: s.n, p0: p0, k: k, c: c, ldc: ldc, out: out,
	}
	if s.tB {
		for j := 0; j < s.n; j += nr {
			s.packPanel(t.b[j/nr*panel:], j, min(nr, s.n-j), p0, k)
		}
		s.multiply(t)
		return
	}
	// The first tile of rows reads B where it lies and packs it on the way.
	h := asm.TileHeight(s.m, s.kernels.GemmMR)
	if whole > 0 {
		stats.packs.Add(1)
		s.multiply(tiles[T]{
			b: s.b[p0*s.bRow+s.j0:], bPanel: nr, bRow: s.bRow, pack: t.b, packPanel: panel,
			r1: h, n: whole, p0: p0, k: k, c: c, ldc: ldc, out: out,
		})
	}
	if whole < s.n {
		s.packPanel(t.b[whole/nr*panel:], whole, s.n-whole, p0, k)
		rest := t
		rest.b, rest.r1, rest.j, rest.n = t.b[whole/nr*panel:], h, whole, s.n-whole
		s.multiply(rest)
	}
	t.r0 = h
	s.multiply(t)
}

// packPanel packs w columns from column j of the strip.
func (s *strip[T]) packPanel(dst []T, j, w, p0, k int) {
	stats.packs.Add(1)
	if s.tB {
		s.kernels.PackT(dst, s.kernels.GemmNR, s.b[(s.j0+j)*s.bRow+p0:], s.bRow, w, k)
	} else {
		s.kernels.PackN(dst, s.kernels.GemmNR, s.b[p0*s.bRow+s.j0+j:], s.bRow, w, k)
	}
}

// tiles is a product of rows r0..r1 of the strip (r0 the first of a tile) with n
// columns, from column j of the strip on, of what b begins with.
type tiles[T Float] struct {
	b            []T
	bPanel, bRow int
	bTrans       bool
	a            []T // rows r0.. of A, aRow apart, or nil: those of the strip
	aRow         int
	pack         []T // for a copy of b on the way
	packPanel    int
	r0, r1       int
	j, n         int
	p0, k        int
	c            []T // of the strip
	ldc, out     int
	init         []T // where chains go on, laid out as c
}

func (s *strip[T]) multiply(t tiles[T]) {
	nr, h := s.kernels.GemmNR, asm.TileHeight(s.m, s.kernels.GemmMR)
	var g asm.GemmArgs[T]
	g.ARow, g.ACol, g.Alpha, g.Beta, g.Out = s.aRow, s.aCol, s.alpha, s.beta, t.out
	g.BPanel, g.BRow, g.LDC, g.K, g.PackPanel, g.BTrans = t.bPanel, t.bRow, t.ldc, t.k, t.packPanel, t.bTrans
	g.Ahead = fetchAhead
	w, packed := s.tileWidth(), t.r1 <= s.packedRows
	if packed {
		g.ARow, g.ACol, g.ATile, g.TileRows = 1, w, s.packedTile, h
	}
	if t.a != nil {
		g.ARow = t.aRow
	}
	rows, cols := callShape[T](t.r1-t.r0, t.n, t.k, h, nr)
	for i := t.r0; i < t.r1; i += rows {
		g.M = min(rows, t.r1-i)
		if packed {
			g.A = s.packedA[i/h*g.ATile+(t.p0-s.packedP)*w:]
		} else if t.a != nil {
			g.A = t.a[(i-t.r0)*t.aRow:]
		} else {
			g.A = s.a[(s.i0+i)*s.aRow+t.p0*s.aCol:]
		}
		for j := 0; j < t.n; j += cols {
			g.N = min(cols, t.n-j)
			if g.B = t.b[j/nr*t.bPanel:]; t.bTrans {
				g.B = t.b[j*t.bRow:]
			}
			if t.pack != nil {
				g.Pack = t.pack[j/nr*t.packPanel:]
			}
			if s.bias != nil {
				g.Bias = s.bias[s.j0+t.j+j:]
			}
			at := i*t.ldc + t.j + j
			g.C = t.c[at:]
			if t.init != nil {
				g.Init = t.init[at:]
			}
			asm.CallGemm(s.kernels, &g)
		}
	}
}
