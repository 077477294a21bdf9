package optim_test

import (
	"testing"

	"github.com/lanes-go/lanes/nn"
	"github.com/lanes-go/lanes/nn/optim"
)

// What is written into an optimiser's state is its state: a second optimiser goes on as
// the first would have.
func TestSGDState(t *testing.T) {
	run := func(p *nn.Param[float64], o optim.Optimizer, steps int) {
		for range steps {
			p.Grad.Data()[0] = 2 * p.Value.Data()[0]
			o.Step()
		}
	}
	s := optim.SGD{LR: 0.1, Momentum: 0.9}
	p, q := param(1), param(0)
	o, u := optim.NewSGD([]*nn.Param[float64]{p}, s), optim.NewSGD([]*nn.Param[float64]{q}, s)
	run(p, o, 3)
	var from, to optim.Stateful[float64] = o, u
	a, b := from.State(), to.State()
	if len(a.Tensors) != 1 || a.Tensors[0].Name != "w.momentum_buffer" || len(b.Tensors) != 1 || len(a.Counters) != 1 || len(a.Numbers) != 0 {
		t.Fatalf("state %+v", a)
	}
	q.Value.CopyFrom(p.Value)
	b.Tensors[0].Value.CopyFrom(a.Tensors[0].Value)
	run(p, o, 2)
	run(q, u, 2)
	if got, want := q.Value.Data()[0], p.Value.Data()[0]; got != want {
		t.Errorf("restored: %v, uninterrupted: %v", got, want)
	}
	if s := optim.NewSGD([]*nn.Param[float64]{p}, optim.SGD{LR: 0.1}).State(); len(s.Tensors) != 0 {
		t.Errorf("without momentum: %+v", s)
	}
}
