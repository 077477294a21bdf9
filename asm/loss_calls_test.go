package asm

import (
	"math"
	"math/rand/v2"
	"testing"
)

// lossRowCalls are those of the kernels of softmax and of losses that take rows: the
// rows of a follow one another and fill it to its end.
func lossRowCalls[T Float]() []rowCall[T] {
	// fill is the matrix, and its rows' length.
	fill := func(a []T, rows int) ([]T, int) { return a[len(a)%rows:], len(a) / rows }
	two := func(run func(k *Kernels[T], a, w, other []T, n int)) func(k *Kernels[T], a []T, ld, rows int, v, w []T) {
		return func(k *Kernels[T], a []T, ld, rows int, v, w []T) {
			a, n := fill(a[:(rows-1)*ld+len(v)], rows)
			other := make([]T, rows)
			for r := range other {
				other[r] = T(r) - 0.5
			}
			run(k, a, w, other, n)
		}
	}
	return []rowCall[T]{
		{"MaxRows", 1, two(func(k *Kernels[T], a, w, other []T, n int) { k.MaxRows(w, a, n) })},
		{"ExpSumRows", 1, two(func(k *Kernels[T], a, w, other []T, n int) { k.ExpSumRows(a, w, a, other, n) })},
		{"ExpSumRows", 1, two(func(k *Kernels[T], a, w, other []T, n int) { k.ExpSumRows(make([]T, len(a)), other, a, w, n) })},
		{"ExpSumRows", 1, two(func(k *Kernels[T], a, w, other []T, n int) { k.ExpSumRows(a, w, make([]T, len(a)), w, n) })},
		{"ScaleRows", 1, two(func(k *Kernels[T], a, w, other []T, n int) { k.ScaleRows(a, a, w, n) })},
		{"ScaleRows", 1, two(func(k *Kernels[T], a, w, other []T, n int) { k.ScaleRows(a, make([]T, len(a)), w, n) })},
		{"ShiftRows", 1, two(func(k *Kernels[T], a, w, other []T, n int) { k.ShiftRows(a, a, w, other, n) })},
		{"ShiftRows", 1, two(func(k *Kernels[T], a, w, other []T, n int) { k.ShiftRows(a, a, other, w, n) })},
		{"DotsRows", 1, two(func(k *Kernels[T], a, w, other []T, n int) {
			y := make([]T, len(a))
			for i := range y {
				y[i] = T(i%7) - 3
			}
			k.DotsRows(w, a, y, n)
			k.DotsRows(other, y, a, n)
			for r := range w { // both count
				w[r] -= T(2 * other[r])
			}
		})},
		{"SoftmaxGradRows", 1, two(func(k *Kernels[T], a, w, other []T, n int) { k.SoftmaxGradRows(a, a, a, w, n) })},
		{"LogSoftmaxGradRows", 1, two(func(k *Kernels[T], a, w, other []T, n int) { k.LogSoftmaxGradRows(a, a, a, w, n) })},
		{"HingeRows", 1, two(func(k *Kernels[T], a, w, other []T, n int) { k.HingeRows(a, make([]T, len(a)), a, w, n) })},
		{"HingeRows", 1, two(func(k *Kernels[T], a, w, other []T, n int) { k.HingeRows(make([]T, len(a)), a, a, w, n) })},
	}
}

// lossShortCalls are calls on 3 rows of n elements.
func lossShortCalls[T Float](k *Kernels[T], n int) []shortCall[T] {
	const rows = 3
	m, each := rows*n, make([]T, rows)
	return []shortCall[T]{
		{name: "MaxRows", first: 1, lens: []int{rows, m}, run: func(s [][]T) { k.MaxRows(s[0], s[1], n) }},
		{name: "ExpSumRows", lens: []int{m, m, rows}, run: func(s [][]T) { k.ExpSumRows(s[0], each, s[1], s[2], n) }},
		{name: "ScaleRows", lens: []int{m, m}, run: func(s [][]T) { k.ScaleRows(s[0], s[1], each, n) }},
		{name: "ShiftRows", lens: []int{m, m, rows}, run: func(s [][]T) { k.ShiftRows(s[0], s[1], each, s[2], n) }},
		{name: "DotsRows", first: 1, lens: []int{rows, m, m}, run: func(s [][]T) { k.DotsRows(s[0], s[1], s[2], n) }},
		{name: "SoftmaxGradRows", lens: []int{m, m, m}, run: func(s [][]T) { k.SoftmaxGradRows(s[0], s[1], s[2], each, n) }},
		{name: "LogSoftmaxGradRows", lens: []int{m, m, m}, run: func(s [][]T) { k.LogSoftmaxGradRows(s[0], s[1], s[2], each, n) }},
		{name: "HingeRows", lens: []int{m, m, m}, run: func(s [][]T) { k.HingeRows(s[0], s[1], s[2], each, n) }},
	}
}

