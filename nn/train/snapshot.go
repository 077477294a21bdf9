package train

import (
	"fmt"

	"github.com/lanes-go/lanes/nn"
	"github.com/lanes-go/lanes/nn/data"
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

// tryOne returns an error if the network does not take one example alone in training, which
// it tells by trying: batch norm depends on what the layers before it make of the example,
// and on whether it is frozen.
func (s *snapshot[T]) tryOne(net nn.Layer[T], ds *data.Dataset[T]) (err error) {
	s.take()
	defer func() {
		s.restore()
		v := recover()
		if e, ok := v.(*nn.Error); ok {
			err = fmt.Errorf("train.Fit: an epoch ends with a batch of one example: set DropLast, or another Batch: %w", e)
		} else if v != nil {
			panic(v)
		}
	}()
	net.Forward(tensor.From(ds.X.Data()[:ds.Features()], 1, ds.Features()), nn.Train)
	return nil
}
