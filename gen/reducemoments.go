package main

import (
	"fmt"
)

// The sums of moments: Σ x-p and Σ (x-p)² for a p near the mean.

func distance(b *builder) val { return b.sub(b.load("x"), b.param("p")) }

func sumDistance(b *builder, d val) {
	b.accumulate(func(s val) val { return b.add(s, d) })
}

func sumSquare(b *builder, d val) {
	b.accumulate(func(s val) val { return b.fma(d, d, s) })
}

// moments are those of one chunk: both sums at once where there are registers for the
// lanes of both.
type moments struct{}

func (moments) write(f loopFile, t target, d dtype) string {
	write := func(name, doc, result string, body func(b *builder)) string {
		k := &loopKernel{name: name}
		name = k.symbol(t, d)
		sig := fmt.Sprintf("func(x *%[1]s, p %[1]s, n int) %[1]s", d.goName)
		if result != "" {
			sig = fmt.Sprintf("func(%[2]s, x *%[1]s, p %[1]s, n int)", d.goName, result)
		}
		m := f.function(d, name, sig, name+" "+doc+" in 256 bytes of lanes.")
		b := newBuilder(m)
		body(b)
		streams := map[string]ireg{"x": m.arg("x")}
		n := m.arg("n")
		var to ireg
		if result != "" {
			to = m.arg(result)
		}
		loop := newBody(b, []string{"x"}, streams, laneBytes/m.vectorBytes())
		loop.invariants(nil)
		loop.reduceAligned(n, opAdd)
		if result == "" {
			m.result(loop.acc[0][0])
		} else {
			for i := range loop.acc {
				m.storeElement(loop.acc[i][0], to)
				m.addImm(to, d.size)
			}
		}
		m.ret()
		return name
	}
	var sums string
	if t.registers >= 2*laneBytes/t.bytes+8 {
		name := write("Distances", "puts Σ x-p and Σ (x-p)² in sums,", "sums", func(b *builder) {
			v := distance(b)
			sumDistance(b, v)
			sumSquare(b, v)
		})
		sums = fmt.Sprintf("var s [2]%s\n%s(&s[0], &x[0], mean, len(x))\nrest, m2 = restAndM2(s[0], s[1], inv)", d.goName, name)
	} else {
		one := write("Distance", "is Σ x-p,", "", func(b *builder) { sumDistance(b, distance(b)) })
		two := write("SquareDistance", "is Σ (x-p)²,", "", func(b *builder) { sumSquare(b, distance(b)) })
		sums = fmt.Sprintf("rest, m2 = restAndM2(%s(&x[0], mean, len(x)), %s(&x[0], mean, len(x)), inv)", one, two)
	}
	return fmt.Sprintf(`	k.Moments = func(x []%[1]s) (mean, rest, m2 %[1]s) {
		if raceEnabled {
			raceRead(x)
		}
		if len(x) == 0 {
			return 0, 0, 0
		}
		inv := 1 / %[1]s(len(x))
		mean = sum%[2]s%[3]s(&x[0], len(x)) * inv
		%[4]s
		return mean, rest, m2
	}
`, d.goName, d.suffix, t.suffix, sums)
}

// colMoments are those of every column of one block: the sums as ColSum does it, then
// strips of columns whose means and sums stay in registers.
type colMoments struct{}

func (colMoments) write(f loopFile, t target, d dtype) string {
	name := "colDistances" + d.suffix + t.suffix
	m := f.function(d, name, fmt.Sprintf("func(mean, rest, m2, x *%[1]s, ld, rows, n int, inv, minus %[1]s)", d.goName),
		name+" makes moments of rows > 0 of n elements, ld bytes apart, from their sums in mean, inv = 1/rows and minus = -inv.")
	c := &colStrips{machine: m, mean: m.arg("mean"), rest: m.arg("rest"), m2: m.arg("m2"), x: m.arg("x"), ld: m.arg("ld"), rows: m.arg("rows"),
		row: m.ireg(), left: m.ireg()}
	n := m.arg("n")
	l := vector(m)
	most := colStrip
	for 3*most+2 > m.vectorRegs() {
		most /= 2
	}
	m.addJump(n, -most*l, "lt", "few")
	m.label("strip")
	c.strip("strips", most, false)
	m.addJump(n, -most*l, "ge", "strip")
	m.label("few")
	m.addJump(n, (most-1)*l, "lt", "rest")
	m.label("vector")
	c.strip("vectors", 1, false)
	m.addJump(n, -l, "ge", "vector")
	m.label("rest")
	m.addJump(n, l, "eq", "done")
	m.beginPart(n)
	c.strip("parts", 1, true)
	m.label("done")
	m.ret()
	return fmt.Sprintf(`	k.ColMoments = func(mean, rest, m2, x []%[1]s, ld, rows int) {
		n := len(mean)
		rest, m2 = rest[:n:len(rest)], m2[:n:len(m2)]
		k.ColSum(mean, x, ld, rows)
		if raceEnabled {
			raceWrite(rest)
			raceWrite(m2)
		}
		if n == 0 || rows <= 0 {
			clear(rest)
			clear(m2)
			return
		}
		inv := 1 / %[1]s(rows)
		%[2]s(&mean[0], &rest[0], &m2[0], &x[0], %[3]d*ld, rows, n, inv, -inv)
	}
`, d.goName, name, d.size)
}

