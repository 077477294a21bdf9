// Peers compares lanes with other libraries on the same shapes, their calls
// interleaved in one process: gonum, and OpenBLAS and oneDNN where their shared
// libraries are installed. See README.md.
package main

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/lanes-go/lanes/asm"
	"github.com/lanes-go/lanes/bench/shapes"
)

const usage = `usage: peers [flags]

Compares lanes with gonum, OpenBLAS and oneDNN on the shapes of bench/shapes.
GFLOP/s of the best sample, percent of the FMA peak measured in this run, and the
ratio lanes/peer: above 1, lanes is faster.

`

type options struct {
	quick           bool
	ops             []string
	dtypes, trans   []string
	shapes, peers   []string
	threads         []int
	samples         int
	core            string
	isa             string
	probeCore, help bool
}

var allPeers = []string{"gonum", "openblas", "onednn"}

func parse(args []string) (o options, err error) {
	fs := flag.NewFlagSet("peers", flag.ContinueOnError)
	fs.SetOutput(new(strings.Builder))
	var ops, dtypes, trans, shape, peers, threads string
	fs.BoolVar(&o.quick, "quick", false, "few samples of large cases, none of 4096x4096x4096: under a minute")
	fs.StringVar(&ops, "op", "gemm,packed", "operations, separated by commas: gemm, packed")
	fs.StringVar(&dtypes, "dtype", "f32", "element types: "+strings.Join(shapes.DTypes, ", "))
	fs.StringVar(&trans, "trans", "", "transpositions of A, then of B: "+strings.Join(shapes.Trans, ", ")+" (default those of the shape)")
	fs.StringVar(&shape, "shape", "", "MxNxK instead of the shapes of bench/shapes; several with commas")
	fs.StringVar(&peers, "peers", "", "which: "+strings.Join(allPeers, ", ")+" (default all that are here)")
	fs.StringVar(&threads, "threads", "1", "numbers of threads")
	fs.IntVar(&o.samples, "count", 25, "samples of each library on each case")
	fs.StringVar(&o.core, "openblas-core", "", "OPENBLAS_CORETYPE (default: the fastest of those that run here, tried first)")
	fs.StringVar(&o.isa, "isa", "", "hold lanes, and the peers that can be held, to this instruction set")
	fs.BoolVar(&o.probeCore, "probe-core", false, "print the rate and name of OpenBLAS's kernels as they are, and end")
	if err := fs.Parse(args); err != nil {
		if err == flag.ErrHelp {
			fmt.Fprint(os.Stdout, usage)
			fs.SetOutput(os.Stdout)
			fs.PrintDefaults()
			o.help = true
			return o, nil
		}
		return o, err
	}
	if fs.NArg() > 0 {
		return o, fmt.Errorf("unexpected argument %q", fs.Arg(0))
	}
	if o.samples < 1 || o.samples > 10000 {
		return o, fmt.Errorf("-count %d: want 1 to 10000", o.samples)
	}
	for _, l := range []struct {
		dst   *[]string
		flag  string
		given string
		known []string
	}{
		{&o.ops, "op", ops, []string{"gemm", "packed"}}, {&o.dtypes, "dtype", dtypes, shapes.DTypes},
		{&o.trans, "trans", trans, shapes.Trans}, {&o.peers, "peers", peers, allPeers},
	} {
		if l.given == "" {
			continue
		}
		*l.dst = strings.Split(l.given, ",")
		for _, w := range *l.dst {
			if !slices.Contains(l.known, w) {
				return o, fmt.Errorf("-%s %q: want %s", l.flag, w, strings.Join(l.known, ", "))
			}
		}
	}
	if shape != "" {
		o.shapes = strings.Split(shape, ",")
	}
	for _, s := range o.shapes {
		if _, _, _, err := shapes.Parse(s); err != nil {
			return o, err
		}
	}
	for _, t := range strings.Split(threads, ",") {
		n, err := strconv.Atoi(t)
		if err != nil || n < 1 || n > 256 {
			return o, fmt.Errorf("-threads %q: want numbers from 1 to 256", t)
		}
		o.threads = append(o.threads, n)
	}
	if o.isa != "" && !slices.Contains(asm.Selection().Available, o.isa) {
		return o, fmt.Errorf("-isa %q: not on this machine; available: %s", o.isa, strings.Join(asm.Selection().Available, ", "))
	}
	return o, nil
}

