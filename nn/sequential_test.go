package nn

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/lanes-go/lanes/tensor"
)

// absorbers are the layers that do a ReLU behind them in their own pass.
var absorbers = map[string]func(b *Builder[float32]) (Layer[float32], []int){
	"Linear":           func(b *Builder[float32]) (Layer[float32], []int) { return b.Linear(37, 19), []int{23, 37} },
	"BatchNorm1d":      func(b *Builder[float32]) (Layer[float32], []int) { return b.BatchNorm1d(37), []int{23, 37} },
	"BatchNorm2d":      func(b *Builder[float32]) (Layer[float32], []int) { return b.BatchNorm2d(5), []int{3, 5, 3, 7} },
	"BatchNorm, plain": func(b *Builder[float32]) (Layer[float32], []int) { return b.BatchNorm1d(37).NoAffine(), []int{23, 37} },
}

// TestFusedReLU: a layer and a ReLU in a Sequential give the bits of one after the other,
// forward and backward, and the gradients too.
func TestFusedReLU(t *testing.T) {
	for name, build := range absorbers {
		t.Run(name, func(t *testing.T) {
			b, c := New[float32](3), New[float32](3)
			l, shape := build(b)
			k, _ := build(c)
			net, relu := b.Sequential(l, b.ReLU()), c.ReLU()
			if net.steps[0].relu == nil || len(net.steps) != 1 {
				t.Fatal("not fused")
			}
			r := rand.New(rand.NewPCG(7, 1))
			for _, p := range l.Params() { // no zeros, no ones
				for i := range p.Value.Data() {
					p.Value.Data()[i] += float32(r.NormFloat64()) * 0.1
				}
			}
			for i, p := range k.Params() {
				p.Value.CopyFrom(l.Params()[i].Value)
			}
			same := func(what string, got, want *tensor.Tensor[float32]) {
				t.Helper()
				if !slices.Equal(got.Shape(), want.Shape()) || !slices.Equal(got.Data(), want.Data()) {
					t.Errorf("%s: %v, want %v", what, got, want)
				}
			}
			for pass := range 2 {
				x := random[float32](r, shape...)
				same("eval", net.Forward(x, Eval), relu.Forward(k.Forward(x, Eval), Eval))
				same("train", net.Forward(x, Train), relu.Forward(k.Forward(x, Train), Train))
				dy := random[float32](r, net.Forward(x, Eval).Shape()...)
				if pass == 0 {
					same("dx", net.Backward(dy), k.Backward(relu.Backward(dy)))
				} else {
					BackwardParams(net, dy)
					BackwardParams(k, relu.Backward(dy))
				}
				for i, p := range l.Params() {
					same(p.Name, p.Grad, k.Params()[i].Grad)
				}
			}
			same("eval after training", net.Forward(random[float32](rand.New(rand.NewPCG(9, 9)), shape...), Eval),
				relu.Forward(k.Forward(random[float32](rand.New(rand.NewPCG(9, 9)), shape...), Eval), Eval))
		})
	}
}

// BackwardParams of a Linear and a ReLU in one pass leaves the gradient of x out.
func TestFusedParamsOnly(t *testing.T) {
	b := New[float32](1)
	l := b.Linear(3, 4)
	net := b.Sequential(l, b.ReLU())
	net.Forward(tensor.New[float32](2, 3), Train)
	BackwardParams[float32](net, tensor.New[float32](2, 4).Fill(1))
	if l.dx.Rank() != 0 {
		t.Error("the gradient of x was found for nobody")
	}
}
