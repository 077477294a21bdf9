package main

import (
	"fmt"
	"runtime"
	"slices"
	"strconv"
	"time"

	"github.com/lanes-go/lanes/asm"
	"github.com/lanes-go/lanes/bench/shapes"
	"github.com/lanes-go/lanes/tensor"
)

const (
	maxThreads = 256
	// plainFlops is the size above which the plain table, a hundred times slower
	// than the others, is not asked.
	plainFlops = 0.2e9
	// plainElements is the same of operations on elements.
	plainElements = 1 << 20
	maxSamples    = 1000
)

// plan is what one process measures, on the table that is active in it.
type plan struct {
	Rows    []shapes.Row
	Threads []int
	Rounds  int
	Budget  time.Duration
	Quick   bool
	All     bool     // leave nothing out for being long
	left    []string // left out before
}

// timing is a case and its samples, nanoseconds an operation.
type timing struct {
	row     shapes.Row
	threads int
	run     func(iters int)
	iters   int // a sample
	samples []float64
	bits    string
	skipped bool
}

// sampleTime is how long a sample should take: long against the clock's
// resolution and a cold start, short enough that a quiet moment holds one.
const sampleTime = time.Millisecond

// measure runs the plan and returns its records, probes first. The cases take
// turns, round after round, so that a slow spell of the machine meets all of them;
// the time is divided anew before each turn, so that the whole keeps to the budget.
// Progress goes to progress.
func measure(p plan, progress func(string)) (rs []Record, left []string) {
	began := time.Now()
	deadline := began.Add(p.Budget)
	most := slices.Max(p.Threads)
	if runtime.GOMAXPROCS(0) < most {
		runtime.GOMAXPROCS(most)
	}
	isa := asm.Selection().ISA
	stamp := Record{Schema: schema, Lanes: version(), Machine: thisMachine(), ISA: isa}

	// The memory is measured before and after the rest: its numbers suffer most
	// from neighbours.
	each := fullEach
	if p.Quick {
		each = quickEach
	}
	progress("memory")
	mem := memoryCases(p)
	bandwidth(mem, each)
	deadline = deadline.Add(-time.Since(began)) // as long again at the end

	rows32 := slices.DeleteFunc(slices.Clone(p.Rows), func(r shapes.Row) bool { return r.DType != "f32" })
	rows64 := slices.DeleteFunc(slices.Clone(p.Rows), func(r shapes.Row) bool { return r.DType != "f64" })
	a32, a64 := newArena[float32](rows32), newArena[float64](rows64)
	e32, e64 := newElementArena[float32](rows32), newElementArena[float64](rows64)
	var cases []*timing
	for _, r := range p.Rows {
		for _, t := range p.Threads {
			if r.Op != "plainloop" && threaded(r) || t == 1 {
				cases = append(cases, &timing{row: r, threads: t})
			}
		}
	}
	peaks := map[peakKey]*fmaProbe{}
	for _, t := range p.Threads {
		for _, d := range shapes.DTypes {
			peaks[peakKey{d, t}] = newFMAProbe(d, t)
		}
	}
	for round := range p.Rounds {
		if round > 0 && !p.All && time.Now().After(deadline) {
			break
		}
		for _, p := range peaks {
			p.sample(8)
		}
		for i, c := range cases {
			if i%8 == 0 {
				progress(fmt.Sprintf("round %d/%d, %d%%", round+1, p.Rounds, 100*i/len(cases)))
			}
			slot := time.Until(deadline) / time.Duration((p.Rounds-round)*len(cases)-i)
			if p.All {
				slot = max(slot, 20*time.Millisecond) // what was asked for by name gets its rounds
			}
			if round > 0 && slot <= 0 {
				break
			}
			// The peak again, next to what is held against it: the clock of a machine,
			// or its neighbours, change within a round.
			peak := peaks[peakKey{c.row.DType, c.threads}]
			if !c.skipped && c.row.Flops() > 0 && c.row.Op != "plainloop" && len(peak.rates) < maxSamples {
				peak.sample(1)
			}
			tensor.SetMaxThreads(c.threads)
			if round == 0 {
				if !p.All && (time.Now().After(deadline) || c.tooLong(slot, peak.rates)) {
					c.skipped = true
					left = append(left, c.String())
					continue
				}
				if c.row.DType == "f32" {
					first(c, a32, e32, slot)
				} else {
					first(c, a64, e64, slot)
				}
			}
			if !c.skipped && (round > 0 || len(c.samples) == 0) {
				c.sample(slot)
			}
		}
	}
	tensor.SetMaxThreads(0)
	progress("memory")
	bandwidth(mem, each)

	for _, c := range mem {
		rs = append(rs, c.record(stamp))
	}
	for _, t := range p.Threads {
		for _, d := range shapes.DTypes {
			r := stamp
			r.Op, r.DType, r.Threads = "fma", d, t
			rates := peaks[peakKey{d, t}].rates
			// The operation is a thousand FLOP, so that the time has digits.
			ns := make([]float64, len(rates))
			for i, g := range rates {
				ns[i] = 1000 / g
			}
			r.fill(ns, 1000, 0, slices.Max(rates))
			rs = append(rs, r)
		}
	}
	for _, c := range cases {
		if c.skipped {
			continue
		}
		r := stamp
		r.Op, r.DType, r.Trans, r.Shape, r.Threads = c.row.Op, c.row.DType, c.row.Trans, c.row.Shape(), c.threads
		r.Bits = c.bits
		peak := slices.Max(peaks[peakKey{c.row.DType, c.threads}].rates)
		if c.row.Op == "plainloop" {
			peak = 0 // it has no FMAs
		}
		if c.row.Size != "" {
			e, _ := elementOf(c.row.Op)
			moved, _ := elementBytes(c.row)
			r.fill(c.samples, e.flops*float64(elementsOf(c.row.Size)), moved, peak)
			r.compareWithMemory(c.row, mem)
		} else {
			r.fill(c.samples, c.row.Flops(), operandBytes(c.row), peak)
		}
		rs = append(rs, r)
	}
	return rs, left
}

