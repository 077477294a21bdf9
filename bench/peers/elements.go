package main

import (
	"fmt"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/lanes-go/lanes/asm"
	"github.com/lanes-go/lanes/internal/chunk"
	"github.com/lanes-go/lanes/tensor"
	"gonum.org/v1/gonum/blas/blas32"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/floats"
)

// elementCase are the operands of an operation on elements: x, y in [-1, 1), p in
// [0.25, 1.25), d, e, f to write. PyTorch's are made alike by torchpeer.py.
type elementCase[T tensor.Float] struct {
	dims             []int
	x, y, p, d, e, f *tensor.Tensor[T]
	labels           []int
	scalar           T // the result of a reduction
}

// elementOp is an operation that lanes and some peer have. gonum is for float64, or for
// float32 with gonum32; PyTorch's is in torchpeer.py under the same name.
type elementOp struct {
	name    string
	sizes   []string
	f32     func(c *elementCase[float32]) func()
	f64     func(c *elementCase[float64]) func()
	gonum32 func(x, y, d []float32, r *float32) func()
	gonum   func(x, y, d []float64, r *float64) func()
	reduces bool
}

var (
	flat       = []string{"4096", "65536", "16777216"}
	matrixRows = []string{"1024x10", "1024x128", "1024x1000", "64x32000"}
	batch      = []string{"128x1024", "32x64x56x56"}
	params     = []string{"10000000"}
)

// forms makes an operation of the two forms of a generic function.
func forms(name string, sizes []string, f32 func(c *elementCase[float32]) func(), f64 func(c *elementCase[float64]) func()) elementOp {
	return elementOp{name: name, sizes: sizes, f32: f32, f64: f64}
}

func one(name string, f32 func(d, x *tensor.Tensor[float32]), f64 func(d, x *tensor.Tensor[float64])) elementOp {
	return forms(name, flat, func(c *elementCase[float32]) func() { return func() { f32(c.d, c.x) } },
		func(c *elementCase[float64]) func() { return func() { f64(c.d, c.x) } })
}

func two(name string, f32 func(d, x, y *tensor.Tensor[float32]), f64 func(d, x, y *tensor.Tensor[float64])) elementOp {
	return forms(name, flat, func(c *elementCase[float32]) func() { return func() { f32(c.d, c.x, c.p) } },
		func(c *elementCase[float64]) func() { return func() { f64(c.d, c.x, c.p) } })
}

// byKernel is a function that tensor has no operation for, in pieces; positive takes p.
func byKernel[T tensor.Float](f func(k *asm.Kernels[T]) func(d, x []T), positive bool) func(c *elementCase[T]) func() {
	return func(c *elementCase[T]) func() {
		k, d, x := asm.Active[T](), c.d.Data(), c.x.Data()
		if positive {
			x = c.p.Data()
		}
		if 4*asm.Caches().L2 <= 8*len(d) {
			k = k.NT
		}
		return func() {
			for i := 0; i < len(d); i += chunk.Piece {
				j := min(i+chunk.Piece, len(d))
				f(k)(d[i:j], x[i:j])
			}
		}
	}
}

func reduce(name string, f32 func(c *elementCase[float32]) float32, f64 func(c *elementCase[float64]) float64) elementOp {
	o := forms(name, flat, func(c *elementCase[float32]) func() { return func() { c.scalar = f32(c) } },
		func(c *elementCase[float64]) func() { return func() { c.scalar = f64(c) } })
	o.reduces = true
	return o
}

type (
	k32 = asm.Kernels[float32]
	k64 = asm.Kernels[float64]
	t32 = tensor.Tensor[float32]
	t64 = tensor.Tensor[float64]
	c32 = elementCase[float32]
	c64 = elementCase[float64]
)

// with adds what gonum has.
func (o elementOp) with(f64 func(x, y, d []float64, r *float64) func(), f32 func(x, y, d []float32, r *float32) func()) elementOp {
	o.gonum, o.gonum32 = f64, f32
	return o
}

