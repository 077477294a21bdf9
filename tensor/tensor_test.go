package tensor

import (
	"errors"
	"math"
	"slices"
	"strings"
	"testing"
)

// shapePanic runs f, which must panic with a *ShapeError of the operation, and
// returns its text.
func shapePanic(t *testing.T, op string, f func()) (text string) {
	t.Helper()
	defer func() {
		t.Helper()
		err, _ := recover().(error)
		var e *ShapeError
		if !errors.As(err, &e) || e.Op != op {
			t.Errorf("want a ShapeError of %s, got %v", op, err)
			return
		}
		text = err.Error()
	}()
	f()
	return ""
}

func arange(shape ...int) *Tensor[float32] {
	t := New[float32](shape...)
	for i := range t.Data() {
		t.Data()[i] = float32(i)
	}
	return t
}

func wantElements(t *testing.T, x *Tensor[float32], shape []int, want ...float32) {
	t.Helper()
	if !slices.Equal(x.Shape(), shape) || !slices.Equal(x.Clone().Data(), want) {
		t.Errorf("got %v %v, want %v %v", x.Shape(), x.Clone().Data(), shape, want)
	}
}

func TestTensorViews(t *testing.T) {
	x := arange(2, 3)
	if x.Rank() != 2 || x.Dim(0) != 2 || x.Dim(-1) != 3 || x.Len() != 6 || !x.IsContiguous() {
		t.Error("a new tensor is not what was asked for")
	}
	wantElements(t, x.T(), []int{3, 2}, 0, 3, 1, 4, 2, 5)
	wantElements(t, x.Narrow(1, 1, 2), []int{2, 2}, 1, 2, 4, 5)
	wantElements(t, x.Narrow(0, 1, 1), []int{1, 3}, 3, 4, 5)
	wantElements(t, x.Narrow(0, 2, 0), []int{0, 3})
	wantElements(t, x.Select(1, 2), []int{2}, 2, 5)
	wantElements(t, x.Select(0, 1), []int{3}, 3, 4, 5)
	wantElements(t, x.Select(0, 1).Select(0, 1), []int{}, 4)
	wantElements(t, x.Reshape(3, -1), []int{3, 2}, 0, 1, 2, 3, 4, 5)
	wantElements(t, x.Reshape(6), []int{6}, 0, 1, 2, 3, 4, 5)
	y := arange(2, 3, 2)
	wantElements(t, y.Permute(2, 0, 1), []int{2, 2, 3}, 0, 2, 4, 6, 8, 10, 1, 3, 5, 7, 9, 11)
	wantElements(t, y.Transpose(0, 1).Narrow(2, 1, 1), []int{3, 2, 1}, 1, 7, 3, 9, 5, 11)
	for _, v := range []*Tensor[float32]{x.T(), x.Narrow(1, 0, 2), x.Select(1, 0)} {
		if v.IsContiguous() {
			t.Errorf("%v with strides %v counts as contiguous", v.Shape(), v.Strides())
		}
	}
	for _, v := range []*Tensor[float32]{x.Narrow(0, 1, 1), x.Narrow(1, 0, 1).Narrow(0, 0, 1), x.T().Narrow(1, 0, 0), arange(1, 4).T()} {
		if !v.IsContiguous() || len(v.Data()) != v.Len() {
			t.Errorf("%v with strides %v does not count as contiguous", v.Shape(), v.Strides())
		}
	}

	v := x.T()
	v.Set(9, 2, 1)
	if v.At(2, 1) != 9 || x.At(1, 2) != 9 {
		t.Error("a view does not share its elements")
	}
	v.Narrow(0, 1, 2).Fill(-1)
	wantElements(t, x, []int{2, 3}, 0, -1, -1, 3, -1, -1)
	x.T().CopyFrom(arange(3, 2))
	wantElements(t, x, []int{2, 3}, 0, 2, 4, 1, 3, 5)
	x.Narrow(1, 0, 1).CopyFrom(x.Narrow(1, 2, 1)) // one column from another
	wantElements(t, x, []int{2, 3}, 4, 2, 4, 5, 3, 5)
	if _ = append(x.Narrow(0, 0, 1).Data(), 7); x.At(1, 0) != 5 {
		t.Error("append to a view's data reached its neighbour")
	}
	one := New[float64]()
	one.Set(3)
	if one.Len() != 1 || one.At() != 3 || one.Rank() != 0 {
		t.Error("a tensor without axes is not one number")
	}
}

