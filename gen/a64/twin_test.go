package a64

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var objdumpLine = regexp.MustCompile(`^  \S+:\d+\s+0x[0-9a-f]+\s+([0-9a-f]{8})\s+\S.*?// (.*?)\s*$`)

// assembled is one instruction as the Go assembler made it.
type assembled struct{ word, gnu string }

// goAssemble runs the Go assembler for arm64.
func goAssemble(t *testing.T, src []byte) (all []assembled) {
	t.Helper()
	root, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	s, o := filepath.Join(dir, "t.s"), filepath.Join(dir, "t.o")
	if err := os.WriteFile(s, src, 0o644); err != nil {
		t.Fatal(err)
	}
	asm := exec.Command("go", "tool", "asm", "-p", "t", "-I", filepath.Join(strings.TrimSpace(string(root)), "pkg", "include"), "-o", o, s)
	asm.Env = append(os.Environ(), "GOARCH=arm64", "GOOS=linux")
	if out, err := asm.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%.2000s", err, out)
	}
	out, err := exec.Command("go", "tool", "objdump", "-gnu", o).Output()
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range strings.Split(string(out), "\n") {
		if m := objdumpLine.FindStringSubmatch(line); m != nil {
			all = append(all, assembled{m[1], m[2]})
		}
	}
	return all
}

// TestGoWords: where the table has a Go spelling, the Go assembler makes the word
// of the table from it.
func TestGoWords(t *testing.T) {
	var src bytes.Buffer
	fmt.Fprintf(&src, "TEXT ·f(SB), 4, $0-0\n")
	var want []inst
	every(func(i inst) {
		if i.text != "" {
			fmt.Fprintf(&src, "\t%s\n", i.text)
			want = append(want, i)
		}
	})
	got := goAssemble(t, src.Bytes())
	if len(got) < len(want) || len(want) < 5000 {
		t.Fatalf("%d instructions, want %d", len(got), len(want))
	}
	for i, w := range want {
		if got[i].word != fmt.Sprintf("%08x", w.word) {
			t.Fatalf("%s is %s, the table says %08x (%s)", w.text, got[i].word, w.word, w.gnu)
		}
	}
	t.Logf("%d words", len(want))
}

