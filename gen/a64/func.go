package a64

import (
	"fmt"
	"strings"
)

// Func is a function in the making. Arr is the arrangement of its vector
// instructions; it may change between them.
type Func struct {
	Name string
	Arr  Arr

	file   *File
	lines  []line
	labels map[string]bool // defined
	wanted map[string]bool // jumped to
	done   bool            // ends in RET
}

// line is an instruction or a label.
type line struct {
	inst
	label string
}

func (f *Func) add(i inst) {
	f.lines = append(f.lines, line{inst: i})
	f.done = i.text == "RET"
}

// goInst adds an instruction that the Go assembler knows.
func (f *Func) goInst(gnu, format string, args ...any) {
	f.add(inst{gnu: gnu, text: fmt.Sprintf(format, args...)})
}

// check panics if the function is not whole.
func (f *Func) check() {
	if !f.done {
		panic("a64: " + f.Name + " does not end in RET")
	}
	for l := range f.wanted {
		if !f.labels[l] {
			panic("a64: " + f.Name + " jumps to " + l + ", which is nowhere")
		}
	}
}

// GNU is the function in the syntax of the GNU and LLVM assemblers, from label
// from on (or all of it) to the next branch back to it: what models and other
// assemblers are shown is what is built.
func (f *Func) GNU(from string) []string {
	var out []string
	on := from == ""
	for _, l := range f.lines {
		if l.label == from && from != "" {
			on = true
		}
		switch {
		case !on:
		case l.label != "":
			out = append(out, l.label+":")
		default:
			out = append(out, l.gnu)
			if from != "" && strings.HasPrefix(l.gnu, "b") && strings.HasSuffix(l.gnu, " "+from) {
				return out
			}
		}
	}
	return out
}

// Label names the next instruction.
func (f *Func) Label(name string) {
	if f.labels[name] {
		panic("a64: " + f.Name + ": label " + name + " twice")
	}
	f.labels[name] = true
	f.lines = append(f.lines, line{label: name})
	f.done = false
}

// Vector instructions: V3(FADD, d, n, m) is FADD on vectors of Arr's elements.

func (f *Func) V3(o Op3, d, n, m V)              { f.add(o.inst(f.Arr, d, n, m)) }
func (f *Func) VElem(o OpElem, d, n, m V, i int) { f.add(o.inst(f.Arr, d, n, m, i)) }
func (f *Func) VMulLong(o OpMulLong, d, n, m V)  { f.add(o.inst(d, n, m)) }
func (f *Func) V2(o Op2, d, n V)                 { f.add(o.inst(f.Arr, d, n)) }
func (f *Func) VZero(o OpZero, d, n V)           { f.add(o.inst(f.Arr, d, n)) }
func (f *Func) VZeroI(o OpZeroI, d, n V)         { f.add(o.inst(f.Arr, d, n)) }
func (f *Func) VAcross(o OpAcross, d, n V)       { f.add(o.inst(f.Arr, d, n)) }
func (f *Func) VPair(o OpPair, d, n V)           { f.add(o.inst(f.Arr, d, n)) }
func (f *Func) VRight(o OpRight, d, n V, s int)  { f.add(o.inst(f.Arr, d, n, s)) }
func (f *Func) VLeft(o OpLeft, d, n V, s int)    { f.add(o.inst(f.Arr, d, n, s)) }
func (f *Func) VBits3(o OpBits3, d, n, m V)      { f.add(o.inst(d, n, m)) }
func (f *Func) VBits2(o OpBits2, d, n V)         { f.add(o.inst(d, n)) }
func (f *Func) VLong(o OpLong, d, n V)           { f.add(o.inst(f.Arr, d, n)) }

// HasFMov reports whether x is an immediate of FMov: ±n/16·2^e, 16 <= n <= 31,
// -3 <= e <= 4.
func HasFMov(x float64) bool { _, ok := imm8(x); return ok }

// FMov sets every element of d to an immediate.
func (f *Func) FMov(d V, x float64) { f.add(fmovImm(f.Arr, d, x)) }

// VMov copies a whole register.
func (f *Func) VMov(d, n V) {
	f.goInst(fmt.Sprintf("mov v%d.16b, v%d.16b", d, n), "VMOV V%d.B16, V%d.B16", n.ok(), d.ok())
}

// Clear sets d to zero.
func (f *Func) Clear(d V) {
	f.goInst(fmt.Sprintf("movi v%d.16b, #0x0", d), "VMOVI $0, V%d.B16", d.ok())
}

