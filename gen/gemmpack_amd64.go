package main

import (
	"fmt"

	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

const packSignature = "func(dst *%[1]s, w int, src *%[1]s, lds, n, k int)"

// packN emits the copying pack: k rows of n elements of src, each to w of dst.
// The AVX2 form does full panels only (n = w = 2 vectors); masked stores are slow
// on some cores and the rest is the edge.
func packN(f *amd64File) {
	name := "packN" + f.d.suffix + f.isa.suffix
	f.fn(name, fmt.Sprintf(packSignature, f.d.goName), name+" is dst[p*w+j] = src[p*lds+j], j < n, and zeros to w.")
	dst, w, src, lds, k, t := reg.RDI, reg.R8, reg.RSI, reg.R9, reg.RDX, reg.RAX
	f.Load(f.Param("dst"), dst)
	f.Load(f.Param("src"), src)
	f.Load(f.Param("k"), k)
	f.Load(f.Param("w"), w)
	f.Load(f.Param("lds"), lds)
	m := []reg.OpmaskPhysical{reg.K1, reg.K2, reg.K3, reg.K4}
	if f.isa == avx512 {
		f.MOVQ(operand.I32(-1), t)
		f.BZHIQ(w, t, t)
		f.KMOVW(t.As32(), m[2])
		f.SHRQ(operand.Imm(uint64(f.lanes())), t)
		f.KMOVW(t.As32(), m[3])
		f.MOVQ(operand.I32(-1), t)
		f.Load(f.Param("n"), reg.RBX)
		f.BZHIQ(reg.RBX, t, t)
		f.KMOVW(t.As32(), m[0])
		f.SHRQ(operand.Imm(uint64(f.lanes())), t)
		f.KMOVW(t.As32(), m[1])
	}
	f.SHLQ(operand.Imm(f.d.shift), w)
	f.SHLQ(operand.Imm(f.d.shift), lds)
	f.TESTQ(k, k)
	f.jump("JZ", "done")
	f.align(32)
	f.Label("row")
	// Rows lie far apart: the hardware does not see the next ones coming.
	for j := 0; j < 2*f.isa.bytes; j += 64 {
		f.PREFETCHT0(operand.Mem{Base: src, Index: lds, Scale: 8, Disp: j})
	}
	for j := 0; j < 2; j++ {
		if f.isa == avx512 {
			f.raw(map[int]string{4: "VMOVUPS_Z", 8: "VMOVUPD_Z"}[f.d.size], mem(src, j*f.isa.bytes), m[j], f.vec(j))
		} else {
			f.op("VMOVU", mem(src, j*f.isa.bytes), f.vec(j))
		}
	}
	for j := 0; j < 2; j++ {
		if f.isa == avx512 {
			f.op("VMOVU", f.vec(j), m[2+j], mem(dst, j*f.isa.bytes))
		} else {
			f.op("VMOVU", f.vec(j), mem(dst, j*f.isa.bytes))
		}
	}
	f.ADDQ(lds, src)
	f.ADDQ(w, dst)
	f.DECQ(k)
	f.jump("JNZ", "row")
	f.Label("done")
	f.VZEROUPPER()
	f.RET()
}

// packT emits the transposing pack, in chunks of as many rows of src as a zmm,
// ymm, xmm register has lanes, then row by row.
func packT(f *amd64File) {
	name := "packT" + f.d.suffix + f.isa.suffix
	f.fn(name, fmt.Sprintf(packSignature, f.d.goName), name+" is dst[p*w+j] = src[j*lds+p], j < n, p < k.")
	dst, w, src, lds, lds3 := reg.RDI, reg.R8, reg.RSI, reg.R9, reg.R10
	n := reg.R11
	f.Load(f.Param("dst"), dst)
	f.Load(f.Param("src"), src)
	f.Load(f.Param("n"), n)
	f.Load(f.Param("w"), w)
	f.Load(f.Param("lds"), lds)
	f.SHLQ(operand.Imm(f.d.shift), w)
	f.SHLQ(operand.Imm(f.d.shift), lds)
	f.LEAQ(operand.Mem{Base: lds, Index: lds, Scale: 2}, lds3)
	for bytes := f.isa.bytes; bytes >= 16; bytes /= 2 {
		packTChunk(f, bytes)
	}

	// What is left: single rows.
	row, d, k := reg.RAX, reg.R12, reg.RDX
	f.Label("row")
	f.TESTQ(n, n)
	f.jump("JZ", "done")
	f.MOVQ(src, row)
	f.MOVQ(dst, d)
	f.Load(f.Param("k"), k)
	f.TESTQ(k, k)
	f.jump("JZ", "done")
	f.Label("element")
	f.scalar("VMOV", mem(row, 0), reg.X0)
	f.scalar("VMOV", reg.X0, mem(d, 0))
	f.ADDQ(operand.Imm(uint64(f.d.size)), row)
	f.ADDQ(w, d)
	f.DECQ(k)
	f.jump("JNZ", "element")
	f.ADDQ(lds, src)
	f.ADDQ(operand.Imm(uint64(f.d.size)), dst)
	f.DECQ(n)
	f.jump("JMP", "row")
	f.Label("done")
	f.VZEROUPPER()
	f.RET()
}

// packTChunk transposes bytes/size rows at a time. A 128-bit lane holds e
// elements of one row; row g*e+r goes to lane g of register r, so that an e by e
// transposition inside the lanes leaves whole columns.
func packTChunk(f *amd64File, bytes int) {
	dst, w, src, lds, lds3, n := reg.RDI, reg.R8, reg.RSI, reg.R9, reg.R10, reg.R11
	k, d, t := reg.RDX, reg.R12, reg.R13
	base := map[int]reg.GPPhysical{0: reg.RAX, 2: reg.RBX, 7: reg.RCX}
	rows, e, id := bytes/f.d.size, 16/f.d.size, fmt.Sprint(bytes)
	v := map[int][32]reg.VecPhysical{16: xmm, 32: ymm, 64: zmm}[bytes]
	advance := func(by int) {
		for _, b := range []reg.GPPhysical{reg.RAX, reg.RBX, reg.RCX} {
			f.ADDQ(operand.Imm(uint64(by)), b)
		}
	}

	f.Label("chunk" + id)
	f.CMPQ(n, operand.Imm(uint64(rows)))
	f.jump("JLT", "end"+id)
	f.MOVQ(src, reg.RAX)
	f.LEAQ(operand.Mem{Base: src, Index: lds, Scale: 2}, reg.RBX)
	f.LEAQ(operand.Mem{Base: src, Index: lds, Scale: 1}, reg.RCX)
	f.LEAQ(operand.Mem{Base: reg.RCX, Index: lds3, Scale: 2}, reg.RCX)
	f.MOVQ(dst, d)
	f.Load(f.Param("k"), k)
	f.SHRQ(operand.Imm(map[int]uint64{4: 2, 2: 1}[e]), k)
	f.jump("JZ", "rest"+id)
	f.align(32)
	f.Label("loop" + id)
	for r := 0; r < e; r++ {
		f.op("VMOVU", rowMem(r, 0, base, lds, lds3), xmm[r])
		for g := 1; g < bytes/16; g++ {
			m := rowMem(g*e+r, 0, base, lds, lds3)
			switch {
			case bytes == 32:
				f.VINSERTF128(operand.Imm(uint64(g)), m, ymm[r], ymm[r])
			case f.d == f32:
				f.VINSERTF32X4(operand.Imm(uint64(g)), m, zmm[r], zmm[r])
			default:
				f.VINSERTF64X2(operand.Imm(uint64(g)), m, zmm[r], zmm[r])
			}
		}
	}
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
	for _, o := range out {
		f.op("VMOVU", o, mem(d, 0))
		f.ADDQ(w, d)
	}
	advance(16)
	f.DECQ(k)
	f.jump("JNZ", "loop"+id)
	f.Label("rest" + id)
	f.Load(f.Param("k"), k)
	f.ANDQ(operand.Imm(uint64(e-1)), k)
	f.jump("JZ", "next"+id)
	f.Label("one" + id)
	for r := 0; r < rows; r++ {
		f.scalar("VMOV", rowMem(r, 0, base, lds, lds3), reg.X0)
		f.scalar("VMOV", reg.X0, mem(d, r*f.d.size))
	}
	f.ADDQ(w, d)
	advance(f.d.size)
	f.DECQ(k)
	f.jump("JNZ", "one"+id)
	f.Label("next" + id)
	f.IMUL3Q(operand.Imm(uint64(rows)), lds, t)
	f.ADDQ(t, src)
	f.ADDQ(operand.Imm(uint64(bytes)), dst)
	f.SUBQ(operand.Imm(uint64(rows)), n)
	f.jump("JMP", "chunk"+id)
	f.Label("end" + id)
}
