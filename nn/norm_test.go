package nn

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/lanes-go/lanes/tensor"
)

// normSequence fills x with the numbers that the tests against PyTorch use.
func normSequence(x *tensor.Tensor[float32], a, m int) *tensor.Tensor[float32] {
	for i := range x.Data() {
		x.Data()[i] = float32((i*a+3)%m)/4 - 1.25
	}
	return x
}

// TestNormPyTorch: what PyTorch 1.13 gives for these settings, on the CPU.
func TestNormPyTorch(t *testing.T) {
	b := New[float32](1)
	for _, c := range []struct {
		name          string
		l             Layer[float32]
		shape         []int
		y, dx, dw, db []float32
	}{
		{"LayerNorm((2, 3))", b.LayerNorm(2, 3), []int{2, 2, 3},
			[]float32{-0.013296008110046387, -0.8921294212341309, -0.7929444909095764, -0.25, -2.0879263877868652, -0.4284258782863617, -0.013296008110046387, -0.8921294212341309, -0.7929444909095764, -0.25, -2.0879263877868652, -0.4284258782863617},
			[]float32{-0.025620251893997192, 0.6237425804138184, 1.2342658042907715, -0.4742119610309601, -1.4567389488220215, 0.09856274724006653, -0.20135459303855896, -0.3505834937095642, -0.0689922571182251, 0.2984878718852997, 0.578703761100769, -0.25626128911972046},
			[]float32{0.0, 3.5787057876586914, -0.08588893711566925, -1.3169636726379395, 0.2719815969467163, 0.14314821362495422}, []float32{0.0, 2.5, -1.5, 1.0, 0.25, -0.5}},
		{"GroupNorm(2, 4)", b.GroupNorm(2, 4), []int{2, 4, 2},
			[]float32{-0.13855430483818054, -1.263051986694336, -1.1897590160369873, -1.5110441446304321, -1.5331323146820068, -0.5692771673202515, -0.25, -0.25, -0.5999987125396729, 0.19999098777770996, -0.900004506111145, -1.2999993562698364, -1.5331323146820068, -0.5692771673202515, -0.25, -0.25},
			[]float32{0.2694680988788605, 0.0647684633731842, -0.19691771268844604, -0.13731884956359863, -0.7104607224464417, 0.757094144821167, -0.4259527921676636, 0.37931936979293823, 0.3959956467151642, -0.37200042605400085, -0.37798991799354553, 0.3539946973323822, -0.7804188132286072, 0.6249529123306274, -0.3793134093284607, 0.5347793102264404},
			[]float32{0.05604243278503418, -1.7511861324310303, 3.1726901531219482, -1.5461844205856323}, []float32{1.0, -2.0, 1.5, 1.75}},
		{"InstanceNorm1d(2, affine=True)", b.InstanceNorm1d(2, true), []int{2, 2, 3},
			[]float32{0.08123257756233215, -1.1393557786941528, -0.44187670946121216, -1.5406162738800049, -0.9303221702575684, -1.2790616750717163, 0.08123254776000977, -1.1393557786941528, -0.44187676906585693, -1.5406162738800049, -0.9303221106529236, -1.2790616750717163},
			[]float32{-0.3393053710460663, -0.2544953227043152, 0.5938006043434143, 0.16965267062187195, 0.1272476464509964, -0.29690033197402954, -0.3393053114414215, -0.25449520349502563, 0.5938006639480591, -0.014131645672023296, -0.01061069406569004, 0.02474229410290718},
			[]float32{3.3711490631103516, -0.7846639156341553}, []float32{1.0, 0.75}},
		{"LocalResponseNorm(3, alpha=0.5, beta=0.75, k=1.5)", b.LocalResponseNorm(tensor.LRNOptions{Size: 3, Alpha: 0.5, Beta: 0.75, K: 1.5}), []int{1, 5, 2},
			[]float32{-0.3595702350139618, 0.7866805791854858, 0.166544571518898, -0.4720083475112915, 0.6320093274116516, 0.0, -0.6320093274116516, 0.4720083475112915, -0.16963835060596466, -0.7866805791854858},
			[]float32{-0.36023131012916565, 0.37256836891174316, -0.8591724038124084, 0.05966397374868393, 0.7560203075408936, -0.5065571069717407, 0.38659873604774475, 1.0973752737045288, -0.17876990139484406, 0.6359738111495972}, nil, nil},
		{"LocalResponseNorm(4)", b.LocalResponseNorm(tensor.LRNPyTorch(4)), []int{1, 5, 2},
			[]float32{-0.499997079372406, 1.2499502897262573, 0.24999386072158813, -0.7499701380729675, 0.9999566078186035, 0.0, -0.99996018409729, 0.7499622106552124, -0.249990314245224, -1.2499502897262573},
			[]float32{-0.49997478723526, 0.7499261498451233, -1.2499758005142212, 6.327445589704439e-05, 1.2499269247055054, -0.7499622106552124, 0.5000105500221252, 1.7499101161956787, -0.2499944269657135, 0.9999631643295288}, nil, nil},
	} {
		params := c.l.Params()
		if len(params) > 0 {
			normSequence(params[0].Value, 3, 7)
			normSequence(params[1].Value, 2, 5)
		}
		x, dy := normSequence(tensor.New[float32](c.shape...), 7, 11), normSequence(tensor.New[float32](c.shape...), 5, 13)
		normNear(t, c.name+" y", c.l.Forward(x, Train).Data(), c.y, 4)
		normNear(t, c.name+" dx", c.l.Backward(dy).Data(), c.dx, 12)
		if len(params) > 0 {
			normNear(t, c.name+" dw", params[0].Grad.Data(), c.dw, 4)
			normNear(t, c.name+" db", params[1].Grad.Data(), c.db, 4)
		}
		normNear(t, c.name+" eval", c.l.Forward(x, Eval).Data(), c.y, 4)
	}
}

