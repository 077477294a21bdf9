package tensor

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

// BenchmarkReduce: of all elements, along rows and along columns; bytes are those read.
func BenchmarkReduce(b *testing.B) {
	r := rand.New(rand.NewPCG(51, 0))
	defer SetMaxThreads(0)
	bench := func(name string, x *Tensor[float32], f func()) {
		for _, threads := range []int{1, 2} {
			b.Run(fmt.Sprintf("%s/shape=%v/threads=%d", name, x.shape, threads), func(b *testing.B) {
				SetMaxThreads(threads)
				b.SetBytes(int64(4 * x.Len()))
				for b.Loop() {
					f()
				}
			})
		}
	}
	sum := float32(0)
	for _, n := range []int{4096, 32768, 65536, 131072, 1 << 20, 1 << 24} {
		x := randomTensor[float32](r, n)
		bench("Sum", x, func() { sum += Sum(x) })
		bench("Max", x, func() { sum += Max(x) })
		bench("Dot", x, func() { sum += Dot(x, x) })
		bench("ArgMax", x, func() { sum += float32(ArgMax(x)) })
		bench("Var", x, func() { sum += Var(x, 0) })
	}
	for _, s := range [][]int{{50000, 10}, {4096, 768}, {128, 1024}, {1000, 1000}} {
		x := randomTensor[float32](r, s...)
		for axis := range s {
			dst, at := New[float32](s[1-axis]), make([]int, s[1-axis])
			bench(fmt.Sprint("SumAxis", axis), x, func() { SumAxis(dst, x, axis) })
			bench(fmt.Sprint("MaxAxis", axis), x, func() { MaxAxis(dst, x, axis) })
			bench(fmt.Sprint("ArgMaxAxis", axis), x, func() { ArgMaxAxis(at, x, axis) })
			bench(fmt.Sprint("VarAxis", axis), x, func() { VarAxis(dst, x, axis, 0) })
			y := x.T()
			bench(fmt.Sprint("SumAxisT", axis), y, func() { SumAxis(dst, y, 1-axis) })
		}
	}
}
