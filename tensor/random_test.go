package tensor

import (
	"fmt"
	"math"
	"math/bits"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/lanes-go/lanes/asm"
	"github.com/lanes-go/lanes/internal/steady"
)

// randomCases fill dst, from x if they take one; want is the same by the plain kernel.
func randomCases[T Float](seed, stream uint64) []struct {
	name string
	run  func(dst, x *Tensor[T])
	want func(dst, x []T)
} {
	k := asm.Tables[T]()[0]
	return []struct {
		name string
		run  func(dst, x *Tensor[T])
		want func(dst, x []T)
	}{
		{"Uniform", func(dst, x *Tensor[T]) { Uniform(dst, -2, 6, seed, stream) }, func(dst, x []T) { k.Uniform(dst, -2, 8, seed, stream, 0) }},
		{"Normal", func(dst, x *Tensor[T]) { Normal(dst, 1, 3, seed, stream) }, func(dst, x []T) { k.Normal(dst, 1, 3, seed, stream, 0) }},
		{"Bernoulli", func(dst, x *Tensor[T]) { Bernoulli(dst, 0.3, seed, stream) }, func(dst, x []T) { k.Bernoulli(dst, 0.3, 1, seed, stream, 0) }},
		{"Dropout", func(dst, x *Tensor[T]) { Dropout(dst, x, 0.2, seed, stream) },
			func(dst, x []T) { k.Dropout(dst, x, 0.8, 1/0.8, seed, stream, 0) }},
	}
}

// Views, pieces and threads have the bits of one call of the plain kernel.
func TestRandomSplits(t *testing.T) {
	t.Run("f32", testRandomSplits[float32])
	t.Run("f64", testRandomSplits[float64])
}

func testRandomSplits[T Float](t *testing.T) {
	shapes := [][]int{{}, {0}, {1}, {5, 7}, {3, 0}, {2, 3, 4}, {randomPiece - 1}, {2*randomPiece + 77}, {10, 2000}}
	if testing.Short() {
		shapes = shapes[:6]
	}
	defer SetMaxThreads(SetMaxThreads(0))
	for _, c := range randomCases[T](3, 1<<40) {
		for _, shape := range shapes {
			layouts := layoutsOf[T](shape)
			for l, layout := range layouts {
				x := randomize(rand.New(rand.NewPCG(61, uint64(l))), layouts[(l+1)%len(layouts)].new())
				want := x.Clone()
				c.want(want.data, want.data)
				for _, threads := range []int{1, 2, 7} {
					SetMaxThreads(threads)
					dst := layout.new()
					c.run(dst, x)
					if got := dst.Clone(); !slices.Equal(got.data, want.data) {
						t.Fatalf("%s %v, layout %s, %d threads", c.name, shape, layout.name, threads)
					}
				}
				y := x.Clone() // in place
				c.run(y, y)
				if !slices.Equal(y.data, want.data) {
					t.Fatalf("%s %v in place", c.name, shape)
				}
			}
		}
	}
}

// Dropout keeps the mean and drops the share it says; the gradient has the same mask.
func TestDropout(t *testing.T) {
	n := 40000
	if testing.Short() {
		n = 4000
	}
	x, y, dx := New[float32](n).Fill(1), New[float32](n), New[float32](n)
	for _, p := range []float64{0, 0.1, 0.5, 0.9, 1} {
		Dropout(y, x, p, 4, 5)
		Dropout(dx, New[float32](n).Fill(3), p, 4, 5)
		dropped := 0.0
		for i, v := range y.data {
			if v == 0 {
				dropped++
			} else if v != float32(1/(1-p)) {
				t.Fatalf("p %v: element %d is %v", p, i, v)
			}
			if dx.data[i] != 3*v {
				t.Fatalf("p %v: the gradient has another mask", p)
			}
		}
		if d := math.Abs(dropped/float64(n) - p); d > 5*math.Sqrt(p*(1-p)/float64(n)) {
			t.Errorf("p %v: %v dropped", p, dropped/float64(n))
		}
	}
	// Another step, another mask.
	Dropout(y, x, 0.5, 4, 6)
	Dropout(dx, x, 0.5, 4, 5)
	if slices.Equal(y.data, dx.data) {
		t.Error("two streams have one mask")
	}
	Bernoulli(y, 0.5, 4, 6)
	for i, v := range y.data {
		if v != 0 && v != 1 {
			t.Fatalf("Bernoulli: element %d is %v", i, v)
		}
	}
}

