package asm

import "math"

// RandomKernels fill slices from a counter-based generator, so that any part of a
// stream can be drawn by anybody, in any order.
//
// Philox4x32-10 (Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as
// 1, 2, 3", SC 2011) turns a key (the seed) and a counter (block in the two low
// words, stream in the two high ones) into a block of four words. 16 blocks are a
// group, laid out so that 16, 8 or 4 of them can be computed side by side and
// stored without a transpose:
//
//	float32: element 64g+16w+b is word w of block 16g+b
//	float64: element 32g+16h+b is words 2h (low) and 2h+1 (high) of block 16g+b
//
// A uniform number has 24 (53) of those bits: U = (word >> 8)·2^-24. Normal
// numbers come in pairs (Box-Muller): from words 0 and 1, also 2 and 3 (float64:
// halves 0 and 1), and go where those uniforms would have gone:
//
//	float32: V = fma(float32(first >> 1), 2^-31, 2^-32)
//	float64: V = fma(float64(first >> 11), 2^-53, 2^-54)
//	R = sqrt(-2·log V); the pair is R·cos(2πU), R·sin(2πU) with U from the second
type RandomKernels[T Float] struct {
	// Uniform is dst[i] = fma(U(from+i), scale, shift).
	Uniform func(dst []T, shift, scale T, seed, stream, from uint64)

	// Normal is dst[i] = fma(Z(from+i), scale, shift).
	Normal func(dst []T, shift, scale T, seed, stream, from uint64)
}

// Philox returns the four words of a block of Philox4x32-10.
func Philox(seed, stream, block uint64) (w0, w1, w2, w3 uint32) {
	return philox(uint32(block), uint32(block>>32), uint32(stream), uint32(stream>>32), uint32(seed), uint32(seed>>32))
}

func philox(c0, c1, c2, c3, k0, k1 uint32) (w0, w1, w2, w3 uint32) {
	for range 10 {
		p, q := uint64(c0)*0xd2511f53, uint64(c2)*0xcd9e8d57
		c0, c1, c2, c3 = uint32(q>>32)^c1^k0, uint32(q), uint32(p>>32)^c3^k1, uint32(p)
		k0, k1 = k0+0x9e3779b9, k1+0xbb67ae85
	}
	return c0, c1, c2, c3
}

// group is the longest group of elements: 16 blocks of 4 words.
const group = 64

func uniformGeneric[T Float](dst []T, shift, scale T, seed, stream, from uint64) {
	fillGroups(dst, shift, scale, seed, stream, from, false)
}

func normalGeneric[T Float](dst []T, shift, scale T, seed, stream, from uint64) {
	fillGroups(dst, shift, scale, seed, stream, from, true)
}

func fillGroups[T Float](dst []T, shift, scale T, seed, stream, from uint64, normal bool) {
	n := uint64(group)
	if !is32[T]() {
		n /= 2
	}
	var buf [group]T
	for len(dst) > 0 {
		g, skip := from/n, from%n
		if normal {
			normalGroup(&buf, seed, stream, g)
		} else {
			uniformGroup(&buf, seed, stream, g)
		}
		c := min(len(dst), int(n-skip))
		for i, v := range buf[skip : skip+uint64(c)] {
			dst[i] = FMA(v, scale, shift)
		}
		dst, from = dst[c:], from+uint64(c)
	}
}

func uniformGroup[T Float](buf *[group]T, seed, stream, g uint64) {
	for b := range 16 {
		w0, w1, w2, w3 := Philox(seed, stream, 16*g+uint64(b))
		if is32[T]() {
			buf[b] = T(unit32(w0))
			buf[16+b] = T(unit32(w1))
			buf[32+b] = T(unit32(w2))
			buf[48+b] = T(unit32(w3))
		} else {
			buf[b] = T(unit64(w0, w1))
			buf[16+b] = T(unit64(w2, w3))
		}
	}
}

func normalGroup[T Float](buf *[group]T, seed, stream, g uint64) {
	for b := range 16 {
		w0, w1, w2, w3 := Philox(seed, stream, 16*g+uint64(b))
		if is32[T]() {
			x, y := boxMuller32(w0, w1)
			buf[b], buf[16+b] = T(x), T(y)
			x, y = boxMuller32(w2, w3)
			buf[32+b], buf[48+b] = T(x), T(y)
		} else {
			x, y := boxMuller64(w0, w1, w2, w3)
			buf[b], buf[16+b] = T(x), T(y)
		}
	}
}

func unit32(w uint32) float32 { return float32(float32(w>>8) * 0x1p-24) }

func unit64(lo, hi uint32) float64 {
	return float64(float64((uint64(hi)<<32|uint64(lo))>>11) * 0x1p-53)
}

// The integer is signed, since AVX2 and NEON convert those; V is in [2^-32, 1].
func boxMuller32(first, second uint32) (x, y float32) {
	v := fma32(float32(int32(first>>1)), 0x1p-31, 0x1p-32)
	r := float32(math.Sqrt(float64(-2 * log32(v)))) // float64 sqrt rounds to the float32 one
	s, c := sinCos32(unit32(second))
	return float32(r * c), float32(r * s)
}

func boxMuller64(lo, hi, lo2, hi2 uint32) (x, y float64) {
	v := FMA(float64((uint64(hi)<<32|uint64(lo))>>11), 0x1p-53, 0x1p-54)
	r := math.Sqrt(-2 * log64(v))
	s, c := sinCos64(unit64(lo2, hi2))
	return float64(r * c), float64(r * s)
}
