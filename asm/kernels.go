package asm

// Kernels is the table of one instruction set: every family, no nil entry.
type Kernels[T Float] struct {
	ISA string // "generic", "avx2", "avx512", "neon"
	GemmKernels[T]
	MergeKernels[T]
	ProbeKernels
}

func genericKernels[T Float]() Kernels[T] {
	return Kernels[T]{
		ISA:          "generic",
		GemmKernels:  gemmGenericKernels[T](),
		MergeKernels: MergeKernels[T]{Axpby: axpbyGeneric[T]},
		ProbeKernels: probeGenericKernels[T](),
	}
}
