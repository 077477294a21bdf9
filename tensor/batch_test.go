package tensor

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"strings"
	"testing"

	"github.com/lanes-go/lanes/internal/steady"
)

// entries returns the matrices of a batch, in order; a matrix serves every entry.
func entries[T Float](x *Tensor[T], n int) []*Tensor[T] {
	if x.Rank() == 2 {
		l := make([]*Tensor[T], n)
		for i := range l {
			l[i] = x
		}
		return l
	}
	if x.Rank() == 3 {
		var l []*Tensor[T]
		for i := range x.Dim(0) {
			l = append(l, x.Select(0, i))
		}
		return l
	}
	var l []*Tensor[T]
	for i := range x.Dim(0) {
		l = append(l, entries(x.Select(0, i), n)...)
	}
	return l
}

func testBatch[T Float](t *testing.T) {
	r := rand.New(rand.NewPCG(31, 32))
	forms := []struct {
		name   string
		f      func(dst, a, b *Tensor[T])
		tA, tB bool
		beta   T
	}{
		{"BatchMatMul", BatchMatMul[T], false, false, 0},
		{"BatchMatMulTransA", BatchMatMulTransA[T], true, false, 0},
		{"BatchMatMulTransB", BatchMatMulTransB[T], false, true, 0},
		{"BatchMatMulAcc", BatchMatMulAcc[T], false, false, 1},
		{"BatchMatMulTransAAcc", BatchMatMulTransAAcc[T], true, false, 1},
		{"BatchMatMulTransBAcc", BatchMatMulTransBAcc[T], false, true, 1},
	}
	pair := func(lead []int, rows, cols int, swap bool) []int {
		if swap {
			rows, cols = cols, rows
		}
		return append(append([]int(nil), lead...), rows, cols)
	}
	for _, lead := range [][]int{{1}, {5}, {2, 3}, {0}, {2, 1, 2}} {
		for _, s := range [][3]int{{1, 1, 1}, {3, 5, 7}, {1, 9, 4}, {4, 1, 1}, {13, 17, 33}, {2, 2, 0}, {0, 2, 2}} {
			m, n, k := s[0], s[1], s[2]
			for _, f := range forms {
				for _, shared := range []bool{false, true} {
					for layout := range layouts {
						if testing.Short() && r.IntN(4) > 0 {
							continue
						}
						a := randomView[T](r, layout, pair(lead, m, k, f.tA)...)
						leadB := lead
						if shared {
							leadB = nil
						}
						b := randomView[T](r, r.IntN(layouts), pair(leadB, k, n, f.tB)...)
						c := randomView[T](r, layout*2%layouts, pair(lead, m, n, false)...)
						count := 1
						for _, d := range lead {
							count *= d
						}
						as, bs, cs := entries(a, count), entries(b, count), entries(c, count)
						want := make([]*Tensor[T], count)
						for i := range want {
							want[i] = specMatMul(cs[i], as[i], bs[i], f.tA, f.tB, f.beta)
						}
						f.f(c, a, b)
						for i := range want {
							wantSame(t, fmt.Sprintf("%s %v %v shared %v layout %d: entry %d", f.name, lead, s, shared, layout, i), cs[i], want[i])
						}
					}
				}
			}
		}
	}
}

func TestBatchMatMul(t *testing.T) {
	t.Run("float32", testBatch[float32])
	t.Run("float64", testBatch[float64])
}

