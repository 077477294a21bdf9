package nn

import "github.com/lanes-go/lanes/tensor"

// Sequential applies layers one after the other.
type Sequential[T tensor.Float] struct{ members[T] }

// Sequential returns the layers in a row. The names of their parameters get the
// layer's index before them, as in PyTorch, "0.weight", or the name given with Named. A
// layer appears once in a network.
func (b *Builder[T]) Sequential(layers ...Layer[T]) *Sequential[T] {
	return &Sequential[T]{newMembers("Sequential", layers...)}
}

// Len returns the number of layers.
func (s *Sequential[T]) Len() int { return len(s.kids) }

// Layer returns a layer, 0 <= i < Len().
func (s *Sequential[T]) Layer(i int) Layer[T] { return s.kids[i].layer }

// Forward returns the result of the last layer, which owns it.
func (s *Sequential[T]) Forward(x *tensor.Tensor[T], mode Mode) *tensor.Tensor[T] {
	mode.check("Sequential.Forward")
	for _, k := range s.kids {
		x = k.layer.Forward(x, mode)
	}
	return x
}

// Backward goes through the layers from the last to the first.
func (s *Sequential[T]) Backward(dy *tensor.Tensor[T]) *tensor.Tensor[T] {
	for i := len(s.kids) - 1; i >= 0; i-- {
		dy = s.kids[i].layer.Backward(dy)
	}
	return dy
}

// backwardParams ends at the first layer that has something to learn.
func (s *Sequential[T]) backwardParams(dy *tensor.Tensor[T]) {
	first := 0
	for first < len(s.kids) && !s.kids[first].trains() {
		first++
	}
	for i := len(s.kids) - 1; i > first; i-- {
		dy = s.kids[i].layer.Backward(dy)
	}
	if first < len(s.kids) {
		BackwardParams(s.kids[first].layer, dy)
	}
}
