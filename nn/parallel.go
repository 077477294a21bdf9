package nn

import (
	"fmt"

	"github.com/lanes-go/lanes/tensor"
)

// Concat joins the results of branches over one input along an axis.
type Concat[T tensor.Float] struct {
	branches[T]
	axis int

	shape []int
	parts []*tensor.Tensor[T] // gradients of the branches' results
}

// Concat returns a container that gives its input to every branch and puts their results
// one after the other along an axis, from the end if negative: see [tensor.Concat]. The
// other axes of the results have equal lengths. Names are as in a Sequential.
func (b *Builder[T]) Concat(axis int, branches ...Layer[T]) *Concat[T] {
	return newConcat(axis, newBranches("Concat", branches))
}

func newConcat[T tensor.Float](axis int, b branches[T]) *Concat[T] {
	l := &Concat[T]{branches: b, axis: axis}
	for range b.kids {
		l.parts = append(l.parts, &tensor.Tensor[T]{})
	}
	return l
}

// Forward returns the results of the branches, joined.
func (l *Concat[T]) Forward(x *tensor.Tensor[T], mode Mode) *tensor.Tensor[T] {
	r := l.run(x, mode)
	a := l.axis
	if a < 0 {
		a += r[0].Rank()
	}
	if a < 0 || a >= r[0].Rank() {
		panic(misuse(l.forward, fmt.Sprintf("no axis %d; results of the branches", l.axis), shapesOf(r)...))
	}
	l.shape = append(l.shape[:0], r[0].Shape()...)
	for _, r := range r[1:] {
		if r.Rank() > a {
			l.shape[a] += r.Dim(a)
		}
	}
	for _, t := range r {
		if t.Rank() != len(l.shape) {
			panic(misuse(l.forward, "the results of the branches differ in rank", shapesOf(r)...))
		}
		for i, d := range t.Shape() {
			if i != a && d != l.shape[i] {
				panic(misuse(l.forward, fmt.Sprintf("the results of the branches differ along axis %d", i), shapesOf(r)...))
			}
		}
	}
	y := l.result(mode, l.shape...)
	tensor.Concat(y, a, r...)
	return y
}

// Backward gives every branch its part of dy and returns the sum of their gradients.
func (l *Concat[T]) Backward(dy *tensor.Tensor[T]) *tensor.Tensor[T] {
	l.split(dy)
	var dx *tensor.Tensor[T]
	for i := range l.kids {
		dx = l.add(i, dx, l.kids[i].layer.Backward(l.parts[i]))
	}
	return dx
}

func (l *Concat[T]) backwardParams(dy *tensor.Tensor[T]) {
	l.split(dy)
	for i := range l.kids {
		if l.kids[i].trains() {
			BackwardParams(l.kids[i].layer, l.parts[i])
		}
	}
}

func (l *Concat[T]) split(dy *tensor.Tensor[T]) {
	l.check(l.backward, dy)
	for i, r := range l.results[Train] {
		l.parts[i].Resize(r.Shape()...)
	}
	tensor.Split(l.parts, dy, l.axis)
}

func (l *Concat[T]) over(f func(Layer[T]) Layer[T]) Layer[T] {
	return newConcat(l.axis, l.branches.over(f))
}
