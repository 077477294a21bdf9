package nn

import (
	"fmt"

	"github.com/lanes-go/lanes/tensor"
)

// Maxout is the greatest of k linear functions (Goodfellow, Warde-Farley, Mirza, Courville
// and Bengio, Maxout Networks, 2013):
//
//	y = max over j of x·Wjᵀ + bj
//
// x is n x in, y n x out. The k pieces lie one after the other in the weight, k·out x in,
// and in the bias, k·out: all are one product. Of equal ones the first wins and gets the
// gradient; a NaN wins over all. It has k times the parameters of Linear; it never
// saturates and no unit dies.
type Maxout[T tensor.Float] struct {
	Weight, Bias *Param[T]

	x *tensor.Tensor[T]   // input of the last Train-mode Forward
	z [2]tensor.Tensor[T] // what the pieces gave in each mode, n x k·out
	g tensor.Tensor[T]    // its gradient
	pieces[T]
	saved[T]
}

// Maxout returns a layer of k pieces for each of its outputs, k at least 2. Unless the
// builder says otherwise the weights are normal numbers of standard deviation sqrt(1/in)
// (LeCunNormal), for which two pieces keep the mean square of x: that of the greater of two
// such numbers is that of one. The biases are zero. The parameters are called weight and
// bias.
func (b *Builder[T]) Maxout(in, out, k int) *Maxout[T] {
	if in <= 0 || out <= 0 || k < 2 {
		panic(misuse("Maxout", fmt.Sprintf("%d inputs, %d outputs of %d pieces: want at least 1, 1 and 2", in, out, k)))
	}
	l := &Maxout[T]{pieces: newPieces[T](k, 1)}
	l.Weight = b.weight("Maxout", "weight", LeCunNormal(), k*out, in)
	l.Bias = b.bias("Maxout", "bias", in, k*out, k*out)
	return l
}

// Forward returns the greatest of the pieces, n x out, for x n x in.
func (l *Maxout[T]) Forward(x *tensor.Tensor[T], mode Mode) *tensor.Tensor[T] {
	mode.check("Maxout.Forward")
	w := l.Weight.Value
	if x.Rank() != 2 || x.Dim(1) != w.Dim(1) {
		panic(misuse("Maxout.Forward", "want x n x in, weight k·out x in; x, weight", x.Shape(), w.Shape()))
	}
	if mode == Train {
		l.x = x
	}
	z := l.z[mode].Resize(x.Dim(0), w.Dim(0))
	tensor.Linear(z, x, w, l.Bias.Value, tensor.ActNone)
	y := l.result(mode, x.Dim(0), w.Dim(0)/len(l.of))
	l.value(y, z)
	return y
}

// Backward adds to the gradients of the pieces that have won, and returns the sum of what
// they pass on.
func (l *Maxout[T]) Backward(dy *tensor.Tensor[T]) *tensor.Tensor[T] {
	l.check("Maxout.Backward", dy)
	return l.differentiate(dy, true)
}

func (l *Maxout[T]) backwardParams(dy *tensor.Tensor[T]) {
	l.check("Maxout.Backward", dy)
	l.differentiate(dy, false)
}

func (l *Maxout[T]) differentiate(dy *tensor.Tensor[T], wantDx bool) *tensor.Tensor[T] {
	z := &l.z[Train]
	g := l.g.Resize(z.Dim(0), z.Dim(1))
	l.gradient(g, dy, &l.y[Train], z)
	return linearBackward(l.Weight, l.Bias, g, l.x, &l.dx, wantDx)
}

// Params returns the weight and the bias.
func (l *Maxout[T]) Params() []*Param[T] { return []*Param[T]{l.Weight, l.Bias} }

// Replica returns a layer over the same parameters, with results of its own.
func (l *Maxout[T]) Replica() Layer[T] {
	return &Maxout[T]{Weight: l.Weight, Bias: l.Bias, pieces: newPieces[T](len(l.of), l.axis)}
}

func (l *Maxout[T]) describe() string {
	w := l.Weight.Value
	return fmt.Sprintf("Maxout(%d -> %d, %d pieces)", w.Dim(1), w.Dim(0)/len(l.of), len(l.of))
}
func (l *Maxout[T]) flops(in, out []int) int64 {
	k := int64(len(l.of))
	return elements(out) * (2*k*int64(l.Weight.Value.Dim(1)) + k + k - 1)
}
func (l *Maxout[T]) kind() string { return KindProducts }

