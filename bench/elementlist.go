package main

import (
	"github.com/lanes-go/lanes/asm"
	"github.com/lanes-go/lanes/tensor"
)

// map1, map2, map3 are maps of one, two, three inputs; fold1, fold2 reductions.
func map1[T tensor.Float](name string, kernel func(k *asm.Kernels[T]) func(d, x []T), op func(d, x *tensor.Tensor[T])) elementOp[T] {
	return mapOf(name, 1, kernel, func(f func(d, x []T), o *operands[T], i, j int) { f(o.d[i:j], o.x[i:j]) },
		op != nil, func(o *operands[T]) { op(o.D, o.X) })
}

// map1p is map1 of a function of positive numbers.
func map1p[T tensor.Float](name string, kernel func(k *asm.Kernels[T]) func(d, x []T), op func(d, x *tensor.Tensor[T])) elementOp[T] {
	return mapOf(name, 1, kernel, func(f func(d, x []T), o *operands[T], i, j int) { f(o.d[i:j], o.p[i:j]) },
		op != nil, func(o *operands[T]) { op(o.D, o.P) })
}

func map2[T tensor.Float](name string, kernel func(k *asm.Kernels[T]) func(d, x, y []T), op func(d, x, y *tensor.Tensor[T])) elementOp[T] {
	return mapOf(name, 2, kernel, func(f func(d, x, y []T), o *operands[T], i, j int) { f(o.d[i:j], o.x[i:j], o.y[i:j]) },
		op != nil, func(o *operands[T]) { op(o.D, o.X, o.Y) })
}

func map3[T tensor.Float](name string, kernel func(k *asm.Kernels[T]) func(d, x, y, z []T), op func(d, x, y, z *tensor.Tensor[T])) elementOp[T] {
	return mapOf(name, 3, kernel, func(f func(d, x, y, z []T), o *operands[T], i, j int) { f(o.d[i:j], o.x[i:j], o.y[i:j], o.p[i:j]) },
		op != nil, func(o *operands[T]) { op(o.D, o.X, o.Y, o.P) })
}

func mapOf[T tensor.Float, F any](name string, reads int, kernel func(k *asm.Kernels[T]) F, call func(f F, o *operands[T], i, j int), hasOp bool, op func(o *operands[T])) elementOp[T] {
	e := elementOp[T]{name: name, reads: reads, writes: 1, sizes: flatSizes}
	e.kernel = func(k *asm.Kernels[T], o *operands[T]) func(i, j int) {
		f := kernel(k)
		return func(i, j int) { call(f, o, i, j) }
	}
	if hasOp {
		e.op = func(o *operands[T]) func() { return func() { op(o) } }
	}
	return e
}

func fold1[T tensor.Float, R float32 | float64 | int](name string, kernel func(k *asm.Kernels[T]) func(x []T) R, op func(x *tensor.Tensor[T]) R) elementOp[T] {
	return foldOf(name, 1, kernel, func(f func(x []T) R, o *operands[T], i, j int) R { return f(o.x[i:j]) }, func(o *operands[T]) R { return op(o.X) })
}

func fold2[T tensor.Float](name string, kernel func(k *asm.Kernels[T]) func(x, y []T) T, op func(x, y *tensor.Tensor[T]) T) elementOp[T] {
	return foldOf(name, 2, kernel, func(f func(x, y []T) T, o *operands[T], i, j int) T { return f(o.x[i:j], o.y[i:j]) }, func(o *operands[T]) T { return op(o.X, o.Y) })
}

func foldOf[T tensor.Float, F any, R float32 | float64 | int](name string, reads int, kernel func(k *asm.Kernels[T]) F, call func(f F, o *operands[T], i, j int) R, op func(o *operands[T]) R) elementOp[T] {
	return elementOp[T]{name: name, reads: reads, sizes: flatSizes,
		kernel: func(k *asm.Kernels[T], o *operands[T]) func(i, j int) {
			f := kernel(k)
			o.s = make([]T, 1)
			return func(i, j int) { o.s[0] = T(call(f, o, i, j)) }
		},
		op: func(o *operands[T]) func() {
			o.s = make([]T, 1)
			return func() { o.s[0] = T(op(o)) }
		}}
}

