package main

import (
	"fmt"
	"math/bits"

	"github.com/lanes-go/lanes/gen/a64"
)

func init() {
	targets = append(targets, target{"NEON", 16, neonScratch, false, func(stem string) loopFile { return neonLoops{newNEONFile(stem)} }})
}

// neonLoops is an arm64 file of loops.
type neonLoops struct{ *neonFile }

func (f neonLoops) function(d dtype, name, signature, doc string) machine {
	return &neonMachine{Func: f.fn(d, name, signature, doc), d: d}
}

func (f neonLoops) source(goCode string)      { f.foot = append(f.foot, goCode) }
func (f neonLoops) codeAddresses() *codeTable { return f.table }

// neonMachine writes for NEON. The part of a vector is one float64, or one to three
// float32, as the two low bits of its length say.
type neonMachine struct {
	*a64.Func
	d     dtype
	iregs int  // taken
	part  ireg // how many elements count
	parts int  // pieces of code for a part so far, for labels
}

// The machine keeps the last vector register and an integer register for itself.
const (
	neonScratch        = 31
	neonTmp      a64.R = 25
	neonIntegers       = 24 // R0 … R17, R19 … R24
)

func (m *neonMachine) dtype() dtype     { return m.d }
func (m *neonMachine) vectorBytes() int { return 16 }
func (m *neonMachine) vectorRegs() int  { return neonScratch }
func (m *neonMachine) maskRegs() int    { return 0 }

func (m *neonMachine) has(op opcode) bool {
	switch op {
	case opNLT, opNLE, opNE, opOrd, opScalef, opXor3, opGetExp, opGetMant, opFixup, opOrMasked, opGuard, opFMAFactor:
		return false
	}
	return true
}

func (m *neonMachine) r(r ireg) a64.R {
	if r >= 18 { // the platform's
		return a64.R(r + 1)
	}
	return a64.R(r)
}

// neonOps are operations of two operands, one instruction each; of opLT … with the
// operands exchanged.
var neonOps = map[opcode]a64.Op3{
	opAdd: a64.FADD, opSub: a64.FSUB, opMul: a64.FMUL, opDiv: a64.FDIV, opIAdd: a64.ADD, opISub: a64.SUB,
	opMaximum: a64.FMAX, opMinimum: a64.FMIN, opLT: a64.FCMGT, opLE: a64.FCMGE, opEQ: a64.FCMEQ,
}

// neonBits are those of bits; of opDrop with the operands exchanged.
var neonBits = map[opcode]a64.OpBits3{
	opAnd: a64.AND, opOr: a64.ORR, opXor: a64.EOR,
	opKeep: a64.AND, opDrop: a64.BIC,
}

func (m *neonMachine) calc(op opcode, dst vreg, src ...vreg) { m.calcBits(op, 0, dst, src...) }

func (m *neonMachine) calcBits(op opcode, bits uint64, dst vreg, src ...vreg) {
	d, x := a64.V(dst), a64.V(src[0])
	switch op {
	case opAbs:
		m.V2(a64.FABS, d, x)
		return
	case opNeg:
		m.V2(a64.FNEG, d, x)
		return
	case opSqrt:
		m.V2(a64.FSQRT, d, x)
		return
	case opShl:
		m.VLeft(a64.SHL, d, x, int(bits))
		return
	case opShr:
		m.VRight(a64.USHR, d, x, int(bits))
		return
	case opHigh:
		m.as(a64.D2, func() { m.VRight(a64.USHR, d, x, 32) })
		return
	case opFromInt:
		m.V2(a64.SCVTF, d, x)
		return
	}
	y := a64.V(src[1])
	switch op {
	case opFMA:
		if src[2] != dst {
			m.VMov(d, a64.V(src[2]))
		}
		m.V3(a64.FMLA, d, x, y)
	case opMax: // FMAX has other rules for NaN
		m.V3(a64.FCMGT, neonScratch, x, y)
		m.choose(neonScratch, d, x, y)
	case opMin:
		m.V3(a64.FCMGT, neonScratch, y, x)
		m.choose(neonScratch, d, x, y)
	case opSel:
		m.choose(x, d, y, a64.V(src[2]))
	case opLT, opLE:
		m.V3(neonOps[op], d, y, x)
	case opMulLow: // of neighbours
		m.as(a64.S4, func() { m.V3(a64.UZP1, neonScratch, x, x) })
		m.VMulLong(a64.UMULL, d, neonScratch, y)
	case opLows:
		m.as(a64.S4, func() { m.V3(a64.UZP1, d, x, y) })
	case opJoin:
		m.as(a64.S4, func() { m.V3(a64.TRN1, d, x, y) })
	case opDrop:
		m.VBits3(neonBits[op], d, y, x)
	default:
		if o, ok := neonOps[op]; ok {
			m.V3(o, d, x, y)
		} else if o, ok := neonBits[op]; ok {
			m.VBits3(o, d, x, y)
		} else {
			panic(fmt.Sprintf("no operation %d", op))
		}
	}
}

