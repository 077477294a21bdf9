package asm

import (
	"math"
	"testing"
)

// The vectors "philox4x32 10" of tests/kat_vectors of Random123, by the authors of
// the generator: counter, key, block.
func TestPhiloxKnownAnswers(t *testing.T) {
	for _, v := range [][10]uint32{
		{0, 0, 0, 0, 0, 0, 0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8},
		{0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff, 0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd},
		{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344, 0xa4093822, 0x299f31d0, 0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1},
	} {
		var got [4]uint32
		got[0], got[1], got[2], got[3] = philox(v[0], v[1], v[2], v[3], v[4], v[5])
		if [4]uint32(v[6:]) != got {
			t.Errorf("counter %x key %x: %x, want %x", v[:4], v[4:6], got, v[6:])
		}
		got[0], got[1], got[2], got[3] = Philox(uint64(v[5])<<32|uint64(v[4]), uint64(v[3])<<32|uint64(v[2]), uint64(v[1])<<32|uint64(v[0]))
		if [4]uint32(v[6:]) != got {
			t.Errorf("64-bit form: counter %x key %x: %x, want %x", v[:4], v[4:6], got, v[6:])
		}
	}
}

func TestRandom(t *testing.T) {
	t.Run("f32", testRandom[float32])
	t.Run("f64", testRandom[float64])
}

func testRandom[T Float](t *testing.T) {
	for _, k := range Tables[T]() {
		t.Run("isa="+k.ISA, func(t *testing.T) {
			n := 1 << 16
			if testing.Short() {
				n = 1 << 12
			}
			u, z := make([]T, n), make([]T, n)
			const seed, stream = 0x0123456789abcdef, 1 << 40
			k.Uniform(u, 0, 1, seed, stream, 0)
			k.Normal(z, 0, 1, seed, stream, 0)
			testLayout(t, u, z, seed, stream)

			// The same elements whatever part is asked for, and shifted and scaled.
			for from := range 150 {
				for _, length := range []int{0, 1, 15, 17, 63, 64, 65, 130} {
					part := make([]T, length)
					k.Uniform(part, 0, 1, seed, stream, uint64(from))
					if i := firstDifference(part, u[from:from+length]); i >= 0 {
						t.Fatalf("uniform from %d, %d elements: element %d differs", from, length, i)
					}
					k.Normal(part, 0, 1, seed, stream, uint64(from))
					if i := firstDifference(part, z[from:from+length]); i >= 0 {
						t.Fatalf("normal from %d, %d elements: element %d differs", from, length, i)
					}
				}
			}
			part := make([]T, 100)
			k.Normal(part, 3, 0.1, seed, stream, 7)
			for i, v := range part {
				if v != FMA(z[7+i], 0.1, 3) {
					t.Fatalf("shift and scale: element %d", i)
				}
			}
			for name, differ := range map[string]func(){
				"seed":   func() { k.Uniform(part, 0, 1, seed+1, stream, 0) },
				"stream": func() { k.Uniform(part, 0, 1, seed, stream+1, 0) },
			} {
				if differ(); firstDifference(part, u[:100]) != 0 {
					t.Errorf("another %s begins with the same number", name)
				}
			}
			testDistribution(t, u, z)
		})
	}
}

