package gradcheck

import (
	"cmp"
	"fmt"
	"math"
	"slices"
)

// First step, times max(1,|x|): at 2^-12 the extrapolated difference of a function
// of scale 1 is good to about 1e-12, by curvature and by rounding alike. Float32
// has fewer digits and begins at 2^-5.
func (c *checker) firstStep() float64 {
	if c.o.Single {
		return 0x1p-5
	}
	return 0x1p-12
}

// scaleOf is the power of two at or below max(1,|x|): with it steps are exact.
func scaleOf(x float64) float64 {
	_, e := math.Frexp(max(1, math.Abs(x)))
	return math.Ldexp(1, e-1)
}

// round gives the nearest value Loss can tell apart.
func (c *checker) round(x float64) float64 {
	if c.o.Single {
		return float64(float32(x))
	}
	return x
}

// entryLine is the line through entry i of Var k.
func (c *checker) entryLine(k, i int) *line {
	x, x0 := c.p.Vars[k].X, c.keep[k][i]
	s := scaleOf(x0)
	return &line{
		at: func(t float64) (float64, float64) {
			x[i] = c.round(x0 + t)
			step := x[i] - x0
			f := c.loss()
			x[i] = x0
			return f, step
		},
		f0: c.f0, noise: c.noise, eps: c.eps, zero: math.Abs(x0), claim: c.claim[k][i], rtol: c.o.Rtol,
		start:   c.firstStep() * s,
		maxStep: c.o.MaxStep * s,
		// Below this the step itself has too few bits.
		minStep: max(c.eps*max(math.Abs(x0)*16, 0x1p-10), math.SmallestNonzeroFloat64*0x1p60),
	}
}

// entries checks the entries of every tensor, all or a sample.
func (c *checker) entries() {
	slopes := make([][]slope, len(c.p.Vars))
	c.picks = make([][]int, len(c.p.Vars))
	for k := range c.p.Vars {
		c.picks[k] = c.rng.sample(len(c.p.Vars[k].X), c.o.MaxEntries)
		for _, i := range c.picks[k] {
			s := c.entrySlope(k, i)
			if s.verdict == Right && resolved(s) {
				c.largest = max(c.largest, math.Abs(s.d))
			}
			slopes[k] = append(slopes[k], s)
		}
	}
	first := 0
	for k, v := range c.p.Vars {
		t := TensorReport{Name: v.Name, Shape: v.Shape, Len: len(v.X), first: first}
		first += len(v.X)
		c.judge(&t, k, c.picks[k], slopes[k], c.largest)
		c.r.Tensors = append(c.r.Tensors, t)
	}
	if !c.unmoved() {
		c.r.fault("the function changes x")
	}
}

// entrySlope is the derivative of entry i of Var k.
func (c *checker) entrySlope(k, i int) slope {
	l := c.entryLine(k, i)
	s := l.derive()
	if s.verdict == Right && !agrees(l.claim, s.d, c.o.Rtol, s.err, 0) {
		s = l.secondLook(s)
	}
	return s
}

func resolved(s slope) bool { return math.Abs(s.d) > float64(10*s.err) }

// judge gives each entry its verdict, once it is known how large derivatives are.
func (c *checker) judge(t *TensorReport, k int, picks []int, slopes []slope, largest float64) {
	var own float64 // the largest resolved derivative of this tensor
	for _, s := range slopes {
		if s.verdict == Right && resolved(s) {
			own = max(own, math.Abs(s.d))
		}
	}
	t.wholeRatio = true
	for j, i := range picks {
		s, a := slopes[j], c.claim[k][i]
		e := Entry{Index: i, Analytic: a, Numeric: s.d, Relative: relative(a, s.d), Uncertainty: s.err,
			Step: s.h, Left: s.left, Right: s.right, Verdict: s.verdict}
		if e.Verdict == Right {
			// Where the derivative is too small to be seen, a claim of 1e-8 of the
			// largest is as good as 0.
			floor := 0.0
			if !resolved(s) {
				floor = float64(1e-8 * own)
			}
			floor += c.o.Atol
			size := max(math.Abs(a), math.Abs(s.d), s.steep, float64(c.blur()*largest))
			switch {
			case !agrees(a, s.d, c.o.Rtol, s.err, floor):
				e.Verdict = Wrong
			case float64(4*s.err) > max(c.blur()*size, c.o.Atol):
				e.Verdict = Unclear
			}
		}
		if e.Verdict == Kink {
			c.still[k][i] = true
			c.blind = c.blind || len(picks) < t.Len
		}
		if e.Verdict == Kink && c.p.Vars[k].Legal != nil {
			e.Verdict = Illegal
			for _, legal := range c.p.Vars[k].Legal(i) {
				if agrees(a, legal, c.o.Rtol, 0, c.o.Atol) {
					e.Verdict = Right
				}
			}
			if e.Verdict == Right {
				t.Checked++
				continue // its numeric slope means nothing
			}
		}
		t.add(e, resolved(s))
	}
	slices.SortStableFunc(t.Bad, func(a, b Entry) int { return cmp.Compare(b.Relative, a.Relative) })
	t.Bad = t.Bad[:min(len(t.Bad), maxBad)]
	t.LeftOut = float64(t.Kinks+t.Unclear) > max(0, c.o.MaxLeftOut)*float64(len(picks))
}

// blur is the uncertainty, as a share, beyond which an entry counts as not seen.
func (c *checker) blur() float64 { return max(1e-2, 4*c.o.Rtol) }

