package layercheck

import (
	"fmt"
	"math"
	"slices"

	"github.com/lanes-go/lanes/internal/gradcheck"
	"github.com/lanes-go/lanes/nn"
	"github.com/lanes-go/lanes/tensor"
)

// batches runs the layer over other batch sizes, a larger one and then a smaller one, where
// its gradients are compared with differences along random directions, and all bits with
// those of a fresh layer if there is one; and over the first size again, which must give
// what it gave before.
func (s *state) batches(r *Result, x *tensor.Tensor[float64]) {
	if s.o.FixedBatch || x.Rank() == 0 {
		return
	}
	shape := slices.Clone(x.Shape())
	defer func() {
		if v := recover(); v != nil {
			r.fault("after x of shape %v the layer panics for another batch size, x of shape %v: %v (if it has one size only, say FixedBatch)", x.Shape(), shape, v)
		}
	}()
	dy := s.o.upstream(upStream, s.forward(x, nn.Train).Shape())
	first := s.train(x, dy)
	other := []int{x.Dim(0) + 2}
	if x.Dim(0) > 2 { // a batch of one may be no batch
		other = append(other, x.Dim(0)-1)
	}
	for k, n := range other {
		shape[0] = n
		s.batch(r, s.o.input(otherStream+uint64(k+1)<<32, shape))
		if !r.OK() {
			return
		}
	}
	copy(shape, x.Shape())
	s.same(r, "a pass after other batch sizes", s.train(x, dy), first)
}

// batch checks the layer at x, of another size than before.
func (s *state) batch(r *Result, x *tensor.Tensor[float64]) {
	y := s.forward(x, nn.Train)
	dy := s.o.upstream(upStream, y.Shape())
	if dx := s.l.Backward(dy); !s.o.NoInput && (dx == nil || !dx.SameShape(x)) {
		r.fault("another batch size, x of shape %v: Backward returns no dx of that shape", x.Shape())
		return
	}
	for i, v := range y.Data() {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			r.fault("another batch size, x of shape %v: y[%d] is %v for a finite x", x.Shape(), i, v)
			return
		}
	}
	if s.o.Fresh != nil {
		fresh := s.fresh(s.o.Fresh())
		what := fmt.Sprintf("x of shape %v: what a fresh layer gives", x.Shape())
		s.same(r, what, s.train(x, dy), fresh.train(x, dy))
		s.unchanged(r, what+" in Eval mode", clone(s.forward(x, nn.Eval).Data()), fresh.forward(x, nn.Eval).Data())
	}
	o := s.o.gradcheck()
	o.Fast = true
	r.gradients(fmt.Sprintf("gradients for another batch size, x of shape %v", x.Shape()), gradcheck.Check(s.problem(x, s.params, nil), o))
}

// fresh is a layer built as s.l was, with its parameters and its state.
func (s *state) fresh(l nn.Layer[float64]) *state {
	f := newState(l, s.o)
	for k, p := range f.params {
		p.Value.CopyFrom(s.params[k].Value)
	}
	f.kept, f.counts = s.kept, s.counts
	return f
}
