package tensor

import (
	"github.com/lanes-go/lanes/asm"
	"github.com/lanes-go/lanes/internal/chunk"
	"github.com/lanes-go/lanes/internal/scratch"
)

// Element-wise operations. Each is a kernel on slices, found in the table by a
// function, and map1, map2 … run it over tensors: they check the operands, run
// views as if they were packed, cut calls into pieces, and take several threads
// where the work is worth it. The bits are those of one call on packed copies.
//
//	func Sqrt[T Float](dst, x *Tensor[T]) {
//		map1("Sqrt", medium, dst, x, func(k *asm.Kernels[T]) func(dst, x []T) { return k.Sqrt })
//	}
//
// dst may be an input; it may not share part of its memory with one. Shapes are
// equal; the forms that broadcast (spread2 …) also take inputs that lack leading
// axes of dst or have axes of length 1 where dst has more. Nothing is allocated.

// cost is what a kernel spends on an element, which tells from how many on several
// threads are faster.
type cost uint8

const (
	light  cost = iota // a few operations: memory bounds it
	medium             // an exponential or a division
	heavy              // more than that
)

// piece is the number of elements of a call, which cannot be preempted: some 12 µs of
// the slowest kernels, of float64 with AVX2 on a fast CPU.
func (c cost) piece() int { return chunk.Piece >> c }

// form is the signature of a kernel: the number of inputs and of scalars.
type form uint8

const (
	form0a form = iota
	form1
	form1a
	form1ab
	form1abc
	form2
	form2a
	form2ab
	form2abc
	form3
	form3a
	formA1 // the scalar between dst and x
)

// mapping is one call: the kernel, and the operands as axes they have in common. What a
// call on packed operands takes is together, since other threads fetch it line by line.
type mapping[T Float] struct {
	form    form
	cost    cost
	reads   bool // the kernel reads dst
	flat    bool // one axis, contiguous in every operand
	a, b, c T
	n       int              // operands, dst first
	tiles   int              // of a flat call elements
	group   int              // tiles of a piece
	data    [mapOperands][]T // from the first element on
	f0a     func(dst []T, a T)
	f1      func(dst, x []T)
	f1a     func(dst, x []T, a T)
	f1ab    func(dst, x []T, a, b T)
	f1abc   func(dst, x []T, a, b, c T)
	f2      func(dst, x, y []T)
	f2a     func(dst, x, y []T, a T)
	f2ab    func(dst, x, y []T, a, b T)
	f2abc   func(dst, x, y []T, a, b, c T)
	f3      func(dst, x, y, z []T)
	f3a     func(dst, x, y, z []T, a T)
	fA1     func(dst []T, a T, x []T)

	size    int       // elements of dst
	axes    []mapAxis // the outer ones first
	tile    mapTiling
	kernels *asm.Kernels[T]
	copies  bool // dst = x: the kernel is for a flat call only
	regions
}

// mapOperands is the most operands of a kernel.
const mapOperands = 4

// call runs the kernel on packed operands of one length.
func (m *mapping[T]) call(v *[mapOperands][]T) {
	switch m.form {
	case form0a:
		m.f0a(v[0], m.a)
	case form1:
		m.f1(v[0], v[1])
	case form1a:
		m.f1a(v[0], v[1], m.a)
	case form1ab:
		m.f1ab(v[0], v[1], m.a, m.b)
	case form1abc:
		m.f1abc(v[0], v[1], m.a, m.b, m.c)
	case form2:
		m.f2(v[0], v[1], v[2])
	case form2a:
		m.f2a(v[0], v[1], v[2], m.a)
	case form2ab:
		m.f2ab(v[0], v[1], v[2], m.a, m.b)
	case form2abc:
		m.f2abc(v[0], v[1], v[2], m.a, m.b, m.c)
	case form3:
		m.f3(v[0], v[1], v[2], v[3])
	case form3a:
		m.f3a(v[0], v[1], v[2], v[3], m.a)
	case formA1:
		m.fA1(v[0], m.a, v[1])
	}
}

var (
	mappings32 scratch.Store[mapping[float32]]
	mappings64 scratch.Store[mapping[float64]]
)

func getMapping[T Float](f form, c cost, reads bool) *mapping[T] {
	var z T
	var m *mapping[T]
	if _, ok := any(z).(float32); ok {
		m = any(mappings32.Get()).(*mapping[T])
	} else {
		m = any(mappings64.Get()).(*mapping[T])
	}
	m.form, m.cost, m.reads, m.copies = f, c, reads, false
	return m
}