// rows are the cases that the options ask for.
func (o *options) rows() []shapes.Row {
	if len(o.shapes) > 0 {
		tr := o.trans
		if len(tr) == 0 {
			tr = []string{"nn", "nt", "tn"}
		}
		var rows []shapes.Row
		for _, op := range o.ops {
			for _, d := range o.dtypes {
				for _, s := range o.shapes {
					for _, t := range tr {
						if !shapes.Allowed(op, t) {
							continue
						}
						m, n, k, _ := shapes.Parse(s)
						rows = append(rows, shapes.Row{Op: op, DType: d, Trans: t, M: m, N: n, K: k})
					}
				}
			}
		}
		return rows
	}
	return slices.DeleteFunc(shapes.All(), func(r shapes.Row) bool {
		return r.Op == "plainloop" || !slices.Contains(o.ops, r.Op) || !slices.Contains(o.dtypes, r.DType) ||
			len(o.trans) > 0 && !slices.Contains(o.trans, r.Trans) || o.quick && r.Flops() > 20e9
	})
}

func main() {
	o, err := parse(os.Args[1:])
	if err == nil && o.help {
		return
	}
	if err == nil {
		if err = asm.CheckISA(); err != nil && asm.Selection().Warned {
			os.Exit(2) // the library has said it
		}
	}
	if err == nil {
		err = run(o)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "peers:", err)
		os.Exit(2)
	}
}

// cores are the OpenBLAS core types worth a try for an instruction set. On a CPU
// it does not know OpenBLAS 0.3.21 falls to its SSE kernels by itself.
func cores(isa string) []string {
	switch isa {
	case "avx512":
		return []string{"SkylakeX", "Cooperlake", "Sapphirerapids", "Zen", "Haswell"}
	case "avx2":
		return []string{"Haswell", "Zen"}
	case "neon":
		return []string{"NeoverseN1", "NeoverseV1", "Armv8"}
	}
	return nil
}

// bestCore runs this program once for each core type and returns the fastest. A
// type this CPU cannot run dies there and not here.
func bestCore(isa string) (core string, note string) {
	exe, err := os.Executable()
	if err != nil {
		return "", ""
	}
	var best float64
	var notes []string
	for _, c := range cores(isa) {
		cmd := exec.Command(exe, "-probe-core")
		cmd.Env = append(os.Environ(), "OPENBLAS_CORETYPE="+c)
		out, err := cmd.Output()
		f := strings.Fields(string(out))
		if err != nil || len(f) != 2 {
			continue
		}
		rate, err := strconv.ParseFloat(f[0], 64)
		if err != nil {
			continue
		}
		notes = append(notes, fmt.Sprintf("%s %.0f", c, rate))
		if !strings.EqualFold(f[1], c) {
			notes[len(notes)-1] += " (as " + f[1] + ")"
		}
		if rate > best*1.02 {
			best, core = rate, c
		}
	}
	return core, strings.Join(notes, ", ")
}

func probeCore() error {
	if _, err := openOpenBLAS(""); err != nil {
		return err
	}
	cs := gemmCase[float32]([]string{"openblas"}, shape{384, 384, 384}, trans{}, 1, 0)
	sample(cs, 25, time.Second, time.Millisecond, time.Millisecond)
	fmt.Printf("%.1f %s\n", 2*384*384*384/cs[0].best(), openblasCore())
	return nil
}

// limit re-executes the program with the environment that holds every library to
// one instruction set; each reads it as it is loaded.
func limit(isa string) error {
	exe, err := os.Executable()
	if err != nil {
		return err
	}
	cmd := exec.Command(exe, os.Args[1:]...)
	cmd.Env = append(os.Environ(), "LANES_ISA="+isa)
	if isa == "avx2" {
		cmd.Env = append(cmd.Env, "DNNL_MAX_CPU_ISA=AVX2", "ONEDNN_MAX_CPU_ISA=AVX2")
	}
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	if err := cmd.Run(); err != nil {
		if cmd.ProcessState != nil {
			os.Exit(cmd.ProcessState.ExitCode())
		}
		return err
	}
	return nil
}

