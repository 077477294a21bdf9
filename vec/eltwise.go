package vec

import (
	"github.com/lanes-go/lanes/asm"
	"github.com/lanes-go/lanes/tensor"
)

// Add computes dst[i] = x[i] + y[i].
//
//forms:inplace new
func Add[T Float](dst, x, y []T) {
	map2("Add", dst, x, y, func(k *asm.Kernels[T]) func(dst, x, y []T) { return k.Add }, tensor.Add[T])
}

// Sub computes dst[i] = x[i] - y[i].
//
//forms:inplace new
func Sub[T Float](dst, x, y []T) {
	map2("Sub", dst, x, y, func(k *asm.Kernels[T]) func(dst, x, y []T) { return k.Sub }, tensor.Sub[T])
}

// Mul computes dst[i] = x[i] * y[i].
//
//forms:inplace new
func Mul[T Float](dst, x, y []T) {
	map2("Mul", dst, x, y, func(k *asm.Kernels[T]) func(dst, x, y []T) { return k.Mul }, tensor.Mul[T])
}

// Div computes dst[i] = x[i] / y[i].
//
//forms:inplace new
func Div[T Float](dst, x, y []T) {
	map2("Div", dst, x, y, func(k *asm.Kernels[T]) func(dst, x, y []T) { return k.Div }, tensor.Div[T])
}

// FMA computes dst[i] = x[i]*y[i] + z[i], rounded once.
//
//forms:inplace new
func FMA[T Float](dst, x, y, z []T) {
	map3("FMA", dst, x, y, z, func(k *asm.Kernels[T]) func(dst, x, y, z []T) { return k.FMA }, tensor.FMA[T])
}

// AddScalar computes dst[i] = x[i] + a.
//
//forms:inplace new
func AddScalar[T Float](dst, x []T, a T) { affine("AddScalar", dst, x, 1, a) }

// SubScalar computes dst[i] = x[i] - a.
//
//forms:inplace new
func SubScalar[T Float](dst, x []T, a T) { affine("SubScalar", dst, x, 1, -a) }

// ScalarSub computes dst[i] = a - x[i].
//
//forms:inplace new
func ScalarSub[T Float](dst, x []T, a T) { affine("ScalarSub", dst, x, -1, a) }

// Affine computes dst[i] = a*x[i] + b, rounded once.
//
//forms:inplace new
func Affine[T Float](dst, x []T, a, b T) { affine("Affine", dst, x, a, b) }

func affine[T Float](op string, dst, x []T, a, b T) {
	map1ab(op, dst, x, a, b, func(k *asm.Kernels[T]) func(dst, x []T, a, b T) { return k.Affine }, tensor.Affine[T])
}

// DivScalar computes dst[i] = x[i] / a, which [Scale] by 1/a rounds twice and faster.
//
//forms:inplace new
func DivScalar[T Float](dst, x []T, a T) { divScalar("DivScalar", dst, x, a, false) }

// ScalarDiv computes dst[i] = a / x[i].
//
//forms:inplace new
func ScalarDiv[T Float](dst, x []T, a T) { divScalar("ScalarDiv", dst, x, a, true) }

func divScalar[T Float](op string, dst, x []T, a T, by bool) {
	o := begin(op, dst, x)
	defer o.put()
	if len(dst) != len(x) {
		o.fail(lengthsDiffer)
	}
	o.one[0] = a
	num, den := &o.t[1], o.t[2].Over(o.one[:], 1)
	if by {
		num, den = den, num
	}
	tensor.Div(&o.t[0], num, den)
}

// Scale computes dst[i] = a * x[i].
//
//forms:inplace new
func Scale[T Float](dst, x []T, a T) { scale("Scale", dst, x, a) }

// Neg computes dst[i] = -x[i].
//
//forms:inplace new
func Neg[T Float](dst, x []T) { scale("Neg", dst, x, -1) }

func scale[T Float](op string, dst, x []T, a T) {
	if len(dst) != len(x) {
		fail(op, lengthsDiffer, len(dst), len(x))
	}
	if partlyMeet(dst, x) {
		fail(op, partly, len(dst), len(x))
	}
	if len(dst) <= short {
		asm.Active[T]().Scale(dst, a, x)
		return
	}
	o := getOperands(dst, x)
	tensor.Scale(&o.t[0], a, &o.t[1])
	o.put()
}

// Axpy computes y[i] = a*x[i] + y[i], rounded once. x may be y.
func Axpy[T Float](y []T, a T, x []T) {
	if len(y) != len(x) {
		fail("Axpy", lengthsDiffer, len(y), len(x))
	}
	if partlyMeet(y, x) {
		fail("Axpy", partly, len(y), len(x))
	}
	if len(y) <= short {
		asm.Active[T]().Axpy(y, a, x)
		return
	}
	o := getOperands(y, x)
	tensor.Axpy(&o.t[0], a, &o.t[1])
	o.put()
}

// Abs computes dst[i] = |x[i]|: x[i] with its sign bit cleared.
//
//forms:inplace new
func Abs[T Float](dst, x []T) {
	map1("Abs", dst, x, func(k *asm.Kernels[T]) func(dst, x []T) { return k.Abs }, tensor.Abs[T])
}

// Square computes dst[i] = x[i] * x[i].
//
//forms:inplace new
func Square[T Float](dst, x []T) {
	map2("Square", dst, x, x, func(k *asm.Kernels[T]) func(dst, x, y []T) { return k.Mul }, tensor.Mul[T])
}

// Sqrt computes the square root, correctly rounded: NaN below 0, -0 of -0.
//
//forms:inplace new
func Sqrt[T Float](dst, x []T) {
	map1("Sqrt", dst, x, func(k *asm.Kernels[T]) func(dst, x []T) { return k.Sqrt }, tensor.Sqrt[T])
}

// Maximum computes dst[i] = x[i] > y[i] ? x[i] : y[i], NaN where either is. Of two
// zeros it is y[i].
//
//forms:inplace new
func Maximum[T Float](dst, x, y []T) {
	map2("Maximum", dst, x, y, func(k *asm.Kernels[T]) func(dst, x, y []T) { return k.Maximum }, tensor.Maximum[T])
}

// Minimum computes dst[i] = x[i] < y[i] ? x[i] : y[i], NaN where either is. Of two
// zeros it is y[i].
//
//forms:inplace new
func Minimum[T Float](dst, x, y []T) {
	map2("Minimum", dst, x, y, func(k *asm.Kernels[T]) func(dst, x, y []T) { return k.Minimum }, tensor.Minimum[T])
}

// Clamp computes dst[i] = x[i] below lo ? lo : x[i] above hi ? hi : x[i]. NaN passes.
//
//forms:inplace new
func Clamp[T Float](dst, x []T, lo, hi T) {
	map1ab("Clamp", dst, x, lo, hi, func(k *asm.Kernels[T]) func(dst, x []T, lo, hi T) { return k.Clamp }, tensor.Clamp[T])
}

// Fill sets every element of dst to a.
func Fill[T Float](dst []T, a T) {
	if len(dst) <= short {
		asm.Active[T]().Fill(dst, a)
		return
	}
	o := getOperands(dst)
	o.t[0].Fill(a)
	o.put()
}

// Copy copies x to dst. Unlike the builtin it wants equal lengths; slices longer than
// the caches are written past them.
func Copy[T Float](dst, x []T) {
	map1("Copy", dst, x, func(k *asm.Kernels[T]) func(dst, x []T) { return k.Copy }, func(dst, x *tensor.Tensor[T]) { dst.CopyFrom(x) })
}
