// Bench measures a CPU with the kernels of lanes, and what lanes makes of it:
//
//	go run ./bench -quick                      # 15 seconds
//	go run ./bench                             # two minutes
//	go run ./bench -json my-cpu.jsonl          # one JSON object a line
//	go run ./bench -compare a.jsonl b.jsonl    # says "no difference" inside the noise
//	go run ./bench -op relu,exp                # operations on elements
//	go run ./bench -op act                     # a family of them
//
// It prints the CPU, its caches and features and the instruction set in use;
// measures the peak of fused multiply-adds and the bandwidth of each memory level;
// then products of the shapes in bench/shapes with every table this machine runs, or
// the operations that -op names.
package main

import (
	"bufio"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/lanes-go/lanes/asm"
	"github.com/lanes-go/lanes/bench/shapes"
)

const usage = `usage: bench [flags]
       bench -compare [-md] FILE FILE...
       bench -docs

Measures this CPU: peak, memory, and matrix products with every instruction set.
GFLOP/s are those of the best sample, percentages of the peak of this run.
LANES_ISA, where it is set, limits the run to that table.

`

type options struct {
	quick, compare, markdown, docs   bool
	ops, dtypes, trans, shapes, isas []string
	threads                          []int
	count                            int
	json                             string
	files                            []string
}

// parse reads the arguments. Flags and files may be mixed.
func parse(args []string, present []string, cpus int) (o options, help string, err error) {
	fs := flag.NewFlagSet("bench", flag.ContinueOnError)
	fs.SetOutput(io.Discard)
	var ops, dtypes, trans, shape, isa, threads string
	fs.BoolVar(&o.quick, "quick", false, "fewer shapes, 15 seconds")
	fs.StringVar(&ops, "op", "", "operations, separated by commas: "+strings.Join(shapes.Ops, ", ")+" (default all three); "+strings.Join(elementNames, ", ")+"; families of these: "+strings.Join(elementFamilies, ", ")+"; elements, all of them")
	fs.StringVar(&dtypes, "dtype", "", "element types: "+strings.Join(shapes.DTypes, ", "))
	fs.StringVar(&trans, "trans", "", "transpositions of A, then of B: "+strings.Join(shapes.Trans, ", "))
	fs.StringVar(&shape, "shape", "", "MxNxK instead of the built-in shapes; several with commas; for operations on elements N, RxC or NxCxHxW")
	fs.StringVar(&isa, "isa", "", "instruction sets (default all of "+strings.Join(present, ", ")+")")
	fs.StringVar(&threads, "threads", "", "numbers of threads (default 1 and all CPUs)")
	fs.IntVar(&o.count, "count", 0, "rounds over all cases, 1 to 1000 (default 5, with -quick 3); more take more time")
	fs.StringVar(&o.json, "json", "", "write the measurements to `FILE`, one JSON object a line; - is standard output")
	fs.BoolVar(&o.compare, "compare", false, "compare files of measurements, the first with each other one")
	fs.BoolVar(&o.markdown, "md", false, "with -compare: print Markdown")
	fs.BoolVar(&o.docs, "docs", false, "write docs/cpus.md from bench/results, in a clone")
	for {
		if err := fs.Parse(args); err == flag.ErrHelp {
			var b strings.Builder
			b.WriteString(usage)
			fs.SetOutput(&b)
			fs.PrintDefaults()
			return o, b.String(), nil
		} else if err != nil {
			return o, "", err
		}
		if fs.NArg() == 0 {
			break
		}
		o.files = append(o.files, fs.Arg(0))
		args = fs.Args()[1:]
	}
	counted := false
	fs.Visit(func(f *flag.Flag) { counted = counted || f.Name == "count" })
	switch {
	case o.compare && len(o.files) == 0:
		return o, "", fmt.Errorf("-compare: no files given")
	case o.compare && len(o.files) > 32:
		return o, "", fmt.Errorf("-compare: %d files, at most 32", len(o.files))
	case !o.compare && len(o.files) > 0:
		return o, "", fmt.Errorf("unexpected argument %.80q; files go with -compare", o.files[0])
	case o.markdown && !o.compare:
		return o, "", fmt.Errorf("-md goes with -compare")
	case counted && o.count < 1 || o.count > 1000:
		return o, "", fmt.Errorf("-count %d: want 1 to 1000", o.count)
	}
	for _, l := range []struct {
		dst         *[]string
		flag, given string
		known       []string
		what        string
	}{
		{&o.ops, "op", withFamilies(ops), slices.Concat(shapes.Ops, elementNames), "want"}, {&o.dtypes, "dtype", dtypes, shapes.DTypes, "want"},
		{&o.trans, "trans", trans, shapes.Trans, "want"}, {&o.isas, "isa", isa, present, "not on this machine; available:"},
	} {
		if l.given == "" {
			continue
		}
		for _, w := range strings.Split(l.given, ",") {
			if !slices.Contains(l.known, w) {
				return o, "", fmt.Errorf("-%s %.40q: %s %s", l.flag, w, l.what, strings.Join(l.known, ", "))
			}
			if !slices.Contains(*l.dst, w) {
				*l.dst = append(*l.dst, w)
			}
		}
	}
	if shape != "" {
		o.shapes = strings.Split(shape, ",")
		for _, s := range o.shapes {
			if err := o.checkShape(s); err != nil {
				return o, "", fmt.Errorf("-shape: %w", err)
			}
		}
	}
	if threads == "" {
		o.threads = slices.Compact([]int{1, min(cpus, maxThreads)})
	} else {
		for _, t := range strings.Split(threads, ",") {
			n, err := strconv.Atoi(t)
			if err != nil || n < 1 || n > maxThreads {
				return o, "", fmt.Errorf("-threads %.40q: want numbers from 1 to %d", t, maxThreads)
			}
			if !slices.Contains(o.threads, n) {
				o.threads = append(o.threads, n)
			}
		}
		slices.Sort(o.threads)
	}
	return o, "", nil
}

