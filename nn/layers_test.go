package nn

import (
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/lanes-go/lanes/internal/gradcheck"
	"github.com/lanes-go/lanes/tensor"
)

func random[T tensor.Float](r *rand.Rand, shape ...int) *tensor.Tensor[T] {
	x := tensor.New[T](shape...)
	for i := range x.Data() {
		x.Data()[i] = T(r.NormFloat64())
	}
	return x
}

// checkLayer compares the gradients of a layer, with respect to its input and its
// parameters, with differences of a random weighting of its results.
func checkLayer(t *testing.T, l Layer[float64], x *tensor.Tensor[float64]) *gradcheck.Report {
	t.Helper()
	r := rand.New(rand.NewPCG(1, 0))
	weights := random[float64](r, l.Forward(x, Eval).Shape()...)
	dx := make([]float64, x.Len())
	vars := []gradcheck.Var{{Name: "x", Shape: x.Shape(), X: x.Data(), Grad: dx}}
	for _, p := range l.Params() {
		vars = append(vars, gradcheck.Var{Name: p.Name, Shape: p.Value.Shape(), X: p.Value.Data(), Grad: p.Grad.Data()})
	}
	dy := tensor.New[float64](weights.Shape()...)
	report := gradcheck.Check(gradcheck.Problem{
		Vars: vars,
		Loss: func() float64 {
			s := 0.0
			for i, v := range l.Forward(x, Eval).Data() {
				s += float64(v * weights.Data()[i])
			}
			return s
		},
		Grad: func(upstream float64) {
			for _, p := range l.Params() {
				p.Grad.Fill(0)
			}
			l.Forward(x, Train)
			for i, w := range weights.Data() {
				dy.Data()[i] = upstream * w
			}
			copy(dx, l.Backward(dy).Data())
		},
		Linear: true,
	}, gradcheck.Options{})
	return report
}

func TestGradients(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 0))
	b := New[float64](3)
	for _, c := range []struct {
		name string
		l    Layer[float64]
		x    *tensor.Tensor[float64]
	}{
		{"Linear", b.Linear(7, 5), random[float64](r, 4, 7)},
		{"Linear of one row", b.Linear(3, 1), random[float64](r, 1, 3)},
		{"Linear of many rows", b.Linear(2, 3), random[float64](r, 130, 2)},
		{"ReLU", b.ReLU(), random[float64](r, 5, 11)},
		{"ReLU, three axes", b.ReLU(), random[float64](r, 2, 3, 4)},
		{"Sequential", b.Sequential(b.Linear(6, 9), b.ReLU(), b.Sequential(b.Linear(9, 8), b.ReLU()), b.Linear(8, 3)), random[float64](r, 5, 6)},
	} {
		t.Run(c.name, func(t *testing.T) {
			if rep := checkLayer(t, c.l, c.x); !rep.OK() {
				t.Error(rep)
			}
		})
	}
}

// broken is a Linear with an error planted in its Backward.
type broken struct {
	*Linear[float64]
	spoil func(l *Linear[float64], dx *tensor.Tensor[float64])
}

func (b broken) Backward(dy *tensor.Tensor[float64]) *tensor.Tensor[float64] {
	dx := b.Linear.Backward(dy)
	b.spoil(b.Linear, dx)
	return dx
}

func TestGradientsPlantedErrors(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 0))
	for name, spoil := range map[string]func(l *Linear[float64], dx *tensor.Tensor[float64]){
		"sign of the bias":       func(l *Linear[float64], dx *tensor.Tensor[float64]) { negate(l.Bias.Grad) },
		"weights off by 1e-4":    func(l *Linear[float64], dx *tensor.Tensor[float64]) { l.Weight.Grad.Data()[3] *= 1 + 1e-4 },
		"one input forgotten":    func(l *Linear[float64], dx *tensor.Tensor[float64]) { dx.Data()[5] = 0 },
		"transposed, by mistake": func(l *Linear[float64], dx *tensor.Tensor[float64]) { slices.Reverse(l.Weight.Grad.Data()) },
	} {
		if rep := checkLayer(t, broken{New[float64](3).Linear(7, 5), spoil}, random[float64](r, 4, 7)); rep.OK() {
			t.Errorf("not found: %s", name)
		}
	}
}

