package tensor

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/lanes-go/lanes/internal/steady"
)

type pairLossCase[T Float] struct {
	name string
	run  func(dx, x, y *Tensor[T], o LossOptions[T]) T
	spec func(x, y float64) (loss, grad float64)
}

func pairLosses[T Float]() []pairLossCase[T] {
	huber := func(delta float64) func(x, y float64) (loss, grad float64) {
		return func(x, y float64) (loss, grad float64) {
			if d := x - y; math.Abs(d) > delta {
				return delta * (math.Abs(d) - delta/2), math.Copysign(delta, d)
			} else {
				return d * d / 2, d
			}
		}
	}
	return []pairLossCase[T]{
		{"MSELoss", MSELoss[T], func(x, y float64) (loss, grad float64) { return (x - y) * (x - y), 2 * (x - y) }},
		{"L1Loss", L1Loss[T], func(x, y float64) (loss, grad float64) { return math.Abs(x - y), math.Copysign(1, x-y) }},
		{"HuberLoss", func(dx, x, y *Tensor[T], o LossOptions[T]) T { return HuberLoss(dx, x, y, 0.75, o) }, huber(0.75)},
		{"SmoothL1Loss", func(dx, x, y *Tensor[T], o LossOptions[T]) T { return SmoothL1Loss(dx, x, y, 0.25, o) }, func(x, y float64) (loss, grad float64) {
			loss, grad = huber(0.25)(x, y)
			return loss * 4, grad * 4
		}},
		{"SmoothL1Loss", func(dx, x, y *Tensor[T], o LossOptions[T]) T { return SmoothL1Loss(dx, x, y, 0, o) }, func(x, y float64) (loss, grad float64) {
			return math.Abs(x - y), math.Copysign(1, x-y)
		}},
		{"BCEWithLogitsLoss", BCEWithLogitsLoss[T], func(x, y float64) (loss, grad float64) {
			return math.Max(x, 0) - x*y + math.Log1p(math.Exp(-math.Abs(x))), 1/(1+math.Exp(-x)) - y
		}},
	}
}

func TestPairLosses(t *testing.T) {
	t.Run("f32", func(t *testing.T) { testPairLosses[float32](t, 0x1p-24) })
	t.Run("f64", func(t *testing.T) { testPairLosses[float64](t, 0x1p-53) })
}

func testPairLosses[T Float](t *testing.T, eps float64) {
	r := rand.New(rand.NewPCG(81, 0))
	for _, c := range pairLosses[T]() {
		for _, shape := range [][]int{{1}, {17}, {3, 5, 7}, {130, 260}, {16384}, {40000}} {
			x, y := New[T](shape...), New[T](shape...)
			for i := range x.data {
				x.data[i], y.data[i] = T(3*r.NormFloat64()), T(r.Float64())
			}
			n := len(x.data)
			for variant := range 4 {
				if testing.Short() && n > 1000 && variant != (n/100+len(c.name))%4 {
					continue
				}
				o := LossOptions[T]{}
				scale := 1 / float64(n)
				if variant&1 != 0 {
					o.Reduction, scale = LossSum, 1
				}
				if variant&2 != 0 {
					o.Losses = New[T](shape...)
				}
				name := fmt.Sprintf("%s of %v, %d", c.name, shape, variant)
				dx := New[T](shape...)
				got := c.run(dx, x, y, o)
				var sum longSum
				for i := range x.data {
					loss, grad := c.spec(float64(x.data[i]), float64(y.data[i]))
					sum.add(loss)
					if g := float64(dx.data[i]); !(math.Abs(g-grad*scale) <= 6*eps*scale*math.Max(1, math.Abs(grad))) {
						t.Fatalf("%s: gradient %d is %v, want %v", name, i, g, grad*scale)
					}
					if o.Losses != nil && !(math.Abs(float64(o.Losses.data[i])-loss) <= 16*eps*math.Max(1, loss)) {
						t.Fatalf("%s: loss %d is %v, want %v", name, i, o.Losses.data[i], loss)
					}
				}
				if want := sum.sum() * scale; !(math.Abs(float64(got)-want) <= (30+float64(n)/1000)*eps*math.Max(scale, want)) {
					t.Fatalf("%s: loss %v, want %v", name, got, want)
				}
				// The sum is that of the losses; the gradient and the losses need not be asked for.
				if o.Losses != nil && o.Reduction == LossSum && !sameBits(got, Sum(o.Losses)) {
					t.Errorf("%s: loss %v, sum of the losses %v", name, got, Sum(o.Losses))
				}
				if alone := c.run(nil, x, y, LossOptions[T]{Reduction: o.Reduction}); !sameBits(alone, got) {
					t.Errorf("%s: loss %v, alone %v", name, got, alone)
				}
				for i, l := range layoutsOf[T](shape) {
					if i%3 != variant%3 && n > 1000 {
						continue
					}
					xs, ys, losses := l.new().CopyFrom(x), l.new().CopyFrom(y), l.new()
					into, other := l.new(), o
					if o.Losses != nil {
						other.Losses = losses
					}
					same := func(what string, loss T, grad *Tensor[T]) {
						t.Helper()
						if !sameBits(loss, got) {
							t.Fatalf("%s, %s: loss %v, of packed tensors %v", name, what, loss, got)
						}
						equalTensors(t, name+", "+what, grad, dx)
						if o.Losses != nil {
							equalTensors(t, name+", losses, "+what, losses, o.Losses)
						}
					}
					same(l.name, c.run(into, xs, ys, other), into)
					same(l.name+" in place of y", c.run(ys, xs, ys, other), ys)
					ys.CopyFrom(y)
					same(l.name+" in place of x", c.run(xs, xs, ys, other), xs)
				}
			}
		}
	}
}