// whole is an operation that has no kernel of its own.
func whole[T tensor.Float](name string, reads, writes int, sizes []string, op func(o *operands[T]) func()) elementOp[T] {
	return elementOp[T]{name: name, reads: reads, writes: writes, sizes: sizes, op: op}
}

// elementList is every operation on elements that bench knows: a line each.
func elementList[T tensor.Float]() []elementOp[T] {
	type (
		K = asm.Kernels[T]
		V = tensor.Tensor[T]
		O = operands[T]
	)
	var list []elementOp[T]
	family := func(name string, ops ...elementOp[T]) {
		for _, e := range ops {
			e.family = name
			list = append(list, e)
		}
	}
	flops := func(n float64, e elementOp[T]) elementOp[T] { e.flops = n; return e }

	family("eltwise",
		map2("add", func(k *K) func(d, x, y []T) { return k.Add }, tensor.Add[T]),
		map2("sub", func(k *K) func(d, x, y []T) { return k.Sub }, tensor.Sub[T]),
		map2("mul", func(k *K) func(d, x, y []T) { return k.Mul }, tensor.Mul[T]),
		map2("div", func(k *K) func(d, x, y []T) { return k.Div }, tensor.Div[T]),
		map3("fma", func(k *K) func(d, x, y, z []T) { return k.FMA }, tensor.FMA[T]),
		map1("affine", func(k *K) func(d, x []T) { return func(d, x []T) { k.Affine(d, x, 0.5, 0.25) } }, func(d, x *V) { tensor.Affine(d, x, 0.5, 0.25) }),
		map1("abs", func(k *K) func(d, x []T) { return k.Abs }, tensor.Abs[T]),
		map1p("sqrt", func(k *K) func(d, x []T) { return k.Sqrt }, tensor.Sqrt[T]),
		map1("scale", func(k *K) func(d, x []T) { return func(d, x []T) { k.Scale(d, 0.5, x) } }, func(d, x *V) { tensor.Scale(d, 0.5, x) }),
		flops(2, inPlace(1, map1("axpy", func(k *K) func(d, x []T) { return func(d, x []T) { k.Axpy(d, 1.0/1024, x) } }, func(d, x *V) { tensor.Axpy(d, 1.0/1024, x) }))),
		inPlace(1, map1("axpby", func(k *K) func(d, x []T) { return func(d, x []T) { k.Axpby(d, 0.5, x, 0.5) } }, nil)),
		map1("copyelements", func(k *K) func(d, x []T) { return k.Copy }, nil),
		elementOp[T]{name: "fill", writes: 1, sizes: flatSizes, kernel: func(k *K, o *O) func(i, j int) {
			return func(i, j int) { k.Fill(o.d[i:j], 0.5) }
		}},
		map2("maximum", func(k *K) func(d, x, y []T) { return k.Maximum }, tensor.Maximum[T]),
		map2("minimum", func(k *K) func(d, x, y []T) { return k.Minimum }, tensor.Minimum[T]),
		map1("clamp", func(k *K) func(d, x []T) { return func(d, x []T) { k.Clamp(d, x, -0.5, 0.5) } }, func(d, x *V) { tensor.Clamp(d, x, -0.5, 0.5) }),
		map2("eq", func(k *K) func(d, x, y []T) { return k.Eq }, tensor.Eq[T]),
		map2("ne", func(k *K) func(d, x, y []T) { return k.Ne }, tensor.Ne[T]),
		map2("lt", func(k *K) func(d, x, y []T) { return k.Lt }, tensor.Lt[T]),
		map2("le", func(k *K) func(d, x, y []T) { return k.Le }, tensor.Le[T]),
		map3("select", func(k *K) func(d, m, x, y []T) { return k.Select }, tensor.Select[T]),
		whole("addrow", 1, 1, matrixSizes, func(o *O) func() {
			row := o.small(o.dims[1])
			return func() { tensor.AddRow(o.D, o.X, row) }
		}),
		whole("transpose", 1, 1, matrixSizes, func(o *O) func() {
			turned := tensor.From(o.d, o.dims[1], o.dims[0])
			x := o.X.T()
			return func() { turned.CopyFrom(x) }
		}),
		inPlace(2, elementOp[T]{name: "rot", writes: 2, sizes: flatSizes, kernel: func(k *K, o *O) func(i, j int) {
			return func(i, j int) { k.Rot(o.d[i:j], o.e[i:j], 0.6, 0.8) }
		}}),
		inPlace(2, elementOp[T]{name: "swap", writes: 2, sizes: flatSizes, kernel: func(k *K, o *O) func(i, j int) {
			return func(i, j int) { k.Swap(o.d[i:j], o.e[i:j]) }
		}}),
	)
	family("math",
		map1("exp", func(k *K) func(d, x []T) { return k.Exp }, tensor.Exp[T]),
		map1("expm1", func(k *K) func(d, x []T) { return k.Expm1 }, tensor.Expm1[T]),
		map1p("log", func(k *K) func(d, x []T) { return k.Log }, tensor.Log[T]),
		map1p("log1p", func(k *K) func(d, x []T) { return k.Log1p }, tensor.Log1p[T]),
		map1("tanh", func(k *K) func(d, x []T) { return k.Tanh }, tensor.Tanh[T]),
		map1("sigmoid", func(k *K) func(d, x []T) { return k.Sigmoid }, tensor.Sigmoid[T]),
		map1("erf", func(k *K) func(d, x []T) { return k.Erf }, tensor.Erf[T]),
		map1p("rsqrt", func(k *K) func(d, x []T) { return k.Rsqrt }, tensor.Rsqrt[T]),
		map1("sin", func(k *K) func(d, x []T) { return k.Sin }, tensor.Sin[T]),
		map1("cos", func(k *K) func(d, x []T) { return k.Cos }, tensor.Cos[T]),
		mapOf("pow", 2, func(k *K) func(d, x, y []T) { return k.Pow },
			func(f func(d, x, y []T), o *O, i, j int) { f(o.d[i:j], o.p[i:j], o.y[i:j]) }, true, func(o *O) { tensor.Pow(o.D, o.P, o.Y) }),
	)
	family("act",
		map1("relu", func(k *K) func(d, x []T) { return k.ReLU }, tensor.ReLU[T]),
		map2("relugrad", func(k *K) func(d, x, y []T) { return k.ReLUGrad }, tensor.ReLUGrad[T]),
		map1("leakyrelu", func(k *K) func(d, x []T) { return func(d, x []T) { k.LeakyReLU(d, x, 0.01) } }, func(d, x *V) { tensor.LeakyReLU(d, x, 0.01) }),
		map2("leakyrelugrad", func(k *K) func(d, x, y []T) { return func(d, x, y []T) { k.LeakyReLUGrad(d, x, y, 0.01) } }, func(d, x, y *V) { tensor.LeakyReLUGrad(d, x, y, 0.01) }),
		map2("prelu", func(k *K) func(d, x, y []T) { return k.PReLU }, tensor.PReLU[T]),
		map3("prelugrad", func(k *K) func(d, x, y, z []T) { return k.PReLUGrad }, tensor.PReLUGrad[T]),
		map2("preluslope", func(k *K) func(d, x, y []T) { return k.PReLUSlope }, nil),
		map1("elu", func(k *K) func(d, x []T) { return func(d, x []T) { k.ELU(d, x, 1, 1, 1) } }, func(d, x *V) { tensor.ELU(d, x, 1) }),
		map2("elugrad", func(k *K) func(d, x, y []T) { return func(d, x, y []T) { k.ELUGrad(d, x, y, 1, 1, 1) } }, func(d, x, y *V) { tensor.ELUGrad(d, x, y, 1) }),
		map2("clampgrad", func(k *K) func(d, x, y []T) { return func(d, x, y []T) { k.ClampGrad(d, x, y, 1, -0.5, 0.5) } }, func(d, x, y *V) { tensor.HardTanhGrad(d, x, y, -0.5, 0.5) }),
		map1("hardsigmoid", func(k *K) func(d, x []T) { return k.HardSigmoid }, tensor.HardSigmoid[T]),
		map1("step", func(k *K) func(d, x []T) { return k.Step }, tensor.BinaryStep[T]),
		map2("sigmoidgrad", func(k *K) func(d, x, y []T) { return k.SigmoidGrad }, tensor.SigmoidGrad[T]),
		map2("tanhgrad", func(k *K) func(d, x, y []T) { return k.TanhGrad }, tensor.TanhGrad[T]),
		map1("softsign", func(k *K) func(d, x []T) { return k.Softsign }, tensor.Softsign[T]),
		map2("softsigngrad", func(k *K) func(d, x, y []T) { return k.SoftsignGrad }, tensor.SoftsignGrad[T]),
		map2("maxout", func(k *K) func(d, x, y []T) { return k.Maximum }, func(d, x, y *V) { tensor.Maxout(d, x, y) }),
		map3("maxoutgrad", func(k *K) func(d, x, y, z []T) { return k.MaxoutGrad }, nil),
		map3("maxoutrest", func(k *K) func(d, x, y, z []T) { return k.MaxoutRest }, nil),
		map1("softplus", func(k *K) func(d, x []T) { return k.Softplus }, tensor.Softplus[T]),
		map2("softplusgrad", func(k *K) func(d, x, y []T) { return func(d, x, y []T) { k.SoftplusGrad(d, x, y) } }, tensor.SoftplusGrad[T]),
		map1("silu", func(k *K) func(d, x []T) { return k.SiLU }, tensor.SiLU[T]),
		map2("silugrad", func(k *K) func(d, x, y []T) { return k.SiLUGrad }, tensor.SiLUGrad[T]),
		map1("mish", func(k *K) func(d, x []T) { return k.Mish }, tensor.Mish[T]),
		map2("mishgrad", func(k *K) func(d, x, y []T) { return k.MishGrad }, tensor.MishGrad[T]),
		map1("gelu", func(k *K) func(d, x []T) { return k.GELU }, tensor.GELU[T]),
		map2("gelugrad", func(k *K) func(d, x, y []T) { return k.GELUGrad }, tensor.GELUGrad[T]),
		map1("gelutanh", func(k *K) func(d, x []T) { return k.GELUTanh }, tensor.GELUTanh[T]),
		map2("gelutanhgrad", func(k *K) func(d, x, y []T) { return k.GELUTanhGrad }, tensor.GELUTanhGrad[T]),
	)
	family("reduce",
		fold1("sum", func(k *K) func(x []T) T { return k.Sum }, tensor.Sum[T]),
		fold1("asum", func(k *K) func(x []T) T { return k.Asum }, tensor.Asum[T]),
		flops(2, fold1("sumsq", func(k *K) func(x []T) T { return k.SumSq }, tensor.SumSq[T])),
		flops(2, fold2("dot", func(k *K) func(x, y []T) T { return k.Dot }, tensor.Dot[T])),
		fold1("max", func(k *K) func(x []T) T { return k.Max }, tensor.Max[T]),
		fold1("min", func(k *K) func(x []T) T { return k.Min }, tensor.Min[T]),
		fold1("argmax", func(k *K) func(x []T) int { return k.ArgMax }, tensor.ArgMax[T]),
		fold1("argmin", func(k *K) func(x []T) int { return k.ArgMin }, tensor.ArgMin[T]),
		whole("moments", 1, 0, flatSizes, func(o *O) func() {
			o.s = make([]T, 2)
			return func() { o.s[0], o.s[1] = tensor.MeanVar(o.X, 0) }
		}),
		whole("sumrows", 1, 0, matrixSizes, func(o *O) func() {
			r := o.result(o.dims[0])
			return func() { tensor.SumAxis(r, o.X, 1) }
		}),
		whole("colsum", 1, 0, matrixSizes, func(o *O) func() {
			r := o.result(o.dims[1])
			return func() { tensor.SumAxis(r, o.X, 0) }
		}),
		whole("colmax", 1, 0, matrixSizes, func(o *O) func() {
			r := o.result(o.dims[1])
			return func() { tensor.MaxAxis(r, o.X, 0) }
		}),
		flops(2, whole("dotrows", 1, 0, queryRows, func(o *O) func() { return compareRows(o, tensor.DotProduct) })),
		flops(3, whole("distsqrows", 1, 0, queryRows, func(o *O) func() { return compareRows(o, tensor.SquaredL2) })),
		whole("distl1rows", 1, 0, queryRows, func(o *O) func() { return compareRows(o, tensor.L1) }),
	)
	family("norm", normList[T]()...)
	family("loss",
		whole("softmax", 1, 1, rowSizes, func(o *O) func() { return func() { tensor.Softmax(o.D, o.X, 1) } }),
		whole("softmaxgrad", 2, 1, rowSizes, func(o *O) func() { return func() { tensor.SoftmaxGrad(o.D, o.X, o.Y, 1) } }),
		whole("logsoftmax", 1, 1, rowSizes, func(o *O) func() { return func() { tensor.LogSoftmax(o.D, o.X, 1) } }),
		whole("logsoftmaxgrad", 2, 1, rowSizes, func(o *O) func() { return func() { tensor.LogSoftmaxGrad(o.D, o.X, o.Y, 1) } }),
		whole("logsumexp", 1, 0, rowSizes, func(o *O) func() {
			r := o.result(o.dims[0])
			return func() { tensor.LogSumExp(r, o.X, 1) }
		}),
		whole("crossentropy", 1, 1, rowSizes, func(o *O) func() {
			return func() { tensor.SoftmaxCrossEntropy(o.D, o.X, o.labels) }
		}),
		pairLoss("squaredloss", tensor.MSELoss[T]),
		pairLoss("absloss", tensor.L1Loss[T]),
		pairLoss("huberloss", func(dx, x, y *V, l tensor.LossOptions[T]) T { return tensor.HuberLoss(dx, x, y, 0.5, l) }),
		pairLoss("logisticloss", tensor.BCEWithLogitsLoss[T]),
		whole("hinge", 1, 1, rowSizes, func(o *O) func() {
			return func() { tensor.HingeLoss(o.D, o.X, o.labels, tensor.LabelOptions[T]{}) }
		}),
	)
	family("update",
		inPlace(1, whole("sgd", 1, 1, updateSizes, func(o *O) func() {
			return func() { tensor.SGD(o.D, o.X, 1, tensor.SGDOptions{LR: 1e-3, WeightDecay: 1e-4}) }
		})),
		inPlace(2, whole("sgdmomentum", 1, 2, updateSizes, func(o *O) func() {
			return func() { tensor.SGDMomentum(o.D, o.E, o.X, 1, tensor.MomentumOptions{LR: 1e-3, Momentum: 0.9}) }
		})),
		inPlace(2, whole("nesterov", 1, 2, updateSizes, func(o *O) func() {
			return func() { tensor.Nesterov(o.D, o.E, o.X, 1, tensor.MomentumOptions{LR: 1e-3, Momentum: 0.9}) }
		})),
		inPlace(2, whole("adagrad", 1, 2, updateSizes, func(o *O) func() {
			return func() { tensor.Adagrad(o.D, o.E, o.X, 1, tensor.AdagradOptions{LR: 1e-3, Eps: 1e-10}) }
		})),
		inPlace(2, whole("rmsprop", 1, 2, updateSizes, func(o *O) func() {
			return func() {
				tensor.RMSprop(o.D, o.E, o.X, 1, tensor.RMSpropOptions{LR: 1e-3, Alpha: 0.99, Eps: 1e-8})
			}
		})),
		inPlace(3, whole("adam", 1, 3, updateSizes, func(o *O) func() {
			return func() { tensor.Adam(o.D, o.E, o.F, o.X, 100, 1, adamOptions) }
		})),
		inPlace(3, whole("adamw", 1, 3, updateSizes, func(o *O) func() {
			return func() { tensor.AdamW(o.D, o.E, o.F, o.X, 100, 1, adamOptions) }
		})),
	)
	family("random",
		whole("uniform", 0, 1, flatSizes, func(o *O) func() { return func() { tensor.Uniform(o.D, 0, 1, 1, 2) } }),
		whole("normal", 0, 1, flatSizes, func(o *O) func() { return func() { tensor.Normal(o.D, 0, 1, 1, 2) } }),
		whole("bernoulli", 0, 1, flatSizes, func(o *O) func() { return func() { tensor.Bernoulli(o.D, 0.5, 1, 2) } }),
		whole("dropout", 1, 1, flatSizes, func(o *O) func() { return func() { tensor.Dropout(o.D, o.X, 0.5, 1, 2) } }),
	)
	return list
}

