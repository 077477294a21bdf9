// Package data has data sets for nn: in memory, served in batches. Digits comes
// with the package, MNIST is read from the files of its authors.
package data

import (
	"fmt"
	"iter"
	"slices"

	"github.com/lanes-go/lanes/tensor"
)

// Where the random streams of shuffles and of the splits of data sets begin; those
// of parameters count from zero.
const (
	streamShuffle = 1 << 56
	streamSplit   = 2 << 56
)

// Dataset is a data set in memory: row i of X is an example, Labels[i] its class
// in [0, Classes).
type Dataset[T tensor.Float] struct {
	X       *tensor.Tensor[T] // n x features
	Labels  []int
	Classes int

	next   Order
	order  []int
	x      tensor.Tensor[T]
	labels []int
}

// New returns a data set over the n x features tensor x and n labels, neither of
// which it copies.
func New[T tensor.Float](x *tensor.Tensor[T], labels []int, classes int) *Dataset[T] {
	if x.Rank() != 2 || x.Dim(0) != len(labels) {
		panic(fmt.Errorf("data.New: want x n x features and n labels, not %v and %d", x.Shape(), len(labels)))
	}
	for i, l := range labels {
		if l < 0 || l >= classes {
			panic(fmt.Errorf("data.New: label %d of row %d is not in [0, %d)", l, i, classes))
		}
	}
	return &Dataset[T]{X: x, Labels: labels, Classes: classes}
}

// Len returns the number of examples.
func (d *Dataset[T]) Len() int { return len(d.Labels) }

// Features returns the number of values of an example.
func (d *Dataset[T]) Features() int { return d.X.Dim(1) }

// Split cuts off the examples from row n on: the two data sets share d's memory.
func (d *Dataset[T]) Split(n int) (head, tail *Dataset[T]) {
	if n < 0 || n > d.Len() {
		panic(fmt.Errorf("data.Split: row %d of %v", n, d.X.Shape()))
	}
	f, x := d.Features(), d.X.Data()
	head = New(tensor.From(x[:n*f], n, f), d.Labels[:n], d.Classes)
	tail = New(tensor.From(x[n*f:], d.Len()-n, f), d.Labels[n:], d.Classes)
	return head, tail
}

// Order is the order in which passes over a data set take its examples: that of their
// rows, or if Shuffled one that depends on Seed and the number of the pass alone.
type Order struct {
	Shuffled bool
	Seed     uint64
	Pass     uint64 // the next one
}

// Shuffle makes every pass of Batches take the examples in another order, which
// depends on seed and the number of the pass alone. It begins with pass 0 and
// returns d.
func (d *Dataset[T]) Shuffle(seed uint64) *Dataset[T] {
	d.next = Order{Shuffled: true, Seed: seed}
	return d
}

// Order returns the order of the next pass: a checkpoint holds it.
func (d *Dataset[T]) Order() Order { return d.next }

// SetOrder sets the order of the next pass, to go on with a training run.
func (d *Dataset[T]) SetOrder(o Order) { d.next = o }

// Batches passes over the data set once, n examples at a time; the last batch may
// be smaller. The batch belongs to the data set and is valid until the next one,
// so there is one pass at a time.
func (d *Dataset[T]) Batches(n int) iter.Seq2[*tensor.Tensor[T], []int] {
	return d.BatchesFrom(n, 0)
}

// BatchesFrom is the pass of Batches without its first batches: the rest of one that was
// broken off.
func (d *Dataset[T]) BatchesFrom(n, first int) iter.Seq2[*tensor.Tensor[T], []int] {
	if n <= 0 || first < 0 {
		panic(fmt.Errorf("data.Batches: batches of %d, from batch %d on", n, first))
	}
	return func(yield func(*tensor.Tensor[T], []int) bool) {
		d.order = slices.Grow(d.order[:0], d.Len())[:d.Len()]
		if d.next.Shuffled {
			tensor.Permutation(d.order, d.next.Seed, streamShuffle+d.next.Pass)
		} else {
			for i := range d.order {
				d.order[i] = i
			}
		}
		d.next.Pass++
		at := len(d.order)
		if first <= at/n {
			at = first * n
		}
		for ; at < len(d.order); at += n {
			rows := d.order[at:min(at+n, len(d.order))]
			d.labels = slices.Grow(d.labels[:0], len(rows))[:len(rows)]
			d.gather(d.x.Resize(len(rows), d.Features()).Data(), d.labels, rows)
			if !yield(&d.x, d.labels) {
				return
			}
		}
	}
}

// gather copies the examples of the given rows.
func (d *Dataset[T]) gather(x []T, labels []int, rows []int) {
	all, f := d.X.Data(), d.Features()
	for i, r := range rows {
		copy(x[i*f:i*f+f], all[r*f:r*f+f])
		labels[i] = d.Labels[r]
	}
}
