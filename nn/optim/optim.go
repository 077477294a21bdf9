// Package optim has the optimisers of nn: SGD with momentum in PyTorch's and the
// lecture's form and Nesterov's, Adagrad, RMSprop, Adam and AdamW, over groups of
// parameters with settings of their own; schedules of the learning rate; the clipping of
// gradients. Names, defaults and formulas are PyTorch's where there is a choice.
//
// A step is one pass over the memory of each parameter, allocates nothing and gives the
// same bits on every CPU, for schedules too. State saves what a run needs to go on with
// the bits of one that was not interrupted.
package optim

import (
	"fmt"
	"math"

	"github.com/lanes-go/lanes/nn"
	"github.com/lanes-go/lanes/tensor"
)

// Optimizer changes parameters by their gradients.
type Optimizer interface {
	// Step changes the parameters that are not frozen and sets their gradients to zero. What
	// gradients of frozen ones hold is dropped.
	Step()
}

// Group is a set of parameters with settings of their own:
//
//	opt := optim.NewSGD(net.Params(), optim.SGD{LR: 0.001, WeightDecay: 5e-4},
//		optim.Group[float32]{Params: head.Params(), LR: 0.01, WeightDecay: 5e-4})
//
// trains the head of a network ten times as fast as the rest of it.
type Group[T tensor.Float] struct {
	Params      []*nn.Param[T]
	LR          float64 // learning rate; 0: that of the optimiser
	WeightDecay float64 // that of the optimiser does not count for the group
}

// slot is a parameter and what an optimiser keeps for it.
type slot[T tensor.Float] struct {
	*nn.Param[T]
	group int // among groups, or -1
	state [2]*tensor.Tensor[T]
	steps nn.Counter // steps done, of optimisers that need them

	dropped bool // the parameter is frozen, and its gradient was cleared in the first step of that
}

// base is what the optimisers have in common.
type base[T tensor.Float] struct {
	op     string
	slots  []slot[T]
	groups []Group[T]
	grads  []*tensor.Tensor[T]
	steps  nn.Counter
	lr     float64 // of the last step, before that of a group
	norm   float64
}

// common are the settings that all optimisers have.
type common struct {
	lr, weightDecay   float64
	maxNorm, maxValue float64
	schedule          Schedule
}

func (c *common) check(op string) {
	switch {
	case !(c.lr >= 0) || math.IsInf(c.lr, 0):
		panic(fmt.Errorf("%s: the learning rate is %v", op, c.lr))
	case !(c.weightDecay >= 0) || math.IsInf(c.weightDecay, 0):
		panic(fmt.Errorf("%s: the weight decay is %v, want at least 0", op, c.weightDecay))
	case !(c.maxNorm >= 0) || !(c.maxValue >= 0):
		panic(fmt.Errorf("%s: MaxNorm %v, MaxValue %v: want at least 0", op, c.maxNorm, c.maxValue))
	}
}

// newBase returns what an optimiser of params and groups consists of; op is its name,
// and states the number of tensors it keeps for a parameter.
func newBase[T tensor.Float](op string, params []*nn.Param[T], groups []Group[T], states int, c common) base[T] {
	if c.lr == 0 {
		panic(fmt.Errorf("%s: the learning rate is 0, want LR > 0", op))
	}
	c.check(op)
	b := base[T]{op: op, steps: nn.Counter{Name: "steps"}}
	index := map[*nn.Param[T]]int{}
	add := func(p *nn.Param[T], group int) {
		if p == nil {
			panic(fmt.Errorf("%s: a parameter is nil", op))
		}
		s := slot[T]{Param: p, group: group}
		for i := range states {
			s.state[i] = tensor.New[T](p.Value.Shape()...)
		}
		index[p] = len(b.slots)
		b.slots = append(b.slots, s)
	}
	for _, p := range params {
		if _, ok := index[p]; ok {
			panic(fmt.Errorf("%s: the parameter %s is there twice", op, p.Name))
		}
		add(p, -1)
	}
	for i, g := range groups {
		b.groups = append(b.groups, Group[T]{append([]*nn.Param[T](nil), g.Params...), g.LR, g.WeightDecay})
		b.checkGroup(i)
		for _, p := range g.Params {
			j, ok := index[p]
			switch {
			case !ok:
				add(p, i)
			case b.slots[j].group >= 0:
				panic(fmt.Errorf("%s: the parameter %s is in two groups, or twice in one", op, p.Name))
			default:
				b.slots[j].group = i
			}
		}
	}
	b.grads = make([]*tensor.Tensor[T], 0, len(b.slots))
	return b
}

