package nn

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/lanes-go/lanes/internal/steady"
	"github.com/lanes-go/lanes/tensor"
)

// blocksScale is y = k·x, and counts what it is asked for.
type blocksScale[T tensor.Float] struct {
	Identity[T]
	k                 T
	w                 *Param[T]
	y, dx             tensor.Tensor[T]
	forwards          int
	backwards, params int
}

func newBlocksScale[T tensor.Float](k T) *blocksScale[T] {
	return &blocksScale[T]{k: k, w: &Param[T]{Name: "k", Value: tensor.New[T](1), Grad: tensor.New[T](1)}}
}

func (l *blocksScale[T]) Forward(x *tensor.Tensor[T], mode Mode) *tensor.Tensor[T] {
	l.forwards++
	l.y.Resize(x.Shape()...)
	tensor.Scale(&l.y, l.k, x)
	return &l.y
}

func (l *blocksScale[T]) Backward(dy *tensor.Tensor[T]) *tensor.Tensor[T] {
	l.backwards++
	l.dx.Resize(dy.Shape()...)
	tensor.Scale(&l.dx, l.k, dy)
	return &l.dx
}

func (l *blocksScale[T]) backwardParams(dy *tensor.Tensor[T]) { l.params++ }

func (l *blocksScale[T]) Params() []*Param[T] { return []*Param[T]{l.w} }

func blocksVector(v ...float64) *tensor.Tensor[float64] { return tensor.From(v, 1, len(v)) }

// The containers at numbers that are exact, by hand.
func TestBranchesByHand(t *testing.T) {
	b := New[float64](1)
	two, three := newBlocksScale(2.0), newBlocksScale(3.0)
	x, dy := blocksVector(1, -2, 0), blocksVector(1, 10, 100)
	for _, c := range []struct {
		name   string
		layer  Layer[float64]
		dy     *tensor.Tensor[float64]
		y, dx  []float64
		params string
	}{
		{"Add", b.Add(two, b.Identity(), three), dy, []float64{6, -12, 0}, []float64{6, 60, 600}, "[0.k 2.k]"},
		{"Mul", b.Mul(newBlocksScale(2.0), newBlocksScale(3.0)), dy, []float64{6, 24, 0}, []float64{12, -240, 0}, "[0.k 1.k]"},
		{"Mul of three", b.Mul(b.Identity(), newBlocksScale(2.0), b.Identity()), dy, []float64{2, -16, 0}, []float64{6, 240, 0}, "[1.k]"},
		{"Concat", b.Concat(-1, newBlocksScale(2.0), b.Identity()), blocksVector(1, 2, 3, 10, 20, 30), []float64{2, -4, 0, 1, -2, 0}, []float64{12, 24, 36}, "[0.k]"},
		{"Residual", b.Residual(newBlocksScale(2.0), newBlocksScale(3.0)), dy, []float64{7, -14, 0}, []float64{7, 70, 700}, "[body.0.k body.1.k]"},
		{"ResidualShortcut", b.ResidualShortcut(newBlocksScale(-1.0), newBlocksScale(3.0)), dy, []float64{2, -4, 0}, []float64{2, 20, 200}, "[shortcut.k body.0.k]"},
		{"Residual of nothing", b.Residual(), dy, []float64{2, -4, 0}, []float64{2, 20, 200}, "[]"},
	} {
		var names []string
		for _, p := range c.layer.Params() {
			names = append(names, p.Name)
		}
		if fmt.Sprint(names) != c.params {
			t.Errorf("%s: names %v, want %s", c.name, names, c.params)
		}
		for range 2 {
			if y := c.layer.Forward(x, Eval); !slices.Equal(y.Data(), c.y) {
				t.Errorf("%s: %v, want %v", c.name, y, c.y)
			}
			if y := c.layer.Forward(x, Train); !slices.Equal(y.Data(), c.y) {
				t.Errorf("%s: training: %v, want %v", c.name, y, c.y)
			}
			if dx := c.layer.Backward(c.dy); !slices.Equal(dx.Data(), c.dx) {
				t.Errorf("%s: dx %v, want %v", c.name, dx, c.dx)
			}
		}
		if !slices.Equal(x.Data(), []float64{1, -2, 0}) || !slices.Equal(dy.Data(), []float64{1, 10, 100}) {
			t.Fatalf("%s: x is %v, dy %v: an input has changed", c.name, x, dy)
		}
	}
}

