package asm

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// normRef are the definitions of a few elements in other words.
func normRef[T Float](x, m, s, t, lo T) T {
	v := FMA(x-m, s, t)
	if v >= lo || v != v {
		return v
	}
	return lo
}

func normGradRef[T Float](dy, x, y, m, a, b, c, pass T) T {
	if !(y > 0) && pass == 0 {
		dy = 0
	}
	return FMA(a, dy, FMA(b, x-m, c))
}

// normCalls are those of normalization of slices of one length.
func normCalls[T Float]() (all []call[T]) {
	for _, lo := range []T{0, T(math.Inf(-1))} {
		all = append(all, call[T]{name: "Norm", inputs: 1, alias: true,
			run: func(k *Kernels[T], dst []T, in [][]T) T { k.Norm(dst, in[0], 0.7, 0.3, -0.1, lo); return 0 },
			ref: func(i int, in [][]T) T { return normRef(in[0][i], 0.7, 0.3, -0.1, lo) }})
	}
	all = append(all,
		call[T]{name: "NormRow", inputs: 3, alias: true,
			run: func(k *Kernels[T], dst []T, in [][]T) T {
				k.NormRow(dst, in[0], in[1], in[2], 0.7, 0.3, -0.1)
				return 0
			},
			ref: func(i int, in [][]T) T { return FMA(FMA(in[0][i]-0.7, 0.3, -0.1), in[1][i], in[2][i]) }},
		call[T]{name: "NormRowAdd", inputs: 4, writes: 2,
			run: func(k *Kernels[T], dst []T, in [][]T) T {
				k.NormRowAdd(in[0], in[1], in[2], in[3], 0.7, 0.3, -0.1)
				return 0
			}})
	for _, pass := range []T{0, 1} {
		all = append(all,
			call[T]{name: "NormGrad", inputs: 3, alias: true,
				run: func(k *Kernels[T], dst []T, in [][]T) T {
					k.NormGrad(dst, in[0], in[1], in[2], 0.7, 0.3, -0.1, 0.2, pass)
					return 0
				},
				ref: func(i int, in [][]T) T { return normGradRef(in[0][i], in[1][i], in[2][i], 0.7, 0.3, -0.1, 0.2, pass) }},
			call[T]{name: "NormSums", inputs: 3, reads: true,
				run: func(k *Kernels[T], dst []T, in [][]T) T {
					s1, s2 := k.NormSums(in[0], in[1], in[2], 0.7, pass)
					return s1 + T(2*s2)
				}})
	}
	return all
}

