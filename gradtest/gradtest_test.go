package gradtest_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/lanes-go/lanes/gradtest"
)

// fake records what a check reports.
type fake struct {
	name string
	text string
}

func (f *fake) Helper()                           {}
func (f *fake) Name() string                      { return f.name }
func (f *fake) Errorf(format string, args ...any) { f.text += fmt.Sprintf(format, args...) }

var _ gradtest.TB = (*testing.T)(nil)

// draw makes a sample of which something can be seen: where a softmax is so far
// in saturation that its loss is the rounding of larger numbers, a check says
// "unclear", and TestSaturated looks at that.
func draw(make func(*rand.Rand) sample, r *rand.Rand) sample {
	for {
		if s := make(r); !s.blind(s.x) {
			return s
		}
	}
}

// seeds is the number of seeds for tests over the zoo.
func seeds(t *testing.T, full int) int {
	if testing.Short() {
		return full / 20
	}
	return full
}

func TestNoFalseAlarm(t *testing.T) {
	for _, z := range zoo {
		t.Run(strings.ReplaceAll(z.name, " ", "_"), func(t *testing.T) {
			t.Parallel()
			bad := 0
			for seed := range uint64(seeds(t, 10000)) {
				s := draw(z.make, rand.New(rand.NewPCG(seed, 1)))
				var f fake
				if !gradtest.Check(&f, s.f, s.grad, s.x, gradtest.Seed(seed)) {
					if bad++; bad <= 3 {
						t.Errorf("seed %d: %s", seed, f.text)
					}
				}
			}
			if bad > 3 {
				t.Errorf("%d false alarms", bad)
			}
		})
	}
}

// planted are errors made in a right gradient g; ok is false where the error
// would change nothing that can be seen: rounding hides what is small beside the
// other entries.
var planted = []struct {
	name string
	make func(r *rand.Rand, s sample, g []float64) (ok bool)
}{
	{"sign", func(_ *rand.Rand, _ sample, g []float64) bool {
		for i := range g {
			g[i] = -g[i]
		}
		return seen(g...)
	}},
	{"factor 2", func(_ *rand.Rand, _ sample, g []float64) bool {
		for i := range g {
			g[i] *= 2
		}
		return seen(g...)
	}},
	{"one wrong entry", func(r *rand.Rand, _ sample, g []float64) bool {
		i := r.IntN(len(g))
		if g[i] == 0 {
			g[i] = top(g)
		} else {
			g[i] *= 1.5
		}
		return seen(g[i]) && math.Abs(g[i]) > 1e-4*top(g)
	}},
	{"missing row", func(r *rand.Rand, s sample, g []float64) bool {
		i := r.IntN(s.rows)
		row := g[i*s.cols : i*s.cols+s.cols]
		ok := seen(row...) && top(row) > 1e-4*top(g)
		clear(row)
		return ok
	}},
	{"mean for sum", func(_ *rand.Rand, s sample, g []float64) bool {
		for i := range g {
			g[i] /= float64(s.batch)
		}
		return s.batch > 1 && seen(g...)
	}},
	{"shift 1e-4", func(_ *rand.Rand, _ sample, g []float64) bool {
		for i := range g {
			g[i] *= 1 + 1e-4
		}
		return seen(g...)
	}},
	{"shift 1e-4 of one", func(r *rand.Rand, _ sample, g []float64) bool {
		i := r.IntN(len(g))
		g[i] *= 1 - 1e-4
		return seen(g[i]) && math.Abs(g[i]) > 1e-3*top(g)
	}},
}

func top(g []float64) (m float64) {
	for _, v := range g {
		m = max(m, math.Abs(v))
	}
	return m
}

func seen(g ...float64) bool { return top(g) > 0 }

