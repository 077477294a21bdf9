// Package vec is arithmetic on plain slices of float32 or float64, by the kernels of
// lanes.
//
// A function that fills a slice takes it first: Add(dst, x, y). Two more forms say in
// their names where the result goes: AddInPlace(x, y) writes to x, AddNew(x, y) makes
// a slice. Only the New forms allocate.
//
// All slices of a call have one length. dst may be any of the inputs, but may not share
// only a part of its memory with one; functions that say nothing of it are so. What does
// not fit is a panic with an *Error, which names the function and all lengths, or with the
// error of the operation of package tensor behind it.
//
// Results are the same bits on every CPU and for any number of threads, as those of
// package tensor, of which these are a face: tensor.SetMaxThreads limits the threads
// that long calls use. All functions may be called from any number of goroutines on
// disjoint results.
package vec
