package tensor

import (
	"math/bits"
	"sync/atomic"

	"github.com/lanes-go/lanes/asm"
)

// stats count what ran, so that tests can assert that the paths they mean to
// exercise were taken.
var stats struct{ packs, blocks, workers atomic.Int64 }

// Stats are counts since the program began.
type Stats struct {
	Packs   int64 // blocks of an operand packed
	KBlocks int64 // k-blocks after the first of a sum
	Workers int64 // workers asked to help
}

// ReadStats returns the counts so far.
func ReadStats() Stats {
	return Stats{stats.packs.Load(), stats.blocks.Load(), stats.workers.Load()}
}

const (
	// threadWork is the number of multiply-adds below which a product stays on
	// one thread.
	threadWork  = 1 << 19
	elementWork = 4
	// callWork bounds the work of one call of a kernel, multiply-adds by bytes of an
	// element: assembly cannot be preempted, and a garbage collection waits for it.
	callWork = 1 << 22
	// callBytes is the same for calls that wait for memory: bytes of B.
	callBytes = 1 << 19
	// directRows is the number of rows up to which packing B does not pay.
	directRows = 32
	// fetchAhead is how many rows ahead kernels fetch a B that lies beyond the L1.
	fetchAhead = 8
	// maxChains is the number of elements up to which chains in pieces are put by
	// beside C.
	maxChains = 1 << 19
	// packTiles is the number of tiles packed at a time, each on other pages.
	packTiles = 48
	// packRowsA is the number of rows from which A is packed: fewer do not
	// collide in the L1.
	packRowsA = 5
)

// run computes the product on as many threads as its size is worth.
func (p *product[T]) run() {
	if p.work() >= 2*threadWork {
		threads := MaxThreads() // takes a lock: not for small products
		if p.threads > 0 {
			threads = min(threads, p.threads)
		}
		if threads > 1 {
			p.split(threads)
			return
		}
	}
	p.block(0, p.m, 0, p.n)
}

// work is the time of the product in multiply-adds at full speed. An element of B
// takes as long as a few of them to come from beyond the L1.
func (p *product[T]) work() float64 {
	return float64(p.m+elementWork) * float64(p.n) * float64(p.k)
}

// block computes rows i0..i1 and columns j0..j1 of C on this thread.
func (p *product[T]) block(i0, i1, j0, j1 int) {
	kb := asm.KBlockLen(p.k)
	m, n := i1-i0, j1-j0
	if p.tall(m, n) {
		p.blockTall(i0, i1, j0, j1)
		return
	}
	if p.turned(m, n) {
		p.blockTurned(i0, i1, j0, j1)
		return
	}
	ws := getWorkspace[T]()
	s := &ws.strip // not on the stack, so that p can be
	*s = strip[T]{product: *p, i0: i0, m: m, cols: n, kb: kb, ws: ws}
	nc := s.width(n)
	if s.sumsInC() {
		s.blocksThenStrips(j0, j1, nc)
	} else {
		for ; j0 < j1; j0 += nc {
			s.j0, s.n = j0, min(nc, j1-j0)
			s.run()
		}
	}
	*s = strip[T]{} // keeps nobody's slices alive
	putWorkspace(ws)
}

// sumsInC reports whether C itself can hold the sums until the last k-block.
func (s *strip[T]) sumsInC() bool {
	return s.k <= s.kb || s.beta == 0 && s.k <= s.kb*asm.SuperBlock
}

// blocksThenStrips goes over the k-blocks, and for each over the strips of
// columns, so that what is packed of A serves all of them.
func (s *strip[T]) blocksThenStrips(j0, j1, nc int) {
	stats.blocks.Add(int64((s.k - 1) / s.kb))
	for p0 := 0; p0 < s.k; p0 += s.kb {
		p1 := min(p0+s.kb, s.k)
		out := 0
		if p0 > 0 {
			out = asm.OutAdd
		}
		if p1 == s.k {
			out |= s.finalOut()
		}
		s.packA(p0, p1-p0, j1-j0)
		for j := j0; j < j1; j += nc {
			s.j0, s.n = j, min(nc, j1-j)
			s.kblock(p0, p1, s.c[s.i0*s.ldc+j:], s.ldc, out)
		}
	}
	s.packedA = nil
}

