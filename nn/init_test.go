package nn

import (
	"math"
	"testing"

	"github.com/lanes-go/lanes/tensor"
)

// initParam is a parameter alone.
func initParam[T tensor.Float](shape ...int) *Param[T] {
	return &Param[T]{Name: "weight", Value: tensor.New[T](shape...), Grad: tensor.New[T](shape...)}
}

// moments are the mean, the standard deviation, the kurtosis (3 of a normal distribution,
// 1.8 of a uniform one) and the greatest magnitude of numbers.
func moments[T tensor.Float](x []T) (mean, std, kurtosis, most float64) {
	for _, v := range x {
		mean += float64(v)
		most = max(most, math.Abs(float64(v)))
	}
	mean /= float64(len(x))
	var two, four float64
	for _, v := range x {
		d := (float64(v) - mean) * (float64(v) - mean)
		two += d
		four += d * d
	}
	two /= float64(len(x))
	return mean, math.Sqrt(two), four / float64(len(x)) / (two * two), most
}

func TestInitMoments(t *testing.T) {
	t.Run("f32", func(t *testing.T) { testInitMoments[float32](t) })
	t.Run("f64", func(t *testing.T) { testInitMoments[float64](t) })
}

func testInitMoments[T tensor.Float](t *testing.T) {
	// The kurtosis of a normal distribution cut at 2 deviations is 2.366.
	const normal, uniform, cut = 3, 1.8, 2.366
	inf := math.Inf(1)
	for _, c := range []struct {
		init                      Init
		shape                     []int
		mean, std, kurtosis, most float64 // most: what no number is beyond
	}{
		{Normal(0, 0.01), []int{500, 120}, 0, 0.01, normal, inf},
		{Normal(0, 1), []int{60000}, 0, 1, normal, inf},
		{Normal(2, 0.5), []int{60000}, 2, 0.5, normal, inf},
		{Uniform(-1, 3), []int{60000}, 1, 4 / math.Sqrt(12), uniform, 3},
		{TruncatedNormal(0, 3), []int{500, 120}, 0, 3 * keptBy2, cut, 6},
		{TruncatedNormal(1, 0.25), []int{60000}, 1, 0.25 * keptBy2, cut, 1.5},
		{Normal(0, 3).Truncated(), []int{500, 120}, 0, 3, cut, 6 / keptBy2},
		{Xavier(), []int{150, 400}, 0, 0.05, normal, inf},
		{LeCunUniform(), []int{150, 400}, 0, 0.05, uniform, 0.05 * math.Sqrt(3)},
		{LeCunNormal().Truncated(), []int{150, 400}, 0, 0.05, cut, 0.1 / keptBy2},
		{GlorotNormal(), []int{150, 400}, 0, math.Sqrt(2.0 / 550), normal, inf},
		{GlorotUniform(), []int{150, 400}, 0, math.Sqrt(2.0 / 550), uniform, math.Sqrt(6.0 / 550)},
		{GlorotUniform().Gain(GainTanh), []int{150, 400}, 0, 5.0 / 3 * math.Sqrt(2.0/550), uniform, 5.0 / 3 * math.Sqrt(6.0/550)},
		{GlorotNormal().Truncated(), []int{150, 400}, 0, math.Sqrt(2.0 / 550), cut, 2 * math.Sqrt(2.0/550) / keptBy2},
		{HeNormal(), []int{120, 500}, 0, math.Sqrt(2.0 / 500), normal, inf},
		{HeUniform(), []int{120, 500}, 0, math.Sqrt(2.0 / 500), uniform, math.Sqrt(6.0 / 500)},
		{HeNormal().FanOut(), []int{120, 500}, 0, math.Sqrt(2.0 / 120), normal, inf},
		{HeUniform().Gain(GainLeakyReLU(math.Sqrt(5))), []int{120, 500}, 0, 1 / math.Sqrt(1500), uniform, 1 / math.Sqrt(500)},
		{PyTorchDefault(), []int{120, 500}, 0, 1 / math.Sqrt(1500), uniform, 1 / math.Sqrt(500)},
		{HeNormal().Gain(GainSELU), []int{120, 500}, 0, 0.75 / math.Sqrt(500), normal, inf},
		// Convolutions: 64 filters of 32 channels and 5 x 6 taps; and in 4 groups, each
		// filter of 8 channels.
		{HeNormal(), []int{64, 32, 5, 6}, 0, math.Sqrt(2.0 / 960), normal, inf},
		{HeNormal().FanOut(), []int{64, 32, 5, 6}, 0, math.Sqrt(2.0 / 1920), normal, inf},
		{GlorotUniform(), []int{64, 32, 5, 6}, 0, math.Sqrt(2.0 / 2880), uniform, math.Sqrt(6.0 / 2880)},
		{HeNormal().Groups(4), []int{256, 8, 5, 6}, 0, math.Sqrt(2.0 / 240), normal, inf},
		{HeNormal().FanOut().Groups(4), []int{256, 8, 5, 6}, 0, math.Sqrt(2.0 / 1920), normal, inf},
		{GlorotNormal().Groups(256), []int{256, 1, 15, 16}, 0, math.Sqrt(2.0 / 480), normal, inf},
	} {
		if testing.Short() && c.kurtosis == normal && len(c.shape) == 4 {
			continue
		}
		p := initParam[T](c.shape...)
		Initialize(p, c.init, 3, 1)
		n := float64(p.Value.Len())
		mean, std, kurtosis, most := moments(p.Value.Data())
		// Four deviations of what is measured: of a mean std/√n, of a deviation
		// std·√((kurtosis-1)/4n), of a kurtosis about √(24/n).
		if math.Abs(mean-c.mean) > 4*c.std/math.Sqrt(n) || math.Abs(std/c.std-1) > 4*math.Sqrt((c.kurtosis-1)/4/n) || math.Abs(kurtosis-c.kurtosis) > 4*math.Sqrt(24/n) {
			t.Errorf("%v of %v: mean %v, deviation %v, kurtosis %v, want %v, %v, %v", c.init, c.shape, mean, std, kurtosis, c.mean, c.std, c.kurtosis)
		}
		if !(most <= c.most*(1+1e-6)) || c.most < inf && most < 0.99*c.most {
			t.Errorf("%v of %v: a number of %v, want up to %v", c.init, c.shape, most, c.most)
		}
	}
}

