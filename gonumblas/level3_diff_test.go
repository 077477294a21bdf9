package gonumblas

import (
	"fmt"
	"math"
	"testing"

	"github.com/lanes-go/lanes/tensor"
	"gonum.org/v1/gonum/blas"
)

// region says which elements of an operand are its own.
type region func(i, j int) bool

func everywhere(i, j int) bool { return true }

// inTriangle is one triangle with its diagonal, or without.
func inTriangle(ul blas.Uplo, strict bool) region {
	return func(i, j int) bool {
		return i == j && !strict || i < j && ul == blas.Upper || i > j && ul == blas.Lower
	}
}

// dense3 is an operand of level 3: gaps wherever it has no element, and behind it.
type dense3[T tensor.Float] struct {
	rows, cols, ld int
	x              []T
}

// dense makes an operand of random elements in a region.
func (r random[T]) dense(rows, cols int, in region) dense3[T] {
	ld := cols + pick(r, 0, 0, 1, 3, 8)
	m := dense3[T]{rows, cols, ld, make([]T, (rows-1)*ld+cols+r.IntN(3))}
	for i := range m.x {
		m.x[i] = gap[T]()
	}
	for i := range rows {
		for j := range cols {
			if in(i, j) {
				m.x[i*ld+j] = r.value()
			}
		}
	}
	return m
}

// stored is r.dense of op(A) with rows x cols.
func (r random[T]) stored(t blas.Transpose, rows, cols int) dense3[T] {
	if t != blas.NoTrans {
		rows, cols = cols, rows
	}
	return r.dense(rows, cols, everywhere)
}

func (m dense3[T]) clone() dense3[T] {
	m.x = append([]T(nil), m.x...)
	return m
}

func (m dense3[T]) at(i, j int) float64 { return float64(m.x[i*m.ld+j]) }

// poison makes an operand that must not be read into gaps.
func (m dense3[T]) poison(in region) {
	for i := range m.rows {
		for j := range m.cols {
			if in(i, j) {
				m.x[i*m.ld+j] = gap[T]()
			}
		}
	}
}

// op is element (i, j) of op(A).
func (m dense3[T]) op(t blas.Transpose) func(i, j int) float64 {
	if t == blas.NoTrans {
		return m.at
	}
	return func(i, j int) float64 { return m.at(j, i) }
}

// checkRest fails unless everything outside the region is as it was.
func (m dense3[T]) checkRest(t *testing.T, was dense3[T], in region, what string) {
	t.Helper()
	for p, v := range m.x {
		i, j := p/m.ld, p%m.ld
		if i < m.rows && j < m.cols && in(i, j) {
			continue
		}
		if bitsOf(v) != bitsOf(was.x[p]) {
			t.Fatalf("%s: element (%d, %d) of a %dx%d matrix was written", what, i, j, m.rows, m.cols)
		}
	}
}

// check fails unless every element of the region is alpha·Σ a(i,p)·b(p,j) + beta·was.
func (m dense3[T]) check(t *testing.T, was dense3[T], in region, k int, alpha T, a, b func(i, j int) float64, beta T, what string) {
	t.Helper()
	m.checkRest(t, was, in, what)
	for i := range m.rows {
		for j := range m.cols {
			if !in(i, j) {
				continue
			}
			var sum, scale float64
			if alpha != 0 {
				for p := range k {
					v := float64(a(i, p) * b(p, j))
					sum += v
					scale += math.Abs(v)
				}
			}
			want, size := float64(alpha)*sum, math.Abs(float64(alpha))*scale
			if beta != 0 {
				v := float64(float64(beta) * was.at(i, j))
				want += v
				size += math.Abs(v)
			}
			within(t, m.x[i*m.ld+j], want, size, k, "%s: element (%d, %d)", what, i, j)
		}
	}
}

// alphaBeta is an alpha and a beta; where one is 0 what it would multiply must not be
// read.
func (r random[T]) alphaBeta() (alpha, beta T) {
	return pick(r, T(1), 1, -1, 0.7, -2, 0), pick(r, T(0), 0, 1, 1, -0.6, 3)
}

func TestLevel3(t *testing.T) {
	t.Run("float32/same", func(t *testing.T) { testLevel3[float32](t, true) })
	t.Run("float32/fast", func(t *testing.T) { testLevel3[float32](t, false) })
	t.Run("float64/same", func(t *testing.T) { testLevel3[float64](t, true) })
	t.Run("float64/fast", func(t *testing.T) { testLevel3[float64](t, false) })
}

