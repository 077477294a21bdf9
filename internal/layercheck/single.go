package layercheck

import (
	"math"
	"slices"

	"github.com/lanes-go/lanes/nn"
	"github.com/lanes-go/lanes/tensor"
)

// Single ties the float32 layer to the float64 one: result, gradient of x and of the
// parameters. What Layer says of l64 then holds for l32 too, up to rounding. The layers
// must have been built alike; l32 gets the parameters, buffers and counters of l64, and
// l64 is as it was afterwards. It is not for layers that draw
// random numbers, which differ between the types.
func Single(l64 nn.Layer[float64], l32 nn.Layer[float32], shape []int, o Options) *Result {
	o = o.withDefaults()
	r := &Result{}
	s := newState(l64, o)
	kept := s.kept
	s.kept = nil
	for _, v := range kept { // rounded below
		s.kept = append(s.kept, clone(v))
	}
	defer func() { s.kept = kept; s.restore() }()
	p32 := l32.Params()
	if len(p32) != len(s.params) {
		r.fault("%d parameters in float64, %d in float32", len(s.params), len(p32))
		return r
	}
	for k, p := range s.params {
		if p.Name != p32[k].Name || p32[k].Value.Len() != p.Value.Len() {
			r.fault("parameter %d is %s %v in float64, %s %v in float32", k, p.Name, p.Value.Shape(), p32[k].Name, p32[k].Value.Shape())
			return r
		}
		narrow(p.Value.Data(), p32[k].Value.Data())
		clear(p32[k].Grad.Data())
	}
	var b32 []*nn.Buffer[float32]
	if b, ok := l32.(interface{ Buffers() []*nn.Buffer[float32] }); ok {
		b32 = b.Buffers()
	}
	var c32 []*nn.Counter
	if c, ok := l32.(interface{ Counters() []*nn.Counter }); ok {
		c32 = c.Counters()
	}
	if len(b32) != len(s.buffers) || len(c32) != len(s.counters) {
		r.fault("%d buffers and %d counters in float64, %d and %d in float32", len(s.buffers), len(s.counters), len(b32), len(c32))
		return r
	}
	for k, b := range b32 {
		if b.Value.Len() != len(s.kept[k]) {
			r.fault("the buffer %s has %d values in float64, %d in float32", b.Name, len(s.kept[k]), b.Value.Len())
			return r
		}
	}
	rewind := func() { // s.forward does it for l64
		for k, b := range b32 {
			narrow(s.kept[k], b.Value.Data())
		}
		for k, c := range c32 {
			c.N = s.counts[k]
		}
	}
	rewind()
	x := o.input(xStream, shape)
	x32 := tensor.New[float32](shape...)
	narrow(x.Data(), x32.Data())
	y, y32 := s.forward(x, nn.Train), l32.Forward(x32, nn.Train)
	if !slices.Equal(y.Shape(), y32.Shape()) {
		r.fault("the result has shape %v in float64, %v in float32", y.Shape(), y32.Shape())
		return r
	}
	dy := o.upstream(upStream, y.Shape())
	dy32 := tensor.New[float32](y.Shape()...)
	narrow(dy.Data(), dy32.Data())
	got := s.train(x, dy)
	dx32 := l32.Backward(dy32)
	e := clone(s.forward(x, nn.Eval).Data())
	top := s.tops(shape, got)
	r.near("y", got.y, y32.Data(), top.y, o.Roundings)
	if !o.NoInput {
		r.near("dx", got.dx, dx32.Data(), top.dx, o.Roundings)
	}
	for k, p := range s.params {
		r.near("the gradient of "+p.Name, got.dp[k], p32[k].Grad.Data(), top.dp[k], o.Roundings)
	}
	rewind()
	r.near("y in Eval mode", e, l32.Forward(x32, nn.Eval).Data(), max(maxAbs(e), top.y), o.Roundings)
	return r
}

// draws is how many other inputs tell how large the values of a tensor are: those of one
// alone may all be small because terms cancel, which rounding errors do not. Fewer where
// one has many elements.
func draws(shape []int) int {
	n := 1
	for _, d := range shape {
		n *= d
	}
	return 4 + 64/n
}

// tops are the largest values of the tensors of a pass.
type tops struct {
	y, dx float64
	dp    []float64
}

func (s *state) tops(shape []int, got pass) (t tops) {
	t.dp = make([]float64, len(s.params))
	up := 0.0
	for k := range draws(shape) + 1 {
		if k > 0 {
			x := s.o.input(otherStream+uint64(k)<<32, shape)
			dy := s.o.upstream(addStream+uint64(k)<<32, s.forward(x, nn.Train).Shape())
			got, up = s.train(x, dy), maxAbs(dy.Data())
		}
		t.y, t.dx = max(t.y, maxAbs(got.y)), max(t.dx, maxAbs(got.dx))
		for i, d := range got.dp {
			t.dp[i] = max(t.dp[i], maxAbs(d))
		}
	}
	// Of gradients that are 0 but for rounding, rounding is measured by dy.
	for _, top := range append([]*float64{&t.dx}, pointers(t.dp)...) {
		if *top < float64(0x1p-30*up) {
			*top = up
		}
	}
	return t
}

func pointers(x []float64) (p []*float64) {
	for i := range x {
		p = append(p, &x[i])
	}
	return p
}

// narrow rounds a to float32, and copies it to b.
func narrow(a []float64, b []float32) {
	for i, v := range a {
		b[i] = float32(v)
		a[i] = float64(b[i])
	}
}

// near fails unless b is a within so many roundings of the largest value, top.
func (r *Result) near(what string, a []float64, b []float32, top, roundings float64) {
	if len(a) != len(b) {
		r.fault("float32: %s has %d values in float64, %d in float32", what, len(a), len(b))
		return
	}
	for i, v := range a {
		d := math.Abs(v - float64(b[i]))
		if off := d / top * 0x1p24; off > r.Off {
			r.Off, r.OffIn = off, what
		}
		if !(d <= float64(roundings*0x1p-24*top)) {
			r.fault("float32: %s[%d] is %v in float64, %v in float32: %.1f roundings of the largest value, %v allowed", what, i, v, b[i], d/top*0x1p24, roundings)
			return
		}
	}
}
