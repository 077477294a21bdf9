package tensor

import (
	"fmt"
	"math"

	"github.com/lanes-go/lanes/asm"
	"github.com/lanes-go/lanes/internal/chunk"
	"github.com/lanes-go/lanes/internal/scratch"
)

// GroupNorm normalizes groups of channels (Wu and He, Group Normalization, 2018). The C
// channels of x (N, C), (N, C, L), (N, C, H, W) … are cut into groups of as many each,
// and each group of each n is normalized by its own mean and variance:
//
//	y = fma(x-mean, s, beta + r*s), s = gamma*rstd, rstd = 1/√(variance + eps)
//
// The variance is Σ(x-mean)²/n of the n values, and r what the mean has too much, being
// rounded. y has the shape of x and may be x. gamma and beta have C elements; nil is 1
// and 0. rstd has one element for each group of each n, in any shape, mean has that, or 2
// x as many for r too; they may be nil if there is no backward pass. Results share no
// memory with each other. It panics with a *ShapeError unless eps >= 0 and the groups are
// equal.
//
// A group of one value, or whose squares overflow, gives beta; a NaN or an infinity makes
// all of its group NaN. A group lies in one run of elements: its sums have the order of a
// contiguous axis. An n depends on no other. Where a plane is one element, as of x (N, C),
// the arithmetic is that of LayerNorm, of each group as a row.
func GroupNorm[T Float](y, mean, rstd, x, gamma, beta *Tensor[T], groups int, eps float64) {
	groupNorm(asm.Active[T](), "GroupNorm", y, mean, rstd, x, gamma, beta, groups, eps)
}

// InstanceNorm is GroupNorm with a group for each channel (Ulyanov, Vedaldi and
// Lempitsky, Instance Normalization, 2016).
func InstanceNorm[T Float](y, mean, rstd, x, gamma, beta *Tensor[T], eps float64) {
	groupNorm(asm.Active[T](), "InstanceNorm", y, mean, rstd, x, gamma, beta, channelCount(x), eps)
}

// GroupNormGrad is the backward pass of GroupNorm. With n elements in a group, xh =
// (x-mean)*rstd and g = dy*gamma,
//
//	dbeta = Σ dy, dgamma = Σ dy*xh, over all but the channels
//	dx = rstd * (g - Σg/n - xh*Σ(g*xh)/n), the sums over the group
//
// dx has the shape of x and dy and may be one of them; dgamma, dbeta and gamma have C
// elements and may be nil, mean and rstd are those of GroupNorm. Results share no memory
// with each other. Sums of a channel have the order of a plane as a contiguous axis and
// of planes pairwise over N; those of a group are added channel by channel. Where a plane
// is one element they are those of LayerNormGrad.
func GroupNormGrad[T Float](dx, dgamma, dbeta, dy, x, gamma, mean, rstd *Tensor[T], groups int) {
	groupNormGrad(asm.Active[T](), "GroupNormGrad", dx, dgamma, dbeta, dy, x, gamma, mean, rstd, groups)
}

// InstanceNormGrad is the backward pass of InstanceNorm: GroupNormGrad with a group for
// each channel.
func InstanceNormGrad[T Float](dx, dgamma, dbeta, dy, x, gamma, mean, rstd *Tensor[T]) {
	groupNormGrad(asm.Active[T](), "InstanceNormGrad", dx, dgamma, dbeta, dy, x, gamma, mean, rstd, channelCount(x))
}

// channelCount is the number of channels of x; no x, or one axis, is an error that is yet to be told.
func channelCount[T Float](x *Tensor[T]) int {
	if x == nil || len(x.shape) < 2 {
		return 0
	}
	return x.shape[1]
}

// groupCall is a call.
type groupCall[T Float] struct {
	k, wide *asm.Kernels[T] // wide: of the pass that writes
	forward bool
	eps     T

	n, c, s    int // of x, elements of a plane
	groups     int // of an n
	each       int // groups of an item
	dst, dy, x []T
	buf        []T  // gamma, beta of c elements; mean, what it has too much, rstd of n*groups
	exact      bool // the backward pass has what the mean has too much
	copies     [3][]T
	parts      []T // for each n the sums of the channels, of dy and of dy*xh
}

