package tensor_test

import (
	"fmt"
	"testing"

	"github.com/lanes-go/lanes/internal/gradcheck"
	"github.com/lanes-go/lanes/tensor"
)

// TestGradientsOfSoftmax: the gradients are those of the values.
func TestGradientsOfSoftmax(t *testing.T) {
	for _, c := range []struct {
		name     string
		forward  func(y, x mat, axis int)
		backward func(dx, dy, y mat, axis int)
	}{
		{"Softmax", tensor.Softmax[float64], tensor.SoftmaxGrad[float64]},
		{"LogSoftmax", tensor.LogSoftmax[float64], tensor.LogSoftmaxGrad[float64]},
	} {
		for _, shape := range [][]int{{1}, {3, 5}, {2, 4, 3}, {2, 70}} {
			for axis := range shape {
				x, up := uniform(1, shape...), uniform(2, shape...)
				y, dy, dx := tensor.New[float64](shape...), tensor.New[float64](shape...), tensor.New[float64](shape...)
				r := gradcheck.Check(gradcheck.Problem{
					Vars: []gradcheck.Var{{Name: "x", Shape: shape, X: x.Data(), Grad: dx.Data()}},
					Loss: func() (sum float64) {
						c.forward(y, x, axis)
						for i, v := range y.Data() {
							sum += float64(v * up.Data()[i])
						}
						return sum
					},
					Grad: func(by float64) {
						for i, v := range up.Data() {
							dy.Data()[i] = by * v
						}
						c.forward(y, x, axis)
						c.backward(dx, dy, y, axis)
					},
					Linear: true,
				}, gradcheck.Options{MaxEntries: 16})
				if !r.OK() {
					t.Fatalf("%s of %v along %d: %v", c.name, shape, axis, r)
				}
			}
		}
	}
}

// TestGradientsOfLabelLosses: the same of losses with labels.
func TestGradientsOfLabelLosses(t *testing.T) {
	const rows, n = 7, 6
	labels := []int{0, 5, 2, -1, 3, 3, 1}
	weights := []float64{1, 0.5, 2, 0.25, 3, 1.5}
	for _, c := range []struct {
		name string
		run  func(dx, x mat, labels []int, o tensor.LabelOptions[float64]) float64
	}{{"CrossEntropy", tensor.CrossEntropy[float64]}, {"NLLLoss", tensor.NLLLoss[float64]}, {"HingeLoss", tensor.HingeLoss[float64]}} {
		for i, o := range []tensor.LabelOptions[float64]{
			{}, {Reduction: tensor.LossSum}, {Weights: weights}, {Smoothing: 0.3}, {Smoothing: 0.1, Weights: weights, Reduction: tensor.LossSum},
		} {
			if o.Smoothing > 0 && c.name != "CrossEntropy" {
				continue
			}
			o.Ignore, o.IgnoreIndex = true, -1
			x, dx := uniform(uint64(3+i), rows, n), tensor.New[float64](rows, n)
			r := gradcheck.Check(gradcheck.Problem{
				Vars: []gradcheck.Var{{Name: "x", Shape: x.Shape(), X: x.Data(), Grad: dx.Data()}},
				Loss: func() float64 { return c.run(nil, x, labels, o) },
				Grad: func(float64) { c.run(dx, x, labels, o) },
			}, gradcheck.Options{})
			if !r.OK() {
				t.Fatalf("%s: %v", fmt.Sprintf("%s %d", c.name, i), r)
			}
		}
	}
}

// TestGradientsOfPairLosses: the same of losses of elements.
func TestGradientsOfPairLosses(t *testing.T) {
	type options = tensor.LossOptions[float64]
	for _, c := range []struct {
		name string
		run  func(dx, x, y mat, o options) float64
	}{
		{"MSELoss", tensor.MSELoss[float64]},
		{"L1Loss", tensor.L1Loss[float64]},
		{"HuberLoss", func(dx, x, y mat, o options) float64 { return tensor.HuberLoss(dx, x, y, 0.6, o) }},
		{"SmoothL1Loss", func(dx, x, y mat, o options) float64 { return tensor.SmoothL1Loss(dx, x, y, 0.4, o) }},
		{"BCEWithLogitsLoss", tensor.BCEWithLogitsLoss[float64]},
	} {
		for _, reduction := range []tensor.Reduction{tensor.LossMean, tensor.LossSum} {
			x, y, dx := uniform(5, 6, 7), uniform(6, 6, 7), tensor.New[float64](6, 7)
			r := gradcheck.Check(gradcheck.Problem{
				Vars: []gradcheck.Var{{Name: "x", Shape: x.Shape(), X: x.Data(), Grad: dx.Data()}},
				Loss: func() float64 { return c.run(nil, x, y, options{Reduction: reduction}) },
				Grad: func(float64) { c.run(dx, x, y, options{Reduction: reduction}) },
			}, gradcheck.Options{})
			if !r.OK() {
				t.Fatalf("%s, reduction %d: %v", c.name, reduction, r)
			}
		}
	}
}
