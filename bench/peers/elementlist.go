package main

import (
	"math"

	"github.com/lanes-go/lanes/tensor"
	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas32"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/floats"
)

// elementOp is an operation on elements. PyTorch's is in torchpeer.py under the same
// name, gonum's in gonum32 and gonum64 if it has one.
type elementOp[T tensor.Float] struct {
	name  string
	sizes []string
	start func(c *elementCase[T]) func()

	// What to compare: of a reduction the number, which naive summation of the terms
	// may miss by much; of random numbers their distribution; else what is written.
	reduces bool
	terms   func(c *elementCase[T], i int) float64
	random  bool
	sole    bool // it reads x alone, and writes little
}

// Sizes: elements, in a cache of a core's own, in the next one, beyond that, and in
// memory.
var (
	flat       = []string{"4096", "65536", "1048576", "16777216"}
	long       = []string{"65536", "16777216"}
	matrixRows = []string{"1024x10", "1024x128", "1024x1000", "64x32000"}
	batch      = []string{"128x1024", "32x64x56x56"}
	params     = []string{"10000000"}
)

// elementList is every operation on elements that is compared, a line or two each: first
// those at all sizes.
func elementList[T tensor.Float]() []elementOp[T] {
	type C = *elementCase[T]
	of := func(sizes []string, name string, f func(c C)) elementOp[T] {
		return elementOp[T]{name: name, sizes: sizes, start: func(c C) func() { return func() { f(c) } }}
	}
	starts := func(sizes []string, name string, start func(c C) func()) elementOp[T] {
		return elementOp[T]{name: name, sizes: sizes, start: start}
	}
	reduction := func(name string, f func(c C) T, terms func(c C, i int) float64) elementOp[T] {
		o := of(flat, name, func(c C) { c.scalar = f(c) })
		o.reduces, o.terms = true, terms
		return o
	}
	random := func(name string, f func(c C)) elementOp[T] {
		o := of(long, name, f)
		o.random = true
		return o
	}
	step := starts([]string{"64x784", "128x784"}, "mlpstep", mlpStep[T])
	inference := starts([]string{"1x784", "64x784"}, "mlpinference", mlpInference[T])
	step.sole, inference.sole = true, true
	query := starts([]string{"100000x768"}, "dotrows", dotRows[T])
	query.sole = true
	return []elementOp[T]{
		of(flat, "relu", func(c C) { tensor.ReLU(c.d, c.x) }),
		of(flat, "leakyrelu", func(c C) { tensor.LeakyReLU(c.d, c.x, 0.01) }),
		of(flat, "relugrad", func(c C) { tensor.ReLUGrad(c.d, c.y, c.x) }),
		of(flat, "add", func(c C) { tensor.Add(c.d, c.x, c.p) }),
		of(flat, "mul", func(c C) { tensor.Mul(c.d, c.x, c.p) }),
		of(flat, "maxout", func(c C) { tensor.Maxout(c.d, c.x, c.p) }),
		of(flat, "axpy", func(c C) { tensor.Axpy(c.d, 1.0/1024, c.x) }),
		reduction("dot", func(c C) T { return tensor.Dot(c.x, c.p) }, func(c C, i int) float64 { return float64(c.x.Data()[i]) * float64(c.p.Data()[i]) }),
		reduction("sum", func(c C) T { return tensor.Sum(c.x) }, func(c C, i int) float64 { return float64(c.x.Data()[i]) }),
		reduction("max", func(c C) T { return tensor.Max(c.x) }, nil),
		of(flat, "exp", func(c C) { tensor.Exp(c.d, c.x) }),
		of(flat, "log", func(c C) { tensor.Log(c.d, c.p) }),
		of(flat, "tanh", func(c C) { tensor.Tanh(c.d, c.x) }),
		of(flat, "sigmoid", func(c C) { tensor.Sigmoid(c.d, c.x) }),
		of(flat, "elu", func(c C) { tensor.ELU(c.d, c.x, 1) }),
		of(flat, "gelu", func(c C) { tensor.GELU(c.d, c.x) }),
		of(flat, "gelutanh", func(c C) { tensor.GELUTanh(c.d, c.x) }),

		of(matrixRows, "softmax", func(c C) { tensor.Softmax(c.d, c.x, 1) }),
		of(matrixRows, "logsoftmax", func(c C) { tensor.LogSoftmax(c.d, c.x, 1) }),
		starts(matrixRows, "logsumexp", func(c C) func() {
			r := c.vector(0, 0)
			return func() { tensor.LogSumExp(r, c.x, 1); c.short = r }
		}),
		of(matrixRows, "crossentropy", func(c C) { tensor.SoftmaxCrossEntropy(c.d, c.x, c.labels) }),
		starts(batch, "batchnorm", batchNorm[T]),
		starts(batch, "batchnorminference", batchNormInference[T]),
		starts(batch, "batchnormgrad", batchNormGrad[T]),
		starts([]string{"4096x768"}, "layernorm", layerNorm[T]),
		starts([]string{"4096x768"}, "layernormgrad", layerNormGrad[T]),
		starts(params, "sgdmomentum", momentum[T]),
		starts(params, "adam", adam[T]),
		query, step, inference,

		of(long, "sub", func(c C) { tensor.Sub(c.d, c.x, c.p) }),
		of(long, "div", func(c C) { tensor.Div(c.d, c.x, c.p) }),
		of(long, "sqrt", func(c C) { tensor.Sqrt(c.d, c.p) }),
		of(long, "clamp", func(c C) { tensor.Clamp(c.d, c.x, -0.5, 0.5) }),
		of(long, "expm1", func(c C) { tensor.Expm1(c.d, c.x) }),
		of(long, "log1p", func(c C) { tensor.Log1p(c.d, c.p) }),
		of(long, "erf", func(c C) { tensor.Erf(c.d, c.x) }),
		of(long, "rsqrt", func(c C) { tensor.Rsqrt(c.d, c.p) }),
		of(long, "softplus", func(c C) { tensor.Softplus(c.d, c.x) }),
		of(long, "silu", func(c C) { tensor.SiLU(c.d, c.x) }),
		of(long, "mish", func(c C) { tensor.Mish(c.d, c.x) }),
		of(long, "selu", func(c C) { tensor.SELU(c.d, c.x) }),
		of(long, "hardsigmoid", func(c C) { tensor.HardSigmoid(c.d, c.x) }),
		of(long, "silugrad", func(c C) { tensor.SiLUGrad(c.d, c.y, c.x) }),
		of(long, "gelugrad", func(c C) { tensor.GELUGrad(c.d, c.y, c.x) }),
		of(long, "squaredloss", func(c C) { tensor.MSELoss(c.d, c.x, c.y, tensor.LossOptions[T]{}) }),
		of(long, "absloss", func(c C) { tensor.L1Loss(c.d, c.x, c.y, tensor.LossOptions[T]{}) }),
		of(long, "huberloss", func(c C) { tensor.HuberLoss(c.d, c.x, c.y, 0.5, tensor.LossOptions[T]{}) }),
		of(long, "logisticloss", func(c C) { tensor.BCEWithLogitsLoss(c.d, c.x, c.p, tensor.LossOptions[T]{}) }),
		random("uniform", func(c C) { tensor.Uniform(c.d, 0, 1, 1, 2) }),
		random("normal", func(c C) { tensor.Normal(c.d, 0, 1, 1, 2) }),
		random("bernoulli", func(c C) { tensor.Bernoulli(c.d, 0.5, 1, 2) }),
		random("dropout", func(c C) { tensor.Dropout(c.d, c.p, 0.5, 1, 2) }),
		of(params, "sgd", func(c C) { tensor.SGD(c.d, c.x, 1, tensor.SGDOptions{LR: 1e-3}) }),
		starts(params, "nesterov", func(c C) func() {
			clear(c.e.Data())
			return func() {
				tensor.Nesterov(c.d, c.e, c.x, 1, tensor.MomentumOptions{LR: 1e-3, Momentum: 0.9})
			}
		}),
		starts(params, "adagrad", func(c C) func() {
			clear(c.e.Data())
			return func() {
				tensor.Adagrad(c.d, c.e, c.x, 1, tensor.AdagradOptions{LR: 1e-3, Eps: 1e-10})
			}
		}),
		starts(params, "rmsprop", func(c C) func() {
			clear(c.e.Data())
			return func() {
				tensor.RMSprop(c.d, c.e, c.x, 1, tensor.RMSpropOptions{LR: 1e-3, Alpha: 0.99, Eps: 1e-8})
			}
		}),
		starts(params, "adamw", func(c C) func() { return adamOf(c, tensor.AdamW[T], 0.01) }),
	}
}

