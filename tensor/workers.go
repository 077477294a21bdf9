package tensor

import (
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

// Workers. Waking a parked thread takes about 100 µs on virtual machines, one that spins
// sees a job after some 50 ns, so a worker without work spins for spinTime before it
// parks, and ends after idleTime.
const (
	spinTime  = 150 * time.Microsecond
	idleTime  = 2 * time.Second
	spinBurst = 8000 // polls between two looks at the clock
)

var (
	started   atomic.Int32 // workers[:started] have run at some time
	startLock sync.Mutex
	workers   [maxWorkers]worker
	awake     padded // workers that are not parked
)

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

// worker is one goroutine's mailbox. slot is nil when the worker is free, stop when it
// shall end, busy while it ends, else the job offered, which stays there while it works.
type worker struct {
	slot   atomic.Pointer[job]
	parked atomic.Bool
	alive  atomic.Bool
	wake   chan struct{}
	_      [128]byte
}

var (
	busy = new(job)
	stop = new(job)
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
	awake.Add(1)
	defer awake.Add(-1)
	for {
		j := w.next(timer)
		if j == nil {
			return
		}
		j.help(w)
	}
}

// next waits for a job; nil means the worker ended.
func (w *worker) next(timer *time.Timer) *job {
	for {
		if w.spin() {
			j := w.slot.Load()
			if j == nil {
				continue // taken back
			}
			if j != stop {
				return j
			}
			if !w.slot.CompareAndSwap(stop, busy) {
				continue // taken back
			}
			w.end()
			return nil
		}
		if w.park(timer) {
			w.end()
			return nil
		}
	}
}

// park sleeps until there may be a job, or for idleTime; then it reports true and has
// closed the slot.
func (w *worker) park(timer *time.Timer) (ends bool) {
	awake.Add(-1)
	defer awake.Add(1)
	w.parked.Store(true)
	if w.slot.Load() != nil && w.parked.CompareAndSwap(true, false) {
		return false // a job came in just before the flag
	}
	timer.Reset(idleTime)
	select {
	case <-w.wake:
		return false
	case <-timer.C:
		if !w.parked.CompareAndSwap(true, false) {
			<-w.wake // somebody is waking us
			return false
		}
		return w.slot.CompareAndSwap(nil, busy)
	}
}

// spin watches the slot for spinTime and reports whether something is in it. One
// processor is always left to callers: on a single one nobody spins.
func (w *worker) spin() bool {
	if awake.Load() >= procs.Load() {
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

// offer gives j to w, which is number i, if that is free; with wake it starts or wakes the
// goroutine of the worker if need be.
func (w *worker) offer(i int, j *job, wake bool) bool {
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
