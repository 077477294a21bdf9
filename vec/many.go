package vec

import (
	"github.com/lanes-go/lanes/internal/scratch"
	"github.com/lanes-go/lanes/tensor"
)

// many is tensors over any number of slices of a call, kept for the next one.
type many[T Float] struct {
	op   string
	all  []*tensor.Tensor[T] // the first are in use
	used int
}

var (
	manies32 scratch.Store[many[float32]]
	manies64 scratch.Store[many[float64]]
)

func getMany[T Float](op string) *many[T] {
	var z T
	var m *many[T]
	if _, ok := any(z).(float32); ok {
		m = any(manies32.Get()).(*many[T])
	} else {
		m = any(manies64.Get()).(*many[T])
	}
	m.op = op
	return m
}

// tensors returns tensors over slices, good until put.
func (m *many[T]) tensors(s [][]T) []*tensor.Tensor[T] {
	from := m.used
	for _, x := range s {
		if m.used == len(m.all) {
			m.all = append(m.all, new(tensor.Tensor[T]))
		}
		m.all[m.used].Over(x, len(x))
		m.used++
	}
	return m.all[from:m.used:m.used]
}

func (m *many[T]) tensor(x []T) *tensor.Tensor[T] {
	one := [1][]T{x}
	return m.tensors(one[:])[0]
}

// lens are the lengths of the slices so far.
func (m *many[T]) lens() []int {
	var n []int
	for _, t := range m.all[:m.used] {
		n = append(n, t.Len())
	}
	return n
}

// put lets go of the slices; deferred, it makes an *Error of what an operation of tensor
// panics with.
func (m *many[T]) put() {
	if e := recover(); e != nil {
		e = misuse(m.op, m.lens(), e)
		m.release()
		panic(e)
	}
	m.release()
}

func (m *many[T]) release() {
	for _, t := range m.all[:m.used] {
		t.Over(nil, 0)
	}
	m.used = 0
	switch m := any(m).(type) {
	case *many[float32]:
		manies32.Put(m)
	case *many[float64]:
		manies64.Put(m)
	}
}
