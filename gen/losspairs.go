package main

var lossPairs = []writer{
	&loopKernel{name: "SquaredLoss", params: pairParams("s"), unroll: 4,
		doc: "is, with d = x[i] - y[i], loss[i] = d*d and dx[i] = d*s.",
		body: func(b *builder) {
			d := b.sub(b.load("x"), b.load("y"))
			b.store("loss", b.mul(d, d))
			b.store("dx", b.mul(d, b.param("s")))
		}},
	&loopKernel{name: "AbsLoss", params: pairParams("s"), unroll: 2,
		doc: "is, with d = x[i] - y[i], loss[i] = |d| and dx[i] = d < 0 ? -s : d > 0 ? s : 0.",
		body: func(b *builder) {
			d, zero := b.sub(b.load("x"), b.load("y")), b.constant(0)
			b.store("loss", b.abs(d))
			b.store("dx", b.sel(b.lt(d, zero), b.neg(b.param("s")), b.keep(b.gt(d, zero), b.param("s"))))
		}},
	&loopKernel{name: "HuberLoss", params: pairParams("delta", "a", "s"), unroll: 2,
		doc: "is, with d = x[i] - y[i] and k = d within delta, loss[i] = (k*a) * fma(-0.5, k, d) and dx[i] = k*s.",
		body: func(b *builder) {
			d, delta := b.sub(b.load("x"), b.load("y")), b.param("delta")
			k := b.min(delta, b.max(b.neg(delta), d))
			b.store("loss", b.mul(b.mul(k, b.param("a")), b.fma(b.float(-0.5), k, d)))
			b.store("dx", b.mul(k, b.param("s")))
		}},
	&loopKernel{name: "LogisticLoss", params: pairParams("s"), unroll: 2,
		doc: "is the cross-entropy of logits x and probabilities y, and its gradient times s.",
		body: func(b *builder) {
			x, y := b.load("x"), b.load("y")
			zero, one := b.constant(0), b.float(1)
			below := b.lt(x, zero)
			e := expProgram(b, b.or(b.constant(b.sign()), x))
			r := b.div(e, b.add(one, e))
			l := b.fma(b.neg(x), y, b.drop(below, x))
			b.store("loss", b.add(l, log1pProgram(b, e)))
			b.store("dx", b.mul(b.sel(below, b.sub(r, y), b.sub(b.sub(one, y), r)), b.param("s")))
		}},
}

// pairParams are the slices of the kernels and these scalars.
func pairParams(scalars ...string) []param {
	p := []param{out("loss"), out("dx"), in("x"), in("y")}
	for _, s := range scalars {
		p = append(p, scalar(s))
	}
	return p
}