// as writes instructions on another arrangement.
func (m *neonMachine) as(a a64.Arr, f func()) {
	was := m.Arr
	m.Arr = a
	f()
	m.Arr = was
}

// choose is d = mask ? x : y.
func (m *neonMachine) choose(mask, d, x, y a64.V) {
	switch d {
	case y:
		m.VBits3(a64.BIT, d, x, mask)
	case x:
		m.VBits3(a64.BIF, d, y, mask)
	case mask:
		m.VBits3(a64.BSL, d, x, y)
	default:
		m.VMov(d, y)
		m.VBits3(a64.BIT, d, x, mask)
	}
}

func (m *neonMachine) fromMemory(opcode) bool  { return false }
func (m *neonMachine) constantsInMemory() bool { return false }

func (m *neonMachine) calcMemory(opcode, int, vreg, []vreg, place) {
	panic("no operands from memory")
}

func (m *neonMachine) param(dst vreg, name string) {
	m.ParamV(name, a64.V(dst))
	m.Dup(a64.V(dst), a64.V(dst), 0)
}

func (m *neonMachine) constant(dst vreg, bits uint64) {
	if bits == 0 {
		m.zero(dst)
		return
	}
	m.Const(neonTmp, bits)
	m.DupR(a64.V(dst), neonTmp)
}

func (m *neonMachine) broadcast(dst vreg, from ireg, offset int) {
	at := m.r(from)
	if offset > 0 {
		m.AddI(neonTmp, at, offset)
		at = neonTmp
	}
	m.Ld1R(a64.V(dst), at)
}
func (m *neonMachine) zero(dst vreg) { m.Clear(a64.V(dst)) }

func (m *neonMachine) load(dst vreg, from ireg, offset int, part bool) {
	v, at := a64.V(dst), m.r(from)
	if !part {
		m.Load(16, v, at, offset)
		return
	}
	m.byPart(at, offset, func(bytes int) { m.Load(bytes, v, at, offset) }, func() { m.LoadLane(v, 2, neonTmp) })
}

func (m *neonMachine) store(src vreg, to ireg, offset int, part bool) {
	v, at := a64.V(src), m.r(to)
	if !part {
		m.Store(16, v, at, offset)
		return
	}
	m.byPart(at, offset, func(bytes int) { m.Store(bytes, v, at, offset) }, func() { m.StoreLane(v, 2, neonTmp) })
}

// byPart moves a part: move the first elements, third one more, which lies at neonTmp.
func (m *neonMachine) byPart(at a64.R, offset int, move func(bytes int), third func()) {
	if m.d.size == 8 {
		move(8)
		return
	}
	m.parts++
	one, moved := fmt.Sprint("one", m.parts), fmt.Sprint("moved", m.parts)
	m.Tbz(m.r(m.part), 1, one)
	move(8)
	m.Tbz(m.r(m.part), 0, moved)
	m.AddI(neonTmp, at, offset+8)
	third()
	m.B(moved)
	m.Label(one)
	move(4)
	m.Label(moved)
}

