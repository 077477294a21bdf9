// Package a64 writes arm64 NEON assembly for the Go assembler.
//
// An instruction is a typed value (FADD, FMLAElem, SSHR …) with its encoding. The
// emitter prints the Go mnemonic where Go 1.26 has one and otherwise
//
//	WORD $0x4e22d420 // fadd v0.4s, v1.4s, v2.4s
//
// which is what most floating-point instructions need. A new instruction is one
// line of the tables below; the tests of this package decode it with every
// register, lane and immediate. Operands are in GNU order, destination first.
// What cannot be encoded panics: the Go assembler would turn some of it silently
// into two instructions through R27.
package a64

import (
	"fmt"
	"math"
	"strings"
)

// R is an integer register. R18 (platform), R26 and up belong to others.
type R int

// V is a vector register; of Go's F and V names, which are the same registers,
// the emitter chooses the one that the mnemonic wants.
type V int

// Arr is the arrangement of a vector: four float32 or two float64.
type Arr int

// The arrangements.
const (
	S4 Arr = 4
	D2 Arr = 8
)

func (a Arr) gnu() string  { return map[Arr]string{S4: "4s", D2: "2d"}[a] }
func (a Arr) goS() string  { return map[Arr]string{S4: "S4", D2: "D2"}[a] }
func (a Arr) elem() string { return map[Arr]string{S4: "s", D2: "d"}[a] }

// bit is what distinguishes the .2D form of an encoding from the .4S form.
func (a Arr) bit() uint32 {
	if a == D2 {
		return 1 << 22
	}
	return 0
}

func (r R) ok() uint32 {
	if r < 0 || r > 25 || r == 18 {
		panic(fmt.Sprintf("a64: R%d is not free", int(r)))
	}
	return uint32(r)
}

func (v V) ok() uint32 {
	if v < 0 || v > 31 {
		panic(fmt.Sprintf("a64: no register V%d", int(v)))
	}
	return uint32(v)
}

// inst is an encoded instruction with its two spellings; text is empty where the
// Go assembler does not know it.
type inst struct {
	word uint32
	gnu  string
	text string
}

// op is what every instruction of the tables has.
type op struct {
	name   string // GNU
	goName string // of the Go assembler, or empty
	base   uint32 // .4S encoding
	only4S bool   // has no .2D form
}

func (o op) at(a Arr) uint32 {
	if a != S4 && a != D2 || a == D2 && o.only4S {
		panic(fmt.Sprintf("a64: %s has no form of %d-byte elements", o.name, int(a)))
	}
	return o.base | a.bit()
}

// Instructions by their operands.
type (
	Op3       struct{ op } // Vd.T, Vn.T, Vm.T
	OpElem    struct{ op } // Vd.T, Vn.T, Vm.E[i]
	Op2       struct{ op } // Vd.T, Vn.T
	OpMulLong struct{ op } // Vd.2D, Vn.2S, Vm.2S
	OpZero    struct{ op } // Vd.T, Vn.T, #0.0
	OpZeroI   struct{ op } // Vd.T, Vn.T, #0
	OpAcross  struct{ op } // Ed, Vn.4S
	OpPair    struct{ op } // Ed, Vn.2E
	OpRight   struct{ op } // Vd.T, Vn.T, #s: shifts right by 1 to the width
	OpLeft    struct{ op } // Vd.T, Vn.T, #s: shifts left by 0 to the width less 1
	OpBits3   struct{ op } // Vd.16B, Vn.16B, Vm.16B
	OpBits2   struct{ op } // Vd.16B, Vn.16B
	OpLong    struct{ op } // Vd.4S, Vn.4H or Vd.2D, Vn.2S; narrow forms the other way
)

func (o op) inst3(a Arr, d, n, m V) inst {
	t := a.gnu()
	return inst{
		o.at(a) | m.ok()<<16 | n.ok()<<5 | d.ok(),
		fmt.Sprintf("%s v%d.%s, v%d.%s, v%d.%s", o.name, d, t, n, t, m, t),
		o.native("V%d.%s, V%d.%s, V%d.%s", m, a.goS(), n, a.goS(), d, a.goS()),
	}
}

func (o Op3) inst(a Arr, d, n, m V) inst { return o.inst3(a, d, n, m) }

func (o OpElem) inst(a Arr, d, n, m V, i int) inst {
	t := a.gnu()
	return inst{
		o.at(a) | a.lane(i) | m.ok()<<16 | n.ok()<<5 | d.ok(),
		fmt.Sprintf("%s v%d.%s, v%d.%s, v%d.%s[%d]", o.name, d, t, n, t, m, a.elem(), i), "",
	}
}

func (o OpMulLong) inst(d, n, m V) inst {
	return inst{o.base | m.ok()<<16 | n.ok()<<5 | d.ok(), fmt.Sprintf("%s v%d.2d, v%d.2s, v%d.2s", o.name, d, n, m), ""}
}

// lane is the index of an element in the by-element encodings.
func (a Arr) lane(i int) uint32 {
	if i < 0 || i >= 16/int(a) {
		panic(fmt.Sprintf("a64: no lane %d of %s", i, a.gnu()))
	}
	if a == D2 {
		return uint32(i) << 11
	}
	return uint32(i&1)<<21 | uint32(i>>1)<<11
}

