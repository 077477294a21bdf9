package tensor

import (
	"fmt"
	"math"

	"github.com/lanes-go/lanes/asm"
	"github.com/lanes-go/lanes/internal/chunk"
)

// Sum returns the sum of all elements, in the order of a contiguous axis (see the package
// documentation, which bounds the error); of nothing 0.
func Sum[T Float](x *Tensor[T]) T { return all("Sum", reduceSum, x) }

// SumAxis computes the sums of x along an axis. dst has the shape of x without the axis,
// or with length 1 there; axis -1 is the last. Order and error are those of the package
// documentation.
func SumAxis[T Float](dst, x *Tensor[T], axis int) { along("SumAxis", reduceSum, dst, x, axis) }

// Asum returns the sum of the absolute values, as BLAS names it: the L1 norm. Order and
// error are those of Sum.
func Asum[T Float](x *Tensor[T]) T { return all("Asum", reduceAsum, x) }

// AsumAxis computes the sums of the absolute values of x along an axis. dst, axis and
// order are as in SumAxis.
func AsumAxis[T Float](dst, x *Tensor[T], axis int) { along("AsumAxis", reduceAsum, dst, x, axis) }

// SumSq returns the sum of the squares, by fused multiply-adds: the squared L2 norm.
// Order and error are those of Sum.
func SumSq[T Float](x *Tensor[T]) T { return all("SumSq", reduceSumSq, x) }

// SumSqAxis computes the sums of the squares of x along an axis, by fused multiply-adds.
// dst, axis and order are as in SumAxis.
func SumSqAxis[T Float](dst, x *Tensor[T], axis int) { along("SumSqAxis", reduceSumSq, dst, x, axis) }

// Mean returns the sum of all elements, as Sum has it, divided by their number: NaN of
// nothing, and infinite where the sum overflows, as that of 3e38, 3e38, 3e38 does in
// float32.
func Mean[T Float](x *Tensor[T]) T { return all("Mean", reduceMean, x) }

// MeanAxis computes the means of x along an axis: SumAxis, divided by the length of the
// axis.
func MeanAxis[T Float](dst, x *Tensor[T], axis int) { along("MeanAxis", reduceMean, dst, x, axis) }

// Max returns the greatest element: NaN if any is NaN, +0 if it is a zero of either sign.
// It panics if there is none.
func Max[T Float](x *Tensor[T]) T { return all("Max", reduceMax, x) }

// MaxAxis computes the greatest elements of x along an axis, as Max does. dst and axis
// are as in SumAxis.
func MaxAxis[T Float](dst, x *Tensor[T], axis int) { along("MaxAxis", reduceMax, dst, x, axis) }

// Min returns the least element: NaN if any is NaN, +0 if it is a zero of either sign. It
// panics if there is none.
func Min[T Float](x *Tensor[T]) T { return all("Min", reduceMin, x) }

// MinAxis computes the least elements of x along an axis, as Min does. dst and axis are
// as in SumAxis.
func MinAxis[T Float](dst, x *Tensor[T], axis int) { along("MinAxis", reduceMin, dst, x, axis) }

// ArgMax returns the index, in row-major order, of the first NaN, else of the first of
// the greatest elements. Zeros of both signs are equal. It panics if there is none.
func ArgMax[T Float](x *Tensor[T]) int { return find("ArgMax", reduceArgMax, x) }

// ArgMaxAxis computes, for every index of the other axes in row-major order, where along
// the axis the first NaN is, else the first of the greatest elements. dst has one element
// for each. Axis -1 is the last.
func ArgMaxAxis[T Float](dst []int, x *Tensor[T], axis int) {
	findAlong("ArgMaxAxis", reduceArgMax, dst, x, axis)
}

// ArgMin returns the index, in row-major order, of the first NaN, else of the first of
// the least elements. Zeros of both signs are equal. It panics if there is none.
func ArgMin[T Float](x *Tensor[T]) int { return find("ArgMin", reduceArgMin, x) }

// ArgMinAxis is ArgMaxAxis of the least elements.
func ArgMinAxis[T Float](dst []int, x *Tensor[T], axis int) {
	findAlong("ArgMinAxis", reduceArgMin, dst, x, axis)
}

