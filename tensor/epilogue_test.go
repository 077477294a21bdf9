package tensor

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/lanes-go/lanes/asm"
	"github.com/lanes-go/lanes/internal/steady"
)

// epilogues returns epilogues of every kind for rows of n.
func epilogues[T Float](r *rand.Rand, n int) []Epilogue[T] {
	v := func() []T { return randomSlice[T](r, n) }
	return []Epilogue[T]{
		{}, {Act: ActReLU}, {Bias: v()}, {Bias: v(), Act: ActReLU},
		{Scale: v(), Shift: v()}, {Bias: v(), Scale: v(), Shift: v(), Act: ActReLU},
	}
}

// after is what an epilogue does, one operation after the other.
func (e *Epilogue[T]) after(c []T, m, n, ldc int) {
	for i := range m {
		for j := range n {
			s := c[i*ldc+j]
			if e.Bias != nil {
				s += e.Bias[j]
			}
			if e.Scale != nil {
				s = asm.FMA(s, e.Scale[j], e.Shift[j])
			}
			if e.Act == ActReLU && s < 0 {
				s = 0
			}
			c[i*ldc+j] = s
		}
	}
}

// TestEpilogue: on every path of a product, what follows the sum follows it once.
func TestEpilogue(t *testing.T) {
	t.Run("float32", testEpilogue[float32])
	t.Run("float64", testEpilogue[float64])
}

func testEpilogue[T Float](t *testing.T) {
	r := rand.New(rand.NewPCG(31, 32))
	shapes := [][3]int{ // m, n, k
		{1, 1, 1}, {1, 130, 70}, {3, 200, 300}, {5, 37, 0}, {64, 10, 256}, {2, 300, 1500},
		{64, 160, 392}, {32, 129, 784}, {40, 150, 512}, {33, 530, 800}, {300, 20, 64}, {5, 37, 9000},
	}
	if testing.Short() {
		last := shapes[10]
		if shapes = shapes[:6]; asm.Selection().ISA != "generic" { // whose multiply-adds may be emulated
			shapes = append(shapes, [3]int{64, 160, 392}, last)
		}
	}
	for _, s := range shapes {
		m, n, k := s[0], s[1], s[2]
		for trans := range 4 {
			tA, tB := trans&1 != 0, trans&2 != 0
			lda, ldb, ldc := k, n, n+3
			if tA {
				lda = m
			}
			if tB {
				ldb = k
			}
			a, b := randomSlice[T](r, m*k), randomSlice[T](r, k*n)
			if m > 1 && k > 0 {
				a[0] = T(math.NaN()) // passes the ReLU
			}
			sum := make([]T, m*ldc)
			Gemm(tA, tB, m, n, k, 1, a, lda, b, ldb, 0, sum, ldc)
			packed := PackRHS(tB, k, n, b, ldb)
			for kind, e := range epilogues[T](r, n) {
				want := append([]T(nil), sum...)
				e.after(want, m, n, ldc)
				compare := func(how string, got []T) {
					t.Helper()
					for i := range got {
						if !sameBits(got[i], want[i]) {
							t.Fatalf("%s %v tA %v tB %v, epilogue %d: [%d,%d] = %v, want %v", how, s, tA, tB, kind, i/ldc, i%ldc, got[i], want[i])
						}
					}
				}
				for _, table := range asm.Tables[T]() {
					for _, threads := range []int{1, 3} {
						p := product[T]{kernels: &table.Products, m: m, n: n, k: k, a: a, aRow: lda, aCol: 1,
							b: b, bRow: ldb, tB: tB, c: make([]T, m*ldc), ldc: ldc, alpha: 1, threads: threads}
						if tA {
							p.aRow, p.aCol = 1, lda
						}
						p.runAfter(&e)
						compare(fmt.Sprintf("%s, %d threads:", table.ISA, threads), p.c)
						if testing.Short() {
							break
						}
					}
				}
				c := make([]T, m*ldc)
				GemmPacked(tA, m, a, lda, packed, e, c, ldc)
				compare("packed", c)
			}
		}
	}
}

