package asm

// mathCalls are those of elementary functions.
func mathCalls[T Float]() []call[T] {
	unary := func(name string, run func(k *Kernels[T]) func(dst, x []T), ref func(x T) T) call[T] {
		return call[T]{name: name, inputs: 1, alias: true,
			run: func(k *Kernels[T], dst []T, in [][]T) T { run(k)(dst, in[0]); return 0 },
			ref: func(i int, in [][]T) T { return ref(in[0][i]) }}
	}
	return []call[T]{
		unary("Exp", func(k *Kernels[T]) func(dst, x []T) { return k.Exp }, Exp[T]),
		unary("Expm1", func(k *Kernels[T]) func(dst, x []T) { return k.Expm1 }, Expm1[T]),
		unary("Log", func(k *Kernels[T]) func(dst, x []T) { return k.Log }, Log[T]),
		unary("Log1p", func(k *Kernels[T]) func(dst, x []T) { return k.Log1p }, Log1p[T]),
		unary("Tanh", func(k *Kernels[T]) func(dst, x []T) { return k.Tanh }, Tanh[T]),
		unary("Sigmoid", func(k *Kernels[T]) func(dst, x []T) { return k.Sigmoid }, Sigmoid[T]),
		unary("Erf", func(k *Kernels[T]) func(dst, x []T) { return k.Erf }, Erf[T]),
		unary("Rsqrt", func(k *Kernels[T]) func(dst, x []T) { return k.Rsqrt }, Rsqrt[T]),
		unary("Sin", func(k *Kernels[T]) func(dst, x []T) { return k.Sin }, Sin[T]),
		unary("Cos", func(k *Kernels[T]) func(dst, x []T) { return k.Cos }, Cos[T]),
		{name: "Pow", inputs: 2, alias: true,
			run: func(k *Kernels[T], dst []T, in [][]T) T { k.Pow(dst, in[0], in[1]); return 0 },
			ref: func(i int, in [][]T) T { return Pow(in[0][i], in[1][i]) }},
	}
}
