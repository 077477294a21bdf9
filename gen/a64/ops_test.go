package a64

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"golang.org/x/arch/arm64/arm64asm"
)

// every calls f with each instruction of the table in each of its arrangements,
// with every register in every field and every lane, shift and immediate.
func every(f func(inst)) {
	for _, a := range []Arr{S4, D2} {
		for _, o := range table {
			two := func(encode func(d, n V) inst) {
				for r := V(0); r < 32; r++ {
					f(encode(r, 1))
					f(encode(1, r))
					f(encode(r, r^31))
				}
			}
			three := func(encode func(d, n, m V) inst) {
				for r := V(0); r < 32; r++ {
					f(encode(r, 1, 2))
					f(encode(1, r, 2))
					f(encode(1, 2, r))
					f(encode(r, r^31, (r+7)&31))
				}
			}
			switch o := o.(type) {
			case Op3:
				if a == D2 && o.only4S {
					continue
				}
				three(func(d, n, m V) inst { return o.inst(a, d, n, m) })
			case OpMulLong:
				three(o.inst)
			case OpElem:
				for i := 0; i < 16/int(a); i++ {
					three(func(d, n, m V) inst { return o.inst(a, d, n, m, i) })
				}
			case Op2:
				two(func(d, n V) inst { return o.inst(a, d, n) })
			case OpZero:
				two(func(d, n V) inst { return o.inst(a, d, n) })
			case OpZeroI:
				two(func(d, n V) inst { return o.inst(a, d, n) })
			case OpAcross:
				if a == S4 {
					two(func(d, n V) inst { return o.inst(a, d, n) })
				}
			case OpPair:
				two(func(d, n V) inst { return o.inst(a, d, n) })
			case OpRight:
				for s := 1; s <= 8*int(a); s++ {
					two(func(d, n V) inst { return o.inst(a, d, n, s) })
				}
			case OpLeft:
				for s := 0; s < 8*int(a); s++ {
					two(func(d, n V) inst { return o.inst(a, d, n, s) })
				}
			case OpBits3:
				three(o.inst)
			case OpBits2:
				two(o.inst)
			case OpLong:
				if a == D2 && o.only4S {
					continue
				}
				two(func(d, n V) inst { return o.inst(a, d, n) })
			case Op3One:
				three(func(d, n, m V) inst { return o.inst(a, d, n, m) })
			case Op2One:
				two(func(d, n V) inst { return o.inst(a, d, n) })
			case OpMaddOne:
				three(func(d, n, m V) inst { return o.inst(a, d, n, m, (m+5)&31) })
				two(func(d, n V) inst { return o.inst(a, 3, 4, d, n) })
			case OpCmpOne:
				two(func(n, m V) inst { return o.inst(a, n, m) })
			default:
				panic(fmt.Sprintf("the test does not know %T", o))
			}
		}
		for i := 0; i < 256; i++ {
			for d := V(0); d < 32; d++ {
				f(fmovImm(a, d, immValue(byte(i))))
			}
		}
		f0 := NewFile().Func("f", "func()", "")
		for r := V(0); r < 32; r++ {
			for _, x := range []R{0, 1, 17, 25} {
				f0.LoadX(16, r, x, 2)
				f0.LoadX(16, r, 3, x)
				f0.StoreX(16, r, x, 2)
				f0.StoreX(16, r, 3, x)
			}
		}
		for _, l := range f0.lines {
			f(l.inst)
		}
	}
}

// TestTableDecodes: a decoder that is not ours reads every word as its comment.
func TestTableDecodes(t *testing.T) {
	words := 0
	every(func(i inst) {
		words++
		var b [4]byte
		binary.LittleEndian.PutUint32(b[:], i.word)
		d, err := arm64asm.Decode(b[:])
		if err != nil {
			t.Fatalf("%08x (%s): %v", i.word, i.gnu, err)
		}
		if got := arm64asm.GNUSyntax(d); !SameText(got, i.gnu) {
			t.Fatalf("%08x: %q, encoder says %q", i.word, got, i.gnu)
		}
	})
	t.Logf("%d words of %d instructions", words, len(table))
	if words < 20000 || len(table) < 110 {
		t.Errorf("only %d words of %d instructions", words, len(table))
	}
}

