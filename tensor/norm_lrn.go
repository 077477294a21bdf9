package tensor

import (
	"fmt"

	"github.com/lanes-go/lanes/asm"
	"github.com/lanes-go/lanes/internal/scratch"
)

// LRNOptions are those of local response normalization. Begin with LRNAlexNet.
type LRNOptions struct {
	Size        int // channels of a window
	K           float64
	Alpha, Beta float64
}

// LRNAlexNet are the constants of AlexNet (Krizhevsky, Sutskever, Hinton, 2012, section
// 3.3), whose alpha of 1e-4 is not divided by the size: 5 channels, k = 2, alpha = 5e-4,
// beta = 0.75.
func LRNAlexNet() LRNOptions { return LRNOptions{Size: 5, K: 2, Alpha: 5e-4, Beta: 0.75} }

// LRNPyTorch are the defaults of PyTorch for a window of so many channels: k = 1, alpha =
// 1e-4, beta = 0.75.
func LRNPyTorch(size int) LRNOptions { return LRNOptions{Size: size, K: 1, Alpha: 1e-4, Beta: 0.75} }

// LRN is local response normalization across channels (Krizhevsky, Sutskever and Hinton
// 2012, section 3.3), of x (N, C, …), as PyTorch has it:
//
//	d = fma(Σ x², alpha/size, k), y = x / d^beta
//
// with the sum over the size channels around the one of y, (size-1)/2 of them after it,
// as far as they are there, added in increasing order. d^0.75 is √d*√√d, d^0.5 is √d, d^1
// is d; others are exp(beta*log(d)). y may be x, or shares no memory with it; all
// operands may be views of any strides. A NaN spoils what has it in its window. It panics
// with a *ShapeError where shapes or options do not fit.
func LRN[T Float](y, x *Tensor[T], o LRNOptions) { lrn(asm.Active[T](), y, x, &o) }

// LRNGrad is the backward pass of LRN, from dy and x:
//
//	dx = dy/d^beta - 2*alpha*beta/size * x * Σ dy*x/(d^beta*d)
//
// with the sum over the channels whose windows have that of dx, in increasing order. dx
// may be dy or x.
func LRNGrad[T Float](dx, dy, x *Tensor[T], o LRNOptions) { lrnGrad(asm.Active[T](), dx, dy, x, &o) }

// lrnCall is a call: items are a number of places of all channels of an n.
type lrnCall[T Float] struct {
	k             *asm.Kernels[T]
	o             LRNOptions
	n, c, s       int // of x, elements of a plane
	step          int // places of an item
	dst, dy, x    []T
	copies        [3][]T
	before, after int // channels of a window beside its own
}

var (
	lrnCalls32 scratch.Store[lrnCall[float32]]
	lrnCalls64 scratch.Store[lrnCall[float64]]
)

// getLRN begins a call that writes dst from x.
func getLRN[T Float](k *asm.Kernels[T], op string, dst, x *Tensor[T], o *LRNOptions) *lrnCall[T] {
	if dst == nil || x == nil || x.Rank() < 2 || !dst.SameShape(x) {
		panic(operandError(op, "want a result and x of one shape, of two axes or more", dst, x))
	}
	if o.Size < 1 {
		panic(shapeError(op, fmt.Sprintf("a window of %d channels", o.Size), dst.shape, x.shape))
	}
	checkApart(op, dst, x, x, x, x)
	var z T
	var l *lrnCall[T]
	if _, ok := any(z).(float32); ok {
		l = any(lrnCalls32.Get()).(*lrnCall[T])
	} else {
		l = any(lrnCalls64.Get()).(*lrnCall[T])
	}
	*l = lrnCall[T]{k: k, o: *o, n: x.shape[0], c: x.shape[1], s: 1, copies: l.copies, before: o.Size / 2, after: (o.Size - 1) / 2}
	for _, d := range x.shape[2:] {
		l.s *= d
	}
	return l
}

// finish copies the result to where it belongs and gives l back.
func (l *lrnCall[T]) finish(dst *Tensor[T]) {
	storeResult(dst, l.dst)
	l.dst, l.dy, l.x = nil, nil, nil
	switch l := any(l).(type) {
	case *lrnCall[float32]:
		lrnCalls32.Put(l)
	case *lrnCall[float64]:
		lrnCalls64.Put(l)
	}
}

func lrn[T Float](k *asm.Kernels[T], y, x *Tensor[T], o *LRNOptions) {
	l := getLRN(k, "LRN", y, x, o)
	l.x, l.dst = packedCopy(x, &l.copies[0]), packedOut(y, &l.copies[2])
	l.run()
	l.finish(y)
}

