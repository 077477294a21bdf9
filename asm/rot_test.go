package asm

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
)

// rotCase is a call of RotRows on a matrix of count+1 rows.
func rotCase[T Float](r *rand.Rand, count, n, ld int) (a, c, s []T) {
	return operands[T](r, count*ld+n, n%3 == 0), operands[T](r, count, false), operands[T](r, count, false)
}

// TestRotRows holds RotRows of every table to the plain body: all numbers of columns
// around the strips, forward and back, what lies between rows unchanged.
func TestRotRows(t *testing.T) {
	t.Run("f32", testRotRows[float32])
	t.Run("f64", testRotRows[float64])
}

func testRotRows[T Float](t *testing.T) {
	r := rand.New(rand.NewPCG(31, 32))
	for _, k := range Tables[T]() {
		t.Run("isa="+k.ISA, func(t *testing.T) {
			for _, n := range lengths(k.ISA == "generic") {
				if n > 150 {
					break
				}
				for _, count := range []int{0, 1, 2, 9} {
					for _, ld := range []int{n, n + 3, 256} {
						a, c, s := rotCase[T](r, count, n, ld)
						for _, back := range []bool{false, true} {
							got, want := slices.Clone(a), slices.Clone(a)
							k.RotRows(got, ld, n, c, s, back)
							rotRowsGeneric(want, ld, n, c, s, back)
							if i := firstDifference(got, want); i >= 0 {
								t.Fatalf("n %d ld %d count %d back %v: element %d is %v, want %v", n, ld, count, back, i, got[i], want[i])
							}
						}
					}
				}
			}
		})
	}
}

// BenchmarkRotRows turns 1000 rows of a strip, as singular vectors are.
func BenchmarkRotRows(b *testing.B) {
	b.Run("type=f32", benchRotRows[float32])
	b.Run("type=f64", benchRotRows[float64])
}

func benchRotRows[T Float](b *testing.B) {
	r := rand.New(rand.NewPCG(33, 34))
	for _, k := range Tables[T]() {
		for _, n := range []int{8, 32, 64} {
			a, c, s := rotCase[T](r, 1000, n, n)
			for i := range c { // no growth
				c[i], s[i] = 0.6, 0.8
			}
			b.Run(fmt.Sprintf("isa=%s/n=%d", k.ISA, n), func(b *testing.B) {
				for b.Loop() {
					k.RotRows(a, n, n, c, s, false)
				}
				b.ReportMetric(6*float64(n)*1000*float64(b.N)/float64(b.Elapsed().Nanoseconds()), "GFLOP/s")
			})
		}
	}
}
