package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// fuseTarget is a target on which the compiler may turn x*y + z into one
// instruction, and what such an instruction is called by its disassembler.
type fuseTarget struct {
	name  string
	env   []string
	fused *regexp.Regexp
	gnu   bool // go tool objdump knows no VEX: GNU objdump reads it
}

var fuseTargets = []fuseTarget{
	{"arm64", []string{"GOARCH=arm64"}, regexp.MustCompile(`^FN?M(ADD|SUB)[SDH]$`), false},
	{"riscv64", []string{"GOARCH=riscv64"}, regexp.MustCompile(`^FN?M(ADD|SUB)[SDHQ]$`), false},
	{"s390x", []string{"GOARCH=s390x"}, regexp.MustCompile(`^(FM(ADD|SUB)S?|M[AS][ED]B?R?|[VW]FN?M[AS]([SDX]B)?)$`), false},
	{"ppc64le", []string{"GOARCH=ppc64le"}, regexp.MustCompile(`^(FN?M(ADD|SUB)S?(CC)?|X[SV]N?M(ADD|SUB)[AM]\w*)$`), false},
	{"loong64", []string{"GOARCH=loong64"}, regexp.MustCompile(`^FN?M(ADD|SUB)[FD]$`), false},
	{"amd64.v3", []string{"GOARCH=amd64", "GOAMD64=v3"}, regexp.MustCompile(`^vfn?m(add|sub)`), true},
}

// position is a line of a source file, by its full path.
type position struct {
	file string
	line int
}

func (p position) String() string { return fmt.Sprintf("%s:%d", p.file, p.line) }

var goText = regexp.MustCompile(`^TEXT (\S.*)\(SB\) ?(.*)$`)

// codeLine is one instruction with the innermost source line it comes from.
type codeLine struct {
	symbol, textFile string // the function it stands in, and that one's file
	base             string // file name without its folder
	line             int
	addr, mnemonic   string
}

// parseGo reads the output of go tool objdump.
func parseGo(out []byte, each func(codeLine)) {
	var symbol, file string
	lines := bufio.NewScanner(bytes.NewReader(out))
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		text := lines.Text()
		if strings.HasPrefix(text, "TEXT ") {
			if m := goText.FindStringSubmatch(text); m != nil {
				symbol, file = m[1], m[2]
			}
		} else if c, ok := parseInstr(text); ok {
			c.symbol, c.textFile = symbol, file
			each(c)
		}
	}
}

// parseInstr reads a line of an instruction, file:line, address, bytes and text, which
// tabs part. There are millions of them.
func parseInstr(text string) (c codeLine, ok bool) {
	next := func() (field string) {
		text = strings.TrimLeft(text, " \t")
		if i := strings.IndexByte(text, '\t'); i >= 0 {
			field, text = text[:i], text[i:]
		} else {
			field, text = text, ""
		}
		return field
	}
	if text == "" || text[0] != ' ' && text[0] != '\t' {
		return c, false
	}
	var num string
	if c.base, num, ok = cutLast(next(), ":"); !ok {
		return c, false
	}
	if c.line, ok = atoi(num); !ok {
		return c, false
	}
	if c.addr, ok = strings.CutPrefix(next(), "0x"); !ok {
		return c, false
	}
	next()
	c.mnemonic, _, _ = strings.Cut(strings.TrimLeft(text, " \t"), " ")
	return c, c.mnemonic != ""
}

func atoi(s string) (n int, ok bool) {
	n, err := strconv.Atoi(s)
	return n, err == nil
}

// ours tells the functions worth reading: of this module and of main packages.
func ours(symbol string) bool {
	return strings.HasPrefix(symbol, module) || strings.HasPrefix(symbol, "main.")
}

// fusedIn returns where a binary has fused multiply-adds inside our functions.
// each, if not nil, sees every instruction (not where GNU objdump is used).
func fusedIn(t fuseTarget, path string, each func(codeLine)) ([]position, error) {
	var addrs []string
	if t.gnu {
		out, err := gnuObjdump(path)
		if err != nil {
			return nil, err
		}
		parseGNU(out, ours, func(in instr) {
			if t.fused.MatchString(in.mnemonic) {
				addrs = append(addrs, in.addr)
			}
		})
	} else {
		out, err := command(".", nil, "go", "tool", "objdump", "-s", `^(`+regexp.QuoteMeta(module)+`|main\.)`, path)
		if err != nil {
			return nil, err
		}
		parseGo(out, func(c codeLine) {
			if t.fused.MatchString(c.mnemonic) {
				addrs = append(addrs, c.addr)
			}
			if each != nil {
				each(c)
			}
		})
	}
	return addr2line(path, addrs)
}

// addr2line resolves addresses to their innermost source lines.
func addr2line(path string, addrs []string) ([]position, error) {
	if len(addrs) == 0 {
		return nil, nil
	}
	cmd := exec.Command("go", "tool", "addr2line", path)
	cmd.Stdin = strings.NewReader("0x" + strings.Join(addrs, "\n0x") + "\n")
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("addr2line %s: %w", path, err)
	}
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	if len(lines) != 2*len(addrs) { // a line of function, a line of position
		return nil, fmt.Errorf("addr2line %s: %d lines for %d addresses", path, len(lines), len(addrs))
	}
	var at []position
	for i := 1; i < len(lines); i += 2 {
		file, num, ok := cutLast(lines[i], ":")
		n, err := strconv.Atoi(num)
		if !ok || err != nil {
			return nil, fmt.Errorf("addr2line %s: %q", path, lines[i])
		}
		at = append(at, position{file, n})
	}
	return at, nil
}

