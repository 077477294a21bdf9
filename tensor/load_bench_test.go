package tensor

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"runtime/metrics"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/lanes-go/lanes/asm"
)

// The promises under load: many goroutines that multiply at once together reach
// what the processors reach when each has one goroutine to itself, with the bits of
// a product alone, and a garbage collection does not wait for a product.

// square is one goroutine's operands.
type square struct {
	n       int
	a, b, c []float32
}

func newSquare(n, seed int) *square {
	r := rand.New(rand.NewPCG(51, uint64(seed)))
	return &square{n, randomSlice[float32](r, n*n), randomSlice[float32](r, n*n), make([]float32, n*n)}
}

func (s *square) multiply() {
	Gemm(false, false, s.n, s.n, s.n, 1, s.a, s.n, s.b, s.n, 0, s.c, s.n)
}

// together does count products in all, each by whichever of the goroutines is free,
// one for each square, and returns the time they took.
func together(squares []*square, count int) time.Duration {
	var next atomic.Int64
	var wg sync.WaitGroup
	began := time.Now()
	for _, s := range squares {
		wg.Go(func() {
			for next.Add(1) <= int64(count) {
				s.multiply()
			}
		})
	}
	wg.Wait()
	return time.Since(began)
}

// BenchmarkUnderLoad measures 64 goroutines that multiply at once against one for
// each processor, without workers: the ratio of the best of interleaved rounds. An
// operation is a round.
func BenchmarkUnderLoad(b *testing.B) {
	for _, n := range []int{64, 512} {
		b.Run(fmt.Sprintf("m=%d/n=%d/k=%d", n, n, n), func(b *testing.B) {
			squares := make([]*square, 64)
			for i := range squares {
				squares[i] = newSquare(n, i)
			}
			procs := runtime.GOMAXPROCS(0)
			count := max(4*len(squares), int(int64(1)<<33/int64(n*n*n))) // a tenth of a second on two fast cores
			var alone, load time.Duration
			best := func(d *time.Duration, s []*square, threads int) {
				defer SetMaxThreads(SetMaxThreads(threads))
				if t := together(s, count); *d == 0 || t < *d {
					*d = t
				}
			}
			together(squares, len(squares)) // memory and workspaces
			b.ResetTimer()
			for range b.N {
				best(&alone, squares[:procs], 1)
				best(&load, squares, 0)
			}
			gflops := func(d time.Duration) float64 { return 2 * float64(n*n*n) * float64(count) / float64(d) }
			b.ReportMetric(gflops(load), "GFLOP/s")
			b.ReportMetric(gflops(alone), "GFLOP/s-alone")
			b.ReportMetric(float64(alone)/float64(load), "of-alone")
		})
	}
}

// BenchmarkGCDelay measures how long products that run on all processors delay the
// start of a pause: the time from the decision to stop until all have stopped. An
// operation is a pause; one in 200 is a collection, with two of them, the others are
// those of runtime.ReadMemStats, which stops the same way and is done at once. What
// a machine adds by itself, milliseconds on virtual ones, shows in the first row:
// loops in Go, without a product.
func BenchmarkGCDelay(b *testing.B) {
	b.Run("loop", func(b *testing.B) {
		benchGCDelay(b, func() func() {
			x := make([]float64, 1<<16)
			return func() {
				for i := range x {
					x[i] += 0.5
				}
			}
		})
	})
	for _, c := range append(loads[float32]("f32"), loads[float64]("f64")...) {
		b.Run(c.name, func(b *testing.B) { benchGCDelay(b, c.start) })
	}
}

type load struct {
	name  string
	start func() func() // allocates the operands and returns the product
}

// loads are products that stay long in the kernels, or move much memory.
func loads[T Float](dtype string) []load {
	var all []load
	r := rand.New(rand.NewPCG(52, 53))
	gemm := func(name string, tA, tB bool, m, n, k int) {
		all = append(all, load{name + "/" + dtype, func() func() {
			lda, ldb := k, n
			if tA {
				lda = m
			}
			if tB {
				ldb = k
			}
			a, b, c := randomSlice[T](r, m*k), randomSlice[T](r, k*n), make([]T, m*n)
			return func() { Gemm(tA, tB, m, n, k, 1, a, lda, b, ldb, 0, c, n) }
		}})
	}
	gemm("square=nn", false, false, 2048, 2048, 2048)
	gemm("square=nt", false, true, 2048, 2048, 2048)
	gemm("square=tn", true, false, 2048, 2048, 2048)
	gemm("tall", false, false, 50000, 64, 64)
	gemm("tall=tn", true, false, 50000, 10, 64)
	gemm("rows=1", false, false, 1, 4096, 4096)
	gemm("rows=1=nt", false, true, 1, 4096, 4096)
	gemm("rows=3", false, false, 3, 4096, 4096)
	gemm("rows=8", false, false, 8, 4096, 4096)
	gemm("column", false, false, 4096, 1, 4096)
	gemm("column=tn", true, false, 4096, 1, 4096)
	for _, m := range []int{1, 64, 512} {
		all = append(all, load{fmt.Sprintf("packed=%d/%s", m, dtype), func() func() {
			const n, k = 2048, 2048
			a, c := randomSlice[T](r, m*k), make([]T, m*n)
			p := PackRHS(false, k, n, randomSlice[T](r, k*n), n)
			e := Epilogue[T]{Bias: make([]T, n), Act: ActReLU}
			return func() { GemmPacked(false, m, a, k, p, e, c, n) }
		}})
	}
	return all
}

