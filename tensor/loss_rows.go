package tensor

import (
	"github.com/lanes-go/lanes/asm"
	"github.com/lanes-go/lanes/internal/scratch"
)

// The losses of labelled rows, a piece at a time. Columns of a row are picked and put
// back one by one, everything else is done by kernels on the rows or on vectors of one
// element for each row.

// pick is dst[i] = x[i][label], and x[i][0] of a row that is left out.
func (l *labelled[T]) pick(dst, x []T, n int, labels []int) {
	dst = dst[:len(labels)]
	at := 0
	if !l.o.Ignore {
		for i, y := range labels {
			dst[i] = x[at+y]
			at += n
		}
		return
	}
	for i, y := range labels {
		if y == l.o.IgnoreIndex {
			y = 0
		}
		dst[i] = x[at+y]
		at += n
	}
}

// put is x[i][label] = v[i] but for rows that are left out, which become 0.
func (l *labelled[T]) put(x, v []T, n int, labels []int) {
	v = v[:len(labels)]
	at := 0
	if !l.o.Ignore {
		for i, y := range labels {
			x[at+y] = v[i]
			at += n
		}
		return
	}
	for i, y := range labels {
		if y == l.o.IgnoreIndex {
			clear(x[at : at+n])
		} else {
			x[at+y] = v[i]
		}
		at += n
	}
}

// weights returns what the loss of a row is multiplied by, 0 where it is left out; and
// that times the scale of the gradient, of both signs.
func (l *labelled[T]) weights(k *asm.Kernels[T], w, g, neg []T, labels []int) {
	if l.o.Weights == nil && !l.o.Ignore {
		k.Fill(w, 1)
		k.Fill(g, l.scale)
		k.Fill(neg, -l.scale)
		return
	}
	for i, y := range labels {
		v := T(1)
		switch {
		case l.ignored(y):
			v = 0
		case l.o.Weights != nil:
			v = l.o.Weights[y]
		}
		w[i] = v
	}
	k.Scale(g, l.scale, w)
	k.Scale(neg, -1, g)
}

// finish clears the losses of rows that are left out.
func (l *labelled[T]) finish(losses []T, labels []int) {
	if !l.o.Ignore {
		return
	}
	for i, y := range labels {
		if y == l.o.IgnoreIndex {
			losses[i] = 0
		}
	}
}

// entropy are vectors of one element for each row of a piece.
type entropy[T Float] struct {
	m, s, z    []T // the greatest element; the sum of exponentials; the label's less m
	wt, g, neg []T // see weights
	q, ey      []T // what exponentials are multiplied by, what the gradient is at the label
	dist       []T // see distances
}

func (c *rowsCall[T]) crossEntropy(w *rowsWork[T], r0, r1 int) {
	l, k, n, rows := &c.labelled, c.k, c.n, r1-r0
	labels, losses := l.labels[r0:r1], l.losses[r0:r1:r1]
	x := c.x.load(k, &w.x, n, r0, r1)
	v := entropy[T]{
		w.vector(0, rows), w.vector(1, rows), w.vector(2, rows),
		w.vector(3, rows), w.vector(4, rows), w.vector(5, rows),
		w.vector(6, rows), w.vector(7, rows), w.vector(8, rows),
	}
	l.pick(v.z, x, n, labels)
	l.weights(k, v.wt, v.g, v.neg, labels)
	if turnRows(n, rows) {
		c.turnedEntropy(w, &v, x, r0, r1)
	} else {
		c.rowsEntropy(w, &v, x, r0, r1)
	}
	k.Log(v.s, v.s)
	k.Sub(losses, v.s, v.z)
	if l.o.Smoothing > 0 {
		l.smoothLosses(k, losses, &v, n)
	} else if l.o.Weights != nil {
		k.Mul(losses, losses, v.wt)
	}
	l.finish(losses, labels)
}

// rowsEntropy finds s, z and dist, and writes the gradient.
func (c *rowsCall[T]) rowsEntropy(w *rowsWork[T], v *entropy[T], x []T, r0, r1 int) {
	l, k, n := &c.labelled, c.k, c.n
	w.maxRows(v.m, x, n)
	k.Sub(v.z, v.z, v.m)
	if l.o.Smoothing > 0 {
		w.distances(v.dist, x, v.m, l.o.Weights, n)
	}
	if !l.grad {
		w.sums(v.s, x, v.m, n)
		return
	}
	d := c.dst.place(&w.d, n, r0, r1)
	e := w.exps(d, n)
	w.expSumRows(e, v.s, x, v.m, n)
	least := l.factors(k, v, n)
	w.scaleRows(d, e, v.q, n)
	if l.o.Smoothing > 0 {
		w.axpyRows(d, least, l.o.Weights, n)
	}
	l.put(d, v.ey, n, l.labels[r0:r1])
	c.dst.store(k, d, n, r0, r1)
}

