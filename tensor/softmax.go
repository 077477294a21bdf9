package tensor

// Softmax computes dst = softmax(x) along an axis: exp(x-m)·(1/s) with m the greatest
// element of a row and s = Σ exp(x-m) in the order of a contiguous axis. A row sums to 1
// within n/2+2 ULP, and much less as a rule. Elements of ±1000 and more are no trouble, and
// a -Inf beside finite ones is 0; a row with a NaN or a +Inf, or of nothing but -Inf, is
// NaN. A negative axis counts from the end. dst may be x.
func Softmax[T Float](dst, x *Tensor[T], axis int) {
	const op = "Softmax"
	equalShapes(op, dst, x, x, x)
	checkApart(op, dst, x, dst, x, x)
	runRows(rowSoftmax, x.axis(op, axis), dst, x, nil)
}

// LogSoftmax computes dst = log softmax(x) along an axis: (x-m) - log(s), with m and s as
// in Softmax, which says what becomes of infinities and NaN; a -Inf beside finite elements
// is -Inf. A negative axis counts from the end. dst may be x.
func LogSoftmax[T Float](dst, x *Tensor[T], axis int) {
	const op = "LogSoftmax"
	equalShapes(op, dst, x, x, x)
	checkApart(op, dst, x, dst, x, x)
	runRows(rowLogSoftmax, x.axis(op, axis), dst, x, nil)
}

// SoftmaxGrad computes dx = y·(dy - Σ dy·y) along an axis, the sum in the order of a
// contiguous axis: the gradient of y = Softmax(x) from that of y. A negative axis counts
// from the end. dx may be dy or y.
func SoftmaxGrad[T Float](dx, dy, y *Tensor[T], axis int) {
	const op = "SoftmaxGrad"
	equalShapes(op, dx, dy, y, dy)
	checkApart(op, dx, dy, dy, y, dy)
	checkApart(op, dx, y, dy, y, dy)
	runRows(rowSoftmaxGrad, y.axis(op, axis), dx, dy, y)
}

// LogSoftmaxGrad computes dx = fma(-exp(y), Σ dy, dy) along an axis, the sum in the
// order of a contiguous axis: the gradient of y = LogSoftmax(x) from that of y. A negative
// axis counts from the end. dx may be dy or y.
func LogSoftmaxGrad[T Float](dx, dy, y *Tensor[T], axis int) {
	const op = "LogSoftmaxGrad"
	equalShapes(op, dx, dy, y, dy)
	checkApart(op, dx, dy, dy, y, dy)
	checkApart(op, dx, y, dy, y, dy)
	runRows(rowLogSoftmaxGrad, y.axis(op, axis), dx, dy, y)
}

// LogSumExp computes dst = log Σ exp(x) along an axis, which dst lacks: m + log(s), with m
// and s as in Softmax. A row with a +Inf is +Inf, one of nothing but -Inf, or empty, is
// -Inf, one with a NaN is NaN. A negative axis counts from the end. dst shares no memory
// with x.
func LogSumExp[T Float](dst, x *Tensor[T], axis int) {
	const op = "LogSumExp"
	a := x.axis(op, axis)
	if !lacksAxis(dst.shape, x.shape, a) {
		panic(shapeError(op, "want dst of the shape of x without the axis", dst.shape, x.shape))
	}
	if rangesMeet(dst.data, x.data) {
		panic(shapeError(op, "dst shares memory with x", dst.shape, x.shape))
	}
	runRows(rowLogSumExp, a, dst, x, nil)
}

// lacksAxis tells whether a shape is another one without its axis a.
func lacksAxis(shape, of []int, a int) bool {
	if len(shape) != len(of)-1 {
		return false
	}
	for i, d := range shape {
		j := i
		if i >= a {
			j++
		}
		if of[j] != d {
			return false
		}
	}
	return true
}

// rowOp is what a call does with a row.
type rowOp uint8

const (
	rowSoftmax rowOp = iota
	rowLogSoftmax
	rowSoftmaxGrad
	rowLogSoftmaxGrad
	rowLogSumExp
	rowCrossEntropy
	rowNLL
	rowHinge
)