func benchGCDelay(b *testing.B, start func() func()) {
	var quit atomic.Bool
	var wg sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		product := start()
		product()
		wg.Go(func() {
			for !quit.Load() {
				product()
			}
		})
	}
	r := rand.New(rand.NewPCG(54, 55))
	var m runtime.MemStats
	before := stops()
	b.ResetTimer()
	for i := range b.N {
		for began, d := time.Now(), time.Duration(r.IntN(100_000)); time.Since(began) < d; {
		}
		if i%200 == 0 {
			runtime.GC()
		} else {
			runtime.ReadMemStats(&m)
		}
	}
	b.StopTimer()
	after := stops()
	quit.Store(true)
	wg.Wait()
	total := uint64(0)
	for i := range after.Counts {
		after.Counts[i] -= before.Counts[i]
		total += after.Counts[i]
	}
	for _, q := range []struct {
		unit string
		part float64
	}{{"µs-median", 0.5}, {"µs-p99", 0.99}, {"µs-p99.9", 0.999}, {"µs-max", 1}} {
		seen, i := uint64(0), 0
		for ; float64(seen) < q.part*float64(total); i++ {
			seen += after.Counts[i]
		}
		b.ReportMetric(1e6*after.Buckets[i], q.unit) // the upper end of the bucket
	}
}

// stops is the histogram of the times to stop, in seconds.
func stops() *metrics.Float64Histogram {
	s := []metrics.Sample{{Name: "/sched/pauses/stopping/gc:seconds"}, {Name: "/sched/pauses/stopping/other:seconds"}}
	metrics.Read(s)
	gc, other := s[0].Value.Float64Histogram(), s[1].Value.Float64Histogram()
	h := &metrics.Float64Histogram{Counts: append([]uint64(nil), gc.Counts...), Buckets: gc.Buckets}
	for i, n := range other.Counts {
		h.Counts[i] += n
	}
	return h
}

// BenchmarkLongestCall measures what delays a pause beyond that: the longest call
// of a kernel in a product on one thread, which nothing can interrupt. Of each call
// of the sequence the fastest of all rounds counts.
func BenchmarkLongestCall(b *testing.B) {
	b.Run("f32", benchLongestCall[float32])
	b.Run("f64", benchLongestCall[float64])
}

func benchLongestCall[T Float](b *testing.B) {
	for _, table := range asm.Tables[T]() {
		if table.ISA == "generic" {
			continue // can be interrupted
		}
		b.Run("isa="+table.ISA, func(b *testing.B) {
			for _, c := range callCases {
				b.Run(c.name, func(b *testing.B) {
					lda, ldb := c.k, c.n
					if c.tA {
						lda = c.m
					}
					if c.tB {
						ldb = c.k
					}
					x, y, z := make([]T, c.m*c.k), make([]T, c.k*c.n), make([]T, c.m*c.n)
					for _, s := range [][]T{x, y} {
						for i := range s {
							s[i] = T(i%7) - 3
						}
					}
					var calls []time.Duration
					at := 0
					count := func(began time.Time) {
						d := time.Since(began)
						if at == len(calls) {
							calls = append(calls, d)
						}
						calls[at] = min(calls[at], d)
						at++
					}
					k := *table
					k.Gemm = func(g *asm.GemmArgs[T]) bool { defer count(time.Now()); return table.Gemm(g) }
					k.PackN = func(dst []T, w int, src []T, lds, n, k int) {
						defer count(time.Now())
						table.PackN(dst, w, src, lds, n, k)
					}
					k.PackT = func(dst []T, w int, src []T, lds, n, k int) {
						defer count(time.Now())
						table.PackT(dst, w, src, lds, n, k)
					}
					for range b.N {
						at = 0
						gemmOn(&k, 1, c.tA, c.tB, c.m, c.n, c.k, 1, x, lda, y, ldb, 0, z, c.n)
					}
					longest := time.Duration(0)
					for _, d := range calls {
						longest = max(longest, d)
					}
					b.ReportMetric(float64(longest.Nanoseconds())/1e3, "µs-longest")
					b.ReportMetric(float64(len(calls)), "calls")
				})
			}
		})
	}
}

// callCases are the shapes of loads and some more.
var callCases = func() (all []callCase) {
	for _, s := range [][3]int{
		{2048, 2048, 2048}, {512, 512, 512}, {50000, 64, 64}, {50000, 10, 64}, {1, 4096, 4096}, {2, 4096, 4096}, {3, 4096, 4096}, {4, 4096, 4096},
		{5, 4096, 4096}, {8, 4096, 4096}, {32, 4096, 4096}, {4096, 1, 4096}, {4096, 8, 4096}, {100000, 1, 64}, {1, 100000, 64}, {100000, 1, 1}, {1000, 1000, 1},
		{7, 100000, 3}, {14, 14, 100000}, {50000, 24, 768}, {50000, 16, 300}, {50000, 8, 576}, {20000, 24, 200},
	} {
		for trans, name := range []string{"nn", "tn", "nt", "tt"} {
			all = append(all, callCase{fmt.Sprintf("%s/m=%d/n=%d/k=%d", name, s[0], s[1], s[2]), trans&1 != 0, trans&2 != 0, s[0], s[1], s[2]})
		}
	}
	return all
}()

type callCase struct {
	name    string
	tA, tB  bool
	m, n, k int
}
