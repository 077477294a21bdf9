package tensor

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/lanes-go/lanes/internal/steady"
)

// randomView returns a tensor of random numbers of a shape, laid out in one of
// several ways: 0 contiguous, 1 rows apart, 2 transposed, 3 transposed and rows
// apart, 4 without any stride of 1.
func randomView[T Float](r *rand.Rand, layout int, shape ...int) *Tensor[T] {
	n := len(shape)
	stored := append([]int(nil), shape...)
	if (layout == 2 || layout == 3) && n > 1 {
		stored[n-1], stored[n-2] = stored[n-2], stored[n-1]
	}
	if layout == 1 || layout == 3 {
		stored[n-1] += 3
	}
	if layout == 4 {
		stored = append(stored, 2)
	}
	t := New[T](stored...)
	for i := range t.data {
		t.data[i] = T(r.Float64()*2 - 1)
	}
	switch {
	case layout == 1 || layout == 3:
		t = t.Narrow(-1, 1, stored[n-1]-3)
	case layout == 4:
		t = t.Select(-1, 1)
	}
	if (layout == 2 || layout == 3) && n > 1 {
		t = t.T()
	}
	return t
}

const layouts = 5

// specMatMul is the specification of dst = op(a)·op(b) + beta·dst on matrices.
func specMatMul[T Float](dst, a, b *Tensor[T], tA, tB bool, beta T) *Tensor[T] {
	if tA {
		a = a.T()
	}
	if tB {
		b = b.T()
	}
	c := dst.Clone()
	m, n, k := c.Dim(0), c.Dim(1), a.Dim(1)
	specGemm(false, false, m, n, k, 1, a.Clone().data, max(1, k), b.Clone().data, max(1, n), beta, c.data, max(1, n))
	return c
}

func wantSame[T Float](t *testing.T, what string, got, want *Tensor[T]) {
	t.Helper()
	if !got.SameShape(want) {
		t.Fatalf("%s: shape %v, want %v", what, got.Shape(), want.Shape())
	}
	g, w := got.Clone().data, want.Clone().data
	for i := range g {
		if !sameBits(g[i], w[i]) {
			t.Fatalf("%s: element %d of %v is %v, want %v", what, i, got.Shape(), g[i], w[i])
		}
	}
}

// gaps returns the elements that lie between those of a view.
func gaps[T Float](x *Tensor[T]) []T {
	all := append([]T(nil), x.data...)
	y := *x
	y.data = all
	y.Fill(0)
	return all
}

func testMatMul[T Float](t *testing.T) {
	r := rand.New(rand.NewPCG(21, 22))
	forms := []struct {
		name   string
		f      func(dst, a, b *Tensor[T])
		tA, tB bool
		beta   T
	}{
		{"MatMul", MatMul[T], false, false, 0},
		{"MatMulTransA", MatMulTransA[T], true, false, 0},
		{"MatMulTransB", MatMulTransB[T], false, true, 0},
		{"MatMulAcc", MatMulAcc[T], false, false, 1},
		{"MatMulTransAAcc", MatMulTransAAcc[T], true, false, 1},
		{"MatMulTransBAcc", MatMulTransBAcc[T], false, true, 1},
	}
	shapes := [][3]int{{1, 1, 1}, {3, 5, 7}, {17, 33, 65}, {1, 40, 30}, {40, 1, 30}, {9, 8, 1}, {2, 3, 0}, {0, 3, 2}, {3, 0, 2}, {5, 3, 1100}}
	for _, s := range shapes {
		m, n, k := s[0], s[1], s[2]
		for _, f := range forms {
			for layout := range layouts * layouts * layouts {
				if testing.Short() && m*n*k > 1000 && r.IntN(8) > 0 {
					continue
				}
				la, lb, lc := layout%layouts, layout/layouts%layouts, layout/layouts/layouts
				a, b := randomView[T](r, la, m, k), randomView[T](r, lb, k, n)
				if f.tA {
					a = randomView[T](r, la, k, m)
				}
				if f.tB {
					b = randomView[T](r, lb, n, k)
				}
				c := randomView[T](r, lc, m, n)
				a0, b0, between := a.Clone(), b.Clone(), gaps(c)
				want := specMatMul(c, a, b, f.tA, f.tB, f.beta)
				f.f(c, a, b)
				what := fmt.Sprintf("%s m %d n %d k %d layouts %d %d %d", f.name, m, n, k, lc, la, lb)
				wantSame(t, what, c, want)
				wantSame(t, what+": a", a, a0)
				wantSame(t, what+": b", b, b0)
				wantSame(t, what+": gaps of dst", From(gaps(c), len(between)), From(between, len(between)))
			}
		}
	}
}

