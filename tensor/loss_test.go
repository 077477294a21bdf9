package tensor

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

// labelLosses are the losses with a label for each row, and what they are in float64:
// the loss of a row and its gradient.
func labelLosses[T Float]() []labelLossCase[T] {
	return []labelLossCase[T]{
		{"CrossEntropy", CrossEntropy[T], func(x, w []float64, y int, eps float64) (loss float64, grad []float64) {
			logs, _ := specRow(x)
			each := eps / float64(len(x))
			var smooth, weight longSum
			for j, l := range logs {
				smooth.add(-w[j] * l)
				weight.add(w[j])
			}
			loss = each*smooth.sum() - (1-eps)*w[y]*logs[y]
			all := each*weight.sum() + (1-eps)*w[y]
			for j, l := range logs {
				grad = append(grad, all*math.Exp(l)-each*w[j])
			}
			grad[y] -= (1 - eps) * w[y]
			return loss, grad
		}},
		{"NLLLoss", NLLLoss[T], func(x, w []float64, y int, eps float64) (loss float64, grad []float64) {
			grad = make([]float64, len(x))
			grad[y] = -w[y]
			return -w[y] * x[y], grad
		}},
		{"HingeLoss", HingeLoss[T], func(x, w []float64, y int, eps float64) (loss float64, grad []float64) {
			grad = make([]float64, len(x))
			var sum longSum
			for j, v := range x {
				if d := v - x[y] + 1; j != y && d > 0 {
					sum.add(w[y] * d)
					grad[j] += w[y]
					grad[y]--
				}
			}
			grad[y] *= w[y]
			return sum.sum(), grad
		}},
	}
}

type labelLossCase[T Float] struct {
	name string
	run  func(dx, x *Tensor[T], labels []int, o LabelOptions[T]) T
	spec func(x, w []float64, label int, smoothing float64) (float64, []float64)
}

func TestLabelLosses(t *testing.T) {
	t.Run("f32", func(t *testing.T) { testLabelLosses[float32](t, 0x1p-24) })
	t.Run("f64", func(t *testing.T) { testLabelLosses[float64](t, 0x1p-53) })
}

func testLabelLosses[T Float](t *testing.T, eps float64) {
	r := rand.New(rand.NewPCG(71, 0))
	for _, loss := range labelLosses[T]() {
		for _, s := range [][2]int{{1, 1}, {6, 2}, {300, 10}, {9, 65}, {4, 1000}, {3, 17000}, {2, 70000}} {
			rows, n := s[0], s[1]
			if testing.Short() && n > 1000 && (n > 20000 || loss.name != "CrossEntropy") {
				continue
			}
			for variant := range 16 {
				o := LabelOptions[T]{}
				if variant&1 != 0 {
					o.Reduction = LossSum
				}
				if variant&2 != 0 {
					for range n {
						o.Weights = append(o.Weights, T(0.25+r.Float64()))
					}
				}
				if variant&4 != 0 {
					o.Ignore, o.IgnoreIndex = true, IgnoreIndex
					if variant&8 != 0 {
						o.IgnoreIndex = 0
					}
				}
				if variant&8 != 0 {
					if loss.name == "CrossEntropy" {
						o.Smoothing = 0.1
					}
					o.Losses = make([]T, rows)
				}
				name := fmt.Sprintf("%s of %v, %d", loss.name, s, variant)
				x, labels := New[T](rows, n), make([]int, rows)
				for i := range x.data {
					x.data[i] = T(3 * r.NormFloat64())
				}
				for i := range labels {
					if labels[i] = r.IntN(n); o.Ignore && i%3 == 1 {
						labels[i] = o.IgnoreIndex
						x.data[i*n] = T(math.NaN()) // does not matter
					}
				}
				checkLabelLoss(t, name, loss, x, labels, o, eps)
			}
		}
	}
}

