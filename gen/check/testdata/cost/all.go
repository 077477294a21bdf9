// The program that check cost measures for who uses more than products: one other
// operation makes a program contain the tables of all kernels.
package main

import (
	"fmt"

	"github.com/lanes-go/lanes/tensor"
)

func main() {
	x, y := tensor.From([]float32{1, 2, 3, 4}, 4), tensor.From([]float64{1, 2, 3, 4}, 4)
	tensor.Add(x, x, x)
	tensor.Add(y, y, y)
	tensor.MatMul(tensor.New[float32](1, 1), tensor.From([]float32{1}, 1, 1), tensor.From([]float32{1}, 1, 1))
	tensor.MatMul(tensor.New[float64](1, 1), tensor.From([]float64{1}, 1, 1), tensor.From([]float64{1}, 1, 1))
	fmt.Println(x, y)
}
