package tensor

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

// BenchmarkSoftmax and BenchmarkCrossEntropy report what an element takes.
func BenchmarkSoftmax(b *testing.B) {
	benchRows(b, func(dst, x *Tensor[float32], labels []int) { Softmax(dst, x, 1) })
}

func BenchmarkCrossEntropy(b *testing.B) {
	benchRows(b, func(dst, x *Tensor[float32], labels []int) { CrossEntropy(dst, x, labels, LabelOptions[float32]{}) })
}

func benchRows(b *testing.B, f func(dst, x *Tensor[float32], labels []int)) {
	r := rand.New(rand.NewPCG(61, 0))
	for _, s := range [][2]int{{1024, 10}, {1024, 128}, {1024, 1000}, {64, 32000}} {
		x, dst, labels := New[float32](s[0], s[1]), New[float32](s[0], s[1]), make([]int, s[0])
		for i := range x.data {
			x.data[i] = float32(r.NormFloat64())
		}
		for i := range labels {
			labels[i] = r.IntN(s[1])
		}
		for _, threads := range []int{1, 2} {
			b.Run(fmt.Sprintf("rows=%d/n=%d/threads=%d", s[0], s[1], threads), func(b *testing.B) {
				defer SetMaxThreads(SetMaxThreads(threads))
				for b.Loop() {
					f(dst, x, labels)
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*s[0]), "ns/row")
			})
		}
	}
}
