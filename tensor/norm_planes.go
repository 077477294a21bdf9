package tensor

import (
	"github.com/lanes-go/lanes/internal/scratch"
)

// Batch norm of channels that are short planes: those of several channels, which follow
// one another, are done together, n by n. The bits are those of each channel alone.

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
	together := b.forward && b.wide == b.k
	b.k.Fill(tmp, b.lo)
	m, s, t := b.part(normMean, lo, hi), b.part(normS, lo, hi), b.part(normT, lo, hi)
	for i := b.n - 1; i >= 0; i-- { // the last first, see channel
		plane := i*b.c + lo
		if together {
			at, end := plane*b.s, (plane+w)*b.s
			b.k.NormRows(b.dst[at:end:end], b.x[at:end:end], m, s, t, tmp, b.s)
			continue
		}
		for j := range w {
			b.applyPlane(plane + j)
		}
	}
	putWorkspace(ws)
}
