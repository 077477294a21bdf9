package vec

import (
	"fmt"

	"github.com/lanes-go/lanes/tensor"
)

// Settings of the updates: learning rates, momenta, weight decay. The fields, and
// PyTorch's defaults, are at [tensor.SGDOptions] and so on; no field has a default here.
type (
	SGDOptions      = tensor.SGDOptions
	MomentumOptions = tensor.MomentumOptions
	AdagradOptions  = tensor.AdagradOptions
	RMSpropOptions  = tensor.RMSpropOptions
	AdamOptions     = tensor.AdamOptions
)

// update runs f on tensors over the slices.
func update[T Float](op string, f func(o *operands[T]), s ...[]T) {
	o := begin(op, s...)
	defer o.put()
	for _, x := range s {
		if len(x) != len(s[0]) {
			o.fail(lengthsDiffer)
		}
	}
	f(o)
}

// SGD is a step against the gradient: w = w - LR·d with d = scale·dw + WeightDecay·w. scale
// is 1, or the factor of [ClipGlobalNorm]. w and dw have one length and share no memory. See
// [tensor.SGD].
func SGD[T Float](w, dw []T, scale float64, opts SGDOptions) {
	update("SGD", func(o *operands[T]) { tensor.SGD(&o.t[0], &o.t[1], scale, opts) }, w, dw)
}

// SGDMomentum is a step with momentum: v = Momentum·v + d; w = w - LR·v, with d as in [SGD],
// or with LRInVelocity as Keras has it. v, the velocity, starts at 0. w, v and dw have one
// length and share no memory. See [tensor.SGDMomentum].
func SGDMomentum[T Float](w, v, dw []T, scale float64, opts MomentumOptions) {
	update("SGDMomentum", func(o *operands[T]) { tensor.SGDMomentum(&o.t[0], &o.t[1], &o.t[2], scale, opts) }, w, v, dw)
}

// Nesterov is a step with Nesterov's momentum: v = Momentum·v + d; w = w - LR·(Momentum·v +
// d), with d as in [SGD], or with LRInVelocity as Keras has it. v starts at 0. w, v and dw
// have one length and share no memory. See [tensor.Nesterov].
func Nesterov[T Float](w, v, dw []T, scale float64, opts MomentumOptions) {
	update("Nesterov", func(o *operands[T]) { tensor.Nesterov(&o.t[0], &o.t[1], &o.t[2], scale, opts) }, w, v, dw)
}

// Adagrad is a step of Adagrad: s = s + d²; w = w - LR·d/(√s + Eps), with d as in [SGD]. s
// starts at 0. w, s and dw have one length and share no memory. See [tensor.Adagrad].
func Adagrad[T Float](w, s, dw []T, scale float64, opts AdagradOptions) {
	update("Adagrad", func(o *operands[T]) { tensor.Adagrad(&o.t[0], &o.t[1], &o.t[2], scale, opts) }, w, s, dw)
}

// RMSprop is a step of RMSprop: s = Alpha·s + (1-Alpha)·d²; w = w - LR·d/(√s + Eps), with d
// as in [SGD]. s starts at 0. w, s and dw have one length and share no memory. See
// [tensor.RMSprop].
func RMSprop[T Float](w, s, dw []T, scale float64, opts RMSpropOptions) {
	update("RMSprop", func(o *operands[T]) { tensor.RMSprop(&o.t[0], &o.t[1], &o.t[2], scale, opts) }, w, s, dw)
}

// Adam is step t = 1, 2, … of Adam with means m of d and v of d², which start at 0:
//
//	m = Beta1·m + (1-Beta1)·d, v = Beta2·v + (1-Beta2)·d²
//	w = w - LR·m' / (√v' + Eps), m' = m/(1-Beta1^t), v' = v/(1-Beta2^t)
//
// with d as in [SGD]. w, m, v and dw have one length and share no memory. It panics if
// t < 1. How it is rounded is at [tensor.Adam].
func Adam[T Float](w, m, v, dw []T, t int, scale float64, opts AdamOptions) {
	update("Adam", func(o *operands[T]) { tensor.Adam(&o.t[0], &o.t[1], &o.t[2], &o.t[3], t, scale, opts) }, w, m, v, dw)
}

// AdamW is [Adam] with decoupled weight decay: d = scale·dw, and w is multiplied by
// 1 - LR·WeightDecay before the step. m and v start at 0; w, m, v and dw have one length and
// share no memory. It panics if t < 1. See [tensor.AdamW].
func AdamW[T Float](w, m, v, dw []T, t int, scale float64, opts AdamOptions) {
	update("AdamW", func(o *operands[T]) { tensor.AdamW(&o.t[0], &o.t[1], &o.t[2], &o.t[3], t, scale, opts) }, w, m, v, dw)
}

// ClipGlobalNorm returns the Euclidean norm of all gradients together and the factor
// min(1, most/(norm+1e-6)) that makes it at most about most, as PyTorch's
// clip_grad_norm_ does. It changes no gradient: the factor is the scale of the updates
// above, or, to clip in place, that of [ScaleInPlace] for each slice. Clipping by value is
// [Clamp]. The slices may have any lengths, and may be none at all: the norm is then 0.
//
// Where all gradients are 0 the norm is 0 and nothing happens to them. A NaN among them
// makes norm and scale NaN; an infinity, or a sum of squares that overflows (in float32
// from a norm of 1.8e19 on), makes norm +Inf and scale 0, and an infinity times 0 is NaN:
// who would rather leave out the step looks at norm first. It panics if most is negative
// or NaN; +Inf never clips, but by a norm that is NaN.
func ClipGlobalNorm[T Float](most float64, dw ...[]T) (norm, scale float64) {
	m := getMany[T]("ClipGlobalNorm")
	defer m.put()
	t := m.tensors(dw)
	if !(most >= 0) {
		fail(m.op, fmt.Sprintf("the greatest norm is %v, want at least 0", most), m.lens()...)
	}
	return tensor.ClipGlobalNorm(most, t...)
}
