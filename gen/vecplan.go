package main

import (
	"fmt"
	"slices"
)

// round writes the program for instances first … first+count-1 (of the accumulators),
// operation by operation; their vectors follow one another from vector at of the
// streams on. With part, only the elements of the part count: of memory and of the
// accumulators.
func (d *body) round(first, count, at int, part bool) {
	write := d.plan(first, count, at, part)
	if write == nil {
		panic(fmt.Sprintf("%d instances: out of vector registers", count))
	}
	for _, w := range write {
		w()
	}
}

// light is the number of operations up to which a program is written instance after
// instance, loads and stores mixed: where it bounds the time, memory likes that better
// than many loads and then many stores. Longer programs go operation by operation,
// which hides latencies.
const light = 3

// plan is round in steps that write; nil if the registers do not suffice. A value has
// a register up to its last use, which may be that of the result.
func (d *body) plan(first, count, at int, part bool) []func() {
	s := &schedule{body: d, first: first, at: at, part: part,
		last: map[val]int{}, goal: map[val]int{}, inMemory: map[val]bool{}, operand: map[int]int{}, reg: make([]map[val]vreg, count)}
	for c := range s.free {
		s.free[c] = slices.Clone(d.free[c])
		slices.Reverse(s.free[c])
	}
	s.prepare()
	var ops []int
	work := 0
	for i, o := range d.p.ops {
		if o.op == opAcc || o.dst >= 0 && (d.p.invariant[o.dst] || s.inMemory[o.dst]) {
			continue
		}
		ops = append(ops, i)
		if o.op != opLoad && o.op != opStore {
			work++
		}
	}
	for j := range count * len(ops) {
		i, u := ops[j/count], j%count
		if work <= light {
			i, u = ops[j%len(ops)], j/len(ops)
		}
		if !s.step(i, u) {
			return nil
		}
	}
	return s.write
}

// schedule is a plan in the making.
type schedule struct {
	*body
	first, at int
	part      bool
	last      map[val]int  // the last use
	goal      map[val]int  // the accumulator a value is the new one of
	inMemory  map[val]bool // loads that are operands of their only use
	operand   map[int]int  // by operation: which operand is in memory
	reg       []map[val]vreg
	free      [2][]vreg // by class, the next to be given first, the last freed last
	write     []func()
}

func (s *schedule) prepare() {
	p := s.p
	uses, stores := map[val]int{}, map[val]int{}
	for i, o := range p.ops {
		for _, v := range o.src {
			s.last[v] = i
			uses[v]++
		}
	}
	for i, v := range p.result {
		s.goal[v] = i
		s.last[v] = len(p.ops)
	}
	for u := range s.reg {
		s.reg[u] = map[val]vreg{}
		for i, v := range p.acc {
			s.reg[u][v] = s.acc[i][s.first+u]
		}
	}
	// A load may wait for its use if nothing is stored in between.
	stored := 0
	for i, o := range p.ops {
		switch o.op {
		case opStore:
			stored++
		case opLoad:
			stores[o.dst] = stored
		default:
			if o.dst < 0 || p.invariant[o.dst] {
				continue
			}
			s.turn(i)
			for _, k := range s.memoryOperands(i) {
				v := o.src[k]
				if _, ok := s.pooled[v]; ok {
					s.operand[i] = k
					break
				}
				if n, isLoad := stores[v]; isLoad && !s.part && n == stored && uses[v] == 1 {
					s.inMemory[v], s.operand[i] = true, k
					break
				}
			}
		}
	}
}

// turn exchanges the operands of an operation that does not mind where that is better:
// constants in memory come last, and of the factors of a fused operation the second is
// the one that may be spoilt.
func (s *schedule) turn(i int) {
	src := s.p.ops[i].src
	exchange := false
	switch s.p.ops[i].op {
	case opAdd, opMul, opAnd, opOr, opXor, opIAdd:
		_, first := s.pooled[src[0]]
		_, second := s.pooled[src[1]]
		exchange = first && !second
	case opFMA:
		_, first := s.pooled[src[0]]
		_, second := s.pooled[src[1]]
		exchange = first && !second || !second && s.dies(i, 0) && !s.dies(i, 1)
	}
	if exchange {
		src[0], src[1] = src[1], src[0]
	}
}

// dies tells whether operation i is the last use of its operand k, whose register may
// then be used.
func (s *schedule) dies(i, k int) bool {
	v := s.p.ops[i].src[k]
	_, pooled := s.pooled[v]
	return !pooled && !s.p.invariant[v] && s.last[v] == i && !slices.Contains(s.p.acc, v)
}

// memoryOperands lists the operands of operation i that may come from memory, the best
// first: the last one, or of a fused operation the second factor.
func (s *schedule) memoryOperands(i int) []int {
	o := s.p.ops[i]
	last := len(o.src) - 1
	switch {
	case last <= 0 || !s.m.fromMemory(o.op):
		return nil
	case o.op != opFMA:
		return []int{last}
	}
	// The addend, if the second factor may be spoilt: the result takes its place.
	if _, isGoal := s.goal[o.dst]; !isGoal && s.dies(i, 1) && o.src[0] != o.src[1] {
		return []int{last, 1}
	}
	return []int{1}
}

