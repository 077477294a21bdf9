package vec

import (
	"math"

	"github.com/lanes-go/lanes/asm"
	"github.com/lanes-go/lanes/internal/chunk"
	"github.com/lanes-go/lanes/tensor"
)

// Metric is a way to compare two vectors.
type Metric = tensor.Metric

// The metrics.
const (
	DotProduct = tensor.DotProduct // Σ x·y: the greater, the more alike
	Cosine     = tensor.Cosine     // Σ x·y / (√Σx² · √Σy²): the greater, the more alike
	SquaredL2  = tensor.SquaredL2  // Σ (x-y)²
	L2         = tensor.L2         // √Σ (x-y)²
	L1         = tensor.L1         // Σ |x-y|
	Hamming    = tensor.Hamming    // the number of elements that differ; NaN differs from all
)

// Distance returns m of x and y. Sums run in a fixed order, 64 (float32) or 32
// (float64) at a time over pieces that are added pairwise: their error grows like that
// of pairwise summation.
//
// Nothing is scaled. L2 is +Inf where a square overflows (3e200 in float64, 2e19 in
// float32) and 0, or of few digits, where all squares underflow (3e-200; 1e-23). Cosine is
// NaN for a vector of zeros, and 0, ±Inf or NaN where a norm over- or underflows like that:
// scale such vectors first. It is not held to [-1, 1] either: rounding may give a vector a
// cosine of 1.0000001 with itself. A NaN in x or y is one in the result, but for Hamming.
func Distance[T Float](x, y []T, m Metric) T {
	if len(x) != len(y) {
		fail("Distance", lengthsDiffer, len(x), len(y))
	}
	k := asm.Active[T]()
	switch m {
	case DotProduct:
		return chunk.Dot(k, x, y)
	case Cosine:
		return chunk.Dot(k, y, x) / T(root(chunk.Dot(k, x, x))*root(chunk.Dot(k, y, y)))
	}
	return distance(k, x, y, m)
}

func root[T Float](x T) T { return T(math.Sqrt(float64(x))) }

// distance is Distance of the metrics that are kernels of rows: y is the row.
func distance[T Float](k *asm.Kernels[T], x, y []T, m Metric) T {
	o := begin("Distance", x, y)
	defer o.put()
	o.t[1].Over(y, 1, len(y))
	o.t[2].Over(o.one[:], 1)
	tensor.Compare(&o.t[2], &o.t[1], &o.t[0], m)
	return o.one[0]
}

// Compare computes dst[i] = m(row i of rows, query): rows holds len(dst) vectors as long
// as query, one after the other. dst shares no memory with them. Where numbers are very
// great or small see [Distance]. It reads rows at the speed of memory, and long ones on
// several threads.
func Compare[T Float](dst, rows, query []T, m Metric) {
	o := begin("Compare", dst, rows, query)
	defer o.put()
	n := len(query)
	if len(rows) != len(dst)*n {
		o.fail("rows are not as many as dst and as long as query")
	}
	o.t[1].Over(rows, len(dst), n)
	tensor.Compare(&o.t[0], &o.t[1], &o.t[2], m)
}

// Match is a row, or an element, and its score.
type Match[T Float] struct {
	Row   int
	Score T
}

// Nearest finds the k rows most alike to query: those with the greatest score where m
// is a similarity, else those with the smallest. It appends them to dst[:0], the best
// first, of equal ones the first row first, and returns that; it allocates only if dst
// has no room for them. rows holds vectors as long as query, one after the other.
//
// Rows whose score is NaN are left out without a word, so that there may be less than k:
// rows with a NaN (but for Hamming), and for Cosine those of zeros, or all of them if query
// is such a vector. Who must know looks at the scores of [Compare]; where a norm over- or
// underflows see [Distance]. Scores are found on several threads, the best of them on one.
func Nearest[T Float](dst []Match[T], rows, query []T, k int, m Metric) []Match[T] {
	n, count := len(query), 0
	switch {
	case n > 0 && len(rows)%n != 0 || n == 0 && len(rows) > 0:
		fail("Nearest", "rows are not vectors as long as query", len(dst), len(rows), n)
	case k < 0:
		fail("Nearest", "k is negative", len(dst), len(rows), n)
	case m > Hamming:
		fail("Nearest", "there is no such metric", len(dst), len(rows), n)
	case n > 0:
		count = len(rows) / n
	}
	scores := getScores[T](count)
	Compare(scores.x, rows, query, m)
	dst = topK(dst[:0], scores.x, k, !m.Similarity())
	putScores(scores)
	return dst
}

// TopK finds the k greatest elements of x. It appends them to dst[:0], the greatest
// first, of equal ones the first first, and returns that; NaNs are left out. It allocates
// only if dst has no room for them, and runs on one thread.
func TopK[T Float](dst []Match[T], x []T, k int) []Match[T] {
	if k < 0 {
		fail("TopK", "k is negative", len(dst), len(x))
	}
	return topK(dst[:0], x, k, false)
}
