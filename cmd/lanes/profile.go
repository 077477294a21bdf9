package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"time"

	"github.com/lanes-go/lanes/asm"
	"github.com/lanes-go/lanes/nn"
	"github.com/lanes-go/lanes/nn/optim"
	"github.com/lanes-go/lanes/tensor"
)

// profileOptions are the flags of profile.
type profileOptions struct {
	net, dtype, isa      string
	batch, steps, thread int
	json                 bool
}

// warmUp is how many steps come before those that are measured, if these are not fewer.
const warmUp = 10

func runProfile(args []string, stdout, stderr io.Writer) int {
	var o profileOptions
	f := flag.NewFlagSet("profile", flag.ContinueOnError)
	f.StringVar(&o.net, "net", "mlp", "network: mlp is 784-512-256-10 with batch norm and ReLU")
	f.IntVar(&o.batch, "batch", 64, "examples a step")
	f.IntVar(&o.steps, "steps", 500, fmt.Sprintf("steps of training to measure, after up to %d to warm up", warmUp))
	f.StringVar(&o.dtype, "dtype", "f32", "f32 or f64")
	f.StringVar(&o.isa, "isa", "", "instruction set to use instead of the best")
	f.IntVar(&o.thread, "threads", 0, "greatest number of threads; 0: one for each processor")
	f.BoolVar(&o.json, "json", false, "print an object instead of a table")
	if code, done := parse(f, args, stdout, stderr); done {
		return code
	}
	if err := o.check(); err != nil {
		fmt.Fprintf(stderr, "lanes profile: %v\n", err)
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
		err = profileOf[float64](ctx, o, stdout, stderr)
	} else {
		err = profileOf[float32](ctx, o, stdout, stderr)
	}
	if err != nil { // only an interrupt ends it
		fmt.Fprintln(stderr, err)
		return exitInterrupt
	}
	return 0
}

func (o *profileOptions) check() error {
	switch {
	case o.net != "mlp":
		return fmt.Errorf("-net %q: want mlp", o.net)
	case o.batch < 2 || o.batch > 1<<16: // batch norm has no statistics of one example
		return fmt.Errorf("-batch %d: want 2 to %d", o.batch, 1<<16)
	case o.steps < 1 || o.steps > 1e6:
		return fmt.Errorf("-steps %d: want 1 to 1000000", o.steps)
	case o.dtype != "f32" && o.dtype != "f64":
		return fmt.Errorf("-dtype %q: want f32 or f64", o.dtype)
	case o.thread < 0:
		return fmt.Errorf("-threads %d: want 1 or more, or 0 for one for each processor", o.thread)
	}
	return nil
}

// profileOf trains the network on random numbers, which take as long as any.
func profileOf[T tensor.Float](ctx context.Context, o profileOptions, stdout, stderr io.Writer) error {
	b := nn.New[T](1)
	net := b.Sequential(
		b.Linear(784, 512), b.BatchNorm1d(512), b.ReLU(),
		b.Linear(512, 256), b.BatchNorm1d(256), b.ReLU(),
		b.Linear(256, 10))
	opt := optim.NewSGD(net.Params(), optim.SGD{LR: 0.01, Momentum: 0.9})
	x := tensor.New[T](o.batch, 784)
	tensor.Normal(x, 0, 1, 1, 1<<40) // a stream of its own
	labels := make([]int, o.batch)
	for i := range labels {
		labels[i] = i % 10
	}
	warm := min(warmUp, o.steps)
	what := fmt.Sprintf("%s, batch %d, %s, %s, %d threads", o.net, o.batch, o.dtype, asm.Selection().ISA, tensor.MaxThreads())
	fmt.Fprintf(stderr, "%s: %d steps to warm up, %d to measure\n", what, warm, o.steps)

	p := nn.NewProfile(net)
	defer p.Stop()
	line := newProgress(stderr)
	shown := time.Now()
	for step := range warm + o.steps {
		if step == warm {
			p.Reset()
		}
		if err := ctx.Err(); err != nil {
			line.end("")
			return fmt.Errorf("stopped after step %d of %d: %w", step, warm+o.steps, err)
		}
		var dlogits *tensor.Tensor[T]
		logits := p.Forward(x, nn.Train)
		p.Time("loss", nn.KindLoss, func() { _, dlogits = nn.SoftmaxCrossEntropy(logits, labels) })
		nn.BackwardParams(p, dlogits)
		p.Time("update", nn.KindUpdate, opt.Step)
		if time.Since(shown) > 100*time.Millisecond {
			shown = time.Now()
			line.rewrite(fmt.Sprintf("step %d/%d", step+1, warm+o.steps))
		}
	}
	line.rewrite("")
	t := p.Table()
	if o.json {
		return profileJSON(o, t, stdout)
	}
	few := ""
	if o.steps < 100 {
		few = ": few, of which one that was held up shows; the default is 500"
	}
	fmt.Fprintf(stdout, "%s, means of %d steps%s\n\n%s", what, o.steps, few, t)
	return nil
}

// A profile in JSON: milliseconds a step, and percent of it.
type (
	profileTimes struct {
		Forward  float64 `json:"forward_ms"`
		Backward float64 `json:"backward_ms"`
		All      float64 `json:"ms"`
		Percent  float64 `json:"percent"`
	}
	profileRow struct {
		Name  string `json:"name"`
		Layer string `json:"layer,omitempty"`
		Kind  string `json:"kind"`
		profileTimes
	}
	profileKind struct {
		Kind string `json:"kind"`
		profileTimes
	}
	profileResult struct {
		Net     string        `json:"net"`
		Batch   int           `json:"batch"`
		Steps   int           `json:"steps"`
		DType   string        `json:"dtype"`
		ISA     string        `json:"isa"`
		Threads int           `json:"threads"`
		Layers  []profileRow  `json:"layers"`
		Kinds   []profileKind `json:"kinds"`
		Step    profileTimes  `json:"step"`
	}
)

func profileJSON(o profileOptions, t *nn.ProfileTable, stdout io.Writer) error {
	ms := func(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
	total := t.Total()
	times := func(u nn.Times) profileTimes {
		return profileTimes{ms(u.Forward), ms(u.Backward), ms(u.Sum()), 100 * float64(u.Sum()) / float64(max(1, total.Sum()))}
	}
	r := profileResult{Net: o.net, Batch: o.batch, Steps: o.steps, DType: o.dtype, ISA: asm.Selection().ISA, Threads: tensor.MaxThreads(), Step: times(total)}
	for _, row := range t.Rows {
		r.Layers = append(r.Layers, profileRow{row.Name, row.Layer, row.Kind, times(row.Times)})
	}
	for _, k := range t.Kinds() {
		r.Kinds = append(r.Kinds, profileKind{k.Kind, times(k.Times)})
	}
	text, err := json.MarshalIndent(r, "", "  ")
	if err != nil { // there is nothing in it that cannot be written
		panic(err)
	}
	fmt.Fprintf(stdout, "%s\n", text)
	return nil
}
