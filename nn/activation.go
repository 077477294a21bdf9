package nn

import (
	"fmt"
	"math"

	"github.com/lanes-go/lanes/tensor"
)

// Activation applies a function to every element of a tensor of any shape. It has no
// parameters. The formulas, what NaN and infinities give and the greatest errors are those
// of the function of package tensor that its constructor names.
type Activation[T tensor.Float] struct {
	name     string
	forward  string // names of the operations, for errors
	backward string
	value    func(y, x *tensor.Tensor[T])
	gradient func(dx, dy, of *tensor.Tensor[T])
	ofInput  bool // the gradient is found from x, not from y
	relu     bool // it is ReLU, which layers before it may do

	x *tensor.Tensor[T] // input of the last Train-mode Forward, if ofInput
	saved[T]
}

// fromY is an activation whose gradient is found from its result, which the layer has
// anyway; fromX needs its input.
func fromY[T tensor.Float](name string, value func(y, x *tensor.Tensor[T]), gradient func(dx, dy, y *tensor.Tensor[T])) *Activation[T] {
	return &Activation[T]{name: name, forward: name + ".Forward", backward: name + ".Backward", value: value, gradient: gradient}
}

func fromX[T tensor.Float](name string, value func(y, x *tensor.Tensor[T]), gradient func(dx, dy, x *tensor.Tensor[T])) *Activation[T] {
	a := fromY(name, value, gradient)
	a.ofInput = true
	return a
}

// Forward returns the function of every element of x, of the shape of x.
func (l *Activation[T]) Forward(x *tensor.Tensor[T], mode Mode) *tensor.Tensor[T] {
	mode.check(l.forward)
	y := l.result(mode, x.Shape()...)
	if mode == Train && l.ofInput {
		l.x = x
	}
	l.value(y, x)
	return y
}

// Backward returns dy times the derivative at the input of the last Train-mode Forward.
func (l *Activation[T]) Backward(dy *tensor.Tensor[T]) *tensor.Tensor[T] {
	l.check(l.backward, dy)
	dx := l.dx.Resize(dy.Shape()...)
	of := &l.y[Train]
	if l.ofInput {
		of = l.x
	}
	l.gradient(dx, dy, of)
	return dx
}

// Params returns nothing.
func (l *Activation[T]) Params() []*Param[T] { return nil }

// Name returns the name of the function, as "ReLU".
func (l *Activation[T]) Name() string { return l.name }

// setting panics unless ok.
func setting(op, want string, ok bool, v ...float64) {
	if !ok {
		panic(misuse(op, fmt.Sprintf("want %s, not %v", want, v)))
	}
}

func positive[T tensor.Float](v T) bool { return v > 0 && !math.IsInf(float64(v), 1) }

// ReLU returns a rectifier, x < 0 ? 0 : x: see [tensor.ReLU]. Its gradient is 0 where x
// is not above 0.
func (b *Builder[T]) ReLU() *Activation[T] {
	a := fromY("ReLU", tensor.ReLU[T], tensor.ReLUGrad[T])
	a.relu = true
	return a
}

// LeakyReLU returns x < 0 ? slope·x : x for a slope above 0, as PyTorch's 0.01: see
// [tensor.LeakyReLU]. Its gradient is the slope at 0.
func (b *Builder[T]) LeakyReLU(slope T) *Activation[T] {
	setting("LeakyReLU", "a slope > 0", positive(slope), float64(slope))
	return fromY("LeakyReLU", func(y, x *tensor.Tensor[T]) { tensor.LeakyReLU(y, x, slope) },
		func(dx, dy, y *tensor.Tensor[T]) { tensor.LeakyReLUGrad(dx, dy, y, slope) })
}

// ReLU6 returns x clamped to [0, 6]: see [tensor.ReLU6].
func (b *Builder[T]) ReLU6() *Activation[T] {
	return fromY("ReLU6", tensor.ReLU6[T], tensor.ReLU6Grad[T])
}

// HardTanh returns x clamped to [lo, hi], PyTorch's [-1, 1]: see [tensor.HardTanh].
func (b *Builder[T]) HardTanh(lo, hi T) *Activation[T] {
	setting("HardTanh", "lo < hi", lo < hi, float64(lo), float64(hi))
	return fromY("HardTanh", func(y, x *tensor.Tensor[T]) { tensor.HardTanh(y, x, lo, hi) },
		func(dx, dy, y *tensor.Tensor[T]) { tensor.HardTanhGrad(dx, dy, y, lo, hi) })
}

// HardSigmoid returns x/6 + 1/2 clamped to [0, 1], as PyTorch and Keras 3 have it (ONNX and
// Keras 2: x/5 + 1/2): see [tensor.HardSigmoid].
func (b *Builder[T]) HardSigmoid() *Activation[T] {
	return fromY("HardSigmoid", tensor.HardSigmoid[T], tensor.HardSigmoidGrad[T])
}

