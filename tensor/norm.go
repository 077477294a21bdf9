package tensor

import (
	"fmt"
	"math"

	"github.com/lanes-go/lanes/asm"
)

// BatchNormOptions are the conventions of a batch norm. Begin with those of a framework:
// BatchNormPyTorch, BatchNormKeras, BatchNormONNX, BatchNormCumulative.
type BatchNormOptions struct {
	Eps float64 // added to the variance

	// Momentum of the running statistics: the weight of the new batch, the rest being
	// that of the old value; or the other way round with MomentumOfOld.
	Momentum      float64
	MomentumOfOld bool

	// Batch > 0 is the number of this batch, from 1 on: the running statistics are then
	// the means over all batches so far, and Momentum does not count.
	Batch int

	// Population takes the variance of the batch itself into the running variance (the
	// sum of squares over n), which normalizes it in any case. Without it the running
	// variance is the unbiased estimate (over n-1).
	Population bool

	ChannelsLast bool
	ReLU         bool // y = max(y, 0) in the same pass; backward passes then need y
}

// BatchNormPyTorch are the defaults of PyTorch: 0.1 of the new batch, the unbiased
// variance. Running means start at 0, variances at 1.
func BatchNormPyTorch() BatchNormOptions { return BatchNormOptions{Eps: 1e-5, Momentum: 0.1} }

// BatchNormKeras are the defaults of Keras 3: 0.99 of the old value, the variance of the
// batch. Running means start at 0, variances at 1.
func BatchNormKeras() BatchNormOptions {
	return BatchNormOptions{Eps: 1e-3, Momentum: 0.99, MomentumOfOld: true, Population: true}
}

// BatchNormONNX are the defaults of ONNX from opset 14 on, and of the CS231n sheets, whose
// running statistics both start at 0: 0.9 of the old value, the variance of the batch.
func BatchNormONNX() BatchNormOptions {
	return BatchNormOptions{Eps: 1e-5, Momentum: 0.9, MomentumOfOld: true, Population: true}
}

// BatchNormCumulative are PyTorch's without a momentum (momentum=None): batch is the
// number of the batch, from 1 on.
func BatchNormCumulative(batch int) BatchNormOptions {
	return BatchNormOptions{Eps: 1e-5, Batch: batch}
}

// weights are those of the new batch and of the old value in running statistics.
func (o *BatchNormOptions) weights() (fresh, old float64) {
	switch {
	case o.Batch > 0:
		fresh = 1 / float64(o.Batch)
		return fresh, 1 - fresh
	case o.MomentumOfOld:
		return 1 - o.Momentum, o.Momentum
	}
	return o.Momentum, 1 - o.Momentum
}

// BatchNorm is batch norm in training (Ioffe and Szegedy, Batch Normalization, 2015). The
// channels are the second axis of x, (N, C), (N, C, L), (N, C, H, W) …, or with
// o.ChannelsLast the last one; each is normalized by its mean and variance over all other
// axes:
//
//	y = fma(x-mean, s, beta + r*s), s = gamma*rstd, rstd = 1/√(variance + eps)
//
// The variance is Σ(x-mean)²/n of the n values, and r what the mean has too much, being
// rounded. With o.ReLU, what is below 0 is 0. y has the shape of x and may be x; all
// others have C elements, and every one may be nil: no gamma is 1, no beta 0. mean, of C
// or 2 x C elements, gets the mean (and r), rstd that of the formula: BatchNormGrad needs
// both. Mean and variance are taken into the running statistics:
//
//	running = fma(weight of new, of the batch, weight of old * running)
//
// Results share no memory with each other.
//
// A channel with one value everywhere gives beta. A channel with a NaN or an infinity is
// NaN in y and in the statistics, the running ones for good, and one whose squares
// overflow gives beta; other channels are as they would be. One value for each channel is
// a *ShapeError, since its variance says nothing, as are Eps or Batch below 0. An empty
// batch leaves the running statistics alone; mean and rstd are then 0.
//
// Statistics have the order of a plane (n, c) as a contiguous axis, and of the planes
// pairwise over n; where a plane is one element and with ChannelsLast that of an outer
// axis, per column in blocks of 64 rows. So the two layouts may differ in the last bits.
func BatchNorm[T Float](y, mean, rstd, runMean, runVar, x, gamma, beta *Tensor[T], o BatchNormOptions) {
	batchNormTrain(asm.Active[T](), y, mean, rstd, runMean, runVar, x, gamma, beta, &o)
}

