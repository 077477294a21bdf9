package nn

import (
	"fmt"
	"slices"

	"github.com/lanes-go/lanes/tensor"
)

// Part is a module with its name in Parts.
type Part[T tensor.Float] struct {
	Name   string
	Module Module[T]
}

// Parts holds the parts of a model that a program calls one by one, as an embedding, whose
// input is labels, and the layers behind it, so that they have one set of names: for an
// optimiser, StateDict, Hash, Freeze and files.
type Parts[T tensor.Float] struct {
	parts []Part[T]
	owned[T]
}

// Part returns a part for [Builder.Parts].
func (b *Builder[T]) Part(name string, m Module[T]) Part[T] { return Part[T]{name, m} }

// Parts returns the parts under one set of names: that of a part comes before those of its
// parameters, as in a Sequential.
//
//	model := b.Parts(b.Part("embedding", embedding), b.Part("body", body)) // embedding.weight, body.0.weight
//
// A name is not empty and has no point. A module appears once in a model.
func (b *Builder[T]) Parts(parts ...Part[T]) *Parts[T] {
	var names []string
	var modules []Module[T]
	parts = slices.Clone(parts)
	for i, p := range parts {
		if !goodName(p.Name) {
			panic(misuse("Parts", fmt.Sprintf("the name %q: want one without a point", p.Name)))
		}
		if n, ok := p.Module.(*named[T]); ok {
			parts[i].Module = n.Layer
		}
		names = append(names, p.Name)
		modules = append(modules, parts[i].Module)
	}
	return &Parts[T]{parts, own("Parts", "part", names, modules)}
}