// ELU returns x > 0 ? x : alpha·(exp(x)-1) for an alpha above 0, as 1: see [tensor.ELU].
func (b *Builder[T]) ELU(alpha T) *Activation[T] {
	setting("ELU", "alpha > 0", positive(alpha), float64(alpha))
	return fromY("ELU", func(y, x *tensor.Tensor[T]) { tensor.ELU(y, x, alpha) },
		func(dx, dy, y *tensor.Tensor[T]) { tensor.ELUGrad(dx, dy, y, alpha) })
}

// SELU returns the ELU that keeps mean and variance: see [tensor.SELU].
func (b *Builder[T]) SELU() *Activation[T] { return fromY("SELU", tensor.SELU[T], tensor.SELUGrad[T]) }

// CELU returns x > 0 ? x : alpha·(exp(x/alpha)-1) for an alpha above 0: see [tensor.CELU].
func (b *Builder[T]) CELU(alpha T) *Activation[T] {
	setting("CELU", "alpha > 0", positive(alpha), float64(alpha))
	return fromY("CELU", func(y, x *tensor.Tensor[T]) { tensor.CELU(y, x, alpha) },
		func(dx, dy, y *tensor.Tensor[T]) { tensor.CELUGrad(dx, dy, y, alpha) })
}

// Sigmoid returns 1/(1+exp(-x)): see [tensor.Sigmoid].
func (b *Builder[T]) Sigmoid() *Activation[T] {
	return fromY("Sigmoid", tensor.Sigmoid[T], tensor.SigmoidGrad[T])
}

// Tanh returns the hyperbolic tangent: see [tensor.Tanh].
func (b *Builder[T]) Tanh() *Activation[T] { return fromY("Tanh", tensor.Tanh[T], tensor.TanhGrad[T]) }

// Softplus returns log(1+exp(x)): see [tensor.Softplus].
func (b *Builder[T]) Softplus() *Activation[T] {
	return fromY("Softplus", tensor.Softplus[T], tensor.SoftplusGrad[T])
}

// Softsign returns x/(1+|x|): see [tensor.Softsign].
func (b *Builder[T]) Softsign() *Activation[T] {
	return fromY("Softsign", tensor.Softsign[T], tensor.SoftsignGrad[T])
}

// SiLU returns x·sigmoid(x), also called swish: see [tensor.SiLU].
func (b *Builder[T]) SiLU() *Activation[T] { return fromX("SiLU", tensor.SiLU[T], tensor.SiLUGrad[T]) }

// Mish returns x·tanh(log(1+exp(x))): see [tensor.Mish].
func (b *Builder[T]) Mish() *Activation[T] { return fromX("Mish", tensor.Mish[T], tensor.MishGrad[T]) }

// GELU returns x·Φ(x), Φ being the normal distribution function: see [tensor.GELU].
func (b *Builder[T]) GELU() *Activation[T] { return fromX("GELU", tensor.GELU[T], tensor.GELUGrad[T]) }

// GELUTanh returns GELU by its approximation with tanh: see [tensor.GELUTanh].
func (b *Builder[T]) GELUTanh() *Activation[T] {
	return fromX("GELUTanh", tensor.GELUTanh[T], tensor.GELUTanhGrad[T])
}

// BinaryStep returns x >= 0 ? 1 : 0: see [tensor.BinaryStep]. Its gradient is 0
// everywhere: nothing before it learns.
func (b *Builder[T]) BinaryStep() *Activation[T] {
	return fromY("BinaryStep", tensor.BinaryStep[T], func(dx, dy, y *tensor.Tensor[T]) { dx.Fill(0) })
}

// Softmax returns exp(x)/Σexp(x) along an axis, from the end if negative: see
// [tensor.Softmax]. A loss of it is better taken with SoftmaxCrossEntropy.
func (b *Builder[T]) Softmax(axis int) *Activation[T] {
	return fromY("Softmax", func(y, x *tensor.Tensor[T]) { tensor.Softmax(y, x, axis) },
		func(dx, dy, y *tensor.Tensor[T]) { tensor.SoftmaxGrad(dx, dy, y, axis) })
}

// LogSoftmax returns log(Softmax(x)) along an axis: see [tensor.LogSoftmax].
func (b *Builder[T]) LogSoftmax(axis int) *Activation[T] {
	return fromY("LogSoftmax", func(y, x *tensor.Tensor[T]) { tensor.LogSoftmax(y, x, axis) },
		func(dx, dy, y *tensor.Tensor[T]) { tensor.LogSoftmaxGrad(dx, dy, y, axis) })
}

// Replica returns the same function, with results of its own.
func (l *Activation[T]) Replica() Layer[T] {
	a := *l
	a.x, a.saved = nil, saved[T]{}
	return &a
}
