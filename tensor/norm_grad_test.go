package tensor_test

import (
	"fmt"
	"testing"

	"github.com/lanes-go/lanes/internal/gradcheck"
	"github.com/lanes-go/lanes/tensor"
)

// normGrads are normalizations as functions of x, gamma and beta, and their backward
// passes. size is the number of elements of gamma.
var normGrads = []struct {
	name     string
	size     func(shape []int) int
	forward  func(y, x, gamma, beta mat)
	backward func(dx, dgamma, dbeta, dy, x, y, gamma, beta mat)
}{
	batchNormGradCase("BatchNorm", tensor.BatchNormPyTorch()),
	batchNormGradCase("BatchNorm, channels last", tensor.BatchNormOptions{Eps: 1e-3, ChannelsLast: true}),
	batchNormGradCase("BatchNorm with ReLU", tensor.BatchNormOptions{Eps: 1e-5, ReLU: true}),
	frozenGradCase("BatchNormInference", tensor.BatchNormKeras()),
	frozenGradCase("BatchNormInference with ReLU", tensor.BatchNormOptions{Eps: 1e-5, ReLU: true}),
	{"LayerNorm", lastAxis,
		func(y, x, gamma, beta mat) { tensor.LayerNorm(y, nil, nil, x, gamma, beta, 1e-5) },
		func(dx, dgamma, dbeta, dy, x, y, gamma, beta mat) {
			mean, rstd := rowStatistics(x)
			tensor.LayerNorm(y, mean, rstd, x, gamma, beta, 1e-5)
			tensor.LayerNormGrad(dx, dgamma, dbeta, dy, x, gamma, mean, rstd)
		}},
	{"GroupNorm", func(shape []int) int { return shape[1] },
		func(y, x, gamma, beta mat) { tensor.GroupNorm(y, nil, nil, x, gamma, beta, groupsOf(x), 1e-5) },
		func(dx, dgamma, dbeta, dy, x, y, gamma, beta mat) {
			mean, rstd := tensor.New[float64](x.Dim(0), groupsOf(x)), tensor.New[float64](x.Dim(0), groupsOf(x))
			tensor.GroupNorm(y, mean, rstd, x, gamma, beta, groupsOf(x), 1e-5)
			tensor.GroupNormGrad(dx, dgamma, dbeta, dy, x, gamma, mean, rstd, groupsOf(x))
		}},
	lrnGradCase("LRN", tensor.LRNOptions{Size: 3, K: 1, Alpha: 2, Beta: 0.75}),
	lrnGradCase("LRN, beta 0.6", tensor.LRNOptions{Size: 4, K: 1.5, Alpha: 1, Beta: 0.6}),
	{"RMSNorm", lastAxis,
		func(y, x, gamma, beta mat) { tensor.RMSNorm(y, nil, x, gamma, 1e-5) },
		func(dx, dgamma, dbeta, dy, x, y, gamma, beta mat) {
			_, rstd := rowStatistics(x)
			tensor.RMSNorm(y, rstd, x, gamma, 1e-5)
			tensor.RMSNormGrad(dx, dgamma, dy, x, gamma, rstd)
			dbeta.Fill(0)
		}},
}

type normGradCase = struct {
	name     string
	size     func(shape []int) int
	forward  func(y, x, gamma, beta mat)
	backward func(dx, dgamma, dbeta, dy, x, y, gamma, beta mat)
}

func lastAxis(shape []int) int { return shape[len(shape)-1] }

// lrnGradCase has no use for gamma and beta.
func lrnGradCase(name string, o tensor.LRNOptions) normGradCase {
	return normGradCase{name, func([]int) int { return 1 },
		func(y, x, gamma, beta mat) { tensor.LRN(y, x, o) },
		func(dx, dgamma, dbeta, dy, x, y, gamma, beta mat) {
			tensor.LRNGrad(dx, dy, x, o)
			dgamma.Fill(0)
			dbeta.Fill(0)
		}}
}

