package main

import (
	"runtime"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
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
	var ready atomic.Int32
	var met, done sync.WaitGroup
	met.Add(n)
	begin, end := make([]time.Time, n), make([]time.Time, n)
	for i := range n {
		done.Go(func() {
			runtime.LockOSThread()
			defer runtime.UnlockOSThread()
			// Spinning, as to wake a thread takes as long as a sample; unless there
			// is no CPU for each.
			ready.Add(1)
			met.Done()
			if n > runtime.NumCPU() {
				met.Wait()
			}
			for spins := 1; int(ready.Load()) < n; spins++ {
				if spins%1000 == 0 {
					runtime.Gosched()
				}
			}
			begin[i] = time.Now()
			work(i)
			end[i] = time.Now()
		})
	}
	done.Wait()
	first, last := begin[0], end[0]
	for i := range n {
		if begin[i].Before(first) {
			first = begin[i]
		}
		if end[i].After(last) {
			last = end[i]
		}
	}
	return last.Sub(first)
}

// fmaProbe measures FMAs in registers, GFLOP/s of all threads.
type fmaProbe struct {
	fma     func(n int) (flops int)
	threads int
	n       int // of one call
	flops   int // of one call
	calls   int // of one sample
	rates   []float64
}

// newFMAProbe finds how much makes a sample.
func newFMAProbe(dtype string, threads int) *fmaProbe {
	p := &fmaProbe{fma: asm.Active[float32]().ProbeFMA, threads: threads, n: 16, calls: 1}
	if dtype == "f64" {
		p.fma = asm.Active[float64]().ProbeFMA
	}
	// Calls of about 10 µs: assembly cannot be preempted.
	for p.n < 1<<20 {
		began := time.Now()
		p.flops = p.fma(p.n)
		if time.Since(began) > 10*time.Microsecond {
			break
		}
		p.n *= 2
	}
	for p.calls < 1<<16 && p.run() < time.Millisecond {
		p.calls *= 2
	}
	return p
}

func (p *fmaProbe) run() time.Duration {
	return together(p.threads, func(int) {
		for range p.calls {
			p.fma(p.n)
		}
	})
}

// sample takes so many samples. With several threads most meet somebody else on a
// CPU, so those take more.
func (p *fmaProbe) sample(count int) {
	for range count * min(p.threads, 4) {
		if d := p.run(); d > 0 {
			p.rates = append(p.rates, float64(p.flops)*float64(p.calls)*float64(p.threads)/float64(d))
		}
	}
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

// probeChunk bounds one call of a probe, as for the FMAs.
const probeChunk = 128 << 10

// memory is one number to measure: bytes a pass of all threads, and its samples.
type memory struct {
	op            string
	size, threads int
	calls         int // passes a sample
	samples       []float64
}

// memoryCases are reading, writing and copying at each level, one thread and all.
// Bytes count once for each read and each write.
func memoryCases(p plan) (cases []*memory) {
	most := slices.Max(p.Threads)
	fp := footprints(asm.Caches(), p.Quick)
	// What all threads touch together stays within a GiB.
	for i := range fp {
		fp[i] = max(min(fp[i], 1<<30/most)&^4095, 4096)
	}
	for _, size := range slices.Compact(fp) {
		for _, threads := range slices.Compact([]int{slices.Min(p.Threads), most}) {
			for _, op := range memoryOps {
				cases = append(cases, &memory{op: op, size: size, threads: threads})
			}
		}
	}
	return cases
}

// bandwidth takes samples of each case, for about the time each.
func bandwidth(cases []*memory, each time.Duration) {
	k := asm.Active[float32]()
	size, threads := 0, 0
	for _, c := range cases {
		size, threads = max(size, c.size), max(threads, c.threads)
	}
	buf := make([][]byte, threads)
	for i := range buf {
		buf[i] = make([]byte, size)
		for j := 0; j < size; j += 4096 {
			buf[i][j] = byte(j >> 12) // a page of its own, not the zero page
		}
	}
	for _, c := range cases {
		// Through the footprint once; for copies half of it to the other half.
		pass := func(x []byte) {
			n := len(x)
			if c.op == "copy" {
				n /= 2
			}
			for i := 0; i < n; i += probeChunk {
				j := min(i+probeChunk, n)
				switch c.op {
				case "read":
					k.ProbeRead(x[i:j])
				case "write":
					k.ProbeWrite(x[i:j])
				default:
					k.ProbeCopy(x[i:j], x[n+i:n+j])
				}
			}
		}
		work := func(i int) {
			for range c.calls {
				pass(buf[i][:c.size])
			}
		}
		if c.calls == 0 {
			for c.calls = 1; c.calls < 1<<20 && together(c.threads, work) < each/16; {
				c.calls *= 2
			}
		}
		began := time.Now()
		for n := 0; n < 3 || time.Since(began) < each && len(c.samples) < maxSamples; n++ {
			if d := together(c.threads, work); d > 0 {
				c.samples = append(c.samples, float64(d)/float64(c.calls))
			}
		}
	}
}

// record turns what was measured into a line.
func (c *memory) record(stamp Record) Record {
	r := stamp
	r.Op, r.Shape, r.Threads = c.op, strconv.Itoa(c.size), c.threads
	r.fill(c.samples, 0, float64(c.size)*float64(c.threads), 0)
	return r
}
