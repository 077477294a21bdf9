// Package gradcheck compares gradients with centred differences: numbers in,
// verdict out. It knows nothing of tensors and layers.
//
// A derivative is taken along a line at two exact steps, and extrapolated. How
// far the two are apart, how far the second differences are from those of a smooth
// function, and the measured rounding noise of the function say how far the result
// can be off. The step shrinks while curvature or a kink near by decides that
// figure, and grows while noise does. An entry is
// wrong when |a-n| exceeds
//
//	Rtol*max(|a|, |n|) + Atol + 4*uncertainty
//
// The relative error needs an absolute floor, since entries near 0 fail any relative
// limit by chance. Here the floor is the uncertainty, which is measured for each entry:
// so the verdict does not change when the loss is multiplied by a constant, and nobody
// has to choose a floor. Atol, 0 by default, is one of the caller's own beside it, in the
// units of the gradient: with Rtol 1e-3 and Atol 1e-5 the limits are at least as wide as
// those of torch.autograd.gradcheck. An entry where the slopes from both sides
// differ and smaller steps do not bring them together sits on a kink: it is
// counted and left out, or held to the values declared legal there. An entry
// whose uncertainty hides it is counted and left out too. More than a share left
// out is a failure; with a share of 0 every kink is one.
//
// Every tensor has a sample of its own, the first and the last entry in it. What the
// sample leaves out is covered by derivatives along one random direction for each block of
// it (blocks.go), where no sampled entry is at a kink, and all by derivatives in random
// directions, and, where the
// function has many results (Problem.Upstream), by the adjoint test: for other random
// upstream gradients v and directions u, <v, J u> by differences is <J^T v, u>.
//
// Besides: two calls of the function, and two of the gradient, give the same bits; a zero
// upstream gradient gives exactly zero gradients; and nothing changes x.
package gradcheck

import (
	"fmt"
	"math"
	"slices"
)

// Var is one tensor of inputs and the gradient claimed for it.
type Var struct {
	Name  string
	Shape []int     // for messages only; may be nil
	X     []float64 // the values; moved while checking, restored bit for bit
	Grad  []float64 // where Problem.Grad leaves dLoss/dX
	// Legal returns the values that are right for entry i if it is at a kink.
	// Without it an entry at a kink is left out and counted.
	Legal func(i int) []float64
}

// Problem is a function and its gradient, both at the present Vars[...].X.
type Problem struct {
	Vars []Var
	Loss func() float64
	// Grad overwrites every Vars[...].Grad with the gradient of upstream*Loss.
	// It is called with 1 only unless Linear is set.
	Grad func(upstream float64)
	// Linear says that Grad heeds upstream. Then a zero one must give exactly
	// zero gradients, and -2 gives -2 times the gradients (both but for Options.Atol).
	Linear bool
	// Upstream chooses, of a function with many results of which Loss is a weighted sum,
	// other weights, for Loss and Grad alike: a vector for each k, those of the start for
	// 0. nil: no adjoint test.
	Upstream func(k int)
}

// Options of a check; the zero value is the default.
type Options struct {
	Seed       uint64  // chooses sampled entries and directions
	Rtol       float64 // 1e-6; with Single 1e-2
	Atol       float64 // 0
	MaxEntries int     // entries checked per tensor, more are sampled; 64
	Directions int     // random directions checked, each with an adjoint test; 2, negative none
	MaxLeftOut float64 // share of a tensor's entries that may be left out; 0.1, negative none
	MaxStep    float64 // largest step, times max(1,|x|); 1/8
	// Fast checks directions only, whatever the size: under 200 calls of Loss. Entries are
	// checked where a direction fails, to name them, and where none is smooth.
	Fast bool
	// Single says that Loss computes in float32: X holds float32 values, stays
	// representable, and noise is that of float32. A weak check.
	Single bool
}

// Verdict of one entry.
type Verdict uint8

const (
	Right   Verdict = iota
	Wrong           // differs by more than can be explained
	Kink            // at a kink, left out
	Illegal         // at a kink, and not one of the values declared legal
	Unclear         // rounding or roughness of the function hides the entry
)

