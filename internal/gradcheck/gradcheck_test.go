package gradcheck

import (
	"math"
	"strings"
	"testing"
)

// layer is loss = sum_r |x_r W + b - t_r|^2/2 with a rectifier, on several rows: a
// problem with two tensors that are kept apart.
type layer struct {
	w, b, dw, db []float64
	x, t         []float64
	n, in, out   int
}

func newLayer(seed uint64) *layer {
	r := rng{seed}
	l := &layer{n: 3, in: 4, out: 5}
	draw := func(n int) []float64 {
		v := make([]float64, n)
		for i := range v {
			v[i] = r.sign() * (0.1 + r.float())
		}
		return v
	}
	l.w, l.b, l.x, l.t = draw(l.in*l.out), draw(l.out), draw(l.n*l.in), draw(l.n*l.out)
	for i := range l.b[1:] {
		l.b[i+1] += 1 // most units are alive
	}
	l.b[0] = -9 // this one is dead
	l.dw, l.db = make([]float64, l.in*l.out), make([]float64, l.out)
	return l
}

func (l *layer) each(do func(r, j int, pre float64)) {
	for r := range l.n {
		for j := range l.out {
			s := l.b[j]
			for i := range l.in {
				s += float64(l.x[r*l.in+i] * l.w[j*l.in+i])
			}
			do(r, j, s)
		}
	}
}

func (l *layer) loss() float64 {
	sum := 0.0
	l.each(func(r, j int, pre float64) {
		e := max(pre, 0) - l.t[r*l.out+j]
		sum += float64(e * e / 2)
	})
	return sum
}

func (l *layer) grad(s float64) {
	clear(l.dw)
	clear(l.db)
	l.each(func(r, j int, pre float64) {
		if pre <= 0 {
			return
		}
		g := float64(s * (pre - l.t[r*l.out+j]))
		l.db[j] += g
		for i := range l.in {
			l.dw[j*l.in+i] += float64(g * l.x[r*l.in+i])
		}
	})
}

func (l *layer) problem() Problem {
	return Problem{
		Vars: []Var{{Name: "w", Shape: []int{l.out, l.in}, X: l.w, Grad: l.dw}, {Name: "b", X: l.b, Grad: l.db}},
		Loss: l.loss, Grad: l.grad, Linear: true,
	}
}

// some is n, or a few with -short.
func some(n uint64) uint64 {
	if testing.Short() {
		return n / 10
	}
	return n
}

func TestRight(t *testing.T) {
	for seed := range some(300) {
		p := newLayer(seed).problem()
		r := Check(p, Options{Seed: seed})
		if !r.OK() {
			t.Fatal(r)
		}
		if len(r.Tensors) != 2 || r.Tensors[0].Checked != 20 || r.Tensors[1].Checked != 5 || r.DirsUsed == 0 {
			t.Fatalf("%+v", r)
		}
		for _, tr := range r.Tensors {
			if tr.Worst.Relative > 1e-8 {
				t.Errorf("seed %d: %s: worst %+v", seed, tr.Name, tr.Worst)
			}
		}
	}
}

// planted change the gradients after the fact; tensor is the one to be named.
var planted = map[string]struct {
	tensor string
	wrong  func(l *layer, s float64)
	pass   bool
}{
	"sign": {"w", func(l *layer, _ float64) {
		for i := range l.dw {
			l.dw[i] = -l.dw[i]
		}
	}, false},
	"factor 2": {"b", func(l *layer, _ float64) {
		for i := range l.db {
			l.db[i] *= 2
		}
	}, false},
	"one wrong entry": {"w", func(l *layer, s float64) { l.dw[7] += 0.01 * s }, false},
	"dead entry":      {"w", func(l *layer, s float64) { l.dw[2] += 0.01 * s }, false},
	"missing row": {"w", func(l *layer, _ float64) {
		row := 1
		for row < l.out-1 && l.db[row] == 0 {
			row++
		}
		clear(l.dw[row*l.in : row*l.in+l.in])
	}, false},
	"mean for sum": {"w", func(l *layer, _ float64) {
		for i := range l.dw {
			l.dw[i] /= float64(l.n)
		}
		for i := range l.db {
			l.db[i] /= float64(l.n)
		}
	}, false},
	"shift 1e-4": {"w", func(l *layer, _ float64) {
		for i := range l.dw {
			l.dw[i] *= 1 + 1e-4
		}
	}, false},
	"added 1e-4": {"b", func(l *layer, s float64) {
		for i := range l.db {
			l.db[i] += 1e-4 * s
		}
	}, false},
	"noise 1e-9": {"", func(l *layer, _ float64) {
		r := rng{5}
		for i := range l.dw {
			l.dw[i] *= 1 + 1e-9*r.sign()*r.float()
		}
	}, true},
}

func TestPlanted(t *testing.T) {
	for name, c := range planted {
		for seed := range some(200) {
			l := newLayer(seed)
			p := l.problem()
			p.Grad = func(s float64) { l.grad(s); c.wrong(l, s) }
			r := Check(p, Options{Seed: seed})
			if r.OK() != c.pass {
				t.Errorf("%s, seed %d: passed is %v: %v", name, seed, r.OK(), r)
			}
			if name := c.tensor + "["; !c.pass && !strings.Contains(r.String(), name) && len(r.Tensors[0].Missed) == 0 {
				t.Errorf("seed %d: %s is not named in %v", seed, name, r)
			}
		}
	}
}