func negate(x *tensor.Tensor[float64]) {
	for i, v := range x.Data() {
		x.Data()[i] = -v
	}
}

func TestGradientSoftmaxCrossEntropy(t *testing.T) {
	r := rand.New(rand.NewPCG(4, 0))
	for _, s := range [][2]int{{1, 2}, {5, 10}, {70, 3}} {
		x, labels := random[float64](r, s[0], s[1]), make([]int, s[0])
		for i := range labels {
			labels[i] = r.IntN(s[1])
		}
		g := make([]float64, x.Len())
		rep := gradcheck.Check(gradcheck.Problem{
			Vars: []gradcheck.Var{{Name: "logits", Shape: x.Shape(), X: x.Data(), Grad: g}},
			Loss: func() float64 { loss, _ := SoftmaxCrossEntropy(x, labels); return loss },
			Grad: func(float64) { _, d := SoftmaxCrossEntropy(x, labels); copy(g, d.Data()) },
		}, gradcheck.Options{})
		if !rep.OK() {
			t.Errorf("%v: %v", s, rep)
		}
	}
}

// Linear is the product and the addition, nothing else.
func TestLinear(t *testing.T) {
	l := New[float32](1).Linear(3, 2)
	copy(l.Weight.Value.Data(), []float32{1, 2, 3, 4, 5, 6})
	copy(l.Bias.Value.Data(), []float32{10, 20})
	x := tensor.From([]float32{1, 0, -1, 2, 2, 2}, 2, 3)
	if y := l.Forward(x, Train).Data(); !slices.Equal(y, []float32{8, 18, 22, 50}) {
		t.Errorf("forward %v", y)
	}
	for pass := 1; pass <= 2; pass++ { // gradients are added
		dx := l.Backward(tensor.From([]float32{1, 0, 1, 1}, 2, 2))
		if !slices.Equal(dx.Data(), []float32{1, 2, 3, 5, 7, 9}) {
			t.Errorf("dx %v", dx.Data())
		}
		n := float32(pass)
		if !slices.Equal(l.Weight.Grad.Data(), []float32{3 * n, 2 * n, n, 2 * n, 2 * n, 2 * n}) || !slices.Equal(l.Bias.Grad.Data(), []float32{2 * n, n}) {
			t.Errorf("after %d passes: dw %v db %v", pass, l.Weight.Grad.Data(), l.Bias.Grad.Data())
		}
	}
}

// BackwardParams adds the bits that Backward adds.
func TestBackwardParams(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 0))
	x, dy := random[float32](r, 9, 6), random[float32](r, 9, 3)
	var hashes []string
	for _, back := range []func(Layer[float32]){
		func(l Layer[float32]) { l.Backward(dy) },
		func(l Layer[float32]) { BackwardParams(l, dy) },
	} {
		b := New[float32](1)
		net := b.Sequential(b.Sequential(b.Linear(6, 8), b.ReLU()), b.Linear(8, 3))
		net.Forward(x, Train)
		back(net)
		for _, p := range net.Params() {
			p.Value = p.Grad
		}
		hashes = append(hashes, Hash(net))
	}
	if hashes[0] != hashes[1] {
		t.Error("the gradients differ")
	}
}

// An Eval pass between Forward and Backward changes neither.
func TestEvalBetween(t *testing.T) {
	r := rand.New(rand.NewPCG(6, 0))
	x, other, dy := random[float32](r, 4, 6), random[float32](r, 9, 6), random[float32](r, 4, 3)
	run := func(eval bool) []float32 {
		b := New[float32](1)
		net := b.Sequential(b.Linear(6, 8), b.ReLU(), b.Linear(8, 3))
		net.Forward(x, Train)
		if eval {
			net.Forward(other, Eval)
		}
		net.Backward(dy)
		return net.Params()[0].Grad.Data()
	}
	if !slices.Equal(run(false), run(true)) {
		t.Error("the gradient differs")
	}
}

