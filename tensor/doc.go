// Package tensor is lanes' dense arrays and the operations on them.
//
// Operations take the destination first, check every shape before they touch
// memory, and panic with a *ShapeError that names the operation and all shapes
// where the operands do not fit; a setting out of its range is a panic with another
// error, a label that is no class one with a *LabelError. They may be called from any
// number of goroutines on disjoint destinations. Results are the same bits on every CPU
// and for any number of threads. Operands may be views of any strides: the bits are those
// of packed copies. Nothing is allocated in a steady state.
//
// # Elements and activations
//
// dst, or dx, may be an input, but may not share part of its memory with one. Operations
// that say so broadcast their inputs to the shape of dst, as NumPy does: seen from the
// last axis, an input has the length of dst, or 1, or lacks the axis. A gradient takes dy,
// that of the result, and either y, the result, or x, the input. NaN gives NaN but where
// it is said otherwise. The greatest errors are stated in package vec and at
// asm.ActKernels.
//
// # Reductions
//
// The forms named …Axis write to dst, which has the shape of x without the axis, or with
// length 1 there, and shares no memory with x. Negative axes count from the end. The order
// of a sum depends on the axis alone: along the last one, and of all elements, chunks of
// 16384 elements in 64 running sums (float32) or 32 (float64), combined pairwise; along
// others blocks of 64 rows, each added in order, combined pairwise. A sum over nothing is
// 0, a mean or a variance of nothing is NaN, the greatest or least of nothing is a panic.
//
// # Normalization
//
// BatchNorm has a channel axis, the second one, (N, C), (N, C, L), (N, C, H, W) …, or with
// ChannelsLast the last one; every statistic is over all other axes. GroupNorm, InstanceNorm
// and LRN have the second one. LayerNorm and RMSNorm go over rows, the trailing axes that
// gamma has. y may be x; dx may be dy or x, and with batch norm y; other results share no
// memory with anything. Means and variances are found in two passes and joined by Chan's
// formula: a mean that is huge beside the spread costs nothing.
//
// # Softmax and losses
//
// Of a row x, with m its greatest element and s = Σ exp(x-m) in the order of a last axis,
// softmax is exp(x-m)·(1/s), log-softmax (x-m) - log(s), logsumexp m + log(s). Elements of
// ±1000 and more are no trouble. A -Inf beside finite elements has the probability 0. A
// row with a NaN or a +Inf, or of nothing but -Inf, is NaN, for the difference of infinities
// is; but LogSumExp, which has a limit there, is +Inf or -Inf.
//
// Losses return a number and write its gradient in the same pass; the result for the
// gradient may be an input, or nil where it is not wanted.
//
// # Updates
//
// SGD, SGDMomentum, Nesterov, Adagrad, RMSprop, Adam and AdamW change weights w by
// gradients dw in place, in one pass each. The gradient that counts is
//
//	d = scale·dw, and fma(WeightDecay, w, d) if WeightDecay is not 0
//
// where scale is 1, or the factor of ClipGlobalNorm. State starts at 0. The tensors of a
// call have one shape and share no memory; views are copied on the way. Settings are
// rounded to the element type once. A NaN in dw is one in the weight and in the state; a
// gradient of 0 is a step like others.
//
// # Random numbers
//
// Element i in the order of the axes is a function of (seed, stream, i) alone, whatever the
// strides, the threads and the CPU: the generator is Philox4x32-10 (Salmon, Moraes, Dror,
// Shaw, SC 2011), whose key is the seed and whose counter holds the stream and the
// position; asm.RandomKernels has the layout, and kernels that begin elsewhere than at 0.
// Operations with the same seed and stream draw from the same bits: who wants independent
// numbers takes another stream for each.
package tensor
