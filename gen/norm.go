package main

import (
	"fmt"
	"strings"
)

func init() {
	families = append(families, loopFamily("norm", "NormKernels", norms...))
}

var norms = []writer{
	&loopKernel{name: "Norm", params: []param{out("dst"), in("x"), scalar("m"), scalar("s"), scalar("t")}, unroll: 4, nt: true,
		doc:  "is dst[i] = fma(x[i]-m, s, t).",
		body: func(b *builder) { b.store("dst", norm(b)) }},
	&loopKernel{name: "NormReLU", params: []param{out("dst"), in("x"), scalar("m"), scalar("s"), scalar("t")}, unroll: 4, nt: true,
		doc:  "is dst[i] = fma(x[i]-m, s, t), or +0 where that is negative.",
		body: func(b *builder) { b.store("dst", relu(b, norm(b))) }},
	&loopKernel{name: "NormGrad", params: []param{out("dx"), in("dy"), in("x"), scalar("m"), scalar("a"), scalar("b"), scalar("c")}, unroll: 4, nt: true,
		doc:  "is dx[i] = fma(a, dy[i], fma(b, x[i]-m, c)).",
		body: func(b *builder) { b.store("dx", normGrad(b, b.param, b.load("dy"))) }},
	&loopKernel{name: "NormGradReLU", params: []param{out("dx"), in("dy"), in("x"), in("y"), scalar("m"), scalar("a"), scalar("b"), scalar("c")}, unroll: 4, nt: true,
		doc:  "is dx[i] = fma(a, g, fma(b, x[i]-m, c)), g = y[i] > 0 ? dy[i] : +0.",
		body: func(b *builder) { b.store("dx", normGrad(b, b.param, masked(b))) }},
	normSums{name: "NormSums", streams: []string{"dy", "x"},
		g: func(b *builder) val { return b.load("dy") }},
	normSums{name: "NormSumsReLU", streams: []string{"dy", "x", "y"}, g: masked},
	normSums{name: "NormRowSums", streams: []string{"dy", "x", "gamma"},
		first: func(b *builder, sum val) val { return b.fma(b.load("dy"), b.load("gamma"), sum) },
		g:     func(b *builder) val { return b.mul(b.load("dy"), b.load("gamma")) }},
	normRows{name: "NormCols", out: []string{"dst"}, rows: []string{"x"}, cols: []string{"m", "s", "t"}, unroll: 4,
		doc:  "is dst[j] = fma(x[j]-m[j], s[j], t[j])",
		body: func(b *builder) { b.store("dst", b.fma(b.sub(b.load("x"), b.load("m")), b.load("s"), b.load("t"))) }},
	normRows{name: "NormColsReLU", out: []string{"dst"}, rows: []string{"x"}, cols: []string{"m", "s", "t"}, unroll: 4,
		doc: "is dst[j] = fma(x[j]-m[j], s[j], t[j]), or +0 where that is negative,",
		body: func(b *builder) {
			b.store("dst", relu(b, b.fma(b.sub(b.load("x"), b.load("m")), b.load("s"), b.load("t"))))
		}},
	normRows{name: "NormColSums", sums: true, rows: []string{"dy", "x"}, cols: []string{"m"}, unroll: 4,
		doc:  "is s1[j] += dy[j], s2[j] = fma(dy[j], x[j]-m[j], s2[j])",
		body: func(b *builder) { normSum(b, b.load("dy"), b.sub(b.load("x"), b.load("m"))) }},
	normRows{name: "NormColSumsReLU", sums: true, rows: []string{"dy", "x", "y"}, cols: []string{"m"}, unroll: 4,
		doc:  "is s1[j] += g, s2[j] = fma(g, x[j]-m[j], s2[j]), g = y[j] > 0 ? dy[j] : +0,",
		body: func(b *builder) { normSum(b, masked(b), b.sub(b.load("x"), b.load("m"))) }},
	normRows{name: "NormColsGrad", out: []string{"dx"}, rows: []string{"dy", "x"}, cols: []string{"m", "a", "b", "c"}, unroll: 4,
		doc:  "is dx[j] = fma(a[j], dy[j], fma(b[j], x[j]-m[j], c[j]))",
		body: func(b *builder) { b.store("dx", normGrad(b, b.load, b.load("dy"))) }},
	normRows{name: "NormColsGradReLU", out: []string{"dx"}, rows: []string{"dy", "x", "y"}, cols: []string{"m", "a", "b", "c"}, unroll: 4,
		doc:  "is dx[j] = fma(a[j], g, fma(b[j], x[j]-m[j], c[j])), g = y[j] > 0 ? dy[j] : +0,",
		body: func(b *builder) { b.store("dx", normGrad(b, b.load, masked(b))) }},
	normRows{name: "NormRows", out: []string{"dst"}, rows: []string{"x"}, cols: []string{"gamma", "beta"}, each: []string{"m", "r", "q"}, unroll: 4,
		doc: "is dst[j] = fma(fma(x[j]-m, r, q), gamma[j], beta[j])",
		body: func(b *builder) {
			b.store("dst", b.fma(b.fma(b.sub(b.load("x"), b.param("m")), b.param("r"), b.param("q")), b.load("gamma"), b.load("beta")))
		}},
	normRows{name: "NormRowsGrad", out: []string{"dx"}, rows: []string{"dy", "x"}, cols: []string{"gamma"}, each: []string{"m", "a", "b", "c"}, unroll: 4,
		doc:  "is dx[j] = fma(a, dy[j]*gamma[j], fma(b, x[j]-m, c))",
		body: func(b *builder) { b.store("dx", normGrad(b, b.param, b.mul(b.load("dy"), b.load("gamma")))) }},
	normRows{name: "NormRowsColSums", sums: true, rows: []string{"dy", "x"}, each: []string{"m", "r"}, unroll: 4,
		doc: "is s1[j] += dy[j], s2[j] = fma(dy[j], (x[j]-m)*r, s2[j])",
		body: func(b *builder) {
			normSum(b, b.load("dy"), b.mul(b.sub(b.load("x"), b.param("m")), b.param("r")))
		}},
	&loopKernel{name: "Rstd", params: []param{out("dst"), in("x"), scalar("count"), scalar("eps")}, unroll: 1,
		doc: "is dst[i] = 1 / sqrt(x[i]/count + eps).",
		body: func(b *builder) {
			b.store("dst", b.div(b.float(1), b.sqrt(b.add(b.div(b.load("x"), b.param("count")), b.param("eps")))))
		}},
}

