package main

import (
	"fmt"

	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// rows calls f for every row; gT points at its part of C.
func (t *gemmTile) rows(end string, f func(i int)) {
	t.MOVQ(gC, gT)
	t.eachRow(end, func(i int) {
		f(i)
		if i < t.h-1 {
			t.ADDQ(gLDC, gT)
		}
	})
}

// out applies the Out flags of asm/gemm.go in their order and stores the tile.
func (t *gemmTile) out() {
	vb := t.isa.bytes
	x, beta, y := t.vec(t.h0()), t.vec(t.h0()+1), t.vec(t.h0()+2)
	if !t.fixed {
		t.height(gHeight)
	}
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
		t.rows("noadd", func(i int) {
			for j := 0; j < t.nv; j++ {
				t.withMem("VADD", mem(gT, j*vb), j, t.acc(i, j), x, t.acc(i, j))
			}
		})
	})
	section(2, "noscale", func() {
		t.scalar("VBROADCAST", t.alpha(), x)
		t.eachRow("noscale", func(i int) {
			for j := 0; j < t.nv; j++ {
				t.op("VMUL", x, t.acc(i, j), t.acc(i, j))
			}
		})
	})
	section(4, "nofma", func() {
		t.scalar("VBROADCAST", t.alpha(), x)
		t.scalar("VBROADCAST", t.beta(), beta)
		t.rows("nofma", func(i int) {
			for j := 0; j < t.nv; j++ {
				t.withMem("VMUL", mem(gT, j*vb), j, beta, y, y)
				t.op("VFMADD213", y, x, t.acc(i, j))
			}
		})
	})
	section(8, "nobias", func() {
		t.biases()
		if t.fixed {
			for j := 0; j < t.nv; j++ {
				t.load(mem(gT, j*vb), j, x)
				for i := 0; i < t.h; i++ {
					t.op("VADD", x, t.acc(i, j), t.acc(i, j))
				}
			}
			return
		}
		for j := 0; j < t.nv; j++ {
			t.load(mem(gT, j*vb), j, t.b(j))
		}
		t.eachRow("nobias", func(i int) {
			for j := 0; j < t.nv; j++ {
				t.op("VADD", t.b(j), t.acc(i, j), t.acc(i, j))
			}
		})
	})
	section(16, "noaffine", func() {
		t.biases()
		t.SHRQ(imm(8), gK) // the distance, in elements
		t.SHLQ(imm(int(t.d.shift)), gK)
		for j := 0; j < t.nv; j++ {
			next := "noaffine"
			if j < t.nv-1 {
				next = fmt.Sprintf("affine%d", j+1)
			}
			t.load(memX(gT, gK, 1, j*vb), j, x)
			t.load(memX(gT, gK, 2, j*vb), j, y)
			t.eachRow(next, func(i int) { t.op("VFMADD213", y, x, t.acc(i, j)) })
			if j < t.nv-1 {
				t.Label(next)
			}
		}
	})
	t.MOVQ(t.field(argOut), gK)
	section(32, "store", func() {
		// max(0, s) with s as the second source: NaN and -0 pass.
		t.VXORPS(x, x, x)
		t.eachRow("store", func(i int) {
			for j := 0; j < t.nv; j++ {
				t.op("VMAX", t.acc(i, j), x, t.acc(i, j))
			}
		})
	})
	t.rows("stored", func(i int) {
		for j := 0; j < t.nv; j++ {
			t.store(t.acc(i, j), j, mem(gT, j*vb))
		}
	})
	if !t.fixed {
		t.Label("stored")
	}
}

// biases points gT at those of the panel in hand.
func (t *gemmTile) biases() {
	t.panels(gT)
	t.SUBQ(gNP, gT)
	t.IMUL3Q(imm(t.nv*t.isa.bytes), gT, gT)
	t.ADDQ(t.arg("bias"), gT)
}

// withMem is dst = src op m for column vector j of a row, by way of tmp where the
// instruction has no mask of its own.
func (t *gemmTile) withMem(base string, m operand.Mem, j int, src, tmp, dst reg.VecPhysical) {
	switch {
	case !t.masked || j < t.nv-1:
		t.op(base, m, src, dst)
	case t.isa == avx512:
		t.raw(base+map[int]string{4: "PS_Z", 8: "PD_Z"}[t.d.size], m, src, kMask, dst)
	default:
		t.load(m, j, tmp)
		t.op(base, tmp, src, dst)
	}
}
