// Package layercheck checks layers and losses of nn: their gradients against centred
// differences, and what else the contract of nn.Layer asks for. Package nn/nntest is its
// public face, package layercases the table of the library's own layers.
package layercheck

import (
	"fmt"
	"math"
	"strings"

	"github.com/lanes-go/lanes/internal/gradcheck"
	"github.com/lanes-go/lanes/nn"
	"github.com/lanes-go/lanes/tensor"
)

// Options of a check; the zero value is the default.
type Options struct {
	Seed       uint64  // of x, the upstream gradient, what is added to parameters, and samples; 0 is 1
	Rtol       float64 // as in gradcheck.Options, and so are the next four
	Atol       float64
	MaxEntries int
	MaxLeftOut float64
	MaxStep    float64

	// Values of x lie in [Lo, Hi), by default [-1.1, 1.1), at least 0.1 from 0 where the
	// range allows and 0.01 from kinks.
	Lo, Hi float64
	// Kinks says where a function of each element of x has kinks. A second check puts
	// every third element of x on one: there the gradient must be dy times one of Slopes.
	Kinks []Kink
	// EvalDiffers says that the layer computes something else in Eval mode. Without it a
	// layer that has neither buffers nor counters must give the same bits in both modes.
	EvalDiffers bool
	// NoInput says that the layer has no gradient with respect to x: what Backward
	// returns, which may be nil, is not looked at.
	NoInput bool
	// FixedBatch says that the layer has one batch size only, or that the first axis of x is
	// none. Otherwise the layer is checked over others too.
	FixedBatch bool
	// Fresh builds the layer again, if it is there: over another batch size a layer that has
	// seen others gives the same bits.
	Fresh func() nn.Layer[float64]
	// AsIs leaves parameters as they are. Otherwise up to 0.1 is added to every value of
	// theirs for the time of the check: many begin at 0 or 1, which hides errors.
	AsIs bool
	// Reset is called before every forward pass, after buffers and counters are set to
	// what they were: for layers with other state.
	Reset func()
	// Roundings is by how many float32 roundings (2^-24) of the largest value of a tensor,
	// for this and some other inputs, the float32 layer may be off the float64 one; 0 is 16.
	Roundings float64
}

// Kink is a place where a function of one variable has a kink, and the derivatives that
// are right there.
type Kink struct {
	At     float64
	Slopes []float64
}

// Result is the outcome of a check.
type Result struct {
	Checked, Kinks, Unclear int      // entries; those at kinks and the unclear ones are left out
	Worst                   float64  // largest relative error of an entry
	WorstIn                 string   // the tensor it is in
	Off                     float64  // of float32, in roundings of the largest value of a tensor
	OffIn                   string   // the tensor it is in
	Faults                  []string // what is wrong; some have several lines
}

// OK tells whether nothing was found.
func (r *Result) OK() bool { return len(r.Faults) == 0 }

// Add puts what another check of the same layer found into r.
func (r *Result) Add(o *Result) {
	r.Checked += o.Checked
	r.Kinks += o.Kinks
	r.Unclear += o.Unclear
	if o.Worst > r.Worst {
		r.Worst, r.WorstIn = o.Worst, o.WorstIn
	}
	if o.Off > r.Off {
		r.Off, r.OffIn = o.Off, o.OffIn
	}
	r.Faults = append(r.Faults, o.Faults...)
}

// maxFaults limits what String prints, so that it fits a screen.
const maxFaults = 3

// String describes the outcome.
func (r *Result) String() string {
	if r.OK() {
		return fmt.Sprintf("right: %d entries checked, %d at kinks and %d unclear left out, worst relative error %.1e", r.Checked, r.Kinks, r.Unclear, r.Worst)
	}
	s := strings.Join(r.Faults[:min(len(r.Faults), maxFaults)], "\n")
	if n := len(r.Faults) - maxFaults; n > 0 {
		s += fmt.Sprintf("\nand %d more", n)
	}
	return s
}

func (r *Result) fault(format string, args ...any) {
	r.Faults = append(r.Faults, fmt.Sprintf(format, args...))
}

// gradients adds the report of a comparison with differences, of what.
func (r *Result) gradients(what string, g *gradcheck.Report) {
	for _, t := range g.Tensors {
		r.Checked += t.Checked
		r.Kinks += t.Kinks
		r.Unclear += t.Unclear
		if t.Worst.Relative > r.Worst {
			r.Worst, r.WorstIn = t.Worst.Relative, t.Name
		}
	}
	if !g.OK() {
		r.fault("%s: %v", what, g)
	}
}

// Layer checks l on x of a shape. Parameters, gradients, buffers and counters are
// afterwards what they were.
func Layer(l nn.Layer[float64], shape []int, o Options) *Result {
	o = o.withDefaults()
	r := &Result{}
	s := newState(l, o)
	defer s.restore()
	if !s.names(r) {
		return r
	}
	x := o.input(xStream, shape)
	if !s.contract(r, x) {
		return r
	}
	r.gradients("gradients", gradcheck.Check(s.problem(x, s.params, nil), o.gradcheck()))
	s.frozen(r, x)
	if len(o.Kinks) > 0 {
		s.atKinks(r, x)
	}
	if r.OK() {
		s.batches(r, x)
	}
	return r
}

