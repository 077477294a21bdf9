package nn_test

import (
	"fmt"
	"log"
	"os"
	"path/filepath"

	"github.com/lanes-go/lanes/nn"
	"github.com/lanes-go/lanes/nn/data"
	"github.com/lanes-go/lanes/nn/optim"
	"github.com/lanes-go/lanes/nn/train"
	"github.com/lanes-go/lanes/tensor"
)

// A small program, from the data to a network that is served. What it prints is the same on
// every CPU. (train.Fit is the loop in the middle, with progress and checkpoints.)
func Example() {
	// The data: 8 x 8 pixels, ten digits; what is held back chooses and judges.
	digits, validation, test := data.Digits[float32]()

	// The network. Type and seed are said once. Small weights leave all classes alike at
	// first; batch norm takes care of the hidden layer.
	b := nn.New[float32](1)
	b.WeightInit = nn.Normal(0, 0.01)
	net := b.Sequential(
		b.Named("hidden", b.Linear(64, 100)), b.BatchNorm1d(100), b.ReLU(), b.Dropout(0.2),
		b.Named("scores", b.Linear(100, 10)),
	)

	// Before training: the loss of ten classes at chance is ln 10 = 2.30.
	loss, _ := nn.SoftmaxCrossEntropy(net.Forward(digits.X, nn.Eval), digits.Labels)
	fmt.Printf("loss at the start %.2f\n", loss)

	// Four steps, over and over: a batch, forward, backward, update.
	opt := optim.NewAdamW(net.Params(), optim.AdamW{LR: 0.01})
	for epoch := range 3 {
		digits.Shuffle(uint64(epoch))
		for x, labels := range digits.Batches(100) {
			scores := net.Forward(x, nn.Train)
			loss, dscores := nn.SoftmaxCrossEntropy(scores, labels)
			nn.BackwardParams(net, dscores) // net.Backward, less the gradient of the pixels
			opt.Step()
			_ = loss
		}
		fmt.Printf("epoch %d: validation accuracy %.3f\n", epoch+1, train.Accuracy(net, validation, 100))
	}
	fmt.Printf("test accuracy %.3f\n", train.Accuracy(net, test, 100))

	// The weights go to a file and come back into a network made alike.
	dir, err := os.MkdirTemp("", "")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "digits.safetensors")
	if err := nn.Save(path, net, nil); err != nil {
		log.Fatal(err)
	}
	c := nn.New[float32](2)
	again := c.Sequential(
		c.Named("hidden", c.Linear(64, 100)), c.BatchNorm1d(100), c.ReLU(), c.Dropout(0.2),
		c.Named("scores", c.Linear(100, 10)),
	)
	if _, err := nn.Load(path, again); err != nil {
		log.Fatal(err)
	}
	fmt.Println("the same weights:", nn.Hash(again) == nn.Hash(net))

	// Any number of goroutines may ask a predictor.
	p := nn.NewPredictor(again)
	scores := p.Predict(tensor.New[float32](1, 10), test.X.Narrow(0, 0, 1))
	fmt.Printf("the first test image is a %d, taken for a %d\n", test.Labels[0], tensor.ArgMax(scores))
	// Output:
	// loss at the start 2.30
	// epoch 1: validation accuracy 0.920
	// epoch 2: validation accuracy 0.963
	// epoch 3: validation accuracy 0.963
	// test accuracy 0.933
	// the same weights: true
	// the first test image is a 3, taken for a 3
}
