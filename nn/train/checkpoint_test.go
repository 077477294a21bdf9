package train

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/lanes-go/lanes/nn"
	"github.com/lanes-go/lanes/nn/data"
	"github.com/lanes-go/lanes/nn/optim"
	"github.com/lanes-go/lanes/nn/safetensors"
	"github.com/lanes-go/lanes/tensor"
)

// job is a run with everything that a checkpoint has to hold.
type job[T tensor.Float] struct {
	net *nn.Sequential[T]
	opt optim.Optimizer
	ds  *data.Dataset[T]
	val *data.Dataset[T]

	plateau *optim.Plateau
}

// newJob makes the layers of a run; the weights are those of the seed, or zero.
func newJob[T tensor.Float](optimizer string, zero bool) *job[T] {
	b := nn.New[T](3)
	net := b.Sequential(b.Linear(6, 9), b.BatchNorm1d(9), b.PReLU(1), b.Dropout(0.3), b.Named("out", b.Linear(9, 3)), b.Dropout(0.1))
	j := &job[T]{net: net}
	j.ds, j.val = noise[T](29, 6, 3).Split(20)
	j.ds.Shuffle(5)
	j.val.Shuffle(6)
	switch optimizer {
	case "adam":
		j.opt = optim.NewAdam(net.Params(), optim.Adam{LR: 0.01})
	case "adamw":
		j.opt = optim.NewAdamW(net.Params(), optim.AdamW{LR: 0.01}, optim.Group[T]{Params: net.Params()[4:], LR: 0.02, WeightDecay: 0.1})
	case "sgd":
		j.opt = optim.NewSGD(net.Params(), optim.SGD{LR: 0.1, Momentum: 0.9, Schedule: optim.Exponential(0.9)})
	case "plateau":
		j.plateau = &optim.Plateau{Patience: -1}
		j.opt = optim.NewSGD(net.Params(), optim.SGD{LR: 0.1, Schedule: j.plateau})
	}
	if zero {
		for _, e := range nn.StateDict(net) {
			e.Value.Fill(0)
		}
	}
	return j
}

// fit runs the job, to step stop if that is not negative, and returns what was reported.
func (j *job[T]) fit(c Config[T], stop int) (reports []string, err error) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	if stop == 0 {
		cancel()
	}
	c.Epochs, c.Batch, c.Val = 3, 7, j.val
	c.Progress = func(p Progress) {
		reports = append(reports, fmt.Sprint(p.Epoch, p.Step, p.EpochDone, p.Loss, p.Accuracy))
		if p.EpochDone && j.plateau != nil {
			j.plateau.Observe(1) // no progress: the rate falls after the second epoch
		}
		if p.Step == stop {
			cancel()
		}
	}
	_, err = Fit(ctx, j.net, j.ds, j.opt, c)
	return reports, err
}

// A run that is cancelled after any step and goes on from its checkpoint, in a program
// that has drawn nothing of it, ends with every bit of a run that was not cancelled: the
// last checkpoints are equal as files. On the way it reports the same numbers.
func TestResume(t *testing.T) {
	for _, optimizer := range []string{"adam", "adamw", "sgd", "plateau"} {
		t.Run(optimizer+"/f32", func(t *testing.T) { testResume[float32](t, optimizer) })
		if optimizer == "adam" {
			t.Run(optimizer+"/f64", func(t *testing.T) { testResume[float64](t, optimizer) })
		}
	}
}