// problem is the layer at x, followed by a dot product with a random vector. legal
// gives the right gradients of x at kinks for the upstream gradient dy.
func (s *state) problem(x *tensor.Tensor[float64], params []*nn.Param[float64], legal func(i int, dy float64) []float64) gradcheck.Problem {
	up := s.o.upstream(upStream, s.forward(x, nn.Train).Shape())
	dy := tensor.New[float64](up.Shape()...)
	dx := make([]float64, x.Len())
	var vars []gradcheck.Var
	if !s.o.NoInput {
		v := gradcheck.Var{Name: "x", Shape: x.Shape(), X: x.Data(), Grad: dx}
		if legal != nil {
			v.Legal = func(i int) []float64 { return legal(i, up.Data()[i]) }
		}
		vars = append(vars, v)
	}
	for _, p := range params {
		vars = append(vars, gradcheck.Var{Name: p.Name, Shape: p.Value.Shape(), X: p.Value.Data(), Grad: p.Grad.Data()})
	}
	return gradcheck.Problem{
		Vars: vars,
		Loss: func() float64 { return dot(up.Data(), s.forward(x, nn.Train).Data()) },
		Grad: func(scale float64) {
			s.zeroGrads()
			for i, u := range up.Data() {
				dy.Data()[i] = scale * u
			}
			s.forward(x, nn.Train)
			if d := s.l.Backward(dy); !s.o.NoInput {
				copy(dx, d.Data())
			}
		},
		Linear: true,
		Upstream: func(k int) {
			copy(up.Data(), s.o.upstream(upStream+uint64(k)<<32, up.Shape()).Data())
		},
	}
}

// atKinks checks again with every third element of x at a kink.
func (s *state) atKinks(r *Result, x *tensor.Tensor[float64]) {
	if n := s.forward(x, nn.Train).Len(); n != x.Len() {
		r.fault("Kinks are of functions of each element, but x has %d elements and the result %d", x.Len(), n)
		return
	}
	at := x.Clone()
	slopes := map[int][]float64{}
	for i := 0; i < at.Len(); i += 3 {
		k := s.o.Kinks[i/3%len(s.o.Kinks)]
		at.Data()[i], slopes[i] = k.At, k.Slopes
	}
	o := s.o.gradcheck()
	o.MaxLeftOut = -1
	p := s.problem(at, nil, func(i int, dy float64) []float64 {
		var right []float64
		for _, slope := range slopes[i] {
			right = append(right, float64(slope*dy))
		}
		return right
	})
	r.gradients("gradients at kinks", gradcheck.Check(p, o))
}

// frozen checks the gradient of x when all parameters are frozen: some layers then
// compute another function.
func (s *state) frozen(r *Result, x *tensor.Tensor[float64]) {
	if len(s.params) == 0 {
		return
	}
	defer s.freeze(s.freeze(nil))
	for _, p := range s.params {
		p.Frozen = true
	}
	o := s.o.gradcheck()
	o.MaxEntries = min(16, o.MaxEntries)
	if !s.o.NoInput {
		r.gradients("gradients with frozen parameters", gradcheck.Check(s.problem(x, nil, nil), o))
	}
}

func (o Options) withDefaults() Options {
	if o.Seed == 0 {
		o.Seed = 1
	}
	if o.Lo == 0 && o.Hi == 0 {
		o.Lo, o.Hi = -1.1, 1.1
	}
	if o.Roundings == 0 {
		o.Roundings = 16
	}
	if o.MaxEntries <= 0 {
		o.MaxEntries = 64
	}
	return o
}

func (o Options) gradcheck() gradcheck.Options {
	return gradcheck.Options{Seed: o.Seed, Rtol: o.Rtol, Atol: o.Atol, MaxEntries: o.MaxEntries, MaxLeftOut: o.MaxLeftOut, MaxStep: o.MaxStep}
}

// Random streams of what a check draws.
const (
	xStream = iota
	otherStream
	upStream
	addStream
	paramStream // and those after it
)

// uniform draws from [0, 1).
func (o Options) uniform(stream uint64, shape []int) *tensor.Tensor[float64] {
	t := tensor.New[float64](shape...)
	tensor.Uniform(t, 0, 1, o.Seed, stream)
	return t
}

// input draws an x.
func (o Options) input(stream uint64, shape []int) *tensor.Tensor[float64] {
	const fromZero, fromKink = 0.1, 0.01
	t := o.uniform(stream, shape)
	for i, u := range t.Data() {
		v := o.Lo + float64((o.Hi-o.Lo)*u)
		if o.Lo <= -fromZero && o.Hi >= fromZero && math.Abs(v) < fromZero {
			v = math.Copysign(fromZero, v) + float64(v/2)
		}
		for _, k := range o.Kinks {
			if d := v - k.At; math.Abs(d) < fromKink {
				v = k.At + math.Copysign(fromKink, d) + d
			}
		}
		t.Data()[i] = v
	}
	return t
}

// upstream draws the gradient that comes in: in ±[0.25, 1).
func (o Options) upstream(stream uint64, shape []int) *tensor.Tensor[float64] {
	t := o.uniform(stream, shape)
	for i, u := range t.Data() {
		u = float64(2*u) - 1
		t.Data()[i] = math.Copysign(0.25, u) + float64(0.75*u)
	}
	return t
}

func dot(a, b []float64) float64 {
	var s float64
	for i, v := range a {
		s += float64(v * b[i])
	}
	return s
}
