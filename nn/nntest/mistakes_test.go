package nntest_test

import (
	"math"
	"strings"
	"testing"

	"github.com/lanes-go/lanes/nn"
	"github.com/lanes-go/lanes/nn/nntest"
	"github.com/lanes-go/lanes/tensor"
)

// affine is y = x·Wᵀ + b by plain loops, with room for one mistake, which has its name.
type affine struct {
	w, b    *nn.Param[float64]
	x       *t64
	mistake string
	noise   float64
	batch   int // of the first pass
	count   *nn.Counter
	mean    *nn.Buffer[float64]
	y       *t64
}

func newAffine(in, out int, mistake string) *affine {
	param := func(name string, shape ...int) *nn.Param[float64] {
		p := &nn.Param[float64]{Name: name, Value: tensor.New[float64](shape...), Grad: tensor.New[float64](shape...)}
		tensor.Uniform(p.Value, -1, 1, 1, uint64(len(shape)))
		return p
	}
	return &affine{w: param("w", out, in), b: param("b", out), mistake: mistake,
		count: &nn.Counter{Name: "passes"}, mean: &nn.Buffer[float64]{Name: "mean", Value: tensor.New[float64](1)}}
}

func (l *affine) Params() []*nn.Param[float64] {
	if l.mistake == "new parameters" {
		return newAffine(l.w.Value.Dim(1), l.w.Value.Dim(0), "").Params()
	}
	return []*nn.Param[float64]{l.w, l.b}
}

func (l *affine) Forward(x *t64, mode nn.Mode) *t64 {
	n, in, out := x.Dim(0), x.Dim(1), l.b.Value.Len()
	y := tensor.New[float64](n, out)
	if l.mistake == "one buffer for both modes" && l.y != nil {
		y = l.y
	}
	if mode == nn.Train || l.mistake == "Eval keeps x" {
		l.x, l.y = x, y
	}
	if l.batch == 0 {
		l.batch = n
	}
	if l.mistake == "one batch size" && n != l.batch {
		panic("another batch size")
	}
	for r := range n {
		for j := range out {
			s := l.b.Value.Data()[j]
			for i := range in {
				s += float64(x.At(r, i) * l.w.Value.At(j, i))
			}
			y.Set(s, r, j)
		}
	}
	switch {
	case l.mistake == "random result":
		l.noise += 1e-3
		y.Data()[0] += l.noise
	case l.mistake == "result has NaN":
		y.Data()[1] = math.NaN()
	case l.mistake == "Forward changes x":
		x.Data()[0]++
	case l.mistake == "Eval is another function" && mode == nn.Eval:
		tensor.Scale(y, 2, y)
	case l.mistake == "Eval moves a parameter" && mode == nn.Eval:
		l.b.Value.Data()[0]++
	}
	return y
}

func (l *affine) Backward(dy *t64) *t64 {
	n, in, out := l.x.Dim(0), l.x.Dim(1), l.b.Value.Len()
	dx, dw, db := tensor.New[float64](n, in), tensor.New[float64](out, in), tensor.New[float64](out)
	for r := range n {
		for j := range out {
			g := dy.At(r, j)
			if l.mistake == "clips dy" {
				g = min(g, 0.6)
			}
			db.Data()[j] += g
			if l.mistake == "rows beyond the first batch" && r >= l.batch {
				continue
			}
			for i := range in {
				dw.Set(dw.At(j, i)+float64(g*l.x.At(r, i)), j, i)
				dx.Set(dx.At(r, i)+float64(g*l.w.Value.At(j, i)), r, i)
			}
		}
	}
	switch l.mistake {
	case "sign of dx":
		tensor.Neg(dx, dx)
	case "sign of dw":
		tensor.Neg(dw, dw)
	case "factor 2 of dx":
		tensor.Scale(dx, 2, dx)
	case "factor 2 of db":
		tensor.Scale(db, 2, db)
	case "one entry of dx":
		dx.Data()[1] *= 1.01
	case "one entry of dw":
		dw.Data()[3] += 0.01
	case "missing row of dx":
		clear(dx.Data()[in : 2*in])
	case "missing row of dw":
		clear(dw.Data()[in : 2*in])
	case "mean for sum":
		tensor.Scale(dw, 1/float64(n), dw)
		tensor.Scale(db, 1/float64(n), db)
	case "shift of dx":
		tensor.Scale(dx, 1+1e-4, dx)
	case "shift of dw":
		tensor.Scale(dw, 1+1e-4, dw)
	case "noise":
		tensor.Scale(dw, 1+1e-9, dw)
		tensor.Scale(dx, 1-1e-9, dx)
	case "not zero for zeros":
		dx.Data()[2] += 1e-300
	case "Backward changes dy":
		dy.Data()[0] = 0
	case "Backward changes x":
		l.x.Data()[0]++
	case "Backward changes y":
		l.y.Data()[0] = 0
	case "random gradient":
		l.noise += 1e-3
		dw.Data()[0] += l.noise
	case "no dx":
		dx = nil
	case "shape of dx":
		dx = tensor.New[float64](in, n)
	}
	if l.mistake == "gradients overwritten" {
		copy(l.w.Grad.Data(), dw.Data())
		copy(l.b.Grad.Data(), db.Data())
		return dx
	}
	if !l.w.Frozen || l.mistake == "frozen gets a gradient" {
		tensor.Add(l.w.Grad, l.w.Grad, dw)
	}
	if !l.b.Frozen {
		tensor.Add(l.b.Grad, l.b.Grad, db)
	}
	return dx
}