// Dot returns the inner product of x and y, of one shape: the sum of the products of
// their elements, by fused multiply-adds. Order and error are those of Sum.
func Dot[T Float](x, y *Tensor[T]) T {
	if x.direct() && y.packed() && x.SameShape(y) {
		return chunk.Dot(asm.Active[T](), x.data, y.data)
	}
	r := start("Dot", reduceDot, x, y, x)
	r.whole(x)
	v := r.one()
	r.put()
	return v
}

// DotAxis computes the inner products of x and y, of one shape, along an axis, by fused
// multiply-adds. dst, axis and order are as in SumAxis; dst shares no memory with x or y.
func DotAxis[T Float](dst, x, y *Tensor[T], axis int) {
	r := start("DotAxis", reduceDot, x, y, dst)
	r.axis("DotAxis", x, axis)
	r.checkDst("DotAxis", dst, x, y)
	r.into(dst)
	r.put()
}

// MeanVar returns the mean and the variance of all elements: the sum of the squared
// distances from the mean divided by their number less ddof, 0 for that of the elements
// (batch norm), 1 for an unbiased estimate from a sample (PyTorch's default). It is NaN
// where that is not positive. It panics if ddof < 0.
//
// Every chunk, or block, is gone through twice, for its mean and for the distances from
// it, and chunks are joined pairwise by the formula of Chan, Golub and LeVeque (1983), so
// that numbers far from 0 with a small spread keep their variance: where they are 10⁶ and
// spread by 1, or 10⁷ in float32, it is right to some 10⁻⁶. Where an element is not
// finite both are NaN; where a sum or a square overflows, as with 3e38, 3e38, 3e38 in
// float32, the variance is NaN or +Inf.
func MeanVar[T Float](x *Tensor[T], ddof int) (mean, variance T) { return meanVar("MeanVar", x, ddof) }

func meanVar[T Float](op string, x *Tensor[T], ddof int) (mean, variance T) {
	if ddof < 0 {
		panic(ddofError(op, ddof, x))
	}
	if x.direct() {
		m := chunk.MomentsOf(asm.Active[T](), x.data)
		return m.Value(), m.Var(ddof)
	}
	r := start(op, reduceMoments, x, nil, x)
	r.whole(x)
	r.one()
	m := r.moments(0)
	r.put()
	return m.Value(), m.Var(ddof)
}

// MeanVarAxis computes the means and the variances of x along an axis, as MeanVar does.
// mean, variance and axis are as dst and axis in SumAxis; the two share no memory. It
// panics if ddof < 0.
func MeanVarAxis[T Float](mean, variance, x *Tensor[T], axis, ddof int) {
	const op = "MeanVarAxis"
	if ddof < 0 {
		panic(ddofError(op, ddof, mean, variance, x))
	}
	r := start(op, reduceMoments, x, nil, mean)
	r.axis(op, x, axis)
	r.checkDst(op, mean, x, nil)
	r.checkDst(op, variance, x, nil)
	if rangesMeet(mean.data, variance.data) && mean.overlaps(variance) {
		panic(shapeError(op, "the results share memory", mean.shape, variance.shape, x.shape))
	}
	r.ddof = ddof
	r.finish = finishMean
	r.into(mean)
	r.finish = finishVar
	r.write(variance)
	r.put()
}

// Var returns the variance; see MeanVar.
func Var[T Float](x *Tensor[T], ddof int) T {
	_, v := meanVar("Var", x, ddof)
	return v
}

func ddofError[T Float](op string, ddof int, operands ...*Tensor[T]) *ShapeError {
	return operandError(op, fmt.Sprintf("ddof is %d, want at least 0", ddof), operands...)
}

// VarAxis computes the variances of x along an axis; see MeanVar. dst and axis are as in
// SumAxis. It panics if ddof < 0.
func VarAxis[T Float](dst, x *Tensor[T], axis, ddof int) {
	momentsAlong("VarAxis", finishVar, dst, x, axis, ddof)
}

