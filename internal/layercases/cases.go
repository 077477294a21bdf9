// Package layercases is the table of everything in nn that has a gradient: a row for
// each layer, container, loss and fused form. The tests of nn check every row at every
// shape, and so does the command lanes gradcheck, which prints what it found.
//
// A row is added in the file of its family, from an init function, which keeps the
// table free of one list that everybody edits:
//
//	func init() {
//		layers(
//			Layer{Name: "Linear", New64: linear[float64], New32: linear[float32], Shapes: matrices},
//		)
//	}
//
//	func linear[T tensor.Float](b *nn.Builder[T], shape []int) nn.Layer[T] {
//		return b.Linear(shape[1], 1+shape[1]/2)
//	}
//
// Shapes should be odd and lie around the widths of kernels (64 bytes), and small: each
// entry costs five forward passes. See Options of layercheck for layers with kinks
// (Kinks), that ignore x (NoInput) or do something else in Eval mode (EvalDiffers; layers
// with Buffers or Counters need not say so). A layer that draws random numbers keeps its
// place in a Counter and has no New32: it draws other numbers in the other type.
//
// Kernels that layers are made of have gradient tests of their own in package tensor:
// grad_test.go (activations), norm_grad_test.go (normalisations, also fused with a
// rectifier) and loss_grad_test.go (losses and softmax with cross-entropy).
package layercases

import (
	"fmt"

	"github.com/lanes-go/lanes/internal/layercheck"
	"github.com/lanes-go/lanes/nn"
	"github.com/lanes-go/lanes/tensor"
)

// Layer is a row for a layer. New64 and New32 come from one generic function: the
// gradients are checked in float64, and float32 is tied to it.
type Layer struct {
	Name    string
	New64   func(b *nn.Builder[float64], shape []int) nn.Layer[float64] // for x of a shape
	New32   func(b *nn.Builder[float32], shape []int) nn.Layer[float32] // nil if it draws random numbers
	Shapes  [][]int                                                     // of x
	Options layercheck.Options
}

// Loss is a row for a loss. New64 and New32 come from one generic function, which
// fills in labels or targets for x of a shape: see Labels and Targets.
type Loss struct {
	Name    string
	New64   func(shape []int) layercheck.LossFunc[float64]
	New32   func(shape []int) layercheck.LossFunc[float32]
	Shapes  [][]int
	Options layercheck.Options
}

// Case is a row at one of its shapes.
type Case struct {
	Name  string
	Shape []int
	// Check checks gradients and contract in float64 and ties float32 to it. A seed or a
	// number of entries that is not zero goes before that of the row.
	Check func(seed uint64, maxEntries int) *layercheck.Result
}

// String is the name of the case: "Linear/[2 3]".
func (c Case) String() string { return fmt.Sprintf("%s/%v", c.Name, c.Shape) }

var (
	layerRows []Layer
	lossRows  []Loss
)

// layers adds rows.
func layers(rows ...Layer) { layerRows = append(layerRows, rows...) }

// losses adds rows.
func losses(rows ...Loss) { lossRows = append(lossRows, rows...) }

// Layers returns the rows of layers and containers.
func Layers() []Layer { return layerRows }

// All returns every row at every shape: layers, then losses, in the order of the files.
func All() (cases []Case) {
	for _, row := range layerRows {
		for _, shape := range row.Shapes {
			cases = append(cases, Case{row.Name, shape, func(seed uint64, maxEntries int) *layercheck.Result {
				o := options(row.Options, seed, maxEntries)
				o.Fresh = func() nn.Layer[float64] { return row.New64(nn.New[float64](7), shape) }
				r := layercheck.Layer(o.Fresh(), shape, o)
				if row.New32 != nil { // random numbers are not those of the other type
					r.Add(layercheck.Single(row.New64(nn.New[float64](7), shape), row.New32(nn.New[float32](7), shape), shape, o))
				}
				return r
			}})
		}
	}
	for _, row := range lossRows {
		for _, shape := range row.Shapes {
			cases = append(cases, Case{row.Name, shape, func(seed uint64, maxEntries int) *layercheck.Result {
				o := options(row.Options, seed, maxEntries)
				r := layercheck.Loss(row.New64(shape), shape, o)
				r.Add(layercheck.SingleLoss(row.New64(shape), row.New32(shape), shape, o))
				return r
			}})
		}
	}
	return cases
}

func options(o layercheck.Options, seed uint64, maxEntries int) layercheck.Options {
	if seed != 0 {
		o.Seed = seed
	}
	if maxEntries != 0 {
		o.MaxEntries = maxEntries
	}
	return o
}

// matrices are odd shapes around the widths of kernels.
var matrices = [][]int{{1, 1}, {2, 3}, {3, 8}, {5, 17}, {2, 33}, {3, 65}}

// anyRank are shapes for what goes element by element.
var anyRank = append([][]int{{7}, {2, 3, 5}, {3, 1, 2, 17}}, matrices...)

// Labels returns a label in [0, classes) for each row of scores.
func Labels(rows, classes int) []int {
	labels := make([]int, rows)
	for i := range labels {
		labels[i] = (i*7 + 1) % classes
	}
	return labels
}

// Targets returns a tensor of numbers in [lo, hi) that float32 has.
func Targets[T tensor.Float](lo, hi float64, shape ...int) *tensor.Tensor[T] {
	u := tensor.New[float32](shape...)
	tensor.Uniform(u, 0, 1, 1, 1<<20)
	t := tensor.New[T](shape...)
	for i, v := range u.Data() {
		t.Data()[i] = T(float32(lo + float64((hi-lo)*float64(v))))
	}
	return t
}
