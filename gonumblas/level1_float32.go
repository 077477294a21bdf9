package gonumblas

import (
	"math"

	"github.com/lanes-go/lanes/asm"
	"github.com/lanes-go/lanes/internal/chunk"
)

// Sdot is Ddot in float32.
func (f Float32) Sdot(n int, x []float32, incX int, y []float32, incY int) float32 {
	if !f.SameBits && contiguous(n, x, incX, y, incY) {
		switch {
		case n < shortDot:
			return dotShort(x[:n:n], y)
		case n < min32Dot:
			return f.Implementation.Sdot(n, x, incX, y, incY)
		case haveSIMD && n <= asm.Chunk:
			return asm.Active[float32]().Dot(x[:n:n], y)
		}
	}
	if ours(f.SameBits, incX == 1 && incY == 1) {
		if r, ok := dot(n, x, incX, y, incY); ok {
			return r
		}
	}
	return f.Implementation.Sdot(n, x, incX, y, incY)
}

// Sasum is Dasum in float32.
func (f Float32) Sasum(n int, x []float32, incX int) float32 {
	if !f.SameBits && incX == 1 && uint(n-1) < uint(len(x)) {
		switch {
		case n < shortAsum:
			return asumShort(x[:n:n])
		case haveSIMD && n <= asm.Chunk:
			return asm.Active[float32]().Asum(x[:n:n])
		}
	}
	if ours(f.SameBits, incX == 1) {
		if r, ok := asum(n, x, incX); ok {
			return r
		}
	}
	return f.Implementation.Sasum(n, x, incX)
}

// Snrm2 is Dnrm2 in float32.
func (f Float32) Snrm2(n int, x []float32, incX int) float32 {
	if n == 1 && incX == 1 && len(x) > 0 {
		return absolute(x[0])
	}
	if incX == 1 && n >= 2 && n <= len(x) {
		var s float32
		switch {
		case n < shortNorm && !f.SameBits:
			s = sumSqShort(x[:n:n])
		case (haveSIMD || f.SameBits) && n <= asm.Chunk:
			s = asm.Active[float32]().SumSq(x[:n:n])
		}
		if s >= 0x1p-96 && s <= 0x1p96 {
			return float32(math.Sqrt(float64(s)))
		}
	}
	if ours(f.SameBits, incX == 1 || n >= minNorm) {
		if r, ok := nrm2(n, x, incX); ok {
			return r
		}
	}
	return f.Implementation.Snrm2(n, x, incX)
}

// Isamax is Idamax in float32.
func (f Float32) Isamax(n int, x []float32, incX int) int {
	if incX == 1 && uint(n-1) < uint(min(len(x), shortIamax)) {
		return iamaxShort(x[:n:n])
	}
	if haveSIMD && incX == 1 {
		if r, ok := iamax(n, x, incX); ok {
			return r
		}
	}
	return f.Implementation.Isamax(n, x, incX)
}

// Saxpy is Daxpy in float32.
func (f Float32) Saxpy(n int, alpha float32, x []float32, incX int, y []float32, incY int) {
	if !f.SameBits && contiguous(n, x, incX, y, incY) && alpha != 0 {
		switch {
		case n < shortAxpy:
			axpyShort(x[:n:n], alpha, y)
			return
		case n < min32Axpy:
			f.Implementation.Saxpy(n, alpha, x, incX, y, incY)
			return
		case haveSIMD && n <= chunk.Piece && !meet(n, x, y):
			asm.Active[float32]().Axpy(y[:n:n], alpha, x)
			return
		}
	}
	if !ours(f.SameBits, incX == 1 && incY == 1) || !axpy(n, alpha, x, incX, y, incY) {
		f.Implementation.Saxpy(n, alpha, x, incX, y, incY)
	}
}

// Sscal is Dscal in float32.
func (f Float32) Sscal(n int, alpha float32, x []float32, incX int) {
	if incX == 1 && uint(n-1) < uint(len(x)) && alpha != 0 {
		switch {
		case n < shortScal:
			scalShort(alpha, x[:n:n])
			return
		case haveSIMD && n <= chunk.Piece:
			asm.Active[float32]().Scale(x[:n:n], alpha, x)
			return
		}
	}
	if !haveSIMD || incX != 1 || !scal(n, alpha, x, incX) {
		f.Implementation.Sscal(n, alpha, x, incX)
	}
}

// Srot is Drot in float32.
func (f Float32) Srot(n int, x []float32, incX int, y []float32, incY int, c, s float32) {
	if !f.SameBits && contiguous(n, x, incX, y, incY) {
		switch {
		case n < shortRot:
			rotShort(x[:n:n], y, c, s)
			return
		case n < min32Rot:
			f.Implementation.Srot(n, x, incX, y, incY, c, s)
			return
		}
	}
	if !ours(f.SameBits, incX == 1 && incY == 1) || !rot(n, x, incX, y, incY, c, s) {
		f.Implementation.Srot(n, x, incX, y, incY, c, s)
	}
}

// Sswap is Dswap in float32.
func (f Float32) Sswap(n int, x []float32, incX int, y []float32, incY int) {
	if contiguous(n, x, incX, y, incY) {
		switch {
		case n < shortSwap:
			swapShort(x[:n:n], y)
			return
		case n < min32Swap:
			f.Implementation.Sswap(n, x, incX, y, incY)
			return
		}
	}
	if !haveSIMD || incX != 1 || incY != 1 || !swap(n, x, incX, y, incY) {
		f.Implementation.Sswap(n, x, incX, y, incY)
	}
}
