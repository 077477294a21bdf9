//go:build (amd64 || arm64) && !purego

package asm

import "fmt"

// check panics unless every index of the call lies inside its slice; last is
// (N-1)/nr, the number of the last panel.
func (g *GemmArgs[T]) check(nr, last int) {
	if uint64(g.M|g.N|g.K|g.LDC|g.ARow|g.ACol|g.BPanel|g.BRow)>>31 != 0 {
		g.fail("negative or huge dimension")
	}
	if (g.M-1)*g.LDC+g.N > len(g.C) || g.M > 1 && g.LDC < g.N {
		g.fail("C too short")
	}
	if g.Out&OutBias != 0 && len(g.Bias) < g.N {
		g.fail("bias too short")
	}
	if g.K == 0 {
		return
	}
	if g.ARow != 1 && g.ACol != 1 {
		g.fail("A has no contiguous axis")
	}
	if (g.M-1)*g.ARow+(g.K-1)*g.ACol >= len(g.A) {
		g.fail("A too short")
	}
	if last*g.BPanel+(g.K-1)*g.BRow+g.N-1-last*nr >= len(g.B) ||
		last > 0 && (last-1)*g.BPanel+(g.K-1)*g.BRow+nr > len(g.B) {
		g.fail("B too short")
	}
}

func (g *GemmArgs[T]) fail(why string) {
	panic(fmt.Errorf("asm.Gemm: %s: M %d, N %d, K %d, len(A) %d (strides %d, %d), len(B) %d (panel %d, row %d), len(C) %d (row %d)",
		why, g.M, g.N, g.K, len(g.A), g.ARow, g.ACol, len(g.B), g.BPanel, g.BRow, len(g.C), g.LDC))
}

// checkPack panics unless both packing kernels stay inside their slices.
func checkPack[T Float](op string, dst []T, w int, src []T, lds, rows, cols, n, k int) {
	if uint64(w|lds|n|k)>>31 != 0 || n > w || (k-1)*w+n > len(dst) || (rows-1)*lds+cols > len(src) {
		panic(fmt.Errorf("asm.%s: width %d, n %d, k %d, len(dst) %d, len(src) %d, lds %d", op, w, n, k, len(dst), len(src), lds))
	}
}
