package asm

import "unsafe"

// The faces of the kernels over columns, for every instruction set: they check, tell the
// race detector, and say in bytes how the kernel goes from row to row. back is what it
// goes in a row by whole vectors, of so many elements, and step is from there to the next
// row.

func rowSteps[T Float](ld, n, vector int) (step, back int) {
	size := int(unsafe.Sizeof(T(0)))
	back = size * (n &^ (vector - 1))
	return size*ld - back, back
}

// wholeVectors tells whether rows of a matrix are whole vectors at addresses that are
// multiples of one: what a kernel that stores past the caches, if there is one, needs.
func wholeVectors[T Float](dst *T, ld, n, vector int) bool {
	return (ld|n)&(vector-1) == 0 && uintptr(unsafe.Pointer(dst))%(unsafe.Sizeof(*dst)*uintptr(vector)) == 0
}

//go:noinline
func normColsFace[T Float](run, past func(dst, x, m, s, t *T, lo T, step, back, rows, n int), vector int) func(dst, x []T, ld, rows int, m, s, t []T, lo T) {
	return func(dst, x []T, ld, rows int, m, s, t []T, lo T) {
		n := len(m)
		s, t = s[:n:len(s)], t[:n:len(t)]
		checkRows("NormCols", dst, ld, rows, n)
		checkRows("NormCols", x, ld, rows, n)
		if raceEnabled {
			raceRows(m, nil, ld, rows, n)
			raceRows(s, x, ld, rows, n)
			raceRows(t, nil, ld, rows, n)
			raceWriteRows(dst, ld, rows, n)
		}
		if rows > 0 && n > 0 {
			step, back := rowSteps[T](ld, n, vector)
			if past != nil && wholeVectors(&dst[0], ld, n, vector) {
				past(&dst[0], &x[0], &m[0], &s[0], &t[0], lo, step, back, rows, n)
				return
			}
			run(&dst[0], &x[0], &m[0], &s[0], &t[0], lo, step, back, rows, n)
		}
	}
}

//go:noinline
func normColSumsFace[T Float](run func(s1, s2, dy, x, y, m *T, pass T, step, back, rows, n int), vector int) func(s1, s2, dy, x, y []T, ld, rows int, m []T, pass T) {
	return func(s1, s2, dy, x, y []T, ld, rows int, m []T, pass T) {
		n := len(m)
		s1, s2 = s1[:n:len(s1)], s2[:n:len(s2)]
		checkRows("NormColSums", dy, ld, rows, n)
		checkRows("NormColSums", x, ld, rows, n)
		checkRows("NormColSums", y, ld, rows, n)
		if raceEnabled {
			raceWrite(s1)
			raceWrite(s2)
			raceRows(m, dy, ld, rows, n)
			raceRows(nil, x, ld, rows, n)
			raceRows(nil, y, ld, rows, n)
		}
		if rows > 0 && n > 0 {
			step, back := rowSteps[T](ld, n, vector)
			run(&s1[0], &s2[0], &dy[0], &x[0], &y[0], &m[0], pass, step, back, rows, n)
		}
	}
}

//go:noinline
func normColsGradFace[T Float](run, past func(dx, dy, x, y, m, a, b, c *T, pass T, step, back, rows, n int), vector int) func(dx, dy, x, y []T, ld, rows int, m, a, b, c []T, pass T) {
	return func(dx, dy, x, y []T, ld, rows int, m, a, b, c []T, pass T) {
		n := len(m)
		a, b, c = a[:n:len(a)], b[:n:len(b)], c[:n:len(c)]
		checkRows("NormColsGrad", dx, ld, rows, n)
		checkRows("NormColsGrad", dy, ld, rows, n)
		checkRows("NormColsGrad", x, ld, rows, n)
		checkRows("NormColsGrad", y, ld, rows, n)
		if raceEnabled {
			raceRows(m, dy, ld, rows, n)
			raceRows(a, x, ld, rows, n)
			raceRows(b, y, ld, rows, n)
			raceRows(c, nil, ld, rows, n)
			raceWriteRows(dx, ld, rows, n)
		}
		if rows > 0 && n > 0 {
			step, back := rowSteps[T](ld, n, vector)
			if past != nil && wholeVectors(&dx[0], ld, n, vector) {
				past(&dx[0], &dy[0], &x[0], &y[0], &m[0], &a[0], &b[0], &c[0], pass, step, back, rows, n)
				return
			}
			run(&dx[0], &dy[0], &x[0], &y[0], &m[0], &a[0], &b[0], &c[0], pass, step, back, rows, n)
		}
	}
}
