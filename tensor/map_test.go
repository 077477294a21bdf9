package tensor

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/lanes-go/lanes/asm"
	"github.com/lanes-go/lanes/internal/chunk"
	"github.com/lanes-go/lanes/internal/steady"
)

// layoutsOf are ways to lay out a tensor of a shape: a packed one, and views of larger
// ones with gaps, turned axes, or both.
func layoutsOf[T Float](shape []int) (all []namedLayout[T]) {
	add := func(name string, new func() *Tensor[T]) { all = append(all, namedLayout[T]{name, new}) }
	reversed := func(s []int) []int {
		s = slices.Clone(s)
		slices.Reverse(s)
		return s
	}
	add("packed", func() *Tensor[T] { return New[T](shape...) })
	if len(shape) == 0 {
		return all
	}
	axes := make([]int, len(shape))
	for i := range axes {
		axes[i] = len(shape) - 1 - i
	}
	add("turned", func() *Tensor[T] { return New[T](reversed(shape)...).Permute(axes...) })
	for a := range shape {
		wide := slices.Clone(shape)
		wide[a] += 3
		add(fmt.Sprint("narrow", a), func() *Tensor[T] { return New[T](wide...).Narrow(a, 2, shape[a]) })
		add(fmt.Sprint("turned-narrow", a), func() *Tensor[T] {
			return New[T](reversed(wide)...).Permute(axes...).Narrow(a, 1, shape[a])
		})
		deep := slices.Insert(slices.Clone(shape), a+1, 2)
		add(fmt.Sprint("every-second", a), func() *Tensor[T] { return New[T](deep...).Select(a+1, 1) })
	}
	return all
}

type namedLayout[T Float] struct {
	name string
	new  func() *Tensor[T]
}

// randomize fills a view element by element.
func randomize[T Float](r *rand.Rand, t *Tensor[T]) *Tensor[T] {
	eachIndex(t.shape, func(index []int) { t.Set(T(r.NormFloat64()), index...) })
	return t
}

func eachIndex(shape []int, f func(index []int)) {
	for _, d := range shape {
		if d == 0 {
			return
		}
	}
	index := make([]int, len(shape))
	for {
		f(index)
		a := len(shape) - 1
		for ; a >= 0; a-- {
			if index[a]++; index[a] < shape[a] {
				break
			}
			index[a] = 0
		}
		if a < 0 {
			return
		}
	}
}

// spreadAt is the element of t that is broadcast to an index.
func spreadAt[T Float](t *Tensor[T], index []int) T {
	at, lead := 0, len(index)-len(t.shape)
	for a, d := range t.shape {
		if d > 1 {
			at += index[lead+a] * t.stride[a]
		}
	}
	return t.data[at]
}

// wantMap compares every element of a result with a function of its inputs as they
// were before.
func wantMap[T Float](t *testing.T, name string, dst *Tensor[T], f func(v []T) T, in ...*Tensor[T]) {
	t.Helper()
	v := make([]T, len(in))
	failed := false
	eachIndex(dst.shape, func(index []int) {
		for i, x := range in {
			v[i] = spreadAt(x, index)
		}
		if got, want := spreadAt(dst, index), f(v); !sameBits(got, want) && !failed {
			failed = true
			t.Errorf("%s %v: at %v %v, want %v from %v", name, dst.shape, index, got, want, v)
		}
	})
}

var mapShapes = [][]int{
	{}, {1}, {0}, {7}, {1000}, {3, 5}, {5, 0, 3}, {1, 33}, {33, 1}, {17, 40}, {130, 150}, {3, 300}, {300, 3}, {20, 1100},
	{2, 3, 4}, {4, 1, 130}, {2, 5, 3, 7}, {3, 16, 6, 5}, {2, 70, 3, 70}, {2, 2, 2, 2, 2},
}

// shapesToMap are mapShapes, with -short the small ones.
func shapesToMap() (shapes [][]int) {
	for _, s := range mapShapes {
		if n := size[float32]("", s); n <= 1000 || !testing.Short() {
			shapes = append(shapes, s)
		}
	}
	return shapes
}

