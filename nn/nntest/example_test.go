package nntest_test

import (
	"fmt"
	"strings"

	"github.com/lanes-go/lanes/nn"
	"github.com/lanes-go/lanes/nn/nntest"
	"github.com/lanes-go/lanes/tensor"
)

// Scale is a layer of one's own: y = k·x with a factor k that is learnt.
type Scale[T tensor.Float] struct {
	k     *nn.Param[T]
	x     *tensor.Tensor[T]
	y, dx tensor.Tensor[T]
	wrong bool // with a mistake in Backward, the last element left out
}

func NewScale[T tensor.Float](k T) *Scale[T] {
	p := &nn.Param[T]{Name: "k", Value: tensor.New[T](1), Grad: tensor.New[T](1)}
	p.Value.Fill(k)
	return &Scale[T]{k: p}
}

func (s *Scale[T]) Forward(x *tensor.Tensor[T], mode nn.Mode) *tensor.Tensor[T] {
	y := tensor.New[T](x.Shape()...) // the Train result must outlive an Eval pass
	if mode == nn.Train {
		s.x = x
		y = s.y.Resize(x.Shape()...)
	}
	tensor.Scale(y, s.k.Value.Data()[0], x)
	return y
}

func (s *Scale[T]) Backward(dy *tensor.Tensor[T]) *tensor.Tensor[T] {
	if !s.k.Frozen {
		s.k.Grad.Data()[0] += tensor.Dot(dy, s.x)
	}
	dx := s.dx.Resize(dy.Shape()...)
	tensor.Scale(dx, s.k.Value.Data()[0], dy)
	if s.wrong {
		dx.Data()[dx.Len()-1] = 0
	}
	return dx
}

func (s *Scale[T]) Params() []*nn.Param[T] { return []*nn.Param[T]{s.k} }

// In a test, t is the *testing.T. Here it is a stand-in that prints.
type printer struct{ name string }

func (printer) Helper()                           {}
func (p printer) Name() string                    { return p.name }
func (printer) Errorf(format string, args ...any) { fmt.Println(head(fmt.Sprintf(format, args...), 4)) }

// head is the beginning of a text.
func head(s string, lines int) string {
	all := strings.Split(s, "\n")
	return strings.Join(all[:min(lines, len(all))], "\n")
}

// A layer of one's own, checked in a test as the layers of lanes are:
//
//	func TestScale(t *testing.T) {
//		for _, shape := range [][]int{{1}, {3, 7}, {2, 5, 9}} {
//			nntest.CheckLayer(t, NewScale(3.0), shape)
//			nntest.CheckFloat32(t, NewScale(3.0), NewScale[float32](3), shape)
//		}
//	}
func ExampleCheckLayer() {
	t := printer{"TestScale"}
	for _, shape := range [][]int{{1}, {3, 7}, {2, 5, 9}} {
		fmt.Println(nntest.CheckLayer(t, NewScale(3.0), shape),
			nntest.CheckFloat32(t, NewScale(3.0), NewScale[float32](3), shape))
	}
	// Output:
	// true true
	// true true
	// true true
}

// What a test says of a layer whose Backward leaves out the last element. The number after
// # counts in x and the parameters, one after the other. The next line is the command that
// runs the test again.
func ExampleCheckLayer_failure() {
	t := printer{"TestScale"}
	scale := NewScale(3.0)
	scale.wrong = true
	nntest.CheckLayer(t, scale, []int{2, 3})
	// Output:
	// nntest: layer for x of shape [2 3]: gradients: gradient check failed: 7 of 7 entries checked, 1 wrong, seed 1
	//   x: 1 of 6 checked entries wrong
	//     entry                     analytic         numeric  relative  verdict
	//     x[1,2] #5                        0       1.5229109   1.0e+00  wrong
}

// A rectifier has a kink at 0, where this one promises the gradient 0.
func ExampleKink() {
	t := printer{"TestReLU"}
	relu := nn.New[float64](1).ReLU()
	fmt.Println(nntest.CheckLayer(t, relu, []int{3, 7}, nntest.Kink(0, 0)))
	// Output: true
}

// A loss with its labels filled in.
func ExampleCheckLoss() {
	t := printer{"TestLoss"}
	labels := []int{1, 0, 4}
	loss := func(x *tensor.Tensor[float64]) (float64, *tensor.Tensor[float64]) {
		return nn.SoftmaxCrossEntropy(x, labels)
	}
	fmt.Println(nntest.CheckLoss(t, loss, []int{3, 5}, nntest.Input(-4, 4)))
	// Output: true
}
