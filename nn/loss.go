package nn

import "github.com/lanes-go/lanes/tensor"

// SoftmaxCrossEntropy returns the mean over the rows of -log softmax(logits)[label]
// and its gradient with respect to the logits, for n x classes logits and n labels
// in [0, classes). The gradient belongs to logits: it is valid until the next call
// with the same tensor. See tensor.SoftmaxCrossEntropy, also for what panics.
//
// It is one operation. Made of log-softmax and NLLLoss the loss has the same bits; the
// gradient has not: its elements, probabilities and probabilities less 1 over n, differ by at
// most 3·2^-24/n (3·2^-53/n in float64), 3 roundings of numbers just below 1/n (sampled: up to
// 1000 classes, logits up to 1000). So where a row is right beyond doubt, p-1 being of few
// digits, neither has more.
func SoftmaxCrossEntropy[T tensor.Float](logits *tensor.Tensor[T], labels []int) (loss T, dlogits *tensor.Tensor[T]) {
	dlogits = logits.GradBuffer()
	return tensor.SoftmaxCrossEntropy(dlogits, logits, labels), dlogits
}

// CrossEntropy is SoftmaxCrossEntropy with options: the smoothing of labels, weights of
// classes, a label to leave out, reductions, the losses of the rows. The classes lie along
// the last axis of logits, and every row of the other axes has a label. At chance, with
// equal logits, it is ln classes: 2.302585 for ten. See tensor.CrossEntropy.
//
// This and the losses below return the loss and its gradient with respect to the first
// argument, found in the same pass; the gradient belongs to that argument as with
// SoftmaxCrossEntropy, and no memory is allocated for it. PyTorch's reduction "none" is
// LossSum with a place for the losses: row r of the gradient is then that of Losses[r].
func CrossEntropy[T tensor.Float](logits *tensor.Tensor[T], labels []int, o tensor.LabelOptions[T]) (loss T, dlogits *tensor.Tensor[T]) {
	dlogits = logits.GradBuffer()
	return tensor.CrossEntropy(dlogits, logits, labels, o), dlogits
}

// NLLLoss returns the negative log-likelihood of labels, for rows of log-probabilities as
// from LogSoftmax, and its gradient. See tensor.NLLLoss.
func NLLLoss[T tensor.Float](logp *tensor.Tensor[T], labels []int, o tensor.LabelOptions[T]) (loss T, dlogp *tensor.Tensor[T]) {
	dlogp = logp.GradBuffer()
	return tensor.NLLLoss(dlogp, logp, labels, o), dlogp
}

// HingeLoss returns the loss of a multiclass support vector machine, of a row
// Σ max(0, s[j] - s[label] + 1) over the classes j that are not the label, and its
// gradient. With scores of zero it is classes - 1. PyTorch's multi_margin_loss is this
// divided by the number of classes. See tensor.HingeLoss.
func HingeLoss[T tensor.Float](scores *tensor.Tensor[T], labels []int, o tensor.LabelOptions[T]) (loss T, dscores *tensor.Tensor[T]) {
	dscores = scores.GradBuffer()
	return tensor.HingeLoss(dscores, scores, labels, o), dscores
}

// BCEWithLogitsLoss returns the cross-entropy of sigmoid(x) and probabilities y, of an
// element max(x, 0) - x·y + log(1 + exp(-|x|)), and its gradient. At chance, with x = 0,
// it is ln 2. See tensor.BCEWithLogitsLoss.
func BCEWithLogitsLoss[T tensor.Float](x, y *tensor.Tensor[T], o tensor.LossOptions[T]) (loss T, dx *tensor.Tensor[T]) {
	dx = x.GradBuffer()
	return tensor.BCEWithLogitsLoss(dx, x, y, o), dx
}

// MSELoss returns the squared error (x-y)² of predictions x and targets y, its mean unless
// o says otherwise, and its gradient. See tensor.MSELoss.
func MSELoss[T tensor.Float](x, y *tensor.Tensor[T], o tensor.LossOptions[T]) (loss T, dx *tensor.Tensor[T]) {
	dx = x.GradBuffer()
	return tensor.MSELoss(dx, x, y, o), dx
}

// L1Loss returns the absolute error |x-y| and its gradient, the sign of x-y: 0 where that
// is 0. See tensor.L1Loss.
func L1Loss[T tensor.Float](x, y *tensor.Tensor[T], o tensor.LossOptions[T]) (loss T, dx *tensor.Tensor[T]) {
	dx = x.GradBuffer()
	return tensor.L1Loss(dx, x, y, o), dx
}

// HuberLoss returns d²/2 where |d| <= delta, d = x-y, and delta·(|d| - delta/2) elsewhere,
// and its gradient. PyTorch's delta is 1 by default. See tensor.HuberLoss.
func HuberLoss[T tensor.Float](x, y *tensor.Tensor[T], delta T, o tensor.LossOptions[T]) (loss T, dx *tensor.Tensor[T]) {
	dx = x.GradBuffer()
	return tensor.HuberLoss(dx, x, y, delta, o), dx
}

// SmoothL1Loss is HuberLoss divided by its delta, here called beta, and L1Loss where that
// is 0. PyTorch's beta is 1 by default. See tensor.SmoothL1Loss.
func SmoothL1Loss[T tensor.Float](x, y *tensor.Tensor[T], beta T, o tensor.LossOptions[T]) (loss T, dx *tensor.Tensor[T]) {
	dx = x.GradBuffer()
	return tensor.SmoothL1Loss(dx, x, y, beta, o), dx
}
