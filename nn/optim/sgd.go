package optim

import (
	"fmt"

	"github.com/lanes-go/lanes/nn"
	"github.com/lanes-go/lanes/tensor"
)

// SGD are the settings of stochastic gradient descent. All but LR may be 0.
type SGD struct {
	LR          float64 // learning rate, > 0
	Momentum    float64 // in [0, 1); 0: none
	WeightDecay float64 // added to the gradient, times the weight: an L2 penalty

	Nesterov     bool // Nesterov's momentum; needs a Momentum
	LRInVelocity bool // the lecture's form of momentum in place of PyTorch's: see SGDOptimizer

	MaxNorm  float64  // scale the gradients so that their norm together is at most this; 0: no
	MaxValue float64  // clip the elements of the gradients to ±this, before MaxNorm; 0: no
	Schedule Schedule // of the learning rates, or nil
}

// SGDOptimizer is stochastic gradient descent, w = w - LR·g, or with momentum v in
// PyTorch's form
//
//	v = Momentum·v + g, w = w - LR·v
//
// and with LRInVelocity in that of the lecture, CS231n and Keras
//
//	v = Momentum·v - LR·g, w = w + v
//
// They differ where LR changes from step to step: the first scales all of the velocity
// with it, the second what comes new. With Nesterov it is w = w - LR·(g + Momentum·v),
// and in the lecture's form w = w + Momentum·v - LR·g (Sutskever, Martens, Dahl and
// Hinton, On the importance of initialization and momentum in deep learning, 2013). See
// tensor.SGD, SGDMomentum and Nesterov for the bits.
type SGDOptimizer[T tensor.Float] struct {
	SGD // may be changed between steps, but for Momentum from 0
	base[T]
}

// NewSGD returns an optimiser of params and of groups that have settings of their own; a
// parameter that is in both belongs to the group. It panics on settings out of range.
func NewSGD[T tensor.Float](params []*nn.Param[T], s SGD, groups ...Group[T]) *SGDOptimizer[T] {
	o := &SGDOptimizer[T]{SGD: s}
	states := 0
	if s.Momentum != 0 {
		states = 1
	}
	o.base = newBase("optim.NewSGD", params, groups, states, o.common())
	o.check()
	return o
}

func (o *SGDOptimizer[T]) common() common {
	return common{o.LR, o.WeightDecay, o.MaxNorm, o.MaxValue, o.Schedule}
}

func (o *SGDOptimizer[T]) check() {
	switch {
	case !(o.Momentum >= 0 && o.Momentum < 1):
		panic(fmt.Errorf("%s: want Momentum in [0, 1), not %v", o.op, o.Momentum))
	case o.Momentum > 0 && len(o.slots) > 0 && o.slots[0].state[0] == nil:
		panic(fmt.Errorf("%s: Momentum %v, but it was made without", o.op, o.Momentum))
	case o.Nesterov && o.Momentum == 0:
		panic(fmt.Errorf("%s: Nesterov without Momentum", o.op))
	}
}

// Step changes the parameters by their gradients, which it clears.
func (o *SGDOptimizer[T]) Step() {
	o.check()
	scale, factor := o.begin(o.common())
	for i := range o.slots {
		s := &o.slots[i]
		if s.skips() {
			continue
		}
		lr, decay := o.rates(s, factor, o.WeightDecay)
		m := tensor.MomentumOptions{LR: lr, Momentum: o.Momentum, WeightDecay: decay, LRInVelocity: o.LRInVelocity, ClearGrad: true}
		switch {
		case s.state[0] == nil:
			tensor.SGD(s.Value, s.Grad, scale, tensor.SGDOptions{LR: lr, WeightDecay: decay, ClearGrad: true})
		case o.Nesterov:
			tensor.Nesterov(s.Value, s.state[0], s.Grad, scale, m)
		default:
			tensor.SGDMomentum(s.Value, s.state[0], s.Grad, scale, m)
		}
	}
}

// State returns the velocities, called momentum_buffer as in PyTorch (without momentum
// there are none), and the number of steps, steps.
func (o *SGDOptimizer[T]) State() State[T] { return o.state(o.Schedule, false, "momentum_buffer") }
