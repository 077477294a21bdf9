package optim_test

import (
	"fmt"
	"math"
	"testing"

	"github.com/lanes-go/lanes/nn"
	"github.com/lanes-go/lanes/nn/optim"
	"github.com/lanes-go/lanes/tensor"
)

// optimiser makes one of a case for the parameters of a problem.
type optimiser[T tensor.Float] func(p []*nn.Param[T]) optim.Stateful[T]

// optimisers are one of every kind and setting, by the names of torchRuns where PyTorch
// has it.
func optimisers[T tensor.Float]() map[string]optimiser[T] {
	sgd := func(s optim.SGD) optimiser[T] {
		return func(p []*nn.Param[T]) optim.Stateful[T] { return optim.NewSGD(p, s) }
	}
	adagrad := func(s optim.Adagrad) optimiser[T] {
		return func(p []*nn.Param[T]) optim.Stateful[T] { return optim.NewAdagrad(p, s) }
	}
	rmsprop := func(s optim.RMSprop) optimiser[T] {
		return func(p []*nn.Param[T]) optim.Stateful[T] { return optim.NewRMSprop(p, s) }
	}
	adam := func(s optim.Adam) optimiser[T] {
		return func(p []*nn.Param[T]) optim.Stateful[T] { return optim.NewAdam(p, s) }
	}
	adamw := func(s optim.AdamW) optimiser[T] {
		return func(p []*nn.Param[T]) optim.Stateful[T] { return optim.NewAdamW(p, s) }
	}
	return map[string]optimiser[T]{
		"SGD":         sgd(optim.SGD{LR: 0.1}),
		"SGD decay":   sgd(optim.SGD{LR: 0.1, WeightDecay: 0.05}),
		"momentum":    sgd(optim.SGD{LR: 0.05, Momentum: 0.9, WeightDecay: 0.01}),
		"Nesterov":    sgd(optim.SGD{LR: 0.05, Momentum: 0.9, WeightDecay: 0.01, Nesterov: true}),
		"Adagrad":     adagrad(optim.Adagrad{}),
		"Adagrad all": adagrad(optim.Adagrad{LR: 0.3, LRDecay: 0.1, WeightDecay: 0.02, Initial: 0.1, Eps: 1e-6}),
		"RMSprop":     rmsprop(optim.RMSprop{}),
		"RMSprop all": rmsprop(optim.RMSprop{LR: 0.05, Alpha: 0.9, Eps: 1e-3, WeightDecay: 0.02}),
		"Adam":        adam(optim.Adam{}),
		"Adam all":    adam(optim.Adam{LR: 0.1, Beta1: 0.8, Beta2: 0.95, Eps: 1e-3, WeightDecay: 0.1}),
		"AdamW":       adamw(optim.AdamW{}),
		"AdamW all":   adamw(optim.AdamW{LR: 0.1, Beta1: 0.8, Beta2: 0.95, Eps: 1e-3, WeightDecay: 0.1}),
		"groups": func(p []*nn.Param[T]) optim.Stateful[T] {
			return optim.NewSGD(p, optim.SGD{LR: 0.02, Momentum: 0.5}, optim.Group[T]{Params: p[1:], LR: 0.2, WeightDecay: 0.1})
		},
		"max norm":  sgd(optim.SGD{LR: 0.1, Momentum: 0.9, MaxNorm: 1.5}),
		"max value": adam(optim.Adam{LR: 0.1, MaxValue: 0.75}),
		"both":      sgd(optim.SGD{LR: 0.3, MaxNorm: 1, MaxValue: 0.75}),
		"schedule":  sgd(optim.SGD{LR: 0.3, Momentum: 0.5, Schedule: optim.Exponential(0.8)}),

		"one cycle": adam(optim.Adam{LR: 0.1, Schedule: optim.WarmUp(3, 0.1, optim.OneCycle{Steps: 20})}),
		"plateau":   adamw(optim.AdamW{LR: 0.1, Schedule: &optim.Plateau{}}),

		// No run of PyTorch's: see TestLectureMomentum.
		"lecture":          sgd(optim.SGD{LR: 0.05, Momentum: 0.9, LRInVelocity: true, Schedule: optim.Exponential(0.8)}),
		"lecture Nesterov": sgd(optim.SGD{LR: 0.05, Momentum: 0.9, LRInVelocity: true, Nesterov: true, Schedule: optim.Exponential(0.8)}),
	}
}

