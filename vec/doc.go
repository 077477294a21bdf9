// Package vec is arithmetic on plain slices of float32 or float64, by the kernels of
// lanes: elements, activations and their gradients, reductions, softmax and losses,
// normalization, updates of weights, random numbers, distances, conversions to 16 bits.
//
// Results are the same bits on every CPU and for any number of threads, as those of
// package tensor, of which these are a face. All functions may be called from any number
// of goroutines on disjoint results.
//
// # Where results go
//
// A function that fills a slice takes it first: Add(dst, x, y). Two more forms say in
// their names where the result goes: AddInPlace(x, y) writes to x, AddNew(x, y) makes
// a slice. Only the New forms allocate.
//
// # Aliasing
//
// Element by element (arithmetic, comparisons, elementary functions, activations,
// gradients) and in softmax and its relatives, all slices of a call have one length, and
// dst, or dx, may be any of the inputs, whole; it may not share only a part of its memory
// with one. Functions for which something else holds say it: updates, whose slices are all
// apart; reductions, conversions and transposes, whose results are apart from what they
// read; normalization and losses, some of whose results may be inputs. What is said of
// small results, such as a mean, dgamma or a slope's gradient, is up to the caller where
// inputs are concerned: they would be written over after they have been read.
//
// # Matrices and images
//
// A matrix is a slice with one row after the other. It has as many rows, or columns, as
// another operand has elements, or a number of columns is given. Images NCHW are such
// slices too, of channels of hw elements each; images NHWC are the rows of a matrix.
//
// # Empty slices
//
// Where there are no rows nothing is done: sums are 0, means NaN, as is the mean loss of
// nothing, the sum of losses is 0, as in PyTorch. Only a greatest or least element of
// nothing is misuse. An empty matrix whose number of columns is 0, or not to be told, is
// one of no rows.
//
// # Misuse
//
// What does not fit is a panic with an [*Error], which names the function and all lengths:
// slices of the wrong lengths, memory shared where it may not be, settings out of their
// range. A label that is no class is a [*LabelError]. Nothing has been written then.
//
// # Threads
//
// Long calls, as a rule from a few ten thousand elements on, are shared out over threads,
// whose number tensor.SetMaxThreads limits. [TopK], [Permutation], [Distance] and the
// conversions from and to 16 bits run on one.
//
// # Sums
//
// A sum over a slice, or a row, runs 64 (float32) or 32 (float64) at a time over pieces of
// 16384 elements, which are added pairwise: its error grows like that of pairwise
// summation, and its bits depend on nothing but the elements. Over a column it runs in
// order in blocks of 64 rows, which are added pairwise.
//
// # Elementary functions
//
// They are sequences of IEEE operations of our own, so that their bits are the same
// everywhere. The greatest errors stated with them, in units of the last place (ULP), hold
// for every float32; those of float64 are the greatest of samples, rounded up.
//
// # Updates
//
// [SGD], [SGDMomentum], [Nesterov], [Adagrad], [RMSprop], [Adam] and [AdamW] change weights
// w by gradients dw in one pass. The gradient that counts is
//
//	d = scale·dw + WeightDecay·w
//
// where scale is 1, or the factor of [ClipGlobalNorm]; AdamW's decay is another. State (v, s,
// m) is the caller's, starts at 0 and is changed with w. All slices have one length and
// share no memory.
//
// # Random numbers
//
// Element i of a call is a function of (seed, stream, i) alone, on every CPU and for any
// number of threads: the generator, Philox4x32-10 (Salmon and others, SC 2011), counts, and
// has no state. Calls with the same seed and stream draw from the same bits, so whoever
// wants independent numbers takes another stream for each. The forms named …At begin at
// element from of a stream, for those who draw it in parts.
package vec
