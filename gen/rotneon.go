package main

import (
	"fmt"

	"github.com/lanes-go/lanes/gen/a64"
)

func init() { families = append(families, rotNEON) }

// rotNEON writes chains of rotations of neighbouring rows: four vectors of columns at
// a time, then single vectors, then single elements in the low end of a vector.
func rotNEON() ([]file, error) {
	f := newNEONFile("rot")
	for _, d := range dtypes {
		name := "rotRows" + d.suffix + "NEON"
		t := f.fn(d, name, fmt.Sprintf("func(a *%[1]s, ld, n int, c, s *%[1]s, step, count int, sign %[1]s)", d.goName),
			fmt.Sprintf("%s turns rows i and i+1 of n > 0 elements, ld bytes apart, by (c[i], sign*s[i]), count > 0 of them; c and s go on by step bytes.", name))
		const a, ld, n, c, s, step, count, row, next, cp, sp, left a64.R = 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11
		const vc, vs, minus, sign a64.V = 28, 29, 30, 31
		for i, p := range []string{"a", "ld", "n", "c", "s", "step", "count"} {
			t.Param(p, a64.R(i))
		}
		t.ParamV("sign", sign)
		strip := func(label string, vectors, bytes int) {
			t.Mov(row, a)
			t.Mov(cp, c)
			t.Mov(sp, s)
			t.Mov(left, count)
			for v := range vectors {
				t.Load(bytes, a64.V(v), row, v*bytes)
			}
			t.Align(32)
			t.Label(label)
			t.Load(d.size, vc, cp, 0)
			t.Load(d.size, vs, sp, 0)
			t.Add(cp, cp, step)
			t.Add(sp, sp, step)
			t.VElem(a64.FMULElem, vs, vs, sign, 0)
			t.V2(a64.FNEG, minus, vs)
			t.Add(next, row, ld)
			for v := range vectors {
				x, y, w := a64.V(v), a64.V(8+v), a64.V(16+v)
				t.Load(bytes, y, next, v*bytes)
				t.VElem(a64.FMULElem, w, y, vs, 0)
				t.VElem(a64.FMLAElem, w, x, vc, 0)
				t.Store(bytes, w, row, v*bytes)
				t.VElem(a64.FMULElem, x, x, minus, 0)
				t.VElem(a64.FMLAElem, x, y, vc, 0)
			}
			t.Mov(row, next)
			t.SubsI(left, left, 1)
			t.BIf("ne", label)
			for v := range vectors {
				t.Store(bytes, a64.V(v), row, v*bytes)
			}
		}
		for _, s := range []struct {
			label          string
			vectors, bytes int
			next           string
		}{{"four", 4, 16, "few"}, {"few", 1, 16, "rest"}, {"rest", 1, d.size, "done"}} {
			elements := s.vectors * s.bytes / d.size
			t.Label(s.label)
			t.CmpI(n, elements)
			t.BIf("lt", s.next)
			strip(s.label+"_row", s.vectors, s.bytes)
			t.SubI(n, n, elements)
			t.AddI(a, a, s.vectors*s.bytes)
			t.B(s.label)
		}
		t.Label("done")
		t.Ret()
		f.foot = append(f.foot, rotFoot(d, "NEON", name))
	}
	return f.render()
}
