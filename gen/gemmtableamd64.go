package main

import (
	"fmt"
	"math/bits"
	"strings"
)

// gemmTableOf is the table of the tile kernels of one type: their addresses, in
// assembly, and which is where. A Go value of type func for each would carry a function
// of its own that moves the arguments to where assembly wants them.
type gemmTableOf struct {
	isa   amd64ISA
	d     dtype
	names []string
	index map[string]int
}

// add puts the kernel after the others.
func (g *gemmTableOf) add(kind, name string) {
	if g.index == nil {
		g.index = map[string]int{}
	}
	g.index[kind] = len(g.names)
	g.names = append(g.names, name)
}

// gemmCall is the one way from Go into the tile kernels of amd64.
const gemmCall = `
// func gemmCallAVX2(args, c, a, b unsafe.Pointer, mt, cols, atile int, bias unsafe.Pointer, code uintptr)
TEXT ·gemmCallAVX2(SB), NOSPLIT, $0-72
	MOVQ code+64(FP), AX
	JMP AX
`

// asm is the table, and the function that returns its address.
func (g *gemmTableOf) asm() string {
	var s strings.Builder
	table := "gemmCode" + g.d.suffix + g.isa.suffix
	s.WriteString("\n")
	for i, n := range g.names {
		fmt.Fprintf(&s, "DATA %s<>+%d(SB)/8, $·%s(SB)\n", table, 8*i, n)
	}
	fmt.Fprintf(&s, `GLOBL %[1]s<>(SB), RODATA|NOPTR, $%[2]d

// func %[3]s() *[%[4]d]uintptr
TEXT ·%[3]s(SB), NOSPLIT, $0-8
	LEAQ %[1]s<>(SB), AX
	MOVQ AX, ret+0(FP)
	RET
`, table, 8*len(g.names), g.codes(), len(g.names))
	return s.String()
}

func (g *gemmTableOf) codes() string { return "gemmCodes" + g.d.suffix + g.isa.suffix }

// source is the Go source that describes the table.
func (g *gemmTableOf) source() string {
	hs := gemmHeights(g.isa)
	var s strings.Builder
	fmt.Fprintf(&s, `
// %[1]s are the addresses of the tile kernels.
func %[1]s() *[%[2]d]uintptr

var gemmTiles%[3]s%[4]s = gemmTiles[%[5]s]{
codes: func() []uintptr { return %[1]s()[:] },
lanes: %[6]d,
shift: %[7]d,
height: [4]int{`, g.codes(), len(g.names), g.d.suffix, g.isa.suffix, g.d.goName, g.isa.bytes/g.d.size, bits.Len(uint(g.isa.bytes/g.d.size)))
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
