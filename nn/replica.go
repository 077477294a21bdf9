package nn

// Replicas of layers: over the same parameters, with buffers of their own.

// Replica returns a layer over the same parameters and running statistics.
func (l *BatchNorm[T]) Replica() Layer[T] {
	r := *l
	r.x, r.fixed, r.saved = nil, false, saved[T]{}
	return &r
}
