package main

import (
	"fmt"
	"strings"
)

func init() {
	families = append(families, loopFamily("random", "RandomKernels", random...), randomCall)
}

// randomKernel is one step of the kernels of random numbers, which asm/random_simd.go
// puts together. All have the parameters (dst, x, r, p, n): r are random words, p the
// parameters of the generator and of the distribution.
type randomKernel struct {
	name, doc string
	slices    []string // the streams
	body      func(b *builder)
	unroll    int  // of a map over n elements
	words     bool // n > 0 groups of words
	pairs     bool // n > 0 groups of 32 elements
}

var random = []writer{
	randomTable{
		{name: "words", doc: "fills n > 0 groups with words of Philox.", slices: []string{"dst"}, body: philoxProgram, words: true},
		{name: "uniform", doc: "is dst[i] = fma(U, b, a), U from r[i].", slices: []string{"dst", "r"}, unroll: 2,
			body: func(b *builder) { b.store("dst", b.fma(unit(b, b.load("r")), b.param("b"), b.param("a"))) }},
		{name: "normal", doc: "is Box and Muller's transform of n > 0 groups of 32 elements; dst = fma(Z, b, a).", slices: []string{"dst", "r"}, body: normalProgram, pairs: true},
		{name: "bernoulli", doc: "is dst[i] = U < a ? b : 0, U from r[i].", slices: []string{"dst", "r"}, unroll: 2,
			body: func(b *builder) { b.store("dst", b.keep(b.lt(unit(b, b.load("r")), b.param("a")), b.param("b"))) }},
		{name: "dropout", doc: "is dst[i] = U < a ? x[i]*b : 0, U from r[i].", slices: []string{"dst", "x", "r"}, unroll: 2,
			body: func(b *builder) {
				b.store("dst", b.keep(b.lt(unit(b, b.load("r")), b.param("a")), b.mul(b.load("x"), b.param("b"))))
			}},
	},
}

// Bytes of the parameters: counters of up to eight blocks, then, 8 bytes each, what
// follows.
const (
	randomCounter = 8 * iota
	randomKey0    = 56 + 8*iota
	randomKey1
	randomHigh
	randomStream0
	randomStream1
	randomA
	randomB
)

// randomTable are the kernels of one table.
type randomTable []randomKernel

func (all randomTable) write(f loopFile, t target, d dtype) string {
	codes := f.codeAddresses()
	var faces strings.Builder
	for _, k := range all {
		name := k.name + d.suffix + t.suffix
		k.writeFunction(f.function(d, name, fmt.Sprintf("func(dst, x, r *%s, p *byte, n int)", d.goName), name+" "+k.doc))
		fmt.Fprintf(&faces, "%s: %s, ", k.name, codes.address(d, name))
	}
	return fmt.Sprintf("\t*k = randomFaces[%s](randomCodes{%s})\n", d.goName, strings.TrimSuffix(faces.String(), ", "))
}

func (k *randomKernel) writeFunction(m machine) {
	b := newBuilder(m)
	k.body(b)
	streams := map[string]ireg{}
	for _, s := range k.slices {
		streams[s] = m.arg(s)
	}
	p, n := m.arg("p"), m.arg("n")
	streams["p"] = p
	scalars := map[string]ireg{}
	for i, name := range []string{"a", "b"} {
		if _, ok := b.params[name]; ok {
			scalars[name] = m.ireg()
			m.move(scalars[name], p)
			m.addImm(scalars[name], randomA+8*i)
		}
	}
	body := newBody(b, k.slices, streams, 1)
	body.fit(max(1, k.unroll))
	body.invariants(scalars)
	if k.unroll > 0 {
		body.mapLoop(n, k.unroll, nil)
		m.ret()
		return
	}
	for _, acc := range body.acc {
		m.load(acc[0], p, randomCounter, false)
	}
	side := 16 * m.dtype().size
	part := m.vectorBytes()
	if k.words && m.dtype().size == 8 {
		part *= 2
	}
	group := 2 * side
	if k.words {
		group = 256
	}
	// A group is sides of 16 elements (float64: of 16 words of 64 bits), and the program
	// does a part of each side.
	parts := m.ireg()
	m.loop("group")
	if side > part {
		m.move(parts, n)
		m.sub(parts, n)
		m.addImm(parts, side/part)
		m.loop("part")
	}
	body.round(0, 1, 0, false)
	body.advance(part)
	if side > part {
		m.addJump(parts, -1, "ne", "part")
	}
	body.advance(group - side)
	m.addJump(n, -1, "ne", "group")
	m.ret()
}