// packA packs rows of k-block p0 of A, tile by tile: all of them where n columns of
// B are worth it, or the first tile for the kernels that pack B on the way.
func (s *strip[T]) packA(p0, k, n int) {
	s.packedA, s.packedRows = nil, 0
	h, w := asm.TileHeight(s.m, s.kernels.GemmMR), s.tileWidth()
	switch {
	case s.packsA(n):
		s.packedRows = s.m
	case s.aCol == 1 && s.packed == nil && !s.tB && !s.inPlace():
		s.packedRows = h
	default:
		return
	}
	stats.packs.Add(1)
	// Tiles are not a multiple of 4 KiB apart either.
	s.packedP, s.packedTile = p0, w*(k+1)
	s.packedA = grow(&s.ws.a, (s.packedRows+h-1)/h*s.packedTile)
	src := s.a[s.i0*s.aRow+p0*s.aCol:]
	if s.aCol != 1 {
		for i := 0; i < s.packedRows; i += packTiles * h {
			s.kernels.PackTiles(s.packedA[i/h*s.packedTile:], s.packedTile, w, src[i:], s.aCol, h, min(packTiles*h, s.packedRows-i), k)
		}
		return
	}
	for i := 0; i < s.packedRows; i += h {
		s.kernels.PackT(s.packedA[i/h*s.packedTile:], w, src[i*s.aRow:], s.aRow, min(h, s.m-i), k)
	}
}

// packsA reports whether tiles of A are packed for products with n columns of B:
// lines a multiple of 1 KiB apart fight for the same few places in the L1.
func (s *strip[T]) packsA(n int) bool {
	nr, stride := s.kernels.GemmNR, max(s.aRow, s.aCol)*sizeOf[T]()
	switch {
	case s.m < packRowsA || s.isFew():
		return false
	case s.aCol == 1 && stride%2048 == 0:
		return n > nr
	}
	return n >= 8*nr && (stride%4096 == 0 || s.aCol == 1 && stride%1024 == 0)
}

// tileWidth is the distance between the columns of a packed tile of A.
func (p *product[T]) tileWidth() int {
	return 1 << bits.Len(uint(p.kernels.GemmMR-1))
}

// inPlace reports whether the block uses B where it lies. Few rows of C never pay
// the packing back, and a B of which half an L2 holds a k-block need not be packed
// unless its rows collide in the L1.
func (s *strip[T]) inPlace() bool {
	if s.packed != nil || s.tB {
		return false
	}
	size := sizeOf[T]()
	return s.m <= directRows || s.kb*s.cols*size <= asm.Caches().L2/2 && s.bRow*size%2048 != 0
}

// finalOut are the Out flags that turn the sum into C when C is written once.
func (p *product[T]) finalOut() int {
	out := p.act | outFlags(p.alpha, p.beta)
	if p.bias != nil {
		out |= asm.OutBias
	}
	return out
}

// callShape cuts an m x n block with chains of k, of elements of size bytes, into
// calls of bounded work: whole tiles of h rows, whole panels of nr columns.
func callShape(m, n, k, h, nr, size int) (rows, cols int) {
	work := callWork / size
	if m < 8 {
		work = callBytes / size * m // bound by memory, not by the FMA units
	}
	if float64(m)*float64(n)*float64(k) <= float64(work) { // no division for small ones
		return m, n
	}
	cols = max(nr, work/max(1, k*min(m, h))/nr*nr)
	if cols >= n {
		cols = n
	}
	return min(m, max(h, work/max(1, k*cols)/h*h)), cols
}