// TestScale: the verdict does not depend on the scale of the loss.
func TestScale(t *testing.T) {
	for _, k := range []float64{0x1p-900, 1e-30, 1e-6, 1e6, 1e30, 0x1p900} {
		for _, by := range []float64{1, 1 + 1e-5, -1} {
			l := newLayer(3)
			p := l.problem()
			p.Loss = func() float64 { return k * l.loss() }
			p.Grad = func(s float64) { l.grad(s * k * by) }
			if r := Check(p, Options{}); r.OK() != (by == 1) {
				t.Errorf("loss times %g, gradient times %g: %v", k, by, r)
			}
		}
	}
}

func TestGuess(t *testing.T) {
	for by, want := range map[float64]string{-1: "the sign is wrong everywhere", 0.5: "numeric is 2 times analytic everywhere"} {
		l := newLayer(1)
		p := l.problem()
		p.Grad = func(s float64) { l.grad(s * by) }
		if text := Check(p, Options{}).String(); !strings.Contains(text, want) {
			t.Errorf("no %q in %s", want, text)
		}
	}
}

// TestUpstream: a gradient that does not heed what comes in is a fault.
func TestUpstream(t *testing.T) {
	l := newLayer(1)
	p := l.problem()
	p.Grad = func(float64) { l.grad(1) }
	if r := Check(p, Options{}); r.OK() || !strings.Contains(r.String(), "with 0 times the upstream gradient") {
		t.Error(r)
	}
	p.Linear = false
	if r := Check(p, Options{}); !r.OK() {
		t.Error(r)
	}
}

// TestOneSided: kinks as they look from x, and what the report says of them.
func TestOneSided(t *testing.T) {
	for _, c := range []struct {
		name    string
		x       float64
		f       func(x float64) float64
		claim   float64
		verdict string
	}{
		{"abs at 0", 0, math.Abs, 0, "kink"},
		{"abs near 0", 1e-7, math.Abs, 1, ""},
		{"abs very near 0", -1e-13, math.Abs, -1, ""},
		{"abs near 0, other side", 1e-7, math.Abs, -1, "wrong"},
		{"relu at 3", 3, func(x float64) float64 { return max(x-3, 0) }, 1, "kink"},
		{"relu near 3", 3, func(x float64) float64 { return max(x-3-1e-6, 0) }, 0, ""},
		{"step", 0, func(x float64) float64 {
			if x < 0 {
				return 0
			}
			return 1
		}, 0, "unclear"},
		{"cube at 0", 0, func(x float64) float64 { return x * x * x }, 0, ""},
		{"x^1.5 at 0", 0, func(x float64) float64 { return math.Sqrt(math.Abs(x)) * math.Abs(x) }, 0, ""},
		{"log near its edge", 1e-9, math.Log, 1e9, ""},
		{"log near its edge", 1e-9, math.Log, 1.001e9, "wrong"},
		{"sqrt at its edge", 0, math.Sqrt, 1, "unclear"},
		{"constant", 5, func(float64) float64 { return 2 }, 0, ""},
		{"constant, claimed", 5, func(float64) float64 { return 2 }, 1e-12, "wrong"},
		{"fast wave", 0.3, func(x float64) float64 { return math.Sin(1e9 * x) }, 1e9 * math.Cos(0.3e9), ""},
		{"slow wave", 0.3, func(x float64) float64 { return 1e3 + math.Sin(1e-3*x) }, 1e-3 * math.Cos(0.3e-3), ""},
		{"abs, far away", 1e12, math.Abs, 1, ""},
		{"subnormal", 0x1p-1060, func(x float64) float64 { return x }, 1, ""},
	} {
		x, g := []float64{c.x}, make([]float64, 1)
		r := Check(Problem{
			Vars: []Var{{Name: "x", X: x, Grad: g}},
			Loss: func() float64 { return c.f(x[0]) },
			Grad: func(float64) { g[0] = c.claim },
		}, Options{})
		if r.OK() != (c.verdict == "") || !strings.Contains(r.String(), c.verdict) {
			t.Errorf("%s: want %q: %v", c.name, c.verdict, r)
		}
		if math.Float64bits(x[0]) != math.Float64bits(c.x) {
			t.Errorf("%s: x moved", c.name)
		}
	}
}

// TestSample: distinct, in order, both ends, and every entry in some sample.
func TestSample(t *testing.T) {
	r := rng{1}
	seen := make([]int, 40)
	for range 500 {
		s := r.sample(40, 8)
		if len(s) != 8 || s[0] != 0 || s[7] != 39 {
			t.Fatal(s)
		}
		for i := range s {
			seen[s[i]]++
			if i > 0 && s[i] <= s[i-1] {
				t.Fatal(s)
			}
		}
	}
	for i, n := range seen[1:39] {
		if n < 40 || n > 160 { // 79 expected
			t.Errorf("entry %d drawn %d times", i+1, n)
		}
	}
	if s := r.sample(3, 8); len(s) != 3 {
		t.Error(s)
	}
	if s := r.sample(5, 1); len(s) != 1 {
		t.Error(s)
	}
}

// TestSameReport: a seed gives one report, to the last digit.
func TestSameReport(t *testing.T) {
	report := func() *Report {
		l := newLayer(2)
		p := l.problem()
		p.Grad = func(s float64) { l.grad(s); l.dw[0] += s }
		return Check(p, Options{Seed: 3, MaxEntries: 7})
	}
	a, b := report(), report()
	if a.String() != b.String() || a.Evals != b.Evals {
		t.Errorf("%v\n%v", a, b)
	}
}

func TestLengths(t *testing.T) {
	defer func() {
		if e, ok := recover().(error); !ok || !strings.Contains(e.Error(), "w has 2 values and 1 gradients") {
			t.Error(e)
		}
	}()
	Check(Problem{Vars: []Var{{Name: "w", X: make([]float64, 2), Grad: make([]float64, 1)}}}, Options{})
}