// Dup sets every element of d to element i of n.
func (f *Func) Dup(d, n V, i int) {
	a := f.Arr
	a.lane(i)
	e := strings.ToUpper(a.elem())
	f.goInst(fmt.Sprintf("dup v%d.%s, v%d.%s[%d]", d, a.gnu(), n, a.elem(), i),
		"VDUP V%d.%s[%d], V%d.%s", n.ok(), e, i, d.ok(), a.goS())
}

// Ext sets d to the 16 bytes that begin at byte i of n followed by m.
func (f *Func) Ext(d, n, m V, i int) {
	if i < 0 || i > 15 {
		panic(fmt.Sprintf("a64: ext by %d", i))
	}
	f.goInst(fmt.Sprintf("ext v%d.16b, v%d.16b, v%d.16b, #%d", d, n, m, i),
		"VEXT $%d, V%d.B16, V%d.B16, V%d.B16", i, m.ok(), n.ok(), d.ok())
}

// Integer instructions, all on 64 bits; those ending in I take an immediate.

func (f *Func) reg3(gnu, goName string, d, n, m R) {
	f.goInst(fmt.Sprintf("%s x%d, x%d, x%d", gnu, d, n, m), "%s R%d, R%d, R%d", goName, m.ok(), n.ok(), d.ok())
}

func (f *Func) imm3(gnu, goName string, d, n R, x int) {
	if x < 0 || x > 4095 {
		panic(fmt.Sprintf("a64: %s of %d", gnu, x))
	}
	f.goInst(fmt.Sprintf("%s x%d, x%d, #0x%x", gnu, d, n, x), "%s $%d, R%d, R%d", goName, x, n.ok(), d.ok())
}

func (f *Func) Add(d, n, m R)        { f.reg3("add", "ADD", d, n, m) }
func (f *Func) Sub(d, n, m R)        { f.reg3("sub", "SUB", d, n, m) }
func (f *Func) Subs(d, n, m R)       { f.reg3("subs", "SUBS", d, n, m) }
func (f *Func) Mul(d, n, m R)        { f.reg3("mul", "MUL", d, n, m) }
func (f *Func) And(d, n, m R)        { f.reg3("and", "AND", d, n, m) }
func (f *Func) Orr(d, n, m R)        { f.reg3("orr", "ORR", d, n, m) }
func (f *Func) Eor(d, n, m R)        { f.reg3("eor", "EOR", d, n, m) }
func (f *Func) AddI(d, n R, x int)   { f.imm3("add", "ADD", d, n, x) }
func (f *Func) AddsI(d, n R, x int)  { f.imm3("adds", "ADDS", d, n, x) }
func (f *Func) SubI(d, n R, x int)   { f.imm3("sub", "SUB", d, n, x) }
func (f *Func) SubsI(d, n R, x int)  { f.imm3("subs", "SUBS", d, n, x) }
func (f *Func) Lsl(d, n R, bits int) { f.shiftI("lsl", "LSL", d, n, bits) }
func (f *Func) Lsr(d, n R, bits int) { f.shiftI("lsr", "LSR", d, n, bits) }
func (f *Func) Asr(d, n R, bits int) { f.shiftI("asr", "ASR", d, n, bits) }

func (f *Func) shiftI(gnu, goName string, d, n R, bits int) {
	if bits < 1 || bits > 63 {
		panic(fmt.Sprintf("a64: %s by %d", gnu, bits))
	}
	f.goInst(fmt.Sprintf("%s x%d, x%d, #%d", gnu, d, n, bits), "%s $%d, R%d, R%d", goName, bits, n.ok(), d.ok())
}

// AddLsl is d = n + m<<bits.
func (f *Func) AddLsl(d, n, m R, bits int) {
	if bits < 1 || bits > 63 {
		panic(fmt.Sprintf("a64: add with a shift by %d", bits))
	}
	f.goInst(fmt.Sprintf("add x%d, x%d, x%d, lsl #%d", d, n, m, bits), "ADD R%d<<%d, R%d, R%d", m.ok(), bits, n.ok(), d.ok())
}

// Madd is d = a + n*m.
func (f *Func) Madd(d, n, m, a R) {
	f.goInst(fmt.Sprintf("madd x%d, x%d, x%d, x%d", d, n, m, a), "MADD R%d, R%d, R%d, R%d", m.ok(), a.ok(), n.ok(), d.ok())
}

func (f *Func) Mov(d, n R) {
	f.goInst(fmt.Sprintf("mov x%d, x%d", d, n), "MOVD R%d, R%d", n.ok(), d.ok())
}

