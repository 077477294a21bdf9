package nn

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/lanes-go/lanes/tensor"
)

// TestMaxout: the greatest of three Linear layers whose parameters it has, and the gradient
// of the one that has won.
func TestMaxout(t *testing.T) {
	const in, out, k = 5, 3, 3
	r := rand.New(rand.NewPCG(1, 2))
	b := New[float64](1)
	l := b.Maxout(in, out, k)
	tensor.Normal(l.Bias.Value, 0, 1, 1, 77)
	var each [k]*Linear[float64]
	for j := range each {
		each[j] = b.Linear(in, out)
		each[j].Weight.Value.CopyFrom(l.Weight.Value.Narrow(0, j*out, out))
		each[j].Bias.Value.CopyFrom(l.Bias.Value.Narrow(0, j*out, out))
	}
	behind := b.Sequential(b.Linear(in, k*out), b.MaxoutOf(k, -1))
	for i, p := range behind.Params() {
		p.Value.CopyFrom(l.Params()[i].Value)
	}
	for _, n := range []int{7, 1, 4, 0} {
		x, dy := random[float64](r, n, in), random[float64](r, n, out)
		y := l.Forward(x, Train)
		if got := behind.Forward(x, Train); !slices.Equal(got.Data(), y.Data()) || !got.SameShape(y) {
			t.Error("MaxoutOf behind Linear has other results")
		}
		var pieces [k]*tensor.Tensor[float64]
		for j := range each {
			pieces[j] = each[j].Forward(x, Train)
		}
		var won [k]*tensor.Tensor[float64]
		for j := range won {
			won[j] = tensor.New[float64](n, out)
		}
		for i, v := range y.Data() {
			best := 0
			for j := range k {
				if pieces[j].Data()[i] > pieces[best].Data()[i] {
					best = j
				}
			}
			if v != pieces[best].Data()[i] {
				t.Fatalf("y[%d] is %v, the greatest piece %v", i, v, pieces[best].Data()[i])
			}
			won[best].Data()[i] = dy.Data()[i]
		}
		want := tensor.New[float64](n, in)
		for j := range each {
			tensor.Add(want, want, each[j].Backward(won[j]))
		}
		for i, v := range l.Backward(dy).Data() {
			if math.Abs(v-want.Data()[i]) > 1e-14 {
				t.Errorf("dx[%d] is %v, want %v", i, v, want.Data()[i])
			}
		}
		for j := range each {
			for i, p := range each[j].Params() {
				if got := l.Params()[i].Grad.Narrow(0, j*out, out); !slices.Equal(got.Clone().Data(), p.Grad.Data()) {
					t.Errorf("the gradient of %s of piece %d is %v, want %v", p.Name, j, got.Clone(), p.Grad)
				}
			}
		}
		behind.Backward(dy)
		for i, p := range behind.Params() {
			if !slices.Equal(p.Grad.Data(), l.Params()[i].Grad.Data()) {
				t.Errorf("MaxoutOf behind Linear has another gradient of %s", p.Name)
			}
		}
	}
}

// TestMaxoutTies: the first of equal pieces gets the gradient, a NaN wins.
func TestMaxoutTies(t *testing.T) {
	nan := float32(math.NaN())
	l := New[float32](1).MaxoutOf(3, 1)
	x := tensor.From([]float32{
		1, 2, 3, // each column is a piece of one element
		2, 2, 1,
		0, 1, 1,
		5, nan, 7,
	}, 4, 3)
	y := l.Forward(x, Train)
	if d := y.Data(); d[0] != 3 || d[1] != 2 || d[2] != 1 || d[3] == d[3] {
		t.Errorf("y %v", y)
	}
	dx := l.Backward(tensor.From([]float32{1, 1, 1, 1}, 4, 1))
	if !slices.Equal(dx.Data(), []float32{0, 0, 1, 1, 0, 0, 0, 1, 0, 0, 1, 0}) {
		t.Errorf("dx %v", dx)
	}
}