// runRows runs op along axis a.
func runRows[T Float](op rowOp, a int, dst, x, y *Tensor[T]) {
	c := getRows[T]()
	c.op = op
	c.n, c.rows = x.shape[a], 1
	for i, d := range x.shape {
		if i != a {
			c.rows *= d
		}
	}
	c.dst.set(dst, a, op == rowLogSumExp)
	c.x.set(x, a, false)
	if y != nil {
		c.y.set(y, a, false)
	}
	if c.rows > 0 && (c.n > 0 || op == rowLogSumExp) {
		c.run()
	}
	c.put()
}

// piece does op for the rows from r0 to before r1.
func (c *rowsCall[T]) piece(w *rowsWork[T], r0, r1 int) {
	k, n, rows := c.k, c.n, r1-r0
	switch c.op {
	case rowSoftmaxGrad, rowLogSoftmaxGrad:
		dy, y := c.x.load(k, &w.x, n, r0, r1), c.y.load(k, &w.y, n, r0, r1)
		dx := c.dst.place(&w.d, n, r0, r1)
		sum := w.vector(0, rows)
		if c.op == rowSoftmaxGrad {
			w.dotsRows(sum, dy, y, n)
			w.eachRow(chunkSoftmaxGrad, k.SoftmaxGradRows, dx, dy, y, sum, n)
		} else {
			w.sumRows(sum, dy, n)
			w.eachRow(chunkLogSoftmaxGrad, k.LogSoftmaxGradRows, dx, dy, y, sum, n)
		}
		c.dst.store(k, dx, n, r0, r1)
		return
	case rowCrossEntropy:
		c.crossEntropy(w, r0, r1)
		return
	case rowNLL:
		c.nll(w, r0, r1)
		return
	case rowHinge:
		c.hinge(w, r0, r1)
		return
	}
	x := c.x.load(k, &w.x, n, r0, r1)
	m, s := w.vector(0, rows), w.vector(1, rows)
	if turnRows(n, rows) {
		c.turnedPiece(w, x, m, s, r0, r1)
		return
	}
	w.maxRows(m, x, n)
	switch c.op {
	case rowSoftmax:
		d := c.dst.place(&w.d, n, r0, r1)
		e := w.exps(d, n)
		w.expSumRows(e, s, x, m, n)
		k.Fill(m, 1)
		k.Div(s, m, s)
		w.scaleRows(d, e, s, n)
		c.dst.store(k, d, n, r0, r1)
	case rowLogSoftmax:
		d := c.dst.place(&w.d, n, r0, r1)
		w.sums(s, x, m, n)
		k.Log(s, s)
		w.shiftRows(d, x, m, s, n)
		c.dst.store(k, d, n, r0, r1)
	case rowLogSumExp:
		finiteOr0(m)
		d := c.dst.place(&w.d, 1, r0, r1)
		w.sums(s, x, m, n)
		k.Log(s, s)
		k.Add(d, m, s)
		c.dst.store(k, d, 1, r0, r1)
	}
}

// turnedPiece is piece for rows x of a few elements, with room for m and s.
func (c *rowsCall[T]) turnedPiece(w *rowsWork[T], x, m, s []T, r0, r1 int) {
	k, n := c.k, c.n
	t := w.turn(k, x, m, n)
	if c.op == rowLogSumExp {
		finiteOr0(m)
	}
	t.shift(k, m)
	lanes := w.beside(&t)
	switch c.op {
	case rowSoftmax:
		t.exps(k, &t, &lanes, s)
		k.Fill(m, 1)
		k.Div(s, m, s)
		t.scale(k, s)
	case rowLogSoftmax:
		t.exps(k, &lanes, &lanes, s)
		k.Log(s, s)
		t.shift(k, s)
	case rowLogSumExp:
		d := c.dst.place(&w.d, 1, r0, r1)
		t.exps(k, &t, &t, s)
		k.Log(s, s)
		k.Add(d, m, s)
		c.dst.store(k, d, 1, r0, r1)
		return
	}
	d := c.dst.place(&w.d, n, r0, r1)
	t.turnBack(k, d)
	c.dst.store(k, d, n, r0, r1)
}

// finiteOr0 makes what is not finite 0.
func finiteOr0[T Float](m []T) {
	for i, v := range m {
		if v-v != 0 {
			m[i] = 0
		}
	}
}
