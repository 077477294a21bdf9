package gonumblas

import (
	"github.com/lanes-go/lanes/asm"
	"github.com/lanes-go/lanes/internal/chunk"
	store "github.com/lanes-go/lanes/internal/scratch"
	"github.com/lanes-go/lanes/tensor"
)

// Level 1. Contiguous vectors go to the kernels as they lie. Others are copied, in
// pieces, so that they have the same bits; gonum takes them where it may, which is the
// faster way.

// strip is the number of elements of strided vectors copied at a time.
const strip = 2048

// contiguous tells whether n > 0 elements lie one after the other in both slices.
func contiguous[T tensor.Float](n int, x []T, incX int, y []T, incY int) bool {
	return incX == 1 && incY == 1 && uint(n-1) < uint(len(x)) && n <= len(y)
}

func dot[T tensor.Float](n int, x []T, incX int, y []T, incY int) (r T, ok bool) {
	if contiguous(n, x, incX, y, incY) {
		k := asm.Active[T]()
		if n <= asm.Chunk {
			return k.Dot(x[:n:n], y), true
		}
		return chunk.Dot(k, x[:n:n], y), true
	}
	vx, okX := vecOf(n, x, incX)
	vy, okY := vecOf(n, y, incY)
	if !okX || !okY {
		return 0, false
	}
	k, w := asm.Active[T](), getWork[T]()
	r = chunk.Reduce(n, func(lo, hi int) T { return k.Dot(vx.part(&w.x, lo, hi), vy.part(&w.y, lo, hi)) })
	putWork(w)
	return r, true
}

func asum[T tensor.Float](n int, x []T, incX int) (r T, ok bool) {
	v, ok := vecOf(n, x, incX)
	if !ok || incX < 0 {
		return 0, false
	}
	k := asm.Active[T]()
	if incX == 1 {
		return chunk.Asum(k, x[:n:n]), true
	}
	w := getWork[T]()
	r = chunk.Reduce(n, func(lo, hi int) T { return k.Asum(v.part(&w.x, lo, hi)) })
	putWork(w)
	return r, true
}

func nrm2[T tensor.Float](n int, x []T, incX int) (r T, ok bool) {
	v, ok := vecOf(n, x, incX)
	if !ok || incX < 0 {
		return 0, false
	}
	if n == 1 {
		return absolute(x[0]), true
	}
	return norm(asm.Active[T](), v), true
}

// searched is the number of elements of which the greatest is found before it is
// known where it is.
const searched = 2048

// iamax finds the greatest by a kernel, and then where it is by halves.
func iamax[T tensor.Float](n int, x []T, incX int) (index int, ok bool) {
	if uint(n-1) >= uint(len(x)) {
		return 0, false // a search alone: gonum's has the same result
	}
	if x[0] != x[0] {
		return 0, true // nothing is greater
	}
	k := asm.Active[T]()
	x = x[:n:n]
	greatest := T(-1)
	lo, hi := 0, 0
	for i := 0; i < n; i += searched {
		j := min(i+searched, n)
		if m := k.AMax(x[i:j:j]); m > greatest {
			greatest, lo, hi = m, i, j
		}
	}
	if greatest == 0 {
		return 0, true // zeros and NaNs
	}
	for hi-lo > 32 {
		mid := lo + (hi-lo)/2
		if k.AMax(x[lo:mid:mid]) == greatest {
			hi = mid
		} else {
			lo = mid
		}
	}
	for absolute(x[lo]) != greatest {
		lo++
	}
	return lo, true
}

func axpy[T tensor.Float](n int, alpha T, x []T, incX int, y []T, incY int) bool {
	if alpha == 0 {
		return false // nothing to do
	}
	if contiguous(n, x, incX, y, incY) {
		if meetPartly(n, x, y) {
			return false
		}
		chunk.Axpy(asm.Active[T](), y[:n:n], alpha, x)
		return true
	}
	vx, okX := vecOf(n, x, incX)
	vy, okY := vecOf(n, y, incY)
	if !okX || !okY {
		return false
	}
	k, w := asm.Active[T](), getWork[T]()
	for lo := 0; lo < n; lo += strip {
		hi := min(lo+strip, n)
		py := store.Grow(&w.y, hi-lo)
		vy.gather(py, lo)
		k.Axpy(py, alpha, vx.part(&w.x, lo, hi))
		vy.scatter(py, lo)
	}
	putWork(w)
	return true
}

func scal[T tensor.Float](n int, alpha T, x []T, incX int) bool {
	if uint(n-1) >= uint(len(x)) {
		return false // a multiplication alone has the same bits everywhere
	}
	x = x[:n:n]
	if alpha == 0 {
		chunk.Clear(x)
	} else {
		chunk.Scale(asm.Active[T](), x, alpha, x)
	}
	return true
}

func rot[T tensor.Float](n int, x []T, incX int, y []T, incY int, c, s T) bool {
	if contiguous(n, x, incX, y, incY) {
		if meet(n, x, y) {
			return false
		}
		chunk.Rot(asm.Active[T](), x[:n:n], y, c, s)
		return true
	}
	vx, okX := vecOf(n, x, incX)
	vy, okY := vecOf(n, y, incY)
	if !okX || !okY {
		return false
	}
	k, w := asm.Active[T](), getWork[T]()
	for lo := 0; lo < n; lo += strip {
		hi := min(lo+strip, n)
		px, py := store.Grow(&w.x, hi-lo), store.Grow(&w.y, hi-lo)
		vx.gather(px, lo)
		vy.gather(py, lo)
		k.Rot(px, py, c, s)
		vx.scatter(px, lo)
		vy.scatter(py, lo)
	}
	putWork(w)
	return true
}

func swap[T tensor.Float](n int, x []T, incX int, y []T, incY int) bool {
	if !contiguous(n, x, incX, y, incY) || meet(n, x, y) {
		return false // nothing is rounded: gonum's has the same result
	}
	chunk.Swap(asm.Active[T](), x[:n:n], y)
	return true
}
