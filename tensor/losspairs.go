package tensor

import (
	"fmt"

	"github.com/lanes-go/lanes/asm"
	"github.com/lanes-go/lanes/internal/chunk"
	"github.com/lanes-go/lanes/internal/scratch"
)

// LossOptions are those of losses of elements; the zero value is the mean of all.
type LossOptions[T Float] struct {
	// Reduction of the losses. The mean is their sum, in the order of a contiguous
	// axis, divided by their number: NaN if there are none.
	Reduction Reduction

	// Losses, if not nil, receives the loss of every element; its shape is that of x.
	// With LossSum that is PyTorch's reduction "none": the gradient of element i is
	// that of its loss.
	Losses *Tensor[T]
}

// MSELoss returns the mean of d², d = x-y, of predictions x and targets y of one shape, or
// what o.Reduction makes of them, and writes its gradient with respect to x to dx in the
// same pass: 2·d, divided as the loss is. dx may be x or y; with nil only the loss is
// computed. A NaN makes the loss NaN.
func MSELoss[T Float](dx, x, y *Tensor[T], o LossOptions[T]) T {
	return pairLoss("MSELoss", pairCall[T]{what: pairSquared, factor: 2}, dx, x, y, o)
}

// L1Loss returns the mean of |x-y|; the gradient is the sign of x-y, 0 where that is 0
// or NaN. For dx and o see MSELoss.
func L1Loss[T Float](dx, x, y *Tensor[T], o LossOptions[T]) T {
	return pairLoss("L1Loss", pairCall[T]{what: pairAbs, factor: 1}, dx, x, y, o)
}

// HuberLoss returns the mean of d²/2 where |d| <= delta, d = x-y, and of
// delta·(|d| - delta/2) elsewhere (Huber, Robust estimation of a location parameter,
// 1964); the gradient is d, but -delta or delta where it is beyond. It panics unless
// delta > 0. For dx and o see MSELoss.
func HuberLoss[T Float](dx, x, y *Tensor[T], delta T, o LossOptions[T]) T {
	const op = "HuberLoss"
	if !(delta > 0) {
		panic(operandError(op, fmt.Sprintf("delta %v is not positive", delta), dx, x, y))
	}
	return pairLoss(op, pairCall[T]{what: pairHuber, delta: delta, a: 1, factor: 1}, dx, x, y, o)
}

// SmoothL1Loss returns HuberLoss divided by its delta, which is called beta here: the
// mean of d²/(2·beta) where |d| <= beta, d = x-y, and of |d| - beta/2 elsewhere. With
// beta = 0 it is L1Loss. It panics unless beta >= 0. For dx and o see MSELoss.
func SmoothL1Loss[T Float](dx, x, y *Tensor[T], beta T, o LossOptions[T]) T {
	const op = "SmoothL1Loss"
	switch {
	case beta == 0:
		return pairLoss(op, pairCall[T]{what: pairAbs, factor: 1}, dx, x, y, o)
	case !(beta > 0):
		panic(operandError(op, fmt.Sprintf("beta is %v, want at least 0", beta), dx, x, y))
	}
	return pairLoss(op, pairCall[T]{what: pairHuber, delta: beta, a: 1 / beta, factor: 1 / beta}, dx, x, y, o)
}

// BCEWithLogitsLoss returns the mean of the cross-entropy of sigmoid(x) and a probability
// y, max(x, 0) - x·y + log(1 + exp(-|x|)): logits of ±1000 and more are no trouble, an
// infinite one is NaN. The gradient is sigmoid(x) - y, which keeps its digits where it
// is small. For dx and o see MSELoss.
func BCEWithLogitsLoss[T Float](dx, x, y *Tensor[T], o LossOptions[T]) T {
	return pairLoss("BCEWithLogitsLoss", pairCall[T]{what: pairLogistic, factor: 1}, dx, x, y, o)
}

type pairWhat uint8

const (
	pairSquared pairWhat = iota
	pairAbs
	pairHuber
	pairLogistic
)

// pairCost is what an element takes in nanoseconds; measured.
var pairCost = [...]float64{pairSquared: 0.15, pairAbs: 0.15, pairHuber: 0.15, pairLogistic: 0.6}

// pairCall is a loss of elements: a chunk of them is an item, the losses of which are
// added by one kernel.
type pairCall[T Float] struct {
	what             pairWhat
	delta, a, factor T // of the kernel; the factor of the gradient

	k                *asm.Kernels[T]
	dx, x, y, losses rowsOperand[T] // every element is a row
	grad, keep       bool
	n, group         int
	partial          []T // of every chunk
}

