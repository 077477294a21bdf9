package optim_test

import (
	"fmt"
	"testing"

	"github.com/lanes-go/lanes/nn"
	"github.com/lanes-go/lanes/nn/optim"
	"github.com/lanes-go/lanes/tensor"
)

// BenchmarkStep is a step on the parameters of a 784-512-256-10 perceptron, with batch
// norms, in nanoseconds; its parts that can be left out beside it.
func BenchmarkStep(b *testing.B) {
	var params []*nn.Param[float32]
	for i, shape := range [][]int{{512, 784}, {512}, {512}, {512}, {256, 512}, {256}, {256}, {256}, {10, 256}, {10}} {
		p := &nn.Param[float32]{Name: fmt.Sprint(i), Value: tensor.New[float32](shape...), Grad: tensor.New[float32](shape...)}
		tensor.Normal(p.Value, 0, 0.01, 1, uint64(i))
		tensor.Normal(p.Grad, 0, 0.01, 1, uint64(i+100))
		params = append(params, p)
	}
	for _, c := range []struct {
		name string
		opt  optim.Optimizer
	}{
		{"SGD", optim.NewSGD(params, optim.SGD{LR: 0.1})},
		{"momentum", optim.NewSGD(params, optim.SGD{LR: 0.1, Momentum: 0.9})},
		{"momentum clipped", optim.NewSGD(params, optim.SGD{LR: 0.1, Momentum: 0.9, MaxNorm: 1})},
		{"Adagrad", optim.NewAdagrad(params, optim.Adagrad{})},
		{"RMSprop", optim.NewRMSprop(params, optim.RMSprop{})},
		{"Adam", optim.NewAdam(params, optim.Adam{})},
		{"AdamW", optim.NewAdamW(params, optim.AdamW{})},
	} {
		b.Run("opt="+c.name, func(b *testing.B) {
			for b.Loop() {
				c.opt.Step()
			}
		})
	}
	b.Run("ZeroGrad", func(b *testing.B) {
		for b.Loop() {
			optim.ZeroGrad(params)
		}
	})
	b.Run("CheckGradients", func(b *testing.B) {
		for b.Loop() {
			if err := optim.CheckGradients(params, 1); err != nil {
				b.Fatal(err)
			}
		}
	})
}
