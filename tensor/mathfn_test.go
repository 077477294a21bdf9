package tensor

import (
	"math/rand/v2"
	"testing"

	"github.com/lanes-go/lanes/asm"
)

func mathOps[T Float]() []eltwiseOp[T] {
	unary := func(name string, f func(dst, x *Tensor[T]), ref func(x T) T) eltwiseOp[T] {
		return eltwiseOp[T]{name: name, inputs: 1,
			run: func(dst *Tensor[T], in []*Tensor[T]) { f(dst, in[0]) },
			ref: func(v []T) T { return ref(v[0]) }}
	}
	return []eltwiseOp[T]{
		unary("Exp", Exp[T], asm.Exp[T]),
		unary("Expm1", Expm1[T], asm.Expm1[T]),
		unary("Log", Log[T], asm.Log[T]),
		unary("Log1p", Log1p[T], asm.Log1p[T]),
		unary("Tanh", Tanh[T], asm.Tanh[T]),
		unary("Sigmoid", Sigmoid[T], asm.Sigmoid[T]),
		unary("Erf", Erf[T], asm.Erf[T]),
		unary("Rsqrt", Rsqrt[T], asm.Rsqrt[T]),
		unary("Sin", Sin[T], asm.Sin[T]),
		unary("Cos", Cos[T], asm.Cos[T]),
		{name: "Pow", inputs: 2, spread: true,
			run: func(dst *Tensor[T], in []*Tensor[T]) { Pow(dst, in[0], in[1]) },
			ref: func(v []T) T { return asm.Pow(v[0], v[1]) }},
	}
}

func TestMathOps(t *testing.T) {
	t.Run("f32", func(t *testing.T) { testEltwiseOps(t, mathOps[float32]()) })
	t.Run("f64", func(t *testing.T) { testEltwiseOps(t, mathOps[float64]()) })
}

// Long tensors, on several threads and past the caches: the bits of single elements.
func TestMathLong(t *testing.T) {
	t.Run("f32", testMathLong[float32])
	t.Run("f64", testMathLong[float64])
}

func testMathLong[T Float](t *testing.T) {
	defer SetMaxThreads(SetMaxThreads(0))
	defer func(n int) { streamFrom = n }(streamFrom)
	streamFrom = 40000
	r := rand.New(rand.NewPCG(47, 48))
	n := 2*16384 + 77
	if !testing.Short() {
		n = 3*16384 + 77
	}
	for _, op := range mathOps[T]() {
		in, dst := []*Tensor[T]{special(r, New[T](n)), special(r, New[T](n))}[:op.inputs], New[T](n)
		for threads := 1; threads <= 3; threads++ {
			SetMaxThreads(threads)
			clear(dst.data)
			op.run(dst, in)
			wantMap(t, op.name, dst, op.ref, in...)
		}
	}
}
