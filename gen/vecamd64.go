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
	opAnd: "VAND", opOr: "VOR", opXor: "VXOR", opAndNot: "VANDN", opScalef: "VSCALEF", opIAdd: "VPADD", opISub: "VPSUB",
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
	case opMaskAnd, opMaskOr:
		if m.wide() {
			m.raw(map[opcode]string{opMaskAnd: "KANDW", opMaskOr: "KORW"}[op], m.maskOrVec(src[1]), m.maskOrVec(src[0]), m.maskOrVec(dst))
		} else {
			m.op(map[opcode]string{opMaskAnd: "VAND", opMaskOr: "VOR"}[op], m.v(src[1]), m.v(src[0]), m.v(dst))
		}
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

func (m *amd64Machine) param(dst vreg, name string) {
	m.scalar("VBROADCAST", m.arg64(name), m.v(dst))
}

func (m *amd64Machine) arg64(name string) operand.Mem { return m.amd64File.arg(name) }

func (m *amd64Machine) constant(dst vreg, bits uint64) {
	if bits == 0 {
		m.zero(dst)
		return
	}
	m.scalar("VBROADCAST", m.pool(bits), m.v(dst))
}

func (m *amd64Machine) broadcast(dst vreg, from ireg, offset int) {
	m.scalar("VBROADCAST", m.at(from, offset), m.v(dst))
}

func (m *amd64Machine) zero(dst vreg) {
	if dst >= amd64Scratch {
		m.op("VXOR", m.v(dst), m.v(dst), m.v(dst))
	} else { // all of the register
		m.op("VXOR", xmm[dst], xmm[dst], xmm[dst])
	}
}

func (m *amd64Machine) load(dst vreg, from ireg, offset int, part bool) {
	switch at := m.at(from, offset); {
	case !part:
		m.op("VMOVU", at, m.v(dst))
	case m.wide():
		m.raw(map[int]string{4: "VMOVUPS_Z", 8: "VMOVUPD_Z"}[m.d.size], at, reg.K1, m.v(dst))
	default:
		m.op("VMASKMOV", at, ymm[avx2Mask], m.v(dst))
	}
}

func (m *amd64Machine) store(src vreg, to ireg, offset int, part bool) {
	switch at := m.at(to, offset); {
	case !part && m.past:
		m.op("VMOVNT", m.v(src), at)
	case !part:
		m.op("VMOVU", m.v(src), at)
	case m.wide() && !m.exact:
		m.op("VMOVU", m.v(src), reg.K1, at)
	default:
		m.storeHalves(src, m.gp(to), offset)
	}
}

// storeHalves stores the first elements of a vector: 32 bytes, 16, 8, 4, as the bits of
// their number say.
func (m *amd64Machine) storeHalves(src vreg, to reg.GPPhysical, offset int) {
	m.parts++
	at, rest := reg.RAX, int(src) // the register of what is still to be stored
	if src >= amd64Scratch {
		m.op("VMOVA", m.v(src), m.vec(amd64Scratch))
		rest = amd64Scratch
	}
	m.LEAQ(mem(to, offset), at)
	end := fmt.Sprint("whole", m.parts)
	if m.whole {
		notWhole := fmt.Sprint("notWhole", m.parts)
		m.TESTQ(operand.U32(uint32(m.lanes())), m.gp(m.part))
		m.jump86("JZ", notWhole)
		m.op("VMOVU", m.vec(rest), mem(at, 0))
		m.jump86("JMP", end)
		m.Label(notWhole)
		defer m.Label(end)
	}
	for bytes := m.isa.bytes / 2; bytes >= m.d.size; bytes /= 2 {
		skip, next := fmt.Sprintf("skip%d_%d", bytes, m.parts), fmt.Sprintf("stored%d_%d", bytes, m.parts)
		last := bytes == m.d.size
		m.TESTQ(operand.U32(uint32(bytes/m.d.size)), m.gp(m.part))
		m.jump86("JZ", skip)
		switch bytes {
		case 32:
			m.op("VMOVU", ymm[rest], mem(at, 0))
		case 16:
			m.op("VMOVU", xmm[rest], mem(at, 0))
		case 8:
			m.VMOVLPS(xmm[rest], mem(at, 0))
		case 4:
			m.VMOVSS(xmm[rest], mem(at, 0))
		}
		if last {
			m.Label(skip)
			return
		}
		m.ADDQ(imm(bytes), at)
		switch bytes {
		case 32:
			m.VEXTRACTF64X4(imm(1), zmm[rest], ymm[amd64Scratch])
		case 16:
			m.VEXTRACTF128(imm(1), ymm[rest], xmm[amd64Scratch])
		case 8:
			m.VPERMILPD(imm(1), xmm[rest], xmm[amd64Scratch])
		}
		if rest == amd64Scratch {
			m.Label(skip)
			continue
		}
		m.jump86("JMP", next)
		m.Label(skip)
		m.op("VMOVA", ymm[rest], ymm[amd64Scratch])
		m.Label(next)
		rest = amd64Scratch
	}
}

