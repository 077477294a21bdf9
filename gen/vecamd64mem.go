package main

import (
	"fmt"

	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

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
