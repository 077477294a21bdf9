package nn

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/lanes-go/lanes/tensor"
)

// summaryForeign is a layer that says nothing about itself.
type summaryForeign[T tensor.Float] struct{ Layer[T] }

func summaryNet() *Sequential[float32] {
	b := New[float32](1)
	return b.Sequential(
		b.Linear(6, 4), b.ReLU(), b.Dropout(0.5),
		b.Named("block", b.Residual(b.Linear(4, 3), b.PReLU(1), b.Linear(3, 4))),
		b.Mul(b.Identity(), b.Sequential(b.Linear(4, 4), b.Sigmoid()), b.Tanh()),
		b.Concat(1, b.Linear(4, 2), summaryForeign[float32]{b.Linear(4, 1)}))
}

func TestSummaryRows(t *testing.T) {
	net := summaryNet()
	Freeze(net, "0", "block.body.0.bias")
	got := Summary(net, 5, 6)
	want := []SummaryRow{
		{"0", 0, "Linear(6 -> 4)", []int{5, 4}, 28, 0, 2*5*6*4 + 5*4, Times{}},
		{"1", 0, "ReLU", []int{5, 4}, 0, 0, 20, Times{}},
		{"2", 0, "Dropout(0.5)", []int{5, 4}, 0, 0, 0, Times{}},
		{"block", 0, "Residual", []int{5, 4}, 15 + 1 + 16, 12 + 1 + 16, 135 + 15 + 140 + 20, Times{}},
		{"block.shortcut", 1, "Identity", []int{5, 4}, 0, 0, 0, Times{}},
		{"block.body", 1, "Sequential", []int{5, 4}, 15 + 1 + 16, 12 + 1 + 16, 135 + 15 + 140, Times{}},
		{"block.body.0", 2, "Linear(4 -> 3)", []int{5, 3}, 15, 12, 2*5*4*3 + 15, Times{}},
		{"block.body.1", 2, "PReLU(1)", []int{5, 3}, 1, 1, 15, Times{}},
		{"block.body.2", 2, "Linear(3 -> 4)", []int{5, 4}, 16, 16, 2*5*3*4 + 20, Times{}},
		{"4", 0, "Mul", []int{5, 4}, 20, 20, 180 + 20 + 20 + 2*20, Times{}},
		{"4.0", 1, "Identity", []int{5, 4}, 0, 0, 0, Times{}},
		{"4.1", 1, "Sequential", []int{5, 4}, 20, 20, 180 + 20, Times{}},
		{"4.1.0", 2, "Linear(4 -> 4)", []int{5, 4}, 20, 20, 2*5*4*4 + 20, Times{}},
		{"4.1.1", 2, "Sigmoid", []int{5, 4}, 0, 0, 20, Times{}},
		{"4.2", 1, "Tanh", []int{5, 4}, 0, 0, 20, Times{}},
		{"5", 0, "Concat(axis 1)", []int{5, 3}, 15, 15, 90, Times{}},
		{"5.0", 1, "Linear(4 -> 2)", []int{5, 2}, 10, 10, 2*5*4*2 + 10, Times{}},
		{"5.1", 1, "summaryForeign", []int{5, 1}, 5, 5, -1, Times{}},
	}
	for i, r := range got.Rows {
		if i >= len(want) || fmt.Sprint(r) != fmt.Sprint(want[i]) {
			t.Errorf("row %d is\n%+v, want\n%+v", i, r, want[min(i, len(want)-1)])
		}
	}
	if len(got.Rows) != len(want) {
		t.Errorf("%d rows, want %d", len(got.Rows), len(want))
	}
	params := 0
	for _, p := range net.Params() {
		params += p.Value.Len()
	}
	if got.Params != params || got.Trainable != params-28-3 || got.FLOPs != 260+20+310+260+90 || got.ParamBytes != int64(4*params) || !slices.Equal(got.Input, []int{5, 6}) {
		t.Errorf("totals %+v", got)
	}
	if s := got.String(); !strings.Contains(s, "?\n") || !strings.Contains(s, ">= 940\n") || !strings.Contains(s, "\n    block.body.0  Linear(4 -> 3)") {
		t.Errorf("the table is\n%s", s)
	}
}