func testResume[T tensor.Float](t *testing.T, optimizer string) {
	dir := t.TempDir()
	whole, part := filepath.Join(dir, "whole"), filepath.Join(dir, "part")
	meta := map[string]string{"lr": "0.1"}
	j := newJob[T](optimizer, false)
	want, err := j.fit(Config[T]{Checkpoint: whole, Metadata: meta}, -1)
	if err != nil {
		t.Fatal(err)
	}
	end, err := os.ReadFile(whole)
	if err != nil {
		t.Fatal(err)
	}
	hash := nn.Hash(j.net)
	plain := newJob[T](optimizer, false)
	if got, err := plain.fit(Config[T]{}, -1); err != nil || !slices.Equal(got, want) || nn.Hash(plain.net) != hash {
		t.Errorf("without checkpoints %v, %v", got, err)
	}
	for stop := 1; stop < 9; stop++ {
		j := newJob[T](optimizer, false)
		before, err := j.fit(Config[T]{Checkpoint: part, Metadata: meta}, stop)
		if !errors.Is(err, context.Canceled) {
			t.Fatalf("step %d: %v", stop, err)
		}
		j = newJob[T](optimizer, true)
		run, err := LoadCheckpoint(part, j.net, j.opt)
		if err != nil {
			t.Fatal(err)
		}
		if run.Step != stop || run.Metadata["lr"] != "0.1" || len(run.Metadata) != 1 {
			t.Errorf("step %d: %+v", stop, run)
		}
		if again, err := ReadRun(part); err != nil || fmt.Sprint(again) != fmt.Sprint(run) {
			t.Errorf("ReadRun: %+v, LoadCheckpoint: %+v, %v", again, run, err)
		}
		after, err := j.fit(Config[T]{Checkpoint: part, Metadata: meta, Resume: &run}, -1)
		if err != nil {
			t.Fatal(err)
		}
		if got := append(before, after...); !slices.Equal(got, want) {
			t.Errorf("step %d: reported\n%v\nwant\n%v", stop, got, want)
		}
		if got, err := os.ReadFile(part); err != nil || !bytes.Equal(got, end) || nn.Hash(j.net) != hash {
			t.Errorf("step %d: the run that was cancelled ends elsewhere; %v", stop, err)
		}
	}
	// A complete run has nothing left to do but to measure.
	j = newJob[T](optimizer, true)
	run, err := LoadCheckpoint(whole, j.net, j.opt)
	if err != nil || run.Epoch != 3 || run.InEpoch != 0 {
		t.Fatalf("%+v, %v", run, err)
	}
	p, err := Fit(context.Background(), j.net, j.ds, j.opt, Config[T]{Epochs: 3, Batch: 7, Val: j.val, Resume: &run})
	last := strings.Fields(want[len(want)-1])
	if err != nil || p.Step != 9 || fmt.Sprint(p.Accuracy) != last[len(last)-1] || nn.Hash(j.net) != hash {
		t.Errorf("%+v, %v; last %v", p, err, last)
	}
	// The weights alone can be read too.
	j = newJob[T](optimizer, true)
	if _, err := nn.Load(whole, j.net, nn.Only("model.")); err != nil || nn.Hash(j.net) != hash {
		t.Errorf("the weights alone: %v", err)
	}
}

// The checkpoint after an epoch, of a run that then ended without a word, is one to go on
// from, and has what the schedule was told of that epoch; the loss of an epoch is the mean
// of its steps.
func TestResumeAfterEpoch(t *testing.T) {
	path := filepath.Join(t.TempDir(), "run")
	j := newJob[float32]("plateau", false)
	var end []byte
	sum, steps := 0.0, 0
	c := Config[float32]{Epochs: 3, Batch: 7, Val: j.val, Checkpoint: path}
	c.Progress = func(p Progress) {
		if !p.EpochDone {
			sum += p.Loss
			steps++
			if p.Step == 7 {
				var err error
				if end, err = os.ReadFile(path); err != nil {
					t.Fatal(err)
				}
			}
			return
		}
		if steps != 3 || p.Loss != sum/3 {
			t.Errorf("epoch %d: loss %v after %d steps, want %v", p.Epoch, p.Loss, steps, sum/3)
		}
		sum, steps = 0, 0
		j.plateau.Observe(1)
	}
	if _, err := Fit(context.Background(), j.net, j.ds, j.opt, c); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, end, 0o644); err != nil {
		t.Fatal(err)
	}
	again := newJob[float32]("plateau", true)
	run, err := LoadCheckpoint(path, again.net, again.opt)
	if err != nil || run.Epoch != 2 || run.Step != 6 || run.InEpoch != 0 || again.plateau.Factor(0) != 0.1 {
		t.Fatalf("%+v, factor %v, %v", run, again.plateau.Factor(0), err)
	}
	if _, err := again.fit(Config[float32]{Resume: &run}, -1); err != nil || nn.Hash(again.net) != nn.Hash(j.net) {
		t.Errorf("the run ends elsewhere; %v", err)
	}
}

