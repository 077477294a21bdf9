package chunk

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/lanes-go/lanes/asm"
)

func random[T asm.Float](n int) []T {
	r := rand.New(rand.NewPCG(uint64(n), 1))
	x := make([]T, n)
	for i := range x {
		x[i] = T(r.Float64() - 0.5)
	}
	return x
}

// tree is the order of Pairwise, the other way round: the partials to the left of
// the last one are cut at the greatest power of two below their number.
func tree[T asm.Float](s []T) T {
	if len(s) == 1 {
		return s[0]
	}
	h := 1
	for 2*h < len(s) {
		h *= 2
	}
	return tree(s[:h]) + tree(s[h:])
}

func TestPairwise(t *testing.T) {
	var p Pairwise[float32]
	if p.Sum() != 0 {
		t.Error("of nothing")
	}
	x := random[float32](70)
	for i, v := range x {
		p.Add(v)
		if got, want := p.Sum(), tree(x[:i+1]); got != want {
			t.Errorf("%d partials: %v, want %v", i+1, got, want)
		}
	}
}

func lengths() []int {
	c := []int{0, 1, 7, 63, 64, 65, 1000, asm.Chunk - 1, asm.Chunk, asm.Chunk + 1, 2 * asm.Chunk, 3*asm.Chunk + 17}
	if testing.Short() {
		return append(c[:8:8], asm.Chunk+1, 2*asm.Chunk+17)
	}
	return append(c, 7*asm.Chunk+5)
}

func TestReductions(t *testing.T) {
	t.Run("float32", testReductions[float32])
	t.Run("float64", testReductions[float64])
}

func testReductions[T asm.Float](t *testing.T) {
	generic := asm.Tables[T]()[0]
	for _, n := range lengths() {
		x, y := random[T](n), random[T](n + 3)[3:]
		partials := func(f func(lo, hi int) T) T {
			var s []T
			for lo := 0; lo < n; lo += asm.Chunk {
				s = append(s, f(lo, min(lo+asm.Chunk, n)))
			}
			if len(s) == 0 {
				return 0
			}
			return tree(s)
		}
		want := [...]T{
			partials(func(lo, hi int) T { return generic.Sum(x[lo:hi]) }),
			partials(func(lo, hi int) T { return generic.Asum(x[lo:hi]) }),
			partials(func(lo, hi int) T { return generic.SumSq(x[lo:hi]) }),
			partials(func(lo, hi int) T { return generic.Dot(x[lo:hi], y[lo:hi]) }),
		}
		for _, k := range asm.Tables[T]() {
			got := [...]T{Sum(k, x), Asum(k, x), SumSq(k, x), Dot(k, x, y)}
			if got != want {
				t.Errorf("%s, %d elements: sum, asum, sumsq, dot %v, want %v", k.ISA, n, got, want)
			}
		}
	}
}

func TestRows(t *testing.T) {
	t.Run("float32", testRows[float32])
	t.Run("float64", testRows[float64])
}

// testRows: what is cut into pieces is what its rows are.
func testRows[T asm.Float](t *testing.T) {
	for _, size := range [][2]int{{0, 5}, {5, 0}, {1, 1}, {3, 7}, {70, 900}, {2, asm.Chunk + 3}, {1, 2*Piece + 5}} {
		m, n := size[0], size[1]
		if testing.Short() && m*n > 2*asm.Chunk {
			continue
		}
		ld := n + 3
		a, x, y := random[T](m*ld), random[T](m), random[T](n)
		for _, k := range asm.Tables[T]() {
			dst := make([]T, m)
			DotRows(k, dst, a, ld, y)
			rank1 := append([]T(nil), a...)
			AxpyRows(k, rank1, ld, x, y)
			for i := range m {
				if want := Dot(k, y, a[i*ld:]); dst[i] != want {
					t.Fatalf("%s %dx%d: row %d: dot %v, want %v", k.ISA, m, n, i, dst[i], want)
				}
				for j := range ld {
					want := a[i*ld+j]
					if j < n {
						want = asm.FMA(x[i], y[j], want)
					}
					if rank1[i*ld+j] != want {
						t.Fatalf("%s %dx%d: element %d,%d: %v, want %v", k.ISA, m, n, i, j, rank1[i*ld+j], want)
					}
				}
			}
		}
	}
}

func TestElementwise(t *testing.T) {
	t.Run("float32", testElementwise[float32])
	t.Run("float64", testElementwise[float64])
}

