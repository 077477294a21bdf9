package nn

import (
	"sync"

	"github.com/lanes-go/lanes/tensor"
)

// Predictor runs a network in Eval mode from any number of goroutines at once. All of them
// read one set of packed weights (see Fuse); each call has intermediate results of its own,
// which are kept for calls to come. The bits are those of net.Forward(x, Eval), whoever
// else is calling.
type Predictor[T tensor.Float] struct {
	fused *Fused[T]

	mu   sync.Mutex
	free []Layer[T] // replicas that nobody uses
}

// NewPredictor returns a predictor of what net gives now. What is not packed is read where it
// is: do not train net while a predictor of it is in use, and make another afterwards. It
// panics if a layer is not Replicable.
func NewPredictor[T tensor.Float](net Layer[T]) *Predictor[T] {
	p := &Predictor[T]{fused: Fuse(net)}
	p.free = append(p.free, p.fused.Replica()) // panics here rather than in a goroutine
	return p
}

// Predict makes dst the result for x, which it resizes, and returns it. dst shares no memory
// with x. Once as many calls have run side by side as ever do, none allocates but for dst.
func (p *Predictor[T]) Predict(dst, x *tensor.Tensor[T]) *tensor.Tensor[T] {
	net := p.take()
	y := net.Forward(x, Eval)
	dst.Resize(y.Shape()...).CopyFrom(y)
	p.mu.Lock()
	p.free = append(p.free, net)
	p.mu.Unlock()
	return dst
}

// take returns a replica for the caller alone. One that panics is not given back.
func (p *Predictor[T]) take() Layer[T] {
	p.mu.Lock()
	defer p.mu.Unlock()
	if n := len(p.free); n > 0 {
		net := p.free[n-1]
		p.free[n-1] = nil
		p.free = p.free[:n-1]
		return net
	}
	return p.fused.Replica()
}