// groupsOf is two groups, where the channels are an even number.
func groupsOf(x mat) int { return 2 - x.Dim(1)%2 }

// rowStatistics are tensors for the statistics of rows along the last axis.
func rowStatistics(x mat) (mean, rstd mat) {
	lead := x.Shape()[:x.Rank()-1]
	return tensor.New[float64](lead...), tensor.New[float64](lead...)
}

func channels(o tensor.BatchNormOptions) func(shape []int) int {
	return func(shape []int) int {
		if o.ChannelsLast {
			return shape[len(shape)-1]
		}
		return shape[1]
	}
}

func batchNormGradCase(name string, o tensor.BatchNormOptions) normGradCase {
	return normGradCase{name, channels(o),
		func(y, x, gamma, beta mat) { tensor.BatchNorm(y, nil, nil, nil, nil, x, gamma, beta, o) },
		func(dx, dgamma, dbeta, dy, x, y, gamma, beta mat) {
			mean, rstd := tensor.New[float64](gamma.Shape()...), tensor.New[float64](gamma.Shape()...)
			tensor.BatchNorm(y, mean, rstd, nil, nil, x, gamma, beta, o)
			tensor.BatchNormGrad(dx, dgamma, dbeta, dy, x, y, gamma, mean, rstd, o)
		}}
}

func frozenGradCase(name string, o tensor.BatchNormOptions) normGradCase {
	statistics := func(gamma mat) (mean, variance mat) {
		mean, variance = uniform(5, gamma.Shape()...), uniform(6, gamma.Shape()...)
		for i, v := range variance.Data() {
			variance.Data()[i] = 1.5 + v
		}
		return mean, variance
	}
	return normGradCase{name, channels(o),
		func(y, x, gamma, beta mat) {
			mean, variance := statistics(gamma)
			tensor.BatchNormInference(y, x, gamma, beta, mean, variance, o)
		},
		func(dx, dgamma, dbeta, dy, x, y, gamma, beta mat) {
			mean, variance := statistics(gamma)
			tensor.BatchNormInference(y, x, gamma, beta, mean, variance, o)
			tensor.BatchNormInferenceGrad(dx, dgamma, dbeta, dy, x, y, gamma, mean, variance, o)
		}}
}

func TestGradientsOfNorms(t *testing.T) {
	for _, c := range normGrads {
		for _, shape := range [][]int{{5, 3}, {70, 2}, {4, 6, 5}, {2, 4, 3, 5}} {
			t.Run(fmt.Sprintf("%s/%v", c.name, shape), func(t *testing.T) {
				x := uniform(1, shape...)
				gamma, beta := uniform(2, c.size(shape)), uniform(3, c.size(shape))
				dx, dgamma, dbeta := tensor.New[float64](shape...), tensor.New[float64](gamma.Shape()...), tensor.New[float64](gamma.Shape()...)
				y, up, dy := tensor.New[float64](shape...), uniform(4, shape...), tensor.New[float64](shape...)
				r := gradcheck.Check(gradcheck.Problem{
					Vars: []gradcheck.Var{
						{Name: "x", Shape: shape, X: x.Data(), Grad: dx.Data()},
						{Name: "gamma", Shape: gamma.Shape(), X: gamma.Data(), Grad: dgamma.Data()},
						{Name: "beta", Shape: beta.Shape(), X: beta.Data(), Grad: dbeta.Data()},
					},
					Loss: func() (sum float64) {
						c.forward(y, x, gamma, beta)
						for i, v := range y.Data() {
							sum += float64(v * up.Data()[i])
						}
						return sum
					},
					Grad: func(by float64) {
						for i, v := range up.Data() {
							dy.Data()[i] = by * v
						}
						c.backward(dx, dgamma, dbeta, dy, x, y, gamma, beta)
					},
					Linear: true,
				}, gradcheck.Options{MaxEntries: 16})
				if !r.OK() {
					t.Fatal(r)
				}
			})
		}
	}
}
