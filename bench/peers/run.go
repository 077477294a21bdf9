package main

import (
	"fmt"
	"io"
	"os"
	"runtime"
	"runtime/debug"
	"slices"
	"sync"
	"time"

	"github.com/lanes-go/lanes/asm"
	"github.com/lanes-go/lanes/bench/shapes"
	"github.com/lanes-go/lanes/tensor"
)

// printer remembers the first failure to write.
type printer struct {
	w   io.Writer
	err error
}

func (p *printer) printf(format string, args ...any) {
	if p.err == nil {
		_, p.err = fmt.Fprintf(p.w, format, args...)
	}
}

// openPeers opens those asked for, all that are here if none is, and returns their
// names, lanes first.
func openPeers(o *options, out *printer) (names []string, err error) {
	sel := asm.Selection()
	names = []string{"lanes"}
	out.printf("cpu      %s\nlanes    table %s (%s)\n", sel.CPU, sel.ISA, sel.Reason)
	want := o.peers
	if len(want) == 0 {
		want = slices.DeleteFunc(slices.Clone(allPeers), func(p string) bool { return p == "samebits" })
	}
	var opened bool
	var openblas string
	var failed error
	var note string
	bestCoreOnce := sync.OnceValue(func() (core string) {
		if core = o.core; core == "" {
			core, note = bestCore(sel.ISA)
		}
		return core
	})
	open := func() (string, error) {
		if opened {
			return openblas, failed
		}
		opened = true
		core := bestCoreOnce()
		if openblas, failed = openOpenBLAS(core); failed == nil && note != "" {
			openblas += "; GFLOP/s at 384x384x384 by core type: " + note
		}
		return openblas, failed
	}
	for _, p := range want {
		desc, err := "", error(nil)
		if !o.useful(p) {
			continue
		}
		switch p {
		case "openblas":
			desc, err = open()
		case "netlib":
			if _, err = open(); err == nil {
				_, _, err = openNetlib()
				desc = fmt.Sprintf("gonum's netlib bindings over that OpenBLAS; cgo adds %.0f ns to a call", cgoCost())
			}
		case "lapack":
			desc = "OpenBLAS's own LAPACK, for the factorisations"
			if _, err = open(); err == nil {
				err = openLAPACK()
			}
		case "onednn":
			desc, err = openOneDNN()
		case "pytorch":
			from := pythons
			if o.python != "" {
				from = []string{o.python}
			}
			threads := max(slices.Max(o.threads), slices.Max(o.elementThreads()))
			if o.torch, desc, err = openTorch(from, sel.ISA, bestCoreOnce(), threads); err == nil {
				desc = "PyTorch " + desc + ", whichever is the faster: in processes of their own, timed there"
			}
		case "gonum":
			desc = "blas/gonum " + gonumVersion() + ", without cgo: Go with assembly for dot and axpy"
		case "blasonly":
			desc = "lanes' BLAS under gonum's LAPACK, for the factorisations"
		case "samebits":
			desc = "lanes with SameBits"
		}
		switch {
		case err == nil:
			names = append(names, p)
			out.printf("%-8s %s\n", p, desc)
		case len(o.peers) > 0:
			return nil, fmt.Errorf("-peers %s: %w", p, err)
		default:
			out.printf("%-8s left out: %v\n", p, err)
		}
	}
	return names, out.err
}

// useful tells whether any of the operations asked for has such a peer.
func (o *options) useful(peer string) bool {
	any := func(ops ...string) bool {
		return slices.ContainsFunc(o.ops, func(op string) bool { return slices.Contains(ops, op) })
	}
	switch peer {
	case "openblas", "onednn":
		return any(shapeOps...)
	case "netlib", "samebits":
		return any("level1", "level2", "level3", "factor")
	case "lapack", "blasonly":
		return any("factor")
	case "pytorch":
		return any("elements")
	}
	return true
}

func run(o options) error {
	if o.probeCore {
		return probeCore()
	}
	if o.isa != "" && os.Getenv("LANES_ISA") != o.isa {
		return limit(o.isa)
	}
	rows, jobs, elements := o.rows(), o.jobs(), o.elementJobs()
	if len(rows) == 0 && len(jobs) == 0 && len(elements) == 0 {
		return fmt.Errorf("no case is left by these flags")
	}
	out := &printer{w: os.Stdout}
	names, err := openPeers(&o, out)
	if err != nil {
		return err
	}
	defer o.torch.close()
	runtime.LockOSThread() // the C libraries keep their settings by thread
	debug.SetGCPercent(-1)
	var p peak
	products := runShapes(&o, rows, names, &p)
	calls, err := runJobs(&o, jobs, names, &p)
	if err != nil {
		return err
	}
	passes := runElements(&o, elements, names, o.torch)
	p.measure()
	out.printf("peak     f32 %.1f, f64 %.1f GFLOP/s a thread (FMAs in registers, this run)\n", p.f32, p.f64)
	bad := reportShapes(out, products, names, &p) + reportJobs(out, calls, names, &p) + reportElements(out, passes, names)
	if out.err != nil {
		return out.err
	}
	if bad > 0 {
		return fmt.Errorf("%d results differ beyond rounding", bad)
	}
	return nil
}

