package layercases

import (
	"github.com/lanes-go/lanes/internal/layercheck"
	"github.com/lanes-go/lanes/nn"
	"github.com/lanes-go/lanes/tensor"
)

// within is a range of x with kinks in it.
func within(lo, hi float64, kinks ...layercheck.Kink) layercheck.Options {
	return layercheck.Options{Lo: lo, Hi: hi, Kinks: kinks}
}

func kink(at, slope float64) layercheck.Kink {
	return layercheck.Kink{At: at, Slopes: []float64{slope}}
}

// Activations, over ranges that show their parts. Where a slope ends, the derivative is
// that of the side that the layer promises.
func init() {
	layers(
		Layer{Name: "LeakyReLU", New64: leakyReLU[float64], New32: leakyReLU[float32], Shapes: anyRank, Options: within(-2, 2, kink(0, 0.01))},
		Layer{Name: "ReLU6", New64: relu6[float64], New32: relu6[float32], Shapes: anyRank, Options: within(-3, 9, kink(0, 0), kink(6, 0))},
		Layer{Name: "HardTanh", New64: hardTanh[float64], New32: hardTanh[float32], Shapes: anyRank, Options: within(-2, 2, kink(-1, 0), kink(0.5, 0))},
		Layer{Name: "HardSigmoid", New64: hardSigmoid[float64], New32: hardSigmoid[float32], Shapes: anyRank, Options: within(-5, 5, kink(-3, 0), kink(3, 0))},
		Layer{Name: "ELU", New64: elu[float64], New32: elu[float32], Shapes: anyRank, Options: within(-5, 3)},
		Layer{Name: "ELU, alpha 2", New64: elu2[float64], New32: elu2[float32], Shapes: anyRank, Options: within(-5, 3, kink(0, 2))},
		Layer{Name: "SELU", New64: selu[float64], New32: selu[float32], Shapes: anyRank, Options: within(-5, 3, kink(0, 1.0507009873554805*1.6732632423543772))},
		Layer{Name: "CELU, alpha 0.5", New64: celu[float64], New32: celu[float32], Shapes: anyRank, Options: within(-5, 3)},
		Layer{Name: "Sigmoid", New64: sigmoid[float64], New32: sigmoid[float32], Shapes: anyRank, Options: within(-8, 8)},
		Layer{Name: "Tanh", New64: tanh[float64], New32: tanh[float32], Shapes: anyRank, Options: within(-4, 4)},
		Layer{Name: "Softplus", New64: softplus[float64], New32: softplus[float32], Shapes: anyRank, Options: within(-9, 25)},
		Layer{Name: "Softsign", New64: softsign[float64], New32: softsign[float32], Shapes: anyRank, Options: within(-5, 5)},
		Layer{Name: "SiLU", New64: silu[float64], New32: silu[float32], Shapes: anyRank, Options: within(-8, 8)},
		Layer{Name: "Mish", New64: mish[float64], New32: mish[float32], Shapes: anyRank, Options: within(-8, 8)},
		Layer{Name: "GELU", New64: gelu[float64], New32: gelu[float32], Shapes: anyRank, Options: within(-4, 4)},
		Layer{Name: "GELUTanh", New64: geluTanh[float64], New32: geluTanh[float32], Shapes: anyRank, Options: within(-4, 4)},
		Layer{Name: "BinaryStep", New64: binaryStep[float64], New32: binaryStep[float32], Shapes: anyRank},
		Layer{Name: "Softmax", New64: softmax[float64], New32: softmax[float32], Shapes: anyRank, Options: within(-3, 3)},
		Layer{Name: "Softmax along 0", New64: softmax0[float64], New32: softmax0[float32], Shapes: anyRank, Options: within(-3, 3)},
		Layer{Name: "LogSoftmax", New64: logSoftmax[float64], New32: logSoftmax[float32], Shapes: anyRank, Options: within(-3, 3)},
		Layer{Name: "LogSoftmax along 0", New64: logSoftmax0[float64], New32: logSoftmax0[float32], Shapes: anyRank, Options: within(-3, 3)},
		Layer{Name: "PReLU of one slope", New64: prelu1[float64], New32: prelu1[float32], Shapes: anyRank},
		Layer{Name: "PReLU", New64: prelu[float64], New32: prelu[float32], Shapes: [][]int{{1, 1}, {2, 3}, {3, 65}, {3, 5, 7}, {2, 3, 4, 5}, {2, 17, 3}}},
		Layer{Name: "PReLU as it begins", New64: prelu[float64], New32: prelu[float32], Shapes: [][]int{{2, 3}, {3, 5, 7}},
			Options: layercheck.Options{AsIs: true, Kinks: []layercheck.Kink{kink(0, 0.25)}}},
		Layer{Name: "Dropout", New64: dropout[float64], Shapes: anyRank},
		Layer{Name: "Dropout of nothing", New64: dropout0[float64], New32: dropout0[float32], Shapes: anyRank},
		Layer{Name: "Dropout in a network", New64: dropoutNet[float64], Shapes: matrices},
	)
}

