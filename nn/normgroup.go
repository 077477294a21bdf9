package nn

import (
	"fmt"
	"math"

	"github.com/lanes-go/lanes/tensor"
)

// GroupNorm cuts the channels, the second axis of x, into groups, and normalizes each
// group of each sample by its own mean and variance (Wu and He, Group Normalization, 2018):
//
//	y = (x-mean)/√(variance+Eps)·weight + bias
//
// with a weight and a bias for each channel, and the variance over the n elements of the
// group. Both modes do the same, and a sample depends on no other. A group that is the same
// everywhere, as one of a single element, gives the bias. [tensor.GroupNorm] has the exact
// formula.
type GroupNorm[T tensor.Float] struct {
	Weight, Bias *Param[T] // nil after NoAffine
	Eps          float64   // 1e-5 as in PyTorch unless set

	name          string
	forward       string // names of the operations, for errors
	backward      string
	groups        int
	channels      int
	low, high     int               // ranks of x
	apart         bool              // instance norm: each channel is a group, and one of one element is misuse
	x             *tensor.Tensor[T] // input of the last Train-mode Forward
	mean, rstd    tensor.Tensor[T]  // of its groups; mean 2 x n x groups, with what it has too much
	dgamma, dbeta *tensor.Tensor[T] // gradients of one pass
	saved[T]
}

// GroupNorm returns group norm of x N x C, N x C x L, N x C x H x W …, for channels that
// are a multiple of the groups. With one group it is layer norm over everything but N. The
// weights begin at 1 and the biases at 0; they are called weight and bias.
func (b *Builder[T]) GroupNorm(groups, channels int) *GroupNorm[T] {
	if groups <= 0 || channels <= 0 || channels%groups != 0 {
		panic(misuse("GroupNorm", fmt.Sprintf("%d groups of %d channels: want equal groups of at least one", groups, channels)))
	}
	return b.groupNorm("GroupNorm", groups, channels, 2, math.MaxInt)
}

func (b *Builder[T]) groupNorm(name string, groups, channels, low, high int) *GroupNorm[T] {
	l := &GroupNorm[T]{Eps: 1e-5, name: name, forward: name + ".Forward", backward: name + ".Backward", groups: groups, channels: channels, low: low, high: high}
	l.Weight, _ = b.param("weight", channels)
	l.Bias, _ = b.param("bias", channels)
	l.Weight.Value.Fill(1)
	l.dgamma, l.dbeta = tensor.New[T](channels), tensor.New[T](channels)
	return l
}

// InstanceNorm1d returns instance norm of x N x C x L (Ulyanov, Vedaldi and Lempitsky,
// Instance Normalization, 2016): group norm with a group for each channel, over its L
// elements. affine says whether there are a weight and a bias, which PyTorch leaves out
// unless asked. Like PyTorch's it panics in both modes if there is but one element in each
// channel of a sample, whose result would be the bias, whatever it is. There are no running
// statistics (PyTorch's track_running_stats=False).
func (b *Builder[T]) InstanceNorm1d(channels int, affine bool) *GroupNorm[T] {
	return b.instanceNorm("InstanceNorm1d", channels, 3, affine)
}

// InstanceNorm2d is InstanceNorm1d for x N x C x H x W.
func (b *Builder[T]) InstanceNorm2d(channels int, affine bool) *GroupNorm[T] {
	return b.instanceNorm("InstanceNorm2d", channels, 4, affine)
}

// InstanceNorm3d is InstanceNorm1d for x N x C x D x H x W.
func (b *Builder[T]) InstanceNorm3d(channels int, affine bool) *GroupNorm[T] {
	return b.instanceNorm("InstanceNorm3d", channels, 5, affine)
}

func (b *Builder[T]) instanceNorm(name string, channels, rank int, affine bool) *GroupNorm[T] {
	if channels <= 0 {
		panic(misuse(name, fmt.Sprintf("%d channels: want at least 1", channels)))
	}
	l := b.groupNorm(name, channels, channels, rank, rank)
	l.apart = true
	if !affine {
		l.NoAffine()
	}
	return l
}

// NoAffine takes weight and bias away, so that y is the normalized x (PyTorch's
// affine=False), and returns l. The layer must not be in a container yet.
func (l *GroupNorm[T]) NoAffine() *GroupNorm[T] {
	noAffine(l.name, &l.Weight, &l.Bias)
	return l
}

// Forward returns the normalized x, of its shape.
func (l *GroupNorm[T]) Forward(x *tensor.Tensor[T], mode Mode) *tensor.Tensor[T] {
	mode.check(l.forward)
	if x.Rank() < l.low || x.Rank() > l.high || x.Dim(1) != l.channels {
		panic(misuse(l.forward, "want x "+normAxes(l.low, l.high)+", with the C channels of the layer; x, channels", x.Shape(), []int{l.channels}))
	}
	if l.apart && x.Len() == x.Dim(0)*l.channels && x.Len() > 0 {
		panic(misuse(l.forward, "one value for each channel of a sample has no variance: want more; x", x.Shape()))
	}
	y := l.result(mode, x.Shape()...)
	var mean, rstd *tensor.Tensor[T]
	if mode == Train {
		l.x = x
		mean, rstd = l.mean.Resize(2, x.Dim(0), l.groups), l.rstd.Resize(x.Dim(0), l.groups)
	}
	tensor.GroupNorm(y, mean, rstd, x, valueOf(l.Weight), valueOf(l.Bias), l.groups, l.Eps)
	return y
}

