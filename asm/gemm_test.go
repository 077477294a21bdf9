package asm

import (
	"fmt"
	"math"
	"math/bits"
	"math/rand/v2"
	"testing"
)

// sameBits reports whether x and y are the same bits, all NaNs being one.
func sameBits[T Float](x, y T) bool {
	if x != x || y != y {
		return x != x && y != y
	}
	if is32[T]() {
		return math.Float32bits(float32(x)) == math.Float32bits(float32(y))
	}
	return math.Float64bits(float64(x)) == math.Float64bits(float64(y))
}

// firstDifference returns the first index at which got and want differ, or -1.
func firstDifference[T Float](got, want []T) int {
	for i := range got {
		if !sameBits(got[i], want[i]) {
			return i
		}
	}
	return -1
}

// operands fills a slice with numbers of mixed size and sign, now and then a
// special one.
func operands[T Float](r *rand.Rand, n int, specials bool) []T {
	x := make([]T, n)
	for i := range x {
		x[i] = T(r.Float64()*2-1) * T(math.Ldexp(1, r.IntN(9)-4))
		if specials && r.IntN(40) == 0 {
			x[i] = []T{0, T(math.Copysign(0, -1)), T(math.Inf(1)), T(math.NaN()), T(math.SmallestNonzeroFloat32), T(-1e-30)}[r.IntN(6)]
		}
	}
	return x
}

// refGemm is the specification of Gemm for a panel width nr: the loop in its doc.
func refGemm[T Float](g *GemmArgs[T], nr int) {
	for i := range g.M {
		ra := g.rowOffset(i)
		for j := range g.N {
			var s T
			if g.Init != nil {
				s = g.Init[i*g.LDC+j]
			}
			for p := range g.K {
				b := (j/nr)*g.BPanel + p*g.BRow + j%nr
				if g.BTrans {
					b = j*g.BRow + p
				}
				s = FMA(g.A[ra+p*g.ACol], g.B[b], s)
			}
			c := &g.C[i*g.LDC+j]
			if g.Out&OutAdd != 0 {
				s = *c + s
			}
			if g.Out&OutScale != 0 {
				s = T(g.Alpha * s)
			}
			if g.Out&OutFMA != 0 {
				s = FMA(g.Alpha, s, T(g.Beta**c))
			}
			if g.Out&OutBias != 0 {
				s += g.Bias[j]
			}
			if d := g.Out >> OutDistance; g.Out&OutAffine != 0 {
				s = FMA(s, g.Bias[d+j], g.Bias[2*d+j])
			}
			if g.Out&OutReLU != 0 && s < 0 {
				s = 0
			}
			*c = s
		}
	}
}

// gemmCase builds one call with guard room around C and odd strides.
func gemmCase[T Float](r *rand.Rand, m, n, k, nr int, colA, packedB bool, out int, specials bool) GemmArgs[T] {
	g := GemmArgs[T]{M: m, N: n, K: k, Out: out, Alpha: T(1.5), Beta: T(-0.75), LDC: n + r.IntN(4)}
	if colA {
		g.ARow, g.ACol = 1, m+r.IntN(4)
	} else {
		g.ARow, g.ACol = k+r.IntN(4), 1
	}
	if packedB {
		g.BRow = nr
		g.BPanel = nr * k
	} else {
		g.BRow, g.BPanel = n+r.IntN(4), nr
	}
	last := (n - 1) / nr
	lenB := 0
	if k > 0 {
		lenB = last*g.BPanel + (k-1)*g.BRow + (n-1)%nr + 1
		if last > 0 {
			lenB = max(lenB, (last-1)*g.BPanel+(k-1)*g.BRow+nr)
		}
		g.A = operands[T](r, (m-1)*g.ARow+(k-1)*g.ACol+1, specials)
	}
	g.B = operands[T](r, lenB, specials)
	g.C = operands[T](r, (m-1)*g.LDC+n, specials)
	if out&OutAffine == 0 {
		g.Bias = operands[T](r, n, specials)
	} else {
		d := n + r.IntN(4)
		g.Out |= d << OutDistance
		g.Bias = operands[T](r, 2*d+n, specials)
	}
	return g
}