type peakKey struct {
	dtype   string
	threads int
}

// threaded tells whether more than one thread can do the operation.
func threaded(r shapes.Row) bool {
	e, ok := elementOf(r.Op)
	return !ok || e.op != nil
}

func (c *timing) String() string {
	return fmt.Sprintf("%s %s %s %s, %d threads", c.row.Op, c.row.DType, c.row.Trans, c.row.Shape(), c.threads)
}

// tooLong guesses from the peak whether one call would take more than three turns.
func (c *timing) tooLong(slot time.Duration, rates []float64) bool {
	rate := 0.7 * slices.Max(rates)
	if c.row.Op == "plainloop" {
		rate = 0.3
	}
	ns := max(c.row.Flops()/rate, operandBytes(c.row)/10)
	if c.row.Size != "" {
		moved, _ := elementBytes(c.row)
		ns = moved / 5
	}
	return ns > float64(max(3*slot, 30*time.Millisecond))
}

// first makes the case, runs it once for its bits, and finds how many operations
// make a sample.
func first[T tensor.Float](c *timing, x *arena[T], elements *elementArena[T], slot time.Duration) {
	var out []T
	var results func() [][]T
	if c.row.Size != "" {
		c.run, results = elements.operation(c.row, c.threads)
	} else {
		c.run, out = x.operation(c.row)
		clear(out)
		results = func() [][]T { return [][]T{out} }
	}
	began := time.Now()
	c.run(1)
	once := time.Since(began)
	c.bits = hash(results()...)
	c.iters = 1
	if once > slot/2 {
		c.samples = append(c.samples, float64(once)) // that was the turn
		return
	}
	target := min(sampleTime, max(slot/4, 50*time.Microsecond))
	if once < target/2 {
		// Clocks can be coarse (a browser's is): double until it shows.
		for c.iters < 1<<24 {
			began := time.Now()
			c.run(c.iters)
			d := time.Since(began)
			if d >= target/2 {
				c.iters = max(1, int(float64(c.iters)*float64(target)/float64(d)))
				break
			}
			c.iters *= 2
		}
	}
}

// sample takes samples for as long as slot, one at least.
func (c *timing) sample(slot time.Duration) {
	began := time.Now()
	if c.iters > 1 {
		c.run(max(1, c.iters/10)) // operands into the caches, workers awake
	}
	for {
		t0 := time.Now()
		c.run(c.iters)
		d := time.Since(t0)
		if d > 0 && len(c.samples) < maxSamples {
			c.samples = append(c.samples, float64(d)/float64(c.iters))
		}
		if spent := time.Since(began); spent+d > slot && len(c.samples) > 0 || len(c.samples) >= maxSamples {
			return
		}
	}
}

// fill sets the numbers of a record from its samples.
func (r *Record) fill(ns []float64, flops, bytes, peak float64) {
	s := slices.Sorted(slices.Values(ns))
	at := func(q float64) float64 { return s[int(float64(q*float64(len(s)-1))+0.5)] }
	r.Samples = len(s)
	r.NsPerOp, r.BestNs = digits(at(0.5)), digits(s[0])
	r.Spread = digits((at(0.75) - at(0.25)) / at(0.5))
	r.GFlops, r.GBytes = digits(flops/s[0]), digits(bytes/s[0])
	if flops > 0 && peak > 0 {
		r.Peak, r.OfPeak = digits(peak), digits(100*flops/s[0]/peak)
	}
}

// digits rounds to five significant digits, as many as a file needs.
func digits(v float64) float64 {
	r, err := strconv.ParseFloat(strconv.FormatFloat(v, 'g', 5, 64), 64)
	if err != nil {
		return v
	}
	return r
}
