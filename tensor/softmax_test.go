package tensor

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/lanes-go/lanes/asm"

	"github.com/lanes-go/lanes/internal/steady"
)

// softmaxOps are the operations along an axis, all as functions of two tensors.
func softmaxOps[T Float]() []struct {
	name string
	run  func(dst, x, y *Tensor[T], axis int)
} {
	return []struct {
		name string
		run  func(dst, x, y *Tensor[T], axis int)
	}{
		{"Softmax", func(dst, x, y *Tensor[T], axis int) { Softmax(dst, x, axis) }},
		{"LogSoftmax", func(dst, x, y *Tensor[T], axis int) { LogSoftmax(dst, x, axis) }},
		{"SoftmaxGrad", SoftmaxGrad[T]},
		{"LogSoftmaxGrad", LogSoftmaxGrad[T]},
	}
}

// specRow is log softmax of a row in float64, and its log Σ exp.
func specRow[T Float](x []T) (logs []float64, lse float64) {
	m := math.Inf(-1)
	for _, v := range x {
		m = math.Max(m, float64(v))
	}
	var s longSum
	for _, v := range x {
		s.add(math.Exp(float64(v) - m))
	}
	for _, v := range x {
		logs = append(logs, float64(v)-m-math.Log(s.sum()))
	}
	return logs, m + math.Log(s.sum())
}

// longSum adds up what the additions lose, too.
type longSum struct{ high, low float64 }

func (s *longSum) add(v float64) {
	old := s.high
	s.high += v
	if math.Abs(old) > math.Abs(v) {
		s.low += old - s.high + v
	} else {
		s.low += v - s.high + old
	}
}

func (s *longSum) sum() float64 { return s.high + s.low }

func TestSoftmaxValues(t *testing.T) {
	t.Run("f32", func(t *testing.T) { testSoftmaxValues[float32](t, 0x1p-24) })
	t.Run("f64", func(t *testing.T) { testSoftmaxValues[float64](t, 0x1p-53) })
}

func testSoftmaxValues[T Float](t *testing.T, eps float64) {
	r := rand.New(rand.NewPCG(51, 0))
	for _, s := range [][2]int{{1, 1}, {3, 2}, {40, 10}, {7, 16}, {5, 65}, {3, 1000}, {2, 16385}, {1, 70000}} {
		rows, n := s[0], s[1]
		if testing.Short() && n > 20000 {
			continue
		}
		x, dy := New[T](rows, n), New[T](rows, n)
		for i := range x.data {
			x.data[i], dy.data[i] = T(5*r.NormFloat64()), T(r.NormFloat64())
		}
		p, lp, dp, dlp, lse := New[T](rows, n), New[T](rows, n), New[T](rows, n), New[T](rows, n), New[T](rows)
		Softmax(p, x, 1)
		LogSoftmax(lp, x, -1)
		LogSumExp(lse, x, 1)
		SoftmaxGrad(dp, dy, p, 1)
		LogSoftmaxGrad(dlp, dy, lp, 1)
		for i := range rows {
			row, g := x.data[i*n:][:n], dy.data[i*n:][:n]
			logs, want := specRow(row)
			near := func(what string, j int, got T, want, bound float64) {
				t.Helper()
				if !(math.Abs(float64(got)-want) <= bound) {
					t.Fatalf("%v: %s of row %d, %d: %v, want %v within %g", s, what, i, j, got, want, bound)
				}
			}
			// The difference x-m is rounded once, and its error is one of the exponential.
			rel := eps * (45 + 4 + math.Log2(float64(n)))
			near("LogSumExp", 0, lse.data[i], want, rel*math.Max(1, math.Abs(want)))
			var sum, dot, total float64
			for j, l := range logs {
				sum += float64(p.data[i*n+j])
				dot += float64(g[j]) * math.Exp(l)
				total += float64(g[j])
				near("Softmax", j, p.data[i*n+j], math.Exp(l), rel*math.Exp(l))
				near("LogSoftmax", j, lp.data[i*n+j], l, 4*eps*math.Abs(l)+rel)
			}
			near("sum of a row", 0, T(sum), 1, eps*float64(n/2+2))
			var gradSum float64
			for j, l := range logs {
				gradSum += float64(dp.data[i*n+j])
				near("SoftmaxGrad", j, dp.data[i*n+j], math.Exp(l)*(float64(g[j])-dot), 100*rel*math.Exp(l))
				near("LogSoftmaxGrad", j, dlp.data[i*n+j], float64(g[j])-math.Exp(l)*total, eps*(4+math.Abs(float64(g[j])))+100*rel*math.Exp(l)*math.Max(1, math.Abs(total)))
			}
			near("sum of SoftmaxGrad", 0, T(gradSum), 0, 100*rel)
		}
	}
}

