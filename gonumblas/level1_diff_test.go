package gonumblas

import (
	"math"
	"math/big"
	"testing"

	"github.com/lanes-go/lanes/asm"
	"github.com/lanes-go/lanes/tensor"
)

func TestLevel1(t *testing.T) { everyKind(t, testLevel1[float32], testLevel1[float64]) }

// testLevel1 compares with sums in float64, in random layouts.
func testLevel1[T tensor.Float](t *testing.T, b routines[T]) {
	r := newRandom[T](1)
	for round := range rounds() {
		n := r.size(600)
		if round == 0 {
			n = asm.Chunk + 77
		}
		x, y := r.vector(n), r.vector(n)
		ex, ey := x.elems(), y.elems()
		alpha := pick(r, 0, 1, -1, T(0.7))
		var dot, abs, sum float64
		for i := range n {
			p := float64(ex[i]) * float64(ey[i])
			dot += p
			abs += math.Abs(p)
			sum += math.Abs(float64(ex[i]))
		}
		within(t, b.dot(n, x.x, x.inc, y.x, y.inc), dot, abs, n, "dot %d, increments %d, %d", n, x.inc, y.inc)
		if x.inc > 0 {
			within(t, b.asum(n, x.x, x.inc), sum, sum, n, "asum %d, increment %d", n, x.inc)
		}

		b.axpy(n, alpha, x.x, x.inc, y.x, y.inc)
		for i, got := range y.elems() {
			within(t, got, float64(ey[i])+float64(alpha)*float64(ex[i]), 2, 0, "axpy %d, increments %d, %d: element %d", n, x.inc, y.inc, i)
		}
		x.checkGaps(t, "axpy")
		y.checkGaps(t, "axpy")

		ey = y.elems()
		c, s := r.value(), r.value()
		b.rot(n, x.x, x.inc, y.x, y.inc, c, s)
		gx, gy := x.elems(), y.elems()
		for i := range n {
			within(t, gx[i], float64(c)*float64(ex[i])+float64(s)*float64(ey[i]), 4, 0, "rot %d, increments %d, %d: x %d", n, x.inc, y.inc, i)
			within(t, gy[i], float64(c)*float64(ey[i])-float64(s)*float64(ex[i]), 4, 0, "rot %d, increments %d, %d: y %d", n, x.inc, y.inc, i)
		}
		b.swap(n, x.x, x.inc, y.x, y.inc)
		exactly(t, "swap x", x, gy)
		exactly(t, "swap y", y, gx)
		if b.scal(n, alpha, x.x, x.inc); x.inc > 0 {
			for i := range gy {
				gy[i] *= alpha
			}
		}
		exactly(t, "scal", x, gy)
		b.copy(n, x.x, x.inc, y.x, y.inc)
		exactly(t, "copy x", x, gy)
		exactly(t, "copy y", y, gy)
	}
}

// exactly fails unless v holds want, and gaps.
func exactly[T tensor.Float](t *testing.T, what string, v vector[T], want []T) {
	t.Helper()
	for i, got := range v.elems() {
		if got != want[i] && (got == got || want[i] == want[i]) {
			t.Fatalf("%s: %d elements, increment %d: element %d is %v, want %v", what, v.n, v.inc, i, got, want[i])
		}
	}
	v.checkGaps(t, what)
}

func TestScalByZero(t *testing.T) {
	everyKind(t, testScalByZero[float32], testScalByZero[float64])
}

// testScalByZero: as gonum's, by 0 whatever x holds becomes 0.
func testScalByZero[T tensor.Float](t *testing.T, b routines[T]) {
	for _, inc := range []int{1, 2} {
		x := newVector([]T{1, T(math.NaN()), T(math.Inf(-1)), -2}, inc, 0)
		b.scal(4, 0, x.x, inc)
		exactly(t, "scal by 0", x, make([]T, 4))
	}
}

func TestAxpyByZero(t *testing.T) {
	everyKind(t, testAxpyByZero[float32], testAxpyByZero[float64])
}

