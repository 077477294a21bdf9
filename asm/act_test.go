package asm

import (
	"math"
	"math/big"
	"math/rand/v2"
	"testing"
)

// accurate is an activation with an error in ULP: what it is, in float64, over the
// arguments where it is neither 0 nor a limit, and the bounds that ActKernels states.
type accurate struct {
	name    string
	f32     func(x float32) float32
	f64     func(x float64) float64
	ref     func(x float64) float64
	exact   func(x float64) *big.Float
	most32  float32 // arguments go to that on both sides
	most64  float64
	b32     float64
	b64     float64
	negOnly bool
	worst32 []float32
	worst64 []float64 // of some hundred million
}

func geluTanhV(x float64) float64 {
	return 2 * math.Sqrt(2/math.Pi) * float64(x+float64(0.044715*float64(x*float64(x*x))))
}

func mishRef(x float64) float64 {
	if x > 300 {
		return x
	}
	e := math.Exp(x)
	n := float64(e * (e + 2))
	return x * (n / (n + 2))
}

var activationsULP = []accurate{
	{name: "ELU", f32: expm1Neg[float32], f64: expm1Neg[float64], ref: math.Expm1, exact: bigExpm1,
		most32: 25, most64: 50, b32: 0.95, b64: 1.2, negOnly: true, worst32: []float32{-0x1.87f5dep-02}, worst64: []float64{-0x1.62e42ffc69df8p-02}},
	{name: "SELU", f32: selu[float32], f64: selu[float64], exact: bigSELU, most32: 25, most64: 50, b32: 1.84, b64: 1.9, negOnly: true,
		worst32: []float32{-0x1.39cap-03, -0.1513706}, worst64: []float64{-0x1.2975f5af5c988p-04},
		ref: func(x float64) float64 {
			return 1.0507009873554804934193349852946 * 1.6732632423543772848170429916717 * math.Expm1(x)
		}},
	{name: "Softplus", f32: softplus[float32], f64: softplus[float64], exact: bigSoftplus, most32: 106, most64: 750, b32: 1.66, b64: 1.7, worst32: []float32{-0x1.c263aap-02}, worst64: []float64{0x1.9b469449d0e86p-09},
		ref: func(x float64) float64 { return max(x, 0) + math.Log1p(math.Exp(-math.Abs(x))) }},
	{name: "SiLU", f32: silu[float32], f64: silu[float64], exact: bigSiLU, most32: 112, most64: 760, b32: 2.4, b64: 1.85, worst32: []float32{-0x1.0af4e2p+04}, worst64: []float64{-0x1.641b0cf8db53bp+09},
		ref: func(x float64) float64 { return x / (1 + math.Exp(-x)) }},
	{name: "Mish", f32: mish[float32], f64: mish[float64], ref: mishRef, exact: bigMish, most32: 112, most64: 760,
		b32: 3.95, b64: 1.85, worst32: []float32{-0x1.b9b01p+03}, worst64: []float64{-0x1.5d863b3ae34c5p+09}},
	{name: "GELU", f32: gelu[float32], f64: gelu[float64], exact: bigGELU, most32: 15, most64: 39, b32: 3.95, b64: 1.5, worst32: []float32{-0x1.0ded12p-04}, worst64: []float64{-0x1.902369a6be1eap+03},
		ref: func(x float64) float64 { return float64(x*0.5) * math.Erfc(-x*math.Sqrt2/2) }},
	{name: "GELUTanh", f32: geluTanh[float32], f64: geluTanh[float64], exact: bigGELUTanh, most32: 12, most64: 22, b32: 2.46, b64: 1.92, worst32: []float32{-0x1.40328ep+02}, worst64: []float64{-0x1.570ed2b9e5a09p+03},
		ref: func(x float64) float64 { return x / (1 + math.Exp(-geluTanhV(x))) }},
}

func selu[T Float](x T) T {
	dst := []T{x}
	eluGeneric(dst, dst, 1, 1.0507009873554804934193349852946*1.6732632423543772848170429916717, 1.0507009873554804934193349852946)
	return dst[0]
}

func bigSELU(x float64) *big.Float {
	l, a := bigConst("1.0507009873554804934193349852946"), bigConst("1.6732632423543772848170429916717")
	return l.Mul(l, a).Mul(l, bigExpm1(x))
}

func TestAct32(t *testing.T) {
	for _, a := range activationsULP {
		var w worst
		see := func(x float32) { w.see(ulps32(a.f32(x), a.ref(float64(x))), float64(x)) }
		both := func(x float32) {
			see(-x)
			if !a.negOnly {
				see(x)
			}
		}
		each32(0x1p-6, a.most32, 211, both)
		each32(0, 0x1p-6, 40009, both)
		for _, x := range a.worst32 {
			see(x)
		}
		w.check(t, a.name, a.b32)
	}
}