// strip is a strip of columns of C in work: all rows of the block, as many
// columns as a packed k-block of B fits in the L2 with.
type strip[T Float] struct {
	product[T]
	i0, m      int
	cols       int // of the block
	j0, n      int
	kb         int
	ws         *workspace[T]
	packedA    []T // rows of the k-block in hand, tile by tile, or nil
	packedRows int // how many, whole tiles or all
	packedP    int // where that k-block begins
	packedTile int // distance between tiles
}

// width returns how many columns of B to pack at a time.
func (s *strip[T]) width(n int) int {
	nr := s.kernels.GemmNR
	if s.isFew() {
		return n // passes once
	}
	w := max(1, asm.Caches().L2/2/(s.kb*sizeOf[T]())/nr) * nr
	if n <= w+w/4 {
		return n
	}
	pieces := (n + w - 1) / w
	return ((n+pieces-1)/pieces + nr - 1) / nr * nr
}

// run computes the strip: the k-blocks in order, then what follows the sum.
func (s *strip[T]) run() {
	c, ldc := s.c[s.i0*s.ldc+s.j0:], s.ldc
	blocks := (s.k + s.kb - 1) / s.kb
	stats.blocks.Add(int64(blocks - 1))
	simple := blocks <= asm.SuperBlock
	sum, ldsum := c, ldc
	if s.beta != 0 || !simple && (s.alpha != 1 || s.bias != nil || s.act != 0) {
		sum, ldsum = grow(&s.ws.sum, s.m*s.n), s.n
	}
	inC := s.beta == 0 && &sum[0] == &c[0]
	for p0, b := 0, 0; p0 < s.k; p0, b = p0+s.kb, b+1 {
		p1 := min(p0+s.kb, s.k)
		dst, ld := sum, ldsum
		if b >= asm.SuperBlock {
			dst, ld = grow(&s.ws.sup, s.m*s.n), s.n
		}
		out := asm.OutAdd
		if b%asm.SuperBlock == 0 {
			out = 0
		}
		if p1 == s.k && simple && inC {
			out |= s.finalOut()
		}
		s.packA(p0, p1-p0, s.n)
		s.kblock(p0, p1, dst, ld, out)
		if b >= asm.SuperBlock && (p1 == s.k || (b+1)%asm.SuperBlock == 0) {
			for i := range s.m {
				s.kernels.Axpby(sum[i*ldsum:i*ldsum+s.n], 1, dst[i*ld:i*ld+s.n], 1)
			}
		}
	}
	s.packedA = nil
	if !inC {
		s.finish(c, sum)
	}
}

// finish turns whole sums into C where the kernels could not.
func (s *strip[T]) finish(c, sum []T) {
	for i := range s.m {
		row, t := c[i*s.ldc:i*s.ldc+s.n], sum[i*s.n:i*s.n+s.n]
		if s.beta != 0 {
			s.kernels.Axpby(row, s.alpha, t, s.beta)
			continue
		}
		for j, v := range t {
			row[j] = T(s.alpha * v)
		}
	}
	s.epilogue(c, s.ldc)
}

// epilogue adds the bias and applies the activation to finished elements of C.
func (s *strip[T]) epilogue(c []T, ldc int) {
	for i := range s.m {
		row := c[i*ldc : i*ldc+s.n]
		if s.bias != nil {
			for j, v := range s.bias[s.j0 : s.j0+s.n] {
				row[j] += v
			}
		}
		if s.act&asm.OutReLU != 0 {
			for j, v := range row {
				if v < 0 {
					row[j] = 0
				}
			}
		}
	}
}

// kblock adds or stores the chains of k-block p0..p1 of the strip into c.
func (s *strip[T]) kblock(p0, p1 int, c []T, ldc, out int) {
	k, nr := p1-p0, s.kernels.GemmNR
	switch {
	case s.packed != nil:
		s.multiply(tiles[T]{b: s.packed.panels(s.j0, s.n, p0, p1), bPanel: nr * k, bRow: nr, r1: s.m, n: s.n, p0: p0, k: k, c: c, ldc: ldc, out: out})
	case s.inPlace():
		s.multiply(tiles[T]{b: s.b[p0*s.bRow+s.j0:], bPanel: nr, bRow: s.bRow, r1: s.m, n: s.n, p0: p0, k: k, c: c, ldc: ldc, out: out})
	case s.isFew():
		s.few(p0, k, c, ldc, out)
	case s.tB && s.m*k*sizeOf[T]() <= asm.Caches().L2/2:
		s.throughL1(0, p0, k, c, ldc, out)
	default:
		s.packedStrip(p0, k, c, ldc, out)
	}
}

