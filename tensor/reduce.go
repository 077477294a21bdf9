package tensor

import (
	"math/bits"

	"github.com/lanes-go/lanes/asm"
	"github.com/lanes-go/lanes/internal/chunk"
)

// Sum returns the sum of all elements: 64 (float32) or 32 (float64) running sums
// over chunks of 16384, the chunks combined pairwise.
func Sum[T Float](x *Tensor[T]) T { return chunk.Sum(asm.Active[T](), x.Data()) }

// ColSum computes dst[j] = Σ_i x[i][j] for a matrix x: blocks of 64 rows in
// increasing row order, blocks combined pairwise.
func ColSum[T Float](dst, x *Tensor[T]) { colSum("ColSum", dst, x, false) }

// ColSumAcc computes dst[j] += Σ_i x[i][j]: the gradient of a bias.
func ColSumAcc[T Float](dst, x *Tensor[T]) { colSum("ColSumAcc", dst, x, true) }

// colStrip is the number of columns summed at a time, so that the partial sums of
// a strip stay in the L1.
const colStrip = 512

func colSum[T Float](op string, dst, x *Tensor[T], acc bool) {
	if x.Rank() != 2 || dst.Rank() != 1 || dst.shape[0] != x.shape[1] {
		panic(shapeError(op, "want dst n, x m x n", dst.shape, x.shape))
	}
	if rangesMeet(dst.data, x.data) {
		panic(shapeError(op, "dst shares memory with x", dst.shape, x.shape))
	}
	m, n := x.shape[0], x.shape[1]
	d, s := dst.Data(), x.Data()
	k := asm.Active[T]()
	ws := getWorkspace[T]()
	for j := 0; j < n; j += colStrip {
		w := min(colStrip, n-j)
		r := colSumStrip(k, &ws.sum, s[min(j, len(s)):], n, m, w)
		if acc {
			k.Add(d[j:j+w], d[j:j+w], r)
		} else {
			copy(d[j:j+w], r)
		}
	}
	putWorkspace(ws)
}

// colSumStrip sums w columns of m rows, ld apart; the result lies in buf.
func colSumStrip[T Float](k *asm.Kernels[T], buf *[]T, x []T, ld, m, w int) []T {
	blocks := (m + asm.BlockRows - 1) / asm.BlockRows
	levels := grow(buf, (bits.Len(uint(blocks))+1)*w)
	top := levels[:w] // the block in hand; level l is levels[(l+1)*w:]
	for b := range blocks {
		i := b * asm.BlockRows
		k.ColSum(top, x[i*ld:], ld, min(asm.BlockRows, m-i))
		l := 0
		for ; b>>l&1 != 0; l++ {
			k.Add(top, levels[(l+1)*w:(l+2)*w], top)
		}
		copy(levels[(l+1)*w:], top)
	}
	clear(top)
	first := true
	for l := range bits.Len(uint(blocks)) {
		level := levels[(l+1)*w : (l+2)*w]
		switch {
		case blocks>>l&1 == 0:
		case first:
			copy(top, level)
			first = false
		default:
			k.Add(top, level, top)
		}
	}
	return top
}
