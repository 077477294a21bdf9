package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/lanes-go/lanes/gen/a64"
)

// rowsKernel runs a program over rows of n elements that follow one another, beside
// vectors of one element for each row: scalars of the program, or its sums.
type rowsKernel struct {
	name   string
	out    []string // matrices that are written
	result string   // the vector of what the rows are folded to, if any
	in     []string // matrices that are read
	each   []string // vectors of scalars
	doc    string
	body   func(b *builder)
	unroll int     // of a map
	fold   opcode  // of a reduction; else 0
	start  float64 // of its lanes
}

// mover is what machines add to move vectors among registers.
type mover interface{ moveVector(dst, src vreg) }

func (m *amd64Machine) moveVector(dst, src vreg) { m.op("VMOVA", m.v(src), m.v(dst)) }
func (m *neonMachine) moveVector(dst, src vreg)  { m.VMov(a64.V(dst), a64.V(src)) }

func (k rowsKernel) write(f loopFile, t target, d dtype) string {
	name := strings.ToLower(k.name[:1]) + k.name[1:] + d.suffix + t.suffix
	var result []string
	if k.result != "" {
		result = []string{k.result}
	}
	matrices, pointers := slices.Concat(k.out, k.in), slices.Concat(k.out, result, k.in, k.each)
	m := f.function(d, name, fmt.Sprintf("func(%s *%s, rows, n int)", strings.Join(pointers, ", "), d.goName),
		fmt.Sprintf("%s %s for each of rows > 0 rows of n > 0 elements.", name, k.doc))
	b := newBuilder(m)
	k.body(b)
	r := rowLoop{machine: m, streams: map[string]ireg{}, each: map[string]ireg{}}
	for _, s := range matrices {
		r.streams[s] = m.arg(s)
	}
	for _, s := range slices.Concat(k.each, result) {
		r.each[s] = m.arg(s)
	}
	r.rows, r.n, r.left, r.part, r.bytes = m.arg("rows"), m.arg("n"), m.ireg(), m.ireg(), m.ireg()
	instances := 0
	if k.fold != 0 {
		instances = laneBytes / m.vectorBytes()
	}
	r.body = newBody(b, matrices, r.streams, instances)
	r.body.fit(max(k.unroll, instances))
	r.body.someInvariants(r.each, false)
	m.move(r.part, r.n)
	m.andImm(r.part, vector(m)-1)
	m.move(r.bytes, r.part)
	for size := 1; size < d.size; size *= 2 {
		m.add(r.bytes, r.bytes)
	}
	m.testJump(r.part, "eq", "row")
	m.beginPart(r.part)
	if k.fold == 0 {
		r.maps(k.unroll)
	} else {
		r.folds(k.fold, d.bits(k.start), r.each[k.result])
	}
	return k.face(d, name, result, pointers, matrices)
}

// someInvariants is invariants, but only for the values that differ between rows, and
// those that only they are made of; or only for the others.
func (d *body) someInvariants(broadcast map[string]ireg, perRow bool) {
	differs, asked := map[val]bool{}, map[val]bool{}
	all := d.p.ops
	for _, o := range all {
		if o.dst < 0 || !d.p.invariant[o.dst] {
			continue
		}
		_, differs[o.dst] = broadcast[o.name]
		for _, s := range o.src {
			differs[o.dst] = differs[o.dst] || differs[s]
		}
	}
	for _, o := range slices.Backward(all) {
		if o.dst < 0 || !d.p.invariant[o.dst] {
			continue
		}
		asked[o.dst] = asked[o.dst] || differs[o.dst] == perRow
		for _, s := range o.src {
			asked[s] = asked[s] || asked[o.dst] && d.onlyEarly(s)
		}
	}
	d.p.ops = nil
	for _, o := range all {
		if o.dst >= 0 && asked[o.dst] {
			d.p.ops = append(d.p.ops, o)
		}
	}
	d.invariants(broadcast)
	d.p.ops = all
}

// rowLoop is the loop over rows.
type rowLoop struct {
	machine
	body          *body
	streams, each map[string]ireg
	rows, n       ireg
	left          ireg // elements of the row that are to come
	part, bytes   ireg // those beyond whole vectors
}

func (r *rowLoop) maps(unroll int) {
	r.label("row")
	r.body.someInvariants(r.each, true)
	r.move(r.left, r.n)
	r.body.mapLoop(r.left, unroll, &r.part)
	r.next("row")
	r.ret()
}

