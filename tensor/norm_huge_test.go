package tensor

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

// widened are the numbers of x in float64.
func widened(x *Tensor[float32]) *Tensor[float64] {
	y := New[float64](x.shape...)
	for i, v := range x.data {
		y.data[i] = float64(v)
	}
	return y
}

// TestNormGradHugeMean: with a mean of two numbers, the backward passes are as accurate
// beside a huge mean as beside none. float64 tells how they should be.
func TestNormGradHugeMean(t *testing.T) {
	SetMaxThreads(1)
	defer SetMaxThreads(0)
	type grads struct {
		dx, dgamma, dbeta *Tensor[float64]
	}
	last := BatchNormPyTorch()
	last.ChannelsLast = true
	for _, mean := range []float64{0, 1e4, -3e5, 1e7} {
		for _, shape := range [][]int{{40, 6}, {5, 6, 9, 7}, {500, 3}, {2, 4, 3000}} {
			r := rand.New(rand.NewPCG(47, uint64(len(shape))))
			x, dy := randomTensor[float32](r, shape...), randomTensor[float32](r, shape...)
			for i := range x.data {
				x.data[i] = float32(mean) + 8*x.data[i]
			}
			channels := shape[1]
			check := func(op string, run32 func(dx, dgamma, dbeta *Tensor[float32]), run64 func(dx, dgamma, dbeta *Tensor[float64]), columns int) {
				dx, dgamma, dbeta := New[float32](shape...), New[float32](columns), New[float32](columns)
				run32(dx, dgamma, dbeta)
				want := grads{New[float64](shape...), New[float64](columns), New[float64](columns)}
				run64(want.dx, want.dgamma, want.dbeta)
				for name, pair := range map[string][2]*Tensor[float64]{"dx": {widened(dx), want.dx}, "dgamma": {widened(dgamma), want.dgamma}, "dbeta": {widened(dbeta), want.dbeta}} {
					worst, most := 0.0, 0.0
					for i, v := range pair[1].data {
						worst, most = max(worst, math.Abs(pair[0].data[i]-v)), max(most, math.Abs(v))
					}
					if !(worst <= 3e-6*max(most, 1)) {
						t.Errorf("%s, mean %v, %v: %s off by %v of %v", op, mean, shape, name, worst, most)
					}
				}
			}
			for _, o := range []BatchNormOptions{BatchNormPyTorch(), last} {
				c := channels
				if o.ChannelsLast {
					c = shape[len(shape)-1]
				}
				g := randomTensor[float32](r, c)
				check(fmt.Sprint("BatchNormGrad ", o.ChannelsLast), func(dx, dgamma, dbeta *Tensor[float32]) {
					m, s := New[float32](2, c), New[float32](c)
					BatchNorm(New[float32](shape...), m, s, nil, nil, x, g, nil, o)
					BatchNormGrad(dx, dgamma, dbeta, dy, x, nil, g, m, s, o)
				}, func(dx, dgamma, dbeta *Tensor[float64]) {
					m, s := New[float64](2, c), New[float64](c)
					BatchNorm(New[float64](shape...), m, s, nil, nil, widened(x), widened(g), nil, o)
					BatchNormGrad(dx, dgamma, dbeta, widened(dy), widened(x), nil, widened(g), m, s, o)
				}, c)
			}
			n := shape[len(shape)-1]
			rows := x.Len() / n
			row := randomTensor[float32](r, n)
			check("LayerNormGrad", func(dx, dgamma, dbeta *Tensor[float32]) {
				m, s := New[float32](2, rows), New[float32](rows)
				LayerNorm(New[float32](shape...), m, s, x, row, nil, 1e-5)
				LayerNormGrad(dx, dgamma, dbeta, dy, x, row, m, s)
			}, func(dx, dgamma, dbeta *Tensor[float64]) {
				m, s := New[float64](2, rows), New[float64](rows)
				LayerNorm(New[float64](shape...), m, s, widened(x), widened(row), nil, 1e-5)
				LayerNormGrad(dx, dgamma, dbeta, widened(dy), widened(x), widened(row), m, s)
			}, n)
			g := randomTensor[float32](r, channels)
			check("GroupNormGrad", func(dx, dgamma, dbeta *Tensor[float32]) {
				m, s := New[float32](2, shape[0]), New[float32](shape[0])
				GroupNorm(New[float32](shape...), m, s, x, g, nil, 1, 1e-5)
				GroupNormGrad(dx, dgamma, dbeta, dy, x, g, m, s, 1)
			}, func(dx, dgamma, dbeta *Tensor[float64]) {
				m, s := New[float64](2, shape[0]), New[float64](shape[0])
				GroupNorm(New[float64](shape...), m, s, widened(x), widened(g), nil, 1, 1e-5)
				GroupNormGrad(dx, dgamma, dbeta, widened(dy), widened(x), widened(g), m, s, 1)
			}, channels)
		}
	}
}

// TestTwoMeans: the first row of a mean of two is the mean of one, and where rounding
// takes nothing from it the gradients have the same bits.
func TestTwoMeans(t *testing.T) {
	x := From([]float32{1, 3, 5, 7, -2, 2, 4, 8}, 4, 2)
	dy := From([]float32{1, -1, 2, 0.5, 3, 1, -4, 2}, 4, 2)
	one, two, s := New[float32](2), New[float32](2, 2), New[float32](2)
	y, o := New[float32](4, 2), BatchNormPyTorch()
	BatchNorm(y, one, s, nil, nil, x, nil, nil, o)
	BatchNorm(y, two, s, nil, nil, x, nil, nil, o)
	wantSame(t, "mean", two.Select(0, 0), one)
	wantSame(t, "rest", two.Select(0, 1), New[float32](2))
	dx, dx2 := New[float32](4, 2), New[float32](4, 2)
	BatchNormGrad(dx, nil, nil, dy, x, nil, nil, one, s, o)
	BatchNormGrad(dx2, nil, nil, dy, x, nil, nil, two, s, o)
	wantSame(t, "dx", dx2, dx)
	shapePanic(t, "BatchNorm", func() { BatchNorm(y, New[float32](3, 2), s, nil, nil, x, nil, nil, o) })
	shapePanic(t, "BatchNormInferenceGrad", func() { BatchNormInferenceGrad(dx, nil, nil, dy, x, nil, nil, two, s, o) })
	shapePanic(t, "LayerNorm", func() { LayerNorm(y, New[float32](3, 4), nil, x, one, nil, 1e-5) })
}
