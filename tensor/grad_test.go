package tensor_test

import (
	"fmt"
	"math"
	"testing"

	"github.com/lanes-go/lanes/internal/gradcheck"
	"github.com/lanes-go/lanes/tensor"
)

type mat = *tensor.Tensor[float64]

func uniform(seed uint64, shape ...int) mat {
	t := tensor.New[float64](shape...)
	tensor.Uniform(t, -1, 1, seed, 77)
	for i, v := range t.Data() { // away from the kink of ReLU
		t.Data()[i] = v + math.Copysign(0.1, v)
	}
	return t
}

// gradCases are operations of two tensors and the ones that are their backward
// passes: each row says which operation is the gradient of which.
var gradCases = []struct {
	name     string
	a, b, y  func(m, n, k int) []int
	forward  func(y, a, b mat)
	backward func(da, db, dy, a, b, y mat)
}{
	{"MatMul", dims("mk"), dims("kn"), dims("mn"), tensor.MatMul[float64], func(da, db, dy, a, b, _ mat) {
		tensor.MatMulTransB(da, dy, b)
		tensor.MatMulTransA(db, a, dy)
	}},
	{"MatMulTransA", dims("km"), dims("kn"), dims("mn"), tensor.MatMulTransA[float64], func(da, db, dy, a, b, _ mat) {
		tensor.MatMulTransB(da, b, dy)
		tensor.MatMul(db, a, dy)
	}},
	{"MatMulTransB", dims("mk"), dims("nk"), dims("mn"), tensor.MatMulTransB[float64], func(da, db, dy, a, b, _ mat) {
		tensor.MatMul(da, dy, b)
		tensor.MatMulTransA(db, dy, a)
	}},
	{"BatchMatMul", dims("2mk"), dims("2kn"), dims("2mn"), tensor.BatchMatMul[float64], func(da, db, dy, a, b, _ mat) {
		tensor.BatchMatMulTransB(da, dy, b)
		tensor.BatchMatMulTransA(db, a, dy)
	}},
	{"AddRow", dims("mn"), dims("n"), dims("mn"), tensor.AddRow[float64], func(da, db, dy, _, _, _ mat) {
		copy(da.Data(), dy.Data())
		tensor.ColSum(db, dy)
	}},
	{"Add", dims("mn"), dims("mn"), dims("mn"), tensor.Add[float64], func(da, db, dy, _, _, _ mat) {
		copy(da.Data(), dy.Data())
		copy(db.Data(), dy.Data())
	}},
	{"ReLU of a sum", dims("mn"), dims("mn"), dims("mn"), func(y, a, b mat) {
		tensor.Add(y, a, b)
		tensor.ReLU(y, y)
	}, func(da, db, dy, _, _, y mat) {
		tensor.ReLUGrad(da, dy, y)
		tensor.ReLUGrad(db, dy, y)
	}},
}

// dims makes a shape of m, n, k and digits.
func dims(names string) func(m, n, k int) []int {
	return func(m, n, k int) (shape []int) {
		for _, c := range names {
			shape = append(shape, map[rune]int{'m': m, 'n': n, 'k': k, '2': 2}[c])
		}
		return shape
	}
}

func TestGradientsOfOperations(t *testing.T) {
	for _, c := range gradCases {
		for _, s := range [][3]int{{1, 1, 1}, {2, 3, 5}, {5, 17, 9}, {9, 2, 33}, {1, 31, 7}} {
			t.Run(fmt.Sprintf("%s/%v", c.name, s), func(t *testing.T) {
				m, n, k := s[0], s[1], s[2]
				a, b := uniform(1, c.a(m, n, k)...), uniform(2, c.b(m, n, k)...)
				da, db := tensor.New[float64](a.Shape()...), tensor.New[float64](b.Shape()...)
				y, up := tensor.New[float64](c.y(m, n, k)...), uniform(3, c.y(m, n, k)...)
				dy := tensor.New[float64](up.Shape()...)
				r := gradcheck.Check(gradcheck.Problem{
					Vars: []gradcheck.Var{
						{Name: "a", Shape: a.Shape(), X: a.Data(), Grad: da.Data()},
						{Name: "b", Shape: b.Shape(), X: b.Data(), Grad: db.Data()},
					},
					Loss: func() (sum float64) {
						c.forward(y, a, b)
						for i, v := range y.Data() {
							sum += float64(v * up.Data()[i])
						}
						return sum
					},
					Grad: func(by float64) {
						for i, v := range up.Data() {
							dy.Data()[i] = by * v
						}
						c.forward(y, a, b)
						c.backward(da, db, dy, a, b, y)
					},
					Linear: true,
				}, gradcheck.Options{MaxEntries: 16})
				if !r.OK() {
					t.Fatal(r)
				}
			})
		}
	}
}
