package tensor

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"

	"github.com/lanes-go/lanes/asm"
	"github.com/lanes-go/lanes/internal/steady"
)

// eltwiseOp is a public operation and what it does to the elements of its inputs.
type eltwiseOp[T Float] struct {
	name   string
	inputs int
	spread bool // inputs are broadcast
	dstIn  bool // dst is input 0 too
	run    func(dst *Tensor[T], in []*Tensor[T])
	ref    func(v []T) T
}

func eltwiseOps[T Float]() []eltwiseOp[T] {
	nan := T(math.NaN())
	bit := func(b bool) T {
		if b {
			return 1
		}
		return 0
	}
	binary := func(name string, f func(dst, x, y *Tensor[T]), ref func(x, y T) T) eltwiseOp[T] {
		return eltwiseOp[T]{name: name, inputs: 2, spread: true,
			run: func(dst *Tensor[T], in []*Tensor[T]) { f(dst, in[0], in[1]) },
			ref: func(v []T) T { return ref(v[0], v[1]) }}
	}
	unary := func(name string, f func(dst, x *Tensor[T]), ref func(x T) T) eltwiseOp[T] {
		return eltwiseOp[T]{name: name, inputs: 1,
			run: func(dst *Tensor[T], in []*Tensor[T]) { f(dst, in[0]) },
			ref: func(v []T) T { return ref(v[0]) }}
	}
	either := func(x, y T, first bool) T {
		switch {
		case x != x || y != y:
			return nan
		case first:
			return x
		}
		return y
	}
	return []eltwiseOp[T]{
		binary("Add", Add[T], func(x, y T) T { return x + y }),
		binary("Sub", Sub[T], func(x, y T) T { return x - y }),
		binary("Mul", Mul[T], func(x, y T) T { return x * y }),
		binary("Div", Div[T], func(x, y T) T { return x / y }),
		binary("Maximum", Maximum[T], func(x, y T) T { return either(x, y, x > y) }),
		binary("Minimum", Minimum[T], func(x, y T) T { return either(x, y, x < y) }),
		binary("Eq", Eq[T], func(x, y T) T { return bit(x == y) }),
		binary("Ne", Ne[T], func(x, y T) T { return bit(x != y) }),
		binary("Lt", Lt[T], func(x, y T) T { return bit(x < y) }),
		binary("Le", Le[T], func(x, y T) T { return bit(x <= y) }),
		binary("Gt", Gt[T], func(x, y T) T { return bit(x > y) }),
		binary("Ge", Ge[T], func(x, y T) T { return bit(x >= y) }),
		unary("Neg", Neg[T], func(x T) T { return -x }),
		unary("Abs", Abs[T], func(x T) T { return T(math.Abs(float64(x))) }),
		unary("Square", Square[T], func(x T) T { return x * x }),
		unary("Sqrt", Sqrt[T], func(x T) T { return T(math.Sqrt(float64(x))) }),
		unary("Clamp", func(dst, x *Tensor[T]) { Clamp(dst, x, -1, 0.5) }, func(x T) T {
			switch {
			case x < -1:
				return -1
			case x > 0.5:
				return 0.5
			}
			return x
		}),
		unary("AddScalar", func(dst, x *Tensor[T]) { AddScalar(dst, x, 0.3) }, func(x T) T { return x + T(0.3) }),
		unary("Affine", func(dst, x *Tensor[T]) { Affine(dst, x, 0.3, -7) }, func(x T) T { return asm.FMA(T(0.3), x, -7) }),
		unary("Scale", func(dst, x *Tensor[T]) { Scale(dst, 0.3, x) }, func(x T) T { return T(0.3) * x }),
		{name: "Axpy", inputs: 2, dstIn: true,
			run: func(dst *Tensor[T], in []*Tensor[T]) { Axpy(dst, 0.3, in[1]) },
			ref: func(v []T) T { return asm.FMA(T(0.3), v[1], v[0]) }},
		{name: "FMA", inputs: 3, spread: true,
			run: func(dst *Tensor[T], in []*Tensor[T]) { FMA(dst, in[0], in[1], in[2]) },
			ref: func(v []T) T { return asm.FMA(v[0], v[1], v[2]) }},
		{name: "Select", inputs: 3, spread: true,
			run: func(dst *Tensor[T], in []*Tensor[T]) { Select(dst, in[0], in[1], in[2]) },
			ref: func(v []T) T {
				if v[0] == 0 {
					return v[2]
				}
				return v[1]
			}},
	}
}

// special puts a NaN, zeros of both signs, an infinity and equal numbers among the
// elements.
func special[T Float](r *rand.Rand, t *Tensor[T]) *Tensor[T] {
	randomize(r, t)
	eachIndex(t.shape, func(index []int) {
		if i := r.IntN(30); i < 6 {
			t.Set([]T{0, T(math.Copysign(0, -1)), T(math.NaN()), T(math.Inf(1)), 1, -1}[i], index...)
		}
	})
	return t
}

