package main

import "github.com/lanes-go/lanes/gen/a64"

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
	section(4, "noaffine", func() {
		// The distance of the factors and of the summands.
		t.Lsr(nT, nOut, 8)
		t.Lsl(nT, nT, int(t.d.shift))
		t.Add(nCount, nBias, nT)
		t.Add(nT, nCount, nT)
		for j := 0; j < t.nv; j++ {
			t.loadVec(x, nCount, j)
			for i := 0; i < t.h; i++ {
				v := y
				if (i+j)%2 == 1 {
					v = z
				}
				t.loadVec(v, nT, j)
				t.V3(a64.FMLA, v, t.acc(i, j), x)
				t.VMov(t.acc(i, j), v)
			}
		}
	})
	section(5, "store", func() {
		// What is below zero loses all its bits: NaN and -0 pass.
		for i := 0; i < t.h*t.nv; i++ {
			v := t.tmp(i % 3)
			t.VZero(a64.FCMLT0, v, a64.V(i))
			t.VBits3(a64.BIC, a64.V(i), a64.V(i), v)
		}
	})
	t.rows(t.storeRow)
}