// Checkpoints within an epoch are those of a run cancelled there.
func TestCheckpointEvery(t *testing.T) {
	dir := t.TempDir()
	a, b := filepath.Join(dir, "a"), filepath.Join(dir, "b")
	j := newJob[float32]("adam", false)
	if _, err := j.fit(Config[float32]{Checkpoint: a}, 5); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	want, err := os.ReadFile(a)
	if err != nil {
		t.Fatal(err)
	}
	j = newJob[float32]("adam", false)
	steps := 0
	_, err = Fit(context.Background(), j.net, j.ds, j.opt, Config[float32]{Epochs: 2, Batch: 7, Val: j.val, Checkpoint: b, CheckpointEvery: 5, Progress: func(p Progress) {
		if steps++; p.Step == 6 && !p.EpochDone {
			if got, err := os.ReadFile(b); err != nil || !bytes.Equal(got, want) {
				t.Errorf("after step 5: not the checkpoint of a run cancelled there; %v", err)
			}
		}
	}})
	if err != nil || steps != 8 {
		t.Errorf("%d reports, %v", steps, err)
	}
}

// What does not belong to the run is refused, and leaves network and optimiser alone.
func TestLoadCheckpointRefused(t *testing.T) {
	dir := t.TempDir()
	path, other := filepath.Join(dir, "run"), filepath.Join(dir, "other")
	j := newJob[float32]("adam", false)
	if _, err := j.fit(Config[float32]{Checkpoint: path}, 4); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	f, err := safetensors.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	// rewrite writes the file with changes: of metadata, "" for none, and of tensors.
	rewrite := func(key, value string, change func(name string, e safetensors.Entry) []safetensors.Entry) {
		t.Helper()
		m := map[string]string{}
		for k, v := range f.Metadata() {
			m[k] = v
		}
		if m[key] = value; value == "" {
			delete(m, key)
		}
		var entries []safetensors.Entry
		for _, name := range f.Names() {
			info, _ := f.Info(name)
			b, err := f.Bytes(name)
			if err != nil {
				t.Fatal(err)
			}
			e := safetensors.Bytes(name, info.DType, info.Shape, b)
			if change != nil {
				entries = append(entries, change(name, e)...)
			} else {
				entries = append(entries, e)
			}
		}
		if err := safetensors.WriteFile(other, entries, m); err != nil {
			t.Fatal(err)
		}
	}
	swap := func(name string, by ...safetensors.Entry) func(string, safetensors.Entry) []safetensors.Entry {
		return func(n string, e safetensors.Entry) []safetensors.Entry {
			if n == name {
				return by
			}
			return []safetensors.Entry{e}
		}
	}
	zero := newJob[float32]("adam", true)
	state := func() string {
		path := filepath.Join(dir, "state")
		if err := SaveCheckpoint(path, zero.net, zero.opt, Run{}); err != nil {
			t.Fatal(err)
		}
		b, _ := os.ReadFile(path)
		return string(b)
	}
	before := state()
	const steps, slot = "optimizer.steps", "optimizer.out.weight.exp_avg"
	for _, c := range []struct {
		key, value string
		change     func(string, safetensors.Entry) []safetensors.Entry
		want       string
	}{
		{"lanes.checkpoint", "", nil, "is not a checkpoint"},
		{"lanes.checkpoint", "2", nil, `is a checkpoint of version "2", want 1`},
		{"epoch", "", nil, "a checkpoint without epoch"},
		{"step", "-1", nil, `a checkpoint with step "-1"`},
		{"in_epoch", "1.5", nil, `a checkpoint with in_epoch "1.5"`},
		{"batch", "99999999999999999999", nil, `a checkpoint with batch "99999999999999999999"`},
		{"examples", "x", nil, `a checkpoint with examples "x"`},
		{"seed", "", nil, "a checkpoint without seed"},
		{"pass", "-", nil, `a checkpoint with pass "-"`},
		{"drop_last", "", nil, "a checkpoint without drop_last"},
		{"shuffled", "maybe", nil, `a checkpoint with shuffled "maybe"`},
		{"loss_sum", "1,5", nil, `a checkpoint with loss_sum "1,5"`},
		{"x", "y", swap(steps), "missing: optimizer.steps"},
		{"x", "y", swap("counter.3.steps"), "missing: counter.3.steps"},
		{"x", "y", swap("model.1.running_mean"), "missing: model.1.running_mean"},
		{"x", "y", swap(steps, safetensors.Integers(steps, []uint64{4}), safetensors.Integers("optimizer.more", []uint64{4})), "unexpected: optimizer.more"},
		{"x", "y", swap(steps, safetensors.Integers(steps, []uint64{4}, 1)), "wrong shape: optimizer.steps (network [], file [1])"},
		{"x", "y", swap(steps, safetensors.Integers(steps, []int64{4})), "wrong type: optimizer.steps (I64, want U64)"},
		{"x", "y", swap(slot, safetensors.Tensor(slot, tensor.New[float32](9, 3))), "wrong shape: optimizer.out.weight.exp_avg (network [3 9], file [9 3])"},
		{"x", "y", swap(slot, safetensors.TensorAs(slot, tensor.New[float32](3, 9), safetensors.F16)), "wrong type: optimizer.out.weight.exp_avg (F16, want F32)"},
	} {
		rewrite(c.key, c.value, c.change)
		_, err := LoadCheckpoint(other, zero.net, zero.opt)
		if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), other) {
			t.Errorf("%s %q: error %v, want %q", c.key, c.value, err, c.want)
		}
		if e := (*nn.LoadError)(nil); strings.Contains(c.want, ": ") && !errors.As(err, &e) {
			t.Errorf("%T", err)
		}
	}
	if _, err := LoadCheckpoint(filepath.Join(dir, "none"), zero.net, zero.opt); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no file: %v", err)
	}
	if _, err := ReadRun(filepath.Join(dir, "none")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no file: %v", err)
	}
	wide := newJob[float64]("adam", true)
	if _, err := LoadCheckpoint(path, wide.net, wide.opt); err == nil || !strings.Contains(err.Error(), "model.0.bias (F32, want F64)") {
		t.Errorf("into float64: %v", err)
	}
	sgd := newJob[float32]("sgd", true)
	if _, err := LoadCheckpoint(path, zero.net, sgd.opt); err == nil || !strings.Contains(err.Error(), "missing: optimizer.0.bias.momentum_buffer") || !strings.Contains(err.Error(), "unexpected: optimizer.0.bias.exp_avg") {
		t.Errorf("into another optimiser: %v", err)
	}
	if state() != before {
		t.Error("network or optimiser was changed")
	}
	rewrite("x", "y", nil) // the way of the cases above is sound
	if run, err := LoadCheckpoint(other, zero.net, zero.opt); err != nil || run.Step != 4 || state() == before {
		t.Errorf("%+v, %v", run, err)
	}
}

