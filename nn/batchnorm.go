package nn

import (
	"fmt"
	"math"

	"github.com/lanes-go/lanes/tensor"
)

// BatchNorm is batch norm (Ioffe and Szegedy, Batch Normalization, 2015). Each channel,
// the second axis of x, is normalized over all other axes:
//
//	y = (x-mean)/√(variance+eps)·weight + bias
//
// In Train mode mean and variance (over n) are those of the batch, and are taken into the
// running ones; in Eval mode they are the running ones. [tensor.BatchNorm] and
// [tensor.BatchNormInference] have the exact formulas, and say what becomes of NaN: it
// spoils the running statistics of its channel for good, as in PyTorch. A channel that is
// the same everywhere gives the bias.
//
// A Train-mode Forward with one value for each channel panics, for it has no variance. An
// empty batch changes no statistics and is not counted. If all its parameters are frozen
// the layer is the fixed map of Eval mode in both modes and keeps its running statistics.
type BatchNorm[T tensor.Float] struct {
	Weight, Bias            *Param[T] // nil after NoAffine
	RunningMean, RunningVar *Buffer[T]

	name       string
	forward    string // names of the operations, for errors
	backward   string
	low, high  int // ranks of x
	channels   int
	o          tensor.BatchNormOptions
	cumulative bool
	batches    *Counter // batches in the running statistics

	x             *tensor.Tensor[T] // input of the last Train-mode Forward
	fixed         bool              // which took the running statistics
	mean, rstd    *tensor.Tensor[T] // of its batch; mean 2 x C, with what it has too much
	dgamma, dbeta *tensor.Tensor[T] // gradients of one pass
	saved[T]
}

// BatchNorm1d returns batch norm of x N x C or N x C x L with the conventions of PyTorch:
// eps 1e-5, running statistics with a weight of 0.1 for the new batch, whose unbiased
// variance (over n-1) they take. The weights begin at 1, the biases at 0, the running means
// at 0 and variances at 1. Parameters and buffers are called weight, bias, running_mean
// and running_var, and the counter of batches num_batches_tracked.
func (b *Builder[T]) BatchNorm1d(channels int) *BatchNorm[T] {
	return b.batchNorm("BatchNorm1d", channels, 2, 3, tensor.BatchNormPyTorch())
}

// BatchNorm2d is BatchNorm1d for x N x C x H x W.
func (b *Builder[T]) BatchNorm2d(channels int) *BatchNorm[T] {
	return b.batchNorm("BatchNorm2d", channels, 4, 4, tensor.BatchNormPyTorch())
}

// BatchNorm3d is BatchNorm1d for x N x C x D x H x W.
func (b *Builder[T]) BatchNorm3d(channels int) *BatchNorm[T] {
	return b.batchNorm("BatchNorm3d", channels, 5, 5, tensor.BatchNormPyTorch())
}

// BatchNorm is BatchNorm1d for x of two axes or more and with other conventions, as
// [tensor.BatchNormKeras]. With an o.Batch above 0, as [tensor.BatchNormCumulative] has it,
// the running statistics are the means over all batches from that number on, which the
// layer counts. o.ReLU and o.ChannelsLast must be false.
func (b *Builder[T]) BatchNorm(channels int, o tensor.BatchNormOptions) *BatchNorm[T] {
	return b.batchNorm("BatchNorm", channels, 2, math.MaxInt, o)
}