func TestInitialisation(t *testing.T) {
	b := New[float32](7)
	l1, l2 := b.Linear(1000, 100), b.Linear(1000, 100)
	sum, square := 0.0, 0.0
	for _, v := range l1.Weight.Value.Data() {
		sum += float64(v)
		square += float64(v) * float64(v)
	}
	n := float64(l1.Weight.Value.Len())
	if std := math.Sqrt(square / n); math.Abs(std-math.Sqrt(2.0/1000)) > 0.01*std || math.Abs(sum/n) > 0.01*std {
		t.Errorf("weights of mean %v, deviation %v", sum/n, std)
	}
	if slices.Equal(l1.Weight.Value.Data()[:10], l2.Weight.Value.Data()[:10]) {
		t.Error("two layers have the same weights")
	}
	for _, v := range l1.Bias.Value.Data() {
		if v != 0 {
			t.Fatal("a bias is not zero")
		}
	}
	again := New[float32](7).Linear(1000, 100)
	if !slices.Equal(again.Weight.Value.Data(), l1.Weight.Value.Data()) {
		t.Error("the same seed gives other weights")
	}
	if other := New[float32](8).Linear(1000, 100); slices.Equal(other.Weight.Value.Data()[:10], l1.Weight.Value.Data()[:10]) {
		t.Error("another seed gives the same weights")
	}
}

// panics runs f, which must panic with an error that contains every text.
func panics(t *testing.T, f func(), texts ...string) {
	t.Helper()
	defer func() {
		t.Helper()
		v := recover()
		err, ok := v.(error)
		if !ok {
			t.Errorf("want an error with %q, got %v", texts, v)
			return
		}
		for _, s := range texts {
			if !strings.Contains(err.Error(), s) {
				t.Errorf("%q does not say %q", err, s)
			}
		}
	}()
	f()
}

func TestMisuse(t *testing.T) {
	b := New[float32](1)
	x := tensor.New[float32](4, 6)
	l := b.Linear(6, 3)
	panics(t, func() { l.Backward(tensor.New[float32](4, 3)) }, "nn.Linear.Backward", "without a Train-mode Forward", "[4 3]")
	l.Forward(x, Eval)
	panics(t, func() { l.Backward(tensor.New[float32](4, 3)) }, "nn.Linear.Backward", "without a Train-mode Forward")
	l.Forward(x, Train)
	panics(t, func() { l.Backward(tensor.New[float32](3, 4)) }, "nn.Linear.Backward", "[3 4]", "[4 3]")
	panics(t, func() { l.Forward(tensor.New[float32](4, 5), Eval) }, "nn.Linear.Forward", "[4 5]", "[3 6]")
	panics(t, func() { l.Forward(tensor.New[float32](6), Eval) }, "nn.Linear.Forward", "[6]", "[3 6]")
	panics(t, func() { b.Linear(0, 3) }, "nn.Linear", "0 inputs, 3 outputs")
	panics(t, func() { b.Linear(3, -1) }, "nn.Linear", "-1 outputs")
	relu := b.ReLU()
	panics(t, func() { relu.Backward(x) }, "nn.ReLU.Backward", "[4 6]")
	relu.Forward(x, Train)
	panics(t, func() { relu.Backward(tensor.New[float32](2)) }, "nn.ReLU.Backward", "[2]", "[4 6]")
	panics(t, func() { b.Sequential(l, relu, l) }, "nn.Sequential", "layers 0 and 2 share", "weight")
	panics(t, func() { b.Sequential(l, nil) }, "nn.Sequential", "layer 1 is nil")
	panics(t, func() { SoftmaxCrossEntropy(x, []int{1, 2, 3, 6}) }, "SoftmaxCrossEntropy", "label 6 of row 3", "[4 6]")
	panics(t, func() { SoftmaxCrossEntropy(x, []int{1}) }, "SoftmaxCrossEntropy", "[4 6]", "[1]")
	var e *Error
	func() {
		defer func() {
			if err, _ := recover().(error); !errors.As(err, &e) || e.Op != "Linear.Forward" || len(e.Shapes) != 2 {
				t.Errorf("not an *Error with its operation and shapes: %v", err)
			}
		}()
		l.Forward(tensor.New[float32](4, 5), Train)
	}()
}
