package tensor

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/lanes-go/lanes/asm"
)

// bnCase is a batch norm with everything it reads and writes.
type bnCase[T Float] struct {
	o                      BatchNormOptions
	x, gamma, beta, dy     *Tensor[T]
	runMean, runVar        *Tensor[T]
	y, mean, rstd          *Tensor[T]
	dx, dgamma, dbeta      *Tensor[T]
	dxFrozen, dgammaFrozen *Tensor[T]
	yInfer                 *Tensor[T]
}

func newBNCase[T Float](r *rand.Rand, o BatchNormOptions, mean float64, shape ...int) *bnCase[T] {
	c := shape[1]
	if o.ChannelsLast {
		c = shape[len(shape)-1]
	}
	b := &bnCase[T]{o: o, x: randomTensor[T](r, shape...), gamma: randomTensor[T](r, c), beta: randomTensor[T](r, c),
		dy: randomTensor[T](r, shape...), runMean: randomTensor[T](r, c), runVar: New[T](c).Fill(1.5)}
	for i := range b.x.data {
		b.x.data[i] += T(mean)
	}
	return b
}

func (b *bnCase[T]) clone() *bnCase[T] {
	return &bnCase[T]{o: b.o, x: b.x.Clone(), gamma: b.gamma.Clone(), beta: b.beta.Clone(), dy: b.dy.Clone(), runMean: b.runMean.Clone(), runVar: b.runVar.Clone()}
}

// run does everything on table k; make makes the tensors for results.
func (b *bnCase[T]) run(k *asm.Kernels[T], make func(shape ...int) *Tensor[T]) {
	shape, c := b.x.shape, b.gamma.shape[0]
	b.y, b.mean, b.rstd = make(shape...), make(c), make(c)
	b.dx, b.dgamma, b.dbeta = make(shape...), make(c), make(c)
	b.dxFrozen, b.dgammaFrozen, b.yInfer = make(shape...), make(c), make(shape...)
	batchNormInference(k, b.yInfer, b.x, b.gamma, b.beta, b.runMean, b.runVar, &b.o)
	batchNormGrad(k, "G", b.dxFrozen, b.dgammaFrozen, nil, b.dy, b.x, b.yInfer, b.gamma, b.runMean, b.runVar, &b.o, true)
	batchNormTrain(k, b.y, b.mean, b.rstd, b.runMean, b.runVar, b.x, b.gamma, b.beta, &b.o)
	batchNormGrad(k, "G", b.dx, b.dgamma, b.dbeta, b.dy, b.x, b.y, b.gamma, b.mean, b.rstd, &b.o, false)
}

func (b *bnCase[T]) results() map[string]*Tensor[T] {
	return map[string]*Tensor[T]{"y": b.y, "mean": b.mean, "rstd": b.rstd, "runMean": b.runMean, "runVar": b.runVar, "dx": b.dx, "dgamma": b.dgamma,
		"dbeta": b.dbeta, "dxFrozen": b.dxFrozen, "dgammaFrozen": b.dgammaFrozen, "yInfer": b.yInfer}
}

// wantEqual holds the results of two cases to one another, bit for bit.
func (b *bnCase[T]) wantEqual(t *testing.T, what string, want *bnCase[T]) {
	t.Helper()
	all := want.results()
	for name, got := range b.results() {
		wantSame(t, what+": "+name, got, all[name])
	}
}

// bnWant are the formulas, one channel at a time in float64.
type bnWant struct{ y, mean, variance, unbiased, dx, dgamma, dbeta []float64 }

// channelsOf lists the places of the elements of each channel, in packed tensors.
func channelsOf(shape []int, last bool) [][]int {
	n := 1
	for _, d := range shape {
		n *= d
	}
	inner := 1
	c := shape[len(shape)-1]
	if !last {
		c = shape[1]
		for _, d := range shape[2:] {
			inner *= d
		}
	}
	all := make([][]int, c)
	for i := range n {
		all[i/inner%c] = append(all[i/inner%c], i)
	}
	return all
}

