package asm

// CompareKernels choose between elements. Masks are 1 where a comparison holds and 0
// elsewhere; no comparison holds at a NaN but Ne. Gt and Ge are Lt and Le with the
// operands exchanged.
type CompareKernels[T Float] struct {
	// Maximum is dst[i] = x[i] > y[i] ? x[i] : y[i], but NaN where either is: of two
	// zeros the second.
	Maximum func(dst, x, y []T)

	// Minimum is dst[i] = x[i] < y[i] ? x[i] : y[i], but NaN where either is: of two
	// zeros the second.
	Minimum func(dst, x, y []T)

	// Clamp is v := x[i]; if v < lo { v = lo }; if v > hi { v = hi }; dst[i] = v. NaN
	// passes, and a zero beside a limit of the other sign.
	Clamp func(dst, x []T, lo, hi T)

	// Eq is dst[i] = x[i] == y[i].
	Eq func(dst, x, y []T)

	// Ne is dst[i] = x[i] != y[i].
	Ne func(dst, x, y []T)

	// Lt is dst[i] = x[i] < y[i].
	Lt func(dst, x, y []T)

	// Le is dst[i] = x[i] <= y[i].
	Le func(dst, x, y []T)

	// Select is dst[i] = mask[i] != 0 ? x[i] : y[i].
	Select func(dst, mask, x, y []T)
}

func compareGenericKernels[T Float]() CompareKernels[T] {
	return CompareKernels[T]{
		Maximum: maximumGeneric[T], Minimum: minimumGeneric[T], Clamp: clampGeneric[T],
		Eq: eqGeneric[T], Ne: neGeneric[T], Lt: ltGeneric[T], Le: leGeneric[T],
		Select: selectGeneric[T],
	}
}

func maximumGeneric[T Float](dst, x, y []T) {
	x, y = x[:len(dst):len(x)], y[:len(dst):len(y)]
	for i, v := range x {
		if w := y[i]; v > w || v != v {
			dst[i] = v
		} else {
			dst[i] = w
		}
	}
}

func minimumGeneric[T Float](dst, x, y []T) {
	x, y = x[:len(dst):len(x)], y[:len(dst):len(y)]
	for i, v := range x {
		if w := y[i]; v < w || v != v {
			dst[i] = v
		} else {
			dst[i] = w
		}
	}
}

func clampGeneric[T Float](dst, x []T, lo, hi T) {
	x = x[:len(dst):len(x)]
	for i, v := range x {
		if v < lo {
			v = lo
		}
		if v > hi {
			v = hi
		}
		dst[i] = v
	}
}

func eqGeneric[T Float](dst, x, y []T) {
	x, y = x[:len(dst):len(x)], y[:len(dst):len(y)]
	for i, v := range x {
		dst[i] = unless(v != y[i], T(1))
	}
}

func neGeneric[T Float](dst, x, y []T) {
	x, y = x[:len(dst):len(x)], y[:len(dst):len(y)]
	for i, v := range x {
		dst[i] = unless(v == y[i], T(1))
	}
}

func ltGeneric[T Float](dst, x, y []T) {
	x, y = x[:len(dst):len(x)], y[:len(dst):len(y)]
	for i, v := range x {
		dst[i] = unless(!(v < y[i]), T(1))
	}
}

func leGeneric[T Float](dst, x, y []T) {
	x, y = x[:len(dst):len(x)], y[:len(dst):len(y)]
	for i, v := range x {
		dst[i] = unless(!(v <= y[i]), T(1))
	}
}

func selectGeneric[T Float](dst, mask, x, y []T) {
	mask, x, y = mask[:len(dst):len(mask)], x[:len(dst):len(x)], y[:len(dst):len(y)]
	for i, m := range mask {
		dst[i] = choose(m != 0, x[i], y[i])
	}
}
