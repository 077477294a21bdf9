package asm

import (
	"bytes"
	"testing"
)

// The probes do what their names say, to their slices and nothing else: what they
// measure is not a smaller or a greater piece of work.
func TestProbes(t *testing.T) {
	for _, k := range Tables[float32]() {
		testProbes(t, k.ISA+" float32", k.ProbeKernels)
	}
	for _, k := range Tables[float64]() {
		testProbes(t, k.ISA+" float64", k.ProbeKernels)
	}
}

func testProbes(t *testing.T, name string, k ProbeKernels) {
	one := k.ProbeFMA(1)
	if one <= 0 || one%2 != 0 || k.ProbeFMA(3) != 3*one || k.ProbeFMA(0) != 0 || k.ProbeFMA(-1) != 0 {
		t.Errorf("%s: ProbeFMA of 1, 3, 0, -1: %d, %d, %d, %d", name, one, k.ProbeFMA(3), k.ProbeFMA(0), k.ProbeFMA(-1))
	}
	for _, n := range []int{0, 1, 255, 256, 257, 512, 1024, 1300} {
		for off := range 3 {
			x := bytes.Repeat([]byte{7}, n+off+64)
			k.ProbeRead(x[off : off+n])
			k.ProbeWrite(x[off : off+n])
			for i, v := range x {
				if inside := i >= off && i < off+n; inside && v != 0 || !inside && v != 7 {
					t.Fatalf("%s: ProbeWrite of %d bytes at %d: byte %d is %d", name, n, off, i, v)
				}
			}
			src := make([]byte, n)
			for i := range src {
				src[i] = byte(i*i + 1)
			}
			k.ProbeCopy(x[off:off+n], src)
			if !bytes.Equal(x[off:off+n], src) || off > 0 && x[0] != 7 || x[off+n] != 7 {
				t.Fatalf("%s: ProbeCopy of %d bytes at %d", name, n, off)
			}
		}
	}
	func() {
		defer func() {
			if recover() == nil {
				t.Errorf("%s: ProbeCopy from a shorter slice did not panic", name)
			}
		}()
		k.ProbeCopy(make([]byte, 512), make([]byte, 256, 512))
	}()
}
