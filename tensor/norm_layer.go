package tensor

import (
	"fmt"

	"github.com/lanes-go/lanes/asm"
	"github.com/lanes-go/lanes/internal/chunk"
	"github.com/lanes-go/lanes/internal/scratch"
)

// LayerNorm normalizes the rows of x, each by its own mean and variance (Ba, Kiros and
// Hinton, Layer Normalization, 2016):
//
//	y = fma(fma(x-mean, rstd, r*rstd), gamma, beta), rstd = 1/√(variance + eps)
//
// The variance is that over n, and r what the mean has too much, being rounded. A row is
// the trailing axes of x that gamma has; no gamma is 1, and rows then lie along the last
// axis. beta has as many elements as a row; no beta is 0. y has the shape of x and may be
// x. rstd has one element for each row, in any shape, mean has that, or 2 x as many for r
// too; they may be nil if there is no backward pass. Results share no memory with each
// other. It panics with a *ShapeError unless eps >= 0.
//
// A row of one value, or whose squares overflow, gives beta; a NaN or an infinity makes
// all of its row NaN. Sums over a row have the order of a contiguous axis. A row depends
// on no other.
func LayerNorm[T Float](y, mean, rstd, x, gamma, beta *Tensor[T], eps float64) {
	layerNorm(asm.Active[T](), "LayerNorm", y, mean, rstd, x, gamma, beta, eps, false)
}

// RMSNorm divides the rows of x by their root mean square, which knows no mean (Zhang and
// Sennrich, Root Mean Square Layer Normalization, 2019):
//
//	y = x*rstd*gamma, rstd = 1/√(mean of squares + eps)
//
// gamma, y and rstd are as in LayerNorm, and so is the order of the sum; gamma and rstd
// may be nil. A row whose squares overflow gives 0.
func RMSNorm[T Float](y, rstd, x, gamma *Tensor[T], eps float64) {
	layerNorm(asm.Active[T](), "RMSNorm", y, nil, rstd, x, gamma, nil, eps, true)
}

// LayerNormGrad is the backward pass of LayerNorm. With n elements in a row, xh =
// (x-mean)*rstd and g = dy*gamma,
//
//	dbeta = Σ dy, dgamma = Σ dy*xh, over the rows
//	dx = rstd * (g - Σg/n - xh*Σ(g*xh)/n), the sums over the row
//
// dx has the shape of x and dy and may be one of them; dgamma and dbeta have as many
// elements as a row and may be nil, and so may gamma; mean and rstd are those of
// LayerNorm. Results share no memory with each other. dgamma and dbeta have the order of
// an outer axis: per column in blocks of 64 rows.
func LayerNormGrad[T Float](dx, dgamma, dbeta, dy, x, gamma, mean, rstd *Tensor[T]) {
	layerNormGrad(asm.Active[T](), "LayerNormGrad", dx, dgamma, dbeta, dy, x, gamma, mean, rstd, false)
}

// RMSNormGrad is the backward pass of RMSNorm: LayerNormGrad with means of 0 in x and g.
func RMSNormGrad[T Float](dx, dgamma, dy, x, gamma, rstd *Tensor[T]) {
	layerNormGrad(asm.Active[T](), "RMSNormGrad", dx, dgamma, nil, dy, x, gamma, nil, rstd, true)
}

// layerCall is a call.
type layerCall[T Float] struct {
	k, wide *asm.Kernels[T] // wide: of the pass that writes
	forward bool
	rms     bool
	columns bool // dgamma or dbeta is wanted
	eps     T

	m, n       int // rows, and their length or that of their parts
	parts      int // of a row, each with statistics of its own: those of group norm
	w          int // length of rows, n*parts
	group      int // rows of an item
	dst, dy, x []T
	buf        []T  // gamma, beta of w elements; mean, what it has too much, rstd of m*parts
	exact      bool // the backward pass has what the mean has too much
	copies     [3][]T
	sums       []T // of the columns, of each group
}

