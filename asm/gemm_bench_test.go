package asm

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

// plainGemm is a product without fused multiply-adds, tiled as the plain body is:
// what the exact FMA costs shows beside it.
func plainGemm[T Float](c, a, b []T, m, n, k int) {
	for i := 0; i+4 <= m; i += 4 {
		for j := 0; j+2 <= n; j += 2 {
			var s00, s01, s10, s11, s20, s21, s30, s31 T
			for p := range k {
				x, y := a[p*m+i:][:4], b[p*n+j:][:2]
				y0, y1 := y[0], y[1]
				v := x[0]
				s00, s01 = s00+T(v*y0), s01+T(v*y1)
				v = x[1]
				s10, s11 = s10+T(v*y0), s11+T(v*y1)
				v = x[2]
				s20, s21 = s20+T(v*y0), s21+T(v*y1)
				v = x[3]
				s30, s31 = s30+T(v*y0), s31+T(v*y1)
			}
			for r, s := range [4][2]T{{s00, s01}, {s10, s11}, {s20, s21}, {s30, s31}} {
				copy(c[(i+r)*n+j:], s[:])
			}
		}
	}
}

func benchmarkGeneric[T Float](b *testing.B, m, n, k int) {
	r := rand.New(rand.NewPCG(51, 52))
	x, y, c := make([]T, m*k), make([]T, k*n), make([]T, m*n)
	for i := range x {
		x[i] = T(r.Float64()*2 - 1)
	}
	for i := range y {
		y[i] = T(r.Float64()*2 - 1)
	}
	run := func(name string, f func()) {
		b.Run(name, func(b *testing.B) {
			for range b.N {
				f()
			}
			b.ReportMetric(2*float64(m*n*k)*float64(b.N)/b.Elapsed().Seconds()/1e9, "GFLOP/s")
		})
	}
	g := GemmArgs[T]{M: m, N: n, K: k, A: x, ARow: 1, ACol: m, B: y, BRow: n, BPanel: gemmGenericNR, C: c, LDC: n}
	run("fma", func() { gemmGeneric(&g) })
	run("plain", func() { plainGemm(c, x, y, m, n, k) })
}

// BenchmarkGemmGeneric measures the plain body beside a product without FMAs.
func BenchmarkGemmGeneric(b *testing.B) {
	for _, s := range [][3]int{{16, 16, 16}, {96, 96, 256}, {1, 256, 256}} {
		name := fmt.Sprintf("m=%d/n=%d/k=%d", s[0], s[1], s[2])
		b.Run("float32/"+name, func(b *testing.B) { benchmarkGeneric[float32](b, s[0], s[1], s[2]) })
		b.Run("float64/"+name, func(b *testing.B) { benchmarkGeneric[float64](b, s[0], s[1], s[2]) })
	}
}
