package main

import (
	"fmt"

	"github.com/lanes-go/lanes/gen/a64"
)

func init() { families = append(families, gemmNEON) }

// neonClass is a width of tiles: nv vectors of bytes bytes. The last vector
// begins where it ends with the last column, so it may overlap the one before and
// no width needs masks or reads outside: columns in the overlap are computed
// twice, alike, and C is read before it is written.
type neonClass struct {
	nv, bytes int
}

// neonClasses lists the classes of a type; neonWidths is, for each number of
// columns up to a panel, the index of its class.
func neonClasses(d dtype) (classes []neonClass, widths []int) {
	e := d.lanes()
	classes = []neonClass{{1, 16}, {2, 16}, {3, 16}, {1, d.size}}
	widths = []int{0, 3}
	if d == f32 {
		classes = append(classes, neonClass{1, 8}, neonClass{2, 8})
		widths = append(widths, 4, 5)
	}
	for w := len(widths); w <= 3*e; w++ {
		widths = append(widths, (w-1)/e)
	}
	return classes, widths
}

// neonHeight is the greatest tile height. By columns, one or a few registers hold
// a column of A and FMLA takes its elements. By rows, every row of A needs a
// register of its own, of as many k as it holds.
func neonHeight(c neonClass, col bool) int {
	if c.nv == 3 && !col {
		return 7
	}
	return 8
}

// neonWide is, for 1, 2, … rows, the number of panels that a wide kernel holds.
var neonWide = []int{0, 8, 4, 2, 2}

const neonSignature = "func(c *%[1]s, ldc int, a *%[1]s, astr int, b *%[1]s, bpanel, brow, k, mt, np, off, out int, alpha, beta %[1]s, bias *%[1]s)"

func neonTileName(d dtype, h int, c neonClass, col bool) string {
	mode := "Row"
	if col {
		mode = "Col"
	}
	width := fmt.Sprint(c.nv * c.bytes / d.size)
	if c.bytes < 16 && c.nv == 2 {
		width = fmt.Sprint(2*c.bytes/d.size - 1)
	}
	return fmt.Sprintf("gemm%dx%s%s%sNEON", h, width, mode, d.suffix)
}

func neonWideName(d dtype, h int, packed bool) string {
	return fmt.Sprintf("gemmWide%dx%d%s%sNEON", h, neonWide[h]*3*d.lanes(), map[bool]string{true: "Packed"}[packed], d.suffix)
}

// gemmNEON writes every tile kernel of the matrix product, the packing kernels
// and the tables of them.
func gemmNEON() ([]file, error) {
	f := newNEONFile("gemm")
	for _, d := range dtypes {
		classes, _ := neonClasses(d)
		for _, col := range []bool{false, true} {
			for _, c := range classes {
				for h := 1; h <= neonHeight(c, col); h++ {
					t := &neonTile{d: d, h: h, nv: c.nv, bytes: c.bytes, col: col}
					name := neonTileName(d, h, c, col)
					mode := "A(i,p) = a[i*astr + p]"
					if col {
						mode = "A(i,p) = a[i + p*astr]"
					}
					t.Func = f.fn(d, name, fmt.Sprintf(neonSignature, d.goName),
						fmt.Sprintf("%s is mt tiles of %d rows by np panels of columns of a product, %s.", name, h, mode))
					t.emit()
				}
			}
		}
		for h := 1; h < len(neonWide); h++ {
			for _, packed := range []bool{false, true} {
				t := &neonTile{d: d, h: h, nv: 3 * neonWide[h], bytes: 16, wide: true}
				name := neonWideName(d, h, packed)
				t.Func = f.fn(d, name, fmt.Sprintf(neonSignature, d.goName),
					fmt.Sprintf("%s is %d rows by np groups of %d panels of columns of a product, A(i,p) = a[i*astr + p].", name, h, neonWide[h]))
				t.emitWide(packed)
			}
		}
		packNNEON(f, d)
		packTNEON(f, d)
		f.foot = append(f.foot, neonTable(d))
	}
	return f.render()
}