func run(o options) error {
	if o.probeCore {
		return probeCore()
	}
	if o.isa != "" && os.Getenv("LANES_ISA") != o.isa {
		return limit(o.isa)
	}
	sel := asm.Selection()
	names := []string{"lanes"}
	fmt.Printf("cpu      %s\nlanes    table %s (%s)\n", sel.CPU, sel.ISA, sel.Reason)
	want := o.peers
	if len(want) == 0 {
		want = allPeers
	}
	for _, p := range want {
		desc, err := "pure Go", error(nil)
		switch p {
		case "openblas":
			core, note := o.core, ""
			if core == "" {
				core, note = bestCore(sel.ISA)
			}
			if desc, err = openOpenBLAS(core); err == nil && note != "" {
				desc += "; GFLOP/s at 384x384x384 by core type: " + note
			}
		case "onednn":
			desc, err = openOneDNN()
		case "gonum":
			desc = "blas/gonum " + gonumVersion() + ", without cgo: Go with assembly for dot and axpy"
		}
		switch {
		case err == nil:
			names = append(names, p)
			fmt.Printf("%-8s %s\n", p, desc)
		case len(o.peers) > 0:
			return fmt.Errorf("-peers %s: %w", p, err)
		default:
			fmt.Printf("%-8s left out: %v\n", p, err)
		}
	}

	rows := o.rows()
	if len(rows) == 0 {
		return fmt.Errorf("no case is left by these flags")
	}
	runtime.LockOSThread() // the C libraries keep their settings by thread
	debug.SetGCPercent(-1)
	var p peak
	type result struct {
		row     shapes.Row
		threads int
		cs      []*contestant
		err     error
	}
	var results []result
	for _, threads := range o.threads {
		runtime.GOMAXPROCS(threads)
		for i, r := range rows {
			fmt.Fprintf(os.Stderr, "%d/%d %s %s %s %s, %d threads\n", i+1, len(rows), r.Op, r.DType, r.Trans, r.Shape(), threads)
			p.measure()
			s, tr := shape{r.M, r.N, r.K}, trans{r.Trans[0] == 't', r.Trans[1] == 't'}
			budget, each, limit := 6*time.Second, 2*time.Millisecond, 20e9
			if o.quick {
				budget, each, limit = 100*time.Millisecond, time.Millisecond, 0.3e9
			}
			samples, warm := o.samples, each/8
			if threads > 1 {
				// A thread that is late spoils a sample, and on a busy machine it is
				// late by milliseconds.
				samples, warm = 2*samples, 3*time.Millisecond
			}
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
			results = append(results, result{r, threads, cs, agree(cs, r.K)})
			for _, c := range cs {
				if c.free != nil {
					c.free()
				}
				c.out, c.run, c.free = nil, nil, nil
			}
			runtime.GC()
		}
	}
	p.measure()

	fmt.Printf("peak     f32 %.1f, f64 %.1f GFLOP/s a thread (FMAs in registers, this run)\n\n", p.f32, p.f64)
	fmt.Printf("%-5s %-5s %-16s %-2s %1s %8s %6s", "op", "type", "shape", "tr", "t", "lanes", "peak")
	for _, n := range names[1:] {
		fmt.Printf(" %10s %6s", n, "ratio")
	}
	fmt.Println("  median/best of lanes")
	bad := 0
	for _, r := range results {
		flops := r.row.Flops()
		top := p.f32
		if r.row.DType == "f64" {
			top = p.f64
		}
		lanes := flops / r.cs[0].best()
		fmt.Printf("%-5s %-5s %-16s %-2s %d %8.1f %5.1f%%", r.row.Op, r.row.DType, r.row.Shape(), r.row.Trans, r.threads,
			lanes, 100*lanes/top/float64(r.threads))
		for _, n := range names[1:] {
			i := slices.IndexFunc(r.cs, func(c *contestant) bool { return c.name == n })
			if i < 0 {
				fmt.Printf(" %10s %6s", "-", "-")
				continue
			}
			peer := flops / r.cs[i].best()
			fmt.Printf(" %10.1f %6.2f", peer, lanes/peer)
		}
		fmt.Printf("  %.2f\n", r.cs[0].median()/r.cs[0].best())
		if r.err != nil {
			bad++
			fmt.Println("     WRONG:", r.err)
		}
	}
	if bad > 0 {
		return fmt.Errorf("%d results differ beyond rounding", bad)
	}
	return nil
}
