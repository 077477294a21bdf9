package gonumblas

import (
	"math"

	"github.com/lanes-go/lanes/asm"
	"github.com/lanes-go/lanes/internal/chunk"
)

// Ddot returns Σ x[i]·y[i], in the order of asm's Dot: 64 (float32) or 32 (float64)
// running sums of fused multiply-adds over chunks of 16384 elements, the chunks combined
// pairwise; the order is that of the vector, whatever its increments. Passed on to gonum:
// strided vectors, and short ones where its assembly is faster (see shortDot).
func (f Float64) Ddot(n int, x []float64, incX int, y []float64, incY int) float64 {
	if !f.SameBits && contiguous(n, x, incX, y, incY) {
		switch {
		case n < shortDot:
			return dotShort(x[:n:n], y)
		case haveSIMD && n <= asm.Chunk:
			return asm.Active[float64]().Dot(x[:n:n], y)
		}
	}
	if ours(f.SameBits, incX == 1 && incY == 1) {
		if r, ok := dot(n, x, incX, y, incY); ok {
			return r
		}
	}
	return f.Implementation.Ddot(n, x, incX, y, incY)
}

// Dasum returns Σ |x[i]|, in the order of Ddot; 0 for a negative increment. Strided
// vectors are passed on to gonum.
func (f Float64) Dasum(n int, x []float64, incX int) float64 {
	if !f.SameBits && incX == 1 && uint(n-1) < uint(len(x)) {
		switch {
		case n < shortAsum:
			return asumShort(x[:n:n])
		case haveSIMD && n <= asm.Chunk:
			return asm.Active[float64]().Asum(x[:n:n])
		}
	}
	if ours(f.SameBits, incX == 1) {
		if r, ok := asum(n, x, incX); ok {
			return r
		}
	}
	return f.Implementation.Dasum(n, x, incX)
}

// Dnrm2 returns the Euclidean norm of x: the root of the sum of squares in the order of
// Ddot, from 512 elements of a chunk on by halves, or where that is not well inside the range, of the elements times a power of two:
// right to a few units in the last place from the least subnormal number to the greatest.
// NaN with a NaN, else Inf with an infinity; 0 for a negative increment. Short strided
// vectors are passed on to gonum.
func (f Float64) Dnrm2(n int, x []float64, incX int) float64 {
	if n == 1 && incX == 1 && len(x) > 0 {
		return math.Abs(x[0])
	}
	if incX == 1 && n >= 2 && n <= len(x) {
		var s float64
		switch {
		case n < shortNorm && !f.SameBits:
			s = sumSqShort(x[:n:n])
		case (haveSIMD || f.SameBits) && n <= asm.Chunk:
			s = asm.Active[float64]().SumSq(x[:n:n])
		}
		if s >= 0x1p-960 && s <= 0x1p960 {
			return math.Sqrt(s)
		}
	}
	if ours(f.SameBits, incX == 1 || n >= minNorm) {
		if r, ok := nrm2(n, x, incX); ok {
			return r
		}
	}
	return f.Implementation.Dnrm2(n, x, incX)
}

// Idamax returns the first index of the greatest |x[i]|: -1 of nothing or with a negative
// increment, 0 if x[0] is NaN; other NaNs are left out. The result is gonum's, which finds
// it in strided vectors.
func (f Float64) Idamax(n int, x []float64, incX int) int {
	if incX == 1 && uint(n-1) < uint(min(len(x), shortIamax)) {
		return iamaxShort(x[:n:n])
	}
	if haveSIMD && incX == 1 {
		if r, ok := iamax(n, x, incX); ok {
			return r
		}
	}
	return f.Implementation.Idamax(n, x, incX)
}

// Daxpy is y[i] = fma(alpha, x[i], y[i]); with alpha = 0 it does nothing. x and y may be the
// same, or parts of one slice that share no element. Passed on to gonum: strided vectors,
// and short ones where its assembly is faster (see shortAxpy).
func (f Float64) Daxpy(n int, alpha float64, x []float64, incX int, y []float64, incY int) {
	if !f.SameBits && contiguous(n, x, incX, y, incY) && alpha != 0 {
		switch {
		case n < shortAxpy:
			axpyShort(x[:n:n], alpha, y)
			return
		case n < min64Axpy:
			f.Implementation.Daxpy(n, alpha, x, incX, y, incY)
			return
		case haveSIMD && n <= chunk.Piece && !meet(n, x, y):
			asm.Active[float64]().Axpy(y[:n:n], alpha, x)
			return
		}
	}
	if !ours(f.SameBits, incX == 1 && incY == 1) || !axpy(n, alpha, x, incX, y, incY) {
		f.Implementation.Daxpy(n, alpha, x, incX, y, incY)
	}
}

// Dscal is x[i] = alpha·x[i]; alpha = 0 writes +0 whatever x holds. A product alone has the
// same bits everywhere: strided vectors are gonum's even with SameBits.
func (f Float64) Dscal(n int, alpha float64, x []float64, incX int) {
	if incX == 1 && uint(n-1) < uint(len(x)) && alpha != 0 {
		switch {
		case n < shortScal:
			scalShort(alpha, x[:n:n])
			return
		case haveSIMD && n <= chunk.Piece:
			asm.Active[float64]().Scale(x[:n:n], alpha, x)
			return
		}
	}
	if !haveSIMD || incX != 1 || !scal(n, alpha, x, incX) {
		f.Implementation.Dscal(n, alpha, x, incX)
	}
}

// Drot is x[i], y[i] = fma(c, x[i], s·y[i]), fma(c, y[i], -(s·x[i])). Passed on to gonum:
// strided vectors, and short ones (see shortRot).
func (f Float64) Drot(n int, x []float64, incX int, y []float64, incY int, c, s float64) {
	if !f.SameBits && contiguous(n, x, incX, y, incY) {
		switch {
		case n < shortRot:
			rotShort(x[:n:n], y, c, s)
			return
		case n < min64Rot:
			f.Implementation.Drot(n, x, incX, y, incY, c, s)
			return
		}
	}
	if !ours(f.SameBits, incX == 1 && incY == 1) || !rot(n, x, incX, y, incY, c, s) {
		f.Implementation.Drot(n, x, incX, y, incY, c, s)
	}
}

// Dswap exchanges x and y. Nothing is rounded: strided vectors are gonum's even with
// SameBits. So is Dcopy, all of it: gonum's is the runtime's copy.
func (f Float64) Dswap(n int, x []float64, incX int, y []float64, incY int) {
	if contiguous(n, x, incX, y, incY) {
		switch {
		case n < shortSwap:
			swapShort(x[:n:n], y)
			return
		case n < min64Swap:
			f.Implementation.Dswap(n, x, incX, y, incY)
			return
		}
	}
	if !haveSIMD || incX != 1 || incY != 1 || !swap(n, x, incX, y, incY) {
		f.Implementation.Dswap(n, x, incX, y, incY)
	}
}
