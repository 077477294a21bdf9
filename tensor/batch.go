package tensor

import (
	"fmt"

	"github.com/lanes-go/lanes/internal/scratch"
)

// BatchMatMul computes dst[i] = a[i]·b[i] for every matrix of a batch: a is
// … x m x k, b … x k x n, dst … x m x n, with the same leading axes, one or more.
// A two-dimensional b serves every i. Views, overlap, errors and the order of the
// sums are those of MatMul: an entry's bits are those of MatMul on it alone.
// Transposed operands are views: BatchMatMul(dst, a.T(), b).
//
// Small entries are shared out over the threads, large ones use them one after the
// other.
func BatchMatMul[T Float](dst, a, b *Tensor[T]) {
	batchMatMul("BatchMatMul", dst, a, b, false, false, 0)
}

// BatchMatMulTransA computes dst[i] = a[i]ᵀ·b[i]: a is … x k x m.
func BatchMatMulTransA[T Float](dst, a, b *Tensor[T]) {
	batchMatMul("BatchMatMulTransA", dst, a, b, true, false, 0)
}

// BatchMatMulTransB computes dst[i] = a[i]·b[i]ᵀ: b is … x n x k or n x k.
func BatchMatMulTransB[T Float](dst, a, b *Tensor[T]) {
	batchMatMul("BatchMatMulTransB", dst, a, b, false, true, 0)
}

// BatchMatMulAcc computes dst[i] += a[i]·b[i].
func BatchMatMulAcc[T Float](dst, a, b *Tensor[T]) {
	batchMatMul("BatchMatMulAcc", dst, a, b, false, false, 1)
}

// BatchMatMulTransAAcc computes dst[i] += a[i]ᵀ·b[i].
func BatchMatMulTransAAcc[T Float](dst, a, b *Tensor[T]) {
	batchMatMul("BatchMatMulTransAAcc", dst, a, b, true, false, 1)
}

// BatchMatMulTransBAcc computes dst[i] += a[i]·b[i]ᵀ.
func BatchMatMulTransBAcc[T Float](dst, a, b *Tensor[T]) {
	batchMatMul("BatchMatMulTransBAcc", dst, a, b, false, true, 1)
}

// batchSplit is the number of multiply-adds of an entry from which it is worth
// several threads by itself.
const batchSplit = 16 * threadWork

// batch is a batched product after its checks.
type batch[T Float] struct {
	dst, a, b      *Tensor[T]
	tA             bool
	x, y, c        matrix[T] // of entry 0, transposed as asked
	beta           T
	entries, group int // in all, of one item
}

var (
	batches32 scratch.Store[batch[float32]]
	batches64 scratch.Store[batch[float64]]
)

func batchMatMul[T Float](op string, dst, a, b *Tensor[T], tA, tB bool, beta T) {
	p := getBatch[T]()
	*p = batch[T]{dst: dst, a: a, b: b, tA: tA, beta: beta}
	if why := p.check(tB); why != "" {
		err := shapeError(op, why, dst.shape, a.shape, b.shape)
		*p = batch[T]{}
		putBatch(p)
		panic(err)
	}
	p.run()
	*p = batch[T]{} // keeps no tensor alive
	putBatch(p)
}

// check sets the matrices and returns what is wrong, or "".
func (p *batch[T]) check(tB bool) string {
	dst, a, b := p.dst, p.a, p.b
	n := len(a.shape)
	if n < 3 || len(dst.shape) != n || len(b.shape) != n && len(b.shape) != 2 {
		return "a and dst must have the same number of axes, at least three, and b as many or two"
	}
	p.x, p.y, p.c = asMatrix(a, true), asMatrix(b, false), asMatrix(dst, true)
	if p.tA {
		p.x.transpose()
	}
	if tB {
		p.y.transpose()
	}
	p.entries = 1
	for i, d := range a.shape[:n-2] {
		if dst.shape[i] != d || len(b.shape) == n && b.shape[i] != d {
			return "the leading axes differ"
		}
		p.entries *= d
	}
	x, y, c := &p.x, &p.y, &p.c
	switch {
	case x.cols != y.rows:
		return fmt.Sprintf("the inner dimensions %d and %d differ", x.cols, y.rows)
	case c.rows != x.rows || c.cols != y.cols:
		return fmt.Sprintf("dst is not … x %d x %d", x.rows, y.cols)
	case uint(c.rows) > maxDim || uint(c.cols) > maxDim || uint(x.cols) > maxDim:
		return "a dimension of 2^31 or more"
	case p.meets(a, x) || p.meets(b, y):
		return "dst shares memory with an operand"
	}
	return ""
}

