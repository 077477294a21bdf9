package layercases

import (
	"github.com/lanes-go/lanes/nn"
	"github.com/lanes-go/lanes/tensor"
)

// The gates have two inputs: a layer gives them the two halves of x along its last axis.
func init() {
	layers(
		Layer{Name: "MulGate", New64: mulGate[float64], New32: mulGate[float32], Shapes: pairs},
		Layer{Name: "AddGate", New64: addGate[float64], New32: addGate[float32], Shapes: pairs},
		Layer{Name: "MulGate of x and x", New64: square[float64], New32: square[float32], Shapes: anyRank},
	)
}

var pairs = [][]int{{2}, {1, 2}, {2, 6}, {3, 16}, {5, 34}, {2, 3, 66}}

func mulGate[T tensor.Float](*nn.Builder[T], []int) nn.Layer[T] {
	return &gateLayer[T]{new: func() gate[T] { return &nn.MulGate[T]{} }, gate: &nn.MulGate[T]{}}
}

func addGate[T tensor.Float](*nn.Builder[T], []int) nn.Layer[T] {
	return &gateLayer[T]{new: func() gate[T] { return &nn.AddGate[T]{} }, gate: &nn.AddGate[T]{}}
}

func square[T tensor.Float](*nn.Builder[T], []int) nn.Layer[T] {
	return &gateLayer[T]{new: func() gate[T] { return &nn.MulGate[T]{} }, gate: &nn.MulGate[T]{}, whole: true}
}

// gate is a block of two inputs.
type gate[T tensor.Float] interface {
	Forward(x, y *tensor.Tensor[T], mode nn.Mode) *tensor.Tensor[T]
	Backward(dz *tensor.Tensor[T]) (dx, dy *tensor.Tensor[T])
}

// gateLayer is a gate of the halves of x, or with whole of x twice.
type gateLayer[T tensor.Float] struct {
	new   func() gate[T]
	gate  gate[T]
	whole bool

	halves [2][2]tensor.Tensor[T] // of x, in each mode
	shape  []int                  // of x in Train mode
	dx     tensor.Tensor[T]
}

func (l *gateLayer[T]) Forward(x *tensor.Tensor[T], mode nn.Mode) *tensor.Tensor[T] {
	if l.whole {
		return l.gate.Forward(x, x, mode)
	}
	if mode == nn.Train {
		l.shape = append(l.shape[:0], x.Shape()...)
	}
	axis := x.Rank() - 1
	n := x.Dim(axis) / 2
	h := &l.halves[mode]
	h[0].OverNarrow(x, axis, 0, n)
	h[1].OverNarrow(x, axis, n, n)
	return l.gate.Forward(&h[0], &h[1], mode)
}

func (l *gateLayer[T]) Backward(dz *tensor.Tensor[T]) *tensor.Tensor[T] {
	dx, dy := l.gate.Backward(dz)
	if l.whole {
		l.dx.Resize(dx.Shape()...)
		tensor.Add(&l.dx, dx, dy)
		return &l.dx
	}
	tensor.Concat(l.dx.Resize(l.shape...), dz.Rank()-1, dx, dy)
	return &l.dx
}

func (l *gateLayer[T]) Params() []*nn.Param[T] { return nil }

func (l *gateLayer[T]) Replica() nn.Layer[T] {
	return &gateLayer[T]{new: l.new, gate: l.new(), whole: l.whole}
}