func checkLabelLoss[T Float](t *testing.T, name string, c labelLossCase[T], x *Tensor[T], labels []int, o LabelOptions[T], eps float64) {
	t.Helper()
	rows, n := x.shape[0], x.shape[1]
	w := make([]float64, n)
	for j := range w {
		if w[j] = 1; o.Weights != nil {
			w[j] = float64(o.Weights[j])
		}
	}
	var losses []float64
	var grads [][]float64
	var total, sum, size float64
	for i, y := range labels {
		losses, grads = append(losses, 0), append(grads, make([]float64, n))
		if o.Ignore && y == o.IgnoreIndex {
			continue
		}
		row := make([]float64, n)
		for j := range row {
			row[j] = float64(x.data[i*n+j])
		}
		losses[i], grads[i] = c.spec(row, w, y, float64(o.Smoothing))
		sum += losses[i]
		size += math.Abs(losses[i])
		total += w[y]
	}
	scale := 1.0
	if o.Reduction == LossMean {
		scale = 1 / total
	}
	rel := eps * (60 + 2*math.Log2(float64(n)))
	dx := New[T](rows, n)
	kept := x.Clone()
	got := c.run(dx, x, labels, o)
	equalTensors(t, name+": the input", x, kept)
	if want := sum * scale; !(math.Abs(float64(got)-want) <= rel*math.Max(size, float64(rows))*scale || want != want && got != got) {
		t.Fatalf("%s: loss %v, want %v", name, got, want)
	}
	for i := range labels {
		if o.Losses != nil && !(math.Abs(float64(o.Losses[i])-losses[i]) <= rel*math.Max(1, losses[i])) {
			t.Fatalf("%s: loss of row %d is %v, want %v", name, i, o.Losses[i], losses[i])
		}
		for j, want := range grads[i] {
			g := float64(dx.data[i*n+j])
			if want == 0 && g == 0 {
				continue
			}
			if !(math.Abs(g-want*scale) <= rel*scale*math.Max(math.Abs(want), map[bool]float64{true: 2 * w[j]}[j == labels[i]])+rel*scale*float64(o.Smoothing)) {
				t.Fatalf("%s: gradient %d of row %d is %v, want %v", name, j, i, g, want*scale)
			}
		}
	}
	// In place, without the gradient, and from a view.
	if alone := c.run(nil, x, labels, o); !sameBits(alone, got) {
		t.Fatalf("%s: loss %v, without the gradient %v", name, got, alone)
	}
	view := New[T](n, rows).T().CopyFrom(x)
	if v := c.run(view, view, labels, o); !sameBits(v, got) {
		t.Fatalf("%s: loss %v, of a view in place %v", name, got, v)
	}
	equalTensors(t, name+": the gradient in place of a view", view, dx)
	if v := c.run(x, x, labels, o); !sameBits(v, got) {
		t.Fatalf("%s: loss %v, in place %v", name, got, v)
	}
	equalTensors(t, name+": the gradient in place", x, dx)
}

// TestCrossEntropyForms: what must be the same bits.
func TestCrossEntropyForms(t *testing.T) {
	r := rand.New(rand.NewPCG(72, 0))
	x, labels := New[float32](3, 4, 5, 7), make([]int, 60)
	for i := range x.data {
		x.data[i] = float32(r.NormFloat64())
	}
	for i := range labels {
		labels[i] = r.IntN(7)
	}
	flat := x.Reshape(60, 7)
	want, d, e := New[float32](60, 7), New[float32](60, 7), New[float32](3, 4, 5, 7)
	loss := SoftmaxCrossEntropy(want, flat, labels)
	same := func(what string, got float32, grad *Tensor[float32]) {
		t.Helper()
		if !sameBits(got, loss) {
			t.Errorf("%s: loss %v, want %v", what, got, loss)
		}
		equalTensors(t, what, grad, want)
	}
	same("no options", CrossEntropy(d, flat, labels, LabelOptions[float32]{}), d)
	same("rank 4", CrossEntropy(e, x, labels, LabelOptions[float32]{}), e.Reshape(60, 7))
	// The order of images: the classes along axis 1.
	image := New[float32](3, 7, 4, 5)
	turned := image.Permute(0, 2, 3, 1).CopyFrom(x)
	same("classes along axis 1", CrossEntropy(turned, turned, labels, LabelOptions[float32]{}), turned.Clone().Reshape(60, 7))
	ones := []float32{1, 1, 1, 1, 1, 1, 1}
	same("weights of 1", CrossEntropy(d, flat, labels, LabelOptions[float32]{Weights: ones}), d)
	same("nothing to ignore", CrossEntropy(d, flat, labels, LabelOptions[float32]{Ignore: true, IgnoreIndex: IgnoreIndex}), d)
	// Weights of 1 change nothing of smoothing either.
	a := CrossEntropy(d, flat, labels, LabelOptions[float32]{Smoothing: 0.2})
	b := CrossEntropy(want, flat, labels, LabelOptions[float32]{Smoothing: 0.2, Weights: ones})
	if !sameBits(a, b) {
		t.Errorf("smoothed: %v, with weights of 1 %v", a, b)
	}
	equalTensors(t, "smoothed", d, want)
}

