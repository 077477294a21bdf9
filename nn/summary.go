package nn

import (
	"fmt"
	"slices"
	"strings"
	"unsafe"

	"github.com/lanes-go/lanes/tensor"
)

// SummaryTable tells what a network consists of: see Summary.
type SummaryTable struct {
	Input []int        // shape of x
	Rows  []SummaryRow // the layers, containers before theirs

	// Of the whole network. FLOPs is a lower bound if that of a row is not known.
	Params, Trainable int
	FLOPs             int64
	ParamBytes        int64 // of the parameters' values; gradients take as much
	DType             string
	Time              Times // of a step, if the network is one of a Profile
}

// SummaryRow is a layer of a network. What a container has is that of its layers together.
type SummaryRow struct {
	Name   string // within the network: "1.body.0"; "" for a network of one layer
	Depth  int    // containers around it, without the network
	Layer  string // "Linear(784 -> 256)"
	Output []int  // shape of the result

	Params, Trainable int   // elements of the parameters, and of those that are not frozen
	FLOPs             int64 // of a forward pass; -1: not known, as of layers of other packages

	Time Times // measured, if the network is one of a Profile; of two layers in one with the first
}

// Summary returns the layers of a network with the shapes of their results for x of a
// shape, what they have to learn and what a forward pass costs. A multiply-add counts as
// two floating-point operations, any other operation as one, and so does a function of
// an element: Linear of n x in to n x out takes 2·n·in·out + n·out. What only training
// does, as dropping, is not counted.
//
// Of a Profile it has also the times that were measured, with the percent of both passes
// together, beside the FLOPs that should explain them.
//
// It makes an Eval-mode Forward of zeros, which changes neither parameters, running
// statistics and counters nor what Backward needs, and panics as that does.
func Summary[T tensor.Float](net Layer[T], input ...int) *SummaryTable {
	measured := &ProfileTable{}
	if p, ok := net.(*Profile[T]); ok {
		net, measured = p.net, p.Table()
	}
	var z T
	t := &SummaryTable{Input: slices.Clone(input), DType: fmt.Sprintf("%T", z)}
	var places []*place[T]
	restore := rewire(net, true, func(p *place[T]) Layer[T] {
		row := SummaryRow{Name: p.name, Depth: p.depth, Layer: describeLayer(p.step.layer)}
		row.Params, row.Trainable = countParams(p.step.layer)
		t.Rows = append(t.Rows, row)
		places = append(places, p)
		return &shapeProbe[T]{standIn[T]{p.step}, t, p.index}
	})
	defer restore()
	x := tensor.New[T](input...)
	y := net.Forward(x, Eval)

	t.Params, t.Trainable = countParams(net)
	t.ParamBytes = int64(t.Params) * int64(unsafe.Sizeof(z))
	t.FLOPs = flopsOf(net, input, y.Shape())
	if len(t.Rows) == 0 {
		t.Rows = []SummaryRow{{Layer: describeLayer(net), Output: slices.Clone(y.Shape()), Params: t.Params, Trainable: t.Trainable, FLOPs: t.FLOPs}}
	}
	t.FLOPs = max(0, t.FLOPs)
	for i, p := range slices.Backward(places) { // into the containers
		if f := t.Rows[i].FLOPs; f < 0 {
			continue
		} else if p.parent < 0 {
			t.FLOPs += f
		} else if t.Rows[p.parent].FLOPs >= 0 {
			t.Rows[p.parent].FLOPs += f
		}
	}
	t.Time = measured.Network
	for _, m := range measured.Rows {
		name, _, _ := strings.Cut(m.Name, "+")
		if i := slices.IndexFunc(t.Rows, func(r SummaryRow) bool { return r.Name == name }); i >= 0 {
			t.Rows[i].Time = Times{Forward: m.Forward, Backward: m.Backward}
		}
	}
	return t
}

func countParams[T tensor.Float](l Layer[T]) (all, trainable int) {
	for _, p := range l.Params() {
		all += p.Value.Len()
		if !p.Frozen {
			trainable += p.Value.Len()
		}
	}
	return all, trainable
}

// flopsOf returns -1 if the layer does not say.
func flopsOf[T tensor.Float](l Layer[T], in, out []int) int64 {
	if c, ok := l.(costed); ok {
		return c.flops(in, out)
	}
	return -1
}

// shapeProbe stands in for a layer and fills in its row.
type shapeProbe[T tensor.Float] struct {
	standIn[T]
	table *SummaryTable
	index int
}

func (s *shapeProbe[T]) Forward(x *tensor.Tensor[T], mode Mode) *tensor.Tensor[T] {
	in := slices.Clone(x.Shape())
	y := s.layer.Forward(x, mode)
	row := &s.table.Rows[s.index]
	row.Output = slices.Clone(y.Shape())
	row.FLOPs = flopsOf(s.layer, in, row.Output)
	return y
}

// String returns a table.
func (t *SummaryTable) String() string {
	lines := [][]string{{"layer", "type", "output", "parameters", "trainable", "FLOPs"}}
	known, timed := true, t.Time.Sum() > 0
	times := func(line []string, u Times) []string {
		if !timed {
			return line
		}
		return append(line, millis(u.Forward), millis(u.Backward), percent(u.Sum(), t.Time.Sum()))
	}
	if timed {
		lines[0] = append(lines[0], "forward ms", "backward ms", "%")
	}
	for _, r := range t.Rows {
		flops := digits(r.FLOPs)
		if r.FLOPs < 0 {
			flops, known = "?", false
		}
		indent := strings.Repeat("  ", r.Depth)
		lines = append(lines, times([]string{indent + r.Name, r.Layer, fmt.Sprint(r.Output), digits(int64(r.Params)), digits(int64(r.Trainable)), flops}, r.Time))
	}
	flops := digits(t.FLOPs)
	if !known {
		flops = ">= " + flops
	}
	lines = append(lines, times([]string{"total", "", "", digits(int64(t.Params)), digits(int64(t.Trainable)), flops}, t.Time))
	return columns(lines, 3) + fmt.Sprintf("input %v, parameters of %s in %s\n", t.Input, bytesText(t.ParamBytes), t.DType)
}

// digits writes a number in groups of three digits.
func digits(n int64) string {
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

func bytesText(n int64) string {
	switch {
	case n >= 1<<30:
		return fmt.Sprintf("%.2f GiB", float64(n)/(1<<30))
	case n >= 1<<20:
		return fmt.Sprintf("%.2f MiB", float64(n)/(1<<20))
	case n >= 1<<10:
		return fmt.Sprintf("%.2f KiB", float64(n)/(1<<10))
	}
	return fmt.Sprintf("%d bytes", n)
}

// columns lays lines out under each other, the first so many columns to the left and the
// others to the right.
func columns(lines [][]string, left int) string {
	var widths []int
	for _, l := range lines {
		for i, s := range l {
			if i == len(widths) {
				widths = append(widths, 0)
			}
			widths[i] = max(widths[i], len([]rune(s)))
		}
	}
	var b strings.Builder
	for _, l := range lines {
		var line strings.Builder
		for i, s := range l {
			if i > 0 {
				line.WriteString("  ")
			}
			space := strings.Repeat(" ", widths[i]-len([]rune(s)))
			if i < left {
				line.WriteString(s + space)
			} else {
				line.WriteString(space + s)
			}
		}
		b.WriteString(strings.TrimRight(line.String(), " ") + "\n")
	}
	return b.String()
}
