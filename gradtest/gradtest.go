// Package gradtest checks, in tests, the gradient of any function over slices
// against centred differences.
//
//	func TestGrad(t *testing.T) {
//		f := func(x []float64) float64 { return x[0]*x[0] + 3*x[1] }
//		grad := func(dst, x []float64) { dst[0], dst[1] = 2*x[0], 3 }
//		gradtest.Check(t, f, grad, []float64{0.5, -2})
//	}
//
// Check finds errors of a relative size down to 1e-6 in every entry that rounding
// does not hide, and passes right gradients whatever their scale. Entries at a
// kink (of max, abs, ReLU) are recognised and left out; they may be declared with
// Legal. Tensors above 64 entries are sampled, and random directions, one for each block
// of the others, cover the rest: they find a single entry that is off by 1e-4 of itself
// among 1200, and by 1e-3 among 20000, unless it is much smaller than the others or a
// sampled entry is at a kink. (With Fast two directions through everything are all there
// is.) Check also fails if the function or its gradient gives two answers for one x, changes
// x, leaves part of dst unwritten, or gives NaN.
//
// A failure names tensor, entry, both values, their relative error, kink or
// wrong, the seed, and the command that runs it again. The seed is fixed, so CI
// does not flicker; the environment variable LANES_GRADTEST_SEED sets another.
//
// The functions given must not keep x or dst. Nothing here needs the other
// packages of lanes.
package gradtest

import (
	"fmt"
	"math"

	"github.com/lanes-go/lanes/internal/gradcheck"
	"github.com/lanes-go/lanes/internal/rerun"
)

// TB is the part of testing.TB that is used: *testing.T, *testing.F and
// *testing.B are ones.
type TB interface {
	Helper()
	Name() string
	Errorf(format string, args ...any)
}

// Check compares grad with centred differences of f at x and reports whether they
// agree; if not it fails t (with Errorf). grad overwrites dst, as long as x, with
// the gradient of f at x. f and grad are called on copies: x is left unchanged.
//
// An empty x fails, as nothing would be checked, and so does a nil f or grad.
//
// About 5 calls of f for each entry and block, 20 or more for an entry near a kink.
func Check(t TB, f func(x []float64) float64, grad func(dst, x []float64), x []float64, opts ...Option) bool {
	t.Helper()
	c, ok := newConfig(t, opts, len(x), f != nil, grad != nil, "grad")
	if !ok {
		return false
	}
	at, dst := clone(x), make([]float64, len(x))
	p := gradcheck.Problem{
		Vars: c.vars(at, dst),
		Loss: func() float64 { return f(at) },
		Grad: func(float64) { grad(dst, at) },
	}
	return c.run(t, p)
}

// CheckVJP is Check for a function with many results: f overwrites y, of length
// m, with its results at x, and vjp overwrites dx with the products of the
// incoming gradient dy (length m) and the Jacobian at x, as a layer's backward
// pass does. dy is random in [-1, 1] without values near 0, unless Upstream gives
// it. Besides, dx must be exactly zero for a zero dy, and -2 times as large for
// -2*dy; and unless Upstream is given, the adjoint test holds for two other random dy
// and directions u: <dy, J u>, by differences, is <dx, u>.
func CheckVJP(t TB, f func(y, x []float64), vjp func(dx, x, dy []float64), x []float64, m int, opts ...Option) bool {
	t.Helper()
	c, ok := newConfig(t, opts, len(x), f != nil, vjp != nil, "vjp")
	if !ok {
		return false
	}
	if m < 1 {
		t.Errorf("gradtest: m is %d: want 1 result or more", m)
		return false
	}
	if c.upstream != nil && len(c.upstream) != m {
		t.Errorf("gradtest: %d results, %d upstream gradients", m, len(c.upstream))
		return false
	}
	up := c.upstream
	if up == nil {
		up = randomUpstream(c.seed, m)
	}
	first := up
	at, dst := clone(x), make([]float64, len(x))
	y, dy := make([]float64, m), make([]float64, m)
	p := gradcheck.Problem{
		Vars: c.vars(at, dst),
		Loss: func() float64 {
			poison(y) // what f does not write is NaN
			f(y, at)
			return dot(up, y)
		},
		Grad: func(s float64) {
			poison(dst)
			for i, v := range up {
				dy[i] = s * v
			}
			vjp(dst, at, dy)
		},
		Linear: true,
	}
	if c.upstream == nil {
		p.Upstream = func(k int) {
			up = first
			if k > 0 {
				up = randomUpstream(c.seed+uint64(k)<<32, m)
			}
		}
	}
	return c.run(t, p)
}

