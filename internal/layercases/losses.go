package layercases

import (
	"github.com/lanes-go/lanes/internal/layercheck"
	"github.com/lanes-go/lanes/nn"
	"github.com/lanes-go/lanes/tensor"
)

// Every loss with every reduction. With "none" the losses of rows or elements are
// weighted by numbers, so that each has to have the gradient that is its own.

type (
	labelLoss[T tensor.Float] func(x *tensor.Tensor[T], labels []int, o tensor.LabelOptions[T]) (T, *tensor.Tensor[T])
	pairLoss[T tensor.Float]  func(x, y *tensor.Tensor[T], o tensor.LossOptions[T]) (T, *tensor.Tensor[T])
)

var reductions = []string{"mean", "sum", "none"}

func init() {
	addLabelLoss("CrossEntropy", layercheck.Options{}, labelOptions{}, nn.CrossEntropy[float64], nn.CrossEntropy[float32])
	addLabelLoss("CrossEntropy, smoothing, weights, a label left out", layercheck.Options{}, labelOptions{0.2, true, true},
		nn.CrossEntropy[float64], nn.CrossEntropy[float32])
	addLabelLoss("NLLLoss", layercheck.Options{}, labelOptions{}, nn.NLLLoss[float64], nn.NLLLoss[float32])
	addLabelLoss("NLLLoss, weights, a label left out", layercheck.Options{}, labelOptions{0, true, true}, nn.NLLLoss[float64], nn.NLLLoss[float32])
	addLabelLoss("HingeLoss", layercheck.Options{Lo: -2, Hi: 2}, labelOptions{}, nn.HingeLoss[float64], nn.HingeLoss[float32])
	addLabelLoss("HingeLoss, weights, a label left out", layercheck.Options{Lo: -2, Hi: 2}, labelOptions{0, true, true},
		nn.HingeLoss[float64], nn.HingeLoss[float32])

	addPairLoss("BCEWithLogitsLoss", layercheck.Options{Lo: -6, Hi: 6}, 0, 1, nn.BCEWithLogitsLoss[float64], nn.BCEWithLogitsLoss[float32])
	addPairLoss("MSELoss", layercheck.Options{}, -1, 1, nn.MSELoss[float64], nn.MSELoss[float32])
	addPairLoss("L1Loss", layercheck.Options{}, -1, 1, nn.L1Loss[float64], nn.L1Loss[float32])
	addPairLoss("L1Loss, targets 0", layercheck.Options{Kinks: []layercheck.Kink{{At: 0, Slopes: []float64{0}}}}, 0, 0,
		nn.L1Loss[float64], nn.L1Loss[float32])
	addPairLoss("HuberLoss", layercheck.Options{}, -1, 1, huber[float64], huber[float32])
	addPairLoss("SmoothL1Loss", layercheck.Options{}, -1, 1, smoothL1[float64], smoothL1[float32])
}

func huber[T tensor.Float](x, y *tensor.Tensor[T], o tensor.LossOptions[T]) (T, *tensor.Tensor[T]) {
	return nn.HuberLoss(x, y, 0.5, o)
}

func smoothL1[T tensor.Float](x, y *tensor.Tensor[T], o tensor.LossOptions[T]) (T, *tensor.Tensor[T]) {
	return nn.SmoothL1Loss(x, y, 0.25, o)
}

type labelOptions struct {
	smoothing       float64
	weights, ignore bool
}

func addLabelLoss(name string, o layercheck.Options, l labelOptions, f64 labelLoss[float64], f32 labelLoss[float32]) {
	shapes := append([][]int{{2, 3, 5}}, scores...)
	for _, r := range reductions {
		losses(Loss{Name: name + ", " + r, Shapes: shapes, Options: o,
			New64: func(shape []int) layercheck.LossFunc[float64] { return newLabelLoss(f64, l, r, shape) },
			New32: func(shape []int) layercheck.LossFunc[float32] { return newLabelLoss(f32, l, r, shape) }})
	}
}

func newLabelLoss[T tensor.Float](f labelLoss[T], l labelOptions, reduction string, shape []int) layercheck.LossFunc[T] {
	classes, rows := shape[len(shape)-1], 1
	for _, d := range shape[:len(shape)-1] {
		rows *= d
	}
	labels := Labels(rows, classes)
	o := tensor.LabelOptions[T]{Smoothing: T(l.smoothing), Ignore: l.ignore, IgnoreIndex: tensor.IgnoreIndex}
	if l.weights {
		o.Weights = Targets[T](0.25, 2, classes).Data()
	}
	if l.ignore && rows > 1 {
		labels[rows/2] = tensor.IgnoreIndex
	}
	if reduction != "mean" {
		o.Reduction = tensor.LossSum
	}
	if reduction != "none" {
		return func(x *tensor.Tensor[T]) (T, *tensor.Tensor[T]) { return f(x, labels, o) }
	}
	o.Losses = make([]T, rows)
	w := Targets[T](-1, 1, rows).Data()
	return func(x *tensor.Tensor[T]) (T, *tensor.Tensor[T]) {
		_, dx := f(x, labels, o)
		return weighted(o.Losses, w, dx), dx
	}
}

func addPairLoss(name string, o layercheck.Options, lo, hi float64, f64 pairLoss[float64], f32 pairLoss[float32]) {
	for _, r := range reductions {
		losses(Loss{Name: name + ", " + r, Shapes: [][]int{{1}, {17}, {2, 3, 5}, {3, 65}}, Options: o,
			New64: func(shape []int) layercheck.LossFunc[float64] { return newPairLoss(f64, lo, hi, r, shape) },
			New32: func(shape []int) layercheck.LossFunc[float32] { return newPairLoss(f32, lo, hi, r, shape) }})
	}
}

func newPairLoss[T tensor.Float](f pairLoss[T], lo, hi float64, reduction string, shape []int) layercheck.LossFunc[T] {
	y := Targets[T](lo, hi, shape...)
	o := tensor.LossOptions[T]{}
	if reduction != "mean" {
		o.Reduction = tensor.LossSum
	}
	if reduction != "none" {
		return func(x *tensor.Tensor[T]) (T, *tensor.Tensor[T]) { return f(x, y, o) }
	}
	o.Losses = tensor.New[T](shape...)
	w := Targets[T](-1, 1, y.Len()).Data()
	return func(x *tensor.Tensor[T]) (T, *tensor.Tensor[T]) {
		_, dx := f(x, y, o)
		return weighted(o.Losses.Data(), w, dx), dx
	}
}

// weighted returns Σ w·losses and makes of dx, rows of which are the gradients of the
// losses, its gradient.
func weighted[T tensor.Float](losses, w []T, dx *tensor.Tensor[T]) T {
	var sum T
	n := dx.Len() / len(losses)
	for i, l := range losses {
		sum += T(w[i] * l)
		for j := range n {
			dx.Data()[i*n+j] *= w[i]
		}
	}
	return sum
}