// TestRMSNorm is against the formula, of which PyTorch 1.13 has no layer.
func TestRMSNorm(t *testing.T) {
	r := rand.New(rand.NewPCG(8, 0))
	l := New[float64](1).RMSNorm(2, 3)
	if l.Eps != 0x1p-52 || New[float32](1).RMSNorm(2).Eps != 0x1p-23 {
		t.Error("Eps is not the machine epsilon")
	}
	l.Eps = 0.01
	tensor.Uniform(l.Weight.Value, -1, 1, 1, 1)
	x := random[float64](r, 4, 2, 3)
	y := l.Forward(x, Train)
	for i, v := range y.Data() {
		mean := 0.0
		for _, x := range x.Data()[i/6*6 : i/6*6+6] {
			mean += float64(x*x) / 6
		}
		if want := x.Data()[i] / math.Sqrt(mean+0.01) * l.Weight.Value.Data()[i%6]; math.Abs(v-want) > 1e-14 {
			t.Errorf("y[%d] is %v, want %v", i, v, want)
		}
	}
}

// normRows returns the rows of the layers that normalize what lies together, over 6
// elements, without a weight.
func normRows(b *Builder[float32]) map[string]Layer[float32] {
	return map[string]Layer[float32]{
		"LayerNorm":    b.LayerNorm(2, 3).NoAffine(),
		"GroupNorm":    b.GroupNorm(1, 2).NoAffine(),
		"InstanceNorm": b.InstanceNorm1d(1, false),
		"RMSNorm":      b.RMSNorm(2, 3).NoAffine(),
	}
}

// TestNormRows: rows are normalized one by one, so that a row has the bits that it has
// alone; a shift and a scale change next to nothing; gradients add up to nothing over a row.
func TestNormRows(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 0))
	for name, l := range normRows(New[float32](1)) {
		shape := []int{5, 2, 3}
		if name == "InstanceNorm" {
			shape = []int{5, 1, 6}
		}
		one := append([]int{1}, shape[1:]...)
		x, dy := random[float32](r, shape...), random[float32](r, shape...)
		y, dx := l.Forward(x, Train).Clone(), l.Backward(dy).Clone()
		for row := range 5 {
			at := func(x *tensor.Tensor[float32]) *tensor.Tensor[float32] {
				return tensor.From(x.Data()[6*row:6*row+6], one...)
			}
			if !slices.Equal(l.Forward(at(x), Train).Data(), at(y).Data()) || !slices.Equal(l.Backward(at(dy)).Data(), at(dx).Data()) {
				t.Errorf("%s: row %d depends on the others", name, row)
			}
			var sum, squares, grad, along float64
			for i, v := range at(y).Data() {
				sum += float64(v)
				squares += float64(v) * float64(v)
				grad += float64(at(dx).Data()[i])
				along += float64(at(dx).Data()[i]) * float64(at(x).Data()[i])
			}
			if math.Abs(squares/6-1) > 1e-3 || math.Abs(along) > 1e-3 {
				t.Errorf("%s: Σy²/n is %v, Σdx·x %v", name, squares/6, along)
			}
			if name != "RMSNorm" && (math.Abs(sum) > 1e-5 || math.Abs(grad) > 1e-5) {
				t.Errorf("%s: Σy is %v, Σdx %v", name, sum, grad)
			}
		}
		other := tensor.New[float32](shape...)
		shift := float32(16)
		if name == "RMSNorm" {
			shift = 0
		}
		tensor.Affine(other, x, 64, shift)
		for i, v := range l.Forward(other, Train).Data() {
			if math.Abs(float64(v-y.Data()[i])) > 1e-3 {
				t.Errorf("%s: y[%d] of 64x + %v is %v, not %v", name, i, shift, v, y.Data()[i])
			}
		}
	}
}