// vector is an operand of as many elements as the axis has.
func (c *elementCase[T]) vector(axis int, v T) *tensor.Tensor[T] {
	return tensor.New[T](c.dims[axis]).Fill(v)
}

func dotRows[T tensor.Float](c *elementCase[T]) func() {
	r, q := c.vector(0, 0), c.vector(1, 0)
	fill(q.Data(), 2)
	return func() { tensor.Compare(r, c.x, q, tensor.DotProduct); c.short = r }
}

func batchNorm[T tensor.Float](c *elementCase[T]) func() {
	o := tensor.BatchNormPyTorch()
	o.ReLU = len(c.dims) == 4
	mean, rstd, rm, rv, g, b := c.vector(1, 0), c.vector(1, 0), c.vector(1, 0), c.vector(1, 1), c.vector(1, 1), c.vector(1, 0)
	return func() { tensor.BatchNorm(c.d, mean, rstd, rm, rv, c.x, g, b, o) }
}

func batchNormInference[T tensor.Float](c *elementCase[T]) func() {
	o := tensor.BatchNormPyTorch()
	m, v, g, b := c.vector(1, 0.25), c.vector(1, 2), c.vector(1, 1), c.vector(1, 0)
	return func() { tensor.BatchNormInference(c.d, c.x, g, b, m, v, o) }
}

