package main

import (
	"fmt"
	"slices"
	"strings"
)

// normRows runs a program over the rows of matrices, beside vectors that are as long as
// a row. The matrices are ld apart and the kernel takes that and the number of rows; or,
// with sums and scalars for each row, the rows follow one another and their number is
// that of the scalars.
type normRows struct {
	name   string
	out    []string // the matrix that is written, if any
	sums   bool     // s1 and s2, as long as a row, are written
	rows   []string // the matrices that are read
	cols   []string // vectors as long as a row
	each   []string // vectors of one scalar for each row
	doc    string
	body   func(b *builder)
	unroll int
}

// frame is what machines add to registers from the arguments of the function, where
// there are more of those than registers.
type frame interface {
	loadArg(dst ireg, name string)
	addArg(dst ireg, name string)
	subArg(dst ireg, name string)
}

func (m *amd64Machine) loadArg(dst ireg, name string) { m.Load(m.Param(name), m.gp(dst)) }
func (m *amd64Machine) addArg(dst ireg, name string)  { m.ADDQ(m.arg64(name), m.gp(dst)) }
func (m *amd64Machine) subArg(dst ireg, name string)  { m.SUBQ(m.arg64(name), m.gp(dst)) }

func (m *neonMachine) loadArg(dst ireg, name string) { m.Param(name, m.r(dst)) }
func (m *neonMachine) addArg(dst ireg, name string) {
	m.Param(name, neonTmp)
	m.Add(m.r(dst), m.r(dst), neonTmp)
}
func (m *neonMachine) subArg(dst ireg, name string) {
	m.Param(name, neonTmp)
	m.Sub(m.r(dst), m.r(dst), neonTmp)
}

func (k normRows) write(f loopFile, t target, d dtype) string {
	name := strings.ToLower(k.name[:1]) + k.name[1:] + d.suffix + t.suffix
	vectors := k.cols
	if k.sums {
		vectors = slices.Concat([]string{"s1", "s2"}, k.cols)
	}
	matrices := slices.Concat(k.out, k.rows)
	pointers := slices.Concat(matrices, vectors, k.each)
	if k.sums {
		pointers = slices.Concat(vectors[:2], matrices, vectors[2:], k.each)
	}
	m := f.function(d, name, fmt.Sprintf("func(%s *%s, step, back, rows, n int)", strings.Join(pointers, ", "), d.goName),
		fmt.Sprintf("%s %s in rows > 0 of n elements: back bytes are the whole vectors of a row, and step those from their end to the next row.", name, k.doc))
	fm := m.(frame)
	b := newBuilder(m)
	k.body(b)
	streams, each := map[string]ireg{}, map[string]ireg{}
	for _, s := range slices.Concat(matrices, vectors) {
		streams[s] = m.arg(s)
	}
	for _, s := range k.each {
		each[s] = m.arg(s)
	}
	rows, left, part := m.arg("rows"), m.ireg(), m.ireg()
	body := newBody(b, slices.Concat(matrices, vectors), streams, 0)
	body.fit(k.unroll)
	m.storeExactly(true)
	fm.loadArg(part, "n")
	m.andImm(part, vector(m)-1)
	if len(k.each) == 0 {
		body.invariants(nil)
	}
	m.testJump(part, "eq", "row")
	m.beginPart(part)
	m.label("row")
	if len(k.each) > 0 {
		body.invariants(each)
	}
	fm.loadArg(left, "n")
	body.mapLoop(left, k.unroll, &part)
	for _, s := range matrices {
		fm.addArg(streams[s], "step")
	}
	for _, s := range vectors {
		fm.subArg(streams[s], "back")
	}
	for _, s := range k.each {
		m.addImm(each[s], d.size)
	}
	m.addJump(rows, -1, "ne", "row")
	m.ret()
	return k.face(d, name, pointers, matrices, vectors, vector(m))
}

// face is the Go side.
func (k normRows) face(d dtype, name string, pointers, matrices, vectors []string, l int) string {
	var check, read, write, args []string
	length, rows, params := vectors[0], "len(m)", strings.Join(pointers, ", ")+" []"+d.goName
	if len(k.each) == 0 {
		// m is the one that has the length of a row.
		rows, length = "", "m"
		at := slices.Index(pointers, "m")
		params = strings.Join(pointers[:at], ", ") + " []" + d.goName + ", ld, rows int, " + strings.Join(pointers[at:], ", ") + " []" + d.goName
	}
	head := fmt.Sprintf("n := len(%s)\n", length)
	ld := "ld"
	if rows != "" {
		head, ld = fmt.Sprintf("rows, n := len(m), len(%s)\n", length), "n"
	}
	for _, s := range vectors {
		if s != length {
			check = append(check, fmt.Sprintf("%[1]s = %[1]s[:n:len(%[1]s)]\n", s))
		}
	}
	for _, s := range k.each {
		if s != "m" {
			check = append(check, fmt.Sprintf("%[1]s = %[1]s[:rows:len(%[1]s)]\n", s))
		}
		read = append(read, fmt.Sprintf("raceRead(%s)\n", s))
	}
	for _, s := range vectors {
		verb := "Read"
		if k.sums && (s == "s1" || s == "s2") {
			verb = "Write"
		}
		read = append(read, fmt.Sprintf("race%s(%s)\n", verb, s))
	}
	for _, s := range matrices {
		check = append(check, fmt.Sprintf("checkRows(%q, %s, %s, rows, n)\n", k.name, s, ld))
		verb := "Read"
		if slices.Contains(k.out, s) {
			verb = "Write"
		}
		write = append(write, fmt.Sprintf("race%s(%s[i*%s:][:n])\n", verb, s, ld))
	}
	for _, s := range pointers {
		args = append(args, "&"+s+"[0]")
	}
	return fmt.Sprintf(`	k.%[1]s = func(%[2]s) {
		%[3]s%[4]sif raceEnabled {
			%[5]sfor i := range rows {
				%[6]s}
		}
		if rows > 0 && n > 0 {
			back := %[7]d * (n &^ %[8]d)
			%[9]s(%[10]s, %[7]d*%[11]s-back, back, rows, n)
		}
	}
`, k.name, params, head, strings.Join(check, ""), strings.Join(read, ""), strings.Join(write, ""), d.size, l-1, name, strings.Join(args, ", "), ld)
}
