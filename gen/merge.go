package main

func init() {
	families = append(families, loopFamily("merge", "MergeKernels",
		&loopKernel{name: "Axpby", params: []param{out("y"), scalar("alpha"), in("x"), scalar("beta")}, unroll: 8,
			doc: "is y[i] = fma(alpha, x[i], beta*y[i]).",
			body: func(b *builder) {
				b.store("y", b.fma(b.param("alpha"), b.load("x"), b.mul(b.param("beta"), b.load("y"))))
			}}))
}
