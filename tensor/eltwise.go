package tensor

import (
	"github.com/lanes-go/lanes/asm"
	"github.com/lanes-go/lanes/internal/chunk"
)

// Element-wise operations take contiguous tensors. dst may be an input, but may not
// share part of its memory with one.

// Add computes dst = x + y; the shapes are equal, dst may be x or y.
func Add[T Float](dst, x, y *Tensor[T]) {
	sameShapes("Add", dst, x, y)
	chunk.Add(asm.Active[T](), dst.Data(), x.Data(), y.Data())
}

// AddRow computes dst = x + row for every row of the matrix x; row has one element
// for each column. dst may be x.
func AddRow[T Float](dst, x, row *Tensor[T]) {
	if dst.Rank() != 2 || !dst.SameShape(x) || row.Rank() != 1 || row.shape[0] != x.shape[1] {
		panic(shapeError("AddRow", "want dst m x n, x m x n, row n", dst.shape, x.shape, row.shape))
	}
	inPlace("AddRow", dst, x, x)
	if rangesMeet(dst.data, row.data) {
		panic(shapeError("AddRow", "dst shares memory with row", dst.shape, x.shape, row.shape))
	}
	d, s, r, n := dst.Data(), x.Data(), row.Data(), row.shape[0]
	kernels := asm.Active[T]()
	for i := range x.shape[0] {
		chunk.Add(kernels, d[i*n:i*n+n:i*n+n], s[i*n:], r)
	}
}

// sameShapes panics unless all shapes are equal and dst is apart from x and y or
// the same memory.
func sameShapes[T Float](op string, dst, x, y *Tensor[T]) {
	if !dst.SameShape(x) || !dst.SameShape(y) {
		panic(shapeError(op, "the shapes differ", dst.shape, x.shape, y.shape))
	}
	inPlace(op, dst, x, y)
}

func inPlace[T Float](op string, dst, x, y *Tensor[T]) {
	if meetsPartly(dst.data, x.data) || meetsPartly(dst.data, y.data) {
		panic(shapeError(op, "dst shares part of its memory with an input", dst.shape, x.shape, y.shape))
	}
}

func meetsPartly[T Float](x, y []T) bool { return rangesMeet(x, y) && &x[0] != &y[0] }