// put clears what points to memory of the caller.
func (m *mapping[T]) put() {
	clear(m.data[:])
	switch m := any(m).(type) {
	case *mapping[float32]:
		mappings32.Put(m)
	case *mapping[float64]:
		mappings64.Put(m)
	}
}

// one tells whether a call of n elements, all packed, is a single call of a kernel.
func (c cost) one(n int) bool { return n <= c.piece() }

// map1 computes dst = f(x).
func map1[T Float](op string, c cost, dst, x *Tensor[T], f func(k *asm.Kernels[T]) func(dst, x []T)) {
	equalShapes(op, dst, x, x, x)
	checkApart(op, dst, x, dst, x, x)
	if c.one(len(dst.data)) && dst.packed() && x.packed() {
		f(asm.Active[T]())(dst.data, x.data)
		return
	}
	m := getMapping[T](form1, c, false)
	m.f1 = f(m.lay(dst, x, nil, nil))
	m.run()
}

// map1a computes dst = f(x, a).
func map1a[T Float](op string, c cost, dst, x *Tensor[T], a T, f func(k *asm.Kernels[T]) func(dst, x []T, a T)) {
	equalShapes(op, dst, x, x, x)
	checkApart(op, dst, x, dst, x, x)
	if c.one(len(dst.data)) && dst.packed() && x.packed() {
		f(asm.Active[T]())(dst.data, x.data, a)
		return
	}
	m := getMapping[T](form1a, c, false)
	m.f1a, m.a = f(m.lay(dst, x, nil, nil)), a
	m.run()
}

// map1ab computes dst = f(x, a, b).
func map1ab[T Float](op string, c cost, dst, x *Tensor[T], a, b T, f func(k *asm.Kernels[T]) func(dst, x []T, a, b T)) {
	equalShapes(op, dst, x, x, x)
	checkApart(op, dst, x, dst, x, x)
	if c.one(len(dst.data)) && dst.packed() && x.packed() {
		f(asm.Active[T]())(dst.data, x.data, a, b)
		return
	}
	m := getMapping[T](form1ab, c, false)
	m.f1ab, m.a, m.b = f(m.lay(dst, x, nil, nil)), a, b
	m.run()
}

// map1abc computes dst = f(x, a, b, c).
func map1abc[T Float](op string, cost cost, dst, x *Tensor[T], a, b, c T, f func(k *asm.Kernels[T]) func(dst, x []T, a, b, c T)) {
	equalShapes(op, dst, x, x, x)
	checkApart(op, dst, x, dst, x, x)
	if cost.one(len(dst.data)) && dst.packed() && x.packed() {
		f(asm.Active[T]())(dst.data, x.data, a, b, c)
		return
	}
	m := getMapping[T](form1abc, cost, false)
	m.f1abc, m.a, m.b, m.c = f(m.lay(dst, x, nil, nil)), a, b, c
	m.run()
}

// mapA1 computes dst = f(a, x), or f(dst, a, x) if dst is read.
func mapA1[T Float](op string, c cost, reads bool, dst *Tensor[T], a T, x *Tensor[T], f func(k *asm.Kernels[T]) func(dst []T, a T, x []T)) {
	equalShapes(op, dst, x, x, x)
	checkApart(op, dst, x, dst, x, x)
	if c.one(len(dst.data)) && dst.packed() && x.packed() {
		f(asm.Active[T]())(dst.data, a, x.data)
		return
	}
	m := getMapping[T](formA1, c, reads)
	m.fA1, m.a = f(m.lay(dst, x, nil, nil)), a
	m.run()
}

// map2 computes dst = f(x, y).
func map2[T Float](op string, c cost, dst, x, y *Tensor[T], f func(k *asm.Kernels[T]) func(dst, x, y []T)) {
	equalShapes(op, dst, x, y, x)
	spread2(op, c, dst, x, y, f)
}

// spread2 is map2 with x and y broadcast to the shape of dst.
func spread2[T Float](op string, c cost, dst, x, y *Tensor[T], f func(k *asm.Kernels[T]) func(dst, x, y []T)) {
	spreads(op, dst, x, y, x)
	checkApart(op, dst, x, x, y, x)
	checkApart(op, dst, y, x, y, x)
	if n := len(dst.data); c.one(n) && dst.packed() && x.packed() && y.packed() && len(x.data) == n && len(y.data) == n {
		f(asm.Active[T]())(dst.data, x.data, y.data)
		return
	}
	m := getMapping[T](form2, c, false)
	m.f2 = f(m.lay(dst, x, y, nil))
	m.run()
}