var (
	layerCalls32 scratch.Store[layerCall[float32]]
	layerCalls64 scratch.Store[layerCall[float64]]
)

func (c *layerCall[T]) gamma() []T { return c.buf[:c.w:c.w] }
func (c *layerCall[T]) beta() []T  { return c.buf[c.w : 2*c.w : 2*c.w] }
func (c *layerCall[T]) mean() []T  { return c.statistic(0) }
func (c *layerCall[T]) much() []T  { return c.statistic(1) }
func (c *layerCall[T]) rstd() []T  { return c.statistic(2) }

func (c *layerCall[T]) statistic(i int) []T {
	n := c.m * c.parts
	return c.buf[2*c.w+i*n:][:n:n]
}

// means are as many numbers of mean and much as t has.
func (c *layerCall[T]) means(t *Tensor[T]) []T { return c.buf[2*c.w:][:t.Len()] }

func newLayer[T Float]() *layerCall[T] {
	var z T
	if _, ok := any(z).(float32); ok {
		return any(layerCalls32.Get()).(*layerCall[T])
	}
	return any(layerCalls64.Get()).(*layerCall[T])
}

// getLayer begins a call that writes dst from x.
func getLayer[T Float](k *asm.Kernels[T], op string, dst, x, gamma *Tensor[T], rms bool, all []*Tensor[T]) *layerCall[T] {
	if dst == nil || x == nil {
		panic(operandError(op, missing, all...))
	}
	lead := len(x.shape) - 1
	if gamma != nil {
		lead = len(x.shape) - len(gamma.shape)
	}
	if lead < 0 || lead == len(x.shape) || !dst.SameShape(x) || gamma != nil && !equalInts(x.shape[lead:], gamma.shape) {
		panic(operandError(op, "want a result and x of one shape, and gamma of its last axes", all...))
	}
	normApart(op, dst, x, all)
	c := newLayer[T]()
	*c = layerCall[T]{k: k, wide: k, rms: rms, buf: c.buf, copies: c.copies, sums: c.sums, m: 1, n: 1, parts: 1}
	for i, d := range x.shape {
		if i < lead {
			c.m *= d
		} else {
			c.n *= d
		}
	}
	c.w = c.n
	grow(&c.buf, 2*c.w+3*c.m)
	if gamma != nil {
		loadElements(c.gamma(), gamma)
	} else {
		k.Fill(c.gamma(), 1)
	}
	return c
}

func equalInts(x, y []int) bool {
	for i, v := range x {
		if v != y[i] {
			return false
		}
	}
	return true
}

// loadElements copies the elements of t in row-major order, storeElements back.
func loadElements[T Float](dst []T, t *Tensor[T]) {
	if t.packed() {
		copy(dst, t.data)
	} else {
		gatherPacked(dst, t)
	}
}

func storeElements[T Float](t *Tensor[T], x []T) {
	switch {
	case t == nil:
	case t.packed():
		copy(t.data, x)
	default:
		copyPacked(t, x)
	}
}

// finish copies the result to where it belongs and gives c back.
func (c *layerCall[T]) finish(dst *Tensor[T]) {
	storeResult(dst, c.dst)
	c.put()
}

func (c *layerCall[T]) put() {
	c.dst, c.dy, c.x = nil, nil, nil
	switch c := any(c).(type) {
	case *layerCall[float32]:
		layerCalls32.Put(c)
	case *layerCall[float64]:
		layerCalls64.Put(c)
	}
}

// lengths panics unless what there is of the vectors has so many elements.
func lengths[T Float](op string, n int, reason string, all []*Tensor[T], v ...*Tensor[T]) {
	for _, t := range v {
		if t != nil && t.Len() != n {
			panic(operandError(op, reason, all...))
		}
	}
}

func positiveEps[T Float](op string, eps float64, all []*Tensor[T]) {
	if !(eps >= 0) {
		panic(operandError(op, fmt.Sprintf("eps is %v, want at least 0", eps), all...))
	}
}

