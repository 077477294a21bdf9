// Package gonumblas makes lanes the backend of gonum's linear algebra:
//
//	blas32.Use(gonumblas.Float32{})
//	blas64.Use(gonumblas.Float64{})
//
// All of levels 1, 2 and 3 is there: gonum's implementation is embedded, and where
// lanes is faster it stands in front, in both precisions: dot, nrm2, asum, iamax, axpy,
// scal, rot, swap; gemv, ger, symv, trmv, trsv, syr, syr2; gemm, syrk, syr2k, symm,
// trmm, trsm. Arguments, strides and panics are gonum's. Calls that gonum does no
// slower, by a rule on the shape, are passed on to it, and all of them where there is
// no SIMD (LANES_ISA=generic, the build tag purego, other architectures): passing
// a call on costs 1 to 4 ns in levels 1 and 2 and about 5 in level 3. The rules are
// measured with AVX-512.
//
// With SameBits nothing that rounds is passed on, and these routines return the same
// bits on every CPU; their comments say in which order they add. The other routines
// are gonum's, which promises no bits. No routine allocates once its scratch memory
// has grown. Any number of goroutines may call at the same time; results may share no
// element with operands, unless a comment allows it.
package gonumblas

import (
	"github.com/lanes-go/lanes/asm"
	"github.com/lanes-go/lanes/tensor"
	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/gonum"
)

// Float32 implements blas.Float32. Routines of lanes stand in front of gonum's, which
// are embedded.
type Float32 struct {
	gonum.Implementation

	// SameBits forbids passing calls on to gonum where that would be faster, so that
	// the routines of lanes give the same bits on every CPU.
	SameBits bool
}

// Float64 implements blas.Float64, as Float32 does blas.Float32.
type Float64 struct {
	gonum.Implementation
	SameBits bool
}

var (
	_ blas.Float32 = Float32{}
	_ blas.Float64 = Float64{}
)

// simd tells whether there is a table that is worth anything: without, gonum's own
// assembly is faster than our plain Go.
func simd[T tensor.Float]() bool { return haveSIMD }

// ours tells whether a call is done here: always for the same bits, else where it is
// fast here, if there is SIMD at all.
func ours(same, fast bool) bool { return same || fast && haveSIMD }

var haveSIMD = asm.Selection().ISA != "generic"
