package vec

import "github.com/lanes-go/lanes/tensor"

// rows runs an operation of tensor on matrices of rows of cols elements.
func rows[T Float](op string, cols int, run func(o *operands[T]), s ...[]T) {
	o := begin(op, s...)
	defer o.put()
	n := o.rowsOf(len(s[0]), cols)
	for i, x := range s {
		if len(x) != len(s[0]) {
			o.fail(lengthsDiffer)
		}
		if partlyMeet(s[0], x) {
			o.fail(partly)
		}
		o.t[i].Over(x, n, cols)
	}
	run(o)
}

// Softmax computes exp(x-m)/Σ exp(x-m) of every row of cols elements, m its greatest
// element. Elements of ±1000 and more are no trouble, and a -Inf beside finite ones is 0; a
// row with a NaN or a +Inf, or of nothing but -Inf, is NaN. dst may be x. See
// [tensor.Softmax].
//
//forms:inplace new
func Softmax[T Float](dst, x []T, cols int) {
	rows("Softmax", cols, func(o *operands[T]) { tensor.Softmax(&o.t[0], &o.t[1], 1) }, dst, x)
}

// LogSoftmax computes x-m - log Σ exp(x-m) of every row of cols elements, m its greatest
// element; for infinities and NaN see [Softmax]. dst may be x.
//
//forms:inplace new
func LogSoftmax[T Float](dst, x []T, cols int) {
	rows("LogSoftmax", cols, func(o *operands[T]) { tensor.LogSoftmax(&o.t[0], &o.t[1], 1) }, dst, x)
}

// SoftmaxGrad computes the gradient of y = Softmax(x), dx = y·(dy - Σ dy·y) of every row of
// cols elements, from dy, that of y. dx may be dy or y.
func SoftmaxGrad[T Float](dx, dy, y []T, cols int) {
	rows("SoftmaxGrad", cols, func(o *operands[T]) { tensor.SoftmaxGrad(&o.t[0], &o.t[1], &o.t[2], 1) }, dx, dy, y)
}

// LogSoftmaxGrad computes the gradient of y = LogSoftmax(x), dx = dy - e^y·Σ dy of every row
// of cols elements, from dy, that of y. dx may be dy or y.
func LogSoftmaxGrad[T Float](dx, dy, y []T, cols int) {
	rows("LogSoftmaxGrad", cols, func(o *operands[T]) { tensor.LogSoftmaxGrad(&o.t[0], &o.t[1], &o.t[2], 1) }, dx, dy, y)
}

// LogSumExp returns log Σ exp(x[i]), also where exp overflows: +Inf if an element is, -Inf
// of nothing or of nothing but -Inf, NaN if an element is NaN.
func LogSumExp[T Float](x []T) T {
	o := begin("LogSumExp", x)
	defer o.put()
	o.t[0].Over(x, 1, len(x))
	o.t[1].Over(o.one[:], 1)
	tensor.LogSumExp(&o.t[1], &o.t[0], 1)
	return o.one[0]
}

// LabelOptions are those of losses with a label for each row: Reduction, Weights of classes,
// label Smoothing, rows to Ignore, room for the Losses of rows. The zero value is the mean
// over all rows. Ignore leaves out the rows whose label is the field IgnoreIndex, which is 0
// unless set, that is class 0: for PyTorch's -100 set both,
//
//	LabelOptions[float32]{Ignore: true, IgnoreIndex: vec.IgnoreIndex}
//
// The fields are described at [tensor.LabelOptions].
type LabelOptions[T Float] = tensor.LabelOptions[T]

// IgnoreIndex is the label that PyTorch leaves out unless told otherwise: a value for the
// field of [LabelOptions], not its default.
const IgnoreIndex = tensor.IgnoreIndex

// CrossEntropy returns the loss -log softmax(row)[label], by default the mean over the
// rows, and writes its gradient to dlogits, which may be logits, or is nil if it is not
// wanted. labels has one class for each row, and so tells how many rows there are. o.Losses,
// if not nil, receives the loss of every row and shares no memory with anything. A label
// that is no class is a panic with a [*LabelError]; o.Ignore alone leaves out class 0 (see
// [LabelOptions]). See [tensor.CrossEntropy].
func CrossEntropy[T Float](dlogits, logits []T, labels []int, o LabelOptions[T]) T {
	return labelLoss("CrossEntropy", tensor.CrossEntropy[T], dlogits, logits, labels, o)
}

// NLLLoss is the loss -row[label] of rows of log-probabilities; for dx, labels and o see
// [CrossEntropy]. See [tensor.NLLLoss].
func NLLLoss[T Float](dx, x []T, labels []int, o LabelOptions[T]) T {
	return labelLoss("NLLLoss", tensor.NLLLoss[T], dx, x, labels, o)
}

// HingeLoss is the multiclass hinge loss Σ max(0, row[j] - row[label] + 1) over the other
// classes; for dx, labels and o see [CrossEntropy]. See [tensor.HingeLoss].
func HingeLoss[T Float](dx, x []T, labels []int, o LabelOptions[T]) T {
	return labelLoss("HingeLoss", tensor.HingeLoss[T], dx, x, labels, o)
}

func labelLoss[T Float](op string, loss func(dx, x *tensor.Tensor[T], labels []int, o tensor.LabelOptions[T]) T, dx, x []T, labels []int, o LabelOptions[T]) T {
	s := begin(op, dx, x)
	defer s.put()
	s.also(len(labels))
	for _, n := range [][]T{o.Weights, o.Losses} {
		if n != nil {
			s.also(len(n))
		}
	}
	n, cols := len(labels), len(o.Weights)
	switch {
	case dx != nil && len(dx) != len(x):
		s.fail(lengthsDiffer)
	case n == 0 && len(x) > 0 || n > 0 && len(x)%n != 0:
		s.fail("want a label for each of some rows of one length")
	case n > 0:
		cols = len(x) / n
	}
	s.t[1].Over(x, n, cols)
	if dx == nil {
		return loss(nil, &s.t[1], labels, o)
	}
	s.t[0].Over(dx, n, cols)
	return loss(&s.t[0], &s.t[1], labels, o)
}
