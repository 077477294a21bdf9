package nn

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/lanes-go/lanes/tensor"
)

// activationRow is an activation with its formula; rows of softmax have none.
type activationRow struct {
	name string
	l    *Activation[float64]
	f    func(x float64) float64
}

func activationRows() []activationRow {
	b := New[float64](1)
	sigmoid := func(x float64) float64 { return 1 / (1 + math.Exp(-x)) }
	elu := func(alpha, scale float64) func(x float64) float64 {
		return func(x float64) float64 {
			if x > 0 {
				return scale * x
			}
			return scale * alpha * math.Expm1(x)
		}
	}
	clamp := func(lo, hi float64) func(x float64) float64 {
		return func(x float64) float64 { return min(max(x, lo), hi) }
	}
	return []activationRow{
		{"ReLU", b.ReLU(), func(x float64) float64 { return max(x, 0) }},
		{"LeakyReLU", b.LeakyReLU(0.2), func(x float64) float64 { return max(x, 0.2*x) }},
		{"ReLU6", b.ReLU6(), clamp(0, 6)},
		{"HardTanh", b.HardTanh(-1, 2), clamp(-1, 2)},
		{"HardSigmoid", b.HardSigmoid(), func(x float64) float64 { return clamp(0, 1)(x/6 + 0.5) }},
		{"ELU", b.ELU(1.5), elu(1.5, 1)},
		{"SELU", b.SELU(), elu(1.6732632423543772, 1.0507009873554805)},
		{"CELU", b.CELU(2), func(x float64) float64 { return max(0, x) + min(0, 2*math.Expm1(x/2)) }},
		{"Sigmoid", b.Sigmoid(), sigmoid},
		{"Tanh", b.Tanh(), math.Tanh},
		{"Softplus", b.Softplus(), func(x float64) float64 { return max(x, 0) + math.Log1p(math.Exp(-math.Abs(x))) }},
		{"Softsign", b.Softsign(), func(x float64) float64 { return x / (1 + math.Abs(x)) }},
		{"SiLU", b.SiLU(), func(x float64) float64 { return x * sigmoid(x) }},
		{"Mish", b.Mish(), func(x float64) float64 { return x * math.Tanh(math.Log1p(math.Exp(x))) }},
		{"GELU", b.GELU(), func(x float64) float64 { return x / 2 * math.Erfc(-x/math.Sqrt2) }},
		{"GELUTanh", b.GELUTanh(), func(x float64) float64 {
			return x / 2 * (1 + math.Tanh(math.Sqrt(2/math.Pi)*(x+0.044715*x*x*x)))
		}},
		{"BinaryStep", b.BinaryStep(), func(x float64) float64 {
			if x >= 0 {
				return 1
			}
			return 0
		}},
		{"Softmax", b.Softmax(-1), nil},
		{"LogSoftmax", b.LogSoftmax(1), nil},
	}
}

// TestActivations: the formula, of views too, in both modes; a NaN stays one.
func TestActivations(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 3))
	x := random[float64](r, 5, 3, 7)
	tensor.Scale(x, 3, x)
	x.Data()[0], x.Data()[1], x.Data()[2] = 0, 30, -30
	view := x.Transpose(0, 2).Clone().Transpose(0, 2)
	dy := random[float64](r, 5, 3, 7)
	for _, c := range activationRows() {
		y := c.l.Forward(x, Train)
		if c.l.Name() != c.name || !y.SameShape(x) {
			t.Errorf("%s: name %s, result of shape %v", c.name, c.l.Name(), y.Shape())
		}
		if c.f != nil {
			for i, v := range y.Data() {
				if want := c.f(x.Data()[i]); !(math.Abs(v-want) <= 1e-13*max(1, math.Abs(want))) {
					t.Errorf("%s(%v) is %v, want %v", c.name, x.Data()[i], v, want)
				}
			}
		}
		dx := c.l.Backward(dy).Clone()
		if !slices.Equal(c.l.Forward(x, Eval).Data(), y.Data()) {
			t.Errorf("%s: another result in Eval mode", c.name)
		}
		y = y.Clone()
		if !slices.Equal(c.l.Forward(view, Train).Clone().Data(), y.Data()) || !slices.Equal(c.l.Backward(dy.Transpose(0, 2).Clone().Transpose(0, 2)).Data(), dx.Data()) {
			t.Errorf("%s: of a view another result or gradient", c.name)
		}
		nan := tensor.New[float64](2, 3).Fill(1)
		nan.Set(math.NaN(), 1, 2)
		if v := c.l.Forward(nan, Eval).At(1, 2); v == v && c.name != "BinaryStep" {
			t.Errorf("%s(NaN) is %v", c.name, v)
		}
		if y := c.l.Forward(tensor.New[float64](0, 3), Train); y.Len() != 0 || c.l.Backward(y).Len() != 0 {
			t.Errorf("%s: of nothing %v", c.name, y)
		}
	}
}

// TestActivationsAtZero: where there are two slopes at 0 the one that PyTorch takes.
func TestActivationsAtZero(t *testing.T) {
	b := New[float64](1)
	for want, l := range map[float64]*Activation[float64]{0: b.ReLU(), 0.2: b.LeakyReLU(0.2), 2: b.ELU(2), 1.0507009873554805 * 1.6732632423543772: b.SELU()} {
		l.Forward(tensor.New[float64](1), Train)
		if dx := l.Backward(tensor.New[float64](1).Fill(1)); dx.At(0) != want {
			t.Errorf("%s: the slope at 0 is %v, want %v", l.Name(), dx.At(0), want)
		}
	}
}

