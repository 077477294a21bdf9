package nn

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/lanes-go/lanes/internal/steady"
	"github.com/lanes-go/lanes/tensor"
)

func TestEmbedding(t *testing.T) {
	l := New[float32](1).Embedding(4, 2)
	copy(l.Weight.Value.Data(), []float32{1, 2, 3, 4, 5, 6, 7, 8})
	ids := []int{3, 0, 3, 1}
	y := l.Forward(ids, Train)
	ids[0] = 2 // the caller's again
	if !slices.Equal(y.Shape(), []int{4, 2}) || !slices.Equal(y.Data(), []float32{7, 8, 1, 2, 7, 8, 3, 4}) {
		t.Errorf("y %v", y)
	}
	l.Forward([]int{2, 2}, Eval)
	dy := tensor.From([]float32{1, 2, 10, 20, 100, 200, 1000, 2000}, 4, 2)
	l.Backward(dy)
	if !slices.Equal(l.Weight.Grad.Data(), []float32{10, 20, 1000, 2000, 0, 0, 101, 202}) {
		t.Errorf("gradient %v", l.Weight.Grad)
	}
	l.Backward(dy.Transpose(0, 1).Clone().Transpose(0, 1)) // the same, not contiguous
	if !slices.Equal(l.Weight.Grad.Data(), []float32{20, 40, 2000, 4000, 0, 0, 202, 404}) {
		t.Errorf("gradient of two passes %v", l.Weight.Grad)
	}
	l.Weight.Frozen = true
	l.Backward(dy)
	if l.Weight.Grad.At(0, 0) != 20 {
		t.Error("a frozen weight has a gradient")
	}

	if y := l.Forward([]int{0, 1, 2, 3, 0, 1}, Train, 2, 3); !slices.Equal(y.Shape(), []int{2, 3, 2}) || !slices.Equal(y.Data(), []float32{1, 2, 3, 4, 5, 6, 7, 8, 1, 2, 3, 4}) {
		t.Errorf("sequences: %v", y)
	}
	if y := l.Forward(nil, Eval); !slices.Equal(y.Shape(), []int{0, 2}) {
		t.Errorf("no ids: %v", y)
	}
	if y := l.Forward(nil, Eval, 0, 7); !slices.Equal(y.Shape(), []int{0, 7, 2}) {
		t.Errorf("no sequences: %v", y)
	}
	if y := l.Replica().Forward([]int{1}, Eval); !slices.Equal(y.Data(), []float32{3, 4}) {
		t.Errorf("replica: %v", y)
	}
}

// TestEmbeddingOrder: rows of one id are added in the order of the ids, which in float32
// shows.
func TestEmbeddingOrder(t *testing.T) {
	const dim = 37
	r := rand.New(rand.NewPCG(1, 9))
	l := New[float32](1).Embedding(3, dim)
	ids := make([]int, 200)
	for i := range ids {
		ids[i] = r.IntN(3)
	}
	dy := random[float32](r, len(ids), dim)
	l.Forward(ids, Train)
	l.Backward(dy)
	want := make([]float32, 3*dim)
	for i, id := range ids {
		for j := range dim {
			want[id*dim+j] += dy.At(i, j)
		}
	}
	if !slices.Equal(l.Weight.Grad.Data(), want) {
		t.Error("another order")
	}
	few := dy.Narrow(0, 0, 7)
	if n := steady.Allocs(10, func() { l.Forward(ids, Train, 20, 10); l.Forward(ids[:7], Train); l.Backward(few) }); n > 0 {
		t.Errorf("%v allocations", n)
	}
}

func TestEmbeddingPadding(t *testing.T) {
	l := New[float32](1).Embedding(3, 2).Padding(1)
	if w := l.Weight.Value; w.At(1, 0) != 0 || w.At(1, 1) != 0 || w.At(0, 0) == 0 || w.At(2, 1) == 0 {
		t.Errorf("weight %v", w)
	}
	l.Forward([]int{1, 2, 1}, Train)
	l.Backward(tensor.New[float32](3, 2).Fill(1))
	if !slices.Equal(l.Weight.Grad.Data(), []float32{0, 0, 0, 0, 1, 1}) {
		t.Errorf("gradient %v", l.Weight.Grad)
	}
}

