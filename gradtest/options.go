package gradtest

import (
	"math"
	"os"
	"strconv"

	"github.com/lanes-go/lanes/internal/gradcheck"
)

// SeedVariable is the environment variable whose value, a decimal number, takes
// the place of every other seed.
const SeedVariable = "LANES_GRADTEST_SEED"

// Option changes a check.
type Option func(*config)

type config struct {
	o        gradcheck.Options
	seed     uint64
	tensors  []tensor
	legal    func(i int) []float64
	upstream []float64
	err      error
}

type tensor struct {
	name  string
	shape []int
	size  int
}

// Seed chooses the sampled entries, the directions and CheckVJP's upstream
// gradient. The default is 1.
func Seed(seed uint64) Option { return func(c *config) { c.seed = seed } }

// Rtol is the relative error allowed, more than 0: 1e-6 by default, 1e-2 in
// Check32. What rounding can do to the differences is allowed on top of it.
func Rtol(limit float64) Option {
	return func(c *config) {
		c.o.Rtol = limit
		if !(limit > 0 && limit < 1) {
			c.err = errOption("Rtol(%v) is not between 0 and 1", limit)
		}
	}
}

// Atol is an absolute error allowed besides, in the units of the gradient: 0 by
// default. A right gradient needs none, whatever its scale; it is for gradients that
// are approximations.
func Atol(limit float64) Option {
	return func(c *config) {
		c.o.Atol = limit
		if !(limit >= 0 && limit <= math.MaxFloat64) {
			c.err = errOption("Atol(%v) is not a finite number of 0 or more", limit)
		}
	}
}

// Fast checks random directions instead of entries, whatever the size of x: under 200
// calls of f. Errors that are small against the whole gradient pass. Where a direction
// fails the entries are checked as well, so that the message names them.
func Fast() Option { return func(c *config) { c.o.Fast = true } }

// MaxEntries is the number of entries checked of each tensor, 64 by default;
// larger tensors are sampled.
func MaxEntries(n int) Option {
	return func(c *config) {
		c.o.MaxEntries = n
		if n < 1 {
			c.err = errOption("MaxEntries(%d) is less than 1", n)
		}
	}
}

// MaxLeftOut is the share of a tensor's checked entries that may be left out, at
// kinks or hidden by rounding: 0.1 by default. 0 allows none.
func MaxLeftOut(share float64) Option {
	return func(c *config) {
		c.o.MaxLeftOut = share
		if share == 0 {
			c.o.MaxLeftOut = -1
		}
		if !(share >= 0 && share <= 1) {
			c.err = errOption("MaxLeftOut(%v) is not a share", share)
		}
	}
}

// MaxStep is the largest step taken from an entry, times max(1,|x|): 1/8 by
// default. Steps are 2^-12 (2^-5 in Check32) unless rounding asks for larger ones.
// A function that is defined only near x wants less.
func MaxStep(h float64) Option {
	return func(c *config) {
		c.o.MaxStep = h
		if !(h > 0) {
			c.err = errOption("MaxStep(%v) is not positive", h)
		}
	}
}

// Tensor names the next part of x and gives its shape. Tensors declared must add
// up to x; each is sampled and judged on its own, and failures name its entries.
func Tensor(name string, shape ...int) Option {
	return func(c *config) {
		size := 1
		for _, d := range shape {
			if d < 0 || d > 0 && size > int(^uint(0)>>1)/d {
				c.err = errOption("Tensor(%q, %v): bad shape", name, shape)
				return
			}
			size *= d
		}
		c.tensors = append(c.tensors, tensor{name, append([]int(nil), shape...), size})
	}
}

// Legal declares which gradients are right where entry i of x is at a kink, such
// as 0 for ReLU at 0. Then entries at kinks are not left out: they must have one
// of these values.
func Legal(values func(i int) []float64) Option { return func(c *config) { c.legal = values } }

// Upstream sets the gradient that CheckVJP sends in.
func Upstream(dy []float64) Option {
	return func(c *config) { c.upstream = append([]float64{}, dy...) }
}

// newConfig collects the options for an x of length n. A mistake fails t, as does
// a function that is not given: f, or the other one, called name.
func newConfig(t TB, opts []Option, n int, f, other bool, name string) (*config, bool) {
	t.Helper()
	c := &config{seed: 1}
	switch {
	case !f:
		c.err = errOption("f is nil")
	case !other:
		c.err = errOption("%s is nil", name)
	case n == 0:
		c.err = errOption("x is empty")
	}
	if c.err != nil {
		t.Errorf("%v", c.err)
		return nil, false
	}
	for _, o := range opts {
		o(c)
	}
	if s, set := os.LookupEnv(SeedVariable); set && s != "" {
		seed, err := strconv.ParseUint(s, 10, 64)
		if err != nil {
			c.err = errOption("%s=%q is not a decimal number below 2^64", SeedVariable, s)
		}
		c.seed = seed
	}
	if len(c.tensors) == 0 {
		c.tensors = []tensor{{"x", []int{n}, n}}
	}
	sum := 0
	for _, b := range c.tensors {
		sum += b.size
	}
	if c.err == nil && sum != n {
		c.err = errOption("the tensors have %d entries, x has %d", sum, n)
	}
	if c.err != nil {
		t.Errorf("%v", c.err)
		return nil, false
	}
	c.o.Seed = c.seed
	return c, true
}
