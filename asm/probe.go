package asm

import (
	"math"
	"sync"
)

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
		ProbeCopy:  func(dst, src []byte) { copy(dst, src[:len(dst):len(src)]) },
	}
}

// probeFMAGeneric is the inner loop of the plain product, on operands in the L1:
// what exact FMAs cost here in plain Go. A round is 64 terms of eight chains.
func probeFMAGeneric[T Float](n int) int {
	x := probeOperands64
	if is32[T]() {
		x = probeOperands32
	}
	o := x()
	for range n {
		var s [4][2]float64
		gemmTile[T](&s, o.a, o.b, 4, 2, o.ra, o.rb)
		probeSink(s[0][0])
	}
	return max(n, 0) * len(o.a) * 8 * 2
}

type probeOperands struct {
	a      [][4]float64
	b      [][2]float64
	ra, rb expRange
}

var (
	probeOperands32 = sync.OnceValue(newProbeOperands[float32])
	probeOperands64 = sync.OnceValue(newProbeOperands[float64])
)

// newProbeOperands are fractions without an end: sums that need no rounding take
// another way.
func newProbeOperands[T Float]() *probeOperands {
	o := &probeOperands{make([][4]float64, 64), make([][2]float64, 64), expRange{lo: math.MaxUint64}, expRange{lo: math.MaxUint64}}
	for p := range o.a {
		for i := range o.a[p] {
			o.a[p][i] = float64(1 / T(3+p+i))
			o.ra.add(o.a[p][i])
		}
		for j := range o.b[p] {
			o.b[p][j] = float64(1 / T(7+p+j))
			o.rb.add(o.b[p][j])
		}
	}
	return o
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
