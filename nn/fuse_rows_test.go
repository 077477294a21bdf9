package nn_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/lanes-go/lanes/internal/layercases"
	"github.com/lanes-go/lanes/internal/steady"
	"github.com/lanes-go/lanes/nn"
	"github.com/lanes-go/lanes/tensor"
)

// TestEveryRowServes: every layer and container of the table can be fused and predicts, with
// the bits it has itself in Eval mode, and takes no memory in its steady state: not for a
// step of training either.
func TestEveryRowServes(t *testing.T) {
	for _, row := range layercases.Layers() {
		for i, shape := range row.Shapes {
			if testing.Short() && i == 2 {
				break
			}
			t.Run(fmt.Sprintf("%s/%v", row.Name, shape), func(t *testing.T) {
				testServes(t, func() nn.Layer[float64] { return row.New64(nn.New[float64](7), shape) }, shape)
				if row.New32 != nil {
					testServes(t, func() nn.Layer[float32] { return row.New32(nn.New[float32](7), shape) }, shape)
				}
			})
		}
	}
}

func testServes[T tensor.Float](t *testing.T, build func() nn.Layer[T], shape []int) {
	net := build()
	x := layercases.Targets[T](-1, 1, shape...)
	y := net.Forward(x, nn.Train) // running statistics are no longer those of the start
	dy := layercases.Targets[T](-1, 1, y.Shape()...)
	want := net.Forward(x, nn.Eval).Clone()
	same := func(how string, got *tensor.Tensor[T]) {
		t.Helper()
		if !got.SameShape(want) || !slices.Equal(got.Clone().Data(), want.Data()) {
			t.Errorf("%T, %s: %v, want %v", *new(T), how, got, want)
		}
	}
	fused := nn.Fuse(net)
	same("fused", fused.Forward(x, nn.Eval))
	p := nn.NewPredictor(net)
	dst := tensor.New[T](want.Shape()...)
	same("predicted", p.Predict(dst, x))
	within := nn.New[T](1).Sequential(build())
	within.Forward(x, nn.Train)
	same("fused in a row", nn.Fuse[T](within).Forward(x, nn.Eval))
	same("the layer itself, afterwards", net.Forward(x, nn.Eval))
	for what, f := range map[string]func(){
		"a fused pass": func() { fused.Forward(x, nn.Eval) },
		"a prediction": func() { p.Predict(dst, x) },
		"a step":       func() { net.Forward(x, nn.Train); net.Backward(dy) },
		"a pass":       func() { net.Forward(x, nn.Eval) },
	} {
		if n := steady.Allocs(5, f); n > 0 {
			t.Errorf("%T, %s: %v allocations", *new(T), what, n)
		}
	}
}
