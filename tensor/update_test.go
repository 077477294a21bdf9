package tensor

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/lanes-go/lanes/internal/steady"
)

// updateCase is an update of w by dw with a state s and r, r only of Adam; ref is that
// of one element in float64, from the papers' formulas, at step t.
type updateCase[T Float] struct {
	name string
	run  func(w, s, r, dw *Tensor[T], t int, scale float64)
	ref  func(w, s, r, d float64, t int) (w2, s2, r2 float64)
}

// updateCases are all updates, with or without ClearGrad.
func updateCases[T Float](clear bool) []updateCase[T] {
	const lr, mu, decay, alpha, eps, b1, b2 = 0.05, 0.9, 0.01, 0.9, 1e-8, 0.9, 0.95
	coupled := func(w, d float64) float64 { return d + decay*w }
	adam := AdamOptions{LR: lr, Beta1: b1, Beta2: b2, Eps: eps, WeightDecay: decay, ClearGrad: clear}
	adamStep := func(w, s, r, d float64, t int) (w2, s2, r2 float64) {
		r = b1*r + (1-b1)*d
		s = b2*s + (1-b2)*d*d
		mHat, vHat := r/(1-math.Pow(b1, float64(t))), s/(1-math.Pow(b2, float64(t)))
		return w - lr*mHat/(math.Sqrt(vHat)+eps), s, r
	}
	return []updateCase[T]{
		{"SGD",
			func(w, s, r, dw *Tensor[T], t int, scale float64) {
				SGD(w, dw, scale, SGDOptions{LR: lr, WeightDecay: decay, ClearGrad: clear})
			},
			func(w, s, r, d float64, t int) (w2, s2, r2 float64) { return w - lr*coupled(w, d), s, r }},
		{"SGDMomentum",
			func(w, s, r, dw *Tensor[T], t int, scale float64) {
				SGDMomentum(w, s, dw, scale, MomentumOptions{LR: lr, Momentum: mu, WeightDecay: decay, ClearGrad: clear})
			},
			func(w, s, r, d float64, t int) (w2, s2, r2 float64) {
				s = mu*s + coupled(w, d)
				return w - lr*s, s, r
			}},
		{"SGDMomentum of steps",
			func(w, s, r, dw *Tensor[T], t int, scale float64) {
				SGDMomentum(w, s, dw, scale, MomentumOptions{LR: lr, Momentum: mu, WeightDecay: decay, LRInVelocity: true, ClearGrad: clear})
			},
			func(w, s, r, d float64, t int) (w2, s2, r2 float64) {
				s = mu*s - lr*coupled(w, d)
				return w + s, s, r
			}},
		{"Nesterov",
			func(w, s, r, dw *Tensor[T], t int, scale float64) {
				Nesterov(w, s, dw, scale, MomentumOptions{LR: lr, Momentum: mu, WeightDecay: decay, ClearGrad: clear})
			},
			func(w, s, r, d float64, t int) (w2, s2, r2 float64) {
				d = coupled(w, d)
				s = mu*s + d
				return w - lr*(d+mu*s), s, r
			}},
		{"Nesterov of steps",
			func(w, s, r, dw *Tensor[T], t int, scale float64) {
				Nesterov(w, s, dw, scale, MomentumOptions{LR: lr, Momentum: mu, WeightDecay: decay, LRInVelocity: true, ClearGrad: clear})
			},
			func(w, s, r, d float64, t int) (w2, s2, r2 float64) { // CS231n's
				old := s
				s = mu*s - lr*coupled(w, d)
				return w - mu*old + (1+mu)*s, s, r
			}},
		{"Adagrad",
			func(w, s, r, dw *Tensor[T], t int, scale float64) {
				Adagrad(w, s, dw, scale, AdagradOptions{LR: lr, Eps: eps, WeightDecay: decay, ClearGrad: clear})
			},
			func(w, s, r, d float64, t int) (w2, s2, r2 float64) {
				d = coupled(w, d)
				s += d * d
				return w - lr*d/(math.Sqrt(s)+eps), s, r
			}},
		{"RMSprop",
			func(w, s, r, dw *Tensor[T], t int, scale float64) {
				RMSprop(w, s, dw, scale, RMSpropOptions{LR: lr, Alpha: alpha, Eps: eps, WeightDecay: decay, ClearGrad: clear})
			},
			func(w, s, r, d float64, t int) (w2, s2, r2 float64) {
				d = coupled(w, d)
				s = alpha*s + (1-alpha)*d*d
				return w - lr*d/(math.Sqrt(s)+eps), s, r
			}},
		{"Adam",
			func(w, s, r, dw *Tensor[T], t int, scale float64) { Adam(w, r, s, dw, t, scale, adam) },
			func(w, s, r, d float64, t int) (w2, s2, r2 float64) { return adamStep(w, s, r, coupled(w, d), t) }},
		{"AdamW",
			func(w, s, r, dw *Tensor[T], t int, scale float64) { AdamW(w, r, s, dw, t, scale, adam) },
			func(w, s, r, d float64, t int) (w2, s2, r2 float64) {
				return adamStep(w-lr*decay*w, s, r, d, t)
			}},
	}
}

