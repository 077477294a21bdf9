package a64

import (
	"fmt"
	"strings"
)

// Instructions on one element, in the low end of a register; the rest of the
// destination becomes zero. Go has them all, under names that end in the type.
type (
	Op3One    struct{ op } // Ed, En, Em
	Op2One    struct{ op } // Ed, En
	OpMaddOne struct{ op } // Ed, En, Em, Ea
	OpCmpOne  struct{ op } // En, Em; sets the flags
)

var (
	FADD1   = op3One("fadd", "FADD", 0x1E202800)
	FSUB1   = op3One("fsub", "FSUB", 0x1E203800)
	FMUL1   = op3One("fmul", "FMUL", 0x1E200800)
	FDIV1   = op3One("fdiv", "FDIV", 0x1E201800)
	FNMUL1  = op3One("fnmul", "FNMUL", 0x1E208800)
	FMAX1   = op3One("fmax", "FMAX", 0x1E204800)
	FMIN1   = op3One("fmin", "FMIN", 0x1E205800)
	FMAXNM1 = op3One("fmaxnm", "FMAXNM", 0x1E206800)
	FMINNM1 = op3One("fminnm", "FMINNM", 0x1E207800)

	FMOV1   = op2One("fmov", "FMOV", 0x1E204000)
	FABS1   = op2One("fabs", "FABS", 0x1E20C000)
	FNEG1   = op2One("fneg", "FNEG", 0x1E214000)
	FSQRT1  = op2One("fsqrt", "FSQRT", 0x1E21C000)
	FRINTN1 = op2One("frintn", "FRINTN", 0x1E244000)
	FRINTP1 = op2One("frintp", "FRINTP", 0x1E24C000)
	FRINTM1 = op2One("frintm", "FRINTM", 0x1E254000)
	FRINTZ1 = op2One("frintz", "FRINTZ", 0x1E25C000)
	FRINTA1 = op2One("frinta", "FRINTA", 0x1E264000)

	FMADD1  = opMaddOne("fmadd", "FMADD", 0x1F000000)   // a + n*m
	FMSUB1  = opMaddOne("fmsub", "FMSUB", 0x1F008000)   // a - n*m
	FNMADD1 = opMaddOne("fnmadd", "FNMADD", 0x1F200000) // -a - n*m
	FNMSUB1 = opMaddOne("fnmsub", "FNMSUB", 0x1F208000) // n*m - a

	FCMP1  = opCmpOne("fcmp", "FCMP", 0x1E202000)
	FCMPE1 = opCmpOne("fcmpe", "FCMPE", 0x1E202010)
)

func op3One(name, goName string, base uint32) Op3One {
	return listed(Op3One{op{name: name, goName: goName, base: base}})
}
func op2One(name, goName string, base uint32) Op2One {
	return listed(Op2One{op{name: name, goName: goName, base: base}})
}
func opMaddOne(name, goName string, base uint32) OpMaddOne {
	return listed(OpMaddOne{op{name: name, goName: goName, base: base}})
}
func opCmpOne(name, goName string, base uint32) OpCmpOne {
	return listed(OpCmpOne{op{name: name, goName: goName, base: base}})
}

// one spells registers for GNU and for Go, which wants them in the other order.
func (o op) one(a Arr, word uint32, regs ...V) inst {
	var gnu, text []string
	for i := range regs {
		gnu = append(gnu, fmt.Sprintf("%s%d", a.elem(), regs[i]))
		text = append(text, fmt.Sprintf("F%d", regs[len(regs)-1-i]))
	}
	return inst{
		o.at(a) | word, o.name + " " + strings.Join(gnu, ", "),
		o.goName + strings.ToUpper(a.elem()) + " " + strings.Join(text, ", "),
	}
}

func (o Op3One) inst(a Arr, d, n, m V) inst {
	return o.one(a, m.ok()<<16|n.ok()<<5|d.ok(), d, n, m)
}

func (o Op2One) inst(a Arr, d, n V) inst { return o.one(a, n.ok()<<5|d.ok(), d, n) }

func (o OpMaddOne) inst(s Arr, d, n, m, a V) inst {
	i := o.one(s, a.ok()<<10|m.ok()<<16|n.ok()<<5|d.ok(), d, n, m, a)
	e := strings.ToUpper(s.elem())
	i.text = fmt.Sprintf("%s%s F%d, F%d, F%d, F%d", o.goName, e, m, a, n, d)
	return i
}

func (o OpCmpOne) inst(a Arr, n, m V) inst { return o.one(a, m.ok()<<16|n.ok()<<5, n, m) }

func (f *Func) One3(o Op3One, d, n, m V)        { f.add(o.inst(f.Arr, d, n, m)) }
func (f *Func) One2(o Op2One, d, n V)           { f.add(o.inst(f.Arr, d, n)) }
func (f *Func) Madd1(o OpMaddOne, d, n, m, a V) { f.add(o.inst(f.Arr, d, n, m, a)) }
func (f *Func) Cmp1(o OpCmpOne, n, m V)         { f.add(o.inst(f.Arr, n, m)) }

// Fcsel is d = n if the condition holds, else m.
func (f *Func) Fcsel(cond string, d, n, m V) {
	e := f.Arr.elem()
	f.goInst(fmt.Sprintf("fcsel %s%d, %s%d, %s%d, %s", e, d, e, n, e, m, condition(cond)),
		"FCSEL%s %s, F%d, F%d, F%d", strings.ToUpper(e), strings.ToUpper(cond), n.ok(), m.ok(), d.ok())
}

// Moves of elements. Lane i of a register, or an integer register, of which the
// low end of an element's size counts.

// Ins sets lane i of d to lane j of n.
func (f *Func) Ins(d V, i int, n V, j int) {
	a := f.Arr
	a.lane(i)
	a.lane(j)
	e := a.elem()
	f.goInst(fmt.Sprintf("mov v%d.%s[%d], v%d.%s[%d]", d, e, i, n, e, j),
		"VMOV V%d.%s[%d], V%d.%s[%d]", n.ok(), strings.ToUpper(e), j, d.ok(), strings.ToUpper(e), i)
}

// UMov sets d to the bits of lane i of n.
func (f *Func) UMov(d R, n V, i int) {
	f.Arr.lane(i)
	e := f.Arr.elem()
	f.goInst(fmt.Sprintf("mov %s%d, v%d.%s[%d]", f.Arr.reg(), d, n, e, i), "VMOV V%d.%s[%d], R%d", n.ok(), strings.ToUpper(e), i, d.ok())
}

// InsR sets lane i of d.
func (f *Func) InsR(d V, i int, n R) {
	f.Arr.lane(i)
	e := f.Arr.elem()
	f.goInst(fmt.Sprintf("mov v%d.%s[%d], %s%d", d, e, i, f.Arr.reg(), n), "VMOV R%d, V%d.%s[%d]", n.ok(), d.ok(), strings.ToUpper(e), i)
}

// DupR sets every element of d.
func (f *Func) DupR(d V, n R) {
	a := f.Arr
	f.goInst(fmt.Sprintf("dup v%d.%s, %s%d", d, a.gnu(), a.reg(), n), "VDUP R%d, V%d.%s", n.ok(), d.ok(), a.goS())
}

// reg is the letter of an integer register of the size of an element.
func (a Arr) reg() string { return map[Arr]string{S4: "w", D2: "x"}[a] }

// VBytes sets every byte of d to b.
func (f *Func) VBytes(d V, b byte) {
	f.goInst(fmt.Sprintf("movi v%d.16b, #0x%x", d, b), "VMOVI $%d, V%d.B16", b, d.ok())
}
