package tensor

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// within fails the test, with every stack, if f does not return in time: a lost
// wake-up or a deadlock would hang it.
func within(t *testing.T, d time.Duration, f func()) {
	t.Helper()
	done := make(chan struct{})
	go func() {
		defer close(done)
		f()
	}()
	select {
	case <-done:
	case <-time.After(d):
		buf := make([]byte, 1<<20)
		t.Fatalf("hangs:\n%s", buf[:runtime.Stack(buf, true)])
	}
}

// eventually waits for what other goroutines must bring about.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for began := time.Now(); !ok(); runtime.Gosched() {
		if time.Since(began) > time.Minute {
			t.Fatalf("never: %s", what)
		}
	}
}

func aliveWorkers() int {
	n := 0
	for i := range workers {
		if workers[i].alive.Load() {
			n++
		}
	}
	return n
}

type taskFunc func(i int)

func (f taskFunc) item(i int) { f(i) }

// counts is a task whose items are not atomic: the race detector sees two of them
// on one index, and the caller that reads before a worker is done.
type counts []int

func (c counts) item(i int) { c[i]++ }

func (c counts) check(t *testing.T) {
	for i, n := range c {
		if n != 1 {
			t.Errorf("item %d of %d ran %d times", i, len(c), n)
			return
		}
	}
}

func TestParallelFor(t *testing.T) {
	within(t, time.Minute, func() {
		for _, limit := range []int{1, 2, 3, 7, maxWorkers + 1} {
			SetMaxThreads(limit)
			for _, n := range []int{0, 1, 2, 3, 8, 1000} {
				for _, threads := range []int{-1, 0, 1, 2, limit, 1000} {
					c := make(counts, n)
					parallelFor(n, threads, c)
					c.check(t)
				}
			}
		}
		SetMaxThreads(0)
	})
	if n := atWork.Load(); n != 0 {
		t.Errorf("%d threads still count as at work", n)
	}
}

func TestSetMaxThreads(t *testing.T) {
	defer SetMaxThreads(SetMaxThreads(0))
	if got, want := MaxThreads(), min(runtime.GOMAXPROCS(0), maxWorkers+1); got != want {
		t.Errorf("MaxThreads() = %d, want %d", got, want)
	}
	for _, x := range [][2]int{{3, 3}, {1, 1}, {1 << 30, maxWorkers + 1}} {
		SetMaxThreads(x[0])
		if got := MaxThreads(); got != x[1] {
			t.Errorf("SetMaxThreads(%d): MaxThreads() = %d, want %d", x[0], got, x[1])
		}
		if got := SetMaxThreads(-5); got != x[1] {
			t.Errorf("SetMaxThreads returns %d, want %d", got, x[1])
		}
		if got := SetMaxThreads(0); got != 0 {
			t.Errorf("a negative limit is kept as %d", got)
		}
	}
}

// TestParallelForStress: callers, nested calls, changing limits and Shutdown, all
// at once; every item runs once, nothing hangs, nothing stays counted.
func TestParallelForStress(t *testing.T) {
	defer SetMaxThreads(SetMaxThreads(0))
	d := 2 * time.Second
	if testing.Short() {
		d = 300 * time.Millisecond
	}
	within(t, d+2*time.Minute, func() {
		var quit atomic.Bool
		time.AfterFunc(d, func() { quit.Store(true) })
		var wg sync.WaitGroup
		for g := range 9 {
			wg.Go(func() {
				r := rand.New(rand.NewPCG(41, uint64(g)))
				for !quit.Load() {
					switch g {
					case 0:
						SetMaxThreads(r.IntN(12))
						time.Sleep(time.Duration(r.IntN(300)) * time.Microsecond)
					case 1:
						Shutdown()
						time.Sleep(time.Duration(r.IntN(100)) * time.Microsecond)
					default:
						outer, inner := 1+r.IntN(9), r.IntN(9)
						cs := make([]counts, outer)
						parallelFor(outer, 1+r.IntN(9), taskFunc(func(i int) {
							cs[i] = make(counts, inner)
							parallelFor(inner, 1+(outer+i)%9, cs[i])
						}))
						for _, c := range cs {
							c.check(t)
						}
						if r.IntN(8) == 0 { // so that workers park now and then
							time.Sleep(time.Duration(r.IntN(400)) * time.Microsecond)
						}
					}
				}
			})
		}
		wg.Wait()
	})
	if n := atWork.Load(); n != 0 {
		t.Errorf("%d threads still count as at work", n)
	}
	eventually(t, "workers have no job", func() bool {
		for i := range workers {
			if j := workers[i].slot.Load(); j != nil && j != busy && j != stop {
				return false
			}
		}
		return true
	})
}