func pairLoss[T Float](op string, what pairCall[T], dx, x, y *Tensor[T], o LossOptions[T]) T {
	checkPair(op, dx, x, y, &o)
	c := getPair[T]()
	c.what, c.delta, c.a, c.factor = what.what, what.delta, what.a, what.factor
	c.k, c.n = asm.Active[T](), x.Len()
	if o.Reduction == LossMean {
		c.factor = T(c.factor / T(c.n))
	}
	c.x.set(x, 0, true)
	c.y.set(y, 0, true)
	if c.grad = dx != nil; c.grad {
		c.dx.set(dx, 0, true)
	}
	if c.keep = o.Losses != nil; c.keep {
		c.losses.set(o.Losses, 0, true)
	}
	chunks := (c.n + asm.Chunk - 1) / asm.Chunk
	c.partial = scratch.Grow(&c.partial, chunks)
	work := float64(c.n) * pairCost[c.what] * float64(sizeOf[T]()) / 4
	threads := int(min(work/rowThread, maxWorkers+1))
	if threads <= 1 {
		c.group = chunks
		if chunks > 0 {
			c.item(0)
		}
	} else {
		c.group = max(1, chunks/(8*threads))
		parallel((chunks+c.group-1)/c.group, threads, work, any(c).(task))
	}
	var sum chunk.Pairwise[T]
	for _, s := range c.partial {
		sum.Add(s)
	}
	n := c.n
	c.put()
	if o.Reduction == LossMean {
		return sum.Sum() / T(n)
	}
	return sum.Sum()
}

// checkPair panics unless the operands fit.
func checkPair[T Float](op string, dx, x, y *Tensor[T], o *LossOptions[T]) {
	equalShapes(op, x, y, y, y)
	if dx != nil {
		equalShapes(op, dx, x, y, x)
		checkApart(op, dx, x, x, y, x)
		checkApart(op, dx, y, x, y, x)
	}
	if l := o.Losses; l != nil {
		equalShapes(op, l, x, y, x)
		if rangesMeet(l.data, x.data) || rangesMeet(l.data, y.data) || dx != nil && rangesMeet(l.data, dx.data) {
			panic(operandError(op, "Losses shares memory with another operand", dx, x, y, l))
		}
	}
	if o.Reduction > LossSum {
		panic(operandError(op, fmt.Sprintf("there is no reduction %d", o.Reduction), dx, x, y))
	}
}

// pairPiece is the number of elements of a call of a kernel: those of four streams stay
// in the L1.
const pairPiece = 2048

func (c *pairCall[T]) item(i int) {
	w := getRowsWork[T]()
	chunks := (c.n + asm.Chunk - 1) / asm.Chunk
	for j := i * c.group; j < min((i+1)*c.group, chunks); j++ {
		from := j * asm.Chunk
		end := min(from+asm.Chunk, c.n)
		losses := scratch.Grow(&w.e, end-from)
		if c.keep {
			losses = c.losses.place(&w.e, 1, from, end)
		}
		for lo := from; lo < end; lo += pairPiece {
			hi := min(lo+pairPiece, end)
			x, y := c.x.load(c.k, &w.x, 1, lo, hi), c.y.load(c.k, &w.y, 1, lo, hi)
			dx := scratch.Grow(&w.d, hi-lo)
			if c.grad {
				dx = c.dx.place(&w.d, 1, lo, hi)
			}
			c.call(losses[lo-from:hi-from:hi-from], dx, x, y)
			if c.grad {
				c.dx.store(c.k, dx, 1, lo, hi)
			}
		}
		c.partial[j] = c.k.Sum(losses)
		if c.keep {
			c.losses.store(c.k, losses, 1, from, end)
		}
	}
	putRowsWork(w)
}

func (c *pairCall[T]) call(loss, dx, x, y []T) {
	switch c.what {
	case pairSquared:
		c.k.SquaredLoss(loss, dx, x, y, c.factor)
	case pairAbs:
		c.k.AbsLoss(loss, dx, x, y, c.factor)
	case pairHuber:
		c.k.HuberLoss(loss, dx, x, y, c.delta, c.a, c.factor)
	case pairLogistic:
		c.k.LogisticLoss(loss, dx, x, y, c.factor)
	}
}

var (
	pairs32 scratch.Store[pairCall[float32]]
	pairs64 scratch.Store[pairCall[float64]]
)

func getPair[T Float]() *pairCall[T] {
	var z T
	if _, ok := any(z).(float32); ok {
		return any(pairs32.Get()).(*pairCall[T])
	}
	return any(pairs64.Get()).(*pairCall[T])
}

// put gives c back, without what points to memory of the caller.
func (c *pairCall[T]) put() {
	c.dx.data, c.x.data, c.y.data, c.losses.data = nil, nil, nil, nil
	switch c := any(c).(type) {
	case *pairCall[float32]:
		pairs32.Put(c)
	case *pairCall[float64]:
		pairs64.Put(c)
	}
}