// TestBatchMatMulThreads: attention's products, heads as views of one array, with
// 1, 2 and 7 threads.
func TestBatchMatMulThreads(t *testing.T) {
	r := rand.New(rand.NewPCG(33, 34))
	const items, tokens, heads, width = 3, 64, 8, 16
	qkv := randomView[float32](r, 0, items, tokens, 3, heads, width)
	part := func(i int) *Tensor[float32] { return qkv.Select(2, i).Permute(0, 2, 1, 3) }
	q, k, v := part(0), part(1), part(2)
	defer SetMaxThreads(SetMaxThreads(1))
	var first *Tensor[float32]
	for _, threads := range []int{1, 2, 7} {
		SetMaxThreads(threads)
		before := ReadStats().Workers
		scores := New[float32](items, heads, tokens, tokens)
		BatchMatMulTransB(scores, q, k)
		out := New[float32](items, tokens, heads, width)
		BatchMatMul(out.Permute(0, 2, 1, 3), scores, v)
		if threads == 1 {
			first = out
			for i, s := range entries(scores, 0) {
				wantSame(t, fmt.Sprintf("scores %d", i), s, specMatMul(s, entries(q, 0)[i], entries(k, 0)[i], false, true, 0))
			}
			for i, o := range entries(out.Permute(0, 2, 1, 3), 0) {
				wantSame(t, fmt.Sprintf("out %d", i), o, specMatMul(o, entries(scores, 0)[i], entries(v, 0)[i], false, false, 0))
			}
		} else if runtime.GOMAXPROCS(0) > 1 {
			eventually(t, "a worker comes", func() bool {
				came := ReadStats().Workers > before
				if !came { // late: the products are short
					BatchMatMulTransB(New[float32](items, heads, tokens, tokens), q, k)
				}
				return came
			})
		}
		wantSame(t, fmt.Sprintf("%d threads", threads), out, first)
	}
	// Into the gaps of the array the operands lie in.
	BatchMatMul(qkv.Select(2, 0).Permute(0, 2, 1, 3), New[float32](items, heads, tokens, tokens), v)
	if qkv.At(2, 63, 0, 7, 15) != 0 || qkv.At(2, 63, 1, 7, 15) == 0 {
		t.Error("the product went elsewhere")
	}
}

func TestBatchMatMulMisuse(t *testing.T) {
	a, b, c := arange(2, 3, 4), arange(2, 4, 5), arange(2, 3, 5)
	for _, x := range []struct {
		op, text string
		f        func()
	}{
		{"BatchMatMul", "the inner dimensions 4 and 3 differ: shapes [2 3 5], [2 3 4], [2 3 5]", func() { BatchMatMul(c, a, arange(2, 3, 5)) }},
		{"BatchMatMulTransB", "the inner dimensions 4 and 5 differ", func() { BatchMatMulTransB(c, a, b) }},
		{"BatchMatMulAcc", "dst is not … x 3 x 5", func() { BatchMatMulAcc(arange(2, 5, 3), a, b) }},
		{"BatchMatMul", "the leading axes differ: shapes [2 3 5], [2 3 4], [1 4 5]", func() { BatchMatMul(c, a, arange(1, 4, 5)) }},
		{"BatchMatMul", "the leading axes differ", func() { BatchMatMul(arange(3, 3, 5), a, b) }},
		{"BatchMatMul", "at least three", func() { BatchMatMul(arange(3, 5), arange(3, 4), arange(4, 5)) }},
		{"BatchMatMul", "at least three", func() { BatchMatMul(c, a, arange(4)) }},
		{"BatchMatMul", "dst shares memory", func() { BatchMatMul(b, arange(2, 4, 4), b) }},
		{"BatchMatMul", "dst shares memory", func() { x := arange(2, 4, 4); BatchMatMul(x, x.T(), arange(4, 4)) }},
	} {
		if got := shapePanic(t, x.op, x.f); !strings.Contains(got, x.text) {
			t.Errorf("%q does not say %q", got, x.text)
		}
	}
}

func TestBatchMatMulAllocates(t *testing.T) {
	threads, runs, each := 2, 20, []int{0, 1, 2, 3, 4}
	m, n, k := 50, 70, 60
	if testing.Short() {
		threads, runs, each = 1, 2, []int{0, 4}
		m, n, k = 10, 18, 20
	}
	defer SetMaxThreads(SetMaxThreads(threads))
	r := rand.New(rand.NewPCG(35, 36))
	for _, layout := range each {
		a, b, c := randomView[float32](r, layout, 12, m, k), randomView[float32](r, layout, 12, k, n), randomView[float32](r, layout, 12, m, n)
		w := randomView[float32](r, layout, n, k)
		f := func() {
			BatchMatMul(c, a, b)
			BatchMatMulTransBAcc(c, a, w)
		}
		for range runs { // the workspaces of all threads grow to their size
			f()
		}
		if got := steady.Allocs(runs, f); got != 0 {
			t.Errorf("layout %d: %v allocations", layout, got)
		}
	}
}
