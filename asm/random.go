package asm

import (
	"math"
	"unsafe"
)

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
// That is the element's word, of 64 bits for float64. A uniform number has its upper 24
// (53) bits: U = (word >> 8)·2^-24, or (word >> 11)·2^-53. Normal numbers come in pairs
// (Box and Muller, Annals of Mathematical Statistics 29, 1958): from words 0 and 1, also
// 2 and 3 (float64: halves 0 and 1), and go where those uniforms would have gone:
//
//	float32: V = fma(float32(first >> 1), 2^-31, 2^-32)
//	float64: V = fma(float64(first >> 11), 2^-53, 2^-54)
//	R = sqrt(-2·log V); the pair is R·cos(2πU), R·sin(2πU) with U from the second
//
// which is computed with an error of at most 2.5 ULP (float32; 20 million sampled).
type RandomKernels[T Float] struct {
	// Uniform is dst[i] = fma(U(from+i), scale, shift).
	Uniform func(dst []T, shift, scale T, seed, stream, from uint64)

	// Normal is dst[i] = fma(Z(from+i), scale, shift).
	Normal func(dst []T, shift, scale T, seed, stream, from uint64)

	// Bernoulli is dst[i] = U(from+i) < p ? v : +0.
	Bernoulli func(dst []T, p, v T, seed, stream, from uint64)

	// Dropout is dst[i] = U(from+i) < p ? x[i]*scale : +0. x is at least as long as dst
	// and may be dst. The same call on the gradient of dst gives that of x.
	Dropout func(dst, x []T, p, scale T, seed, stream, from uint64)

	// Words fills the memory of dst with words: see Uint32s and Uint64s.
	Words func(dst []T, seed, stream, from uint64)
}

func randomGenericKernels[T Float]() RandomKernels[T] {
	return RandomKernels[T]{
		Uniform: uniformGeneric[T], Normal: normalGeneric[T],
		Bernoulli: bernoulliGeneric[T], Dropout: dropoutGeneric[T], Words: wordsGeneric[T],
	}
}

// Uint32s fills dst with the words of the stream of float32, from element from on.
func Uint32s(k *Kernels[float32], dst []uint32, seed, stream, from uint64) {
	if len(dst) > 0 {
		k.Words(unsafe.Slice((*float32)(unsafe.Pointer(&dst[0])), len(dst)), seed, stream, from)
	}
}

// Uint64s fills dst with the words of the stream of float64, from element from on.
func Uint64s(k *Kernels[float64], dst []uint64, seed, stream, from uint64) {
	if len(dst) > 0 {
		k.Words(unsafe.Slice((*float64)(unsafe.Pointer(&dst[0])), len(dst)), seed, stream, from)
	}
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
	fillGroups(dst, seed, stream, from, uniformGroup[T])
	for i, v := range dst {
		dst[i] = FMA(v, scale, shift)
	}
}

func normalGeneric[T Float](dst []T, shift, scale T, seed, stream, from uint64) {
	fillGroups(dst, seed, stream, from, normalGroup[T])
	for i, v := range dst {
		dst[i] = FMA(v, scale, shift)
	}
}

func bernoulliGeneric[T Float](dst []T, p, v T, seed, stream, from uint64) {
	fillGroups(dst, seed, stream, from, uniformGroup[T])
	for i, u := range dst {
		dst[i] = 0
		if u < p {
			dst[i] = v
		}
	}
}

func dropoutGeneric[T Float](dst, x []T, p, scale T, seed, stream, from uint64) {
	x = x[:len(dst):len(x)]
	var u [group]T
	for i := 0; i < len(dst); i += group {
		part := u[:min(group, len(dst)-i)]
		fillGroups(part, seed, stream, from+uint64(i), uniformGroup[T])
		for j, u := range part {
			v := T(x[i+j] * scale)
			if !(u < p) {
				v = 0
			}
			dst[i+j] = v
		}
	}
}

// wordsGeneric writes integers: a float with the bits of a signalling NaN would not
// keep them everywhere.
func wordsGeneric[T Float](dst []T, seed, stream, from uint64) {
	if len(dst) == 0 {
		return
	}
	if is32[T]() {
		fillGroups(unsafe.Slice((*uint32)(unsafe.Pointer(&dst[0])), len(dst)), seed, stream, from, wordGroup)
	} else {
		fillGroups(unsafe.Slice((*uint64)(unsafe.Pointer(&dst[0])), len(dst)), seed, stream, from, wordGroup64)
	}
}

// groupLen is the number of elements of a group.
func groupLen[T Float]() int {
	if is32[T]() {
		return group
	}
	return group / 2
}

// fillGroups fills dst with the elements of groups, of which draw computes one.
func fillGroups[E float32 | float64 | uint32 | uint64](dst []E, seed, stream, from uint64, draw func(buf *[group]E, seed, stream, g uint64)) {
	n := uint64(group * 4 / unsafe.Sizeof(E(0)))
	var buf [group]E
	for len(dst) > 0 {
		skip := from % n
		draw(&buf, seed, stream, from/n)
		c := copy(dst, buf[skip:n])
		dst, from = dst[c:], from+uint64(c)
	}
}

func wordGroup(buf *[group]uint32, seed, stream, g uint64) {
	for b := range 16 {
		buf[b], buf[16+b], buf[32+b], buf[48+b] = Philox(seed, stream, 16*g+uint64(b))
	}
}

func wordGroup64(buf *[group]uint64, seed, stream, g uint64) {
	for b := range 16 {
		w0, w1, w2, w3 := Philox(seed, stream, 16*g+uint64(b))
		buf[b], buf[16+b] = uint64(w1)<<32|uint64(w0), uint64(w3)<<32|uint64(w2)
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
	r := float32(math.Sqrt(float64(-2 * float32(log32(float64(v)))))) // float64 sqrt rounds to the float32 one
	s, c := sinCos32(unit32(second))
	return float32(r * c), float32(r * s)
}

func boxMuller64(lo, hi, lo2, hi2 uint32) (x, y float64) {
	v := FMA(float64((uint64(hi)<<32|uint64(lo))>>11), 0x1p-53, 0x1p-54)
	r := math.Sqrt(-2 * log64(v))
	s, c := sinCos64(unit64(lo2, hi2))
	return float64(r * c), float64(r * s)
}
