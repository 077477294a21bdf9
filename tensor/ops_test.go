package tensor

import (
	"errors"
	"math"
	"math/big"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/lanes-go/lanes/asm"
)

func randomTensor[T Float](r *rand.Rand, shape ...int) *Tensor[T] {
	x := New[T](shape...)
	copy(x.data, randomSlice[T](r, len(x.data)))
	return x
}

// specPairwise combines partial sums as the specification says, by recursion: the
// greatest power of two of them first, then the rest.
func specPairwise[T Float](parts []T) T {
	if len(parts) == 0 {
		return 0
	}
	if len(parts) == 1 {
		return parts[0]
	}
	p := 1
	for 2*p < len(parts) {
		p *= 2
	}
	return specPairwise(parts[:p]) + specPairwise(parts[p:])
}

func specSum[T Float](x []T) T {
	var parts []T
	for ; len(x) > 0; x = x[min(len(x), 16384):] {
		chunk := x[:min(len(x), 16384)]
		L := asm.Lanes[T]()
		l := make([]T, L)
		for i, v := range chunk {
			l[i%L] += v
		}
		for ; L > 1; L /= 2 {
			for j := range L / 2 {
				l[j] += l[j+L/2]
			}
		}
		parts = append(parts, l[0])
	}
	return specPairwise(parts)
}

func testReduce[T Float](t *testing.T) {
	r := rand.New(rand.NewPCG(5, 0))
	for _, n := range []int{0, 1, 63, 1000, 16384, 16385, 3*16384 + 5, 5 * 16384} {
		x := randomTensor[T](r, n)
		if got, want := Sum(x), specSum(x.data); !sameBits(got, want) {
			t.Errorf("Sum of %d: %v, want %v", n, got, want)
		}
	}
	for _, m := range []int{0, 1, 63, 64, 65, 128, 129, 200, 64 * 5, 64*7 + 1, 1000} {
		for _, n := range []int{0, 1, 7, 511, 513, 1030} {
			if testing.Short() && m*n > 100000 {
				continue
			}
			x := randomTensor[T](r, m, n)
			dst, acc := New[T](n), randomTensor[T](r, n)
			old := acc.Clone()
			ColSum(dst, x)
			ColSumAcc(acc, x)
			for j := range n {
				var parts []T
				for i := 0; i < m; i += 64 {
					var s T
					for k := i; k < min(i+64, m); k++ {
						s += x.data[k*n+j]
					}
					parts = append(parts, s)
				}
				want := specPairwise(parts)
				if !sameBits(dst.data[j], want) || !sameBits(acc.data[j], old.data[j]+want) {
					t.Fatalf("ColSum of %d x %d, column %d: %v and %v, want %v and %v", m, n, j, dst.data[j], acc.data[j], want, old.data[j]+want)
				}
			}
		}
	}
}

func TestReduce(t *testing.T) {
	t.Run("f32", testReduce[float32])
	t.Run("f64", testReduce[float64])
}

// specLoss is softmax cross-entropy in float64, from its definition.
func specLoss(x []float64, c int, labels []int) (loss float64, grad []float64) {
	grad = make([]float64, len(x))
	n := len(labels)
	for i, l := range labels {
		row, m := x[i*c:i*c+c], math.Inf(-1)
		for _, v := range row {
			m = math.Max(m, v)
		}
		s := 0.0
		for _, v := range row {
			s += math.Exp(v - m)
		}
		loss += (math.Log(s) - (row[l] - m)) / float64(n)
		for j, v := range row {
			grad[i*c+j] = math.Exp(v-m) / s / float64(n)
		}
		grad[i*c+l] -= 1 / float64(n)
	}
	return loss, grad
}

