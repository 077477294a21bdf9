package tensor

import (
	"slices"

	"github.com/lanes-go/lanes/asm"
	"github.com/lanes-go/lanes/internal/scratch"
)

// reduceOp is what a reduction finds, finishOp what is made of it.
type (
	reduceOp uint8
	finishOp uint8
)

const (
	reduceSum    reduceOp = iota
	reduceSumAcc          // added to dst
	reduceMean
	reduceAsum
	reduceSumSq
	reduceDot
	reduceMax
	reduceMin
	reduceArgMax // a value and a place
	reduceArgMin
	reduceMoments // three values
)

const (
	finishNone finishOp = iota
	finishAdd           // added to what is there
	finishOver          // divided by the length of the axis
	finishMean          // of moments: the mean
	finishVar
	finishStd
)

// reduction is one call. The tensor is outer × n × inner elements, of which n is the axis
// that goes away: rows if it is the last, else matrices whose columns are reduced. An axis
// is cut into parts of a power of two of chunks, or blocks of rows, where there are too
// few others to share out among the threads; their results are combined by chunk.Tree.
type reduction[T Float] struct {
	op     reduceOp
	finish finishOp
	ddof   int
	k      *asm.Kernels[T]

	x, y            []T // y of Dot
	a               int // the axis
	last            bool
	outer, n, inner int
	so, sn          int // strides of x; along inner it is 1, and along n of rows
	yo, yn          int

	parts, part int // of the axis, and the length of one
	strips      int // of columns
	group       int // outer indices of an item

	// Results, planes of parts × outer × inner: values, or of moments mean, rest, m2.
	raw   [3][]T
	at    []int // places along the axis
	buf   []T
	atBuf []int

	packX, packY Tensor[T] // packed copies of views
	viewY        Tensor[T] // y as it came, until axis or whole
	out          Tensor[T] // a result on its way to a view
}

var (
	reductions32 scratch.Store[reduction[float32]]
	reductions64 scratch.Store[reduction[float64]]
)

// start begins a call; it panics if the shapes of x and y differ. dst is for the error.
func start[T Float](op string, kind reduceOp, x, y, dst *Tensor[T]) *reduction[T] {
	if y != nil && !x.SameShape(y) {
		if dst != x {
			panic(shapeError(op, "the shapes of x and y differ", dst.shape, x.shape, y.shape))
		}
		panic(shapeError(op, "the shapes differ", x.shape, y.shape))
	}
	var z T
	var r *reduction[T]
	if _, ok := any(z).(float32); ok {
		r = any(reductions32.Get()).(*reduction[T])
	} else {
		r = any(reductions64.Get()).(*reduction[T])
	}
	r.op, r.finish, r.ddof, r.k = kind, finishNone, 0, asm.Active[T]()
	r.y = nil
	switch kind {
	case reduceMean:
		r.op, r.finish = reduceSum, finishOver
	case reduceSumAcc:
		r.op, r.finish = reduceSum, finishAdd
	}
	if y != nil {
		r.y = y.data
		r.viewY.shape = append(r.viewY.shape[:0], y.shape...)
		r.viewY.stride = append(r.viewY.stride[:0], y.stride...)
	}
	return r
}

// put clears what points to memory of the caller and gives r back.
func (r *reduction[T]) put() {
	r.x, r.y, r.at, r.raw = nil, nil, nil, [3][]T{}
	switch r := any(r).(type) {
	case *reduction[float32]:
		reductions32.Put(r)
	case *reduction[float64]:
		reductions64.Put(r)
	}
}

// merge finds the length and the stride of several axes as one; false if they do not
// follow one another.
func mergeAxes(shape, stride []int) (n, s int, ok bool) {
	n, s = 1, 1
	for i := len(shape) - 1; i >= 0; i-- {
		switch d := shape[i]; {
		case d == 1:
		case n == 1:
			n, s = d, stride[i]
		case stride[i] != s*n:
			return 0, 0, false
		default:
			n *= d
		}
	}
	return n, s, true
}