func (b *base[T]) checkGroup(i int) {
	g := &b.groups[i]
	if !(g.LR >= 0) || math.IsInf(g.LR, 0) || !(g.WeightDecay >= 0) || math.IsInf(g.WeightDecay, 0) {
		panic(fmt.Errorf("%s: group %d has LR %v, WeightDecay %v: want at least 0", b.op, i, g.LR, g.WeightDecay))
	}
}

// Groups returns the groups. LR and WeightDecay may be changed between steps.
func (b *base[T]) Groups() []Group[T] { return b.groups }

// Steps returns the number of steps done, those before a state was restored included.
func (b *base[T]) Steps() int { return clampInt(b.steps.N) }

// LastLR returns the learning rate of the last step, by the schedule, of the parameters
// that are in no group; 0 before the first.
func (b *base[T]) LastLR() float64 { return b.lr }

// GradNorm returns the Euclidean norm of all gradients before the last step, before they
// were scaled to MaxNorm; 0 if MaxNorm is 0: then it is not computed.
func (b *base[T]) GradNorm() float64 { return b.norm }

// begin checks the settings, clips, and returns the factors of gradients and of learning
// rates.
func (b *base[T]) begin(c common) (scale, factor float64) {
	c.check(b.op)
	for i := range b.groups {
		b.checkGroup(i)
	}
	factor = 1
	if c.schedule != nil {
		n := b.Steps()
		if factor = c.schedule.Factor(n); !(factor >= 0) || math.IsInf(factor, 0) {
			panic(fmt.Errorf("%s: the schedule returns %v for step %d", b.op, factor, n))
		}
	}
	b.lr = float64(c.lr * factor)
	b.steps.N++
	return b.clip(c.maxNorm, c.maxValue), factor
}

// skips tells whether a step leaves the parameter alone, as it is frozen. What its gradient
// holds from before it was, which Param.Frozen alone does not clear, must not go into a step
// after it: the first step that skips it drops it. Layers add nothing until it is unfrozen.
func (s *slot[T]) skips() bool {
	if s.Frozen && !s.dropped {
		s.Grad.Fill(0)
	}
	s.dropped = s.Frozen
	return s.Frozen
}

// rates are the learning rate and the weight decay of a parameter.
func (b *base[T]) rates(s *slot[T], factor, weightDecay float64) (lr, decay float64) {
	if s.group < 0 {
		return b.lr, weightDecay
	}
	g := &b.groups[s.group]
	if g.LR == 0 {
		return b.lr, g.WeightDecay
	}
	return float64(g.LR * factor), g.WeightDecay
}

// state returns the state, with names for what is kept of a parameter. perParam tells
// whether steps are counted for each.
func (b *base[T]) state(schedule Schedule, perParam bool, names ...string) State[T] {
	s := State[T]{Counters: []*nn.Counter{&b.steps}, Numbers: numbersOf(schedule)}
	for i := range b.slots {
		p := &b.slots[i]
		for j, name := range names {
			if p.state[j] != nil {
				s.Tensors = append(s.Tensors, Slot(p.Param, name, p.state[j]))
			}
		}
		if perParam {
			p.steps.Name = p.Name + ".step"
			s.Counters = append(s.Counters, &p.steps)
		}
	}
	return s
}

// clampInt is n, or 2³⁰ if that is less: a step whose number makes no difference any more.
func clampInt(n uint64) int { return int(min(n, 1<<30)) }