// TestTwins: what has no word in the table is assembled by Go to what the emitter
// says in GNU syntax. Every method of Func that is not in the table is called here.
func TestTwins(t *testing.T) {
	file := NewFile()
	for _, a := range []Arr{S4, D2} {
		name := map[Arr]string{S4: "float32", D2: "float64"}[a]
		f := file.Func("twin"+name, "func(x *"+name+", n int, s "+name+") "+name, "")
		f.Arr = a
		f.Param("x", 1)
		f.Param("n", 25)
		f.ParamV("s", 31)
		f.Label("top")
		f.VMov(3, 30)
		f.Clear(17)
		f.VBytes(4, 0xFF)
		f.VBytes(5, 0x55)
		for i := 0; i < 16/int(a); i++ {
			f.Dup(1, 30, i)
			f.Ins(9, i, 28, 16/int(a)-1-i)
			f.UMov(24, 19, i)
			f.InsR(20, i, 17)
			f.LoadLane(21, i, 6)
			f.StoreLane(22, i, 7)
		}
		f.DupR(23, 16)
		for i := 0; i < 16; i++ {
			f.Ext(1, 2, 30, i)
		}
		for _, c := range []string{"eq", "ne", "lt", "le", "gt", "ge", "hs", "lo", "hi", "ls", "mi", "pl", "vs", "vc"} {
			f.Fcsel(c, 1, 2, 30)
			f.Csel(c, 1, 2, 25)
			f.BIf(c, "top")
		}
		f.Add(1, 2, 25)
		f.Sub(1, 2, 25)
		f.Subs(1, 2, 25)
		f.Mul(1, 2, 25)
		f.And(1, 2, 25)
		f.Orr(1, 2, 25)
		f.Eor(1, 2, 25)
		f.Madd(1, 2, 25, 16)
		f.Mov(4, 5)
		for _, x := range []int{0, 1, 4095} {
			f.AddI(1, 2, x)
			f.AddsI(1, 2, x)
			f.SubI(1, 2, x)
			f.SubsI(1, 2, x)
			f.CmpI(16, x)
		}
		f.MovI(7, 65535)
		for _, x := range []uint64{0, 1, 0x3f800000, 0x3eaaaaab, 0x3fb999999999999a, 0xffff000000000001, 1 << 63, 0x1234567800000000} {
			f.Const(8, x)
		}
		for _, bits := range []int{1, 7, 63} {
			f.Lsl(1, 2, bits)
			f.Lsr(1, 2, bits)
			f.Asr(1, 2, bits)
			f.AddLsl(1, 2, 25, bits)
			f.AndBits(1, 2, bits)
		}
		f.Cmp(1, 25)
		f.Cbz(1, "top")
		f.Cbnz(25, "top")
		f.Tbz(16, 31, "top")
		f.B("top")
		for _, bytes := range []int{4, 8, 16} {
			for _, off := range []int{0, bytes, 4095 * bytes, -256, 255} {
				f.Load(bytes, 31, 3, off)
				f.Store(bytes, 30, 4, off)
			}
			f.LoadX(bytes, 1, 2, 25)
			f.StoreX(bytes, 1, 2, 25)
			for _, inc := range []int{bytes, -bytes, 255} {
				f.LoadP(bytes, 31, 3, inc)
				f.StoreP(bytes, 30, 4, inc)
			}
		}
		for _, off := range []int{0, 16, -1024, 1008} {
			f.LoadPair(1, 30, 3, off)
			f.StorePair(31, 2, 4, off)
			f.LoadPairP(1, 30, 3, off)
			f.StorePairP(31, 2, 4, off)
		}
		for n := 1; n <= 4; n++ {
			f.Ld1P(n, 28, 3)
			f.Ld1X(n, 28, 3, 25)
			f.St1P(n, 28, 4)
		}
		f.Ld1R(9, 17)
		f.Prefetch(1, 0)
		f.Prefetch(25, 32760)
		f.SetParam(3, "n")
		f.ResultV(29)
		f.Ret()
	}
	src, _, err := file.Print("t")
	if err != nil {
		t.Fatal(err)
	}
	got := goAssemble(t, src)
	for _, f := range file.Funcs() {
		for _, want := range f.GNU("") {
			if strings.HasSuffix(want, ":") {
				continue
			}
			if len(got) == 0 || !SameTwin(got[0].gnu, want) {
				t.Fatalf("%s: Go assembles %v, the emitter says %q", f.Name, got[:min(1, len(got))], want)
			}
			got = got[1:]
		}
		for len(got) > 0 && (got[0].gnu == "nop" || got[0].word == "00000000") {
			got = got[1:] // padding
		}
	}
	if len(got) > 0 {
		t.Errorf("%d instructions more than the emitter says, from %v", len(got), got[0])
	}
}

// TestSameTwin: only the target of a branch is free.
func TestSameTwin(t *testing.T) {
	for _, c := range []struct {
		got, want string
		same      bool
	}{
		{"b.ne .+0x40", "b.ne loop", true}, {"b.eq .+0x40", "b.ne loop", false}, {"cbz x1, .+0x4", "cbz x1, done", true},
		{"cbz x2, .+0x4", "cbz x1, done", false}, {"tbz w1, #2, .+0x4", "tbz w1, #3, done", false}, {"b .-0x8", "b top", true},
		{"bsl v0.16b, v1.16b, v2.16b", "bsl v0.16b, v1.16b, v3.16b", false}, {"bic v0.16b, v1.16b, v2.16b", "bic v0.16b, v1.16b, v2.16b", true},
		{"orr x0, xzr, #0xff00ff", "mov x0, #0xff00ff", true}, {"orr x0, x1, x2", "orr x0, x1, x3", false}, {"ret", "b", false},
	} {
		if got := SameTwin(c.got, c.want); got != c.same {
			t.Errorf("%q, %q: %v", c.got, c.want, got)
		}
	}
}
