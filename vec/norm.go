package vec

import (
	"fmt"
	"math"

	"github.com/lanes-go/lanes/tensor"
)

// BatchNormOptions are the settings of batch norm: the number added to the variance, how
// running statistics run, a ReLU in the same pass. Begin with those of a framework,
// [BatchNormPyTorch], [BatchNormKeras], [BatchNormONNX] or [BatchNormCumulative].
type BatchNormOptions = tensor.BatchNormOptions

// BatchNormPyTorch are the defaults of PyTorch: see [tensor.BatchNormPyTorch].
func BatchNormPyTorch() BatchNormOptions { return tensor.BatchNormPyTorch() }

// BatchNormKeras are the defaults of Keras: see [tensor.BatchNormKeras].
func BatchNormKeras() BatchNormOptions { return tensor.BatchNormKeras() }

// BatchNormONNX are the defaults of ONNX and of CS231n: see [tensor.BatchNormONNX].
func BatchNormONNX() BatchNormOptions { return tensor.BatchNormONNX() }

// BatchNormCumulative are those of PyTorch without a momentum, batch being the number of
// the batch from 1 on: see [tensor.BatchNormCumulative].
func BatchNormCumulative(batch int) BatchNormOptions { return tensor.BatchNormCumulative(batch) }

// BatchNorm normalizes the columns of a matrix x of len(mean) columns, the channels, by
// their mean and variance over the rows:
//
//	y = (x-mean) · rstd · gamma + beta, rstd = 1/√(variance + eps)
//
// It writes mean and rstd, which BatchNormGrad needs, and updates the running statistics.
// gamma (then 1), beta (then 0), the running statistics, and rstd may be nil; all have an
// element for each column. mean may have two, the second half being what rounding added to
// the first: BatchNormGrad is then accurate where the mean is huge beside the spread, too.
// y may be x; other results share no memory with anything. One
// row has no variance and is misuse. Images NHWC are such rows; for NCHW there is
// [BatchNormNCHW]. More, and the order of sums, at [tensor.BatchNorm].
func BatchNorm[T Float](y, mean, rstd, runMean, runVar, x, gamma, beta []T, opts BatchNormOptions) {
	batchNorm("BatchNorm", y, mean, rstd, runMean, runVar, x, gamma, beta, -1, opts)
}

// BatchNormNCHW is [BatchNorm] of images of len(mean) channels of hw elements each, over
// the images and the elements.
func BatchNormNCHW[T Float](y, mean, rstd, runMean, runVar, x, gamma, beta []T, hw int, opts BatchNormOptions) {
	batchNorm("BatchNormNCHW", y, mean, rstd, runMean, runVar, x, gamma, beta, hw, opts)
}

func batchNorm[T Float](op string, y, mean, rstd, runMean, runVar, x, gamma, beta []T, hw int, opts BatchNormOptions) {
	o := begin(op, y, mean, rstd, runMean, runVar, x, gamma, beta)
	defer o.put()
	c := channelCount(mean, rstd)
	s := o.channels(len(x), c, hw, &opts)
	shape := s.shape()
	tensor.BatchNorm(o.is(0, "y", y, shape...), o.means(1, mean, c), o.may(2, "rstd", rstd, c), o.may(3, "runMean", runMean, c), o.may(4, "runVar", runVar, c),
		o.is(5, "x", x, shape...), o.may(6, "gamma", gamma, c), o.may(7, "beta", beta, c), opts)
}

// BatchNormInference normalizes the columns of a matrix x of len(mean) columns by given
// statistics, y = (x-mean)/√(variance+eps) · gamma + beta. gamma and beta may be nil; y may
// be x. See [tensor.BatchNormInference].
func BatchNormInference[T Float](y, x, gamma, beta, mean, variance []T, opts BatchNormOptions) {
	batchNormInference("BatchNormInference", y, x, gamma, beta, mean, variance, -1, opts)
}

// BatchNormInferenceNCHW is [BatchNormInference] of images of len(mean) channels of hw
// elements each.
func BatchNormInferenceNCHW[T Float](y, x, gamma, beta, mean, variance []T, hw int, opts BatchNormOptions) {
	batchNormInference("BatchNormInferenceNCHW", y, x, gamma, beta, mean, variance, hw, opts)
}

