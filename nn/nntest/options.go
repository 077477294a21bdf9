package nntest

import (
	"fmt"
	"math"
	"os"
	"strconv"

	"github.com/lanes-go/lanes/gradtest"
	"github.com/lanes-go/lanes/internal/layercheck"
)

// Option changes a check.
type Option func(*config)

type config struct {
	o     layercheck.Options
	shape []int
	err   error
}

func (c *config) fail(ok bool, format string, args ...any) {
	if !ok && c.err == nil {
		c.err = fmt.Errorf("nntest: "+format, args...)
	}
}

// Seed, above 0, chooses x, the upstream gradients, what is added to parameters, and the
// sampled entries. The default is 1.
func Seed(seed uint64) Option {
	return func(c *config) {
		c.o.Seed = seed
		c.fail(seed > 0, "Seed(0): want 1 or more")
	}
}

// Rtol is the relative error of a gradient allowed, 1e-6 by default. What rounding can do
// to the differences is allowed on top of it.
func Rtol(limit float64) Option {
	return func(c *config) {
		c.o.Rtol = limit
		c.fail(limit > 0 && limit < 1, "Rtol(%v) is not between 0 and 1", limit)
	}
}

// Atol is an absolute error of a gradient allowed besides: 0 by default. It is for
// gradients that are approximations.
func Atol(limit float64) Option {
	return func(c *config) {
		c.o.Atol = limit
		c.fail(limit >= 0 && limit <= math.MaxFloat64, "Atol(%v) is not a finite number of 0 or more", limit)
	}
}

// MaxEntries is the number of entries checked of x and of each parameter, 64 by default;
// larger tensors are sampled, and random directions of blocks cover the rest.
func MaxEntries(n int) Option {
	return func(c *config) {
		c.o.MaxEntries = n
		c.fail(n > 0, "MaxEntries(%d) is less than 1", n)
	}
}

// MaxLeftOut is the share of a tensor's checked entries that may be left out, at kinks or
// hidden by rounding: 0.1 by default. 0 allows none.
func MaxLeftOut(share float64) Option {
	return func(c *config) {
		c.o.MaxLeftOut = share
		if share == 0 {
			c.o.MaxLeftOut = -1
		}
		c.fail(share >= 0 && share <= 1, "MaxLeftOut(%v) is not a share", share)
	}
}

// MaxStep is the largest step of a difference, times max(1, |x|): 1/8 by default. A layer
// that is defined only near x wants less.
func MaxStep(h float64) Option {
	return func(c *config) {
		c.o.MaxStep = h
		c.fail(h > 0, "MaxStep(%v) is not positive", h)
	}
}

// Input sets the range [lo, hi) of the values of x: [-1.1, 1.1) by default. They keep 0.1
// away from 0 where the range allows it, and 0.01 from kinks.
func Input(lo, hi float64) Option {
	return func(c *config) {
		c.o.Lo, c.o.Hi = lo, hi
		c.fail(lo < hi && lo >= -math.MaxFloat64/4 && hi <= math.MaxFloat64/4, "Input(%v, %v): want two numbers in order", lo, hi)
	}
}

// Kink declares that a layer that works element by element has a kink where an element is
// at, and which derivatives are right there: Kink(0, 0) for a rectifier. The layer is
// checked a second time with elements at its kinks, where dx must be dy times one of the
// derivatives. Kinks that are not declared are recognised and left out.
func Kink(at float64, derivatives ...float64) Option {
	return func(c *config) {
		c.o.Kinks = append(c.o.Kinks, layercheck.Kink{At: at, Slopes: derivatives})
		c.fail(len(derivatives) > 0, "Kink(%v): no derivative is given", at)
	}
}

// Roundings is by how many float32 roundings (2^-24) of the largest value of a tensor
// CheckFloat32 and CheckLossFloat32 let values be off: 16 by default. Sums of many terms
// that cancel want more.
func Roundings(n float64) Option {
	return func(c *config) {
		c.o.Roundings = n
		c.fail(n > 0 && n <= 1<<24, "Roundings(%v) is not between 0 and 2^24", n)
	}
}

// EvalDiffers says that the layer computes something else in Eval mode. A layer with
// buffers or counters need not say so.
func EvalDiffers() Option { return func(c *config) { c.o.EvalDiffers = true } }

// FixedBatch says that the first axis of x has one length only, as that of a layer that
// normalises over all axes. Otherwise the layer is also run over larger and smaller ones.
func FixedBatch() Option { return func(c *config) { c.o.FixedBatch = true } }

// NoInputGradient says that the layer has no gradient with respect to x: what Backward
// returns is not looked at, and may be nil.
func NoInputGradient() Option { return func(c *config) { c.o.NoInput = true } }

// KeepParams leaves parameters as they are during the check. Otherwise up to 0.1 is added
// to each of their values: many begin at 0 or 1, where errors hide.
func KeepParams() Option { return func(c *config) { c.o.AsIs = true } }

// Reset is called before every forward pass, after buffers and counters are set back: for
// layers with state that they do not tell of, as a random generator.
func Reset(f func()) Option { return func(c *config) { c.o.Reset = f } }

// newConfig collects the options. A mistake fails t, as does something that is nil.
func newConfig(t TB, opts []Option, shape []int, isNil bool) (*config, bool) {
	t.Helper()
	c := &config{shape: shape}
	c.fail(!isNil, "what to check is nil")
	size := 1
	for _, d := range shape {
		c.fail(d > 0, "the shape %v: want positive dimensions", shape)
		c.fail(size <= 1<<24/max(d, 1), "the shape %v: too large to check", shape)
		if c.err != nil {
			break
		}
		size *= d
	}
	for _, o := range opts {
		o(c)
	}
	if s, set := os.LookupEnv(gradtest.SeedVariable); set && s != "" {
		seed, err := strconv.ParseUint(s, 10, 64)
		c.fail(err == nil && seed > 0, "%s=%q is not a decimal number from 1 to 2^64-1", gradtest.SeedVariable, s)
		c.o.Seed = seed
	}
	if c.o.Seed == 0 {
		c.o.Seed = 1
	}
	if c.err != nil {
		t.Errorf("%v", c.err)
		return nil, false
	}
	return c, true
}
