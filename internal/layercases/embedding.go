package layercases

import (
	"github.com/lanes-go/lanes/internal/layercheck"
	"github.com/lanes-go/lanes/nn"
	"github.com/lanes-go/lanes/tensor"
)

// An embedding of fixed ids as a layer that ignores x.
func init() {
	layers(
		Layer{Name: "Embedding", New64: embedding[float64], New32: embedding[float32], Shapes: [][]int{{1, 1}, {4, 3}, {9, 17}, {5, 33}},
			Options: layercheck.Options{NoInput: true}},
		Layer{Name: "Embedding of sequences", New64: embeddingSeq[float64], New32: embeddingSeq[float32], Shapes: [][]int{{2, 5, 3}, {3, 4, 7}},
			Options: layercheck.Options{NoInput: true}},
	)
}

// embedded looks up ids, whatever x is.
type embedded[T tensor.Float] struct {
	*nn.Embedding[T]
	ids   []int
	shape []int
}

func (l *embedded[T]) Forward(_ *tensor.Tensor[T], mode nn.Mode) *tensor.Tensor[T] {
	return l.Embedding.Forward(l.ids, mode, l.shape...)
}

func (l *embedded[T]) Backward(dy *tensor.Tensor[T]) *tensor.Tensor[T] {
	l.Embedding.Backward(dy)
	return nil
}

func (l *embedded[T]) Replica() nn.Layer[T] {
	return &embedded[T]{l.Embedding.Replica(), l.ids, l.shape}
}

func embedding[T tensor.Float](b *nn.Builder[T], shape []int) nn.Layer[T] {
	return &embedded[T]{b.Embedding(5, shape[1]), Labels(shape[0], 5), nil}
}

func embeddingSeq[T tensor.Float](b *nn.Builder[T], shape []int) nn.Layer[T] {
	return &embedded[T]{b.Embedding(5, shape[2]), Labels(shape[0]*shape[1], 5), shape[:2]}
}