// meets reports whether dst shares memory with operand t. Blocks of columns of one
// array do not, if their rows are as far apart (Gemm sees those as apart too).
func (p *batch[T]) meets(t *Tensor[T], x *matrix[T]) bool {
	if !rangesMeet(p.dst.data, t.data) {
		return false
	}
	tx, ldx := x.form()
	tc, ldc := p.c.form()
	return !x.plain() || !p.c.plain() || tx != tc || ldx != ldc || x.rows == 1 || x.cols == 1 ||
		p.c.rows == 1 || p.c.cols == 1 || p.dst.overlaps(t)
}

// run shares the entries out.
func (p *batch[T]) run() {
	if p.entries == 0 || p.c.rows == 0 || p.c.cols == 0 {
		return
	}
	if p.merge() {
		x, y, c := p.x, p.y, p.c
		multiply(&c, &x, &y, p.beta)
		return
	}
	work := float64(p.c.rows) * float64(p.c.cols) * float64(p.x.cols)
	threads := 1
	if work < batchSplit && work*float64(p.entries) >= 2*threadWork {
		threads = MaxThreads()
	}
	if threads == 1 {
		p.group = p.entries
		p.item(0)
		return
	}
	items := min(p.entries, 4*threads, int(work*float64(p.entries)/threadWork))
	p.group = (p.entries + items - 1) / items
	parallelFor((p.entries+p.group-1)/p.group, threads, any(p).(task))
}

// merge reports whether the batch is one product with all rows of a one below the
// other, and makes it that.
func (p *batch[T]) merge() bool {
	n := len(p.a.shape)
	if p.tA || len(p.b.shape) != 2 || p.x.cs != 1 || p.c.cs != 1 {
		return false
	}
	for i := n - 3; i >= 0; i-- {
		if p.a.stride[i] != p.a.stride[i+1]*p.a.shape[i+1] || p.dst.stride[i] != p.dst.stride[i+1]*p.dst.shape[i+1] {
			return false
		}
	}
	rows := p.entries * p.c.rows
	if uint(rows) > maxDim {
		return false
	}
	p.x.rows, p.c.rows = rows, rows
	return true
}

// item computes one group of entries.
func (p *batch[T]) item(i int) {
	for e := i * p.group; e < min((i+1)*p.group, p.entries); e++ {
		x, y, c := p.x, p.y, p.c
		x.data, c.data = p.a.entry(e, &p.x), p.dst.entry(e, &p.c)
		if len(p.b.shape) > 2 {
			y.data = p.b.entry(e, &p.y)
		}
		multiply(&c, &x, &y, p.beta)
	}
}

// entry returns the elements of matrix e of a batch, shaped as x.
func (t *Tensor[T]) entry(e int, x *matrix[T]) []T {
	if x.rows == 0 || x.cols == 0 {
		return nil
	}
	off := 0
	for i := len(t.shape) - 3; i >= 0; i-- {
		off += e % t.shape[i] * t.stride[i]
		e /= t.shape[i]
	}
	return t.data[off : off+(x.rows-1)*x.rs+(x.cols-1)*x.cs+1]
}

func getBatch[T Float]() *batch[T] {
	var z T
	if _, ok := any(z).(float32); ok {
		return any(batches32.Get()).(*batch[T])
	}
	return any(batches64.Get()).(*batch[T])
}

func putBatch[T Float](p *batch[T]) {
	switch p := any(p).(type) {
	case *batch[float32]:
		batches32.Put(p)
	case *batch[float64]:
		batches64.Put(p)
	}
}
