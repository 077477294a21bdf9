package tensor

// elementsThread is the work on elements, in nanoseconds, that is worth a thread.
const elementsThread = 1000

// regions are n elements, or tiles of them, cut into pieces for threads.
type regions struct{ n, piece int }

// regionTask is work on elements lo to before hi, of one piece or of all; its item is that
// of its regions.
type regionTask interface {
	task
	several(lo, hi int)
}

// share does all n elements, work nanoseconds on one thread, in pieces of at most piece
// elements, of which every thread has as many. Pieces are a multiple of align.
func (r *regions) share(n, piece, align int, work float64, p regionTask) {
	threads := min(MaxThreads(), int(min(work/elementsThread, maxWorkers+1)))
	if threads <= 1 || n <= piece {
		p.several(0, n)
		return
	}
	each := (n + threads - 1) / threads
	pieces := (each + piece - 1) / piece
	r.n, r.piece = n, min(piece, roundUp((each+pieces-1)/pieces, align))
	items := (n + r.piece - 1) / r.piece
	parallel(items, threads, work, p)
}

func (r *regions) item(i int, p regionTask) { p.several(i*r.piece, min((i+1)*r.piece, r.n)) }
