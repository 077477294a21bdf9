package nn_test

import (
	"fmt"
	"math"
	"testing"

	"github.com/lanes-go/lanes/internal/gradcheck"
	"github.com/lanes-go/lanes/nn"
	"github.com/lanes-go/lanes/tensor"
)

// Every layer and loss is a row here: its gradients, in float64, against centred
// differences, for several shapes.

// layerCase is a layer; the last dimension of x is the one it is made for. make64
// and make32 come from one generic function, so float32 is tied to float64.
type layerCase struct {
	name   string
	make64 func(b *nn.Builder[float64], in int) nn.Layer[float64]
	make32 func(b *nn.Builder[float32], in int) nn.Layer[float32]
	shapes [][]int
	// legal are the right gradients of x where an entry is at a kink, for an
	// upstream gradient dy of that entry. nil: the layer has no kinks at x.
	legal func(dy float64) []float64
}

var layerCases = []layerCase{
	{name: "Linear", make64: linear[float64], make32: linear[float32], shapes: matrices},
	{name: "ReLU", make64: relu[float64], make32: relu[float32],
		shapes: append([][]int{{7}, {2, 3, 5}, {3, 1, 2, 17}}, matrices...),
		legal:  func(float64) []float64 { return []float64{0} }},
	{name: "MLP", make64: mlp[float64], make32: mlp[float32], shapes: matrices},
	{name: "nested Sequential", make64: nested[float64], make32: nested[float32], shapes: matrices},
}

// matrices are odd shapes around the widths of kernels.
var matrices = [][]int{{1, 1}, {2, 3}, {3, 8}, {5, 17}, {2, 33}, {3, 65}}

func linear[T tensor.Float](b *nn.Builder[T], in int) nn.Layer[T] { return b.Linear(in, 1+in/2) }
func relu[T tensor.Float](b *nn.Builder[T], _ int) nn.Layer[T]    { return b.ReLU() }
func mlp[T tensor.Float](b *nn.Builder[T], in int) nn.Layer[T] {
	return b.Sequential(b.Linear(in, 9), b.ReLU(), b.Linear(9, 5), b.ReLU(), b.Linear(5, 3))
}
func nested[T tensor.Float](b *nn.Builder[T], in int) nn.Layer[T] {
	return b.Sequential(b.Sequential(b.Linear(in, 7), b.ReLU()), b.Linear(7, 2))
}

// numbers are in ±[0.1, 1.1): away from the kink at 0.
func numbers(seed uint64, shape ...int) *tensor.Tensor[float64] {
	t := tensor.New[float64](shape...)
	tensor.Uniform(t, -1, 1, seed, 99)
	for i, v := range t.Data() {
		t.Data()[i] = v + math.Copysign(0.1, v)
	}
	return t
}

func zeroGrads[T tensor.Float](params []*nn.Param[T]) {
	for _, p := range params {
		clear(p.Grad.Data())
	}
}

func dot(a, b []float64) float64 {
	var s float64
	for i, v := range a {
		s += float64(v * b[i])
	}
	return s
}

// layerProblem is the layer at x, followed by a dot product with a random vector.
func layerProblem(l nn.Layer[float64], x *tensor.Tensor[float64], c layerCase) gradcheck.Problem {
	up := numbers(5, l.Forward(x, nn.Eval).Shape()...)
	dx := make([]float64, len(x.Data()))
	v := gradcheck.Var{Name: "x", Shape: x.Shape(), X: x.Data(), Grad: dx}
	if c.legal != nil {
		v.Legal = func(i int) []float64 { return c.legal(up.Data()[i]) }
	}
	vars := []gradcheck.Var{v}
	for _, p := range l.Params() {
		vars = append(vars, gradcheck.Var{Name: p.Name, Shape: p.Value.Shape(), X: p.Value.Data(), Grad: p.Grad.Data()})
	}
	return gradcheck.Problem{
		Vars: vars,
		Loss: func() float64 { return dot(up.Data(), l.Forward(x, nn.Train).Data()) },
		Grad: func(s float64) {
			zeroGrads(l.Params())
			dy := tensor.New[float64](up.Shape()...)
			for i, u := range up.Data() {
				dy.Data()[i] = s * u
			}
			l.Forward(x, nn.Train)
			copy(dx, l.Backward(dy).Data())
		},
		Linear: true,
	}
}