func TestEmbeddingInit(t *testing.T) {
	b := New[float64](5)
	w := b.Embedding(1000, 20).Weight.Value
	mean, variance := tensor.MeanVar(w, 0)
	if math.Abs(mean) > 0.02 || math.Abs(variance-1) > 0.03 {
		t.Errorf("mean %v, variance %v", mean, variance)
	}
	if again := New[float64](5).Embedding(1000, 20).Weight.Value; !slices.Equal(again.Data(), w.Data()) {
		t.Error("the same seed gives other vectors")
	}
	b.WeightInit = Constant(3)
	if b.Embedding(1, 1).Weight.Value.At(0, 0) != 3 {
		t.Error("the builder's initialiser does not count")
	}
}

// TestEmbeddingLearns: whether two ids are the same, which takes an embedding and the layers
// behind it, in one set of names.
func TestEmbeddingLearns(t *testing.T) {
	b := New[float32](3)
	embedding, body := b.Embedding(4, 6), b.Sequential(b.Flatten(), b.Linear(12, 16), b.ReLU(), b.Linear(16, 2))
	model := b.Parts(b.Part("embedding", embedding), b.Part("body", body))
	var names []string
	for _, e := range StateDict[float32](model) {
		names = append(names, e.Name)
	}
	if s := strings.Join(names, " "); s != "body.1.bias body.1.weight body.3.bias body.3.weight embedding.weight" {
		t.Errorf("names %s", s)
	}
	var ids, labels []int
	for i := range 16 {
		ids = append(ids, i/4, i%4)
		label := 0
		if i/4 == i%4 {
			label = 1
		}
		labels = append(labels, label)
	}
	before := embedding.Weight.Value.Clone()
	var loss float32
	for range 200 {
		var dy *tensor.Tensor[float32]
		loss, dy = SoftmaxCrossEntropy(body.Forward(embedding.Forward(ids, Train, 16, 2), Train), labels)
		embedding.Backward(body.Backward(dy))
		for _, p := range model.Params() {
			tensor.Axpy(p.Value, -0.3, p.Grad)
			p.Grad.Fill(0)
		}
	}
	if loss > 0.05 || slices.Equal(before.Data(), embedding.Weight.Value.Data()) {
		t.Errorf("loss %v after 200 steps", loss)
	}
}

func TestEmbeddingMisuse(t *testing.T) {
	b := New[float32](1)
	panics(t, func() { b.Embedding(0, 3) }, "nn.Embedding:", "0 vectors of 3")
	panics(t, func() { b.Embedding(3, -1) }, "nn.Embedding:", "-1 elements")
	l := b.Embedding(4, 2)
	for _, id := range []int{-1, 4} {
		panics(t, func() { l.Padding(id) }, "nn.Embedding.Padding", "not in [0, 4)", "[4 2]")
	}
	panics(t, func() { l.Backward(tensor.New[float32](3, 2)) }, "nn.Embedding.Backward", "without a Train-mode Forward", "[3 2]")
	panics(t, func() { l.Forward([]int{0, 4}, Train) }, "nn.Embedding.Forward", "id 4, number 1, is not in [0, 4)", "[4 2]")
	panics(t, func() { l.Forward([]int{-1}, Eval) }, "id -1, number 0,")
	panics(t, func() { l.Forward([]int{0, 1, 2}, Train, 2, 2) }, "3 ids do not have the shape", "[2 2]")
	panics(t, func() { l.Forward([]int{0, 1}, Train, -1, -2) }, "2 ids do not have the shape", "[-1 -2]")
	panics(t, func() { l.Forward([]int{0}, 2) }, "mode 2")
	l.Forward([]int{0, 1, 2}, Train)
	panics(t, func() { l.Backward(tensor.New[float32](2, 2)) }, "nn.Embedding.Backward", "[2 2]", "[3 2]")
}
