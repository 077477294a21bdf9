// The program that check cost measures: products in both types.
package main

import (
	"fmt"

	"github.com/lanes-go/lanes/tensor"
)

func main() {
	x, y, z := []float32{1, 2, 3, 4}, []float64{1, 2, 3, 4}, []float32{0}
	tensor.Gemm(false, true, 2, 2, 1, 1, x[:2], 1, x[2:], 1, 0, make([]float32, 4), 2)
	tensor.Gemm(true, false, 2, 2, 1, 1, y[:2], 2, y[2:], 2, 0, make([]float64, 4), 2)
	tensor.MatMul(tensor.From(z, 1, 1), tensor.From(x, 1, 4), tensor.From([]float32{1, 2, 3, 4}, 4, 1))
	d := tensor.New[float64](1, 1)
	tensor.MatMul(d, tensor.From(y, 1, 4), tensor.From([]float64{1, 2, 3, 4}, 4, 1))
	fmt.Println(x, y, z, d.Data())
}
