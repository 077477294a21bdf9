// Package golden has training runs whose weights are constants of the repository:
// the same bits on every CPU, table and number of threads. The constants change
// only in a minor release, and CHANGELOG says so.
package golden

import (
	"context"

	"github.com/lanes-go/lanes/nn"
	"github.com/lanes-go/lanes/nn/data"
	"github.com/lanes-go/lanes/nn/optim"
	"github.com/lanes-go/lanes/nn/train"
	"github.com/lanes-go/lanes/tensor"
)

// SHA-256 of the weights after each run; nn.Hash defines it.
const (
	DigitsF32      = "96c3a358e050e98da8297da7d3af41cb929ac4d321bec7cb4d05737fe1476ae4"
	DigitsF64      = "a8954ff4c99fc5dd3317ecfc8e042d0ce9785ef85b661aabcfe78b7325c75a92"
	DigitsShortF32 = "7ab012bd2672c8ce3ca13feda6a631dd69cd3fe37eacf68fe6aea38a69f6f474"
	DigitsShortF64 = "967c04157ece1edfc5983b32cb4608af01de2dc10f17e004bb614a0d733c6e1a"
	WideF32        = "63c6a5007955511cfc1df378da668d85c465f4ebd9d1215e059d585f087ba60d"
	LayersF32      = "db8a79d6bd49a7cc75014998ba40a0edddd5d67762b94d3c4254e693bde3cdf1"
	LayersF64      = "81ce1e96740995e8af4af20cc6ca57f4f2e79585cf5786b3580c0f36d2954d1f"
	WideF64        = "27d2c196eac6652909bcc4e4a98b79d10c4bbf5288cb61ae7cd9b4ccbcbeabf1"
)

// DigitsEpochs is what "lanes train" does by default.
const DigitsEpochs = 20

// Digits is "lanes train -epochs N": 64-128-10 on the digits, seed 1. An epoch is
// 49 MFLOP. It returns the hash of the weights.
func Digits[T tensor.Float](epochs int) string {
	ds, _, _ := data.Digits[T]()
	ds.Shuffle(1)
	b := nn.New[T](1)
	return fit(b.Sequential(b.Linear(64, 128), b.ReLU(), b.Linear(128, 10)), ds, epochs, 32)
}

// The wide run: sums over more than two k-blocks (asm.KBlockLen), products worth
// several threads, more rows than are multiplied without packing, no size a
// multiple of a tile.
const (
	wideIn, wideHidden1, wideHidden2, wideOut = 1301, 517, 523, 11
	wideBatch, wideSteps                      = 33, 2
)

// Wide trains two steps on noise, 0.29 GFLOP. It returns the hash of the weights.
func Wide[T tensor.Float]() string {
	const n = wideBatch * wideSteps
	x := tensor.New[T](n, wideIn)
	tensor.Normal(x, 0, 1, 2, 0)
	labels := make([]int, n)
	tensor.Permutation(labels, 2, 1)
	for i := range labels {
		labels[i] %= wideOut
	}
	b := nn.New[T](2)
	net := b.Sequential(b.Linear(wideIn, wideHidden1), b.ReLU(), b.Linear(wideHidden1, wideHidden2), b.ReLU(), b.Linear(wideHidden2, wideOut))
	return fit(net, data.New(x, labels, wideOut), 1, wideBatch)
}

// Layers trains a network of layers with state and randomness, batch norm, dropout, PReLU
// and maxout, by Adam with decay, a schedule and clipping, for six steps on digits, 0.09
// GFLOP. It returns the hash of the weights and the running statistics.
func Layers[T tensor.Float]() string {
	ds, _, _ := data.Digits[T]()
	ds.Shuffle(3)
	ds, _ = ds.Split(300)
	b := nn.New[T](3)
	net := b.Sequential(
		b.Linear(64, 131), b.BatchNorm1d(131), b.ReLU(), b.Dropout(0.3),
		b.Linear(131, 67), b.BatchNorm1d(67), b.PReLU(67),
		b.Maxout(67, 45, 3), b.Dropout(0.1), b.PReLU(1),
		b.Linear(45, 10),
	)
	opt := optim.NewAdam(net.Params(), optim.Adam{LR: 0.01, WeightDecay: 1e-4, MaxNorm: 1, Schedule: optim.WarmUp(2, 0.1, optim.Cosine(12, 0))})
	if _, err := train.Fit(context.Background(), net, ds, opt, train.Config[T]{Epochs: 2, Batch: 100}); err != nil {
		return err.Error()
	}
	return nn.Hash(net)
}

func fit[T tensor.Float](net nn.Layer[T], ds *data.Dataset[T], epochs, batch int) string {
	opt := optim.NewSGD(net.Params(), optim.SGD{LR: 0.1, Momentum: 0.9})
	if _, err := train.Fit(context.Background(), net, ds, opt, train.Config[T]{Epochs: epochs, Batch: batch}); err != nil {
		return err.Error()
	}
	return nn.Hash(net)
}
