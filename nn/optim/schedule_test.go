package optim_test

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/lanes-go/lanes/nn"
	"github.com/lanes-go/lanes/nn/optim"
)

func TestSchedulesAgainstTorch(t *testing.T) {
	worst := 0.0
	for name, s := range map[string]optim.Schedule{
		"StepDecay":      optim.StepDecay(4, 0.3),
		"MultiStep":      optim.MultiStep(0.5, 3, 10, 10, 17),
		"Exponential":    optim.Exponential(0.9),
		"Cosine":         optim.Cosine(24, 0.01),
		"WarmUp":         optim.WarmUp(7, 0.1, nil),
		"WarmUp, Cosine": optim.WarmUp(5, 0.1, optim.Cosine(20, 0)),
		"OneCycle":       optim.OneCycle{Steps: 26},
		"OneCycle all":   optim.OneCycle{Steps: 26, PctStart: 0.45, Div: 10, FinalDiv: 50, Linear: true},
		"Plateau":        &optim.Plateau{Decay: 0.5, Patience: 2, Cooldown: 2, Least: 0.2, Threshold: 1e-3},
		"Plateau max":    &optim.Plateau{Max: true, Patience: 3, Threshold: 0.05, Absolute: true},
	} {
		p := param(0)
		o := optim.NewSGD([]*nn.Param[float64]{p}, optim.SGD{LR: 2, Schedule: s})
		for step, want := range torchSchedules[name] {
			o.Step()
			worst = math.Max(worst, math.Abs(o.LastLR()/2-want))
			if got := o.LastLR() / 2; !(math.Abs(got-want) <= 1e-15) {
				t.Errorf("%s, step %d: %v, PyTorch has %v", name, step, got, want)
			}
			if p, ok := s.(*optim.Plateau); ok {
				p.Observe(torchObserved[step])
			}
		}
	}
	if len(torchSchedules) != 10 {
		t.Errorf("%d schedules", len(torchSchedules))
	}
	t.Logf("worst error %.2g", worst)
}

// The ends and what PyTorch has not.
func TestScheduleEnds(t *testing.T) {
	for _, c := range []struct {
		s    optim.Schedule
		step int
		want float64
	}{
		{optim.InverseTime(0.25), 0, 1},
		{optim.InverseTime(0.25), 12, 0.25},
		{optim.Exponential(0), 0, 1},
		{optim.Exponential(0.5), 1 << 30, 0},
		{optim.MultiStep(0.5), 9, 1},
		{optim.Cosine(10, 0.25), 0, 1},
		{optim.Cosine(10, 0.25), 5, 0.625},
		{optim.Cosine(10, 0.25), 10, 0.25},
		{optim.Cosine(10, 0.25), 15, 0.25},
		{optim.WarmUp(4, 0, nil), 1, 0.25},
		{optim.WarmUp(4, 0, nil), 9, 1},
		{optim.WarmUp(4, 0, optim.StepDecay(2, 0.5)), 8, 0.25},
		{optim.OneCycle{Steps: 11}, 0, 0.04},
		{optim.OneCycle{Steps: 10, PctStart: 0.5}, 4, 1},
		{optim.OneCycle{Steps: 10}, 9, 0.04 / 1e4},
		{optim.OneCycle{Steps: 10, Linear: true}, 1 << 30, 0.04 / 1e4},
		{optim.OneCycle{Steps: 10, PctStart: 0.1}, 0, 1}, // no step rises
		{optim.OneCycle{Steps: 2}, 1, 0.04 / 1e4},
	} {
		if got := c.s.Factor(c.step); !(math.Abs(got-c.want) <= 1e-15) {
			t.Errorf("%#v at %d: %v, want %v", c.s, c.step, got, c.want)
		}
	}
}

// Schedules have the same bits on every target: these.
func TestScheduleBits(t *testing.T) {
	for _, c := range []struct {
		name string
		s    optim.Schedule
		want uint64
	}{
		{"StepDecay", optim.StepDecay(7, 0.3), 0xbb77aadb3f84b1b1},
		{"Exponential", optim.Exponential(0.997), 0x4f3cb0e738eddda2},
		{"InverseTime", optim.InverseTime(0.013), 0x203f260b9095a3a5},
		{"Cosine", optim.Cosine(200, 0.001), 0xac10cd89e4a74c6d},
		{"WarmUp", optim.WarmUp(60, 0.013, optim.Cosine(130, 0)), 0x6382aafa7b1b5b0},
		{"OneCycle", optim.OneCycle{Steps: 200}, 0x2ee2f16e9551a4d8},
		{"OneCycle, linear", optim.OneCycle{Steps: 200, Linear: true}, 0x7fb78769216ee4d9},
	} {
		h := uint64(0)
		for step := range 200 {
			h = h*0x9e3779b97f4a7c15 + math.Float64bits(c.s.Factor(step))
		}
		if h != c.want {
			t.Errorf("%s: %#x", c.name, h)
		}
	}
}

