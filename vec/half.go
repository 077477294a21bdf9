package vec

import "github.com/lanes-go/lanes/asm"

// Conversions between float32 and the formats of 16 bits, which slices of uint16 hold:
// IEEE binary16 (half precision) and bfloat16, the upper half of a float32. Into 16
// bits they round to nearest, ties to even; what is beyond the range becomes an
// infinity, subnormals are kept, NaN stays NaN. dst and x share no memory.

// FromF16 converts binary16 to float32, exactly.
func FromF16(dst []float32, x []uint16) {
	convert("FromF16", dst, x, asm.Active[float32]().FromF16)
}

// FromBF16 converts bfloat16 to float32, exactly.
func FromBF16(dst []float32, x []uint16) {
	convert("FromBF16", dst, x, asm.Active[float32]().FromBF16)
}

// ToF16 converts float32 to binary16.
func ToF16(dst []uint16, x []float32) { convert("ToF16", dst, x, asm.Active[float32]().ToF16) }

// ToBF16 converts float32 to bfloat16.
func ToBF16(dst []uint16, x []float32) { convert("ToBF16", dst, x, asm.Active[float32]().ToBF16) }

func convert[D, S any](op string, dst []D, x []S, kernel func(dst []D, x []S)) {
	if len(dst) != len(x) {
		fail(op, lengthsDiffer, len(dst), len(x))
	}
	for len(dst) > short { // calls of microseconds
		kernel(dst[:short:short], x)
		dst, x = dst[short:], x[short:]
	}
	kernel(dst, x)
}
