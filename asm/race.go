//go:build race

package asm

import (
	"runtime"
	"unsafe"
)

// raceEnabled: assembly is invisible to the race detector, so under -race each
// face reports what its kernel touches.
const raceEnabled = true

func raceRead[T any](x []T) {
	if len(x) > 0 {
		runtime.RaceReadRange(unsafe.Pointer(&x[0]), len(x)*int(unsafe.Sizeof(x[0])))
	}
}

func raceWrite[T any](x []T) {
	if len(x) > 0 {
		runtime.RaceWriteRange(unsafe.Pointer(&x[0]), len(x)*int(unsafe.Sizeof(x[0])))
	}
}

// race reports the operands of a Gemm kernel, row by row where rows are apart.
func (g *GemmArgs[T]) race(nr int) {
	for i := range g.M {
		raceWrite(g.C[i*g.LDC:][:g.N])
		if g.Init != nil {
			raceRead(g.Init[i*g.LDC:][:g.N])
		}
		if g.K > 0 && g.ACol == 1 && g.ATile == 0 {
			raceRead(g.A[i*g.ARow:][:g.K])
		}
	}
	if g.K > 0 && g.ATile > 0 { // packed: nobody else's
		raceRead(g.A[:g.rowOffset(g.M-1)+(g.K-1)*g.ACol+1])
	}
	for j := 0; g.BTrans && j < g.N; j++ {
		raceRead(g.B[j*g.BRow:][:g.K])
	}
	for p := range g.K {
		if g.ACol != 1 && g.ATile == 0 {
			raceRead(g.A[p*g.ACol:][:g.M])
		}
		for j := 0; !g.BTrans && j < g.N; j += nr {
			raceRead(g.B[j/nr*g.BPanel+p*g.BRow:][:min(nr, g.N-j)])
		}
	}
	raceWrite(g.Pack)
	if g.Out&OutBias != 0 {
		raceRead(g.Bias[:g.N])
	}
	if d := g.Out >> OutDistance; g.Out&OutAffine != 0 {
		raceRead(g.Bias[d : d+g.N])
		raceRead(g.Bias[2*d : 2*d+g.N])
	}
}

// racePack reports the operands of a packing kernel: rows of cols elements read,
// k rows of n written.
func racePack[T Float](dst []T, w int, src []T, lds, rows, cols, n, k int) {
	for i := range rows {
		raceRead(src[i*lds:][:cols])
	}
	for p := range k {
		raceWrite(dst[p*w:][:n])
	}
}

// raceRows tells of the reading of a vector and of the rows of a matrix, if it is there.
func raceRows[T Float](v, x []T, ld, rows, n int) {
	raceRead(v)
	for i := 0; i < rows && x != nil; i++ {
		raceRead(x[i*ld:][:n])
	}
}

// raceWriteRows tells of the writing of the rows of a matrix.
func raceWriteRows[T Float](x []T, ld, rows, n int) {
	for i := range rows {
		raceWrite(x[i*ld:][:n])
	}
}
