package nntest_test

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/lanes-go/lanes/gradtest"
	"github.com/lanes-go/lanes/nn"
	"github.com/lanes-go/lanes/nn/nntest"
	"github.com/lanes-go/lanes/tensor"
)

// fake takes down what a check says.
type fake struct {
	name string
	text string
}

func (*fake) Helper()        {}
func (f *fake) Name() string { return f.name }
func (f *fake) Errorf(format string, args ...any) {
	f.text += fmt.Sprintf(format, args...)
}

type t64 = tensor.Tensor[float64]

// drop forgets every second element, by a counter or by a generator nobody knows of; it
// keeps a running mean, known or not.
type drop struct {
	affine
	hidden        uint64
	known, resets bool
}

type knownDrop struct{ *drop }

func (d knownDrop) Counters() []*nn.Counter        { return []*nn.Counter{d.count} }
func (d knownDrop) Buffers() []*nn.Buffer[float64] { return []*nn.Buffer[float64]{d.mean} }

func (d *drop) step() *uint64 {
	if d.known {
		return &d.count.N
	}
	return &d.hidden
}

func (d *drop) Params() []*nn.Param[float64] { return nil }

func (d *drop) Forward(x *t64, mode nn.Mode) *t64 {
	if mode == nn.Eval {
		return x
	}
	*d.step()++
	d.mean.Value.Data()[0] += x.Data()[0]
	return d.masked(x)
}

func (d *drop) masked(x *t64) *t64 {
	y := tensor.New[float64](x.Shape()...)
	for i, v := range x.Data() {
		if (uint64(i)+*d.step())%2 == 0 {
			y.Data()[i] = 2 * v
		}
	}
	return y
}

func (d *drop) Backward(dy *t64) *t64 { return d.masked(dy) }

// TestState: layers with state are checked at one state, and left with it.
func TestState(t *testing.T) {
	shape := []int{3, 5}
	d := &drop{affine: *newAffine(1, 1, ""), known: true}
	d.count.N, d.mean.Value.Data()[0] = 41, 7
	nntest.CheckLayer(t, knownDrop{d}, shape)
	if d.count.N != 41 || d.mean.Value.Data()[0] != 7 {
		t.Errorf("counter %d, mean %v", d.count.N, d.mean.Value.Data())
	}
	d.known = false
	var f fake
	if nntest.CheckLayer(&f, d, shape) || !strings.Contains(f.text, "a second pass: y: entry 0") {
		t.Errorf("hidden state: %s", f.text)
	}
	f = fake{}
	if nntest.CheckLayer(&f, d, shape, nntest.Reset(func() { d.hidden = 3 })) || !strings.Contains(f.text, "the result in Eval mode is not that in Train mode") {
		t.Errorf("another Eval mode: %s", f.text)
	}
	nntest.CheckLayer(t, d, shape, nntest.Reset(func() { d.hidden = 3 }), nntest.EvalDiffers())
	nntest.CheckLayer(t, nn.New[float64](1).Dropout(0.4), shape)
}

// noInput is a table of rows, the first of which is the result: it has no dx.
type noInput struct{ affine }

func (l *noInput) Params() []*nn.Param[float64] { return []*nn.Param[float64]{l.w} }
func (l *noInput) Forward(*t64, nn.Mode) *t64   { return l.w.Value.Clone() }
func (l *noInput) Backward(dy *t64) *t64 {
	if !l.w.Frozen {
		tensor.Add(l.w.Grad, l.w.Grad, dy)
		if l.mistake != "" {
			l.w.Grad.Data()[3] -= dy.Data()[3]
		}
	}
	return nil
}

func TestNoInputGradient(t *testing.T) {
	nntest.CheckLayer(t, &noInput{*newAffine(5, 4, "")}, []int{2}, nntest.NoInputGradient())
	var f fake
	if nntest.CheckLayer(&f, &noInput{*newAffine(5, 4, "one entry")}, []int{2}, nntest.NoInputGradient()) || !strings.Contains(f.text, "w[0,3]") {
		t.Errorf("a wrong one: %s", f.text)
	}
}

