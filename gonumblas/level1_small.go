package gonumblas

import (
	"math"

	"github.com/lanes-go/lanes/tensor"
)

// Short contiguous vectors, where SameBits does not ask for the kernels: a call to
// gonum and on to its assembly would cost more than it saves. These are inlined.

// Below short… elements a loop here does, below min… (float64 and float32) gonum, then a
// kernel. Measured on an AMD Zen 5 with AVX-512: a kernel takes 7 to 8 ns a call
// through the interface up to 64 elements, gonum's assembly 6 ns and 1 ns more for every
// 10 (float64) or 20 (float32), its loops 5 ns and 1 ns more for every 2 or 3.
const (
	shortDot, min32Dot              = 5, 56
	shortAxpy, min64Axpy, min32Axpy = 12, 24, 48
	shortScal                       = 6
	shortRot, min64Rot, min32Rot    = 6, 14, 14
	shortSwap, min64Swap, min32Swap = 12, 24, 28
	shortAsum                       = 12
	shortNorm, minNorm              = 24, 80 // from minNorm on strided vectors too
	shortIamax                      = 12
)

func dotShort[T tensor.Float](x, y []T) (s T) {
	y = y[:len(x)]
	for i, v := range x {
		s += T(v * y[i])
	}
	return s
}

func axpyShort[T tensor.Float](x []T, alpha T, y []T) {
	for len(x) >= 4 && len(y) >= 4 {
		y[0] += T(alpha * x[0])
		y[1] += T(alpha * x[1])
		y[2] += T(alpha * x[2])
		y[3] += T(alpha * x[3])
		x, y = x[4:], y[4:]
	}
	for i, v := range x {
		y[i] += T(alpha * v)
	}
}

func scalShort[T tensor.Float](alpha T, x []T) {
	for i := range x {
		x[i] *= alpha
	}
}

func asumShort[T tensor.Float](x []T) (s T) {
	for _, v := range x {
		s += T(math.Abs(float64(v)))
	}
	return s
}

func sumSqShort[T tensor.Float](x []T) (s T) {
	for _, v := range x {
		s += T(v * v)
	}
	return s
}

func iamaxShort[T tensor.Float](x []T) (index int) {
	greatest := T(math.Abs(float64(x[0])))
	for i, v := range x {
		if v = T(math.Abs(float64(v))); v > greatest {
			greatest, index = v, i
		}
	}
	return index
}

func rotShort[T tensor.Float](x, y []T, c, s T) {
	y = y[:len(x)]
	for i, v := range x {
		w := y[i]
		x[i], y[i] = T(c*v)+T(s*w), T(c*w)-T(s*v)
	}
}

func swapShort[T tensor.Float](x, y []T) {
	y = y[:len(x)]
	for i, v := range x {
		x[i], y[i] = y[i], v
	}
}
