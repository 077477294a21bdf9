package tensor

import (
	"math"
	"slices"

	"github.com/lanes-go/lanes/asm"
	"github.com/lanes-go/lanes/internal/scratch"
)

// How operations on rows run: a row is the elements along an axis, and the rows are
// counted in row-major order of the other axes. They go through the kernels in pieces
// that stay in the L1, several rows together where they are short, and views that are
// not packed as packed copies of a piece. Threads take pieces. What a row becomes
// depends on nothing but the row.

// rowsBytes is the size of a piece, if a row is not longer; measured.
const rowsBytes = 16 << 10

// Where rows lie beside each other, a line of the caches holds elements of many: it is
// read for all of them. besideBytes is what a piece has of lines, and besideMost what it
// may be long.
const (
	besideBytes = 128
	besideMost  = 32 << 20
)

// pieceRows is the number of rows of a piece.
func (c *rowsCall[T]) pieceRows() int {
	rows := max(1, rowsBytes/sizeOf[T]()/max(c.n, 1))
	if c.n > 0 && (c.x.beside() || c.y.beside() || c.dst.beside()) {
		rows = max(rows, min(besideBytes, besideMost/c.n)/sizeOf[T]())
	}
	return rows
}

// beside tells whether rows lie beside each other.
func (o *rowsOperand[T]) beside() bool { return o.data != nil && !o.packed && o.step != 1 }

// expsInPlace is the length of a row from which exponentials are kept in the
// destination, and not in a buffer that is read again soon.
const expsInPlace = 1 << 16

// rowsCall is one call.
type rowsCall[T Float] struct {
	op        rowOp
	k         *asm.Kernels[T]
	n, rows   int
	dst, x, y rowsOperand[T]
	each      int // rows of a piece
	group     int // rows of an item
	split     int // threads that share a row
	labelled  labelled[T]
}

// rowsOperand is a tensor seen as rows.
type rowsOperand[T Float] struct {
	data          []T
	packed        bool
	step          int   // in a row
	shape, stride []int // of the other axes
}

// set takes the rows of t along axis a; or every element as a row, with single.
func (o *rowsOperand[T]) set(t *Tensor[T], a int, single bool) {
	o.data = t.data
	o.shape, o.stride = append(o.shape[:0], t.shape...), append(o.stride[:0], t.stride...)
	if single {
		o.step, o.packed = 1, t.packed()
		return
	}
	o.step, o.packed = t.stride[a], a == len(t.shape)-1 && t.packed()
	o.shape, o.stride = slices.Delete(o.shape, a, a+1), slices.Delete(o.stride, a, a+1)
}

// load returns the rows from r0 to before r1, of n elements, packed.
func (o *rowsOperand[T]) load(k *asm.Kernels[T], buf *[]T, n, r0, r1 int) []T {
	x := o.place(buf, n, r0, r1)
	if !o.packed && n > 0 {
		o.runs(n, r0, r1, func(at, off, rows, step int) {
			copyRows(k, x[at:], n, 1, o.data[off:], step, o.step, rows, n)
		})
	}
	return x
}

// place returns where these rows are to be written: the operand, or a buffer.
func (o *rowsOperand[T]) place(buf *[]T, n, r0, r1 int) []T {
	if o.packed {
		return o.data[r0*n : r1*n : r1*n]
	}
	return scratch.Grow(buf, (r1-r0)*n)
}

// store brings rows from where place said to the operand.
func (o *rowsOperand[T]) store(k *asm.Kernels[T], x []T, n, r0, r1 int) {
	if !o.packed {
		o.runs(n, r0, r1, func(at, off, rows, step int) {
			copyRows(k, o.data[off:], step, o.step, x[at:], n, 1, rows, n)
		})
	}
}

// copyRows copies rows of n elements: the steps from row to row and in a row are dr and
// dc in dst, sr and sc in src.
func copyRows[T Float](k *asm.Kernels[T], dst []T, dr, dc int, src []T, sr, sc, rows, n int) {
	switch {
	case n == 1 && dr == 1 && sr == 1:
		copy(dst[:rows], src)
	case dc == 1 && sc == 1 && n >= 16:
		for r := range rows {
			copy(dst[r*dr:][:n], src[r*sr:])
		}
	case dc == 1 && sr == 1 && canTurn(rows, n, dr, sc):
		k.PackT(dst, dr, src, sc, n, rows)
	case dr == 1 && sc == 1 && canTurn(n, rows, dc, sr):
		k.PackT(dst, dc, src, sr, rows, n)
	default:
		for r := range rows {
			d, s := r*dr, r*sr
			for range n {
				dst[d] = src[s]
				d += dc
				s += sc
			}
		}
	}
}