func specBatchNorm[T Float](b *bnCase[T]) (w bnWant) {
	n, c := len(b.x.data), b.gamma.shape[0]
	w = bnWant{make([]float64, n), make([]float64, c), make([]float64, c), make([]float64, c), make([]float64, n), make([]float64, c), make([]float64, c)}
	for ch, places := range channelsOf(b.x.shape, b.o.ChannelsLast) {
		count, gamma, beta := float64(len(places)), float64(b.gamma.data[ch]), float64(b.beta.data[ch])
		mean, m2 := 0.0, 0.0
		for _, i := range places {
			mean += float64(b.x.data[i]) / count
		}
		for _, i := range places {
			d := float64(b.x.data[i]) - mean
			m2 += d * d
		}
		rstd := 1 / math.Sqrt(m2/count+b.o.Eps)
		var sg, sgx float64
		for _, i := range places {
			xh, g := (float64(b.x.data[i])-mean)*rstd, float64(b.dy.data[i])
			if w.y[i] = gamma*xh + beta; b.o.ReLU && w.y[i] <= 0 {
				w.y[i], g = 0, 0
			}
			sg += g
			sgx += g * xh
		}
		for _, i := range places {
			xh, g := (float64(b.x.data[i])-mean)*rstd, float64(b.dy.data[i])
			if b.o.ReLU && w.y[i] <= 0 {
				g = 0
			}
			w.dx[i] = gamma * rstd * (g - sg/count - xh*sgx/count)
		}
		w.mean[ch], w.variance[ch], w.unbiased[ch], w.dgamma[ch], w.dbeta[ch] = mean, m2/count, m2/(count-1), sgx, sg
	}
	return w
}

// near holds got to want up to tol of the greatest of them or, if that is more, of least.
func near[T Float](t *testing.T, what string, got *Tensor[T], want []float64, tol, least float64) {
	t.Helper()
	scale := least
	for _, v := range want {
		scale = math.Max(scale, math.Abs(v))
	}
	for i, v := range got.Clone().data {
		if !(math.Abs(float64(v)-want[i]) <= tol*scale) {
			t.Fatalf("%s[%d] = %v, want %v", what, i, v, want[i])
		}
	}
}

var bnShapes = [][]int{{2, 1}, {2, 3}, {128, 70}, {65, 129}, {600, 5}, {700, 1030}, {1, 3, 2}, {3, 4, 5, 6}, {3, 2, 170, 100}, {5, 70, 7}, {2, 3, 2, 2, 3}, {4, 300, 1, 1}, {40, 9, 9, 3}}

