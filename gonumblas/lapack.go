package gonumblas

import (
	"github.com/lanes-go/lanes/asm"
	"github.com/lanes-go/lanes/tensor"
	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/lapack"
	lapackgonum "gonum.org/v1/gonum/lapack/gonum"
)

// LAPACK implements lapack.Float64 for lapack64.Use: gonum's LAPACK, which calls the
// BLAS in use, but for what no BLAS can speed up, the plane rotations of a singular
// value decomposition with vectors. It carries no promise of bits: most of its
// arithmetic is gonum's.
type LAPACK struct{ lapackgonum.Implementation }

var _ lapack.Float64 = LAPACK{}

// minSVD is the least dimension from which the decomposition here is the faster one.
const minSVD = 20

// Dgesvd computes the singular value decomposition A = U·Σ·Vᵀ; arguments and results
// are those of gonum's Dgesvd. The bidiagonal form is diagonalised by implicit QR
// sweeps (Demmel and Kahan, "Accurate singular values of bidiagonal matrices", SIAM
// J. Sci. Stat. Comput. 11, 1990): the singular values of the bidiagonal matrix have
// a high relative accuracy. Rotations are collected over many sweeps and applied to
// strips of U and Vᵀ that stay in the L2. It allocates its scratch memory.
func (l LAPACK) Dgesvd(jobU, jobVT lapack.SVDJob, m, n int, a []float64, lda int, s, u []float64, ldu int, vt []float64, ldvt int, work []float64, lwork int) (ok bool) {
	if !l.svd(&ok, jobU, jobVT, m, n, a, lda, s, u, ldu, vt, ldvt, work, lwork) {
		return l.Implementation.Dgesvd(jobU, jobVT, m, n, a, lda, s, u, ldu, vt, ldvt, work, lwork)
	}
	return ok
}

// svd is Dgesvd where it has something to gain; it reports whether it did the work.
func (l LAPACK) svd(ok *bool, jobU, jobVT lapack.SVDJob, m, n int, a []float64, lda int, s, u []float64, ldu int, vt []float64, ldvt int, work []float64, lwork int) bool {
	small, big := min(m, n), max(m, n)
	if small < minSVD || !simd[float64]() || lwork < max(3*small+big, 5*small) || len(work) < lwork {
		return false // too small, without use, a query, or wrong
	}
	cu, cv := vectors(jobU, small, m), vectors(jobVT, small, n)
	if cu < 0 || cv < 0 || cu == 0 && cv == 0 ||
		!matrixFits(m, n, lda, len(a)) || len(s) < small ||
		cu > 0 && !matrixFits(m, cu, ldu, len(u)) || ldu < 1 ||
		cv > 0 && !matrixFits(cv, n, ldvt, len(vt)) || ldvt < 1 {
		return false
	}
	work[0] = float64(max(3*small+big, 5*small))
	x := decomposition{LAPACK: l, s: s[:small]}
	switch {
	case 5*m < 8*n && 5*n < 8*m:
		*ok = x.near(m, n, cu, cv, a, lda, u, ldu, vt, ldvt)
	case m > n && cu == n:
		*ok = x.tall(m, n, cv, a, lda, u, ldu, vt, ldvt)
	case m < n && cv == m:
		*ok = x.wide(m, n, cu, a, lda, u, ldu, vt, ldvt)
	default:
		return false // all of a large orthogonal matrix
	}
	return true
}

// vectors is the number of singular vectors that job asks for; -1 where it is none of
// the jobs that are done here.
func vectors(job lapack.SVDJob, small, all int) int {
	switch job {
	case lapack.SVDNone:
		return 0
	case lapack.SVDStore:
		return small
	case lapack.SVDAll:
		return all
	}
	return -1
}

// decomposition is one call of Dgesvd with valid arguments.
type decomposition struct {
	LAPACK
	s []float64
}

// scratch asks a routine of gonum for its best length of work and makes it.
func scratch(query func(work []float64, lwork int)) ([]float64, int) {
	var w [1]float64
	query(w[:], -1)
	n := int(w[0])
	return make([]float64, n), n
}