func TestResumeRefused(t *testing.T) {
	good := Run{Epoch: 1, Step: 4, InEpoch: 1, Batch: 7, Examples: 20}
	for _, c := range []struct {
		change func(r *Run)
		want   string
	}{
		{func(r *Run) { r.Batch = 8 }, "has 20 examples in batches of 8, this one 20 in batches of 7"},
		{func(r *Run) { r.Batch = 0 }, "in batches of 0"},
		{func(r *Run) { r.Examples = 21 }, "has 21 examples in batches of 7"},
		{func(r *Run) { r.DropLast = true }, "has DropLast true, this one false"},
		{func(r *Run) { r.Step = 5 }, "is at step 5, in epoch 1 after 1 steps of 3"},
		{func(r *Run) { r.InEpoch, r.Step = 4, 7 }, "after 4 steps of 3"},
		{func(r *Run) { r.InEpoch, r.Step = -1, 2 }, "after -1 steps of 3"},
		{func(r *Run) { r.Epoch, r.Step = -1, -2 }, "in epoch -1"},
		{func(r *Run) { r.Epoch = math.MaxInt / 3 }, "in epoch"},
		{func(r *Run) { r.Epoch, r.Step = 3, 10 }, "has done 3 epochs and 1 steps, more than the 3 epochs of this one"},
		{func(r *Run) { r.Epoch, r.InEpoch, r.Step = 4, 0, 12 }, "has done 4 epochs and 0 steps, more than"},
		{func(r *Run) { *r = Run{} }, "has 0 examples in batches of 0"},
	} {
		run := good
		c.change(&run)
		j := newJob[float32]("sgd", false)
		before := nn.Hash(j.net)
		if _, err := j.fit(Config[float32]{Resume: &run}, -1); err == nil || !strings.Contains(err.Error(), c.want) || nn.Hash(j.net) != before {
			t.Errorf("%+v: error %v, want %q", run, err, c.want)
		}
	}
	j := newJob[float32]("sgd", false)
	if reports, err := j.fit(Config[float32]{Resume: &good}, -1); err != nil || len(reports) != 7 {
		t.Errorf("%v, %v", reports, err)
	}
}

