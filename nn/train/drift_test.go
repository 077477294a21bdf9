package train

import (
	"github.com/lanes-go/lanes/nn"
	"github.com/lanes-go/lanes/tensor"
)

// drift is a layer whose result depends on what it has seen, as that of batch norm in
// evaluation: it subtracts a running mean.
type drift[T tensor.Float] struct {
	mean *nn.Buffer[T]
	y    *tensor.Tensor[T]
}

func newDrift[T tensor.Float](n int) *drift[T] {
	return &drift[T]{&nn.Buffer[T]{Name: "running_mean", Value: tensor.New[T](n)}, tensor.New[T](0, n)}
}

func (l *drift[T]) Forward(x *tensor.Tensor[T], mode nn.Mode) *tensor.Tensor[T] {
	m, n := l.mean.Value.Data(), x.Dim(1)
	y := l.y.Resize(x.Shape()...)
	for i, v := range x.Data() {
		if mode == nn.Train {
			m[i%n] += T(0.1 * (v - m[i%n]))
		}
		y.Data()[i] = v - m[i%n]
	}
	return y
}

func (l *drift[T]) Backward(dy *tensor.Tensor[T]) *tensor.Tensor[T] { return dy }
func (l *drift[T]) Params() []*nn.Param[T]                          { return nil }
func (l *drift[T]) Buffers() []*nn.Buffer[T]                        { return []*nn.Buffer[T]{l.mean} }