// TestSoftmaxShift: a number added to all elements, exactly, changes no bit; a row does
// not depend on the others; rows change places with their results.
func TestSoftmaxShift(t *testing.T) {
	t.Run("f32", testSoftmaxShift[float32])
	t.Run("f64", testSoftmaxShift[float64])
}

func testSoftmaxShift[T Float](t *testing.T) {
	r := rand.New(rand.NewPCG(52, 0))
	for _, n := range []int{1, 3, 16, 50, 1000} {
		const rows = 5
		x, moved, turned := New[T](rows, n), New[T](rows, n), New[T](rows, n)
		for i := range x.data {
			x.data[i] = T(r.IntN(512)-256) / 16
			moved.data[i] = x.data[i] + 1000
			turned.data[(rows-1-i/n)*n+i%n] = x.data[i]
		}
		for _, op := range []func(dst, x *Tensor[T], axis int){Softmax[T], LogSoftmax[T]} {
			a, b, c, one := New[T](rows, n), New[T](rows, n), New[T](rows, n), New[T](1, n)
			op(a, x, 1)
			op(b, moved, 1)
			op(c, turned, 1)
			op(one, x.Narrow(0, 2, 1), 1)
			for i, v := range a.data {
				if !sameBits(v, b.data[i]) {
					t.Fatalf("rows of %d: %v, of elements that are 1000 more %v", n, v, b.data[i])
				}
				if w := c.data[(rows-1-i/n)*n+i%n]; !sameBits(v, w) {
					t.Fatalf("rows of %d: %v, in another place %v", n, v, w)
				}
				if i/n == 2 && !sameBits(v, one.data[i%n]) {
					t.Fatalf("rows of %d: %v, alone %v", n, v, one.data[i%n])
				}
			}
		}
	}
}

// TestSoftmaxLayouts: views give the bits of packed copies, along every axis, in place
// too.
func TestSoftmaxLayouts(t *testing.T) {
	t.Run("f32", testSoftmaxLayouts[float32])
	t.Run("f64", testSoftmaxLayouts[float64])
}

func testSoftmaxLayouts[T Float](t *testing.T) {
	r := rand.New(rand.NewPCG(53, 0))
	for _, shape := range [][]int{{7}, {5, 9}, {3, 4, 21}, {2, 70, 40}, {1, 1}, {3, 0, 2}} {
		layouts := layoutsOf[T](shape)
		for axis := range shape {
			x, y := randomize(r, New[T](shape...)), randomize(r, New[T](shape...))
			for _, op := range softmaxOps[T]() {
				want := New[T](shape...)
				// The rows one by one, packed.
				rest := append(append([]int{}, shape[:axis]...), shape[axis+1:]...)
				eachIndex(rest, func(index []int) {
					row := func(t *Tensor[T]) *Tensor[T] {
						for a, i := range index {
							d := 0
							if a >= axis {
								d = 1
							}
							t = t.Select(d, i) // the axes before are gone
						}
						return t
					}
					d := New[T](shape[axis])
					op.run(d, row(x).Clone(), row(y).Clone(), 0)
					row(want).CopyFrom(d)
				})
				for i, l := range layouts {
					m := layouts[(i+1)%len(layouts)]
					dst, xs, ys := m.new(), l.new().CopyFrom(x), m.new().CopyFrom(y)
					op.run(dst, xs, ys, axis)
					name := fmt.Sprintf("%s of %v along %d, %s to %s", op.name, shape, axis, l.name, m.name)
					equalTensors(t, name, dst, want)
					op.run(xs, xs, ys, axis-len(shape))
					equalTensors(t, name+", in place of x", xs, want)
				}
			}
			lse := New[T](append(append([]int{}, shape[:axis]...), shape[axis+1:]...)...)
			LogSumExp(lse, x, axis)
			for _, l := range layouts {
				wide := New[T](append(append([]int{}, lse.shape...), 2)...).Select(len(lse.shape), 1)
				LogSumExp(wide, l.new().CopyFrom(x), axis)
				equalTensors(t, fmt.Sprintf("LogSumExp of %v along %d, %s", shape, axis, l.name), wide, lse)
			}
		}
	}
}