func TestFans(t *testing.T) {
	for _, c := range []struct {
		shape           []int
		groups, in, out int
	}{
		{[]int{256, 784}, 1, 784, 256},
		{[]int{64, 3, 11, 11}, 1, 363, 7744},
		{[]int{256, 48, 5, 5}, 2, 1200, 3200}, // AlexNet's second
		{[]int{32, 1, 3, 3}, 32, 9, 9},        // depthwise
		{[]int{8, 4, 3}, 1, 12, 24},
		{[]int{8, 4, 3, 5, 7}, 4, 420, 210},
	} {
		if in, out := Fans(c.shape, c.groups); in != c.in || out != c.out {
			t.Errorf("%v in %d groups: %d, %d, want %d, %d", c.shape, c.groups, in, out, c.in, c.out)
		}
	}
}

// PyTorch's calculate_gain.
func TestGains(t *testing.T) {
	for _, c := range [][2]float64{
		{GainLinear, 1}, {GainSigmoid, 1}, {GainTanh, 1.6666666666666667}, {GainReLU, 1.4142135623730951}, {GainSELU, 0.75},
		{GainLeakyReLU(0.01), 1.4141428569978354}, {GainLeakyReLU(0.2), 1.3867504905630728}, {GainLeakyReLU(0), 1.4142135623730951},
	} {
		if c[0] != c[1] {
			t.Errorf("gain %v, want %v", c[0], c[1])
		}
	}
}

func TestConstant(t *testing.T) {
	p := initParam[float32](3, 4)
	for _, c := range []float32{0.01, 0} {
		Initialize(p, Constant(float64(c)), 1, 0)
		for _, v := range p.Value.Data() {
			if v != c {
				t.Fatalf("%v, want %v", v, c)
			}
		}
	}
}

// Every unit has k inputs, every input its share of units.
func TestSparse(t *testing.T) {
	const rows, cols, k = 400, 60, 10
	p, q := initParam[float32](rows, 4, 3, 5), initParam[float64](rows, cols)
	Initialize(p, Sparse(k, 0.5), 5, 2)
	Initialize(q, Sparse(k, 0.5), 5, 2)
	used := make([]int, cols)
	var values []float32
	for r := range rows {
		n := 0
		for c, v := range p.Value.Data()[r*cols : (r+1)*cols] {
			if v != 0 {
				n++
				used[c]++
				values = append(values, v)
			}
			if (v != 0) != (q.Value.At(r, c) != 0) {
				t.Errorf("unit %d, input %d: one type has it, the other has not", r, c)
			}
		}
		if n != k {
			t.Errorf("unit %d has %d inputs", r, n)
		}
	}
	for c, n := range used { // 66.7 ± 7.5
		if n < 30 || n > 105 {
			t.Errorf("input %d goes to %d units", c, n)
		}
	}
	if mean, std, _, _ := moments(values); math.Abs(mean) > 0.04 || math.Abs(std-0.5) > 0.03 {
		t.Errorf("mean %v, deviation %v", mean, std)
	}
	few := initParam[float32](5, 3) // fewer inputs than k
	Initialize(few, Sparse(k, 1), 5, 2)
	for i, v := range few.Value.Data() {
		if v == 0 {
			t.Errorf("element %d is 0", i)
		}
	}
}

