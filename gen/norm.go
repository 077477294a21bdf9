package main

import (
	"fmt"
	"slices"
	"strings"
)

func init() {
	families = append(families, loopFamily("norm", "NormKernels", norms...))
}

var norms = []writer{
	&loopKernel{name: "Norm", params: []param{out("dst"), in("x"), scalar("m"), scalar("s"), scalar("t"), scalar("lo")}, unroll: 4, nt: true, ahead: true,
		doc:  "is v = fma(x[i]-m, s, t); dst[i] = lo > v ? lo : v.",
		body: func(b *builder) { norm(b, b.param) }},
	&loopKernel{name: "NormGrad", params: []param{out("dx"), in("dy"), in("x"), in("y"), scalar("m"), scalar("a"), scalar("b"), scalar("c"), scalar("pass")}, unroll: 2, nt: true,
		doc:  "is dx[i] = fma(a, g[i], fma(b, x[i]-m, c)).",
		body: func(b *builder) { normGrad(b, b.param) }},
	&loopKernel{name: "NormRow", params: []param{out("dst"), in("x"), in("gamma"), in("beta"), scalar("m"), scalar("r"), scalar("q")}, unroll: 4, nt: true,
		doc: "is dst[j] = fma(fma(x[j]-m, r, q), gamma[j], beta[j]).",
		body: func(b *builder) {
			b.store("dst", b.fma(b.fma(b.sub(b.load("x"), b.param("m")), b.param("r"), b.param("q")), b.load("gamma"), b.load("beta")))
		}},
	&loopKernel{name: "NormRowAdd", params: []param{out("s1"), out("s2"), in("dy"), in("x"), scalar("m"), scalar("r"), scalar("q")}, unroll: 2,
		doc: "is s1[j] += dy[j]; s2[j] = fma(dy[j], fma(x[j]-m, r, q), s2[j]).",
		body: func(b *builder) {
			dy := b.load("dy")
			b.store("s1", b.add(b.load("s1"), dy))
			b.store("s2", b.fma(dy, b.fma(b.sub(b.load("x"), b.param("m")), b.param("r"), b.param("q")), b.load("s2")))
		}},
	normSums{},
	rowsKernel{name: "NormRows", out: []string{"dst"}, in: []string{"x"}, each: []string{"m", "s", "t", "lo"}, unroll: 4,
		doc:  "is v = fma(x[j]-m, s, t); dst[j] = lo > v ? lo : v",
		body: func(b *builder) { norm(b, b.param) }},
	rowsKernel{name: "DevSumRows", result: "dst", in: []string{"x"}, each: []string{"m"}, fold: opAdd,
		doc:  "is the sum of x[j]-m in 256 bytes of lanes",
		body: func(b *builder) { sumDistance(b, b.sub(b.load("x"), b.param("m"))) }},
	rowsKernel{name: "DevSqRows", result: "dst", in: []string{"x"}, each: []string{"m"}, fold: opAdd,
		doc:  "is the sum of (x[j]-m)² in 256 bytes of lanes",
		body: func(b *builder) { sumSquare(b, b.sub(b.load("x"), b.param("m"))) }},
	normCols{name: "NormCols", matrices: []string{"dst", "x"}, vectors: []string{"m", "s", "t"}, scalar: "lo", unroll: 4, nt: true,
		doc:  "is v = fma(x[j]-m[j], s[j], t[j]); dst[j] = lo > v ? lo : v",
		body: func(b *builder) { norm(b, b.load) }},
	normCols{name: "NormColSums", sums: []string{"s1", "s2"}, matrices: []string{"dy", "x", "y"}, vectors: []string{"m"}, scalar: "pass", unroll: 2,
		doc: "is s1[j] += g[j]; s2[j] = fma(g[j], x[j]-m[j], s2[j])",
		body: func(b *builder) {
			g := masked(b)
			b.store("s1", b.add(b.load("s1"), g))
			b.store("s2", b.fma(g, b.sub(b.load("x"), b.load("m")), b.load("s2")))
		}},
	normCols{name: "NormColsGrad", matrices: []string{"dx", "dy", "x", "y"}, vectors: []string{"m", "a", "b", "c"}, scalar: "pass", unroll: 2, nt: true,
		doc:  "is dx[j] = fma(a[j], g[j], fma(b[j], x[j]-m[j], c[j]))",
		body: func(b *builder) { normGrad(b, b.load) }},
}