// TestNormFarFromZero: beside a mean of 10⁶ times the spread float32 keeps the gradient,
// since what the mean has too much is kept.
func TestNormFarFromZero(t *testing.T) {
	r := rand.New(rand.NewPCG(4, 0))
	near, far, dy := tensor.New[float32](4, 2, 7), tensor.New[float32](4, 2, 7), random[float32](r, 4, 2, 7)
	for i := range near.Data() {
		near.Data()[i] = float32(r.IntN(16)) / 8
		far.Data()[i] = near.Data()[i] + 1<<20 // exact
	}
	for name, build := range map[string]func(b *Builder[float32]) Layer[float32]{
		"LayerNorm":      func(b *Builder[float32]) Layer[float32] { return b.LayerNorm(2, 7) },
		"GroupNorm":      func(b *Builder[float32]) Layer[float32] { return b.GroupNorm(1, 2) },
		"InstanceNorm1d": func(b *Builder[float32]) Layer[float32] { return b.InstanceNorm1d(2, true) },
	} {
		l, m := build(New[float32](1)), build(New[float32](1))
		normNear(t, name+" y", m.Forward(far, Train).Data(), l.Forward(near, Train).Data(), 8)
		normNear(t, name+" dx", m.Backward(dy).Data(), l.Backward(dy).Data(), 8)
		normNear(t, name+" dw", m.Params()[0].Grad.Data(), l.Params()[0].Grad.Data(), 8)
	}
}

// TestNormNoSpread: what has no spread, as one element, gives the bias, and a gradient that
// is nothing but rounding.
func TestNormNoSpread(t *testing.T) {
	b := New[float32](1)
	for _, c := range []struct {
		name  string
		l     Layer[float32]
		shape []int
		n     int // elements that are normalized together
		v     float32
	}{
		{"LayerNorm of width 1", b.LayerNorm(1), []int{3, 1}, 1, 0.1},
		{"LayerNorm of equal rows", b.LayerNorm(7), []int{3, 7}, 7, 0.1},
		{"GroupNorm of one element", b.GroupNorm(3, 3), []int{2, 3, 1}, 1, 77.7},
		{"GroupNorm of one channel each", b.GroupNorm(3, 3), []int{2, 3}, 1, 77.7},
		{"GroupNorm of equal elements", b.GroupNorm(1, 3), []int{2, 3, 5}, 15, 77.7},
		{"InstanceNorm of equal elements", b.InstanceNorm2d(3, true), []int{2, 3, 5, 1}, 5, -3.3},
	} {
		bias := c.l.Params()[1].Value
		normSequence(bias, 3, 7)
		x, dy := tensor.New[float32](c.shape...).Fill(c.v), tensor.New[float32](c.shape...)
		normSequence(dy, 5, 13)
		inner := x.Len() / x.Dim(0) / bias.Len()
		for i, v := range c.l.Forward(x, Train).Data() {
			if want := bias.Data()[i/inner%bias.Len()]; v != want {
				t.Errorf("%s: y[%d] is %v, the bias %v", c.name, i, v, want)
				break
			}
		}
		dx := c.l.Backward(dy)
		for i, v := range dx.Data() {
			sum := 0.0 // without spread dx is (dy - mean(dy))/√eps
			for _, g := range dy.Data()[i/c.n*c.n:][:c.n] {
				sum += float64(g)
			}
			if want := (float64(dy.Data()[i]) - sum/float64(c.n)) / math.Sqrt(1e-5); math.Abs(float64(v)-want) > 8*0x1p-24*2/math.Sqrt(1e-5) {
				t.Errorf("%s: dx[%d] is %v, want %v", c.name, i, v, want)
				break
			}
		}
		if w := c.l.Params()[0].Grad; slices.Max(w.Data()) != 0 || slices.Min(w.Data()) != 0 {
			t.Errorf("%s: dw %v", c.name, w)
		}
	}
}

