package main

import (
	"fmt"

	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

func init() {
	for _, isa := range []amd64ISA{avx2, avx512} {
		families = append(families, func() ([]file, error) { return probeAMD64(isa) })
	}
}

// probeAMD64 writes the kernels that measure the machine.
func probeAMD64(isa amd64ISA) ([]file, error) {
	f := newAMD64File("probe", isa)
	// Chains enough for a latency of 5 on 2 ports; the last 4 registers are factors.
	chains := isa.nregs * 3 / 4
	for _, d := range dtypes {
		f.d = d
		name := "probeFMA" + d.suffix + isa.suffix
		f.fn(name, "func(n int)", fmt.Sprintf("%s does n > 0 rounds of %d independent FMAs.", name, chains))
		n := reg.RDX
		f.Load(f.Param("n"), n)
		// All registers hold 1: zeros would draw less power than a product does.
		ones, exponent := xmm[0], map[int][2]uint64{4: {25, 2}, 8: {54, 2}}[d.size]
		shift := map[int]string{4: "D", 8: "Q"}[d.size]
		f.VPCMPEQD(ones, ones, ones)
		f.raw("VPSLL"+shift, operand.Imm(exponent[0]), ones, ones)
		f.raw("VPSRL"+shift, operand.Imm(exponent[1]), ones, ones)
		for i := isa.nregs - 1; i >= 0; i-- {
			f.scalar("VBROADCAST", ones, f.vec(i))
		}
		f.align(32)
		f.Label("loop")
		for i := range chains {
			f.op("VFMADD231", f.vec(chains+i%2), f.vec(chains+2+i%2), f.vec(i))
		}
		f.DECQ(n)
		f.jump("JNZ", "loop")
		f.VZEROUPPER()
		f.RET()
		f.foot = append(f.foot, fmt.Sprintf(`
func useProbe%[1]s%[2]s(k *ProbeKernels) {
	k.ProbeFMA = func(n int) int {
		if n <= 0 {
			return 0
		}
		probeFMA%[1]s%[2]s(n)
		return n * %[3]d * 2 * %[4]d
	}
	k.ProbeRead, k.ProbeWrite, k.ProbeCopy = readProbe%[2]s, writeProbe%[2]s, copyProbe%[2]s
}`, d.suffix, isa.suffix, chains, f.lanes()))
	}

	// Blocks of 256 bytes, a vector at a time.
	f.d = f32
	const block = 256
	loop := func(what, signature, doc string, params map[string]reg.Register, body func(i int)) {
		f.fn("probe"+what+isa.suffix, signature, "probe"+what+isa.suffix+" "+doc)
		n := reg.RDX
		for _, p := range []string{"dst", "x", "src"} {
			if r, ok := params[p]; ok {
				f.Load(f.Param(p), r)
			}
		}
		f.Load(f.Param("n"), n)
		f.raw("VXORPS", ymm[0], ymm[0], ymm[0])
		f.align(32)
		f.Label("loop")
		for i := range block / isa.bytes {
			body(i)
		}
		for _, p := range []string{"dst", "x", "src"} {
			if r, ok := params[p]; ok {
				f.raw("ADDQ", imm(block), r.(operand.Op))
			}
		}
		f.DECQ(n)
		f.jump("JNZ", "loop")
		f.VZEROUPPER()
		f.RET()
	}
	x, src := reg.RDI, reg.RSI
	loop("Read", "func(x *byte, n int)", "reads n > 0 blocks of 256 bytes.", map[string]reg.Register{"x": x},
		func(i int) { f.op("VMOVU", mem(x, i*isa.bytes), f.vec(1+i)) })
	loop("Write", "func(x *byte, n int)", "clears n > 0 blocks of 256 bytes.", map[string]reg.Register{"x": x},
		func(i int) { f.op("VMOVU", f.vec(0), mem(x, i*isa.bytes)) })
	loop("Copy", "func(dst, src *byte, n int)", "copies n > 0 blocks of 256 bytes.", map[string]reg.Register{"dst": x, "src": src},
		func(i int) {
			f.op("VMOVU", mem(src, i*isa.bytes), f.vec(1+i))
			f.op("VMOVU", f.vec(1+i), mem(x, i*isa.bytes))
		})
	f.foot = append(f.foot, fmt.Sprintf(`
// The faces do whole blocks in assembly and the rest in Go.

func readProbe%[1]s(x []byte) {
	n := len(x) / 256
	if raceEnabled {
		raceRead(x)
	}
	if n > 0 {
		probeRead%[1]s(&x[0], n)
	}
	probeReadGeneric(x[n*256:])
}

func writeProbe%[1]s(x []byte) {
	n := len(x) / 256
	if raceEnabled {
		raceWrite(x)
	}
	if n > 0 {
		probeWrite%[1]s(&x[0], n)
	}
	clear(x[n*256:])
}

func copyProbe%[1]s(dst, src []byte) {
	src = src[:len(dst):len(src)]
	n := len(dst) / 256
	if raceEnabled {
		raceRead(src)
		raceWrite(dst)
	}
	if n > 0 {
		probeCopy%[1]s(&dst[0], &src[0], n)
	}
	copy(dst[n*256:], src[n*256:])
}`, isa.suffix))
	return f.render()
}
