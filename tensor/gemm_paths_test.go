package tensor

import (
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"unsafe"

	"github.com/lanes-go/lanes/asm"
	"github.com/lanes-go/lanes/internal/steady"
)

// spy is a table that notes what its kernels are asked for, so that a test can tell
// which of the paths of a product ran.
type spy[T Float] struct {
	kernels asm.Kernels[T]
	b       []T // operand B where it lies
	mu      sync.Mutex
	seen    map[string]int
}

func newSpy[T Float](table *asm.Kernels[T], b []T) *spy[T] {
	s := &spy[T]{kernels: *table, b: b, seen: map[string]int{}}
	nr := table.GemmNR
	s.kernels.Gemm = func(g *asm.GemmArgs[T]) bool {
		s.mu.Lock()
		defer s.mu.Unlock()
		for what, yes := range map[string]bool{
			"B in place":       g.Pack == nil && rangesMeet(g.B[:1], s.b),
			"B packed on way":  g.Pack != nil,
			"B packed strip":   g.BPanel != nr && g.N > nr,
			"B a panel":        g.BPanel != nr && g.N <= nr,
			"A in tiles":       g.ATile > 0,
			"chain in pieces":  g.Init != nil,
			"later k-block":    g.Out&asm.OutAdd != 0,
			"B turned":         g.BTrans,
			"C transposed":     g.LDC == tallChunk && rangesMeet(g.A[:1], s.b),
			"few rows, wide":   g.M <= 4 && g.ACol == 1 && g.N >= 8*nr && !g.BTrans,
			"alpha and beta":   g.Out&asm.OutFMA != 0,
			"a scaled product": g.Out&asm.OutScale != 0,
		} {
			if yes {
				s.seen[what]++
			}
		}
		return table.Gemm(g)
	}
	s.kernels.PackN = func(dst []T, w int, src []T, lds, n, k int) {
		s.note("PackN")
		table.PackN(dst, w, src, lds, n, k)
	}
	s.kernels.PackT = func(dst []T, w int, src []T, lds, n, k int) {
		s.note("PackT")
		table.PackT(dst, w, src, lds, n, k)
	}
	s.kernels.Axpby = func(y []T, alpha T, x []T, beta T) {
		s.note("sums beside C")
		table.Axpby(y, alpha, x, beta)
	}
	return s
}

func (s *spy[T]) note(what string) {
	s.mu.Lock()
	s.seen[what]++
	s.mu.Unlock()
}

// pathCase is a product that takes a path, in some of the transpositions.
type pathCase[T Float] struct {
	name        string
	trans       []string
	m, n, k     int
	lda, ldb    int // 0: a few more than a row
	alpha, beta T
	want        []string // what the spy must have seen
	turned      bool     // with B in registers, on the tables that can
	blocks      int      // least k-blocks after the first, whatever the strips
	workers     bool     // workers must come
}

var (
	anyA   = []string{"nn", "tn"}
	transB = []string{"nt", "tt"}
	all4   = []string{"nn", "tn", "nt", "tt"}
)

