package nn

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/lanes-go/lanes/internal/gradcheck"
	"github.com/lanes-go/lanes/internal/steady"
	"github.com/lanes-go/lanes/tensor"
)

// penaltyParams are parameters of all sorts: the first two are weights.
func penaltyParams[T tensor.Float]() []*Param[T] {
	r := rand.New(rand.NewPCG(41, 0))
	var all []*Param[T]
	for i, shape := range [][]int{{5, 7}, {3, 2, 3, 3}, {7}, {4, 6}, {3, 5}} {
		all = append(all, &Param[T]{Name: fmt.Sprint(i), Value: random[T](r, shape...), Grad: random[T](r, shape...)})
	}
	all[0].Value.Data()[3] = 0
	all[3].NoDecay = true
	all[4].Frozen = true
	all[4].Value.Fill(9)
	return all
}

func TestPenalize(t *testing.T) {
	for _, p := range []Penalty{L1(0.3), L2(0.5), ElasticNet(0.2, 0.7), {}} {
		params := penaltyParams[float64]()
		var before [][]float64
		want := 0.0
		for i, w := range params {
			before = append(before, slices.Clone(w.Grad.Data()))
			for _, v := range w.Value.Data() {
				if i < 2 {
					want += p.L1*math.Abs(v) + p.L2/2*v*v
				}
			}
		}
		if got := Penalize(params, p); math.Abs(got-want) > 1e-13 {
			t.Errorf("%+v: %v, want %v", p, got, want)
		}
		for i, w := range params {
			for j, g := range w.Grad.Data() {
				v, want := w.Value.Data()[j], before[i][j]
				if i < 2 {
					want += p.L2 * v
					if v != 0 {
						want += math.Copysign(p.L1, v)
					}
				}
				if math.Abs(g-want) > 1e-15*(1+math.Abs(want)) {
					t.Errorf("%+v: gradient %d of parameter %d is %v, want %v", p, j, i, g, want)
				}
			}
		}
	}
}

func TestPenaltyGradients(t *testing.T) {
	for _, p := range []Penalty{L1(0.3), L2(0.5), ElasticNet(0.2, 0.7)} {
		params := penaltyParams[float64]()
		params[0].Value.Data()[3] = 1 // away from the kink
		var vars []gradcheck.Var
		for _, w := range params {
			vars = append(vars, gradcheck.Var{Name: w.Name, Shape: w.Value.Shape(), X: w.Value.Data(), Grad: w.Grad.Data()})
		}
		clear := func() {
			for _, w := range params {
				w.Grad.Fill(0)
			}
		}
		r := gradcheck.Check(gradcheck.Problem{
			Vars: vars[:4], // a frozen parameter has a constant that is left out
			Loss: func() float64 { return Penalize(params, p) },
			Grad: func(float64) { clear(); Penalize(params, p) },
		}, gradcheck.Options{})
		if !r.OK() {
			t.Errorf("%+v: %v", p, r)
		}
	}
}

// The penalty and the weight decay of an optimiser are one thing; and the loss with a
// penalty is the greater.
func TestLossTotal(t *testing.T) {
	l := Loss[float32]{Data: 2.25, Penalty: 0.5}
	if l.Total() != 2.75 {
		t.Errorf("total %v", l.Total())
	}
	b := New[float64](1)
	net := b.Sequential(b.Linear(6, 5), b.PReLU(5), b.Linear(5, 3))
	weights, rest := SplitDecay(net.Params())
	if len(weights) != 2 || len(rest) != 3 || weights[1].Name != "2.weight" || rest[1].Name != "1.weight" {
		t.Errorf("%d weights, %d others", len(weights), len(rest))
	}
	// Scales and shifts are no weights, whatever the shape that is normalised.
	for _, l := range []Layer[float64]{b.LayerNorm(3, 4), b.RMSNorm(3, 4), b.BatchNorm2d(5), b.GroupNorm(2, 4), b.PReLU(1)} {
		if weights, rest := SplitDecay(l.Params()); len(weights) != 0 || len(rest) == 0 {
			t.Errorf("%T: %d weights, %d others", l, len(weights), len(rest))
		}
	}
	if p := Penalize(net.Params(), L2(1e3)); !(p > 1000) {
		t.Errorf("penalty %v", p)
	}
}

