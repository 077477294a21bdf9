package train

import (
	"context"
	"errors"
	"math"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/lanes-go/lanes/internal/steady"
	"github.com/lanes-go/lanes/nn"
	"github.com/lanes-go/lanes/nn/data"
	"github.com/lanes-go/lanes/nn/optim"
	"github.com/lanes-go/lanes/tensor"
)

func mlp[T tensor.Float](seed uint64, in, hidden, out int) *nn.Sequential[T] {
	b := nn.New[T](seed)
	return b.Sequential(b.Linear(in, hidden), b.ReLU(), b.Linear(hidden, out))
}

// Noise and labels that have nothing to do with it.
func noise[T tensor.Float](n, features, classes int) *data.Dataset[T] {
	x, labels := tensor.New[T](n, features), make([]int, n)
	tensor.Normal(x, 0, 1, 5, 0)
	tensor.Permutation(labels, 5, 1)
	for i := range labels {
		labels[i] %= classes
	}
	return data.New(x, labels, classes)
}

// At first the loss is that of a guess, for small logits.
func TestLossAtChance(t *testing.T) {
	ds := noise[float32](64, 20, 10)
	net := mlp[float32](1, 20, 30, 10)
	for _, p := range net.Params()[2:] {
		p.Value.Fill(0)
	}
	for x, labels := range ds.Batches(64) {
		loss, _ := nn.SoftmaxCrossEntropy(net.Forward(x, nn.Eval), labels)
		if math.Abs(float64(loss)-math.Log(10)) > 1e-6 {
			t.Errorf("loss %v, want log 10", loss)
		}
	}
}

// Twenty examples can be learnt by heart.
func TestOverfit(t *testing.T) {
	t.Run("f32", testOverfit[float32])
	t.Run("f64", testOverfit[float64])
}

func testOverfit[T tensor.Float](t *testing.T) {
	ds := noise[T](20, 30, 5).Shuffle(1)
	net := mlp[T](1, 30, 40, 5)
	opt := optim.NewSGD(net.Params(), optim.SGD{LR: 0.1, Momentum: 0.9})
	var epochs, steps int
	p, err := Fit(context.Background(), net, ds, opt, Config[T]{Epochs: 60, Batch: 7, Val: ds, Progress: func(p Progress) {
		if p.EpochDone {
			epochs++
		} else {
			steps++
		}
	}})
	if err != nil || p.Accuracy != 1 || p.Loss > 0.01 {
		t.Errorf("%+v, %v", p, err)
	}
	if epochs != 60 || steps != 180 || p.Step != 180 || p.Steps != 180 || p.Epoch != 60 || p.StepTime <= 0 {
		t.Errorf("%d epochs and %d steps reported; %+v", epochs, steps, p)
	}
}

// A run that is cancelled ends after the step in hand, with the context's error.
func TestCancel(t *testing.T) {
	ds := noise[float32](40, 10, 3)
	net := mlp[float32](1, 10, 8, 3)
	opt := optim.NewSGD(net.Params(), optim.SGD{LR: 0.1})
	ctx, cancel := context.WithCancel(context.Background())
	p, err := Fit(ctx, net, ds, opt, Config[float32]{Epochs: 5, Batch: 10, Progress: func(p Progress) {
		if p.Step == 6 {
			cancel()
		}
	}})
	if !errors.Is(err, context.Canceled) || p.Step != 6 || p.Epoch != 1 {
		t.Errorf("%+v, %v", p, err)
	}
	for _, q := range net.Params() {
		if slices.ContainsFunc(q.Grad.Data(), func(g float32) bool { return g != 0 }) {
			t.Error("the step in hand was not ended: a gradient is left")
		}
	}
}

func TestDiverged(t *testing.T) {
	ds := noise[float32](40, 10, 3)
	net := mlp[float32](1, 10, 8, 3)
	_, err := Fit(context.Background(), net, ds, optim.NewSGD(net.Params(), optim.SGD{LR: 1e30}), Config[float32]{Epochs: 5, Batch: 10})
	if !errors.Is(err, ErrDiverged) {
		t.Errorf("error %v", err)
	}
}

// poison is a layer whose backward pass turns bad at a step.
type poison struct {
	nn.Layer[float32]
	steps, bad int
}

func (p *poison) Backward(dy *tensor.Tensor[float32]) *tensor.Tensor[float32] {
	if p.steps++; p.steps == p.bad {
		p.Params()[2].Grad.Data()[5] = float32(math.NaN())
	}
	return p.Layer.Backward(dy)
}

