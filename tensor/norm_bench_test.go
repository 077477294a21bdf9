package tensor

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/lanes-go/lanes/asm"
)

// BenchmarkBatchNorm runs the passes of batch norm on every table, on one thread and on two.
func BenchmarkBatchNorm(b *testing.B) {
	for _, s := range []struct {
		shape []int
		o     BatchNormOptions
	}{
		{[]int{128, 1024}, BatchNormPyTorch()},
		{[]int{32, 64, 56, 56}, BatchNormOptions{Eps: 1e-5, ReLU: true}},
		{[]int{32, 56, 56, 64}, BatchNormOptions{Eps: 1e-5, ReLU: true, ChannelsLast: true}},
	} {
		c := newBNCase[float32](rand.New(rand.NewPCG(1, 2)), s.o, 0, s.shape...)
		c.run(asm.Active[float32](), New[float32])
		for _, k := range asm.Tables[float32]() {
			for _, threads := range []int{1, 2} {
				bench := func(pass string, f func()) {
					b.Run(fmt.Sprintf("pass=%s/shape=%v/relu=%v/isa=%s/threads=%d", pass, s.shape, s.o.ReLU, k.ISA, threads), func(b *testing.B) {
						defer SetMaxThreads(SetMaxThreads(threads))
						for b.Loop() {
							f()
						}
					})
				}
				bench("train", func() {
					batchNormTrain(k, c.y, c.mean, c.rstd, c.runMean, c.runVar, c.x, c.gamma, c.beta, &c.o)
				})
				bench("inference", func() {
					batchNormInference(k, c.yInfer, c.x, c.gamma, c.beta, c.runMean, c.runVar, &c.o)
				})
				bench("backward", func() {
					batchNormGrad(k, "G", c.dx, c.dgamma, c.dbeta, c.dy, c.x, c.y, c.gamma, c.mean, c.rstd, &c.o, false)
				})
			}
		}
	}
}
