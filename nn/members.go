package nn

import (
	"fmt"
	"reflect"
	"slices"

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

// owned is what modules own, under the names they have together.
type owned[T tensor.Float] struct {
	params   []*Param[T]
	buffers  []*Buffer[T]
	counters []*Counter
}

// own returns what the modules given to op own, and puts their names before those of what
// they own. It panics if a module is nil or appears twice, or two have one name; op calls
// a module what.
func own[T tensor.Float](op, what string, names []string, modules []Module[T]) owned[T] {
	var o owned[T]
	owner := map[*Param[T]]int{}
	layer := map[Module[T]]int{}
	seen := map[string]bool{}
	for i, m := range modules {
		if m == nil {
			panic(misuse(op, fmt.Sprintf("%s %d is nil", what, i)))
		}
		if seen[names[i]] {
			panic(misuse(op, fmt.Sprintf("two %ss are called %q", what, names[i])))
		}
		seen[names[i]] = true
		for _, p := range m.Params() {
			if j, ok := owner[p]; ok {
				panic(misuse(op, fmt.Sprintf("%ss %d and %d share the parameter %s", what, j, i, p.Name), p.Value.Shape()))
			}
			owner[p] = i
			o.params = append(o.params, p)
		}
		walk(m, func(l Module[T]) {
			if !hasState(l) {
				return
			}
			if j, ok := layer[l]; ok {
				panic(misuse(op, fmt.Sprintf("%ss %d and %d have the same %T: a layer appears once in a network", what, j, i, l)))
			}
			layer[l] = i
		})
		o.buffers = append(o.buffers, buffersOf(m)...)
		o.counters = append(o.counters, countersOf(m)...)
	}
	for i, m := range modules {
		prefix := names[i] + "."
		for _, p := range m.Params() {
			p.Name = prefix + p.Name
		}
		for _, u := range buffersOf(m) {
			u.Name = prefix + u.Name
		}
		for _, c := range countersOf(m) {
			c.Name = prefix + c.Name
		}
	}
	// Who appends to them gets copies.
	o.params, o.buffers, o.counters = slices.Clip(o.params), slices.Clip(o.buffers), slices.Clip(o.counters)
	return o
}

// walk calls f with m and with all layers in it.
func walk[T tensor.Float](m Module[T], f func(l Module[T])) {
	switch c := m.(type) {
	case *named[T]:
		walk[T](c.Layer, f)
		return
	case *Parts[T]:
		for _, p := range c.parts {
			walk(p.Module, f)
		}
	case container[T]:
		for _, k := range c.children() {
			walk[T](k.layer, f)
		}
	}
	f(m)
}

// hasState tells whether two equal values of the type of l are one layer: pointers are, but
// to nothing all may be equal.
func hasState(l any) bool {
	t := reflect.TypeOf(l)
	return t.Kind() == reflect.Pointer && t.Elem().Size() > 0
}

// Params returns the parameters of all layers, in their order.
func (o *owned[T]) Params() []*Param[T] { return o.params }

// Buffers returns the buffers of all layers, in their order.
func (o *owned[T]) Buffers() []*Buffer[T] { return o.buffers }

// Counters returns the counters of all layers, in their order.
func (o *owned[T]) Counters() []*Counter { return o.counters }

// members is what a container consists of. Containers embed it.
type members[T tensor.Float] struct {
	kids []child[T]
	owned[T]
}

// newMembers returns the layers as the members of a container made by op, each under the
// name given with Named, else its number.
func newMembers[T tensor.Float](op string, layers ...Layer[T]) members[T] {
	var m members[T]
	var names []string
	var modules []Module[T]
	for i, l := range layers {
		kid := child[T]{name: fmt.Sprint(i), layer: l}
		if n, ok := l.(*named[T]); ok {
			kid = child[T]{name: n.name, layer: n.Layer}
		}
		m.kids = append(m.kids, kid)
		names = append(names, kid.name)
		modules = append(modules, kid.layer)
	}
	m.owned = own(op, "layer", names, modules)
	for i := range m.kids {
		m.kids[i].params = m.kids[i].layer.Params()
	}
	return m
}

func (m *members[T]) children() []child[T] { return m.kids }

func countersOf[T tensor.Float](l Module[T]) []*Counter {
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

// A layer that is in no container is the same with the name and without.

func (n *named[T]) Buffers() []*Buffer[T]               { return buffersOf[T](n.Layer) }
func (n *named[T]) Counters() []*Counter                { return countersOf[T](n.Layer) }
func (n *named[T]) Replica() Layer[T]                   { return replica(n.Layer) }
func (n *named[T]) backwardParams(dy *tensor.Tensor[T]) { BackwardParams(n.Layer, dy) }
func (n *named[T]) describe() string                    { return describeLayer(n.Layer) }
func (n *named[T]) kind() string                        { return kindOf(n.Layer) }
func (n *named[T]) flops(in, out []int) int64           { return flopsOf(n.Layer, in, out) }
func (n *named[T]) children() []child[T] {
	if c, ok := n.Layer.(container[T]); ok {
		return c.children()
	}
	return nil
}

func goodName(name string) bool {
	for _, r := range name {
		if r == '.' {
			return false
		}
	}
	return name != ""
}
