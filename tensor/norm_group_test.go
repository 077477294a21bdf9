package tensor

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/lanes-go/lanes/asm"
	"github.com/lanes-go/lanes/internal/steady"
)

// gnCase is a group norm with everything it reads and writes.
type gnCase[T Float] struct {
	groups             int
	eps                float64
	x, gamma, beta, dy *Tensor[T]
	y, mean, rstd      *Tensor[T]
	dx, dgamma, dbeta  *Tensor[T]
}

func newGNCase[T Float](r *rand.Rand, groups int, mean float64, shape ...int) *gnCase[T] {
	g := &gnCase[T]{groups: groups, eps: 1e-5, x: randomTensor[T](r, shape...), gamma: randomTensor[T](r, shape[1]), beta: randomTensor[T](r, shape[1]), dy: randomTensor[T](r, shape...)}
	for i := range g.x.data {
		g.x.data[i] += T(mean)
	}
	return g
}

func (g *gnCase[T]) run(k *asm.Kernels[T], make func(shape ...int) *Tensor[T]) *gnCase[T] {
	c := *g
	c.y, c.mean, c.rstd = make(c.x.shape...), make(c.x.shape[0], c.groups), make(c.x.shape[0], c.groups)
	c.dx, c.dgamma, c.dbeta = make(c.x.shape...), make(c.x.shape[1]), make(c.x.shape[1])
	groupNorm(k, "GroupNorm", c.y, c.mean, c.rstd, c.x, c.gamma, c.beta, c.groups, c.eps)
	groupNormGrad(k, "GroupNormGrad", c.dx, c.dgamma, c.dbeta, c.dy, c.x, c.gamma, c.mean, c.rstd, c.groups)
	return &c
}

func (g *gnCase[T]) wantEqual(t *testing.T, what string, want *gnCase[T]) {
	t.Helper()
	wantSame(t, what+": y", g.y, want.y)
	wantSame(t, what+": mean", g.mean, want.mean)
	wantSame(t, what+": rstd", g.rstd, want.rstd)
	wantSame(t, what+": dx", g.dx, want.dx)
	wantSame(t, what+": dgamma", g.dgamma, want.dgamma)
	wantSame(t, what+": dbeta", g.dbeta, want.dbeta)
}

// specGroupNorm are the formulas in float64: the group of an element is that of its n and
// of its channel.
func specGroupNorm[T Float](g *gnCase[T]) (y, dx, dgamma, dbeta []float64, greatest float64) {
	c := g.x.shape[1]
	inner := 1
	for _, d := range g.x.shape[2:] {
		inner *= d
	}
	groups := map[[2]int][]int{}
	channel := func(i int) int { return i / inner % c }
	for i := range g.x.data {
		key := [2]int{i / inner / c, channel(i) / (c / g.groups)}
		groups[key] = append(groups[key], i)
	}
	y, dx, dgamma, dbeta = make([]float64, len(g.x.data)), make([]float64, len(g.x.data)), make([]float64, c), make([]float64, c)
	for _, places := range groups {
		n, mean, m2 := float64(len(places)), 0.0, 0.0
		for _, i := range places {
			mean += float64(g.x.data[i]) / n
		}
		for _, i := range places {
			m2 += (float64(g.x.data[i]) - mean) * (float64(g.x.data[i]) - mean)
		}
		rstd := 1 / math.Sqrt(m2/n+g.eps)
		greatest = math.Max(greatest, rstd)
		var sg, sgx float64
		for _, i := range places {
			xh, gamma, dy := (float64(g.x.data[i])-mean)*rstd, float64(g.gamma.data[channel(i)]), float64(g.dy.data[i])
			y[i] = xh*gamma + float64(g.beta.data[channel(i)])
			dgamma[channel(i)] += dy * xh
			dbeta[channel(i)] += dy
			sg += dy * gamma / n
			sgx += dy * gamma * xh / n
		}
		for _, i := range places {
			xh, gamma, dy := (float64(g.x.data[i])-mean)*rstd, float64(g.gamma.data[channel(i)]), float64(g.dy.data[i])
			dx[i] = rstd * (dy*gamma - sg - xh*sgx)
		}
	}
	return y, dx, dgamma, dbeta, greatest
}