// TestNormEmpty: an empty batch gives an empty result and no gradient.
func TestNormEmpty(t *testing.T) {
	b := New[float32](1)
	for name, c := range map[string]struct {
		l     Layer[float32]
		shape []int
	}{
		"LayerNorm":         {b.LayerNorm(2, 3), []int{0, 2, 3}},
		"RMSNorm":           {b.RMSNorm(2, 3), []int{0, 2, 3}},
		"GroupNorm":         {b.GroupNorm(1, 2), []int{0, 2, 3}},
		"InstanceNorm1d":    {b.InstanceNorm1d(2, true), []int{0, 2, 3}},
		"LocalResponseNorm": {b.LocalResponseNorm(tensor.LRNAlexNet()), []int{0, 2, 3}},
	} {
		for _, mode := range []Mode{Eval, Train} {
			if y := c.l.Forward(tensor.New[float32](c.shape...), mode); !slices.Equal(y.Shape(), c.shape) {
				t.Errorf("%s: y of shape %v", name, y.Shape())
			}
		}
		if dx := c.l.Backward(tensor.New[float32](c.shape...)); !slices.Equal(dx.Shape(), c.shape) {
			t.Errorf("%s: dx of shape %v", name, dx.Shape())
		}
		for _, p := range c.l.Params() {
			if slices.Max(p.Grad.Data()) != 0 || slices.Min(p.Grad.Data()) != 0 {
				t.Errorf("%s: the gradient of %s is %v", name, p.Name, p.Grad)
			}
		}
	}
}

func TestNormMisuse(t *testing.T) {
	b := New[float32](1)
	x := tensor.New[float32](4, 6)
	panics(t, func() { b.LayerNorm() }, "nn.LayerNorm", "at least 1")
	panics(t, func() { b.LayerNorm(3, 0) }, "nn.LayerNorm", "[3 0]")
	panics(t, func() { b.RMSNorm(-1) }, "nn.RMSNorm", "[-1]")
	panics(t, func() { b.GroupNorm(0, 4) }, "nn.GroupNorm", "0 groups of 4")
	panics(t, func() { b.GroupNorm(3, 4) }, "nn.GroupNorm", "3 groups of 4", "equal groups")
	panics(t, func() { b.GroupNorm(1, 0) }, "nn.GroupNorm", "1 groups of 0")
	panics(t, func() { b.InstanceNorm2d(0, true) }, "nn.InstanceNorm2d", "0 channels")
	for _, o := range []tensor.LRNOptions{{}, {Size: 3, K: -1}, {Size: 3, Alpha: math.NaN()}, {Size: 3, Beta: math.NaN()}} {
		panics(t, func() { b.LocalResponseNorm(o) }, "nn.LocalResponseNorm:", "want Size >= 1")
	}
	for name, l := range map[string]Layer[float32]{
		"LayerNorm": b.LayerNorm(6), "RMSNorm": b.RMSNorm(6), "GroupNorm": b.GroupNorm(2, 6), "LocalResponseNorm": b.LocalResponseNorm(tensor.LRNPyTorch(3)),
	} {
		panics(t, func() { l.Backward(x) }, "nn."+name+".Backward", "without a Train-mode Forward", "[4 6]")
		l.Forward(x, Eval)
		panics(t, func() { l.Backward(x) }, "nn."+name+".Backward", "without a Train-mode Forward")
		l.Forward(x, Train)
		panics(t, func() { l.Backward(tensor.New[float32](6, 4)) }, "nn."+name+".Backward", "[6 4]", "[4 6]")
		panics(t, func() { l.Forward(x, 3) }, "nn."+name+".Forward", "mode 3")
		if name != "LocalResponseNorm" {
			panics(t, func() { l.Forward(tensor.New[float32](4, 5), Train) }, "nn."+name+".Forward", "[4 5]", "[6]")
		}
		panics(t, func() { l.Forward(tensor.New[float32](), Train) }, "nn."+name+".Forward", "[]")
	}
	panics(t, func() { b.LayerNorm(2, 6).Forward(x, Eval) }, "nn.LayerNorm.Forward", "[4 6]", "[2 6]")
	panics(t, func() { b.InstanceNorm1d(6, true).Forward(x, Eval) }, "nn.InstanceNorm1d.Forward", "want x N x C x L,", "[4 6]")
	panics(t, func() { b.InstanceNorm2d(6, true).Forward(tensor.New[float32](4, 6, 1, 1), Eval) }, "nn.InstanceNorm2d.Forward", "one value for each channel", "[4 6 1 1]")
	l, m, g := b.LayerNorm(3), b.RMSNorm(3), b.GroupNorm(1, 3)
	b.Sequential(l, m, g)
	panics(t, func() { l.NoAffine() }, "nn.LayerNorm.NoAffine", "0.weight")
	panics(t, func() { m.NoAffine() }, "nn.RMSNorm.NoAffine", "1.weight")
	panics(t, func() { g.NoAffine() }, "nn.GroupNorm.NoAffine", "2.weight")
}
