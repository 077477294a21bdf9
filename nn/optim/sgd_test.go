package optim_test

import (
	"math"
	"strings"
	"testing"

	"github.com/lanes-go/lanes/nn"
	"github.com/lanes-go/lanes/nn/optim"
	"github.com/lanes-go/lanes/tensor"
)

func param(values ...float64) *nn.Param[float64] {
	return &nn.Param[float64]{Name: "w", Value: tensor.From(values, len(values)), Grad: tensor.New[float64](len(values))}
}

// Three steps of torch.optim.SGD(lr=0.1, momentum=0.9) on x², by hand: the first
// velocity is the first gradient.
func TestSGD(t *testing.T) {
	for _, c := range []struct {
		momentum float64
		want     [3]float64
	}{
		{0, [3]float64{0.8, 0.64, 0.512}},
		{0.9, [3]float64{0.8, 0.46, 0.062}},
	} {
		p := param(1)
		o := optim.NewSGD([]*nn.Param[float64]{p}, optim.SGD{LR: 0.1, Momentum: c.momentum})
		for i, want := range c.want {
			p.Grad.Data()[0] = 2 * p.Value.Data()[0]
			o.Step()
			if got := p.Value.Data()[0]; math.Abs(got-want) > 1e-15 {
				t.Errorf("momentum %v, step %d: %v, want %v", c.momentum, i+1, got, want)
			}
			if p.Grad.Data()[0] != 0 {
				t.Error("the gradient is not cleared")
			}
		}
	}
}

func TestSGDLearningRateMayChange(t *testing.T) {
	p := param(1)
	o := optim.NewSGD([]*nn.Param[float64]{p}, optim.SGD{LR: 0.5})
	o.LR = 0.25
	p.Grad.Fill(1)
	o.Step()
	if p.Value.Data()[0] != 0.75 {
		t.Errorf("%v, want 0.75", p.Value.Data()[0])
	}
}

func TestSGDMisuse(t *testing.T) {
	for _, s := range []optim.SGD{{}, {LR: -1}, {LR: math.NaN()}, {LR: 0.1, Momentum: 1}, {LR: 0.1, Momentum: -0.1}, {LR: 0.1, Momentum: math.NaN()}} {
		func() {
			defer func() {
				if err, ok := recover().(error); !ok || !strings.Contains(err.Error(), "optim.NewSGD") {
					t.Errorf("%+v: %v", s, err)
				}
			}()
			optim.NewSGD([]*nn.Param[float64]{param(1)}, s)
		}()
	}
}