func TestAct64(t *testing.T) {
	r := rand.New(rand.NewPCG(81, 82))
	for _, a := range activationsULP {
		var w worst
		for i := range samples(4000) {
			x := (r.Float64()*2 - 1) * []float64{1, 5, 20, a.most64}[i%4]
			if i%8 == 7 {
				x = math.Copysign(math.Ldexp(1+r.Float64(), -r.IntN(60)), x)
			}
			if a.negOnly {
				x = -math.Abs(x)
			}
			w.see(ulps64(a.f64(x), a.exact(x)), x)
		}
		for _, x := range a.worst64 {
			w.see(ulps64(a.f64(x), a.exact(x)), x)
		}
		w.check(t, a.name, a.b64)
	}
}

func bigExpm1(x float64) *big.Float {
	if math.Abs(x) < 0x1p-20 { // no cancellation: the series
		sum, term := bigF(0), bigF(1)
		for n := 1; n < 14; n++ {
			term.Mul(term, bigF(x))
			term.Quo(term, bigF(float64(n)))
			sum.Add(sum, term)
		}
		return sum
	}
	e := bigExp(bigF(x))
	return e.Sub(e, bigF(1))
}

// bigSoftplus improves the estimate of float64 by a step of Halley's method.
func bigSoftplus(x float64) *big.Float {
	a := bigExp(bigF(x))
	if x < -50 { // e - e²/2 + e³/3 …
		sum, term := bigF(0), bigF(-1)
		for n := 1; n < 5; n++ {
			term.Mul(term, a)
			term.Neg(term)
			sum.Add(sum, new(big.Float).Quo(term, bigF(float64(n))))
		}
		return sum
	}
	a.Add(a, bigF(1))
	y := bigF(max(x, 0) + math.Log1p(math.Exp(-math.Abs(x))))
	e := bigExp(y)
	num := new(big.Float).Sub(a, e)
	den := new(big.Float).Add(a, e)
	num.Quo(num.Add(num, num), den)
	return y.Add(y, num)
}

// bigGate is x/(1+e^-v).
func bigGate(x, v *big.Float) *big.Float {
	e := bigExp(new(big.Float).Neg(v))
	return e.Quo(x, e.Add(e, bigF(1)))
}

func bigSiLU(x float64) *big.Float { return bigGate(bigF(x), bigF(x)) }

func bigMish(x float64) *big.Float {
	e := bigExp(bigF(x))
	n := new(big.Float).Mul(e, new(big.Float).Add(e, bigF(2)))
	d := new(big.Float).Add(n, bigF(2))
	n.Quo(n, d)
	return n.Mul(n, bigF(x))
}

func bigConst(s string) *big.Float {
	c, _, err := big.ParseFloat(s, 10, bigPrec, big.ToNearestEven)
	if err != nil {
		panic(err)
	}
	return c
}

func bigGELUTanh(x float64) *big.Float {
	v := bigF(x)
	v.Mul(v, v)
	v.Mul(v, bigConst("0.044715"))
	v.Add(v, bigF(1))
	v.Mul(v, bigF(x))
	v.Mul(v, bigConst("1.595769121605730711759784239737243213600583519416216331558"))
	return bigGate(bigF(x), v)
}

// bigNormalTail is Φ(-a): 1/2 - φ(a)·Σ a^(2k+1)/(2k+1)!!, or φ(a) times Laplace's continued
// fraction.
func bigNormalTail(a float64) *big.Float {
	h := bigF(a)
	h.Mul(h, h)
	phi := bigExp(new(big.Float).Mul(h, bigF(-0.5)))
	phi.Mul(phi, bigConst("0.3989422804014326779399460599343818684758586311649346576659"))
	if a < 3 {
		sum, term := bigF(a), bigF(a)
		for k := 3; k < 300; k += 2 {
			term.Mul(term, h)
			term.Quo(term, bigF(float64(k)))
			sum.Add(sum, term)
		}
		return sum.Sub(bigF(0.5), sum.Mul(sum, phi))
	}
	m := bigF(a)
	for k := 400; k > 0; k-- {
		m.Add(bigF(a), m.Quo(bigF(float64(k)), m))
	}
	return phi.Quo(phi, m)
}

func bigGELU(x float64) *big.Float {
	p := bigNormalTail(math.Abs(x))
	if x > 0 {
		p.Sub(bigF(1), p)
	}
	return p.Mul(p, bigF(x))
}
