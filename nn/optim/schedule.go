package optim

import (
	"fmt"
	"math"

	"github.com/lanes-go/lanes/asm"
)

// Schedule is the factor of all learning rates as a function of the step. Steps are counted
// from 0, by the optimiser: a restored one goes on where it was. A schedule in epochs is one
// in steps with the steps of an epoch times as many. Those of this package return the same
// bits on every CPU, and hold their last value where they end.
//
//	opt := optim.NewAdam(net.Params(), optim.Adam{LR: 0.001, Schedule: optim.WarmUp(100, 0.01, optim.Cosine(5000, 0))})
//
// The optimiser's State has that of its schedule: a Numbers method, if it has one, returns
// it.
type Schedule interface{ Factor(step int) float64 }

// ScheduleFunc is a schedule that is a function.
type ScheduleFunc func(step int) float64

// Factor returns f(step).
func (f ScheduleFunc) Factor(step int) float64 { return f(step) }

// numbered is a schedule with a state.
type numbered interface{ Numbers() []Number }

// StepDecay is gamma^⌊step/size⌋: PyTorch's StepLR. It panics unless size is positive and
// gamma finite and not negative.
func StepDecay(size int, gamma float64) Schedule {
	positive("StepDecay", "size", size)
	atLeast0("StepDecay", "gamma", gamma)
	return ScheduleFunc(func(step int) float64 { return asm.Pow(gamma, float64(step/size)) })
}

// MultiStep is gamma to the number of milestones that step has reached: PyTorch's
// MultiStepLR. It panics unless milestones rise and gamma is finite and not negative.
func MultiStep(gamma float64, milestones ...int) Schedule {
	atLeast0("MultiStep", "gamma", gamma)
	m := append([]int(nil), milestones...)
	for i := 1; i < len(m); i++ {
		if m[i] < m[i-1] {
			panic(fmt.Errorf("optim.MultiStep: milestones %v: want them to rise", m))
		}
	}
	return ScheduleFunc(func(step int) float64 {
		n := 0
		for n < len(m) && step >= m[n] {
			n++
		}
		return asm.Pow(gamma, float64(n))
	})
}

// Exponential is gamma^step: PyTorch's ExponentialLR, and e^(-k·step) with gamma = e^-k. It
// panics unless gamma is finite and not negative.
func Exponential(gamma float64) Schedule {
	atLeast0("Exponential", "gamma", gamma)
	return ScheduleFunc(func(step int) float64 { return asm.Pow(gamma, float64(step)) })
}

// InverseTime is 1/(1 + k·step), the lecture's 1/t decay. It panics unless k is finite and
// not negative.
func InverseTime(k float64) Schedule {
	atLeast0("InverseTime", "k", k)
	return ScheduleFunc(func(step int) float64 { return 1 / (1 + float64(k*float64(step))) })
}

// Cosine falls from 1 to least within so many steps, least + (1-least)·(1+cos(π·step/steps))/2
// (Loshchilov and Hutter, SGDR, 2017): PyTorch's CosineAnnealingLR as long as that falls; it
// then rises again, and this does not. It panics unless steps is positive and least
// finite and not negative.
func Cosine(steps int, least float64) Schedule {
	positive("Cosine", "steps", steps)
	atLeast0("Cosine", "the least factor", least)
	return ScheduleFunc(func(step int) float64 { return anneal(1, least, float64(step)/float64(steps)) })
}

// WarmUp rises in a line from start to 1 within so many steps, PyTorch's LinearLR, and goes on
// with next, whose steps are counted from there; nil is 1. It panics unless steps is positive
// and start finite and not negative.
func WarmUp(steps int, start float64, next Schedule) Schedule {
	positive("WarmUp", "steps", steps)
	atLeast0("WarmUp", "the first factor", start)
	return warmUp{steps, start, next}
}

type warmUp struct {
	steps int
	start float64
	next  Schedule
}

// Factor is the schedule.
func (w warmUp) Factor(step int) float64 {
	switch {
	case step < w.steps:
		return w.start + float64((1-w.start)*(float64(step)/float64(w.steps)))
	case w.next != nil:
		return w.next.Factor(step - w.steps)
	}
	return 1
}

// Numbers is the state of next.
func (w warmUp) Numbers() []Number { return numbersOf(w.next) }

func numbersOf(s Schedule) []Number {
	if n, ok := s.(numbered); ok {
		return n.Numbers()
	}
	return nil
}

// OneCycle rises from 1/Div to 1 and falls to 1/(Div·FinalDiv), both along a cosine (Smith
// and Topin, Super-convergence, 2017): PyTorch's OneCycleLR, with the optimiser's LR as
// its max_lr. It leaves momentum alone.
type OneCycle struct {
	Steps    int     // in all, at least 2
	PctStart float64 // share of them that rises, in (0, 1); 0: 0.3
	Div      float64 // 0: 25
	FinalDiv float64 // 0: 10000
	Linear   bool    // along lines: PyTorch's anneal_strategy "linear"
}

