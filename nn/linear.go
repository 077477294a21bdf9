package nn

import (
	"fmt"
	"math"

	"github.com/lanes-go/lanes/tensor"
)

// Linear is y = x·Wᵀ + b: x is n x in, W out x in, b out, y n x out.
type Linear[T tensor.Float] struct {
	Weight, Bias *Param[T]

	x *tensor.Tensor[T] // input of the last Train-mode Forward
	saved[T]
}

// Linear returns a fully connected layer. Its weights are normal numbers of
// standard deviation sqrt(2/in) (He et al. 2015, for a ReLU to follow), its biases
// zero. The parameters are called weight and bias.
func (b *Builder[T]) Linear(in, out int) *Linear[T] {
	if in <= 0 || out <= 0 {
		panic(misuse("Linear", fmt.Sprintf("%d inputs, %d outputs: both must be positive", in, out)))
	}
	l := &Linear[T]{}
	var stream uint64
	l.Weight, stream = b.param("weight", out, in)
	l.Bias, _ = b.param("bias", out)
	tensor.Normal(l.Weight.Value, 0, T(math.Sqrt(2/float64(in))), b.seed, stream)
	return l
}

// Forward returns x·Wᵀ + b, n x out, for x n x in.
func (l *Linear[T]) Forward(x *tensor.Tensor[T], mode Mode) *tensor.Tensor[T] {
	mode.check("Linear.Forward")
	w := l.Weight.Value
	if x.Rank() != 2 || x.Dim(1) != w.Dim(1) {
		panic(misuse("Linear.Forward", "want x n x in, weight out x in; x, weight", x.Shape(), w.Shape()))
	}
	y := l.result(mode, x.Dim(0), w.Dim(0))
	if mode == Train {
		l.x = x
	}
	tensor.MatMulTransB(y, x, w)
	tensor.AddRow(y, y, l.Bias.Value)
	return y
}

// Backward adds dyᵀ·x and the column sums of dy to the gradients, and returns dy·W.
func (l *Linear[T]) Backward(dy *tensor.Tensor[T]) *tensor.Tensor[T] {
	l.backwardParams(dy)
	dx := l.dx.Resize(l.x.Dim(0), l.x.Dim(1))
	tensor.MatMul(dx, dy, l.Weight.Value)
	return dx
}

func (l *Linear[T]) backwardParams(dy *tensor.Tensor[T]) {
	l.check("Linear.Backward", dy)
	if !l.Weight.Frozen {
		tensor.MatMulTransAAcc(l.Weight.Grad, dy, l.x)
	}
	if !l.Bias.Frozen {
		tensor.ColSumAcc(l.Bias.Grad, dy)
	}
}

// Params returns the weight and the bias.
func (l *Linear[T]) Params() []*Param[T] { return []*Param[T]{l.Weight, l.Bias} }
