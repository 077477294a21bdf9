package vec

import (
	"math"

	"github.com/lanes-go/lanes/asm"
	"github.com/lanes-go/lanes/tensor"
)

// whole is a reduction of x: a kernel's of one piece, else an operation of tensor.
func whole[T Float, R any](x []T, kernel func(k *asm.Kernels[T]) func(x []T) R, long func(x *tensor.Tensor[T]) R) R {
	if len(x) <= asm.Chunk {
		return kernel(asm.Active[T]())(x)
	}
	o := getOperands(x)
	defer o.put()
	return long(&o.t[0])
}

// Sum returns Σ x[i], 0 of nothing: pairwise over pieces, in an order that depends on the
// length alone (see the package's comment).
func Sum[T Float](x []T) T {
	return whole(x, func(k *asm.Kernels[T]) func(x []T) T { return k.Sum }, tensor.Sum[T])
}

// Asum returns Σ |x[i]|, the L1 norm, in the order of [Sum].
func Asum[T Float](x []T) T {
	return whole(x, func(k *asm.Kernels[T]) func(x []T) T { return k.Asum }, tensor.Asum[T])
}

// SumSq returns Σ x[i]², by fused multiply-adds in the order of [Sum]: the squared L2 norm.
func SumSq[T Float](x []T) T {
	return whole(x, func(k *asm.Kernels[T]) func(x []T) T { return k.SumSq }, tensor.SumSq[T])
}

// Norm returns √Σ x[i]², the L2 norm. Nothing is scaled: it is +Inf where a square, or the
// sum, overflows (elements of 1.4e154 in float64, 1.9e19 in float32), and 0, or of few
// digits, where squares underflow (below some 1e-154 and 1e-19). A norm that scales is
// gonum's, or Nrm2 of gonumblas.
func Norm[T Float](x []T) T { return T(math.Sqrt(float64(SumSq(x)))) }

// Mean returns Sum(x)/len(x): NaN of nothing.
func Mean[T Float](x []T) T { return Sum(x) / T(len(x)) }

// MeanVar returns the mean and the variance, the sum of the squared distances from the
// mean divided by the number of elements less ddof: 0 for the variance of the elements,
// 1 for an estimate from a sample. It is NaN where that is not positive. Numbers far
// from 0 with a small spread keep their variance: see [tensor.MeanVar]. It panics if ddof
// is below 0.
func MeanVar[T Float](x []T, ddof int) (mean, variance T) { return momentsOf("MeanVar", x, ddof) }

func momentsOf[T Float](op string, x []T, ddof int) (mean, variance T) {
	o := begin(op, x)
	defer o.put()
	return tensor.MeanVar(&o.t[0], ddof)
}

// Var returns the variance: see [MeanVar].
func Var[T Float](x []T, ddof int) T {
	_, v := momentsOf("Var", x, ddof)
	return v
}

// Std returns the root of the variance: see [MeanVar].
func Std[T Float](x []T, ddof int) T {
	_, v := momentsOf("Std", x, ddof)
	return T(math.Sqrt(float64(v)))
}

// Max returns the greatest element: NaN if any is NaN, +0 if it is a zero of either
// sign. Of nothing it panics.
func Max[T Float](x []T) T {
	some("Max", len(x))
	return whole(x, func(k *asm.Kernels[T]) func(x []T) T { return k.Max }, tensor.Max[T])
}

// Min returns the least element: NaN if any is NaN, +0 if it is a zero of either sign. Of
// nothing it panics.
func Min[T Float](x []T) T {
	some("Min", len(x))
	return whole(x, func(k *asm.Kernels[T]) func(x []T) T { return k.Min }, tensor.Min[T])
}

// ArgMax returns the index of the first NaN, else of the first of the greatest elements.
// Of nothing it panics.
func ArgMax[T Float](x []T) int {
	some("ArgMax", len(x))
	return whole(x, func(k *asm.Kernels[T]) func(x []T) int { return k.ArgMax }, tensor.ArgMax[T])
}

// ArgMin returns the index of the first NaN, else of the first of the least elements. Of
// nothing it panics.
func ArgMin[T Float](x []T) int {
	some("ArgMin", len(x))
	return whole(x, func(k *asm.Kernels[T]) func(x []T) int { return k.ArgMin }, tensor.ArgMin[T])
}

func some(op string, n int) {
	if n == 0 {
		fail(op, "of nothing", n)
	}
}

// Dot returns Σ x[i]·y[i], by fused multiply-adds in the order of [Sum].
func Dot[T Float](x, y []T) T {
	if len(x) != len(y) {
		fail("Dot", lengthsDiffer, len(x), len(y))
	}
	if len(x) <= asm.Chunk {
		return asm.Active[T]().Dot(x, y)
	}
	return dotLong(x, y)
}

func dotLong[T Float](x, y []T) T {
	o := getOperands(x, y)
	defer o.put()
	return tensor.Dot(&o.t[0], &o.t[1])
}
