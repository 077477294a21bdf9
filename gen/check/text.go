package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// asmFunc is one TEXT block of a Go assembly file.
type asmFunc struct {
	name     string
	requires []string  // of the Requires comment
	lines    []asmLine // instructions and labels, comments removed
}

type asmLine struct {
	number int
	text   string
}

var textLine = regexp.MustCompile(`^TEXT\s+(?:[^·]*·)?(\w+)(?:<>)?\(SB\)`)

// parseAsm splits a Go assembly file into its functions.
func parseAsm(src string) []asmFunc {
	var funcs []asmFunc
	var requires []string
	for i, line := range strings.Split(src, "\n") {
		if r, ok := strings.CutPrefix(line, "// Requires: "); ok {
			requires = strings.Split(strings.TrimSpace(r), ", ")
			continue
		}
		line, _, _ = strings.Cut(line, "//")
		line = strings.TrimSpace(line)
		if m := textLine.FindStringSubmatch(line); m != nil {
			funcs = append(funcs, asmFunc{name: m[1], requires: requires})
			requires = nil
			continue
		}
		if line == "" || line[0] == '#' || len(funcs) == 0 || strings.HasPrefix(line, "DATA") || strings.HasPrefix(line, "GLOBL") {
			continue
		}
		f := &funcs[len(funcs)-1]
		for _, instr := range strings.Split(line, ";") {
			f.lines = append(f.lines, asmLine{i + 1, strings.TrimSpace(instr)})
		}
	}
	return funcs
}

var (
	// What only EVEX encodes: the registers and suffixes of AVX-512.
	evexOperand = regexp.MustCompile(`\b(Z([0-9]|[12][0-9]|3[01])|K[0-7]|[XY](1[6-9]|2[0-9]|3[01]))\b|^\w+\.(\w+\.)*(Z|BCST|SAE|R[NDUZ]_SAE)\b`)
	upperHalf   = regexp.MustCompile(`\b[YZ]([0-9]|[12][0-9]|3[01])\b`)
	vectorReg   = regexp.MustCompile(`\b[XYZ]([0-9]|[12][0-9]|3[01])\b`)
	tailJump    = regexp.MustCompile(`^JMP\s+[A-Z0-9]+$`)
	leaves      = regexp.MustCompile(`^(CALL|J[A-Z]+)\s+.*\(SB\)`)
)

// checkAsm returns what is wrong with the functions of an amd64 file of the given
// instruction set, whose table is used where every feature of gate is present.
func checkAsm(file, isa, src string, gate []string) []string {
	var bad []string
	funcs := parseAsm(src)
	if len(funcs) == 0 {
		return []string{file + ": no function in it"}
	}
	for _, f := range funcs {
		say := func(line int, format string, args ...any) {
			bad = append(bad, fmt.Sprintf("%s:%d: %s: %s", file, line, f.name, fmt.Sprintf(format, args...)))
		}
		if len(f.lines) == 0 {
			say(0, "empty")
			continue
		}
		first := f.lines[0].number
		if want := strings.ToUpper(isa); !strings.HasSuffix(f.name, want) {
			say(first, "the name does not end in %s", want)
		}
		upper, vector, returns := false, false, 0
		for _, l := range f.lines {
			upper = upper || upperHalf.MatchString(l.text)
			vector = vector || vectorReg.MatchString(l.text)
			if isa == "avx2" && evexOperand.MatchString(l.text) {
				say(l.number, "AVX-512 in an AVX2 function: %s", l.text)
			}
			if leaves.MatchString(l.text) {
				say(l.number, "leaves the function other than by RET: %s", l.text)
			}
		}
		for i, l := range f.lines {
			if i > 0 && tailJump.MatchString(l.text) && len(f.lines) == 2 {
				returns++ // a trampoline: the function it goes to returns
			}
			if l.text != "RET" {
				continue
			}
			returns++
			if upper && (i == 0 || f.lines[i-1].text != "VZEROUPPER") {
				say(l.number, "RET without VZEROUPPER before it")
			}
		}
		if returns == 0 {
			say(first, "no RET")
		}
		if vector && len(f.requires) == 0 {
			say(first, "no Requires comment")
		}
		for _, r := range f.requires {
			if !slices.Contains(gate, r) {
				say(first, "requires %s, but its table asks the CPU for %s only", r, strings.Join(gate, ", "))
			}
		}
	}
	return bad
}

// implied lists what a CPU with AVX2 is known to have: AVX and the SSE levels by
// definition, the rest of amd64's baseline. MMX+ is avo's word for what SSE added
// to MMX, prefetches among it.
var implied = []string{"SSE", "SSE2", "SSE3", "SSSE3", "SSE4.1", "SSE4.2", "AVX", "CMOV", "MMX", "MMX+"}

// readGates reads from the dispatch code which features the two tables ask for:
// the arguments of the calls of Supports, of which the second adds to the first.
func readGates(path string) (map[string][]string, error) {
	tree, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
	if err != nil {
		return nil, err
	}
	var asked [][]string
	ast.Inspect(tree, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok {
			return true
		}
		if sel, ok := call.Fun.(*ast.SelectorExpr); ok && sel.Sel.Name == "Supports" {
			var names []string
			for _, a := range call.Args {
				names = append(names, a.(*ast.SelectorExpr).Sel.Name)
			}
			asked = append(asked, names)
		}
		return true
	})
	if len(asked) != 2 || !slices.Contains(asked[0], "AVX2") || !slices.Contains(asked[1], "AVX512F") {
		return nil, fmt.Errorf("%s: want two calls of Supports, for AVX2 and for AVX-512; found %v", path, asked)
	}
	gates := map[string][]string{"avx2": slices.Concat(implied, asked[0])}
	gates["avx512"] = slices.Concat(gates["avx2"], asked[1])
	return gates, nil
}

// facesName are the files of jumps to kernels and of their addresses.
var facesName = regexp.MustCompile(`^(faces|random)_(amd64|arm64)\.s$`)

var asmName = regexp.MustCompile(`^[a-z0-9]+_(avx2|avx512|neon)_(amd64|arm64)\.s$`)

// checkText checks every assembly file of the kernels. That each is what the
// generator writes is the generator's own check, and the words of the NEON files
// are decoded by its tests.
func checkText(root string, _ []string) error {
	gates, err := readGates(filepath.Join(root, "asm", "arch_amd64.go"))
	if err != nil {
		return err
	}
	paths, err := filepath.Glob(filepath.Join(root, "asm", "*.s"))
	if err != nil {
		return err
	}
	var bad []string
	seen := map[string]int{}
	for _, path := range paths {
		if facesName.MatchString(filepath.Base(path)) {
			src, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			if r := vectorReg.FindString(string(src)); r != "" && strings.HasSuffix(path, "_amd64.s") {
				bad = append(bad, filepath.Base(path)+": uses "+r+", whose instruction set no table gates")
			}
			continue
		}
		m := asmName.FindStringSubmatch(filepath.Base(path))
		if m == nil {
			bad = append(bad, filepath.Base(path)+": not named <family>_<isa>_<arch>.s")
			continue
		}
		seen[m[1]]++
		if m[2] != "amd64" {
			continue
		}
		src, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		bad = append(bad, checkAsm("asm/"+filepath.Base(path), m[1], string(src), gates[m[1]])...)
	}
	for _, isa := range []string{"avx2", "avx512", "neon"} {
		if seen[isa] == 0 {
			bad = append(bad, "no assembly for "+isa)
		}
	}
	if err := report(bad); err != nil {
		return err
	}
	fmt.Printf("text: %d files\n", len(paths))
	return nil
}
