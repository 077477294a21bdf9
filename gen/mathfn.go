package main

import "math"

var inf, nan = math.Inf(1), math.NaN()

func init() {
	families = append(families, loopFamily("mathfn", "MathKernels", mathfns...))
}

var mathfns = []writer{
	mathfn("Exp", true, expProgram).easily(expGuard, expEasy),
	mathfn("Expm1", false, expm1Program),
	mathfn("Log", true, logProgram).easily(logGuard, logEasy),
	mathfn("Log1p", false, log1pProgram),
	mathfn("Tanh", true, tanhProgram),
	mathfn("Sigmoid", true, sigmoidProgram),
	mathfn("Erf", false, erfProgram),
	mathfn("Rsqrt", true, rsqrtProgram),
}

// mathfn is a kernel of one input. For calls that do not fit in caches, short functions
// store past them.
func mathfn(name string, nt bool, f func(b *builder, x val) val) *loopKernel {
	return &loopKernel{name: name, params: []param{out("dst"), in("x")}, unroll: 4, few: 2, nt: nt,
		doc:  "is dst[i] = " + name + "(x[i]).",
		body: func(b *builder) { b.store("dst", f(b, b.load("x"))) }}
}

// easily adds an easy program.
func (k *loopKernel) easily(g func(b *builder) guard, f func(b *builder, x val) val) *loopKernel {
	k.few = 4
	k.easy = &easy{"x", g, func(b *builder) { b.store("dst", f(b, b.load("x"))) }}
	return k
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

// high is v with the lower half of a float64 replaced by zeros or ones.
func (b *builder) high(v, ones uint64) uint64 {
	if b.d.size == 4 {
		return v
	}
	return v>>32<<32 | ones>>32
}

// expGuard admits |x| up to where e^x and e^-x are normal numbers.
func expGuard(b *builder) guard {
	return guard{opAnd, b.high(b.sign()-1, 0), b.high(b.d.bits(b.of(87, 708)), 1<<64-1)}
}

// expEasy is expProgram there: 2^n is added to the exponent.
func expEasy(b *builder, x val) val {
	t, _, r := reduceExp(b, x, 0)
	p := b.fma(expTail(b, r), r, b.float(1))
	return b.iadd(b.fma(p, r, b.float(1)), pow2(b, t))
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
	sub := b.lt(x, b.float(b.of(0x1p-126, 0x1p-1022)))
	xs := b.sel(sub, b.mul(x, b.float(b.of(0x1p24, 0x1p54))), x)
	whole := b.of(0x1p23, 0x1p52) + b.bias()
	return logSplit(b, xs, b.sel(sub, b.float(whole+b.of(24, 54)), b.float(whole)))
}

// logSplit is logReduce of positive normal numbers; bias is what exponents are too large
// by as the last bits of 2^23 or 2^52.
func logSplit(b *builder, x, bias val) (k, m val) {
	threeQuarters := b.d.bits(0.75)
	j := b.iadd(x, b.constant(b.d.bits(1)-threeQuarters)) // its exponent is that of m = 1 from m = 3/4 on
	k = b.sub(b.or(b.shr(j, b.mantissa()), b.float(b.of(0x1p23, 0x1p52))), bias)
	return k, b.iadd(b.and(j, b.constant(1<<b.mantissa()-1)), b.constant(threeQuarters))
}

// logGuard admits positive normal numbers.
func logGuard(b *builder) guard {
	least := b.d.bits(b.of(0x1p-126, 0x1p-1022))
	return guard{opISub, least, b.high(b.d.bits(inf)-least-1, 1<<64-1)}
}

// logEasy is logProgram there.
func logEasy(b *builder, x val) val {
	k, m := logSplit(b, x, b.float(b.of(0x1p23, 0x1p52)+b.bias()))
	return logOf(b, k, b.sub(m, b.float(1)))
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