// TestLossRows: what the kernels of rows are, in other words.
func TestLossRows(t *testing.T) {
	t.Run("f32", testLossRows[float32])
	t.Run("f64", testLossRows[float64])
}

func testLossRows[T Float](t *testing.T) {
	r := rand.New(rand.NewPCG(41, 0))
	const rows = 3
	for _, k := range Tables[T]() {
		for _, n := range []int{0, 1, 5, 16, 31, 64, 67, 300} {
			x, y := operands[T](r, rows*n, false), operands[T](r, rows*n, false)
			a, b := operands[T](r, rows, false), operands[T](r, rows, false)
			is := func(name string, at int, got, want T) {
				t.Helper()
				if !sameBits(got, want) {
					t.Fatalf("isa=%s %s, rows of %d: [%d] = %v, want %v", k.ISA, name, n, at, got, want)
				}
			}
			m, d, e := make([]T, rows), make([]T, rows), make([]T, rows)
			exps, scaled, shifted, grad, logGrad := make([]T, rows*n), make([]T, rows*n), make([]T, rows*n), make([]T, rows*n), make([]T, rows*n)
			hinge, mask := make([]T, rows*n), make([]T, rows*n)
			k.MaxRows(m, x, n)
			k.DotsRows(d, x, y, n)
			k.ExpSumRows(exps, e, x, a, n)
			k.ScaleRows(scaled, x, a, n)
			k.ShiftRows(shifted, x, a, b, n)
			k.SoftmaxGradRows(grad, x, y, a, n)
			k.LogSoftmaxGradRows(logGrad, x, y, a, n)
			k.HingeRows(hinge, mask, x, a, n)
			for i := range rows {
				row := x[i*n:][:n]
				is("MaxRows", i, m[i], k.Max(row))
				is("DotsRows", i, d[i], k.Dot(row, y[i*n:][:n]))
				is("ExpSumRows", i, e[i], k.Sum(exps[i*n:][:n]))
				for j, v := range row {
					at := i*n + j
					is("ExpSumRows", at, exps[at], Exp(v-a[i]))
					is("ScaleRows", at, scaled[at], T(v*a[i]))
					is("ShiftRows", at, shifted[at], (v-a[i])-b[i])
					is("SoftmaxGradRows", at, grad[at], T(y[at]*(v-a[i])))
					is("LogSoftmaxGradRows", at, logGrad[at], FMA(-Exp(y[at]), a[i], v))
					margin, over := (v-a[i])+1, T(0)
					if margin > 0 {
						over = 1
					} else if margin < 0 {
						margin = 0
					}
					is("HingeRows", at, hinge[at], margin)
					is("HingeRows", at, mask[at], over)
				}
			}
		}
	}
}

// TestMaxRows: NaNs are left out, zeros have one sign.
func TestMaxRows(t *testing.T) {
	t.Run("f32", testMaxRows[float32])
	t.Run("f64", testMaxRows[float64])
}

func testMaxRows[T Float](t *testing.T) {
	inf, nan, neg := T(math.Inf(1)), T(math.NaN()), T(math.Copysign(0, -1))
	for _, k := range Tables[T]() {
		for _, c := range []struct{ x, most T }{{nan, -3}, {neg, 0}, {0, 0}, {inf, inf}, {-inf, -3}, {2, 2}} {
			for _, n := range []int{1, 2, 15, 16, 17, 67, 300} {
				for at := 0; at < n; at += 1 + n/40 {
					x := make([]T, 2*n)
					for i := range x {
						x[i] = -3
					}
					x[n+at] = c.x
					want := []T{-3, c.most}
					if n == 1 && !(c.x > -3) {
						want[1] = -inf
					}
					got := make([]T, 2)
					k.MaxRows(got, x, n)
					if !sameBits(got[0], want[0]) || !sameBits(got[1], want[1]) {
						t.Fatalf("isa=%s %v at %d of %d: %v, want %v", k.ISA, c.x, at, n, got, want)
					}
				}
			}
		}
	}
}

