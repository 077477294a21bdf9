package tensor

import (
	"github.com/lanes-go/lanes/asm"
	"github.com/lanes-go/lanes/internal/scratch"
)

// How element-wise calls run. The axes of all operands are ordered by the strides of
// dst, and neighbours that every operand steps through alike become one. If one is
// left, and all are contiguous, the kernel runs on pieces of it. Else the two last
// axes (or the last and the one that an input is contiguous along) are cut into tiles,
// and the kernel runs on the rows of a tile where they lie, or on copies in a buffer of
// what does not lie in rows, all rows of the tile at once if they are dense in every
// operand. What is the same for the next tile, a row or a number for all rows, stays in
// its buffer.

// mapAxis is an axis of a call: its length and, in elements, every operand's stride.
type mapAxis struct {
	n      int
	stride [mapOperands]int
}

// mapTiling is how a call is cut.
type mapTiling struct {
	outer      []mapAxis
	row, col   mapAxis
	rows, cols int  // of a tile
	dense      bool // the rows of a tile are one run in every operand
	copied     [mapOperands]bool
	down, over int // tiles along row and col
}

const (
	tileLen  = 4096 // elements of a tile that has to be copied
	shortRow = 128  // shorter rows are worth copies to make them one run
	tileRows = 16   // of a tile with an input that is contiguous across rows
)

// lay finds out how the call runs, and the table for it.
func (m *mapping[T]) lay(dst, x, y, z *Tensor[T]) *asm.Kernels[T] {
	m.tiles, m.kernels = 0, asm.Active[T]()
	if m.prepare(dst, x, y, z) {
		m.cut()
		if m.streams() {
			return m.kernels.NT
		}
	}
	return m.kernels
}

// streams tells whether dst is worth stores past the caches: it is much longer than
// what a core can keep for who reads it next, nothing is read where it lies, and a call
// writes enough of it at once, since at its end it waits for the stores.
func (m *mapping[T]) streams() bool {
	if m.size*sizeOf[T]() < streamFrom || m.reads || m.tile.copied[0] {
		return false
	}
	if t := &m.tile; !m.flat && (t.dense && t.rows*t.cols < streamRun/sizeOf[T]() || !t.dense && t.cols < streamRun/sizeOf[T]()) {
		return false
	}
	for _, x := range m.data[1:m.n] {
		if &x[0] == &m.data[0][0] {
			return false
		}
	}
	return true
}

// streamFrom is the least number of bytes of a result that is stored past the caches,
// streamRun that of one call; measured. A large L3 is that of many processors.
var streamFrom = max(4*asm.Caches().L2, min(asm.Caches().L3/2, 16<<20))

const streamRun = 16000

// prepare finds the axes; false if there is nothing to do.
func (m *mapping[T]) prepare(dst, x, y, z *Tensor[T]) bool {
	m.axes, m.size = m.axes[:0], 1
	for a, n := range dst.shape {
		if n == 0 {
			return false
		}
		m.size *= n
		if n > 1 {
			m.axes = append(m.axes, mapAxis{n: n, stride: [mapOperands]int{dst.stride[a], stepOf(dst, x, a), stepOf(dst, y, a), stepOf(dst, z, a)}})
		}
	}
	m.n = 0
	m.operand(dst)
	m.operand(x)
	m.operand(y)
	m.operand(z)
	m.arrange()
	return true
}

// arrange orders the axes and joins those that can be one.
func (m *mapping[T]) arrange() {
	ax := m.axes
	for i := 1; i < len(ax); i++ {
		for j := i; j > 0 && ax[j].stride[0] > ax[j-1].stride[0]; j-- {
			ax[j], ax[j-1] = ax[j-1], ax[j]
		}
	}
	k := 0 // ax[:k+1] are done
	for i := 1; i < len(ax); i++ {
		if ax[k].continues(&ax[i]) {
			ax[k].n *= ax[i].n
			ax[k].stride = ax[i].stride
		} else {
			k++
			ax[k] = ax[i]
		}
	}
	if len(ax) == 0 {
		m.axes = append(ax, mapAxis{n: 1, stride: [mapOperands]int{1, 1, 1, 1}})
	} else {
		m.axes = ax[:k+1]
	}
}

func (m *mapping[T]) operand(t *Tensor[T]) {
	if t != nil {
		m.data[m.n] = t.data
		m.n++
	}
}

// stepOf is the stride of an input along an axis of dst: 0 where it is broadcast.
func stepOf[T Float](dst, t *Tensor[T], a int) int {
	if t == nil {
		return 0
	}
	if a -= len(dst.shape) - len(t.shape); a < 0 || t.shape[a] == 1 {
		return 0
	}
	return t.stride[a]
}

// continues reports whether the axis in is what every operand goes through between two
// steps along a.
func (a *mapAxis) continues(in *mapAxis) bool {
	for i, s := range in.stride {
		if a.stride[i] != s*in.n {
			return false
		}
	}
	return true
}

// cut chooses the tiles.
func (m *mapping[T]) cut() {
	t := &m.tile
	last := len(m.axes) - 1
	t.col = m.axes[last]
	if last == 0 && m.contiguous(&t.col) {
		m.flat, t.copied[0] = true, false
		m.tiles, m.group = t.col.n, m.cost.piece()
		return
	}
	m.flat = false
	rowAxis := last - 1
	turned := false
	for i := range last {
		for o := 1; o < m.n; o++ {
			if m.axes[i].stride[o] == 1 && t.col.stride[o] > 1 && !turned {
				rowAxis, turned = i, true
			}
		}
	}
	t.row = mapAxis{n: 1}
	t.outer = t.outer[:0]
	for i := range last {
		if i == rowAxis {
			t.row = m.axes[i]
		} else {
			t.outer = append(t.outer, m.axes[i])
		}
	}
	if m.copies {
		m.cutCopy(turned)
	} else {
		m.cutRows(turned)
	}
	t.down, t.over = (t.row.n+t.rows-1)/t.rows, (t.col.n+t.cols-1)/t.cols
	m.tiles = t.down * t.over
	for i := range t.outer {
		m.tiles *= t.outer[i].n
	}
	m.group = max(1, m.cost.piece()/(t.rows*t.cols))
}

