package nn

import "github.com/lanes-go/lanes/tensor"

// ReLU is y = x < 0 ? 0 : x for any shape; its gradient is 0 where x is not > 0.
type ReLU[T tensor.Float] struct{ saved[T] }

// ReLU returns a rectifier.
func (b *Builder[T]) ReLU() *ReLU[T] { return &ReLU[T]{} }

// Forward returns x < 0 ? 0 : x: NaN and -0 pass.
func (l *ReLU[T]) Forward(x *tensor.Tensor[T], mode Mode) *tensor.Tensor[T] {
	mode.check("ReLU.Forward")
	y := l.result(mode, x.Shape()...)
	tensor.ReLU(y, x)
	return y
}

// Backward returns dy where x was > 0, else 0.
func (l *ReLU[T]) Backward(dy *tensor.Tensor[T]) *tensor.Tensor[T] {
	l.check("ReLU.Backward", dy)
	dx := l.dx.Resize(dy.Shape()...)
	tensor.ReLUGrad(dx, dy, &l.y[Train])
	return dx
}

// Params returns nothing.
func (l *ReLU[T]) Params() []*Param[T] { return nil }