// normRowCalls are those of the kernels of columns: a is every matrix and v every vector,
// or one of two that are written.
func normRowCalls[T Float]() []rowCall[T] {
	// The rows of a follow one another and fill it to its end.
	together := func(run func(k *Kernels[T], a, w, other []T, n int)) func(k *Kernels[T], a []T, ld, rows int, v, w []T) {
		return func(k *Kernels[T], a []T, ld, rows int, v, w []T) {
			a = a[:(rows-1)*ld+len(v)]
			other := make([]T, rows)
			for r := range other {
				other[r] = T(r) - 0.5
			}
			run(k, a[len(a)%rows:], w, other, len(a)/rows)
		}
	}
	return []rowCall[T]{
		{"NormRows", 1, together(func(k *Kernels[T], a, w, other []T, n int) { k.NormRows(a, a, w, other, other, other, n) })},
		{"NormRows", 1, together(func(k *Kernels[T], a, w, other []T, n int) { k.NormRows(a, a, other, w, other, other, n) })},
		{"NormRows", 1, together(func(k *Kernels[T], a, w, other []T, n int) { k.NormRows(a, a, other, other, w, other, n) })},
		{"NormRows", 1, together(func(k *Kernels[T], a, w, other []T, n int) { k.NormRows(a, a, other, other, other, w, n) })},
		{"NormRows", 1, together(func(k *Kernels[T], a, w, other []T, n int) {
			k.NormRows(a, slices.Clone(a), w, other, other, other, n)
		})},
		{"NormRows", 1, together(func(k *Kernels[T], a, w, other []T, n int) {
			k.NormRows(make([]T, len(a)), a, w, other, other, other, n)
		})},
		{"DevSumRows", 1, together(func(k *Kernels[T], a, w, other []T, n int) { k.DevSumRows(w, a, other, n) })},
		{"DevSumRows", 1, together(func(k *Kernels[T], a, w, other []T, n int) { k.DevSumRows(other, a, w, n) })},
		{"DevSqRows", 1, together(func(k *Kernels[T], a, w, other []T, n int) { k.DevSqRows(w, a, other, n) })},
		{"DevSqRows", 1, together(func(k *Kernels[T], a, w, other []T, n int) { k.DevSqRows(other, a, w, n) })},
		{"NormCols", 2, func(k *Kernels[T], a []T, ld, rows int, v, w []T) { k.NormCols(a, a, ld, rows, v, v, v, 0) }},
		{"NormColSums", 2, func(k *Kernels[T], a []T, ld, rows int, v, w []T) {
			k.NormColSums(v, slices.Clone(v), a, a, a, ld, rows, slices.Clone(v), 1)
		}},
		{"NormColSums", 2, func(k *Kernels[T], a []T, ld, rows int, v, w []T) {
			k.NormColSums(slices.Clone(v), v, a, a, a, ld, rows, slices.Clone(v), 0)
		}},
		{"NormColSums", 2, func(k *Kernels[T], a []T, ld, rows int, v, w []T) {
			k.NormColSums(slices.Clone(v), slices.Clone(v), a, a, a, ld, rows, v, 0)
		}},
		{"NormColsGrad", 2, func(k *Kernels[T], a []T, ld, rows int, v, w []T) {
			k.NormColsGrad(a, a, a, a, ld, rows, v, v, v, v, 1)
		}},
	}
}

// normShortCalls are those of the same.
func normShortCalls[T Float](k *Kernels[T]) (all []shortCall[T]) {
	add := func(name string, lens []int, run func(s [][]T)) {
		all = append(all, shortCall[T]{name: name, lens: lens, run: run})
	}
	for _, n := range []int{1, 2, 16, 67, 300} {
		ld, m := n+2, make([]T, n)
		far := 2*ld + n
		each := make([]T, 3)
		add("NormRows", []int{3 * n, 3 * n, 3, 3, 3}, func(s [][]T) { k.NormRows(s[0], s[1], each, s[2], s[3], s[4], n) })
		all = append(all,
			shortCall[T]{name: "DevSumRows", first: 1, lens: []int{3, 3 * n, 3}, run: func(s [][]T) { k.DevSumRows(s[0], s[1], s[2], n) }},
			shortCall[T]{name: "DevSqRows", first: 1, lens: []int{3, 3 * n, 3}, run: func(s [][]T) { k.DevSqRows(s[0], s[1], s[2], n) }})
		add("NormCols", []int{far, far, n, n}, func(s [][]T) { k.NormCols(s[0], s[1], ld, 3, m, s[2], s[3], 0) })
		add("NormColSums", []int{n, n, far, far, far}, func(s [][]T) { k.NormColSums(s[0], s[1], s[2], s[3], s[4], ld, 3, m, 1) })
		add("NormColsGrad", []int{far, far, far, far, n, n, n}, func(s [][]T) { k.NormColsGrad(s[0], s[1], s[2], s[3], ld, 3, m, s[4], s[5], s[6], 1) })
	}
	return all
}

// TestNormCols holds the kernels of columns to the plain bodies and those to the
// definitions: all lengths of a row, rows that touch and rows apart, what lies between is
// left, and dst in the place of each matrix.
func TestNormCols(t *testing.T) {
	t.Run("f32", testNormCols[float32])
	t.Run("f64", testNormCols[float64])
}

