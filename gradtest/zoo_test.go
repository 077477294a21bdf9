package gradtest_test

import (
	"math"
	"math/rand/v2"
)

// sample is a function with its right gradient, and a point.
type sample struct {
	f    func(x []float64) float64
	grad func(dst, x []float64)
	x    []float64
	// rows*cols entries from the front form a matrix whose row may go missing.
	rows, cols int
	batch      int // what "mean for sum" would divide by
	lost       func(x []float64) bool
}

// blind tells whether the gradient drowns in rounding.
func (s sample) blind(x []float64) bool { return s.lost != nil && s.lost(x) }

// zoo holds functions of many kinds; each draws its sizes, constants and point.
var zoo = []struct {
	name string
	make func(r *rand.Rand) sample
}{
	{"quadratic", quadratic},
	{"softmax", softmaxCE},
	{"tanh net", func(r *rand.Rand) sample { return net(r, false) }},
	{"relu net", func(r *rand.Rand) sample { return net(r, true) }},
	{"product", product},
	{"logsumexp", logsumexp},
	{"scaled x", scaledX},
	{"scaled f", scaledF},
	{"waves", waves},
	{"hinge", hinge},
}

func normals(r *rand.Rand, n int, scale float64) []float64 {
	x := make([]float64, n)
	for i := range x {
		x[i] = scale * r.NormFloat64()
	}
	return x
}

func quadratic(r *rand.Rand) sample {
	n := 1 + r.IntN(6)
	a, b := normals(r, n*n, 1), normals(r, n, 1)
	return sample{
		f: func(x []float64) float64 {
			s := 3.0
			for i := range n {
				for j := range n {
					s += x[i] * a[i*n+j] * x[j]
				}
				s += b[i] * x[i]
			}
			return s
		},
		grad: func(dst, x []float64) {
			for i := range n {
				dst[i] = b[i]
				for j := range n {
					dst[i] += (a[i*n+j] + a[j*n+i]) * x[j]
				}
			}
		},
		x: normals(r, n, 2), rows: n, cols: 1, batch: n,
	}
}

// softmaxCE is the mean cross-entropy of rows of logits.
func softmaxCE(r *rand.Rand) sample {
	n, c := 1+r.IntN(4), 2+r.IntN(6)
	labels := make([]int, n)
	for i := range labels {
		labels[i] = r.IntN(c)
	}
	lse := func(x []float64) float64 {
		top := x[0]
		for _, v := range x {
			top = max(top, v)
		}
		s := 0.0
		for _, v := range x {
			s += math.Exp(v - top)
		}
		return top + math.Log(s)
	}
	f := func(x []float64) float64 {
		s := 0.0
		for i, l := range labels {
			s += lse(x[i*c:i*c+c]) - x[i*c+l]
		}
		return s / float64(n)
	}
	return sample{
		f: f, lost: func(x []float64) bool { return f(x) < 1e-6*top(x) },
		grad: func(dst, x []float64) {
			for i, l := range labels {
				row := x[i*c : i*c+c]
				z := lse(row)
				for j, v := range row {
					dst[i*c+j] = math.Exp(v-z) / float64(n)
				}
				dst[i*c+l] -= 1 / float64(n)
			}
		},
		x: normals(r, n*c, math.Pow(10, 2*r.Float64()-1)), rows: n, cols: c, batch: n,
	}
}

// net is a network of one hidden layer with half squared error; x holds its
// weights w1 [h,d], b1 [h], w2 [h], b2.
func net(r *rand.Rand, relu bool) sample {
	n, d, h := 2+r.IntN(3), 1+r.IntN(4), 2+r.IntN(5)
	in, want := normals(r, n*d, 1), normals(r, n, 1)
	act := math.Tanh
	slope := func(_, y float64) float64 { return (1 - y) * (1 + y) }
	if relu {
		act = func(v float64) float64 { return max(v, 0) }
		slope = func(v, _ float64) float64 {
			if v > 0 {
				return 1
			}
			return 0
		}
	}
	pre := func(x []float64, i, j int) float64 {
		s := x[h*d+j]
		for k := range d {
			s += in[i*d+k] * x[j*d+k]
		}
		return s
	}
	out := func(x []float64, i int) float64 {
		s := x[h*d+2*h]
		for j := range h {
			s += act(pre(x, i, j)) * x[h*d+h+j]
		}
		return s
	}
	x := normals(r, h*d+2*h+1, 1)
	return sample{
		f: func(x []float64) float64 {
			s := 0.0
			for i := range n {
				e := out(x, i) - want[i]
				s += e * e / 2
			}
			return s
		},
		grad: func(dst, x []float64) {
			clear(dst)
			for i := range n {
				e := out(x, i) - want[i]
				dst[h*d+2*h] += e
				for j := range h {
					v := pre(x, i, j)
					y := act(v)
					dst[h*d+h+j] += e * y
					g := e * x[h*d+h+j] * slope(v, y)
					dst[h*d+j] += g
					for k := range d {
						dst[j*d+k] += g * in[i*d+k]
					}
				}
			}
		},
		x: x, rows: h, cols: d, batch: n,
	}
}

