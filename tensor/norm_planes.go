package tensor

import (
	"github.com/lanes-go/lanes/internal/chunk"
	"github.com/lanes-go/lanes/internal/scratch"
)

// Batch norm of channels that are planes.

// runPlanes runs a call whose channels are planes.
func (b *batchNorm[T]) runPlanes(threads int) {
	if b.stats && b.s <= shortPlane {
		// As many channels as have some KiB for each n.
		b.group = max(1, min(channelsHeld/b.s, b.c/(2*threads)))
		if items := (b.c + b.group - 1) / b.group; threads == 1 || items >= 2*threads {
			b.share(normChannels, items, threads)
			return
		}
	}
	planes := b.n * b.c
	b.group = max(1, chunk.Piece/b.s)
	items := (planes + b.group - 1) / b.group
	switch {
	case !b.stats:
		b.finalize(0, b.c)
		b.share(normApply, items, threads)
	case threads == 1 || b.c >= 4*threads:
		b.group = 0
		b.share(normChannels, b.c, threads)
	default:
		grow(&b.parts, 3*planes)
		b.share(normPlanes, items, threads)
		for c := range b.c {
			b.joinPlanes(c)
		}
		b.finalize(0, b.c)
		b.share(normApply, items, threads)
	}
}

// channel does all of one channel.
func (b *batchNorm[T]) channel(c int) {
	if b.forward {
		var t momentTree[T]
		for i := range b.n {
			at := (i*b.c + c) * b.s
			t.add(rowMoments(b.k, b.x[at:at+b.s:at+b.s]))
		}
		b.setMoments(c, t.sum())
	} else {
		var p, q chunk.Pairwise[T]
		for i := range b.n {
			s1, s2 := b.planeSums(i*b.c + c)
			p.Add(s1)
			q.Add(s2)
		}
		b.vec(normS1)[c], b.vec(normS2)[c] = p.Sum(), q.Sum()
	}
	b.finalize(c, c+1)
	for i := range b.n { // the last first: if a cache does not hold all, it holds those
		b.applyPlane((b.n-1-i)*b.c + c)
	}
}

func (b *batchNorm[T]) setMoments(c int, m moments[T]) {
	b.vec(normMean)[c], b.vec(normRest)[c], b.vec(normM2)[c] = m.mean, m.rest, m.m2
}

func (b *batchNorm[T]) planeSums(p int) (T, T) {
	at, end := p*b.s, (p+1)*b.s
	return rowSums(b.k, b.dy[at:end:end], b.x[at:end:end], b.y[at:end:end], b.vec(normMean)[p%b.c], b.pass)
}

// planeStats leaves the statistics of plane p in parts.
func (b *batchNorm[T]) planeStats(p int) {
	to := b.parts[3*p : 3*p+3]
	if b.forward {
		m := rowMoments(b.k, b.x[p*b.s:(p+1)*b.s:(p+1)*b.s])
		to[0], to[1], to[2] = m.mean, m.rest, m.m2
	} else {
		to[0], to[1] = b.planeSums(p)
	}
}

// joinPlanes is the first half of channel, from parts.
func (b *batchNorm[T]) joinPlanes(c int) {
	var t momentTree[T]
	var p, q chunk.Pairwise[T]
	for i := range b.n {
		v := b.parts[3*(i*b.c+c):][:3]
		if b.forward {
			t.add(moments[T]{b.s, v[0], v[1], v[2]})
		} else {
			p.Add(v[0])
			q.Add(v[1])
		}
	}
	if b.forward {
		b.setMoments(c, t.sum())
	} else {
		b.vec(normS1)[c], b.vec(normS2)[c] = p.Sum(), q.Sum()
	}
}

// applyPlane is the pass that writes, of plane p.
func (b *batchNorm[T]) applyPlane(p int) {
	c := p % b.c
	m, s, t, factor := b.vec(normMean)[c], b.vec(normS)[c], b.vec(normT)[c], b.vec(normRest)[c]
	for i := p * b.s; i < (p+1)*b.s; i += chunk.Piece {
		h := min(i+chunk.Piece, (p+1)*b.s)
		d := b.dst[i:h:h]
		switch {
		case b.forward:
			b.wide.Norm(d, b.x[i:h:h], m, s, t, b.lo)
		case b.frozen && b.relu:
			b.k.ReLUGrad(d, b.dy[i:h:h], b.y[i:h:h])
			b.k.Norm(d, d, m, s, t, b.lo)
		case b.frozen:
			b.wide.Norm(d, b.dy[i:h:h], m, s, t, b.lo)
		default:
			b.wide.NormGrad(d, b.dy[i:h:h], b.x[i:h:h], b.y[i:h:h], m, s, factor, t, b.pass)
		}
	}
}

// Short planes: those of several channels, which follow one another, are done together, n
// by n. The bits are those of each channel alone.

// channelsHeld is the number of elements of the planes that are done together.
const channelsHeld = 4096

// channels does all of the channels from lo to before hi.
func (b *batchNorm[T]) channels(lo, hi int) {
	w := hi - lo
	ws := getWorkspace[T]()
	size := nodeVectors(b.forward) * w
	mem := grow(&ws.sum, size+treeLen(b.n, w, b.forward))
	node := mem[:size:size]
	tree := colTree[T]{k: b.k, w: w, moments: b.forward, levels: mem[size:]}
	tmp := scratch.Grow(&ws.a, w)
	for i := range b.n {
		plane := i*b.c + lo
		if b.forward {
			at, end := plane*b.s, (plane+w)*b.s
			rowsMoments(b.k, node[:w:w], node[w:2*w:2*w], node[2*w:], tmp, b.x[at:end:end], b.s)
		} else {
			for j := range w {
				node[j], node[w+j] = b.planeSums(plane + j)
			}
		}
		tree.add(node, b.s)
	}
	tree.sum(node)
	b.setNode(node, lo, hi)
	b.finalize(lo, hi)
	putWorkspace(ws)
	for i := b.n - 1; i >= 0; i-- { // the last first, see channel
		b.applyPlanes(i*b.c+lo, i*b.c+hi)
	}
}

// applyPlanes is applyPlane of the planes from p to before end.
func (b *batchNorm[T]) applyPlanes(p, end int) {
	if !b.forward || b.wide != b.k || b.s > shortPlane {
		for ; p < end; p++ {
			b.applyPlane(p)
		}
		return
	}
	for p < end {
		lo := p % b.c
		hi := min(b.c, lo+end-p)
		at, to := p*b.s, (p+hi-lo)*b.s
		b.k.NormRows(b.dst[at:to:to], b.x[at:to:to], b.part(normMean, lo, hi), b.part(normS, lo, hi), b.part(normT, lo, hi), b.part(normLow, lo, hi), b.s)
		p += hi - lo
	}
}
