package tensor

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/lanes-go/lanes/asm"
	"github.com/lanes-go/lanes/internal/steady"
)

// lnCase is a layer norm, or RMS norm, with everything it reads and writes.
type lnCase[T Float] struct {
	rms                bool
	eps                float64
	x, gamma, beta, dy *Tensor[T]
	y, mean, rstd      *Tensor[T]
	dx, dgamma, dbeta  *Tensor[T]
}

func newLNCase[T Float](r *rand.Rand, rms bool, mean float64, lead, row []int) *lnCase[T] {
	shape := append(append([]int{}, lead...), row...)
	c := &lnCase[T]{rms: rms, eps: 1e-5, x: randomTensor[T](r, shape...), gamma: randomTensor[T](r, row...), beta: randomTensor[T](r, row...), dy: randomTensor[T](r, shape...)}
	for i := range c.x.data {
		c.x.data[i] += T(mean)
	}
	if rms {
		c.beta.Fill(0)
	}
	return c
}

func (c *lnCase[T]) clone() *lnCase[T] {
	return &lnCase[T]{rms: c.rms, eps: c.eps, x: c.x.Clone(), gamma: c.gamma.Clone(), beta: c.beta.Clone(), dy: c.dy.Clone()}
}

func (c *lnCase[T]) run(k *asm.Kernels[T], make func(shape ...int) *Tensor[T]) {
	lead := c.x.shape[:len(c.x.shape)-len(c.gamma.shape)]
	c.y, c.mean, c.rstd = make(c.x.shape...), make(lead...), make(lead...)
	c.dx, c.dgamma, c.dbeta = make(c.x.shape...), make(c.gamma.shape...), make(c.gamma.shape...)
	if c.rms {
		layerNorm(k, "RMSNorm", c.y, nil, c.rstd, c.x, c.gamma, nil, c.eps, true)
		layerNormGrad(k, "RMSNormGrad", c.dx, c.dgamma, c.dbeta, c.dy, c.x, c.gamma, nil, c.rstd, true)
		return
	}
	layerNorm(k, "LayerNorm", c.y, c.mean, c.rstd, c.x, c.gamma, c.beta, c.eps, false)
	layerNormGrad(k, "LayerNormGrad", c.dx, c.dgamma, c.dbeta, c.dy, c.x, c.gamma, c.mean, c.rstd, false)
}

func (c *lnCase[T]) wantEqual(t *testing.T, what string, want *lnCase[T]) {
	t.Helper()
	wantSame(t, what+": y", c.y, want.y)
	wantSame(t, what+": rstd", c.rstd, want.rstd)
	wantSame(t, what+": dx", c.dx, want.dx)
	wantSame(t, what+": dgamma", c.dgamma, want.dgamma)
	wantSame(t, what+": dbeta", c.dbeta, want.dbeta)
	if !c.rms {
		wantSame(t, what+": mean", c.mean, want.mean)
	}
}

// specLayerNorm are the formulas in float64.
func specLayerNorm[T Float](c *lnCase[T]) (y, dx, dgamma, dbeta []float64, greatest float64) {
	n := len(c.gamma.data)
	y, dx = make([]float64, len(c.x.data)), make([]float64, len(c.x.data))
	dgamma, dbeta = make([]float64, n), make([]float64, n)
	for lo := 0; lo < len(y); lo += n {
		mean, m2 := 0.0, 0.0
		if !c.rms {
			for _, v := range c.x.data[lo : lo+n] {
				mean += float64(v) / float64(n)
			}
		}
		for _, v := range c.x.data[lo : lo+n] {
			m2 += (float64(v) - mean) * (float64(v) - mean)
		}
		rstd := 1 / math.Sqrt(m2/float64(n)+c.eps)
		greatest = math.Max(greatest, rstd)
		var sg, sgx float64
		for j := range n {
			xh, g := (float64(c.x.data[lo+j])-mean)*rstd, float64(c.dy.data[lo+j])
			y[lo+j] = xh*float64(c.gamma.data[j]) + float64(c.beta.data[j])
			dgamma[j] += g * xh
			dbeta[j] += g
			g *= float64(c.gamma.data[j])
			sgx += g * xh / float64(n)
			if !c.rms {
				sg += g / float64(n)
			}
		}
		for j := range n {
			xh, g := (float64(c.x.data[lo+j])-mean)*rstd, float64(c.dy.data[lo+j])*float64(c.gamma.data[j])
			dx[lo+j] = rstd * (g - sg - xh*sgx)
		}
	}
	return y, dx, dgamma, dbeta, greatest
}

