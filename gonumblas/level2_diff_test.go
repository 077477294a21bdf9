package gonumblas

import (
	"math"
	"testing"

	"github.com/lanes-go/lanes/asm"
	"github.com/lanes-go/lanes/tensor"
	"gonum.org/v1/gonum/blas"
)

// product is Σ_j of row i of op(A) times x, and the same of absolute values, for any
// way of reading op(A).
func product[T tensor.Float](n int, elem func(j int) float64, x []T) (sum, abs float64) {
	for j := range n {
		p := elem(j) * float64(x[j])
		sum += p
		abs += math.Abs(p)
	}
	return sum, abs
}

// result is y after beta·y: with beta = 0 whatever y held is gone.
func result[T tensor.Float](alpha T, sum float64, beta, y T) float64 {
	if beta == 0 {
		return float64(alpha) * sum
	}
	return float64(alpha)*sum + float64(beta)*float64(y)
}

// vectorFor is a y for beta: it holds NaN where beta is 0.
func (r random[T]) vectorFor(beta T, n int) vector[T] {
	y := r.vector(n)
	if beta == 0 {
		for i := range n {
			y.x[y.at(i)] = gap[T]()
		}
	}
	return y
}

func (r random[T]) scalars() (alpha, beta T) {
	return pick(r, 1, -1, T(0.7), 0), pick(r, 0, 1, T(-0.5), 0)
}

func TestGemv(t *testing.T) { everyKind(t, testGemv[float32], testGemv[float64]) }

func testGemv[T tensor.Float](t *testing.T, b routines[T]) {
	r := newRandom[T](11)
	for round := range rounds() {
		m, n := r.size(300), r.size(300)
		switch round {
		case 0:
			m, n = 3, asm.Chunk+99 // rows longer than a chunk
		case 1:
			m, n = 1200, 130 // several calls of a kernel
		}
		if testing.Short() && m*n > 20000 {
			m = 1
		}
		tA := pick(r, blas.NoTrans, blas.Trans, blas.ConjTrans)
		a := newMatrix(m, n, r.IntN(5), func(i, j int) T { return r.value() })
		alpha, beta := r.scalars()
		if alpha == 0 && beta == 1 {
			beta = 0
		}
		lx, ly := n, m
		if tA != blas.NoTrans {
			lx, ly = m, n
		}
		x, y := r.vector(lx), r.vectorFor(beta, ly)
		ex, ey := x.elems(), y.elems()
		b.gemv(tA, m, n, alpha, a.x, a.ld, x.x, x.inc, beta, y.x, y.inc)
		for i, got := range y.elems() {
			sum, abs := product(lx, func(j int) float64 {
				if tA != blas.NoTrans {
					return float64(a.at(j, i))
				}
				return float64(a.at(i, j))
			}, ex)
			if alpha == 0 {
				sum = 0
			}
			within(t, got, result(alpha, sum, beta, ey[i]), abs+2, lx, "gemv %c %dx%d, increments %d, %d, alpha %v, beta %v: element %d",
				tA, m, n, x.inc, y.inc, alpha, beta, i)
		}
		x.checkGaps(t, "gemv")
		y.checkGaps(t, "gemv")
	}
}

func TestGer(t *testing.T) { everyKind(t, testGer[float32], testGer[float64]) }

func testGer[T tensor.Float](t *testing.T, b routines[T]) {
	r := newRandom[T](12)
	for round := range rounds() {
		m, n := r.size(200), r.size(200)
		switch round {
		case 0:
			m, n = 2, asm.Chunk+99
		case 1:
			m, n = 400, 130
		}
		if testing.Short() && m*n > 20000 {
			m = 1
		}
		a := newMatrix(m, n, r.IntN(5), func(i, j int) T { return r.value() })
		before := append([]T(nil), a.x...)
		x, y := r.vector(m), r.vector(n)
		alpha, _ := r.scalars()
		b.ger(m, n, alpha, x.x, x.inc, y.x, y.inc, a.x, a.ld)
		ex, ey := x.elems(), y.elems()
		for i, got := range a.x {
			if i, j := i/a.ld, i%a.ld; j < n {
				within(t, got, float64(before[i*a.ld+j])+float64(alpha)*float64(ex[i])*float64(ey[j]), 2, 0,
					"ger %dx%d, increments %d, %d, alpha %v: element %d,%d", m, n, x.inc, y.inc, alpha, i, j)
			} else if bitsOf(got) != bitsOf(gap[T]()) {
				t.Fatalf("ger %dx%d wrote between rows %d and %d", m, n, i, i+1)
			}
		}
		x.checkGaps(t, "ger")
		y.checkGaps(t, "ger")
	}
}

