package asm

import (
	"math"
	"math/big"
	"math/rand/v2"
	"testing"
)

// The functions against package math (float32) and math/big (float64), held to the
// bounds that they state. The exhaustive check of float32 is internal/ulp.

// accuracy is a function with its bounds, the sizes of arguments worth a look, and true
// values.
type accuracy struct {
	name             string
	f32              func(float32) float32
	f64              func(float64) float64
	bound32, bound64 float64
	most32, most64   float64 // of |x|, from where results are constant or infinite
	positive         bool
	ref              func(float64) float64
	exact            func(x float64) *big.Float
	worst            []float32 // of all
}

var accuracies = []accuracy{
	{"Expm1", Expm1[float32], Expm1[float64], 1.46, 1.95, 90, 709, false, math.Expm1, bigExpm1, []float32{0x1.0fba1p+4}},
	{"Log1p", Log1p[float32], Log1p[float64], 0.92, 0.93, 1e30, 1e300, true, math.Log1p, bigLog1p, []float32{0x1.f071e6p-2}},
	{"Tanh", Tanh[float32], Tanh[float64], 0.98, 1.60, 10, 20, false, math.Tanh, bigTanh, []float32{0x1.015ae4p+0}},
	{"Sigmoid", Sigmoid[float32], Sigmoid[float64], 2.49, 0.95, 105, 746, false, func(x float64) float64 { return 1 / (1 + math.Exp(-x)) }, bigSigmoid, []float32{-0x1.0a2bd8p+4}},
	{"Erf", Erf[float32], Erf[float64], 1.10, 1.12, 4.5, 6, false, math.Erf, bigErf, []float32{0x1.d2e74ep-1}},
	{"Rsqrt", Rsqrt[float32], Rsqrt[float64], 1.5, 1.5, math.MaxFloat32, math.MaxFloat64, true, func(x float64) float64 { return 1 / math.Sqrt(x) }, bigRsqrt, []float32{0x1.019566p-126}},
	{"Sin", Sin[float32], Sin[float64], 0.51, 0.75, math.MaxFloat32, math.MaxFloat64, false, math.Sin, bigSin, []float32{0x1.921fb6p+1}},
	{"Cos", Cos[float32], Cos[float64], 0.51, 0.75, math.MaxFloat32, math.MaxFloat64, false, math.Cos, bigCos, []float32{0x1.921fb6p+0}},
}

// bigLog1p is bigLog of 1+x.
func bigLog1p(x float64) *big.Float {
	y := bigF(math.Log1p(x))
	u := new(big.Float).Add(bigF(1), bigF(x))
	e := bigExp(y)
	num := new(big.Float).Sub(u, e)
	num.Quo(num.Add(num, num), e.Add(u, e))
	return y.Add(y, num)
}

func bigTanh(x float64) *big.Float {
	e := bigExp(bigF(2 * x))
	return new(big.Float).Quo(new(big.Float).Sub(e, bigF(1)), new(big.Float).Add(e, bigF(1)))
}

func bigSigmoid(x float64) *big.Float {
	return new(big.Float).Quo(bigF(1), new(big.Float).Add(bigF(1), bigExp(bigF(-x))))
}

func bigRsqrt(x float64) *big.Float {
	return new(big.Float).Quo(bigF(1), new(big.Float).Sqrt(bigF(x)))
}

var bigPi, _, _ = big.ParseFloat("3.14159265358979323846264338327950288419716939937510582097494459230781640628621", 10, bigPrec, big.ToNearestEven)

// bigErf is 2x/√π·e^-x²·Σ (2x²)^n / (1·3·5…(2n+1)), whose terms are positive.
func bigErf(x float64) *big.Float {
	z := bigF(x)
	z.Mul(z, z)
	sum, term := bigF(1), bigF(1)
	for n := 1; n < 400 && term.MantExp(nil) > -bigPrec; n++ {
		term.Mul(term, z)
		term.Quo(term.Add(term, term), bigF(float64(2*n+1)))
		sum.Add(sum, term)
	}
	sum.Mul(sum, bigExp(z.Neg(z)))
	sum.Mul(sum, bigF(2*x))
	return sum.Quo(sum, new(big.Float).Sqrt(bigPi))
}