// TestPairLossThreads: the same bits for any number of threads.
func TestPairLossThreads(t *testing.T) {
	r := rand.New(rand.NewPCG(82, 0))
	x, y := randomize(r, New[float32](50, 5000)), randomize(r, New[float32](50, 5000))
	for _, c := range pairLosses[float32]() {
		var want *Tensor[float32]
		var loss float32
		for _, threads := range []int{1, 2, 7} {
			old := SetMaxThreads(threads)
			dx := New[float32](x.shape...)
			got := c.run(dx, x, y, LossOptions[float32]{})
			SetMaxThreads(old)
			if want == nil {
				want, loss = dx, got
			}
			if !sameBits(got, loss) {
				t.Errorf("%s: loss %v with %d threads, %v with one", c.name, got, threads, loss)
			}
			equalTensors(t, c.name, dx, want)
		}
	}
}

func TestPairLossSpecials(t *testing.T) {
	x, y := From([]float32{1, 2, 3}, 3), From([]float32{1, 0, float32(math.NaN())}, 3)
	for _, c := range pairLosses[float32]() {
		if loss := c.run(nil, x, y, LossOptions[float32]{}); loss == loss {
			t.Errorf("%s: a NaN gives loss %v", c.name, loss)
		}
		if loss := c.run(nil, x, x, LossOptions[float32]{}); c.name[0] != 'B' && loss != 0 {
			t.Errorf("%s of equal tensors is %v", c.name, loss)
		}
		none := New[float32](0, 3)
		if loss := c.run(none, none, none, LossOptions[float32]{}); loss == loss {
			t.Errorf("%s: the mean of nothing is %v", c.name, loss)
		}
		if loss := c.run(none, none, none, LossOptions[float32]{Reduction: LossSum}); loss != 0 {
			t.Errorf("%s: the sum of nothing is %v", c.name, loss)
		}
	}
	// Logits far out: finite, and the gradient keeps its digits.
	logits, ones, d := From([]float64{1000, -1000, 50}, 3), From([]float64{1, 1, 1}, 3), New[float64](3)
	if loss := BCEWithLogitsLoss(d, logits, ones, LossOptions[float64]{Reduction: LossSum}); loss != 1000 {
		t.Errorf("loss %v, want 1000", loss)
	}
	if got, want := d.data[2], -math.Exp(-50); d.data[0] != 0 || d.data[1] != -1 || math.Abs(got-want) > 1e-15*-want {
		t.Errorf("gradient %v, want 0, -1, %v", d.data, want)
	}
}

func TestPairLossMisuse(t *testing.T) {
	x, y, d := New[float32](2, 3), New[float32](2, 3), New[float32](2, 3)
	m := arange(4, 3)
	head, tail := m.Narrow(0, 0, 2), m.Narrow(0, 1, 2)
	for _, c := range pairLosses[float32]() {
		none := LossOptions[float32]{}
		shapePanic(t, c.name, func() { c.run(d, x, New[float32](3, 2), none) })
		shapePanic(t, c.name, func() { c.run(New[float32](6), x, y, none) })
		shapePanic(t, c.name, func() { c.run(head, tail, y, none) })
		shapePanic(t, c.name, func() { c.run(head, x, tail, none) })
		shapePanic(t, c.name, func() { c.run(d, x, y, LossOptions[float32]{Losses: New[float32](6)}) })
		shapePanic(t, c.name, func() { c.run(d, x, y, LossOptions[float32]{Losses: x}) })
		shapePanic(t, c.name, func() { c.run(d, x, y, LossOptions[float32]{Losses: d}) })
		if panicOf(func() { c.run(d, x, y, LossOptions[float32]{Reduction: 2}) }) == nil {
			t.Errorf("%s: reduction 2, no panic", c.name)
		}
	}
	for _, v := range []float32{-1, float32(math.NaN())} {
		if panicOf(func() { HuberLoss(d, x, y, v, LossOptions[float32]{}) }) == nil || panicOf(func() { SmoothL1Loss(d, x, y, v, LossOptions[float32]{}) }) == nil {
			t.Errorf("delta %v: no panic", v)
		}
	}
	if panicOf(func() { HuberLoss(d, x, y, 0, LossOptions[float32]{}) }) == nil {
		t.Error("delta 0: no panic")
	}
}

func TestPairLossAllocates(t *testing.T) {
	for _, shape := range [][]int{{10}, {300, 1000}} {
		x, y, d := New[float32](shape...), New[float32](shape...), New[float32](shape...)
		view := New[float32](2*shape[0], 1)
		for _, c := range pairLosses[float32]() {
			if n := steady.Allocs(10, func() { c.run(d, x, y, LossOptions[float32]{}) }); n > 0 {
				t.Errorf("%s of %v: %v allocations", c.name, shape, n)
			}
			if n := steady.Allocs(10, func() { c.run(view, view, view, LossOptions[float32]{}) }); n > 0 {
				t.Errorf("%s of a view: %v allocations", c.name, n)
			}
		}
	}
}
