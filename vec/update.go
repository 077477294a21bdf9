package vec

import "github.com/lanes-go/lanes/tensor"

// Settings of the updates; see package tensor.
type (
	SGDOptions      = tensor.SGDOptions
	MomentumOptions = tensor.MomentumOptions
	AdagradOptions  = tensor.AdagradOptions
	RMSpropOptions  = tensor.RMSpropOptions
	AdamOptions     = tensor.AdamOptions
)

// Updates of weights w by gradients dw, in place and in one pass. State starts at 0. All
// slices have one length and share no memory. Gradients count scale times: 1, or the
// factor that clips their norm.

// update runs f on tensors over the slices.
func update[T Float](op string, f func(o *operands[T]), s ...[]T) {
	for _, x := range s {
		if len(x) != len(s[0]) {
			lens := make([]int, len(s))
			for i, x := range s {
				lens[i] = len(x)
			}
			fail(op, lengthsDiffer, lens...)
		}
	}
	o := getOperands(s...)
	defer o.put()
	f(o)
}

// SGD is a step against the gradient. See [tensor.SGD].
func SGD[T Float](w, dw []T, scale float64, opts SGDOptions) {
	update("SGD", func(o *operands[T]) { tensor.SGD(&o.t[0], &o.t[1], scale, opts) }, w, dw)
}

// SGDMomentum is a step with velocity v. See [tensor.SGDMomentum].
func SGDMomentum[T Float](w, v, dw []T, scale float64, opts MomentumOptions) {
	update("SGDMomentum", func(o *operands[T]) { tensor.SGDMomentum(&o.t[0], &o.t[1], &o.t[2], scale, opts) }, w, v, dw)
}

// Nesterov is a step with Nesterov's momentum. See [tensor.Nesterov].
func Nesterov[T Float](w, v, dw []T, scale float64, opts MomentumOptions) {
	update("Nesterov", func(o *operands[T]) { tensor.Nesterov(&o.t[0], &o.t[1], &o.t[2], scale, opts) }, w, v, dw)
}

// Adagrad is a step of Adagrad with sums s of squared gradients. See [tensor.Adagrad].
func Adagrad[T Float](w, s, dw []T, scale float64, opts AdagradOptions) {
	update("Adagrad", func(o *operands[T]) { tensor.Adagrad(&o.t[0], &o.t[1], &o.t[2], scale, opts) }, w, s, dw)
}

// RMSprop is a step of RMSprop with means s of squared gradients. See [tensor.RMSprop].
func RMSprop[T Float](w, s, dw []T, scale float64, opts RMSpropOptions) {
	update("RMSprop", func(o *operands[T]) { tensor.RMSprop(&o.t[0], &o.t[1], &o.t[2], scale, opts) }, w, s, dw)
}

// Adam is step t = 1, 2, … of Adam with means m and v of gradients and their squares.
// See [tensor.Adam].
func Adam[T Float](w, m, v, dw []T, t int, scale float64, opts AdamOptions) {
	update("Adam", func(o *operands[T]) { tensor.Adam(&o.t[0], &o.t[1], &o.t[2], &o.t[3], t, scale, opts) }, w, m, v, dw)
}

// AdamW is Adam with decoupled weight decay. See [tensor.AdamW].
func AdamW[T Float](w, m, v, dw []T, t int, scale float64, opts AdamOptions) {
	update("AdamW", func(o *operands[T]) { tensor.AdamW(&o.t[0], &o.t[1], &o.t[2], &o.t[3], t, scale, opts) }, w, m, v, dw)
}