// quadratic is the problem of testdata/trajectories.py.
type quadratic[T tensor.Float] struct{ params []*nn.Param[T] }

func newQuadratic[T tensor.Float]() quadratic[T] {
	var q quadratic[T]
	for i, w := range [][]T{{1, -2, 0.5}, {0.25, 3}} {
		q.params = append(q.params, &nn.Param[T]{Name: fmt.Sprint(i, ".weight"), Value: tensor.From(w, len(w)), Grad: tensor.New[T](len(w))})
	}
	return q
}

// gradients adds to those of the parameters, as a backward pass does.
func (q quadratic[T]) gradients() {
	for i, a := range [][]T{{1, 0.3, 4}, {2, 0.5}} {
		c := [][]T{{0.5, 1, -1}, {0, 2.5}}[i]
		for j, w := range q.params[i].Value.Data() {
			if !q.params[i].Frozen {
				q.params[i].Grad.Data()[j] += T(a[j] * (w - c[j]))
			}
		}
	}
}

func (q quadratic[T]) values() (all []float64) {
	for _, p := range q.params {
		for _, w := range p.Value.Data() {
			all = append(all, float64(w))
		}
	}
	return all
}

func TestAgainstTorch(t *testing.T) {
	t.Run("f64", func(t *testing.T) { testAgainstTorch[float64](t, 2e-14) })
	t.Run("f32", func(t *testing.T) { testAgainstTorch[float32](t, 3e-6) })
}

func testAgainstTorch[T tensor.Float](t *testing.T, tolerance float64) {
	makers, worst := optimisers[T](), 0.0
	for name, want := range torchRuns {
		q := newQuadratic[T]()
		o := makers[name](q.params)
		for step := 1; step <= 10; step++ {
			q.gradients()
			o.Step()
			row, ok := map[int]int{1: 0, 2: 1, 10: 2}[step]
			if !ok {
				continue
			}
			for i, got := range q.values() {
				e := math.Abs(got - want[row][i])
				worst = math.Max(worst, e)
				if !(e <= tolerance) {
					t.Errorf("%s, step %d, element %d: %v, PyTorch has %v", name, step, i, got, want[row][i])
				}
			}
		}
	}
	t.Logf("worst error %.2g", worst)
}

// TestLectureMomentum: v = mu·v - lr·g, w = w + v, and Nesterov's as CS231n has it,
// w = w - mu·v_old + (1+mu)·v, with a learning rate that falls; with one that does not,
// they are PyTorch's.
func TestLectureMomentum(t *testing.T) {
	for _, nesterov := range []bool{false, true} {
		name := map[bool]string{false: "lecture", true: "lecture Nesterov"}[nesterov]
		q, r := newQuadratic[float64](), newQuadratic[float64]()
		o := optimisers[float64]()[name](q.params)
		v := make([][]float64, 2)
		lr, mu := 0.05, 0.9
		for step := range 10 {
			q.gradients()
			o.Step()
			r.gradients()
			for i, p := range r.params {
				v[i] = append(v[i], make([]float64, len(p.Grad.Data())-len(v[i]))...)
				for j, g := range p.Grad.Data() {
					old := v[i][j]
					v[i][j] = mu*v[i][j] - lr*g
					if nesterov {
						p.Value.Data()[j] += -mu*old + (1+mu)*v[i][j]
					} else {
						p.Value.Data()[j] += v[i][j]
					}
				}
			}
			optim.ZeroGrad(r.params)
			lr *= 0.8
			for i, want := range r.values() {
				if got := q.values()[i]; !(math.Abs(got-want) <= 1e-14) {
					t.Errorf("%s, step %d, element %d: %v, want %v", name, step+1, i, got, want)
				}
			}
		}
		p := newQuadratic[float64]()
		c := newQuadratic[float64]()
		s := optim.SGD{LR: 0.05, Momentum: 0.9, Nesterov: nesterov}
		torch := optim.NewSGD(p.params, s)
		s.LRInVelocity = true
		lecture := optim.NewSGD(c.params, s)
		for range 10 {
			p.gradients()
			torch.Step()
			c.gradients()
			lecture.Step()
		}
		for i, want := range p.values() {
			if got := c.values()[i]; !(math.Abs(got-want) <= 1e-14) {
				t.Errorf("%s, constant rate, element %d: %v, PyTorch's form has %v", name, i, got, want)
			}
		}
	}
}
