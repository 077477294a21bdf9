package layercheck_test

import (
	"math"
	"strings"
	"testing"

	"github.com/lanes-go/lanes/internal/layercheck"
	"github.com/lanes-go/lanes/nn"
	"github.com/lanes-go/lanes/tensor"
)

type (
	t64    = tensor.Tensor[float64]
	linear = nn.Linear[float64]
)

// wrongLayer is a fully connected layer with a mistake: before and after run around its
// passes, and may change what they return.
type wrongLayer struct {
	*linear
	passes            int
	forward, backward func(w *wrongLayer, x *t64) *t64
	frozen            bool // what the mistake does may be to frozen parameters
}

func (w *wrongLayer) Forward(x *t64, m nn.Mode) *t64 {
	y := w.linear.Forward(x, m)
	w.passes++
	if w.forward != nil {
		y = w.forward(w, y)
	}
	if m == nn.Eval && w.frozen {
		w.Weight.Value.Data()[0]++
	}
	return y
}

func (w *wrongLayer) Backward(dy *t64) *t64 {
	dx := w.linear.Backward(dy)
	if w.backward != nil {
		dx = w.backward(w, dx)
	}
	return dx
}

func scale(t *t64, k float64) {
	for i := range t.Data() {
		t.Data()[i] *= k
	}
}

// on makes a mistake out of what is done to dw, db and dx after Backward, unless the
// gradient is of a frozen parameter.
func on(f func(dw, db, dx *t64)) func(w *wrongLayer, dx *t64) *t64 {
	return func(w *wrongLayer, dx *t64) *t64 {
		dw, db := w.Weight.Grad, w.Bias.Grad
		if w.Weight.Frozen {
			dw = dw.Clone()
		}
		if w.Bias.Frozen {
			db = db.Clone()
		}
		f(dw, db, dx)
		return dx
	}
}

// planted are mistakes and what the report must say of them.
var planted = map[string]struct {
	layer wrongLayer
	want  string
}{
	"sign of dx":              {wrongLayer{backward: on(func(_, _, dx *t64) { scale(dx, -1) })}, "x: 85 of 85 checked entries wrong: the sign is wrong everywhere"},
	"half of dx":              {wrongLayer{backward: on(func(_, _, dx *t64) { scale(dx, 0.5) })}, "numeric is 2 times analytic everywhere"},
	"one entry of dx":         {wrongLayer{backward: on(func(_, _, dx *t64) { dx.Data()[40] *= 1.01 })}, "x: 1 of 85 checked entries wrong"},
	"a row of dx":             {wrongLayer{backward: on(func(_, _, dx *t64) { clear(dx.Data()[17:34]) })}, "x: 17 of 85 checked entries wrong"},
	"mean of dx":              {wrongLayer{backward: on(func(_, _, dx *t64) { scale(dx, 1.0/5) })}, "numeric is 5 times analytic everywhere"},
	"shift of dx":             {wrongLayer{backward: on(func(_, _, dx *t64) { scale(dx, 1+1e-4) })}, "x: 85 of 85 checked entries wrong"},
	"sign of dw":              {wrongLayer{backward: on(func(dw, _, _ *t64) { scale(dw, -1) })}, "Backward does not add to the gradient of a parameter: weight[0]"},
	"dx of a frozen layer":    {wrongLayer{backward: func(w *wrongLayer, dx *t64) *t64 { freezing(w, dx); return dx }}, "gradients with frozen parameters"},
	"gradients overwritten":   {wrongLayer{backward: on(func(dw, _, _ *t64) { scale(dw, 0.5) })}, "does not add"},
	"not linear in dy":        {wrongLayer{backward: on(func(_, _, dx *t64) { cap1(dx) })}, "not linear in dy: dx"},
	"noise in y":              {wrongLayer{forward: func(w *wrongLayer, y *t64) *t64 { y.Data()[3] += float64(w.passes%3) * 1e-9; return y }}, "a second pass: y: entry 3"},
	"noise in dx":             {wrongLayer{backward: func(w *wrongLayer, dx *t64) *t64 { dx.Data()[3] += float64(w.passes%3) * 1e-9; return dx }}, "a second pass: dx: entry 3"},
	"NaN in y":                {wrongLayer{forward: func(_ *wrongLayer, y *t64) *t64 { y.Data()[3] = math.NaN(); return y }}, "y[3] is NaN"},
	"no dx":                   {wrongLayer{backward: func(*wrongLayer, *t64) *t64 { return nil }}, "Backward returns nil"},
	"dx of another shape":     {wrongLayer{backward: func(*wrongLayer, *t64) *t64 { return tensor.New[float64](2) }}, "Backward returns shape [2] for x of shape [5 17]"},
	"Eval changes parameters": {wrongLayer{frozen: true}, "an Eval pass changes parameters"},
}

// freezing is right unless everything is frozen.
func freezing(w *wrongLayer, dx *t64) {
	if w.Weight.Frozen && w.Bias.Frozen {
		scale(dx, 2)
	}
}

func cap1(dx *t64) {
	for i, v := range dx.Data() {
		dx.Data()[i] = max(v, -0.5)
	}
}

func TestPlanted(t *testing.T) {
	for name, c := range planted {
		w := c.layer
		w.linear = nn.New[float64](7).Linear(17, 9)
		r := layercheck.Layer(&w, []int{5, 17}, layercheck.Options{MaxEntries: 200})
		if r.OK() || !strings.Contains(r.String(), c.want) {
			t.Errorf("%s: want %q in: %v", name, c.want, r)
		}
	}
}

// TestRight: a right layer passes, also with noise of 1e-9, and is left as it was.
func TestRight(t *testing.T) {
	l := nn.New[float64](7).Linear(17, 9)
	hash := nn.Hash(l)
	l.Bias.Frozen = true
	l.Weight.Grad.Fill(3)
	r := layercheck.Layer(l, []int{5, 17}, layercheck.Options{MaxEntries: 200})
	if !r.OK() || r.Checked != 85+17*9+9+16 || r.Kinks != 0 || r.Unclear != 0 || r.Worst > 1e-8 {
		t.Errorf("%+v", r)
	}
	if nn.Hash(l) != hash || !l.Bias.Frozen || l.Weight.Frozen || l.Weight.Grad.Data()[5] != 3 {
		t.Error("the layer is not as it was")
	}
	w := &wrongLayer{linear: l, backward: on(func(_, _, dx *t64) { scale(dx, 1+1e-9) })}
	if r := layercheck.Layer(w, []int{5, 17}, layercheck.Options{}); !r.OK() {
		t.Error(r)
	}
}
