package tensor

import (
	"math"
	"strings"
	"testing"
)

// Errors of misuse name every operand, those that are nil too, in the order in which
// they are given.
func TestMisuseNamesAll(t *testing.T) {
	n := New[float64]
	v, m, x := n(2), n(3), n(2, 3)
	var none *Tensor[float64]
	bn := BatchNormPyTorch()
	for _, c := range []struct {
		op, want string
		f        func()
	}{
		{"Add", "[2], [2], nil", func() { Add(v, n(2), nil) }},
		{"Add", "nil, [2], [3]", func() { Add(nil, v, m) }},
		{"Exp", "[2], nil", func() { Exp(v, nil) }},
		{"Exp", "nil, [2]", func() { Exp(nil, v) }},
		{"FMA", "[2], [2], [3], nil", func() { FMA(v, n(2), m, nil) }},
		{"Mul", "[], nil", func() { Mul(n(), none, none) }},
		{"AddRow", "[2 3], [2 3], nil", func() { AddRow(x, x, nil) }},
		{"PReLU", "[2 3], [2 3], nil", func() { PReLU(x, n(2, 3), nil) }},
		{"MSELoss", "[2], nil", func() { MSELoss(nil, v, nil, LossOptions[float64]{}) }},

		{"CELU", "[2], [3]", func() { CELU(v, m, 0) }},
		{"CELUGrad", "[2], [3], [2 3]", func() { CELUGrad(v, m, x, -1) }},
		{"ELUGrad", "[2], [3], [2 3]", func() { ELUGrad(v, m, x, -1) }},
		{"HuberLoss", "nil, [2], [2]", func() { HuberLoss(nil, v, n(2), 0, LossOptions[float64]{}) }},
		{"SmoothL1Loss", "nil, [2], [2]", func() { SmoothL1Loss(nil, v, n(2), -1, LossOptions[float64]{}) }},
		{"L1Loss", "nil, [2], [2]", func() { L1Loss(nil, v, n(2), LossOptions[float64]{Reduction: 7}) }},
		{"NLLLoss", "nil, [2 3], [2], nil, nil", func() { NLLLoss(nil, x, []int{0, 1}, LabelOptions[float64]{Reduction: 7}) }},
		{"HingeLoss", "nil, [2 3], [2], nil, nil", func() { HingeLoss(nil, x, []int{0, 1}, LabelOptions[float64]{Smoothing: 0.1}) }},
		{"CrossEntropy", "[2 3], nil, [2], nil, nil", func() { CrossEntropy(x, nil, []int{0, 1}, LabelOptions[float64]{}) }},
		{"CrossEntropy", "nil, [2 3], [2], [2], [1]", func() {
			CrossEntropy(nil, x, []int{0, 1}, LabelOptions[float64]{Weights: v.Data(), Losses: v.Data()[:1]})
		}},
		{"SoftmaxCrossEntropy", "nil, [2 3], [2]", func() { SoftmaxCrossEntropy(nil, x, []int{0, 1}) }},
		{"Uniform", "[2 3]", func() { Uniform(x, -1e308, 1e308, 1, 1) }},
		{"Bernoulli", "[2 3]", func() { Bernoulli(x, 2, 1, 1) }},
		{"Dropout", "[2 3], [2]", func() { Dropout(x, v, -1, 1, 1) }},
		{"Adam", "[2], [3], nil, [2 3]", func() { Adam(v, m, nil, x, 0, 1, AdamOptions{}) }},
		{"Adam", "[2], [2], nil, [2]", func() { Adam(v, n(2), nil, n(2), 1, 1, AdamOptions{}) }},
		{"SGDMomentum", "[2], nil, [2]", func() { SGDMomentum(v, nil, n(2), 1, MomentumOptions{}) }},
		{"RMSprop", "[2], [3], [2]", func() { RMSprop(v, m, n(2), 1, RMSpropOptions{}) }},
		{"SGD", "[2], nil", func() { SGD(v, nil, 1, SGDOptions{}) }},

		{"Maxout", "[2], [2], [2], [3]", func() { Maxout(n(2), n(2), n(2), n(3)) }},
		{"Maxout", "[2], [2], nil", func() { Maxout(n(2), n(2), nil) }},
		{"Maxout", "[2]", func() { Maxout(n(2)) }},
		{"Maxout", "[2], [2], [2], [2]", func() { Maxout(v, n(2), n(2), v) }},
		{"MaxoutGrad", "[2], [2], [2], [2], [3]", func() { MaxoutGrad([]*Tensor[float64]{v}, n(2), n(2), n(2), n(3)) }},
		{"MaxoutGrad", "[2], [3], [2], [2], [2], [2]", func() { MaxoutGrad([]*Tensor[float64]{v, m}, n(2), n(2), n(2), n(2)) }},
		{"MaxoutGrad", "[2], [2], [2], [2], [2], [2]", func() { MaxoutGrad([]*Tensor[float64]{v, v}, n(2), n(2), n(2), n(2)) }},

		{"BatchNorm", "[2 3], [3], [2], nil, nil, [2 3], nil, [3]", func() { BatchNorm(x, m, v, nil, nil, x, nil, m, bn) }},
		{"BatchNorm", "[1 3], nil, nil, nil, nil, [1 3], nil, nil", func() { BatchNorm(n(1, 3), nil, nil, nil, nil, n(1, 3), nil, nil, bn) }},
		{"BatchNorm", "[2 3], nil, nil, nil, nil, nil, nil, nil", func() { BatchNorm(x, nil, nil, nil, nil, nil, nil, nil, bn) }},
		{"BatchNorm", "[2 3], [3], [3], nil, nil, [2 3], nil, nil", func() { BatchNorm(x, m, m, nil, nil, n(2, 3), nil, nil, bn) }},
		{"BatchNorm", "[2 3], nil, nil, nil, nil, [2 3], nil, nil", func() { BatchNorm(x, nil, nil, nil, nil, n(2, 3), nil, nil, BatchNormOptions{Eps: -1}) }},
		{"BatchNorm", "[2 3], nil, nil, nil, nil, [2 3], nil, nil", func() { BatchNorm(x, nil, nil, nil, nil, n(2, 3), nil, nil, BatchNormCumulative(-1)) }},
		{"BatchNorm", "[2 3], nil, nil, nil, nil, [2 3], nil, nil", func() { BatchNorm(x, nil, nil, nil, nil, n(2, 3), nil, nil, BatchNormOptions{Eps: math.NaN()}) }},
		{"BatchNormInference", "[2 3], [2 3], nil, nil, [3], nil", func() { BatchNormInference(x, x, nil, nil, m, nil, bn) }},
		{"BatchNormGrad", "[2 3], [2], nil, [2 3], [2 3], nil, nil, [3], [3]", func() { BatchNormGrad(x, v, nil, x, x, nil, nil, m, m, bn) }},
		{"BatchNormGrad", "[2 3], nil, nil, nil, [2 3], nil, nil, [3], [3]", func() { BatchNormGrad(x, nil, nil, nil, x, nil, nil, m, m, bn) }},
		{"GroupNorm", "[2 3], nil, nil, [2 3], [2], nil", func() { GroupNorm(x, nil, nil, x, v, nil, 1, 1e-5) }},
		{"GroupNorm", "[2 3], nil, nil, [2 3], nil, nil", func() { GroupNorm(x, nil, nil, x, nil, nil, 2, 1e-5) }},
		{"GroupNorm", "[2 3], nil, nil, [2 3], nil, nil", func() { GroupNorm(x, nil, nil, x, nil, nil, 1, -1) }},
		{"InstanceNorm", "[2 3], nil, nil, nil, nil, nil", func() { InstanceNorm(x, nil, nil, nil, nil, nil, 1e-5) }},
		{"GroupNormGrad", "[2 3], nil, nil, [3], [2 3], nil, [2], [2]", func() { GroupNormGrad(x, nil, nil, m, x, nil, v, v, 1) }},
		{"LayerNorm", "[2 3], [3], nil, [2 3], [3], nil", func() { LayerNorm(x, m, nil, x, n(3), nil, 1e-5) }},
		{"LayerNorm", "[2 3], nil, nil, [2 3], nil, [2]", func() { LayerNorm(x, nil, nil, x, nil, v, 1e-5) }},
		{"LayerNorm", "[2 3], nil, nil, [2 3], [3], nil", func() { LayerNorm(x, nil, nil, x, m, nil, -1e-5) }},
		{"LayerNorm", "nil, nil, nil, [2 3], [3], nil", func() { LayerNorm(nil, nil, nil, x, m, nil, 1e-5) }},
		{"LayerNorm", "[], nil, nil, [], nil, nil", func() { LayerNorm(n(), nil, nil, n(), nil, nil, 1e-5) }},
		{"LayerNormGrad", "[2 3], nil, nil, [2 3], [2 3], [3], [2], nil", func() { LayerNormGrad(x, nil, nil, n(2, 3), n(2, 3), m, v, nil) }},
		{"RMSNorm", "[2 3], [3], [2 3], nil", func() { RMSNorm(x, m, x, nil, 1e-5) }},
		{"RMSNormGrad", "[2 3], [2], [2 3], [2 3], nil, [2]", func() { RMSNormGrad(x, v, n(2, 3), n(2, 3), nil, n(2)) }},

		{"LRN", "[2 3], nil", func() { LRN(x, nil, LRNAlexNet()) }},
		{"LRNGrad", "[2 3], nil, [2 3]", func() { LRNGrad(x, nil, x, LRNAlexNet()) }},

		{"Var", "[2]", func() { Var(v, -1) }},
		{"Std", "[2]", func() { Std(v, -1) }},
		{"MeanVar", "[2]", func() { MeanVar(v, -1) }},
		{"VarAxis", "[2], [2 3]", func() { VarAxis(v, x, 1, -1) }},
		{"StdAxis", "[2], [2 3]", func() { StdAxis(v, x, 1, -1) }},
		{"MeanVarAxis", "[2], [3], [2 3]", func() { MeanVarAxis(v, m, x, 1, -1) }},
	} {
		text := shapePanic(t, c.op, c.f)
		if got := text[strings.LastIndex(text, ": shape")+1:]; got != " shapes "+c.want && got != " shape "+c.want {
			t.Errorf("%q does not end in %q", text, c.want)
		}
	}
}

