package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"math"
	"time"

	"github.com/lanes-go/lanes/asm"
	"github.com/lanes-go/lanes/nn"
	"github.com/lanes-go/lanes/nn/data"
	"github.com/lanes-go/lanes/nn/optim"
	"github.com/lanes-go/lanes/nn/train"
	"github.com/lanes-go/lanes/tensor"
)

// options are the flags of train.
type options struct {
	data, dir, dtype, isa         string
	hidden, epochs, batch, thread int
	lr, momentum                  float64
	seed                          uint64
	save, checkpoint              string
	resume                        bool
}

func runTrain(args []string, stdout, stderr io.Writer) int {
	var o options
	f := flag.NewFlagSet("train", flag.ContinueOnError)
	f.StringVar(&o.data, "data", "digits", "what to train on: digits (built in) or mnist")
	f.StringVar(&o.dir, "dir", "", "directory of the four IDX files of -data mnist, plain or .gz")
	f.StringVar(&o.dtype, "dtype", "f32", "f32 or f64")
	f.StringVar(&o.isa, "isa", "", "instruction set to use instead of the best")
	f.IntVar(&o.thread, "threads", 0, "greatest number of threads; 0: one for each processor")
	f.IntVar(&o.hidden, "hidden", 0, "width of the hidden layer; 0: 128 for digits, 256 for mnist")
	f.IntVar(&o.epochs, "epochs", 0, "passes over the data; 0: 20 for digits, 5 for mnist")
	f.IntVar(&o.batch, "batch", 0, "examples a step; 0: 32 for digits, 128 for mnist")
	f.Float64Var(&o.lr, "lr", 0.1, "learning rate")
	f.Float64Var(&o.momentum, "momentum", 0.9, "momentum, in [0, 1)")
	f.Uint64Var(&o.seed, "seed", 1, "of the weights and of the order of the examples")
	f.StringVar(&o.save, "save", "", "file for the weights at the end, safetensors")
	f.StringVar(&o.checkpoint, "checkpoint", "", "file for the whole run after each epoch and when it is interrupted, safetensors; it must not exist, but for -resume")
	f.BoolVar(&o.resume, "resume", false, "go on with the run in the file of -checkpoint; the other flags as before, -epochs may be greater")
	if code, done := parse(f, args, stdout, stderr); done {
		return code
	}
	if err := o.complete(); err != nil {
		fmt.Fprintf(stderr, "lanes train: %v\n", err)
		return exitUsage
	}
	if code, done := useISA(o.isa, stderr); done {
		return code
	}
	tensor.SetMaxThreads(o.thread)
	ctx, stop := interruptible()
	defer stop()
	var err error
	if o.dtype == "f64" {
		err = trainOn[float64](ctx, o, stdout, stderr)
	} else {
		err = trainOn[float32](ctx, o, stdout, stderr)
	}
	var unwritten *train.CheckpointError
	switch {
	case errors.Is(err, context.Canceled) && !errors.As(err, &unwritten):
		fmt.Fprintln(stderr, err)
		return exitInterrupt
	case err != nil:
		fmt.Fprintf(stderr, "lanes train: %v\n", err)
		return exitError
	}
	return 0
}

