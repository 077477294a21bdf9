// Package train has the loop that trains a classifier, and checkpoints with which a run
// that was interrupted goes on with the bits it would have had.
package train

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/lanes-go/lanes/nn"
	"github.com/lanes-go/lanes/nn/data"
	"github.com/lanes-go/lanes/nn/optim"
	"github.com/lanes-go/lanes/nn/safetensors"
	"github.com/lanes-go/lanes/tensor"
)

// Config are the settings of Fit.
type Config[T tensor.Float] struct {
	Epochs   int              // passes over the data, > 0
	Batch    int              // examples a step, > 0
	DropLast bool             // leave out an epoch's last batch if it is not full
	Val      *data.Dataset[T] // what to measure accuracy on after each epoch, or nil
	Progress func(Progress)   // called after each step and each epoch, or nil

	Penalty nn.Penalty // of the weights, beside the loss of the data; see nn.Penalize
	MaxNorm float64    // limit for the norms of units, see nn.MaxNorm; 0: none

	Checkpoint      string            // a file for SaveCheckpoint after each epoch, after Progress, and when ctx is cancelled after a step; or empty
	CheckpointEvery int               // steps between checkpoints within an epoch; 0: none
	Metadata        map[string]string // texts for the checkpoints: Run.Metadata
	Resume          *Run              // where to go on, from LoadCheckpoint, or nil
}

// Progress says how far a run is. The numbers count what is done.
type Progress struct {
	Epoch, Epochs int
	Step, Steps   int           // in all epochs together
	Loss          float64       // of the last step; at the end of an epoch its mean
	Penalty       float64       // of the weights before the last step: no part of Loss
	EpochDone     bool          // an epoch has just ended
	Accuracy      float64       // on Val at the end of an epoch, else NaN
	StepTime      time.Duration // mean, without the measuring of accuracy
}

// ErrDiverged is returned, wrapped with the step and what is known of the cause, when a loss
// is no longer finite.
var ErrDiverged = errors.New("train: the loss is not finite")

// diverged says why the loss of a step is not finite: a number in the examples or in a
// parameter that is not, or else probably steps that are too long.
func diverged[T tensor.Float](step int, x *tensor.Tensor[T], params []*nn.Param[T]) error {
	if i := notFinite(x); i >= 0 {
		return fmt.Errorf("%w in step %d: feature %d of example %d of the batch is %v", ErrDiverged, step, i%x.Dim(1), i/x.Dim(1), x.Data()[i])
	}
	for _, p := range params {
		if i := notFinite(p.Value); i >= 0 {
			return fmt.Errorf("%w in step %d: element %d of the parameter %s is %v", ErrDiverged, step, i, p.Name, p.Value.Data()[i])
		}
	}
	return fmt.Errorf("%w in step %d: a lower learning rate may help", ErrDiverged, step)
}

// notFinite returns the number of an element that is a NaN or an infinity, or -1.
func notFinite[T tensor.Float](x *tensor.Tensor[T]) int {
	return slices.IndexFunc(x.Data(), func(v T) bool { return v-v != 0 })
}

