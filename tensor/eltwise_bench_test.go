package tensor

import (
	"fmt"
	"testing"
)

// BenchmarkEltwise runs operations on packed tensors that the first cache, the second
// and none holds. Bytes are those of every array once.
func BenchmarkEltwise(b *testing.B) {
	defer SetMaxThreads(SetMaxThreads(0))
	for _, n := range []int{4 << 10, 64 << 10, 1 << 20, 16 << 20} {
		x, y, z := New[float32](n).Fill(1), New[float32](n).Fill(2), New[float32](n).Fill(3)
		for _, c := range []struct {
			name   string
			arrays int
			run    func()
		}{
			{"CopyFrom", 2, func() { z.CopyFrom(x) }},
			{"Abs", 2, func() { Abs(z, x) }},
			{"Sqrt", 2, func() { Sqrt(z, x) }},
			{"Axpy", 2, func() { Axpy(z, 1e-9, x) }},
			{"Add", 3, func() { Add(z, x, y) }},
			{"Div", 3, func() { Div(z, x, y) }},
			{"Maximum", 3, func() { Maximum(z, x, y) }},
			{"Lt", 3, func() { Lt(z, x, y) }},
		} {
			for threads := 1; threads <= 2; threads++ {
				b.Run(fmt.Sprintf("%s/n=%d/threads=%d", c.name, n, threads), func(b *testing.B) {
					SetMaxThreads(threads)
					b.SetBytes(int64(4 * n * c.arrays))
					for b.Loop() {
						c.run()
					}
				})
			}
		}
	}
}

// BenchmarkViews runs broadcasts and copies of permuted views. Bytes are those of two
// arrays of the shape of dst.
func BenchmarkViews(b *testing.B) {
	defer SetMaxThreads(SetMaxThreads(1))
	run := func(name string, dst *Tensor[float32], f func()) {
		b.Run(fmt.Sprint(name, "/shape=", dst.Shape()), func(b *testing.B) {
			b.SetBytes(int64(8 * dst.Len()))
			for b.Loop() {
				f()
			}
		})
	}
	for _, s := range [][2]int{{50000, 10}, {64, 300}, {1000, 1000}, {1024, 1024}, {4096, 4096}} {
		m, n := s[0], s[1]
		dst, x := New[float32](m, n), New[float32](m, n).Fill(1)
		row, column, turned := New[float32](n).Fill(1), New[float32](m, 1).Fill(1), New[float32](n, m).Fill(1).T()
		part := New[float32](m, n+5).Fill(1).Narrow(1, 3, n)
		run("AddRow", dst, func() { AddRow(dst, x, row) })
		run("AddColumn", dst, func() { Add(dst, x, column) })
		run("AddTransposed", dst, func() { Add(dst, x, turned) })
		run("AddPart", dst, func() { Add(dst, x, part) })
		run("Transpose", dst, func() { dst.CopyFrom(turned) })
	}
	for _, s := range [][4]int{{32, 64, 56, 56}, {32, 3, 224, 224}} {
		nchw, nhwc := New[float32](s[0], s[1], s[2], s[3]).Fill(1), New[float32](s[0], s[2], s[3], s[1]).Fill(1)
		from, to := nhwc.Permute(0, 3, 1, 2), nchw.Permute(0, 2, 3, 1)
		run("ToNCHW", nchw, func() { nchw.CopyFrom(from) })
		run("ToNHWC", nhwc, func() { nhwc.CopyFrom(to) })
	}
}