// blocksZoo are networks of the containers over in inputs, with layers whose results are x
// itself or views of it, in a row that may be fused.
func blocksZoo[T tensor.Float](b *Builder[T], in int) map[string]Layer[T] {
	return map[string]Layer[T]{
		"Add":              b.Add(b.Sequential(b.Linear(in, in), b.ReLU()), b.Identity(), b.ReLU()),
		"Mul":              b.Mul(b.Sequential(b.Linear(in, in), b.ReLU()), b.Identity(), b.Sequential(b.Tanh(), b.Linear(in, in), b.Sigmoid())),
		"Concat":           b.Concat(1, b.Identity(), b.Sequential(b.Linear(in, 3), b.ReLU()), b.Sequential(b.ReLU(), b.Linear(in, 2))),
		"Residual":         b.Residual(b.ReLU(), b.Linear(in, in), b.ReLU(), b.Linear(in, in)),
		"ResidualShortcut": b.Sequential(b.ResidualShortcut(b.Linear(in, 5), b.Linear(in, 5), b.ReLU()), b.ReLU(), b.Linear(5, 2)),
		"Add of one":       b.Add(b.Identity()),
		"Mul of one":       b.Mul(b.Dropout(0)),
		"views":            b.Mul(b.Sequential(b.Reshape(1, in), b.Flatten()), b.Flatten(), b.Add(b.Flatten(), b.Linear(in, in))),
		"dropout":          b.Residual(b.Dropout(0.5), b.Add(b.Dropout(0.25), b.Identity()), b.Linear(in, in), b.Dropout(0)),
	}
}

// A branch never changes x or dy, which other branches still need, and what a container
// returns is never x or dy where they may change later: not for a branch that returns its
// input, and not where a row of layers is fused.
func TestBranchesKeepInputs(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	x := random[float32](r, 5, 6)
	for name, net := range blocksZoo(New[float32](3), 6) {
		before := x.Clone()
		for _, mode := range []Mode{Eval, Train} {
			y := net.Forward(x, mode)
			if &y.Data()[0] == &x.Data()[0] {
				t.Errorf("%s: the result is the input", name)
			}
		}
		dy := random[float32](r, net.Forward(x, Train).Shape()...)
		dyBefore := dy.Clone()
		net.Backward(dy)
		BackwardParams(net, dy)
		if !slices.Equal(before.Data(), x.Data()) || !slices.Equal(dyBefore.Data(), dy.Data()) {
			t.Errorf("%s changes its input or the gradient it is given", name)
		}
	}
}

// An Eval pass of another size between Forward and Backward changes neither, and
// BackwardParams adds the bits of Backward; both for any number of threads.
func TestBranchesBits(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	n := 300
	if testing.Short() {
		n = 30
	}
	x, other := random[float32](r, n, 70), random[float32](r, 2, 70)
	up := random[float32](r, n, 100)
	defer tensor.SetMaxThreads(0)
	for name := range blocksZoo(New[float32](3), 1) {
		var want []float32
		for _, threads := range []int{1, 2, 7} {
			for _, between := range []bool{false, true} {
				for _, paramsOnly := range []bool{false, true} {
					tensor.SetMaxThreads(threads)
					net := blocksZoo(New[float32](3), 70)[name]
					y := net.Forward(x, Train)
					got := slices.Clone(y.Data())
					if between {
						net.Forward(other, Eval)
					}
					if !slices.Equal(got, y.Data()) {
						t.Errorf("%s: an Eval pass changes the result", name)
					}
					dy := up.Narrow(1, 0, y.Dim(1)).Clone()
					if paramsOnly {
						BackwardParams(net, dy)
					} else {
						net.Backward(dy)
					}
					for _, p := range net.Params() {
						got = append(got, p.Grad.Data()...)
					}
					if want == nil {
						want = got
					} else if !slices.Equal(got, want) {
						t.Errorf("%s, %d threads, Eval between: %v, parameters only: %v: other bits", name, threads, between, paramsOnly)
					}
				}
			}
		}
	}
}

