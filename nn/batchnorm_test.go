package nn

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/lanes-go/lanes/tensor"
)

// normNear fails where got is further from want than some roundings of the largest value.
func normNear[T tensor.Float](t *testing.T, what string, got, want []T, roundings float64) {
	t.Helper()
	top := 0.0
	for _, v := range want {
		top = max(top, math.Abs(float64(v)))
	}
	if len(got) != len(want) {
		t.Errorf("%s: %d values, want %d", what, len(got), len(want))
		return
	}
	for i := range got {
		if !(math.Abs(float64(got[i])-float64(want[i])) <= roundings*0x1p-24*top) {
			t.Errorf("%s: %v, want %v", what, got, want)
			return
		}
	}
}

// TestBatchNormPyTorch: the numbers of torch.nn.BatchNorm1d(2), PyTorch 1.13.
func TestBatchNormPyTorch(t *testing.T) {
	l := New[float32](1).BatchNorm1d(2)
	copy(l.Weight.Value.Data(), []float32{1.5, -0.5})
	copy(l.Bias.Value.Data(), []float32{0.25, 1})
	x := tensor.From([]float32{1, -2, 3, 0.5, -1, 4, 2, -0.25}, 4, 2)
	dy := tensor.From([]float32{1, 0.5, -2, 1, 0.5, -1, 3, 2}, 4, 2)
	y := l.Forward(x, Train)
	normNear(t, "y", y.Data(), []float32{-0.0035457611083984375, 1.5871533155441284, 2.024819850921631, 1.014320731163025, -2.0319113731384277, 0.21235519647598267, 1.0106370449066162, 1.1861705780029297}, 4)
	dx := l.Backward(dy)
	normNear(t, "dx", dx.Data(), []float32{0.3042551875114441, 0.22612513601779938, -2.129786252975464, -0.0811082124710083, -0.8113430142402649, 0.10742426663637161, 2.636874198913574, -0.2524411976337433}, 4)
	normNear(t, "dw", l.Weight.Grad.Data(), []float32{-1.7748198509216309, -2.9357669353485107}, 4)
	normNear(t, "db", l.Bias.Grad.Data(), []float32{2.5, 2.5}, 4)
	normNear(t, "running mean", l.RunningMean.Value.Data(), []float32{0.125, 0.05625000223517418}, 2)
	normNear(t, "running variance", l.RunningVar.Value.Data(), []float32{1.191666603088379, 1.5348957777023315}, 2)
	normNear(t, "eval", l.Forward(x, Eval).Data(), []float32{1.4523200988769531, 1.8298604488372803, 4.2004804611206055, 0.8209116458892822, -1.2958402633666992, -0.5916167497634888, 2.8264002799987793, 1.1235963106155396}, 4)
}

// TestBatchNormShapes: x N x C x H x W is x N x C x L, whose channels are normalized over
// N and L: mean 0, variance 1 up to eps; and the gradient of x adds up to nothing.
func TestBatchNormShapes(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 0))
	b := New[float64](1)
	x, dy := random[float64](r, 3, 5, 12), random[float64](r, 3, 5, 12)
	flat := b.BatchNorm1d(5)
	y, dx := flat.Forward(x, Train), flat.Backward(dy)
	for c := range 5 {
		var sum, squares, grad, along float64
		for i, v := range y.Select(1, c).Clone().Data() {
			sum += v
			squares += v * v
			g := dx.Select(1, c).Clone().Data()[i]
			grad += g
			along += g * v
		}
		if math.Abs(sum) > 1e-12 || math.Abs(squares/36-1) > 1e-4 || math.Abs(grad) > 1e-12 || math.Abs(along) > 1e-3 {
			t.Errorf("channel %d: Σy %v, Σy²/n %v, Σdx %v, Σdx·y %v", c, sum, squares/36, grad, along)
		}
	}
	for _, c := range []struct {
		l     *BatchNorm[float64]
		shape []int
	}{{b.BatchNorm2d(5), []int{3, 5, 4, 3}}, {b.BatchNorm3d(5), []int{3, 5, 1, 6, 2}}, {b.BatchNorm(5, tensor.BatchNormPyTorch()), []int{3, 5, 12, 1, 1, 1}}} {
		same := func(what string, got, want *tensor.Tensor[float64]) {
			if !slices.Equal(got.Data(), want.Data()) {
				t.Errorf("%v: another %s", c.shape, what)
			}
		}
		same("y", c.l.Forward(x.Reshape(c.shape...), Train), y)
		same("dx", c.l.Backward(dy.Reshape(c.shape...)), dx)
		same("dw", c.l.Weight.Grad, flat.Weight.Grad)
		same("running mean", c.l.RunningMean.Value, flat.RunningMean.Value)
	}
	strided := tensor.New[float64](12, 5, 3).Transpose(0, 2).CopyFrom(x)
	again := b.BatchNorm1d(5)
	if got := again.Forward(strided, Train); !slices.Equal(got.Data(), y.Data()) {
		t.Error("a view gives another y")
	}
	if got := again.Backward(dy); !slices.Equal(got.Data(), dx.Data()) {
		t.Error("a view gives another dx")
	}
}

