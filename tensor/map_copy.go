package tensor

import (
	"math"

	"github.com/lanes-go/lanes/asm"
	"github.com/lanes-go/lanes/internal/chunk"
)

// Copies between layouts. A permuted view is copied by transposing matrices, of the
// axis that dst is contiguous along and the one that src is: a transposed matrix, or
// NCHW as NHWC, which is one transpose of C x HW for each n.

// copyViews copies src, of the shape of dst and apart from it.
func copyViews[T Float](dst, src *Tensor[T]) {
	if light.one(len(dst.data)) && dst.packed() && src.packed() {
		copy(dst.data, src.data)
		return
	}
	m := getMapping[T](form1, light, false)
	m.copies = true
	m.f1 = m.lay(dst, src, nil, nil).Copy
	m.run()
}

// copyStrided copies an array of a shape, at least one element, that lies in dst and in
// src by these strides.
func copyStrided[T Float](dst []T, ds []int, src []T, ss []int, shape []int) {
	m := getMapping[T](form1, light, false)
	m.copies, m.kernels = true, asm.Active[T]()
	m.axes, m.size = m.axes[:0], 1
	for a, n := range shape {
		if n > 1 {
			m.axes = append(m.axes, mapAxis{n: n, stride: [mapOperands]int{ds[a], ss[a]}})
			m.size *= n
		}
	}
	m.data[0], m.data[1], m.n = dst, src, 2
	m.arrange()
	m.cut()
	m.f1 = m.kernels.Copy
	m.run()
}

// Tiles of a transpose: lines of the caches of src, of so many bytes, by elements of
// rows of dst. Where rows lie a multiple of 2 KiB apart their lines collide in the
// caches, and fewer of them wait for their other parts better; memory, which is
// fetched by pairs of lines, needs two.
const (
	turnBytes, turnCols         = 256, 256
	turnBytesTrap, turnColsTrap = 64, 1024
)

// cutCopy chooses the tiles of a copy.
func (m *mapping[T]) cutCopy(turned bool) {
	t := &m.tile
	t.copied[0] = false
	t.dense = false
	if !turned || t.col.stride[0] != 1 {
		t.cols = min(t.col.n, chunk.Piece)
		t.rows = min(t.row.n, chunk.Piece/t.cols)
		return
	}
	bytes, cols, trap := turnBytes, turnCols, 2048/sizeOf[T]()
	if t.row.stride[0]%trap == 0 || t.col.stride[1]%trap == 0 {
		bytes, cols = turnBytesTrap, turnColsTrap
		if 2*m.size*sizeOf[T]() > asm.Caches().L3/2 {
			bytes, cols = 2*bytes, cols/2
		}
	}
	t.rows, t.cols = min(t.row.n, bytes/sizeOf[T]()), min(t.col.n, cols)
	if t.col.n < cols { // thin: longer tiles
		t.rows = min(t.row.n, max(t.rows, bytes/sizeOf[T]()*cols/t.col.n))
	}
}

// copyTile copies a tile that begins off elements into dst and src.
func (m *mapping[T]) copyTile(off *[mapOperands]int, rows, cols int) {
	dst, src := m.data[0][off[0]:], m.data[1][off[1]:]
	r, c := &m.tile.row.stride, &m.tile.col.stride
	switch {
	case c[0] == 1 && c[1] == 1 && cols >= 16:
		for i := range rows {
			copy(dst[i*r[0]:][:cols], src[i*r[1]:])
		}
	case cols == 3 && c[0] == 1 && r[0] == 3 && r[1] == 1 && c[1] >= rows:
		interleave3(dst[:3*rows], src[:rows], src[c[1]:][:rows], src[2*c[1]:][:rows])
	case rows == 3 && c[0] == 1 && r[1] == 1 && c[1] == 3 && r[0] >= cols:
		deinterleave3(dst[:cols], dst[r[0]:][:cols], dst[2*r[0]:][:cols], src[:3*cols])
	case c[0] == 1 && r[1] == 1 && m.canTurn(rows, cols, r[0], c[1]):
		m.kernels.PackT(dst, r[0], src, c[1], cols, rows)
	default:
		for i := range rows {
			at, from := i*r[0], i*r[1]
			for range cols {
				dst[at] = src[from]
				at += c[0]
				from += c[1]
			}
		}
	}
}

// interleave3 and deinterleave3 are what images of three channels need, for which
// kernels that move four elements at a time are no good.
func interleave3[T Float](dst, x, y, z []T) {
	y, z = y[:len(x)], z[:len(x)]
	for i, v := range x {
		if len(dst) < 3 {
			return
		}
		dst[0], dst[1], dst[2] = v, y[i], z[i]
		dst = dst[3:]
	}
}

func deinterleave3[T Float](x, y, z, src []T) {
	y, z = y[:len(x)], z[:len(x)]
	for i := range x {
		if len(src) < 3 {
			return
		}
		x[i], y[i], z[i] = src[0], src[1], src[2]
		src = src[3:]
	}
}

// canTurn tells whether PackT takes the strides of dst and of src.
func (m *mapping[T]) canTurn(rows, cols, ldd, lds int) bool {
	return cols <= ldd && rows <= lds && max(ldd, lds) <= math.MaxInt32
}

// gather copies a tile of an input, with strides, to rows of cols elements, one after
// the other.
func (m *mapping[T]) gather(dst, src []T, rows, cols, rs, cs int) {
	switch {
	case cs == 1 && cols >= 16 && rs != 0:
		for r := range rows {
			copy(dst[r*cols:][:cols], src[r*rs:])
		}
	case rs == 0 && cs == 1: // one row for all
		copy(dst[:cols], src)
		for n := cols; n < len(dst); n *= 2 {
			copy(dst[n:], dst[:n])
		}
	case cs == 0 && rs == 0:
		m.kernels.Fill(dst, src[0])
	case cs == 0:
		for r := range rows {
			m.kernels.Fill(dst[r*cols:][:cols:cols], src[r*rs])
		}
	case rs == 1 && cols > 1 && m.canTurn(rows, cols, cols, cs):
		m.kernels.PackT(dst, cols, src, cs, cols, rows)
	default:
		for r := range rows {
			d, at := dst[r*cols:][:cols], r*rs
			for c := range d {
				d[c] = src[at]
				at += cs
			}
		}
	}
}

// scatter copies rows of cols elements to where they belong in dst.
func scatter[T Float](dst, src []T, rows, cols, rs, cs int) {
	if cs == 1 && cols >= 16 {
		for r := range rows {
			copy(dst[r*rs:][:cols], src[r*cols:])
		}
		return
	}
	for r := range rows {
		s, at := src[r*cols:][:cols], r*rs
		for _, v := range s {
			dst[at] = v
			at += cs
		}
	}
}