// neonTable is the Go source of the table of one type.
func neonTable(d dtype) string {
	classes, widths := neonClasses(d)
	s := fmt.Sprintf("\nvar gemmTiles%sNEON = gemmTiles[%s]{\nnr: %d,\nwidth: []gemmWidth[%s]{\n", d.suffix, d.goName, 3*d.lanes(), d.goName)
	for w, i := range widths {
		if w == 0 {
			s += "{},\n"
			continue
		}
		c := classes[i]
		s += fmt.Sprintf("{off: %d", w*d.size-c.bytes)
		for _, col := range []bool{false, true} {
			s += map[bool]string{false: ", row: ", true: ", col: "}[col] + fmt.Sprintf("[]gemmRaw[%s]{nil", d.goName)
			for h := 1; h <= neonHeight(c, col); h++ {
				s += ", " + neonTileName(d, h, c, col)
			}
			s += "}"
		}
		s += "},\n"
	}
	s += "},\n"
	for _, packed := range []bool{false, true} {
		s += map[bool]string{false: "wide", true: "widePacked"}[packed] + ": []gemmRaw[" + d.goName + "]{nil"
		for h := 1; h < len(neonWide); h++ {
			s += ", " + neonWideName(d, h, packed)
		}
		s += "},\n"
	}
	s += "widePanels: []int{"
	for _, n := range neonWide {
		s += fmt.Sprint(n, ",")
	}
	return s + fmt.Sprintf("},\npackN: packN%[1]sNEON,\npackT: packT%[1]sNEON,\n}\n", d.suffix)
}

// neonTile emits one tile kernel: h rows by nv vectors of columns.
type neonTile struct {
	*a64.Func
	d         dtype
	h, nv     int
	bytes     int // of a vector
	col, wide bool
}

// Registers of a tile kernel. Strides are in bytes.
const (
	nC      a64.R = 0 // tile of C
	nLDC    a64.R = 1
	nA      a64.R = 2 // tile of A
	nAStr   a64.R = 3
	nB      a64.R = 4 // panel of B
	nBPanel a64.R = 5
	nBRow   a64.R = 6
	nK      a64.R = 7
	nNP     a64.R = 8
	nMT     a64.R = 9
	nOff    a64.R = 10 // offset of the last vector of the panel
	nBp     a64.R = 11 // row of B
	nCount  a64.R = 12
	nT      a64.R = 13
	nOut    a64.R = 14 // after the sum
	nBl     a64.R = 14 // last vector of the row of B, before
	nBias   a64.R = 15
	nCp     a64.R = 25 // panel of the tile of C
)

// nRow are the pointers to rows of A, or to panels of B in a wide kernel.
var nRow = [8]a64.R{16, 17, 19, 20, 21, 22, 23, 24}

func (t *neonTile) acc(i, j int) a64.V { return a64.V(i*t.nv + j) }

// tmp is the i-th register after the accumulators: B, then A, and after the sum
// whatever the epilogue needs.
func (t *neonTile) tmp(i int) a64.V { return a64.V(t.h*t.nv + i) }

// ragged reports whether the last vector lies at the runtime offset.
func (t *neonTile) ragged() bool { return t.nv > 1 && !t.wide }

// loadVec loads vector j of a row of B or C.
func (t *neonTile) loadVec(v a64.V, base a64.R, j int) {
	if t.ragged() && j == t.nv-1 {
		t.LoadX(t.bytes, v, base, nOff)
	} else {
		t.Load(t.bytes, v, base, j*t.bytes)
	}
}

