package asm

import "unsafe"

// Float is the element type of every kernel.
type Float interface{ float32 | float64 }

// is32 reports whether T is float32; the compiler folds it per instantiation.
func is32[T Float]() bool {
	var z T
	return unsafe.Sizeof(z) == 4
}
