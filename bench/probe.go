package main

import (
	"runtime"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/lanes-go/lanes/asm"
)

// together runs work(i) on n operating-system threads that begin at the same
// time, and returns the time from then until the last one is done.
func together(n int, work func(i int)) time.Duration {
	if n == 1 {
		began := time.Now()
		work(0)
		return time.Since(began)
	}
	var ready, done sync.WaitGroup
	start := make(chan struct{})
	ready.Add(n)
	done.Add(n)
	for i := range n {
		go func() {
			runtime.LockOSThread()
			defer runtime.UnlockOSThread()
			defer done.Done()
			ready.Done()
			<-start
			work(i)
		}()
	}
	ready.Wait()
	began := time.Now()
	close(start)
	done.Wait()
	return time.Since(began)
}

// fmaRate measures FMAs in registers, GFLOP/s of all threads, a few samples.
func fmaRate(dtype string, threads int) (rates []float64) {
	fma := asm.Active[float32]().ProbeFMA
	if dtype == "f64" {
		fma = asm.Active[float64]().ProbeFMA
	}
	// Calls of about 10 µs: assembly cannot be preempted.
	n, flops := 16, 0
	for n < 1<<20 {
		began := time.Now()
		flops = fma(n)
		if time.Since(began) > 10*time.Microsecond {
			break
		}
		n *= 2
	}
	calls := 1
	for calls < 1<<16 {
		d := together(threads, func(int) {
			for range calls {
				fma(n)
			}
		})
		if d >= time.Millisecond {
			break
		}
		calls *= 2
	}
	for range 8 {
		d := together(threads, func(int) {
			for range calls {
				fma(n)
			}
		})
		if d > 0 {
			rates = append(rates, float64(flops)*float64(calls)*float64(threads)/float64(d))
		}
	}
	return rates
}

// footprints are the bytes a thread goes over to measure each level: half of a
// cache, and for the memory four times the last one.
func footprints(c asm.CacheSizes, quick bool) []int {
	memory := min(max(4*c.L3, 64<<20), 384<<20)
	if quick {
		memory = min(memory, 128<<20)
	}
	f := []int{c.L1 / 2, c.L2 / 2, c.L3 / 2, memory}
	for i := range f {
		f[i] = max(f[i]&^4095, 4096)
	}
	slices.Sort(f)
	return slices.Compact(f)
}

// chunk bounds one call of a probe, as for the FMAs.
const chunk = 128 << 10

// bandwidth measures reading, writing and copying at each level, one thread and
// all. Bytes count once for each read and each write.
func bandwidth(p plan, stamp Record) (rs []Record) {
	k := asm.Active[float32]()
	most := slices.Max(p.Threads)
	fp := footprints(asm.Caches(), p.Quick)
	last := fp[len(fp)-1]
	// What all threads touch together stays within a GiB.
	for len(fp) > 1 && last*most > 1<<30 {
		last = last / 2 &^ 4095
		fp[len(fp)-1] = last
		if last <= fp[len(fp)-2] {
			fp = fp[:len(fp)-1]
			last = fp[len(fp)-1]
		}
	}
	buf := make([][]byte, most)
	for i := range buf {
		buf[i] = make([]byte, last)
		for j := 0; j < last; j += 4096 {
			buf[i][j] = byte(j >> 12)
		}
	}
	each := 12 * time.Millisecond // of samples for each number
	if p.Quick {
		each = 4 * time.Millisecond
	}
	for _, size := range fp {
		for _, threads := range slices.Compact([]int{slices.Min(p.Threads), most}) {
			for _, op := range memoryOps {
				// Through the footprint once; for copies half of it to the other half.
				pass := func(x []byte) {
					n := len(x)
					if op == "copy" {
						n /= 2
					}
					for i := 0; i < n; i += chunk {
						j := min(i+chunk, n)
						switch op {
						case "read":
							k.ProbeRead(x[i:j])
						case "write":
							k.ProbeWrite(x[i:j])
						default:
							k.ProbeCopy(x[i:j], x[n+i:n+j])
						}
					}
				}
				calls := 1
				work := func(i int) {
					for range calls {
						pass(buf[i][:size])
					}
				}
				for calls < 1<<20 && together(threads, work) < each/8 {
					calls *= 2
				}
				var ns []float64
				for began := time.Now(); len(ns) < 3 || time.Since(began) < each && len(ns) < maxSamples; {
					if d := together(threads, work); d > 0 {
						ns = append(ns, float64(d)/float64(calls))
					}
				}
				r := stamp
				r.Op, r.Shape, r.Threads = op, strconv.Itoa(size), threads
				r.fill(ns, 0, float64(size)*float64(threads), 0)
				rs = append(rs, r)
			}
		}
	}
	return rs
}