// Where nobody asks for dx, a branch with nothing to learn is left out.
func TestBranchesSkipFrozen(t *testing.T) {
	b := New[float64](1)
	x := blocksVector(1, 2, 3)
	for _, c := range []struct {
		name string
		make func(layers ...Layer[float64]) Layer[float64]
	}{
		{"Add", func(l ...Layer[float64]) Layer[float64] { return b.Add(l...) }},
		{"Mul", func(l ...Layer[float64]) Layer[float64] { return b.Mul(l...) }},
		{"Concat", func(l ...Layer[float64]) Layer[float64] { return b.Concat(0, l...) }},
	} {
		frozen, learns := newBlocksScale(2.0), newBlocksScale(3.0)
		frozen.w.Frozen = true
		net := c.make(b.Identity(), frozen, learns)
		dy := net.Forward(x, Train).Clone()
		BackwardParams(net, dy)
		if frozen.backwards+frozen.params+learns.backwards != 0 || learns.params != 1 {
			t.Errorf("%s: BackwardParams: the frozen branch runs %d, %d times, the other %d, %d", c.name, frozen.backwards, frozen.params, learns.backwards, learns.params)
		}
		net.Backward(dy)
		if frozen.backwards != 1 || learns.backwards != 1 {
			t.Errorf("%s: Backward leaves a branch out, whose gradient is part of dx", c.name)
		}
	}
	// As the trunk of a network: nothing before the head runs.
	trunk := newBlocksScale(2.0)
	net := b.Sequential(b.Residual(trunk), b.Linear(3, 2))
	trunk.w.Frozen = true
	net.Forward(x, Train)
	BackwardParams(net, blocksVector(1, 1))
	if trunk.backwards+trunk.params != 0 {
		t.Error("a frozen residual block computes a gradient")
	}
}

func TestBranchesAllocate(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	x := random[float32](r, 5, 6)
	for name, net := range blocksZoo(New[float32](3), 6) {
		dy := random[float32](r, net.Forward(x, Train).Shape()...)
		if n := steady.Allocs(10, func() {
			net.Forward(x, Eval)
			net.Forward(x, Train)
			net.Backward(dy)
			BackwardParams(net, dy)
		}); n != 0 {
			t.Errorf("%s: %v allocations", name, n)
		}
	}
	var mul MulGate[float32]
	var add AddGate[float32]
	if n := steady.Allocs(10, func() {
		mul.Backward(mul.Forward(x, x, Train))
		add.Backward(add.Forward(x, x, Train))
	}); n != 0 {
		t.Errorf("gates: %v allocations", n)
	}
}

