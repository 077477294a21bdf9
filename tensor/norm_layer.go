package tensor

import (
	"math"
	"math/bits"

	"github.com/lanes-go/lanes/asm"
	"github.com/lanes-go/lanes/internal/chunk"
	"github.com/lanes-go/lanes/internal/scratch"
)

// Layer norm (Ba, Kiros, Hinton, Layer Normalization, 2016) and RMS norm (Zhang, Sennrich,
// Root Mean Square Layer Normalization, 2019): statistics of each row, which are the
// trailing axes of x that gamma has; mean and rstd have one element for each row, in any
// shape. Sums over a row have the order of a contiguous axis, dgamma and dbeta that of an
// outer one: per column in blocks of 64 rows. A row depends on no other.
//
// All operands may be views of any strides; the results have the bits of packed copies.
// y may be x, and dx may be dy or x; else outputs share no memory with anything. Where
// operands do not fit, operations panic with a *ShapeError.

// LayerNorm normalizes the rows of x:
//
//	y = fma(fma(x-mean, rstd, -r*rstd), gamma, beta), rstd = 1/√(variance + eps)
//
// with r what the mean lacks of the last bits. The shape of gamma is that of a row; beta,
// if there is one, has it too. mean and rstd may be nil if there is no backward pass. A
// row of one value gives beta; a NaN or an infinity makes all of its row NaN.
func LayerNorm[T Float](y, mean, rstd, x, gamma, beta *Tensor[T], eps float64) {
	layerNorm(asm.Active[T](), "LayerNorm", y, mean, rstd, x, gamma, beta, eps, false)
}

// RMSNorm divides the rows of x by their root mean square, which knows no mean:
//
//	y = x*rstd*gamma, rstd = 1/√(mean of squares + eps)
//
// The shape of gamma is that of a row. rstd may be nil if there is no backward pass.
func RMSNorm[T Float](y, rstd, x, gamma *Tensor[T], eps float64) {
	layerNorm(asm.Active[T](), "RMSNorm", y, nil, rstd, x, gamma, nil, eps, true)
}

// LayerNormGrad is the backward pass of LayerNorm. With n elements in a row,
// xh = (x-mean)*rstd and g = dy*gamma,
//
//	dbeta = Σ dy, dgamma = Σ dy*xh, over the rows
//	dx = rstd * (g - Σg/n - xh*Σ(g*xh)/n), the sums over the row
//
// dgamma and dbeta may be nil.
func LayerNormGrad[T Float](dx, dgamma, dbeta, dy, x, gamma, mean, rstd *Tensor[T]) {
	layerNormGrad(asm.Active[T](), "LayerNormGrad", dx, dgamma, dbeta, dy, x, gamma, mean, rstd, false)
}

// RMSNormGrad is the backward pass of RMSNorm: LayerNormGrad with means of 0 in x and g.
func RMSNormGrad[T Float](dx, dgamma, dy, x, gamma, rstd *Tensor[T]) {
	layerNormGrad(asm.Active[T](), "RMSNormGrad", dx, dgamma, nil, dy, x, gamma, nil, rstd, true)
}

// layerCall is a call.
type layerCall[T Float] struct {
	k       *asm.Kernels[T]
	forward bool
	rms     bool
	columns bool // dgamma or dbeta is wanted
	past    bool // the result goes past the caches, by way of a buffer
	eps     T

	m, n       int // rows and their length
	group      int // rows of an item
	dst, dy, x []T
	buf        []T // gamma, beta of n elements; mean, rstd of m
	copies     [3][]T
	parts      []T // sums of the columns, of each group
}

var (
	layerCalls32 scratch.Store[layerCall[float32]]
	layerCalls64 scratch.Store[layerCall[float64]]
)

