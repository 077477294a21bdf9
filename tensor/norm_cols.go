package tensor

import (
	"github.com/lanes-go/lanes/asm"
	"github.com/lanes-go/lanes/internal/chunk"
)

// Batch norm of columns: n rows of c elements.

const (
	stripLeast = 512       // bytes of a row of a strip
	stripMost  = 4096      // the same; a page, beyond which no core reads ahead
	stripHeld  = 512 << 10 // bytes of a strip of all rows, in all operands that are read twice
	statsStrip = 512       // columns of a strip where only statistics are wanted
	applyStrip = 2048      // columns of a strip where only the result is
	applyMost  = 1 << 19   // elements of an item of that
)

func (b *batchNorm[T]) runColumns(threads int) {
	operands := 1
	if !b.forward {
		operands = 2
	}
	if b.relu && !b.forward {
		operands = 3
	}
	blocks := (b.n + asm.BlockRows - 1) / asm.BlockRows
	if b.stats && b.n <= stripHeld/(stripLeast*operands) {
		row := min(stripMost, stripHeld/(b.n*operands), b.c*sizeOf[T]()/threads)
		row = max(row&^(stripLeast-1), stripLeast)
		// Threads beside each other in a row take away each other's lines.
		if threads == 1 || row == stripMost || blocks < threads {
			b.strip = row / sizeOf[T]()
			b.share(normStrips, (b.c+b.strip-1)/b.strip, threads)
			return
		}
	}
	if b.stats {
		each := 1 // blocks of a group, a power of two
		for each < 16 && blocks > 32*each {
			each *= 2
		}
		b.group = each * asm.BlockRows
		groups := (b.n + b.group - 1) / b.group
		grow(&b.parts, groups*nodeVectors(b.forward)*b.c)
		b.share(normRows, groups, threads)
		b.joinRows(groups)
	}
	b.finalize(0, b.c)
	b.group = max(1, min(max(len(b.dst)/(16*threads), chunk.Piece), applyMost)/b.c)
	b.share(normApplyRows, (b.n+b.group-1)/b.group, threads)
}

// fromBack is which group of rows item i of the pass that writes has: those that a thread
// has in its statistics, but the last ones, which caches still hold, first.
func (b *batchNorm[T]) fromBack(i int) int {
	items := (b.n + b.group - 1) / b.group
	each := (items + b.threads - 1) / b.threads
	first := i / each * each
	return first + min(each, items-first) - 1 - (i - first)
}

// stripOf does all of the strip of columns that begins with j.
func (b *batchNorm[T]) stripOf(j int) {
	end := min(j+b.strip, b.c)
	ws := getWorkspace[T]()
	b.setNode(b.blocks(&ws.sum, 0, b.n, j, end), j, end)
	putWorkspace(ws)
	b.finalize(j, end)
	b.applyRows(0, b.n, j, end)
}

// setNode makes a node the statistics of its columns.
func (b *batchNorm[T]) setNode(node []T, j, end int) {
	w := end - j
	if b.forward {
		copy(b.part(normMean, j, end), node)
		copy(b.part(normRest, j, end), node[w:])
		copy(b.part(normM2, j, end), node[2*w:])
	} else {
		copy(b.part(normS1, j, end), node)
		copy(b.part(normS2, j, end), node[w:])
	}
}

// blocks returns the node of the rows from r to before r1, which begin and end with
// blocks, in the columns from j to before end; it lies in buf.
func (b *batchNorm[T]) blocks(buf *[]T, r, r1, j, end int) []T {
	w := end - j
	count := (r1 - r + asm.BlockRows - 1) / asm.BlockRows
	size := nodeVectors(b.forward) * w
	mem := grow(buf, size+treeLen(count, w, b.forward))
	node := mem[:size:size]
	t := colTree[T]{k: b.k, w: w, moments: b.forward, levels: mem[size:]}
	for ; r < r1; r += asm.BlockRows {
		rows, at := min(asm.BlockRows, r1-r), r*b.c+j
		switch {
		case b.forward:
			b.k.ColMoments(node[:w:w], node[w:2*w:2*w], node[2*w:], b.x[at:], b.c, rows)
		default:
			clear(node)
			b.k.NormColSums(node[:w:w], node[w:], b.dy[at:], b.x[at:], b.y[at:], b.c, rows, b.part(normMean, j, end), b.pass)
		}
		t.add(node, rows)
	}
	t.sum(node)
	return node
}

// rowStats leaves the statistics of a group of rows in parts: its vectors, each of all
// columns.
func (b *batchNorm[T]) rowStats(g int) {
	vectors := nodeVectors(b.forward)
	to := b.parts[g*vectors*b.c:][:vectors*b.c]
	ws := getWorkspace[T]()
	for j := 0; j < b.c; j += statsStrip {
		end := min(j+statsStrip, b.c)
		node := b.blocks(&ws.sum, g*b.group, min((g+1)*b.group, b.n), j, end)
		for v := range vectors {
			copy(to[v*b.c+j:v*b.c+end], node[v*(end-j):])
		}
	}
	putWorkspace(ws)
}

// joinRows joins the groups.
func (b *batchNorm[T]) joinRows(groups int) {
	vectors := nodeVectors(b.forward)
	ws := getWorkspace[T]()
	for j := 0; j < b.c; j += statsStrip {
		end := min(j+statsStrip, b.c)
		w := end - j
		mem := grow(&ws.sum, vectors*w+treeLen(groups, w, b.forward))
		node := mem[: vectors*w : vectors*w]
		t := colTree[T]{k: b.k, w: w, moments: b.forward, levels: mem[vectors*w:]}
		for g := range groups {
			for v := range vectors {
				copy(node[v*w:(v+1)*w], b.parts[(g*vectors+v)*b.c+j:])
			}
			t.add(node, min(b.group, b.n-g*b.group))
		}
		t.sum(node)
		b.setNode(node, j, end)
	}
	putWorkspace(ws)
}

// applyRows is the pass that writes, of the rows from r to before r1 and the columns
// from j to before end.
func (b *batchNorm[T]) applyRows(r, r1, j, end int) {
	for ; j < end; j += applyStrip {
		b.applyBlock(r, r1, j, min(j+applyStrip, end))
	}
}

func (b *batchNorm[T]) applyBlock(r, r1, j, end int) {
	k, ld := b.wide, b.c
	m, s, t, factor := b.part(normMean, j, end), b.part(normS, j, end), b.part(normT, j, end), b.part(normRest, j, end)
	step := max(1, chunk.Piece/max(32, end-j))
	for ; r < r1; r += step {
		rows, at := min(step, r1-r), r*ld+j
		d := b.dst[at:]
		switch {
		case b.forward:
			k.NormCols(d, b.x[at:], ld, rows, m, s, t, b.lo)
		case b.frozen && b.relu:
			for i := range rows {
				o := i * ld
				k.ReLUGrad(d[o:o+end-j], b.dy[at+o:], b.y[at+o:])
			}
			k.NormCols(d, d, ld, rows, m, s, t, b.lo)
		case b.frozen:
			k.NormCols(d, b.dy[at:], ld, rows, m, s, t, b.lo)
		default:
			k.NormColsGrad(d, b.dy[at:], b.x[at:], b.y[at:], ld, rows, m, s, factor, t, b.pass)
		}
	}
}
