package main

import (
	"fmt"

	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

func init() {
	for _, isa := range []amd64ISA{avx2, avx512} {
		families = append(families, func() ([]file, error) { return mergeAMD64(isa) })
	}
}

// mergeAMD64 writes y = fma(alpha, x, beta*y): whole vectors, then single
// elements.
func mergeAMD64(isa amd64ISA) ([]file, error) {
	f := newAMD64File("merge", isa)
	for _, d := range dtypes {
		f.d = d
		name := "axpby" + d.suffix + isa.suffix
		f.fn(name, fmt.Sprintf("func(y *%[1]s, n int, alpha %[1]s, x *%[1]s, beta %[1]s)", d.goName), name+" is y[i] = fma(alpha, x[i], beta*y[i]).")
		y, x, n := reg.RDI, reg.RSI, reg.RDX
		alpha, beta, t := f.vec(0), f.vec(1), f.vec(2)
		f.Load(f.Param("y"), y)
		f.Load(f.Param("x"), x)
		f.Load(f.Param("n"), n)
		f.scalar("VBROADCAST", f.arg("alpha"), alpha)
		f.scalar("VBROADCAST", f.arg("beta"), beta)
		f.Label("vector")
		f.SUBQ(operand.Imm(uint64(f.lanes())), n)
		f.jump("JLT", "rest")
		f.op("VMUL", mem(y, 0), beta, t)
		f.op("VFMADD231", mem(x, 0), alpha, t)
		f.op("VMOVU", t, mem(y, 0))
		f.ADDQ(operand.Imm(uint64(isa.bytes)), x)
		f.ADDQ(operand.Imm(uint64(isa.bytes)), y)
		f.jump("JMP", "vector")
		f.Label("rest")
		f.ADDQ(operand.Imm(uint64(f.lanes())), n)
		f.jump("JZ", "done")
		f.Label("element")
		f.scalar("VMUL", mem(y, 0), xmm[1], xmm[2])
		f.scalar("VFMADD231", mem(x, 0), xmm[0], xmm[2])
		f.scalar("VMOV", xmm[2], mem(y, 0))
		f.ADDQ(operand.Imm(uint64(d.size)), x)
		f.ADDQ(operand.Imm(uint64(d.size)), y)
		f.DECQ(n)
		f.jump("JNZ", "element")
		f.Label("done")
		f.VZEROUPPER()
		f.RET()
		f.foot = append(f.foot, fmt.Sprintf(`
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
}`, "Merge"+d.suffix+isa.suffix, d.goName, name))
	}
	return f.render()
}
