package asm

import "math"

// inf is infinity of the sign's sign.
func inf[T Float](sign int) T { return T(math.Inf(sign)) }

func maxGeneric[T Float](x []T) T {
	m := inf[T](-1)
	for _, v := range x {
		if v != v {
			return v
		}
		if v > m {
			m = v
		}
	}
	return m + 0 // -0 becomes +0
}

func minGeneric[T Float](x []T) T {
	m := inf[T](1)
	for _, v := range x {
		if v != v {
			return v
		}
		if v < m {
			m = v
		}
	}
	return m + 0
}

func argMaxGeneric[T Float](x []T) int {
	if len(x) == 0 {
		return -1
	}
	at, m := 0, x[0]
	for i, v := range x {
		if v != v {
			return i
		}
		if v > m {
			at, m = i, v
		}
	}
	return at
}

func argMinGeneric[T Float](x []T) int {
	if len(x) == 0 {
		return -1
	}
	at, m := 0, x[0]
	for i, v := range x {
		if v != v {
			return i
		}
		if v < m {
			at, m = i, v
		}
	}
	return at
}

func colMaxGeneric[T Float](dst, x []T, ld, rows int) {
	checkRows("ColMax", x, ld, rows, len(dst))
	for i := range rows {
		for j, v := range x[i*ld:][:len(dst)] {
			if m := dst[j]; m > v || m != m {
				v = m
			}
			dst[j] = v + 0
		}
	}
}

func colMinGeneric[T Float](dst, x []T, ld, rows int) {
	checkRows("ColMin", x, ld, rows, len(dst))
	for i := range rows {
		for j, v := range x[i*ld:][:len(dst)] {
			if m := dst[j]; m < v || m != m {
				v = m
			}
			dst[j] = v + 0
		}
	}
}

func colArgMaxGeneric[T Float](val, row, x []T, ld int, at []T) {
	row = row[:len(val):len(row)]
	checkRows("ColArgMax", x, ld, len(at), len(val))
	for i, n := range at {
		for j, v := range x[i*ld:][:len(val)] {
			if m := val[j]; m == m && !(v <= m) {
				val[j], row[j] = v, n
			}
		}
	}
}

func colArgMinGeneric[T Float](val, row, x []T, ld int, at []T) {
	row = row[:len(val):len(row)]
	checkRows("ColArgMin", x, ld, len(at), len(val))
	for i, n := range at {
		for j, v := range x[i*ld:][:len(val)] {
			if m := val[j]; m == m && !(v >= m) {
				val[j], row[j] = v, n
			}
		}
	}
}

// argBlock is how many elements argMaxBy looks at at a time.
const argBlock = 1024

// argMaxBy is argMaxGeneric by a kernel that finds the greatest element: block after
// block for which block has it, and there by comparing.
func argMaxBy[T Float](x []T, most func(x []T) T) int {
	if len(x) < 4 {
		return argMaxGeneric(x)
	}
	at, m := 0, most(x[:min(argBlock, len(x))])
	for lo := argBlock; lo < len(x) && m == m; lo += argBlock {
		if v := most(x[lo:min(lo+argBlock, len(x))]); !(v <= m) {
			at, m = lo, v
		}
	}
	return at + indexOf(x[at:], m, most)
}

func argMinBy[T Float](x []T, least func(x []T) T) int {
	if len(x) < 4 {
		return argMinGeneric(x)
	}
	at, m := 0, least(x[:min(argBlock, len(x))])
	for lo := argBlock; lo < len(x) && m == m; lo += argBlock {
		if v := least(x[lo:min(lo+argBlock, len(x))]); !(v >= m) {
			at, m = lo, v
		}
	}
	return at + indexOf(x[at:], m, least)
}

// indexOf is the index of the first element equal to v, or of the first NaN if v is
// one; there is such an element. extreme finds v among several.
func indexOf[T Float](x []T, v T, extreme func(x []T) T) int {
	const several, few = 128, 32
	lo := 0
	for lo+several < len(x) {
		if m := extreme(x[lo : lo+several]); m == v || m != m {
			break
		}
		lo += several
	}
	x = x[lo:]
	i := len(x) - 1
	switch {
	case v != v:
		for i = range x {
			if x[i] != x[i] {
				break
			}
		}
	case len(x) > few:
		for i = range x {
			if x[i] == v {
				break
			}
		}
	default: // from behind and without a way out, which would be mispredicted
		at := 0
		for ; i >= 0; i-- {
			if x[i] == v {
				at = i
			}
		}
		i = at
	}
	return lo + i
}

// greater is the greater of the maxima of two slices, less the less of their minima:
// NaN if either is.
func greater[T Float](m, v T) T {
	if m == m && !(v <= m) {
		return v
	}
	return m
}

func less[T Float](m, v T) T {
	if m == m && !(v >= m) {
		return v
	}
	return m
}
