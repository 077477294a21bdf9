package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Between a field of a table and its kernel stands a face, Go code that cuts the slices
// to one length, tells the race detector, and calls. There is one face for all maps of
// the same parameters, which calls the kernel by its address: a face for every kernel
// would be as large as the kernel, with what a binary says about it. The address is the
// argument after the kernel's own, so that the call is a jump.

// facePattern is the parameters of a map: W a slice that is written, R one that is read,
// S a scalar, in a string, and the type of the elements.
type facePattern struct {
	params string
	d      dtype
}

var facePatterns = map[facePattern]bool{}

// faceOf names the face of the parameters.
func faceOf(params []param, d dtype) string {
	p := facePattern{d: d}
	for _, x := range params {
		switch {
		case x.scalar:
			p.params += "S"
		case x.write:
			p.params += "W"
		default:
			p.params += "R"
		}
	}
	facePatterns[p] = true
	return p.name()
}

func (p facePattern) name() string { return "face" + p.params + p.d.suffix }

// call names the function that jumps to a kernel: P is a pointer to elements.
func (p facePattern) call() string {
	s := strings.NewReplacer("W", "P", "R", "P").Replace(p.params)
	return "call" + s + p.d.suffix
}

func (p facePattern) args(pointer, scalar string) string {
	var list []string
	for i, c := range p.params {
		t := pointer
		if c == 'S' {
			t = scalar
		}
		list = append(list, fmt.Sprintf("%c %s", 'a'+i, t))
	}
	return strings.Join(list, ", ")
}

func (p facePattern) source() string {
	var cut, race, args strings.Builder
	first := ""
	for i, c := range p.params {
		x := string(rune('a' + i))
		switch {
		case c == 'S':
			args.WriteString(x + ", ")
			continue
		case first == "":
			first = x
		default:
			fmt.Fprintf(&cut, "%[1]s = %[1]s[:len(%[2]s):len(%[1]s)]\n", x, first)
		}
		if c == 'W' {
			fmt.Fprintf(&race, "raceWrite(%s)\n", x)
		} else {
			fmt.Fprintf(&race, "raceRead(%s)\n", x)
		}
		fmt.Fprintf(&args, "&%s[0], ", x)
	}
	// Inlined, it would be a copy of the closure's code for every kernel.
	return fmt.Sprintf(`
//go:noinline
func %[1]s(code uintptr, flag int) func(%[2]s) {
	return func(%[2]s) {
		%[3]sif raceEnabled {
			%[4]s}
		n := len(%[5]s)
		if n == 0 {
			return
		}
		if n >= %[6]d {
			n |= flag
		}
		%[7]s(%[8]sn, code)
	}
}
`, p.name(), p.args("[]"+p.d.goName, p.d.goName), cut.String(), race.String(), first, alignedFrom/p.d.size, p.call(), args.String())
}

// facesFamily writes the faces of all maps written so far, and the calls.
func facesFamily() ([]file, error) {
	patterns := slices.SortedFunc(maps.Keys(facePatterns), func(p, q facePattern) int {
		return strings.Compare(p.params+p.d.suffix, q.params+q.d.suffix)
	})
	var goCode strings.Builder
	goCode.WriteString(header + `//go:build (amd64 || arm64) && !purego

package asm

// A face is a kernel over slices of one length, that of the first, from the address of
// its code. Its name has the parameters: W is a slice that is written, R one that is
// read, S a scalar. flag is 0 or pastCaches.

// pastCaches, in the length, asks a kernel to store past the caches.
const pastCaches = -1 << 63
`)
	calls := map[string]facePattern{}
	for _, p := range patterns {
		goCode.WriteString(p.source())
		calls[p.call()] = p
	}
	amd := assemblyFile("amd64")
	arm := assemblyFile("arm64")
	for _, name := range slices.Sorted(maps.Keys(calls)) {
		p := calls[name]
		size := 0 // of the arguments before code
		for _, c := range p.params {
			if c == 'S' {
				size += p.d.size
			} else {
				size = (size+7)/8*8 + 8
			}
		}
		size = (size+7)/8*8 + 8
		fmt.Fprintf(&goCode, "\n//go:noescape\nfunc %s(%s, n int, code uintptr)\n", name, p.args("*"+p.d.goName, p.d.goName))
		signature := fmt.Sprintf("\n// func %[1]s(%[2]s, n int, code uintptr)\nTEXT ·%[1]s(SB), NOSPLIT, $0-%[3]d\n", name, p.args("*"+p.d.goName, p.d.goName), size+8)
		fmt.Fprintf(amd, "%s\tMOVQ code+%d(FP), AX\n\tJMP AX\n", signature, size)
		fmt.Fprintf(arm, "%s\tMOVD code+%d(FP), R0\n\tJMP (R0)\n", signature, size)
	}
	return []file{
		{"faces.go", []byte(goCode.String())},
		{"faces_amd64.s", []byte(amd.String())},
		{"faces_arm64.s", []byte(arm.String())},
	}, nil
}

