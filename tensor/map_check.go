package tensor

import "unsafe"

// The checks of element-wise operations: x, y, z are the inputs, one or another twice
// where there are fewer, which an error does not tell again.

const missing = "an operand is nil"

// equalShapes panics unless all have the shape of dst.
func equalShapes[T Float](op string, dst, x, y, z *Tensor[T]) {
	if dst == nil || x == nil || y == nil || z == nil {
		panic(mapError(op, missing, dst, x, y, z))
	}
	if !dst.SameShape(x) || y != x && !dst.SameShape(y) || z != x && z != y && !dst.SameShape(z) {
		panic(mapError(op, "the shapes differ", dst, x, y, z))
	}
}

// spreads panics unless all can be broadcast to the shape of dst.
func spreads[T Float](op string, dst, x, y, z *Tensor[T]) {
	if dst == nil || x == nil || y == nil || z == nil {
		panic(mapError(op, missing, dst, x, y, z))
	}
	if !spreadsTo(x.shape, dst.shape) || !spreadsTo(y.shape, dst.shape) || !spreadsTo(z.shape, dst.shape) {
		panic(mapError(op, "the shapes do not broadcast to that of dst", dst, x, y, z))
	}
}

// spreadsTo reports whether an array of one shape can be broadcast to another: seen
// from the last axis, lengths are equal, or 1, or missing.
func spreadsTo(shape, to []int) bool {
	lead := len(to) - len(shape)
	if lead < 0 {
		return false
	}
	for i, d := range shape {
		if d != 1 && d != to[lead+i] {
			return false
		}
	}
	return true
}

// checkApart panics if dst shares memory with the input t, unless every element of dst lies
// where the one it is made from does.
func checkApart[T Float](op string, dst, t, x, y, z *Tensor[T]) {
	if !rangesMeet(dst.data, t.data) || dst.samePlaces(t) || !dst.overlaps(t) {
		return
	}
	panic(mapError(op, "dst shares part of its memory with an input", dst, x, y, z))
}

// samePlaces reports whether every element of t lies where that of dst does.
func (dst *Tensor[T]) samePlaces(t *Tensor[T]) bool {
	if unsafe.SliceData(dst.data) != unsafe.SliceData(t.data) || !dst.SameShape(t) {
		return false
	}
	for i, d := range dst.shape {
		if d > 1 && dst.stride[i] != t.stride[i] {
			return false
		}
	}
	return true
}

func mapError[T Float](op, reason string, dst, x, y, z *Tensor[T]) *ShapeError {
	operands := [mapOperands]*Tensor[T]{dst, x}
	n := 2
	if y != x {
		operands[n] = y
		n++
	}
	if z != x && z != y {
		operands[n] = z
		n++
	}
	return operandError(op, reason, operands[:n]...)
}
