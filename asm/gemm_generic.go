package asm

import (
	"math"
	"math/bits"
	"sync/atomic"
)

const gemmGenericMR, gemmGenericNR = 4, 8

// gemmRows is the number of rows of A that are unpacked at a time, and that use a
// panel of B before the next takes its place.
const gemmRows = 32

// gemmGeneric computes, element by element, the loop in the comment of Gemm: every
// s below is such a chain. It does so on tiles of 4 x 2 elements, so that eight
// chains run at once, from copies of A and B as float64.
func gemmGeneric[T Float](g *GemmArgs[T]) bool {
	if g.M <= 0 || g.N <= 0 {
		return true
	}
	if g.BTrans || !g.valid(gemmGenericNR, (g.N-1)/gemmGenericNR) { // GemmTransRows is 0
		return false
	}
	if raceEnabled { // before the scratch memory orders this call after others
		g.race(gemmGenericNR)
	}
	for j := 0; g.Pack != nil && j < g.N; j += gemmGenericNR {
		packNGeneric(g.Pack[j/gemmGenericNR*g.PackPanel:], gemmGenericNR, g.B[j:], g.BRow, gemmGenericNR, g.K)
	}
	w := getGemmScratch(g.K)
	for i0 := 0; i0 < g.M; i0 += gemmRows {
		rows := min(gemmRows, g.M-i0)
		var ra [gemmRows / 4]expRange
		for i := 0; i < rows; i += 4 {
			ra[i/4] = g.unpackA(w.a[i/4*g.K:][:g.K], i0+i, min(4, rows-i))
		}
		for j0 := 0; j0 < g.N; j0 += gemmGenericNR {
			cols := min(gemmGenericNR, g.N-j0)
			rb := g.unpackB(w.b, j0, cols)
			for i := 0; i < rows; i += 4 {
				for j := 0; j < cols; j += 2 {
					var s [4][2]float64
					a, b, m, n := w.a[i/4*g.K:][:g.K], w.b[j/2*g.K:][:g.K], min(4, rows-i), min(2, cols-j)
					if g.Init != nil {
						for r := range m {
							for c := range n {
								s[r][c] = float64(g.Init[(i0+i+r)*g.LDC+j0+j+c])
							}
						}
						gemmChains[T](&s, a, b, m, n) // the others want to know the range of all numbers
					} else {
						gemmTile[T](&s, a, b, m, n, ra[i/4], rb)
					}
					for r := range m {
						for c := range n {
							gemmOut(g, i0+i+r, j0+j+c, T(s[r][c]))
						}
					}
				}
			}
		}
	}
	putGemmScratch(w)
	return true
}

// gemmTile runs the chains of a tile, m x n of them wanted: all eight take less time
// than one by calls of FMA.
func gemmTile[T Float](s *[4][2]float64, a [][4]float64, b [][2]float64, m, n int, ra, rb expRange) {
	switch {
	case is32[T]():
		if ra.min()+rb.min() >= chain32MinExp {
			chains32(s, a, b)
		} else {
			gemmChains[T](s, a, b, m, n)
		}
	case fastFMA:
		chains64(s, a, b)
	case ra.eft(rb, len(a)):
		chains64EFT(s, a, b, m)
	default:
		gemmChains[T](s, a, b, m, n)
	}
}

// gemmChains is m x n chains of FMAs, whatever the numbers.
//
//go:norace
func gemmChains[T Float](s *[4][2]float64, a [][4]float64, b [][2]float64, m, n int) {
	b = b[:len(a)]
	for p := range a {
		for i := range m {
			for j := range n {
				s[i][j] = float64(FMA(T(a[p][i]), T(b[p][j]), T(s[i][j])))
			}
		}
	}
}

// chains64 is gemmChains with an instruction for math.FMA.
//
//go:norace
func chains64(s *[4][2]float64, a [][4]float64, b [][2]float64) {
	b = b[:len(a)]
	s00, s01, s10, s11, s20, s21, s30, s31 := s[0][0], s[0][1], s[1][0], s[1][1], s[2][0], s[2][1], s[3][0], s[3][1]
	for p := range a {
		x, y := &a[p], &b[p]
		y0, y1 := y[0], y[1]
		v := x[0]
		s00, s01 = math.FMA(v, y0, s00), math.FMA(v, y1, s01)
		v = x[1]
		s10, s11 = math.FMA(v, y0, s10), math.FMA(v, y1, s11)
		v = x[2]
		s20, s21 = math.FMA(v, y0, s20), math.FMA(v, y1, s21)
		v = x[3]
		s30, s31 = math.FMA(v, y0, s30), math.FMA(v, y1, s31)
	}
	*s = [4][2]float64{{s00, s01}, {s10, s11}, {s20, s21}, {s30, s31}}
}

