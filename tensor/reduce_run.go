package tensor

import (
	"math"
	"math/bits"

	"github.com/lanes-go/lanes/asm"
	"github.com/lanes-go/lanes/internal/chunk"
	"github.com/lanes-go/lanes/internal/scratch"
)

// planes is the number of values a reduction finds.
func (r *reduction[T]) planes() int {
	if r.op == reduceMoments {
		return 3
	}
	return 1
}

// plan chooses parts and groups and how many threads, for so many nanoseconds of work. Of a
// short call every thread has one item, which in a loop over the same tensors it keeps,
// and with it what its caches hold.
func (r *reduction[T]) plan() (items, threads int, work float64) {
	time := r.work()
	threads = min(MaxThreads(), time/reduceThread)
	short := time < shortWork
	unit := asm.Chunk
	r.strips = 1
	if !r.last {
		unit = asm.BlockRows
		r.strips = (r.inner + colStrip - 1) / colStrip
	}
	r.parts, r.part, r.group = 1, max(1, r.n), 1
	wanted := 4 * threads
	if short {
		wanted = threads
	}
	if others := r.outer * r.strips; threads > 1 && others < wanted && r.n > unit {
		want := (wanted + others - 1) / others
		per := max(1, (r.n/unit+want-1)/want) // units of a part
		r.part = unit << (bits.Len(uint(per)) - 1)
		r.parts = (r.n + r.part - 1) / r.part
	}
	if each := r.part * min(r.inner, colStrip); threads > 1 && short && r.parts == 1 {
		r.group = max(1, r.outer/threads)
	} else if each < reduceItem {
		r.group = max(1, min(reduceItem/each, r.outer))
	}
	return (r.outer + r.group - 1) / r.group * r.strips * r.parts, threads, float64(time)
}

// reduceItem is about how many elements an item has.
const reduceItem = 1 << 15

// reduceThread is the work in nanoseconds that is worth a thread; tests lower it.
var reduceThread = 700

// work is the time of the call in nanoseconds, about: at least.
func (r *reduction[T]) work() int {
	element, row := 5*sizeOf[T](), 3000 // in picoseconds
	if !r.last {
		element *= 2
	}
	switch r.op {
	case reduceSum:
	case reduceMoments:
		element, row = 3*element, 20000
	default:
		row = 12000
	}
	if !r.last {
		row = 2000 * ((r.inner + colStrip - 1) / colStrip) * r.n
	}
	return int((float64(float64(r.outer)*float64(row)) + float64(float64(r.outer*r.n*r.inner)*float64(element))) / 1000)
}

// run finds the results: in raw, whose first plane is dst if that is not nil, and at,
// which is places if that is not nil.
func (r *reduction[T]) run(dst []T, places []int) {
	size := r.outer * r.inner
	planes := r.planes()
	items, threads, work := 0, 1, 0.0
	if r.parts = 1; size > 0 && r.n > 0 {
		items, threads, work = r.plan()
	}
	buf := grow(&r.buf, planes*r.parts*size)
	for p := range planes {
		r.raw[p] = buf[p*r.parts*size:][:r.parts*size]
	}
	if dst != nil && r.parts == 1 {
		r.raw[0] = dst
	}
	if r.op == reduceArgMax || r.op == reduceArgMin {
		if r.at = places; places == nil || r.parts > 1 {
			r.at = scratch.Grow(&r.atBuf, r.parts*size)
		}
	}
	if items == 0 { // nothing, or sums of nothing
		for p := range planes {
			clear(r.raw[p])
		}
		return
	}
	if threads > 1 && items > 1 {
		parallel(items, threads, work, any(r).(task))
	} else {
		for i := range items {
			r.item(i)
		}
	}
	r.combine()
	if r.parts > 1 {
		if dst != nil {
			copy(dst, r.raw[0][:size])
		}
		if places != nil {
			copy(places, r.at[:size])
		}
	}
}