// colStrip is the number of vectors of a strip.
const colStrip = 4

type colStrips struct {
	machine
	mean, rest, m2, x, ld, rows ireg
	row, left                   ireg
}

// strip does some vectors of columns and moves on to the next.
func (c *colStrips) strip(label string, vectors int, part bool) {
	size := c.vectorBytes()
	reg := func(i int) []vreg {
		var r []vreg
		for u := range vectors {
			r = append(r, vreg(i*vectors+u))
		}
		return r
	}
	p, s, q := reg(0), reg(1), reg(2)
	t, w := vreg(3*vectors), vreg(3*vectors+1)
	c.param(t, "inv")
	for u := range vectors {
		c.load(p[u], c.mean, u*size, part)
		c.calc(opMul, p[u], p[u], t)
		c.zero(s[u])
		c.zero(q[u])
	}
	c.move(c.row, c.x)
	c.move(c.left, c.rows)
	c.loop(label)
	for u := range vectors {
		v := []vreg{t, w}[u%2]
		c.load(v, c.row, u*size, part)
		c.calc(opSub, v, v, p[u])
		c.calc(opAdd, s[u], s[u], v)
		c.calc(opFMA, q[u], v, v, q[u])
	}
	c.add(c.row, c.ld)
	c.addJump(c.left, -1, "ne", label)
	for u := range vectors {
		c.store(p[u], c.mean, u*size, part)
	}
	// rest = s*inv, m2 = max(0, fma(s, s*-inv, q)).
	zero := p[0]
	c.zero(zero)
	c.param(t, "minus")
	for u := range vectors {
		c.calc(opMul, w, s[u], t)
		c.calc(opFMA, q[u], s[u], w, q[u])
		c.calc(opMax, q[u], zero, q[u])
		c.store(q[u], c.m2, u*size, part)
	}
	c.param(t, "inv")
	for u := range vectors {
		c.calc(opMul, s[u], s[u], t)
		c.store(s[u], c.rest, u*size, part)
	}
	for _, r := range []ireg{c.mean, c.rest, c.m2, c.x} {
		c.addImm(r, vectors*size)
	}
}

// sumRows is the sum of every row of a matrix.
type sumRows struct{}

func (sumRows) write(f loopFile, t target, d dtype) string {
	name := "sumRows" + d.suffix + t.suffix
	m := f.function(d, name, fmt.Sprintf("func(dst *%[1]s, rows int, x *%[1]s, ld, n int)", d.goName),
		name+" is dst[i] = the sum of row i of x, rows > 0 ld bytes apart.")
	b := newBuilder(m)
	b.accumulate(func(s val) val { return b.add(s, b.load("x")) })
	streams := map[string]ireg{"x": m.ireg()}
	dst, rows, x, ld, n, left := m.arg("dst"), m.arg("rows"), m.arg("x"), m.arg("ld"), m.arg("n"), m.ireg()
	body := newBody(b, []string{"x"}, streams, laneBytes/m.vectorBytes())
	m.label("rows")
	m.move(streams["x"], x)
	m.move(left, n)
	m.add(x, ld)
	body.reduceLoop(left, opAdd)
	m.storeElement(body.acc[0][0], dst)
	m.addImm(dst, d.size)
	m.addJump(rows, -1, "ne", "rows")
	m.ret()
	return fmt.Sprintf(`	k.SumRows = func(dst, x []%[1]s, ld, n int) {
		checkRows("SumRows", x, ld, len(dst), n)
		if raceEnabled {
			raceWrite(dst)
			for i := range dst {
				raceRead(x[i*ld:][:n])
			}
		}
		if len(dst) == 0 || n == 0 {
			clear(dst)
			return
		}
		%[2]s(&dst[0], len(dst), &x[0], %[3]d*ld, n)
	}
`, d.goName, name, d.size)
}
