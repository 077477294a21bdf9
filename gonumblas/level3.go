package gonumblas

import (
	"unsafe"

	"github.com/lanes-go/lanes/asm"
	"github.com/lanes-go/lanes/internal/chunk"
	store "github.com/lanes-go/lanes/internal/scratch"
	"github.com/lanes-go/lanes/tensor"
	"gonum.org/v1/gonum/blas"
)

// Level 3, blocked so that nearly all work is large products of tensor.Gemm.

// Each routine of lanes reports whether it did the work. It has done nothing where
// it reports false: gonum then does it, or panics, since the arguments are bad.

// trans reads a transposition flag.
func trans(t blas.Transpose) (yes, ok bool) {
	return t != blas.NoTrans, t == blas.NoTrans || t == blas.Trans || t == blas.ConjTrans
}

func isUplo(ul blas.Uplo) bool { return ul == blas.Upper || ul == blas.Lower }

// matrixFits tells whether rows of cols elements, ld apart, are a matrix in gonum's
// sense and lie in n elements.
func matrixFits(rows, cols, ld, n int) bool {
	return rows > 0 && cols > 0 && ld >= cols && (n-cols)/ld >= rows-1 && n >= cols
}

// operandFits is matrixFits for what tensor.Gemm takes, without its division.
func operandFits(rows, cols, ld, n int) bool {
	return uint(rows-1) < maxStride && uint(cols-1) < maxStride && uint(ld) <= maxStride && ld >= cols &&
		uint64(rows-1)*uint64(ld)+uint64(cols) <= uint64(n)
}

// stride is the distance between rows that products are given: of one row it does not
// matter, and may be larger than they take.
func stride(rows, cols, ld int) int {
	if rows == 1 && ld > maxStride {
		return cols
	}
	return ld
}

// matricesMeet tells whether tensor.Gemm would refuse a result x with an operand y:
// with one leading dimension, where they share an element, else where the stretches of
// memory they lie in do.
func matricesMeet[T tensor.Float](x []T, xr, xc, ldx int, y []T, yr, yc, ldy int) bool {
	x0, y0 := uintptr(unsafe.Pointer(unsafe.SliceData(x))), uintptr(unsafe.Pointer(unsafe.SliceData(y)))
	size := unsafe.Sizeof(x[0])
	if x0+uintptr((xr-1)*ldx+xc)*size <= y0 || y0+uintptr((yr-1)*ldy+yc)*size <= x0 {
		return false
	}
	if ldx != ldy {
		return true
	}
	d := (int(y0) - int(x0)) / int(size) % ldx // column of y's first element, seen from x's
	if d < 0 {
		d += ldx
	}
	return d < xc || d+yc > ldx
}

// space is the scratch memory of one call of level 3.
type space[T tensor.Float] struct {
	copyA, copyB []T // operands that share memory with the result
	square, turn []T // diagonal blocks of symmetric products
	turnA, turnB []T // their operands transposed
	full         []T // rows or columns of a symmetric matrix
	triangle     []T // diagonal block of a triangular matrix
	strip        []T // what it is applied to
}

var (
	spaces32 store.Store[space[float32]]
	spaces64 store.Store[space[float64]]
)

func getSpace[T tensor.Float]() *space[T] {
	var z T
	if _, ok := any(z).(float32); ok {
		return any(spaces32.Get()).(*space[T])
	}
	return any(spaces64.Get()).(*space[T])
}

func putSpace[T tensor.Float](w *space[T]) {
	switch w := any(w).(type) {
	case *space[float32]:
		spaces32.Put(w)
	case *space[float64]:
		spaces64.Put(w)
	}
}

// padded is the distance between rows of scratch memory that keeps them from falling
// into the same few places of an L1.
func padded[T tensor.Float](cols int) int {
	var z T
	line := 64 / int(unsafe.Sizeof(z))
	return (cols+line-1)/line*line + line
}

// copyMatrix copies a matrix to buf.
func copyMatrix[T tensor.Float](buf *[]T, rows, cols int, x []T, ld int) []T {
	dst := store.Grow(buf, rows*cols)
	for i := range rows {
		chunk.Copy(dst[i*cols:(i+1)*cols], x[i*ld:][:cols])
	}
	return dst
}

const (
	// turnRows and turnCols are the numbers of rows and columns transposed at a time: few
	// rows, because they may collide in the L1, and no more of both than take some
	// microseconds, since assembly cannot be preempted.
	turnRows, turnCols = 32, 512
)

// turn writes the transpose of rows x cols elements of src to dst.
func turn[T tensor.Float](k *asm.Kernels[T], dst []T, ldd int, src []T, lds, rows, cols int) {
	for j := 0; j < cols; j += turnCols {
		jj := min(turnCols, cols-j)
		for i := 0; i < rows; i += turnRows {
			k.PackT(dst[j*ldd+i:], ldd, src[i*lds+j:], lds, min(turnRows, rows-i), jj)
		}
	}
}

// turnBack is turn with few rows of the result at a time.
func turnBack[T tensor.Float](k *asm.Kernels[T], dst []T, ldd int, src []T, lds, rows, cols int) {
	for j := 0; j < cols; j += turnRows {
		jj := min(turnRows, cols-j)
		for i := 0; i < rows; i += turnCols {
			k.PackT(dst[j*ldd+i:], ldd, src[i*lds+j:], lds, min(turnCols, rows-i), jj)
		}
	}
}

func gemm[T tensor.Float](same bool, tA, tB blas.Transpose, m, n, k int, alpha T, a []T, lda int, b []T, ldb int, beta T, c []T, ldc int) bool {
	ta, ok1 := trans(tA)
	tb, ok2 := trans(tB)
	if !ok1 || !ok2 {
		return false
	}
	ra, ca, rb, cb := m, k, k, n
	if ta {
		ra, ca = k, m
	}
	if tb {
		rb, cb = n, k
	}
	lda, ldb, ldc = stride(ra, ca, lda), stride(rb, cb, ldb), stride(m, n, ldc)
	if !operandFits(ra, ca, lda, len(a)) || !operandFits(rb, cb, ldb, len(b)) || !operandFits(m, n, ldc, len(c)) {
		return false
	}
	if matricesMeet(c, m, n, ldc, a, ra, ca, lda) || matricesMeet(c, m, n, ldc, b, rb, cb, ldb) {
		if !same {
			return false
		}
		w := getSpace[T]()
		tensor.Gemm(ta, tb, m, n, k, alpha, copyMatrix(&w.copyA, ra, ca, a, lda), ca, copyMatrix(&w.copyB, rb, cb, b, ldb), cb, beta, c, ldc)
		putSpace(w)
		return true
	}
	tensor.Gemm(ta, tb, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc)
	return true
}
