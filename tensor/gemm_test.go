package tensor

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/lanes-go/lanes/asm"
	"github.com/lanes-go/lanes/internal/steady"
)

func sameBits[T Float](x, y T) bool {
	if x != x || y != y {
		return x != x && y != y
	}
	return x == y && math.Signbit(float64(x)) == math.Signbit(float64(y))
}

// specGemm is the specification of a product: blocks, superblocks, then C.
func specGemm[T Float](tA, tB bool, m, n, k int, alpha T, a []T, lda int, b []T, ldb int, beta T, c []T, ldc int) {
	at := func(x []T, ld int, t bool, i, j int) T {
		if t {
			return x[j*ld+i]
		}
		return x[i*ld+j]
	}
	kb := asm.KBlockLen(k)
	for i := range m {
		for j := range n {
			x := &c[i*ldc+j]
			if k == 0 || alpha == 0 {
				if beta == 0 {
					*x = 0
				} else {
					*x = T(beta * *x)
				}
				continue
			}
			var sum, super T
			for p0, blk := 0, 0; p0 < k; p0, blk = p0+kb, blk+1 {
				var s T
				for p := p0; p < min(p0+kb, k); p++ {
					s = asm.FMA(at(a, lda, tA, i, p), at(b, ldb, tB, p, j), s)
				}
				if blk%asm.SuperBlock == 0 {
					super = s
				} else {
					super += s
				}
				if blk%asm.SuperBlock == asm.SuperBlock-1 || p0+kb >= k {
					if blk < asm.SuperBlock {
						sum = super
					} else {
						sum += super
					}
				}
			}
			if beta == 0 {
				*x = T(alpha * sum)
			} else {
				*x = asm.FMA(alpha, sum, T(beta**x))
			}
		}
	}
}

func randomSlice[T Float](r *rand.Rand, n int) []T {
	x := make([]T, n)
	for i := range x {
		x[i] = T(r.Float64()*2 - 1)
	}
	return x
}

// gemmOn is Gemm on a given table.
func gemmOn[T Float](k *asm.Kernels[T], threads int, tA, tB bool, m, n, kk int, alpha T, a []T, lda int, b []T, ldb int, beta T, c []T, ldc int) {
	p := product[T]{kernels: &k.Products, m: m, n: n, k: kk, a: a, aRow: lda, aCol: 1, b: b, bRow: ldb, tB: tB,
		c: c, ldc: ldc, alpha: alpha, beta: beta, threads: threads}
	if tA {
		p.aRow, p.aCol = 1, lda
	}
	p.run()
}

func testProduct[T Float](t *testing.T, k *asm.Kernels[T], m, n, kk int, alpha, beta T, r *rand.Rand) {
	t.Helper()
	for _, trans := range []int{0, 1, 2, 3} {
		tA, tB := trans&1 != 0, trans&2 != 0
		ra, ca, rb, cb := m, kk, kk, n
		if tA {
			ra, ca = kk, m
		}
		if tB {
			rb, cb = n, kk
		}
		lda, ldb, ldc := ca+r.IntN(3), cb+r.IntN(3), n+r.IntN(3)
		a, b := randomSlice[T](r, ra*lda), randomSlice[T](r, rb*ldb)
		c := randomSlice[T](r, m*ldc)
		if beta == 0 {
			c[0] = T(math.NaN())
		}
		want := append([]T(nil), c...)
		specGemm(tA, tB, m, n, kk, alpha, a, lda, b, ldb, beta, want, ldc)
		for _, threads := range []int{1, 2, 7} {
			got := append([]T(nil), c...)
			gemmOn(k, threads, tA, tB, m, n, kk, alpha, a, lda, b, ldb, beta, got, ldc)
			for i := range got {
				if !sameBits(got[i], want[i]) {
					t.Fatalf("tA %v tB %v m %d n %d k %d alpha %v beta %v threads %d: C[%d][%d] = %v, want %v",
						tA, tB, m, n, kk, alpha, beta, threads, i/ldc, i%ldc, got[i], want[i])
				}
			}
			if m*n*kk < threadWork {
				break
			}
		}
	}
}