func lrnGrad[T Float](k *asm.Kernels[T], dx, dy, x *Tensor[T], o *LRNOptions) {
	const op = "LRNGrad"
	if dx == nil || dy == nil || !dx.SameShape(dy) {
		panic(operandError(op, "want dx, dy and x of one shape", dx, dy, x))
	}
	l := getLRN(k, op, dx, x, o)
	checkApart(op, dx, dy, dy, x, x)
	l.dy, l.x, l.dst = packedCopy(dy, &l.copies[0]), packedCopy(x, &l.copies[1]), packedOut(dx, &l.copies[2])
	l.run()
	l.finish(dx)
}

const (
	lrnPlaces = 1024    // of an item
	lrnHeld   = 1 << 15 // elements of an item, about
	lrnTime   = 1       // nanoseconds of an element
)

func (l *lrnCall[T]) run() {
	if len(l.dst) == 0 {
		return
	}
	l.step = min(l.s, lrnPlaces, max(64, lrnHeld/l.c))
	items := l.n * l.over()
	work := float64(len(l.dst)) * lrnTime
	threads := max(1, min(int(work/elementsThread), MaxThreads()))
	if threads == 1 {
		for i := range items {
			l.item(i)
		}
		return
	}
	parallel(items, threads, work, any(l).(task))
}

// over is the number of items of an n.
func (l *lrnCall[T]) over() int { return (l.s + l.step - 1) / l.step }

func (l *lrnCall[T]) item(i int) {
	lo := i % l.over() * l.step
	at, w := i/l.over()*l.c*l.s+lo, min(l.step, l.s-lo)
	ws := getWorkspace[T]()
	buf := grow(&ws.a, 3*l.c*w)
	// What becomes dx or y may be x: all channels are read before one is written.
	power, square := buf[:l.c*w], buf[l.c*w:2*l.c*w]
	for c := range l.c {
		x := l.row(l.x, at, c, w)
		l.k.Mul(square[c*w:(c+1)*w], x, x)
	}
	for c := range l.c {
		d := power[c*w : (c+1)*w]
		l.window(d, square, c, l.before, l.after)
		l.k.Affine(d, d, T(l.o.Alpha/float64(l.o.Size)), T(l.o.K))
	}
	if l.dy == nil {
		for c := range l.c {
			d := power[c*w : (c+1)*w]
			l.pow(d, d, buf[2*l.c*w:][:w])
			l.k.Div(l.row(l.dst, at, c, w), l.row(l.x, at, c, w), d)
		}
	} else {
		l.grad(at, w, power, square, buf[2*l.c*w:])
	}
	putWorkspace(ws)
}

// row is w places of channel c, the first at that of channel 0.
func (l *lrnCall[T]) row(x []T, at, c, w int) []T { return x[at+c*l.s:][:w:w] }

// window leaves in d the sum over the channels from c-before to c+after of v, whose rows
// are as long as d.
func (l *lrnCall[T]) window(d, v []T, c, before, after int) {
	w := len(d)
	lo, hi := max(0, c-before), min(l.c, c+after+1)
	copy(d, v[lo*w:])
	for i := lo + 1; i < hi; i++ {
		l.k.Add(d, d, v[i*w:])
	}
}

// pow is dst = d^beta; dst may be d. tmp is memory for as much.
func (l *lrnCall[T]) pow(dst, d, tmp []T) {
	k := l.k
	switch l.o.Beta {
	case 0.75:
		k.Sqrt(tmp, d)
		k.Sqrt(dst, tmp)
		k.Mul(dst, dst, tmp)
	case 0.5:
		k.Sqrt(dst, d)
	case 1:
		k.Copy(dst, d)
	default:
		k.Log(dst, d)
		k.Scale(dst, T(l.o.Beta), dst)
		k.Exp(dst, dst)
	}
}

// grad is the backward pass of w places from at on: d of every channel is in power; ratio
// and tmp are memory for as much.
func (l *lrnCall[T]) grad(at, w int, power, ratio, tmp []T) {
	k := l.k
	for c := range l.c {
		d, r, p := power[c*w:(c+1)*w], ratio[c*w:(c+1)*w], tmp[c*w:(c+1)*w]
		l.pow(p, d, r)
		k.Mul(r, l.row(l.dy, at, c, w), l.row(l.x, at, c, w))
		k.Mul(d, d, p)
		k.Div(r, r, d) // dy*x/(d^beta*d)
	}
	f := T(-2 * l.o.Alpha * l.o.Beta / float64(l.o.Size))
	for c := range l.c {
		s, p := power[c*w:(c+1)*w], tmp[c*w:(c+1)*w]
		l.window(s, ratio, c, l.after, l.before)
		k.Div(p, l.row(l.dy, at, c, w), p)
		k.Mul(s, s, l.row(l.x, at, c, w))
		k.Axpy(p, f, s)
		k.Copy(l.row(l.dst, at, c, w), p)
	}
}
