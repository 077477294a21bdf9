package main

import (
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// prefetchesC reports whether the tile is one of those that large products use.
func (t *gemmTile) prefetchesC() bool {
	hs := gemmHeights(t.isa)
	return t.nv == 2 && t.h > hs[2]/2 && !t.pack && !(t.isa == avx2 && t.masked)
}

// unroll is log2 of the number of k in a turn of a loop: as few as hide the loop.
func (t *gemmTile) unroll() int {
	switch f := t.h * t.nv; {
	case f <= 3 || t.pack || t.dups() > 0 || t.prefetchesC() && t.col:
		return 2
	case f <= 6 || t.prefetchesC():
		return 1
	}
	return 0
}

// steps is a turn of a loop. before is called with the number of every k.
func (t *gemmTile) steps(before func(u int)) {
	for u := 0; u < 1<<t.unroll(); u++ {
		if before != nil {
			before(u)
		}
		if t.dups() == 0 {
			t.step(u)
		} else if u%2 == 0 {
			t.stepTwo(u)
		}
	}
}

// rest is what a loop leaves of k.
func (t *gemmTile) rest() {
	if t.unroll() == 0 {
		return
	}
	t.Label(t.mode("rest"))
	t.MOVQ(t.field(argK), gK)
	t.ANDQ(imm(1<<t.unroll()-1), gK)
	t.jump("JZ", "out")
	t.Label(t.mode("one"))
	t.step(0)
	if !t.col {
		t.advanceA(t.d.size)
	}
	if t.unroll() > 1 {
		t.DECQ(gK)
		t.jump("JNZ", t.mode("one"))
	}
}

// turns loads the number of turns of a loop, and is done with it where that is none.
func (t *gemmTile) turns() {
	t.MOVQ(t.field(argK), gK)
	if t.unroll() == 0 {
		t.TESTQ(gK, gK)
		t.jump("JZ", "out")
		return
	}
	t.SHRQ(operand.Imm(uint64(t.unroll())), gK)
	t.jump("JZ", t.mode("rest"))
}

// mode is a label of the way A is read.
func (t *gemmTile) mode(label string) string {
	if t.col {
		return label + "Col"
	}
	return label
}

// byRows is the sum with A(i,p) = a[i*astr + p].
func (t *gemmTile) byRows() {
	if t.uses(2) {
		t.LEAQ(operand.Mem{Base: gA0, Index: gAStr, Scale: 2}, gA2)
	}
	if t.uses(7) {
		t.LEAQ(operand.Mem{Base: gA0, Index: gAStr, Scale: 1}, gA7)
		t.LEAQ(operand.Mem{Base: gA7, Index: gAStr3, Scale: 2}, gA7)
	}
	t.turns()
	if t.prefetchesC() {
		t.loopsCA()
	} else {
		t.align(64)
		t.Label("loop")
		t.steps(nil)
		t.advanceA(t.d.size << t.unroll())
		t.DECQ(gK)
		t.jump("JNZ", "loop")
	}
	t.rest()
}

// loopsCA is byRows' loop of large products. First the rows of C are fetched, one
// each turn: in a burst they would hold up the loads of A and B. Then the next
// tile of A, some rows during the first panel, the others during the second: the
// hardware follows each row well, but finds it late.
func (t *gemmTile) loopsCA() {
	t.MOVQ(gC, gT)
	t.fetches("loopC")
	t.align(64)
	t.Label("loopC")
	t.steps(t.fetchC)
	t.ADDQ(gLDC, gT)
	t.advanceA(t.d.size << t.unroll())
	t.DECQ(gK)
	t.TESTL(gK.As32(), gK.As32())
	t.jump("JNZ", "loopC")
	t.SHRQ(operand.Imm(32), gK)
	t.jump("JZ", "rest")

	// Rows 0, 1, 2, 3, 4, 6, 8, 12 of the next tile, then as many from row 5 on;
	// for later panels the tile in hand, which costs nothing.
	t.panels(gT)
	t.SUBQ(gNP, gT)
	t.jump("JEQ", "below")
	t.DECQ(gT)
	t.MOVQ(gA0, gT)
	t.jump("JNE", "fetch")
	t.ADDQ(gAStr, gT)
	t.LEAQ(operand.Mem{Base: gT, Index: gAStr, Scale: 4}, gT)
	t.ADDQ(t.arg("atile"), gT)
	t.jump("JMP", "fetch")
	t.Label("below")
	t.MOVQ(gA0, gT)
	t.ADDQ(t.arg("atile"), gT)
	t.Label("fetch")
	t.SUBQ(imm(t.h*t.d.size<<t.unroll()), gT) // what loopC has passed
	rows := []operand.Mem{
		{Base: gT}, {Base: gT, Index: gAStr, Scale: 1}, {Base: gT, Index: gAStr, Scale: 2}, {Base: gT, Index: gAStr3, Scale: 1},
		{Base: gT, Index: gAStr, Scale: 4}, {Base: gT, Index: gAStr3, Scale: 2}, {Base: gT, Index: gAStr, Scale: 8}, {Base: gT, Index: gAStr3, Scale: 4},
	}
	t.align(64)
	t.Label("loopA")
	t.steps(func(u int) {
		each := len(rows) >> t.unroll()
		for _, m := range rows[u*each:][:each] {
			t.PREFETCHT0(m)
		}
	})
	t.ADDQ(imm(t.d.size<<t.unroll()), gT)
	t.advanceA(t.d.size << t.unroll())
	t.DECQ(gK)
	t.jump("JNZ", "loopA")
}

// fetches cuts a count of iterations in gK in two, both in one register: as many as
// there are rows of C below, the others above. Where there are no more than rows, it
// goes to loop at once. A counter in memory would at times look like an operand to
// the loads.
func (t *gemmTile) fetches(loop string) {
	t.CMPQ(gK, imm(t.h))
	t.jump("JLE", loop)
	t.SUBQ(imm(t.h), gK)
	t.SHLQ(operand.Imm(32), gK)
	t.ADDQ(imm(t.h), gK)
}

// fetchC fetches half a row of C in each of the first two k of a turn.
func (t *gemmTile) fetchC(u int) {
	if u < 2 {
		t.PREFETCHT0(mem(gT, u*t.nv*t.isa.bytes/2))
	}
}

// byColumns is the sum with A(i,p) = a[i + p*astr].
func (t *gemmTile) byColumns() {
	t.turns()
	if t.prefetchesC() {
		t.loopColC()
	} else {
		t.align(64)
		t.Label("loopCol")
		t.steps(nil)
		t.DECQ(gK)
		t.jump("JNZ", "loopCol")
	}
	t.rest()
}

// loopColC is byColumns' loop of large products. The rows of C are fetched, one each
// turn, then the first of them again and again, which costs nothing.
func (t *gemmTile) loopColC() {
	t.MOVQ(gC, gT)
	t.MOVQ(gLDC, gFetch)
	t.fetches("loopCol")
	t.align(64)
	t.Label("loopCol")
	t.steps(t.fetchC)
	t.ADDQ(gFetch, gT)
	t.DECQ(gK)
	t.TESTL(gK.As32(), gK.As32())
	t.jump("JNZ", "loopCol")
	t.SHRQ(operand.Imm(32), gK)
	t.jump("JZ", t.mode("rest"))
	t.MOVQ(gC, gT)
	t.XORL(gFetch.As32(), gFetch.As32())
	t.jump("JMP", "loopCol")
}

// chains reports whether the tile heeds Init.
func (t *gemmTile) chains() bool { return t.nv < 3 && !t.pack }

// fetchesB reports whether the tile heeds Ahead.
func (t *gemmTile) fetchesB() bool { return t.nv == 2 && t.h > 3 }

// uses reports whether a row-mode tile needs the given base.
func (t *gemmTile) uses(base int) bool {
	if t.col {
		return false
	}
	for i := 0; i < t.h; i++ {
		if rowAddr[i].base == base {
			return true
		}
	}
	return false
}

func (t *gemmTile) advanceA(n int) {
	for _, b := range []struct {
		base int
		r    reg.GPPhysical
	}{{0, gA0}, {2, gA2}, {7, gA7}} {
		if b.base == 0 || t.uses(b.base) {
			t.ADDQ(imm(n), b.r)
		}
	}
}

// step is one k: nv loads of B, h broadcasts of A, h*nv FMAs.
func (t *gemmTile) step(u int) {
	for j := 0; j < t.nv; j++ {
		if t.fetchesB() && j*t.isa.bytes%64 == 0 {
			t.PREFETCHT0(operand.Mem{Base: gB, Index: gAhead, Scale: 1, Disp: j * t.isa.bytes})
		}
		t.load(mem(gB, j*t.isa.bytes), j, t.b(j))
	}
	t.ADDQ(gBRow, gB)
	if t.pack {
		for j := 0; j < t.nv; j++ {
			t.op("VMOVU", t.b(j), mem(gPack, j*t.isa.bytes))
		}
		t.ADDQ(imm(t.nv*t.isa.bytes), gPack)
	}
	bases := map[int]reg.GPPhysical{0: gA0, 2: gA2, 7: gA7}
	tmps := t.tmps()
	for i := 0; i < t.h; i++ {
		m := mem(gA0, i*t.d.size)
		if !t.col {
			m = rowMem(i, u*t.d.size, bases, gAStr, gAStr3)
		}
		if t.isa == avx512 && t.nv == 1 {
			t.raw(map[int]string{4: "VFMADD231PS_BCST", 8: "VFMADD231PD_BCST"}[t.d.size], m, t.b(0), t.acc(i, 0))
			continue
		}
		x := tmps[i%len(tmps)]
		t.scalar("VBROADCAST", m, x)
		for j := 0; j < t.nv; j++ {
			t.op("VFMADD231", x, t.b(j), t.acc(i, j))
		}
	}
	if t.col {
		t.ADDQ(gAStr, gA0)
	}
}

// dups is the number of rows of a tile one vector wide that take two elements of A
// by one load. With a load for every FMA, and B, the tile waits for the two load
// ports; shuffles have others.
func (t *gemmTile) dups() int {
	if t.isa == avx512 && t.nv == 1 && t.h >= 12 {
		return 6
	}
	return 0
}

// stepTwo is two k, with dups.
func (t *gemmTile) stepTwo(u int) {
	b := [2]reg.VecPhysical{t.vec(16), t.vec(17)}
	t.load(mem(gB, 0), 0, b[0])
	t.load(operand.Mem{Base: gB, Index: gBRow, Scale: 1}, 0, b[1])
	t.LEAQ(operand.Mem{Base: gB, Index: gBRow, Scale: 2}, gB)
	bases := map[int]reg.GPPhysical{0: gA0, 2: gA2, 7: gA7}
	at := func(i, v int) operand.Mem {
		if t.col {
			m := mem(gA0, i*t.d.size)
			if v == 1 {
				m.Index, m.Scale = gAStr, 1
			}
			return m
		}
		return rowMem(i, (u+v)*t.d.size, bases, gAStr, gAStr3)
	}
	// The two elements of a pair are neighbours: two k of a row, or two rows.
	both := func(m operand.Mem, x, even, odd reg.VecPhysical) {
		if t.d == f32 {
			t.VBROADCASTSD(m, x)
			t.VMOVSLDUP(x, even)
			t.VMOVSHDUP(x, odd)
		} else {
			t.VBROADCASTF64X2(m, x)
			t.VMOVDDUP(x, even)
			t.VPERMILPD(operand.Imm(0xff), x, odd)
		}
	}
	n := t.dups()
	dup := func(i, v int) reg.VecPhysical { return t.vec(18 + 2*i + v) }
	if t.col {
		for v := 0; v < 2; v++ {
			for i := 0; i < n; i += 2 {
				both(at(i, v), t.vec(30+v), dup(i, v), dup(i+1, v))
			}
		}
	} else {
		for i := 0; i < n; i++ {
			both(at(i, 0), t.vec(30+i%2), dup(i, 0), dup(i, 1))
		}
	}
	for v := 0; v < 2; v++ {
		for i := n; i < t.h; i++ {
			t.raw(map[int]string{4: "VFMADD231PS_BCST", 8: "VFMADD231PD_BCST"}[t.d.size], at(i, v), b[v], t.acc(i, 0))
		}
		for i := 0; i < n; i++ {
			t.op("VFMADD231", dup(i, v), b[v], t.acc(i, 0))
		}
	}
	if t.col {
		t.LEAQ(operand.Mem{Base: gA0, Index: gAStr, Scale: 2}, gA0)
	}
}
