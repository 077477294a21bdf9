package tensor

import (
	"unsafe"

	"github.com/lanes-go/lanes/internal/scratch"
)

func sizeOf[T Float]() int {
	var z T
	return int(unsafe.Sizeof(z))
}

// grid is a product cut into items for several threads: pieces of rows by pieces
// of columns of C. Every element is summed as on one thread.
type grid[T Float] struct {
	product[T]
	rows, cols int // of one item
	down       int // items one below the other, of which a thread takes neighbours
}

func (g *grid[T]) item(i int) {
	i0, j0 := i%g.down*g.rows, i/g.down*g.cols
	g.block(i0, min(i0+g.rows, g.m), j0, min(j0+g.cols, g.n))
}

var (
	grids32 scratch.Store[grid[float32]]
	grids64 scratch.Store[grid[float64]]
)

// split cuts C into about two items a thread, so that a thread that is held up
// does not hold up the others, but none below threadWork/2 multiply-adds. Every cut
// between columns has each row of A read, and perhaps packed, once more, every cut
// between rows each column of B: the cheaper cut comes first.
func (p *product[T]) split(threads int) {
	items := max(threads, min(2*threads, int(p.work()/(threadWork*2))))
	nr, mr := p.kernels.GemmNR, p.kernels.GemmMR
	again, againB := p.m, p.n
	if max(p.aRow, p.aCol)*sizeOf[T]()%2048 == 0 {
		again *= packCost
	}
	if p.packed == nil {
		againB *= packCost
	}
	rows, cols := p.m, p.n
	for across, down := 1, 1; across*down < items; {
		canAcross, canDown := cols >= 2*nr, rows >= 2*mr
		switch {
		case canAcross && (!canDown || across*again <= down*againB):
			across *= 2
			cols = roundUp((p.n+across-1)/across, nr)
		case canDown:
			down *= 2
			rows = roundUp((p.m+down-1)/down, mr)
		default:
			items = 0
		}
	}
	g := getGrid[T]()
	g.product, g.rows, g.cols = *p, rows, cols
	g.down = (p.m + rows - 1) / rows
	share((p.n+cols-1)/cols*g.down, threads, true, any(g).(task))
	g.product = product[T]{}
	putGrid(g)
}

// packCost is how many times longer it takes to read an operand and pack it than to
// read it.
const packCost = 4

func roundUp(x, to int) int { return (x + to - 1) / to * to }

func getGrid[T Float]() *grid[T] {
	var z T
	if _, ok := any(z).(float32); ok {
		return any(grids32.Get()).(*grid[T])
	}
	return any(grids64.Get()).(*grid[T])
}

func putGrid[T Float](g *grid[T]) {
	switch g := any(g).(type) {
	case *grid[float32]:
		grids32.Put(g)
	case *grid[float64]:
		grids64.Put(g)
	}
}
