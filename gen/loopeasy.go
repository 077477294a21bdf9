package main

// easy is a shorter program of a map for numbers that most are: a round of vectors that
// are all easy takes it, on machines without the instructions that make it needless.
// It gives the bits of the other program.
type easy struct {
	stream string // that decides
	guard  func(b *builder) guard
	body   func(b *builder)
}

// guard tells which numbers are easy: those whose bits, ANDed with a mask or less a
// number, are at most a limit, all unsigned. Of float64 it looks at the upper halves
// only: the limit's lower half is to be all ones, the other's all zeros.
type guard struct {
	op        opcode // opAnd or opISub
	by, limit uint64
}

// easyBody is one in a body, with registers of its own.
type easyBody struct {
	*body
	guard guard
	from  ireg
}

// addEasy is fit with an easy program beside the other, whose constants stay in memory,
// and those of the easy one too as far as count instances of both, or half as many, or a
// quarter …, need registers.
func (d *body) addEasy(e *easy, count int) {
	if !d.assign(d.spare()) {
		panic("out of vector registers")
	}
	d.assigned = true
	b := newBuilder(d.m)
	e.body(b)
	other := newBody(b, d.order, d.streams, 0)
	before := d.free
	spare := other.spare()
	for ; count > 0; count /= 2 {
		for n := range len(spare) + 1 {
			other.free, other.fixed = before, map[val]vreg{}
			if !other.assign(spare[:n]) || other.plan(0, count, 0, false) == nil {
				continue
			}
			if d.free = other.free; d.plan(0, min(count, 2), 0, false) != nil && d.plan(0, 1, 0, true) != nil {
				other.assigned = true
				d.easy = &easyBody{other, e.guard(b), d.streams[e.stream]}
				return
			}
		}
	}
	panic("out of vector registers")
}

// easyRound is a round by the easy program, or by the code that hardRound writes.
func (d *body) easyRound(unroll int) {
	d.m.guardJump(d.easy.guard, d.easy.from, unroll, "hard")
	d.easy.round(0, unroll, 0, false)
	d.m.label("eased")
}

func (d *body) hardRound(unroll int) {
	d.m.label("hard")
	d.rounds(unroll)
	d.m.jump("eased")
}

// rounds is a round of as many vectors by several of fewer, if registers want that.
func (d *body) rounds(unroll int) {
	group := d.fitting(unroll)
	for at := 0; at < unroll; at += group {
		d.round(0, group, at, false)
	}
}