func testSoftmaxCrossEntropy[T Float](t *testing.T, tol float64) {
	r := rand.New(rand.NewPCG(6, 0))
	for _, s := range [][2]int{{1, 1}, {1, 2}, {3, 10}, {33, 100}, {70, 65}, {2, 16384}, {2, 40000}, {300, 3}} {
		n, c := s[0], s[1]
		if testing.Short() && n*c > 50000 {
			c /= 2 // more than one chunk still
		}
		x := New[T](n, c)
		wide := make([]float64, n*c)
		labels := make([]int, n)
		for i := range x.data {
			x.data[i] = T(r.NormFloat64() * 5)
			wide[i] = float64(x.data[i])
		}
		for i := range labels {
			labels[i] = r.IntN(c)
		}
		dx := New[T](n, c)
		loss := SoftmaxCrossEntropy(dx, x, labels)
		wantLoss, want := specLoss(wide, c, labels)
		if math.Abs(float64(loss)-wantLoss) > tol*math.Max(1, wantLoss) {
			t.Errorf("%v: loss %v, want %v", s, loss, wantLoss)
		}
		for i, v := range dx.data {
			if math.Abs(float64(v)-want[i]) > tol/float64(n) {
				t.Fatalf("%v: gradient %d is %v, want %v", s, i, v, want[i])
			}
		}
		// A row does not depend on the others; in place gives the same bits.
		one := New[T](1, c)
		SoftmaxCrossEntropy(one, From(x.data[:c], 1, c), labels[:1])
		for j, v := range one.data {
			if j != labels[0] && math.Abs(float64(v)/float64(n)-float64(dx.data[j])) > tol*math.Abs(float64(v)) {
				t.Fatalf("%v: row 0 alone, column %d: %v, in the batch %v", s, j, v, dx.data[j])
			}
		}
		if got := SoftmaxCrossEntropy(x, x, labels); !sameBits(got, loss) {
			t.Errorf("%v: in place the loss is %v, not %v", s, got, loss)
		}
		for i := range x.data {
			if !sameBits(x.data[i], dx.data[i]) {
				t.Fatalf("%v: in place the gradient %d is %v, not %v", s, i, x.data[i], dx.data[i])
			}
		}
	}
}

func TestSoftmaxCrossEntropy(t *testing.T) {
	t.Run("f32", func(t *testing.T) { testSoftmaxCrossEntropy[float32](t, 3e-6) })
	t.Run("f64", func(t *testing.T) { testSoftmaxCrossEntropy[float64](t, 1e-14) })
	// Logits far apart: no overflow, and the loss is their distance.
	dx := New[float32](1, 3)
	if loss := SoftmaxCrossEntropy(dx, From([]float32{3e38, 0, -3e38}, 1, 3), []int{1}); loss != 3e38 {
		t.Errorf("loss %v, want 3e38", loss)
	}
	if dx.data[0] != 1 || dx.data[1] != -1 || dx.data[2] != 0 {
		t.Errorf("gradient %v, want 1 -1 0", dx.data)
	}
	inf := float32(math.Inf(-1))
	if loss := SoftmaxCrossEntropy(dx, From([]float32{inf, 0, inf}, 1, 3), []int{1}); loss != 0 {
		t.Errorf("masked logits: loss %v, want 0", loss)
	}
	nan := float32(math.NaN())
	if loss := SoftmaxCrossEntropy(dx, From([]float32{nan, 0, 1}, 1, 3), []int{1}); loss == loss {
		t.Errorf("a NaN gives loss %v", loss)
	}
}

func TestLossMisuse(t *testing.T) {
	x, d := New[float32](2, 3), New[float32](2, 3)
	for _, labels := range [][]int{{0, 3}, {-1, 0}} {
		func() {
			defer func() {
				var e *LabelError
				if err, ok := recover().(error); !ok || !errors.As(err, &e) || !strings.Contains(err.Error(), "[2 3]") {
					t.Errorf("labels %v: %v", labels, err)
				}
			}()
			SoftmaxCrossEntropy(d, x, labels)
		}()
	}
	shapePanic(t, "SoftmaxCrossEntropy", func() { SoftmaxCrossEntropy(d, x, []int{1}) })
	shapePanic(t, "SoftmaxCrossEntropy", func() { SoftmaxCrossEntropy(New[float32](3, 2), x, []int{1, 1}) })
	shapePanic(t, "SoftmaxCrossEntropy", func() { SoftmaxCrossEntropy(New[float32](0, 2), New[float32](0, 2), nil) })
	shapePanic(t, "ReLU", func() { ReLU(d, New[float32](3, 2)) })
	shapePanic(t, "ReLUGrad", func() { ReLUGrad(d, x, New[float32](6)) })
	shapePanic(t, "Add", func() { Add(d, x, New[float32](3, 2)) })
	shapePanic(t, "AddRow", func() { AddRow(d, x, New[float32](2)) })
	shapePanic(t, "ColSum", func() { ColSum(New[float32](2), x) })
	shapePanic(t, "ColSumAcc", func() { ColSumAcc(New[float32](2), x) })
}

