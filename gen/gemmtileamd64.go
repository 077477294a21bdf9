package main

import (
	"fmt"

	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// gemmTile emits the tile kernel of one width: tiles of h rows by nv vectors of columns,
// over mt tiles of rows and np panels of columns. The sums of every height have code of
// their own; what comes before and after is shared, and goes from row to row until it
// has done as many as there are.
type gemmTile struct {
	*amd64File
	h, nv     int    // h: where code is shared, the greatest
	pre       string // before the labels of the height in hand
	fixed     bool   // code for h rows, not for up to h
	nb        int    // registers for vectors of B
	col       bool   // in the loop that reads A by columns
	masked    bool
	pack      bool // B is copied to Pack on the way
	maskTable operand.Mem
}

// Registers of a tile kernel.
var (
	gC      = reg.RDI // tile of C
	gB      = reg.RSI // row of B
	gBRow   = reg.R8  // bytes between rows of B
	gAStr   = reg.R9  // bytes between rows of A, or columns where it is read by them
	gAStr3  = reg.R10
	gA0     = reg.RAX
	gA2     = reg.RBX
	gA7     = reg.RCX
	gK      = reg.RDX
	gNP     = reg.R11
	gT      = reg.R12
	gLDC    = reg.R13
	gBPanel = reg.R15
	gG      = reg.R14
	gAhead  = reg.RBP // bytes from a row of B to the one to fetch
	gPack   = reg.RBX // row of the copy of B, by columns
	gFetch  = reg.RBX // bytes from a row of C to fetch to the next, by columns
	gPack0  = reg.RCX // its panel
	gHeight = reg.RSI // before and after the sums: rows of the tile
	gLeft   = reg.RAX // and rows still to do
	kFull   = reg.K3
	kTail   = reg.K2
	kMask   = reg.K1
)

// rowAddr are the addresses of 16 rows by three bases, 0, 2 and 7 rows down.
var rowAddr = [16]struct {
	base  int
	three bool
	scale uint8
}{
	{0, false, 0}, {0, false, 1}, {0, false, 2}, {0, true, 1}, {0, false, 4}, {2, true, 1}, {0, true, 2}, {7, false, 0},
	{0, false, 8}, {7, false, 2}, {2, false, 8}, {7, false, 4}, {0, true, 4}, {7, true, 2}, {2, true, 4}, {7, false, 8},
}

// rowMem is the address of row i with the given base and stride registers.
func rowMem(i, disp int, base map[int]reg.GPPhysical, str, str3 reg.GPPhysical) operand.Mem {
	r := rowAddr[i]
	m := operand.Mem{Base: base[r.base], Disp: disp}
	if r.scale > 0 {
		m.Index, m.Scale = str, r.scale
		if r.three {
			m.Index = str3
		}
	}
	return m
}

func (t *gemmTile) acc(i, j int) reg.VecPhysical { return t.vec(i*t.nv + j) }
func (t *gemmTile) b(j int) reg.VecPhysical      { return t.vec(t.h0() + j) }

// h0 is the first register after the accumulators.
func (t *gemmTile) h0() int { return t.h * t.nv }

// tmp are the registers after the B vectors; AVX2 tail kernels keep their mask in
// the last.
func (t *gemmTile) tmps() []reg.VecPhysical {
	n := t.isa.nregs
	if t.isa == avx2 && t.masked {
		n--
	}
	var r []reg.VecPhysical
	for i := t.h0() + t.nb; i < n && len(r) < 4; i++ {
		r = append(r, t.vec(i))
	}
	return r
}

// load and store move column vector j of a row; the last goes through the mask.
func (t *gemmTile) load(m operand.Mem, j int, v reg.VecPhysical) {
	switch {
	case !t.masked || j < t.nv-1:
		t.op("VMOVU", m, v)
	case t.isa == avx512:
		t.raw(map[int]string{4: "VMOVUPS_Z", 8: "VMOVUPD_Z"}[t.d.size], m, kMask, v)
	default:
		t.op("VMASKMOV", m, t.vec(15), v)
	}
}

func (t *gemmTile) store(v reg.VecPhysical, j int, m operand.Mem) {
	switch {
	case !t.masked || j < t.nv-1:
		t.op("VMOVU", v, m)
	case t.isa == avx512:
		t.op("VMOVU", v, kMask, m)
	default:
		t.op("VMASKMOV", v, t.vec(15), m)
	}
}

// panels loads the number of panels.
func (t *gemmTile) panels(r reg.GPPhysical) {
	t.Load(t.Param("cols"), r)
	t.SHRQ(operand.Imm(gemmPanelsBit), r)
}

// height loads the number of rows of a tile.
func (t *gemmTile) height(r reg.GPPhysical) {
	t.Load(t.Param("cols"), r)
	t.SHRQ(operand.Imm(gemmHeightBit), r)
	t.MOVBQZX(r.As8(), r)
}

// Label and jump give every height labels of its own. All meet at out.
func (t *gemmTile) Label(label string)    { t.amd64File.Label(t.own(label)) }
func (t *gemmTile) jump(op, label string) { t.amd64File.jump(op, t.own(label)) }

func (t *gemmTile) own(label string) string {
	if label == "out" {
		return label
	}
	return t.pre + label
}

// eachHeight emits code for every height, which ends in a jump, and the way from here
// to that of the tile's: a search among a few branches, which are foreseen. It spoils r.
func (t *gemmTile) eachHeight(r reg.GPPhysical, low, high int, code func()) {
	t.height(r)
	name := func(h int) string { return fmt.Sprintf("height%d", h) }
	var search func(low, high int)
	search = func(low, high int) {
		if low == high {
			t.jump("JMP", name(low))
			return
		}
		mid := (low + high + 1) / 2
		below := fmt.Sprintf("below%d", mid)
		t.CMPQ(r, imm(mid))
		if mid-1 == low {
			t.jump("JLT", name(low))
		} else {
			t.jump("JLT", below)
		}
		search(mid, high)
		if mid-1 > low {
			t.Label(below)
			search(low, mid-1)
		}
	}
	search(low, high)
	for h := low; h <= high; h++ {
		t.Label(name(h))
		t.h, t.pre = h, fmt.Sprintf("h%d", h)
		code()
		t.pre = ""
	}
}

// eachRow calls f for every row with the register that points at its part of C.
// Where the code is shared, n rows are left in gLeft before each.
func (t *gemmTile) eachRow(end string, f func(i int)) {
	if !t.fixed {
		t.MOVQ(gHeight, gLeft)
	}
	for i := 0; i < t.h; i++ {
		f(i)
		if i < t.h-1 && !t.fixed {
			t.DECQ(gLeft)
			t.jump("JZ", end)
		}
	}
}

func mem(base reg.Register, disp int) operand.Mem { return operand.Mem{Base: base, Disp: disp} }

func memX(base, index reg.Register, scale uint8, disp int) operand.Mem {
	return operand.Mem{Base: base, Index: index, Scale: scale, Disp: disp}
}

func imm(n int) operand.Op {
	if n < 128 {
		return operand.Imm(uint64(n))
	}
	return operand.U32(uint32(n))
}

// emit writes the tile kernel with heights low to high.
func (t *gemmTile) emit(low, high int) {
	name, how := gemmName(t.isa, t.d, t.nv, t.masked), "A(i,p) = a[i*astr + p], or by columns a[i + p*astr]"
	if t.pack {
		name, how = packName(t.isa, t.d), "A(i,p) = a[i + p*astr]. B is copied to Pack"
	}
	t.fn(name, fmt.Sprintf(gemmSignature, t.d.goName),
		fmt.Sprintf("%s is mt tiles of %d to %d rows by panels of %d columns of a product, %s.", name, low, high, t.nv*t.lanes(), how))

	t.h = high
	t.Load(t.Param("args"), gG)
	t.stride(argLDC, gLDC)
	t.stride(argBRow, gBRow)
	if t.fetchesB() {
		t.MOVQ(t.ahead(), gAhead)
		t.IMULQ(gBRow, gAhead)
	}
	t.Load(t.Param("cols"), gT)
	switch {
	case t.isa == avx512:
		t.MOVQ(operand.I32(-1), gK)
		t.BZHIQ(gT, gK, gK) // of gT the low 8 bits
		t.KMOVW(gK.As32(), kTail)
		t.KXNORW(kFull, kFull, kFull)
	case t.masked:
		t.MOVBLZX(gT.As8(), gA0.As32())
		t.LEAQ(t.maskTable.Offset(32), gK)
		t.SHLQ(operand.Imm(t.d.shift), gA0)
		t.SUBQ(gA0, gK)
		t.VMOVDQU(mem(gK, 0), t.vec(15))
	}
	if t.pack {
		t.stride(argACol, gAStr)
		t.MOVQ(t.field(argPack), gPack0)
	} else {
		t.MOVQ(t.field(argARow), gAStr)
		t.BTQ(operand.Imm(gemmColumnsBit), gT)
		t.jump("JCC", "rows")
		t.MOVQ(t.field(argACol), gAStr)
		t.Label("rows")
		t.SHLQ(operand.Imm(t.d.shift), gAStr)
		t.LEAQ(operand.Mem{Base: gAStr, Index: gAStr, Scale: 2}, gAStr3)
	}
	t.Label("tile")
	t.Load(t.Param("c"), gC)
	t.Load(t.Param("b"), gBPanel)
	t.panels(gNP)

	t.Label("panel")
	if t.isa == avx512 {
		t.KMOVW(kFull, kMask)
		t.CMPQ(gNP, operand.Imm(1))
		t.jump("JNE", "full")
		t.KMOVW(kTail, kMask)
		t.Label("full")
	}
	t.start()
	t.Load(t.Param("a"), gA0)
	t.MOVQ(gBPanel, gB)
	if t.pack {
		t.MOVQ(gPack0, gPack)
	}
	t.eachHeight(gT, low, high, func() {
		if !t.pack {
			t.BTQ(operand.Imm(gemmColumnsBit), t.arg("cols"))
			t.jump("JCS", "columns")
			t.col = false
			t.byRows()
			t.jump("JMP", "out")
			t.Label("columns")
		}
		t.col = true
		t.byColumns()
		t.jump("JMP", "out")
	})
	t.h = high

	t.Label("out")
	t.out()
	t.ADDQ(imm(t.nv*t.isa.bytes), gC)
	t.stride(argBPanel, gT)
	t.ADDQ(gT, gBPanel)
	if t.pack {
		t.bytes(t.packPanel(), gT)
		t.ADDQ(gT, gPack0)
	}
	t.DECQ(gNP)
	t.jump("JNZ", "panel")

	// Next tile of rows.
	t.MOVQ(t.arg("atile"), gT)
	t.ADDQ(gT, t.arg("a"))
	t.height(gT)
	t.IMULQ(gLDC, gT)
	t.ADDQ(gT, t.arg("c"))
	t.DECQ(t.arg("mt"))
	t.jump("JNZ", "tile")
	t.VZEROUPPER()
	t.RET()
}

// start makes the accumulators zero, or what Init holds.
func (t *gemmTile) start() {
	if t.chains() {
		t.MOVQ(t.field(argInit), gT)
		t.TESTQ(gT, gT)
		t.jump("JZ", "zero")
		t.SUBQ(t.field(argC), gT)
		t.ADDQ(gC, gT)
		t.height(gHeight)
		t.eachRow("start", func(i int) {
			for j := 0; j < t.nv; j++ {
				t.load(mem(gT, j*t.isa.bytes), j, t.acc(i, j))
			}
			if i < t.h-1 {
				t.ADDQ(gLDC, gT)
			}
		})
		t.jump("JMP", "start")
		t.Label("zero")
	}
	for i := 0; i < t.h*t.nv; i++ {
		x := xmm[i]
		if i < 16 {
			t.VXORPS(x, x, x) // zeroes the full register
		} else {
			t.VXORPS(t.vec(i), t.vec(i), t.vec(i))
		}
	}
	if t.chains() {
		t.Label("start")
	}
}