// Every view as an operand gives what an element by itself gives, and nothing beside
// dst is written.
func testMapViews[T Float](t *testing.T) {
	r := rand.New(rand.NewPCG(31, 32))
	for _, shape := range shapesToMap() {
		all := layoutsOf[T](shape)
		for i, to := range all {
			for j := range min(3, len(all)) {
				from := all[(i+5*j)%len(all)]
				x, y, dst := randomize(r, from.new()), randomize(r, New[T](shape...)), to.new()
				ReLUGrad(dst, x, y)
				wantMap(t, "ReLUGrad "+to.name+" of "+from.name, dst, func(v []T) T {
					if v[1] > 0 {
						return v[0]
					}
					return 0
				}, x, y)
				written := nonzero(dst.data) // gaps are still zeros
				eachIndex(shape, func(index []int) {
					if dst.At(index...) != 0 {
						written--
					}
				})
				if written != 0 {
					t.Errorf("%v %s: %d elements beside dst were written", shape, to.name, written)
				}
			}
		}
	}
}

func TestMapViews(t *testing.T) {
	t.Run("f32", testMapViews[float32])
	t.Run("f64", testMapViews[float64])
}

// Broadcasts of every kind: each axis of each input as it is, of length 1, or missing.
func testMapBroadcast[T Float](t *testing.T) {
	r := rand.New(rand.NewPCG(33, 34))
	for _, shape := range shapesToMap() {
		rank := len(shape)
		for kind := range 3 << rank {
			in := slices.Clone(shape)
			for a := range in {
				if kind>>a&1 != 0 {
					in[a] = 1
				}
			}
			lead := 0
			for kind>>rank > lead && lead < rank && in[lead] == 1 {
				lead++
			}
			in = in[lead:]
			x := randomize(r, New[T](in...))
			all := layoutsOf[T](shape)
			for j := range min(2, len(all)) {
				l := all[(kind+7*j)%len(all)]
				from, y, dst := l.name, randomize(r, l.new()), New[T](shape...)
				add := func(v []T) T { return v[0] + v[1] }
				Add(dst, x, y)
				wantMap(t, fmt.Sprint("Add ", in, " + ", from), dst, add, x, y)
				Add(dst, y, x)
				wantMap(t, fmt.Sprint("Add ", from, " + ", in), dst, add, x, y)
				old := y.Clone()
				Add(y, y, x)
				wantMap(t, fmt.Sprint("Add in place ", from, " + ", in), y, add, x, old)
			}
		}
	}
}

func TestMapBroadcast(t *testing.T) {
	t.Run("f32", testMapBroadcast[float32])
	t.Run("f64", testMapBroadcast[float64])
}

// Long calls: the pieces and the items of several threads meet without a gap, the bits
// are those of one thread, and nothing is allocated.
func testMapLong[T Float](t *testing.T) {
	defer SetMaxThreads(SetMaxThreads(0))
	r := rand.New(rand.NewPCG(35, 36))
	n := 5*chunk.Piece + 77
	if testing.Short() {
		n = 2*chunk.Piece + 5
	}
	x, y := randomTensor[T](r, n), randomTensor[T](r, n)
	m, turned := randomTensor[T](r, 300, 500), randomTensor[T](r, 500, 300).T()
	row, column := randomTensor[T](r, 500), randomTensor[T](r, 300, 1)
	for _, threads := range []int{1, 2, 7} {
		SetMaxThreads(threads)
		long, matrix := New[T](n), New[T](300, 500)
		matrixT, turnedT, mT := matrix.T(), turned.T(), m.T()
		for name, c := range map[string]struct {
			run    func()
			dst    *Tensor[T]
			inputs []*Tensor[T]
		}{
			"long":      {func() { Add(long, x, y) }, long, []*Tensor[T]{x, y}},
			"matrix":    {func() { Add(matrix, m, m) }, matrix, []*Tensor[T]{m, m}},
			"turned":    {func() { Add(matrix, m, turned) }, matrix, []*Tensor[T]{m, turned}},
			"row":       {func() { AddRow(matrix, m, row) }, matrix, []*Tensor[T]{m, row}},
			"column":    {func() { Add(matrix, column, m) }, matrix, []*Tensor[T]{column, m}},
			"dst too":   {func() { Add(matrixT, turnedT, mT) }, matrix, []*Tensor[T]{turned, m}},
			"all alone": {func() { Add(matrix, row, column) }, matrix, []*Tensor[T]{row, column}},
		} {
			c.dst.Fill(-1)
			c.run()
			wantMap(t, fmt.Sprint(name, " threads ", threads), c.dst, func(v []T) T { return v[0] + v[1] }, c.inputs...)
			if n := steady.Allocs(10, c.run); n > 0 {
				t.Errorf("%s, %d threads: %v allocations a call", name, threads, n)
			}
		}
	}
}

