package nn

import (
	"fmt"

	"github.com/lanes-go/lanes/tensor"
)

// Embedding is a table of vectors, one for each id: y of an id is its row of the weight,
// num x dim. Ids are ints, so an Embedding is not a Layer but what comes before one; it is
// a [Module], which [Builder.Parts] puts beside the layers behind it:
//
//	embedding, body := b.Embedding(1000, 16), b.Sequential(b.Flatten(), b.Linear(8*16, 2))
//	model := b.Parts(b.Part("embedding", embedding), b.Part("body", body))
//	y := body.Forward(embedding.Forward(ids, nn.Train, len(ids)/8, 8), nn.Train)
//	…
//	embedding.Backward(body.Backward(dy))
//
// PyTorch's padding_idx is Padding; its max_norm, scale_grad_by_freq and sparse are not
// there: the gradient has the size of the weight.
type Embedding[T tensor.Float] struct {
	Weight *Param[T]

	padding  int              // id without a gradient, or -1
	ids      []int            // of the last Train-mode Forward
	shape    []int            // of a result
	packed   tensor.Tensor[T] // dy that is not contiguous
	to, from tensor.Tensor[T] // a row of the gradient and one of dy
	saved[T]
}

// Embedding returns a table of num vectors of dim elements. Unless the builder says
// otherwise they are normal numbers of mean 0 and standard deviation 1, as in PyTorch. The
// parameter is called weight.
func (b *Builder[T]) Embedding(num, dim int) *Embedding[T] {
	if num <= 0 || dim <= 0 {
		panic(misuse("Embedding", fmt.Sprintf("%d vectors of %d elements: both must be positive", num, dim)))
	}
	return &Embedding[T]{Weight: b.weight("Embedding", "weight", Normal(0, 1), num, dim), padding: -1}
}

// Padding says that an id fills up what is too short: its vector becomes 0 and has no
// gradient, so that it stays so. It returns l.
func (l *Embedding[T]) Padding(id int) *Embedding[T] {
	w := l.Weight.Value
	if id < 0 || id >= w.Dim(0) {
		panic(misuse("Embedding.Padding", fmt.Sprintf("id %d is not in [0, %d); weight", id, w.Dim(0)), w.Shape()))
	}
	l.padding = id
	clear(l.row(w, id))
	return l
}

// row is a row of x.
func (l *Embedding[T]) row(x *tensor.Tensor[T], i int) []T {
	dim := l.Weight.Value.Dim(1)
	return x.Data()[i*dim : (i+1)*dim : (i+1)*dim]
}

// Forward returns the vectors of n ids, n x dim. With a shape of n elements, as rows and
// their length for sequences one after the other, it is the shape and dim behind it: rows x
// length x dim. An id that is not in [0, num) is misuse, which panics with an *Error. The
// layer owns the result, which is valid until the next Forward in the same mode; it does not
// keep ids.
func (l *Embedding[T]) Forward(ids []int, mode Mode, shape ...int) *tensor.Tensor[T] {
	mode.check("Embedding.Forward")
	w := l.Weight.Value
	num, dim := w.Dim(0), w.Dim(1)
	for i, id := range ids {
		if id < 0 || id >= num {
			panic(misuse("Embedding.Forward", fmt.Sprintf("id %d, number %d, is not in [0, %d); weight", id, i, num), w.Shape()))
		}
	}
	l.shape = append(l.shape[:0], shape...)
	if len(shape) == 0 {
		l.shape = append(l.shape, len(ids))
	}
	n := 1
	for _, d := range l.shape {
		n *= d
		if d < 0 {
			n = -1
			break
		}
	}
	if n != len(ids) {
		panic(misuse("Embedding.Forward", fmt.Sprintf("%d ids do not have the shape", len(ids)), l.shape))
	}
	l.shape = append(l.shape, dim)
	y := l.result(mode, l.shape...)
	if mode == Train {
		l.ids = append(l.ids[:0], ids...)
	}
	for i, id := range ids {
		copy(l.row(y, i), l.row(w, id))
	}
	return y
}

// Backward adds each row of dy to the gradient of its id's vector, in the order of the ids:
// where an id comes again its rows are added one after the other.
func (l *Embedding[T]) Backward(dy *tensor.Tensor[T]) {
	l.check("Embedding.Backward", dy)
	if l.Weight.Frozen {
		return
	}
	if !dy.IsContiguous() {
		dy = l.packed.Resize(dy.Shape()...).CopyFrom(dy)
	}
	dim := l.Weight.Value.Dim(1)
	for i, id := range l.ids {
		if id != l.padding {
			to := l.to.Over(l.row(l.Weight.Grad, id), dim)
			tensor.Add(to, to, l.from.Over(l.row(dy, i), dim))
		}
	}
}

// Params returns the weight.
func (l *Embedding[T]) Params() []*Param[T] { return []*Param[T]{l.Weight} }

// Replica returns an embedding over the same weight, with results of its own: one for each
// goroutine that calls Forward in Eval mode.
func (l *Embedding[T]) Replica() *Embedding[T] {
	return &Embedding[T]{Weight: l.Weight, padding: l.padding}
}