func (b *Builder[T]) batchNorm(name string, channels, low, high int, o tensor.BatchNormOptions) *BatchNorm[T] {
	if channels <= 0 {
		panic(misuse(name, fmt.Sprintf("%d channels: want at least 1", channels)))
	}
	if !(o.Eps >= 0) || math.IsInf(o.Eps, 1) || o.Batch < 0 || !(o.Momentum >= 0 && o.Momentum <= 1) || o.ReLU || o.ChannelsLast {
		panic(misuse(name, fmt.Sprintf("options %+v: want Eps >= 0, Batch >= 0, 0 <= Momentum <= 1, and neither ReLU nor ChannelsLast", o)))
	}
	l := &BatchNorm[T]{name: name, forward: name + ".Forward", backward: name + ".Backward", low: low, high: high, channels: channels, o: o}
	l.Weight, _ = b.param("weight", channels)
	l.Bias, _ = b.param("bias", channels)
	l.Weight.Value.Fill(1)
	l.RunningMean = &Buffer[T]{Name: "running_mean", Value: tensor.New[T](channels)}
	l.RunningVar = &Buffer[T]{Name: "running_var", Value: tensor.New[T](channels).Fill(1)}
	l.batches = &Counter{Name: "num_batches_tracked"}
	if o.Batch > 0 {
		l.cumulative, l.batches.N = true, uint64(o.Batch-1)
	}
	l.mean, l.rstd = tensor.New[T](2, channels), tensor.New[T](channels)
	l.dgamma, l.dbeta = tensor.New[T](channels), tensor.New[T](channels)
	return l
}

// NoAffine takes weight and bias away, so that y is the normalized x (PyTorch's
// affine=False), and returns l. The layer must not be in a container yet.
func (l *BatchNorm[T]) NoAffine() *BatchNorm[T] {
	noAffine(l.name, &l.Weight, &l.Bias)
	return l
}

// noAffine sets parameters that no container knows to nil.
func noAffine[T tensor.Float](name string, params ...**Param[T]) {
	for i, p := range params {
		if want := [...]string{"weight", "bias"}[i]; *p != nil && (*p).Name != want {
			panic(misuse(name+".NoAffine", fmt.Sprintf("the layer is in a container already, with its parameter %s", (*p).Name)))
		}
	}
	for _, p := range params {
		*p = nil
	}
}

// valueOf and trainable are for a parameter that may be missing.
func valueOf[T tensor.Float](p *Param[T]) *tensor.Tensor[T] {
	if p == nil {
		return nil
	}
	return p.Value
}

func trainable[T tensor.Float](p *Param[T]) bool { return p != nil && !p.Frozen }

// gradOf returns where the gradient of p goes: t, or nil if there is none.
func gradOf[T tensor.Float](p *Param[T], t *tensor.Tensor[T]) *tensor.Tensor[T] {
	if !trainable(p) {
		return nil
	}
	return t
}

// addGrad adds what gradOf got to the gradient of p.
func addGrad[T tensor.Float](p *Param[T], t *tensor.Tensor[T]) {
	if trainable(p) {
		tensor.Add(p.Grad, p.Grad, t)
	}
}

// frozen tells whether all parameters are frozen or, where there are none, the running
// statistics.
func (l *BatchNorm[T]) frozen() bool {
	if l.Weight == nil {
		return l.RunningMean.Frozen && l.RunningVar.Frozen
	}
	return l.Weight.Frozen && l.Bias.Frozen
}

func (l *BatchNorm[T]) checkInput(x *tensor.Tensor[T], mode Mode) {
	mode.check(l.forward)
	if x.Rank() < l.low || x.Rank() > l.high || x.Dim(1) != l.channels {
		panic(misuse(l.forward, "want x "+normAxes(l.low, l.high)+", with the C channels of the layer; x, channels", x.Shape(), []int{l.channels}))
	}
	if mode == Train && !l.frozen() && x.Len() == l.channels {
		panic(misuse(l.forward, "in training one value for each channel has no variance: want a larger batch; x", x.Shape()))
	}
}

// normAxes says what shapes of from low to high axes are called.
func normAxes(low, high int) string {
	text := ""
	for rank := low; rank <= min(high, 5); rank++ {
		if rank > low {
			text += " or "
		}
		if high > 5 {
			return "N x C x …"
		}
		text += [...]string{"N x C", "N x C x L", "N x C x H x W", "N x C x D x H x W"}[rank-2]
	}
	return text
}

