package main

import (
	"fmt"

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
// cols is the number of panels of columns, above 8 bits with the height of the tiles,
// above a bit that says that A is read by columns (of wide kernels, that B is packed),
// above 8 bits with the number of columns in the last vector. code is the function
// itself: gemmCallAVX2 goes where it says and leaves the rest as it is. Nine
// arguments, so that all of them reach gemmCallAVX2 in registers.
const gemmSignature = "func(args, c, a, b *%[1]s, mt, cols, atile int, bias *%[1]s, code uintptr)"

const (
	gemmColumnsBit = 8
	gemmHeightBit  = 9
	gemmPanelsBit  = 17
)

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

// field is a field of GemmArgs, whose address is in gG.
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
	if isa == avx2 {
		f.asm = append(f.asm, gemmCall)
	}
	for _, d := range dtypes {
		f.d = d
		g := &gemmTableOf{f: f, isa: isa, d: d, index: map[string]int{}}
		for _, masked := range masks {
			for nv := 1; nv < len(hs); nv++ {
				t := &gemmTile{amd64File: f, nv: nv, nb: nv, masked: masked, maskTable: table}
				t.emit(1, hs[nv])
				g.add(fmt.Sprint("tile", nv, masked), gemmName(isa, d, nv, masked))
			}
		}
		t := &gemmTile{amd64File: f, nv: 2, nb: 2, pack: true}
		t.emit(packLow(isa), hs[2])
		g.add("pack", packName(isa, d))
		t = &gemmTile{amd64File: f, nb: 1}
		t.emitWide()
		g.add("wide", wideName(isa, d))
		t = &gemmTile{amd64File: f, nb: 2}
		t.emitTrans()
		g.add("trans", transName(isa, d))
		packN(f)
		packT(f)
		packTiles(f)
		f.foot = append(f.foot, g.source())
	}
	return f.render()
}

// packLow is the least height of the tiles that pack B on the way: products with
// fewer rows than a few tiles do not.
func packLow(isa amd64ISA) int { return gemmHeights(isa)[2]/2 + 1 }

func gemmName(isa amd64ISA, d dtype, nv int, masked bool) string {
	tail := ""
	if isa == avx2 && masked {
		tail = "Tail"
	}
	return fmt.Sprintf("gemm%d%s%s%s", nv*isa.bytes/d.size, tail, d.suffix, isa.suffix)
}

func packName(isa amd64ISA, d dtype) string { return "gemmPack" + d.suffix + isa.suffix }
