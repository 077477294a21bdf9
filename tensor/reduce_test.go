package tensor

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/lanes-go/lanes/asm"
	"github.com/lanes-go/lanes/internal/chunk"
	"github.com/lanes-go/lanes/internal/steady"
)

// axisOp is a reduction along an axis, and of all elements, and its definition: of the
// elements along the axis as the last one, or as another. Places are numbers here.
type axisOp[T Float] struct {
	name       string
	empty      bool // it has a value for nothing
	along      func(dst, x *Tensor[T], axis int)
	all        func(x *Tensor[T]) T
	last, cols func(c []T) T
}

func places[T Float](f func(dst []int, x *Tensor[T], axis int)) func(dst, x *Tensor[T], axis int) {
	return func(dst, x *Tensor[T], axis int) {
		at := make([]int, dst.Len())
		f(at, x, axis)
		i := 0
		eachIndex(dst.shape, func(index []int) { dst.Set(T(at[i]), index...); i++ })
	}
}

func axisOps[T Float]() []axisOp[T] {
	k := asm.Tables[T]()[0] // whose kernels have tests of their own
	nan := T(math.NaN())
	blocks := func(block func(s, v T) T) func(c []T) T { // of 64 rows, pairwise
		return func(c []T) T {
			var parts []T
			for ; len(c) > 0; c = c[min(len(c), asm.BlockRows):] {
				var s T
				for _, v := range c[:min(len(c), asm.BlockRows)] {
					s = block(s, v)
				}
				parts = append(parts, s)
			}
			return specPairwise(parts)
		}
	}
	chunks := func(f func(c []T) T) func(c []T) T {
		return func(c []T) T {
			var parts []T
			for ; len(c) > 0; c = c[min(len(c), asm.Chunk):] {
				parts = append(parts, f(c[:min(len(c), asm.Chunk)]))
			}
			return specPairwise(parts)
		}
	}
	extreme := func(c []T, better func(v, m T) bool) (m T, at int) {
		for i, v := range c {
			if v != v {
				return nan, i
			}
			if i == 0 || better(v, m) {
				m, at = v, i
			}
		}
		if m == 0 {
			m = 0
		}
		return m, at
	}
	greater, less := func(v, m T) bool { return v > m }, func(v, m T) bool { return v < m }
	value := func(better func(v, m T) bool) func(c []T) T {
		return func(c []T) T { m, _ := extreme(c, better); return m }
	}
	place := func(better func(v, m T) bool) func(c []T) T {
		return func(c []T) T { _, at := extreme(c, better); return T(at) }
	}
	moments := func(unit int, f func(c []T) (mean, rest, m2 T)) func(c []T) chunk.Moments[T] {
		var tree func(m []chunk.Moments[T]) chunk.Moments[T]
		tree = func(m []chunk.Moments[T]) chunk.Moments[T] {
			if len(m) == 1 {
				return m[0]
			}
			p := 1
			for 2*p < len(m) {
				p *= 2
			}
			return tree(m[:p]).Then(tree(m[p:]))
		}
		return func(c []T) chunk.Moments[T] {
			if len(c) == 0 {
				return chunk.Moments[T]{}
			}
			var parts []chunk.Moments[T]
			for ; len(c) > 0; c = c[min(len(c), unit):] {
				m := chunk.Moments[T]{N: min(len(c), unit)}
				m.Mean, m.Rest, m.M2 = f(c[:m.N])
				parts = append(parts, m)
			}
			return tree(parts)
		}
	}
	rowMoments := moments(asm.Chunk, k.Moments)
	colMoments := moments(asm.BlockRows, func(c []T) (mean, rest, m2 T) {
		m, r, q := []T{0}, []T{0}, []T{0}
		k.ColMoments(m, r, q, c, 1, len(c))
		return m[0], r[0], q[0]
	})
	variance := func(f func(c []T) chunk.Moments[T], ddof int, root bool) func(c []T) T {
		return func(c []T) T {
			v := nan
			if m := f(c); len(c) > ddof {
				v = m.M2 / T(len(c)-ddof)
			}
			if root {
				v = T(math.Sqrt(float64(v)))
			}
			return v
		}
	}
	add := func(s, v T) T { return s + v }
	mean := func(sum func(c []T) T) func(c []T) T {
		return func(c []T) T { return sum(c) / T(len(c)) }
	}
	packed := func(x *Tensor[T]) *Tensor[T] { return x.Clone() }
	apart := func(x *Tensor[T]) *Tensor[T] { // with other elements between its own
		y := New[T](append(slices.Clone(x.shape), 3)...).Fill(100).Select(len(x.shape), 1)
		y.CopyFrom(x)
		return y
	}
	turned := func(x *Tensor[T]) *Tensor[T] {
		axes := make([]int, len(x.shape))
		for i := range axes {
			axes[i] = len(axes) - 1 - i
		}
		return x.Permute(axes...).Clone().Permute(axes...)
	}
	square := func(s, v T) T { return asm.FMA(v, v, s) }
	dot := func(y func(x *Tensor[T]) *Tensor[T]) axisOp[T] {
		return axisOp[T]{"Dot", true, func(dst, x *Tensor[T], axis int) { DotAxis(dst, x, y(x), axis) },
			func(x *Tensor[T]) T { return Dot(x, y(x)) }, chunks(func(c []T) T { return k.Dot(c, c) }), blocks(square)}
	}
	return []axisOp[T]{
		{"Sum", true, SumAxis[T], Sum[T], chunks(k.Sum), blocks(add)},
		{"Asum", true, AsumAxis[T], Asum[T], chunks(k.Asum), blocks(func(s, v T) T { return s + T(math.Abs(float64(v))) })},
		{"SumSq", true, SumSqAxis[T], SumSq[T], chunks(k.SumSq), blocks(square)},
		{"Mean", true, MeanAxis[T], Mean[T], mean(chunks(k.Sum)), mean(blocks(add))},
		dot(packed), dot(apart), dot(turned),
		{"Max", false, MaxAxis[T], Max[T], value(greater), value(greater)},
		{"Min", false, MinAxis[T], Min[T], value(less), value(less)},
		{"ArgMax", false, places(ArgMaxAxis[T]), func(x *Tensor[T]) T { return T(ArgMax(x)) }, place(greater), place(greater)},
		{"ArgMin", false, places(ArgMinAxis[T]), func(x *Tensor[T]) T { return T(ArgMin(x)) }, place(less), place(less)},
		{"Var", true, func(dst, x *Tensor[T], axis int) { VarAxis(dst, x, axis, 1) }, func(x *Tensor[T]) T { return Var(x, 1) },
			variance(rowMoments, 1, false), variance(colMoments, 1, false)},
		{"Std", true, func(dst, x *Tensor[T], axis int) { StdAxis(dst, x, axis, 0) }, func(x *Tensor[T]) T { return Std(x, 0) },
			variance(rowMoments, 0, true), variance(colMoments, 0, true)},
		{"MeanVar", true, func(dst, x *Tensor[T], axis int) { MeanVarAxis(dst, New[T](dst.shape...), x, axis, 0) },
			func(x *Tensor[T]) T { m, _ := MeanVar(x, 0); return m },
			func(c []T) T { return rowMoments(c).Value() }, func(c []T) T { return colMoments(c).Value() }},
		{"MeanVar", true, func(dst, x *Tensor[T], axis int) { MeanVarAxis(New[T](dst.shape...), dst, x, axis, 0) },
			func(x *Tensor[T]) T { _, v := MeanVar(x, 0); return v }, variance(rowMoments, 0, false), variance(colMoments, 0, false)},
	}
}