// chain32MinExp is the least sum of biased float64 exponents for which the product
// of two float32 is a multiple of 2^-179. A sum below 2^-126, the least normal
// float32, is then exact as a float64, so that rounding it twice does no harm.
const chain32MinExp = 2*1023 + 2*23 - 179

// chains32 is gemmChains of float32 numbers: fma32 written out, without the case
// of subnormal sums.
//
//go:norace
func chains32(s *[4][2]float64, a [][4]float64, b [][2]float64) {
	b = b[:len(a)]
	s00, s01, s10, s11, s20, s21, s30, s31 := s[0][0], s[0][1], s[1][0], s[1][1], s[2][0], s[2][1], s[3][0], s[3][1]
	for i := range a {
		x, y := &a[i], &b[i]
		y0, y1 := y[0], y[1]
		v := x[0]
		p00 := float64(v * y0)
		r00 := p00 + s00
		if uint32(math.Float64bits(r00))&halfMask32 == half32 {
			r00 = sumToOdd(p00, s00, r00)
		}
		s00 = float64(float32(r00))
		p01 := float64(v * y1)
		r01 := p01 + s01
		if uint32(math.Float64bits(r01))&halfMask32 == half32 {
			r01 = sumToOdd(p01, s01, r01)
		}
		s01 = float64(float32(r01))
		v = x[1]
		p10 := float64(v * y0)
		r10 := p10 + s10
		if uint32(math.Float64bits(r10))&halfMask32 == half32 {
			r10 = sumToOdd(p10, s10, r10)
		}
		s10 = float64(float32(r10))
		p11 := float64(v * y1)
		r11 := p11 + s11
		if uint32(math.Float64bits(r11))&halfMask32 == half32 {
			r11 = sumToOdd(p11, s11, r11)
		}
		s11 = float64(float32(r11))
		v = x[2]
		p20 := float64(v * y0)
		r20 := p20 + s20
		if uint32(math.Float64bits(r20))&halfMask32 == half32 {
			r20 = sumToOdd(p20, s20, r20)
		}
		s20 = float64(float32(r20))
		p21 := float64(v * y1)
		r21 := p21 + s21
		if uint32(math.Float64bits(r21))&halfMask32 == half32 {
			r21 = sumToOdd(p21, s21, r21)
		}
		s21 = float64(float32(r21))
		v = x[3]
		p30 := float64(v * y0)
		r30 := p30 + s30
		if uint32(math.Float64bits(r30))&halfMask32 == half32 {
			r30 = sumToOdd(p30, s30, r30)
		}
		s30 = float64(float32(r30))
		p31 := float64(v * y1)
		r31 := p31 + s31
		if uint32(math.Float64bits(r31))&halfMask32 == half32 {
			r31 = sumToOdd(p31, s31, r31)
		}
		s31 = float64(float32(r31))
	}
	*s = [4][2]float64{{s00, s01}, {s10, s11}, {s20, s21}, {s30, s31}}
}

// chains64EFT is gemmChains of float64 numbers without an instruction for
// math.FMA: fma64EFT with the splitting shared by two chains each, and only pairs of
// rows that are wanted.
//
//go:norace
func chains64EFT(s *[4][2]float64, a [][4]float64, b [][2]float64, m int) {
	b = b[:len(a)]
	for i := 0; i < m; i += 2 {
		s00, s01, s10, s11 := s[i][0], s[i][1], s[i+1][0], s[i+1][1]
		for p := range a {
			x0, x1 := a[p][i], a[p][i+1]
			y0, y1 := b[p][0], b[p][1]
			x0h, x0l := splitFloat(x0)
			x1h, x1l := splitFloat(x1)
			y0h, y0l := splitFloat(y0)
			y1h, y1l := splitFloat(y1)
			q := float64(x0 * y0)
			e := float64(x0l*y0l) - (((q - float64(x0h*y0h)) - float64(x0l*y0h)) - float64(x0h*y0l))
			z := s00
			s00 = q + z
			g := s00 - q
			u := ((q - (s00 - g)) + (z - g)) + e
			if math.Float64bits(u)<<14 != 0 {
				s00 += u
			} else {
				s00 = eftTie(q, e, z)
			}
			q = float64(x0 * y1)
			e = float64(x0l*y1l) - (((q - float64(x0h*y1h)) - float64(x0l*y1h)) - float64(x0h*y1l))
			z = s01
			s01 = q + z
			g = s01 - q
			u = ((q - (s01 - g)) + (z - g)) + e
			if math.Float64bits(u)<<14 != 0 {
				s01 += u
			} else {
				s01 = eftTie(q, e, z)
			}
			q = float64(x1 * y0)
			e = float64(x1l*y0l) - (((q - float64(x1h*y0h)) - float64(x1l*y0h)) - float64(x1h*y0l))
			z = s10
			s10 = q + z
			g = s10 - q
			u = ((q - (s10 - g)) + (z - g)) + e
			if math.Float64bits(u)<<14 != 0 {
				s10 += u
			} else {
				s10 = eftTie(q, e, z)
			}
			q = float64(x1 * y1)
			e = float64(x1l*y1l) - (((q - float64(x1h*y1h)) - float64(x1l*y1h)) - float64(x1h*y1l))
			z = s11
			s11 = q + z
			g = s11 - q
			u = ((q - (s11 - g)) + (z - g)) + e
			if math.Float64bits(u)<<14 != 0 {
				s11 += u
			} else {
				s11 = eftTie(q, e, z)
			}
		}
		s[i], s[i+1] = [2]float64{s00, s01}, [2]float64{s10, s11}
	}
}

