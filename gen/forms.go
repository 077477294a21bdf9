package main

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/printer"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
)

// The functions of package vec that write to dst say in a line
//
//	//forms:inplace new
//
// of their comments which others there are of them: AddInPlace(x, y) for Add(x, x, y),
// and AddNew(x, y), which makes dst. They are written here.

const formsFile = "../vec/forms.go" // from asm

func init() {
	families = append(families, func() ([]file, error) { return formsOf(filepath.Join("..", "vec")) })
}

func formsOf(dir string) ([]file, error) {
	fset := token.NewFileSet()
	own := filepath.Base(formsFile)
	packages, err := parser.ParseDir(fset, dir, func(f fs.FileInfo) bool {
		return f.Name() != own && !strings.HasSuffix(f.Name(), "_test.go")
	}, parser.ParseComments)
	if err != nil {
		return nil, err
	}
	var funcs []*ast.FuncDecl
	for _, p := range packages {
		for _, f := range p.Files {
			for _, d := range f.Decls {
				if fn, ok := d.(*ast.FuncDecl); ok && fn.Doc != nil {
					funcs = append(funcs, fn)
				}
			}
		}
	}
	slices.SortFunc(funcs, func(f, g *ast.FuncDecl) int { return strings.Compare(f.Name.Name, g.Name.Name) })
	var b bytes.Buffer
	b.WriteString(header + "package vec\n")
	for _, fn := range funcs {
		for _, c := range fn.Doc.List {
			forms, ok := strings.CutPrefix(c.Text, "//forms:")
			if !ok {
				continue
			}
			for _, form := range strings.Fields(forms) {
				if err := writeForm(&b, fset, fn, form); err != nil {
					return nil, fmt.Errorf("%s: %w", fset.Position(c.Pos()), err)
				}
			}
		}
	}
	return []file{{formsFile, b.Bytes()}}, nil
}

// writeForm writes a function of parameters (dst, x …) without dst.
func writeForm(b *bytes.Buffer, fset *token.FileSet, fn *ast.FuncDecl, form string) error {
	var params []*ast.Field // of one name each
	for _, f := range fn.Type.Params.List {
		for _, n := range f.Names {
			params = append(params, &ast.Field{Names: []*ast.Ident{n}, Type: f.Type})
		}
	}
	if len(params) < 2 || fn.Type.Results != nil {
		return fmt.Errorf("%s is not func(dst, x, …)", fn.Name.Name)
	}
	dst, first := params[0].Names[0].Name, params[1].Names[0].Name
	var list, args []string
	for _, p := range params[1:] {
		var t bytes.Buffer
		if err := printer.Fprint(&t, fset, p.Type); err != nil {
			return err
		}
		list = append(list, p.Names[0].Name+" "+t.String())
		args = append(args, p.Names[0].Name)
	}
	name := fn.Name.Name
	rest := strings.Join(args, ", ")
	switch form {
	case "inplace":
		fmt.Fprintf(b, "\n// %[1]sInPlace is [%[1]s] with its result in %[2]s.\nfunc %[1]sInPlace[T Float](%[3]s) { %[1]s(%[2]s, %[4]s) }\n",
			name, first, strings.Join(list, ", "), rest)
	case "new":
		fmt.Fprintf(b, "\n// %[1]sNew is [%[1]s] with its result in a new slice.\nfunc %[1]sNew[T Float](%[2]s) []T {\n%[3]s := make([]T, len(%[4]s))\n%[1]s(%[3]s, %[5]s)\nreturn %[3]s\n}\n",
			name, strings.Join(list, ", "), dst, first, rest)
	default:
		return fmt.Errorf("no form %s", form)
	}
	return nil
}
