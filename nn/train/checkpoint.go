package train

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/lanes-go/lanes/internal/short"
	"github.com/lanes-go/lanes/nn"
	"github.com/lanes-go/lanes/nn/data"
	"github.com/lanes-go/lanes/nn/optim"
	"github.com/lanes-go/lanes/nn/safetensors"
	"github.com/lanes-go/lanes/tensor"
)

// Run says where a training run stands: what a checkpoint holds beside the network and
// the optimiser.
type Run struct {
	Epoch   int     // epochs that are complete
	Step    int     // steps done, in all
	InEpoch int     // steps done of the epoch in hand
	LossSum float64 // the sum of their losses

	Batch, Examples int        // of a step; of an epoch, with what DropLast leaves out
	DropLast        bool       // Config.DropLast
	Order           data.Order // of the pass in hand, which InEpoch steps have begun

	Metadata map[string]string // what the program wants to know again
}

// Names in a checkpoint. A network's weights alone are read from it by nn.Load with
// nn.Only("model.").
const (
	modelPrefix     = "model."
	counterPrefix   = "counter."
	optimizerPrefix = "optimizer."
	programPrefix   = "program." // of metadata
	formatKey       = "lanes.checkpoint"
	format          = "1"
)

// item is a tensor, a count or a number that a checkpoint holds.
type item[T tensor.Float] struct {
	name    string
	tensor  *tensor.Tensor[T]
	counter *nn.Counter
	number  *float64
}

// items lists all state of a run. It panics if the optimiser does not show its own.
func items[T tensor.Float](op string, net nn.Module[T], opt optim.Optimizer) (list []item[T]) {
	s, ok := opt.(optim.Stateful[T])
	if !ok {
		panic(fmt.Errorf("train.%s: the optimiser, %T, is not optim.Stateful for %T", op, opt, *new(T)))
	}
	for _, e := range nn.StateDict(net) {
		list = append(list, item[T]{name: modelPrefix + e.Name, tensor: e.Value})
	}
	if c, ok := net.(interface{ Counters() []*nn.Counter }); ok {
		for _, c := range c.Counters() {
			list = append(list, item[T]{name: counterPrefix + c.Name, counter: c})
		}
	}
	state := s.State()
	for _, e := range state.Tensors {
		list = append(list, item[T]{name: optimizerPrefix + e.Name, tensor: e.Value})
	}
	for _, c := range state.Counters {
		list = append(list, item[T]{name: optimizerPrefix + c.Name, counter: c})
	}
	for _, n := range state.Numbers {
		list = append(list, item[T]{name: optimizerPrefix + n.Name, number: n.Value})
	}
	return list
}

func (it *item[T]) entry() safetensors.Entry {
	switch {
	case it.counter != nil:
		return safetensors.Integers(it.name, []uint64{it.counter.N})
	case it.number != nil:
		return safetensors.Tensor(it.name, tensor.From([]float64{*it.number}))
	}
	return safetensors.Tensor(it.name, it.tensor)
}

// want is the type and the shape that the item has in a file.
func (it *item[T]) want() (safetensors.DType, []int) {
	switch {
	case it.counter != nil:
		return safetensors.U64, nil
	case it.number != nil:
		return safetensors.F64, nil
	}
	if safetensors.Convertible[T](safetensors.F64, false) == "" {
		return safetensors.F64, it.tensor.Shape()
	}
	return safetensors.F32, it.tensor.Shape()
}

// read returns what puts the item's value from the file in its place.
func (it *item[T]) read(f *safetensors.File) (set func(), err error) {
	switch {
	case it.counter != nil:
		n, err := safetensors.ReadIntegers[uint64](f, it.name)
		return func() { it.counter.N = n[0] }, err
	case it.number != nil:
		x, err := safetensors.Read[float64](f, it.name)
		return func() { *it.number = x.Data()[0] }, err
	}
	x, err := safetensors.Read[T](f, it.name)
	return func() { it.tensor.CopyFrom(x) }, err
}

