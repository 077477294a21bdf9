package layercheck

import (
	"fmt"
	"math"

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
	if fmt.Sprint(y.Shape()) != fmt.Sprint(y32.Shape()) {
		r.fault("the result has shape %v in float64, %v in float32", y.Shape(), y32.Shape())
		return r
	}
	r.near("y", y.Data(), y32.Data(), o.Roundings)
	dy := o.upstream(upStream, y.Shape())
	dy32 := tensor.New[float32](y.Shape()...)
	narrow(dy.Data(), dy32.Data())
	s.zeroGrads()
	dx, dx32 := s.l.Backward(dy), l32.Backward(dy32)
	if !o.NoInput {
		r.near("dx", dx.Data(), dx32.Data(), o.Roundings)
	}
	for k, p := range s.params {
		r.near("the gradient of "+p.Name, p.Grad.Data(), p32[k].Grad.Data(), o.Roundings)
	}
	rewind()
	e, e32 := s.forward(x, nn.Eval), l32.Forward(x32, nn.Eval)
	r.near("y in Eval mode", e.Data(), e32.Data(), o.Roundings)
	return r
}

// narrow rounds a to float32, and copies it to b.
func narrow(a []float64, b []float32) {
	for i, v := range a {
		b[i] = float32(v)
		a[i] = float64(b[i])
	}
}

// near fails unless b is a within so many roundings of the largest value.
func (r *Result) near(what string, a []float64, b []float32, roundings float64) {
	if len(a) != len(b) {
		r.fault("float32: %s has %d values in float64, %d in float32", what, len(a), len(b))
		return
	}
	top := maxAbs(a)
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
