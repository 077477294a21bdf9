package gonumblas

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/lanes-go/lanes/tensor"
	"gonum.org/v1/gonum/blas"
)

// routines are levels 1 and 2 of one implementation, so that a test serves both
// precisions.
type routines[T tensor.Float] struct {
	dot  func(n int, x []T, incX int, y []T, incY int) T
	nrm2 func(n int, x []T, incX int) T
	asum func(n int, x []T, incX int) T
	amax func(n int, x []T, incX int) int
	swap func(n int, x []T, incX int, y []T, incY int)
	copy func(n int, x []T, incX int, y []T, incY int)
	axpy func(n int, alpha T, x []T, incX int, y []T, incY int)
	scal func(n int, alpha T, x []T, incX int)
	rot  func(n int, x []T, incX int, y []T, incY int, c, s T)
	gemv func(tA blas.Transpose, m, n int, alpha T, a []T, lda int, x []T, incX int, beta T, y []T, incY int)
	ger  func(m, n int, alpha T, x []T, incX int, y []T, incY int, a []T, lda int)
	symv func(ul blas.Uplo, n int, alpha T, a []T, lda int, x []T, incX int, beta T, y []T, incY int)
	trmv func(ul blas.Uplo, tA blas.Transpose, d blas.Diag, n int, a []T, lda int, x []T, incX int)
	trsv func(ul blas.Uplo, tA blas.Transpose, d blas.Diag, n int, a []T, lda int, x []T, incX int)
	syr  func(ul blas.Uplo, n int, alpha T, x []T, incX int, a []T, lda int)
	syr2 func(ul blas.Uplo, n int, alpha T, x []T, incX int, y []T, incY int, a []T, lda int)
}

func routines32(b blas.Float32) routines[float32] {
	return routines[float32]{
		b.Sdot, b.Snrm2, b.Sasum, b.Isamax, b.Sswap, b.Scopy, b.Saxpy, b.Sscal, b.Srot,
		b.Sgemv, b.Sger, b.Ssymv, b.Strmv, b.Strsv, b.Ssyr, b.Ssyr2,
	}
}

func routines64(b blas.Float64) routines[float64] {
	return routines[float64]{
		b.Ddot, b.Dnrm2, b.Dasum, b.Idamax, b.Dswap, b.Dcopy, b.Daxpy, b.Dscal, b.Drot,
		b.Dgemv, b.Dger, b.Dsymv, b.Dtrmv, b.Dtrsv, b.Dsyr, b.Dsyr2,
	}
}

// implementation returns the routines of lanes, or gonum's.
func implementation[T tensor.Float](gonums, same bool) routines[T] {
	var r any
	switch any(T(0)).(type) {
	case float32:
		f := Float32{SameBits: same}
		if r = routines32(f); gonums {
			r = routines32(f.Implementation)
		}
	default:
		f := Float64{SameBits: same}
		if r = routines64(f); gonums {
			r = routines64(f.Implementation)
		}
	}
	return r.(routines[T])
}

// everyKind runs a test in both precisions, with and without SameBits.
func everyKind(t *testing.T, f32 func(t *testing.T, b routines[float32]), f64 func(t *testing.T, b routines[float64])) {
	t.Run("float32/same", func(t *testing.T) { f32(t, implementation[float32](false, true)) })
	t.Run("float32/fast", func(t *testing.T) { f32(t, implementation[float32](false, false)) })
	t.Run("float64/same", func(t *testing.T) { f64(t, implementation[float64](false, true)) })
	t.Run("float64/fast", func(t *testing.T) { f64(t, implementation[float64](false, false)) })
}

func epsilon[T tensor.Float]() float64 {
	if is32[T]() {
		return 0x1p-23
	}
	return 0x1p-52
}

func is32[T tensor.Float]() bool { _, ok := any(T(0)).(float32); return ok }

