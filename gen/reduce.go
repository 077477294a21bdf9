package main

import (
	"fmt"
	"math"
)

func init() {
	families = append(families, loopFamily("reduce", "ReduceKernels", reductions...))
}

var reductions = []writer{
	&loopKernel{name: "Sum", params: []param{in("x")}, fold: opAdd,
		doc:  "is the sum of x in 256 bytes of lanes.",
		body: func(b *builder) { b.accumulate(func(s val) val { return b.add(s, b.load("x")) }) }},
	&loopKernel{name: "Asum", params: []param{in("x")}, fold: opAdd,
		doc:  "is the sum of |x| in 256 bytes of lanes.",
		body: func(b *builder) { b.accumulate(func(s val) val { return b.add(s, b.abs(b.load("x"))) }) }},
	sumSq{},
	&loopKernel{name: "Dot", params: []param{in("x"), in("y")}, fold: opAdd,
		doc: "is the inner product of x and y in 256 bytes of lanes.",
		body: func(b *builder) {
			b.accumulate(func(s val) val { return b.fma(b.load("x"), b.load("y"), s) })
		}},
	&loopKernel{name: "AMax", params: []param{in("x")}, fold: opMax,
		doc:  "is the greatest |x|, NaNs left out.",
		body: func(b *builder) { b.accumulate(func(s val) val { return b.max(b.abs(b.load("x")), s) }) }},
	extreme{"Max", opMaximum, opMax, -1}, extreme{"Min", opMinimum, opMin, 1},
	argExtreme{"Max"}, argExtreme{"Min"},
	dotRows{},
	sumRows{},
	moments{},
	&loopKernel{name: "MergeMoments", params: []param{out("mean"), out("rest"), out("m2"), in("x"), in("y"), in("z"), scalar("w"), scalar("u")}, unroll: 2,
		doc: "joins the moments x, y, z with mean, rest, m2.",
		body: func(b *builder) {
			x, y := b.load("x"), b.load("y")
			d := b.add(b.sub(b.load("mean"), x), b.sub(b.load("rest"), y))
			b.store("mean", x)
			b.store("rest", b.fma(d, b.param("w"), y))
			b.store("m2", b.fma(b.mul(d, b.param("u")), d, b.add(b.load("z"), b.load("m2"))))
		}},
	colKernel{name: "ColSum", group: 4, doc: "adds rows to dst",
		step: func(b *builder, s, x val) val { return b.add(s, x) }},
	colKernel{name: "ColAsum", group: 4, doc: "adds the absolute values of rows to dst",
		step: func(b *builder, s, x val) val { return b.add(s, b.abs(x)) }},
	colKernel{name: "ColMax", group: 4, onto: true, doc: "is the maximum of dst and rows",
		step: func(b *builder, s, x val) val { return b.maximum(x, s) },
		end:  func(b *builder, s val) val { return b.add(s, b.constant(0)) }},
	colKernel{name: "ColMin", group: 4, onto: true, doc: "is the minimum of dst and rows",
		step: func(b *builder, s, x val) val { return b.minimum(x, s) },
		end:  func(b *builder, s val) val { return b.add(s, b.constant(0)) }},
	colDot{},
	colSearch{"ColArgMax"}, colSearch{"ColArgMin"},
	colMoments{},
}

// nanOr is opMax or opMin, but x if that is NaN; y is left where it is NaN.
func (b *builder) nanOr(pick opcode, x, y val) val {
	return b.sel(b.eq(x, x), b.calc(pick, x, y), x)
}

func (b *builder) maximum(x, y val) val { return b.nanOr(opMax, x, y) }
func (b *builder) minimum(x, y val) val { return b.nanOr(opMin, x, y) }

// extreme is the greatest or the least element, which may be looked for in any order:
// where there are registers, two halves at a time, with one comparison of both for NaN.
type extreme struct {
	name       string
	fold, pick opcode
	none       int // of nothing: infinity of this sign
}

