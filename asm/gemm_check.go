package asm

import "fmt"

// valid reports whether every index of a product lies inside its slice; M and N
// are positive, last is (N-1)/nr, the number of the last panel.
func (g *GemmArgs[T]) valid(nr, last int) bool {
	if uint64(g.M|g.N|g.K|g.LDC|g.ARow|g.ACol|g.BPanel|g.BRow|g.ATile)>>31 != 0 ||
		uint64(g.M-1)*uint64(g.LDC)+uint64(g.N) > uint64(len(g.C)) || g.M > 1 && g.LDC < g.N ||
		g.Init != nil && uint64(g.M-1)*uint64(g.LDC)+uint64(g.N) > uint64(len(g.Init)) ||
		g.Out&(OutBias|OutAffine) != 0 && g.biasEnd() > uint64(len(g.Bias)) {
		return false
	}
	if g.K == 0 {
		return g.Pack == nil
	}
	if g.Pack != nil && (g.N != (last+1)*nr || g.BPanel != nr || g.ACol == 1 && g.ATile == 0 || uint64(g.PackPanel)>>31 != 0 ||
		uint64(last)*uint64(g.PackPanel)+uint64(g.K)*uint64(nr) > uint64(len(g.Pack))) {
		return false
	}
	if g.BTrans && (g.N != (last+1)*nr || g.ACol != 1 || g.ATile > 0 || g.Pack != nil || g.Init != nil) {
		return false
	}
	k, nb := uint64(g.K-1), uint64(len(g.B))
	lastA := uint64(g.M-1)*uint64(g.ARow) + k*uint64(g.ACol)
	if g.ATile > 0 {
		if g.TileRows <= 0 {
			return false
		}
		lastA = uint64(g.rowOffset(g.M-1)) + k*uint64(g.ACol)
		if g.M >= g.TileRows { // the tile before a short last one may end later
			full := uint32(g.M) / uint32(g.TileRows)
			lastA = max(lastA, uint64(full-1)*uint64(g.ATile)+uint64(g.TileRows-1)+k*uint64(g.ACol))
		}
	}
	if g.BTrans {
		return lastA < uint64(len(g.A)) && uint64(g.N-1)*uint64(g.BRow)+k < nb
	}
	b := uint64(last)*uint64(g.BPanel) + k*uint64(g.BRow) // the last row of the last panel
	return (g.ARow == 1 || g.ACol == 1 && g.ATile == 0) && lastA < uint64(len(g.A)) &&
		b+uint64(g.N-1-last*nr) < nb && (last == 0 || b-uint64(g.BPanel)+uint64(nr) <= nb)
}

// biasEnd is where what Out reads of Bias ends; beyond any slice if Out has no sense.
func (g *GemmArgs[T]) biasEnd() uint64 {
	if g.Out&OutAffine == 0 {
		return uint64(g.N)
	}
	if d := uint64(g.Out) >> OutDistance; d>>31 == 0 {
		return 2*d + uint64(g.N)
	}
	return 1 << 63
}

func (g *GemmArgs[T]) fail() {
	panic(fmt.Errorf("asm.Gemm: operands do not fit: M %d, N %d, K %d, len(A) %d (strides %d, %d, tiles %d of %d), len(B) %d (panel %d, row %d), len(C) %d (row %d), len(bias) %d, out %08b",
		g.M, g.N, g.K, len(g.A), g.ARow, g.ACol, g.ATile, g.TileRows, len(g.B), g.BPanel, g.BRow, len(g.C), g.LDC, len(g.Bias), g.Out))
}

// checkPackN panics unless PackN stays inside its slices: k rows of w elements, and
// as many of n. n and k are positive.
func checkPackN[T Float](dst []T, w int, src []T, lds, n, k int) {
	if uint64(w|lds|n|k)>>31 != 0 || n > w || uint64(k)*uint64(w) > uint64(len(dst)) ||
		uint64(k-1)*uint64(lds)+uint64(n) > uint64(len(src)) {
		failPack("PackN", dst, w, src, lds, n, k)
	}
}

// checkPackT is checkPackN of PackT: the last row of dst ends with element n.
func checkPackT[T Float](dst []T, w int, src []T, lds, n, k int) {
	if uint64(w|lds|n|k)>>31 != 0 || n > w || uint64(k-1)*uint64(w)+uint64(n) > uint64(len(dst)) ||
		uint64(n-1)*uint64(lds)+uint64(k) > uint64(len(src)) {
		failPack("PackT", dst, w, src, lds, n, k)
	}
}

func failPack[T Float](op string, dst []T, w int, src []T, lds, n, k int) {
	panic(fmt.Errorf("asm.%s: width %d, n %d, k %d, len(dst) %d, len(src) %d (row %d)", op, w, n, k, len(dst), len(src), lds))
}

// checkPackTiles panics unless PackTiles stays inside its slices: every tile is k
// rows of w elements. It reports whether there is anything to copy.
func checkPackTiles[T Float](dst []T, atile, w int, src []T, lds, h, n, k int) bool {
	empty := n <= 0 || k <= 0
	if h <= 0 || h > w || !empty && (uint64(atile|w|lds|n|k)>>31 != 0 ||
		uint64(uint32(n-1)/uint32(h))*uint64(atile)+uint64(k)*uint64(w) > uint64(len(dst)) ||
		uint64(k-1)*uint64(lds)+uint64(n) > uint64(len(src))) {
		panic(fmt.Errorf("asm.PackTiles: tiles of %d rows, width %d, n %d, k %d, len(dst) %d (tile %d), len(src) %d (row %d)", h, w, n, k, len(dst), atile, len(src), lds))
	}
	return !empty
}
