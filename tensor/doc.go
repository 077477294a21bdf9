// Package tensor is lanes' dense arrays and the operations on them.
//
// Operations take the destination first. They may be called from any number of goroutines
// on disjoint destinations. Results are the same bits on every CPU and for any number of
// threads, of which long operations use several (SetMaxThreads). Operands may be views of
// any strides: the bits are those of packed copies. Nothing is allocated in a steady state.
//
// # Misuse
//
// Every shape and setting is checked before memory is touched. Shapes that do not fit,
// memory that is shared where it may not be and settings out of their range are a panic
// with a *ShapeError, which names the operation and the shapes of its operands; of a
// product of slices it is a *GemmError, of a label that is no class a *LabelError. An
// operand that is nil where none may be is a *ShapeError of most element-wise operations,
// activations, losses, norms and updates; others dereference it.
//
// # Element-wise operations
//
// dst may be an input; it may not share only a part of its memory with one. Operands have
// one shape; operations that say so broadcast their inputs to the shape of dst, as NumPy
// does: seen from the last axis, an input has the length of dst, or 1, or lacks the axis.
//
// What is not said to have an error in ULP, units in the last place of the true result, is
// the operations of IEEE 754 in its formula, each rounded once, fma(x, y, z) being x*y + z
// rounded once. Errors in ULP of float32 hold for every input, all 2^32 of them being
// tried before a release; those of float64 are the greatest of samples, rounded up.
// Exponentials, logarithms and the like are sequences of IEEE operations of our own, not
// those of package math, which differ from one CPU to the next.
//
// # Activations
//
// Activations follow the rules of element-wise operations. A gradient takes dy, the
// gradient of the result, and either y, the result, or x, the input; dx may be either of
// the two. NaN gives NaN but where it is said otherwise. The errors of gradients are of
// float32 with dy = 1, as functions of the input, in units of 2^-24 = 6e-8: near its zeros a
// gradient has few digits that are right.
//
// # Reductions
//
// A reduction is of all elements, or along one axis: the forms named …Axis write to dst,
// which has the shape of x without the axis, or with length 1 there, as one likes: along
// axis 1 of an m x n matrix to m, or to m x 1, which broadcasts over the matrix again.
// Negative axes count from the end. To reduce over several neighbouring axes, Reshape them
// into one. dst shares no memory with x.
//
// The order of a sum depends on the axis alone. That of a last axis, or contiguous one, and
// of all elements in row-major order: chunks of 16384 elements, each in 64 running sums
// (float32) or 32 (float64), element i in sum i mod 64, the sums folded in halves, the
// chunks combined pairwise. That of an outer axis: blocks of 64 rows, each added in order,
// the blocks combined pairwise. So many additions a term goes through, and by so many times
// 2^-24 of the sum of the absolute values (2^-53 in float64) the sum is off at most: 256 + 6
// + log2(n/16384) for n elements of a last axis (512 + 5 in float64), 64 + log2(m/64) for m
// rows of an outer one. What is rounded up and down at random stays near the square root.
//
// A sum over nothing is 0, a mean or a variance of nothing is NaN, and the greatest or
// least of nothing is a panic. What overflows on the way is infinite or NaN, though the
// result could be told: Mean of 3e38, 3e38, 3e38 in float32 is +Inf.
//
// # Normalization
//
// Batch norm has statistics of a channel, over all other axes; channels are the second
// axis of x, (N, C), (N, C, L), (N, C, H, W) …, or with ChannelsLast the last one. Group and
// instance norm have statistics of a group of channels of one n; layer and RMS norm of a
// row, the trailing axes of x that gamma has. gamma = nil is 1, beta = nil is 0. LRN has none
// of these, but sums of squares of neighbouring channels.
//
// y may be x, and dx may be dy or x (of batch norm with ReLU also y). Other results share
// no memory with y, dx or each other; that they share none with inputs either is up to
// the caller, for whom they would write over an input after it has been read.
//
// Means and variances are found in two passes over each chunk or block, joined by the
// formula of Chan, Golub and LeVeque (1983): a mean that is huge beside the spread costs
// the forward pass little. Squares that overflow do cost all: of float32 numbers whose
// squared distances from the mean add up to more than 3.4e38, as of 1e20 and -1e20, the
// variance is +Inf, rstd 0 and y = beta. In float32, with a spread of 1, y is off by at most 8 units of 2^-24 (relative
// ones where |y| is above 1) for means up to 10^6, and by 1.2e-4 at 10^8.
//
// The mean is rounded. Where it is huge beside the spread, that moves every x-mean of the
// backward pass, by up to 0.03 of a spread of 1 for a float32 mean of 10^6: give the mean
// room for twice as many elements, with a leading axis of 2 as 2 x C of a batch norm, and its
// second half is what the first has too much, with which the backward pass is as accurate as the forward one.
//
// # Losses
//
// Softmax and its relatives go along an axis, losses with labels along the last one. Of a
// row x, with m its greatest element and s = Σ exp(x-m) in the order of a last axis,
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
// position; asm.RandomKernels has the layout. Operations with the same seed and stream draw
// from the same bits: who wants independent numbers takes another stream for each. The
// forms named …At begin at element from of a stream, for those who draw it in parts.
package tensor