// item finds the results of one part of one strip of a group of outer indices.
func (r *reduction[T]) item(i int) {
	part, i := i%r.parts, i/r.parts
	strip, i := i%r.strips, i/r.strips
	lo, hi := i*r.group, min((i+1)*r.group, r.outer)
	n0 := part * r.part
	n1 := min(n0+r.part, r.n)
	if r.last {
		r.rows(part*r.outer, lo, hi, n0, n1)
		return
	}
	c0 := strip * colStrip
	c1 := min(c0+colStrip, r.inner)
	s := getColumnSpace[T]()
	for o := lo; o < hi; o++ {
		r.columns(s, (part*r.outer+o)*r.inner+c0, r.so*o+r.sn*n0+c0, r.yo*o+r.yn*n0+c0, n1-n0, c1-c0, n0)
	}
	putColumnSpace(s)
}

// combine joins the parts.
func (r *reduction[T]) combine() {
	for step := 1; step < r.parts; step *= 2 {
		for i := 0; i+step < r.parts; i += 2 * step {
			r.join(i, i+step, step)
		}
	}
}

// join puts the results of part j, step parts after i, together with those of part i.
func (r *reduction[T]) join(i, j, step int) {
	size := r.outer * r.inner
	a, b := r.raw[0][i*size:][:size], r.raw[0][j*size:][:size]
	switch r.op {
	case reduceMax:
		for e, v := range b {
			a[e] = chunk.Greater(a[e], v)
		}
	case reduceMin:
		for e, v := range b {
			a[e] = chunk.Less(a[e], v)
		}
	case reduceArgMax, reduceArgMin:
		p, q := r.at[i*size:][:size], r.at[j*size:][:size]
		for e, v := range b {
			m := a[e]
			if m == m && (r.op == reduceArgMax && !(v <= m) || r.op == reduceArgMin && !(v >= m)) {
				a[e], p[e] = v, q[e]
			}
		}
	case reduceMoments:
		m := step * r.part
		n := min((j+step)*r.part, r.n) - j*r.part
		w, u := chunk.Weights[T](m, n)
		rest, m2 := r.raw[1], r.raw[2]
		for lo := 0; lo < size; lo += chunk.Piece {
			hi := min(lo+chunk.Piece, size)
			x, y := i*size+lo, j*size+lo
			r.k.MergeMoments(r.raw[0][y:y+hi-lo], rest[y:y+hi-lo], m2[y:y+hi-lo], r.raw[0][x:], rest[x:], m2[x:], w, u)
		}
		for p := range 3 {
			copy(r.raw[p][i*size:][:size], r.raw[p][j*size:][:size])
		}
	default:
		chunk.Add(r.k, a, a, b)
	}
}

// into runs r and writes the results to dst.
func (r *reduction[T]) into(dst *Tensor[T]) {
	if r.finish == finishNone && dst.packed() {
		r.run(dst.data, nil)
		return
	}
	r.run(nil, nil)
	r.write(dst)
}

// write makes of the results what r.finish says, in dst.
func (r *reduction[T]) write(dst *Tensor[T]) {
	t := dst
	if !dst.packed() {
		t = &r.out
		t.Resize(dst.shape...)
		if r.finish == finishAdd {
			pack(t, dst)
		}
	}
	switch d := t.data; r.finish {
	case finishNone:
		copy(d, r.raw[0])
	case finishAdd:
		chunk.Add(r.k, d, d, r.raw[0])
	default:
		for i := range d {
			d[i] = r.finished(r.finish, i)
		}
	}
	if t != dst {
		map1("Copy", light, dst, t, func(k *asm.Kernels[T]) func(dst, x []T) { return k.Copy })
	}
}

// one runs r for a single result and returns it.
func (r *reduction[T]) one() T {
	r.run(nil, nil)
	return r.finished(r.finish, 0)
}

// moments are those of result i.
func (r *reduction[T]) moments(i int) chunk.Moments[T] {
	return chunk.Moments[T]{N: r.n, Mean: r.raw[0][i], Rest: r.raw[1][i], M2: r.raw[2][i]}
}

// finished is what is made of result i.
func (r *reduction[T]) finished(f finishOp, i int) T {
	switch f {
	case finishOver:
		return r.raw[0][i] / T(r.n)
	case finishMean:
		return r.moments(i).Value()
	case finishVar:
		return r.moments(i).Var(r.ddof)
	case finishStd:
		return T(math.Sqrt(float64(r.moments(i).Var(r.ddof))))
	}
	return r.raw[0][i]
}
