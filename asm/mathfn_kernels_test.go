package asm

import (
	"math"
	"math/rand/v2"
	"testing"
)

// mathOperand draws numbers of every kind: of any bits, of the sizes where functions
// change, next to powers of two, and special ones.
func mathOperand[T Float](r *rand.Rand) T {
	special := []float64{0, math.Copysign(0, -1), math.Inf(1), math.Inf(-1), math.NaN(), 1, -1, math.MaxFloat64, -math.MaxFloat64,
		math.MaxFloat32, -math.MaxFloat32, math.SmallestNonzeroFloat32, -math.SmallestNonzeroFloat32, math.SmallestNonzeroFloat64,
		0x1p-126, 0x1.fffffcp-127, 0x1p-1022, 0x1.ffffffffffffep-1023, 87, -87, 88.8, -104, 708, -708, 708.0004, -708.001, 710, -746, 0.55, 0.9}
	switch r.IntN(8) {
	case 0:
		if is32[T]() {
			return T(math.Float32frombits(r.Uint32()))
		}
		return T(math.Float64frombits(r.Uint64()))
	case 1:
		return T((2*r.Float64() - 1) * []float64{110, 760}[r.IntN(2)])
	case 2:
		return T(special[r.IntN(len(special))])
	case 3:
		x := T(math.Ldexp(1+float64(r.IntN(8))/8, r.IntN(12)-6))
		return x + T(r.IntN(5)-2)*x*T(0x1p-23)
	case 4:
		return T(math.Ldexp(2*r.Float64()-1, -r.IntN(150)))
	}
	return T(r.NormFloat64() * 2)
}

// TestMathKernels: kernels are the functions on each element, whatever the numbers are
// and wherever the odd ones are among the others.
func TestMathKernels(t *testing.T) {
	t.Run("f32", testMathKernels[float32])
	t.Run("f64", testMathKernels[float64])
}

func testMathKernels[T Float](t *testing.T) {
	r := rand.New(rand.NewPCG(67, 68))
	x, y, exponents := make([]T, 3001), make([]T, 3001), make([]T, 3001)
	for i := range exponents {
		exponents[i] = mathOperand[T](r)
	}
	for odd := range samples(60) {
		for i := range x {
			switch {
			case odd%3 == 0:
				x[i] = mathOperand[T](r)
			case odd%3 == 1 && r.IntN(50) == 0:
				x[i] = mathOperand[T](r)
			default:
				x[i] = T(r.ExpFloat64())
			}
		}
		for _, c := range mathCalls[T]() {
			for _, k := range everyTable[T]() {
				in := [][]T{x, exponents}
				c.run(k.Kernels, y, in)
				for i, v := range x {
					if want := c.ref(i, in); !sameBits(y[i], want) {
						t.Fatalf("isa=%s %s(%x) = %x, want %x", k.name, c.name, v, y[i], want)
					}
				}
			}
		}
	}
}