func batchNormInference[T Float](op string, y, x, gamma, beta, mean, variance []T, hw int, opts BatchNormOptions) {
	o := begin(op, y, x, gamma, beta, mean, variance)
	defer o.put()
	c := len(mean)
	s := o.channels(len(x), c, hw, &opts)
	shape := s.shape()
	tensor.BatchNormInference(o.is(0, "y", y, shape...), o.is(1, "x", x, shape...), o.may(2, "gamma", gamma, c), o.may(3, "beta", beta, c),
		o.is(4, "mean", mean, c), o.is(5, "variance", variance, c), opts)
}

// BatchNormGrad is the backward pass of [BatchNorm]: from dy, the gradient of y, and x,
// gamma, mean and rstd of the forward pass to dx, dgamma and dbeta, of which the last two
// may be nil. y is wanted with ReLU only, else nil. dx may be dy, x or y; other results
// share no memory with anything. The formulas are at [tensor.BatchNormGrad].
func BatchNormGrad[T Float](dx, dgamma, dbeta, dy, x, y, gamma, mean, rstd []T, opts BatchNormOptions) {
	batchNormGrad("BatchNormGrad", tensor.BatchNormGrad[T], dx, dgamma, dbeta, dy, x, y, gamma, mean, rstd, -1, opts)
}

// BatchNormGradNCHW is [BatchNormGrad] of images of len(mean) channels of hw elements
// each.
func BatchNormGradNCHW[T Float](dx, dgamma, dbeta, dy, x, y, gamma, mean, rstd []T, hw int, opts BatchNormOptions) {
	batchNormGrad("BatchNormGradNCHW", tensor.BatchNormGrad[T], dx, dgamma, dbeta, dy, x, y, gamma, mean, rstd, hw, opts)
}

// BatchNormInferenceGrad is the backward pass of [BatchNormInference], or of a layer with
// frozen statistics; for the operands see [BatchNormGrad].
func BatchNormInferenceGrad[T Float](dx, dgamma, dbeta, dy, x, y, gamma, mean, variance []T, opts BatchNormOptions) {
	batchNormGrad("BatchNormInferenceGrad", tensor.BatchNormInferenceGrad[T], dx, dgamma, dbeta, dy, x, y, gamma, mean, variance, -1, opts)
}

// BatchNormInferenceGradNCHW is [BatchNormInferenceGrad] of images of len(mean) channels of
// hw elements each.
func BatchNormInferenceGradNCHW[T Float](dx, dgamma, dbeta, dy, x, y, gamma, mean, variance []T, hw int, opts BatchNormOptions) {
	batchNormGrad("BatchNormInferenceGradNCHW", tensor.BatchNormInferenceGrad[T], dx, dgamma, dbeta, dy, x, y, gamma, mean, variance, hw, opts)
}

func batchNormGrad[T Float](op string, f func(dx, dgamma, dbeta, dy, x, y, gamma, mean, rstd *tensor.Tensor[T], o BatchNormOptions),
	dx, dgamma, dbeta, dy, x, y, gamma, mean, spread []T, hw int, opts BatchNormOptions) {
	o := begin(op, dx, dgamma, dbeta, dy, x, y, gamma, mean, spread)
	defer o.put()
	c := channelCount(mean, spread)
	s := o.channels(len(x), c, hw, &opts)
	shape := s.shape()
	f(o.is(0, "dx", dx, shape...), o.may(1, "dgamma", dgamma, c), o.may(2, "dbeta", dbeta, c), o.is(3, "dy", dy, shape...), o.is(4, "x", x, shape...),
		o.may(5, "y", y, shape...), o.may(6, "gamma", gamma, c), o.means(7, mean, c), o.is(8, "rstd or variance", spread, c), opts)
}

// channelCount is the number of channels of which rstd has one element each, and mean one
// or two.
func channelCount[T Float](mean, rstd []T) int {
	if rstd != nil && len(mean) == 2*len(rstd) {
		return len(rstd)
	}
	return len(mean)
}

// means is operand i, the means of n channels or rows: one element each or two.
func (o *operands[T]) means(i int, mean []T, n int) *tensor.Tensor[T] {
	if n > 0 && len(mean) == 2*n {
		return o.is(i, "mean", mean, 2, n)
	}
	return o.is(i, "mean", mean, n)
}

// mayMeans is means of those that may be nil.
func (o *operands[T]) mayMeans(i int, mean []T, n int) *tensor.Tensor[T] {
	if mean == nil {
		return nil
	}
	return o.means(i, mean, n)
}

// planes is the shape of images NCHW, or of rows of channels.
type planes struct {
	d    [3]int
	rank int
}

