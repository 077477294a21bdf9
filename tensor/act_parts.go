package tensor

import (
	"fmt"
	"slices"

	"github.com/lanes-go/lanes/asm"
	"github.com/lanes-go/lanes/internal/chunk"
	"github.com/lanes-go/lanes/internal/scratch"
)

// PReLU computes dst = x < 0 ? slope*x : x (He and others 2015). slope broadcasts to the
// shape of x: one element for all, n elements for n channels along the last axis, or n x
// 1 x 1 for those of images N x n x H x W. dst has the shape of x and may be x.
func PReLU[T Float](dst, x, slope *Tensor[T]) {
	equalShapes("PReLU", dst, x, x, x)
	spread2("PReLU", light, dst, x, slope, func(k *asm.Kernels[T]) func(dst, x, y []T) { return k.PReLU })
}

// PReLUGrad computes dx = x > 0 ? dy : slope*dy, at NaN too, from the input x of PReLU;
// slope is as there. dx may be dy or x. The gradient of slope is PReLUSlopeGrad.
func PReLUGrad[T Float](dx, dy, x, slope *Tensor[T]) {
	equalShapes("PReLUGrad", dx, dy, x, x)
	spread3("PReLUGrad", light, dx, dy, x, slope, func(k *asm.Kernels[T]) func(dst, x, y, z []T) { return k.PReLUGrad })
}

// PReLUSlopeGrad computes the gradient of slopes, dslope = Σ x < 0 ? dy*x : 0, over what
// each of them is broadcast to. dslope has a shape as PReLU takes it, with more than one
// element along one axis at most. The products are rounded, and then added: for a single
// slope in the order of Sum; for slopes of the last axis in that of SumAxis along an
// outer one; else plane by plane, each in the order of a last axis, and the planes of a
// slope pairwise. In between they are kept in memory as large as x, which later calls
// use again.
func PReLUSlopeGrad[T Float](dslope, dy, x *Tensor[T]) {
	const op = "PReLUSlopeGrad"
	equalShapes(op, x, dy, dy, dy)
	axis := -1 // of x, that of the slopes
	lead := x.Rank() - dslope.Rank()
	for a, n := range dslope.shape {
		if n > 1 && axis >= 0 || lead < 0 || n != 1 && n != x.shape[lead+a] {
			panic(shapeError(op, "want slopes along one axis of x", dslope.shape, dy.shape, x.shape))
		}
		if n != 1 {
			axis = lead + a
		}
	}
	s := getSlopes[T]()
	s.terms.Resize(x.shape...)
	map2(op, light, &s.terms, dy, x, func(k *asm.Kernels[T]) func(dst, x, y []T) { return k.PReLUSlope })
	if axis < 0 {
		dslope.data[0] = Sum(&s.terms)
	} else {
		s.sum(dslope, x.shape, axis)
	}
	putSlopes(s)
}

// slopes are the terms of PReLUSlopeGrad and sums of them.
type slopes[T Float] struct{ terms, view, sums Tensor[T] }

// sum adds the terms of every index along an axis of their shape.
func (s *slopes[T]) sum(dslope *Tensor[T], shape []int, axis int) {
	outer, inner, c := 1, 1, shape[axis]
	for a, n := range shape {
		if a < axis {
			outer *= n
		} else if a > axis {
			inner *= n
		}
	}
	stride := dslope.stride[len(dslope.shape)-(len(shape)-axis)]
	if inner == 1 {
		SumAxis(s.sums.Resize(c), s.view.Over(s.terms.data, outer, c), 0)
		for j, v := range s.sums.data {
			dslope.data[j*stride] = v
		}
		return
	}
	SumAxis(s.sums.Resize(outer, c), s.view.Over(s.terms.data, outer, c, inner), 2)
	for j := range c {
		var p chunk.Pairwise[T]
		for i := range outer {
			p.Add(s.sums.data[i*c+j])
		}
		dslope.data[j*stride] = p.Sum()
	}
}

var (
	slopes32 scratch.Store[slopes[float32]]
	slopes64 scratch.Store[slopes[float64]]
)

