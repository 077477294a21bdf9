package vec

import (
	"math"
	"slices"
	"testing"
)

// What comments say of numbers that are very great, very small, or none.

func TestNormExtremes(t *testing.T) {
	for _, c := range []struct{ x, want float64 }{{3e200, math.Inf(1)}, {1.5e154, math.Inf(1)}, {1.3e154, 1.3e154}, {3e-200, 0}, {-5, 5}} {
		if got := Norm([]float64{c.x}); got != c.want {
			t.Errorf("Norm of %v is %v, want %v", c.x, got, c.want)
		}
		if got := Distance([]float64{c.x}, []float64{0}, L2); got != c.want {
			t.Errorf("Distance of %v is %v, want %v", c.x, got, c.want)
		}
	}
	if got := Norm([]float32{2e19}); !math.IsInf(float64(got), 1) {
		t.Errorf("Norm of 2e19 is %v", got)
	}
	if got := Norm([]float32{1e-23}); got != 0 {
		t.Errorf("Norm of 1e-23 is %v", got)
	}
}

func TestZeros(t *testing.T) {
	zero, neg := []float64{0}, []float64{math.Copysign(0, -1)}
	if !math.Signbit(MaximumNew(zero, neg)[0]) || math.Signbit(MinimumNew(neg, zero)[0]) {
		t.Error("Maximum and Minimum do not take the zero of y")
	}
}

func TestCosineClaims(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	for _, c := range []struct {
		x, y []float64
		want float64
	}{
		{[]float64{0, 0}, []float64{1, 1}, nan},
		{[]float64{nan, 1}, []float64{1, 1}, nan},
		{[]float64{3e200, 1}, []float64{1, 1}, 0},
		{[]float64{3e200, 1}, []float64{3e200, 1}, nan},
		{[]float64{-3e-200, 0}, []float64{1, 1}, -inf},
		{[]float64{3e-200, 0}, []float64{3e-200, 0}, nan},
	} {
		if got := Distance(c.x, c.y, Cosine); !same([]float64{got}, []float64{c.want}) {
			t.Errorf("Cosine of %v and %v is %v, want %v", c.x, c.y, got, c.want)
		}
	}
	rows := []float64{0, 0, 1, 0, nan, 1, 0, 1}
	if got := Nearest(nil, rows, []float64{1, 0.5}, 4, Cosine); len(got) != 2 || got[0].Row != 1 || got[1].Row != 3 {
		t.Errorf("Nearest: %v, want rows 1 and 3", got)
	}
	if got := Nearest(nil, rows, []float64{0, 0}, 5, Cosine); len(got) != 0 {
		t.Errorf("Nearest to zeros: %v", got)
	}
	above := 0
	x := make([]float32, 5)
	for seed := range uint64(1000) {
		Uniform(x, -1, 1, seed, 1)
		c := Distance(x, x, Cosine)
		if c > 1 {
			above++
		}
		if math.Abs(float64(c)-1) > 3e-7 {
			t.Errorf("seed %d: a cosine with itself of %v", seed, c)
		}
	}
	if above == 0 {
		t.Error("no cosine is above 1, which the comment warns of")
	}
}

func TestHalfClaims(t *testing.T) {
	nan, inf := float32(math.NaN()), float32(math.Inf(1))
	x := []float32{65519.99, 65520, -1e30, 6e-8, 2.9e-8, 1 + 1.0/2048, 1 + 3.0/2048, nan, inf, -0.0}
	want := []float32{65504, inf, -inf, 1.0 / (1 << 24), 0, 1, 1 + 4.0/2048, nan, inf, 0}
	h, got := make([]uint16, len(x)), make([]float32, len(x))
	ToF16(h, x)
	FromF16(got, h)
	for i, v := range got {
		if v != want[i] && (v == v || want[i] == want[i]) {
			t.Errorf("binary16 of %v is %v, want %v", x[i], v, want[i])
		}
	}
	x = []float32{math.MaxFloat32, 1 + 1.0/256, 1 + 3.0/256, 1e-39, nan, -inf, -1e-45}
	want = []float32{inf, 1, 1 + 4.0/256, 0, nan, -inf, 0}
	h, got = make([]uint16, len(x)), make([]float32, len(x))
	ToBF16(h, x)
	FromBF16(got, h)
	for i, v := range got {
		if i != 3 && v != want[i] && (v == v || want[i] == want[i]) {
			t.Errorf("bfloat16 of %v is %v, want %v", x[i], v, want[i])
		}
	}
	if got[3] == 0 || math.Abs(float64(got[3])-1e-39) > 5e-41 {
		t.Errorf("bfloat16 of 1e-39 is %v: subnormals are kept", got[3])
	}
}

