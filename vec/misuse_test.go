package vec

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
)

// TestMisuse calls functions of several slices with one of them too long, too short or
// missing, with memory in common, and with settings out of range: all of it is an *Error
// that names the function and every length.
func TestMisuse(t *testing.T) {
	const n, c, hw = 7, 4, 2
	rowOpts := BatchNormPyTorch()
	type call struct {
		op   string
		lens []int
		nils string // which may be nil, by letters a, b, c …
		f    func(s [][]float64)
	}
	calls := []call{
		{"BatchNorm", []int{n * c, c, c, c, c, n * c, c, c}, "cdegh", func(s [][]float64) { BatchNorm(s[0], s[1], s[2], s[3], s[4], s[5], s[6], s[7], rowOpts) }},
		{"BatchNormInference", []int{n * c, n * c, c, c, c, c}, "cd", func(s [][]float64) { BatchNormInference(s[0], s[1], s[2], s[3], s[4], s[5], rowOpts) }},
		{"BatchNormGrad", []int{n * c, c, c, n * c, n * c, n * c, c, c, c}, "bcfg", func(s [][]float64) {
			BatchNormGrad(s[0], s[1], s[2], s[3], s[4], s[5], s[6], s[7], s[8], rowOpts)
		}},
		{"BatchNormInferenceGrad", []int{n * c, c, c, n * c, n * c, n * c, c, c, c}, "bcfg", func(s [][]float64) {
			BatchNormInferenceGrad(s[0], s[1], s[2], s[3], s[4], s[5], s[6], s[7], s[8], rowOpts)
		}},
		{"LayerNorm", []int{n * c, n, n, n * c, c, c}, "bcf", func(s [][]float64) { LayerNorm(s[0], s[1], s[2], s[3], s[4], s[5], 1e-5) }},
		{"LayerNormGrad", []int{n * c, c, c, n * c, n * c, c, n, n}, "bc", func(s [][]float64) { LayerNormGrad(s[0], s[1], s[2], s[3], s[4], s[5], s[6], s[7]) }},
		{"RMSNorm", []int{n * c, n, n * c, c}, "b", func(s [][]float64) { RMSNorm(s[0], s[1], s[2], s[3], 1e-5) }},
		{"RMSNormGrad", []int{n * c, c, n * c, n * c, c, n}, "b", func(s [][]float64) { RMSNormGrad(s[0], s[1], s[2], s[3], s[4], s[5]) }},
		{"BatchNormNCHW", []int{n * c * hw, c, c, c, c, n * c * hw, c, c}, "cdegh", func(s [][]float64) {
			BatchNormNCHW(s[0], s[1], s[2], s[3], s[4], s[5], s[6], s[7], hw, rowOpts)
		}},
		{"GroupNorm", []int{n * c * hw, n * 2, n * 2, n * c * hw, c, c}, "bcef", func(s [][]float64) { GroupNorm(s[0], s[1], s[2], s[3], s[4], s[5], c, hw, 2, 1e-5) }},
		{"GroupNormGrad", []int{n * c * hw, c, c, n * c * hw, n * c * hw, c, n * 2, n * 2}, "bcf", func(s [][]float64) {
			GroupNormGrad(s[0], s[1], s[2], s[3], s[4], s[5], s[6], s[7], c, hw, 2)
		}},
		{"InstanceNorm", []int{n * c * hw, n * c, n * c, n * c * hw, c, c}, "bcef", func(s [][]float64) { InstanceNorm(s[0], s[1], s[2], s[3], s[4], s[5], c, hw, 1e-5) }},
		{"InstanceNormGrad", []int{n * c * hw, c, c, n * c * hw, n * c * hw, c, n * c, n * c}, "bcf", func(s [][]float64) {
			InstanceNormGrad(s[0], s[1], s[2], s[3], s[4], s[5], s[6], s[7], c, hw)
		}},
		{"LRN", []int{n * c * hw, n * c * hw}, "", func(s [][]float64) { LRN(s[0], s[1], c, hw, LRNAlexNet()) }},
		{"LRNGrad", []int{n * c * hw, n * c * hw, n * c * hw}, "", func(s [][]float64) { LRNGrad(s[0], s[1], s[2], c, hw, LRNAlexNet()) }},
		{"PReLUChannels", []int{n * c * hw, n * c * hw, c}, "", func(s [][]float64) { PReLUChannels(s[0], s[1], s[2], hw) }},
		{"PReLUChannelsGrad", []int{n * c * hw, n * c * hw, n * c * hw, c}, "", func(s [][]float64) { PReLUChannelsGrad(s[0], s[1], s[2], s[3], hw) }},
		{"PReLUChannelsSlopeGrad", []int{c, n * c * hw, n * c * hw}, "", func(s [][]float64) { PReLUChannelsSlopeGrad(s[0], s[1], s[2], hw) }},
		{"MSELoss", []int{n, n, n}, "a", func(s [][]float64) { MSELoss(s[0], s[1], s[2], LossMean) }},
		{"BCEWithLogitsLosses", []int{n, n, n, n}, "b", func(s [][]float64) { BCEWithLogitsLosses(s[0], s[1], s[2], s[3]) }},
		{"Adam", []int{n, n, n, n}, "", func(s [][]float64) { Adam(s[0], s[1], s[2], s[3], 1, 1, AdamOptions{}) }},
		{"Nesterov", []int{n, n, n}, "", func(s [][]float64) { Nesterov(s[0], s[1], s[2], 1, MomentumOptions{}) }},
		{"RowMeanVar", []int{n, n, n * c}, "c", func(s [][]float64) { RowMeanVar(s[0], s[1], s[2], 0) }},
		{"ColMeanVar", []int{c, c, n * c}, "c", func(s [][]float64) { ColMeanVar(s[0], s[1], s[2], 0) }},
		{"Maxout", []int{n, n, n}, "", func(s [][]float64) { Maxout(s[0], s[1], s[2]) }},
		{"Transpose", []int{n * c, n * c}, "", func(s [][]float64) { Transpose(s[0], s[1], n, c) }},
	}
	for _, c := range calls {
		fresh := func() [][]float64 {
			var s [][]float64
			for i, n := range c.lens {
				s = append(s, randomOf(n, uint64(i)))
				SquareInPlace(s[i]) // good variances
				AddScalarInPlace(s[i], 0.1)
			}
			return s
		}
		c.f(fresh())
		for i, n := range c.lens {
			s := fresh()
			for _, bad := range [][]float64{make([]float64, n+1), make([]float64, n-1), nil} {
				s[i] = bad
				lens := slices.Clone(c.lens)
				lens[i] = len(bad)
				if bad == nil && strings.ContainsRune(c.nils, rune('a'+i)) {
					c.f(s)
					continue
				}
				t.Run(fmt.Sprintf("%s/operand=%d/length=%d", c.op, i, len(bad)), func(t *testing.T) {
					if e := wantError(t, c.op, func() { c.f(s) }); e != nil && !slices.Equal(e.Lens, lens) {
						t.Errorf("lengths %v, want %v", e.Lens, lens)
					}
					for j, x := range fresh() {
						if j != i && !slices.Equal(s[j], x) {
							t.Errorf("operand %d has been written", j)
						}
					}
				})
			}
		}
	}

	nan := math.NaN()
	x, y, z, w := randomOf(8, 1), randomOf(8, 2), randomOf(8, 3), randomOf(8, 4)
	lr := LRNAlexNet()
	lr.Size = 0
	last := BatchNormPyTorch()
	last.ChannelsLast = true
	for op, f := range map[string]func(){
		"HuberLoss":         func() { HuberLoss(nil, x, y, 0, LossMean) },
		"HuberLosses":       func() { HuberLosses(z, nil, x, y, nan) },
		"SmoothL1Loss":      func() { SmoothL1Loss(nil, x, y, -1, LossMean) },
		"MSELoss":           func() { MSELoss(nil, x, y, 7) },
		"L1Loss":            func() { L1Loss(x[:4], x[2:6], y[:4], LossMean) },
		"MSELosses":         func() { MSELosses(x, nil, x, y) },
		"Dropout":           func() { Dropout(x, x, 1.5, 1, 1) },
		"Bernoulli":         func() { Bernoulli(x, nan, 1, 1) },
		"Uniform":           func() { Uniform(x, -math.MaxFloat64, math.MaxFloat64, 1, 1) },
		"Adam":              func() { Adam(x, y, z, w, 0, 1, AdamOptions{}) },
		"AdamW":             func() { AdamW(x, y, z, w, -1, 1, AdamOptions{}) },
		"SGD":               func() { SGD(x, x, 1, SGDOptions{}) },
		"CELU":              func() { CELU(x, y, 0) },
		"CELUGrad":          func() { CELUGrad(x, y, z, nan) },
		"ELUGrad":           func() { ELUGrad(x, y, z, -1) },
		"CrossEntropy":      func() { CrossEntropy(nil, x, []int{0, 0}, LabelOptions[float64]{Smoothing: 1}) },
		"NLLLoss":           func() { NLLLoss(nil, x, []int{0, 0}, LabelOptions[float64]{Weights: x[:3]}) },
		"HingeLoss":         func() { HingeLoss(nil, x, []int{0, 0}, LabelOptions[float64]{Losses: x[:2]}) },
		"ClipGlobalNorm":    func() { ClipGlobalNorm(-1, x, y) },
		"GroupNorm":         func() { GroupNorm(y, nil, nil, x, nil, nil, 4, 2, 3, 1e-5) },
		"InstanceNorm":      func() { InstanceNorm(y, nil, nil, x, nil, nil, -4, -2, 1e-5) },
		"InstanceNormGrad":  func() { InstanceNormGrad(y, nil, nil, w, x, nil, z, z, math.MaxInt, 2) },
		"GroupNormGrad":     func() { GroupNormGrad(y, nil, nil, w, x, nil, z, z, 4, 2, -1) },
		"LRN":               func() { LRN(y, x, 4, 2, lr) },
		"BatchNormNCHW":     func() { BatchNormNCHW(y, z[:4], w[:4], nil, nil, x, nil, nil, 1, last) },
		"BatchNorm":         func() { BatchNorm(y, z, w, nil, nil, x, nil, nil, rowOpts) }, // one row
		"LayerNorm":         func() { LayerNorm(y, z[:2], z[:2], x, w[:4], nil, 1e-5) },
		"MeanVar":           func() { MeanVar(x, -1) },
		"Var":               func() { Var(x, -1) },
		"Std":               func() { Std(x, -1) },
		"RowMeanVar":        func() { RowMeanVar(z[:2], w[:2], x, -1) },
		"RowMax":            func() { RowMax(x, nil) },
		"ColArgMin":         func() { ColArgMin(make([]int, 2), x[:0]) },
		"RowArgMax":         func() { RowArgMax(make([]int, 3), x) },
		"RowLogSumExp":      func() { RowLogSumExp(x[:2], x) },
		"Maxout":            func() { Maxout(x) },
		"MaxoutGrad":        func() { MaxoutGrad([][]float64{z}, w, x, x, y) },
		"Softmax":           func() { Softmax(x, y, -1) },
		"PReLUSlopeGrad":    func() { PReLUSlopeGrad(x, y[1:]) },
		"BatchNormGradNCHW": func() { BatchNormGradNCHW(z, nil, nil, w, x, nil, nil, x[:4], y[:4], 2, last) },
	} {
		t.Run(op, func(t *testing.T) {
			if e := wantError(t, op, f); e != nil && (len(e.Lens) == 0 || e.Reason == "") {
				t.Errorf("%v", e)
			}
		})
	}
	if e := wantError(t, "ClipGlobalNorm", func() { ClipGlobalNorm(nan, x, y[:3]) }); e != nil && !slices.Equal(e.Lens, []int{8, 3}) {
		t.Errorf("%v", e)
	}
	if e := wantError(t, "LayerNorm", func() { LayerNorm(make([]float64, 6), nil, nil, x, w[:4], nil, 1e-5) }); e != nil &&
		e.Error() != "vec.LayerNorm: y has 6 elements, want 8: lengths 6, 0, 0, 8, 4, 0" {
		t.Errorf("%v", e)
	}

	defer func() {
		var e *LabelError
		if err, _ := recover().(error); !errors.As(err, &e) || e.Op != "CrossEntropy" || e.Label != 4 || e.Row != 1 {
			t.Errorf("a label out of range: %v", err)
		}
	}()
	CrossEntropy(nil, x, []int{0, 4}, LabelOptions[float64]{})
}

