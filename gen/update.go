package main

func init() {
	families = append(families, loopFamily("update", "UpdateKernels", update...))
}

// gradient is d = scale*dw, and fma(decay, w, d) where decay is not 0. Without decay
// that is fma(-0, +0, d), which is d whatever it is, and whatever w is.
func gradient(b *builder) val {
	decay := b.param("decay")
	some := b.ne(decay, b.constant(0))
	factor := b.sel(some, decay, b.constant(b.sign()))
	d := b.mul(b.param("scale"), b.load("dw"))
	return b.fma(factor, b.keep(some, b.load("w")), d)
}

// step is w = fma(-lr, x, w).
func step(b *builder, x, w val) { b.store("w", b.fma(b.neg(b.param("lr")), x, w)) }

var update = []writer{
	&loopKernel{name: "SGD", params: []param{out("w"), in("dw"), scalar("lr"), scalar("decay"), scalar("scale")}, unroll: 4,
		doc:  "is w[i] = fma(-lr, d, w[i]).",
		body: func(b *builder) { step(b, gradient(b), b.load("w")) }},
	&loopKernel{name: "SGDMomentum", params: []param{out("w"), out("v"), in("dw"), scalar("a"), scalar("b"), scalar("mu"), scalar("decay"), scalar("scale")}, unroll: 4,
		doc: "is v[i] = fma(mu, v[i], a*d); w[i] = fma(b, v[i], w[i]).",
		body: func(b *builder) {
			v := b.fma(b.param("mu"), b.load("v"), b.mul(b.param("a"), gradient(b)))
			b.store("v", v)
			b.store("w", b.fma(b.param("b"), v, b.load("w")))
		}},
	&loopKernel{name: "Nesterov", params: []param{out("w"), out("v"), in("dw"), scalar("a"), scalar("b"), scalar("mu"), scalar("decay"), scalar("scale")}, unroll: 4,
		doc: "is v[i] = fma(mu, v[i], a*d); w[i] = fma(b, fma(mu, v[i], a*d), w[i]).",
		body: func(b *builder) {
			d, mu := b.mul(b.param("a"), gradient(b)), b.param("mu")
			v := b.fma(mu, b.load("v"), d)
			b.store("v", v)
			b.store("w", b.fma(b.param("b"), b.fma(mu, v, d), b.load("w")))
		}},
	&loopKernel{name: "RMSprop", params: []param{out("w"), out("s"), in("dw"), scalar("lr"), scalar("alpha"), scalar("c"), scalar("eps"), scalar("decay"), scalar("scale")}, unroll: 1,
		doc: "is s[i] = fma(c*d, d, alpha*s[i]); w[i] = fma(-lr, d/(sqrt(s[i])+eps), w[i]).",
		body: func(b *builder) {
			d := gradient(b)
			s := b.fma(b.mul(b.param("c"), d), d, b.mul(b.param("alpha"), b.load("s")))
			b.store("s", s)
			step(b, b.div(d, b.add(b.sqrt(s), b.param("eps"))), b.load("w"))
		}},
	&loopKernel{name: "Adam", params: []param{out("w"), out("m"), out("v"), in("dw"), scalar("lr"), scalar("c1"), scalar("beta2"), scalar("c2"), scalar("eps"), scalar("decay"), scalar("keep"), scalar("scale")}, unroll: 1,
		doc: "is m[i] = fma(c1, d-m[i], m[i]); v[i] = fma(c2*d, d, beta2*v[i]); w[i] = fma(-lr, m[i]/(sqrt(v[i])+eps), keep*w[i]).",
		body: func(b *builder) {
			d, m := gradient(b), b.load("m")
			m = b.fma(b.param("c1"), b.sub(d, m), m)
			b.store("m", m)
			v := b.fma(b.mul(b.param("c2"), d), d, b.mul(b.param("beta2"), b.load("v")))
			b.store("v", v)
			step(b, b.div(m, b.add(b.sqrt(v), b.param("eps"))), b.mul(b.param("keep"), b.load("w")))
		}},
}