func checkGemm[T Float](t *testing.T, k *Kernels[T], g GemmArgs[T]) {
	t.Helper()
	want := g
	want.C = append([]T(nil), g.C...)
	refGemm(&want, k.GemmNR)
	a, b := append([]T(nil), g.A...), append([]T(nil), g.B...)
	// One unused element before and after: writes outside show.
	c := append(append([]T{7}, g.C...), 7)
	got := g
	got.C = c[1 : len(c)-1]
	if !k.Gemm(&got) {
		t.Fatalf("%+v: refused", got)
	}
	if i := firstDifference(got.C, want.C); i >= 0 {
		t.Fatalf("M %d N %d K %d A(%d,%d) B(%d,%d) LDC %d out %08b: C[%d] (row %d, column %d) = %v, want %v",
			g.M, g.N, g.K, g.ARow, g.ACol, g.BPanel, g.BRow, g.LDC, g.Out, i, i/g.LDC, i%g.LDC, got.C[i], want.C[i])
	}
	if c[0] != 7 || c[len(c)-1] != 7 || firstDifference(g.A, a) >= 0 || firstDifference(g.B, b) >= 0 {
		t.Fatalf("M %d N %d K %d: wrote outside C", g.M, g.N, g.K)
	}
}

var gemmOuts = []int{0, OutAdd, OutScale, OutFMA, OutBias | OutReLU, OutAdd | OutBias | OutReLU, OutAdd | OutScale, OutBias, OutReLU, OutAdd | OutFMA,
	OutAffine, OutAdd | OutBias | OutAffine | OutReLU, OutFMA | OutAffine}

