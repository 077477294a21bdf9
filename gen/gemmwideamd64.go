package main

import (
	"fmt"

	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// widePanels is, for 1, 2, … rows, the number of panels of columns that a wide
// kernel holds in registers.
func widePanels(isa amd64ISA) []int {
	if isa == avx512 {
		return []int{0, 8, 6, 4, 3}
	}
	return []int{0, 6, 3, 2}
}

func wideName(isa amd64ISA, d dtype, h int, packed bool) string {
	s := ""
	if packed {
		s = "Packed"
	}
	return fmt.Sprintf("gemmWide%dx%d%s%s%s", h, 2*widePanels(isa)[h]*isa.bytes/d.size, s, d.suffix, isa.suffix)
}

// wideAhead is how many rows of B ahead the wide kernels fetch.
const wideAhead = 8

// emitWide emits h rows by nv vectors of columns, nv/2 panels. Unpacked, the
// panels are one stretch of a row of B; packed, they lie bpanel apart.
func (t *gemmTile) emitWide(packed bool) {
	name := wideName(t.isa, t.d, t.h, packed)
	t.fn(name, fmt.Sprintf(gemmSignature, t.d.goName),
		fmt.Sprintf("%s is %d rows by np groups of %d columns of a product, A(i,p) = a[i*astr + p].", name, t.h, t.nv*t.lanes()))
	width, vb := t.nv*t.isa.bytes, t.isa.bytes
	panel, panel3, b2, b7, ahead := reg.RBX, reg.RCX, reg.RBP, gT, reg.RBP
	t.Load(t.Param("args"), gG)
	t.stride(argLDC, gLDC)
	t.stride(argARow, gAStr)
	t.stride(argBRow, gBRow)
	t.stride(argBPanel, panel)
	t.LEAQ(operand.Mem{Base: gAStr, Index: gAStr, Scale: 2}, gAStr3)
	t.Load(t.Param("c"), gC)
	t.Load(t.Param("b"), gBPanel)
	t.panels(gNP)

	t.Label("panel")
	t.Load(t.Param("a"), gA0)
	t.MOVQ(gBPanel, gB)
	if packed {
		t.LEAQ(operand.Mem{Base: panel, Index: panel, Scale: 2}, panel3)
		t.LEAQ(operand.Mem{Base: gB, Index: panel, Scale: 2}, b2)
		t.LEAQ(operand.Mem{Base: gB, Index: panel, Scale: 1}, b7)
		t.LEAQ(operand.Mem{Base: b7, Index: panel3, Scale: 2}, b7)
	} else {
		t.LEAQ(operand.Mem{Base: gB, Index: gBRow, Scale: wideAhead}, ahead)
	}
	for i := 0; i < t.h*t.nv; i++ {
		t.VXORPS(t.vec(i), t.vec(i), t.vec(i))
	}
	t.MOVQ(t.field(argK), gK)
	t.TESTQ(gK, gK)
	t.jump("JZ", "out")
	t.align(64)
	t.Label("loop")
	bases := map[int]reg.GPPhysical{0: gB, 2: b2, 7: b7}
	rows := map[int]reg.GPPhysical{0: gA0}
	n := t.isa.nregs
	x := t.vec(t.h0()) // vector of B where it serves several rows
	for i := 0; i < t.h; i++ {
		t.scalar("VBROADCAST", rowMem(i, 0, rows, gAStr, gAStr3), t.vec(n-1-i))
	}
	for j := 0; j < t.nv; j++ {
		m := mem(gB, j*vb)
		if packed {
			m = rowMem(j/2, j%2*vb, bases, panel, panel3)
		} else if j*vb%64 == 0 {
			t.PREFETCHT0(mem(ahead, j*vb))
		}
		if t.h == 1 {
			t.op("VFMADD231", m, t.vec(n-1), t.acc(0, j))
			continue
		}
		t.op("VMOVU", m, x)
		for i := 0; i < t.h; i++ {
			t.op("VFMADD231", t.vec(n-1-i), x, t.acc(i, j))
		}
	}
	t.ADDQ(imm(t.d.size), gA0)
	t.ADDQ(gBRow, gB)
	if packed {
		t.ADDQ(gBRow, b2)
		t.ADDQ(gBRow, b7)
	} else {
		t.ADDQ(gBRow, ahead)
	}
	t.DECQ(gK)
	t.jump("JNZ", "loop")
	t.Label("out")
	t.out()
	t.ADDQ(imm(width), gC)
	t.IMUL3Q(imm(t.nv/2), panel, gT)
	t.ADDQ(gT, gBPanel)
	t.DECQ(gNP)
	t.jump("JNZ", "panel")
	t.VZEROUPPER()
	t.RET()
}
