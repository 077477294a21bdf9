package tensor

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/lanes-go/lanes/asm"
	"github.com/lanes-go/lanes/internal/steady"
)

// actOp is an activation or a gradient and the kernel that does it to packed slices.
type actOp[T Float] struct {
	name   string
	run    func(dst, x, y *Tensor[T]) // y is not used by activations
	kernel func(k *asm.Kernels[T], dst, x, y []T)
}

func actOps[T Float]() []actOp[T] {
	type tt = *Tensor[T]
	type kk = *asm.Kernels[T]
	value := func(name string, run func(dst, x tt), kernel func(k kk, dst, x []T)) actOp[T] {
		return actOp[T]{name, func(dst, x, y tt) { run(dst, x) }, func(k kk, dst, x, y []T) { kernel(k, dst, x) }}
	}
	grad := func(name string, run func(dx, dy, y tt), kernel func(k kk, dx, dy, y []T)) actOp[T] {
		return actOp[T]{name, run, kernel}
	}
	const l, a = 1.0507009873554805, 1.6732632423543772
	seven := 0.7 // not a constant: T(1)/T(0.7)
	return []actOp[T]{
		value("ReLU", ReLU[T], func(k kk, dst, x []T) { k.ReLU(dst, x) }),
		grad("ReLUGrad", ReLUGrad[T], func(k kk, dx, dy, y []T) { k.ReLUGrad(dx, dy, y) }),
		value("LeakyReLU", func(dst, x tt) { LeakyReLU(dst, x, 0.2) }, func(k kk, dst, x []T) { k.LeakyReLU(dst, x, 0.2) }),
		grad("LeakyReLUGrad", func(dx, dy, y tt) { LeakyReLUGrad(dx, dy, y, 0.2) }, func(k kk, dx, dy, y []T) { k.LeakyReLUGrad(dx, dy, y, 0.2) }),
		value("ReLU6", ReLU6[T], func(k kk, dst, x []T) { k.Clamp(dst, x, 0, 6) }),
		grad("ReLU6Grad", ReLU6Grad[T], func(k kk, dx, dy, y []T) { k.ClampGrad(dx, dy, y, 1, 0, 6) }),
		value("HardTanh", func(dst, x tt) { HardTanh(dst, x, -1, 2) }, func(k kk, dst, x []T) { k.Clamp(dst, x, -1, 2) }),
		grad("HardTanhGrad", func(dx, dy, y tt) { HardTanhGrad(dx, dy, y, -1, 2) }, func(k kk, dx, dy, y []T) { k.ClampGrad(dx, dy, y, 1, -1, 2) }),
		value("HardSigmoid", HardSigmoid[T], func(k kk, dst, x []T) { k.HardSigmoid(dst, x) }),
		grad("HardSigmoidGrad", HardSigmoidGrad[T], func(k kk, dx, dy, y []T) { k.ClampGrad(dx, dy, y, T(1.0/6), 0, 1) }),
		value("BinaryStep", BinaryStep[T], func(k kk, dst, x []T) { k.Step(dst, x) }),
		grad("SigmoidGrad", SigmoidGrad[T], func(k kk, dx, dy, y []T) { k.SigmoidGrad(dx, dy, y) }),
		grad("TanhGrad", TanhGrad[T], func(k kk, dx, dy, y []T) { k.TanhGrad(dx, dy, y) }),
		value("Softsign", Softsign[T], func(k kk, dst, x []T) { k.Softsign(dst, x) }),
		grad("SoftsignGrad", SoftsignGrad[T], func(k kk, dx, dy, y []T) { k.SoftsignGrad(dx, dy, y) }),
		value("ELU", func(dst, x tt) { ELU(dst, x, 1.5) }, func(k kk, dst, x []T) { k.ELU(dst, x, 1, 1.5, 1) }),
		grad("ELUGrad", func(dx, dy, y tt) { ELUGrad(dx, dy, y, 1.5) }, func(k kk, dx, dy, y []T) { k.ELUGrad(dx, dy, y, 1, 1.5, 1) }),
		value("SELU", SELU[T], func(k kk, dst, x []T) { k.ELU(dst, x, 1, l*a, l) }),
		grad("SELUGrad", SELUGrad[T], func(k kk, dx, dy, y []T) { k.ELUGrad(dx, dy, y, 1, l*a, l) }),
		value("CELU", func(dst, x tt) { CELU(dst, x, T(seven)) }, func(k kk, dst, x []T) { k.ELU(dst, x, 1/T(seven), 0.7, 1) }),
		grad("CELUGrad", func(dx, dy, y tt) { CELUGrad(dx, dy, y, T(seven)) }, func(k kk, dx, dy, y []T) { k.ELUGrad(dx, dy, y, 1/T(seven), 1, 1) }),
		value("Softplus", Softplus[T], func(k kk, dst, x []T) { k.Softplus(dst, x) }),
		grad("SoftplusGrad", SoftplusGrad[T], func(k kk, dx, dy, y []T) { k.SoftplusGrad(dx, dy, y) }),
		value("SiLU", SiLU[T], func(k kk, dst, x []T) { k.SiLU(dst, x) }),
		grad("SiLUGrad", SiLUGrad[T], func(k kk, dx, dy, x []T) { k.SiLUGrad(dx, dy, x) }),
		value("Mish", Mish[T], func(k kk, dst, x []T) { k.Mish(dst, x) }),
		grad("MishGrad", MishGrad[T], func(k kk, dx, dy, x []T) { k.MishGrad(dx, dy, x) }),
		value("GELU", GELU[T], func(k kk, dst, x []T) { k.GELU(dst, x) }),
		grad("GELUGrad", GELUGrad[T], func(k kk, dx, dy, x []T) { k.GELUGrad(dx, dy, x) }),
		value("GELUTanh", GELUTanh[T], func(k kk, dst, x []T) { k.GELUTanh(dst, x) }),
		grad("GELUTanhGrad", GELUTanhGrad[T], func(k kk, dx, dy, x []T) { k.GELUTanhGrad(dx, dy, x) }),
	}
}

