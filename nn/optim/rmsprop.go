package optim

import (
	"fmt"
	"math"

	"github.com/lanes-go/lanes/nn"
	"github.com/lanes-go/lanes/tensor"
)

// RMSprop are the settings of RMSprop. LR, Alpha and Eps are PyTorch's where they are 0.
type RMSprop struct {
	LR          float64 // learning rate; 0: 0.01
	Alpha       float64 // what is left of the mean square after a step, in [0, 1); 0: 0.99
	Eps         float64 // added to the root; 0: 1e-8
	WeightDecay float64 // added to the gradient, times the weight: an L2 penalty

	MaxNorm  float64  // scale the gradients so that their norm together is at most this; 0: no
	MaxValue float64  // clip the elements of the gradients to ±this, before MaxNorm; 0: no
	Schedule Schedule // of the learning rates, or nil
}

// RMSpropOptimizer divides the gradient by the root of the moving mean of its squares,
//
//	s = Alpha·s + (1-Alpha)·g², w = w - LR·g/(√s + Eps)
//
// (Tieleman and Hinton, Neural networks for machine learning, lecture 6e, 2012). See
// tensor.RMSprop for the bits.
type RMSpropOptimizer[T tensor.Float] struct {
	RMSprop // may be changed between steps
	base[T]
}

// NewRMSprop returns an optimiser of params and of groups that have settings of their
// own; a parameter that is in both belongs to the group. It panics on settings out of
// range.
func NewRMSprop[T tensor.Float](params []*nn.Param[T], s RMSprop, groups ...Group[T]) *RMSpropOptimizer[T] {
	o := &RMSpropOptimizer[T]{RMSprop: s}
	standard(&o.LR, 0.01)
	standard(&o.Alpha, 0.99)
	standard(&o.Eps, 1e-8)
	o.base = newBase("optim.NewRMSprop", params, groups, 1, o.common())
	o.check()
	return o
}

func (o *RMSpropOptimizer[T]) common() common {
	return common{o.LR, o.WeightDecay, o.MaxNorm, o.MaxValue, o.Schedule}
}

func (o *RMSpropOptimizer[T]) check() {
	if !(o.Alpha >= 0 && o.Alpha < 1) || !(o.Eps >= 0) || math.IsInf(o.Eps, 0) {
		panic(fmt.Errorf("%s: want Alpha in [0, 1) and Eps at least 0, not %v and %v", o.op, o.Alpha, o.Eps))
	}
}

// Step changes the parameters by their gradients, which it clears.
func (o *RMSpropOptimizer[T]) Step() {
	o.check()
	scale, factor := o.begin(o.common())
	for i := range o.slots {
		s := &o.slots[i]
		if s.skips() {
			continue
		}
		lr, decay := o.rates(s, factor, o.WeightDecay)
		tensor.RMSprop(s.Value, s.state[0], s.Grad, scale, tensor.RMSpropOptions{LR: lr, Alpha: o.Alpha, Eps: o.Eps, WeightDecay: decay, ClearGrad: true})
	}
}

// State returns the mean squares, called square_avg as in PyTorch, and the number of
// steps, steps.
func (o *RMSpropOptimizer[T]) State() State[T] { return o.state(o.Schedule, false, "square_avg") }
