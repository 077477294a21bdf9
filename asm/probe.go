package asm

// ProbeKernels measure the machine itself. They depend on the instruction set,
// not on the values, and carry no bit contract.
type ProbeKernels struct {
	// ProbeFMA runs n rounds of independent FMAs in registers and returns the
	// number of floating-point operations done (2 per lane and FMA).
	ProbeFMA func(n int) int
	// ProbeRead reads x once. len(x) is best a multiple of 256.
	ProbeRead func(x []byte)
	// ProbeWrite stores zeros over x. len(x) is best a multiple of 256.
	ProbeWrite func(x []byte)
	// ProbeCopy copies src over dst with plain stores; a multiple of 256 bytes.
	ProbeCopy func(dst, src []byte)
}

func probeGenericKernels[T Float]() ProbeKernels {
	return ProbeKernels{
		ProbeFMA:   probeFMAGeneric[T],
		ProbeRead:  probeReadGeneric,
		ProbeWrite: func(x []byte) { clear(x) },
		ProbeCopy:  func(dst, src []byte) { copy(dst, src[:len(dst)]) },
	}
}

func probeFMAGeneric[T Float](n int) int {
	var s [8]T
	x, y := T(1), T(0)
	for i := 0; i < n; i++ {
		for j := range s {
			s[j] = FMA(x, y, s[j])
		}
	}
	probeSink(float64(s[0] + s[7]))
	return max(n, 0) * 16
}

//go:noinline
func probeSink(float64) {}

func probeReadGeneric(x []byte) {
	var s byte
	for i := 0; i < len(x); i += 64 {
		s ^= x[i]
	}
	probeSink(float64(s))
}
