package nn

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/lanes-go/lanes/internal/steady"
	"github.com/lanes-go/lanes/tensor"
)

// profileSlow takes a time forward and twice as much backward.
type profileSlow struct {
	Identity[float32]
	time time.Duration
}

func (l *profileSlow) Forward(x *tensor.Tensor[float32], mode Mode) *tensor.Tensor[float32] {
	time.Sleep(l.time)
	return l.Identity.Forward(x, mode)
}

func (l *profileSlow) Backward(dy *tensor.Tensor[float32]) *tensor.Tensor[float32] {
	time.Sleep(2 * l.time)
	return l.Identity.Backward(dy)
}

func profileNet(slow Layer[float32]) *Sequential[float32] {
	b := New[float32](1)
	return b.Sequential(
		b.Linear(6, 4), b.ReLU(),
		b.Named("block", b.Residual(b.Named("fc", b.Linear(4, 4)), b.Named("act", b.ReLU()), slow, b.Tanh())),
		b.Mul(b.Identity(), b.Linear(4, 4)),
		b.Dropout(0.5), b.Linear(4, 3))
}

func TestProfileRows(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	x, dy := random[float32](r, 5, 6), random[float32](r, 5, 3)
	net := profileNet(&profileSlow{time: time.Millisecond})
	p := NewProfile(net)
	defer p.Stop()
	for range 3 {
		p.Forward(x, Train)
		p.Time("loss", KindLoss, func() { time.Sleep(time.Millisecond) })
		p.Backward(dy)
		p.Time("sleep", "rest", func() { time.Sleep(time.Millisecond) })
	}
	p.Time("all", KindUpdate, func() { p.Forward(x, Eval) })
	got := p.Table()
	if got.Forwards != 4 || got.Backwards != 3 {
		t.Errorf("%d passes forward, %d backward", got.Forwards, got.Backwards)
	}
	type row struct {
		name  string
		depth int
		layer string
		kind  string
	}
	want := []row{
		{"0+1", 0, "Linear(6 -> 4) + ReLU", KindProducts},
		{"block", 0, "Residual", KindOther},
		{"block.shortcut", 1, "Identity", KindOther},
		{"block.body", 1, "Sequential", KindOther},
		{"block.body.fc+act", 2, "Linear(4 -> 4) + ReLU", KindProducts},
		{"block.body.2", 2, "profileSlow", KindOther},
		{"block.body.3", 2, "Tanh", KindActivations},
		{"3", 0, "Mul", KindOther},
		{"3.0", 1, "Identity", KindOther},
		{"3.1", 1, "Linear(4 -> 4)", KindProducts},
		{"4", 0, "Dropout(0.5)", KindOther},
		{"5", 0, "Linear(4 -> 3)", KindProducts},
		{"loss", 0, "", KindLoss},
		{"sleep", 0, "", "rest"},
		{"all", 0, "", KindUpdate},
	}
	var rows []row
	byName := map[string]ProfileRow{}
	for _, r := range got.Rows {
		rows = append(rows, row{r.Name, r.Depth, r.Layer, r.Kind})
		byName[r.Name] = r
	}
	if !slices.Equal(rows, want) {
		t.Errorf("rows\n%v, want\n%v", rows, want)
	}
	// A layer's time is in the rows of what it is in.
	for _, name := range []string{"block.body.2", "block.body", "block"} {
		if u := byName[name]; u.Forward < time.Millisecond || u.Backward < 2*time.Millisecond {
			t.Errorf("%s takes %v and %v, with a layer in it that takes 1 ms and 2 ms", name, u.Forward, u.Backward)
		}
	}
	if u := got.Network; u.Forward < time.Millisecond || u.Backward < 2*time.Millisecond {
		t.Errorf("the network takes %v", u)
	}
	if byName["loss"].Other < time.Millisecond || byName["sleep"].Sum() < time.Millisecond {
		t.Errorf("loss %v, sleep %v", byName["loss"].Times, byName["sleep"].Times)
	}
	// The parts make up the whole.
	block, body, short := byName["block"], byName["block.body"], byName["block.shortcut"]
	if block.Own.Forward != block.Forward-body.Forward-short.Forward || block.Own.Backward != block.Backward-body.Backward-short.Backward {
		t.Errorf("block %+v, body %+v, shortcut %+v", block, body, short)
	}
	var sum Times
	var names []string
	for _, k := range got.Kinds() {
		sum.add(k.Times, 1)
		names = append(names, k.Kind)
	}
	if sum != got.Total() || sum.Other != byName["loss"].Other+byName["sleep"].Other+byName["all"].Other {
		t.Errorf("the kinds make up %v, the whole is %v", sum, got.Total())
	}
	if want := []string{KindProducts, KindActivations, KindLoss, KindUpdate, KindOther, "rest"}; !slices.Equal(names, want) {
		t.Errorf("kinds %q, want %q", names, want)
	}
	s := got.String()
	for _, text := range []string{"layer ", "\n    block.body.fc+act  Linear(4 -> 4) + ReLU", "\nstep ", "\n\nproducts ", "\nrest "} {
		if !strings.Contains(s, text) {
			t.Errorf("no %q in\n%s", text, s)
		}
	}
	// Other passes are not measured.
	net.Forward(x, Train)
	net.Backward(dy)
	BackwardParams[float32](net, dy)
	if u := p.Table(); !reflect.DeepEqual(u, got) {
		t.Errorf("passes beside the profile are measured:\n%+v, before\n%+v", *u, *got)
	}
	// What Time measures is without the passes in it.
	p.Time("all", KindUpdate, func() { p.whole.Forward += time.Hour })
	if u := p.Table().Rows[14].Other; u > -time.Hour/4 {
		t.Errorf("an hour of passes in one of two calls leaves the row %v", u)
	}
	p.Reset()
	if u := p.Table(); u.Total() != (Times{}) || u.Forwards != 0 || len(u.Rows) != 12 {
		t.Errorf("after Reset: %+v", u)
	}
	p.Stop()
	p.Forward(x, Train)
	if u := p.Table(); u.Rows[0].Forward != 0 {
		t.Error("a stopped profile measures a layer")
	}
}