func TestMaxNorm(t *testing.T) {
	params := penaltyParams[float32]()
	clone := func() (all [][]float32) {
		for _, p := range params {
			all = append(all, slices.Clone(p.Value.Data()))
		}
		return all
	}
	norms := func(p *Param[float32]) (norms []float64) {
		rows := p.Value.Dim(0)
		n := p.Value.Len() / rows
		for r := range rows {
			sum := 0.0
			for _, v := range p.Value.Data()[r*n : (r+1)*n] {
				sum += float64(v) * float64(v)
			}
			norms = append(norms, math.Sqrt(sum))
		}
		return norms
	}
	nan := params[0].Value.Data()[:7]
	nan[2] = float32(math.NaN())
	const most = 3
	m := NewMaxNorm(params, most)
	before := clone()
	was := [][]float64{norms(params[0]), norms(params[1])}
	want := 0
	scaled := m.Apply()
	for i, w := range was {
		n := len(before[i]) / len(w)
		for r, norm := range w {
			row, old := params[i].Value.Data()[r*n:(r+1)*n], before[i][r*n:(r+1)*n]
			if norm > most {
				want++
				if got := norms(params[i])[r]; math.Abs(got-most) > 1e-6*most {
					t.Errorf("parameter %d, row %d: norm %v from %v", i, r, got, norm)
				}
				if c := float64(row[1]/row[0]) / float64(old[1]/old[0]); math.Abs(c-1) > 1e-6 {
					t.Errorf("parameter %d, row %d turned", i, r)
				}
			} else if norm == norm && !slices.Equal(row, old) {
				t.Errorf("parameter %d, row %d of norm %v changed", i, r, norm)
			}
		}
	}
	if scaled != want || want < 2 {
		t.Errorf("%d rows scaled, want %d", scaled, want)
	}
	if got := params[0].Value.Data()[:7]; got[1] != before[0][1] || got[2] == got[2] {
		t.Errorf("the row with a NaN is %v", got)
	}
	for i := 2; i < 5; i++ {
		if !slices.Equal(params[i].Value.Data(), before[i]) {
			t.Errorf("parameter %d changed", i)
		}
	}
}

// Rows whose sum of squares is not in the range of the type, though their norm may be, and
// rows that are not finite.
func TestMaxNormFar(t *testing.T) {
	t.Run("f32", func(t *testing.T) { testMaxNormFar[float32](t, 0x1p-126, math.MaxFloat32, 0x1p-24) })
	t.Run("f64", func(t *testing.T) { testMaxNormFar[float64](t, 0x1p-1022, math.MaxFloat64, 0x1p-53) })
}