// setThreads holds every library that is open to n threads.
func setThreads(n int, names []string) {
	runtime.GOMAXPROCS(n)
	tensor.SetMaxThreads(n)
	if slices.Contains(names, "netlib") || slices.Contains(names, "lapack") {
		openblasThreads(n)
	}
}

// product is one row of bench/shapes, measured.
type product struct {
	row     shapes.Row
	threads int
	cs      []*contestant
	err     error
}

func runShapes(o *options, rows []shapes.Row, names []string, p *peak) (results []product) {
	for _, threads := range o.threads {
		setThreads(threads, names)
		for i, r := range rows {
			fmt.Fprintf(os.Stderr, "%d/%d %s %s %s %s, %d threads\n", i+1, len(rows), r.Op, r.DType, r.Trans, r.Shape(), threads)
			p.measure()
			s, tr := shape{r.M, r.N, r.K}, trans{r.Trans[0] == 't', r.Trans[1] == 't'}
			budget, each, limit := 6*time.Second, 2*time.Millisecond, 20e9
			if o.quick {
				budget, each, limit = 100*time.Millisecond, time.Millisecond, 0.3e9
			}
			samples, warm := o.patience(threads, each)
			var cs []*contestant
			switch {
			case r.Op == "packed" && r.DType == "f64":
				cs = packedCase[float64](names, s, tr, threads)
			case r.Op == "packed":
				cs = packedCase[float32](names, s, tr, threads)
			case r.DType == "f64":
				cs = gemmCase[float64](names, s, tr, threads, limit)
			default:
				cs = gemmCase[float32](names, s, tr, threads, limit)
			}
			sample(cs, samples, budget, each, warm)
			results = append(results, product{r, threads, cs, agree(cs, r.K)})
			release(cs)
		}
	}
	return results
}

// patience is the number of samples and how long each library is warmed up. A
// thread that is late spoils a sample, and on a busy machine it is late by
// milliseconds.
func (o *options) patience(threads int, each time.Duration) (samples int, warm time.Duration) {
	if threads > 1 {
		return 2 * o.samples, 3 * time.Millisecond
	}
	return o.samples, each / 8
}

// release frees the operands; the times stay.
func release(cs []*contestant) {
	for _, c := range cs {
		if c.free != nil {
			c.free()
		}
		*c = contestant{name: c.name, note: c.note, times: c.times}
	}
	runtime.GC()
}

func reportShapes(out *printer, results []product, names []string, p *peak) (bad int) {
	if len(results) == 0 {
		return 0
	}
	peers := slices.DeleteFunc(slices.Clone(names[1:]), func(n string) bool { return !slices.Contains(shapePeers, n) })
	out.printf("\n%-6s %-5s %-16s %-2s %1s %8s %6s", "op", "type", "shape", "tr", "t", "lanes", "peak")
	for _, n := range peers {
		out.printf(" %10s %6s", n, "ratio")
	}
	out.printf("  median/best of lanes\n")
	for _, r := range results {
		flops := r.row.Flops()
		top := p.of(r.row.DType)
		lanes := flops / r.cs[0].best()
		out.printf("%-6s %-5s %-16s %-2s %d %8.1f %5.1f%%", r.row.Op, r.row.DType, r.row.Shape(), r.row.Trans, r.threads,
			lanes, 100*lanes/top/float64(r.threads))
		for _, n := range peers {
			i := slices.IndexFunc(r.cs, func(c *contestant) bool { return c.name == n })
			if i < 0 {
				out.printf(" %10s %6s", "-", "-")
				continue
			}
			peer := flops / r.cs[i].best()
			out.printf(" %10.1f %6.2f", peer, lanes/peer)
		}
		out.printf("  %.2f\n", r.cs[0].median()/r.cs[0].best())
		if r.err != nil {
			bad++
			out.printf("     WRONG: %v\n", r.err)
		}
	}
	return bad
}
