package vec

import (
	"github.com/lanes-go/lanes/tensor"
)

// PReLU computes dst[i] = x[i] < 0 ? slope*x[i] : x[i], with one slope for all. With one
// for each channel it is [PReLUChannels].
//
//forms:inplace new
func PReLU[T Float](dst, x []T, slope T) { LeakyReLU(dst, x, slope) }

// PReLUGrad computes dx = x > 0 ? dy : slope*dy from the input x of PReLU.
func PReLUGrad[T Float](dx, dy, x []T, slope T) { LeakyReLUGrad(dx, dy, x, slope) }

// PReLUSlopeGrad returns the gradient of the slope of PReLU, Σ x[i] < 0 ? dy[i]*x[i] : 0.
func PReLUSlopeGrad[T Float](dy, x []T) T {
	if len(dy) != len(x) {
		fail("PReLUSlopeGrad", lengthsDiffer, len(dy), len(x))
	}
	o := begin("PReLUSlopeGrad", dy, x)
	defer o.put()
	o.t[2].Over(o.one[:], 1)
	tensor.PReLUSlopeGrad(&o.t[2], &o.t[0], &o.t[1])
	return o.one[0]
}

// Maxout computes dst[i] = the greatest of the pieces' elements i. Of equal ones the
// first wins, and NaN wins over all. All have one length. dst may be one of the first two
// pieces, and is apart from the others. See [tensor.Maxout].
func Maxout[T Float](dst []T, pieces ...[]T) {
	m := getMany[T]("Maxout")
	defer m.put()
	tensor.Maxout(m.tensor(dst), m.tensors(pieces)...)
}

// MaxoutGrad computes the gradients dx of the pieces of y = Maxout(pieces): dy where a
// piece has won, 0 elsewhere. All have one length. The last of dx may be dy; else the
// gradients share no memory with anything. See [tensor.MaxoutGrad].
func MaxoutGrad[T Float](dx [][]T, dy, y []T, pieces ...[]T) {
	m := getMany[T]("MaxoutGrad")
	defer m.put()
	tensor.MaxoutGrad(m.tensors(dx), m.tensor(dy), m.tensor(y), m.tensors(pieces)...)
}