// lossCalls are those of losses of pairs: the losses go to input 0, gradients to input 1.
func lossCalls[T Float]() (all []call[T]) {
	for _, c := range []struct {
		name string
		run  func(k *Kernels[T], loss, dx, x, y []T)
	}{
		{"SquaredLoss", func(k *Kernels[T], loss, dx, x, y []T) { k.SquaredLoss(loss, dx, x, y, 0.3) }},
		{"AbsLoss", func(k *Kernels[T], loss, dx, x, y []T) { k.AbsLoss(loss, dx, x, y, 0.3) }},
		{"HuberLoss", func(k *Kernels[T], loss, dx, x, y []T) { k.HuberLoss(loss, dx, x, y, 0.7, 1.5, 0.3) }},
		{"LogisticLoss", func(k *Kernels[T], loss, dx, x, y []T) { k.LogisticLoss(loss, dx, x, y, 0.3) }},
	} {
		all = append(all,
			call[T]{name: c.name, inputs: 4, writes: 2,
				run: func(k *Kernels[T], dst []T, in [][]T) T { c.run(k, in[0], in[1], in[2], in[3]); return 0 }},
			call[T]{name: c.name, inputs: 2, writes: 2, // in place of both
				run: func(k *Kernels[T], dst []T, in [][]T) T { c.run(k, in[0], in[1], in[1], in[0]); return 0 }},
			call[T]{name: c.name, inputs: 3, writes: 2, // the gradient in place of y
				run: func(k *Kernels[T], dst []T, in [][]T) T { c.run(k, in[0], in[1], in[2], in[1]); return 0 }})
	}
	return all
}

// TestPairLosses: what they are, in other words.
func TestPairLosses(t *testing.T) {
	t.Run("f32", testPairLosses[float32])
	t.Run("f64", testPairLosses[float64])
}

func testPairLosses[T Float](t *testing.T) {
	r := rand.New(rand.NewPCG(42, 0))
	inf, nan := T(math.Inf(1)), T(math.NaN())
	const n, g, delta, a = 400, 0.3, 0.7, 1.5
	for _, k := range Tables[T]() {
		x, y := operands[T](r, n, false), operands[T](r, n, false)
		copy(x, []T{0, 1, nan, 1, inf, -inf, 1, 0, 2, -2, 1000, -1000, 1000, -1000, 40, -40})
		copy(y, []T{0, 1, 1, nan, 1, 1, inf, 0, 1.5, -1.5, 1, 0, 0, 1, 1, 0})
		loss, dx := make([]T, n), make([]T, n)
		is := func(name string, i int, wantLoss, want T) {
			t.Helper()
			if !sameBits(loss[i], wantLoss) || !sameBits(dx[i], want) {
				t.Fatalf("isa=%s %s of %v and %v: %v, gradient %v, want %v and %v", k.ISA, name, x[i], y[i], loss[i], dx[i], wantLoss, want)
			}
		}
		k.SquaredLoss(loss, dx, x, y, g)
		for i := range x {
			is("SquaredLoss", i, T((x[i]-y[i])*(x[i]-y[i])), T((x[i]-y[i])*g))
		}
		k.AbsLoss(loss, dx, x, y, g)
		for i := range x {
			d, want := x[i]-y[i], T(0)
			switch {
			case d > 0:
				want = g
			case d < 0:
				want = -g
			}
			is("AbsLoss", i, max(d, -d), want)
		}
		k.HuberLoss(loss, dx, x, y, delta, a, g)
		for i := range x {
			d := x[i] - y[i]
			c := min(max(d, -delta), delta)
			is("HuberLoss", i, T(T(c*a)*FMA(-0.5, c, d)), T(c*g))
		}
		k.LogisticLoss(loss, dx, x, y, g)
		for i := range x {
			e := Exp(min(x[i], -x[i]))
			p := e / (1 + e)
			want := p - y[i]
			if !(x[i] < 0) {
				want = (1 - y[i]) - p
			}
			is("LogisticLoss", i, FMA(-x[i], y[i], max(x[i], 0))+Log1p(e), T(want*g))
		}
		for i, want := range []T{0, 0, 1000, 1000} { // logits of ±1000
			if loss[10+i] != want {
				t.Errorf("isa=%s LogisticLoss of %v and %v is %v, want %v", k.ISA, x[10+i], y[10+i], loss[10+i], want)
			}
		}
		if !(loss[14] > 4e-18 && loss[14] < 5e-18) || !(dx[14] < 0) {
			t.Errorf("isa=%s LogisticLoss of 40 and 1 is %v, gradient %v", k.ISA, loss[14], dx[14])
		}
	}
}