func testNormCols[T Float](t *testing.T) {
	kernels := []struct {
		name     string
		matrices int // beside dst; 0: it writes v[0] and v[1]
		run      func(k *Kernels[T], dst, x, dy, y []T, ld, rows int, v [][]T, flag T)
		ref      func(dst, x, dy, y *T, v [4]*T, flag T)
	}{
		{"NormCols", 1, func(k *Kernels[T], dst, x, dy, y []T, ld, rows int, v [][]T, flag T) {
			if flag > 0 {
				flag = T(math.Inf(-1))
			}
			k.NormCols(dst, x, ld, rows, v[0], v[1], v[2], flag)
		}, func(dst, x, dy, y *T, v [4]*T, flag T) {
			if flag > 0 {
				flag = T(math.Inf(-1))
			}
			*dst = normRef(*x, *v[0], *v[1], *v[2], flag)
		}},
		{"NormColsGrad", 3, func(k *Kernels[T], dst, x, dy, y []T, ld, rows int, v [][]T, flag T) {
			k.NormColsGrad(dst, dy, x, y, ld, rows, v[0], v[1], v[2], v[3], flag)
		}, func(dst, x, dy, y *T, v [4]*T, flag T) {
			*dst = normGradRef(*dy, *x, *y, *v[0], *v[1], *v[2], *v[3], flag)
		}},
		{"NormColSums", 0, func(k *Kernels[T], dst, x, dy, y []T, ld, rows int, v [][]T, flag T) {
			k.NormColSums(v[0], v[1], dy, x, y, ld, rows, v[2], flag)
		}, func(dst, x, dy, y *T, v [4]*T, flag T) {
			g := *dy
			if !(*y > 0) && flag == 0 {
				g = 0
			}
			*v[0] += g
			*v[1] = FMA(g, *x-*v[2], *v[1])
		}},
	}
	r := rand.New(rand.NewPCG(31, 0))
	for _, kernel := range kernels {
		for _, k := range everyTable[T]() {
			t.Run(fmt.Sprintf("%s/isa=%s", kernel.name, k.name), func(t *testing.T) {
				check := func(rows, n, ld, offset, alias int, specials bool) {
					t.Helper()
					var in, v, got, gotV [][]T
					for range 4 {
						in = append(in, operands[T](r, offset+rows*ld+n, specials))
						v = append(v, operands[T](r, n, specials))
					}
					for i := range in {
						got, gotV = append(got, slices.Clone(in[i])), append(gotV, slices.Clone(v[i]))
					}
					flag := T(n % 2)
					kernel.run(k.Kernels, got[alias][offset:], got[1][offset:], got[2][offset:], got[3][offset:], ld, rows, gotV, flag)
					for i := range rows {
						for j := range n {
							at := offset + i*ld + j
							kernel.ref(&in[alias][at], &in[1][at], &in[2][at], &in[3][at], [4]*T{&v[0][j], &v[1][j], &v[2][j], &v[3][j]}, flag)
						}
					}
					for i := range in {
						if j := firstDifference(got[i], in[i]); j >= 0 {
							t.Fatalf("%d rows of %d, %d apart, dst is operand %d: operand %d[%d] = %v, want %v", rows, n, ld, alias, i, j, got[i][j], in[i][j])
						}
						if j := firstDifference(gotV[i], v[i]); j >= 0 {
							t.Fatalf("%d rows of %d, %d apart: vector %d[%d] = %v, want %v", rows, n, ld, i, j, gotV[i][j], v[i][j])
						}
					}
				}
				step := 1
				if testing.Short() {
					step = 11
				}
				for n := 0; n <= 4*64+3; n += step {
					check(1+n%5, n, n+n%3, n%4, n%(kernel.matrices+1), n%5 == 0)
				}
				check(64, 300, 512, 0, 0, false)
				for _, n := range []int{16, 32, 112, 320} { // whole vectors, aligned as memory so long is
					check(20, n, 512, 0, n%(kernel.matrices+1), false)
				}
				check(3, 3000, 3001, 1, 0, false)
				check(0, 20, 20, 0, 0, false)
			})
		}
	}
}

// TestNormRowAdd: rows added one by one are the sums of columns, of x normalized.
func TestNormRowAdd(t *testing.T) {
	t.Run("f32", testNormRowAdd[float32])
	t.Run("f64", testNormRowAdd[float64])
}