func TestReduceAxes(t *testing.T) {
	t.Run("f32", testReduceAxes[float32])
	t.Run("f64", testReduceAxes[float64])
}

// testReduceAxes: every reduction along every axis of every layout, into packed results,
// with the axis kept, and into views, is its definition, for any number of threads.
func testReduceAxes[T Float](t *testing.T) {
	defer func(n, m int) { reduceThread, reduceDirect = n, m; SetMaxThreads(0) }(reduceThread, reduceDirect)
	reduceThread = 1 // so that small ones are shared out
	reduceDirect = 256
	r := rand.New(rand.NewPCG(41, 0))
	shapes := [][]int{{1}, {7}, {3, 5}, {1, 1}, {130, 3}, {3, 130}, {2, 65, 4}, {4, 1, 3}, {2, 3, 4, 5}, {150, 1}, {1, 200, 1}}
	if !testing.Short() {
		shapes = append(shapes, []int{700, 9}, []int{2, 1100}, []int{70, 600}, []int{3, 2, 300, 2})
	}
	for _, shape := range shapes {
		for i, layout := range layoutsOf[T](shape) {
			x := randomize(r, layout.new())
			if i == 1 {
				plantSpecials(r, x)
			}
			SetMaxThreads([]int{1, 2, 7}[i%3])
			for _, op := range axisOps[T]() {
				for axis := range shape {
					checkAxis(t, fmt.Sprintf("%s of %v, %s, axis %d", op.name, shape, layout.name, axis), op, x, axis)
				}
				want := op.last(x.Clone().data)
				if got := op.all(x); !sameBits(got, want) {
					t.Fatalf("%s of all of %v, %s: %v, want %v", op.name, shape, layout.name, got, want)
				}
			}
		}
	}
}

