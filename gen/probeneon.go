package main

import (
	"fmt"

	"github.com/lanes-go/lanes/gen/a64"
)

func init() { families = append(families, probeNEON) }

// probeNEON writes the kernels that measure the machine.
func probeNEON() ([]file, error) {
	f := newNEONFile("probe")
	for _, d := range dtypes {
		name := "probeFMA" + d.suffix + "NEON"
		t := f.fn(d, name, "func(n int)", name+" does n > 0 rounds of 24 independent FMAs, by element as in the product.")
		const n a64.R = 0
		t.Param("n", n)
		for i := a64.V(0); i < 32; i++ {
			t.Clear(i)
		}
		t.Align(32)
		t.Label("loop")
		for i := a64.V(0); i < 24; i++ {
			t.VElem(a64.FMLAElem, i, 24+i%4, 28+i%4, 0)
		}
		t.SubsI(n, n, 1)
		t.BIf("ne", "loop")
		t.Ret()
	}
	const x, src, n a64.R = 0, 1, 2
	loop := func(t *a64.Func, body func(i int)) {
		t.Param("n", n)
		t.Align(32)
		t.Label("loop")
		for i := 0; i < 8; i++ {
			body(i)
		}
		t.SubsI(n, n, 1)
		t.BIf("ne", "loop")
		t.Ret()
	}
	t := f.fn(f32, "probeReadNEON", "func(x *byte, n int)", "probeReadNEON reads n > 0 blocks of 256 bytes.")
	t.Param("x", x)
	loop(t, func(i int) { t.LoadPairP(a64.V(2*i), a64.V(2*i+1), x, 32) })
	t = f.fn(f32, "probeWriteNEON", "func(x *byte, n int)", "probeWriteNEON clears n > 0 blocks of 256 bytes.")
	t.Param("x", x)
	t.Clear(0)
	loop(t, func(i int) { t.StorePairP(0, 0, x, 32) })
	t = f.fn(f32, "probeCopyNEON", "func(dst, src *byte, n int)", "probeCopyNEON copies n > 0 blocks of 256 bytes.")
	t.Param("dst", x)
	t.Param("src", src)
	loop(t, func(i int) {
		t.LoadPairP(a64.V(2*i), a64.V(2*i+1), src, 32)
		t.StorePairP(a64.V(2*i), a64.V(2*i+1), x, 32)
	})
	for _, d := range dtypes {
		f.foot = append(f.foot, fmt.Sprintf(`
func useProbe%[1]sNEON(k *ProbeKernels) {
	k.ProbeFMA = func(n int) int {
		if n <= 0 {
			return 0
		}
		probeFMA%[1]sNEON(n)
		return n * 24 * 2 * %[2]d
	}
	k.ProbeRead, k.ProbeWrite, k.ProbeCopy = readProbeNEON, writeProbeNEON, copyProbeNEON
}`, d.suffix, d.lanes()))
	}
	f.foot = append(f.foot, `
// The faces do whole blocks in assembly and the rest in Go.

func readProbeNEON(x []byte) {
	if raceEnabled {
		raceRead(x)
	}
	n := len(x) / 256
	if n > 0 {
		probeReadNEON(&x[0], n)
	}
	probeReadGeneric(x[n*256:])
}

func writeProbeNEON(x []byte) {
	if raceEnabled {
		raceWrite(x)
	}
	n := len(x) / 256
	if n > 0 {
		probeWriteNEON(&x[0], n)
	}
	clear(x[n*256:])
}

func copyProbeNEON(dst, src []byte) {
	src = src[:len(dst):len(src)]
	if raceEnabled {
		raceRead(src)
		raceWrite(dst)
	}
	n := len(dst) / 256
	if n > 0 {
		probeCopyNEON(&dst[0], &src[0], n)
	}
	copy(dst[n*256:], src[n*256:])
}`)
	return f.render()
}
