// Package nntest checks layers and losses in tests: that their gradients are right, and
// that they keep the contract of nn.Layer. It is what lanes checks its own layers with.
//
//	func TestScale(t *testing.T) {
//		b := nn.New[float64](1)
//		nntest.CheckLayer(t, b.Sequential(b.Linear(7, 5), &Scale[float64]{}), []int{3, 7})
//		nntest.CheckFloat32(t, &Scale[float64]{}, &Scale[float32]{}, []int{3, 7})
//	}
//
// Gradients are compared with centred differences in float64, entry by entry: see package
// gradtest for what is found (relative errors down to 1e-6; fewer in large tensors, which
// are sampled) and what is left out (kinks). Results of very different sizes hide each other
// in rounding: give such a layer a narrower Input, or several in turn.
// A layer in float32 cannot be checked so well: check the float64 instance of the same
// generic code, and tie the float32 one to it with CheckFloat32.
//
// Inputs, upstream gradients and samples come from a fixed seed, so CI does not flicker;
// the environment variable LANES_GRADTEST_SEED sets another. A failure names tensor,
// entry, both values and the command that runs the test again. Odd shapes, small ones and
// a batch of one find most.
package nntest

import (
	"github.com/lanes-go/lanes/gradtest"
	"github.com/lanes-go/lanes/internal/layercheck"
	"github.com/lanes-go/lanes/internal/rerun"
	"github.com/lanes-go/lanes/nn"
	"github.com/lanes-go/lanes/tensor"
)

// TB is the part of testing.TB that is used: *testing.T, *testing.F and *testing.B are
// ones.
type TB = gradtest.TB

// CheckLayer checks layer on an x of inputShape and reports whether it is right; if not it
// fails t (with Errorf). It demands that
//
//   - the gradients of x and of every parameter are those of differences, also of x when
//     all parameters are frozen;
//   - two passes over one x give the same bits, also after a pass over another x: buffers,
//     counters (dropout) and running statistics are set back before each pass, if the
//     layer has the methods Buffers() []*nn.Buffer[float64] and Counters() []*nn.Counter;
//   - gradients of parameters are added to what is there, and nn.BackwardParams and a
//     second Backward give the same bits;
//   - gradients are linear in dy and exactly zero for zeros (both but for Atol), and the
//     adjoint test holds for other dy;
//   - a frozen parameter gets no gradient, and dx and those of others have the same bits,
//     whichever is frozen, unless all are frozen and the result is another too;
//   - the gradients are right, along random directions, for a larger and a smaller first axis
//     of x too (n+2 and, from 3 on, n-1), and a pass over the first size then gives the bits
//     it gave before (see FixedBatch);
//   - an Eval pass between Forward and Backward changes nothing, and gives the bits of a
//     Train pass if the layer has neither buffers nor counters (see EvalDiffers);
//   - x, dy, y and parameters are left alone, results have no NaN for a finite x, and
//     every tensor has its shape.
//
// Parameters are moved a little for the time of the check, and the layer is left as it
// was. The time is that of about 5 forward passes for each entry checked.
func CheckLayer(t TB, layer nn.Layer[float64], inputShape []int, opts ...Option) bool {
	t.Helper()
	c, ok := newConfig(t, opts, inputShape, layer == nil)
	return ok && c.report(t, "layer", layercheck.Layer(layer, inputShape, c.o))
}

// CheckFloat32 ties layer32 to layer64, which must have been built alike: it gives
// layer32 the parameters and the state of layer64, and demands that results in both modes
// and gradients are equal up to float32 rounding (see Roundings), by which what CheckLayer
// says of layer64 holds for layer32. layer64 is left as it was.
func CheckFloat32(t TB, layer64 nn.Layer[float64], layer32 nn.Layer[float32], inputShape []int, opts ...Option) bool {
	t.Helper()
	c, ok := newConfig(t, opts, inputShape, layer64 == nil || layer32 == nil)
	return ok && c.report(t, "layer", layercheck.Single(layer64, layer32, inputShape, c.o))
}

// CheckLoss checks a loss on an x of shape, scores or predictions: loss returns its value
// and the gradient with respect to x. Labels or targets are the closure's:
//
//	nntest.CheckLoss(t, func(x *tensor.Tensor[float64]) (float64, *tensor.Tensor[float64]) {
//		return nn.SoftmaxCrossEntropy(x, []int{1, 0, 2})
//	}, []int{3, 5})
//
// It demands that the gradients are those of differences, that two calls give the same
// bits, and that x is left alone.
func CheckLoss(t TB, loss func(x *tensor.Tensor[float64]) (float64, *tensor.Tensor[float64]), shape []int, opts ...Option) bool {
	t.Helper()
	c, ok := newConfig(t, opts, shape, loss == nil)
	return ok && c.report(t, "loss", layercheck.Loss(loss, shape, c.o))
}

// CheckLossFloat32 demands that two instances of a loss give the same but for float32
// rounding.
func CheckLossFloat32(t TB, loss64 func(x *tensor.Tensor[float64]) (float64, *tensor.Tensor[float64]),
	loss32 func(x *tensor.Tensor[float32]) (float32, *tensor.Tensor[float32]), shape []int, opts ...Option) bool {
	t.Helper()
	c, ok := newConfig(t, opts, shape, loss64 == nil || loss32 == nil)
	return ok && c.report(t, "loss", layercheck.SingleLoss(loss64, loss32, shape, c.o))
}

// report fails t unless nothing was found.
func (c *config) report(t TB, what string, r *layercheck.Result) bool {
	t.Helper()
	if r.OK() {
		return true
	}
	t.Errorf("nntest: %s for x of shape %v: %v\n  run again: %s", what, c.shape, r, rerun.Command(t.Name(), gradtest.SeedVariable, c.o.Seed))
	return false
}