var (
	groupCalls32 scratch.Store[groupCall[float32]]
	groupCalls64 scratch.Store[groupCall[float64]]
)

func (g *groupCall[T]) gamma() []T { return g.buf[:g.c:g.c] }
func (g *groupCall[T]) beta() []T  { return g.buf[g.c : 2*g.c : 2*g.c] }
func (g *groupCall[T]) mean() []T  { return g.buf[2*g.c : 2*g.c+g.n*g.groups : 2*g.c+g.n*g.groups] }
func (g *groupCall[T]) much() []T  { return g.buf[2*g.c+g.n*g.groups:][:g.n*g.groups] }
func (g *groupCall[T]) rstd() []T  { return g.buf[2*(g.c+g.n*g.groups):][:g.n*g.groups] }

// means are as many numbers of mean and much as t has.
func (g *groupCall[T]) means(t *Tensor[T]) []T { return g.buf[2*g.c:][:t.Len()] }

// getGroup begins a call that writes dst from x.
func getGroup[T Float](k *asm.Kernels[T], op string, dst, x, gamma, beta, mean, rstd *Tensor[T], groups int, all []*Tensor[T]) *groupCall[T] {
	if dst == nil || x == nil || x.Rank() < 2 || !dst.SameShape(x) {
		panic(operandError(op, "want a result and x of one shape, of two axes or more", all...))
	}
	c := x.shape[1]
	if groups < 0 || groups == 0 && c > 0 || groups > 0 && c%groups != 0 {
		panic(operandError(op, fmt.Sprintf("%d channels do not make %d equal groups", c, groups), all...))
	}
	normApart(op, dst, x, all)
	lengths(op, c, "want one element for each channel", all, gamma, beta)
	lengths(op, x.shape[0]*groups, "want one statistic for each group", all, rstd)
	exact := twoMeans(op, x.shape[0]*groups, "want one statistic for each group", all, mean)
	var z T
	var g *groupCall[T]
	if _, ok := any(z).(float32); ok {
		g = any(groupCalls32.Get()).(*groupCall[T])
	} else {
		g = any(groupCalls64.Get()).(*groupCall[T])
	}
	*g = groupCall[T]{k: k, wide: k, n: x.shape[0], c: c, s: 1, groups: groups, buf: g.buf, copies: g.copies, parts: g.parts}
	for _, d := range x.shape[2:] {
		g.s *= d
	}
	grow(&g.buf, 2*c+3*g.n*groups)
	g.exact = exact
	if gamma != nil {
		loadElements(g.gamma(), gamma)
	} else {
		k.Fill(g.gamma(), 1)
	}
	return g
}

// finish copies the result to where it belongs and gives g back.
func (g *groupCall[T]) finish(dst *Tensor[T]) {
	storeResult(dst, g.dst)
	g.dst, g.dy, g.x = nil, nil, nil
	switch g := any(g).(type) {
	case *groupCall[float32]:
		groupCalls32.Put(g)
	case *groupCall[float64]:
		groupCalls64.Put(g)
	}
}

func groupNorm[T Float](k *asm.Kernels[T], op string, y, mean, rstd, x, gamma, beta *Tensor[T], groups int, eps float64) {
	all := []*Tensor[T]{y, mean, rstd, x, gamma, beta}
	g := getGroup(k, op, y, x, gamma, beta, mean, rstd, groups, all)
	positiveEps(op, eps, all)
	resultsApart(op, all, y, mean, rstd)
	g.forward, g.eps = true, T(eps)
	if beta != nil {
		loadElements(g.beta(), beta)
	} else {
		clear(g.beta())
	}
	g.x, g.dst = packedCopy(x, &g.copies[0]), packedOut(y, &g.copies[2])
	g.run(normTime)
	if mean != nil {
		storeElements(mean, g.means(mean))
	}
	storeElements(rstd, g.rstd())
	g.finish(y)
}

