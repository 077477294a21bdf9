package nn_test

import (
	"testing"

	"github.com/lanes-go/lanes/internal/gradcheck"
	"github.com/lanes-go/lanes/internal/layercases"
	"github.com/lanes-go/lanes/nn"
	"github.com/lanes-go/lanes/tensor"
)

// TestGradients checks every row of the table in internal/layercases: everything in nn
// that has a gradient.
func TestGradients(t *testing.T) {
	for _, c := range layercases.All() {
		t.Run(c.String(), func(t *testing.T) {
			if r := c.Check(0, gradcheckEntries()); !r.OK() {
				t.Fatal(r)
			}
		})
	}
}

// gradcheckEntries is how many entries of a tensor are checked.
func gradcheckEntries() int {
	if testing.Short() {
		return 12
	}
	return 200
}

// TestNetworkGradients: a whole network from its input to its loss, at the start
// and after some steps of training, when weights are no longer random.
func TestNetworkGradients(t *testing.T) {
	for _, shape := range [][]int{{2, 3}, {3, 17}, {5, 33}} {
		x, labels := layercases.Targets[float64](-1, 1, shape...), layercases.Labels(shape[0], 3)
		b := nn.New[float64](7)
		l := b.Sequential(b.Linear(shape[1], 9), b.ReLU(), b.Linear(9, 5), b.ReLU(), b.Linear(5, 3))
		dx := make([]float64, len(x.Data()))
		vars := []gradcheck.Var{{Name: "x", Shape: shape, X: x.Data(), Grad: dx}}
		for _, p := range l.Params() {
			vars = append(vars, gradcheck.Var{Name: p.Name, Shape: p.Value.Shape(), X: p.Value.Data(), Grad: p.Grad.Data()})
		}
		loss := func(mode nn.Mode) (float64, *tensor.Tensor[float64]) {
			return nn.SoftmaxCrossEntropy(l.Forward(x, mode), labels)
		}
		backward := func() {
			for _, p := range l.Params() {
				clear(p.Grad.Data())
			}
			_, d := loss(nn.Train)
			copy(dx, l.Backward(d).Data())
		}
		for _, steps := range []int{0, 10} {
			for range steps {
				backward()
				for _, p := range l.Params() {
					for i, g := range p.Grad.Data() {
						p.Value.Data()[i] -= float64(0.1 * g)
					}
				}
			}
			r := gradcheck.Check(gradcheck.Problem{
				Vars: vars,
				Loss: func() float64 { v, _ := loss(nn.Eval); return v },
				Grad: func(float64) { backward() },
			}, gradcheck.Options{MaxEntries: gradcheckEntries()})
			if !r.OK() {
				t.Fatalf("%v after %d steps: %v", shape, steps, r)
			}
		}
	}
}
