package asm

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"unsafe"
)

// rowCall runs a kernel on a matrix a of rows of len(v) elements, ld apart, beside a
// vector v as long as a row and a vector w of one element for each row. It may write
// in all three.
type rowCall[T Float] struct {
	name   string
	unused int // the operand it does not touch: 1 for v, 2 for w; 0: none
	run    func(k *Kernels[T], a []T, ld, rows int, v, w []T)
}

// rowCalls are those of every kernel over the rows of a matrix. A family with a file of
// its own for them adds a line here.
func rowCalls[T Float]() []rowCall[T] {
	return slices.Concat(reduceRowCalls[T](), distRowCalls[T](), normRowCalls[T](), lossRowCalls[T](), firstRowCalls[T]())
}

func firstRowCalls[T Float]() []rowCall[T] {
	return []rowCall[T]{
		{"AxpyRows", 0, func(k *Kernels[T], a []T, ld, rows int, v, w []T) { k.AxpyRows(a, ld, w, v) }},
		{"DotRows", 0, func(k *Kernels[T], a []T, ld, rows int, v, w []T) { k.DotRows(w, a, ld, v) }},
		{"ColSum", 2, func(k *Kernels[T], a []T, ld, rows int, v, w []T) { k.ColSum(v, a, ld, rows) }},
		{"RotRows", 1, func(k *Kernels[T], a []T, ld, rows int, v, w []T) {
			c, s := make([]T, rows-1), w[:rows-1]
			for i := range c {
				c[i] = 0.6
			}
			k.RotRows(a, ld, len(v), c, s, rows%2 == 0)
		}},
	}
}

// TestEveryRowKernel holds the kernels of rows to the plain bodies: all lengths of a
// row around the strips, all numbers of rows around the groups, rows that touch, rows
// apart and rows that collide in the first-level cache; what lies between is left.
func TestEveryRowKernel(t *testing.T) {
	t.Run("f32", testEveryRowKernel[float32])
	t.Run("f64", testEveryRowKernel[float64])
}

func testEveryRowKernel[T Float](t *testing.T) {
	r := rand.New(rand.NewPCG(6, 0))
	generic := Tables[T]()[0]
	for _, c := range rowCalls[T]() {
		for _, k := range Tables[T]() {
			t.Run(fmt.Sprintf("%s/isa=%s", c.name, k.ISA), func(t *testing.T) {
				check := func(rows, n, ld, offset int, specials bool) {
					t.Helper()
					a, v, w := operands[T](r, offset+rows*ld+n, specials), operands[T](r, n+8, specials), operands[T](r, rows+8, specials)
					got := [][]T{slices.Clone(a), slices.Clone(v), slices.Clone(w)}
					c.run(k, got[0][offset:], ld, rows, got[1][:n:n], got[2][:rows:rows])
					c.run(generic, a[offset:], ld, rows, v[:n:n], w[:rows:rows])
					for i, want := range [][]T{a, v, w} {
						if j := firstDifference(got[i], want); j >= 0 {
							t.Fatalf("%d rows of %d, %d apart, operand %d: [%d] = %v, want %v", rows, n, ld, i, j, got[i][j], want[j])
						}
					}
				}
				for _, n := range lengths(k == generic) {
					check(1+n%11, n, n+n%3, n%4, n%5 == 0)
				}
				check(23, 300, 301, 2, false)
				if testing.Short() && k == generic {
					return
				}
				for rows := 1; rows <= 19; rows++ {
					for _, n := range []int{1, 7, 31, 64, 100} {
						if n%3 == 1 || !testing.Short() {
							check(rows, n, n+rows%2, rows%3, false)
						}
					}
				}
				check(64, 300, 512, 0, false)
				check(9, 1000, 1024, 0, true)
				if !testing.Short() {
					check(3, 5000, 5001, 1, false)
				}
			})
		}
	}
}

// TestEveryAlignment: where each operand begins changes nothing, all combinations of
// two places within a vector.
func TestEveryAlignment(t *testing.T) {
	t.Run("f32", testEveryAlignment[float32])
	t.Run("f64", testEveryAlignment[float64])
}

