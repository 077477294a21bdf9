// Package tensor is lanes' dense arrays and the operations on them.
package tensor

import (
	"fmt"

	"github.com/lanes-go/lanes/asm"
)

// Float is the element type of a tensor.
type Float = asm.Float

// Tensor is a dense array of T in row-major order, possibly a strided view.
type Tensor[T Float] struct {
	data   []T
	shape  []int
	stride []int
}

// New returns a zero tensor of the given shape.
func New[T Float](shape ...int) *Tensor[T] {
	n := 1
	for _, d := range shape {
		if d < 0 {
			panic(fmt.Errorf("tensor.New: negative dimension in shape %v", shape))
		}
		n *= d
	}
	return From(make([]T, n), shape...)
}

// From returns a tensor over data, which it does not copy.
func From[T Float](data []T, shape ...int) *Tensor[T] {
	t := &Tensor[T]{data: data, shape: append([]int(nil), shape...), stride: make([]int, len(shape))}
	n := 1
	for i := len(shape) - 1; i >= 0; i-- {
		t.stride[i] = n
		n *= shape[i]
	}
	if n != len(data) {
		panic(fmt.Errorf("tensor.From: %d elements for shape %v", len(data), shape))
	}
	return t
}

// Data returns the elements; the tensor must be contiguous.
func (t *Tensor[T]) Data() []T { return t.data }

// Shape returns the dimensions; the caller must not change them.
func (t *Tensor[T]) Shape() []int { return t.shape }
