package tensor

import (
	"fmt"
	"math"
	"slices"
	"strings"
)

// ShapeError is the panic value of an operation whose operands do not fit.
type ShapeError struct {
	Op     string  // the operation: "MatMul"
	Shapes [][]int // of every operand, as they are given; nil for one that is nil
	Reason string
}

func (e *ShapeError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "tensor.%s: %s", e.Op, e.Reason)
	for i, s := range e.Shapes {
		if i == 0 {
			b.WriteString(": shape")
			if len(e.Shapes) > 1 {
				b.WriteString("s")
			}
		} else {
			b.WriteString(",")
		}
		if s == nil {
			b.WriteString(" nil")
		} else {
			fmt.Fprintf(&b, " %v", s)
		}
	}
	return b.String()
}

// operandError is a ShapeError of operands that may be nil.
func operandError[T Float](op, reason string, operands ...*Tensor[T]) *ShapeError {
	e := &ShapeError{Op: op, Reason: reason, Shapes: make([][]int, len(operands))}
	for i, t := range operands {
		if t != nil {
			e.Shapes[i] = append([]int{}, t.shape...)
		}
	}
	return e
}

// shapeError copies the shapes, so that those of the callers stay on their stacks.
func shapeError(op, reason string, shapes ...[]int) *ShapeError {
	e := &ShapeError{Op: op, Reason: reason, Shapes: make([][]int, len(shapes))}
	for i, s := range shapes {
		e.Shapes[i] = append([]int{}, s...)
	}
	return e
}

// size returns the number of elements of a shape; it panics if a dimension is
// negative or the size in bytes overflows int. Dimensions of 0 do not hide an
// overflow of the others, so that every stride is an int as well.
func size[T Float](op string, shape []int) int {
	n, zero := 1, false
	for _, d := range shape {
		switch {
		case d < 0:
			panic(shapeError(op, "negative dimension", shape))
		case d == 0:
			zero = true
		case n > math.MaxInt/sizeOf[T]()/d:
			panic(shapeError(op, "the size overflows int", shape))
		default:
			n *= d
		}
	}
	if zero {
		return 0
	}
	return n
}

// rowMajor sets the strides of a contiguous array.
func rowMajor(stride, shape []int) {
	n := 1
	for i := len(shape) - 1; i >= 0; i-- {
		stride[i] = n
		n *= max(1, shape[i])
	}
}

// axis returns a's index; negative axes count from the end.
func (t *Tensor[T]) axis(op string, a int) int {
	i := a
	if i < 0 {
		i += len(t.shape)
	}
	if i < 0 || i >= len(t.shape) {
		panic(shapeError(op, fmt.Sprintf("no axis %d", a), t.shape))
	}
	return i
}

// view returns a header with room for rank axes.
func view[T Float](data []T, rank int) *Tensor[T] {
	dims := make([]int, 2*rank)
	return &Tensor[T]{data: data, shape: dims[:rank:rank], stride: dims[rank:]}
}

// span returns the elements from the first to the last of a view that starts off
// elements into t.
func (t *Tensor[T]) span(off int, shape, stride []int) []T {
	n := 1
	for i, d := range shape {
		if d == 0 {
			return t.data[:0:0]
		}
		n += (d - 1) * stride[i]
	}
	return t.data[off : off+n : off+n]
}

// Reshape returns a view of the same elements, in row-major order, in another
// shape. One dimension may be -1: it is found from the others. t must be
// contiguous.
func (t *Tensor[T]) Reshape(shape ...int) *Tensor[T] {
	if !t.IsContiguous() {
		panic(shapeError("Reshape", "the view is not contiguous: Clone it first", t.shape, shape))
	}
	v := view(t.data, len(shape))
	copy(v.shape, shape)
	if i := slices.Index(v.shape, -1); i >= 0 {
		v.shape[i] = 1
		if n := size[T]("Reshape", v.shape); n > 0 {
			v.shape[i] = len(t.data) / n
		}
	}
	if size[T]("Reshape", v.shape) != len(t.data) {
		panic(shapeError("Reshape", "the number of elements differs", t.shape, shape))
	}
	rowMajor(v.stride, v.shape)
	return v
}

