package nn

import (
	"slices"
	"testing"

	"github.com/lanes-go/lanes/tensor"
)

// TestReshape: the elements in their order, and of contiguous tensors the very same ones.
func TestReshape(t *testing.T) {
	b := New[float32](1)
	for _, c := range []struct {
		name    string
		l       *Reshape[float32]
		in, out []int
	}{
		{"Flatten", b.Flatten(), []int{2, 3, 4, 5}, []int{2, 60}},
		{"Flatten of a matrix", b.Flatten(), []int{2, 3}, []int{2, 3}},
		{"Flatten of nothing", b.Flatten(), []int{0, 3, 4}, []int{0, 12}},
		{"Flatten from 0", b.Flatten(0), []int{2, 3, 4}, []int{24}},
		{"Flatten from 2", b.Flatten(2), []int{2, 3, 4, 5}, []int{2, 3, 20}},
		{"Reshape", b.Reshape(3, 4), []int{2, 12}, []int{2, 3, 4}},
		{"Reshape with -1", b.Reshape(3, -1, 2), []int{2, 4, 3}, []int{2, 3, 2, 2}},
		{"Reshape of an empty batch", b.Reshape(3, -1), []int{0, 12}, []int{0, 3, 4}},
		{"Reshape to one each", b.Reshape(), []int{5, 1, 1}, []int{5}},
	} {
		x := tensor.New[float32](c.in...)
		for i := range x.Data() {
			x.Data()[i] = float32(i)
		}
		turned := x.Clone().Transpose(0, 1).Clone().Transpose(0, 1) // of the shape of x, but not contiguous
		for _, mode := range []Mode{Eval, Train} {
			for _, x := range []*tensor.Tensor[float32]{turned, x} {
				y := c.l.Forward(x, mode)
				if !slices.Equal(y.Shape(), c.out) || !slices.Equal(y.Data(), x.Clone().Data()) {
					t.Errorf("%s: %v", c.name, y)
				}
				if x.IsContiguous() && x.Len() > 0 && &y.Data()[0] != &x.Data()[0] {
					t.Errorf("%s copies", c.name)
				}
			}
		}
		dy := tensor.New[float32](c.out...)
		copy(dy.Data(), x.Data())
		c.l.Forward(tensor.New[float32](append([]int{1}, c.in[1:]...)...), Eval)
		dx := c.l.Backward(dy)
		if !dx.SameShape(x) || !slices.Equal(dx.Data(), x.Data()) || x.Len() > 0 && &dx.Data()[0] != &dy.Data()[0] {
			t.Errorf("%s: dx %v", c.name, dx)
		}
		if dy.Rank() > 1 {
			dy = dy.Transpose(0, 1).Clone().Transpose(0, 1)
			if dx := c.l.Backward(dy); !dx.SameShape(x) || !slices.Equal(dx.Data(), x.Data()) {
				t.Errorf("%s: dx %v of a dy that is not contiguous", c.name, dx)
			}
		}
	}
}

func TestReshapeMisuse(t *testing.T) {
	b := New[float32](1)
	panics(t, func() { b.Flatten(-1) }, "nn.Flatten:", "at least 0")
	panics(t, func() { b.Flatten(1, 2) }, "nn.Flatten:", "one number")
	for _, s := range [][]int{{0}, {-2, 3}, {-1, -1}, {2, -1, 0}} {
		panics(t, func() { b.Reshape(s...) }, "nn.Reshape:", "-1 for one of them")
	}
	x := tensor.New[float32](4, 6)
	for name, l := range map[string]*Reshape[float32]{"Flatten": b.Flatten(), "Reshape": b.Reshape(2, 3)} {
		panics(t, func() { l.Backward(x) }, "nn."+name+".Backward", "without a Train-mode Forward", "[4 6]")
		l.Forward(x, Eval)
		panics(t, func() { l.Backward(x) }, "nn."+name+".Backward", "without a Train-mode Forward")
		l.Forward(x, Train)
		panics(t, func() { l.Backward(tensor.New[float32](2, 12)) }, "nn."+name+".Backward", "[2 12]")
		panics(t, func() { l.Forward(x, 2) }, "nn."+name+".Forward", "mode 2")
		panics(t, func() { l.Forward(tensor.New[float32](), Eval) }, "nn."+name+".Forward", "[]")
	}
	panics(t, func() { b.Flatten().Forward(tensor.New[float32](4), Eval) }, "nn.Flatten.Forward", "axis 1", "[4]")
	panics(t, func() { b.Reshape(5).Forward(x, Eval) }, "nn.Reshape.Forward", "[4 6]", "[5]")
	panics(t, func() { b.Reshape(4, -1).Forward(x, Eval) }, "nn.Reshape.Forward", "[4 6]", "[4 -1]")
}
