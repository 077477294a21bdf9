package tensor

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/lanes-go/lanes/asm"
	"github.com/lanes-go/lanes/internal/steady"
)

// TestBatchNormHugeMean: a mean huge beside the spread costs y nothing.
func TestBatchNormHugeMean(t *testing.T) {
	r := rand.New(rand.NewPCG(45, 0))
	for _, last := range []bool{false, true} {
		for _, mean := range []float64{1e4, -3e5, 1e6} {
			o := BatchNormPyTorch()
			o.ChannelsLast = last
			b := newBNCase[float32](r, o, mean, 40, 3, 30, 20)
			if last {
				b = newBNCase[float32](r, o, mean, 40, 30, 20, 3)
			}
			b.run(asm.Active[float32](), New[float32])
			near(t, fmt.Sprint("y, mean ", mean), b.y, specBatchNorm(b).y, 3e-6, 1)
			// A constant channel gives beta.
			b.x.Fill(float32(mean) / 7)
			BatchNorm(b.y, b.mean, b.rstd, nil, nil, b.x, b.gamma, b.beta, o)
			for c, places := range channelsOf(b.x.shape, last) {
				for _, i := range places {
					if b.y.data[i] != b.beta.data[c] {
						t.Fatalf("constant %v: y = %v, want beta %v", b.x.data[i], b.y.data[i], b.beta.data[c])
					}
				}
			}
		}
	}
}

// TestBatchNormProperties: per channel Σ dx = 0 and Σ dx*xh = 0; a constant added to x
// changes nothing, nor does a scale, up to eps.
func TestBatchNormProperties(t *testing.T) {
	r := rand.New(rand.NewPCG(46, 0))
	o := BatchNormPyTorch()
	o.Eps = 1e-12
	for _, shape := range [][]int{{30, 7}, {6, 4, 5, 9}} {
		b := newBNCase[float64](r, o, 0, shape...)
		b.run(asm.Active[float64](), New[float64])
		for c, places := range channelsOf(shape, false) {
			var sum, sumXH float64
			for _, i := range places {
				sum += b.dx.data[i]
				sumXH += b.dx.data[i] * (b.x.data[i] - b.mean.data[c]) * b.rstd.data[c]
			}
			if math.Abs(sum) > 1e-12 || math.Abs(sumXH) > 1e-10 {
				t.Errorf("%v, channel %d: sums %v and %v, want 0", shape, c, sum, sumXH)
			}
		}
		moved := New[float64](shape...)
		y := New[float64](shape...)
		for _, move := range [][2]float64{{1, 100}, {8, 0}, {0.5, -3}} {
			for i, v := range b.x.data {
				moved.data[i] = move[0]*v + move[1]
			}
			BatchNorm(y, nil, nil, nil, nil, moved, b.gamma, b.beta, o)
			near(t, "y of moved x", y, b.y.data, 1e-10, 1)
		}
	}
}

// TestBatchNormNaN: a NaN spoils its channel and nothing else, the running statistics
// for good.
func TestBatchNormNaN(t *testing.T) {
	r := rand.New(rand.NewPCG(47, 0))
	for _, bad := range []float32{float32(math.NaN()), float32(math.Inf(1)), float32(math.Inf(-1))} {
		b := newBNCase[float32](r, BatchNormPyTorch(), 0, 3, 4, 5)
		clean := b.clone()
		clean.run(asm.Active[float32](), New[float32])
		b.x.Set(bad, 1, 2, 3)
		b.run(asm.Active[float32](), New[float32])
		for i, v := range b.y.data {
			if c := i / 5 % 4; c == 2 && v == v || c != 2 && v != clean.y.data[i] {
				t.Errorf("%v in channel 2: y[%d] = %v, without it %v", bad, i, v, clean.y.data[i])
			}
		}
		for c, v := range b.runVar.data {
			if m := b.runMean.data[c]; c == 2 && v == v || c != 2 && (v != clean.runVar.data[c] || m != clean.runMean.data[c]) {
				t.Errorf("%v in channel 2: running statistics of %d are %v, %v", bad, c, m, v)
			}
		}
	}
}

