package tensor

import (
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/lanes-go/lanes/internal/scratch"
)

// Workers. A product that is worth it is cut into items; the calling goroutine
// and the idle workers take items from one counter until none is left. Waking a
// parked thread takes about 100 µs on virtual machines, a spinning one about
// 1 µs, so a worker without work spins for spinTime before it parks, and ends
// after idleTime. The caller takes items too, so a late worker costs nothing.
const (
	spinTime  = 150 * time.Microsecond
	idleTime  = 2 * time.Second
	spinBurst = 2000 // polls between two looks at the clock
)

// maxWorkers bounds the workers beside the callers.
const maxWorkers = 255

var (
	maxThreads atomic.Int32 // 0: GOMAXPROCS
	atWork     atomic.Int32 // calls that claimed threads and the workers promised to them
	procs      atomic.Int32 // GOMAXPROCS when a job was last offered
	spinning   atomic.Int32 // workers that would spin
	workers    [maxWorkers]worker
	started    atomic.Int32 // workers[:started] have run at some time
	startLock  sync.Mutex
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
	return min(runtime.GOMAXPROCS(0), maxWorkers+1)
}

// Shutdown ends the idle workers. They start again when they are needed; calling
// it is never necessary.
func Shutdown() {
	for i := range workers[:started.Load()] {
		w := &workers[i]
		if !w.alive.Load() || !w.slot.CompareAndSwap(nil, stop) {
			continue // ended already, or at work: it will end by itself
		}
		w.unpark()
		if !w.alive.Load() {
			w.slot.CompareAndSwap(stop, nil) // it ended in between
		}
	}
}

// task is work that can be cut into items.
type task interface{ item(i int) }

// job is one call of parallelFor. It outlives the call in the free list: workers
// hold it only between taking it from their slot and counting themselves done.
type job struct {
	task task
	n    int64
	next atomic.Int64
	done atomic.Int32 // workers that took the job and left it
}

func (j *job) run() {
	for {
		i := j.next.Add(1) - 1
		if i >= j.n {
			return
		}
		j.task.item(int(i))
	}
}

// worker is one goroutine's mailbox. slot is nil when the worker is free, busy
// while it works, stop when it shall end, else the job offered.
type worker struct {
	slot   atomic.Pointer[job]
	parked atomic.Bool
	alive  atomic.Bool
	wake   chan struct{}
	_      [64]byte // keeps the slots of two workers off one cache line
}

var (
	busy     = new(job)
	stop     = new(job)
	freeJobs scratch.Store[job]
)

func (w *worker) unpark() {
	if w.parked.Load() && w.parked.CompareAndSwap(true, false) {
		w.wake <- struct{}{}
	}
}

// loop serves jobs until it has been idle for long or is told to stop.
func (w *worker) loop() {
	timer := time.NewTimer(idleTime)
	defer timer.Stop()
	for {
		j := w.next(timer)
		if j == nil {
			return
		}
		j.run()
		w.slot.Store(nil) // free for the next job before this one counts as done
		j.done.Add(1)
	}
}

// next waits for a job and marks the worker busy; nil means the worker ended.
func (w *worker) next(timer *time.Timer) *job {
	for {
		if w.spin() {
			j := w.slot.Load()
			if j == nil || !w.slot.CompareAndSwap(j, busy) {
				continue // taken back
			}
			if j != stop {
				return j
			}
			w.end()
			return nil
		}
		w.parked.Store(true)
		if w.slot.Load() != nil && w.parked.CompareAndSwap(true, false) {
			continue // a job came in just before the flag
		}
		timer.Reset(idleTime)
		select {
		case <-w.wake:
		case <-timer.C:
			if !w.parked.CompareAndSwap(true, false) {
				<-w.wake // somebody is waking us
				continue
			}
			if w.slot.CompareAndSwap(nil, busy) {
				w.end()
				return nil
			}
		}
	}
}

// spin watches the slot for spinTime and reports whether something is in it. One
// processor is always left to those who have work: on a single one nobody spins.
func (w *worker) spin() bool {
	defer spinning.Add(-1)
	if spinning.Add(1) >= procs.Load() {
		return w.slot.Load() != nil
	}
	for began := time.Now(); time.Since(began) < spinTime; {
		for range spinBurst {
			if w.slot.Load() != nil {
				return true
			}
		}
		runtime.Gosched() // somebody else may want this processor
	}
	return false
}

// end is the last thing a worker does; its slot says busy, so that nobody starts
// another before it is done.
func (w *worker) end() {
	w.alive.Store(false)
	w.slot.Store(nil)
}

// offer gives j to worker i if that is free; with wake it starts or wakes the
// goroutine of the worker if need be.
func offer(i int, j *job, wake bool) bool {
	w := &workers[i]
	if !wake && (w.parked.Load() || !w.alive.Load()) || w.slot.Load() != nil || !w.slot.CompareAndSwap(nil, j) {
		return false
	}
	if !w.alive.Load() {
		startLock.Lock()
		if !w.alive.Load() {
			if w.wake == nil {
				w.wake = make(chan struct{}, 1)
			}
			w.alive.Store(true)
			started.Store(max(started.Load(), int32(i+1)))
			go w.loop()
		}
		startLock.Unlock()
		return true
	}
	w.unpark()
	return true
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
	share(n, threads, t)
}

// A call that is over sooner than a parked worker begins pays for waking it, some 10 µs,
// and has nothing from it. Only the calls after it may, which is worth it where they
// come close together.
const (
	shortGap   = 250 * time.Microsecond // at most, from call to call of a train
	shortTrain = 3                      // calls without workers that make one
)

var (
	shortLast atomic.Int64 // when a short call last found no worker awake, since shortZero
	shortRun  atomic.Int32 // such calls in the train
	shortZero = time.Now()
)

// parallelShort is parallelFor for work of less than some 100 µs: with workers that
// spin, and where there are none it wakes them only in a train of such calls.
func parallelShort(n, threads int, t task) {
	threads = claim(min(threads, n))
	defer release(threads)
	shareWith(n, threads, t, threads > 1 && spinning.Load() == 0 && shortWake())
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

// share is parallelFor on threads that are claimed. If an item panics on this
// goroutine, the panic goes on to the caller when the workers have left the job.
func share(n, threads int, t task) { shareWith(n, threads, t, true) }

// shareWith is share; without wake it has only workers that spin.
func shareWith(n, threads int, t task, wake bool) {
	if threads <= 1 {
		for i := range n {
			t.item(i)
		}
		return
	}
	procs.Store(int32(runtime.GOMAXPROCS(0)))
	j := freeJobs.Get()
	j.task, j.n = t, int64(n)
	j.next.Store(0)
	j.done.Store(0)
	var offered [maxWorkers]uint8 // indices of the workers that hold j
	count := 0
	most := maxWorkers
	if !wake {
		most = int(started.Load())
	}
	for i := 0; i < most && count < threads-1; i++ {
		if offer(i, j, wake) {
			offered[count] = uint8(i)
			count++
		}
	}
	defer j.finish(offered[:count])
	j.run()
}

// finish takes the job back from workers that have not begun and waits for the
// others, each of which is inside its last item.
func (j *job) finish(offered []uint8) {
	j.next.Store(j.n) // it is already, unless an item panicked
	taken := 0
	for _, i := range offered {
		if !workers[i].slot.CompareAndSwap(j, nil) {
			taken++
		}
	}
	stats.workers.Add(int64(taken))
	for spins := 0; int(j.done.Load()) < taken; spins++ {
		if spins > spinBurst {
			runtime.Gosched()
		}
	}
	j.task = nil
	freeJobs.Put(j)
}