// Backward adds Σ dy·xh, xh being the normalized x, and Σ dy over all but the channels to
// the gradients of weight and bias, and returns
//
//	dx = (g - mean(g) - xh·mean(g·xh))/√(variance+Eps), g = dy·weight
//
// with means over a group.
func (l *GroupNorm[T]) Backward(dy *tensor.Tensor[T]) *tensor.Tensor[T] {
	l.check(l.backward, dy)
	dx := l.dx.Resize(dy.Shape()...)
	dgamma, dbeta := gradOf(l.Weight, l.dgamma), gradOf(l.Bias, l.dbeta)
	tensor.GroupNormGrad(dx, dgamma, dbeta, dy, l.x, valueOf(l.Weight), &l.mean, &l.rstd, l.groups)
	addGrad(l.Weight, dgamma)
	addGrad(l.Bias, dbeta)
	return dx
}

// Params returns the weight and the bias, or nothing if there are none.
func (l *GroupNorm[T]) Params() []*Param[T] {
	if l.Weight == nil {
		return nil
	}
	return []*Param[T]{l.Weight, l.Bias}
}

// Replica returns a layer over the same parameters, with results of its own.
func (l *GroupNorm[T]) Replica() Layer[T] {
	r := *l
	r.x, r.mean, r.rstd, r.saved = nil, tensor.Tensor[T]{}, tensor.Tensor[T]{}, saved[T]{}
	return &r
}

func (l *GroupNorm[T]) describe() string {
	if l.apart {
		return fmt.Sprintf("%s(%d)", l.name, l.channels)
	}
	return fmt.Sprintf("GroupNorm(%d, %d)", l.groups, l.channels)
}
func (l *GroupNorm[T]) flops(in, out []int) int64 { return 7 * elements(out) } // mean 1, variance 3, y 3
func (l *GroupNorm[T]) kind() string              { return KindNormalisation }

// LocalResponseNorm divides each element by a power of the squares of the channels around
// its own at the same place (Krizhevsky, Sutskever and Hinton, 2012, section 3.3):
//
//	y = x / (k + alpha/size·Σ x²)^beta
//
// with the sum over the size channels around it, size/2 before and (size-1)/2 after, as far
// as they are there. As in PyTorch alpha is divided by the size; in the paper it is not.
// Both modes do the same; there are no parameters. [tensor.LRN] has the exact formula.
type LocalResponseNorm[T tensor.Float] struct {
	o tensor.LRNOptions
	x *tensor.Tensor[T] // input of the last Train-mode Forward
	saved[T]
}

// LocalResponseNorm returns local response norm of x N x C, N x C x L, N x C x H x W …,
// with options as those of [tensor.LRNPyTorch] or [tensor.LRNAlexNet].
func (b *Builder[T]) LocalResponseNorm(o tensor.LRNOptions) *LocalResponseNorm[T] {
	if o.Size < 1 || !(o.K >= 0 && o.Alpha >= 0) || math.IsNaN(o.Beta) {
		panic(misuse("LocalResponseNorm", fmt.Sprintf("options %+v: want Size >= 1, K >= 0, Alpha >= 0", o)))
	}
	return &LocalResponseNorm[T]{o: o}
}

// Forward returns the normalized x, of its shape.
func (l *LocalResponseNorm[T]) Forward(x *tensor.Tensor[T], mode Mode) *tensor.Tensor[T] {
	mode.check("LocalResponseNorm.Forward")
	if x.Rank() < 2 {
		panic(misuse("LocalResponseNorm.Forward", "want x N x C x …; x", x.Shape()))
	}
	y := l.result(mode, x.Shape()...)
	if mode == Train {
		l.x = x
	}
	tensor.LRN(y, x, l.o)
	return y
}

// Backward returns, with d = k + alpha/size·Σ x²,
//
//	dx = dy/d^beta - 2·alpha·beta/size · x · Σ dy·x/d^(beta+1)
//
// with the sum over the channels whose windows have that of dx.
func (l *LocalResponseNorm[T]) Backward(dy *tensor.Tensor[T]) *tensor.Tensor[T] {
	l.check("LocalResponseNorm.Backward", dy)
	dx := l.dx.Resize(dy.Shape()...)
	tensor.LRNGrad(dx, dy, l.x, l.o)
	return dx
}

// Params returns nothing.
func (l *LocalResponseNorm[T]) Params() []*Param[T] { return nil }

// Replica returns the same function, with results of its own.
func (l *LocalResponseNorm[T]) Replica() Layer[T] { return &LocalResponseNorm[T]{o: l.o} }

func (l *LocalResponseNorm[T]) describe() string {
	return fmt.Sprintf("LocalResponseNorm(%d)", l.o.Size)
}

// A square, a window of sums, a multiply-add, a power, a division.
func (l *LocalResponseNorm[T]) flops(in, out []int) int64 {
	return int64(l.o.Size+4) * elements(out)
}
func (l *LocalResponseNorm[T]) kind() string { return KindNormalisation }
