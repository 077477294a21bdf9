package nn

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/lanes-go/lanes/tensor"
)

func random[T tensor.Float](r *rand.Rand, shape ...int) *tensor.Tensor[T] {
	x := tensor.New[T](shape...)
	for i := range x.Data() {
		x.Data()[i] = T(r.NormFloat64())
	}
	return x
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
	for _, m := range []Mode{-1, 2, 7} {
		want := fmt.Sprintf("mode %d: want Eval or Train", int(m))
		panics(t, func() { l.Forward(x, m) }, "nn.Linear.Forward", want)
		panics(t, func() { b.ReLU().Forward(x, m) }, "nn.ReLU.Forward", want)
		panics(t, func() { b.Sequential().Forward(x, m) }, "nn.Sequential.Forward", want)
	}
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