// add counts an entry.
func (t *TensorReport) add(e Entry, resolved bool) {
	t.Checked++
	if e.Verdict == Right || e.Verdict == Wrong {
		if t.WorstAbs.Step == 0 || e.absolute() > t.WorstAbs.absolute() {
			t.WorstAbs = e
		}
	}
	switch e.Verdict {
	case Right:
		if resolved && e.Relative >= t.Worst.Relative {
			t.Worst = e
		}
		if resolved {
			t.wholeRatio = false
		}
	case Wrong, Illegal:
		t.WrongLen++
		t.Bad = append(t.Bad, e)
		if e.Relative >= t.Worst.Relative {
			t.Worst = e
		}
		r := e.Numeric / e.Analytic
		switch {
		case t.WrongLen == 1:
			t.ratio = r
		case !(math.Abs(r-t.ratio) <= float64(1e-4*math.Abs(t.ratio))):
			t.ratio = 0
		}
	default:
		if e.Verdict == Kink {
			t.Kinks++
		} else {
			t.Unclear++
		}
		if len(t.Missed) < maxBad {
			t.Missed = append(t.Missed, e)
		}
	}
}

// directions compares along random directions, which see every entry that is not at a
// kink, and returns along how many. What the faults begin with says what they are of. (A
// line through several kinks may look smooth where they cancel each other.)
func (c *checker) directions(what string) (used int) {
	n := 0
	for _, x := range c.keep {
		n += len(x)
	}
	if n == 0 {
		return 0
	}
	for try := 0; try < 3*c.o.Directions && used < c.o.Directions; try++ {
		u := make([][]float64, len(c.keep))
		for k, x := range c.keep {
			u[k] = make([]float64, len(x))
			c.fill(u, k, nil, n)
		}
		l, spread := c.along(u)
		smooth, ok, s := c.compare(l, spread, 0)
		if !smooth {
			continue // another one
		}
		used++
		if !ok {
			c.r.fault("%srandom direction %d: numeric %.8g, by the gradient %.8g, relative %.1e", what, try, s.d, l.claim, relative(l.claim, s.d))
		}
	}
	if !c.unmoved() {
		c.r.fault("the function changes x")
	}
	return used
}

// adjoint compares <v, J u> by differences with <J^T v, u> for other upstream gradients v
// than that of the start, each in a direction u of its own.
func (c *checker) adjoint() {
	if c.p.Upstream == nil || c.o.Directions < 0 {
		return
	}
	own, f0, noise, want := c.claim, c.f0, c.noise, c.o.Directions
	c.o.Directions = 1
	for k, n := 1, len(c.r.Faults); k <= want && len(c.r.Faults) == n; k++ {
		c.p.Upstream(k)
		c.claim = nil
		if c.repeatable() && c.claims() {
			c.noise = max(noise, c.eps*math.Abs(c.f0))
			c.r.Adjoint += c.directions(fmt.Sprintf("adjoint test %d: ", k))
		}
	}
	c.claim, c.f0, c.noise, c.o.Directions = own, f0, noise, want
	c.p.Upstream(0)
	c.p.Grad(1)
}

// compare tells whether the function is smooth along l, as far as can be seen, and, if so,
// whether its slope is the claim, where it may be off by more besides.
func (c *checker) compare(l *line, spread, more float64) (smooth, ok bool, s slope) {
	s = l.derive()
	if s.verdict != Right || float64(4*s.err) > float64(c.blur()*spread) {
		return false, false, s // kinks or noise
	}
	floor := float64(1e-9*spread) + c.o.Atol + more
	if !agrees(l.claim, s.d, c.o.Rtol, s.err, floor) {
		s = l.secondLook(s)
	}
	return true, agrees(l.claim, s.d, c.o.Rtol, s.err, floor), s
}

// fill makes entries of u[k], those of block or all, random, in sizes that give a vector
// with n of them a length of about 1, times max(1,|x|).
func (c *checker) fill(u [][]float64, k int, block []int, n int) {
	root := math.Sqrt(float64(n))
	one := func(i int) {
		u[k][i] = c.rng.size() * scaleOf(c.keep[k][i]) / root
		if c.still[k][i] {
			u[k][i] = 0
		}
	}
	if block != nil {
		for _, i := range block {
			one(i)
		}
		return
	}
	for i := range u[k] {
		one(i)
	}
}

// along is a line in a direction u; Vars of which it is nil do not move. spread is the root
// of the summed squares of what each entry adds to the slope.
func (c *checker) along(u [][]float64) (l *line, spread float64) {
	var claim, big float64
	for k := range u {
		for i, v := range u[k] {
			a := float64(c.claim[k][i] * v)
			claim += a
			big = max(big, math.Abs(a))
		}
	}
	var sum, moved float64
	if big > 0 {
		for k := range u {
			for i, v := range u[k] {
				if v != 0 {
					a, x := c.claim[k][i]/big, c.keep[k][i]
					sum += float64(a * v * a * v)
					moved += float64(a * x * a * x)
				}
			}
		}
	}
	spread = big * math.Sqrt(sum)
	l = &line{
		at: func(t float64) (float64, float64) {
			for k, x := range c.keep {
				for i, v := range u[k] {
					c.p.Vars[k].X[i] = c.round(x[i] + float64(t*v))
				}
			}
			f := c.loss()
			for k, x := range c.keep {
				if u[k] != nil {
					copy(c.p.Vars[k].X, x)
				}
			}
			return f, t
		},
		// Rounding x + t*u moves the value as well.
		f0: c.f0, noise: c.noise + float64(c.eps*big*math.Sqrt(moved)), eps: c.eps, claim: claim, rtol: c.o.Rtol,
		start: c.firstStep(), maxStep: c.o.MaxStep, minStep: c.eps * 256,
	}
	return l, spread
}