// Some steps are those of the formulas, to the accuracy of the type.
func TestUpdates(t *testing.T) {
	t.Run("f32", func(t *testing.T) { testUpdates[float32](t, 1e-5) })
	t.Run("f64", func(t *testing.T) { testUpdates[float64](t, 1e-14) })
}

func testUpdates[T Float](t *testing.T, tol float64) {
	const n, steps, scale = 23, 12, 0.25
	for _, c := range updateCases[T](false) {
		r := rand.New(rand.NewPCG(51, 52))
		w, s, m := randomTensor[T](r, n), New[T](n), New[T](n)
		var want [3][n]float64
		for i := range n {
			want[0][i] = float64(w.data[i])
		}
		for step := 1; step <= steps; step++ {
			dw := randomTensor[T](r, n)
			for i := range n {
				want[0][i], want[1][i], want[2][i] = c.ref(want[0][i], want[1][i], want[2][i], scale*float64(dw.data[i]), step)
			}
			c.run(w, s, m, dw, step, scale)
		}
		for j, x := range []*Tensor[T]{w, s, m} {
			for i, v := range x.data {
				if !(math.Abs(float64(v)-want[j][i]) <= tol*max(1, math.Abs(want[j][i]))) {
					t.Errorf("%s: operand %d[%d] = %v, want %v", c.name, j, i, v, want[j][i])
				}
			}
		}
	}
}

// Views, pieces and threads have the bits of one call of a kernel on packed slices.
func TestUpdateSplits(t *testing.T) {
	t.Run("f32", testUpdateSplits[float32])
	t.Run("f64", testUpdateSplits[float64])
}

func testUpdateSplits[T Float](t *testing.T) {
	shapes := [][]int{{}, {0}, {1}, {5, 7}, {3, 0}, {2, 3, 4}, {2*updatePiece + 77}}
	if !testing.Short() {
		shapes = append(shapes, []int{updatePiece - 1}, []int{10, 2000}, []int{6*updatePiece + 5})
	}
	defer SetMaxThreads(SetMaxThreads(0))
	for i, c := range append(updateCases[T](false), updateCases[T](true)...) {
		plain := updateCases[T](false)
		clears := i >= len(plain)
		for _, shape := range shapes {
			layouts := layoutsOf[T](shape)
			if size[T]("", shape) > 1000 {
				layouts = layouts[:2]
			}
			for l := range layouts {
				r := rand.New(rand.NewPCG(53, uint64(l)))
				var in, packed [4]*Tensor[T]
				for j := range in {
					in[j] = randomize(r, layouts[(l+j)%len(layouts)].new())
					packed[j] = in[j].Clone()
				}
				for _, threads := range []int{1, 2, 7} {
					before := [4]*Tensor[T]{}
					for j := range in {
						before[j] = New[T](shape...).CopyFrom(in[j])
						packed[j].CopyFrom(in[j])
					}
					SetMaxThreads(threads)
					c.run(in[0], in[1], in[2], in[3], 3, 0.5)
					inOneCall(packed, plain[i%len(plain)])
					if clears {
						packed[3].Fill(0)
					}
					for j := range in {
						if got := in[j].Clone(); !slices.EqualFunc(got.data, packed[j].data, sameBits) {
							t.Fatalf("%s %v, layout %s, %d threads: operand %d differs", c.name, shape, layouts[l].name, threads, j)
						}
						in[j].CopyFrom(before[j])
					}
				}
			}
		}
	}
}

