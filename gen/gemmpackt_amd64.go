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
	ptBase0 = reg.RAX
	ptBase2 = reg.RBX
	ptBase7 = reg.RCX
	ptBase  = map[int]reg.GPPhysical{0: ptBase0, 2: ptBase2, 7: ptBase7}
)

// packT emits the transposing pack: as many rows of src at a time as a vector has
// lanes, then what is left in one piece of code made for that number of rows.
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
	packTRows(f, lanes)
	f.IMUL3Q(imm(lanes), ptLds, ptK)
	f.ADDQ(ptK, ptSrc)
	f.ADDQ(imm(f.isa.bytes), ptDst)
	f.SUBQ(imm(lanes), ptN)
	f.jump("JMP", "whole")
	f.Label("part")
	for r := lanes - 1; r > 0; r-- {
		f.CMPQ(ptN, imm(r))
		f.jump("JEQ", fmt.Sprint("rows", r))
	}
	f.jump("JMP", "done")
	for r := lanes - 1; r > 0; r-- {
		f.Label(fmt.Sprint("rows", r))
		packTRows(f, r)
		f.jump("JMP", "done")
	}
	f.Label("done")
	f.VZEROUPPER()
	f.RET()
}

// packTRows transposes rows rows of k elements. A 128-bit lane holds e elements of
// one row; row g*e+r goes to lane g of register r, so that an e by e transposition
// inside the lanes leaves whole columns.
func packTRows(f *amd64File, rows int) {
	e, id := 16/f.d.size, fmt.Sprint(rows)
	groups := (rows + e - 1) / e
	v := map[int][32]reg.VecPhysical{1: xmm, 2: ymm, 3: zmm, 4: zmm}[groups]
	if f.isa.bytes == 64 && groups < 3 {
		v = ymm
	}
	mask := f.isa == avx512 && rows < f.lanes()
	advance := func(by int) {
		f.ADDQ(operand.Imm(uint64(by)), ptBase0)
		if rows > 5 {
			f.ADDQ(operand.Imm(uint64(by)), ptBase2)
		}
		if rows > 7 {
			f.ADDQ(operand.Imm(uint64(by)), ptBase7)
		}
	}
	if mask {
		f.MOVQ(operand.U32(uint32(1)<<rows-1), ptK)
		f.KMOVW(ptK.As32(), reg.K1)
	}
	f.MOVQ(ptSrc, ptBase0)
	f.LEAQ(operand.Mem{Base: ptSrc, Index: ptLds, Scale: 2}, ptBase2)
	f.LEAQ(operand.Mem{Base: ptSrc, Index: ptLds, Scale: 1}, ptBase7)
	f.LEAQ(operand.Mem{Base: ptBase7, Index: ptLds3, Scale: 2}, ptBase7)
	f.MOVQ(ptDst, ptOut)
	f.Load(f.Param("k"), ptK)
	f.SHRQ(operand.Imm(map[int]uint64{4: 2, 2: 1}[e]), ptK)
	f.jump("JZ", "rest"+id)
	f.align(32)
	f.Label("loop" + id)
	for r := 0; r < min(e, rows); r++ {
		f.op("VMOVU", rowMem(r, 0, ptBase, ptLds, ptLds3), xmm[r])
		for g := 1; g < groups && g*e+r < rows; g++ {
			m := rowMem(g*e+r, 0, ptBase, ptLds, ptLds3)
			switch {
			case g == 1 && f.isa != avx512:
				f.VINSERTF128(operand.Imm(1), m, ymm[r], ymm[r])
			case f.d == f32 && g == 1:
				f.VINSERTF32X4(operand.Imm(1), m, ymm[r], ymm[r])
			case f.d == f32:
				f.VINSERTF32X4(operand.Imm(uint64(g)), m, zmm[r], zmm[r])
			case g == 1:
				f.VINSERTF64X2(operand.Imm(1), m, ymm[r], ymm[r])
			default:
				f.VINSERTF64X2(operand.Imm(uint64(g)), m, zmm[r], zmm[r])
			}
		}
	}
	// Registers of rows that are absent hold what they will: their lanes are
	// not stored.
	var out []reg.VecPhysical
	if e == 2 {
		f.VUNPCKLPD(v[1], v[0], v[2])
		f.VUNPCKHPD(v[1], v[0], v[3])
		out = v[2:4]
	} else {
		f.VUNPCKLPS(v[1], v[0], v[4])
		f.VUNPCKHPS(v[1], v[0], v[5])
		f.VUNPCKLPS(v[3], v[2], v[6])
		f.VUNPCKHPS(v[3], v[2], v[7])
		f.VUNPCKLPD(v[6], v[4], v[8])
		f.VUNPCKHPD(v[6], v[4], v[9])
		f.VUNPCKLPD(v[7], v[5], v[10])
		f.VUNPCKHPD(v[7], v[5], v[11])
		out = v[8:12]
	}
	for i, o := range out {
		if mask {
			f.op("VMOVU", o, reg.K1, mem(ptOut, 0))
		} else {
			packTStore(f, rows, e, map[int]int{2: 2, 4: 8}[e]+i)
		}
		f.ADDQ(ptW, ptOut)
	}
	advance(16)
	f.DECQ(ptK)
	f.jump("JNZ", "loop"+id)
	f.Label("rest" + id)
	f.Load(f.Param("k"), ptK)
	f.ANDQ(operand.Imm(uint64(e-1)), ptK)
	f.jump("JZ", "next"+id)
	f.Label("one" + id)
	for r := 0; r < rows; r++ {
		f.scalar("VMOV", rowMem(r, 0, ptBase, ptLds, ptLds3), reg.X0)
		f.scalar("VMOV", reg.X0, mem(ptOut, r*f.d.size))
	}
	f.ADDQ(ptW, ptOut)
	advance(f.d.size)
	f.DECQ(ptK)
	f.jump("JNZ", "one"+id)
	f.Label("next" + id)
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