func TestTensorString(t *testing.T) {
	for want, x := range map[string]*Tensor[float32]{
		"float32[3 2]{0, 3, 1, 4, 2, 5}":         arange(2, 3).T(),
		"float32[20]{0, 1, 2, 3, 4, 5, 6, 7, …}": arange(20),
		"float32[0 2]{}":                         arange(0, 2),
	} {
		if got := x.String(); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

func TestTensorResize(t *testing.T) {
	x := New[float32](4, 6)
	var y Tensor[float64]
	if y.Resize(2, 2).Len() != 4 {
		t.Error("the zero value cannot be resized")
	}
	if n := testing.AllocsPerRun(10, func() { x.Resize(3, 5); x.Resize(4, 6); x.Resize(24) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
	if x.Resize(3, 2, 3).At(2, 1, 2); x.Len() != 18 || !x.IsContiguous() || len(x.Data()) != 18 {
		t.Error("resized to something else")
	}
}

func TestTensorMisuse(t *testing.T) {
	x := arange(2, 3)
	huge := math.MaxInt/2 + 1
	for _, c := range []struct {
		op, text string
		f        func()
	}{
		{"New", "negative dimension: shape [2 -1]", func() { New[float32](2, -1) }},
		{"New", "overflows int: shape", func() { New[float32](huge, 2, 2) }},
		{"New", "overflows int: shape", func() { New[float32](0, huge, huge) }},
		{"New", "overflows int: shape", func() { New[float64](math.MaxInt/8, 2) }},
		{"From", "4 elements given, 6 in the shape: shape [2 3]", func() { From(make([]float32, 4), 2, 3) }},
		{"From", "overflows int", func() { From(make([]float32, 4), huge, 4) }},
		{"Data", "(strides [1 3]): Clone it first: shape [3 2]", func() { x.T().Data() }},
		{"Reshape", "not contiguous: Clone it first: shapes [3 2], [6]", func() { x.T().Reshape(6) }},
		{"Reshape", "number of elements differs: shapes [2 3], [5]", func() { x.Reshape(5) }},
		{"Reshape", "number of elements differs: shapes [2 3], [4 -1]", func() { x.Reshape(4, -1) }},
		{"Reshape", "negative dimension", func() { x.Reshape(-1, -1) }},
		{"Resize", "negative dimension", func() { arange(2).Resize(-2) }},
		{"At", "index [0 3] is outside: shape [2 3]", func() { x.At(0, 3) }},
		{"At", "index [-1 0] is outside", func() { x.At(-1, 0) }},
		{"Set", "index [1] has not one number for each axis", func() { x.Set(1, 1) }},
		{"Dim", "no axis 2: shape [2 3]", func() { x.Dim(2) }},
		{"Dim", "no axis -3", func() { x.Dim(-3) }},
		{"T", "fewer than two axes: shape [3]", func() { arange(3).T() }},
		{"Transpose", "no axis 5", func() { x.Transpose(0, 5) }},
		{"Permute", "axes [0 0] do not name", func() { x.Permute(0, 0) }},
		{"Permute", "axes [0] do not name", func() { x.Permute(0) }},
		{"Narrow", "axis 1 has no positions 2 to 4: shape [2 3]", func() { x.Narrow(1, 2, 2) }},
		{"Narrow", "has no positions", func() { x.Narrow(1, 1, math.MaxInt) }},
		{"Select", "axis 0 has no position 2: shape [2 3]", func() { x.Select(0, 2) }},
		{"CopyFrom", "shapes differ: shapes [2 3], [3 2]", func() { x.CopyFrom(x.T()) }},
		{"CopyFrom", "share memory: shapes [3 3], [3 3]", func() { y := arange(3, 3); y.CopyFrom(y.T()) }},
	} {
		if got := shapePanic(t, c.op, c.f); !strings.Contains(got, c.text) {
			t.Errorf("%q does not say %q", got, c.text)
		}
	}
}

func TestOverNarrow(t *testing.T) {
	x := New[float32](3, 4, 5)
	for i := range x.Data() {
		x.Data()[i] = float32(i)
	}
	var v Tensor[float32]
	for _, x := range []*Tensor[float32]{x, x.Transpose(0, 2), x.Select(0, 1)} {
		for axis := range x.Rank() {
			for start := range x.Dim(axis) {
				for length := range x.Dim(axis) - start + 1 {
					got, want := v.OverNarrow(x, axis, start, length), x.Narrow(axis, start, length)
					if got != &v || !slices.Equal(got.Shape(), want.Shape()) || !slices.Equal(got.Strides(), want.Strides()) || !slices.Equal(got.Clone().Data(), want.Clone().Data()) {
						t.Errorf("axis %d from %d, %d long: %v, want %v", axis, start, length, got.Clone(), want.Clone())
					}
					if length > 0 && got.At(make([]int, x.Rank())...) != x.Select(axis, start).At(make([]int, x.Rank()-1)...) {
						t.Errorf("axis %d from %d begins at %v", axis, start, got.At(make([]int, x.Rank())...))
					}
				}
			}
		}
	}
	own := x.Transpose(0, 2)
	if want := x.Transpose(0, 2).Narrow(0, 1, 3).Clone(); !slices.Equal(own.OverNarrow(own, 0, 1, 3).Clone().Data(), want.Data()) {
		t.Errorf("of itself: %v, want %v", own.Clone(), want)
	}
	if n := testing.AllocsPerRun(10, func() { v.OverNarrow(x, 1, 1, 2) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
	func() {
		defer func() {
			if _, ok := recover().(*ShapeError); !ok {
				t.Error("no ShapeError")
			}
		}()
		v.OverNarrow(x, 1, 3, 2)
	}()
}

func TestOverT(t *testing.T) {
	x := []float32{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}
	var v Tensor[float32]
	for _, shape := range [][]int{{3, 4}, {2, 3, 2}, {1, 12}} {
		want := From(x, shape...).T()
		v.OverT(x, shape...)
		if got := v.Clone(); !v.SameShape(want) || !slices.Equal(got.Data(), want.Clone().Data()) {
			t.Errorf("shape %v: %v, want %v", shape, got, want.Clone())
		}
	}
	for _, shape := range [][]int{{12}, {3, 5}} {
		func() {
			defer func() {
				if _, ok := recover().(*ShapeError); !ok {
					t.Errorf("shape %v: no ShapeError", shape)
				}
			}()
			v.OverT(x, shape...)
		}()
	}
}
