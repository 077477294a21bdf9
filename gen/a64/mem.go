package a64

import (
	"fmt"
	"strings"
)

// Loads and stores of the low 4, 8 or 16 bytes of a vector register; a load sets
// the rest of the register to zero. The number of bytes is the first argument.

func width(bytes int) (goName, gnu string) {
	switch bytes {
	case 4:
		return "FMOVS", "s"
	case 8:
		return "FMOVD", "d"
	case 16:
		return "FMOVQ", "q"
	}
	panic(fmt.Sprintf("a64: no load of %d bytes", bytes))
}

// offset checks that a single load or store can encode off, as a multiple of its
// size up to 4095 or any number of -256..255, and returns the GNU mnemonic.
func offset(bytes, off int) string {
	if off >= 0 && off%bytes == 0 && off <= 4095*bytes {
		return "r"
	}
	if off >= -256 && off <= 255 {
		return "ur"
	}
	panic(fmt.Sprintf("a64: offset %d in a load of %d bytes", off, bytes))
}

// at spells a base and an offset for Go and GNU.
func at(base R, off int) (goText, gnu string) {
	base.ok()
	if off == 0 {
		return fmt.Sprintf("(R%d)", base), fmt.Sprintf("[x%d]", base)
	}
	return fmt.Sprintf("%d(R%d)", off, base), fmt.Sprintf("[x%d, #%d]", base, off)
}

func (f *Func) Load(bytes int, v V, base R, off int) {
	name, t := width(bytes)
	m, g := at(base, off)
	f.goInst(fmt.Sprintf("ld%s %s%d, %s", offset(bytes, off), t, v, g), "%s %s, F%d", name, m, v.ok())
}

func (f *Func) Store(bytes int, v V, base R, off int) {
	name, t := width(bytes)
	m, g := at(base, off)
	f.goInst(fmt.Sprintf("st%s %s%d, %s", offset(bytes, off), t, v, g), "%s F%d, %s", name, v.ok(), m)
}

// LoadX and StoreX take the sum of two registers as the address.
func (f *Func) LoadX(bytes int, v V, base, index R) {
	name, t := width(bytes)
	gnu := fmt.Sprintf("ldr %s%d, [x%d, x%d]", t, v, base, index)
	if bytes == 16 {
		f.add(inst{word: 0x3CE06800 | index.ok()<<16 | base.ok()<<5 | v.ok(), gnu: gnu})
		return
	}
	f.goInst(gnu, "%s (R%d)(R%d), F%d", name, base.ok(), index.ok(), v.ok())
}

func (f *Func) StoreX(bytes int, v V, base, index R) {
	name, t := width(bytes)
	gnu := fmt.Sprintf("str %s%d, [x%d, x%d]", t, v, base, index)
	if bytes == 16 {
		f.add(inst{word: 0x3CA06800 | index.ok()<<16 | base.ok()<<5 | v.ok(), gnu: gnu})
		return
	}
	f.goInst(gnu, "%s F%d, (R%d)(R%d)", name, v.ok(), base.ok(), index.ok())
}

// LoadP and StoreP add inc to the base afterwards.
func (f *Func) LoadP(bytes int, v V, base R, inc int) {
	name, t := width(bytes)
	increment(inc)
	f.goInst(fmt.Sprintf("ldr %s%d, [x%d], #%d", t, v, base, inc), "%s.P %d(R%d), F%d", name, inc, base.ok(), v.ok())
}

func (f *Func) StoreP(bytes int, v V, base R, inc int) {
	name, t := width(bytes)
	increment(inc)
	f.goInst(fmt.Sprintf("str %s%d, [x%d], #%d", t, v, base, inc), "%s.P F%d, %d(R%d)", name, v.ok(), inc, base.ok())
}

func increment(inc int) {
	if inc < -256 || inc > 255 || inc == 0 {
		panic(fmt.Sprintf("a64: increment by %d", inc))
	}
}

func pairOffset(off int) {
	if off%16 != 0 || off < -1024 || off > 1008 {
		panic(fmt.Sprintf("a64: offset %d of a pair", off))
	}
}

// LoadPair and StorePair move two whole registers.
func (f *Func) LoadPair(v, w V, base R, off int) {
	pairOffset(off)
	if v == w {
		panic("a64: pair of one register")
	}
	m, g := at(base, off)
	f.goInst(fmt.Sprintf("ldp q%d, q%d, %s", v, w, g), "FLDPQ %s, (F%d, F%d)", m, v.ok(), w.ok())
}

func (f *Func) StorePair(v, w V, base R, off int) {
	pairOffset(off)
	m, g := at(base, off)
	f.goInst(fmt.Sprintf("stp q%d, q%d, %s", v, w, g), "FSTPQ (F%d, F%d), %s", v.ok(), w.ok(), m)
}

// LoadPairP and StorePairP add inc to the base afterwards.
func (f *Func) LoadPairP(v, w V, base R, inc int) {
	pairOffset(inc)
	if v == w {
		panic("a64: pair of one register")
	}
	f.goInst(fmt.Sprintf("ldp q%d, q%d, [x%d], #%d", v, w, base, inc), "FLDPQ.P %d(R%d), (F%d, F%d)", inc, base.ok(), v.ok(), w.ok())
}

