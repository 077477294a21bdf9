package gonumblas

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"hash"
	"sync"
	"testing"

	"github.com/lanes-go/lanes/internal/steady"
	"github.com/lanes-go/lanes/tensor"
	"gonum.org/v1/gonum/blas"
)

// SHA-256 of the results of level 3 in level3Bits, the same on every CPU and table.
// They change only in a minor release, and CHANGELOG says so.
const (
	level3BitsF32 = "da86f026212de1982006fa8f88d0f02dafa4a4a87884ae4d9b0264a428c8b2a5"
	level3BitsF64 = "86f26b85321fc0067c1e524dc3e0e9b91a0d7b358d7afb9d40f5d4c21e288e16"
)

// TestLevel3Golden holds SameBits to its promise, with 1 thread and several.
func TestLevel3Golden(t *testing.T) {
	for _, threads := range []int{1, 3} {
		defer tensor.SetMaxThreads(tensor.SetMaxThreads(threads))
		if got := level3Bits[float32](); got != level3BitsF32 {
			t.Errorf("float32, %d threads: %s, want %s", threads, got, level3BitsF32)
		}
		if got := level3Bits[float64](); got != level3BitsF64 {
			t.Errorf("float64, %d threads: %s, want %s", threads, got, level3BitsF64)
		}
	}
}

func (m dense3[T]) hashTo(h hash.Hash) {
	for i := range m.rows {
		for j := range m.cols {
			h.Write(binary.LittleEndian.AppendUint64(nil, bitsOf(m.x[i*m.ld+j])))
		}
	}
}

// level3Bits is the hash of the results of every form of every routine, in sizes on
// both sides of where triangles are halved, with other leading dimensions each time.
func level3Bits[T tensor.Float]() string {
	l, r, h := level3Of[T](false, true), newRandom[T](41), sha256.New()
	for _, size := range [][3]int{{1, 1, 1}, {3, 2, 5}, {7, 9, 8}, {17, 20, 4}, {66, 33, 19}, {20, 130, 5}} {
		m, n, k := size[0], size[1], size[2]
		for _, alpha := range []T{1, -0.3} {
			beta := 1 - alpha // 0 and 1.3
			for _, tA := range transs {
				for _, tB := range transs {
					a, b, c := r.stored(tA, m, k), r.stored(tB, k, n), r.dense(m, n, everywhere)
					l.gemm(tA, tB, m, n, k, alpha, a.x, a.ld, b.x, b.ld, beta, c.x, c.ld)
					c.hashTo(h)
				}
				for _, ul := range uplos {
					a, b, c := r.stored(tA, n, k), r.stored(tA, n, k), r.dense(n, n, everywhere)
					l.syrk(ul, tA, n, k, alpha, a.x, a.ld, beta, c.x, c.ld)
					l.syr2k(ul, tA, n, k, alpha, a.x, a.ld, b.x, b.ld, 1, c.x, c.ld)
					c.hashTo(h)
				}
			}
			for _, s := range sides {
				order := m
				if s == blas.Right {
					order = n
				}
				for _, ul := range uplos {
					a, b, c := r.dense(order, order, everywhere), r.dense(m, n, everywhere), r.dense(m, n, everywhere)
					l.symm(s, ul, m, n, alpha, a.x, a.ld, b.x, b.ld, beta, c.x, c.ld)
					c.hashTo(h)
					for _, tA := range transs {
						for _, d := range diags {
							a, b := r.triangle(ul, d, order), r.dense(m, n, everywhere)
							l.trmm(s, ul, tA, d, m, n, alpha, a.x, a.ld, b.x, b.ld)
							l.trsm(s, ul, tA, d, m, n, -1, a.x, a.ld, b.x, b.ld)
							b.hashTo(h)
						}
					}
				}
			}
		}
	}
	return hex.EncodeToString(h.Sum(nil))
}

func TestSymmetricIsGemm(t *testing.T) {
	t.Run("float32", testSymmetricIsGemm[float32])
	t.Run("float64", testSymmetricIsGemm[float64])
}

