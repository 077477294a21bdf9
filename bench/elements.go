package main

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/lanes-go/lanes/asm"
	"github.com/lanes-go/lanes/bench/shapes"
	"github.com/lanes-go/lanes/internal/chunk"
	"github.com/lanes-go/lanes/tensor"
)

// elementOp is an operation that does little for each element of its operands: a line
// of elementList. Its name is that of the kernel in lower case.
type elementOp[T tensor.Float] struct {
	name   string
	family string
	sizes  []string

	// The operands as long as the first one that are read, that are written, and that
	// are both; flops the floating-point operations an element where it is a matter of
	// FMAs, or 0.
	reads, writes, inPlace int
	flops                  float64
	bytes                  int  // if not 0, all that is moved for an element
	only32                 bool // there is none of float64

	// kernel is one call of the table's kernel, nil if the operation is more than that;
	// op is the operation of package tensor, nil where there is none of the name.
	kernel func(k *asm.Kernels[T], o *operands[T]) func(i, j int)
	op     func(o *operands[T]) func()
}

// Sizes: elements, in a cache of a core's own, in the next one, and in memory.
var (
	flatSizes   = []string{"4096", "65536", "16777216"}
	rowSizes    = []string{"1024x10", "1024x128", "1024x1000", "64x32000"}
	batchSizes  = []string{"128x1024", "32x64x56x56"}
	layerSizes  = []string{"4096x768"}
	updateSizes = []string{"65536", "10000000"}
	imageSizes  = batchSizes[1:]
	matrixSizes = []string{"64x1024", "4096x4096"}
	queryRows   = []string{"1000x768", "100000x768"}
)

// operands are those of one case: x, y of numbers in [-1, 1), p of positive ones, which
// no operation writes, and d, e, f, which it may, all as long as the first operand.
type operands[T tensor.Float] struct {
	dims       []int
	x, y, p    []T
	d, e, f    []T
	X, Y, P    *tensor.Tensor[T]
	D, E, F    *tensor.Tensor[T]
	s          []T // results that are short
	labels     []int
	smallCount uint64
}

// small makes an operand of its own of n positive numbers. Results go to o.s.
func (o *operands[T]) small(shape ...int) *tensor.Tensor[T] {
	t := tensor.New[T](shape...)
	o.smallCount++
	fill(t.Data(), 16+o.smallCount)
	positive(t.Data())
	return t
}

// result makes an operand for short results.
func (o *operands[T]) result(shape ...int) *tensor.Tensor[T] {
	t := tensor.New[T](shape...)
	o.s = t.Data()
	return t
}

func positive[T tensor.Float](x []T) {
	for i, v := range x {
		x[i] = T(math.Abs(float64(v))) + 0.25
	}
}

// elementArena holds the operands of all element-wise cases of one type.
type elementArena[T tensor.Float] struct {
	buf [6][]T
	ops []elementOp[T]
}

func newElementArena[T tensor.Float](rows []shapes.Row) *elementArena[T] {
	read, all := 0, 0 // by operations that read one operand; by others
	for _, r := range rows {
		if e, ok := elementOf(r.Op); ok && e.reads+e.writes+e.inPlace > 1 {
			all = max(all, elementsOf(r.Size))
		} else if ok {
			read = max(read, elementsOf(r.Size))
		}
	}
	a := &elementArena[T]{ops: elementList[T]()}
	for i := range a.buf {
		n := all
		if i == 0 || i == 3 {
			n = max(n, min(read, maxResult))
		}
		if i == 0 {
			n = max(n, read)
		}
		a.buf[i] = make([]T, n)
		fill(a.buf[i], 4+uint64(i))
	}
	positive(a.buf[2])
	return a
}

