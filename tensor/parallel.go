package tensor

import (
	"runtime"
	"sync/atomic"
	"time"

	"github.com/lanes-go/lanes/internal/scratch"
)

// Threads. A call that is worth it is cut into items, and those into blocks, one for
// each thread. The calling goroutine and the workers that come take the items of their
// own block one by one, which in a loop over the same tensors are the same ones, so that
// a thread finds them in its caches; then those of the others from the back, so that one
// that is held up does not hold up all. A late worker costs nothing: what it would have
// done is done by others.

// maxWorkers bounds the workers beside the callers.
const maxWorkers = 255

// padded is a number on lines of the caches of its own, two of which are often fetched
// together.
type padded struct {
	_ [120]byte
	atomic.Int32
	_ [120]byte
}

var (
	maxThreads atomic.Int32 // 0: GOMAXPROCS
	procs      atomic.Int32 // GOMAXPROCS when it was last asked for
	atWork     padded       // calls that claimed threads and the workers promised to them
)

// SetMaxThreads limits the threads of one operation, the caller's included, for
// the whole process, and returns the previous limit. 0 means GOMAXPROCS, which is
// the default. The results are the same bits for every limit.
func SetMaxThreads(n int) int {
	return int(maxThreads.Swap(int32(max(0, min(n, maxWorkers+1)))))
}

// MaxThreads returns the limit in force.
func MaxThreads() int {
	if n := maxThreads.Load(); n > 0 {
		return int(n)
	}
	return min(processors(), maxWorkers+1)
}

// processors is GOMAXPROCS.
func processors() int {
	n := runtime.GOMAXPROCS(0)
	if procs.Load() != int32(n) {
		procs.Store(int32(n))
	}
	return n
}

// task is work that can be cut into items.
type task interface{ item(i int) }

// job is one call of parallelFor, or was one: a worker may find it in its slot when the
// call is over. A line of the caches takes 50 to 300 ns from one processor to another, so
// what a worker reads is on one line, and counters are reset by plain stores, which do
// not wait for theirs.
type job struct {
	_      [64]byte
	claims int32 // workers that came, from 0; closed and more: the call is over
	task   task
	n, per int // items; those of a block
	short  bool
	blocks []block
	_      [128]byte
	done   int32 // workers that came and have left
	_      [64]byte

	offered [maxWorkers]uint8 // workers it was offered to
}

// closed is more than there are claims.
const closed = 1 << 30

// block counts what is taken of a block: in the lower half items from the front, by its
// own thread, in the upper half items from the back, by others.
type block struct {
	taken uint64
	_     [120]byte
}

const (
	fromFront = 1
	fromBack  = 1 << 32
	allTaken  = 1 << 30 // more than there are items; positive as an int of 32 bits
)

var freeJobs scratch.Store[job]

// take takes an item of block b.
func (j *job) take(b int, from uint64) (i int, ok bool) {
	begin := b * j.per
	size := min(j.per, j.n-begin)
	v := atomic.AddUint64(&j.blocks[b].taken, from)
	front, back := int(uint32(v)), int(v>>32)
	if front+back > size {
		return 0, false
	}
	if from == fromFront {
		return begin + front - 1, true
	}
	return begin + size - back, true
}

// left tells whether block b of another thread has items to take. The last item of a
// short job is better left to a thread that is at work, whose caches may hold it.
func (j *job) left(b int) bool {
	v := atomic.LoadUint64(&j.blocks[b].taken)
	front, back := int(uint32(v)), int(v>>32)
	n := min(j.per, j.n-b*j.per) - front - back
	return n > 1 || n == 1 && (front == 0 || !j.short)
}

// run is the work of the thread whose block is b.
func (j *job) run(b int) {
	for i, ok := j.take(b, fromFront); ok; i, ok = j.take(b, fromFront) {
		j.task.item(i)
	}
	for range len(j.blocks) - 1 {
		if b++; b == len(j.blocks) {
			b = 0
		}
		for j.left(b) {
			i, ok := j.take(b, fromBack)
			if !ok {
				break
			}
			j.task.item(i)
		}
	}
}

// help is the work of a worker that found j in its slot.
func (j *job) help(w *worker) {
	claim := int(atomic.AddInt32(&j.claims, 1))
	if claim >= closed { // the call is over, and perhaps another one is about to have j
		w.slot.CompareAndSwap(j, nil)
		return
	}
	if claim < len(j.blocks) {
		j.run(claim)
	}
	w.slot.CompareAndSwap(j, nil) // free for the next job before this one counts as done
	atomic.AddInt32(&j.done, 1)
}

