package main

func init() {
	families = append(families, loopFamily("loss", "LossKernels", append(losses, lossPairs...)...))
}

var losses = []writer{
	rowsKernel{name: "MaxRows", result: "dst", in: []string{"x"}, fold: opMax, start: -inf,
		doc:  "is the greatest element, NaNs left out,",
		body: func(b *builder) { b.accumulate(func(m val) val { return b.max(b.load("x"), m) }) }},
	rowsKernel{name: "ExpSumRows", out: []string{"dst"}, result: "sum", in: []string{"x"}, each: []string{"shift"}, fold: opAdd,
		doc: "is dst[j] = Exp(x[j] - shift) and the sum of those in 256 bytes of lanes",
		body: func(b *builder) {
			e := expProgram(b, b.sub(b.load("x"), b.param("shift")))
			b.store("dst", e)
			b.accumulate(func(s val) val { return b.add(s, e) })
		}},
	rowsKernel{name: "ScaleRows", out: []string{"dst"}, in: []string{"x"}, each: []string{"a"}, unroll: 4,
		doc:  "is dst[j] = a*x[j]",
		body: func(b *builder) { b.store("dst", b.mul(b.load("x"), b.param("a"))) }},
	rowsKernel{name: "ShiftRows", out: []string{"dst"}, in: []string{"x"}, each: []string{"a", "b"}, unroll: 4,
		doc:  "is dst[j] = (x[j] - a) - b",
		body: func(b *builder) { b.store("dst", b.sub(b.sub(b.load("x"), b.param("a")), b.param("b"))) }},
	rowsKernel{name: "DotsRows", result: "dst", in: []string{"x", "y"}, fold: opAdd,
		doc: "is the inner product of x and y in 256 bytes of lanes",
		body: func(b *builder) {
			b.accumulate(func(s val) val { return b.fma(b.load("x"), b.load("y"), s) })
		}},
	rowsKernel{name: "SoftmaxGradRows", out: []string{"dx"}, in: []string{"dy", "y"}, each: []string{"a"}, unroll: 4,
		doc:  "is dx[j] = y[j]*(dy[j] - a)",
		body: func(b *builder) { b.store("dx", b.mul(b.load("y"), b.sub(b.load("dy"), b.param("a")))) }},
	rowsKernel{name: "LogSoftmaxGradRows", out: []string{"dx"}, in: []string{"dy", "y"}, each: []string{"a"}, unroll: 2,
		doc: "is dx[j] = fma(-Exp(y[j]), a, dy[j])",
		body: func(b *builder) {
			b.store("dx", b.fma(expProgram(b, b.load("y")), b.neg(b.param("a")), b.load("dy")))
		}},
	rowsKernel{name: "HingeRows", out: []string{"dst", "mask"}, in: []string{"x"}, each: []string{"a"}, unroll: 4,
		doc: "is, with v = (x[j] - a) + 1, dst[j] = v < 0 ? 0 : v and mask[j] = v > 0 ? 1 : 0",
		body: func(b *builder) {
			v, zero := b.add(b.sub(b.load("x"), b.param("a")), b.float(1)), b.constant(0)
			b.store("dst", b.drop(b.lt(v, zero), v))
			b.store("mask", b.keep(b.gt(v, zero), b.float(1)))
		}},
}
