package nn

import (
	"fmt"
	"slices"

	"github.com/lanes-go/lanes/tensor"
)

// Reshape gives x another shape. Elements keep their row-major order. Where x is contiguous
// nothing is copied: the result is a view of it, and the gradient one of dy.
type Reshape[T tensor.Float] struct {
	name     string
	forward  string // names of the operations, for errors
	backward string
	to       []int // what comes after the first axis, with at most one -1
	start    int   // of Flatten: the first axis to go; else -1

	shape []int       // of a result
	in    []int       // of x in the last Train-mode Forward
	out   []int       // of its result
	y     [2]alias[T] // results in each mode
	dx    alias[T]
	ready bool
}

// alias is a view of a tensor in another shape, or of a copy of it.
type alias[T tensor.Float] struct{ view, packed tensor.Tensor[T] }

func (a *alias[T]) of(x *tensor.Tensor[T], shape []int) *tensor.Tensor[T] {
	if !x.IsContiguous() {
		x = a.packed.Resize(x.Shape()...).CopyFrom(x)
	}
	return a.view.Over(x.Data(), shape...)
}

// Flatten returns a layer that makes one axis of all axes of x from start on, 1 if it is not
// given: N x C x H x W becomes N x C·H·W.
func (b *Builder[T]) Flatten(start ...int) *Reshape[T] {
	first := 1
	if len(start) > 0 {
		first = start[0]
	}
	if len(start) > 1 || first < 0 {
		panic(misuse("Flatten", fmt.Sprintf("first axis %v: want one number of at least 0", start)))
	}
	return newReshape[T]("Flatten", first, nil)
}

// Reshape returns a layer that gives x the shape N x shape…, where N is the length of the
// first axis of x, which stays, as in PyTorch's Unflatten(1, shape). One length may be -1:
// it is found from the others.
func (b *Builder[T]) Reshape(shape ...int) *Reshape[T] {
	free := 0
	for _, d := range shape {
		if d == -1 {
			free++
		} else if d <= 0 {
			panic(misuse("Reshape", "want lengths of at least 1, and -1 for one of them", shape))
		}
	}
	if free > 1 {
		panic(misuse("Reshape", "want lengths of at least 1, and -1 for one of them", shape))
	}
	return newReshape[T]("Reshape", -1, slices.Clone(shape))
}

func newReshape[T tensor.Float](name string, start int, to []int) *Reshape[T] {
	return &Reshape[T]{name: name, forward: name + ".Forward", backward: name + ".Backward", start: start, to: to}
}

// resolve sets the shape of the result for x.
func (l *Reshape[T]) resolve(in []int) {
	if l.start >= 0 {
		if len(in) <= l.start {
			panic(misuse(l.forward, fmt.Sprintf("want x with an axis %d; x", l.start), in))
		}
		n := 1
		for _, d := range in[l.start:] {
			n *= d
		}
		l.shape = append(append(l.shape[:0], in[:l.start]...), n)
		return
	}
	if len(in) == 0 {
		panic(misuse(l.forward, "want x with a first axis, which stays; x", in))
	}
	have, want, free := 1, 1, -1
	for _, d := range in[1:] {
		have *= d
	}
	l.shape = append(append(l.shape[:0], in[0]), l.to...)
	for i, d := range l.to {
		if d == -1 {
			free = i + 1
		} else {
			want *= d
		}
	}
	if free >= 0 && have%want == 0 {
		l.shape[free] = have / want
		want = have
	}
	if have != want {
		panic(misuse(l.forward, "x has not the number of elements of the shape, apart from the first axis; x, shape", in, l.to))
	}
}

// Forward returns x in the other shape: a view of x if that is contiguous.
func (l *Reshape[T]) Forward(x *tensor.Tensor[T], mode Mode) *tensor.Tensor[T] {
	mode.check(l.forward)
	l.resolve(x.Shape())
	if mode == Train {
		l.in, l.out, l.ready = append(l.in[:0], x.Shape()...), append(l.out[:0], l.shape...), true
	}
	return l.y[mode].of(x, l.shape)
}

// Backward returns dy in the shape of x: a view of dy if that is contiguous.
func (l *Reshape[T]) Backward(dy *tensor.Tensor[T]) *tensor.Tensor[T] {
	if !l.ready {
		panic(misuse(l.backward, "Backward without a Train-mode Forward before it", dy.Shape()))
	}
	if !slices.Equal(dy.Shape(), l.out) {
		panic(misuse(l.backward, "the gradient has not the shape of the result; gradient, result", dy.Shape(), l.out))
	}
	return l.dx.of(dy, l.in)
}

// Params returns nothing.
func (l *Reshape[T]) Params() []*Param[T] { return nil }

// Replica returns the same function, with results of its own.
func (l *Reshape[T]) Replica() Layer[T] { return newReshape[T](l.name, l.start, l.to) }

func (l *Reshape[T]) describe() string {
	if l.start >= 0 {
		return "Flatten"
	}
	return fmt.Sprintf("Reshape%v", l.to)
}
func (l *Reshape[T]) flops(in, out []int) int64 { return 0 }
