package gonumblas

import (
	"math"
	"testing"

	"github.com/lanes-go/lanes/tensor"
	"gonum.org/v1/gonum/blas"
)

func TestLevel3Infinities(t *testing.T) {
	t.Run("float32", testLevel3Infinities[float32])
	t.Run("float64", testLevel3Infinities[float64])
}

// testLevel3Infinities puts one Inf into B: it shows in the elements whose sums it is a
// term of, in no other.
func testLevel3Infinities[T tensor.Float](t *testing.T) {
	l, r := level3Of[T](false, true), newRandom[T](37)
	const n, cols = 70, 5
	for _, s := range sides {
		for _, ul := range uplos {
			for _, tA := range transs {
				for _, d := range diags {
					a := r.triangle(ul, d, n)
					m, k := n, cols
					if s == blas.Right {
						m, k = cols, n
					}
					opA := a.opTriangle(ul, tA, d)
					for _, solve := range []bool{false, true} {
						b := r.dense(m, k, everywhere)
						row, col := r.IntN(n), r.IntN(cols)
						at := func(i, j int) *T { // of B as on the left side
							if s == blas.Right {
								i, j = j, i
							}
							return &b.x[i*b.ld+j]
						}
						*at(row, col) = T(math.Inf(1))
						f := l.trmm
						if solve {
							f = l.trsm
						}
						f(s, ul, tA, d, m, k, 1, a.x, a.ld, b.x, b.ld)
						for i := range n {
							for j := range cols {
								e := opA(i, row)
								if s == blas.Right {
									e = opA(row, i)
								}
								v := float64(*at(i, j))
								if finite := v-v == 0; finite != (j != col || e == 0) {
									t.Fatalf("solve %v, %c%c%c%c, Inf at (%d, %d): %v at (%d, %d)", solve, s, ul, tA, d, row, col, v, i, j)
								}
							}
						}
					}
				}
			}
		}
	}
}

func TestTrsmRange(t *testing.T) {
	t.Run("float32", func(t *testing.T) { testTrsmRange[float32](t, 0x1p-140, 0x1p127) })
	t.Run("float64", func(t *testing.T) { testTrsmRange[float64](t, 0x1p-1060, 0x1p1023) })
}

// testTrsmRange: diagonal elements without a reciprocal, or with one of few bits, are
// divided by; 0 gives infinities of the numerator's sign.
func testTrsmRange[T tensor.Float](t *testing.T, least, most T) {
	l := level3Of[T](false, true)
	a := []T{
		least, 0, 0,
		1, most, 0,
		0, 1, 0,
	}
	b := []T{
		3 * least, 0,
		2, 3,
		-4, 1,
	}
	l.trsm(blas.Left, blas.Lower, blas.NoTrans, blas.NonUnit, 3, 2, 1, a, 3, b, 2)
	inf := T(math.Inf(1))
	for i, want := range []T{3, 0, (2 - 3) / most, 3 / most, -inf, inf} {
		if b[i] != want {
			t.Errorf("element %d: %v, want %v", i, b[i], want)
		}
	}
}