// testAxpyByZero: as gonum's, it does nothing, whatever x holds.
func testAxpyByZero[T tensor.Float](t *testing.T, b routines[T]) {
	for _, n := range []int{3, 15, 100} {
		x, y := make([]T, n), newRandom[T](1).values(n)
		for i := range x {
			x[i] = T(math.NaN())
		}
		want := append([]T(nil), y...)
		b.axpy(n, 0, x, 1, y, 1)
		exactly(t, "axpy by 0", newVector(y, 1, 0), want)
	}
}

func TestNorm(t *testing.T) { everyKind(t, testNorm[float32], testNorm[float64]) }

// testNorm compares with 300 bits, from the least subnormal number to the greatest.
func testNorm[T tensor.Float](t *testing.T, b routines[T]) {
	least, greatest, digits := math.SmallestNonzeroFloat64, math.MaxFloat64, 52
	if is32[T]() {
		least, greatest, digits = math.SmallestNonzeroFloat32, math.MaxFloat32, 23
	}
	lo, hi := math.Ilogb(least), math.Ilogb(greatest)
	r := newRandom[T](2)
	for round := range 4 * rounds() {
		n := r.size(300)
		if round == 0 && !testing.Short() {
			n = asm.Chunk + 77
		}
		// Elements of one magnitude, of a few, or of all.
		mid, width := lo+r.IntN(hi-lo), pick(r, 1, 1, 60, hi-lo)
		elems := make([]T, n)
		for i := range elems {
			e := max(lo, min(mid+r.IntN(width)-width/2, hi))
			elems[i] = T(math.Ldexp(1+r.Float64(), e-1))
		}
		sum := new(big.Float).SetPrec(300)
		for _, e := range elems {
			f := new(big.Float).SetPrec(300).SetFloat64(float64(e))
			sum.Add(sum, f.Mul(f, f))
		}
		want64, _ := sum.Sqrt(sum).Float64()
		want := T(want64)
		v := newVector(elems, pick(r, 1, 1, 3), 1)
		got := b.nrm2(n, v.x, v.inc)
		ulp := math.Max(math.Ldexp(1, math.Ilogb(float64(want))-digits), least)
		if math.IsInf(want64, 1) || math.IsInf(float64(want), 1) {
			ulp = 0
		}
		if !haveSIMD || n < minNorm {
			ulp *= max(1, float64(n)/4) // gonum's sum, or a plain one
		}
		if want != got && !(math.Abs(float64(got)-float64(want)) <= 8*ulp) {
			t.Fatalf("%d elements around 2^%d: %v, want %v", n, mid, got, want)
		}
		v.checkGaps(t, "nrm2")
	}
}

func TestSpecials(t *testing.T) { everyKind(t, testSpecials[float32], testSpecials[float64]) }

// testSpecials: what gonum makes of NaN, infinities, zeros and ties is what we make of
// them.
func testSpecials[T tensor.Float](t *testing.T, b routines[T]) {
	g := implementation[T](true, false)
	nan, inf := T(math.NaN()), T(math.Inf(1))
	zero := T(math.Copysign(0, -1))
	r := newRandom[T](3)
	for range 4 * rounds() {
		n := r.size(200)
		elems := make([]T, n)
		kinds := pick(r,
			[]T{0, zero}, []T{nan}, []T{0, zero, nan}, []T{1, -1}, []T{1, -1, nan}, []T{inf, -inf, 1},
			[]T{inf, nan, 1}, []T{1, 2, -2, 3, 0, -3, 0.5}, []T{nan, 1, -2})
		for i := range elems {
			elems[i] = pick(r, kinds...)
		}
		x := newVector(elems, pick(r, 1, 1, 2), 0)
		if got, want := b.amax(n, x.x, x.inc), g.amax(n, x.x, x.inc); got != want {
			t.Fatalf("index of the greatest of %v: %d, want %d", elems, got, want)
		}
		for _, op := range []struct {
			name      string
			got, want T
		}{
			{"asum", b.asum(n, x.x, x.inc), g.asum(n, x.x, x.inc)},
			{"nrm2", b.nrm2(n, x.x, x.inc), g.nrm2(n, x.x, x.inc)},
		} {
			near := math.Abs(float64(op.got-op.want)) <= 100*epsilon[T]()*math.Abs(float64(op.want))
			if op.got != op.want && (op.got == op.got || op.want == op.want) && !near {
				t.Fatalf("%s of %v: %v, want %v", op.name, elems, op.got, op.want)
			}
		}
	}
	// Long enough for several pieces, the greatest in any of them, and again later.
	n := 40000
	if testing.Short() {
		n = 17000
	}
	x := make([]T, n)
	for _, i := range []int{0, 1, 31, 32, 33, 8191, 16383, 16384, 16385, n - 1} {
		for j := range x {
			x[j] = T(j%7) * 0.49
		}
		x[i], x[n-1] = -3, 3
		if got := b.amax(n, x, 1); got != i {
			t.Errorf("the greatest at %d and %d: found at %d", i, n-1, got)
		}
	}
}