// TestBatchNormFarFromZero: beside a mean of 10⁶ times the spread float32 keeps the
// gradient that x-mean has, since what the mean has too much is kept.
func TestBatchNormFarFromZero(t *testing.T) {
	r := rand.New(rand.NewPCG(4, 0))
	near, dy := tensor.New[float32](16, 3), random[float32](r, 16, 3)
	far := tensor.New[float32](16, 3)
	for i := range near.Data() {
		near.Data()[i] = float32(r.IntN(16)) / 8
		far.Data()[i] = near.Data()[i] + 1<<20 // exact
	}
	b := New[float32](1)
	l, m := b.BatchNorm1d(3), b.BatchNorm1d(3)
	normNear(t, "y", m.Forward(far, Train).Data(), l.Forward(near, Train).Data(), 8)
	normNear(t, "dx", m.Backward(dy).Data(), l.Backward(dy).Data(), 8)
	normNear(t, "dw", m.Weight.Grad.Data(), l.Weight.Grad.Data(), 8)
}

func TestBatchNormConstantChannel(t *testing.T) {
	l := New[float32](1).BatchNorm1d(2)
	copy(l.Bias.Value.Data(), []float32{3, -7})
	y := l.Forward(tensor.From([]float32{0.1, 5, 0.1, 5, 0.1, 5}, 3, 2), Train)
	if !slices.Equal(y.Data(), []float32{3, -7, 3, -7, 3, -7}) {
		t.Errorf("constant channels give %v, not the biases", y.Data())
	}
}

func TestBatchNormRunning(t *testing.T) {
	b := New[float64](1)
	x1, x2 := tensor.From([]float64{1, 3}, 2, 1), tensor.From([]float64{10, 16}, 2, 1)
	for _, c := range []struct {
		name       string
		o          tensor.BatchNormOptions
		mean, varr float64
	}{ // batches of mean 2 and 13, variance 1 and 9, unbiased 2 and 18
		{"PyTorch", tensor.BatchNormPyTorch(), 0.9*0.1*2 + 0.1*13, 0.9*(0.9+0.1*2) + 0.1*18},
		{"Keras", tensor.BatchNormKeras(), 0.99*0.01*2 + 0.01*13, 0.99*(0.99+0.01) + 0.01*9},
		{"cumulative", tensor.BatchNormCumulative(1), 7.5, 10},
		{"cumulative from 3", tensor.BatchNormCumulative(3), 0.75*(2.0/3*0+1.0/3*2) + 0.25*13, 0.75*(2.0/3*1+1.0/3*2) + 0.25*18},
	} {
		l := b.BatchNorm(1, c.o)
		from := l.Counters()[0].N
		l.Forward(x1, Train)
		l.Forward(tensor.From([]float64{77}, 1, 1), Eval)
		l.Forward(tensor.New[float64](0, 1), Train) // counts for nothing
		if y := l.Forward(tensor.New[float64](0, 1), Eval); y.Len() != 0 || y.Rank() != 2 {
			t.Errorf("%s: y of an empty batch is %v", c.name, y)
		}
		l.Forward(x2, Train)
		mean, variance := l.RunningMean.Value.At(0), l.RunningVar.Value.At(0)
		if math.Abs(mean-c.mean) > 1e-12 || math.Abs(variance-c.varr) > 1e-12 {
			t.Errorf("%s: running mean %v, variance %v, want %v, %v", c.name, mean, variance, c.mean, c.varr)
		}
		if k := l.Counters()[0]; k.N != from+2 || k.Name != "num_batches_tracked" {
			t.Errorf("%s: counted %v batches from %d", c.name, *k, from)
		}
	}
	l := b.BatchNorm1d(2)
	l.Forward(tensor.New[float64](0, 2), Train)
	if dx := l.Backward(tensor.New[float64](0, 2)); dx.Len() != 0 || l.Weight.Grad.At(0) != 0 {
		t.Errorf("an empty batch has gradients %v, %v", dx, l.Weight.Grad)
	}
}

