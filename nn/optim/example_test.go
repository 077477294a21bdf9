package optim_test

import (
	"fmt"

	"github.com/lanes-go/lanes/nn"
	"github.com/lanes-go/lanes/nn/optim"
	"github.com/lanes-go/lanes/tensor"
)

// Fine-tuning: the head learns ten times as fast as the trunk, biases have no decay, the
// learning rates warm up and fall, and the gradients are clipped.
func Example() {
	b := nn.New[float64](1)
	trunk, head := b.Sequential(b.Linear(2, 8), b.Tanh()), b.Linear(8, 2)
	net := b.Sequential(trunk, head)

	weights, rest := nn.SplitDecay(trunk.Params())
	opt := optim.NewAdamW(weights, optim.AdamW{
		LR:          0.005,
		WeightDecay: 0.01,
		MaxNorm:     1,
		Schedule:    optim.WarmUp(5, 0.1, optim.Cosine(35, 0)),
	},
		optim.Group[float64]{Params: rest},
		optim.Group[float64]{Params: head.Params(), LR: 0.05},
	)

	x := tensor.From([]float64{0, 0, 0, 1, 1, 0, 1, 1}, 4, 2)
	for step := range 40 {
		loss, d := nn.SoftmaxCrossEntropy(net.Forward(x, nn.Train), []int{0, 1, 1, 0})
		net.Backward(d)
		if err := optim.CheckGradients(net.Params(), step+1); err != nil {
			fmt.Println(err) // names the parameter
			return
		}
		opt.Step()
		if step%13 == 0 {
			fmt.Printf("loss %.4f, gradient %.3f, learning rate %.5f\n", loss, opt.GradNorm(), opt.LastLR())
		}
	}
	// Output:
	// loss 0.9577, gradient 0.727, learning rate 0.00050
	// loss 0.7375, gradient 0.335, learning rate 0.00438
	// loss 0.6403, gradient 0.234, learning rate 0.00173
	// loss 0.6165, gradient 0.169, learning rate 0.00001
}

// A plateau is told the loss on a validation set after each epoch.
func ExamplePlateau() {
	b := nn.New[float32](1)
	plateau := &optim.Plateau{Patience: 1}
	opt := optim.NewSGD(b.Linear(3, 2).Params(), optim.SGD{LR: 0.1, Schedule: plateau})
	for _, loss := range []float64{1.5, 1.2, 1.3, 1.21, 1.1} {
		opt.Step() // an epoch of them
		fmt.Printf("%.3f ", opt.LastLR())
		plateau.Observe(loss)
	}
	// Output: 0.100 0.100 0.100 0.100 0.010
}
