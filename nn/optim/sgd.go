// Package optim has the optimisers of nn.
package optim

import (
	"fmt"

	"github.com/lanes-go/lanes/nn"
	"github.com/lanes-go/lanes/tensor"
)

// Optimizer changes parameters by their gradients.
type Optimizer interface {
	// Step changes the parameters and sets their gradients to zero.
	Step()
}

// SGD are the settings of stochastic gradient descent.
type SGD struct {
	LR       float64 // learning rate, > 0
	Momentum float64 // in [0, 1); 0: none
}

// SGDOptimizer is stochastic gradient descent with momentum, in PyTorch's form:
// v = Momentum·v + g, w = w - LR·v, each a fused multiply-add.
type SGDOptimizer[T tensor.Float] struct {
	SGD      // may be changed between steps
	params   []*nn.Param[T]
	velocity []*tensor.Tensor[T]
}

// NewSGD returns an optimiser of params. It panics on settings out of range.
func NewSGD[T tensor.Float](params []*nn.Param[T], s SGD) *SGDOptimizer[T] {
	if !(s.LR > 0) || !(s.Momentum >= 0 && s.Momentum < 1) {
		panic(fmt.Errorf("optim.NewSGD: want LR > 0 and Momentum in [0, 1), not %+v", s))
	}
	o := &SGDOptimizer[T]{SGD: s, params: params}
	for _, p := range params {
		if s.Momentum > 0 {
			o.velocity = append(o.velocity, tensor.New[T](p.Value.Shape()...))
		}
	}
	return o
}

// Step changes the parameters by their gradients, which it clears.
func (o *SGDOptimizer[T]) Step() {
	for i, p := range o.params {
		if p.Frozen {
			continue
		}
		if o.velocity != nil {
			tensor.SGDMomentum(p.Value, o.velocity[i], p.Grad, 1, tensor.MomentumOptions{LR: o.LR, Momentum: o.Momentum})
		} else {
			tensor.SGD(p.Value, p.Grad, 1, tensor.SGDOptions{LR: o.LR})
		}
		p.Grad.Fill(0)
	}
}
