package gradtest_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"

	"github.com/lanes-go/lanes/gradtest"
)

func square(x []float64) float64 {
	s := 0.0
	for i, v := range x {
		s += float64(i+1) * v * v
	}
	return s
}

func squareGrad(dst, x []float64) {
	for i, v := range x {
		dst[i] = 2 * float64(i+1) * v
	}
}

func TestFailureFitsAScreen(t *testing.T) {
	x := make([]float64, 60)
	for i := range x {
		x[i] = 1 + float64(i)/7
	}
	grad := func(dst, x []float64) {
		squareGrad(dst, x)
		for i := range dst {
			dst[i] *= 1 + 0.1*math.Sin(float64(i))
		}
	}
	f := fake{name: "TestBackward/case_1#01"}
	opts := []gradtest.Option{gradtest.Seed(77)}
	for i := range 6 {
		opts = append(opts, gradtest.Tensor(fmt.Sprintf("weight%d", i), 2, 5))
	}
	if gradtest.Check(&f, square, grad, x, opts...) {
		t.Fatal("passed")
	}
	lines := strings.Split(f.text, "\n")
	if len(lines) > 24 {
		t.Errorf("%d lines", len(lines))
	}
	for _, l := range lines {
		if len(l) > 100 && !strings.Contains(l, "run again") {
			t.Errorf("%d columns: %s", len(l), l)
		}
	}
	for _, want := range []string{"weight0[1,3]", "#8", "analytic", "numeric", "relative", "wrong", "seed 77",
		gradtest.SeedVariable, "=77", "^TestBackward$/^case_1#01$", "github.com/lanes-go/lanes/gradtest"} {
		if !strings.Contains(f.text, want) {
			t.Errorf("no %q in\n%s", want, f.text)
		}
	}
}

// TestRerunCommand runs the printed command: it must fail in the same way.
func TestRerunCommand(t *testing.T) {
	if runtime.GOOS != "linux" || runtime.GOARCH != "amd64" || testing.Short() {
		t.Skip("needs a shell, the go command and time")
	}
	if _, err := exec.LookPath("go"); err != nil {
		t.Skip(err)
	}
	f := fake{name: "TestFailsWhenAsked"}
	bad := func(dst, x []float64) { squareGrad(dst, x); dst[0]++ }
	gradtest.Check(&f, square, bad, []float64{1, 2}, gradtest.Seed(5))
	_, command, ok := strings.Cut(f.text, "run again: ")
	if !ok {
		t.Fatal(f.text)
	}
	out, err := exec.Command("sh", "-c", "GRADTEST_FAIL=1 "+command).CombinedOutput()
	if err == nil || !strings.Contains(string(out), "seed 5") || !strings.Contains(string(out), "TestFailsWhenAsked") {
		t.Errorf("%s: %v\n%s", command, err, out)
	}
}

func TestFailsWhenAsked(t *testing.T) {
	if !asked() {
		return
	}
	bad := func(dst, x []float64) { squareGrad(dst, x); dst[0]++ }
	gradtest.Check(t, square, bad, []float64{1, 2})
}

func TestXIsLeftUnchanged(t *testing.T) {
	x := []float64{0.1, math.Copysign(0, -1), 3e3, -4}
	f := func(v []float64) float64 { s := square(v); v[0] = 7; return s }
	var fk fake
	if gradtest.Check(&fk, f, squareGrad, x) || !strings.Contains(fk.text, "changes x") {
		t.Errorf("a function that changes x: %q", fk.text)
	}
	gradtest.Check(t, square, squareGrad, x)
	if x[0] != 0.1 || !math.Signbit(x[1]) || x[2] != 3e3 || x[3] != -4 {
		t.Errorf("x is %v", x)
	}
}

