package main

import (
	"slices"
)

// body is a program with the registers that last: of invariants and accumulators.
type body struct {
	m        machine
	p        *program
	streams  map[string]ireg
	order    []string       // the names of the streams
	fixed    map[val]vreg   // invariants
	pooled   map[val]uint64 // constants without a register: they come from memory
	assigned bool           // the invariants have their registers
	free     [2][]vreg      // for the rest, the next to be given last: of vectors, of masks
	acc      [][]vreg       // by accumulator, then by instance
	easy     *easyBody      // or nil
	start    []uint64       // what they begin with, in every element; +0 if it is not said
	folds    []opcode       // how their lanes are joined, if not all in the way of the loop
}

// newBody gives registers to the accumulators of a number of instances.
func newBody(b *builder, order []string, streams map[string]ireg, instances int) *body {
	m := b.m
	d := &body{m: m, p: &b.program, streams: streams, order: order, fixed: map[val]vreg{}}
	for r := m.vectorRegs() - 1; r >= 0; r-- {
		d.free[0] = append(d.free[0], vreg(r))
	}
	for r := m.maskRegs() - 1; r >= 0; r-- {
		d.free[1] = append(d.free[1], vreg(r))
	}
	for range b.acc {
		var regs []vreg
		for range instances {
			regs = append(regs, d.take(0))
		}
		d.acc = append(d.acc, regs)
	}
	return d
}

// class is the kind of register a value has: 1 for masks that have their own, else 0.
func (d *body) class(v val) int {
	if d.p.mask[v] && d.m.maskRegs() > 0 {
		return 1
	}
	return 0
}

func (d *body) take(class int) vreg {
	f := d.free[class]
	if len(f) == 0 {
		panic("out of vector registers")
	}
	d.free[class] = f[:len(f)-1]
	return f[len(f)-1]
}

// fit gives registers to the invariants and leaves enough for count instances, or half
// as many, or a quarter …: constants stay in memory for that where they can be operands
// there, elsewhere only where one instance needs it.
func (d *body) fit(count int) {
	spare := d.spare()
	for c := count; c > 0; c /= 2 {
		most := len(spare)
		if !d.m.constantsInMemory() {
			most = 0
		}
		if d.tryFit(spare, most, c) {
			return
		}
	}
	if !d.tryFit(spare, len(spare), 1) {
		panic("out of vector registers")
	}
}

func (d *body) tryFit(spare []val, most, count int) bool {
	before := d.free
	for n := range most + 1 {
		if d.assign(spare[:n]) && d.plan(0, count, 0, false) != nil && d.plan(0, 1, 0, true) != nil {
			d.assigned = true
			return true
		}
		d.free, d.fixed = before, map[val]vreg{}
	}
	return false
}

// spare lists the constants that may stay in memory, those with the fewest uses first.
func (d *body) spare() []val {
	uses := map[val]int{}
	var list []val
	for _, o := range d.p.ops {
		inLoop := o.dst < 0 || !d.p.invariant[o.dst]
		for _, v := range o.src {
			if !inLoop {
				uses[v] += 1 << 20 // other invariants are made of it
			}
			uses[v]++
		}
		if o.op == opConst && o.bits != 0 {
			list = append(list, o.dst)
		}
	}
	list = slices.DeleteFunc(list, func(v val) bool { return uses[v] >= 1<<20 })
	slices.SortStableFunc(list, func(v, w val) int { return uses[v] - uses[w] })
	return list
}

// assign gives every invariant a register, but those that stay in memory; false if
// there are not enough. What only other invariants are made of has one of those that
// the loop uses.
func (d *body) assign(inMemory []val) bool {
	d.pooled = map[val]uint64{}
	var early []val
	for _, o := range d.p.ops {
		switch {
		case o.dst < 0 || !d.p.invariant[o.dst]:
		case d.onlyEarly(o.dst):
			early = append(early, o.dst)
		case slices.Contains(inMemory, o.dst):
			d.pooled[o.dst] = o.bits
		case len(d.free[d.class(o.dst)]) == 0:
			return false
		default:
			d.fixed[o.dst] = d.take(d.class(o.dst))
		}
	}
	lasting := d.free
	defer func() { d.free = lasting }()
	for _, v := range early {
		if len(d.free[d.class(v)]) == 0 {
			return false
		}
		d.fixed[v] = d.take(d.class(v))
	}
	return true
}

// onlyEarly tells whether an invariant is used before the loop and not in it.
func (d *body) onlyEarly(v val) bool {
	early := false
	for _, o := range d.p.ops {
		if slices.Contains(o.src, v) {
			if o.dst < 0 || !d.p.invariant[o.dst] {
				return false
			}
			early = true
		}
	}
	return early
}

// invariants computes the invariant values. broadcast holds the parameters that are
// elements in memory; the others are parameters of the function.
func (d *body) invariants(broadcast map[string]ireg) {
	if !d.assigned {
		if d.assigned = d.assign(nil); !d.assigned {
			panic("out of vector registers")
		}
	}
	for _, o := range d.p.ops {
		if o.dst < 0 {
			continue
		}
		r, ok := d.fixed[o.dst]
		if !ok {
			continue
		}
		switch o.op {
		case opParam:
			if p, ok := broadcast[o.name]; ok {
				d.m.broadcast(r, p, 0)
			} else {
				d.m.param(r, o.name)
			}
		case opConst:
			d.m.constant(r, o.bits)
		default:
			src := make([]vreg, len(o.src))
			for i, s := range o.src {
				src[i] = d.fixed[s]
			}
			d.m.calcBits(o.op, o.bits, r, src...)
		}
	}
}
