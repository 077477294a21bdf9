package nn

import "github.com/lanes-go/lanes/tensor"

// Add is the sum of branches over one input.
type Add[T tensor.Float] struct{ sum[T] }

// Add returns a container that gives its input to every branch and adds their results,
// which have one shape: y = f(x) + g(x) + …, from the left to the right. Names are as in a
// Sequential: the number of the branch, or that given with Named.
func (b *Builder[T]) Add(branches ...Layer[T]) *Add[T] {
	return &Add[T]{sum[T]{newBranches("Add", branches)}}
}

// Mul is the element-wise product of branches over one input.
type Mul[T tensor.Float] struct {
	branches[T]
	d [2]tensor.Tensor[T] // gradient of the first branch's result, and of that of each other
}

// Mul returns a container that gives its input to every branch and multiplies their
// results, which have one shape, element by element: y = f(x)·g(x)·…, from the left to the
// right, as in a gated linear unit, b.Mul(b.Linear(64, 32), b.Sequential(b.Linear(64, 32),
// b.Sigmoid())). The gradient of the result of a branch is dy times the results of the
// others, without a division, so zeros are no exception. Names are as in a Sequential.
func (b *Builder[T]) Mul(branches ...Layer[T]) *Mul[T] {
	return &Mul[T]{branches: newBranches("Mul", branches)}
}

// Forward returns the product of the branches' results.
func (l *Mul[T]) Forward(x *tensor.Tensor[T], mode Mode) *tensor.Tensor[T] {
	r := l.run(x, mode)
	l.alike(r)
	y := l.result(mode, r[0].Shape()...)
	if len(r) == 1 {
		return y.CopyFrom(r[0])
	}
	tensor.Mul(y, r[0], r[1])
	for _, r := range r[2:] {
		tensor.Mul(y, y, r)
	}
	return y
}

// Backward gives every branch dy times the results of the others and returns the sum of
// the branches' gradients.
func (l *Mul[T]) Backward(dy *tensor.Tensor[T]) *tensor.Tensor[T] {
	l.check(l.backward, dy)
	var dx *tensor.Tensor[T]
	for i := range l.kids {
		dx = l.add(i, dx, l.kids[i].layer.Backward(l.upstream(i, dy)))
	}
	return dx
}

func (l *Mul[T]) backwardParams(dy *tensor.Tensor[T]) {
	l.check(l.backward, dy)
	for i := range l.kids {
		if l.kids[i].trains() {
			BackwardParams(l.kids[i].layer, l.upstream(i, dy))
		}
	}
}

// upstream returns dy times the results of all branches but i. The first branch has a
// buffer of its own: its gradient may be what it is given, and is added to the second's.
func (l *Mul[T]) upstream(i int, dy *tensor.Tensor[T]) *tensor.Tensor[T] {
	d := dy
	for j, r := range l.results[Train] {
		if j == i {
			continue
		}
		to := &l.d[min(i, 1)]
		if d == dy {
			to.Resize(dy.Shape()...)
		}
		tensor.Mul(to, d, r)
		d = to
	}
	return d
}

// gate is what the gates of two inputs share.
type gate[T tensor.Float] struct {
	d [2]tensor.Tensor[T]
	saved[T]
}

func (g *gate[T]) begin(op string, x, y *tensor.Tensor[T], mode Mode) *tensor.Tensor[T] {
	mode.check(op)
	if !x.SameShape(y) {
		panic(misuse(op, "the inputs differ in shape; x, y", x.Shape(), y.Shape()))
	}
	return g.result(mode, x.Shape()...)
}

// MulGate is the multiplication gate z = x·y, element by element: the smallest block with
// a forward and a backward. To train a network however large, the chain rule needs of each
// of its blocks no more than this pair of functions, and blocks are stacked like LEGO
// (CS231n, Stanford 2016, lecture 5). Layers are such blocks with one input and with
// parameters. The zero value is ready for use.
type MulGate[T tensor.Float] struct {
	x, y *tensor.Tensor[T] // inputs of the last Train-mode Forward
	gate[T]
}

// Forward returns x·y. The gate owns it, until the next Forward in the same mode. In Train
// mode it keeps x and y until Backward.
func (g *MulGate[T]) Forward(x, y *tensor.Tensor[T], mode Mode) *tensor.Tensor[T] {
	z := g.begin("MulGate.Forward", x, y, mode)
	if mode == Train {
		g.x, g.y = x, y
	}
	tensor.Mul(z, x, y)
	return z
}

// Backward takes the gradient of the loss with respect to the result and returns those
// with respect to the inputs: dx = dz·y and dy = dz·x. The gate owns them, until the next
// Backward.
func (g *MulGate[T]) Backward(dz *tensor.Tensor[T]) (dx, dy *tensor.Tensor[T]) {
	g.check("MulGate.Backward", dz)
	dx, dy = g.d[0].Resize(dz.Shape()...), g.d[1].Resize(dz.Shape()...)
	tensor.Mul(dx, dz, g.y)
	tensor.Mul(dy, dz, g.x)
	return dx, dy
}

// AddGate is the addition gate z = x + y, element by element. The zero value is ready for
// use.
type AddGate[T tensor.Float] struct{ gate[T] }

// Forward returns x + y. The gate owns it, until the next Forward in the same mode.
func (g *AddGate[T]) Forward(x, y *tensor.Tensor[T], mode Mode) *tensor.Tensor[T] {
	z := g.begin("AddGate.Forward", x, y, mode)
	tensor.Add(z, x, y)
	return z
}

// Backward returns dz for both inputs, in two copies: an addition hands its gradient on.
// The gate owns them, until the next Backward.
func (g *AddGate[T]) Backward(dz *tensor.Tensor[T]) (dx, dy *tensor.Tensor[T]) {
	g.check("AddGate.Backward", dz)
	dx, dy = g.d[0].Resize(dz.Shape()...), g.d[1].Resize(dz.Shape()...)
	return dx.CopyFrom(dz), dy.CopyFrom(dz)
}

func (l *Add[T]) over(f func(Layer[T]) Layer[T]) Layer[T] {
	return &Add[T]{sum[T]{l.branches.over(f)}}
}

func (l *Mul[T]) over(f func(Layer[T]) Layer[T]) Layer[T] {
	return &Mul[T]{branches: l.branches.over(f)}
}
