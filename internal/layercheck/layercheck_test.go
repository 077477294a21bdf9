package layercheck_test

import (
	"strings"
	"testing"

	"github.com/lanes-go/lanes/internal/layercheck"
	"github.com/lanes-go/lanes/nn"
	"github.com/lanes-go/lanes/tensor"
)

// Mistakes of every kind are planted in the tests of nn/nntest.

// TestRight: what a right layer gives, which is left as it was.
func TestRight(t *testing.T) {
	l := nn.New[float64](7).Linear(17, 9)
	hash := nn.Hash(l)
	l.Bias.Frozen = true
	l.Weight.Grad.Fill(3)
	r := layercheck.Layer(l, []int{5, 17}, layercheck.Options{MaxEntries: 200})
	// The last 16 are of x with frozen parameters.
	if !r.OK() || r.Checked != 5*17+17*9+9+16 || r.Kinks != 0 || r.Unclear != 0 || r.Worst == 0 || r.Worst > 1e-8 || r.WorstIn == "" {
		t.Errorf("%+v", r)
	}
	if nn.Hash(l) != hash || !l.Bias.Frozen || l.Weight.Frozen || l.Weight.Grad.Data()[5] != 3 {
		t.Error("the layer is not as it was")
	}
	s := layercheck.Single(l, nn.New[float32](7).Linear(17, 9), []int{5, 17}, layercheck.Options{})
	if !s.OK() || s.Off == 0 || s.Off > 16 || s.OffIn == "" || nn.Hash(l) != hash {
		t.Errorf("%+v", s)
	}
	s.Add(r)
	if s.Checked != r.Checked || s.Worst != r.Worst {
		t.Errorf("%+v", s)
	}
}

// frozenWrong is another function if everything is frozen, with the gradient of the first.
type frozenWrong struct{ *nn.Linear[float64] }

func (l frozenWrong) Forward(x *tensor.Tensor[float64], mode nn.Mode) *tensor.Tensor[float64] {
	y := l.Linear.Forward(x, mode)
	if l.Weight.Frozen && l.Bias.Frozen {
		tensor.Scale(y, 2, y)
	}
	return y
}

func TestFrozen(t *testing.T) {
	r := layercheck.Layer(frozenWrong{nn.New[float64](7).Linear(5, 4)}, []int{3, 5}, layercheck.Options{})
	if len(r.Faults) != 1 || !strings.HasPrefix(r.Faults[0], "gradients with frozen parameters: ") {
		t.Error(r)
	}
}
