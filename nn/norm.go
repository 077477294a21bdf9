package nn

import (
	"fmt"
	"slices"

	"github.com/lanes-go/lanes/tensor"
)

// LayerNorm normalizes each row of x by its own mean and variance (Ba, Kiros and Hinton,
// Layer Normalization, 2016):
//
//	y = (x-mean)/√(variance+Eps)·weight + bias
//
// A row is the trailing axes of x that the weight has, and the variance is that over its n
// elements. Both modes do the same, and a row depends on no other. A row that is the same
// everywhere, as one of a single element, gives the bias. [tensor.LayerNorm] has the exact
// formula.
type LayerNorm[T tensor.Float] struct {
	Weight, Bias *Param[T] // nil after NoAffine
	Eps          float64   // 1e-5 as in PyTorch unless set

	ones          *tensor.Tensor[T] // after NoAffine
	x             *tensor.Tensor[T] // input of the last Train-mode Forward
	mean, rstd    tensor.Tensor[T]  // of its rows; mean 2 x rows, with what it has too much
	dgamma, dbeta *tensor.Tensor[T] // gradients of one pass
	saved[T]
}

// LayerNorm returns layer norm over the trailing axes of x, which have the lengths of the
// shape: LayerNorm(64) for x N x 64, or N x L x 64, each of whose 64 are a row. The weights
// begin at 1 and the biases at 0; they are called weight and bias.
func (b *Builder[T]) LayerNorm(shape ...int) *LayerNorm[T] {
	checkNormShape("LayerNorm", shape)
	l := &LayerNorm[T]{Eps: 1e-5, dgamma: tensor.New[T](shape...), dbeta: tensor.New[T](shape...)}
	l.Weight, _ = b.param("weight", shape...)
	l.Bias, _ = b.param("bias", shape...)
	l.Weight.NoDecay, l.Bias.NoDecay = true, true
	l.Weight.Value.Fill(1)
	return l
}

func checkNormShape(op string, shape []int) {
	if len(shape) == 0 || slices.Min(shape) <= 0 {
		panic(misuse(op, "want the lengths of one axis or more, each at least 1", shape))
	}
}

// NoAffine takes weight and bias away, so that y is the normalized x (PyTorch's
// elementwise_affine=False), and returns l. The layer must not be in a container yet.
func (l *LayerNorm[T]) NoAffine() *LayerNorm[T] {
	if l.Weight != nil {
		l.ones = l.Weight.Value
	}
	noAffine("LayerNorm", &l.Weight, &l.Bias)
	return l
}

// gamma returns the weight, or as many 1.
func (l *LayerNorm[T]) gamma() *tensor.Tensor[T] {
	if l.Weight != nil {
		return l.Weight.Value
	}
	return l.ones
}

// rowsOf returns how many rows x has that are trailing axes of the lengths of gamma.
func rowsOf[T tensor.Float](op string, x, gamma *tensor.Tensor[T]) int {
	if d, s := x.Shape(), gamma.Shape(); len(d) < len(s) || !slices.Equal(d[len(d)-len(s):], s) {
		panic(misuse(op, "want x whose last axes have the lengths that are normalized; x, these", d, s))
	}
	return x.Len() / gamma.Len()
}

// Forward returns the normalized x, of its shape.
func (l *LayerNorm[T]) Forward(x *tensor.Tensor[T], mode Mode) *tensor.Tensor[T] {
	mode.check("LayerNorm.Forward")
	rows := rowsOf("LayerNorm.Forward", x, l.gamma())
	y := l.result(mode, x.Shape()...)
	if mode == Eval {
		tensor.LayerNorm(y, nil, nil, x, l.gamma(), valueOf(l.Bias), l.Eps)
		return y
	}
	l.x = x
	tensor.LayerNorm(y, l.mean.Resize(2, rows), l.rstd.Resize(rows), x, l.gamma(), valueOf(l.Bias), l.Eps)
	return y
}

// Backward adds Σ dy·xh, xh being the normalized x, and Σ dy over the rows to the gradients
// of weight and bias, and returns
//
//	dx = (g - mean(g) - xh·mean(g·xh))/√(variance+Eps), g = dy·weight
//
// with means over a row.
func (l *LayerNorm[T]) Backward(dy *tensor.Tensor[T]) *tensor.Tensor[T] {
	l.check("LayerNorm.Backward", dy)
	dx := l.dx.Resize(dy.Shape()...)
	dgamma, dbeta := gradOf(l.Weight, l.dgamma), gradOf(l.Bias, l.dbeta)
	tensor.LayerNormGrad(dx, dgamma, dbeta, dy, l.x, l.gamma(), &l.mean, &l.rstd)
	addGrad(l.Weight, dgamma)
	addGrad(l.Bias, dbeta)
	return dx
}

// Params returns the weight and the bias, or nothing after NoAffine.
func (l *LayerNorm[T]) Params() []*Param[T] {
	if l.Weight == nil {
		return nil
	}
	return []*Param[T]{l.Weight, l.Bias}
}