func TestElementwise(t *testing.T) {
	x := From([]float32{-1, 0, 2, 3, -4, 5}, 2, 3)
	y := New[float32](2, 3)
	ReLU(y, x)
	wantElements(t, y, []int{2, 3}, 0, 0, 2, 3, 0, 5)
	ReLUGrad(y, From([]float32{1, 2, 3, 4, 5, 6}, 2, 3), x)
	wantElements(t, y, []int{2, 3}, 0, 0, 3, 4, 0, 6)
	AddRow(y, x, From([]float32{10, 20, 30}, 3))
	wantElements(t, y, []int{2, 3}, 9, 20, 32, 13, 16, 35)
	Add(y, y, x)
	wantElements(t, y, []int{2, 3}, 8, 20, 34, 16, 12, 40)
	// Edges: NaN and -0 pass ReLU, a NaN has no gradient.
	nan, neg := float32(math.NaN()), float32(math.Copysign(0, -1))
	e := New[float32](2)
	ReLU(e, From([]float32{nan, neg}, 2))
	if e.data[0] == e.data[0] || !math.Signbit(float64(e.data[1])) {
		t.Errorf("ReLU of NaN, -0: %v", e.data)
	}
	ReLUGrad(e, From([]float32{1, 1}, 2), From([]float32{nan, neg}, 2))
	wantElements(t, e, []int{2}, 0, 0)
}

func TestPermutation(t *testing.T) {
	for _, n := range []int{0, 1, 2, 10, 1000} {
		p, seen := make([]int, n), make([]bool, n)
		Permutation(p, 3, 4)
		for _, v := range p {
			if seen[v] {
				t.Fatalf("%d: %d twice", n, v)
			}
			seen[v] = true
		}
	}
	// Every order of four about equally often: chi-squared of 23 degrees of
	// freedom is above 50 one time in a thousand.
	count := map[[4]int]int{}
	const draws = 24 * 500
	for i := range uint64(draws) {
		var p [4]int
		Permutation(p[:], 9, i)
		count[p]++
	}
	chi := 0.0
	for _, c := range count {
		chi += float64(c-500) * float64(c-500) / 500
	}
	if len(count) != 24 || chi > 50 {
		t.Errorf("%d orders, chi-squared %.1f", len(count), chi)
	}
}

// The public fillers are the kernels' streams; their bits are fixed.
func TestRandomFill(t *testing.T) {
	u, z := New[float32](3, 50), New[float32](150)
	Uniform(u, 2, 6, 1, 2)
	Normal(z, 1, 3, 1, 2)
	want := make([]float32, 150)
	asm.Tables[float32]()[0].Uniform(want, 0, 1, 1, 2, 0)
	for i, v := range u.data {
		if v != asm.FMA(want[i], 4, 2) {
			t.Fatalf("uniform %d: %v", i, v)
		}
	}
	asm.Tables[float32]()[0].Normal(want, 0, 1, 1, 2, 0)
	for i, v := range z.data {
		if v != asm.FMA(want[i], 3, 1) {
			t.Fatalf("normal %d: %v", i, v)
		}
	}
}

func TestGradBuffer(t *testing.T) {
	x := New[float32](2, 3)
	g := x.GradBuffer()
	if g == x || !g.SameShape(x) || x.GradBuffer() != g {
		t.Error("not one buffer of the same shape")
	}
	if x.Clone().GradBuffer() == g {
		t.Error("a clone shares the buffer")
	}
	x.Resize(1, 3)
	if x.GradBuffer() != g || g.Dim(0) != 1 {
		t.Error("the buffer does not follow the shape")
	}
}

// A mean of float32 losses loses nothing to the order: against exact sums.
func TestSumAccuracy(t *testing.T) {
	r := rand.New(rand.NewPCG(8, 0))
	x := New[float32](100000)
	exact := new(big.Float).SetPrec(200)
	for i := range x.data {
		x.data[i] = r.Float32()
		exact.Add(exact, big.NewFloat(float64(x.data[i])))
	}
	want, _ := exact.Float64()
	if got := float64(Sum(x)); math.Abs(got-want) > 2e-6*want {
		t.Errorf("%v, want %v", got, want)
	}
}