// testSymmetricIsGemm: syrk has the bits of a triangle of gemm, syr2k those of two, and
// symm those of gemm with the matrix written out.
func testSymmetricIsGemm[T tensor.Float](t *testing.T) {
	l, r := level3Of[T](false, true), newRandom[T](43)
	sizes := [][2]int{{5, 3}, {64, 9}, {65, 70}, {140, 20}, {67, 1100}}
	if testing.Short() {
		sizes = [][2]int{{5, 3}, {67, 20}, {9, 1100}} // 1100 is two k-blocks
	}
	for _, size := range sizes {
		n, k := size[0], size[1]
		for _, ul := range uplos {
			in := inTriangle(ul, false)
			for _, tA := range transs {
				for _, beta := range []T{0, 1, -0.7} {
					for _, alpha := range []T{1, 1.3} {
						a, b, c := r.stored(tA, n, k), r.stored(tA, n, k), r.dense(n, n, everywhere)
						if beta == 0 {
							c.poison(everywhere)
						}
						tB := blas.Trans
						if tA != blas.NoTrans {
							tB = blas.NoTrans
						}
						what := fmt.Sprintf("%c%c %dx%d, alpha %v, beta %v", ul, tA, n, k, alpha, beta)
						got, want := c.clone(), c.clone()
						l.syrk(ul, tA, n, k, alpha, a.x, a.ld, beta, got.x, got.ld)
						l.gemm(tA, tB, n, n, k, alpha, a.x, a.ld, a.x, a.ld, beta, want.x, want.ld)
						got.sameBits(t, want, in, "syrk "+what)
						got, want = c.clone(), c.clone()
						l.syr2k(ul, tA, n, k, alpha, a.x, a.ld, b.x, b.ld, beta, got.x, got.ld)
						l.gemm(tA, tB, n, n, k, alpha, a.x, a.ld, b.x, b.ld, beta, want.x, want.ld)
						l.gemm(tA, tB, n, n, k, alpha, b.x, b.ld, a.x, a.ld, 1, want.x, want.ld)
						got.sameBits(t, want, in, "syr2k "+what)
					}
				}
			}
			for _, s := range sides {
				rows, cols := n, min(k, 90)
				if s == blas.Right {
					rows, cols = cols, rows
				}
				a, b, c := r.dense(n, n, in), r.dense(rows, cols, everywhere), r.dense(rows, cols, everywhere)
				full, at := r.dense(n, n, everywhere), a.full(ul)
				for i := range n {
					for j := range n {
						full.x[i*full.ld+j] = T(at(i, j))
					}
				}
				want := c.clone()
				l.symm(s, ul, rows, cols, 0.9, a.x, a.ld, b.x, b.ld, 2, c.x, c.ld)
				left, right := full, b
				if s == blas.Right {
					left, right = right, left
				}
				l.gemm(blas.NoTrans, blas.NoTrans, rows, cols, n, 0.9, left.x, left.ld, right.x, right.ld, 2, want.x, want.ld)
				c.sameBits(t, want, everywhere, fmt.Sprintf("symm %c%c %dx%d", s, ul, rows, cols))
			}
		}
	}
}

// sameBits fails unless two matrices are equal in a region.
func (m dense3[T]) sameBits(t *testing.T, want dense3[T], in region, what string) {
	t.Helper()
	for i := range m.rows {
		for j := range m.cols {
			if v, w := m.x[i*m.ld+j], want.x[i*want.ld+j]; in(i, j) && bitsOf(v) != bitsOf(w) {
				t.Fatalf("%s: element (%d, %d) is %v, want %v", what, i, j, v, w)
			}
		}
	}
}

func TestLevel3Overlap(t *testing.T) {
	t.Run("float32/same", func(t *testing.T) { testLevel3Overlap[float32](t, true) })
	t.Run("float64/fast", func(t *testing.T) { testLevel3Overlap[float64](t, false) })
	t.Run("float64/same", func(t *testing.T) { testLevel3Overlap[float64](t, true) })
}

// testLevel3Overlap has operands in one stretch of memory: nothing panics. Where they
// share no element, or with SameBits, the results are those of copies.
func testLevel3Overlap[T tensor.Float](t *testing.T, same bool) {
	l, r := level3Of[T](false, same), newRandom[T](47)
	const n = 20
	layouts := []struct {
		off, ldb int // of the operand that is written; the others begin at 0, 2n apart
		shared   bool
	}{
		{n, 2 * n, false},         // beside
		{2 * n * n, 2 * n, false}, // below
		{n, 3 * n, true},          // another leading dimension
		{n / 2, 2 * n, true},      // one block reaches into the other
		{3*2*n + 5, 2 * n, true},  // further in
		{4 * n * n, 3 * n, false}, // behind
		{2*n - 3, 2 * n, true},    // around the end of the rows
		{2*n*n + 1, 3 * n, false}, // behind
	}
	for _, lay := range layouts {
		memory := r.values(8 * n * n)
		for i := range n { // as a triangle it has an inverse
			memory[i*(2*n+1)] += 40
		}
		calls := map[string]func(l level3[T], a, c []T){
			"gemm A": func(l level3[T], a, c []T) {
				l.gemm(blas.NoTrans, blas.Trans, n, n, n, 1, a, 2*n, memory, n, 1, c, lay.ldb)
			},
			"gemm B": func(l level3[T], a, c []T) {
				l.gemm(blas.Trans, blas.NoTrans, n, n, n, 1, memory, n, a, 2*n, 0.5, c, lay.ldb)
			},
			"syrk": func(l level3[T], a, c []T) { l.syrk(blas.Upper, blas.Trans, n, n, 1, a, 2*n, 1, c, lay.ldb) },
			"syr2k": func(l level3[T], a, c []T) {
				l.syr2k(blas.Lower, blas.NoTrans, n, n, 1, memory, n, a, 2*n, 1, c, lay.ldb)
			},
			"symm A": func(l level3[T], a, c []T) { l.symm(blas.Left, blas.Upper, n, n, 1, a, 2*n, memory, n, 1, c, lay.ldb) },
			"symm B": func(l level3[T], a, c []T) { l.symm(blas.Right, blas.Lower, n, n, 1, memory, n, a, 2*n, 1, c, lay.ldb) },
			"trmm": func(l level3[T], a, c []T) {
				l.trmm(blas.Right, blas.Upper, blas.Trans, blas.NonUnit, n, n, 1, a, 2*n, c, lay.ldb)
			},
			"trsm": func(l level3[T], a, c []T) {
				l.trsm(blas.Left, blas.Lower, blas.NoTrans, blas.NonUnit, n, n, 1, a, 2*n, c, lay.ldb)
			},
		}
		for name, call := range calls {
			x := append([]T(nil), memory...)
			call(l, x, x[lay.off:])
			if lay.shared && !same {
				continue // whatever gonum makes of it
			}
			want := append([]T(nil), memory...)
			call(l, append([]T(nil), memory...), want[lay.off:])
			for i := range want {
				if same && bitsOf(x[i]) != bitsOf(want[i]) {
					t.Fatalf("%s, %+v: element %d is %v, want %v", name, lay, i, x[i], want[i])
				}
				within(t, x[i], float64(want[i]), 100, n, "%s, %+v: element %d", name, lay, i)
			}
		}
	}
}

