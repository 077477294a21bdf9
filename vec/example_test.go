package vec_test

import (
	"fmt"

	"github.com/lanes-go/lanes/vec"
)

func ExampleAdd() {
	x, y := []float32{1, 2, 3}, []float32{10, 20, 30}
	dst := make([]float32, 3)
	vec.Add(dst, x, y)      // dst first
	vec.AddInPlace(x, y)    // in x
	z := vec.AddNew(dst, y) // in a new slice
	fmt.Println(dst, x, z)
	// Output: [11 22 33] [11 22 33] [21 42 63]
}

func ExampleNearest() {
	rows := []float32{
		1, 0,
		0, 1,
		1, 1,
	}
	for _, m := range vec.Nearest(nil, rows, []float32{2, 1.9}, 2, vec.Cosine) {
		fmt.Printf("row %d: %.3f\n", m.Row, m.Score)
	}
	// Output:
	// row 2: 1.000
	// row 0: 0.725
}

func ExampleSoftmax() {
	x := []float64{0, 0, 1000, 0}
	vec.SoftmaxInPlace(x, 2) // two rows of two
	fmt.Println(x)
	// Output: [0.5 0.5 1 0]
}

func ExampleToF16() {
	x := []float32{1, 0.1, 70000}
	h := make([]uint16, 3)
	vec.ToF16(h, x)
	vec.FromF16(x, h)
	fmt.Println(x)
	// Output: [1 0.099975586 +Inf]
}