// Check32 is Check for a function computed in float32. It is weak: differences of
// float32 values have few digits, so only errors above 1 % of an entry (Rtol) are
// found, and entries small against f not at all. It catches wrong signs, factors,
// missing terms and entries. Where the code is generic, check its float64
// instance with Check, and compare the float32 results with those.
func Check32(t TB, f func(x []float32) float32, grad func(dst, x []float32), x []float32, opts ...Option) bool {
	t.Helper()
	c, ok := newConfig(t, opts, len(x), f != nil, grad != nil, "grad")
	if !ok {
		return false
	}
	c.o.Single = true
	at, dst := make([]float64, len(x)), make([]float64, len(x))
	at32, dst32 := make([]float32, len(x)), make([]float32, len(x))
	for i, v := range x {
		at[i] = float64(v)
	}
	load := func() {
		for i, v := range at {
			at32[i] = float32(v)
		}
	}
	unload := func() { // a change of x by the function becomes visible
		for i, v := range at32 {
			at[i] = float64(v)
		}
	}
	p := gradcheck.Problem{
		Vars: c.vars(at, dst),
		Loss: func() float64 {
			load()
			v := f(at32)
			unload()
			return float64(v)
		},
		Grad: func(float64) {
			load()
			nan := float32(math.NaN())
			for i := range dst32 {
				dst32[i] = nan
			}
			grad(dst32, at32)
			unload()
			for i, v := range dst32 {
				dst[i] = float64(v)
			}
		},
	}
	return c.run(t, p)
}

// run checks and reports.
func (c *config) run(t TB, p gradcheck.Problem) bool {
	t.Helper()
	r := gradcheck.Check(p, c.o)
	if r.OK() {
		return true
	}
	t.Errorf("%v\n  run again: %s", r, rerun.Command(t.Name(), SeedVariable, c.seed))
	return false
}

// vars cuts the flat slices into the declared tensors.
func (c *config) vars(x, grad []float64) []gradcheck.Var {
	var vars []gradcheck.Var
	first := 0
	for _, b := range c.tensors {
		v := gradcheck.Var{Name: b.name, Shape: b.shape, X: x[first : first+b.size], Grad: grad[first : first+b.size]}
		if c.legal != nil {
			from := first
			v.Legal = func(i int) []float64 { return c.legal(from + i) }
		}
		vars = append(vars, v)
		first += b.size
	}
	return vars
}

func clone(x []float64) []float64 { return append(make([]float64, 0, len(x)), x...) }

func poison(x []float64) {
	for i := range x {
		x[i] = math.NaN()
	}
}

func dot(a, b []float64) float64 {
	var s float64
	for i, v := range a {
		s += float64(v * b[i])
	}
	return s
}

// randomUpstream is the same for a seed everywhere.
func randomUpstream(seed uint64, m int) []float64 {
	dy := make([]float64, m)
	state := seed ^ 0x6a09e667f3bcc909
	for i := range dy {
		state = state*6364136223846793005 + 1442695040888963407
		z := (state ^ state>>33) * 0xff51afd7ed558ccd
		z ^= z >> 33
		dy[i] = 0.25 + float64(float64(z>>11)*0x1p-53*0.75)
		if z&1 == 1 {
			dy[i] = -dy[i]
		}
	}
	return dy
}

// errOption is a mistake in the options of a check.
func errOption(format string, args ...any) error { return fmt.Errorf("gradtest: "+format, args...) }
