package a64

// Three vectors.
var (
	FADD    = op3("fadd", 0x4E20D400)
	FSUB    = op3("fsub", 0x4EA0D400)
	FMUL    = op3("fmul", 0x6E20DC00)
	FDIV    = op3("fdiv", 0x6E20FC00)
	FMULX   = op3("fmulx", 0x4E20DC00)
	FABD    = op3("fabd", 0x6EA0D400)
	FMLA    = native3("fmla", "VFMLA", 0x4E20CC00)
	FMLS    = native3("fmls", "VFMLS", 0x4EA0CC00)
	FMAX    = op3("fmax", 0x4E20F400)
	FMIN    = op3("fmin", 0x4EA0F400)
	FMAXNM  = op3("fmaxnm", 0x4E20C400)
	FMINNM  = op3("fminnm", 0x4EA0C400)
	FADDP   = op3("faddp", 0x6E20D400)
	FMAXP   = op3("fmaxp", 0x6E20F400)
	FMINP   = op3("fminp", 0x6EA0F400)
	FMAXNMP = op3("fmaxnmp", 0x6E20C400)
	FMINNMP = op3("fminnmp", 0x6EA0C400)
	FCMEQ   = op3("fcmeq", 0x4E20E400)
	FCMGE   = op3("fcmge", 0x6E20E400)
	FCMGT   = op3("fcmgt", 0x6EA0E400)
	FACGE   = op3("facge", 0x6E20EC00)
	FACGT   = op3("facgt", 0x6EA0EC00)
	FRECPS  = op3("frecps", 0x4E20FC00)
	FRSQRTS = op3("frsqrts", 0x4EA0FC00)
	ADD     = native3("add", "VADD", 0x4EA08400)
	SUB     = native3("sub", "VSUB", 0x6EA08400)
	SMAX    = only4S(op3("smax", 0x4EA06400))
	SMIN    = only4S(op3("smin", 0x4EA06C00))
	MUL     = only4S(op3("mul", 0x4EA09C00))
	CMEQ    = native3("cmeq", "VCMEQ", 0x6EA08C00)
	CMGT    = op3("cmgt", 0x4EA03400)
	CMGE    = op3("cmge", 0x4EA03C00)
	SSHL    = op3("sshl", 0x4EA04400)
	USHL    = op3("ushl", 0x6EA04400)
	TRN1    = native3("trn1", "VTRN1", 0x4E802800)
	TRN2    = native3("trn2", "VTRN2", 0x4E806800)
	ZIP1    = native3("zip1", "VZIP1", 0x4E803800)
	ZIP2    = native3("zip2", "VZIP2", 0x4E807800)
	UZP1    = native3("uzp1", "VUZP1", 0x4E801800)
	UZP2    = native3("uzp2", "VUZP2", 0x4E805800)
)

// By element: the last operand is one element of a register. Go has none of them.
var (
	FMLAElem  = opElem("fmla", 0x4F801000)
	FMLSElem  = opElem("fmls", 0x4F805000)
	FMULElem  = opElem("fmul", 0x4F809000)
	FMULXElem = opElem("fmulx", 0x6F809000)
)

// Two vectors of short elements, the low halves, give one of long ones: 2S give 2D.
var UMULL = opMulLong("umull", 0x2EA0C000)

// Two vectors.
var (
	FABS    = op2("fabs", 0x4EA0F800)
	FNEG    = op2("fneg", 0x6EA0F800)
	FSQRT   = op2("fsqrt", 0x6EA1F800)
	FRECPE  = op2("frecpe", 0x4EA1D800)
	FRSQRTE = op2("frsqrte", 0x6EA1D800)
	NEG     = op2("neg", 0x6EA0B800)
	ABS     = op2("abs", 0x4EA0B800)
	FCVTZS  = op2("fcvtzs", 0x4EA1B800)
	FCVTZU  = op2("fcvtzu", 0x6EA1B800)
	FCVTNS  = op2("fcvtns", 0x4E21A800)
	FCVTAS  = op2("fcvtas", 0x4E21C800)
	SCVTF   = op2("scvtf", 0x4E21D800)
	UCVTF   = op2("ucvtf", 0x6E21D800)
	FRINTN  = op2("frintn", 0x4E218800)
	FRINTM  = op2("frintm", 0x4E219800)
	FRINTP  = op2("frintp", 0x4EA18800)
	FRINTZ  = op2("frintz", 0x4EA19800)
	FRINTA  = op2("frinta", 0x6E218800)
)

