package vec

import "github.com/lanes-go/lanes/tensor"

// Reduction is what a loss makes of the losses of its rows or elements.
type Reduction = tensor.Reduction

// The reductions.
const (
	LossMean = tensor.LossMean // their mean
	LossSum  = tensor.LossSum  // their sum
)

// Losses of predictions x and targets y return the reduced loss and write its gradient
// with respect to x to dx, which may be x or y, or is nil if it is not wanted.

// MSELoss is (x-y)². See [tensor.MSELoss].
func MSELoss[T Float](dx, x, y []T, r Reduction) T {
	return pairLoss("MSELoss", dx, x, y, r, tensor.MSELoss[T])
}

// L1Loss is |x-y|. See [tensor.L1Loss].
func L1Loss[T Float](dx, x, y []T, r Reduction) T {
	return pairLoss("L1Loss", dx, x, y, r, tensor.L1Loss[T])
}

// HuberLoss is (x-y)²/2 up to |x-y| = delta and linear beyond. See [tensor.HuberLoss].
func HuberLoss[T Float](dx, x, y []T, delta T, r Reduction) T {
	return pairLoss("HuberLoss", dx, x, y, r, func(dx, x, y *tensor.Tensor[T], o tensor.LossOptions[T]) T {
		return tensor.HuberLoss(dx, x, y, delta, o)
	})
}

// SmoothL1Loss is HuberLoss divided by its delta, here beta. See [tensor.SmoothL1Loss].
func SmoothL1Loss[T Float](dx, x, y []T, beta T, r Reduction) T {
	return pairLoss("SmoothL1Loss", dx, x, y, r, func(dx, x, y *tensor.Tensor[T], o tensor.LossOptions[T]) T {
		return tensor.SmoothL1Loss(dx, x, y, beta, o)
	})
}

// BCEWithLogitsLoss is the cross-entropy of sigmoid(x) and a probability y. See
// [tensor.BCEWithLogitsLoss].
func BCEWithLogitsLoss[T Float](dx, x, y []T, r Reduction) T {
	return pairLoss("BCEWithLogitsLoss", dx, x, y, r, tensor.BCEWithLogitsLoss[T])
}

func pairLoss[T Float](op string, dx, x, y []T, r Reduction, loss func(dx, x, y *tensor.Tensor[T], o tensor.LossOptions[T]) T) T {
	if dx != nil && len(dx) != len(x) || len(y) != len(x) {
		fail(op, lengthsDiffer, len(dx), len(x), len(y))
	}
	o := getOperands[T]()
	defer o.put()
	return loss(o.over(0, dx, len(dx)), o.over(1, x, len(x)), o.over(2, y, len(y)), tensor.LossOptions[T]{Reduction: r})
}
