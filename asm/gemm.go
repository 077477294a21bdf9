package asm

// The block length of a product's sum. A sum over K terms is cut into
// blocks of KBlockLen(K) terms (the last may be shorter), each one chain of FMAs
// in increasing k from +0; blocks are added in increasing order inside a
// superblock, superblocks in increasing order. All of it depends on K alone.
const (
	KBlock     = 512 // nominal length of a k-block
	KBlockMax  = 768 // no block is longer
	SuperBlock = 16  // k-blocks summed before superblocks are summed
)

// KBlockLen returns the length of every k-block but the last of a sum over K
// terms: K cut into round(K/512) pieces (at least one), so that a short rest
// never costs a pass over C, and each piece rounded up to a multiple of 8.
func KBlockLen(K int) int {
	n := int((uint(K) + KBlock/2 - 1) / KBlock)
	if n <= 1 {
		return K
	}
	return ((K+n-1)/n + 7) &^ 7
}

// What a Gemm kernel does with the chain sum s of an element of C. The flags are
// applied in this order.
const (
	OutAdd    = 1 << iota // s = C + s: a later k-block
	OutScale              // s = alpha*s
	OutFMA                // s = fma(alpha, s, beta*C)
	OutBias               // s = s + bias[j]
	OutAffine             // s = fma(s, bias[d+j], bias[2*d+j]), d = Out >> OutDistance
	OutReLU               // s = s < 0 ? 0 : s; NaN and -0 pass

	// OutDistance is the bit of Out from which on it holds the distance from the biases to
	// the factors, and from those to the summands, that lie in one slice.
	OutDistance = 8
)

// GemmArgs are the operands of one call of a Gemm kernel.
//
//	A(i,p) = A[i*ARow + p*ACol]              one of ARow, ACol is 1 (m = 1: any ARow; k = 1: any ACol)
//	B(p,j) = B[(j/NR)*BPanel + p*BRow + j%NR]  NR = GemmNR; unpacked row-major B: BPanel = NR, BRow = ldb
//	C(i,j) = C[i*LDC + j]
//
// With ATile > 0, ARow is 1 and A is packed in tiles of TileRows rows, ATile apart:
// A(i,p) = A[(i/TileRows)*ATile + i%TileRows + p*ACol].
//
// With Pack, B is unpacked, N a multiple of NR, M at most GemmMR, A not row-major
// (ACol > 1 or ATile > 0), and B is copied on the way:
// Pack[(j/NR)*PackPanel + p*NR + j%NR] = B(p,j).
//
// With BTrans, B(p,j) = B[j*BRow+p]: as it is stored when it is the transposed
// operand. M is at most GemmTransRows then, N a multiple of NR, A row-major
// (ACol = 1, ATile = 0), and neither Pack nor Init is there.
//
// Assembly reads the fields from LDC to Beta at the offsets that gen/gemmamd64.go
// names.
type GemmArgs[T Float] struct {
	C            []T
	A            []T
	B            []T
	Bias         []T // with OutBias, at least N long; with OutAffine 2*d + N
	Pack         []T
	Init         []T // chains go on from Init(i,j) = Init[i*LDC+j], or start at +0
	LDC          int
	ARow, ACol   int
	BPanel, BRow int
	M, N, K      int
	Out          int
	Alpha, Beta  T // with OutScale, OutFMA
	ATile        int
	TileRows     int
	PackPanel    int
	Ahead        int // rows of B to fetch ahead, a hint
	BTrans       bool
}

// TileHeight returns the height, mr at most, of all tiles but the last that M rows
// are cut into: a thin last tile would have too few chains for the FMA units.
func TileHeight(M, mr int) int {
	if M <= mr {
		return M
	}
	for h := mr; h > mr-mr/4; h-- {
		if r := uint32(M) % uint32(h); r == 0 || r >= uint32(mr)/2 {
			return h
		}
	}
	tiles := (uint32(M) + uint32(mr) - 1) / uint32(mr)
	return int((uint32(M) + tiles - 1) / tiles)
}

