package main

import (
	"fmt"

	"github.com/lanes-go/lanes/gen/a64"
)

func init() { families = append(families, mergeNEON) }

// mergeNEON writes y = fma(alpha, x, beta*y): four vectors at a time, then single
// ones, then single elements in the low end of a vector.
func mergeNEON() ([]file, error) {
	f := newNEONFile("merge")
	for _, d := range dtypes {
		name := "axpby" + d.suffix + "NEON"
		t := f.fn(d, name, fmt.Sprintf("func(y *%[1]s, n int, alpha %[1]s, x *%[1]s, beta %[1]s)", d.goName), name+" is y[i] = fma(alpha, x[i], beta*y[i]).")
		const y, x, n a64.R = 0, 1, 2
		const alpha, beta a64.V = 30, 31
		t.Param("y", y)
		t.Param("x", x)
		t.Param("n", n)
		t.ParamV("alpha", alpha)
		t.ParamV("beta", beta)
		body := func(vectors int) {
			for i := a64.V(0); i < a64.V(vectors); i++ {
				t.VElem(a64.FMULElem, 16+i, i, beta, 0)
				t.VElem(a64.FMLAElem, 16+i, 8+i, alpha, 0)
			}
		}
		t.SubsI(n, n, 4*d.lanes())
		t.BIf("lt", "few")
		t.Align(32)
		t.Label("vectors")
		t.LoadPair(0, 1, y, 0)
		t.LoadPair(2, 3, y, 32)
		t.LoadPairP(8, 9, x, 32)
		t.LoadPairP(10, 11, x, 32)
		body(4)
		t.StorePairP(16, 17, y, 32)
		t.StorePairP(18, 19, y, 32)
		t.SubsI(n, n, 4*d.lanes())
		t.BIf("ge", "vectors")
		t.Label("few")
		t.AddI(n, n, 4*d.lanes())
		t.Label("vector")
		t.SubsI(n, n, d.lanes())
		t.BIf("lt", "rest")
		t.Load(16, 0, y, 0)
		t.LoadP(16, 8, x, 16)
		body(1)
		t.StoreP(16, 16, y, 16)
		t.B("vector")
		t.Label("rest")
		t.AddI(n, n, d.lanes())
		t.Cbz(n, "done")
		t.Label("element")
		t.Load(d.size, 0, y, 0)
		t.LoadP(d.size, 8, x, d.size)
		body(1)
		t.StoreP(d.size, 16, y, d.size)
		t.SubsI(n, n, 1)
		t.BIf("ne", "element")
		t.Label("done")
		t.Ret()
		f.foot = append(f.foot, mergeFoot(d, "NEON", name))
	}
	return f.render()
}

// mergeFoot is the Go face of Axpby.
func mergeFoot(d dtype, suffix, name string) string {
	return fmt.Sprintf(`
func use%[1]s(k *MergeKernels[%[2]s]) {
	k.Axpby = func(y []%[2]s, alpha %[2]s, x []%[2]s, beta %[2]s) {
		x = x[:len(y):len(x)]
		if raceEnabled {
			raceRead(x)
			raceWrite(y)
		}
		if len(y) > 0 {
			%[3]s(&y[0], len(y), alpha, &x[0], beta)
		}
	}
}`, "Merge"+d.suffix+suffix, d.goName, name)
}
