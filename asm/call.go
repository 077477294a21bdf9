package asm

import "unsafe"

// CallGemm calls k.Gemm(g), which must fit, without moving g to the heap: kernels
// keep no pointer to their arguments, which a call through a table hides from
// escape analysis.
func CallGemm[T Float](k *Products[T], g *GemmArgs[T]) {
	if !TryGemm(k, g) {
		g.fail()
	}
}

// TryGemm is k.Gemm(g) without moving g to the heap.
func TryGemm[T Float](k *Products[T], g *GemmArgs[T]) bool {
	return k.Gemm((*GemmArgs[T])(noescape(unsafe.Pointer(g))))
}

// noescape hides p from escape analysis by a trip through an integer. No call lies
// between the two conversions, so the stack cannot move in between.
func noescape(p unsafe.Pointer) unsafe.Pointer {
	x := uintptr(p)
	return *(*unsafe.Pointer)(unsafe.Pointer(&x))
}
