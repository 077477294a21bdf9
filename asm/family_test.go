package asm

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// call runs one kernel of a table on inputs of one length: it returns what the
// kernel wrote (dst and what it updates) and what it returned. In dst and in
// inputs 0 … writes-1 it may write.
type call[T Float] struct {
	name   string
	inputs int
	writes int  // inputs that are updated
	alias  bool // dst may be each input
	reads  bool // nothing is written
	run    func(k *Kernels[T], dst []T, in [][]T) T
	ref    func(i int, in [][]T) T // dst[i] on its own, or nil
}

// calls are those of every kernel over slices of one length. A family with a file of
// its own for them adds a line here.
func calls[T Float]() []call[T] {
	return slices.Concat(eltwiseCalls[T](), actCalls[T](), mathCalls[T](), normCalls[T](), lossCalls[T](), reduceCalls[T](), updateCalls[T](), randomCalls[T](), firstCalls[T]())
}

// everyTable returns every table and, where it is another one, its NT.
func everyTable[T Float]() (all []namedTable[T]) {
	for _, k := range Tables[T]() {
		all = append(all, namedTable[T]{k, k.ISA})
		if k.NT != k {
			all = append(all, namedTable[T]{k.NT, k.ISA + "/nt"})
		}
	}
	return all
}

type namedTable[T Float] struct {
	*Kernels[T]
	name string
}

func firstCalls[T Float]() []call[T] {
	return []call[T]{
		{name: "Add", inputs: 2, alias: true,
			run: func(k *Kernels[T], dst []T, in [][]T) T { k.Add(dst, in[0], in[1]); return 0 },
			ref: func(i int, in [][]T) T { return in[0][i] + in[1][i] }},
		{name: "Scale", inputs: 1, alias: true,
			run: func(k *Kernels[T], dst []T, in [][]T) T { k.Scale(dst, 0.3, in[0]); return 0 },
			ref: func(i int, in [][]T) T { return T(0.3 * in[0][i]) }},
		{name: "Axpy", inputs: 2, writes: 1,
			run: func(k *Kernels[T], dst []T, in [][]T) T { k.Axpy(in[0], 0.3, in[1]); return 0 }},
		{name: "Axpy", inputs: 1, writes: 1, // on itself
			run: func(k *Kernels[T], dst []T, in [][]T) T { k.Axpy(in[0], 0.3, in[0]); return 0 }},
		{name: "Axpby", inputs: 2, writes: 1,
			run: func(k *Kernels[T], dst []T, in [][]T) T { k.Axpby(in[0], 3, in[1], -0.5); return 0 }},
		{name: "Rot", inputs: 2, writes: 2,
			run: func(k *Kernels[T], dst []T, in [][]T) T { k.Rot(in[0], in[1], 0.6, -0.8); return 0 }},
		{name: "Swap", inputs: 2, writes: 2,
			run: func(k *Kernels[T], dst []T, in [][]T) T { k.Swap(in[0], in[1]); return 0 }},
		{name: "ReLU", inputs: 1, alias: true,
			run: func(k *Kernels[T], dst []T, in [][]T) T { k.ReLU(dst, in[0]); return 0 },
			ref: func(i int, in [][]T) T {
				if in[0][i] < 0 {
					return 0
				}
				return in[0][i]
			}},
		{name: "ReLUGrad", inputs: 2, alias: true,
			run: func(k *Kernels[T], dst []T, in [][]T) T { k.ReLUGrad(dst, in[0], in[1]); return 0 },
			ref: func(i int, in [][]T) T {
				if in[1][i] > 0 {
					return in[0][i]
				}
				return 0
			}},
		{name: "Sum", inputs: 1, reads: true,
			run: func(k *Kernels[T], dst []T, in [][]T) T { return k.Sum(in[0]) }},
		{name: "Asum", inputs: 1, reads: true,
			run: func(k *Kernels[T], dst []T, in [][]T) T { return k.Asum(in[0]) }},
		{name: "SumSq", inputs: 1, reads: true,
			run: func(k *Kernels[T], dst []T, in [][]T) T { return k.SumSq(in[0]) }},
		{name: "Dot", inputs: 2, reads: true,
			run: func(k *Kernels[T], dst []T, in [][]T) T { return k.Dot(in[0], in[1]) }},
		{name: "AMax", inputs: 1, reads: true,
			run: func(k *Kernels[T], dst []T, in [][]T) T { return k.AMax(in[0]) }},
		{name: "Max", inputs: 1, reads: true,
			run: func(k *Kernels[T], dst []T, in [][]T) T { return k.Max(in[0]) }},
	}
}

