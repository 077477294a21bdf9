package asm

// Products is the part of a table that matrix products need, no nil entry. A program
// that asks for no more does not contain the other kernels.
type Products[T Float] struct {
	ISA string // "generic", "avx2", "avx512", "neon"

	GemmKernels[T]
	MergeKernels[T]
}

// Kernels is the table of one instruction set: every family, no nil entry.
type Kernels[T Float] struct {
	Products[T]

	// NT is this table with kernels that store past the caches where there are such:
	// the same bits, and faster where much more is written than a core's own cache
	// holds and it is not read soon. Of that table NT is itself.
	NT *Kernels[T]

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

func genericProducts[T Float]() Products[T] {
	return Products[T]{
		ISA:          "generic",
		GemmKernels:  gemmGenericKernels[T](),
		MergeKernels: MergeKernels[T]{Axpby: axpbyGeneric[T]},
	}
}

func genericKernels[T Float](p *Products[T]) Kernels[T] {
	return Kernels[T]{
		Products:       *p,
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