func vec64(x []float64) blas64.Vector { return blas64.Vector{N: len(x), Data: x, Inc: 1} }
func vec32(x []float32) blas32.Vector { return blas32.Vector{N: len(x), Data: x, Inc: 1} }

// elementOps is the list, a line or two each.
var elementOps = []elementOp{
	two("add", tensor.Add[float32], tensor.Add[float64]).with(
		func(x, y, d []float64, _ *float64) func() { return func() { floats.AddTo(d, x, y) } }, nil),
	two("mul", tensor.Mul[float32], tensor.Mul[float64]).with(
		func(x, y, d []float64, _ *float64) func() { return func() { floats.MulTo(d, x, y) } }, nil),
	two("div", tensor.Div[float32], tensor.Div[float64]).with(
		func(x, y, d []float64, _ *float64) func() { return func() { floats.DivTo(d, x, y) } }, nil),
	two("maximum", tensor.Maximum[float32], tensor.Maximum[float64]),
	one("axpy", func(d, x *t32) { tensor.Axpy(d, 1.0/1024, x) }, func(d, x *t64) { tensor.Axpy(d, 1.0/1024, x) }).with(
		func(x, _, d []float64, _ *float64) func() { return func() { floats.AddScaled(d, 1.0/1024, x) } },
		func(x, _, d []float32, _ *float32) func() {
			return func() { blas32.Axpy(1.0/1024, vec32(x), vec32(d)) }
		}),
	reduce("dot", func(c *c32) float32 { return tensor.Dot(c.x, c.p) }, func(c *c64) float64 { return tensor.Dot(c.x, c.p) }).with(
		func(x, y, _ []float64, r *float64) func() { return func() { *r = floats.Dot(x, y) } },
		func(x, y, _ []float32, r *float32) func() { return func() { *r = blas32.Dot(vec32(x), vec32(y)) } }),
	reduce("sum", func(c *c32) float32 { return tensor.Sum(c.x) }, func(c *c64) float64 { return tensor.Sum(c.x) }).with(
		func(x, _, _ []float64, r *float64) func() { return func() { *r = floats.Sum(x) } }, nil),
	reduce("max", func(c *c32) float32 { return tensor.Max(c.x) }, func(c *c64) float64 { return tensor.Max(c.x) }).with(
		func(x, _, _ []float64, r *float64) func() { return func() { *r = floats.Max(x) } }, nil),
	forms("exp", flat, byKernel(func(k *k32) func(d, x []float32) { return k.Exp }, false), byKernel(func(k *k64) func(d, x []float64) { return k.Exp }, false)).with(
		func(x, _, d []float64, _ *float64) func() { return loop(math.Exp, x, d) }, nil),
	forms("log", flat, byKernel(func(k *k32) func(d, x []float32) { return k.Log }, true), byKernel(func(k *k64) func(d, x []float64) { return k.Log }, true)).with(
		func(_, y, d []float64, _ *float64) func() { return loop(math.Log, y, d) }, nil),
	forms("tanh", flat, byKernel(func(k *k32) func(d, x []float32) { return k.Tanh }, false), byKernel(func(k *k64) func(d, x []float64) { return k.Tanh }, false)).with(
		func(x, _, d []float64, _ *float64) func() { return loop(math.Tanh, x, d) }, nil),
	forms("sigmoid", flat, byKernel(func(k *k32) func(d, x []float32) { return k.Sigmoid }, false), byKernel(func(k *k64) func(d, x []float64) { return k.Sigmoid }, false)),
	one("relu", tensor.ReLU[float32], tensor.ReLU[float64]),
	one("leakyrelu", func(d, x *t32) { tensor.LeakyReLU(d, x, 0.01) }, func(d, x *t64) { tensor.LeakyReLU(d, x, 0.01) }),
	forms("relugrad", flat, func(c *c32) func() { return func() { tensor.ReLUGrad(c.d, c.y, c.x) } }, func(c *c64) func() { return func() { tensor.ReLUGrad(c.d, c.y, c.x) } }),
	one("elu", func(d, x *t32) { tensor.ELU(d, x, 1) }, func(d, x *t64) { tensor.ELU(d, x, 1) }),
	one("gelu", tensor.GELU[float32], tensor.GELU[float64]),
	one("gelutanh", tensor.GELUTanh[float32], tensor.GELUTanh[float64]),
	one("silu", tensor.SiLU[float32], tensor.SiLU[float64]),
	forms("softmax", matrixRows, func(c *c32) func() { return func() { tensor.Softmax(c.d, c.x, 1) } }, func(c *c64) func() { return func() { tensor.Softmax(c.d, c.x, 1) } }),
	forms("logsoftmax", matrixRows, func(c *c32) func() { return func() { tensor.LogSoftmax(c.d, c.x, 1) } }, func(c *c64) func() { return func() { tensor.LogSoftmax(c.d, c.x, 1) } }),
	forms("crossentropy", matrixRows, func(c *c32) func() { return func() { tensor.SoftmaxCrossEntropy(c.d, c.x, c.labels) } },
		func(c *c64) func() { return func() { tensor.SoftmaxCrossEntropy(c.d, c.x, c.labels) } }),
	forms("batchnorm", batch, batchNorm[float32], batchNorm[float64]),
	forms("batchnorminference", batch, batchNormInference[float32], batchNormInference[float64]),
	forms("batchnormgrad", batch, batchNormGrad[float32], batchNormGrad[float64]),
	forms("layernorm", []string{"4096x768"}, layerNorm[float32], layerNorm[float64]),
	forms("layernormgrad", []string{"4096x768"}, layerNormGrad[float32], layerNormGrad[float64]),
	forms("sgdmomentum", params, momentum[float32], momentum[float64]),
	forms("adam", params, adam[float32], adam[float64]),
}

