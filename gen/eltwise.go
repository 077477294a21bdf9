package main

import "fmt"

func init() {
	families = append(families, loopFamily("eltwise", "EltwiseKernels", eltwise...))
}

var eltwise = []writer{
	map2("Add", "is dst[i] = x[i] + y[i].", (*builder).add),
	map2("Sub", "is dst[i] = x[i] - y[i].", (*builder).sub),
	map2("Mul", "is dst[i] = x[i] * y[i].", (*builder).mul),
	map2("Div", "is dst[i] = x[i] / y[i].", (*builder).div),
	&loopKernel{name: "FMA", params: []param{out("dst"), in("x"), in("y"), in("z")}, unroll: 4, nt: true,
		doc:  "is dst[i] = fma(x[i], y[i], z[i]).",
		body: func(b *builder) { b.store("dst", b.fma(b.load("x"), b.load("y"), b.load("z"))) }},
	&loopKernel{name: "Affine", params: []param{out("dst"), in("x"), scalar("a"), scalar("b")}, unroll: 4, nt: true,
		doc:  "is dst[i] = fma(x[i], a, b).",
		body: func(b *builder) { b.store("dst", b.fma(b.param("a"), b.load("x"), b.param("b"))) }},
	&loopKernel{name: "Abs", params: []param{out("dst"), in("x")}, unroll: 4, nt: true,
		doc:  "is dst[i] = |x[i]|.",
		body: func(b *builder) { b.store("dst", b.abs(b.load("x"))) }},
	&loopKernel{name: "Sqrt", params: []param{out("dst"), in("x")}, unroll: 4, nt: true,
		doc:  "is dst[i] = the square root of x[i].",
		body: func(b *builder) { b.store("dst", b.sqrt(b.load("x"))) }},
	&loopKernel{name: "Fill", params: []param{out("dst"), scalar("a")}, unroll: 4,
		doc:  "is dst[i] = a.",
		body: func(b *builder) { b.store("dst", b.param("a")) }},
	&loopKernel{name: "Copy", params: []param{out("dst"), in("x")}, unroll: 4, nt: true,
		doc:  "is dst[i] = x[i].",
		body: func(b *builder) { b.store("dst", b.load("x")) }},
	&loopKernel{name: "Scale", params: []param{out("dst"), scalar("a"), in("x")}, unroll: 8, nt: true,
		doc:  "is dst[i] = a*x[i].",
		body: func(b *builder) { b.store("dst", b.mul(b.param("a"), b.load("x"))) }},
	map2("Maximum", "is dst[i] = x[i] > y[i] ? x[i] : y[i], or NaN.", func(b *builder, x, y val) val {
		return b.sel(b.eq(x, x), b.max(x, y), x)
	}),
	map2("Minimum", "is dst[i] = x[i] < y[i] ? x[i] : y[i], or NaN.", func(b *builder, x, y val) val {
		return b.sel(b.eq(x, x), b.min(x, y), x)
	}),
	&loopKernel{name: "Clamp", params: []param{out("dst"), in("x"), scalar("lo"), scalar("hi")}, unroll: 4, nt: true,
		doc:  "is x[i] moved to between lo and hi.",
		body: func(b *builder) { b.store("dst", b.min(b.param("hi"), b.max(b.param("lo"), b.load("x")))) }},
	map2("Eq", "is dst[i] = x[i] == y[i] ? 1 : 0.", holds((*builder).eq)),
	map2("Ne", "is dst[i] = x[i] != y[i] ? 1 : 0.", holds((*builder).ne)),
	map2("Lt", "is dst[i] = x[i] < y[i] ? 1 : 0.", holds((*builder).lt)),
	map2("Le", "is dst[i] = x[i] <= y[i] ? 1 : 0.", holds((*builder).le)),
	&loopKernel{name: "Select", params: []param{out("dst"), in("mask"), in("x"), in("y")}, unroll: 4, nt: true,
		doc: "is dst[i] = mask[i] != 0 ? x[i] : y[i].",
		body: func(b *builder) {
			b.store("dst", b.sel(b.ne(b.load("mask"), b.constant(0)), b.load("x"), b.load("y")))
		}},
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

// map2 is a kernel of two inputs.
func map2(name string, doc string, f func(b *builder, x, y val) val) *loopKernel {
	return &loopKernel{name: name, params: []param{out("dst"), in("x"), in("y")}, unroll: 4, nt: true, doc: doc,
		body: func(b *builder) { b.store("dst", f(b, b.load("x"), b.load("y"))) }}
}

// holds is 1 where a comparison holds and 0 elsewhere.
func holds(compare func(b *builder, x, y val) mask) func(b *builder, x, y val) val {
	return func(b *builder, x, y val) val { return b.keep(compare(b, x, y), b.float(1)) }
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