// Without gamma, a layer norm has the bits of one with ones, rows along the last axis.
func TestLayerNormWithoutGamma(t *testing.T) {
	layerNormWithoutGamma[float32](t)
	layerNormWithoutGamma[float64](t)
}

func layerNormWithoutGamma[T Float](t *testing.T) {
	const rows, cols = 6, 37
	x, dy, beta := New[T](2, 3, cols), New[T](2, 3, cols), New[T](cols)
	Normal(x, 1, 2, 5, 1)
	Normal(dy, 0, 1, 5, 2)
	Normal(beta, 0, 1, 5, 3)
	ones := New[T](cols).Fill(1)
	type result struct{ y, mean, rstd, dx, dgamma, dbeta *Tensor[T] }
	run := func(gamma *Tensor[T], rms bool) (r result) {
		r = result{New[T](2, 3, cols), New[T](rows), New[T](rows), New[T](2, 3, cols), New[T](cols), New[T](cols)}
		if rms {
			RMSNorm(r.y, r.rstd, x, gamma, 1e-5)
			RMSNormGrad(r.dx, r.dgamma, dy, x, gamma, r.rstd)
		} else {
			LayerNorm(r.y, r.mean, r.rstd, x, gamma, beta, 1e-5)
			LayerNormGrad(r.dx, r.dgamma, r.dbeta, dy, x, gamma, r.mean, r.rstd)
		}
		return r
	}
	for _, rms := range []bool{false, true} {
		got, want := run(nil, rms), run(ones, rms)
		for i, p := range [][2]*Tensor[T]{{got.y, want.y}, {got.mean, want.mean}, {got.rstd, want.rstd}, {got.dx, want.dx}, {got.dgamma, want.dgamma}, {got.dbeta, want.dbeta}} {
			for j, v := range p[0].Data() {
				if v != p[1].Data()[j] {
					t.Fatalf("%T, rms %v, result %d: element %d is %v, with ones %v", v, rms, i, j, v, p[1].Data()[j])
				}
			}
		}
		if got.y.At(0, 0, 0) == 0 || got.dx.At(0, 0, 0) == 0 {
			t.Error("no results")
		}
	}
}

