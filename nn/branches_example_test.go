package nn_test

import (
	"fmt"

	"github.com/lanes-go/lanes/nn"
	"github.com/lanes-go/lanes/tensor"
)

// f = (x + y)·z at x = -2, y = 5, z = -4, forwards, and backwards by the chain rule.
func ExampleMulGate() {
	number := func(v float32) *tensor.Tensor[float32] { return tensor.From([]float32{v}, 1) }
	x, y, z := number(-2), number(5), number(-4)
	var add nn.AddGate[float32]
	var mul nn.MulGate[float32]

	q := add.Forward(x, y, nn.Train)
	f := mul.Forward(q, z, nn.Train)
	dq, dz := mul.Backward(number(1))
	dx, dy := add.Backward(dq)
	fmt.Println(f.At(0), dx.At(0), dy.At(0), dz.At(0))
	// Output: -12 -4 -4 3
}

// Two residual blocks, the second of which changes the width.
func ExampleBuilder_Residual() {
	b := nn.New[float32](1)
	net := b.Sequential(
		b.Residual(b.Linear(16, 8), b.ReLU(), b.Linear(8, 16)),
		b.ResidualShortcut(b.Linear(16, 4), b.Linear(16, 4), b.Tanh()),
	)
	y := net.Forward(tensor.New[float32](3, 16), nn.Eval)
	fmt.Println(y.Shape())
	for _, p := range net.Params() {
		fmt.Println(p.Name, p.Value.Shape())
	}
	// Output:
	// [3 4]
	// 0.body.0.weight [8 16]
	// 0.body.0.bias [8]
	// 0.body.2.weight [16 8]
	// 0.body.2.bias [16]
	// 1.shortcut.weight [4 16]
	// 1.shortcut.bias [4]
	// 1.body.0.weight [4 16]
	// 1.body.0.bias [4]
}