// parameter is one of p, in every element; loaded where it is used.
func (b *builder) parameter(offset int) val {
	return b.emit(vop{op: opBroadcast, name: "p", bits: uint64(offset)}, false)
}

// loadAt and storeAt are bytes beyond the stream.
func (b *builder) loadAt(stream string, bytes int) val {
	return b.emit(vop{op: opLoad, name: stream, bits: uint64(bytes)}, false)
}

func (b *builder) storeAt(stream string, bytes int, v val) {
	b.ops = append(b.ops, vop{op: opStore, src: []val{v}, name: stream, dst: -1, bits: uint64(bytes)})
}

func (b *builder) xor3(x, y, z val) val {
	if b.m.has(opXor3) {
		return b.calc(opXor3, x, y, z)
	}
	return b.xor(x, b.xor(y, z)) // y and z are there earlier
}

// philoxProgram computes two vectors of each of the four words, which is enough to hide
// the latencies. Words are the low halves of 64-bit lanes, a block each: the products of
// a round need no more than that, and what is above them does not matter. float32 has
// its blocks in an order that makes one vector of the halves of two.
func philoxProgram(b *builder) {
	single := b.d.size == 4
	blocks := b.m.vectorBytes() / 8
	b.accumulate(func(counter val) val {
		second := b.constant(uint64(blocks))
		if single {
			second = b.constant(2)
		}
		sets := [2][4]val{{counter}, {b.iadd(counter, second)}}
		high, s0, s1 := b.parameter(randomHigh), b.parameter(randomStream0), b.parameter(randomStream1)
		for i := range sets {
			sets[i][1], sets[i][2], sets[i][3] = high, s0, s1
		}
		k0, k1 := b.parameter(randomKey0), b.parameter(randomKey1)
		m0, m1 := b.constant(0xd2511f53), b.constant(0xcd9e8d57)
		if !single {
			m0, m1 = b.constant(0xd2511f53_d2511f53), b.constant(0xcd9e8d57_cd9e8d57)
		}
		var first val // the product of s0
		for round := range 10 {
			if round > 0 {
				k0, k1 = b.iadd(k0, b.constant(0x9e3779b9)), b.iadd(k1, b.constant(0xbb67ae85))
			}
			for i, c := range sets {
				q := first
				if round > 0 || i == 0 {
					q = b.calc(opMulLow, c[2], m1)
					first = q
				}
				p := b.calc(opMulLow, c[0], m0)
				sets[i] = [4]val{b.xor3(b.calc(opHigh, q), c[1], k0), q, b.xor3(b.calc(opHigh, p), c[3], k1), p}
			}
		}
		for w := 0; single && w < 4; w++ {
			b.storeAt("dst", 64*w, b.calc(opLows, sets[0][w], sets[1][w]))
		}
		for h := 0; !single && h < 2; h++ {
			for i, c := range sets {
				b.storeAt("dst", 128*h+i*b.m.vectorBytes(), b.calc(opJoin, c[2*h], c[2*h+1]))
			}
		}
		return b.iadd(counter, b.constant(uint64(2*blocks)))
	})
}

// fromBits is an integer of at most 31 or 53 bits as a float; 31 bits are rounded.
func fromBits(b *builder, x val) val {
	if b.m.has(opFromInt) {
		return b.calc(opFromInt, x)
	}
	// 2^52 + the low half, 2^84 + 2^32 times the high one.
	low := b.or(b.and(x, b.constant(1<<32-1)), b.float(0x1p52))
	high := b.or(b.shr(x, 32), b.float(0x1p84))
	return b.add(b.sub(high, b.float(0x1p84+0x1p52)), low)
}

// unit is U of a word.
func unit(b *builder, word val) val {
	if b.d.size == 4 {
		return b.mul(fromBits(b, b.shr(word, 8)), b.float(0x1p-24))
	}
	return b.mul(fromBits(b, b.shr(word, 11)), b.float(0x1p-53))
}

