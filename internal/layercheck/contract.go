package layercheck

import (
	"math"
	"slices"

	"github.com/lanes-go/lanes/nn"
	"github.com/lanes-go/lanes/tensor"
)

// state is a layer and what it owns, as it was found.
type state struct {
	l        nn.Layer[float64]
	o        Options
	params   []*nn.Param[float64]
	buffers  []*nn.Buffer[float64]
	counters []*nn.Counter

	values, grads, kept [][]float64
	counts              []uint64
	wasFrozen           []bool
}

func newState(l nn.Layer[float64], o Options) *state {
	s := &state{l: l, o: o, params: l.Params()}
	if b, ok := l.(interface{ Buffers() []*nn.Buffer[float64] }); ok {
		s.buffers = b.Buffers()
	}
	if c, ok := l.(interface{ Counters() []*nn.Counter }); ok {
		s.counters = c.Counters()
	}
	for k, p := range s.params {
		s.values = append(s.values, p.Value.Clone().Data())
		s.grads = append(s.grads, p.Grad.Clone().Data())
		if !o.AsIs {
			for i, u := range o.uniform(paramStream+uint64(k), p.Value.Shape()).Data() {
				p.Value.Data()[i] += float64(0.2*u) - 0.1
			}
		}
	}
	s.wasFrozen = s.freeze(nil)
	for _, p := range s.params {
		p.Frozen = false
	}
	for _, b := range s.buffers {
		s.kept = append(s.kept, b.Value.Clone().Data())
	}
	for _, c := range s.counters {
		s.counts = append(s.counts, c.N)
	}
	return s
}

// rewind sets buffers, counters and other state to what they were.
func (s *state) rewind() {
	for k, b := range s.buffers {
		copy(b.Value.Data(), s.kept[k])
	}
	for k, c := range s.counters {
		c.N = s.counts[k]
	}
	if s.o.Reset != nil {
		s.o.Reset()
	}
}

// restore sets everything to what it was.
func (s *state) restore() {
	s.rewind()
	for k, p := range s.params {
		copy(p.Value.Data(), s.values[k])
		copy(p.Grad.Data(), s.grads[k])
	}
	s.freeze(s.wasFrozen)
}

// freeze sets which parameters are frozen, unless to is nil, and returns which were.
func (s *state) freeze(to []bool) []bool {
	was := make([]bool, len(s.params))
	for k, p := range s.params {
		was[k] = p.Frozen
		if to != nil {
			p.Frozen = to[k]
		}
	}
	return was
}

func (s *state) forward(x *tensor.Tensor[float64], m nn.Mode) *tensor.Tensor[float64] {
	s.rewind()
	return s.l.Forward(x, m)
}

func (s *state) zeroGrads() {
	for _, p := range s.params {
		clear(p.Grad.Data())
	}
}

// names checks what the layer says that it owns.
func (s *state) names(r *Result) bool {
	seen := map[string]bool{}
	for _, p := range s.params {
		switch {
		case p.Name == "" || seen[p.Name]:
			r.fault("parameters: two are called %q, or one has no name", p.Name)
		case !p.Grad.SameShape(p.Value):
			r.fault("parameter %s: the gradient has shape %v, the value %v", p.Name, p.Grad.Shape(), p.Value.Shape())
		}
		seen[p.Name] = true
	}
	again := s.l.Params()
	if len(again) != len(s.params) {
		r.fault("Params returns %d parameters, then %d", len(s.params), len(again))
		return false
	}
	for k, p := range again {
		if p != s.params[k] {
			r.fault("Params returns other parameters when asked again")
			break
		}
	}
	return r.OK()
}

// pass is what one forward and backward gave, copied.
type pass struct {
	y, dx []float64
	dp    [][]float64
}

func (s *state) copyGrads() (dp [][]float64) {
	for _, p := range s.params {
		dp = append(dp, clone(p.Grad.Data()))
	}
	return dp
}

// backward returns a copy of dx.
func (s *state) backward(dy *tensor.Tensor[float64]) []float64 {
	d := s.l.Backward(dy)
	if s.o.NoInput {
		return nil
	}
	return clone(d.Data())
}

// train is one pass over x with gradients that begin at zero.
func (s *state) train(x, dy *tensor.Tensor[float64]) pass {
	s.zeroGrads()
	y := clone(s.forward(x, nn.Train).Data())
	dx := s.backward(dy)
	return pass{y, dx, s.copyGrads()}
}