// next goes on to the next row.
func (r *rowLoop) next(label string) {
	r.body.move(r.bytes)
	for _, s := range slices.Sorted(maps.Keys(r.each)) {
		r.addImm(r.each[s], r.dtype().size)
	}
	r.addJump(r.rows, -1, "ne", label)
}

// folds reduces rows. A row's last vectors, too few for a round of all lanes, go to the
// first register of lanes, and the registers are turned by one after each: that changes
// neither the order in a lane nor which lanes meet in the fold. A row that is less than
// a vector has one register of lanes, since the others would hold nothing.
func (r *rowLoop) folds(op opcode, start uint64, result ireg) {
	l, instances := vector(r.machine), laneBytes/r.vectorBytes()
	group := instances
	for group > 1 && r.body.plan(0, group, 0, false) == nil {
		group /= 2
	}
	begin := func(registers int) {
		r.body.someInvariants(r.each, true)
		for _, acc := range r.body.acc {
			for u := range registers {
				r.constant(acc[u], start)
			}
		}
	}
	end := func(label string) {
		acc := r.body.acc[0]
		r.fold(op, acc[0], acc[1])
		if op == opMax { // -0 becomes +0
			r.zero(acc[1])
			r.calc(opAdd, acc[0], acc[0], acc[1])
		}
		r.storeElement(acc[0], result)
		r.next(label)
		r.ret()
	}
	r.move(r.left, r.n)
	r.addJump(r.left, -l, "lt", "short")
	r.label("row")
	begin(instances)
	r.move(r.left, r.n)
	r.addJump(r.left, -instances*l, "lt", "few")
	r.loop("lanes")
	for u := 0; u < instances; u += group {
		r.body.round(u, group, u, false)
	}
	r.body.advance(laneBytes)
	r.addJump(r.left, -instances*l, "ge", "lanes")
	r.label("few")
	r.addJump(r.left, (instances-1)*l, "lt", "rest")
	r.label("vector")
	r.body.round(0, 1, 0, false)
	r.body.advance(r.vectorBytes())
	for _, acc := range r.body.acc {
		r.turn(acc)
	}
	r.addJump(r.left, -l, "ge", "vector")
	r.label("rest")
	r.testJump(r.part, "eq", "fold")
	r.body.round(0, 1, 0, true)
	r.label("fold")
	for h := instances / 2; h > 0; h /= 2 {
		for j := range h {
			for _, acc := range r.body.acc {
				r.calc(op, acc[j], acc[j], acc[j+h])
			}
		}
	}
	end("row")
	r.label("short")
	begin(1)
	r.body.round(0, 1, 0, true)
	end("short")
}

// turn moves each register's contents to the one before.
func (r *rowLoop) turn(acc []vreg) {
	mv := r.machine.(mover)
	tmp := r.body.take(0)
	mv.moveVector(tmp, acc[0])
	for i := range len(acc) - 1 {
		mv.moveVector(acc[i], acc[i+1])
	}
	mv.moveVector(acc[len(acc)-1], tmp)
	r.body.free[0] = append(r.body.free[0], tmp)
}

// face is the Go side.
func (k rowsKernel) face(d dtype, name string, result, pointers, matrices []string) string {
	vectors := slices.Concat(result, k.each)
	var check, race, args strings.Builder
	for _, s := range vectors[1:] {
		fmt.Fprintf(&check, "%[1]s = %[1]s[:rows:len(%[1]s)]\n", s)
	}
	for _, s := range matrices {
		fmt.Fprintf(&check, "checkRows(%q, %s, n, rows, n)\n", k.name, s)
	}
	for _, s := range pointers {
		verb, cut := "Read", ""
		if slices.Contains(k.out, s) || s == k.result {
			verb = "Write"
		}
		if slices.Contains(matrices, s) {
			cut = "[:rows*n]"
		}
		fmt.Fprintf(&race, "race%s(%s%s)\n", verb, s, cut)
		fmt.Fprintf(&args, "&%s[0], ", s)
	}
	generic := strings.ToLower(k.name[:1]) + k.name[1:] + "Generic"
	return fmt.Sprintf(`	k.%[1]s = func(%[2]s []%[3]s, n int) {
		rows := len(%[4]s)
		%[5]sif raceEnabled {
			%[6]s}
		switch {
		case rows == 0:
		case n == 0:
			%[7]s(%[2]s, n)
		default:
			%[8]s(%[9]srows, n)
		}
	}
`, k.name, strings.Join(pointers, ", "), d.goName, vectors[0], check.String(), race.String(), generic, name, args.String())
}