func testLayerNorm[T Float](t *testing.T, tol float64) {
	r := rand.New(rand.NewPCG(51, 0))
	for _, s := range [][2][]int{{{3}, {5}}, {{1}, {1}}, {{70}, {33}}, {{2, 65}, {4, 16}}, {{3}, {130, 131}}, {{2000}, {3}}, {{300}, {768}}, {{1200}, {70}}, {{}, {100}}} {
		for _, rms := range []bool{false, true} {
			size := len(New[T](append(append([]int{}, s[0]...), s[1]...)...).data)
			if testing.Short() && size > 10000 {
				continue
			}
			t.Run(fmt.Sprintf("%v x %v/rms=%v", s[0], s[1], rms), func(t *testing.T) {
				first := newLNCase[T](r, rms, 0, s[0], s[1])
				c := first.clone()
				c.run(asm.Tables[T]()[0], New[T])
				y, dx, dgamma, dbeta, scale := specLayerNorm(c)
				near(t, "y", c.y, y, tol, 1)
				near(t, "dx", c.dx, dx, 4*tol, scale)
				near(t, "dgamma", c.dgamma, dgamma, 8*tol, 1)
				near(t, "dbeta", c.dbeta, dbeta, 8*tol, 1)
				for _, k := range asm.Tables[T]()[1:] {
					got := first.clone()
					got.run(k, New[T])
					got.wantEqual(t, "isa="+k.ISA, c)
				}
				k := asm.Active[T]()
				for _, threads := range []int{1, 2, 7} {
					old := SetMaxThreads(threads)
					got := first.clone()
					got.run(k, New[T])
					got.wantEqual(t, fmt.Sprint(threads, " threads"), c)
					SetMaxThreads(old)
				}
				for layout := range layouts {
					if len(s[0]) == 0 {
						break // mean has no axis to lay out
					}
					got := first.clone()
					got.x, got.dy, got.gamma, got.beta = viewOf(r, layout, got.x), viewOf(r, layout, got.dy), viewOf(r, layout, got.gamma), viewOf(r, layout, got.beta)
					got.run(k, func(shape ...int) *Tensor[T] { return randomView[T](r, layout, shape...) })
					got.wantEqual(t, fmt.Sprint("layout ", layout), c)
				}
				// In place, and one row alone.
				got := first.clone()
				got.y = got.x
				if rms {
					RMSNorm(got.x, nil, got.x, got.gamma, got.eps)
				} else {
					LayerNorm(got.x, nil, nil, got.x, got.gamma, got.beta, got.eps)
				}
				wantSame(t, "y in place", got.x, c.y)
				for i, dx := range []*Tensor[T]{c.dy.Clone(), c.x.Clone()} {
					in := []*Tensor[T]{c.dy, c.x}
					in[i] = dx
					if rms {
						RMSNormGrad(dx, nil, in[0], in[1], c.gamma, c.rstd)
					} else {
						LayerNormGrad(dx, nil, nil, in[0], in[1], c.gamma, c.mean, c.rstd)
					}
					wantSame(t, fmt.Sprint("dx in place of ", i), dx, c.dx)
				}
				n := len(c.gamma.data)
				last := size - n
				one := &lnCase[T]{rms: rms, eps: c.eps, x: From(c.x.data[last:], n), gamma: From(c.gamma.data, n), beta: From(c.beta.data, n), dy: From(c.dy.data[last:], n)}
				one.run(k, New[T])
				wantSame(t, "y of a row alone", one.y, From(c.y.data[last:], n))
				wantSame(t, "dx of a row alone", one.dx, From(c.dx.data[last:], n))
			})
		}
	}
}

func TestLayerNorm(t *testing.T) {
	t.Run("f32", func(t *testing.T) { testLayerNorm[float32](t, 3e-6) })
	t.Run("f64", func(t *testing.T) { testLayerNorm[float64](t, 1e-14) })
}

// TestLayerNormProperties: a mean huge beside the spread costs nothing, a constant row
// gives beta, the sums of dx over a row are 0, NaNs stay in their row.
func TestLayerNormProperties(t *testing.T) {
	r := rand.New(rand.NewPCG(52, 0))
	for _, mean := range []float64{1e4, -3e5, 1e6} {
		c := newLNCase[float32](r, false, mean, []int{20}, []int{700})
		c.run(asm.Active[float32](), New[float32])
		y, _, _, _, _ := specLayerNorm(c)
		near(t, fmt.Sprint("y, mean ", mean), c.y, y, 3e-6, 1)
	}
	c := newLNCase[float32](r, false, 0, []int{3}, []int{700})
	for i, v := range []float32{0.1, -1e6 / 3, 1e-30} {
		c.x.Select(0, i).Fill(v)
	}
	c.run(asm.Active[float32](), New[float32])
	for i, v := range c.y.data {
		if v != c.beta.data[i%700] {
			t.Fatalf("constant row: y[%d] = %v, want beta %v", i, v, c.beta.data[i%700])
		}
	}
	c = newLNCase[float32](r, false, 0, []int{3}, []int{70})
	clean := c.clone()
	c.x.Set(float32(math.NaN()), 1, 5)
	c.run(asm.Active[float32](), New[float32])
	clean.run(asm.Active[float32](), New[float32])
	for i, v := range c.y.data {
		if bad := i/70 == 1; bad != (v != v) || !bad && v != clean.y.data[i] {
			t.Fatalf("NaN in row 1: y[%d] = %v", i, v)
		}
	}
	d := newLNCase[float64](r, false, 0, []int{9}, []int{70})
	d.run(asm.Active[float64](), New[float64])
	for i := range 9 {
		var sum, dot float64
		for j := range 70 {
			sum += d.dx.At(i, j)
			dot += d.dx.At(i, j) * d.x.At(i, j)
		}
		if math.Abs(sum) > 1e-12 || math.Abs(dot) > 1e-3 {
			t.Errorf("row %d: Σ dx = %v, Σ dx*x = %v, want 0", i, sum, dot)
		}
	}
}

