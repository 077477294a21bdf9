package asm

import "testing"

func distRowCalls[T Float]() []rowCall[T] {
	return []rowCall[T]{
		{"DistSqRows", 0, func(k *Kernels[T], a []T, ld, rows int, v, w []T) { k.DistSqRows(w, a, ld, v) }},
		{"DistL1Rows", 0, func(k *Kernels[T], a []T, ld, rows int, v, w []T) { k.DistL1Rows(w, a, ld, v) }},
		{"DiffRows", 0, func(k *Kernels[T], a []T, ld, rows int, v, w []T) {
			copy(a, v[:min(len(v), 5)]) // some that do not differ
			k.DiffRows(w, a, ld, v)
		}},
		{"DotSqRows", 0, func(k *Kernels[T], a []T, ld, rows int, v, w []T) { k.DotSqRows(w, make([]T, rows), a, ld, v) }},
		{"DotSqRows/squares", 0, func(k *Kernels[T], a []T, ld, rows int, v, w []T) { k.DotSqRows(make([]T, rows), w, a, ld, v) }},
	}
}

func TestDistances(t *testing.T) {
	t.Run("float32", testDistances[float32])
	t.Run("float64", testDistances[float64])
}

func testDistances[T Float](t *testing.T) {
	x := []T{1, -2, 3, 0}
	a := []T{1, -2, 3, 0, 9, 0, -1, 2, 3, 9}
	for _, k := range Tables[T]() {
		var sq, l1, diff, dot, norm [2]T
		k.DistSqRows(sq[:], a, 5, x)
		k.DistL1Rows(l1[:], a, 5, x)
		k.DiffRows(diff[:], a, 5, x)
		k.DotSqRows(dot[:], norm[:], a, 5, x)
		if dot != [2]T{14, 8} || norm != [2]T{14, 14} {
			t.Errorf("isa=%s: products %v, squares %v", k.ISA, dot, norm)
		}
		if sq != [2]T{0, 1 + 1 + 1 + 9} || l1 != [2]T{0, 1 + 1 + 1 + 3} || diff != [2]T{0, 4} {
			t.Errorf("isa=%s: %v, %v, %v", k.ISA, sq, l1, diff)
		}
	}
}
