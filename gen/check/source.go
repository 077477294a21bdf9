package main

import (
	"fmt"
	"go/ast"
	"go/build"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// fmaLines caches, per file, the lines that are a call of math.FMA.
var fmaLines = map[string]map[int]bool{}

// asksForFMA tells whether a source line calls math.FMA and has no sum or
// difference beside the call, which the compiler could have fused on its own.
func asksForFMA(p position) (bool, error) {
	lines, ok := fmaLines[p.file]
	if !ok {
		set := token.NewFileSet()
		tree, err := parser.ParseFile(set, p.file, nil, 0)
		if err != nil {
			return false, err
		}
		lines = linesOfFMA(set, tree)
		fmaLines[p.file] = lines
	}
	return lines[p.line], nil
}

func linesOfFMA(set *token.FileSet, tree *ast.File) map[int]bool {
	calls, sums := map[int]bool{}, map[int]bool{}
	ast.Inspect(tree, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.CallExpr:
			if sel, ok := n.Fun.(*ast.SelectorExpr); ok && sel.Sel.Name == "FMA" {
				if pkg, ok := sel.X.(*ast.Ident); ok && pkg.Name == "math" {
					calls[set.Position(n.Lparen).Line] = true
				}
			}
		case *ast.BinaryExpr:
			if n.Op == token.ADD || n.Op == token.SUB {
				sums[set.Position(n.OpPos).Line] = true
			}
		case *ast.AssignStmt:
			if n.Tok == token.ADD_ASSIGN || n.Tok == token.SUB_ASSIGN {
				sums[set.Position(n.TokPos).Line] = true
			}
		}
		return true
	})
	for line := range sums {
		delete(calls, line)
	}
	return calls
}

// instances records which generic functions were compiled for which type.
type instances struct {
	symbols map[string]map[string]bool // package.function: types
	lines   map[string]map[string]bool // file base:line: types of the functions around
	last    codeLine
}

func newInstances() *instances {
	return &instances{symbols: map[string]map[string]bool{}, lines: map[string]map[string]bool{}}
}

var shape = regexp.MustCompile(`\[go\.shape\.(float32|float64)[^\]]*\]`)

func (s *instances) see(c codeLine) {
	if strings.HasSuffix(c.textFile, ".s") {
		return
	}
	if c.line == s.last.line && c.base == s.last.base && c.symbol == s.last.symbol {
		return // as most are
	}
	s.last = c
	kind := "both" // a function without type parameters is compiled as it stands
	if m := shape.FindStringSubmatch(c.symbol); m != nil {
		kind = m[1]
	}
	mark(s.symbols, shape.ReplaceAllString(c.symbol, ""), kind)
	mark(s.lines, fmt.Sprintf("%s:%d", c.base, c.line), kind)
}

func mark(m map[string]map[string]bool, key, kind string) {
	if m[key] == nil {
		m[key] = map[string]bool{}
	}
	m[key][kind] = true
}

// missing lists the generic functions over the two element types, with a product
// in them, that no binary holds for both: the check has not seen their code.
func (s *instances) missing(root, goarch string) ([]string, error) {
	var bad []string
	target := build.Default
	target.GOOS, target.GOARCH = "linux", goarch
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if path != root && (d.Name() == "testdata" || d.Name()[0] == '.' || d.Name() == "gen" || nestedModule(path)) {
				return filepath.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		if built, err := target.MatchFile(filepath.Dir(path), d.Name()); err != nil || !built {
			return err
		}
		set := token.NewFileSet()
		tree, err := parser.ParseFile(set, path, nil, 0)
		if err != nil {
			return err
		}
		dir, err := filepath.Rel(root, filepath.Dir(path))
		if err != nil {
			return err
		}
		pkg := module
		if dir != "." {
			pkg += "/" + filepath.ToSlash(dir)
		}
		for _, d := range tree.Decls {
			if f, ok := d.(*ast.FuncDecl); ok && f.Body != nil && overFloats(f) && multiplies(f) {
				if kinds := s.kindsOf(pkg, set, f); !kinds["both"] && !(kinds["float32"] && kinds["float64"]) {
					bad = append(bad, fmt.Sprintf("%s: %s is in no binary for both float32 and float64 (%v)", set.Position(f.Pos()), f.Name.Name, kinds))
				}
			}
		}
		return nil
	})
	return bad, err
}

// nestedModule tells a module the root's ./... and go.work do not see.
func nestedModule(dir string) bool {
	_, err := os.Stat(filepath.Join(dir, "go.mod"))
	return err == nil && filepath.Base(dir) != "cmd"
}

// kindsOf looks for the function by its symbol and, where it has none (inlined
// everywhere), for its lines inside other functions.
func (s *instances) kindsOf(pkg string, set *token.FileSet, f *ast.FuncDecl) map[string]bool {
	name := pkg + "." + f.Name.Name
	if f.Recv != nil {
		recv := f.Recv.List[0].Type
		star, pointer := recv.(*ast.StarExpr)
		if pointer {
			recv = star.X
		}
		if index, ok := recv.(*ast.IndexExpr); ok {
			recv = index.X
		}
		if id, ok := recv.(*ast.Ident); ok && pointer {
			name = pkg + ".(*" + id.Name + ")." + f.Name.Name
		} else if ok {
			name = pkg + "." + id.Name + "." + f.Name.Name
		}
	}
	kinds := map[string]bool{}
	for k := range s.symbols[name] {
		kinds[k] = true
	}
	from, to := set.Position(f.Body.Pos()), set.Position(f.Body.End())
	for line := from.Line; line <= to.Line; line++ {
		for k := range s.lines[fmt.Sprintf("%s:%d", filepath.Base(from.Filename), line)] {
			if k != "both" || len(s.symbols[name]) == 0 {
				kinds[k] = true
			}
		}
	}
	return kinds
}

// overFloats tells whether a type parameter, of the function or its receiver, is
// bound by Float; a receiver repeats the name without the bound, so there any
// parameter counts.
func overFloats(f *ast.FuncDecl) bool {
	if f.Recv != nil {
		t := f.Recv.List[0].Type
		if star, ok := t.(*ast.StarExpr); ok {
			t = star.X
		}
		_, ok := t.(*ast.IndexExpr)
		return ok
	}
	if f.Type.TypeParams == nil {
		return false
	}
	for _, p := range f.Type.TypeParams.List {
		switch t := p.Type.(type) {
		case *ast.Ident:
			if t.Name == "Float" {
				return true
			}
		case *ast.SelectorExpr:
			if t.Sel.Name == "Float" {
				return true
			}
		}
	}
	return false
}

func multiplies(f *ast.FuncDecl) bool {
	found := false
	ast.Inspect(f.Body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.BinaryExpr:
			found = found || n.Op == token.MUL
		case *ast.AssignStmt:
			found = found || n.Tok == token.MUL_ASSIGN
		}
		return !found
	})
	return found
}