const (
	oneForRow    = "want one statistic for each row"
	oneForColumn = "want vectors as long as a row"
)

func layerNorm[T Float](k *asm.Kernels[T], op string, y, mean, rstd, x, gamma, beta *Tensor[T], eps float64, rms bool) {
	all := []*Tensor[T]{y, mean, rstd, x, gamma, beta}
	if rms {
		all = []*Tensor[T]{y, rstd, x, gamma}
	}
	c := getLayer(k, op, y, x, gamma, rms, all)
	positiveEps(op, eps, all)
	lengths(op, c.m, oneForRow, all, rstd)
	twoMeans(op, c.m, oneForRow, all, mean)
	lengths(op, c.n, oneForColumn, all, beta)
	resultsApart(op, all, y, mean, rstd)
	c.forward, c.eps = true, T(eps)
	if beta != nil {
		loadElements(c.beta(), beta)
	} else {
		k.Fill(c.beta(), negZero[T]())
	}
	c.x, c.dst = packedCopy(x, &c.copies[0]), packedOut(y, &c.copies[2])
	c.run(normTime)
	if mean != nil {
		storeElements(mean, c.means(mean))
	}
	storeElements(rstd, c.rstd())
	c.finish(y)
}

func layerNormGrad[T Float](k *asm.Kernels[T], op string, dx, dgamma, dbeta, dy, x, gamma, mean, rstd *Tensor[T], rms bool) {
	all := []*Tensor[T]{dx, dgamma, dbeta, dy, x, gamma, mean, rstd}
	if rms {
		all = []*Tensor[T]{dx, dgamma, dy, x, gamma, rstd}
	}
	c := getLayer(k, op, dx, x, gamma, rms, all)
	if dy == nil || !dx.SameShape(dy) {
		panic(operandError(op, "want dx, dy and x of one shape", all...))
	}
	lengths(op, c.m, oneForRow, all, rstd)
	c.exact = twoMeans(op, c.m, oneForRow, all, mean)
	lengths(op, c.n, oneForColumn, all, dgamma, dbeta)
	if !rms {
		needed(op, mean, rstd, all)
	} else {
		needed(op, rstd, rstd, all)
	}
	normApart(op, dx, dy, all)
	resultsApart(op, all, dx, dgamma, dbeta)
	if rms {
		clear(c.mean())
	} else {
		loadElements(c.means(mean), mean)
	}
	loadElements(c.rstd(), rstd)
	c.columns = dgamma != nil || dbeta != nil
	c.dy, c.x = packedCopy(dy, &c.copies[0]), packedCopy(x, &c.copies[1])
	c.dst = packedOut(dx, &c.copies[2])
	c.run(normGradTime)
	if c.columns && c.n > 0 {
		c.joinColumns()
		storeElements(dbeta, c.gamma())
		storeElements(dgamma, c.beta())
	}
	c.finish(dx)
}

// streamRow is the length in bytes of a row from which it is worth to go past the caches.
const streamRow = 4 << 10

func (c *layerCall[T]) run(time float64) {
	if c.n == 0 {
		clear(c.buf)
		return
	}
	if c.n*sizeOf[T]() >= streamRow && (len(c.dst)+len(c.dy)+len(c.x))*sizeOf[T]() >= streamNorm && !rangesMeet(c.dst, c.x) && !rangesMeet(c.dst, c.dy) {
		c.wide = c.k.NT
	}
	blocks := (c.m + asm.BlockRows - 1) / asm.BlockRows
	c.group = asm.BlockRows
	for c.group < 16*asm.BlockRows && (blocks*asm.BlockRows > 32*c.group || c.group*c.w < chunk.Piece) {
		c.group *= 2
	}
	items := (c.m + c.group - 1) / c.group
	if c.columns {
		grow(&c.sums, items*2*c.w)
	}
	work := float64(len(c.dst)) * time
	threads := max(1, min(int(work/elementsThread), MaxThreads()))
	if threads == 1 {
		for i := range items {
			c.item(i)
		}
		return
	}
	parallel(items, threads, work, any(c).(task))
}

