package vec

import "github.com/lanes-go/lanes/tensor"

// Random numbers are functions of seed, stream and position alone, the same on every CPU
// (Philox4x32-10).

// Uniform fills dst with numbers uniform in [lo, hi). See [tensor.Uniform].
func Uniform[T Float](dst []T, lo, hi T, seed, stream uint64) {
	o := begin("Uniform", dst)
	defer o.put()
	tensor.Uniform(&o.t[0], lo, hi, seed, stream)
}

// Normal fills dst with normal numbers. See [tensor.Normal].
func Normal[T Float](dst []T, mean, std T, seed, stream uint64) {
	o := begin("Normal", dst)
	defer o.put()
	tensor.Normal(&o.t[0], mean, std, seed, stream)
}

// Permutation fills dst with a random order of 0 … len(dst)-1.
func Permutation(dst []int, seed, stream uint64) { tensor.Permutation(dst, seed, stream) }

// Bernoulli sets each element of dst to 1 with probability p and to 0 otherwise. See
// [tensor.Bernoulli].
func Bernoulli[T Float](dst []T, p float64, seed, stream uint64) {
	o := begin("Bernoulli", dst)
	defer o.put()
	tensor.Bernoulli(&o.t[0], p, seed, stream)
}

// Dropout sets each element of dst to 0 with probability p and to x[i]/(1-p) otherwise.
// The same call on gradients is its backward pass. See [tensor.Dropout].
func Dropout[T Float](dst, x []T, p float64, seed, stream uint64) {
	unary("Dropout", dst, x, func(dst, x *tensor.Tensor[T]) { tensor.Dropout(dst, x, p, seed, stream) })
}
