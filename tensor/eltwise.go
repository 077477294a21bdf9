package tensor

import "github.com/lanes-go/lanes/asm"

// Element-wise operations. dst may be an input, but may not share part of its memory
// with one. Operands may be views of any strides; the bits are those of packed copies.

// Add computes dst = x + y. x and y are broadcast to the shape of dst.
func Add[T Float](dst, x, y *Tensor[T]) {
	spread2("Add", light, dst, x, y, func(k *asm.Kernels[T]) func(dst, x, y []T) { return k.Add })
}

// AddRow computes dst = x + row for every row of the matrix x; row has one element
// for each column. dst may be x.
func AddRow[T Float](dst, x, row *Tensor[T]) {
	if dst.Rank() != 2 || !dst.SameShape(x) || row.Rank() != 1 || row.shape[0] != x.shape[1] {
		panic(shapeError("AddRow", "want dst m x n, x m x n, row n", dst.shape, x.shape, row.shape))
	}
	spread2("AddRow", light, dst, x, row, func(k *asm.Kernels[T]) func(dst, x, y []T) { return k.Add })
}
