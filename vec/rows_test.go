package vec

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/lanes-go/lanes/internal/steady"
	"github.com/lanes-go/lanes/tensor"
)

func randomOf(n int, seed uint64) []float64 {
	r := rand.New(rand.NewPCG(seed, 1))
	x := make([]float64, n)
	for i := range x {
		x[i] = r.Float64()*4 - 2
	}
	return x
}

func TestReductions(t *testing.T) {
	for _, n := range []int{1, 5, 1000, short + 1, 3*short + 7} {
		x, y := randomOf(n, 1), randomOf(n, 2)
		tx, ty := tensor.From(x, n), tensor.From(y, n)
		m, v := tensor.MeanVar(tx, 1)
		for name, pair := range map[string][2]float64{
			"Sum": {Sum(x), tensor.Sum(tx)}, "Asum": {Asum(x), tensor.Asum(tx)}, "SumSq": {SumSq(x), tensor.SumSq(tx)},
			"Norm": {Norm(x), math.Sqrt(tensor.SumSq(tx))}, "Mean": {Mean(x), tensor.Mean(tx)}, "Dot": {Dot(x, y), tensor.Dot(tx, ty)},
			"Max": {Max(x), slices.Max(x)}, "Min": {Min(x), slices.Min(x)},
			"ArgMax": {x[ArgMax(x)], slices.Max(x)}, "ArgMin": {x[ArgMin(x)], slices.Min(x)},
			"Var": {Var(x, 1), v}, "Std": {Std(x, 1), math.Sqrt(v)},
		} {
			if got, want := pair[0], pair[1]; got != want && (got == got || want == want) {
				t.Errorf("n %d: %s %v, want %v", n, name, got, want)
			}
		}
		if gm, _ := MeanVar(x, 1); gm != m {
			t.Errorf("n %d: mean %v, want %v", n, gm, m)
		}
	}
	sums := make([]float64, 3)
	if ColSums(sums, []float64{1, 2, 3, 4, 5, 6}); !slices.Equal(sums, []float64{5, 7, 9}) {
		t.Errorf("ColSums %v", sums)
	}
	if RowSums(sums, []float64{1, 2, 3, 4, 5, 6}); !slices.Equal(sums, []float64{3, 7, 11}) {
		t.Errorf("RowSums %v", sums)
	}
	if Sum[float32](nil) != 0 || Mean[float32](nil) == Mean[float32](nil) {
		t.Error("of nothing")
	}
	wantError(t, "Max", func() { Max[float32](nil) })
	wantError(t, "Min", func() { Min[float32](nil) })
	wantError(t, "ArgMax", func() { ArgMax[float32](nil) })
	wantError(t, "ArgMin", func() { ArgMin[float32](nil) })
	wantError(t, "Dot", func() { Dot(sums, sums[:2]) })
	wantError(t, "ColSums", func() { ColSums(sums, randomOf(4, 1)) })
	wantError(t, "RowSums", func() { RowSums(sums, randomOf(4, 1)) })
}

