package asm

import "math"

// UpdateKernels change weights by gradients: one pass of an optimiser. The slices have
// one length and do not overlap. In all of them
//
//	d = scale*dw[i]
//	if decay != 0 {
//		d = fma(decay, w[i], d)
//	}
//
// is the gradient that counts: scale is the factor that clips it, decay the weight
// decay that is coupled to it. With scale 1 and decay 0 its bits are those of dw[i].
type UpdateKernels[T Float] struct {
	// SGD is w[i] = fma(-lr, d, w[i]).
	SGD func(w, dw []T, lr, decay, scale T)

	// SGDMomentum is v[i] = fma(mu, v[i], a*d); w[i] = fma(b, v[i], w[i]). With a = 1
	// and b = -lr the velocity is a sum of gradients, with a = -lr and b = 1 one of
	// steps.
	SGDMomentum func(w, v, dw []T, a, b, mu, decay, scale T)

	// Nesterov is v[i] = fma(mu, v[i], a*d); w[i] = fma(b, fma(mu, v[i], a*d), w[i]).
	Nesterov func(w, v, dw []T, a, b, mu, decay, scale T)

	// RMSprop is s[i] = fma(c*d, d, alpha*s[i]); w[i] = fma(-lr, d/(sqrt(s[i])+eps), w[i]).
	// With alpha = c = 1 it is Adagrad.
	RMSprop func(w, s, dw []T, lr, alpha, c, eps, decay, scale T)

	// Adam is
	//
	//	m[i] = fma(c1, d-m[i], m[i])
	//	v[i] = fma(c2*d, d, beta2*v[i])
	//	w[i] = fma(-lr, m[i]/(sqrt(v[i])+eps), keep*w[i])
	//
	// with the corrections of the bias in lr and eps. keep = 1 - lr*decay, and decay 0,
	// make it AdamW; else keep is 1.
	Adam func(w, m, v, dw []T, lr, c1, beta2, c2, eps, decay, keep, scale T)
}

func updateGenericKernels[T Float]() UpdateKernels[T] {
	return UpdateKernels[T]{
		SGD: sgdGeneric[T], SGDMomentum: sgdMomentumGeneric[T], Nesterov: nesterovGeneric[T],
		RMSprop: rmspropGeneric[T], Adam: adamGeneric[T],
	}
}

// effective is d.
func effective[T Float](dw, w, decay, scale T) T {
	d := T(scale * dw)
	if decay != 0 {
		d = FMA(decay, w, d)
	}
	return d
}

// sqrt is rounded once: a float64 root of a float32 rounds to the float32 one.
func sqrt[T Float](x T) T { return T(math.Sqrt(float64(x))) }

func sgdGeneric[T Float](w, dw []T, lr, decay, scale T) {
	dw = dw[:len(w):len(dw)]
	for i := range w {
		w[i] = FMA(-lr, effective(dw[i], w[i], decay, scale), w[i])
	}
}

func sgdMomentumGeneric[T Float](w, v, dw []T, a, b, mu, decay, scale T) {
	v, dw = v[:len(w):len(v)], dw[:len(w):len(dw)]
	for i := range w {
		v[i] = FMA(mu, v[i], T(a*effective(dw[i], w[i], decay, scale)))
		w[i] = FMA(b, v[i], w[i])
	}
}

func nesterovGeneric[T Float](w, v, dw []T, a, b, mu, decay, scale T) {
	v, dw = v[:len(w):len(v)], dw[:len(w):len(dw)]
	for i := range w {
		d := T(a * effective(dw[i], w[i], decay, scale))
		v[i] = FMA(mu, v[i], d)
		w[i] = FMA(b, FMA(mu, v[i], d), w[i])
	}
}

func rmspropGeneric[T Float](w, s, dw []T, lr, alpha, c, eps, decay, scale T) {
	s, dw = s[:len(w):len(s)], dw[:len(w):len(dw)]
	for i := range w {
		d := effective(dw[i], w[i], decay, scale)
		s[i] = FMA(T(c*d), d, T(alpha*s[i]))
		w[i] = FMA(-lr, d/(sqrt(s[i])+eps), w[i])
	}
}

func adamGeneric[T Float](w, m, v, dw []T, lr, c1, beta2, c2, eps, decay, keep, scale T) {
	m, v, dw = m[:len(w):len(m)], v[:len(w):len(v)], dw[:len(w):len(dw)]
	for i := range w {
		d := effective(dw[i], w[i], decay, scale)
		m[i] = FMA(c1, d-m[i], m[i])
		v[i] = FMA(T(c2*d), d, T(beta2*v[i]))
		w[i] = FMA(-lr, m[i]/(sqrt(v[i])+eps), T(keep*w[i]))
	}
}
