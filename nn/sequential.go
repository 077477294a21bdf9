package nn

import (
	"fmt"
	"strconv"

	"github.com/lanes-go/lanes/tensor"
)

// Sequential applies layers one after the other.
type Sequential[T tensor.Float] struct {
	Layers []Layer[T]
	params []*Param[T]
}

// Sequential returns the layers in a row. The names of their parameters get the
// layer's index before them, as in PyTorch: "0.weight". A layer appears once in a
// network.
func (b *Builder[T]) Sequential(layers ...Layer[T]) *Sequential[T] {
	s := &Sequential[T]{Layers: layers}
	seen := map[*Param[T]]int{}
	for i, l := range layers {
		if l == nil {
			panic(misuse("Sequential", fmt.Sprintf("layer %d is nil", i)))
		}
		for _, p := range l.Params() {
			if j, ok := seen[p]; ok {
				panic(misuse("Sequential", fmt.Sprintf("layers %d and %d share the parameter %s", j, i, p.Name), p.Value.Shape()))
			}
			seen[p] = i
			s.params = append(s.params, p)
		}
	}
	for p, i := range seen {
		p.Name = strconv.Itoa(i) + "." + p.Name
	}
	for i, l := range layers {
		for _, u := range buffersOf(l) {
			u.Name = strconv.Itoa(i) + "." + u.Name
		}
	}
	return s
}

// Forward returns the result of the last layer, which owns it.
func (s *Sequential[T]) Forward(x *tensor.Tensor[T], mode Mode) *tensor.Tensor[T] {
	mode.check("Sequential.Forward")
	for _, l := range s.Layers {
		x = l.Forward(x, mode)
	}
	return x
}

// Backward goes through the layers from the last to the first.
func (s *Sequential[T]) Backward(dy *tensor.Tensor[T]) *tensor.Tensor[T] {
	for i := len(s.Layers) - 1; i >= 0; i-- {
		dy = s.Layers[i].Backward(dy)
	}
	return dy
}

func (s *Sequential[T]) backwardParams(dy *tensor.Tensor[T]) {
	for i := len(s.Layers) - 1; i > 0; i-- {
		dy = s.Layers[i].Backward(dy)
	}
	if len(s.Layers) > 0 {
		BackwardParams(s.Layers[0], dy)
	}
}

// Params returns the parameters of all layers, in their order.
func (s *Sequential[T]) Params() []*Param[T] { return s.params }

// Buffers returns the buffers of the layers.
func (s *Sequential[T]) Buffers() []*Buffer[T] {
	var all []*Buffer[T]
	for _, l := range s.Layers {
		all = append(all, buffersOf(l)...)
	}
	return all
}