// Replica returns a layer over the same parameters, with results of its own.
func (l *LayerNorm[T]) Replica() Layer[T] {
	return &LayerNorm[T]{Weight: l.Weight, Bias: l.Bias, Eps: l.Eps, ones: l.ones, dgamma: l.dgamma, dbeta: l.dbeta}
}

func (l *LayerNorm[T]) describe() string          { return fmt.Sprintf("LayerNorm%v", l.gamma().Shape()) }
func (l *LayerNorm[T]) flops(in, out []int) int64 { return 9 * elements(out) } // mean 1, variance 3, y 5
func (l *LayerNorm[T]) kind() string              { return KindNormalisation }

// RMSNorm divides each row of x by its root mean square (Zhang and Sennrich, Root Mean
// Square Layer Normalization, 2019):
//
//	y = x/√(mean of x² + Eps)·weight
//
// Rows are those of LayerNorm. Both modes do the same. [tensor.RMSNorm] has the exact
// formula.
type RMSNorm[T tensor.Float] struct {
	Weight *Param[T] // nil after NoAffine
	Eps    float64   // the machine epsilon of T as in PyTorch unless set: 2^-23 of float32, 2^-52 of float64

	ones   *tensor.Tensor[T] // after NoAffine
	x      *tensor.Tensor[T] // input of the last Train-mode Forward
	rstd   tensor.Tensor[T]  // of its rows
	dgamma *tensor.Tensor[T] // gradient of one pass
	saved[T]
}

// RMSNorm returns RMS norm over the trailing axes of x, as LayerNorm. The weights, called
// weight, begin at 1.
func (b *Builder[T]) RMSNorm(shape ...int) *RMSNorm[T] {
	checkNormShape("RMSNorm", shape)
	l := &RMSNorm[T]{Eps: 0x1p-23, dgamma: tensor.New[T](shape...)}
	var z T
	if _, ok := any(z).(float64); ok {
		l.Eps = 0x1p-52
	}
	l.Weight, _ = b.param("weight", shape...)
	l.Weight.NoDecay = true
	l.Weight.Value.Fill(1)
	return l
}

// NoAffine takes the weight away (PyTorch's elementwise_affine=False), and returns l. The
// layer must not be in a container yet.
func (l *RMSNorm[T]) NoAffine() *RMSNorm[T] {
	if l.Weight != nil {
		l.ones = l.Weight.Value
	}
	noAffine("RMSNorm", &l.Weight)
	return l
}

// gamma returns the weight, or as many 1.
func (l *RMSNorm[T]) gamma() *tensor.Tensor[T] {
	if l.Weight != nil {
		return l.Weight.Value
	}
	return l.ones
}

// Forward returns the normalized x, of its shape.
func (l *RMSNorm[T]) Forward(x *tensor.Tensor[T], mode Mode) *tensor.Tensor[T] {
	mode.check("RMSNorm.Forward")
	rows := rowsOf("RMSNorm.Forward", x, l.gamma())
	y := l.result(mode, x.Shape()...)
	if mode == Eval {
		tensor.RMSNorm(y, nil, x, l.gamma(), l.Eps)
		return y
	}
	l.x = x
	tensor.RMSNorm(y, l.rstd.Resize(rows), x, l.gamma(), l.Eps)
	return y
}

// Backward adds Σ dy·xh over the rows, xh being the normalized x, to the gradient of the
// weight and returns
//
//	dx = (g - xh·mean(g·xh))/√(mean of x² + Eps), g = dy·weight
//
// with the mean over a row.
func (l *RMSNorm[T]) Backward(dy *tensor.Tensor[T]) *tensor.Tensor[T] {
	l.check("RMSNorm.Backward", dy)
	dx := l.dx.Resize(dy.Shape()...)
	dgamma := gradOf(l.Weight, l.dgamma)
	tensor.RMSNormGrad(dx, dgamma, dy, l.x, l.gamma(), &l.rstd)
	addGrad(l.Weight, dgamma)
	return dx
}

// Params returns the weight, or nothing after NoAffine.
func (l *RMSNorm[T]) Params() []*Param[T] {
	if l.Weight == nil {
		return nil
	}
	return []*Param[T]{l.Weight}
}

// Replica returns a layer over the same parameters, with results of its own.
func (l *RMSNorm[T]) Replica() Layer[T] {
	return &RMSNorm[T]{Weight: l.Weight, Eps: l.Eps, ones: l.ones, dgamma: l.dgamma}
}

func (l *RMSNorm[T]) describe() string          { return fmt.Sprintf("RMSNorm%v", l.gamma().Shape()) }
func (l *RMSNorm[T]) flops(in, out []int) int64 { return 4 * elements(out) } // mean square 2, y 2
func (l *RMSNorm[T]) kind() string              { return KindNormalisation }