// orthogonality is by how much W·Wᵀ, or Wᵀ·W, is off gain²·I.
func orthogonality[T tensor.Float](p *Param[T], gain float64) (worst float64) {
	rows := p.Value.Dim(0)
	cols := p.Value.Len() / rows
	w := func(i, k int) float64 {
		if rows <= cols {
			return float64(p.Value.Data()[i*cols+k])
		}
		return float64(p.Value.Data()[k*cols+i])
	}
	for i := range min(rows, cols) {
		for j := range i + 1 {
			sum := 0.0
			for k := range max(rows, cols) {
				sum += w(i, k) * w(j, k)
			}
			if i == j {
				sum -= gain * gain
			}
			worst = max(worst, math.Abs(sum))
		}
	}
	return worst
}

func TestOrthogonal(t *testing.T) {
	var worst32, worst64 float64
	for _, shape := range [][]int{{1, 1}, {1, 5}, {5, 1}, {7, 7}, {20, 33}, {33, 20}, {64, 64}, {16, 3, 5, 5}, {0, 4}} {
		p, q := initParam[float64](shape...), initParam[float32](shape...)
		Initialize(p, Orthogonal(), 4, 1)
		Initialize(q, Orthogonal().Gain(GainReLU), 4, 1)
		if p.Value.Len() == 0 {
			continue
		}
		worst64 = max(worst64, orthogonality(p, 1))
		worst32 = max(worst32, orthogonality(q, GainReLU))
		for i, v := range q.Value.Data() {
			if v != float32(GainReLU*p.Value.Data()[i]) {
				t.Fatalf("%v: element %d in float32 is not the float64 one rounded", shape, i)
			}
		}
	}
	if worst64 > 4e-15 || worst32 > 5e-7 {
		t.Errorf("off by %.2g in float64, %.2g in float32", worst64, worst32)
	}
	// Signs are free: of a 1 x 1 matrix both come, and the mean over seeds is 0.
	sum, runs := 0.0, 200
	if testing.Short() {
		runs = 60
	}
	for seed := range runs {
		p := initParam[float64](3, 3)
		Initialize(p, Orthogonal(), uint64(seed), 1)
		sum += p.Value.At(0, 0) + p.Value.At(1, 1) + p.Value.At(2, 2)
	}
	if mean := sum / float64(3*runs); math.Abs(mean) > 4/math.Sqrt(9*float64(runs)) {
		t.Errorf("the diagonal has mean %v", mean)
	}
}

func TestInitMisuse(t *testing.T) {
	w, b := initParam[float32](3, 4), initParam[float32](4)
	panics(t, func() { Initialize(b, HeNormal(), 1, 0) }, "nn.Fans", "[4]")
	panics(t, func() { Initialize(b, Orthogonal(), 1, 0) }, "nn.Initialize", "Orthogonal", "[4]")
	panics(t, func() { Initialize(b, Sparse(3, 1), 1, 0) }, "nn.Initialize", "Sparse(3, 1)", "[4]")
	panics(t, func() { Initialize(w, Init{}, 1, 0) }, "nn.Initialize", "[3 4]")
	panics(t, func() { Initialize(w, HeNormal().Groups(2), 1, 0) }, "nn.Fans", "2 groups", "[3 4]")
	panics(t, func() { HeNormal().Groups(0) }, "nn.Init.Groups")
	panics(t, func() { Sparse(0, 1) }, "nn.Sparse", "0 inputs")
	panics(t, func() { Normal(0, 1).Gain(2) }, "nn.Init.Gain", "Normal(0, 1)")
	panics(t, func() { HeNormal().Gain(math.NaN()) }, "nn.Init.Gain", "NaN")
	panics(t, func() { GlorotNormal().FanOut() }, "nn.Init.FanOut", "fan mean")
	panics(t, func() { HeUniform().Truncated() }, "nn.Init.Truncated", "uniform")
}