// TestUseWhilePanicking calls functions from a deferred one: their own handling of
// panics leaves that of the caller alone.
func TestUseWhilePanicking(t *testing.T) {
	defer func() {
		if e := recover(); e != "mine" {
			t.Errorf("panic %v", e)
		}
	}()
	defer func() {
		x := []float64{1, 2, 3, 4}
		SoftmaxInPlace(x, 2)
		SELUInPlace(x)
		Maxout(x, x)
	}()
	panic("mine")
}

// TestEmpty calls functions with no rows at all, or with rows of nothing.
func TestEmpty(t *testing.T) {
	var e []float64
	none := []int{}
	zero := func() []float64 { return []float64{7, 7} }
	for name, got := range map[string]float64{
		"Mean": Mean(e), "MSELoss": MSELoss(nil, e, e, LossMean), "BCEWithLogitsLoss": BCEWithLogitsLoss(e, e, e, LossMean),
		"CrossEntropy": CrossEntropy(nil, e, none, LabelOptions[float64]{}), "NLLLoss": NLLLoss(e, e, nil, LabelOptions[float64]{}),
		"HingeLoss":             HingeLoss(nil, e, none, LabelOptions[float64]{}),
		"CrossEntropy, weights": CrossEntropy(nil, e, none, LabelOptions[float64]{Weights: []float64{1, 2}, Losses: e}),
	} {
		if got == got {
			t.Errorf("%s of nothing is %v, want NaN", name, got)
		}
	}
	for name, got := range map[string]float64{
		"Sum": Sum(e), "MSELoss": MSELoss(nil, e, e, LossSum), "CrossEntropy": CrossEntropy(nil, e, none, LabelOptions[float64]{Reduction: LossSum}),
		"Dot": Dot(e, e), "Norm": Norm(e), "Distance": Distance(e, e, L2),
	} {
		if got != 0 {
			t.Errorf("%s of nothing is %v, want 0", name, got)
		}
	}
	if norm, scale := ClipGlobalNorm[float64](1); norm != 0 || scale != 1 {
		t.Errorf("ClipGlobalNorm of nothing: %v, %v", norm, scale)
	}
	if v := LogSumExp(e); !math.IsInf(v, -1) {
		t.Errorf("LogSumExp of nothing is %v", v)
	}
	for name, f := range map[string]func(dst []float64){
		"RowSums": func(d []float64) { RowSums(d, e) }, "ColSums": func(d []float64) { ColSums(d, e) },
	} {
		d := zero()
		if f(d); d[0] != 0 || d[1] != 0 {
			t.Errorf("%s of nothing: %v", name, d)
		}
	}
	d := zero()
	if RowMeans(d, e); d[0] == d[0] {
		t.Errorf("RowMeans of nothing: %v", d)
	}
	d = zero()
	if RowLogSumExp(d, e); !math.IsInf(d[1], -1) {
		t.Errorf("RowLogSumExp of nothing: %v", d)
	}
	d = zero()
	if ColSumsAcc(d, e); d[0] != 7 {
		t.Errorf("ColSumsAcc of nothing: %v", d)
	}
	// No rows, and how long they would be nobody knows: nothing to do.
	RowSums(e, e)
	ColSums(e, e)
	RowMax(e, e)
	RowArgMin(none, e)
	ColMin(e, e)
	RowMeanVar(e, e, e, 0)
	if got := SoftmaxNew(e, 0); len(got) != 0 {
		t.Errorf("Softmax of nothing: %v", got)
	}
	LogSoftmax(e, e, 3)
	SoftmaxGrad(e, e, e, 0)
	AddRow(e, e, e)
	AddRow(e, e, []float64{1, 2})
	AddColumn(e, e, []float64{1, 2})
	Transpose(e, e, 0, 5)
	NCHWToNHWC(e, e, 0, 3, 4)
	LayerNorm(e, nil, nil, e, []float64{1, 2}, nil, 1e-5)
	LayerNorm(e, nil, nil, e, e, nil, 1e-5)
	LayerNormGrad(e, nil, nil, e, e, e, e, e)
	RMSNorm(e, e, e, e, 1e-5)
	RMSNormGrad(e, nil, e, e, []float64{1, 2}, e)
	GroupNorm(e, e, e, e, nil, nil, 4, 3, 2, 1e-5)
	GroupNorm(e, e, e, e, nil, nil, 0, 0, 0, 1e-5)
	InstanceNormGrad(e, nil, nil, e, e, nil, e, e, 4, 0)
	LRN(e, e, 3, 4, LRNAlexNet())
	PReLUChannels(e, e, []float64{1, 2}, 3)
	BatchNorm(e, e, e, nil, nil, e, nil, nil, BatchNormPyTorch())
	BatchNormGrad(e, nil, nil, e, e, nil, nil, e, e, BatchNormPyTorch())
	run := zero()
	mean := zero()
	BatchNorm(e, mean, zero(), run, nil, e, nil, nil, BatchNormPyTorch())
	if run[0] != 7 || mean[1] != 0 {
		t.Errorf("BatchNorm of no rows: running mean %v, mean %v", run, mean)
	}
	d = zero()
	if PReLUChannelsSlopeGrad(d, e, e, 3); d[0] != 0 || d[1] != 0 {
		t.Errorf("PReLUChannelsSlopeGrad of nothing: %v", d)
	}
	if got := Nearest(nil, e, e, 3, L2); len(got) != 0 {
		t.Errorf("Nearest among nothing: %v", got)
	}
	if got := Nearest(nil, e, []float64{1}, 3, Cosine); len(got) != 0 {
		t.Errorf("Nearest among nothing: %v", got)
	}
	Compare(e, e, e, L1)
	Compare(d, e, e, L1)
	if d[0] != 0 {
		t.Errorf("Compare of vectors of nothing: %v", d)
	}
	SGD(e, e, 1, SGDOptions{})
	Uniform(e, 0, 1, 1, 1)
	Permutation(nil, 1, 1)
}