func plantSpecials[T Float](r *rand.Rand, x *Tensor[T]) {
	specials := []T{T(math.NaN()), T(math.Inf(1)), T(math.Inf(-1)), T(math.Copysign(0, -1)), 0, 3, 3}
	eachIndex(x.shape, func(index []int) {
		if r.IntN(9) == 0 {
			x.Set(specials[r.IntN(len(specials))], index...)
		}
	})
}

func checkAxis[T Float](t *testing.T, what string, op axisOp[T], x *Tensor[T], axis int) {
	t.Helper()
	def := op.cols
	if axis == len(x.shape)-1 {
		def = op.last
	}
	shape := slices.Delete(slices.Clone(x.shape), axis, axis+1)
	kept := slices.Clone(x.shape)
	kept[axis] = 1
	want := New[T](kept...)
	eachIndex(kept, func(index []int) {
		var c []T
		at := slices.Clone(index)
		for i := range x.shape[axis] {
			at[axis] = i
			c = append(c, x.At(at...))
		}
		want.Set(def(c), index...)
	})
	dst := New[T](shape...)
	op.along(dst, x, axis)
	wantSame(t, what, dst, want.Reshape(shape...))
	dst = New[T](kept...)
	op.along(dst, x, axis-len(x.shape))
	wantSame(t, what+" kept", dst, want)
	wide := New[T](append(slices.Clone(kept), 2)...)
	wide.Fill(77)
	view := wide.Select(len(kept), 0)
	op.along(view, x, axis)
	wantSame(t, what+" into a view", view, want)
	eachIndex(kept, func(index []int) {
		if wide.Select(len(kept), 1).At(index...) != 77 {
			t.Fatalf("%s: written beside the view", what)
		}
	})
}

// TestReduceThreads: long axes, cut into parts, have the bits of one thread.
func TestReduceThreads(t *testing.T) {
	t.Run("f32", testReduceThreads[float32])
	t.Run("f64", testReduceThreads[float64])
}

func testReduceThreads[T Float](t *testing.T) {
	defer func(n, m int) { reduceThread, reduceDirect = n, m; SetMaxThreads(0) }(reduceThread, reduceDirect)
	reduceThread, reduceDirect = 100, 256
	r := rand.New(rand.NewPCG(42, 0))
	shapes := [][]int{{2*asm.Chunk + 1}, {2, 3*asm.Chunk + 5}, {1000, 3}, {3, 500, 2}, {200, 600}, {900, 10}}
	if !testing.Short() {
		shapes = append(shapes, []int{23*asm.Chunk + 77}, []int{7001, 5}, []int{9000, 20}, []int{300, 1500})
	}
	for _, shape := range shapes {
		x := randomTensor[T](r, shape...)
		for i := range x.data { // many equals
			x.data[i] = T(math.Round(float64(x.data[i])*1e4)) / 1024
		}
		for _, op := range axisOps[T]() {
			for axis := range shape {
				kept := slices.Delete(slices.Clone(shape), axis, axis+1)
				SetMaxThreads(1)
				want := New[T](kept...)
				op.along(want, x, axis)
				one := op.all(x)
				for _, threads := range []int{2, 7} {
					SetMaxThreads(threads)
					got := New[T](kept...)
					op.along(got, x, axis)
					wantSame(t, fmt.Sprintf("%s of %v, axis %d, %d threads", op.name, shape, axis, threads), got, want)
					if got := op.all(x); !sameBits(got, one) {
						t.Fatalf("%s of %v, %d threads: %v, want %v", op.name, shape, threads, got, one)
					}
				}
			}
		}
	}
}