// GemmKernels is the matrix-product family.
type GemmKernels[T Float] struct {
	// GemmMR x GemmNR is the tile of C that the kernels hold in registers, and
	// GemmNR the width of a packed panel of B.
	GemmMR, GemmNR int

	// Gemm is one k-block of a product:
	//
	//	for i < M, j < N {
	//		s := +0
	//		for p < K { s = fma(A(i,p), B(p,j), s) }
	//		C(i,j) = out(s)      // see the Out flags
	//	}
	//
	// With Init, s := Init(i,j) instead: a chain in pieces, so that what passes at a
	// time fits the L1. It reports false, and has done nothing, if an index would leave a slice.
	// Work per call is bounded by the caller (assembly is not preemptible).
	Gemm func(g *GemmArgs[T]) bool

	// GemmTransRows is the number of rows up to which Gemm knows BTrans, or 0.
	GemmTransRows int

	// GemmChunk is the length of the pieces in which a chain is best done where B
	// is transposed on the way through the L1; 0: in one piece.
	GemmChunk int

	// PackN copies n <= w columns of k rows:  dst[p*w+j] = src[p*lds+j].
	// dst holds k*w elements; what columns n..w-1 hold afterwards is not specified.
	PackN func(dst []T, w int, src []T, lds, n, k int)

	// PackTiles copies n columns of k rows into tiles of h <= w of them, atile apart,
	// w the least power of two that is no less than GemmMR:
	//	dst[(i/h)*atile + p*w + i%h] = src[p*lds+i]
	// Each tile holds k*w elements; what columns h..w-1 hold afterwards is not specified.
	PackTiles func(dst []T, atile, w int, src []T, lds, h, n, k int)

	// PackT transposes n <= w rows of k elements:  dst[p*w+j] = src[j*lds+p].
	// Columns n..w-1 of dst are left alone.
	PackT func(dst []T, w int, src []T, lds, n, k int)
}

func gemmGenericKernels[T Float]() GemmKernels[T] {
	return GemmKernels[T]{
		GemmMR: gemmGenericMR, GemmNR: gemmGenericNR,
		Gemm:      gemmGeneric[T],
		PackN:     packNGeneric[T],
		PackTiles: packTilesGeneric[T],
		PackT:     packTGeneric[T],
	}
}

// rowOffset is where row i of A begins.
func (g *GemmArgs[T]) rowOffset(i int) int {
	if g.ATile > 0 {
		return i/g.TileRows*g.ATile + i%g.TileRows
	}
	return i * g.ARow
}

func gemmOut[T Float](g *GemmArgs[T], i, j int, s T) {
	c := &g.C[i*g.LDC+j]
	if g.Out&OutAdd != 0 {
		s = *c + s
	}
	if g.Out&OutScale != 0 {
		s = T(g.Alpha * s)
	}
	if g.Out&OutFMA != 0 {
		s = FMA(g.Alpha, s, T(g.Beta**c))
	}
	if g.Out&OutBias != 0 {
		s += g.Bias[j]
	}
	if g.Out&OutAffine != 0 {
		d := g.Out >> OutDistance
		s = FMA(s, g.Bias[d+j], g.Bias[2*d+j])
	}
	if g.Out&OutReLU != 0 && s < 0 {
		s = 0
	}
	*c = s
}

func packNGeneric[T Float](dst []T, w int, src []T, lds, n, k int) {
	if n <= 0 || k <= 0 {
		return
	}
	checkPackN(dst, w, src, lds, n, k)
	for p := 0; p < k; p++ {
		d := dst[p*w : p*w+w]
		copy(d, src[p*lds:p*lds+n])
		clear(d[n:])
	}
}

func packTilesGeneric[T Float](dst []T, atile, w int, src []T, lds, h, n, k int) {
	if !checkPackTiles(dst, atile, w, src, lds, h, n, k) {
		return
	}
	for i := 0; i < n; i += h {
		packNGeneric(dst[i/h*atile:], w, src[i:], lds, min(h, n-i), k)
	}
}

func packTGeneric[T Float](dst []T, w int, src []T, lds, n, k int) {
	if n <= 0 || k <= 0 {
		return
	}
	checkPackT(dst, w, src, lds, n, k)
	for j := 0; j < n; j++ {
		for p, v := range src[j*lds : j*lds+k] {
			dst[p*w+j] = v
		}
	}
}
