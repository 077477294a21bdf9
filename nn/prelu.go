package nn

import (
	"fmt"

	"github.com/lanes-go/lanes/tensor"
)

// PReLU is y = x < 0 ? slope·x : x with slopes that are learnt: one for all, or one for
// each channel, the second axis of x (He, Zhang, Ren and Sun, Delving Deep into
// Rectifiers, 2015).
type PReLU[T tensor.Float] struct {
	Weight *Param[T]

	x           *tensor.Tensor[T] // input of the last Train-mode Forward
	slope, grad tensor.Tensor[T]  // of the parameter, in a shape that broadcasts to x
	sum         tensor.Tensor[T]  // gradient of one pass
	shape       []int
	saved[T]
}

// PReLU returns a rectifier with slopes for so many channels, or with one slope for all
// elements if channels is 1. They begin at 0.25. The parameter is called weight.
func (b *Builder[T]) PReLU(channels int) *PReLU[T] {
	if channels <= 0 {
		panic(misuse("PReLU", fmt.Sprintf("%d channels: want at least 1", channels)))
	}
	l := &PReLU[T]{}
	l.Weight, _ = b.param("weight", channels)
	l.Weight.Value.Fill(0.25)
	return l
}

// slopes lays the slopes and their gradient out for x.
func (l *PReLU[T]) slopes(op string, x *tensor.Tensor[T]) {
	n := l.Weight.Value.Dim(0)
	l.shape = append(l.shape[:0], n)
	if n > 1 {
		if x.Rank() < 2 || x.Dim(1) != n {
			panic(misuse(op, "want x with a channel for each slope along its second axis; x, slopes", x.Shape(), l.Weight.Value.Shape()))
		}
		for range x.Rank() - 2 {
			l.shape = append(l.shape, 1)
		}
	}
	l.slope.Over(l.Weight.Value.Data(), l.shape...)
	l.grad.Over(l.Weight.Grad.Data(), l.shape...)
}

// Forward returns x < 0 ? slope·x : x, of the shape of x.
func (l *PReLU[T]) Forward(x *tensor.Tensor[T], mode Mode) *tensor.Tensor[T] {
	mode.check("PReLU.Forward")
	l.slopes("PReLU.Forward", x)
	y := l.result(mode, x.Shape()...)
	if mode == Train {
		l.x = x
	}
	tensor.PReLU(y, x, &l.slope)
	return y
}

// Backward adds Σ dy·x over x < 0 to the gradients of the slopes and returns dy, times the
// slope where x is not above 0.
func (l *PReLU[T]) Backward(dy *tensor.Tensor[T]) *tensor.Tensor[T] {
	l.check("PReLU.Backward", dy)
	l.slopes("PReLU.Backward", l.x)
	l.backwardSlopes(dy)
	dx := l.dx.Resize(dy.Shape()...)
	tensor.PReLUGrad(dx, dy, l.x, &l.slope)
	return dx
}

func (l *PReLU[T]) backwardParams(dy *tensor.Tensor[T]) {
	l.check("PReLU.Backward", dy)
	l.slopes("PReLU.Backward", l.x)
	l.backwardSlopes(dy)
}

func (l *PReLU[T]) backwardSlopes(dy *tensor.Tensor[T]) {
	if l.Weight.Frozen {
		return
	}
	l.sum.Resize(l.shape...)
	tensor.PReLUSlopeGrad(&l.sum, dy, l.x)
	tensor.Add(&l.grad, &l.grad, &l.sum)
}

// Params returns the slopes.
func (l *PReLU[T]) Params() []*Param[T] { return []*Param[T]{l.Weight} }

// Replica returns a layer over the same slopes.
func (l *PReLU[T]) Replica() Layer[T] { return &PReLU[T]{Weight: l.Weight} }