// An error of writing ends the run with it; a run that diverges leaves the checkpoint before.
func TestCheckpointErrors(t *testing.T) {
	dir := t.TempDir()
	j := newJob[float32]("sgd", false)
	const unwritten = "the checkpoint was not written: "
	// Some errors are told before the first step.
	hash := nn.Hash(j.net)
	twice := optim.NewSGD(append(j.net.Params(), newJob[float32]("sgd", false).net.Params()...), optim.SGD{LR: 0.1, Momentum: 0.9})
	for _, c := range []struct {
		what string
		opt  optim.Optimizer
		c    Config[float32]
		want string
	}{
		{"no directory", j.opt, Config[float32]{Checkpoint: filepath.Join(dir, "none", "run")}, unwritten + "open "},
		{"a directory", j.opt, Config[float32]{Checkpoint: dir}, unwritten + "write " + dir + ": not a file"},
		{"metadata", j.opt, Config[float32]{Checkpoint: filepath.Join(dir, "run"), Metadata: map[string]string{"a": "\xff"}}, `the metadata "program.a" are not UTF-8`},
		{"names", twice, Config[float32]{Checkpoint: filepath.Join(dir, "run")}, `two tensors are called "optimizer.0.bias.momentum_buffer"`},
	} {
		k := &job[float32]{net: j.net, opt: c.opt, ds: j.ds, val: j.val}
		p, err := k.fit(c.c, -1)
		if e := (*CheckpointError)(nil); !errors.As(err, &e) || e.Cause != nil || len(p) != 0 || nn.Hash(j.net) != hash || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, %v, want %q", c.what, p, err, c.want)
		}
	}
	if list, err := os.ReadDir(dir); err != nil || len(list) != 0 {
		t.Errorf("%v, %v", list, err)
	}
	// Others when it is written: the directory is gone.
	gone := filepath.Join(dir, "gone")
	for _, c := range []struct {
		what               string
		every, stop, steps int
		want               string
	}{
		{"after an epoch", 0, -1, 4, unwritten},
		{"within an epoch", 2, -1, 2, unwritten},
		{"cancelled", 0, 1, 1, "context canceled; " + unwritten},
	} {
		if err := os.Mkdir(gone, 0o777); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(context.Background())
		reports := 0
		_, err := Fit(ctx, j.net, j.ds, j.opt, Config[float32]{Epochs: 3, Batch: 7, Checkpoint: filepath.Join(gone, "run"), CheckpointEvery: c.every, Progress: func(p Progress) {
			if reports++; reports == 1 {
				if err := os.Remove(gone); err != nil {
					t.Error(err)
				}
			}
			if p.Step == c.stop {
				cancel()
			}
		}})
		cancel()
		if e := (*CheckpointError)(nil); !errors.As(err, &e) || !errors.Is(err, fs.ErrNotExist) || errors.Is(err, context.Canceled) != (c.stop > 0) || reports != c.steps || !strings.HasPrefix(err.Error(), c.want) {
			t.Errorf("%s: %d reports, %v", c.what, reports, err)
		}
	}
	path := filepath.Join(dir, "run")
	j = newJob[float32]("sgd", false)
	if _, err := j.fit(Config[float32]{Checkpoint: path}, 3); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	j.ds.X.Fill(float32(math.NaN()))
	if _, err := j.fit(Config[float32]{Checkpoint: path, CheckpointEvery: 1}, -1); err == nil {
		t.Error("NaN trains")
	}
	if got, err := os.ReadFile(path); err != nil || !bytes.Equal(got, want) {
		t.Errorf("the checkpoint was overwritten; %v", err)
	}
}

