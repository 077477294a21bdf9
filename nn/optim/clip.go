package optim

import (
	"fmt"

	"github.com/lanes-go/lanes/nn"
	"github.com/lanes-go/lanes/tensor"
)

// clip clips each element of the gradients to maxValue and returns the factor that makes
// their norm at most maxNorm. 0: no clipping.
func (b *base[T]) clip(maxNorm, maxValue float64) (scale float64) {
	if maxValue > 0 {
		for i := range b.slots {
			if s := &b.slots[i]; !s.Frozen {
				tensor.Clamp(s.Grad, s.Grad, -T(maxValue), T(maxValue))
			}
		}
	}
	b.norm, scale = 0, 1
	if maxNorm > 0 {
		b.grads = b.grads[:0]
		for i := range b.slots {
			if s := &b.slots[i]; !s.Frozen {
				b.grads = append(b.grads, s.Grad)
			}
		}
		b.norm, scale = tensor.ClipGlobalNorm(maxNorm, b.grads...)
	}
	return scale
}

// GradError says that a gradient is NaN or infinite.
type GradError struct {
	Param string  // its name
	Step  int     // counted from 1
	Index int     // the first such element, in row-major order
	Value float64 // NaN, +Inf or -Inf
}

func (e *GradError) Error() string {
	return fmt.Sprintf("optim: step %d: element %d of the gradient of %s is %v", e.Step, e.Index, e.Param, e.Value)
}

// CheckGradients returns a *GradError if an element of a gradient is NaN or infinite, for
// the first of the parameters, and else nil. Frozen ones do not count. Called before Step,
// whose number is step, it keeps such a gradient from the weights; it reads every gradient
// once. Only an error allocates.
func CheckGradients[T tensor.Float](params []*nn.Param[T], step int) error {
	for _, p := range params {
		if p.Frozen {
			continue
		}
		// A sum that is finite has finite terms.
		if sum := tensor.Sum(p.Grad); sum-sum == 0 {
			continue
		}
		for i, g := range p.Grad.Data() {
			if g-g != 0 {
				return &GradError{p.Name, step, i, float64(g)}
			}
		}
	}
	return nil
}

// ZeroGrad sets the gradients to zero: for those that no Step will use.
func ZeroGrad[T tensor.Float](params []*nn.Param[T]) {
	for _, p := range params {
		p.Grad.Fill(0)
	}
}