// TestThreadLimit: no more items run at once than the limit, nested calls included,
// and callers beyond it stay alone.
func TestThreadLimit(t *testing.T) {
	const limit = 4
	defer SetMaxThreads(SetMaxThreads(limit))
	var now, most atomic.Int32
	leaf := taskFunc(func(int) {
		n := now.Add(1)
		for m := most.Load(); n > m && !most.CompareAndSwap(m, n); m = most.Load() {
		}
		for range 20 {
			runtime.Gosched()
		}
		now.Add(-1)
	})
	eventually(t, "several items at once", func() bool {
		parallelFor(20, limit, leaf)
		return most.Load() > 1
	})
	for range 20 {
		parallelFor(6, limit, taskFunc(func(int) { parallelFor(6, limit, leaf) }))
	}
	if n := most.Load(); n > limit {
		t.Errorf("%d items at once under a limit of %d", n, limit)
	}
	most.Store(0)
	var wg sync.WaitGroup
	for range 10 {
		wg.Go(func() {
			for range 20 {
				parallelFor(8, limit, leaf)
			}
		})
	}
	wg.Wait()
	if n := most.Load(); n > 10+limit-1 {
		t.Errorf("10 callers: %d items at once", n)
	}
}

// TestClaim: the limit is for the threads of all calls together, not of each.
func TestClaim(t *testing.T) {
	defer SetMaxThreads(SetMaxThreads(0))
	base := int(atWork.Load())
	total := 0
	for i, x := range []struct{ threads, limit, got int }{{4, 8, 4}, {9, 8, 4}, {2, 8, 1}, {6, 8, 1}, {6, 1, 1}, {-1, 16, 1}, {100, 16, 4}, {3, 20, 3}} {
		SetMaxThreads(x.limit + base)
		got := claim(x.threads)
		if total += got; got != x.got {
			t.Errorf("%d: claim(%d) under %d is %d, want %d", i, x.threads, x.limit, got, x.got)
		}
	}
	release(total)
	if n := int(atWork.Load()); n != base {
		t.Errorf("%d threads still count as at work", n-base)
	}
}

// TestWorkersCome: a caller inside an item gets help, whether the worker is new, spins,
// is about to park or is parked: here no item ends before the other has begun.
func TestWorkersCome(t *testing.T) {
	defer SetMaxThreads(SetMaxThreads(2))
	r := rand.New(rand.NewPCG(43, 44))
	Shutdown()
	for i := 0; i < 100 && !t.Failed(); i++ {
		within(t, time.Minute, func() {
			var begun atomic.Int32
			parallelFor(2, 2, taskFunc(func(int) {
				begun.Add(1)
				for began := time.Now(); begun.Load() < 2; runtime.Gosched() {
					if time.Since(began) > 20*time.Second {
						t.Errorf("round %d: nobody comes", i)
						return
					}
				}
			}))
		})
		if i%4 > 0 {
			time.Sleep(time.Duration(r.IntN(int(3 * spinTime))))
		}
	}
}