func testElementwise[T asm.Float](t *testing.T) {
	const a, b = 0.7, -1.3
	ops := []struct {
		name string
		run  func(k *asm.Kernels[T], y, x []T)
		want func(y, x T) (T, T)
	}{
		{"Add", func(k *asm.Kernels[T], y, x []T) { Add(k, y, y, x) }, func(y, x T) (T, T) { return y + x, x }},
		{"Axpy", func(k *asm.Kernels[T], y, x []T) { Axpy(k, y, a, x) }, func(y, x T) (T, T) { return asm.FMA(a, x, y), x }},
		{"Axpby", func(k *asm.Kernels[T], y, x []T) { Axpby(k, y, a, x, b) }, func(y, x T) (T, T) { return asm.FMA(a, x, T(b*y)), x }},
		{"Axpby0", func(k *asm.Kernels[T], y, x []T) { Axpby(k, y, a, x, 0) }, func(y, x T) (T, T) { return T(a * x), x }},
		{"Scale", func(k *asm.Kernels[T], y, x []T) { Scale(k, y, a, x) }, func(y, x T) (T, T) { return T(a * x), x }},
		{"Clear", func(k *asm.Kernels[T], y, x []T) { Clear(y) }, func(y, x T) (T, T) { return 0, x }},
		{"Copy", func(k *asm.Kernels[T], y, x []T) { Copy(y, x) }, func(y, x T) (T, T) { return x, x }},
		{"Rot", func(k *asm.Kernels[T], y, x []T) { Rot(k, y, x, a, b) }, func(y, x T) (T, T) {
			return asm.FMA(a, y, T(b*x)), asm.FMA(a, x, -T(b*y))
		}},
		{"Swap", func(k *asm.Kernels[T], y, x []T) { Swap(k, y, x) }, func(y, x T) (T, T) { return x, y }},
	}
	for _, op := range ops {
		for _, n := range []int{0, 1, 100, Piece, Piece + 1, 2*Piece + 3} {
			if testing.Short() && n > Piece+1 {
				continue
			}
			for _, k := range asm.Tables[T]() {
				y0, x0 := random[T](n), random[T](n+2) // sentinels behind x
				y, x := append([]T(nil), y0...), append([]T(nil), x0...)
				op.run(k, y, x)
				for i := range x {
					wy, wx := T(0), x0[i]
					if i < n {
						wy, wx = op.want(y0[i], x0[i])
					} else {
						y, wy = append(y, 0), 0
					}
					if y[i] != wy || x[i] != wx {
						t.Fatalf("%s %s, %d elements: element %d: %v, %v, want %v, %v", op.name, k.ISA, n, i, y[i], x[i], wy, wx)
					}
				}
			}
		}
	}
}

// TestCallsAreShort: a call of assembly holds up the garbage collector, so its work is
// bounded: the elements it moves, and its rows, which cost about as much as shortRow.
func TestCallsAreShort(t *testing.T) {
	generic := asm.Tables[float32]()[0]
	k := *generic
	calls := 0
	seen := func(name string, elements, rows int) {
		calls++
		if elements > Piece || rows > 1 && rows*max(shortRow, elements/rows) > Piece {
			t.Errorf("%s: %d elements in %d rows", name, elements, rows)
		}
	}
	k.Sum = func(x []float32) float32 { seen("Sum", len(x), 1); return 0 }
	k.Asum = func(x []float32) float32 { seen("Asum", len(x), 1); return 0 }
	k.SumSq = func(x []float32) float32 { seen("SumSq", len(x), 1); return 0 }
	k.Dot = func(x, _ []float32) float32 { seen("Dot", len(x), 1); return 0 }
	k.Max = func(x []float32) float32 { seen("Max", len(x), 1); return 0 }
	k.Min = func(x []float32) float32 { seen("Min", len(x), 1); return 0 }
	k.ArgMax = func(x []float32) int { seen("ArgMax", len(x), 1); return 0 }
	k.ArgMin = func(x []float32) int { seen("ArgMin", len(x), 1); return 0 }
	k.Moments = func(x []float32) (_, _, _ float32) { seen("Moments", len(x), 1); return }
	k.SumRows = func(dst, _ []float32, _, n int) { // read only
		seen("SumRows", len(dst)*n/2, max(1, len(dst)/2))
	}
	k.DotRows = func(dst, _ []float32, _ int, x []float32) { // read only: twice as much is as fast
		seen("DotRows", len(dst)*len(x)/2, max(1, len(dst)/2))
	}
	k.AxpyRows = func(_ []float32, _ int, x, y []float32) { seen("AxpyRows", len(x)*len(y), len(x)) }
	k.Add = func(dst, _, _ []float32) { seen("Add", len(dst), 1) }
	k.Axpy = func(dst []float32, _ float32, _ []float32) { seen("Axpy", len(dst), 1) }
	k.Axpby = func(dst []float32, _ float32, _ []float32, _ float32) { seen("Axpby", len(dst), 1) }
	k.Scale = func(dst []float32, _ float32, _ []float32) { seen("Scale", len(dst), 1) }
	k.Rot = func(x, _ []float32, _, _ float32) { seen("Rot", len(x), 1) }
	k.Swap = func(x, _ []float32) { seen("Swap", len(x), 1) }
	const n = 1 << 18
	x, y := make([]float32, n), make([]float32, n)
	for _, run := range []func(){
		func() { Max(&k, x) }, func() { Min(&k, x) }, func() { ArgMax(&k, x) }, func() { ArgMin(&k, x) }, func() { MomentsOf(&k, x) },
		func() { Sum(&k, x) }, func() { Asum(&k, x) }, func() { SumSq(&k, x) }, func() { Dot(&k, x, y) },
		func() { Add(&k, x, x, y) }, func() { Axpy(&k, x, 2, y) }, func() { Axpby(&k, x, 2, y, 3) }, func() { Axpby(&k, x, 2, y, 0) },
		func() { Scale(&k, x, 2, x) }, func() { Rot(&k, x, y, 0.6, 0.8) }, func() { Swap(&k, x, y) },
	} {
		before := calls
		run()
		if calls < before+n/Piece {
			t.Errorf("%d calls for %d elements", calls-before, n)
		}
	}
	for _, width := range []int{1, 2, 31, 1000, Piece, Piece + 1, n} {
		DotRows(&k, y[:n/width:n/width], x, width, y[:width:width])
		SumRows(&k, y[:n/width:n/width], x, width, width)
		AxpyRows(&k, x, width, y[:n/width:n/width], y[:width:width])
	}
}