func leakyReLU[T tensor.Float](b *nn.Builder[T], _ []int) nn.Layer[T]   { return b.LeakyReLU(0.01) }
func relu6[T tensor.Float](b *nn.Builder[T], _ []int) nn.Layer[T]       { return b.ReLU6() }
func hardTanh[T tensor.Float](b *nn.Builder[T], _ []int) nn.Layer[T]    { return b.HardTanh(-1, 0.5) }
func hardSigmoid[T tensor.Float](b *nn.Builder[T], _ []int) nn.Layer[T] { return b.HardSigmoid() }
func elu[T tensor.Float](b *nn.Builder[T], _ []int) nn.Layer[T]         { return b.ELU(1) }
func elu2[T tensor.Float](b *nn.Builder[T], _ []int) nn.Layer[T]        { return b.ELU(2) }
func selu[T tensor.Float](b *nn.Builder[T], _ []int) nn.Layer[T]        { return b.SELU() }
func celu[T tensor.Float](b *nn.Builder[T], _ []int) nn.Layer[T]        { return b.CELU(0.5) }
func sigmoid[T tensor.Float](b *nn.Builder[T], _ []int) nn.Layer[T]     { return b.Sigmoid() }
func tanh[T tensor.Float](b *nn.Builder[T], _ []int) nn.Layer[T]        { return b.Tanh() }
func softplus[T tensor.Float](b *nn.Builder[T], _ []int) nn.Layer[T]    { return b.Softplus() }
func softsign[T tensor.Float](b *nn.Builder[T], _ []int) nn.Layer[T]    { return b.Softsign() }
func silu[T tensor.Float](b *nn.Builder[T], _ []int) nn.Layer[T]        { return b.SiLU() }
func mish[T tensor.Float](b *nn.Builder[T], _ []int) nn.Layer[T]        { return b.Mish() }
func gelu[T tensor.Float](b *nn.Builder[T], _ []int) nn.Layer[T]        { return b.GELU() }
func geluTanh[T tensor.Float](b *nn.Builder[T], _ []int) nn.Layer[T]    { return b.GELUTanh() }
func binaryStep[T tensor.Float](b *nn.Builder[T], _ []int) nn.Layer[T]  { return b.BinaryStep() }
func softmax[T tensor.Float](b *nn.Builder[T], _ []int) nn.Layer[T]     { return b.Softmax(-1) }
func softmax0[T tensor.Float](b *nn.Builder[T], _ []int) nn.Layer[T]    { return b.Softmax(0) }
func logSoftmax[T tensor.Float](b *nn.Builder[T], _ []int) nn.Layer[T]  { return b.LogSoftmax(-1) }
func logSoftmax0[T tensor.Float](b *nn.Builder[T], _ []int) nn.Layer[T] { return b.LogSoftmax(0) }
func prelu1[T tensor.Float](b *nn.Builder[T], _ []int) nn.Layer[T]      { return b.PReLU(1) }
func dropout[T tensor.Float](b *nn.Builder[T], _ []int) nn.Layer[T]     { return b.Dropout(0.4) }
func dropout0[T tensor.Float](b *nn.Builder[T], _ []int) nn.Layer[T]    { return b.Dropout(0) }

func prelu[T tensor.Float](b *nn.Builder[T], shape []int) nn.Layer[T] { return b.PReLU(shape[1]) }

func dropoutNet[T tensor.Float](b *nn.Builder[T], shape []int) nn.Layer[T] {
	return b.Sequential(b.Dropout(0.2), b.Linear(shape[1], 9), b.Tanh(), b.Dropout(0.5), b.Linear(9, 3))
}
