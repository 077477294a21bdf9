package nn_test

import (
	"fmt"

	"github.com/lanes-go/lanes/nn"
	"github.com/lanes-go/lanes/nn/data"
	"github.com/lanes-go/lanes/nn/optim"
	"github.com/lanes-go/lanes/nn/train"
)

func ExampleSummary() {
	b := nn.New[float32](1)
	net := b.Sequential(
		b.Linear(784, 512), b.ReLU(),
		b.Residual(b.Linear(512, 64), b.ReLU(), b.Linear(64, 512)),
		b.Named("head", b.Linear(512, 10)))
	nn.Freeze(net, "0")
	s := nn.Summary(net, 64, 784)
	fmt.Print(s)
	fmt.Println(s.Params-s.Trainable, "parameters are frozen")
	// Output:
	// layer         type                output    parameters  trainable       FLOPs
	// 0             Linear(784 -> 512)  [64 512]     401,920          0  51,412,992
	// 1             ReLU                [64 512]           0          0      32,768
	// 2             Residual            [64 512]      66,112     66,112   8,462,336
	//   2.shortcut  Identity            [64 512]           0          0           0
	//   2.body      Sequential          [64 512]      66,112     66,112   8,429,568
	//     2.body.0  Linear(512 -> 64)   [64 64]       32,832     32,832   4,198,400
	//     2.body.1  ReLU                [64 64]            0          0       4,096
	//     2.body.2  Linear(64 -> 512)   [64 512]      33,280     33,280   4,227,072
	// head          Linear(512 -> 10)   [64 10]        5,130      5,130     656,000
	// total                                          473,162     71,242  60,564,096
	// input [64 784], parameters of 1.80 MiB in float32
	// 401920 parameters are frozen
}

// A profile of some steps of training. fmt.Print(p.Table()) prints a table of milliseconds
// and percent; here only what does not change from run to run.
func ExampleProfile() {
	ds, _, _ := data.Digits[float32]()
	b := nn.New[float32](1)
	net := b.Sequential(b.Linear(64, 128), b.ReLU(), b.Linear(128, 10))
	opt := optim.NewSGD(net.Params(), optim.SGD{LR: 0.1})

	p := nn.NewProfile(net)
	defer p.Stop()
	for x, labels := range ds.Batches(128) {
		train.Step(p, opt, x, labels)
	}
	t := p.Table()
	fmt.Println(t.Forwards, "steps")
	for _, r := range t.Rows {
		fmt.Println(r.Name, r.Layer, r.Forward > 0, r.Backward > 0)
	}
	// Output:
	// 10 steps
	// 0+1 Linear(64 -> 128) + ReLU true true
	// 2 Linear(128 -> 10) true true
}