// operation returns the function that does r iters times, and what it writes.
func (a *elementArena[T]) operation(r shapes.Row, threads int) (run func(iters int), results func() [][]T) {
	i := slices.IndexFunc(a.ops, func(e elementOp[T]) bool { return e.name == r.Op })
	e := &a.ops[i]
	n := elementsOf(r.Size)
	o := &operands[T]{dims: dimsOf(r.Size)}
	for i, p := range []struct {
		s *[]T
		t **tensor.Tensor[T]
	}{{&o.x, &o.X}, {&o.y, &o.Y}, {&o.p, &o.P}, {&o.d, &o.D}, {&o.e, &o.E}, {&o.f, &o.F}} {
		if len(a.buf[i]) < n {
			*p.s = a.buf[i]
			continue
		}
		*p.s = a.buf[i][:n:n]
		*p.t = tensor.From(*p.s, o.dims...)
		if i >= 3 {
			fill(*p.s, 4+uint64(i)) // what other cases have written
		}
	}
	if e.family == "update" {
		positive(o.e) // means of squares
		positive(o.f)
	}
	if last := o.dims[len(o.dims)-1]; len(o.dims) == 2 {
		o.labels = make([]int, o.dims[0])
		for i := range o.labels {
			o.labels[i] = i * 7 % last
		}
	}
	results = func() [][]T { return [][]T{o.d, o.e, o.f, o.s} }

	// A piece is what tensor, too, does by one call of a kernel. Without the call's
	// checks, the shortest cases show the kernel.
	if e.kernel != nil && (e.op == nil || threads == 1 && n <= chunk.Piece) {
		k := asm.Active[T]()
		if e.writes > 0 && n*sizeOf[T]() >= 4*asm.Caches().L2 {
			k = k.NT
		}
		call := e.kernel(k, o)
		return func(iters int) {
			for range iters {
				for i := 0; i < n; i += chunk.Piece {
					call(i, min(i+chunk.Piece, n))
				}
			}
		}, results
	}
	op := e.op(o)
	return func(iters int) {
		for range iters {
			op()
		}
	}, results
}

func sizeOf[T tensor.Float]() int {
	if is32[T]() {
		return 4
	}
	return 8
}

// elementNames are the names of the list, of its families first.
var elementFamilies, elementNames = func() (families, names []string) {
	for _, e := range elementList[float32]() {
		names = append(names, e.name)
		if !slices.Contains(families, e.family) {
			families = append(families, e.family)
		}
	}
	return families, names
}()

// elementOf finds what the list says of a name beside its functions.
func elementOf(name string) (e elementOp[float32], ok bool) {
	i := slices.Index(elementNames, name)
	if i < 0 {
		return e, false
	}
	return elementList[float32]()[i], true
}

// maxSize bounds the elements of a case, maxResult those of an operation that only
// writes.
const (
	maxSize   = 1 << 27
	maxResult = 1 << 25
)

// dimsOf is the shape that a size says, which has been checked.
func dimsOf(size string) []int {
	dims, err := parseSize(size)
	if err != nil {
		panic(err)
	}
	return dims
}

// parseSize reads N, or NxM and so on, of four dimensions at most.
func parseSize(size string) (dims []int, err error) {
	n := uint64(1)
	part := strings.Split(size, "x")
	for _, p := range part {
		v, err := strconv.Atoi(p)
		if err != nil || v < 1 || v > maxSize || p[0] == '+' || p[0] == '0' {
			return nil, fmt.Errorf("size %.40q: each of its dimensions is a number from 1 to %d", size, maxSize)
		}
		if n *= uint64(v); n > maxSize {
			return nil, fmt.Errorf("size %.40q: more than %d elements", size, maxSize)
		}
		dims = append(dims, v)
	}
	if len(dims) > 4 {
		return nil, fmt.Errorf("size %.40q: more than 4 dimensions", size)
	}
	return dims, nil
}

func elementsOf(size string) int {
	n := 1
	for _, d := range dimsOf(size) {
		n *= d
	}
	return n
}