// TestMistakes: each mistake is found and named; a right layer and noise of 1e-9 pass.
func TestMistakes(t *testing.T) {
	for mistake, want := range map[string]string{
		"":                            "",
		"noise":                       "",
		"sign of dx":                  "x: 15 of 15 checked entries wrong: the sign is wrong everywhere",
		"sign of dw":                  "w: 20 of 20 checked entries wrong: the sign is wrong everywhere",
		"factor 2 of dx":              "numeric is 0.5 times analytic everywhere",
		"factor 2 of db":              "b: 4 of 4 checked entries wrong: numeric is 0.5 times analytic everywhere",
		"one entry of dx":             "x[0,1]",
		"one entry of dw":             "the gradients are not linear in dy: w[3]",
		"missing row of dx":           "x: 5 of 15 checked entries wrong",
		"missing row of dw":           "w: 5 of 20 checked entries wrong",
		"mean for sum":                "numeric is 3 times analytic everywhere",
		"shift of dx":                 "x: 15 of 15 checked entries wrong",
		"shift of dw":                 "w: 20 of 20 checked entries wrong",
		"clips dy":                    "the gradients are not linear in dy: dx[",
		"not zero for zeros":          "with 0 times the upstream gradient the gradient of x[0,2] is 1e-300",
		"gradients overwritten":       "Backward does not add to the gradient of a parameter: w[0]",
		"frozen gets a gradient":      "w is frozen, and entry 0 of its gradient changes",
		"one buffer for both modes":   "an Eval pass changes the result of the Train pass before it",
		"Eval keeps x":                "with an Eval pass between Forward and Backward: the gradient of w",
		"Eval is another function":    "the result in Eval mode is not that in Train mode",
		"Eval moves a parameter":      "an Eval pass changes parameters, buffers or counters",
		"random result":               "a second pass: y: entry 0",
		"random gradient":             "a second pass: the gradient of w: entry 0",
		"result has NaN":              "y[1] is NaN for a finite x",
		"Forward changes x":           "a pass changes x: entry 0",
		"Backward changes dy":         "a pass changes dy: entry 0",
		"Backward changes x":          "a pass changes x: entry 0",
		"Backward changes y":          "Backward changes the result of the Train pass: entry 0",
		"one batch size":              "after x of shape [3 5] the layer panics for another batch size, x of shape [5 5]: another batch size",
		"rows beyond the first batch": "gradients for another batch size, x of shape [5 5]",
		"no dx":                       "Backward returns nil",
		"shape of dx":                 "Backward returns shape [5 3] for x of shape [3 5]",
		"new parameters":              "Params returns other parameters when asked again",
	} {
		f := fake{name: "TestAffine"}
		ok := nntest.CheckLayer(&f, newAffine(5, 4, mistake), []int{3, 5})
		if ok != (want == "") || ok != (f.text == "") || !strings.Contains(f.text, want) {
			t.Errorf("%s: want %q in: %s", mistake, want, f.text)
		}
		if !ok && !strings.Contains(f.text, "\n  run again: ") || len(strings.Split(f.text, "\n")) > 24 {
			t.Errorf("%s: no command to run again, or no screen: %s", mistake, f.text)
		}
	}
}
