package tensor

import "sync/atomic"

// workspace is the scratch memory of one product in flight. Buffers grow to what
// the largest call needed and are kept, so that a steady state allocates nothing.
type workspace[T Float] struct {
	strip strip[T]

	b   []T // packed block of B
	a   []T // packed tile of A
	sum []T // sums over all k-blocks, where C cannot hold them
	sup []T // sum over the superblock in hand

	chains []T // of which a piece is done
}

// grow returns (*buf)[:n], enlarging it when it is too short.
func grow[T Float](buf *[]T, n int) []T {
	if cap(*buf) < n {
		*buf = make([]T, n+n/8)
	}
	return (*buf)[:n]
}

// free is a store of idle objects of one type; unlike a sync.Pool it survives
// garbage collections.
type free[S any] struct {
	slots [256]atomic.Pointer[S]
}

func (f *free[S]) get() *S {
	for i := range f.slots {
		if f.slots[i].Load() != nil {
			if s := f.slots[i].Swap(nil); s != nil {
				return s
			}
		}
	}
	return new(S)
}

func (f *free[S]) put(s *S) {
	for i := range f.slots {
		if f.slots[i].Load() == nil && f.slots[i].CompareAndSwap(nil, s) {
			return
		}
	}
}

var (
	free32 free[workspace[float32]]
	free64 free[workspace[float64]]
)

func getWorkspace[T Float]() *workspace[T] {
	var z T
	if _, ok := any(z).(float32); ok {
		return any(free32.get()).(*workspace[T])
	}
	return any(free64.get()).(*workspace[T])
}

func putWorkspace[T Float](w *workspace[T]) {
	switch w := any(w).(type) {
	case *workspace[float32]:
		free32.put(w)
	case *workspace[float64]:
		free64.put(w)
	}
}