func (c *layerCall[T]) item(i int) {
	lo, hi := i*c.group, min((i+1)*c.group, c.m)
	ws := getWorkspace[T]()
	switch {
	case c.forward && c.together():
		lo, hi = lo*c.parts, hi*c.parts
		for ; lo < hi; lo += max(1, rowsHeld/c.n) {
			c.rows(lo, min(lo+max(1, rowsHeld/c.n), hi), ws)
		}
	case c.forward:
		for r := lo * c.parts; r < hi*c.parts; r++ {
			c.row(r)
		}
	default:
		c.gradRows(lo, hi, ws, i)
	}
	putWorkspace(ws)
}

// rowsHeld is the number of elements of the short rows that are done together, and
// shortFar the length of the longest of them where they come from memory: while longer
// ones are done row by row, the next come in.
const (
	rowsHeld = 4096
	shortFar = 64
)

// together tells whether several rows are done together.
func (c *layerCall[T]) together() bool {
	return c.n <= shortPlane && (c.n <= shortFar || (len(c.dst)+len(c.x))*sizeOf[T]() < streamNorm)
}

// rows is row for the parts of rows from lo to before hi, which are short.
func (c *layerCall[T]) rows(lo, hi int, ws *workspace[T]) {
	k, n, rows := c.k, c.n, hi-lo
	x := c.x[lo*n : hi*n : hi*n]
	buf := grow(&ws.a, 4*rows)
	first, rest, m2, q := buf[:rows:rows], buf[rows:2*rows:2*rows], buf[2*rows:3*rows:3*rows], buf[3*rows:]
	mean, rstd := c.mean()[lo:hi:hi], c.rstd()[lo:hi:hi]
	if c.rms {
		clear(mean)
		k.Fill(q, negZero[T]())
		k.DotsRows(m2, x, x, n)
		rstds(k, rstd, m2, 1/T(n), c.eps)
	} else {
		rowsMoments(k, first, rest, m2, q, x, n)
		k.Add(mean, first, rest)
		rstds(k, rstd, m2, 1/T(n), c.eps)
		k.Sub(q, mean, first)
		k.Sub(q, q, rest)
		copy(c.much()[lo:hi], q)
		k.Mul(q, q, rstd)
	}
	gamma, beta := c.gamma(), c.beta()
	for r := range rows {
		at, end := (lo+r)*n, (lo+r+1)*n
		j := (lo + r) % c.parts * n
		c.wide.NormRow(c.dst[at:end:end], c.x[at:end:end], gamma[j:], beta[j:], mean[r], rstd[r], q[r])
	}
}

// row is the forward pass of a part of a row.
func (c *layerCall[T]) row(r int) {
	k, n := c.k, c.n
	at := r * n
	x := c.x[at : at+n : at+n]
	inv, q := 1/T(n), negZero[T]()
	if c.rms {
		c.mean()[r] = 0
		c.rstd()[r] = asm.Rsqrt(asm.FMA(chunk.SumSq(k, x), inv, c.eps))
	} else {
		m := rowMoments(k, x)
		mean, rstd := m.mean+m.rest, asm.Rsqrt(asm.FMA(m.m2, inv, c.eps))
		much := (mean - m.mean) - m.rest
		c.mean()[r], c.much()[r], c.rstd()[r] = mean, much, rstd
		q = T(much * rstd)
	}
	p := r % c.parts * n
	gamma, beta := c.gamma()[p:p+n], c.beta()[p:p+n]
	for j := 0; j < n; j += chunk.Piece {
		h := min(j+chunk.Piece, n)
		c.wide.NormRow(c.dst[at+j:at+h:at+h], x[j:h:h], gamma[j:h:h], beta[j:h:h], c.mean()[r], c.rstd()[r], q)
	}
}
