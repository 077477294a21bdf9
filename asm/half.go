package asm

import "math"

// HalfKernels convert between float32 and the two formats of 16 bits: IEEE binary16
// ("half") and bfloat16, the upper half of a float32. Into 16 bits they round to
// nearest, ties to even; beyond the range is an infinity, subnormals are kept. x is at
// least as long as dst and shares no memory with it.
type HalfKernels struct {
	FromF16  func(dst []float32, x []uint16) // exact
	FromBF16 func(dst []float32, x []uint16) // exact
	ToF16    func(dst []uint16, x []float32)
	ToBF16   func(dst []uint16, x []float32)
}

func halfGenericKernels() HalfKernels {
	return HalfKernels{FromF16: fromF16Generic, FromBF16: fromBF16Generic, ToF16: toF16Generic, ToBF16: toBF16Generic}
}

func fromF16Generic(dst []float32, x []uint16) {
	x = x[:len(dst):len(x)]
	for i, h := range x {
		dst[i] = fromF16(h)
	}
}

func fromF16(h uint16) float32 {
	sign, rest := uint32(h)&0x8000<<16, uint32(h)&0x7fff
	switch {
	case rest < 0x400: // zero or subnormal: units of 2^-24
		return math.Float32frombits(sign | math.Float32bits(float32(float32(rest)*0x1p-24)))
	case rest >= 0x7c00: // infinity or NaN
		return math.Float32frombits(sign | 0x7f800000 | rest&0x3ff<<13)
	}
	return math.Float32frombits(sign | (rest<<13 + (127-15)<<23))
}

func fromBF16Generic(dst []float32, x []uint16) {
	x = x[:len(dst):len(x)]
	for i, h := range x {
		dst[i] = math.Float32frombits(uint32(h) << 16)
	}
}

func toF16Generic(dst []uint16, x []float32) {
	x = x[:len(dst):len(x)]
	for i, v := range x {
		dst[i] = toF16(v)
	}
}

func toF16(v float32) uint16 {
	b := math.Float32bits(v)
	sign := uint16(b >> 16 & 0x8000)
	switch b &= 1<<31 - 1; {
	case b > 0x7f800000:
		return sign | 0x7e00
	case b >= 0x477ff000: // from 65520 on
		return sign | 0x7c00
	case b < 0x38800000: // below 2^-14: the sum with 1/2 has units of 2^-24
		return sign | uint16(math.Float32bits(math.Float32frombits(b)+0.5)-0x3f000000)
	}
	b += 0xfff + b>>13&1
	return sign | uint16(b>>13-(127-15)<<10)
}

func toBF16Generic(dst []uint16, x []float32) {
	x = x[:len(dst):len(x)]
	for i, v := range x {
		dst[i] = toBF16(v)
	}
}

func toBF16(v float32) uint16 {
	b := math.Float32bits(v)
	if v != v {
		return uint16(b>>16) | 0x40 // quiet, and no infinity where only low bits are set
	}
	return uint16((b + 0x7fff + b>>16&1) >> 16)
}