// Every operation on views, in place, and on several threads: the bits of the kernel on
// packed copies.
func TestActOps(t *testing.T) {
	t.Run("f32", testActOps[float32])
	t.Run("f64", testActOps[float64])
}

func testActOps[T Float](t *testing.T) {
	r := rand.New(rand.NewPCG(83, 84))
	shapes := [][]int{{}, {0}, {7}, {3, 50}, {2, 5, 3, 7}, {400, 300}}
	if testing.Short() {
		shapes = shapes[:5]
	}
	for _, op := range actOps[T]() {
		for _, shape := range shapes {
			all := layoutsOf[T](shape)
			for i, to := range all[:min(len(all), 4)] {
				from := all[(i+1)%len(all)]
				x, y, dst := randomize(r, from.new()), randomize(r, New[T](shape...)), to.new()
				want := New[T](shape...)
				op.kernel(asm.Tables[T]()[0], want.data, x.Clone().data, y.data)
				check := func(where string, dst *Tensor[T]) {
					t.Helper()
					wantMap(t, fmt.Sprint(op.name, " ", to.name, " of ", from.name, where), dst, func(v []T) T { return v[0] }, want)
				}
				op.run(dst, x, y)
				check("", dst)
				before := SetMaxThreads(1 + i%3)
				op.run(x, x, y)
				SetMaxThreads(before)
				check(" in place", x)
			}
		}
		x := New[T](3, 4)
		shapePanic(t, op.name, func() { op.run(New[T](4, 3), x, x) })
		if n := steady.Allocs(20, func() { op.run(x, x, x) }); n > 0 {
			t.Errorf("%s: %v allocations a call", op.name, n)
		}
	}
}

func TestActMisuse(t *testing.T) {
	x := New[float64](2)
	for _, c := range []struct {
		want string
		run  func()
	}{
		{"tensor.ELUGrad: alpha is -1, want at least 0: shapes [2], [2], [2]", func() { ELUGrad(x, x, x, -1) }},
		{"tensor.ELUGrad: alpha is NaN, want at least 0: shapes [2], [2], [2]", func() { ELUGrad(x, x, x, math.NaN()) }},
		{"tensor.CELU: alpha is 0, want more than 0: shapes [2], [2]", func() { CELU(x, x, 0) }},
		{"tensor.CELUGrad: alpha is -2, want more than 0: shapes [2], [2], [2]", func() { CELUGrad(x, x, x, -2) }},
	} {
		func() {
			defer func() {
				if err, _ := recover().(error); err == nil || err.Error() != c.want {
					t.Errorf("panic %v, want %q", err, c.want)
				}
			}()
			c.run()
		}()
	}
}

// Slopes of every kind, against elements one by one and sums in float64.
func TestPReLU(t *testing.T) {
	t.Run("f32", testPReLU[float32])
	t.Run("f64", testPReLU[float64])
}