func TestClipGlobalNorm(t *testing.T) {
	x, y := []float32{3, 0}, []float32{0, 0, 4}
	if norm, scale := ClipGlobalNorm(1, x, nil, y); norm != 5 || math.Abs(scale-0.2) > 1e-7 {
		t.Errorf("norm %v, scale %v", norm, scale)
	}
	if norm, scale := ClipGlobalNorm(10, x, y); norm != 5 || scale != 1 {
		t.Errorf("norm %v, scale %v", norm, scale)
	}
	if norm, scale := ClipGlobalNorm(math.Inf(1), x, y); norm != 5 || scale != 1 {
		t.Errorf("norm %v, scale %v", norm, scale)
	}
	if norm, scale := ClipGlobalNorm(1, []float64{0, 0}); norm != 0 || scale != 1 {
		t.Errorf("of zeros: norm %v, scale %v", norm, scale)
	}
	if norm, scale := ClipGlobalNorm(1, []float64{1, math.NaN()}); norm == norm || scale == scale {
		t.Errorf("with NaN: norm %v, scale %v", norm, scale)
	}
	if norm, scale := ClipGlobalNorm(1, x, []float32{float32(math.Inf(1))}); !math.IsInf(norm, 1) || scale != 0 {
		t.Errorf("with Inf: norm %v, scale %v", norm, scale)
	}
}