func TestLabelLossSpecials(t *testing.T) {
	inf, nan := math.Inf(1), math.NaN()
	x := From([]float64{1000, -1000, 5, 5, nan, 1, -inf, 3, inf, 0}, 5, 2)
	d, losses := New[float64](5, 2), make([]float64, 5)
	CrossEntropy(d, x, []int{1, 0, 0, 1, 1}, LabelOptions[float64]{Reduction: LossSum, Losses: losses})
	for i, want := range []float64{2000, 0.6931471805599453, nan, 0, nan} {
		if !sameBits(losses[i], want) {
			t.Errorf("cross-entropy of %v: %v, want %v", x.data[2*i:2*i+2], losses[i], want)
		}
	}
	for i, want := range []float64{1, -1, -0.5, 0.5, nan, nan, 0, 0, nan, nan} {
		if !sameBits(d.data[i], want) {
			t.Errorf("gradient of cross-entropy, %d: %v, want %v", i, d.data[i], want)
		}
	}
	HingeLoss(d, x, []int{0, 1, 0, 1, 1}, LabelOptions[float64]{Reduction: LossSum, Losses: losses})
	for i, want := range []float64{0, 1, nan, 0, inf} {
		if !sameBits(losses[i], want) {
			t.Errorf("hinge of %v: %v, want %v", x.data[2*i:2*i+2], losses[i], want)
		}
	}
	// Everything left out: NaN, and the gradient is 0.
	o := LabelOptions[float64]{Ignore: true, IgnoreIndex: -1}
	for _, c := range labelLosses[float64]() {
		if loss := c.run(d, x, []int{-1, -1, -1, -1, -1}, o); loss == loss {
			t.Errorf("%s of nothing is %v", c.name, loss)
		}
		for _, v := range d.data {
			if v != 0 {
				t.Errorf("%s of nothing: gradient %v", c.name, d.data)
				break
			}
		}
		if loss := c.run(nil, New[float64](0, 3), nil, LabelOptions[float64]{Reduction: LossSum}); loss != 0 {
			t.Errorf("%s: the sum of no losses is %v", c.name, loss)
		}
	}
}

func TestLabelLossMisuse(t *testing.T) {
	x, d := New[float32](2, 3), New[float32](2, 3)
	for _, c := range labelLosses[float32]() {
		run := func(dx, x *Tensor[float32], labels []int, o LabelOptions[float32]) func() {
			return func() { c.run(dx, x, labels, o) }
		}
		shapePanic(t, c.name, run(d, x, []int{1}, LabelOptions[float32]{}))
		shapePanic(t, c.name, run(New[float32](3, 2), x, []int{1, 1}, LabelOptions[float32]{}))
		shapePanic(t, c.name, run(nil, New[float32](), []int{0}, LabelOptions[float32]{}))
		shapePanic(t, c.name, run(d, x, []int{1, 1}, LabelOptions[float32]{Weights: make([]float32, 2)}))
		shapePanic(t, c.name, run(d, x, []int{1, 1}, LabelOptions[float32]{Losses: make([]float32, 3)}))
		shapePanic(t, c.name, run(d, x, []int{1, 1}, LabelOptions[float32]{Losses: d.data[:2]}))
		shapePanic(t, c.name, run(d, x, []int{1, 1}, LabelOptions[float32]{Losses: x.data[:2]}))
		shapePanic(t, c.name, run(d, x, []int{1, 1}, LabelOptions[float32]{Weights: d.data[1:4]}))
		m := arange(4, 3)
		shapePanic(t, c.name, run(m.Narrow(0, 0, 2), m.Narrow(0, 1, 2), []int{0, 0}, LabelOptions[float32]{}))
		for _, o := range []LabelOptions[float32]{{Smoothing: 1}, {Smoothing: -0.1}, {Smoothing: float32(math.NaN())}, {Reduction: 2}} {
			if c.name != "CrossEntropy" && o.Smoothing != 0 {
				o.Smoothing = 0.1
			}
			if err := panicOf(run(d, x, []int{1, 1}, o)); err == nil {
				t.Errorf("%s with %+v: no panic", c.name, o)
			}
		}
		for _, labels := range [][]int{{0, 3}, {-1, 0}, {IgnoreIndex, 0}} {
			var e *LabelError
			if err := panicOf(run(d, x, labels, LabelOptions[float32]{Ignore: true, IgnoreIndex: -7})); !errors.As(err, &e) || e.Op != c.name {
				t.Errorf("%s with labels %v: %v", c.name, labels, err)
			}
		}
	}
}

// panicOf returns the error that f panics with, or nil.
func panicOf(f func()) (err error) {
	defer func() { err, _ = recover().(error) }()
	f()
	return nil
}