func batchNormGrad[T tensor.Float](c *elementCase[T]) func() {
	o := tensor.BatchNormPyTorch()
	mean, rstd, dg, db, g := c.vector(1, 0), c.vector(1, 1.5), c.vector(1, 0), c.vector(1, 0), c.vector(1, 1)
	return func() { tensor.BatchNormGrad(c.d, dg, db, c.y, c.x, nil, g, mean, rstd, o) }
}

func layerNorm[T tensor.Float](c *elementCase[T]) func() {
	mean, rstd, g, b := c.vector(0, 0), c.vector(0, 0), c.vector(1, 1), c.vector(1, 0)
	return func() { tensor.LayerNorm(c.d, mean, rstd, c.x, g, b, 1e-5) }
}

func layerNormGrad[T tensor.Float](c *elementCase[T]) func() {
	mean, rstd, g, dg, db := c.vector(0, 0), c.vector(0, 1.5), c.vector(1, 1), c.vector(1, 0), c.vector(1, 0)
	return func() { tensor.LayerNormGrad(c.d, dg, db, c.y, c.x, g, mean, rstd) }
}

func momentum[T tensor.Float](c *elementCase[T]) func() {
	clear(c.e.Data())
	return func() {
		tensor.SGDMomentum(c.d, c.e, c.x, 1, tensor.MomentumOptions{LR: 1e-3, Momentum: 0.9})
	}
}

func adam[T tensor.Float](c *elementCase[T]) func() { return adamOf(c, tensor.Adam[T], 0) }

func adamOf[T tensor.Float](c *elementCase[T], step func(w, m, v, dw *tensor.Tensor[T], t int, scale float64, o tensor.AdamOptions), decay float64) func() {
	clear(c.e.Data())
	clear(c.f.Data())
	t := 0
	return func() {
		t++
		step(c.d, c.e, c.f, c.x, t, 1, tensor.AdamOptions{LR: 1e-3, Beta1: 0.9, Beta2: 0.999, Eps: 1e-8, WeightDecay: decay})
	}
}

