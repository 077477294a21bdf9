package layercheck

import (
	"math"

	"github.com/lanes-go/lanes/internal/gradcheck"
	"github.com/lanes-go/lanes/tensor"
)

// LossFunc is a loss of scores or predictions with everything else filled in: it
// returns the loss and its gradient, which it owns.
type LossFunc[T tensor.Float] func(x *tensor.Tensor[T]) (loss T, dx *tensor.Tensor[T])

// Loss checks a loss on x of a shape.
func Loss(loss LossFunc[float64], shape []int, o Options) *Result {
	o = o.withDefaults()
	r := &Result{}
	x := o.input(xStream, shape)
	x0 := clone(x.Data())
	v, dx := loss(x)
	switch {
	case math.IsNaN(v) || math.IsInf(v, 0):
		r.fault("the loss is %v for a finite x", v)
	case dx == nil:
		r.fault("the gradient is nil")
	case !dx.SameShape(x):
		r.fault("the gradient has shape %v for x of shape %v", dx.Shape(), x.Shape())
	}
	for i, v := range x.Data() {
		if math.Float64bits(v) != math.Float64bits(x0[i]) {
			r.fault("the loss changes x")
			break
		}
	}
	if !r.OK() {
		return r
	}
	r.gradients("gradients", gradcheck.Check(lossProblem(loss, x, nil), o.gradcheck()))
	if len(o.Kinks) > 0 {
		for i := 0; i < x.Len(); i += 3 {
			x.Data()[i] = o.Kinks[i/3%len(o.Kinks)].At
		}
		g := o.gradcheck()
		g.MaxLeftOut = -1
		// Slopes are of the loss itself, as a loss has no upstream gradient.
		legal := func(i int) []float64 { return o.Kinks[i/3%len(o.Kinks)].Slopes }
		r.gradients("gradients at kinks", gradcheck.Check(lossProblem(loss, x, legal), g))
	}
	return r
}

func lossProblem(loss LossFunc[float64], x *tensor.Tensor[float64], legal func(i int) []float64) gradcheck.Problem {
	grad := make([]float64, x.Len())
	return gradcheck.Problem{
		Vars: []gradcheck.Var{{Name: "x", Shape: x.Shape(), X: x.Data(), Grad: grad, Legal: legal}},
		Loss: func() float64 { v, _ := loss(x); return v },
		Grad: func(float64) {
			_, d := loss(x)
			copy(grad, d.Data())
		},
	}
}

// SingleLoss ties the float32 loss to the float64 one.
func SingleLoss(l64 LossFunc[float64], l32 LossFunc[float32], shape []int, o Options) *Result {
	o = o.withDefaults()
	r := &Result{}
	x := o.input(xStream, shape)
	x32 := tensor.New[float32](shape...)
	narrow(x.Data(), x32.Data())
	v, d := l64(x)
	v32, d32 := l32(x32)
	grad := clone(d.Data())
	topV, topD := math.Abs(v), maxAbs(grad)
	for k := range uint64(draws(shape)) {
		w, d := l64(o.input(otherStream+(k+1)<<32, shape))
		topV, topD = max(topV, math.Abs(w)), max(topD, maxAbs(d.Data()))
	}
	r.near("the loss", []float64{v}, []float32{v32}, topV, o.Roundings)
	r.near("the gradient", grad, d32.Data(), topD, o.Roundings)
	return r
}
