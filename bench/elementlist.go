package main

import (
	"github.com/lanes-go/lanes/asm"
	"github.com/lanes-go/lanes/tensor"
	"github.com/lanes-go/lanes/vec"
)

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
		alike("neg", 1, func(o *O) { tensor.Neg(o.D, o.X) }),
		alike("square", 1, func(o *O) { tensor.Square(o.D, o.X) }),
		alike("addscalar", 1, func(o *O) { tensor.AddScalar(o.D, o.X, 0.5) }),
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
		whole("addcol", 1, 1, matrixSizes, func(o *O) func() {
			col := o.small(o.dims[0], 1)
			return func() { tensor.Add(o.D, o.X, col) }
		}),
		whole("tochannelslast", 1, 1, imageSizes, func(o *O) func() { return permute(o, 0, 2, 3, 1) }),
		whole("tochannelsfirst", 1, 1, imageSizes, func(o *O) func() { return permute(o, 0, 3, 1, 2) }),
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
		alike("selu", 1, func(o *O) { tensor.SELU(o.D, o.X) }),
		alike("selugrad", 2, func(o *O) { tensor.SELUGrad(o.D, o.X, o.Y) }),
		alike("celu", 1, func(o *O) { tensor.CELU(o.D, o.X, 0.5) }),
		alike("relu6", 1, func(o *O) { tensor.ReLU6(o.D, o.X) }),
		whole("preluchannels", 1, 1, imageSizes, func(o *O) func() {
			slope := o.small(o.dims[1], 1, 1)
			return func() { tensor.PReLU(o.D, o.X, slope) }
		}),
		whole("preluslopegrad", 2, 0, imageSizes, func(o *O) func() {
			r := o.result(o.dims[1], 1, 1)
			return func() { tensor.PReLUSlopeGrad(r, o.X, o.Y) }
		}),
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
		whole("rowargmax", 1, 0, matrixSizes, func(o *O) func() {
			r, at := o.result(o.dims[0]), make([]int, o.dims[0])
			return func() {
				tensor.ArgMaxAxis(at, o.X, 1)
				for i, v := range at {
					r.Data()[i] = T(v)
				}
			}
		}),
		whole("rowmeanvar", 1, 0, matrixSizes, func(o *O) func() { return meanVar(o, 1) }),
		whole("colmeanvar", 1, 0, matrixSizes, func(o *O) func() { return meanVar(o, 0) }),
		whole("topk", 1, 0, flatSizes, func(o *O) func() {
			o.s = make([]T, 10)
			best := make([]vec.Match[T], 0, len(o.s))
			return func() {
				for i, m := range vec.TopK(best, o.x, len(o.s)) {
					o.s[i] = m.Score
				}
			}
		}),
		flops(2, whole("dotrows", 1, 0, queryRows, func(o *O) func() { return compareRows(o, tensor.DotProduct) })),
		flops(3, whole("distsqrows", 1, 0, queryRows, func(o *O) func() { return compareRows(o, tensor.SquaredL2) })),
		whole("distl1rows", 1, 0, queryRows, func(o *O) func() { return compareRows(o, tensor.L1) }),
		flops(4, whole("cosinerows", 1, 0, queryRows, func(o *O) func() { return compareRows(o, tensor.Cosine) })),
		whole("hammingrows", 1, 0, queryRows, func(o *O) func() { return compareRows(o, tensor.Hamming) }),
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
		whole("smoothedcrossentropy", 1, 1, rowSizes, func(o *O) func() {
			return func() { tensor.CrossEntropy(o.D, o.X, o.labels, tensor.LabelOptions[T]{Smoothing: 0.1}) }
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
		flops(2, whole("globalnorm", 1, 0, updateSizes, func(o *O) func() {
			o.s = make([]T, 1)
			dw := []*V{o.X}
			return func() { _, scale := tensor.ClipGlobalNorm(1, dw...); o.s[0] = T(scale) }
		})),
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
	family("half", halfList[T]()...)
	family("random",
		whole("uniform", 0, 1, flatSizes, func(o *O) func() { return func() { tensor.Uniform(o.D, 0, 1, 1, 2) } }),
		whole("normal", 0, 1, flatSizes, func(o *O) func() { return func() { tensor.Normal(o.D, 0, 1, 1, 2) } }),
		whole("bernoulli", 0, 1, flatSizes, func(o *O) func() { return func() { tensor.Bernoulli(o.D, 0.5, 1, 2) } }),
		whole("dropout", 1, 1, flatSizes, func(o *O) func() { return func() { tensor.Dropout(o.D, o.X, 0.5, 1, 2) } }),
		sized(8, whole("permutation", 0, 1, []string{"4096", "65536", "1048576"}, func(o *O) func() {
			o.s = make([]T, 8)
			p := make([]int, len(o.d))
			return func() {
				tensor.Permutation(p, 1, 2)
				for i := range o.s {
					o.s[i] = T(p[i])
				}
			}
		})),
	)
	return list
}