// A NaN in a gradient ends Fit with the names of parameter and step, before it reaches a
// weight or what the optimiser keeps.
func TestNaNInGradient(t *testing.T) {
	ds := noise[float32](40, 10, 3)
	run := func(bad int) (string, error) {
		net := &poison{Layer: mlp[float32](1, 10, 8, 3), bad: bad}
		c := Config[float32]{Epochs: 1, Batch: 10}
		_, err := Fit[float32](context.Background(), net, ds, optim.NewSGD(net.Params(), optim.SGD{LR: 0.1, Momentum: 0.9}), c)
		for _, p := range net.Params() {
			if slices.ContainsFunc(p.Grad.Data(), func(g float32) bool { return g != 0 }) {
				t.Errorf("step %d bad: a gradient is left in %s", bad, p.Name)
			}
		}
		return nn.Hash[float32](net), err
	}
	start := nn.Hash[float32](mlp[float32](1, 10, 8, 3))
	hash, err := run(1)
	var e *optim.GradError
	if !errors.As(err, &e) || e.Param != "2.weight" || e.Step != 1 || e.Index != 5 {
		t.Errorf("error %v", err)
	}
	if hash != start {
		t.Error("the weights have changed")
	}
	if hash, err = run(3); !errors.As(err, &e) || e.Step != 3 || hash == start {
		t.Errorf("error %v, weights %s", err, hash)
	}
	if _, err = run(9); err != nil {
		t.Errorf("error %v", err)
	}
}

// A penalty is reported beside the loss, and is the weight decay of an optimiser for
// weights; a limit of norms holds after each step.
func TestPenaltyAndMaxNorm(t *testing.T) {
	ds := noise[float64](40, 10, 3)
	run := func(s optim.SGD, c Config[float64]) (hash string, penalties []float64, norm float64) {
		net := mlp[float64](1, 10, 8, 3)
		weights, rest := nn.SplitDecay(net.Params())
		c.Epochs, c.Batch = 1, 10
		c.Progress = func(p Progress) {
			penalties = append(penalties, p.Penalty)
			if p.Loss > 3 {
				t.Errorf("loss %v", p.Loss)
			}
			for _, w := range weights {
				for r := range w.Value.Dim(0) {
					norm = max(norm, math.Sqrt(tensor.SumSq(w.Value.Select(0, r))))
				}
			}
		}
		if _, err := Fit(context.Background(), net, ds, optim.NewSGD(weights, s, optim.Group[float64]{Params: rest}), c); err != nil {
			t.Error(err)
		}
		return nn.Hash(net), penalties, norm
	}
	decayed, none, free := run(optim.SGD{LR: 0.125, WeightDecay: 0.5}, Config[float64]{})
	if none[0] != 0 || free < 1 {
		t.Errorf("penalty %v, norm %v", none, free)
	}
	if hash, p, _ := run(optim.SGD{LR: 0.125}, Config[float64]{Penalty: nn.L2(0.5)}); hash != decayed || !(p[0] > 1 && p[3] < p[0]) {
		t.Errorf("weights %s, with decay %s; penalties %v", hash, decayed, p)
	}
	if hash, _, norm := run(optim.SGD{LR: 0.125}, Config[float64]{MaxNorm: 0.5}); norm > 0.5*(1+1e-15) || hash == decayed {
		t.Errorf("norm %v", norm)
	}
}

// A steady step allocates nothing, also where batches of two sizes alternate and
// where products are worth several threads.
func TestStepAllocates(t *testing.T) {
	ds := noise[float32](200, 100, 10)
	net := mlp[float32](1, 100, 90, 10)
	opt := optim.NewSGD(net.Params(), optim.SGD{LR: 0.01, Momentum: 0.9})
	var batches []*tensor.Tensor[float32]
	var labels [][]int
	for x, l := range ds.Batches(128) {
		batches, labels = append(batches, x.Clone()), append(labels, slices.Clone(l))
	}
	step := func() {
		for i, x := range batches {
			Step(net, opt, x, labels[i])
		}
	}
	runs := 10
	if testing.Short() {
		runs = 3
	}
	for _, threads := range []int{1, 2} {
		before := tensor.SetMaxThreads(threads)
		workers := tensor.ReadStats().Workers
		step()
		for began := time.Now(); threads > 1 && runtime.GOMAXPROCS(0) > 1 && tensor.ReadStats().Workers == workers; step() {
			if time.Since(began) > time.Minute { // late ones come to a later step
				t.Fatalf("%d threads: no worker came to help", threads)
			}
		}
		if n := tensor.ReadStats().Workers - workers; threads == 1 && n > 0 {
			t.Errorf("1 thread: %d workers came to help", n)
		}
		if n := steady.Allocs(runs, step); n != 0 {
			t.Errorf("%d threads: %v allocations in two steps", threads, n)
		}
		tensor.SetMaxThreads(before)
	}
}