// TestFaults are things wrong beyond the numbers.
func TestFaults(t *testing.T) {
	x := []float64{1, 2, 3}
	calls := 0.0
	for _, c := range []struct {
		name, want string
		f          func(x []float64) float64
		grad       func(dst, x []float64)
		opts       []gradtest.Option
	}{
		{"NaN function", "NaN", func([]float64) float64 { return math.NaN() }, squareGrad, nil},
		{"Inf function", "Inf", func([]float64) float64 { return math.Inf(1) }, squareGrad, nil},
		{"NaN gradient", "x[1] is NaN", square, func(dst, x []float64) { squareGrad(dst, x); dst[1] = math.NaN() }, nil},
		{"unwritten", "x[2] is NaN (not written", square, func(dst, x []float64) { squareGrad(dst[:2], x[:2]) }, nil},
		{"adds", "added to", square, func(dst, x []float64) {
			for i, v := range x {
				dst[i] += 2 * float64(i+1) * v
			}
		}, nil},
		{"random function", "for the same x", func(x []float64) float64 { calls++; return calls }, squareGrad, nil},
		{"random gradient", "for the same x", square, func(dst, x []float64) { calls++; squareGrad(dst, x); dst[0] += calls }, nil},
		{"gradient changes x", "gradient changes x", square, func(dst, x []float64) { squareGrad(dst, x); x[1] = 0 }, nil},
		{"NaN near by", "unclear", func(x []float64) float64 {
			if x[0] != 1 {
				return math.NaN()
			}
			return square(x)
		}, squareGrad, nil},
		{"all kinks", "kink", func(x []float64) float64 { return math.Abs(x[0]-1) + math.Abs(x[1]-2) + math.Abs(x[2]-3) }, func(dst, _ []float64) { clear(dst) }, nil},
		{"jump", "rough", func(x []float64) float64 { return math.Floor(x[0]) + math.Floor(x[1]) + math.Floor(x[2]) }, func(dst, _ []float64) { clear(dst) }, nil},
		{"drowned", "rounding hides", func(x []float64) float64 { return 1e20 + square(x) }, squareGrad, nil},
		{"unused entry claimed", "x[2]", func(x []float64) float64 { return square(x[:2]) }, squareGrad, nil},
		{"tensors", "the tensors have 4 entries, x has 3", square, squareGrad, []gradtest.Option{gradtest.Tensor("w", 2, 2)}},
		{"tensor size", "bad shape", square, squareGrad, []gradtest.Option{gradtest.Tensor("w", 1<<30, 1<<30, 1<<30)}},
		{"rtol", "Rtol", square, squareGrad, []gradtest.Option{gradtest.Rtol(math.NaN())}},
		{"atol", "Atol", square, squareGrad, []gradtest.Option{gradtest.Atol(-1)}},
		{"atol NaN", "Atol", square, squareGrad, []gradtest.Option{gradtest.Atol(math.NaN())}},
		{"entries", "MaxEntries", square, squareGrad, []gradtest.Option{gradtest.MaxEntries(0)}},
		{"left out", "MaxLeftOut", square, squareGrad, []gradtest.Option{gradtest.MaxLeftOut(2)}},
		{"step", "MaxStep", square, squareGrad, []gradtest.Option{gradtest.MaxStep(0)}},
	} {
		var f fake
		if gradtest.Check(&f, c.f, c.grad, x, c.opts...) || !strings.Contains(f.text, c.want) {
			t.Errorf("%s: no %q in %q", c.name, c.want, f.text)
		}
	}
}

func TestSeedVariable(t *testing.T) {
	bad := func(dst, x []float64) { squareGrad(dst, x); dst[0]++ }
	for value, want := range map[string]string{"123": "seed 123", "": "seed 9", "twelve": `LANES_GRADTEST_SEED="twelve"`, "-1": "not a decimal number"} {
		t.Setenv(gradtest.SeedVariable, value)
		var f fake
		gradtest.Check(&f, square, bad, []float64{1, 2}, gradtest.Seed(9))
		if !strings.Contains(f.text, want) {
			t.Errorf("%q: no %q in %s", value, want, f.text)
		}
	}
}