// claim counts a call that begins as at work, with up to threads-1 workers, and
// returns how many threads it may use, its own included: with those of all other
// calls, the ones it is nested in among them, no more than MaxThreads where it asks
// for several. What it returns goes to release when the call ends.
func claim(threads int) int {
	most := MaxThreads()
	for {
		now := int(atWork.Load())
		n := max(1, min(threads, most-now))
		if atWork.CompareAndSwap(int32(now), int32(now+n)) {
			return n
		}
	}
}

func release(threads int) { atWork.Add(-int32(threads)) }

// parallelFor runs t.item(0) … t.item(n-1) on up to threads goroutines, this one
// included. Where other callers are at work already it leaves the processors to
// them.
func parallelFor(n, threads int, t task) {
	threads = claim(min(threads, n))
	defer release(threads)
	share(n, threads, true, t)
}

// A call that is over sooner than a parked worker begins pays for waking it, some 10 µs,
// and has nothing from it. Only the calls after it may, which is worth it where they
// come close together.
const (
	shortWork  = 100_000                // nanoseconds of work up to which a call is short
	shortGap   = 250 * time.Microsecond // at most, from call to call of a train
	shortTrain = 3                      // calls without workers that make one
)

var (
	shortLast atomic.Int64 // when a short call last found no worker awake, since shortZero
	shortRun  atomic.Int32 // such calls in the train
	shortZero = time.Now()
)

// parallel is parallelFor, or parallelShort, for so many nanoseconds of work.
func parallel(n, threads int, work float64, t task) {
	if work < shortWork {
		parallelShort(n, threads, t)
	} else {
		parallelFor(n, threads, t)
	}
}

// parallelShort is parallelFor for work of less than shortWork: with workers that
// spin, and where there are none it wakes them only in a train of such calls.
func parallelShort(n, threads int, t task) {
	threads = claim(min(threads, n))
	defer release(threads)
	share(n, threads, false, t)
}

func shortWake() bool {
	now := int64(time.Since(shortZero))
	if now-shortLast.Swap(now) > int64(shortGap) {
		shortRun.Store(0)
		return false
	}
	if shortRun.Add(1) < shortTrain {
		return false
	}
	shortRun.Store(0)
	return true
}

// share is parallelFor on threads that are claimed; without wake it is parallelShort. If
// an item panics on this goroutine, the panic goes on to the caller when the workers have
// left the job.
func share(n, threads int, wake bool, t task) {
	if threads <= 1 {
		for i := range n {
			t.item(i)
		}
		return
	}
	if maxThreads.Load() > 0 {
		processors()
	}
	j := freeJobs.Get()
	j.task, j.n, j.per, j.short, j.done = t, n, (n+threads-1)/threads, !wake, 0
	j.blocks = scratch.Grow(&j.blocks, (n+j.per-1)/j.per)
	for b := range j.blocks {
		j.blocks[b].taken = 0
	}
	atomic.StoreInt32(&j.claims, 0)
	count := 0
	if !wake {
		count = j.offer(int(started.Load()), false)
		wake = count == 0 && shortWake()
	}
	if wake {
		count = j.offer(maxWorkers, true)
	}
	ended := false
	defer func() {
		if !ended { // an item panicked
			for b := range j.blocks {
				atomic.StoreUint64(&j.blocks[b].taken, allTaken)
			}
		}
		j.finish(count)
	}()
	j.run(0)
	ended = true
}

// offer gives j to as many of the first workers as there are blocks beside the caller's,
// and returns to how many.
func (j *job) offer(first int, wake bool) (count int) {
	for i := 0; i < first && count < len(j.blocks)-1; i++ {
		if workers[i].offer(i, j, wake) {
			j.offered[count] = uint8(i)
			count++
		}
	}
	return count
}

// finish closes j to workers that have not come and waits for those that have. From the
// others of the count that it was offered to it takes j back: one that is about to wake
// takes 100 µs, and for the next call it is as good as awake.
func (j *job) finish(count int) {
	helped := atomic.SwapInt32(&j.claims, closed)
	for spins := 0; atomic.LoadInt32(&j.done) < helped; spins++ {
		if spins > spinBurst {
			runtime.Gosched()
		}
	}
	if int(helped) < count {
		for _, i := range j.offered[:count] {
			workers[i].slot.CompareAndSwap(j, nil)
		}
	}
	stats.workers.Add(int64(helped))
	j.task = nil
	freeJobs.Put(j)
}