func equalTensors[T Float](t *testing.T, name string, got, want *Tensor[T]) {
	t.Helper()
	eachIndex(want.shape, func(index []int) {
		if g, w := got.At(index...), want.At(index...); !sameBits(g, w) {
			t.Fatalf("%s: %v is %v, want %v", name, index, g, w)
		}
	})
}

// TestSoftmaxThreads: the same bits for any number of threads.
func TestSoftmaxThreads(t *testing.T) {
	t.Run("f32", testSoftmaxThreads[float32])
	t.Run("f64", testSoftmaxThreads[float64])
}

func testSoftmaxThreads[T Float](t *testing.T) {
	r := rand.New(rand.NewPCG(54, 0))
	for _, shape := range [][]int{{9000, 10}, {300, 257}, {7, 20000}, {1, 100_000}, {3, 70_001}} {
		if testing.Short() {
			if shape[1] > splitChunks*asm.Chunk {
				continue
			}
			shape[0] = shape[0]/10 + 3
		}
		x, y := randomize(r, New[T](shape...)), randomize(r, New[T](shape...))
		labels := make([]int, shape[0])
		for i := range labels {
			labels[i] = r.IntN(shape[1])
		}
		var want [][]T
		for _, threads := range []int{1, 2, 7} {
			old := SetMaxThreads(threads)
			var got [][]T
			for _, op := range softmaxOps[T]() {
				for _, axis := range []int{0, 1} {
					dst := New[T](shape...)
					op.run(dst, x, y, axis)
					got = append(got, dst.data)
				}
			}
			for _, o := range []LabelOptions[T]{{}, {Smoothing: 0.1}} {
				dst := New[T](shape...)
				loss := CrossEntropy(dst, x, labels, o)
				got = append(got, dst.data, []T{loss})
			}
			SetMaxThreads(old)
			if want == nil {
				want = got
			}
			for i := range got {
				for j, v := range got[i] {
					if !sameBits(v, want[i][j]) {
						t.Fatalf("%v, result %d: [%d] is %v with %d threads, %v with one", shape, i, j, v, threads, want[i][j])
					}
				}
			}
		}
	}
}

func TestSoftmaxSpecials(t *testing.T) {
	t.Run("f32", testSoftmaxSpecials[float32])
	t.Run("f64", testSoftmaxSpecials[float64])
}

