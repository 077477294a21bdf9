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
		unary("Log", func(k *Kernels[T]) func(dst, x []T) { return k.Log }, Log[T]),
	}
}