// loop is what a Go program does where gonum has no such function.
func loop(f func(float64) float64, x, d []float64) func() {
	return func() {
		for i, v := range x {
			d[i] = f(v)
		}
	}
}

// ones and zeros are operands of as many elements as there are channels, of a batch of
// two or four dimensions, or rows.
func numbers[T tensor.Float](n int, v T) *tensor.Tensor[T] { return tensor.New[T](n).Fill(v) }

func batchNorm[T tensor.Float](c *elementCase[T]) func() {
	n, o := c.dims[1], tensor.BatchNormPyTorch()
	o.ReLU = len(c.dims) == 4
	mean, rstd, rm, rv, g, b := numbers[T](n, 0), numbers[T](n, 0), numbers[T](n, 0), numbers[T](n, 1), numbers[T](n, 1), numbers[T](n, 0)
	return func() { tensor.BatchNorm(c.d, mean, rstd, rm, rv, c.x, g, b, o) }
}

func batchNormInference[T tensor.Float](c *elementCase[T]) func() {
	n, o := c.dims[1], tensor.BatchNormPyTorch()
	m, v, g, b := numbers[T](n, 0.25), numbers[T](n, 2), numbers[T](n, 1), numbers[T](n, 0)
	return func() { tensor.BatchNormInference(c.d, c.x, g, b, m, v, o) }
}

func batchNormGrad[T tensor.Float](c *elementCase[T]) func() {
	n, o := c.dims[1], tensor.BatchNormPyTorch()
	mean, rstd, dg, db, g := numbers[T](n, 0), numbers[T](n, 1.5), numbers[T](n, 0), numbers[T](n, 0), numbers[T](n, 1)
	return func() { tensor.BatchNormGrad(c.d, dg, db, c.y, c.x, nil, g, mean, rstd, o) }
}

func layerNorm[T tensor.Float](c *elementCase[T]) func() {
	rows, n := c.dims[0], c.dims[1]
	mean, rstd, g, b := numbers[T](rows, 0), numbers[T](rows, 0), numbers[T](n, 1), numbers[T](n, 0)
	return func() { tensor.LayerNorm(c.d, mean, rstd, c.x, g, b, 1e-5) }
}

