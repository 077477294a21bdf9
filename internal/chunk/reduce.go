package chunk

import (
	"math"
	"math/bits"

	"github.com/lanes-go/lanes/asm"
)

// The order of a reduction over a contiguous axis, in one place: chunks of asm.Chunk
// elements, the last one shorter, are combined by a tree that cuts what it has at the
// greatest power of two below the number of chunks. Pairwise and PairwiseMoments walk
// it from left to right, Tree in place. Whoever cuts an axis into parts of 2^k chunks
// cuts the tree at its own joints: the parts, combined in the same way, give the same
// bits, whatever k is. The same holds for other axes, with blocks of asm.BlockRows rows
// for chunks.

// Max is the greatest element of x: NaN if any is NaN, +0 if it is a zero of either
// sign, -Inf of nothing.
func Max[T asm.Float](k *asm.Kernels[T], x []T) T {
	m := k.Max(x[:min(asm.Chunk, len(x)):len(x)])
	for lo := asm.Chunk; lo < len(x) && m == m; lo += asm.Chunk {
		m = Greater(m, k.Max(x[lo:min(lo+asm.Chunk, len(x)):len(x)]))
	}
	return m
}

// Min is the least element of x; +Inf of nothing.
func Min[T asm.Float](k *asm.Kernels[T], x []T) T {
	m := k.Min(x[:min(asm.Chunk, len(x)):len(x)])
	for lo := asm.Chunk; lo < len(x) && m == m; lo += asm.Chunk {
		m = Less(m, k.Min(x[lo:min(lo+asm.Chunk, len(x)):len(x)]))
	}
	return m
}

// Greater is the greater of what Max found in what comes first and in what follows.
func Greater[T asm.Float](first, next T) T {
	if first == first && !(next <= first) {
		return next
	}
	return first
}

// Less is the same of Min.
func Less[T asm.Float](first, next T) T {
	if first == first && !(next >= first) {
		return next
	}
	return first
}

// ArgMax is the index of the first NaN, else of the first of the greatest elements; -1
// of nothing.
func ArgMax[T asm.Float](k *asm.Kernels[T], x []T) int {
	if len(x) <= asm.Chunk {
		return k.ArgMax(x)
	}
	at, m := 0, k.Max(x[:asm.Chunk:len(x)])
	for lo := asm.Chunk; lo < len(x) && m == m; lo += asm.Chunk {
		if v := k.Max(x[lo:min(lo+asm.Chunk, len(x)):len(x)]); !(v <= m) {
			at, m = lo, v
		}
	}
	return at + k.ArgMax(x[at:min(at+asm.Chunk, len(x)):len(x)])
}

// ArgMin is the index of the first NaN, else of the first of the least elements; -1 of
// nothing.
func ArgMin[T asm.Float](k *asm.Kernels[T], x []T) int {
	if len(x) <= asm.Chunk {
		return k.ArgMin(x)
	}
	at, m := 0, k.Min(x[:asm.Chunk:len(x)])
	for lo := asm.Chunk; lo < len(x) && m == m; lo += asm.Chunk {
		if v := k.Min(x[lo:min(lo+asm.Chunk, len(x)):len(x)]); !(v >= m) {
			at, m = lo, v
		}
	}
	return at + k.ArgMin(x[at:min(at+asm.Chunk, len(x)):len(x)])
}

// SumRows is dst[i] = Sum(x[i*ld:][:n]). dst shares no memory with x.
func SumRows[T asm.Float](k *asm.Kernels[T], dst, x []T, ld, n int) {
	if n > asm.Chunk {
		for i := range dst {
			dst[i] = sumLong(k, x[i*ld:][:n:n])
		}
		return
	}
	rows := max(1, 2*Piece/max(shortRow, n))
	for i := 0; i < len(dst); i += rows {
		h := min(i+rows, len(dst))
		k.SumRows(dst[i:h:h], x[i*ld:], ld, n)
	}
}

// Moments are the mean of N numbers, Mean + Rest, and the sum M2 of their squared
// distances from it: what the kernel Moments finds.
type Moments[T asm.Float] struct {
	N              int
	Mean, Rest, M2 T
}

// MomentsOf are the moments of x: of its chunks, combined pairwise.
func MomentsOf[T asm.Float](k *asm.Kernels[T], x []T) (m Moments[T]) {
	if len(x) <= asm.Chunk {
		m.N = len(x)
		m.Mean, m.Rest, m.M2 = k.Moments(x)
		return m
	}
	var p PairwiseMoments[T]
	for lo := 0; lo < len(x); lo += asm.Chunk {
		hi := min(lo+asm.Chunk, len(x))
		m.N = hi - lo
		m.Mean, m.Rest, m.M2 = k.Moments(x[lo:hi:hi])
		p.Add(m)
	}
	return p.Moments()
}

// Then are the moments of the numbers of m followed by those of next: the kernel
// MergeMoments for one element.
func (m Moments[T]) Then(next Moments[T]) Moments[T] {
	switch {
	case m.N == 0:
		return next
	case next.N == 0:
		return m
	}
	w, u := Weights[T](m.N, next.N)
	d := (next.Mean - m.Mean) + (next.Rest - m.Rest)
	return Moments[T]{m.N + next.N, m.Mean, asm.FMA(d, w, m.Rest), asm.FMA(T(d*u), d, m.M2+next.M2)}
}

// Weights are the w and u of the kernel MergeMoments, for m elements and n that follow.
func Weights[T asm.Float](m, n int) (w, u T) {
	w = T(n) / T(m+n)
	return w, T(T(m) * w)
}

// Value is the mean, NaN of nothing.
func (m Moments[T]) Value() T {
	if m.N == 0 {
		return T(math.NaN())
	}
	return m.Mean + m.Rest
}

// Var is the variance, M2 / (N - ddof), NaN if that is not positive.
func (m Moments[T]) Var(ddof int) T {
	if m.N <= ddof {
		return T(math.NaN())
	}
	return m.M2 / T(m.N-ddof)
}

// PairwiseMoments is Pairwise of moments.
type PairwiseMoments[T asm.Float] struct {
	levels [64]Moments[T]
	count  uint64
}

// Add adds the moments of what follows.
func (p *PairwiseMoments[T]) Add(m Moments[T]) {
	l := 0
	for ; p.count>>l&1 != 0; l++ {
		m = p.levels[l].Then(m)
	}
	p.levels[l] = m
	p.count++
}

// Moments returns those of all; more may follow.
func (p *PairwiseMoments[T]) Moments() (m Moments[T]) {
	for l := range bits.Len64(p.count) {
		if p.count>>l&1 != 0 {
			m = p.levels[l].Then(m)
		}
	}
	return m
}

// Tree combines n partial results in place, join(i, j) putting i and j together in i:
// the result is 0.
func Tree(n int, join func(i, j int)) {
	for step := 1; step < n; step *= 2 {
		for i := 0; i+step < n; i += 2 * step {
			join(i, i+step)
		}
	}
}