func (c *layerCall[T]) gamma() []T { return c.buf[:c.n:c.n] }
func (c *layerCall[T]) beta() []T  { return c.buf[c.n : 2*c.n : 2*c.n] }
func (c *layerCall[T]) mean() []T  { return c.buf[2*c.n : 2*c.n+c.m : 2*c.n+c.m] }
func (c *layerCall[T]) rstd() []T  { return c.buf[2*c.n+c.m : 2*(c.n+c.m)] }

// getLayer begins a call that writes dst from x.
func getLayer[T Float](k *asm.Kernels[T], op string, dst, x, gamma *Tensor[T], rms bool) *layerCall[T] {
	lead := len(x.shape) - len(gamma.shape)
	if lead < 0 || len(gamma.shape) == 0 || !dst.SameShape(x) || !equalInts(x.shape[max(lead, 0):], gamma.shape) {
		panic(shapeError(op, "want a result and x of one shape, and gamma of its last axes", dst.shape, x.shape, gamma.shape))
	}
	checkApart(op, dst, x, x, x, x)
	var z T
	var c *layerCall[T]
	if _, ok := any(z).(float32); ok {
		c = any(layerCalls32.Get()).(*layerCall[T])
	} else {
		c = any(layerCalls64.Get()).(*layerCall[T])
	}
	*c = layerCall[T]{k: k, rms: rms, buf: c.buf, copies: c.copies, parts: c.parts, m: 1, n: 1}
	for i, d := range x.shape {
		if i < lead {
			c.m *= d
		} else {
			c.n *= d
		}
	}
	grow(&c.buf, 2*(c.n+c.m))
	loadElements(c.gamma(), gamma)
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
	if !dst.packed() && len(c.dst) > 0 {
		copyPacked(dst, c.dst)
	}
	c.dst, c.dy, c.x = nil, nil, nil
	switch c := any(c).(type) {
	case *layerCall[float32]:
		layerCalls32.Put(c)
	case *layerCall[float64]:
		layerCalls64.Put(c)
	}
}

// lengths panics unless what there is of the vectors has so many elements.
func lengths[T Float](op string, n int, reason string, dst, x *Tensor[T], v ...*Tensor[T]) {
	for _, t := range v {
		if t != nil && t.Len() != n {
			panic(shapeError(op, reason, dst.shape, x.shape, t.shape))
		}
	}
}

const (
	oneForRow    = "want one statistic for each row"
	oneForColumn = "want vectors as long as a row"
)

func layerNorm[T Float](k *asm.Kernels[T], op string, y, mean, rstd, x, gamma, beta *Tensor[T], eps float64, rms bool) {
	c := getLayer(k, op, y, x, gamma, rms)
	lengths(op, c.m, oneForRow, y, x, mean, rstd)
	lengths(op, c.n, oneForColumn, y, x, beta)
	resultsApart(op, y, mean, rstd)
	c.forward, c.eps = true, T(eps)
	if beta != nil {
		loadElements(c.beta(), beta)
	} else {
		c.fillBeta()
	}
	c.x, c.dst = packedCopy(x, &c.copies[0]), packedOut(y, &c.copies[2])
	c.run(normTime)
	storeElements(mean, c.mean())
	storeElements(rstd, c.rstd())
	c.finish(y)
}

// fillBeta makes beta -0, which added changes nothing.
func (c *layerCall[T]) fillBeta() {
	zero := T(math.Copysign(0, -1))
	for i := range c.beta() {
		c.beta()[i] = zero
	}
}

