package main

import (
	"github.com/lanes-go/lanes/tensor"
	"github.com/lanes-go/lanes/vec"
)

// halfList are the conversions between float32 and 16 bits, six bytes an element.
func halfList[T tensor.Float]() (list []elementOp[T]) {
	for _, c := range []struct {
		name string
		to   func(dst []uint16, x []float32)
		from func(dst []float32, x []uint16)
	}{
		{"tof16", vec.ToF16, vec.FromF16}, {"tobf16", vec.ToBF16, vec.FromBF16},
		{"fromf16", vec.ToF16, vec.FromF16}, {"frombf16", vec.ToBF16, vec.FromBF16},
	} {
		e := sized(6, whole(c.name, 1, 1, flatSizes, func(o *operands[T]) func() {
			// Of float32 alone, which rows see to.
			x, d, half := any(o.x).([]float32), any(o.d).([]float32), make([]uint16, len(o.x))
			c.to(half, x)
			if c.name[0] == 'f' {
				return func() { c.from(d, half) }
			}
			clear(half)
			o.s = make([]T, 8)
			return func() {
				c.to(half, x)
				for i := range o.s {
					o.s[i] = T(half[i])
				}
			}
		}))
		e.only32 = true
		list = append(list, e)
	}
	return list
}
