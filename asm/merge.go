package asm

// MergeKernels join partial results of a product.
type MergeKernels[T Float] struct {
	// Axpby is y[i] = fma(alpha, x[i], beta*y[i]); len(x) >= len(y).
	Axpby func(y []T, alpha T, x []T, beta T)
}

func axpbyGeneric[T Float](y []T, alpha T, x []T, beta T) {
	x = x[:len(y):len(x)]
	for i, v := range x {
		y[i] = FMA(alpha, v, T(beta*y[i]))
	}
}
