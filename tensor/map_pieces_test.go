package tensor

import (
	"testing"

	"github.com/lanes-go/lanes/asm"
)

// TestMapPieces: no call of a kernel is longer than its cost allows, of tensors and of
// views.
func TestMapPieces(t *testing.T) {
	defer SetMaxThreads(SetMaxThreads(1))
	for c, most := range map[cost]int{light: 16384, medium: 8192, heavy: 4096} {
		for _, x := range []*Tensor[float64]{New[float64](100_000), New[float64](most + 1), New[float64](5, 30_000).Narrow(1, 1, 29_998),
			New[float64](300, 200).T(), New[float64](50_000, 2).Select(1, 0)} {
			longest, all := 0, 0
			map1("test", c, New[float64](x.shape...), x, func(*asm.Kernels[float64]) func(dst, x []float64) {
				return func(dst, x []float64) {
					longest = max(longest, len(dst))
					all += len(dst)
				}
			})
			if longest > most || all != x.Len() {
				t.Errorf("cost %d, %v: %d elements of %d in all, up to %d in a call", c, x.shape, all, x.Len(), longest)
			}
		}
	}
}
