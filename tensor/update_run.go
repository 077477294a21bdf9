package tensor

import (
	"github.com/lanes-go/lanes/asm"
	"github.com/lanes-go/lanes/internal/scratch"
)

// updateKind is a kernel of asm.UpdateKernels.
type updateKind uint8

const (
	updateSGD updateKind = iota
	updateMomentum
	updateNesterov
	updateRMSprop
	updateAdam
)

// updateOperands are the tensors of a call: w, dw, the state.
var updateOperands = [...]int{updateSGD: 2, updateMomentum: 3, updateNesterov: 3, updateRMSprop: 3, updateAdam: 4}

// updateCost is the least time of an element in nanoseconds; measured, AVX-512, float32.
var updateCost = [...]float64{updateSGD: 0.033, updateMomentum: 0.045, updateNesterov: 0.045, updateRMSprop: 0.11, updateAdam: 0.13}

// updatePiece is the number of elements of a call of a kernel: of float64, Adam moves
// 56 bytes for each, which takes some 12 µs.
const updatePiece = 8192

// update is one call: the kernel, its scalars in its order, its operands.
type update[T Float] struct {
	k      *asm.Kernels[T]
	kind   updateKind
	a      [8]T
	n      int  // operands
	clear  bool // dw
	t      [mapOperands]*Tensor[T]
	data   [mapOperands][]T // packed: w, dw, then the state
	buf    [mapOperands][]T // copies of views
	stride []int            // of a copy
	regions
}

var (
	updates32 scratch.Store[update[float32]]
	updates64 scratch.Store[update[float64]]
)

// getUpdate checks the operands: s and r are the state, or nil.
func getUpdate[T Float](op string, kind updateKind, w, dw, s, r *Tensor[T]) *update[T] {
	var z T
	var u *update[T]
	if _, ok := any(z).(float32); ok {
		u = any(updates32.Get()).(*update[T])
	} else {
		u = any(updates64.Get()).(*update[T])
	}
	u.k, u.kind, u.n, u.t = asm.Active[T](), kind, updateOperands[kind], [mapOperands]*Tensor[T]{w, dw, s, r}
	for _, t := range u.t[:u.n] {
		if t == nil {
			panic(updateError(op, missing, u.t[:u.n]))
		}
	}
	for i, t := range u.t[:u.n] {
		if !w.SameShape(t) {
			panic(updateError(op, "the shapes differ", u.t[:u.n]))
		}
		for _, x := range u.t[:i] {
			if rangesMeet(x.data, t.data) && x.overlaps(t) {
				panic(updateError(op, "the operands share memory", u.t[:u.n]))
			}
		}
	}
	return u
}

// updateError names w, dw and the state in the order of the arguments.
func updateError[T Float](op, reason string, t []*Tensor[T]) *ShapeError {
	switch len(t) {
	case 3:
		return operandError(op, reason, t[0], t[2], t[1])
	case 4:
		return operandError(op, reason, t[0], t[3], t[2], t[1])
	}
	return operandError(op, reason, t...)
}

// run does the update, on several threads where that is faster, and gives u back.
func (u *update[T]) run() {
	n := u.t[0].Len()
	for i, t := range u.t[:u.n] {
		u.data[i] = u.packed(i, t, n)
	}
	u.share(n, updatePiece, 64, float64(n)*updateCost[u.kind], any(u).(regionTask))
	for i, t := range u.t[:u.n] {
		if (i != 1 || u.clear) && n > 0 && !t.packed() {
			copyStrided(t.data, t.stride, u.data[i], u.stride, t.shape)
		}
	}
	clear(u.t[:])
	clear(u.data[:])
	switch u := any(u).(type) {
	case *update[float32]:
		updates32.Put(u)
	case *update[float64]:
		updates64.Put(u)
	}
}

// packed is the elements of operand i in one run, those of a view as a copy.
func (u *update[T]) packed(i int, t *Tensor[T], n int) []T {
	if n == 0 || t.packed() {
		return t.data
	}
	x := scratch.Grow(&u.buf[i], n)
	rowMajor(scratch.Grow(&u.stride, t.Rank()), t.shape)
	copyStrided(x, u.stride[:t.Rank()], t.data, t.stride, t.shape)
	return x
}

func (u *update[T]) item(i int) { u.regions.item(i, any(u).(regionTask)) }

// several updates elements lo to before hi. A piece of dw is in the L1 or L2 when it is
// cleared.
func (u *update[T]) several(lo, hi int) {
	for ; lo < hi; lo += updatePiece {
		end := min(lo+updatePiece, hi)
		u.one(lo, end)
		if u.clear {
			clear(u.data[1][lo:end])
		}
	}
}

func (u *update[T]) one(lo, hi int) {
	var x [mapOperands][]T
	for j := range u.n {
		x[j] = u.data[j][lo:hi:hi]
	}
	a, k := &u.a, u.k
	switch u.kind {
	case updateSGD:
		k.SGD(x[0], x[1], a[0], a[1], a[2])
	case updateMomentum:
		k.SGDMomentum(x[0], x[2], x[1], a[0], a[1], a[2], a[3], a[4])
	case updateNesterov:
		k.Nesterov(x[0], x[2], x[1], a[0], a[1], a[2], a[3], a[4])
	case updateRMSprop:
		k.RMSprop(x[0], x[2], x[1], a[0], a[1], a[2], a[3], a[4], a[5])
	case updateAdam:
		k.Adam(x[0], x[3], x[2], x[1], a[0], a[1], a[2], a[3], a[4], a[5], a[6], a[7])
	}
}