// cutRows chooses the tiles of a kernel; turned says that an input is contiguous along
// the row axis instead.
func (m *mapping[T]) cutRows(turned bool) {
	t := &m.tile
	copies, again := 0, 0 // operands without contiguous rows; with rows of their own that are no run
	for o := range m.n {
		if t.copied[o] = t.col.stride[o] != 1; t.copied[o] {
			copies++
		}
		if rs := t.row.stride[o]; rs != 0 && (t.copied[o] || rs != t.col.n) {
			again++
		}
	}
	c := t.col.n
	switch {
	case copies == 0 && c >= shortRow && (c >= 2*shortRow || again > 0): // rows where they lie
		t.cols = min(c, m.cost.piece())
		t.rows, t.dense = min(t.row.n, max(1, tileLen/t.cols)), false
	case c <= tileLen/tileRows: // several rows as one run
		t.rows, t.cols, t.dense = min(t.row.n, tileLen/c), c, true
		for o := range m.n {
			t.copied[o] = t.copied[o] || t.rows > 1 && t.row.stride[o] != c
		}
	case turned:
		rows := tileRows
		if 2*m.size*sizeOf[T]() > asm.Caches().L3/2 {
			rows *= 4 // several lines at a time, since memory is slow to find one
		}
		t.rows, t.cols, t.dense = min(t.row.n, rows), tileLen/rows, false
	default:
		t.rows, t.cols, t.dense = 1, min(c, tileLen), true
	}
}

func (m *mapping[T]) contiguous(a *mapAxis) bool {
	for o := range m.n {
		if a.stride[o] != 1 {
			return false
		}
	}
	return true
}

// several runs the tiles from lo to before hi.
func (m *mapping[T]) several(lo, hi int) {
	if m.flat {
		var v [mapOperands][]T
		piece := m.cost.piece()
		for lo < hi {
			end := min(lo+piece, hi)
			for o := range m.n {
				v[o] = m.data[o][lo:end:end]
			}
			m.call(&v)
			lo = end
		}
		return
	}
	var buf *tileBuffer[T]
	if !m.copies {
		buf = getTileBuffer[T]()
		buf.held = [mapOperands]heldTile{}
		defer putTileBuffer(buf)
	}
	for i := lo; i < hi; i++ {
		m.runTile(i, buf)
	}
}

// tileBuffer holds copies of tiles, and what they are copies of.
type tileBuffer[T Float] struct {
	data [mapOperands][tileLen]T
	held [mapOperands]heldTile
}

type heldTile struct{ off, rows, cols int }

// runTile runs tile i.
func (m *mapping[T]) runTile(i int, buf *tileBuffer[T]) {
	t := &m.tile
	c0, i := i%t.over*t.cols, i/t.over
	r0, i := i%t.down*t.rows, i/t.down
	rows, cols := min(t.rows, t.row.n-r0), min(t.cols, t.col.n-c0)
	var off [mapOperands]int
	for o := range m.n {
		off[o] = r0*t.row.stride[o] + c0*t.col.stride[o]
	}
	for a := len(t.outer) - 1; a >= 0; a-- {
		x := &t.outer[a]
		at := i % x.n
		i /= x.n
		for o := range m.n {
			off[o] += at * x.stride[o]
		}
	}
	if m.copies {
		m.copyTile(&off, rows, cols)
		return
	}
	size := rows * cols
	var v [mapOperands][]T
	for o := range m.n {
		if !t.copied[o] {
			v[o] = m.data[o][off[o]:]
			continue
		}
		v[o] = buf.data[o][:size:size]
		if o == 0 && !m.reads {
			continue
		}
		rs, cs := t.row.stride[o], t.col.stride[o]
		h := &buf.held[o]
		if rs == 0 && o > 0 { // the rows are all one
			if h.off == off[o] && h.rows >= rows && h.cols == cols {
				continue
			}
			h.off, h.rows, h.cols = off[o], rows, cols
		}
		m.gather(v[o], m.data[o][off[o]:], rows, cols, rs, cs)
	}
	if t.dense {
		for o := range m.n {
			v[o] = v[o][:size:size]
		}
		m.call(&v)
	} else {
		var w [mapOperands][]T
		for r := range rows {
			for o := range m.n {
				at := r * t.row.stride[o]
				if t.copied[o] {
					at = r * cols
				}
				w[o] = v[o][at:][:cols:cols]
			}
			m.call(&w)
		}
	}
	if t.copied[0] {
		scatter(m.data[0][off[0]:], v[0], rows, cols, t.row.stride[0], t.col.stride[0])
	}
}

var (
	tileBuffers32 scratch.Store[tileBuffer[float32]]
	tileBuffers64 scratch.Store[tileBuffer[float64]]
)

func getTileBuffer[T Float]() *tileBuffer[T] {
	var z T
	if _, ok := any(z).(float32); ok {
		return any(tileBuffers32.Get()).(*tileBuffer[T])
	}
	return any(tileBuffers64.Get()).(*tileBuffer[T])
}

func putTileBuffer[T Float](b *tileBuffer[T]) {
	switch b := any(b).(type) {
	case *tileBuffer[float32]:
		tileBuffers32.Put(b)
	case *tileBuffer[float64]:
		tileBuffers64.Put(b)
	}
}
