package main

import (
	"fmt"
	"strings"
)

// colKernel joins the rows of a matrix with values in memory, one for each column,
// several rows at a time where that is better: a value then waits less often for its
// own store.
type colKernel struct {
	name  string
	doc   string
	group int
	onto  bool // it goes on from what is in dst; else from +0
	step  func(b *builder, s, x val) val
	end   func(b *builder, s val) val // after the rows of a group, or nil
}

func (k colKernel) write(f loopFile, t target, d dtype) string {
	several, one := k.function(f, t, d, k.group), k.function(f, t, d, 1)
	begin := "clear(dst)"
	if k.onto {
		begin = ""
	}
	return fmt.Sprintf(`	k.%[7]s = func(dst, x []%[1]s, ld, rows int) {
		n := len(dst)
		checkRows("%[7]s", x, ld, rows, n)
		if raceEnabled {
			raceWrite(dst)
			for i := range rows {
				raceRead(x[i*ld:][:n])
			}
		}
		%[8]s
		if n == 0 || rows <= 0 {
			return
		}
		i := 0
		if rows >= %[3]d && rowsTogether(rows, %[2]d*n, %[2]d*ld) {
			i = rows &^ %[4]d
			%[5]s(&dst[0], &x[0], %[2]d*ld, i, n)
		}
		if i < rows {
			%[6]s(&dst[0], &x[i*ld], %[2]d*ld, rows-i, n)
		}
	}
`, d.goName, d.size, k.group, k.group-1, several, one, k.name, begin)
}

func (k colKernel) function(f loopFile, t target, d dtype, group int) string {
	name := fmt.Sprintf("%s%s%d%s%s", strings.ToLower(k.name[:1]), k.name[1:], group, d.suffix, t.suffix)
	m := f.function(d, name, fmt.Sprintf("func(dst, x *%s, ld, rows, n int)", d.goName),
		fmt.Sprintf("%s %s, rows > 0 of n elements, ld bytes apart, %d at a time.", name, k.doc, group))
	b := newBuilder(m)
	streams, order := map[string]ireg{"dst": m.ireg()}, []string{"dst"}
	s := b.load("dst")
	for g := range group {
		x := fmt.Sprint("x", g)
		streams[x], order = m.ireg(), append(order, x)
		s = k.step(b, s, b.load(x))
	}
	if k.end != nil {
		s = k.end(b, s)
	}
	b.store("dst", s)
	dst, x, ld, rows, n := m.arg("dst"), m.arg("x"), m.arg("ld"), m.arg("rows"), m.arg("n")
	body := newBody(b, order, streams, 0)
	body.fit(colUnroll)
	body.invariants(nil)
	body.mapRows(n, colUnroll, func() {
		m.move(streams["dst"], dst)
		for _, s := range order[1:] {
			m.move(streams[s], x)
			m.add(x, ld)
		}
	}, func() { m.addJump(rows, -group, "ne", "row") })
	m.ret()
	return name
}

const colUnroll = 8

// colDot is the sum of products down the columns of two matrices.
type colDot struct{}

func (colDot) write(f loopFile, t target, d dtype) string {
	name := "colDot" + d.suffix + t.suffix
	m := f.function(d, name, fmt.Sprintf("func(dst, x *%[1]s, ldx int, y *%[1]s, ldy, rows, n int)", d.goName),
		name+" adds the products of rows > 0 of n elements, ldx and ldy bytes apart, to dst.")
	b := newBuilder(m)
	b.store("dst", b.fma(b.load("x"), b.load("y"), b.load("dst")))
	order := []string{"dst", "x", "y"}
	streams := map[string]ireg{"dst": m.ireg(), "x": m.ireg(), "y": m.ireg()}
	dst, x, ldx, y, ldy, rows, n := m.arg("dst"), m.arg("x"), m.arg("ldx"), m.arg("y"), m.arg("ldy"), m.arg("rows"), m.arg("n")
	body := newBody(b, order, streams, 0)
	body.mapRows(n, colUnroll, func() {
		m.move(streams["dst"], dst)
		m.move(streams["x"], x)
		m.move(streams["y"], y)
	}, func() {
		m.add(x, ldx)
		m.add(y, ldy)
		m.addJump(rows, -1, "ne", "row")
	})
	m.ret()
	return fmt.Sprintf(`	k.ColDot = func(dst, x []%[1]s, ldx int, y []%[1]s, ldy, rows int) {
		n := len(dst)
		checkRows("ColDot", x, ldx, rows, n)
		checkRows("ColDot", y, ldy, rows, n)
		if raceEnabled {
			raceWrite(dst)
			for i := range rows {
				raceRead(x[i*ldx:][:n])
				raceRead(y[i*ldy:][:n])
			}
		}
		clear(dst)
		if n > 0 && rows > 0 {
			%[2]s(&dst[0], &x[0], %[3]d*ldx, &y[0], %[3]d*ldy, rows, n)
		}
	}
`, d.goName, name, d.size)
}

// colSearch looks for the greatest or the least element of every column, and the row it
// is in.
type colSearch struct{ name string }

func (k colSearch) write(f loopFile, t target, d dtype) string {
	name := strings.ToLower(k.name[:1]) + k.name[1:] + d.suffix + t.suffix
	m := f.function(d, name, fmt.Sprintf("func(val, row, x *%[1]s, ld int, at *%[1]s, rows, n int)", d.goName),
		name+" goes on with a search in rows > 0 of n elements, ld bytes apart, whose numbers are in at.")
	b := newBuilder(m)
	val, row, x := b.load("val"), b.load("row"), b.load("x")
	worse := b.le(x, val)
	if k.name == "ColArgMin" {
		worse = b.ge(x, val)
	}
	number := b.eq(val, val) // a NaN stays
	b.store("row", b.sel(number, b.sel(worse, row, b.param("at")), row))
	b.store("val", b.sel(number, b.sel(worse, val, x), val))
	order := []string{"val", "row", "x"}
	streams := map[string]ireg{"val": m.ireg(), "row": m.ireg(), "x": m.ireg()}
	v, r, from, ld, at, rows, n := m.arg("val"), m.arg("row"), m.arg("x"), m.arg("ld"), m.arg("at"), m.arg("rows"), m.arg("n")
	body := newBody(b, order, streams, 0)
	body.fit(2)
	body.mapRows(n, 2, func() {
		m.move(streams["val"], v)
		m.move(streams["row"], r)
		m.move(streams["x"], from)
		body.invariants(map[string]ireg{"at": at})
	}, func() {
		m.add(from, ld)
		m.addImm(at, d.size)
		m.addJump(rows, -1, "ne", "row")
	})
	m.ret()
	return fmt.Sprintf(`	k.%[4]s = func(val, row, x []%[1]s, ld int, at []%[1]s) {
		n, rows := len(val), len(at)
		row = row[:n:len(row)]
		checkRows("%[4]s", x, ld, rows, n)
		if raceEnabled {
			raceWrite(val)
			raceWrite(row)
			raceRead(at)
			for i := range rows {
				raceRead(x[i*ld:][:n])
			}
		}
		if n > 0 && rows > 0 {
			%[2]s(&val[0], &row[0], &x[0], %[3]d*ld, &at[0], rows, n)
		}
	}
`, d.goName, name, d.size, k.name)
}
