package main

import (
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// rows calls f for every row with the register that points at its part of C.
func (t *gemmTile) rows(f func(i int, c reg.GPPhysical)) {
	t.MOVQ(gC, gT)
	for i := 0; i < t.h; i++ {
		f(i, gT)
		if i < t.h-1 {
			t.ADDQ(gLDC, gT)
		}
	}
}

// out applies the Out flags of asm/gemm.go in their order and stores the tile.
func (t *gemmTile) out() {
	vb := t.isa.bytes
	x, y := t.b(0), t.tmps()[0]
	t.MOVQ(t.field(argOut), gK)
	t.TESTQ(gK, gK)
	t.jump("JZ", "store")

	section := func(flag int, name string, body func()) {
		t.TESTQ(operand.U32(uint32(flag)), gK)
		t.jump("JZ", name)
		body()
		t.Label(name)
	}
	section(1, "noadd", func() {
		t.rows(func(i int, c reg.GPPhysical) {
			for j := 0; j < t.nv; j++ {
				t.load(mem(c, j*vb), j, x)
				t.op("VADD", t.acc(i, j), x, t.acc(i, j))
			}
		})
	})
	section(2, "noscale", func() {
		t.scalar("VBROADCAST", t.alpha(), x)
		for i := 0; i < t.h*t.nv; i++ {
			t.op("VMUL", x, t.vec(i), t.vec(i))
		}
	})
	section(4, "nofma", func() {
		// beta*C first, into y, by memory or register; x holds alpha, and
		// beta is broadcast again for each vector where registers are short.
		t.scalar("VBROADCAST", t.alpha(), x)
		t.rows(func(i int, c reg.GPPhysical) {
			for j := 0; j < t.nv; j++ {
				if t.nv == 1 && len(t.tmps()) < 2 {
					panic("registers")
				}
				z := t.tmps()
				beta := y
				if len(z) > 1 {
					beta = z[1]
				} else {
					beta = t.b(1)
				}
				t.load(mem(c, j*vb), j, y)
				t.scalar("VBROADCAST", t.beta(), beta)
				t.op("VMUL", beta, y, y)
				t.op("VFMADD213", y, x, t.acc(i, j))
			}
		})
	})
	section(8, "nobias", func() {
		t.Load(t.Param("np"), gT)
		t.SUBQ(gNP, gT)
		t.IMUL3Q(imm(t.nv*vb), gT, gT)
		t.ADDQ(t.arg("bias"), gT)
		for j := 0; j < t.nv; j++ {
			t.load(mem(gT, j*vb), j, x)
			for i := 0; i < t.h; i++ {
				t.op("VADD", x, t.acc(i, j), t.acc(i, j))
			}
		}
	})
	section(16, "store", func() {
		// max(0, s) with s as the second source: NaN and -0 pass.
		t.VXORPS(x, x, x)
		for i := 0; i < t.h*t.nv; i++ {
			t.op("VMAX", t.vec(i), x, t.vec(i))
		}
	})
	t.rows(func(i int, c reg.GPPhysical) {
		for j := 0; j < t.nv; j++ {
			t.store(t.acc(i, j), j, mem(c, j*vb))
		}
	})
}