func layerNormGrad[T tensor.Float](c *elementCase[T]) func() {
	rows, n := c.dims[0], c.dims[1]
	mean, rstd, g, dg, db := numbers[T](rows, 0), numbers[T](rows, 1.5), numbers[T](n, 1), numbers[T](n, 0), numbers[T](n, 0)
	return func() { tensor.LayerNormGrad(c.d, dg, db, c.y, c.x, g, mean, rstd) }
}

func momentum[T tensor.Float](c *elementCase[T]) func() {
	clear(c.e.Data())
	return func() {
		tensor.SGDMomentum(c.d, c.e, c.x, 1, tensor.MomentumOptions{LR: 1e-3, Momentum: 0.9})
	}
}

func adam[T tensor.Float](c *elementCase[T]) func() {
	clear(c.e.Data())
	clear(c.f.Data())
	t := 0
	return func() {
		t++
		tensor.Adam(c.d, c.e, c.f, c.x, t, 1, tensor.AdamOptions{LR: 1e-3, Beta1: 0.9, Beta2: 0.999, Eps: 1e-8})
	}
}

// elementJob is one case to measure.
type elementJob struct {
	op    *elementOp
	dtype string
	size  string
}

func (j elementJob) String() string { return j.op.name + " " + j.dtype + " " + j.size }

func (j elementJob) dims() (dims []int, n int) {
	n = 1
	for _, s := range strings.Split(j.size, "x") {
		v, _ := strconv.Atoi(s)
		dims = append(dims, v)
		n *= v
	}
	return dims, n
}

func elementNames() (names []string) {
	for _, o := range elementOps {
		names = append(names, o.name)
	}
	return names
}

// elementJobs are the cases that the options ask for; sizes are those of flat ones.
func (o *options) elementJobs() (jobs []elementJob) {
	if !slices.Contains(o.ops, "elements") {
		return nil
	}
	for i := range elementOps {
		op := &elementOps[i]
		if len(o.only) > 0 && !slices.ContainsFunc(o.only, func(s string) bool { return strings.EqualFold(s, op.name) }) {
			continue
		}
		sizes := op.sizes
		if &sizes[0] == &flat[0] && len(o.sizes) > 0 {
			sizes = nil
			for _, n := range o.sizes {
				sizes = append(sizes, strconv.Itoa(n))
			}
		}
		for _, d := range []string{"f32", "f64"} {
			for _, s := range sizes {
				j := elementJob{op, d, s}
				_, n := j.dims()
				if len(o.dtypes) == 0 && d == "f64" || len(o.dtypes) > 0 && !slices.Contains(o.dtypes, d) || o.quick && n > 1<<20 {
					continue
				}
				jobs = append(jobs, j)
			}
		}
	}
	return jobs
}

// elementResult is a case, measured.
type elementResult struct {
	job     elementJob
	threads int
	cs      []*contestant
	err     error
}

func runElements(o *options, jobs []elementJob, names []string, torch *torchPeer) (results []elementResult) {
	for _, threads := range o.threads {
		setThreads(threads, names)
		for i, j := range jobs {
			fmt.Fprintf(os.Stderr, "%d/%d %s, %d threads\n", i+1, len(jobs), j, threads)
			budget, each := 2*time.Second, 2*time.Millisecond
			if o.quick {
				budget, each = 100*time.Millisecond, time.Millisecond
			}
			samples, warm := o.patience(threads, each)
			var cs []*contestant
			var err error
			if j.dtype == "f64" {
				cs, err = compete(j, j.op.f64, j.op.gonum, names, torch, threads)
			} else {
				cs, err = compete(j, j.op.f32, j.op.gonum32, names, torch, threads)
			}
			if err == nil {
				sample(cs, samples, budget, each, warm)
				if torch.failed() != nil {
					err = torch.failed()
				}
			}
			results = append(results, elementResult{j, threads, cs, err})
			release(cs)
		}
	}
	return results
}