// Std returns the standard deviation, the square root of the variance; see MeanVar.
func Std[T Float](x *Tensor[T], ddof int) T {
	_, v := meanVar("Std", x, ddof)
	return T(math.Sqrt(float64(v)))
}

// StdAxis computes the standard deviations of x along an axis; see MeanVar. dst and axis
// are as in SumAxis. It panics if ddof < 0.
func StdAxis[T Float](dst, x *Tensor[T], axis, ddof int) {
	momentsAlong("StdAxis", finishStd, dst, x, axis, ddof)
}

// ColSum computes dst[j] = Σ_i x[i][j] for a matrix x of len(dst) columns: SumAxis along
// its first axis.
func ColSum[T Float](dst, x *Tensor[T]) { colSum("ColSum", reduceSum, dst, x) }

// ColSumAcc computes dst[j] += Σ_i x[i][j], the sum being that of ColSum: the gradient of
// a bias.
func ColSumAcc[T Float](dst, x *Tensor[T]) { colSum("ColSumAcc", reduceSumAcc, dst, x) }

func colSum[T Float](op string, kind reduceOp, dst, x *Tensor[T]) {
	if x.Rank() != 2 || dst.Rank() != 1 || dst.shape[0] != x.shape[1] {
		panic(shapeError(op, "want dst n, x m x n", dst.shape, x.shape))
	}
	along(op, kind, dst, x, 0)
}

func all[T Float](op string, kind reduceOp, x *Tensor[T]) T {
	if k := asm.Active[T](); x.direct() {
		switch kind {
		case reduceSum:
			return chunk.Sum(k, x.data)
		case reduceAsum:
			return chunk.Asum(k, x.data)
		case reduceSumSq:
			return chunk.SumSq(k, x.data)
		case reduceMean:
			return chunk.Sum(k, x.data) / T(len(x.data))
		case reduceMax:
			return chunk.Max(k, x.data)
		case reduceMin:
			return chunk.Min(k, x.data)
		}
	}
	r := start(op, kind, x, nil, x)
	r.whole(x)
	r.notEmpty(op, x, x)
	v := r.one()
	r.put()
	return v
}

func along[T Float](op string, kind reduceOp, dst, x *Tensor[T], axis int) {
	r := start(op, kind, x, nil, dst)
	r.axis(op, x, axis)
	r.checkDst(op, dst, x, nil)
	r.notEmpty(op, dst, x)
	r.into(dst)
	r.put()
}

func momentsAlong[T Float](op string, finish finishOp, dst, x *Tensor[T], axis, ddof int) {
	if ddof < 0 {
		panic(ddofError(op, ddof, dst, x))
	}
	r := start(op, reduceMoments, x, nil, dst)
	r.axis(op, x, axis)
	r.checkDst(op, dst, x, nil)
	r.ddof, r.finish = ddof, finish
	r.into(dst)
	r.put()
}

// direct tells whether x is worth one call on one thread, as it lies. Empty ones are
// not, for their errors.
func (x *Tensor[T]) direct() bool {
	return len(x.data) > 0 && len(x.data)*sizeOf[T]() <= reduceDirect && x.packed()
}

// reduceDirect is the most bytes of such a one; tests lower it.
var reduceDirect = 2 * asm.Chunk * 4

func find[T Float](op string, kind reduceOp, x *Tensor[T]) int {
	if k := asm.Active[T](); x.direct() {
		if kind == reduceArgMax {
			return chunk.ArgMax(k, x.data)
		}
		return chunk.ArgMin(k, x.data)
	}
	r := start(op, kind, x, nil, x)
	r.whole(x)
	r.notEmpty(op, x, x)
	r.one()
	i := r.at[0]
	r.put()
	return i
}

func findAlong[T Float](op string, kind reduceOp, dst []int, x *Tensor[T], axis int) {
	r := start(op, kind, x, nil, x)
	r.axis(op, x, axis)
	if len(dst) != r.outer*r.inner {
		panic(shapeError(op, "want one element of dst for every index without the axis", []int{len(dst)}, x.shape))
	}
	r.notEmpty(op, x, x)
	r.run(nil, dst)
	r.put()
}
