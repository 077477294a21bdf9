package optim

import (
	"fmt"
	"math"

	"github.com/lanes-go/lanes/asm"
)

// Schedule is the factor of all learning rates as a function of the step: of the number
// of steps done before it, so that it begins at 0 and goes on where a restored optimiser
// does. One for epochs is one for steps, with the steps of an epoch times as many. Those
// of this package return the same bits on every CPU.
type Schedule func(step int) float64

// Exponential is gamma^step, PyTorch's ExponentialLR; with gamma = e^-k it is e^-kt. It
// panics unless gamma >= 0.
func Exponential(gamma float64) Schedule {
	atLeast0("Exponential", "gamma", gamma)
	return func(step int) float64 { return asm.Pow(gamma, float64(step)) }
}

// atLeast0 panics unless v is finite and not negative.
func atLeast0(op, what string, v float64) {
	if !(v >= 0) || math.IsInf(v, 0) {
		panic(fmt.Errorf("optim.%s: %s is %v, want at least 0", op, what, v))
	}
}
