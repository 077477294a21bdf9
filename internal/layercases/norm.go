package layercases

import (
	"github.com/lanes-go/lanes/internal/layercheck"
	"github.com/lanes-go/lanes/nn"
	"github.com/lanes-go/lanes/tensor"
)

// Normalisations: planes of one element and of more, around the widths of kernels.
func init() {
	layers(
		Layer{Name: "BatchNorm1d", New64: batchNorm1d[float64], New32: batchNorm1d[float32], Shapes: [][]int{{3, 1}, {4, 3}, {7, 17}, {5, 33}, {65, 2}, {2, 3, 2}, {3, 5, 7}, {1, 2, 33}}},
		Layer{Name: "BatchNorm2d", New64: batchNorm2d[float64], New32: batchNorm2d[float32], Shapes: [][]int{{3, 1, 1, 1}, {2, 3, 3, 5}, {1, 5, 1, 17}}},
		Layer{Name: "BatchNorm3d", New64: batchNorm3d[float64], New32: batchNorm3d[float32], Shapes: [][]int{{2, 3, 2, 3, 3}, {1, 2, 1, 1, 9}}},
		Layer{Name: "BatchNorm, Keras", New64: batchNormKeras[float64], New32: batchNormKeras[float32], Shapes: [][]int{{5, 3}, {3, 2, 17}}},
		Layer{Name: "BatchNorm without affine", New64: batchNormPlain[float64], New32: batchNormPlain[float32], Shapes: [][]int{{5, 3}, {3, 2, 17}}},
		Layer{Name: "BatchNorm and ReLU", New64: batchNormReLU[float64], New32: batchNormReLU[float32], Shapes: [][]int{{7, 5}, {4, 33}, {3, 5, 7}},
			Options: layercheck.Options{Lo: -3, Hi: 3}},
	)
}

func batchNorm1d[T tensor.Float](b *nn.Builder[T], shape []int) nn.Layer[T] {
	return b.BatchNorm1d(shape[1])
}

func batchNorm2d[T tensor.Float](b *nn.Builder[T], shape []int) nn.Layer[T] {
	return b.BatchNorm2d(shape[1])
}

func batchNorm3d[T tensor.Float](b *nn.Builder[T], shape []int) nn.Layer[T] {
	return b.BatchNorm3d(shape[1])
}

func batchNormKeras[T tensor.Float](b *nn.Builder[T], shape []int) nn.Layer[T] {
	return b.BatchNorm(shape[1], tensor.BatchNormKeras())
}

func batchNormPlain[T tensor.Float](b *nn.Builder[T], shape []int) nn.Layer[T] {
	return b.BatchNorm(shape[1], tensor.BatchNormPyTorch()).NoAffine()
}

func batchNormReLU[T tensor.Float](b *nn.Builder[T], shape []int) nn.Layer[T] {
	return b.Sequential(b.BatchNorm1d(shape[1]), b.ReLU())
}
