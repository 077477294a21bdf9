package gradtest_test

import (
	"fmt"
	"math"

	"github.com/lanes-go/lanes/gradtest"
)

// In a test, t is the *testing.T. Here it is a stand-in that prints.
type printer struct{ name string }

func (printer) Helper()                           {}
func (p printer) Name() string                    { return p.name }
func (printer) Errorf(format string, args ...any) { fmt.Printf(format+"\n", args...) }

func ExampleCheck() {
	t := printer{"TestSoftplus"}
	softplus := func(x []float64) float64 {
		s := 0.0
		for _, v := range x {
			s += math.Max(v, 0) + math.Log1p(math.Exp(-math.Abs(v)))
		}
		return s
	}
	grad := func(dst, x []float64) {
		for i, v := range x {
			dst[i] = 1 / (1 + math.Exp(-v))
		}
	}
	ok := gradtest.Check(t, softplus, grad, []float64{-3, 0, 0.5, 20})
	fmt.Println(ok)
	// Output: true
}

func ExampleCheckVJP() {
	t := printer{"TestScale"}
	// y = w*x, where x[0] is the weight and the rest the input.
	forward := func(y, x []float64) {
		for i, v := range x[1:] {
			y[i] = x[0] * v
		}
	}
	backward := func(dx, x, dy []float64) {
		dx[0] = 0
		for i, v := range x[1:] {
			dx[0] += dy[i] * v
			dx[1+i] = dy[i] * x[0]
		}
	}
	ok := gradtest.CheckVJP(t, forward, backward, []float64{2, 0.5, -1, 3}, 3,
		gradtest.Tensor("weight"), gradtest.Tensor("input", 3))
	fmt.Println(ok)
	// Output: true
}

func ExampleLegal() {
	t := printer{"TestReLU"}
	relu := func(x []float64) float64 { return math.Max(x[0], 0) + math.Max(x[1], 0) }
	grad := func(dst, x []float64) {
		for i, v := range x {
			dst[i] = 0
			if v > 0 {
				dst[i] = 1
			}
		}
	}
	// At 0 both 0 and 1 would be slopes; this code promises 0.
	zero := gradtest.Legal(func(int) []float64 { return []float64{0} })
	fmt.Println(gradtest.Check(t, relu, grad, []float64{0, 2}, zero))
	// Output: true
}