func testGemm[T Float](t *testing.T) {
	for _, k := range Tables[T]() {
		t.Run("isa="+k.ISA, func(t *testing.T) {
			r := rand.New(rand.NewPCG(1, 2))
			ms, ns := k.GemmMR*3/2+3, k.GemmNR*3/2+3
			step := 1
			if testing.Short() {
				step = 5
			}
			for m := 1; m <= ms; m++ {
				for n := 1 + r.IntN(step); n <= ns; n += step {
					for _, mode := range []struct{ colA, packedB bool }{{false, false}, {true, false}, {false, true}, {true, true}} {
						kk := []int{0, 1, 2, 3, 4, 5, 7, 8, 9}[r.IntN(9)]
						out := gemmOuts[r.IntN(len(gemmOuts))]
						checkGemm(t, k, gemmCase[T](r, m, n, kk, k.GemmNR, mode.colA, mode.packedB, out, true))
					}
				}
			}
			// Few rows by many columns take kernels of their own.
			for m := 1; m <= 5; m++ {
				for _, n := range []int{k.GemmNR * 2, k.GemmNR*9 + 1, k.GemmNR*16 - 1} {
					for i, out := range gemmOuts {
						checkGemm(t, k, gemmCase[T](r, m, n, []int{0, 1, 6, 13}[i%4], k.GemmNR, i%3 == 2, i%2 == 1, out, true))
					}
				}
			}
			// A in tiles.
			for m := 1; m <= 3*k.GemmMR+1; m++ {
				for _, n := range []int{1, k.GemmNR, k.GemmNR + 1, 3*k.GemmNR - 1} {
					w, kk := k.GemmMR+r.IntN(3), 1+r.IntN(9)
					h := 1 + r.IntN(k.GemmMR)
					g := gemmCase[T](r, m, n, kk, k.GemmNR, true, m%2 == 0, gemmOuts[m%len(gemmOuts)], true)
					g.ACol, g.ATile, g.TileRows = w, w*kk, h
					g.A = operands[T](r, ((m-1)/h+1)*w*kk, true)
					checkGemm(t, k, g)
				}
			}
			// Chains that go on, in C itself and from elsewhere.
			for m := 1; m <= k.GemmMR+2 && k.GemmChunk > 0; m++ {
				for _, n := range []int{1, k.GemmNR / 2, k.GemmNR, k.GemmNR + 3, 8*k.GemmNR + 1} {
					g := gemmCase[T](r, m, n, r.IntN(9), k.GemmNR, m%3 == 0, m%2 == 0, gemmOuts[(m+n)%len(gemmOuts)], true)
					g.Init = operands[T](r, len(g.C), true)
					checkGemm(t, k, g)
				}
			}
			// B as it is stored when transposed.
			for m := 1; m <= k.GemmTransRows; m++ {
				for panels := 1; panels <= 3; panels++ {
					for kk := range 2*k.GemmNR + 3 {
						g := gemmCase[T](r, m, panels*k.GemmNR, kk, k.GemmNR, false, false, gemmOuts[(m+kk)%len(gemmOuts)], true)
						g.BTrans, g.BRow = true, kk+r.IntN(3)
						g.B = operands[T](r, (g.N-1)*g.BRow+kk, true)
						checkGemm(t, k, g)
					}
				}
			}
			// B packed on the way.
			for m := 1; m <= k.GemmMR; m++ {
				for panels := 1; panels <= 3; panels++ {
					kk := 1 + r.IntN(9)
					g := gemmCase[T](r, m, panels*k.GemmNR, kk, k.GemmNR, true, false, gemmOuts[(m+panels)%len(gemmOuts)], true)
					if g.ACol == 1 {
						continue // a row, which has no such kernel
					}
					g.PackPanel = k.GemmNR*kk + r.IntN(2)*k.GemmNR
					g.Pack = make([]T, (panels-1)*g.PackPanel+k.GemmNR*kk)
					want := make([]T, len(g.Pack))
					for i := range panels {
						packNGeneric(want[i*g.PackPanel:], k.GemmNR, g.B[i*k.GemmNR:], g.BRow, k.GemmNR, kk)
					}
					checkGemm(t, k, g)
					if i := firstDifference(g.Pack, want); i >= 0 {
						t.Fatalf("M %d N %d K %d: Pack[%d] = %v, want %v", m, g.N, kk, i, g.Pack[i], want[i])
					}
				}
			}
			// Every flag on a few shapes, several panels and tiles, longer k.
			for _, s := range [][3]int{{1, 1, 17}, {16, 16, 16}, {17, 33, 65}, {29, 70, 33}, {k.GemmMR * 2, k.GemmNR * 3, 70}, {40, 10, 64}} {
				for _, out := range gemmOuts {
					for mode := range 4 {
						checkGemm(t, k, gemmCase[T](r, s[0], s[1], s[2], k.GemmNR, mode&1 != 0, mode&2 != 0, out, mode == 3))
					}
				}
			}
		})
	}
}

func TestEveryKernelGemm(t *testing.T) {
	t.Run("float32", testGemm[float32])
	t.Run("float64", testGemm[float64])
}

func testPack[T Float](t *testing.T) {
	for _, k := range Tables[T]() {
		t.Run("isa="+k.ISA, func(t *testing.T) {
			r := rand.New(rand.NewPCG(3, 4))
			for w := 1; w <= k.GemmNR; w++ {
				for _, n := range []int{1, w / 2, w - 1, w} {
					if n < 1 {
						continue
					}
					for _, kk := range []int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 31} {
						for _, transposed := range []bool{false, true} {
							rows, cols, pack, ref := kk, n, k.PackN, packNGeneric[T]
							if transposed {
								rows, cols, pack, ref = n, kk, k.PackT, packTGeneric[T]
							}
							lds := cols + r.IntN(3)
							src := operands[T](r, max(0, (rows-1)*lds+cols), true)
							got, want := make([]T, w*kk+2), make([]T, w*kk+2)
							for i := range got {
								got[i], want[i] = 7, 7
							}
							pack(got[1:len(got)-1], w, src, lds, n, kk)
							ref(want[1:len(want)-1], w, src, lds, n, kk)
							for p := range kk { // columns beyond n: PackN may write them
								if transposed {
									break
								}
								copy(got[1+p*w+n:1+p*w+w], want[1+p*w+n:1+p*w+w])
							}
							if i := firstDifference(got, want); i >= 0 {
								t.Fatalf("w %d n %d k %d transposed %v: [%d] = %v, want %v", w, n, kk, transposed, i-1, got[i], want[i])
							}
						}
					}
				}
			}
		})
	}
}

