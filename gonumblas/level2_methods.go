package gonumblas

import "gonum.org/v1/gonum/blas"

// Dgemv computes
func (f Float64) Dgemv(tA blas.Transpose, m, n int, alpha float64, a []float64, lda int, x []float64, incX int, beta float64, y []float64, incY int) {
	if !gemv(f.SameBits, tA, m, n, alpha, a, lda, x, incX, beta, y, incY) {
		f.Implementation.Dgemv(tA, m, n, alpha, a, lda, x, incX, beta, y, incY)
	}
}

// Dger computes
func (f Float64) Dger(m, n int, alpha float64, x []float64, incX int, y []float64, incY int, a []float64, lda int) {
	if !ger(f.SameBits, m, n, alpha, x, incX, y, incY, a, lda) {
		f.Implementation.Dger(m, n, alpha, x, incX, y, incY, a, lda)
	}
}

// Dsymv computes
func (f Float64) Dsymv(ul blas.Uplo, n int, alpha float64, a []float64, lda int, x []float64, incX int, beta float64, y []float64, incY int) {
	if !symv(f.SameBits, ul, n, alpha, a, lda, x, incX, beta, y, incY) {
		f.Implementation.Dsymv(ul, n, alpha, a, lda, x, incX, beta, y, incY)
	}
}

// Dtrmv computes
func (f Float64) Dtrmv(ul blas.Uplo, tA blas.Transpose, d blas.Diag, n int, a []float64, lda int, x []float64, incX int) {
	if !triangleVector(f.SameBits, ul, tA, d, n, a, lda, x, incX, false) {
		f.Implementation.Dtrmv(ul, tA, d, n, a, lda, x, incX)
	}
}

// Dtrsv computes
func (f Float64) Dtrsv(ul blas.Uplo, tA blas.Transpose, d blas.Diag, n int, a []float64, lda int, x []float64, incX int) {
	if !triangleVector(f.SameBits, ul, tA, d, n, a, lda, x, incX, true) {
		f.Implementation.Dtrsv(ul, tA, d, n, a, lda, x, incX)
	}
}

// Dsyr computes
func (f Float64) Dsyr(ul blas.Uplo, n int, alpha float64, x []float64, incX int, a []float64, lda int) {
	if !syr(f.SameBits, ul, n, alpha, x, incX, a, lda) {
		f.Implementation.Dsyr(ul, n, alpha, x, incX, a, lda)
	}
}

// Dsyr2 computes
func (f Float64) Dsyr2(ul blas.Uplo, n int, alpha float64, x []float64, incX int, y []float64, incY int, a []float64, lda int) {
	if !syr2(f.SameBits, ul, n, alpha, x, incX, y, incY, a, lda) {
		f.Implementation.Dsyr2(ul, n, alpha, x, incX, y, incY, a, lda)
	}
}

// Sgemv is Dgemv in float32.
func (f Float32) Sgemv(tA blas.Transpose, m, n int, alpha float32, a []float32, lda int, x []float32, incX int, beta float32, y []float32, incY int) {
	if !gemv(f.SameBits, tA, m, n, alpha, a, lda, x, incX, beta, y, incY) {
		f.Implementation.Sgemv(tA, m, n, alpha, a, lda, x, incX, beta, y, incY)
	}
}

// Sger is Dger in float32.
func (f Float32) Sger(m, n int, alpha float32, x []float32, incX int, y []float32, incY int, a []float32, lda int) {
	if !ger(f.SameBits, m, n, alpha, x, incX, y, incY, a, lda) {
		f.Implementation.Sger(m, n, alpha, x, incX, y, incY, a, lda)
	}
}

// Ssymv is Dsymv in float32.
func (f Float32) Ssymv(ul blas.Uplo, n int, alpha float32, a []float32, lda int, x []float32, incX int, beta float32, y []float32, incY int) {
	if !symv(f.SameBits, ul, n, alpha, a, lda, x, incX, beta, y, incY) {
		f.Implementation.Ssymv(ul, n, alpha, a, lda, x, incX, beta, y, incY)
	}
}

// Strmv is Dtrmv in float32.
func (f Float32) Strmv(ul blas.Uplo, tA blas.Transpose, d blas.Diag, n int, a []float32, lda int, x []float32, incX int) {
	if !triangleVector(f.SameBits, ul, tA, d, n, a, lda, x, incX, false) {
		f.Implementation.Strmv(ul, tA, d, n, a, lda, x, incX)
	}
}

// Strsv is Dtrsv in float32.
func (f Float32) Strsv(ul blas.Uplo, tA blas.Transpose, d blas.Diag, n int, a []float32, lda int, x []float32, incX int) {
	if !triangleVector(f.SameBits, ul, tA, d, n, a, lda, x, incX, true) {
		f.Implementation.Strsv(ul, tA, d, n, a, lda, x, incX)
	}
}

// Ssyr is Dsyr in float32.
func (f Float32) Ssyr(ul blas.Uplo, n int, alpha float32, x []float32, incX int, a []float32, lda int) {
	if !syr(f.SameBits, ul, n, alpha, x, incX, a, lda) {
		f.Implementation.Ssyr(ul, n, alpha, x, incX, a, lda)
	}
}

// Ssyr2 is Dsyr2 in float32.
func (f Float32) Ssyr2(ul blas.Uplo, n int, alpha float32, x []float32, incX int, y []float32, incY int, a []float32, lda int) {
	if !syr2(f.SameBits, ul, n, alpha, x, incX, y, incY, a, lda) {
		f.Implementation.Ssyr2(ul, n, alpha, x, incX, y, incY, a, lda)
	}
}
