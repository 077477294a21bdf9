// Package train has the loop that trains a classifier.
package train

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/lanes-go/lanes/nn"
	"github.com/lanes-go/lanes/nn/data"
	"github.com/lanes-go/lanes/nn/optim"
	"github.com/lanes-go/lanes/tensor"
)

// Config are the settings of Fit.
type Config[T tensor.Float] struct {
	Epochs   int              // passes over the data, > 0
	Batch    int              // examples a step, > 0
	Val      *data.Dataset[T] // what to measure accuracy on after each epoch, or nil
	Progress func(Progress)   // called after each step and each epoch, or nil
}

// Progress says how far a run is. The numbers count what is done.
type Progress struct {
	Epoch, Epochs int
	Step, Steps   int           // in all epochs together
	Loss          float64       // of the last step; at the end of an epoch its mean
	EpochDone     bool          // an epoch has just ended
	Accuracy      float64       // on Val at the end of an epoch, else NaN
	StepTime      time.Duration // mean, without the measuring of accuracy
}

// ErrDiverged is returned when a loss is no longer finite.
var ErrDiverged = errors.New("train: the loss is not finite: a lower learning rate may help")

// Fit trains net to classify ds by softmax cross-entropy. It returns how far it
// came, and an error if the loss is no longer finite (ErrDiverged), a gradient is not
// (an *optim.GradError, which names the parameter and the step) or ctx is cancelled:
// then it ends after the step in hand and returns the context's error. A step that fails
// leaves the weights as they were.
func Fit[T tensor.Float](ctx context.Context, net nn.Layer[T], ds *data.Dataset[T], opt optim.Optimizer, c Config[T]) (Progress, error) {
	if c.Epochs <= 0 || c.Batch <= 0 || ds.Len() == 0 {
		panic(fmt.Errorf("train.Fit: %d epochs of %d examples in batches of %d: all must be positive", c.Epochs, ds.Len(), c.Batch))
	}
	perEpoch := (ds.Len() + c.Batch - 1) / c.Batch
	p := Progress{Epochs: c.Epochs, Steps: c.Epochs * perEpoch, Accuracy: math.NaN()}
	report := func() {
		if c.Progress != nil {
			c.Progress(p)
		}
	}
	params := net.Params()
	var spent time.Duration
	for p.Epoch < c.Epochs {
		p.EpochDone, p.Accuracy = false, math.NaN()
		sum := 0.0
		began := time.Now()
		for x, labels := range ds.Batches(c.Batch) {
			if err := ctx.Err(); err != nil {
				return p, err
			}
			p.Loss = float64(backward(net, x, labels))
			err := optim.CheckGradients(params, p.Step+1)
			if math.IsNaN(p.Loss) || math.IsInf(p.Loss, 0) {
				err = ErrDiverged
			}
			if err != nil {
				optim.ZeroGrad(params)
				return p, err
			}
			opt.Step()
			sum += p.Loss
			p.Step++
			p.StepTime = (spent + time.Since(began)) / time.Duration(p.Step)
			report()
		}
		spent += time.Since(began)
		p.Epoch++
		p.Loss = sum / float64(perEpoch)
		p.EpochDone = true
		if c.Val != nil {
			p.Accuracy = Accuracy(net, c.Val, c.Batch)
		}
		report()
	}
	return p, nil
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
// label; of equals the first counts, and a NaN counts as the greatest.
func Accuracy[T tensor.Float](net nn.Layer[T], ds *data.Dataset[T], batch int) float64 {
	right := 0
	for x, labels := range ds.Batches(batch) {
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
