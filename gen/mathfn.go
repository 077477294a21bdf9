package main

import "math"

var inf, nan = math.Inf(1), math.NaN()

func init() {
	families = append(families, loopFamily("mathfn", "MathKernels", mathfns...))
}

var mathfns = []writer{
	mathfn("Exp", 4, "is dst[i] = Exp(x[i]).", expProgram),
	mathfn("Expm1", 2, "is dst[i] = Expm1(x[i]).", expm1Program),
	mathfn("Log", 4, "is dst[i] = Log(x[i]).", logProgram),
	mathfn("Log1p", 2, "is dst[i] = Log1p(x[i]).", log1pProgram),
	mathfn("Tanh", 2, "is dst[i] = Tanh(x[i]).", tanhProgram),
	mathfn("Sigmoid", 2, "is dst[i] = Sigmoid(x[i]).", sigmoidProgram),
	mathfn("Erf", 2, "is dst[i] = Erf(x[i]).", erfProgram),
	mathfn("Rsqrt", 2, "is dst[i] = Rsqrt(x[i]).", rsqrtProgram),
}

func mathfn(name string, unroll int, doc string, f func(b *builder, x val) val) *loopKernel {
	return &loopKernel{name: name, params: []param{out("dst"), in("x")}, unroll: unroll, nt: true, doc: doc,
		body: func(b *builder) { b.store("dst", f(b, b.load("x"))) }}
}

// The programs of asm/mathfn*.go, operation by operation. A program takes values and
// gives one; pieces of them serve other families.

// of is the constant for the element type.
func (b *builder) of(single, double float64) float64 {
	if b.d.size == 4 {
		return single
	}
	return double
}

// mantissa is the number of explicit bits of a mantissa, bias that of exponents.
func (b *builder) mantissa() int { return int(b.of(23, 52)) }
func (b *builder) bias() float64 { return b.of(127, 1023) }

// magic is what rounds to an integer when it is added.
func (b *builder) magic() float64 { return b.of(0x1.8p23, 0x1.8p52) }

// reduceExp is x = n·ln2 + r with an integer n and |r| <= ln2/2: t is n + shift in the
// low bits of a number, n is that as one.
func reduceExp(b *builder, x val, shift float64) (t, n, r val) {
	m := b.float(b.magic() + shift)
	t = b.fma(x, b.float(b.of(0x1.715476p0, 0x1.71547652b82fep0)), m)
	n = b.sub(t, m)
	r = b.fma(n, b.float(-b.of(0x1.62e4p-1, 0x1.62e42fefa38p-1)), x)
	return t, n, b.fma(n, b.float(-b.of(0x1.7f7d1cp-20, 0x1.ef35793c7673p-45)), r)
}

// expTail is (e^r - 1 - r)/r² for |r| <= ln2/2.
func expTail(b *builder, r val) val {
	if b.d.size == 4 {
		return b.horner(r, 0x1.694cc6p-10, 0x1.123986p-7, 0x1.555a26p-5, 0x1.555492p-3, 0x1.fffffap-2)
	}
	return b.horner(r, 0x1.ad9c04d193c8ep-26, 0x1.28ae1f55e92ebp-22, 0x1.71df133af5381p-19, 0x1.a019993df1f33p-16,
		0x1.a01a01327da47p-13, 0x1.6c16c18481032p-10, 0x1.1111111126385p-7, 0x1.555555555069ep-5, 0x1.55555555555p-3, 0x1.000000000000ap-1)
}

// expProgram is Exp.
func expProgram(b *builder, x val) val {
	x = b.max(b.float(b.of(-104, -746)), x)
	x = b.min(b.float(b.of(88.8, 710)), x)
	scalef := b.m.has(opScalef)
	shift := b.of(254, 2046)
	if scalef {
		shift = 0
	}
	t, n, r := reduceExp(b, x, shift)
	p := expTail(b, r)
	p = b.fma(p, r, b.float(1))
	p = b.fma(p, r, b.float(1))
	if scalef { // rounds once, as the two steps do
		return b.calc(opScalef, p, n)
	}
	half := b.constant(uint64(1) << (8*b.d.size - 2))
	s := b.xor(b.and(b.shr(x, 1), half), b.float(b.of(0x1p64, 0x1p512)))
	return b.mul(b.mul(p, b.isub(b.shl(t, b.mantissa()), s)), s)
}