// TestReduceEmpty: sums over nothing are 0, means NaN, and there is no greatest of
// nothing.
func TestReduceEmpty(t *testing.T) {
	for _, op := range axisOps[float32]() {
		for _, c := range []struct {
			shape []int
			axis  int
		}{{[]int{0}, 0}, {[]int{0, 3}, 0}, {[]int{3, 0}, 1}, {[]int{2, 0, 2}, 1}, {[]int{0, 3}, 1}, {[]int{3, 0}, 0}} {
			kept := slices.Delete(slices.Clone(c.shape), c.axis, c.axis+1)
			x, dst := New[float32](c.shape...), New[float32](kept...)
			dst.Fill(5)
			if c.shape[c.axis] == 0 && !op.empty {
				shapePanic(t, op.name+"Axis", func() { op.along(dst, x, c.axis) })
				shapePanic(t, op.name, func() { op.all(x) })
				continue
			}
			op.along(dst, x, c.axis)
			for _, v := range dst.data {
				if want := op.last(nil); !sameBits(v, want) {
					t.Errorf("%s of %v along %d: %v, want %v", op.name, c.shape, c.axis, v, want)
				}
			}
		}
	}
	x := New[float32](2, 3)
	for _, f := range []func(){
		func() { SumAxis(New[float32](3), x, 2) },
		func() { SumAxis(New[float32](3), x, -3) },
		func() { SumAxis(New[float32](2), x, 0) },
		func() { SumAxis(New[float32](3, 1), x, 0) },
		func() { SumAxis(New[float32](), x, 0) },
		func() { SumAxis(x.Select(0, 1), x, 0) },
		func() { SumAxis(New[float32](), New[float32](), 0) },
	} {
		shapePanic(t, "SumAxis", f)
	}
	shapePanic(t, "Dot", func() { Dot(x, New[float32](3, 2)) })
	shapePanic(t, "DotAxis", func() { DotAxis(New[float32](3), x, New[float32](3, 2), 0) })
	shapePanic(t, "DotAxis", func() { DotAxis(x.Select(0, 0), New[float32](2, 3), x, 0) })
	shapePanic(t, "ArgMaxAxis", func() { ArgMaxAxis(make([]int, 2), x, 0) })
	wide := New[float32](3, 2).Fill(1)
	ColSumAcc(wide.Select(1, 0), From([]float32{1, 2, 3, 4, 5, 6}, 2, 3)) // into a view
	wantElements(t, wide, []int{3, 2}, 6, 1, 8, 1, 10, 1)
	m := New[float32](3)
	shapePanic(t, "MeanVarAxis", func() { MeanVarAxis(m, m, x, 0, 1) })
	shapePanic(t, "MeanVarAxis", func() { MeanVarAxis(m, New[float32](2), x, 0, 1) })
	if v := Var(New[float32](1), 1); v == v {
		t.Errorf("the unbiased variance of one number is %v", v)
	}
	if v := Sum(From([]float32{4})); v != 4 { // a number without axes
		t.Errorf("Sum of a number: %v", v)
	}
}

// TestReduceAccuracy: long sums and moments of numbers far from zero, against float64.
func TestReduceAccuracy(t *testing.T) {
	r := rand.New(rand.NewPCG(43, 0))
	const n = 1 << 17
	for _, mean := range []float64{0, 1e4, 1e6, 1e7} {
		x := New[float32](n, 2)
		var sum, sq [2]float64
		for i := range x.data {
			x.data[i] = float32(mean + r.NormFloat64())
			sum[i%2] += float64(x.data[i]) - mean
		}
		for i, v := range x.data {
			d := float64(v) - mean - sum[i%2]/n
			sq[i%2] += d * d
		}
		want := From([]float32{float32(sq[0] / n), float32(sq[1] / n)}, 2)
		means, rows, cols := New[float32](2), New[float32](2), New[float32](2)
		MeanVarAxis(means, cols, x, 0, 0)
		VarAxis(rows, x.T().Clone(), 1, 0)
		for j := range 2 {
			exact := mean + sum[j]/n
			if d := math.Abs(float64(means.data[j]) - exact); d > 6e-8*math.Abs(exact)+1e-6 {
				t.Errorf("mean %v, want %v", means.data[j], exact)
			}
			for _, v := range []float32{rows.data[j], cols.data[j]} {
				if math.Abs(float64(v-want.data[j])) > 3e-6*float64(want.data[j]) {
					t.Errorf("near %g: variance %v, want %v", mean, v, want.data[j])
				}
			}
		}
		if d := math.Abs(float64(Sum(x)) - (2*n*mean + sum[0] + sum[1])); d > 3e-7*2*n*(mean+1) {
			t.Errorf("near %g: sum wrong by %g", mean, d)
		}
	}
}

func TestReduceAllocs(t *testing.T) {
	defer func(n, m int) { reduceThread, reduceDirect = n, m; SetMaxThreads(0) }(reduceThread, reduceDirect)
	reduceThread, reduceDirect = 100, 256
	SetMaxThreads(2)
	x := randomTensor[float32](rand.New(rand.NewPCG(44, 0)), 300, 200)
	dst := New[float32](300)
	at := make([]int, 300)
	sum := float32(0)
	for _, view := range []*Tensor[float32]{x, x.Narrow(1, 1, 150), New[float32](200, 300).T()} {
		col := New[float32](view.shape[1])
		places := make([]int, view.shape[1])
		for i, f := range []func(){
			func() { sum += Sum(view) + Max(view) + Mean(view) + Var(view, 1) + Dot(view, view) },
			func() {
				SumAxis(dst, view, 1)
				MaxAxis(dst, view, 1)
				ArgMaxAxis(at, view, 1)
				StdAxis(dst, view, 1, 0)
			},
			func() {
				SumAxis(col, view, 0)
				MinAxis(col, view, 0)
				ArgMinAxis(places, view, 0)
				VarAxis(col, view, 0, 0)
				ColSumAcc(col, view)
			},
		} {
			if n := steady.Allocs(3, f); n != 0 {
				t.Errorf("%v, case %d: %v allocations", view.shape, i, n)
			}
		}
	}
}