// A call that is cancelled before it has done a step writes no checkpoint: there may be a
// better one.
func TestCancelledBeforeFirstStep(t *testing.T) {
	path := filepath.Join(t.TempDir(), "run")
	j := newJob[float32]("sgd", false)
	if _, err := j.fit(Config[float32]{Checkpoint: path}, 0); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a checkpoint of nothing: %v", err)
	}
	if _, err := j.fit(Config[float32]{Checkpoint: path}, 4); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	run, err := ReadRun(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, resume := range []*Run{nil, &run} {
		j := newJob[float32]("sgd", false)
		if _, err := j.fit(Config[float32]{Checkpoint: path, Resume: resume}, 0); !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
		if got, err := os.ReadFile(path); err != nil || !bytes.Equal(got, want) {
			t.Errorf("resumed %v: the checkpoint was overwritten; %v", resume != nil, err)
		}
	}
}

// stateless is an optimiser that does not show its state.
type stateless struct{}

func (stateless) Step() {}

func TestCheckpointMisuse(t *testing.T) {
	path := filepath.Join(t.TempDir(), "run")
	j := newJob[float32]("sgd", false)
	for what, f := range map[string]func(){
		"train.SaveCheckpoint: the optimiser, train.stateless, is not optim.Stateful for float32": func() { SaveCheckpoint(path, j.net, stateless{}, Run{}) },
		"train.LoadCheckpoint: the optimiser, train.stateless, is not optim.Stateful for float32": func() { LoadCheckpoint(path, j.net, stateless{}) },
		"train.Fit: the optimiser, train.stateless, is not optim.Stateful for float32": func() {
			Fit(context.Background(), j.net, j.ds, stateless{}, Config[float32]{Epochs: 1, Batch: 1, Checkpoint: path})
		},
		"train.Fit: 1 epochs of 20 examples in batches of 1, a checkpoint every -1 steps": func() {
			Fit(context.Background(), j.net, j.ds, j.opt, Config[float32]{Epochs: 1, Batch: 1, CheckpointEvery: -1})
		},
	} {
		func() {
			defer func() {
				if err, ok := recover().(error); !ok || !strings.HasPrefix(err.Error(), what) {
					t.Errorf("%v, want %q", err, what)
				}
			}()
			f()
		}()
	}
	if _, err := os.Stat(path); err == nil {
		t.Error("a file was written")
	}
}