// TestBatchNormFrozen: a layer whose parameters are all frozen uses its running
// statistics and keeps them; one frozen parameter only has no gradient.
func TestBatchNormFrozen(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 0))
	l := New[float32](1).BatchNorm1d(3)
	x, dy := random[float32](r, 6, 3), random[float32](r, 6, 3)
	l.Forward(random[float32](r, 9, 3), Train)
	want := l.Forward(x, Eval).Clone()
	mean, variance, batches := l.RunningMean.Value.Clone(), l.RunningVar.Value.Clone(), l.Counters()[0].N

	l.Bias.Frozen = true
	l.Forward(x, Train)
	l.Backward(dy)
	if slices.Equal(l.RunningMean.Value.Data(), mean.Data()) || l.Weight.Grad.At(0) == 0 || l.Bias.Grad.At(0) != 0 {
		t.Errorf("with a frozen bias: running mean %v, gradients %v, %v", l.RunningMean.Value, l.Weight.Grad, l.Bias.Grad)
	}
	l.RunningMean.Value.CopyFrom(mean)
	l.RunningVar.Value.CopyFrom(variance)
	l.Counters()[0].N = batches

	l.Weight.Frozen = true
	l.Weight.Grad.Fill(0)
	y := l.Forward(x, Train)
	if !slices.Equal(y.Data(), want.Data()) {
		t.Errorf("frozen: y %v, want that of Eval mode, %v", y, want)
	}
	dx := l.Backward(dy)
	for i, g := range dx.Data() {
		c := i % 3
		if g != dy.Data()[i]*(l.Weight.Value.At(c)*(1/float32(math.Sqrt(float64(variance.At(c)+1e-5))))) {
			t.Fatalf("frozen: dx[%d] is %v", i, g)
		}
	}
	if !slices.Equal(l.RunningMean.Value.Data(), mean.Data()) || !slices.Equal(l.RunningVar.Value.Data(), variance.Data()) || l.Counters()[0].N != batches {
		t.Error("a frozen layer changes its statistics")
	}
	if l.Weight.Grad.At(0) != 0 || l.Bias.Grad.At(0) != 0 {
		t.Error("a frozen layer has gradients")
	}
	l.Forward(tensor.New[float32](1, 3), Train) // one value a channel is enough for a fixed map

	plain := New[float32](1).BatchNorm1d(3).NoAffine()
	plain.Forward(x, Train)
	if plain.Counters()[0].N != 1 || len(plain.Params()) != 0 {
		t.Error("a layer without parameters counts as frozen, or has parameters")
	}
}

// TestBatchNormReLU: the fused forms have the bits of BatchNorm and ReLU, also frozen, at
// NaN and at zeros of both signs.
func TestBatchNormReLU(t *testing.T) {
	for _, shape := range [][]int{{9, 5}, {33, 70}, {3, 5, 2, 7}, {2, 3, 65, 1}} {
		for _, frozen := range []bool{false, true} {
			r := rand.New(rand.NewPCG(6, 0))
			layers := [2]*BatchNorm[float32]{}
			for i := range layers {
				b := New[float32](1)
				l := b.BatchNorm(shape[1], tensor.BatchNormPyTorch())
				if i == 1 {
					copy(l.Weight.Value.Data(), layers[0].Weight.Value.Data())
				}
				tensor.Normal(l.Weight.Value, 1, 0.5, 3, 1)
				tensor.Normal(l.Bias.Value, 0, 0.5, 3, 2)
				l.Weight.Value.Data()[0], l.Bias.Value.Data()[0] = 0, float32(math.Copysign(0, -1))
				l.Weight.Frozen, l.Bias.Frozen = frozen, frozen
				layers[i] = l
			}
			relus := [2]*Activation[float32]{New[float32](1).ReLU(), New[float32](1).ReLU()}
			for pass, special := range []float64{1, math.NaN(), math.Inf(1)} {
				x, dy := random[float32](r, shape...), random[float32](r, shape...)
				if pass > 0 {
					x.Data()[1] = float32(special)
				}
				for _, mode := range []Mode{Eval, Train} {
					got := layers[0].forwardReLU(x, mode, relus[0])
					want := relus[1].Forward(layers[1].Forward(x, mode), mode)
					batchNormSameBits(t, fmt.Sprint(shape, frozen, pass, mode, " y"), got, want)
				}
				got := layers[0].backwardReLU(dy, relus[0], true)
				want := layers[1].Backward(relus[1].Backward(dy))
				batchNormSameBits(t, fmt.Sprint(shape, frozen, pass, " dx"), got, want)
				if layers[0].backwardReLU(dy, relus[0], false) != nil {
					t.Error("dx that is not wanted")
				}
				layers[1].Backward(relus[1].Backward(dy))
				for i, p := range layers[0].Params() {
					batchNormSameBits(t, fmt.Sprint(shape, frozen, pass, p.Name), p.Grad, layers[1].Params()[i].Grad)
				}
				for i, u := range layers[0].Buffers() {
					batchNormSameBits(t, fmt.Sprint(shape, frozen, pass, u.Name), u.Value, layers[1].Buffers()[i].Value)
				}
			}
		}
	}
}