func (k extreme) write(f loopFile, t target, d dtype) string {
	start := math.Inf(k.none)
	one := &loopKernel{name: k.name, params: []param{in("x")}, fold: k.fold, start: start, none: fmt.Sprintf("inf[%%s](%d)", k.none),
		doc: "is the " + map[string]string{"Max": "greatest", "Min": "least"}[k.name] + " x, NaN if there is one.",
		body: func(b *builder) {
			b.accumulate(func(m val) val {
				if b.m.has(k.fold) {
					return b.calc(k.fold, b.load("x"), m)
				}
				return b.nanOr(k.pick, b.load("x"), m)
			})
		}}
	face := one.write(f, t, d)
	if t.registers < 3*laneBytes/t.bytes+12 {
		return face
	}
	name := (&loopKernel{name: k.name + "2"}).symbol(t, d)
	m := f.function(d, name, fmt.Sprintf("func(x, y *%[1]s, n int) %[1]s", d.goName), name+" is "+one.symbol(t, d)+" of x and y together.")
	b := newBuilder(m)
	order := []string{"x", "y"}
	for _, s := range order {
		b.accumulate(func(v val) val { return b.calc(k.pick, b.load(s), v) })
	}
	b.accumulate(func(bad val) val { return b.sel(b.ord(b.load("x"), b.load("y")), bad, b.float(math.NaN())) })
	streams := map[string]ireg{"x": m.arg("x"), "y": m.arg("y")}
	n := m.arg("n")
	body := newBody(b, order, streams, laneBytes/m.vectorBytes())
	body.start = []uint64{d.bits(start), d.bits(start), 0}
	body.folds = []opcode{k.pick, k.pick, opAdd}
	body.invariants(nil)
	body.reduceAligned(n, opAdd)
	r := body.acc[0][0]
	m.calc(k.pick, r, r, body.acc[1][0])
	m.calc(opAdd, r, r, body.acc[2][0]) // NaN if there was one; -0 becomes +0
	m.result(r)
	m.ret()
	lanes := laneBytes / d.size
	join := map[string]string{"Max": "greater", "Min": "less"}[k.name]
	return fmt.Sprintf(`	k.%[1]s = func(x []%[2]s) %[2]s {
		if raceEnabled {
			raceRead(x)
		}
		n := len(x)
		switch {
		case n == 0:
			return %[3]s
		case n < %[4]d:
			return %[5]s(&x[0], n)
		}
		h := n / 2 &^ %[6]d
		m := %[7]s(&x[0], &x[h], h)
		if 2*h < n {
			m = %[8]s(m, %[5]s(&x[2*h], n-2*h))
		}
		return m
	}
`, k.name, d.goName, fmt.Sprintf(one.none, d.goName), 8*lanes, one.symbol(t, d), lanes-1, name, join)
}

// argExtreme finds the place of an extreme by the kernel that finds the extreme.
type argExtreme struct{ name string }

func (k argExtreme) write(f loopFile, t target, d dtype) string {
	return fmt.Sprintf("k.Arg%[1]s = func(x []%[2]s) int { return arg%[1]sBy(x, k.%[1]s) }\n", k.name, d.goName)
}

// sumSq is the sum of the squares of x: from 16 rounds of the lanes on by halves, side by
// side where there are registers for the lanes of both.
type sumSq struct{}

func (sumSq) write(f loopFile, t target, d dtype) string {
	one := &loopKernel{name: "SumSq", params: []param{in("x")}, fold: opAdd,
		doc: "is the sum of the squares of x in 256 bytes of lanes.",
		body: func(b *builder) {
			b.accumulate(func(s val) val { return b.fma(b.load("x"), b.load("x"), s) })
		}}
	one.write(f, t, d)
	name := one.symbol(t, d)
	halves := fmt.Sprintf("s := %[1]s(&x[0], h) + %[1]s(&x[h], h)", name)
	if t.registers >= 2*laneBytes/t.bytes+4 {
		halves = fmt.Sprintf("s := %s(&x[0], &x[h], h)", writeSumSq2(f, t, d))
	}
	lanes := laneBytes / d.size
	return fmt.Sprintf(`	k.SumSq = func(x []%[1]s) %[1]s {
		if raceEnabled {
			raceRead(x)
		}
		n := len(x)
		switch {
		case n == 0:
			return 0
		case n < %[2]d:
			return %[3]s(&x[0], n)
		}
		h := n / 2 &^ %[4]d
		%[5]s
		if 2*h < n {
			s += %[3]s(&x[2*h], n-2*h)
		}
		return s
	}
`, d.goName, 16*lanes, name, lanes-1, halves)
}