// pathCases are the paths of a product on a table: small sizes, but for those that
// the L2 of this machine asks for.
func pathCases[T Float](k *asm.Kernels[T]) []pathCase[T] {
	nr, mr, size := k.GemmNR, k.GemmMR, sizeOf[T]()
	collide := 2048 / size // a distance of rows that fall into the same places of the L1
	long := asm.KBlockMax
	overL2 := asm.Caches().L2/2/(long*size) + 1 // rows of A of which a k-block fills half an L2
	cases := []pathCase[T]{
		{name: "in place", trans: anyA, m: mr + 3, n: 2*nr + 5, k: 30, alpha: 1, want: []string{"B in place"}},
		{name: "packed on the way", trans: anyA, m: directRows + 5, n: 2*nr + 3, k: 20, ldb: collide, alpha: -1, want: []string{"B packed on way", "B packed strip", "a scaled product"}},
		{name: "packed on the way, whole panels", trans: anyA, m: directRows + 2*mr, n: 2 * nr, k: 9, ldb: collide, alpha: 1, beta: 1, want: []string{"B packed on way", "B packed strip"}},
		{name: "tiles of A", trans: []string{"nn", "nt"}, m: 2*mr + 1, n: 2*nr + 1, k: 40, lda: collide, alpha: 1, want: []string{"A in tiles"}},
		{name: "tiles of A, stored transposed", trans: []string{"tn", "tt"}, m: mr + 3, n: 8*nr + 1, k: 10, lda: 2 * collide, alpha: 1, want: []string{"A in tiles"}},
		{name: "C turned", trans: transB, m: 2 * nr, n: 4*nr + 129, k: long + 9, alpha: -1},
		{name: "C turned, some lanes idle", trans: transB, m: nr - 1, n: 2*nr + 150, k: 33, alpha: 1},
		{name: "C turned, but beta", trans: []string{"nt"}, m: nr, n: 3*nr + 40, k: 33, alpha: 1, beta: 1},
		{name: "scaled over superblocks", trans: []string{"nn"}, m: 2, n: 3, k: asm.KBlock*asm.SuperBlock + 300, alpha: 2.5},
		{name: "few rows, B transposed", trans: []string{"nt"}, m: 3, n: 3*nr + 1, k: long + 1, alpha: 1, turned: true},
		{name: "few rows apart, B transposed", trans: []string{"nt"}, m: 4, n: 2 * nr, k: 70, lda: collide, alpha: 1, beta: 1, turned: true},
		{name: "panel of transposed B", trans: transB, m: mr + 4, n: 2*nr + 1, k: 50, alpha: 0.5, beta: -2, want: []string{"PackT", "B a panel", "alpha and beta"}},
		{name: "tall", trans: []string{"tn", "tt"}, m: tallRows + 50, n: 10, k: 12, alpha: 2, want: []string{"C transposed", "PackT"}},
		{name: "tall, in chunks", trans: []string{"tn", "tt"}, m: 2*tallChunk + 3, n: 3, k: 5, alpha: 1, want: []string{"C transposed"}},
		{name: "tall with beta", trans: []string{"tn", "tt"}, m: tallRows + 20, n: 5, k: 8, alpha: 1, beta: 1},
		{name: "tall, several k-blocks", trans: []string{"tn"}, m: tallRows + 1, n: 2, k: long + 40, alpha: 1, want: []string{"later k-block"}, blocks: 1},
		{name: "one row", trans: all4, m: 1, n: 17*nr + 1, k: 20, alpha: 1},
		{name: "one row of rows", trans: []string{"nn"}, m: 1, n: 17*nr + 3, k: 20, alpha: 1, want: []string{"few rows, wide", "B in place"}},
		{name: "three rows", trans: []string{"nn"}, m: 3, n: 9*nr + 1, k: 15, alpha: 1, beta: 1, want: []string{"few rows, wide"}},
		{name: "one column", trans: all4, m: 40, n: 1, k: 70, alpha: 1},
		{name: "two k-blocks", trans: all4, m: 3, n: nr + 1, k: long + 1, alpha: 1, want: []string{"later k-block"}, blocks: 1},
		{name: "three k-blocks, beta", trans: all4, m: 2, n: nr - 1, k: 2*asm.KBlock + 300, alpha: 1.5, beta: 0.5, want: []string{"later k-block", "sums beside C"}, blocks: 2},
		{name: "three k-blocks, accumulated", trans: anyA, m: 5, n: 5, k: 2*asm.KBlock + 300, alpha: 1, beta: 1, want: []string{"later k-block", "sums beside C"}, blocks: 2},
		{name: "two k-blocks, packed on the way", trans: anyA, m: directRows + 1, n: nr + 2, k: long + 1, ldb: collide, alpha: 1, want: []string{"B packed on way", "later k-block"}, blocks: 1},
		{name: "a superblock and a bit", trans: []string{"nn", "nt"}, m: 2, n: 3, k: asm.SuperBlock*asm.KBlock + 400, alpha: 1, want: []string{"later k-block", "sums beside C"}, blocks: 16},
		{name: "two superblocks, beta", trans: []string{"tn"}, m: 1, n: 2, k: 2*asm.SuperBlock*asm.KBlock + 300, alpha: -1, beta: 3, want: []string{"later k-block", "sums beside C"}, blocks: 32},
		{name: "transposed B beyond the L2", trans: []string{"nt"}, m: overL2, n: nr + 1, k: long, alpha: 1, want: []string{"PackT", "B packed strip"}},
		{name: "threads", trans: []string{"nt", "tn"}, m: 112, n: 96, k: 100, alpha: 1, workers: true},
	}
	if k.GemmChunk > 0 {
		for _, beta := range []T{0, 1, -0.5} {
			cases = append(cases, pathCase[T]{name: "panel of transposed B in pieces", trans: transB, m: mr + 1, n: nr + 3, k: 2*k.GemmChunk + 1, alpha: 1, beta: beta, want: []string{"chain in pieces", "B a panel"}})
		}
	}
	// More columns than are packed at a time.
	s := strip[T]{product: product[T]{kernels: &k.Products}, kb: long}
	n := nr + 3
	for s.width(n) == n {
		n += nr
	}
	cases = append(cases,
		pathCase[T]{name: "strips", trans: []string{"nt"}, m: 2, n: n, k: long, alpha: 1},
		pathCase[T]{name: "strips, beta", trans: []string{"nn"}, m: 2, n: n, k: long, alpha: 2, beta: 1})
	return cases
}

