package gradcheck

import (
	"math"
	"strings"
	"testing"
)

// swap is y = x for a square x, whose backward pass transposes: right for the upstream
// gradient of ones, or any that is symmetric.
func swap(n int, wrong bool) Problem {
	x, g, up := make([]float64, n*n), make([]float64, n*n), make([]float64, n*n)
	r := rng{3}
	for i := range x {
		x[i] = r.size()
	}
	p := Problem{
		Vars: []Var{{Name: "x", Shape: []int{n, n}, X: x, Grad: g}},
		Loss: func() float64 {
			s := 0.0
			for i, v := range x {
				s += float64(up[i] * v * v)
			}
			return s
		},
		Grad: func(s float64) {
			for i := range g {
				from := i
				if wrong {
					from = i%n*n + i/n
				}
				g[i] = float64(2 * s * up[from] * x[i])
			}
		},
		Linear: true,
		Upstream: func(k int) {
			r := rng{uint64(k)}
			for i := range up {
				up[i] = 1
				if k > 0 {
					up[i] = r.size()
				}
			}
		},
	}
	p.Upstream(0)
	return p
}

// TestAdjoint: the adjoint test sees what differences for one upstream gradient do not.
func TestAdjoint(t *testing.T) {
	for _, fast := range []bool{false, true} {
		if r := Check(swap(5, false), Options{Fast: fast}); !r.OK() || r.Adjoint != 2 || r.DirsUsed != 2 {
			t.Errorf("%v, %d adjoint tests", r, r.Adjoint)
		}
		if r := Check(swap(5, true), Options{Fast: fast}); r.OK() || !strings.Contains(r.String(), "adjoint test 1: random direction") {
			t.Error(r)
		}
	}
	p := swap(5, true)
	p.Upstream = nil
	if r := Check(p, Options{}); !r.OK() {
		t.Error(r)
	}
	// The gradient is afterwards that of the start again.
	p = swap(4, false)
	Check(p, Options{})
	for i, g := range p.Vars[0].Grad {
		if g != 2*p.Vars[0].X[i] {
			t.Fatal(p.Vars[0].Grad, p.Vars[0].X)
		}
	}
}

// TestFast: directions alone reject every planted error, and pass the rest with few
// calls; entries are named where something is wrong.
func TestFast(t *testing.T) {
	for name, c := range planted {
		rejected := 0
		for seed := range some(100) {
			l := newLayer(seed)
			p := l.problem()
			p.Grad = func(s float64) { l.grad(s); c.wrong(l, s) }
			r := Check(p, Options{Seed: seed, Fast: true})
			if c.pass && (!r.OK() || r.Evals > 200) {
				t.Errorf("%s, seed %d: %d evaluations: %v", name, seed, r.Evals, r)
			}
			if !r.OK() {
				rejected++
				if len(r.Tensors) != 2 {
					t.Errorf("%s, seed %d: no entries: %v", name, seed, r)
				}
			}
		}
		// Along a direction what an entry adds may be lost in the rest.
		if want := int(some(100)); !c.pass && rejected < want*9/10 {
			t.Errorf("%s: rejected %d times of %d", name, rejected, want)
		}
	}
	l := newLayer(1)
	for i := range l.w {
		l.w[i], l.x[i%len(l.x)] = 0, 0
	}
	clear(l.b) // every unit at its kink: no direction is smooth
	if r := Check(l.problem(), Options{Fast: true}); r.OK() || len(r.Tensors) != 2 {
		t.Error(r)
	}
}

