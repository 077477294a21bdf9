package asm

// UpdateKernels change weights by gradients. The slices have one length and do
// not overlap.
type UpdateKernels[T Float] struct {
	// SGD is w[i] = fma(-lr, g[i], w[i]).
	SGD func(w, g []T, lr T)

	// SGDMomentum is v[i] = fma(mu, v[i], g[i]); w[i] = fma(-lr, v[i], w[i]).
	SGDMomentum func(w, v, g []T, lr, mu T)
}

func sgdGeneric[T Float](w, g []T, lr T) {
	g = g[:len(w):len(g)]
	for i, d := range g {
		w[i] = FMA(-lr, d, w[i])
	}
}

func sgdMomentumGeneric[T Float](w, v, g []T, lr, mu T) {
	v, g = v[:len(w):len(v)], g[:len(w):len(g)]
	for i, d := range g {
		d = FMA(mu, v[i], d)
		v[i] = d
		w[i] = FMA(-lr, d, w[i])
	}
}