// logTail is (log(1+f) - f)/f² for -1/4 <= f <= 1/2.
func logTail(b *builder, f val) val {
	if b.d.size == 4 {
		return b.horner(f, -0x1.721d3ep-5, 0x1.ad4188p-4, -0x1.0db586p-3, 0x1.28852ep-3, -0x1.54eb54p-3, 0x1.9968fp-3,
			-0x1.00004ep-2, 0x1.5555a6p-2, -0x1p-1)
	}
	return b.horner(f, 0x1.07f187e2513cbp-7, -0x1.e0dd29f2d87b0p-6, 0x1.9faa7832b0808p-5, -0x1.e9a65e96d1deap-5,
		0x1.f2aba7908e998p-5, -0x1.ffef9a1450174p-5, 0x1.101193240f8d6p-4, -0x1.2463bb1dc1942p-4, 0x1.3b1ff62deb8a4p-4,
		-0x1.555983a7f7a83p-4, 0x1.745ce3803a4efp-4, -0x1.99996e060e0cfp-4, 0x1.c71c70ed24e8fp-4, -0x1.000000781a432p-3,
		0x1.24924929f8d7fp-3, -0x1.55555553fd61ap-3, 0x1.999999998965fp-3, -0x1.0000000000dcdp-2, 0x1.55555555555c4p-2,
		-0x1.ffffffffffffbp-2)
}

// logOf is k·ln2 + log(1+f).
func logOf(b *builder, k, f val) val {
	hi := b.of(0x1.62e4p-1, 0x1.62e42fefa38p-1)
	a := b.fma(k, b.float(hi), f)
	d := b.fma(k, b.float(-hi), a)
	w := b.fma(k, b.float(b.of(0x1.7f7d1cp-20, 0x1.ef35793c7673p-45)), b.sub(f, d))
	return b.add(a, b.fma(logTail(b, f), b.mul(f, f), w))
}

// logProgram is Log.
func logProgram(b *builder, x val) val {
	k, m := logReduce(b, x)
	return logSpecials(b, x, logOf(b, k, b.sub(m, b.float(1))))
}

// logReduce is x = 2^k·m with m in [3/4, 3/2).
func logReduce(b *builder, x val) (k, m val) {
	if b.m.has(opGetExp) {
		m := b.calc(opGetMant, x)
		return b.sub(b.calc(opGetExp, x), b.calc(opGetExp, m)), m
	}
	mant := b.mantissa()
	one := b.d.bits(1)
	least := b.float(b.of(0x1p-126, 0x1p-1022))
	up := b.of(24, 54)
	sub := b.lt(x, least)
	xs := b.sel(sub, b.mul(x, b.float(b.of(0x1p24, 0x1p54))), x)
	j := b.iadd(xs, b.constant(one-b.d.bits(0.75))) // its exponent is that of m = 1 from m = 3/4 on
	whole := b.of(0x1p23, 0x1p52)
	k = b.sub(b.or(b.shr(j, mant), b.float(whole)), b.sel(sub, b.float(whole+b.bias()+up), b.float(whole+b.bias())))
	m = b.iadd(b.and(j, b.constant(1<<mant-1)), b.constant(b.d.bits(0.75)))
	return k, m
}

// logSpecials is y but -Inf where x is 0, NaN below, x where it is +Inf or NaN.
func logSpecials(b *builder, x, y val) val {
	if b.m.has(opFixup) {
		return logFixup(b, x, y)
	}
	zero := b.constant(0)
	y = b.sel(b.eq(x, zero), b.float(-inf), y)
	y = b.sel(b.lt(x, zero), b.float(nan), y)
	return b.sel(b.nle(x, b.float(b.of(math.MaxFloat32, math.MaxFloat64))), x, y)
}

// logFixup is that in one operation. Its table, from the low bits on: quiet and
// signalling NaN, 0, 1, -Inf, +Inf, negative, positive; 0 is y, 2 x as a quiet NaN, 3 NaN,
// 4 -Inf, 5 +Inf.
func logFixup(b *builder, x, y val) val {
	return b.calc(opFixup, x, b.constant(0x03530422), y)
}
