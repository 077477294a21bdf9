//go:build linux || darwin

package tensor

import (
	"fmt"
	"syscall"
	"testing"
	"unsafe"

	"github.com/lanes-go/lanes/asm"
)

// guarded copies x to memory between two unreadable pages, flush with the one after
// (atEnd) or the one before.
func guarded[T Float](t *testing.T, x []T, atEnd bool) []T {
	page := syscall.Getpagesize()
	size := len(x) * sizeOf[T]()
	full := roundUp(size, page)
	mem, err := syscall.Mmap(-1, 0, full+2*page, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_ANON|syscall.MAP_PRIVATE)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = syscall.Munmap(mem) })
	for _, p := range [][]byte{mem[:page], mem[page+full:]} {
		if err := syscall.Mprotect(p, syscall.PROT_NONE); err != nil {
			t.Fatal(err)
		}
	}
	start := page
	if atEnd {
		start = page + full - size
	}
	y := unsafe.Slice((*T)(unsafe.Pointer(&mem[start])), len(x))
	copy(y, x)
	return y
}

func testPathsAtGuards[T Float](t *testing.T) {
	defer SetMaxThreads(SetMaxThreads(7))
	for _, k := range asm.Tables[T]() {
		for _, c := range pathCases(k) {
			for _, atEnd := range []bool{false, true} {
				t.Run(fmt.Sprintf("isa=%s/%s/end=%v", k.ISA, c.name, atEnd), func(t *testing.T) {
					c.run(t, k, 0, func(x []T) []T { return guarded(t, x, atEnd) })
				})
			}
		}
	}
}

// TestKernelsAtUnreadablePages runs every path of a product with A, B and C flush
// with unreadable pages: a read or write outside them faults.
func TestKernelsAtUnreadablePages(t *testing.T) {
	t.Run("float32", testPathsAtGuards[float32])
	t.Run("float64", testPathsAtGuards[float64])
}