// TestMaxoutOfAxes: along any axis, of views too.
func TestMaxoutOfAxes(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 2))
	b := New[float32](1)
	x := random[float32](r, 4, 6, 2, 3)
	for _, x := range []*tensor.Tensor[float32]{x, x.Permute(2, 1, 3, 0)} {
		for axis, k := range map[int]int{1: 3, -3: 2} {
			l := b.MaxoutOf(k, axis)
			y := l.Forward(x, Train)
			m := x.Dim(1) / k
			want := x.Narrow(1, 0, m).Clone()
			for j := 1; j < k; j++ {
				tensor.Maximum(want, want, x.Narrow(1, j*m, m))
			}
			if !y.SameShape(want) || !slices.Equal(y.Data(), want.Data()) {
				t.Errorf("axis %d of %v in %d: %v, want %v", axis, x.Shape(), k, y, want)
			}
			dy := random[float32](r, y.Shape()...)
			dx := l.Backward(dy)
			sum := dx.Narrow(1, 0, m).Clone() // one of the pieces has dy
			for j := 1; j < k; j++ {
				tensor.Add(sum, sum, dx.Narrow(1, j*m, m))
			}
			if !dx.SameShape(x) || !slices.Equal(sum.Data(), dy.Data()) {
				t.Errorf("axis %d of %v in %d: dx %v for dy %v", axis, x.Shape(), k, dx, dy)
			}
		}
	}
}

// Two pieces keep the mean square of what comes in.
func TestMaxoutInit(t *testing.T) {
	b := New[float32](3)
	l := b.Maxout(200, 500, 2)
	x := tensor.New[float32](50, 200)
	tensor.Normal(x, 0, 1, 1, 1)
	if s := tensor.SumSq(l.Forward(x, Eval)) / (50 * 500); math.Abs(float64(s)-1) > 0.05 {
		t.Errorf("a mean square of 1 becomes %v", s)
	}
	b.WeightInit, b.BiasInit = Constant(2), Constant(3)
	m := b.Maxout(2, 1, 3)
	if m.Weight.Value.At(2, 1) != 2 || m.Bias.Value.At(2) != 3 {
		t.Errorf("the builder's initialisers do not count: %v, %v", m.Weight.Value, m.Bias.Value)
	}
}

func TestMaxoutMisuse(t *testing.T) {
	b := New[float32](1)
	for _, c := range [][3]int{{0, 3, 2}, {3, 0, 2}, {3, 3, 1}, {-1, -1, -1}} {
		panics(t, func() { b.Maxout(c[0], c[1], c[2]) }, "nn.Maxout:", "want at least 1, 1 and 2")
	}
	l := b.Maxout(6, 3, 2)
	x := tensor.New[float32](4, 6)
	panics(t, func() { l.Backward(tensor.New[float32](4, 3)) }, "nn.Maxout.Backward", "without a Train-mode Forward", "[4 3]")
	panics(t, func() { l.Forward(tensor.New[float32](4, 5), Eval) }, "nn.Maxout.Forward", "[4 5]", "[6 6]")
	panics(t, func() { l.Forward(x, 2) }, "nn.Maxout.Forward", "mode 2")
	l.Forward(x, Train)
	panics(t, func() { l.Backward(tensor.New[float32](4, 6)) }, "nn.Maxout.Backward", "[4 6]", "[4 3]")
	panics(t, func() { b.MaxoutOf(1, 1) }, "nn.MaxoutOf:", "1 pieces")
	m := b.MaxoutOf(4, 1)
	panics(t, func() { m.Backward(x) }, "nn.MaxoutOf.Backward", "without a Train-mode Forward")
	panics(t, func() { m.Forward(x, Train) }, "nn.MaxoutOf.Forward", "axis 1 has 4 parts", "[4 6]")
	panics(t, func() { m.Forward(tensor.New[float32](4), Train) }, "nn.MaxoutOf.Forward", "[4]")
	panics(t, func() { b.MaxoutOf(2, -3).Forward(x, Train) }, "nn.MaxoutOf.Forward", "axis -3", "[4 6]")
}
