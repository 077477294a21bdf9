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
