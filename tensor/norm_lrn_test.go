package tensor

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/lanes-go/lanes/asm"
	"github.com/lanes-go/lanes/internal/steady"
)

// specLRN are the formulas in float64.
func specLRN[T Float](x, dy *Tensor[T], o LRNOptions) (y, dx []float64) {
	c, inner := x.shape[1], 1
	for _, d := range x.shape[2:] {
		inner *= d
	}
	y, dx = make([]float64, len(x.data)), make([]float64, len(x.data))
	d := make([]float64, len(x.data))
	window := func(i int) (places []int) {
		ch := i / inner % c
		for j := ch - o.Size/2; j <= ch+(o.Size-1)/2; j++ {
			if j >= 0 && j < c {
				places = append(places, i+(j-ch)*inner)
			}
		}
		return places
	}
	for i := range d {
		d[i] = o.K
		for _, j := range window(i) {
			d[i] += o.Alpha / float64(o.Size) * float64(x.data[j]) * float64(x.data[j])
		}
		y[i] = float64(x.data[i]) * math.Pow(d[i], -o.Beta)
		dx[i] += float64(dy.data[i]) * math.Pow(d[i], -o.Beta)
	}
	for i := range d {
		for _, j := range window(i) {
			dx[j] -= 2 * o.Alpha * o.Beta / float64(o.Size) * float64(x.data[j]) * float64(dy.data[i]) * float64(x.data[i]) * math.Pow(d[i], -o.Beta-1)
		}
	}
	return y, dx
}

func testLRN[T Float](t *testing.T, tol float64) {
	r := rand.New(rand.NewPCG(71, 0))
	for _, o := range []LRNOptions{LRNAlexNet(), {Size: 3, K: 1, Alpha: 2, Beta: 0.75}, {Size: 4, K: 1, Alpha: 1, Beta: 0.5}, {Size: 1, K: 0.5, Alpha: 0.3, Beta: 1}, {Size: 9, K: 1.5, Alpha: 3, Beta: 0.6}} {
		for _, shape := range [][]int{{2, 3}, {3, 7, 5}, {2, 16, 9, 13}, {1, 40, 45, 50}, {3, 600, 5, 31}} {
			if testing.Short() && shape[1] > 20 {
				continue
			}
			t.Run(fmt.Sprintf("%+v/%v", o, shape), func(t *testing.T) {
				x, dy := randomTensor[T](r, shape...), randomTensor[T](r, shape...)
				run := func(k *asm.Kernels[T], x, dy, y, dx *Tensor[T]) (*Tensor[T], *Tensor[T]) {
					lrn(k, y, x, &o)
					lrnGrad(k, dx, dy, x, &o)
					return y, dx
				}
				y, dx := run(asm.Tables[T]()[0], x, dy, New[T](shape...), New[T](shape...))
				wantY, wantDX := specLRN(x, dy, o)
				near(t, "y", y, wantY, tol, 1)
				near(t, "dx", dx, wantDX, 4*tol, 1)
				same := func(what string, gotY, gotDX *Tensor[T]) {
					t.Helper()
					wantSame(t, what+": y", gotY, y)
					wantSame(t, what+": dx", gotDX, dx)
				}
				for _, k := range asm.Tables[T]()[1:] {
					gotY, gotDX := run(k, x, dy, New[T](shape...), New[T](shape...))
					same("isa="+k.ISA, gotY, gotDX)
				}
				k := asm.Active[T]()
				for _, threads := range []int{1, 2, 7} {
					old := SetMaxThreads(threads)
					gotY, gotDX := run(k, x, dy, New[T](shape...), New[T](shape...))
					same(fmt.Sprint(threads, " threads"), gotY, gotDX)
					SetMaxThreads(old)
				}
				for layout := range layouts {
					gotY, gotDX := run(k, viewOf(r, layout, x), viewOf(r, layout, dy), randomView[T](r, layout, shape...), randomView[T](r, layout, shape...))
					same(fmt.Sprint("layout ", layout), gotY, gotDX)
				}
				inY, inDY, inX := x.Clone(), dy.Clone(), x.Clone()
				LRN(inY, inY, o)
				LRNGrad(inDY, inDY, x, o)
				LRNGrad(inX, dy, inX, o)
				same("in place", inY, inDY)
				same("in place", inY, inX)
			})
		}
	}
}

func TestLRN(t *testing.T) {
	t.Run("f32", func(t *testing.T) { testLRN[float32](t, 3e-6) })
	t.Run("f64", func(t *testing.T) { testLRN[float64](t, 1e-14) })
}

func TestLRNEdges(t *testing.T) {
	o := LRNAlexNet()
	r := rand.New(rand.NewPCG(72, 0))
	// A NaN spoils the channels whose windows have it.
	x := randomTensor[float32](r, 1, 9, 4)
	x.Set(float32(math.NaN()), 0, 4, 1)
	y := New[float32](1, 9, 4)
	LRN(y, x, o)
	for i, v := range y.data {
		c, p := i/4, i%4
		if bad := p == 1 && c >= 2 && c <= 6; bad != (v != v) {
			t.Errorf("NaN in channel 4: y of channel %d, place %d is %v", c, p, v)
		}
	}
	LRN(New[float32](0, 3, 2), New[float32](0, 3, 2), o)
	LRNGrad(New[float32](2, 0, 2), New[float32](2, 0, 2), New[float32](2, 0, 2), o)
	a := arange(5, 6)
	shapePanic(t, "LRN", func() { LRN(New[float32](6), New[float32](6), o) })
	shapePanic(t, "LRN", func() { LRN(y, New[float32](1, 4, 9), o) })
	shapePanic(t, "LRN", func() { LRN(y, y, LRNOptions{K: 1}) })
	shapePanic(t, "LRN", func() { LRN(a.Narrow(0, 0, 4), a.Narrow(0, 1, 4), o) })
	shapePanic(t, "LRNGrad", func() { LRNGrad(y, New[float32](9, 4), x, o) })
	shapePanic(t, "LRNGrad", func() { LRNGrad(a.Narrow(0, 0, 4), a.Narrow(0, 1, 4), New[float32](4, 6), o) })
	big, dy, dx := randomTensor[float32](r, 2, 70, 30, 30), randomTensor[float32](r, 2, 70, 30, 30), New[float32](2, 70, 30, 30)
	if n := steady.Allocs(10, func() {
		LRN(dx, big, o)
		LRNGrad(dx, dy, big, o)
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
