package nn

import (
	"fmt"
	"slices"

	"github.com/lanes-go/lanes/tensor"
)

// branches is a container whose layers, the branches, all have its input. Its gradient is
// the sum of theirs, in their order. Containers over branches embed it.
//
// A branch may give x itself as its result, or a view of it, and dy as its gradient: so
// nothing but the container's own buffers is written.
type branches[T tensor.Float] struct {
	members[T]
	name     string
	forward  string // names of the operations, for errors
	backward string

	results [2][]*tensor.Tensor[T] // of the branches, in each mode
	saved[T]
}

func newBranches[T tensor.Float](name string, layers []Layer[T]) branches[T] {
	if len(layers) == 0 {
		panic(misuse(name, "no branches"))
	}
	l := branches[T]{members: newMembers(name, layers...), name: name, forward: name + ".Forward", backward: name + ".Backward"}
	for mode := range l.results {
		l.results[mode] = make([]*tensor.Tensor[T], len(layers))
	}
	return l
}

// run returns the results of the branches.
func (l *branches[T]) run(x *tensor.Tensor[T], mode Mode) []*tensor.Tensor[T] {
	mode.check(l.forward)
	r := l.results[mode]
	for i := range l.kids {
		r[i] = l.kids[i].layer.Forward(x, mode)
	}
	return r
}

// alike panics unless the results of the branches have one shape.
func (l *branches[T]) alike(results []*tensor.Tensor[T]) {
	for _, r := range results[1:] {
		if !r.SameShape(results[0]) {
			panic(misuse(l.forward, "the results of the branches differ in shape", shapesOf(results)...))
		}
	}
}

func shapesOf[T tensor.Float](tensors []*tensor.Tensor[T]) (shapes [][]int) {
	for _, t := range tensors {
		shapes = append(shapes, t.Shape())
	}
	return shapes
}

// add returns sum + d, where sum is that of the branches before i: of the first, d itself.
func (l *branches[T]) add(i int, sum, d *tensor.Tensor[T]) *tensor.Tensor[T] {
	if i == 0 {
		return d
	}
	if !d.SameShape(sum) {
		panic(misuse(l.backward, fmt.Sprintf("branch %s has a gradient of another shape than those before it; these, this", l.kids[i].name), sum.Shape(), d.Shape()))
	}
	dx := l.dx.Resize(d.Shape()...)
	tensor.Add(dx, sum, d)
	return dx
}

// sum adds the results of branches up.
type sum[T tensor.Float] struct{ branches[T] }

// Forward returns the sum of the branches' results, which have one shape.
func (l *sum[T]) Forward(x *tensor.Tensor[T], mode Mode) *tensor.Tensor[T] {
	r := l.run(x, mode)
	l.alike(r)
	y := l.result(mode, r[0].Shape()...)
	if len(r) == 1 {
		return y.CopyFrom(r[0])
	}
	tensor.Add(y, r[0], r[1])
	for _, r := range r[2:] {
		tensor.Add(y, y, r)
	}
	return y
}

// Backward gives dy to every branch and returns the sum of their gradients.
func (l *sum[T]) Backward(dy *tensor.Tensor[T]) *tensor.Tensor[T] {
	l.check(l.backward, dy)
	var dx *tensor.Tensor[T]
	for i := range l.kids {
		dx = l.add(i, dx, l.kids[i].layer.Backward(dy))
	}
	return dx
}

func (l *sum[T]) backwardParams(dy *tensor.Tensor[T]) {
	l.check(l.backward, dy)
	for i := range l.kids {
		if l.kids[i].trains() {
			BackwardParams(l.kids[i].layer, dy)
		}
	}
}

// Identity is y = x.
type Identity[T tensor.Float] struct {
	shape []int // of x in the last Train-mode Forward
	ready bool
}

// Identity returns a layer that does nothing: a branch that leaves its input alone.
func (b *Builder[T]) Identity() *Identity[T] { return &Identity[T]{} }

// Forward returns x itself.
func (l *Identity[T]) Forward(x *tensor.Tensor[T], mode Mode) *tensor.Tensor[T] {
	mode.check("Identity.Forward")
	if mode == Train {
		l.shape, l.ready = append(l.shape[:0], x.Shape()...), true
	}
	return x
}

// Backward returns dy itself.
func (l *Identity[T]) Backward(dy *tensor.Tensor[T]) *tensor.Tensor[T] {
	if !l.ready {
		panic(misuse("Identity.Backward", "Backward without a Train-mode Forward before it", dy.Shape()))
	}
	if !slices.Equal(dy.Shape(), l.shape) {
		panic(misuse("Identity.Backward", "the gradient has not the shape of the result; gradient, result", dy.Shape(), l.shape))
	}
	return dy
}

// Params returns nothing.
func (l *Identity[T]) Params() []*Param[T] { return nil }

// Replica returns a layer that does nothing.
func (l *Identity[T]) Replica() Layer[T] { return &Identity[T]{} }

// over returns the branches with f of each layer in its place.
func (l *branches[T]) over(f func(Layer[T]) Layer[T]) branches[T] {
	r := branches[T]{members: l.members.over(f), name: l.name, forward: l.forward, backward: l.backward}
	for mode := range r.results {
		r.results[mode] = make([]*tensor.Tensor[T], len(r.kids))
	}
	return r
}