// mixed returns operands of one of three kinds: 0 plain, 1 with a few NaN, Inf,
// zeros of both signs and subnormals, 2 so small that sums are subnormal.
func mixed[T Float](r *rand.Rand, n, kind int) []T {
	x := randomSlice[T](r, n)
	switch kind {
	case 1:
		subnormal := T(math.SmallestNonzeroFloat32)
		if sizeOf[T]() == 8 {
			small := math.SmallestNonzeroFloat64
			subnormal = T(small)
		}
		for range 1 + n/200 {
			x[r.IntN(n)] = []T{0, T(math.Copysign(0, -1)), subnormal * 5}[r.IntN(3)]
		}
		for range 1 + n/3000 {
			x[r.IntN(n)] = []T{T(math.Inf(1)), T(math.Inf(-1)), T(math.NaN())}[r.IntN(3)]
		}
	case 2:
		scale := T(0x1p-72)
		if sizeOf[T]() == 8 {
			scale = T(math.Ldexp(1, -530))
		}
		for i := range x {
			x[i] *= scale
		}
	}
	return x
}

// run computes the product on every transposition of the case, with the operands
// where place puts them, and compares sampled rows of C, each to the specification of
// itself alone.
func (c *pathCase[T]) run(t *testing.T, table *asm.Kernels[T], kind int, place func([]T) []T) {
	r := rand.New(rand.NewPCG(61, uint64(kind)))
	for _, trans := range c.trans {
		tA, tB := trans[0] == 't', trans[1] == 't'
		ra, ca, rb, cb := c.m, c.k, c.k, c.n
		if tA {
			ra, ca = c.k, c.m
		}
		if tB {
			rb, cb = c.n, c.k
		}
		lda, ldb, ldc := c.lda, c.ldb, c.n+r.IntN(3)
		if lda == 0 {
			lda = ca + 1 + r.IntN(3)
		}
		if ldb == 0 {
			ldb = cb + 1 + r.IntN(3)
		}
		a, b, before := place(mixed[T](r, (ra-1)*lda+ca, kind)), place(mixed[T](r, (rb-1)*ldb+cb, kind)), mixed[T](r, (c.m-1)*ldc+c.n, kind%2)
		rows := []int{0, c.m - 1, r.IntN(c.m)}
		if !testing.Short() && c.n*c.k < 1<<16 {
			rows = rows[:0]
			for i := range c.m {
				rows = append(rows, i)
			}
		}
		slices.Sort(rows)
		rows = slices.Compact(rows)
		var first []T
		for _, threads := range []int{1, 2, 7} {
			s, was := newSpy(table, b), ReadStats()
			got := place(before)
			gemmOn(&s.kernels, threads, tA, tB, c.m, c.n, c.k, c.alpha, a, lda, b, ldb, c.beta, got, ldc)
			now := ReadStats()
			if threads == 1 {
				first = got
				if c.turned && table.GemmTransRows > 0 && s.seen["B turned"] == 0 {
					t.Errorf("%s: B was not turned in registers, but %v", trans, s.seen)
				}
				for _, want := range c.want {
					if s.seen[want] == 0 {
						t.Errorf("%s: did not see %q, but %v", trans, want, s.seen)
					}
				}
				if n := now.KBlocks - was.KBlocks; n < int64(c.blocks) {
					t.Errorf("%s: %d k-blocks after the first, want %d", trans, n, c.blocks)
				}
				if s.seen["PackN"]+s.seen["B packed on way"] > 0 && now.Packs == was.Packs {
					t.Errorf("%s: the counter of packs stands still", trans)
				}
			}
			for i := range got {
				if !sameBits(got[i], first[i]) {
					t.Fatalf("%s: %d threads: C[%d][%d] = %v, with one %v", trans, threads, i/ldc, i%ldc, got[i], first[i])
				}
			}
			if !c.workers {
				break
			}
			if threads > 1 && runtime.GOMAXPROCS(0) > 1 && now.Workers == was.Workers { // late: the product is short
				again := slices.Clone(before)
				eventually(t, trans+": a worker comes", func() bool {
					gemmOn(table, threads, tA, tB, c.m, c.n, c.k, c.alpha, a, lda, b, ldb, c.beta, again, ldc)
					return ReadStats().Workers > was.Workers
				})
			}
		}
		for _, i := range rows {
			ai := a[i:]
			if !tA {
				ai = a[i*lda:]
			}
			want := slices.Clone(before[i*ldc : i*ldc+c.n])
			specGemm(tA, tB, 1, c.n, c.k, c.alpha, ai, lda, b, ldb, c.beta, want, ldc)
			for j := range want {
				if got := first[i*ldc+j]; !sameBits(got, want[j]) {
					t.Fatalf("%s: C[%d][%d] = %v, want %v", trans, i, j, got, want[j])
				}
			}
		}
	}
}

