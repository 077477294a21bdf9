package layercases

import (
	"github.com/lanes-go/lanes/nn"
	"github.com/lanes-go/lanes/tensor"
)

// Maxout and changes of shape.
func init() {
	layers(
		Layer{Name: "Maxout", New64: maxout[float64], New32: maxout[float32], Shapes: matrices},
		Layer{Name: "Maxout of 2", New64: maxout2[float64], New32: maxout2[float32], Shapes: matrices},
		Layer{Name: "MaxoutOf", New64: maxoutOf[float64], New32: maxoutOf[float32], Shapes: [][]int{{1, 3}, {2, 9}, {5, 51}, {3, 6, 5}, {2, 3, 1, 17}}},
		Layer{Name: "Flatten", New64: flatten[float64], New32: flatten[float32], Shapes: [][]int{{1, 1}, {2, 3, 5}, {3, 1, 2, 17}}},
		Layer{Name: "Reshape", New64: reshape[float64], New32: reshape[float32], Shapes: [][]int{{1, 3}, {2, 9}, {3, 5, 3}}},
	)
}

func maxout[T tensor.Float](b *nn.Builder[T], shape []int) nn.Layer[T] {
	return b.Maxout(shape[1], 1+shape[1]/8, 3)
}

func maxout2[T tensor.Float](b *nn.Builder[T], shape []int) nn.Layer[T] {
	return b.Maxout(shape[1], 5, 2)
}

func maxoutOf[T tensor.Float](b *nn.Builder[T], _ []int) nn.Layer[T] { return b.MaxoutOf(3, 1) }

func flatten[T tensor.Float](b *nn.Builder[T], _ []int) nn.Layer[T] { return b.Flatten() }

func reshape[T tensor.Float](b *nn.Builder[T], _ []int) nn.Layer[T] { return b.Reshape(3, -1) }