// Comparisons with zero.
var (
	FCMGT0 = opZero("fcmgt", 0x4EA0C800)
	FCMGE0 = opZero("fcmge", 0x6EA0C800)
	FCMEQ0 = opZero("fcmeq", 0x4EA0D800)
	FCMLE0 = opZero("fcmle", 0x6EA0D800)
	FCMLT0 = opZero("fcmlt", 0x4EA0E800)
	CMGT0  = opZeroI("cmgt", 0x4EA08800)
	CMGE0  = opZeroI("cmge", 0x6EA08800)
	CMEQ0  = opZeroI("cmeq", 0x4EA09800)
	CMLT0  = opZeroI("cmlt", 0x4EA0A800)
)

// One element from all of a vector, or from a pair.
var (
	FMAXV    = opAcross("fmaxv", 0x6E30F800)
	FMINV    = opAcross("fminv", 0x6EB0F800)
	FMAXNMV  = opAcross("fmaxnmv", 0x6E30C800)
	FMINNMV  = opAcross("fminnmv", 0x6EB0C800)
	FADDPAIR = opPair("faddp", 0x7E30D800)
	FMAXPAIR = opPair("fmaxp", 0x7E30F800)
	FMINPAIR = opPair("fminp", 0x7EB0F800)
)

// Shifts.
var (
	SSHR  = opRight("sshr", "", 0x4F000400)
	SRSHR = opRight("srshr", "", 0x4F002400)
	USHR  = opRight("ushr", "VUSHR", 0x6F000400)
	SHL   = opLeft("shl", "VSHL", 0x4F005400)
)

// Bits.
var (
	BIC = bits3("bic", "", 0x4E601C00)
	ORN = bits3("orn", "", 0x4EE01C00)
	AND = bits3("and", "VAND", 0x4E201C00)
	ORR = bits3("orr", "VORR", 0x4EA01C00)
	EOR = bits3("eor", "VEOR", 0x6E201C00)
	BSL = bits3("bsl", "VBSL", 0x6E601C00)
	BIT = bits3("bit", "VBIT", 0x6EA01C00)
	BIF = bits3("bif", "VBIF", 0x6EE01C00)
	MVN = bits2("mvn", 0x6E205800)
)

// Conversions between neighbouring widths, by the arrangement of the wide side.
var (
	FCVTL  = opLong("fcvtl", 0x0E217800)
	FCVTL2 = opLong("fcvtl2", 0x4E217800)
	FCVTN  = opLong("fcvtn", 0x0E216800)
	FCVTN2 = opLong("fcvtn2", 0x4E216800)
	UXTL   = long4S(opLong("uxtl", 0x2F10A400))
	UXTL2  = long4S(opLong("uxtl2", 0x6F10A400))
	XTN    = long4S(opLong("xtn", 0x0E612800))
	XTN2   = long4S(opLong("xtn2", 0x4E612800))
)

// table lists every instruction above for the tests, as the function of its kind
// that encodes it.
var table []any

func listed[O any](o O) O {
	table = append(table, o)
	return o
}

func op3(name string, base uint32) Op3 { return listed(Op3{op{name: name, base: base}}) }
func native3(name, goName string, base uint32) Op3 {
	return listed(Op3{op{name: name, goName: goName, base: base}})
}
func opMulLong(name string, base uint32) OpMulLong {
	return listed(OpMulLong{op{name: name, base: base}})
}
func opElem(name string, base uint32) OpElem   { return listed(OpElem{op{name: name, base: base}}) }
func op2(name string, base uint32) Op2         { return listed(Op2{op{name: name, base: base}}) }
func opZero(name string, base uint32) OpZero   { return listed(OpZero{op{name: name, base: base}}) }
func opZeroI(name string, base uint32) OpZeroI { return listed(OpZeroI{op{name: name, base: base}}) }
func opPair(name string, base uint32) OpPair   { return listed(OpPair{op{name: name, base: base}}) }
func opLong(name string, base uint32) OpLong   { return listed(OpLong{op{name: name, base: base}}) }
func bits2(name string, base uint32) OpBits2   { return listed(OpBits2{op{name: name, base: base}}) }
func opAcross(name string, base uint32) OpAcross {
	return listed(OpAcross{op{name: name, base: base, only4S: true}})
}
func opRight(name, goName string, base uint32) OpRight {
	return listed(OpRight{op{name: name, goName: goName, base: base}})
}
func opLeft(name, goName string, base uint32) OpLeft {
	return listed(OpLeft{op{name: name, goName: goName, base: base}})
}
func bits3(name, goName string, base uint32) OpBits3 {
	return listed(OpBits3{op{name: name, goName: goName, base: base}})
}

// long4S is only4S.
func long4S(o OpLong) OpLong {
	o.only4S = true
	table[len(table)-1] = o
	return o
}

// only4S marks an instruction just listed as one without a .2D form.
func only4S(o Op3) Op3 {
	o.only4S = true
	table[len(table)-1] = o
	return o
}