// gonum32 and gonum64 are the operations that gonum has; for functions it has not, what
// a Go program does there, a loop over math.
var gonum32 = map[string]func(c *elementCase[float32]) func(){
	"axpy": func(c *elementCase[float32]) func() {
		x, d := vec32(c.x.Data()), vec32(c.d.Data())
		return func() { blas32.Axpy(1.0/1024, x, d) }
	},
	"dot": func(c *elementCase[float32]) func() {
		x, p := vec32(c.x.Data()), vec32(c.p.Data())
		return func() { c.scalar = blas32.Dot(x, p) }
	},
	"dotrows": func(c *elementCase[float32]) func() {
		r, q := c.vector(0, 0), c.vector(1, 0)
		fill(q.Data(), 2)
		a := blas32.General{Rows: c.dims[0], Cols: c.dims[1], Stride: c.dims[1], Data: c.x.Data()}
		return func() { blas32.Gemv(blas.NoTrans, 1, a, vec32(q.Data()), 0, vec32(r.Data())); c.short = r }
	},
}

var gonum64 = map[string]func(c *elementCase[float64]) func(){
	"add": floats2(floats.AddTo),
	"sub": floats2(floats.SubTo),
	"mul": floats2(floats.MulTo),
	"div": floats2(floats.DivTo),
	"axpy": func(c *elementCase[float64]) func() {
		return func() { floats.AddScaled(c.d.Data(), 1.0/1024, c.x.Data()) }
	},
	"dot": func(c *elementCase[float64]) func() { return func() { c.scalar = floats.Dot(c.x.Data(), c.p.Data()) } },
	"sum": func(c *elementCase[float64]) func() { return func() { c.scalar = floats.Sum(c.x.Data()) } },
	"max": func(c *elementCase[float64]) func() { return func() { c.scalar = floats.Max(c.x.Data()) } },
	"logsumexp": func(c *elementCase[float64]) func() {
		r, n := c.vector(0, 0), c.dims[1]
		return func() {
			for i := range r.Data() {
				r.Data()[i] = floats.LogSumExp(c.x.Data()[i*n : (i+1)*n])
			}
			c.short = r
		}
	},
	"dotrows": func(c *elementCase[float64]) func() {
		r, q := c.vector(0, 0), c.vector(1, 0)
		fill(q.Data(), 2)
		a := blas64.General{Rows: c.dims[0], Cols: c.dims[1], Stride: c.dims[1], Data: c.x.Data()}
		return func() { blas64.Gemv(blas.NoTrans, 1, a, vec64(q.Data()), 0, vec64(r.Data())); c.short = r }
	},
	"exp":   loop(math.Exp, false),
	"log":   loop(math.Log, true),
	"tanh":  loop(math.Tanh, false),
	"sqrt":  loop(math.Sqrt, true),
	"expm1": loop(math.Expm1, false),
	"log1p": loop(math.Log1p, true),
	"erf":   loop(math.Erf, false),
}

func vec64(x []float64) blas64.Vector { return blas64.Vector{N: len(x), Data: x, Inc: 1} }
func vec32(x []float32) blas32.Vector { return blas32.Vector{N: len(x), Data: x, Inc: 1} }

// floats2 is one of gonum's functions of two operands.
func floats2(f func(d, x, y []float64) []float64) func(c *elementCase[float64]) func() {
	return func(c *elementCase[float64]) func() { return func() { f(c.d.Data(), c.x.Data(), c.p.Data()) } }
}

// loop calls f for each element of x, or of p.
func loop(f func(float64) float64, positive bool) func(c *elementCase[float64]) func() {
	return func(c *elementCase[float64]) func() {
		d, x := c.d.Data(), c.x.Data()
		if positive {
			x = c.p.Data()
		}
		return func() {
			for i, v := range x {
				d[i] = f(v)
			}
		}
	}
}