// tall reduces a matrix of many rows by a QR factorisation first; u gets n columns.
func (x *decomposition) tall(m, n, cv int, a []float64, lda int, u []float64, ldu int, vt []float64, ldvt int) bool {
	tau := make([]float64, n)
	work, lwork := scratch(func(w []float64, l int) { x.Dgeqrf(m, n, a, lda, tau, w, l) })
	x.Dgeqrf(m, n, a, lda, tau, work, lwork)
	r, ur := make([]float64, n*n), make([]float64, n*n)
	x.Dlacpy(blas.Upper, n, n, a, lda, r, n)
	work, lwork = scratch(func(w []float64, l int) { x.Dorgqr(m, n, n, a, lda, tau, w, l) })
	x.Dorgqr(m, n, n, a, lda, tau, work, lwork)
	if !x.near(n, n, n, cv, r, n, ur, n, vt, ldvt) {
		return false
	}
	tensor.Gemm(false, false, m, n, n, 1, a, lda, ur, n, 0, u, ldu)
	return true
}

// wide is tall for a matrix of many columns; vt gets m rows.
func (x *decomposition) wide(m, n, cu int, a []float64, lda int, u []float64, ldu int, vt []float64, ldvt int) bool {
	tau := make([]float64, m)
	work, lwork := scratch(func(w []float64, l int) { x.Dgelqf(m, n, a, lda, tau, w, l) })
	x.Dgelqf(m, n, a, lda, tau, work, lwork)
	low, vl := make([]float64, m*m), make([]float64, m*m)
	x.Dlacpy(blas.Lower, m, m, a, lda, low, m)
	work, lwork = scratch(func(w []float64, l int) { x.Dorglq(m, n, m, a, lda, tau, w, l) })
	x.Dorglq(m, n, m, a, lda, tau, work, lwork)
	if !x.near(m, m, cu, m, low, m, u, ldu, vl, m) {
		return false
	}
	tensor.Gemm(false, false, m, n, m, 1, vl, m, a, lda, 0, vt, ldvt)
	return true
}

// near decomposes a matrix that is about square: bidiagonal form, then QR sweeps.
// cu columns of U and cv rows of Vᵀ are wanted.
func (x *decomposition) near(m, n, cu, cv int, a []float64, lda int, u []float64, ldu int, vt []float64, ldvt int) bool {
	scale := safeScale(x.Dlange(lapack.MaxAbs, m, n, a, lda, nil))
	scaleRows(scale, m, n, a, lda)

	k := min(m, n)
	e, tauQ, tauP := make([]float64, k), make([]float64, k), make([]float64, k)
	work, lwork := scratch(func(w []float64, l int) { x.Dgebrd(m, n, a, lda, x.s, e, tauQ, tauP, w, l) })
	x.Dgebrd(m, n, a, lda, x.s, e[:max(k-1, 0)], tauQ, tauP, work, lwork)
	if cu > 0 {
		x.Dlacpy(blas.Lower, m, k, a, lda, u, ldu)
		work, lwork = scratch(func(w []float64, l int) { x.Dorgbr(lapack.GenerateQ, m, cu, n, u, ldu, tauQ, w, l) })
		x.Dorgbr(lapack.GenerateQ, m, cu, n, u, ldu, tauQ, work, lwork)
	}
	if cv > 0 {
		x.Dlacpy(blas.Upper, k, n, a, lda, vt, ldvt)
		work, lwork = scratch(func(w []float64, l int) { x.Dorgbr(lapack.GeneratePT, cv, n, m, vt, ldvt, tauP, w, l) })
		x.Dorgbr(lapack.GeneratePT, cv, n, m, vt, ldvt, tauP, work, lwork)
	}
	q := bidiagonal{LAPACK: x.LAPACK, rotations: newRotations(k), d: x.s, e: e[:k-1]}
	if cu > 0 {
		q.u, q.ldu, q.rowsU = u, ldu, m
	}
	if cv > 0 {
		q.vt, q.ldvt, q.colsVT = vt, ldvt, n
	}
	ok := q.run(m < n)
	for i := range x.s {
		x.s[i] /= scale
	}
	return ok
}

// safeScale is the power of two by which to multiply a matrix whose greatest element
// is norm: entries far from 1 would over- or underflow on the way.
func safeScale(norm float64) float64 {
	switch {
	case norm > 0 && norm < 0x1p-480:
		return 0x1p480
	case norm > 0x1p480 && norm <= maxFloat64:
		return 0x1p-480
	}
	return 1
}

func scaleRows(scale float64, m, n int, a []float64, lda int) {
	for i := 0; scale != 1 && i < m; i++ {
		row := a[i*lda:][:n]
		asm.Active[float64]().Scale(row, scale, row)
	}
}
