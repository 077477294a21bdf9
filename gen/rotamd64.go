package main

import (
	"fmt"

	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

func init() {
	for _, isa := range []amd64ISA{avx2, avx512} {
		families = append(families, func() ([]file, error) { return rotAMD64(isa) })
	}
}

// rotAMD64 writes chains of rotations of neighbouring rows: four vectors of columns at
// a time, so that the chain from row to row is hidden, then single vectors, then a
// part of one. The row in hand stays in registers.
func rotAMD64(isa amd64ISA) ([]file, error) {
	f := newAMD64File("rot", isa)
	for _, d := range dtypes {
		f.d = d
		name := "rotRows" + d.suffix + isa.suffix
		f.fn(name, fmt.Sprintf("func(a *%[1]s, ld, n int, c, s *%[1]s, step, count int, sign %[1]s)", d.goName),
			fmt.Sprintf("%s turns rows i and i+1 of n > 0 elements, ld bytes apart, by (c[i], sign*s[i]), count > 0 of them; c and s go on by step bytes.", name))
		f.rotLoad()
		w := isa.bytes
		f.Label("four")
		f.CMPQ(rot.n, imm(4*f.lanes()))
		f.jump("JLT", "few")
		f.rotStrip("four", 4, false)
		f.SUBQ(imm(4*f.lanes()), rot.n)
		f.ADDQ(imm(4*w), rot.a)
		f.jump("JMP", "four")
		f.Label("few")
		f.CMPQ(rot.n, imm(f.lanes()))
		f.jump("JLT", "rest")
		f.rotStrip("one", 1, false)
		f.SUBQ(imm(f.lanes()), rot.n)
		f.ADDQ(imm(w), rot.a)
		f.jump("JMP", "few")
		f.Label("rest")
		f.TESTQ(rot.n, rot.n)
		f.jump("JZ", "done")
		if isa.bytes == 64 {
			f.MOVQ(rot.n, reg.RCX)
			f.MOVQ(operand.U64(1), reg.RAX)
			f.SHLQ(reg.CL, reg.RAX)
			f.DECQ(reg.RAX)
			f.KMOVW(reg.EAX, reg.K1)
			f.rotStrip("part", 1, true)
		} else {
			f.rotStrip("element", 1, true)
			f.ADDQ(imm(d.size), rot.a)
			f.DECQ(rot.n)
			f.jump("JNZ", "rest")
		}
		f.Label("done")
		f.VZEROUPPER()
		f.RET()
		f.foot = append(f.foot, rotFoot(d, isa.suffix, name))
	}
	return f.render()
}

// rot names the registers of rotRows.
var rot = struct{ a, ld, n, c, s, step, count, row, cp, sp, left reg.GPPhysical }{
	a: reg.RDI, ld: reg.RSI, n: reg.RDX, c: reg.R8, s: reg.R9, step: reg.R10, count: reg.R11,
	row: reg.RBX, cp: reg.R12, sp: reg.R13, left: reg.R15,
}

func (f *amd64File) rotLoad() {
	f.Load(f.Param("a"), rot.a)
	f.Load(f.Param("ld"), rot.ld)
	f.Load(f.Param("n"), rot.n)
	f.Load(f.Param("c"), rot.c)
	f.Load(f.Param("s"), rot.s)
	f.Load(f.Param("step"), rot.step)
	f.Load(f.Param("count"), rot.count)
	f.scalar("VBROADCAST", f.arg("sign"), f.vec(14))
}

// rotStrip turns all rows of some vectors of columns; part means the elements of mask
// K1 (AVX-512) or one element.
func (f *amd64File) rotStrip(label string, vectors int, part bool) {
	vec := f.vec
	load := func(m operand.Mem, v reg.VecPhysical) { f.op("VMOVU", m, v) }
	store := func(v reg.VecPhysical, m operand.Mem) { f.op("VMOVU", v, m) }
	op := f.op
	broadcast := func(p reg.GPPhysical, v reg.VecPhysical) { f.scalar("VBROADCAST", mem(p, 0), v) }
	switch {
	case part && f.isa.bytes == 64:
		load = func(m operand.Mem, v reg.VecPhysical) {
			f.raw(map[int]string{4: "VMOVUPS_Z", 8: "VMOVUPD_Z"}[f.d.size], m, reg.K1, v)
		}
		store = func(v reg.VecPhysical, m operand.Mem) { f.op("VMOVU", v, reg.K1, m) }
	case part:
		vec = func(i int) reg.VecPhysical { return xmm[i] }
		load = func(m operand.Mem, v reg.VecPhysical) { f.scalar("VMOV", m, v) }
		store = func(v reg.VecPhysical, m operand.Mem) { f.scalar("VMOV", v, m) }
		broadcast = func(p reg.GPPhysical, v reg.VecPhysical) { load(mem(p, 0), v) }
		op = f.scalar
	}
	c, s, sign := vec(12), vec(13), vec(14)
	f.MOVQ(rot.a, rot.row)
	f.MOVQ(rot.c, rot.cp)
	f.MOVQ(rot.s, rot.sp)
	f.MOVQ(rot.count, rot.left)
	for v := range vectors {
		load(mem(rot.row, v*f.isa.bytes), vec(v))
	}
	f.align(64)
	f.Label(label + "_row")
	broadcast(rot.cp, c)
	broadcast(rot.sp, s)
	op("VMUL", sign, s, s)
	for v := range vectors {
		x, y, t := vec(v), vec(4+v), vec(8+v)
		load(operand.Mem{Base: rot.row, Index: rot.ld, Scale: 1, Disp: v * f.isa.bytes}, y)
		op("VMUL", s, y, t)
		op("VFMADD231", c, x, t)
		store(t, mem(rot.row, v*f.isa.bytes))
		op("VMUL", s, x, x)
		op("VFMSUB231", y, c, x)
	}
	f.ADDQ(rot.ld, rot.row)
	f.ADDQ(rot.step, rot.cp)
	f.ADDQ(rot.step, rot.sp)
	f.DECQ(rot.left)
	f.jump("JNZ", label+"_row")
	for v := range vectors {
		store(vec(v), mem(rot.row, v*f.isa.bytes))
	}
}

// rotFoot is the Go face of RotRows. Going back is going forward with the order of
// the rows reversed and the angles negated.
func rotFoot(d dtype, suffix, name string) string {
	return fmt.Sprintf(`
func useRot%[1]s%[3]s(k *EltwiseKernels[%[2]s]) {
	k.RotRows = func(a []%[2]s, ld, n int, c, s []%[2]s, back bool) {
		s = s[:len(c):len(s)]
		checkRotRows(a, ld, n, len(c))
		if n == 0 || len(c) == 0 {
			return
		}
		if raceEnabled {
			raceRead(c)
			raceRead(s)
			for i := range len(c) + 1 {
				raceWrite(a[i*ld:][:n])
			}
		}
		if last := len(c) - 1; back {
			%[4]s(&a[(last+1)*ld], -%[5]d*ld, n, &c[last], &s[last], -%[5]d, len(c), -1)
		} else {
			%[4]s(&a[0], %[5]d*ld, n, &c[0], &s[0], %[5]d, len(c), 1)
		}
	}
}`, d.suffix, d.goName, suffix, name, d.size)
}