func groupNormGrad[T Float](k *asm.Kernels[T], op string, dx, dgamma, dbeta, dy, x, gamma, mean, rstd *Tensor[T], groups int) {
	all := []*Tensor[T]{dx, dgamma, dbeta, dy, x, gamma, mean, rstd}
	if dx == nil || dy == nil || !dx.SameShape(dy) {
		panic(operandError(op, "want dx, dy and x of one shape", all...))
	}
	needed(op, mean, rstd, all)
	g := getGroup(k, op, dx, x, gamma, nil, mean, rstd, groups, all)
	lengths(op, g.c, "want one element for each channel", all, dgamma, dbeta)
	normApart(op, dx, dy, all)
	resultsApart(op, all, dx, dgamma, dbeta)
	loadElements(g.means(mean), mean)
	loadElements(g.rstd(), rstd)
	g.dy, g.x = packedCopy(dy, &g.copies[0]), packedCopy(x, &g.copies[1])
	g.dst = packedOut(dx, &g.copies[2])
	grow(&g.parts, 2*g.n*g.c)
	g.run(normGradTime)
	if g.s == 0 {
		clear(g.parts[:2*g.n*g.c])
	}
	if g.s != 1 {
		ws := getWorkspace[T]()
		tree := colTree[T]{k: k, w: g.c, levels: grow(&ws.sum, treeLen(g.n, g.c, false))}
		for i := range g.n {
			tree.add(g.parts[i*2*g.c:(i+1)*2*g.c], 1)
		}
		tree.sum(g.buf[:2*g.c])
		putWorkspace(ws)
	}
	storeElements(dbeta, g.gamma())
	storeElements(dgamma, g.beta())
	g.finish(dx)
}

func (g *groupCall[T]) run(time float64) {
	if len(g.dst) == 0 {
		clear(g.buf)
		return
	}
	if g.s == 1 {
		g.runRows(time)
		return
	}
	if (len(g.dst)+len(g.dy)+len(g.x))*sizeOf[T]() >= streamNorm && !rangesMeet(g.dst, g.x) && !rangesMeet(g.dst, g.dy) {
		g.wide = g.k.NT
	}
	all := g.n * g.groups
	g.each = min(all, max(1, chunk.Piece/(len(g.dst)/all)))
	items := (all + g.each - 1) / g.each
	work := float64(len(g.dst)) * time
	threads := max(1, min(int(work/elementsThread), MaxThreads()))
	if threads == 1 {
		for i := range items {
			g.item(i)
		}
		return
	}
	parallel(items, threads, work, any(g).(task))
}

// runRows runs a call whose planes are one element: a layer norm of the groups, which also
// leaves the sums of the columns in the places of gamma and beta.
func (g *groupCall[T]) runRows(time float64) {
	c := newLayer[T]()
	own := c.buf
	*c = layerCall[T]{k: g.k, wide: g.k, forward: g.forward, columns: !g.forward, eps: g.eps, m: g.n, n: g.c / g.groups, parts: g.groups, w: g.c,
		dst: g.dst, dy: g.dy, x: g.x, buf: g.buf, exact: g.exact, copies: c.copies, sums: c.sums}
	c.run(time)
	if c.columns {
		c.joinColumns()
	}
	c.buf = own
	c.put()
}

func (g *groupCall[T]) item(i int) {
	lo, hi := i*g.each, min((i+1)*g.each, g.n*g.groups)
	if g.forward && g.wide == g.k && g.s <= shortPlane {
		most := max(1, channelsHeld/(len(g.dst)/(g.n*g.groups)))
		for ; lo < hi; lo += most {
			g.several(lo, min(lo+most, hi))
		}
		return
	}
	for ; lo < hi; lo++ {
		g.one(lo)
	}
}

// one does all of one group of one n.
func (g *groupCall[T]) one(i int) {
	channels := g.c / g.groups
	c := i % g.groups * channels // the first channel
	plane := i * channels        // the first plane, of all
	if g.forward {
		g.group(i, c, plane, channels)
	} else {
		g.groupGrad(i, c, plane, channels)
	}
}

