package tensor

import (
	"fmt"
	"math"

	"github.com/lanes-go/lanes/asm"
	"github.com/lanes-go/lanes/internal/chunk"
	"github.com/lanes-go/lanes/internal/scratch"
)

// How a batch norm runs. Where channels are planes, each is finished by one thread, so
// that its planes are still in a cache when they are read again: statistics, the numbers
// of the channel, and the pass that writes; if there are too few channels for the
// threads, all planes have their statistics first. Where channels are columns, strips of
// columns are finished like that if a strip of all rows stays in a cache; else groups of
// blocks of rows give partial statistics, and a second pass over rows writes.

// normVector is a vector of the numbers of the channels.
type normVector int

const (
	normGamma normVector = iota
	normBeta
	normMean // of the kernels: 0 where the pass that writes has none to subtract
	normRest // what the mean has too much; then the factor of x-mean in the backward pass
	normMuch // what the mean has too much, in the backward pass
	normM2   // the sum of squares, or a given variance
	normRstd
	normS // the factor
	normT // the addend
	normS1
	normS2
	normLow // of short planes: lo, again and again
	normVectors
)

// batchNorm is a call.
type batchNorm[T Float] struct {
	k, wide *asm.Kernels[T] // wide: of the pass that writes
	eps     T
	lo      T // of the kernels: 0 with ReLU, else -Inf
	pass    T // 0 with ReLU, else 1, and y is then dy
	forward bool
	frozen  bool // backward, with statistics that do not depend on x
	stats   bool // statistics of the batch are needed
	much    bool // the backward pass has what the mean has too much
	relu    bool

	n, c, s      int // planes of each channel, channels, elements of a plane
	dst          []T
	dy, x, y     []T
	buf          []T
	copies       [4][]T // of views
	parts        []T    // statistics of planes, or of groups of rows
	phase        normPhase
	strip, group int // columns of a strip; planes, or rows, of an item
	threads      int
	work         float64 // of the call, nanoseconds
}

type normPhase int

const (
	normChannels  normPhase = iota // an item is a channel
	normPlanes                     // statistics of some planes
	normApply                      // the pass that writes, of some planes
	normStrips                     // an item is a strip of columns
	normRows                       // statistics of a group of rows
	normApplyRows                  // the pass that writes, of some rows
)

var (
	batchNorms32 scratch.Store[batchNorm[float32]]
	batchNorms64 scratch.Store[batchNorm[float64]]
)

// getNorm begins a call that writes dst from x.
//
// all are the operands as they were given, for errors.
func getNorm[T Float](k *asm.Kernels[T], op string, o *BatchNormOptions, dst, x *Tensor[T], all ...*Tensor[T]) *batchNorm[T] {
	if dst == nil || x == nil || x.Rank() < 2 || !dst.SameShape(x) {
		panic(operandError(op, "want a result and x of one shape, of two axes or more", all...))
	}
	if !(o.Eps >= 0) || o.Batch < 0 {
		panic(operandError(op, fmt.Sprintf("Eps is %v and Batch %d, want at least 0", o.Eps, o.Batch), all...))
	}
	normApart(op, dst, x, all)
	var z T
	var b *batchNorm[T]
	if _, ok := any(z).(float32); ok {
		b = any(batchNorms32.Get()).(*batchNorm[T])
	} else {
		b = any(batchNorms64.Get()).(*batchNorm[T])
	}
	*b = batchNorm[T]{k: k, wide: k, eps: T(o.Eps), relu: o.ReLU, lo: T(math.Inf(-1)), pass: 1, buf: b.buf, copies: b.copies, parts: b.parts, n: 1, s: 1}
	if o.ReLU {
		b.lo, b.pass = 0, 0
	}
	channel := 1
	if o.ChannelsLast {
		channel = x.Rank() - 1
	}
	b.c = x.shape[channel]
	for a, d := range x.shape {
		switch {
		case a < channel:
			b.n *= d
		case a > channel:
			b.s *= d
		}
	}
	grow(&b.buf, int(normVectors)*b.c)
	return b
}

// finish copies the result to where it belongs and gives b back.
func (b *batchNorm[T]) finish(dst *Tensor[T]) {
	storeResult(dst, b.dst)
	b.dst, b.dy, b.x, b.y = nil, nil, nil, nil
	switch b := any(b).(type) {
	case *batchNorm[float32]:
		batchNorms32.Put(b)
	case *batchNorm[float64]:
		batchNorms64.Put(b)
	}
}

