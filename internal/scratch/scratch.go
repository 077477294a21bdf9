// Package scratch keeps memory for reuse, so that a steady state allocates nothing.
package scratch

import "sync/atomic"

// Store is a store of idle objects of one type; unlike a sync.Pool it survives
// garbage collections. The zero value is empty.
type Store[S any] struct {
	slots [256]atomic.Pointer[S]
}

// Get takes an object out of the store, or makes one.
func (f *Store[S]) Get() *S {
	for i := range f.slots {
		if f.slots[i].Load() != nil {
			if s := f.slots[i].Swap(nil); s != nil {
				return s
			}
		}
	}
	return new(S)
}

// Put brings an object back; where the store is full, it is left to the collector.
func (f *Store[S]) Put(s *S) {
	for i := range f.slots {
		if f.slots[i].Load() == nil && f.slots[i].CompareAndSwap(nil, s) {
			return
		}
	}
}

// Grow returns (*buf)[:n], enlarging it when it is too short; what it holds is then
// lost.
func Grow[T any](buf *[]T, n int) []T {
	if cap(*buf) < n {
		*buf = make([]T, n+n/8)
	}
	return (*buf)[:n:n]
}