func TestKinks(t *testing.T) {
	relu := func(x []float64) float64 {
		s := 0.0
		for i, v := range x {
			s += float64(i+1) * max(v, 0)
		}
		return s
	}
	x := []float64{1, -2, 0, 3, 4, -5, 6, 7, -8, 9, 1e-9, -1e-12} // one kink, two near one
	grad := func(at0 float64) func(dst, x []float64) {
		return func(dst, x []float64) {
			for i, v := range x {
				dst[i] = 0
				if v > 0 {
					dst[i] = float64(i + 1)
				} else if v == 0 {
					dst[i] = at0
				}
			}
		}
	}
	zero := gradtest.Legal(func(i int) []float64 { return []float64{0, 100} })
	for _, c := range []struct {
		name string
		at0  float64
		opts []gradtest.Option
		ok   bool
	}{
		{"left out", 0, nil, true},
		{"left out, whatever it is", 17, nil, true},
		{"none allowed", 0, []gradtest.Option{gradtest.MaxLeftOut(0)}, false},
		{"legal", 0, []gradtest.Option{zero, gradtest.MaxLeftOut(0)}, true},
		{"the other legal", 100, []gradtest.Option{zero, gradtest.MaxLeftOut(0)}, true},
		{"illegal", 1, []gradtest.Option{zero}, false},
	} {
		var f fake
		if got := gradtest.Check(&f, relu, grad(c.at0), x, c.opts...); got != c.ok {
			t.Errorf("%s: %v %s", c.name, got, f.text)
		}
	}
	// Legal values do not excuse entries that are at no kink.
	var f fake
	wrong := func(dst, x []float64) { grad(0)(dst, x); dst[0] = 0 }
	if gradtest.Check(&f, relu, wrong, x, zero) {
		t.Error("a legal value passed where there is no kink")
	}
}

// TestSaturated: a softmax whose loss is the rounding of larger numbers. That is
// called unclear, hardly ever wrong.
func TestSaturated(t *testing.T) {
	n, unclear, wrong := 0, 0, 0
	for seed := uint64(0); n < seeds(t, 2000); seed++ {
		s := softmaxCE(rand.New(rand.NewPCG(seed, 8)))
		if !s.blind(s.x) {
			continue
		}
		n++
		var f fake
		if !gradtest.Check(&f, s.f, s.grad, s.x, gradtest.Seed(seed)) {
			unclear++
			if strings.Contains(f.text, " wrong") {
				wrong++
			}
		}
	}
	if wrong > n/100 || unclear == 0 {
		t.Errorf("of %d points %d unclear, %d of them wrong", n, unclear, wrong)
	}
}

func TestVJP(t *testing.T) {
	// y = (x0*x1, sin x1, x2): three results of three values.
	f := func(y, x []float64) { y[0], y[1], y[2] = x[0]*x[1], math.Sin(x[1]), x[2] }
	vjp := func(dx, x, dy []float64) {
		dx[0], dx[1], dx[2] = dy[0]*x[1], dy[0]*x[0]+dy[1]*math.Cos(x[1]), dy[2]
	}
	x := []float64{2, 0.5, -3}
	gradtest.CheckVJP(t, f, vjp, x, 3)
	gradtest.CheckVJP(t, f, vjp, x, 3, gradtest.Upstream([]float64{0, 1, 0}))
	for name, bad := range map[string]func(dx, x, dy []float64){
		"transposed":    func(dx, x, dy []float64) { dx[0], dx[1], dx[2] = dy[0]*x[1], dy[0]*x[1]+dy[1]*math.Cos(x[1]), dy[2] },
		"ignores dy":    func(dx, x, dy []float64) { vjp(dx, x, []float64{1, 1, 1}) },
		"not zero at 0": func(dx, x, dy []float64) { vjp(dx, x, dy); dx[2] += 1e-300 },
		"not linear":    func(dx, x, dy []float64) { vjp(dx, x, dy); dx[2] = math.Abs(dy[2]) },
		"swapped":       func(dx, x, dy []float64) { vjp(dx, x, dy); dx[0], dx[2] = dx[2], dx[0] },
	} {
		for seed := range uint64(50) {
			var fk fake
			if gradtest.CheckVJP(&fk, f, bad, x, 3, gradtest.Seed(seed)) {
				t.Errorf("%s, seed %d passed", name, seed)
			}
		}
	}
	var fk fake
	if gradtest.CheckVJP(&fk, func(y, x []float64) { y[0] = x[0] }, vjp, x, 3) || !strings.Contains(fk.text, "NaN") {
		t.Errorf("results not written: %s", fk.text)
	}
	fk = fake{}
	if gradtest.CheckVJP(&fk, f, vjp, x, 3, gradtest.Upstream([]float64{1})) || !strings.Contains(fk.text, "3 results, 1 upstream") {
		t.Errorf("upstream of a wrong length: %s", fk.text)
	}
}

