package vec

import "github.com/lanes-go/lanes/tensor"

// Reduction is what a loss makes of the losses of its rows or elements. For none at all
// there are [MSELosses] and so on, and the field Losses of [LabelOptions].
type Reduction = tensor.Reduction

// The reductions.
const (
	LossMean = tensor.LossMean // their mean
	LossSum  = tensor.LossSum  // their sum
)

// MSELoss returns the mean, or the sum, of (x-y)² and writes its gradient with respect to
// x, 2·(x-y) (divided by the number for the mean), to dx: nil, where it is not wanted, or
// a slice that may be x or y. Of nothing the mean is NaN; a NaN makes the loss NaN. See
// [tensor.MSELoss].
func MSELoss[T Float](dx, x, y []T, r Reduction) T {
	return pairLoss("MSELoss", dx, x, y, r, tensor.MSELoss[T])
}

// MSELosses is [MSELoss] of every element, losses[i] = (x[i]-y[i])², and its gradient:
// PyTorch's reduction "none". dx is nil or may be x or y; losses shares no memory with
// anything.
func MSELosses[T Float](losses, dx, x, y []T) {
	pairLosses("MSELosses", losses, dx, x, y, tensor.MSELoss[T])
}

// L1Loss returns the mean, or the sum, of |x-y| and writes its gradient with respect to x,
// the sign of x-y (0 where that is 0 or NaN), to dx, which may be x or y, or is nil. See
// [tensor.L1Loss].
func L1Loss[T Float](dx, x, y []T, r Reduction) T {
	return pairLoss("L1Loss", dx, x, y, r, tensor.L1Loss[T])
}

// L1Losses is [L1Loss] of every element; for dx and losses see [MSELosses].
func L1Losses[T Float](losses, dx, x, y []T) {
	pairLosses("L1Losses", losses, dx, x, y, tensor.L1Loss[T])
}

// HuberLoss returns the mean, or the sum, of d²/2 where |d| <= delta, d = x-y, and of
// delta·(|d| - delta/2) elsewhere, and writes its gradient with respect to x, d held
// between -delta and delta, to dx, which may be x or y, or is nil. It panics unless
// delta > 0. See [tensor.HuberLoss].
func HuberLoss[T Float](dx, x, y []T, delta T, r Reduction) T {
	return pairLoss("HuberLoss", dx, x, y, r, func(dx, x, y *tensor.Tensor[T], o tensor.LossOptions[T]) T {
		return tensor.HuberLoss(dx, x, y, delta, o)
	})
}

// HuberLosses is [HuberLoss] of every element; for dx and losses see [MSELosses].
func HuberLosses[T Float](losses, dx, x, y []T, delta T) {
	pairLosses("HuberLosses", losses, dx, x, y, func(dx, x, y *tensor.Tensor[T], o tensor.LossOptions[T]) T {
		return tensor.HuberLoss(dx, x, y, delta, o)
	})
}

// SmoothL1Loss is [HuberLoss] divided by its delta, here beta: d²/(2·beta) where |d| <=
// beta, d = x-y, and |d| - beta/2 elsewhere. With beta = 0 it is [L1Loss]; it panics unless
// beta >= 0. dx may be x or y, or is nil. See [tensor.SmoothL1Loss].
func SmoothL1Loss[T Float](dx, x, y []T, beta T, r Reduction) T {
	return pairLoss("SmoothL1Loss", dx, x, y, r, func(dx, x, y *tensor.Tensor[T], o tensor.LossOptions[T]) T {
		return tensor.SmoothL1Loss(dx, x, y, beta, o)
	})
}

// SmoothL1Losses is [SmoothL1Loss] of every element; for dx and losses see [MSELosses].
func SmoothL1Losses[T Float](losses, dx, x, y []T, beta T) {
	pairLosses("SmoothL1Losses", losses, dx, x, y, func(dx, x, y *tensor.Tensor[T], o tensor.LossOptions[T]) T {
		return tensor.SmoothL1Loss(dx, x, y, beta, o)
	})
}

// BCEWithLogitsLoss returns the mean, or the sum, of the cross-entropy of sigmoid(x) and a
// probability y, max(x, 0) - x·y + log(1 + e^-|x|), and writes its gradient with respect to
// the logits x, sigmoid(x) - y, to dx, which may be x or y, or is nil. Logits of ±1000 and
// more are no trouble, an infinite one is NaN. See [tensor.BCEWithLogitsLoss].
func BCEWithLogitsLoss[T Float](dx, x, y []T, r Reduction) T {
	return pairLoss("BCEWithLogitsLoss", dx, x, y, r, tensor.BCEWithLogitsLoss[T])
}

// BCEWithLogitsLosses is [BCEWithLogitsLoss] of every element; for dx and losses see
// [MSELosses].
func BCEWithLogitsLosses[T Float](losses, dx, x, y []T) {
	pairLosses("BCEWithLogitsLosses", losses, dx, x, y, tensor.BCEWithLogitsLoss[T])
}

func pairLoss[T Float](op string, dx, x, y []T, r Reduction, loss func(dx, x, y *tensor.Tensor[T], o tensor.LossOptions[T]) T) T {
	o := begin(op, dx, x, y)
	defer o.put()
	n := len(x)
	if dx != nil && len(dx) != n || len(y) != n {
		o.fail(lengthsDiffer)
	}
	return loss(o.may(0, "dx", dx, n), &o.t[1], &o.t[2], tensor.LossOptions[T]{Reduction: r})
}

func pairLosses[T Float](op string, losses, dx, x, y []T, loss func(dx, x, y *tensor.Tensor[T], o tensor.LossOptions[T]) T) {
	o := begin(op, losses, dx, x, y)
	defer o.put()
	n := len(x)
	if dx != nil && len(dx) != n || len(y) != n || len(losses) != n {
		o.fail(lengthsDiffer)
	}
	loss(o.may(1, "dx", dx, n), &o.t[2], &o.t[3], tensor.LossOptions[T]{Reduction: LossSum, Losses: &o.t[0]})
}