// TestEveryKernel holds every kernel of every table to the plain body, bit for
// bit: all lengths to four times the longest vector's unrolled loop, all offsets,
// in place, beyond the ends untouched, inputs unchanged.
func TestEveryKernel(t *testing.T) {
	t.Run("f32", testEveryKernel[float32])
	t.Run("f64", testEveryKernel[float64])
}

func testEveryKernel[T Float](t *testing.T) {
	generic := Tables[T]()[0]
	r := rand.New(rand.NewPCG(2, 0))
	for _, c := range calls[T]() {
		for _, k := range everyTable[T]() {
			t.Run(fmt.Sprintf("%s/isa=%s", c.name, k.name), func(t *testing.T) {
				for _, n := range lengths(k.Kernels == generic) {
					checkCall(t, r, c, generic, k.Kernels, n, n%4)
				}
				for _, n := range []int{1000, Chunk - 1, Chunk} {
					if !testing.Short() || c.reads && n != Chunk-1 || n == 1000 && k.Kernels != generic {
						checkCall(t, r, c, generic, k.Kernels, n, 1)
					}
				}
			})
		}
	}
}

// lengths are all to four times the longest vector's unrolled loop, or, of a short test,
// all to two vectors and then some. The plain body, which is plain Go, is held to
// itself: in a short test at few lengths.
func lengths(plain bool) (ns []int) {
	const most = 4*64 + 3
	for n := 0; n <= most; n++ {
		switch {
		case !testing.Short(), !plain && (n <= 2*16 || n%13 == 0), plain && n%37 < 2, n == most:
			ns = append(ns, n)
		}
	}
	return ns
}

func checkCall[T Float](t *testing.T, r *rand.Rand, c call[T], generic, k *Kernels[T], n, offset int) {
	t.Helper()
	const guard = 8
	draw := func() (in [][]T) {
		for range c.inputs {
			in = append(in, operands[T](r, n+offset+guard, n%3 == 0))
		}
		return in
	}
	copies := func(in [][]T) (out [][]T) {
		for _, x := range in {
			out = append(out, slices.Clone(x))
		}
		return out
	}
	cut := func(in [][]T) (out [][]T) {
		for _, x := range in {
			out = append(out, x[offset:offset+n])
		}
		return out
	}
	in := draw()
	for alias := -1; alias < c.inputs; alias++ {
		if alias >= 0 && !c.alias {
			break
		}
		run := func(k *Kernels[T]) (dst []T, mine [][]T, result T) {
			mine = copies(in)
			dst = make([]T, n+offset+guard)
			if alias >= 0 {
				dst = mine[alias]
			}
			return dst, mine, c.run(k, dst[offset:offset+n], cut(mine))
		}
		want, wantIn, wantResult := run(generic)
		got, gotIn, gotResult := run(k)
		if i := firstDifference(got, want); i >= 0 {
			t.Fatalf("n %d, dst is input %d: dst[%d] = %v, want %v", n, alias, i-offset, got[i], want[i])
		}
		if !sameBits(gotResult, wantResult) {
			t.Fatalf("n %d: result %v, want %v", n, gotResult, wantResult)
		}
		for j := range in {
			if i := firstDifference(gotIn[j], wantIn[j]); i >= 0 {
				t.Fatalf("n %d: input %d[%d] = %v, want %v", n, j, i-offset, gotIn[j][i], wantIn[j][i])
			}
			for i, v := range gotIn[j] {
				inside := i >= offset && i < offset+n
				if j != alias && j >= c.writes && !sameBits(v, in[j][i]) || !inside && !sameBits(v, in[j][i]) {
					t.Fatalf("n %d: input %d[%d] was written", n, j, i-offset)
				}
			}
		}
		if c.ref != nil {
			for i, v := range got[offset : offset+n] {
				if w := c.ref(i, cut(in)); !sameBits(v, w) {
					t.Fatalf("n %d, dst is input %d: dst[%d] = %v, want %v", n, alias, i, v, w)
				}
			}
		}
	}
}