func (p *planes) shape() []int { return p.d[:p.rank:p.rank] }

// channels is the shape of all elements with c channels of hw elements, or of rows of c if
// hw is -1.
func (o *operands[T]) channels(all, c, hw int, opts *BatchNormOptions) planes {
	if hw == -1 {
		return planes{[3]int{o.rowsOf(all, c), c}, 2}
	}
	if opts != nil && opts.ChannelsLast {
		o.fail("channels cannot be last in NCHW: images NHWC are rows")
	}
	switch {
	case c < 0 || hw < 0:
		o.fail(fmt.Sprintf("%d channels of %d elements", c, hw))
	case hw > 0 && c > math.MaxInt/hw:
		o.fail(fmt.Sprintf("%d channels of %d elements are too many", c, hw))
	}
	return planes{[3]int{o.rowsOf(all, c*hw), c, hw}, 3}
}

// LayerNorm normalizes every row of len(gamma) elements by its own mean and variance:
//
//	y = (x-mean) · rstd · gamma + beta, rstd = 1/√(variance + eps)
//
// mean and rstd, which LayerNormGrad needs, have one element for each row, or are nil, as
// beta may be; mean may have two, as that of [BatchNorm]. y may be x; other results share
// no memory with anything. More at [tensor.LayerNorm].
func LayerNorm[T Float](y, mean, rstd, x, gamma, beta []T, eps float64) {
	o := begin("LayerNorm", y, mean, rstd, x, gamma, beta)
	defer o.put()
	c := len(gamma)
	n := o.rowsOf(len(x), c)
	tensor.LayerNorm(o.is(0, "y", y, n, c), o.mayMeans(1, mean, n), o.may(2, "rstd", rstd, n), o.is(3, "x", x, n, c), o.is(4, "gamma", gamma, c), o.may(5, "beta", beta, c), eps)
}

// LayerNormGrad is the backward pass of [LayerNorm]: from dy, the gradient of y, and x,
// gamma, mean and rstd of the forward pass to dx, dgamma and dbeta, of which the last two
// may be nil. dx may be dy or x; other results share no memory with anything. The formulas
// are at [tensor.LayerNormGrad].
func LayerNormGrad[T Float](dx, dgamma, dbeta, dy, x, gamma, mean, rstd []T) {
	o := begin("LayerNormGrad", dx, dgamma, dbeta, dy, x, gamma, mean, rstd)
	defer o.put()
	c := len(gamma)
	n := o.rowsOf(len(x), c)
	tensor.LayerNormGrad(o.is(0, "dx", dx, n, c), o.may(1, "dgamma", dgamma, c), o.may(2, "dbeta", dbeta, c), o.is(3, "dy", dy, n, c), o.is(4, "x", x, n, c),
		o.is(5, "gamma", gamma, c), o.means(6, mean, n), o.is(7, "rstd", rstd, n))
}

// RMSNorm divides every row of len(gamma) elements by its root mean square:
//
//	y = x · rstd · gamma, rstd = 1/√(mean of x² + eps)
//
// rstd, which RMSNormGrad needs, has one element for each row, or is nil. y may be x; rstd
// shares no memory with anything. See [tensor.RMSNorm].
func RMSNorm[T Float](y, rstd, x, gamma []T, eps float64) {
	o := begin("RMSNorm", y, rstd, x, gamma)
	defer o.put()
	c := len(gamma)
	n := o.rowsOf(len(x), c)
	tensor.RMSNorm(o.is(0, "y", y, n, c), o.may(1, "rstd", rstd, n), o.is(2, "x", x, n, c), o.is(3, "gamma", gamma, c), eps)
}

// RMSNormGrad is the backward pass of [RMSNorm], from dy, the gradient of y, to dx and
// dgamma, which may be nil. dx may be dy or x; dgamma shares no memory with anything. See
// [tensor.RMSNormGrad].
func RMSNormGrad[T Float](dx, dgamma, dy, x, gamma, rstd []T) {
	o := begin("RMSNormGrad", dx, dgamma, dy, x, gamma, rstd)
	defer o.put()
	c := len(gamma)
	n := o.rowsOf(len(x), c)
	tensor.RMSNormGrad(o.is(0, "dx", dx, n, c), o.may(1, "dgamma", dgamma, c), o.is(2, "dy", dy, n, c), o.is(3, "x", x, n, c), o.is(4, "gamma", gamma, c), o.is(5, "rstd", rstd, n))
}