func TestAccuracy(t *testing.T) {
	nan := math.NaN()
	x := tensor.From([]float64{1, 2, 0, 3, 3, 1, 0, nan, 9, nan, nan, 1}, 4, 3)
	ds := data.New(x, []int{1, 0, 1, 0}, 3)
	if a := Accuracy[float64](identity{}, ds, 3); a != 1 {
		t.Errorf("accuracy %v, want 1", a)
	}
	if a := Accuracy[float64](identity{}, data.New(x, []int{0, 1, 2, 1}, 3), 3); a != 0 {
		t.Errorf("accuracy %v, want 0", a)
	}
}

// Accuracy on the data that Fit trains on, after every step, changes nothing of the run, nor
// what the loop around it holds of a pass.
func TestAccuracyOfTrainingData(t *testing.T) {
	plain, measured := newJob[float32]("adam", false), newJob[float32]("adam", false)
	if _, err := plain.fit(Config[float32]{}, -1); err != nil {
		t.Fatal(err)
	}
	last := 0.0
	_, err := Fit(context.Background(), measured.net, measured.ds, measured.opt, Config[float32]{Epochs: 3, Batch: 7, Progress: func(Progress) {
		last = Accuracy(measured.net, measured.ds, 6)
	}})
	if err != nil || nn.Hash(measured.net) != nn.Hash(plain.net) || last == 0 {
		t.Errorf("measuring changes the run; accuracy %v, %v", last, err)
	}
	ds := measured.ds
	order, n := ds.Order(), 0
	for x, labels := range ds.Batches(7) {
		kept := x.Clone()
		before := slices.Clone(labels)
		if a := Accuracy(measured.net, ds, 6); a != last {
			t.Errorf("accuracy %v, want %v", a, last)
		}
		if !slices.Equal(x.Data(), kept.Data()) || !slices.Equal(labels, before) {
			t.Error("the batch in hand was changed")
		}
		n += len(labels)
	}
	if order.Pass++; n != ds.Len() || ds.Order() != order {
		t.Errorf("a pass of %d examples, then %+v", n, ds.Order())
	}
	if a := Accuracy(measured.net, noise[float32](0, 6, 3), 6); a != 0 {
		t.Errorf("accuracy %v of nothing", a)
	}
}

// slow is an optimiser that takes its time when it is asked for its state.
type slow struct {
	*optim.SGDOptimizer[float32]
	spent time.Duration
}

func (s *slow) State() optim.State[float32] {
	began := time.Now()
	defer func() { s.spent += time.Since(began) }()
	time.Sleep(20 * time.Millisecond)
	return s.SGDOptimizer.State()
}

// The time of a step is without that of writing checkpoints: all steps together take no
// longer than what is left of the run, however slow the machine is.
func TestStepTimeWithoutSaving(t *testing.T) {
	j := newJob[float32]("sgd", false)
	opt := &slow{SGDOptimizer: j.opt.(*optim.SGDOptimizer[float32])}
	began := time.Now()
	p, err := Fit(context.Background(), j.net, j.ds, opt, Config[float32]{Epochs: 2, Batch: 7, Checkpoint: filepath.Join(t.TempDir(), "run"), CheckpointEvery: 1})
	all := time.Since(began)
	if err != nil || opt.spent < 140*time.Millisecond { // at the start, and after each of 6 steps
		t.Fatalf("%v in State, %v", opt.spent, err)
	}
	if steps := p.StepTime * time.Duration(p.Step); steps > all-opt.spent {
		t.Errorf("%d steps take %v, all but saving %v", p.Step, steps, all-opt.spent)
	}
}

// identity is a layer that returns its input.
type identity struct{ nn.Layer[float64] }

func (identity) Forward(x *tensor.Tensor[float64], _ nn.Mode) *tensor.Tensor[float64] { return x }

func TestFitMisuse(t *testing.T) {
	net := mlp[float32](1, 10, 8, 3)
	opt := optim.NewSGD(net.Params(), optim.SGD{LR: 1})
	ds := noise[float32](4, 10, 3)
	for what, f := range map[string]func(){
		"train.Fit: 0 epochs":          func() { Fit(context.Background(), net, ds, opt, Config[float32]{Epochs: 0, Batch: 1}) },
		"train.Fit: 1 epochs":          func() { Fit(context.Background(), net, ds, opt, Config[float32]{Epochs: 1, Batch: 0}) },
		"train.Accuracy: batches of 0": func() { Accuracy(net, ds, 0) },
	} {
		func() {
			defer func() {
				if err, ok := recover().(error); !ok || !strings.HasPrefix(err.Error(), what) {
					t.Errorf("%s: %v", what, err)
				}
			}()
			f()
		}()
	}
}
