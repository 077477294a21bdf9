package nn_test

import (
	"math"
	"testing"

	"github.com/lanes-go/lanes/nn"
	"github.com/lanes-go/lanes/nn/data"
	"github.com/lanes-go/lanes/nn/optim"
	"github.com/lanes-go/lanes/nn/train"
	"github.com/lanes-go/lanes/tensor"
)

// Networks that have learnt nothing lose what chance does: the first thing to look at.
func TestLearningLossAtChance(t *testing.T) {
	ds, _, _ := data.Digits[float32]()
	for x, labels := range ds.Batches(200) {
		for _, init := range []nn.Init{nn.Normal(0, 0.01), nn.Normal(0, 1e-4)} {
			b := nn.New[float32](3)
			b.WeightInit = init
			net := b.Sequential(b.Linear(64, 50), b.ReLU(), b.Linear(50, 10))
			scores := net.Forward(x, nn.Train)
			loss, _ := nn.SoftmaxCrossEntropy(scores, labels)
			if want := math.Log(10); math.Abs(float64(loss)-want) > 0.01*want {
				t.Errorf("%v: cross-entropy %v, want %v", init, loss, want)
			}
			if hinge, _ := nn.HingeLoss(scores, labels, tensor.LabelOptions[float32]{}); math.Abs(float64(hinge)-9) > 0.09 {
				t.Errorf("%v: hinge loss %v, want 9", init, hinge)
			}
			// A penalty makes it greater.
			if p := nn.Penalize(net.Params(), nn.L2(1e3)); !(p > 0.01) {
				t.Errorf("%v: penalty %v", init, p)
			}
		}
		break
	}
}

// Twenty examples are learnt by heart.
func TestLearningOverfits(t *testing.T) {
	all, _, _ := data.Digits[float32]()
	x, labels := tensor.New[float32](20, 64), make([]int, 20)
	for batch, l := range all.Batches(20) {
		x.CopyFrom(batch)
		copy(labels, l)
		break
	}
	seeds, losses := 3, []float64{}
	if testing.Short() {
		seeds = 1
	}
	for seed := range seeds {
		b := nn.New[float32](uint64(seed))
		net := b.Sequential(b.Linear(64, 50), b.ReLU(), b.Linear(50, 10))
		opt := optim.NewSGD(net.Params(), optim.SGD{LR: 0.1, Momentum: 0.9})
		for range 200 {
			train.Step[float32](net, opt, x, labels)
		}
		scores := net.Forward(x, nn.Eval)
		loss, _ := nn.SoftmaxCrossEntropy(scores, labels)
		losses = append(losses, float64(loss))
		right := make([]int, 20)
		tensor.ArgMaxAxis(right, scores, 1)
		for i, l := range labels {
			if right[i] != l {
				t.Errorf("seed %d: example %d is taken for a %d, not a %d", seed, i, right[i], l)
			}
		}
		if !(loss < 0.003) {
			t.Errorf("seed %d: loss %v", seed, loss)
		}
	}
	t.Logf("losses %.2g", losses)
}

// A multilayer perceptron of sigmoids learns XOR by squared error and momentum, as
// Rumelhart, Hinton and Williams had it in 1986.
func TestLearningXOR(t *testing.T) {
	x := tensor.From([]float64{0, 0, 0, 1, 1, 0, 1, 1}, 4, 2)
	want := tensor.From([]float64{0, 1, 1, 0}, 4, 1)
	learnt, seeds := 0, 10
	if testing.Short() {
		seeds = 3
	}
	for seed := range seeds {
		b := nn.New[float64](uint64(seed))
		b.WeightInit = nn.Normal(0, 1)
		net := b.Sequential(b.Linear(2, 4), b.Sigmoid(), b.Linear(4, 1), b.Sigmoid())
		opt := optim.NewSGD(net.Params(), optim.SGD{LR: 2, Momentum: 0.9})
		for range 1000 {
			_, d := nn.MSELoss(net.Forward(x, nn.Train), want, tensor.LossOptions[float64]{})
			nn.BackwardParams[float64](net, d)
			opt.Step()
		}
		y, right := net.Forward(x, nn.Eval).Data(), true
		for i, w := range want.Data() {
			right = right && math.Abs(y[i]-w) < 0.2
		}
		if right {
			learnt++
		}
	}
	t.Logf("learnt by %d of %d", learnt, seeds)
	if learnt < (8*seeds+9)/10 {
		t.Errorf("learnt by %d of %d seeds", learnt, seeds)
	}
}

