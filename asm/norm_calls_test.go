package asm

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// both makes one number of two sums, each of which shows in it.
func both[T Float](s1, s2 T) T { return s1 + T(2*s2) }

// normCalls are those of normalization of slices of one length.
func normCalls[T Float]() []call[T] {
	var all []call[T]
	add := func(c call[T]) { all = append(all, c) }
	add(call[T]{name: "Norm", inputs: 1, alias: true,
		run: func(k *Kernels[T], dst []T, in [][]T) T { k.Norm(dst, in[0], 0.7, 0.3, -0.1); return 0 },
		ref: func(i int, in [][]T) T { return FMA(in[0][i]-0.7, 0.3, -0.1) }})
	add(call[T]{name: "NormReLU", inputs: 1, alias: true,
		run: func(k *Kernels[T], dst []T, in [][]T) T { k.NormReLU(dst, in[0], 0.7, 0.3, -0.1); return 0 },
		ref: func(i int, in [][]T) T {
			if v := FMA(in[0][i]-0.7, 0.3, -0.1); v >= 0 || v != v {
				return v
			}
			return 0
		}})
	add(call[T]{name: "NormGrad", inputs: 2, alias: true,
		run: func(k *Kernels[T], dst []T, in [][]T) T { k.NormGrad(dst, in[0], in[1], 0.7, 0.3, -0.1, 0.2); return 0 },
		ref: func(i int, in [][]T) T { return FMA(0.3, in[0][i], FMA(-0.1, in[1][i]-0.7, 0.2)) }})
	add(call[T]{name: "NormGradReLU", inputs: 3, alias: true,
		run: func(k *Kernels[T], dst []T, in [][]T) T {
			k.NormGradReLU(dst, in[0], in[1], in[2], 0.7, 0.3, -0.1, 0.2)
			return 0
		},
		ref: func(i int, in [][]T) T {
			g := in[0][i]
			if !(in[2][i] > 0) {
				g = 0
			}
			return FMA(0.3, g, FMA(-0.1, in[1][i]-0.7, 0.2))
		}})
	add(call[T]{name: "NormSums", inputs: 2, reads: true,
		run: func(k *Kernels[T], dst []T, in [][]T) T { return both(k.NormSums(in[0], in[1], 0.7)) }})
	add(call[T]{name: "NormSumsReLU", inputs: 3, reads: true,
		run: func(k *Kernels[T], dst []T, in [][]T) T { return both(k.NormSumsReLU(in[0], in[1], in[2], 0.7)) }})
	add(call[T]{name: "NormRowSums", inputs: 3, reads: true,
		run: func(k *Kernels[T], dst []T, in [][]T) T { return both(k.NormRowSums(in[0], in[1], in[2], 0.7)) }})
	add(call[T]{name: "Rstd", inputs: 1, alias: true,
		run: func(k *Kernels[T], dst []T, in [][]T) T { k.Rstd(dst, in[0], 3, 0.5); return 0 },
		ref: func(i int, in [][]T) T { return 1 / T(math.Sqrt(float64(in[0][i]/3+0.5))) }})
	return all
}

// normRowCalls are those of the kernels of normalization that take rows: a is every
// matrix and w every vector of one scalar for each row; v is one of the others, or all.
func normRowCalls[T Float]() []rowCall[T] {
	return []rowCall[T]{
		{"NormCols", 2, func(k *Kernels[T], a []T, ld, rows int, v, w []T) { k.NormCols(a, a, ld, rows, v, v, v) }},
		{"NormColsReLU", 2, func(k *Kernels[T], a []T, ld, rows int, v, w []T) { k.NormColsReLU(a, a, ld, rows, v, v, v) }},
		{"NormColSums", 2, func(k *Kernels[T], a []T, ld, rows int, v, w []T) {
			k.NormColSums(v, slices.Clone(v), a, a, ld, rows, slices.Clone(v))
		}},
		{"NormColSums", 2, func(k *Kernels[T], a []T, ld, rows int, v, w []T) {
			k.NormColSums(slices.Clone(v), v, a, a, ld, rows, slices.Clone(v))
		}},
		{"NormColSumsReLU", 2, func(k *Kernels[T], a []T, ld, rows int, v, w []T) {
			k.NormColSumsReLU(v, slices.Clone(v), a, a, a, ld, rows, slices.Clone(v))
		}},
		{"NormColSumsReLU", 2, func(k *Kernels[T], a []T, ld, rows int, v, w []T) {
			k.NormColSumsReLU(slices.Clone(v), slices.Clone(v), a, a, a, ld, rows, v)
		}},
		{"NormColsGrad", 2, func(k *Kernels[T], a []T, ld, rows int, v, w []T) { k.NormColsGrad(a, a, a, ld, rows, v, v, v, v) }},
		{"NormColsGradReLU", 2, func(k *Kernels[T], a []T, ld, rows int, v, w []T) {
			k.NormColsGradReLU(a, a, a, a, ld, rows, v, v, v, v)
		}},
		{"NormRows", 0, func(k *Kernels[T], a []T, ld, rows int, v, w []T) { k.NormRows(a, a, v, v, w, w, w) }},
		{"NormRowsGrad", 0, func(k *Kernels[T], a []T, ld, rows int, v, w []T) { k.NormRowsGrad(a, a, a, v, w, w, w, w) }},
		{"NormRowsColSums", 0, func(k *Kernels[T], a []T, ld, rows int, v, w []T) {
			k.NormRowsColSums(v, slices.Clone(v), a, a, w, w)
		}},
		{"NormRowsColSums", 0, func(k *Kernels[T], a []T, ld, rows int, v, w []T) {
			k.NormRowsColSums(slices.Clone(v), v, a, a, w, w)
		}},
	}
}

