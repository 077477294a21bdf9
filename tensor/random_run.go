package tensor

import (
	"github.com/lanes-go/lanes/asm"
	"github.com/lanes-go/lanes/internal/scratch"
)

// randomKind is a kernel of asm.RandomKernels.
type randomKind uint8

const (
	randomUniform randomKind = iota
	randomNormal
	randomBernoulli
	randomDropout
)

// randomCost is the least time of an element in nanoseconds; measured, AVX-512.
var randomCost = [...]float64{randomUniform: 0.27, randomNormal: 0.47, randomBernoulli: 0.27, randomDropout: 0.28}

// randomPiece is the number of elements of a call of a kernel, which comes back to Go
// every thousand: whole groups, so that none is drawn twice.
const randomPiece = 8192

// randomFill is one call.
type randomFill[T Float] struct {
	k            *asm.Kernels[T]
	kind         randomKind
	a, b         T
	seed, stream uint64
	from         uint64 // element of the stream that is the first of dst
	dst, x       []T    // packed
	bufs         [2][]T
	stride       []int // of a copy
	regions
}

var (
	randomFills32    scratch.Store[randomFill[float32]]
	randomFills64    scratch.Store[randomFill[float64]]
	permutationWords scratch.Store[[1024]uint64]
)

func getRandomFill[T Float](kind randomKind, a, b T, seed, stream, from uint64) *randomFill[T] {
	var z T
	var r *randomFill[T]
	if _, ok := any(z).(float32); ok {
		r = any(randomFills32.Get()).(*randomFill[T])
	} else {
		r = any(randomFills64.Get()).(*randomFill[T])
	}
	r.k, r.kind, r.a, r.b, r.seed, r.stream, r.from = asm.Active[T](), kind, a, b, seed, stream, from
	return r
}

// run fills dst, of x if there is one, on several threads where that is faster, and
// gives r back.
func (r *randomFill[T]) run(dst, x *Tensor[T]) {
	n := dst.Len()
	if n > 0 {
		direct := dst.packed()
		r.dst = dst.data
		if !direct {
			r.dst = scratch.Grow(&r.bufs[0], n)
		}
		if x != nil {
			r.x = x.data
			if !x.packed() {
				r.x = scratch.Grow(&r.bufs[1], n)
				copyStrided(r.x, r.rowMajor(x), x.data, x.stride, x.shape)
			}
		}
		r.share(n, randomPiece, 64, float64(n)*randomCost[r.kind], any(r).(regionTask))
		if !direct {
			copyStrided(dst.data, dst.stride, r.dst, r.rowMajor(dst), dst.shape)
		}
	}
	r.dst, r.x = nil, nil
	switch r := any(r).(type) {
	case *randomFill[float32]:
		randomFills32.Put(r)
	case *randomFill[float64]:
		randomFills64.Put(r)
	}
}

// rowMajor is the strides of a packed copy of t.
func (r *randomFill[T]) rowMajor(t *Tensor[T]) []int {
	s := scratch.Grow(&r.stride, t.Rank())
	rowMajor(s, t.shape)
	return s
}

func (r *randomFill[T]) item(i int) { r.regions.item(i, any(r).(regionTask)) }

// several fills elements lo to before hi.
func (r *randomFill[T]) several(lo, hi int) {
	for ; lo < hi; lo += randomPiece {
		r.one(lo, min(lo+randomPiece, hi))
	}
}

func (r *randomFill[T]) one(lo, hi int) {
	dst, from, k := r.dst[lo:hi:hi], r.from+uint64(lo), r.k
	switch r.kind {
	case randomUniform:
		k.Uniform(dst, r.a, r.b, r.seed, r.stream, from)
	case randomNormal:
		k.Normal(dst, r.a, r.b, r.seed, r.stream, from)
	case randomBernoulli:
		k.Bernoulli(dst, r.a, r.b, r.seed, r.stream, from)
	case randomDropout:
		k.Dropout(dst, r.x[lo:hi:hi], r.a, r.b, r.seed, r.stream, from)
	}
}
