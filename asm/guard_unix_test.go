//go:build linux || darwin

package asm

import (
	"math/rand/v2"
	"syscall"
	"testing"
	"unsafe"
)

// guarded returns n elements between two unreadable pages, flush with the one
// after (atEnd) or the one before.
func guarded[T Float](t *testing.T, n int, atEnd bool) []T {
	page := syscall.Getpagesize()
	size := n * int(unsafe.Sizeof(T(0)))
	pages := (size + page - 1) / page
	mem, err := syscall.Mmap(-1, 0, (pages+2)*page, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_ANON|syscall.MAP_PRIVATE)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = syscall.Munmap(mem) })
	for _, p := range [][]byte{mem[:page], mem[(pages+1)*page:]} {
		if err := syscall.Mprotect(p, syscall.PROT_NONE); err != nil {
			t.Fatal(err)
		}
	}
	if n == 0 {
		return nil
	}
	start := page
	if atEnd {
		start = (pages+1)*page - size
	}
	return unsafe.Slice((*T)(unsafe.Pointer(&mem[start])), n)
}

func guard[T Float](t *testing.T, x []T, atEnd bool) []T {
	g := guarded[T](t, len(x), atEnd)
	copy(g, x)
	return g
}

// testGuard runs every Gemm shape class with all operands at unreadable pages: a
// read or write outside them faults.
func testGuard[T Float](t *testing.T) {
	for _, k := range Tables[T]() {
		t.Run("isa="+k.ISA, func(t *testing.T) {
			r := rand.New(rand.NewPCG(11, 12))
			for _, atEnd := range []bool{false, true} {
				for i, n := range []int{1, 2, 3, 5, k.GemmNR - 1, k.GemmNR, k.GemmNR + 3, 2*k.GemmNR + 1, 9 * k.GemmNR} {
					for _, m := range []int{1, 2, 3, 4, 5, k.GemmMR - 1, k.GemmMR, k.GemmMR + 1, 17} {
						for mode := range 4 {
							g := gemmCase[T](r, m, n, 1+(m+n+mode)%9, k.GemmNR, mode&1 != 0, mode&2 != 0, gemmOuts[(i+m+mode)%len(gemmOuts)], false)
							want := g
							want.C = append([]T(nil), g.C...)
							refGemm(&want, k.GemmNR)
							g.A, g.B, g.C, g.Bias = guard(t, g.A, atEnd), guard(t, g.B, atEnd), guard(t, g.C, atEnd), guard(t, g.Bias, atEnd)
							k.Gemm(&g)
							if i := firstDifference(g.C, want.C); i >= 0 {
								t.Fatalf("m %d n %d mode %d: C[%d] = %v, want %v", m, n, mode, i, g.C[i], want.C[i])
							}
						}
					}
				}
				for w := 1; w <= k.GemmNR; w += 3 {
					for kk := 1; kk < 10; kk++ {
						src := guard(t, operands[T](r, w*kk, false), atEnd)
						k.PackN(guarded[T](t, w*kk, atEnd), w, src, w, w, kk)
						k.PackT(guarded[T](t, w*kk, atEnd), w, src, kk, w, kk)
					}
				}
				for n := 0; n < 70; n++ {
					y, x := guard(t, operands[T](r, n, true), atEnd), guard(t, operands[T](r, n, true), atEnd)
					want := append([]T(nil), y...)
					axpbyGeneric(want, 3, x, -0.5)
					k.Axpby(y, 3, x, -0.5)
					if i := firstDifference(y, want); i >= 0 {
						t.Fatalf("Axpby n %d: [%d] = %v, want %v", n, i, y[i], want[i])
					}
				}
			}
		})
	}
}

func TestKernelsAtUnreadablePages(t *testing.T) {
	t.Run("float32", testGuard[float32])
	t.Run("float64", testGuard[float64])
}
