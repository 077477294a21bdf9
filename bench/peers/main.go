// Peers compares lanes with other libraries on the same shapes, their calls
// interleaved in one process: gonum, and OpenBLAS and oneDNN where their shared
// libraries are installed. See README.md.
package main

import (
	"cmp"
	"flag"
	"fmt"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/lanes-go/lanes/asm"
	"github.com/lanes-go/lanes/bench/shapes"
)

const usage = `usage: peers [flags]

Compares lanes with gonum, OpenBLAS and oneDNN: products of the shapes of bench/shapes,
and through gonum's interfaces BLAS of levels 1 to 3 and the factorisations of mat.
Compares operations on elements with gonum and, where there is one, PyTorch.
Rates of the best sample, percent of the FMA peak or of the memory's limit measured
in this run, and the ratio lanes/peer: above 1, lanes is faster.

`

type options struct {
	quick           bool
	ops, only       []string
	sizes           []int
	dtypes, trans   []string
	shapes, peers   []string
	threads         []int
	threadsGiven    bool
	samples         int
	core, python    string
	torch           *torchPeer
	isa             string
	probeCore, help bool
}

var (
	allPeers   = []string{"gonum", "openblas", "onednn", "netlib", "blasonly", "lapack", "samebits", "pytorch"}
	shapePeers = []string{"gonum", "openblas", "onednn"} // of shapeOps
	shapeOps   = []string{"gemm", "packed"}
	pythons    = []string{"python3", "/usr/bin/python3"} // the second is that of the package python3-torch
	allOps     = append(append(slices.Clone(shapeOps), slices.Sorted(maps.Keys(sizesOf))...), "elements")
)

func parse(args []string) (o options, err error) {
	fs := flag.NewFlagSet("peers", flag.ContinueOnError)
	fs.SetOutput(new(strings.Builder))
	var ops, only, sizes, dtypes, trans, shape, peers, threads string
	fs.BoolVar(&o.quick, "quick", false, "few samples of large cases, none of 4096x4096x4096: under a minute")
	fs.StringVar(&ops, "op", "", "operations, separated by commas: "+strings.Join(allOps, ", ")+" (default all; with -shape "+strings.Join(shapeOps, ", ")+")")
	fs.StringVar(&only, "only", "", "routines of the levels and factor, as Ddot or SVD, and no others")
	fs.StringVar(&sizes, "n", "", "sizes of the levels and factor (default "+defaultSizes()+")")
	fs.StringVar(&dtypes, "dtype", "", "element types: "+strings.Join(shapes.DTypes, ", ")+" (default f32 for "+strings.Join(shapeOps, ", ")+", else both)")
	fs.StringVar(&trans, "trans", "", "transpositions of A, then of B: "+strings.Join(shapes.Trans, ", ")+" (default those of the shape)")
	fs.StringVar(&shape, "shape", "", "MxNxK instead of the shapes of bench/shapes; several with commas")
	fs.StringVar(&peers, "peers", "", "which: "+strings.Join(allPeers, ", ")+" (default all that are here)")
	fs.StringVar(&threads, "threads", "", "numbers of threads (default 1, for -op elements 1 and 2)")
	fs.IntVar(&o.samples, "count", 25, "samples of each library on each case")
	fs.StringVar(&o.core, "openblas-core", "", "OPENBLAS_CORETYPE (default: the fastest of those that run here, tried first)")
	fs.StringVar(&o.isa, "isa", "", "hold lanes, and the peers that can be held, to this instruction set")
	fs.StringVar(&o.python, "python", "", "the Python with PyTorch, for -op elements (default the first of "+strings.Join(pythons, ", ")+" that has it)")
	fs.BoolVar(&o.probeCore, "probe-core", false, "print the rate and name of OpenBLAS's kernels as they are, and end")
	if err := fs.Parse(args); err != nil {
		if err == flag.ErrHelp {
			text := new(strings.Builder)
			fs.SetOutput(text)
			fs.PrintDefaults()
			o.help = true
			_, err := fmt.Fprint(os.Stdout, usage, text)
			return o, err
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
		{&o.ops, "op", ops, allOps}, {&o.dtypes, "dtype", dtypes, shapes.DTypes},
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
	if only != "" {
		o.only = strings.Split(only, ",")
	}
	if sizes != "" {
		for _, s := range strings.Split(sizes, ",") {
			n, err := strconv.Atoi(s)
			if err != nil || n < 1 || n > 1<<26 {
				return o, fmt.Errorf("-n %q: want numbers from 1 to %d", s, 1<<26)
			}
			o.sizes = append(o.sizes, n)
		}
	}
	switch given := len(o.ops) > 0; {
	case !given && len(o.shapes) > 0:
		o.ops = shapeOps
	case !given && (len(o.only) > 0 || len(o.sizes) > 0):
		o.ops = append(slices.Sorted(maps.Keys(sizesOf)), "elements")
	case !given:
		o.ops = allOps
	}
	for _, op := range o.ops {
		if !slices.Contains(shapeOps, op) && len(o.shapes) > 0 {
			return o, fmt.Errorf("-shape is for %s; -op %s has -n", strings.Join(shapeOps, " and "), op)
		}
		for _, n := range o.sizes {
			if most := 1 << 14; n > most && (op == "level2" || op == "level3" || op == "factor") {
				return o, fmt.Errorf("-n %d: -op %s makes n x n matrices, n at most %d", n, op, most)
			}
		}
	}
	for _, w := range o.only {
		if names := append(jobNames(), elementNames()...); !slices.ContainsFunc(names, func(n string) bool { return strings.EqualFold(n, w) }) {
			return o, fmt.Errorf("-only %q: want %s", w, strings.Join(names, ", "))
		}
	}
	for _, s := range o.shapes {
		if _, _, _, err := shapes.Parse(s); err != nil {
			return o, err
		}
	}
	o.threadsGiven = threads != ""
	for _, t := range strings.Split(cmp.Or(threads, "1"), ",") {
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
	dtypes := o.dtypes
	if len(dtypes) == 0 {
		dtypes = []string{"f32"}
	}
	if len(o.shapes) > 0 {
		tr := o.trans
		if len(tr) == 0 {
			tr = []string{"nn", "nt", "tn"}
		}
		var rows []shapes.Row
		for _, op := range o.ops { // all of shapeOps
			for _, d := range dtypes {
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
		return r.Op == "plainloop" || !slices.Contains(o.ops, r.Op) || !slices.Contains(dtypes, r.DType) ||
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
