package asm

// LossKernels are parts of losses.
type LossKernels[T Float] struct {
	// ExpSum is dst[i] = Exp(x[i] - shift) of one chunk, at most Chunk elements,
	// and returns the sum of dst in the order of Sum. x may be dst.
	ExpSum func(dst, x []T, shift T) T
}

func expSumGeneric[T Float](dst, x []T, shift T) T {
	x = x[:len(dst):len(x)]
	var l lanes[T]
	mask := Lanes[T]() - 1
	for i, v := range x {
		e := Exp(v - shift)
		dst[i] = e
		l[i&mask] += e
	}
	return l.fold()
}
