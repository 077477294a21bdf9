//go:build amd64 && !purego

package asm

import "unsafe"

// gemmRaw is a tile kernel in assembly: mt tiles of rows by np panels of columns
// of C, all of one height and width. The last vector of the last panel has tail
// valid columns. Strides count elements.
type gemmRaw[T Float] func(c *T, ldc int, a *T, astr int, b *T, bpanel, brow, k, mt, np, tail, out int, alpha, beta T, bias *T)

// gemmTiles are the tile kernels of one instruction set, indexed by the number of
// vectors of columns and the number of rows.
type gemmTiles[T Float] struct {
	lanes                      int    // elements in a vector
	shift                      uint   // log2 of the width of a panel, two vectors
	height                     [4]int // greatest height for a number of vectors
	row, rowTail, col, colTail [4][]gemmRaw[T]
	// wide does few rows of widePanels[rows] panels at once, with B as it is
	// stored and packed: few rows alone have too few chains to keep the FMA units
	// busy, and read too little of a row of B at a time.
	wide, widePacked []gemmRaw[T]
	widePanels       []int
	packN, packT     func(dst *T, w int, src *T, lds, n, k int)
}

// run is Gemm of GemmKernels: it checks every index, cuts the rows evenly into
// tiles and the columns into panels, and calls the tile kernels.
func (t *gemmTiles[T]) run(g *GemmArgs[T]) {
	if g.M <= 0 || g.N <= 0 {
		return
	}
	shift := t.shift // panels are a power of two wide: no divisions here
	nr := 1 << shift
	g.check(nr, (g.N-1)>>shift)
	if raceEnabled {
		g.race(nr)
	}
	var a, b, bias *T
	if g.K > 0 {
		a, b = &g.A[0], &g.B[0]
	}
	if g.Out&OutBias != 0 {
		bias = &g.Bias[0]
	}
	if g.N == t.lanes && g.M <= t.height[1] && g.ACol == 1 {
		t.row[1][g.M](&g.C[0], g.LDC, a, g.ARow, b, g.BPanel, g.BRow, g.K, 1, 1, t.lanes, g.Out, g.Alpha, g.Beta, bias)
		return
	}
	rowA := g.ACol == 1
	astr := g.ARow
	if !rowA {
		astr = g.ACol
	}
	if g.N > nr && g.N <= 3*t.lanes && t.height[3] > 0 && g.BPanel == nr {
		t.columns(g, rowA, astr, 3, 1, g.N-nr, 0, a, b, bias)
		return
	}
	full, rest := g.N>>shift, g.N&(nr-1)
	if g.M < len(t.wide) && g.ACol == 1 && full >= t.widePanels[g.M] {
		t.runWide(g, shift, a, b, bias)
		return
	}
	switch {
	case rest == 0:
		t.columns(g, rowA, astr, 2, full, t.lanes, 0, a, b, bias)
		return
	case rest > t.lanes && t.masksPanels():
		t.columns(g, rowA, astr, 2, full+1, rest-t.lanes, 0, a, b, bias)
		return
	}
	if full > 0 {
		t.columns(g, rowA, astr, 2, full, t.lanes, 0, a, b, bias)
		if b != nil {
			b = &g.B[full*g.BPanel]
		}
		if bias != nil {
			bias = &g.Bias[full*nr]
		}
	}
	nv := (rest + t.lanes - 1) / t.lanes
	t.columns(g, rowA, astr, nv, 1, rest-(nv-1)*t.lanes, full*nr, a, b, bias)
}

// runWide does as many columns as the wide kernels can; run does the rest.
func (t *gemmTiles[T]) runWide(g *GemmArgs[T], shift uint, a, b, bias *T) {
	kernel := t.wide[g.M]
	if g.BPanel != 1<<shift {
		kernel = t.widePacked[g.M]
	}
	panels := t.widePanels[g.M]
	groups := (g.N >> shift) / panels
	kernel(&g.C[0], g.LDC, a, g.ARow, b, g.BPanel, g.BRow, g.K, 1, groups, t.lanes, g.Out, g.Alpha, g.Beta, bias)
	if done := groups * panels << shift; done < g.N {
		r := *g
		r.N, r.C = g.N-done, g.C[done:]
		if g.K > 0 {
			r.B = g.B[groups*panels*g.BPanel:]
		}
		if bias != nil {
			r.Bias = g.Bias[done:]
		}
		t.run((*GemmArgs[T])(noescape(unsafe.Pointer(&r))))
	}
}

// masksPanels reports whether one call can do full panels and then a masked one.
func (t *gemmTiles[T]) masksPanels() bool { return t.height[3] > 0 }

// columns does all rows of np panels of nv vectors that start at column j0.
func (t *gemmTiles[T]) columns(g *GemmArgs[T], rowA bool, astr, nv, np, tail, j0 int, a, b, bias *T) {
	var kernels []gemmRaw[T]
	switch masked := tail < t.lanes; {
	case rowA && masked:
		kernels = t.rowTail[nv]
	case rowA:
		kernels = t.row[nv]
	case masked:
		kernels = t.colTail[nv]
	default:
		kernels = t.col[nv]
	}
	// ceil(M/height) tiles, their heights equal but for one row.
	tiles := 1
	h := g.M
	if h > t.height[nv] {
		tiles = int((uint32(g.M) + uint32(t.height[nv]) - 1) / uint32(t.height[nv]))
		h = int((uint32(g.M) + uint32(tiles) - 1) / uint32(tiles))
	}
	low := tiles*h - g.M // tiles of height h-1
	c := &g.C[j0]
	kernels[h](c, g.LDC, a, astr, b, g.BPanel, g.BRow, g.K, tiles-low, np, tail, g.Out, g.Alpha, g.Beta, bias)
	if low > 0 {
		i0 := (tiles - low) * h
		if a != nil {
			a = &g.A[i0*g.ARow]
		}
		kernels[h-1](&g.C[i0*g.LDC+j0], g.LDC, a, astr, b, g.BPanel, g.BRow, g.K, low, np, tail, g.Out, g.Alpha, g.Beta, bias)
	}
}

func (t *gemmTiles[T]) runPackN(dst []T, w int, src []T, lds, n, k int) {
	if n <= 0 || k <= 0 || w > 2*t.lanes || !t.masksPanels() && (n != w || w != 2*t.lanes) {
		packNGeneric(dst, w, src, lds, n, k)
		return
	}
	checkPack("PackN", dst, w, src, lds, k, n, w, k)
	if raceEnabled {
		racePack(dst, w, src, lds, k, n, w, k)
	}
	t.packN(&dst[0], w, &src[0], lds, n, k)
}

func (t *gemmTiles[T]) runPackT(dst []T, w int, src []T, lds, n, k int) {
	if n <= 0 || k <= 0 {
		packTGeneric(dst, w, src, lds, n, k)
		return
	}
	checkPack("PackT", dst, w, src, lds, n, k, n, k)
	if raceEnabled {
		racePack(dst, w, src, lds, n, k, n, k)
	}
	t.packT(&dst[0], w, &src[0], lds, n, k)
}

func (t *gemmTiles[T]) use(k *GemmKernels[T]) {
	*k = GemmKernels[T]{GemmMR: t.height[2], GemmNR: 2 * t.lanes, Gemm: t.run, PackN: t.runPackN, PackT: t.runPackT}
}
