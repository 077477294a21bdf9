package vec

import (
	"fmt"
	"testing"

	"github.com/lanes-go/lanes/tensor"
)

// BenchmarkNearest is one query against 100,000 rows of 768.
func BenchmarkNearest(b *testing.B) {
	const rows, n = 100_000, 768
	a, q := make([]float32, rows*n), make([]float32, n)
	Uniform(a, -1, 1, 1, 1)
	Uniform(q, -1, 1, 1, 2)
	dst := make([]Match[float32], 0, 10)
	for _, threads := range []int{1, 2} {
		for m, name := range map[Metric]string{DotProduct: "dot", Cosine: "cosine", L2: "l2", L1: "l1"} {
			b.Run(fmt.Sprintf("metric=%s/threads=%d", name, threads), func(b *testing.B) {
				defer tensor.SetMaxThreads(tensor.SetMaxThreads(threads))
				for b.Loop() {
					dst = Nearest(dst, a, q, 10, m)
				}
				b.ReportMetric(4*rows*n*float64(b.N)/float64(b.Elapsed().Nanoseconds()), "GB/s")
			})
		}
	}
}

// BenchmarkCall is what a short call costs.
func BenchmarkCall(b *testing.B) {
	for _, n := range []int{4, 64, 1024} {
		dst, x, y := make([]float32, n), make([]float32, n), make([]float32, n)
		Fill(x, 1)
		Fill(y, 2)
		b.Run(fmt.Sprintf("Add/n=%d", n), func(b *testing.B) {
			for b.Loop() {
				Add(dst, x, y)
			}
		})
		b.Run(fmt.Sprintf("Sum/n=%d", n), func(b *testing.B) {
			for b.Loop() {
				Sum(x)
			}
		})
	}
}