func TestBranchesMisuse(t *testing.T) {
	b := New[float32](1)
	x := tensor.New[float32](4, 6)
	panics(t, func() { b.Add() }, "nn.Add", "no branches")
	panics(t, func() { b.Mul() }, "nn.Mul", "no branches")
	panics(t, func() { b.Concat(1) }, "nn.Concat", "no branches")
	panics(t, func() { b.Mul(b.ReLU(), nil) }, "nn.Mul", "layer 1 is nil")
	panics(t, func() { b.Residual(nil) }, "nn.Sequential", "layer 0 is nil")
	panics(t, func() { b.ResidualShortcut(nil, b.ReLU()) }, "nn.ResidualShortcut", "nil")
	l := b.Linear(6, 3)
	panics(t, func() { b.Add(l, l) }, "nn.Add", "layers 0 and 1 share")
	panics(t, func() { b.Add(b.Identity(), b.Linear(6, 3)).Forward(x, Eval) }, "nn.Add.Forward", "differ in shape", "[4 6]", "[4 3]")
	panics(t, func() { b.Mul(b.Identity(), b.Linear(6, 3)).Forward(x, Train) }, "nn.Mul.Forward", "differ in shape", "[4 6]", "[4 3]")
	panics(t, func() { b.Residual(b.Linear(6, 3)).Forward(x, Train) }, "nn.Residual.Forward", "differ in shape", "[4 6]", "[4 3]")
	panics(t, func() { b.Concat(0, b.Identity(), b.Linear(6, 3)).Forward(x, Train) }, "nn.Concat.Forward", "differ along axis 1", "[4 6]", "[4 3]")
	panics(t, func() { b.Concat(2, b.Identity()).Forward(x, Train) }, "nn.Concat.Forward", "no axis 2", "[4 6]")
	panics(t, func() { b.Concat(-3, b.Identity()).Forward(x, Train) }, "nn.Concat.Forward", "no axis -3", "[4 6]")
	for name, net := range map[string]Layer[float32]{"Add": b.Add(b.ReLU()), "Mul": b.Mul(b.ReLU()), "Concat": b.Concat(0, b.ReLU()), "Residual": b.Residual(), "Identity": b.Identity()} {
		panics(t, func() { net.Forward(x, 2) }, "nn."+name+".Forward", "mode 2")
		net.Forward(x, Eval)
		panics(t, func() { net.Backward(x) }, "nn."+name+".Backward", "without a Train-mode Forward", "[4 6]")
		panics(t, func() { BackwardParams(net, x) }, "nn."+name+".Backward", "without a Train-mode Forward", "[4 6]")
		net.Forward(x, Train)
		panics(t, func() { net.Backward(tensor.New[float32](6, 4)) }, "nn."+name+".Backward", "[6 4]", "[4 6]")
	}
	var mul MulGate[float32]
	var add AddGate[float32]
	panics(t, func() { mul.Forward(x, tensor.New[float32](6), Train) }, "nn.MulGate.Forward", "[4 6]", "[6]")
	panics(t, func() { mul.Backward(x) }, "nn.MulGate.Backward", "without a Train-mode Forward")
	panics(t, func() { add.Forward(x, x, 3) }, "nn.AddGate.Forward", "mode 3")
	add.Forward(x, x, Train)
	panics(t, func() { add.Backward(tensor.New[float32](2)) }, "nn.AddGate.Backward", "[2]", "[4 6]")
}

// The gates of two inputs are exact, and so are their gradients.
func TestGates(t *testing.T) {
	x, y, dz := blocksVector(3, -4, 0.5), blocksVector(-2, 0, 8), blocksVector(1, 10, -1)
	var mul MulGate[float64]
	var add AddGate[float64]
	if z := mul.Forward(x, y, Train); !slices.Equal(z.Data(), []float64{-6, 0, 4}) {
		t.Errorf("product %v", z)
	}
	mul.Forward(y, y, Eval)
	if dx, dy := mul.Backward(dz); !slices.Equal(dx.Data(), []float64{-2, 0, -8}) || !slices.Equal(dy.Data(), []float64{3, -40, -0.5}) {
		t.Errorf("gradients of the product %v, %v", dx, dy)
	}
	if z := add.Forward(x, y, Train); !slices.Equal(z.Data(), []float64{1, -4, 8.5}) {
		t.Errorf("sum %v", z)
	}
	dx, dy := add.Backward(dz)
	if !slices.Equal(dx.Data(), dz.Data()) || !slices.Equal(dy.Data(), dz.Data()) || &dx.Data()[0] == &dy.Data()[0] {
		t.Errorf("gradients of the sum %v, %v", dx, dy)
	}
}