// The shuffle as its doc has it, and the same again.
func TestPermutationOrder(t *testing.T) {
	for _, n := range []int{0, 1, 2, 3, 16, 17, 500, 511, 512, 513, 514, 1100, 5000} {
		got, want := make([]int, n), make([]int, n)
		for i := range want {
			want[i] = i
		}
		for i := n - 1; i > 0; i-- {
			w0, w1, _, _ := asm.Philox(3, 4, uint64(i))
			j, _ := bits.Mul64(uint64(w1)<<32|uint64(w0), uint64(i+1))
			want[i], want[j] = want[j], want[i]
		}
		if Permutation(got, 3, 4); !slices.Equal(got, want) {
			t.Errorf("%d elements: another order", n)
		}
	}
}

// What Lemire's method rejects, and that each number then comes from as many words. For
// n = 3·2^62, 2^64 mod n is 2^62: a quarter of the words is rejected.
func TestBounded(t *testing.T) {
	const n = 3 << 62
	tries := []uint64{}
	again := func(try uint64) uint64 {
		tries = append(tries, try)
		return [...]uint64{0, 4, 1}[try] // word 4·k gives a low half of 0, 1 one of n
	}
	if got := bounded(4, n, again); got != 0 || !slices.Equal(tries, []uint64{1, 2}) {
		t.Errorf("bounded is %d after tries %v", got, tries)
	}
	tries = tries[:0]
	if got := bounded(math.MaxUint64, n, again); got != n-1 || len(tries) != 0 {
		t.Errorf("the last word gives %d after tries %v", got, tries)
	}
	// In words of 8 bits, by the same rule: every number equally often.
	for n := uint64(1); n < 256; n++ {
		var count [256]int
		for w := range uint64(256) {
			if p := w * n; p&255 >= (256-n)%n {
				count[p>>8]++
			}
		}
		for i := range n {
			if count[i] != 256/int(n) {
				t.Fatalf("of %d numbers, %d comes %d times", n, i, count[i])
			}
		}
	}
}

func TestRandomMisuse(t *testing.T) {
	x := New[float32](6)
	shapePanic(t, "Dropout", func() { Dropout(x, New[float32](5), 0.5, 1, 2) })
	shapePanic(t, "Dropout", func() { Dropout(x.Narrow(0, 0, 5), x.Narrow(0, 1, 5), 0.5, 1, 2) })
	for _, p := range []float64{-0.1, 1.1, math.NaN()} {
		for op, f := range map[string]func(){
			"Dropout":   func() { Dropout(x, x, p, 1, 2) },
			"Bernoulli": func() { Bernoulli(x, p, 1, 2) },
		} {
			func() {
				defer func() {
					if err, ok := recover().(error); !ok || !strings.HasPrefix(err.Error(), "tensor."+op+": probability ") {
						t.Errorf("%s with %v: %v", op, p, err)
					}
				}()
				f()
			}()
		}
	}
}

func TestRandomAllocs(t *testing.T) {
	for _, n := range []int{10, 1000, 1 << 17} {
		x, y, v := New[float32](n), New[float32](n), New[float32](n, 2).Select(1, 0)
		p := make([]int, n)
		for _, c := range randomCases[float32](1, 2) {
			if a := steady.Allocs(20, func() { c.run(y, x); c.run(v, x) }); a != 0 {
				t.Errorf("%s of %d: %v allocations", c.name, n, a)
			}
		}
		if a := steady.Allocs(20, func() { Permutation(p, 1, 2) }); a != 0 {
			t.Errorf("Permutation of %d: %v allocations", n, a)
		}
	}
}