func testPackTiles[T Float](t *testing.T) {
	for _, k := range Tables[T]() {
		t.Run("isa="+k.ISA, func(t *testing.T) {
			r := rand.New(rand.NewPCG(5, 4))
			w := 1 << bits.Len(uint(k.GemmMR-1))
			for h := 1; h <= k.GemmMR; h++ {
				for _, n := range []int{1, h, h + 1, w, 2 * w, 3*h + 1, 5*h - 1, 7 * w} {
					kk := 1 + r.IntN(9)
					lds, atile := n+r.IntN(3), w*kk+r.IntN(3)
					src := operands[T](r, (kk-1)*lds+n, true)
					got := make([]T, (n-1)/h*atile+w*kk)
					k.PackTiles(got, atile, w, src, lds, h, n, kk)
					for p := range kk {
						for i := range n {
							if x := got[i/h*atile+p*w+i%h]; !sameBits(x, src[p*lds+i]) {
								t.Fatalf("h %d n %d k %d: row %d column %d = %v, want %v", h, n, kk, p, i, x, src[p*lds+i])
							}
						}
					}
				}
			}
		})
	}
}

func TestEveryKernelPackTiles(t *testing.T) {
	t.Run("float32", testPackTiles[float32])
	t.Run("float64", testPackTiles[float64])
}

func TestEveryKernelPack(t *testing.T) {
	t.Run("float32", testPack[float32])
	t.Run("float64", testPack[float64])
}

// TestGemmChecksIndices: a call that would leave a slice is refused.
func TestGemmChecksIndices(t *testing.T) {
	for _, k := range Tables[float32]() {
		good := gemmCase[float32](rand.New(rand.NewPCG(5, 6)), 9, 40, 8, k.GemmNR, false, true, OutBias, false)
		for name, spoil := range map[string]func(g *GemmArgs[float32]){
			"short A":    func(g *GemmArgs[float32]) { g.A = g.A[:len(g.A)-1] },
			"short B":    func(g *GemmArgs[float32]) { g.B = g.B[:len(g.B)-1] },
			"short C":    func(g *GemmArgs[float32]) { g.C = g.C[:len(g.C)-1] },
			"short bias": func(g *GemmArgs[float32]) { g.Bias = g.Bias[:39] },
			"short factors": func(g *GemmArgs[float32]) {
				g.Out, g.Bias = OutAffine|40<<OutDistance, make([]float32, 119)
			},
			"distance below 0": func(g *GemmArgs[float32]) {
				g.Out, g.Bias = OutAffine|-1<<OutDistance, make([]float32, 1000)
			},
			"huge row": func(g *GemmArgs[float32]) { g.ARow = math.MaxInt32 },
			"negative": func(g *GemmArgs[float32]) { g.BRow = -1 },
		} {
			t.Run(fmt.Sprintf("isa=%s/%s", k.ISA, name), func(t *testing.T) {
				g := good
				g.C = append([]float32(nil), good.C...)
				spoil(&g)
				if k.Gemm(&g) {
					t.Error("not refused")
				}
				if i := firstDifference(g.C, good.C[:len(g.C)]); i >= 0 {
					t.Errorf("C[%d] written", i)
				}
			})
		}
	}
}