func testBatchNorm[T Float](t *testing.T, tol float64) {
	r := rand.New(rand.NewPCG(41, 0))
	for _, shape := range bnShapes {
		for mode := range 4 {
			o := BatchNormPyTorch()
			o.ReLU, o.ChannelsLast = mode&1 != 0, mode&2 != 0
			if size := len(New[T](shape...).data); testing.Short() && size > 5000 || o.ChannelsLast && len(shape) == 2 {
				continue
			}
			t.Run(fmt.Sprintf("%v/relu=%v/last=%v", shape, o.ReLU, o.ChannelsLast), func(t *testing.T) {
				b := newBNCase[T](r, o, 0, shape...)
				first := b.clone()
				generic := asm.Tables[T]()[0]
				b.run(generic, New[T])
				w := specBatchNorm(b)
				near(t, "y", b.y, w.y, tol, 1)
				near(t, "mean", b.mean, w.mean, tol, 1)
				near(t, "dgamma", b.dgamma, w.dgamma, 4*tol, 1)
				near(t, "dbeta", b.dbeta, w.dbeta, 4*tol, 1)
				least := 0.0 // of the terms of dx, which may cancel
				for c, v := range w.variance {
					least = math.Max(least, math.Abs(float64(b.gamma.data[c]))/math.Sqrt(v+o.Eps))
				}
				near(t, "dx", b.dx, w.dx, 4*tol, least)
				for c, v := range b.runMean.data {
					want := 0.9*float64(first.runMean.data[c]) + 0.1*w.mean[c]
					wantVar := 0.9*1.5 + 0.1*w.unbiased[c]
					if math.Abs(float64(v)-want) > tol || math.Abs(float64(b.runVar.data[c])-wantVar) > tol*wantVar {
						t.Fatalf("running statistics %d: %v and %v, want %v and %v", c, v, b.runVar.data[c], want, wantVar)
					}
				}
				for _, k := range asm.Tables[T]()[1:] {
					got := first.clone()
					got.run(k, New[T])
					got.wantEqual(t, "isa="+k.ISA, b)
				}
				k := asm.Active[T]()
				for _, threads := range []int{1, 2, 7} {
					old := SetMaxThreads(threads)
					got := first.clone()
					got.run(k, New[T])
					got.wantEqual(t, fmt.Sprint(threads, " threads"), b)
					SetMaxThreads(old)
				}
				for layout := range layouts {
					got := first.clone()
					got.x, got.dy, got.gamma, got.beta = viewOf(r, layout, got.x), viewOf(r, layout, got.dy), viewOf(r, layout, got.gamma), viewOf(r, layout, got.beta)
					got.runMean, got.runVar = viewOf(r, layout, got.runMean), viewOf(r, layout, got.runVar)
					got.run(k, func(shape ...int) *Tensor[T] { return randomView[T](r, layout, shape...) })
					got.wantEqual(t, fmt.Sprint("layout ", layout), b)
				}
				// In place.
				y, mean, rstd := first.x.Clone(), New[T](b.mean.shape...), New[T](b.mean.shape...)
				BatchNorm(y, mean, rstd, nil, nil, y, b.gamma, b.beta, o)
				wantSame(t, "y in place", y, b.y)
				for i, dx := range []*Tensor[T]{b.dy.Clone(), b.x.Clone(), b.y.Clone()} {
					in := []*Tensor[T]{b.dy, b.x, b.y}
					in[i] = dx
					BatchNormGrad(dx, nil, nil, in[0], in[1], in[2], b.gamma, b.mean, b.rstd, o)
					wantSame(t, fmt.Sprint("dx in place of ", i), dx, b.dx)
				}
			})
		}
	}
}

// viewOf is a copy of x in one of the layouts of randomView.
func viewOf[T Float](r *rand.Rand, layout int, x *Tensor[T]) *Tensor[T] {
	return randomView[T](r, layout, x.shape...).CopyFrom(x)
}

func TestBatchNorm(t *testing.T) {
	t.Run("f32", func(t *testing.T) { testBatchNorm[float32](t, 3e-6) })
	t.Run("f64", func(t *testing.T) { testBatchNorm[float64](t, 1e-14) })
}

// TestBatchNormUnfused: with ReLU in the same pass the bits are those of one after the
// other.
func TestBatchNormUnfused(t *testing.T) {
	r := rand.New(rand.NewPCG(42, 0))
	for _, last := range []bool{false, true} {
		o := BatchNormONNX()
		o.ChannelsLast = last
		a := newBNCase[float32](r, o, 0, 5, 17, 6, 7)
		b := a.clone()
		b.o.ReLU = true
		b.run(asm.Active[float32](), New[float32])
		a.dxFrozen, a.yInfer = New[float32](5, 17, 6, 7), New[float32](5, 17, 6, 7)
		BatchNormInference(a.yInfer, a.x, a.gamma, a.beta, a.runMean, a.runVar, o)
		ReLU(a.yInfer, a.yInfer)
		wantSame(t, "inference", a.yInfer, b.yInfer)
		g := New[float32](5, 17, 6, 7)
		ReLUGrad(g, a.dy, a.yInfer)
		BatchNormInferenceGrad(a.dxFrozen, nil, nil, g, a.x, nil, a.gamma, a.runMean, a.runVar, o)
		wantSame(t, "frozen backward", a.dxFrozen, b.dxFrozen)
		a.y, a.mean, a.rstd, a.dx, a.dgamma, a.dbeta = New[float32](5, 17, 6, 7), New[float32](b.gamma.shape[0]), New[float32](b.gamma.shape[0]), New[float32](5, 17, 6, 7), New[float32](b.gamma.shape[0]), New[float32](b.gamma.shape[0])
		BatchNorm(a.y, a.mean, a.rstd, nil, nil, a.x, a.gamma, a.beta, o)
		ReLU(a.y, a.y)
		wantSame(t, "training", a.y, b.y)
		ReLUGrad(g, a.dy, a.y)
		BatchNormGrad(a.dx, a.dgamma, a.dbeta, g, a.x, nil, a.gamma, a.mean, a.rstd, o)
		wantSame(t, "dx", a.dx, b.dx)
		wantSame(t, "dgamma", a.dgamma, b.dgamma)
		wantSame(t, "dbeta", a.dbeta, b.dbeta)
	}
}

