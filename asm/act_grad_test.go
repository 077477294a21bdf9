package asm

import (
	"math"
	"math/big"
	"math/rand/v2"
	"testing"
)

// slopeCase is an activation and its gradient for dy = 1, as a function of the input,
// by way of the output where the kernel takes that.
type slopeCase struct {
	name  string
	f64   func(x float64) float64
	g64   func(x float64) float64
	g32   func(x float32) float32
	bound float64 // of g32, in units of 2^-24; 0: not by a polynomial
	kinks []float64
}

func slopeCases() []slopeCase {
	k32, k64 := Tables[float32]()[0], Tables[float64]()[0]
	f64 := func(run func(dst, x []float64)) func(x float64) float64 {
		return func(x float64) float64 { y := []float64{x}; run(y, y); return y[0] }
	}
	ofInput := func(name string, f func(dst, x []float64), g64 func(dx, dy, x []float64), g32 func(dx, dy, x []float32), bound float64, kinks ...float64) slopeCase {
		return slopeCase{name, f64(f),
			func(x float64) float64 { d := []float64{1}; g64(d, d, []float64{x}); return d[0] },
			func(x float32) float32 { d := []float32{1}; g32(d, d, []float32{x}); return d[0] }, bound, kinks}
	}
	ofOutput := func(name string, f func(dst, x []float64), f32 func(dst, x []float32), g64 func(dx, dy, x []float64), g32 func(dx, dy, x []float32), bound float64, kinks ...float64) slopeCase {
		c := ofInput(name, f, g64, g32, bound, kinks...)
		of64, of32 := c.g64, c.g32
		c.g64 = func(x float64) float64 { return of64(c.f64(x)) }
		c.g32 = func(x float32) float32 { y := []float32{x}; f32(y, y); return of32(y[0]) }
		return c
	}
	elu64 := func(in, neg, pos float64) func(dst, x []float64) {
		return func(dst, x []float64) { k64.ELU(dst, x, in, neg, pos) }
	}
	elu32 := func(in, neg, pos float32) func(dst, x []float32) {
		return func(dst, x []float32) { k32.ELU(dst, x, in, neg, pos) }
	}
	eluGrad64 := func(c, d, pos float64) func(dx, dy, y []float64) {
		return func(dx, dy, y []float64) { k64.ELUGrad(dx, dy, y, c, d, pos) }
	}
	eluGrad32 := func(c, d, pos float32) func(dx, dy, y []float32) {
		return func(dx, dy, y []float32) { k32.ELUGrad(dx, dy, y, c, d, pos) }
	}
	clamp64 := func(dst, x []float64) { k64.Clamp(dst, x, -1, 2) }
	return []slopeCase{
		ofInput("ReLU", k64.ReLU, k64.ReLUGrad, k32.ReLUGrad, 0, 0),
		ofInput("LeakyReLU", func(dst, x []float64) { k64.LeakyReLU(dst, x, 0.3) },
			func(dx, dy, x []float64) { k64.LeakyReLUGrad(dx, dy, x, 0.3) }, func(dx, dy, x []float32) { k32.LeakyReLUGrad(dx, dy, x, 0.3) }, 0, 0),
		ofInput("PReLU", func(dst, x []float64) { k64.PReLU(dst, x, []float64{-0.7}) },
			func(dx, dy, x []float64) { k64.PReLUGrad(dx, dy, x, []float64{-0.7}) },
			func(dx, dy, x []float32) { k32.PReLUGrad(dx, dy, x, []float32{-0.7}) }, 0, 0),
		ofInput("HardTanh", clamp64, func(dx, dy, x []float64) { k64.ClampGrad(dx, dy, x, 1, -1, 2) },
			func(dx, dy, x []float32) { k32.ClampGrad(dx, dy, x, 1, -1, 2) }, 0, -1, 2),
		ofOutput("HardSigmoid", k64.HardSigmoid, k32.HardSigmoid, func(dx, dy, y []float64) { k64.ClampGrad(dx, dy, y, 1.0/6, 0, 1) },
			func(dx, dy, y []float32) { k32.ClampGrad(dx, dy, y, 1.0/6, 0, 1) }, 0, -3, 3),
		ofOutput("Sigmoid", k64.Sigmoid, k32.Sigmoid, k64.SigmoidGrad, k32.SigmoidGrad, 1.5),
		ofOutput("Tanh", k64.Tanh, k32.Tanh, k64.TanhGrad, k32.TanhGrad, 2),
		ofOutput("Softsign", k64.Softsign, k32.Softsign, k64.SoftsignGrad, k32.SoftsignGrad, 2),
		ofOutput("ELU", elu64(1, 1, 1), elu32(1, 1, 1), eluGrad64(1, 1, 1), eluGrad32(1, 1, 1), 0.9),
		ofOutput("SELU", elu64(1, 1.7580993408473766, 1.0507009873554805), elu32(1, 1.7580993408473766, 1.0507009873554805),
			eluGrad64(1, 1.7580993408473766, 1.0507009873554805), eluGrad32(1, 1.7580993408473766, 1.0507009873554805), 2.5, 0),
		ofOutput("CELU", elu64(1/1.7, 1.7, 1), elu32(1/1.7, 1.7, 1), eluGrad64(1/1.7, 1, 1), eluGrad32(1/1.7, 1, 1), 2.6),
		ofOutput("Softplus", k64.Softplus, k32.Softplus, k64.SoftplusGrad, k32.SoftplusGrad, 1.4),
		ofInput("SiLU", k64.SiLU, k64.SiLUGrad, k32.SiLUGrad, 3.9),
		ofInput("Mish", k64.Mish, k64.MishGrad, k32.MishGrad, 4.1),
		ofInput("GELU", k64.GELU, k64.GELUGrad, k32.GELUGrad, 2.7),
		ofInput("GELUTanh", k64.GELUTanh, k64.GELUTanhGrad, k32.GELUTanhGrad, 4.2),
	}
}

