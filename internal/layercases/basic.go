package layercases

import (
	"github.com/lanes-go/lanes/internal/layercheck"
	"github.com/lanes-go/lanes/nn"
	"github.com/lanes-go/lanes/tensor"
)

func init() {
	layers(
		Layer{Name: "Linear", New64: linear[float64], New32: linear[float32], Shapes: matrices},
		Layer{Name: "ReLU", New64: relu[float64], New32: relu[float32], Shapes: anyRank,
			Options: layercheck.Options{Kinks: []layercheck.Kink{{At: 0, Slopes: []float64{0}}}}},
		Layer{Name: "MLP", New64: mlp[float64], New32: mlp[float32], Shapes: matrices},
		Layer{Name: "MLP with BatchNorm", New64: mlpNorm[float64], New32: mlpNorm[float32], Shapes: [][]int{{5, 3}, {7, 17}, {9, 33}},
			Options: layercheck.Options{Roundings: 128}}, // batch norm magnifies rounding where a unit has little spread
		Layer{Name: "nested Sequential", New64: nested[float64], New32: nested[float32], Shapes: matrices},
	)
	losses(
		Loss{Name: "SoftmaxCrossEntropy", New64: crossEntropy[float64], New32: crossEntropy[float32], Shapes: scores},
		Loss{Name: "SoftmaxCrossEntropy, small scores", New64: crossEntropy[float64], New32: crossEntropy[float32], Shapes: scores,
			Options: layercheck.Options{Lo: -0.01, Hi: 0.01}},
		Loss{Name: "SoftmaxCrossEntropy, large scores", New64: crossEntropy[float64], New32: crossEntropy[float32], Shapes: scores,
			Options: layercheck.Options{Lo: -9, Hi: 9}},
	)
}

func linear[T tensor.Float](b *nn.Builder[T], shape []int) nn.Layer[T] {
	return b.Linear(shape[1], 1+shape[1]/2)
}

func relu[T tensor.Float](b *nn.Builder[T], _ []int) nn.Layer[T] { return b.ReLU() }

func mlp[T tensor.Float](b *nn.Builder[T], shape []int) nn.Layer[T] {
	return b.Sequential(b.Linear(shape[1], 9), b.ReLU(), b.Linear(9, 5), b.ReLU(), b.Linear(5, 3))
}

func mlpNorm[T tensor.Float](b *nn.Builder[T], shape []int) nn.Layer[T] {
	return b.Sequential(b.Linear(shape[1], 9), b.BatchNorm1d(9), b.ReLU(), b.Linear(9, 5), b.BatchNorm1d(5), b.ReLU(), b.Linear(5, 3))
}

func nested[T tensor.Float](b *nn.Builder[T], shape []int) nn.Layer[T] {
	return b.Sequential(b.Sequential(b.Linear(shape[1], 7), b.ReLU()), b.Linear(7, 2))
}

// scores are shapes of rows of scores of classes.
var scores = [][]int{{1, 2}, {3, 5}, {2, 10}, {5, 17}, {2, 65}}

func crossEntropy[T tensor.Float](shape []int) layercheck.LossFunc[T] {
	labels := Labels(shape[0], shape[1])
	return func(x *tensor.Tensor[T]) (T, *tensor.Tensor[T]) { return nn.SoftmaxCrossEntropy(x, labels) }
}