// normShortCalls are those of the kernels of normalization that take rows.
func normShortCalls[T Float](k *Kernels[T]) (all []shortCall[T]) {
	add := func(name string, first int, lens []int, run func(s [][]T)) {
		all = append(all, shortCall[T]{name: name, first: first, lens: lens, run: run})
	}
	for _, n := range []int{1, 2, 16, 67, 300} {
		const rows = 3
		ld, m := n+2, make([]T, n)
		far, near := (rows-1)*ld+n, rows*n
		each := make([]T, rows)
		add("NormCols", 0, []int{far, far, n, n}, func(s [][]T) { k.NormCols(s[0], s[1], ld, rows, m, s[2], s[3]) })
		add("NormColsReLU", 0, []int{far, far, n, n}, func(s [][]T) { k.NormColsReLU(s[0], s[1], ld, rows, m, s[2], s[3]) })
		add("NormColSums", 0, []int{n, n, far, far}, func(s [][]T) { k.NormColSums(s[0], s[1], s[2], s[3], ld, rows, m) })
		if n > 1 { // so that some y is positive
			add("NormColSumsReLU", 0, []int{n, n, far, far, far}, func(s [][]T) { k.NormColSumsReLU(s[0], s[1], s[2], s[3], s[4], ld, rows, m) })
		}
		add("NormColsGrad", 0, []int{far, far, far, n, n, n}, func(s [][]T) { k.NormColsGrad(s[0], s[1], s[2], ld, rows, m, s[3], s[4], s[5]) })
		add("NormColsGradReLU", 0, []int{far, far, far, far, n, n, n}, func(s [][]T) { k.NormColsGradReLU(s[0], s[1], s[2], s[3], ld, rows, m, s[4], s[5], s[6]) })
		add("NormRows", 0, []int{near, near, n, rows, rows}, func(s [][]T) { k.NormRows(s[0], s[1], m, s[2], each, s[3], s[4]) })
		add("NormRowsGrad", 0, []int{near, near, near, rows, rows, rows}, func(s [][]T) { k.NormRowsGrad(s[0], s[1], s[2], m, each, s[3], s[4], s[5]) })
		add("NormRowsColSums", 1, []int{n, n, near, near, rows}, func(s [][]T) { k.NormRowsColSums(s[0], s[1], s[2], s[3], each, s[4]) })
	}
	return all
}

// TestNormRows holds the kernels of rows to the plain bodies: all lengths of a row,
// rows that touch and rows apart, what lies between is left, and dst in the place of
// each matrix.
func TestNormRows(t *testing.T) {
	t.Run("f32", testNormRows[float32])
	t.Run("f64", testNormRows[float64])
}