func TestMatMul(t *testing.T) {
	t.Run("float32", testMatMul[float32])
	t.Run("float64", testMatMul[float64])
}

// TestMatMulVectors: an operand with one axis is a row on the left and a column on
// the right, whatever its stride.
func TestMatMulVectors(t *testing.T) {
	r := rand.New(rand.NewPCG(23, 24))
	for _, layout := range []int{0, 1, 4} {
		for _, k := range []int{1, 7, 90} {
			row, col := randomView[float64](r, layout, k), randomView[float64](r, layout, k)
			rowM, colM := row.Clone().Reshape(1, k), col.Clone().Reshape(k, 1)
			a, b := randomView[float64](r, layout, 6, k), randomView[float64](r, layout, k, 6)
			for i, acc := range []float64{0, 1} {
				f := []func(dst, a, b *Tensor[float64]){MatMul[float64], MatMulAcc[float64]}[i]
				fA := []func(dst, a, b *Tensor[float64]){MatMulTransA[float64], MatMulTransAAcc[float64]}[i]
				fB := []func(dst, a, b *Tensor[float64]){MatMulTransB[float64], MatMulTransBAcc[float64]}[i]
				x := randomView[float64](r, layout, 6)
				want := specMatMul(x.Clone().Reshape(6, 1), a, colM, false, false, acc).Reshape(6)
				y := x.Clone()
				f(x, a, col)
				wantSame(t, "matrix by vector", x, want)
				fB(y, a, col)
				wantSame(t, "matrix by transposed vector", y, want)
				x = randomView[float64](r, layout, 6)
				want = specMatMul(x.Clone().Reshape(1, 6), rowM, b, false, false, acc).Reshape(6)
				y = x.Clone()
				f(x, row, b)
				wantSame(t, "vector by matrix", x, want)
				fA(y, row, b)
				wantSame(t, "transposed vector by matrix", y, want)
				x = New[float64]()
				x.Set(0.5)
				want = specMatMul(x.Clone().Reshape(1, 1), rowM, colM, false, false, acc).Reshape()
				f(x, row, col)
				wantSame(t, "vector by vector", x, want)
			}
		}
	}
}

func testMatMulPacked[T Float](t *testing.T) {
	r := rand.New(rand.NewPCG(25, 26))
	for _, s := range [][3]int{{1, 1, 1}, {1, 70, 40}, {9, 33, 50}, {20, 40, 0}, {0, 4, 4}, {3, 17, 1500}} {
		m, n, k := s[0], s[1], s[2]
		w := randomView[T](r, 0, k, n)
		packed, bias := PackRHS(false, k, n, w.Data(), max(1, n)), randomView[T](r, 0, n).Data()
		for layout := range layouts * layouts {
			a, c := randomView[T](r, layout%layouts, m, k), randomView[T](r, layout/layouts, m, n)
			want := specMatMul(c, a, w, false, false, 0)
			plain := want.Clone()
			for i := range want.data {
				if want.data[i] += bias[i%n]; want.data[i] < 0 {
					want.data[i] = 0
				}
			}
			MatMulPacked(c, a, packed, Epilogue[T]{Bias: bias, Act: ActReLU})
			wantSame(t, fmt.Sprintf("%v layouts %d", s, layout), c, want)
			MatMulPacked(c, a, packed, Epilogue[T]{})
			wantSame(t, fmt.Sprintf("%v layouts %d without bias", s, layout), c, plain)
			if m == 1 {
				y := randomView[T](r, layout/layouts, n)
				MatMulPacked(y, a.Select(0, 0), packed, Epilogue[T]{})
				wantSame(t, "vector", y, plain.Reshape(n))
			}
		}
	}
}

func TestMatMulPacked(t *testing.T) {
	t.Run("float32", testMatMulPacked[float32])
	t.Run("float64", testMatMulPacked[float64])
}