func TestLayerGradients(t *testing.T) {
	for _, c := range layerCases {
		for _, shape := range c.shapes {
			t.Run(fmt.Sprintf("%s/%v", c.name, shape), func(t *testing.T) {
				l := c.make64(nn.New[float64](7), shape[len(shape)-1])
				x := numbers(3, shape...)
				for _, p := range l.Params() { // biases begin at 0: no test of them
					for i := range p.Value.Data() {
						p.Value.Data()[i] += 0.01 * float64(i%7)
					}
				}
				if r := gradcheck.Check(layerProblem(l, x, c), gradcheck.Options{MaxEntries: entries()}); !r.OK() {
					t.Fatal(r)
				}
				// The same with entries of x at the kink.
				if c.legal != nil {
					for i := 0; i < len(x.Data()); i += 3 {
						x.Data()[i] = 0
					}
					if r := gradcheck.Check(layerProblem(l, x, c), gradcheck.Options{MaxLeftOut: -1, MaxEntries: entries()}); !r.OK() {
						t.Fatal(r)
					}
				}
			})
		}
	}
}

// entries is how many entries of a tensor are checked.
func entries() int {
	if testing.Short() {
		return 12
	}
	return 200
}

// TestLayerCheckSeesErrors: the harness above rejects a layer whose backward pass
// is wrong.
func TestLayerCheckSeesErrors(t *testing.T) {
	for name, wrong := range map[string]func(l *nn.Linear[float64], dx *tensor.Tensor[float64]){
		"sign of dx":       func(_ *nn.Linear[float64], dx *tensor.Tensor[float64]) { scale(dx, -1) },
		"factor 2 of dw":   func(l *nn.Linear[float64], _ *tensor.Tensor[float64]) { scale(l.Weight.Grad, 2) },
		"one entry of dw":  func(l *nn.Linear[float64], _ *tensor.Tensor[float64]) { l.Weight.Grad.Data()[4] *= 1.01 },
		"mean of db":       func(l *nn.Linear[float64], _ *tensor.Tensor[float64]) { scale(l.Bias.Grad, 1.0/5) },
		"missing row":      func(l *nn.Linear[float64], _ *tensor.Tensor[float64]) { clear(l.Weight.Grad.Data()[17:34]) },
		"shift of dx 1e-4": func(_ *nn.Linear[float64], dx *tensor.Tensor[float64]) { scale(dx, 1+1e-4) },
	} {
		l := nn.New[float64](7).Linear(17, 9)
		c := layerCase{}
		if gradcheck.Check(layerProblem(wrongLayer{l, wrong}, numbers(3, 5, 17), c), gradcheck.Options{MaxEntries: 200}).OK() {
			t.Errorf("%s passed", name)
		}
	}
}

type wrongLayer struct {
	*nn.Linear[float64]
	wrong func(l *nn.Linear[float64], dx *tensor.Tensor[float64])
}

func (w wrongLayer) Backward(dy *tensor.Tensor[float64]) *tensor.Tensor[float64] {
	dx := w.Linear.Backward(dy)
	w.wrong(w.Linear, dx)
	return dx
}

func scale(t *tensor.Tensor[float64], k float64) {
	for i := range t.Data() {
		t.Data()[i] *= k
	}
}

// lossCases are the losses over n x classes scores.
var lossCases = []struct {
	name string
	loss func(scores *tensor.Tensor[float64], labels []int) (float64, *tensor.Tensor[float64])
}{
	{"SoftmaxCrossEntropy", nn.SoftmaxCrossEntropy[float64]},
}

func TestLossGradients(t *testing.T) {
	for _, c := range lossCases {
		for _, shape := range [][]int{{1, 2}, {3, 5}, {2, 10}, {5, 17}, {2, 65}} {
			for _, size := range []float64{0.01, 1, 8} {
				t.Run(fmt.Sprintf("%s/%v/%v", c.name, shape, size), func(t *testing.T) {
					scores := numbers(11, shape...)
					scale(scores, size)
					labels := labelsFor(shape)
					grad := make([]float64, len(scores.Data()))
					r := gradcheck.Check(gradcheck.Problem{
						Vars: []gradcheck.Var{{Name: "scores", Shape: shape, X: scores.Data(), Grad: grad}},
						Loss: func() float64 { l, _ := c.loss(scores, labels); return l },
						Grad: func(float64) { _, d := c.loss(scores, labels); copy(grad, d.Data()) },
					}, gradcheck.Options{MaxEntries: entries()})
					if !r.OK() {
						t.Fatal(r)
					}
				})
			}
		}
	}
}

func labelsFor(shape []int) []int {
	labels := make([]int, shape[0])
	for i := range labels {
		labels[i] = (i*7 + 1) % shape[1]
	}
	return labels
}

