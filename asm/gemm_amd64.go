//go:build amd64 && !purego

package asm

import "unsafe"

// gemmCallAVX2 runs the tile kernel at code: mt tiles of rows by panels of columns of
// C, all of one height and width, from c, a, b and bias on. args is the *GemmArgs that
// holds the rest. cols is what gemmCols makes; tiles of A are atile bytes apart. All
// kernels, of AVX-512 too, are reached through this one function.
//
//go:noescape
func gemmCallAVX2(args, c, a, b unsafe.Pointer, mt, cols, atile int, bias unsafe.Pointer, code uintptr)

// gemmCols packs the number of panels, the height of the tiles and the number of valid
// columns in the last vector.
func gemmCols(panels, h, tail int) int { return panels<<17 | h<<9 | tail }

const (
	gemmByColumns = 1 << 8 // in cols: A(i,p) = a[i + p*ACol]; a[i*ARow + p] otherwise
	gemmPacked    = 1 << 8 // in cols of a wide kernel: B is packed
)

// gemmTiles are the tile kernels of one instruction set: where in code each is.
type gemmTiles[T Float] struct {
	codes      func() []uintptr
	code       []uintptr // what codes returns
	lanes      int       // elements in a vector
	shift      uint      // log2 of the width of a panel, two vectors
	height     [4]int    // greatest height for a number of vectors
	tile, tail [4]int    // by the number of vectors of columns; tail masks the last
	// pack, from height packLow on, reads A by columns and packs B on the way.
	pack, packLow int
	// wide does few rows of widePanels[rows] panels at once: few rows alone have
	// too few chains to keep the FMA units busy, and read too little of a row of B
	// at a time.
	wide       int
	widePanels []int
	// trans does few rows with B as it is stored when transposed, transVectors[rows]
	// vectors of columns at once.
	trans        int
	transVectors []int
	packN, packT func(dst *T, w int, src *T, lds, n, k int)
	packTiles    func(dst *T, atile, w int, src *T, lds, h, tiles, k int)
}

func (t *gemmTiles[T]) call(kernel int, g *GemmArgs[T], c, a, b *T, mt, cols, atile int, bias *T) {
	gemmCallAVX2(unsafe.Pointer(g), unsafe.Pointer(c), unsafe.Pointer(a), unsafe.Pointer(b), mt, cols, atile, unsafe.Pointer(bias), t.code[kernel])
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
		if g.M >= len(t.transVectors) {
			return false
		}
		groups := g.N / (t.transVectors[g.M] * t.lanes)
		t.call(t.trans, g, &g.C[0], unsafe.SliceData(g.A), unsafe.SliceData(g.B), 1, gemmCols(groups, g.M, t.lanes), 0, unsafe.SliceData(g.Bias))
		return true
	}
	if g.Pack != nil {
		switch {
		case g.M > t.height[2] || g.Init != nil:
			return false
		case g.M < t.packLow:
			t.packThenRun(g)
			return true
		}
	}
	a, b, bias := unsafe.SliceData(g.A), unsafe.SliceData(g.B), unsafe.SliceData(g.Bias)
	if g.N == t.lanes && g.M <= t.height[1] && g.ATile == 0 {
		cols := gemmCols(1, g.M, t.lanes)
		if g.ACol != 1 {
			cols |= gemmByColumns
		}
		t.call(t.tile[1], g, &g.C[0], a, b, 1, cols, 0, bias)
		return true
	}
	nr := 1 << shift
	if g.N > nr && g.N <= 3*t.lanes && t.height[3] > 0 && g.BPanel == nr && g.ATile == 0 && g.Pack == nil && g.Init == nil {
		t.columns(g, 3, 1, g.N-nr, 0, b, bias)
		return true
	}
	full, rest := g.N>>shift, g.N&(nr-1)
	if g.M < len(t.widePanels) && g.ACol == 1 && g.Init == nil && full >= t.widePanels[g.M] {
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
		if g.Out&(OutBias|OutAffine) != 0 {
			bias = &g.Bias[full*nr]
		}
	}
	nv := (rest + t.lanes - 1) / t.lanes
	t.columns(g, nv, 1, rest-(nv-1)*t.lanes, full*nr, b, bias)
	return true
}

// packThenRun is for products lower than what is worth a kernel that packs on the way.
func (t *gemmTiles[T]) packThenRun(g *GemmArgs[T]) {
	nr := 1 << t.shift
	for j := 0; j < g.N; j += nr {
		t.runPackN(g.Pack[j>>t.shift*g.PackPanel:], nr, g.B[j:], g.BRow, nr, g.K)
	}
	r := *g
	r.Pack = nil
	t.run((*GemmArgs[T])(noescape(unsafe.Pointer(&r))))
}

// runWide does as many columns as the wide kernels can; run does the rest.
func (t *gemmTiles[T]) runWide(g *GemmArgs[T], shift uint, a, b, bias *T) {
	panels := t.widePanels[g.M]
	groups := (g.N >> shift) / panels
	cols := gemmCols(groups, g.M, t.lanes)
	if g.BPanel != 1<<shift {
		cols |= gemmPacked
	}
	t.call(t.wide, g, &g.C[0], a, b, 1, cols, 0, bias)
	if done := groups * panels << shift; done < g.N {
		r := *g
		r.N, r.C = g.N-done, g.C[done:]
		if g.K > 0 {
			r.B = g.B[groups*panels*g.BPanel:]
		}
		if g.Out&(OutBias|OutAffine) != 0 {
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
		t.call(t.pack, g, &g.C[0], unsafe.SliceData(g.A), b, 1, gemmCols(np, g.M, tail), 0, bias)
		return
	}
	kernel := t.tile[nv]
	if tail < t.lanes {
		kernel = t.tail[nv]
	}
	mode := 0
	if g.ACol != 1 || g.ATile != 0 {
		mode = gemmByColumns
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
		t.call(kernel, g, &g.C[j0], a, b, full, gemmCols(np, h, tail)|mode, atile*int(unsafe.Sizeof(*b)), bias)
	}
	if rest := g.M - full*h; rest > 0 {
		if g.K > 0 {
			a = &g.A[full*atile]
		}
		t.call(kernel, g, &g.C[full*h*g.LDC+j0], a, b, 1, gemmCols(np, rest, tail)|mode, 0, bias)
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
	t.code = t.codes()
	*k = GemmKernels[T]{GemmMR: t.height[2], GemmNR: 2 * t.lanes, GemmChunk: gemmChunk, GemmTransRows: len(t.transVectors) - 1, Gemm: t.run, PackN: t.runPackN, PackTiles: t.runPackTiles, PackT: t.runPackT}
}
