package gonumblas

import (
	"math"
	"slices"

	"github.com/lanes-go/lanes/asm"
)

const (
	maxFloat64 = math.MaxFloat64
	ulp        = 0x1p-53   // relative error of one operation
	tiny       = 0x1p-1022 // least normal number
)

// rotations collects plane rotations of neighbours over many sweeps, and turns the
// columns of a matrix U and the rows of a matrix Vᵀ by them in strips that stay in
// the L2.
type rotations struct {
	n int // columns of U, rows of Vᵀ

	u          []float64 // rowsU x n, or nil
	ldu, rowsU int
	vt         []float64 // n x colsVT, or nil
	ldvt       int
	colsVT     int

	kept    []sweep
	used    int       // rotations kept
	cv, sv  []float64 // of the rows of Vᵀ
	cu, su  []float64 // of the columns of U
	strip   []float64
	kernels *asm.Kernels[float64]
}

// sweep is one chain of rotations of neighbours: rotation i turns rows first+i and
// first+i+1, in increasing i, or in decreasing i when it goes back.
type sweep struct {
	first, from, to int // rotations from … to-1 of those kept
	back            bool
}

const (
	// stripWidth is the number of columns (rows of U) turned at a time: 1000 rows
	// of them are 250 KiB, a part of the L2.
	stripWidth = 32
	// keepRotations bounds the rotations kept: a strip is copied in and out once for
	// all of them.
	keepRotations = 1 << 15
	// turnRotations bounds a call of a kernel, which cannot be preempted, to about
	// 10 µs.
	turnRotations = 2048
)

func newRotations(n int) rotations {
	keep := min(max(keepRotations, n), n*n)
	buf := make([]float64, 4*keep)
	return rotations{
		n:  n,
		cv: buf[:keep], sv: buf[keep : 2*keep], cu: buf[2*keep : 3*keep], su: buf[3*keep:],
		strip:   make([]float64, n*stripWidth),
		kernels: asm.Active[float64](),
	}
}

// begin opens a sweep of n rotations from row first on and returns its slices.
func (q *rotations) begin(first, n int, back bool) (cv, sv, cu, su []float64) {
	if q.used+n > len(q.cv) {
		q.apply()
	}
	from, to := q.used, q.used+n
	q.kept = append(q.kept, sweep{first, from, to, back})
	q.used = to
	return q.cv[from:to], q.sv[from:to], q.cu[from:to], q.su[from:to]
}

// apply turns U and Vᵀ by what is kept.
func (q *rotations) apply() {
	for j := 0; q.vt != nil && j < q.colsVT; j += stripWidth {
		w := min(stripWidth, q.colsVT-j)
		for i := range q.n {
			copy(q.strip[i*stripWidth:][:w], q.vt[i*q.ldvt+j:])
		}
		q.turn(q.cv, q.sv)
		for i := range q.n {
			copy(q.vt[i*q.ldvt+j:][:w], q.strip[i*stripWidth:])
		}
	}
	for i := 0; q.u != nil && i < q.rowsU; i += stripWidth {
		w := min(stripWidth, q.rowsU-i)
		rows := q.u[i*q.ldu:][:(w-1)*q.ldu+q.n]
		q.kernels.PackT(q.strip, stripWidth, rows, q.ldu, w, q.n)
		q.turn(q.cu, q.su)
		q.kernels.PackT(rows, q.ldu, q.strip, stripWidth, q.n, w)
	}
	q.kept, q.used = q.kept[:0], 0
}

// turn applies the rotations kept to the strip.
func (q *rotations) turn(c, s []float64) {
	for _, w := range q.kept {
		rows, c, s := q.strip[w.first*stripWidth:], c[w.from:w.to], s[w.from:w.to]
		for len(c) > 0 {
			n := min(len(c), turnRotations)
			if at := len(c) - n; w.back {
				q.kernels.RotRows(rows[at*stripWidth:], stripWidth, stripWidth, c[at:], s[at:], true)
				c, s = c[:at], s[:at]
			} else {
				q.kernels.RotRows(rows, stripWidth, stripWidth, c[:n], s[:n], false)
				rows, c, s = rows[n*stripWidth:], c[n:], s[n:]
			}
		}
	}
}

// sort orders d, and the columns of U and the rows of Vᵀ with it.
func (q *rotations) sort(d []float64, compare func(x, y float64) int) {
	by := make([]int, q.n) // what goes to place i
	for i := range by {
		by[i] = i
	}
	was := slices.Clone(d)
	slices.SortStableFunc(by, func(i, j int) int { return compare(was[i], was[j]) })
	for i, j := range by {
		d[i] = was[j]
	}
	for i := 0; q.u != nil && i < q.rowsU; i++ {
		row := q.u[i*q.ldu:][:q.n]
		copy(was, row)
		for j, k := range by {
			row[j] = was[k]
		}
	}
	if q.vt != nil {
		permuteRows(q.vt, q.ldvt, q.colsVT, by)
	}
}

// permuteRows moves row by[i] to row i, along the cycles of the permutation, which it
// destroys.
func permuteRows(x []float64, ld, cols int, by []int) {
	saved := make([]float64, cols)
	for i := range by {
		if by[i] == i {
			continue
		}
		copy(saved, x[i*ld:])
		to := i
		for by[to] != i {
			from := by[to]
			copy(x[to*ld:][:cols], x[from*ld:])
			by[to], to = to, from
		}
		copy(x[to*ld:][:cols], saved)
		by[to] = to
	}
}
