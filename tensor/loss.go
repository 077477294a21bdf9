package tensor

import (
	"fmt"

	"github.com/lanes-go/lanes/asm"
	"github.com/lanes-go/lanes/internal/chunk"
)

// LabelError is the panic value of a loss given a class that is not one of the
// columns.
type LabelError struct {
	Op      string
	Row     int // where the label is
	Label   int
	Classes int
	Shape   []int // of the logits
}

func (e *LabelError) Error() string {
	return fmt.Sprintf("tensor.%s: label %d of row %d is not in [0, %d); logits %v", e.Op, e.Label, e.Row, e.Classes, e.Shape)
}

// Reduction is what a loss makes of the losses of its rows or elements.
type Reduction uint8

const (
	LossMean Reduction = iota // their mean
	LossSum                   // their sum
)

// IgnoreIndex is the label that PyTorch leaves out unless told otherwise: a value for
// LabelOptions.IgnoreIndex, not its default.
const IgnoreIndex = -100

// LabelOptions are those of losses with a label for each row; the zero value is the
// mean over all rows.
type LabelOptions[T Float] struct {
	// Reduction of the losses of the rows. The mean is their sum divided by the sum of
	// the weights of the labels, as in PyTorch: NaN if every row is left out.
	Reduction Reduction

	// Weights of the classes; nil: every one is 1.
	Weights []T

	// Smoothing is the share ε of label smoothing, in [0, 1): the target of a row is
	// (1-ε)·onehot + ε/classes. Of CrossEntropy only; the others panic.
	Smoothing T

	// Ignore leaves out the rows with the label IgnoreIndex: they add nothing to the
	// loss and to the weights, and their gradient is 0, whatever they hold. IgnoreIndex
	// is 0 unless set, which leaves out class 0: for PyTorch's -100 set both,
	// {Ignore: true, IgnoreIndex: tensor.IgnoreIndex}.
	Ignore      bool
	IgnoreIndex int

	// Losses, if not nil, receives the loss of every row, weighted and not divided; 0
	// where it is left out. With LossSum that is PyTorch's reduction "none": the
	// gradient of row r is that of Losses[r].
	Losses []T
}

// SoftmaxCrossEntropy returns the mean over the rows of -log softmax(x)[label] and
// writes its gradient with respect to x. logits and dlogits are n x classes,
// labels has n elements; dlogits may be logits. It panics with a *ShapeError or a
// *LabelError.
//
// Per row, with m the greatest logit and s = Σ exp(x-m) in the order of a
// contiguous axis: loss = log(s) - (x[label] - m), dx = exp(x-m)·q with
// q = (1/n)/s, and dx[label] = fma(exp(x[label]-m), q, -1/n). The losses are added
// in the order of a contiguous axis.
func SoftmaxCrossEntropy[T Float](dlogits, logits *Tensor[T], labels []int) T {
	const op = "SoftmaxCrossEntropy"
	if logits == nil || dlogits == nil || logits.Rank() != 2 || !dlogits.SameShape(logits) || len(labels) != logits.shape[0] || len(labels) == 0 {
		e := operandError(op, "want dlogits and logits n x classes, n labels, n > 0", dlogits, logits, nil)
		e.Shapes[2] = []int{len(labels)}
		panic(e)
	}
	return labelLoss(op, rowCrossEntropy, dlogits, logits, labels, LabelOptions[T]{})
}

// CrossEntropy returns the cross-entropy of softmax(logits) and labels, and writes its
// gradient with respect to the logits: fused, and in one pass where the rows are short.
// The classes lie along the last axis; a row is one place of the other axes, and labels
// has one element for each, in row-major order. dlogits has the shape of logits and may
// be logits; with nil only the loss is computed. It panics with a *ShapeError or a
// *LabelError.
//
// With ℓ = log softmax(x) of a row and w the weights, the loss of the row is
//
//	-(1-ε)·w[label]·ℓ[label] - (ε/classes)·Σ w[j]·ℓ[j]
//
// as torch.nn.functional.cross_entropy has it. Without smoothing, weights and rows left
// out it is SoftmaxCrossEntropy, bit for bit.
func CrossEntropy[T Float](dlogits, logits *Tensor[T], labels []int, o LabelOptions[T]) T {
	return labelLoss("CrossEntropy", rowCrossEntropy, dlogits, logits, labels, o)
}

// NLLLoss returns the negative log-likelihood -w[label]·x[label] of rows x of
// log-probabilities, and writes its gradient: -w[label], divided as the loss is, at the
// label and 0 elsewhere. For the rest see CrossEntropy.
func NLLLoss[T Float](dx, x *Tensor[T], labels []int, o LabelOptions[T]) T {
	return labelLoss("NLLLoss", rowNLL, dx, x, labels, o)
}

// HingeLoss returns the multiclass hinge loss of Weston and Watkins (Support vector machines
// for multi-class pattern recognition, 1999), w[label]·Σ max(0, x[j] - x[label] + 1)
// over the classes j that are not the label, and writes its gradient: the number of
// positive terms times -w[label] at the label, w[label] where a term is positive, and 0
// elsewhere, divided as the loss is. PyTorch's multi_margin_loss is this divided by the
// number of classes; its mean is over the number of rows with weights too, not over the sum
// of their weights. For the rest see CrossEntropy.
func HingeLoss[T Float](dx, x *Tensor[T], labels []int, o LabelOptions[T]) T {
	return labelLoss("HingeLoss", rowHinge, dx, x, labels, o)
}

