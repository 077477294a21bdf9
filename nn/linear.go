package nn

import (
	"fmt"

	"github.com/lanes-go/lanes/tensor"
)

// Linear is y = x·Wᵀ + b: x is n x in, W out x in, b out, y n x out.
type Linear[T tensor.Float] struct {
	Weight, Bias *Param[T]

	x *tensor.Tensor[T] // input of the last Train-mode Forward
	saved[T]
}

// Linear returns a fully connected layer. Unless the builder says otherwise its weights
// are normal numbers of standard deviation sqrt(2/in) (HeNormal, for a ReLU to follow),
// its biases zero. The parameters are called weight and bias.
func (b *Builder[T]) Linear(in, out int) *Linear[T] {
	if in <= 0 || out <= 0 {
		panic(misuse("Linear", fmt.Sprintf("%d inputs, %d outputs: both must be positive", in, out)))
	}
	l := &Linear[T]{}
	l.Weight = b.weight("Linear", "weight", HeNormal(), out, in)
	l.Bias = b.bias("Linear", "bias", in, out, out)
	return l
}

// Forward returns x·Wᵀ + b, n x out, for x n x in.
func (l *Linear[T]) Forward(x *tensor.Tensor[T], mode Mode) *tensor.Tensor[T] {
	l.checkInput(x, mode)
	y := l.result(mode, x.Dim(0), l.Weight.Value.Dim(0))
	l.forward(y, x, mode, tensor.ActNone)
	return y
}

func (l *Linear[T]) checkInput(x *tensor.Tensor[T], mode Mode) {
	mode.check("Linear.Forward")
	if w := l.Weight.Value; x.Rank() != 2 || x.Dim(1) != w.Dim(1) {
		panic(misuse("Linear.Forward", "want x n x in, weight out x in; x, weight", x.Shape(), w.Shape()))
	}
}

func (l *Linear[T]) forward(y, x *tensor.Tensor[T], mode Mode, act tensor.Activation) {
	if mode == Train {
		l.x = x
	}
	tensor.Linear(y, x, l.Weight.Value, l.Bias.Value, act)
}

// Backward adds dyᵀ·x and the column sums of dy to the gradients, and returns dy·W.
func (l *Linear[T]) Backward(dy *tensor.Tensor[T]) *tensor.Tensor[T] {
	l.check("Linear.Backward", dy)
	return l.backward(dy, true)
}

func (l *Linear[T]) backwardParams(dy *tensor.Tensor[T]) {
	l.check("Linear.Backward", dy)
	l.backward(dy, false)
}

// backward returns dx, or nil if it is not wanted.
func (l *Linear[T]) backward(dy *tensor.Tensor[T], wantDx bool) *tensor.Tensor[T] {
	return linearBackward(l.Weight, l.Bias, dy, l.x, &l.dx, wantDx)
}

// linearBackward is the backward pass of x·Wᵀ + b: it adds to the gradients of what is not
// frozen and returns dx, or nil if it is not wanted.
func linearBackward[T tensor.Float](weight, bias *Param[T], dy, x, dx *tensor.Tensor[T], wantDx bool) *tensor.Tensor[T] {
	if !weight.Frozen {
		tensor.MatMulTransAAcc(weight.Grad, dy, x)
	}
	if !bias.Frozen {
		tensor.ColSumAcc(bias.Grad, dy)
	}
	if !wantDx {
		return nil
	}
	tensor.MatMul(dx.Resize(x.Dim(0), x.Dim(1)), dy, weight.Value)
	return dx
}

func (l *Linear[T]) forwardReLU(x *tensor.Tensor[T], mode Mode, relu *Activation[T]) *tensor.Tensor[T] {
	l.checkInput(x, mode)
	y := relu.result(mode, x.Dim(0), l.Weight.Value.Dim(0))
	l.forward(y, x, mode, tensor.ActReLU)
	return y
}

func (l *Linear[T]) backwardReLU(dy *tensor.Tensor[T], relu *Activation[T], wantDx bool) *tensor.Tensor[T] {
	return l.backward(relu.Backward(dy), wantDx)
}

// Params returns the weight and the bias.
func (l *Linear[T]) Params() []*Param[T] { return []*Param[T]{l.Weight, l.Bias} }

// Replica returns a layer over the same parameters.
func (l *Linear[T]) Replica() Layer[T] { return &Linear[T]{Weight: l.Weight, Bias: l.Bias} }
