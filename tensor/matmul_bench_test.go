package tensor

import (
	"fmt"
	"testing"

	"github.com/lanes-go/lanes/asm"
)

// The names are BenchmarkMatMul/isa=avx512/m=512/n=512/k=512, so that benchstat
// can pivot on any part: go test -bench MatMul ./tensor. For measuring a machine
// there is the program bench.

func BenchmarkMatMul(b *testing.B)       { benchMatMul[float32](b, false, false) }
func BenchmarkMatMulTransB(b *testing.B) { benchMatMul[float32](b, false, true) }
func BenchmarkMatMulTransA(b *testing.B) { benchMatMul[float32](b, true, false) }
func BenchmarkMatMulF64(b *testing.B)    { benchMatMul[float64](b, false, false) }

func benchMatMul[T Float](b *testing.B, tA, tB bool) {
	for _, k := range asm.Tables[T]() {
		b.Run("isa="+k.ISA, func(b *testing.B) {
			for _, s := range [][3]int{
				{16, 16, 16}, {17, 33, 65}, {64, 64, 64}, {128, 128, 128}, {512, 512, 512}, {1024, 1024, 1024},
				{1, 1024, 1024}, {8, 1024, 1024}, {64, 512, 784}, {4096, 64, 576},
			} {
				if flops := 2 * s[0] * s[1] * s[2]; k.ISA != "generic" || flops <= 1<<26 {
					b.Run(fmt.Sprintf("m=%d/n=%d/k=%d", s[0], s[1], s[2]), func(b *testing.B) { benchProduct(b, k, tA, tB, s[0], s[1], s[2]) })
				}
			}
		})
	}
}

// benchProduct measures Gemm on the table in use, and on another one its blocked
// form, which small products of Gemm do not take.
func benchProduct[T Float](b *testing.B, kernels *asm.Kernels[T], tA, tB bool, m, n, k int) {
	x, y, c := make([]T, m*k), make([]T, k*n), make([]T, m*n)
	for i := range x {
		x[i] = T(i%7) - 3
	}
	for i := range y {
		y[i] = T(i%5) - 2
	}
	lda, ldb := k, n
	if tA {
		lda = m
	}
	if tB {
		ldb = k
	}
	run := func() { Gemm(tA, tB, m, n, k, 1, x, lda, y, ldb, 0, c, n) }
	if kernels != asm.Active[T]() {
		run = func() { gemmOn(kernels, 0, tA, tB, m, n, k, 1, x, lda, y, ldb, 0, c, n) }
	}
	run()
	b.ReportAllocs()
	for b.Loop() {
		run()
	}
	b.ReportMetric(2*float64(m)*float64(n)*float64(k)*float64(b.N)/float64(b.Elapsed().Nanoseconds()), "GFLOP/s")
}