func testPReLU[T Float](t *testing.T) {
	r := rand.New(rand.NewPCG(85, 86))
	eps := 0x1p-22
	if _, ok := any(T(0)).(float64); ok {
		eps = 0x1p-50
	}
	for _, c := range []struct{ shape, slope []int }{
		{[]int{7}, []int{1}}, {[]int{7}, []int{}}, {[]int{}, []int{}}, {[]int{7}, []int{7}}, {[]int{40, 33}, []int{33}},
		{[]int{40, 33}, []int{40, 1}}, {[]int{200, 3}, []int{1, 3}}, {[]int{5, 6, 7, 8}, []int{8}}, {[]int{5, 6, 7, 8}, []int{6, 1, 1}},
		{[]int{5, 6, 7, 8}, []int{1, 6, 1, 1}}, {[]int{3, 4, 150, 160}, []int{4, 1, 1}}, {[]int{70, 300}, []int{1}}, {[]int{0, 4}, []int{4}},
		{[]int{4, 0}, []int{1}}, {[]int{2, 1, 5}, []int{1, 1}},
	} {
		if n := size[T]("", c.shape); n > 3000 && testing.Short() {
			continue
		}
		for _, l := range layoutsOf[T](c.shape)[:min(3, len(c.shape)+1)] {
			x, dy, dst := randomize(r, l.new()), randomize(r, New[T](c.shape...)), l.new()
			slope := randomize(r, New[T](c.slope...))
			PReLU(dst, x, slope)
			wantMap(t, "PReLU "+l.name, dst, func(v []T) T {
				if v[0] < 0 {
					return T(v[0] * v[1])
				}
				return v[0]
			}, x, slope)
			PReLUGrad(dst, dy, x, slope)
			wantMap(t, "PReLUGrad "+l.name, dst, func(v []T) T {
				if v[1] > 0 {
					return v[0]
				}
				return T(v[0] * v[2])
			}, dy, x, slope)
			got := slope.Clone()
			PReLUSlopeGrad(got, dy, x)
			sum, abs := make([]float64, len(slope.data)), make([]float64, len(slope.data))
			index := From(seq[T](len(slope.data)), c.slope...)
			eachIndex(c.shape, func(i []int) {
				if v := x.At(i...); v < 0 {
					j := int(spreadAt(index, i))
					p := float64(v) * float64(dy.At(i...))
					sum[j] += p
					abs[j] += math.Abs(p)
				}
			})
			for j, v := range got.data {
				if !(math.Abs(float64(v)-sum[j]) <= eps*abs[j]) {
					t.Errorf("%v, slopes %v, %s: gradient %d is %v, want %v", c.shape, c.slope, l.name, j, v, sum[j])
				}
			}
			packed, threads := slope.Clone(), SetMaxThreads(1)
			PReLUSlopeGrad(packed, dy, x.Clone())
			SetMaxThreads(threads)
			if !slices.Equal(packed.data, got.data) {
				t.Errorf("%v, slopes %v: %v of a view, %v of a packed copy on one thread", c.shape, c.slope, got.data, packed.data)
			}
		}
	}
}

func seq[T Float](n int) []T {
	s := make([]T, n)
	for i := range s {
		s[i] = T(i)
	}
	return s
}

// The order of the sums of slopes: that of Sum, of SumAxis, and planes pairwise.
func TestPReLUSlopeOrder(t *testing.T) {
	r := rand.New(rand.NewPCG(87, 88))
	x, dy := randomize(r, New[float32](5, 3, 130, 140)), randomize(r, New[float32](5, 3, 130, 140))
	terms := New[float32](5, 3, 130, 140)
	for i, v := range x.data {
		if v < 0 {
			terms.data[i] = float32(v * dy.data[i])
		}
	}
	one := New[float32]()
	PReLUSlopeGrad(one, dy, x)
	if one.data[0] != Sum(terms) {
		t.Errorf("one slope: %v, want %v", one.data[0], Sum(terms))
	}
	last, want := New[float32](140), New[float32](140)
	PReLUSlopeGrad(last, dy, x)
	SumAxis(want, terms.Reshape(5*3*130, 140), 0)
	if !slices.Equal(last.data, want.data) {
		t.Error("slopes of the last axis")
	}
	planes := New[float32](3, 1, 1)
	PReLUSlopeGrad(planes, dy, x)
	for c, v := range planes.data {
		var p [5]float32
		for n := range p {
			p[n] = Sum(terms.Select(0, n).Select(0, c))
		}
		if want := ((p[0] + p[1]) + (p[2] + p[3])) + p[4]; v != want {
			t.Errorf("slope %d: %v, want %v", c, v, want)
		}
	}
	for name, f := range map[string]func(){
		"shared": func() { PReLUSlopeGrad(one, dy, x) }, "last": func() { PReLUSlopeGrad(last, dy, x) },
		"planes": func() { PReLUSlopeGrad(planes, dy, x) }, "PReLU": func() { PReLU(terms, x, planes) },
	} {
		if n := steady.Allocs(5, f); n > 0 {
			t.Errorf("%s: %v allocations a call", name, n)
		}
	}
	for _, s := range [][]int{{130}, {3, 1}, {3, 130, 1}, {1, 5, 3, 130, 140}} {
		shapePanic(t, "PReLUSlopeGrad", func() { PReLUSlopeGrad(New[float32](s...), dy, x) })
	}
	shapePanic(t, "PReLUSlopeGrad", func() { PReLUSlopeGrad(one, last, x) })
	shapePanic(t, "PReLU", func() { PReLU(terms, last, planes) })
}

