package main

import "fmt"

func init() {
	families = append(families, loopFamily("eltwise", "EltwiseKernels", eltwise...))
}

var eltwise = []writer{
	&loopKernel{name: "Add", params: []param{out("dst"), in("x"), in("y")}, unroll: 8, nt: true,
		doc:  "is dst[i] = x[i] + y[i].",
		body: func(b *builder) { b.store("dst", b.add(b.load("x"), b.load("y"))) }},
	&loopKernel{name: "Scale", params: []param{out("dst"), scalar("a"), in("x")}, unroll: 8,
		doc:  "is dst[i] = a*x[i].",
		body: func(b *builder) { b.store("dst", b.mul(b.param("a"), b.load("x"))) }},
	&loopKernel{name: "Axpy", params: []param{out("dst"), scalar("a"), in("x")}, unroll: 8,
		doc:  "is dst[i] = fma(a, x[i], dst[i]).",
		body: axpy},
	&loopKernel{name: "Rot", params: []param{out("x"), out("y"), scalar("c"), scalar("s")}, unroll: 8,
		doc: "is x[i], y[i] = fma(c, x[i], s*y[i]), fma(c, y[i], -(s*x[i])).",
		body: func(b *builder) {
			c, s, x, y := b.param("c"), b.param("s"), b.load("x"), b.load("y")
			b.store("x", b.fma(c, x, b.mul(s, y)))
			b.store("y", b.fma(c, y, b.mul(b.neg(s), x)))
		}},
	&loopKernel{name: "Swap", params: []param{out("x"), out("y")}, unroll: 8,
		doc: "exchanges x and y.",
		body: func(b *builder) {
			x, y := b.load("x"), b.load("y")
			b.store("x", y)
			b.store("y", x)
		}},
	axpyRows{},
}

func axpy(b *builder) {
	b.store("dst", b.fma(b.param("a"), b.load("x"), b.load("dst")))
}

// axpyRows is axpy on every row of a matrix, which takes one load of a row and of y and
// one store for each vector: no better with several rows at a time.
type axpyRows struct{}

func (axpyRows) write(f loopFile, t target, d dtype) string {
	name := "axpyRows" + d.suffix + t.suffix
	m := f.function(d, name, fmt.Sprintf("func(dst *%[1]s, ld int, x *%[1]s, rows int, y *%[1]s, n int)", d.goName),
		name+" is row i of dst = fma(x[i], y, row i), rows > 0 ld bytes apart.")
	b := newBuilder(m)
	axpy(b)
	streams := map[string]ireg{"dst": m.ireg(), "x": m.ireg()}
	dst, ld, x, rows, y, n := m.arg("dst"), m.arg("ld"), m.arg("x"), m.arg("rows"), m.arg("y"), m.arg("n")
	body := newBody(b, []string{"dst", "x"}, streams, 0)
	body.mapRows(n, 8, func() {
		m.move(streams["dst"], dst)
		m.move(streams["x"], y)
		body.invariants(map[string]ireg{"a": x})
	}, func() {
		m.add(dst, ld)
		m.addImm(x, d.size)
		m.addJump(rows, -1, "ne", "row")
	})
	m.ret()
	return fmt.Sprintf(`	k.AxpyRows = func(dst []%[1]s, ld int, x, y []%[1]s) {
		rows, n := len(x), len(y)
		checkRows("AxpyRows", dst, ld, rows, n)
		if raceEnabled {
			raceRead(x)
			raceRead(y)
			for i := range rows {
				raceWrite(dst[i*ld:][:n])
			}
		}
		if rows > 0 && n > 0 {
			%[2]s(&dst[0], %[3]d*ld, &x[0], rows, &y[0], n)
		}
	}
`, d.goName, name, d.size)
}
