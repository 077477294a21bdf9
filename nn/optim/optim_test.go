package optim_test

import (
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/lanes-go/lanes/internal/steady"
	"github.com/lanes-go/lanes/nn"
	"github.com/lanes-go/lanes/nn/optim"
	"github.com/lanes-go/lanes/tensor"
)

func run[T tensor.Float](q quadratic[T], o optim.Optimizer, steps int) {
	for range steps {
		q.gradients()
		o.Step()
	}
}

// A trajectory after a restore is the one that was not interrupted, bit for bit.
func TestStateRestores(t *testing.T) {
	t.Run("f64", func(t *testing.T) { testStateRestores[float64](t) })
	t.Run("f32", func(t *testing.T) { testStateRestores[float32](t) })
}

func testStateRestores[T tensor.Float](t *testing.T) {
	for name, make := range optimisers[T]() {
		q, r := newQuadratic[T](), newQuadratic[T]()
		o := make(q.params)
		q.params[1].Frozen = true // so that the parameters have done different numbers of steps
		run(q, o, 2)
		q.params[1].Frozen = false
		run(q, o, 5)
		u := make(r.params)
		from, to := o.State(), u.State()
		if len(from.Tensors) != len(to.Tensors) || len(from.Counters) != len(to.Counters) || len(from.Numbers) != len(to.Numbers) {
			t.Fatalf("%s: states of two sizes", name)
		}
		for i, e := range from.Tensors {
			if e.Name != to.Tensors[i].Name || !strings.HasPrefix(e.Name, []string{"0.weight.", "1.weight."}[min(1, i*2/len(from.Tensors))]) {
				t.Errorf("%s: a tensor is called %q", name, e.Name)
			}
			to.Tensors[i].Value.CopyFrom(e.Value)
		}
		for i, c := range from.Counters {
			if c.Name != to.Counters[i].Name {
				t.Errorf("%s: counters %q and %q", name, c.Name, to.Counters[i].Name)
			}
			to.Counters[i].N = c.N
		}
		if c := from.Counters[0]; c.Name != "steps" || c.N != 7 {
			t.Errorf("%s: counter %+v", name, *c)
		}
		for i, p := range q.params {
			r.params[i].Value.CopyFrom(p.Value)
		}
		before := q.values()
		run(q, o, 5)
		run(r, u, 5)
		if !slices.Equal(q.values(), r.values()) {
			t.Errorf("%s: restored %v, uninterrupted %v", name, r.values(), q.values())
		}
		if slices.Equal(before, q.values()) {
			t.Errorf("%s: nothing moved", name)
		}
	}
}

// Whatever counts and numbers a file has, a step does not panic.
func TestStateOfAnything(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	for name, make := range optimisers[float64]() {
		for i, n := range []uint64{1 << 30, 1<<31 - 1, 1 << 32, 1 << 63, math.MaxUint64} {
			q := newQuadratic[float64]()
			o := make(q.params)
			s := o.State()
			for _, c := range s.Counters {
				c.N = n
			}
			for _, f := range s.Numbers {
				*f.Value = []float64{nan, inf, -inf, -1, 1e300}[i]
			}
			run(q, o, 2)
			if w := q.values(); slices.ContainsFunc(w, func(v float64) bool { return v-v != 0 }) {
				t.Errorf("%s after %d steps: %v", name, n, w)
			}
		}
	}
	p := &optim.Plateau{Patience: -1}
	for _, v := range []float64{nan, inf, -inf, -1, 1e300} {
		for _, n := range p.Numbers() {
			*n.Value = v
		}
		for range 3 {
			if f := p.Observe(1); !(f >= 0 && f <= 1) {
				t.Errorf("numbers %v: factor %v", v, f)
			}
		}
	}
}

// A frozen parameter and what is kept for it stay as they are; the others do not notice.
func TestFrozen(t *testing.T) {
	for name, make := range optimisers[float64]() {
		if name == "max norm" || name == "both" {
			continue // there the others notice
		}
		q, all := newQuadratic[float64](), newQuadratic[float64]()
		o := make(q.params)
		run(q, o, 3)
		q.params[0].Frozen = true
		q.params[0].Grad.Fill(1)
		var kept [][]float64
		for _, e := range o.State().Tensors {
			kept = append(kept, slices.Clone(e.Value.Data()))
		}
		before := slices.Clone(q.params[0].Value.Data())
		run(q, o, 3)
		if !slices.Equal(before, q.params[0].Value.Data()) {
			t.Errorf("%s: a frozen parameter moved", name)
		}
		for i, e := range o.State().Tensors {
			if frozen := strings.HasPrefix(e.Name, "0."); frozen != slices.Equal(kept[i], e.Value.Data()) {
				t.Errorf("%s: %s, frozen %v, from %v to %v", name, e.Name, frozen, kept[i], e.Value.Data())
			}
		}
		run(all, make(all.params), 6)
		if !slices.Equal(q.params[1].Value.Data(), all.params[1].Value.Data()) {
			t.Errorf("%s: the other parameter moved in another way", name)
		}
	}
}