// complete checks the flags and fills in what depends on the data.
func (o *options) complete() error {
	var hidden, epochs, batch int
	switch o.data {
	case "digits":
		hidden, epochs, batch = 128, 20, 32
		if o.dir != "" {
			return errors.New("-dir goes with -data mnist")
		}
	case "mnist":
		hidden, epochs, batch = 256, 5, 128
		if o.dir == "" {
			return errors.New("-data mnist wants -dir, the directory of the IDX files")
		}
	default:
		return fmt.Errorf("-data %q: want digits or mnist", o.data)
	}
	for _, v := range []struct {
		name               string
		value              *int
		standard, greatest int
	}{{"hidden", &o.hidden, hidden, 1 << 16}, {"epochs", &o.epochs, epochs, 10000}, {"batch", &o.batch, batch, 1 << 16}} {
		if *v.value < 0 || *v.value > v.greatest {
			return fmt.Errorf("-%s %d: want 1 to %d", v.name, *v.value, v.greatest)
		}
		if *v.value == 0 {
			*v.value = v.standard
		}
	}
	if o.dtype != "f32" && o.dtype != "f64" {
		return fmt.Errorf("-dtype %q: want f32 or f64", o.dtype)
	}
	if o.thread < 0 {
		return fmt.Errorf("-threads %d: want 1 or more, or 0 for one for each processor", o.thread)
	}
	if !(o.lr > 0) || math.IsInf(o.lr, 0) {
		return fmt.Errorf("-lr %v: want a positive number", o.lr)
	}
	if !(o.momentum >= 0 && o.momentum < 1) {
		return fmt.Errorf("-momentum %v: want [0, 1)", o.momentum)
	}
	if o.resume && o.checkpoint == "" {
		return errors.New("-resume wants -checkpoint, the file of the run")
	}
	if o.save != "" && o.checkpoint != "" && sameFile(o.save, o.checkpoint) {
		return errors.New("-save and -checkpoint are one file")
	}
	return nil
}

func trainOn[T tensor.Float](ctx context.Context, o options, stdout, stderr io.Writer) error {
	if err := o.checkFiles(); err != nil {
		return err
	}
	var ds, val, test *data.Dataset[T]
	if o.data == "mnist" {
		var err error
		if ds, val, test, err = data.MNIST[T](o.dir); err != nil {
			return err
		}
	} else {
		ds, val, test = data.Digits[T]()
	}
	ds.Shuffle(o.seed)
	b := nn.New[T](o.seed)
	net := b.Sequential(b.Linear(ds.Features(), o.hidden), b.ReLU(), b.Linear(o.hidden, ds.Classes))
	opt := optim.NewSGD(net.Params(), optim.SGD{LR: o.lr, Momentum: o.momentum})
	isa := asm.Selection().ISA
	fmt.Fprintf(stderr, "%s: %d to train on, %d to validate; %d-%d-%d, %s, %s, %d threads\n", o.data, ds.Len(), val.Len(),
		ds.Features(), o.hidden, ds.Classes, o.dtype, isa, tensor.MaxThreads())

	run, err := resumed(&o, net, opt)
	if err != nil {
		return err
	}
	if run != nil {
		fmt.Fprintf(stderr, "goes on after step %d\n", run.Step)
	}

	line := newProgress(stderr)
	p, err := train.Fit(ctx, net, ds, opt, train.Config[T]{Epochs: o.epochs, Batch: o.batch, Val: val, Progress: line.show,
		Checkpoint: o.checkpoint, Metadata: map[string]string{runKey: o.run()}, Resume: run})
	line.end("")
	if err != nil {
		err = fmt.Errorf("stopped in epoch %d of %d, after step %d of %d: %w", min(p.Epoch+1, p.Epochs), p.Epochs, p.Step, p.Steps, err)
		if unwritten := (*train.CheckpointError)(nil); o.checkpoint != "" && (run != nil || p.Step > 0) && errors.Is(err, context.Canceled) && !errors.As(err, &unwritten) {
			fmt.Fprintf(stderr, "the run goes on with -resume from %s\n", o.checkpoint)
		}
		return err
	}
	if o.save != "" {
		err = nn.Save(o.save, net, map[string]string{"format": "pt", runKey: o.run()})
	}
	fmt.Fprintf(stdout, "accuracy %.4f on %d validation examples, %.4f on %d test examples\n", p.Accuracy, val.Len(), train.Accuracy(net, test, o.batch), test.Len())
	if run == nil || p.Step > run.Step {
		fmt.Fprintf(stdout, "time %.3f ms a step\n", float64(p.StepTime)/float64(time.Millisecond))
	}
	fmt.Fprintf(stdout, "isa %s\n", isa)
	fmt.Fprintf(stdout, "weights sha256:%s\n", nn.Hash(net))
	return err // of -save: what was computed is printed all the same
}
