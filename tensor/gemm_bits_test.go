package tensor

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"

	"github.com/lanes-go/lanes/asm"
)

// testEveryShape takes every product to a tile and a half, out of larger operands:
// an element's chain does not depend on m and n, so that one specification for each
// k serves all of them.
func testEveryShape[T Float](t *testing.T) {
	for _, table := range asm.Tables[T]() {
		t.Run("isa="+table.ISA, func(t *testing.T) {
			r := rand.New(rand.NewPCG(71, 72))
			ms, ns := table.GemmMR*3/2, table.GemmNR*3/2
			ks := ns
			step, kstep := 1, 1
			if testing.Short() {
				step, kstep = 3, 5
			}
			outs := [][2]T{{1, 0}, {1, 1}, {-1.5, 0}, {0.5, 2}, {1, -1}}
			const ld = 100
			at, a := make([]T, ks*ld), mixed[T](r, ms*ld, 1)
			bt, b := make([]T, ns*ld), mixed[T](r, ks*ld, 1)
			transpose(at, a, ms, ks, ld)
			transpose(bt, b, ks, ns, ld)
			sums, before := make([]T, ms*ns), mixed[T](r, ms*ns, 1)
			got := make([]T, ms*ns)
			round := 0
			for k := 1; k <= ks; k += kstep {
				specGemm(false, false, ms, ns, k, 1, a, ld, b, ld, 0, sums, ns)
				for m := 1; m <= ms; m++ {
					for n := 1 + r.IntN(step); n <= ns; n += step {
						// The transposition and what becomes of the sums take turns,
						// in short runs; else all of them.
						for trans := range 4 {
							if testing.Short() && trans != round%4 {
								continue
							}
							o := outs[(round+trans)%len(outs)]
							check := func(what string, f func(c []T)) {
								copy(got, before)
								f(got)
								for i := range got {
									row, col := i/ns, i%ns
									want := before[i]
									switch {
									case row >= m || col >= n: // untouched
									case o[1] == 0:
										want = T(o[0] * sums[i])
									default:
										want = asm.FMA(o[0], sums[i], T(o[1]*want))
									}
									if !sameBits(got[i], want) {
										t.Fatalf("%s m %d n %d k %d trans %02b alpha %v beta %v: C[%d][%d] = %v, want %v", what, m, n, k, trans, o[0], o[1], row, col, got[i], want)
									}
								}
							}
							tA, tB, x, y := trans&1 != 0, trans&2 != 0, a, b
							if tA {
								x = at
							}
							if tB {
								y = bt
							}
							check("blocked", func(c []T) { gemmOn(table, 1, tA, tB, m, n, k, o[0], x, ld, y, ld, o[1], c, ns) })
							if table == asm.Active[T]() {
								check("Gemm", func(c []T) { Gemm(tA, tB, m, n, k, o[0], x, ld, y, ld, o[1], c, ns) })
							}
						}
						round++
					}
				}
			}
		})
	}
}

// transpose sets dst to src transposed, both with rows ld apart.
func transpose[T Float](dst, src []T, rows, cols, ld int) {
	for i := range rows {
		for j := range cols {
			dst[j*ld+i] = src[i*ld+j]
		}
	}
}

func TestGemmEveryShape(t *testing.T) {
	t.Run("float32", testEveryShape[float32])
	t.Run("float64", testEveryShape[float64])
}

// operand is a matrix in several storages.
type operand[T Float] struct {
	rows, cols int
	x          []T // contiguous rows
}

// stored returns rows i0…i0+rows and columns j0…j0+cols of the operand, transposed or
// not, with rows ld apart and NaN in the gaps.
func (o operand[T]) stored(trans bool, i0, rows, j0, cols, ld int) []T {
	n := rows
	if trans {
		n = cols
	}
	x := make([]T, n*ld)
	for i := range x {
		x[i] = T(math.NaN())
	}
	for i := range rows {
		for j := range cols {
			v := o.x[(i0+i)*o.cols+j0+j]
			if trans {
				x[j*ld+i] = v
			} else {
				x[i*ld+j] = v
			}
		}
	}
	return x
}