func assemblyFile(arch string) *strings.Builder {
	var b strings.Builder
	fmt.Fprintf(&b, "%s//go:build %s && !purego\n\n#include \"textflag.h\"\n", header, arch)
	return &b
}

// codeTable is the addresses of functions of one file, by the type of their elements.
// The functions are known in that file alone, and Go knows nothing of them: what a
// binary says of a function (its name with the package, in two places, and where its
// arguments are) would be as long as a small kernel.
type codeTable struct {
	stem, suffix string // of the file
	load         string // instructions that return the address of a table
	names        map[dtype][]string
}

const (
	loadAMD64 = "\tLEAQ %s<>(SB), AX\n\tMOVQ AX, ret+0(FP)\n"
	loadARM64 = "\tMOVD $%s<>(SB), R0\n\tMOVD R0, ret+0(FP)\n"
)

func newCodeTable(stem, suffix, load string) *codeTable {
	return &codeTable{stem: stem, suffix: suffix, load: load, names: map[dtype][]string{}}
}

// address is a Go expression for the address of a function, where codes() is `codes`.
func (c *codeTable) address(d dtype, function string) string {
	return fmt.Sprintf("codes[%d]", c.index(d, function))
}

// index is where in the table the address of a function is.
func (c *codeTable) index(d dtype, function string) int {
	i := slices.Index(c.names[d], function)
	if i < 0 {
		i = len(c.names[d])
		c.names[d] = append(c.names[d], function)
	}
	return i
}

// codes names the Go function that returns a pointer to the addresses; "" if there are
// none.
func (c *codeTable) codes(d dtype) string {
	if len(c.names[d]) == 0 {
		return ""
	}
	return c.stem + "Codes" + d.suffix + c.suffix
}

// assembly is the table and the function that returns it.
func (c *codeTable) assembly(d dtype) string {
	if c.codes(d) == "" {
		return ""
	}
	var b strings.Builder
	table := c.stem + "Code" + d.suffix + c.suffix
	b.WriteString("\n")
	for i, f := range c.names[d] {
		fmt.Fprintf(&b, "DATA %s<>+%d(SB)/8, $%s<>(SB)\n", table, 8*i, f)
	}
	fmt.Fprintf(&b, "GLOBL %[1]s<>(SB), RODATA|NOPTR, $%[2]d\n\n// func %[3]s() *[%[4]d]uintptr\nTEXT ·%[3]s(SB), NOSPLIT, $0-8\n%[5]s\tRET\n",
		table, 8*len(c.names[d]), c.codes(d), len(c.names[d]), fmt.Sprintf(c.load, table))
	return b.String()
}

// declaration is that of the function, in Go.
func (c *codeTable) declaration(d dtype) string {
	if c.codes(d) == "" {
		return ""
	}
	return fmt.Sprintf("\n// %[1]s are the addresses of kernels.\nfunc %[1]s() *[%[2]d]uintptr\n", c.codes(d), len(c.names[d]))
}

// finish makes the functions of the tables local to the assembly, with what the Go file
// says of them, and adds the tables.
func (c *codeTable) finish(asm, source []byte) (newAsm, newSource []byte) {
	s, g := string(asm), string(source)
	for _, d := range dtypes {
		for _, name := range c.names[d] {
			at := strings.Index(g, "\nfunc "+name+"(") + 1
			if at == 0 {
				panic("no declaration of " + name)
			}
			from := strings.LastIndex(g[:at], "\n\n") + 2
			to := at + strings.IndexByte(g[at:], '\n') + 1
			doc, _, _ := strings.Cut(g[from:at], "//\n//go:")
			g = g[:from] + strings.TrimPrefix(g[to:], "\n")
			if strings.HasPrefix(doc, "//go:") {
				doc = ""
			} else {
				doc += "//\n"
			}
			head := "// func " + name + "("
			if strings.Count(s, head) != 1 || strings.Count(s, "\nTEXT ·"+name+"(SB)") != 1 {
				panic("no single function " + name)
			}
			s = strings.Replace(s, head, doc+head, 1)
			s = strings.Replace(s, "\nTEXT ·"+name+"(SB)", "\nTEXT "+name+"<>(SB)", 1)
		}
	}
	for _, d := range dtypes {
		s += c.assembly(d)
		g += c.declaration(d)
	}
	return []byte(s), []byte(g)
}