// testLayout computes the first elements from the doc of RandomKernels.
func testLayout[T Float](t *testing.T, u, z []T, seed, stream uint64) {
	for e := range 200 {
		var wantU, wantZ float64
		if is32[T]() {
			word := func(at int) uint32 {
				var w [4]uint32
				w[0], w[1], w[2], w[3] = Philox(seed, stream, uint64(16*(at/64)+at%16))
				return w[at%64/16]
			}
			wantU = float64(word(e)>>8) / (1 << 24)
			first := e / 32 * 32 // the pair's elements are 16 apart
			first += e % 16
			v := float32(float64(word(first)>>1)/(1<<31) + 1.0/(1<<32))
			wantZ = boxMuller(float64(v), float64(word(first+16)>>8)/(1<<24), e%32 >= 16)
		} else {
			word := func(at int) uint64 {
				w0, w1, w2, w3 := Philox(seed, stream, uint64(16*(at/32)+at%16))
				if at%32 >= 16 {
					w0, w1 = w2, w3
				}
				return uint64(w1)<<32 | uint64(w0)
			}
			wantU = float64(word(e)>>11) / (1 << 53)
			first := e/32*32 + e%16
			v := float64(word(first)>>11)/(1<<53) + 1.0/(1<<54)
			wantZ = boxMuller(v, float64(word(first+16)>>11)/(1<<53), e%32 >= 16)
		}
		if float64(u[e]) != wantU {
			t.Fatalf("uniform %d is %v, want %v", e, u[e], wantU)
		}
		tol := 1e-13
		if is32[T]() {
			tol = 1e-6
		}
		if math.Abs(float64(z[e])-wantZ) > tol*math.Max(1, math.Abs(wantZ)) {
			t.Fatalf("normal %d is %v, want %v", e, z[e], wantZ)
		}
	}
}

func boxMuller(v, u float64, second bool) float64 {
	r := math.Sqrt(-2 * math.Log(v))
	if second {
		return r * math.Sin(2*math.Pi*u)
	}
	return r * math.Cos(2*math.Pi*u)
}

// testDistribution looks at moments, the distribution function at a few points
// and the correlation of neighbours, at five standard deviations.
func testDistribution[T Float](t *testing.T, u, z []T) {
	n := float64(len(u))
	near := func(name string, got, want, deviation float64) {
		t.Helper()
		if math.Abs(got-want) > 5*deviation/math.Sqrt(n) {
			t.Errorf("%s is %v, want %v", name, got, want)
		}
	}
	var mean, square, pair, zMean, zSquare, zFourth, zPair, zNext float64
	for i := range u {
		x, y := float64(u[i]), float64(z[i])
		if x < 0 || x >= 1 {
			t.Fatalf("uniform %d is %v", i, x)
		}
		mean += x
		square += x * x
		pair += x * float64(u[(i+1)%len(u)])
		zMean += y
		zSquare += y * y
		zFourth += y * y * y * y
		zPair += y * float64(z[(i+16)%len(u)])
		zNext += y * float64(z[(i+1)%len(u)])
	}
	near("mean of the uniform", mean/n, 0.5, math.Sqrt(1./12))
	near("mean square of the uniform", square/n, 1./3, math.Sqrt(4./45))
	near("product of neighbours of the uniform", pair/n, 0.25, math.Sqrt(7./144)+0.2)
	near("mean of the normal", zMean/n, 0, 1)
	near("variance of the normal", zSquare/n, 1, math.Sqrt(2))
	near("fourth moment of the normal", zFourth/n, 3, math.Sqrt(96))
	near("product of a pair of the normal", zPair/n, 0, 1)
	near("product of neighbours of the normal", zNext/n, 0, 1)
	for _, at := range []float64{-2, -1, -0.3, 0, 0.7, 1.5, 2.5} {
		below := 0.
		for _, v := range z {
			if float64(v) < at {
				below++
			}
		}
		p := 0.5 * math.Erfc(-at/math.Sqrt2)
		near("share of the normal below a point", below/n, p, math.Sqrt(p*(1-p)))
	}
}

// The ends of Box and Muller's transform are finite.
func TestNormalEnds(t *testing.T) {
	for _, first := range []uint32{0, 1, math.MaxUint32} {
		x, y := boxMuller32(first, 0)
		a, b := boxMuller64(first, first, 0, 0)
		for _, v := range []float64{float64(x), float64(y), a, b} {
			if math.IsNaN(v) || math.Abs(v) > 8.7 {
				t.Errorf("words %x: %v", first, v)
			}
		}
	}
	if x, _ := boxMuller32(0, 0); math.Abs(float64(x)-6.66) > 0.01 {
		t.Errorf("greatest float32 normal number is %v", x)
	}
	if x, _ := boxMuller64(0, 0, 0, 0); math.Abs(x-8.65) > 0.01 {
		t.Errorf("greatest float64 normal number is %v", x)
	}
}