// map2a computes dst = f(x, y, a).
func map2a[T Float](op string, c cost, dst, x, y *Tensor[T], a T, f func(k *asm.Kernels[T]) func(dst, x, y []T, a T)) {
	equalShapes(op, dst, x, y, x)
	checkApart(op, dst, x, x, y, x)
	checkApart(op, dst, y, x, y, x)
	if c.one(len(dst.data)) && dst.packed() && x.packed() && y.packed() {
		f(asm.Active[T]())(dst.data, x.data, y.data, a)
		return
	}
	m := getMapping[T](form2a, c, false)
	m.f2a, m.a = f(m.lay(dst, x, y, nil)), a
	m.run()
}

// map2ab computes dst = f(x, y, a, b).
func map2ab[T Float](op string, c cost, dst, x, y *Tensor[T], a, b T, f func(k *asm.Kernels[T]) func(dst, x, y []T, a, b T)) {
	equalShapes(op, dst, x, y, x)
	checkApart(op, dst, x, x, y, x)
	checkApart(op, dst, y, x, y, x)
	if c.one(len(dst.data)) && dst.packed() && x.packed() && y.packed() {
		f(asm.Active[T]())(dst.data, x.data, y.data, a, b)
		return
	}
	m := getMapping[T](form2ab, c, false)
	m.f2ab, m.a, m.b = f(m.lay(dst, x, y, nil)), a, b
	m.run()
}

// map2abc computes dst = f(x, y, a, b, c).
func map2abc[T Float](op string, cost cost, dst, x, y *Tensor[T], a, b, c T, f func(k *asm.Kernels[T]) func(dst, x, y []T, a, b, c T)) {
	equalShapes(op, dst, x, y, x)
	checkApart(op, dst, x, x, y, x)
	checkApart(op, dst, y, x, y, x)
	if cost.one(len(dst.data)) && dst.packed() && x.packed() && y.packed() {
		f(asm.Active[T]())(dst.data, x.data, y.data, a, b, c)
		return
	}
	m := getMapping[T](form2abc, cost, false)
	m.f2abc, m.a, m.b, m.c = f(m.lay(dst, x, y, nil)), a, b, c
	m.run()
}

// map3 computes dst = f(x, y, z).
func map3[T Float](op string, c cost, dst, x, y, z *Tensor[T], f func(k *asm.Kernels[T]) func(dst, x, y, z []T)) {
	equalShapes(op, dst, x, y, z)
	spread3(op, c, dst, x, y, z, f)
}

// spread3 is map3 with the inputs broadcast to the shape of dst.
func spread3[T Float](op string, c cost, dst, x, y, z *Tensor[T], f func(k *asm.Kernels[T]) func(dst, x, y, z []T)) {
	spreads(op, dst, x, y, z)
	checkApart(op, dst, x, x, y, z)
	checkApart(op, dst, y, x, y, z)
	checkApart(op, dst, z, x, y, z)
	if n := len(dst.data); c.one(n) && dst.packed() && x.packed() && y.packed() && z.packed() && len(x.data) == n && len(y.data) == n && len(z.data) == n {
		f(asm.Active[T]())(dst.data, x.data, y.data, z.data)
		return
	}
	m := getMapping[T](form3, c, false)
	m.f3 = f(m.lay(dst, x, y, z))
	m.run()
}

// map3a computes dst = f(x, y, z, a).
func map3a[T Float](op string, c cost, dst, x, y, z *Tensor[T], a T, f func(k *asm.Kernels[T]) func(dst, x, y, z []T, a T)) {
	equalShapes(op, dst, x, y, z)
	checkApart(op, dst, x, x, y, z)
	checkApart(op, dst, y, x, y, z)
	checkApart(op, dst, z, x, y, z)
	if c.one(len(dst.data)) && dst.packed() && x.packed() && y.packed() && z.packed() {
		f(asm.Active[T]())(dst.data, x.data, y.data, z.data, a)
		return
	}
	m := getMapping[T](form3a, c, false)
	m.f3a, m.a = f(m.lay(dst, x, y, z)), a
	m.run()
}

// map0a computes dst = f(a).
func map0a[T Float](c cost, dst *Tensor[T], a T, f func(k *asm.Kernels[T]) func(dst []T, a T)) {
	if c.one(len(dst.data)) && dst.packed() {
		f(asm.Active[T]())(dst.data, a)
		return
	}
	m := getMapping[T](form0a, c, false)
	m.f0a, m.a = f(m.lay(dst, nil, nil, nil)), a
	m.run()
}

// packed is IsContiguous, quick for what was made by New.
func (t *Tensor[T]) packed() bool {
	n := 1
	for i := len(t.shape) - 1; i >= 0; i-- {
		if t.stride[i] != n {
			return t.IsContiguous()
		}
		n *= t.shape[i]
	}
	return true
}
