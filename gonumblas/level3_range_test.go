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

// TestTriangularScale: a factor alpha near the ends of the range is no harm where the
// result is well inside it. gonum multiplies by alpha first and may overflow, so calls
// that are passed on are left out: those without SameBits where there is no SIMD.
func TestTriangularScale(t *testing.T) {
	t.Run("float32", func(t *testing.T) { testTriangularScale[float32](t, 0x1p120, 0x1p-40) })
	t.Run("float64", func(t *testing.T) { testTriangularScale[float64](t, 0x1p1000, 0x1p-330) })
}

func testTriangularScale[T tensor.Float](t *testing.T, large, d T) {
	for _, same := range []bool{false, true} {
		if !ours(same, true) {
			continue
		}
		l := level3Of[T](false, same)
		for _, alpha := range []T{large, 1 / large} {
			for _, s := range []blas.Side{blas.Left, blas.Right} {
				for _, ul := range []blas.Uplo{blas.Upper, blas.Lower} {
					for _, solve := range []bool{true, false} {
						const n = 70
						a, b := make([]T, n*n), make([]T, n*n)
						factor := d // alpha·b is 1; times or over a diagonal of the same side of 1
						if (alpha > 1) != solve {
							factor = 1 / d
						}
						for i := range n {
							a[i*n+i] = factor
						}
						for i := range b {
							b[i] = 1 / alpha
						}
						want, do := factor, l.trmm
						if solve {
							want, do = 1/factor, l.trsm
						}
						do(s, ul, blas.NoTrans, blas.NonUnit, n, n, alpha, a, n, b, n)
						for i, v := range b {
							if v != want {
								t.Fatalf("same %v alpha %g %c%c solve %v: element %d is %g, want %g", same, alpha, s, ul, solve, i, v, want)
							}
						}
					}
				}
			}
		}
	}
}