// Gradients against centred differences.
func TestActSlopes(t *testing.T) {
	for _, c := range slopeCases() {
		for i := range 4000 {
			x := (float64(i) - 1999.5) / 2000 * 40
			if i%2 == 0 {
				x /= 16
			}
			const h = 0x1p-16
			near := false
			for _, k := range c.kinks {
				near = near || math.Abs(x-k) < 2*h
			}
			if near {
				continue
			}
			want := (c.f64(x+h) - c.f64(x-h)) / (2 * h)
			if got := c.g64(x); !(math.Abs(got-want) <= 3e-10*(1+math.Abs(x))) {
				t.Errorf("%s at %v: the slope is %v, differences say %v", c.name, x, got, want)
				break
			}
		}
		if g := c.g64(0); c.name == "ReLU" && g != 0 || c.name == "LeakyReLU" && g != 0.3 {
			t.Errorf("%s: the slope at 0 is %v", c.name, g)
		}
	}
}

// Gradients in float32 against those in float64: the errors that ActKernels states.
func TestActSlopes32(t *testing.T) {
	for _, c := range slopeCases() {
		if c.bound == 0 {
			continue
		}
		var w worst
		see := func(x float32) {
			w.see(math.Abs(float64(c.g32(x))-c.g64(float64(x)))*0x1p24, float64(x))
		}
		each32(0x1p-8, 120, 397, func(x float32) { see(x); see(-x) })
		each32(0, 0x1p-8, 900001, func(x float32) { see(x); see(-x) })
		t.Logf("%s: at most %.3f·2^-24, at %x", c.name, w.ulp, w.at)
		if !(w.ulp <= c.bound) {
			t.Errorf("%s: the slope at %x is %.3f·2^-24 off, bound %v", c.name, w.at, w.ulp, c.bound)
		}
	}
}

