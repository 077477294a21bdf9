package gonumblas

import (
	"cmp"
	"math"
	"slices"

	"github.com/lanes-go/lanes/asm"
)

const (
	maxFloat64 = math.MaxFloat64
	ulp        = 0x1p-53   // relative error of one operation
	tiny       = 0x1p-1022 // least normal number
)

// sweeps diagonalises an upper bidiagonal matrix B, diagonal d, superdiagonal e, by
// rotations of its rows (kept for the columns of U) and of its columns (for the rows
// of Vᵀ): B = Q·Σ·Pᵀ, U ← U·Q, Vᵀ ← Pᵀ·Vᵀ.
type sweeps struct {
	LAPACK
	d, e []float64

	u          []float64 // rowsU x len(d), or nil
	ldu, rowsU int
	vt         []float64 // len(d) x colsVT, or nil
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

func newSweeps(l LAPACK, d, e []float64) *sweeps {
	n := max(keepRotations, len(d))
	buf := make([]float64, 4*n)
	return &sweeps{
		LAPACK: l, d: d, e: e,
		cv: buf[:n], sv: buf[n : 2*n], cu: buf[2*n : 3*n], su: buf[3*n:],
		strip:   make([]float64, len(d)*stripWidth),
		kernels: asm.Active[float64](),
	}
}

// begin opens a sweep of n rotations from row first on and returns its slices.
func (q *sweeps) begin(first, n int, back bool) (cv, sv, cu, su []float64) {
	if q.used+n > len(q.cv) {
		q.apply()
	}
	from, to := q.used, q.used+n
	q.kept = append(q.kept, sweep{first, from, to, back})
	q.used = to
	return q.cv[from:to], q.sv[from:to], q.cu[from:to], q.su[from:to]
}

// apply turns U and Vᵀ by what is kept.
func (q *sweeps) apply() {
	n := len(q.d)
	for j := 0; q.vt != nil && j < q.colsVT; j += stripWidth {
		w := min(stripWidth, q.colsVT-j)
		for i := range n {
			copy(q.strip[i*stripWidth:][:w], q.vt[i*q.ldvt+j:])
		}
		q.turn(q.cv, q.sv)
		for i := range n {
			copy(q.vt[i*q.ldvt+j:][:w], q.strip[i*stripWidth:])
		}
	}
	for i := 0; q.u != nil && i < q.rowsU; i += stripWidth {
		w := min(stripWidth, q.rowsU-i)
		rows := q.u[i*q.ldu:][:(w-1)*q.ldu+n]
		q.kernels.PackT(q.strip, stripWidth, rows, q.ldu, w, n)
		q.turn(q.cu, q.su)
		q.kernels.PackT(rows, q.ldu, q.strip, stripWidth, n, w)
	}
	q.kept, q.used = q.kept[:0], 0
}

// turn applies the rotations kept to the strip.
func (q *sweeps) turn(c, s []float64) {
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

// run reports whether it converged. lower says that e is the subdiagonal.
func (q *sweeps) run(lower bool) bool {
	if lower {
		q.raise()
	}
	ok := q.diagonalise()
	q.apply()
	q.order()
	return ok
}

// raise turns a lower bidiagonal matrix into an upper one by rotations of rows.
func (q *sweeps) raise() {
	d, e := q.d, q.e
	cv, sv, cu, su := q.begin(0, len(e), false)
	for i := range e {
		c, s, r := q.Dlartg(d[i], e[i])
		d[i], e[i], d[i+1] = r, s*d[i+1], c*d[i+1]
		cv[i], sv[i] = 1, 0
		cu[i], su[i] = c, s
	}
}

// diagonalise makes the superdiagonal zero.
func (q *sweeps) diagonalise() bool {
	d, e := q.d, q.e
	n := len(d)
	// A superdiagonal element that is this small beside its neighbours is zero
	// without harm to the relative accuracy of any singular value.
	const tol = 96 * ulp

	// The least singular value is at least the least of a recurrence (Demmel and
	// Kahan, theorem 5), over sqrt(n).
	mu := math.Abs(d[0])
	least := mu
	for i := 0; i < n-1 && least > 0; i++ {
		mu = math.Abs(d[i+1]) * (mu / (mu + math.Abs(e[i])))
		least = min(least, mu)
	}
	budget := 6 * n * n // rotations; 2n² are usual
	floor := max(tol*least/math.Sqrt(float64(n)), float64(budget)*tiny)

	back := false
	low, high := -1, -1 // the block of the sweep before
	for m := n - 1; m > 0; {
		if budget < 0 || d[m] != d[m] {
			return false
		}
		l, top := q.block(m, floor)
		if l == m {
			m--
			continue
		}
		if l == m-1 {
			q.two(l)
			m -= 2
			continue
		}
		if l > high || m < low { // a new block: chase from its large end to its small one
			back = math.Abs(d[l]) < math.Abs(d[m])
		}
		least, split := q.converged(l, m, tol, back)
		if split {
			low, high = l, m
			continue
		}
		low, high = l, m
		budget -= m - l
		q.sweep(l, m, q.shift(l, m, least, top, tol, back), back)
		if edge := q.edge(l, m, back); math.Abs(*edge) <= floor {
			*edge = 0
		}
	}
	return true
}

// block finds the unreduced block that ends in row m: its first row, and its largest
// element. What is below floor becomes zero on the way.
func (q *sweeps) block(m int, floor float64) (l int, top float64) {
	d, e := q.d, q.e
	if math.Abs(d[m]) <= floor {
		d[m] = 0
	}
	top = math.Abs(d[m])
	for l = m; l > 0; l-- {
		if math.Abs(d[l-1]) <= floor {
			d[l-1] = 0
		}
		if math.Abs(e[l-1]) <= floor {
			e[l-1] = 0
			return l, top
		}
		top = max(top, math.Abs(d[l-1]), math.Abs(e[l-1]))
	}
	return l, top
}

// edge is the element that a sweep of the block l … m makes small.
func (q *sweeps) edge(l, m int, back bool) *float64 {
	if back {
		return &q.e[l]
	}
	return &q.e[m-1]
}

// two diagonalises the block of rows l and l+1.
func (q *sweeps) two(l int) {
	least, most, sr, cr, sl, cl := q.Dlasv2(q.d[l], q.e[l], q.d[l+1])
	q.d[l], q.e[l], q.d[l+1] = most, 0, least
	cv, sv, cu, su := q.begin(l, 1, false)
	cv[0], sv[0], cu[0], su[0] = cr, sr, cl, sl
}

// converged applies the criteria of Demmel and Kahan to the block l … m; it reports
// whether an element of e became zero, and else a bound of the least singular value.
func (q *sweeps) converged(l, m int, tol float64, back bool) (least float64, split bool) {
	d, e := q.d, q.e
	end := d[m]
	if back {
		end = d[l]
	}
	if edge := q.edge(l, m, back); math.Abs(*edge) <= tol*math.Abs(end) {
		*edge = 0
		return 0, true
	}
	mu := math.Abs(d[l])
	if back {
		mu = math.Abs(d[m])
	}
	least = mu
	for i := range m - l {
		at, next := l+i, l+i+1
		if back {
			at, next = m-1-i, m-1-i
		}
		if math.Abs(e[at]) <= tol*mu {
			e[at] = 0
			return 0, true
		}
		mu = math.Abs(d[next]) * (mu / (mu + math.Abs(e[at])))
		least = min(least, mu)
	}
	return least, false
}

// shift chooses the shift of a sweep: a singular value of the 2x2 block at its end, or
// 0 where a shift would cost relative accuracy.
func (q *sweeps) shift(l, m int, least, top, tol float64, back bool) float64 {
	d, e := q.d, q.e
	if float64(m-l+1)*tol*(least/top) <= max(ulp, 0.01*tol) {
		return 0
	}
	begin, f, g, h := math.Abs(d[l]), d[m-1], e[m-1], d[m]
	if back {
		begin, f, g, h = math.Abs(d[m]), d[l], e[l], d[l+1]
	}
	shift, _ := q.Dlas2(f, g, h)
	if r := shift / begin; begin > 0 && r*r < ulp {
		return 0
	}
	return shift
}

// sweep chases a bulge through the block l … m: forward from the top, or back from
// the bottom, where rows and columns change their parts.
func (q *sweeps) sweep(l, m int, shift float64, back bool) {
	cv, sv, cu, su := q.begin(l, m-l, back)
	if back {
		cv, sv, cu, su = cu, su, cv, sv
	}
	n := m - l
	b := view{q.d[l : m+1], q.e[l:m], back}
	sign := 1.0 // a rotation of (i+1, i) is one of (i, i+1) by the opposite angle
	if back {
		sign = -1
	}
	put := func(i int, c1, s1, c2, s2 float64) {
		if back {
			i = n - 1 - i
		}
		cv[i], sv[i], cu[i], su[i] = c1, sign*s1, c2, sign*s2
	}
	if shift == 0 {
		c, oldc, olds := 1.0, 1.0, 0.0
		for i := range n {
			var s, r float64
			c, s, r = q.Dlartg(*b.dia(i)*c, *b.sup(i))
			if i > 0 {
				*b.sup(i - 1) = olds * r
			}
			oldc, olds, *b.dia(i) = q.Dlartg(oldc*r, *b.dia(i + 1)*s)
			put(i, c, s, oldc, olds)
		}
		h := *b.dia(n) * c
		*b.dia(n), *b.sup(n - 1) = h*oldc, h*olds
		return
	}
	d0 := *b.dia(0)
	f := (math.Abs(d0) - shift) * (math.Copysign(1, d0) + shift/d0)
	g := *b.sup(0)
	for i := range n {
		c1, s1, r := q.Dlartg(f, g)
		if i > 0 {
			*b.sup(i - 1) = r
		}
		d0, e0, d1 := *b.dia(i), *b.sup(i), *b.dia(i + 1)
		f = c1*d0 + s1*e0
		e0 = c1*e0 - s1*d0
		g, d1 = s1*d1, c1*d1
		c2, s2, r := q.Dlartg(f, g)
		*b.dia(i) = r
		f = c2*e0 + s2*d1
		*b.dia(i + 1) = c2*d1 - s2*e0
		if i < n-1 {
			e1 := *b.sup(i + 1)
			g, *b.sup(i + 1) = s2*e1, c2*e1
		}
		put(i, c1, s1, c2, s2)
	}
	*b.sup(n - 1) = f
}

// view is a bidiagonal block, or its transpose with both orders reversed, which is
// upper bidiagonal again.
type view struct {
	d, e []float64
	back bool
}

func (b view) dia(i int) *float64 {
	if b.back {
		i = len(b.d) - 1 - i
	}
	return &b.d[i]
}

func (b view) sup(i int) *float64 {
	if b.back {
		i = len(b.e) - 1 - i
	}
	return &b.e[i]
}

// order makes the singular values positive and decreasing.
func (q *sweeps) order() {
	n := len(q.d)
	by := make([]int, n)
	for i := range by {
		by[i] = i
		if math.Signbit(q.d[i]) {
			q.d[i] = -q.d[i]
			if q.vt != nil {
				row := q.vt[i*q.ldvt:][:q.colsVT]
				q.kernels.Scale(row, -1, row)
			}
		}
	}
	d := slices.Clone(q.d)
	slices.SortStableFunc(by, func(i, j int) int { return cmp.Compare(d[j], d[i]) })
	for i, j := range by {
		q.d[i] = d[j]
	}
	row := make([]float64, n)
	for i := 0; q.u != nil && i < q.rowsU; i++ {
		at := q.u[i*q.ldu:][:n]
		copy(row, at)
		for j, k := range by {
			at[j] = row[k]
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
