package tensor

// costTime is the least time of an element in nanoseconds, for light ones of each array
// of memory.
var costTime = [...]float64{light: 0.017, medium: 0.07, heavy: 0.4}

// run carries out the call and gives m back.
func (m *mapping[T]) run() {
	if m.tiles > 0 {
		align := 1
		if m.flat { // whole lines of the caches
			align = 64
		}
		m.regions.share(m.tiles, m.group, align, m.work(), any(m).(regionTask))
	}
	m.put()
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
func (m *mapping[T]) item(i int) { m.regions.item(i, any(m).(regionTask)) }
