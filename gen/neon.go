package main

import (
	"fmt"
	"strings"

	"github.com/lanes-go/lanes/gen/a64"
)

// neonFile collects NEON functions and renders the pair of generated files
// <stem>_neon_arm64.{s,go}.
type neonFile struct {
	*a64.File
	stem  string
	table *codeTable // functions that are called by address
	foot  []string   // Go source after the declarations
}

func newNEONFile(stem string) *neonFile {
	return &neonFile{File: a64.NewFile(), stem: stem, table: newCodeTable(stem, "NEON", loadARM64)}
}

// fn starts a function on elements of d.
func (f *neonFile) fn(d dtype, name, signature, doc string) *a64.Func {
	fn := f.Func(name, signature, doc)
	fn.Arr = a64.Arr(d.size)
	return fn
}

// neonFuncs are all functions written so far, by name: main and the tests show
// them to other assemblers.
var neonFuncs = map[string]*a64.Func{}

func (f *neonFile) render() ([]file, error) {
	s, g, err := f.Print("asm")
	if err != nil {
		return nil, fmt.Errorf("%s neon: %w", f.stem, err)
	}
	for _, fn := range f.Funcs() {
		neonFuncs[fn.Name] = fn
	}
	s, g = f.table.finish(s, g)
	for _, line := range f.foot {
		g = append(g, line...)
		g = append(g, '\n')
	}
	base := f.stem + "_neon_arm64"
	return []file{{base + ".s", withHeader(s)}, {base + ".go", withHeader(g)}}, nil
}

// listNEON prints a loop of a NEON function in GNU syntax.
func listNEON(what string) error {
	for _, f := range families {
		if _, err := f(); err != nil {
			return err
		}
	}
	name, label, _ := strings.Cut(what, ":")
	f := neonFuncs[name]
	if f == nil {
		return fmt.Errorf("no NEON function %s", name)
	}
	lines := f.GNU(label)
	if len(lines) == 0 {
		return fmt.Errorf("no label %s in %s", label, name)
	}
	fmt.Println(strings.Join(lines, "\n"))
	return nil
}

// lanes is the number of elements of d in a vector.
func (d dtype) lanes() int { return 16 / d.size }