// bigSin and bigCos reduce by a multiple of π/2 with as many bits as |x| < 2^80 needs.
func bigSin(x float64) *big.Float { return bigQuarters(x, 0) }
func bigCos(x float64) *big.Float { return bigQuarters(x, 1) }

func bigQuarters(x float64, more int64) *big.Float {
	turns := new(big.Float).Quo(bigF(x), new(big.Float).Add(bigPi, bigPi))
	q := new(big.Float).Mul(turns, bigF(4))
	n, _ := q.Add(q, bigF(math.Copysign(0.5, x))).Int(nil)
	turns.Sub(turns, new(big.Float).SetPrec(bigPrec).SetMantExp(new(big.Float).SetInt(n), -2))
	angle := turns.Mul(turns, new(big.Float).Add(bigPi, bigPi))
	s, c := bigSinCos(angle)
	switch new(big.Int).And(n.Add(n, big.NewInt(more)), big.NewInt(3)).Int64() {
	case 0:
		return s
	case 1:
		return c
	case 2:
		return s.Neg(s)
	}
	return c.Neg(c)
}

func bigSinCos(x *big.Float) (sin, cos *big.Float) {
	sin, cos = bigF(0), bigF(0)
	term := bigF(1)
	for n := range 50 {
		switch n % 4 {
		case 0:
			cos.Add(cos, term)
		case 1:
			sin.Add(sin, term)
		case 2:
			cos.Sub(cos, term)
		case 3:
			sin.Sub(sin, term)
		}
		term.Mul(term, x)
		term.Quo(term, bigF(float64(n+1)))
	}
	return sin, cos
}

func TestAccuracy32(t *testing.T) {
	for _, a := range accuracies {
		var w worst
		see := func(x float32) { w.see(ulps32(a.f32(x), a.ref(float64(x))), float64(x)) }
		both := func(x float32) {
			see(x)
			if !a.positive {
				see(-x)
			}
		}
		most := float32(a.most32)
		if a.name == "Sin" || a.name == "Cos" { // farther out math's reduction is checked below
			most = 1e5
		}
		each32(0x1p-7, min(most, 128), 1499, both)
		each32(0x1p-149, most, 65003, both)
		for _, x := range a.worst {
			see(x)
		}
		if a.name == "Log1p" {
			each32(0x1p-20, 0x1.fffffep-1, 1499, func(x float32) { see(-x) })
		}
		w.check(t, a.name, a.bound32)
	}
}

func TestAccuracy64(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 4))
	for _, a := range accuracies {
		var w worst
		for i := range samples(12000) {
			var x float64
			switch i % 4 {
			case 0:
				x = r.Float64() * min(a.most64, 1e6)
			case 1:
				x = math.Ldexp(r.Float64(), -r.IntN(60))
			case 2:
				x = 0.2 + 1.2*r.Float64()
			case 3: // next to powers of two and, for sine and cosine, multiples of π/2
				x = math.Ldexp(1, r.IntN(12)-8) * (1 + float64(r.IntN(9)-4)*0x1p-52)
				if i%8 == 3 {
					x = float64(1+r.IntN(1<<30)>>r.IntN(30)) * (math.Pi / 2) * (1 + float64(r.IntN(3)-1)*0x1p-53)
				}
				if a.name == "Sin" || a.name == "Cos" {
					x = math.Ldexp(x, r.IntN(40))
				}
			}
			if x == 0 || x > a.most64 {
				continue
			}
			if i/4%2 == 1 && !a.positive {
				x = -x
			}
			if a.name == "Log1p" && i/4%2 == 1 && x < 1 {
				x = -x
			}
			w.see(ulps64(a.f64(x), a.exact(x)), x)
		}
		w.check(t, a.name, a.bound64)
	}
}