// turnedEntropy is rowsEntropy for rows of a few elements.
func (c *rowsCall[T]) turnedEntropy(w *rowsWork[T], v *entropy[T], x []T, r0, r1 int) {
	l, k, n := &c.labelled, c.k, c.n
	t := w.turn(k, x, v.m, n)
	t.shift(k, v.m)
	k.Sub(v.z, v.z, v.m)
	lanes := w.beside(&t)
	if l.o.Smoothing > 0 {
		t.dots(k, v.dist, l.o.Weights, &lanes)
	}
	if !l.grad {
		t.exps(k, &t, &t, v.s)
		return
	}
	t.exps(k, &t, &lanes, v.s)
	least := l.factors(k, v, n)
	t.scale(k, v.q)
	if l.o.Smoothing > 0 {
		t.addMultiples(k, least, l.o.Weights)
	}
	d := c.dst.place(&w.d, n, r0, r1)
	l.putTurned(&t, v.ey, l.labels[r0:r1])
	t.turnBack(k, d)
	c.dst.store(k, d, n, r0, r1)
}

// factors finds q and ey, from the sums. With smoothing the gradient is
//
//	d[j] = fma(-g·ε/n, w[j], e[j]·q), q = g·((1-ε)·w + (ε/n)·Σw)/s
//
// and less g·(1-ε)·w at the label, where w is the weight of the label and g the scale of
// the gradient; it returns a vector of -g·ε/n.
func (l *labelled[T]) factors(k *asm.Kernels[T], v *entropy[T], n int) (least []T) {
	k.Exp(v.ey, v.z)
	if l.o.Smoothing == 0 {
		k.Div(v.q, v.g, v.s)
		k.FMA(v.ey, v.ey, v.q, v.neg)
		return nil
	}
	each := l.o.Smoothing / T(n)
	label := v.neg
	k.Scale(v.q, 1-l.o.Smoothing, v.wt)
	k.Scale(label, l.scale, v.q)
	k.Affine(v.q, v.q, 1, T(each*l.weightSum))
	k.Scale(v.q, l.scale, v.q)
	k.Div(v.q, v.q, v.s)
	least = v.g
	k.Fill(least, -T(l.scale*each))
	k.Mul(v.ey, v.ey, v.q)
	k.FMA(v.ey, v.wt, least, v.ey)
	k.Sub(v.ey, v.ey, label)
	return least
}

// smoothLosses is, from losses = log(s) - z,
//
//	(1-ε)·w·(log(s) - z) + (ε/n)·(Σw·log(s) - dist)
//
// where s is log(s) already; it spoils dist and wt.
func (l *labelled[T]) smoothLosses(k *asm.Kernels[T], losses []T, v *entropy[T], n int) {
	k.Scale(v.dist, -1, v.dist)
	k.Axpy(v.dist, l.weightSum, v.s)
	k.Scale(v.dist, l.o.Smoothing/T(n), v.dist)
	k.Scale(v.wt, 1-l.o.Smoothing, v.wt)
	k.FMA(losses, v.wt, losses, v.dist)
}

func (c *rowsCall[T]) nll(w *rowsWork[T], r0, r1 int) {
	l, k, n, rows := &c.labelled, c.k, c.n, r1-r0
	labels, losses := l.labels[r0:r1], l.losses[r0:r1:r1]
	wt, g, neg := w.vector(4, rows), w.vector(5, rows), w.vector(6, rows)
	l.weights(k, wt, g, neg, labels)
	l.pick(losses, c.x.load(k, &w.x, n, r0, r1), n, labels)
	k.Scale(losses, -1, losses)
	k.Mul(losses, losses, wt)
	l.finish(losses, labels)
	if l.grad {
		d := c.dst.place(&w.d, n, r0, r1)
		clear(d)
		l.put(d, neg, n, labels)
		c.dst.store(k, d, n, r0, r1)
	}
}

func (c *rowsCall[T]) hinge(w *rowsWork[T], r0, r1 int) {
	l, k, n, rows := &c.labelled, c.k, c.n, r1-r0
	labels, losses := l.labels[r0:r1], l.losses[r0:r1:r1]
	x := c.x.load(k, &w.x, n, r0, r1)
	a, zero, count := w.vector(0, rows), w.vector(1, rows), w.vector(2, rows)
	wt, g, neg := w.vector(4, rows), w.vector(5, rows), w.vector(6, rows)
	l.weights(k, wt, g, neg, labels)
	l.pick(a, x, n, labels)
	clear(zero)
	over := scratch.Grow(&w.y, len(x))
	if l.grad {
		over = c.dst.place(&w.d, n, r0, r1)
	}
	margins := scratch.Grow(&w.e, len(x))
	w.eachRow(chunkHinge, k.HingeRows, margins, over, x, a, n)
	l.put(margins, zero, n, labels)
	w.sumRows(losses, margins, n)
	k.Mul(losses, losses, wt)
	l.finish(losses, labels)
	if l.grad {
		l.put(over, zero, n, labels)
		w.sumRows(count, over, n)
		w.scaleRows(over, over, g, n)
		k.Mul(count, count, neg)
		l.put(over, count, n, labels)
		c.dst.store(k, over, n, r0, r1)
	}
}