func getSlopes[T Float]() *slopes[T] {
	var z T
	if _, ok := any(z).(float32); ok {
		return any(slopes32.Get()).(*slopes[T])
	}
	return any(slopes64.Get()).(*slopes[T])
}

func putSlopes[T Float](s *slopes[T]) {
	switch s := any(s).(type) {
	case *slopes[float32]:
		slopes32.Put(s)
	case *slopes[float64]:
		slopes64.Put(s)
	}
}

// Maxout computes dst = the greatest of the pieces (Goodfellow and others 2013), tensors
// of one shape: of k linear layers, or Narrow views of the result of one. Of equal ones
// the first wins, and a NaN wins over all. dst may be one of the first two.
func Maxout[T Float](dst *Tensor[T], pieces ...*Tensor[T]) {
	const op = "Maxout"
	checkPieces(op, pieces, nil, []*Tensor[T]{dst})
	for j, x := range pieces {
		if j > 1 && rangesMeet(dst.data, x.data) && dst.overlaps(x) {
			panic(piecesError(op, "dst shares memory with a piece after the second", nil, []*Tensor[T]{dst}, pieces))
		}
	}
	if len(pieces) == 1 {
		dst.CopyFrom(pieces[0])
		return
	}
	best := pieces[0]
	for _, x := range pieces[1:] {
		map2(op, light, dst, x, best, func(k *asm.Kernels[T]) func(dst, x, y []T) { return k.Maximum })
		best = dst
	}
}

// MaxoutGrad computes the gradients dx of the pieces, one for each and all of one shape:
// dy where a piece has won, 0 elsewhere. y is the result of Maxout. The last of dx may be
// dy; else dx shares no memory with other operands.
func MaxoutGrad[T Float](dx []*Tensor[T], dy, y *Tensor[T], pieces ...*Tensor[T]) {
	const op = "MaxoutGrad"
	others := []*Tensor[T]{dy, y}
	if len(dx) != len(pieces) {
		panic(piecesError(op, fmt.Sprintf("%d gradients of %d pieces", len(dx), len(pieces)), dx, others, pieces))
	}
	checkPieces(op, pieces, dx, others)
	last := len(dx) - 1
	for j, d := range dx {
		bad := rangesMeet(d.data, y.data) && d.overlaps(y)
		if j < last || !d.samePlaces(dy) {
			bad = bad || rangesMeet(d.data, dy.data) && d.overlaps(dy)
		}
		for i, x := range pieces {
			bad = bad || rangesMeet(d.data, x.data) && d.overlaps(x)
			bad = bad || i < j && rangesMeet(d.data, dx[i].data) && d.overlaps(dx[i])
		}
		if bad {
			panic(piecesError(op, "a gradient shares memory with another operand", dx, others, pieces))
		}
	}
	left := dy // for the pieces to come
	for j, x := range pieces[:last] {
		map3(op, light, dx[j], left, x, y, func(k *asm.Kernels[T]) func(dst, x, y, z []T) { return k.MaxoutGrad })
		map3(op, light, dx[last], left, x, y, func(k *asm.Kernels[T]) func(dst, x, y, z []T) { return k.MaxoutRest })
		left = dx[last]
	}
	if last == 0 && dx[0] != dy {
		dx[0].CopyFrom(dy)
	}
}

// checkPieces panics unless there are pieces and all operands have their shape: the
// gradients, the others, the pieces, as the error names them.
func checkPieces[T Float](op string, pieces, grads, others []*Tensor[T]) {
	if len(pieces) == 0 {
		panic(piecesError(op, "want one piece at least", grads, others, pieces))
	}
	for _, list := range [...][]*Tensor[T]{grads, others, pieces} {
		for _, t := range list {
			switch {
			case t == nil || pieces[0] == nil:
				panic(piecesError(op, missing, grads, others, pieces))
			case !t.SameShape(pieces[0]):
				panic(piecesError(op, "the shapes differ", grads, others, pieces))
			}
		}
	}
}

func piecesError[T Float](op, reason string, grads, others, pieces []*Tensor[T]) *ShapeError {
	return operandError(op, reason, slices.Concat(grads, others, pieces)...)
}
