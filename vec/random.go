package vec

import "github.com/lanes-go/lanes/tensor"

// Uniform fills dst with numbers uniform in [lo, hi), hi included only by rounding: lo +
// u·(hi-lo) with u of 24 random bits for float32, 53 for float64. From 0 to 1 it never is
// 1; of float32 from 100 to 101 one in a few hundred thousand is 101. lo may be above hi.
// Element i is a function of (seed, stream, i) alone. It panics if hi-lo is not finite.
func Uniform[T Float](dst []T, lo, hi T, seed, stream uint64) {
	o := begin("Uniform", dst)
	defer o.put()
	tensor.Uniform(&o.t[0], lo, hi, seed, stream)
}

// UniformAt is [Uniform] from element from of the stream on: dst[i] is element from+i, as it
// is in a longer slice. So parts of a stream may be drawn apart. It panics if hi-lo is not
// finite.
func UniformAt[T Float](dst []T, lo, hi T, seed, stream, from uint64) {
	o := begin("UniformAt", dst)
	defer o.put()
	tensor.UniformAt(&o.t[0], lo, hi, seed, stream, from)
}

// Normal fills dst with normal numbers of the given mean and standard deviation, by Box
// and Muller's method. Element i is a function of (seed, stream, i) alone. No number is
// further than 6.7 (float32) or 8.7 (float64) deviations from the mean.
func Normal[T Float](dst []T, mean, std T, seed, stream uint64) {
	o := begin("Normal", dst)
	defer o.put()
	tensor.Normal(&o.t[0], mean, std, seed, stream)
}

// NormalAt is [Normal] from element from of the stream on: see [UniformAt].
func NormalAt[T Float](dst []T, mean, std T, seed, stream, from uint64) {
	o := begin("NormalAt", dst)
	defer o.put()
	tensor.NormalAt(&o.t[0], mean, std, seed, stream, from)
}

// Permutation fills dst with a random order of 0 … len(dst)-1, all of which are equally
// likely: a function of (seed, stream, len(dst)) alone. It runs on one thread. See
// [tensor.Permutation].
func Permutation(dst []int, seed, stream uint64) { tensor.Permutation(dst, seed, stream) }

// Bernoulli sets each element of dst to 1 with probability p and to 0 otherwise: 1 where
// [Uniform] from 0 to 1 of the same seed and stream is below p. In float32 that has 24 bits,
// so that p counts as rounded up to a multiple of 2^-24: 1e-9 is 6e-8. It panics if p is
// not in [0, 1].
func Bernoulli[T Float](dst []T, p float64, seed, stream uint64) {
	o := begin("Bernoulli", dst)
	defer o.put()
	tensor.Bernoulli(&o.t[0], p, seed, stream)
}

// BernoulliAt is [Bernoulli] from element from of the stream on: see [UniformAt]. It panics
// if p is not in [0, 1].
func BernoulliAt[T Float](dst []T, p float64, seed, stream, from uint64) {
	o := begin("BernoulliAt", dst)
	defer o.put()
	tensor.BernoulliAt(&o.t[0], p, seed, stream, from)
}

// Dropout sets each element of dst to 0 with probability p and to x[i]/(1-p) otherwise.
// What is dropped is a function of (seed, stream, i) alone, so that the same call on
// gradients is its backward pass. dst may be x. In float32 the probability 1-p to keep an
// element counts as rounded up to a multiple of 2^-24. It panics if p is not in [0, 1]. See
// [tensor.Dropout].
func Dropout[T Float](dst, x []T, p float64, seed, stream uint64) {
	unary("Dropout", dst, x, func(dst, x *tensor.Tensor[T]) { tensor.Dropout(dst, x, p, seed, stream) })
}

// DropoutAt is [Dropout] by the numbers from element from of the stream on: see [UniformAt].
// dst may be x. It panics if p is not in [0, 1].
func DropoutAt[T Float](dst, x []T, p float64, seed, stream, from uint64) {
	unary("DropoutAt", dst, x, func(dst, x *tensor.Tensor[T]) { tensor.DropoutAt(dst, x, p, seed, stream, from) })
}