func TestMapLong(t *testing.T) {
	t.Run("f32", testMapLong[float32])
	t.Run("f64", testMapLong[float64])
}

// Small calls, views included, allocate nothing either.
func TestMapAllocs(t *testing.T) {
	x, y := arange(8, 6), arange(6, 8)
	dst, scalar := New[float32](8, 6), From([]float32{3}, 1)
	turned := y.T()
	long, longTurned := New[float32](300, 400), New[float32](400, 300).T()
	for name, f := range map[string]func(){
		"Add":        func() { Add(dst, x, x) },
		"ReLU":       func() { ReLU(dst, x) },
		"ReLUGrad":   func() { ReLUGrad(dst, x, turned) },
		"Add turned": func() { Add(dst, x, turned) },
		"Add scalar": func() { Add(dst, x, scalar) },
		"CopyFrom":   func() { dst.CopyFrom(turned) },
		"Fill":       func() { turned.Fill(1) },
		"transpose":  func() { long.CopyFrom(longTurned) },
	} {
		if n := steady.Allocs(100, f); n > 0 {
			t.Errorf("%s: %v allocations a call", name, n)
		}
	}
}

func TestMapMisuse(t *testing.T) {
	d, x := New[float32](4, 4), New[float32](4, 4)
	shapePanic(t, "Add", func() { Add(d, x, New[float32](3)) })
	shapePanic(t, "Add", func() { Add(New[float32](4), x, x) })
	shapePanic(t, "Add", func() { Add(New[float32](1, 4), x, x) })
	shapePanic(t, "Add", func() { Add(d, d.T(), x) })
	shapePanic(t, "Add", func() { Add(d, x, d.Select(1, 2)) })
	shapePanic(t, "Add", func() { Add(d, x, d.Narrow(0, 1, 1)) })
	shapePanic(t, "ReLU", func() { ReLU(d, d.T()) })
	wide := New[float32](4, 8)
	shapePanic(t, "ReLU", func() { ReLU(wide.Narrow(1, 0, 4), wide.Narrow(1, 1, 4)) })
	ReLU(wide.Narrow(1, 0, 4), wide.Narrow(1, 4, 4)) // side by side
	ReLU(d.T(), d.T())                               // in place, turned
}

// Kernels with scalars, three inputs or a dst that is read run over views all the same.
func TestMapForms(t *testing.T) {
	r := rand.New(rand.NewPCG(37, 38))
	shape := []int{9, 70}
	for _, l := range layoutsOf[float64](shape) {
		name, layout := l.name, l.new
		x, y, z := randomize(r, layout()), randomize(r, layout()), randomize(r, New[float64](shape...))
		dst := layout()
		type kernels = *asm.Kernels[float64]
		map1a("t", heavy, dst, x, 2, func(kernels) func(d, x []float64, a float64) {
			return func(d, x []float64, a float64) {
				for i := range d {
					d[i] = x[i] - a
				}
			}
		})
		wantMap(t, "map1a "+name, dst, func(v []float64) float64 { return v[0] - 2 }, x)
		map1ab("t", heavy, dst, x, 2, 3, func(kernels) func(d, x []float64, a, b float64) {
			return func(d, x []float64, a, b float64) {
				for i := range d {
					d[i] = (x[i] - a) / b
				}
			}
		})
		wantMap(t, "map1ab "+name, dst, func(v []float64) float64 { return (v[0] - 2) / 3 }, x)
		map2a("t", heavy, dst, x, y, 2, func(kernels) func(d, x, y []float64, a float64) {
			return func(d, x, y []float64, a float64) {
				for i := range d {
					d[i] = (x[i] - a) / y[i]
				}
			}
		})
		wantMap(t, "map2a "+name, dst, func(v []float64) float64 { return (v[0] - 2) / v[1] }, x, y)
		map2ab("t", heavy, dst, x, y, 2, 3, func(kernels) func(d, x, y []float64, a, b float64) {
			return func(d, x, y []float64, a, b float64) {
				for i := range d {
					d[i] = (x[i] - a) / (y[i] - b)
				}
			}
		})
		wantMap(t, "map2ab "+name, dst, func(v []float64) float64 { return (v[0] - 2) / (v[1] - 3) }, x, y)
		map3("t", heavy, dst, x, y, z, func(kernels) func(d, x, y, z []float64) {
			return func(d, x, y, z []float64) {
				for i := range d {
					d[i] = (x[i] - y[i]) / z[i]
				}
			}
		})
		wantMap(t, "map3 "+name, dst, func(v []float64) float64 { return (v[0] - v[1]) / v[2] }, x, y, z)
		map3a("t", heavy, dst, x, y, z, 4, func(kernels) func(d, x, y, z []float64, a float64) {
			return func(d, x, y, z []float64, a float64) {
				for i := range d {
					d[i] = (x[i] - y[i]) / (z[i] - a)
				}
			}
		})
		wantMap(t, "map3a "+name, dst, func(v []float64) float64 { return (v[0] - v[1]) / (v[2] - 4) }, x, y, z)
		old := dst.Clone()
		mapA1("t", light, true, dst, 0.5, x, func(k kernels) func(d []float64, a float64, x []float64) { return k.Axpy })
		wantMap(t, "mapA1 "+name, dst, func(v []float64) float64 { return asm.FMA(0.5, v[0], v[1]) }, x, old)
		map0a(light, dst, 5, func(kernels) func(d []float64, a float64) {
			return func(d []float64, a float64) {
				for i := range d {
					d[i] = a
				}
			}
		})
		wantMap(t, "map0a "+name, dst, func([]float64) float64 { return 5 })
	}
}

