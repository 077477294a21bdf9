package main

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

// simulator is a machine that computes: a vector is one number, a stream one number
// for each vector. What a part does not hold is marked.
type simulator struct {
	machine // the rest is not called
	regs    int
	memory  bool // operands from memory
	reg     map[vreg]int64
	streams map[ireg][]int64
}

func (s *simulator) dtype() dtype              { return f32 }
func (s *simulator) vectorBytes() int          { return 32 }
func (s *simulator) vectorRegs() int           { return s.regs }
func (s *simulator) has(op opcode) bool        { return op != opFMAFactor || s.memory }
func (s *simulator) maskRegs() int             { return 0 }
func (s *simulator) constantsInMemory() bool   { return s.memory }
func (s *simulator) fromMemory(op opcode) bool { return s.memory && op != opOrMasked }

func simulate(op opcode, x []int64) int64 {
	switch op {
	case opAdd:
		return x[0] + x[1]
	case opSub:
		return x[0] - x[1]
	case opMul:
		return x[0] * x[1]
	case opFMA:
		return x[0]*x[1] + x[2]
	case opNeg:
		return -x[0]
	case opOrMasked: // anything of three
		return x[0] - 2*x[1] + 3*x[2]
	}
	panic("no such operation")
}

func (s *simulator) calcBits(op opcode, _ uint64, dst vreg, src ...vreg) {
	if op == opFMA && dst != src[2] && !(s.has(opFMAFactor) && (dst == src[0] || dst == src[1])) { // by a move of the addend and a sum in place
		s.reg[dst] = s.reg[src[2]]
		s.reg[dst] += s.reg[src[0]] * s.reg[src[1]]
		return
	}
	if op == opOrMasked { // in place of the last
		s.reg[dst] = s.reg[src[2]]
	}
	var x []int64
	for i, r := range src {
		if op == opOrMasked && i == 2 {
			r = dst
		}
		x = append(x, s.reg[r])
	}
	s.reg[dst] = simulate(op, x)
}

func (s *simulator) calcMemory(op opcode, k int, dst vreg, src []vreg, at place) {
	memory := int64(at.bits)
	if !at.constant {
		memory = s.streams[at.from][at.offset/32]
	}
	if op == opFMA && k == 1 && dst == src[0] && dst != src[1] {
		s.reg[dst] = s.reg[dst]*memory + s.reg[src[1]]
		return
	}
	if op == opFMA && k == 1 {
		s.reg[dst] = s.reg[src[1]]
		s.reg[dst] += s.reg[src[0]] * memory
		return
	}
	if op == opFMA && dst != src[1] {
		panic("an addend from memory, but not in place of the second factor")
	}
	var x []int64
	for _, r := range src {
		x = append(x, s.reg[r])
	}
	s.reg[dst] = simulate(op, append(x, memory))
}

func (s *simulator) param(dst vreg, name string)             { s.reg[dst] = 31 }
func (s *simulator) constant(dst vreg, bits uint64)          { s.reg[dst] = int64(bits) }
func (s *simulator) merge(dst, src vreg)                     { s.reg[dst] = s.reg[src] }
func (s *simulator) load(dst vreg, from ireg, o int, _ bool) { s.reg[dst] = s.streams[from][o/32] }
func (s *simulator) store(src vreg, to ireg, o int, _ bool)  { s.streams[to][o/32] = s.reg[src] }

// randomProgram writes the same program with a builder and as a function of one
// instance: what it stores in place of x and y, and its new accumulators.
func randomProgram(r *rand.Rand, b *builder, size, accs int) func(x, y int64, acc []int64) (int64, int64, []int64) {
	type step struct {
		op  opcode
		src [3]int
	}
	var steps []step
	vals := []val{b.load("x"), b.load("y"), b.param("p"), b.constant(5)}
	var olds []val
	for range size {
		s := step{op: []opcode{opAdd, opSub, opMul, opFMA, opNeg, opOrMasked}[r.IntN(6)]}
		var src []val
		for j := range map[opcode]int{opAdd: 2, opSub: 2, opMul: 2, opFMA: 3, opNeg: 1, opOrMasked: 3}[s.op] {
			s.src[j] = r.IntN(len(vals))
			src = append(src, vals[s.src[j]])
		}
		steps = append(steps, s)
		vals = append(vals, b.calc(s.op, src...))
	}
	var in []int
	for range accs {
		i := r.IntN(len(vals))
		in = append(in, i)
		b.accumulate(func(old val) val { olds = append(olds, old); return b.add(old, vals[i]) })
	}
	storeX, storeY := r.IntN(len(vals)), len(vals)-1
	b.store("x", vals[storeX])
	b.store("y", vals[storeY])
	return func(x, y int64, acc []int64) (int64, int64, []int64) {
		v := []int64{x, y, 31, 5}
		for _, s := range steps {
			v = append(v, simulate(s.op, []int64{v[s.src[0]], v[s.src[1]], v[s.src[2]]}))
		}
		var next []int64
		for i := range acc {
			next = append(next, acc[i]+v[in[i]])
		}
		return v[storeX], v[storeY], next
	}
}

// TestPlan: random programs, interleaved in every number of instances that has
// registers, compute what they say, with operands from memory and without.
func TestPlan(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	planned, refused := 0, 0
	for trial := range 3000 {
		sim := &simulator{regs: 8 + r.IntN(25), memory: trial%2 == 0, reg: map[vreg]int64{}, streams: map[ireg][]int64{}}
		b := newBuilder(sim)
		accs, instances := r.IntN(3), 1+r.IntN(4)
		want := randomProgram(r, b, 1+r.IntN(12), accs)
		if accs*instances+6 > sim.regs {
			continue
		}
		d := newBody(b, []string{"x", "y"}, map[string]ireg{"x": 0, "y": 1}, instances)
		full := func() (full bool) {
			defer func() { full = recover() != nil }()
			if trial%3 == 0 {
				d.fit(instances)
			}
			d.invariants(nil)
			return
		}()
		if full || d.plan(0, instances, 0, false) == nil {
			refused++
			continue
		}
		for _, part := range []bool{false, true} {
			if part && d.plan(0, instances, 0, true) == nil {
				continue
			}
			planned++
			for i := range ireg(2) {
				sim.streams[i] = nil
				for range instances + 1 {
					sim.streams[i] = append(sim.streams[i], r.Int64N(1000)-500)
				}
			}
			acc := make([][]int64, instances)
			for u := range instances {
				for i := range accs {
					acc[u] = append(acc[u], int64(u+10*i))
					sim.reg[d.acc[i][u]] = acc[u][i]
				}
			}
			x, y := append([]int64(nil), sim.streams[0]...), append([]int64(nil), sim.streams[1]...)
			d.round(0, instances, 1, part)
			for u := range instances {
				wx, wy, wacc := want(x[1+u], y[1+u], acc[u])
				got := fmt.Sprint(sim.streams[0][1+u], sim.streams[1][1+u])
				wanted := fmt.Sprint(wx, wy)
				for i := range accs {
					got += fmt.Sprint(" ", sim.reg[d.acc[i][u]])
					wanted += fmt.Sprint(" ", wacc[i])
				}
				if got != wanted {
					t.Fatalf("trial %d, %d instances, %d registers, part %v: instance %d: %s, want %s\n%v", trial, instances, sim.regs, part, u, got, wanted, b.ops)
				}
			}
			if sim.streams[0][0] != x[0] || sim.streams[1][0] != y[0] {
				t.Fatal("a vector before the first was written")
			}
		}
	}
	if planned < 1000 || refused < 50 {
		t.Errorf("%d programs planned, %d refused", planned, refused)
	}
}