// Arguments next to multiples of π/2 or so large that only the right bits of 2/π will do,
// with true values to the nearest.
func TestTrigFar(t *testing.T) {
	for _, c := range []struct{ x, sin, cos float64 }{
		{0x1.6ac5b262ca1ffp+849, 0x1.0000000000000p+0, -0x1.14ae72e6ba22fp-61},
		{0x1.fffffffffffffp+1023, 0x1.452fc98b34e97p-8, -0x1.fffe62ecfab75p-1},
		{0x1.0000000000000p+1000, -0x1.460b8ae1c886ep-3, 0x1.f9785160c8815p-1},
		{0x1.921fb54442d18p+1, 0x1.1a62633145c07p-53, -0x1.0000000000000p+0},
		{0x1.921fb54442d18p+22, -0x1.1a62633145c07p-32, 0x1.0000000000000p+0},
		{0x1.6ac5b262ca1ffp+852, 0x1.14ae72e6ba22fp-58, 0x1.0000000000000p+0},
		{0x1.b951f1572eba5p+23, -0x1.0000000000000p+0, -0x1.f54f5227a4e84p-60},
		{0x1.0000000000000p+20, 0x1.526ccb2fc8656p-2, 0x1.e33ada92fe2aep-1},
		{0x1.fffff00000000p+19, -0x1.4cb305757fa66p-3, 0x1.f932ec65b1d71p-1},
		{0x1.0000000000000p+120, 0x1.82e34655e6fcbp-2, -0x1.da0cd0b66d8cep-1},
		{0x1.3a1b000000000p+333, -0x1.e7c451792ae41p-1, -0x1.374db8806df47p-2},
	} {
		if s, k := Sin(c.x), Cos(c.x); math.Abs(s-c.sin) > math.Abs(c.sin)*0x1p-52 || math.Abs(k-c.cos) > math.Abs(c.cos)*0x1p-52 {
			t.Errorf("Sin, Cos(%v) = %x, %x, want %x, %x", c.x, s, k, c.sin, c.cos)
		}
		if s, k := Sin(-c.x), Cos(-c.x); s != -Sin(c.x) || k != Cos(c.x) {
			t.Errorf("of -%v: %x, %x", c.x, s, k)
		}
	}
}

func TestPow64(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 5))
	var w worst
	for i := range samples(8000) {
		var x float64
		switch i % 4 {
		case 0:
			x = math.Float64frombits(1 + r.Uint64N(math.Float64bits(math.MaxFloat64)))
		case 1:
			x = 1 + math.Ldexp(2*r.Float64()-1, -1-r.IntN(50))
		default:
			x = 0.5 + 10*r.Float64()
		}
		if x == 1 {
			continue
		}
		y := (2*r.Float64() - 1) * 744 / math.Log(x)
		if y*math.Log(x) > 709 {
			y = -y
		}
		if i%8 == 6 {
			y = float64(r.IntN(13) - 6)
		}
		want := bigExp(new(big.Float).Mul(bigF(y), bigLog(x)))
		if got := ulps64(Pow(x, y), want); !(got <= w.ulp) {
			w.see(got, x)
		}
	}
	// The worst of some ten million.
	x, y := 0x1.03fa737795cfdp+00, -0x1.6201ec7b721a3p+15
	w.see(ulps64(Pow(x, y), bigExp(new(big.Float).Mul(bigF(y), bigLog(x)))), x)
	w.check(t, "Pow", 1.15)
}

func TestPow32(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 6))
	var w worst
	for range samples(200000) {
		x, y := float32(math.Exp(r.NormFloat64()*3)), float32(r.NormFloat64()*10)
		w.see(ulps32(Pow(x, y), math.Pow(float64(x), float64(y))), float64(x))
	}
	w.check(t, "Pow", 0.51)
}

func TestAccuracySpecials(t *testing.T) {
	t.Run("f32", testAccuracySpecials[float32])
	t.Run("f64", testAccuracySpecials[float64])
}