// normalProgram is Box and Muller's transform: of words on the first side and on the
// second.
func normalProgram(b *builder) {
	side := 16 * b.d.size
	first, second := b.loadAt("r", 0), b.loadAt("r", side)
	var v val
	if b.d.size == 4 {
		v = b.fma(fromBits(b, b.shr(first, 1)), b.float(0x1p-31), b.float(0x1p-32))
	} else {
		v = b.fma(fromBits(b, b.shr(first, 11)), b.float(0x1p-53), b.float(0x1p-54))
	}
	r := b.sqrt(b.mul(logOfUnit(b, v), b.float(-2)))
	sin, cos := sinCos2PiProgram(b, unit(b, second))
	scale, shift := b.parameter(randomB), b.parameter(randomA)
	b.storeAt("dst", 0, b.fma(b.mul(r, cos), scale, shift))
	b.storeAt("dst", side, b.fma(b.mul(r, sin), scale, shift))
}

// logOfUnit is Log of normal numbers in (0, 1], without its special cases.
func logOfUnit(b *builder, x val) val {
	if b.m.has(opGetExp) {
		k, m := logReduce(b, x)
		return logOf(b, k, b.sub(m, b.float(1)))
	}
	j := b.iadd(x, b.constant(b.d.bits(1)-b.d.bits(0.75)))
	whole := b.of(0x1p23, 0x1p52)
	k := b.sub(b.or(b.shr(j, b.mantissa()), b.float(whole)), b.float(whole+b.bias()))
	m := b.iadd(b.and(j, b.constant(1<<b.mantissa()-1)), b.constant(b.d.bits(0.75)))
	return logOf(b, k, b.sub(m, b.float(1)))
}

// sinCos2PiProgram is SinCos2Pi.
func sinCos2PiProgram(b *builder, u val) (sin, cos val) {
	magic := b.float(b.magic())
	t := b.fma(u, b.float(4), magic)
	r := b.fma(b.sub(t, magic), b.float(-0.25), u)
	z := b.mul(r, r)
	var s, c val
	if b.d.size == 4 {
		s = b.horner(z, 0x1.44b946p+5, -0x1.32af16p+6, 0x1.466b7ap+6, -0x1.4abbcep+5, -0x1.778a14p-23)
		c = b.horner(z, 0x1.d4f7eep+5, -0x1.55b2b6p+6, 0x1.03c1bp+6, -0x1.3bd3ccp+4, 1)
	} else {
		s = b.horner(z, -0x1.73e0a459f12c5p-1, 0x1.e909056fbe3c2p+1, -0x1.e3076f0cdd424p+3, 0x1.5078349dcd91ap+5,
			-0x1.32d2cce63b179p+6, 0x1.466bc6775ab7dp+6, -0x1.4abbce625be53p+5, 0x1.1a5ee6e5b727cp-52)
		c = b.horner(z, -0x1.b0345eccf6b9bp+0, 0x1.f9c4adc0aec34p+2, -0x1.a6d1e238ee8c7p+4, 0x1.e1f50675b20cap+5,
			-0x1.55d3c7e3bfe56p+6, 0x1.03c1f081b5a52p+6, -0x1.3bd3cc9be45dep+4, 1)
	}
	s = b.fma(b.float(b.of(0x1.921fb6p+2, 0x1.921fb54442d18p+2)), r, b.mul(s, r))
	// The low bit of the quadrant, as the sign of 1, tells whether to exchange the two;
	// the next bit is the sign of the sine, and that of the quadrant + 1 the cosine's.
	top, sign := 8*b.d.size-1, b.constant(b.sign())
	odd := b.lt(b.or(b.shl(t, top), b.float(1)), b.constant(0))
	sin, cos = b.sel(odd, c, s), b.sel(odd, s, c)
	sin = b.xor(sin, b.and(b.shl(t, top-1), sign))
	cos = b.xor(cos, b.and(b.shl(b.iadd(t, b.constant(1)), top-1), sign))
	return sin, cos
}

// randomCall writes the function that jumps to a kernel.
func randomCall() ([]file, error) {
	var all []file
	for _, a := range [][2]string{{"amd64", "\tMOVQ code+40(FP), AX\n\tJMP AX\n"}, {"arm64", "\tMOVD code+40(FP), R0\n\tJMP (R0)\n"}} {
		f := assemblyFile(a[0])
		f.WriteString("\n// func callRandom(dst, x, r unsafe.Pointer, p *randomParams, n int, code uintptr)\nTEXT ·callRandom(SB), NOSPLIT, $0-48\n" + a[1])
		all = append(all, file{"random_" + a[0] + ".s", []byte(f.String())})
	}
	return all, nil
}
