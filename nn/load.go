package nn

import (
	"fmt"
	"slices"
	"strings"

	"github.com/lanes-go/lanes/internal/short"
	"github.com/lanes-go/lanes/tensor"
)

// LoadOption changes what Load and LoadState accept.
type LoadOption func(*loadOptions)

type loadOptions struct {
	partial bool
	rounded bool
	rename  []func(name string) string
}

// Partial allows names that only the network or only the file has: what both have is
// loaded, the rest of the network stays as it is. It is an error if they have no parameter
// or buffer in common.
func Partial(o *loadOptions) { o.partial = true }

// Rounded lets a network of float32 load F64, rounded to nearest.
func Rounded(o *loadOptions) { o.rounded = true }

// Rename gives the name in the network for a name in the file, "" to leave a tensor out.
// Of several options that change names each goes on with what the one before it gave.
func Rename(name func(name string) string) LoadOption {
	return func(o *loadOptions) { o.rename = append(o.rename, name) }
}

// StripPrefix takes a prefix, "module.", off the names in the file that begin with it.
func StripPrefix(prefix string) LoadOption {
	return Rename(func(name string) string { return strings.TrimPrefix(name, prefix) })
}

// Only loads those tensors of the file whose names begin with a prefix, "encoder.",
// without it, and leaves the others out.
func Only(prefix string) LoadOption {
	return Rename(func(name string) string {
		rest, ok := strings.CutPrefix(name, prefix)
		if !ok {
			return ""
		}
		return rest
	})
}

// LoadReport says what Load and LoadState did with each name. The lists are sorted; names
// are those in the network, but for Unexpected.
type LoadReport struct {
	Loaded     []string // set; none after an error
	Missing    []string // of the network, not in the file
	Unexpected []string // of the file, not in the network
	WrongShape []WrongShape
	WrongType  []WrongType
}

// WrongShape is a tensor whose shape in the file is not that in the network.
type WrongShape struct {
	Name      string
	Want, Got []int // in the network, in the file
}

// WrongType is a tensor of the file with elements that the network cannot take.
type WrongType struct {
	Name   string
	Reason string
}

// String has a line for each kind of names and of what was wrong.
func (r *LoadReport) String() string {
	lines := []string{fmt.Sprintf("loaded: %d tensors", len(r.Loaded))}
	return strings.Join(append(lines, r.lines(-1)...), "\n")
}

// lines tells what is not as in the file: at most so many names of a kind, each cut to some
// length, or all if most is negative.
func (r *LoadReport) lines(most int) (lines []string) {
	add := func(kind string, n int, name func(i int) string) {
		if n == 0 {
			return
		}
		var names []string
		for i := range n {
			if i == most {
				break
			}
			names = append(names, name(i))
		}
		line := kind + ": " + strings.Join(names, ", ")
		if n > len(names) {
			line += fmt.Sprintf(" and %d more", n-len(names))
		}
		lines = append(lines, line)
	}
	text := func(name string) string { return name }
	if most >= 0 {
		text = short.Text
	}
	add("missing", len(r.Missing), func(i int) string { return text(r.Missing[i]) })
	add("unexpected", len(r.Unexpected), func(i int) string { return text(r.Unexpected[i]) })
	add("wrong shape", len(r.WrongShape), func(i int) string {
		w := r.WrongShape[i]
		return fmt.Sprintf("%s (network %v, file %v)", text(w.Name), w.Want, w.Got)
	})
	add("wrong type", len(r.WrongType), func(i int) string { return fmt.Sprintf("%s (%s)", text(r.WrongType[i].Name), r.WrongType[i].Reason) })
	return lines
}

// LoadError is the error of Load and LoadState if the names, shapes or types of network
// and file do not fit. Nothing was changed.
type LoadError struct {
	Op     string // "nn.Load"
	Path   string // of the file, or empty
	Report *LoadReport
	None   bool // no name of the file is that of a parameter or buffer of the network
}

