package tensor

import (
	"math"

	"github.com/lanes-go/lanes/asm"
	"github.com/lanes-go/lanes/internal/chunk"
	"github.com/lanes-go/lanes/internal/scratch"
)

// The kernels of rows, for rows of any length. Those that are longer than a chunk go chunk
// by chunk; the chunks of a very long one are shared by threads. What is found of chunks
// is combined in their order: the greatest in any, sums pairwise.

// chunkOp is what is done with a chunk of a row.
type chunkOp uint8

const (
	chunkMax            chunkOp = iota // the greatest element
	chunkExpSum                        // exponentials less a, to dst if there is one, and their sum
	chunkSum                           // the sum
	chunkDot                           // the inner product with y
	chunkDistance                      // the inner product of x-a with y
	chunkScale                         // dst = a·x
	chunkAxpy                          // dst = fma(a, x, dst)
	chunkShift                         // dst = (x-a)-b
	chunkSoftmaxGrad                   // as the kernels do, of dst, x, y and a
	chunkLogSoftmaxGrad                // the same
	chunkHinge                         // the same; x is written
)

// overRow is an operation on all chunks of a row.
type overRow[T Float] struct {
	k         *asm.Kernels[T]
	op        chunkOp
	dst, x, y []T
	a, b      []T // one element
	zero      [1]T
	parts     []T // what was found of each chunk
	chunks    int
	each      int // chunks of an item
}

// row does op with a row x, and leaves in parts what it finds.
func (w *rowsWork[T]) row(op chunkOp, dst, x, y, a, b []T) {
	o := &w.over
	o.k, o.op, o.dst, o.x, o.y, o.a, o.b = w.k, op, dst, x, y, a, b
	o.chunks = (len(x) + asm.Chunk - 1) / asm.Chunk
	scratch.Grow(&o.parts, o.chunks)
	if w.split > 1 {
		o.each = max(1, o.chunks/(8*w.split))
		parallelFor((o.chunks+o.each-1)/o.each, w.split, o)
	} else {
		for j := range o.chunks {
			o.chunk(w, j)
		}
	}
	o.dst, o.x, o.y, o.a, o.b = nil, nil, nil, nil, nil
}

func (o *overRow[T]) item(i int) {
	w := getRowsWork[T]()
	for j := i * o.each; j < min((i+1)*o.each, o.chunks); j++ {
		o.chunk(w, j)
	}
	putRowsWork(w)
}

// chunk does chunk j; w is memory of this thread.
func (o *overRow[T]) chunk(w *rowsWork[T], j int) {
	k, lo := o.k, j*asm.Chunk
	hi := min(lo+asm.Chunk, len(o.x))
	h, x, part := hi-lo, o.x[lo:hi:hi], o.parts[j:j+1:j+1]
	var d, y []T
	if o.dst != nil {
		d = o.dst[lo:hi:hi]
	}
	if o.y != nil {
		y = o.y[lo:hi:hi]
	}
	switch o.op {
	case chunkMax:
		k.MaxRows(part, x, h)
	case chunkExpSum:
		if d == nil {
			d = scratch.Grow(&w.e, h)
		}
		k.ExpSumRows(d, part, x, o.a, h)
	case chunkSum:
		part[0] = k.Sum(x)
	case chunkDot:
		part[0] = k.Dot(x, y)
	case chunkDistance:
		t := scratch.Grow(&w.e, h)
		k.ShiftRows(t, x, o.a, o.zero[:], h)
		part[0] = k.Dot(y, t)
	case chunkScale:
		k.Scale(d, o.a[0], x)
	case chunkAxpy:
		k.Axpy(d, o.a[0], x)
	case chunkShift:
		k.ShiftRows(d, x, o.a, o.b, h)
	case chunkSoftmaxGrad:
		k.SoftmaxGradRows(d, x, y, o.a, h)
	case chunkLogSoftmaxGrad:
		k.LogSoftmaxGradRows(d, x, y, o.a, h)
	case chunkHinge:
		k.HingeRows(d, x, y, o.a, h)
	}
}

// total is the sum of what was found of the chunks of the last row.
func (w *rowsWork[T]) total() T {
	var p chunk.Pairwise[T]
	for _, v := range w.over.parts[:w.over.chunks] {
		p.Add(v)
	}
	return p.Sum()
}

