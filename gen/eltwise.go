package main

func init() {
	families = append(families, loopFamily("eltwise", "EltwiseKernels", eltwise...))
}

var eltwise = []writer{
	&loopKernel{name: "Add", params: []param{out("dst"), in("x"), in("y")}, unroll: 4,
		doc:  "is dst[i] = x[i] + y[i].",
		body: func(b *builder) { b.store("dst", b.add(b.load("x"), b.load("y"))) }},
	&loopKernel{name: "Scale", params: []param{out("dst"), scalar("a"), in("x")}, unroll: 4,
		doc:  "is dst[i] = a*x[i].",
		body: func(b *builder) { b.store("dst", b.mul(b.param("a"), b.load("x"))) }},
	&loopKernel{name: "Axpy", params: []param{out("dst"), scalar("a"), in("x")}, unroll: 4,
		doc:  "is dst[i] = fma(a, x[i], dst[i]).",
		body: axpy},
	&loopKernel{name: "Rot", params: []param{out("x"), out("y"), scalar("c"), scalar("s")}, unroll: 4,
		doc: "is x[i], y[i] = fma(c, x[i], s*y[i]), fma(c, y[i], -(s*x[i])).",
		body: func(b *builder) {
			c, s, x, y := b.param("c"), b.param("s"), b.load("x"), b.load("y")
			b.store("x", b.fma(c, x, b.mul(s, y)))
			b.store("y", b.fma(c, y, b.mul(b.neg(s), x)))
		}},
	&loopKernel{name: "Swap", params: []param{out("x"), out("y")}, unroll: 4,
		doc: "exchanges x and y.",
		body: func(b *builder) {
			x, y := b.load("x"), b.load("y")
			b.store("x", y)
			b.store("y", x)
		}},
}

func axpy(b *builder) {
	b.store("dst", b.fma(b.param("a"), b.load("x"), b.load("dst")))
}