// storeExactly has parts of AVX-512 stored by halves too: a masked store counts as a
// whole vector to the loads that follow, which wait for it if they lie in its shadow,
// as those of the next row do.
func (m *amd64Machine) storeExactly(on bool) { m.exact = on }

func (m *amd64Machine) wholeParts(on bool) { m.whole = on }

func (m *amd64Machine) storeStreaming(on bool) {
	if m.past && !on {
		m.SFENCE()
	}
	m.past = on
}

func (m *amd64Machine) prefetch(at, distance ireg, bytes int) {
	for i := 0; i < bytes; i += 64 {
		m.PREFETCHT1(operand.Mem{Base: m.gp(at), Index: m.gp(distance), Scale: 1, Disp: i})
	}
}

func (m *amd64Machine) flagJump(name string, set bool, label string) {
	m.CMPQ(m.arg64(name), imm(0))
	m.jump86(map[bool]string{true: "JLT", false: "JGE"}[set], label)
}

func (m *amd64Machine) clearSign(r ireg) { m.BTRQ(imm(63), m.gp(r)) }

func (m *amd64Machine) toAligned(elements, bytes, at ireg) bool {
	m.MOVQ(m.gp(at), m.gp(bytes))
	m.NEGQ(m.gp(bytes))
	m.ANDQ(imm(m.isa.bytes-1), m.gp(bytes))
	m.MOVQ(m.gp(bytes), m.gp(elements))
	m.SHRQ(imm(int(m.d.shift)), m.gp(elements))
	return true
}

func (m *amd64Machine) beginPart(n ireg) {
	m.part = n
	if m.wide() {
		m.lowMask(n)
		m.KMOVW(reg.EAX, reg.K1)
		return
	}
	places, count := m.places(n)
	m.raw(map[int]string{4: "VPCMPGTD", 8: "VPCMPGTQ"}[m.d.size], places, count, places)
}

func (m *amd64Machine) beginLast(n, tmp ireg) {
	// The others are the first l-n, or those in places up to l-n-1.
	l := m.lanes()
	m.NEGQ(m.gp(n))
	if m.wide() {
		m.LEAQ(mem(m.gp(n), l), m.gp(tmp))
		m.NEGQ(m.gp(n))
		m.lowMask(tmp)
		m.NOTL(reg.EAX)
		m.KMOVW(reg.EAX, reg.K1)
		return
	}
	m.LEAQ(mem(m.gp(n), l-1), m.gp(tmp))
	m.NEGQ(m.gp(n))
	places, count := m.places(tmp)
	m.raw(map[int]string{4: "VPCMPGTD", 8: "VPCMPGTQ"}[m.d.size], count, places, places)
}

// lowMask leaves n ones in EAX.
func (m *amd64Machine) lowMask(n ireg) {
	m.raw("MOVL", operand.I32(-1), reg.EAX)
	m.BZHIL(m.gp(n).As32(), reg.EAX, reg.EAX)
}