// SaveCheckpoint writes a safetensors file with everything that a run needs to go on
// with the bits of one that was not interrupted: parameters, buffers and counters of the
// network, the state of the optimiser, and where the run stands. Not in it is what the
// program says: the layers and their seed, settings, schedules, what is frozen. The file
// appears complete or not at all, in the place of an older one.
//
// Between steps of a loop of one's own it may be called at any time; Fit calls it by
// itself, see Config. It panics if the optimiser is not optim.Stateful.
func SaveCheckpoint[T tensor.Float](path string, net nn.Module[T], opt optim.Optimizer, run Run) error {
	entries, metadata := contents("SaveCheckpoint", net, opt, run)
	return safetensors.WriteFile(path, entries, metadata)
}

// contents returns what stands in a checkpoint.
func contents[T tensor.Float](op string, net nn.Module[T], opt optim.Optimizer, run Run) (entries []safetensors.Entry, metadata map[string]string) {
	for _, it := range items(op, net, opt) {
		entries = append(entries, it.entry())
	}
	m := map[string]string{
		formatKey: format,
		"epoch":   strconv.Itoa(run.Epoch), "step": strconv.Itoa(run.Step), "in_epoch": strconv.Itoa(run.InEpoch),
		"loss_sum": strconv.FormatFloat(run.LossSum, 'x', -1, 64), // exact
		"batch":    strconv.Itoa(run.Batch), "examples": strconv.Itoa(run.Examples),
		"drop_last": strconv.FormatBool(run.DropLast),
		"shuffled":  strconv.FormatBool(run.Order.Shuffled), "seed": strconv.FormatUint(run.Order.Seed, 10), "pass": strconv.FormatUint(run.Order.Pass, 10),
	}
	for k, v := range run.Metadata {
		m[programPrefix+k] = v
	}
	return entries, m
}

// CheckpointError is the error of Fit if a checkpoint cannot be written.
type CheckpointError struct {
	Err   error
	Cause error // that of the context if the run was to end here, or nil
}

func (e *CheckpointError) Error() string {
	if e.Cause != nil {
		return fmt.Sprintf("%v; the checkpoint was not written: %v", e.Cause, e.Err)
	}
	return fmt.Sprintf("the checkpoint was not written: %v", e.Err)
}

// Unwrap returns both errors.
func (e *CheckpointError) Unwrap() []error {
	if e.Cause != nil {
		return []error{e.Err, e.Cause}
	}
	return []error{e.Err}
}

// ReadRun returns where the run of a checkpoint stands, to see whether it is the right one
// before anything is made for it.
func ReadRun(path string) (Run, error) {
	f, err := safetensors.Open(path)
	if err != nil {
		return Run{}, err
	}
	defer f.Close()
	return runOf(path, f)
}

// LoadCheckpoint sets a network and an optimiser to what a checkpoint holds and returns
// where the run stands, for Config.Resume. They must be made as those that were saved:
// if a name is missing or not expected, or a shape or a type is another, it returns a
// *nn.LoadError. After any error both are as they were. It panics if the optimiser is not
// optim.Stateful.
func LoadCheckpoint[T tensor.Float](path string, net nn.Module[T], opt optim.Optimizer) (Run, error) {
	list := items[T]("LoadCheckpoint", net, opt)
	f, err := safetensors.Open(path)
	if err != nil {
		return Run{}, err
	}
	defer f.Close()
	run, err := runOf(path, f)
	if err != nil {
		return Run{}, err
	}
	if r := compare(f, list); r != nil {
		return Run{}, &nn.LoadError{Op: "train.LoadCheckpoint", Path: path, Report: r}
	}
	sets := make([]func(), len(list)) // all is read before anything is changed
	for i := range list {
		if sets[i], err = list[i].read(f); err != nil {
			return Run{}, err
		}
	}
	for _, set := range sets {
		set()
	}
	return run, nil
}

