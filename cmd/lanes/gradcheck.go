package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"regexp"
	"runtime/debug"

	"github.com/lanes-go/lanes/asm"
	"github.com/lanes-go/lanes/internal/layercases"
)

// gradcheckCases is the table; tests plant errors in it.
var gradcheckCases = layercases.All

// checked is a line of the result, and of -json.
type checked struct {
	Layer   string   `json:"layer"`
	Shape   []int    `json:"shape"`
	Seed    uint64   `json:"seed"`
	Entries int      `json:"entries"`        // compared with differences
	Worst   float64  `json:"worst_relative"` // largest relative error of them
	WorstIn string   `json:"worst_in"`       // the tensor it is in
	Kinks   int      `json:"kinks"`          // entries left out
	Unclear int      `json:"unclear"`        // entries left out, hidden by rounding
	Off     float64  `json:"float32_off"`    // of the float32 layer, in 2^-24 of a tensor's largest value
	OffIn   string   `json:"float32_off_in"` // the tensor it is in
	OK      bool     `json:"ok"`             // the verdict
	Faults  []string `json:"faults,omitempty"`
}

func runGradcheck(args []string, stdout, stderr io.Writer) int {
	f := flag.NewFlagSet("gradcheck", flag.ContinueOnError)
	pattern := f.String("run", "", "regular expression for the `LAYER/[SHAPE]` to check, as ReLU/; all without it")
	seed := f.Uint64("seed", 1, "of inputs and samples, 1 or more")
	entries := f.Int("entries", 64, "greatest number of entries checked of a tensor; more are sampled")
	strict := f.Bool("strict", false, "an entry left out, at a kink or unclear, is a failure too")
	asJSON := f.Bool("json", false, "print an object for each layer and shape, one a line, instead of a table")
	isa := f.String("isa", "", "instruction set to use instead of the best")
	if code, done := parse(f, args, stdout, stderr); done {
		return code
	}
	match, err := regexp.Compile(*pattern)
	switch {
	case err != nil:
		err = fmt.Errorf("-run: %w", err)
	case *seed == 0:
		err = fmt.Errorf("-seed 0: want 1 or more")
	case *entries < 1 || *entries > 1<<20:
		err = fmt.Errorf("-entries %d: want 1 to %d", *entries, 1<<20)
	}
	if err != nil {
		fmt.Fprintf(stderr, "lanes gradcheck: %v\n", err)
		return exitUsage
	}
	if code, done := useISA(*isa, stderr); done {
		return code
	}
	ctx, stop := interruptible()
	defer stop()

	var cases []layercases.Case
	width := len("layer")
	for _, c := range gradcheckCases() {
		if match.MatchString(c.String()) {
			cases = append(cases, c)
			width = max(width, len(c.Name))
		}
	}
	if len(cases) == 0 {
		fmt.Fprintf(stderr, "lanes gradcheck: no layer matches -run %q\n", *pattern)
		return exitUsage
	}
	if !*asJSON {
		fmt.Fprintf(stdout, "%-*s  %-16s %7s  %-9s %5s %7s  %7s  %s\n", width, "layer", "shape", "entries", "worst", "kinks", "unclear", "float32", "verdict")
	}
	line := newProgress(stderr)
	var wrong []checked
	for i, c := range cases {
		if ctx.Err() != nil {
			line.end("")
			fmt.Fprintf(stderr, "stopped after %d of %d: %v\n", i, len(cases), ctx.Err())
			return exitInterrupt
		}
		line.rewrite(fmt.Sprintf("%d/%d  %v", i+1, len(cases), c))
		r := check(c, *seed, *entries, *strict)
		if !r.OK {
			wrong = append(wrong, r)
		}
		if *asJSON {
			text, err := json.Marshal(r)
			if err != nil { // there is nothing in it that cannot be written
				panic(err)
			}
			fmt.Fprintf(stdout, "%s\n", text)
		} else {
			r.row(stdout, width)
		}
	}
	line.rewrite("")
	if !*asJSON {
		for _, r := range wrong {
			fmt.Fprintf(stdout, "\n%s/%v: wrong\n", r.Layer, r.Shape)
			for _, f := range r.Faults {
				fmt.Fprintf(stdout, "%s\n", f)
			}
		}
		fmt.Fprint(stdout, "\nworst: largest |a-n|/max(|a|,|n|) of an entry; float32: off float64, in 2^-24 of a tensor's largest value\n")
		fmt.Fprintf(stdout, "%d of %d right, seed %d, %s\n", len(cases)-len(wrong), len(cases), *seed, asm.Selection().ISA)
	}
	if len(wrong) > 0 {
		fmt.Fprintf(stderr, "lanes gradcheck: %d of %d wrong\n", len(wrong), len(cases))
		return exitError
	}
	return 0
}

// check is a case's verdict; a panic is one too.
func check(c layercases.Case, seed uint64, entries int, strict bool) (line checked) {
	line = checked{Layer: c.Name, Shape: c.Shape, Seed: seed}
	defer func() {
		if v := recover(); v != nil {
			line.OK, line.Faults = false, []string{fmt.Sprintf("panic: %v\n%s", v, debug.Stack())}
		}
	}()
	r := c.Check(seed, entries)
	line.Entries, line.Worst, line.WorstIn = r.Checked, r.Worst, r.WorstIn
	line.Kinks, line.Unclear, line.Off, line.OffIn = r.Kinks, r.Unclear, r.Off, r.OffIn
	line.Faults = r.Faults
	if n := r.Kinks + r.Unclear; strict && n > 0 {
		line.Faults = append(line.Faults, fmt.Sprintf("%d entries left out, none allowed by -strict", n))
	}
	line.OK = len(line.Faults) == 0
	return line
}

// row is the line of the table.
func (r *checked) row(w io.Writer, width int) {
	verdict := "right"
	if !r.OK {
		verdict = "WRONG"
	}
	fmt.Fprintf(w, "%-*s  %-16s %7d  %-9.1e %5d %7d  %7.1f  %s\n", width, r.Layer, fmt.Sprint(r.Shape), r.Entries, r.Worst, r.Kinks, r.Unclear, r.Off, verdict)
}