func batchNormTrain[T Float](k *asm.Kernels[T], y, mean, rstd, runMean, runVar, x, gamma, beta *Tensor[T], o *BatchNormOptions) {
	const op = "BatchNorm"
	all := []*Tensor[T]{y, mean, rstd, runMean, runVar, x, gamma, beta}
	b := getNorm(k, op, o, y, x, all...)
	b.forward, b.stats = true, true
	b.vectors(op, all, rstd, runMean, runVar, gamma, beta)
	b.means(op, all, mean)
	resultsApart(op, all, y, mean, rstd, runMean, runVar)
	if b.n*b.s == 1 && b.c > 0 {
		panic(operandError(op, "one value for each channel has no variance: want more in training", all...))
	}
	b.load(normGamma, gamma, 1)
	b.load(normBeta, beta, 0)
	b.x, b.dst = packedCopy(x, &b.copies[0]), packedOut(y, &b.copies[3])
	b.run()
	if mean != nil {
		storeElements(mean, b.buf[int(normMean)*b.c:][:mean.Len()])
	}
	b.store(rstd, normRstd)
	if b.n*b.s > 0 {
		b.running(runMean, runVar, o)
	}
	b.finish(y)
}

// running takes the statistics of the batch into the running ones.
func (b *batchNorm[T]) running(runMean, runVar *Tensor[T], o *BatchNormOptions) {
	fresh, old := o.weights()
	count := float64(b.n * b.s)
	if !o.Population {
		count--
	}
	b.take(runMean, normMean, T(fresh), T(old))
	b.take(runVar, normM2, T(fresh/count), T(old))
}

// take is run = fma(w, of the batch, old*run), run not read where old is 0.
func (b *batchNorm[T]) take(run *Tensor[T], batch normVector, w, old T) {
	if run == nil {
		return
	}
	v, r := b.vec(batch), b.vec(normS)
	if old == 0 {
		b.k.Scale(r, w, v)
	} else {
		b.load(normS, run, 0)
		b.k.Axpby(r, w, v, old)
	}
	b.store(run, normS)
}

// BatchNormInference is batch norm by given statistics, a fixed map for each channel:
//
//	y = fma(x, s, t), s = gamma/√(variance + eps), t = fma(-mean, s, beta)
//
// s and t are computed once, so that a layer before it can apply them to its results with
// the same bits. Shapes are as in BatchNorm, y may be x, gamma and beta may be nil; mean
// and variance have C elements.
func BatchNormInference[T Float](y, x, gamma, beta, mean, variance *Tensor[T], o BatchNormOptions) {
	batchNormInference(asm.Active[T](), y, x, gamma, beta, mean, variance, &o)
}

func batchNormInference[T Float](k *asm.Kernels[T], y, x, gamma, beta, mean, variance *Tensor[T], o *BatchNormOptions) {
	const op = "BatchNormInference"
	all := []*Tensor[T]{y, x, gamma, beta, mean, variance}
	b := getNorm(k, op, o, y, x, all...)
	b.forward = true
	b.vectors(op, all, mean, variance, gamma, beta)
	needed(op, mean, variance, all)
	b.load(normGamma, gamma, 1)
	b.load(normBeta, beta, 0)
	b.load(normMean, mean, 0)
	b.load(normM2, variance, 0)
	b.x, b.dst = packedCopy(x, &b.copies[0]), packedOut(y, &b.copies[3])
	b.run()
	b.finish(y)
}

// BatchNormGrad is the backward pass of BatchNorm, from dy and what that had and left
// behind; y is read with o.ReLU only, where dy does not count if y is not above 0, and
// may be nil without. With n values in each channel and xh = (x-mean)*rstd,
//
//	dbeta = Σ dy, dgamma = Σ dy*xh
//	dx = gamma*rstd * (dy - dbeta/n - xh*dgamma/n)
//
// dx has the shape of x, dy and y and may be one of them; dgamma, dbeta, gamma and rstd
// have C elements, mean C or 2 x C, as BatchNorm had it. dgamma and dbeta may be nil, and
// gamma, which is then 1. Results share no memory with each other. An empty batch makes
// dgamma and dbeta 0. Sums have the order of BatchNorm's.
func BatchNormGrad[T Float](dx, dgamma, dbeta, dy, x, y, gamma, mean, rstd *Tensor[T], o BatchNormOptions) {
	batchNormGrad(asm.Active[T](), "BatchNormGrad", dx, dgamma, dbeta, dy, x, y, gamma, mean, rstd, &o, false)
}

// BatchNormInferenceGrad is the backward pass of BatchNormInference, or of a layer with
// frozen statistics: dx = dy*gamma*rstd with rstd = 1/√(variance + eps), and dgamma,
// dbeta as those of BatchNormGrad. Shapes and what may be nil are as there; mean and
// variance have C elements.
func BatchNormInferenceGrad[T Float](dx, dgamma, dbeta, dy, x, y, gamma, mean, variance *Tensor[T], o BatchNormOptions) {
	batchNormGrad(asm.Active[T](), "BatchNormInferenceGrad", dx, dgamma, dbeta, dy, x, y, gamma, mean, variance, &o, true)
}

