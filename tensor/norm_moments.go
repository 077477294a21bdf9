package tensor

import (
	"math/bits"

	"github.com/lanes-go/lanes/asm"
	"github.com/lanes-go/lanes/internal/chunk"
)

// moments are those of n numbers: their mean, which is mean+rest, and the sum m2 of
// the squared distances from it.
type moments[T Float] struct {
	n              int
	mean, rest, m2 T
}

// join returns the moments of a and of what follows it, by Chan's formula (Chan, Golub,
// LeVeque, Algorithms for computing the sample variance, 1983), as MergeMoments does.
func (a moments[T]) join(b moments[T]) moments[T] {
	w, u := joinWeights[T](a.n, b.n)
	d := (b.mean - a.mean) + (b.rest - a.rest)
	return moments[T]{a.n + b.n, a.mean, asm.FMA(d, w, a.rest), asm.FMA(T(d*u), d, a.m2+b.m2)}
}

func joinWeights[T Float](m, n int) (w, u T) {
	w = T(n) / T(m+n)
	return w, T(T(m) * w)
}

// momentTree joins moments pairwise, like a binary counter.
type momentTree[T Float] struct {
	levels [48]moments[T]
	count  uint64
}

func (t *momentTree[T]) add(m moments[T]) {
	l := 0
	for ; t.count>>l&1 != 0; l++ {
		m = t.levels[l].join(m)
	}
	t.levels[l] = m
	t.count++
}

func (t *momentTree[T]) sum() (m moments[T]) {
	for l := range bits.Len64(t.count) {
		switch {
		case t.count>>l&1 == 0:
		case m.n == 0:
			m = t.levels[l]
		default:
			m = t.levels[l].join(m)
		}
	}
	return m
}

// rowMoments are the moments of a contiguous row: of chunks, joined pairwise.
func rowMoments[T Float](k *asm.Kernels[T], x []T) moments[T] {
	if len(x) <= asm.Chunk {
		m := moments[T]{n: len(x)}
		m.mean, m.rest, m.m2 = k.Moments(x)
		return m
	}
	var t momentTree[T]
	for len(x) > 0 {
		h := min(asm.Chunk, len(x))
		m := moments[T]{n: h}
		m.mean, m.rest, m.m2 = k.Moments(x[:h:h])
		t.add(m)
		x = x[h:]
	}
	return t.sum()
}

// shortPlane is the length of the longest rows whose moments are found together: a call for
// each is then a good part of the time.
var shortPlane = 256 // tests change it

// rowsMoments leaves the moments of rows of n elements, at most a chunk, that follow one
// another, one row for each element of mean; tmp is memory for as many.
func rowsMoments[T Float](k *asm.Kernels[T], mean, rest, m2, tmp, x []T, n int) {
	inv := 1 / T(n)
	k.SumRows(mean, x, n, n)
	k.Scale(mean, inv, mean)
	k.DevSumRows(tmp, x, mean, n)
	k.DevSqRows(m2, x, mean, n)
	k.Scale(rest, inv, tmp)
	k.Scale(tmp, -1, tmp)
	k.FMA(m2, tmp, rest, m2)
	k.ReLU(m2, m2)
}

// rowSums are NormSums of a contiguous row, of any length.
func rowSums[T Float](k *asm.Kernels[T], dy, x, y []T, m, pass T) (T, T) {
	if len(x) <= asm.Chunk {
		return k.NormSums(dy, x, y, m, pass)
	}
	var p, q chunk.Pairwise[T]
	for i := 0; i < len(x); i += asm.Chunk {
		h := min(i+asm.Chunk, len(x))
		s1, s2 := k.NormSums(dy[i:h:h], x[i:h:h], y[i:h:h], m, pass)
		p.Add(s1)
		q.Add(s2)
	}
	return p.Sum(), q.Sum()
}

// colTree joins what was found in blocks of rows pairwise: nodes of vectors of w
// elements, one for each column. A node is either two vectors of sums, or three of
// moments, which have the number of rows beside them.
type colTree[T Float] struct {
	k       *asm.Kernels[T]
	w       int
	moments bool
	levels  []T
	n       [48]int // rows of a level
	count   uint64
}

// nodeVectors is the number of vectors of a node.
func nodeVectors(moments bool) int {
	if moments {
		return 3
	}
	return 2
}

// treeLen is the memory that a tree of so many nodes needs.
func treeLen(nodes, w int, moments bool) int {
	return bits.Len(uint(nodes)) * nodeVectors(moments) * w
}

func (t *colTree[T]) level(l int) []T {
	size := nodeVectors(t.moments) * t.w
	return t.levels[l*size : (l+1)*size]
}

// join leaves in node what the level, which comes first, and node are together.
func (t *colTree[T]) join(node []T, n, l int) {
	first, w := t.level(l), t.w
	if !t.moments {
		chunk.Add(t.k, node, first, node)
		return
	}
	a, b := joinWeights[T](t.n[l], n)
	t.k.MergeMoments(node[:w:w], node[w:2*w:2*w], node[2*w:], first[:w], first[w:2*w], first[2*w:], a, b)
}

// add spoils node.
func (t *colTree[T]) add(node []T, n int) {
	l := 0
	for ; t.count>>l&1 != 0; l++ {
		t.join(node, n, l)
		n += t.n[l]
	}
	copy(t.level(l), node)
	t.n[l] = n
	t.count++
}

// sum leaves everything in node, zeros where nothing was added.
func (t *colTree[T]) sum(node []T) {
	first, n := true, 0
	for l := range bits.Len64(t.count) {
		switch {
		case t.count>>l&1 == 0:
			continue
		case first:
			copy(node, t.level(l))
			first = false
		default:
			t.join(node, n, l)
		}
		n += t.n[l]
	}
	if first {
		clear(node)
	}
}