// Fit trains net to classify ds by softmax cross-entropy. It returns how far it
// came, and an error if the loss is no longer finite (an ErrDiverged, with the cause if it is seen), a gradient is not
// (an *optim.GradError, which names the parameter and the step) or ctx is cancelled:
// then it ends after the step in hand and returns the context's error. A step that fails
// leaves the network as it was before the step: weights, buffers (running statistics) and
// counters (passes of a dropout), as far as the network tells them by Buffers and Counters;
// gradients are cleared, the optimiser has not been called.
//
// The last batch of an epoch may be smaller than the others; DropLast leaves it out. If it
// is of one example, for which a layer of net panics with an *nn.Error, as batch norm does
// for which one has no variance, Fit returns an error that wraps it before the first step.
//
// A run that was cancelled goes on where it stood, with the bits that it would have had:
//
//	run, err := train.LoadCheckpoint("run.safetensors", net, opt) // made as for the first run
//	...
//	_, err = train.Fit(ctx, net, ds, opt, train.Config[float32]{Resume: &run, Checkpoint: "run.safetensors", ...})
//
// The order of the examples is that of the checkpoint. Another data set, as far as the
// number of its examples tells, another size of the batches or DropLast, or fewer epochs than are done
// are an error; more epochs are none. A checkpoint that cannot be written ends the run with
// a *CheckpointError, before the first step if that can be told: no file can be created in
// the directory, two tensors have one name, texts are not UTF-8. A step that fails writes
// none, nor does a call that is cancelled before it has done a step. A run that is not
// resumed replaces the checkpoint of another, if there is one, by its own first.
func Fit[T tensor.Float](ctx context.Context, net nn.Layer[T], ds *data.Dataset[T], opt optim.Optimizer, c Config[T]) (Progress, error) {
	if c.Epochs <= 0 || c.Batch <= 0 || ds.Len() == 0 || c.CheckpointEvery < 0 {
		panic(fmt.Errorf("train.Fit: %d epochs of %d examples in batches of %d, a checkpoint every %d steps: all must be positive, the last may be 0",
			c.Epochs, ds.Len(), c.Batch, c.CheckpointEvery))
	}
	perEpoch := stepsOf(ds.Len(), c.Batch, c.DropLast)
	if perEpoch == 0 {
		panic(fmt.Errorf("train.Fit: %d examples do not fill a batch of %d, and DropLast is set", ds.Len(), c.Batch))
	}
	p := Progress{Epochs: c.Epochs, Steps: c.Epochs * perEpoch, Loss: math.NaN(), Accuracy: math.NaN()}
	run := Run{Batch: c.Batch, Examples: ds.Len(), DropLast: c.DropLast}
	if c.Resume != nil {
		if err := c.Resume.check(c.Epochs, run); err != nil {
			return p, err
		}
		run = *c.Resume
		ds.SetOrder(run.Order)
		p.Epoch, p.Step = run.Epoch, run.Step
	}
	run.Metadata = c.Metadata
	if c.Checkpoint != "" { // what is wrong with it is said now, not after an epoch
		entries, metadata := contents("Fit", net, opt, run)
		if err := safetensors.CheckFile(c.Checkpoint, entries, metadata); err != nil {
			return p, &CheckpointError{Err: err}
		}
	}
	report := func() {
		if c.Progress != nil {
			c.Progress(p)
		}
	}
	save := func(why error) error {
		if c.Checkpoint == "" {
			return why
		}
		run.Epoch, run.Step = p.Epoch, p.Step
		if err := SaveCheckpoint(c.Checkpoint, net, opt, run); err != nil {
			return &CheckpointError{err, why}
		}
		return why
	}
	params := net.Params()
	unlearnt := newSnapshot[T](net)
	if ds.Len()-(perEpoch-1)*c.Batch == 1 || c.Batch == 1 {
		if err := unlearnt.tryOne(net, ds); err != nil {
			return p, err
		}
	}
	var limit *nn.MaxNorm[T]
	if c.MaxNorm != 0 {
		limit = nn.NewMaxNorm(params, c.MaxNorm)
	}
	var spent time.Duration
	steps := 0 // since the call
	for p.Epoch < c.Epochs {
		p.EpochDone, p.Accuracy = false, math.NaN()
		run.Order = ds.Order()
		began := time.Now()
		for x, labels := range ds.BatchesFrom(c.Batch, run.InEpoch) {
			if run.InEpoch == perEpoch { // what is left over for DropLast
				break
			}
			if err := ctx.Err(); err != nil {
				if steps == 0 { // what is in the file, of this run or another, is not worse
					return p, err
				}
				return p, save(err)
			}
			unlearnt.take()
			p.Loss = float64(backward(net, x, labels))
			if c.Penalty != (nn.Penalty{}) {
				p.Penalty = float64(nn.Penalize(params, c.Penalty))
			}
			err := optim.CheckGradients(params, p.Step+1)
			if math.IsNaN(p.Loss) || math.IsInf(p.Loss, 0) {
				err = diverged(p.Step+1, x, params)
			}
			if err != nil {
				optim.ZeroGrad(params)
				unlearnt.restore()
				return p, err
			}
			opt.Step()
			if limit != nil {
				limit.Apply()
			}
			run.LossSum += p.Loss
			run.InEpoch++
			p.Step++
			steps++
			p.StepTime = (spent + time.Since(began)) / time.Duration(steps)
			report()
			if c.CheckpointEvery > 0 && p.Step%c.CheckpointEvery == 0 && run.InEpoch < perEpoch {
				saving := time.Now()
				if err := save(nil); err != nil {
					return p, err
				}
				began = began.Add(time.Since(saving))
			}
		}
		spent += time.Since(began)
		p.Epoch++
		p.Loss = run.LossSum / float64(perEpoch)
		p.EpochDone = true
		if c.Val != nil {
			p.Accuracy = Accuracy(net, c.Val, c.Batch)
		}
		run.InEpoch, run.LossSum, run.Order = 0, 0, ds.Order()
		report()
		if err := save(nil); err != nil { // after report, where a schedule may be told
			return p, err
		}
	}
	if !p.EpochDone && c.Val != nil { // the run was complete
		p.Accuracy = Accuracy(net, c.Val, c.Batch)
	}
	return p, nil
}

// stepsOf returns the steps of an epoch.
func stepsOf(examples, batch int, dropLast bool) int {
	n := examples / batch
	if !dropLast && examples%batch > 0 {
		n++
	}
	return n
}

// Step is one step of training: forward, loss, backward, update. It returns the
// loss before the update, and allocates nothing once the buffers have grown. Unlike Fit
// it does not look whether loss and gradients are finite: see optim.CheckGradients.
func Step[T tensor.Float](net nn.Layer[T], opt optim.Optimizer, x *tensor.Tensor[T], labels []int) T {
	loss := backward(net, x, labels)
	opt.Step()
	return loss
}

// backward is a step without its update.
func backward[T tensor.Float](net nn.Layer[T], x *tensor.Tensor[T], labels []int) T {
	loss, dlogits := nn.SoftmaxCrossEntropy(net.Forward(x, nn.Train), labels)
	nn.BackwardParams(net, dlogits)
	return loss
}

// Accuracy returns the share of examples whose greatest logit is that of their
// label; of equals the first counts, and a NaN counts as the greatest. It takes the examples
// in the order of their rows and leaves the order of the data set's passes, and one that is
// under way, alone: ds may be what Fit trains on, also within its Progress.
func Accuracy[T tensor.Float](net nn.Layer[T], ds *data.Dataset[T], batch int) float64 {
	if batch <= 0 {
		panic(fmt.Errorf("train.Accuracy: batches of %d", batch))
	}
	right, all, f := 0, ds.X.Data(), ds.Features()
	for from := 0; from < ds.Len(); from += batch {
		labels := ds.Labels[from:min(from+batch, ds.Len())]
		x := tensor.From(all[from*f:(from+len(labels))*f], len(labels), f)
		logits := net.Forward(x, nn.Eval)
		y, c := logits.Data(), logits.Dim(1)
		for i, l := range labels {
			if argmax(y[i*c:i*c+c]) == l {
				right++
			}
		}
	}
	return float64(right) / float64(max(1, ds.Len()))
}

func argmax[T tensor.Float](x []T) int {
	best := 0
	for i, v := range x {
		if v != v {
			return i
		}
		if v > x[best] {
			best = i
		}
	}
	return best
}
