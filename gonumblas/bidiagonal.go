package gonumblas

import (
	"cmp"
	"math"
)

// bidiagonal is an upper bidiagonal matrix B, diagonal d, superdiagonal e, on its way
// to B = Q·Σ·Pᵀ by rotations of its rows (kept for the columns of U) and of its
// columns (for the rows of Vᵀ): U ← U·Q, Vᵀ ← Pᵀ·Vᵀ.
type bidiagonal struct {
	LAPACK
	rotations
	d, e []float64
}

// run reports whether it converged. lower says that e is the subdiagonal.
func (q *bidiagonal) run(lower bool) bool {
	if lower {
		q.raise()
	}
	ok := q.diagonalise()
	q.apply()
	q.order()
	return ok
}

// raise turns a lower bidiagonal matrix into an upper one by rotations of rows.
func (q *bidiagonal) raise() {
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
func (q *bidiagonal) diagonalise() bool {
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
func (q *bidiagonal) block(m int, floor float64) (l int, top float64) {
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
func (q *bidiagonal) edge(l, m int, back bool) *float64 {
	if back {
		return &q.e[l]
	}
	return &q.e[m-1]
}

// two diagonalises the block of rows l and l+1.
func (q *bidiagonal) two(l int) {
	least, most, sr, cr, sl, cl := q.Dlasv2(q.d[l], q.e[l], q.d[l+1])
	q.d[l], q.e[l], q.d[l+1] = most, 0, least
	cv, sv, cu, su := q.begin(l, 1, false)
	cv[0], sv[0], cu[0], su[0] = cr, sr, cl, sl
}

// converged applies the criteria of Demmel and Kahan to the block l … m; it reports
// whether an element of e became zero, and else a bound of the least singular value.
func (q *bidiagonal) converged(l, m int, tol float64, back bool) (least float64, split bool) {
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
func (q *bidiagonal) shift(l, m int, least, top, tol float64, back bool) float64 {
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
func (q *bidiagonal) sweep(l, m int, shift float64, back bool) {
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
		f = float64(c1*d0) + float64(s1*e0)
		e0 = float64(c1*e0) - float64(s1*d0)
		g, d1 = s1*d1, c1*d1
		c2, s2, r := q.Dlartg(f, g)
		*b.dia(i) = r
		f = float64(c2*e0) + float64(s2*d1)
		*b.dia(i + 1) = float64(c2*d1) - float64(s2*e0)
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
func (q *bidiagonal) order() {
	for i, v := range q.d {
		if math.Signbit(v) {
			q.d[i] = -v
			if q.vt != nil {
				row := q.vt[i*q.ldvt:][:q.colsVT]
				q.kernels.Scale(row, -1, row)
			}
		}
	}
	q.sort(q.d, func(x, y float64) int { return cmp.Compare(y, x) })
}
