package tensor

import "github.com/lanes-go/lanes/asm"

// Add computes dst = x + y. x and y broadcast to the shape of dst, which may be either.
func Add[T Float](dst, x, y *Tensor[T]) {
	spread2("Add", light, dst, x, y, func(k *asm.Kernels[T]) func(dst, x, y []T) { return k.Add })
}

// Sub computes dst = x - y. x and y broadcast to the shape of dst, which may be either.
func Sub[T Float](dst, x, y *Tensor[T]) {
	spread2("Sub", light, dst, x, y, func(k *asm.Kernels[T]) func(dst, x, y []T) { return k.Sub })
}

// Mul computes dst = x * y. x and y broadcast to the shape of dst, which may be either.
func Mul[T Float](dst, x, y *Tensor[T]) {
	spread2("Mul", light, dst, x, y, func(k *asm.Kernels[T]) func(dst, x, y []T) { return k.Mul })
}

// Div computes dst = x / y. x and y broadcast to the shape of dst, which may be either.
func Div[T Float](dst, x, y *Tensor[T]) {
	spread2("Div", medium, dst, x, y, func(k *asm.Kernels[T]) func(dst, x, y []T) { return k.Div })
}

// FMA computes dst = fma(x, y, z), x*y + z rounded once. x, y and z broadcast to the
// shape of dst, which may be any of them.
func FMA[T Float](dst, x, y, z *Tensor[T]) {
	spread3("FMA", light, dst, x, y, z, func(k *asm.Kernels[T]) func(dst, x, y, z []T) { return k.FMA })
}

// AddScalar computes dst = x + a. dst has the shape of x and may be x.
func AddScalar[T Float](dst, x *Tensor[T], a T) {
	map1ab("AddScalar", light, dst, x, 1, a, func(k *asm.Kernels[T]) func(dst, x []T, a, b T) { return k.Affine })
}

// Affine computes dst = fma(x, a, b), a*x + b rounded once. With a = -1 that is b - x.
// dst has the shape of x and may be x.
func Affine[T Float](dst, x *Tensor[T], a, b T) {
	map1ab("Affine", light, dst, x, a, b, func(k *asm.Kernels[T]) func(dst, x []T, a, b T) { return k.Affine })
}

// Scale computes dst = a*x. dst has the shape of x and may be x.
func Scale[T Float](dst *Tensor[T], a T, x *Tensor[T]) {
	mapA1("Scale", light, false, dst, a, x, func(k *asm.Kernels[T]) func(dst []T, a T, x []T) { return k.Scale })
}

// Axpy computes y = fma(a, x, y), y + a*x rounded once. x has the shape of y and may be
// y.
func Axpy[T Float](y *Tensor[T], a T, x *Tensor[T]) {
	mapA1("Axpy", light, true, y, a, x, func(k *asm.Kernels[T]) func(dst []T, a T, x []T) { return k.Axpy })
}

// Neg computes dst = -x. dst has the shape of x and may be x.
func Neg[T Float](dst, x *Tensor[T]) {
	mapA1("Neg", light, false, dst, -1, x, func(k *asm.Kernels[T]) func(dst []T, a T, x []T) { return k.Scale })
}

// Abs computes dst = |x|: x with its sign bit cleared. dst has the shape of x and may be
// x.
func Abs[T Float](dst, x *Tensor[T]) {
	map1("Abs", light, dst, x, func(k *asm.Kernels[T]) func(dst, x []T) { return k.Abs })
}

// Square computes dst = x*x. dst has the shape of x and may be x.
func Square[T Float](dst, x *Tensor[T]) {
	map2("Square", light, dst, x, x, func(k *asm.Kernels[T]) func(dst, x, y []T) { return k.Mul })
}

// Sqrt computes the square root, correctly rounded: NaN below 0, -0 of -0. dst has the
// shape of x and may be x.
func Sqrt[T Float](dst, x *Tensor[T]) {
	map1("Sqrt", medium, dst, x, func(k *asm.Kernels[T]) func(dst, x []T) { return k.Sqrt })
}