// clamp is x within ±1, with a gradient at its kinks that is asked for.
type clamp struct {
	affine
	at float64
}

func (l *clamp) Params() []*nn.Param[float64] { return nil }
func (l *clamp) Forward(x *t64, m nn.Mode) *t64 {
	if m == nn.Train {
		l.x = x
	}
	y := tensor.New[float64](x.Shape()...)
	tensor.Clamp(y, x, -1, 1)
	return y
}
func (l *clamp) Backward(dy *t64) *t64 {
	dx := tensor.New[float64](dy.Shape()...)
	for i, v := range l.x.Data() {
		switch {
		case math.Abs(v) < 1:
			dx.Data()[i] = dy.Data()[i]
		case math.Abs(v) == 1:
			dx.Data()[i] = l.at * dy.Data()[i]
		}
	}
	return dx
}

func TestKink(t *testing.T) {
	opts := []nntest.Option{nntest.Input(-3, 3), nntest.Kink(-1, 0, 0.5), nntest.Kink(1, 0), nntest.MaxLeftOut(0)}
	nntest.CheckLayer(t, &clamp{}, []int{4, 9}, opts...)
	var f fake
	if nntest.CheckLayer(&f, &clamp{at: 0.5}, []int{4, 9}, opts...) || !strings.Contains(f.text, "gradients at kinks") || !strings.Contains(f.text, "not a value declared legal there") {
		t.Errorf("0.5 at 1: %s", f.text)
	}
	f = fake{}
	if nntest.CheckLayer(&f, newAffine(5, 4, ""), []int{3, 5}, nntest.Kink(0, 1)) || !strings.Contains(f.text, "15 elements and the result 12") {
		t.Errorf("not element by element: %s", f.text)
	}
}

// TestLoss: a right loss passes, wrong ones do not.
func TestLoss(t *testing.T) {
	square := func(wrong func(dx *t64), more float64) func(x *t64) (float64, *t64) {
		calls := 0.0
		return func(x *t64) (float64, *t64) {
			dx := tensor.New[float64](x.Shape()...)
			tensor.Scale(dx, 2, x)
			if wrong != nil {
				wrong(dx)
			}
			calls += more
			return tensor.Dot(x, x) + calls, dx
		}
	}
	shape := []int{3, 5}
	nntest.CheckLoss(t, square(nil, 0), shape)
	nntest.CheckLoss(t, square(func(dx *t64) { tensor.Scale(dx, 1+1e-9, dx) }, 0), shape)
	for name, c := range map[string]struct {
		loss func(x *t64) (float64, *t64)
		want string
	}{
		"sign":         {square(func(dx *t64) { tensor.Neg(dx, dx) }, 0), "the sign is wrong everywhere"},
		"factor":       {square(func(dx *t64) { tensor.Scale(dx, 2, dx) }, 0), "numeric is 0.5 times"},
		"one entry":    {square(func(dx *t64) { dx.Data()[7]++ }, 0), "x[1,2]"},
		"missing row":  {square(func(dx *t64) { clear(dx.Data()[5:10]) }, 0), "5 of 15 checked entries wrong"},
		"mean":         {square(func(dx *t64) { tensor.Scale(dx, 1.0/3, dx) }, 0), "numeric is 3 times"},
		"shift":        {square(func(dx *t64) { tensor.Scale(dx, 1+1e-4, dx) }, 0), "15 of 15 checked entries wrong"},
		"random":       {square(nil, 1e-3), "for the same x"},
		"NaN":          {func(x *t64) (float64, *t64) { return math.NaN(), x }, "the loss is NaN"},
		"no gradient":  {func(x *t64) (float64, *t64) { return 1, nil }, "the gradient is nil"},
		"a shape":      {func(x *t64) (float64, *t64) { return 1, tensor.New[float64](2) }, "the gradient has shape [2] for x of shape [3 5]"},
		"changes of x": {func(x *t64) (float64, *t64) { x.Data()[0]++; return 1, x }, "the loss changes x"},
	} {
		var f fake
		if nntest.CheckLoss(&f, c.loss, shape) || !strings.Contains(f.text, c.want) {
			t.Errorf("%s: want %q in: %s", name, c.want, f.text)
		}
	}
}

