package main

import (
	"fmt"

	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// Registers of the transposing pack.
var (
	ptDst   = reg.RDI
	ptW     = reg.R8 // bytes between rows of dst
	ptSrc   = reg.RSI
	ptLds   = reg.R9 // bytes between rows of src
	ptLds3  = reg.R10
	ptN     = reg.R11
	ptOut   = reg.R12
	ptK     = reg.RDX
	ptTmp   = reg.R13
	ptBase0 = reg.RAX
	ptBase2 = reg.RBX
	ptBase7 = reg.RCX
	ptBase  = map[int]reg.GPPhysical{0: ptBase0, 2: ptBase2, 7: ptBase7}
)

// packT emits the transposing pack: as many rows of src at a time as a vector has
// lanes, then what is left. With masks, code for half and for all lanes does any
// number up to that; without, every number has code of its own.
func packT(f *amd64File) {
	name := "packT" + f.d.suffix + f.isa.suffix
	f.fn(name, fmt.Sprintf(packSignature, f.d.goName), name+" is dst[p*w+j] = src[j*lds+p], j < n, p < k.")
	f.Load(f.Param("dst"), ptDst)
	f.Load(f.Param("src"), ptSrc)
	f.Load(f.Param("n"), ptN)
	f.Load(f.Param("w"), ptW)
	f.Load(f.Param("lds"), ptLds)
	f.SHLQ(operand.Imm(f.d.shift), ptW)
	f.SHLQ(operand.Imm(f.d.shift), ptLds)
	f.LEAQ(operand.Mem{Base: ptLds, Index: ptLds, Scale: 2}, ptLds3)
	lanes := f.lanes()
	f.Label("whole")
	f.CMPQ(ptN, imm(lanes))
	f.jump("JLT", "part")
	packTRows(f, lanes, false)
	f.IMUL3Q(imm(lanes), ptLds, ptK)
	f.ADDQ(ptK, ptSrc)
	f.ADDQ(imm(f.isa.bytes), ptDst)
	f.SUBQ(imm(lanes), ptN)
	f.jump("JMP", "whole")
	f.Label("part")
	if f.isa == avx512 {
		f.TESTQ(ptN, ptN)
		f.jump("JZ", "done")
		f.MOVQ(operand.I32(-1), ptK)
		f.BZHIQ(ptN, ptK, ptK)
		f.KMOVW(ptK.As32(), reg.K1)
		f.CMPQ(ptN, imm(lanes/2))
		f.jump("JGT", "most")
		packTRows(f, lanes/2, true)
		f.jump("JMP", "done")
		f.Label("most")
		packTRows(f, lanes, true)
	} else {
		for r := lanes - 1; r > 0; r-- {
			f.CMPQ(ptN, imm(r))
			f.jump("JEQ", fmt.Sprint("rows", r))
		}
		f.jump("JMP", "done")
		for r := lanes - 1; r > 0; r-- {
			f.Label(fmt.Sprint("rows", r))
			packTRows(f, r, false)
			f.jump("JMP", "done")
		}
	}
	f.Label("done")
	f.VZEROUPPER()
	f.RET()
}

// packTRows transposes rows rows of k elements, a square of as many elements as a
// vector has at a time: whole lines of src, since rows that lie a multiple of 4 KiB
// apart share one set of the L1 and would not survive until the next visit. upTo says
// that ptN of the rows are there, and their lanes in K1.
func packTRows(f *amd64File, rows int, upTo bool) {
	id, lanes := fmt.Sprint(rows), f.lanes()
	if upTo {
		id += "upTo"
	}
	f.MOVQ(ptSrc, ptBase0)
	if rows > 5 {
		f.LEAQ(operand.Mem{Base: ptSrc, Index: ptLds, Scale: 2}, ptBase2)
	}
	if rows > 7 {
		f.LEAQ(operand.Mem{Base: ptSrc, Index: ptLds, Scale: 1}, ptBase7)
		f.LEAQ(operand.Mem{Base: ptBase7, Index: ptLds3, Scale: 2}, ptBase7)
	}
	advance := func(by int) {
		f.ADDQ(imm(by), ptBase0)
		if rows > 5 {
			f.ADDQ(imm(by), ptBase2)
		}
		if rows > 7 {
			f.ADDQ(imm(by), ptBase7)
		}
	}
	// Vectors of rows that are not there hold anything: it goes to lanes not stored.
	loads := func(end string, load func(m operand.Mem, v reg.VecPhysical)) {
		for r := 0; r < rows; r++ {
			load(rowMem(r, 0, ptBase, ptLds, ptLds3), f.vec(r))
			if upTo && r < rows-1 {
				f.CMPQ(ptN, imm(r+1))
				f.jump("JEQ", end)
			}
		}
		if upTo {
			f.Label(end)
		}
	}
	store := func(i int) {
		switch {
		case upTo:
			f.op("VMOVU", f.vec(i), reg.K1, mem(ptOut, 0))
		case rows == lanes:
			f.op("VMOVU", f.vec(i), mem(ptOut, 0))
		default:
			packTStore(f, rows, 16/f.d.size, i)
		}
	}
	f.MOVQ(ptDst, ptOut)
	f.Load(f.Param("k"), ptK)
	f.SUBQ(imm(lanes), ptK)
	f.jump("JLT", "rest"+id)
	f.align(64)
	f.Label("loop" + id)
	loads("loaded"+id, func(m operand.Mem, v reg.VecPhysical) { f.op("VMOVU", m, v) })
	packTSquare(f, rows)
	for c := 0; c < lanes; c++ {
		store(c)
		f.ADDQ(ptW, ptOut)
	}
	advance(f.isa.bytes)
	f.SUBQ(imm(lanes), ptK)
	f.jump("JGE", "loop"+id)
	f.Label("rest" + id)
	f.ADDQ(imm(lanes), ptK)
	f.jump("JZ", "next"+id)
	if f.isa == avx512 {
		f.MOVQ(operand.I32(-1), ptTmp)
		f.BZHIQ(ptK, ptTmp, ptTmp)
		f.KMOVW(ptTmp.As32(), reg.K2)
		loads("last"+id, func(m operand.Mem, v reg.VecPhysical) {
			f.raw(map[int]string{4: "VMOVUPS_Z", 8: "VMOVUPD_Z"}[f.d.size], m, reg.K2, v)
		})
		packTSquare(f, rows)
		for c := 0; c < lanes-1; c++ {
			store(c)
			f.ADDQ(ptW, ptOut)
			f.DECQ(ptK)
			f.jump("JZ", "next"+id)
		}
	} else {
		f.Label("one" + id)
		for r := 0; r < rows; r++ {
			f.scalar("VMOV", rowMem(r, 0, ptBase, ptLds, ptLds3), reg.X0)
			f.scalar("VMOV", reg.X0, mem(ptOut, r*f.d.size))
		}
		f.ADDQ(ptW, ptOut)
		advance(f.d.size)
		f.DECQ(ptK)
		f.jump("JNZ", "one"+id)
	}
	f.Label("next" + id)
}

// packTSquare transposes the square in vectors 0, 1, …, of which the first rows
// hold something, by way of as many more. A 128-bit lane holds e elements: first
// e by e transpositions inside the lanes of e vectors, then lanes as elements.
func packTSquare(f *amd64File, rows int) {
	n, e := f.lanes(), 16/f.d.size
	lo, hi := func(b, a, dst int) { f.op("VUNPCKL", f.vec(b), f.vec(a), f.vec(dst)) },
		func(b, a, dst int) { f.op("VUNPCKH", f.vec(b), f.vec(a), f.vec(dst)) }
	at := 0 // vectors at.. hold the square
	for g := 0; g < n; g += e {
		if g >= rows {
			break
		}
		for i := g; i < g+e; i += 2 {
			lo(i+1, i, n+i)
			hi(i+1, i, n+i+1)
		}
	}
	at = n
	if e == 4 {
		for g := 0; g < n && g < rows; g += 4 {
			f.VUNPCKLPD(f.vec(n+g+2), f.vec(n+g), f.vec(g))
			f.VUNPCKHPD(f.vec(n+g+2), f.vec(n+g), f.vec(g+1))
			f.VUNPCKLPD(f.vec(n+g+3), f.vec(n+g+1), f.vec(g+2))
			f.VUNPCKHPD(f.vec(n+g+3), f.vec(n+g+1), f.vec(g+3))
		}
		at = 0
	}
	other := n - at
	if f.isa == avx2 {
		// Column l*e+c is lane l of vectors c and e+c.
		for c := 0; c < e; c++ {
			a, b := at+c, at+e+c
			f.VPERM2F128(operand.Imm(0x20), f.vec(b), f.vec(a), f.vec(other+c))
			f.VPERM2F128(operand.Imm(0x31), f.vec(b), f.vec(a), f.vec(other+e+c))
		}
	} else {
		// Column l*e+c is lane l of vectors c, e+c, 2e+c and 3e+c.
		shuffle := func(i uint64, b, a, dst int) {
			if f.d == f32 {
				f.VSHUFF32X4(operand.Imm(i), f.vec(b), f.vec(a), f.vec(dst))
			} else {
				f.VSHUFF64X2(operand.Imm(i), f.vec(b), f.vec(a), f.vec(dst))
			}
		}
		for c := 0; c < e; c++ {
			v := func(g int) int { return at + g*e + c }
			t := func(g int) int { return other + g*e + c }
			shuffle(0x88, v(1), v(0), t(0)) // lanes 0 and 2
			shuffle(0xdd, v(1), v(0), t(1)) // lanes 1 and 3
			if rows > 2*e {
				shuffle(0x88, v(3), v(2), t(2))
				shuffle(0xdd, v(3), v(2), t(3))
			}
			shuffle(0x88, t(2), t(0), v(0))
			shuffle(0x88, t(3), t(1), v(1))
			shuffle(0xdd, t(2), t(0), v(2))
			shuffle(0xdd, t(3), t(1), v(3))
		}
		other = at
	}
	if other != 0 {
		for i := 0; i < n; i++ {
			f.op("VMOVA", f.vec(other+i), f.vec(i))
		}
	}
}

// packTStore stores the first rows lanes of register i without a mask: masked
// stores of AVX2 are microcode on some cores.
func packTStore(f *amd64File, rows, e, i int) {
	if rows == f.isa.bytes/f.d.size {
		f.op("VMOVU", f.vec(i), mem(ptOut, 0))
		return
	}
	x, at := xmm[i], 0
	if rows >= e {
		f.op("VMOVU", x, mem(ptOut, 0))
		if rows == e {
			return
		}
		f.VEXTRACTF128(operand.Imm(1), ymm[i], xmm[15])
		x, at, rows = xmm[15], 16, rows-e
	}
	if e == 4 && rows >= 2 {
		f.VMOVLPS(x, mem(ptOut, at))
		if rows == 3 {
			f.VEXTRACTPS(operand.Imm(2), x, mem(ptOut, at+8))
		}
		return
	}
	f.scalar("VMOV", x, mem(ptOut, at))
}