// A gradient from before a parameter was frozen goes into no step after it is trained again,
// and the steps in between are none of its steps: of Adam's corrections, of Adagrad's rates.
func TestFrozenBetweenSteps(t *testing.T) {
	for name, make := range optimisers[float64]() {
		if strings.Contains("max norm, both, schedule, one cycle, lecture, lecture Nesterov", name) {
			continue // there it goes by the other, or by the steps of all
		}
		q, short := newQuadratic[float64](), newQuadratic[float64]()
		o, u := make(q.params), make(short.params)
		run(q, o, 3)
		for range 2 {
			q.gradients()
			q.params[1].Frozen = true
			run(q, o, 4)
			for _, g := range q.params[1].Grad.Data() {
				if g != 0 {
					t.Errorf("%s: a frozen parameter has the gradient %v after steps", name, g)
				}
			}
			q.params[1].Frozen = false
			run(q, o, 2)
		}
		run(short, u, 7)
		if got, want := q.params[1].Value.Data(), short.params[1].Value.Data(); !slices.Equal(got, want) {
			t.Errorf("%s: %v, without the steps in which it was frozen %v", name, got, want)
		}
	}
}

func TestStepClearsAndAllocatesNothing(t *testing.T) {
	for name, make := range optimisers[float32]() {
		q := newQuadratic[float32]()
		o := make(q.params)
		run(q, o, 1)
		for _, p := range q.params {
			if slices.ContainsFunc(p.Grad.Data(), func(g float32) bool { return g != 0 }) {
				t.Errorf("%s: a gradient is not cleared", name)
			}
		}
		if n := steady.Allocs(10, func() {
			q.gradients()
			if optim.CheckGradients(q.params, 1) != nil {
				t.Error("a finite gradient is refused")
			}
			o.Step()
		}); n != 0 {
			t.Errorf("%s: %v allocations in a step", name, n)
		}
	}
}

// Settings count from the next step on, those of groups too.
func TestSettingsMayChange(t *testing.T) {
	p, q := param(1), param(1)
	o := optim.NewSGD([]*nn.Param[float64]{p, q}, optim.SGD{LR: 0.5}, optim.Group[float64]{Params: []*nn.Param[float64]{q}, LR: 0.25})
	step := func(wantP, wantQ float64) {
		t.Helper()
		p.Grad.Fill(1)
		q.Grad.Fill(1)
		o.Step()
		if p.Value.Data()[0] != wantP || q.Value.Data()[0] != wantQ {
			t.Errorf("%v, %v, want %v, %v", p.Value.Data(), q.Value.Data(), wantP, wantQ)
		}
	}
	step(0.5, 0.75)
	o.LR, o.Groups()[0].LR = 0.25, 1
	step(0.25, -0.25)
	o.Groups()[0].LR = 0 // that of the optimiser
	step(0, -0.5)
	o.Groups()[0].WeightDecay = 1
	step(-0.25, -0.625)
	o.Schedule = optim.ScheduleFunc(func(step int) float64 { return float64(step) }) // 4 are done
	step(-1.25, -1)
	if o.LastLR() != 1 || o.Steps() != 5 {
		t.Errorf("learning rate %v, %d steps", o.LastLR(), o.Steps())
	}
	o.LR = 0
	step(-1.25, -1)
	o.Groups()[0] = optim.Group[float64]{LR: 0.25} // and the schedule counts: 6 are done
	step(-1.25, -2.5)
}

// Clipping by the norm goes by all gradients that count, and says what the norm was.
func TestGradNorm(t *testing.T) {
	p, q, r := param(0, 0), param(0), param(0)
	o := optim.NewSGD([]*nn.Param[float64]{p, q, r}, optim.SGD{LR: 1, MaxNorm: 1})
	copy(p.Grad.Data(), []float64{3, 0})
	q.Grad.Fill(4)
	r.Grad.Fill(100)
	r.Frozen = true
	o.Step()
	if o.GradNorm() != 5 || math.Abs(p.Value.Data()[0]+0.6) > 1e-6 || math.Abs(q.Value.Data()[0]+0.8) > 1e-6 || r.Value.Data()[0] != 0 {
		t.Errorf("norm %v, values %v %v %v", o.GradNorm(), p.Value.Data(), q.Value.Data(), r.Value.Data())
	}
	o.MaxNorm = math.Inf(1) // only measured
	p.Value.Fill(0)
	copy(p.Grad.Data(), []float64{30, 40})
	o.Step()
	if o.GradNorm() != 50 || p.Value.Data()[0] != -30 {
		t.Errorf("norm %v, value %v", o.GradNorm(), p.Value.Data())
	}
	o.MaxNorm = 0
	o.Step()
	if o.GradNorm() != 0 {
		t.Errorf("norm %v without a limit", o.GradNorm())
	}
}

