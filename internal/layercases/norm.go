package layercases

import (
	"github.com/lanes-go/lanes/internal/layercheck"
	"github.com/lanes-go/lanes/nn"
	"github.com/lanes-go/lanes/tensor"
)

// Normalisations: planes of one element and of more, around the widths of kernels. What has
// no spread but rounding, as a row of one element in layer norm, is tested in package nn.
func init() {
	layers(
		Layer{Name: "BatchNorm1d", New64: batchNorm1d[float64], New32: batchNorm1d[float32], Shapes: [][]int{{3, 1}, {4, 3}, {7, 17}, {5, 33}, {65, 2}, {2, 3, 2}, {3, 5, 7}, {1, 2, 33}}},
		Layer{Name: "BatchNorm2d", New64: batchNorm2d[float64], New32: batchNorm2d[float32], Shapes: [][]int{{3, 1, 1, 1}, {2, 3, 3, 5}, {1, 5, 1, 17}}},
		Layer{Name: "BatchNorm3d", New64: batchNorm3d[float64], New32: batchNorm3d[float32], Shapes: [][]int{{2, 3, 2, 3, 3}, {1, 2, 1, 1, 9}}},
		Layer{Name: "BatchNorm, Keras", New64: batchNormKeras[float64], New32: batchNormKeras[float32], Shapes: [][]int{{5, 3}, {3, 2, 17}}},
		Layer{Name: "BatchNorm without affine", New64: batchNormPlain[float64], New32: batchNormPlain[float32], Shapes: [][]int{{5, 3}, {3, 2, 17}}},
		Layer{Name: "BatchNorm and ReLU", New64: batchNormReLU[float64], New32: batchNormReLU[float32], Shapes: [][]int{{7, 5}, {4, 33}, {3, 5, 7}},
			Options: layercheck.Options{Lo: -3, Hi: 3}},
		Layer{Name: "LayerNorm", New64: layerNorm[float64], New32: layerNorm[float32], Shapes: [][]int{{2, 3}, {5, 17}, {67, 5}, {3, 65}, {2, 3, 7}}},
		Layer{Name: "LayerNorm, large eps", New64: layerNormEps[float64], New32: layerNormEps[float32], Shapes: [][]int{{1, 2}, {3, 2}, {67, 3}}},
		Layer{Name: "LayerNorm of two axes", New64: layerNorm2[float64], New32: layerNorm2[float32], Shapes: [][]int{{2, 3, 7}, {2, 1, 3, 11}}},
		Layer{Name: "LayerNorm of two axes, all axes", New64: layerNorm2[float64], New32: layerNorm2[float32], Shapes: [][]int{{3, 5}}, Options: layercheck.Options{FixedBatch: true}},
		Layer{Name: "LayerNorm without affine", New64: layerNormPlain[float64], New32: layerNormPlain[float32], Shapes: [][]int{{2, 3, 7}, {3, 1, 11}}},
		Layer{Name: "LayerNorm without affine, all axes", New64: layerNormPlain[float64], New32: layerNormPlain[float32], Shapes: [][]int{{3, 5}}, Options: layercheck.Options{FixedBatch: true}},
		Layer{Name: "RMSNorm", New64: rmsNorm[float64], New32: rmsNorm[float32], Shapes: [][]int{{2, 3}, {5, 17}, {3, 65}, {2, 3, 7}}},
		Layer{Name: "RMSNorm, large eps", New64: rmsNormEps[float64], New32: rmsNormEps[float32], Shapes: [][]int{{1, 1}, {3, 1}, {67, 2}}},
		Layer{Name: "RMSNorm without affine", New64: rmsNormPlain[float64], New32: rmsNormPlain[float32], Shapes: [][]int{{2, 3, 7}, {3, 1, 11}}},
		Layer{Name: "RMSNorm without affine, all axes", New64: rmsNormPlain[float64], New32: rmsNormPlain[float32], Shapes: [][]int{{3, 5}}, Options: layercheck.Options{FixedBatch: true}},
		Layer{Name: "GroupNorm, 1 group", New64: groupNorm1[float64], New32: groupNorm1[float32], Shapes: [][]int{{1, 3}, {3, 5}, {2, 3, 7}, {2, 3, 1, 5}}},
		Layer{Name: "GroupNorm, 2 groups", New64: groupNorm2[float64], New32: groupNorm2[float32], Shapes: [][]int{{3, 6}, {3, 34}, {2, 6, 1}, {2, 4, 17}, {1, 6, 3, 5}}},
		Layer{Name: "GroupNorm without affine", New64: groupNormPlain[float64], New32: groupNormPlain[float32], Shapes: [][]int{{3, 6}, {2, 4, 7}}},
		Layer{Name: "InstanceNorm1d", New64: instanceNorm1d[float64], New32: instanceNorm1d[float32], Shapes: [][]int{{1, 1, 3}, {2, 3, 5}, {3, 2, 33}}},
		Layer{Name: "InstanceNorm2d without affine", New64: instanceNorm2d[float64], New32: instanceNorm2d[float32], Shapes: [][]int{{2, 3, 1, 5}, {1, 5, 3, 7}}},
		Layer{Name: "InstanceNorm3d", New64: instanceNorm3d[float64], New32: instanceNorm3d[float32], Shapes: [][]int{{2, 3, 1, 5, 2}, {1, 2, 3, 1, 7}, {3, 1, 2, 2, 3}}},
		Layer{Name: "LocalResponseNorm", New64: responseNorm[float64], New32: responseNorm[float32], Shapes: [][]int{{3, 1}, {3, 7}, {2, 5, 3}, {1, 6, 3, 5}, {2, 3, 33}}},
		Layer{Name: "LocalResponseNorm of 4", New64: responseNorm4[float64], New32: responseNorm4[float32], Shapes: [][]int{{3, 7}, {2, 5, 3}}},
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

func layerNorm[T tensor.Float](b *nn.Builder[T], shape []int) nn.Layer[T] {
	return b.LayerNorm(shape[len(shape)-1])
}

func layerNorm2[T tensor.Float](b *nn.Builder[T], shape []int) nn.Layer[T] {
	return b.LayerNorm(shape[len(shape)-2:]...)
}

func layerNormPlain[T tensor.Float](b *nn.Builder[T], shape []int) nn.Layer[T] {
	return b.LayerNorm(shape[len(shape)-2:]...).NoAffine()
}

func rmsNorm[T tensor.Float](b *nn.Builder[T], shape []int) nn.Layer[T] {
	l := b.RMSNorm(shape[len(shape)-1])
	l.Eps = 1e-6 // by default that of the type: it shows where a row is small
	return l
}

func rmsNormPlain[T tensor.Float](b *nn.Builder[T], shape []int) nn.Layer[T] {
	l := b.RMSNorm(shape[len(shape)-2:]...).NoAffine()
	l.Eps = 1e-6
	return l
}

func groupNorm1[T tensor.Float](b *nn.Builder[T], shape []int) nn.Layer[T] {
	return b.GroupNorm(1, shape[1])
}

func groupNorm2[T tensor.Float](b *nn.Builder[T], shape []int) nn.Layer[T] {
	return b.GroupNorm(2, shape[1])
}

func groupNormPlain[T tensor.Float](b *nn.Builder[T], shape []int) nn.Layer[T] {
	return b.GroupNorm(2, shape[1]).NoAffine()
}

func instanceNorm1d[T tensor.Float](b *nn.Builder[T], shape []int) nn.Layer[T] {
	return b.InstanceNorm1d(shape[1], true)
}

func instanceNorm2d[T tensor.Float](b *nn.Builder[T], shape []int) nn.Layer[T] {
	return b.InstanceNorm2d(shape[1], false)
}

func instanceNorm3d[T tensor.Float](b *nn.Builder[T], shape []int) nn.Layer[T] {
	return b.InstanceNorm3d(shape[1], true)
}

func responseNorm[T tensor.Float](b *nn.Builder[T], _ []int) nn.Layer[T] {
	return b.LocalResponseNorm(tensor.LRNOptions{Size: 5, K: 2, Alpha: 1, Beta: 0.75})
}

func responseNorm4[T tensor.Float](b *nn.Builder[T], _ []int) nn.Layer[T] {
	return b.LocalResponseNorm(tensor.LRNOptions{Size: 4, K: 1, Alpha: 0.5, Beta: 0.6})
}

func layerNormEps[T tensor.Float](b *nn.Builder[T], shape []int) nn.Layer[T] {
	l := b.LayerNorm(shape[1])
	l.Eps = 0.5
	return l
}

func rmsNormEps[T tensor.Float](b *nn.Builder[T], shape []int) nn.Layer[T] {
	l := b.RMSNorm(shape[1])
	l.Eps = 0.5
	return l
}
