package nn

import (
	"fmt"
	"math"

	"github.com/lanes-go/lanes/tensor"
)

// Penalty is a term of the loss that goes by the weights alone: L1·Σ|w| + L2/2·Σw². The
// half is that of the lecture notes; sheets without it have 2·lambda here. The gradient of
// the second term is L2·w, so the WeightDecay of optimisers is the same penalty, but in
// AdamW.
type Penalty struct{ L1, L2 float64 }

// L1 is the penalty lambda·Σ|w|, which makes weights 0; its gradient at 0 is 0.
func L1(lambda float64) Penalty { return Penalty{L1: lambda} }

// L2 is the penalty lambda/2·Σw².
func L2(lambda float64) Penalty { return Penalty{L2: lambda} }

// ElasticNet is the sum of both (Zou and Hastie, Regularization and variable selection via
// the elastic net, 2005).
func ElasticNet(l1, l2 float64) Penalty { return Penalty{l1, l2} }

// Loss is a loss with its parts kept apart: what the data says and what the weights cost.
type Loss[T tensor.Float] struct{ Data, Penalty T }

// Total is their sum, which training makes small.
func (l Loss[T]) Total() T { return l.Data + l.Penalty }

// decays tells whether penalties count the parameter.
func (p *Param[T]) decays() bool { return p.Value.Rank() >= 2 && !p.NoDecay }

// SplitDecay parts parameters in those that penalties count, the weights, and the rest:
// biases, scales and shifts of normalisations, slopes. For decay in an optimiser:
//
//	weights, rest := nn.SplitDecay(net.Params())
//	opt := optim.NewAdamW(weights, optim.AdamW{}, optim.Group[float32]{Params: rest})
func SplitDecay[T tensor.Float](params []*Param[T]) (weights, rest []*Param[T]) {
	for _, p := range params {
		if p.decays() {
			weights = append(weights, p)
		} else {
			rest = append(rest, p)
		}
	}
	return weights, rest
}

// Penalize returns the penalty for the weights among params, to be reported beside the loss
// of the data, and adds its gradient to theirs. Weights are parameters with two axes or more
// but for those with NoDecay; frozen ones do not count. It is called once a step, between
// Backward and the optimiser's Step. The sums are those of tensor.Asum and SumSq, added in
// float64 in the order of params. It panics unless L1 and L2 are finite and not negative.
func Penalize[T tensor.Float](params []*Param[T], p Penalty) T {
	if !(p.L1 >= 0 && p.L2 >= 0) || math.IsInf(p.L1+p.L2, 0) {
		panic(misuse("Penalize", fmt.Sprintf("L1 %v, L2 %v: want at least 0", p.L1, p.L2)))
	}
	var sum1, sum2 float64
	for _, w := range params {
		if w.Frozen || !w.decays() {
			continue
		}
		if p.L1 > 0 {
			// The distance from 0 is a loss, and has the gradient.
			sign := w.Value.GradBuffer().Fill(0)
			sum1 += float64(tensor.L1Loss(sign, w.Value, sign, tensor.LossOptions[T]{Reduction: tensor.LossSum}))
			tensor.Axpy(w.Grad, T(p.L1), sign)
		}
		if p.L2 > 0 {
			sum2 += float64(tensor.SumSq(w.Value))
			tensor.Axpy(w.Grad, T(p.L2), w.Value)
		}
	}
	return T(float64(p.L1*sum1) + float64(p.L2/2*sum2))
}

// MaxNorm keeps the weights of every unit within a ball (Srebro and Shraibman, Rank,
// trace-norm and max-norm, 2005; with dropout: Srivastava et al., 2014): no penalty, but a
// projection after each step.
type MaxNorm[T tensor.Float] struct {
	params  []*Param[T]
	most    T
	w       tensor.Tensor[T] // weights with a row for each unit
	row     tensor.Tensor[T] // one of them
	near    tensor.Tensor[T] // the same, with elements about 1
	factors tensor.Tensor[T] // of rows
	column  tensor.Tensor[T] // the same
}

// NewMaxNorm returns a limit for the norms of units: of the rows, all axes but the first
// together, of the weights among params, see Penalize. Usual are 2 to 4. It panics unless
// most is a positive normal number of T: at least 1.2e-38 and finite in float32.
func NewMaxNorm[T tensor.Float](params []*Param[T], most float64) *MaxNorm[T] {
	m := &MaxNorm[T]{most: T(most)}
	if !(most > 0) || m.most < leastNormal[T]() || m.most-m.most != 0 {
		panic(misuse("NewMaxNorm", fmt.Sprintf("the greatest norm is %v, want a positive normal number of %T", most, m.most)))
	}
	m.params, _ = SplitDecay(params)
	return m
}

// leastNormal is the least positive normal number of T.
func leastNormal[T tensor.Float]() T {
	least := 0x1p-1022
	if T(least) == 0 {
		least = 0x1p-126
	}
	return T(least)
}

// Apply scales the rows that are longer to the greatest norm, within rounding, after a
// step of the optimiser; the others keep their bits, as do those with an infinity or a NaN,
// which no factor makes short, and frozen parameters. A row's norm may itself be beyond the
// range of T. It returns the number of rows it scaled.
func (m *MaxNorm[T]) Apply() (scaled int) {
	// A sum of squares from here on lost nothing that counts to underflow.
	exact := leastNormal[T]() * (1 << 30)
	for _, p := range m.params {
		if p.Frozen || p.Value.Len() == 0 {
			continue
		}
		rows := p.Value.Dim(0)
		m.w.Over(p.Value.Data(), rows, p.Value.Len()/rows)
		tensor.SumSqAxis(m.factors.Resize(rows), &m.w, 1)
		f, n := m.factors.Data(), 0
		for i, s := range f {
			norm := T(math.Sqrt(float64(s)))
			f[i] = 1
			switch {
			case s-s != 0 || s < exact && float64(m.most)*float64(m.most) < 4*float64(exact):
				if m.farRow(i) {
					scaled++
				}
			case norm > m.most:
				f[i] = m.most / norm
				n++
			}
		}
		if n > 0 {
			tensor.Mul(&m.w, &m.w, m.column.Over(f, rows, 1))
			scaled += n
		}
	}
	return scaled
}

// farRow is Apply for row i of w where its sum of squares has overflowed or may have
// underflowed: it is computed of the row times a power of 2 that brings its greatest element
// near 1. It reports whether the row was longer.
func (m *MaxNorm[T]) farRow(i int) bool {
	cols := m.w.Dim(1)
	row := m.row.Over(m.w.Data()[i*cols:(i+1)*cols], cols)
	top := max(tensor.Max(row), -tensor.Min(row))
	if top-top != 0 {
		return false
	}
	_, exp := math.Frexp(float64(top))
	scale := T(math.Ldexp(1, -exp))
	if scale-scale != 0 { // top is subnormal
		scale = 1 / (2 * leastNormal[T]())
	}
	near := m.near.Resize(cols)
	tensor.Scale(near, scale, row)
	norm := T(math.Sqrt(float64(tensor.SumSq(near))))
	if !(norm > m.most*scale) {
		return false
	}
	tensor.Scale(row, m.most/norm, near)
	return true
}