func batchNormGrad[T Float](k *asm.Kernels[T], op string, dx, dgamma, dbeta, dy, x, y, gamma, mean, rstd *Tensor[T], o *BatchNormOptions, frozen bool) {
	all := []*Tensor[T]{dx, dgamma, dbeta, dy, x, y, gamma, mean, rstd}
	b := getNorm(k, op, o, dx, x, all...)
	b.frozen = frozen
	b.stats = !frozen || dgamma != nil || dbeta != nil
	if dy == nil || !dx.SameShape(dy) || o.ReLU && (y == nil || !dx.SameShape(y)) {
		panic(operandError(op, "want dx, dy, x and with ReLU y of one shape", all...))
	}
	b.vectors(op, all, rstd, dgamma, dbeta, gamma)
	if frozen {
		b.vectors(op, all, mean)
	} else {
		b.much = b.means(op, all, mean)
	}
	needed(op, mean, rstd, all)
	normApart(op, dx, dy, all)
	resultsApart(op, all, dx, dgamma, dbeta)
	b.load(normGamma, gamma, 1)
	loadElements(b.buf[int(normMean)*b.c:][:mean.Len()], mean)
	if b.much {
		copy(b.vec(normMuch), b.vec(normRest))
	}
	if frozen {
		b.load(normM2, rstd, 0)
		rstds(b.k, b.vec(normRstd), b.vec(normM2), 1, b.eps)
		b.lo = T(math.Inf(-1))
	} else {
		b.load(normRstd, rstd, 0)
	}
	b.dy, b.x = packedCopy(dy, &b.copies[0]), packedCopy(x, &b.copies[1])
	b.y = b.dy
	if o.ReLU {
		normApart(op, dx, y, all)
		b.y = packedCopy(y, &b.copies[2])
	}
	b.dst = packedOut(dx, &b.copies[3])
	b.run()
	b.store(dgamma, normS2)
	b.store(dbeta, normS1)
	b.finish(dx)
}

// needed panics unless both statistics are there.
func needed[T Float](op string, mean, spread *Tensor[T], all []*Tensor[T]) {
	if mean == nil || spread == nil {
		panic(operandError(op, "the mean or the other statistic is missing", all...))
	}
}

// resultsApart panics if outputs share memory.
func resultsApart[T Float](op string, all []*Tensor[T], outs ...*Tensor[T]) {
	for i, t := range outs {
		for _, u := range outs[:i] {
			if t != nil && u != nil && rangesMeet(t.data, u.data) && t.overlaps(u) {
				panic(operandError(op, "two results share memory", all...))
			}
		}
	}
}

// normApart panics if a result shares part of its memory with x, which it may be.
func normApart[T Float](op string, dst, x *Tensor[T], all []*Tensor[T]) {
	if rangesMeet(dst.data, x.data) && !dst.samePlaces(x) && dst.overlaps(x) {
		panic(operandError(op, "the result shares part of its memory with an input", all...))
	}
}

// means panics unless mean is a vector of one element for each channel, or two of them;
// it tells which.
func (b *batchNorm[T]) means(op string, all []*Tensor[T], mean *Tensor[T]) (two bool) {
	if mean == nil || mean.Rank() != 2 {
		b.vectors(op, all, mean)
		return false
	}
	if mean.shape[0] != 2 || mean.shape[1] != b.c {
		panic(operandError(op, fmt.Sprintf("want a mean of %[1]d or 2 x %[1]d elements", b.c), all...))
	}
	return true
}

// twoMeans tells whether mean has two elements for each of n statistics, as the leading
// axis; it panics if it has neither that nor one.
func twoMeans[T Float](op string, n int, reason string, all []*Tensor[T], mean *Tensor[T]) bool {
	if mean != nil && mean.Len() == 2*n && n > 0 && mean.shape[0] == 2 {
		return true
	}
	lengths(op, n, reason, all, mean)
	return false
}

// vectors panics unless what there is of the vectors has one element for each channel.
func (b *batchNorm[T]) vectors(op string, all []*Tensor[T], v ...*Tensor[T]) {
	for _, t := range v {
		if t != nil && (len(t.shape) != 1 || t.shape[0] != b.c) {
			panic(operandError(op, fmt.Sprintf("want vectors of %d elements, one for each channel", b.c), all...))
		}
	}
}

// BatchNormAffine finds the s and t of BatchNormInference, for who applies them elsewhere, as
// in the epilogue of a product: y = fma(x, s, t) has its bits. All have C elements; gamma and
// beta may be nil. Of the options Eps counts.
func BatchNormAffine[T Float](s, t, gamma, beta, mean, variance *Tensor[T], o BatchNormOptions) {
	const op = "BatchNormAffine"
	for _, v := range []*Tensor[T]{s, t, mean, variance} {
		if v == nil {
			panic(shapeError(op, "want s, t, mean and variance"))
		}
	}
	for _, v := range []*Tensor[T]{t, mean, variance, gamma, beta} {
		if v != nil && !v.SameShape(s) {
			panic(shapeError(op, "the vectors differ in shape; s, this", s.shape, v.shape))
		}
	}
	if !(o.Eps >= 0) {
		panic(shapeError(op, fmt.Sprintf("Eps %v: want 0 or more", o.Eps), s.shape))
	}
	Affine(s, variance, 1, T(o.Eps))
	Rsqrt(s, s)
	if gamma != nil {
		Mul(s, gamma, s)
	}
	Scale(t, -1, mean)
	if beta == nil {
		beta = New[T](s.shape...)
	}
	FMA(t, t, s, beta)
}
