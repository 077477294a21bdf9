package main

import "fmt"

func init() { families = append(families, gemmNEON) }

// neonClass is a width of tiles: nv vectors of bytes bytes. The last vector
// begins where it ends with the last column, so it may overlap the one before and
// no width needs masks or reads outside: columns in the overlap are computed
// twice, alike, and C is read before it is written.
type neonClass struct {
	nv, bytes int
}

// neonClasses lists the classes of a type; neonWidths is, for each number of
// columns up to a panel, the index of its class.
func neonClasses(d dtype) (classes []neonClass, widths []int) {
	e := d.lanes()
	classes = []neonClass{{1, 16}, {2, 16}, {3, 16}, {1, d.size}}
	widths = []int{0, 3}
	if d == f32 {
		classes = append(classes, neonClass{1, 8}, neonClass{2, 8})
		widths = append(widths, 4, 5)
	}
	for w := len(widths); w <= 3*e; w++ {
		widths = append(widths, (w-1)/e)
	}
	return classes, widths
}

// neonHeight is the greatest tile height. By columns, one or a few registers hold
// a column of A and FMLA takes its elements. By rows, every row of A needs a
// register of its own, of as many k as it holds.
func neonHeight(c neonClass, col bool) int {
	if c.nv == 3 && !col {
		return 7
	}
	return 8
}

// neonWide is, for 1, 2, … rows, the number of panels that a wide kernel holds.
var neonWide = []int{0, 8, 4, 2, 2}

const neonSignature = "func(c *%[1]s, ldc int, a *%[1]s, astr int, b *%[1]s, bpanel, brow, k, mt, np, off, out int, alpha, beta %[1]s, bias *%[1]s)"

func neonTileName(d dtype, h int, c neonClass, col bool) string {
	mode := "Row"
	if col {
		mode = "Col"
	}
	width := fmt.Sprint(c.nv * c.bytes / d.size)
	if c.bytes < 16 && c.nv == 2 {
		width = fmt.Sprint(2*c.bytes/d.size - 1)
	}
	return fmt.Sprintf("gemm%dx%s%s%sNEON", h, width, mode, d.suffix)
}

func neonWideName(d dtype, h int, packed bool) string {
	return fmt.Sprintf("gemmWide%dx%d%s%sNEON", h, neonWide[h]*3*d.lanes(), map[bool]string{true: "Packed"}[packed], d.suffix)
}

// gemmNEON writes every tile kernel of the matrix product, the packing kernels
// and the tables of them.
func gemmNEON() ([]file, error) {
	f := newNEONFile("gemm")
	for _, d := range dtypes {
		classes, _ := neonClasses(d)
		for _, col := range []bool{false, true} {
			for _, c := range classes {
				for h := 1; h <= neonHeight(c, col); h++ {
					t := &neonTile{d: d, h: h, nv: c.nv, bytes: c.bytes, col: col}
					name := neonTileName(d, h, c, col)
					mode := "A(i,p) = a[i*astr + p]"
					if col {
						mode = "A(i,p) = a[i + p*astr]"
					}
					t.Func = f.fn(d, name, fmt.Sprintf(neonSignature, d.goName),
						fmt.Sprintf("%s is mt tiles of %d rows by np panels of columns of a product, %s.", name, h, mode))
					t.emit()
				}
			}
		}
		for h := 1; h < len(neonWide); h++ {
			for _, packed := range []bool{false, true} {
				t := &neonTile{d: d, h: h, nv: 3 * neonWide[h], bytes: 16, wide: true}
				name := neonWideName(d, h, packed)
				t.Func = f.fn(d, name, fmt.Sprintf(neonSignature, d.goName),
					fmt.Sprintf("%s is %d rows by np groups of %d panels of columns of a product, A(i,p) = a[i*astr + p].", name, h, neonWide[h]))
				t.emitWide(packed)
			}
		}
		packNNEON(f, d)
		packTNEON(f, d)
		f.foot = append(f.foot, neonTable(d))
	}
	return f.render()
}

// neonTable is the Go source of the table of one type.
func neonTable(d dtype) string {
	classes, widths := neonClasses(d)
	s := fmt.Sprintf("\nvar gemmTiles%sNEON = gemmTiles[%s]{\nnr: %d,\nwidth: []gemmWidth[%s]{\n", d.suffix, d.goName, 3*d.lanes(), d.goName)
	for w, i := range widths {
		if w == 0 {
			s += "{},\n"
			continue
		}
		c := classes[i]
		s += fmt.Sprintf("{off: %d", w*d.size-c.bytes)
		for _, col := range []bool{false, true} {
			s += map[bool]string{false: ", row: ", true: ", col: "}[col] + fmt.Sprintf("[]gemmRaw[%s]{nil", d.goName)
			for h := 1; h <= neonHeight(c, col); h++ {
				s += ", " + neonTileName(d, h, c, col)
			}
			s += "}"
		}
		s += "},\n"
	}
	s += "},\n"
	for _, packed := range []bool{false, true} {
		s += map[bool]string{false: "wide", true: "widePacked"}[packed] + ": []gemmRaw[" + d.goName + "]{nil"
		for h := 1; h < len(neonWide); h++ {
			s += ", " + neonWideName(d, h, packed)
		}
		s += "},\n"
	}
	s += "widePanels: []int{"
	for _, n := range neonWide {
		s += fmt.Sprint(n, ",")
	}
	return s + fmt.Sprintf("},\npackN: packN%[1]sNEON,\npackT: packT%[1]sNEON,\n}\n", d.suffix)
}