// contract checks what has one right answer, to the bit. It returns false where there
// is no point in going on.
func (s *state) contract(r *Result, x *tensor.Tensor[float64]) bool {
	x0 := clone(x.Data())
	y := s.forward(x, nn.Train)
	if y == nil {
		r.fault("Forward returns nil")
		return false
	}
	for i, v := range y.Data() {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			r.fault("y[%d] is %v for a finite x", i, v)
			return false
		}
	}
	dy := s.o.upstream(upStream, y.Shape())
	dy0 := clone(dy.Data())
	if dx := s.l.Backward(dy); !s.o.NoInput && (dx == nil || !dx.SameShape(x)) {
		if dx == nil {
			r.fault("Backward returns nil")
		} else {
			r.fault("Backward returns shape %v for x of shape %v", dx.Shape(), x.Shape())
		}
		return false
	}

	s.unchanged(r, "a pass changes x", x.Data(), x0)
	s.unchanged(r, "a pass changes dy", dy.Data(), dy0)
	if !r.OK() {
		return false
	}
	first := s.train(x, dy)
	for k, p := range s.params {
		s.unchanged(r, "a pass changes the parameter "+p.Name, p.Value.Data(), s.shifted(k))
	}

	// The same again, and after a pass over something else.
	s.same(r, "a second pass", s.train(x, dy), first)
	other := s.o.input(otherStream, x.Shape())
	s.train(other, s.o.upstream(addStream, y.Shape()))
	s.same(r, "a pass after one over another x", s.train(x, dy), first)

	s.eval(r, x, other, dy, first)
	s.adds(r, x, dy, first)
	s.linear(r, x, dy, first)
	s.freezes(r, x, dy, first)
	return r.OK()
}

// shifted is parameter k as it is during the check.
func (s *state) shifted(k int) []float64 {
	v := clone(s.values[k])
	if !s.o.AsIs {
		for i, u := range s.o.uniform(paramStream+uint64(k), s.params[k].Value.Shape()).Data() {
			v[i] += float64(0.2*u) - 0.1
		}
	}
	return v
}

// eval checks that an Eval pass disturbs nothing, and is a Train pass where the layer
// keeps no state.
func (s *state) eval(r *Result, x, other, dy *tensor.Tensor[float64], first pass) {
	s.zeroGrads()
	y := s.forward(x, nn.Train)
	state := s.snapshot()
	s.l.Forward(other, nn.Eval)
	s.unchanged(r, "an Eval pass changes the result of the Train pass before it", y.Data(), first.y)
	for k, v := range s.snapshot() {
		s.unchanged(r, "an Eval pass changes parameters, buffers or counters", v, state[k])
	}
	dx := s.backward(dy)
	s.unchanged(r, "Backward changes the result of the Train pass", y.Data(), first.y)
	s.same(r, "with an Eval pass between Forward and Backward", pass{first.y, dx, s.copyGrads()}, first)
	a := clone(s.forward(x, nn.Eval).Data())
	s.forward(other, nn.Eval)
	s.unchanged(r, "a second Eval pass", s.forward(x, nn.Eval).Data(), a)
	if !s.o.EvalDiffers && len(s.buffers) == 0 && len(s.counters) == 0 {
		s.unchanged(r, "the result in Eval mode is not that in Train mode", a, first.y)
	}
}

// snapshot copies parameters, buffers and counters.
func (s *state) snapshot() (all [][]float64) {
	for _, p := range s.params {
		all = append(all, clone(p.Value.Data()))
	}
	for _, b := range s.buffers {
		all = append(all, clone(b.Value.Data()))
	}
	for _, c := range s.counters {
		all = append(all, []float64{float64(c.N)})
	}
	return all
}

// adds checks that gradients of parameters are added to what is there, that Backward may
// be called again, and that BackwardParams does the same but for dx.
func (s *state) adds(r *Result, x, dy *tensor.Tensor[float64], first pass) {
	s.forward(x, nn.Train)
	for k, p := range s.params {
		for i := range p.Grad.Data() {
			p.Grad.Data()[i] = float64(k+1) + float64(float64(i%4)/2)
		}
	}
	s.backward(dy)
	for k, p := range s.params {
		for i, g := range p.Grad.Data() {
			want := float64(k+1) + float64(float64(i%4)/2) + first.dp[k][i]
			if !near(g, want, float64(k+3)+maxAbs(first.dp[k])) {
				r.fault("Backward does not add to the gradient of a parameter: %s[%d] is %v, not %v", p.Name, i, g, want)
				break
			}
		}
	}
	s.zeroGrads()
	s.unchanged(r, "a second Backward: dx", s.backward(dy), first.dx)
	for k, p := range s.params {
		s.unchanged(r, "a second Backward: the gradient of "+p.Name, p.Grad.Data(), first.dp[k])
	}
	s.zeroGrads()
	nn.BackwardParams(s.l, dy)
	for k, p := range s.params {
		s.unchanged(r, "BackwardParams: the gradient of "+p.Name, p.Grad.Data(), first.dp[k])
	}
}

