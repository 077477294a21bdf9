package layercheck_test

import (
	"strings"
	"testing"

	"github.com/lanes-go/lanes/internal/layercheck"
	"github.com/lanes-go/lanes/nn"
	"github.com/lanes-go/lanes/tensor"
)

// planted is a Linear with a mistake, made after a pass that is right.
type planted struct {
	nn.Layer[float64] // without the methods that only nn sees
	Weight, Bias      *nn.Param[float64]

	mistake func(l *planted, dx *tensor.Tensor[float64])
	calls   int // of Backward since the last Forward
}

func plant(in, out int, mistake func(l *planted, dx *tensor.Tensor[float64])) *planted {
	l := nn.New[float64](7).Linear(in, out)
	return &planted{Layer: l, Weight: l.Weight, Bias: l.Bias, mistake: mistake}
}

func (l *planted) Forward(x *tensor.Tensor[float64], mode nn.Mode) *tensor.Tensor[float64] {
	if mode == nn.Train {
		l.calls = 0
	}
	return l.Layer.Forward(x, mode)
}

func (l *planted) Backward(dy *tensor.Tensor[float64]) *tensor.Tensor[float64] {
	dx := l.Layer.Backward(dy)
	l.calls++
	l.mistake(l, dx)
	return dx
}

// TestPlanted: mistakes that differences at one place and in one state do not show.
func TestPlanted(t *testing.T) {
	for name, c := range map[string]struct {
		mistake func(l *planted, dx *tensor.Tensor[float64])
		want    string
	}{
		"none": {func(*planted, *tensor.Tensor[float64]) {}, ""},
		"no dx if only the weight is frozen": {func(l *planted, dx *tensor.Tensor[float64]) {
			if l.Weight.Frozen && !l.Bias.Frozen {
				clear(dx.Data())
			}
		}, "with only weight frozen: dx: entry 0 is 0"},
		"twice dx if only the bias is frozen": {func(l *planted, dx *tensor.Tensor[float64]) {
			if l.Bias.Frozen && !l.Weight.Frozen {
				tensor.Scale(dx, 2, dx)
			}
		}, "with only bias frozen: dx: entry 0"},
		"another rounding of dx if all is frozen": {func(l *planted, dx *tensor.Tensor[float64]) {
			if l.Bias.Frozen && l.Weight.Frozen {
				tensor.Scale(dx, 1+0x1p-52, dx)
			}
		}, "with every parameter frozen: dx: entry 0"},
		"other bits of dx in a second Backward": {func(l *planted, dx *tensor.Tensor[float64]) {
			if l.calls > 1 {
				tensor.Scale(dx, 1+0x1p-52, dx)
			}
		}, "a second Backward: dx: entry 0"},
		"other bits of a parameter in a second Backward": {func(l *planted, dx *tensor.Tensor[float64]) {
			if l.calls > 1 && !l.Bias.Frozen {
				tensor.Scale(l.Bias.Grad, 1+0x1p-52, l.Bias.Grad)
			}
		}, "a second Backward: the gradient of bias: entry 0"},
	} {
		r := layercheck.Layer(plant(5, 4, c.mistake), []int{3, 5}, layercheck.Options{})
		if r.OK() != (c.want == "") || !strings.Contains(r.String(), c.want) {
			t.Errorf("%s: want %q in: %v", name, c.want, r)
		}
	}
}

// TestAtol: a gradient off by a constant is not linear either, which Atol allows.
func TestAtol(t *testing.T) {
	off := func(l *planted, dx *tensor.Tensor[float64]) {
		for i := range dx.Data() {
			dx.Data()[i] += 1e-9
		}
		if !l.Weight.Frozen {
			l.Weight.Grad.Data()[3] += 1e-9
		}
	}
	for atol, want := range map[float64]string{
		0:     "the gradients are not linear in dy: dx[0]",
		1e-11: "the gradients are not linear in dy: dx[0]",
		1e-8:  "right",
	} {
		r := layercheck.Layer(plant(5, 4, off), []int{3, 5}, layercheck.Options{Atol: atol})
		if !strings.Contains(r.String(), want) {
			t.Errorf("Atol %v: want %q in: %v", atol, want, r)
		}
	}
}

// grown is right until it has seen a larger batch.
type grown struct {
	*planted
	top, keeps int
}

func (l *grown) Forward(x *tensor.Tensor[float64], mode nn.Mode) *tensor.Tensor[float64] {
	y := l.planted.Forward(x, mode)
	if n := x.Dim(0); n < l.top && n == l.keeps {
		tensor.Scale(y, 1+0x1p-52, y)
	} else {
		l.top = max(l.top, n)
	}
	return y
}

// TestBatches: what a layer keeps of other batch sizes shows in its gradients, or in bits
// that a fresh layer would not give.
func TestBatches(t *testing.T) {
	none := func(*planted, *tensor.Tensor[float64]) {}
	fresh := func() nn.Layer[float64] { return plant(5, 4, none) }
	for name, c := range map[string]struct {
		keeps int
		fresh func() nn.Layer[float64]
		want  string
	}{
		"the first size":                {3, nil, "a pass after other batch sizes: y: entry 0"},
		"a smaller size":                {2, fresh, "x of shape [2 5]: what a fresh layer gives: y: entry 0"},
		"a smaller size, nothing fresh": {2, nil, "right"},
		"none":                          {0, fresh, "right"},
	} {
		l := &grown{planted: plant(5, 4, none), keeps: c.keeps}
		r := layercheck.Layer(l, []int{3, 5}, layercheck.Options{Fresh: c.fresh})
		if !strings.Contains(r.String(), c.want) {
			t.Errorf("%s: want %q in: %v", name, c.want, r)
		}
	}
}