// expRange is the range of the sizes of some numbers, zeros left out: the bits of
// absolute values, shifted left by one; of the least, less 1, so that a zero is the
// greatest.
type expRange struct{ lo, hi uint64 }

// ranged says whether the plain body of T asks for ranges.
func ranged[T Float]() bool { return is32[T]() || !fastFMA }

func (r *expRange) add(x float64) {
	b := math.Float64bits(x) << 1
	r.lo, r.hi = min(r.lo, b-1), max(r.hi, b)
}

// min and max are biased exponents; min is one less for a power of two.
func (r expRange) min() uint32 { return uint32(r.lo >> 53) }
func (r expRange) max() uint32 { return uint32(r.hi >> 53) }

// eft reports whether chains of k products of numbers of the two ranges stay in the
// range of fma64EFT.
func (r expRange) eft(s expRange, k int) bool {
	return r.min()+s.min() >= eftMinExp && r.max()+s.max()+uint32(bits.Len(uint(k))) <= eftMaxExp &&
		r.max() <= eftMaxFactor && s.max() <= eftMaxFactor
}

// unpackA copies m <= 4 rows of A, from row i on; rows beyond are zero.
func (g *GemmArgs[T]) unpackA(dst [][4]float64, i, m int) expRange {
	e := expRange{lo: math.MaxUint64}
	for r := range 4 {
		if r >= m || g.K == 0 {
			for p := range dst {
				dst[p][r] = 0
			}
			continue
		}
		src := g.A[g.rowOffset(i+r):]
		for p := range dst {
			x := float64(src[p*g.ACol])
			dst[p][r] = x
			if ranged[T]() {
				e.add(x)
			}
		}
	}
	return e
}

// unpackB copies n columns of a panel of B, from column j on, in pairs: dst[:K]
// holds the first two. The columns beyond are zero.
func (g *GemmArgs[T]) unpackB(dst [][2]float64, j, n int) expRange {
	e := expRange{lo: math.MaxUint64}
	if g.K == 0 {
		return e
	}
	d := [4][][2]float64{dst[:g.K], dst[g.K:][:g.K], dst[2*g.K:][:g.K], dst[3*g.K:][:g.K]}
	src := g.B[j/gemmGenericNR*g.BPanel:]
	for p := range g.K {
		var x [gemmGenericNR]float64
		for c, v := range src[p*g.BRow:][:n] {
			x[c] = float64(v)
			if ranged[T]() {
				e.add(x[c])
			}
		}
		for q := range d {
			d[q][p] = [2]float64{x[2*q], x[2*q+1]}
		}
	}
	return e
}

// gemmScratch is the memory of a call of gemmGeneric.
type gemmScratch struct {
	a [][4]float64
	b [][2]float64
}

// gemmScratches are those not in use; a slot may be empty.
var gemmScratches [32]atomic.Pointer[gemmScratch]

// getGemmScratch returns room for gemmRows rows and a panel of columns of k
// elements.
func getGemmScratch(k int) *gemmScratch {
	var w *gemmScratch
	for i := range gemmScratches {
		if gemmScratches[i].Load() != nil {
			if w = gemmScratches[i].Swap(nil); w != nil {
				break
			}
		}
	}
	if w == nil {
		w = new(gemmScratch)
	}
	if n := max(k, KBlock); len(w.b) < k*gemmGenericNR/2 {
		w.a, w.b = make([][4]float64, gemmRows/4*n), make([][2]float64, gemmGenericNR/2*n)
	}
	return w
}

func putGemmScratch(w *gemmScratch) {
	for i := range gemmScratches {
		if gemmScratches[i].Load() == nil && gemmScratches[i].CompareAndSwap(nil, w) {
			return
		}
	}
}