func TestStridesKeepBits(t *testing.T) {
	t.Run("float32", testStridesKeepBits[float32])
	t.Run("float64", testStridesKeepBits[float64])
}

// testStridesKeepBits: a strided vector has the bits of its packed copy.
func testStridesKeepBits[T tensor.Float](t *testing.T) {
	b := implementation[T](false, true)
	r := newRandom[T](4)
	for round := range rounds() / 4 {
		n := r.size(3000)
		if round == 0 {
			n = asm.Chunk + 1000
		}
		x, y := r.vector(n), r.vector(n)
		px, py := newVector(x.elems(), 1, 0), newVector(y.elems(), 1, 0)
		same := func(what string, got, want T) {
			t.Helper()
			if bitsOf(got) != bitsOf(want) {
				t.Fatalf("%s of %d, increments %d, %d: %v, packed %v", what, n, x.inc, y.inc, got, want)
			}
		}
		same("dot", b.dot(n, x.x, x.inc, y.x, y.inc), b.dot(n, px.x, 1, py.x, 1))
		if x.inc > 0 {
			same("asum", b.asum(n, x.x, x.inc), b.asum(n, px.x, 1))
			same("nrm2", b.nrm2(n, x.x, x.inc), b.nrm2(n, px.x, 1))
		}
		alpha, c, s := r.value(), r.value(), r.value()
		b.axpy(n, alpha, x.x, x.inc, y.x, y.inc)
		b.axpy(n, alpha, px.x, 1, py.x, 1)
		exactly(t, "axpy", y, py.x)
		b.rot(n, x.x, x.inc, y.x, y.inc, c, s)
		b.rot(n, px.x, 1, py.x, 1, c, s)
		exactly(t, "rot x", x, px.x)
		exactly(t, "rot y", y, py.x)
	}
}

func TestOverlap(t *testing.T) { everyKind(t, testOverlap[float32], testOverlap[float64]) }

// testOverlap: vectors that are one, or interleave in one slice, are in order.
func testOverlap[T tensor.Float](t *testing.T, b routines[T]) {
	g := implementation[T](true, false)
	for _, n := range []int{1, 5, 40, 300} {
		r := newRandom[T](uint64(n))
		for _, at := range []struct{ y, inc int }{{0, 1}, {1, 2}, {n, 1}, {n, -1}} {
			x := r.values(2*n + 2)
			run := func(b routines[T]) []T {
				z := append([]T(nil), x...)
				y := z[at.y:]
				b.axpy(n, 0.5, z, at.inc, y, at.inc)
				if at.y != 0 {
					b.rot(n, z, at.inc, y, at.inc, 0.5, 0.25)
					b.swap(n, z, at.inc, y, at.inc)
				}
				b.copy(n, y, at.inc, z, at.inc)
				return z
			}
			got, want := run(b), run(g)
			for i := range got {
				within(t, got[i], float64(want[i]), 4, 0, "%d elements, y %d behind x, increment %d: element %d", n, at.y, at.inc, i)
			}
		}
	}
}
