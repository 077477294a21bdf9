package main

func init() {
	families = append(families, loopFamily("act", "ActKernels", activations...))
}

// The programs of asm/act*.go, operation by operation. Those of a few operations go
// four vectors a round, longer ones two or, where that is faster, four. What writes past
// the caches is what memory bounds on one thread.

var activations = []writer{
	activation("ReLU", 4, true, "is dst[i] = x[i] < 0 ? 0 : x[i].", func(b *builder, x val) val {
		return b.drop(b.lt(x, b.constant(0)), x)
	}),
	slopeOf("ReLUGrad", 4, true, "y", "is dx[i] = y[i] > 0 ? dy[i] : 0.", func(b *builder, dy, y val) val {
		return b.keep(b.gt(y, b.constant(0)), dy)
	}),
	activation("LeakyReLU", 4, true, "is dst[i] = x[i] < 0 ? a*x[i] : x[i].", func(b *builder, x val) val {
		return b.sel(b.lt(x, b.constant(0)), b.mul(b.param("a"), x), x)
	}, "a"),
	slopeOf("LeakyReLUGrad", 4, true, "y", "is dx[i] = y[i] > 0 ? dy[i] : a*dy[i].", func(b *builder, dy, y val) val {
		return b.sel(b.gt(y, b.constant(0)), dy, b.mul(b.param("a"), dy))
	}, "a"),
	&loopKernel{name: "PReLU", params: []param{out("dst"), in("x"), in("slope")}, unroll: 4, nt: true,
		doc: "is dst[i] = x[i] < 0 ? slope[i]*x[i] : x[i].",
		body: func(b *builder) {
			x := b.load("x")
			b.store("dst", b.sel(b.lt(x, b.constant(0)), b.mul(x, b.load("slope")), x))
		}},
	&loopKernel{name: "PReLUGrad", params: []param{out("dx"), in("dy"), in("x"), in("slope")}, unroll: 4, nt: true,
		doc: "is dx[i] = x[i] > 0 ? dy[i] : slope[i]*dy[i].",
		body: func(b *builder) {
			dy := b.load("dy")
			b.store("dx", b.sel(b.gt(b.load("x"), b.constant(0)), dy, b.mul(dy, b.load("slope"))))
		}},
	&loopKernel{name: "PReLUSlope", params: []param{out("dst"), in("dy"), in("x")}, unroll: 4,
		doc: "is dst[i] = x[i] < 0 ? dy[i]*x[i] : 0.",
		body: func(b *builder) {
			x := b.load("x")
			b.store("dst", b.keep(b.lt(x, b.constant(0)), b.mul(x, b.load("dy"))))
		}},
	slopeOf("ClampGrad", 2, false, "y", "is dx[i] = lo < y[i] && y[i] < hi ? a*dy[i] : 0.", func(b *builder, dy, y val) val {
		return b.keep(b.lt(b.param("lo"), y), b.keep(b.lt(y, b.param("hi")), b.mul(b.param("a"), dy)))
	}, "a", "lo", "hi"),
	activation("HardSigmoid", 2, false, "is dst[i] = min(max(x[i]+3, 0), 6)/6.", func(b *builder, x val) val {
		x = b.max(b.constant(0), b.add(x, b.float(3)))
		return b.mul(b.min(b.float(6), x), b.float(1.0/6))
	}),
	activation("Step", 2, false, "is dst[i] = x[i] < 0 ? 0 : x[i] >= 0 ? 1 : x[i].", func(b *builder, x val) val {
		zero := b.constant(0)
		return b.drop(b.lt(x, zero), b.sel(b.le(zero, x), b.float(1), x))
	}),
	slopeOf("SigmoidGrad", 2, true, "y", "is dx[i] = dy[i] * (y[i]*(1-y[i])).", func(b *builder, dy, y val) val {
		return b.mul(dy, b.mul(y, b.sub(b.float(1), y)))
	}),
	slopeOf("TanhGrad", 2, true, "y", "is dx[i] = dy[i] * ((1-y[i])*(1+y[i])).", func(b *builder, dy, y val) val {
		return b.mul(dy, b.mul(b.sub(b.float(1), y), b.add(b.float(1), y)))
	}),
	activation("Softsign", 2, false, "is dst[i] = x[i]/(1 + |x[i]|).", func(b *builder, x val) val {
		x = bounded(b, x, -0x1p60, 0x1p60)
		return b.div(x, b.add(b.float(1), b.abs(x)))
	}),
	slopeOf("SoftsignGrad", 2, false, "y", "is dx[i] = dy[i] * (1-|y[i]|)².", func(b *builder, dy, y val) val {
		t := b.sub(b.float(1), b.abs(y))
		return b.mul(dy, b.mul(t, t))
	}),
	&loopKernel{name: "MaxoutGrad", params: []param{out("dx"), in("dy"), in("x"), in("y")}, unroll: 2,
		doc: "is dx[i] = x[i] == y[i] or x[i] is NaN ? dy[i] : 0.",
		body: func(b *builder) {
			dy, x := b.load("dy"), b.load("x")
			b.store("dx", b.sel(b.eq(x, b.load("y")), dy, b.drop(b.eq(x, x), dy)))
		}},
	&loopKernel{name: "MaxoutRest", params: []param{out("dst"), in("dy"), in("x"), in("y")}, unroll: 2,
		doc: "is dst[i] = x[i] == y[i] or x[i] is NaN ? 0 : dy[i].",
		body: func(b *builder) {
			x := b.load("x")
			b.store("dst", b.keep(b.eq(x, x), b.drop(b.eq(x, b.load("y")), b.load("dy"))))
		}},

	activation("ELU", 2, true, "is dst[i] = x[i] < 0 ? neg*(e^(in*x[i]) - 1) : pos*x[i].", func(b *builder, x val) val {
		e := expm1Neg(b, b.mul(b.param("in"), x))
		return b.sel(b.lt(x, b.constant(0)), b.mul(b.param("neg"), e), b.mul(b.param("pos"), x))
	}, "in", "neg", "pos"),
	slopeOf("ELUGrad", 2, true, "y", "is dx[i] = dy[i] * (y[i] > 0 ? pos : fma(y[i], c, d)).", func(b *builder, dy, y val) val {
		return b.mul(dy, b.sel(b.gt(y, b.constant(0)), b.param("pos"), b.fma(y, b.param("c"), b.param("d"))))
	}, "c", "d", "pos"),
	activation("Softplus", 4, false, "is dst[i] = max(x[i], 0) + log(1 + e^-|x[i]|).", softplusProgram),
	slopeOf("SoftplusGrad", 4, false, "y", "is dx[i] = dy[i] * (1 - e^-y[i]).", func(b *builder, dy, y val) val {
		return b.mul(dy, b.sub(b.constant(0), expm1Neg(b, b.neg(y))))
	}),
	activation("SiLU", 2, true, "is dst[i] = x[i]/(1 + e^-x[i]).", siluProgram),
	slopeOf("SiLUGrad", 2, false, "x", "is dx[i] = dy[i] times the derivative of SiLU at x[i].", func(b *builder, dy, x val) val {
		return b.mul(dy, siluSlope(b, x))
	}),
	activation("Mish", 4, false, "is dst[i] = x[i]*tanh(log(1 + e^x[i])).", mishProgram),
	slopeOf("MishGrad", 4, false, "x", "is dx[i] = dy[i] times the derivative of Mish at x[i].", func(b *builder, dy, x val) val {
		return b.mul(dy, mishSlope(b, x))
	}),
	activation("GELU", 4, false, "is dst[i] = x[i]*Φ(x[i]).", geluProgram),
	slopeOf("GELUGrad", 2, false, "x", "is dx[i] = dy[i] times the derivative of GELU at x[i].", func(b *builder, dy, x val) val {
		return b.mul(dy, geluSlope(b, x))
	}),
	activation("GELUTanh", 4, false, "is dst[i] = x[i]/2 * (1 + tanh(√(2/π)*(x[i] + 0.044715*x[i]³))).", geluTanhProgram),
	slopeOf("GELUTanhGrad", 2, false, "x", "is dx[i] = dy[i] times the derivative of GELUTanh at x[i].", func(b *builder, dy, x val) val {
		return b.mul(dy, geluTanhSlope(b, x))
	}),
}

// activation is a kernel of one input, and of scalars.
func activation(name string, unroll int, nt bool, doc string, f func(b *builder, x val) val, scalars ...string) *loopKernel {
	k := &loopKernel{name: name, params: []param{out("dst"), in("x")}, unroll: unroll, nt: nt, doc: doc,
		body: func(b *builder) { b.store("dst", f(b, b.load("x"))) }}
	for _, s := range scalars {
		k.params = append(k.params, scalar(s))
	}
	return k
}

// slopeOf is one of dy and of another input, and of scalars.
func slopeOf(name string, unroll int, nt bool, at, doc string, f func(b *builder, dy, at val) val, scalars ...string) *loopKernel {
	k := &loopKernel{name: name, params: []param{out("dx"), in("dy"), in(at)}, unroll: unroll, nt: nt, doc: doc,
		body: func(b *builder) { b.store("dx", f(b, b.load("dy"), b.load(at))) }}
	for _, s := range scalars {
		k.params = append(k.params, scalar(s))
	}
	return k
}