func TestPlantedErrors(t *testing.T) {
	for _, p := range planted {
		t.Run(strings.ReplaceAll(p.name, " ", "_"), func(t *testing.T) {
			t.Parallel()
			missed, made := 0, 0
			for seed := range uint64(seeds(t, 1000)) {
				for _, z := range zoo {
					r := rand.New(rand.NewPCG(seed, 2))
					s := draw(z.make, r)
					bad := make([]float64, len(s.x))
					s.grad(bad, s.x)
					if !p.make(r, s, bad) {
						continue
					}
					made++
					var f fake
					grad := func(dst, _ []float64) { copy(dst, bad) }
					if gradtest.Check(&f, s.f, grad, s.x, gradtest.Seed(seed)) {
						if missed++; missed <= 3 {
							t.Errorf("%s, seed %d: not caught; f %v, x %v, gradient %v", z.name, seed, s.f(s.x), s.x, bad)
						}
					}
				}
			}
			if missed > 3 {
				t.Errorf("%d of %d missed", missed, made)
			}
			if made < seeds(t, 1000) {
				t.Errorf("only %d errors made", made)
			}
		})
	}
}

func TestTinyNoisePasses(t *testing.T) {
	for seed := range uint64(seeds(t, 1000)) {
		for _, z := range zoo {
			r := rand.New(rand.NewPCG(seed, 3))
			s := draw(z.make, r)
			var f fake
			grad := func(dst, x []float64) {
				s.grad(dst, x)
				n := rand.New(rand.NewPCG(seed, 4))
				for i := range dst {
					dst[i] *= 1 + 1e-9*(2*n.Float64()-1)
				}
			}
			if !gradtest.Check(&f, s.f, grad, s.x, gradtest.Seed(seed)) {
				t.Fatalf("%s, seed %d: %s", z.name, seed, f.text)
			}
		}
	}
}

// TestNothingToCheck: an empty x and functions that are nil fail with a line.
func TestNothingToCheck(t *testing.T) {
	x, x32 := []float64{1, 2}, []float32{1, 2}
	f32 := func(x []float32) float32 { return x[0] }
	grad32 := func(dst, _ []float32) { clear(dst) }
	f := func(y, x []float64) { y[0] = x[0] }
	vjp := func(dx, _, dy []float64) { clear(dx); dx[0] = dy[0] }
	for want, check := range map[string][]func(t gradtest.TB) bool{
		"x is empty": {
			func(t gradtest.TB) bool { return gradtest.Check(t, square, squareGrad, nil) },
			func(t gradtest.TB) bool { return gradtest.CheckVJP(t, f, vjp, []float64{}, 1) },
			func(t gradtest.TB) bool { return gradtest.Check32(t, f32, grad32, nil) },
			func(t gradtest.TB) bool {
				return gradtest.Check(t, square, squareGrad, nil, gradtest.Tensor("w", 3, 0))
			},
		},
		"f is nil": {
			func(t gradtest.TB) bool { return gradtest.Check(t, nil, squareGrad, x) },
			func(t gradtest.TB) bool { return gradtest.CheckVJP(t, nil, vjp, x, 1) },
			func(t gradtest.TB) bool { return gradtest.Check32(t, nil, grad32, x32) },
		},
		"grad is nil": {
			func(t gradtest.TB) bool { return gradtest.Check(t, square, nil, x) },
			func(t gradtest.TB) bool { return gradtest.Check32(t, f32, nil, x32) },
		},
		"vjp is nil": {func(t gradtest.TB) bool { return gradtest.CheckVJP(t, f, nil, x, 1) }},
		"m is 0":     {func(t gradtest.TB) bool { return gradtest.CheckVJP(t, f, vjp, x, 0) }},
		"m is -1":    {func(t gradtest.TB) bool { return gradtest.CheckVJP(t, f, vjp, x, -1) }},
	} {
		for i, c := range check {
			var fk fake
			if c(&fk) || !strings.HasPrefix(fk.text, "gradtest: "+want) {
				t.Errorf("%s, check %d: %q", want, i, fk.text)
			}
		}
	}
}
