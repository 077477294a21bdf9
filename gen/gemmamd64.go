package main

import (
	"fmt"
	"math/bits"

	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

func init() {
	for _, isa := range []amd64ISA{avx2, avx512} {
		families = append(families, func() ([]file, error) { return gemmAMD64(isa) })
	}
}

// gemmHeights is the greatest tile height for 1, 2, 3 vectors of columns. The
// accumulators, the B vectors and at least one broadcast register must fit.
func gemmHeights(isa amd64ISA) []int {
	if isa == avx512 {
		return []int{0, 16, 14, 9}
	}
	return []int{0, 12, 6}
}

// gemmSignature: args is a *GemmArgs in disguise, whose fields asm/gemm.go pins.
// Nine arguments, so that all of them reach the function in registers.
const gemmSignature = "func(args, c, a, b *%[1]s, mt, np, tail, atile int, bias *%[1]s)"

// Offsets of the fields of GemmArgs.
const (
	argC      = 0
	argPack   = 96
	argInit   = 120
	argLDC    = 144
	argARow   = 152
	argACol   = 160
	argBPanel = 168
	argBRow   = 176
	argK      = 200
	argOut    = 208
	argAlpha  = 216
)

// field loads a field of GemmArgs; loadArgs must have come before.
func (t *gemmTile) field(offset int) operand.Mem { return mem(gG, offset) }

func (t *gemmTile) alpha() operand.Mem { return t.field(argAlpha) }
func (t *gemmTile) beta() operand.Mem  { return t.field(argAlpha + t.d.size) }

// packPanel is behind Alpha, Beta, ATile and TileRows.
func (t *gemmTile) packPanel() operand.Mem { return t.field(argAlpha + 2*t.d.size + 16) }

func (t *gemmTile) ahead() operand.Mem { return t.field(argAlpha + 2*t.d.size + 24) }

// stride loads a field in elements as bytes.
func (t *gemmTile) stride(offset int, r reg.GPPhysical) { t.bytes(t.field(offset), r) }

func (t *gemmTile) bytes(m operand.Mem, r reg.GPPhysical) {
	t.MOVQ(m, r)
	t.SHLQ(operand.Imm(t.d.shift), r)
}

// gemmAMD64 writes every tile kernel of the matrix product, the two packing
// kernels and the table of them.
func gemmAMD64(isa amd64ISA) ([]file, error) {
	f := newAMD64File("gemm", isa)
	hs := gemmHeights(isa)
	masks := []bool{true}
	var table operand.Mem
	if isa == avx2 {
		masks = []bool{false, true}
		// 8 words of ones, 8 of zeros: a window of it is the mask of a tail.
		table = f.StaticGlobal("gemmMaskAVX2")
		f.DataAttributes(8 | 16) // RODATA | NOPTR
		for i := 0; i < 16; i++ {
			v := uint32(0)
			if i < 8 {
				v = 0xffffffff
			}
			f.AddDatum(4*i, operand.U32(v))
		}
	}
	for _, d := range dtypes {
		f.d = d
		for _, col := range []bool{false, true} {
			for _, masked := range masks {
				for nv := 1; nv < len(hs); nv++ {
					for h := 1; h <= hs[nv]; h++ {
						t := &gemmTile{amd64File: f, h: h, nv: nv, nb: nv, col: col, masked: masked, maskTable: table}
						t.emit()
					}
				}
			}
		}
		for h := 1; h <= hs[2]; h++ {
			t := &gemmTile{amd64File: f, h: h, nv: 2, nb: 2, col: true, pack: true}
			t.emit()
		}
		for h := 1; h < len(widePanels(isa)); h++ {
			for _, packed := range []bool{false, true} {
				t := &gemmTile{amd64File: f, h: h, nv: 2 * widePanels(isa)[h], nb: 1}
				t.emitWide(packed)
			}
		}
		for h := 1; h <= transHeights(isa); h++ {
			t := &gemmTile{amd64File: f, h: h, nv: transVectors(isa, h), nb: 2}
			t.emitTrans()
		}
		packN(f)
		packT(f)
		packTiles(f)
		f.foot = append(f.foot, gemmTable(isa, d))
	}
	return f.render()
}

func gemmName(isa amd64ISA, d dtype, h, nv int, col, masked bool) string {
	mode, tail := "Row", ""
	if col {
		mode = "Col"
	}
	if isa == avx2 && masked {
		tail = "Tail"
	}
	return fmt.Sprintf("gemm%dx%d%s%s%s%s", h, nv*isa.bytes/d.size, mode, tail, d.suffix, isa.suffix)
}

func packName(isa amd64ISA, d dtype, h int) string {
	return fmt.Sprintf("gemmPack%dx%d%s%s", h, 2*isa.bytes/d.size, d.suffix, isa.suffix)
}

// gemmTable is the Go source of the table of tile kernels of one dtype.
func gemmTable(isa amd64ISA, d dtype) string {
	hs := gemmHeights(isa)
	s := fmt.Sprintf("\nvar gemmTiles%s%s = gemmTiles[%s]{\nlanes: %d,\nshift: %d,\nheight: [4]int{", d.suffix, isa.suffix, d.goName, isa.bytes/d.size, bits.Len(uint(isa.bytes/d.size)))
	for _, h := range hs {
		s += fmt.Sprint(h, ",")
	}
	s += "},\n"
	for _, v := range []struct {
		field       string
		col, masked bool
	}{{"row", false, false}, {"rowTail", false, true}, {"col", true, false}, {"colTail", true, true}} {
		s += v.field + ": [4][]gemmRaw[" + d.goName + "]{\n"
		for nv := range hs {
			if nv == 0 {
				s += "nil,\n"
				continue
			}
			s += "{nil,"
			for h := 1; h <= hs[nv]; h++ {
				s += gemmName(isa, d, h, nv, v.col, v.masked) + ","
			}
			s += "},\n"
		}
		s += "},\n"
	}
	s += "pack: []gemmRaw[" + d.goName + "]{nil,"
	for h := 1; h <= hs[2]; h++ {
		s += packName(isa, d, h) + ","
	}
	s += "},\n"
	for _, packed := range []bool{false, true} {
		s += map[bool]string{false: "wide", true: "widePacked"}[packed] + ": []gemmRaw[" + d.goName + "]{nil,"
		for h := 1; h < len(widePanels(isa)); h++ {
			s += wideName(isa, d, h, packed) + ","
		}
		s += "},\n"
	}
	s += "trans: []gemmRaw[" + d.goName + "]{nil,"
	for h := 1; h <= transHeights(isa); h++ {
		s += transName(isa, d, h) + ","
	}
	s += "},\ntransVectors: []int{0,"
	for h := 1; h <= transHeights(isa); h++ {
		s += fmt.Sprint(transVectors(isa, h), ",")
	}
	s += "},\n"
	s += "widePanels: []int{"
	for _, n := range widePanels(isa) {
		s += fmt.Sprint(n, ",")
	}
	s += "},\n"
	return s + fmt.Sprintf("packN: packN%[1]s%[2]s,\npackT: packT%[1]s%[2]s,\npackTiles: packTiles%[1]s%[2]s,\n}\n", d.suffix, isa.suffix)
}

// gemmTile emits one tile kernel: h rows by nv vectors of columns, over mt tiles
// of rows and np panels of columns.
type gemmTile struct {
	*amd64File
	h, nv       int
	nb          int // registers for vectors of B
	col, masked bool
	pack        bool // B is copied to Pack on the way
	maskTable   operand.Mem
}

// Registers of a tile kernel.
var (
	gC      = reg.RDI // tile of C
	gB      = reg.RSI // row of B
	gBRow   = reg.R8  // bytes between rows of B
	gAStr   = reg.R9  // bytes between rows (row mode) or columns (col mode) of A
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
	gPack   = reg.RBX // row of the copy of B, in col mode
	gPack0  = reg.RCX // its panel
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

func mem(base reg.Register, disp int) operand.Mem { return operand.Mem{Base: base, Disp: disp} }

func imm(n int) operand.Op {
	if n < 128 {
		return operand.Imm(uint64(n))
	}
	return operand.U32(uint32(n))
}

func (t *gemmTile) emit() {
	mode := "A(i,p) = a[i*astr + p]"
	if t.col {
		mode = "A(i,p) = a[i + p*astr]"
	}
	name := gemmName(t.isa, t.d, t.h, t.nv, t.col, t.masked)
	if t.pack {
		mode += " B is copied to Pack."
		name = packName(t.isa, t.d, t.h)
	}
	t.fn(name, fmt.Sprintf(gemmSignature, t.d.goName),
		fmt.Sprintf("%s is mt tiles of %d rows by np panels of %d columns of a product, %s.", name, t.h, t.nv*t.lanes(), mode))
	width := t.nv * t.isa.bytes

	t.Load(t.Param("args"), gG)
	t.stride(argLDC, gLDC)
	t.stride(map[bool]int{false: argARow, true: argACol}[t.col], gAStr)
	t.stride(argBRow, gBRow)
	if t.fetchesB() {
		t.MOVQ(t.ahead(), gAhead)
		t.IMULQ(gBRow, gAhead)
	}
	if !t.col && t.h > 3 {
		t.LEAQ(operand.Mem{Base: gAStr, Index: gAStr, Scale: 2}, gAStr3)
	}
	switch {
	case t.isa == avx512:
		t.Load(t.Param("tail"), gT)
		t.MOVQ(operand.I32(-1), gK)
		t.BZHIQ(gT, gK, gK)
		t.KMOVW(gK.As32(), kTail)
		t.KXNORW(kFull, kFull, kFull)
	case t.masked:
		t.Load(t.Param("tail"), gT)
		t.LEAQ(t.maskTable.Offset(32), gK)
		t.SHLQ(operand.Imm(t.d.shift), gT)
		t.SUBQ(gT, gK)
		t.VMOVDQU(mem(gK, 0), t.vec(15))
	}

	if t.pack {
		t.MOVQ(t.field(argPack), gPack0)
	}
	t.Label("tile")
	t.Load(t.Param("c"), gC)
	t.Load(t.Param("b"), gBPanel)
	t.Load(t.Param("np"), gNP)

	t.Label("panel")
	if t.isa == avx512 {
		t.KMOVW(kFull, kMask)
		t.CMPQ(gNP, operand.Imm(1))
		t.jump("JNE", "full")
		t.KMOVW(kTail, kMask)
		t.Label("full")
	}
	t.Load(t.Param("a"), gA0)
	if t.uses(2) {
		t.LEAQ(operand.Mem{Base: gA0, Index: gAStr, Scale: 2}, gA2)
	}
	if t.uses(7) {
		t.LEAQ(operand.Mem{Base: gA0, Index: gAStr, Scale: 1}, gA7)
		t.LEAQ(operand.Mem{Base: gA7, Index: gAStr3, Scale: 2}, gA7)
	}
	t.MOVQ(gBPanel, gB)
	if t.pack {
		t.MOVQ(gPack0, gPack)
	}
	if t.chains() {
		t.MOVQ(t.field(argInit), gT)
		t.TESTQ(gT, gT)
		t.jump("JZ", "zero")
		t.SUBQ(t.field(argC), gT)
		t.ADDQ(gC, gT)
		for i := 0; i < t.h; i++ {
			for j := 0; j < t.nv; j++ {
				t.load(mem(gT, j*t.isa.bytes), j, t.acc(i, j))
			}
			t.ADDQ(gLDC, gT)
		}
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
	t.MOVQ(t.field(argK), gK)
	t.SHRQ(operand.Imm(2), gK)
	t.jump("JZ", "rest")
	if t.prefetchesC() {
		// The first iterations fetch the rows of C, one each: in a burst they
		// would hold up the loads of A and B.
		t.SUBQ(imm(t.h), gK)
		t.jump("JLE", "short")
		// Two counters in one register: what is left for later above, the rows of C
		// below. One in memory would at times look like an operand to the loads.
		t.SHLQ(operand.Imm(32), gK)
		t.ADDQ(imm(t.h), gK)
		t.MOVQ(gC, gT)
		t.align(64)
		t.Label("loopC")
		for u := 0; u < 4; u++ {
			if u < 2 {
				t.PREFETCHT0(mem(gT, u*width/2))
			}
			t.step(u)
		}
		t.ADDQ(gLDC, gT)
		if !t.col {
			t.advanceA(4 * t.d.size)
		}
		t.DECQ(gK)
		t.TESTL(gK.As32(), gK.As32())
		t.jump("JNZ", "loopC")
		t.SHRQ(operand.Imm(32), gK)
		if t.fetchesA() {
			t.loopA()
		} else {
			t.jump("JMP", "loop4")
		}
		t.Label("short")
		t.ADDQ(imm(t.h), gK)
	}
	t.align(64)
	t.Label("loop4")
	for u := 0; u < 4; u++ {
		if t.dups() == 0 {
			t.step(u)
		} else if u%2 == 0 {
			t.stepTwo(u)
		}
	}
	if !t.col {
		t.advanceA(4 * t.d.size)
	}
	t.DECQ(gK)
	t.jump("JNZ", "loop4")
	t.Label("rest")
	t.MOVQ(t.field(argK), gK)
	t.ANDQ(operand.Imm(3), gK)
	t.jump("JZ", "out")
	t.Label("loop1")
	t.step(0)
	if !t.col {
		t.advanceA(t.d.size)
	}
	t.DECQ(gK)
	t.jump("JNZ", "loop1")

	t.Label("out")
	t.out()
	t.ADDQ(imm(width), gC)
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
	t.IMUL3Q(operand.Imm(uint64(t.h)), gLDC, gT)
	t.ADDQ(gT, t.arg("c"))
	t.DECQ(t.arg("mt"))
	t.jump("JNZ", "tile")
	t.VZEROUPPER()
	t.RET()
}

// prefetchesC reports whether the tile is one of those that large products use.
func (t *gemmTile) prefetchesC() bool {
	hs := gemmHeights(t.isa)
	return t.nv == 2 && t.h > hs[2]/2 && !t.pack && !(t.isa == avx2 && t.masked)
}

// fetchesA reports whether the tile fetches the rows of A below it.
func (t *gemmTile) fetchesA() bool { return t.prefetchesC() && !t.col }

// loopA is the rest of loop4 with the next tile of A fetched on the way, some rows
// during the first panel, the others during the second. The hardware follows each
// row well, but finds it late.
func (t *gemmTile) loopA() {
	// Rows 0, 1, 2, 3, 4, 6, 8, 12 of the next tile, then as many from row 5 on;
	// for later panels the tile in hand, which costs nothing.
	t.MOVQ(t.arg("np"), gT)
	t.SUBQ(gNP, gT)
	t.jump("JEQ", "below")
	t.DECQ(gT)
	t.MOVQ(gA0, gT)
	t.jump("JNE", "fetch")
	t.ADDQ(gAStr, gT)
	t.LEAQ(operand.Mem{Base: gT, Index: gAStr, Scale: 4}, gT)
	t.ADDQ(t.arg("atile"), gT)
	t.jump("JMP", "fetch")
	t.Label("below")
	t.MOVQ(gA0, gT)
	t.ADDQ(t.arg("atile"), gT)
	t.Label("fetch")
	t.SUBQ(imm(4*t.h*t.d.size), gT) // what loopC has passed
	rows := []operand.Mem{
		{Base: gT}, {Base: gT, Index: gAStr, Scale: 1}, {Base: gT, Index: gAStr, Scale: 2}, {Base: gT, Index: gAStr3, Scale: 1},
		{Base: gT, Index: gAStr, Scale: 4}, {Base: gT, Index: gAStr3, Scale: 2}, {Base: gT, Index: gAStr, Scale: 8}, {Base: gT, Index: gAStr3, Scale: 4},
	}
	t.align(64)
	t.Label("loopA")
	for u := 0; u < 4; u++ {
		t.PREFETCHT0(rows[2*u])
		t.PREFETCHT0(rows[2*u+1])
		t.step(u)
	}
	t.ADDQ(imm(4*t.d.size), gT)
	t.advanceA(4 * t.d.size)
	t.DECQ(gK)
	t.jump("JNZ", "loopA")
	t.jump("JMP", "rest")
}

// chains reports whether the tile heeds Init.
func (t *gemmTile) chains() bool { return t.nv < 3 && !t.pack }

// fetchesB reports whether the tile heeds Ahead.
func (t *gemmTile) fetchesB() bool { return t.nv == 2 && t.h > 3 }

// uses reports whether a row-mode tile needs the given base.
func (t *gemmTile) uses(base int) bool {
	if t.col {
		return false
	}
	for i := 0; i < t.h; i++ {
		if rowAddr[i].base == base {
			return true
		}
	}
	return false
}

func (t *gemmTile) advanceA(n int) {
	for _, b := range []struct {
		base int
		r    reg.GPPhysical
	}{{0, gA0}, {2, gA2}, {7, gA7}} {
		if b.base == 0 || t.uses(b.base) {
			t.ADDQ(imm(n), b.r)
		}
	}
}

// step is one k: nv loads of B, h broadcasts of A, h*nv FMAs.
func (t *gemmTile) step(u int) {
	for j := 0; j < t.nv; j++ {
		if t.fetchesB() && j*t.isa.bytes%64 == 0 {
			t.PREFETCHT0(operand.Mem{Base: gB, Index: gAhead, Scale: 1, Disp: j * t.isa.bytes})
		}
		t.load(mem(gB, j*t.isa.bytes), j, t.b(j))
	}
	t.ADDQ(gBRow, gB)
	if t.pack {
		for j := 0; j < t.nv; j++ {
			t.op("VMOVU", t.b(j), mem(gPack, j*t.isa.bytes))
		}
		t.ADDQ(imm(t.nv*t.isa.bytes), gPack)
	}
	bases := map[int]reg.GPPhysical{0: gA0, 2: gA2, 7: gA7}
	tmps := t.tmps()
	for i := 0; i < t.h; i++ {
		m := mem(gA0, i*t.d.size)
		if !t.col {
			m = rowMem(i, u*t.d.size, bases, gAStr, gAStr3)
		}
		if t.isa == avx512 && t.nv == 1 {
			t.raw(map[int]string{4: "VFMADD231PS_BCST", 8: "VFMADD231PD_BCST"}[t.d.size], m, t.b(0), t.acc(i, 0))
			continue
		}
		x := tmps[i%len(tmps)]
		t.scalar("VBROADCAST", m, x)
		for j := 0; j < t.nv; j++ {
			t.op("VFMADD231", x, t.b(j), t.acc(i, j))
		}
	}
	if t.col {
		t.ADDQ(gAStr, gA0)
	}
}

// dups is the number of rows of a tile one vector wide that take two elements of A
// by one load. With a load for every FMA, and B, the tile waits for the two load
// ports; shuffles have others.
func (t *gemmTile) dups() int {
	if t.isa == avx512 && t.nv == 1 && t.h >= 12 {
		return 6
	}
	return 0
}

// stepTwo is two k, with dups.
func (t *gemmTile) stepTwo(u int) {
	b := [2]reg.VecPhysical{t.vec(16), t.vec(17)}
	t.load(mem(gB, 0), 0, b[0])
	t.load(operand.Mem{Base: gB, Index: gBRow, Scale: 1}, 0, b[1])
	t.LEAQ(operand.Mem{Base: gB, Index: gBRow, Scale: 2}, gB)
	bases := map[int]reg.GPPhysical{0: gA0, 2: gA2, 7: gA7}
	at := func(i, v int) operand.Mem {
		if t.col {
			m := mem(gA0, i*t.d.size)
			if v == 1 {
				m.Index, m.Scale = gAStr, 1
			}
			return m
		}
		return rowMem(i, (u+v)*t.d.size, bases, gAStr, gAStr3)
	}
	// The two elements of a pair are neighbours: two k of a row, or two rows.
	both := func(m operand.Mem, x, even, odd reg.VecPhysical) {
		if t.d == f32 {
			t.VBROADCASTSD(m, x)
			t.VMOVSLDUP(x, even)
			t.VMOVSHDUP(x, odd)
		} else {
			t.VBROADCASTF64X2(m, x)
			t.VMOVDDUP(x, even)
			t.VPERMILPD(operand.Imm(0xff), x, odd)
		}
	}
	n := t.dups()
	dup := func(i, v int) reg.VecPhysical { return t.vec(18 + 2*i + v) }
	if t.col {
		for v := 0; v < 2; v++ {
			for i := 0; i < n; i += 2 {
				both(at(i, v), t.vec(30+v), dup(i, v), dup(i+1, v))
			}
		}
	} else {
		for i := 0; i < n; i++ {
			both(at(i, 0), t.vec(30+i%2), dup(i, 0), dup(i, 1))
		}
	}
	for v := 0; v < 2; v++ {
		for i := n; i < t.h; i++ {
			t.raw(map[int]string{4: "VFMADD231PS_BCST", 8: "VFMADD231PD_BCST"}[t.d.size], at(i, v), b[v], t.acc(i, 0))
		}
		for i := 0; i < n; i++ {
			t.op("VFMADD231", dup(i, v), b[v], t.acc(i, 0))
		}
	}
	if t.col {
		t.LEAQ(operand.Mem{Base: gA0, Index: gAStr, Scale: 2}, gA0)
	}
}

// rows calls f for every row with the register that points at its part of C.
func (t *gemmTile) rows(f func(i int, c reg.GPPhysical)) {
	t.MOVQ(gC, gT)
	for i := 0; i < t.h; i++ {
		f(i, gT)
		if i < t.h-1 {
			t.ADDQ(gLDC, gT)
		}
	}
}

// out applies the Out flags of asm/gemm.go in their order and stores the tile.
func (t *gemmTile) out() {
	vb := t.isa.bytes
	x, y := t.b(0), t.tmps()[0]
	t.MOVQ(t.field(argOut), gK)
	t.TESTQ(gK, gK)
	t.jump("JZ", "store")

	section := func(flag int, name string, body func()) {
		t.TESTQ(operand.U32(uint32(flag)), gK)
		t.jump("JZ", name)
		body()
		t.Label(name)
	}
	section(1, "noadd", func() {
		t.rows(func(i int, c reg.GPPhysical) {
			for j := 0; j < t.nv; j++ {
				t.load(mem(c, j*vb), j, x)
				t.op("VADD", t.acc(i, j), x, t.acc(i, j))
			}
		})
	})
	section(2, "noscale", func() {
		t.scalar("VBROADCAST", t.alpha(), x)
		for i := 0; i < t.h*t.nv; i++ {
			t.op("VMUL", x, t.vec(i), t.vec(i))
		}
	})
	section(4, "nofma", func() {
		// beta*C first, into y, by memory or register; x holds alpha, and
		// beta is broadcast again for each vector where registers are short.
		t.scalar("VBROADCAST", t.alpha(), x)
		t.rows(func(i int, c reg.GPPhysical) {
			for j := 0; j < t.nv; j++ {
				if t.nv == 1 && len(t.tmps()) < 2 {
					panic("registers")
				}
				z := t.tmps()
				beta := y
				if len(z) > 1 {
					beta = z[1]
				} else {
					beta = t.b(1)
				}
				t.load(mem(c, j*vb), j, y)
				t.scalar("VBROADCAST", t.beta(), beta)
				t.op("VMUL", beta, y, y)
				t.op("VFMADD213", y, x, t.acc(i, j))
			}
		})
	})
	section(8, "nobias", func() {
		t.Load(t.Param("np"), gT)
		t.SUBQ(gNP, gT)
		t.IMUL3Q(imm(t.nv*vb), gT, gT)
		t.ADDQ(t.arg("bias"), gT)
		for j := 0; j < t.nv; j++ {
			t.load(mem(gT, j*vb), j, x)
			for i := 0; i < t.h; i++ {
				t.op("VADD", x, t.acc(i, j), t.acc(i, j))
			}
		}
	})
	section(16, "store", func() {
		// max(0, s) with s as the second source: NaN and -0 pass.
		t.VXORPS(x, x, x)
		for i := 0; i < t.h*t.nv; i++ {
			t.op("VMAX", t.vec(i), x, t.vec(i))
		}
	})
	t.rows(func(i int, c reg.GPPhysical) {
		for j := 0; j < t.nv; j++ {
			t.store(t.acc(i, j), j, mem(c, j*vb))
		}
	})
}