// loadB loads a row of B into v, v+1, … and steps to the next. LD1 that adds a
// register to the base afterwards is the cheapest load with a step; the last
// vector has a pointer of its own.
func (t *neonTile) loadB(v a64.V) {
	switch {
	case t.bytes < 16:
		for j := 0; j < t.nv; j++ {
			t.loadVec(v+a64.V(j), nBp, j)
		}
		t.Add(nBp, nBp, nBRow)
	case t.nv == 1:
		t.Ld1X(1, v, nBp, nBRow)
	default:
		t.Ld1X(t.nv-1, v, nBp, nBRow)
		t.Ld1X(1, v+a64.V(t.nv-1), nBl, nBRow)
	}
}

func (t *neonTile) storeRow(i int, base a64.R) {
	j := 0
	for ; t.bytes == 16 && j+2 < t.nv; j += 2 {
		t.StorePair(t.acc(i, j), t.acc(i, j+1), base, j*16)
	}
	for ; j < t.nv; j++ {
		if t.ragged() && j == t.nv-1 {
			t.StoreX(t.bytes, t.acc(i, j), base, nOff)
		} else {
			t.Store(t.bytes, t.acc(i, j), base, j*t.bytes)
		}
	}
}

// params loads arguments; strides become bytes.
func (t *neonTile) params() {
	shift := int(t.d.shift)
	for _, p := range []struct {
		name  string
		r     a64.R
		shift bool
	}{
		{"c", nC, false}, {"ldc", nLDC, true}, {"a", nA, false}, {"astr", nAStr, true}, {"b", nB, false},
		{"bpanel", nBPanel, true}, {"brow", nBRow, true}, {"k", nK, false}, {"mt", nMT, false},
	} {
		t.Param(p.name, p.r)
		if p.shift {
			t.Lsl(p.r, p.r, shift)
		}
	}
}

func (t *neonTile) emit() {
	width := t.nv * t.bytes
	t.params()
	t.Label("tile")
	t.Mov(nCp, nC)
	t.Param("b", nB)
	t.Param("np", nNP)
	t.Param("bias", nBias)

	t.Label("panel")
	if t.ragged() {
		t.MovI(nOff, width-t.bytes)
		t.CmpI(nNP, 1)
		t.BIf("ne", "full")
		t.Param("off", nOff)
		t.Label("full")
	}
	if t.nv == 3 && t.h > 4 {
		// The lines of C are needed when the sum is done.
		t.Mov(nT, nCp)
		for i := 0; i < t.h; i++ {
			t.Prefetch(nT, 0)
			t.Prefetch(nT, width-8)
			if i < t.h-1 {
				t.Add(nT, nT, nLDC)
			}
		}
	}
	t.Mov(nBp, nB)
	if t.ragged() {
		t.Add(nBl, nB, nOff)
	}
	t.Mov(nRow[0], nA)
	if !t.col {
		for i := 1; i < t.h; i++ {
			t.Add(nRow[i], nRow[i-1], nAStr)
		}
	}
	t.clear()
	if t.col {
		t.sumCol()
	} else {
		t.sumRow()
	}
	t.Label("out")
	t.out()
	t.AddI(nCp, nCp, width)
	t.AddI(nBias, nBias, width)
	t.Add(nB, nB, nBPanel)
	t.SubsI(nNP, nNP, 1)
	t.BIf("ne", "panel")

	t.MovI(nT, t.h)
	t.Madd(nC, nLDC, nT, nC)
	if t.col {
		t.AddI(nA, nA, t.h*t.d.size)
	} else {
		t.Madd(nA, nAStr, nT, nA)
	}
	t.SubsI(nMT, nMT, 1)
	t.BIf("ne", "tile")
	t.Ret()
}

func (t *neonTile) clear() {
	for i := 0; i < t.h*t.nv; i++ {
		t.Clear(a64.V(i))
	}
}

