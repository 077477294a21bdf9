package main

import (
	"github.com/lanes-go/lanes/asm"
	"github.com/lanes-go/lanes/tensor"
)

// map1, map2, map3 are maps of one, two, three inputs; fold1, fold2 reductions.
func map1[T tensor.Float](name string, kernel func(k *asm.Kernels[T]) func(d, x []T), op func(d, x *tensor.Tensor[T])) elementOp[T] {
	return mapOf(name, 1, kernel, func(f func(d, x []T), o *operands[T], i, j int) { f(o.d[i:j], o.x[i:j]) },
		op != nil, func(o *operands[T]) { op(o.D, o.X) })
}

// map1p is map1 of a function of positive numbers.
func map1p[T tensor.Float](name string, kernel func(k *asm.Kernels[T]) func(d, x []T), op func(d, x *tensor.Tensor[T])) elementOp[T] {
	return mapOf(name, 1, kernel, func(f func(d, x []T), o *operands[T], i, j int) { f(o.d[i:j], o.p[i:j]) },
		op != nil, func(o *operands[T]) { op(o.D, o.P) })
}

func map2[T tensor.Float](name string, kernel func(k *asm.Kernels[T]) func(d, x, y []T), op func(d, x, y *tensor.Tensor[T])) elementOp[T] {
	return mapOf(name, 2, kernel, func(f func(d, x, y []T), o *operands[T], i, j int) { f(o.d[i:j], o.x[i:j], o.y[i:j]) },
		op != nil, func(o *operands[T]) { op(o.D, o.X, o.Y) })
}

func map3[T tensor.Float](name string, kernel func(k *asm.Kernels[T]) func(d, x, y, z []T), op func(d, x, y, z *tensor.Tensor[T])) elementOp[T] {
	return mapOf(name, 3, kernel, func(f func(d, x, y, z []T), o *operands[T], i, j int) { f(o.d[i:j], o.x[i:j], o.y[i:j], o.p[i:j]) },
		op != nil, func(o *operands[T]) { op(o.D, o.X, o.Y, o.P) })
}

func mapOf[T tensor.Float, F any](name string, reads int, kernel func(k *asm.Kernels[T]) F, call func(f F, o *operands[T], i, j int), hasOp bool, op func(o *operands[T])) elementOp[T] {
	e := elementOp[T]{name: name, reads: reads, writes: 1, sizes: flatSizes}
	e.kernel = func(k *asm.Kernels[T], o *operands[T]) func(i, j int) {
		f := kernel(k)
		return func(i, j int) { call(f, o, i, j) }
	}
	if hasOp {
		e.op = func(o *operands[T]) func() { return func() { op(o) } }
	}
	return e
}

func fold1[T tensor.Float, R float32 | float64 | int](name string, kernel func(k *asm.Kernels[T]) func(x []T) R, op func(x *tensor.Tensor[T]) R) elementOp[T] {
	return foldOf(name, 1, kernel, func(f func(x []T) R, o *operands[T], i, j int) R { return f(o.x[i:j]) }, func(o *operands[T]) R { return op(o.X) })
}

func fold2[T tensor.Float](name string, kernel func(k *asm.Kernels[T]) func(x, y []T) T, op func(x, y *tensor.Tensor[T]) T) elementOp[T] {
	return foldOf(name, 2, kernel, func(f func(x, y []T) T, o *operands[T], i, j int) T { return f(o.x[i:j], o.y[i:j]) }, func(o *operands[T]) T { return op(o.X, o.Y) })
}

func foldOf[T tensor.Float, F any, R float32 | float64 | int](name string, reads int, kernel func(k *asm.Kernels[T]) F, call func(f F, o *operands[T], i, j int) R, op func(o *operands[T]) R) elementOp[T] {
	return elementOp[T]{name: name, reads: reads, sizes: flatSizes,
		kernel: func(k *asm.Kernels[T], o *operands[T]) func(i, j int) {
			f := kernel(k)
			o.s = make([]T, 1)
			return func(i, j int) { o.s[0] = T(call(f, o, i, j)) }
		},
		op: func(o *operands[T]) func() {
			o.s = make([]T, 1)
			return func() { o.s[0] = T(op(o)) }
		}}
}

// whole is an operation that has no kernel of its own.
func whole[T tensor.Float](name string, reads, writes int, sizes []string, op func(o *operands[T]) func()) elementOp[T] {
	return elementOp[T]{name: name, reads: reads, writes: writes, sizes: sizes, op: op}
}

// alike is an operation of package tensor whose kernel is that of another line.
func alike[T tensor.Float](name string, reads int, op func(o *operands[T])) elementOp[T] {
	return whole(name, reads, 1, flatSizes, func(o *operands[T]) func() { return func() { op(o) } })
}

// sized is e when an element is so many bytes, read and written, whatever its type.
func sized[T tensor.Float](bytes int, e elementOp[T]) elementOp[T] {
	e.bytes = bytes
	return e
}

var adamOptions = tensor.AdamOptions{LR: 1e-3, Beta1: 0.9, Beta2: 0.999, Eps: 1e-8, WeightDecay: 0.01}

// pairLoss is a loss of predictions and targets with its gradient.
func pairLoss[T tensor.Float](name string, loss func(dx, x, y *tensor.Tensor[T], l tensor.LossOptions[T]) T) elementOp[T] {
	return whole(name, 2, 1, flatSizes, func(o *operands[T]) func() {
		o.s = make([]T, 1)
		return func() { o.s[0] = loss(o.D, o.X, o.Y, tensor.LossOptions[T]{}) }
	})
}

// inPlace is e when n of the operands it writes are read as well.
func inPlace[T tensor.Float](n int, e elementOp[T]) elementOp[T] {
	e.inPlace, e.writes = n, e.writes-n
	return e
}

// compareRows is a vector against every row.
func compareRows[T tensor.Float](o *operands[T], m tensor.Metric) func() {
	r, x := o.result(o.dims[0]), o.small(o.dims[1])
	return func() { tensor.Compare(r, o.X, x, m) }
}

// permute copies a view of other axes.
func permute[T tensor.Float](o *operands[T], axes ...int) func() {
	x := o.X.Permute(axes...)
	d := tensor.From(o.d, x.Shape()...)
	return func() { d.CopyFrom(x) }
}

// meanVar is the mean and the variance along an axis of a matrix.
func meanVar[T tensor.Float](o *operands[T], axis int) func() {
	n := o.dims[1-axis]
	o.s = make([]T, 2*n)
	mean, variance := tensor.From(o.s[:n:n], n), tensor.From(o.s[n:], n)
	return func() { tensor.MeanVarAxis(mean, variance, o.X, axis, 0) }
}