func TestCheckGradients(t *testing.T) {
	p, q := param(1, 2, 3), param(4, 5)
	q.Name = "3.bias"
	params := []*nn.Param[float64]{p, q}
	p.Grad.Fill(math.MaxFloat64) // their sum overflows, they do not
	if err := optim.CheckGradients(params, 3); err != nil {
		t.Errorf("finite gradients: %v", err)
	}
	for _, bad := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
		q.Grad.Data()[1] = bad
		err := optim.CheckGradients(params, 17)
		var e *optim.GradError
		if !errors.As(err, &e) || e.Param != "3.bias" || e.Step != 17 || e.Index != 1 || !(e.Value == bad || bad != bad && e.Value != e.Value) {
			t.Fatalf("%v: error %v", bad, err)
		}
		for _, part := range []string{"step 17", "3.bias", "element 1"} {
			if !strings.Contains(err.Error(), part) {
				t.Errorf("%q does not say %q", err, part)
			}
		}
	}
	q.Frozen = true
	if err := optim.CheckGradients(params, 3); err != nil {
		t.Errorf("a frozen parameter: %v", err)
	}
	q.Frozen = false
	optim.ZeroGrad(params)
	if err := optim.CheckGradients(params, 3); err != nil {
		t.Errorf("gradients of zero: %v", err)
	}
}

func TestMisuse(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	one := func() []*nn.Param[float64] { return []*nn.Param[float64]{param(1)} }
	group := func(lr, decay float64) optim.Group[float64] {
		return optim.Group[float64]{Params: one(), LR: lr, WeightDecay: decay}
	}
	w := param(1)
	twice := []*nn.Param[float64]{w, w}
	for name, f := range map[string]func(){
		"NewSGD LR +Inf":     func() { optim.NewSGD(one(), optim.SGD{LR: inf}) },
		"NewSGD decay":       func() { optim.NewSGD(one(), optim.SGD{LR: 1, WeightDecay: -1}) },
		"NewSGD decay +Inf":  func() { optim.NewSGD(one(), optim.SGD{LR: 1, WeightDecay: inf}) },
		"NewSGD MaxNorm":     func() { optim.NewSGD(one(), optim.SGD{LR: 1, MaxNorm: nan}) },
		"NewSGD MaxValue":    func() { optim.NewSGD(one(), optim.SGD{LR: 1, MaxValue: -1}) },
		"NewSGD Nesterov":    func() { optim.NewSGD(one(), optim.SGD{LR: 1, Nesterov: true}) },
		"NewSGD twice":       func() { optim.NewSGD(twice, optim.SGD{LR: 1}) },
		"NewSGD nil":         func() { optim.NewSGD([]*nn.Param[float64]{nil}, optim.SGD{LR: 1}) },
		"NewSGD group twice": func() { optim.NewSGD(nil, optim.SGD{LR: 1}, optim.Group[float64]{Params: twice}) },
		"NewSGD two groups": func() {
			optim.NewSGD(nil, optim.SGD{LR: 1}, optim.Group[float64]{Params: twice[:1]}, optim.Group[float64]{Params: twice[1:]})
		},
		"NewSGD group LR":      func() { optim.NewSGD(nil, optim.SGD{LR: 1}, group(-1, 0)) },
		"NewSGD group decay":   func() { optim.NewSGD(nil, optim.SGD{LR: 1}, group(1, nan)) },
		"NewAdagrad LR":        func() { optim.NewAdagrad(one(), optim.Adagrad{LR: -1}) },
		"NewAdagrad LRDecay":   func() { optim.NewAdagrad(one(), optim.Adagrad{LRDecay: -1}) },
		"NewAdagrad Eps":       func() { optim.NewAdagrad(one(), optim.Adagrad{Eps: nan}) },
		"NewAdagrad Initial":   func() { optim.NewAdagrad(one(), optim.Adagrad{Initial: inf}) },
		"NewRMSprop Alpha":     func() { optim.NewRMSprop(one(), optim.RMSprop{Alpha: 1}) },
		"NewRMSprop Eps":       func() { optim.NewRMSprop(one(), optim.RMSprop{Eps: -1}) },
		"NewAdam Beta1":        func() { optim.NewAdam(one(), optim.Adam{Beta1: 1}) },
		"NewAdam Beta2":        func() { optim.NewAdam(one(), optim.Adam{Beta2: nan}) },
		"NewAdam Eps":          func() { optim.NewAdam(one(), optim.Adam{Eps: -1}) },
		"NewAdamW LR":          func() { optim.NewAdamW(one(), optim.AdamW{LR: nan}) },
		"NewSGD late Momentum": func() { o := optim.NewSGD(one(), optim.SGD{LR: 1}); o.Momentum = 0.5; o.Step() },
		"NewSGD late LR":       func() { o := optim.NewSGD(one(), optim.SGD{LR: 1}); o.LR = nan; o.Step() },
		"NewSGD late group":    func() { o := optim.NewSGD(nil, optim.SGD{LR: 1}, group(1, 0)); o.Groups()[0].LR = nan; o.Step() },
		"NewSGD schedule": func() {
			optim.NewSGD(one(), optim.SGD{LR: 1, Schedule: optim.ScheduleFunc(func(int) float64 { return nan })}).Step()
		},
	} {
		want := "optim." + strings.Fields(name)[0]
		func() {
			defer func() {
				if err, ok := recover().(error); !ok || !strings.HasPrefix(err.Error(), want) {
					t.Errorf("%s: %v", name, err)
				}
			}()
			f()
		}()
	}
}
