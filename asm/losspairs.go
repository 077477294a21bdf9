package asm

// PairKernels are losses of elements x and what they should be, y: of each the loss
// and its gradient with respect to x, times a factor s. The inputs are at least as long
// as loss, and so is dx; dx or loss may be an input, and they share no memory.
type PairKernels[T Float] struct {
	// SquaredLoss is, with d = x[i] - y[i], loss[i] = d*d and dx[i] = d*s.
	SquaredLoss func(loss, dx, x, y []T, s T)

	// AbsLoss is, with d = x[i] - y[i], loss[i] = |d| and
	//
	//	dx[i] = d < 0 ? -s : d > 0 ? s : 0
	AbsLoss func(loss, dx, x, y []T, s T)

	// HuberLoss is, with d = x[i] - y[i] and k = d, but -delta or delta if it is
	// beyond that,
	//
	//	loss[i] = (k*a) * fma(-0.5, k, d)
	//	dx[i] = k*s
	//
	// that is a*d²/2 up to delta and a*delta*(|d| - delta/2) from there.
	HuberLoss func(loss, dx, x, y []T, delta, a, s T)

	// LogisticLoss is the cross-entropy of a logit x and a probability y: with
	// e = Exp(-|x[i]|) and r = e/(1+e),
	//
	//	loss[i] = fma(-x[i], y[i], x[i] < 0 ? 0 : x[i]) + Log1p(e)
	//	dx[i] = (x[i] < 0 ? r - y[i] : (1-y[i]) - r) * s
	LogisticLoss func(loss, dx, x, y []T, s T)
}

func pairGenericKernels[T Float]() PairKernels[T] {
	return PairKernels[T]{
		SquaredLoss: squaredLossGeneric[T], AbsLoss: absLossGeneric[T],
		HuberLoss: huberLossGeneric[T], LogisticLoss: logisticLossGeneric[T],
	}
}

func squaredLossGeneric[T Float](loss, dx, x, y []T, s T) {
	dx, x, y = dx[:len(loss):len(dx)], x[:len(loss):len(x)], y[:len(loss):len(y)]
	for i, v := range x {
		d := v - y[i]
		loss[i], dx[i] = T(d*d), T(d*s)
	}
}

func absLossGeneric[T Float](loss, dx, x, y []T, s T) {
	dx, x, y = dx[:len(loss):len(dx)], x[:len(loss):len(x)], y[:len(loss):len(y)]
	for i, v := range x {
		d := v - y[i]
		grad := T(0)
		if d < 0 {
			grad = -s
		} else if d > 0 {
			grad = s
		}
		loss[i], dx[i] = abs(d), grad
	}
}

func huberLossGeneric[T Float](loss, dx, x, y []T, delta, a, s T) {
	dx, x, y = dx[:len(loss):len(dx)], x[:len(loss):len(x)], y[:len(loss):len(y)]
	for i, v := range x {
		d := v - y[i]
		k := d
		if -delta > k { // not max: NaN goes through
			k = -delta
		}
		if delta < k {
			k = delta
		}
		loss[i], dx[i] = T(T(k*a)*FMA(-0.5, k, d)), T(k*s)
	}
}

func logisticLossGeneric[T Float](loss, dx, x, y []T, s T) {
	dx, x, y = dx[:len(loss):len(dx)], x[:len(loss):len(x)], y[:len(loss):len(y)]
	for i, v := range x {
		t, e := y[i], Exp(-abs(v))
		r := e / (1 + e)
		grad := (1 - t) - r
		if v < 0 {
			grad = r - t
		}
		loss[i], dx[i] = FMA(-v, t, unless(v < 0, v))+Log1p(e), T(grad*s)
	}
}
