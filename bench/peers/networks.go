package main

import (
	"math"

	"github.com/lanes-go/lanes/nn"
	"github.com/lanes-go/lanes/nn/optim"
	"github.com/lanes-go/lanes/tensor"
)

// mlpWidths are those of the multilayer perceptron that networks are compared by, with
// batch norm and ReLU behind each product but the last. Weights are fill's of streams from
// 10 on, divided by the root of the number of inputs; biases 0.
var mlpWidths = []int{784, 512, 256, 10}

func mlp[T tensor.Float]() nn.Layer[T] {
	b := nn.New[T](1)
	var layers []nn.Layer[T]
	for i, out := range mlpWidths[1:] {
		in := mlpWidths[i]
		l := b.Linear(in, out)
		w := l.Weight.Value
		fill(w.Data(), uint64(10+i))
		for j := range w.Data() {
			w.Data()[j] *= T(1 / math.Sqrt(float64(in)))
		}
		layers = append(layers, l)
		if i < len(mlpWidths)-2 {
			layers = append(layers, b.BatchNorm1d(out), b.ReLU())
		}
	}
	return b.Sequential(layers...)
}

// mlpStep is a step of training by momentum: forward, softmax and cross-entropy, backward,
// update. What is compared are the logits.
func mlpStep[T tensor.Float](c *elementCase[T]) func() {
	net := mlp[T]()
	opt := optim.NewSGD(net.Params(), optim.SGD{LR: 1e-4, Momentum: 0.9})
	labels := make([]int, c.dims[0])
	for i := range labels {
		labels[i] = i * 7 % 10
	}
	return func() {
		c.short = net.Forward(c.x, nn.Train)
		_, dlogits := nn.SoftmaxCrossEntropy(c.short, labels)
		nn.BackwardParams(net, dlogits)
		opt.Step()
	}
}

// mlpInference is a pass of the network made ready for it, its statistics those of the
// first Train-mode pass over 64 rows.
func mlpInference[T tensor.Float](c *elementCase[T]) func() {
	net := mlp[T]()
	warm := tensor.New[T](64, mlpWidths[0])
	fill(warm.Data(), 1)
	net.Forward(warm, nn.Train)
	p := nn.Fuse(net)
	return func() { c.short = p.Forward(c.x, nn.Eval) }
}