func TestMatMulMisuse(t *testing.T) {
	a, b, c := arange(2, 3), arange(3, 4), arange(2, 4)
	m := arange(8, 8)
	packed := PackRHS(false, 3, 4, b.Data(), 4)
	for _, x := range []struct {
		op, text string
		f        func()
	}{
		{"MatMul", "the inner dimensions 3 and 2 differ: shapes [2 4], [2 3], [2 4]", func() { MatMul(c, a, c) }},
		{"MatMulTransA", "the inner dimensions 2 and 3 differ: shapes [2 4], [2 3], [3 4]", func() { MatMulTransA(c, a, b) }},
		{"MatMulTransBAcc", "the inner dimensions 3 and 4 differ", func() { MatMulTransBAcc(c, a, b) }},
		{"MatMulAcc", "dst is not 2 x 4: shapes [2 3], [2 3], [3 4]", func() { MatMulAcc(arange(2, 3), a, b) }},
		{"MatMul", "one or two axes each, and dst the two", func() { MatMul(c, a, arange(3, 4, 1)) }},
		{"MatMul", "less one for each vector: shapes [2 4], [3], [3 4]", func() { MatMul(c, arange(3), b) }},
		{"MatMul", "dst shares memory with an operand: shapes [8 8], [8 8], [8 8]", func() { MatMul(m, arange(8, 8), m) }},
		{"MatMulTransA", "dst shares memory", func() { MatMulTransA(m, m, arange(8, 8)) }},
		{"MatMul", "dst shares memory", func() { MatMul(m.T(), arange(8, 8), m) }},
		{"MatMul", "dst shares memory", func() { MatMul(m.Narrow(1, 0, 4), arange(8, 8), m.Narrow(1, 3, 4)) }},
		{"MatMul", "dst shares memory", func() { MatMul(m.Select(1, 0), m, arange(8)) }},
		{"MatMulPacked", "the inner dimensions differ: shapes [2 4], [2 4], [3 4]", func() { MatMulPacked(c, arange(2, 4), packed, Epilogue[float32]{}) }},
		{"MatMulPacked", "dst has another shape", func() { MatMulPacked(arange(2, 3), a, packed, Epilogue[float32]{}) }},
		{"MatMulPacked", "the bias has 3 elements", func() { MatMulPacked(c, a, packed, Epilogue[float32]{Bias: make([]float32, 3)}) }},
		{"MatMulPacked", "unknown activation", func() { MatMulPacked(c, a, packed, Epilogue[float32]{Act: 77}) }},
		{"MatMulPacked", "memory with a vector", func() { MatMulPacked(c, a, packed, Epilogue[float32]{Bias: c.Data()[:4]}) }},
		{"MatMulPacked", "memory with a", func() { MatMulPacked(m.Narrow(1, 0, 4), m.Narrow(1, 3, 3), packed, Epilogue[float32]{}) }},
		{"MatMulPacked", "one or two axes", func() { MatMulPacked(c, arange(3), packed, Epilogue[float32]{}) }},
	} {
		if got := shapePanic(t, x.op, x.f); !strings.Contains(got, x.text) {
			t.Errorf("%q does not say %q", got, x.text)
		}
	}
	// Blocks of one matrix that share no element are operands like any other.
	MatMul(m.Narrow(0, 0, 4).Narrow(1, 0, 4), m.Narrow(0, 0, 4).Narrow(1, 4, 4), m.Narrow(0, 4, 4).Narrow(1, 4, 4))
	MatMul(m.Narrow(1, 0, 4).T(), m.Narrow(1, 4, 4).T(), arange(8, 8))
	MatMulPacked(m.Narrow(1, 0, 4), m.Narrow(1, 4, 3), packed, Epilogue[float32]{})
}

func TestMatMulAllocates(t *testing.T) {
	r := rand.New(rand.NewPCG(27, 28))
	shapes, runs := [][3]int{{17, 33, 65}, {100, 100, 100}, {60, 70, 600}}, 10
	if testing.Short() {
		shapes, runs = [][3]int{{9, 17, 33}, {5, 40, 600}}, 2
	}
	for _, s := range shapes {
		m, n, k := s[0], s[1], s[2]
		for layout := range layouts {
			a, b, c := randomView[float32](r, layout, m, k), randomView[float32](r, layout, k, n), randomView[float32](r, layout, m, n)
			packed := PackRHS(false, k, n, b.Clone().Data(), n)
			e := Epilogue[float32]{Bias: make([]float32, n), Act: ActReLU}
			f := func() {
				MatMul(c, a, b)
				MatMulAcc(c, a, b)
				MatMulPacked(c, a, packed, e)
			}
			f() // scratch memory grows
			if got := steady.Allocs(runs, f); got != 0 {
				t.Errorf("%v layout %d: %v allocations", s, layout, got)
			}
		}
	}
}

func BenchmarkMatMulOverhead(b *testing.B) {
	x, y, z := arange(8, 8), arange(8, 8), arange(8, 8)
	b.Run("MatMul", func(b *testing.B) {
		for range b.N {
			MatMul(x, y, z)
		}
	})
	b.Run("Gemm", func(b *testing.B) {
		for range b.N {
			Gemm(false, false, 8, 8, 8, 1, y.data, 8, z.data, 8, 0, x.data, 8)
		}
	})
}
