package train

import (
	"github.com/lanes-go/lanes/nn"
	"github.com/lanes-go/lanes/tensor"
)

// snapshot keeps what a Train-mode pass changes of a network without an optimiser: a step
// that fails puts it back.
type snapshot[T tensor.Float] struct {
	buffers  []*nn.Buffer[T]
	values   []*tensor.Tensor[T]
	counters []*nn.Counter
	counts   []uint64
}

func newSnapshot[T tensor.Float](net nn.Module[T]) *snapshot[T] {
	s := &snapshot[T]{}
	if b, ok := net.(interface{ Buffers() []*nn.Buffer[T] }); ok {
		s.buffers = b.Buffers()
	}
	for _, b := range s.buffers {
		s.values = append(s.values, tensor.New[T](b.Value.Shape()...))
	}
	if c, ok := net.(interface{ Counters() []*nn.Counter }); ok {
		s.counters = c.Counters()
	}
	s.counts = make([]uint64, len(s.counters))
	return s
}

// take copies what there is now. It allocates nothing.
func (s *snapshot[T]) take() {
	for i, b := range s.buffers {
		s.values[i].CopyFrom(b.Value)
	}
	for i, c := range s.counters {
		s.counts[i] = c.N
	}
}

// restore makes it what it was when taken.
func (s *snapshot[T]) restore() {
	for i, b := range s.buffers {
		b.Value.CopyFrom(s.values[i])
	}
	for i, c := range s.counters {
		c.N = s.counts[i]
	}
}