// Gradients in float64 against true ones, where an exponential is in them.
func TestActSlopes64(t *testing.T) {
	one := bigF(1)
	mul := func(x ...*big.Float) *big.Float {
		p := bigF(1)
		for _, v := range x {
			p.Mul(p, v)
		}
		return p
	}
	add := func(x, y *big.Float) *big.Float { return new(big.Float).Add(x, y) }
	// s + x·v'·s·(1-s) with s = 1/(1+e^-v)
	gated := func(x, v, slope *big.Float) *big.Float {
		s := bigGate(one, v)
		return add(s, mul(x, slope, s, new(big.Float).Sub(one, s)))
	}
	exact := map[string]func(x *big.Float) *big.Float{
		"Softplus": func(x *big.Float) *big.Float { return bigGate(one, x) },
		"SiLU":     func(x *big.Float) *big.Float { return gated(x, x, one) },
		"Mish": func(x *big.Float) *big.Float {
			e := bigExp(x)
			n := mul(e, add(e, bigF(2)))
			w := new(big.Float).Quo(one, add(n, bigF(2)))
			return mul(w, add(n, mul(bigF(4), x, e, add(e, one), w)))
		},
		"GELU": func(x *big.Float) *big.Float {
			v, _ := x.Float64()
			p := bigNormalTail(math.Abs(v))
			if v > 0 {
				p.Sub(one, p)
			}
			return add(p, mul(x, bigExp(mul(x, x, bigF(-0.5))), bigConst("0.3989422804014326779399460599343818684758586311649346576659")))
		},
		"GELUTanh": func(x *big.Float) *big.Float {
			c, k, z := bigConst("1.595769121605730711759784239737243213600583519416216331558"), bigConst("0.044715"), mul(x, x)
			return gated(x, mul(c, x, add(one, mul(k, z))), mul(c, add(one, mul(bigF(3), k, z))))
		},
	}
	r := rand.New(rand.NewPCG(83, 84))
	for _, c := range slopeCases() {
		f, ok := exact[c.name]
		if !ok {
			continue
		}
		var w worst
		for i := range samples(2000) {
			x := (r.Float64()*2 - 1) * []float64{1, 3, 12, 40}[i%4]
			d, _ := new(big.Float).Sub(bigF(c.g64(x)), f(bigF(x))).Float64()
			w.see(math.Abs(d)*0x1p53, x)
		}
		t.Logf("%s: at most %.3f·2^-53, at %x", c.name, w.ulp, w.at)
		if !(w.ulp <= c.bound) {
			t.Errorf("%s: the slope at %x is %.3f·2^-53 off, bound %v", c.name, w.at, w.ulp, c.bound)
		}
		delete(exact, c.name)
	}
	if len(exact) > 0 {
		t.Errorf("%d functions were not looked at", len(exact))
	}
}

// Values on both sides of where bodies change course are in order, and so are those of
// neighbours that an error of some ULP does not turn.
func TestActMonotone(t *testing.T) {
	for _, c := range []struct {
		name string
		f    func(x float32) float32
		lo   float32 // it grows from there on
	}{
		{"ELU", func(x float32) float32 { d := []float32{x}; eluGeneric(d, d, 1, 1, 1); return d[0] }, -100},
		{"Softplus", softplus[float32], -120}, {"SiLU", silu[float32], -1.2}, {"Mish", mish[float32], -1.1},
		{"GELU", gelu[float32], -0.7}, {"GELUTanh", geluTanh[float32], -0.7},
	} {
		last := c.f(c.lo)
		for x := c.lo; x < 120; x += max(0x1p-12, abs(x)*0x1p-10) {
			y := c.f(x)
			if !(y >= last) {
				t.Errorf("%s: %v at %v, after %v", c.name, y, x, last)
			}
			last = y
		}
		if c.f(120) != 120 {
			t.Errorf("%s(120) = %v", c.name, c.f(120))
		}
	}
}
