package vec

import "github.com/lanes-go/lanes/asm"

// FromF16 converts IEEE binary16 (half precision) to float32, exactly: subnormals,
// infinities and NaN too. dst and x have one length and share no memory.
func FromF16(dst []float32, x []uint16) {
	convert("FromF16", dst, x, asm.Active[float32]().FromF16)
}

// FromBF16 converts bfloat16, the upper half of a float32, to float32, exactly. dst and x
// have one length and share no memory.
func FromBF16(dst []float32, x []uint16) {
	convert("FromBF16", dst, x, asm.Active[float32]().FromBF16)
}

// ToF16 converts float32 to IEEE binary16 (half precision, 11 bits): rounded to nearest,
// ties to even; from 65520 on ±Inf; below 6.1e-5 subnormal, multiples of 2^-24, or ±0; NaN
// stays NaN. dst and x have one length and share no memory.
func ToF16(dst []uint16, x []float32) { convert("ToF16", dst, x, asm.Active[float32]().ToF16) }

// ToBF16 converts float32 to bfloat16, the upper half of a float32 (8 bits): rounded to
// nearest, ties to even, also to ±Inf; subnormals are kept; NaN stays NaN. dst and x have
// one length and share no memory.
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