// Numbers that no weight should have are refused where they are said, and those that are
// too great for a type where they would be drawn.
func TestInitRange(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	bad := func(op string, f func()) {
		t.Helper()
		panics(t, f, "nn."+op+":")
		func() {
			defer func() {
				if e, ok := recover().(*Error); !ok || e.Op != op {
					t.Errorf("%s: not a *nn.Error of it", op)
				}
			}()
			f()
		}()
	}
	for _, v := range []float64{nan, inf, -inf} {
		bad("Constant", func() { Constant(v) })
		bad("Normal", func() { Normal(v, 1) })
		bad("TruncatedNormal", func() { TruncatedNormal(v, 1) })
		bad("Uniform", func() { Uniform(v, 1) })
		bad("Uniform", func() { Uniform(0, v) })
	}
	for _, v := range []float64{nan, inf, -inf, -1, -1e-300} {
		bad("Normal", func() { Normal(0, v) })
		bad("TruncatedNormal", func() { TruncatedNormal(0, v) })
		bad("Sparse", func() { Sparse(2, v) })
	}
	bad("Uniform", func() { Uniform(1, 0) })
	bad("Uniform", func() { Uniform(-1e308, 1e308) })

	p, q := initParam[float32](2, 3), initParam[float64](2, 3)
	for _, i := range []Init{
		Constant(1e39), Normal(-1e39, 1), Normal(0, 1e38), TruncatedNormal(0, 1e300), Uniform(-1e39, 1), Uniform(-3e38, 3e38), Sparse(2, 1e39),
		HeNormal().Gain(1e39), HeUniform().Gain(1e39), Orthogonal().Gain(1e39),
	} {
		bad("Initialize", func() { Initialize(p, i, 1, 0) })
		Initialize(q, i, 1, 0)
		for _, v := range q.Value.Data() {
			if v-v != 0 {
				t.Errorf("%v has %v in float64", i, v)
			}
		}
	}
	bad("Linear", func() { b := New[float32](1); b.BiasInit = Constant(1e39); b.Linear(2, 3) })
	for _, i := range []Init{Normal(0.5, 0), TruncatedNormal(0.5, 0), Uniform(0.5, 0.5), Sparse(3, 0), HeNormal().Gain(0)} {
		Initialize(p, i, 1, 0)
		for _, v := range p.Value.Data() {
			if float64(v) != i.a {
				t.Errorf("%v has %v", i, v)
			}
		}
	}
}

// The builder's initialisers count for what it makes from then on.
func TestBuilderInit(t *testing.T) {
	b := New[float32](1)
	first := b.Linear(400, 150)
	b.WeightInit, b.BiasInit = GlorotUniform(), Constant(0.01)
	second := b.Linear(400, 150)
	b.WeightInit, b.BiasInit = PyTorchDefault(), PyTorchDefault()
	third := b.Linear(400, 150)
	b.WeightInit, b.BiasInit = Init{}, Init{}
	fourth := b.Linear(400, 150)
	for i, c := range []struct {
		l           *Linear[float32]
		std, biases float64 // the greatest bias
	}{{first, math.Sqrt(2.0 / 400), 0}, {second, math.Sqrt(2.0 / 550), 0.01}, {third, 1 / math.Sqrt(1200), 0.05}, {fourth, math.Sqrt(2.0 / 400), 0}} {
		if _, std, _, _ := moments(c.l.Weight.Value.Data()); math.Abs(std/c.std-1) > 0.02 {
			t.Errorf("layer %d: deviation %v, want %v", i, std, c.std)
		}
		if _, _, _, most := moments(c.l.Bias.Value.Data()); math.Abs(most-c.biases) > 0.05*c.biases {
			t.Errorf("layer %d: a bias of %v, want %v", i, most, c.biases)
		}
	}
}

// What the builder says of weights in groups goes by the fans of the layer's groups.
func TestBuilderInitGroups(t *testing.T) {
	b := New[float32](1)
	b.WeightInit = HeNormal().FanOut()
	w := b.weight("Conv", "weight", HeNormal().Groups(8), 256, 4, 5, 5).Value.Data()
	if _, std, _, _ := moments(w); math.Abs(std/math.Sqrt(2.0/800)-1) > 0.02 {
		t.Errorf("deviation %v", std)
	}
}

func TestInitializeAll(t *testing.T) {
	b := New[float64](1)
	net := b.Sequential(b.Linear(6, 5), b.PReLU(5), b.Sequential(b.Linear(5, 5), b.ReLU()), b.Linear(5, 2))
	start := Hash[float64](net)
	if n := InitializeAll(net, Orthogonal(), 9); n != 3 || Hash[float64](net) == start {
		t.Errorf("%d began again", n)
	}
	if w := net.Params(); orthogonality(w[3], 1) > 1e-14 || w[1].Value.Data()[0] != 0 || w[2].Value.Data()[0] != 0.25 {
		t.Error("the wrong parameters began again, or in a wrong way")
	}
	alone := initParam[float64](5, 5)
	Initialize(alone, Orthogonal(), 9, 3)
	if alone.Value.At(2, 3) != net.Params()[3].Value.At(2, 3) {
		t.Error("the stream is not the number of the parameter")
	}
	if n := InitializeAll(net, Constant(7), 1, "2", "0.bias"); n != 2 {
		t.Errorf("%d began again", n)
	}
	for _, p := range net.Params() {
		if sevens := p.Value.Data()[0] == 7; sevens != (p.Name == "2.0.weight" || p.Name == "0.bias") {
			t.Errorf("%s begins with %v", p.Name, p.Value.Data()[0])
		}
	}
	panics(t, func() { InitializeAll(net, Zeros(), 1, "5") }, "nn.InitializeAll", `"5"`)
}