// isFew reports whether few does the block.
func (s *strip[T]) isFew() bool {
	return s.tB && s.packed == nil && s.aCol == 1 && s.m <= s.kernels.GemmTransRows
}

// few multiplies few rows with B as it is stored, transposed. What is left of the
// columns goes through the L1.
func (s *strip[T]) few(p0, k int, c []T, ldc, out int) {
	whole := s.n / s.kernels.GemmNR * s.kernels.GemmNR
	if whole > 0 {
		t := tiles[T]{
			b: s.b[s.j0*s.bRow+p0:], bRow: s.bRow, bTrans: true,
			r1: s.m, n: whole, p0: p0, k: k, c: c, ldc: ldc, out: out,
		}
		if s.m > 2 && s.aRow*sizeOf[T]()%1024 == 0 { // rows that collide in the L1
			t.aRow = k + 64/sizeOf[T]()
			t.a = grow(&s.ws.a, s.m*t.aRow)
			for i := range s.m {
				copy(t.a[i*t.aRow:][:k], s.a[(s.i0+i)*s.aRow+p0:])
			}
		}
		s.multiply(t)
	}
	s.throughL1(whole, p0, k, c, ldc, out)
}

// throughL1 transposes one panel of B at a time into the L1 and multiplies all rows
// of A, which stay in the L2, with it, from column j0 on. A panel longer than the L1 goes in pieces: the
// chains are put by in C, or beside it where C is still wanted.
func (s *strip[T]) throughL1(j0, p0, k int, c []T, ldc, out int) {
	nr, chunk, chains := s.kernels.GemmNR, k, c
	if want := s.kernels.GemmChunk; want > 0 && k > want*3/2 {
		pieces := (k + want - 1) / want
		chunk = roundUp((k+pieces-1)/pieces, 16)
	}
	if chunk < k && out&(asm.OutAdd|asm.OutFMA) != 0 {
		if n := (s.m-1)*ldc + s.n; n <= maxChains {
			chains = grow(&s.ws.chains, n)
		} else {
			chunk = k
		}
	}
	buf := grow(&s.ws.b, nr*chunk)
	for j := j0; j < s.n; j += nr {
		w := min(nr, s.n-j)
		for q := 0; q < k; q += chunk {
			kk := min(chunk, k-q)
			s.packPanel(buf, j, w, p0+q, kk)
			t := tiles[T]{b: buf, bPanel: nr * kk, bRow: nr, r1: s.m, j: j, n: w, p0: p0 + q, k: kk, c: chains, ldc: ldc}
			if q > 0 {
				t.init = chains
			}
			if q+kk == k {
				t.c, t.out = c, out
			}
			s.multiply(t)
		}
	}
}