func TestProfileOfOne(t *testing.T) {
	b := New[float64](1)
	p := NewProfile[float64](b.Linear(2, 3))
	x := random[float64](rand.New(rand.NewPCG(1, 2)), 5, 2)
	BackwardParams(p, p.Forward(x, Train).Clone())
	u := p.Table()
	if len(u.Rows) != 1 || u.Rows[0].Layer != "Linear(2 -> 3)" || u.Rows[0].Times != u.Network || u.Backwards != 1 || u.Kinds()[0].Kind != KindProducts {
		t.Errorf("%+v", u)
	}
}

// A fused network is profiled, and described, like one that is not.
// Summary and NewPredictor of a Profile are those of its network, with clocks and without.
func TestProfileIsItsNetwork(t *testing.T) {
	b := New[float32](3)
	x := tensor.New[float32](5, 6)
	tensor.Normal(x, 0, 1, 9, 9)
	for _, net := range []Layer[float32]{
		b.Sequential(b.Linear(6, 6), b.BatchNorm1d(6), b.ReLU(), b.Residual(b.Linear(6, 6), b.Dropout(0.5), b.Tanh()), b.Linear(6, 3)),
		b.Residual(b.Sequential(b.Linear(6, 6), b.ReLU()), b.PReLU(1)),
		b.Linear(6, 2),
	} {
		rows, y := Summary(net, 5, 6).String(), net.Forward(x, Eval).Clone()
		p := NewProfile(net)
		for _, when := range []string{"running", "stopped"} {
			if got := Summary[float32](p, 5, 6).String(); got != rows {
				t.Errorf("%s:\n%swant\n%s", when, got, rows)
			}
			if got := NewPredictor[float32](p).Predict(new(tensor.Tensor[float32]), x); !slices.Equal(got.Data(), y.Data()) {
				t.Errorf("%s: predicted %v, want %v", when, got, y)
			}
			if table := p.Table(); table.Forwards != 0 {
				t.Errorf("%s: %d passes were measured", when, table.Forwards)
			}
			p.Stop()
		}
	}
}

func TestProfileOfFused(t *testing.T) {
	b := New[float32](1)
	net := b.Sequential(b.Linear(6, 5), b.BatchNorm1d(5), b.ReLU(), b.Residual(b.Linear(5, 5), b.ReLU()), b.Dropout(0.5), b.Linear(5, 2))
	x := random[float32](rand.New(rand.NewPCG(1, 2)), 3, 6)
	fused := Fuse(net)
	p := NewProfile(fused)
	want := net.Forward(x, Eval)
	if y := p.Forward(x, Eval); !slices.Equal(y.Data(), want.Data()) {
		t.Errorf("%v, want %v", y, want)
	}
	p.Stop()
	var rows []string
	for _, r := range p.Table().Rows {
		rows = append(rows, fmt.Sprintf("%s %s %s", r.Name, r.Layer, r.Kind))
	}
	if want := []string{"0 Linear(6 -> 5) + BatchNorm + ReLU products", "1 Residual other", "1.shortcut Identity other",
		"1.body Sequential other", "1.body.0 Linear(5 -> 5) + ReLU products", "2 Linear(5 -> 2) products"}; !slices.Equal(rows, want) {
		t.Errorf("rows %q, want %q", rows, want)
	}
	if a, b := Summary(fused, 3, 6), Summary(net, 3, 6); a.FLOPs != b.FLOPs || len(a.Rows) != 6 || fmt.Sprint(a.Rows[0].Output) != "[3 5]" {
		t.Errorf("fused\n%vnot\n%v", a, b)
	}
}

