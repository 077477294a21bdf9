package asm

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"unsafe"
)

// kernelBench calls a kernel on slices of one length; streams are how many elements
// it moves from or to memory for each of them.
type kernelBench[T Float] struct {
	name    string
	streams int
	run     func(k *Kernels[T], x, y, z []T)
}

func kernelBenches[T Float]() []kernelBench[T] {
	bytes := func(x []T) []byte {
		return unsafe.Slice((*byte)(unsafe.Pointer(&x[0])), len(x)*int(unsafe.Sizeof(x[0])))
	}
	return []kernelBench[T]{
		{"ProbeRead", 1, func(k *Kernels[T], x, y, z []T) { k.ProbeRead(bytes(x)) }},
		{"ProbeCopy", 2, func(k *Kernels[T], x, y, z []T) { k.ProbeCopy(bytes(x), bytes(y)) }},
		{"Sum", 1, func(k *Kernels[T], x, y, z []T) { k.Sum(x) }},
		{"Asum", 1, func(k *Kernels[T], x, y, z []T) { k.Asum(x) }},
		{"SumSq", 1, func(k *Kernels[T], x, y, z []T) { k.SumSq(x) }},
		{"AMax", 1, func(k *Kernels[T], x, y, z []T) { k.AMax(x) }},
		{"Max", 1, func(k *Kernels[T], x, y, z []T) { k.Max(x) }},
		{"ArgMax", 1, func(k *Kernels[T], x, y, z []T) { k.ArgMax(x) }},
		{"Moments", 1, func(k *Kernels[T], x, y, z []T) { k.Moments(x) }},
		{"Dot", 2, func(k *Kernels[T], x, y, z []T) { k.Dot(x, y) }},
		{"Scale", 2, func(k *Kernels[T], x, y, z []T) { k.Scale(x, 1, x) }},
		{"Axpy", 3, func(k *Kernels[T], x, y, z []T) { k.Axpy(x, 0, y) }},
		{"Add", 3, func(k *Kernels[T], x, y, z []T) { k.Add(x, y, z) }},
		{"Copy", 2, func(k *Kernels[T], x, y, z []T) { k.Copy(x, y) }},
		{"Affine", 2, func(k *Kernels[T], x, y, z []T) { k.Affine(x, y, 2, 1) }},
		{"Sqrt", 2, func(k *Kernels[T], x, y, z []T) { k.Sqrt(x, z) }},
		{"Div", 3, func(k *Kernels[T], x, y, z []T) { k.Div(x, y, z) }},
		{"Maximum", 3, func(k *Kernels[T], x, y, z []T) { k.Maximum(x, y, z) }},
		{"Lt", 3, func(k *Kernels[T], x, y, z []T) { k.Lt(x, y, z) }},
		{"FMA", 3, func(k *Kernels[T], x, y, z []T) { k.FMA(x, y, z, z) }},
		{"Select", 3, func(k *Kernels[T], x, y, z []T) { k.Select(x, y, z, z) }},
		{"Rot", 4, func(k *Kernels[T], x, y, z []T) { k.Rot(x, y, 0.6, 0.8) }},
		{"Swap", 4, func(k *Kernels[T], x, y, z []T) { k.Swap(x, y) }},
	}
}

// BenchmarkKernel calls kernels through the tables; long slices go in pieces of Chunk,
// as the packages above do it. The probes move as many bytes of the same slices.
func BenchmarkKernel(b *testing.B) {
	for i, c := range kernelBenches[float32]() {
		b.Run(c.name, func(b *testing.B) {
			benchKernel(b, "f32", c)
			benchKernel(b, "f64", kernelBenches[float64]()[i])
		})
	}
}

func benchKernel[T Float](b *testing.B, dtype string, c kernelBench[T]) {
	size := int(unsafe.Sizeof(T(0)))
	r := rand.New(rand.NewPCG(61, 62))
	const longest = 1 << 20
	x, y, z := make([]T, longest), make([]T, longest), make([]T, longest)
	for i := range x {
		x[i], y[i], z[i] = T(r.Float64()-0.5), T(r.Float64()-0.5), T(r.Float64()-0.5)
	}
	for _, k := range Tables[T]() {
		for _, n := range []int{8, 16, 31, 64, 16384 / size, 262144 / size, longest} {
			b.Run(fmt.Sprintf("isa=%s/type=%s/n=%d", k.ISA, dtype, n), func(b *testing.B) {
				b.SetBytes(int64(n * size * c.streams))
				for b.Loop() {
					for lo := 0; lo < n; lo += Chunk {
						hi := min(lo+Chunk, n)
						c.run(k, x[lo:hi:hi], y[lo:hi:hi], z[lo:hi:hi])
					}
				}
			})
		}
	}
}

// BenchmarkKernelRows calls the kernels of rows on matrices of n columns, in calls of
// at most two chunks. Bytes are those of the matrix, read and, by AxpyRows, written.
func BenchmarkKernelRows(b *testing.B) {
	b.Run("type=f32", benchKernelRows[float32])
	b.Run("type=f64", benchKernelRows[float64])
}

func benchKernelRows[T Float](b *testing.B) {
	size := int(unsafe.Sizeof(T(0)))
	a, v, w := make([]T, 2048*2048), make([]T, 2048), make([]T, 2048)
	for i := range a {
		a[i] = T(i % 7)
	}
	for i := range v { // memory never written is one page of zeros, many times: slow
		v[i], w[i] = 1e-3, 1e-3
	}
	for _, k := range Tables[T]() {
		for _, c := range rowCalls[T]() {
			for _, s := range [][3]int{{64, 10, 10}, {16, 16, 16}, {64, 64, 64}, {100, 100, 100}, {200, 200, 200}, {64, 512, 512}, {64, 512, 520}, {256, 256, 256}, {1000, 1000, 1000}, {2048, 2048, 2048}} {
				rows, n, ld := s[0], s[1], s[2]
				b.Run(fmt.Sprintf("%s/isa=%s/rows=%d/n=%d/ld=%d", c.name, k.ISA, rows, n, ld), func(b *testing.B) {
					bytes := rows * n * size
					if c.name == "AxpyRows" || c.name == "RotRows" {
						bytes *= 2
					}
					b.SetBytes(int64(bytes))
					step := max(2, 2*Chunk/n)
					if c.name == "ColSum" {
						step = BlockRows
					}
					for b.Loop() {
						for i := 0; i < rows; i += step {
							h := min(i+step, rows)
							c.run(k, a[i*ld:], ld, h-i, v[:n:n], w[i:h:h])
						}
					}
				})
			}
		}
	}
}