// Networks of one layer, and of none.
func TestSummaryOfOne(t *testing.T) {
	b := New[float64](1)
	s := Summary(b.Linear(3, 2), 1, 3)
	if len(s.Rows) != 1 || fmt.Sprint(s.Rows[0]) != "{ 0 Linear(3 -> 2) [1 2] 8 8 14 {0s 0s 0s}}" || s.Params != 8 || s.FLOPs != 14 || s.ParamBytes != 64 || s.DType != "float64" {
		t.Errorf("%+v", s)
	}
	if s := Summary(summaryForeign[float64]{b.Linear(3, 2)}, 1, 3); s.FLOPs != 0 || s.Rows[0].FLOPs != -1 {
		t.Errorf("%+v", s)
	}
	if s := Summary(b.Sequential(), 7); len(s.Rows) != 1 || fmt.Sprint(s.Rows[0]) != "{ 0 Sequential [7] 0 0 0 {0s 0s 0s}}" {
		t.Errorf("%+v", s)
	}
}

// Summary changes nothing: not the state, not what Backward needs, and not the network,
// also where x does not fit.
func TestSummaryLeavesAlone(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	x, dy := random[float32](r, 5, 6), random[float32](r, 5, 3)
	run := func(between func(net *Sequential[float32])) (out []float32) {
		net := summaryNet()
		for range 2 {
			out = append(out, net.Forward(x, Train).Data()...)
			between(net)
			out = append(out, net.Backward(dy).Data()...)
		}
		out = append(out, net.Forward(x, Eval).Data()...)
		for _, p := range net.Params() {
			out = append(out, p.Grad.Data()...)
		}
		return append(out, float32(net.Counters()[0].N))
	}
	want := run(func(*Sequential[float32]) {})
	for name, shape := range map[string][]int{"": {3, 6}, "of a shape that does not fit": {3, 7}} {
		got := run(func(net *Sequential[float32]) {
			steps := slices.Clone(net.steps)
			kids := slices.Clone(net.kids)
			mul := slices.Clone(net.Layer(4).(*Mul[float32]).kids)
			func() {
				defer func() {
					if err := recover(); (err == nil) != (name == "") {
						t.Errorf("Summary %s: %v", name, err)
					}
				}()
				Summary(net, shape...)
			}()
			if !slices.Equal(net.steps, steps) || fmt.Sprint(net.kids) != fmt.Sprint(kids) || fmt.Sprint(net.Layer(4).(*Mul[float32]).kids) != fmt.Sprint(mul) {
				t.Errorf("Summary %s leaves its probes in the network", name)
			}
		})
		if !slices.Equal(got, want) {
			t.Errorf("a Summary %s changes what the network gives", name)
		}
	}
}

// Of a Profile the summary has the times: of two layers in one with the first, of a
// container with its layers.
func TestSummaryTimes(t *testing.T) {
	b := New[float32](1)
	net := b.Sequential(b.Linear(30, 20), b.ReLU(), b.Residual(b.Linear(20, 20), b.Tanh()))
	p := NewProfile[float32](net)
	if s := Summary[float32](p, 4, 30).String(); strings.Contains(s, "ms") {
		t.Errorf("times before a pass:\n%s", s)
	}
	for range 3 {
		p.Forward(tensor.New[float32](4, 30), Train)
		p.Backward(tensor.New[float32](4, 20))
	}
	s, m := Summary[float32](p, 4, 30), p.Table()
	byName := map[string]SummaryRow{}
	for _, r := range s.Rows {
		byName[r.Name] = r
	}
	if len(s.Rows) != 7 || s.Time != m.Network || s.Time.Sum() <= 0 {
		t.Fatalf("%d rows, %v, %v", len(s.Rows), s.Time, m.Network)
	}
	for _, r := range m.Rows {
		name, _, _ := strings.Cut(r.Name, "+")
		if byName[name].Time != r.Times {
			t.Errorf("%s: %v, measured %v", name, byName[name].Time, r.Times)
		}
	}
	if byName["1"].Time != (Times{}) {
		t.Errorf("the ReLU, which is done with layer 0, has %v", byName["1"].Time)
	}
	text := s.String()
	if !strings.Contains(text, "forward ms  backward ms      %") || !strings.Contains(text, "100.0\n") {
		t.Errorf("no times in\n%s", text)
	}
	p.Stop()
	if s := Summary[float32](net, 4, 30).String(); strings.Contains(s, "ms") {
		t.Errorf("times of a network without clocks:\n%s", s)
	}
}