func TestSoftmaxRows(t *testing.T) {
	const rows, cols = 7, 5
	x, dy := randomOf(rows*cols, 3), randomOf(rows*cols, 4)
	y := SoftmaxNew(x, cols)
	for i := range rows {
		if s := Sum(y[i*cols:][:cols]); math.Abs(s-1) > 1e-15 {
			t.Errorf("row %d sums to %v", i, s)
		}
	}
	l := slices.Clone(x)
	LogSoftmaxInPlace(l, cols)
	for i, v := range l {
		if want := x[i] - LogSumExp(x[i/cols*cols:][:cols]); math.Abs(v-want) > 1e-14 || math.Abs(math.Exp(v)-y[i]) > 1e-14 {
			t.Errorf("element %d: log-softmax %v, want %v; softmax %v", i, v, want, y[i])
		}
	}
	dx, dl := make([]float64, rows*cols), make([]float64, rows*cols)
	SoftmaxGrad(dx, dy, y, cols)
	LogSoftmaxGrad(dl, dy, l, cols)
	for i := range rows {
		if s := Sum(dx[i*cols:][:cols]); math.Abs(s) > 1e-14 {
			t.Errorf("the gradient of row %d sums to %v", i, s)
		}
		if s := Sum(dl[i*cols:][:cols]); math.Abs(s) > 1e-13 {
			t.Errorf("the gradient of log-softmax of row %d sums to %v", i, s)
		}
	}
	labels := []int{0, 1, 2, 3, 4, 0, 1}
	loss := CrossEntropy(dx, x, labels, LabelOptions[float64]{})
	if want := NLLLoss(nil, l, labels, LabelOptions[float64]{}); math.Abs(loss-want) > 1e-14 || CrossEntropy(nil, x, labels, LabelOptions[float64]{}) != loss {
		t.Errorf("cross-entropy %v, by log-softmax %v", loss, want)
	}
	if h := HingeLoss(nil, []float64{1, 2, 0}, []int{0}, LabelOptions[float64]{}); h != 2 {
		t.Errorf("hinge %v, want 2", h)
	}
	wantError(t, "Softmax", func() { Softmax(dx, x[1:], cols) })
	wantError(t, "Softmax", func() { Softmax(dx, x, 4) })
	wantError(t, "Softmax", func() { Softmax(x[:10], x[5:15], cols) })
	wantError(t, "SoftmaxGrad", func() { SoftmaxGrad(dx, dy, y[:5], cols) })
	wantError(t, "CrossEntropy", func() { CrossEntropy(dx, x, labels[:3], LabelOptions[float64]{}) })
	wantError(t, "NLLLoss", func() { NLLLoss(dx[1:], x, labels, LabelOptions[float64]{}) })
}

func TestNorms(t *testing.T) {
	const n, c = 6, 4
	x, dy, gamma, beta := randomOf(n*c, 5), randomOf(n*c, 6), randomOf(c, 7), randomOf(c, 8)
	tx, tdy, tg, tb := tensor.From(x, n, c), tensor.From(dy, n, c), tensor.From(gamma, c), tensor.From(beta, c)
	vec := func(n int) []float64 { return make([]float64, n) }
	same := func(name string, got []float64, want *tensor.Tensor[float64]) {
		t.Helper()
		if !slices.Equal(got, want.Data()) {
			t.Errorf("%s: %v, want %v", name, got, want.Data())
		}
	}
	opts := tensor.BatchNormPyTorch()
	y, mean, rstd, rm, rv := vec(n*c), vec(c), vec(c), vec(c), vec(c)
	ty, tmean, trstd, trm, trv := tensor.New[float64](n, c), tensor.New[float64](c), tensor.New[float64](c), tensor.New[float64](c), tensor.New[float64](c)
	BatchNorm(y, mean, rstd, rm, rv, x, gamma, beta, opts)
	tensor.BatchNorm(ty, tmean, trstd, trm, trv, tx, tg, tb, opts)
	same("BatchNorm", y, ty)
	same("running variance", rv, trv)
	dx, dg, db := vec(n*c), vec(c), vec(c)
	tdx, tdg, tdb := tensor.New[float64](n, c), tensor.New[float64](c), tensor.New[float64](c)
	BatchNormGrad(dx, dg, db, dy, x, nil, gamma, mean, rstd, opts)
	tensor.BatchNormGrad(tdx, tdg, tdb, tdy, tx, nil, tg, tmean, trstd, opts)
	same("BatchNormGrad", dx, tdx)
	same("dgamma", dg, tdg)
	BatchNormInference(y, x, gamma, beta, rm, rv, opts)
	tensor.BatchNormInference(ty, tx, tg, tb, trm, trv, opts)
	same("BatchNormInference", y, ty)

	mean, rstd, tmean, trstd = vec(n), vec(n), tensor.New[float64](n), tensor.New[float64](n)
	LayerNorm(y, mean, rstd, x, gamma, nil, 1e-5)
	tensor.LayerNorm(ty, tmean, trstd, tx, tg, nil, 1e-5)
	same("LayerNorm", y, ty)
	LayerNormGrad(dx, dg, db, dy, x, gamma, mean, rstd)
	tensor.LayerNormGrad(tdx, tdg, tdb, tdy, tx, tg, tmean, trstd)
	same("LayerNormGrad", dx, tdx)
	same("dbeta", db, tdb)
	RMSNorm(y, rstd, x, gamma, 1e-5)
	tensor.RMSNorm(ty, trstd, tx, tg, 1e-5)
	same("RMSNorm", y, ty)
	RMSNormGrad(dx, dg, dy, x, gamma, rstd)
	tensor.RMSNormGrad(tdx, tdg, tdy, tx, tg, trstd)
	same("RMSNormGrad", dx, tdx)
	wantError(t, "BatchNorm", func() { BatchNorm(y, mean[:5], rstd, nil, nil, x, nil, nil, opts) })
	wantError(t, "LayerNorm", func() { LayerNorm(y, nil, nil, x, gamma[:0], nil, 1e-5) })
}

