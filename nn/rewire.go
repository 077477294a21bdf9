package nn

import (
	"slices"
	"strings"

	"github.com/lanes-go/lanes/tensor"
)

// place is a layer within a network, or two that a Sequential does in one.
type place[T tensor.Float] struct {
	index  int    // containers come before their layers
	parent int    // index of the container, -1: the network
	depth  int    // containers around it, without the network
	name   string // within the network: "1.body.0", "1.body.0+1" for two
	step   step[T]
}

// standIn is in the place of a layer and does what the layer does.
type standIn[T tensor.Float] struct{ step[T] }

func (s *standIn[T]) Forward(x *tensor.Tensor[T], mode Mode) *tensor.Tensor[T] {
	return s.forward(x, mode)
}
func (s *standIn[T]) Backward(dy *tensor.Tensor[T]) *tensor.Tensor[T] { return s.backward(dy) }
func (s *standIn[T]) Params() []*Param[T]                             { return s.layer.Params() }
func (s *standIn[T]) standsFor() step[T]                              { return s.step }

// Replica is for a network that goroutines share while it is profiled.
func (s *standIn[T]) Replica() Layer[T] { return replica(s.layer) }

func (s *standIn[T]) children() []child[T] {
	if c, ok := s.layer.(container[T]); ok {
		return c.children()
	}
	return nil
}

// stand is a stand-in.
type stand[T tensor.Float] interface{ standsFor() step[T] }

// rewire has the containers within net call what wrap returns in place of their layers,
// until restore is called. Layers that a Sequential does in one are one place, or each its
// own if apart.
func rewire[T tensor.Float](net Layer[T], apart bool, wrap func(p *place[T]) Layer[T]) (restore func()) {
	var undo []func()
	restore = func() {
		for _, f := range slices.Backward(undo) {
			f()
		}
	}
	done := false
	defer func() {
		if !done {
			restore()
		}
	}()
	n := 0
	var visit func(l Layer[T], at *place[T])
	put := func(at *place[T], names []string, st step[T]) Layer[T] {
		if s, ok := st.layer.(stand[T]); ok {
			if !apart {
				panic(misuse("NewProfile", "the network has a profile already: Stop it first"))
			}
			st = s.standsFor()
		}
		name := strings.Join(names, "+")
		if at.name != "" {
			name = at.name + "." + name
		}
		p := &place[T]{index: n, parent: at.index, depth: at.depth + 1, name: name, step: st}
		n++
		w := wrap(p)
		visit(st.layer, p)
		return w
	}
	visit = func(l Layer[T], at *place[T]) {
		if n, ok := l.(*named[T]); ok {
			l = n.Layer
		}
		switch c := l.(type) {
		case *Fused[T]:
			visit(c.net, at)
		case *Sequential[T]:
			old := c.steps
			undo = append(undo, func() { c.steps = old })
			steps := old
			if apart {
				steps = nil
				for i, k := range c.kids {
					steps = append(steps, step[T]{layer: k.layer, first: i})
				}
			}
			c.steps = nil
			for _, st := range steps {
				names := []string{c.kids[st.first].name}
				if st.relu != nil {
					names = append(names, c.kids[st.first+1].name)
				}
				c.steps = append(c.steps, step[T]{layer: put(at, names, st), first: st.first})
			}
		case container[T]:
			kids := c.children()
			old := slices.Clone(kids)
			undo = append(undo, func() { copy(kids, old) })
			for i, k := range old {
				kids[i].layer = put(at, []string{k.name}, step[T]{layer: k.layer})
			}
		}
	}
	visit(net, &place[T]{index: -1, depth: -1})
	done = true
	return restore
}
