package nn

import (
	"fmt"

	"github.com/lanes-go/lanes/tensor"
)

// Dropout sets elements to 0 with a probability in training and leaves them alone in
// evaluation; what stays is divided by the probability to stay, so that the mean does not
// change (inverted dropout; Srivastava and others, Dropout, JMLR 2014).
//
// Which elements go is a function of the seed of the builder, the number of the layer, the
// number of its Train-mode Forward and the place of the element: the same on every CPU
// and with any number of threads. The mask is not stored but drawn again by Backward.
type Dropout[T tensor.Float] struct {
	p      float64
	seed   uint64
	stream uint64
	steps  *Counter // Train-mode forward passes so far
	last   uint64   // random stream of the last of them

	saved[T]
}

// Dropout returns a layer that drops elements with probability p, 0 <= p < 1.
func (b *Builder[T]) Dropout(p float64) *Dropout[T] {
	if !(p >= 0 && p < 1) {
		panic(misuse("Dropout", fmt.Sprintf("probability %v: want at least 0 and below 1", p)))
	}
	b.params = max(b.params, 1) // the streams of passes of a layer 0 would be those of parameters
	l := &Dropout[T]{p: p, seed: b.seed, stream: b.params, steps: &Counter{Name: "steps"}}
	b.params++
	return l
}

// Forward returns x, in Train mode with some elements 0 and the others divided by 1-p.
func (l *Dropout[T]) Forward(x *tensor.Tensor[T], mode Mode) *tensor.Tensor[T] {
	mode.check("Dropout.Forward")
	if mode == Eval {
		return x
	}
	y := l.result(mode, x.Shape()...)
	l.steps.N++
	l.last = l.stream<<40 + l.steps.N // those of passes of all layers, and of parameters, are apart
	tensor.Dropout(y, x, l.p, l.seed, l.last)
	return y
}

// Backward returns dy, 0 where an element was dropped and divided by 1-p elsewhere.
func (l *Dropout[T]) Backward(dy *tensor.Tensor[T]) *tensor.Tensor[T] {
	l.check("Dropout.Backward", dy)
	dx := l.dx.Resize(dy.Shape()...)
	tensor.Dropout(dx, dy, l.p, l.seed, l.last)
	return dx
}

// Params returns nothing.
func (l *Dropout[T]) Params() []*Param[T] { return nil }

// Counters returns the number of Train-mode passes so far, called steps.
func (l *Dropout[T]) Counters() []*Counter { return []*Counter{l.steps} }

// Replica returns a layer that, in Eval mode, does nothing.
func (l *Dropout[T]) Replica() Layer[T] { return &Identity[T]{} }