// norm stores fma(x-m, s, t) or lo, m, s and t from where get finds them.
func norm(b *builder, get func(string) val) {
	b.store("dst", b.max(b.param("lo"), b.fma(b.sub(b.load("x"), get("m")), get("s"), get("t"))))
}

// masked is dy where the greater of y and pass is above 0.
func masked(b *builder) val {
	return b.keep(b.gt(b.max(b.load("y"), b.param("pass")), b.constant(0)), b.load("dy"))
}

func normGrad(b *builder, get func(string) val) {
	b.store("dx", b.fma(get("a"), masked(b), b.fma(get("b"), b.sub(b.load("x"), get("m")), get("c"))))
}

// normSums are the sums of a chunk of g and of g*(x-m): in one pass where there are
// registers for the lanes of both.
type normSums struct{}

func (k normSums) write(f loopFile, t target, d dtype) string {
	first := func(b *builder, g val) { b.accumulate(func(sum val) val { return b.add(sum, g) }) }
	second := func(b *builder, g val) {
		dev := b.sub(b.load("x"), b.param("m"))
		b.accumulate(func(sum val) val { return b.fma(g, dev, sum) })
	}
	var run string
	if t.registers >= 2*laneBytes/t.bytes+8 {
		run = k.function(f, t, d, "", 0, func(b *builder) {
			g := masked(b)
			first(b, g)
			second(b, g)
		})
	} else {
		run = k.function(f, t, d, "1", 0, func(b *builder) { first(b, masked(b)) }) +
			k.function(f, t, d, "2", 1, func(b *builder) { second(b, masked(b)) })
	}
	return fmt.Sprintf(`	k.NormSums = func(dy, x, y []%[1]s, m, pass %[1]s) (%[1]s, %[1]s) {
		x, y = x[:len(dy):len(x)], y[:len(dy):len(y)]
		if raceEnabled {
			raceRead(dy)
			raceRead(x)
			raceRead(y)
		}
		if len(dy) == 0 {
			return 0, 0
		}
		var s [2]%[1]s
		%[2]sreturn s[0], s[1]
	}
`, d.goName, run)
}

// function writes the function of one sum, or of both, and returns the line that calls
// it.
func (k normSums) function(f loopFile, t target, d dtype, which string, at int, program func(b *builder)) string {
	name := "normSums" + which + d.suffix + t.suffix
	m := f.function(d, name, fmt.Sprintf("func(dy, x, y *%[1]s, m, pass %[1]s, n int, s *%[1]s)", d.goName),
		name+" leaves "+map[string]string{"": "the sums", "1": "the first sum", "2": "the second sum"}[which]+" of NormSums at s.")
	b := newBuilder(m)
	program(b)
	streams := map[string]ireg{}
	var order []string
	for _, s := range []string{"dy", "x", "y"} {
		if _, ok := b.loads[s]; ok {
			streams[s], order = m.arg(s), append(order, s)
		}
	}
	n, to := m.arg("n"), m.arg("s")
	body := newBody(b, order, streams, laneBytes/m.vectorBytes())
	body.fit(laneBytes / m.vectorBytes())
	body.invariants(nil)
	body.reduceAligned(n, opAdd)
	for _, acc := range body.acc {
		m.storeElement(acc[0], to)
		m.addImm(to, d.size)
	}
	m.ret()
	return fmt.Sprintf("%s(&dy[0], &x[0], &y[0], m, pass, len(dy), &s[%d])\n", name, at)
}

// normCols runs a program over the rows of matrices, beside vectors that are as long as a
// row. Its faces are in norm_faces.go.
type normCols struct {
	name     string
	sums     []string // vectors that are written, the first parameters
	matrices []string
	vectors  []string
	scalar   string
	doc      string
	body     func(b *builder)
	unroll   int
	nt       bool // there is one that stores past the caches as well
}

// frame is what machines add to registers from the arguments of the function, where
// there are more of those than registers.
type frame interface {
	loadArg(dst ireg, name string)
	addArg(dst ireg, name string)
	subArg(dst ireg, name string)
}

func (m *amd64Machine) loadArg(dst ireg, name string) { m.Load(m.Param(name), m.gp(dst)) }
func (m *amd64Machine) addArg(dst ireg, name string)  { m.ADDQ(m.arg64(name), m.gp(dst)) }
func (m *amd64Machine) subArg(dst ireg, name string)  { m.SUBQ(m.arg64(name), m.gp(dst)) }

