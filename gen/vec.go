package main

import (
	"fmt"
	"slices"
)

// A program is the straight-line body of a kernel, on vectors of elements: written
// once against a builder, it serves every element type and instruction set. Loops
// (loop*.go) put it into functions; a machine, the back end of an instruction set,
// turns its operations into instructions.
//
// Adding an operation: an opcode, its method of builder, and a line in each machine.

// val is a value of a program: the register of one vector, or an invariant.
type val int

type opcode int

const (
	opLoad  opcode = iota // next vector of a stream
	opStore               // to the next vector of a stream
	opParam               // a scalar parameter in every element; invariant
	opConst               // the same bits in every element; invariant
	opAcc                 // a running value of a reduction

	opAdd // x + y
	opSub // x - y
	opMul // x * y
	opFMA // x*y + z, rounded once
	opMax // x > y ? x : y, so that y is left where either is NaN
	opAbs // the sign bit cleared
	opNeg // the sign bit turned
	opAnd // bits
	opXor // bits
)

// vop is one operation of a program.
type vop struct {
	op   opcode
	dst  val
	src  []val
	name string // stream or parameter
	bits uint64 // of a constant
}

type program struct {
	ops       []vop
	invariant []bool // by val: the same in every round, computed before the loop
	acc       []val  // the accumulators
	result    []val  // their new values
}

// builder writes a program.
type builder struct {
	d dtype
	m machine // which operations there are
	program
	loads map[string]val
}

func newBuilder(m machine) *builder { return &builder{d: m.dtype(), m: m, loads: map[string]val{}} }

func (b *builder) emit(o vop, invariant bool) val {
	o.dst = val(len(b.invariant))
	b.invariant = append(b.invariant, invariant)
	b.ops = append(b.ops, o)
	return o.dst
}

// calc is an operation on values: invariant if they all are.
func (b *builder) calc(op opcode, src ...val) val {
	invariant := true
	for _, s := range src {
		invariant = invariant && b.invariant[s]
	}
	return b.emit(vop{op: op, src: src}, invariant)
}

// load is the next vector of a stream; one load, however often it is asked for.
func (b *builder) load(stream string) val {
	v, ok := b.loads[stream]
	if !ok {
		v = b.emit(vop{op: opLoad, name: stream}, false)
		b.loads[stream] = v
	}
	return v
}

func (b *builder) store(stream string, v val) {
	b.ops = append(b.ops, vop{op: opStore, src: []val{v}, name: stream, dst: -1})
}

func (b *builder) param(name string) val { return b.emit(vop{op: opParam, name: name}, true) }
func (b *builder) constant(bits uint64) val {
	return b.emit(vop{op: opConst, bits: bits}, true)
}

func (b *builder) add(x, y val) val    { return b.calc(opAdd, x, y) }
func (b *builder) sub(x, y val) val    { return b.calc(opSub, x, y) }
func (b *builder) mul(x, y val) val    { return b.calc(opMul, x, y) }
func (b *builder) fma(x, y, z val) val { return b.calc(opFMA, x, y, z) }
func (b *builder) max(x, y val) val    { return b.calc(opMax, x, y) }
func (b *builder) and(x, y val) val    { return b.calc(opAnd, x, y) }
func (b *builder) xor(x, y val) val    { return b.calc(opXor, x, y) }

func (b *builder) sign() uint64 { return 1 << (8*b.d.size - 1) }

func (b *builder) abs(x val) val {
	if b.m.has(opAbs) {
		return b.calc(opAbs, x)
	}
	return b.and(b.constant(b.sign()-1), x)
}

func (b *builder) neg(x val) val {
	if b.m.has(opNeg) {
		return b.calc(opNeg, x)
	}
	return b.xor(b.constant(b.sign()), x)
}

// accumulate gives the program a running value: next is its new value from the old, by
// an operation that comes last in it.
func (b *builder) accumulate(next func(old val) val) {
	old := b.emit(vop{op: opAcc}, false)
	b.acc = append(b.acc, old)
	v := next(old)
	if last := b.ops[len(b.ops)-1]; last.dst != v || len(last.src) == 0 {
		panic("the new value of an accumulator is not that of the last operation")
	}
	b.result = append(b.result, v)
}

// body is a program with the registers that last: of invariants and accumulators.
type body struct {
	m       machine
	p       *program
	streams map[string]ireg
	order   []string     // the names of the streams
	fixed   map[val]vreg // invariants
	free    []vreg       // for the rest, the next to be given last
	acc     [][]vreg     // by accumulator, then by instance
}

// newBody gives registers to the accumulators of a number of instances.
func newBody(b *builder, order []string, streams map[string]ireg, instances int) *body {
	m := b.m
	d := &body{m: m, p: &b.program, streams: streams, order: order, fixed: map[val]vreg{}}
	for r := m.vectorRegs() - 1; r >= 0; r-- {
		d.free = append(d.free, vreg(r))
	}
	for range b.acc {
		var regs []vreg
		for range instances {
			regs = append(regs, d.take())
		}
		d.acc = append(d.acc, regs)
	}
	return d
}