// testLevel3 holds every routine to its definition in float64, with random shapes,
// forms and leading dimensions.
func testLevel3[T tensor.Float](t *testing.T, same bool) {
	l := level3Of[T](false, same)
	r := newRandom[T](31)
	for range rounds() {
		l.checkGemm(t, r)
		l.checkRank(t, r)
		l.checkSymm(t, r)
		l.checkTriangular(t, r)
	}
}

const mostSize = 150 // more than two diagonal blocks

func (l level3[T]) checkGemm(t *testing.T, r random[T]) {
	t.Helper()
	m, n, k := r.size(mostSize), r.size(mostSize), r.size(mostSize)
	tA, tB := pick(r, blas.NoTrans, blas.Trans, blas.ConjTrans), pick(r, blas.NoTrans, blas.Trans, blas.ConjTrans)
	alpha, beta := r.alphaBeta()
	a, b, c := r.stored(tA, m, k), r.stored(tB, k, n), r.dense(m, n, everywhere)
	if alpha == 0 {
		a.poison(everywhere)
		b.poison(everywhere)
	}
	if beta == 0 {
		c.poison(everywhere)
	}
	was := c.clone()
	l.gemm(tA, tB, m, n, k, alpha, a.x, a.ld, b.x, b.ld, beta, c.x, c.ld)
	what := fmt.Sprintf("gemm %c%c %dx%dx%d, alpha %v, beta %v, ld %d %d %d", tA, tB, m, n, k, alpha, beta, a.ld, b.ld, c.ld)
	c.check(t, was, everywhere, k, alpha, a.op(tA), b.op(tB), beta, what)
}

func (l level3[T]) checkRank(t *testing.T, r random[T]) {
	t.Helper()
	n, k := r.size(mostSize), r.size(mostSize)
	ul, tA := pick(r, uplos...), pick(r, blas.NoTrans, blas.Trans, blas.ConjTrans)
	alpha, beta := r.alphaBeta()
	in := inTriangle(ul, false)
	a, b, c := r.stored(tA, n, k), r.stored(tA, n, k), r.dense(n, n, everywhere)
	c.poison(inTriangle(otherUplo(ul), true))
	if alpha == 0 {
		a.poison(everywhere)
		b.poison(everywhere)
	}
	if beta == 0 {
		c.poison(in)
	}
	was := c.clone()
	opA, opB := a.op(tA), b.op(tA)
	what := fmt.Sprintf("%c%c %dx%d, alpha %v, beta %v, ld %d %d %d", ul, tA, n, k, alpha, beta, a.ld, b.ld, c.ld)
	l.syrk(ul, tA, n, k, alpha, a.x, a.ld, beta, c.x, c.ld)
	c.check(t, was, in, k, alpha, opA, func(p, j int) float64 { return opA(j, p) }, beta, "syrk "+what)
	c = was.clone()
	l.syr2k(ul, tA, n, k, alpha, a.x, a.ld, b.x, b.ld, beta, c.x, c.ld)
	c.check(t, was, in, 2*k, alpha, func(i, p int) float64 {
		if p < k {
			return opA(i, p)
		}
		return opB(i, p-k)
	}, func(p, j int) float64 {
		if p < k {
			return opB(j, p)
		}
		return opA(j, p-k)
	}, beta, "syr2k "+what)
}

func otherUplo(ul blas.Uplo) blas.Uplo {
	if ul == blas.Upper {
		return blas.Lower
	}
	return blas.Upper
}

// full is the symmetric matrix of which m holds a triangle.
func (m dense3[T]) full(ul blas.Uplo) func(i, j int) float64 {
	in := inTriangle(ul, false)
	return func(i, j int) float64 {
		if !in(i, j) {
			i, j = j, i
		}
		return m.at(i, j)
	}
}