// What a plateau has seen is part of the optimiser's state, also behind a warm-up.
func TestPlateauState(t *testing.T) {
	run := func(steps int, restart bool) (rates []float64) {
		var o *optim.SGDOptimizer[float64]
		var p *optim.Plateau
		begin := func() {
			p = &optim.Plateau{Decay: 0.5, Patience: 1, Cooldown: 1}
			o = optim.NewSGD([]*nn.Param[float64]{param(0)}, optim.SGD{LR: 1, Schedule: optim.WarmUp(2, 0.5, p)})
		}
		begin()
		for step := range steps {
			o.Step()
			rates = append(rates, o.LastLR())
			p.Observe([]float64{3, 2, 2.5, 2.4, 2.3, 2.2, 2.1, 1, math.NaN(), 2, 2}[step])
			if restart {
				from := o.State()
				begin()
				to := o.State()
				to.Counters[0].N = from.Counters[0].N
				for i, n := range from.Numbers {
					if n.Name != to.Numbers[i].Name || !strings.HasPrefix(n.Name, "plateau.") {
						t.Errorf("number %q", n.Name)
					}
					*to.Numbers[i].Value = *n.Value
				}
			}
		}
		return rates
	}
	want, got := run(11, false), run(11, true)
	if fmt.Sprint(want) != fmt.Sprint(got) || want[0] != 0.5 || want[10] > 0.25 {
		t.Errorf("restarted %v, uninterrupted %v", got, want)
	}
}

// A loss that was infinite once does not keep a plateau from seeing that it falls.
func TestPlateauAfterInfinity(t *testing.T) {
	for _, absolute := range []bool{false, true} {
		for _, sign := range []float64{1, -1} { // of a loss and of a score
			p := &optim.Plateau{Patience: 2, Decay: 0.5, Absolute: absolute, Max: sign < 0}
			for i, v := range []float64{math.Inf(1), math.NaN(), 9, 8, 7, math.Inf(1), 6, 5, 4, 3} {
				if f := p.Observe(50 + sign*v); f != 1 {
					t.Errorf("sign %v, absolute %v: factor %v after value %d", sign, absolute, f, i)
				}
			}
			for i, want := range []float64{1, 1, 0.5} {
				if f := p.Observe(50 + sign*3); f != want {
					t.Errorf("sign %v, absolute %v: factor %v after %d times without progress", sign, absolute, f, i+1)
				}
			}
		}
	}
}

func TestScheduleMisuse(t *testing.T) {
	nan := math.NaN()
	for name, f := range map[string]func(){
		"StepDecay size":    func() { optim.StepDecay(0, 0.1) },
		"StepDecay gamma":   func() { optim.StepDecay(1, -1) },
		"MultiStep falls":   func() { optim.MultiStep(0.1, 5, 3) },
		"Exponential gamma": func() { optim.Exponential(nan) },
		"InverseTime k":     func() { optim.InverseTime(math.Inf(1)) },
		"Cosine steps":      func() { optim.Cosine(-1, 0) },
		"Cosine least":      func() { optim.Cosine(10, -0.1) },
		"WarmUp steps":      func() { optim.WarmUp(0, 0, nil) },
		"WarmUp start":      func() { optim.WarmUp(1, nan, nil) },
		"OneCycle Steps":    func() { optim.OneCycle{}.Factor(0) },
		"OneCycle PctStart": func() { optim.OneCycle{Steps: 5, PctStart: 1}.Factor(0) },
		"OneCycle Div":      func() { optim.OneCycle{Steps: 5, Div: -1}.Factor(0) },
		"Plateau Decay":     func() { (&optim.Plateau{Decay: 1}).Factor(0) },
		"Plateau Least":     func() { (&optim.Plateau{Least: nan}).Observe(1) },
		"Plateau Cooldown":  func() { (&optim.Plateau{Cooldown: -1}).Observe(1) },
		"Plateau Threshold": func() { (&optim.Plateau{Threshold: nan}).Numbers() },
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