// bitsOf tells every value apart, NaNs too.
func bitsOf[T tensor.Float](v T) uint64 {
	if is32[T]() {
		return uint64(math.Float32bits(float32(v)))
	}
	return math.Float64bits(float64(v))
}

// gap is what lies between the elements of operands: nothing may read it, for it
// would show in the result, or write it.
func gap[T tensor.Float]() T { return T(math.NaN()) }

// vector is one operand: its elements, and the slice and increment that hold them.
type vector[T tensor.Float] struct {
	n, inc int
	x      []T
}

// newVector lays elements out inc apart, gaps between and behind.
func newVector[T tensor.Float](elems []T, inc, behind int) vector[T] {
	n := len(elems)
	v := vector[T]{n: n, inc: inc, x: make([]T, (n-1)*max(inc, -inc)+1+behind)}
	for i := range v.x {
		v.x[i] = gap[T]()
	}
	for i, e := range elems {
		v.x[v.at(i)] = e
	}
	return v
}

func (v vector[T]) at(i int) int {
	if v.inc < 0 {
		i -= v.n - 1
	}
	return i * v.inc
}

func (v vector[T]) elems() []T {
	e := make([]T, v.n)
	for i := range e {
		e[i] = v.x[v.at(i)]
	}
	return e
}

// checkGaps fails if something between the elements was written.
func (v vector[T]) checkGaps(t *testing.T, what string) {
	t.Helper()
	is := make([]bool, len(v.x))
	for i := range v.n {
		is[v.at(i)] = true
	}
	for i, e := range v.x {
		if !is[i] && bitsOf(e) != bitsOf(gap[T]()) {
			t.Fatalf("%s: index %d of %d, increment %d, is not of the vector, but was written", what, i, len(v.x), v.inc)
		}
	}
}

// matrix is a dense operand of rows x cols in a stored form.
type matrix[T tensor.Float] struct {
	rows, cols, ld int
	x              []T
}

func newMatrix[T tensor.Float](rows, cols, pad int, elem func(i, j int) T) matrix[T] {
	m := matrix[T]{rows, cols, cols + pad, make([]T, (rows-1)*(cols+pad)+cols)}
	for i := range m.x {
		m.x[i] = gap[T]()
		if j := i % m.ld; j < cols {
			m.x[i] = elem(i/m.ld, j)
		}
	}
	return m
}

func (m matrix[T]) at(i, j int) T { return m.x[i*m.ld+j] }

// random is a source of operands.
type random[T tensor.Float] struct{ *rand.Rand }

func newRandom[T tensor.Float](seed uint64) random[T] {
	return random[T]{rand.New(rand.NewPCG(seed, 12))}
}

func (r random[T]) value() T { return T(2*r.Float64() - 1) }

func (r random[T]) values(n int) []T {
	x := make([]T, n)
	for i := range x {
		x[i] = r.value()
	}
	return x
}

func (r random[T]) inc() int { return pick(r, 1, 1, 1, 2, 3, -1, -2, 7) }

// vector is n random elements in some layout.
func (r random[T]) vector(n int) vector[T] {
	return newVector(r.values(n), r.inc(), r.IntN(4))
}

func pick[T tensor.Float, E any](r random[T], of ...E) E { return of[r.IntN(len(of))] }

// size is a dimension: mostly small, all residues of vectors and blocks.
func (r random[T]) size(most int) int {
	return 1 + r.IntN(pick(r, 4, 20, 70, min(most, 150), most))
}

// within fails unless got is want up to the rounding of a sum of n products whose
// absolute values add up to scale.
func within[T tensor.Float](t *testing.T, got T, want, scale float64, n int, format string, args ...any) {
	t.Helper()
	if d := math.Abs(float64(got) - want); !(d <= (float64(n)+4)*epsilon[T]()*scale) {
		t.Helper()
		t.Fatalf(format+": %v, want %v, bound %g", append(args, got, want, (float64(n)+4)*epsilon[T]()*scale)...)
	}
}

func rounds() int {
	if testing.Short() {
		return 60
	}
	return 600
}