// What the documentation says of finite numbers that overflow.
func TestOverflowAsDocumented(t *testing.T) {
	big := New[float32](3).Fill(3e38)
	if m := Mean(big); !math.IsInf(float64(m), 1) {
		t.Errorf("Mean is %v", m)
	}
	if _, v := MeanVar(big, 0); v == v {
		t.Errorf("variance is %v", v)
	}
	x, y, beta := From([]float32{1e20, -1e20, 1e20, -1e20}, 2, 2), New[float32](2, 2), From([]float32{5, 6}, 2)
	LayerNorm(y, nil, nil, x, nil, beta, 1e-5)
	wantElements(t, y, []int{2, 2}, 5, 6, 5, 6)
	BatchNorm(y, nil, nil, nil, nil, From([]float32{1e20, 1e20, -1e20, -1e20}, 2, 2), nil, beta, BatchNormPyTorch())
	wantElements(t, y, []int{2, 2}, 5, 6, 5, 6)
	GroupNorm(y, nil, nil, x, nil, beta, 1, 1e-5)
	wantElements(t, y, []int{2, 2}, 5, 6, 5, 6)
	RMSNorm(y, nil, x, nil, 1e-5)
	for _, v := range y.Data() {
		if v != 0 {
			t.Errorf("RMSNorm gives %v", y.Data())
		}
	}
	g, dx := New[float32](1), New[float32](1)
	below := From([]float32{2.9999998}, 1)
	HardSigmoid(g, below)
	HardSigmoidGrad(dx, New[float32](1).Fill(1), g)
	wantElements(t, g, []int{1}, 1)
	wantElements(t, dx, []int{1}, 0)
}
