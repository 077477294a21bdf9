package tensor

import "github.com/lanes-go/lanes/asm"

// Element-wise operations. Operands may be views of any strides; the bits are those of
// packed copies. dst may be an input, but may not share part of its memory with one.
// Those that say so broadcast their inputs to the shape of dst, as NumPy does: seen
// from the last axis, an input has the length of dst, or 1, or lacks the axis. Where
// operands do not fit, they panic with a *ShapeError. On long tensors they use several
// threads. Nothing is allocated.

// Add computes dst = x + y and broadcasts.
func Add[T Float](dst, x, y *Tensor[T]) {
	spread2("Add", light, dst, x, y, func(k *asm.Kernels[T]) func(dst, x, y []T) { return k.Add })
}

// Sub computes dst = x - y and broadcasts.
func Sub[T Float](dst, x, y *Tensor[T]) {
	spread2("Sub", light, dst, x, y, func(k *asm.Kernels[T]) func(dst, x, y []T) { return k.Sub })
}

// Mul computes dst = x * y and broadcasts.
func Mul[T Float](dst, x, y *Tensor[T]) {
	spread2("Mul", light, dst, x, y, func(k *asm.Kernels[T]) func(dst, x, y []T) { return k.Mul })
}

// Div computes dst = x / y and broadcasts.
func Div[T Float](dst, x, y *Tensor[T]) {
	spread2("Div", medium, dst, x, y, func(k *asm.Kernels[T]) func(dst, x, y []T) { return k.Div })
}

// FMA computes dst = fma(x, y, z), x*y + z rounded once, and broadcasts.
func FMA[T Float](dst, x, y, z *Tensor[T]) {
	spread3("FMA", light, dst, x, y, z, func(k *asm.Kernels[T]) func(dst, x, y, z []T) { return k.FMA })
}

// AddScalar computes dst = x + a.
func AddScalar[T Float](dst, x *Tensor[T], a T) {
	map1ab("AddScalar", light, dst, x, 1, a, func(k *asm.Kernels[T]) func(dst, x []T, a, b T) { return k.Affine })
}

// Affine computes dst = fma(x, a, b), a*x + b rounded once. With a = -1 that is b - x.
func Affine[T Float](dst, x *Tensor[T], a, b T) {
	map1ab("Affine", light, dst, x, a, b, func(k *asm.Kernels[T]) func(dst, x []T, a, b T) { return k.Affine })
}

// Scale computes dst = a*x.
func Scale[T Float](dst *Tensor[T], a T, x *Tensor[T]) {
	mapA1("Scale", light, false, dst, a, x, func(k *asm.Kernels[T]) func(dst []T, a T, x []T) { return k.Scale })
}

// Axpy computes y = fma(a, x, y), y + a*x rounded once.
func Axpy[T Float](y *Tensor[T], a T, x *Tensor[T]) {
	mapA1("Axpy", light, true, y, a, x, func(k *asm.Kernels[T]) func(dst []T, a T, x []T) { return k.Axpy })
}

// Neg computes dst = -x.
func Neg[T Float](dst, x *Tensor[T]) {
	mapA1("Neg", light, false, dst, -1, x, func(k *asm.Kernels[T]) func(dst []T, a T, x []T) { return k.Scale })
}

// Abs computes dst = |x|: x with its sign bit cleared.
func Abs[T Float](dst, x *Tensor[T]) {
	map1("Abs", light, dst, x, func(k *asm.Kernels[T]) func(dst, x []T) { return k.Abs })
}

// Square computes dst = x*x.
func Square[T Float](dst, x *Tensor[T]) {
	map2("Square", light, dst, x, x, func(k *asm.Kernels[T]) func(dst, x, y []T) { return k.Mul })
}

// Sqrt computes the square root, correctly rounded: NaN below 0, -0 of -0.
func Sqrt[T Float](dst, x *Tensor[T]) {
	map1("Sqrt", medium, dst, x, func(k *asm.Kernels[T]) func(dst, x []T) { return k.Sqrt })
}

// Maximum computes dst = x > y ? x : y, NaN where x or y is, and broadcasts. Of two
// zeros it is that of y.
func Maximum[T Float](dst, x, y *Tensor[T]) {
	spread2("Maximum", light, dst, x, y, func(k *asm.Kernels[T]) func(dst, x, y []T) { return k.Maximum })
}

// Minimum computes dst = x < y ? x : y, NaN where x or y is, and broadcasts. Of two
// zeros it is that of y.
func Minimum[T Float](dst, x, y *Tensor[T]) {
	spread2("Minimum", light, dst, x, y, func(k *asm.Kernels[T]) func(dst, x, y []T) { return k.Minimum })
}

// Clamp computes dst = x < lo ? lo : x, then dst > hi ? hi : dst. NaN passes.
func Clamp[T Float](dst, x *Tensor[T], lo, hi T) {
	map1ab("Clamp", light, dst, x, lo, hi, func(k *asm.Kernels[T]) func(dst, x []T, lo, hi T) { return k.Clamp })
}

// Eq computes the mask dst = x == y ? 1 : 0 and broadcasts; 0 where x or y is NaN.
func Eq[T Float](dst, x, y *Tensor[T]) {
	spread2("Eq", light, dst, x, y, func(k *asm.Kernels[T]) func(dst, x, y []T) { return k.Eq })
}

// Ne computes the mask dst = x != y ? 1 : 0 and broadcasts; 1 where x or y is NaN.
func Ne[T Float](dst, x, y *Tensor[T]) {
	spread2("Ne", light, dst, x, y, func(k *asm.Kernels[T]) func(dst, x, y []T) { return k.Ne })
}

// Lt computes the mask dst = x < y ? 1 : 0 and broadcasts; 0 where x or y is NaN.
func Lt[T Float](dst, x, y *Tensor[T]) {
	spread2("Lt", light, dst, x, y, func(k *asm.Kernels[T]) func(dst, x, y []T) { return k.Lt })
}

// Le computes the mask dst = x <= y ? 1 : 0 and broadcasts; 0 where x or y is NaN.
func Le[T Float](dst, x, y *Tensor[T]) {
	spread2("Le", light, dst, x, y, func(k *asm.Kernels[T]) func(dst, x, y []T) { return k.Le })
}

// Gt computes the mask dst = x > y ? 1 : 0 and broadcasts; 0 where x or y is NaN.
func Gt[T Float](dst, x, y *Tensor[T]) {
	spread2("Gt", light, dst, y, x, func(k *asm.Kernels[T]) func(dst, x, y []T) { return k.Lt })
}

// Ge computes the mask dst = x >= y ? 1 : 0 and broadcasts; 0 where x or y is NaN.
func Ge[T Float](dst, x, y *Tensor[T]) {
	spread2("Ge", light, dst, y, x, func(k *asm.Kernels[T]) func(dst, x, y []T) { return k.Le })
}

// Select computes dst = mask != 0 ? x : y and broadcasts; a NaN in the mask selects x.
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