func cutLast(s, sep string) (before, after string, ok bool) {
	i := strings.LastIndex(s, sep)
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+len(sep):], true
}

// unasked keeps the positions where nobody asked for a fused multiply-add: not
// in assembly, not in tests, not on a line that is a call of math.FMA and no sum
// beside. Each is listed once.
func unasked(at []position) ([]position, error) {
	var bad []position
	for _, p := range at {
		if strings.HasSuffix(p.file, ".s") || strings.HasSuffix(p.file, "_test.go") || slices.Contains(bad, p) {
			continue
		}
		asked, err := asksForFMA(p)
		if err != nil {
			return nil, err
		}
		if !asked {
			bad = append(bad, p)
		}
	}
	return bad, nil
}

// checkPlanted fails unless exactly the lines marked FUSED in the planted program
// are found in it, compiled for the target.
func checkPlanted(t fuseTarget, tmp string) error {
	binary := filepath.Join(tmp, "planted."+t.name)
	dir, err := filepath.Abs("check/testdata/fused")
	if err != nil {
		return err
	}
	if _, err := command(dir, append(t.env, "GOWORK=off"), "go", "build", "-o", binary, "."); err != nil {
		return err
	}
	at, err := fusedIn(t, binary, nil)
	if err != nil {
		return err
	}
	found, err := unasked(at)
	if err != nil {
		return err
	}
	file := filepath.Join(dir, "main.go")
	src, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	var want []position
	for i, line := range strings.Split(string(src), "\n") {
		if strings.HasSuffix(line, "// FUSED") {
			want = append(want, position{file, i + 1})
		}
	}
	slices.SortFunc(found, func(a, b position) int { return a.line - b.line })
	if len(want) == 0 || !slices.Equal(found, want) {
		return fmt.Errorf("the planted program: found %v, want %v", found, want)
	}
	return nil
}

// checkFuse builds every program and every test binary of the workspace, and those of
// gonumblas, for each target and looks for fused multiply-adds nobody asked for. Arguments, if any,
// name the targets.
func checkFuse(root string, names []string) error {
	tmp, err := os.MkdirTemp("", "lanes-fuse")
	if err != nil {
		return err
	}
	defer os.RemoveAll(tmp)
	var bad []string
	for _, t := range fuseTargets {
		if len(names) > 0 && !slices.Contains(names, t.name) {
			continue
		}
		t.env = append(t.env, "GOOS=linux", "CGO_ENABLED=0", "GOWORK=") // found from the root
		if err := checkPlanted(t, tmp); err != nil {
			return errors.Join(report(bad), fmt.Errorf("%s: %w", t.name, err))
		}
		binaries, err := buildAll(t, root, filepath.Join(tmp, t.name))
		if err != nil {
			return errors.Join(report(bad), err)
		}
		var all []position
		seen := newInstances()
		see := seen.see
		if t.name != "arm64" {
			see = nil
		}
		for _, b := range binaries {
			at, err := fusedIn(t, b, see)
			if err != nil {
				return err
			}
			all = append(all, at...)
		}
		asked := len(all)
		wrong, err := unasked(all)
		if err != nil {
			return err
		}
		for _, p := range wrong {
			bad = append(bad, fmt.Sprintf("%s: %v: fused multiply-add; write the product with a conversion", t.name, p))
		}
		if t.name == "arm64" { // which bodies are compiled does not depend on the target
			missing, err := seen.missing(root, t.name)
			if err != nil {
				return err
			}
			bad = append(bad, missing...)
		}
		fmt.Printf("fuse: %s: %d binaries, %d fused multiply-adds, %d nobody asked for\n", t.name, len(binaries), asked, len(wrong))
		if err := os.RemoveAll(filepath.Join(tmp, t.name)); err != nil {
			return err
		}
	}
	return report(bad)
}

// buildAll builds the programs and test binaries of the workspace, and the test binary
// of gonumblas, into dir.
func buildAll(t fuseTarget, root, dir string) ([]string, error) {
	programs := filepath.Join(dir, "programs") + string(filepath.Separator)
	if err := os.MkdirAll(programs, 0o755); err != nil {
		return nil, err
	}
	if _, err := command(root, t.env, "go", "build", "-o", programs, "./...", "./cmd/..."); err != nil {
		return nil, err
	}
	bin := filepath.Join(dir, "tests") + string(filepath.Separator)
	if _, err := command(root, t.env, "go", "test", "-c", "-o", bin, "./...", "./cmd/..."); err != nil {
		return nil, err
	}
	if _, err := command(filepath.Join(root, "gonumblas"), append(t.env, "GOWORK=off"), "go", "test", "-c", "-o", bin, "."); err != nil {
		return nil, err
	}
	tests, err := filepath.Glob(bin + "*")
	if err != nil {
		return nil, err
	}
	mains, err := filepath.Glob(programs + "*")
	if err != nil {
		return nil, err
	}
	if len(tests) == 0 || len(mains) == 0 {
		return nil, fmt.Errorf("%s: %d test binaries, %d programs", t.name, len(tests), len(mains))
	}
	return append(tests, mains...), nil
}
