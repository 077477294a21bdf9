package nn

import (
	"fmt"
	"slices"
	"strings"

	"github.com/lanes-go/lanes/tensor"
)

// Freeze keeps parameters as they are: no gradient is computed for them, what their
// gradients hold is dropped, and no optimiser changes them or what it keeps about them.
// Where all parameters before a layer are frozen, training does not go back beyond it; a
// frozen batch norm uses its running statistics and does not change them.
//
// The names are those of parameters or of what they belong to: "0" is everything of layer
// 0, "0.weight" and "0.3.bias" but not "01.weight". No name means everything. Freeze
// returns how many parameters the names have, and panics if one names no parameter and no
// layer.
func Freeze[T tensor.Float](net Module[T], names ...string) int {
	named := underNames("Freeze", net, names)
	for _, p := range named {
		p.Frozen = true
		p.Grad.Fill(0)
	}
	setBuffers(net, names, true)
	return len(named)
}

// Unfreeze lets parameters be trained again: see Freeze for the names and the result.
func Unfreeze[T tensor.Float](net Module[T], names ...string) int {
	named := underNames("Unfreeze", net, names)
	for _, p := range named {
		p.Frozen = false
	}
	setBuffers(net, names, false)
	return len(named)
}

// setBuffers freezes the buffers that the names have, or not: a batch norm without
// parameters knows by them.
func setBuffers[T tensor.Float](net Module[T], names []string, frozen bool) {
	for _, b := range buffersOf(net) {
		if len(names) == 0 || slices.ContainsFunc(names, func(name string) bool { return within(b.Name, name) }) {
			b.Frozen = frozen
		}
	}
}

// underNames returns the parameters that the names have.
func underNames[T tensor.Float](op string, net Module[T], names []string) []*Param[T] {
	all := net.Params()
	if len(names) == 0 {
		return all
	}
	var out []*Param[T]
	for _, p := range all {
		if slices.ContainsFunc(names, func(name string) bool { return within(p.Name, name) }) {
			out = append(out, p)
		}
	}
	layers := layerNames(net)
	for _, name := range names {
		named := slices.Contains(layers, name) || slices.ContainsFunc(all, func(p *Param[T]) bool { return within(p.Name, name) })
		if !named {
			var known []string
			for _, p := range all {
				known = append(known, p.Name)
			}
			panic(misuse(op, fmt.Sprintf("nothing is called %q; the parameters are %s", name, list(known, 40))))
		}
	}
	return out
}

// within tells whether name is prefix or goes on with a point after it.
func within(name, prefix string) bool {
	rest, ok := strings.CutPrefix(name, prefix)
	return ok && prefix != "" && (rest == "" || rest[0] == '.')
}

// layerNames returns the names of all layers in net, also of those without parameters.
func layerNames[T tensor.Float](net Module[T]) (names []string) {
	var kids []Part[T]
	switch net := net.(type) {
	case *Parts[T]:
		kids = net.parts
	case container[T]:
		for _, k := range net.children() {
			kids = append(kids, Part[T]{k.name, k.layer})
		}
	}
	for _, k := range kids {
		names = append(names, k.Name)
		for _, n := range layerNames(k.Module) {
			names = append(names, k.Name+"."+n)
		}
	}
	return names
}

// list joins at most so many names.
func list(names []string, most int) string {
	switch n := len(names); {
	case n == 0:
		return "none"
	case n > most:
		return fmt.Sprintf("%s and %d more", strings.Join(names[:most], ", "), n-most)
	}
	return strings.Join(names, ", ")
}
