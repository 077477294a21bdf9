package main

import (
	"crypto/sha256"
	"encoding/hex"
	"iter"
	"math"

	"github.com/lanes-go/lanes/bench/shapes"
	"github.com/lanes-go/lanes/tensor"
)

// fill writes the operand number stream: element i is a function of stream and i
// alone (splitmix64), exact in its type, in [-1, 1). So a shorter operand is the
// beginning of a longer one, and every machine has the same.
func fill[T tensor.Float](x []T, stream uint64) {
	bits := 53
	if is32[T]() {
		bits = 24
	}
	scale := math.Ldexp(2, -bits)
	for i := range x {
		z := stream<<48 + uint64(i+1)*0x9e3779b97f4a7c15
		z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
		z = (z ^ z>>27) * 0x94d049bb133111eb
		z ^= z >> 31
		x[i] = T(float64(z>>(64-bits))*scale) - 1
	}
}

func is32[T tensor.Float]() bool {
	var z T
	_, ok := any(z).(float32)
	return ok
}

// arena holds the operands of all cases of one type: a case uses the beginnings.
type arena[T tensor.Float] struct{ a, b, bias, c []T }

func newArena[T tensor.Float](rows []shapes.Row) *arena[T] {
	var a, b, n, c int
	for _, r := range rows {
		a, b, n, c = max(a, r.M*r.K), max(b, r.K*r.N), max(n, r.N), max(c, r.M*r.N)
	}
	x := &arena[T]{make([]T, a), make([]T, b), make([]T, n), make([]T, c)}
	fill(x.a, 1)
	fill(x.b, 2)
	fill(x.bias, 3)
	return x
}

// operation returns the function that does r iters times, and the C it writes.
func (x *arena[T]) operation(r shapes.Row) (run func(iters int), c []T) {
	tA, tB := r.Trans[0] == 't', r.Trans[1] == 't'
	m, n, k := r.M, r.N, r.K
	a, b, c := x.a[:m*k], x.b[:k*n], x.c[:m*n]
	lda, ldb := k, n
	if tA {
		lda = m
	}
	if tB {
		ldb = k
	}
	switch r.Op {
	case "packed":
		w := tensor.PackRHS(tB, k, n, b, ldb)
		e := tensor.Epilogue[T]{Bias: x.bias[:n], Act: tensor.ActReLU}
		return func(iters int) {
			for range iters {
				tensor.GemmPacked(false, m, a, lda, w, e, c, n)
			}
		}, c
	case "plainloop":
		return func(iters int) {
			for range iters {
				plainLoop(m, n, k, a, b, c)
			}
		}, c
	}
	return func(iters int) {
		for range iters {
			tensor.Gemm(tA, tB, m, n, k, 1, a, lda, b, ldb, 0, c, n)
		}
	}, c
}

// plainLoop is the product as one writes it in Go, without fused multiply-adds:
// what the plain table's exact ones are to be compared with.
func plainLoop[T tensor.Float](m, n, k int, a, b, c []T) {
	clear(c)
	for i := range m {
		ci := c[i*n : i*n+n]
		for p := range k {
			v, bp := a[i*k+p], b[p*n:p*n+n]
			for j := range ci {
				ci[j] += T(v * bp[j])
			}
		}
	}
}

// hashLen is the number of hexadecimal digits of a hash.
const hashLen = 16

// hash is the beginning of the SHA-256 of the IEEE bits of the results in order, least
// significant byte first, every NaN as the canonical quiet one.
func hash[T tensor.Float](results ...[]T) string {
	h := sha256.New()
	buf := make([]byte, 0, 8192)
	for _, v := range join(results) {
		if is32[T]() {
			u := math.Float32bits(float32(v))
			if v != v {
				u = 0x7fc00000
			}
			buf = append(buf, byte(u), byte(u>>8), byte(u>>16), byte(u>>24))
		} else {
			u := math.Float64bits(float64(v))
			if v != v {
				u = 0x7ff8000000000000
			}
			buf = append(buf, byte(u), byte(u>>8), byte(u>>16), byte(u>>24), byte(u>>32), byte(u>>40), byte(u>>48), byte(u>>56))
		}
		if len(buf) == cap(buf) {
			h.Write(buf)
			buf = buf[:0]
		}
	}
	h.Write(buf)
	return hex.EncodeToString(h.Sum(nil)[:hashLen/2])
}

// join yields the elements of all slices in turn.
func join[T tensor.Float](all [][]T) iter.Seq2[int, T] {
	return func(yield func(int, T) bool) {
		n := 0
		for _, x := range all {
			for _, v := range x {
				if !yield(n, v) {
					return
				}
				n++
			}
		}
	}
}

// operandBytes is the memory of A, B and C, each once.
func operandBytes(r shapes.Row) float64 {
	size := 4.0
	if r.DType == "f64" {
		size = 8
	}
	m, n, k := float64(r.M), float64(r.N), float64(r.K)
	return size * (float64(m*k) + float64(k*n) + float64(m*n))
}
