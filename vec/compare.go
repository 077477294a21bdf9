package vec

import (
	"github.com/lanes-go/lanes/asm"
	"github.com/lanes-go/lanes/tensor"
)

// Eq computes the mask dst[i] = x[i] == y[i] ? 1 : 0; 0 where either is NaN.
//
//forms:new
func Eq[T Float](dst, x, y []T) {
	map2("Eq", dst, x, y, func(k *asm.Kernels[T]) func(dst, x, y []T) { return k.Eq }, tensor.Eq[T])
}

// Ne computes the mask dst[i] = x[i] != y[i] ? 1 : 0; 1 where either is NaN.
//
//forms:new
func Ne[T Float](dst, x, y []T) {
	map2("Ne", dst, x, y, func(k *asm.Kernels[T]) func(dst, x, y []T) { return k.Ne }, tensor.Ne[T])
}

// Lt computes the mask dst[i] = x[i] < y[i] ? 1 : 0; 0 where either is NaN.
//
//forms:new
func Lt[T Float](dst, x, y []T) {
	map2("Lt", dst, x, y, func(k *asm.Kernels[T]) func(dst, x, y []T) { return k.Lt }, tensor.Lt[T])
}

// Le computes the mask dst[i] = x[i] <= y[i] ? 1 : 0; 0 where either is NaN.
//
//forms:new
func Le[T Float](dst, x, y []T) {
	map2("Le", dst, x, y, func(k *asm.Kernels[T]) func(dst, x, y []T) { return k.Le }, tensor.Le[T])
}

// Gt computes the mask dst[i] = x[i] > y[i] ? 1 : 0; 0 where either is NaN.
//
//forms:new
func Gt[T Float](dst, x, y []T) {
	map2("Gt", dst, y, x, func(k *asm.Kernels[T]) func(dst, x, y []T) { return k.Lt }, tensor.Lt[T])
}

// Ge computes the mask dst[i] = x[i] >= y[i] ? 1 : 0; 0 where either is NaN.
//
//forms:new
func Ge[T Float](dst, x, y []T) {
	map2("Ge", dst, y, x, func(k *asm.Kernels[T]) func(dst, x, y []T) { return k.Le }, tensor.Le[T])
}

// Select computes dst[i] = mask[i] != 0 ? x[i] : y[i]; a NaN in the mask selects x[i].
//
//forms:new
func Select[T Float](dst, mask, x, y []T) {
	map3("Select", dst, mask, x, y, func(k *asm.Kernels[T]) func(dst, mask, x, y []T) { return k.Select }, tensor.Select[T])
}
