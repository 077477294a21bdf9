package nn_test

import (
	"fmt"

	"github.com/lanes-go/lanes/nn"
	"github.com/lanes-go/lanes/nn/optim"
	"github.com/lanes-go/lanes/tensor"
)

// A step with a penalty, reported beside the loss, and with a limit for the weights of
// every unit.
func ExamplePenalize() {
	b := nn.New[float32](1)
	net := b.Sequential(b.Linear(2, 8), b.Tanh(), b.Linear(8, 2))
	opt := optim.NewSGD(net.Params(), optim.SGD{LR: 0.5})
	limit := nn.NewMaxNorm(net.Params(), 1.5)

	x := tensor.From([]float32{0, 0, 0, 1, 1, 0, 1, 1}, 4, 2)
	for step := range 3 {
		data, d := nn.SoftmaxCrossEntropy(net.Forward(x, nn.Train), []int{0, 1, 1, 0})
		net.Backward(d)
		loss := nn.Loss[float32]{Data: data, Penalty: nn.Penalize(net.Params(), nn.L2(0.01))}
		opt.Step()
		scaled := limit.Apply()
		fmt.Printf("step %d: %.3f of the data, %.3f of the weights; %d units limited\n", step, loss.Data, loss.Penalty, scaled)
	}
	// Output:
	// step 0: 0.829 of the data, 0.096 of the weights; 4 units limited
	// step 1: 0.698 of the data, 0.080 of the weights; 0 units limited
	// step 2: 0.678 of the data, 0.079 of the weights; 0 units limited
}

// Initialisers are said to the builder, for the layers that it makes from then on.
func ExampleInit() {
	b := nn.New[float32](1)
	b.WeightInit, b.BiasInit = nn.GlorotUniform().Gain(nn.GainTanh), nn.Constant(0.01)
	hidden := b.Linear(3, 2)
	b.WeightInit, b.BiasInit = nn.Orthogonal(), nn.Init{} // a zero Init leaves it to the layer
	out := b.Linear(2, 2)
	net := b.Sequential(hidden, b.Tanh(), out)
	for _, p := range net.Params() {
		fmt.Printf("%s %.3f\n", p.Name, p.Value.Data())
	}

	nn.InitializeAll(net, nn.Normal(0, 0.01), 7, "2") // its weights; no bias
	fmt.Printf("2.weight %.4f\n", out.Weight.Value.Data())
	// Output:
	// 0.weight [1.425 0.628 -0.922 0.941 -0.921 -1.240]
	// 0.bias [0.010 0.010]
	// 2.weight [0.896 0.444 -0.444 0.896]
	// 2.bias [0.000 0.000]
	// 2.weight [0.0020 0.0007 -0.0011 0.0149]
}