// withFamilies puts their names where a list of operations has families.
func withFamilies(ops string) string {
	var names []string
	for _, w := range strings.Split(ops, ",") {
		known := false
		for i, e := range elementList[float32]() {
			if e.family == w || w == "elements" {
				names, known = append(names, elementNames[i]), true
			}
		}
		if !known {
			names = append(names, w)
		}
	}
	return strings.Join(names, ",")
}

// checkShape reports whether a shape is one for any of the operations.
func (o *options) checkShape(s string) error {
	var failed error
	for _, op := range orElse(o.ops, "gemm") {
		e, elements := elementOf(op)
		var err error
		if !elements {
			_, _, _, err = shapes.Parse(s)
		} else if _, err = parseSize(s); err == nil && !e.fits(s) {
			err = fmt.Errorf("%s has no case of size %.40q; its own are %s", op, s, strings.Join(e.sizes, ", "))
		}
		if err == nil {
			return nil
		}
		if failed == nil {
			failed = err
		}
	}
	return failed
}

// rows are the cases for one table, and the names of those that are too much for
// the plain one.
func (o *options) rows(isa string) (rows []shapes.Row, left []string) {
	all := shapes.All()
	if len(o.shapes) > 0 {
		all = nil
		for _, op := range orElse(o.ops, "gemm") {
			for _, d := range orElse(o.dtypes, "f32") {
				for _, s := range o.shapes {
					for _, t := range orElse(o.trans, "nn") {
						if m, n, k, err := shapes.Parse(s); err == nil && slices.Contains(shapes.Ops, op) && shapes.Allowed(op, t) {
							all = append(all, shapes.Row{Op: op, DType: d, Trans: t, M: m, N: n, K: k, Quick: true})
						}
					}
				}
			}
		}
	}
	for _, op := range o.ops {
		if _, ok := elementOf(op); ok {
			all = append(all, elementRows(op, o.dtypes, o.shapes)...)
		}
	}
	has := func(given []string, v string) bool { return len(given) == 0 || slices.Contains(given, v) }
	for _, r := range all {
		if !has(o.ops, r.Op) || !has(o.dtypes, r.DType) || r.Size == "" && !has(o.trans, r.Trans) || o.quick && !r.Quick ||
			r.Op == "plainloop" && isa != "generic" {
			continue
		}
		if isa == "generic" && (r.Flops() > plainFlops || r.Size != "" && elementsOf(r.Size) > plainElements) {
			left = append(left, strings.Join([]string{r.Op, r.DType, r.Trans, r.Shape()}, " "))
			continue
		}
		rows = append(rows, r)
	}
	return rows, left
}

func orElse(given []string, v string) []string {
	if len(given) == 0 {
		return []string{v}
	}
	return given
}

// Exit statuses: 2 for what was asked wrongly or could not be read or written, 1
// for a fault of the program or the machine.
func main() {
	if len(os.Args) == 2 && os.Args[1] == "-child" {
		signal.Ignore(os.Interrupt) // the parent ends this process
		os.Exit(child(os.Stdin, os.Stdout))
	}
	sel := asm.Selection()
	o, help, err := parse(os.Args[1:], sel.Available, runtime.GOMAXPROCS(0))
	if err != nil {
		fatal(2, err)
	}
	if help != "" {
		fmt.Fprint(stdout, help)
		flush()
		return
	}
	switch {
	case o.compare:
		text, warnings, err := compareFiles(o.files, o.markdown)
		if err != nil {
			fatal(2, err)
		}
		for _, w := range warnings {
			fmt.Fprintln(os.Stderr, "bench: warning:", w)
		}
		fmt.Fprint(stdout, text)
		flush()
	case o.docs:
		if err := writeDocs("."); err != nil {
			fatal(2, err)
		}
	default:
		if err := asm.CheckISA(); err != nil {
			if sel.Warned {
				os.Exit(2) // the library has said it
			}
			fatal(2, err)
		}
		if err := run(o, sel); err != nil {
			fatal(2, err)
		}
	}
}

