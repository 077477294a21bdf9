package asm

// Kernels is the table of one instruction set: every family, no nil entry.
type Kernels[T Float] struct {
	ISA string // "generic", "avx2", "avx512", "neon"

	// NT is this table with kernels that store past the caches where there are such:
	// the same bits, and faster where much more is written than a core's own cache
	// holds and it is not read soon. Of that table NT is itself.
	NT *Kernels[T]

	GemmKernels[T]
	MergeKernels[T]
	EltwiseKernels[T]
	MathKernels[T]
	ActKernels[T]
	ReduceKernels[T]
	DistKernels[T]
	NormKernels[T]
	LossKernels[T]
	UpdateKernels[T]
	RandomKernels[T]
	HalfKernels
	ProbeKernels
}

func genericKernels[T Float]() Kernels[T] {
	return Kernels[T]{
		ISA:            "generic",
		GemmKernels:    gemmGenericKernels[T](),
		MergeKernels:   MergeKernels[T]{Axpby: axpbyGeneric[T]},
		EltwiseKernels: eltwiseGenericKernels[T](),
		MathKernels:    mathGenericKernels[T](),
		ActKernels:     actGenericKernels[T](),
		ReduceKernels:  reduceGenericKernels[T](),
		DistKernels:    distGenericKernels[T](),
		NormKernels:    normGenericKernels[T](),
		LossKernels:    lossGenericKernels[T](),
		UpdateKernels:  updateGenericKernels[T](),
		RandomKernels:  randomGenericKernels[T](),
		HalfKernels:    halfGenericKernels(),
		ProbeKernels:   probeGenericKernels[T](),
	}
}