// A profile gives the bits of the network, allocates nothing, and leaves nothing behind.
func TestProfileLeavesAlone(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	x, dy := random[float32](r, 5, 6), random[float32](r, 5, 3)
	run := func(net Layer[float32], paramsOnly bool) (out []float32) {
		for range 2 {
			out = append(out, net.Forward(x, Train).Data()...)
			if paramsOnly {
				BackwardParams(net, dy)
			} else {
				out = append(out, net.Backward(dy).Data()...)
			}
		}
		out = append(out, net.Forward(x, Eval).Data()...)
		for _, p := range net.Params() {
			out = append(out, p.Grad.Data()...)
		}
		return out
	}
	for _, paramsOnly := range []bool{false, true} {
		for _, freeze := range []bool{false, true} {
			make := func() *Sequential[float32] {
				net := profileNet(New[float32](2).Identity())
				if freeze {
					Freeze(net, "0", "block")
				}
				return net
			}
			want := run(make(), paramsOnly)
			net := make()
			before, kids := slices.Clone(net.steps), fmt.Sprint(net.Layer(3).(*Mul[float32]).kids)
			p := NewProfile(net)
			panics(t, func() { NewProfile(net) }, "nn.NewProfile", "has a profile already")
			if got := run(p, paramsOnly); !slices.Equal(got, want) {
				t.Errorf("parameters only: %v, frozen: %v: a profiled network gives other bits", paramsOnly, freeze)
			}
			u := p.Table()
			if freeze && paramsOnly && u.Rows[0].Backward != 0 {
				t.Errorf("a frozen first layer takes %v", u.Rows[0].Times)
			}
			if n := steady.Allocs(10, func() {
				p.Forward(x, Train)
				p.Backward(dy)
				BackwardParams(p, dy)
			}); n != 0 {
				t.Errorf("%v allocations", n)
			}
			if s := Summary(net, 2, 6); len(s.Rows) != 14 || s.Rows[1].Layer != "ReLU" || s.Rows[4].Layer != "Sequential" {
				t.Errorf("the Summary of a profiled network is\n%v", s)
			}
			if Hash(p) != Hash(net) || len(p.Counters()) != 1 || Freeze(p, "block") != 2 {
				t.Error("the state of a profile is not the network's")
			}
			var y tensor.Tensor[float32]
			if NewPredictor(net).Predict(&y, x); !slices.Equal(y.Data(), net.Forward(x, Eval).Data()) {
				t.Error("a predictor of a profiled network gives other bits")
			}
			for _, c := range p.clocks {
				if _, ok := c.Replica().(stand[float32]); ok {
					t.Errorf("%s: a replica has the clock", c.row.Name)
				}
			}
			p.Stop()
			p.Stop()
			if !slices.Equal(net.steps, before) || fmt.Sprint(net.Layer(3).(*Mul[float32]).kids) != kids {
				t.Error("a stopped profile leaves clocks in the network")
			}
			NewProfile(net).Stop()
		}
	}
	b := New[float32](1)
	first := newBlocksScale[float32](2) // whose dx nobody wants
	p := NewProfile(b.Sequential(first, b.Linear(6, 3)))
	p.Forward(x, Train)
	if BackwardParams(p, dy); first.params != 1 || first.backwards != 0 {
		t.Errorf("BackwardParams of a profile: the first layer's gradients are computed %d times, with dx %d", first.params, first.backwards)
	}
	add := b.Add(b.Identity(), b.ReLU())
	defer NewProfile(add).Stop()
	outer := b.Sequential(b.ReLU(), add)
	panics(t, func() { NewProfile(outer) }, "nn.NewProfile", "has a profile already")
	for _, st := range outer.steps {
		if _, ok := st.layer.(stand[float32]); ok {
			t.Error("a profile that is refused leaves a clock behind")
		}
	}
}
