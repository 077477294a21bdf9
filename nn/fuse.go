package nn

import (
	"fmt"

	"github.com/lanes-go/lanes/tensor"
)

// Replicable is a layer that several goroutines can use at once in Eval mode, each a replica
// of its own. All layers of this package are; a layer of yours needs the method for
// NewPredictor.
type Replicable[T tensor.Float] interface {
	// Replica returns a layer over the same parameters and buffers, of which its Eval passes
	// change nothing, whose results are its own.
	Replica() Layer[T]
}

// mapped is a container that can be had again with other layers in the place of its own:
// f of each.
type mapped[T tensor.Float] interface {
	over(f func(Layer[T]) Layer[T]) Layer[T]
}

// over returns the members with f of each layer in its place, named as that.
func (m *members[T]) over(f func(Layer[T]) Layer[T]) members[T] {
	r := members[T]{owned: m.owned}
	for _, k := range m.kids {
		k.layer = f(k.layer)
		r.kids = append(r.kids, k)
	}
	return r
}

// replica returns a replica of l, or panics.
func replica[T tensor.Float](l Layer[T]) Layer[T] {
	switch r := l.(type) {
	case Replicable[T]:
		return r.Replica()
	case mapped[T]:
		return r.over(replica[T])
	}
	panic(misuse("NewPredictor", fmt.Sprintf("a %T has no method Replica: goroutines cannot share it", l)))
}

// Fused is a network made ready for inference by Fuse.
type Fused[T tensor.Float] struct{ net Layer[T] }

// Fuse returns a network for inference: its Eval passes give the bits of net's. Weights of
// products are packed for the kernels once; a bias, a batch norm and a ReLU behind a product
// are done in its epilogue, an element being in a register; dropout is left out. Weights
// are not rewritten: a batch norm is applied to the sums, not multiplied into the weights.
//
// The packed part is a copy, with its batch norms; layers that are not packed read their
// parameters and statistics where they are. So after net has learnt more, Fuse it again, and
// do not train it while the result is in use. The result has no Train mode: Forward with Train, and Backward, are misuse. It has no
// parameters; those of net are the ones to save.
func Fuse[T tensor.Float](net Layer[T]) *Fused[T] {
	return &Fused[T]{fuse(net)}
}

// Forward returns net's Eval result. mode is Eval.
func (f *Fused[T]) Forward(x *tensor.Tensor[T], mode Mode) *tensor.Tensor[T] {
	if mode != Eval {
		panic(misuse("Fused.Forward", fmt.Sprintf("mode %d: a fused network has Eval only", int(mode)), x.Shape()))
	}
	return f.net.Forward(x, Eval)
}

// Backward panics.
func (f *Fused[T]) Backward(dy *tensor.Tensor[T]) *tensor.Tensor[T] {
	panic(misuse("Fused.Backward", "a fused network is for inference", dy.Shape()))
}

// Params returns nothing.
func (f *Fused[T]) Params() []*Param[T] { return nil }

// Replica returns a network over the same packed weights.
func (f *Fused[T]) Replica() Layer[T] { return &Fused[T]{replica(f.net)} }

// fuse returns the inference form of a layer.
func fuse[T tensor.Float](l Layer[T]) Layer[T] {
	switch l := l.(type) {
	case *Fused[T]:
		return l.Replica()
	case *named[T]:
		return fuse(l.Layer)
	case *Sequential[T]:
		var row []child[T]
		for _, k := range fuseRow(flatten(nil, l)) {
			row = append(row, child[T]{name: fmt.Sprint(len(row)), layer: k})
		}
		return newSequential(members[T]{kids: row})
	case *Linear[T]:
		return packed(l, nil, false)
	case mapped[T]:
		return l.over(fuse[T])
	case Replicable[T]:
		return l.Replica()
	}
	return l
}

// flatten appends the layers of a Sequential, and of those in it.
func flatten[T tensor.Float](row []Layer[T], s *Sequential[T]) []Layer[T] {
	for _, k := range s.kids {
		if t, ok := k.layer.(*Sequential[T]); ok {
			row = flatten(row, t)
		} else {
			row = append(row, k.layer)
		}
	}
	return row
}

// fuseRow returns the inference forms of layers in a row.
func fuseRow[T tensor.Float](row []Layer[T]) (fused []Layer[T]) {
	for i := 0; i < len(row); i++ {
		switch l := row[i].(type) {
		case *Dropout[T], *Identity[T]: // return their input
		case *Linear[T]:
			var norm *BatchNorm[T]
			relu := false
			if i+1 < len(row) {
				if n, ok := row[i+1].(*BatchNorm[T]); ok && n.channels == l.Weight.Value.Dim(0) && n.low <= 2 {
					norm = n
					i++
				}
			}
			if i+1 < len(row) {
				if a, ok := row[i+1].(*Activation[T]); ok && a.relu {
					relu = true
					i++
				}
			}
			fused = append(fused, packed(l, norm, relu))
		default:
			fused = append(fused, fuse(row[i]))
		}
	}
	return fused
}

// packedLinear is a Linear for inference, with what follows it.
type packedLinear[T tensor.Float] struct {
	in, out int
	weight  *tensor.Packed[T]
	after   tensor.Epilogue[T]
	y       tensor.Tensor[T]
}

func packed[T tensor.Float](l *Linear[T], norm *BatchNorm[T], relu bool) *packedLinear[T] {
	out, in := l.Weight.Value.Dim(0), l.Weight.Value.Dim(1)
	p := &packedLinear[T]{in: in, out: out, weight: tensor.PackRHS(true, in, out, l.Weight.Value.Data(), in)}
	p.after.Bias = l.Bias.Value.Clone().Data()
	if norm != nil {
		s, t := tensor.New[T](out), tensor.New[T](out)
		tensor.BatchNormAffine(s, t, valueOf(norm.Weight), valueOf(norm.Bias), norm.RunningMean.Value, norm.RunningVar.Value, norm.o)
		p.after.Scale, p.after.Shift = s.Data(), t.Data()
	}
	if relu {
		p.after.Act = tensor.ActReLU
	}
	return p
}

func (l *packedLinear[T]) Forward(x *tensor.Tensor[T], _ Mode) *tensor.Tensor[T] {
	if x.Rank() != 2 || x.Dim(1) != l.in {
		panic(misuse("Linear.Forward", "want x n x in, weight out x in; x, weight", x.Shape(), []int{l.out, l.in}))
	}
	y := l.y.Resize(x.Dim(0), l.out)
	tensor.MatMulPacked(y, x, l.weight, l.after)
	return y
}

func (l *packedLinear[T]) Backward(dy *tensor.Tensor[T]) *tensor.Tensor[T] {
	panic(misuse("Fused.Backward", "a fused network is for inference", dy.Shape()))
}

func (l *packedLinear[T]) Params() []*Param[T] { return nil }

func (l *packedLinear[T]) Replica() Layer[T] {
	return &packedLinear[T]{in: l.in, out: l.out, weight: l.weight, after: l.after}
}
