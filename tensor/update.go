package tensor

import (
	"fmt"
	"math"

	"github.com/lanes-go/lanes/internal/chunk"
)

// SGDOptions are the settings of SGD.
type SGDOptions struct {
	LR          float64 // learning rate
	WeightDecay float64 // added to the gradient, times the weight
	ClearGrad   bool    // dw is 0 afterwards, in the same pass
}

// SGD computes w = fma(-LR, d, w), with the gradient that counts
//
//	d = scale·dw, and fma(WeightDecay, w, d) if WeightDecay is not 0
//
// where scale is 1, or the factor of ClipGlobalNorm. w and dw have one shape and share no
// memory.
func SGD[T Float](w, dw *Tensor[T], scale float64, o SGDOptions) {
	u := getUpdate("SGD", updateSGD, w, dw, nil, nil)
	u.a = [8]T{T(o.LR), T(o.WeightDecay), T(scale)}
	u.clear = o.ClearGrad
	u.run()
}

// MomentumOptions are the settings of SGDMomentum and Nesterov.
type MomentumOptions struct {
	LR          float64 // learning rate
	Momentum    float64 // mu: what is left of the velocity after a step
	WeightDecay float64 // added to the gradient, times the weight
	ClearGrad   bool    // dw is 0 afterwards, in the same pass

	// LRInVelocity has the velocity sum up steps, as in CS231n and Keras, not
	// gradients, as in PyTorch. The difference shows where LR changes.
	LRInVelocity bool
}

// SGDMomentum computes v = fma(mu, v, d); w = fma(-LR, v, w), or with LRInVelocity
// v = fma(mu, v, -LR·d); w = w + v (Polyak 1964), with d as in SGD. v starts at 0. w, v
// and dw have one shape and share no memory.
func SGDMomentum[T Float](w, v, dw *Tensor[T], scale float64, o MomentumOptions) {
	momentum("SGDMomentum", updateMomentum, w, v, dw, scale, o)
}

// Nesterov computes v = fma(mu, v, d); w = fma(-LR, fma(mu, v, d), w), or with
// LRInVelocity v = fma(mu, v, e); w = w + fma(mu, v, e) with e = -LR·d: Nesterov's
// momentum as PyTorch and CS231n have it (Sutskever, Martens, Dahl, Hinton, ICML 2013),
// with w the point that gradients are taken at, and d as in SGD. v starts at 0. w, v and
// dw have one shape and share no memory.
func Nesterov[T Float](w, v, dw *Tensor[T], scale float64, o MomentumOptions) {
	momentum("Nesterov", updateNesterov, w, v, dw, scale, o)
}

func momentum[T Float](op string, kind updateKind, w, v, dw *Tensor[T], scale float64, o MomentumOptions) {
	a, b := T(1), -T(o.LR)
	if o.LRInVelocity {
		a, b = b, a
	}
	u := getUpdate(op, kind, w, dw, v, nil)
	u.a = [8]T{a, b, T(o.Momentum), T(o.WeightDecay), T(scale)}
	u.clear = o.ClearGrad
	u.run()
}

// AdagradOptions are the settings of Adagrad. PyTorch has LR 0.01 and Eps 1e-10.
type AdagradOptions struct {
	LR          float64 // learning rate
	Eps         float64 // added to the root
	WeightDecay float64 // added to the gradient, times the weight
	ClearGrad   bool    // dw is 0 afterwards, in the same pass
}

// Adagrad computes s = fma(d, d, s); w = fma(-LR, d/(sqrt(s)+Eps), w) (Duchi, Hazan,
// Singer, JMLR 2011), with d as in SGD. s starts at 0. w, s and dw have one shape and share
// no memory.
func Adagrad[T Float](w, s, dw *Tensor[T], scale float64, o AdagradOptions) {
	u := getUpdate("Adagrad", updateRMSprop, w, dw, s, nil)
	u.a = [8]T{T(o.LR), 1, 1, T(o.Eps), T(o.WeightDecay), T(scale)}
	u.clear = o.ClearGrad
	u.run()
}

// RMSpropOptions are the settings of RMSprop. PyTorch has LR 0.01, Alpha 0.99 and Eps
// 1e-8.
type RMSpropOptions struct {
	LR          float64 // learning rate
	Alpha       float64 // what is left of the mean square after a step
	Eps         float64 // added to the root
	WeightDecay float64 // added to the gradient, times the weight
	ClearGrad   bool    // dw is 0 afterwards, in the same pass
}

// RMSprop computes s = fma((1-Alpha)·d, d, Alpha·s); w = fma(-LR, d/(sqrt(s)+Eps), w)
// (Tieleman and Hinton, lecture 6e, 2012), with d as in SGD. s starts at 0. w, s and dw
// have one shape and share no memory.
func RMSprop[T Float](w, s, dw *Tensor[T], scale float64, o RMSpropOptions) {
	u := getUpdate("RMSprop", updateRMSprop, w, dw, s, nil)
	u.a = [8]T{T(o.LR), T(o.Alpha), T(1 - o.Alpha), T(o.Eps), T(o.WeightDecay), T(scale)}
	u.clear = o.ClearGrad
	u.run()
}