// newTriangle is a triangular matrix, NaN outside, and on a unit diagonal.
func (r random[T]) newTriangle(ul blas.Uplo, d blas.Diag, n int, elem func(i, j int) T) matrix[T] {
	return newMatrix(n, n, r.IntN(5), func(i, j int) T {
		if i == j && d == blas.Unit || i < j && ul == blas.Lower || i > j && ul == blas.Upper {
			return gap[T]()
		}
		return elem(i, j)
	})
}

// triangle is op(A)_ij of a triangular matrix.
func (m matrix[T]) triangle(ul blas.Uplo, tA blas.Transpose, d blas.Diag, i, j int) float64 {
	if tA != blas.NoTrans {
		i, j = j, i
	}
	switch {
	case i == j && d == blas.Unit:
		return 1
	case i < j && ul == blas.Lower, i > j && ul == blas.Upper:
		return 0
	}
	return float64(m.at(i, j))
}

func TestSymv(t *testing.T) { everyKind(t, testSymv[float32], testSymv[float64]) }

func testSymv[T tensor.Float](t *testing.T, b routines[T]) {
	r := newRandom[T](13)
	for range rounds() {
		n := r.size(pick(r, 150, 300))
		ul := pick(r, blas.Upper, blas.Lower)
		a := r.newTriangle(ul, blas.NonUnit, n, func(i, j int) T { return r.value() })
		alpha, beta := r.scalars()
		if alpha == 0 && beta == 1 {
			beta = 0
		}
		x, y := r.vector(n), r.vectorFor(beta, n)
		ex, ey := x.elems(), y.elems()
		b.symv(ul, n, alpha, a.x, a.ld, x.x, x.inc, beta, y.x, y.inc)
		for i, got := range y.elems() {
			sum, abs := product(n, func(j int) float64 {
				if (i < j) == (ul == blas.Upper) {
					return float64(a.at(i, j))
				}
				return float64(a.at(j, i))
			}, ex)
			if alpha == 0 {
				sum = 0
			}
			within(t, got, result(alpha, sum, beta, ey[i]), abs+2, n, "symv %c %d, increments %d, %d, alpha %v, beta %v: element %d",
				ul, n, x.inc, y.inc, alpha, beta, i)
		}
		x.checkGaps(t, "symv")
		y.checkGaps(t, "symv")
	}
}

func TestTriangular(t *testing.T) { everyKind(t, testTriangular[float32], testTriangular[float64]) }

func testTriangular[T tensor.Float](t *testing.T, b routines[T]) {
	r := newRandom[T](14)
	for range rounds() {
		n := r.size(pick(r, 150, 300))
		ul, tA, d := pick(r, blas.Upper, blas.Lower), pick(r, blas.NoTrans, blas.Trans, blas.ConjTrans), pick(r, blas.NonUnit, blas.Unit)
		// Well conditioned, so that a solution does not outgrow its right-hand side.
		a := r.newTriangle(ul, d, n, func(i, j int) T {
			if i == j {
				return 2 + r.value()
			}
			return r.value() / T(n)
		})
		x := r.vector(n)
		before := x.elems()
		b.trmv(ul, tA, d, n, a.x, a.ld, x.x, x.inc)
		for i, got := range x.elems() {
			sum, abs := product(n, func(j int) float64 { return a.triangle(ul, tA, d, i, j) }, before)
			within(t, got, sum, abs+1, n, "trmv %c%c%c %d, increment %d: element %d", ul, tA, d, n, x.inc, i)
		}
		x.checkGaps(t, "trmv")

		right := x.elems()
		b.trsv(ul, tA, d, n, a.x, a.ld, x.x, x.inc)
		solution := x.elems()
		for i := range n {
			sum, abs := product(n, func(j int) float64 { return a.triangle(ul, tA, d, i, j) }, solution)
			within(t, right[i], sum, abs+1, n, "trsv %c%c%c %d, increment %d: right-hand side %d", ul, tA, d, n, x.inc, i)
		}
		x.checkGaps(t, "trsv")
	}
}