func BenchmarkRandom(b *testing.B) {
	defer SetMaxThreads(SetMaxThreads(0))
	for _, n := range []int{1 << 12, 1 << 13, 1 << 14, 1 << 15, 1 << 16, 1 << 20, 1 << 24} {
		x, y := New[float32](n).Fill(1), New[float32](n).Fill(1)
		for _, c := range randomCases[float32](1, 2) {
			for _, threads := range []int{1, 2} {
				b.Run(fmt.Sprintf("%s/n=%d/threads=%d", c.name, n, threads), func(b *testing.B) {
					SetMaxThreads(threads)
					for b.Loop() {
						c.run(y, x)
					}
					b.ReportMetric(float64(n)*float64(b.N)/float64(b.Elapsed().Nanoseconds()), "elements/ns")
				})
			}
		}
	}
}

func BenchmarkPermutation(b *testing.B) {
	for _, n := range []int{1000, 60000, 1 << 20} {
		b.Run(fmt.Sprint("n=", n), func(b *testing.B) {
			p := make([]int, n)
			for b.Loop() {
				Permutation(p, 1, 2)
			}
			b.ReportMetric(float64(n)*float64(b.N)/float64(b.Elapsed().Nanoseconds()), "elements/ns")
		})
	}
}

// TestUniformRange: hi is reached by rounding only, and a range that overflows is misuse.
func TestUniformRange(t *testing.T) {
	x := New[float32](1 << 20)
	Uniform(x, 100, 101, 1, 2)
	ends := 0
	for _, v := range x.Data() {
		if v == 101 {
			ends++
		}
		if v < 100 || v > 101 {
			t.Fatalf("%v is not in [100, 101]", v)
		}
	}
	if ends == 0 || ends > 20 {
		t.Errorf("%d of 2^20 numbers are 101, want some", ends)
	}
	Uniform(x, 0, 1, 1, 2)
	for _, v := range x.Data() {
		if v >= 1 {
			t.Fatal("1 from 0 to 1, where nothing is rounded")
		}
	}
	inf, most := float32(math.Inf(1)), float32(math.MaxFloat32)
	for _, r := range [][2]float32{{-most, most}, {0, inf}, {-inf, 0}, {inf, inf}, {inf - inf, 1}} {
		func() {
			defer func() {
				if _, ok := recover().(error); !ok {
					t.Errorf("from %v to %v: no error", r[0], r[1])
				}
			}()
			Uniform(x, r[0], r[1], 1, 2)
		}()
	}
}

// TestRandomAt draws streams in parts, which have the bits of the whole, on any threads.
func TestRandomAt(t *testing.T) {
	const n = 150_000
	for name, f := range map[string]func(dst, x *Tensor[float32], from uint64, at bool){
		"Uniform": func(dst, _ *Tensor[float32], from uint64, at bool) {
			if at {
				UniformAt(dst, -1, 1, 3, 4, from)
			} else {
				Uniform(dst, -1, 1, 3, 4)
			}
		},
		"Normal": func(dst, _ *Tensor[float32], from uint64, at bool) {
			if at {
				NormalAt(dst, -1, 1, 3, 4, from)
			} else {
				Normal(dst, -1, 1, 3, 4)
			}
		},
		"Bernoulli": func(dst, _ *Tensor[float32], from uint64, at bool) {
			if at {
				BernoulliAt(dst, 0.3, 3, 4, from)
			} else {
				Bernoulli(dst, 0.3, 3, 4)
			}
		},
		"Dropout": func(dst, x *Tensor[float32], from uint64, at bool) {
			if at {
				DropoutAt(dst, x, 0.3, 3, 4, from)
			} else {
				Dropout(dst, x, 0.3, 3, 4)
			}
		},
	} {
		x, whole, parts := New[float32](n), New[float32](n), New[float32](n)
		Uniform(x, 1, 2, 5, 6)
		f(whole, x, 0, false)
		for _, cuts := range [][]int{{0, n}, {0, 1, 17, 1000, 70_001, n}} {
			parts.Fill(9)
			for i, lo := range cuts[:len(cuts)-1] {
				f(parts.Narrow(0, lo, cuts[i+1]-lo), x.Narrow(0, lo, cuts[i+1]-lo), uint64(lo), true)
			}
			if !slices.Equal(parts.Data(), whole.Data()) {
				t.Errorf("%s, cut at %v: other bits", name, cuts)
			}
		}
	}
}