// TestLinear: the bits of the product, the bias and the activation, for operands of any
// strides.
func TestLinear(t *testing.T) {
	r := rand.New(rand.NewPCG(33, 34))
	random := func(shape ...int) *Tensor[float32] {
		x := New[float32](shape...)
		copy(x.Data(), randomSlice[float32](r, x.Len()))
		return x
	}
	for _, s := range [][3]int{{1, 1, 1}, {0, 3, 4}, {4, 3, 0}, {5, 17, 9}, {64, 130, 100}, {70, 90, 200}} {
		n, out, in := s[0], s[1], s[2]
		every := func(rows, cols int) []*Tensor[float32] {
			return []*Tensor[float32]{random(rows, cols), random(cols, rows).T(), random(rows, 2*cols+1).Narrow(1, 1, cols), random(2, cols, 3, rows).Permute(3, 2, 1, 0).Select(3, 1).Select(1, 1)}
		}
		for _, x := range every(n, in) {
			for _, w := range every(out, in) {
				for k, y := range every(n, out) {
					for _, bias := range []*Tensor[float32]{nil, random(out), random(out, 2).Select(1, 1)} {
						want := New[float32](n, out)
						MatMulTransB(want, x, w)
						if bias != nil {
							AddRow(want, want, bias)
						}
						ReLU(want, want)
						Linear(y, x, w, bias, ActReLU)
						for i := range n {
							for j := range out {
								if y.At(i, j) != want.At(i, j) {
									t.Fatalf("%v, y %d: [%d,%d] = %v, want %v", s, k, i, j, y.At(i, j), want.At(i, j))
								}
							}
						}
					}
				}
			}
		}
	}
	x, w, bias, y := random(64, 200), random(100, 200), random(100), random(64, 100)
	if n := steady.Allocs(10, func() { Linear(y, x, w, bias, ActReLU) }); n > 0 {
		t.Errorf("%v allocations", n)
	}
}

func TestLinearMisuse(t *testing.T) {
	x, w, y, bias := New[float32](2, 3), New[float32](4, 3), New[float32](2, 4), New[float32](4)
	for what, f := range map[string]func(){
		"two axes":                 func() { Linear(y, New[float32](3), w, bias, ActNone) },
		"inner dimensions":         func() { Linear(y, New[float32](2, 5), w, bias, ActNone) },
		"dst is not 2 x 4":         func() { Linear(New[float32](2, 5), x, w, bias, ActNone) },
		"an element for each row":  func() { Linear(y, x, w, New[float32](3), ActNone) },
		"shares memory with the b": func() { Linear(y, x, w, From(y.Data()[:4], 4), ActNone) },
		"unknown activation":       func() { Linear(y, x, w, bias, 9) },
	} {
		if err := panicOf(f); err == nil || !strings.Contains(err.Error(), what) {
			t.Errorf("%v does not say %q", err, what)
		}
	}
	for what, f := range map[string]func(){
		"without a shift": func() {
			MatMulPacked(y, x, PackRHS(true, 3, 4, w.Data(), 3), Epilogue[float32]{Scale: make([]float32, 4)})
		},
		"scale and shift have 4 and 3": func() {
			MatMulPacked(y, x, PackRHS(true, 3, 4, w.Data(), 3), Epilogue[float32]{Scale: make([]float32, 4), Shift: make([]float32, 3)})
		},
		"vector of the epilogue": func() {
			MatMulPacked(y, x, PackRHS(true, 3, 4, w.Data(), 3), Epilogue[float32]{Scale: make([]float32, 4), Shift: y.Data()[2:6]})
		},
	} {
		if err := panicOf(f); err == nil || !strings.Contains(err.Error(), what) {
			t.Errorf("%v does not say %q", err, what)
		}
	}
}