// TestTableAssembles: GNU as, where installed, gives the same words.
func TestTableAssembles(t *testing.T) {
	as, err := exec.LookPath("aarch64-linux-gnu-as")
	if err != nil {
		t.Skip("no aarch64-linux-gnu-as; TestTableDecodes covers every word")
	}
	var src bytes.Buffer
	var want []byte
	var text []string
	every(func(i inst) {
		fmt.Fprintln(&src, i.gnu)
		want = binary.LittleEndian.AppendUint32(want, i.word)
		text = append(text, i.gnu)
	})
	dir := t.TempDir()
	s, o, bin := filepath.Join(dir, "t.s"), filepath.Join(dir, "t.o"), filepath.Join(dir, "t.bin")
	if err := os.WriteFile(s, src.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command(as, "-o", o, s).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if out, err := exec.Command("aarch64-linux-gnu-objcopy", "-O", "binary", "-j", ".text", o, bin).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	got, err := os.ReadFile(bin)
	if err != nil {
		t.Fatal(err)
	}
	if len(got) < len(want) {
		t.Fatalf("%d bytes, want %d", len(got), len(want))
	}
	for i := range text {
		if g, w := binary.LittleEndian.Uint32(got[4*i:]), binary.LittleEndian.Uint32(want[4*i:]); g != w {
			t.Fatalf("%s: as %08x, encoder %08x", text[i], g, w)
		}
	}
	t.Logf("%d words", len(text))
}

// TestOutOfRange: what has no encoding panics.
func TestOutOfRange(t *testing.T) {
	begin := func() *Func { return NewFile().Func("f", "func(x *float32)", "") }
	for name, bad := range map[string]func(f *Func){
		"register 32":        func(f *Func) { f.V3(FADD, 32, 0, 0) },
		"register -1":        func(f *Func) { f.V3(FADD, 0, 0, -1) },
		"platform register":  func(f *Func) { f.Add(0, 18, 1) },
		"assembler register": func(f *Func) { f.Mov(27, 1) },
		"lane 4":             func(f *Func) { f.VElem(FMLAElem, 0, 1, 2, 4) },
		"lane 2 of .2d":      func(f *Func) { f.Arr = D2; f.VElem(FMLAElem, 0, 1, 2, 2) },
		"no .2d":             func(f *Func) { f.Arr = D2; f.V3(MUL, 0, 1, 2) },
		"no .2d across":      func(f *Func) { f.Arr = D2; f.VAcross(FMAXV, 0, 1) },
		"shift right by 0":   func(f *Func) { f.VRight(SSHR, 0, 1, 0) },
		"shift right by 33":  func(f *Func) { f.VRight(SSHR, 0, 1, 33) },
		"shift left by 32":   func(f *Func) { f.VLeft(SHL, 0, 1, 32) },
		"fmov of 0":          func(f *Func) { f.FMov(0, 0) },
		"fmov of 1/3":        func(f *Func) { f.FMov(0, 1./3) },
		"fmov of NaN":        func(f *Func) { f.FMov(0, math.NaN()) },
		"ldp at 1024":        func(f *Func) { f.LoadPair(0, 1, 0, 1024) },
		"ldp at -1040":       func(f *Func) { f.LoadPair(0, 1, 0, -1040) },
		"ldp at 8":           func(f *Func) { f.LoadPair(0, 1, 0, 8) },
		"ldp of one":         func(f *Func) { f.LoadPair(1, 1, 0, 0) },
		"stp at 1024":        func(f *Func) { f.StorePair(0, 1, 0, 1024) },
		"ldr at 65536":       func(f *Func) { f.Load(16, 0, 0, 65536) },
		"ldr at 257":         func(f *Func) { f.Load(8, 0, 0, 257) },
		"str at -257":        func(f *Func) { f.Store(4, 0, 0, -257) },
		"ldr of 2 bytes":     func(f *Func) { f.Load(2, 0, 0, 0) },
		"increment of 256":   func(f *Func) { f.LoadP(16, 0, 0, 256) },
		"prefetch at 4":      func(f *Func) { f.Prefetch(0, 4) },
		"add of 4096":        func(f *Func) { f.AddI(0, 0, 4096) },
		"add of -1":          func(f *Func) { f.AddI(0, 0, -1) },
		"mov of 65536":       func(f *Func) { f.MovI(0, 65536) },
		"tbz of bit 32":      func(f *Func) { f.Tbz(0, 32, "x") },
		"condition xx":       func(f *Func) { f.BIf("xx", "x") },
		"fcsel of al":        func(f *Func) { f.Fcsel("al", 0, 1, 2) },
		"csel of nothing":    func(f *Func) { f.Csel("", 0, 1, 2) },
		"insert to lane 4":   func(f *Func) { f.Ins(0, 4, 1, 0) },
		"move of lane -1":    func(f *Func) { f.UMov(0, 1, -1) },
		"load of lane 2":     func(f *Func) { f.Arr = D2; f.LoadLane(0, 2, 0) },
		"store of 5":         func(f *Func) { f.St1P(5, 0, 0) },
		"no result":          func(f *Func) { f.ResultV(0) },
		"alignment to 3":     func(f *Func) { f.Align(3) },
		"no such argument":   func(f *Func) { f.Param("y", 0) },
		"label twice":        func(f *Func) { f.Label("x"); f.Label("x") },
		"jump to nowhere":    func(f *Func) { f.B("x"); f.Ret(); f.check() },
		"no RET":             func(f *Func) { f.check() },
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if recover() == nil {
					t.Error("no panic")
				}
			}()
			bad(begin())
		})
	}
}
