//go:build amd64 && !purego

package asm

import "unsafe"

// gemmRaw is a tile kernel in assembly: mt tiles of rows by np panels of columns
// of C, all of one height and width, from c, a, b and bias on. g is the *GemmArgs
// that holds the rest. The last vector of the last panel has tail valid columns;
// tiles of A are atile bytes apart.
type gemmRaw[T Float] func(g, c, a, b *T, mt, np, tail, atile int, bias *T)

// gemmTiles are the tile kernels of one instruction set, indexed by the number of
// vectors of columns and the number of rows.
type gemmTiles[T Float] struct {
	lanes                      int    // elements in a vector
	shift                      uint   // log2 of the width of a panel, two vectors
	height                     [4]int // greatest height for a number of vectors
	row, rowTail, col, colTail [4][]gemmRaw[T]
	pack                       []gemmRaw[T] // col[2], which pack B on the way
	// wide does few rows of widePanels[rows] panels at once, with B as it is
	// stored and packed: few rows alone have too few chains to keep the FMA units
	// busy, and read too little of a row of B at a time.
	wide, widePacked []gemmRaw[T]
	widePanels       []int
	// trans does few rows with B as it is stored when transposed, transVectors[rows]
	// vectors of columns at once.
	trans        []gemmRaw[T]
	transVectors []int
	packN, packT func(dst *T, w int, src *T, lds, n, k int)
	packTiles    func(dst *T, atile, w int, src *T, lds, h, tiles, k int)
}

// run is Gemm of GemmKernels: it checks every index, cuts the rows evenly into
// tiles and the columns into panels, and calls the tile kernels.
func (t *gemmTiles[T]) run(g *GemmArgs[T]) bool {
	if g.M <= 0 || g.N <= 0 {
		return true
	}
	shift := t.shift // panels are a power of two wide: no divisions here
	if g.ATile > 0 && g.TileRows > t.height[2] || !g.valid(1<<shift, (g.N-1)>>shift) {
		return false
	}
	if raceEnabled {
		g.race(1 << shift)
	}
	if g.BTrans {
		if g.M >= len(t.trans) {
			return false
		}
		groups := g.N / (t.transVectors[g.M] * t.lanes)
		t.trans[g.M](g.raw(), &g.C[0], unsafe.SliceData(g.A), unsafe.SliceData(g.B), 1, groups, t.lanes, 0, unsafe.SliceData(g.Bias))
		return true
	}
	if g.Pack != nil && (g.M > t.height[2] || g.Init != nil) {
		return false
	}
	a, b, bias := unsafe.SliceData(g.A), unsafe.SliceData(g.B), unsafe.SliceData(g.Bias)
	if g.N == t.lanes && g.M <= t.height[1] && g.ACol == 1 {
		t.row[1][g.M](g.raw(), &g.C[0], a, b, 1, 1, t.lanes, 0, bias)
		return true
	}
	nr := 1 << shift
	if g.N > nr && g.N <= 3*t.lanes && t.height[3] > 0 && g.BPanel == nr && g.ATile == 0 && g.Pack == nil && g.Init == nil {
		t.columns(g, 3, 1, g.N-nr, 0, b, bias)
		return true
	}
	full, rest := g.N>>shift, g.N&(nr-1)
	if g.M < len(t.wide) && g.ACol == 1 && g.Init == nil && full >= t.widePanels[g.M] {
		t.runWide(g, shift, a, b, bias)
		return true
	}
	switch {
	case rest == 0:
		t.columns(g, 2, full, t.lanes, 0, b, bias)
		return true
	case rest > t.lanes && t.masksPanels():
		t.columns(g, 2, full+1, rest-t.lanes, 0, b, bias)
		return true
	}
	if full > 0 {
		t.columns(g, 2, full, t.lanes, 0, b, bias)
		if g.K > 0 {
			b = &g.B[full*g.BPanel]
		}
		if g.Out&OutBias != 0 {
			bias = &g.Bias[full*nr]
		}
	}
	nv := (rest + t.lanes - 1) / t.lanes
	t.columns(g, nv, 1, rest-(nv-1)*t.lanes, full*nr, b, bias)
	return true
}

// raw is g as the assembly takes it.
func (g *GemmArgs[T]) raw() *T { return (*T)(unsafe.Pointer(g)) }

