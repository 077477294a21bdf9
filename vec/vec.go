package vec

import (
	"fmt"
	"strings"
	"unsafe"

	"github.com/lanes-go/lanes/asm"
	"github.com/lanes-go/lanes/internal/scratch"
	"github.com/lanes-go/lanes/tensor"
)

// Float is the element type of a slice.
type Float = asm.Float

// Error is the panic value of misuse: lengths that do not fit, memory that is shared
// where it may not be, settings out of their range.
type Error struct {
	Op     string // the function: "Add"
	Lens   []int  // of every slice, in the order of the arguments; 0 for nil
	Reason string
}

// LabelError is the panic value of a loss given a label that is no class.
type LabelError = tensor.LabelError

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

	op   string // the function, or "" where nothing is left to go wrong
	lens [12]int
	n    int // lengths
}

var (
	operands32 scratch.Store[operands[float32]]
	operands64 scratch.Store[operands[float64]]
)

// begin is getOperands for a function whose misuse is yet to be found: its put is
// deferred and makes an *Error of what an operation of tensor panics with.
func begin[T Float](op string, s ...[]T) *operands[T] {
	o := getOperands(s...)
	o.op, o.n = op, len(s)
	for i, x := range s {
		o.lens[i] = len(x)
	}
	return o
}

// also takes the length of a slice of something else into the error.
func (o *operands[T]) also(n int) {
	o.lens[o.n] = n
	o.n++
}

func (o *operands[T]) fail(reason string) { fail(o.op, reason, o.lens[:o.n]...) }

// is makes operand i, called name, an array of a shape, and panics if it has another
// length.
func (o *operands[T]) is(i int, name string, x []T, shape ...int) *tensor.Tensor[T] {
	n := 1
	for _, d := range shape {
		n *= d
	}
	if len(x) != n {
		o.fail(fmt.Sprintf("%s has %d elements, want %d", name, len(x), n))
	}
	return o.t[i].Over(x, shape...)
}

// may is is for an operand that may be nil, and stays it.
func (o *operands[T]) may(i int, name string, x []T, shape ...int) *tensor.Tensor[T] {
	if x == nil {
		return nil
	}
	return o.is(i, name, x, shape...)
}

// rowsOf is the number of rows of n elements that are all, 0 of nothing.
func (o *operands[T]) rowsOf(all, n int) int {
	if all == 0 && n >= 0 {
		return 0
	}
	if n <= 0 || all%n != 0 {
		o.fail(fmt.Sprintf("%d elements are no whole number of rows of %d", all, n))
	}
	return all / n
}

// colsOf is the length of n rows that are all, 0 of nothing.
func (o *operands[T]) colsOf(all, n int) int {
	if all == 0 {
		return 0
	}
	if n == 0 || all%n != 0 {
		o.fail(fmt.Sprintf("%d elements do not make %d rows of one length", all, n))
	}
	return all / n
}

// misuse makes an *Error of that of an operation of tensor. A *LabelError, and what is
// no misuse, stays what it is.
func misuse(op string, lens []int, e any) any {
	if e, ok := e.(*tensor.ShapeError); ok && op != "" {
		return &Error{op, append([]int(nil), lens...), e.Reason}
	}
	return e
}

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
	if e := recover(); e != nil {
		e = misuse(o.op, o.lens[:o.n], e)
		o.release()
		panic(e)
	}
	o.release()
}

func (o *operands[T]) release() {
	for i := range o.t {
		o.t[i].Over(nil, 0)
	}
	o.op, o.n = "", 0
	switch o := any(o).(type) {
	case *operands[float32]:
		operands32.Put(o)
	case *operands[float64]:
		operands64.Put(o)
	}
}

// A call of up to short elements is one call of a kernel; longer ones are those of
// package tensor, which cuts them into pieces and takes threads. It is what that has in
// a call of the slowest kernels.
const short = 4096

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