// half is a layer in float32 that may be off.
type half struct {
	nn.Layer[float32]
	y, dx float32
}

func (h half) Counters() []*nn.Counter {
	if c, ok := h.Layer.(withCounter); ok {
		return c.Counters()
	}
	return nil
}

func (h half) Forward(x *tensor.Tensor[float32], m nn.Mode) *tensor.Tensor[float32] {
	y := h.Layer.Forward(x, m).Clone()
	y.Data()[y.Len()-1] += h.y
	return y
}

func (h half) Backward(dy *tensor.Tensor[float32]) *tensor.Tensor[float32] {
	dx := h.Layer.Backward(dy).Clone()
	dx.Data()[0] += h.dx
	return dx
}

func TestFloat32(t *testing.T) {
	shape := []int{3, 17}
	l64, l32 := nn.New[float64](1).Linear(17, 5), nn.New[float32](2).Linear(17, 5) // other weights
	hash := nn.Hash(l64)
	nntest.CheckFloat32(t, l64, l32, shape)
	if nn.Hash(l64) != hash {
		t.Error("the float64 layer is not as it was")
	}
	c64, c32 := newCounting[float64](3, 0.1), newCounting[float32](1, 1)
	nntest.CheckFloat32(t, c64, c32, shape)
	if c64.n.N != 3 || c64.mean.Value.Data()[0] != 0.1 || c32.mean.Value.Data()[0] != float32(0.1) {
		t.Errorf("counter %d, buffers %v and %v", c64.n.N, c64.mean.Value.Data(), c32.mean.Value.Data())
	}
	for want, h := range map[string]half{
		"float32: y[14] is":                     {l32, 1e-4, 0},
		"float32: dx[0] is":                     {l32, 0, 1e-4},
		"float32: the gradient of weight[0] is": {wrongWeight{l32}, 0, 0},
		"parameter 0 is weight [5 17] in float64, weight [6 17] in float32": {nn.New[float32](1).Linear(17, 6), 0, 0},
		"0 buffers and 0 counters in float64, 0 and 1 in float32":           {withCounter{l32}, 0, 0},
		"2 parameters in float64, 0 in float32":                             {nn.New[float32](1).ReLU(), 0, 0},
	} {
		var f fake
		if nntest.CheckFloat32(&f, l64, h, shape) || !strings.Contains(f.text, want) {
			t.Errorf("want %q in: %s", want, f.text)
		}
	}
	var f fake
	loss64 := func(x *t64) (float64, *t64) { return nn.SoftmaxCrossEntropy(x, []int{1, 0, 2}) }
	loss32 := func(x *tensor.Tensor[float32]) (float32, *tensor.Tensor[float32]) {
		return nn.SoftmaxCrossEntropy(x, []int{1, 0, 2})
	}
	nntest.CheckLossFloat32(t, loss64, loss32, shape)
	other := func(x *tensor.Tensor[float32]) (float32, *tensor.Tensor[float32]) {
		return nn.SoftmaxCrossEntropy(x, []int{1, 0, 3})
	}
	if nntest.CheckLossFloat32(&f, loss64, other, shape) || !strings.Contains(f.text, "float32: the loss[0] is") {
		t.Errorf("another loss: %s", f.text)
	}
}

// counting is y = (passes + mean)·x.
type counting[T tensor.Float] struct {
	n    *nn.Counter
	mean *nn.Buffer[T]
}

func newCounting[T tensor.Float](n uint64, mean T) *counting[T] {
	return &counting[T]{&nn.Counter{Name: "n", N: n}, &nn.Buffer[T]{Name: "mean", Value: tensor.From([]T{mean}, 1)}}
}

func (c *counting[T]) Counters() []*nn.Counter  { return []*nn.Counter{c.n} }
func (c *counting[T]) Buffers() []*nn.Buffer[T] { return []*nn.Buffer[T]{c.mean} }
func (c *counting[T]) Params() []*nn.Param[T]   { return nil }