func testEveryAlignment[T Float](t *testing.T) {
	r := rand.New(rand.NewPCG(8, 0))
	generic := Tables[T]()[0]
	const n, room = 211, 17
	place := func(x []T, offset int) []T { // offset elements from an address that is a multiple of 64
		y := aligned[T](n + room)[offset:]
		return y[:copy(y, x)]
	}
	step := 1
	if testing.Short() {
		step = 5
	}
	for _, c := range calls[T]() {
		for _, k := range Tables[T]()[1:] {
			for at := 0; at < 16*16; at += step {
				var in, want [][]T
				offsets := []int{at % 16, at / 16, (at % 16) / 2}
				for j := range c.inputs {
					x := operands[T](r, n, at%7 == 0)
					in, want = append(in, place(x, offsets[j%3])), append(want, x)
				}
				got, dst := place(make([]T, n), offsets[2]), make([]T, n)
				result, wanted := c.run(k, got, in), c.run(generic, dst, want)
				if !sameBits(result, wanted) || firstDifference(got, dst) >= 0 {
					t.Fatalf("isa=%s %s, operands at %v: %v, want %v", k.ISA, c.name, offsets, result, wanted)
				}
				for j := range in {
					if i := firstDifference(in[j], want[j]); i >= 0 {
						t.Fatalf("isa=%s %s, operands at %v: input %d[%d] = %v, want %v", k.ISA, c.name, offsets, j, i, in[j][i], want[j][i])
					}
					all := in[j][:cap(in[j])]
					if slices.ContainsFunc(all[n:], func(v T) bool { return v != 0 }) {
						t.Fatalf("isa=%s %s, operands at %v: input %d was written beyond its end", k.ISA, c.name, offsets, j)
					}
				}
			}
		}
	}
}

// aligned returns n zeros at an address that is a multiple of 64.
func aligned[T Float](n int) []T {
	x := make([]T, n+64)
	for uintptr(unsafe.Pointer(&x[0]))%64 != 0 {
		x = x[1:]
	}
	return x[:n:n]
}

// TestDotTails: sums of products too small for the format are -0, and stay so where
// the end of a slice gives a lane nothing: adding +0 there would give +0.
func TestDotTails(t *testing.T) {
	t.Run("f32", testDotTails[float32])
	t.Run("f64", testDotTails[float64])
}

func testDotTails[T Float](t *testing.T) {
	tiny := T(math.SmallestNonzeroFloat32)
	if !is32[T]() {
		v := math.SmallestNonzeroFloat64
		tiny = T(v)
	}
	negZero := T(math.Copysign(0, -1))
	L := Lanes[T]()
	for _, k := range Tables[T]() {
		for n := 0; n <= 4*L+3; n++ {
			x, y := aligned[T](n + 5)[n%3:][:n:n], aligned[T](n + 5)[n%5:][:n:n]
			for i := range x {
				x[i], y[i] = -tiny, tiny
			}
			want := T(0) // a lane that gets nothing is +0
			if n >= L {
				want = negZero
			}
			dst := []T{1, 1, 1, 1, 1}
			k.DotRows(dst, slices.Repeat(y, 5), n, x)
			for _, got := range append(dst, k.Dot(x, y)) {
				if !sameBits(got, want) {
					t.Fatalf("isa=%s n %d: %v, want %v", k.ISA, n, got, want)
				}
			}
			// The last element alone is not lost among them.
			if n > 0 {
				x[n-1], y[n-1] = 3, 5
				if got := k.Dot(x, y); got != 15 {
					t.Fatalf("isa=%s n %d: %v, want 15", k.ISA, n, got)
				}
			}
		}
	}
}

// TestReduceSpecials: infinities and zeros of both signs in every place of a short
// slice. NaNs that hide the rest come from the other tests.
func TestReduceSpecials(t *testing.T) {
	t.Run("f32", testReduceSpecials[float32])
	t.Run("f64", testReduceSpecials[float64])
}

func testReduceSpecials[T Float](t *testing.T) {
	r := rand.New(rand.NewPCG(7, 0))
	inf, nan, neg := T(math.Inf(1)), T(math.NaN()), T(math.Copysign(0, -1))
	generic := Tables[T]()[0]
	for n := 1; n <= 70; n++ {
		for i := range n {
			for _, v := range []T{inf, -inf, nan, neg, T(-1e-45)} {
				x, y := operands[T](r, n, false), operands[T](r, n, false)
				x[i], y[(i+n/2)%n] = v, 0
				for _, k := range Tables[T]()[1:] {
					for _, c := range []struct {
						name      string
						got, want T
					}{
						{"Sum", k.Sum(x), generic.Sum(x)}, {"Asum", k.Asum(x), generic.Asum(x)}, {"SumSq", k.SumSq(x), generic.SumSq(x)},
						{"Dot", k.Dot(x, y), generic.Dot(x, y)}, {"AMax", k.AMax(x), generic.AMax(x)},
					} {
						if !sameBits(c.got, c.want) {
							t.Fatalf("isa=%s %s of %d with %v at %d: %v, want %v", k.ISA, c.name, n, v, i, c.got, c.want)
						}
					}
				}
			}
		}
	}
	for _, k := range Tables[T]() {
		for _, c := range []struct {
			x    []T
			want T
		}{{nil, 0}, {[]T{neg}, 0}, {[]T{nan}, 0}, {[]T{nan, -2, 1, nan}, 2}, {[]T{-inf, nan}, inf}} {
			if got := k.AMax(c.x); !sameBits(got, c.want) {
				t.Errorf("isa=%s AMax(%v) = %v, want %v", k.ISA, c.x, got, c.want)
			}
		}
		if got := k.Sum([]T{neg, neg}); !sameBits(got, 0) {
			t.Errorf("isa=%s: the sum of negative zeros is %v", k.ISA, got)
		}
	}
}
