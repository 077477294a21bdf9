package vec

import (
	"fmt"
	"strings"
	"unsafe"

	"github.com/lanes-go/lanes/asm"
	"github.com/lanes-go/lanes/internal/chunk"
	"github.com/lanes-go/lanes/internal/scratch"
	"github.com/lanes-go/lanes/tensor"
)

// Float is the element type of a slice.
type Float = asm.Float

// Error is the panic value of a function whose slices do not fit.
type Error struct {
	Op     string // the function: "Add"
	Lens   []int  // of every slice, in the order of the arguments
	Reason string
}

func (e *Error) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "vec.%s: %s: lengths", e.Op, e.Reason)
	for i, n := range e.Lens {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, " %d", n)
	}
	return b.String()
}

func fail(op, reason string, lens ...int) {
	panic(&Error{op, append([]int(nil), lens...), reason})
}

const (
	lengthsDiffer = "the lengths differ"
	partly        = "dst shares part of its memory with an input"
)

// partlyMeet reports whether x and y, of one length, share memory without being one
// slice.
func partlyMeet[T Float](x, y []T) bool {
	if len(x) == 0 || &x[0] == &y[0] {
		return false
	}
	a, b := uintptr(unsafe.Pointer(&x[0])), uintptr(unsafe.Pointer(&y[0]))
	size := uintptr(len(x)) * unsafe.Sizeof(x[0])
	return a < b+size && b < a+size
}

// operands are tensors over the slices of a long call, kept for the next one.
type operands[T Float] struct {
	t   [10]tensor.Tensor[T]
	one [1]T // for a result
}

var (
	operands32 scratch.Store[operands[float32]]
	operands64 scratch.Store[operands[float64]]
)

func getOperands[T Float](s ...[]T) *operands[T] {
	var z T
	var o *operands[T]
	if _, ok := any(z).(float32); ok {
		o = any(operands32.Get()).(*operands[T])
	} else {
		o = any(operands64.Get()).(*operands[T])
	}
	for i, x := range s {
		o.t[i].Over(x, len(x))
	}
	return o
}

// put lets go of the slices.
func (o *operands[T]) put() {
	for i := range o.t {
		o.t[i].Over(nil, 0)
	}
	switch o := any(o).(type) {
	case *operands[float32]:
		operands32.Put(o)
	case *operands[float64]:
		operands64.Put(o)
	}
}

// A call of up to short elements is one call of a kernel; longer ones are those of
// package tensor, which cuts them into pieces and takes threads.
const short = chunk.Piece

// map1 is dst = f(x), by a kernel or for long slices by an operation of tensor.
func map1[T Float](op string, dst, x []T, kernel func(k *asm.Kernels[T]) func(dst, x []T), long func(dst, x *tensor.Tensor[T])) {
	if len(dst) != len(x) {
		fail(op, lengthsDiffer, len(dst), len(x))
	}
	if partlyMeet(dst, x) {
		fail(op, partly, len(dst), len(x))
	}
	if len(dst) <= short {
		kernel(asm.Active[T]())(dst, x)
		return
	}
	o := getOperands(dst, x)
	long(&o.t[0], &o.t[1])
	o.put()
}

// map1a is dst = f(x, a).
func map1a[T Float](op string, dst, x []T, a T, kernel func(k *asm.Kernels[T]) func(dst, x []T, a T), long func(dst, x *tensor.Tensor[T], a T)) {
	if len(dst) != len(x) {
		fail(op, lengthsDiffer, len(dst), len(x))
	}
	if partlyMeet(dst, x) {
		fail(op, partly, len(dst), len(x))
	}
	if len(dst) <= short {
		kernel(asm.Active[T]())(dst, x, a)
		return
	}
	o := getOperands(dst, x)
	long(&o.t[0], &o.t[1], a)
	o.put()
}

// map1ab is dst = f(x, a, b).
func map1ab[T Float](op string, dst, x []T, a, b T, kernel func(k *asm.Kernels[T]) func(dst, x []T, a, b T), long func(dst, x *tensor.Tensor[T], a, b T)) {
	if len(dst) != len(x) {
		fail(op, lengthsDiffer, len(dst), len(x))
	}
	if partlyMeet(dst, x) {
		fail(op, partly, len(dst), len(x))
	}
	if len(dst) <= short {
		kernel(asm.Active[T]())(dst, x, a, b)
		return
	}
	o := getOperands(dst, x)
	long(&o.t[0], &o.t[1], a, b)
	o.put()
}

// map2 is dst = f(x, y).
func map2[T Float](op string, dst, x, y []T, kernel func(k *asm.Kernels[T]) func(dst, x, y []T), long func(dst, x, y *tensor.Tensor[T])) {
	if len(dst) != len(x) || len(dst) != len(y) {
		fail(op, lengthsDiffer, len(dst), len(x), len(y))
	}
	if partlyMeet(dst, x) || partlyMeet(dst, y) {
		fail(op, partly, len(dst), len(x), len(y))
	}
	if len(dst) <= short {
		kernel(asm.Active[T]())(dst, x, y)
		return
	}
	o := getOperands(dst, x, y)
	long(&o.t[0], &o.t[1], &o.t[2])
	o.put()
}

// map2a is dst = f(x, y, a).
func map2a[T Float](op string, dst, x, y []T, a T, kernel func(k *asm.Kernels[T]) func(dst, x, y []T, a T), long func(dst, x, y *tensor.Tensor[T], a T)) {
	if len(dst) != len(x) || len(dst) != len(y) {
		fail(op, lengthsDiffer, len(dst), len(x), len(y))
	}
	if partlyMeet(dst, x) || partlyMeet(dst, y) {
		fail(op, partly, len(dst), len(x), len(y))
	}
	if len(dst) <= short {
		kernel(asm.Active[T]())(dst, x, y, a)
		return
	}
	o := getOperands(dst, x, y)
	long(&o.t[0], &o.t[1], &o.t[2], a)
	o.put()
}

// map3 is dst = f(x, y, z).
func map3[T Float](op string, dst, x, y, z []T, kernel func(k *asm.Kernels[T]) func(dst, x, y, z []T), long func(dst, x, y, z *tensor.Tensor[T])) {
	if len(dst) != len(x) || len(dst) != len(y) || len(dst) != len(z) {
		fail(op, lengthsDiffer, len(dst), len(x), len(y), len(z))
	}
	if partlyMeet(dst, x) || partlyMeet(dst, y) || partlyMeet(dst, z) {
		fail(op, partly, len(dst), len(x), len(y), len(z))
	}
	if len(dst) <= short {
		kernel(asm.Active[T]())(dst, x, y, z)
		return
	}
	o := getOperands(dst, x, y, z)
	long(&o.t[0], &o.t[1], &o.t[2], &o.t[3])
	o.put()
}
