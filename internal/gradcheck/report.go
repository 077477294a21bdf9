package gradcheck

import (
	"fmt"
	"math"
	"strings"
)

// label names entry i of Var k: w[1,2], or w[7] for a vector or an unknown shape.
func (c *checker) label(k, i int) string {
	v := c.p.Vars[k]
	return label(v.Name, v.Shape, len(v.X), i)
}

func label(name string, shape []int, n, i int) string {
	size := 1
	for _, d := range shape {
		size *= d
	}
	if len(shape) < 2 || size != n {
		return fmt.Sprintf("%s[%d]", name, i)
	}
	at := make([]string, len(shape))
	for d := len(shape) - 1; d >= 0; d-- {
		at[d] = fmt.Sprint(i % shape[d])
		i /= shape[d]
	}
	return name + "[" + strings.Join(at, ",") + "]"
}

// maxTensors limits the tensors a report describes one by one.
const maxTensors = 4

// String describes the outcome in at most a screen (24 lines of 100 columns for
// usual names): what is wrong first.
func (r *Report) String() string {
	var b strings.Builder
	weak := ""
	if r.Single {
		weak = " (float32: a weak check)"
	}
	if r.OK() {
		fmt.Fprintf(&b, "gradients right%s: %s, %d evaluations, seed %d\n", weak, r.counts(), r.Evals, r.Seed)
	} else {
		fmt.Fprintf(&b, "gradient check failed%s: %s, seed %d\n", weak, r.counts(), r.Seed)
	}
	for i, f := range r.Faults {
		if i == 3 {
			fmt.Fprintf(&b, "  and %d more\n", len(r.Faults)-i)
			break
		}
		fmt.Fprintf(&b, "  %s\n", f)
	}
	shown, hidden := 0, 0
	for i := range r.Tensors {
		t := &r.Tensors[i]
		if t.WrongLen == 0 && !t.LeftOut {
			continue
		}
		if shown == maxTensors {
			hidden++
			continue
		}
		shown++
		t.write(&b, len(r.Tensors) > 1, shown == 1)
	}
	if hidden > 0 {
		fmt.Fprintf(&b, "  and %d more tensors\n", hidden)
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// counts sums up all tensors.
func (r *Report) counts() string {
	var checked, n, kinks, unclear, wrong int
	for _, t := range r.Tensors {
		checked += t.Checked
		n += t.Len
		kinks += t.Kinks
		unclear += t.Unclear
		wrong += t.WrongLen
	}
	s := fmt.Sprintf("%d of %d entries checked", checked, n)
	for _, c := range []struct {
		n    int
		what string
	}{{wrong, "wrong"}, {kinks, "at kinks left out"}, {unclear, "unclear left out"}} {
		if c.n > 0 {
			s += fmt.Sprintf(", %d %s", c.n, c.what)
		}
	}
	return s
}

// write describes a tensor that failed: the first in full, others in short.
func (t *TensorReport) write(b *strings.Builder, flat, full bool) {
	if t.WrongLen > 0 {
		fmt.Fprintf(b, "  %s: %d of %d checked entries wrong%s\n", t.Name, t.WrongLen, t.Checked, t.guess())
		t.rows(b, t.Bad, flat, full)
	}
	if t.LeftOut {
		fmt.Fprintf(b, "  %s: %d at kinks and %d unclear of %d entries left out: more than allowed.\n", t.Name, t.Kinks, t.Unclear, t.Checked)
		if t.Kinks > 0 {
			fmt.Fprintf(b, "    A kink can be avoided (another x) or its legal values declared.\n")
		}
		if t.Unclear > 0 {
			fmt.Fprintf(b, "    Unclear: the function is rough, not finite near x, or so large that rounding hides the slope.\n")
		}
		t.rows(b, t.Missed, flat, full && t.WrongLen == 0)
	}
}

func (t *TensorReport) rows(b *strings.Builder, entries []Entry, flat, full bool) {
	if !full {
		entries = entries[:min(1, len(entries))]
	}
	if len(entries) > 0 {
		fmt.Fprintf(b, "    %-18s %15s %15s %9s  %s\n", "entry", "analytic", "numeric", "relative", "verdict")
	}
	for _, e := range entries {
		name := label(t.Name, t.Shape, t.Len, e.Index)
		if flat {
			name += fmt.Sprintf(" #%d", t.first+e.Index)
		}
		fmt.Fprintf(b, "    %-18s %15.8g %15.8g %9.1e  %v", name, e.Analytic, e.Numeric, e.Relative, e.Verdict)
		switch e.Verdict {
		case Kink, Illegal:
			fmt.Fprintf(b, ": slopes %.4g and %.4g", e.Left, e.Right)
		case Unclear:
			fmt.Fprintf(b, ": numeric is good to %.1e", e.Uncertainty)
		case Wrong:
			if float64(40*e.Uncertainty) > math.Abs(e.Analytic-e.Numeric) {
				fmt.Fprintf(b, ": numeric is good to %.1e", e.Uncertainty)
			}
		}
		b.WriteByte('\n')
	}
}

// guess says what the wrong entries have in common.
func (t *TensorReport) guess() string {
	if t.WrongLen < 2 || t.ratio == 0 || !finite(t.ratio) {
		return ""
	}
	which := "in all of them"
	if t.wholeRatio {
		which = "everywhere"
	}
	if math.Abs(t.ratio+1) < 1e-4 {
		return ": the sign is wrong " + which
	}
	return fmt.Sprintf(": numeric is %.6g times analytic %s", t.ratio, which)
}