// gradientsOfTen returns the mean magnitude of the gradient with respect to the result of
// each of ten layers of n units, from the last to the first.
func gradientsOfTen(init nn.Init, act func(b *nn.Builder[float32]) nn.Layer[float32], rows, n int) (sizes []float64) {
	b := nn.New[float32](1)
	b.WeightInit = init
	var layers []nn.Layer[float32]
	for range 10 {
		layers = append(layers, b.Linear(n, n), act(b))
	}
	layers = append(layers, b.Linear(n, 10))
	x, labels := tensor.New[float32](rows, n), make([]int, rows)
	tensor.Normal(x, 0, 1, 2, 0)
	for i := range labels {
		labels[i] = i % 10
	}
	y := x
	for _, l := range layers {
		y = l.Forward(y, nn.Train)
	}
	_, d := nn.SoftmaxCrossEntropy(y, labels)
	for i := len(layers) - 1; i >= 2; i-- {
		d = layers[i].Backward(d)
		if i%2 == 0 { // with respect to the result of an activation
			sizes = append(sizes, float64(tensor.Asum(d))/float64(d.Len()))
		}
	}
	return sizes
}

// Gradients die on the way through ten layers of sigmoids, whose slope is a quarter at
// most, and live on through ReLUs with He's weights: why deep networks became possible.
func TestLearningDyingGradients(t *testing.T) {
	rows, n := 100, 200
	if testing.Short() {
		rows, n = 10, 60
	}
	for _, c := range []struct {
		name     string
		init     nn.Init
		act      func(b *nn.Builder[float32]) nn.Layer[float32]
		from, to float64 // how much smaller a gradient is one layer further
		all      [2]float64
	}{
		{"sigmoid", nn.Xavier(), func(b *nn.Builder[float32]) nn.Layer[float32] { return b.Sigmoid() }, 3.4, 5.6, [2]float64{1e5, 1e6}},
		{"ReLU", nn.HeNormal(), func(b *nn.Builder[float32]) nn.Layer[float32] { return b.ReLU() }, 1 / 1.2, 1 / 0.6, [2]float64{0.3, 8}},
	} {
		sizes := gradientsOfTen(c.init, c.act, rows, n)
		for i := 1; i < len(sizes); i++ {
			if f := sizes[i-1] / sizes[i]; !(f >= c.from && f <= c.to) {
				t.Errorf("%s: the gradient at layer %d is %.2f times smaller than at layer %d", c.name, 10-i, f, 11-i)
			}
		}
		if f := sizes[0] / sizes[9]; !(f >= c.all[0] && f <= c.all[1]) {
			t.Errorf("%s: at layer 1 it is %.3g times smaller than at layer 10", c.name, f)
		}
		t.Logf("%s: %.2g", c.name, sizes)
	}
}

// The experiment of the lecture: the standard deviation of what ten layers of 500 units
// make of normal numbers, by activation and initialiser.
func TestLearningTenLayers(t *testing.T) {
	tanh := func(b *nn.Builder[float32]) nn.Layer[float32] { return b.Tanh() }
	relu := func(b *nn.Builder[float32]) nn.Layer[float32] { return b.ReLU() }
	at := []int{1, 2, 3, 5, 7, 10}
	for _, c := range []struct {
		name      string
		init      nn.Init
		act       func(b *nn.Builder[float32]) nn.Layer[float32]
		want      [6]float64 // means of 12 seeds
		tolerance float64
	}{
		{"tanh, small", nn.Normal(0, 0.01), tanh, [6]float64{.2135, .0476, .01065, 5.3e-4, 2.7e-5, 3.0e-7}, 0.05},
		{"tanh, large", nn.Normal(0, 1), tanh, [6]float64{.982, .982, .982, .982, .982, .982}, 0.003},
		{"tanh, Xavier", nn.Xavier(), tanh, [6]float64{.628, .486, .408, .321, .273, .229}, 0.05},
		{"ReLU, Xavier", nn.Xavier(), relu, [6]float64{.584, .417, .299, .147, .075, .027}, 0.15},
		{"ReLU, He", nn.HeNormal(), relu, [6]float64{.826, .834, .845, .832, .849, .857}, 0.15},
		{"ReLU, small", nn.Normal(0, 0.01), relu, [6]float64{.131, .021, .0033, 8.2e-5, 2.1e-6, 8.4e-9}, 0.15},
	} {
		rows, layers, seeds := 100, 10, 4
		if testing.Short() {
			if rows, layers, seeds = 8, 3, 1; c.name != "tanh, Xavier" && c.name != "ReLU, He" {
				continue
			}
			c.tolerance *= 2
		}
		stds := make([]float64, layers) // means over the seeds: through ReLUs they spread by 20 %
		for seed := range seeds {
			b := nn.New[float32](uint64(seed))
			b.WeightInit = c.init
			y := tensor.New[float32](rows, 500)
			tensor.Normal(y, 0, 1, uint64(seed), 1000)
			for i := range stds {
				y = c.act(b).Forward(b.Linear(500, 500).Forward(y, nn.Eval), nn.Eval)
				stds[i] += float64(tensor.Std(y, 0)) / float64(seeds)
			}
		}
		for i, l := range at {
			if l <= layers && math.Abs(stds[l-1]/c.want[i]-1) > c.tolerance {
				t.Errorf("%s: deviation %.3g after layer %d, want %.3g", c.name, stds[l-1], l, c.want[i])
			}
		}
		t.Logf("%s: %.3g", c.name, stds)
	}
}
