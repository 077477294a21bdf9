// Package chunk runs kernels on slices of any length, cut into calls of bounded
// time: the one place where the order of a long sum is written down.
package chunk

import (
	"math/bits"

	"github.com/lanes-go/lanes/asm"
)

// Pairwise combines partial sums like a binary counter: the sum of 2^i partials
// waits at level i for the next 2^i. What is left over is joined from the latest
// up. The zero value is an empty sum.
type Pairwise[T asm.Float] struct {
	levels [64]T
	count  uint64
}

// Add adds a partial sum.
func (p *Pairwise[T]) Add(s T) {
	l := 0
	for ; p.count>>l&1 != 0; l++ {
		s = p.levels[l] + s
	}
	p.levels[l] = s
	p.count++
}

// Sum returns the sum of all partials; more may follow.
func (p *Pairwise[T]) Sum() T {
	var s T
	first := true
	for l := range bits.Len64(p.count) {
		if p.count>>l&1 == 0 {
			continue
		}
		if first {
			s, first = p.levels[l], false
		} else {
			s = p.levels[l] + s
		}
	}
	return s
}

// Reduce is a sum over n elements: partial returns that of elements lo to hi, at
// most asm.Chunk of them, and is called in increasing order.
func Reduce[T asm.Float](n int, partial func(lo, hi int) T) T {
	if n <= asm.Chunk {
		return partial(0, n)
	}
	var p Pairwise[T]
	for lo := 0; lo < n; lo += asm.Chunk {
		p.Add(partial(lo, min(lo+asm.Chunk, n)))
	}
	return p.Sum()
}

// Sum is the sum of the elements of x.
func Sum[T asm.Float](k *asm.Kernels[T], x []T) T {
	if len(x) <= asm.Chunk {
		return k.Sum(x)
	}
	return sumLong(k, x)
}

func sumLong[T asm.Float](k *asm.Kernels[T], x []T) T {
	return Reduce(len(x), func(lo, hi int) T { return k.Sum(x[lo:hi:hi]) })
}

// Asum is the sum of the absolute values of x.
func Asum[T asm.Float](k *asm.Kernels[T], x []T) T {
	if len(x) <= asm.Chunk {
		return k.Asum(x)
	}
	return asumLong(k, x)
}

func asumLong[T asm.Float](k *asm.Kernels[T], x []T) T {
	return Reduce(len(x), func(lo, hi int) T { return k.Asum(x[lo:hi:hi]) })
}

// SumSq is the sum of the squares of x.
func SumSq[T asm.Float](k *asm.Kernels[T], x []T) T {
	if len(x) <= asm.Chunk {
		return k.SumSq(x)
	}
	return sumSqLong(k, x)
}

func sumSqLong[T asm.Float](k *asm.Kernels[T], x []T) T {
	return Reduce(len(x), func(lo, hi int) T { return k.SumSq(x[lo:hi:hi]) })
}

// Dot is the inner product of x and y, which is at least as long.
func Dot[T asm.Float](k *asm.Kernels[T], x, y []T) T {
	if len(x) <= asm.Chunk {
		return k.Dot(x, y)
	}
	return dotLong(k, x, y)
}

func dotLong[T asm.Float](k *asm.Kernels[T], x, y []T) T {
	return Reduce(len(x), func(lo, hi int) T { return k.Dot(x[lo:hi:hi], y[lo:hi:hi]) })
}

// DotRows is dst[i] = Dot(a[i*lda:][:len(x)], x). dst shares no memory with a or x.
func DotRows[T asm.Float](k *asm.Kernels[T], dst, a []T, lda int, x []T) {
	if len(x) > asm.Chunk {
		for i := range dst {
			dst[i] = Dot(k, x, a[i*lda:])
		}
		return
	}
	rows := max(1, 2*Piece/max(shortRow, len(x)))
	for i := 0; i < len(dst); i += rows {
		h := min(i+rows, len(dst))
		k.DotRows(dst[i:h:h], a[i*lda:], lda, x)
	}
}

