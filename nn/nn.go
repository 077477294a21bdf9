package nn

import (
	"fmt"

	"github.com/lanes-go/lanes/tensor"
)

// Mode tells a layer what a forward pass is for.
type Mode int

const (
	Eval  Mode = iota // inference: nothing is kept for Backward
	Train             // training: the layer keeps what Backward needs
)

// check panics if m is neither.
func (m Mode) check(op string) {
	if m != Eval && m != Train {
		panic(misuse(op, fmt.Sprintf("mode %d: want Eval or Train", int(m))))
	}
}

// Layer is a differentiable function of one tensor with parameters. Neither method writes to
// the tensor it is given, which others may need; a result may be that tensor or a view of it.
type Layer[T tensor.Float] interface {
	// Forward returns the layer's result for x. The layer owns it: it is valid
	// until the next Forward in the same mode; Clone it to keep it. In Train mode
	// the layer may keep x until Backward.
	Forward(x *tensor.Tensor[T], mode Mode) *tensor.Tensor[T]

	// Backward takes the gradient of the loss with respect to the result of the
	// last Train-mode Forward, adds to the gradient of each parameter and returns
	// the gradient with respect to x. The layer owns it, until the next Backward.
	Backward(dy *tensor.Tensor[T]) *tensor.Tensor[T]

	// Params returns the parameters that training changes, in a fixed order.
	Params() []*Param[T]
}

// Param is a parameter of a layer.
type Param[T tensor.Float] struct {
	Name   string // within the network: "0.weight"
	Value  *tensor.Tensor[T]
	Grad   *tensor.Tensor[T] // the same shape; gradients are added, the optimiser clears them
	Frozen bool              // no gradient is computed, no optimiser changes it, and Step drops what Grad holds: see Freeze

	// NoDecay says that no penalty counts it, although it has two axes or more: scales and
	// shifts of a normalisation, biases in groups. With fewer axes none does.
	NoDecay bool
}

// paramsOnly is a layer that can leave out the gradient with respect to its input.
type paramsOnly[T tensor.Float] interface {
	backwardParams(dy *tensor.Tensor[T])
}

// BackwardParams is l.Backward for a network's last caller: it adds the same bits
// to the gradients of the parameters, but leaves out the gradient with respect to
// the input of the network where that costs something and nobody asks for it.
func BackwardParams[T tensor.Float](l Layer[T], dy *tensor.Tensor[T]) {
	if p, ok := l.(paramsOnly[T]); ok {
		p.backwardParams(dy)
	} else {
		l.Backward(dy)
	}
}

// Builder makes layers. Parameters are drawn from its seed, in the order in which
// the layers are made: each from a random stream of its own.
type Builder[T tensor.Float] struct {
	// WeightInit and BiasInit say how weights and biases of layers made from now on begin;
	// the zero Init leaves it to the layer. Scales and shifts of normalisations, and
	// slopes, begin as their layers say.
	WeightInit, BiasInit Init

	seed   uint64
	params uint64
}

// New returns a builder of layers over T.
func New[T tensor.Float](seed uint64) *Builder[T] { return &Builder[T]{seed: seed} }

// param returns a new parameter of zeros and the number of its random stream.
func (b *Builder[T]) param(name string, shape ...int) (p *Param[T], stream uint64) {
	stream = b.params
	b.params++
	return &Param[T]{Name: name, Value: tensor.New[T](shape...), Grad: tensor.New[T](shape...)}, stream
}

// Error is the panic value of a misused layer.
type Error struct {
	Op     string // "Linear.Forward"
	Reason string
	Shapes [][]int // those that do not fit, as Reason orders them
}

func (e *Error) Error() string {
	s := "nn." + e.Op + ": " + e.Reason
	for i, d := range e.Shapes {
		if i == 0 {
			s += ":"
		} else {
			s += ","
		}
		s += fmt.Sprintf(" %v", d)
	}
	return s
}

func misuse(op, reason string, shapes ...[]int) *Error {
	e := &Error{Op: op, Reason: reason}
	for _, s := range shapes {
		e.Shapes = append(e.Shapes, append([]int{}, s...))
	}
	return e
}

// saved is what a layer keeps from a forward pass in each mode: a result of its
// own, and in Train mode whether Backward may be called. The two modes have
// buffers of their own, so that an Eval pass in between does not disturb Backward.
type saved[T tensor.Float] struct {
	y     [2]tensor.Tensor[T]
	dx    tensor.Tensor[T]
	ready bool
}

// result returns the buffer for a result.
func (s *saved[T]) result(mode Mode, shape ...int) *tensor.Tensor[T] {
	if mode == Train {
		s.ready = true
		return s.y[Train].Resize(shape...)
	}
	return s.y[Eval].Resize(shape...)
}

// check panics unless dy is the gradient of the last Train-mode result.
func (s *saved[T]) check(op string, dy *tensor.Tensor[T]) {
	if !s.ready {
		panic(misuse(op, "Backward without a Train-mode Forward before it", dy.Shape()))
	}
	if !dy.SameShape(&s.y[Train]) {
		panic(misuse(op, "the gradient has not the shape of the result; gradient, result", dy.Shape(), s.y[Train].Shape()))
	}
}
