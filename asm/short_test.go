package asm

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// shortCall is a call of one kernel on slices that are just long enough. From slice
// first on, each has a length that the call needs: those before give the length, or
// are not used.
type shortCall[T Float] struct {
	name  string
	lens  []int
	first int
	reads bool // it writes nothing
	run   func(s [][]T)
}

// shortCalls are calls of every kernel of k that takes more than one slice.
func shortCalls[T Float](k *Kernels[T]) (all []shortCall[T]) {
	for _, c := range calls[T]() {
		if alone[c.name] {
			continue
		}
		first := 1 // dst
		if c.writes > 0 || c.reads {
			first = 2 // dst is not used, input 0 gives the length
		}
		for _, n := range []int{1, 2, 16, 67, 300} {
			s := shortCall[T]{name: c.name, first: first, reads: c.reads, lens: []int{n}, run: func(s [][]T) { c.run(k, s[0], s[1:]) }}
			for range c.inputs {
				s.lens = append(s.lens, n)
			}
			all = append(all, s)
		}
	}
	for _, n := range []int{1, 2, 16, 67, 300} {
		all = append(all,
			shortCall[T]{name: "RotRows", lens: []int{3*(n+2) + n, 3, 3}, first: 2, run: func(s [][]T) { k.RotRows(s[0], n+2, n, s[1], s[2], n%2 == 0) }},
			shortCall[T]{name: "RotRows", lens: []int{3*(n+2) + n}, run: func(s [][]T) { k.RotRows(s[0], n+2, n, make([]T, 3), make([]T, 3), n%2 == 0) }},
			shortCall[T]{name: "AxpyRows", lens: []int{3*(n+2) + n}, run: func(s [][]T) { k.AxpyRows(s[0], n+2, []T{1, 2, 3, 4}, slices.Repeat([]T{1}, n)) }},
			shortCall[T]{name: "DotRows", first: 1, lens: []int{4, 3*(n+2) + n}, run: func(s [][]T) { k.DotRows(s[0], s[1], n+2, make([]T, n)) }},
			shortCall[T]{name: "DotSqRows", first: 1, lens: []int{4, 3*(n+2) + n}, run: func(s [][]T) { k.DotSqRows(s[0], make([]T, 4), s[1], n+2, make([]T, n)) }},
			shortCall[T]{name: "DistSqRows", first: 1, lens: []int{4, 3*(n+2) + n}, run: func(s [][]T) { k.DistSqRows(s[0], s[1], n+2, make([]T, n)) }},
			shortCall[T]{name: "DistL1Rows", first: 1, lens: []int{4, 3*(n+2) + n}, run: func(s [][]T) { k.DistL1Rows(s[0], s[1], n+2, make([]T, n)) }},
			shortCall[T]{name: "DiffRows", first: 1, lens: []int{4, 3*(n+2) + n}, run: func(s [][]T) { k.DiffRows(s[0], s[1], n+2, make([]T, n)) }},
			shortCall[T]{name: "ColSum", first: 1, lens: []int{n, 2*(n+3) + n}, run: func(s [][]T) { k.ColSum(s[0], s[1], n+3, 3) }})
		all = append(all, reduceShortCalls(k, n)...)
		all = append(all, lossShortCalls(k, n)...)
	}
	all = append(all, normShortCalls(k)...)
	nr := k.GemmNR
	for _, kk := range []int{1, 5, 9} {
		for _, n := range []int{1, nr - 1, nr} {
			all = append(all,
				shortCall[T]{name: "PackN", lens: []int{kk * nr, (kk-1)*(n+2) + n}, run: func(s [][]T) { k.PackN(s[0], nr, s[1], n+2, n, kk) }},
				shortCall[T]{name: "PackT", lens: []int{(kk-1)*nr + n, (n-1)*(kk+2) + kk}, run: func(s [][]T) { k.PackT(s[0], nr, s[1], kk+2, n, kk) }})
		}
		w := tileWidth(k)
		for _, n := range []int{1, w - 1, w, 5*w + 1} {
			h := k.GemmMR - 1
			all = append(all, shortCall[T]{name: "PackTiles", lens: []int{(n-1)/h*(kk*w+1) + kk*w, (kk-1)*(n+2) + n},
				run: func(s [][]T) { k.PackTiles(s[0], kk*w+1, w, s[1], n+2, h, n, kk) }})
		}
	}
	for mode := range 8 {
		out := OutBias
		if mode&4 != 0 {
			out = OutAffine
		}
		g := gemmCase[T](rand.New(rand.NewPCG(21, 22)), 3, 2*nr+1, 6, nr, mode&1 != 0, mode&2 != 0, out, false)
		all = append(all, shortCall[T]{name: "Gemm", lens: []int{len(g.A), len(g.B), len(g.C), len(g.Bias)}, run: func(s [][]T) {
			g := g
			g.A, g.B, g.C, g.Bias = s[0], s[1], s[2], s[3]
			CallGemm(&k.Products, &g) // panics where Gemm reports false
		}})
	}
	return all
}

