package asm

import (
	"math"
	"math/big"
	"math/rand/v2"
	"os"
	"testing"
)

// The error bounds that mathfn.go states, in ULP.
const (
	exp32Bound, log32Bound, sinCos32Bound = 0.90, 0.92, 0.91
	exp64Bound, log64Bound, sinCos64Bound = 0.90, 0.92, 0.91
)

// worst keeps the greatest error of a function and where it was.
type worst struct{ ulp, at float64 }

func (w *worst) see(ulp, at float64) {
	if !(ulp <= w.ulp) { // NaN counts as worse
		w.ulp, w.at = ulp, at
	}
}

func (w *worst) check(t *testing.T, name string, bound float64) {
	t.Helper()
	t.Logf("%s: at most %.4f ULP, at %x", name, w.ulp, w.at)
	if !(w.ulp <= bound) {
		t.Errorf("%s(%x) is %.4f ULP off, bound %v", name, w.at, w.ulp, bound)
	}
}

// ulps32 is the distance of a float32 from the true value, in units of the true
// value's last place, of a subnormal where it is one.
func ulps32(got float32, want float64) float64 {
	if want > math.MaxFloat32*(1+0x1p-25) && math.IsInf(float64(got), 1) {
		return 0 // rounds to +Inf
	}
	_, e := math.Frexp(want)
	return math.Abs(float64(got)-want) / math.Ldexp(1, max(e-24, -149))
}

// each32 calls f with the floats from lo to hi, every stride-th in the order of
// their bits; every one with LANES_EXHAUSTIVE set.
func each32(lo, hi float32, stride uint32, f func(float32)) {
	if os.Getenv("LANES_EXHAUSTIVE") != "" {
		stride = 1
	} else if testing.Short() {
		stride *= 64
	}
	for b := math.Float32bits(lo); b <= math.Float32bits(hi); b += stride {
		f(math.Float32frombits(b))
	}
}

func TestExp32(t *testing.T) {
	var w worst
	see := func(x float32) { w.see(ulps32(Exp(x), math.Exp(float64(x))), float64(x)) }
	each32(0x1p-7, 105, 211, func(x float32) { see(x); see(-x) })
	each32(0, 0x1p-7, 40009, func(x float32) { see(x); see(-x) })
	see(-0x1.765026p+2) // the worst
	see(-0x1.5ec8f6p+6) // and the worst with a subnormal result
	w.check(t, "Exp", exp32Bound)
}

func TestLog32(t *testing.T) {
	var w worst
	see := func(x float32) { w.see(ulps32(Log(x), math.Log(float64(x))), float64(x)) }
	each32(0.5, 4, 61, see)
	each32(math.SmallestNonzeroFloat32, 0.5, 9973, see)
	each32(4, math.MaxFloat32, 9973, see)
	see(0x1.7aa6b4p-1) // the worst
	w.check(t, "Log", log32Bound)
}

func TestSinCos32(t *testing.T) {
	stride := 7
	if testing.Short() {
		stride = 1009
	} else if os.Getenv("LANES_EXHAUSTIVE") != "" {
		stride = 1
	}
	var ws, wc worst
	for i := 0; i < 1<<24; i += stride { // every angle of a normal number
		u := float32(i) * 0x1p-24
		s, c := SinCos2Pi(u)
		// Reduced to an eighth by hand: math.Sin of the large angle is not exact
		// to a float32's ULP next to its zeros.
		q := math.RoundToEven(4 * float64(u))
		rs, rc := math.Sincos(2 * math.Pi * (float64(u) - q/4))
		switch int(q) & 3 {
		case 1:
			rs, rc = rc, -rs
		case 2:
			rs, rc = -rs, -rc
		case 3:
			rs, rc = -rc, rs
		}
		ws.see(ulps32(s, rs), float64(u))
		wc.see(ulps32(c, rc), float64(u))
	}
	ws.check(t, "sin 2π", sinCos32Bound)
	wc.check(t, "cos 2π", sinCos32Bound)
}

const bigPrec = 200

func bigF(x float64) *big.Float { return new(big.Float).SetPrec(bigPrec).SetFloat64(x) }

// bigExp is e^x to about 180 bits: Taylor's series of x/2^12, squared 12 times.
func bigExp(x *big.Float) *big.Float {
	r := new(big.Float).SetPrec(bigPrec).SetMantExp(x, -12)
	sum, term := bigF(1), bigF(1)
	for n := 1; n < 40; n++ {
		term.Mul(term, r)
		term.Quo(term, bigF(float64(n)))
		sum.Add(sum, term)
	}
	for range 12 {
		sum.Mul(sum, sum)
	}
	return sum
}

// bigLog improves an estimate by one step of Halley's method: cubic, so 120 bits.
func bigLog(x float64) *big.Float {
	f, k := math.Frexp(x) // math.Log is wrong for subnormals on some machines
	y := bigF(math.Log(f) + float64(float64(k)*math.Ln2))
	if k == 0 || k == 1 {
		y = bigF(math.Log(x)) // no cancellation next to 1
	}
	e := bigExp(y)
	num := new(big.Float).Sub(bigF(x), e)
	den := new(big.Float).Add(bigF(x), e)
	num.Quo(num.Add(num, num), den)
	return y.Add(y, num)
}