func (c *counting[T]) times(x *tensor.Tensor[T]) *tensor.Tensor[T] {
	y := tensor.New[T](x.Shape()...)
	tensor.Scale(y, T(c.n.N)+c.mean.Value.Data()[0], x)
	return y
}

func (c *counting[T]) Forward(x *tensor.Tensor[T], m nn.Mode) *tensor.Tensor[T] {
	if m == nn.Train {
		c.n.N++
	}
	return c.times(x)
}

func (c *counting[T]) Backward(dy *tensor.Tensor[T]) *tensor.Tensor[T] { return c.times(dy) }

// withCounter has a counter that the other type has not.
type withCounter struct{ *nn.Linear[float32] }

func (withCounter) Counters() []*nn.Counter { return []*nn.Counter{{Name: "n"}} }

// wrongWeight forgets half of an entry of the gradient.
type wrongWeight struct{ *nn.Linear[float32] }

func (w wrongWeight) Backward(dy *tensor.Tensor[float32]) *tensor.Tensor[float32] {
	dx := w.Linear.Backward(dy)
	w.Weight.Grad.Data()[0] /= 2
	return dx
}

// TestOptions: mistakes in options are said, and options reach the check.
func TestOptions(t *testing.T) {
	l := nn.New[float64](1).Linear(5, 4)
	for want, opt := range map[string]nntest.Option{
		"Seed(0)":          nntest.Seed(0),
		"Rtol(NaN)":        nntest.Rtol(math.NaN()),
		"Atol(-1)":         nntest.Atol(-1),
		"MaxEntries(0)":    nntest.MaxEntries(0),
		"MaxLeftOut(2)":    nntest.MaxLeftOut(2),
		"MaxStep(0)":       nntest.MaxStep(0),
		"Input(1, 1)":      nntest.Input(1, 1),
		"Input(0, +Inf)":   nntest.Input(0, math.Inf(1)),
		"Kink(0)":          nntest.Kink(0),
		"Roundings(0)":     nntest.Roundings(0),
		"15 of 15 checked": nntest.Input(0.5, 2), // no mistake: seen by the wrong layer below
	} {
		var f fake
		if nntest.CheckLayer(&f, newAffine(5, 4, "sign of dx"), []int{3, 5}, opt) || !strings.Contains(f.text, want) {
			t.Errorf("want %q in %s", want, f.text)
		}
	}
	for want, shape := range map[string][]int{"the shape [3 -5]": {3, -5}, "the shape [0 5]": {0, 5}, "too large": {1 << 20, 1 << 20}} {
		var f fake
		if nntest.CheckLayer(&f, l, shape) || !strings.Contains(f.text, want) {
			t.Errorf("want %q in %s", want, f.text)
		}
	}
	var f fake
	if nntest.CheckLayer(&f, nil, []int{3}) || nntest.CheckLoss(&f, nil, []int{3}) || nntest.CheckFloat32(&f, l, nil, []int{3}) || strings.Count(f.text, "what to check is nil") != 3 {
		t.Error(f.text)
	}
	nntest.CheckLayer(t, newAffine(5, 4, "one batch size"), []int{3, 5}, nntest.FixedBatch())
	loose := []nntest.Option{nntest.Rtol(1e-3), nntest.Atol(1e-3), nntest.MaxEntries(3), nntest.KeepParams(), nntest.Seed(5), nntest.MaxStep(0.01)}
	nntest.CheckLayer(t, newAffine(5, 4, "shift of dx"), []int{3, 5}, loose...)
	for value, want := range map[string]string{"123": "seed 123", "zero": `LANES_GRADTEST_SEED="zero"`, "0": "from 1"} {
		t.Setenv(gradtest.SeedVariable, value)
		var f fake
		if nntest.CheckLayer(&f, newAffine(5, 4, "sign of dx"), []int{3, 5}) || !strings.Contains(f.text, want) {
			t.Errorf("%s: want %q in %s", value, want, f.text)
		}
	}
}
