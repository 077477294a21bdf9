package layercases

import (
	"github.com/lanes-go/lanes/nn"
	"github.com/lanes-go/lanes/tensor"
)

// Containers over branches. The branches are smooth.
func init() {
	layers(
		Layer{Name: "Identity", New64: identity[float64], New32: identity[float32], Shapes: anyRank},
		Layer{Name: "Add", New64: add[float64], New32: add[float32], Shapes: matrices},
		Layer{Name: "Add of x and x", New64: twice[float64], New32: twice[float32], Shapes: anyRank},
		Layer{Name: "Mul", New64: mul[float64], New32: mul[float32], Shapes: matrices},
		Layer{Name: "Mul of x, x and x", New64: cube[float64], New32: cube[float32], Shapes: anyRank},
		Layer{Name: "Mul of one", New64: mulOfOne[float64], New32: mulOfOne[float32], Shapes: matrices},
		Layer{Name: "Concat", New64: concat[float64], New32: concat[float32], Shapes: matrices},
		Layer{Name: "Concat along 0", New64: concat0[float64], New32: concat0[float32], Shapes: anyRank},
		Layer{Name: "Concat along -2", New64: concat2[float64], New32: concat2[float32], Shapes: [][]int{{2, 3}, {3, 5, 7}, {2, 3, 1, 17}}},
		Layer{Name: "Residual", New64: residual[float64], New32: residual[float32], Shapes: matrices},
		Layer{Name: "ResidualShortcut", New64: residualShortcut[float64], New32: residualShortcut[float32], Shapes: matrices},
		Layer{Name: "Mul of views", New64: views[float64], New32: views[float32], Shapes: matrices},
		Layer{Name: "Concat of views", New64: concatViews[float64], New32: concatViews[float32], Shapes: [][]int{{2, 3, 1}, {3, 5, 7}, {2, 3, 1, 17}}},
		Layer{Name: "branches in branches", New64: branchesNested[float64], New32: branchesNested[float32], Shapes: matrices},
	)
}

func identity[T tensor.Float](b *nn.Builder[T], _ []int) nn.Layer[T] { return b.Identity() }

func add[T tensor.Float](b *nn.Builder[T], shape []int) nn.Layer[T] {
	in := shape[len(shape)-1]
	return b.Add(b.Linear(in, 5), b.Sequential(b.Linear(in, 7), b.Tanh(), b.Linear(7, 5)), b.Named("third", b.Linear(in, 5)))
}

func twice[T tensor.Float](b *nn.Builder[T], _ []int) nn.Layer[T] {
	return b.Add(b.Identity(), b.Sequential())
}

func mul[T tensor.Float](b *nn.Builder[T], shape []int) nn.Layer[T] {
	in := shape[len(shape)-1]
	return b.Mul(b.Linear(in, 5), b.Sequential(b.Linear(in, 5), b.Sigmoid()), b.Linear(in, 5))
}

func cube[T tensor.Float](b *nn.Builder[T], _ []int) nn.Layer[T] {
	return b.Mul(b.Identity(), b.Identity(), b.Sequential())
}

func mulOfOne[T tensor.Float](b *nn.Builder[T], shape []int) nn.Layer[T] {
	in := shape[len(shape)-1]
	return b.Mul(b.Add(b.Linear(in, 3)))
}

func concat[T tensor.Float](b *nn.Builder[T], shape []int) nn.Layer[T] {
	in := shape[len(shape)-1]
	return b.Concat(1, b.Linear(in, 4), b.Identity(), b.Sequential(b.Linear(in, 1), b.Tanh()), b.Linear(in, 9))
}

func concat0[T tensor.Float](b *nn.Builder[T], _ []int) nn.Layer[T] {
	return b.Concat(0, b.Identity(), b.Tanh(), b.Identity())
}

func concat2[T tensor.Float](b *nn.Builder[T], _ []int) nn.Layer[T] {
	return b.Concat(-2, b.Tanh(), b.Identity())
}

func residual[T tensor.Float](b *nn.Builder[T], shape []int) nn.Layer[T] {
	in := shape[len(shape)-1]
	return b.Residual(b.Linear(in, 6), b.Tanh(), b.Linear(6, in))
}

func residualShortcut[T tensor.Float](b *nn.Builder[T], shape []int) nn.Layer[T] {
	in := shape[len(shape)-1]
	return b.ResidualShortcut(b.Linear(in, 3), b.Linear(in, 6), b.Tanh(), b.Linear(6, 3))
}

func branchesNested[T tensor.Float](b *nn.Builder[T], shape []int) nn.Layer[T] {
	in := shape[len(shape)-1]
	return b.Sequential(
		b.Residual(b.Mul(b.Linear(in, in), b.Residual(b.Tanh()))),
		b.Concat(1, b.Add(b.Tanh(), b.Identity()), b.Linear(in, 2)),
		b.Linear(in+2, 4))
}

func views[T tensor.Float](b *nn.Builder[T], shape []int) nn.Layer[T] {
	return b.Mul(b.Sequential(b.Reshape(1, -1), b.Flatten()), b.Flatten(), b.Add(b.Identity(), b.Flatten()))
}

func concatViews[T tensor.Float](b *nn.Builder[T], shape []int) nn.Layer[T] {
	in := 1
	for _, d := range shape[1:] {
		in *= d
	}
	return b.Concat(1, b.Flatten(), b.Sequential(b.Flatten(), b.Linear(in, 3)), b.Sequential(b.Residual(b.Flatten(2), b.Reshape(shape[1:]...)), b.Flatten()))
}