// pieces are k equal parts of an axis, of which the greatest counts.
type pieces[T tensor.Float] struct {
	axis     int
	of, back []*tensor.Tensor[T] // views, kept between calls
}

func newPieces[T tensor.Float](k, axis int) pieces[T] {
	p := pieces[T]{axis: axis}
	for range k {
		p.of, p.back = append(p.of, &tensor.Tensor[T]{}), append(p.back, &tensor.Tensor[T]{})
	}
	return p
}

// cut makes the views parts of x.
func (p *pieces[T]) cut(views []*tensor.Tensor[T], x *tensor.Tensor[T]) []*tensor.Tensor[T] {
	n := x.Dim(p.axis) / len(views)
	for j, v := range views {
		v.OverNarrow(x, p.axis, j*n, n)
	}
	return views
}

func (p *pieces[T]) value(y, x *tensor.Tensor[T]) { tensor.Maxout(y, p.cut(p.of, x)...) }

func (p *pieces[T]) gradient(dx, dy, y, x *tensor.Tensor[T]) {
	tensor.MaxoutGrad(p.cut(p.back, dx), dy, y, p.cut(p.of, x)...)
}

// MaxoutOf is the greatest of k parts of an axis: maxout of what a layer before it has
// made, as the channels of a convolution. Of equal ones the first wins and gets the
// gradient; a NaN wins over all.
type MaxoutOf[T tensor.Float] struct {
	x     *tensor.Tensor[T] // input of the last Train-mode Forward
	shape []int             // of the result
	pieces[T]
	saved[T]
}

// MaxoutOf returns a layer that cuts an axis of x, from the end if negative, into k parts
// of equal length, one after the other, and keeps the greatest: with axis 1, y of x N x
// k·C x H x W is N x C x H x W. Behind Linear(in, k·out) it is Maxout(in, out, k). k is at
// least 2.
func (b *Builder[T]) MaxoutOf(k, axis int) *MaxoutOf[T] {
	if k < 2 {
		panic(misuse("MaxoutOf", fmt.Sprintf("%d pieces: want at least 2", k)))
	}
	return &MaxoutOf[T]{pieces: newPieces[T](k, axis)}
}

// Forward returns the greatest of the parts of x.
func (l *MaxoutOf[T]) Forward(x *tensor.Tensor[T], mode Mode) *tensor.Tensor[T] {
	mode.check("MaxoutOf.Forward")
	axis, k := l.axis, len(l.of)
	if axis < 0 {
		axis += x.Rank()
	}
	if axis < 0 || axis >= x.Rank() || x.Dim(axis)%k != 0 {
		panic(misuse("MaxoutOf.Forward", fmt.Sprintf("want x whose axis %d has %d parts of equal length; x", l.axis, k), x.Shape()))
	}
	l.shape = append(l.shape[:0], x.Shape()...)
	l.shape[axis] /= k
	y := l.result(mode, l.shape...)
	if mode == Train {
		l.x = x
	}
	l.value(y, x)
	return y
}

// Backward returns dy where a part has won and 0 elsewhere.
func (l *MaxoutOf[T]) Backward(dy *tensor.Tensor[T]) *tensor.Tensor[T] {
	l.check("MaxoutOf.Backward", dy)
	dx := l.dx.Resize(l.x.Shape()...)
	l.gradient(dx, dy, &l.y[Train], l.x)
	return dx
}

// Params returns nothing.
func (l *MaxoutOf[T]) Params() []*Param[T] { return nil }

// Replica returns the same function, with results of its own.
func (l *MaxoutOf[T]) Replica() Layer[T] {
	return &MaxoutOf[T]{pieces: newPieces[T](len(l.of), l.axis)}
}

func (l *MaxoutOf[T]) describe() string {
	return fmt.Sprintf("MaxoutOf(%d, axis %d)", len(l.of), l.axis)
}
func (l *MaxoutOf[T]) flops(in, out []int) int64 { return int64(len(l.of)-1) * elements(out) }
func (l *MaxoutOf[T]) kind() string              { return KindActivations }
