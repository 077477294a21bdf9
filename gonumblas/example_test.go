package gonumblas_test

import (
	"fmt"

	"github.com/lanes-go/lanes/gonumblas"
	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/blas/gonum"
	"gonum.org/v1/gonum/mat"
)

// One line makes lanes the backend of all of gonum's linear algebra in float64.
func Example() {
	blas64.Use(gonumblas.Float64{})
	defer blas64.Use(gonum.Implementation{}) // the other tests want gonum back

	a := mat.NewDense(2, 3, []float64{1, 2, 3, 4, 5, 6})
	var c mat.Dense
	c.Mul(a, a.T())
	fmt.Println(mat.Formatted(&c))
	// Output:
	// ⎡14  32⎤
	// ⎣32  77⎦
}

// With SameBits the product has the same bits on every CPU, small or large.
func ExampleFloat64_sameBits() {
	f := gonumblas.Float64{SameBits: true}
	a := []float64{0.1, 0.2, 0.3, 0.4}
	c := make([]float64, 4)
	f.Dgemm(blas.NoTrans, blas.Trans, 2, 2, 2, 1, a, 2, a, 2, 0, c, 2)
	fmt.Printf("%x\n", c)
	// Output:
	// [0x1.999999999999bp-05 0x1.c28f5c28f5c2ap-04 0x1.c28f5c28f5c2ap-04 0x1p-02]
}

// A vector with a stride, here a column of a matrix, and a negative one, which runs
// from the end.
func ExampleFloat64_Ddot() {
	f := gonumblas.Float64{}
	a := []float64{
		1, 10,
		2, 20,
		3, 30,
	}
	fmt.Println(f.Ddot(3, a[1:], 2, []float64{1, 2, 3}, -1))
	// Output: 100
}
