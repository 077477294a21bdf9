//go:build arm64 && !purego

package asm

import "unsafe"

// gemmRaw is a tile kernel in assembly: mt tiles of rows by np panels of columns
// of C, all of one height and width, but that the last vector of the last panel
// lies off bytes into it. Other strides count elements.
type gemmRaw[T Float] func(c *T, ldc int, a *T, astr int, b *T, bpanel, brow, k, mt, np, off, out int, alpha, beta T, bias *T)

// gemmWidth are the tile kernels for one number of columns, by number of rows.
type gemmWidth[T Float] struct {
	off      int // bytes from the first column to the last vector
	row, col []gemmRaw[T]
}

// gemmTiles are the kernels of one type.
type gemmTiles[T Float] struct {
	nr    int            // width of a panel, three vectors
	width []gemmWidth[T] // by number of columns, 1 to nr
	// wide does few rows of widePanels[rows] panels at once: few rows alone have
	// too few chains to keep the FMA units busy. The kernels for packed panels
	// want rows of nr elements.
	wide, widePacked []gemmRaw[T]
	widePanels       []int
	packN, packT     func(dst *T, w int, src *T, lds, n, k int)
}

// run is Gemm of GemmKernels.
func (t *gemmTiles[T]) run(g *GemmArgs[T]) bool {
	if g.M <= 0 || g.N <= 0 {
		return true
	}
	last := int(uint32(g.N-1) / uint32(t.nr))
	if g.Init != nil || g.BTrans || !g.valid(t.nr, last) { // GemmChunk and GemmTransRows are 0
		return false
	}
	if raceEnabled {
		g.race(t.nr)
	}
	if g.Pack != nil {
		for j := 0; j < g.N; j += t.nr {
			t.runPackN(g.Pack[j/t.nr*g.PackPanel:], t.nr, g.B[j:], g.BRow, t.nr, g.K)
		}
	}
	if g.ATile > 0 {
		t.tiles(g, last)
	} else {
		t.product(g, last)
	}
	return true
}

// tiles is product for A packed in tiles.
func (t *gemmTiles[T]) tiles(g *GemmArgs[T], last int) {
	r := *g
	r.ATile = 0
	for i := 0; i < g.M; i += g.TileRows {
		r.M = min(g.TileRows, g.M-i)
		if g.K > 0 {
			r.A = g.A[i/g.TileRows*g.ATile:]
		}
		r.C = g.C[i*g.LDC:]
		t.product((*GemmArgs[T])(noescape(unsafe.Pointer(&r))), last)
	}
}

// product cuts the rows evenly into tiles and the columns into panels and calls the
// tile kernels.
func (t *gemmTiles[T]) product(g *GemmArgs[T], last int) {
	var a, b, bias *T
	if g.K > 0 {
		a, b = &g.A[0], &g.B[0]
	}
	if g.Out&(OutBias|OutAffine) != 0 {
		bias = &g.Bias[0]
	}
	j, rest := 0, g.N-last*t.nr // columns of the last panel
	full := last
	if rest == t.nr {
		full++
	}
	if unpacked := g.BPanel == t.nr; g.M < len(t.wide) && g.ACol == 1 && full >= t.widePanels[g.M] && (unpacked || g.BRow == t.nr) {
		panels := t.widePanels[g.M]
		groups := full / panels
		kernel := t.wide[g.M]
		if !unpacked {
			kernel = t.widePacked[g.M]
		}
		kernel(&g.C[0], g.LDC, a, g.ARow, b, g.BPanel, g.BRow, g.K, 1, groups, 0, g.Out, g.Alpha, g.Beta, bias)
		if j = groups * panels * t.nr; j == g.N {
			return
		}
		last -= groups * panels
		if b != nil {
			b = &g.B[groups*panels*g.BPanel]
		}
		if bias != nil {
			bias = &g.Bias[j]
		}
	}
	if 3*rest > 2*t.nr || last == 0 {
		// One call: the kernels of three vectors do a last panel that needs three.
		t.columns(g, last+1, rest, j, a, b, bias)
		return
	}
	t.columns(g, last, t.nr, j, a, b, bias)
	j += last * t.nr
	if b != nil {
		b = &g.B[j/t.nr*g.BPanel]
	}
	if bias != nil {
		bias = &g.Bias[j]
	}
	t.columns(g, 1, rest, j, a, b, bias)
}

// columns does all rows of np panels that start at column j0, the last of which
// has w columns.
func (t *gemmTiles[T]) columns(g *GemmArgs[T], np, w, j0 int, a, b, bias *T) {
	width := &t.width[w]
	kernels, astr := width.row, g.ARow
	if g.ACol != 1 {
		kernels, astr = width.col, g.ACol
	}
	// ceil(M/height) tiles, their heights equal but for one row.
	tiles, h := 1, g.M
	if most := len(kernels) - 1; h > most {
		tiles = int((uint32(g.M) + uint32(most) - 1) / uint32(most))
		h = int((uint32(g.M) + uint32(tiles) - 1) / uint32(tiles))
	}
	low := tiles*h - g.M // tiles of height h-1
	kernels[h](&g.C[j0], g.LDC, a, astr, b, g.BPanel, g.BRow, g.K, tiles-low, np, width.off, g.Out, g.Alpha, g.Beta, bias)
	if low > 0 {
		i0 := (tiles - low) * h
		if a != nil {
			a = &g.A[i0*g.ARow]
		}
		kernels[h-1](&g.C[i0*g.LDC+j0], g.LDC, a, astr, b, g.BPanel, g.BRow, g.K, low, np, width.off, g.Out, g.Alpha, g.Beta, bias)
	}
}

func (t *gemmTiles[T]) runPackN(dst []T, w int, src []T, lds, n, k int) {
	if n <= 0 || k <= 0 || n > t.nr {
		packNGeneric(dst, w, src, lds, n, k)
		return
	}
	checkPackN(dst, w, src, lds, n, k)
	if raceEnabled {
		racePack(dst, w, src, lds, k, n, n, k)
	}
	t.packN(&dst[0], w, &src[0], lds, n, k)
}

func (t *gemmTiles[T]) runPackTiles(dst []T, atile, w int, src []T, lds, h, n, k int) {
	if !checkPackTiles(dst, atile, w, src, lds, h, n, k) {
		return
	}
	for i := 0; i < n; i += h {
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

func (t *gemmTiles[T]) use(k *GemmKernels[T]) {
	*k = GemmKernels[T]{GemmMR: 8, GemmNR: t.nr, Gemm: t.run, PackN: t.runPackN, PackTiles: t.runPackTiles, PackT: t.runPackT}
}