func testGroupNorm[T Float](t *testing.T, tol float64) {
	r := rand.New(rand.NewPCG(61, 0))
	for _, s := range []struct {
		groups int
		shape  []int
	}{{1, []int{2, 3}}, {2, []int{5, 6}}, {1, []int{1, 1, 2}}, {3, []int{3, 6, 5, 7}}, {6, []int{3, 6, 5, 7}}, {4, []int{2, 8, 65, 33}}, {2, []int{9, 4, 130, 129}}, {8, []int{70, 16, 3}}} {
		if testing.Short() && s.shape[0]*s.shape[1] > 40 {
			continue
		}
		t.Run(fmt.Sprintf("%d groups of %v", s.groups, s.shape), func(t *testing.T) {
			first := newGNCase[T](r, s.groups, 0, s.shape...)
			c := first.run(asm.Tables[T]()[0], New[T])
			y, dx, dgamma, dbeta, scale := specGroupNorm(c)
			near(t, "y", c.y, y, tol, 1)
			near(t, "dx", c.dx, dx, 4*tol, scale)
			near(t, "dgamma", c.dgamma, dgamma, 8*tol, 1)
			near(t, "dbeta", c.dbeta, dbeta, 8*tol, 1)
			for _, k := range asm.Tables[T]()[1:] {
				first.run(k, New[T]).wantEqual(t, "isa="+k.ISA, c)
			}
			k := asm.Active[T]()
			for _, threads := range []int{1, 2, 7} {
				old := SetMaxThreads(threads)
				first.run(k, New[T]).wantEqual(t, fmt.Sprint(threads, " threads"), c)
				SetMaxThreads(old)
			}
			for layout := range layouts {
				got := *first
				got.x, got.dy, got.gamma, got.beta = viewOf(r, layout, got.x), viewOf(r, layout, got.dy), viewOf(r, layout, got.gamma), viewOf(r, layout, got.beta)
				got.run(k, func(shape ...int) *Tensor[T] { return randomView[T](r, layout, shape...) }).wantEqual(t, fmt.Sprint("layout ", layout), c)
			}
			x := c.x.Clone()
			GroupNorm(x, nil, nil, x, c.gamma, c.beta, c.groups, c.eps)
			wantSame(t, "y in place", x, c.y)
			for i, dx := range []*Tensor[T]{c.dy.Clone(), c.x.Clone()} {
				in := []*Tensor[T]{c.dy, c.x}
				in[i] = dx
				GroupNormGrad(dx, nil, nil, in[0], in[1], c.gamma, c.mean, c.rstd, c.groups)
				wantSame(t, fmt.Sprint("dx in place of ", i), dx, c.dx)
			}
			// One n alone.
			one := &gnCase[T]{groups: c.groups, eps: c.eps, x: c.x.Narrow(0, s.shape[0]-1, 1), gamma: c.gamma, beta: c.beta, dy: c.dy.Narrow(0, s.shape[0]-1, 1)}
			one = one.run(k, New[T])
			wantSame(t, "y of one n alone", one.y, c.y.Narrow(0, s.shape[0]-1, 1))
			wantSame(t, "dx of one n alone", one.dx, c.dx.Narrow(0, s.shape[0]-1, 1))
		})
	}
}

func TestGroupNorm(t *testing.T) {
	t.Run("f32", func(t *testing.T) { testGroupNorm[float32](t, 3e-6) })
	t.Run("f64", func(t *testing.T) { testGroupNorm[float64](t, 1e-14) })
}

