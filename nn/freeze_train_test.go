package nn_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/lanes-go/lanes/nn"
	"github.com/lanes-go/lanes/nn/data"
	"github.com/lanes-go/lanes/nn/optim"
	"github.com/lanes-go/lanes/nn/train"
	"github.com/lanes-go/lanes/tensor"
)

// freezeProbe is a layer of another package, and counts its passes.
type freezeProbe struct {
	nn.Layer[float32]
	forwards, backwards int
}

func (l *freezeProbe) Forward(x *tensor.Tensor[float32], mode nn.Mode) *tensor.Tensor[float32] {
	l.forwards++
	return l.Layer.Forward(x, mode)
}

func (l *freezeProbe) Backward(dy *tensor.Tensor[float32]) *tensor.Tensor[float32] {
	l.backwards++
	return l.Layer.Backward(dy)
}

// The lecture's first way of transfer: the trunk is kept as it is and a new head is
// trained. Then its second: all of it is.
func TestFrozenTrunk(t *testing.T) {
	ds, _, _ := data.Digits[float32]()
	ds.Shuffle(1)
	b := nn.New[float32](1)
	first, act := &freezeProbe{Layer: b.Linear(64, 32)}, &freezeProbe{Layer: b.Tanh()}
	net := b.Sequential(
		b.Named("trunk", b.Sequential(first, act, b.Residual(b.Linear(32, 32), b.ReLU()))),
		b.Named("head", b.Linear(32, 10)))
	opt := optim.NewSGD(net.Params(), optim.SGD{LR: 0.05, Momentum: 0.9})
	steps := func() {
		n := 0
		for x, labels := range ds.Batches(32) {
			train.Step(net, opt, x, labels)
			if n++; n == 3 {
				return
			}
		}
	}
	// snapshot returns what is kept of the parameters below a name: values, then the
	// optimiser's tensors.
	snapshot := func(head bool) (values []float32) {
		keep := func(name string) bool { return (name[:4] == "head") == head }
		for _, e := range nn.StateDict(net) {
			if keep(e.Name) {
				values = append(values, e.Value.Data()...)
			}
		}
		for _, e := range opt.State().Tensors {
			if keep(e.Name) {
				values = append(values, e.Value.Data()...)
			}
		}
		return values
	}
	steps()
	if first.backwards != 3 {
		t.Fatalf("the trunk went backward %d times in 3 steps", first.backwards)
	}
	if n := nn.Freeze(net, "trunk"); n != 4 {
		t.Fatalf("froze %d parameters", n)
	}
	trunk, head := snapshot(false), snapshot(true)
	first.forwards, first.backwards, act.backwards = 0, 0, 0
	steps()
	if first.forwards != 3 || first.backwards != 0 || act.backwards != 0 {
		t.Errorf("in 3 steps the frozen trunk went forward %d times and backward %d, %d times", first.forwards, first.backwards, act.backwards)
	}
	if !slices.Equal(snapshot(false), trunk) {
		t.Error("training changes a frozen trunk, or what the optimiser keeps about it")
	}
	if slices.Equal(snapshot(true), head) {
		t.Error("the head is not trained")
	}
	// A frozen parameter gets no gradient from a whole Backward either.
	x := tensor.New[float32](2, 64).Fill(1)
	net.Backward(net.Forward(x, nn.Train).Clone())
	for _, p := range net.Params()[:4] {
		if slices.ContainsFunc(p.Grad.Data(), func(g float32) bool { return g != 0 }) {
			t.Errorf("%s is frozen and has a gradient", p.Name)
		}
	}
	for _, p := range net.Params() {
		p.Grad.Fill(0)
	}
	nn.Unfreeze(net, "trunk")
	first.backwards = 0
	steps()
	if first.backwards != 3 || slices.Equal(snapshot(false), trunk) {
		t.Errorf("unfrozen, the trunk went backward %d times; changed: %v", first.backwards, !slices.Equal(snapshot(false), trunk))
	}
}

// A network with a pretrained trunk is kept, and only its last layer is trained.
func ExampleFreeze() {
	b := nn.New[float32](1)
	net := b.Sequential(
		b.Named("trunk", b.Sequential(b.Linear(784, 100), b.ReLU(), b.Linear(100, 50), b.ReLU())),
		b.Named("head", b.Linear(50, 10)))
	fmt.Println("frozen:", nn.Freeze(net, "trunk"))
	for _, p := range net.Params() {
		if !p.Frozen {
			fmt.Println("trained:", p.Name)
		}
	}
	fmt.Println("unfrozen for fine-tuning:", nn.Unfreeze(net, "trunk.2"))
	// Output:
	// frozen: 4
	// trained: head.weight
	// trained: head.bias
	// unfrozen for fine-tuning: 2
}

// A frozen batch norm keeps its running statistics in training and normalizes with them;
// one that is not frozen does not.
func TestFrozenBatchNorm(t *testing.T) {
	ds, _, _ := data.Digits[float32]()
	b := nn.New[float32](1)
	net := b.Sequential(
		b.Named("trunk", b.Sequential(b.Linear(64, 16), b.BatchNorm1d(16), b.ReLU())),
		b.Named("head", b.Sequential(b.Linear(16, 16), b.BatchNorm1d(16), b.ReLU(), b.Linear(16, 10))))
	opt := optim.NewSGD(net.Params(), optim.SGD{LR: 0.05, Momentum: 0.9})
	steps := func() {
		n := 0
		for x, labels := range ds.Batches(32) {
			train.Step(net, opt, x, labels)
			if n++; n == 3 {
				return
			}
		}
	}
	steps() // so that the running statistics are not those at the start
	nn.Freeze(net, "trunk")
	state := func() map[string][]float32 {
		m := map[string][]float32{}
		for _, e := range nn.StateDict(net) {
			m[e.Name] = slices.Clone(e.Value.Data())
		}
		for _, c := range net.Counters() {
			m[c.Name] = []float32{float32(c.N)}
		}
		return m
	}
	before := state()
	if len(before) != 6+8+2 {
		t.Fatalf("the state has %d entries", len(before))
	}
	x := tensor.New[float32](8, 64)
	tensor.Uniform(x, 0, 1, 3, 3)
	trunk := net.Layer(0)
	y := slices.Clone(trunk.Forward(x, nn.Train).Data())
	steps()
	for name, v := range state() {
		if trunk := name[:5] == "trunk"; slices.Equal(v, before[name]) != trunk {
			t.Errorf("%s: kept is %v", name, !trunk)
		}
	}
	if !slices.Equal(trunk.Forward(x, nn.Eval).Data(), y) || !slices.Equal(trunk.Forward(x, nn.Train).Data(), y) {
		t.Error("training changes what a frozen trunk gives, or it differs in the two modes")
	}
}