// layout finds how x lies in memory as outer × n × inner elements; false if it must be
// packed.
func layout[T Float](x *Tensor[T], a int) (so, sn int, ok bool) {
	_, so, ok1 := mergeAxes(x.shape[:a], x.stride[:a])
	inner, si, ok2 := mergeAxes(x.shape[a+1:], x.stride[a+1:])
	sn = x.stride[a]
	if x.shape[a] == 1 {
		sn = 1
	}
	if a == len(x.shape)-1 {
		return so, sn, ok1 && sn == 1
	}
	return so, sn, ok1 && ok2 && (inner == 1 || si == 1)
}

func elementsOf(dims []int) int {
	n := 1
	for _, d := range dims {
		n *= d
	}
	return n
}

// axis makes r one along an axis.
func (r *reduction[T]) axis(op string, x *Tensor[T], axis int) {
	a := x.axis(op, axis)
	r.a, r.last = a, a == len(x.shape)-1
	r.outer, r.n, r.inner = elementsOf(x.shape[:a]), x.shape[a], elementsOf(x.shape[a+1:])
	r.x, r.so, r.sn = r.lay(x, a, &r.packX)
	if r.y != nil {
		y := Tensor[T]{data: r.y, shape: r.viewY.shape, stride: r.viewY.stride}
		r.y, r.yo, r.yn = r.lay(&y, a, &r.packY)
	}
}

func (r *reduction[T]) lay(x *Tensor[T], a int, packed *Tensor[T]) (data []T, so, sn int) {
	so, sn, ok := layout(x, a)
	if !ok && len(x.data) > 0 {
		x, so, sn = pack(packed, x), r.n*r.inner, r.inner
	}
	return x.data, so, sn
}

// pack copies a view to a buffer.
func pack[T Float](buf, x *Tensor[T]) *Tensor[T] {
	buf.Resize(x.shape...)
	map1("Copy", light, buf, x, func(k *asm.Kernels[T]) func(dst, x []T) { return k.Copy })
	return buf
}

// whole makes r one of all elements in row-major order.
func (r *reduction[T]) whole(x *Tensor[T]) {
	r.last, r.outer, r.n, r.inner = true, 1, x.Len(), 1
	r.so, r.sn, r.yo, r.yn = r.n, 1, r.n, 1
	if r.x = x.data; !x.packed() {
		r.x = pack(&r.packX, x).data
	}
	if r.y != nil {
		y := Tensor[T]{data: r.y, shape: r.viewY.shape, stride: r.viewY.stride}
		if !y.packed() {
			r.y = pack(&r.packY, &y).data
		}
	}
}

// checkDst panics unless dst has the shape of x without the axis, or with length 1
// there, and memory of its own. y is another operand, or nil.
func (r *reduction[T]) checkDst(op string, dst, x, y *Tensor[T]) {
	reason := ""
	switch {
	case !r.fits(dst.shape, x.shape):
		reason = "want dst of the shape of x without the axis, or with length 1 there"
	case rangesMeet(dst.data, x.data) && dst.overlaps(x) || y != nil && rangesMeet(dst.data, y.data) && dst.overlaps(y):
		reason = "dst shares memory with an operand"
	default:
		return
	}
	if y != nil {
		panic(shapeError(op, reason, dst.shape, x.shape, y.shape))
	}
	panic(shapeError(op, reason, dst.shape, x.shape))
}

func (r *reduction[T]) fits(dst, x []int) bool {
	a := r.a
	if len(dst) == len(x) {
		return dst[a] == 1 && slices.Equal(dst[:a], x[:a]) && slices.Equal(dst[a+1:], x[a+1:])
	}
	return len(dst) == len(x)-1 && slices.Equal(dst[:a], x[:a]) && slices.Equal(dst[a:], x[a+1:])
}

// notEmpty panics if there is no greatest or least element.
func (r *reduction[T]) notEmpty(op string, dst, x *Tensor[T]) {
	if r.n > 0 || r.op < reduceMax || r.op > reduceArgMin {
		return
	}
	if dst == x {
		panic(shapeError(op, "there is none of nothing", x.shape))
	}
	panic(shapeError(op, "there is none of nothing", dst.shape, x.shape))
}
