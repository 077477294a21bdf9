package tensor

import (
	"fmt"
	"slices"
	"strings"

	"github.com/lanes-go/lanes/asm"
)

// Float is the element type of a tensor.
type Float = asm.Float

// Tensor is a dense array of T in row-major order, or a strided view of one. A
// view shares its elements with what it was made from. The zero value is not
// usable but for Resize.
type Tensor[T Float] struct {
	data   []T // from the first element to the last: of a view, also what lies between
	shape  []int
	stride []int      // in elements
	grad   *Tensor[T] // see GradBuffer
}

// New returns a tensor of zeros. Without dimensions it is a single number.
func New[T Float](shape ...int) *Tensor[T] {
	n := size[T]("New", shape)
	return contiguous(make([]T, n), shape)
}

// From returns a tensor over data, which it does not copy: len(data) must be the
// product of the shape.
func From[T Float](data []T, shape ...int) *Tensor[T] {
	if n := size[T]("From", shape); n != len(data) {
		panic(shapeError("From", fmt.Sprintf("%d elements given, %d in the shape", len(data), n), shape))
	}
	return contiguous(data[:len(data):len(data)], shape)
}

func contiguous[T Float](data []T, shape []int) *Tensor[T] {
	t := view(data, len(shape))
	copy(t.shape, shape)
	rowMajor(t.stride, t.shape)
	return t
}

// Over makes t a tensor over data, as From does, in place of what it was, and returns
// it. It allocates only where t never had as many axes: for callers with slices of
// their own who want to allocate nothing.
func (t *Tensor[T]) Over(data []T, shape ...int) *Tensor[T] {
	if n := size[T]("Over", shape); n != len(data) {
		panic(shapeError("Over", fmt.Sprintf("%d elements given, %d in the shape", len(data), n), shape))
	}
	t.axes(shape)
	t.data, t.grad = data[:len(data):len(data)], nil
	return t
}

// OverT makes t the view From(data, shape...).T() in place of what it was, and returns it:
// Over with the last two axes exchanged.
func (t *Tensor[T]) OverT(data []T, shape ...int) *Tensor[T] {
	if len(shape) < 2 {
		panic(shapeError("OverT", "fewer than two axes", shape))
	}
	t.Over(data, shape...)
	i, j := len(shape)-2, len(shape)-1
	t.shape[i], t.shape[j] = t.shape[j], t.shape[i]
	t.stride[i], t.stride[j] = t.stride[j], t.stride[i]
	return t
}

// axes gives t a shape and the strides of a contiguous array.
func (t *Tensor[T]) axes(shape []int) {
	if cap(t.shape) < len(shape) {
		v := view[T](nil, len(shape))
		t.shape, t.stride = v.shape, v.stride
	}
	t.shape, t.stride = t.shape[:len(shape)], t.stride[:len(shape)]
	copy(t.shape, shape)
	rowMajor(t.stride, t.shape)
}

// Resize gives t another shape in place and returns it. Its elements are then
// unspecified. It allocates only where t has been smaller all along, so a buffer
// that is resized before each use allocates nothing in a steady state. t must own
// its elements: views of it go on showing the old ones.
func (t *Tensor[T]) Resize(shape ...int) *Tensor[T] {
	n := size[T]("Resize", shape)
	if n > cap(t.data) {
		t.data = make([]T, n)
	}
	t.data = t.data[:n]
	t.axes(shape)
	return t
}

// Data returns the elements in row-major order, not a copy. It panics on a view
// that is not contiguous.
func (t *Tensor[T]) Data() []T {
	if !t.IsContiguous() {
		panic(shapeError("Data", fmt.Sprintf("the view is not contiguous (strides %v): Clone it first", slices.Clone(t.stride)), t.shape))
	}
	return t.data
}

// Shape returns the dimensions; the caller must not change them.
func (t *Tensor[T]) Shape() []int { return t.shape }

// Strides returns the distances, in elements, between neighbours along each axis;
// the caller must not change them.
func (t *Tensor[T]) Strides() []int { return t.stride }

// Rank returns the number of axes.
func (t *Tensor[T]) Rank() int { return len(t.shape) }

// Dim returns the length of an axis; negative axes count from the end.
func (t *Tensor[T]) Dim(axis int) int { return t.shape[t.axis("Dim", axis)] }

// Len returns the number of elements.
func (t *Tensor[T]) Len() int {
	n := 1
	for _, d := range t.shape {
		n *= d
	}
	return n
}

// SameShape reports whether t and u have the same shape.
func (t *Tensor[T]) SameShape(u *Tensor[T]) bool { return slices.Equal(t.shape, u.shape) }

// At returns the element at an index, one number for each axis.
func (t *Tensor[T]) At(index ...int) T { return t.data[t.offset("At", index)] }

// Set sets the element at an index.
func (t *Tensor[T]) Set(v T, index ...int) { t.data[t.offset("Set", index)] = v }

func (t *Tensor[T]) offset(op string, index []int) int {
	if len(index) != len(t.shape) {
		panic(shapeError(op, fmt.Sprintf("index %v has not one number for each axis", slices.Clone(index)), t.shape))
	}
	off := 0
	for a, i := range index {
		if uint(i) >= uint(t.shape[a]) {
			panic(shapeError(op, fmt.Sprintf("index %v is outside", slices.Clone(index)), t.shape))
		}
		off += i * t.stride[a]
	}
	return off
}

// Clone returns a contiguous copy.
func (t *Tensor[T]) Clone() *Tensor[T] {
	return New[T](t.shape...).CopyFrom(t)
}

// CopyFrom copies the elements of src, which has the shape of t, and returns t. Either
// may be a view: this is how data are transposed or permuted in memory. It panics if they share memory without being the same view.
func (t *Tensor[T]) CopyFrom(src *Tensor[T]) *Tensor[T] {
	if !t.SameShape(src) {
		panic(shapeError("CopyFrom", "the shapes differ", t.shape, src.shape))
	}
	if rangesMeet(t.data, src.data) && t.overlaps(src) {
		if &t.data[0] == &src.data[0] && slices.Equal(t.stride, src.stride) {
			return t
		}
		panic(shapeError("CopyFrom", "the views share memory", t.shape, src.shape))
	}
	copyViews(t, src)
	return t
}

// Fill sets every element to v and returns t.
func (t *Tensor[T]) Fill(v T) *Tensor[T] {
	map0a(light, t, v, func(k *asm.Kernels[T]) func(dst []T, a T) { return k.Fill })
	return t
}

// String returns the type, the shape and the first elements.
func (t *Tensor[T]) String() string {
	const most = 8
	var b strings.Builder
	var z T
	fmt.Fprintf(&b, "%T%v{", z, t.shape)
	n := t.Len()
	for i := range min(n, most) {
		if i > 0 {
			b.WriteString(", ")
		}
		off, rest := 0, i
		for a := len(t.shape) - 1; a >= 0; a-- {
			off += rest % t.shape[a] * t.stride[a]
			rest /= t.shape[a]
		}
		fmt.Fprintf(&b, "%v", t.data[off])
	}
	if n > most {
		b.WriteString(", …")
	}
	return b.String() + "}"
}
