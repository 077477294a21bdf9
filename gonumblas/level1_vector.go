package gonumblas

import (
	"math"
	"unsafe"

	"github.com/lanes-go/lanes/asm"
	"github.com/lanes-go/lanes/internal/chunk"
	store "github.com/lanes-go/lanes/internal/scratch"
	"github.com/lanes-go/lanes/tensor"
)

// vec is a vector of BLAS: n elements, inc apart, of a slice, from the one at off on.
type vec[T tensor.Float] struct {
	x           []T
	n, inc, off int
}

// fits tells whether n > 0 elements, inc apart, lie in a slice of len elements.
func fits(n, inc, len int) bool {
	if inc < 0 {
		inc = -inc
	}
	return n > 0 && inc > 0 && len > 0 && (inc == 1 && n <= len || (len-1)/inc >= n-1)
}

// vecOf is the vector of n elements of x; a negative inc goes backwards from the end.
// It reports false where they are not in x, or none are asked for.
func vecOf[T tensor.Float](n int, x []T, inc int) (vec[T], bool) {
	if !fits(n, inc, len(x)) {
		return vec[T]{}, false
	}
	v := vec[T]{x: x, n: n, inc: inc}
	if inc < 0 {
		v.off = (1 - n) * inc
	}
	return v, true
}

// gather copies the elements from lo on to dst.
func (v vec[T]) gather(dst []T, lo int) {
	if v.inc == 1 {
		chunk.Copy(dst, v.x[lo:])
		return
	}
	ix := v.off + lo*v.inc
	for i := range dst {
		dst[i] = v.x[ix]
		ix += v.inc
	}
}

// scatter stores src as the elements from lo on.
func (v vec[T]) scatter(src []T, lo int) {
	if v.inc == 1 {
		chunk.Copy(v.x[lo:][:len(src)], src)
		return
	}
	ix := v.off + lo*v.inc
	for _, e := range src {
		v.x[ix] = e
		ix += v.inc
	}
}

// part is elements lo to hi as a slice: where they lie if they are contiguous, else a
// copy in buf.
func (v vec[T]) part(buf *[]T, lo, hi int) []T {
	if v.inc == 1 {
		return v.x[lo:hi:hi]
	}
	dst := store.Grow(buf, hi-lo)
	v.gather(dst, lo)
	return dst
}

// meet tells whether two contiguous vectors of n elements share an element.
func meet[T tensor.Float](n int, x, y []T) bool {
	d := uintptr(unsafe.Pointer(unsafe.SliceData(x))) - uintptr(unsafe.Pointer(unsafe.SliceData(y)))
	var z T
	size := uintptr(n) * unsafe.Sizeof(z)
	return d < size || -d < size
}

// meetPartly tells whether they share elements without being the same.
func meetPartly[T tensor.Float](n int, x, y []T) bool {
	return unsafe.SliceData(x) != unsafe.SliceData(y) && meet(n, x, y)
}

// work is the scratch memory of one call.
type work[T tensor.Float] struct{ x, y, t []T }

var (
	works32 store.Store[work[float32]]
	works64 store.Store[work[float64]]
)

func getWork[T tensor.Float]() *work[T] {
	var z T
	if _, ok := any(z).(float32); ok {
		return any(works32.Get()).(*work[T])
	}
	return any(works64.Get()).(*work[T])
}

func putWork[T tensor.Float](w *work[T]) {
	switch w := any(w).(type) {
	case *work[float32]:
		works32.Put(w)
	case *work[float64]:
		works64.Put(w)
	}
}

// absolute clears the sign.
func absolute[T tensor.Float](v T) T { return T(math.Abs(float64(v))) }

// norm is the Euclidean norm of v, of two elements or more: the root of the sum of
// their squares, where that is far from the ends of the range, and else of the
// squares of the elements times a power of two.
func norm[T tensor.Float](k *asm.Kernels[T], v vec[T]) T {
	var s T
	if v.inc == 1 {
		s = chunk.SumSq(k, v.x[:v.n:v.n])
	} else {
		w := getWork[T]()
		s = chunk.Reduce(v.n, func(lo, hi int) T { return k.SumSq(v.part(&w.x, lo, hi)) })
		putWork(w)
	}
	// What the squares lose below the least normal number, 2^-1022 and 2^-126, does not
	// show in a sum from low on. A sum above the greatest number is Inf. Times down or up
	// no square is too large, and those that are too small count for nothing beside the
	// one that is not.
	low, down, up := 0x1p-960, 0x1p-600, 0x1p600
	if unsafe.Sizeof(s) == 4 {
		low, down, up = 0x1p-96, 0x1p-90, 0x1p100
	}
	if s >= T(low) && s-s == 0 || s != s {
		return T(math.Sqrt(float64(s)))
	}
	scale := T(up)
	if s > T(low) { // Inf
		scale = T(down)
	}
	w := getWork[T]()
	s = chunk.Reduce(v.n, func(lo, hi int) T {
		t := store.Grow(&w.t, hi-lo)
		k.Scale(t, scale, v.part(&w.x, lo, hi))
		return k.SumSq(t)
	})
	putWork(w)
	return T(T(math.Sqrt(float64(s))) / scale)
}
