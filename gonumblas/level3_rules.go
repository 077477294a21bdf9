package gonumblas

import "gonum.org/v1/gonum/blas"

// The shapes for which gonum's plain loops are at least as fast as blocked routines,
// measured with AVX-512: there the cost of a call counts for more than that of the work.
// BenchmarkLevel3Small has them.

// gemmIsSmall is the rule for Gemm, of float32 if single.
func gemmIsSmall(single, tA, tB bool, m, n, k int) bool {
	switch {
	case !tB:
		return m <= 2 && k <= 2 && (m*n*k <= 8 || m*k == 1 && n <= 100)
	case !tA: // gonum has inner products
		return m <= 30 && n <= 64 && (m*n <= 30 || m*n*k <= 64)
	}
	return m <= 64 && k <= 64 && n <= 128 && (m*n*k <= 64 || m*k <= 4)
}

// rankIsSmall is the rule for syrk, and with two for syr2k.
func rankIsSmall(t, two bool, n, k int) bool {
	switch {
	case n > 100:
		return false
	case !t && two:
		return n <= 2 || k <= 64 && n*n*k <= 256
	case !t:
		return n <= 4 || n <= 8 && k <= 8
	case two:
		return k <= 64 && (n*n*k <= 64 || k <= 8 && n*n*k <= 200) || k == 1 && n <= 64
	}
	return k <= 64 && n*n*k <= 64 || k == 2 && n <= 8 || k == 1
}

// symmIsSmall is the rule for symm with C of m x n.
func symmIsSmall(s blas.Side, m, n int) bool {
	if s == blas.Left {
		return m <= 16 && n <= 256 && m*m*n <= 200
	}
	return m == 1 || n <= 16 && m <= 256 && n*n*m <= 200
}

// triangleIsSmall is the rule for trmm and, to solve, trsm, with B of m x n.
func triangleIsSmall(single, solve, unit bool, s blas.Side, m, n int) bool {
	order, cols := m, n
	if s != blas.Left { // B as many rows
		order, cols = n, m
	}
	switch {
	case s == blas.Left:
		return order <= 4 || order <= 6 && cols <= 100 || order <= 9 && cols <= 40 || order <= 12 && cols <= 25 || order <= 20 && cols <= 3 ||
			order <= 8 && cols <= 100 && single
	case solve && unit: // gonum does not divide
		return cols <= 4 || cols == 5 && order <= 30 || cols <= 9 && order <= 54 && order*cols <= 54
	case solve:
		return cols <= 3 || cols <= 25 && order <= 25 && order*cols <= 36
	}
	return cols <= 4 || cols < 8 && order*cols < 200 || cols < 50 && order*cols < 50
}
