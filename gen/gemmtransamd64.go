package main

import (
	"fmt"

	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// transHeights is the greatest number of rows of the kernels that take B as it is
// stored when transposed.
func transHeights(isa amd64ISA) int {
	if isa == avx512 {
		return 8
	}
	return 4
}

// transVectors is the number of vectors of columns of such a kernel: one chain of
// FMAs alone would wait for itself.
func transVectors(isa amd64ISA, h int) int {
	if isa == avx512 && h <= 4 || h <= 2 {
		return 2
	}
	return 1
}

func transName(isa amd64ISA, d dtype) string { return "gemmTrans" + d.suffix + isa.suffix }

// Registers of these kernels beside those of a tile.
var (
	tBStr3 = reg.R13 // where the others keep LDC, which is loaded late
	tB2    = reg.R12
	tB7    = reg.R15
	tNext  = reg.RBP // bytes from the rows of B of one vector to those of the next
)

// emitTrans emits few rows by np groups of transVectors of columns with
// B(p,j) = b[j*brow + p]. Rows of B become columns in registers, a square of them at
// a time, and meet the FMAs there.
func (t *gemmTile) emitTrans() {
	name, high := transName(t.isa, t.d), transHeights(t.isa)
	t.fn(name, fmt.Sprintf(gemmSignature, t.d.goName),
		fmt.Sprintf("%s is 1 to %d rows by np groups of columns of a product, A(i,p) = a[i*astr + p], B(p,j) = b[j*brow + p].", name, high))
	n := t.lanes()
	t.Load(t.Param("args"), gG)
	t.stride(argARow, gAStr)
	t.stride(argBRow, gBRow)
	t.LEAQ(operand.Mem{Base: gAStr, Index: gAStr, Scale: 2}, gAStr3)
	t.IMUL3Q(imm(n), gBRow, tNext)
	t.Load(t.Param("c"), gC)
	t.panels(gNP)
	if t.isa == avx512 { // columns of a last, shorter square
		t.MOVQ(t.field(argK), reg.RCX)
		t.ANDQ(imm(n-1), reg.RCX)
		t.MOVQ(operand.I32(-1), gK)
		t.BZHIQ(reg.RCX, gK, gK)
		t.KMOVW(gK.As32(), kTail)
		t.KXNORW(kMask, kMask, kMask)
	}

	t.Label("panel")
	t.LEAQ(operand.Mem{Base: gBRow, Index: gBRow, Scale: 2}, tBStr3)
	t.Load(t.Param("b"), gB)
	t.LEAQ(operand.Mem{Base: gB, Index: gBRow, Scale: 2}, tB2)
	t.LEAQ(operand.Mem{Base: gB, Index: gBRow, Scale: 1}, tB7)
	t.LEAQ(operand.Mem{Base: tB7, Index: tBStr3, Scale: 2}, tB7)
	t.Load(t.Param("a"), gA0)
	t.LEAQ(operand.Mem{Base: gA0, Index: gAStr, Scale: 2}, gA2)
	t.LEAQ(operand.Mem{Base: gA0, Index: gAStr, Scale: 1}, gA7)
	t.LEAQ(operand.Mem{Base: gA7, Index: gAStr3, Scale: 2}, gA7)
	t.eachHeight(gK, 1, high, func() {
		t.nv = transVectors(t.isa, t.h)
		for i := 0; i < t.h*t.nv; i++ {
			t.VXORPS(t.vec(i), t.vec(i), t.vec(i))
		}
		t.MOVQ(t.field(argK), gK)
		t.transSum()
		t.amd64File.jump("JMP", fmt.Sprint("vectors", t.nv))
	})

	// The heights of two vectors and those of one end apart.
	for nv := 2; nv > 0; nv-- {
		t.nv, t.h = nv, high
		for transVectors(t.isa, t.h) != nv { // the greatest of them
			t.h--
		}
		t.Label(fmt.Sprint("vectors", nv))
		t.pre = fmt.Sprint("nv", nv)
		t.stride(argLDC, gLDC)
		t.out()
		t.ADDQ(imm(t.nv*t.isa.bytes), gC)
		t.IMUL3Q(imm(t.nv), tNext, gT)
		t.ADDQ(gT, t.arg("b"))
		t.DECQ(gNP)
		t.pre = ""
		t.jump("JNZ", "panel")
		t.VZEROUPPER()
		t.RET()
	}
}

// transSum is the sum: squares, then what is left of k, in a square by masks or column
// by column where there are none.
func (t *gemmTile) transSum() {
	n := t.lanes()
	t.SUBQ(imm(n), gK)
	t.jump("JLT", "rest")
	t.align(64)
	t.Label("loop")
	for j := 0; j < t.nv; j++ {
		v := t.square(func(m operand.Mem, x reg.VecPhysical) { t.op("VMOVU", m, x) })
		for p := 0; p < n; p++ {
			t.transFMA(v[p], j, p*t.d.size)
		}
		t.nextVector(j)
	}
	t.advanceB(t.isa.bytes)
	t.advanceA3(t.isa.bytes)
	t.SUBQ(imm(n), gK)
	t.jump("JGE", "loop")
	t.Label("rest")
	t.ADDQ(imm(n), gK)
	t.jump("JZ", "done")
	if t.isa == avx512 {
		for j := 0; j < t.nv; j++ {
			v := t.square(func(m operand.Mem, x reg.VecPhysical) {
				t.raw(map[int]string{4: "VMOVUPS_Z", 8: "VMOVUPD_Z"}[t.d.size], m, kTail, x)
			})
			for p := 0; p < n-1; p++ {
				t.transFMA(v[p], j, p*t.d.size)
				t.CMPQ(gK, imm(p+1))
				t.jump("JEQ", fmt.Sprint("vector", j))
			}
			t.Label(fmt.Sprint("vector", j))
			t.nextVector(j)
		}
	} else {
		t.Label("one")
		for j := 0; j < t.nv; j++ {
			x := t.gather()
			t.transFMA(x, j, 0)
			t.nextVector(j)
		}
		t.advanceB(t.d.size)
		t.advanceA3(t.d.size)
		t.DECQ(gK)
		t.jump("JNZ", "one")
	}
	t.Label("done")
}

// transFMA adds the products of column x, vector j of the group, with what lies disp
// bytes into the rows of A.
func (t *gemmTile) transFMA(x reg.VecPhysical, j, disp int) {
	bases := map[int]reg.GPPhysical{0: gA0, 2: gA2, 7: gA7}
	for i := 0; i < t.h; i++ {
		m := rowMem(i, disp, bases, gAStr, gAStr3)
		if t.isa == avx512 {
			t.raw(map[int]string{4: "VFMADD231PS_BCST", 8: "VFMADD231PD_BCST"}[t.d.size], m, x, t.acc(i, j))
			continue
		}
		y := t.vec(t.isa.nregs - 1)
		t.scalar("VBROADCAST", m, y)
		t.op("VFMADD231", y, x, t.acc(i, j))
	}
}

// nextVector moves the bases to the rows of B of the vector after j, or back.
func (t *gemmTile) nextVector(j int) {
	if t.nv == 1 {
		return
	}
	for _, r := range []reg.GPPhysical{gB, tB2, tB7} {
		if j < t.nv-1 {
			t.ADDQ(tNext, r)
		} else {
			t.SUBQ(tNext, r)
		}
	}
}

func (t *gemmTile) advanceB(by int) {
	for _, r := range []reg.GPPhysical{gB, tB2, tB7} {
		t.ADDQ(imm(by), r)
	}
}

func (t *gemmTile) advanceA3(by int) {
	for _, r := range []reg.GPPhysical{gA0, gA2, gA7} {
		t.ADDQ(imm(by), r)
	}
}

// square loads a square from as many rows of B as a vector has lanes and transposes
// it with one spare register; the vectors it returns are columns.
func (t *gemmTile) square(load func(operand.Mem, reg.VecPhysical)) []reg.VecPhysical {
	n, e := t.lanes(), 16/t.d.size
	v := make([]reg.VecPhysical, n)
	bases := map[int]reg.GPPhysical{0: gB, 2: tB2, 7: tB7}
	for r := range v {
		v[r] = t.vec(t.h*t.nv + r)
		load(rowMem(r, 0, bases, gBRow, tBStr3), v[r])
	}
	spare := t.vec(t.h*t.nv + n)
	// two replaces a and b by two functions of both.
	two := func(a, b *reg.VecPhysical, first, second func(y, x, dst reg.VecPhysical)) {
		first(*b, *a, spare)
		second(*b, *a, *b)
		*a, spare = spare, *a
	}
	ops := func(name string) func(y, x, dst reg.VecPhysical) {
		return func(y, x, dst reg.VecPhysical) { t.raw(name, y, x, dst) }
	}
	suffix := map[int]string{4: "PS", 8: "PD"}[t.d.size]
	for r := 0; r < n; r += 2 {
		two(&v[r], &v[r+1], ops("VUNPCKL"+suffix), ops("VUNPCKH"+suffix))
	}
	if e == 4 {
		for g := 0; g < n; g += 4 {
			two(&v[g], &v[g+2], ops("VUNPCKLPD"), ops("VUNPCKHPD"))
			two(&v[g+1], &v[g+3], ops("VUNPCKLPD"), ops("VUNPCKHPD"))
			v[g+1], v[g+2] = v[g+2], v[g+1] // columns 0, 1, 2, 3 of the lanes
		}
	}
	out := make([]reg.VecPhysical, n)
	lanes := func(imm uint64) func(y, x, dst reg.VecPhysical) {
		name := map[int]string{4: "VSHUFF32X4", 8: "VSHUFF64X2"}[t.d.size]
		if t.isa == avx2 {
			name = "VPERM2F128"
		}
		return func(y, x, dst reg.VecPhysical) { t.raw(name, operand.Imm(imm), y, x, dst) }
	}
	for c := 0; c < e; c++ {
		if t.isa == avx2 {
			two(&v[c], &v[e+c], lanes(0x20), lanes(0x31))
			out[c], out[e+c] = v[c], v[e+c]
			continue
		}
		x := []*reg.VecPhysical{&v[c], &v[e+c], &v[2*e+c], &v[3*e+c]}
		two(x[0], x[1], lanes(0x88), lanes(0xdd)) // lanes 0, 2 and 1, 3 of the first pair
		two(x[2], x[3], lanes(0x88), lanes(0xdd))
		two(x[0], x[2], lanes(0x88), lanes(0xdd)) // columns of lanes 0 and 2
		two(x[1], x[3], lanes(0x88), lanes(0xdd)) // 1 and 3
		out[c], out[e+c], out[2*e+c], out[3*e+c] = *x[0], *x[1], *x[2], *x[3]
	}
	return out
}

// gather loads one column, element by element, without AVX-512's masks.
func (t *gemmTile) gather() reg.VecPhysical {
	at := t.h * t.nv
	bases := map[int]reg.GPPhysical{0: gB, 2: tB2, 7: tB7}
	lo, hi := at, at+1
	for half, r := range []int{lo, hi} {
		first := half * 16 / t.d.size
		t.scalar("VMOV", rowMem(first, 0, bases, gBRow, tBStr3), xmm[r])
		for i := 1; i < 16/t.d.size; i++ {
			m := rowMem(first+i, 0, bases, gBRow, tBStr3)
			if t.d == f32 {
				t.VINSERTPS(operand.Imm(uint64(i<<4)), m, xmm[r], xmm[r])
			} else {
				t.VMOVHPD(m, xmm[r], xmm[r])
			}
		}
	}
	t.VINSERTF128(operand.Imm(1), xmm[hi], ymm[lo], ymm[lo])
	return ymm[lo]
}