func (w *rowsWork[T]) maxRows(dst, x []T, n int) {
	if n <= asm.Chunk {
		w.k.MaxRows(dst, x, n)
		return
	}
	for r := range dst {
		w.row(chunkMax, nil, x[r*n:][:n:n], nil, nil, nil)
		m := T(math.Inf(-1))
		for _, v := range w.over.parts[:w.over.chunks] {
			m = max(m, v)
		}
		dst[r] = m
	}
}

func (w *rowsWork[T]) expSumRows(dst, sum, x, shift []T, n int) {
	if n <= asm.Chunk {
		w.k.ExpSumRows(dst, sum, x, shift, n)
		return
	}
	for r := range sum {
		w.row(chunkExpSum, dst[r*n:][:n:n], x[r*n:][:n:n], nil, shift[r:r+1:r+1], nil)
		sum[r] = w.total()
	}
}

// sums is expSumRows where only the sums are asked for.
func (w *rowsWork[T]) sums(sum, x, shift []T, n int) {
	if n <= asm.Chunk {
		w.k.ExpSumRows(scratch.Grow(&w.e, len(x)), sum, x, shift, n)
		return
	}
	for r := range sum {
		w.row(chunkExpSum, nil, x[r*n:][:n:n], nil, shift[r:r+1:r+1], nil)
		sum[r] = w.total()
	}
}

func (w *rowsWork[T]) sumRows(dst, x []T, n int) {
	if n <= asm.Chunk {
		w.k.SumRows(dst, x, n, n)
		return
	}
	for r := range dst {
		w.row(chunkSum, nil, x[r*n:][:n:n], nil, nil, nil)
		dst[r] = w.total()
	}
}

func (w *rowsWork[T]) dotsRows(dst, x, y []T, n int) {
	if n <= asm.Chunk {
		w.k.DotsRows(dst, x, y, n)
		return
	}
	for r := range dst {
		w.row(chunkDot, nil, x[r*n:][:n:n], y[r*n:][:n:n], nil, nil)
		dst[r] = w.total()
	}
}

// distances is dst[r] = Σ weights[j]·(x[r][j] - m[r]), the products fused, in the order
// of a contiguous axis.
func (w *rowsWork[T]) distances(dst, x, m, weights []T, n int) {
	if n <= asm.Chunk {
		t, zero := scratch.Grow(&w.e, len(x)), w.vector(rowVectors-1, len(m))
		clear(zero)
		w.k.ShiftRows(t, x, m, zero, n)
		w.k.DotRows(dst, t, n, weights)
		return
	}
	for r := range m {
		w.row(chunkDistance, nil, x[r*n:][:n:n], weights, m[r:r+1:r+1], nil)
		dst[r] = w.total()
	}
}

func (w *rowsWork[T]) scaleRows(dst, x, a []T, n int) {
	if n <= asm.Chunk {
		w.k.ScaleRows(dst, x, a, n)
		return
	}
	for r := range a {
		w.row(chunkScale, dst[r*n:][:n:n], x[r*n:][:n:n], nil, a[r:r+1:r+1], nil)
	}
}

// axpyRows is dst[r][j] = fma(a[r], x[j], dst[r][j]).
func (w *rowsWork[T]) axpyRows(dst, a, x []T, n int) {
	if n <= asm.Chunk {
		chunk.AxpyRows(w.k, dst, n, a, x)
		return
	}
	for r := range a {
		w.row(chunkAxpy, dst[r*n:][:n:n], x, nil, a[r:r+1:r+1], nil)
	}
}

func (w *rowsWork[T]) shiftRows(dst, x, a, b []T, n int) {
	if n <= asm.Chunk {
		w.k.ShiftRows(dst, x, a, b, n)
		return
	}
	for r := range a {
		w.row(chunkShift, dst[r*n:][:n:n], x[r*n:][:n:n], nil, a[r:r+1:r+1], b[r:r+1:r+1])
	}
}

// eachRow runs op, which is one of those with a kernel f of their own.
func (w *rowsWork[T]) eachRow(op chunkOp, f func(dst, x, y, a []T, n int), dst, x, y, a []T, n int) {
	if n <= asm.Chunk {
		f(dst, x, y, a, n)
		return
	}
	for r := range a {
		w.row(op, dst[r*n:][:n:n], x[r*n:][:n:n], y[r*n:][:n:n], a[r:r+1:r+1], nil)
	}
}
