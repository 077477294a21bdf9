package nn

import (
	"errors"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/lanes-go/lanes/internal/steady"
	"github.com/lanes-go/lanes/tensor"
)

// lossesOfLabels and lossesOfPairs are the losses, with the options of a test.
func lossesOfLabels[T tensor.Float]() map[string]func(x *tensor.Tensor[T], labels []int) (T, *tensor.Tensor[T]) {
	type f = func(x *tensor.Tensor[T], labels []int, o tensor.LabelOptions[T]) (T, *tensor.Tensor[T])
	with := func(f f) func(x *tensor.Tensor[T], labels []int) (T, *tensor.Tensor[T]) {
		return func(x *tensor.Tensor[T], labels []int) (T, *tensor.Tensor[T]) {
			return f(x, labels, tensor.LabelOptions[T]{})
		}
	}
	return map[string]func(x *tensor.Tensor[T], labels []int) (T, *tensor.Tensor[T]){
		"SoftmaxCrossEntropy": SoftmaxCrossEntropy[T], "CrossEntropy": with(CrossEntropy[T]), "NLLLoss": with(NLLLoss[T]), "HingeLoss": with(HingeLoss[T]),
	}
}

func lossesOfPairs[T tensor.Float]() map[string]func(x, y *tensor.Tensor[T]) (T, *tensor.Tensor[T]) {
	var o tensor.LossOptions[T]
	type f = func(x, y *tensor.Tensor[T]) (T, *tensor.Tensor[T])
	return map[string]f{
		"BCEWithLogitsLoss": func(x, y *tensor.Tensor[T]) (T, *tensor.Tensor[T]) { return BCEWithLogitsLoss(x, y, o) },
		"MSELoss":           func(x, y *tensor.Tensor[T]) (T, *tensor.Tensor[T]) { return MSELoss(x, y, o) },
		"L1Loss":            func(x, y *tensor.Tensor[T]) (T, *tensor.Tensor[T]) { return L1Loss(x, y, o) },
		"HuberLoss":         func(x, y *tensor.Tensor[T]) (T, *tensor.Tensor[T]) { return HuberLoss(x, y, 1, o) },
		"SmoothL1Loss":      func(x, y *tensor.Tensor[T]) (T, *tensor.Tensor[T]) { return SmoothL1Loss(x, y, 1, o) },
	}
}

// The losses of nothing learnt.
func TestLossAtChance(t *testing.T) {
	x, labels := tensor.New[float64](20, 10), make([]int, 20)
	y := tensor.New[float64](20, 10)
	for i := range labels {
		labels[i] = i % 10
		y.Set(1, i, i%10)
	}
	label, pair := lossesOfLabels[float64](), lossesOfPairs[float64]()
	for name, want := range map[string]float64{
		"SoftmaxCrossEntropy": math.Log(10), "CrossEntropy": math.Log(10), "HingeLoss": 9, "NLLLoss": 0,
		"BCEWithLogitsLoss": math.Ln2, "MSELoss": 0.1, "L1Loss": 0.1, "HuberLoss": 0.05, "SmoothL1Loss": 0.05,
	} {
		var got float64
		if f, ok := label[name]; ok {
			got, _ = f(x, labels)
		} else {
			got, _ = pair[name](x, y)
		}
		if math.Abs(got-want) > 1e-15*(1+want) {
			t.Errorf("%s: %v, want %v", name, got, want)
		}
	}
}

// Fused, the loss is that of log-softmax and NLLLoss the gradient within the bound
// that SoftmaxCrossEntropy states.
func TestSoftmaxCrossEntropyUnfused(t *testing.T) {
	t.Run("f32", func(t *testing.T) { testUnfused[float32](t, 0x1p-23) })
	t.Run("f64", func(t *testing.T) { testUnfused[float64](t, 0x1p-52) })
}

func testUnfused[T tensor.Float](t *testing.T, ulp float64) {
	r := rand.New(rand.NewPCG(17, 0))
	worst := 0.0
	for _, shape := range [][]int{{1, 2}, {64, 10}, {33, 100}, {5, 1000}, {2000, 2}, {500, 10}} {
		for _, size := range []float64{0.01, 1, 6, 12, 30, 1000} {
			x, labels := tensor.New[T](shape...), make([]int, shape[0])
			for i := range x.Data() {
				x.Data()[i] = T(size * (2*r.Float64() - 1))
			}
			for i := range labels {
				labels[i] = r.IntN(shape[1])
				if i%2 == 0 { // right, perhaps beyond doubt
					labels[i] = tensor.ArgMax(x.Select(0, i))
				}
			}
			loss, dx := SoftmaxCrossEntropy(x, labels)
			y, d := tensor.New[T](shape...), tensor.New[T](shape...)
			tensor.LogSoftmax(y, x, -1)
			parts, dy := NLLLoss(y, labels, tensor.LabelOptions[T]{})
			tensor.LogSoftmaxGrad(d, dy, y, -1)
			if loss != parts {
				t.Errorf("%v: the loss is %v, of parts %v", shape, loss, parts)
			}
			for i := range labels {
				for j := range shape[1] {
					k := i*shape[1] + j
					worst = max(worst, math.Abs(float64(dx.Data()[k]-d.Data()[k]))*float64(shape[0])/(ulp/2))
				}
			}
		}
	}
	if worst > 3 {
		t.Errorf("the gradient is %.2f roundings off", worst)
	}
	t.Logf("the gradient is %.2f roundings off", worst)
}

// A label that is no class is named, with its row and the shape of the logits.
func TestLabelOutOfRange(t *testing.T) {
	x := tensor.New[float32](3, 4)
	for name, f := range lossesOfLabels[float32]() {
		for _, bad := range []int{-1, 4, tensor.IgnoreIndex, math.MaxInt, math.MinInt} {
			func() {
				defer func() {
					err, _ := recover().(error)
					var e *tensor.LabelError
					if !errors.As(err, &e) || e.Op != name || e.Row != 1 || e.Label != bad || e.Classes != 4 || len(e.Shape) != 2 {
						t.Errorf("%s, label %d: %v", name, bad, err)
					}
				}()
				f(x, []int{0, bad, 1})
			}()
		}
		panics(t, func() { f(x, []int{0, 1}) }, name, "[3 4]", "[2]")
	}
	for name, f := range lossesOfPairs[float32]() {
		panics(t, func() { f(x, tensor.New[float32](4, 3)) }, name, "[3 4]", "[4 3]")
	}
}

func TestLossesAllocate(t *testing.T) {
	x, y, labels := tensor.New[float32](64, 10), tensor.New[float32](64, 10), make([]int, 64)
	other := tensor.New[float32](20, 10) // batches of two sizes
	for name, f := range lossesOfLabels[float32]() {
		if n := steady.Allocs(10, func() { f(x, labels); f(other, labels[:20]) }); n != 0 {
			t.Errorf("%s: %v allocations", name, n)
		}
	}
	for name, f := range lossesOfPairs[float32]() {
		if n := steady.Allocs(10, func() { f(x, y) }); n != 0 {
			t.Errorf("%s: %v allocations", name, n)
		}
	}
}
