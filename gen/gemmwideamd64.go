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

func wideName(isa amd64ISA, d dtype) string { return "gemmWide" + d.suffix + isa.suffix }

// wideAhead is how many rows of B ahead the wide kernels fetch.
const wideAhead = 8

// emitWide emits the kernel of few rows by groups of many vectors of columns, as many
// panels as widePanels says. Unpacked, the panels are one stretch of a row of B;
// packed, they lie bpanel apart.
func (t *gemmTile) emitWide() {
	name, panels := wideName(t.isa, t.d), widePanels(t.isa)
	t.fn(name, fmt.Sprintf(gemmSignature, t.d.goName),
		fmt.Sprintf("%s is 1 to %d rows by np groups of several panels of columns of a product, A(i,p) = a[i*astr + p].", name, len(panels)-1))
	t.fixed = true
	t.Load(t.Param("args"), gG)
	t.stride(argLDC, gLDC)
	t.stride(argARow, gAStr)
	t.stride(argBRow, gBRow)
	t.stride(argBPanel, wPanel)
	t.LEAQ(operand.Mem{Base: gAStr, Index: gAStr, Scale: 2}, gAStr3)
	t.Load(t.Param("c"), gC)
	t.Load(t.Param("b"), gBPanel)
	t.panels(gNP)
	t.eachHeight(gT, 1, len(panels)-1, func() {
		t.nv = 2 * panels[t.h]
		t.Label("panel")
		t.Load(t.Param("a"), gA0)
		t.MOVQ(gBPanel, gB)
		for i := 0; i < t.h*t.nv; i++ {
			t.VXORPS(t.vec(i), t.vec(i), t.vec(i))
		}
		t.MOVQ(t.field(argK), gK)
		t.TESTQ(gK, gK)
		t.jump("JZ", "done")
		t.BTQ(operand.Imm(gemmColumnsBit), t.arg("cols"))
		t.jump("JCS", "packed")
		t.LEAQ(operand.Mem{Base: gB, Index: gBRow, Scale: wideAhead}, wAhead)
		t.wideLoop(false)
		t.jump("JMP", "done")
		t.Label("packed")
		t.LEAQ(operand.Mem{Base: wPanel, Index: wPanel, Scale: 2}, wPanel3)
		t.LEAQ(operand.Mem{Base: gB, Index: wPanel, Scale: 2}, wB2)
		t.LEAQ(operand.Mem{Base: gB, Index: wPanel, Scale: 1}, wB7)
		t.LEAQ(operand.Mem{Base: wB7, Index: wPanel3, Scale: 2}, wB7)
		t.wideLoop(true)
		t.Label("done")
		t.out()
		t.ADDQ(imm(t.nv*t.isa.bytes), gC)
		t.IMUL3Q(imm(t.nv/2), wPanel, gT)
		t.ADDQ(gT, gBPanel)
		t.DECQ(gNP)
		t.jump("JNZ", "panel")
		t.jump("JMP", "out")
	})
	t.Label("out")
	t.VZEROUPPER()
	t.RET()
}

// Registers of the wide kernel.
var (
	wPanel  = reg.RBX // bytes between panels of B
	wPanel3 = reg.RCX
	wB2     = reg.RBP
	wB7     = gT
	wAhead  = reg.RBP // row of B to fetch
)

func (t *gemmTile) wideLoop(packed bool) {
	id := fmt.Sprint("loop", packed)
	t.align(64)
	t.Label(id)
	bases := map[int]reg.GPPhysical{0: gB, 2: wB2, 7: wB7}
	rows := map[int]reg.GPPhysical{0: gA0}
	vb, n := t.isa.bytes, t.isa.nregs
	x := t.vec(t.h0()) // vector of B where it serves several rows
	for i := 0; i < t.h; i++ {
		t.scalar("VBROADCAST", rowMem(i, 0, rows, gAStr, gAStr3), t.vec(n-1-i))
	}
	for j := 0; j < t.nv; j++ {
		m := mem(gB, j*vb)
		if packed {
			m = rowMem(j/2, j%2*vb, bases, wPanel, wPanel3)
		} else if j*vb%64 == 0 {
			t.PREFETCHT0(mem(wAhead, j*vb))
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
		t.ADDQ(gBRow, wB2)
		t.ADDQ(gBRow, wB7)
	} else {
		t.ADDQ(gBRow, wAhead)
	}
	t.DECQ(gK)
	t.jump("JNZ", id)
}