// canTurn tells whether PackT takes columns of dst and rows of src so far apart.
func canTurn(rows, cols, ldd, lds int) bool {
	return cols <= ldd && rows <= lds && max(ldd, lds) <= math.MaxInt32
}

// runs calls f for rows of equal distance: the first at off of the operand and at of
// packed rows.
func (o *rowsOperand[T]) runs(n, r0, r1 int, f func(at, off, rows, step int)) {
	last := len(o.shape) - 1
	for r := r0; r < r1; {
		run, step, off, rest := r1-r, 0, 0, r
		for a := last; a >= 0; a-- {
			at := rest % o.shape[a]
			rest /= o.shape[a]
			off += at * o.stride[a]
			if a == last {
				run, step = min(run, o.shape[a]-at), o.stride[a]
			}
		}
		f((r-r0)*n, off, run, step)
		r += run
	}
}

// rowsWork is the memory of one thread.
type rowsWork[T Float] struct {
	k          *asm.Kernels[T]
	split      int // threads that share a row of many chunks
	over       overRow[T]
	x, y, d, e []T // rows
	t          []T // lanes of rows that are turned
	v          []T // vectors of one element for each row
}

// vector returns vector i of up to rowVectors.
func (w *rowsWork[T]) vector(i, rows int) []T {
	if cap(w.v) < rowVectors*rows {
		w.v = make([]T, rowVectors*max(rows, rowsBytes/sizeOf[T]()))
	}
	return w.v[i*rows:][:rows:rows]
}

const rowVectors = 10

// exps returns room for the exponentials of rows that go to d.
func (w *rowsWork[T]) exps(d []T, n int) []T {
	if n >= expsInPlace {
		return d
	}
	return scratch.Grow(&w.e, len(d))
}

// rowTime is what an element takes in nanoseconds, and rowThread what is worth a
// thread; measured.
const (
	rowTime   = 0.3
	rowThread = 4000
)

// splitChunks is the number of chunks of a row from which threads share it, if there are
// too few rows to give each thread as many.
const splitChunks = 4

func (c *rowsCall[T]) run() {
	c.k = asm.Active[T]()
	rows := c.pieceRows()
	c.each, c.split = rows, 1
	work := float64(c.rows*max(c.n, 8)) * rowTime * float64(sizeOf[T]()) / 4
	threads := min(int(min(work/rowThread, maxWorkers+1)), MaxThreads())
	if threads > 1 && c.n >= splitChunks*asm.Chunk && c.rows < 4*threads && c.rows%threads != 0 {
		c.split, threads = threads, 1
	}
	if threads <= 1 {
		c.group = c.rows
		c.item(0)
		return
	}
	pieces := (c.rows + rows - 1) / rows
	c.group = rows * max(1, pieces/(8*threads))
	parallel((c.rows+c.group-1)/c.group, threads, work, any(c).(task))
}

func (c *rowsCall[T]) item(i int) {
	w := getRowsWork[T]()
	w.k, w.split = c.k, c.split
	rows := c.each
	end := min((i+1)*c.group, c.rows)
	for r := i * c.group; r < end; r += rows {
		c.piece(w, r, min(r+rows, end))
	}
	putRowsWork(w)
}

var (
	rowsCalls32 scratch.Store[rowsCall[float32]]
	rowsCalls64 scratch.Store[rowsCall[float64]]
	rowsWorks32 scratch.Store[rowsWork[float32]]
	rowsWorks64 scratch.Store[rowsWork[float64]]
)

func getRows[T Float]() *rowsCall[T] {
	var z T
	if _, ok := any(z).(float32); ok {
		return any(rowsCalls32.Get()).(*rowsCall[T])
	}
	return any(rowsCalls64.Get()).(*rowsCall[T])
}

// put gives c back, without what points to memory of the caller.
func (c *rowsCall[T]) put() {
	c.dst.data, c.x.data, c.y.data = nil, nil, nil
	c.labelled.forget()
	switch c := any(c).(type) {
	case *rowsCall[float32]:
		rowsCalls32.Put(c)
	case *rowsCall[float64]:
		rowsCalls64.Put(c)
	}
}

func getRowsWork[T Float]() *rowsWork[T] {
	var z T
	if _, ok := any(z).(float32); ok {
		return any(rowsWorks32.Get()).(*rowsWork[T])
	}
	return any(rowsWorks64.Get()).(*rowsWork[T])
}

func putRowsWork[T Float](w *rowsWork[T]) {
	switch w := any(w).(type) {
	case *rowsWork[float32]:
		rowsWorks32.Put(w)
	case *rowsWork[float64]:
		rowsWorks64.Put(w)
	}
}