// writeSumSq2 writes the sum over both halves.
func writeSumSq2(f loopFile, t target, d dtype) string {
	name := "sumSq2" + d.suffix + t.suffix
	m := f.function(d, name, fmt.Sprintf("func(x, y *%[1]s, n int) %[1]s", d.goName),
		name+" is the sum of the squares of x plus that of y, both in 256 bytes of lanes.")
	b := newBuilder(m)
	order := []string{"x", "y"}
	for _, s := range order {
		b.accumulate(func(sum val) val { return b.fma(b.load(s), b.load(s), sum) })
	}
	streams := map[string]ireg{"x": m.arg("x"), "y": m.arg("y")}
	n := m.arg("n")
	body := newBody(b, order, streams, laneBytes/m.vectorBytes())
	body.reduceAligned(n, opAdd)
	m.calc(opAdd, body.acc[0][0], body.acc[0][0], body.acc[1][0])
	m.result(body.acc[0][0])
	m.ret()
	return name
}

// dotRows is the inner product of every row of a matrix with x: several rows at a
// time share the loads of x and hide the ends of their sums in one another.
type dotRows struct{}

const dotRowsGroup = 4

func (dotRows) write(f loopFile, t target, d dtype) string {
	one, several := writeDotRows(f, t, d, 1), ""
	if t.registers >= dotRowsGroup*laneBytes/t.bytes+8 {
		several = fmt.Sprintf(`
		if rows >= %[2]d && rowsTogether(rows, %[1]d*n, %[1]d*lda) {
			i = rows &^ %[3]d
			%[4]s(&dst[0], i, &a[0], %[1]d*lda, &x[0], n)
		}`, d.size, dotRowsGroup, dotRowsGroup-1, writeDotRows(f, t, d, dotRowsGroup))
	}
	return fmt.Sprintf(`	k.DotRows = func(dst, a []%[1]s, lda int, x []%[1]s) {
		rows, n := len(dst), len(x)
		checkRows("DotRows", a, lda, rows, n)
		if raceEnabled {
			raceRead(x)
			raceWrite(dst)
			for i := range rows {
				raceRead(a[i*lda:][:n])
			}
		}
		if rows == 0 || n == 0 {
			clear(dst)
			return
		}
		i := 0%[2]s
		if i < rows {
			%[3]s(&dst[i], rows-i, &a[i*lda], %[4]d*lda, &x[0], n)
		}
	}
`, d.goName, several, one, d.size)
}

// writeDotRows writes the kernel of a number of rows at a time.
func writeDotRows(f loopFile, t target, d dtype, group int) string {
	name := fmt.Sprintf("dotRows%d%s%s", group, d.suffix, t.suffix)
	m := f.function(d, name, fmt.Sprintf("func(dst *%[1]s, rows int, a *%[1]s, lda int, x *%[1]s, n int)", d.goName),
		fmt.Sprintf("%s is dst[i] = the inner product of row i of a and x, rows > 0 lda bytes apart, %d at a time.", name, group))
	b := newBuilder(m)
	streams, order := map[string]ireg{"x": m.ireg()}, []string{"x"}
	dst, rows, a, lda, x, n, left := m.arg("dst"), m.arg("rows"), m.arg("a"), m.arg("lda"), m.arg("x"), m.arg("n"), m.ireg()
	for g := range group {
		s := fmt.Sprint("a", g)
		streams[s], order = m.ireg(), append(order, s)
		b.accumulate(func(sum val) val { return b.fma(b.load("x"), b.load(s), sum) })
	}
	body := newBody(b, order, streams, laneBytes/m.vectorBytes())
	m.label("rows")
	m.move(streams["x"], x)
	m.move(left, n)
	for g := range group {
		m.move(streams[order[1+g]], a)
		m.add(a, lda)
	}
	body.reduceLoop(left, opAdd)
	for g := range group {
		m.storeElement(body.acc[g][0], dst)
		m.addImm(dst, d.size)
	}
	m.addJump(rows, -group, "ne", "rows")
	m.ret()
	return name
}
