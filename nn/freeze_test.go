package nn

import (
	"fmt"
	"slices"
	"testing"

	"github.com/lanes-go/lanes/tensor"
)

// freezeNet has names that begin alike, and a layer without parameters.
func freezeNet() *Sequential[float32] {
	b := New[float32](1)
	var layers []Layer[float32]
	for range 11 {
		layers = append(layers, b.Linear(3, 3))
	}
	layers[2] = b.ReLU()
	layers[3] = b.Residual(b.Linear(3, 3), b.Tanh())
	layers[4] = b.Named("1x", b.Linear(3, 3))
	return b.Sequential(layers...)
}

func TestFreezeNames(t *testing.T) {
	for _, c := range []struct {
		names []string
		n     int
		want  []string
	}{
		{nil, 20, nil}, // all
		{[]string{"1"}, 2, []string{"1.weight", "1.bias"}},
		{[]string{"1.weight", "1"}, 2, []string{"1.weight", "1.bias"}},
		{[]string{"10.bias"}, 1, []string{"10.bias"}},
		{[]string{"2"}, 0, []string{}},
		{[]string{"3"}, 2, []string{"3.body.0.weight", "3.body.0.bias"}},
		{[]string{"3.body", "3.body.1", "0.weight"}, 3, []string{"0.weight", "3.body.0.weight", "3.body.0.bias"}},
		{[]string{"3.shortcut"}, 0, []string{}},
		{[]string{"1x", "10"}, 4, []string{"1x.weight", "1x.bias", "10.weight", "10.bias"}},
	} {
		net := freezeNet()
		for _, p := range net.Params() {
			p.Grad.Fill(1)
		}
		if n := Freeze(net, c.names...); n != c.n {
			t.Errorf("%q: froze %d, want %d", c.names, n, c.n)
		}
		for _, p := range net.Params() {
			want := c.want == nil || slices.Contains(c.want, p.Name)
			if p.Frozen != want || (p.Grad.Data()[0] == 0) != want {
				t.Errorf("%q: %s: frozen %v, gradient %v", c.names, p.Name, p.Frozen, p.Grad.Data()[0])
			}
		}
		Freeze(net)
		if n := Unfreeze(net, c.names...); n != c.n {
			t.Errorf("%q: unfroze %d, want %d", c.names, n, c.n)
		}
		for _, p := range net.Params() {
			if want := c.want != nil && !slices.Contains(c.want, p.Name); p.Frozen != want {
				t.Errorf("%q: unfreezing: %s frozen %v", c.names, p.Name, p.Frozen)
			}
		}
	}
}

func TestFreezeMisuse(t *testing.T) {
	net := freezeNet()
	for _, name := range []string{"", ".", "0.", "0.w", "01", "weight", "1x.weight.", "3.body.2", "shortcut"} {
		panics(t, func() { Freeze(net, "0", name) }, "nn.Freeze", fmt.Sprintf("nothing is called %q", name), "0.weight, 0.bias, 1.weight")
		panics(t, func() { Unfreeze(net, name) }, "nn.Unfreeze", fmt.Sprintf("nothing is called %q", name))
	}
	for _, p := range net.Params() {
		if p.Frozen {
			t.Errorf("%s is frozen by a call that panics", p.Name)
		}
	}
	b := New[float32](1)
	panics(t, func() { Freeze(b.ReLU(), "0") }, "the parameters are none")
	var many []Layer[float32]
	for range 30 {
		many = append(many, b.Linear(1, 1))
	}
	panics(t, func() { Freeze(b.Sequential(many...), "x") }, "19.bias and 20 more")
}

func TestParts(t *testing.T) {
	b := New[float32](1)
	first, body := b.Embedding(2, 3), b.Sequential(b.Dropout(0.5), b.Linear(3, 3))
	buf := withBuffer[float32]{b.ReLU(), &Buffer[float32]{Name: "running_mean", Value: tensor.New[float32](3)}}
	model := b.Parts(b.Part("embedding", first), b.Part("body", body), b.Part("norm", b.Named("ignored", buf)))
	var names []string
	for _, p := range model.Params() {
		names = append(names, p.Name)
	}
	if want := []string{"embedding.weight", "body.1.weight", "body.1.bias"}; !slices.Equal(names, want) {
		t.Errorf("names %q, want %q", names, want)
	}
	if u := model.Buffers(); len(u) != 1 || u[0].Name != "norm.running_mean" {
		t.Errorf("buffers %v", u)
	}
	if c := model.Counters(); len(c) != 1 || c[0].Name != "body.0.steps" {
		t.Errorf("counters %v", c)
	}
	if e := StateDict(model); len(e) != 4 || e[3].Name != "norm.running_mean" {
		t.Errorf("state %v", e)
	}
	before := Hash(model)
	first.Weight.Value.Data()[0]++
	if Hash(model) == before {
		t.Error("the hash leaves out a part")
	}
	if n := Freeze(model, "embedding", "body.0"); n != 1 || !first.Weight.Frozen {
		t.Errorf("froze %d", n)
	}
	panics(t, func() { Freeze(model, "head") }, `nothing is called "head"`, "embedding.weight")
	panics(t, func() { b.Parts(b.Part("a", first), b.Part("b", first)) }, "nn.Parts", "parts 0 and 1 share")
	panics(t, func() { b.Parts(b.Part("a", b.ReLU()), b.Part("a", b.ReLU())) }, "nn.Parts", `two parts are called "a"`)
	panics(t, func() { b.Parts(b.Part("a.b", first)) }, "nn.Parts", `"a.b"`)
	panics(t, func() { b.Parts(b.Part("a", nil)) }, "nn.Parts", "part 0 is nil")
}