// DotSqRows is DotRows, and the dot product of every row with itself in sq.
func DotSqRows[T asm.Float](k *asm.Kernels[T], dst, sq, a []T, lda int, x []T) {
	n := len(x)
	if n > asm.Chunk {
		for i := range dst {
			row := a[i*lda:][:n:n]
			dst[i], sq[i] = Dot(k, x, row), Dot(k, row, row)
		}
		return
	}
	rows := max(1, 2*Piece/max(shortRow, n))
	for i := 0; i < len(dst); i += rows {
		h := min(i+rows, len(dst))
		k.DotSqRows(dst[i:h:h], sq[i:h:h], a[i*lda:], lda, x)
	}
}

// Piece is the number of elements that element-wise kernels are given at a time: two
// streams read and one written of float64, 384 KiB, take 10 to 20 µs of memory.
const Piece = 16384

// shortRow is the number of elements of a row that take as long as the row's own cost.
const shortRow = 32

// Add is dst[i] = x[i] + y[i]; x and y are at least as long as dst and may be dst.
func Add[T asm.Float](k *asm.Kernels[T], dst, x, y []T) {
	for len(dst) > Piece {
		k.Add(dst[:Piece:Piece], x, y)
		dst, x, y = dst[Piece:], x[Piece:], y[Piece:]
	}
	k.Add(dst, x, y)
}

// Axpy is y[i] = fma(a, x[i], y[i]); x is at least as long as y.
func Axpy[T asm.Float](k *asm.Kernels[T], y []T, a T, x []T) {
	for len(y) > Piece {
		k.Axpy(y[:Piece:Piece], a, x)
		y, x = y[Piece:], x[Piece:]
	}
	k.Axpy(y, a, x)
}

// AxpyRows is dst[i*ld+j] = fma(x[i], y[j], dst[i*ld+j]) for i < len(x), j < len(y).
// dst shares no element with x or y.
func AxpyRows[T asm.Float](k *asm.Kernels[T], dst []T, ld int, x, y []T) {
	if len(y) > Piece {
		for i, v := range x {
			Axpy(k, dst[i*ld:][:len(y):len(y)], v, y)
		}
		return
	}
	rows := max(1, Piece/max(shortRow, len(y)))
	for i := 0; i < len(x); i += rows {
		h := min(i+rows, len(x))
		k.AxpyRows(dst[i*ld:], ld, x[i:h:h], y)
	}
}

// Axpby is y[i] = fma(alpha, x[i], beta*y[i]); x is at least as long as y. As in
// BLAS, beta = 0 overwrites y whatever it holds: y[i] = alpha*x[i].
func Axpby[T asm.Float](k *asm.Kernels[T], y []T, alpha T, x []T, beta T) {
	for len(y) > 0 {
		n := min(Piece, len(y))
		if beta == 0 {
			k.Scale(y[:n:n], alpha, x)
		} else {
			k.Axpby(y[:n:n], alpha, x, beta)
		}
		y, x = y[n:], x[n:]
	}
}

// Scale is dst[i] = a*x[i]; x is at least as long as dst and may be dst.
func Scale[T asm.Float](k *asm.Kernels[T], dst []T, a T, x []T) {
	for len(dst) > Piece {
		k.Scale(dst[:Piece:Piece], a, x)
		dst, x = dst[Piece:], x[Piece:]
	}
	k.Scale(dst, a, x)
}

// Clear sets x to +0.
func Clear[T asm.Float](x []T) {
	for len(x) > Piece {
		clear(x[:Piece])
		x = x[Piece:]
	}
	clear(x)
}

// Copy copies x, at least as long, to dst. They are the same or apart.
func Copy[T asm.Float](dst, x []T) {
	for len(dst) > Piece {
		copy(dst[:Piece], x)
		dst, x = dst[Piece:], x[Piece:]
	}
	copy(dst, x)
}

// Rot is the kernel Rot: x and y, at least as long, do not overlap.
func Rot[T asm.Float](k *asm.Kernels[T], x, y []T, c, s T) {
	for len(x) > Piece {
		k.Rot(x[:Piece:Piece], y, c, s)
		x, y = x[Piece:], y[Piece:]
	}
	k.Rot(x, y, c, s)
}

// Swap exchanges x and y, at least as long, which do not overlap.
func Swap[T asm.Float](k *asm.Kernels[T], x, y []T) {
	for len(x) > Piece {
		k.Swap(x[:Piece:Piece], y)
		x, y = x[Piece:], y[Piece:]
	}
	k.Swap(x, y)
}