// invariants computes the invariant values. broadcast holds the parameters that are
// elements in memory; the others are parameters of the function.
func (d *body) invariants(broadcast map[string]ireg) {
	for _, o := range d.p.ops {
		if o.dst < 0 || !d.p.invariant[o.dst] {
			continue
		}
		r := d.take()
		d.fixed[o.dst] = r
		switch o.op {
		case opParam:
			if p, ok := broadcast[o.name]; ok {
				d.m.broadcast(r, p)
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
			d.m.calc(o.op, r, src...)
		}
	}
}

func (d *body) take() vreg {
	if len(d.free) == 0 {
		panic("out of vector registers")
	}
	r := d.free[len(d.free)-1]
	d.free = d.free[:len(d.free)-1]
	return r
}

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
	free := slices.Clone(d.free)
	slices.Reverse(free)
	s := &schedule{body: d, first: first, at: at, part: part, free: free,
		last: map[val]int{}, goal: map[val]int{}, inMemory: map[val]bool{}, operand: map[int]int{}, reg: make([]map[val]vreg, count)}
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
	operand   map[int]int  // by operation: which
	reg       []map[val]vreg
	free      []vreg // the next to be given first, the last freed last
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
			for _, k := range s.memoryOperands(i) {
				v := o.src[k]
				if n, isLoad := stores[v]; isLoad && n == stored && uses[v] == 1 {
					s.inMemory[v], s.operand[i] = true, k
					break
				}
			}
		}
	}
}

// memoryOperands lists the operands of operation i that may come from memory, the best
// first: the last one, or of a fused operation the second factor.
func (s *schedule) memoryOperands(i int) []int {
	o := s.p.ops[i]
	last := len(o.src) - 1
	switch {
	case last <= 0 || s.part || !s.m.fromMemory(o.op):
		return nil
	case o.op != opFMA:
		return []int{last}
	}
	// The addend, if the second factor may be spoilt: the result takes its place.
	f := o.src[1]
	if _, isGoal := s.goal[o.dst]; !isGoal && !s.p.invariant[f] && s.last[f] == i && !slices.Contains(s.p.acc, f) {
		return []int{last, 1}
	}
	return []int{1}
}

// step plans operation i of instance u; false if there is no register left for it.
func (s *schedule) step(i, u int) bool {
	m, o := s.m, s.p.ops[i]
	offset := func() int { return (s.at + u) * m.vectorBytes() }
	var src, dying []vreg
	for j, v := range o.src {
		if s.inMemory[v] {
			continue
		}
		r, ok := s.fixed[v]
		if !ok {
			r = s.reg[u][v]
			if s.last[v] == i && !slices.Contains(s.p.acc, v) && !slices.Contains(o.src[:j], v) {
				dying = append(dying, r)
			}
		}
		src = append(src, r)
	}
	if o.op == opStore {
		to, offset := s.streams[o.name], offset()
		s.write = append(s.write, func() { m.store(src[0], to, offset, s.part) })
		s.free = append(s.free, dying...)
		return true
	}
	var dst vreg
	g, isGoal := s.goal[o.dst]
	k, memory := s.operand[i]
	switch end := len(dying) - 1; {
	case o.op == opFMA && memory && k == 2: // in place of the second factor
		dst, dying = dying[end], dying[:end]
	case isGoal && !s.part:
		dst = s.acc[g][s.first+u]
		if o.op == opFMA && slices.Contains(src[:len(src)-1], dst) {
			panic("an accumulator is a factor of its new value")
		}
	case end >= 0 && (o.op != opFMA || dying[end] == src[len(src)-1]):
		dst, dying = dying[end], dying[:end]
	case len(s.free) == 0:
		return false
	default: // a fused one moves its addend here, so it is neither of the factors'
		dst, s.free = s.free[0], s.free[1:]
	}
	switch {
	case o.op == opLoad:
		from, offset := s.streams[o.name], offset()
		s.write = append(s.write, func() { m.load(dst, from, offset, s.part) })
	case memory:
		from, offset := s.streams[s.p.loadOf(o.src[k])], offset()
		s.write = append(s.write, func() { m.calcMemory(o.op, k, dst, src, from, offset) })
	default:
		s.write = append(s.write, func() { m.calc(o.op, dst, src...) })
	}
	s.reg[u][o.dst] = dst
	if isGoal && s.part {
		acc := s.acc[g][s.first+u]
		s.write = append(s.write, func() { m.merge(acc, dst) })
		dying = append(dying, dst)
		s.reg[u][o.dst] = acc
	}
	s.free = append(s.free, dying...)
	return true
}

// loadOf is the stream that v was loaded from.
func (p *program) loadOf(v val) string {
	for _, o := range p.ops {
		if o.op == opLoad && o.dst == v {
			return o.name
		}
	}
	panic("not a load")
}
