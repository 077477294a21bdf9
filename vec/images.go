package vec

import "github.com/lanes-go/lanes/tensor"

// GroupNorm normalizes groups of channels of images (Wu and He 2018): x holds images of c
// channels of hw elements each, and the channels of an image are cut into groups of c/groups,
// each of which has its own mean and variance:
//
//	y = (x-mean) · rstd · gamma + beta, rstd = 1/√(variance + eps)
//
// gamma and beta have an element for each channel, or are nil; mean and rstd, which
// GroupNormGrad needs, have one for each group of each image, or are nil. y may be x;
// other results share no memory with anything. See [tensor.GroupNorm].
func GroupNorm[T Float](y, mean, rstd, x, gamma, beta []T, c, hw, groups int, eps float64) {
	groupNorm("GroupNorm", y, mean, rstd, x, gamma, beta, c, hw, groups, eps)
}

// GroupNormGrad is the backward pass of [GroupNorm], from dy, the gradient of y, and x,
// gamma, mean and rstd of the forward pass to dx, dgamma and dbeta, of which the last two
// may be nil. dx may be dy or x; other results share no memory with anything. The formulas
// are at [tensor.GroupNormGrad].
func GroupNormGrad[T Float](dx, dgamma, dbeta, dy, x, gamma, mean, rstd []T, c, hw, groups int) {
	groupNormGrad("GroupNormGrad", dx, dgamma, dbeta, dy, x, gamma, mean, rstd, c, hw, groups)
}

// InstanceNorm is [GroupNorm] with a group for each channel (Ulyanov and others 2016).
func InstanceNorm[T Float](y, mean, rstd, x, gamma, beta []T, c, hw int, eps float64) {
	groupNorm("InstanceNorm", y, mean, rstd, x, gamma, beta, c, hw, c, eps)
}

// InstanceNormGrad is the backward pass of [InstanceNorm]; for the operands see
// [GroupNormGrad].
func InstanceNormGrad[T Float](dx, dgamma, dbeta, dy, x, gamma, mean, rstd []T, c, hw int) {
	groupNormGrad("InstanceNormGrad", dx, dgamma, dbeta, dy, x, gamma, mean, rstd, c, hw, c)
}

func groupNorm[T Float](op string, y, mean, rstd, x, gamma, beta []T, c, hw, groups int, eps float64) {
	o := begin(op, y, mean, rstd, x, gamma, beta)
	defer o.put()
	s := o.channels(len(x), c, hw, nil)
	shape, n := s.shape(), s.d[0]*max(groups, 0)
	tensor.GroupNorm(o.is(0, "y", y, shape...), o.mayMeans(1, mean, n), o.may(2, "rstd", rstd, n), o.is(3, "x", x, shape...), o.may(4, "gamma", gamma, c), o.may(5, "beta", beta, c), groups, eps)
}

func groupNormGrad[T Float](op string, dx, dgamma, dbeta, dy, x, gamma, mean, rstd []T, c, hw, groups int) {
	o := begin(op, dx, dgamma, dbeta, dy, x, gamma, mean, rstd)
	defer o.put()
	s := o.channels(len(x), c, hw, nil)
	shape, n := s.shape(), s.d[0]*max(groups, 0)
	tensor.GroupNormGrad(o.is(0, "dx", dx, shape...), o.may(1, "dgamma", dgamma, c), o.may(2, "dbeta", dbeta, c), o.is(3, "dy", dy, shape...), o.is(4, "x", x, shape...),
		o.may(5, "gamma", gamma, c), o.means(6, mean, n), o.is(7, "rstd", rstd, n), groups)
}

// LRNOptions are those of local response normalization: the window's channels, k, alpha
// and beta. Begin with [LRNAlexNet].
type LRNOptions = tensor.LRNOptions

// LRNAlexNet are the constants of AlexNet: see [tensor.LRNAlexNet].
func LRNAlexNet() LRNOptions { return tensor.LRNAlexNet() }

// LRN is local response normalization across channels, as PyTorch has it, of images of c
// channels of hw elements each:
//
//	y = x / (k + alpha/size · Σ x²)^beta
//
// with the sum over the size channels around that of y. y may be x. See [tensor.LRN].
func LRN[T Float](y, x []T, c, hw int, opts LRNOptions) {
	o := begin("LRN", y, x)
	defer o.put()
	s := o.channels(len(x), c, hw, nil)
	shape := s.shape()
	tensor.LRN(o.is(0, "y", y, shape...), o.is(1, "x", x, shape...), opts)
}

// LRNGrad is the backward pass of [LRN], from dy, the gradient of y, and x. dx may be dy or
// x. See [tensor.LRNGrad].
func LRNGrad[T Float](dx, dy, x []T, c, hw int, opts LRNOptions) {
	o := begin("LRNGrad", dx, dy, x)
	defer o.put()
	s := o.channels(len(x), c, hw, nil)
	shape := s.shape()
	tensor.LRNGrad(o.is(0, "dx", dx, shape...), o.is(1, "dy", dy, shape...), o.is(2, "x", x, shape...), opts)
}

// PReLUChannels is [PReLU] with a slope for each channel: x holds images of len(slope)
// channels of hw elements each, or with hw = 1 rows of len(slope) channels. dst may be x;
// slope is apart from dst.
func PReLUChannels[T Float](dst, x, slope []T, hw int) {
	o := begin("PReLUChannels", dst, x, slope)
	defer o.put()
	c := len(slope)
	s := o.channels(len(x), c, hw, nil)
	shape := s.shape()
	tensor.PReLU(o.is(0, "dst", dst, shape...), o.is(1, "x", x, shape...), o.is(2, "slope", slope, c, 1))
}

// PReLUChannelsGrad computes dx = x > 0 ? dy : slope·dy from the input x of
// [PReLUChannels]. dx may be dy or x; slope is apart from dx.
func PReLUChannelsGrad[T Float](dx, dy, x, slope []T, hw int) {
	o := begin("PReLUChannelsGrad", dx, dy, x, slope)
	defer o.put()
	c := len(slope)
	s := o.channels(len(x), c, hw, nil)
	shape := s.shape()
	tensor.PReLUGrad(o.is(0, "dx", dx, shape...), o.is(1, "dy", dy, shape...), o.is(2, "x", x, shape...), o.is(3, "slope", slope, c, 1))
}

// PReLUChannelsSlopeGrad computes the gradients of the slopes of [PReLUChannels], dslope of
// a channel being Σ x < 0 ? dy·x : 0 over it; its memory is apart from the others'. The
// order of the sum is at [tensor.PReLUSlopeGrad].
func PReLUChannelsSlopeGrad[T Float](dslope, dy, x []T, hw int) {
	o := begin("PReLUChannelsSlopeGrad", dslope, dy, x)
	defer o.put()
	c := len(dslope)
	s := o.channels(len(x), c, hw, nil)
	shape := s.shape()
	tensor.PReLUSlopeGrad(o.is(0, "dslope", dslope, c, 1), o.is(1, "dy", dy, shape...), o.is(2, "x", x, shape...))
}
