package main

import (
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

func init() {
	for _, isa := range []amd64ISA{avx2, avx512} {
		families = append(families, func() ([]file, error) { return halfAMD64(isa) })
	}
}

func halfAMD64(isa amd64ISA) ([]file, error) {
	f := newAMD64File("half", isa)
	f.d = f32
	wide := isa.bytes == 64
	dst, x, blocks := reg.RDI, reg.RSI, reg.RDX
	kernel := func(name string, from, to int, before func(), vector func(i int)) {
		f.fn(halfName(name, isa.suffix), halfSignature(name), halfDoc(name, isa.suffix))
		f.Load(f.Param("dst"), dst)
		f.Load(f.Param("x"), x)
		f.Load(f.Param("blocks"), blocks)
		before()
		f.align(64)
		f.Label("block")
		for i := range halfBlock / f.lanes() {
			vector(i)
		}
		f.ADDQ(imm(from*halfBlock), x)
		f.ADDQ(imm(to*halfBlock), dst)
		f.DECQ(blocks)
		f.jump("JNZ", "block")
		f.VZEROUPPER()
		f.RET()
	}
	n := f.lanes()
	half := func(r int) reg.VecPhysical { // the register of half as many bytes
		if wide {
			return ymm[r]
		}
		return xmm[r]
	}
	none := func() {}
	kernel("FromF16", 2, 4, none, func(i int) {
		f.VCVTPH2PS(mem(x, 2*n*i), f.vec(i))
		f.op("VMOVU", f.vec(i), mem(dst, 4*n*i))
	})
	kernel("FromBF16", 2, 4, none, func(i int) {
		f.VPMOVZXWD(mem(x, 2*n*i), f.vec(i))
		f.VPSLLD(imm(16), f.vec(i), f.vec(i))
		f.op("VMOVU", f.vec(i), mem(dst, 4*n*i))
	})
	kernel("ToF16", 4, 2, none, func(i int) {
		f.op("VMOVU", mem(x, 4*n*i), f.vec(i))
		f.VCVTPS2PH(operand.U8(0), f.vec(i), half(i))
		f.op("VMOVU", half(i), mem(dst, 2*n*i))
	})
	// (bits + 0x7fff + (bits>>16 & 1)) >> 16, but of a NaN bits>>16 | 0x40.
	one, round, quiet := f.vec(13), f.vec(14), f.vec(15)
	kernel("ToBF16", 4, 2, func() {
		for _, c := range []struct {
			r    reg.VecPhysical
			bits uint64
		}{{one, 1}, {round, 0x7fff}, {quiet, 0x40}} {
			f.scalar("VBROADCAST", f.pool(c.bits), c.r)
		}
	}, func(i int) {
		v, r, h, last := f.vec(4*i), f.vec(4*i+1), f.vec(4*i+2), i == halfBlock/n-1
		f.op("VMOVU", mem(x, 4*n*i), v)
		f.VPSRLD(imm(16), v, h)
		if wide {
			f.VPANDD(one, h, r)
		} else {
			f.VPAND(one, h, r)
		}
		f.VPADDD(round, r, r)
		f.VPADDD(v, r, r)
		f.VPSRLD(imm(16), r, r)
		if wide {
			f.VPORD(quiet, h, h)
			f.VCMPPS(operand.U8(3), v, v, reg.K1) // unordered
			f.VMOVDQA32(h, reg.K1, r)
			f.VPMOVDW(r, ymm[4*i+1])
			f.VMOVUPS(ymm[4*i+1], mem(dst, 2*n*i))
			return
		}
		f.VPOR(quiet, h, h)
		f.VCMPPS(operand.U8(3), v, v, v)
		f.VBLENDVPS(v, h, r, r)
		if last { // both vectors, whose halves the packing exchanges
			f.VPACKUSDW(r, ymm[1], r)
			f.VPERMQ(operand.U8(0xd8), r, r)
			f.VMOVUPS(r, mem(dst, 0))
		}
	})
	f.foot = append(f.foot, halfSource(isa.suffix))
	return f.render()
}
