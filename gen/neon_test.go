package main

import (
	"encoding/binary"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/arch/arm64/arm64asm"

	"github.com/lanes-go/lanes/gen/a64"
)

var wordLine = regexp.MustCompile(`^\tWORD \$0x([0-9a-f]{8}) // (\S.*)$`)

// checkWords returns the number of WORDs in an assembly file, and an error if one
// is not what the comment beside it says.
func checkWords(src string) (int, error) {
	n := 0
	for i, line := range strings.Split(src, "\n") {
		if !strings.Contains(line, "WORD") {
			continue
		}
		m := wordLine.FindStringSubmatch(line)
		if m == nil {
			return n, fmt.Errorf("line %d: a WORD without its comment: %s", i+1, line)
		}
		w, err := strconv.ParseUint(m[1], 16, 32)
		if err != nil {
			return n, err
		}
		d, err := arm64asm.Decode(binary.LittleEndian.AppendUint32(nil, uint32(w)))
		if err != nil {
			return n, fmt.Errorf("line %d: %s: %w", i+1, line, err)
		}
		if got := arm64asm.GNUSyntax(d); !a64.SameText(got, m[2]) {
			return n, fmt.Errorf("line %d: %s is %q", i+1, line, got)
		}
		n++
	}
	return n, nil
}

func neonFiles(t *testing.T) []string {
	t.Helper()
	paths, err := filepath.Glob("../asm/*_neon_arm64.s")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no NEON files: %v", err)
	}
	return paths
}

// TestWordsDecode: every WORD of the committed files is what stands beside it.
func TestWordsDecode(t *testing.T) {
	total := 0
	for _, path := range neonFiles(t) {
		src, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		n, err := checkWords(string(src))
		if err != nil {
			t.Errorf("%s: %v", filepath.Base(path), err)
		}
		total += n
	}
	t.Logf("%d words", total)
	if total < 1000 {
		t.Errorf("only %d words", total)
	}
}

// TestWrongWordIsCaught: every bit of a multiply-add, and a comment left out.
func TestWrongWordIsCaught(t *testing.T) {
	const good = "\tWORD $0x4f821020 // fmla v0.4s, v1.4s, v2.s[0]\n"
	if n, err := checkWords(good); n != 1 || err != nil {
		t.Fatal(n, err)
	}
	for bit := range 32 {
		bad := strings.Replace(good, "4f821020", fmt.Sprintf("%08x", 0x4f821020^uint32(1)<<bit), 1)
		if _, err := checkWords(bad); err == nil {
			t.Errorf("bit %d: not caught", bit)
		}
	}
	for _, bad := range []string{"\tWORD $0x4f821020\n", "\tWORD $0x4f821020 // fmla v0.4s, v1.4s, v3.s[0]", "\tWORD $1333923872 // fmla v0.4s, v1.4s, v2.s[0]"} {
		if _, err := checkWords(bad); err == nil {
			t.Errorf("%q: not caught", bad)
		}
	}
}

var objdumpLine = regexp.MustCompile(`^  \S+:\d+\s+0x[0-9a-f]+\s+[0-9a-f]{8}\s+\S.*?// (.*?)\s*$`)

// TestTwins: what Go assembles from the committed files is, instruction by
// instruction, what the emitter says in GNU syntax. That covers the Go mnemonics
// and their order of operands as well as the WORDs.
func TestTwins(t *testing.T) {
	for _, family := range families {
		if _, err := family(); err != nil {
			t.Fatal(err)
		}
	}
	root, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		t.Fatal(err)
	}
	include := filepath.Join(strings.TrimSpace(string(root)), "pkg", "include")
	seen := map[string]bool{}
	for _, path := range neonFiles(t) {
		object := filepath.Join(t.TempDir(), "t.o")
		asm := exec.Command("go", "tool", "asm", "-p", "asm", "-I", include, "-o", object, path)
		asm.Env = append(os.Environ(), "GOARCH=arm64", "GOOS=linux")
		if out, err := asm.CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		out, err := exec.Command("go", "tool", "objdump", "-gnu", object).Output()
		if err != nil {
			t.Fatal(err)
		}
		var want []string
		name := ""
		for _, line := range strings.Split(string(out), "\n") {
			if rest, ok := strings.CutPrefix(line, "TEXT "); ok {
				if len(want) > 0 {
					t.Fatalf("%s: %d instructions missing, from %q", name, len(want), want[0])
				}
				name = strings.TrimPrefix(strings.Fields(rest)[0], "asm.")
				name = strings.TrimSuffix(name, "(SB)")
				name, _, _ = strings.Cut(name, "<")  // of a local function
				if strings.Contains(name, "Codes") { // returns a table, at an address yet to come
					name = ""
					continue
				}
				f := neonFuncs[name]
				if f == nil {
					t.Fatalf("no emitter writes %s", name)
				}
				seen[name] = true
				for _, l := range f.GNU("") {
					if !strings.HasSuffix(l, ":") && !strings.HasPrefix(l, ".p2align") {
						want = append(want, l)
					}
				}
				continue
			}
			m := objdumpLine.FindStringSubmatch(line)
			if m == nil || m[1] == "nop" || name == "" {
				continue // padding
			}
			if len(want) == 0 {
				t.Fatalf("%s: more than the emitter says: %s", name, line)
			}
			if !a64.SameTwin(m[1], want[0]) {
				t.Fatalf("%s: Go assembles %q, the emitter says %q", name, m[1], want[0])
			}
			want = want[1:]
		}
		if len(want) > 0 {
			t.Fatalf("%s: %d instructions missing", name, len(want))
		}
	}
	for name := range neonFuncs {
		if !seen[name] {
			t.Errorf("%s is in no file", name)
		}
	}
	t.Logf("%d functions", len(seen))
}