// TestCheck32: errors of 5 % and more are found, right gradients pass.
func TestCheck32(t *testing.T) {
	for seed := range uint64(seeds(t, 2000)) {
		r := rand.New(rand.NewPCG(seed, 9))
		n := 2 + r.IntN(6)
		w, x := make([]float32, n), make([]float32, n)
		for i := range x {
			w[i], x[i] = float32(0.3+r.Float64()), float32(r.NormFloat64())
		}
		f := func(x []float32) float32 {
			var s float32
			for i, v := range x {
				s += w[i]*v*v + float32(math.Tanh(float64(v)))
			}
			return s
		}
		grad := func(k float32) func(dst, x []float32) {
			return func(dst, x []float32) {
				for i, v := range x {
					y := float32(math.Tanh(float64(v)))
					dst[i] = k * (2*w[i]*v + 1 - y*y)
				}
			}
		}
		var fk fake
		if !gradtest.Check32(&fk, f, grad(1), x, gradtest.Seed(seed)) {
			t.Fatalf("seed %d: %s", seed, fk.text)
		}
		for _, k := range []float32{-1, 2, 0, 1.05} {
			fk = fake{}
			if gradtest.Check32(&fk, f, grad(k), x, gradtest.Seed(seed)) {
				t.Fatalf("seed %d: gradient times %v passed", seed, k)
			}
			if !strings.Contains(fk.text, "weak") {
				t.Fatalf("not labelled weak: %s", fk.text)
			}
		}
	}
}

// TestLargeTensors are sampled; directions see what the sample does not.
func TestLargeTensors(t *testing.T) {
	const n = 5000
	x := normals(rand.New(rand.NewPCG(1, 1)), n, 1)
	calls := 0
	f := func(x []float64) float64 { calls++; return square(x) / n }
	grad := func(dst, x []float64) {
		squareGrad(dst, x)
		for i := range dst {
			dst[i] /= n
		}
	}
	gradtest.Check(t, f, grad, x)
	if calls > 1500 {
		t.Errorf("%d calls of f", calls)
	}
	for seed := range uint64(20) {
		var fk fake
		missing := func(dst, x []float64) { grad(dst, x); clear(dst[3000:3050]) }
		if gradtest.Check(&fk, f, missing, x, gradtest.Seed(seed)) {
			t.Errorf("seed %d: 50 missing entries passed", seed)
		}
	}
}

// TestFast: directions only, whatever the size; an error is named all the same.
func TestFast(t *testing.T) {
	x := normals(rand.New(rand.NewPCG(1, 1)), 5000, 1)
	calls := 0
	f := func(x []float64) float64 { calls++; return square(x) }
	gradtest.Check(t, f, squareGrad, x, gradtest.Fast())
	if calls > 200 {
		t.Errorf("%d calls of f", calls)
	}
	var fk fake
	half := func(dst, x []float64) {
		squareGrad(dst, x)
		for i := range dst {
			dst[i] /= 2
		}
	}
	if gradtest.Check(&fk, f, half, x, gradtest.Fast()) || !strings.Contains(fk.text, "numeric is 2 times analytic everywhere") {
		t.Errorf("half the gradient: %s", fk.text)
	}
}

// TestAtol: what a gradient is off by may be declared.
func TestAtol(t *testing.T) {
	near := func(dst, x []float64) { squareGrad(dst, x); dst[1] += 1e-3 }
	gradtest.Check(t, square, near, []float64{1, 2, 3}, gradtest.Atol(1e-2))
	var fk fake
	if gradtest.Check(&fk, square, near, []float64{1, 2, 3}, gradtest.Atol(1e-4)) {
		t.Error("passed")
	}
}

func TestConstant(t *testing.T) {
	gradtest.Check(t, func([]float64) float64 { return 3 }, func(dst, x []float64) { clear(dst) }, []float64{1, 2})
}

func asked() bool { return os.Getenv("GRADTEST_FAIL") != "" }
