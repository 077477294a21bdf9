package nn

import (
	"testing"

	"github.com/lanes-go/lanes/tensor"
)

// A layer appears once in a network, one without parameters too, and wherever it is.
func TestLayerTwice(t *testing.T) {
	for _, build := range []func(b *Builder[float32]) []Layer[float32]{
		func(b *Builder[float32]) []Layer[float32] {
			r := b.ReLU()
			return []Layer[float32]{b.Linear(4, 4), r, b.Linear(4, 4), r}
		},
		func(b *Builder[float32]) []Layer[float32] {
			d := b.Dropout(0.5)
			return []Layer[float32]{d, b.Named("again", d)}
		},
		func(b *Builder[float32]) []Layer[float32] {
			r := b.Tanh()
			return []Layer[float32]{b.Residual(b.Sequential(r)), b.Add(b.Identity(), b.Sequential(b.Named("deep", r)))}
		},
		func(b *Builder[float32]) []Layer[float32] {
			s := b.Sequential()
			return []Layer[float32]{s, b.Add(s, b.Identity())}
		},
	} {
		b := New[float32](1)
		layers := build(b)
		panics(t, func() { b.Sequential(layers...) }, "have the same *nn.", "a layer appears once")
	}
	b := New[float32](1)
	r := b.BatchNorm1d(3).NoAffine()
	panics(t, func() { b.Parts(b.Part("a", b.Sequential(r)), b.Part("b", r)) }, "parts 0 and 1 have the same *nn.BatchNorm")
	b.Sequential(nothing{}, nothing{}, &nothing{}, &nothing{}) // values, and pointers to nothing, say nothing
}

// nothing is a layer without any state.
type nothing struct{}

func (nothing) Forward(x *tensor.Tensor[float32], _ Mode) *tensor.Tensor[float32] { return x }
func (nothing) Backward(dy *tensor.Tensor[float32]) *tensor.Tensor[float32]       { return dy }
func (nothing) Params() []*Param[float32]                                         { return nil }

// Who appends to what a container owns does not write into it.
func TestOwnedIsNotShared(t *testing.T) {
	b := New[float32](1)
	net := b.Sequential(b.Linear(2, 3), b.BatchNorm1d(3), b.Dropout(0.1), b.Linear(3, 2), b.BatchNorm1d(2), b.Linear(2, 2), b.Linear(2, 2))
	one, two := b.Linear(2, 2), b.Linear(2, 2)
	first := append(net.Params(), one.Params()...)
	second := append(net.Params(), two.Params()...)
	if first[len(first)-1] != one.Bias || second[len(second)-1] != two.Bias {
		t.Error("two lists of parameters share memory")
	}
	if n := len(net.Buffers()); cap(net.Buffers()) != n {
		t.Errorf("buffers: %d of %d", n, cap(net.Buffers()))
	}
	if n := len(net.Counters()); cap(net.Counters()) != n {
		t.Errorf("counters: %d of %d", n, cap(net.Counters()))
	}
}

// A layer with a name that is in no container is the layer.
func TestNamedAlone(t *testing.T) {
	b := New[float32](1)
	net := b.Sequential(b.Linear(3, 5), b.BatchNorm1d(5), b.ReLU(), b.Dropout(0.5), b.Linear(5, 2))
	model := b.Named("model", net)
	if Hash[float32](model) != Hash[float32](net) || len(StateDict[float32](model)) != 8 {
		t.Errorf("the state of the layer with a name has %d tensors", len(StateDict[float32](model)))
	}
	if n := len(countersOf[float32](model)); n != 2 {
		t.Errorf("%d counters", n)
	}
	if got, want := Summary(model, 4, 3).String(), Summary[float32](net, 4, 3).String(); got != want {
		t.Errorf("summary\n%s\nwant\n%s", got, want)
	}
	p := NewProfile(model)
	p.Forward(tensor.New[float32](4, 3), Train)
	p.Stop()
	if n := len(p.Table().Rows); n < 4 {
		t.Errorf("a profile of %d rows", n)
	}
	if n := Freeze[float32](model, "1"); n != 2 {
		t.Errorf("%d parameters frozen", n)
	}
	if Freeze[float32](model, "3") != 0 { // a dropout: a name, but no parameters
		t.Error("a dropout has parameters")
	}
	Unfreeze[float32](model)
	// Only parameters are wanted: no gradient of x for the first layer.
	model.Forward(tensor.New[float32](4, 3), Train)
	BackwardParams(model, tensor.New[float32](4, 2).Fill(1))
	if net.Layer(0).(*Linear[float32]).dx.Rank() != 0 {
		t.Error("the gradient of x was found for nobody")
	}
	x := tensor.New[float32](1, 3).Fill(1)
	want := net.Forward(x, Eval).Clone()
	if got := NewPredictor(model).Predict(tensor.New[float32](1, 2), x); got.At(0, 0) != want.At(0, 0) {
		t.Errorf("predicted %v, want %v", got, want)
	}
}

// A batch norm without parameters is frozen by its name, and then keeps its statistics.
func TestFreezeNoAffine(t *testing.T) {
	b := New[float32](1)
	norm := b.BatchNorm1d(3).NoAffine()
	net := b.Sequential(b.Linear(2, 3), norm)
	x := tensor.From([]float32{1, 2, -3, 4, 5, 7}, 3, 2)
	step := func() (changed bool) {
		before := norm.RunningMean.Value.Clone()
		net.Forward(x, Train)
		net.Backward(tensor.New[float32](3, 3).Fill(1))
		return before.At(0) != norm.RunningMean.Value.At(0)
	}
	if Freeze[float32](net, "1"); step() || norm.batches.N != 0 {
		t.Error("frozen statistics change")
	}
	if Unfreeze[float32](net, "1"); !step() || norm.batches.N != 1 {
		t.Error("statistics stay frozen")
	}
	if Freeze[float32](net, "0"); !step() {
		t.Error("another layer's name froze the statistics")
	}
	if Freeze[float32](net); step() {
		t.Error("statistics of a frozen network change")
	}
}
