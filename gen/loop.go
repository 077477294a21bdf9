package main

import (
	"fmt"
)

// laneBytes is the length of the running sums of a reduction: 64 float32 or 32
// float64, element i in lane i mod that.
const laneBytes = 256

// vector is the number of elements in a vector of m.
func vector(m machine) int { return m.vectorBytes() / m.dtype().size }

func (d *body) advance(bytes int) {
	for _, s := range d.order {
		d.m.addImm(d.streams[s], bytes)
	}
}

// alignedFrom is the length in bytes from which streams are aligned first.
const alignedFrom = 512

// align begins a long call with less than a vector, by head, so that the first stream
// then lies at full vectors: one that crosses the lines of a cache costs twice. Where
// another stream lies so already, that is worth as much. head finds the number of
// elements, and of bytes, in registers.
func (d *body) align(n ireg, head func(elements, bytes ireg)) {
	m := d.m
	elements, bytes := m.ireg(), m.ireg()
	least := alignedFrom / m.dtype().size
	m.addJump(n, -least, "lt", "aligned")
	moves := false
	for i := len(d.order) - 1; i >= 0; i-- {
		if moves = m.toAligned(elements, bytes, d.streams[d.order[i]]); moves {
			m.testJump(elements, "eq", "aligned")
		}
	}
	if moves {
		head(elements, bytes)
		m.sub(n, elements)
	}
	m.label("aligned")
	m.addImm(n, least)
}

func (d *body) move(bytes ireg) {
	for _, s := range d.order {
		d.m.add(d.streams[s], bytes)
	}
}

// mapAligned is mapLoop for a whole call of a machine with masks. What comes before full
// vectors, see align, and the part after them share their code. In a long program single
// vectors do, too: its copies are what makes a kernel large.
//
// flag, if there is one, is the parameter whose sign asks for stores past the caches.
// The first stream is then always aligned; n is at least alignedFrom. ahead are streams
// of which as much as the call has, and follows it, is then read into a cache.
func (d *body) mapAligned(n ireg, unroll int, flag string, ahead []string) {
	m, l := d.m, vector(d.m)
	if d.easy != nil {
		unroll = d.easy.fitting(unroll)
	} else {
		unroll = d.fitting(unroll)
	}
	elements, bytes := m.ireg(), m.ireg()
	least := alignedFrom / m.dtype().size
	var length ireg
	if len(ahead) > 0 {
		length = m.ireg()
		m.move(length, n)
		for i := 1; i < m.dtype().size; i *= 2 {
			m.add(length, length)
		}
	}
	m.addJump(n, -least, "lt", "begin")
	if flag != "" {
		m.flagJump(flag, true, "first")
	}
	for i := len(d.order) - 1; i >= 0; i-- {
		if i == 0 && flag != "" {
			m.label("first")
		}
		m.toAligned(elements, bytes, d.streams[d.order[i]])
		m.testJump(elements, "eq", "begin")
	}
	m.addImm(n, least)

	long := d.length() > longProgram
	m.label("piece")
	m.sub(n, elements)
	m.beginPart(elements)
	m.wholeParts(long)
	d.round(0, 1, 0, true)
	m.wholeParts(false)
	d.move(bytes)
	m.jump("vectors")

	m.label("begin")
	m.addImm(n, least)
	m.label("vectors")
	m.addJump(n, -unroll*l, "lt", "few")
	turns := func(label string, easy bool) {
		m.loop(label)
		if label == "past" {
			for _, s := range ahead {
				m.(prefetcher).prefetch(d.streams[s], length, unroll*m.vectorBytes())
			}
		}
		if easy {
			d.easyRound(unroll)
		} else {
			d.rounds(unroll)
		}
		d.advance(unroll * m.vectorBytes())
		m.addJump(n, -unroll*l, "ge", label)
	}
	if flag != "" {
		m.flagJump(flag, false, "turn")
		m.storeStreaming(true)
		turns("past", false)
		m.storeStreaming(false)
		m.jump("few")
	}
	turns("turn", d.easy != nil)
	m.label("few")
	if long || unroll == 1 {
		// l elements, or as many as there are.
		m.addJump(n, unroll*l, "eq", "done")
		m.move(elements, n)
		if unroll > 1 {
			m.move(bytes, n)
			m.addJump(bytes, -l, "lt", "last")
			m.sub(elements, bytes)
			m.label("last")
		}
	} else {
		m.addJump(n, (unroll-1)*l, "lt", "rest")
		m.label("vector")
		d.round(0, 1, 0, false)
		d.advance(m.vectorBytes())
		m.addJump(n, -l, "ge", "vector")
		m.label("rest")
		m.addJump(n, l, "eq", "done")
		m.move(elements, n)
	}
	m.move(bytes, elements)
	for i := 1; i < m.dtype().size; i *= 2 {
		m.add(bytes, bytes)
	}
	m.jump("piece")
	if d.easy != nil {
		d.hardRound(unroll)
	}
	m.label("done")
}

// prefetcher is what machines add that store past the caches: it asks for so many bytes
// from at+distance on, which may be no memory.
type prefetcher interface {
	prefetch(at, distance ireg, bytes int)
}

// longProgram is the number of operations from which single vectors have no code of
// their own.
const longProgram = 12

// length is the number of operations in the loop.
func (d *body) length() int {
	n := 0
	for _, o := range d.p.ops {
		if o.dst < 0 || !d.p.invariant[o.dst] {
			n++
		}
	}
	return n
}

// fitting is unroll, or half as many, or a quarter …, within 256 bytes and as registers
// allow.
func (d *body) fitting(unroll int) int {
	for unroll > 1 && (unroll*d.m.vectorBytes() > 256 || d.plan(0, unroll, 0, false) == nil) {
		unroll /= 2
	}
	return unroll
}