// labelled is what a loss has besides rows.
type labelled[T Float] struct {
	labels    []int
	o         LabelOptions[T]
	grad      bool
	scale     T   // of the gradient
	losses    []T // of rows
	weightSum T   // of classes
	ones      []T // weights where there are none
	buf       []T // of losses that nobody asked for
	picked    []T // weights of labels
}

func (l *labelled[T]) forget() {
	l.labels, l.losses, l.o = nil, nil, LabelOptions[T]{}
}

// ignored tells whether a row with this label is left out.
func (l *labelled[T]) ignored(label int) bool { return l.o.Ignore && label == l.o.IgnoreIndex }

func labelLoss[T Float](op string, what rowOp, dx, x *Tensor[T], labels []int, o LabelOptions[T]) T {
	checkLabels(op, what, dx, x, labels, &o)
	c := getRows[T]()
	c.op, c.n, c.rows = what, x.shape[x.Rank()-1], len(labels)
	c.x.set(x, x.Rank()-1, false)
	l := &c.labelled
	l.labels, l.o, l.grad = labels, o, dx != nil
	if l.grad {
		c.dst.set(dx, x.Rank()-1, false)
	}
	l.losses = o.Losses
	if l.losses == nil {
		l.losses = grow(&l.buf, len(labels))
	}
	k := asm.Active[T]()
	total := l.totalWeight(k)
	l.scale = 1
	if o.Reduction == LossMean {
		l.scale = 1 / total
	}
	if o.Smoothing > 0 {
		if o.Weights == nil {
			l.o.Weights = grow(&l.ones, c.n)
			k.Fill(l.o.Weights, 1)
		}
		l.weightSum = chunk.Sum(k, l.o.Weights)
	}
	clear(l.losses)
	if c.rows > 0 && c.n > 0 {
		c.run()
	}
	loss := chunk.Sum(k, l.losses)
	c.put()
	if o.Reduction == LossMean {
		loss /= total
	}
	return loss
}

// totalWeight is the sum of the weights of the labels.
func (l *labelled[T]) totalWeight(k *asm.Kernels[T]) T {
	if l.o.Weights == nil {
		n := len(l.labels)
		if l.o.Ignore {
			for _, y := range l.labels {
				if y == l.o.IgnoreIndex {
					n--
				}
			}
		}
		return T(n)
	}
	w := grow(&l.picked, len(l.labels))
	for i, y := range l.labels {
		w[i] = 0
		if !l.ignored(y) {
			w[i] = l.o.Weights[y]
		}
	}
	return chunk.Sum(k, w)
}

// checkLabels panics unless the operands fit.
func checkLabels[T Float](op string, what rowOp, dx, x *Tensor[T], labels []int, o *LabelOptions[T]) {
	if x == nil || x.Rank() == 0 {
		panic(labelsError(op, "want x with an axis of classes", dx, x, labels, o))
	}
	rank := x.Rank()
	classes, rows := x.shape[rank-1], 1
	for _, d := range x.shape[:rank-1] {
		rows *= d
	}
	if dx != nil {
		equalShapes(op, dx, x, x, x)
		checkApart(op, dx, x, dx, x, x)
	}
	switch {
	case len(labels) != rows:
		panic(labelsError(op, "want one label for each row", dx, x, labels, o))
	case o.Weights != nil && len(o.Weights) != classes:
		panic(labelsError(op, "want one weight for each class", dx, x, labels, o))
	case o.Losses != nil && len(o.Losses) != rows:
		panic(labelsError(op, "want room for one loss for each row", dx, x, labels, o))
	case rangesMeet(o.Losses, x.data) || dx != nil && rangesMeet(o.Losses, dx.data) || rangesMeet(o.Losses, o.Weights):
		panic(labelsError(op, "Losses shares memory with another operand", dx, x, labels, o))
	case dx != nil && rangesMeet(o.Weights, dx.data):
		panic(labelsError(op, "the gradient shares memory with Weights", dx, x, labels, o))
	case o.Smoothing != 0 && (what != rowCrossEntropy || !(o.Smoothing > 0 && o.Smoothing < 1)):
		panic(labelsError(op, fmt.Sprintf("label smoothing %v is not in [0, 1), or of this loss there is none", o.Smoothing), dx, x, labels, o))
	case o.Reduction > LossSum:
		panic(labelsError(op, fmt.Sprintf("there is no reduction %d", o.Reduction), dx, x, labels, o))
	}
	for i, y := range labels {
		if uint(y) >= uint(classes) && !(o.Ignore && y == o.IgnoreIndex) {
			panic(&LabelError{Op: op, Row: i, Label: y, Classes: classes, Shape: append([]int(nil), x.shape...)})
		}
	}
}

// labelsError names the gradient, x, the labels, and the weights and losses of o.
func labelsError[T Float](op, reason string, dx, x *Tensor[T], labels []int, o *LabelOptions[T]) *ShapeError {
	e := operandError(op, reason, dx, x, nil, nil, nil)
	e.Shapes[2] = []int{len(labels)}
	if o.Weights != nil {
		e.Shapes[3] = []int{len(o.Weights)}
	}
	if o.Losses != nil {
		e.Shapes[4] = []int{len(o.Losses)}
	}
	return e
}

// GradBuffer returns a tensor of t's shape for a gradient with respect to t. It
// belongs to t: every call returns the same one, resized to t's shape now. What it
// holds is unspecified.
func (t *Tensor[T]) GradBuffer() *Tensor[T] {
	if t.grad == nil {
		t.grad = New[T](t.shape...)
	}
	return t.grad.Resize(t.shape...)
}