func testEltwiseOps[T Float](t *testing.T, ops []eltwiseOp[T]) {
	r := rand.New(rand.NewPCG(41, 42))
	shape := []int{7, 3, 37}
	all := layoutsOf[T](shape)
	for n, op := range ops {
		inputs := func(i int) (in []*Tensor[T]) {
			for j := range op.inputs {
				in = append(in, special(r, all[(i+3*j+n)%len(all)].new()))
			}
			return in
		}
		for i, l := range all {
			in, dst := inputs(i), l.new()
			if op.dstIn {
				dst.CopyFrom(in[0])
			}
			op.run(dst, in)
			wantMap(t, op.name+" to "+l.name, dst, op.ref, in...)
			// In place on each input.
			for j := range in {
				if op.dstIn && j > 0 {
					break
				}
				in, old := inputs(i), make([]*Tensor[T], op.inputs)
				for k := range in {
					old[k] = in[k].Clone()
				}
				op.run(in[j], in)
				wantMap(t, fmt.Sprint(op.name, " in place of ", j), in[j], op.ref, old...)
			}
			// Each input broadcast.
			for j := range in {
				if !op.spread {
					break
				}
				for _, s := range [][]int{{37}, {7, 1, 1}, {3, 1}, {1}, {}} {
					in := inputs(i)
					in[j] = special(r, New[T](s...))
					dst := l.new()
					op.run(dst, in)
					wantMap(t, fmt.Sprint(op.name, " with ", s), dst, op.ref, in...)
				}
			}
		}
		in, dst := inputs(0), New[T](shape...)
		if n := steady.Allocs(20, func() { op.run(dst, in) }); n > 0 {
			t.Errorf("%s: %v allocations a call", op.name, n)
		}
		for j := range in {
			if op.dstIn && j == 0 {
				continue
			}
			bad := slices.Clone(in)
			bad[j] = New[T](7, 3, 36)
			shapePanic(t, op.name, func() { op.run(dst, bad) })
			shared := New[T](8, 3, 37)
			bad[j] = shared.Narrow(0, 1, 7)
			shapePanic(t, op.name, func() { op.run(shared.Narrow(0, 0, 7), bad) })
			if !op.spread {
				bad[j] = New[T](37)
				shapePanic(t, op.name, func() { op.run(dst, bad) })
			}
		}
	}
}

func TestEltwiseOps(t *testing.T) {
	t.Run("f32", func(t *testing.T) { testEltwiseOps(t, eltwiseOps[float32]()) })
	t.Run("f64", func(t *testing.T) { testEltwiseOps(t, eltwiseOps[float64]()) })
}

// Many goroutines at once, on inputs they share: each gets its own results.
func TestEltwiseConcurrent(t *testing.T) {
	defer SetMaxThreads(SetMaxThreads(4))
	r := rand.New(rand.NewPCG(43, 44))
	const m, n = 150, 900
	x, turned, row := randomTensor[float32](r, m, n), randomTensor[float32](r, n, m).T(), randomTensor[float32](r, n)
	var wait sync.WaitGroup
	for g := range 6 {
		wait.Go(func() {
			dst, want := New[float32](m, n), New[float32](m, n)
			for range 10 {
				switch g % 3 {
				case 0:
					Add(dst, x, turned)
					Sub(dst, dst, turned)
					Add(want, x, turned)
					Sub(want, want, turned.Clone())
				case 1:
					Mul(dst, turned, row)
					Mul(want, row, turned.Clone())
				case 2:
					dst.CopyFrom(turned)
					want.T().CopyFrom(turned.T())
				}
				if !slices.Equal(dst.data, want.data) {
					t.Errorf("goroutine %d: another result", g)
					return
				}
			}
		})
	}
	wait.Wait()
}

// Long results are stored past the caches where that is faster: the same bits, from
// any start and for any number of threads.
func TestEltwiseStreams(t *testing.T) {
	defer SetMaxThreads(SetMaxThreads(0))
	defer func(n int) { streamFrom = n }(streamFrom)
	r := rand.New(rand.NewPCG(45, 46))
	n := 3*16384 + 100
	a, b := randomTensor[float32](r, n), randomTensor[float32](r, n)
	for _, from := range []int{math.MaxInt, 1000} {
		streamFrom = from
		for threads := 1; threads <= 3; threads++ {
			SetMaxThreads(threads)
			for start := range 3 {
				x, y := a.Narrow(0, start, n-start), b.Narrow(0, 0, n-start)
				dst := New[float32](n+2).Narrow(0, 2-start, n-start)
				Add(dst, x, y)
				wantMap(t, "Add", dst, func(v []float32) float32 { return v[0] + v[1] }, x, y)
				dst.CopyFrom(x)
				wantMap(t, "CopyFrom", dst, func(v []float32) float32 { return v[0] }, x)
				Mul(dst, dst, y)
				wantMap(t, "Mul in place", dst, func(v []float32) float32 { return v[0] * v[1] }, x, y)
			}
		}
	}
}