func TestRowsDependOnThemselves(t *testing.T) {
	t.Run("float32", testRowsDependOnThemselves[float32])
	t.Run("float64", testRowsDependOnThemselves[float64])
}

// testRowsDependOnThemselves: an element of A·x is a dot product, and with SameBits an
// element of Aᵀ·x the same as in gemm, whatever else is computed; strides change
// nothing.
func testRowsDependOnThemselves[T tensor.Float](t *testing.T) {
	b := implementation[T](false, true)
	r := newRandom[T](15)
	for range rounds() / 6 {
		m, n := r.size(300), r.size(300)
		a := newMatrix(m, n, r.IntN(5), func(i, j int) T { return r.value() })
		x, y := r.vector(n), r.vector(m)
		ex := x.elems()
		b.gemv(blas.NoTrans, m, n, 1, a.x, a.ld, x.x, x.inc, 0, y.x, y.inc)
		for i, got := range y.elems() {
			if want := b.dot(n, a.x[i*a.ld:], 1, ex, 1); bitsOf(got) != bitsOf(want) {
				t.Fatalf("gemv %dx%d: row %d is %v, dot %v", m, n, i, got, want)
			}
		}
		ey := y.elems()
		alpha, beta := T(0.7), pick(r, 0, T(-0.3))
		want := x.elems()
		tensor.Gemm(false, false, 1, n, m, alpha, ey, m, a.x, a.ld, beta, want, n)
		b.gemv(blas.Trans, m, n, alpha, a.x, a.ld, y.x, y.inc, beta, x.x, x.inc)
		exactly(t, "gemv, transposed", x, want)
	}
}

func TestOperandsOfOneMatrix(t *testing.T) {
	everyKind(t, testOperandsOfOneMatrix[float32], testOperandsOfOneMatrix[float64])
}

// testOperandsOfOneMatrix: rows, columns and blocks of one matrix, as factorisations
// use them.
func testOperandsOfOneMatrix[T tensor.Float](t *testing.T, b routines[T]) {
	g := implementation[T](true, false)
	for _, n := range []int{6, 18, 60} { // even, so that no two operands meet
		ld := n + 2
		r := newRandom[T](16)
		x := r.values(n * ld)
		run := func(b routines[T]) []T {
			a := append([]T(nil), x...)
			h := n / 2
			block := a[h*ld+h:]
			b.ger(n-h, n-h, -1, a[h*ld:], ld, a[h:], 1, block, ld)                               // a column, a row
			b.gemv(blas.Trans, n-h, n-h, 0.5, block, ld, a[h*ld:], ld, 1, a[h:], 1)              // a row from a column
			b.gemv(blas.NoTrans, n-h, n-h, 0.5, block, ld, a[h:], 1, 1, a[h*ld:], ld)            // a column from a row
			b.gemv(blas.Trans, n-h, n-h-1, 0.5, block, ld, a[h*ld:], ld, 0.5, a[(n-1)*ld+1:], 1) // into the block's rows, beside it
			b.trmv(blas.Upper, blas.NoTrans, blas.NonUnit, n-h, block, ld, a[h*ld:], ld)         // beside the triangle
			b.trsv(blas.Lower, blas.Trans, blas.Unit, h, a[h*ld:], ld, a[h:], 1)                 // above it
			b.symv(blas.Lower, n-h, 0.25, block, ld, a[h*ld:], ld, 1, a[h*ld+h-1:], ld)          // two columns beside it
			b.swap(n, a, 1, a[ld:], 1)
			b.swap(n, a, ld, a[1:], ld)
			return a
		}
		got, want := run(b), run(g)
		for i := range got {
			within(t, got[i], float64(want[i]), 1000*(1+math.Abs(float64(want[i]))), n, "%dx%d: element %d", n, n, i)
		}
	}
}

