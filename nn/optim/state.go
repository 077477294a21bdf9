package optim

import (
	"github.com/lanes-go/lanes/nn"
	"github.com/lanes-go/lanes/tensor"
)

// State is what an optimiser, or a schedule, carries from one step to the next beside
// the parameters, by name: what a checkpoint holds so that training goes on with the same
// bits. Everything in it belongs to the optimiser and is not copied: a state is restored
// by writing into it. So it has the same names and shapes at any time, also before the
// first step, and nothing else follows from it that Step would keep.
type State[T tensor.Float] struct {
	Tensors  []nn.Entry[T] // in the shapes of the parameters they belong to: see Slot
	Counters []*nn.Counter // "steps"
	Numbers  []Number      // "lr", where something changes it from step to step
}

// Number is a number of an optimiser's state.
type Number struct {
	Name  string
	Value *float64
}

// Stateful is an optimiser whose state can be saved and restored. One that has none
// returns an empty State.
type Stateful[T tensor.Float] interface {
	Optimizer
	State() State[T]
}

// Slot returns what an optimiser keeps for a parameter under its name in the state,
// "0.weight.momentum_buffer": the name of the parameter in its network, as it is now,
// and what it is, for which PyTorch's word is taken.
func Slot[T tensor.Float](p *nn.Param[T], what string, value *tensor.Tensor[T]) nn.Entry[T] {
	return nn.Entry[T]{Name: p.Name + "." + what, Value: value}
}
