package gonumblas

import (
	"cmp"
	"math"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/lapack"
)

// minEigen is the least dimension from which the eigenvectors here are the faster ones.
const minEigen = 32

// Dsyev computes the eigenvalues, increasing, and eigenvectors of a symmetric matrix;
// arguments and results are those of gonum's Dsyev. With eigenvectors, the tridiagonal
// form is diagonalised by implicit QL sweeps (Dubrulle, Martin and Wilkinson, "The
// implicit QL algorithm", Numer. Math. 12, 1968), whose rotations are collected as in
// Dgesvd. It allocates its scratch memory.
func (l LAPACK) Dsyev(jobz lapack.EVJob, uplo blas.Uplo, n int, a []float64, lda int, w, work []float64, lwork int) (ok bool) {
	if jobz != lapack.EVCompute || uplo != blas.Upper && uplo != blas.Lower || n < minEigen || !simd[float64]() ||
		lwork < 3*n-1 || len(work) < lwork || !matrixFits(n, n, lda, len(a)) || len(w) < n {
		return l.Implementation.Dsyev(jobz, uplo, n, a, lda, w, work, lwork)
	}
	scale := safeScale(l.Dlansy(lapack.MaxAbs, uplo, n, a, lda, work))
	scaleRows(scale, n, n, a, lda)
	d, e, tau := w[:n], make([]float64, n-1), make([]float64, n-1)
	tmp, length := scratch(func(t []float64, k int) { l.Dsytrd(uplo, n, a, lda, d, e, tau, t, k) })
	l.Dsytrd(uplo, n, a, lda, d, e, tau, tmp, length)
	tmp, length = scratch(func(t []float64, k int) { l.Dorgtr(uplo, n, a, lda, tau, t, k) })
	l.Dorgtr(uplo, n, a, lda, tau, tmp, length)
	q := tridiagonal{LAPACK: l, rotations: newRotations(n), d: d, e: e}
	q.u, q.ldu, q.rowsU = a, lda, n
	ok = q.diagonalise()
	q.apply()
	q.sort(d, cmp.Compare[float64])
	for i := range d {
		d[i] /= scale
	}
	work[0] = float64(3*n - 1)
	return ok
}

// tridiagonal is a symmetric tridiagonal matrix T, diagonal d, off-diagonal e, on its
// way to T = Q·Λ·Qᵀ: U ← U·Q.
type tridiagonal struct {
	LAPACK
	rotations
	d, e []float64
}

// diagonalise makes the off-diagonal zero.
func (q *tridiagonal) diagonalise() bool {
	n := len(q.d)
	budget := 30 * n // sweeps; under 2n are usual
	for l := 0; l < n; {
		m := l
		for m < n-1 && !q.split(m) {
			m++
		}
		// From the small end to the large one, where the shift comes from.
		if !q.block(l, m, math.Abs(q.d[m]) < math.Abs(q.d[l]), &budget) {
			return false
		}
		l = m + 1
	}
	return true
}

// split reports whether e[i] is as good as zero, and makes it so.
func (q *tridiagonal) split(i int) bool {
	if e := math.Abs(q.e[i]); e <= tiny || e <= ulp*math.Sqrt(math.Abs(q.d[i]))*math.Sqrt(math.Abs(q.d[i+1])) {
		q.e[i] = 0
	}
	return q.e[i] == 0
}

// block diagonalises rows l … m, as they are or with their order reversed.
func (q *tridiagonal) block(l, m int, back bool, budget *int) bool {
	b := view{q.d[l : m+1], q.e[l:m], back}
	at := func(i int) int { // off-diagonal i of the view, in T
		if back {
			return m - 1 - i
		}
		return l + i
	}
	for first := 0; first < m-l; {
		last := first
		for last < m-l && !q.split(at(last)) {
			last++
		}
		switch {
		case last == first:
			first++
			continue
		case *budget == 0 || *b.dia(first) != *b.dia(first):
			return false
		}
		*budget--
		// Rotation i of the view turns rows at(i), at(i)+1 of T, from last-1 to first.
		_, _, c, s := q.begin(min(at(first), at(last-1)), last-first, !back)
		b.chase(q.LAPACK, first, last, func(i int, ci, si float64) {
			if i -= first; back {
				c[last-first-1-i], s[last-first-1-i] = ci, si
			} else {
				c[i], s[i] = ci, -si
			}
		})
	}
	return true
}

// chase is one QL sweep through rows first … last of a tridiagonal matrix.
func (b view) chase(l LAPACK, first, last int, put func(i int, c, s float64)) {
	d0 := *b.dia(first)
	g := (*b.dia(first + 1) - d0) / (2 * *b.sup(first))
	r := math.Hypot(g, 1)
	g = *b.dia(last) - d0 + *b.sup(first)/(g+math.Copysign(r, g))
	c, s, p := 1.0, 1.0, 0.0
	for i := last - 1; i >= first; i-- {
		f, h := float64(s**b.sup(i)), float64(c**b.sup(i))
		c, s, r = l.Dlartg(g, f)
		if i < last-1 {
			*b.sup(i + 1) = r
		}
		g = *b.dia(i + 1) - p
		r = float64((*b.dia(i)-g)*s) + float64(c*h)*2
		p = float64(s * r)
		*b.dia(i + 1) = g + p
		g = float64(c*r) - h
		put(i, c, s)
	}
	*b.dia(first) -= p
	*b.sup(first) = g
}
