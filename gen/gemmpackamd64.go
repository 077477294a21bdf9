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
	f.align(64)
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

// packTiles emits the copy of a matrix stored column of A by column into tiles of
// rows: row after row of src, which is contiguous, for all tiles. w is one or two
// vectors; a tile takes whole ones, also where it is narrower.
func packTiles(f *amd64File) {
	name := "packTiles" + f.d.suffix + f.isa.suffix
	f.fn(name, fmt.Sprintf("func(dst *%[1]s, atile, w int, src *%[1]s, lds, h, tiles, k int)", f.d.goName),
		name+" is dst[t*atile + p*w + i] = src[p*lds + t*h + i], t < tiles, p < k, i < w.")
	dst, atile, w, src, lds, h := reg.RDI, reg.R8, reg.R9, reg.RSI, reg.R10, reg.R11
	n, k, d, s := reg.RCX, reg.RDX, reg.RAX, reg.RBX
	f.Load(f.Param("dst"), dst)
	f.Load(f.Param("src"), src)
	f.Load(f.Param("k"), k)
	for _, l := range []struct {
		arg string
		r   reg.GPPhysical
	}{{"atile", atile}, {"w", w}, {"lds", lds}, {"h", h}} {
		f.Load(f.Param(l.arg), l.r)
		f.SHLQ(operand.Imm(f.d.shift), l.r)
	}
	loop := func(id string, vectors int) {
		f.Label("row" + id)
		f.MOVQ(dst, d)
		f.MOVQ(src, s)
		f.Load(f.Param("tiles"), n)
		f.align(64)
		f.Label("tile" + id)
		for j := 0; j < vectors; j++ {
			f.op("VMOVU", mem(s, j*f.isa.bytes), f.vec(j))
		}
		for j := 0; j < vectors; j++ {
			f.op("VMOVU", f.vec(j), mem(d, j*f.isa.bytes))
		}
		f.ADDQ(h, s)
		f.ADDQ(atile, d)
		f.DECQ(n)
		f.jump("JNZ", "tile"+id)
		f.ADDQ(lds, src)
		f.ADDQ(w, dst)
		f.DECQ(k)
		f.jump("JNZ", "row"+id)
		f.VZEROUPPER()
		f.RET()
	}
	f.CMPQ(w, imm(f.isa.bytes))
	f.jump("JNE", "row2")
	loop("1", 1)
	loop("2", 2)
}