func TestIgnore(t *testing.T) {
	x, labels := []float64{1, 2, 3, 4, 5, 9}, []int{0, 1}
	losses := make([]float64, 2)
	all := CrossEntropy(nil, x, labels, LabelOptions[float64]{Reduction: LossSum, Losses: losses})
	if all != losses[0]+losses[1] || losses[0] == 0 {
		t.Errorf("%v, of rows %v", all, losses)
	}
	if got := CrossEntropy(nil, x, labels, LabelOptions[float64]{Ignore: true}); got != losses[1] {
		t.Errorf("Ignore alone: %v, want that of class 1, %v", got, losses[1])
	}
	labels[1] = IgnoreIndex
	if got := CrossEntropy(nil, x, labels, LabelOptions[float64]{Ignore: true, IgnoreIndex: IgnoreIndex}); got != losses[0] {
		t.Errorf("with IgnoreIndex: %v, want %v", got, losses[0])
	}
}

// TestElementLosses compares the losses of elements with those of one element each.
func TestElementLosses(t *testing.T) {
	const n = 20000 // more than a piece
	x, y := randomOf(n, 31), randomOf(n, 32)
	type loss struct {
		each func(losses, dx, x, y []float64)
		sum  func(dx, x, y []float64, r Reduction) float64
	}
	for name, l := range map[string]loss{
		"MSE": {MSELosses[float64], MSELoss[float64]}, "L1": {L1Losses[float64], L1Loss[float64]}, "BCE": {BCEWithLogitsLosses[float64], BCEWithLogitsLoss[float64]},
		"Huber": {func(l, dx, x, y []float64) { HuberLosses(l, dx, x, y, 0.7) },
			func(dx, x, y []float64, r Reduction) float64 { return HuberLoss(dx, x, y, 0.7, r) }},
		"SmoothL1": {func(l, dx, x, y []float64) { SmoothL1Losses(l, dx, x, y, 0.7) },
			func(dx, x, y []float64, r Reduction) float64 { return SmoothL1Loss(dx, x, y, 0.7, r) }},
	} {
		losses, alone, dx, grad := make([]float64, n), make([]float64, n), make([]float64, n), make([]float64, 1)
		l.each(losses, dx, x, y)
		l.each(alone, nil, x, y)
		for i := 0; i < n; i += 97 {
			if want := l.sum(grad, x[i:i+1], y[i:i+1], LossSum); losses[i] != want || dx[i] != grad[0] || alone[i] != want {
				t.Fatalf("%s, element %d: %v and %v, want %v and %v", name, i, losses[i], dx[i], want, grad[0])
			}
		}
		if got, want := Sum(losses), l.sum(nil, x, y, LossSum); got != want {
			t.Errorf("%s: losses sum to %v, want %v", name, got, want)
		}
		mine := append([]float64(nil), x...)
		if l.each(losses, mine, mine, y); mine[n-1] != dx[n-1] {
			t.Errorf("%s: dx is x", name)
		}
	}
}

// TestRandomAt draws a stream in two parts.
func TestRandomAt(t *testing.T) {
	const n, cut = 3000, 1001
	x := randomOf(n, 41)
	for name, f := range map[string][2]func(dst, x []float64, from uint64){
		"Uniform": {func(d, _ []float64, _ uint64) { Uniform(d, 2, 3, 1, 2) }, func(d, _ []float64, from uint64) { UniformAt(d, 2, 3, 1, 2, from) }},
		"Normal":  {func(d, _ []float64, _ uint64) { Normal(d, 2, 3, 1, 2) }, func(d, _ []float64, from uint64) { NormalAt(d, 2, 3, 1, 2, from) }},
		"Bernoulli": {func(d, _ []float64, _ uint64) { Bernoulli(d, 0.5, 1, 2) },
			func(d, _ []float64, from uint64) { BernoulliAt(d, 0.5, 1, 2, from) }},
		"Dropout": {func(d, x []float64, _ uint64) { Dropout(d, x, 0.5, 1, 2) }, func(d, x []float64, from uint64) { DropoutAt(d, x, 0.5, 1, 2, from) }},
	} {
		whole, parts := make([]float64, n), make([]float64, n)
		f[0](whole, x, 0)
		f[1](parts[:cut], x[:cut], 0)
		f[1](parts[cut:], x[cut:], cut)
		if !slices.Equal(whole, parts) {
			t.Errorf("%sAt: other numbers in parts", name)
		}
	}
	wantError(t, "DropoutAt", func() { DropoutAt(x, x, 2, 1, 1, 1) })
	wantError(t, "BernoulliAt", func() { BernoulliAt(x, -1, 1, 1, 1) })
	wantError(t, "UniformAt", func() { UniformAt(x, math.Inf(-1), 0, 1, 1, 1) })
}
