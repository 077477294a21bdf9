package tensor

import (
	"math"
	"math/bits"

	"github.com/lanes-go/lanes/asm"
	"github.com/lanes-go/lanes/internal/chunk"
	"github.com/lanes-go/lanes/internal/scratch"
)

// rows reduces the elements n0 to n1 of the rows lo to hi; the result of row o goes to
// place to+o.
func (r *reduction[T]) rows(to, lo, hi, n0, n1 int) {
	n := n1 - n0
	k, out := r.k, r.raw[0][to+lo:to+hi]
	if r.op == reduceSum {
		chunk.SumRows(k, out, r.x[lo*r.so+n0:], r.so, n)
		return
	}
	for i := range out {
		o := lo + i
		x := r.x[o*r.so+n0:][:n:n]
		switch r.op {
		case reduceAsum:
			out[i] = chunk.Asum(k, x)
		case reduceSumSq:
			out[i] = chunk.SumSq(k, x)
		case reduceDot:
			out[i] = chunk.Dot(k, x, r.y[o*r.yo+n0:])
		case reduceMax:
			out[i] = chunk.Max(k, x)
		case reduceMin:
			out[i] = chunk.Min(k, x)
		case reduceArgMax, reduceArgMin:
			at := 0
			if r.op == reduceArgMax {
				at = chunk.ArgMax(k, x)
			} else {
				at = chunk.ArgMin(k, x)
			}
			out[i], r.at[to+o] = x[at], n0+at
		case reduceMoments:
			m := chunk.MomentsOf(k, x)
			out[i], r.raw[1][to+o], r.raw[2][to+o] = m.Mean, m.Rest, m.M2
		}
	}
}

// colStrip is the number of columns reduced at a time, so that what is known of them so
// far stays in the first-level cache, and a block of rows in the second.
const colStrip = 512

// columnSpace is the memory for the columns of a strip.
type columnSpace[T Float] struct {
	levels  []T // blocks of rows, as chunk.Pairwise keeps them
	row     []T // places
	numbers []T // 0, 1, 2 …
}

var (
	columnSpaces32 scratch.Store[columnSpace[float32]]
	columnSpaces64 scratch.Store[columnSpace[float64]]
)

func getColumnSpace[T Float]() *columnSpace[T] {
	var z T
	if _, ok := any(z).(float32); ok {
		return any(columnSpaces32.Get()).(*columnSpace[T])
	}
	return any(columnSpaces64.Get()).(*columnSpace[T])
}

func putColumnSpace[T Float](s *columnSpace[T]) {
	switch s := any(s).(type) {
	case *columnSpace[float32]:
		columnSpaces32.Put(s)
	case *columnSpace[float64]:
		columnSpaces64.Put(s)
	}
}

// columns reduces rows rows of w elements, from element x of r.x and y of r.y on; first
// is the place of the first along the axis. The results go to places to and on.
func (r *reduction[T]) columns(s *columnSpace[T], to, x, y, rows, w, first int) {
	k, out := r.k, r.raw[0][to:to+w]
	step := max(1, 2*chunk.Piece/max(32, w))
	switch r.op {
	case reduceMax, reduceMin:
		extreme, most := k.ColMax, inf[T](-1)
		if r.op == reduceMin {
			extreme, most = k.ColMin, inf[T](1)
		}
		for j := range out {
			out[j] = most
		}
		for i := 0; i < rows; i += step {
			extreme(out, r.x[x+i*r.sn:], r.sn, min(step, rows-i))
		}
	case reduceArgMax, reduceArgMin:
		r.search(s, out, r.at[to:to+w], x, rows, step, first)
	default:
		r.blocks(s, to, x, y, rows, w)
	}
}

func inf[T Float](sign int) T { return T(math.Inf(sign)) }

// search finds the greatest or least elements of columns, val, and where they are. The
// kernel's places are of the type of the elements, so they count from the beginning of a
// call.
func (r *reduction[T]) search(s *columnSpace[T], val []T, at []int, x, rows, step, first int) {
	w := len(val)
	search := r.k.ColArgMax
	if r.op == reduceArgMin {
		search = r.k.ColArgMin
	}
	if step > len(s.numbers) {
		s.numbers = grow(&s.numbers, step)
		for i := range s.numbers {
			s.numbers[i] = T(i)
		}
	}
	row := grow(&s.row, w)
	copy(val, r.x[x:x+w])
	for j := range at {
		at[j] = first
	}
	for i := 0; i < rows; i += step {
		for j := range row {
			row[j] = -1
		}
		search(val, row, r.x[x+i*r.sn:], r.sn, s.numbers[:min(step, rows-i)])
		for j, n := range row {
			if n >= 0 {
				at[j] = first + i + int(n)
			}
		}
	}
}

// blocks reduces blocks of rows and combines them pairwise.
func (r *reduction[T]) blocks(s *columnSpace[T], to, x, y, rows, w int) {
	planes := r.planes()
	blocks := (rows + asm.BlockRows - 1) / asm.BlockRows
	buf := grow(&s.levels, (bits.Len(uint(blocks))+1)*planes*w)
	level := func(l int) []T { return buf[(l+1)*planes*w:][:planes*w] }
	top, n := buf[:planes*w], 0
	for b := range blocks {
		i := b * asm.BlockRows
		n = min(asm.BlockRows, rows-i)
		r.block(top, x+i*r.sn, y+i*r.yn, n, w)
		l := 0
		for ; b>>l&1 != 0; l++ {
			r.joinBlocks(top, level(l), w, asm.BlockRows<<l, n)
			n += asm.BlockRows << l
		}
		copy(level(l), top)
	}
	// What is left over, from the latest up; the first of it is in top.
	for l := bits.TrailingZeros(uint(blocks)) + 1; l < bits.Len(uint(blocks)); l++ {
		if blocks>>l&1 != 0 {
			r.joinBlocks(top, level(l), w, asm.BlockRows<<l, n)
			n += asm.BlockRows << l
		}
	}
	for p := range planes {
		copy(r.raw[p][to:to+w], top[p*w:])
	}
}

// block reduces one block of rows.
func (r *reduction[T]) block(top []T, x, y, rows, w int) {
	k, sn := r.k, r.sn
	switch r.op {
	case reduceSum:
		k.ColSum(top, r.x[x:], sn, rows)
	case reduceAsum:
		k.ColAsum(top, r.x[x:], sn, rows)
	case reduceSumSq:
		k.ColDot(top, r.x[x:], sn, r.x[x:], sn, rows)
	case reduceDot:
		k.ColDot(top, r.x[x:], sn, r.y[y:], r.yn, rows)
	case reduceMoments:
		k.ColMoments(top[:w:w], top[w:2*w:2*w], top[2*w:], r.x[x:], sn, rows)
	}
}

// joinBlocks puts the m rows of level before the n of top.
func (r *reduction[T]) joinBlocks(top, level []T, w, m, n int) {
	if r.op != reduceMoments {
		r.k.Add(top, level, top)
		return
	}
	v, u := chunk.Weights[T](m, n)
	r.k.MergeMoments(top[:w:w], top[w:2*w:2*w], top[2*w:], level[:w:w], level[w:2*w:2*w], level[2*w:], v, u)
}
