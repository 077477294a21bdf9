package nn

import (
	"fmt"

	"github.com/lanes-go/lanes/tensor"
)

// Counter is a count that belongs to the state of a layer, as the passes of a dropout,
// which choose its masks. Checkpoints keep it; StateDict, which has tensors, does not.
type Counter struct {
	Name string // within the network: "2.steps"
	N    uint64
}

// counted is a layer with counters.
type counted interface{ Counters() []*Counter }

// child is a layer in a container.
type child[T tensor.Float] struct {
	name   string
	layer  Layer[T]
	params []*Param[T]
}

// container is a layer made of layers.
type container[T tensor.Float] interface{ children() []child[T] }

// members is what a container consists of. Containers embed it.
type members[T tensor.Float] struct {
	kids     []child[T]
	params   []*Param[T]
	buffers  []*Buffer[T]
	counters []*Counter
}

// newMembers returns the layers as the members of a container made by op. The names of
// what they own get the name of the layer before them: that given with Named, else its
// number, counted by first. It panics if a layer is nil or appears twice, or two have one name.
func newMembers[T tensor.Float](op string, layers ...Layer[T]) members[T] {
	var m members[T]
	owner := map[*Param[T]]int{}
	names := map[string]bool{}
	for i, l := range layers {
		kid := child[T]{name: fmt.Sprint(i), layer: l}
		if n, ok := l.(*named[T]); ok {
			kid = child[T]{name: n.name, layer: n.Layer}
		}
		if kid.layer == nil {
			panic(misuse(op, fmt.Sprintf("layer %d is nil", i)))
		}
		if names[kid.name] {
			panic(misuse(op, fmt.Sprintf("two layers are called %q", kid.name)))
		}
		names[kid.name] = true
		kid.params = kid.layer.Params()
		m.kids = append(m.kids, kid)
		for _, p := range kid.params {
			if j, ok := owner[p]; ok {
				panic(misuse(op, fmt.Sprintf("layers %d and %d share the parameter %s", j, i, p.Name), p.Value.Shape()))
			}
			owner[p] = i
			m.params = append(m.params, p)
		}
		m.buffers = append(m.buffers, buffersOf(kid.layer)...)
		m.counters = append(m.counters, countersOf(kid.layer)...)
	}
	for _, kid := range m.kids {
		prefix := kid.name + "."
		for _, p := range kid.params {
			p.Name = prefix + p.Name
		}
		for _, u := range buffersOf(kid.layer) {
			u.Name = prefix + u.Name
		}
		for _, c := range countersOf(kid.layer) {
			c.Name = prefix + c.Name
		}
	}
	return m
}

// Params returns the parameters of all layers, in their order.
func (m *members[T]) Params() []*Param[T] { return m.params }

// Buffers returns the buffers of all layers, in their order.
func (m *members[T]) Buffers() []*Buffer[T] { return m.buffers }

// Counters returns the counters of all layers, in their order.
func (m *members[T]) Counters() []*Counter { return m.counters }

func (m *members[T]) children() []child[T] { return m.kids }

func countersOf[T tensor.Float](l Layer[T]) []*Counter {
	if c, ok := l.(counted); ok {
		return c.Counters()
	}
	return nil
}

// trains tells whether the layer has a parameter that is not frozen.
func (c *child[T]) trains() bool {
	for _, p := range c.params {
		if !p.Frozen {
			return true
		}
	}
	return false
}

// named is a layer with the name that it has in the container it is given to.
type named[T tensor.Float] struct {
	Layer[T]
	name string
}

// Named gives a layer a name in place of its number in the container it is passed to:
//
//	b.Sequential(b.Named("layer1", b.Linear(784, 100)), b.ReLU()) // layer1.weight, layer1.bias
//
// A name is not empty and has no point.
func (b *Builder[T]) Named(name string, l Layer[T]) Layer[T] {
	if !goodName(name) {
		panic(misuse("Named", fmt.Sprintf("the name %q: want one without a point", name)))
	}
	if l == nil {
		panic(misuse("Named", fmt.Sprintf("the layer %q is nil", name)))
	}
	if n, ok := l.(*named[T]); ok {
		l = n.Layer
	}
	return &named[T]{l, name}
}

func goodName(name string) bool {
	for _, r := range name {
		if r == '.' {
			return false
		}
	}
	return name != ""
}