func TestSyr(t *testing.T) { everyKind(t, testSyr[float32], testSyr[float64]) }

func testSyr[T tensor.Float](t *testing.T, b routines[T]) {
	r := newRandom[T](17)
	for range rounds() {
		n := r.size(pick(r, 150, 300))
		ul, two := pick(r, blas.Upper, blas.Lower), pick(r, false, true)
		a := r.newTriangle(ul, blas.NonUnit, n, func(i, j int) T { return r.value() })
		before := append([]T(nil), a.x...)
		x, y := r.vector(n), r.vector(n)
		x.x[x.at(r.IntN(n))] = 0
		alpha, _ := r.scalars()
		ex, ey := x.elems(), y.elems()
		if two {
			b.syr2(ul, n, alpha, x.x, x.inc, y.x, y.inc, a.x, a.ld)
		} else {
			b.syr(ul, n, alpha, x.x, x.inc, a.x, a.ld)
		}
		for i, got := range a.x {
			was := before[i]
			i, j := i/a.ld, i%a.ld
			if was != was {
				if bitsOf(got) != bitsOf(was) {
					t.Fatalf("syr %c %d wrote element %d,%d, outside the triangle", ul, n, i, j)
				}
				continue
			}
			add := float64(ex[i]) * float64(ex[j])
			if two {
				add = float64(ex[i])*float64(ey[j]) + float64(ey[i])*float64(ex[j])
			}
			within(t, got, float64(was)+float64(alpha)*add, 4, 0, "syr %c %d, two vectors %v, increments %d, %d, alpha %v: element %d,%d", ul, n, two, x.inc, y.inc, alpha, i, j)
		}
		x.checkGaps(t, "syr")
		y.checkGaps(t, "syr")
	}
}

func TestZeroFactors(t *testing.T) {
	everyKind(t, testZeroFactors[float32], testZeroFactors[float64])
}

// testZeroFactors: a NaN shows where it shows with gonum.
func testZeroFactors[T tensor.Float](t *testing.T, b routines[T]) {
	g := implementation[T](true, false)
	for _, n := range []int{5, 50} {
		for _, ul := range []blas.Uplo{blas.Upper, blas.Lower} {
			r := newRandom[T](18)
			a, x, y := r.values(n*n), r.values(n), r.values(n)
			x[0], x[1], x[3] = 0, T(math.NaN()), 0
			run := func(b routines[T]) []T {
				s, d := append([]T(nil), a...), append([]T(nil), a...)
				b.syr(ul, n, 0.5, x, 1, s, n)
				b.ger(n, n, 0.5, x, 1, y, 1, d, n)
				return append(s, d...)
			}
			got, want := run(b), run(g)
			for i := range got {
				if (got[i] == got[i]) != (want[i] == want[i]) {
					t.Fatalf("n %d: element %d: %v, gonum %v", n, i, got[i], want[i])
				}
			}
		}
	}
}

func TestGemvInPlace(t *testing.T) {
	t.Run("float32", testGemvInPlace[float32])
	t.Run("float64", testGemvInPlace[float64])
}

// testGemvInPlace: BLAS does not define it, but here it is what it seems.
func testGemvInPlace[T tensor.Float](t *testing.T) {
	b := implementation[T](false, true)
	for _, n := range []int{3, 40} {
		r := newRandom[T](19)
		a, x, want := r.values(n*n), r.values(n), make([]T, n)
		for _, tA := range []blas.Transpose{blas.NoTrans, blas.Trans} {
			b.gemv(tA, n, n, 1, a, n, x, 1, 0, want, 1)
			b.gemv(tA, n, n, 1, a, n, x, 1, 0, x, 1)
			exactly(t, "gemv in place", newVector(x, 1, 0), want)
		}
	}
}