func testNormRows[T Float](t *testing.T) {
	type run = func(k *Kernels[T], dst, a, b, c []T, ld, rows int, v [][]T)
	kernels := []struct {
		name     string
		matrices int // beside dst; 0: it writes v[0] and v[1]
		run      run
	}{
		{"NormCols", 1, func(k *Kernels[T], dst, a, b, c []T, ld, rows int, v [][]T) {
			k.NormCols(dst, a, ld, rows, v[0], v[1], v[2])
		}},
		{"NormColsReLU", 1, func(k *Kernels[T], dst, a, b, c []T, ld, rows int, v [][]T) {
			k.NormColsReLU(dst, a, ld, rows, v[0], v[1], v[2])
		}},
		{"NormColsGrad", 2, func(k *Kernels[T], dst, a, b, c []T, ld, rows int, v [][]T) {
			k.NormColsGrad(dst, a, b, ld, rows, v[0], v[1], v[2], v[3])
		}},
		{"NormColsGradReLU", 3, func(k *Kernels[T], dst, a, b, c []T, ld, rows int, v [][]T) {
			k.NormColsGradReLU(dst, a, b, c, ld, rows, v[0], v[1], v[2], v[3])
		}},
		{"NormColSums", 0, func(k *Kernels[T], dst, a, b, c []T, ld, rows int, v [][]T) {
			k.NormColSums(v[0], v[1], a, b, ld, rows, v[2])
		}},
		{"NormColSumsReLU", 0, func(k *Kernels[T], dst, a, b, c []T, ld, rows int, v [][]T) {
			k.NormColSumsReLU(v[0], v[1], a, b, c, ld, rows, v[2])
		}},
		{"NormRows", 1, func(k *Kernels[T], dst, a, b, c []T, ld, rows int, v [][]T) {
			k.NormRows(dst, a, v[0], v[1], v[4], v[5], v[6])
		}},
		{"NormRowsGrad", 2, func(k *Kernels[T], dst, a, b, c []T, ld, rows int, v [][]T) {
			k.NormRowsGrad(dst, a, b, v[0], v[4], v[5], v[6], v[5])
		}},
		{"NormRowsColSums", 0, func(k *Kernels[T], dst, a, b, c []T, ld, rows int, v [][]T) {
			k.NormRowsColSums(v[0], v[1], a, b, v[4], v[5])
		}},
	}
	r := rand.New(rand.NewPCG(31, 0))
	generic := Tables[T]()[0]
	for _, kernel := range kernels {
		for _, k := range everyTable[T]() {
			t.Run(fmt.Sprintf("%s/isa=%s", kernel.name, k.name), func(t *testing.T) {
				check := func(rows, n, ld, offset, alias int, specials bool) {
					t.Helper()
					var in, v [][]T
					for range 4 {
						in = append(in, operands[T](r, offset+rows*ld+n, specials))
						v = append(v, operands[T](r, n, specials))
					}
					v = append(v, operands[T](r, rows, specials), operands[T](r, rows, specials), operands[T](r, rows, specials))
					on := func(k *Kernels[T]) [][]T {
						var a, b [][]T
						for i := range in {
							a = append(a, slices.Clone(in[i]))
						}
						for i := range v {
							b = append(b, slices.Clone(v[i]))
						}
						kernel.run(k, a[alias][offset:], a[1][offset:], a[2][offset:], a[3][offset:], ld, rows, b)
						return append(a, b...)
					}
					got, want := on(k.Kernels), on(generic)
					for i := range want {
						if j := firstDifference(got[i], want[i]); j >= 0 {
							t.Fatalf("%d rows of %d, %d apart, dst is operand %d: operand %d[%d] = %v, want %v", rows, n, ld, alias, i, j, got[i][j], want[i][j])
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
				check(3, 3000, 3001, 1, 0, false)
				check(0, 20, 20, 0, 0, false)
			})
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
			dy, x, y, gamma := operands[T](r, n, false), operands[T](r, n, false), operands[T](r, n, false), operands[T](r, n, false)
			const m = 0.4
			dev, pass, scaled := slices.Clone(x), slices.Clone(dy), slices.Clone(dy)
			for i := range x {
				dev[i] -= m
				if !(y[i] > 0) {
					pass[i] = 0
				}
				scaled[i] *= gamma[i]
			}
			check := func(name string, s1, s2, want1, want2 T) {
				t.Helper()
				if !sameBits(s1, want1) || !sameBits(s2, want2) {
					t.Errorf("isa=%s %s of %d: %v, %v, want %v, %v", k.ISA, name, n, s1, s2, want1, want2)
				}
			}
			s1, s2 := k.NormSums(dy, x, m)
			check("NormSums", s1, s2, k.Sum(dy), k.Dot(dy, dev))
			s1, s2 = k.NormSumsReLU(dy, x, y, m)
			check("NormSumsReLU", s1, s2, k.Sum(pass), k.Dot(pass, dev))
			s1, s2 = k.NormRowSums(dy, x, gamma, m)
			check("NormRowSums", s1, s2, k.Dot(dy, gamma), k.Dot(scaled, dev))
		}
	}
}