func TestUpdates(t *testing.T) {
	const n = 100
	g := randomOf(n, 9)
	mom := MomentumOptions{LR: 0.1, Momentum: 0.9}
	adam := AdamOptions{LR: 0.01, Beta1: 0.9, Beta2: 0.99, Eps: 1e-8, WeightDecay: 0.01}
	type state = [3][]float64
	for name, f := range map[string][2]func(s state){
		"SGD": {func(s state) { SGD(s[0], g, 0.5, SGDOptions{LR: 0.1}) }, func(s state) {
			tensor.SGD(tensor.From(s[0], n), tensor.From(g, n), 0.5, SGDOptions{LR: 0.1})
		}},
		"SGDMomentum": {func(s state) { SGDMomentum(s[0], s[1], g, 1, mom) }, func(s state) {
			tensor.SGDMomentum(tensor.From(s[0], n), tensor.From(s[1], n), tensor.From(g, n), 1, mom)
		}},
		"Nesterov": {func(s state) { Nesterov(s[0], s[1], g, 1, mom) }, func(s state) {
			tensor.Nesterov(tensor.From(s[0], n), tensor.From(s[1], n), tensor.From(g, n), 1, mom)
		}},
		"Adagrad": {func(s state) { Adagrad(s[0], s[1], g, 1, AdagradOptions{LR: 0.1, Eps: 1e-10}) }, func(s state) {
			tensor.Adagrad(tensor.From(s[0], n), tensor.From(s[1], n), tensor.From(g, n), 1, AdagradOptions{LR: 0.1, Eps: 1e-10})
		}},
		"RMSprop": {func(s state) { RMSprop(s[0], s[1], g, 1, RMSpropOptions{LR: 0.1, Alpha: 0.9, Eps: 1e-8}) }, func(s state) {
			tensor.RMSprop(tensor.From(s[0], n), tensor.From(s[1], n), tensor.From(g, n), 1, RMSpropOptions{LR: 0.1, Alpha: 0.9, Eps: 1e-8})
		}},
		"Adam": {func(s state) { Adam(s[0], s[1], s[2], g, 3, 1, adam) }, func(s state) {
			tensor.Adam(tensor.From(s[0], n), tensor.From(s[1], n), tensor.From(s[2], n), tensor.From(g, n), 3, 1, adam)
		}},
		"AdamW": {func(s state) { AdamW(s[0], s[1], s[2], g, 3, 1, adam) }, func(s state) {
			tensor.AdamW(tensor.From(s[0], n), tensor.From(s[1], n), tensor.From(s[2], n), tensor.From(g, n), 3, 1, adam)
		}},
	} {
		a := state{randomOf(n, 1), make([]float64, n), make([]float64, n)}
		b := state{randomOf(n, 1), make([]float64, n), make([]float64, n)}
		f[0](a)
		f[1](b)
		for i := range a {
			if !slices.Equal(a[i], b[i]) || i == 0 && slices.Equal(a[0], randomOf(n, 1)) {
				t.Errorf("%s: operand %d", name, i)
			}
		}
	}
	wantError(t, "Adam", func() { Adam(g, g[:1], g, g, 1, 1, adam) })
}