// testInvariance takes parts of one product out of operands stored in many ways: the
// bits are always those of the whole.
func testInvariance[T Float](t *testing.T) {
	defer SetMaxThreads(SetMaxThreads(7))
	r := rand.New(rand.NewPCG(73, 74))
	for _, table := range asm.Tables[T]() {
		nr, mr := table.GemmNR, table.GemmMR
		size := sizeOf[T]()
		type shape struct{ m, n, k int }
		shapes := []shape{{2*mr + 3, nr + 5, asm.KBlockMax + 40}}
		parts := 12
		if !testing.Short() {
			shapes = append(shapes, shape{directRows + mr, 3*nr + 1, 120}, shape{tallRows + 9, 21, 60}, shape{9, 20*nr + 3, 30}, shape{70, 2*nr + 9, 2*asm.KBlock + 300})
			parts = 60
		}
		for _, s := range shapes {
			t.Run(fmt.Sprintf("isa=%s/m=%d/n=%d/k=%d", table.ISA, s.m, s.n, s.k), func(t *testing.T) {
				a := operand[T]{s.m, s.k, mixed[T](r, s.m*s.k, 1)}
				b := operand[T]{s.k, s.n, mixed[T](r, s.k*s.n, 1)}
				whole := make([]T, s.m*s.n)
				gemmOn(table, 1, false, false, s.m, s.n, s.k, 1, a.x, s.k, b.x, s.n, 0, whole, s.n)
				// The whole itself, in one row and one column.
				i, j := r.IntN(s.m), r.IntN(s.n)
				row, col := make([]T, s.n), make([]T, s.m)
				specGemm(false, false, 1, s.n, s.k, 1, a.x[i*s.k:], s.k, b.x, s.n, 0, row, s.n)
				specGemm(false, false, s.m, 1, s.k, 1, a.x, s.k, b.x[j:], s.n, 0, col, 1)
				for q := range row {
					if got := whole[i*s.n+q]; !sameBits(got, row[q]) {
						t.Fatalf("C[%d][%d] = %v, want %v", i, q, got, row[q])
					}
				}
				for q := range col {
					if got := whole[q*s.n+j]; !sameBits(got, col[q]) {
						t.Fatalf("C[%d][%d] = %v, want %v", q, j, got, col[q])
					}
				}
				for part := range parts {
					m := min(s.m, []int{1, s.m, 2, mr, mr + 1, 5, 3, 4, 2*mr - 1, s.m, 1 + r.IntN(s.m)}[part%11])
					n := min(s.n, []int{s.n, 1, nr, nr - 1, nr + 1, s.n, 1 + r.IntN(s.n)}[part%7])
					i0, j0 := r.IntN(s.m-m+1), r.IntN(s.n-n+1)
					trans := part % 4
					tA, tB := trans&1 != 0, trans&2 != 0
					lda, ldb, ldc := s.k, n, n+r.IntN(4)
					if tA {
						lda = m
					}
					if tB {
						ldb = s.k
					}
					switch part / 4 % 3 {
					case 0:
						lda, ldb = lda+r.IntN(5), ldb+r.IntN(5)
					case 1: // rows that collide in the L1
						lda, ldb = roundUp(lda, 2048/size), roundUp(ldb, 2048/size)
					}
					x, y := a.stored(tA, i0, m, 0, s.k, lda), b.stored(tB, 0, s.k, j0, n, ldb)
					for _, threads := range []int{1, 2, 7} {
						c := make([]T, m*ldc)
						for q := range c {
							c[q] = 77
						}
						gemmOn(table, threads, tA, tB, m, n, s.k, 1, x, lda, y, ldb, 0, c, ldc)
						what := fmt.Sprintf("rows %d+%d columns %d+%d trans %02b lda %d ldb %d threads %d", i0, m, j0, n, trans, lda, ldb, threads)
						wantPart(t, what, c, m, n, ldc, whole[i0*s.n+j0:], s.n)
						if m*n*s.k < 2*threadWork {
							break
						}
					}
					if table == asm.Active[T]() {
						c := slices.Repeat([]T{77}, m*ldc)
						Gemm(tA, tB, m, n, s.k, 1, x, lda, y, ldb, 0, c, ldc)
						wantPart(t, "Gemm", c, m, n, ldc, whole[i0*s.n+j0:], s.n)
						c = slices.Repeat([]T{77}, m*ldc)
						GemmPacked(tA, m, x, lda, PackRHS(tB, s.k, n, y, ldb), Epilogue[T]{}, c, ldc)
						wantPart(t, "GemmPacked", c, m, n, ldc, whole[i0*s.n+j0:], s.n)
					}
				}
				// A row among others: what they hold does not matter.
				x := slices.Clone(a.x)
				for q := range x {
					if q/s.k != i {
						x[q] = T(math.Inf(q%2*2 - 1))
					}
				}
				c := make([]T, s.m*s.n)
				gemmOn(table, 2, false, false, s.m, s.n, s.k, 1, x, s.k, b.x, s.n, 0, c, s.n)
				wantPart(t, "among infinite rows", c[i*s.n:(i+1)*s.n], 1, s.n, s.n, whole[i*s.n:], s.n)
			})
		}
	}
}