func testMaxNormFar[T tensor.Float](t *testing.T, least, greatest, rounding float64) {
	far := math.Sqrt(greatest) // its square is not finite in T, that of 1/far not normal
	for _, c := range []struct{ a, b, most float64 }{
		{far, far / 4, 3}, {far * 1e3, -far * 2, 3}, {-greatest, greatest, 0.01}, {greatest, greatest, far}, {greatest, 0, far}, // overflow
		{greatest, 1, greatest}, {far, far, 3 * far}, // not longer
		{1e-6 / far, 3e-6 / far, 1e-6 / far}, {-1e-6 / far, 0, 1e-7 / far}, {least, least / 4, least}, {greatest, -far, least}, // underflow
		{1e-6 / far, 1e-6 / far, 1e-5 / far}, {least / 2, least / 8, least}, {1e-6 / far, 1e-6 / far, 3}, {0, 0, least}, // not longer
		{3, 4, 5 / 4.0}, {3, 4, 6}, // in range
	} {
		w := initParam[T](3, 2, 1)
		copy(w.Value.Data(), []T{1e-6, 0, T(c.a), T(c.b), 0, 0})
		w.Value.Data()[0] = T(c.most / 2)
		scaled := NewMaxNorm([]*Param[T]{w}, float64(T(c.most))).Apply()
		// In units of the greater, which none of this leaves the range of float64.
		top := max(math.Abs(c.a), math.Abs(c.b), least)
		norm := math.Hypot(c.a/top, c.b/top)
		want := 0
		if norm > c.most/top*(1+1e-6) {
			want = 1
		}
		got := w.Value.Data()
		if scaled != want {
			t.Errorf("%v: %d rows scaled, want %d", c, scaled, want)
		}
		if want == 0 && (got[2] != T(c.a) || got[3] != T(c.b)) {
			t.Errorf("%v: the row is %v", c, got[2:4])
		}
		if want == 1 {
			for i, v := range []float64{c.a, c.b} {
				// A subnormal number has fewer digits.
				if off := math.Abs(float64(got[2+i])/c.most - v/top/norm); off > 8*rounding+least*rounding/c.most {
					t.Errorf("%v: element %d is %v, off by %.2g of the limit", c, i, got[2+i], off)
				}
			}
		}
		if got[0] != T(c.most/2) || got[1] != 0 || got[4] != 0 || got[5] != 0 {
			t.Errorf("%v: other rows are %v", c, got)
		}
	}
	// Long rows, of subnormal numbers and of ones whose squares lose digits.
	for _, v := range []float64{least / 8, 1.53 * math.Sqrt(least) / 16, 1.61 * math.Sqrt(least) / 16, 1.7 * math.Sqrt(least) / 16} {
		w := initParam[T](1, 256)
		w.Value.Fill(T(v))
		if n := NewMaxNorm([]*Param[T]{w}, 8*v).Apply(); n != 1 {
			t.Errorf("256 of %v: %d rows scaled", v, n)
		}
		for _, got := range w.Value.Data() {
			if math.Abs(float64(got)/v-0.5) > 8*rounding {
				t.Fatalf("256 of %v: %v, want half of it", v, got)
			}
		}
	}
	nan, inf := math.NaN(), math.Inf(1)
	for _, bad := range []float64{nan, inf, -inf} {
		for _, most := range []float64{3, least} {
			w := initParam[T](2, 3)
			copy(w.Value.Data(), []T{7, T(bad), -9, 30, 0, 40})
			if n := NewMaxNorm([]*Param[T]{w}, most).Apply(); n != 1 {
				t.Errorf("%v, limit %v: %d rows scaled", bad, most, n)
			}
			if got := w.Value.Data(); got[0] != 7 || got[2] != -9 || !(got[1] == T(bad) || bad != bad && got[1] != got[1]) || !(got[3] <= T(most)) {
				t.Errorf("%v, limit %v: %v", bad, most, got)
			}
		}
	}
	w := initParam[T](2, 3)
	for _, most := range []float64{least / 2, greatest * 2, inf, 0, -1, nan} {
		panics(t, func() { NewMaxNorm([]*Param[T]{w}, most) }, "nn.NewMaxNorm", fmt.Sprint(most))
	}
}

func TestPenaltyAllocates(t *testing.T) {
	params := penaltyParams[float32]()
	m := NewMaxNorm(params, 2)
	if n := steady.Allocs(10, func() {
		Penalize(params, ElasticNet(0.01, 0.01))
		params[0].Value.Data()[0] = 10
		params[0].Value.Data()[7] = 1e30 // a row whose sum of squares overflows
		m.Apply()
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func TestPenaltyMisuse(t *testing.T) {
	params := penaltyParams[float32]()
	for _, p := range []Penalty{L1(-1), L2(math.NaN()), L2(math.Inf(1))} {
		panics(t, func() { Penalize(params, p) }, "nn.Penalize", "want at least 0")
	}
	for _, v := range []float64{0, -1, math.NaN()} {
		panics(t, func() { NewMaxNorm(params, v) }, "nn.NewMaxNorm", fmt.Sprint(v))
	}
}
