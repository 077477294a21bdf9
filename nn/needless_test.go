package nn

import (
	"testing"

	"github.com/lanes-go/lanes/tensor"
)

// TestPReLUEvalOfAnotherRank: an Eval pass between lays slopes out for its x, and Backward
// for that of the Train pass again.
func TestPReLUEvalOfAnotherRank(t *testing.T) {
	pass := func(between bool) (dx, dw *tensor.Tensor[float32]) {
		l := New[float32](1).PReLU(3)
		copy(l.Weight.Value.Data(), []float32{0.5, -0.25, 2})
		x := tensor.New[float32](2, 3, 5)
		tensor.Uniform(x, -1, 1, 4, 4)
		l.Forward(x, Train)
		if between {
			l.Forward(tensor.New[float32](4, 3), Eval)
		}
		dx = l.Backward(x)
		if between {
			l.Forward(tensor.New[float32](4, 3), Eval)
		}
		BackwardParams(l, x)
		return dx, l.Weight.Grad
	}
	dx, dw := pass(true)
	wantDx, wantDw := pass(false)
	for i, v := range wantDx.Data() {
		if dx.Data()[i] != v {
			t.Fatalf("dx[%d] is %v, not %v", i, dx.Data()[i], v)
		}
	}
	for i, v := range wantDw.Data() {
		if dw.Data()[i] != v || v == 0 {
			t.Fatalf("the gradient of slope %d is %v, not %v", i, dw.Data()[i], v)
		}
	}
}

// TestNoNeedlessDx: where the first layer to train has its ReLU in its own pass, and where it
// has none, BackwardParams of a Sequential computes no dx of it.
func TestNoNeedlessDx(t *testing.T) {
	for _, relu := range []bool{true, false} {
		b := New[float32](1)
		first, last := b.Linear(5, 4), b.Linear(4, 3)
		net := b.Sequential(first, b.Tanh(), last)
		if relu {
			net = b.Sequential(first, b.ReLU(), last)
		}
		x := tensor.New[float32](2, 5)
		tensor.Uniform(x, -1, 1, 4, 4)
		dy := net.Forward(x, Train).Clone()
		BackwardParams(net, dy)
		if first.dx.Rank() != 0 || last.dx.Len() != 2*4 {
			t.Errorf("ReLU %v: dx of the first layer has shape %v, that of the last %v", relu, first.dx.Shape(), last.dx.Shape())
		}
		net.Backward(dy)
		if first.dx.Len() != 2*5 { // or the test looks in the wrong place
			t.Errorf("ReLU %v: dx of Backward has %d elements", relu, first.dx.Len())
		}
	}
}