func testAccuracySpecials[T Float](t *testing.T) {
	inf, nan, zero, one := math.Inf(1), math.NaN(), math.Copysign(0, -1), 1.0
	tiny, far := 1e-40, 3e38
	if !is32[T]() {
		tiny, far = 1e-310, 1.5e308
	}
	for _, c := range []struct {
		name  string
		f     func(T) T
		cases [][2]float64
	}{
		{"Expm1", Expm1[T], [][2]float64{{0, 0}, {zero, zero}, {inf, inf}, {-inf, -1}, {nan, nan}, {far, inf}, {-far, -1}, {tiny, tiny}, {-tiny, -tiny}}},
		{"Log1p", Log1p[T], [][2]float64{{0, 0}, {zero, zero}, {inf, inf}, {-inf, nan}, {nan, nan}, {-1, -inf}, {-1.5, nan}, {-far, nan}, {tiny, tiny}, {-tiny, -tiny}}},
		{"Tanh", Tanh[T], [][2]float64{{0, 0}, {zero, zero}, {inf, 1}, {-inf, -1}, {nan, nan}, {far, 1}, {-far, -1}, {tiny, tiny}, {-tiny, -tiny}}},
		{"Sigmoid", Sigmoid[T], [][2]float64{{0, 0.5}, {zero, 0.5}, {inf, 1}, {-inf, 0}, {nan, nan}, {far, 1}, {-far, 0}, {tiny, 0.5}, {-tiny, 0.5}}},
		{"Erf", Erf[T], [][2]float64{{0, 0}, {zero, zero}, {inf, 1}, {-inf, -1}, {nan, nan}, {far, 1}, {-far, -1}}},
		{"Rsqrt", Rsqrt[T], [][2]float64{{0, inf}, {zero, -inf}, {inf, 0}, {-inf, nan}, {nan, nan}, {-1, nan}, {-tiny, nan}, {4, 0.5}, {one, 1}}},
		{"Sin", Sin[T], [][2]float64{{0, 0}, {zero, zero}, {inf, nan}, {-inf, nan}, {nan, nan}, {tiny, tiny}, {-tiny, -tiny}}},
		{"Cos", Cos[T], [][2]float64{{0, 1}, {zero, 1}, {inf, nan}, {-inf, nan}, {nan, nan}, {tiny, 1}}},
	} {
		for _, v := range c.cases {
			if got := c.f(T(v[0])); !sameBits(got, T(v[1])) {
				t.Errorf("%s(%v) = %v, want %v", c.name, v[0], got, v[1])
			}
		}
	}
}

// The special cases of Pow are those of package math, which follows C.
func TestPowSpecials(t *testing.T) {
	t.Run("f32", testPowSpecials[float32])
	t.Run("f64", testPowSpecials[float64])
}

func testPowSpecials[T Float](t *testing.T) {
	inf, tiny, far := math.Inf(1), 1e-40, 3e38
	if !is32[T]() {
		tiny, far = 1e-310, 1.5e308
	}
	var all []T
	for _, v := range []float64{0, 1, 0.5, 2, 3, 1.5, 4, 1023, tiny, far, inf, 0x1p60, 0x1p23 + 1} {
		all = append(all, T(v), T(-v))
	}
	all[1] = T(math.Copysign(0, -1))
	all = append(all, T(math.NaN()))
	for _, x := range all {
		for _, y := range all {
			want := math.Pow(float64(x), float64(y))
			got := Pow(x, y)
			exact := want == 0 || want != want || math.IsInf(want, 0) || math.Abs(want) == 1
			switch {
			case !is32[T]() && exact, is32[T]() && (want != want || math.IsInf(want, 0) || math.Abs(want) == 1 || want == 0):
				if !sameBits(got, T(want)) {
					t.Errorf("Pow(%v, %v) = %v, want %v", x, y, got, want)
				}
			case math.Abs(float64(got)-float64(T(want))) > math.Abs(want)*1e-6 || math.Signbit(float64(got)) != math.Signbit(want):
				t.Errorf("Pow(%v, %v) = %v, want %v", x, y, got, want)
			}
		}
	}
}
