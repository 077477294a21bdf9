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
	if logits.Rank() != 2 || !dlogits.SameShape(logits) || len(labels) != logits.shape[0] || len(labels) == 0 {
		panic(shapeError(op, "want dlogits and logits n x classes, n labels, n > 0", dlogits.shape, logits.shape, []int{len(labels)}))
	}
	inPlace(op, dlogits, logits, logits)
	n, c := logits.shape[0], logits.shape[1]
	for i, l := range labels {
		if uint(l) >= uint(c) {
			panic(&LabelError{Op: op, Row: i, Label: l, Classes: c, Shape: append([]int(nil), logits.shape...)})
		}
	}
	d, x := dlogits.Data(), logits.Data()
	k := asm.Active[T]()
	ws := getWorkspace[T]()
	losses := grow(&ws.sum, n)
	inv := 1 / T(n)
	for i, label := range labels {
		losses[i] = softmaxRow(k, d[i*c:i*c+c], x[i*c:i*c+c], label, inv)
	}
	loss := chunk.Sum(k, losses)
	putWorkspace(ws)
	return loss / T(n)
}

func softmaxRow[T Float](k *asm.Kernels[T], d, x []T, label int, inv T) T {
	m := k.Max(x)
	z := x[label] - m
	s := expSum(k, d, x, m)
	q := inv / s
	e := d[label]
	chunk.Scale(k, d, q, d)
	d[label] = asm.FMA(e, q, -inv)
	return asm.Log(s) - z
}

func expSum[T Float](k *asm.Kernels[T], d, x []T, shift T) T {
	return chunk.Reduce(len(x), func(lo, hi int) T { return k.ExpSum(d[lo:hi], x[lo:hi], shift) })
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