// loops emits a loop over n k at a time and one over what is left; label out
// follows.
func (t *neonTile) loops(shift int, block, one func()) {
	t.Lsr(nCount, nK, shift)
	t.Cbz(nCount, "rest")
	t.Align(32)
	t.Label("loop")
	block()
	t.SubsI(nCount, nCount, 1)
	t.BIf("ne", "loop")
	t.Label("rest")
	t.AndBits(nCount, nK, shift)
	t.Cbz(nCount, "out")
	t.Label("one")
	one()
	t.SubsI(nCount, nCount, 1)
	t.BIf("ne", "one")
}

// sumCol: a column of A is loaded whole.
func (t *neonTile) sumCol() {
	type piece struct{ bytes, off int }
	e, size := t.d.lanes(), t.d.size
	var pieces []piece
	type element struct{ piece, lane int }
	var rows []element // where row i is
	for i := 0; i < t.h; {
		n := min(t.h-i, e)
		p := piece{n * size, i * size}
		first := 0
		if n == 3 {
			if i > 0 { // overlap the piece before
				p, first = piece{16, (t.h - e) * size}, e-n
			} else {
				n, p = 2, piece{8, i * size}
			}
		}
		for l := 0; l < n; l++ {
			rows = append(rows, element{len(pieces), first + l})
		}
		pieces = append(pieces, p)
		i += n
	}
	step := func() {
		b, a := t.tmp(0), t.tmp(t.nv)
		if t.h%e == 0 {
			t.Ld1X(t.h/e, a, nRow[0], nAStr)
		} else {
			for i, p := range pieces {
				t.Load(p.bytes, a+a64.V(i), nRow[0], p.off)
			}
			t.Add(nRow[0], nRow[0], nAStr)
		}
		t.loadB(b)
		for i, r := range rows {
			for j := 0; j < t.nv; j++ {
				t.VElem(a64.FMLAElem, t.acc(i, j), b+a64.V(j), a+a64.V(r.piece), r.lane)
			}
		}
	}
	t.loops(2, func() {
		for u := 0; u < 4; u++ {
			step()
		}
	}, step)
}

// sumRow: each row of A is loaded a vector of k at a time.
func (t *neonTile) sumRow() {
	b, a := t.tmp(0), t.tmp(t.nv)
	step := func(lane int) {
		t.loadB(b)
		for i := 0; i < t.h; i++ {
			for j := 0; j < t.nv; j++ {
				t.VElem(a64.FMLAElem, t.acc(i, j), b+a64.V(j), a+a64.V(i), lane)
			}
		}
	}
	t.loops(2, func() { t.byRow(a, nRow[:], 4, step) }, func() { t.byRow(a, nRow[:], 1, step) })
}

// byRow does n k, loading each row of A a vector at a time into a, a+1, ….
func (t *neonTile) byRow(a a64.V, rows []a64.R, n int, step func(lane int)) {
	for u := 0; u < n; u++ {
		lane := u % t.d.lanes()
		for i := 0; lane == 0 && i < t.h; i++ {
			if n == 1 {
				t.LoadP(t.d.size, a+a64.V(i), rows[i], t.d.size)
			} else {
				t.Ld1P(1, a+a64.V(i), rows[i])
			}
		}
		step(lane)
	}
}