func TestGroupNormProperties(t *testing.T) {
	r := rand.New(rand.NewPCG(62, 0))
	for _, mean := range []float64{1e4, 1e6} {
		c := newGNCase[float32](r, 3, mean, 2, 6, 40, 9).run(asm.Active[float32](), New[float32])
		y, _, _, _, _ := specGroupNorm(c)
		near(t, fmt.Sprint("y, mean ", mean), c.y, y, 3e-6, 1)
	}
	// A group of one value gives beta.
	c := newGNCase[float32](r, 2, 0, 3, 4, 50)
	c.x.Fill(1e6 / 7)
	c = c.run(asm.Active[float32](), New[float32])
	for i, v := range c.y.data {
		if v != c.beta.data[i/50%4] {
			t.Fatalf("constant: y[%d] = %v, want beta", i, v)
		}
	}
	// Instance norm is group norm with as many groups as channels; one group of all with
	// one gamma is layer norm, up to rounding.
	d := newGNCase[float64](r, 4, 0, 3, 4, 5)
	g := d.run(asm.Active[float64](), New[float64])
	y, mean, rstd := New[float64](3, 4, 5), New[float64](3, 4), New[float64](12)
	dx, dgamma, dbeta := New[float64](3, 4, 5), New[float64](4), New[float64](4)
	InstanceNorm(y, mean, rstd, d.x, d.gamma, d.beta, d.eps)
	InstanceNormGrad(dx, dgamma, dbeta, d.dy, d.x, d.gamma, mean, rstd)
	wantSame(t, "InstanceNorm", y, g.y)
	wantSame(t, "InstanceNormGrad", dx, g.dx)
	wantSame(t, "InstanceNormGrad, dgamma", dgamma, g.dgamma)
	wantSame(t, "InstanceNormGrad, dbeta", dbeta, g.dbeta)
	GroupNorm(y, nil, nil, d.x, nil, nil, 1, d.eps)
	z := New[float64](3, 4, 5)
	LayerNorm(z, nil, nil, d.x, New[float64](4, 5).Fill(1), nil, d.eps)
	near(t, "one group", y, z.data, 1e-14, 1)
}

func TestGroupNormEdges(t *testing.T) {
	x, y, v, m := New[float32](2, 6, 3), New[float32](2, 6, 3), New[float32](6), New[float32](2, 3)
	GroupNorm(New[float32](0, 6, 3), New[float32](0), nil, New[float32](0, 6, 3), v, v, 3, 1e-5)
	GroupNorm(New[float32](2, 6, 0), m.Fill(4), nil, New[float32](2, 6, 0), v, v, 3, 1e-5)
	wantSame(t, "means of nothing", m, New[float32](2, 3))
	dg := New[float32](6).Fill(3)
	GroupNormGrad(New[float32](2, 6, 0), dg, nil, New[float32](2, 6, 0), New[float32](2, 6, 0), v, m, m, 3)
	wantSame(t, "dgamma of nothing", dg, New[float32](6))
	InstanceNorm(New[float32](2, 0, 3), nil, nil, New[float32](2, 0, 3), nil, nil, 1e-5)
	for _, f := range []func(){
		func() { GroupNorm(y, nil, nil, x, v, v, 4, 1e-5) },
		func() { GroupNorm(y, nil, nil, x, v, v, 0, 1e-5) },
		func() { GroupNorm(y, nil, nil, x, v, v, -1, 1e-5) },
		func() { GroupNorm(y, m, m, x, v, v, 3, 1e-5) },
		func() { GroupNorm(y, v, nil, x, v, v, 2, 1e-5) },
		func() { GroupNorm(y, nil, nil, x, New[float32](5), v, 3, 1e-5) },
		func() { GroupNorm(y, nil, nil, New[float32](2, 6), v, v, 3, 1e-5) },
		func() { GroupNorm(New[float32](6), nil, nil, New[float32](6), v, v, 3, 1e-5) },
	} {
		shapePanic(t, "GroupNorm", f)
	}
	shapePanic(t, "InstanceNorm", func() { InstanceNorm(New[float32](6), nil, nil, New[float32](6), v, v, 1e-5) })
	shapePanic(t, "InstanceNorm", func() { InstanceNorm(y, m, nil, x, v, v, 1e-5) })
	shapePanic(t, "GroupNormGrad", func() { GroupNormGrad(y, nil, nil, New[float32](2, 6), x, v, m, m, 3) })
	shapePanic(t, "GroupNormGrad", func() { GroupNormGrad(y, nil, nil, x, x, v, nil, m, 3) })
	shapePanic(t, "GroupNormGrad", func() { GroupNormGrad(y, New[float32](5), nil, x, x, v, m, m, 3) })
	shapePanic(t, "InstanceNormGrad", func() { InstanceNormGrad(y, v, v, x, x, v, New[float32](2, 6), New[float32](2, 6)) })
}

