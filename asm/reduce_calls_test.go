package asm

import "slices"

// reduceCalls are those of reductions of one slice, and of moments.
func reduceCalls[T Float]() []call[T] {
	reduce := func(name string, run func(k *Kernels[T], x []T) T) call[T] {
		return call[T]{name: name, inputs: 1, reads: true,
			run: func(k *Kernels[T], dst []T, in [][]T) T { return run(k, in[0]) }}
	}
	return []call[T]{
		reduce("Min", func(k *Kernels[T], x []T) T { return k.Min(x) }),
		reduce("ArgMax", func(k *Kernels[T], x []T) T { return T(k.ArgMax(x)) }),
		reduce("ArgMin", func(k *Kernels[T], x []T) T { return T(k.ArgMin(x)) }),
		reduce("Moments", func(k *Kernels[T], x []T) T { mean, _, _ := k.Moments(x); return mean }),
		reduce("Moments", func(k *Kernels[T], x []T) T { _, rest, _ := k.Moments(x); return rest }),
		reduce("Moments", func(k *Kernels[T], x []T) T { _, _, m2 := k.Moments(x); return m2 }),
		{name: "MergeMoments", inputs: 6, writes: 3,
			run: func(k *Kernels[T], dst []T, in [][]T) T {
				k.MergeMoments(in[0], in[1], in[2], in[3], in[4], in[5], 0.3, 44.8)
				return 0
			}},
	}
}

// reduceRowCalls are those of reductions of the rows or the columns of a matrix; what
// has several results is there once for each.
func reduceRowCalls[T Float]() []rowCall[T] {
	search := func(name string, run func(k *Kernels[T]) func(val, row, x []T, ld int, at []T)) []rowCall[T] {
		return []rowCall[T]{
			{name, 0, func(k *Kernels[T], a []T, ld, rows int, v, w []T) { run(k)(v, make([]T, len(v)), a, ld, w) }},
			{name, 0, func(k *Kernels[T], a []T, ld, rows int, v, w []T) {
				run(k)(slices.Clone(a[:len(v)]), v, a[min(rows-1, 1)*ld:], ld, w[min(rows-1, 1):])
			}},
		}
	}
	moments := func(run func(k *Kernels[T], v, s, t, a []T, ld, rows int)) rowCall[T] {
		return rowCall[T]{"ColMoments", 2, func(k *Kernels[T], a []T, ld, rows int, v, w []T) {
			run(k, v, make([]T, len(v)), make([]T, len(v)), a, ld, rows)
		}}
	}
	return slices.Concat([]rowCall[T]{
		{"SumRows", 1, func(k *Kernels[T], a []T, ld, rows int, v, w []T) { k.SumRows(w, a, ld, len(v)) }},
		{"ColAsum", 2, func(k *Kernels[T], a []T, ld, rows int, v, w []T) { k.ColAsum(v, a, ld, rows) }},
		{"ColDot", 2, func(k *Kernels[T], a []T, ld, rows int, v, w []T) {
			k.ColDot(v, a, ld, slices.Repeat([]T{3}, len(v)), 0, rows)
		}},
		{"ColDot", 2, func(k *Kernels[T], a []T, ld, rows int, v, w []T) {
			k.ColDot(v, slices.Repeat(a[:len(v):len(v)], rows), len(v), a, ld, rows)
		}},
		{"ColMax", 2, func(k *Kernels[T], a []T, ld, rows int, v, w []T) { k.ColMax(v, a, ld, rows) }},
		{"ColMin", 2, func(k *Kernels[T], a []T, ld, rows int, v, w []T) { k.ColMin(v, a, ld, rows) }},
		moments(func(k *Kernels[T], v, s, t, a []T, ld, rows int) { k.ColMoments(v, s, t, a, ld, rows) }),
		moments(func(k *Kernels[T], v, s, t, a []T, ld, rows int) { k.ColMoments(s, v, t, a, ld, rows) }),
		moments(func(k *Kernels[T], v, s, t, a []T, ld, rows int) { k.ColMoments(s, t, v, a, ld, rows) }),
	},
		search("ColArgMax", func(k *Kernels[T]) func(val, row, x []T, ld int, at []T) { return k.ColArgMax }),
		search("ColArgMin", func(k *Kernels[T]) func(val, row, x []T, ld int, at []T) { return k.ColArgMin }))
}

// reduceShortCalls are calls on matrices of 3 rows of n elements.
func reduceShortCalls[T Float](k *Kernels[T], n int) []shortCall[T] {
	n = max(n, 16) // of fewer none may be greater, or less, than what is there
	ld := n + 2
	matrix := 2*ld + n
	return []shortCall[T]{
		{name: "SumRows", first: 1, lens: []int{3, matrix}, run: func(s [][]T) { k.SumRows(s[0], s[1], ld, n) }},
		{name: "ColAsum", first: 1, lens: []int{n, matrix}, run: func(s [][]T) { k.ColAsum(s[0], s[1], ld, 3) }},
		{name: "ColDot", first: 1, lens: []int{n, matrix, matrix}, run: func(s [][]T) { k.ColDot(s[0], s[1], ld, s[2], ld, 3) }},
		{name: "ColMax", first: 1, lens: []int{n, matrix}, run: func(s [][]T) { k.ColMax(s[0], s[1], ld, 3) }},
		{name: "ColMin", first: 1, lens: []int{n, matrix}, run: func(s [][]T) { k.ColMin(s[0], s[1], ld, 3) }},
		{name: "ColMoments", first: 1, lens: []int{n, n, n, matrix}, run: func(s [][]T) { k.ColMoments(s[0], s[1], s[2], s[3], ld, 3) }},
		{name: "ColArgMax", first: 1, lens: []int{n, n, matrix}, run: func(s [][]T) { k.ColArgMax(s[0], s[1], s[2], ld, []T{5, 6, 7}) }},
		{name: "ColArgMin", first: 1, lens: []int{n, n, matrix}, run: func(s [][]T) { k.ColArgMin(s[0], s[1], s[2], ld, []T{5, 6, 7}) }},
	}
}