func TestExtremes(t *testing.T) {
	t.Run("float32", testExtremes[float32])
	t.Run("float64", testExtremes[float64])
}

// testExtremes: of any length, as the kernels do of one chunk.
func testExtremes[T asm.Float](t *testing.T) {
	nan := T(math.NaN())
	for _, n := range lengths() {
		x := random[T](n)
		for round := range 3 {
			if round > 0 && n > 0 { // equals, then NaNs, late in it
				v := []T{5, nan}[round-1]
				x[n-1], x[n-1-n/4], x[n/2] = v, v, v
			}
			most, least := T(math.Inf(-1)), T(math.Inf(1))
			atMost, atLeast := -1, -1
			for i, v := range x {
				switch {
				case v != v:
					if most == most {
						most, least, atMost, atLeast = v, v, i, i
					}
				case most != most:
				default:
					if v > most {
						most, atMost = v, i
					}
					if v < least {
						least, atLeast = v, i
					}
				}
			}
			for _, k := range asm.Tables[T]() {
				if v, w := Max(k, x), Min(k, x); (v != most || w != least) && (v == v || most == most) {
					t.Errorf("%s, %d elements: max %v, min %v, want %v, %v", k.ISA, n, v, w, most, least)
				}
				if i, j := ArgMax(k, x), ArgMin(k, x); i != atMost || j != atLeast {
					t.Errorf("%s, %d elements: argmax %d, argmin %d, want %d, %d", k.ISA, n, i, j, atMost, atLeast)
				}
			}
		}
	}
}

func TestMoments(t *testing.T) {
	t.Run("float32", testMoments[float32])
	t.Run("float64", testMoments[float64])
}

// testMoments: chunks joined by the tree of sums, the same in parts of any power of two
// of chunks, and right.
func testMoments[T asm.Float](t *testing.T) {
	generic := asm.Tables[T]()[0]
	for _, n := range lengths() {
		x := random[T](n)
		var chunks []Moments[T]
		for lo := 0; lo < n; lo += asm.Chunk {
			m := Moments[T]{N: min(asm.Chunk, n-lo)}
			m.Mean, m.Rest, m.M2 = generic.Moments(x[lo : lo+m.N])
			chunks = append(chunks, m)
		}
		var want Moments[T]
		Tree(len(chunks), func(i, j int) { chunks[i] = chunks[i].Then(chunks[j]) })
		if n > 0 {
			want = chunks[0]
		}
		for _, k := range asm.Tables[T]() {
			if got := MomentsOf(k, x); got != want {
				t.Errorf("%s, %d elements: %+v, want %+v", k.ISA, n, got, want)
			}
			for part := asm.Chunk; part < n && part <= 4*asm.Chunk; part *= 2 {
				var p PairwiseMoments[T]
				for lo := 0; lo < n; lo += part {
					p.Add(MomentsOf(k, x[lo:min(lo+part, n)]))
				}
				if got := p.Moments(); got != want {
					t.Errorf("%s, %d elements in parts of %d: %+v, want %+v", k.ISA, n, part, got, want)
				}
			}
		}
		var sum, sq float64
		for _, v := range x {
			sum += float64(v)
		}
		for _, v := range x {
			sq += (float64(v) - sum/float64(n)) * (float64(v) - sum/float64(n))
		}
		if n > 0 && (math.Abs(float64(want.Value())-sum/float64(n)) > 1e-6 || math.Abs(float64(want.M2)-sq) > 1e-5*sq) {
			t.Errorf("%d elements: %+v, want mean %v, m2 %v", n, want, sum/float64(n), sq)
		}
	}
	if v := (Moments[T]{}).Value(); v == v {
		t.Errorf("the mean of nothing is %v", v)
	}
}

func TestSumRows(t *testing.T) {
	for _, size := range [][2]int{{0, 5}, {5, 0}, {1, 1}, {3000, 10}, {70, 900}, {2, asm.Chunk + 3}} {
		m, n := size[0], size[1]
		a := random[float32](m * (n + 3))
		for _, k := range asm.Tables[float32]() {
			dst := make([]float32, m)
			SumRows(k, dst, a, n+3, n)
			for i := range m {
				if want := Sum(k, a[i*(n+3):][:n]); dst[i] != want {
					t.Fatalf("%s %dx%d: row %d: %v, want %v", k.ISA, m, n, i, dst[i], want)
				}
			}
		}
	}
}
