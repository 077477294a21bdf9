package nn_test

import (
	"fmt"

	"github.com/lanes-go/lanes/nn"
	"github.com/lanes-go/lanes/nn/data"
	"github.com/lanes-go/lanes/nn/optim"
)

// A whole training program. The printed losses are the same on every CPU.
func Example() {
	train, _, _ := data.Digits[float32]()
	train.Shuffle(1)

	b := nn.New[float32](1) // the type and the seed, said once; constructors are methods, so nothing else needs brackets
	net := b.Sequential(b.Linear(64, 128), b.ReLU(), b.Linear(128, 10))
	opt := optim.NewSGD(net.Params(), optim.SGD{LR: 0.1, Momentum: 0.9})
	for x, labels := range train.Batches(128) {
		logits := net.Forward(x, nn.Train)
		loss, dlogits := nn.SoftmaxCrossEntropy(logits, labels)
		net.Backward(dlogits)
		opt.Step()
		fmt.Println(loss)
	}
	// Output:
	// 2.814037
	// 2.5836167
	// 2.4016662
	// 2.3687325
	// 2.2892375
	// 1.9639418
	// 1.8427387
	// 1.6069056
	// 1.3395474
	// 1.1420045
}