func testGemm[T Float](t *testing.T) {
	defer SetMaxThreads(SetMaxThreads(7))
	for _, k := range asm.Tables[T]() {
		t.Run("isa="+k.ISA, func(t *testing.T) {
			r := rand.New(rand.NewPCG(1, uint64(len(k.ISA))))
			scales := [][2]T{{1, 0}, {1, 1}, {-1, 1}, {2, 0}, {0.5, -3}, {1, 0.25}}
			small := 60
			if testing.Short() {
				small = 10
			}
			for range small {
				s := scales[r.IntN(len(scales))]
				testProduct(t, k, 1+r.IntN(40), 1+r.IntN(70), 1+r.IntN(80), s[0], s[1], r)
			}
			// Around every block size: one, two, three k-blocks, a superblock and a bit.
			for i, s := range [][3]int{{5, 7, 768}, {3, 33, 769}, {20, 34, 700}, {6, 70, 1024}, {15, 37, 1283}, {2, 3, 512*17 + 5}, {1, 40, 1000}, {40, 1, 1000}} {
				sc := scales[(i+1)%len(scales)]
				testProduct(t, k, s[0], s[1], s[2], sc[0], sc[1], r)
				testProduct(t, k, s[0], s[1], s[2], 1, 0, r)
			}
			if !testing.Short() {
				testProduct(t, k, 131, 203, 97, 1, 0, r)
				testProduct(t, k, 1301, 10, 30, 1, 0, r)
				testProduct(t, k, 300, 24, 7, -2, 0, r)
				testProduct(t, k, 67, 301, 1300, 1, 1, r)
				testProduct(t, k, 35, 530, 800, 1.5, 0, r)
			}
		})
	}
}

func TestEveryKernelGemm(t *testing.T) {
	t.Run("float32", testGemm[float32])
	t.Run("float64", testGemm[float64])
}

func TestGemmContract(t *testing.T) {
	nan, inf := float32(math.NaN()), float32(math.Inf(1))
	c := []float32{nan, 9, nan, 9}
	Gemm(false, false, 2, 1, 1, 1, []float32{1, 2}, 1, []float32{3}, 1, 0, c, 2)
	if c[0] != 3 || c[1] != 9 || c[2] != 6 || c[3] != 9 {
		t.Errorf("beta = 0 with padding: %v", c)
	}
	c = []float32{2, 4}
	Gemm(false, false, 1, 2, 0, 1, nil, 0, nil, 2, 0.5, c, 2)
	if c[0] != 1 || c[1] != 2 {
		t.Errorf("k = 0: %v", c)
	}
	Gemm(false, false, 1, 1, 1, 1, []float32{0}, 1, []float32{inf}, 1, 0, c, 1)
	if c[0] == c[0] {
		t.Errorf("0·Inf = %v", c[0])
	}
	Gemm(false, false, 1, 1, 1, 0, []float32{nan}, 1, []float32{inf}, 1, 0, c, 1)
	if c[0] != 0 {
		t.Errorf("alpha = 0 read its operands: %v", c[0])
	}
}