// bigSinCos2Pi sums the series at 2π·u for |u| <= 1/8.
func bigSinCos2Pi(u float64) (sin, cos *big.Float) {
	pi, _, _ := big.ParseFloat("3.14159265358979323846264338327950288419716939937510582097494459230781640628621", 10, bigPrec, big.ToNearestEven)
	x := bigF(u)
	x.Mul(x, pi)
	x.Add(x, x)
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

// ulps64 is ulps32 for float64.
func ulps64(got float64, want *big.Float) float64 {
	d := new(big.Float).Sub(bigF(got), want)
	e := max(want.MantExp(nil)-53, -1074)
	f, _ := d.SetMantExp(d, -e).Float64()
	return math.Abs(f)
}

func samples(full int) int {
	if testing.Short() {
		return full / 20
	}
	return full
}

func TestExp64(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	var w worst
	for i := range samples(40000) {
		x := (r.Float64()*2 - 1) * []float64{0.5, 5, 50, 708}[i%4]
		switch i % 16 {
		case 14:
			x = -708 - 37*r.Float64() // subnormal results
		case 15:
			x = math.Copysign(math.Ldexp(1+r.Float64(), -r.IntN(60)), x)
		}
		w.see(ulps64(Exp(x), bigExp(bigF(x))), x)
	}
	w.check(t, "Exp", exp64Bound)
}

func TestLog64(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	var w worst
	for i := range samples(40000) {
		var x float64
		switch i % 4 {
		case 0:
			x = 0.5 + 1.5*r.Float64()
		case 1:
			x = 0.7 + 0.1*r.Float64() // both sides of 3/4
		case 2:
			x = math.Float64frombits(1 + r.Uint64N(math.Float64bits(math.MaxFloat64)))
		case 3:
			x = 1 + math.Ldexp(r.Float64()*2-1, -r.IntN(52))
		}
		if x == 1 {
			continue
		}
		w.see(ulps64(Log(x), bigLog(x)), x)
	}
	w.check(t, "Log", log64Bound)
	if Log[float64](1) != 0 || Log[float32](1) != 0 {
		t.Error("Log(1) is not 0")
	}
}

func TestSinCos64(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 3))
	var ws, wc worst
	for i := range samples(20000) {
		u := r.Float64()/4 - 0.125
		if i%4 == 0 {
			u = math.Ldexp(u, -r.IntN(50))
		}
		s, c := SinCos2Pi(u)
		rs, rc := bigSinCos2Pi(u)
		ws.see(ulps64(s, rs), u)
		wc.see(ulps64(c, rc), u)
	}
	ws.check(t, "sin 2π", sinCos64Bound)
	wc.check(t, "cos 2π", sinCos64Bound)
}

// Whole turns and quarters change nothing but signs and places.
func TestSinCosQuadrants(t *testing.T) {
	t.Run("f32", func(t *testing.T) { testQuadrants[float32](t, 1<<20) })
	t.Run("f64", func(t *testing.T) { testQuadrants[float64](t, 1<<49) })
}

func testQuadrants[T Float](t *testing.T, limit T) {
	for _, u := range []T{0, 0.125, -0.125, 0.0625, -0.03125} {
		s, c := SinCos2Pi(u)
		for _, turns := range []T{1, -1, 5, 1000, limit/64 - 1} {
			if turns+u-turns != u {
				continue
			}
			s1, c1 := SinCos2Pi(u + turns)
			s2, c2 := SinCos2Pi(u + turns + 0.25)
			if turns+0.25+u-turns-0.25 == u && (s2 != c1 || c2 != -s1) {
				t.Errorf("u %v + %v + 1/4: %v %v, want %v %v", u, turns, s2, c2, c1, -s1)
			}
			if s1 != s || c1 != c {
				t.Errorf("u %v + %v: %v %v, want %v %v", u, turns, s1, c1, s, c)
			}
		}
	}
	for q, want := range [][2]T{{0, 1}, {1, 0}, {0, -1}, {-1, 0}} {
		for _, far := range []T{0, limit / 4, -limit / 4} {
			if s, c := SinCos2Pi(far + T(q)/4); s != want[0] || c != want[1] {
				t.Errorf("%v quarters from %v: %v %v, want %v", q, far, s, c, want)
			}
		}
	}
}

func TestMathSpecials(t *testing.T) {
	t.Run("f32", testMathSpecials[float32])
	t.Run("f64", testMathSpecials[float64])
}

func testMathSpecials[T Float](t *testing.T) {
	inf, nan, zero := T(math.Inf(1)), T(math.NaN()), T(0)
	most := float64(math.MaxFloat64)
	greatest := T(most)
	if is32[T]() {
		greatest = T(math.MaxFloat32)
	}
	for _, c := range []struct {
		name      string
		got, want T
	}{
		{"Exp(0)", Exp(zero), 1},
		{"Exp(-0)", Exp(-zero), 1},
		{"Exp(+Inf)", Exp(inf), inf},
		{"Exp(-Inf)", Exp(-inf), 0},
		{"Exp(greatest)", Exp(greatest), inf},
		{"Exp(-greatest)", Exp(-greatest), 0},
		{"Exp(NaN)", Exp(nan), nan},
		{"Log(0)", Log(zero), -inf},
		{"Log(-0)", Log(T(math.Copysign(0, -1))), -inf},
		{"Log(+Inf)", Log(inf), inf},
		{"Log(-Inf)", Log(-inf), nan},
		{"Log(-1)", Log(T(-1)), nan},
		{"Log(-1e-40)", Log(T(-1e-40)), nan},
		{"Log(NaN)", Log(nan), nan},
	} {
		if !sameBits(c.got, c.want) {
			t.Errorf("%s = %v, want %v", c.name, c.got, c.want)
		}
	}
	s, c := SinCos2Pi(nan)
	if s == s || c == c {
		t.Errorf("SinCos2Pi(NaN) = %v, %v", s, c)
	}
}