// Transpose returns a view with two axes exchanged.
func (t *Tensor[T]) Transpose(i, j int) *Tensor[T] {
	i, j = t.axis("Transpose", i), t.axis("Transpose", j)
	v := view(t.data, len(t.shape))
	copy(v.shape, t.shape)
	copy(v.stride, t.stride)
	v.shape[i], v.shape[j] = v.shape[j], v.shape[i]
	v.stride[i], v.stride[j] = v.stride[j], v.stride[i]
	return v
}

// T returns a view with the last two axes exchanged: the transpose of a matrix, or
// of every matrix of a batch.
func (t *Tensor[T]) T() *Tensor[T] {
	if len(t.shape) < 2 {
		panic(shapeError("T", "fewer than two axes", t.shape))
	}
	return t.Transpose(-2, -1)
}

// Permute returns a view whose axis i is axis axes[i] of t.
func (t *Tensor[T]) Permute(axes ...int) *Tensor[T] {
	v := view(t.data, len(t.shape))
	if len(axes) != len(t.shape) {
		panic(shapeError("Permute", fmt.Sprintf("axes %v do not name every axis once", slices.Clone(axes)), t.shape))
	}
	for i := range v.shape {
		v.shape[i] = -1
	}
	for i, a := range axes {
		a = t.axis("Permute", a)
		v.shape[i], v.stride[i] = t.shape[a], t.stride[a]
		for _, b := range axes[:i] {
			if t.axis("Permute", b) == a {
				panic(shapeError("Permute", fmt.Sprintf("axes %v do not name every axis once", slices.Clone(axes)), t.shape))
			}
		}
	}
	return v
}

// Narrow returns a view of length positions of an axis, from start on.
func (t *Tensor[T]) Narrow(axis, start, length int) *Tensor[T] {
	return view[T](nil, len(t.shape)).OverNarrow(t, axis, start, length)
}

// OverNarrow makes t the view x.Narrow(axis, start, length) in place of what it was, and
// returns it; t may be x. Like Over it allocates only where t never had as many axes.
func (t *Tensor[T]) OverNarrow(x *Tensor[T], axis, start, length int) *Tensor[T] {
	a := x.axis("Narrow", axis)
	if start < 0 || length < 0 || start > x.shape[a]-length {
		panic(shapeError("Narrow", fmt.Sprintf("axis %d has no positions %d to %d", axis, start, start+length), x.shape))
	}
	if cap(t.shape) < len(x.shape) {
		v := view[T](nil, len(x.shape))
		t.shape, t.stride = v.shape, v.stride
	}
	t.shape, t.stride = t.shape[:len(x.shape)], t.stride[:len(x.shape)]
	copy(t.shape, x.shape)
	copy(t.stride, x.stride)
	t.shape[a] = length
	t.data, t.grad = x.span(start*x.stride[a], t.shape, t.stride), nil
	return t
}

// Select returns a view of one position of an axis, without that axis: row i of a
// matrix is Select(0, i), column j Select(1, j).
func (t *Tensor[T]) Select(axis, i int) *Tensor[T] {
	a := t.axis("Select", axis)
	if i < 0 || i >= t.shape[a] {
		panic(shapeError("Select", fmt.Sprintf("axis %d has no position %d", axis, i), t.shape))
	}
	v := view[T](nil, len(t.shape)-1)
	copy(v.shape, t.shape[:a])
	copy(v.shape[a:], t.shape[a+1:])
	copy(v.stride, t.stride[:a])
	copy(v.stride[a:], t.stride[a+1:])
	v.data = t.span(i*t.stride[a], v.shape, v.stride)
	return v
}

// IsContiguous reports whether the elements lie in row-major order without gaps.
func (t *Tensor[T]) IsContiguous() bool {
	n := 1
	for i := len(t.shape) - 1; i >= 0; i-- {
		if t.shape[i] == 0 {
			return true
		}
		if t.shape[i] != 1 && t.stride[i] != n {
			return len(t.data) == 0
		}
		n *= t.shape[i]
	}
	return true
}