// The order of a sum, written out in another way: a tree over lanes.
func TestSumOrder(t *testing.T) {
	t.Run("f32", testSumOrder[float32])
	t.Run("f64", testSumOrder[float64])
}

func testSumOrder[T Float](t *testing.T) {
	L := Lanes[T]()
	if is32[T]() && L != 64 || !is32[T]() && L != 32 {
		t.Fatalf("%d lanes", L)
	}
	r := rand.New(rand.NewPCG(3, 0))
	for _, n := range []int{0, 1, L - 1, L, L + 1, 1000, Chunk} {
		x := operands[T](r, n, false)
		var tree func(lane, stride int) T
		tree = func(lane, stride int) T { // sum of the lanes lane, lane+stride, …
			if stride == L {
				var s T
				for i := lane; i < n; i += L {
					s += x[i]
				}
				return s
			}
			return tree(lane, 2*stride) + tree(lane+stride, 2*stride)
		}
		for _, k := range Tables[T]() {
			if got, want := k.Sum(x), tree(0, 1); !sameBits(got, want) {
				t.Errorf("isa=%s n %d: %v, want %v", k.ISA, n, got, want)
			}
		}
	}
}

func TestMax(t *testing.T) {
	t.Run("f32", testMax[float32])
	t.Run("f64", testMax[float64])
}

func testMax[T Float](t *testing.T) {
	inf, nan, neg := T(math.Inf(1)), T(math.NaN()), T(math.Copysign(0, -1))
	for _, k := range Tables[T]() {
		for _, c := range []struct {
			x    []T
			want T
		}{
			{nil, -inf}, {[]T{-inf, -inf}, -inf}, {[]T{-3, -2, -5}, -2}, {[]T{neg}, 0}, {[]T{neg, 0}, 0}, {[]T{0, neg}, 0},
			{[]T{-1, neg, -2}, 0}, {[]T{1, nan, 2}, nan}, {[]T{nan}, nan}, {[]T{inf, 3}, inf}, {[]T{inf, nan}, nan},
		} {
			if got := k.Max(c.x); !sameBits(got, c.want) {
				t.Errorf("isa=%s Max(%v) = %v, want %v", k.ISA, c.x, got, c.want)
			}
		}
	}
}

func TestColSumBlock(t *testing.T) {
	t.Run("f32", testColSumBlock[float32])
	t.Run("f64", testColSumBlock[float64])
}

func testColSumBlock[T Float](t *testing.T) {
	r := rand.New(rand.NewPCG(4, 0))
	for _, k := range Tables[T]() {
		for _, rows := range []int{0, 1, 2, 63, 64} {
			for n := range 70 {
				ld := n + rows%3
				x := operands[T](r, rows*ld+n, n%2 == 0)
				dst := operands[T](r, n+1, false)
				last := dst[n]
				k.ColSum(dst[:n], x, ld, rows)
				for j := range n {
					var s T
					for i := range rows {
						s += x[i*ld+j]
					}
					if !sameBits(s, dst[j]) {
						t.Fatalf("isa=%s %d rows, column %d of %d: %v, want %v", k.ISA, rows, j, n, dst[j], s)
					}
				}
				if dst[n] != last {
					t.Fatalf("isa=%s wrote beyond dst", k.ISA)
				}
			}
		}
	}
}