func testSoftmaxSpecials[T Float](t *testing.T) {
	inf, nan := T(math.Inf(1)), T(math.NaN())
	for _, c := range []struct {
		x, p, l []T
		lse     T
	}{
		{[]T{1000, -1000}, []T{1, 0}, []T{0, -2000}, 1000},
		{[]T{-1000, -1000}, []T{0.5, 0.5}, []T{-0.6931471805599453, -0.6931471805599453}, -999.3068528194400547},
		{[]T{10000, -10000}, []T{1, 0}, []T{0, -20000}, 10000},
		{[]T{-10000, -10000, -10000, -10000}, []T{0.25, 0.25, 0.25, 0.25}, []T{-1.3862943611198906, -1.3862943611198906, -1.3862943611198906, -1.3862943611198906}, -9998.6137056388801094},
		{[]T{-inf, 3, -inf}, []T{0, 1, 0}, []T{-inf, 0, -inf}, 3},
		{[]T{-inf, -inf}, []T{nan, nan}, []T{nan, nan}, -inf},
		{[]T{inf, 1}, []T{nan, nan}, []T{nan, nan}, inf},
		{[]T{inf, -inf}, []T{nan, nan}, []T{nan, nan}, inf},
		{[]T{nan, 1}, []T{nan, nan}, []T{nan, nan}, nan},
		{[]T{1, nan, inf}, []T{nan, nan, nan}, []T{nan, nan, nan}, nan},
		{[]T{T(math.Copysign(0, -1))}, []T{1}, []T{T(math.Copysign(0, -1))}, 0},
		{[]T{0}, []T{1}, []T{0}, 0},
	} {
		n := len(c.x)
		x, p, l, lse := From(c.x, n), New[T](n), New[T](n), New[T]()
		Softmax(p, x, 0)
		LogSoftmax(l, x, 0)
		LogSumExp(lse, x, 0)
		for i := range c.x {
			if !sameBits(p.data[i], c.p[i]) || !sameBits(l.data[i], c.l[i]) {
				t.Errorf("%v: softmax %v, want %v; its logarithm %v, want %v", c.x, p.data, c.p, l.data, c.l)
				break
			}
		}
		if !sameBits(lse.data[0], c.lse) {
			t.Errorf("LogSumExp of %v is %v, want %v", c.x, lse.data[0], c.lse)
		}
	}
	// A row that is not a number is so alone.
	x := From([]T{1, nan, 2, 3, inf, inf, 5, 5}, 4, 2)
	p := New[T](4, 2)
	Softmax(p, x, 1)
	for i, v := range p.data {
		if bad := i/2 == 0 || i/2 == 2; bad != (v != v) {
			t.Errorf("softmax of %v is %v", x.data, p.data)
			break
		}
	}
	empty := New[T](3)
	LogSumExp(empty, New[T](3, 0), 1)
	for _, v := range empty.data {
		if v != -inf {
			t.Errorf("LogSumExp of nothing is %v", v)
		}
	}
}

func TestSoftmaxMisuse(t *testing.T) {
	x, d := New[float32](2, 3), New[float32](2, 3)
	m := arange(4, 3)
	head, tail := m.Narrow(0, 0, 2), m.Narrow(0, 1, 2)
	shapePanic(t, "Softmax", func() { Softmax(New[float32](3, 2), x, 1) })
	shapePanic(t, "Softmax", func() { Softmax(d, x, 2) })
	shapePanic(t, "Softmax", func() { Softmax(head, tail, 0) })
	shapePanic(t, "LogSoftmax", func() { LogSoftmax(d, x, -3) })
	shapePanic(t, "LogSoftmax", func() { LogSoftmax(head, tail, 0) })
	shapePanic(t, "SoftmaxGrad", func() { SoftmaxGrad(d, x, New[float32](3, 2), 0) })
	shapePanic(t, "SoftmaxGrad", func() { SoftmaxGrad(head, x, tail, 0) })
	shapePanic(t, "LogSoftmaxGrad", func() { LogSoftmaxGrad(head, tail, x, 0) })
	shapePanic(t, "LogSumExp", func() { LogSumExp(New[float32](3), x, 1) })
	shapePanic(t, "LogSumExp", func() { LogSumExp(New[float32](2, 1), x, 1) })
	shapePanic(t, "LogSumExp", func() { LogSumExp(x.Select(0, 0), x, 0) })
}

