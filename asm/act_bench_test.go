package asm

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

// actBench calls a kernel on dst and inputs of one length.
type actBench[T Float] struct {
	name string
	run  func(k *Kernels[T], dst, x, y, z []T)
}

func actBenches[T Float]() []actBench[T] {
	return []actBench[T]{
		{"Copy", func(k *Kernels[T], dst, x, y, z []T) { k.Copy(dst, x) }},
		{"ReLU", func(k *Kernels[T], dst, x, y, z []T) { k.ReLU(dst, x) }},
		{"LeakyReLU", func(k *Kernels[T], dst, x, y, z []T) { k.LeakyReLU(dst, x, 0.01) }},
		{"ReLUGrad", func(k *Kernels[T], dst, x, y, z []T) { k.ReLUGrad(dst, x, y) }},
		{"LeakyReLUGrad", func(k *Kernels[T], dst, x, y, z []T) { k.LeakyReLUGrad(dst, x, y, 0.01) }},
		{"PReLU", func(k *Kernels[T], dst, x, y, z []T) { k.PReLU(dst, x, y) }},
		{"Maxout2", func(k *Kernels[T], dst, x, y, z []T) { k.Maximum(dst, y, x) }},
		{"MaxoutGrad", func(k *Kernels[T], dst, x, y, z []T) { k.MaxoutGrad(dst, x, y, z) }},
		{"SigmoidGrad", func(k *Kernels[T], dst, x, y, z []T) { k.SigmoidGrad(dst, x, y) }},
		{"TanhGrad", func(k *Kernels[T], dst, x, y, z []T) { k.TanhGrad(dst, x, y) }},
		{"ELU", func(k *Kernels[T], dst, x, y, z []T) { k.ELU(dst, x, 1, 1, 1) }},
		{"ELUGrad", func(k *Kernels[T], dst, x, y, z []T) { k.ELUGrad(dst, x, y, 1, 1, 1) }},
		{"Softplus", func(k *Kernels[T], dst, x, y, z []T) { k.Softplus(dst, x) }},
		{"SoftplusGrad", func(k *Kernels[T], dst, x, y, z []T) { k.SoftplusGrad(dst, x, y) }},
		{"Softsign", func(k *Kernels[T], dst, x, y, z []T) { k.Softsign(dst, x) }},
		{"SiLU", func(k *Kernels[T], dst, x, y, z []T) { k.SiLU(dst, x) }},
		{"SiLUGrad", func(k *Kernels[T], dst, x, y, z []T) { k.SiLUGrad(dst, x, y) }},
		{"Mish", func(k *Kernels[T], dst, x, y, z []T) { k.Mish(dst, x) }},
		{"MishGrad", func(k *Kernels[T], dst, x, y, z []T) { k.MishGrad(dst, x, y) }},
		{"GELU", func(k *Kernels[T], dst, x, y, z []T) { k.GELU(dst, x) }},
		{"GELUGrad", func(k *Kernels[T], dst, x, y, z []T) { k.GELUGrad(dst, x, y) }},
		{"GELUTanh", func(k *Kernels[T], dst, x, y, z []T) { k.GELUTanh(dst, x) }},
		{"GELUTanhGrad", func(k *Kernels[T], dst, x, y, z []T) { k.GELUTanhGrad(dst, x, y) }},
	}
}

// BenchmarkAct calls activations in the first and the second level cache and in memory,
// there by the NT tables too; long slices go in pieces of Chunk. Copy is what memory does.
func BenchmarkAct(b *testing.B) {
	b.Run("type=f32", benchAct[float32])
	b.Run("type=f64", benchAct[float64])
}

func benchAct[T Float](b *testing.B) {
	r := rand.New(rand.NewPCG(63, 64))
	const longest = 16 << 20
	var s [4][]T
	for i := range s {
		s[i] = make([]T, longest)
		for j := range s[i] {
			s[i][j] = T(r.Float64()*8 - 4)
		}
	}
	dst, x, y, z := s[0], s[1], s[2], s[3]
	for _, c := range actBenches[T]() {
		for _, k := range everyTable[T]() {
			for _, n := range []int{4 << 10, 64 << 10, longest} {
				if k.Kernels == k.NT && k.name != "generic" && n < longest {
					continue
				}
				b.Run(fmt.Sprintf("%s/isa=%s/n=%d", c.name, k.name, n), func(b *testing.B) {
					for b.Loop() {
						for lo := 0; lo < n; lo += Chunk {
							hi := min(lo+Chunk, n)
							c.run(k.Kernels, dst[lo:hi:hi], x[lo:hi:hi], y[lo:hi:hi], z[lo:hi:hi])
						}
					}
					b.ReportMetric(float64(n)*float64(b.N)/float64(b.Elapsed().Nanoseconds()), "elements/ns")
				})
			}
		}
	}
}