// packedStrip packs the strip of B and multiplies all rows with it. Panels are not
// a multiple of 4 KiB apart: the same row of all of them would fall into one set
// of the L1.
func (s *strip[T]) packedStrip(p0, k int, c []T, ldc, out int) {
	nr := s.kernels.GemmNR
	panel := nr * (k + 1)
	whole := s.n / nr * nr
	t := tiles[T]{
		b: grow(&s.ws.b, (s.n+nr-1)/nr*panel), bPanel: panel, bRow: nr,
		r1: s.m, n: s.n, p0: p0, k: k, c: c, ldc: ldc, out: out,
	}
	if s.tB {
		for j := 0; j < s.n; j += nr {
			s.packPanel(t.b[j/nr*panel:], j, min(nr, s.n-j), p0, k)
		}
		s.multiply(t)
		return
	}
	// The first tile of rows reads B where it lies and packs it on the way.
	h := asm.TileHeight(s.m, s.kernels.GemmMR)
	if whole > 0 {
		stats.packs.Add(1)
		s.multiply(tiles[T]{
			b: s.b[p0*s.bRow+s.j0:], bPanel: nr, bRow: s.bRow, pack: t.b, packPanel: panel,
			r1: h, n: whole, p0: p0, k: k, c: c, ldc: ldc, out: out,
		})
	}
	if whole < s.n {
		s.packPanel(t.b[whole/nr*panel:], whole, s.n-whole, p0, k)
		rest := t
		rest.b, rest.r1, rest.j, rest.n = t.b[whole/nr*panel:], h, whole, s.n-whole
		s.multiply(rest)
	}
	t.r0 = h
	s.multiply(t)
}

// packPanel packs w columns from column j of the strip.
func (s *strip[T]) packPanel(dst []T, j, w, p0, k int) {
	stats.packs.Add(1)
	if s.tB {
		s.kernels.PackT(dst, s.kernels.GemmNR, s.b[(s.j0+j)*s.bRow+p0:], s.bRow, w, k)
	} else {
		s.kernels.PackN(dst, s.kernels.GemmNR, s.b[p0*s.bRow+s.j0+j:], s.bRow, w, k)
	}
}

// tiles is a product of rows r0..r1 of the strip (r0 the first of a tile) with n
// columns, from column j of the strip on, of what b begins with.
type tiles[T Float] struct {
	b            []T
	bPanel, bRow int
	bTrans       bool
	a            []T // rows r0.. of A, aRow apart, or nil: those of the strip
	aRow         int
	pack         []T // for a copy of b on the way
	packPanel    int
	r0, r1       int
	j, n         int
	p0, k        int
	c            []T // of the strip
	ldc, out     int
	init         []T // where chains go on, laid out as c
}

func (s *strip[T]) multiply(t tiles[T]) {
	nr, h := s.kernels.GemmNR, asm.TileHeight(s.m, s.kernels.GemmMR)
	var g asm.GemmArgs[T]
	g.ARow, g.ACol, g.Alpha, g.Beta, g.Out = s.aRow, s.aCol, s.alpha, s.beta, t.out
	g.BPanel, g.BRow, g.LDC, g.K, g.PackPanel, g.BTrans = t.bPanel, t.bRow, t.ldc, t.k, t.packPanel, t.bTrans
	g.Ahead = fetchAhead
	w, packed := s.tileWidth(), t.r1 <= s.packedRows
	if packed {
		g.ARow, g.ACol, g.ATile, g.TileRows = 1, w, s.packedTile, h
	}
	if t.a != nil {
		g.ARow = t.aRow
	}
	rows, cols := callShape(t.r1-t.r0, t.n, t.k, h, nr, sizeOf[T]())
	for i := t.r0; i < t.r1; i += rows {
		g.M = min(rows, t.r1-i)
		if packed {
			g.A = s.packedA[i/h*g.ATile+(t.p0-s.packedP)*w:]
		} else if t.a != nil {
			g.A = t.a[(i-t.r0)*t.aRow:]
		} else {
			g.A = s.a[(s.i0+i)*s.aRow+t.p0*s.aCol:]
		}
		for j := 0; j < t.n; j += cols {
			g.N = min(cols, t.n-j)
			if g.B = t.b[j/nr*t.bPanel:]; t.bTrans {
				g.B = t.b[j*t.bRow:]
			}
			if t.pack != nil {
				g.Pack = t.pack[j/nr*t.packPanel:]
			}
			if s.bias != nil {
				g.Bias = s.bias[s.j0+t.j+j:]
			}
			at := i*t.ldc + t.j + j
			g.C = t.c[at:]
			if t.init != nil {
				g.Init = t.init[at:]
			}
			asm.CallGemm(s.kernels, &g)
		}
	}
}
