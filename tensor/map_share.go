package tensor

import (
	"sync/atomic"

	"github.com/lanes-go/lanes/internal/scratch"
)

// How element-wise calls are shared by threads. Every thread has a region of its own,
// which in a loop over the same tensors it keeps, and with it what its caches hold. It
// takes pieces of it one by one, and then of the regions of others, so that one that is
// held up does not hold up all.

// costTime is the least time of an element in nanoseconds, for light ones of each array
// of memory; mapThread is the work in nanoseconds that is worth a thread. Up to mapShort
// no thread is worth waking.
var costTime = [...]float64{light: 0.017, medium: 0.07, heavy: 0.4}

const (
	mapThread = 1500
	mapShort  = 100_000
	mapHelp   = 4 // regions that a thread looks at
)

// mapRegion counts the pieces taken of a region.
type mapRegion struct {
	taken atomic.Int64
	_     [56]byte // keeps two of them off one cache line
}

// run carries out the call and gives m back.
func (m *mapping[T]) run() {
	if m.tiles > 0 {
		m.share()
	}
	m.put()
}

func (m *mapping[T]) share() {
	work := m.work()
	threads := min(MaxThreads(), int(min(work/mapThread, maxWorkers+1)))
	if threads <= 1 || m.tiles <= m.group {
		m.several(0, m.tiles)
		return
	}
	m.region = (m.tiles + threads - 1) / threads
	if m.flat { // whole lines of the caches
		m.region = roundUp(m.region, 64)
	}
	m.regions = scratch.Grow(&m.regions, (m.tiles+m.region-1)/m.region)
	for i := range m.regions {
		m.regions[i].taken.Store(0)
	}
	if work < mapShort {
		parallelShort(len(m.regions), threads, any(m).(task))
	} else {
		parallelFor(len(m.regions), threads, any(m).(task))
	}
}

// work is the least time of the call on one thread, in nanoseconds.
func (m *mapping[T]) work() float64 {
	w := float64(m.size) * costTime[m.cost]
	if m.cost > light {
		return w
	}
	arrays := 0
	for o := range m.n {
		arrays++
		for i := range o {
			if &m.data[i][0] == &m.data[o][0] {
				arrays--
				break
			}
		}
	}
	return w * float64(arrays)
}

// item is the work of a thread that begins with region i.
func (m *mapping[T]) item(i int) {
	for range min(mapHelp, len(m.regions)) {
		m.runRegion(i)
		if i++; i == len(m.regions) {
			i = 0
		}
	}
}

func (m *mapping[T]) runRegion(i int) {
	begin := i * m.region
	end := min(begin+m.region, m.tiles)
	for {
		lo := begin + int(m.regions[i].taken.Add(1)-1)*m.group
		if lo >= end {
			return
		}
		m.several(lo, min(lo+m.group, end))
	}
}
