package asm

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

// BenchmarkMath calls the elementary functions on 4 Ki and 64 Ki elements and, past the
// caches and through them, on 16 Mi, in pieces of Chunk.
func BenchmarkMath(b *testing.B) {
	b.Run("type=f32", benchMath[float32])
	b.Run("type=f64", benchMath[float64])
}

func benchMath[T Float](b *testing.B) {
	r := rand.New(rand.NewPCG(63, 64))
	x, y, positive := make([]T, 1<<24), make([]T, 1<<24), make([]T, 1<<24)
	for i := range x {
		x[i] = T(r.NormFloat64() * 2)
		y[i], positive[i] = x[i], abs(x[i])
	}
	for _, c := range mathCalls[T]() {
		x, in := x, [][]T{nil, nil}
		if c.name == "Log" || c.name == "Log1p" || c.name == "Rsqrt" || c.name == "Pow" {
			x = positive
		}
		for _, k := range everyTable[T]() {
			for _, n := range []int{1 << 12, 1 << 16, 1 << 24} {
				b.Run(fmt.Sprintf("%s/isa=%s/n=%d", c.name, k.name, n), func(b *testing.B) {
					for b.Loop() {
						for i := 0; i < n; i += Chunk {
							j := min(i+Chunk, n)
							in[0], in[1] = x[i:j:j], positive[i:j:j]
							c.run(k.Kernels, y[i:j:j], in)
						}
					}
					b.ReportMetric(float64(n)*float64(b.N)/float64(b.Elapsed().Nanoseconds()), "elements/ns")
				})
			}
		}
	}
}

// The plain bodies in float64 next to the functions of package math.
func BenchmarkMathPlain(b *testing.B) {
	r := rand.New(rand.NewPCG(65, 66))
	x := make([]float64, 4096)
	x32, y32, y := make([]float32, 4096), make([]float32, 4096), make([]float64, 4096)
	for i := range x {
		x[i] = math.Abs(r.NormFloat64() * 2)
		x32[i] = float32(x[i])
	}
	perElement := func(b *testing.B) {
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(x)), "ns/element")
	}
	g32, g64 := Tables[float32]()[0], Tables[float64]()[0]
	for _, c := range []struct {
		name string
		std  func(float64) float64
		f32  func(dst, x []float32)
		f64  func(dst, x []float64)
	}{
		{"Exp", math.Exp, g32.Exp, g64.Exp},
		{"Expm1", math.Expm1, g32.Expm1, g64.Expm1},
		{"Log", math.Log, g32.Log, g64.Log},
		{"Log1p", math.Log1p, g32.Log1p, g64.Log1p},
		{"Tanh", math.Tanh, g32.Tanh, g64.Tanh},
		{"Sigmoid", func(x float64) float64 { return 1 / (1 + math.Exp(-x)) }, g32.Sigmoid, g64.Sigmoid},
		{"Erf", math.Erf, g32.Erf, g64.Erf},
		{"Rsqrt", func(x float64) float64 { return 1 / math.Sqrt(x) }, g32.Rsqrt, g64.Rsqrt},
		{"Sin", math.Sin, g32.Sin, g64.Sin},
		{"Cos", math.Cos, g32.Cos, g64.Cos},
		{"Pow", func(x float64) float64 { return math.Pow(x, x) }, func(dst, x []float32) { g32.Pow(dst, x, x) }, func(dst, x []float64) { g64.Pow(dst, x, x) }},
	} {
		b.Run(c.name+"/math", func(b *testing.B) {
			for b.Loop() {
				for i, v := range x {
					y[i] = c.std(v)
				}
			}
			perElement(b)
		})
		b.Run(c.name+"/f64", func(b *testing.B) {
			for b.Loop() {
				c.f64(y, x)
			}
			perElement(b)
		})
		b.Run(c.name+"/f32", func(b *testing.B) {
			for b.Loop() {
				c.f32(y32, x32)
			}
			perElement(b)
		})
	}
}
