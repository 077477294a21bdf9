package main

import "github.com/lanes-go/lanes/gen/a64"

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
