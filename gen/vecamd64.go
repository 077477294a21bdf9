package main

import (
	"fmt"

	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

func init() {
	for _, isa := range []amd64ISA{avx2, avx512} {
		targets = append(targets, target{isa.suffix, isa.bytes, amd64Registers(isa), true, func(stem string) loopFile {
			return amd64Loops{newAMD64File(stem, isa)}
		}})
	}
}

// amd64Loops is an amd64 file of loops.
type amd64Loops struct{ *amd64File }

func (f amd64Loops) function(d dtype, name, signature, doc string) machine {
	f.d = d
	f.fn(name, signature, doc)
	return &amd64Machine{amd64File: f.amd64File}
}

func (f amd64Loops) source(goCode string)      { f.foot = append(f.foot, goCode) }
func (f amd64Loops) codeAddresses() *codeTable { return f.table }

// amd64Machine writes for AVX2, where the part of a vector is a mask in a vector
// register and stores of a part go by halves (masked ones are slow on some CPUs), and
// for AVX-512, where the part is a mask register.
type amd64Machine struct {
	*amd64File
	iregs int  // taken
	exact bool // storeExactly
	past  bool // storeStreaming
	whole bool // wholeParts
	part  ireg // how many elements count
	parts int  // stores of a part so far, for labels
}

// amd64IRegs are the integer registers of loops; RAX is for short use.
var amd64IRegs = []reg.GPPhysical{reg.RDI, reg.RSI, reg.RDX, reg.R8, reg.R9, reg.R10, reg.R11, reg.RBX, reg.R12, reg.R13, reg.R15, reg.RCX}

// The machine keeps vector register 15 for itself, as scratch, and on AVX2 register 14,
// the mask of the part.
const amd64Scratch, avx2Mask = 15, 14

func (m *amd64Machine) wide() bool       { return m.isa.bytes == 64 }
func (m *amd64Machine) dtype() dtype     { return m.d }
func (m *amd64Machine) vectorBytes() int { return m.isa.bytes }

func (m *amd64Machine) vectorRegs() int { return amd64Registers(m.isa) }

func amd64Registers(isa amd64ISA) int {
	if isa.bytes == 64 {
		return isa.nregs - 1
	}
	return avx2Mask
}

// number is the machine's number of a register.
func (m *amd64Machine) number(r vreg) int {
	if r >= amd64Scratch {
		return int(r) + 1
	}
	return int(r)
}

// low is the number of a register that instructions without EVEX reach.
func (m *amd64Machine) low(r vreg) int {
	if r >= amd64Scratch {
		panic("not among the first registers")
	}
	return int(r)
}

// Mask registers of programs are K2 … K7; K1 is the part.
func (m *amd64Machine) maskRegs() int {
	if m.wide() {
		return 6
	}
	return 0
}

var amd64Masks = []reg.OpmaskPhysical{reg.K2, reg.K3, reg.K4, reg.K5, reg.K6, reg.K7}

func (m *amd64Machine) has(op opcode) bool {
	switch op {
	case opAbs, opNeg:
		return false
	case opDrop, opGuard:
		return !m.wide()
	case opMaximum, opMinimum:
		return false
	case opScalef, opXor3, opGetExp, opGetMant, opFixup, opOrMasked:
		return m.wide()
	case opFromInt:
		return m.wide() || m.d.size == 4
	}
	return true
}

func (m *amd64Machine) v(r vreg) reg.VecPhysical     { return m.vec(m.number(r)) }
func (m *amd64Machine) gp(r ireg) reg.GPPhysical     { return amd64IRegs[r] }
func (m *amd64Machine) at(r ireg, o int) operand.Mem { return mem(m.gp(r), o) }

// amd64Ops are operations of two operands, the second of which may be in memory; those
// of integers end in the size of an element.
var amd64Ops = map[opcode]string{
	opAdd: "VADD", opSub: "VSUB", opMul: "VMUL", opDiv: "VDIV", opMax: "VMAX", opMin: "VMIN",
	opAnd: "VAND", opOr: "VOR", opXor: "VXOR", opScalef: "VSCALEF", opIAdd: "VPADD", opISub: "VPSUB",
}

// amd64Predicates are the quiet ones.
var amd64Predicates = map[opcode]uint64{opLT: 17, opLE: 18, opEQ: 0, opNLT: 21, opNLE: 22, opNE: 4, opOrd: 7}

func (m *amd64Machine) calc(op opcode, dst vreg, src ...vreg) { m.calcBits(op, 0, dst, src...) }

func (m *amd64Machine) calcBits(op opcode, bits uint64, dst vreg, src ...vreg) {
	if p, ok := amd64Predicates[op]; ok {
		m.op("VCMP", operand.U8(p), m.v(src[1]), m.v(src[0]), m.maskOrVec(dst))
		return
	}
	switch op {
	case opFMA:
		m.fma(dst, src[0], src[1], src[2])
	case opSqrt:
		m.op("VSQRT", m.v(src[0]), m.v(dst))
	case opGetExp:
		m.op("VGETEXP", m.v(src[0]), m.v(dst))
	case opGetMant: // interval 3, the sign of the source
		m.op("VGETMANT", operand.U8(3), m.v(src[0]), m.v(dst))
	case opFixup:
		m.toLast(dst, src)
		m.op("VFIXUPIMM", operand.U8(0), m.v(src[1]), m.v(src[0]), m.v(dst))
	case opOrMasked:
		m.toLast(dst, src)
		m.integers("VPTERNLOG", "", operand.U8(0xf8), m.v(src[1]), m.v(src[0]), m.v(dst))
	case opShl, opShr:
		m.integers(map[opcode]string{opShl: "VPSLL", opShr: "VPSRL"}[op], "", operand.U8(bits), m.v(src[0]), m.v(dst))
	case opSel:
		if m.wide() {
			m.op("VBLENDM", m.v(src[1]), m.v(src[2]), m.maskOrVec(src[0]), m.v(dst))
		} else {
			m.op("VBLENDV", m.v(src[0]), m.v(src[1]), m.v(src[2]), m.v(dst))
		}
	case opKeep:
		if m.wide() {
			m.raw(map[int]string{4: "VMOVAPS_Z", 8: "VMOVAPD_Z"}[m.d.size], m.v(src[1]), m.maskOrVec(src[0]), m.v(dst))
		} else {
			m.op("VAND", m.v(src[1]), m.v(src[0]), m.v(dst))
		}
	case opDrop:
		m.op("VANDN", m.v(src[1]), m.v(src[0]), m.v(dst))
	case opMulLow:
		m.VPMULUDQ(m.v(src[1]), m.v(src[0]), m.v(dst))
	case opHigh:
		m.VMOVSHDUP(m.v(src[0]), m.v(dst)) // one cycle, beside the multiplier
	case opLows, opJoin:
		m.VSHUFPS(operand.U8(0x88), m.v(src[1]), m.v(src[0]), m.v(dst))
		if op == opJoin {
			m.VPERMILPS(operand.U8(0xD8), m.v(dst), m.v(dst))
		}
	case opXor3:
		m.xor3(dst, src[0], src[1], src[2])
	case opFromInt:
		m.raw(map[int]string{4: "VCVTDQ2PS", 8: "VCVTQQ2PD"}[m.d.size], m.v(src[0]), m.v(dst))
	default:
		m.two(op, "", m.v(src[1]), m.v(src[0]), m.v(dst))
	}
}

// toLast moves the last source to dst, which is none of the others.
func (m *amd64Machine) toLast(dst vreg, src []vreg) {
	if last := src[len(src)-1]; last != dst {
		m.op("VMOVA", m.v(last), m.v(dst))
	}
}

// maskOrVec is the register of a mask.
func (m *amd64Machine) maskOrVec(r vreg) operand.Op {
	if m.wide() {
		return amd64Masks[r]
	}
	return m.v(r)
}

func (m *amd64Machine) fma(dst, x, y, z vreg) {
	switch dst {
	case z:
		m.op("VFMADD231", m.v(y), m.v(x), m.v(dst))
	case x:
		m.op("VFMADD213", m.v(z), m.v(y), m.v(dst))
	case y:
		m.op("VFMADD213", m.v(z), m.v(x), m.v(dst))
	default:
		m.op("VMOVA", m.v(z), m.v(dst))
		m.op("VFMADD231", m.v(y), m.v(x), m.v(dst))
	}
}

func (m *amd64Machine) xor3(dst, x, y, z vreg) {
	switch dst {
	case x:
	case y:
		x, y = y, x
	case z:
		x, z = z, x
	default:
		m.op("VMOVA", m.v(x), m.v(dst))
	}
	m.VPTERNLOGD(operand.U8(0x96), m.v(z), m.v(y), m.v(dst))
}

// integers emits base+D or base+Q+form.
func (m *amd64Machine) integers(base, form string, ops ...operand.Op) {
	m.raw(base+map[int]string{4: "D", 8: "Q"}[m.d.size]+form, ops...)
}

// two is an operation of two operands, y, x and dst; form is "_BCST" where y is one
// element in memory for all.
func (m *amd64Machine) two(op opcode, form string, ops ...operand.Op) {
	name := amd64Ops[op]
	switch {
	case name == "":
		panic(fmt.Sprintf("no operation %d", op))
	case op == opIAdd || op == opISub:
		m.integers(name, form, ops...)
	default:
		m.floats(name, form, ops...)
	}
}

func (m *amd64Machine) floats(base, form string, ops ...operand.Op) {
	m.raw(base+map[int]string{4: "PS", 8: "PD"}[m.d.size]+form, ops...)
}

func (m *amd64Machine) fromMemory(op opcode) bool {
	if op == opMulLow { // constants are shorter than 64 bits where they are broadcast
		return !m.wide()
	}
	return op == opFMA || amd64Ops[op] != "" || amd64Predicates[op] != 0 || op == opEQ
}

func (m *amd64Machine) constantsInMemory() bool { return true }

func (m *amd64Machine) calcMemory(op opcode, k int, dst vreg, src []vreg, at place) {
	from, form := m.place(at)
	if op != opFMA {
		if p, ok := amd64Predicates[op]; ok {
			m.floats("VCMP", form, operand.U8(p), from, m.v(src[0]), m.maskOrVec(dst))
			return
		}
		if op == opMulLow {
			m.VPMULUDQ(from, m.v(src[0]), m.v(dst))
			return
		}
		m.two(op, form, from, m.v(src[0]), m.v(dst))
		return
	}
	switch {
	case k == 2:
		m.floats("VFMADD213", form, from, m.v(src[0]), m.v(dst))
	case dst == src[0] && dst != src[1]:
		m.floats("VFMADD132", form, from, m.v(src[1]), m.v(dst))
	default:
		if src[1] != dst {
			m.op("VMOVA", m.v(src[1]), m.v(dst))
		}
		m.floats("VFMADD231", form, from, m.v(src[0]), m.v(dst))
	}
}

// place is an operand in memory and the form of the instructions that take it.
func (m *amd64Machine) place(at place) (operand.Mem, string) {
	switch {
	case !at.constant:
		return m.at(at.from, at.offset), ""
	case m.wide():
		return m.pool(at.bits), "_BCST"
	}
	return m.pool(at.bits), ""
}

func (m *amd64Machine) ireg() ireg {
	if m.iregs == len(amd64IRegs) {
		panic("out of integer registers")
	}
	m.iregs++
	return ireg(m.iregs - 1)
}

func (m *amd64Machine) arg(name string) ireg {
	r := m.ireg()
	m.Load(m.Param(name), m.gp(r))
	return r
}

func (m *amd64Machine) move(dst, src ireg) { m.MOVQ(m.gp(src), m.gp(dst)) }
func (m *amd64Machine) add(dst, src ireg)  { m.ADDQ(m.gp(src), m.gp(dst)) }
func (m *amd64Machine) sub(dst, src ireg)  { m.SUBQ(m.gp(src), m.gp(dst)) }
func (m *amd64Machine) addImm(dst ireg, n int) {
	if n < 0 {
		m.SUBQ(imm(-n), m.gp(dst))
	} else {
		m.ADDQ(imm(n), m.gp(dst))
	}
}
func (m *amd64Machine) andImm(dst ireg, n int) { m.ANDQ(imm(n), m.gp(dst)) }

func (m *amd64Machine) addJump(dst ireg, n int, cond, label string) {
	m.addImm(dst, n)
	m.jump86(amd64Conds[cond], label)
}

func (m *amd64Machine) testJump(r ireg, cond, label string) {
	m.TESTQ(m.gp(r), m.gp(r))
	m.jump86(amd64Conds[cond], label)
}

var amd64Conds = map[string]string{"lt": "JLT", "ge": "JGE", "eq": "JEQ", "ne": "JNE"}

func (m *amd64Machine) jump86(op, label string) { m.amd64File.jump(op, label) }
func (m *amd64Machine) jump(label string)       { m.jump86("JMP", label) }
func (m *amd64Machine) label(name string)       { m.Label(name) }

func (m *amd64Machine) loop(name string) {
	m.align(64)
	m.Label(name)
}

func (m *amd64Machine) ret() {
	m.VZEROUPPER()
	m.RET()
}