// TestNetworkGradients: a whole network from its input to its loss, at the start
// and after some steps of training, when weights are no longer random.
func TestNetworkGradients(t *testing.T) {
	for _, shape := range [][]int{{2, 3}, {3, 17}, {5, 33}} {
		x, labels := numbers(3, shape...), labelsFor([]int{shape[0], 3})
		l := mlp(nn.New[float64](7), shape[1])
		dx := make([]float64, len(x.Data()))
		vars := []gradcheck.Var{{Name: "x", Shape: shape, X: x.Data(), Grad: dx}}
		for _, p := range l.Params() {
			vars = append(vars, gradcheck.Var{Name: p.Name, Shape: p.Value.Shape(), X: p.Value.Data(), Grad: p.Grad.Data()})
		}
		backward := func() {
			zeroGrads(l.Params())
			_, d := nn.SoftmaxCrossEntropy(l.Forward(x, nn.Train), labels)
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
				Loss: func() float64 { v, _ := nn.SoftmaxCrossEntropy(l.Forward(x, nn.Eval), labels); return v },
				Grad: func(float64) { backward() },
			}, gradcheck.Options{MaxEntries: entries()})
			if !r.OK() {
				t.Fatalf("%v after %d steps: %v", shape, steps, r)
			}
		}
	}
}

// TestGradientsAdd: Backward adds to the gradients of parameters, and
// BackwardParams adds the same bits.
func TestGradientsAdd(t *testing.T) {
	for _, c := range layerCases {
		l := c.make64(nn.New[float64](7), 17)
		if len(l.Params()) == 0 {
			continue
		}
		x := numbers(3, 3, 17)
		dy := numbers(5, l.Forward(x, nn.Train).Shape()...)
		l.Backward(dy)
		var once [][]float64
		for _, p := range l.Params() {
			once = append(once, append([]float64{}, p.Grad.Data()...))
		}
		zeroGrads(l.Params())
		nn.BackwardParams(l, dy)
		for k, p := range l.Params() {
			for i, g := range p.Grad.Data() {
				if g != once[k][i] {
					t.Fatalf("%s: BackwardParams: %s[%d] is %v, not %v", c.name, p.Name, i, g, once[k][i])
				}
			}
		}
		l.Backward(dy)
		for k, p := range l.Params() {
			for i, g := range p.Grad.Data() {
				if d := math.Abs(g - 2*once[k][i]); d > 1e-14*(1+math.Abs(g)) {
					t.Fatalf("%s: a second Backward: %s[%d] is %v, not twice %v", c.name, p.Name, i, g, once[k][i])
				}
			}
		}
	}
}

// TestFloat32FollowsFloat64: results and gradients of the float32 layer are those
// of the float64 one, up to rounding. So the checks above hold for it too.
func TestFloat32FollowsFloat64(t *testing.T) {
	for _, c := range layerCases {
		for _, shape := range c.shapes {
			l64 := c.make64(nn.New[float64](7), shape[len(shape)-1])
			l32 := c.make32(nn.New[float32](7), shape[len(shape)-1])
			for k, p := range l64.Params() { // the same weights, float32 values
				for i, v := range p.Value.Data() {
					l32.Params()[k].Value.Data()[i] = float32(v)
					p.Value.Data()[i] = float64(float32(v))
				}
			}
			x64, x32 := single(numbers(3, shape...))
			y64, y32 := l64.Forward(x64, nn.Train), l32.Forward(x32, nn.Train)
			near(t, c.name, "result", shape, y64.Data(), y32.Data())
			dy64, dy32 := single(numbers(5, y64.Shape()...))
			near(t, c.name, "dx", shape, l64.Backward(dy64).Data(), l32.Backward(dy32).Data())
			for k, p := range l64.Params() {
				near(t, c.name, p.Name, shape, p.Grad.Data(), l32.Params()[k].Grad.Data())
			}
		}
	}
	// The loss and its gradient.
	for _, shape := range matrices[1:] {
		s64, s32 := single(numbers(11, shape...))
		v64, d64 := nn.SoftmaxCrossEntropy(s64, labelsFor(shape))
		v32, d32 := nn.SoftmaxCrossEntropy(s32, labelsFor(shape))
		near(t, "SoftmaxCrossEntropy", "loss", shape, []float64{v64}, []float32{v32})
		near(t, "SoftmaxCrossEntropy", "gradient", shape, d64.Data(), d32.Data())
	}
}

// single returns float32 values in both types.
func single(t *tensor.Tensor[float64]) (*tensor.Tensor[float64], *tensor.Tensor[float32]) {
	t32 := tensor.New[float32](t.Shape()...)
	for i, v := range t.Data() {
		t32.Data()[i] = float32(v)
		t.Data()[i] = float64(float32(v))
	}
	return t, t32
}

// near fails unless b is a within 16 roundings of the largest value.
func near(t *testing.T, layer, what string, shape []int, a []float64, b []float32) {
	t.Helper()
	if len(a) != len(b) {
		t.Fatalf("%s %v: %s: %d and %d values", layer, shape, what, len(a), len(b))
	}
	var top float64
	for _, v := range a {
		top = max(top, math.Abs(v))
	}
	for i, v := range a {
		if d := math.Abs(v - float64(b[i])); !(d <= 16*0x1p-24*top) {
			t.Fatalf("%s %v: %s[%d] is %v in float64, %v in float32: %.1f roundings of the largest value", layer, shape, what, i, v, b[i], d/top*0x1p24)
		}
	}
}