func TestBatchNormEdges(t *testing.T) {
	r := rand.New(rand.NewPCG(48, 0))
	// An empty batch.
	b := newBNCase[float32](r, BatchNormPyTorch(), 0, 0, 3, 4)
	old := b.clone()
	b.runMean.Fill(7)
	b.y, b.mean, b.rstd = New[float32](0, 3, 4), New[float32](3).Fill(9), New[float32](3).Fill(9)
	b.dx, b.dgamma, b.dbeta = New[float32](0, 3, 4), New[float32](3).Fill(9), New[float32](3).Fill(9)
	BatchNorm(b.y, b.mean, b.rstd, b.runMean, b.runVar, b.x, b.gamma, b.beta, b.o)
	BatchNormGrad(b.dx, b.dgamma, b.dbeta, b.dy, b.x, nil, b.gamma, b.mean, b.rstd, b.o)
	wantSame(t, "running variance of an empty batch", b.runVar, old.runVar)
	for i := range 3 {
		if b.runMean.data[i] != 7 || b.mean.data[i] != 0 || b.rstd.data[i] != 0 || b.dgamma.data[i] != 0 || b.dbeta.data[i] != 0 {
			t.Errorf("empty batch: running mean %v, mean %v, rstd %v, dgamma %v, dbeta %v", b.runMean, b.mean, b.rstd, b.dgamma, b.dbeta)
		}
	}
	// No channels.
	BatchNorm(New[float32](4, 0, 2), New[float32](0), New[float32](0), nil, nil, New[float32](4, 0, 2), nil, nil, b.o)
	// Misuse.
	x, v := New[float32](4, 3, 2), New[float32](3)
	y, o, last := New[float32](4, 3, 2), b.o, b.o
	last.ChannelsLast = true
	relu := b.o
	relu.ReLU = true
	for _, f := range []func(){
		func() { BatchNorm(New[float32](1, 3), v, v.Clone(), nil, nil, New[float32](1, 3), nil, nil, o) },
		func() { BatchNorm(New[float32](1, 3, 1), v, v.Clone(), nil, nil, New[float32](1, 3, 1), nil, nil, o) },
		func() { BatchNorm(New[float32](3), v, v.Clone(), nil, nil, New[float32](3), nil, nil, o) },
		func() { BatchNorm(New[float32](4, 3), v, v.Clone(), nil, nil, x, nil, nil, o) },
		func() { BatchNorm(y, v, v.Clone(), nil, nil, x, nil, nil, last) },
		func() { BatchNorm(y, v, v, nil, nil, x, nil, nil, o) },
		func() { BatchNorm(y, New[float32](4), nil, nil, nil, x, nil, nil, o) },
		func() { BatchNorm(y, nil, nil, nil, New[float32](3, 1), x, nil, nil, o) },
		func() { BatchNorm(y, nil, nil, nil, nil, x, New[float32](2), nil, o) },
		func() { BatchNorm(y, nil, nil, nil, nil, x, nil, New[float32](2), o) },
	} {
		shapePanic(t, "BatchNorm", f)
	}
	m := arange(5, 3)
	head, tail := m.Narrow(0, 0, 4), m.Narrow(0, 1, 4)
	shapePanic(t, "BatchNorm", func() { BatchNorm(head, nil, nil, nil, nil, tail, nil, nil, o) })
	shapePanic(t, "BatchNormInference", func() { BatchNormInference(y, x, nil, nil, nil, v, o) })
	shapePanic(t, "BatchNormInference", func() { BatchNormInference(head, tail, nil, nil, v, v, o) })
	shapePanic(t, "BatchNormGrad", func() { BatchNormGrad(y, nil, nil, New[float32](4, 3), x, nil, nil, v, v, o) })
	shapePanic(t, "BatchNormGrad", func() { BatchNormGrad(y, nil, nil, y, x, nil, nil, v, v, relu) })
	shapePanic(t, "BatchNormGrad", func() { BatchNormGrad(y, v, v, x, x, nil, nil, v.Clone(), v.Clone(), o) })
	shapePanic(t, "BatchNormGrad", func() { BatchNormGrad(y, nil, nil, x, x, nil, nil, v, nil, o) })
	shapePanic(t, "BatchNormGrad", func() { BatchNormGrad(head, nil, nil, tail, New[float32](4, 3), nil, nil, v, v, o) })
	shapePanic(t, "BatchNormInferenceGrad", func() { BatchNormInferenceGrad(y, nil, New[float32](2), x, x, nil, nil, v, v, o) })
}

func TestBatchNormAllocates(t *testing.T) {
	r := rand.New(rand.NewPCG(49, 0))
	for _, shape := range [][]int{{64, 300}, {3000, 20}, {8, 16, 9, 9}, {8, 2, 100, 100}} {
		b := newBNCase[float32](r, BatchNormPyTorch(), 0, shape...)
		b.run(asm.Active[float32](), New[float32])
		if n := steady.Allocs(20, func() {
			BatchNorm(b.y, b.mean, b.rstd, b.runMean, b.runVar, b.x, b.gamma, b.beta, b.o)
			BatchNormGrad(b.dx, b.dgamma, b.dbeta, b.dy, b.x, nil, b.gamma, b.mean, b.rstd, b.o)
			BatchNormInference(b.y, b.x, b.gamma, b.beta, b.runMean, b.runVar, b.o)
			BatchNormInferenceGrad(b.dx, b.dgamma, b.dbeta, b.dy, b.x, nil, b.gamma, b.runMean, b.runVar, b.o)
		}); n != 0 {
			t.Errorf("%v: %v allocations", shape, n)
		}
	}
}