// runWide does as many columns as the wide kernels can; run does the rest.
func (t *gemmTiles[T]) runWide(g *GemmArgs[T], shift uint, a, b, bias *T) {
	kernel := t.wide[g.M]
	if g.BPanel != 1<<shift {
		kernel = t.widePacked[g.M]
	}
	panels := t.widePanels[g.M]
	groups := (g.N >> shift) / panels
	kernel(g.raw(), &g.C[0], a, b, 1, groups, t.lanes, 0, bias)
	if done := groups * panels << shift; done < g.N {
		r := *g
		r.N, r.C = g.N-done, g.C[done:]
		if g.K > 0 {
			r.B = g.B[groups*panels*g.BPanel:]
		}
		if g.Out&OutBias != 0 {
			r.Bias = g.Bias[done:]
		}
		t.run((*GemmArgs[T])(noescape(unsafe.Pointer(&r))))
	}
}

// masksPanels reports whether one call can do full panels and then a masked one.
func (t *gemmTiles[T]) masksPanels() bool { return t.height[3] > 0 }

// columns does all rows of np panels of nv vectors that start at column j0.
func (t *gemmTiles[T]) columns(g *GemmArgs[T], nv, np, tail, j0 int, b, bias *T) {
	if g.Pack != nil {
		t.pack[g.M](g.raw(), &g.C[0], unsafe.SliceData(g.A), b, 1, np, tail, 0, bias)
		return
	}
	var kernels []gemmRaw[T]
	row := g.ACol == 1 && g.ATile == 0
	switch masked := tail < t.lanes; {
	case row && masked:
		kernels = t.rowTail[nv]
	case row:
		kernels = t.row[nv]
	case masked:
		kernels = t.colTail[nv]
	default:
		kernels = t.col[nv]
	}
	h, atile := g.TileRows, g.ATile
	if atile == 0 {
		h = g.M
		if h > t.height[nv] {
			h = TileHeight(h, t.height[nv])
		}
		atile = h * g.ARow
	}
	a, full := unsafe.SliceData(g.A), 1
	if h != g.M {
		full = int(uint32(g.M) / uint32(h))
	}
	if full > 0 {
		kernels[h](g.raw(), &g.C[j0], a, b, full, np, tail, atile*int(unsafe.Sizeof(*b)), bias)
	}
	if rest := g.M - full*h; rest > 0 {
		if g.K > 0 {
			a = &g.A[full*atile]
		}
		kernels[rest](g.raw(), &g.C[full*h*g.LDC+j0], a, b, 1, np, tail, 0, bias)
	}
}

func (t *gemmTiles[T]) runPackN(dst []T, w int, src []T, lds, n, k int) {
	if n <= 0 || k <= 0 || w > 2*t.lanes || !t.masksPanels() && (n != w || w != 2*t.lanes) {
		packNGeneric(dst, w, src, lds, n, k)
		return
	}
	checkPackN(dst, w, src, lds, n, k)
	if raceEnabled {
		racePack(dst, w, src, lds, k, n, w, k)
	}
	t.packN(&dst[0], w, &src[0], lds, n, k)
}

// runPackTiles leaves to PackN the tiles for which whole vectors would read beyond
// the row.
func (t *gemmTiles[T]) runPackTiles(dst []T, atile, w int, src []T, lds, h, n, k int) {
	if !checkPackTiles(dst, atile, w, src, lds, h, n, k) {
		return
	}
	tiles := 0
	if n >= w && (w == t.lanes || w == 2*t.lanes) {
		tiles = (n-w)/h + 1
		if raceEnabled {
			racePack(dst, w, src, lds, k, n, min(w, n), k)
		}
		t.packTiles(&dst[0], atile, w, &src[0], lds, h, tiles, k)
	}
	for i := tiles * h; i < n; i += h {
		t.runPackN(dst[i/h*atile:], w, src[i:], lds, min(h, n-i), k)
	}
}

func (t *gemmTiles[T]) runPackT(dst []T, w int, src []T, lds, n, k int) {
	if n <= 0 || k <= 0 {
		packTGeneric(dst, w, src, lds, n, k)
		return
	}
	checkPackT(dst, w, src, lds, n, k)
	if raceEnabled {
		racePack(dst, w, src, lds, n, k, n, k)
	}
	t.packT(&dst[0], w, &src[0], lds, n, k)
}

// gemmChunk keeps a transposed panel, 128 bytes wide at most, in half of an L1.
const gemmChunk = 192

func (t *gemmTiles[T]) use(k *GemmKernels[T]) {
	*k = GemmKernels[T]{GemmMR: t.height[2], GemmNR: 2 * t.lanes, GemmChunk: gemmChunk, GemmTransRows: len(t.trans) - 1, Gemm: t.run, PackN: t.runPackN, PackTiles: t.runPackTiles, PackT: t.runPackT}
}