// The first winner takes the gradient, of equal ones and of NaNs.
func TestMaxout(t *testing.T) {
	t.Run("f32", testMaxout[float32])
	t.Run("f64", testMaxout[float64])
}

func testMaxout[T Float](t *testing.T) {
	r := rand.New(rand.NewPCG(89, 90))
	few := []T{T(math.NaN()), -1, T(math.Copysign(0, -1)), 0, 1, 1, 2, T(math.Inf(1)), T(math.Inf(-1))}
	for k := 1; k <= 4; k++ {
		for _, n := range []int{1, 40, 500} {
			wide := New[T](3, k*n) // the pieces are views of one tensor
			eachIndex(wide.shape, func(i []int) { wide.Set(few[r.IntN(len(few))], i...) })
			dy := randomize(r, New[T](3, n))
			y := New[T](3, n)
			var pieces, dx []*Tensor[T]
			for j := range k {
				pieces, dx = append(pieces, wide.Narrow(1, j*n, n)), append(dx, New[T](3, n))
			}
			Maxout(y, pieces...)
			MaxoutGrad(dx, dy, y, pieces...)
			eachIndex(y.shape, func(i []int) {
				best := 0
				for j, x := range pieces {
					v, b := x.At(i...), pieces[best].At(i...)
					if b == b && (v > b || v != v) {
						best = j
					}
				}
				if got, want := y.At(i...), pieces[best].At(i...); !sameBits(got, want) {
					t.Errorf("%d pieces: %v, want %v", k, got, want)
				}
				for j, d := range dx {
					want := T(0)
					if j == best {
						want = dy.At(i...)
					}
					if got := d.At(i...); !sameBits(got, want) {
						t.Errorf("%d pieces, the gradient of %d at %v is %v, want %v", k, j, i, got, want)
					}
				}
			})
			inPlace, last := slices.Clone(dx), dx[k-1].Clone()
			inPlace[k-1] = dy
			MaxoutGrad(inPlace, dy, y, pieces...)
			wantMap(t, "MaxoutGrad in place of dy", dy, func(v []T) T { return v[0] }, last)
			if k > 1 {
				Maxout(pieces[1], pieces...)
				wantMap(t, "Maxout in place of the second", pieces[1], func(v []T) T { return v[0] }, y)
			}
		}
	}
	x, z, y, d := New[T](4), New[T](4), New[T](4), New[T](4)
	shapePanic(t, "Maxout", func() { Maxout(y) })
	shapePanic(t, "Maxout", func() { Maxout(y, x, New[T](3)) })
	shapePanic(t, "Maxout", func() { Maxout(y, x, z, y) })
	shapePanic(t, "MaxoutGrad", func() { MaxoutGrad([]*Tensor[T]{x}, d, y, x, z) })
	shapePanic(t, "MaxoutGrad", func() { MaxoutGrad([]*Tensor[T]{New[T](4), x}, d, y, x, z) })
	shapePanic(t, "MaxoutGrad", func() { MaxoutGrad([]*Tensor[T]{d, New[T](4)}, d, y, x, z) })
	shapePanic(t, "MaxoutGrad", func() { MaxoutGrad([]*Tensor[T]{y, New[T](4)}, d, y, x, z) })
	a := New[T](4)
	shapePanic(t, "MaxoutGrad", func() { MaxoutGrad([]*Tensor[T]{a, a}, d, y, x, z) })
	dx := []*Tensor[T]{a, d}
	if n := steady.Allocs(20, func() { Maxout(y, x, z); MaxoutGrad(dx, d, y, x, z) }); n > 0 {
		t.Errorf("%v allocations a call", n)
	}
}