// TestOneProcessor: workers that have nothing to do do not keep the only processor
// from those who have.
func TestOneProcessor(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	defer SetMaxThreads(SetMaxThreads(8))
	Shutdown()
	eventually(t, "workers end", func() bool { return aliveWorkers() == 0 })
	within(t, time.Minute, func() {
		for range 50 {
			c := make(counts, 40)
			parallelFor(len(c), 8, c)
			c.check(t)
		}
	})
	if n := procs.Load(); n != 1 {
		t.Fatalf("procs is %d", n)
	}
	// All workers park on their first turn: none of them spins.
	eventually(t, "workers park", func() bool {
		if n := awake.Load(); n > int32(aliveWorkers()) {
			t.Errorf("%d of %d workers are awake", n, aliveWorkers())
		}
		for i := range workers {
			if workers[i].alive.Load() && !workers[i].parked.Load() {
				return false
			}
		}
		return true
	})
	w := new(worker)
	awake.Add(1)
	defer awake.Add(-1)
	began := time.Now()
	for range 100 {
		if w.spin() {
			t.Error("something in an empty slot")
		}
	}
	if d := time.Since(began); d > 100*spinTime/2 {
		t.Errorf("100 turns took %v: a worker spins on the only processor", d)
	}
}

// TestShutdown: idle workers end, spinning or parked, and start again when needed.
func TestShutdown(t *testing.T) {
	defer SetMaxThreads(SetMaxThreads(5))
	for _, pause := range []time.Duration{0, 3 * spinTime} {
		eventually(t, "workers start", func() bool {
			c := make(counts, 50)
			parallelFor(len(c), 5, c)
			c.check(t)
			return aliveWorkers() >= 4
		})
		time.Sleep(pause)
		eventually(t, "workers end", func() bool {
			Shutdown() // again: one that was at work is spared
			return aliveWorkers() == 0
		})
	}
	Shutdown() // of nobody
	for i := range workers {
		if workers[i].slot.Load() != nil {
			t.Errorf("the slot of worker %d is not free", i)
		}
	}
}

// TestIdleEnd: workers end by themselves.
func TestIdleEnd(t *testing.T) {
	if testing.Short() {
		t.Skip("takes as long as workers stay")
	}
	defer SetMaxThreads(SetMaxThreads(4))
	parallelFor(30, 4, make(counts, 30))
	began := time.Now()
	for aliveWorkers() > 0 {
		if time.Since(began) > idleTime+10*time.Second {
			t.Fatalf("%d workers after %v", aliveWorkers(), time.Since(began))
		}
		time.Sleep(10 * time.Millisecond)
	}
	c := make(counts, 30)
	parallelFor(30, 4, c)
	c.check(t)
}

// goroutine is the number of the calling goroutine.
func goroutine() string {
	buf := make([]byte, 64)
	buf = buf[:runtime.Stack(buf, false)]
	return string(bytes.Fields(buf)[1])
}

// TestPanicInItem: a panic on the calling goroutine reaches the caller when nobody
// works on the job any more, and leaves the workers usable.
func TestPanicInItem(t *testing.T) {
	defer SetMaxThreads(SetMaxThreads(4))
	for _, threads := range []int{1, 4} {
		for range 30 {
			caller := goroutine()
			var running atomic.Int32
			var begun atomic.Bool
			got := func() (v any) {
				defer func() { v = recover() }()
				parallelFor(1000, threads, taskFunc(func(i int) {
					if i < 0 || i >= 1000 {
						t.Errorf("item %d", i)
					}
					running.Add(1)
					defer running.Add(-1)
					if goroutine() == caller {
						begun.Store(true)
						panic("planted")
					}
					for !begun.Load() { // leaves an item to the caller
						runtime.Gosched()
					}
				}))
				return nil
			}()
			if got != "planted" {
				t.Fatalf("recovered %v", got)
			}
			if n := running.Load(); n != 0 {
				t.Fatalf("%d items still run", n)
			}
			if n := atWork.Load(); n != 0 {
				t.Fatalf("%d threads still count as at work", n)
			}
		}
		c := make(counts, 100)
		parallelFor(len(c), threads, c)
		c.check(t)
	}
}

func BenchmarkParallelFor(b *testing.B) {
	for _, threads := range []int{1, 2} {
		b.Run(fmt.Sprintf("threads=%d", threads), func(b *testing.B) {
			defer SetMaxThreads(SetMaxThreads(threads))
			b.ReportAllocs()
			var c task = make(counts, 8)
			for b.Loop() {
				parallelFor(8, threads, c)
			}
		})
	}
}