// MovI sets d to x, 0 <= x < 65536.
func (f *Func) MovI(d R, x int) {
	if x < 0 || x > 65535 {
		panic(fmt.Sprintf("a64: mov of %d", x))
	}
	gnu := fmt.Sprintf("mov x%d, #0x%x", d, x)
	if x == 0 {
		gnu = fmt.Sprintf("mov x%d, xzr", d)
	}
	f.goInst(gnu, "MOVD $%d, R%d", x, d.ok())
}

// Const sets d to any x, 16 bits an instruction.
func (f *Func) Const(d R, x uint64) {
	first := true
	for shift := 0; shift < 64; shift += 16 {
		part := x >> shift & 0xFFFF
		switch {
		case part == 0:
		case first:
			f.goInst(fmt.Sprintf("mov x%d, #0x%x", d, part<<shift), "MOVZ $(%d<<%d), R%d", part, shift, d.ok())
			first = false
		default:
			f.goInst(fmt.Sprintf("movk x%d, #0x%x, lsl #%d", d, part, shift), "MOVK $(%d<<%d), R%d", part, shift, d.ok())
		}
	}
	if first {
		f.MovI(d, 0)
	}
}

// Csel is d = n if the condition holds, else m.
func (f *Func) Csel(cond string, d, n, m R) {
	f.goInst(fmt.Sprintf("csel x%d, x%d, x%d, %s", d, n, m, condition(cond)),
		"CSEL %s, R%d, R%d, R%d", strings.ToUpper(cond), n.ok(), m.ok(), d.ok())
}

// AndBits is d = n mod 2^bits.
func (f *Func) AndBits(d, n R, bits int) {
	if bits < 1 || bits > 63 {
		panic(fmt.Sprintf("a64: and of %d bits", bits))
	}
	f.goInst(fmt.Sprintf("and x%d, x%d, #0x%x", d, n, uint64(1)<<bits-1), "AND $%d, R%d, R%d", uint64(1)<<bits-1, n.ok(), d.ok())
}

func (f *Func) CmpI(n R, x int) {
	if x < 0 || x > 4095 {
		panic(fmt.Sprintf("a64: cmp with %d", x))
	}
	f.goInst(fmt.Sprintf("cmp x%d, #0x%x", n, x), "CMP $%d, R%d", x, n.ok())
}

func (f *Func) Cmp(n, m R) {
	f.goInst(fmt.Sprintf("cmp x%d, x%d", n, m), "CMP R%d, R%d", m.ok(), n.ok())
}

// condition checks the name of a condition and returns the one that disassemblers
// use.
func condition(cond string) string {
	if !strings.Contains(" eq ne lt le gt ge hs lo hi ls mi pl vs vc ", " "+cond+" ") {
		panic("a64: no condition " + cond)
	}
	switch cond {
	case "hs":
		return "cs"
	case "lo":
		return "cc"
	}
	return cond
}

// Branches.

func (f *Func) target(label string) string { f.wanted[label] = true; return label }

func (f *Func) B(label string) { f.goInst("b "+label, "JMP %s", f.target(label)) }

// BIf branches on a condition, in lower case: signed lt, le, gt, ge; unsigned lo, ls,
// hi, hs; eq, ne. After a comparison of floats mi is less, ls less or equal, gt and
// ge what they say, all false of NaN, and vs is that one is NaN.
func (f *Func) BIf(cond, label string) {
	f.goInst("b."+condition(cond)+" "+label, "B%s %s", strings.ToUpper(cond), f.target(label))
}

func (f *Func) Cbz(r R, label string) {
	f.goInst(fmt.Sprintf("cbz x%d, %s", r, label), "CBZ R%d, %s", r.ok(), f.target(label))
}

func (f *Func) Cbnz(r R, label string) {
	f.goInst(fmt.Sprintf("cbnz x%d, %s", r, label), "CBNZ R%d, %s", r.ok(), f.target(label))
}

// Tbz branches if bit b of r is 0.
func (f *Func) Tbz(r R, b int, label string) {
	if b < 0 || b > 31 {
		panic(fmt.Sprintf("a64: tbz of bit %d", b))
	}
	f.goInst(fmt.Sprintf("tbz w%d, #%d, %s", r, b, label), "TBZ $%d, R%d, %s", b, r.ok(), f.target(label))
}

func (f *Func) Ret() { f.goInst("ret", "RET") }

// Align aligns the next instruction to n bytes.
func (f *Func) Align(n int) {
	bits := map[int]int{8: 3, 16: 4, 32: 5, 64: 6}[n]
	if bits == 0 {
		panic(fmt.Sprintf("a64: alignment to %d", n))
	}
	f.goInst(fmt.Sprintf(".p2align %d", bits), "PCALIGN $%d", n)
}
