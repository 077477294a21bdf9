package main

import (
	"fmt"

	"github.com/lanes-go/lanes/gen/a64"
)

// packNNEON emits the copying pack of up to a panel of columns, k > 0 rows. One
// loop for each class of widths; a last vector that ends with the last column may
// overlap the one before.
func packNNEON(f *neonFile, d dtype) {
	name := "packN" + d.suffix + "NEON"
	t := f.fn(d, name, fmt.Sprintf(packSignature, d.goName), fmt.Sprintf("%s is dst[p*w+j] = src[p*lds+j], j < n <= %d, k > 0.", name, 3*d.lanes()))
	const dst, w, src, lds, n, k, off a64.R = 0, 1, 2, 3, 4, 5, 6
	shift := int(d.shift)
	t.Param("dst", dst)
	t.Param("w", w)
	t.Param("src", src)
	t.Param("lds", lds)
	t.Param("n", n)
	t.Param("k", k)
	t.Lsl(w, w, shift)
	t.Lsl(lds, lds, shift)
	classes, widths := neonClasses(d)
	first := map[int]int{} // least and greatest width of a class
	last := map[int]int{}
	for i := len(widths) - 1; i > 0; i-- {
		first[widths[i]] = i
		last[widths[i]] = max(i, last[widths[i]])
	}
	// From the widest class down; a class is entered if n is at least its least.
	for i := len(widths) - 1; i > 0; {
		c := widths[i]
		i = first[c] - 1
		next := fmt.Sprintf("below%d", first[c])
		if i > 0 {
			t.CmpI(n, first[c])
			t.BIf("lt", next)
		}
		nv, bytes := classes[c].nv, classes[c].bytes
		ragged := nv > 1
		if ragged {
			t.Lsl(off, n, shift)
			t.SubI(off, off, bytes)
		}
		loop := fmt.Sprintf("loop%d", first[c])
		t.Align(16)
		t.Label(loop)
		for j := 0; j < nv; j++ {
			if j > 0 && j == nv-1 {
				t.LoadX(bytes, a64.V(j), src, off)
			} else {
				t.Load(bytes, a64.V(j), src, j*bytes)
			}
		}
		t.Add(src, src, lds)
		for j := 0; j < nv; j++ {
			if j > 0 && j == nv-1 {
				t.StoreX(bytes, a64.V(j), dst, off)
			} else {
				t.Store(bytes, a64.V(j), dst, j*bytes)
			}
		}
		t.Add(dst, dst, w)
		t.SubsI(k, k, 1)
		t.BIf("ne", loop)
		t.Ret()
		if i > 0 {
			t.Label(next)
		}
	}
}

// packTNEON emits the transposing pack, n, k > 0: four rows by a vector of k at a
// time, the last ones of either overlapping those before; fewer than four rows, or
// than a vector of k, element by element.
func packTNEON(f *neonFile, d dtype) {
	name := "packT" + d.suffix + "NEON"
	t := f.fn(d, name, fmt.Sprintf(packSignature, d.goName), name+" is dst[p*w+j] = src[j*lds+p], j < n, p < k; n, k > 0.")
	const dst, w, src, lds, n, k, count, to, x, y a64.R = 0, 1, 2, 3, 4, 5, 6, 7, 8, 9
	rows := []a64.R{10, 11, 12, 13}
	shift, e := int(d.shift), d.lanes()
	t.Param("dst", dst)
	t.Param("w", w)
	t.Param("src", src)
	t.Param("lds", lds)
	t.Param("n", n)
	t.Param("k", k)
	t.Lsl(w, w, shift)
	t.Lsl(lds, lds, shift)
	t.CmpI(n, 4)
	t.BIf("lt", "row")
	t.CmpI(k, e)
	t.BIf("lt", "row")

	t.Label("chunk")
	t.Mov(rows[0], src)
	for i := 1; i < 4; i++ {
		t.Add(rows[i], rows[i-1], lds)
	}
	t.Mov(to, dst)
	t.Mov(count, k)
	t.Align(32)
	t.Label("loop")
	for i := 0; i < 4; i++ {
		t.LoadP(16, a64.V(i), rows[i], 16)
	}
	if d == f32 {
		t.V3(a64.TRN1, 4, 0, 1) // a0 b0 a2 b2
		t.V3(a64.TRN2, 5, 0, 1) // a1 b1 a3 b3
		t.V3(a64.TRN1, 6, 2, 3)
		t.V3(a64.TRN2, 7, 2, 3)
		t.Arr = a64.D2
		for i := a64.V(0); i < 2; i++ {
			t.V3(a64.ZIP1, 16+i, 4+i, 6+i)
			t.V3(a64.ZIP2, 18+i, 4+i, 6+i)
		}
		t.Arr = a64.S4
		for i := 0; i < 4; i++ {
			t.Store(16, a64.V(16+i), to, 0)
			t.Add(to, to, w)
		}
	} else {
		t.V3(a64.ZIP1, 16, 0, 1)
		t.V3(a64.ZIP1, 17, 2, 3)
		t.V3(a64.ZIP2, 18, 0, 1)
		t.V3(a64.ZIP2, 19, 2, 3)
		for i := 0; i < 2; i++ {
			t.StorePair(a64.V(16+2*i), a64.V(17+2*i), to, 0)
			t.Add(to, to, w)
		}
	}
	t.SubsI(count, count, e)
	t.BIf("eq", "next")
	t.CmpI(count, e)
	t.BIf("ge", "loop")
	t.MovI(x, e) // back to the last e of k
	t.Sub(x, x, count)
	for i := 0; i < 4; i++ {
		t.Lsl(y, x, shift)
		t.Sub(rows[i], rows[i], y)
	}
	t.Mul(y, x, w)
	t.Sub(to, to, y)
	t.MovI(count, e)
	t.B("loop")

	t.Label("next")
	t.AddLsl(src, src, lds, 2)
	t.AddI(dst, dst, 4*d.size)
	t.SubsI(n, n, 4)
	t.BIf("eq", "done")
	t.CmpI(n, 4)
	t.BIf("ge", "chunk")
	t.MovI(x, 4) // back to the last four rows
	t.Sub(x, x, n)
	t.Mul(y, x, lds)
	t.Sub(src, src, y)
	t.Lsl(y, x, shift)
	t.Sub(dst, dst, y)
	t.MovI(n, 4)
	t.B("chunk")
	t.Label("done")
	t.Ret()

	t.Label("row")
	t.Mov(rows[0], src)
	t.Mov(to, dst)
	t.Mov(count, k)
	t.Label("element")
	t.LoadP(d.size, 0, rows[0], d.size)
	t.Store(d.size, 0, to, 0)
	t.Add(to, to, w)
	t.SubsI(count, count, 1)
	t.BIf("ne", "element")
	t.Add(src, src, lds)
	t.AddI(dst, dst, d.size)
	t.SubsI(n, n, 1)
	t.BIf("ne", "row")
	t.Ret()
}