// places leaves 0, 1, 2 … in the mask's register of AVX2 and n beside each.
func (m *amd64Machine) places(n ireg) (places, count reg.VecPhysical) {
	places, count = ymm[avx2Mask], ymm[amd64Scratch]
	m.MOVQ(operand.U64(map[int]uint64{4: 0x0706050403020100, 8: 0x03020100}[m.d.size]), reg.RAX)
	m.VMOVQ(reg.RAX, xmm[avx2Mask])
	m.raw(map[int]string{4: "VPMOVZXBD", 8: "VPMOVZXBQ"}[m.d.size], xmm[avx2Mask], places)
	m.VMOVQ(m.gp(n), xmm[amd64Scratch])
	m.raw(map[int]string{4: "VPBROADCASTD", 8: "VPBROADCASTQ"}[m.d.size], xmm[amd64Scratch], count)
	return places, count
}

// guardJump is of AVX2 alone. The part's mask is not in use in rounds of whole vectors.
func (m *amd64Machine) guardJump(g guard, from ireg, count int, label string) {
	greatest, next := ymm[amd64Scratch], ymm[avx2Mask]
	by, limit := m.pool(g.by), m.pool(g.limit)
	for i := range count {
		to := next
		if i == 0 {
			to = greatest
		}
		m.VMOVDQU(m.at(from, i*m.isa.bytes), to)
		if g.op == opAnd {
			m.VPAND(by, to, to)
		} else {
			m.VPSUBD(by, to, to)
		}
		if i > 0 {
			m.VPMAXUD(to, greatest, greatest)
		}
	}
	m.VPMAXUD(limit, greatest, greatest)
	m.VPCMPEQD(limit, greatest, greatest)
	m.VMOVMSKPS(greatest, reg.EAX)
	m.CMPL(reg.EAX, imm(0xff))
	m.jump86("JNE", label)
}

func (m *amd64Machine) merge(dst, src vreg) {
	if m.wide() {
		m.op("VMOVA", m.v(src), reg.K1, m.v(dst))
		return
	}
	m.op("VBLENDV", ymm[avx2Mask], ymm[src], ymm[dst], ymm[dst])
}

func (m *amd64Machine) fold(op opcode, r, tmp vreg) {
	r, tmp = vreg(m.low(r)), vreg(m.low(tmp))
	name := amd64Ops[op]
	if m.wide() {
		m.VEXTRACTF64X4(imm(1), zmm[r], ymm[tmp])
		m.op(name, ymm[tmp], ymm[r], ymm[r])
	}
	m.VEXTRACTF128(imm(1), ymm[r], xmm[tmp])
	m.op(name, xmm[tmp], xmm[r], xmm[r])
	m.VPERMILPD(imm(1), xmm[r], xmm[tmp])
	if m.d.size == 4 {
		m.op(name, xmm[tmp], xmm[r], xmm[r])
		m.VMOVSHDUP(xmm[r], xmm[tmp])
	}
	m.scalar(name, xmm[tmp], xmm[r], xmm[r])
}

func (m *amd64Machine) half(dst, src vreg, h int) {
	d, s := m.low(dst), m.low(src)
	switch h * m.d.size {
	case 32:
		m.VEXTRACTF64X4(imm(1), zmm[s], ymm[d])
	case 16:
		m.VEXTRACTF128(imm(1), ymm[s], xmm[d])
	case 8:
		m.VPERMILPD(imm(1), xmm[s], xmm[d])
	case 4:
		m.VMOVSHDUP(xmm[s], xmm[d])
	}
}

func (m *amd64Machine) storeElement(src vreg, to ireg) {
	m.scalar("VMOV", xmm[m.low(src)], m.at(to, 0))
}

func (m *amd64Machine) result(src vreg) {
	b, err := m.ReturnIndex(0).Resolve()
	if err != nil {
		panic(err)
	}
	m.scalar("VMOV", xmm[m.low(src)], b.Addr)
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