func TestRandom(t *testing.T) {
	x, y := make([]float32, 1000), make([]float32, 1000)
	Uniform(x, 2, 3, 7, 8)
	Uniform(y, 2, 3, 7, 8)
	if !slices.Equal(x, y) || Min(x) < 2 || Max(x) > 3 || Max(x)-Min(x) < 0.9 {
		t.Error("Uniform")
	}
	Normal(x, 10, 2, 7, 8)
	if m, v := MeanVar(x, 1); math.Abs(float64(m)-10) > 0.3 || math.Abs(float64(v)-4) > 0.6 {
		t.Errorf("Normal: mean %v, variance %v", m, v)
	}
	Bernoulli(x, 0.25, 7, 8)
	if m := Mean(x); math.Abs(float64(m)-0.25) > 0.05 || ArgMax(x) < 0 || Max(x) != 1 || Min(x) != 0 {
		t.Errorf("Bernoulli: mean %v", m)
	}
	Fill(x, 3)
	Dropout(y, x, 0.25, 9, 10)
	for i, v := range y {
		if v != 0 && v != 4 {
			t.Fatalf("Dropout: element %d is %v", i, v)
		}
	}
	if m := Mean(y); math.Abs(float64(m)-3) > 0.3 {
		t.Errorf("Dropout: mean %v", m)
	}
	p := make([]int, 100)
	Permutation(p, 1, 2)
	slices.Sort(p)
	for i, v := range p {
		if i != v {
			t.Fatal("no permutation")
		}
	}
}

func TestRowAllocs(t *testing.T) {
	x, y, z := randomOf(700, 1), randomOf(700, 2), randomOf(700, 3)
	labels, gamma, beta := make([]int, 70), randomOf(10, 4), randomOf(10, 5)
	mean, rstd := make([]float64, 70), make([]float64, 70)
	if n := steady.Allocs(5, func() {
		Softmax(x, y, 10)
		SoftmaxGrad(x, y, z, 10)
		LogSumExp(y)
		CrossEntropy(x, y, labels, LabelOptions[float64]{})
		LayerNorm(x, mean, rstd, y, gamma, beta, 1e-5)
		BatchNorm(x, mean[:10], rstd[:10], nil, nil, y, nil, nil, tensor.BatchNormPyTorch())
		Adam(x[:100], y[:100], z[:100], x[100:200], 1, 1, AdamOptions{LR: 0.1, Beta1: 0.9, Beta2: 0.9})
		MeanVar(x, 0)
		Sum(x)
		ArgMax(y)
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func TestPairLosses(t *testing.T) {
	x, y, dx := []float64{1, -2, 4}, []float64{0, 0, 1}, make([]float64, 3)
	for name, c := range map[string]struct {
		f    func(dx []float64) float64
		want float64
		grad []float64
	}{
		"MSELoss":      {func(dx []float64) float64 { return MSELoss(dx, x, y, LossSum) }, 14, []float64{2, -4, 6}},
		"L1Loss":       {func(dx []float64) float64 { return L1Loss(dx, x, y, LossMean) }, 2, []float64{1. / 3, -1. / 3, 1. / 3}},
		"HuberLoss":    {func(dx []float64) float64 { return HuberLoss(dx, x, y, 2, LossSum) }, 0.5 + 2 + 4, []float64{1, -2, 2}},
		"SmoothL1Loss": {func(dx []float64) float64 { return SmoothL1Loss(dx, x, y, 2, LossSum) }, 0.25 + 1 + 2, []float64{0.5, -1, 1}},
	} {
		if got := c.f(dx); got != c.want || !slices.Equal(dx, c.grad) || c.f(nil) != got {
			t.Errorf("%s: %v and %v, want %v and %v", name, got, dx, c.want, c.grad)
		}
	}
	if got := BCEWithLogitsLoss(dx, []float64{0, 1000, -1000}, []float64{1, 1, 0}, LossSum); math.Abs(got-math.Ln2) > 1e-15 || !slices.Equal(dx, []float64{-0.5, 0, 0}) {
		t.Errorf("BCEWithLogitsLoss: %v and %v", got, dx)
	}
	wantError(t, "MSELoss", func() { MSELoss(dx, x, y[:2], LossSum) })
	if n := steady.Allocs(5, func() { HuberLoss(dx, x, y, 2, LossSum) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