func TestSoftmaxAllocates(t *testing.T) {
	for _, shape := range [][]int{{1000, 10}, {30, 1000}, {3, 70000}, {8, 12, 9}} {
		x, y, dst := New[float32](shape...), New[float32](shape...), New[float32](shape...)
		labels := make([]int, x.Len()/shape[len(shape)-1])
		lse := New[float32](shape[:len(shape)-1]...)
		for _, f := range []func(){
			func() { Softmax(dst, x, 0) },
			func() { Softmax(dst, x, -1) },
			func() { LogSoftmax(dst, x, -1) },
			func() { SoftmaxGrad(dst, x, y, 0) },
			func() { LogSoftmaxGrad(dst, x, y, -1) },
			func() { LogSumExp(lse, x, -1) },
			func() { CrossEntropy(dst, x, labels, LabelOptions[float32]{}) },
			func() { CrossEntropy(dst, x, labels, LabelOptions[float32]{Smoothing: 0.1, Ignore: true}) },
			func() { CrossEntropy(nil, x, labels, LabelOptions[float32]{}) },
			func() { NLLLoss(dst, x, labels, LabelOptions[float32]{}) },
			func() { HingeLoss(dst, x, labels, LabelOptions[float32]{}) },
		} {
			if n := steady.Allocs(10, f); n > 0 {
				t.Errorf("%v: %v allocations", shape, n)
			}
		}
	}
}

// TestShortRows: rows that go through the kernels together, turned, give the bits of
// each alone.
func TestShortRows(t *testing.T) {
	t.Run("f32", testShortRows[float32])
	t.Run("f64", testShortRows[float64])
}

func testShortRows[T Float](t *testing.T) {
	r := rand.New(rand.NewPCG(55, 0))
	special := []T{T(math.Inf(1)), T(math.Inf(-1)), T(math.NaN()), 0, T(math.Copysign(0, -1)), 1000, -1000}
	for n := 1; n <= turnedMost+2; n++ {
		for _, rows := range []int{turnedRows - 1, turnedRows, 45, 700} {
			x, labels := New[T](rows, n), make([]int, rows)
			for i := range x.data {
				if x.data[i] = T(3 * r.NormFloat64()); i/n%3 == 1 && r.IntN(2) == 0 {
					x.data[i] = special[r.IntN(len(special))]
				}
			}
			o := LabelOptions[T]{Reduction: LossSum, Losses: make([]T, rows), Ignore: n%2 == 0, IgnoreIndex: -1}
			for j := range n {
				if n%3 == 0 {
					o.Weights = append(o.Weights, T(j)-2)
				}
			}
			for i := range labels {
				if labels[i] = r.IntN(n); o.Ignore && r.IntN(4) == 0 {
					labels[i] = -1
				}
			}
			p, q, d, lse := New[T](rows, n), New[T](rows, n), New[T](rows, n), New[T](rows)
			Softmax(p, x, 1)
			LogSoftmax(q, x, 1)
			LogSumExp(lse, x, 1)
			if rows == 45 {
				o.Smoothing = 0.25
			}
			CrossEntropy(d, x, labels, o)
			losses := o.Losses
			o.Losses = make([]T, rows)
			CrossEntropy(nil, x, labels, o)
			for i, v := range o.Losses {
				if !sameBits(v, losses[i]) {
					t.Fatalf("loss of row %d of %d, %d long, label %d: %v, without the gradient %v", i, rows, n, labels[i], losses[i], v)
				}
			}
			o.Losses = nil
			for i := range rows {
				row, one := x.Narrow(0, i, 1), New[T](1, n)
				Softmax(one, row, 1)
				equalTensors(t, fmt.Sprintf("softmax of row %d of %d, %d long", i, rows, n), p.Narrow(0, i, 1), one)
				LogSoftmax(one, row, 1)
				equalTensors(t, fmt.Sprintf("log-softmax of row %d of %d, %d long", i, rows, n), q.Narrow(0, i, 1), one)
				sum := New[T](1)
				LogSumExp(sum, row, 1)
				equalTensors(t, fmt.Sprintf("logsumexp of row %d of %d, %d long", i, rows, n), lse.Narrow(0, i, 1), sum)
				loss := CrossEntropy(one, row, labels[i:i+1], o)
				equalTensors(t, fmt.Sprintf("gradient of row %d of %d, %d long, label %d", i, rows, n, labels[i]), d.Narrow(0, i, 1), one)
				if !sameBits(loss, losses[i]+0) { // a sum begins with +0
					t.Fatalf("loss of row %d of %d, %d long, label %d: %v, want %v", i, rows, n, labels[i], losses[i], loss)
				}
			}
		}
	}
}