func (v Verdict) String() string {
	return [...]string{"right", "wrong", "kink", "kink, and not a value declared legal there", "unclear"}[v]
}

// Entry is one checked derivative.
type Entry struct {
	Index             int
	Analytic, Numeric float64
	Relative          float64 // |a-n|/max(|a|,|n|), 0 if both are 0
	Uncertainty       float64 // of Numeric, absolute
	Step              float64
	Left, Right       float64 // slopes from both sides
	Verdict           Verdict
}

func (e *Entry) absolute() float64 { return math.Abs(e.Analytic - e.Numeric) }

// TensorReport sums up one Var.
type TensorReport struct {
	Name                                   string
	Shape                                  []int
	Len, Checked, Kinks, Unclear, WrongLen int
	LeftOut                                bool    // more left out than allowed
	Worst                                  Entry   // the largest relative error where both are resolved
	WorstAbs                               Entry   // the largest absolute error of an entry that is not left out
	Bad                                    []Entry // wrong entries, worst first, at most maxBad
	Missed                                 []Entry // entries left out, at most maxBad
	ratio                                  float64 // numeric/analytic if equal for all wrong entries, else 0
	wholeRatio                             bool    // and every resolved entry is wrong
	first                                  int     // index in the flat vector of all Vars
}

// maxBad limits the entries kept of a tensor, so that a report fits a screen.
const maxBad = 5

// Report is the outcome of Check.
type Report struct {
	Seed     uint64
	Tensors  []TensorReport
	Faults   []string // what is wrong beyond single entries
	Evals    int      // calls of Loss
	Single   bool
	Blocks   int // of entries that were not sampled, each along a direction of its own
	DirsUsed int // directions along which the function was smooth
	Adjoint  int // and those of adjoint tests
}

// OK tells whether nothing was found.
func (r *Report) OK() bool {
	for i := range r.Tensors {
		if r.Tensors[i].WrongLen > 0 || r.Tensors[i].LeftOut {
			return false
		}
	}
	return len(r.Faults) == 0
}

func (r *Report) fault(format string, args ...any) {
	r.Faults = append(r.Faults, fmt.Sprintf(format, args...))
}

// checker is a check under way.
type checker struct {
	p       Problem
	o       Options
	r       *Report
	eps     float64
	f0      float64
	noise   float64        // absolute, of one value of Loss
	rng     rng            //
	keep    [][]float64    // the X at the start
	claim   [][]float64    // the gradients at the start
	largest float64        // of all resolved derivatives
	still   []map[int]bool // entries at kinks, of each Var: directions leave them where they are
	picks   [][]int        // the entries that were looked at, of each Var
	blind   bool           // there are kinks, and entries that were not looked at
}

// Check compares p.Grad with differences of p.Loss. It panics if the lengths of a
// Var's X and Grad differ.
func Check(p Problem, o Options) *Report {
	o = o.withDefaults()
	c := &checker{p: p, o: o, r: &Report{Seed: o.Seed, Single: o.Single}, eps: 0x1p-52, rng: rng{o.Seed}}
	if o.Single {
		c.eps = 0x1p-23
	}
	for _, v := range p.Vars {
		if len(v.X) != len(v.Grad) {
			panic(fmt.Errorf("gradcheck: %s has %d values and %d gradients", v.Name, len(v.X), len(v.Grad)))
		}
		c.keep = append(c.keep, append([]float64(nil), v.X...))
		c.still = append(c.still, map[int]bool{})
	}
	if !c.repeatable() || !c.claims() {
		return c.r
	}
	c.linear()
	c.measureNoise()
	before := len(c.r.Faults)
	if o.Fast {
		if c.r.DirsUsed = c.directions(""); c.r.DirsUsed > 0 && len(c.r.Faults) == before {
			c.adjoint()
		}
		if c.r.DirsUsed > 0 && len(c.r.Faults) == before {
			return c.r
		}
	}
	after := len(c.r.Faults)
	c.entries()
	if c.kinks() > 0 { // Fast may have moved along kinks that cancel each other
		c.r.Faults = slices.Delete(c.r.Faults, before, after)
	}
	if c.wrong() {
		return c.r // directions would say the same with less
	}
	if !c.blind {
		if c.blocks(); c.wrong() {
			return c.r
		}
		c.r.DirsUsed = c.directions("")
		c.adjoint()
	}
	return c.r
}