func TestGroupNormAllocates(t *testing.T) {
	r := rand.New(rand.NewPCG(63, 0))
	c := newGNCase[float32](r, 4, 0, 8, 16, 30, 30).run(asm.Active[float32](), New[float32])
	if n := steady.Allocs(20, func() {
		GroupNorm(c.y, c.mean, c.rstd, c.x, c.gamma, c.beta, c.groups, c.eps)
		GroupNormGrad(c.dx, c.dgamma, c.dbeta, c.dy, c.x, c.gamma, c.mean, c.rstd, c.groups)
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// TestShortPlanes: what is done together gives the bits of each channel, group or row alone.
func TestShortPlanes(t *testing.T) {
	t.Run("f32", testShortPlanes[float32])
	t.Run("f64", testShortPlanes[float64])
}

func testShortPlanes[T Float](t *testing.T) {
	r := rand.New(rand.NewPCG(56, 0))
	for _, shape := range [][]int{{5, 24, 3, 3}, {2, 8, 7, 7}, {3, 6, 2, 1}, {4, 4, 16, 16}, {7, 12, 1, 5}, {1, 3, 4}} {
		x, dy := randomize(r, New[T](shape...)), randomize(r, New[T](shape...))
		x.data[len(x.data)/2] = T(math.NaN())
		x.data[0] = T(math.Inf(1))
		c := shape[1]
		gamma, beta := randomize(r, New[T](c)), randomize(r, New[T](c))
		last := randomize(r, New[T](shape[len(shape)-1]))
		results := func(threads int) (all []*Tensor[T]) {
			defer SetMaxThreads(SetMaxThreads(threads))
			out := func(shape ...int) *Tensor[T] {
				all = append(all, New[T](shape...))
				return all[len(all)-1]
			}
			for _, relu := range []bool{false, true} {
				o := BatchNormOptions{Eps: 1e-5, Momentum: 0.1, ReLU: relu}
				y, mean, rstd := out(shape...), out(c), out(c)
				BatchNorm(y, mean, rstd, nil, nil, x, gamma, beta, o)
				BatchNormGrad(out(shape...), out(c), out(c), dy, x, y, gamma, mean, rstd, o)
			}
			for groups := 1; groups <= c; groups++ {
				if c%groups == 0 {
					GroupNorm(out(shape...), out(shape[0], groups), out(shape[0], groups), x, gamma, beta, groups, 1e-5)
				}
			}
			rows := x.Len() / last.Len()
			LayerNorm(out(shape...), out(rows), out(rows), x, last, nil, 1e-5)
			RMSNorm(out(shape...), out(rows), x, last, 1e-5)
			return all
		}
		for _, threads := range []int{1, 3} {
			got := results(threads)
			old := shortPlane
			shortPlane = -1
			want := results(1)
			shortPlane = old
			for i := range got {
				equalTensors(t, fmt.Sprintf("%v, result %d, %d threads", shape, i, threads), got[i], want[i])
			}
		}
	}
}
