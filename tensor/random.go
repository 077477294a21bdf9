package tensor

import (
	"math/bits"

	"github.com/lanes-go/lanes/asm"
)

// Uniform fills dst with numbers uniform in [lo, hi), hi included only by
// rounding: 24 random bits each for float32, 53 for float64. Element i is a
// function of (seed, stream, i) alone: the generator is Philox4x32-10, whose
// counter holds the stream and the position; asm.RandomKernels has the layout.
func Uniform[T Float](dst *Tensor[T], lo, hi T, seed, stream uint64) {
	asm.Active[T]().Uniform(dst.Data(), lo, hi-lo, seed, stream, 0)
}

// Normal fills dst with normal numbers of the given mean and standard deviation,
// by Box and Muller's method from the bits Uniform would use. No number is further
// than 6.7 (float32) or 8.7 (float64) deviations from the mean.
func Normal[T Float](dst *Tensor[T], mean, std T, seed, stream uint64) {
	asm.Active[T]().Normal(dst.Data(), mean, std, seed, stream, 0)
}

// Permutation fills dst with a random order of 0 … len(dst)-1, a function of
// (seed, stream, len(dst)) alone: Fisher and Yates' shuffle from the last element
// down, with 64 bits a draw, whose bias is below len(dst)/2^64.
func Permutation(dst []int, seed, stream uint64) {
	for i := range dst {
		dst[i] = i
	}
	for i := len(dst) - 1; i > 0; i-- {
		w0, w1, _, _ := asm.Philox(seed, stream, uint64(i))
		j, _ := bits.Mul64(uint64(w1)<<32|uint64(w0), uint64(i+1))
		dst[i], dst[j] = dst[j], dst[i]
	}
}
