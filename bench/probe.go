package main

import (
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
	"unsafe"

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

// rounds is what together does, samples times over on the same threads: a new thread may
// begin on the CPU of another, and is moved to one of its own after milliseconds.
func rounds(n, samples int, work func(i int)) (times []time.Duration) {
	if n == 1 || n > runtime.NumCPU() {
		for range samples {
			times = append(times, together(n, work))
		}
		return times
	}
	var arrived atomic.Int64
	var done sync.WaitGroup
	begin, end := make([][]time.Time, n), make([][]time.Time, n)
	for i := range n {
		done.Go(func() {
			runtime.LockOSThread()
			defer runtime.UnlockOSThread()
			for s := range samples {
				arrived.Add(1)
				for spins := 1; arrived.Load() < int64(n)*int64(s+1); spins++ {
					if spins%1000 == 0 {
						runtime.Gosched()
					}
				}
				begin[i] = append(begin[i], time.Now())
				work(i)
				end[i] = append(end[i], time.Now())
			}
		})
	}
	done.Wait()
	for s := range samples {
		first, last := begin[0][s], end[0][s]
		for i := range n {
			if begin[i][s].Before(first) {
				first = begin[i][s]
			}
			if end[i][s].After(last) {
				last = end[i][s]
			}
		}
		times = append(times, last.Sub(first))
	}
	return times
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

// mostMemory bounds what a thread goes over to measure the memory.
var mostMemory = 384 << 20

// footprint is what a thread goes over to measure a level.
type footprint struct {
	level string
	size  int // bytes
}

// footprints are half of each cache, and for the memory twice the last one, which is not
// quite the memory yet, and four times, but all that the threads touch together stays
// within a GiB. Of two that are equal it is the one further away.
func footprints(c asm.CacheSizes, threads int, quick bool) (fs []footprint) {
	memory := min(max(4*c.L3, 64<<20), mostMemory)
	if quick {
		memory = min(memory, 128<<20)
	}
	for _, f := range []footprint{{"L1", c.L1 / 2}, {"L2", c.L2 / 2}, {"L3", c.L3 / 2}, {"memory", min(2*c.L3, memory)}, {"memory", memory}} {
		f.size = max(min(f.size, 1<<30/threads)&^4095, 4096)
		if n := len(fs); n > 0 && fs[n-1].size >= f.size {
			f.size = fs[n-1].size
			fs = fs[:n-1]
		}
		fs = append(fs, f)
	}
	return fs
}

// probeChunk bounds one call of a probe, as for the FMAs.
const probeChunk = 128 << 10

// memory is one number to measure: bytes a pass of all threads, and its samples.
type memory struct {
	footprint
	op      string
	threads int
	calls   int // passes a sample
	samples []float64
}

// memoryCases are reading, writing, copying and changing in place at each level, one
// thread and all. Bytes count once for each read and each write.
func memoryCases(p plan) (cases []*memory) {
	most := slices.Max(p.Threads)
	for _, f := range footprints(asm.Caches(), most, p.Quick) {
		for _, threads := range slices.Compact([]int{slices.Min(p.Threads), most}) {
			for _, op := range memoryOps {
				if past(op) && (f.level == "L1" || f.level == "L2") {
					continue
				}
				cases = append(cases, &memory{footprint: f, op: op, threads: threads})
			}
		}
	}
	return cases
}

// past tells whether the operation stores past the caches, which is of use where those
// are too small.
func past(op string) bool { return strings.HasPrefix(op, "nt") }

// The time for a case of the memory, with -quick and without.
const (
	quickEach = 3 * time.Millisecond
	fullEach  = 8 * time.Millisecond
)

// bandwidth takes samples of each case, for about the time each. What is read and
// written is no zeros: some machines are a quarter faster with those.
func bandwidth(cases []*memory, each time.Duration) {
	k := asm.Active[float32]()
	size, threads := 0, 0
	for _, c := range cases {
		size, threads = max(size, c.size), max(threads, c.threads)
	}
	line := make([]float32, 2048)
	fill(line, 1)
	buf := make([][]float32, threads)
	for i := range buf {
		buf[i] = make([]float32, size/4)
		for j := 0; j < len(buf[i]); j += copy(buf[i][j:], line) {
		}
	}
	bytes := func(x []float32) []byte { return unsafe.Slice((*byte)(unsafe.Pointer(&x[0])), 4*len(x)) }
	for _, c := range cases {
		// Through the footprint once; for copies half of it to the other half.
		pass := func(x []float32) {
			n := len(x)
			if strings.HasSuffix(c.op, "copy") {
				n /= 2
			}
			step := probeChunk / 4
			if c.op == "ntwrite" {
				step = len(line) // copies of what is in the L1
			}
			for i := 0; i < n; i += step {
				j := min(i+step, n)
				switch c.op {
				case "read":
					k.ProbeRead(bytes(x[i:j]))
				case "write":
					k.Fill(x[i:j], 1.5)
				case "update":
					k.Scale(x[i:j], -1, x[i:j])
				case "ntwrite":
					k.NT.Copy(x[i:j], line[:j-i])
				case "ntcopy":
					k.NT.Copy(x[i:j], x[n+i:n+j])
				default:
					k.ProbeCopy(bytes(x[i:j]), bytes(x[n+i:n+j]))
				}
			}
		}
		work := func(i int) {
			for range c.calls {
				pass(buf[i][:c.size/4])
			}
		}
		if c.calls == 0 {
			for c.calls = 1; c.calls < 1<<20 && together(c.threads, work) < each/16; {
				c.calls *= 2
			}
		}
		// The first sample, which finds other data in the caches, says how many there is
		// time for. The memory's are long, and vary.
		least := 3
		if c.level == "memory" && each >= fullEach {
			least = 12
		}
		first := max(together(c.threads, work), 1)
		n := min(max(least, int(each/first)), maxSamples-len(c.samples))
		for _, d := range rounds(c.threads, max(n, 0), work) {
			if d > 0 {
				c.samples = append(c.samples, float64(d)/float64(c.calls))
			}
		}
	}
}

// moved is the bytes read and written in a pass of all threads.
func (c *memory) moved() float64 {
	n := float64(float64(c.size) * float64(c.threads)) // not fused with the sum that 2*n is
	if c.op == "update" {
		return 2 * n
	}
	return n
}

// record turns what was measured into a line.
func (c *memory) record(stamp Record) Record {
	r := stamp
	r.Op, r.Shape, r.Threads = c.op, strconv.Itoa(c.size), c.threads
	r.fill(c.samples, 0, c.moved(), 0)
	return r
}
