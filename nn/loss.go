package nn

import "github.com/lanes-go/lanes/tensor"

// SoftmaxCrossEntropy returns the mean over the rows of -log softmax(logits)[label]
// and its gradient with respect to the logits, for n x classes logits and n labels
// in [0, classes). The gradient belongs to logits: it is valid until the next call
// with the same tensor. See tensor.SoftmaxCrossEntropy, also for what panics.
func SoftmaxCrossEntropy[T tensor.Float](logits *tensor.Tensor[T], labels []int) (loss T, dlogits *tensor.Tensor[T]) {
	dlogits = logits.GradBuffer()
	return tensor.SoftmaxCrossEntropy(dlogits, logits, labels), dlogits
}
