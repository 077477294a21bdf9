package nn_test

import (
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/lanes-go/lanes/internal/gradcheck"
	"github.com/lanes-go/lanes/internal/layercases"
	"github.com/lanes-go/lanes/internal/layercheck"
	"github.com/lanes-go/lanes/nn"
	"github.com/lanes-go/lanes/tensor"
)

// TestGradients checks every row of the table in internal/layercases: everything in nn
// that has a gradient. With -short, which is for emulated CPUs, it is two shapes of each.
func TestGradients(t *testing.T) {
	seen, shapes := map[string]bool{}, map[string]int{}
	for _, c := range layercases.All() {
		if seen[c.String()] {
			t.Errorf("two rows are called %v", c)
		}
		seen[c.String()] = true
		if shapes[c.Name]++; testing.Short() && shapes[c.Name] > 2 {
			continue
		}
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

// TestGradientsSeeBackwardParams: the check of layers asks for the bits of BackwardParams.
func TestGradientsSeeBackwardParams(t *testing.T) {
	l := nn.New[float64](7).Linear(5, 4)
	if r := layercheck.Layer(l, []int{3, 5}, layercheck.Options{}); !r.OK() {
		t.Error(r)
	}
	r := layercheck.Layer(nn.PlantedParams{Linear: l}, []int{3, 5}, layercheck.Options{})
	if len(r.Faults) != 1 || !strings.HasPrefix(r.Faults[0], "BackwardParams: the gradient of bias: entry 0") {
		t.Error(r)
	}
}

// TestEveryLayerHasARow: what a Builder makes, and every function that returns a loss and
// its gradient, is called somewhere in the table.
func TestEveryLayerHasARow(t *testing.T) {
	files, err := filepath.Glob("../internal/layercases/*.go")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	var table strings.Builder
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		table.Write(text)
	}
	names := 0
	want := func(what, name string) {
		names++
		if !regexp.MustCompile(`\b` + regexp.QuoteMeta(name) + `[(\[]`).MatchString(table.String()) {
			t.Errorf("%s has no row: nothing in internal/layercases calls %s", what, name)
		}
	}
	layer := reflect.TypeFor[nn.Layer[float64]]()
	for m := range reflect.TypeFor[*nn.Builder[float64]]().Methods() {
		if m.Type.NumOut() == 1 && m.Type.Out(0).Implements(layer) {
			want("layer "+m.Name, "b."+m.Name)
		}
	}
	sources, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	loss := regexp.MustCompile(`(?m)^func ([A-Z]\w*)\[T tensor\.Float\]\(.*\) \(loss T, d\w+ \*tensor\.Tensor\[T\]\) {$`)
	losses := 0
	for _, f := range sources {
		text, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range loss.FindAllSubmatch(text, -1) {
			want("loss "+string(m[1]), "nn."+string(m[1]))
			losses++
		}
	}
	if names-losses < 20 || losses < 5 { // the test itself looks in the wrong place
		t.Errorf("%d layers and %d losses", names-losses, losses)
	}
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