// stdout holds what is printed until flush.
var stdout = bufio.NewWriter(os.Stdout)

// flush writes it; what cannot be written ends the program.
func flush() {
	if err := stdout.Flush(); err != nil {
		fatal(2, cannotWrite(err))
	}
}

func cannotWrite(err error) error { return fmt.Errorf("cannot write the output: %w", err) }

func fatal(status int, err error) {
	if ending.Load() {
		select {} // the interrupt's goroutine ends the process
	}
	progressDone()
	fmt.Fprintln(os.Stderr, "bench:", oneLine(err))
	os.Exit(status)
}

// The time a run may take, all told.
const (
	quickBudget = 11 * time.Second
	plainBudget = 100 * time.Second
)

func run(o options, sel asm.Selected) error {
	isas := o.isas
	if len(isas) == 0 {
		isas = slices.Clone(sel.Available)
		slices.Reverse(isas) // best first
		if os.Getenv("LANES_ISA") != "" {
			isas = []string{sel.ISA}
		}
	}
	rounds := 5
	if o.quick {
		rounds = 3
	}
	if o.count == 0 {
		o.count = rounds
	}
	out := stdout
	var file *output
	if o.json == "-" {
		out = bufio.NewWriter(os.Stderr)
	} else if o.json != "" {
		var err error
		if file, err = createOutput(o.json); err != nil {
			return err
		}
	}
	var lock sync.Mutex // held while the process must not end
	onInterrupt(func(status int) {
		lock.Lock()
		file.abandon()
		stopChild()
		progressDone()
		fmt.Fprintln(os.Stderr, "bench: interrupted; nothing was written")
		os.Exit(status)
	})
	defer file.abandon()

	plans := map[string]plan{}
	total := 0
	for _, isa := range isas {
		rows, left := o.rows(isa)
		plans[isa] = plan{Rows: rows, Threads: o.threads, Rounds: o.count, Quick: o.quick, All: len(o.shapes) > 0, left: left}
		total += len(rows)
	}
	if total == 0 {
		if len(plans[isas[0]].left) > 0 {
			return fmt.Errorf("every case is too large for the plain table (more than %g GFLOP)", plainFlops/1e9)
		}
		return fmt.Errorf("these flags leave no case")
	}
	budget := plainBudget
	if o.quick {
		budget = quickBudget
	}
	if o.count > rounds {
		budget = budget * time.Duration(o.count) / time.Duration(rounds)
	}
	// A few cases do not take the whole time.
	budget = min(budget, time.Duration(len(isas))*time.Second+time.Duration(total*len(o.threads)*o.count)*100*time.Millisecond)

	m := thisMachine()
	printMachine(out, m, sel, isas[0])
	if err := out.Flush(); err != nil {
		return cannotWrite(err)
	}
	var all []Record
	for i, isa := range isas {
		p := plans[isa]
		if len(p.Rows) == 0 {
			fmt.Fprintf(out, "\n%s: no case (the plain table measures up to %g GFLOP)\n", isa, plainFlops/1e9)
			continue
		}
		p.Budget = time.Duration(float64(budget) * float64(len(p.Rows)) / float64(total))
		show := func(s string) { progress(fmt.Sprintf("%s (%d/%d): %s", isa, i+1, len(isas), s)) }
		rs, left, err := measureOn(isa, sel, len(isas) == 1, p, show)
		progressDone()
		if errors.Is(err, errOnlyOnce) && len(o.isas) == 0 {
			fmt.Fprintf(out, "\n%s: left out: %v\n", isa, err)
			continue
		}
		if err != nil {
			return fmt.Errorf("%s: %w", isa, err)
		}
		printTable(out, isa, rs, p.left, left)
		if err := out.Flush(); err != nil {
			return cannotWrite(err)
		}
		all = append(all, rs...)
	}
	if err := out.Flush(); err != nil {
		return cannotWrite(err)
	}
	for _, w := range bitsDiffer(all) {
		fmt.Fprintln(os.Stderr, "bench: warning:", w)
	}
	lock.Lock()
	defer lock.Unlock()
	switch {
	case o.json == "-":
		if err := writeRecords(os.Stdout, all); err != nil {
			return cannotWrite(err)
		}
	case file != nil:
		return file.commit(all)
	}
	return nil
}

// ending is set once an interrupt has come; what fails after that is no news.
var ending atomic.Bool

// onInterrupt calls end in its own goroutine at the first interrupt, with the
// exit status that says so.
func onInterrupt(end func(status int)) {
	c := make(chan os.Signal, 1)
	signal.Notify(c, os.Interrupt, syscall.SIGTERM)
	go func() {
		s := <-c
		ending.Store(true)
		if s == syscall.SIGTERM {
			end(143)
		}
		end(130)
	}()
}