func TestActivationMisuse(t *testing.T) {
	x := tensor.New[float64](2, 3)
	for _, c := range activationRows() {
		panics(t, func() { c.l.Backward(x) }, "nn."+c.name+".Backward", "without a Train-mode Forward", "[2 3]")
		c.l.Forward(x, Eval)
		panics(t, func() { c.l.Backward(x) }, "nn."+c.name+".Backward", "without a Train-mode Forward")
		c.l.Forward(x, Train)
		panics(t, func() { c.l.Backward(tensor.New[float64](3, 2)) }, "nn."+c.name+".Backward", "[3 2]", "[2 3]")
		panics(t, func() { c.l.Forward(x, 2) }, "nn."+c.name+".Forward", "mode 2")
	}
	b := New[float64](1)
	nan := math.NaN()
	for _, v := range []float64{0, -0.01, nan, math.Inf(1)} {
		panics(t, func() { b.LeakyReLU(v) }, "nn.LeakyReLU:", "a slope > 0")
		panics(t, func() { b.ELU(v) }, "nn.ELU:", "alpha > 0")
		panics(t, func() { b.CELU(v) }, "nn.CELU:", "alpha > 0")
	}
	for _, v := range [][2]float64{{1, 1}, {2, 1}, {nan, 1}, {1, nan}} {
		panics(t, func() { b.HardTanh(v[0], v[1]) }, "nn.HardTanh:", "lo < hi")
	}
	panics(t, func() { b.Softmax(2).Forward(x, Eval) }, "Softmax", "[2 3]")
	panics(t, func() { b.LogSoftmax(-3).Forward(x, Eval) }, "LogSoftmax", "[2 3]")
}

// TestPReLU: the slope of a channel where x is below 0, and its gradient.
func TestPReLU(t *testing.T) {
	b := New[float32](1)
	l := b.PReLU(2)
	if w := l.Weight.Value; w.At(0) != 0.25 || w.At(1) != 0.25 {
		t.Errorf("slopes begin at %v", w)
	}
	copy(l.Weight.Value.Data(), []float32{0.5, -2})
	x := tensor.From([]float32{-1, 2, 3, -4, 0, -0.5, -8, 1}, 2, 2, 2) // (n, c, l)
	dy := tensor.From([]float32{1, 10, 100, 1000, 2, 20, 200, 2000}, 2, 2, 2)
	if y := l.Forward(x, Train); !slices.Equal(y.Data(), []float32{-0.5, 2, 3, 8, 0, -0.25, 16, 1}) {
		t.Errorf("y %v", y)
	}
	l.Forward(tensor.New[float32](3, 2), Eval) // of another rank, in between
	for pass := float32(1); pass <= 2; pass++ {
		if dx := l.Backward(dy); !slices.Equal(dx.Data(), []float32{0.5, 10, 100, -2000, 1, 10, -400, 2000}) {
			t.Errorf("dx %v", dx)
		}
		if g := l.Weight.Grad; g.At(0) != pass*(-1-10) || g.At(1) != pass*(-4000-1600) {
			t.Errorf("gradient %v after %v passes", g, pass)
		}
	}
	l.Weight.Frozen = true
	l.Backward(dy)
	if l.Weight.Grad.At(0) != -22 {
		t.Error("a frozen slope has a gradient")
	}

	one := b.PReLU(1) // for any shape
	y := one.Forward(tensor.From([]float32{-4, 4}, 2), Train)
	one.Backward(tensor.From([]float32{3, 5}, 2))
	if !slices.Equal(y.Data(), []float32{-1, 4}) || one.Weight.Grad.At(0) != -12 {
		t.Errorf("one slope: y %v, gradient %v", y, one.Weight.Grad)
	}
	for _, l := range []*PReLU[float32]{b.PReLU(1), b.PReLU(3)} {
		l.Forward(tensor.New[float32](0, 3, 5), Train)
		if dx := l.Backward(tensor.New[float32](0, 3, 5)); dx.Len() != 0 || l.Weight.Grad.At(0) != 0 {
			t.Errorf("of nothing: dx %v, gradient %v", dx, l.Weight.Grad)
		}
	}
}

func TestPReLUMisuse(t *testing.T) {
	b := New[float32](1)
	panics(t, func() { b.PReLU(0) }, "nn.PReLU:", "0 channels")
	l := b.PReLU(3)
	x := tensor.New[float32](2, 3)
	panics(t, func() { l.Backward(x) }, "nn.PReLU.Backward", "without a Train-mode Forward")
	l.Forward(x, Train)
	panics(t, func() { l.Backward(tensor.New[float32](3, 2)) }, "nn.PReLU.Backward", "[3 2]", "[2 3]")
	panics(t, func() { l.Forward(tensor.New[float32](3, 2), Train) }, "nn.PReLU.Forward", "[3 2]", "[3]")
	panics(t, func() { l.Forward(tensor.New[float32](3), Train) }, "nn.PReLU.Forward", "[3]")
	panics(t, func() { l.Forward(x, 2) }, "nn.PReLU.Forward", "mode 2")
}
