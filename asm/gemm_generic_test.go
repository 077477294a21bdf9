package asm

import (
	"math/rand/v2"
	"testing"
)

// hardTile returns operands of a tile whose sums meet half-way points: products of
// numbers with few bits, some cancelling the ones before.
func hardTile(r *rand.Rand, k int, bits uint, mid, spread int, zeros bool) (a [][4]float64, b [][2]float64, ra, rb expRange) {
	a, b = make([][4]float64, k), make([][2]float64, k)
	ra, rb = expRange{lo: 1<<64 - 1}, expRange{lo: 1<<64 - 1}
	for p := range k {
		for i := range a[p] {
			x := hardFloat(r, bits, mid, spread)
			switch {
			case zeros && r.IntN(4) == 0:
				x = 0
			case p > 0 && r.IntN(4) == 0:
				x = -a[p-1][i]
			}
			a[p][i] = x
			ra.add(x)
		}
		for j := range b[p] {
			y := hardFloat(r, bits, mid, spread)
			if p > 0 && r.IntN(4) == 0 {
				y = b[p-1][j]
			}
			b[p][j] = y
			rb.add(y)
		}
	}
	return a, b, ra, rb
}

// TestGemmChains holds the tiles of the plain body to one FMA after the other, in
// all ranges for which they are chosen.
func TestGemmChains(t *testing.T) {
	r := rand.New(rand.NewPCG(45, 46))
	check := func(name string, got, want [4][2]float64) {
		t.Helper()
		for i := range got {
			if j := firstDifference(got[i][:], want[i][:]); j >= 0 {
				t.Fatalf("%s: [%d][%d] = %x, want %x", name, i, j, got[i][j], want[i][j])
			}
		}
	}
	const k = 12
	fast32, eft := 0, 0
	n := count(60_000)
	for range n {
		mid := []int{0, 0, -20, -55, -70, 60}[r.IntN(6)]
		a, b, ra, rb := hardTile(r, k, 24, mid, r.IntN(20), r.IntN(3) == 0)
		var want, got [4][2]float64
		gemmChains[float32](&want, a, b, 4, 2)
		if ra.min()+rb.min() >= chain32MinExp {
			fast32++
			chains32(&got, a, b)
			check("chains32", got, want)
		}
		got = [4][2]float64{}
		gemmTile[float32](&got, a, b, 4, 2, ra, rb)
		check("float32", got, want)

		mid = []int{0, 0, 0, -400, -480, -490, 500, 506}[r.IntN(8)]
		a, b, ra, rb = hardTile(r, k, 53, mid, r.IntN(30), r.IntN(3) == 0)
		want, got = [4][2]float64{}, [4][2]float64{}
		gemmChains[float64](&want, a, b, 4, 2)
		chains64(&got, a, b)
		check("chains64", got, want)
		if ra.eft(rb, k) {
			eft++
			got = [4][2]float64{}
			chains64EFT(&got, a, b, 4)
			check("chains64EFT", got, want)
		}
		got = [4][2]float64{}
		gemmTile[float64](&got, a, b, 4, 2, ra, rb)
		check("float64", got, want)
	}
	if fast32 < n/4 || fast32 == n || eft < n/4 || eft == n {
		t.Errorf("%d tiles: %d in the range of chains32, %d in that of chains64EFT", n, fast32, eft)
	}
}

// TestGemmTileSubnormal: 2^-127 + 2^-150·(1+2^-33.7) goes up as a float32, but in
// float64 it is first rounded to 2^-127 + 2^-150, half-way, and would go down.
func TestGemmTileSubnormal(t *testing.T) {
	a := [][4]float64{{0x1p-60}, {0x1.000ffep-75}}
	b := [][2]float64{{0x1p-67}, {0x1.ffe006p-76}}
	ra, rb := expRange{lo: 1<<64 - 1}, expRange{lo: 1<<64 - 1}
	for p := range a {
		ra.add(a[p][0])
		rb.add(b[p][0])
	}
	var s [4][2]float64
	gemmTile[float32](&s, a, b, 1, 1, ra, rb)
	if want := 0x1p-127 + 0x1p-149; s[0][0] != want {
		t.Errorf("got %x, want %x", s[0][0], want)
	}
	s = [4][2]float64{}
	if chains32(&s, a, b); s[0][0] != 0x1p-127 {
		t.Errorf("chains32 got %x: this test shows nothing", s[0][0])
	}
}