// TestKinksAlongDirections: a line through many kinks that cancel each other looks smooth,
// with a slope that is none of the legal ones, so directions avoid kinks.
func TestKinksAlongDirections(t *testing.T) {
	const n = 60
	for seed := range some(100) {
		r := rng{seed}
		x, g, up := make([]float64, n), make([]float64, n), make([]float64, n)
		weigh := func(k int) {
			r := rng{seed + uint64(k)<<32}
			for i := range up {
				up[i] = r.size()
			}
		}
		weigh(0)
		for i := range x {
			if i%3 > 0 {
				x[i] = r.size()
			}
		}
		p := Problem{
			Vars: []Var{{Name: "x", X: x, Grad: g, Legal: func(int) []float64 { return []float64{0} }}},
			Loss: func() float64 {
				s := 0.0
				for i, v := range x {
					s += float64(up[i] * max(v, 0))
				}
				return s
			},
			Grad: func(s float64) {
				for i, v := range x {
					if g[i] = 0; v > 0 {
						g[i] = float64(s * up[i])
					}
				}
			},
			Linear: true, Upstream: weigh,
		}
		// Where all kinks are known the directions go along them; else there are none.
		for want, o := range map[int]Options{2: {MaxEntries: n}, 0: {MaxEntries: 20}} {
			o.Seed = seed
			if r := Check(p, o); !r.OK() || r.DirsUsed != want || r.Adjoint != want {
				t.Errorf("%+v: %d directions, %d adjoint tests, want %d: %v", o, r.DirsUsed, r.Adjoint, want, r)
			}
		}
		always := p.Grad
		p.Grad = func(float64) { always(1) }
		if r := Check(p, Options{Seed: seed}); !strings.Contains(r.String(), "with 0 times the upstream") {
			t.Error(r)
		}
		p.Grad = always
		right := p.Grad // a mistake elsewhere is found all the same
		p.Grad = func(s float64) { right(s); g[n-1] *= 2; g[1] *= -1 }
		if seed%10 == 0 && Check(p, Options{Seed: seed}).OK() && (x[n-1] > 0 || x[1] > 0) {
			t.Errorf("seed %d: a mistake passed", seed)
		}
	}
}

// TestAtol: the caller's own floor, in the units of the gradient.
func TestAtol(t *testing.T) {
	for _, c := range []struct {
		atol, by float64
		ok       bool
	}{{0, 1e-5, false}, {1e-4, 1e-5, true}, {1e-6, 1e-5, false}, {1e-4, 1, false}} {
		l := newLayer(2)
		p := l.problem()
		p.Grad = func(s float64) { l.grad(s); l.dw[7] += s * c.by }
		if r := Check(p, Options{Atol: c.atol}); r.OK() != c.ok {
			t.Errorf("Atol %v, off by %v: %v", c.atol, c.by, r)
		}
	}
	// A slope that rounding hides is no matter below the floor.
	x, g := []float64{0.5}, []float64{0}
	p := Problem{
		Vars: []Var{{Name: "x", X: x, Grad: g}},
		Loss: func() float64 { return 1e9 + 1e-7*math.Sqrt(x[0]) },
		Grad: func(float64) { g[0] = 1e-7 / (2 * math.Sqrt(x[0])) },
	}
	if r := Check(p, Options{Atol: 1e-2}); !r.OK() || r.Tensors[0].Unclear > 0 {
		t.Error(r)
	}
}

// TestWorst: the report has the largest relative and the largest absolute error, with
// where they are and both values.
func TestWorst(t *testing.T) {
	x, g := []float64{1, 2, 3}, make([]float64, 3)
	r := Check(Problem{
		Vars: []Var{{Name: "x", X: x, Grad: g}},
		Loss: func() float64 { return 1000*x[0] + x[1] + x[2] },
		Grad: func(float64) { g[0], g[1], g[2] = 1001, 1.1, 1 },
	}, Options{})
	w, a := r.Tensors[0].Worst, r.Tensors[0].WorstAbs
	if w.Index != 1 || math.Abs(w.Relative-1.0/11) > 1e-6 || w.Analytic != 1.1 || math.Abs(w.Numeric-1) > 1e-6 {
		t.Errorf("relative: %+v", w)
	}
	if a.Index != 0 || a.Analytic != 1001 || math.Abs(a.Numeric-1000) > 1e-3 {
		t.Errorf("absolute: %+v", a)
	}
}