// compete makes the contestants of a case, runs each once and compares the results: of
// a reduction the number, else the mean of what is written and of its square.
func compete[T tensor.Float](j elementJob, start func(c *elementCase[T]) func(), gonum func(x, y, d []T, r *T) func(), names []string, torch *torchPeer, threads int) (cs []*contestant, err error) {
	dims, _ := j.dims()
	operand := func(seed uint64) *tensor.Tensor[T] {
		t := tensor.New[T](dims...)
		fill(t.Data(), seed)
		return t
	}
	newCase := func() *elementCase[T] {
		c := &elementCase[T]{dims: dims, x: operand(1), y: operand(2), p: operand(3), d: operand(4), e: operand(5), f: operand(6)}
		for i, v := range c.p.Data() {
			c.p.Data()[i] = T(math.Abs(float64(v))) + 0.25
		}
		if len(dims) == 2 {
			for i := range dims[0] {
				c.labels = append(c.labels, i*7%dims[1])
			}
		}
		return c
	}
	var want [2]float64
	check := func(name string, got [2]float64) {
		tol := 1e-4
		if j.dtype == "f64" {
			tol = 1e-9
		}
		for i := range got {
			if !(math.Abs(got[i]-want[i]) <= tol*max(1, math.Abs(want[i]))) && err == nil {
				err = fmt.Errorf("%s and lanes differ: %v, %v", name, got, want)
			}
		}
	}
	mean := func(d []T, r T) (m [2]float64) {
		if j.op.reduces {
			return [2]float64{float64(r)}
		}
		for _, v := range d {
			m[0] += float64(v) / float64(len(d))
			m[1] += float64(v) * float64(v) / float64(len(d))
		}
		return m
	}
	add := func(name string, f func()) {
		cs = append(cs, &contestant{name: name, run: func(iters int) {
			for range iters {
				f()
			}
		}})
	}
	c := newCase()
	f := start(c)
	f()
	want = mean(c.d.Data(), c.scalar)
	add("lanes", f)
	for _, name := range names {
		switch {
		case name == "gonum" && gonum != nil && threads == 1:
			c, r := newCase(), new(T)
			f := gonum(c.x.Data(), c.p.Data(), c.d.Data(), r)
			f()
			check(name, mean(c.d.Data(), *r))
			add(name, f)
		case name == "pytorch":
			got, e := torch.open(j.op.name, j.dtype, j.size, threads)
			if e != nil {
				return cs, e
			}
			check(name, got)
			cs = append(cs, &contestant{name: name, timed: torch.time})
		}
	}
	return cs, err
}

func reportElements(out *printer, results []elementResult, names []string) (bad int) {
	if len(results) == 0 {
		return 0
	}
	peers := slices.DeleteFunc(slices.Clone(names[1:]), func(n string) bool { return n != "gonum" && n != "pytorch" })
	out.printf("\nelements, elements/ns (us for matrices) of the best sample; m/b: the median over the best; ratio: the speed of lanes over that of the peer\n")
	out.printf("%-18s %-4s %-12s %1s %10s %4s", "op", "type", "size", "t", "lanes", "m/b")
	for _, n := range peers {
		out.printf(" %10s %4s %6s", n, "m/b", "ratio")
	}
	out.printf("\n")
	for _, r := range results {
		_, n := r.job.dims()
		show := func(ns float64) float64 {
			if strings.Contains(r.job.size, "x") {
				return ns / 1e3
			}
			return float64(n) / ns
		}
		if r.err != nil {
			bad++
			out.printf("%s: WRONG: %v\n", r.job, r.err)
			continue
		}
		lanes := r.cs[0].best()
		out.printf("%-18s %-4s %-12s %d %10.3f %4.2f", r.job.op.name, r.job.dtype, r.job.size, r.threads, show(lanes), r.cs[0].median()/lanes)
		for _, p := range peers {
			i := slices.IndexFunc(r.cs, func(c *contestant) bool { return c.name == p })
			if i < 0 {
				out.printf(" %10s %4s %6s", "-", "-", "-")
				continue
			}
			c := r.cs[i]
			out.printf(" %10.3f %4.2f %6.2f", show(c.best()), c.median()/c.best(), c.best()/lanes)
		}
		out.printf("\n")
	}
	return bad
}