// Maximum computes dst = x > y ? x : y, NaN where x or y is; of two zeros it is that of
// y. x and y broadcast to the shape of dst, which may be either.
func Maximum[T Float](dst, x, y *Tensor[T]) {
	spread2("Maximum", light, dst, x, y, func(k *asm.Kernels[T]) func(dst, x, y []T) { return k.Maximum })
}

// Minimum computes dst = x < y ? x : y, NaN where x or y is; of two zeros it is that of
// y. x and y broadcast to the shape of dst, which may be either.
func Minimum[T Float](dst, x, y *Tensor[T]) {
	spread2("Minimum", light, dst, x, y, func(k *asm.Kernels[T]) func(dst, x, y []T) { return k.Minimum })
}

// Clamp computes dst = x < lo ? lo : x, then dst > hi ? hi : dst; NaN passes. dst has the
// shape of x and may be x.
func Clamp[T Float](dst, x *Tensor[T], lo, hi T) {
	map1ab("Clamp", light, dst, x, lo, hi, func(k *asm.Kernels[T]) func(dst, x []T, lo, hi T) { return k.Clamp })
}

// Eq computes the mask dst = x == y ? 1 : 0: 0 where x or y is NaN. x and y broadcast to
// the shape of dst, which may be either.
func Eq[T Float](dst, x, y *Tensor[T]) {
	spread2("Eq", light, dst, x, y, func(k *asm.Kernels[T]) func(dst, x, y []T) { return k.Eq })
}

// Ne computes the mask dst = x != y ? 1 : 0: 1 where x or y is NaN. x and y broadcast to
// the shape of dst, which may be either.
func Ne[T Float](dst, x, y *Tensor[T]) {
	spread2("Ne", light, dst, x, y, func(k *asm.Kernels[T]) func(dst, x, y []T) { return k.Ne })
}

// Lt computes the mask dst = x < y ? 1 : 0: 0 where x or y is NaN. x and y broadcast to
// the shape of dst, which may be either.
func Lt[T Float](dst, x, y *Tensor[T]) {
	spread2("Lt", light, dst, x, y, func(k *asm.Kernels[T]) func(dst, x, y []T) { return k.Lt })
}

// Le computes the mask dst = x <= y ? 1 : 0: 0 where x or y is NaN. x and y broadcast to
// the shape of dst, which may be either.
func Le[T Float](dst, x, y *Tensor[T]) {
	spread2("Le", light, dst, x, y, func(k *asm.Kernels[T]) func(dst, x, y []T) { return k.Le })
}

// Gt computes the mask dst = x > y ? 1 : 0: 0 where x or y is NaN. x and y broadcast to
// the shape of dst, which may be either.
func Gt[T Float](dst, x, y *Tensor[T]) {
	spread2("Gt", light, dst, y, x, func(k *asm.Kernels[T]) func(dst, x, y []T) { return k.Lt })
}

// Ge computes the mask dst = x >= y ? 1 : 0: 0 where x or y is NaN. x and y broadcast to
// the shape of dst, which may be either.
func Ge[T Float](dst, x, y *Tensor[T]) {
	spread2("Ge", light, dst, y, x, func(k *asm.Kernels[T]) func(dst, x, y []T) { return k.Le })
}

// Select computes dst = mask != 0 ? x : y; a NaN in the mask selects x. mask, x and y
// broadcast to the shape of dst, which may be any of them.
func Select[T Float](dst, mask, x, y *Tensor[T]) {
	spread3("Select", light, dst, mask, x, y, func(k *asm.Kernels[T]) func(dst, mask, x, y []T) { return k.Select })
}

// AddRow computes dst = x + row for every row of the matrix x; row has one element
// for each column. dst may be x.
func AddRow[T Float](dst, x, row *Tensor[T]) {
	if dst == nil || x == nil || row == nil || dst.Rank() != 2 || !dst.SameShape(x) || row.Rank() != 1 || row.shape[0] != x.shape[1] {
		panic(operandError("AddRow", "want dst m x n, x m x n, row n", dst, x, row))
	}
	spread2("AddRow", light, dst, x, row, func(k *asm.Kernels[T]) func(dst, x, y []T) { return k.Add })
}
