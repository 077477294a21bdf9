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
	Workers int64 // workers that came to help, counted once a product
}

// ReadStats returns the counts so far.
func ReadStats() Stats {
	return Stats{stats.packs.Load(), stats.blocks.Load(), stats.workers.Load()}
}

const (
	// threadWork is the number of multiply-adds below which a product stays on
	// one thread.
	threadWork = 1 << 19
	// elementWork is how many multiply-adds one element of B takes to come from
	// beyond the L1.
	elementWork = 4
	// callWork bounds the work of one call of a kernel, multiply-adds by bytes of an
	// element: assembly cannot be preempted, and a garbage collection waits for it.
	callWork = 1 << 22
	// callBytes is the same for calls that wait for memory: bytes of A, B and C.
	callBytes = 1 << 19
	// directRows is the number of rows up to which packing B does not pay.
	directRows = 32
	// fetchAhead is how many rows ahead kernels fetch a B that lies beyond the L1.
	fetchAhead = 4
	// maxChains is the number of elements up to which chains in pieces are put by
	// beside C.
	maxChains = 1 << 19
	// packTiles is the number of tiles packed at a time, each on other pages, and
	// packTilesK the number of rows of a transposed A.
	packTiles, packTilesK = 48, 128
	// packRowsA is the number of rows from which A is packed: fewer do not
	// collide in the L1.
	packRowsA = 5
)

// run computes the product on as many threads as its size is worth, and as other
// callers leave: where that is one, it is not cut.
func (p *product[T]) run() {
	if p.work() < 2*threadWork {
		p.block(0, p.m, 0, p.n)
		return
	}
	limit := MaxThreads() // takes a lock: not for small products
	if p.threads > 0 {
		limit = min(limit, p.threads)
	}
	threads := claim(limit)
	defer release(threads)
	if threads > 1 {
		p.split(threads)
	} else {
		p.block(0, p.m, 0, p.n)
	}
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
			for p := 0; p < k; p += packTilesK {
				s.kernels.PackTiles(s.packedA[i/h*s.packedTile+p*w:], s.packedTile, w, src[p*s.aCol+i:], s.aCol, h, min(packTiles*h, s.packedRows-i), min(packTilesK, k-p))
			}
		}
		return
	}
	for i := 0; i < s.packedRows; i += h {
		s.kernels.PackT(s.packedA[i/h*s.packedTile:], w, src[i*s.aRow:], s.aRow, min(h, s.m-i), k)
	}
}

// packsA reports whether tiles of A are packed for products with n columns of B:
// lines a multiple of 2 KiB apart fight for the same few places in the L1. Read by
// columns they do so less.
func (s *strip[T]) packsA(n int) bool {
	nr, stride := s.kernels.GemmNR, max(s.aRow, s.aCol)*sizeOf[T]()
	switch {
	case s.m < packRowsA || s.isFew():
		return false
	case s.aCol == 1:
		return stride%2048 == 0 && n > nr
	}
	return stride%4096 == 0 && n >= 8*nr
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
	return p.after | outFlags(p.alpha, p.beta)
}

// callShape cuts an m x n block with chains of k into calls of a kernel that take
// bounded time, whatever bounds it: whole tiles of h rows, whole panels of nr columns.
func callShape[T Float](m, n, k, h, nr int) (rows, cols int) {
	// A narrow tile takes as long as one of a whole vector.
	wide, k1 := max(n, nr/4), max(1, k)
	work, elems := callWork/sizeOf[T](), callBytes/sizeOf[T]()
	if float64(m)*float64(wide)*float64(k) <= float64(work) && float64(float64(m)*float64(k+n))+float64(float64(k)*float64(n)) <= float64(elems) { // no division for small ones
		return m, n
	}
	cols = min(n, max(nr, min(work/(k1*min(m, h)), elems/k1)/nr*nr))
	rows = min(work/(k1*max(cols, nr/4)), max(0, elems-k1*cols)/(k1+cols)) / h * h
	return min(m, max(h, rows)), cols
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
	if s.beta != 0 || !simple && (s.alpha != 1 || s.after != 0) {
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

// epilogue does to finished elements of C what follows the sum.
func (s *strip[T]) epilogue(c []T, ldc int) {
	for i := range s.m {
		row := c[i*ldc : i*ldc+s.n]
		if s.after&asm.OutBias != 0 {
			for j, v := range s.bias[s.j0 : s.j0+s.n] {
				row[j] += v
			}
		}
		if d := s.after >> asm.OutDistance; s.after&asm.OutAffine != 0 {
			factors, summands := s.bias[d+s.j0:], s.bias[2*d+s.j0:]
			for j, v := range row {
				row[j] = asm.FMA(v, factors[j], summands[j])
			}
		}
		if s.after&asm.OutReLU != 0 {
			for j, v := range row {
				if v < 0 {
					row[j] = 0
				}
			}
		}
	}
}