// AdamOptions are the settings of Adam and AdamW. PyTorch has LR 0.001, Beta1 0.9,
// Beta2 0.999, Eps 1e-8, and WeightDecay 0.01 for AdamW.
type AdamOptions struct {
	LR           float64 // learning rate
	Beta1, Beta2 float64 // what is left of the means of d and d² after a step
	Eps          float64 // added to the root
	WeightDecay  float64 // Adam: added to the gradient, times the weight; AdamW: see there
	ClearGrad    bool    // dw is 0 afterwards, in the same pass
}

// Adam computes step t = 1, 2, … of Adam (Kingma and Ba, ICLR 2015):
//
//	m = fma(1-Beta1, d-m, m)
//	v = fma((1-Beta2)·d, d, Beta2·v)
//	w = fma(-LR', m/(sqrt(v)+Eps'), w)
//
// LR' = LR·sqrt(1-Beta2^t)/(1-Beta1^t) and Eps' = Eps·sqrt(1-Beta2^t) correct the bias
// of m and v: the step is that of PyTorch, whose Eps is added to the corrected root. d is
// as in SGD. m and v start at 0; w, m, v and dw have one shape and share no memory. It
// panics if t < 1.
func Adam[T Float](w, m, v, dw *Tensor[T], t int, scale float64, o AdamOptions) {
	adam("Adam", w, m, v, dw, t, scale, o, o.WeightDecay, 1)
}

// AdamW is Adam with decoupled weight decay (Loshchilov and Hutter, ICLR 2019): the
// gradient, d = scale·dw, has none, and the last line has (1-LR·WeightDecay)·w for w. m and
// v start at 0; w, m, v and dw have one shape and share no memory. It panics if t < 1.
func AdamW[T Float](w, m, v, dw *Tensor[T], t int, scale float64, o AdamOptions) {
	adam("AdamW", w, m, v, dw, t, scale, o, 0, 1-float64(o.LR*o.WeightDecay))
}

func adam[T Float](op string, w, m, v, dw *Tensor[T], t int, scale float64, o AdamOptions, decay, keep float64) {
	if t < 1 {
		panic(operandError(op, fmt.Sprintf("step %d; the first is 1", t), w, m, v, dw))
	}
	lr, eps := adamCorrected(t, o)
	u := getUpdate(op, updateAdam, w, dw, v, m)
	u.a = [8]T{T(lr), T(1 - o.Beta1), T(o.Beta2), T(1 - o.Beta2), T(eps), T(decay), T(keep), T(scale)}
	u.clear = o.ClearGrad
	u.run()
}

// adamCorrected returns LR' and Eps'.
func adamCorrected(t int, o AdamOptions) (lr, eps float64) {
	root := math.Sqrt(1 - power(o.Beta2, t))
	return float64(o.LR*root) / (1 - power(o.Beta1, t)), float64(o.Eps * root)
}

// power is x^n by squaring, n >= 0: the same bits everywhere.
func power(x float64, n int) float64 {
	p := 1.0
	for ; n > 0; n >>= 1 {
		if n&1 != 0 {
			p = float64(p * x)
		}
		x = float64(x * x)
	}
	return p
}

// ClipGlobalNorm returns the Euclidean norm of all gradients together and the factor
// min(1, most/(norm+1e-6)) for them that makes it at most about most, as PyTorch's
// clip_grad_norm_ does. The gradients are not changed: the factor goes into the
// updates, as scale. The sum of squares is that of SumSq for each tensor, and in float64,
// pairwise as chunks are, over the tensors.
//
// A NaN among the gradients, or an infinite one, makes norm and scale NaN, or norm
// +Inf and scale 0, as does a sum of squares that overflows (float32: a norm of 1.8e19).
// What is NaN or infinite is NaN after scaling: who would rather leave out the step
// looks at the norm first. It panics if most is negative or NaN; +Inf never clips, but by a
// norm that is NaN.
func ClipGlobalNorm[T Float](most float64, dw ...*Tensor[T]) (norm, scale float64) {
	if !(most >= 0) {
		panic(operandError("ClipGlobalNorm", fmt.Sprintf("the greatest norm is %v, want at least 0", most), dw...))
	}
	var sum chunk.Pairwise[float64]
	for _, x := range dw {
		sum.Add(float64(SumSq(x)))
	}
	norm = math.Sqrt(sum.Sum())
	scale = most / (norm + 1e-6)
	if scale > 1 || math.IsInf(most, 1) && norm == norm {
		scale = 1
	}
	return norm, scale
}
