package gonumblas

import (
	"math"

	"github.com/lanes-go/lanes/asm"
	"github.com/lanes-go/lanes/internal/chunk"
)

// Ddot is
func (f Float64) Ddot(n int, x []float64, incX int, y []float64, incY int) float64 {
	if !f.SameBits && contiguous(n, x, incX, y, incY) {
		switch {
		case n < shortDot:
			return dotShort(x[:n:n], y)
		case n < min64Dot:
			return f.Implementation.Ddot(n, x, incX, y, incY)
		case haveSIMD && n <= asm.Chunk:
			return asm.Active[float64]().Dot(x[:n:n], y)
		}
	}
	if r, ok := dot(f.SameBits, n, x, incX, y, incY); ok {
		return r
	}
	return f.Implementation.Ddot(n, x, incX, y, incY)
}

// Dasum is
func (f Float64) Dasum(n int, x []float64, incX int) float64 {
	if !f.SameBits && incX == 1 && uint(n-1) < uint(len(x)) {
		switch {
		case n < shortAsum:
			return asumShort(x[:n:n])
		case haveSIMD && n <= asm.Chunk:
			return asm.Active[float64]().Asum(x[:n:n])
		}
	}
	if r, ok := asum(f.SameBits, n, x, incX); ok {
		return r
	}
	return f.Implementation.Dasum(n, x, incX)
}

// Dnrm2 is
func (f Float64) Dnrm2(n int, x []float64, incX int) float64 {
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
	if r, ok := nrm2(f.SameBits, n, x, incX); ok {
		return r
	}
	return f.Implementation.Dnrm2(n, x, incX)
}

// Idamax is
func (f Float64) Idamax(n int, x []float64, incX int) int {
	if incX == 1 && uint(n-1) < uint(min(len(x), shortIamax)) {
		return iamaxShort(x[:n:n])
	}
	if r, ok := iamax(n, x, incX); ok {
		return r
	}
	return f.Implementation.Idamax(n, x, incX)
}

// Daxpy is
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
	if !axpy(f.SameBits, n, alpha, x, incX, y, incY) {
		f.Implementation.Daxpy(n, alpha, x, incX, y, incY)
	}
}

// Dscal is
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
	if !scal(n, alpha, x, incX) {
		f.Implementation.Dscal(n, alpha, x, incX)
	}
}

// Drot is
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
	if !rot(f.SameBits, n, x, incX, y, incY, c, s) {
		f.Implementation.Drot(n, x, incX, y, incY, c, s)
	}
}

// Dswap is
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
	if !swap(n, x, incX, y, incY) {
		f.Implementation.Dswap(n, x, incX, y, incY)
	}
}