func norm(b *builder) val {
	return b.fma(b.sub(b.load("x"), b.param("m")), b.param("s"), b.param("t"))
}

func relu(b *builder, v val) val { return b.drop(b.lt(v, b.constant(0)), v) }

// masked is dy before a ReLU that gave y.
func masked(b *builder) val { return b.keep(b.gt(b.load("y"), b.constant(0)), b.load("dy")) }

// normGrad is fma(a, g, fma(b, x-m, c)), the four of them from where get finds them.
func normGrad(b *builder, get func(string) val, g val) val {
	return b.fma(get("a"), g, b.fma(get("b"), b.sub(b.load("x"), get("m")), get("c")))
}

func normSum(b *builder, g, d val) {
	b.store("s1", b.add(b.load("s1"), g))
	b.store("s2", b.fma(g, d, b.load("s2")))
}

// normSums are two sums of a chunk, of g and of g*(x-m): in one pass where there are
// registers for the lanes of both. first is a step of the first sum where that is not
// of g.
type normSums struct {
	name    string
	streams []string
	first   func(b *builder, sum val) val
	g       func(b *builder) val
}

func (k normSums) write(f loopFile, t target, d dtype) string {
	first := func(b *builder, sum val) val {
		if k.first != nil {
			return k.first(b, sum)
		}
		return b.add(sum, k.g(b))
	}
	second := func(b *builder, sum val) val { return b.fma(k.g(b), b.sub(b.load("x"), b.param("m")), sum) }
	var run string
	if t.registers >= 2*laneBytes/t.bytes+8 {
		run = k.function(f, t, d, "", k.streams, func(b *builder) {
			g := k.g(b)
			if k.first == nil {
				b.accumulate(func(sum val) val { return b.add(sum, g) })
			} else {
				b.accumulate(func(sum val) val { return k.first(b, sum) })
			}
			dev := b.sub(b.load("x"), b.param("m"))
			b.accumulate(func(sum val) val { return b.fma(g, dev, sum) })
		})
	} else {
		one := k.function(f, t, d, "1", k.streams, func(b *builder) { b.accumulate(func(sum val) val { return first(b, sum) }) })
		two := k.function(f, t, d, "2", k.streams, func(b *builder) { b.accumulate(func(sum val) val { return second(b, sum) }) })
		run = one + two
	}
	var face, race, cut strings.Builder
	for i, s := range k.streams {
		if i > 0 {
			face.WriteString(", ")
			fmt.Fprintf(&cut, "%[1]s = %[1]s[:len(%[2]s):len(%[1]s)]\n", s, k.streams[0])
		}
		face.WriteString(s)
		fmt.Fprintf(&race, "raceRead(%s)\n", s)
	}
	return fmt.Sprintf(`	k.%[1]s = func(%[2]s []%[3]s, m %[3]s) (%[3]s, %[3]s) {
		%[4]sif raceEnabled {
			%[5]s}
		if len(%[6]s) == 0 {
			return 0, 0
		}
		var s [2]%[3]s
		%[7]sreturn s[0], s[1]
	}
`, k.name, face.String(), d.goName, cut.String(), race.String(), k.streams[0], run)
}

// function writes one of the functions and returns the line that calls it.
func (k normSums) function(f loopFile, t target, d dtype, which string, names []string, program func(b *builder)) string {
	name := strings.ToLower(k.name[:1]) + k.name[1:] + which + d.suffix + t.suffix
	m := f.function(d, name, fmt.Sprintf("func(%s *%s, m %[2]s, n int, s *%[2]s)", strings.Join(names, ", "), d.goName),
		name+" leaves "+map[string]string{"": "the sums", "1": "the first sum", "2": "the second sum"}[which]+" of "+k.name+" at s.")
	b := newBuilder(m)
	program(b)
	streams := map[string]ireg{}
	var order, args []string
	for _, s := range names {
		args = append(args, "&"+s+"[0]")
		if _, ok := b.loads[s]; ok {
			streams[s] = m.arg(s)
			order = append(order, s)
		}
	}
	n, to := m.arg("n"), m.arg("s")
	body := newBody(b, order, streams, laneBytes/m.vectorBytes())
	body.fit(laneBytes / m.vectorBytes())
	body.invariants(nil)
	body.reduceAligned(n, opAdd)
	for _, acc := range body.acc {
		m.storeElement(acc[0], to)
		m.addImm(to, d.size)
	}
	m.ret()
	at := "0"
	if which == "2" {
		at = "1"
	}
	return fmt.Sprintf("%s(%s, m, len(%s), &s[%s])\n", name, strings.Join(args, ", "), names[0], at)
}
