package tensor

import (
	"sync/atomic"

	"github.com/lanes-go/lanes/internal/scratch"
)

// How calls on elements are shared by threads. Every thread has a region of its own,
// which in a loop over the same tensors it keeps, and with it what its caches hold. It
// takes pieces of it one by one, and then of the regions of others, so that one that is
// held up does not hold up all.

// elementsThread is the work in nanoseconds that is worth a thread. Up to elementsShort no
// thread is worth waking.
const (
	elementsThread = 1500
	elementsShort  = 100_000
	regionHelp     = 4 // regions that a thread looks at
)

// regions are n elements, or tiles of them, cut into regions.
type regions struct {
	n, piece int
	region   int // length of one
	taken    []regionTaken
}

// regionTaken counts the pieces taken of a region.
type regionTaken struct {
	atomic.Int64
	_ [56]byte // keeps two of them off one cache line
}

// regionTask is work on elements lo to before hi of any number of pieces; its item is
// that of its regions.
type regionTask interface {
	task
	several(lo, hi int)
}

// share does all n elements, work nanoseconds on one thread, in pieces. Regions are a
// multiple of align.
func (r *regions) share(n, piece, align int, work float64, p regionTask) {
	threads := min(MaxThreads(), int(min(work/elementsThread, maxWorkers+1)))
	if threads <= 1 || n <= piece {
		p.several(0, n)
		return
	}
	r.n, r.piece = n, piece
	r.region = roundUp((n+threads-1)/threads, align)
	r.taken = scratch.Grow(&r.taken, (n+r.region-1)/r.region)
	for i := range r.taken {
		r.taken[i].Store(0)
	}
	if work < elementsShort {
		parallelShort(len(r.taken), threads, p)
	} else {
		parallelFor(len(r.taken), threads, p)
	}
}

// item is the work of a thread that begins with region i.
func (r *regions) item(i int, p regionTask) {
	for range min(regionHelp, len(r.taken)) {
		begin := i * r.region
		end := min(begin+r.region, r.n)
		for {
			lo := begin + int(r.taken[i].Add(1)-1)*r.piece
			if lo >= end {
				break
			}
			p.several(lo, min(lo+r.piece, end))
		}
		if i++; i == len(r.taken) {
			i = 0
		}
	}
}
