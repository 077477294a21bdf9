package tensor

import "github.com/lanes-go/lanes/asm"

// SGD computes w = w - lr·g, fused: fma(-lr, g, w).
func SGD[T Float](w, g *Tensor[T], lr T) {
	sameShapes("SGD", w, g, g)
	separate("SGD", w, g, w)
	k, ws, gs := asm.Active[T](), w.Data(), g.Data()
	for i := 0; i < len(ws); i += asm.Chunk {
		j := min(i+asm.Chunk, len(ws))
		k.SGD(ws[i:j], gs[i:j], lr)
	}
}

// SGDMomentum computes v = fma(mu, v, g), then w = fma(-lr, v, w): PyTorch's form
// of momentum, in which the learning rate is no part of the velocity.
func SGDMomentum[T Float](w, v, g *Tensor[T], lr, mu T) {
	sameShapes("SGDMomentum", w, v, g)
	separate("SGDMomentum", w, v, g)
	separate("SGDMomentum", v, g, w)
	k, ws, vs, gs := asm.Active[T](), w.Data(), v.Data(), g.Data()
	for i := 0; i < len(ws); i += asm.Chunk {
		j := min(i+asm.Chunk, len(ws))
		k.SGDMomentum(ws[i:j], vs[i:j], gs[i:j], lr, mu)
	}
}

// separate panics if x shares memory with y, or with z unless z is x.
func separate[T Float](op string, x, y, z *Tensor[T]) {
	if rangesMeet(x.data, y.data) || x != z && rangesMeet(x.data, z.data) {
		panic(shapeError(op, "the operands share memory", x.shape, y.shape, z.shape))
	}
}
