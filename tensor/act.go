package tensor

import "github.com/lanes-go/lanes/asm"

// ReLU computes dst = x < 0 ? 0 : x, so that NaN and -0 pass. dst may be x.
func ReLU[T Float](dst, x *Tensor[T]) {
	if !dst.SameShape(x) {
		panic(shapeError("ReLU", "the shapes differ", dst.shape, x.shape))
	}
	inPlace("ReLU", dst, x, x)
	asm.Active[T]().ReLU(dst.Data(), x.Data())
}

// ReLUGrad computes dx = y > 0 ? dy : 0, where y is the input of ReLU or its
// result. dx may be dy.
func ReLUGrad[T Float](dx, dy, y *Tensor[T]) {
	sameShapes("ReLUGrad", dx, dy, y)
	asm.Active[T]().ReLUGrad(dx.Data(), dy.Data(), y.Data())
}