// wantPart compares an m x n block with another; elements between rows hold 77.
func wantPart[T Float](t *testing.T, what string, c []T, m, n, ldc int, want []T, ldw int) {
	t.Helper()
	for i, v := range c {
		w := T(77)
		if i%ldc < n {
			w = want[i/ldc*ldw+i%ldc]
		}
		if !sameBits(v, w) {
			t.Fatalf("%s: C[%d][%d] = %v, want %v", what, i/ldc, i%ldc, v, w)
		}
	}
}

// TestGemmInvariance: an element's bits depend on its row of A, its column of B and
// k, and on nothing else: not on the size of the batch, the neighbours, the
// transpositions, the distances of rows, the threads.
func TestGemmInvariance(t *testing.T) {
	t.Run("float32", testInvariance[float32])
	t.Run("float64", testInvariance[float64])
}

// TestSameBitsUnderLoad: 64 goroutines that multiply at once, small products and
// such as would take several threads, get the bits of one alone.
func TestSameBitsUnderLoad(t *testing.T) {
	defer SetMaxThreads(SetMaxThreads(4))
	const goroutines = 64
	sizes, rounds := []int{40, 104}, 1
	if !testing.Short() && asm.Selection().ISA != "generic" {
		sizes, rounds = []int{64, 130, 512}, 3
	}
	for _, n := range sizes {
		callers, products := goroutines, rounds
		if testing.Short() && n > 64 {
			callers = 8
		}
		r := rand.New(rand.NewPCG(75, uint64(n)))
		a, b := randomSlice[float32](r, n*n), randomSlice[float32](r, n*n)
		want := make([]float32, n*n)
		previous := SetMaxThreads(1)
		Gemm(false, true, n, n, n, 1, a, n, b, n, 0, want, n)
		SetMaxThreads(previous)
		var wg sync.WaitGroup
		for range callers {
			wg.Go(func() {
				c := make([]float32, n*n)
				for range products {
					clear(c)
					Gemm(false, true, n, n, n, 1, a, n, b, n, 0, c, n)
					for i := range c {
						if !sameBits(c[i], want[i]) {
							t.Errorf("%d goroutines, n %d: C[%d] = %v, alone %v", callers, n, i, c[i], want[i])
							return
						}
					}
				}
			})
		}
		wg.Wait()
	}
}
