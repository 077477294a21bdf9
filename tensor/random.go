package tensor

import (
	"fmt"
	"math/bits"

	"github.com/lanes-go/lanes/asm"
)

// Uniform fills dst with numbers uniform in [lo, hi), hi included only by rounding:
// lo + u·(hi-lo) with u of 24 random bits for float32, 53 for float64, rounded once; of
// float32 from 100 to 101 one in a few hundred thousand is 101. lo may be above hi. It
// panics if hi-lo is not finite.
//
// Element i, in the order of the axes, is a function of (seed, stream, i) alone, whatever
// the strides, the threads and the CPU: Philox4x32-10, see the package's comment.
func Uniform[T Float](dst *Tensor[T], lo, hi T, seed, stream uint64) {
	uniform("Uniform", dst, lo, hi, seed, stream, 0)
}

// UniformAt is Uniform from element from of the stream on: element i of dst is element
// from+i, and has the bits it has in a longer tensor. So parts of a stream may be drawn
// apart.
func UniformAt[T Float](dst *Tensor[T], lo, hi T, seed, stream, from uint64) {
	uniform("UniformAt", dst, lo, hi, seed, stream, from)
}

func uniform[T Float](op string, dst *Tensor[T], lo, hi T, seed, stream, from uint64) {
	if span := hi - lo; span-span != 0 {
		panic(operandError(op, fmt.Sprintf("the range from %v to %v is not finite", lo, hi), dst))
	}
	r := getRandomFill[T](randomUniform, lo, hi-lo, seed, stream, from)
	r.run(dst, nil)
}

// Normal fills dst with normal numbers of the given mean and standard deviation,
// by Box and Muller's method from the bits Uniform would use. No number is further
// than 6.7 (float32) or 8.7 (float64) deviations from the mean. Like all random numbers of
// the package, element i is a function of (seed, stream, i) alone.
func Normal[T Float](dst *Tensor[T], mean, std T, seed, stream uint64) {
	NormalAt(dst, mean, std, seed, stream, 0)
}

// NormalAt is Normal from element from of the stream on: see UniformAt.
func NormalAt[T Float](dst *Tensor[T], mean, std T, seed, stream, from uint64) {
	r := getRandomFill[T](randomNormal, mean, std, seed, stream, from)
	r.run(dst, nil)
}

// Bernoulli sets each element of dst to 1 with probability p and to 0 otherwise: 1 where
// Uniform from 0 to 1 would be below p. In float32 that has 24 bits, so that p counts as
// rounded up to a multiple of 2^-24: 1e-9 is 6e-8. It panics if p is not in [0, 1].
func Bernoulli[T Float](dst *Tensor[T], p float64, seed, stream uint64) {
	bernoulli("Bernoulli", dst, p, seed, stream, 0)
}

// BernoulliAt is Bernoulli from element from of the stream on: see UniformAt.
func BernoulliAt[T Float](dst *Tensor[T], p float64, seed, stream, from uint64) {
	bernoulli("BernoulliAt", dst, p, seed, stream, from)
}

func bernoulli[T Float](op string, dst *Tensor[T], p float64, seed, stream, from uint64) {
	checkProbability(op, p, dst)
	r := getRandomFill[T](randomBernoulli, T(p), 1, seed, stream, from)
	r.run(dst, nil)
}

// Dropout sets each element of dst to 0 with probability p and to x/(1-p) otherwise:
// inverted dropout (Srivastava et al., JMLR 2014), whose mean is x. An element is kept
// where Uniform from 0 to 1 would be below 1-p. The mask is not stored: the gradient is
//
//	Dropout(dx, dy, p, seed, stream)
//
// with the same p, seed and stream. dst may be x, but may not share part of its memory.
// A NaN that is dropped is 0. In float32 the probability 1-p to keep an element counts as
// rounded up to a multiple of 2^-24, while the factor is 1/(1-p) of p as given. It panics if
// p is not in [0, 1].
func Dropout[T Float](dst, x *Tensor[T], p float64, seed, stream uint64) {
	dropout("Dropout", dst, x, p, seed, stream, 0)
}

// DropoutAt is Dropout by the numbers from element from of the stream on: see UniformAt.
func DropoutAt[T Float](dst, x *Tensor[T], p float64, seed, stream, from uint64) {
	dropout("DropoutAt", dst, x, p, seed, stream, from)
}

func dropout[T Float](op string, dst, x *Tensor[T], p float64, seed, stream, from uint64) {
	checkProbability(op, p, dst, x)
	equalShapes(op, dst, x, x, x)
	checkApart(op, dst, x, dst, x, x)
	r := getRandomFill[T](randomDropout, T(1-p), T(1/(1-p)), seed, stream, from)
	r.run(dst, x)
}

func checkProbability[T Float](op string, p float64, operands ...*Tensor[T]) {
	if !(p >= 0 && p <= 1) {
		panic(operandError(op, fmt.Sprintf("probability %v is not in [0, 1]", p), operands...))
	}
}

// Permutation fills dst with a random order of 0 … len(dst)-1, a function of
// (seed, stream, len(dst)) alone: Fisher and Yates' shuffle from the last element down.
// Element i changes places with one of the i+1 first, all of which are equally likely:
// the 64-bit number in the two first words of block i is bounded by Lemire's method
// (ACM TOMACS 29, 2019), which rejects with a probability of less than len(dst)/2^64, and
// then takes blocks i + 2^48, i + 2·2^48 ….
func Permutation(dst []int, seed, stream uint64) {
	for i := range dst {
		dst[i] = i
	}
	// Float64 element 32g+b of a stream begins with the two first words of block 16g+b.
	const groups = 32
	k, w := asm.Active[float64](), permutationWords.Get()
	for i := len(dst) - 1; i > 0; {
		first := i / (16 * groups) * groups // group
		n := (i/16 - first + 1) * 32
		asm.Uint64s(k, w[:n:n], seed, stream, uint64(32*first))
		for ; i > 0 && i >= 16*first; i-- {
			j := bounded(w[(i/16-first)*32+i%16], uint64(i+1), func(try uint64) uint64 {
				w0, w1, _, _ := asm.Philox(seed, stream, uint64(i)+try<<48)
				return uint64(w1)<<32 | uint64(w0)
			})
			dst[i], dst[j] = dst[j], dst[i]
		}
	}
	permutationWords.Put(w)
}

// bounded makes a number below n of the 64-bit number w, or of again(1), again(2) … in
// its place.
func bounded(w, n uint64, again func(try uint64) uint64) uint64 {
	high, low := bits.Mul64(w, n)
	if low < n {
		for try, least := uint64(1), -n%n; low < least; try++ {
			high, low = bits.Mul64(again(try), n)
		}
	}
	return high
}
