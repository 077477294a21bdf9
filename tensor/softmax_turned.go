package tensor

import (
	"github.com/lanes-go/lanes/asm"
	"github.com/lanes-go/lanes/internal/scratch"
)

// Rows of a few elements are turned: element j of all rows of a piece is one vector, and
// so are the greatest elements and the sums. That takes two transposes, and what is left
// has full vectors and no sums across them. The operations on an element and their
// order are those of the kernels of rows, and so are the bits.

// turned are the elements of rows of n, element j of all rows from j*ld on.
type turned[T Float] struct {
	data        []T
	n, rows, ld int
}

// turnedMost is the length of the longest rows that are turned, and turnedRows the
// number of rows from which they are; measured.
const (
	turnedMost = 20
	turnedRows = 16
)

func turnRows(n, rows int) bool {
	return n <= turnedMost && rows >= turnedRows
}

// column is element j of all rows.
func (t *turned[T]) column(j int) []T { return t.data[j*t.ld:][:t.rows:t.rows] }

// turn returns rows of n, turned, and leaves their greatest elements in m; a NaN may get
// there.
func (w *rowsWork[T]) turn(k *asm.Kernels[T], x, m []T, n int) turned[T] {
	t := turned[T]{n: n, rows: len(m)}
	if t.ld = (t.rows + 15) &^ 15; t.ld*sizeOf[T]()%2048 == 0 {
		t.ld += 16 // elements of a row so far apart collide in the L1
	}
	t.data = scratch.Grow(&w.e, n*t.ld)
	k.PackT(t.data, t.ld, x, n, t.rows, n)
	copy(m, t.column(0))
	k.ColMax(m, t.data, t.ld, n)
	return t
}

// beside returns as much memory as t is.
func (w *rowsWork[T]) beside(t *turned[T]) turned[T] {
	return turned[T]{data: scratch.Grow(&w.t, t.n*t.ld), n: t.n, rows: t.rows, ld: t.ld}
}

// all is from the first to the last element, with what is between columns.
func (t *turned[T]) all() []T { return t.data[: (t.n-1)*t.ld+t.rows : len(t.data)] }

// shift subtracts from every row its element of a.
func (t *turned[T]) shift(k *asm.Kernels[T], a []T) {
	for j := range t.n {
		c := t.column(j)
		k.Sub(c, c, a)
	}
}

// exps leaves the exponentials of t in e, which may be t, and in sum their sums, for
// which it uses up buf, which may be e.
func (t *turned[T]) exps(k *asm.Kernels[T], e, buf *turned[T], sum []T) {
	k.Exp(e.all(), t.all())
	e.sums(k, sum, buf.data)
}

// dots leaves in dst the inner product of each row and y; it uses up buf.
func (t *turned[T]) dots(k *asm.Kernels[T], dst, y []T, buf *turned[T]) {
	for j, v := range y {
		k.Affine(buf.column(j), t.column(j), v, 0)
	}
	buf.sums(k, dst, buf.data)
	k.Affine(dst, dst, 1, 0) // as lanes that hold +0 make -0
}

// sums is the sum of each row: with a lane for every element, folded as lanes are. buf is
// memory for as much, or t itself.
func (t *turned[T]) sums(k *asm.Kernels[T], sum, buf []T) {
	if t.n == 1 {
		copy(sum, t.column(0))
		return
	}
	// lane j is column j of the elements, or of buf from the first sum in it on.
	h := 1
	for 2*h < t.n {
		h *= 2
	}
	lane := func(j, summed int) []T {
		if j < summed {
			return buf[j*t.ld:][:t.rows:t.rows]
		}
		return t.column(j)
	}
	lanes, summed := t.n, 0 // lanes that hold something, and of those the ones in buf
	for ; h > 0; h /= 2 {
		for j := range lanes - h {
			dst := buf[j*t.ld:][:t.rows:t.rows]
			if h == 1 {
				dst = sum
			}
			k.Add(dst, lane(j, summed), lane(j+h, summed))
		}
		summed = max(lanes-h, min(summed, h))
		lanes = h
	}
}

// addMultiples adds to every row the product of its element of a and y.
func (t *turned[T]) addMultiples(k *asm.Kernels[T], a, y []T) {
	for j, v := range y {
		k.Axpy(t.column(j), v, a)
	}
}

// scale multiplies every row by its element of a.
func (t *turned[T]) scale(k *asm.Kernels[T], a []T) {
	for j := range t.n {
		c := t.column(j)
		k.Mul(c, c, a)
	}
}

// turnBack writes the rows to d, one after the other.
func (t *turned[T]) turnBack(k *asm.Kernels[T], d []T) {
	k.PackT(d, t.n, t.data, t.ld, t.n, t.rows)
}

// putTurned is put to rows that are turned.
func (l *labelled[T]) putTurned(t *turned[T], v []T, labels []int) {
	v = v[:len(labels)]
	if !l.o.Ignore {
		for i, y := range labels {
			t.data[y*t.ld+i] = v[i]
		}
		return
	}
	for i, y := range labels {
		if y != l.o.IgnoreIndex {
			t.data[y*t.ld+i] = v[i]
			continue
		}
		for j := range t.n {
			t.data[j*t.ld+i] = 0
		}
	}
}
