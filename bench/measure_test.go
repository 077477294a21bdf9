package main

import (
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/lanes-go/lanes/asm"
	"github.com/lanes-go/lanes/bench/shapes"
	"github.com/lanes-go/lanes/tensor"
)

func TestTogether(t *testing.T) {
	for _, n := range []int{1, 2, 5} {
		var ran [5]atomic.Int32
		d := together(n, func(i int) {
			ran[i].Add(1)
			time.Sleep(5 * time.Millisecond)
		})
		for i := range ran {
			if want := int32(1); i < n && ran[i].Load() != want || i >= n && ran[i].Load() != 0 {
				t.Errorf("%d threads: number %d ran %d times", n, i, ran[i].Load())
			}
		}
		if d < 5*time.Millisecond {
			t.Errorf("%d threads: %v for work of 5 ms", n, d)
		}
	}
}

func TestFootprints(t *testing.T) {
	defer func(most int) { mostMemory = most }(mostMemory)
	mostMemory = 384 << 20
	for _, c := range []asm.CacheSizes{{L1: 32 << 10, L2: 512 << 10, L3: 4 << 20}, {L1: 48 << 10, L2: 2 << 20, L3: 260 << 20}, {L1: 128 << 10, L2: 16 << 20, L3: 16 << 20}, {}} {
		for _, quick := range []bool{true, false} {
			for _, threads := range []int{1, 2, 256} {
				last := 0
				fs := footprints(c, threads, quick)
				for _, f := range fs {
					if f.size < 4096 || f.size%4096 != 0 || f.size > 384<<20 || f.size*threads > 1<<30 || f.size <= last {
						t.Errorf("%+v, %d threads: %v", c, threads, fs)
					}
					last = f.size
				}
				if fs[len(fs)-1].level != "memory" {
					t.Errorf("%+v, %d threads: no memory in %v", c, threads, fs)
				}
			}
		}
	}
	for _, c := range memoryCases(plan{Threads: []int{1, 256}}) {
		if c.size*c.threads > 1<<30 || c.size%4096 != 0 {
			t.Errorf("%d bytes for each of %d threads", c.size, c.threads)
		}
	}
}

// Each round of several threads is timed, and all of them run it.
func TestRounds(t *testing.T) {
	for _, threads := range []int{1, 2, 2 * runtime.NumCPU()} {
		ran := make([]atomic.Int32, threads)
		times := rounds(threads, 5, func(i int) {
			ran[i].Add(1)
			for began := time.Now(); time.Since(began) < time.Microsecond; {
			}
		})
		if len(times) != 5 || slices.Min(times) < time.Microsecond {
			t.Errorf("%d threads: %v", threads, times)
		}
		for i := range ran {
			if n := ran[i].Load(); n != 5 {
				t.Errorf("thread %d of %d: %d rounds", i, threads, n)
			}
		}
	}
}

// A plan without time still ends, leaves the long cases out and says so; with the
// cases asked for by name it measures them all the same.
func TestMeasureWithoutTime(t *testing.T) {
	defer tensor.SetMaxThreads(tensor.SetMaxThreads(0))
	rows := []shapes.Row{{Op: "gemm", DType: "f64", Trans: "nn", M: 8, N: 8, K: 8}, {Op: "packed", DType: "f32", Trans: "nn", M: 3, N: 9, K: 8}}
	for _, all := range []bool{false, true} {
		rs, left := measure(plan{Rows: rows, Threads: []int{1}, Rounds: 2, Quick: true, All: all}, func(string) {})
		products := 0
		for _, r := range rs {
			if err := r.check(); err != nil {
				t.Errorf("%+v: %v", r, err)
			}
			if r.Bits != "" {
				products++
			}
		}
		if products+len(left) != len(rows) || all != (products == len(rows)) {
			t.Errorf("all %v: %d measured, left out %q", all, products, left)
		}
	}
}

func TestDigits(t *testing.T) {
	for v, want := range map[float64]float64{0: 0, 1: 1, 123456: 123460, 0.000123456: 0.00012346, 99999.6: 100000} {
		if got := digits(v); got != want {
			t.Errorf("%v: %v, want %v", v, got, want)
		}
	}
}

func TestNotes(t *testing.T) {
	fma := func(dtype string, threads int, rate float64) Record {
		return Record{Op: "fma", DType: dtype, Threads: threads, GFlops: rate, OfPeak: 100}
	}
	row := func(of float64) Record { return Record{Op: "gemm", DType: "f32", Trans: "nn", Threads: 1, OfPeak: of} }
	for _, c := range []struct {
		rs   []Record
		want []string
	}{
		{[]Record{fma("f32", 1, 100), fma("f32", 2, 150), row(102)}, nil},
		{[]Record{fma("f32", 2, 100), row(100)}, nil}, // no thread alone to compare with
		{[]Record{fma("f32", 1, 100), fma("f64", 1, 50), fma("f32", 2, 149), fma("f64", 2, 99)}, []string{"the f32 peak of 2 threads is only 1.49 times"}},
		{[]Record{fma("f32", 1, 100), row(102.5), row(90), row(110)}, []string{"2 rows above 102% of the peak, up to 110.0%"}},
	} {
		got := notes(c.rs)
		if len(got) != len(c.want) {
			t.Errorf("%q, want %q", got, c.want)
			continue
		}
		for i := range got {
			if !strings.HasPrefix(got[i], c.want[i]) {
				t.Errorf("%q, want %q", got[i], c.want[i])
			}
		}
	}
}