// copyPacked copies packed elements to a view that is not empty.
func copyPacked[T Float](dst *Tensor[T], x []T) {
	var strides [8]int
	s := strides[:0]
	if len(dst.shape) > len(strides) {
		s = make([]int, 0, len(dst.shape))
	}
	s = s[:len(dst.shape)]
	rowMajor(s, dst.shape)
	copyStrided(dst.data, dst.stride, x, s, dst.shape)
}

// storeResult copies to where they belong the elements of packedOut.
func storeResult[T Float](t *Tensor[T], x []T) {
	if !t.packed() {
		copyPacked(t, x)
	}
}

// gatherPacked copies a view that is not empty to packed elements.
func gatherPacked[T Float](dst []T, t *Tensor[T]) {
	var strides [8]int
	s := strides[:0]
	if len(t.shape) > len(strides) {
		s = make([]int, 0, len(t.shape))
	}
	s = s[:len(t.shape)]
	rowMajor(s, t.shape)
	copyStrided(dst, s, t.data, t.stride, t.shape)
}

// packedCopy returns the elements of t in row-major order, in buf if t is a view.
func packedCopy[T Float](t *Tensor[T], buf *[]T) []T {
	if t.packed() {
		return t.data
	}
	x := grow(buf, t.Len())
	if len(x) > 0 {
		gatherPacked(x, t)
	}
	return x
}

// packedOut is where the elements of t go in row-major order: to t itself, or to buf.
func packedOut[T Float](t *Tensor[T], buf *[]T) []T {
	if t.packed() {
		return t.data
	}
	return grow(buf, t.Len())
}

func (b *batchNorm[T]) vec(v normVector) []T { return b.part(v, 0, b.c) }

// part is a vector for the channels from lo to before hi.
func (b *batchNorm[T]) part(v normVector, lo, hi int) []T {
	at := int(v) * b.c
	return b.buf[at+lo : at+hi : at+hi]
}

// load fills a vector from a tensor, or with v if there is none.
func (b *batchNorm[T]) load(to normVector, t *Tensor[T], v T) {
	dst := b.vec(to)
	if t != nil {
		loadVector(dst, t)
		return
	}
	for i := range dst {
		dst[i] = v
	}
}

func loadVector[T Float](dst []T, t *Tensor[T]) {
	if t.packed() {
		copy(dst, t.data)
		return
	}
	for i := range dst {
		dst[i] = t.data[i*t.stride[0]]
	}
}

func storeVector[T Float](t *Tensor[T], v []T) {
	if t.packed() {
		copy(t.data, v)
		return
	}
	for i, v := range v {
		t.data[i*t.stride[0]] = v
	}
}

func (b *batchNorm[T]) store(t *Tensor[T], from normVector) {
	if t != nil {
		storeVector(t, b.vec(from))
	}
}

// streamNorm is the length in bytes of the result and what it is made of from which the
// result goes past the caches. What fits the last one is better off there; of a larger
// one there are other users.
var streamNorm = max(8*asm.Caches().L2, min(asm.Caches().L3, 32<<20))

// nanoseconds of an element, forward and backward, for the number of threads.
const normTime, normGradTime = 0.1, 0.2

func (b *batchNorm[T]) run() {
	if b.n*b.s*b.c == 0 {
		for _, v := range []normVector{normMean, normRstd, normS1, normS2} {
			clear(b.vec(v))
		}
		return
	}
	if (len(b.dst)+len(b.dy)+len(b.x)+len(b.y))*sizeOf[T]() >= streamNorm && !rangesMeet(b.dst, b.x) && !rangesMeet(b.dst, b.dy) && !rangesMeet(b.dst, b.y) {
		b.wide = b.k.NT
	}
	work := float64(len(b.dst))
	if b.forward {
		work *= normTime
	} else {
		work *= normGradTime
	}
	threads := max(1, min(int(work/elementsThread), MaxThreads()))
	b.work = 4 * work // that of short planes
	if b.forward && b.s <= shortPlane {
		b.k.Fill(b.vec(normLow), b.lo)
	}
	if b.s > 1 {
		b.runPlanes(threads)
	} else {
		b.runColumns(threads)
	}
}