var adamOptions = tensor.AdamOptions{LR: 1e-3, Beta1: 0.9, Beta2: 0.999, Eps: 1e-8, WeightDecay: 0.01}

// pairLoss is a loss of predictions and targets with its gradient.
func pairLoss[T tensor.Float](name string, loss func(dx, x, y *tensor.Tensor[T], l tensor.LossOptions[T]) T) elementOp[T] {
	return whole(name, 2, 1, flatSizes, func(o *operands[T]) func() {
		o.s = make([]T, 1)
		return func() { o.s[0] = loss(o.D, o.X, o.Y, tensor.LossOptions[T]{}) }
	})
}

// inPlace is e when n of the operands it writes are read as well.
func inPlace[T tensor.Float](n int, e elementOp[T]) elementOp[T] {
	e.inPlace, e.writes = n, e.writes-n
	return e
}

// compareRows is a vector against every row.
func compareRows[T tensor.Float](o *operands[T], m tensor.Metric) func() {
	r, x := o.result(o.dims[0]), o.small(o.dims[1])
	return func() { tensor.Compare(r, o.X, x, m) }
}

// normList are the normalizations: of columns or planes, and of rows.
func normList[T tensor.Float]() []elementOp[T] {
	type O = operands[T]
	relu := func(o *O) tensor.BatchNormOptions {
		n := tensor.BatchNormPyTorch()
		n.ReLU = len(o.dims) == 4
		return n
	}
	channels := func(o *O, n int) (v []*tensor.Tensor[T]) {
		for range n {
			v = append(v, o.small(o.dims[1]))
		}
		return v
	}
	return []elementOp[T]{
		// Of four dimensions with ReLU, as in a residual network.
		whole("batchnorm", 1, 1, batchSizes, func(o *O) func() {
			v, n := channels(o, 6), relu(o)
			o.s = v[0].Data()
			return func() { tensor.BatchNorm(o.D, v[0], v[1], v[2], v[3], o.X, v[4], v[5], n) }
		}),
		whole("batchnorminference", 1, 1, batchSizes, func(o *O) func() {
			v, n := channels(o, 4), tensor.BatchNormPyTorch()
			return func() { tensor.BatchNormInference(o.D, o.X, v[0], v[1], v[2], v[3], n) }
		}),
		whole("batchnormgrad", 2, 1, batchSizes, func(o *O) func() {
			v, n := channels(o, 5), tensor.BatchNormPyTorch()
			o.s = v[0].Data()
			return func() { tensor.BatchNormGrad(o.D, v[0], v[1], o.Y, o.X, nil, v[2], v[3], v[4], n) }
		}),
		whole("layernorm", 1, 1, layerSizes, func(o *O) func() {
			g, b, mean, rstd := o.small(o.dims[1]), o.small(o.dims[1]), o.small(o.dims[0]), o.small(o.dims[0])
			return func() { tensor.LayerNorm(o.D, mean, rstd, o.X, g, b, 1e-5) }
		}),
		whole("layernormgrad", 2, 1, layerSizes, func(o *O) func() {
			g, dg, db, mean, rstd := o.small(o.dims[1]), o.small(o.dims[1]), o.small(o.dims[1]), o.small(o.dims[0]), o.small(o.dims[0])
			o.s = dg.Data()
			return func() { tensor.LayerNormGrad(o.D, dg, db, o.Y, o.X, g, mean, rstd) }
		}),
		whole("rmsnorm", 1, 1, layerSizes, func(o *O) func() {
			g, rstd := o.small(o.dims[1]), o.small(o.dims[0])
			return func() { tensor.RMSNorm(o.D, rstd, o.X, g, 1e-5) }
		}),
		whole("rmsnormgrad", 2, 1, layerSizes, func(o *O) func() {
			g, dg, rstd := o.small(o.dims[1]), o.small(o.dims[1]), o.small(o.dims[0])
			o.s = dg.Data()
			return func() { tensor.RMSNormGrad(o.D, dg, o.Y, o.X, g, rstd) }
		}),
	}
}