func (g *groupCall[T]) group(i, c, plane, channels int) {
	size := channels * g.s
	m := rowMoments(g.k, g.x[i*size:(i+1)*size:(i+1)*size])
	mean, rstd := m.mean+m.rest, asm.Rsqrt(asm.FMA(m.m2, 1/T(size), g.eps))
	much := (mean - m.mean) - m.rest
	g.mean()[i], g.much()[i], g.rstd()[i] = mean, much, rstd
	for j := range channels {
		s := T(g.gamma()[c+j] * rstd)
		t := asm.FMA(much, s, g.beta()[c+j])
		for at := (plane + j) * g.s; at < (plane+j+1)*g.s; at += chunk.Piece {
			h := min(at+chunk.Piece, (plane+j+1)*g.s)
			g.wide.Norm(g.dst[at:h:h], g.x[at:h:h], mean, s, t, T(math.Inf(-1)))
		}
	}
}

// several is the forward pass of the groups from lo to before hi, of short planes.
func (g *groupCall[T]) several(lo, hi int) {
	k, channels, count := g.k, g.c/g.groups, hi-lo
	size := channels * g.s
	ws := getWorkspace[T]()
	buf := grow(&ws.a, 4*count+5*count*channels)
	next := func(n int) []T {
		v := buf[:n:n]
		buf = buf[n:]
		return v
	}
	first, rest, m2, much := next(count), next(count), next(count), next(count)
	mean, rstd := g.mean()[lo:hi:hi], g.rstd()[lo:hi:hi]
	at, end := lo*size, hi*size
	if size <= shortPlane {
		rowsMoments(k, first, rest, m2, much, g.x[at:end:end], size)
	} else {
		for i := range count {
			m := rowMoments(k, g.x[at+i*size:at+(i+1)*size:at+(i+1)*size])
			first[i], rest[i], m2[i] = m.mean, m.rest, m.m2
		}
	}
	k.Add(mean, first, rest)
	rstds(k, rstd, m2, 1/T(size), g.eps)
	k.Sub(much, mean, first)
	k.Sub(much, much, rest)
	copy(g.much()[lo:hi], much)
	planes := count * channels
	m, s, t, over, least := next(planes), next(planes), next(planes), next(planes), next(planes)
	for i := range count {
		c, p := (lo+i)%g.groups*channels, i*channels
		for j := range channels {
			m[p+j], s[p+j], over[p+j], t[p+j] = mean[i], rstd[i], much[i], g.beta()[c+j]
		}
		copy(least[p:p+channels], g.gamma()[c:])
	}
	k.Mul(s, least, s)
	k.FMA(t, over, s, t)
	k.Fill(least, T(math.Inf(-1)))
	k.NormRows(g.dst[at:end:end], g.x[at:end:end], m, s, t, least, g.s)
	putWorkspace(ws)
}

func (g *groupCall[T]) groupGrad(i, c, plane, channels int) {
	mean, rstd := g.mean()[i], g.rstd()[i]
	part := g.parts[i/g.groups*2*g.c:][:2*g.c]
	var s1, s2 T
	for j := range channels {
		at, h := (plane+j)*g.s, (plane+j+1)*g.s
		dy := g.dy[at:h:h]
		p, q := rowSums(g.k, dy, g.x[at:h:h], dy, mean, 1)
		if g.exact {
			q = asm.FMA(g.much()[i], p, q)
		}
		q = T(q * rstd)
		part[c+j], part[g.c+c+j] = p, q
		s1, s2 = asm.FMA(g.gamma()[c+j], p, s1), asm.FMA(g.gamma()[c+j], q, s2)
	}
	f := -rstd / T(channels*g.s)
	b, t := T(T(f*rstd)*s2), T(f*s1)
	if g.exact {
		t = asm.FMA(g.much()[i], b, t)
	}
	for j := range channels {
		a := T(g.gamma()[c+j] * rstd)
		for at := (plane + j) * g.s; at < (plane+j+1)*g.s; at += chunk.Piece {
			h := min(at+chunk.Piece, (plane+j+1)*g.s)
			dy := g.dy[at:h:h]
			g.wide.NormGrad(g.dst[at:h:h], dy, g.x[at:h:h], dy, mean, a, b, t, 1)
		}
	}
}