// Copies between any two layouts, and fills of any, write every element where it
// belongs and nothing beside.
func testMapCopies[T Float](t *testing.T) {
	r := rand.New(rand.NewPCG(39, 40))
	shapes := append(shapesToMap(), []int{2, 3, 40, 41})
	if !testing.Short() {
		shapes = append(shapes, []int{3, 17, 4, 65}, []int{70, 1030}, []int{1030, 70}, []int{64, 1024}, []int{3, 2, 5000})
	}
	for _, shape := range shapes {
		all := layoutsOf[T](shape)
		for i, to := range all {
			for j := range min(4, len(all)) {
				from := all[(i+3*j)%len(all)]
				src, dst := randomize(r, from.new()), to.new()
				dst.CopyFrom(src)
				wantMap(t, "copy of "+from.name+" to "+to.name, dst, func(v []T) T { return v[0] }, src)
				if n := nonzero(dst.data); n != src.Len() {
					t.Errorf("%v: %s to %s wrote %d elements, not %d", shape, from.name, to.name, n, src.Len())
				}
				dst.Fill(2)
				if n := nonzero(dst.data); n != src.Len() {
					t.Errorf("%v: fill of %s wrote %d elements, not %d", shape, to.name, n, src.Len())
				}
				wantMap(t, "fill of "+to.name, dst, func([]T) T { return 2 })
			}
		}
	}
	// Every permutation of four axes, images of three channels among them.
	for _, shape := range [][]int{{3, 18, 5, 33}, {2, 3, 13, 20}, {2, 9, 7, 3}} {
		x := randomize(r, New[T](shape...))
		for p := range 4 * 4 * 4 * 4 {
			axes := []int{p % 4, p / 4 % 4, p / 16 % 4, p / 64}
			if sorted := slices.Sorted(slices.Values(axes)); !slices.Equal(sorted, []int{0, 1, 2, 3}) {
				continue
			}
			v := x.Permute(axes...)
			wantMap(t, fmt.Sprint("permuted ", axes), v.Clone(), func(v []T) T { return v[0] }, v)
			back := New[T](shape...)
			back.Permute(axes...).CopyFrom(v)
			if firstDiff := slices.Compare(back.data, x.data); firstDiff != 0 {
				t.Errorf("%v permuted %v and back: another tensor", shape, axes)
			}
		}
	}
}

func nonzero[T Float](x []T) (n int) {
	for _, v := range x {
		if v != 0 {
			n++
		}
	}
	return n
}

func TestMapCopies(t *testing.T) {
	t.Run("f32", testMapCopies[float32])
	t.Run("f64", testMapCopies[float64])
}
