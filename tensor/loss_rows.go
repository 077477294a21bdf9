package tensor

import (
	"github.com/lanes-go/lanes/asm"
	"github.com/lanes-go/lanes/internal/chunk"
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

func (c *rowsCall[T]) crossEntropy(w *rowsWork[T], r0, r1 int) {
	l, k, n, rows := &c.labelled, c.k, c.n, r1-r0
	labels, losses := l.labels[r0:r1], l.losses[r0:r1:r1]
	x := c.x.load(k, &w.x, n, r0, r1)
	m, s, z, q := w.vector(0, rows), w.vector(1, rows), w.vector(2, rows), w.vector(3, rows)
	wt, g, neg, ey := w.vector(4, rows), w.vector(5, rows), w.vector(6, rows), w.vector(7, rows)
	l.pick(z, x, n, labels)
	l.weights(k, wt, g, neg, labels)
	if l.grad && l.o.Smoothing == 0 && turnRows(n, rows) {
		d := c.dst.place(&w.d, n, r0, r1)
		e := w.turnedExps(k, s, x, m, n)
		k.Sub(z, z, m)
		l.pickTurned(ey, &e, labels)
		k.Div(q, g, s)
		e.scale(k, q)
		k.FMA(ey, ey, q, neg)
		l.putTurned(&e, ey, labels)
		e.turnBack(k, d)
		c.dst.store(k, d, n, r0, r1)
		l.crossEntropies(k, losses, s, z, wt, labels)
		return
	}
	maxRows(k, m, x, n)
	k.Sub(z, z, m)
	dist := w.vector(8, rows)
	if l.o.Smoothing > 0 {
		w.distances(k, dist, x, m, l.o.Weights, n)
	}
	var d []T
	if l.grad {
		d = c.dst.place(&w.d, n, r0, r1)
		e := w.exps(d, n)
		expSumRows(k, e, s, x, m, n, true)
		l.pick(ey, e, n, labels)
		if l.o.Smoothing > 0 {
			l.smoothGrad(k, w, d, e, s, n, labels)
		} else {
			k.Div(q, g, s)
			scaleRows(k, d, e, q, n)
			k.FMA(ey, ey, q, neg)
			l.put(d, ey, n, labels)
		}
		c.dst.store(k, d, n, r0, r1)
	} else {
		w.sums(k, s, x, m, n)
	}
	if l.o.Smoothing == 0 {
		l.crossEntropies(k, losses, s, z, wt, labels)
		return
	}
	k.Log(s, s)
	k.Sub(losses, s, z)
	l.smoothLosses(losses, s, dist, wt, n)
	l.finish(losses, labels)
}

// crossEntropies is losses = wt·(log(s) - z); it spoils s.
func (l *labelled[T]) crossEntropies(k *asm.Kernels[T], losses, s, z, wt []T, labels []int) {
	k.Log(s, s)
	k.Sub(losses, s, z)
	if l.o.Weights != nil {
		k.Mul(losses, losses, wt)
	}
	l.finish(losses, labels)
}

// distances is dst[r] = Σ w[j]·(x[r][j] - m[r]), the products fused, in the order of a
// contiguous axis.
func (w *rowsWork[T]) distances(k *asm.Kernels[T], dst, x, m, weights []T, n int) {
	zero := w.vector(9, len(m))
	clear(zero)
	if n <= asm.Chunk {
		t := scratch.Grow(&w.e, len(x))
		k.ShiftRows(t, x, m, zero, n)
		k.DotRows(dst, t, n, weights)
		return
	}
	t := scratch.Grow(&w.e, asm.Chunk)
	for r := range m {
		var p chunk.Pairwise[T]
		for lo := 0; lo < n; lo += asm.Chunk {
			h := min(asm.Chunk, n-lo)
			k.ShiftRows(t[:h:h], x[r*n+lo:][:h:h], m[r:r+1:r+1], zero[:1:1], h)
			p.Add(k.Dot(weights[lo:lo+h:lo+h], t[:h:h]))
		}
		dst[r] = p.Sum()
	}
}

// smoothLosses is, from log(s) - z and log(s) of rows,
//
//	(1-ε)·w·(log(s) - z) + (ε/n)·(Σw·log(s) - dist)
func (l *labelled[T]) smoothLosses(losses, logs, dist, wt []T, n int) {
	eps := l.o.Smoothing
	each := eps / T(n)
	for i, v := range losses {
		rest := T(each * asm.FMA(l.weightSum, logs[i], -dist[i]))
		losses[i] = asm.FMA(T((1-eps)*wt[i]), v, rest)
	}
}

// smoothGrad is, of rows with the exponentials e and their sums s,
//
//	d[j] = fma(-g·ε/n, w[j], e[j]·q), q = g·((1-ε)·w + (ε/n)·Σw)/s
//
// and less g·(1-ε)·w at the label, where w is the weight of the label and g the scale
// of the gradient.
func (l *labelled[T]) smoothGrad(k *asm.Kernels[T], w *rowsWork[T], d, e, s []T, n int, labels []int) {
	rows := len(labels)
	q, wt, least := w.vector(3, rows), w.vector(4, rows), w.vector(6, rows)
	eps := l.o.Smoothing
	each := eps / T(n)
	all := T(each * l.weightSum)
	for i, v := range wt {
		q[i] = T(l.scale*(T((1-eps)*v)+all)) / s[i]
		least[i] = -T(l.scale * each)
	}
	scaleRows(k, d, e, q, n)
	chunk.AxpyRows(k, d, n, least, l.o.Weights)
	ey := w.vector(7, rows)
	l.pick(ey, d, n, labels)
	for i, v := range wt {
		ey[i] -= T(l.scale * T((1-eps)*v))
	}
	l.put(d, ey, n, labels)
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
	eachRow(k.HingeRows, margins, over, x, a, n)
	l.put(margins, zero, n, labels)
	sumRows(k, losses, margins, n)
	k.Mul(losses, losses, wt)
	l.finish(losses, labels)
	if l.grad {
		l.put(over, zero, n, labels)
		sumRows(k, count, over, n)
		scaleRows(k, over, over, g, n)
		k.Mul(count, count, neg)
		l.put(over, count, n, labels)
		c.dst.store(k, over, n, r0, r1)
	}
}