// emitWide emits h rows by nv/3 panels of B. Unpacked, the panels are one stretch
// of a row of B; packed, each has a pointer of its own and rows of fixed length.
func (t *neonTile) emitWide(packed bool) {
	rows := []a64.R{nAStr, nBp, nOff, nMT} // free here
	panels := t.nv / 3
	t.params()
	t.Mov(nCp, nC)
	t.Param("np", nNP)
	t.Param("bias", nBias)

	t.Label("panel")
	t.Mov(rows[0], nA)
	if t.h > 1 {
		t.Param("astr", nT)
		t.Lsl(nT, nT, int(t.d.shift))
		for i := 1; i < t.h; i++ {
			t.Add(rows[i], rows[i-1], nT)
		}
	}
	t.Mov(nRow[0], nB)
	for q := 1; q < panels; q++ {
		if packed {
			t.Add(nRow[q], nRow[q-1], nBPanel)
		}
		t.Add(nB, nB, nBPanel)
	}
	t.Add(nB, nB, nBPanel)
	t.clear()
	a, b := t.tmp(0), t.tmp(t.h)
	k := 0 // of the block so far
	step := func(lane int) {
		for j := 0; j < t.nv; j++ {
			x := b + a64.V(j%(32-int(b)))
			if packed {
				t.Load(16, x, nRow[j/3], 48*k+j%3*16)
			} else {
				t.Load(16, x, nRow[0], 16*j)
			}
			for i := 0; i < t.h; i++ {
				t.VElem(a64.FMLAElem, t.acc(i, j), x, a+a64.V(i), lane)
			}
		}
		if k++; !packed {
			t.Add(nRow[0], nRow[0], nBRow)
		}
	}
	block := func(n int) func() {
		return func() {
			k = 0
			t.byRow(a, rows, n, step)
			for q := 0; packed && q < panels; q++ {
				t.AddI(nRow[q], nRow[q], 48*n)
			}
		}
	}
	t.loops(2, block(4), block(1))
	t.Label("out")
	t.out()
	t.AddI(nCp, nCp, t.nv*16)
	t.AddI(nBias, nBias, t.nv*16)
	t.SubsI(nNP, nNP, 1)
	t.BIf("ne", "panel")
	t.Ret()
}

// rows calls f for every row with the register that points at its part of C.
func (t *neonTile) rows(f func(i int, c a64.R)) {
	for i := 0; i < t.h; i++ {
		c := nCp
		if i > 0 {
			c = nT
			t.Add(nT, map[bool]a64.R{true: nCp, false: nT}[i == 1], nLDC)
		}
		f(i, c)
	}
}

// out applies the Out flags of asm/gemm.go in their order and stores the tile.
func (t *neonTile) out() {
	x, y, z := t.tmp(0), t.tmp(1), t.tmp(2)
	t.Param("out", nOut)
	t.Cbz(nOut, "store")
	section := func(bit int, next string, body func()) {
		t.Tbz(nOut, bit, next)
		body()
		t.Label(next)
	}
	section(0, "noadd", func() {
		t.rows(func(i int, c a64.R) {
			for j := 0; j < t.nv; j++ {
				v := t.tmp(j % 3)
				t.loadVec(v, c, j)
				t.V3(a64.FADD, t.acc(i, j), t.acc(i, j), v)
			}
		})
	})
	section(1, "noscale", func() {
		t.ParamV("alpha", x)
		for i := 0; i < t.h*t.nv; i++ {
			t.VElem(a64.FMULElem, a64.V(i), a64.V(i), x, 0)
		}
	})
	section(2, "nofma", func() {
		t.ParamV("alpha", x)
		t.ParamV("beta", y)
		t.rows(func(i int, c a64.R) {
			for j := 0; j < t.nv; j++ {
				v := z + a64.V(j%2)
				t.loadVec(v, c, j)
				t.VElem(a64.FMULElem, v, v, y, 0)
				t.VElem(a64.FMLAElem, v, t.acc(i, j), x, 0)
				t.VMov(t.acc(i, j), v)
			}
		})
	})
	section(3, "nobias", func() {
		for j := 0; j < t.nv; j++ {
			v := t.tmp(j % 3)
			t.loadVec(v, nBias, j)
			for i := 0; i < t.h; i++ {
				t.V3(a64.FADD, t.acc(i, j), t.acc(i, j), v)
			}
		}
	})
	section(4, "store", func() {
		// What is below zero loses all its bits: NaN and -0 pass.
		for i := 0; i < t.h*t.nv; i++ {
			v := t.tmp(i % 3)
			t.VZero(a64.FCMLT0, v, a64.V(i))
			t.VBits3(a64.BIC, a64.V(i), a64.V(i), v)
		}
	})
	t.rows(t.storeRow)
}