func TestGemmMisuse(t *testing.T) {
	huge := 1 // MaxInt32 + 1 is 2^31, or negative where an int has 32 bits
	x := make([]float32, 100)
	for name, f := range map[string]func(){
		"overlap":                  func() { Gemm(false, false, 2, 2, 2, 1, x[:4], 2, x[50:], 2, 0, x[3:], 2) },
		"overlap of B":             func() { Gemm(false, false, 2, 2, 2, 1, x[:4], 2, x[50:], 2, 0, x[53:], 2) },
		"overlap of B, transposed": func() { Gemm(false, true, 2, 2, 2, 1, x[:4], 2, x[50:], 2, 0, x[47:], 2) },
		"overlap of B, one ld":     func() { Gemm(false, false, 3, 3, 3, 1, x, 10, x[35:], 10, 0, x[57:], 10) },
		"overlap of B, large": func() {
			y := make([]float32, 200*200)
			Gemm(true, false, 100, 150, 130, 1, y[30000:], 100, y, 150, 0, y[130*150-1:], 150)
		},
		"short A":   func() { Gemm(false, false, 3, 2, 2, 1, x[:5], 2, x[10:], 2, 0, x[50:], 2) },
		"short lda": func() { Gemm(false, false, 3, 2, 4, 1, x[:30], 3, x[30:], 2, 0, x[50:], 2) },
		"negative":  func() { Gemm(false, false, -1, 2, 2, 1, x[:5], 2, x[10:], 2, 0, x[50:], 2) },
		"overflow":  func() { Gemm(false, false, math.MaxInt32, 2, 2, 1, x, math.MaxInt32, x, 2, 0, x, 2) },
		"huge lda":  func() { Gemm(false, false, 1, 2, 2, 1, x[:5], math.MaxInt32+huge, x[10:], 2, 0, x[50:], 2) },
		"huge ldb": func() {
			Gemm(true, false, 64, 64, 1, 1, x[:64], 64, x, math.MaxInt32+huge, 0, make([]float32, 4096), 64)
		},
		"huge ldc":     func() { Gemm(false, false, 1, 2, 2, 1, x[:5], 2, x[10:], 2, 0, x[50:], math.MaxInt32+huge) },
		"negative ldc": func() { Gemm(false, false, 1, 2, 2, 1, x[:5], 2, x[10:], 2, 0, x[50:], -2) },
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if _, ok := recover().(*GemmError); !ok {
					t.Error("no GemmError")
				}
			}()
			f()
		})
	}
	// Blocks of one matrix that share no element are fine: as in LU.
	m := make([]float32, 100)
	Gemm(false, false, 5, 5, 5, -1, m[50:], 10, m[5:], 10, 1, m[55:], 10)
}

func TestGemmAllocates(t *testing.T) {
	defer SetMaxThreads(SetMaxThreads(2))
	shapes, warm := [][3]int{{16, 16, 16}, {17, 33, 65}, {100, 100, 100}, {64, 1000, 900}, {300, 300, 300}}, 20
	if testing.Short() { // an emulator does 0.2 GFLOP/s
		shapes, warm = [][3]int{{16, 16, 16}, {17, 33, 65}, {24, 60, 900}, {110, 100, 110}}, 5
	}
	for _, s := range shapes {
		m, n, k := s[0], s[1], s[2]
		a, b, c := make([]float32, m*k), make([]float32, k*n), make([]float32, m*n)
		for trans := range 4 {
			tA, tB := trans&1 != 0, trans&2 != 0
			lda, ldb := k, n
			if tA {
				lda = m
			}
			if tB {
				ldb = k
			}
			f := func() { Gemm(tA, tB, m, n, k, 1, a, lda, b, ldb, 1, c, n) }
			for range warm { // both threads' workspaces grow to their size
				f()
			}
			if got := steady.Allocs(warm, f); got != 0 {
				t.Errorf("%v tA %v tB %v: %v allocations", s, tA, tB, got)
			}
		}
	}
}

func testPacked[T Float](t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	for _, s := range [][3]int{{1, 1, 1}, {1, 512, 784}, {3, 70, 30}, {33, 130, 800}, {20, 40, 0}, {5, 37, 9000}} {
		m, n, k := s[0], s[1], s[2]
		for trans := range 4 {
			tA, tB := trans&1 != 0, trans&2 != 0
			lda, ldb := k, n
			if tA {
				lda = m
			}
			if tB {
				ldb = k
			}
			a, b, bias := randomSlice[T](r, m*k), randomSlice[T](r, k*n), randomSlice[T](r, n)
			if m > 1 && k > 0 {
				a[0] = T(math.NaN()) // passes the ReLU
			}
			want, got := make([]T, m*n), make([]T, m*n)
			specGemm(tA, tB, m, n, k, 1, a, lda, b, ldb, 0, want, n)
			for i := range want {
				if want[i] += bias[i%n]; want[i] < 0 {
					want[i] = 0
				}
			}
			GemmPacked(tA, m, a, lda, PackRHS(tB, k, n, b, ldb), Epilogue[T]{Bias: bias, Act: ActReLU}, got, n)
			for i := range got {
				if !sameBits(got[i], want[i]) {
					t.Fatalf("%v tA %v tB %v: [%d] = %v, want %v", s, tA, tB, i, got[i], want[i])
				}
			}
		}
	}
}

func TestGemmPacked(t *testing.T) {
	t.Run("float32", testPacked[float32])
	t.Run("float64", testPacked[float64])
}