func (m *neonMachine) beginPart(n ireg) { m.part = n }

func (m *neonMachine) beginLast(n, tmp ireg)       { panic("vectors are well at any address") }
func (m *neonMachine) storeExactly(bool)           {}
func (m *neonMachine) wholeParts(bool)             {}
func (m *neonMachine) storeStreaming(bool)         {}
func (m *neonMachine) clearSign(ireg)              { panic("there are no flags") }
func (m *neonMachine) toAligned(_, _, _ ireg) bool { return false }

func (m *neonMachine) flagJump(string, bool, string) { panic("there are no flags") }

func (m *neonMachine) merge(dst, src vreg) {
	d, s := a64.V(dst), a64.V(src)
	m.Ins(d, 0, s, 0)
	if m.d.size == 8 {
		return
	}
	m.parts++
	merged := fmt.Sprint("merged", m.parts)
	m.Tbz(m.r(m.part), 1, merged)
	m.Ins(d, 1, s, 1)
	m.Tbz(m.r(m.part), 0, merged)
	m.Ins(d, 2, s, 2)
	m.Label(merged)
}

func (m *neonMachine) fold(op opcode, r, tmp vreg) {
	if m.d.size == 4 {
		m.Ext(a64.V(tmp), a64.V(r), a64.V(r), 8)
		m.calc(op, r, r, tmp)
	}
	m.Dup(a64.V(tmp), a64.V(r), 1)
	m.calc(op, r, r, tmp)
}

func (m *neonMachine) guardJump(guard, ireg, int, string) { panic("no guards") }

func (m *neonMachine) half(dst, src vreg, h int) {
	if h == 2 {
		m.Ext(a64.V(dst), a64.V(src), a64.V(src), 8)
		return
	}
	m.Dup(a64.V(dst), a64.V(src), 1)
}

func (m *neonMachine) storeElement(src vreg, to ireg) {
	m.Store(m.d.size, a64.V(src), m.r(to), 0)
}

func (m *neonMachine) result(src vreg) { m.ResultV(a64.V(src)) }

func (m *neonMachine) ireg() ireg {
	if m.iregs == neonIntegers {
		panic("out of integer registers")
	}
	m.iregs++
	return ireg(m.iregs - 1)
}

func (m *neonMachine) arg(name string) ireg {
	r := m.ireg()
	m.Param(name, m.r(r))
	return r
}

func (m *neonMachine) move(dst, src ireg) { m.Mov(m.r(dst), m.r(src)) }
func (m *neonMachine) add(dst, src ireg)  { m.Add(m.r(dst), m.r(dst), m.r(src)) }
func (m *neonMachine) sub(dst, src ireg)  { m.Sub(m.r(dst), m.r(dst), m.r(src)) }

func (m *neonMachine) addImm(dst ireg, n int) {
	if r := m.r(dst); n < 0 {
		m.SubI(r, r, -n)
	} else {
		m.AddI(r, r, n)
	}
}

func (m *neonMachine) andImm(dst ireg, n int) { m.AndBits(m.r(dst), m.r(dst), bits.Len(uint(n))) }

func (m *neonMachine) addJump(dst ireg, n int, cond, label string) {
	if r := m.r(dst); n < 0 {
		m.SubsI(r, r, -n)
	} else {
		m.AddsI(r, r, n)
	}
	m.BIf(cond, label)
}

func (m *neonMachine) testJump(r ireg, cond, label string) {
	m.CmpI(m.r(r), 0)
	m.BIf(cond, label)
}

func (m *neonMachine) jump(label string) { m.B(label) }
func (m *neonMachine) label(name string) { m.Label(name) }

func (m *neonMachine) loop(name string) {
	m.Align(32)
	m.Label(name)
}

func (m *neonMachine) ret() { m.Ret() }