// linear checks that the gradients of a sum of upstream gradients are the sums.
func (s *state) linear(r *Result, x, dy *tensor.Tensor[float64], first pass) {
	second := s.o.upstream(addStream, dy.Shape())
	a := s.train(x, second)
	for i, v := range dy.Data() {
		second.Data()[i] += v
	}
	both := s.train(x, second)
	sum := func(what string, got, u, v []float64) {
		// All of a gradient that is 0 but for rounding is as good as 0.
		top := maxAbs(u) + maxAbs(v) + maxAbs(second.Data())
		for i, g := range got {
			// Each of the three may be off by Atol.
			if want := u[i] + v[i]; !near(g, want, top) && !(math.Abs(g-want) <= float64(3*s.o.Atol)) {
				r.fault("the gradients are not linear in dy: %s[%d] for the sum of two is %v, not %v", what, i, g, want)
				return
			}
		}
	}
	sum("dx", both.dx, first.dx, a.dx)
	for k, p := range s.params {
		sum(p.Name, both.dp[k], first.dp[k], a.dp[k])
	}
}

// freezes checks that a frozen parameter gets no gradient, and that neither result, dx nor
// the gradients of others notice. Where all are frozen the layer may be another function
// (batch norm is): then frozen compares its dx with differences.
func (s *state) freezes(r *Result, x, dy *tensor.Tensor[float64], first pass) {
	const mark = 0x1.abcdep+3
	check := func(what string, frozen []bool, others bool) {
		defer s.freeze(s.freeze(frozen))
		s.zeroGrads()
		for k, p := range s.params {
			if frozen[k] {
				p.Grad.Fill(mark)
			}
		}
		y := clone(s.forward(x, nn.Train).Data())
		dx := s.backward(dy)
		if others {
			s.unchanged(r, "with "+what+" frozen: y", y, first.y)
		}
		if others || slices.Equal(y, first.y) {
			s.unchanged(r, "with "+what+" frozen: dx", dx, first.dx)
		}
		for k, p := range s.params {
			switch {
			case frozen[k] && p.Grad.Data() != nil:
				for i, g := range p.Grad.Data() {
					if g != mark {
						r.fault("%s is frozen, and entry %d of its gradient changes", p.Name, i)
						break
					}
				}
			case others:
				s.unchanged(r, "with "+what+" frozen: the gradient of "+p.Name, p.Grad.Data(), first.dp[k])
			}
		}
	}
	all := make([]bool, len(s.params))
	for k := range s.params {
		one := make([]bool, len(s.params))
		one[k] = true
		check("only "+s.params[k].Name, one, len(s.params) > 1)
	}
	for k := range all {
		all[k] = true
	}
	check("every parameter", all, false)
}

// same compares two passes bit for bit.
func (s *state) same(r *Result, what string, got, want pass) {
	s.unchanged(r, what+": y", got.y, want.y)
	s.unchanged(r, what+": dx", got.dx, want.dx)
	for k, p := range s.params {
		s.unchanged(r, what+": the gradient of "+p.Name, got.dp[k], want.dp[k])
	}
}

// unchanged compares numbers bit for bit.
func (s *state) unchanged(r *Result, what string, got, want []float64) {
	if len(got) != len(want) {
		r.fault("%s: %d values, not %d", what, len(got), len(want))
		return
	}
	for i, v := range got {
		if math.Float64bits(v) != math.Float64bits(want[i]) {
			r.fault("%s: entry %d is %v, not %v", what, i, v, want[i])
			return
		}
	}
}

// near tells whether two sums of terms up to a size are equal but for rounding.
func near(a, b, size float64) bool { return math.Abs(a-b) <= float64(0x1p-41*size) }

func maxAbs(x []float64) float64 {
	var m float64
	for _, v := range x {
		m = max(m, math.Abs(v))
	}
	return m
}

func clone(x []float64) []float64 { return append(make([]float64, 0, len(x)), x...) }
