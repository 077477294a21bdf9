package layercases

import (
	"github.com/lanes-go/lanes/internal/layercheck"
	"github.com/lanes-go/lanes/nn"
	"github.com/lanes-go/lanes/tensor"
)

// Penalties are losses of the weights.
func init() {
	atZero := layercheck.Options{Kinks: []layercheck.Kink{kink(0, 0)}}
	losses(
		Loss{Name: "L1 penalty", New64: penalty[float64](nn.L1(0.3)), New32: penalty[float32](nn.L1(0.3)), Shapes: matrices, Options: atZero},
		Loss{Name: "L2 penalty", New64: penalty[float64](nn.L2(0.5)), New32: penalty[float32](nn.L2(0.5)), Shapes: matrices},
		Loss{Name: "ElasticNet penalty", New64: penalty[float64](nn.ElasticNet(0.2, 0.7)), New32: penalty[float32](nn.ElasticNet(0.2, 0.7)), Shapes: matrices, Options: atZero},
	)
}

func penalty[T tensor.Float](p nn.Penalty) func(shape []int) layercheck.LossFunc[T] {
	return func(shape []int) layercheck.LossFunc[T] {
		grad := tensor.New[T](shape...)
		return func(w *tensor.Tensor[T]) (T, *tensor.Tensor[T]) {
			grad.Fill(0)
			return nn.Penalize([]*nn.Param[T]{{Name: "w", Value: w, Grad: grad}}, p), grad
		}
	}
}