func (f *Func) StorePairP(v, w V, base R, inc int) {
	pairOffset(inc)
	f.goInst(fmt.Sprintf("stp q%d, q%d, [x%d], #%d", v, w, base, inc), "FSTPQ.P (F%d, F%d), %d(R%d)", v.ok(), w.ok(), inc, base.ok())
}

// list spells n registers from v on for Go and GNU.
func (f *Func) list(n int, v V) (goText, gnu string) {
	if n < 1 || n > 4 || v < 0 || int(v)+n > 32 {
		panic(fmt.Sprintf("a64: list of %d registers from V%d", n, v))
	}
	var gs, us []string
	for i := 0; i < n; i++ {
		gs = append(gs, fmt.Sprintf("V%d.%s", int(v)+i, f.Arr.goS()))
		us = append(us, fmt.Sprintf("v%d.%s", int(v)+i, f.Arr.gnu()))
	}
	return "[" + strings.Join(gs, ", ") + "]", "{" + strings.Join(us, ", ") + "}"
}

// Ld1P loads n registers from v on and adds their bytes to the base.
func (f *Func) Ld1P(n int, v V, base R) {
	g, u := f.list(n, v)
	f.goInst(fmt.Sprintf("ld1 %s, [x%d], #%d", u, base, 16*n), "VLD1.P %d(R%d), %s", 16*n, base.ok(), g)
}

// Ld1X loads n registers from v on and adds step to the base.
func (f *Func) Ld1X(n int, v V, base, step R) {
	g, u := f.list(n, v)
	f.goInst(fmt.Sprintf("ld1 %s, [x%d], x%d", u, base, step), "VLD1.P (R%d)(R%d), %s", base.ok(), step.ok(), g)
}

// St1P stores n registers from v on and adds their bytes to the base.
func (f *Func) St1P(n int, v V, base R) {
	g, u := f.list(n, v)
	f.goInst(fmt.Sprintf("st1 %s, [x%d], #%d", u, base, 16*n), "VST1.P %s, %d(R%d)", g, 16*n, base.ok())
}

// LoadLane and StoreLane move one lane; a load leaves the other lanes.
func (f *Func) LoadLane(v V, i int, base R) {
	f.Arr.lane(i)
	e := f.Arr.elem()
	f.goInst(fmt.Sprintf("ld1 {v%d.%s}[%d], [x%d]", v, e, i, base), "VLD1 (R%d), V%d.%s[%d]", base.ok(), v.ok(), strings.ToUpper(e), i)
}

func (f *Func) StoreLane(v V, i int, base R) {
	f.Arr.lane(i)
	e := f.Arr.elem()
	f.goInst(fmt.Sprintf("st1 {v%d.%s}[%d], [x%d]", v, e, i, base), "VST1 V%d.%s[%d], (R%d)", v.ok(), strings.ToUpper(e), i, base.ok())
}

// Ld1R sets every element of v to the one at the base.
func (f *Func) Ld1R(v V, base R) {
	g, u := f.list(1, v)
	f.goInst(fmt.Sprintf("ld1r %s, [x%d]", u, base), "VLD1R (R%d), %s", base.ok(), g)
}

// Prefetch asks for the cache line at base + off.
func (f *Func) Prefetch(base R, off int) {
	if off < 0 || off%8 != 0 || off > 32760 {
		panic(fmt.Sprintf("a64: prefetch at %d", off))
	}
	m, g := at(base, off)
	f.goInst("prfm pldl1keep, "+g, "PRFM %s, PLDL1KEEP", m)
}

// Param loads an integer or pointer argument. The frame is empty, so arguments
// begin one word above the stack pointer.
func (f *Func) Param(name string, r R) {
	m := f.file.param(name)
	f.goInst(fmt.Sprintf("ldr x%d, [sp, #%d]", r, m.Disp+8), "MOVD %s, R%d", m.Asm(), r.ok())
}

// ParamV loads a floating-point argument of Arr's element type.
func (f *Func) ParamV(name string, v V) {
	m := f.file.param(name)
	op, t := width(int(f.Arr))
	f.goInst(fmt.Sprintf("ldr %s%d, [sp, #%d]", t, v, m.Disp+8), "%s %s, F%d", op, m.Asm(), v.ok())
}

// ResultV stores a floating-point result of Arr's element type.
func (f *Func) ResultV(v V) {
	m := f.file.result()
	op, t := width(int(f.Arr))
	f.goInst(fmt.Sprintf("str %s%d, [sp, #%d]", t, v, m.Disp+8), "%s F%d, %s", op, v.ok(), m.Asm())
}

// SetParam stores an integer to the slot of an argument.
func (f *Func) SetParam(r R, name string) {
	m := f.file.param(name)
	f.goInst(fmt.Sprintf("str x%d, [sp, #%d]", r, m.Disp+8), "MOVD R%d, %s", r.ok(), m.Asm())
}