func (l level3[T]) checkSymm(t *testing.T, r random[T]) {
	t.Helper()
	s, ul := pick(r, sides...), pick(r, uplos...)
	m, n := r.size(mostSize), r.size(mostSize)
	order := m
	if s == blas.Right {
		order = n
	}
	alpha, beta := r.alphaBeta()
	a, b, c := r.dense(order, order, inTriangle(ul, false)), r.dense(m, n, everywhere), r.dense(m, n, everywhere)
	if alpha == 0 {
		a.poison(everywhere)
		b.poison(everywhere)
	}
	if beta == 0 {
		c.poison(everywhere)
	}
	was := c.clone()
	l.symm(s, ul, m, n, alpha, a.x, a.ld, b.x, b.ld, beta, c.x, c.ld)
	left, right := a.full(ul), b.at
	if s == blas.Right {
		left, right = right, left
	}
	what := fmt.Sprintf("symm %c%c %dx%d, alpha %v, beta %v, ld %d %d %d", s, ul, m, n, alpha, beta, a.ld, b.ld, c.ld)
	c.check(t, was, everywhere, order, alpha, left, right, beta, what)
}

// triangle makes a triangular matrix: small beside its diagonal, as solutions would
// grow out of range otherwise. A unit diagonal must not be read.
func (r random[T]) triangle(ul blas.Uplo, d blas.Diag, n int) dense3[T] {
	a := r.dense(n, n, inTriangle(ul, d == blas.Unit))
	for i := range n {
		for j := range n {
			switch {
			case i != j:
				a.x[i*a.ld+j] /= T(math.Sqrt(float64(n)))
			case d == blas.NonUnit:
				a.x[i*a.ld+i] = pick(r, T(-0.5), 0.5) + a.x[i*a.ld+i]/4
			}
		}
	}
	return a
}

// opTriangle is op(A) with its zeros and ones.
func (m dense3[T]) opTriangle(ul blas.Uplo, t blas.Transpose, d blas.Diag) func(i, j int) float64 {
	in := inTriangle(ul, false)
	return func(i, j int) float64 {
		if t != blas.NoTrans {
			i, j = j, i
		}
		switch {
		case i == j && d == blas.Unit:
			return 1
		case in(i, j):
			return m.at(i, j)
		}
		return 0
	}
}

func (l level3[T]) checkTriangular(t *testing.T, r random[T]) {
	t.Helper()
	s, ul, tA, d := pick(r, sides...), pick(r, uplos...), pick(r, blas.NoTrans, blas.Trans, blas.ConjTrans), pick(r, diags...)
	m, n := r.size(mostSize), r.size(mostSize)
	order := m
	if s == blas.Right {
		order = n
	}
	alpha, _ := r.alphaBeta()
	a, b := r.triangle(ul, d, order), r.dense(m, n, everywhere)
	if alpha == 0 {
		a.poison(everywhere)
		b.poison(everywhere)
	}
	was, wasA := b.clone(), a.clone()
	opA := a.opTriangle(ul, tA, d)
	what := fmt.Sprintf("%c%c%c%c %dx%d, alpha %v, ld %d %d", s, ul, tA, d, m, n, alpha, a.ld, b.ld)

	l.trmm(s, ul, tA, d, m, n, alpha, a.x, a.ld, b.x, b.ld)
	left, right := opA, was.at
	if s == blas.Right {
		left, right = right, left
	}
	b.check(t, was, everywhere, order, alpha, left, right, 0, "trmm "+what)

	b = was.clone()
	l.trsm(s, ul, tA, d, m, n, alpha, a.x, a.ld, b.x, b.ld)
	b.checkRest(t, was, everywhere, "trsm "+what)
	left, right = opA, b.at
	if s == blas.Right {
		left, right = right, left
	}
	for i := range m {
		for j := range n {
			if alpha == 0 {
				within(t, b.x[i*b.ld+j], 0, 0, 0, "trsm %s: element (%d, %d)", what, i, j)
				continue
			}
			want := float64(float64(alpha) * was.at(i, j))
			var sum, scale float64
			for p := range order {
				v := float64(left(i, p) * right(p, j))
				sum += v
				scale += math.Abs(v)
			}
			// The residual of a backward stable solution, though of no more than the
			// elements of one row or column.
			bound := (float64(order) + 6) * epsilon[T]() * (scale + math.Abs(want))
			if !(math.Abs(sum-want) <= bound) {
				t.Fatalf("trsm %s: residual (%d, %d): %g of %g, bound %g", what, i, j, sum-want, want, bound)
			}
		}
	}
	a.checkRest(t, wasA, func(i, j int) bool { return false }, what)
}