func TestLevel3Allocates(t *testing.T) {
	t.Run("float32", testLevel3Allocates[float32])
	t.Run("float64", testLevel3Allocates[float64])
}

// testLevel3Allocates: nothing, once scratch memory is there.
func testLevel3Allocates[T tensor.Float](t *testing.T) {
	defer tensor.SetMaxThreads(tensor.SetMaxThreads(1))
	l, r := level3Of[T](false, true), newRandom[T](53)
	const n = 70
	a, b, c := r.dense(n, n, everywhere), r.dense(n, n, everywhere), r.dense(n, n, everywhere)
	for i := range n {
		a.x[i*a.ld+i] = 9
	}
	for name, f := range map[string]func(){
		"gemm":    func() { l.gemm(blas.Trans, blas.NoTrans, n, n, n, 1, a.x, a.ld, b.x, b.ld, 0, c.x, c.ld) },
		"overlap": func() { l.gemm(blas.Trans, blas.NoTrans, n, n, n, 1, a.x, a.ld, c.x, c.ld, 0, c.x, c.ld) },
		"syrk":    func() { l.syrk(blas.Upper, blas.NoTrans, n, n, 1, a.x, a.ld, 0, c.x, c.ld) },
		"syr2k":   func() { l.syr2k(blas.Lower, blas.NoTrans, n, n, 1, a.x, a.ld, b.x, b.ld, 0, c.x, c.ld) },
		"symm":    func() { l.symm(blas.Left, blas.Lower, n, n, 1, a.x, a.ld, b.x, b.ld, 0, c.x, c.ld) },
		"trmm": func() {
			l.trmm(blas.Right, blas.Lower, blas.Trans, blas.NonUnit, n, n, 0.1, a.x, a.ld, c.x, c.ld)
		},
		"trsm": func() {
			l.trsm(blas.Right, blas.Lower, blas.Trans, blas.NonUnit, n, n, 1, a.x, a.ld, c.x, c.ld)
		},
	} {
		if allocs := steady.Allocs(5, f); allocs != 0 {
			t.Errorf("%s: %v allocations", name, allocs)
		}
	}
}

// TestLevel3Goroutines: calls at once do not share their scratch memory.
func TestLevel3Goroutines(t *testing.T) {
	l, r := level3Of[float64](false, true), newRandom[float64](59)
	const n = 70
	a, b := r.triangle(blas.Lower, blas.NonUnit, n), r.dense(n, n, everywhere)
	all := func() dense3[float64] {
		c, d := b.clone(), b.clone()
		l.trsm(blas.Right, blas.Lower, blas.Trans, blas.NonUnit, n, n, 1, a.x, a.ld, c.x, c.ld)
		l.syrk(blas.Lower, blas.NoTrans, n, n, 1, c.x, c.ld, 1, d.x, d.ld)
		l.symm(blas.Left, blas.Lower, n, n, 1, a.x, a.ld, c.x, c.ld, 1, d.x, d.ld)
		return d
	}
	want := all()
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 5 {
				got := all()
				for i := range want.x {
					if bitsOf(got.x[i]) != bitsOf(want.x[i]) {
						t.Errorf("element %d: %v, alone %v", i, got.x[i], want.x[i])
						return
					}
				}
			}
		})
	}
	wg.Wait()
}