func product(r *rand.Rand) sample {
	n := 2 + r.IntN(5)
	return sample{
		f: func(x []float64) float64 {
			p := 1.0
			for _, v := range x {
				p *= v
			}
			return p
		},
		grad: func(dst, x []float64) {
			for i := range x {
				dst[i] = 1
				for j, v := range x {
					if i != j {
						dst[i] *= v
					}
				}
			}
		},
		x: normals(r, n, math.Pow(10, 4*r.Float64()-2)), rows: n, cols: 1, batch: n,
	}
}

func logsumexp(r *rand.Rand) sample {
	n := 2 + r.IntN(6)
	sum := func(x []float64, top float64) (s float64) {
		for _, v := range x {
			s += math.Exp(v - top)
		}
		return s
	}
	x := normals(r, n, 3)
	shift := 100 * r.NormFloat64()
	for i := range x {
		x[i] += shift
	}
	top := func(x []float64) float64 {
		t := x[0]
		for _, v := range x {
			t = max(t, v)
		}
		return t
	}
	return sample{
		f: func(x []float64) float64 { t := top(x); return t + math.Log(sum(x, t)) },
		grad: func(dst, x []float64) {
			t := top(x)
			s := sum(x, t)
			for i, v := range x {
				dst[i] = math.Exp(v-t) / s
			}
		},
		x: x, rows: n, cols: 1, batch: n,
	}
}

// scaledX has variables whose own scales run from 1e-6 to 1e6.
func scaledX(r *rand.Rand) sample {
	n := 2 + r.IntN(5)
	scale, x := make([]float64, n), make([]float64, n)
	for i := range x {
		scale[i] = math.Pow(10, 12*r.Float64()-6)
		x[i] = scale[i] * r.NormFloat64()
	}
	return sample{
		f: func(x []float64) float64 {
			s := 0.0
			for i, v := range x {
				v /= scale[i]
				s += math.Sin(v) + v*v/4
			}
			return s
		},
		grad: func(dst, x []float64) {
			for i, v := range x {
				v /= scale[i]
				dst[i] = (math.Cos(v) + v/2) / scale[i]
			}
		},
		x: x, rows: n, cols: 1, batch: n,
	}
}

// scaledF is another sample times a factor from 1e-6 to 1e6, or far beyond.
func scaledF(r *rand.Rand) sample {
	makers := []func(*rand.Rand) sample{quadratic, softmaxCE, product, logsumexp, hinge, waves,
		func(r *rand.Rand) sample { return net(r, r.IntN(2) == 0) }}
	s := makers[r.IntN(len(makers))](r)
	k := math.Pow(10, 12*r.Float64()-6)
	switch r.IntN(8) {
	case 0:
		k = 0x1p-600
	case 1:
		k = 0x1p+600
	}
	f, grad := s.f, s.grad
	s.f = func(x []float64) float64 { return k * f(x) }
	s.grad = func(dst, x []float64) {
		grad(dst, x)
		for i := range dst {
			dst[i] *= k
		}
	}
	return s
}

// waves bends within 1e-2 to 10 of x.
func waves(r *rand.Rand) sample {
	n := 1 + r.IntN(4)
	w := make([]float64, n)
	for i := range w {
		w[i] = math.Pow(10, 3*r.Float64()-1)
	}
	return sample{
		f: func(x []float64) float64 {
			s := 0.0
			for i, v := range x {
				s += math.Sin(w[i]*v) + math.Exp(-v*v)
			}
			return s
		},
		grad: func(dst, x []float64) {
			for i, v := range x {
				dst[i] = w[i]*math.Cos(w[i]*v) - 2*v*math.Exp(-v*v)
			}
		},
		x: normals(r, n, 1), rows: n, cols: 1, batch: n,
	}
}

// hinge is the multi-class hinge loss of rows of scores, margin 1.
func hinge(r *rand.Rand) sample {
	n, c := 1+r.IntN(4), 2+r.IntN(5)
	labels := make([]int, n)
	for i := range labels {
		labels[i] = r.IntN(c)
	}
	return sample{
		f: func(x []float64) float64 {
			s := 0.0
			for i, l := range labels {
				for j := range c {
					if j != l {
						s += max(0, x[i*c+j]-x[i*c+l]+1)
					}
				}
			}
			return s
		},
		grad: func(dst, x []float64) {
			clear(dst)
			for i, l := range labels {
				for j := range c {
					if j != l && x[i*c+j]-x[i*c+l]+1 > 0 {
						dst[i*c+j]++
						dst[i*c+l]--
					}
				}
			}
		},
		x: normals(r, n*c, 2), rows: n, cols: c, batch: n,
	}
}