// wrong tells whether an entry is.
func (c *checker) wrong() bool {
	for i := range c.r.Tensors {
		if c.r.Tensors[i].WrongLen > 0 {
			return true
		}
	}
	return false
}

// kinks counts the entries at kinks.
func (c *checker) kinks() (n int) {
	for _, s := range c.still {
		n += len(s)
	}
	return n
}

func (o Options) withDefaults() Options {
	if o.Rtol <= 0 {
		o.Rtol = 1e-6
		if o.Single {
			o.Rtol = 1e-2
		}
	}
	if o.MaxEntries <= 0 {
		o.MaxEntries = 64
	}
	if o.Directions == 0 {
		o.Directions = 2
	}
	if o.MaxLeftOut == 0 {
		o.MaxLeftOut = 0.1
	}
	if o.MaxStep <= 0 {
		o.MaxStep = 0.125
	}
	return o
}

func (c *checker) loss() float64 {
	c.r.Evals++
	return c.p.Loss()
}

// repeatable asks the function twice for the same value.
func (c *checker) repeatable() bool {
	c.f0 = c.loss()
	again := c.loss()
	switch {
	case !finite(c.f0):
		c.r.fault("the function is %v at x", c.f0)
	case !c.unmoved():
		c.r.fault("the function changes x")
	case again != c.f0:
		c.r.fault("the function gives %v, then %v, for the same x: fix its seed, or its state", c.f0, again)
	default:
		return true
	}
	return false
}

// claims collects the claimed gradients, and asks for them twice.
func (c *checker) claims() bool {
	for round := range 2 {
		for _, v := range c.p.Vars {
			for i := range v.Grad { // what is not written, or is added to, shows as NaN
				v.Grad[i] = math.NaN()
			}
		}
		c.p.Grad(1)
		if !c.unmoved() {
			c.r.fault("the gradient changes x")
			return false
		}
		for k, v := range c.p.Vars {
			for i, g := range v.Grad {
				if !finite(g) {
					c.r.fault("the gradient of %s is %v (not written, added to what was there, or computed so)", c.label(k, i), g)
					return false
				}
				if round == 1 && g != c.claim[k][i] {
					c.r.fault("the gradient of %s is %v, then %v, for the same x", c.label(k, i), c.claim[k][i], g)
					return false
				}
			}
			if round == 0 {
				c.claim = append(c.claim, append([]float64(nil), v.Grad...))
			}
		}
	}
	return true
}

// linear checks that gradients are linear in the upstream gradient.
func (c *checker) linear() {
	if !c.p.Linear {
		return
	}
	for _, s := range []float64{0, -2} {
		c.p.Grad(s)
		for k, v := range c.p.Vars {
			for i, g := range v.Grad {
				want := float64(s * c.claim[k][i])
				// The sums behind an entry may cancel: compare with the tensor's largest. Both
				// gradients may be off by Atol.
				off := math.Abs(g - want)
				if s == 0 && !(off <= c.o.Atol) || !(off <= max(float64(2e3*c.eps*maxAbs(c.claim[k])), float64(3*c.o.Atol))) {
					c.r.fault("with %v times the upstream gradient the gradient of %s is %v, not %v", s, c.label(k, i), g, want)
					break
				}
			}
		}
	}
	c.p.Grad(1)
}

// unmoved tells whether X has the bits it had at the start, and restores it.
func (c *checker) unmoved() bool {
	ok := true
	for k, v := range c.p.Vars {
		for i, x := range v.X {
			if math.Float64bits(x) != math.Float64bits(c.keep[k][i]) {
				ok = false
				v.X[i] = c.keep[k][i]
			}
		}
	}
	return ok
}

func finite(x float64) bool { return !math.IsNaN(x) && !math.IsInf(x, 0) }

func maxAbs(x []float64) float64 {
	var m float64
	for _, v := range x {
		m = max(m, math.Abs(v))
	}
	return m
}