// step plans operation i of instance u; false if there is no register left for it.
func (s *schedule) step(i, u int) bool {
	m, o := s.m, s.p.ops[i]
	offset := func(o vop) int { return (s.at+u)*m.vectorBytes() + int(o.bits) }
	k, memory := s.operand[i]
	var src []vreg
	var dying [2][]vreg
	for j, v := range o.src {
		if memory && j == k {
			continue
		}
		r, ok := s.fixed[v]
		if bits, pooled := s.pooled[v]; pooled {
			if len(s.free[0]) == 0 {
				return false
			}
			r, s.free[0] = s.free[0][0], s.free[0][1:]
			s.write = append(s.write, func() { m.constant(r, bits) })
			dying[0] = append(dying[0], r)
		} else if !ok {
			r = s.reg[u][v]
			if s.last[v] == i && !slices.Contains(s.p.acc, v) && !slices.Contains(o.src[:j], v) {
				dying[s.class(v)] = append(dying[s.class(v)], r)
			}
		}
		src = append(src, r)
	}
	if o.op == opStore {
		to, offset := s.streams[o.name], offset(o)
		s.write = append(s.write, func() { m.store(src[0], to, offset, s.part) })
		s.release(dying)
		return true
	}
	dst, ok := s.result(i, u, src, &dying)
	if !ok {
		return false
	}
	switch {
	case o.op == opLoad:
		from, offset := s.streams[o.name], offset(o)
		s.write = append(s.write, func() { m.load(dst, from, offset, s.part) })
	case o.op == opBroadcast:
		from := s.streams[o.name]
		s.write = append(s.write, func() { m.broadcast(dst, from, int(o.bits)) })
	case memory:
		at := place{}
		if bits, ok := s.pooled[o.src[k]]; ok {
			at.constant, at.bits = true, bits
		} else {
			load := s.p.loadOf(o.src[k])
			at.from, at.offset = s.streams[load.name], offset(load)
		}
		s.write = append(s.write, func() { m.calcMemory(o.op, k, dst, src, at) })
	default:
		s.write = append(s.write, func() { m.calcBits(o.op, o.bits, dst, src...) })
	}
	s.reg[u][o.dst] = dst
	if g, isGoal := s.goal[o.dst]; isGoal && s.part {
		acc := s.acc[g][s.first+u]
		s.write = append(s.write, func() { m.merge(acc, dst) })
		dying[0] = append(dying[0], dst)
		s.reg[u][o.dst] = acc
	}
	s.release(dying)
	return true
}

func (s *schedule) release(dying [2][]vreg) {
	for c := range dying {
		s.free[c] = append(s.free[c], dying[c]...)
	}
}

// result chooses the register of the result of operation i: that of the accumulator,
// or one of a value that dies, which it takes out of dying, or a free one.
func (s *schedule) result(i, u int, src []vreg, dying *[2][]vreg) (dst vreg, ok bool) {
	o, c := s.p.ops[i], s.class(s.p.ops[i].dst)
	g, isGoal := s.goal[o.dst]
	k, memory := s.operand[i]
	take := func(r vreg) bool {
		j := slices.Index(dying[c], r)
		if j < 0 {
			return false
		}
		dying[c] = slices.Delete(dying[c], j, j+1)
		dst = r
		return true
	}
	factors := s.m.has(opFMAFactor)
	switch {
	case o.op == opFMA && memory && k == 2: // in place of the second factor
		if !take(src[1]) {
			panic("the second factor does not die")
		}
		return dst, true
	case isGoal && !s.part:
		dst = s.acc[g][s.first+u]
		if o.op == opFMA && !factors && slices.Contains(src[:len(src)-1], dst) {
			panic("an accumulator is a factor of its new value")
		}
		return dst, true
	case o.op == opFixup || o.op == opOrMasked: // in place of the last, or apart from all
		if take(src[len(src)-1]) {
			return dst, true
		}
	case o.op == opFMA:
		// A fused one moves its addend here, so it is neither of the factors', but for a
		// machine that can do without.
		if take(src[len(src)-1]) {
			return dst, true
		}
		if factors && len(src) > 1 && src[0] != src[len(src)-1] && take(src[0]) {
			return dst, true
		}
		if factors && len(src) > 2 && take(src[1]) {
			return dst, true
		}
	case len(dying[c]) > 0:
		take(dying[c][len(dying[c])-1])
		return dst, true
	}
	if len(s.free[c]) == 0 {
		return 0, false
	}
	dst, s.free[c] = s.free[c][0], s.free[c][1:]
	return dst, true
}

// loadOf is the load of v.
func (p *program) loadOf(v val) vop {
	for _, o := range p.ops {
		if o.op == opLoad && o.dst == v {
			return o
		}
	}
	panic("not a load")
}
