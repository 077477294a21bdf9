package optim

import (
	"fmt"
	"math"

	"github.com/lanes-go/lanes/nn"
	"github.com/lanes-go/lanes/tensor"
)

// Adagrad are the settings of Adagrad. LR and Eps are PyTorch's where they are 0.
type Adagrad struct {
	LR          float64 // learning rate; 0: 0.01
	LRDecay     float64 // step t = 1, 2, … has LR/(1 + (t-1)·LRDecay)
	Eps         float64 // added to the root; 0: 1e-10
	WeightDecay float64 // added to the gradient, times the weight: an L2 penalty
	Initial     float64 // of the sum of squares, PyTorch's initial_accumulator_value

	MaxNorm  float64  // scale the gradients so that their norm together is at most this; 0: no
	MaxValue float64  // clip the elements of the gradients to ±this, before MaxNorm; 0: no
	Schedule Schedule // of the learning rates, or nil
}

// AdagradOptimizer divides the gradient by the root of the sum of its squares,
//
//	s = s + g², w = w - LR·g/(√s + Eps)
//
// (Duchi, Hazan and Singer, JMLR 2011). See tensor.Adagrad for the bits.
type AdagradOptimizer[T tensor.Float] struct {
	Adagrad // may be changed between steps; Initial has no effect then
	base[T]
}

// NewAdagrad returns an optimiser of params and of groups that have settings of their
// own; a parameter that is in both belongs to the group. It panics on settings out of
// range.
func NewAdagrad[T tensor.Float](params []*nn.Param[T], s Adagrad, groups ...Group[T]) *AdagradOptimizer[T] {
	o := &AdagradOptimizer[T]{Adagrad: s}
	standard(&o.LR, 0.01)
	standard(&o.Eps, 1e-10)
	o.base = newBase("optim.NewAdagrad", params, groups, 1, o.common())
	o.check()
	for i := range o.slots {
		o.slots[i].state[0].Fill(T(s.Initial))
	}
	return o
}

// standard sets a setting that is not given.
func standard(v *float64, to float64) {
	if *v == 0 {
		*v = to
	}
}

func (o *AdagradOptimizer[T]) common() common {
	return common{o.LR, o.WeightDecay, o.MaxNorm, o.MaxValue, o.Schedule}
}

func (o *AdagradOptimizer[T]) check() {
	if !(o.LRDecay >= 0) || !(o.Eps >= 0) || !(o.Initial >= 0) || math.IsInf(o.LRDecay, 0) || math.IsInf(o.Eps, 0) || math.IsInf(o.Initial, 0) {
		panic(fmt.Errorf("%s: LRDecay %v, Eps %v, Initial %v: want at least 0", o.op, o.LRDecay, o.Eps, o.Initial))
	}
}

// Step changes the parameters by their gradients, which it clears.
func (o *AdagradOptimizer[T]) Step() {
	o.check()
	scale, factor := o.begin(o.common())
	for i := range o.slots {
		s := &o.slots[i]
		if s.skips() {
			continue
		}
		lr, decay := o.rates(s, factor, o.WeightDecay)
		lr /= 1 + float64(float64(clampInt(s.steps.N))*o.LRDecay)
		s.steps.N++
		tensor.Adagrad(s.Value, s.state[0], s.Grad, scale, tensor.AdagradOptions{LR: lr, Eps: o.Eps, WeightDecay: decay, ClearGrad: true})
	}
}

// State returns the sums of squares, called sum as in PyTorch, the number of steps of
// every parameter, step, and that of all, steps.
func (o *AdagradOptimizer[T]) State() State[T] { return o.state(o.Schedule, true, "sum") }