// alone are kernels of one slice, whose length is theirs, or of none. ProbeCopy and the
// conversions have tests of their own.
var alone = map[string]bool{
	"Fill": true, "Sum": true, "Asum": true, "SumSq": true, "AMax": true, "Max": true, "Min": true, "ArgMax": true, "ArgMin": true, "Moments": true, "Uniform": true, "Normal": true, "Bernoulli": true, "Words": true, "ProbeFMA": true, "ProbeRead": true, "ProbeWrite": true, "ProbeCopy": true,
	"FromF16": true, "FromBF16": true, "ToF16": true, "ToBF16": true,
}

// TestEveryKernelShort: a slice that is too short, but has the capacity, is a panic
// with nothing written.
func TestEveryKernelShort(t *testing.T) {
	t.Run("float32", testEveryKernelShort[float32])
	t.Run("float64", testEveryKernelShort[float64])
}

func testEveryKernelShort[T Float](t *testing.T) {
	for _, k := range everyTable[T]() {
		covered := map[string]bool{}
		for _, c := range shortCalls(k.Kernels) {
			covered[c.name] = true
			t.Run(fmt.Sprintf("isa=%s/%s/lens=%v", k.name, c.name, c.lens), func(t *testing.T) {
				if p, written := c.try(c.lens); p != nil || written == c.reads && c.name != "Gemm" {
					t.Fatalf("slices long enough: panic %v, written %v", p, written)
				}
				for i := c.first; i < len(c.lens); i++ {
					for _, n := range []int{c.lens[i] - 1, c.lens[i] / 2, 0} {
						lens := append([]int(nil), c.lens...)
						lens[i] = n
						switch p, written := c.try(lens); {
						case p == nil:
							t.Errorf("lens %v: no panic", lens)
						case written:
							t.Errorf("lens %v: written before the panic (%v)", lens, p)
						}
					}
				}
			})
		}
		for _, f := range reflect.VisibleFields(reflect.TypeFor[Kernels[T]]()) {
			if f.Type.Kind() == reflect.Func && !covered[f.Name] && !alone[f.Name] {
				t.Errorf("%s is not called with slices that are too short", f.Name)
			}
		}
	}
}

// try runs the call on slices of these lengths, all with capacity to spare; it
// returns the panic and whether anything in their memory changed.
func (c *shortCall[T]) try(lens []int) (p any, written bool) {
	r := rand.New(rand.NewPCG(23, 24))
	var s, memory, before [][]T
	for i, n := range lens {
		x := operands[T](r, c.lens[i]+64, false)
		s, memory, before = append(s, x[:n]), append(memory, x), append(before, append([]T(nil), x...))
	}
	func() {
		defer func() { p = recover() }()
		c.run(s)
	}()
	for i := range memory {
		written = written || firstDifference(memory[i], before[i]) >= 0
	}
	return p, written
}

// tileWidth is the width of the tiles of PackTiles.
func tileWidth[T Float](k *Kernels[T]) int {
	w := 1
	for w < k.GemmMR {
		w *= 2
	}
	return w
}

// TestPackMisuse: sizes that make no sense are a panic that tells them.
func TestPackMisuse(t *testing.T) {
	t.Run("float32", testPackMisuse[float32])
	t.Run("float64", testPackMisuse[float64])
}

func testPackMisuse[T Float](t *testing.T) {
	for _, k := range Tables[T]() {
		w, nr := tileWidth(k), k.GemmNR
		dst, src := make([]T, 64*nr), make([]T, 64*nr)
		for _, c := range []struct {
			want string
			run  func()
		}{
			{"asm.PackTiles: tiles of 0 rows", func() { k.PackTiles(dst, w, w, src, w, 0, w, 1) }},
			{"asm.PackTiles: tiles of 0 rows", func() { k.PackTiles(dst, w, w, src, w, 0, 1, 0) }},
			{"asm.PackTiles: tiles of -1 rows", func() { k.PackTiles(dst, w, w, src, w, -1, 1, 1) }},
			{"asm.PackTiles: tiles of ", func() { k.PackTiles(dst, w, w, src, w, w+1, w, 1) }},
			{"asm.PackTiles: tiles of ", func() { k.PackTiles(dst, -w, w, src, w, 1, w, 1) }},
			{"asm.PackTiles: tiles of ", func() { k.PackTiles(dst, w, w, src, -1, 1, w, 2) }},
			{"asm.PackN: width ", func() { k.PackN(dst, nr, src, nr+1, nr+1, 2) }},
			{"asm.PackN: width ", func() { k.PackN(dst, nr, src, -1, nr, 2) }},
			{"asm.PackN: width ", func() { k.PackN(dst, -nr, src, nr, 1, 2) }},
			{"asm.PackT: width ", func() { k.PackT(dst, nr, src, 2, nr+1, 2) }},
			{"asm.PackT: width ", func() { k.PackT(dst, nr, src, -1, nr, 2) }},
		} {
			func() {
				defer func() {
					if err, _ := recover().(error); err == nil || !strings.HasPrefix(err.Error(), c.want) {
						t.Errorf("isa=%s: panic %v, want %q", k.ISA, err, c.want)
					}
				}()
				c.run()
			}()
		}
		// Nothing to copy.
		k.PackN(nil, nr, nil, 0, 0, 3)
		k.PackT(nil, nr, nil, 0, 3, 0)
		k.PackTiles(nil, 0, w, nil, 0, 1, 0, 3)
	}
}
