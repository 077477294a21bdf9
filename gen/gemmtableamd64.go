package main

import (
	"fmt"
	"math/bits"
	"strings"
)

// gemmTableOf says where in the file's table the tile kernels of one type are.
type gemmTableOf struct {
	f     *amd64File
	isa   amd64ISA
	d     dtype
	index map[string]int
}

func (g *gemmTableOf) add(kind, name string) { g.index[kind] = g.f.table.index(g.d, name) }

// gemmCall is the one way from Go into the tile kernels of amd64.
const gemmCall = `
// func gemmCallAVX2(args, c, a, b unsafe.Pointer, mt, cols, atile int, bias unsafe.Pointer, code uintptr)
TEXT ·gemmCallAVX2(SB), NOSPLIT, $0-72
	MOVQ code+64(FP), AX
	JMP AX
`

// source is the Go source that describes the table.
func (g *gemmTableOf) source() string {
	hs := gemmHeights(g.isa)
	var s strings.Builder
	fmt.Fprintf(&s, `
var gemmTiles%[2]s%[3]s = gemmTiles[%[4]s]{
codes: func() []uintptr { return %[1]s()[:] },
lanes: %[5]d,
shift: %[6]d,
height: [4]int{`, g.f.table.codes(g.d), g.d.suffix, g.isa.suffix, g.d.goName, g.isa.bytes/g.d.size, bits.Len(uint(g.isa.bytes/g.d.size)))
	for _, h := range hs {
		fmt.Fprint(&s, h, ",")
	}
	s.WriteString("},\n")
	for _, masked := range []bool{false, true} {
		s.WriteString(map[bool]string{false: "tile", true: "tail"}[masked] + ": [4]int{0,")
		for nv := 1; nv < len(hs); nv++ {
			i, ok := g.index[fmt.Sprint("tile", nv, masked)]
			if !ok { // masks everywhere
				i = g.index[fmt.Sprint("tile", nv, true)]
			}
			fmt.Fprint(&s, i, ",")
		}
		s.WriteString("},\n")
	}
	fmt.Fprintf(&s, "packLow: %d,\npack: %d,\n", packLow(g.isa), g.index["pack"])
	fmt.Fprintf(&s, "wide: %d,\ntrans: %d,\n", g.index["wide"], g.index["trans"])
	for _, l := range []struct {
		name string
		n    []int
	}{{"widePanels", widePanels(g.isa)}, {"transVectors", g.transVectors()}} {
		s.WriteString(l.name + ": []int{")
		for _, n := range l.n {
			fmt.Fprint(&s, n, ",")
		}
		s.WriteString("},\n")
	}
	fmt.Fprintf(&s, "packN: packN%[1]s%[2]s,\npackT: packT%[1]s%[2]s,\npackTiles: packTiles%[1]s%[2]s,\n}\n", g.d.suffix, g.isa.suffix)
	return s.String()
}

func (g *gemmTableOf) transVectors() []int {
	n := []int{0}
	for h := 1; h <= transHeights(g.isa); h++ {
		n = append(n, transVectors(g.isa, h))
	}
	return n
}