// Error names up to 10 tensors of each kind; the report has all.
func (e *LoadError) Error() string {
	s := e.Op + ": "
	if e.Path != "" {
		s += e.Path + ": "
	}
	lines := e.Report.lines(10)
	if e.None {
		lines = append([]string{"no name in the file is that of a parameter or buffer of the network"}, lines...)
	}
	return s + strings.Join(lines, "; ")
}

// target is where a tensor goes: a value of the network or a counter.
type target[T tensor.Float] struct {
	name    string
	value   *tensor.Tensor[T]
	counter *Counter
	source  string // the name in the file
	taken   bool   // the file has it
}

// match finds the tensors of a network for those of a file.
type match[T tensor.Float] struct {
	options loadOptions
	targets map[string]*target[T]
	found   []*target[T]
	report  LoadReport
	clash   []string // names in the file that are for one tensor of the network
}

func newMatch[T tensor.Float](net Module[T], options []LoadOption) *match[T] {
	m := &match[T]{targets: map[string]*target[T]{}}
	for _, o := range options {
		o(&m.options)
	}
	for _, c := range countersOf(net) {
		m.targets[c.Name] = &target[T]{name: c.Name, counter: c}
	}
	for _, e := range StateDict(net) {
		m.targets[e.Name] = &target[T]{name: e.Name, value: e.Value}
	}
	return m
}

// add takes up a tensor of the file. unfit says what is wrong with its type, or nothing.
func (m *match[T]) add(source string, shape []int, unfit func(isCounter bool) string) {
	name := source
	for _, f := range m.options.rename {
		if name = f(name); name == "" {
			return
		}
	}
	t, ok := m.targets[name]
	if !ok {
		m.report.Unexpected = append(m.report.Unexpected, source)
		return
	}
	if t.taken {
		m.clash = append(m.clash, fmt.Sprintf("%s and %s are both for %s", short.Text(t.source), short.Text(source), short.Text(name)))
		return
	}
	t.source, t.taken = source, true
	var want []int
	right := t.counter != nil && product(shape) == 1
	if t.counter == nil {
		want = t.value.Shape()
		right = slices.Equal(want, shape)
	}
	if !right {
		m.report.WrongShape = append(m.report.WrongShape, WrongShape{name, slices.Clone(want), slices.Clone(shape)})
		return
	}
	if reason := unfit(t.counter != nil); reason != "" {
		m.report.WrongType = append(m.report.WrongType, WrongType{name, reason})
		return
	}
	m.found = append(m.found, t)
}

func product(shape []int) int {
	n := 1
	for _, d := range shape {
		n *= d
	}
	return n
}

// verdict completes the report and returns what is wrong with it.
func (m *match[T]) verdict(op, path string) error {
	tensors, common := 0, 0 // of the network, and those that the file has too
	for name, t := range m.targets {
		if t.counter != nil {
			continue
		}
		tensors++
		if t.taken {
			common++
		} else {
			m.report.Missing = append(m.report.Missing, name)
		}
	}
	r := &m.report
	slices.Sort(r.Missing)
	slices.Sort(r.Unexpected)
	slices.SortFunc(r.WrongShape, func(a, b WrongShape) int { return strings.Compare(a.Name, b.Name) })
	slices.SortFunc(r.WrongType, func(a, b WrongType) int { return strings.Compare(a.Name, b.Name) })
	if len(m.clash) > 0 {
		if path != "" {
			op += ": " + path
		}
		if n := len(m.clash) - 10; n > 0 {
			m.clash = append(m.clash[:10], fmt.Sprintf("%d more", n))
		}
		return fmt.Errorf("%s: %s", op, strings.Join(m.clash, "; "))
	}
	strict := !m.options.partial && len(r.Missing)+len(r.Unexpected) > 0
	if strict || len(r.WrongShape)+len(r.WrongType) > 0 || tensors > 0 && common == 0 {
		return &LoadError{Op: op, Path: path, Report: r, None: common == 0}
	}
	for _, t := range m.found {
		r.Loaded = append(r.Loaded, t.name)
	}
	slices.Sort(r.Loaded)
	return nil
}