func testPaths[T Float](t *testing.T) {
	defer SetMaxThreads(SetMaxThreads(7))
	for _, k := range asm.Tables[T]() {
		for i, c := range pathCases(k) {
			for kind := range 3 {
				if testing.Short() && kind != i%3 {
					continue
				}
				t.Run(fmt.Sprintf("isa=%s/%s/operands=%d", k.ISA, c.name, kind), func(t *testing.T) { c.run(t, k, kind, slices.Clone) })
			}
		}
	}
}

// TestGemmPaths: every path of a product runs, by what its kernels are asked for,
// and gives the bits of the specification.
func TestGemmPaths(t *testing.T) {
	t.Run("float32", testPaths[float32])
	t.Run("float64", testPaths[float64])
}

func testSteadyState[T Float](t *testing.T) {
	r := rand.New(rand.NewPCG(63, 64))
	collide := 2048 / sizeOf[T]()
	shapes, runs := [][3]int{{16, 16, 16}, {40, 70, 30}, {300, 10, 40}, {1, 900, 60}, {6, 20, 1100}, {100, 120, 100}, {3, 5, 9000}}, 10
	if testing.Short() {
		shapes, runs = [][3]int{{16, 16, 16}, {40, 40, 12}, {300, 3, 5}, {3, 9, 800}}, 3
	}
	for _, threads := range []int{1, 2} {
		defer SetMaxThreads(SetMaxThreads(threads))
		settled := func(what string, f func()) {
			for range runs { // memory grows to what it needs
				f()
			}
			if got := steady.Allocs(runs, f); got != 0 {
				t.Errorf("%d threads, %s: %v allocations", threads, what, got)
			}
		}
		for _, s := range shapes {
			m, n, k := s[0], s[1], s[2]
			for _, trans := range all4 {
				tA, tB := trans[0] == 't', trans[1] == 't'
				ra, ca, rb, cb := m, k, k, n
				if tA {
					ra, ca = k, m
				}
				if tB {
					rb, cb = n, k
				}
				ldb := max(cb, collide)
				a, b, c := randomSlice[T](r, ra*ca), randomSlice[T](r, rb*ldb), make([]T, m*n)
				packed := PackRHS(tB, k, n, b, ldb)
				e := Epilogue[T]{Bias: make([]T, n), Act: ActReLU}
				ta, tb, tc := From(a, ra, ca), From(b, rb, ldb).Narrow(1, 0, cb), From(c, m, n)
				ba, bc := From(a, 1, ra, ca), From(c, 1, m, n)
				mul, acc, batch := MatMul[T], MatMulAcc[T], BatchMatMul[T]
				switch trans {
				case "tn":
					mul, acc, batch = MatMulTransA[T], MatMulTransAAcc[T], BatchMatMulTransA[T]
				case "nt":
					mul, acc, batch = MatMulTransB[T], MatMulTransBAcc[T], BatchMatMulTransB[T]
				case "tt":
					tb = tb.T() // a view, which the caller allocates
					mul, acc, batch = MatMulTransA[T], MatMulTransAAcc[T], BatchMatMulTransA[T]
				}
				what := fmt.Sprintf("%s m %d n %d k %d", trans, m, n, k)
				settled(what, func() { Gemm(tA, tB, m, n, k, 1, a, ca, b, ldb, 0, c, n) })
				settled(what+" beta", func() { Gemm(tA, tB, m, n, k, 0.5, a, ca, b, ldb, -0.5, c, n) })
				settled(what+" packed", func() { GemmPacked(tA, m, a, ca, packed, e, c, n) })
				settled(what+" MatMul", func() { mul(tc, ta, tb); acc(tc, ta, tb) })
				settled(what+" BatchMatMul", func() { batch(bc, ba, tb) })
			}
		}
	}
}

// TestSteadyStateAllocates: nothing, for any of the products.
func TestSteadyStateAllocates(t *testing.T) {
	t.Run("float32", testSteadyState[float32])
	t.Run("float64", testSteadyState[float64])
}

