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
		}},
		dotSqRows{}))
}

// dotSqRows is the dot product of every row with x and with itself: both at once where
// there are registers for the lanes of both, else the squares of a row when it is in the
// L1.
type dotSqRows struct{}

func (dotSqRows) write(f loopFile, t target, d dtype) string {
	call := fmt.Sprintf(`for i := range dst {
			row := &a[i*lda]
			dotRows1%[1]s(&dst[i], 1, row, 0, &x[0], n)
			dotRows1%[1]s(&sq[i], 1, row, 0, row, n)
		}`, d.suffix+t.suffix)
	if t.registers >= 2*laneBytes/t.bytes+8 {
		name := "dotSqRows" + d.suffix + t.suffix
		m := f.function(d, name, fmt.Sprintf("func(dst, sq *%[1]s, rows int, a *%[1]s, lda int, x *%[1]s, n int)", d.goName),
			name+" is dst[i] = Σ a·x and sq[i] = Σ a² of row i of a, rows > 0 lda bytes apart.")
		b := newBuilder(m)
		a := b.load("a")
		b.accumulate(func(sum val) val { return b.fma(a, b.load("x"), sum) })
		b.accumulate(func(sum val) val { return b.fma(a, a, sum) })
		writeRows(m, b, "dst", "sq")
		call = fmt.Sprintf("%s(&dst[0], &sq[0], rows, &a[0], %d*lda, &x[0], n)", name, d.size)
	}
	return fmt.Sprintf(`	k.DotSqRows = func(dst, sq, a []%[1]s, lda int, x []%[1]s) {
		rows, n := len(dst), len(x)
		sq = sq[:rows:len(sq)]
		checkRows("DotSqRows", a, lda, rows, n)
		if raceEnabled {
			raceRead(x)
			raceWrite(dst)
			raceWrite(sq)
			for i := range rows {
				raceRead(a[i*lda:][:n])
			}
		}
		if rows == 0 || n == 0 {
			clear(dst)
			clear(sq)
			return
		}
		%[2]s
	}
`, d.goName, call)
}

// writeRows is the loop over rows of a and x that leaves the sums of b in results.
func writeRows(m machine, b *builder, results ...string) {
	var to []ireg
	for _, r := range results {
		to = append(to, m.arg(r))
	}
	rows, a, lda, x, n, left := m.arg("rows"), m.arg("a"), m.arg("lda"), m.arg("x"), m.arg("n"), m.ireg()
	streams := map[string]ireg{"a": m.ireg(), "x": m.ireg()}
	body := newBody(b, []string{"a", "x"}, streams, laneBytes/m.vectorBytes())
	body.fit(laneBytes / m.vectorBytes())
	body.invariants(nil)
	m.label("rows")
	m.move(streams["a"], a)
	m.move(streams["x"], x)
	m.move(left, n)
	body.reduceLoop(left, opAdd)
	for i, r := range to {
		m.storeElement(body.acc[i][0], r)
		m.addImm(r, m.dtype().size)
	}
	m.add(a, lda)
	m.addJump(rows, -1, "ne", "rows")
	m.ret()
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
	writeRows(m, b, "dst")
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