// TestBatchNormInferenceIsAffine: y = fma(x, s, t) with one s and t for each channel.
func TestBatchNormInferenceIsAffine(t *testing.T) {
	r := rand.New(rand.NewPCG(43, 0))
	b := newBNCase[float32](r, BatchNormKeras(), 0, 3, 5, 4, 4)
	b.run(asm.Active[float32](), New[float32])
	x, mean, variance := randomTensor[float32](r, 3, 5, 4, 4), randomTensor[float32](r, 5), New[float32](5).Fill(0.7)
	y := New[float32](3, 5, 4, 4)
	BatchNormInference(y, x, b.gamma, b.beta, mean, variance, b.o)
	for i, v := range y.data {
		c := i / 16 % 5
		s := b.gamma.data[c] * (1 / float32(math.Sqrt(float64(variance.data[c]+float32(1e-3)))))
		if want := asm.FMA(x.data[i], s, asm.FMA(-mean.data[c], s, b.beta.data[c])); v != want {
			t.Fatalf("y[%d] = %v, want %v", i, v, want)
		}
	}
}

// TestBatchNormRunning: the conventions, against their formulas on three batches.
func TestBatchNormRunning(t *testing.T) {
	r := rand.New(rand.NewPCG(44, 0))
	batches := []*Tensor[float64]{randomTensor[float64](r, 4, 1), randomTensor[float64](r, 5, 1), randomTensor[float64](r, 3, 1)}
	for name, c := range map[string]struct {
		options       func(batch int) BatchNormOptions
		fresh         func(batch int) float64
		eps           float64
		unbiased      bool
		mean0, start0 float64
	}{
		"PyTorch":    {func(int) BatchNormOptions { return BatchNormPyTorch() }, func(int) float64 { return 0.1 }, 1e-5, true, 0, 1},
		"Keras":      {func(int) BatchNormOptions { return BatchNormKeras() }, func(int) float64 { return 0.01 }, 1e-3, false, 0, 1},
		"ONNX":       {func(int) BatchNormOptions { return BatchNormONNX() }, func(int) float64 { return 0.1 }, 1e-5, false, 3, 2},
		"CS231n":     {func(int) BatchNormOptions { return BatchNormONNX() }, func(int) float64 { return 0.1 }, 1e-5, false, 0, 0},
		"cumulative": {BatchNormCumulative, func(n int) float64 { return 1 / float64(n) }, 1e-5, true, math.NaN(), math.NaN()},
	} {
		runMean, runVar := New[float64](1).Fill(c.mean0), New[float64](1).Fill(c.start0)
		wantMean, wantVar := c.mean0, c.start0
		if math.IsNaN(wantMean) {
			wantMean, wantVar = 0, 0 // the first batch is all there is
		}
		for i, x := range batches {
			o := c.options(i + 1)
			if o.Eps != c.eps {
				t.Errorf("%s: eps %v", name, o.Eps)
			}
			y := New[float64](x.shape...)
			BatchNorm(y, nil, nil, runMean, runVar, x, nil, nil, o)
			n, mean, m2 := float64(len(x.data)), 0.0, 0.0
			for _, v := range x.data {
				mean += v / n
			}
			for _, v := range x.data {
				m2 += (v - mean) * (v - mean)
			}
			d := n
			if c.unbiased {
				d--
			}
			f := c.fresh(i + 1)
			wantMean, wantVar = (1-f)*wantMean+f*mean, (1-f)*wantVar+f*m2/d
			if math.Abs(runMean.data[0]-wantMean) > 1e-14 || math.Abs(runVar.data[0]-wantVar) > 1e-14 {
				t.Errorf("%s, batch %d: running %v and %v, want %v and %v", name, i, runMean.data[0], runVar.data[0], wantMean, wantVar)
			}
		}
	}
}