func (m *neonMachine) loadArg(dst ireg, name string) { m.Param(name, m.r(dst)) }
func (m *neonMachine) addArg(dst ireg, name string) {
	m.Param(name, neonTmp)
	m.Add(m.r(dst), m.r(dst), neonTmp)
}
func (m *neonMachine) subArg(dst ireg, name string) {
	m.Param(name, neonTmp)
	m.Sub(m.r(dst), m.r(dst), neonTmp)
}

func (k normCols) write(f loopFile, t target, d dtype) string {
	k.function(f, t, d, "")
	if !k.nt {
		return fmt.Sprintf("\tk.%s = %sFace(%s, %d)\n", k.name, k.symbol(), k.symbol()+d.suffix+t.suffix, t.bytes/d.size)
	}
	return k.face(t, d, "nil")
}

// writeNT returns the assignment in the table of kernels that store past the caches: the
// face has both, since matrices may not lie at full vectors.
func (k normCols) writeNT(f loopFile, t target, d dtype) string {
	if !k.nt || !t.streaming {
		return ""
	}
	k.function(f, t, d, "Past")
	return k.face(t, d, k.symbol()+"Past"+d.suffix+t.suffix)
}

func (k normCols) face(t target, d dtype, past string) string {
	return fmt.Sprintf("\tk.%s = %sFace(%s, %s, %d)\n", k.name, k.symbol(), k.symbol()+d.suffix+t.suffix, past, t.bytes/d.size)
}

func (k normCols) symbol() string { return strings.ToLower(k.name[:1]) + k.name[1:] }

// function writes the function; past is "Past" where it stores past the caches.
func (k normCols) function(f loopFile, t target, d dtype, past string) {
	name := k.symbol() + past + d.suffix + t.suffix
	pointers := slices.Concat(k.sums, k.matrices, k.vectors)
	doc := fmt.Sprintf("%s %s in rows > 0 of n > 0 elements.", name, k.doc)
	if past != "" {
		doc += " It stores past the caches; rows are whole vectors, and those of the first matrix aligned."
	}
	m := f.function(d, name, fmt.Sprintf("func(%s *%s, %s %[2]s, step, back, rows, n int)", strings.Join(pointers, ", "), d.goName, k.scalar), doc)
	fm := m.(frame)
	b := newBuilder(m)
	k.body(b)
	streams := map[string]ireg{}
	for _, s := range pointers {
		streams[s] = m.arg(s)
	}
	rows, left := m.arg("rows"), m.ireg()
	var part ireg
	if past == "" {
		part = m.ireg()
	}
	body := newBody(b, pointers, streams, 0)
	body.fit(k.unroll)
	body.invariants(nil)
	if past == "" {
		m.storeExactly(true)
		fm.loadArg(part, "n")
		m.andImm(part, vector(m)-1)
		m.testJump(part, "eq", "row")
		m.beginPart(part)
	} else {
		m.storeStreaming(true)
	}
	m.label("row")
	fm.loadArg(left, "n")
	if past == "" {
		body.mapLoop(left, k.unroll, &part)
	} else {
		body.mapVectors(left, k.unroll)
	}
	for _, s := range k.matrices {
		fm.addArg(streams[s], "step")
	}
	for _, s := range slices.Concat(k.sums, k.vectors) {
		fm.subArg(streams[s], "back")
	}
	m.addJump(rows, -1, "ne", "row")
	if past != "" {
		m.storeStreaming(false)
	}
	m.ret()
}

// mapVectors is mapLoop for n elements that are whole vectors, one or more.
func (d *body) mapVectors(n ireg, unroll int) {
	m, l := d.m, vector(d.m)
	unroll = d.fitting(unroll)
	step := func(vectors int) {
		d.round(0, vectors, 0, false)
		d.advance(vectors * m.vectorBytes())
	}
	if unroll > 1 {
		m.addJump(n, -unroll*l, "lt", "few")
		m.loop("vectors")
		step(unroll)
		m.addJump(n, -unroll*l, "ge", "vectors")
		m.label("few")
		m.addJump(n, unroll*l, "eq", "done")
	}
	m.label("vector")
	step(1)
	m.addJump(n, -l, "ne", "vector")
	m.label("done")
}
