package tensor

import "fmt"

// Concat copies xs, one after the other along an axis, to dst: of m x p and m x q along
// axis 1, an m x (p+q) matrix. A negative axis counts from the end. The other axes have
// the lengths of those of dst, which shares no memory with xs.
func Concat[T Float](dst *Tensor[T], axis int, xs ...*Tensor[T]) {
	a := parts("Concat", dst, axis, xs)
	from := 0
	for _, x := range xs {
		if x.Len() > 0 {
			copyStrided(dst.data[from*dst.stride[a]:], dst.stride, x.data, x.stride, x.shape)
		}
		from += x.shape[a]
	}
}

// Split is Concat backwards: it copies the first positions of an axis of x to dst[0], which
// says by its shape how many, the next ones to dst[1], and so on to the last. The tensors
// share no memory.
func Split[T Float](dst []*Tensor[T], x *Tensor[T], axis int) {
	a := parts("Split", x, axis, dst)
	for i, d := range dst {
		for _, e := range dst[:i] {
			if rangesMeet(d.data, e.data) && d.overlaps(e) {
				panic(operandError("Split", "two parts share memory", d, e))
			}
		}
	}
	from := 0
	for _, d := range dst {
		if d.Len() > 0 {
			copyStrided(d.data, d.stride, x.data[from*x.stride[a]:], x.stride, d.shape)
		}
		from += d.shape[a]
	}
}

// parts returns the index of the axis along which the parts make up the whole, and panics
// if they do not.
func parts[T Float](op string, whole *Tensor[T], axis int, parts []*Tensor[T]) int {
	fail := func(reason string) {
		panic(operandError(op, reason, append([]*Tensor[T]{whole}, parts...)...))
	}
	if whole == nil {
		fail("the whole is nil")
	}
	a := whole.axis(op, axis)
	n := 0
	for i, p := range parts {
		switch {
		case p == nil:
			fail(fmt.Sprintf("part %d is nil", i))
		case !partOf(p, whole, a):
			fail(fmt.Sprintf("part %d differs from the whole in another axis than %d; whole, parts", i, a))
		case rangesMeet(whole.data, p.data) && whole.overlaps(p):
			fail(fmt.Sprintf("part %d shares memory with the whole; whole, parts", i))
		}
		n += p.shape[a]
	}
	if n != whole.shape[a] {
		fail(fmt.Sprintf("the parts have %d positions along axis %d, the whole %d; whole, parts", n, a, whole.shape[a]))
	}
	return a
}

func partOf[T Float](p, whole *Tensor[T], a int) bool {
	if len(p.shape) != len(whole.shape) {
		return false
	}
	for i, d := range whole.shape {
		if i != a && p.shape[i] != d {
			return false
		}
	}
	return true
}