// batchNormSameBits compares bits, all NaN being one.
func batchNormSameBits(t *testing.T, what string, got, want *tensor.Tensor[float32]) {
	t.Helper()
	for i, g := range got.Data() {
		if w := want.Data()[i]; math.Float32bits(g) != math.Float32bits(w) && (g == g || w == w) {
			t.Errorf("%s[%d] is %v, want %v", what, i, g, w)
			return
		}
	}
}

func TestBatchNormMisuse(t *testing.T) {
	b := New[float32](1)
	l := b.BatchNorm1d(3)
	panics(t, func() { l.Backward(tensor.New[float32](4, 3)) }, "nn.BatchNorm1d.Backward", "without a Train-mode Forward")
	panics(t, func() { l.Forward(tensor.New[float32](1, 3), Train) }, "nn.BatchNorm1d.Forward", "one value for each channel", "[1 3]")
	panics(t, func() { l.Forward(tensor.New[float32](1, 3, 1), Train) }, "one value for each channel")
	l.Forward(tensor.New[float32](1, 3), Eval)
	panics(t, func() { l.Backward(tensor.New[float32](1, 3)) }, "without a Train-mode Forward")
	l.Forward(tensor.New[float32](4, 3), Train)
	panics(t, func() { l.Backward(tensor.New[float32](3, 4)) }, "nn.BatchNorm1d.Backward", "[3 4]", "[4 3]")
	panics(t, func() { l.Forward(tensor.New[float32](4, 2), Eval) }, "N x C or N x C x L", "[4 2]", "[3]")
	panics(t, func() { l.Forward(tensor.New[float32](3), Eval) }, "nn.BatchNorm1d.Forward", "[3]")
	panics(t, func() { l.Forward(tensor.New[float32](4, 3, 2, 2), Eval) }, "[4 3 2 2]")
	panics(t, func() { b.BatchNorm2d(3).Forward(tensor.New[float32](4, 3), Eval) }, "nn.BatchNorm2d.Forward", "want x N x C x H x W,")
	panics(t, func() { b.BatchNorm3d(3).Forward(tensor.New[float32](4, 3, 2, 2), Eval) }, "N x C x D x H x W")
	panics(t, func() { b.BatchNorm(3, tensor.BatchNormPyTorch()).Forward(tensor.New[float32](3), Eval) }, "nn.BatchNorm.Forward", "N x C x …")
	panics(t, func() { l.Forward(tensor.New[float32](4, 3), 2) }, "mode 2")
	panics(t, func() { b.BatchNorm1d(0) }, "nn.BatchNorm1d", "0 channels")
	for _, o := range []tensor.BatchNormOptions{{Eps: -1}, {Eps: math.NaN()}, {Eps: math.Inf(1)}, {Batch: -1}, {Momentum: 1.5}, {Momentum: math.NaN()}, {ReLU: true}, {ChannelsLast: true}} {
		panics(t, func() { b.BatchNorm(3, o) }, "nn.BatchNorm:", "want Eps >= 0")
	}
	b.Sequential(l)
	panics(t, func() { l.NoAffine() }, "nn.BatchNorm1d.NoAffine", "in a container already", "0.weight")
}