// Forward returns the normalized x, of its shape.
func (l *BatchNorm[T]) Forward(x *tensor.Tensor[T], mode Mode) *tensor.Tensor[T] {
	l.checkInput(x, mode)
	y := l.result(mode, x.Shape()...)
	l.normalize(y, x, mode, false)
	return y
}

func (l *BatchNorm[T]) forwardReLU(x *tensor.Tensor[T], mode Mode, relu *Activation[T]) *tensor.Tensor[T] {
	l.checkInput(x, mode)
	y := relu.result(mode, x.Shape()...)
	l.normalize(y, x, mode, true)
	return y
}

func (l *BatchNorm[T]) normalize(y, x *tensor.Tensor[T], mode Mode, relu bool) {
	o := l.o
	o.ReLU = relu
	gamma, beta := valueOf(l.Weight), valueOf(l.Bias)
	fixed := mode == Eval || l.frozen()
	if mode == Train {
		l.x, l.fixed = x, fixed
	}
	if fixed {
		tensor.BatchNormInference(y, x, gamma, beta, l.RunningMean.Value, l.RunningVar.Value, o)
		return
	}
	if l.cumulative {
		o.Batch = int(min(l.batches.N, math.MaxInt32-1)) + 1
	}
	tensor.BatchNorm(y, l.mean, l.rstd, l.RunningMean.Value, l.RunningVar.Value, x, gamma, beta, o)
	if x.Len() > 0 {
		l.batches.N++
	}
}

// Backward adds Σ dy·xh, xh being the normalized x, and Σ dy to the gradients of weight
// and bias, and returns
//
//	dx = weight/√(variance+eps) · (dy - mean(dy) - xh·mean(dy·xh))
//
// with means over the batch; of a layer with frozen parameters the two are left out.
func (l *BatchNorm[T]) Backward(dy *tensor.Tensor[T]) *tensor.Tensor[T] {
	l.check(l.backward, dy)
	return l.differentiate(dy, nil)
}

func (l *BatchNorm[T]) backwardReLU(dy *tensor.Tensor[T], relu *Activation[T], wantDx bool) *tensor.Tensor[T] {
	relu.check(relu.backward, dy)
	if dx := l.differentiate(dy, &relu.y[Train]); wantDx {
		return dx
	}
	return nil
}

// differentiate is Backward, through a ReLU with the result y unless that is nil.
func (l *BatchNorm[T]) differentiate(dy, y *tensor.Tensor[T]) *tensor.Tensor[T] {
	o := l.o
	o.ReLU = y != nil
	dx := l.dx.Resize(dy.Shape()...)
	dgamma, dbeta := gradOf(l.Weight, l.dgamma), gradOf(l.Bias, l.dbeta)
	if l.fixed {
		tensor.BatchNormInferenceGrad(dx, dgamma, dbeta, dy, l.x, y, valueOf(l.Weight), l.RunningMean.Value, l.RunningVar.Value, o)
	} else {
		tensor.BatchNormGrad(dx, dgamma, dbeta, dy, l.x, y, valueOf(l.Weight), l.mean, l.rstd, o)
	}
	addGrad(l.Weight, dgamma)
	addGrad(l.Bias, dbeta)
	return dx
}

// Params returns the weight and the bias, or nothing after NoAffine.
func (l *BatchNorm[T]) Params() []*Param[T] {
	if l.Weight == nil {
		return nil
	}
	return []*Param[T]{l.Weight, l.Bias}
}

// Buffers returns the running mean and variance.
func (l *BatchNorm[T]) Buffers() []*Buffer[T] { return []*Buffer[T]{l.RunningMean, l.RunningVar} }

// Counters returns the number of batches in the running statistics, num_batches_tracked.
func (l *BatchNorm[T]) Counters() []*Counter { return []*Counter{l.batches} }

func (l *BatchNorm[T]) describe() string          { return fmt.Sprintf("%s(%d)", l.name, l.channels) }
func (l *BatchNorm[T]) flops(in, out []int) int64 { return 2 * elements(out) } // of Eval mode
func (l *BatchNorm[T]) kind() string              { return KindNormalisation }