func (o Op2) inst(a Arr, d, n V) inst {
	t := a.gnu()
	return inst{
		o.at(a) | n.ok()<<5 | d.ok(),
		fmt.Sprintf("%s v%d.%s, v%d.%s", o.name, d, t, n, t), o.native("V%d.%s, V%d.%s", n, a.goS(), d, a.goS()),
	}
}

func (o OpZero) inst(a Arr, d, n V) inst {
	t := a.gnu()
	return inst{o.at(a) | n.ok()<<5 | d.ok(), fmt.Sprintf("%s v%d.%s, v%d.%s, #0.0", o.name, d, t, n, t), ""}
}

func (o OpZeroI) inst(a Arr, d, n V) inst {
	t := a.gnu()
	return inst{o.at(a) | n.ok()<<5 | d.ok(), fmt.Sprintf("%s v%d.%s, v%d.%s, #0", o.name, d, t, n, t), ""}
}

func (o OpAcross) inst(a Arr, d, n V) inst {
	return inst{o.at(a) | n.ok()<<5 | d.ok(), fmt.Sprintf("%s s%d, v%d.4s", o.name, d, n), ""}
}

func (o OpPair) inst(a Arr, d, n V) inst {
	return inst{o.at(a) | n.ok()<<5 | d.ok(), fmt.Sprintf("%s %s%d, v%d.2%s", o.name, a.elem(), d, n, a.elem()), ""}
}

func (o OpRight) inst(a Arr, d, n V, s int) inst {
	width := 8 * int(a)
	if s < 1 || s > width {
		panic(fmt.Sprintf("a64: %s by %d", o.name, s))
	}
	return o.shift(a, d, n, s, 2*width-s)
}

func (o OpLeft) inst(a Arr, d, n V, s int) inst {
	width := 8 * int(a)
	if s < 0 || s >= width {
		panic(fmt.Sprintf("a64: %s by %d", o.name, s))
	}
	return o.shift(a, d, n, s, width+s)
}

// shift: the position of the highest bit of the immediate gives the element size.
func (o op) shift(a Arr, d, n V, s, immediate int) inst {
	t := a.gnu()
	if o.only4S && a == D2 {
		o.at(a)
	}
	return inst{
		o.base | uint32(immediate)<<16 | n.ok()<<5 | d.ok(),
		fmt.Sprintf("%s v%d.%s, v%d.%s, #%d", o.name, d, t, n, t, s),
		o.native("$%d, V%d.%s, V%d.%s", s, n, a.goS(), d, a.goS()),
	}
}

func (o OpBits3) inst(d, n, m V) inst {
	gnu := fmt.Sprintf("%s v%d.16b, v%d.16b, v%d.16b", o.name, d, n, m)
	if o == ORR && n == m { // disassemblers call it so
		gnu = fmt.Sprintf("mov v%d.16b, v%d.16b", d, n)
	}
	return inst{o.base | m.ok()<<16 | n.ok()<<5 | d.ok(), gnu, o.native("V%d.B16, V%d.B16, V%d.B16", m, n, d)}
}

func (o OpBits2) inst(d, n V) inst {
	return inst{o.base | n.ok()<<5 | d.ok(), fmt.Sprintf("%s v%d.16b, v%d.16b", o.name, d, n), ""}
}

// inst of a length-changing conversion; a is the wide side. The names ending in 2
// use the upper half of the narrow register.
func (o OpLong) inst(a Arr, d, n V) inst {
	narrow := map[Arr]string{S4: "4h", D2: "2s"}[a]
	if strings.HasSuffix(o.name, "2") {
		narrow = map[Arr]string{S4: "8h", D2: "4s"}[a]
	}
	td, tn := a.gnu(), narrow
	if strings.HasPrefix(o.name, "fcvtn") || strings.HasPrefix(o.name, "xtn") {
		td, tn = narrow, a.gnu()
	}
	return inst{o.at(a) | n.ok()<<5 | d.ok(), fmt.Sprintf("%s v%d.%s, v%d.%s", o.name, d, td, n, tn), ""}
}

// native is the Go spelling, if there is one.
func (o op) native(format string, args ...any) string {
	if o.goName == "" {
		return ""
	}
	return o.goName + " " + fmt.Sprintf(format, args...)
}

// fmovImm sets every element of d to x, one of the 256 values ±n/16·2^e,
// 16 <= n <= 31, -3 <= e <= 4.
func fmovImm(a Arr, d V, x float64) inst {
	i, ok := imm8(x)
	if !ok {
		panic(fmt.Sprintf("a64: fmov has no immediate %v", x))
	}
	w := uint32(0x4F00F400)
	if a == D2 {
		w = 0x6F00F400
	}
	return inst{w | uint32(i>>5)<<16 | uint32(i&31)<<5 | d.ok(), fmt.Sprintf("fmov v%d.%s, #%v", d, a.gnu(), x), ""}
}

// imm8 finds the 8 bits of a floating-point immediate: sign, three of exponent,
// four of fraction.
func imm8(x float64) (byte, bool) {
	for i := 0; i < 256; i++ {
		if immValue(byte(i)) == x {
			return byte(i), true
		}
	}
	return 0, false
}

func immValue(i byte) float64 {
	e := int(i>>4&7 ^ 4) // 0..7 for 2^-3..2^4
	v := math.Ldexp(float64(16+i&15), e-3-4)
	if i&0x80 != 0 {
		v = -v
	}
	return v
}