func (b *batchNorm[T]) share(phase normPhase, items, threads int) {
	b.phase, b.threads = phase, threads
	if threads <= 1 {
		for i := range items {
			b.item(i)
		}
		return
	}
	parallel(items, threads, b.work, any(b).(task))
}

func (b *batchNorm[T]) item(i int) {
	switch b.phase {
	case normChannels:
		if b.group > 0 {
			b.channels(i*b.group, min((i+1)*b.group, b.c))
		} else {
			b.channel(i)
		}
	case normPlanes:
		for p := i * b.group; p < min((i+1)*b.group, b.n*b.c); p++ {
			b.planeStats(p)
		}
	case normApply:
		b.applyPlanes(i*b.group, min((i+1)*b.group, b.n*b.c))
	case normStrips:
		b.stripOf(i * b.strip)
	case normRows:
		b.rowStats(i)
	case normApplyRows:
		i = b.fromBack(i)
		b.applyRows(i*b.group, min((i+1)*b.group, b.n), 0, b.c)
	}
}

// finalize makes of the statistics of the channels from lo to before hi what the pass
// that writes needs.
func (b *batchNorm[T]) finalize(lo, hi int) {
	for ; lo < hi; lo += chunk.Piece {
		h := min(lo+chunk.Piece, hi)
		if b.forward {
			b.finalizeForward(lo, h)
		} else {
			b.finalizeGrad(lo, h)
		}
	}
}

func (b *batchNorm[T]) finalizeForward(lo, hi int) {
	k := b.k
	mean, rest, m2, rstd := b.part(normMean, lo, hi), b.part(normRest, lo, hi), b.part(normM2, lo, hi), b.part(normRstd, lo, hi)
	s, t, gamma, beta := b.part(normS, lo, hi), b.part(normT, lo, hi), b.part(normGamma, lo, hi), b.part(normBeta, lo, hi)
	if b.stats {
		k.Add(t, mean, rest) // the mean as one number
		k.Sub(mean, t, mean)
		k.Sub(rest, mean, rest) // what that has too much
		copy(mean, t)
		rstds(k, rstd, m2, 1/T(b.n*b.s), b.eps)
		k.Mul(s, gamma, rstd)
		k.FMA(t, rest, s, beta)
		return
	}
	rstds(k, rstd, m2, 1, b.eps)
	k.Mul(s, gamma, rstd)
	k.Scale(rest, -1, mean)
	k.FMA(t, rest, s, beta)
	clear(mean)
}

func (b *batchNorm[T]) finalizeGrad(lo, hi int) {
	k := b.k
	mean, factor, rstd := b.part(normMean, lo, hi), b.part(normRest, lo, hi), b.part(normRstd, lo, hi)
	s, t, gamma := b.part(normS, lo, hi), b.part(normT, lo, hi), b.part(normGamma, lo, hi)
	s1, s2 := b.part(normS1, lo, hi), b.part(normS2, lo, hi)
	k.Mul(s, gamma, rstd)
	much := b.part(normMuch, lo, hi)
	if b.much {
		k.FMA(s2, much, s1, s2)
	}
	if b.stats {
		k.Mul(s2, s2, rstd)
	}
	if b.frozen { // no ReLU after this one; dx = fma(dy-0, s, -0), which is the product
		clear(mean)
		k.Fill(t, negZero[T]())
		return
	}
	inv := -1 / T(b.n*b.s)
	k.Mul(t, s, s1)
	k.Scale(t, inv, t)
	k.Mul(factor, s, rstd)
	k.Mul(factor, factor, s2)
	k.Scale(factor, inv, factor)
	if b.much {
		k.FMA(t, much, factor, t)
	}
}

// negZero is -0, which added changes nothing.
func negZero[T Float]() T { return T(math.Copysign(0, -1)) }

// rstds is dst[i] = 1/√fma(x[i], inv, eps).
func rstds[T Float](k *asm.Kernels[T], dst, x []T, inv, eps T) {
	for i := 0; i < len(x); i += chunk.Piece {
		h := min(i+chunk.Piece, len(x))
		k.Affine(dst[i:h:h], x[i:h:h], inv, eps)
		k.Rsqrt(dst[i:h:h], dst[i:h:h])
	}
}