// compare returns what does not fit, or nil.
func compare[T tensor.Float](f *safetensors.File, list []item[T]) *nn.LoadReport {
	r, known := &nn.LoadReport{}, map[string]bool{}
	for _, it := range list {
		known[it.name] = true
		info, ok := f.Info(it.name)
		dtype, shape := it.want()
		switch {
		case !ok:
			r.Missing = append(r.Missing, it.name)
		case !slices.Equal(info.Shape, shape):
			r.WrongShape = append(r.WrongShape, nn.WrongShape{Name: it.name, Want: slices.Clone(shape), Got: slices.Clone(info.Shape)})
		case info.DType != dtype: // nothing is converted: it would be another run
			r.WrongType = append(r.WrongType, nn.WrongType{Name: it.name, Reason: fmt.Sprintf("%s, want %s", info.DType, dtype)})
		}
	}
	for _, name := range f.Names() {
		if !known[name] {
			r.Unexpected = append(r.Unexpected, name)
		}
	}
	if len(r.Missing)+len(r.Unexpected)+len(r.WrongShape)+len(r.WrongType) == 0 {
		return nil
	}
	slices.Sort(r.Missing)
	slices.SortFunc(r.WrongShape, func(a, b nn.WrongShape) int { return strings.Compare(a.Name, b.Name) })
	slices.SortFunc(r.WrongType, func(a, b nn.WrongType) int { return strings.Compare(a.Name, b.Name) })
	return r
}

// runOf reads the metadata of a checkpoint.
func runOf(path string, f *safetensors.File) (run Run, err error) {
	m := f.Metadata()
	switch v, ok := m[formatKey]; {
	case !ok:
		return Run{}, fmt.Errorf("train: %s is not a checkpoint", path)
	case v != format:
		return Run{}, fmt.Errorf("train: %s is a checkpoint of version %q, want %s", path, short.Text(v), format)
	}
	get := func(key string, parse func(s string) error) {
		if err != nil {
			return
		}
		s, ok := m[key]
		if !ok {
			err = fmt.Errorf("train: %s: a checkpoint without %s", path, key)
		} else if parse(s) != nil {
			err = fmt.Errorf("train: %s: a checkpoint with %s %q", path, key, short.Text(s))
		}
	}
	for _, v := range []struct {
		key string
		to  *int
	}{{"epoch", &run.Epoch}, {"step", &run.Step}, {"in_epoch", &run.InEpoch}, {"batch", &run.Batch}, {"examples", &run.Examples}} {
		get(v.key, func(s string) error {
			n, err := strconv.ParseUint(s, 10, strconv.IntSize-1)
			*v.to = int(n)
			return err
		})
	}
	for _, v := range []struct {
		key string
		to  *uint64
	}{{"seed", &run.Order.Seed}, {"pass", &run.Order.Pass}} {
		get(v.key, func(s string) (err error) { *v.to, err = strconv.ParseUint(s, 10, 64); return err })
	}
	get("drop_last", func(s string) (err error) { run.DropLast, err = strconv.ParseBool(s); return err })
	get("shuffled", func(s string) (err error) { run.Order.Shuffled, err = strconv.ParseBool(s); return err })
	get("loss_sum", func(s string) (err error) { run.LossSum, err = strconv.ParseFloat(s, 64); return err })
	if err != nil {
		return Run{}, err
	}
	for _, k := range slices.Sorted(maps.Keys(m)) {
		if name, ok := strings.CutPrefix(k, programPrefix); ok {
			if run.Metadata == nil {
				run.Metadata = map[string]string{}
			}
			run.Metadata[name] = m[k]
		}
	}
	return run, nil
}

// check says why a run of the settings of new cannot go on at run.
func (run *Run) check(epochs int, new Run) error {
	if run.Batch != new.Batch || run.Examples != new.Examples {
		return fmt.Errorf("train: the run to go on with has %d examples in batches of %d, this one %d in batches of %d", run.Examples, run.Batch, new.Examples, new.Batch)
	}
	if run.DropLast != new.DropLast {
		return fmt.Errorf("train: the run to go on with has DropLast %v, this one %v", run.DropLast, new.DropLast)
	}
	per := stepsOf(run.Examples, run.Batch, run.DropLast)
	switch {
	case run.Epoch < 0 || run.InEpoch < 0 || run.InEpoch > per || run.Epoch > math.MaxInt/per-1 || run.Step != run.Epoch*per+run.InEpoch:
		return fmt.Errorf("train: the run to go on with is at step %d, in epoch %d after %d steps of %d", run.Step, run.Epoch, run.InEpoch, per)
	case run.Epoch > epochs || run.Epoch == epochs && run.InEpoch > 0:
		return fmt.Errorf("train: the run to go on with has done %d epochs and %d steps, more than the %d epochs of this one", run.Epoch, run.InEpoch, epochs)
	}
	return nil
}