// fits tells whether the operation has operands of such a size, by the number of its
// dimensions.
func (e *elementOp[T]) fits(size string) bool {
	d := len(strings.Split(size, "x"))
	return slices.ContainsFunc(e.sizes, func(s string) bool { return len(strings.Split(s, "x")) == d })
}

// elementRows are the cases of a name: for the sizes given, or its own.
func elementRows(op string, dtypes, sizes []string) (rows []shapes.Row) {
	e, _ := elementOf(op)
	own := len(sizes) == 0
	if own {
		sizes = e.sizes
	}
	for _, d := range orElse(dtypes, "f32") {
		for _, s := range sizes {
			if (own || e.fits(s)) && !(e.only32 && d == "f64") {
				rows = append(rows, shapes.Row{Op: op, DType: d, Size: s, Quick: elementsOf(s) <= 1<<20})
			}
		}
	}
	return rows
}

// elementBytes is what an operation has to read and to write, and how much memory that
// is.
func elementBytes(r shapes.Row) (moved, footprint float64) {
	e, _ := elementOf(r.Op)
	if e.bytes > 0 {
		n := float64(e.bytes) * float64(elementsOf(r.Size))
		return n, n
	}
	size := 4
	if r.DType == "f64" {
		size = 8
	}
	operand := float64(size) * float64(elementsOf(r.Size))
	return operand * float64(e.reads+e.writes+2*e.inPlace), operand * float64(e.reads+e.writes+e.inPlace)
}

// compareWithMemory holds an element-wise record against the bandwidth that the probes
// found in the same run, with as many threads, at the level that holds what each thread
// goes over: of reading where nothing is written, of writing where nothing is read, of
// changing in place where operands are, else of copies, by whichever way to store is
// faster. In the caches the best samples are compared. Of the memory they are those in
// which much was in a cache by chance, so there it is the medians.
func (r *Record) compareWithMemory(row shapes.Row, mem []*memory) {
	e, _ := elementOf(row.Op)
	n := float64(elementsOf(row.Size))
	r.Elements = digits(n / r.BestNs)
	op := "copy"
	switch {
	case e.writes+e.inPlace == 0:
		op = "read"
	case e.reads+e.inPlace == 0:
		op = "write"
	case e.inPlace > 0:
		op = "update"
	}
	moved, footprint := elementBytes(row)
	level, size := levelOf(int(footprint), r.Threads, mem)
	rate, typical := moved/r.BestNs, slices.Min[[]float64]
	if level == "memory" {
		rate, typical = moved/r.NsPerOp, median
	}
	best := 0.0
	for _, m := range mem {
		if strings.TrimPrefix(m.op, "nt") == op && m.size == size && m.threads == r.Threads && len(m.samples) > 0 {
			best = max(best, m.moved()/typical(m.samples))
		}
	}
	if best > 0 {
		r.Level, r.Bandwidth, r.OfBandwidth = level, digits(best), digits(100*rate/best)
	}
}

func median(x []float64) float64 { return slices.Sorted(slices.Values(x))[len(x)/2] }

// levelOf is the level of memory that holds so many bytes, each thread's share of them
// where a core has the cache for itself, and the footprint at which it was measured,
// which is half of a cache. The last cache before memory is that of all. Beyond it the
// footprint is the first one as large as a thread's share, if there is one.
func levelOf(bytes, threads int, mem []*memory) (level string, size int) {
	var fs []footprint
	for _, m := range mem {
		if !slices.Contains(fs, m.footprint) {
			fs = append(fs, m.footprint)
		}
	}
	slices.SortFunc(fs, func(a, b footprint) int { return a.size - b.size })
	for i, f := range fs {
		holds, each := 2*f.size, bytes/threads
		switch {
		case f.level == "memory":
			holds = f.size
		case i+1 == len(fs) || fs[i+1].level == "memory":
			each = bytes
		}
		if each <= holds || i+1 == len(fs) {
			return f.level, f.size
		}
	}
	panic("no footprint has been measured")
}