func testNormRowAdd[T Float](t *testing.T) {
	r := rand.New(rand.NewPCG(33, 0))
	const rows, n = 5, 70
	dy, x, m := operands[T](r, rows*n, false), operands[T](r, rows*n, false), operands[T](r, rows, false)
	for _, k := range Tables[T]() {
		s1, s2 := make([]T, n), make([]T, n)
		xh := make([]T, rows*n)
		for i := range rows {
			k.NormRowAdd(s1, s2, dy[i*n:], x[i*n:], m[i], 0.3, 0.2)
			k.NormRow(xh[i*n:(i+1)*n], x[i*n:], slices.Repeat([]T{1}, n), make([]T, n), m[i], 0.3, 0.2)
		}
		w1, w2 := make([]T, n), make([]T, n)
		k.NormColSums(w1, w2, dy, xh, dy, n, rows, make([]T, n), 1)
		if firstDifference(s1, w1) >= 0 || firstDifference(s2, w2) >= 0 {
			t.Errorf("isa=%s: %v and %v, want %v and %v", k.ISA, s1, s2, w1, w2)
		}
	}
}

// TestNormSums: the sums are those of the reductions they stand for.
func TestNormSums(t *testing.T) {
	t.Run("f32", testNormSums[float32])
	t.Run("f64", testNormSums[float64])
}

func testNormSums[T Float](t *testing.T) {
	r := rand.New(rand.NewPCG(32, 0))
	for _, k := range Tables[T]() {
		for _, n := range []int{0, 1, 31, 64, 65, 200, 1000, Chunk} {
			dy, x, y := operands[T](r, n, false), operands[T](r, n, false), operands[T](r, n, false)
			const m = 0.4
			dev, g := slices.Clone(x), slices.Clone(dy)
			for i := range x {
				dev[i] -= m
			}
			for _, pass := range []T{1, 0} {
				for i := range g {
					if pass == 0 && !(y[i] > 0) {
						g[i] = 0
					}
				}
				s1, s2 := k.NormSums(dy, x, y, m, pass)
				if w1, w2 := k.Sum(g), k.Dot(g, dev); !sameBits(s1, w1) || !sameBits(s2, w2) {
					t.Errorf("isa=%s pass %v, %d elements: %v, %v, want %v, %v", k.ISA, pass, n, s1, s2, w1, w2)
				}
			}
		}
	}
}

// TestNormRows: kernels of rows are those of slices, row by row.
func TestNormRows(t *testing.T) {
	t.Run("f32", testNormRows[float32])
	t.Run("f64", testNormRows[float64])
}

func testNormRows[T Float](t *testing.T) {
	r := rand.New(rand.NewPCG(34, 0))
	const rows = 5
	for _, k := range Tables[T]() {
		for _, n := range []int{0, 1, 7, 16, 49, 64, 67, 196, 300} {
			x := operands[T](r, rows*n, n%2 == 0)
			m, s, b, lo := operands[T](r, rows, false), operands[T](r, rows, false), operands[T](r, rows, false), []T{0, 0, T(math.Inf(-1)), 0.25, T(math.Inf(-1))}
			y, sums, squares := make([]T, rows*n), make([]T, rows), make([]T, rows)
			k.NormRows(y, x, m, s, b, lo, n)
			k.DevSumRows(sums, x, m, n)
			k.DevSqRows(squares, x, m, n)
			want, d := make([]T, n), make([]T, n)
			for i := range rows {
				row := x[i*n:][:n]
				k.Norm(want, row, m[i], s[i], b[i], lo[i])
				if j := firstDifference(y[i*n:][:n], want); j >= 0 {
					t.Fatalf("isa=%s: NormRows of %d: row %d[%d] is %v, want %v", k.ISA, n, i, j, y[i*n+j], want[j])
				}
				for j, v := range row {
					d[j] = v - m[i]
				}
				if !sameBits(sums[i], k.Sum(d)) || !sameBits(squares[i], k.Dot(d, d)) {
					t.Fatalf("isa=%s: the sums of row %d of %d are %v and %v, want %v and %v", k.ISA, i, n, sums[i], squares[i], k.Sum(d), k.Dot(d, d))
				}
			}
		}
	}
}