// reduceAligned is reduceLoop for a whole call. What comes before full vectors goes to
// the last lanes: the lanes are then turned by that number, which changes neither the
// order in a lane nor which lanes meet in the fold.
func (d *body) reduceAligned(n ireg, op opcode) {
	d.zero()
	d.align(n, func(elements, bytes ireg) {
		d.move(bytes)
		d.m.beginLast(elements, bytes)
		d.round(laneBytes/d.m.vectorBytes()-1, 1, -1, true)
	})
	d.lanes(n, op)
}

// mapLoop runs the program over n elements of the streams: unroll vectors a round, or as
// many as are fitting, then single ones, then a part of one. It moves the streams on and uses up n. ready, if there is
// one, holds the elements of that part, for which beginPart has been called.
func (d *body) mapLoop(n ireg, unroll int, ready *ireg) {
	m, l := d.m, vector(d.m)
	unroll = d.fitting(unroll)
	step := func(vectors int) {
		d.round(0, vectors, 0, false)
		d.advance(vectors * m.vectorBytes())
	}
	m.addJump(n, -unroll*l, "lt", "few")
	m.loop("vectors")
	step(unroll)
	m.addJump(n, -unroll*l, "ge", "vectors")
	m.label("few")
	if unroll > 1 {
		m.addJump(n, (unroll-1)*l, "lt", "rest")
		m.label("vector")
		step(1)
		m.addJump(n, -l, "ge", "vector")
		m.label("rest")
	}
	if ready == nil {
		m.addJump(n, l, "eq", "done")
		m.beginPart(n)
	} else {
		m.testJump(*ready, "eq", "done")
	}
	d.round(0, 1, 0, true)
	m.label("done")
}

// reduceLoop runs the program over n elements of the streams, element i into lane i
// mod all lanes, and leaves each accumulator, folded by op, in the low element of its
// first register.
func (d *body) reduceLoop(n ireg, op opcode) {
	d.zero()
	d.lanes(n, op)
}

// zero begins the accumulators: with d.start, or +0.
func (d *body) zero() {
	for u := range laneBytes / d.m.vectorBytes() {
		for i, acc := range d.acc {
			start := uint64(0)
			if d.start != nil {
				start = d.start[i]
			}
			d.m.constant(acc[u], start)
		}
	}
}

func (d *body) fold(i int, op opcode) opcode {
	if d.folds != nil {
		return d.folds[i]
	}
	return op
}

// combine is r = op(r, x), for folds by opMaximum and opMinimum too.
func (d *body) combine(op opcode, r, x vreg) {
	order := map[opcode]opcode{opMaximum: opMax, opMinimum: opMin}[op]
	if order == 0 || d.m.has(op) {
		d.m.calc(op, r, r, x)
		return
	}
	free := d.free
	mask := opEQ
	t, same := d.take(0), d.take(min(d.m.maskRegs(), 1))
	d.m.calc(mask, same, x, x)
	d.m.calc(order, t, x, r)
	d.m.calc(opSel, r, same, t, x)
	d.free = free
}

// foldLanes leaves the fold of a register's lanes in its low element; tmp is spoilt.
func (d *body) foldLanes(op opcode, r, tmp vreg) {
	if op != opMaximum && op != opMinimum {
		d.m.fold(op, r, tmp)
		return
	}
	for h := vector(d.m) / 2; h > 0; h /= 2 {
		d.m.half(tmp, r, h)
		d.combine(op, r, tmp)
	}
	d.m.zero(tmp) // -0 becomes +0
	d.m.calc(opAdd, r, r, tmp)
}

// lanes is reduceLoop from accumulators that hold something.
func (d *body) lanes(n ireg, op opcode) {
	m, l := d.m, vector(d.m)
	instances := laneBytes / m.vectorBytes()
	group := instances
	for group > 1 && d.plan(0, group, 0, false) == nil {
		group /= 2
	}
	m.addJump(n, -instances*l, "lt", "few")
	m.loop("lanes")
	for u := 0; u < instances; u += group {
		d.round(u, group, u, false)
	}
	d.advance(laneBytes)
	m.addJump(n, -instances*l, "ge", "lanes")
	m.label("few")
	m.addJump(n, instances*l, "eq", "fold")
	for u := range instances - 1 {
		m.addJump(n, -l, "lt", fmt.Sprint("part", u))
		d.round(u, 1, 0, false)
		d.advance(m.vectorBytes())
	}
	m.addJump(n, -l, "lt", fmt.Sprint("part", instances-1))
	for u := range instances {
		m.label(fmt.Sprint("part", u))
		m.addJump(n, l, "eq", "fold")
		m.beginPart(n)
		d.round(u, 1, 0, true)
		if u < instances-1 {
			m.jump("fold")
		}
	}
	m.label("fold")
	for h := instances / 2; h > 0; h /= 2 {
		for j := range h {
			for i, acc := range d.acc {
				d.combine(d.fold(i, op), acc[j], acc[j+h])
			}
		}
	}
	for i, acc := range d.acc {
		d.foldLanes(d.fold(i, op), acc[0], acc[1])
	}
}

// mapRows runs the program over n elements of the streams, again and again: every time
// starts with what start does, and goes on with what next does and jumps back by it.
func (d *body) mapRows(n ireg, unroll int, start, next func()) {
	m := d.m
	left, part := m.ireg(), m.ireg()
	m.storeExactly(true)
	m.move(part, n)
	m.andImm(part, vector(m)-1)
	m.testJump(part, "eq", "row")
	m.beginPart(part)
	m.label("row")
	m.move(left, n)
	start()
	d.mapLoop(left, unroll, &part)
	next()
}