// Factor is the schedule. It panics on settings out of range.
func (c OneCycle) Factor(step int) float64 {
	standard(&c.PctStart, 0.3)
	standard(&c.Div, 25)
	standard(&c.FinalDiv, 1e4)
	if c.Steps < 2 || !(c.PctStart > 0 && c.PctStart < 1 && c.Div > 0 && c.FinalDiv > 0) {
		panic(fmt.Errorf("optim.OneCycle: %+v: want at least 2 Steps, PctStart in (0, 1), positive divisors", c))
	}
	first := 1 / c.Div
	last := first / c.FinalDiv
	top, end := float64(c.PctStart*float64(c.Steps))-1, float64(c.Steps-1)
	from, to, share := 1.0, last, (float64(step)-top)/(end-top)
	if float64(step) < top {
		from, to, share = first, 1, float64(step)/top
	}
	if c.Linear && share < 1 {
		return from + float64((to-from)*share)
	}
	return anneal(from, to, share)
}

// anneal goes along half a wave from one value to another, and stays there.
func anneal(from, to, share float64) float64 {
	if share >= 1 {
		return to
	}
	_, cos := asm.SinCos2Pi(share / 2)
	return to + float64((from-to)/2*(1+cos))
}

// Plateau multiplies the learning rates by Decay when what Observe is told, say the loss on
// a validation set after each epoch, no longer gets better: PyTorch's ReduceLROnPlateau.
// The zero value of each setting is PyTorch's default.
type Plateau struct {
	Decay     float64 // in (0, 1); 0: 0.1
	Patience  int     // times without progress that are let pass; 0: 10, negative: none
	Threshold float64 // what counts as progress; 0: 0.0001, negative: any
	Absolute  bool    // Threshold is a difference, not a share of the best value
	Max       bool    // greater is better: an accuracy
	Cooldown  int     // times after a reduction that do not count
	Least     float64 // the factor does not fall below this

	started                      bool
	factor, best, bad, cool, any float64
}

func (p *Plateau) start() {
	if p.started {
		return
	}
	p.started = true
	standard(&p.Decay, 0.1)
	standard(&p.Threshold, 1e-4)
	if p.Patience == 0 {
		p.Patience = 10
	}
	if !(p.Decay > 0 && p.Decay < 1) || !(p.Least >= 0 && p.Least <= 1) || p.Threshold != p.Threshold || p.Cooldown < 0 {
		panic(fmt.Errorf("optim.Plateau: Decay %v, Threshold %v, Cooldown %d, Least %v: want Decay in (0, 1), Least in [0, 1], Cooldown at least 0",
			p.Decay, p.Threshold, p.Cooldown, p.Least))
	}
	p.factor = 1
}

// Factor is the schedule: it goes by what was observed, not by the step.
func (p *Plateau) Factor(int) float64 {
	p.start()
	if !(p.factor >= p.Least && p.factor <= 1) {
		p.factor = 1 // no state of ours: restored from a file that someone wrote
	}
	return p.factor
}

// Observe takes note of a value and returns the factor from now on. A NaN is no progress.
func (p *Plateau) Observe(v float64) (factor float64) {
	p.Factor(0)
	if p.better(v) {
		p.best, p.any, p.bad = v, 1, 0
	} else {
		p.bad++
	}
	if p.cool > 0 {
		p.cool--
		p.bad = 0
	}
	if p.bad > float64(max(0, p.Patience)) {
		p.factor = max(p.Least, float64(p.factor*p.Decay))
		p.cool, p.bad = float64(p.Cooldown), 0
	}
	return p.factor
}

// better has PyTorch's formulas: of a negative value a share has its sign. An infinite loss is
// no progress, and anything is progress after it.
func (p *Plateau) better(v float64) bool {
	by := max(0, p.Threshold)
	switch {
	case p.any == 0 && p.Max:
		return v > math.Inf(-1)
	case p.any == 0:
		return v < math.Inf(1)
	case p.Max && p.Absolute:
		return v > p.best+by
	case p.Max:
		return v > float64(p.best*(1+by))
	case p.Absolute:
		return v < p.best-by
	}
	return v < float64(p.best*(1-by))
}

// Numbers is the state: the factor, the best value, whether there is one, and what has
// passed since.
func (p *Plateau) Numbers() []Number {
	p.start()
	return []Number{{"plateau.factor", &p.factor}, {"plateau.best", &p.best}, {"plateau.any", &p.any}, {"plateau.bad", &p.bad}, {"plateau.cooldown", &p.cool}}
}

func positive(op, what string, n int) {
	if n <= 0 {
		panic(fmt.Errorf("optim.%s: %s is %d, want more than 0", op, what, n))
	}
}

// atLeast0 panics unless v is finite and not negative.
func atLeast0(op, what string, v float64) {
	if !(v >= 0) || math.IsInf(v, 0) {
		panic(fmt.Errorf("optim.%s: %s is %v, want at least 0", op, what, v))
	}
}