// TestGemmOverflow: sizes whose product leaves an int are refused by name.
func TestGemmOverflow(t *testing.T) {
	x := make([]float32, 64)
	const big = math.MaxInt32
	bits := int(unsafe.Sizeof(0)) * 8
	side := 1<<(bits/2-1) + 1 // side*side overflows int on this target
	if bits == 64 {
		side = big
	}
	for name, f := range map[string]func(){
		"A too short (or its size overflows int)":             func() { Gemm(false, false, side, 2, side, 1, x, side, x, 2, 0, x, 2) },
		"B too short (or its size overflows int)":             func() { Gemm(false, false, 0, side, side, 1, x, side, x, side, 0, x, side) },
		"C too short (or its size overflows int)":             func() { Gemm(false, false, 64, 1, 1, 1, x, 1, x, 1, 0, x, big) },
		"ld of A shorter than a row":                          func() { Gemm(true, false, side, 1, 1, 1, x, 1, x, 1, 0, x, 1) },
		"negative dimension":                                  func() { Gemm(false, false, 1, math.MinInt, 1, 1, x, 1, x, 1, 0, x, 1) },
		"PackRHS: B too short (or its size overflows int)":    func() { PackRHS(false, side, side, x, side) },
		"PackRHS: negative dimension":                         func() { PackRHS(false, -1, 2, x, 2) },
		"GemmPacked: A too short (or its size overflows int)": func() { GemmPacked(false, side, x, side, PackRHS(false, 2, 2, x, 2), Epilogue[float32]{}, x, 2) },
		"GemmPacked: C too short (or its size overflows int)": func() { GemmPacked(false, 4, x, 2, PackRHS(false, 2, 2, x, 2), Epilogue[float32]{}, x, big) },
	} {
		if _, after, ok := strings.Cut(name, ": "); ok {
			name = after
		}
		t.Run(name, func(t *testing.T) {
			defer func() {
				err, ok := recover().(*GemmError)
				if !ok || err.Reason != name {
					t.Errorf("panics with %v, want the reason %q", err, name)
				}
			}()
			f()
		})
	}
}

// testCalls asks kernels that do nothing for large products of every kind: no call
// may be long, since nothing can interrupt it.
func testCalls[T Float](t *testing.T) {
	work, elems := 2*callWork/sizeOf[T](), 2*callBytes/sizeOf[T]()
	x := make([]T, 1<<22) // never touched
	for _, table := range asm.Tables[T]() {
		for _, s := range [][3]int{
			{512, 512, 4096}, {50000, 64, 64}, {50000, 10, 64}, {5000, tallColumns, asm.KBlockMax}, {1, 4096, 1000}, {5, 4000, 1000}, {8, 4000, 1000},
			{32, 2048, 2048}, {4000, 1, 1000}, {4000, 8, 1000}, {65000, 1, 64}, {1, 65000, 64}, {1 << 22, 1, 1}, {2000, 2000, 1}, {14, 14, 100000},
		} {
			m, n, k := s[0], s[1], s[2]
			for _, trans := range all4 {
				kernels := *table
				kernels.PackN = func([]T, int, []T, int, int, int) {}
				kernels.PackT = kernels.PackN
				kernels.Gemm = func(g *asm.GemmArgs[T]) bool {
					if w := g.M * max(g.N, table.GemmNR/4) * g.K; w > work {
						t.Errorf("isa=%s %s m %d n %d k %d: a call of %d x %d x %d", table.ISA, trans, m, n, k, g.M, g.N, g.K)
					}
					if e := g.M*g.K + g.K*g.N + g.M*g.N; e > elems {
						t.Errorf("isa=%s %s m %d n %d k %d: a call of %d x %d x %d, %d elements", table.ISA, trans, m, n, k, g.M, g.N, g.K, e)
					}
					return !t.Failed()
				}
				tA, tB := trans[0] == 't', trans[1] == 't'
				lda, ldb := k, n
				if tA {
					lda = m
				}
				if tB {
					ldb = k
				}
				if t.Failed() {
					return
				}
				func() {
					defer func() { _ = recover() }() // a call that is refused
					gemmOn(&kernels, 1, tA, tB, m, n, k, 1, x, lda, x, ldb, 0, x, n)
				}()
			}
		}
	}
}

// TestCallsAreShort: what delays a garbage collection is bounded, by the arithmetic
// and by the memory of a call.
func TestCallsAreShort(t *testing.T) {
	t.Run("float32", testCalls[float32])
	t.Run("float64", testCalls[float64])
}
