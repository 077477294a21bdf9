package tensor

import "github.com/lanes-go/lanes/asm"

// ReLU computes dst = x < 0 ? 0 : x, so that NaN and -0 pass. dst may be x.
func ReLU[T Float](dst, x *Tensor[T]) {
	map1("ReLU", light, dst, x, func(k *asm.Kernels[T]) func(dst, x []T) { return k.ReLU })
}

// ReLUGrad computes dx = y > 0 ? dy : 0, where y is the input of ReLU or its
// result. dx may be dy or y.
func ReLUGrad[T Float](dx, dy, y *Tensor[T]) {
	map2("ReLUGrad", light, dx, dy, y, func(k *asm.Kernels[T]) func(dst, x, y []T) { return k.ReLUGrad })
}
