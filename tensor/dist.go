package tensor

import (
	"fmt"
	"math"

	"github.com/lanes-go/lanes/asm"
	"github.com/lanes-go/lanes/internal/chunk"
	"github.com/lanes-go/lanes/internal/scratch"
)

// Metric is a way to compare two vectors.
type Metric uint8

// The metrics. Each sum is in the order of a contiguous axis; a square root or a
// division is rounded once.
const (
	DotProduct Metric = iota // Σ x·y: the greater, the more alike
	Cosine                   // Σ x·y / (√Σx² · √Σy²), NaN for a vector of zeros: the greater, the more alike
	SquaredL2                // Σ (x-y)²
	L2                       // its root, the Euclidean distance
	L1                       // Σ |x-y|
	Hamming                  // the number of elements that differ; NaN differs from all
)

// Similarity tells whether greater values of m mean that vectors are more alike; of
// the others smaller ones do.
func (m Metric) Similarity() bool { return m == DotProduct || m == Cosine }

// Compare computes dst[i] = m(row i of a, x) for a matrix a of len(dst) rows, whose
// rows lie where they like but hold their elements one after the other, and a vector
// x. dst is contiguous and shares no memory with a or x. It runs at the speed of
// memory for a large a, on several threads.
func Compare[T Float](dst, a, x *Tensor[T], m Metric) {
	if a.Rank() != 2 || x.Rank() != 1 || dst.Rank() != 1 || dst.shape[0] != a.shape[0] || x.shape[0] != a.shape[1] {
		panic(shapeError("Compare", "want dst m, a m x n, x n", dst.shape, a.shape, x.shape))
	}
	if m > Hamming {
		panic(shapeError("Compare", fmt.Sprintf("no metric %d", m), dst.shape, a.shape, x.shape))
	}
	rows, n := a.shape[0], a.shape[1]
	if n > 1 && rows > 0 && a.stride[1] != 1 {
		panic(shapeError("Compare", "the elements of a row of a are apart: Clone it first", dst.shape, a.shape, x.shape))
	}
	if rangesMeet(dst.data, a.data) || rangesMeet(dst.data, x.data) {
		panic(shapeError("Compare", "dst shares memory with a or x", dst.shape, a.shape, x.shape))
	}
	d, v := dst.Data(), x.Data()
	if rows == 0 {
		return
	}
	c := getComparison[T]()
	c.metric, c.dst, c.a, c.x, c.ld = m, d, a.data, v, n
	if rows > 1 && n > 0 {
		c.ld = a.stride[0]
	}
	if m == Cosine {
		c.norm = T(math.Sqrt(float64(chunk.Dot(asm.Active[T](), v, v))))
	}
	c.rows = max(1, compareItem/max(1, n))
	items := (rows + c.rows - 1) / c.rows
	if threads := min(items, rows*n/compareThread); threads > 1 {
		parallelFor(items, threads, any(c).(task))
	} else {
		for i := range items {
			c.item(i)
		}
	}
	putComparison(c)
}

// Elements of an item, and elements that are worth a thread; measured.
const compareItem, compareThread = 1 << 18, 1 << 16

// comparison is one call of Compare.
type comparison[T Float] struct {
	metric    Metric
	dst, a, x []T
	ld, rows  int // of a; rows of an item
	norm      T   // of x
}

func (c *comparison[T]) item(i int) {
	k, n := asm.Active[T](), len(c.x)
	for lo, hi := i*c.rows, min((i+1)*c.rows, len(c.dst)); lo < hi; {
		// Few rows at a time, so that a call is short.
		h := min(hi, lo+max(1, 2*chunk.Piece/max(32, n)))
		c.compare(k, c.dst[lo:h:h], c.a[min(lo*c.ld, len(c.a)):])
		lo = h
	}
}

func (c *comparison[T]) compare(k *asm.Kernels[T], dst, a []T) {
	switch c.metric {
	case DotProduct:
		chunk.DotRows(k, dst, a, c.ld, c.x)
	case Cosine:
		w := getWorkspace[T]()
		squares := grow(&w.sum, len(dst))
		chunk.DotSqRows(k, dst, squares, a, c.ld, c.x)
		for i, sq := range squares {
			dst[i] /= T(T(math.Sqrt(float64(sq))) * c.norm)
		}
		putWorkspace(w)
	case SquaredL2, L2:
		chunk.DistRows(k.DistSqRows, dst, a, c.ld, c.x)
		if c.metric == L2 {
			k.Sqrt(dst, dst)
		}
	case L1:
		chunk.DistRows(k.DistL1Rows, dst, a, c.ld, c.x)
	case Hamming:
		chunk.DistRows(k.DiffRows, dst, a, c.ld, c.x)
	}
}

var (
	comparisons32 scratch.Store[comparison[float32]]
	comparisons64 scratch.Store[comparison[float64]]
)

func getComparison[T Float]() *comparison[T] {
	var z T
	if _, ok := any(z).(float32); ok {
		return any(comparisons32.Get()).(*comparison[T])
	}
	return any(comparisons64.Get()).(*comparison[T])
}

func putComparison[T Float](c *comparison[T]) {
	c.dst, c.a, c.x = nil, nil, nil
	switch c := any(c).(type) {
	case *comparison[float32]:
		comparisons32.Put(c)
	case *comparison[float64]:
		comparisons64.Put(c)
	}
}