func TestLayerNormEdges(t *testing.T) {
	x, g, m := New[float32](4, 6), New[float32](6), New[float32](4)
	y := New[float32](4, 6)
	dg := New[float32](6).Fill(3)
	LayerNorm(New[float32](0, 6), New[float32](0), New[float32](0), New[float32](0, 6), g, g, 1e-5)
	LayerNormGrad(New[float32](0, 6), dg, nil, New[float32](0, 6), New[float32](0, 6), g, New[float32](0), New[float32](0))
	wantSame(t, "dgamma without rows", dg, New[float32](6))
	LayerNorm(New[float32](4, 0), m.Fill(5), nil, New[float32](4, 0), New[float32](0), nil, 1e-5)
	wantSame(t, "means of rows of nothing", m, New[float32](4))
	for _, f := range []func(){
		func() { LayerNorm(y, nil, nil, x, New[float32](4), nil, 1e-5) },
		func() { LayerNorm(New[float32](6, 4), nil, nil, x, g, nil, 1e-5) },
		func() { LayerNorm(y, New[float32](5), nil, x, g, nil, 1e-5) },
		func() { LayerNorm(y, nil, New[float32](6), x, g, nil, 1e-5) },
		func() { LayerNorm(y, m, m, x, g, nil, 1e-5) },
		func() { LayerNorm(y, nil, nil, x, g, New[float32](5), 1e-5) },
		func() { LayerNorm(y, nil, nil, x, New[float32](3, 4, 6), nil, 1e-5) },
		func() { LayerNorm(y, nil, nil, x, New[float32](), nil, 1e-5) },
		func() { a := arange(5, 6); LayerNorm(a.Narrow(0, 0, 4), nil, nil, a.Narrow(0, 1, 4), g, nil, 1e-5) },
	} {
		shapePanic(t, "LayerNorm", f)
	}
	shapePanic(t, "RMSNorm", func() { RMSNorm(y, New[float32](5), x, g, 1e-5) })
	shapePanic(t, "LayerNormGrad", func() { LayerNormGrad(y, nil, nil, New[float32](6, 4), x, g, m, m) })
	shapePanic(t, "LayerNormGrad", func() { LayerNormGrad(y, nil, nil, x, x, g, nil, m) })
	shapePanic(t, "LayerNormGrad", func() { LayerNormGrad(y, dg, dg, x, x, g, m, m) })
	shapePanic(t, "RMSNormGrad", func() { RMSNormGrad(y, New[float32](5), x, x, g, m) })
	shapePanic(t, "RMSNormGrad", func() { RMSNormGrad(y, nil, x, x, g, nil) })
}

func TestLayerNormAllocates(t *testing.T) {
	r := rand.New(rand.NewPCG(53, 0))
	for _, s := range [][2]int{{64, 300}, {3000, 20}, {2, 40000}} {
		c := newLNCase[float32](r, false, 0, s[:1], s[1:])
		c.run(asm.Active[float32](), New[float32])
		if n := steady.Allocs(20, func() {
			LayerNorm(c.y, c.mean, c.rstd, c.x, c.gamma, c.beta, c.eps)
			LayerNormGrad(c.dx, c.dgamma, c.dbeta, c.dy, c.x, c.gamma, c.mean, c.rstd)
			RMSNorm(c.y, c.rstd, c.x, c.gamma, c.eps)
			RMSNormGrad(c.dx, c.dgamma, c.dy, c.x, c.gamma, c.rstd)
		}); n != 0 {
			t.Errorf("%v: %v allocations", s, n)
		}
	}
}

// BenchmarkLayerNorm runs layer norm forward and backward on every table, on one thread
// and on two.
func BenchmarkLayerNorm(b *testing.B) {
	for _, s := range [][2]int{{64, 768}, {4096, 768}} {
		c := newLNCase[float32](rand.New(rand.NewPCG(1, 2)), false, 0, s[:1], s[1:])
		c.run(asm.Active[float32](), New[float32])
		for _, k := range asm.Tables[float32]() {
			for _, threads := range []int{1, 2} {
				bench := func(pass string, f func()) {
					b.Run(fmt.Sprintf("pass=%s/m=%d/n=%d/isa=%s/threads=%d", pass, s[0], s[1], k.ISA, threads), func(b *testing.B) {
						defer SetMaxThreads(SetMaxThreads(threads))
						for b.Loop() {
							f()
						}
					})
				}
				bench("forward", func() { layerNorm(k, "LayerNorm", c.y, c.mean, c.rstd, c.x, c.gamma, c.beta, c.eps, false) })
				bench("backward", func() {
					layerNormGrad(k, "LayerNormGrad", c.dx, c.dgamma, c.dbeta, c.dy, c.x, c.gamma, c.mean, c.rstd, false)
				})
			}
		}
	}
}
