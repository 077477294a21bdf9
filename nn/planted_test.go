package nn

import "github.com/lanes-go/lanes/tensor"

// PlantedParams is a Linear with a mistake where only this package can make one: what
// BackwardParams adds to the gradient of the bias has other bits than what Backward adds.
type PlantedParams struct{ *Linear[float64] }

func (l PlantedParams) backwardParams(dy *tensor.Tensor[float64]) {
	l.Linear.backwardParams(dy)
	tensor.Scale(l.Bias.Grad, 1+0x1p-52, l.Bias.Grad)
}
