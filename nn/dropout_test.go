package nn

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/lanes-go/lanes/tensor"
)

// dropoutMask returns which of n elements a Train-mode pass keeps.
func dropoutMask(l *Dropout[float32], n int) []float32 {
	y := l.Forward(tensor.New[float32](n).Fill(1), Train).Clone().Data()
	for i, v := range y {
		if v != 0 {
			y[i] = 1
		}
	}
	return y
}

// TestDropout: a share p is 0, the rest is divided by 1-p, backward as forward.
func TestDropout(t *testing.T) {
	const n = 100_000
	for _, p := range []float64{0, 0.1, 0.5, 0.9} {
		l := New[float32](1).Dropout(p)
		r := rand.New(rand.NewPCG(2, 2))
		x, dy := random[float32](r, n), random[float32](r, n)
		y, dx := l.Forward(x, Train), l.Backward(dy)
		dropped := 0
		for i, v := range y.Data() {
			factor := float32(1 / (1 - p))
			if v == 0 {
				factor = 0
				dropped++
			}
			if v != x.Data()[i]*factor || dx.Data()[i] != dy.Data()[i]*factor {
				t.Fatalf("p %v: y[%d] is %v of %v, dx %v of %v", p, i, v, x.Data()[i], dx.Data()[i], dy.Data()[i])
			}
		}
		if off := float64(dropped) - n*p; math.Abs(off) > 5*math.Sqrt(n*p*(1-p)) {
			t.Errorf("p %v: %d of %d dropped", p, dropped, n)
		}
		if l.Forward(x, Eval) != x {
			t.Error("Eval is not x itself")
		}
	}
}

// TestDropoutMasks: independent for each layer, pass and seed, and the same again for the
// same.
func TestDropoutMasks(t *testing.T) {
	const n, p = 20_000, 0.3
	masks := map[string][]float32{}
	for _, seed := range []uint64{1, 2} {
		b := New[float32](seed)
		first := b.Dropout(p) // before any parameter
		b.Linear(3, 3)
		for i, l := range []*Dropout[float32]{first, b.Dropout(p), b.Dropout(p)} {
			if l.stream == 0 {
				t.Error("a layer has the streams of parameters")
			}
			for pass := range 3 {
				l.Forward(tensor.New[float32](5), Eval) // does not count
				masks[fmt.Sprint("seed ", seed, ", layer ", i, ", pass ", pass)] = dropoutMask(l, n)
			}
			if c := l.Counters()[0]; c.N != 3 || c.Name != "steps" {
				t.Errorf("counter %v after 3 passes", *c)
			}
		}
	}
	for a, x := range masks {
		for b, y := range masks {
			same := 0
			for i := range x {
				if x[i] == y[i] {
					same++
				}
			}
			const want = n * (p*p + (1-p)*(1-p))
			if a != b && math.Abs(float64(same)-want) > 6*math.Sqrt(n)/2 {
				t.Errorf("%s and %s agree in %d of %d elements, want about %v", a, b, same, n, int(want))
			}
		}
	}

	b := New[float32](2)
	b.Dropout(p)
	b.Linear(3, 3)
	l := b.Dropout(p)
	l.Counters()[0].N = 2 // as a checkpoint restores it
	if !slices.Equal(dropoutMask(l, n), masks["seed 2, layer 1, pass 2"]) {
		t.Error("another mask for the same seed, layer and pass")
	}
	l.Counters()[0].N = 2
	if short := dropoutMask(l, 77); !slices.Equal(short, masks["seed 2, layer 1, pass 2"][:77]) {
		t.Error("what happens to an element depends on how many there are")
	}
}

// TestDropoutThreads: the same with any number of threads, of views, and of another shape.
func TestDropoutThreads(t *testing.T) {
	n := 1 << 18
	if testing.Short() {
		n = 1 << 14
	}
	x := tensor.New[float32](64, n/64)
	tensor.Normal(x, 0, 1, 5, 5)
	run := func(x *tensor.Tensor[float32]) []float32 {
		return New[float32](4).Dropout(0.4).Forward(x, Train).Data()
	}
	want := run(x)
	for _, threads := range []int{1, 2, 3, 7} {
		old := tensor.SetMaxThreads(threads)
		if !slices.Equal(run(x), want) {
			t.Errorf("%d threads: another result", threads)
		}
		tensor.SetMaxThreads(old)
	}
	if !slices.Equal(run(x.T().Clone().T()), want) || !slices.Equal(run(x.Reshape(n)), want) {
		t.Error("of a view, or in another shape, another result")
	}
}

func TestDropoutMisuse(t *testing.T) {
	b := New[float32](1)
	for _, p := range []float64{-0.1, 1, 1.5, math.NaN(), math.Inf(1)} {
		panics(t, func() { b.Dropout(p) }, "nn.Dropout:", "at least 0 and below 1")
	}
	l := b.Dropout(0.5)
	x := tensor.New[float32](2, 3)
	panics(t, func() { l.Backward(x) }, "nn.Dropout.Backward", "without a Train-mode Forward", "[2 3]")
	l.Forward(x, Eval)
	panics(t, func() { l.Backward(x) }, "nn.Dropout.Backward", "without a Train-mode Forward")
	l.Forward(x, Train)
	panics(t, func() { l.Backward(tensor.New[float32](3, 2)) }, "nn.Dropout.Backward", "[3 2]", "[2 3]")
	panics(t, func() { l.Forward(x, 2) }, "nn.Dropout.Forward", "mode 2")
}