func layerNormGrad[T Float](k *asm.Kernels[T], op string, dx, dgamma, dbeta, dy, x, gamma, mean, rstd *Tensor[T], rms bool) {
	c := getLayer(k, op, dx, x, gamma, rms)
	if !dx.SameShape(dy) {
		panic(shapeError(op, "want dx, dy and x of one shape", dx.shape, dy.shape, x.shape))
	}
	lengths(op, c.m, oneForRow, dx, x, mean, rstd)
	lengths(op, c.n, oneForColumn, dx, x, dgamma, dbeta)
	if !rms {
		needed(op, mean, rstd, dx, x)
	} else {
		needed(op, rstd, rstd, dx, x)
	}
	checkApart(op, dx, dy, dy, x, x)
	resultsApart(op, dx, dgamma, dbeta)
	if rms {
		clear(c.mean())
	} else {
		loadElements(c.mean(), mean)
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

// layerRows is the number of elements of a few rows that are worked on while they are in
// the first-level cache.
const layerRows = 4096

func (c *layerCall[T]) run(time float64) {
	if c.n == 0 {
		clear(c.mean())
		clear(c.rstd())
		return
	}
	blocks := (c.m + asm.BlockRows - 1) / asm.BlockRows
	c.group = asm.BlockRows
	for c.group < 16*asm.BlockRows && (blocks*asm.BlockRows > 32*c.group || c.group*c.n < chunk.Piece) {
		c.group *= 2
	}
	items := (c.m + c.group - 1) / c.group
	if c.columns {
		grow(&c.parts, items*2*c.n)
	}
	c.past = (len(c.dst)+len(c.dy)+len(c.x))*sizeOf[T]() >= streamNorm && !rangesMeet(c.dst, c.x) && !rangesMeet(c.dst, c.dy)
	threads := max(1, min(int(float64(len(c.dst))*time/mapThread), MaxThreads()))
	if threads == 1 {
		for i := range items {
			c.item(i)
		}
		return
	}
	parallelFor(items, threads, any(c).(task))
}

func (c *layerCall[T]) item(i int) {
	lo, hi := i*c.group, min((i+1)*c.group, c.m)
	ws := getWorkspace[T]()
	step := max(1, layerRows/c.n)
	if c.forward {
		q := grow(&ws.sum, step)
		for ; lo < hi; lo += step {
			c.rows(lo, min(lo+step, hi), q, &ws.a)
		}
	} else {
		c.gradRows(lo, hi, step, ws, c.parts[min(len(c.parts), i*2*c.n):])
	}
	putWorkspace(ws)
}

// rows is the forward pass of the rows from lo to before hi; q is memory for a number of
// each.
func (c *layerCall[T]) rows(lo, hi int, q []T, buf *[]T) {
	mean, rstd := c.mean(), c.rstd()
	n := T(c.n)
	for i := lo; i < hi; i++ {
		x := c.x[i*c.n : (i+1)*c.n : (i+1)*c.n]
		if c.rms {
			mean[i], q[i-lo] = 0, T(math.Copysign(0, -1))
			rstd[i] = rstdOf(chunk.SumSq(c.k, x), n, c.eps)
			continue
		}
		m := rowMoments(c.k, x)
		mean[i] = m.mean + m.rest
		rstd[i] = rstdOf(m.m2, n, c.eps)
		q[i-lo] = T(((mean[i] - m.mean) - m.rest) * rstd[i])
	}
	for j := 0; j < c.n; j += chunk.Piece { // longer ones come one at a time
		h, at := min(j+chunk.Piece, c.n), lo*c.n+j
		d := c.result(at, (hi-lo)*(h-j), buf)
		c.k.NormRows(d, c.x[at:], c.gamma()[j:h:h], c.beta()[j:h:h], mean[lo:hi:hi], rstd[lo:hi], q)
		c.keep(at, d)
	}
}

// result is where n elements of the result are written from at on, and keep brings them
// to their place.
func (c *layerCall[T]) result(at, n int, buf *[]T) []T {
	if c.past {
		return grow(buf, n)
	}
	return c.dst[at : at+n : at+n]
}

func (c *layerCall[T]) keep(at int, d []T) {
	if c.past {
		c.k.NT.Copy(c.dst[at:at+len(d)], d)
	}
}

func rstdOf[T Float](sum, n, eps T) T { return 1 / T(math.Sqrt(float64(sum/n+eps))) }

// gradRows is the backward pass of a group of rows, the sums of whose columns it leaves
// in part.
func (c *layerCall[T]) gradRows(lo, hi, step int, ws *workspace[T], part []T) {
	n := c.n
	blocks := (hi - lo + asm.BlockRows - 1) / asm.BlockRows
	var tree colTree[T]
	var node []T
	each := grow(&ws.sup, 3*step)
	if c.columns {
		mem := grow(&ws.sum, 2*n+treeLen(blocks, n, false))
		node = mem[: 2*n : 2*n]
		tree = colTree[T]{k: c.k, w: n, levels: mem[2*n:]}
	}
	for ; lo < hi; lo += asm.BlockRows {
		end := min(lo+asm.BlockRows, hi)
		clear(node)
		for i := lo; i < end; i += step {
			h := min(i+step, end)
			if c.columns {
				c.columnSums(node, i, h)
			}
			c.gradFew(i, h, each[:step], each[step:2*step], each[2*step:], &ws.a)
		}
		if c.columns {
			tree.add(node, end-lo)
		}
	}
	if c.columns {
		tree.sum(part[:2*n])
	}
}

// columnSums adds rows to the sums of the columns.
func (c *layerCall[T]) columnSums(node []T, i, h int) {
	n := c.n
	for j := 0; j < n; j += chunk.Piece {
		e, at := min(j+chunk.Piece, n), i*n+j
		c.k.NormRowsColSums(node[j:e:e], node[n+j:], c.dy[at:], c.x[at:], c.mean()[i:h:h], c.rstd()[i:h])
	}
}

// gradFew writes dx of a few rows; a, b and t are memory for a number of each.
func (c *layerCall[T]) gradFew(lo, hi int, a, b, t []T, buf *[]T) {
	n, gamma, mean, rstd := c.n, c.gamma(), c.mean(), c.rstd()
	inv := -1 / T(n)
	for i := lo; i < hi; i++ {
		s1, s2 := c.rowGradSums(i)
		r := rstd[i]
		xh := T(s2 * r) // Σ g*xh
		a[i-lo], b[i-lo], t[i-lo] = r, T(T(T(r*r)*xh)*inv), T(T(r*s1)*inv)
		if c.rms {
			t[i-lo] = T(math.Copysign(0, -1))
		}
	}
	for j := 0; j < n; j += chunk.Piece {
		e, at := min(j+chunk.Piece, n), lo*n+j
		d := c.result(at, (hi-lo)*(e-j), buf)
		c.k.NormRowsGrad(d, c.dy[at:], c.x[at:], gamma[j:e:e], mean[lo:hi:hi], a, b, t)
		c.keep(at, d)
	}
}

// rowGradSums are Σ g and Σ g*(x-mean) of row i.
func (c *layerCall[T]) rowGradSums(i int) (T, T) {
	at, n, m := i*c.n, c.n, c.mean()[i]
	if n <= asm.Chunk {
		return c.k.NormRowSums(c.dy[at:at+n:at+n], c.x[at:], c.gamma(), m)
	}
	var p, q chunk.Pairwise[T]
	for j := 0; j < n; j += asm.Chunk {
		h := min(j+asm.Chunk, n)
		s1, s2 := c.k.NormRowSums(c.dy[at+j:at+h:at+h], c.x[at+j:], c.gamma()[j:h:h], m)
		p.Add(s1)
		q.Add(s2)
	}
	return p.Sum(), q.Sum()
}

// joinColumns leaves the sums of the columns of all groups in the places of gamma, dbeta,
// and of beta, dgamma.
func (c *layerCall[T]) joinColumns() {
	n := c.n
	groups := (c.m + c.group - 1) / c.group
	ws := getWorkspace[T]()
	tree := colTree[T]{k: c.k, w: n, levels: grow(&ws.sum, bits.Len(uint(groups))*2*n)}
	for g := range groups {
		tree.add(c.parts[g*2*n:(g+1)*2*n], min(c.group, c.m-g*c.group))
	}
	tree.sum(c.buf[:2*n])
	putWorkspace(ws)
}