// inOneCall runs an update element by element.
func inOneCall[T Float](x [4]*Tensor[T], c updateCase[T]) {
	n := x[0].Len()
	step := 1
	if n > 1000 {
		step = updatePiece/3 + 1
	}
	for i := 0; i < n; i += step {
		var part [4]*Tensor[T]
		for j := range x {
			part[j] = x[j].Reshape(n).Narrow(0, i, min(step, n-i))
		}
		c.run(part[0], part[1], part[2], part[3], 3, 0.5)
	}
}

// The bias corrections are products in a fixed order.
func TestAdamCorrection(t *testing.T) {
	for _, n := range []int{0, 1, 2, 3, 10, 1000, 123456} {
		if got, want := power(0.999, n), math.Pow(0.999, float64(n)); math.Abs(got-want) > 1e-12*want {
			t.Errorf("0.999^%d = %v, want %v", n, got, want)
		}
	}
	if got := power(0.9, 10); got != 0x1.650bf60432fdap-2 {
		t.Errorf("0.9^10 = %x", got)
	}
	if got := power(0.9, math.MaxInt32); got != 0 {
		t.Errorf("0.9 to a great power is %v", got)
	}
	// The first step is of length LR, whatever the gradient, as long as Eps is small.
	o := AdamOptions{LR: 0.1, Beta1: 0.9, Beta2: 0.999, Eps: 1e-8}
	for _, g := range []float64{1e-4, -3, 1e6} {
		w := From([]float64{1}, 1)
		Adam(w, New[float64](1), New[float64](1), From([]float64{g}, 1), 1, 1, o)
		want := 1 - 0.1*g/(math.Abs(g)+1e-8)
		if math.Abs(w.data[0]-want) > 1e-15 {
			t.Errorf("first step with gradient %v: %v, want %v", g, w.data[0], want)
		}
	}
}

func TestClipGlobalNorm(t *testing.T) {
	x, y := From([]float32{3, 0, 0}, 3), From([]float32{0, 4}, 2)
	if norm, scale := ClipGlobalNorm(10, x, y); norm != 5 || scale != 1 {
		t.Errorf("norm %v, scale %v", norm, scale)
	}
	if norm, scale := ClipGlobalNorm(1, x, y); norm != 5 || scale != 1/(5+1e-6) {
		t.Errorf("norm %v, scale %v", norm, scale)
	}
	if norm, scale := ClipGlobalNorm(math.Inf(1), From([]float32{3e38, 3e38}, 2)); !math.IsInf(norm, 1) || scale != 1 {
		t.Errorf("never to be clipped: norm %v, scale %v", norm, scale)
	}
	if _, scale := ClipGlobalNorm(math.Inf(1), From([]float32{1, float32(math.NaN())}, 2)); scale == scale {
		t.Errorf("of a NaN: scale %v", scale)
	}
	if norm, scale := ClipGlobalNorm[float32](1); norm != 0 || scale != 1 {
		t.Errorf("nothing: norm %v, scale %v", norm, scale)
	}
	if norm, scale := ClipGlobalNorm(1, New[float64](0), New[float64](3)); norm != 0 || scale != 1 {
		t.Errorf("zeros: norm %v, scale %v", norm, scale)
	}
	inf, nan := float32(math.Inf(1)), float32(math.NaN())
	if norm, scale := ClipGlobalNorm(1, x, From([]float32{inf}, 1)); !math.IsInf(norm, 1) || scale != 0 {
		t.Errorf("infinite: norm %v, scale %v", norm, scale)
	}
	if norm, scale := ClipGlobalNorm(1, From([]float32{2e19, 2e19}, 2)); !math.IsInf(norm, 1) || scale != 0 {
		t.Errorf("overflow: norm %v, scale %v", norm, scale)
	}
	if norm, scale := ClipGlobalNorm(1, x, From([]float32{nan}, 1)); !math.IsNaN(norm) || !math.IsNaN(scale) {
		t.Errorf("NaN: norm %v, scale %v", norm, scale)
	}
	// A clipped update is that of scaled gradients.
	r := rand.New(rand.NewPCG(55, 56))
	w, g := randomTensor[float32](r, 1000), randomTensor[float32](r, 1000)
	_, scale := ClipGlobalNorm(0.5, g)
	w2, g2 := w.Clone(), g.Clone()
	for i := range g2.data {
		g2.data[i] *= float32(scale)
	}
	SGD(w, g, scale, SGDOptions{LR: 0.1})
	SGD(w2, g2, 1, SGDOptions{LR: 0.1})
	if !slices.Equal(w.data, w2.data) {
		t.Error("a clipped update is not that of the clipped gradient")
	}
	if norm, _ := ClipGlobalNorm(1, g2); math.Abs(norm-0.5) > 1e-5 {
		t.Errorf("norm after clipping: %v", norm)
	}
}

