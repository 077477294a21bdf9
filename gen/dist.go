package main

import (
	"fmt"
	"strings"
)

func init() {
	families = append(families, loopFamily("dist", "DistKernels",
		distRows{"DistSqRows", "the squared distance", func(b *builder, sum, a, x val) val {
			d := b.sub(a, x)
			return b.fma(d, d, sum)
		}},
		distRows{"DistL1Rows", "the sum of absolute differences", func(b *builder, sum, a, x val) val {
			return b.add(sum, b.abs(b.sub(a, x)))
		}},
		distRows{"DiffRows", "the number of different elements", func(b *builder, sum, a, x val) val {
			return b.add(sum, b.keep(b.ne(a, x), b.float(1)))
		}}))
}

// distRows is a sum over every row of a matrix and a vector. x and a row take the
// same loads as one row of dotRows.
type distRows struct {
	name, doc string
	term      func(b *builder, sum, a, x val) val
}

func (k distRows) write(f loopFile, t target, d dtype) string {
	name := strings.ToLower(k.name[:1]) + k.name[1:] + d.suffix + t.suffix
	m := f.function(d, name, fmt.Sprintf("func(dst *%[1]s, rows int, a *%[1]s, lda int, x *%[1]s, n int)", d.goName),
		fmt.Sprintf("%s is dst[i] = %s of row i of a and x, rows > 0 lda bytes apart.", name, k.doc))
	b := newBuilder(m)
	b.accumulate(func(sum val) val { return k.term(b, sum, b.load("a"), b.load("x")) })
	dst, rows, a, lda, x, n, left := m.arg("dst"), m.arg("rows"), m.arg("a"), m.arg("lda"), m.arg("x"), m.arg("n"), m.ireg()
	streams := map[string]ireg{"a": m.ireg(), "x": m.ireg()}
	body := newBody(b, []string{"a", "x"}, streams, laneBytes/m.vectorBytes())
	body.fit(laneBytes / m.vectorBytes())
	body.invariants(nil)
	m.label("rows")
	m.move(streams["a"], a)
	m.move(streams["x"], x)
	m.move(left, n)
	body.reduceLoop(left, opAdd)
	m.storeElement(body.acc[0][0], dst)
	m.addImm(dst, d.size)
	m.add(a, lda)
	m.addJump(rows, -1, "ne", "rows")
	m.ret()
	return fmt.Sprintf(`	k.%[1]s = func(dst, a []%[2]s, lda int, x []%[2]s) {
		rows, n := len(dst), len(x)
		checkRows("%[1]s", a, lda, rows, n)
		if raceEnabled {
			raceRead(x)
			raceWrite(dst)
			for i := range rows {
				raceRead(a[i*lda:][:n])
			}
		}
		if rows == 0 || n == 0 {
			clear(dst)
			return
		}
		%[3]s(&dst[0], rows, &a[0], %[4]d*lda, &x[0], n)
	}
`, k.name, d.goName, name, d.size)
}
