package tensor

import "github.com/lanes-go/lanes/asm"

// Add computes dst = x + y; the shapes are equal, dst may be x or y.
func Add[T Float](dst, x, y *Tensor[T]) {
	sameShapes("Add", dst, x, y)
	asm.Active[T]().Add(dst.Data(), x.Data(), y.Data())
}

// AddRow computes dst = x + row for every row of the matrix x; row has one element
// for each column. dst may be x.
func AddRow[T Float](dst, x, row *Tensor[T]) {
	if dst.Rank() != 2 || !dst.SameShape(x) || row.Rank() != 1 || row.shape[0] != x.shape[1] {
		panic(shapeError("AddRow", "want dst m x n, x m x n, row n", dst.shape, x.shape, row.shape))
	}
	d, s, r, n := dst.Data(), x.Data(), row.Data(), row.shape[0]
	kernels := asm.Active[T]()
	for i := range x.shape[0] {
		kernels.Add(d[i*n:i*n+n], s[i*n:i*n+n], r)
	}
}

// sameShapes panics unless all shapes are equal.
func sameShapes[T Float](op string, dst, x, y *Tensor[T]) {
	if !dst.SameShape(x) || !dst.SameShape(y) {
		panic(shapeError(op, "the shapes differ", dst.shape, x.shape, y.shape))
	}
}