func TestUpdateMisuse(t *testing.T) {
	m, x := New[float32](2, 3), New[float32](6)
	head, tail := x.Narrow(0, 0, 5), x.Narrow(0, 1, 5)
	y := New[float32](5)
	shapePanic(t, "SGD", func() { SGD(m, m, 1, SGDOptions{}) })
	shapePanic(t, "SGD", func() { SGD(m, x, 1, SGDOptions{}) })
	shapePanic(t, "SGDMomentum", func() { SGDMomentum(head, y, tail, 1, MomentumOptions{}) })
	shapePanic(t, "SGDMomentum", func() { SGDMomentum(y, head, tail, 1, MomentumOptions{}) })
	shapePanic(t, "Nesterov", func() { Nesterov(y, x, head, 1, MomentumOptions{}) })
	shapePanic(t, "Adagrad", func() { Adagrad(head, tail, y, 1, AdagradOptions{}) })
	shapePanic(t, "RMSprop", func() { RMSprop(m, m, m, 1, RMSpropOptions{}) })
	shapePanic(t, "Adam", func() { Adam(head, y, tail, New[float32](5), 1, 1, AdamOptions{}) })
	shapePanic(t, "ClipGlobalNorm", func() { ClipGlobalNorm(-1, y) })
	shapePanic(t, "ClipGlobalNorm", func() { ClipGlobalNorm(math.NaN(), y, m) })
	shapePanic(t, "AdamW", func() { AdamW(head, y, New[float32](5), x, 1, 1, AdamOptions{}) })
	defer func() {
		if err, ok := recover().(error); !ok || !strings.Contains(err.Error(), "tensor.Adam: step 0") {
			t.Errorf("step 0: %v", err)
		}
	}()
	Adam(y, New[float32](5), New[float32](5), New[float32](5), 0, 1, AdamOptions{})
}

func TestUpdateAllocs(t *testing.T) {
	for _, n := range []int{10, 3 * updatePiece, 1 << 18} {
		var x [4]*Tensor[float32]
		for j := range x {
			x[j] = New[float32](n)
		}
		for _, c := range append(updateCases[float32](false), updateCases[float32](true)...) {
			if a := steady.Allocs(20, func() { c.run(x[0], x[1], x[2], x[3], 1, 1) }); a != 0 {
				t.Errorf("%s of %d: %v allocations", c.name, n, a)
			}
		}
		if a := steady.Allocs(20, func() { ClipGlobalNorm(1, x[:]...) }); a != 0 {
			t.Errorf("ClipGlobalNorm of %d: %v allocations", n, a)
		}
		v := New[float32](n, 2).Select(1, 0)
		if a := steady.Allocs(20, func() { SGD(v, x[1], 1, SGDOptions{LR: 0.1}) }); a != 0 {
			t.Errorf("SGD of a view of %d: %v allocations", n, a)
		}
	}
}

// BenchmarkUpdate gives the bytes moved: every operand is read, all but the gradient
// written.
func BenchmarkUpdate(b *testing.B) {
	defer SetMaxThreads(SetMaxThreads(0))
	for _, n := range []int{1 << 14, 1 << 16, 1 << 17, 1 << 18, 1 << 19, 1 << 20, 10_000_000} {
		var x [4]*Tensor[float32]
		for j := range x {
			x[j] = New[float32](n).Fill(0.25)
		}
		for _, c := range updateCases[float32](false) {
			operands := 4
			switch c.name {
			case "SGD":
				operands = 2
			case "SGDMomentum", "Nesterov", "RMSprop":
				operands = 3
			case "Adam":
			default:
				continue
			}
			for _, threads := range []int{1, 2} {
				b.Run(fmt.Sprintf("%s/n=%d/threads=%d", c.name, n, threads), func(b *testing.B) {
					SetMaxThreads(threads)
					b.SetBytes(int64(n * 4 * (2*operands - 1)))
					for b.Loop() {
						c.run(x[0], x[1], x[2], x[3], 1, 1)
					}
				})
			}
		}
	}
}
