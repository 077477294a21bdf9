package optim

import (
	"fmt"
	"math"

	"github.com/lanes-go/lanes/nn"
	"github.com/lanes-go/lanes/tensor"
)

// Adam are the settings of Adam. LR, Beta1, Beta2 and Eps are PyTorch's where they are 0.
type Adam struct {
	LR           float64 // learning rate; 0: 0.001
	Beta1, Beta2 float64 // what is left of the means of g and g² after a step, in [0, 1); 0: 0.9, 0.999
	Eps          float64 // added to the root; 0: 1e-8
	WeightDecay  float64 // added to the gradient, times the weight: an L2 penalty

	MaxNorm  float64  // scale the gradients so that their norm together is at most this; 0: no
	MaxValue float64  // clip the elements of the gradients to ±this, before MaxNorm; 0: no
	Schedule Schedule // of the learning rates, or nil
}

// AdamW are the settings of AdamW: those of Adam, but that WeightDecay, 0.01 where it is 0,
// is decoupled: a step also takes LR·WeightDecay·w from the weight w. AdamW without decay
// is Adam.
type AdamW Adam

// AdamOptimizer is Adam (Kingma and Ba, ICLR 2015), step t = 1, 2, … of a parameter being
//
//	m = Beta1·m + (1-Beta1)·g, v = Beta2·v + (1-Beta2)·g²
//	w = w - LR·(m/(1-Beta1^t)) / (√(v/(1-Beta2^t)) + Eps)
//
// or AdamW (Loshchilov and Hutter, Decoupled weight decay regularization, ICLR 2019). A
// step in which a parameter is frozen is none of its steps. See tensor.Adam and AdamW for
// the bits.
type AdamOptimizer[T tensor.Float] struct {
	Adam // may be changed between steps
	base[T]
	decoupled bool
}

// NewAdam returns an optimiser of params and of groups that have settings of their own; a
// parameter that is in both belongs to the group. It panics on settings out of range.
func NewAdam[T tensor.Float](params []*nn.Param[T], s Adam, groups ...Group[T]) *AdamOptimizer[T] {
	return newAdam("optim.NewAdam", params, s, groups, false)
}

// NewAdamW is NewAdam with decoupled weight decay.
func NewAdamW[T tensor.Float](params []*nn.Param[T], s AdamW, groups ...Group[T]) *AdamOptimizer[T] {
	standard(&s.WeightDecay, 0.01)
	return newAdam("optim.NewAdamW", params, Adam(s), groups, true)
}

func newAdam[T tensor.Float](op string, params []*nn.Param[T], s Adam, groups []Group[T], decoupled bool) *AdamOptimizer[T] {
	o := &AdamOptimizer[T]{Adam: s, decoupled: decoupled}
	standard(&o.LR, 0.001)
	standard(&o.Beta1, 0.9)
	standard(&o.Beta2, 0.999)
	standard(&o.Eps, 1e-8)
	o.base = newBase(op, params, groups, 2, o.common())
	o.check()
	return o
}

func (o *AdamOptimizer[T]) common() common {
	return common{o.LR, o.WeightDecay, o.MaxNorm, o.MaxValue, o.Schedule}
}

func (o *AdamOptimizer[T]) check() {
	if !(o.Beta1 >= 0 && o.Beta1 < 1 && o.Beta2 >= 0 && o.Beta2 < 1) || !(o.Eps >= 0) || math.IsInf(o.Eps, 0) {
		panic(fmt.Errorf("%s: want Beta1 and Beta2 in [0, 1) and Eps at least 0, not %v, %v and %v", o.op, o.Beta1, o.Beta2, o.Eps))
	}
}

// Step changes the parameters by their gradients, which it clears.
func (o *AdamOptimizer[T]) Step() {
	o.check()
	scale, factor := o.begin(o.common())
	for i := range o.slots {
		s := &o.slots[i]
		if s.skips() {
			continue
		}
		lr, decay := o.rates(s, factor, o.WeightDecay)
		t := clampInt(s.steps.N) + 1
		s.steps.N++
		a := tensor.AdamOptions{LR: lr, Beta1: o.Beta1, Beta2: o.Beta2, Eps: o.Eps, WeightDecay: decay, ClearGrad: true}
		if o.decoupled {
			tensor.AdamW(s.Value, s.state[0], s.state[1], s.Grad, t, scale, a)
		} else {
			tensor.Adam(s.Value, s.state[0], s.state[1], s.Grad, t, scale, a)
		}
	}
}

// State returns m and v, called exp_avg and exp_avg_sq as in PyTorch, the number of steps
// of every parameter, step, and that of all, steps.
func (o *AdamOptimizer[T]) State() State[T] {
	return o.state(o.Schedule, true, "exp_avg", "exp_avg_sq")
}
