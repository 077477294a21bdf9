package train_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"os"
	"path/filepath"

	"github.com/lanes-go/lanes/nn"
	"github.com/lanes-go/lanes/nn/data"
	"github.com/lanes-go/lanes/nn/optim"
	"github.com/lanes-go/lanes/nn/train"
)

// A network learns to read digits.
func ExampleFit() {
	ds, val, _ := data.Digits[float32]()
	ds.Shuffle(1)
	b := nn.New[float32](1)
	net := b.Sequential(b.Linear(64, 32), b.ReLU(), b.Linear(32, 10))
	opt := optim.NewSGD(net.Params(), optim.SGD{LR: 0.1, Momentum: 0.9})
	p, err := train.Fit(context.Background(), net, ds, opt, train.Config[float32]{Epochs: 3, Batch: 32, Val: val})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(p.Epoch, p.Step, p.Accuracy > 0.9)
	// Output: 3 114 true
}

// A run is interrupted and goes on later, with the bits it would have had.
func ExampleLoadCheckpoint() {
	dir, err := os.MkdirTemp("", "")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "run.safetensors")

	// setup is how the program makes everything, each time it starts.
	setup := func() (*nn.Sequential[float32], *optim.AdamOptimizer[float32], *data.Dataset[float32]) {
		ds, _, _ := data.Digits[float32]()
		b := nn.New[float32](1)
		net := b.Sequential(b.Linear(64, 16), b.ReLU(), b.Dropout(0.2), b.Linear(16, 10))
		return net, optim.NewAdam(net.Params(), optim.Adam{}), ds.Shuffle(1)
	}

	net, opt, ds := setup()
	ctx, interrupt := context.WithCancel(context.Background()) // or signal.NotifyContext, for Ctrl-C
	_, err = train.Fit(ctx, net, ds, opt, train.Config[float32]{Epochs: 2, Batch: 32, Checkpoint: path, Progress: func(p train.Progress) {
		if p.Step == 50 {
			interrupt()
		}
	}})
	fmt.Println(errors.Is(err, context.Canceled))

	net, opt, ds = setup()
	run, err := train.LoadCheckpoint(path, net, opt)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("epoch", run.Epoch, "step", run.Step)
	if _, err := train.Fit(context.Background(), net, ds, opt, train.Config[float32]{Epochs: 2, Batch: 32, Checkpoint: path, Resume: &run}); err != nil {
		log.Fatal(err)
	}

	whole, opt, ds := setup()
	if _, err := train.Fit(context.Background(), whole, ds, opt, train.Config[float32]{Epochs: 2, Batch: 32}); err != nil {
		log.Fatal(err)
	}
	fmt.Println(nn.Hash(net) == nn.Hash(whole))
	// Output:
	// true
	// epoch 1 step 50
	// true
}
