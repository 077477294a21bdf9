package tensor

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/lanes-go/lanes/internal/steady"
)

// concatShapes are shapes with the axis and the lengths of the parts.
var concatShapes = []struct {
	shape []int
	axis  int
	cut   []int
}{
	{[]int{5}, 0, []int{2, 3}},
	{[]int{3, 7}, 1, []int{1, 2, 4}},
	{[]int{3, 7}, -2, []int{2, 1}},
	{[]int{2, 5, 3}, 1, []int{4, 0, 1}},
	{[]int{2, 3, 4, 5}, 1, []int{1, 2}},
	{[]int{2, 3, 4, 5}, 3, []int{5}},
	{[]int{70, 200}, 1, []int{100, 99, 1}},
	{[]int{0, 4}, 1, []int{3, 1}},
}

func TestConcatSplit(t *testing.T) {
	t.Run("f32", testConcatSplit[float32])
	t.Run("f64", testConcatSplit[float64])
}

func testConcatSplit[T Float](t *testing.T) {
	for _, c := range concatShapes {
		for _, views := range []bool{false, true} {
			x := countedTensor[T](views, c.shape...)
			a := x.axis("test", c.axis)
			var pieces []*Tensor[T]
			from := 0
			for _, n := range c.cut {
				shape := append([]int{}, c.shape...)
				shape[a] = n
				p := countedTensor[T](views, shape...)
				p.Fill(-1)
				pieces = append(pieces, p)
				from += n
			}
			Split(pieces, x, c.axis)
			from = 0
			for i, n := range c.cut {
				if want := x.Narrow(a, from, n); !sameElements(pieces[i], want) {
					t.Fatalf("%v cut %v, views %v: part %d is %v, not %v", c.shape, c.cut, views, i, pieces[i], want)
				}
				from += n
			}
			y := countedTensor[T](views, c.shape...)
			y.Fill(-1)
			Concat(y, c.axis, pieces...)
			if !sameElements(x, y) {
				t.Fatalf("%v cut %v, views %v: joined %v, not %v", c.shape, c.cut, views, y, x)
			}
		}
	}
}

// countedTensor holds 0, 1, 2, …, in memory turned round if it is to be a view.
func countedTensor[T Float](view bool, shape ...int) *Tensor[T] {
	x := New[T](shape...)
	if view && len(shape) > 1 {
		turned := append([]int{}, shape...)
		turned[0], turned[len(shape)-1] = turned[len(shape)-1], turned[0]
		x = New[T](turned...).Transpose(0, -1)
	}
	values := New[T](shape...)
	for i := range values.data {
		values.data[i] = T(i)
	}
	return x.CopyFrom(values)
}

func sameElements[T Float](x, y *Tensor[T]) bool {
	if !x.SameShape(y) {
		return false
	}
	a, b := x.Clone().Data(), y.Clone().Data()
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

func TestConcatMisuse(t *testing.T) {
	x, y := New[float32](2, 3), New[float32](2, 4)
	whole := New[float32](2, 7)
	fails := func(f func(), texts ...string) {
		t.Helper()
		defer func() {
			t.Helper()
			err, _ := recover().(error)
			var e *ShapeError
			if !errors.As(err, &e) {
				t.Fatalf("not a ShapeError: %v", err)
			}
			for _, s := range texts {
				if !strings.Contains(err.Error(), s) {
					t.Errorf("%q does not say %q", err, s)
				}
			}
		}()
		f()
	}
	fails(func() { Concat(whole, 2, x, y) }, "tensor.Concat", "no axis 2", "[2 7]")
	fails(func() { Concat(whole, 0, x, y) }, "tensor.Concat", "part 0 differs", "[2 7]", "[2 3]", "[2 4]")
	fails(func() { Concat(whole, 1, x) }, "tensor.Concat", "3 positions", "the whole 7")
	fails(func() { Concat(whole, 1, x, nil) }, "tensor.Concat", "part 1 is nil")
	fails(func() { Concat(nil, 1, x) }, "tensor.Concat", "nil")
	fails(func() { Concat(whole, 1, x, New[float32](8)) }, "part 1 differs", "[8]")
	fails(func() { Concat(whole, 1, x, whole.Narrow(1, 2, 4)) }, "tensor.Concat", "part 1 shares memory")
	fails(func() { Split([]*Tensor[float32]{x, y}, x, 1) }, "tensor.Split", "shares memory")
	two := New[float32](2, 4)
	fails(func() { Split([]*Tensor[float32]{two.Narrow(1, 0, 3), two}, whole, 1) }, "tensor.Split", "two parts share memory")
	// Columns of one array are apart.
	all := New[float32](2, 7)
	Split([]*Tensor[float32]{all.Narrow(1, 0, 3), all.Narrow(1, 3, 4)}, whole, 1)
}

func TestConcatAllocates(t *testing.T) {
	for _, c := range concatShapes {
		x := countedTensor[float32](false, c.shape...)
		var pieces []*Tensor[float32]
		for _, n := range c.cut {
			shape := append([]int{}, c.shape...)
			shape[x.axis("test", c.axis)] = n
			pieces = append(pieces, New[float32](shape...))
		}
		if n := steady.Allocs(10, func() { Split(pieces, x, c.axis); Concat(x, c.axis, pieces...) }); n != 0 {
			t.Errorf("%v cut %v: %v allocations", c.shape, c.cut, n)
		}
	}
}

func ExampleConcat() {
	a, b := From([]float32{1, 2, 3, 4}, 2, 2), From([]float32{5, 6}, 2, 1)
	y := New[float32](2, 3)
	Concat(y, 1, a, b)
	fmt.Println(y)
	// Output: float32[2 3]{1, 2, 5, 3, 4, 6}
}
